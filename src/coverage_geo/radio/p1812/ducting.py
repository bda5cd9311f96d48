"""Ducting and layer reflection: §4.5 of ITU-R P.1812-8."""

from __future__ import annotations

import math

from numba import njit

from coverage_geo.radio.p1812.refractivity import inland_factor


@njit(cache=True)
def site_shielding(f: float, theta: float, d_l: float) -> float:
    """Loss of a station's coupling into a duct from its horizon, A_st or A_sr, Eqs. (48), (48a).

    Parameters
    ----------
    f
        Frequency [GHz].
    theta
        Horizon elevation angle [mrad].
    d_l
        Distance of the horizon [km].

    Returns
    -------
    float
        Loss [dB].

    References
    ----------
    ITU-R P.1812-8, §4.5, Eqs. (48), (48a).

    Examples
    --------
    >>> site_shielding(1.0, -1.0, 10.0)
    0.0
    """
    angle = theta - 0.1 * d_l
    if angle <= 0:
        return 0.0
    return float(20 * math.log10(1 + 0.361 * angle * math.sqrt(f * d_l)) + 0.264 * angle * f ** (1 / 3))


@njit(cache=True)
def sea_coupling(d_c: float, d_l: float, h_s: float, omega: float) -> float:
    """Gain of a station near the coast over a surface duct, A_ct or A_cr, Eq. (49).

    Parameters
    ----------
    d_c
        Distance over land to the coast along the path [km].
    d_l
        Distance of the horizon [km].
    h_s
        Antenna height above sea level [m].
    omega
        Fraction of the path over sea.

    Returns
    -------
    float
        0 or less [dB].

    References
    ----------
    ITU-R P.1812-8, §4.5, Eq. (49).

    Examples
    --------
    >>> sea_coupling(500.0, 10.0, 50.0, 1.0)
    0.0
    """
    if omega < 0.75 or d_c > d_l or d_c > 5:
        return 0.0
    return -3 * math.exp(-0.25 * d_c**2) * (1 + math.tanh(0.07 * (50 - h_s)))


@njit(cache=True)
def coupling_loss(f: float, d_lt: float, d_lr: float, shielding: float, coupling: float) -> float:
    """Fixed loss between the antennas and the duct, A_f, Eqs. (47), (47a).

    Parameters
    ----------
    f
        Frequency [GHz].
    d_lt, d_lr
        Distances of the horizons [km].
    shielding
        A_st + A_sr [dB].
    coupling
        A_ct + A_cr [dB].

    Returns
    -------
    float
        A_f [dB].

    References
    ----------
    ITU-R P.1812-8, §4.5, Eqs. (47), (47a).

    Examples
    --------
    >>> coupling_loss(1.0, 5.0, 5.0, 0.0, 0.0)
    122.45
    """
    A_lf = 45.375 - 137 * f + 92.5 * f**2 if f < 0.5 else 0.0
    return 102.45 + 20 * math.log10(f) + 20 * math.log10(d_lt + d_lr) + A_lf + shielding + coupling


@njit(cache=True)
def duct_angle_loss(
    f: float, d: float, a_e: float, theta_t: float, theta_r: float, d_lt: float, d_lr: float
) -> float:
    """Loss that grows with the angle the duct must bend, gamma_d θ', Eqs. (51), (52).

    Parameters
    ----------
    f
        Frequency [GHz].
    d
        Path length [km].
    a_e
        Median effective Earth radius [km].
    theta_t, theta_r
        Horizon elevation angles [mrad].
    d_lt, d_lr
        Distances of the horizons [km].

    Returns
    -------
    float
        Loss [dB].

    References
    ----------
    ITU-R P.1812-8, §4.5, Eqs. (51), (52), (52a).

    Examples
    --------
    >>> duct_angle_loss(1.0, 0.0, 8500.0, 0.0, 0.0, 1.0, 1.0)
    0.0
    """
    theta = 1000 * d / a_e + min(theta_t, 0.1 * d_lt) + min(theta_r, 0.1 * d_lr)
    return float(5e-5 * a_e * f ** (1 / 3) * theta)


@njit(cache=True)
def geometry_factor(d: float, a_e: float, h_te: float, h_re: float, d_lm: float) -> float:
    """Correction μ2 of the ducting incidence for the path's geometry, Eqs. (55), (55a).

    Parameters
    ----------
    d
        Path length [km].
    a_e
        Median effective Earth radius [km].
    h_te, h_re
        Effective antenna heights over the smooth surface [m].
    d_lm
        Longest continuous inland section [km].

    Returns
    -------
    float
        0 to 1.

    References
    ----------
    ITU-R P.1812-8, §4.5, Eqs. (55), (55a).

    Examples
    --------
    >>> geometry_factor(1.0, 8500.0, 30.0, 10.0, 1.0)
    1.0
    """
    alpha = max(-0.6 - 3.5e-9 * d**3.1 * inland_factor(d_lm), -3.4)
    spread = 500 / a_e * (d / (math.sqrt(h_te) + math.sqrt(h_re))) ** 2
    return float(min(spread**alpha, 1.0))


@njit(cache=True)
def roughness_factor(d: float, d_lt: float, d_lr: float, h_m: float) -> float:
    """Correction μ3 of the ducting incidence for rough terrain, Eqs. (56), (56a).

    Parameters
    ----------
    d
        Path length [km].
    d_lt, d_lr
        Distances of the horizons [km].
    h_m
        Terrain roughness [m].

    Returns
    -------
    float
        Above 0, at most 1.

    References
    ----------
    ITU-R P.1812-8, §4.5, Eqs. (56), (56a).

    Examples
    --------
    >>> roughness_factor(50.0, 10.0, 10.0, 5.0)
    1.0
    """
    if h_m <= 10:
        return 1.0
    d_i = min(d - d_lt - d_lr, 40.0)
    return math.exp(-4.6e-5 * (h_m - 10) * (43 + 6 * d_i))


@njit(cache=True)
def duct_time_loss(d: float, p: float, beta: float) -> float:
    """Loss that depends on the time percentage, A(p), Eqs. (53), (53a).

    Parameters
    ----------
    d
        Path length [km].
    p
        Time percentage [%].
    beta
        Incidence of ducting β on this path [%].

    Returns
    -------
    float
        A(p) [dB]; never negative for p above β.

    References
    ----------
    ITU-R P.1812-8, §4.5, Eqs. (53), (53a).

    Examples
    --------
    >>> duct_time_loss(50.0, 1.0, 1.0)
    0.0
    """
    log_beta = math.log10(beta)
    decay = (9.51 - 4.8 * log_beta + 0.198 * log_beta**2) * 1e-6 * d**1.13
    gamma = 1.076 / (2.0058 - log_beta) ** 1.012 * math.exp(-decay)
    return float(-12 + (1.2 + 3.7e-3 * d) * math.log10(p / beta) + 12 * (p / beta) ** gamma)


@njit(cache=True)
def ducting_loss(
    f: float,
    d: float,
    a_e: float,
    theta_t: float,
    theta_r: float,
    d_lt: float,
    d_lr: float,
    h_ts: float,
    h_rs: float,
    h_te: float,
    h_re: float,
    h_m: float,
    d_lm: float,
    d_ct: float,
    d_cr: float,
    omega: float,
    beta0: float,
    p: float,
) -> float:
    """Basic transmission loss of ducting and layer reflection, L_ba, Eqs. (46) to (56).

    Parameters
    ----------
    f
        Frequency [GHz].
    d
        Path length [km].
    a_e
        Median effective Earth radius [km].
    theta_t, theta_r
        Horizon elevation angles [mrad].
    d_lt, d_lr
        Distances of the horizons [km].
    h_ts, h_rs
        Antenna heights above sea level [m].
    h_te, h_re
        Effective antenna heights over the smooth surface [m].
    h_m
        Terrain roughness [m].
    d_lm
        Longest continuous inland section [km].
    d_ct, d_cr
        Distances over land to the coast [km].
    omega
        Fraction of the path over sea.
    beta0
        Incidence of ducting [%].
    p
        Time percentage [%].

    Returns
    -------
    float
        L_ba [dB].

    References
    ----------
    ITU-R P.1812-8, §4.5, Eqs. (46) to (56).

    Examples
    --------
    >>> path = (0.9, 50.0, 8500.0, 1.0, 2.0, 10.0, 10.0, 40.0, 10.0, 30.0, 10.0)
    >>> round(ducting_loss(*path, 20.0, 50.0, 500.0, 500.0, 0.0, 2.0, 1.0), 2)
    136.15
    """
    shielding = site_shielding(f, theta_t, d_lt) + site_shielding(f, theta_r, d_lr)
    coupling = sea_coupling(d_ct, d_lt, h_ts, omega) + sea_coupling(d_cr, d_lr, h_rs, omega)
    A_f = coupling_loss(f, d_lt, d_lr, shielding, coupling)
    mu2 = geometry_factor(d, a_e, h_te, h_re, d_lm)
    mu3 = roughness_factor(d, d_lt, d_lr, h_m)
    A_d = duct_angle_loss(f, d, a_e, theta_t, theta_r, d_lt, d_lr)
    return A_f + A_d + duct_time_loss(d, p, beta0 * mu2 * mu3)
