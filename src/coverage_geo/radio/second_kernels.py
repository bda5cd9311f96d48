"""Second opinions on a path's loss as compiled functions of the one type that the loops call."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from coverage_geo.radio.hata import hata_loss
from coverage_geo.radio.itm.loss import profile_losses
from coverage_geo.radio.itm.variability import Odds
from coverage_geo.radio.kernels import LOSS
from coverage_geo.radio.p1812.diffraction import SPEED_OF_LIGHT
from coverage_geo.radio.p1812.even_loss import even_bullington
from coverage_geo.radio.p1812.even_profile import largest_clearance_parameter
from coverage_geo.radio.p1812.line_of_sight import free_space_loss
from coverage_geo.radio.p2108 import height_gain_correction, terrestrial_clutter_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

OBSTRUCTED_DB = 300.0  # over free space: no signal at any power
ITM_VALUES, BULLINGTON_VALUES, SIGHT_VALUES, FREE_SPACE_VALUES = 9, 2, 3, 1  # parameters of their own


@njit(cache=True, error_model="numpy")
def slant_loss(h: NDArray[np.float32], last: int, step: float, h_tg: float, h_rg: float, f: float) -> float:
    """Free-space loss over the slant distance, never less than at 1 m.

    Parameters
    ----------
    h
        Terrain at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver.
    step
        Step [km].
    h_tg, h_rg
        Antenna heights above ground [m].
    f
        Frequency [GHz].

    Returns
    -------
    float
        L_bfs [dB].

    References
    ----------
    ITU-R P.525.

    Examples
    --------
    >>> round(slant_loss(np.zeros(3, dtype=np.float32), 2, 0.5, 10.0, 10.0, 1.0), 1)
    92.4
    """
    rise = float(h[0]) + h_tg - float(h[last]) - h_rg
    return free_space_loss(f, max(math.hypot(last * step, rise / 1000), 0.001), 0.0, 0.0)


@njit(cache=True, error_model="numpy")
def largest_nu(
    g: NDArray[np.float32], last: int, step: float, h_tg: float, h_rg: float, f: float, a_e: float
) -> float:
    """Diffraction parameter of the terrain that comes nearest to the ray, or rises most above it.

    Parameters
    ----------
    g
        Terrain at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    step
        Step [km].
    h_tg, h_rg
        Antenna heights above ground [m].
    f
        Frequency [GHz].
    a_e
        Effective Earth radius [km].

    Returns
    -------
    float
        nu; -sqrt(2) times the share of the first Fresnel zone's radius that is clear.

    References
    ----------
    ITU-R P.526-15, §4.1 and §2 (Fresnel ellipsoids).

    Examples
    --------
    >>> round(largest_nu(np.zeros(3, dtype=np.float32), 2, 1.0, 0.0, 0.0, 1.0, 1e9), 6)
    0.0
    """
    return _largest_parameter(g, last, step, h_tg, h_rg, a_e) * _nu_of_parameter(last, step, f)


@njit(cache=True, error_model="numpy")
def _largest_parameter(
    g: NDArray[np.float32], last: int, step: float, h_tg: float, h_rg: float, a_e: float
) -> float:
    low_ts, low_rs = np.float32(float(g[0]) + h_tg), np.float32(float(g[last]) + h_rg)
    bend = np.float32(500 * step**2 / a_e)
    return largest_clearance_parameter(g, last - 1, np.float32(last), low_ts, low_rs, bend)


@njit(cache=True, error_model="numpy")
def _nu_of_parameter(last: int, step: float, f: float) -> float:
    return math.sqrt(0.002 * last / step * f / SPEED_OF_LIGHT)


@njit(cache=True, error_model="numpy")
def largest_clear_parameter(last: int, step: float, f: float, share: float) -> float:
    """Largest `even_profile.clearance_parameter` at which a share of the first Fresnel zone is clear.

    Parameters
    ----------
    last
        Steps from transmitter to receiver.
    step
        Step [km].
    f
        Frequency [GHz].
    share
        Of the zone's radius.

    Returns
    -------
    float
        0 or below [m per step].

    References
    ----------
    ITU-R P.526-15, §2 (Fresnel ellipsoids).

    Examples
    --------
    >>> round(largest_clear_parameter(2, 1.0, 1.0, 0.6), 2)
    -7.35
    """
    return -math.sqrt(2.0) * share / _nu_of_parameter(last, step, f)


@njit(cache=True, error_model="numpy")
def end_clutter_loss(h_rg: float, d: float, parameters: NDArray[np.float64], own: int) -> float:
    """Loss to the clutter around the receiver by ITU-R P.2108, where the parameters ask for it.

    Parameters
    ----------
    h_rg
        Receiving antenna above ground [m].
    d
        Path length [km].
    parameters
        A model's own, the first of which is the frequency [GHz]; then, where wanted, the kind of clutter, its
        height and the width of streets [m]; or kind 0, the location percentage and a number that is ignored.
    own
        How many are the model's own.

    Returns
    -------
    float
        A_h or L_ctt [dB]; 0 where not wanted.

    References
    ----------
    ITU-R P.2108-1, §3.1, §3.2.

    Examples
    --------
    >>> round(end_clutter_loss(2.0, 1.0, np.array([1.5, 3, 10.0, 27.0]), FREE_SPACE_VALUES), 1)
    20.5
    """
    if len(parameters) == own:
        return 0.0
    kind, top, street_width = int(parameters[own]), parameters[own + 1], parameters[own + 2]
    if kind == 0:
        return terrestrial_clutter_loss(parameters[0], d, top)
    return height_gain_correction(parameters[0], h_rg, street_width, top, kind)


@njit(LOSS, cache=True, error_model="numpy")
def itm(
    h: NDArray[np.float32],
    g: NDArray[np.float32],
    last: int,
    step: float,
    has_clutter: bool,  # noqa: ARG001, FBT001 - every model has the same arguments, by position
    h_tg: float,
    h_rg: float,
    parameters: NDArray[np.float64],
) -> float:
    """Loss by the Irregular Terrain Model over the terrain with its clutter.

    Parameters
    ----------
    h, g
        Terrain without and with clutter at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    step
        Step [km].
    has_clutter
        Ignored: g is h where there is none.
    h_tg, h_rg
        Antenna heights above ground [m].
    parameters
        Frequency [GHz]; ground impedance, real and imaginary; N_0; deviates of time, location and situation;
        climate; mode of variability. Clutter around the receiver may follow, as for `end_clutter_loss`; then
        only h counts.

    Returns
    -------
    float
        L_b [dB].
    """
    odds = Odds(parameters[4], parameters[5], parameters[6], int(parameters[7]), int(parameters[8]))
    impedance = complex(parameters[1], parameters[2])
    f = 1000 * parameters[0]
    ground = g if len(parameters) == ITM_VALUES else h
    losses, _, _ = profile_losses(ground, last, 1000 * step, h_tg, h_rg, f, impedance, parameters[3], odds)
    return losses.L_b + end_clutter_loss(h_rg, last * step, parameters, ITM_VALUES)


@njit(LOSS, cache=True, error_model="numpy")
def bullington(
    h: NDArray[np.float32],
    g: NDArray[np.float32],
    last: int,
    step: float,
    has_clutter: bool,  # noqa: ARG001, FBT001 - every model has the same arguments, by position
    h_tg: float,
    h_rg: float,
    parameters: NDArray[np.float64],
) -> float:
    """Free space and the Bullington diffraction loss of ITU-R P.526.

    Parameters
    ----------
    h, g
        Terrain without and with clutter at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    step
        Step [km].
    has_clutter
        Ignored: g is h where there is none.
    h_tg, h_rg
        Antenna heights above ground [m].
    parameters
        Frequency [GHz]; effective Earth radius [km]. Clutter around the receiver may follow, as for
        `end_clutter_loss`; then only h counts.

    Returns
    -------
    float
        L_b [dB].
    """
    h_ts, h_rs = float(h[0]) + h_tg, float(h[last]) + h_rg
    ground = g if len(parameters) == BULLINGTON_VALUES else h
    bent = even_bullington(ground, last, step, h_ts, h_rs, parameters[1], parameters[0])
    bent += end_clutter_loss(h_rg, last * step, parameters, BULLINGTON_VALUES)
    return slant_loss(h, last, step, h_tg, h_rg, parameters[0]) + bent


@njit(LOSS, cache=True, error_model="numpy")
def line_of_sight(
    h: NDArray[np.float32],
    g: NDArray[np.float32],
    last: int,
    step: float,
    has_clutter: bool,  # noqa: ARG001, FBT001 - every model has the same arguments, by position
    h_tg: float,
    h_rg: float,
    parameters: NDArray[np.float64],
) -> float:
    """Free space where the wanted share of the first Fresnel zone is clear, else 300 dB more.

    Parameters
    ----------
    h, g
        Terrain without and with clutter at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    step
        Step [km].
    has_clutter
        Ignored: g is h where there is none.
    h_tg, h_rg
        Antenna heights above ground [m].
    parameters
        Frequency [GHz]; effective Earth radius [km]; share of the zone's radius. Clutter around the receiver
        may follow, as for `end_clutter_loss`; then only h counts.

    Returns
    -------
    float
        L_b [dB].
    """
    ground = g if len(parameters) == SIGHT_VALUES else h
    largest = _largest_parameter(ground, last, step, h_tg, h_rg, parameters[1])
    clear = largest <= largest_clear_parameter(last, step, parameters[0], parameters[2])
    free = slant_loss(h, last, step, h_tg, h_rg, parameters[0])
    free += end_clutter_loss(h_rg, last * step, parameters, SIGHT_VALUES)
    return free if clear else free + OBSTRUCTED_DB


@njit(LOSS, cache=True, error_model="numpy")
def hata(
    h: NDArray[np.float32],  # noqa: ARG001 - every model has the same arguments
    g: NDArray[np.float32],  # noqa: ARG001 - every model has the same arguments
    last: int,
    step: float,
    has_clutter: bool,  # noqa: ARG001, FBT001 - every model has the same arguments, by position
    h_tg: float,
    h_rg: float,
    parameters: NDArray[np.float64],
) -> float:
    """Loss by the extended Hata model, whatever the terrain.

    Parameters
    ----------
    h, g
        Ignored.
    last
        Position of the receiver.
    step
        Step [km].
    has_clutter
        Ignored.
    h_tg, h_rg
        Antenna heights above ground [m].
    parameters
        Frequency [GHz]; 0 urban, 1 suburban, 2 open.

    Returns
    -------
    float
        L_b [dB].
    """
    return hata_loss(1000 * parameters[0], last * step, h_tg, h_rg, int(parameters[1]))


@njit(LOSS, cache=True, error_model="numpy")
def free_space_at_clutter(
    h: NDArray[np.float32],
    g: NDArray[np.float32],  # noqa: ARG001 - every model has the same arguments
    last: int,
    step: float,
    has_clutter: bool,  # noqa: ARG001, FBT001 - every model has the same arguments, by position
    h_tg: float,
    h_rg: float,
    parameters: NDArray[np.float64],
) -> float:
    """Free space and the clutter around the receiver.

    Parameters
    ----------
    h, g
        Terrain without and with clutter at even steps [m], shape (last + 1,) or more; only h counts.
    last
        Position of the receiver.
    step
        Step [km].
    has_clutter
        Ignored.
    h_tg, h_rg
        Antenna heights above ground [m].
    parameters
        Frequency [GHz]; clutter, as for `end_clutter_loss`.

    Returns
    -------
    float
        L_b [dB].
    """
    free = slant_loss(h, last, step, h_tg, h_rg, parameters[0])
    return free + end_clutter_loss(h_rg, last * step, parameters, FREE_SPACE_VALUES)
