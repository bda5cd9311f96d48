"""Putting the mechanisms together: §4.6 of ITU-R P.1812-8."""

from __future__ import annotations

import math

from numba import njit


@njit(cache=True)
def angle_blend(theta: float) -> float:
    """Interpolation factor F_j between line of sight and transhorizon, Eq. (57).

    Parameters
    ----------
    theta
        Path angular distance [mrad].

    Returns
    -------
    float
        Near 1 for line of sight, near 0 far beyond the horizon.

    References
    ----------
    ITU-R P.1812-8, §4.6, Eq. (57).

    Examples
    --------
    >>> angle_blend(0.3)
    0.5
    """
    return 1 - 0.5 * (1 + math.tanh(3 * 0.8 * (theta - 0.3) / 0.3))


@njit(cache=True)
def distance_blend(d: float) -> float:
    """Interpolation factor F_k with the path's length, Eq. (58).

    Parameters
    ----------
    d
        Path length [km].

    Returns
    -------
    float
        Near 1 for short paths, near 0 for long ones.

    References
    ----------
    ITU-R P.1812-8, §4.6, Eq. (58).

    Examples
    --------
    >>> distance_blend(20.0)
    0.5
    """
    return 1 - 0.5 * (1 + math.tanh(3 * 0.5 * (d - 20) / 20))


@njit(cache=True)
def notional_minimum(
    L_b0p: float,
    L_b0beta: float,
    L_dp: float,
    L_bd50: float,
    omega: float,
    F_i: float,
    p: float,
    beta0: float,
) -> float:
    """Notional least loss of line of sight and over-sea sub-path diffraction, L_minb0p, Eq. (59).

    Parameters
    ----------
    L_b0p, L_b0beta
        Line-of-sight losses for p and β0 of the time [dB].
    L_dp
        Diffraction loss for p of the time [dB].
    L_bd50
        Median loss with diffraction [dB].
    omega
        Fraction of the path over sea.
    F_i
        Interpolation factor of Eq. (40).
    p, beta0
        Time percentages [%].

    Returns
    -------
    float
        L_minb0p [dB].

    References
    ----------
    ITU-R P.1812-8, §4.6, Eq. (59).

    Examples
    --------
    >>> notional_minimum(100.0, 98.0, 5.0, 110.0, 0.0, 1.0, 1.0, 2.0)
    105.0
    """
    if p < beta0:
        return L_b0p + (1 - omega) * L_dp
    return L_bd50 + (L_b0beta + (1 - omega) * L_dp - L_bd50) * F_i


@njit(cache=True)
def smooth_maximum(a: float, b: float) -> float:
    """Smooth maximum of two losses, L_minbap, Eq. (60).

    Parameters
    ----------
    a, b
        Losses: L_ba and L_b0p [dB].

    Returns
    -------
    float
        η ln(exp(a/η) + exp(b/η)) with η = 2.5 [dB].

    References
    ----------
    ITU-R P.1812-8, §4.6, Eq. (60).

    Examples
    --------
    >>> round(smooth_maximum(100.0, 100.0), 6)
    101.732868
    """
    return max(a, b) + 2.5 * math.log1p(math.exp(-abs(a - b) / 2.5))


@njit(cache=True)
def with_ducting(L_bd: float, L_minbap: float, F_k: float) -> float:
    """Loss of diffraction with ducting enhancements, L_bda, Eq. (61).

    Parameters
    ----------
    L_bd
        Loss with diffraction for p of the time [dB].
    L_minbap
        Notional least loss with ducting [dB].
    F_k
        Interpolation factor of Eq. (58).

    Returns
    -------
    float
        L_bda [dB].

    References
    ----------
    ITU-R P.1812-8, §4.6, Eq. (61).

    Examples
    --------
    >>> with_ducting(120.0, 130.0, 0.5)
    120.0
    """
    if L_minbap > L_bd:
        return L_bd
    return L_minbap + (L_bd - L_minbap) * F_k


@njit(cache=True)
def power_sum(L_bs: float, L_bam: float) -> float:
    """Combine scatter with everything else, L_bc, Eq. (63).

    Parameters
    ----------
    L_bs, L_bam
        Losses of troposcatter and of the other mechanisms [dB].

    Returns
    -------
    float
        L_bc [dB].

    References
    ----------
    ITU-R P.1812-8, §4.6, Eq. (63).

    Examples
    --------
    >>> round(power_sum(100.0, 100.0), 6)
    98.49485
    """
    low = min(L_bs, L_bam)
    return low - 5 * math.log10(1 + 10 ** (-0.2 * abs(L_bs - L_bam)))
