"""Variability with location, loss and field strength: §4.7 to §4.10 of ITU-R P.1812-8."""

from __future__ import annotations

import math

from numba import njit


@njit(cache=True)
def location_spread(f: float, w_a: float, h: float, R: float) -> float:
    """Standard deviation of the loss over the locations of a small square, sigma_L.

    Parameters
    ----------
    f
        Frequency [GHz].
    w_a
        Side of the square the prediction stands for [m].
    h
        Antenna height above ground [m].
    R
        Representative clutter height at the antenna [m].

    Returns
    -------
    float
        sigma_L [dB]: full below the clutter's top, falling to 0 at 10 m above it.

    References
    ----------
    ITU-R P.1812-8, §4.7.

    Examples
    --------
    >>> round(location_spread(0.9, 100.0, 1.5, 10.0), 3)
    1.966
    """
    u_h = min(max(1 - (h - R) / 10, 0.0), 1.0)
    return float((0.024 * f + 0.52) * w_a**0.28 * u_h)


@njit(cache=True)
def basic_transmission_loss(L_bc: float, L_b0p: float, location_margin: float) -> float:
    """Loss not exceeded for p of the time and p_L of the locations, L_b, Eq. (69).

    Parameters
    ----------
    L_bc
        Loss at half of the locations [dB].
    L_b0p
        Line-of-sight loss for p of the time [dB].
    location_margin
        L_loc = -I(p_L/100) sigma_L on land, 0 at sea [dB].

    Returns
    -------
    float
        L_b [dB].

    References
    ----------
    ITU-R P.1812-8, §4.9, Eq. (69).

    Examples
    --------
    >>> basic_transmission_loss(120.0, 100.0, 5.0)
    125.0
    """
    return max(L_b0p, L_bc + location_margin)


@njit(cache=True)
def field_strength(f: float, L_b: float) -> float:
    """Field strength for 1 kW effective radiated power, E_p, Eq. (70).

    Parameters
    ----------
    f
        Frequency [GHz].
    L_b
        Basic transmission loss [dB].

    Returns
    -------
    float
        E_p [dBµV/m].

    References
    ----------
    ITU-R P.1812-8, §4.10, Eq. (70).

    Examples
    --------
    >>> round(field_strength(1.0, 100.0), 2)
    99.36
    """
    return 199.36 + 20 * math.log10(f) - L_b
