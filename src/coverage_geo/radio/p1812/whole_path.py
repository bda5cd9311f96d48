"""The whole procedure of ITU-R P.1812-8 for one profile, with every intermediate value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from numba import njit

from coverage_geo.radio.p1812.combination import (
    angle_blend,
    distance_blend,
    notional_minimum,
    power_sum,
    smooth_maximum,
    with_ducting,
)
from coverage_geo.radio.p1812.diffraction import AT_PROFILE_POINTS, delta_bullington, time_interpolation
from coverage_geo.radio.p1812.ducting import ducting_loss
from coverage_geo.radio.p1812.line_of_sight import free_space_loss, multipath_focusing
from coverage_geo.radio.p1812.locations import basic_transmission_loss, field_strength
from coverage_geo.radio.p1812.normal import inverse_normal
from coverage_geo.radio.p1812.profile import (
    diffraction_surface,
    horizons,
    obstruction,
    roughness,
    smooth_surface,
)
from coverage_geo.radio.p1812.refractivity import (
    SEA,
    ducting_earth_radius,
    ducting_incidence,
    land_and_sea,
    median_earth_radius,
)
from coverage_geo.radio.p1812.troposcatter import troposcatter_loss

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class PathGeometry(NamedTuple):
    """What the profile alone decides, by the Recommendation's symbols (Attachment 1 to Annex 1).

    Distances in km, heights in m, angles in mrad.
    """

    d: float
    d_lt: float
    d_lr: float
    theta_t: float
    theta_r: float
    theta: float
    h_ts: float
    h_rs: float
    h_st: float
    h_sr: float
    h_std: float
    h_srd: float
    h_te: float
    h_re: float
    h_m: float


class PathLosses(NamedTuple):
    """What the procedure computes for one path, by the Recommendation's symbols (§3.6 to §4.10).

    L_bulla50, L_bulls50 and L_dsph50 belong to the median Earth radius, those with beta to a_beta.
    """

    omega: float
    d_tm: float
    d_lm: float
    beta0: float
    a_e: float
    F_i: float
    F_j: float
    F_k: float
    L_bfs: float
    L_b0p: float
    L_b0beta: float
    L_bulla50: float
    L_bulls50: float
    L_dsph50: float
    L_bullabeta: float
    L_bullsbeta: float
    L_dsphbeta: float
    L_d50: float
    L_dbeta: float
    L_dp: float
    L_bd50: float
    L_bd: float
    L_minb0p: float
    L_ba: float
    L_minbap: float
    L_bda: float
    L_bam: float
    L_bs: float
    L_bc: float
    L_b: float
    E_p: float


@njit(cache=True)
def path_geometry(
    d: NDArray[np.float64], h: NDArray[np.float64], h_tg: float, h_rg: float, a_e: float, f: float
) -> PathGeometry:
    """Horizons, smooth surface and roughness of a profile.

    Parameters
    ----------
    d
        Distances from the transmitter, ascending from 0 [km], shape (n,), n >= 3.
    h
        Terrain above sea level, without clutter [m], shape (n,).
    h_tg, h_rg
        Antenna heights above ground, 1 to 3000 [m].
    a_e
        Median effective Earth radius [km].
    f
        Frequency [GHz].

    Returns
    -------
    PathGeometry
        By symbol; h_st and h_sr are the fitted heights of Eqs. (85), (86).

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1.

    Examples
    --------
    >>> import numpy as np
    >>> ridge = np.array([0.0, 50.0, 0.0])
    >>> path_geometry(np.array([0.0, 1.0, 2.0]), ridge, 10.0, 10.0, 8500.0, 1.0).d_lt
    1.0
    """
    last = len(d) - 1
    h_ts = h[0] + h_tg
    h_rs = h[last] + h_rg
    theta_t, theta_r, i_lt, i_lr = horizons(d, h, h_ts, h_rs, a_e, f)
    theta = 1000 * d[last] / a_e + theta_t + theta_r
    h_st, h_sr = smooth_surface(d, h)
    h_obs, alpha_obt, alpha_obr = obstruction(d, h, h_ts, h_rs)
    h_std, h_srd = diffraction_surface(h_st, h_sr, h_obs, alpha_obt, alpha_obr, h[0], h[last])
    low_st, low_sr = min(h_st, h[0]), min(h_sr, h[last])
    h_m = roughness(d, h, low_st, low_sr, i_lt, i_lr)
    return PathGeometry(
        d[last],
        d[i_lt],
        d[last] - d[i_lr],
        theta_t,
        theta_r,
        theta,
        h_ts,
        h_rs,
        h_st,
        h_sr,
        h_std,
        h_srd,
        h_ts - low_st,
        h_rs - low_sr,
        h_m,
    )


@njit(cache=True)
def path_losses(
    d: NDArray[np.float64],
    h: NDArray[np.float64],
    R: NDArray[np.float64],
    zone: NDArray[np.int8],
    f: float,
    p: float,
    h_tg: float,
    h_rg: float,
    polarisation: int,
    phi: float,
    delta_n: float,
    n0: float,
    d_ct: float,
    d_cr: float,
    p_L: float,
    sigma_L: float,
    smooth_path: int = AT_PROFILE_POINTS,
) -> tuple[PathGeometry, PathLosses]:
    """Basic transmission loss of one profile by the whole Recommendation, with every intermediate value.

    Parameters
    ----------
    d
        Distances from the transmitter, ascending from 0 to at least 0.25 [km], shape (n,), n >= 3.
    h
        Terrain above sea level [m], shape (n,).
    R
        Representative clutter heights [m], shape (n,); those at both ends do not count.
    zone
        1 sea, 3 coastal land, 4 inland, shape (n,).
    f
        Frequency, 0.03 to 6 [GHz].
    p
        Time percentage, 1 to 50 [%].
    h_tg, h_rg
        Antenna heights above ground, 1 to 3000 [m].
    polarisation
        1 horizontal, 2 vertical.
    phi
        Latitude of the path's centre, -80 to 80 [deg].
    delta_n
        Average lapse rate of refractivity in the lowest kilometre [N-units/km].
    n0
        Sea-level surface refractivity [N-units].
    d_ct, d_cr
        Distances over land to the coast along the path, 0 at sea [km].
    p_L
        Location percentage, 1 to 99 [%].
    sigma_L
        Standard deviation of the loss over locations [dB].
    smooth_path
        Where the Bullington model of the smooth path looks for its edge: 0 at the profile's points (§4.3.1),
        1 anywhere (Attachment 3).

    Returns
    -------
    PathGeometry, PathLosses
        By symbol; the loss is L_b, the field strength for 1 kW is E_p.

    References
    ----------
    ITU-R P.1812-8, Annex 1.

    Examples
    --------
    >>> import numpy as np
    >>> d, zone = np.linspace(0.0, 5.0, 11), np.full(11, 4, dtype=np.int8)
    >>> flat = np.zeros(11)
    >>> radio = (0.9, 50.0, 30.0, 10.0, 2, 0.0, 50.0, 360.0, 500.0, 500.0, 50.0, 0.0)
    >>> round(path_losses(d, flat, flat, zone, *radio)[1].L_b, 1)
    105.5
    """
    last = len(d) - 1
    a_e = median_earth_radius(delta_n)
    d_tm, d_lm, omega = land_and_sea(d, zone)
    beta0 = ducting_incidence(phi, d_tm, d_lm)
    path = path_geometry(d, h, h_tg, h_rg, a_e, f)

    L_bfs = free_space_loss(f, path.d, path.h_ts, path.h_rs)
    L_b0p = L_bfs + multipath_focusing(p, path.d_lt, path.d_lr)
    L_b0beta = L_bfs + multipath_focusing(beta0, path.d_lt, path.d_lr)

    g = h + R
    g[0], g[last] = h[0], h[last]
    heights = (path.h_ts, path.h_rs, path.h_std, path.h_srd)
    L_d50, L_bulla50, L_bulls50, L_dsph50 = delta_bullington(
        d, g, heights[0], heights[1], heights[2], heights[3], a_e, f, omega, polarisation, smooth_path
    )
    L_dbeta, L_bullabeta, L_bullsbeta, L_dsphbeta = delta_bullington(
        d,
        g,
        heights[0],
        heights[1],
        heights[2],
        heights[3],
        ducting_earth_radius(),
        f,
        omega,
        polarisation,
        smooth_path,
    )
    F_i = time_interpolation(inverse_normal(p / 100), inverse_normal(beta0 / 100), p, beta0)
    L_dp = L_d50 if p >= 50 else L_d50 + F_i * (L_dbeta - L_d50)
    L_bd50 = L_bfs + L_d50
    L_bd = L_b0p + L_dp

    L_bs = troposcatter_loss(f, path.d, path.theta, n0, p)
    L_ba = ducting_loss(
        f,
        path.d,
        a_e,
        path.theta_t,
        path.theta_r,
        path.d_lt,
        path.d_lr,
        path.h_ts,
        path.h_rs,
        path.h_te,
        path.h_re,
        path.h_m,
        d_lm,
        0.0 if zone[0] == SEA else d_ct,
        0.0 if zone[last] == SEA else d_cr,
        omega,
        beta0,
        p,
    )
    F_j = angle_blend(path.theta)
    F_k = distance_blend(path.d)
    L_minb0p = notional_minimum(L_b0p, L_b0beta, L_dp, L_bd50, omega, F_i, p, beta0)
    L_minbap = smooth_maximum(L_ba, L_b0p)
    L_bda = with_ducting(L_bd, L_minbap, F_k)
    L_bam = L_bda + (L_minb0p - L_bda) * F_j
    L_bc = power_sum(L_bs, L_bam)
    at_sea_or_median = zone[last] == SEA or p_L == 50
    location_margin = 0.0 if at_sea_or_median else -inverse_normal(p_L / 100) * sigma_L
    L_b = basic_transmission_loss(L_bc, L_b0p, location_margin)
    return path, PathLosses(
        omega,
        d_tm,
        d_lm,
        beta0,
        a_e,
        F_i,
        F_j,
        F_k,
        L_bfs,
        L_b0p,
        L_b0beta,
        L_bulla50,
        L_bulls50,
        L_dsph50,
        L_bullabeta,
        L_bullsbeta,
        L_dsphbeta,
        L_d50,
        L_dbeta,
        L_dp,
        L_bd50,
        L_bd,
        L_minb0p,
        L_ba,
        L_minbap,
        L_bda,
        L_bam,
        L_bs,
        L_bc,
        L_b,
        field_strength(f, L_b),
    )
