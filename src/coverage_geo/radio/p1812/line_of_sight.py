"""Loss of an unobstructed path, with multipath and focusing: §4.2 of ITU-R P.1812-8."""

from __future__ import annotations

import math

from numba import njit


@njit(cache=True)
def free_space_loss(f: float, d: float, h_ts: float, h_rs: float) -> float:
    """Free-space basic transmission loss L_bfs, Eq. (8).

    Parameters
    ----------
    f
        Frequency, 0.03 to 6 [GHz].
    d
        Path length over ground [km].
    h_ts, h_rs
        Antenna heights above sea level [m].

    Returns
    -------
    float
        L_bfs [dB].

    References
    ----------
    ITU-R P.1812-8, §4.2, Eqs. (8), (8a).

    Examples
    --------
    >>> round(free_space_loss(1.0, 1.0, 0.0, 0.0), 6)
    92.4
    """
    d_fs_squared = d**2 + ((h_ts - h_rs) / 1000) ** 2
    return 92.4 + 20 * math.log10(f) + 10 * math.log10(d_fs_squared)


@njit(cache=True)
def multipath_focusing(q: float, d_lt: float, d_lr: float) -> float:
    """Correction for multipath and focusing, E_s, Eq. (9).

    Parameters
    ----------
    q
        Time percentage: p for E_sp, β0 for E_sβ [%].
    d_lt, d_lr
        Distances of the antennas' horizons [km].

    Returns
    -------
    float
        E_s, at most 0 up to 50 % [dB]; add it to the free-space loss for Eqs. (10) and (11).

    References
    ----------
    ITU-R P.1812-8, §4.2, Eqs. (9a), (9b).

    Examples
    --------
    >>> multipath_focusing(50.0, 10.0, 10.0)
    0.0
    """
    return 2.6 * (1 - math.exp(-0.1 * (d_lt + d_lr))) * math.log10(q / 50)
