"""Ducting incidence and effective Earth radius: §3.3 to §3.7 of ITU-R P.1812-8."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from numba import njit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EARTH_RADIUS_KM = 6371.0
K_BETA = 3.0
SEA, COASTAL, INLAND = 1, 3, 4


@njit(cache=True)
def section_length(d: NDArray[np.float64], start: int, stop: int) -> float:
    """Length of a run of profile points of one zone, each point owning half of the steps beside it.

    Parameters
    ----------
    d
        Distances from the transmitter, ascending [km], shape (n,).
    start, stop
        First and last point of the run.

    Returns
    -------
    float
        Length [km].

    References
    ----------
    ITU-R P.1812-8, §3.3 and §3.6.

    Examples
    --------
    >>> import numpy as np
    >>> section_length(np.array([0.0, 1.0, 2.0, 3.0]), 1, 2)
    2.0
    """
    length = d[stop] - d[start]
    if stop < len(d) - 1:
        length += (d[stop + 1] - d[stop]) / 2
    if start > 0:
        length += (d[start] - d[start - 1]) / 2
    return float(length)


@njit(cache=True)
def land_and_sea(d: NDArray[np.float64], zone: NDArray[np.int8]) -> tuple[float, float, float]:
    """Longest land section, longest inland section and fraction of the path over sea.

    Parameters
    ----------
    d
        Distances from the transmitter, ascending [km], shape (n,).
    zone
        1 sea, 3 coastal land, 4 inland, shape (n,).

    Returns
    -------
    d_tm, d_lm, omega : float
        Longest continuous land section [km], longest continuous inland section [km], fraction 0 to 1.

    References
    ----------
    ITU-R P.1812-8, §3.6 and Eq. (1).

    Examples
    --------
    >>> import numpy as np
    >>> land_and_sea(np.array([0.0, 1.0, 2.0, 3.0]), np.array([4, 4, 1, 1], dtype=np.int8))
    (1.5, 1.5, 0.5)
    """
    d_tm = d_lm = sea = 0.0
    land_start = inland_start = sea_start = 0
    last = len(d) - 1
    for i in range(len(d)):
        if i > 0 and zone[i] != zone[i - 1]:
            if zone[i] == SEA:
                sea_start = i
            elif zone[i - 1] == SEA:
                land_start = i
            if zone[i] == INLAND:
                inland_start = i
        ends = i == last or zone[i + 1] != zone[i]
        if ends and zone[i] == SEA:
            sea += section_length(d, sea_start, i)
        if ends and zone[i] == INLAND:
            d_lm = max(d_lm, section_length(d, inland_start, i))
        if zone[i] != SEA and (i == last or zone[i + 1] == SEA):
            d_tm = max(d_tm, section_length(d, land_start, i))
    return d_tm, d_lm, sea / (d[last] - d[0])


@njit(cache=True)
def inland_factor(d_lm: float) -> float:
    """Factor τ for the longest inland section, Eq. (3).

    Parameters
    ----------
    d_lm
        Longest continuous inland section [km].

    Returns
    -------
    float
        0 to 1.

    References
    ----------
    ITU-R P.1812-8, Eq. (3).

    Examples
    --------
    >>> inland_factor(0.0)
    0.0
    """
    return float(1 - math.exp(-4.12e-4 * d_lm**2.41))


@njit(cache=True)
def ducting_incidence(phi: float, d_tm: float, d_lm: float) -> float:
    """Time percentage of strong refractivity gradients, β0, Eqs. (2) to (5).

    Parameters
    ----------
    phi
        Latitude of the path's centre, -80 to 80 [deg].
    d_tm, d_lm
        Longest continuous land and inland sections [km].

    Returns
    -------
    float
        β0 [%], the time for which the gradient exceeds 100 N-units/km in the lowest 100 m.

    References
    ----------
    ITU-R P.1812-8, §3.6, Eqs. (2) to (5).

    Examples
    --------
    >>> round(ducting_incidence(53.68658428, 17.5, 12.5), 6)
    4.263306
    """
    tau = inland_factor(d_lm)
    mu1 = (10 ** (-d_tm / (16 - 6.6 * tau)) + 10 ** (-5 * (0.496 + 0.354 * tau))) ** 0.2
    mu1 = min(mu1, 1.0)
    latitude = abs(phi)
    if latitude <= 70:
        mu4 = mu1 ** (-0.935 + 0.0176 * latitude)
        return float(10 ** (-0.015 * latitude + 1.67) * mu1 * mu4)
    return float(4.17 * mu1 * mu1**0.3)


@njit(cache=True)
def median_earth_radius(delta_n: float) -> float:
    """Median effective Earth radius a_e, Eqs. (6) and (7a).

    Parameters
    ----------
    delta_n
        Average lapse rate of refractivity in the lowest kilometre, above 0 and below 157 [N-units/km].

    Returns
    -------
    float
        a_e [km].

    References
    ----------
    ITU-R P.1812-8, §3.7, Eqs. (6), (7a).

    Examples
    --------
    >>> round(median_earth_radius(45.0), 6)
    8930.776786
    """
    return EARTH_RADIUS_KM * 157 / (157 - delta_n)


@njit(cache=True)
def ducting_earth_radius() -> float:
    """Effective Earth radius exceeded for β0 of the time, a_β, Eq. (7b).

    Returns
    -------
    float
        a_β [km].

    References
    ----------
    ITU-R P.1812-8, §3.7, Eq. (7b).

    Examples
    --------
    >>> ducting_earth_radius()
    19113.0
    """
    return EARTH_RADIUS_KM * K_BETA


@njit(cache=True)
def path_centre_latitude(phi_t: float, lambda_t: float, phi_r: float, lambda_r: float, d: float) -> float:
    """Latitude halfway along the path, on the great circle from transmitter to receiver, Eq. (4).

    Parameters
    ----------
    phi_t, lambda_t
        Latitude, -80 to 80, and longitude of the transmitter [deg].
    phi_r, lambda_r
        Latitude, -80 to 80, and longitude of the receiver [deg].
    d
        Length of the path's profile [km].

    Returns
    -------
    float
        φ [deg].

    References
    ----------
    ITU-R P.1812-8, §3.6; great circle as in ITU-R P.2001, Attachment H.

    Examples
    --------
    >>> round(path_centre_latitude(53.18333333, -6.33333333, 54.16666667, -3.18333333, 235.1), 5)
    53.68658
    """
    north_t, north_r = math.radians(phi_t), math.radians(phi_r)
    east = math.radians(lambda_r - lambda_t)
    cos_angle = math.sin(north_t) * math.sin(north_r) + math.cos(north_t) * math.cos(north_r) * math.cos(east)
    towards_north = math.sin(north_r) - cos_angle * math.sin(north_t)
    towards_east = math.cos(north_t) * math.cos(north_r) * math.sin(east)
    bearing = math.atan2(towards_east, towards_north)
    half = d / 2 / EARTH_RADIUS_KM
    sine = math.sin(north_t) * math.cos(half) + math.cos(north_t) * math.sin(half) * math.cos(bearing)
    return math.degrees(math.asin(sine))
