"""The whole procedure of ITU-R P.1812-8 for even profiles, made for millions of paths.

The result differs from `whole_path` by the rounding of the heights only; what cannot matter is skipped.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

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
    CONTINUOUS,
    SPEED_OF_LIGHT,
    bullington_loss,
    bullington_point_nu,
    knife_edge_loss,
    smooth_path_loss,
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
from coverage_geo.radio.p1812.even_profile import (
    even_roughness,
    fitted_line,
    height_sums,
    horizon_points,
    largest_clearance_parameter,
    least_clear_point,
    steepest,
    survey,
    survey_with_tops,
)
from coverage_geo.radio.p1812.line_of_sight import free_space_loss, multipath_focusing
from coverage_geo.radio.p1812.locations import basic_transmission_loss
from coverage_geo.radio.p1812.normal import inverse_normal
from coverage_geo.radio.p1812.profile import diffraction_surface
from coverage_geo.radio.p1812.refractivity import ducting_earth_radius, ducting_incidence
from coverage_geo.radio.p1812.troposcatter import troposcatter_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRICT_ODDS = 50.0  # % of the time from which on the passes for beta0 have no weight


class Link(NamedTuple):
    """What all paths of a batch share: antennas, frequency and the Recommendation's other inputs.

    h_tg and h_rg in m above ground; f in GHz; p in %; polarisation 1 horizontal, 2 vertical; phi in degrees;
    a_e in km; land_share and inland_share are the longest land and inland sections as shares of the path, of
    which all but the land is sea; d_ct and d_cr in km; location_margin in dB; smooth_path as for
    `diffraction.delta_bullington`.
    """

    h_tg: float
    h_rg: float
    f: float
    p: float
    polarisation: int
    phi: float
    a_e: float
    n0: float
    land_share: float
    inland_share: float
    d_ct: float
    d_cr: float
    location_margin: float
    smooth_path: int


class Surveyed(NamedTuple):
    """What a survey of the terrain under one path found.

    inner is the last profile point before the receiver, length the steps to it, end its ground in m; rise_t
    and rise_r are the steepest rises to the bare terrain in m per step, less the Earth's bend; i_lt and i_lr
    the points that make them, where known; h_obs, alpha_obt and alpha_obr as in Eq. (87), per step; h_st and
    h_sr as in Eqs. (85), (86); L_bulla50 and L_bullabeta the Bullington losses with clutter, the latter for
    p below 50 % only.
    """

    inner: int
    length: float
    end: float
    rise_t: float
    rise_r: float
    i_lt: int
    i_lr: int
    h_obs: float
    alpha_obt: float
    alpha_obr: float
    h_st: float
    h_sr: float
    L_bulla50: float
    L_bullabeta: float


@njit(cache=True, error_model="numpy")
def smooth_bullington(
    inner: int, length: float, step: float, h_te: float, h_re: float, a_p: float, f: float
) -> float:
    """Bullington loss of a profile of zero heights, L_bulls, without walking along it.

    Parameters
    ----------
    inner
        Last point before the receiver, 1 or more.
    length
        Steps from transmitter to receiver, more than `inner`.
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
    >>> smooth_bullington(9, 10.0, 0.2, 100.0, 100.0, 8500.0, 1.0)
    0.0
    """
    bend = 500 * step**2 / a_p
    wavelength = SPEED_OF_LIGHT / f
    d = length * step
    rise_t = _smooth_rise(inner, h_te, bend)
    if rise_t + bend * length < (h_re - h_te) / length:
        nu = _smooth_nu(inner, length, h_te, h_re, bend) * math.sqrt(0.002 * d / wavelength) / step
    else:
        rise_r = _smooth_rise_back(inner, length, h_re, bend)
        curve = 500 * d / a_p
        nu = bullington_point_nu(rise_t / step + curve, rise_r / step + curve, d, h_te, h_re, wavelength)
    return bullington_loss(knife_edge_loss(nu), d)


@njit(cache=True, error_model="numpy")
def _smooth_rise(inner: int, height: float, bend: float) -> float:
    below = min(max(int(math.sqrt(height / bend)), 1), inner)
    above = min(below + 1, inner)
    return max(-height / below - bend * below, -height / above - bend * above)


@njit(cache=True, error_model="numpy")
def _smooth_rise_back(inner: int, length: float, height: float, bend: float) -> float:
    near = min(max(int(length - math.sqrt(height / bend)), 1), inner)
    far = min(near + 1, inner)
    behind_near, behind_far = length - near, length - far
    return max(-height / behind_near - bend * behind_near, -height / behind_far - bend * behind_far)


@njit(cache=True, error_model="numpy")
def _smooth_clearance(i: int, length: float, h_te: float, h_re: float, bend: float) -> float:
    product = i * (length - i)
    return (bend * product - (h_te * (length - i) + h_re * i) / length) / math.sqrt(product)


@njit(cache=True, error_model="numpy")
def _smooth_nu(inner: int, length: float, h_te: float, h_re: float, bend: float) -> float:
    low, high = 1, inner
    while low < high:
        middle = (low + high) // 2
        here = _smooth_clearance(middle, length, h_te, h_re, bend)
        if here < _smooth_clearance(middle + 1, length, h_te, h_re, bend):
            low = middle + 1
        else:
            high = middle
    return _smooth_clearance(low, length, h_te, h_re, bend)


@njit(cache=True, error_model="numpy")
def edge_loss(
    g: NDArray[np.float32],
    inner: int,
    length: float,
    step: float,
    h_ts: float,
    h_rs: float,
    a_p: float,
    f: float,
    rise_t: float,
    rise_r: float,
    near: float,
    near_height: float,
) -> float:
    """Bullington diffraction loss from the steepest rises, L_bull, Eqs. (12) to (21).

    Parameters
    ----------
    g
        Terrain with clutter at even steps [m], shape (inner + 1,) or more.
    inner
        Last point before the receiver, 1 or more.
    length
        Steps from transmitter to receiver, more than `inner`.
    step
        Step [km].
    h_ts, h_rs
        Antenna heights above sea level [m].
    a_p
        Effective Earth radius [km].
    f
        Frequency [GHz].
    rise_t, rise_r
        Steepest rises to g, less the Earth's bend [m per step].
    near, near_height
        One more point between the inner ones and the receiver, in steps and m; none where `near` is 0.

    Returns
    -------
    float
        L_bull [dB].

    References
    ----------
    ITU-R P.1812-8, §4.3.1, Eqs. (12) to (21).

    Examples
    --------
    >>> flat = np.zeros(3, dtype=np.float32)
    >>> edge_loss(flat, 1, 2.0, 1.0, 100.0, 100.0, 8500.0, 1.0, -100.0, -100.0, 0.0, 0.0)
    0.0
    """
    bend = 500 * step**2 / a_p
    wavelength = SPEED_OF_LIGHT / f
    d = length * step
    if rise_t + bend * length < (h_rs - h_ts) / length:
        low_ts, low_rs = np.float32(h_ts), np.float32(h_rs)
        largest = largest_clearance_parameter(g, inner, np.float32(length), low_ts, low_rs, np.float32(bend))
        if near > 0:
            product = near * (length - near)
            over = near_height - h_ts - (h_rs - h_ts) / length * near + bend * product
            largest = max(largest, over / math.sqrt(product))
        nu = largest * math.sqrt(0.002 * d / wavelength) / step
    else:
        curve = 500 * d / a_p
        nu = bullington_point_nu(rise_t / step + curve, rise_r / step + curve, d, h_ts, h_rs, wavelength)
    return bullington_loss(knife_edge_loss(nu), d)


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
    bend = np.float32(500 * step**2 / a_p)
    rise_t, rise_r = steepest(g, last - 1, np.float32(last), np.float32(h_ts), np.float32(h_rs), bend)
    return edge_loss(g, last - 1, float(last), step, h_ts, h_rs, a_p, f, rise_t, rise_r, 0.0, 0.0)


@njit(cache=True, error_model="numpy")
def even_path_loss(
    h: NDArray[np.float32],
    g: NDArray[np.float32],
    last: int,
    step: float,
    has_clutter: bool,  # noqa: FBT001 - numba kernels take arguments by position
    link: Link,
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
    link
        Antennas, frequency and the Recommendation's other inputs.

    Returns
    -------
    float
        L_b [dB].

    References
    ----------
    ITU-R P.1812-8, Annex 1.

    Examples
    --------
    >>> flat = np.zeros(11, dtype=np.float32)
    >>> link = Link(30.0, 10.0, 0.9, 50.0, 2, 0.0, 9347.0, 360.0, 1.0, 1.0, 500.0, 500.0, 0.0, 0)
    >>> round(even_path_loss(flat, flat, 10, 0.5, False, link), 1)
    105.5
    """
    h_ts, h_rs = h[0] + link.h_tg, h[last] + link.h_rg
    low_ts, low_rs, bend = np.float32(h_ts), np.float32(h_rs), np.float32(500 * step**2 / link.a_e)
    inner, length = last - 1, np.float32(last)
    if has_clutter:
        rise_t, rise_r, h_obs, alpha_obt, alpha_obr, top_t, top_r = survey_with_tops(
            h, g, inner, length, low_ts, low_rs, bend
        )
    else:
        rise_t, rise_r, h_obs, alpha_obt, alpha_obr = survey(h, inner, length, low_ts, low_rs, bend)
        top_t, top_r = rise_t, rise_r
    i_lt, i_lr = 0, 0
    if not in_sight(rise_t, h_ts, h_rs, float(last), step, link.a_e):
        i_lt, i_lr = horizon_points(
            h, inner, length, low_ts, low_rs, bend, np.float32(rise_t), np.float32(rise_r)
        )
    total, moment = height_sums(h, inner)
    h_st, h_sr = fitted_line(total, moment, inner, float(last), float(h[0]), float(h[inner]), float(h[last]))
    L_bulla50 = edge_loss(g, inner, float(last), step, h_ts, h_rs, link.a_e, link.f, top_t, top_r, 0.0, 0.0)
    L_bullabeta = L_bulla50
    if link.p < STRICT_ODDS:
        L_bullabeta = even_bullington(g, last, step, h_ts, h_rs, ducting_earth_radius(), link.f)
    found = Surveyed(
        inner,
        float(last),
        float(h[last]),
        rise_t,
        rise_r,
        i_lt,
        i_lr,
        h_obs,
        alpha_obt,
        alpha_obr,
        h_st,
        h_sr,
        L_bulla50,
        L_bullabeta,
    )
    return surveyed_loss(h, step, found, link)


@njit(cache=True, error_model="numpy")
def in_sight(rise_t: float, h_ts: float, h_rs: float, length: float, step: float, a_e: float) -> bool:
    """Whether the antennas see each other over the bare terrain, Eq. (76).

    Parameters
    ----------
    rise_t
        Steepest rise from the transmitter, less the Earth's bend [m per step].
    h_ts, h_rs
        Antenna heights above sea level [m].
    length
        Steps from transmitter to receiver.
    step
        Step [km].
    a_e
        Median effective Earth radius [km].

    Returns
    -------
    bool
        False on a transhorizon path.

    Examples
    --------
    >>> in_sight(-10.0, 30.0, 30.0, 2.0, 1.0, 8500.0)
    True
    """
    return rise_t <= (h_rs - h_ts) / length - 500 * step**2 / a_e * length


@njit(cache=True, error_model="numpy")
def surveyed_loss(h: NDArray[np.float32], step: float, found: Surveyed, link: Link) -> float:
    """Basic transmission loss from what a survey found, L_b.

    Parameters
    ----------
    h
        Terrain at even steps from the transmitter [m].
    step
        Step [km].
    found
        The survey.
    link
        Antennas, frequency and the Recommendation's other inputs.

    Returns
    -------
    float
        L_b [dB].

    References
    ----------
    ITU-R P.1812-8, Annex 1. At p = 50 % the passes for beta0 have no weight (F_i = 0) and are skipped.

    Examples
    --------
    >>> link = Link(30.0, 10.0, 0.9, 50.0, 2, 0.0, 9347.0, 360.0, 1.0, 1.0, 500.0, 500.0, 0.0, 0)
    >>> flat = (9, 10.0, 0.0, -7.3, -5.0, 0, 0, -10.0, -7.0, -5.0, 0.0, 0.0, 0.0, 0.0)
    >>> round(surveyed_loss(np.zeros(11, dtype=np.float32), 0.5, Surveyed(*flat), link), 1)
    105.5
    """
    f, p, a_e = link.f, link.p, link.a_e
    d, omega = found.length * step, 1 - link.land_share
    first, end = float(h[0]), found.end
    h_ts, h_rs = first + link.h_tg, end + link.h_rg
    surface = diffraction_surface(
        found.h_st, found.h_sr, found.h_obs, found.alpha_obt, found.alpha_obr, first, end
    )
    h_te, h_re = h_ts - surface[0], h_rs - surface[1]
    excess = _sphere_excess(found.inner, found.length, step, h_te, h_re, a_e, omega, link)
    L_d50 = found.L_bulla50 + excess

    theta_t, theta_r, i_lt, i_lr, sum_known = _horizons(h, step, found, link, h_ts, h_rs, L_d50)
    theta = 1000 * d / a_e + theta_t + theta_r
    d_lt, d_lr = i_lt * step, (found.length - i_lr) * step
    L_bfs = free_space_loss(f, d, h_ts, h_rs)
    L_b0p = L_bfs + multipath_focusing(p, d_lt, d_lr)
    L_dp, L_minb0p = L_d50, L_bfs + L_d50
    beta0 = 0.0
    if p < STRICT_ODDS:
        beta0 = ducting_incidence(link.phi, link.land_share * d, link.inland_share * d)
        a_beta = ducting_earth_radius()
        excess = _sphere_excess(found.inner, found.length, step, h_te, h_re, a_beta, omega, link)
        F_i = time_interpolation(inverse_normal(p / 100), inverse_normal(beta0 / 100), p, beta0)
        L_dp = L_d50 + F_i * (found.L_bullabeta + excess - L_d50)
        L_b0beta = L_bfs + multipath_focusing(beta0, d_lt, d_lr)
        L_minb0p = notional_minimum(L_b0p, L_b0beta, L_dp, L_bfs + L_d50, omega, F_i, p, beta0)
    L_bda = L_bd = L_b0p + L_dp
    if sum_known:
        L_bda = _with_ducting(h, step, found, link, theta_t, theta_r, i_lt, i_lr, beta0, L_bd, L_b0p)
    L_bam = L_bda + (L_minb0p - L_bda) * angle_blend(theta)
    L_bc = power_sum(troposcatter_loss(f, d, theta, link.n0, p), L_bam)
    return basic_transmission_loss(L_bc, L_b0p, link.location_margin)


@njit(cache=True, error_model="numpy")
def _horizons(
    h: NDArray[np.float32],
    step: float,
    found: Surveyed,
    link: Link,
    h_ts: float,
    h_rs: float,
    L_d50: float,
) -> tuple[float, float, int, int, bool]:
    """Horizon angles and points, and whether ducting can matter at all.

    On a line-of-sight path d_lt + d_lr = d, so ducting loses at least 10 dB more than free space, less what
    steep angles take off (Eq. (52a)). Where diffraction loses less than that, L_bda is L_bd (Eq. (61)) and
    the points, which cost a search, are not needed.
    """
    i_lt, i_lr, rise_t, rise_r = found.i_lt, found.i_lr, found.rise_t, found.rise_r
    ducting = True
    if in_sight(rise_t, h_ts, h_rs, found.length, step, link.a_e):
        level = (h_rs - h_ts) / found.length
        bend = 500 * step**2 / link.a_e
        rise_t, rise_r = level - bend * found.length, -level - bend * found.length
        steep = max(rise_t, rise_r, 0.0) / step
        least = 10 - 5e-5 * link.a_e * link.f ** (1 / 3) * steep
        ducting = link.p < STRICT_ODDS or link.land_share < 1 or least < L_d50
        if ducting:
            heights = (np.float32(h_ts), np.float32(h_rs), np.float32(bend))
            length = np.float32(found.length)
            largest = largest_clearance_parameter(h, found.inner, length, heights[0], heights[1], heights[2])
            i_lt = i_lr = least_clear_point(
                h, found.inner, length, heights[0], heights[1], heights[2], np.float32(largest)
            )
    theta_t, theta_r = 1000 * math.atan(rise_t / step / 1000), 1000 * math.atan(rise_r / step / 1000)
    return theta_t, theta_r, i_lt, i_lr, ducting


@njit(cache=True, error_model="numpy")
def _with_ducting(
    h: NDArray[np.float32],
    step: float,
    found: Surveyed,
    link: Link,
    theta_t: float,
    theta_r: float,
    i_lt: int,
    i_lr: int,
    beta0: float,
    L_bd: float,
    L_b0p: float,
) -> float:
    """Loss of diffraction with ducting, L_bda; skips what depends on beta where the rest already decides.

    The part of the loss that depends on time is never negative for p above beta.
    """
    f, p, a_e = link.f, link.p, link.a_e
    d, omega = found.length * step, 1 - link.land_share
    h_ts, h_rs = float(h[0]) + link.h_tg, found.end + link.h_rg
    d_lt, d_lr = i_lt * step, (found.length - i_lr) * step
    shielding = site_shielding(f, theta_t, d_lt) + site_shielding(f, theta_r, d_lr)
    coupling = sea_coupling(link.d_ct, d_lt, h_ts, omega) + sea_coupling(link.d_cr, d_lr, h_rs, omega)
    L_ba = coupling_loss(f, d_lt, d_lr, shielding, coupling)
    L_ba += duct_angle_loss(f, d, a_e, theta_t, theta_r, d_lt, d_lr)
    if p >= STRICT_ODDS:
        if L_ba >= L_bd:
            return L_bd
        beta0 = ducting_incidence(link.phi, link.land_share * d, link.inland_share * d)
    low_st, low_sr = min(found.h_st, float(h[0])), min(found.h_sr, found.end)
    h_m = even_roughness(h, found.length, low_st, low_sr, i_lt, i_lr)
    beta = beta0 * geometry_factor(d, a_e, h_ts - low_st, h_rs - low_sr, link.inland_share * d)
    beta *= roughness_factor(d, d_lt, d_lr, h_m)
    L_minbap = smooth_maximum(L_ba + duct_time_loss(d, p, beta), L_b0p)
    return with_ducting(L_bd, L_minbap, distance_blend(d))


@njit(cache=True, error_model="numpy")
def _sphere_excess(
    inner: int,
    length: float,
    step: float,
    h_te: float,
    h_re: float,
    a_p: float,
    omega: float,
    link: Link,
) -> float:
    """What spherical-Earth diffraction loses more than the Bullington model of the smooth path."""
    d, f = length * step, link.f
    L_dsph = spherical_earth_loss(d, h_te, h_re, a_p, f, omega, link.polarisation)
    if L_dsph <= 0:
        return 0.0
    if link.smooth_path == CONTINUOUS:
        return max(L_dsph - smooth_path_loss(d, h_te, h_re, a_p, f), 0.0)
    return max(L_dsph - smooth_bullington(inner, length, step, h_te, h_re, a_p, f), 0.0)
