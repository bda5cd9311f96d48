"""Reference attenuation of the Irregular Terrain Model: sight, diffraction and scatter as one curve."""

from __future__ import annotations

import cmath
import math

import numpy as np
from numba import njit

from coverage_geo.radio.itm.medium import MHZ_A_WAVE_NUMBER, Medium
from coverage_geo.radio.itm.terrain import Path  # noqa: TC001 - the examples make one

FOUR_THIRDS_EARTH_M = 4 / 3 * 6370e3
TOO_WEAK_DB = 1000.0  # scatter beyond what the model describes
LN_TO_10_LOG, LN_TO_40_LOG = 4.343, 17.372  # as NTIA rounds 10 and 40 over ln 10
UNKNOWN = -1.0  # no frequency gain of scatter found yet
SCATTER_A = (25.0, 80.0, 177.0, 395.0, 705.0)
SCATTER_B = (24.0, 45.0, 68.0, 80.0, 105.0)


@njit(cache=True, error_model="numpy")
def roughness(d: float, delta_h: float) -> float:
    """Irregularity that terrain shows over a distance, delta_h(d), Eq. (3.9).

    Parameters
    ----------
    d
        Distance [m].
    delta_h
        Irregularity over long distances [m].

    Returns
    -------
    float
        delta_h(d) [m].

    References
    ----------
    Hufford (1995), the Algorithm, Eq. (3.9).

    Examples
    --------
    >>> roughness(0.0, 90.0), round(roughness(1e9, 90.0))
    (17.999999999999996, 90)
    """
    return delta_h * (1 - 0.8 * math.exp(-d / 50e3))


@njit(cache=True, error_model="numpy")
def height_spread(delta_h: float) -> float:
    """Standard deviation of the heights within the first Fresnel zone, sigma_h, Eq. (3.10).

    Parameters
    ----------
    delta_h
        Irregularity over the distance [m].

    Returns
    -------
    float
        sigma_h [m].

    References
    ----------
    Hufford (1995), the Algorithm, Eq. (3.10).

    Examples
    --------
    >>> height_spread(0.0), round(height_spread(90.0), 2)
    (0.0, 15.05)
    """
    return 0.78 * delta_h * math.exp(-0.5 * math.sqrt(math.sqrt(delta_h)))


@njit(cache=True, error_model="numpy")
def fresnel_loss(v_squared: float) -> float:
    """Loss behind a knife edge by its squared parameter.

    Parameters
    ----------
    v_squared
        Square of the Fresnel parameter, 0 or more.

    Returns
    -------
    float
        Loss [dB].

    References
    ----------
    Hufford (1995), the Algorithm, §6, Eq. (6.1).

    Examples
    --------
    >>> fresnel_loss(0.0)
    6.02
    """
    if v_squared < 5.76:
        return 6.02 + 9.11 * math.sqrt(v_squared) - 1.27 * v_squared
    return 12.953 + 10 * math.log10(v_squared)


@njit(cache=True, error_model="numpy")
def knife_edge_loss(path: Path, medium: Medium, d: float, theta: float) -> float:
    """Loss of two knife edges at the horizons, A_k.

    Parameters
    ----------
    path, medium
        Geometry; air and ground.
    d
        Distance, beyond both horizons [m].
    theta
        Angle of diffraction there [rad].

    Returns
    -------
    float
        A_k [dB].

    References
    ----------
    Hufford (1995), the Algorithm, Eqs. (4.13), (4.14).

    Examples
    --------
    >>> path = Path(20e3, 10.0, 10.0, 10.0, 10.0, 5e3, 5e3, 0.0, 0.0, 90.0)
    >>> round(knife_edge_loss(path, Medium(900.0, 4 + 0j, 301.0, 1.2e-7), 20e3, 0.01), 1)
    23.7
    """
    beyond = d - path.dl_t - path.dl_r
    common = medium.f / MHZ_A_WAVE_NUMBER * beyond * theta**2 / (4 * math.pi)
    at_t = fresnel_loss(common * path.dl_t / (beyond + path.dl_t))
    return at_t + fresnel_loss(common * path.dl_r / (beyond + path.dl_r))


@njit(cache=True, error_model="numpy")
def height_gain(x: float, K: float) -> float:
    """Height gain over a smooth Earth, F(x, K).

    Parameters
    ----------
    x
        Normalised distance of the horizon [km].
    K
        Normalised ground impedance.

    Returns
    -------
    float
        F [dB].

    References
    ----------
    Hufford (1995), the Algorithm, §6; Vogler (1964).

    Examples
    --------
    >>> height_gain(1.0, 1e-6)
    -117.0
    """
    if x < 200:
        w = -math.log(K)
        if K < 1e-5 or x * w**3 > 5495:
            return LN_TO_40_LOG * math.log(max(x, 1.0)) - 117
        return 2.5e-5 * x**2 / K - 8.686 * w - 15
    far = 0.05751 * x - LN_TO_10_LOG * math.log(x)
    if x < 2000:
        w = 0.0134 * x * math.exp(-0.005 * x)
        return (1 - w) * far + w * (LN_TO_40_LOG * math.log(x) - 117)
    return far


@njit(cache=True, error_model="numpy")
def _round_earth(radius: float, medium: Medium, wave: float) -> tuple[float, float]:
    """Normalised impedance K of ground with this radius, and what makes metres on it normalised km."""
    C = float(np.cbrt(FOUR_THIRDS_EARTH_M / radius))
    K = 0.017778 * C / wave / abs(medium.Z_g)
    return K, 0.001 * (1.607 - K) * C**2 * wave


@njit(cache=True, error_model="numpy")
def smooth_ends(path: Path, medium: Medium) -> tuple[float, float]:
    """Normalised distances of both horizons over a smooth Earth, and what its ends gain.

    Parameters
    ----------
    path, medium
        Geometry; air and ground.

    Returns
    -------
    x, gain : float
        Sum of the distances [km]; sum of the height gains and the constant C_1 [dB].

    References
    ----------
    Hufford (1995), the Algorithm, Eqs. (4.15) to (4.20); Vogler (1964).

    Examples
    --------
    >>> path = Path(60e3, 10.0, 10.0, 10.0, 10.0, 12e3, 12e3, -1.5e-3, -1.5e-3, 0.0)
    >>> [round(end, 1) for end in smooth_ends(path, Medium(900.0, 4 + 0j, 301.0, 1.2e-7))]
    [415.6, -28.2]
    """
    wave = float(np.cbrt(medium.f))
    K_t, at_t = _round_earth(0.5 * path.dl_t**2 / path.he_t, medium, wave)
    K_r, at_r = _round_earth(0.5 * path.dl_r**2 / path.he_r, medium, wave)
    x_t, x_r = at_t * path.dl_t, at_r * path.dl_r
    return x_t + x_r, height_gain(x_t, K_t) + height_gain(x_r, K_r) + 20


@njit(cache=True, error_model="numpy")
def smooth_earth_loss(medium: Medium, beyond: float, theta: float, ends: tuple[float, float]) -> float:
    """Loss around a smooth Earth of three radii, A_r.

    Parameters
    ----------
    medium
        Air and ground.
    beyond
        Distance between the horizons [m].
    theta
        Angle of diffraction [rad].
    ends
        Found by `smooth_ends`.

    Returns
    -------
    float
        A_r [dB]; NaN where the ground bends more sharply than a wave of this length can tell.

    References
    ----------
    Hufford (1995), the Algorithm, Eqs. (4.15) to (4.20); Vogler (1964).

    Examples
    --------
    >>> medium = Medium(900.0, 4 + 0j, 301.0, 1.2e-7)
    >>> round(smooth_earth_loss(medium, 36e3, 0.0042, (415.6, -28.2)), 1)
    54.1
    """
    _, scale = _round_earth(beyond / theta, medium, float(np.cbrt(medium.f)))
    x = scale * beyond + ends[0]
    if x <= 0:
        return math.nan
    return float(0.05751 * x - 10 * math.log10(x) - ends[1])


@njit(cache=True, error_model="numpy")
def bent_angle(path: Path, medium: Medium) -> float:
    """Sum of the horizons' elevations, not below that over a smooth Earth, theta_e, Eq. (3.8).

    Parameters
    ----------
    path, medium
        Geometry; air and ground.

    Returns
    -------
    float
        theta_e [rad].

    References
    ----------
    Hufford (1995), the Algorithm, Eq. (3.8).

    Examples
    --------
    >>> path = Path(60e3, 10.0, 10.0, 10.0, 10.0, 12e3, 12e3, -1.0, -1.0, 0.0)
    >>> bent_angle(path, Medium(900.0, 4 + 0j, 301.0, 1.25e-7))
    -0.003
    """
    return max(path.theta_t + path.theta_r, -(path.dl_t + path.dl_r) * medium.gamma_e)


@njit(cache=True, error_model="numpy")
def smooth_horizons(path: Path, medium: Medium) -> float:
    """Distance of line of sight over a smooth Earth, d_Ls.

    Parameters
    ----------
    path, medium
        Geometry; air and ground.

    Returns
    -------
    float
        d_Ls [m].

    References
    ----------
    Hufford (1995), the Algorithm, Eqs. (3.5), (3.6).

    Examples
    --------
    >>> path = Path(60e3, 10.0, 10.0, 10.0, 10.0, 12e3, 12e3, 0.0, 0.0, 0.0)
    >>> round(smooth_horizons(path, Medium(900.0, 4 + 0j, 301.0, 1.25e-7)))
    25298
    """
    return math.sqrt(2 * path.he_t / medium.gamma_e) + math.sqrt(2 * path.he_r / medium.gamma_e)


@njit(cache=True, error_model="numpy")
def diffraction_line(path: Path, medium: Medium, smooth: float, footing: float) -> tuple[float, float]:
    """Line of the attenuation by diffraction over distance, through two points far beyond the horizons.

    Parameters
    ----------
    path, medium
        Geometry; air and ground.
    smooth
        Distance of line of sight over a smooth Earth [m].
    footing
        What is added to the product of the antenna heights: 10 over a profile, 0 in an area [m²].

    Returns
    -------
    m_d, A_ed : float
        Slope [dB/m]; value at distance 0 [dB].

    References
    ----------
    Hufford (1995), the Algorithm, Eqs. (4.2) to (4.12).

    Examples
    --------
    >>> path = Path(60e3, 10.0, 10.0, 10.0, 10.0, 12e3, 12e3, -1.5e-3, -1.5e-3, 0.0)
    >>> slope, start = diffraction_line(path, Medium(900.0, 4 + 0j, 301.0, 1.2e-7), 26e3, 10.0)
    >>> round(slope * 60e3 + start, 1)
    54.9
    """
    unit = np.cbrt(1 / (medium.gamma_e**2 * medium.f))
    d_3 = max(smooth, path.dl_t + path.dl_r + 5 * unit)
    d_4 = d_3 + 10 * unit
    ends = smooth_ends(path, medium)
    A_3 = diffraction_loss(path, medium, d_3, ends, footing)
    A_4 = diffraction_loss(path, medium, d_4, ends, footing)
    slope = (A_4 - A_3) / (d_4 - d_3)
    spread = height_spread(roughness(smooth, path.delta_h))
    clutter = min(15.0, 5 * math.log10(1 + 1e-5 * path.h_t * path.h_r * medium.f * spread))
    return float(slope), float(A_3 - slope * d_3 + clutter)


@njit(cache=True, error_model="numpy")
def diffraction_loss(
    path: Path, medium: Medium, d: float, ends: tuple[float, float], footing: float
) -> float:
    """Attenuation by diffraction at a distance beyond both horizons, before that by clutter.

    Parameters
    ----------
    path, medium
        Geometry; air and ground.
    d
        Distance [m].
    ends
        Found by `smooth_ends`.
    footing
        What is added to the product of the antenna heights: 10 over a profile, 0 in an area [m²].

    Returns
    -------
    float
        A_d [dB].

    References
    ----------
    Hufford (1995), the Algorithm, Eqs. (4.9) to (4.12).

    Examples
    --------
    >>> path = Path(60e3, 10.0, 10.0, 10.0, 10.0, 12e3, 12e3, -1.5e-3, -1.5e-3, 0.0)
    >>> round(diffraction_loss(path, Medium(900.0, 4 + 0j, 301.0, 1.2e-7), 60e3, (415.6, -28.2), 10.0), 1)
    54.7
    """
    theta_e = bent_angle(path, medium)
    theta = theta_e + d * medium.gamma_e
    masts = path.h_t * path.h_r
    raised = math.sqrt(1 + (path.he_t * path.he_r - masts) / (masts + footing))
    shape = raised + (theta_e / medium.gamma_e + path.dl_t + path.dl_r) / d
    rough = min(roughness(d, path.delta_h) * medium.f / MHZ_A_WAVE_NUMBER, 6283.2)
    w = 25.1 / (25.1 + math.sqrt(shape * rough))
    rounded = smooth_earth_loss(medium, d - path.dl_t - path.dl_r, theta, ends)
    return w * rounded + (1 - w) * knife_edge_loss(path, medium, d, theta)


@njit(cache=True, error_model="numpy")
def line_of_sight_loss(
    path: Path, medium: Medium, d: float, smooth: float, slope: float, start: float
) -> float:
    """Attenuation within line of sight: direct and reflected ray, with diffraction over rough ground.

    Parameters
    ----------
    path, medium
        Geometry; air and ground.
    d
        Distance [m].
    smooth
        Distance of line of sight over a smooth Earth [m].
    slope, start
        Line of the diffraction attenuation [dB/m], [dB].

    Returns
    -------
    float
        A_los [dB].

    References
    ----------
    Hufford (1995), the Algorithm, Eqs. (4.44) to (4.51).

    Examples
    --------
    >>> path = Path(5e3, 30.0, 10.0, 30.0, 10.0, 20e3, 12e3, 0.0, 0.0, 0.0)
    >>> round(line_of_sight_loss(path, Medium(900.0, 4 + 0j, 301.0, 1.2e-7), 5e3, 35e3, 1e-3, -30.0), 1)
    -4.6
    """
    wave = medium.f / MHZ_A_WAVE_NUMBER
    heights = path.he_t + path.he_r
    sin_psi = heights / math.hypot(d, heights)
    spread = height_spread(roughness(d, path.delta_h))
    reflected = (sin_psi - medium.Z_g) / (sin_psi + medium.Z_g)
    reflected *= math.exp(-min(10.0, wave * spread * sin_psi))
    power = reflected.real**2 + reflected.imag**2
    if power < 0.25 or power < sin_psi:
        reflected *= math.sqrt(sin_psi / power)
    phase = 2 * wave * path.he_t * path.he_r / d
    if phase > math.pi / 2:
        phase = math.pi - (math.pi / 2) ** 2 / phase
    both = cmath.exp(complex(0.0, -phase)) + reflected
    two_rays = -10 * math.log10(both.real**2 + both.imag**2)
    w = 1 / (1 + medium.f * path.delta_h / max(10e3, smooth))
    return w * two_rays + (1 - w) * (slope * d + start)


@njit(cache=True, error_model="numpy")
def within_sight(
    path: Path, medium: Medium, smooth: float, slope: float, start: float
) -> tuple[float, float, float]:
    """Curve through the attenuations within line of sight, A_o + k_1 d + k_2 ln d.

    Parameters
    ----------
    path, medium
        Geometry; air and ground.
    smooth
        Distance of line of sight over a smooth Earth, where the curve meets diffraction [m].
    slope, start
        Line of the diffraction attenuation [dB/m], [dB].

    Returns
    -------
    A_o, k_1, k_2 : float
        Coefficients [dB], [dB/m], [dB].

    References
    ----------
    Hufford (1995), the Algorithm, §4, line-of-sight coefficients.

    Examples
    --------
    >>> path = Path(5e3, 30.0, 10.0, 30.0, 10.0, 20e3, 12e3, -2e-3, -1e-3, 90.0)
    >>> [round(k, 4) for k in within_sight(path, Medium(900.0, 4 + 0j, 301.0, 1.2e-7), 35e3, 1e-3, -10.0)]
    [-9.6811, 0.001, 0.0]
    """
    horizons = path.dl_t + path.dl_r
    d_0 = 0.04 * medium.f * path.he_t * path.he_r
    if start >= 0:
        d_0 = min(d_0, 0.5 * horizons)
        d_1 = d_0 + 0.25 * (horizons - d_0)
    else:
        d_1 = max(-start / slope, 0.25 * horizons)
    A_1 = line_of_sight_loss(path, medium, d_1, smooth, slope, start)
    A_2 = slope * smooth + start
    k_1, k_2 = max(A_2 - A_1, 0.0) / (smooth - d_1), 0.0
    if d_0 < d_1:
        A_0 = line_of_sight_loss(path, medium, d_0, smooth, slope, start)
        q = math.log(smooth / d_0)
        bowed = (smooth - d_0) * (A_1 - A_0) - (d_1 - d_0) * (A_2 - A_0)
        bowed = max(bowed / ((smooth - d_0) * math.log(d_1 / d_0) - (d_1 - d_0) * q), 0.0)
        if start >= 0 or bowed > 0:
            k_1, k_2 = (A_2 - A_0 - bowed * q) / (smooth - d_0), bowed
            if k_1 < 0:
                k_1, k_2 = 0.0, max(A_2 - A_0, 0.0) / q
    if k_1 == 0 and k_2 == 0:
        k_1 = slope
    return A_2 - k_1 * smooth - k_2 * math.log(smooth), k_1, k_2


@njit(cache=True, error_model="numpy")
def scatter_attenuation(theta_d: float) -> float:
    """Attenuation by scatter as a function of angle times distance, F(theta d).

    Parameters
    ----------
    theta_d
        Angle of scatter times distance [m].

    Returns
    -------
    float
        F [dB].

    References
    ----------
    Hufford (1995), the Algorithm, §6.

    Examples
    --------
    >>> round(scatter_attenuation(10e3), 2)
    96.72
    """
    if theta_d <= 10e3:
        return 133.4 + 0.332e-3 * theta_d - 10 * math.log10(theta_d)
    if theta_d <= 70e3:
        return 104.6 + 0.212e-3 * theta_d - 2.5 * math.log10(theta_d)
    return 71.8 + 0.157e-3 * theta_d + 5 * math.log10(theta_d)


@njit(cache=True, error_model="numpy")
def scatter_frequency_gain(r: float, eta: float) -> float:
    """Frequency gain of one antenna in scatter, H_0(r, eta).

    Parameters
    ----------
    r
        Normalised height of the antenna.
    eta
        Efficiency of scatter; counted as 1 to 5.

    Returns
    -------
    float
        H_0 [dB].

    References
    ----------
    Hufford (1995), the Algorithm, §6.

    Examples
    --------
    >>> round(scatter_frequency_gain(1.0, 1.0), 2)
    16.99
    """
    eta = min(max(eta, 1.0), 5.0)
    i = int(eta)
    part = eta - i
    x = 1 / r**2
    gain = 10 * math.log10((SCATTER_A[i - 1] * x + SCATTER_B[i - 1]) * x + 1)
    if part > 0:
        gain += part * (10 * math.log10((SCATTER_A[i] * x + SCATTER_B[i]) * x + 1) - gain)
    return gain


@njit(cache=True, error_model="numpy")
def _scatter_gain(path: Path, medium: Medium, d: float, theta: float) -> float:
    """Frequency gain of the whole path; NaN where both antennas are too low for scatter."""
    further = abs(path.dl_t - path.dl_r)
    heights = path.he_r / path.he_t if path.dl_t >= path.dl_r else path.he_t / path.he_r
    wave = 2 * medium.f / MHZ_A_WAVE_NUMBER * theta
    r_t, r_r = wave * path.he_t, wave * path.he_r
    if r_t < 0.2 and r_r < 0.2:
        return math.nan
    s = (d - further) / (d + further)
    q = min(max(0.1, heights / s), 10.0)
    s = max(0.1, s)
    height = (d - further) * (d + further) * theta * 0.25 / d
    share = (5.67e-6 * medium.N_s - 2.32e-3) * medium.N_s + 0.031
    eta = (1 + share * math.exp(-(min(1.7, height / 8.0e3) ** 6))) * height / 1.7556e3
    gain = (scatter_frequency_gain(r_t, eta) + scatter_frequency_gain(r_r, eta)) / 2
    gain += min(gain, 6 * (0.6 - math.log10(max(eta, 1.0))) * math.log10(s) * math.log10(q))
    gain = max(gain, 0.0)
    if eta < 1:
        root = math.sqrt(2.0)
        low = ((1 + root / r_t) * (1 + root / r_r)) ** 2 * (r_t + r_r) / (r_t + r_r + 2 * root)
        gain = eta * gain + (1 - eta) * 10 * math.log10(low)
    return gain


@njit(cache=True, error_model="numpy")
def scatter_loss(path: Path, medium: Medium, d: float, gain_farther: float) -> tuple[float, float]:
    """Attenuation by tropospheric scatter at a distance.

    Parameters
    ----------
    path, medium
        Geometry; air and ground.
    d
        Distance [m].
    gain_farther
        Frequency gain found farther out, to which one above 15 dB here gives way; below 0 if unknown [dB].

    Returns
    -------
    A_s, H_0 : float
        Attenuation, above 1000 where there is no scatter, and frequency gain [dB].

    References
    ----------
    Hufford (1995), the Algorithm, §4, scatter.

    Examples
    --------
    >>> path = Path(300e3, 30.0, 10.0, 30.0, 10.0, 20e3, 12e3, -2e-3, -1e-3, 90.0)
    >>> round(scatter_loss(path, Medium(900.0, 4 + 0j, 301.0, 1.2e-7), 300e3, -1.0)[0], 1)
    67.5
    """
    gain = gain_farther
    if gain_farther <= 15:
        gain = _scatter_gain(path, medium, d, path.theta_t + path.theta_r + d * medium.gamma_e)
        if math.isnan(gain):
            return TOO_WEAK_DB + 1, gain_farther
        if gain > 15 and gain_farther >= 0:
            gain = gain_farther
    theta = bent_angle(path, medium) + d * medium.gamma_e
    air = 0.1 * (medium.N_s - 301) * math.exp(-theta * d / 40e3)
    strength = 10 * math.log10(medium.f * theta**4)
    return scatter_attenuation(theta * d) + strength - air + gain, gain


@njit(cache=True, error_model="numpy")
def beyond_sight(path: Path, medium: Medium, smooth: float, slope: float, start: float) -> float:
    """Attenuation beyond line of sight: diffraction, or scatter where that is less.

    Parameters
    ----------
    path, medium
        Geometry; air and ground.
    smooth
        Distance of line of sight over a smooth Earth [m].
    slope, start
        Line of the diffraction attenuation [dB/m], [dB].

    Returns
    -------
    float
        Attenuation at the path's length [dB].

    References
    ----------
    Hufford (1995), the Algorithm, §4, scatter coefficients.

    Examples
    --------
    >>> path = Path(50e3, 30.0, 10.0, 30.0, 10.0, 20e3, 12e3, -2e-3, -1e-3, 90.0)
    >>> beyond_sight(path, Medium(900.0, 4 + 0j, 301.0, 1.2e-7), 35e3, 1e-3, -10.0)
    40.0
    """
    horizons = path.dl_t + path.dl_r
    least = 1.088 * np.cbrt(1 / (medium.gamma_e**2 * medium.f)) * math.log(medium.f)
    turn = max(smooth, horizons + least)
    diffracted = slope * path.d + start
    if path.d <= turn:
        return diffracted
    d_5, d_6 = horizons + 200e3, horizons + 400e3
    A_6, gain = scatter_loss(path, medium, d_6, UNKNOWN)
    A_5, _ = scatter_loss(path, medium, d_5, gain)
    if A_5 >= TOO_WEAK_DB:
        return diffracted
    flatter = (A_6 - A_5) / 200e3
    turn = max(turn, (A_5 - start - flatter * d_5) / (slope - flatter))
    if path.d <= turn:
        return diffracted
    return float(flatter * path.d + (slope - flatter) * turn + start)


@njit(cache=True, error_model="numpy")
def reference_attenuation(path: Path, medium: Medium, footing: float) -> float:
    """Median attenuation over free space in a reference atmosphere, A_ref.

    Parameters
    ----------
    path, medium
        Geometry; air and ground.
    footing
        What is added to the product of the antenna heights: 10 over a profile, 0 in an area [m²].

    Returns
    -------
    float
        A_ref, 0 or more [dB].

    References
    ----------
    Hufford (1995), the Algorithm, §4, Eq. (4.1).

    Examples
    --------
    >>> path = Path(50e3, 30.0, 10.0, 30.0, 10.0, 20e3, 12e3, -2e-3, -1e-3, 90.0)
    >>> round(reference_attenuation(path, Medium(900.0, 4 + 0j, 301.0, 1.2e-7), 10.0), 1)
    34.3
    """
    smooth = smooth_horizons(path, medium)
    slope, start = diffraction_line(path, medium, smooth, footing)
    if path.d < smooth:
        A_o, k_1, k_2 = within_sight(path, medium, smooth, slope, start)
        return max(A_o + k_1 * path.d + k_2 * math.log(path.d), 0.0)
    return max(beyond_sight(path, medium, smooth, slope, start), 0.0)
