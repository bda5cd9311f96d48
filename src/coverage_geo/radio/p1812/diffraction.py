"""Delta-Bullington diffraction: §4.3 of ITU-R P.1812-8."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPEED_OF_LIGHT = 0.2998  # wavelength in metres times frequency in GHz, as ITU-R P.2001 rounds it
HORIZONTAL, VERTICAL = 1, 2
AT_PROFILE_POINTS, CONTINUOUS = 0, 1  # where the Bullington model of the smooth path looks for its edge


@njit(cache=True)
def knife_edge_loss(nu: float) -> float:
    """Loss behind one knife edge, J(nu), Eq. (12).

    Parameters
    ----------
    nu
        Diffraction parameter nu.

    Returns
    -------
    float
        J [dB], 0 up to nu = -0.78.

    References
    ----------
    ITU-R P.1812-8, §4.3.1, Eq. (12).

    Examples
    --------
    >>> round(knife_edge_loss(0.0), 2)
    6.03
    """
    if nu <= -0.78:
        return 0.0
    return 6.9 + 20 * math.log10(math.sqrt((nu - 0.1) ** 2 + 1) + nu - 0.1)


@njit(cache=True)
def bullington_point_nu(
    s_tim: float, s_rim: float, d: float, h_ts: float, h_rs: float, wavelength: float
) -> float:
    """Diffraction parameter nu_b of the one edge that stands for a transhorizon path, Eqs. (18), (19).

    Parameters
    ----------
    s_tim, s_rim
        Steepest slopes from transmitter and from receiver to the terrain [m/km].
    d
        Path length [km].
    h_ts, h_rs
        Antenna heights above sea level [m].
    wavelength
        Wavelength [m].

    Returns
    -------
    float
        nu_b.

    References
    ----------
    ITU-R P.1812-8, §4.3.1, Eqs. (18), (19).

    Examples
    --------
    >>> round(bullington_point_nu(1.0, 1.0, 2.0, 0.0, 0.0, 1.0), 6)
    0.063246
    """
    d_b = (h_rs - h_ts + s_rim * d) / (s_tim + s_rim)
    height_over_ray = h_ts + s_tim * d_b - (h_ts * (d - d_b) + h_rs * d_b) / d
    return height_over_ray * math.sqrt(0.002 * d / (wavelength * d_b * (d - d_b)))


@njit(cache=True)
def bullington_loss(edge_loss: float, d: float) -> float:
    """Bullington loss from the loss of its edge, L_bull, Eq. (21).

    Parameters
    ----------
    edge_loss
        Knife-edge loss L_uc [dB].
    d
        Path length [km].

    Returns
    -------
    float
        L_bull [dB].

    References
    ----------
    ITU-R P.1812-8, §4.3.1, Eq. (21).

    Examples
    --------
    >>> bullington_loss(0.0, 10.0)
    0.0
    """
    return edge_loss + (1 - math.exp(-edge_loss / 6)) * (10 + 0.02 * d)


@njit(cache=True)
def bullington(
    d: NDArray[np.float64], g: NDArray[np.float64], h_ts: float, h_rs: float, a_p: float, f: float
) -> float:
    """Bullington diffraction loss of a profile, L_bull, Eqs. (12) to (21).

    Parameters
    ----------
    d
        Distances from the transmitter, ascending from 0 [km], shape (n,), n >= 3.
    g
        Terrain with clutter, above sea level [m], shape (n,).
    h_ts, h_rs
        Antenna heights above sea level [m].
    a_p
        Effective Earth radius [km].
    f
        Frequency [GHz].

    Returns
    -------
    float
        L_bull [dB].

    References
    ----------
    ITU-R P.1812-8, §4.3.1, Eqs. (12) to (21).

    Examples
    --------
    >>> import numpy as np
    >>> flat = np.zeros(3)
    >>> bullington(np.array([0.0, 1.0, 2.0]), flat, 100.0, 100.0, 8500.0, 1.0)
    0.0
    """
    wavelength = SPEED_OF_LIGHT / f
    last = len(d) - 1
    length = d[last] - d[0]
    s_tim = -math.inf
    for i in range(1, last):
        s_tim = max(s_tim, (g[i] + 500 / a_p * d[i] * (length - d[i]) - h_ts) / d[i])
    if s_tim < (h_rs - h_ts) / length:
        nu = -math.inf
        for i in range(1, last):
            ray = (h_ts * (length - d[i]) + h_rs * d[i]) / length
            scale = math.sqrt(0.002 * length / (wavelength * d[i] * (length - d[i])))
            nu = max(nu, (g[i] + 500 / a_p * d[i] * (length - d[i]) - ray) * scale)
    else:
        s_rim = -math.inf
        for i in range(1, last):
            s_rim = max(s_rim, (g[i] + 500 / a_p * d[i] * (length - d[i]) - h_rs) / (length - d[i]))
        nu = bullington_point_nu(s_tim, s_rim, length, h_ts, h_rs, wavelength)
    return bullington_loss(knife_edge_loss(nu), length)


@njit(cache=True)
def surface_admittance(f: float, a: float, epsilon_r: float, sigma: float, polarisation: int) -> float:
    """Normalised surface admittance K, Eq. (29).

    Parameters
    ----------
    f
        Frequency [GHz].
    a
        Effective Earth radius [km].
    epsilon_r, sigma
        Relative permittivity; conductivity [S/m].
    polarisation
        1 horizontal, 2 vertical.

    Returns
    -------
    float
        K.

    References
    ----------
    ITU-R P.1812-8, §4.3.3, Eqs. (29a), (29b).

    Examples
    --------
    >>> round(surface_admittance(1.0, 8500.0, 22.0, 0.003, 1), 6)
    0.000385
    """
    K = 0.036 * (a * f) ** (-1 / 3) * ((epsilon_r - 1) ** 2 + (18 * sigma / f) ** 2) ** (-1 / 4)
    if polarisation == VERTICAL:
        K *= math.sqrt(epsilon_r**2 + (18 * sigma / f) ** 2)
    return float(K)


@njit(cache=True)
def height_gain(B: float, K: float) -> float:
    """Height gain G of an antenna over smooth Earth, Eq. (34) with its lower limit.

    Parameters
    ----------
    B
        Normalised height times the ground parameter.
    K
        Normalised surface admittance.

    Returns
    -------
    float
        G [dB].

    References
    ----------
    ITU-R P.1812-8, §4.3.3, Eqs. (34), (35).

    Examples
    --------
    >>> round(height_gain(1.0, 0.001), 3)
    0.828
    """
    if B > 2:
        G = 17.6 * math.sqrt(B - 1.1) - 5 * math.log10(B - 1.1) - 8
    else:
        G = 20 * math.log10(B + 0.1 * B**3)
    return max(G, 2 + 20 * math.log10(K))


@njit(cache=True)
def first_term_loss(
    d: float, h_te: float, h_re: float, a: float, f: float, epsilon_r: float, sigma: float, polarisation: int
) -> float:
    """First term of spherical-Earth diffraction over one kind of ground, Eqs. (29) to (36).

    Parameters
    ----------
    d
        Path length [km].
    h_te, h_re
        Effective antenna heights [m].
    a
        Effective Earth radius [km].
    f
        Frequency [GHz].
    epsilon_r, sigma
        Relative permittivity; conductivity [S/m].
    polarisation
        1 horizontal, 2 vertical.

    Returns
    -------
    float
        Loss [dB]; may be negative.

    References
    ----------
    ITU-R P.1812-8, §4.3.3, Eqs. (29) to (36).

    Examples
    --------
    >>> round(first_term_loss(50.0, 10.0, 10.0, 8500.0, 1.0, 22.0, 0.003, 1), 2)
    43.8
    """
    K = surface_admittance(f, a, epsilon_r, sigma, polarisation)
    beta = (1 + 1.6 * K**2 + 0.67 * K**4) / (1 + 4.5 * K**2 + 1.53 * K**4)
    X = 21.88 * beta * (f / a**2) ** (1 / 3) * d
    Y_per_m = 0.9575 * beta * (f**2 / a) ** (1 / 3)
    near = X < 1.6
    F_X = -20 * math.log10(X) - 5.6488 * X**1.425 if near else 11 + 10 * math.log10(X) - 17.6 * X
    return float(-F_X - height_gain(beta * Y_per_m * h_te, K) - height_gain(beta * Y_per_m * h_re, K))


@njit(cache=True)
def mixed_first_term_loss(
    d: float, h_te: float, h_re: float, a: float, f: float, omega: float, polarisation: int
) -> float:
    """First term of spherical-Earth diffraction over land and sea, L_dft, Eq. (28).

    Parameters
    ----------
    d
        Path length [km].
    h_te, h_re
        Effective antenna heights [m].
    a
        Effective Earth radius [km].
    f
        Frequency [GHz].
    omega
        Fraction of the path over sea.
    polarisation
        1 horizontal, 2 vertical.

    Returns
    -------
    float
        L_dft [dB]; may be negative.

    References
    ----------
    ITU-R P.1812-8, §4.3.3, Eq. (28).

    Examples
    --------
    >>> round(mixed_first_term_loss(50.0, 10.0, 10.0, 8500.0, 1.0, 0.0, 1), 2)
    43.8
    """
    loss = 0.0
    if omega < 1:
        loss += (1 - omega) * first_term_loss(d, h_te, h_re, a, f, 22.0, 0.003, polarisation)
    if omega > 0:
        loss += omega * first_term_loss(d, h_te, h_re, a, f, 80.0, 5.0, polarisation)
    return loss


@njit(cache=True)
def smooth_horizon(h_te: float, h_re: float, a_p: float) -> float:
    """Longest line-of-sight path over a smooth sphere, d_los, Eq. (22).

    Parameters
    ----------
    h_te, h_re
        Effective antenna heights, above 0 [m].
    a_p
        Effective Earth radius [km].

    Returns
    -------
    float
        d_los [km].

    References
    ----------
    ITU-R P.1812-8, §4.3.2, Eq. (22).

    Examples
    --------
    >>> round(smooth_horizon(30.0, 10.0, 8500.0), 1)
    35.6
    """
    return math.sqrt(2 * a_p) * (math.sqrt(0.001 * h_te) + math.sqrt(0.001 * h_re))


@njit(cache=True)
def smooth_clearance(d: float, h_te: float, h_re: float, a_p: float) -> tuple[float, float, float]:
    """Least clearance of the ray over a smooth sphere, h_se, and where it is, Eqs. (23), (24).

    Parameters
    ----------
    d
        Path length, within line of sight [km].
    h_te, h_re
        Effective antenna heights, above 0 [m].
    a_p
        Effective Earth radius [km].

    Returns
    -------
    d_1, d_2, h_se : float
        Distances from both antennas [km]; clearance [m].

    References
    ----------
    ITU-R P.1812-8, §4.3.2, Eqs. (23), (24).

    Examples
    --------
    >>> [round(value, 3) for value in smooth_clearance(10.0, 30.0, 30.0, 8500.0)]
    [5.0, 5.0, 28.529]
    """
    c = (h_te - h_re) / (h_te + h_re)
    m = 250 * d**2 / (a_p * (h_te + h_re))
    angle = math.pi / 3 + math.acos(3 * c / 2 * math.sqrt(3 * m / (m + 1) ** 3)) / 3
    b = 2 * math.sqrt((m + 1) / (3 * m)) * math.cos(angle)
    d_1 = d / 2 * (1 + b)
    d_2 = d - d_1
    h_se = ((h_te - 500 * d_1**2 / a_p) * d_2 + (h_re - 500 * d_2**2 / a_p) * d_1) / d
    return d_1, d_2, h_se


@njit(cache=True)
def spherical_earth_loss(
    d: float, h_te: float, h_re: float, a_p: float, f: float, omega: float, polarisation: int
) -> float:
    """Diffraction loss over a smooth sphere, L_dsph, Eqs. (22) to (27).

    Parameters
    ----------
    d
        Path length [km].
    h_te, h_re
        Effective antenna heights, above 0 [m].
    a_p
        Effective Earth radius [km].
    f
        Frequency [GHz].
    omega
        Fraction of the path over sea.
    polarisation
        1 horizontal, 2 vertical.

    Returns
    -------
    float
        L_dsph [dB]; never negative within the horizon.

    References
    ----------
    ITU-R P.1812-8, §4.3.2, Eqs. (22) to (27).

    Examples
    --------
    >>> spherical_earth_loss(1.0, 100.0, 100.0, 8500.0, 1.0, 0.0, 1)
    0.0
    """
    if d >= smooth_horizon(h_te, h_re, a_p):
        return mixed_first_term_loss(d, h_te, h_re, a_p, f, omega, polarisation)
    d_1, d_2, h_se = smooth_clearance(d, h_te, h_re, a_p)
    h_req = 17.456 * math.sqrt(d_1 * d_2 * SPEED_OF_LIGHT / f / d)
    if h_se > h_req:
        return 0.0
    a_em = 500 * (d / (math.sqrt(h_te) + math.sqrt(h_re))) ** 2
    loss = mixed_first_term_loss(d, h_te, h_re, a_em, f, omega, polarisation)
    return (1 - h_se / h_req) * max(loss, 0.0)


@njit(cache=True)
def smooth_path_loss(d: float, h_te: float, h_re: float, a_p: float, f: float) -> float:
    """Bullington loss of a smooth path wherever its edge lies, not at profile points, L_bulls.

    Parameters
    ----------
    d
        Path length [km].
    h_te, h_re
        Effective antenna heights, above 0 [m].
    a_p
        Effective Earth radius [km].
    f
        Frequency [GHz].

    Returns
    -------
    float
        L_bulls [dB].

    References
    ----------
    ITU-R P.1812-8, Attachment 3 to Annex 1 (Attachment 4 of P.1812-6).

    Examples
    --------
    >>> round(smooth_path_loss(50.0, 10.0, 10.0, 8500.0, 1.0), 2)
    22.33
    """
    wavelength = SPEED_OF_LIGHT / f
    if d < smooth_horizon(h_te, h_re, a_p):
        d_1, d_2, h_se = smooth_clearance(d, h_te, h_re, a_p)
        nu = -h_se * math.sqrt(0.002 * d / (wavelength * d_1 * d_2))
    else:
        s_tm = 500 / a_p * d - 2 * math.sqrt(500 / a_p * h_te)
        s_rm = 500 / a_p * d - 2 * math.sqrt(500 / a_p * h_re)
        nu = bullington_point_nu(s_tm, s_rm, d, h_te, h_re, wavelength)
    return bullington_loss(knife_edge_loss(nu), d)


@njit(cache=True)
def time_interpolation(inverse_p: float, inverse_beta0: float, p: float, beta0: float) -> float:
    """Interpolation factor F_i between the median and β0 of the time, Eq. (40).

    Parameters
    ----------
    inverse_p, inverse_beta0
        Inverse normal I(p/100) and I(β0/100).
    p, beta0
        Time percentages [%].

    Returns
    -------
    float
        1 up to β0, falling to 0 at 50 %.

    References
    ----------
    ITU-R P.1812-8, §4.3.5, Eqs. (40a), (40b).

    Examples
    --------
    >>> time_interpolation(1.0, 2.0, 16.0, 2.0)
    0.5
    """
    return inverse_p / inverse_beta0 if p > beta0 else 1.0


@njit(cache=True)
def delta_bullington(
    d: NDArray[np.float64],
    g: NDArray[np.float64],
    h_ts: float,
    h_rs: float,
    h_std: float,
    h_srd: float,
    a_p: float,
    f: float,
    omega: float,
    polarisation: int,
    smooth_path: int,
) -> tuple[float, float, float, float]:
    """Delta-Bullington diffraction loss for one effective Earth radius, Eqs. (37) to (39).

    Parameters
    ----------
    d
        Distances from the transmitter, ascending from 0 [km], shape (n,), n >= 3.
    g
        Terrain with clutter, above sea level [m], shape (n,).
    h_ts, h_rs
        Antenna heights above sea level [m].
    h_std, h_srd
        Smooth-surface heights for the diffraction model [m].
    a_p
        Effective Earth radius: a_e for the median, a_β for β0 of the time [km].
    f
        Frequency [GHz].
    omega
        Fraction of the path over sea.
    polarisation
        1 horizontal, 2 vertical.
    smooth_path
        Where the Bullington model of the smooth path looks for its edge: 0 at the profile's points (§4.3.1),
        1 anywhere (Attachment 3).

    Returns
    -------
    L_d, L_bulla, L_bulls, L_dsph : float
        Diffraction loss; Bullington loss of the actual and of the smooth path; spherical-Earth loss [dB].

    References
    ----------
    ITU-R P.1812-8, §4.3.4, Eqs. (37) to (39).

    Examples
    --------
    >>> import numpy as np
    >>> d = np.linspace(0.0, 2.0, 5)
    >>> delta_bullington(d, np.zeros(5), 100.0, 100.0, 0.0, 0.0, 8500.0, 1.0, 0.0, 1, 0)
    (0.0, 0.0, 0.0, 0.0)
    """
    L_bulla = bullington(d, g, h_ts, h_rs, a_p, f)
    h_te = h_ts - h_std
    h_re = h_rs - h_srd
    length = d[len(d) - 1]
    if smooth_path == CONTINUOUS:
        L_bulls = smooth_path_loss(length, h_te, h_re, a_p, f)
    else:
        L_bulls = bullington(d, np.zeros(len(d)), h_te, h_re, a_p, f)
    L_dsph = spherical_earth_loss(length, h_te, h_re, a_p, f, omega, polarisation)
    return L_bulla + max(L_dsph - L_bulls, 0.0), L_bulla, L_bulls, L_dsph
