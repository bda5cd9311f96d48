"""Basic transmission loss by the Irregular Terrain Model, over a profile or in an area."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from numba import njit

from coverage_geo.radio.itm.medium import Medium, effective_curvature, surface_refractivity
from coverage_geo.radio.itm.reference import reference_attenuation
from coverage_geo.radio.itm.terrain import Path, area_path, mean_height, profile_path
from coverage_geo.radio.itm.variability import Odds, attenuation_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


PROFILE, AREA = 10.0, 0.0  # added to the product of the antenna heights [m²]
THINNEST, DENSEST = 150.0, 400.0  # air that the model describes [N-units]


class Losses(NamedTuple):
    """What makes up a loss: L_b, L_bfs, A_ref and the attenuation A over free space, all in dB."""

    L_b: float
    L_bfs: float
    A_ref: float
    A: float


@njit(cache=True, error_model="numpy")
def free_space_loss(d: float, f: float) -> float:
    """Loss in free space, L_bfs, with the constant that NTIA uses.

    Parameters
    ----------
    d
        Distance [m].
    f
        Frequency [MHz].

    Returns
    -------
    float
        L_bfs [dB].

    References
    ----------
    ITU-R P.525.

    Examples
    --------
    >>> round(free_space_loss(1000.0, 1000.0), 2)
    92.45
    """
    return 32.45 + 20 * math.log10(f) + 20 * math.log10(d / 1000)


@njit(cache=True, error_model="numpy")
def path_losses(path: Path, medium: Medium, odds: Odds, footing: float) -> Losses:
    """Loss of a path whose geometry is known, with its parts.

    Parameters
    ----------
    path, medium
        Geometry; air and ground.
    odds
        Time, location and situation, climate and mode of variability.
    footing
        What is added to the product of the antenna heights: 10 over a profile, 0 in an area [m²].

    Returns
    -------
    Losses
        Loss and parts [dB]; the loss is NaN in air outside 150 to 400 N-units, where NTIA's program refuses.

    References
    ----------
    Hufford (1995), the Algorithm.

    Examples
    --------
    >>> path = Path(50e3, 30.0, 10.0, 30.0, 10.0, 20e3, 12e3, -2e-3, -1e-3, 90.0)
    >>> air_and_ground = Medium(900.0, 4 + 0j, 301.0, 1.2e-7)
    >>> round(path_losses(path, air_and_ground, Odds(0.0, 0.0, 0.0, 1, 3), 10.0).L_b, 1)
    160.2
    """
    A_ref = reference_attenuation(path, medium, footing)
    A = attenuation_quantile(A_ref, path, medium, odds)
    if not THINNEST <= medium.N_s <= DENSEST:
        A = math.nan
    L_bfs = free_space_loss(path.d, medium.f)
    return Losses(L_bfs + A, L_bfs, A_ref, A)


@njit(cache=True, error_model="numpy")
def profile_losses(
    h: NDArray[np.floating],
    last: int,
    step: float,
    h_t: float,
    h_r: float,
    f: float,
    Z_g: complex,
    N_0: float,
    odds: Odds,
) -> tuple[Losses, Path, Medium]:
    """Loss over a terrain profile (point-to-point mode), with what it was computed from.

    Parameters
    ----------
    h
        Heights at even steps from the transmitter [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    step
        Step [m].
    h_t, h_r
        Antennas above ground, 0.5 to 3000 [m].
    f
        Frequency, 20 to 20,000 [MHz].
    Z_g
        Transfer impedance of the ground.
    N_0
        Refractivity reduced to sea level, 250 to 400 [N-units].
    odds
        Time, location and situation, climate and mode of variability.

    Returns
    -------
    Losses, Path, Medium
        The loss is the first field of the first.

    References
    ----------
    Hufford (1995), the Algorithm; NTIA/ITS Irregular Terrain Model 1.4.

    Examples
    --------
    >>> import numpy as np
    >>> flat, median = np.zeros(101, dtype=np.float32), Odds(0.0, 0.0, 0.0, 1, 3)
    >>> round(profile_losses(flat, 100, 100.0, 30.0, 10.0, 900.0, 4 + 0j, 360.0, median)[0].L_b, 1)
    111.6
    """
    N_s = surface_refractivity(N_0, mean_height(h, last))
    medium = Medium(f, Z_g, N_s, effective_curvature(N_s))
    path = profile_path(h, last, step, h_t, h_r, medium.gamma_e)
    return path_losses(path, medium, odds, PROFILE), path, medium


@njit(cache=True, error_model="numpy")
def area_losses(
    d: float,
    h_t: float,
    h_r: float,
    siting_t: int,
    siting_r: int,
    delta_h: float,
    f: float,
    Z_g: complex,
    N_0: float,
    odds: Odds,
) -> Losses:
    """Usual loss in an area of which only the irregularity is known (area prediction mode).

    Parameters
    ----------
    d
        Distance [m].
    h_t, h_r
        Antennas above ground, 0.5 to 3000 [m].
    siting_t, siting_r
        How the sites were chosen: 0 at random, 1 with care, 2 with great care.
    delta_h
        Irregularity of the terrain: 0 flat, 30 plains, 90 hills, 200 mountains, 500 rugged mountains [m].
    f
        Frequency, 20 to 20,000 [MHz].
    Z_g
        Transfer impedance of the ground.
    N_0
        Refractivity at the ground, 250 to 400 [N-units].
    odds
        Time, location and situation, climate and mode of variability.

    Returns
    -------
    Losses
        Loss and parts [dB].

    References
    ----------
    Hufford, Longley, Kissick, NTIA Report 82-100 (1982).

    Examples
    --------
    >>> hills, median = 90.0, Odds(0.0, 0.0, 0.0, 1, 3)
    >>> round(area_losses(10e3, 42.0, 1.5, 1, 0, hills, 900.0, 4 + 0j, 360.0, median).L_b, 1)
    130.2
    """
    medium = Medium(f, Z_g, N_0, effective_curvature(N_0))
    path = area_path(d, h_t, h_r, siting_t, siting_r, delta_h, medium.gamma_e)
    return path_losses(path, medium, odds, AREA)
