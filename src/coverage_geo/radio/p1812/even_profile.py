"""The same procedure for evenly spaced heights in single precision, made for millions of paths.

The results differ from `whole_path` by the rounding of the heights only. What makes it fast: on an even
profile each slope is a height over a whole number of steps; searches for a maximum run over integers that
order like the floats (compilers vectorise that, not the maximum of floats); what cannot matter is skipped.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from coverage_geo.radio.p1812.combination import (
    angle_blend,
    distance_blend,
    notional_minimum,
    power_sum,
    smooth_maximum,
    with_ducting,
)
from coverage_geo.radio.p1812.diffraction import (
    SPEED_OF_LIGHT,
    bullington_loss,
    bullington_point_nu,
    knife_edge_loss,
    spherical_earth_loss,
    time_interpolation,
)
from coverage_geo.radio.p1812.ducting import (
    coupling_loss,
    duct_angle_loss,
    duct_time_loss,
    geometry_factor,
    roughness_factor,
    sea_coupling,
    site_shielding,
)
from coverage_geo.radio.p1812.line_of_sight import free_space_loss, multipath_focusing
from coverage_geo.radio.p1812.locations import basic_transmission_loss
from coverage_geo.radio.p1812.normal import inverse_normal
from coverage_geo.radio.p1812.profile import diffraction_surface
from coverage_geo.radio.p1812.refractivity import ducting_earth_radius, ducting_incidence
from coverage_geo.radio.p1812.troposcatter import troposcatter_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = np.float32(
    2**14
)  # heights are summed as whole parts of a metre: the same in any order, and vectorised
LOWEST = np.int32(-(2**31))
MAGNITUDE = np.int32(2**31 - 1)
SIGN_SHIFT = np.int32(31)


@njit(cache=True, inline="always")
def _order(x: np.float32) -> np.int32:
    """Integer that orders like the float."""
    bits = np.float32(x).view(np.int32)
    return bits ^ ((bits >> SIGN_SHIFT) & MAGNITUDE)


@njit(cache=True)
def _number(order: np.int32) -> float:
    """The float of an ordering integer."""
    return float(np.int32(order ^ ((order >> SIGN_SHIFT) & MAGNITUDE)).view(np.float32))


@njit(cache=True, inline="always")
def _rise_from_start(height: np.float32, antenna: np.float32, bend: np.float32, i: np.float32) -> np.float32:
    """Rise per step to a point i steps away over the curved Earth."""
    return (height - antenna) / i - bend * i


@njit(cache=True, error_model="numpy")
def steepest(
    h: NDArray[np.float32], last: int, h_ts: np.float32, h_rs: np.float32, bend: np.float32
) -> tuple[float, float]:
    """Steepest rises per step from both antennas to the inner points, less the Earth's bend.

    Parameters
    ----------
    h
        Heights at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    h_ts, h_rs
        Antenna heights above sea level [m].
    bend
        500 step² / Earth radius, with step and radius in km [m].

    Returns
    -------
    float, float
        From transmitter and from receiver [m per step].

    Examples
    --------
    >>> low = np.float32(0)
    >>> steepest(np.array([0, 5, 0], dtype=np.float32), 2, low, low, low)
    (5.0, 5.0)
    """
    rise_t = rise_r = LOWEST
    for i in range(1, last):
        ahead = np.float32(np.int32(i))
        behind = np.float32(np.int32(last - i))
        rise_t = max(rise_t, _order(_rise_from_start(h[i], h_ts, bend, ahead)))
        rise_r = max(rise_r, _order(_rise_from_start(h[i], h_rs, bend, behind)))
    return _number(rise_t), _number(rise_r)


@njit(cache=True, error_model="numpy")
def survey(
    h: NDArray[np.float32], last: int, h_ts: np.float32, h_rs: np.float32, bend: np.float32
) -> tuple[float, float, float, float, float]:
    """Steepest rises as by `steepest`, and what stands over the straight line between the antennas, Eq. (87).

    Parameters
    ----------
    h
        Heights at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    h_ts, h_rs
        Antenna heights above sea level [m].
    bend
        500 step² / Earth radius, with step and radius in km [m].

    Returns
    -------
    rise_t, rise_r : float
        Steepest rises, less the Earth's bend [m per step].
    h_obs : float
        Highest terrain over the straight line [m].
    alpha_obt, alpha_obr : float
        Its steepest rises over that line, from transmitter and receiver [m per step].

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1, §5.2, Eq. (87).

    Examples
    --------
    >>> low = np.float32(0)
    >>> survey(np.array([0, 5, 0], dtype=np.float32), 2, low, low, low)
    (5.0, 5.0, 5.0, 5.0, 5.0)
    """
    slope = np.float32((h_rs - h_ts) / np.float32(last))
    rise_t = rise_r = above = straight_t = straight_r = LOWEST
    for i in range(1, last):
        ahead = np.float32(np.int32(i))
        behind = np.float32(np.int32(last - i))
        from_t, from_r = (h[i] - h_ts) / ahead, (h[i] - h_rs) / behind
        rise_t = max(rise_t, _order(from_t - bend * ahead))
        rise_r = max(rise_r, _order(from_r - bend * behind))
        straight_t = max(straight_t, _order(from_t))
        straight_r = max(straight_r, _order(from_r))
        above = max(above, _order((h[i] - h_ts) - slope * ahead))
    return (
        _number(rise_t),
        _number(rise_r),
        _number(above),
        _number(straight_t) - slope,
        _number(straight_r) + slope,
    )


@njit(cache=True, error_model="numpy")
def largest_clearance_parameter(
    h: NDArray[np.float32], last: int, h_ts: np.float32, h_rs: np.float32, bend: np.float32
) -> float:
    """Largest nu of a line-of-sight path, up to a constant factor, Eq. (15).

    Parameters
    ----------
    h
        Heights at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    h_ts, h_rs
        Antenna heights above sea level [m].
    bend
        500 step² / Earth radius, with step and radius in km [m].

    Returns
    -------
    float
        nu / sqrt(0.002 d / (wavelength step²)) [m per step].

    References
    ----------
    ITU-R P.1812-8, §4.3.1, Eq. (15).

    Examples
    --------
    >>> low = np.float32(0)
    >>> largest_clearance_parameter(np.array([0, 5, 0], dtype=np.float32), 2, low, low, low)
    5.0
    """
    slope = np.float32((h_rs - h_ts) / np.float32(last))
    largest = LOWEST
    for i in range(1, last):
        largest = max(largest, _order(_clearance(h[i], h_ts, slope, bend, i, last)))
    return _number(largest)


@njit(cache=True, error_model="numpy")
def least_clear_point(
    h: NDArray[np.float32],
    last: int,
    h_ts: np.float32,
    h_rs: np.float32,
    bend: np.float32,
    largest: np.float32,
) -> int:
    """Last point that has the largest nu of a line-of-sight path, Eq. (80).

    Parameters
    ----------
    h
        Heights at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    h_ts, h_rs
        Antenna heights above sea level [m].
    bend
        500 step² / Earth radius, with step and radius in km [m].
    largest
        Found by `largest_clearance_parameter` [m per step].

    Returns
    -------
    int
        Position in the profile.

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1, §4, Eq. (80).

    Examples
    --------
    >>> low = np.float32(0)
    >>> least_clear_point(np.array([0, 5, 0], dtype=np.float32), 2, low, low, low, np.float32(5))
    1
    """
    slope = np.float32((h_rs - h_ts) / np.float32(last))
    at = np.int32(0)
    for i in range(1, last):
        same = _clearance(h[i], h_ts, slope, bend, i, last) == largest
        at = max(at, np.int32(i) if same else np.int32(0))
    return int(at)


@njit(cache=True, inline="always", error_model="numpy")
def _clearance(
    height: np.float32, h_ts: np.float32, slope: np.float32, bend: np.float32, i: int, last: int
) -> np.float32:
    ahead = np.float32(np.int32(i))
    product = ahead * np.float32(np.int32(last - i))
    return np.float32(((height - h_ts) - slope * ahead + bend * product) / np.sqrt(product))


@njit(cache=True, error_model="numpy")
def horizon_points(
    h: NDArray[np.float32],
    last: int,
    h_ts: np.float32,
    h_rs: np.float32,
    bend: np.float32,
    rise_t: np.float32,
    rise_r: np.float32,
) -> tuple[int, int]:
    """Points that make the steepest rises: the first for the transmitter, the last for the receiver.

    Parameters
    ----------
    h
        Heights at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    h_ts, h_rs
        Antenna heights above sea level [m].
    bend
        500 step² / Earth radius, with step and radius in km [m].
    rise_t, rise_r
        The rises found by `steepest` [m per step].

    Returns
    -------
    int, int
        Positions in the profile.

    Examples
    --------
    >>> low, five = np.float32(0), np.float32(5)
    >>> horizon_points(np.array([0, 5, 0], dtype=np.float32), 2, low, low, low, five, five)
    (1, 1)
    """
    before_last = at_r = np.int32(0)
    for i in range(1, last):
        ahead = np.float32(np.int32(i))
        behind = np.float32(np.int32(last - i))
        same_t = _rise_from_start(h[i], h_ts, bend, ahead) == rise_t
        same_r = _rise_from_start(h[i], h_rs, bend, behind) == rise_r
        before_last = max(before_last, np.int32(last - i) if same_t else np.int32(0))
        at_r = max(at_r, np.int32(i) if same_r else np.int32(0))
    return last - int(before_last), int(at_r)


@njit(cache=True, error_model="numpy")
def fitted_line(h: NDArray[np.float32], last: int) -> tuple[float, float]:
    """Heights at both ends of the line that fits the terrain best, h_st and h_sr, Eqs. (83) to (86).

    Parameters
    ----------
    h
        Heights at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.

    Returns
    -------
    float, float
        h_st, h_sr [m].

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1, §5.1, Eqs. (83) to (86).

    Examples
    --------
    >>> fitted_line(np.array([5, 6, 7], dtype=np.float32), 2)
    (5.0, 7.0)
    """
    base = h[0]
    total = moment = np.int64(0)
    for i in range(1, last):
        over = np.int64(np.int32((h[i] - base) * PARTS))
        total += over
        moment += over * i
    end = float(h[last] - base)
    n = float(last)
    v_1 = 2 * total / PARTS + end
    v_2 = 6 * moment / PARTS + end * (3 * n - 1)
    return base + (2 * v_1 * n - v_2) / n**2, base + (v_2 - v_1 * n) / n**2


@njit(cache=True, error_model="numpy")
def even_roughness(
    h: NDArray[np.float32], last: int, h_st: float, h_sr: float, i_lt: int, i_lr: int
) -> float:
    """Terrain roughness between the horizons, h_m, Eqs. (91), (93).

    Parameters
    ----------
    h
        Heights at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    h_st, h_sr
        Smooth-surface heights at both ends, not above the terrain [m].
    i_lt, i_lr
        Horizon points.

    Returns
    -------
    float
        h_m [m].

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1, §5.3, Eqs. (91), (93).

    Examples
    --------
    >>> even_roughness(np.array([0, 50, 0], dtype=np.float32), 2, 0.0, 0.0, 1, 1)
    50.0
    """
    start = np.float32(h_st)
    slope = np.float32((h_sr - h_st) / last)
    highest = LOWEST
    for i in range(i_lt, i_lr + 1):
        highest = max(highest, _order((h[i] - start) - slope * np.float32(np.int32(i))))
    return _number(highest)


@njit(cache=True, error_model="numpy")
def smooth_bullington(last: int, step: float, h_te: float, h_re: float, a_p: float, f: float) -> float:
    """Bullington loss of a profile of zero heights, L_bulls, without walking along it.

    Parameters
    ----------
    last
        Number of steps, 2 or more.
    step
        Step [km].
    h_te, h_re
        Antenna heights above the smooth surface, above 0 [m].
    a_p
        Effective Earth radius [km].
    f
        Frequency [GHz].

    Returns
    -------
    float
        L_bulls [dB], at the same profile points as §4.3.1 would use.

    References
    ----------
    ITU-R P.1812-8, §4.3.1 and §4.3.4. Over zero heights each slope has one maximum along the path, so it is
    at a point beside the continuous one; nu falls away on both sides of its maximum, which bisection finds.

    Examples
    --------
    >>> smooth_bullington(10, 0.2, 100.0, 100.0, 8500.0, 1.0)
    0.0
    """
    bend = 500 * step**2 / a_p
    wavelength = SPEED_OF_LIGHT / f
    d = last * step
    rise_t = _smooth_rise(last, h_te, bend)
    if rise_t + bend * last < (h_re - h_te) / last:
        nu = _smooth_nu(last, h_te, h_re, bend) * math.sqrt(0.002 * d / wavelength) / step
    else:
        s_tim = rise_t / step + 500 * d / a_p
        s_rim = _smooth_rise(last, h_re, bend) / step + 500 * d / a_p
        nu = bullington_point_nu(s_tim, s_rim, d, h_te, h_re, wavelength)
    return bullington_loss(knife_edge_loss(nu), d)


@njit(cache=True, error_model="numpy")
def _smooth_rise(last: int, height: float, bend: float) -> float:
    below = min(max(int(math.sqrt(height / bend)), 1), last - 1)
    above = min(below + 1, last - 1)
    return max(-height / below - bend * below, -height / above - bend * above)


@njit(cache=True, error_model="numpy")
def _smooth_clearance(i: int, last: int, h_te: float, h_re: float, bend: float) -> float:
    product = float(i) * (last - i)
    return (bend * product - (h_te * (last - i) + h_re * i) / last) / math.sqrt(product)


@njit(cache=True, error_model="numpy")
def _smooth_nu(last: int, h_te: float, h_re: float, bend: float) -> float:
    low, high = 1, last - 1
    while low < high:
        middle = (low + high) // 2
        rises = _smooth_clearance(middle, last, h_te, h_re, bend) < _smooth_clearance(
            middle + 1, last, h_te, h_re, bend
        )
        if rises:
            low = middle + 1
        else:
            high = middle
    return _smooth_clearance(low, last, h_te, h_re, bend)


@njit(cache=True, error_model="numpy")
def even_bullington(
    g: NDArray[np.float32], last: int, step: float, h_ts: float, h_rs: float, a_p: float, f: float
) -> float:
    """Bullington diffraction loss of an even profile, L_bull, Eqs. (12) to (21).

    Parameters
    ----------
    g
        Terrain with clutter at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    step
        Step [km].
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
    >>> even_bullington(np.zeros(3, dtype=np.float32), 2, 1.0, 100.0, 100.0, 8500.0, 1.0)
    0.0
    """
    bend = 500 * step**2 / a_p
    rise_t, rise_r = steepest(g, last, np.float32(h_ts), np.float32(h_rs), np.float32(bend))
    return _edge_loss(g, last, step, h_ts, h_rs, a_p, f, rise_t, rise_r)


@njit(cache=True, error_model="numpy")
def _edge_loss(
    g: NDArray[np.float32],
    last: int,
    step: float,
    h_ts: float,
    h_rs: float,
    a_p: float,
    f: float,
    rise_t: float,
    rise_r: float,
) -> float:
    bend = 500 * step**2 / a_p
    wavelength = SPEED_OF_LIGHT / f
    d = last * step
    if rise_t + bend * last < (h_rs - h_ts) / last:
        clearance = largest_clearance_parameter(g, last, np.float32(h_ts), np.float32(h_rs), np.float32(bend))
        nu = clearance * math.sqrt(0.002 * d / wavelength) / step
    else:
        curve = 500 * d / a_p
        nu = bullington_point_nu(rise_t / step + curve, rise_r / step + curve, d, h_ts, h_rs, wavelength)
    return bullington_loss(knife_edge_loss(nu), d)


@njit(cache=True, error_model="numpy")
def even_path_loss(
    h: NDArray[np.float32],
    g: NDArray[np.float32],
    last: int,
    step: float,
    has_clutter: bool,  # noqa: FBT001 - numba kernels take arguments by position
    h_tg: float,
    h_rg: float,
    f: float,
    p: float,
    polarisation: int,
    phi: float,
    a_e: float,
    n0: float,
    land_share: float,
    inland_share: float,
    d_ct: float,
    d_cr: float,
    location_margin: float,
) -> float:
    """Basic transmission loss of an even profile by the whole Recommendation, L_b.

    Parameters
    ----------
    h
        Terrain at even steps, without voids [m], shape (last + 1,) or more.
    g
        Terrain with clutter, equal to h at both ends [m]; h itself without clutter.
    last
        Position of the receiver, 2 or more.
    step
        Step [km].
    has_clutter
        Whether g differs from h.
    h_tg, h_rg
        Antenna heights above ground, 1 to 3000 [m].
    f
        Frequency, 0.03 to 6 [GHz].
    p
        Time percentage, 1 to 50 [%].
    polarisation
        1 horizontal, 2 vertical.
    phi
        Latitude, -80 to 80 [deg].
    a_e
        Median effective Earth radius [km].
    n0
        Sea-level surface refractivity [N-units].
    land_share, inland_share
        Longest land and inland sections as shares of the path; the sea's share is the rest of the land.
    d_ct, d_cr
        Distances over land to the coast [km].
    location_margin
        Margin for the location percentage [dB].

    Returns
    -------
    float
        L_b [dB].

    References
    ----------
    ITU-R P.1812-8, Annex 1. At p = 50 % the passes for β0 have no weight (F_i = 0) and are skipped; so is
    ducting where even without its time-dependent part, which is never negative for p above β0, it loses more
    than diffraction.

    Examples
    --------
    >>> flat = np.zeros(11, dtype=np.float32)
    >>> radio = (0.9, 50.0, 2, 0.0, 9347.0, 360.0, 1.0, 1.0, 500.0, 500.0, 0.0)
    >>> round(even_path_loss(flat, flat, 10, 0.5, False, 30.0, 10.0, *radio), 1)
    105.5
    """
    d = last * step
    omega = 1 - land_share
    h_ts, h_rs = h[0] + h_tg, h[last] + h_rg
    low_ts, low_rs, bend = np.float32(h_ts), np.float32(h_rs), np.float32(500 * step**2 / a_e)
    rise_t, rise_r, h_obs, alpha_obt, alpha_obr = survey(h, last, low_ts, low_rs, bend)
    theta_t, theta_r, i_lt, i_lr = _seen(h, last, step, h_ts, h_rs, a_e, rise_t, rise_r)
    theta = 1000 * d / a_e + theta_t + theta_r
    d_lt, d_lr = i_lt * step, (last - i_lr) * step
    h_st, h_sr = fitted_line(h, last)
    h_std, h_srd = diffraction_surface(h_st, h_sr, h_obs, alpha_obt, alpha_obr, float(h[0]), float(h[last]))
    h_te, h_re = h_ts - h_std, h_rs - h_srd

    if has_clutter:
        L_bulla = even_bullington(g, last, step, h_ts, h_rs, a_e, f)
    else:
        L_bulla = _edge_loss(h, last, step, h_ts, h_rs, a_e, f, rise_t, rise_r)
    L_d50 = L_bulla + _sphere_excess(last, step, h_te, h_re, a_e, f, omega, polarisation)
    L_bfs = free_space_loss(f, d, h_ts, h_rs)
    L_b0p = L_bfs + multipath_focusing(p, d_lt, d_lr)
    L_dp, L_minb0p = L_d50, L_bfs + L_d50
    if p < 50:
        a_beta = ducting_earth_radius()
        beta0 = ducting_incidence(phi, land_share * d, inland_share * d)
        F_i = time_interpolation(inverse_normal(p / 100), inverse_normal(beta0 / 100), p, beta0)
        L_dbeta = even_bullington(g, last, step, h_ts, h_rs, a_beta, f)
        L_dbeta += _sphere_excess(last, step, h_te, h_re, a_beta, f, omega, polarisation)
        L_dp = L_d50 + F_i * (L_dbeta - L_d50)
        L_b0beta = L_bfs + multipath_focusing(beta0, d_lt, d_lr)
        L_minb0p = notional_minimum(L_b0p, L_b0beta, L_dp, L_bfs + L_d50, omega, F_i, p, beta0)
    L_bd = L_b0p + L_dp

    shielding = site_shielding(f, theta_t, d_lt) + site_shielding(f, theta_r, d_lr)
    coupling = sea_coupling(d_ct, d_lt, h_ts, omega) + sea_coupling(d_cr, d_lr, h_rs, omega)
    L_ba = coupling_loss(f, d_lt, d_lr, shielding, coupling)
    L_ba += duct_angle_loss(f, d, a_e, theta_t, theta_r, d_lt, d_lr)
    L_bda = L_bd
    if p < 50 or L_ba < L_bd:
        low_st, low_sr = min(h_st, float(h[0])), min(h_sr, float(h[last]))
        h_m = even_roughness(h, last, low_st, low_sr, i_lt, i_lr)
        beta = ducting_incidence(phi, land_share * d, inland_share * d)
        beta *= geometry_factor(d, a_e, h_ts - low_st, h_rs - low_sr, inland_share * d)
        beta *= roughness_factor(d, d_lt, d_lr, h_m)
        L_minbap = smooth_maximum(L_ba + duct_time_loss(d, p, beta), L_b0p)
        L_bda = with_ducting(L_bd, L_minbap, distance_blend(d))
    L_bam = L_bda + (L_minb0p - L_bda) * angle_blend(theta)
    L_bc = power_sum(troposcatter_loss(f, d, theta, n0, p), L_bam)
    return basic_transmission_loss(L_bc, L_b0p, location_margin)


@njit(cache=True, error_model="numpy")
def _seen(
    h: NDArray[np.float32],
    last: int,
    step: float,
    h_ts: float,
    h_rs: float,
    a_e: float,
    rise_t: float,
    rise_r: float,
) -> tuple[float, float, int, int]:
    """Horizon angles and points of both antennas from the steepest rises."""
    bend = np.float32(500 * step**2 / a_e)
    low_ts, low_rs = np.float32(h_ts), np.float32(h_rs)
    level = (h_rs - h_ts) / last
    drop = 500 * step**2 / a_e * last
    if rise_t > level - drop:
        i_lt, i_lr = horizon_points(h, last, low_ts, low_rs, bend, np.float32(rise_t), np.float32(rise_r))
    else:
        largest = largest_clearance_parameter(h, last, low_ts, low_rs, bend)
        i_lt = i_lr = least_clear_point(h, last, low_ts, low_rs, bend, np.float32(largest))
        rise_t, rise_r = level - drop, -level - drop
    theta_t = 1000 * math.atan(rise_t / step / 1000)
    return theta_t, 1000 * math.atan(rise_r / step / 1000), i_lt, i_lr


@njit(cache=True, error_model="numpy")
def _sphere_excess(
    last: int, step: float, h_te: float, h_re: float, a_p: float, f: float, omega: float, polarisation: int
) -> float:
    """What spherical-Earth diffraction loses more than the Bullington model of the smooth path."""
    L_dsph = spherical_earth_loss(last * step, h_te, h_re, a_p, f, omega, polarisation)
    if L_dsph <= 0:
        return 0.0
    return max(L_dsph - smooth_bullington(last, step, h_te, h_re, a_p, f), 0.0)
