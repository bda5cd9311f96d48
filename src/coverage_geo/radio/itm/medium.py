"""Air and ground as the Irregular Terrain Model sees them."""

from __future__ import annotations

import cmath
import math
from typing import NamedTuple

from numba import njit

MHZ_A_WAVE_NUMBER = 47.70  # frequency in MHz over wave number in 1/m
EARTH_CURVATURE = 157e-9  # without air [1/m]
HORIZONTAL, VERTICAL = 0, 1  # NTIA's codes for the polarisation


class Medium(NamedTuple):
    """What a wave meets.

    f in MHz; Z_g the ground's transfer impedance; N_s the refractivity at the ground in N-units; gamma_e the
    Earth's effective curvature in 1/m.
    """

    f: float
    Z_g: complex
    N_s: float
    gamma_e: float


@njit(cache=True)
def surface_refractivity(N_0: float, height: float) -> float:
    """Refractivity at the ground, N_s.

    Parameters
    ----------
    N_0
        Refractivity reduced to sea level, 250 to 400 [N-units].
    height
        Mean height of the ground [m]; 0 for an area, whose N_0 counts as it is.

    Returns
    -------
    float
        N_s [N-units].

    References
    ----------
    G. Hufford, The ITS Irregular Terrain Model, version 1.2.2: the Algorithm (1995), Eq. (1.2).

    Examples
    --------
    >>> round(surface_refractivity(301.0, 946.0), 1)
    272.4
    """
    return N_0 * math.exp(-height / 9460.0)


@njit(cache=True)
def effective_curvature(N_s: float) -> float:
    """Earth's curvature with the bending of rays taken off, gamma_e.

    Parameters
    ----------
    N_s
        Refractivity at the ground [N-units].

    Returns
    -------
    float
        gamma_e [1/m].

    References
    ----------
    Hufford (1995), the Algorithm, Eq. (1.3).

    Examples
    --------
    >>> round(1e-3 / effective_curvature(301.0))
    8492
    """
    return EARTH_CURVATURE * (1 - 0.04665 * math.exp(N_s / 179.3))


@njit(cache=True)
def ground_impedance(f: float, epsilon: float, sigma: float, polarisation: int) -> complex:
    """Transfer impedance of the ground, Z_g.

    Parameters
    ----------
    f
        Frequency [MHz].
    epsilon, sigma
        Relative permittivity; conductivity [S/m].
    polarisation
        0 horizontal, 1 vertical.

    Returns
    -------
    complex
        Z_g.

    References
    ----------
    Hufford (1995), the Algorithm, §1, with 18,000 for the product of constants.

    Examples
    --------
    >>> abs(ground_impedance(900.0, 2.0, 0.0, 0))
    1.0
    """
    permittivity = complex(epsilon, 18_000 * sigma / f)
    Z_g = cmath.sqrt(permittivity - 1)
    return Z_g / permittivity if polarisation == VERTICAL else Z_g
