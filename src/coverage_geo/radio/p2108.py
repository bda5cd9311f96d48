"""Clutter loss at a terminal: Recommendation ITU-R P.2108-1. NaN outside the ranges it gives."""

from __future__ import annotations

import math

from numba import njit

from coverage_geo.radio.p1812.diffraction import knife_edge_loss
from coverage_geo.radio.p2109 import normal_quantile

WATER, OPEN, SUBURBAN, URBAN, FOREST, DENSE_URBAN = 1, 2, 3, 4, 5, 6


@njit(cache=True)
def height_gain_correction(f: float, h: float, w_s: float, R: float, clutter: int) -> float:
    """Loss of a terminal below the clutter around it, A_h.

    Parameters
    ----------
    f
        Frequency, 0.03 to 3 [GHz].
    h
        Antenna above ground, above 0 [m].
    w_s
        Width of the street, above 0; 27 where not known [m].
    R
        Representative clutter height, above 0 [m].
    clutter
        1 water, 2 open or rural, 3 suburban, 4 urban, 5 trees, 6 dense urban.

    Returns
    -------
    float
        A_h [dB]; 0 at or above the clutter.

    References
    ----------
    ITU-R P.2108-1, §3.1, Eqs. (1), (2).

    Examples
    --------
    >>> round(height_gain_correction(1.5, 2.0, 27.0, 10.0, OPEN), 1)
    16.0
    """
    if not (0.03 <= f <= 3 and h > 0 and w_s > 0 and R > 0):
        return math.nan
    if h >= R:
        return 0.0
    if clutter in (WATER, OPEN):
        return -(21.8 + 6.2 * math.log10(f)) * math.log10(h / R)
    angle = math.degrees(math.atan((R - h) / w_s))
    return knife_edge_loss(0.342 * math.sqrt(f) * math.sqrt((R - h) * angle)) - 6.03


@njit(cache=True)
def terrestrial_clutter_loss(f: float, d: float, p: float) -> float:
    """Clutter loss of one terminal of a terrestrial path, not exceeded at p of the locations, L_ctt.

    Parameters
    ----------
    f
        Frequency, 0.5 to 67 [GHz].
    d
        Path length, 0.25 or more; beyond 2 the loss no longer grows [km].
    p
        Location percentage, above 0 and below 100 [%].

    Returns
    -------
    float
        L_ctt [dB].

    References
    ----------
    ITU-R P.2108-1, §3.2, Eqs. (3) to (6).

    Examples
    --------
    >>> round(terrestrial_clutter_loss(0.5, 0.25, 50.0), 1)
    17.4
    """
    if not (0.5 <= f <= 67 and d >= 0.25 and 0 < p < 100):
        return math.nan
    return min(_terrestrial(f, d, p), _terrestrial(f, 2.0, p))


@njit(cache=True)
def _terrestrial(f: float, d: float, p: float) -> float:
    L_l = -2 * math.log10(10 ** (-5 * math.log10(f) - 12.5) + 10**-16.5)
    L_s = 32.98 + 23.9 * math.log10(d) + 3 * math.log10(f)
    far, near = 10 ** (-0.2 * L_l), 10 ** (-0.2 * L_s)
    sigma = math.sqrt((16 * far + 36 * near) / (far + near))
    return -5 * math.log10(far + near) + sigma * normal_quantile(p / 100)


@njit(cache=True)
def slant_clutter_loss(f: float, theta: float, p: float) -> float:
    """Clutter loss of the lower terminal of a path to the sky, not exceeded at p of the locations, L_ces.

    Parameters
    ----------
    f
        Frequency, 10 to 100 [GHz].
    theta
        Elevation angle, 0 to 90 [deg].
    p
        Location percentage, above 0 and below 100 [%].

    Returns
    -------
    float
        L_ces [dB].

    References
    ----------
    ITU-R P.2108-1, §3.3, Eq. (7).

    Examples
    --------
    >>> round(slant_clutter_loss(30.0, 2.0, 5.0), 1)
    7.7
    """
    if not (10 <= f <= 100 and 0 <= theta <= 90 and 0 < p < 100):
        return math.nan
    K_1 = float(93 * f**0.175)
    cotangent = 1 / math.tan(0.05 * (1 - theta / 90) + math.radians(theta))
    exponent = 0.5 * (90 - theta) / 90
    open_sky = (-K_1 * math.log(1 - p / 100) * max(cotangent, 0.0)) ** exponent if theta < 90 else 1.0
    return float(open_sky - 1 + 0.6 * normal_quantile(p / 100))
