"""Horizons and smooth surface of a profile: Attachment 1 of ITU-R P.1812-8."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from numba import njit

from coverage_geo.radio.p1812.diffraction import SPEED_OF_LIGHT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@njit(cache=True)
def elevation_angle(rise: float, distance: float, a_e: float) -> float:
    """Elevation angle of a point seen from an antenna over the curved Earth [mrad], Eqs. (74), (75), (79).

    Parameters
    ----------
    rise
        Height of the point above the antenna [m].
    distance
        Distance of the point [km].
    a_e
        Median effective Earth radius [km].

    Returns
    -------
    float
        Angle [mrad].

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1, §4.

    Examples
    --------
    >>> round(elevation_angle(10.0, 1.0, 8500.0), 4)
    9.9408
    """
    return 1000 * math.atan(rise / (1000 * distance) - distance / (2 * a_e))


@njit(cache=True)
def horizons(
    d: NDArray[np.float64], h: NDArray[np.float64], h_ts: float, h_rs: float, a_e: float, f: float
) -> tuple[float, float, int, int]:
    """Horizon elevation angles of both antennas and the points that make them.

    Parameters
    ----------
    d
        Distances from the transmitter, ascending from 0 [km], shape (n,), n >= 3.
    h
        Terrain above sea level, without clutter [m], shape (n,).
    h_ts, h_rs
        Antenna heights above sea level [m].
    a_e
        Median effective Earth radius [km].
    f
        Frequency [GHz].

    Returns
    -------
    theta_t, theta_r : float
        Horizon elevation angles [mrad].
    i_lt, i_lr : int
        Profile points of the horizons; the same one on a line-of-sight path.

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1, §4, Eqs. (74) to (81).

    Examples
    --------
    >>> import numpy as np
    >>> ridge = np.array([0.0, 50.0, 0.0])
    >>> horizons(np.array([0.0, 1.0, 2.0]), ridge, 10.0, 10.0, 8500.0, 1.0)[2:]
    (1, 1)
    """
    last = len(d) - 1
    theta_t = theta_r = -math.inf
    i_lt = i_lr = 0
    for i in range(1, last):
        angle = elevation_angle(h[i] - h_ts, d[i], a_e)
        if angle > theta_t:
            theta_t, i_lt = angle, i
    theta_td = elevation_angle(h_rs - h_ts, d[last], a_e)
    if theta_t > theta_td:
        for i in range(1, last):
            angle = elevation_angle(h[i] - h_rs, d[last] - d[i], a_e)
            if angle >= theta_r:
                theta_r, i_lr = angle, i
        return theta_t, theta_r, i_lt, i_lr
    i_los = least_clearance(d, h, h_ts, h_rs, a_e, f)
    return theta_td, elevation_angle(h_ts - h_rs, d[last], a_e), i_los, i_los


@njit(cache=True)
def least_clearance(
    d: NDArray[np.float64], h: NDArray[np.float64], h_ts: float, h_rs: float, a_e: float, f: float
) -> int:
    """Profile point with the largest diffraction parameter nu, the Bullington point of a line-of-sight path.

    Parameters
    ----------
    d
        Distances from the transmitter, ascending from 0 [km], shape (n,), n >= 3.
    h
        Terrain above sea level [m], shape (n,).
    h_ts, h_rs
        Antenna heights above sea level [m].
    a_e
        Median effective Earth radius [km].
    f
        Frequency [GHz].

    Returns
    -------
    int
        Position in the profile.

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1, §4, Eq. (80).

    Examples
    --------
    >>> import numpy as np
    >>> least_clearance(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 0, 9, 0]), 20.0, 20.0, 8500.0, 1.0)
    2
    """
    last = len(d) - 1
    length = d[last]
    highest = -math.inf
    found = 0
    for i in range(1, last):
        ray = (h_ts * (length - d[i]) + h_rs * d[i]) / length
        scale = math.sqrt(0.002 * length / (SPEED_OF_LIGHT / f * d[i] * (length - d[i])))
        nu = (h[i] + 500 / a_e * d[i] * (length - d[i]) - ray) * scale
        if nu >= highest:
            highest, found = nu, i
    return found


@njit(cache=True)
def smooth_surface(d: NDArray[np.float64], h: NDArray[np.float64]) -> tuple[float, float]:
    """Heights at both ends of the straight line that fits the terrain best, h_st and h_sr, Eqs. (83) to (86).

    Parameters
    ----------
    d
        Distances from the transmitter, ascending from 0 [km], shape (n,).
    h
        Terrain above sea level [m], shape (n,).

    Returns
    -------
    h_st, h_sr : float
        Heights above sea level [m].

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1, §5.1, Eqs. (83) to (86).

    Examples
    --------
    >>> import numpy as np
    >>> smooth_surface(np.array([0.0, 1.0, 2.0]), np.array([5.0, 6.0, 7.0]))
    (5.0, 7.0)
    """
    v_1 = v_2 = 0.0
    for i in range(1, len(d)):
        step = d[i] - d[i - 1]
        v_1 += step * (h[i] + h[i - 1])
        v_2 += step * (h[i] * (2 * d[i] + d[i - 1]) + h[i - 1] * (d[i] + 2 * d[i - 1]))
    length = d[len(d) - 1]
    return (2 * v_1 * length - v_2) / length**2, (v_2 - v_1 * length) / length**2


@njit(cache=True)
def obstruction(
    d: NDArray[np.float64], h: NDArray[np.float64], h_ts: float, h_rs: float
) -> tuple[float, float, float]:
    """Highest terrain over the straight line between the antennas, and its steepest angles, Eq. (87).

    Parameters
    ----------
    d
        Distances from the transmitter, ascending from 0 [km], shape (n,), n >= 3.
    h
        Terrain above sea level [m], shape (n,).
    h_ts, h_rs
        Antenna heights above sea level [m].

    Returns
    -------
    h_obs : float
        Highest obstruction [m]; negative when nothing is above the line.
    alpha_obt, alpha_obr : float
        Largest obstruction angles from transmitter and receiver [m/km].

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1, §5.2, Eqs. (87a) to (87d).

    Examples
    --------
    >>> import numpy as np
    >>> obstruction(np.array([0.0, 1.0, 2.0]), np.array([0.0, 50.0, 0.0]), 10.0, 10.0)
    (40.0, 40.0, 40.0)
    """
    last = len(d) - 1
    length = d[last]
    h_obs = alpha_obt = alpha_obr = -math.inf
    for i in range(1, last):
        above = h[i] - (h_ts * (length - d[i]) + h_rs * d[i]) / length
        h_obs = max(h_obs, above)
        alpha_obt = max(alpha_obt, above / d[i])
        alpha_obr = max(alpha_obr, above / (length - d[i]))
    return h_obs, alpha_obt, alpha_obr


@njit(cache=True)
def diffraction_surface(
    h_st: float,
    h_sr: float,
    h_obs: float,
    alpha_obt: float,
    alpha_obr: float,
    h_first: float,
    h_last: float,
) -> tuple[float, float]:
    """Smooth-surface heights for the diffraction model, h_std and h_srd, Eqs. (88), (89).

    Parameters
    ----------
    h_st, h_sr
        Heights of the fitted line at both ends [m].
    h_obs
        Highest obstruction over the straight line [m].
    alpha_obt, alpha_obr
        Largest obstruction angles [m/km].
    h_first, h_last
        Terrain at both ends [m].

    Returns
    -------
    h_std, h_srd : float
        Heights above sea level, never above the terrain [m].

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1, §5.2, Eqs. (88), (89).

    Examples
    --------
    >>> diffraction_surface(5.0, 5.0, -1.0, -1.0, -1.0, 4.0, 6.0)
    (4.0, 5.0)
    """
    if h_obs > 0:
        share = alpha_obt / (alpha_obt + alpha_obr)
        h_st -= h_obs * share
        h_sr -= h_obs * (1 - share)
    return min(h_st, h_first), min(h_sr, h_last)


@njit(cache=True)
def roughness(
    d: NDArray[np.float64],
    h: NDArray[np.float64],
    h_st: float,
    h_sr: float,
    i_lt: int,
    i_lr: int,
) -> float:
    """Terrain roughness between the horizons, h_m, Eqs. (91), (93).

    Parameters
    ----------
    d
        Distances from the transmitter, ascending from 0 [km], shape (n,).
    h
        Terrain above sea level [m], shape (n,).
    h_st, h_sr
        Smooth-surface heights at both ends, not above the terrain [m].
    i_lt, i_lr
        Profile points of the horizons.

    Returns
    -------
    float
        h_m [m].

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1, §5.3, Eqs. (91), (93).

    Examples
    --------
    >>> import numpy as np
    >>> roughness(np.array([0.0, 1.0, 2.0]), np.array([0.0, 50.0, 0.0]), 0.0, 0.0, 1, 1)
    50.0
    """
    m = (h_sr - h_st) / d[len(d) - 1]
    h_m = -math.inf
    for i in range(i_lt, i_lr + 1):
        h_m = max(h_m, h[i] - (h_st + m * d[i]))
    return h_m
