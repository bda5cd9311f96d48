"""P.1812 over a raster by shared radials: each pixel takes the profile of the nearest bearing.

The terrain is walked once along each bearing while convex hulls grow; a receiver's searches along its profile
then cost a few steps instead of one for each point. Every pixel within range belongs to exactly one bearing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange, types

from coverage_geo.radio.hulls import highest_over_line, push, steepest_from_beyond
from coverage_geo.radio.kernels import free_space, p1812_link
from coverage_geo.radio.p1812.even_loss import STRICT_ODDS, Link, Surveyed, edge_loss, surveyed_loss
from coverage_geo.radio.p1812.even_profile import fitted_line, parts_over
from coverage_geo.radio.p1812.refractivity import ducting_earth_radius
from coverage_geo.radio.radials import GRID, add_clutter, profile

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRAIGHT, BENT, TOPS, TOPS_BETA = 0, 1, 2, 3
CHAINS = 4

SWEEP = types.void(
    GRID,
    types.intp,
    types.intp,
    GRID,
    types.intp,
    types.intp,
    types.float64,
    types.float64,
    types.float64,
    types.float64,
    types.float64,
    types.float64,
    types.float64,
    types.intp,
    types.float64,
    types.float64,
    types.float64[::1],
    types.intp,
    types.intp,
    types.float64[:, ::1],
)


@njit(cache=True)
def wedge(
    major: float,
    offset: float,
    forward: bool,  # noqa: FBT001 - a numba kernel
    low: float,
    high: float,
) -> tuple[int, int]:
    """Pixels across a bearing's wedge, at one step along its axis: first, and one past the last.

    Parameters
    ----------
    major
        Distance along the axis [pixels].
    offset
        Position of the transmitter across the axis, from the pixel centre before it [pixels].
    forward
        Whether pixels count up in the direction in which the bearing turns.
    low, high
        Tangents of the wedge's edges; the lower one belongs to it.

    Returns
    -------
    int, int
        Pixels from the one before the transmitter.

    Examples
    --------
    >>> wedge(10.0, 0.0, True, -0.1, 0.1)
    (-1, 1)
    >>> wedge(10.0, 0.0, False, -0.1, 0.1)
    (0, 2)
    """
    if forward:
        return math.ceil(offset + major * low), math.ceil(offset + major * high)
    return math.floor(offset - major * high) + 1, math.floor(offset - major * low) + 1


@njit(cache=True, error_model="numpy")
def _reach(start: float, direction: float, size: int) -> float:
    """How far one may go before leaving the outermost pixels along one axis."""
    if direction > 0:
        return (size - 0.5 - start) / direction
    if direction < 0:
        return (start + 0.5) / -direction
    return math.inf


class Radial(NamedTuple):
    """Terrain along one bearing and what the walk so far has gathered.

    h and g are the heights without and with clutter; x and y the points of the hulls STRAIGHT, BENT, TOPS
    and TOPS_BETA, and points their numbers; rise the steepest rises from the transmitter, in the same order;
    horizon the point that makes the bent one; sums those of `height_sums`.
    """

    h: NDArray[np.float32]
    g: NDArray[np.float32]
    x: NDArray[np.int32]
    y: NDArray[np.float64]
    points: NDArray[np.int64]
    rise: NDArray[np.float64]
    horizon: NDArray[np.int64]
    sums: NDArray[np.int64]


@njit(cache=True, error_model="numpy")
def _take(radial: Radial, kind: int, i: int, height: float, over: float, bend: float) -> bool:
    """Take a point into one hull and say whether it is the steepest from the transmitter."""
    bent = height - bend * i * i
    radial.points[kind] = push(radial.x[kind], radial.y[kind], radial.points[kind], i, bent)
    seen = over / i - bend * i
    steepest = seen > radial.rise[kind]
    radial.rise[kind] = max(radial.rise[kind], seen)
    return bool(steepest)


@njit(cache=True, error_model="numpy")
def _grow(radial: Radial, i: int, step: float, has_clutter: bool, link: Link) -> None:  # noqa: FBT001 - a numba kernel
    """Take one more point of the radial into the hulls, the steepest rises and the sums."""
    height, top = float(radial.h[i]), float(radial.g[i])
    h_ts = float(radial.h[0]) + link.h_tg
    bend = 500 * step**2 / link.a_e
    _take(radial, STRAIGHT, i, height, height - h_ts, 0.0)
    if _take(radial, BENT, i, height, height - h_ts, bend):
        radial.horizon[0] = i
    if has_clutter:
        _take(radial, TOPS, i, top, top - h_ts, bend)
    if link.p < STRICT_ODDS:
        _take(radial, TOPS_BETA, i, top, top - h_ts, 500 * step**2 / ducting_earth_radius())
    part = parts_over(radial.h[i], radial.h[0])
    radial.sums[0] += part
    radial.sums[1] += part * i


@njit(cache=True, error_model="numpy")
def _rise_back(
    radial: Radial, kind: int, heights: NDArray[np.float32], length: float, h_rs: float, bend: float
) -> tuple[float, int]:
    """Steepest rise from the receiver, less the Earth's bend, and the point that makes it."""
    at = steepest_from_beyond(
        radial.x[kind], radial.y[kind], radial.points[kind], length, h_rs - bend * length * length
    )
    behind = length - at
    return (float(heights[at]) - h_rs) / behind - bend * behind, at


@njit(cache=True, error_model="numpy")
def _near_point(radial: Radial, inner: int, near: float) -> tuple[float, float]:
    """Heights without and with clutter beyond the last inner point and before the next."""
    h, g = radial.h, radial.g
    bare = float(h[inner])
    if inner + 1 < len(h) and not math.isnan(h[inner + 1]):
        bare += (near - inner) * (float(h[inner + 1]) - bare)
    closest = min(round(near), len(h) - 1)
    over = float(g[closest]) - float(h[closest])
    return bare, bare + (over if over > 0 else 0.0)


@njit(cache=True, error_model="numpy")
def _loss_at(
    radial: Radial,
    inner: int,
    length: float,
    step: float,
    end: float,
    has_clutter: bool,  # noqa: FBT001 - a numba kernel
    link: Link,
) -> float:
    """Loss to one receiver beyond the points that the hulls hold.

    Clutter a step before the receiver decides its loss, so with clutter that point is added where it lies, as
    on a path of its own.
    """
    h, rise = radial.h, radial.rise
    first = float(h[0])
    h_ts, h_rs = first + link.h_tg, end + link.h_rg
    bend = 500 * step**2 / link.a_e
    slope = (h_rs - h_ts) / length
    rise_t, i_lt = rise[BENT], radial.horizon[0]
    rise_r, i_lr = _rise_back(radial, BENT, h, length, h_rs, bend)
    high = highest_over_line(radial.x[STRAIGHT], radial.y[STRAIGHT], radial.points[STRAIGHT], slope)
    h_obs = float(h[high]) - h_ts - slope * high
    straight_t, (straight_r, _) = rise[STRAIGHT], _rise_back(radial, STRAIGHT, h, length, h_rs, 0.0)
    h_st, h_sr = fitted_line(radial.sums[0], radial.sums[1], inner, length, first, float(h[inner]), end)
    near, bare, top = 0.0, 0.0, 0.0
    if has_clutter:
        near = length - 1
        bare, top = _near_point(radial, inner, near)
        if (bare - h_ts) / near - bend * near > rise_t:
            rise_t, i_lt = (bare - h_ts) / near - bend * near, inner
        if bare - h_rs - bend >= rise_r:
            rise_r, i_lr = bare - h_rs - bend, inner
        h_obs = max(h_obs, bare - h_ts - slope * near)
        straight_t, straight_r = max(straight_t, (bare - h_ts) / near), max(straight_r, bare - h_rs)
    bulla = (radial, inner, length, step, h_ts, h_rs)
    L_bulla50 = _bullington(bulla, TOPS if has_clutter else BENT, link.a_e, link.f, near, top)
    L_bullabeta = L_bulla50
    if link.p < STRICT_ODDS:
        L_bullabeta = _bullington(bulla, TOPS_BETA, ducting_earth_radius(), link.f, near, top)
    found = Surveyed(
        inner,
        length,
        end,
        rise_t,
        rise_r,
        i_lt,
        i_lr,
        h_obs,
        straight_t - slope,
        straight_r + slope,
        h_st,
        h_sr,
        L_bulla50,
        L_bullabeta,
    )
    return surveyed_loss(h, step, found, link)


@njit(cache=True, error_model="numpy")
def _bullington(
    path: tuple[Radial, int, float, float, float, float],
    kind: int,
    a_p: float,
    f: float,
    near: float,
    top: float,
) -> float:
    """Bullington loss over the terrain with clutter."""
    radial, inner, length, step, h_ts, h_rs = path
    bend = 500 * step**2 / a_p
    rise_t = radial.rise[kind]
    rise_r, _ = _rise_back(radial, kind, radial.g, length, h_rs, bend)
    if near > 0:
        rise_t = max(rise_t, (top - h_ts) / near - bend * near)
        rise_r = max(rise_r, (top - h_rs) / (length - near) - bend * (length - near))
    return edge_loss(radial.g, inner, length, step, h_ts, h_rs, a_p, f, rise_t, rise_r, near, top)


@njit(cache=True, error_model="numpy")
def _direction(bearing: int, bearings: int) -> tuple[int, bool, float, float, float]:
    """Side of a bearing: forward or back, along rows or columns; tangents of its wedge's edges and middle."""
    a_side = bearings // 4
    side, k = bearing // a_side, bearing % a_side
    low = math.tan((k / a_side - 0.5) * math.pi / 2) if k > 0 else -1.0
    high = math.tan(((k + 1) / a_side - 0.5) * math.pi / 2) if k + 1 < a_side else 1.0
    middle = math.tan(((k + 0.5) / a_side - 0.5) * math.pi / 2)
    return 1 if side < 2 else -1, side % 2 == 1, low, high, middle


@njit(cache=True, error_model="numpy")
def _radial(
    grid: NDArray[np.float32],
    height: int,
    width: int,
    clutter: NDArray[np.float32],
    tower_row: int,
    tower_column: int,
    row: float,
    column: float,
    rows: float,
    columns: float,
    steps: int,
) -> Radial:
    """Terrain along one bearing, with nothing gathered yet."""
    h = np.empty(steps + 1, dtype=np.float32)
    pixel, inside = np.empty(steps + 1, dtype=np.int32), np.empty((2, steps + 1), dtype=np.float32)
    pairs = np.empty((2, steps + 1), dtype=np.uint64)
    at = (height, width, tower_row, tower_column, row, column, rows, columns, steps)
    profile(grid, *at, h, pixel, inside, pairs)
    g = h
    if len(clutter) > 1 or clutter[0] > 0:
        g = np.empty(steps + 1, dtype=np.float32)
        add_clutter(clutter, *at, h, pixel, g)
    return Radial(
        h,
        g,
        np.empty((CHAINS, steps + 1), dtype=np.int32),
        np.empty((CHAINS, steps + 1), dtype=np.float64),
        np.zeros(CHAINS, dtype=np.int64),
        np.full(CHAINS, -math.inf),
        np.zeros(1, dtype=np.int64),
        np.zeros(2, dtype=np.int64),
    )


@njit(cache=True, error_model="numpy")
def _walk(
    bearing: int,
    grid: NDArray[np.float32],
    height: int,
    width: int,
    clutter: NDArray[np.float32],
    tower_row: int,
    tower_column: int,
    row: float,
    column: float,
    dx_km: float,
    dy_km: float,
    spacing_km: float,
    nearest_km: float,
    reach_km: float,
    bearings: int,
    h_tg: float,
    h_rg: float,
    parameters: NDArray[np.float64],
    first_row: int,
    first_column: int,
    losses: NDArray[np.float64],
) -> None:
    """Walk along one bearing and fill in the loss to the pixels that belong to it."""
    link = p1812_link(h_tg, h_rg, parameters)
    has_clutter = len(clutter) > 1 or clutter[0] > 0
    sign, along_rows, low, high, middle = _direction(bearing, bearings)
    turn = -sign if along_rows else sign
    down, across = (float(sign), turn * middle) if along_rows else (turn * middle, float(sign))
    a_step = spacing_km / math.hypot(down * dy_km, across * dx_km)
    down, across = down * a_step, across * a_step
    to_edge = min(_reach(tower_row + row, down, height), _reach(tower_column + column, across, width))
    steps = int(min(reach_km / spacing_km + 1, to_edge))
    if steps < 1:
        return
    radial = _radial(
        grid,
        height,
        width,
        clutter,
        tower_row,
        tower_column,
        row,
        column,
        down * steps,
        across * steps,
        steps,
    )
    ends = np.empty(2, dtype=np.float32)
    held, whole = 0, not math.isnan(radial.h[0])
    origin, offset, pixel_km = (row, column, dy_km) if along_rows else (column, row, dx_km)
    p = math.floor(origin) + 1 if sign > 0 else math.ceil(origin) - 1
    while (p - origin) * sign * pixel_km <= reach_km:
        first, past = wedge((p - origin) * sign, offset, turn > 0, low, high)
        for n in range(past - first):
            q = first + n if turn > 0 else past - 1 - n
            to_row, to_column = (p, q) if along_rows else (q, p)
            at = (tower_row + to_row, tower_column + to_column)
            out = (at[0] - first_row, at[1] - first_column)
            d = math.hypot((to_row - row) * dy_km, (to_column - column) * dx_km)
            within = 0 <= out[0] < losses.shape[0] and 0 <= out[1] < losses.shape[1]
            if d > reach_km or not within:
                continue
            end = float(grid[np.uint64(at[0] * width + at[1])])
            inner = min(math.ceil(d / spacing_km - (1.0 if has_clutter else 0.5)) - 1, steps)
            while held < inner and whole:
                held += 1
                whole = not math.isnan(radial.h[held])
                _grow(radial, held, spacing_km, has_clutter, link)
            ends[0], ends[1] = radial.h[0], end
            loss = math.nan
            if whole and d < nearest_km:
                loss = free_space(ends, ends, 1, d, False, h_tg, h_rg, parameters)  # noqa: FBT003
            elif whole:
                loss = _loss_at(radial, held, d / spacing_km, spacing_km, end, has_clutter, link)
            losses[out] = math.nan if math.isnan(end) else loss
        p += sign


@njit(SWEEP, parallel=True, cache=True, error_model="numpy")
def sweep_p1812(
    grid: NDArray[np.float32],
    height: int,
    width: int,
    clutter: NDArray[np.float32],
    tower_row: int,
    tower_column: int,
    row: float,
    column: float,
    dx_km: float,
    dy_km: float,
    spacing_km: float,
    nearest_km: float,
    reach_km: float,
    bearings: int,
    h_tg: float,
    h_rg: float,
    parameters: NDArray[np.float64],
    first_row: int,
    first_column: int,
    losses: NDArray[np.float64],
) -> None:
    """Fill in the loss by P.1812 from one transmitter to every pixel centre within reach.

    Parameters
    ----------
    grid
        Terrain, flattened by rows [m], shape (height * width,).
    height, width
        Rows and columns of the terrain.
    clutter
        Clutter heights on the same pixels, or one value for all [m].
    tower_row, tower_column
        Pixel whose centre lies north-west of the transmitter.
    row, column
        Transmitter's position from that centre [pixels].
    dx_km, dy_km
        Pixel width and height [km].
    spacing_km
        Step of the radials [km].
    nearest_km
        Below this distance free space replaces the model [km].
    reach_km
        Pixels beyond are left as they are [km].
    bearings
        Number of radials, a multiple of four.
    h_tg, h_rg
        Antenna heights above ground [m].
    parameters
        As `kernels.p1812` reads them.
    first_row, first_column
        Pixel of the terrain that the result begins at.
    losses
        Filled in: loss [dB], NaN over a void, shape (rows, columns).
    """
    for bearing in prange(bearings):
        _walk(
            bearing,
            grid,
            height,
            width,
            clutter,
            tower_row,
            tower_column,
            row,
            column,
            dx_km,
            dy_km,
            spacing_km,
            nearest_km,
            reach_km,
            bearings,
            h_tg,
            h_rg,
            parameters,
            first_row,
            first_column,
            losses,
        )
