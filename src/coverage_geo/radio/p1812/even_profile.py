"""Searches along evenly spaced heights in single precision, made for millions of paths.

On an even profile each slope is a height over a number of steps. Heights are never NaN here, and 0 is as good
as -0: told so, compilers turn a search for the largest into vector instructions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import config, njit
from numba.extending import intrinsic

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = np.float32(2**14)
LOWEST = np.float32(-math.inf)


@intrinsic
def _larger_number(_typing: Any, one: Any, other: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Larger of two numbers of one type, neither NaN."""

    def select(_context: Any, builder: Any, _signature: Any, numbers: Any) -> Any:  # noqa: ANN401
        promises = ("nnan", "nsz")
        return builder.select(builder.fcmp_ordered(">", *numbers, flags=promises), *numbers, flags=promises)

    return one(one, other), select


larger: Any = max if config.DISABLE_JIT else _larger_number  # type: ignore[attr-defined]


@njit(cache=True, inline="always")
def _rise_from_start(height: np.float32, antenna: np.float32, bend: np.float32, i: np.float32) -> np.float32:
    """Rise per step to a point i steps away over the curved Earth."""
    return (height - antenna) * (np.float32(1) / i) - bend * i


@njit(cache=True, error_model="numpy")
def steepest(
    h: NDArray[np.float32],
    inner: int,
    length: np.float32,
    h_ts: np.float32,
    h_rs: np.float32,
    bend: np.float32,
) -> tuple[float, float]:
    """Steepest rises per step from both antennas to the inner points, less the Earth's bend.

    Parameters
    ----------
    h
        Heights at even steps from the transmitter [m], shape (inner + 1,) or more.
    inner
        Last point before the receiver, 1 or more.
    length
        Steps from transmitter to receiver, more than `inner`.
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
    >>> low, two = np.float32(0), np.float32(2)
    >>> steepest(np.array([0, 5, 0], dtype=np.float32), 1, two, low, low, low)
    (5.0, 5.0)
    """
    rise_t = rise_r = LOWEST
    for i in range(1, inner + 1):
        ahead = np.float32(np.int32(i))
        behind = length - ahead
        rise_t = larger(rise_t, _rise_from_start(h[i], h_ts, bend, ahead))
        rise_r = larger(rise_r, _rise_from_start(h[i], h_rs, bend, behind))
    return float(rise_t), float(rise_r)


@njit(cache=True, error_model="numpy")
def survey(
    h: NDArray[np.float32],
    inner: int,
    length: np.float32,
    h_ts: np.float32,
    h_rs: np.float32,
    bend: np.float32,
) -> tuple[float, float, float, float, float]:
    """Steepest rises as by `steepest`, and what stands over the straight line between the antennas, Eq. (87).

    Parameters
    ----------
    h
        Heights at even steps from the transmitter [m], shape (inner + 1,) or more.
    inner
        Last point before the receiver, 1 or more.
    length
        Steps from transmitter to receiver, more than `inner`.
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
    >>> low, two = np.float32(0), np.float32(2)
    >>> survey(np.array([0, 5, 0], dtype=np.float32), 1, two, low, low, low)
    (5.0, 5.0, 5.0, 5.0, 5.0)
    """
    one = np.float32(1)
    slope = np.float32((h_rs - h_ts) / length)
    rise_t = rise_r = above = straight_t = straight_r = LOWEST
    for i in range(1, inner + 1):
        ahead = np.float32(np.int32(i))
        behind = length - ahead
        from_t, from_r = (h[i] - h_ts) * (one / ahead), (h[i] - h_rs) * (one / behind)
        rise_t = larger(rise_t, from_t - bend * ahead)
        rise_r = larger(rise_r, from_r - bend * behind)
        straight_t = larger(straight_t, from_t)
        straight_r = larger(straight_r, from_r)
        above = larger(above, (h[i] - h_ts) - slope * ahead)
    return (
        float(rise_t),
        float(rise_r),
        float(above),
        float(straight_t) - float(slope),
        float(straight_r) + float(slope),
    )


@njit(cache=True, error_model="numpy")
def survey_with_tops(
    h: NDArray[np.float32],
    g: NDArray[np.float32],
    inner: int,
    length: np.float32,
    h_ts: np.float32,
    h_rs: np.float32,
    bend: np.float32,
) -> tuple[float, float, float, float, float, float, float]:
    """Survey of the bare terrain as by `survey`, and the steepest rises to the terrain with clutter.

    Parameters
    ----------
    h, g
        Heights without and with clutter at even steps from the transmitter [m], shape (inner + 1,) or more.
    inner
        Last point before the receiver, 1 or more.
    length
        Steps from transmitter to receiver, more than `inner`.
    h_ts, h_rs
        Antenna heights above sea level [m].
    bend
        500 step² / Earth radius, with step and radius in km [m].

    Returns
    -------
    rise_t, rise_r, h_obs, alpha_obt, alpha_obr : float
        Of the bare terrain.
    top_t, top_r : float
        Steepest rises to the terrain with clutter, less the Earth's bend [m per step].

    References
    ----------
    ITU-R P.1812-8, §4.3.1, Eqs. (13), (17) and Attachment 1 to Annex 1, §5.2, Eq. (87).

    Examples
    --------
    >>> low, two = np.float32(0), np.float32(2)
    >>> bare, tops = np.array([0, 5, 0], dtype=np.float32), np.array([0, 9, 0], dtype=np.float32)
    >>> survey_with_tops(bare, tops, 1, two, low, low, low)
    (5.0, 5.0, 5.0, 5.0, 5.0, 9.0, 9.0)
    """
    slope = np.float32((h_rs - h_ts) / length)
    rise_t = rise_r = above = straight_t = straight_r = top_t = top_r = LOWEST
    one = np.float32(1)
    for i in range(1, inner + 1):
        ahead = np.float32(np.int32(i))
        behind = length - ahead
        a_step, a_step_back = one / ahead, one / behind
        from_t, from_r = (h[i] - h_ts) * a_step, (h[i] - h_rs) * a_step_back
        bent_t, bent_r = from_t - bend * ahead, from_r - bend * behind
        over = g[i] - h[i]
        rise_t, rise_r = larger(rise_t, bent_t), larger(rise_r, bent_r)
        straight_t, straight_r = larger(straight_t, from_t), larger(straight_r, from_r)
        above = larger(above, (h[i] - h_ts) - slope * ahead)
        top_t = larger(top_t, bent_t + over * a_step)
        top_r = larger(top_r, bent_r + over * a_step_back)
    return (
        float(rise_t),
        float(rise_r),
        float(above),
        float(straight_t) - float(slope),
        float(straight_r) + float(slope),
        float(top_t),
        float(top_r),
    )


@njit(cache=True, error_model="numpy")
def largest_clearance_parameter(
    h: NDArray[np.float32],
    inner: int,
    length: np.float32,
    h_ts: np.float32,
    h_rs: np.float32,
    bend: np.float32,
) -> float:
    """Largest nu of a line-of-sight path, up to a constant factor, Eq. (15).

    Parameters
    ----------
    h
        Heights at even steps from the transmitter [m], shape (inner + 1,) or more.
    inner
        Last point that counts, 1 or more; none counts that is not before the receiver.
    length
        Steps from transmitter to receiver.
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
    >>> low, two = np.float32(0), np.float32(2)
    >>> largest_clearance_parameter(np.array([0, 5, 0], dtype=np.float32), 1, two, low, low, low)
    5.0
    """
    slope = np.float32((h_rs - h_ts) / length)
    largest = LOWEST
    for i in range(1, min(inner + 1, math.ceil(length))):
        largest = larger(largest, clearance_parameter(h[i], h_ts, slope, bend, i, length))
    return float(largest)


@njit(cache=True, error_model="numpy")
def least_clear_point(
    h: NDArray[np.float32],
    inner: int,
    length: np.float32,
    h_ts: np.float32,
    h_rs: np.float32,
    bend: np.float32,
    largest: np.float32,
) -> int:
    """Last point that has the largest nu of a line-of-sight path, Eq. (80).

    Parameters
    ----------
    h
        Heights at even steps from the transmitter [m], shape (inner + 1,) or more.
    inner
        Last point before the receiver, 1 or more.
    length
        Steps from transmitter to receiver, more than `inner`.
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
    >>> low, two = np.float32(0), np.float32(2)
    >>> least_clear_point(np.array([0, 5, 0], dtype=np.float32), 1, two, low, low, low, np.float32(5))
    1
    """
    slope = np.float32((h_rs - h_ts) / length)
    at = np.int32(0)
    for i in range(1, inner + 1):
        same = clearance_parameter(h[i], h_ts, slope, bend, i, length) == largest
        at = max(at, np.int32(i) if same else np.int32(0))
    return int(at)


@njit(cache=True, inline="always", error_model="numpy")
def clearance_parameter(
    height: np.float32, h_ts: np.float32, slope: np.float32, bend: np.float32, i: int, length: np.float32
) -> np.float32:
    """Diffraction parameter nu of one point, up to a constant factor, Eq. (15).

    Parameters
    ----------
    height
        Of the point [m].
    h_ts
        Transmitting antenna above sea level [m].
    slope
        Of the straight line between the antennas [m per step].
    bend
        500 step² / Earth radius, with step and radius in km [m].
    i
        Steps from the transmitter to the point.
    length
        Steps from transmitter to receiver.

    Returns
    -------
    float
        nu / sqrt(0.002 d / (wavelength step²)) [m per step].

    References
    ----------
    ITU-R P.1812-8, §4.3.1, Eq. (15).
    """
    ahead = np.float32(np.int32(i))
    product = ahead * (length - ahead)
    return np.float32(((height - h_ts) - slope * ahead + bend * product) / np.sqrt(product))


@njit(cache=True, error_model="numpy")
def horizon_points(
    h: NDArray[np.float32],
    inner: int,
    length: np.float32,
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
        Heights at even steps from the transmitter [m], shape (inner + 1,) or more.
    inner
        Last point before the receiver, 1 or more.
    length
        Steps from transmitter to receiver, more than `inner`.
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
    >>> low, two, five = np.float32(0), np.float32(2), np.float32(5)
    >>> horizon_points(np.array([0, 5, 0], dtype=np.float32), 1, two, low, low, low, five, five)
    (1, 1)
    """
    before_last = at_r = np.int32(0)
    for i in range(1, inner + 1):
        ahead = np.float32(np.int32(i))
        behind = length - ahead
        same_t = _rise_from_start(h[i], h_ts, bend, ahead) == rise_t
        same_r = _rise_from_start(h[i], h_rs, bend, behind) == rise_r
        before_last = max(before_last, np.int32(inner + 1 - i) if same_t else np.int32(0))
        at_r = max(at_r, np.int32(i) if same_r else np.int32(0))
    return inner + 1 - int(before_last), int(at_r)


@njit(cache=True, error_model="numpy")
def height_sums(h: NDArray[np.float32], inner: int) -> tuple[int, int]:
    """Sum of the heights over the first one, and of their products with the position, in whole parts.

    Parameters
    ----------
    h
        Heights at even steps from the transmitter [m], shape (inner + 1,) or more.
    inner
        Last point that counts.

    Returns
    -------
    int, int
        In parts of 1/16384 m: the same in whatever order they are added.

    Examples
    --------
    >>> height_sums(np.array([5, 6, 7], dtype=np.float32), 2)
    (49152, 81920)
    """
    total = moment = np.int64(0)
    for i in range(1, inner + 1):
        over = parts_over(h[i], h[0])
        total += over
        moment += over * i
    return int(total), int(moment)


@njit(cache=True, inline="always")
def parts_over(height: np.float32, base: np.float32) -> np.int64:
    """Height over another in whole parts.

    Parameters
    ----------
    height, base
        Heights, within 100 km of each other [m].

    Returns
    -------
    int
        In parts of 1/16384 m.

    Examples
    --------
    >>> int(parts_over(np.float32(1), np.float32(0)))
    16384
    """
    return np.int64(np.int32((height - base) * PARTS))


@njit(cache=True, error_model="numpy")
def fitted_line(
    total: int, moment: int, inner: int, length: float, first: float, before: float, end: float
) -> tuple[float, float]:
    """Heights at both ends of the line that fits the terrain best, h_st and h_sr, Eqs. (83) to (86).

    Parameters
    ----------
    total, moment
        Found by `height_sums` up to `inner`.
    inner
        Last point before the receiver, 1 or more.
    length
        Steps from transmitter to receiver, more than `inner`.
    first, before, end
        Terrain at the transmitter, at the last inner point and at the receiver [m].

    Returns
    -------
    float, float
        h_st, h_sr [m].

    References
    ----------
    ITU-R P.1812-8, Attachment 1 to Annex 1, §5.1, Eqs. (83) to (86).

    Examples
    --------
    >>> fitted_line(16384, 16384, 1, 2.0, 5.0, 6.0, 7.0)
    (5.0, 7.0)
    """
    over_before, over_end, rest = before - first, end - first, length - inner
    v_1 = 2 * total / float(PARTS) - over_before + rest * (over_end + over_before)
    v_2 = 6 * moment / float(PARTS) - over_before * (3 * inner + 1)
    v_2 += rest * (over_end * (2 * length + inner) + over_before * (length + 2 * inner))
    return first + (2 * v_1 * length - v_2) / length**2, first + (v_2 - v_1 * length) / length**2


@njit(cache=True, error_model="numpy")
def even_roughness(
    h: NDArray[np.float32], length: float, h_st: float, h_sr: float, i_lt: int, i_lr: int
) -> float:
    """Terrain roughness between the horizons, h_m, Eqs. (91), (93).

    Parameters
    ----------
    h
        Heights at even steps from the transmitter [m], shape (i_lr + 1,) or more.
    length
        Steps from transmitter to receiver.
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
    >>> even_roughness(np.array([0, 50, 0], dtype=np.float32), 2.0, 0.0, 0.0, 1, 1)
    50.0
    """
    start = np.float32(h_st)
    slope = np.float32((h_sr - h_st) / length)
    highest = LOWEST
    for i in range(i_lt, i_lr + 1):
        highest = larger(highest, (h[i] - start) - slope * np.float32(np.int32(i)))
    return float(highest)
