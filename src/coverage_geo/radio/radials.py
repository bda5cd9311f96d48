"""The terrain under many paths from one transmitter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import config, njit, prange, types
from numba.extending import intrinsic

from coverage_geo.radio.kernels import LOSS, free_space

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SHARES = 64  # of the work, each done by one thread
SECTORS = 4096  # of the circle; paths in one of them read much the same pixels
EDGE = 1e-3  # cells; nearer than this to the outermost pixel centres, positions are clipped

GRID = types.Array(types.float32, 1, "C", readonly=True)
TO_POINTS = types.void(
    types.FunctionType(LOSS),
    GRID,
    types.intp,
    types.intp,
    GRID,
    types.intp,
    types.intp,
    types.float64,
    types.float64,
    types.float64[::1],
    types.float64[::1],
    types.float64[::1],
    types.float64,
    types.float64,
    types.float64,
    types.float64,
    types.float64[::1],
    types.float64[::1],
)


@intrinsic
def _loaded_pair(_typing: Any, values: Any, at: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Value and the next one as the 64 bits they fill, by one load instead of two."""

    def load(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pair = context.get_value_type(types.uint64).as_pointer()
        loaded = builder.load(builder.bitcast(builder.gep(array.data, [arguments[1]]), pair))
        loaded.align = 4
        return loaded

    return types.uint64(values, at), load


def _viewed_pair(values: NDArray[np.float32], at: np.uint64) -> np.uint64:
    """Return the same without compilation."""
    return np.uint64(values[at : at + np.uint64(2)].view(np.uint64)[0])


_pair_at: Any = _viewed_pair if config.DISABLE_JIT else _loaded_pair  # type: ignore[attr-defined]


@njit(cache=True, error_model="numpy")
def _place(
    width: int,
    row: np.float32,
    column: np.float32,
    rows_a_step: np.float32,
    columns_a_step: np.float32,
    last: int,
    pixel: NDArray[np.int32],
    down: NDArray[np.float32],
    across: NDArray[np.float32],
) -> None:
    """Pixel of each profile point, counted from the transmitter's, and the position in it.

    Apart from `_sample_inside` because this part becomes vector instructions, and that one cannot.
    """
    pixels_a_row = np.int32(width)
    for i in range(last + 1):
        steps = np.float32(np.int32(i))
        y, x = row + steps * rows_a_step, column + steps * columns_a_step
        top, left = np.floor(y), np.floor(x)
        down[i], across[i] = y - top, x - left
        pixel[i] = np.int32(top) * pixels_a_row + np.int32(left)


@njit(cache=True, error_model="numpy")
def _sample_inside(
    grid: NDArray[np.float32],
    width: int,
    base: int,
    last: int,
    pixel: NDArray[np.int32],
    down: NDArray[np.float32],
    across: NDArray[np.float32],
    pairs: NDArray[np.uint64],
    heights: NDArray[np.float32],
) -> None:
    """Bilinear heights along a path that stays between pixel centres.

    Two loops, because the second becomes vector instructions, and the loads of the first cannot.
    """
    upper, lower = pairs[0], pairs[1]
    a_row, half = np.uint64(width), np.uint64(32)
    for i in range(last + 1):
        at = np.uint64(base + np.int64(pixel[i]))
        upper[i], lower[i] = _pair_at(grid, at), _pair_at(grid, at + a_row)
    for i in range(last + 1):
        left, right = np.uint32(upper[i]).view(np.float32), np.uint32(upper[i] >> half).view(np.float32)
        above = left + across[i] * (right - left)
        left, right = np.uint32(lower[i]).view(np.float32), np.uint32(lower[i] >> half).view(np.float32)
        below = left + across[i] * (right - left)
        heights[i] = above + down[i] * (below - above)


@njit(cache=True, error_model="numpy")
def height_at(
    grid: NDArray[np.float32],
    height: int,
    width: int,
    tower_row: int,
    tower_column: int,
    y: np.float32,
    x: np.float32,
) -> np.float32:
    """Bilinear height at one place; the outermost pixel's value holds to its outer edge.

    Parameters
    ----------
    grid
        Terrain, flattened by rows [m], shape (height * width,).
    height, width
        Rows and columns of the terrain.
    tower_row, tower_column
        Pixel that places are counted from.
    y, x
        Place, in pixels from that one's centre.

    Returns
    -------
    float
        Height [m].

    Examples
    --------
    >>> float(height_at(np.arange(12, dtype=np.float32), 3, 4, 1, 1, np.float32(0.5), np.float32(9)))
    9.0
    """
    above, before = np.floor(y), np.floor(x)
    down, across = y - above, x - before
    top, left = int(np.int32(above)) + tower_row, int(np.int32(before)) + tower_column
    if top < 0 or top > height - 2:
        top, down = (0, np.float32(0)) if top < 0 else (max(height - 2, 0), np.float32(1))
    if left < 0 or left > width - 2:
        left, across = (0, np.float32(0)) if left < 0 else (max(width - 2, 0), np.float32(1))
    at = np.uint64(top * width + left)
    below, right = np.uint64(width if height > 1 else 0), np.uint64(1 if width > 1 else 0)
    upper = grid[at] + across * (grid[at + right] - grid[at])
    lower = grid[at + below] + across * (grid[at + below + right] - grid[at + below])
    return np.float32(upper + down * (lower - upper))


@njit(cache=True, error_model="numpy")
def _sample_clipped(
    grid: NDArray[np.float32],
    width: int,
    height: int,
    tower_row: int,
    tower_column: int,
    row: np.float32,
    column: np.float32,
    rows_a_step: np.float32,
    columns_a_step: np.float32,
    last: int,
    heights: NDArray[np.float32],
) -> None:
    """Bilinear heights of a path that touches the outermost pixels."""
    for i in range(last + 1):
        steps = np.float32(np.int32(i))
        y, x = row + steps * rows_a_step, column + steps * columns_a_step
        heights[i] = height_at(grid, height, width, tower_row, tower_column, y, x)


@njit(cache=True, error_model="numpy")
def clutter_at(
    clutter: NDArray[np.float32],
    height: int,
    width: int,
    tower_row: int,
    tower_column: int,
    y: np.float32,
    x: np.float32,
) -> np.float32:
    """Clutter of the pixel at one place; a void counts as none.

    Parameters
    ----------
    clutter
        Clutter heights, flattened by rows, or one value for all [m].
    height, width
        Rows and columns of the terrain.
    tower_row, tower_column
        Pixel that places are counted from.
    y, x
        Place, in pixels from that one's centre.

    Returns
    -------
    float
        Height over the terrain [m].

    Examples
    --------
    >>> trees = np.array([0, 20], dtype=np.float32)
    >>> float(clutter_at(trees, 1, 2, 0, 0, np.float32(0), np.float32(0.7)))
    20.0
    """
    if len(clutter) == 1:
        return np.float32(clutter[0])
    row = int(np.int32(np.floor(y + np.float32(0.5)))) + tower_row
    column = int(np.int32(np.floor(x + np.float32(0.5)))) + tower_column
    over = clutter[np.uint64(min(max(row, 0), height - 1) * width + min(max(column, 0), width - 1))]
    return np.float32(over if over > 0 else 0)  # noqa: FURB136 - a void is not above 0


@njit(cache=True, error_model="numpy")
def add_clutter(
    clutter: NDArray[np.float32],
    height: int,
    width: int,
    tower_row: int,
    tower_column: int,
    row: float,
    column: float,
    rows: float,
    columns: float,
    last: int,
    heights: NDArray[np.float32],
    pixel: NDArray[np.int32],
    tops: NDArray[np.float32],
) -> None:
    """Terrain plus the clutter of the nearest pixel; none at both ends.

    Parameters
    ----------
    clutter
        Clutter heights, flattened by rows, or one value for all [m].
    height, width, tower_row, tower_column, row, column, rows, columns, last
        As for `profile`.
    heights
        Terrain along the path, shape (last + 1,) or more [m].
    pixel
        Room to work in, shape (last + 1,) or more.
    tops
        Filled in, shape (last + 1,) or more [m].
    """
    if len(clutter) == 1:
        for i in range(last + 1):
            tops[i] = heights[i] + clutter[0]
    else:
        y, x = np.float32(row), np.float32(column)
        down, across = np.float32(rows / last), np.float32(columns / last)
        half, pixels_a_row = np.float32(0.5), np.int32(width)
        first_row, final_row = np.int32(-tower_row), np.int32(height - 1 - tower_row)
        first_column, final_column = np.int32(-tower_column), np.int32(width - 1 - tower_column)
        for i in range(last + 1):
            steps = np.float32(np.int32(i))
            at_row = np.int32(np.floor(y + steps * down + half))
            at_column = np.int32(np.floor(x + steps * across + half))
            at_row = min(max(at_row, first_row), final_row)
            pixel[i] = at_row * pixels_a_row + min(max(at_column, first_column), final_column)
        base = tower_row * width + tower_column
        for i in range(last + 1):
            tops[i] = clutter[np.uint64(base + np.int64(pixel[i]))]
        for i in range(last + 1):
            tops[i] = heights[i] + (tops[i] if tops[i] > 0 else np.float32(0))
    tops[0], tops[last] = heights[0], heights[last]


@njit(cache=True)
def _has_void(heights: NDArray[np.float32], last: int) -> bool:
    void = False
    for i in range(last + 1):
        void |= np.isnan(heights[i])
    return void


OUTSIDE, AT_THE_EDGE, INSIDE = 0, 1, 2


@njit(cache=True)
def _where(start: float, end: float, size: int) -> int:
    """Whether a path lies between the outermost pixel centres along one axis."""
    low, high = min(start, end), max(start, end)
    if low < -0.5 or high > size - 0.5:
        return OUTSIDE
    return INSIDE if low > EDGE and high < size - 1 - EDGE else AT_THE_EDGE


@njit(cache=True, error_model="numpy")
def profile(
    grid: NDArray[np.float32],
    height: int,
    width: int,
    tower_row: int,
    tower_column: int,
    row: float,
    column: float,
    rows: float,
    columns: float,
    last: int,
    heights: NDArray[np.float32],
    pixel: NDArray[np.int32],
    inside: NDArray[np.float32],
    pairs: NDArray[np.uint64],
) -> bool:
    """Fill in the bilinear heights of one path and say whether there is one everywhere.

    Parameters
    ----------
    grid
        Terrain, flattened by rows [m], shape (height * width,).
    height, width
        Rows and columns of the terrain.
    tower_row, tower_column
        Pixel whose centre lies north-west of the transmitter.
    row, column
        Transmitter's position from that centre [pixels].
    rows, columns
        Receiver's position from the transmitter [pixels].
    last
        Number of steps.
    heights
        Filled in, shape (last + 1,) or more [m].
    pixel, inside, pairs
        Room to work in, shapes (last + 1,), (2, last + 1) and (2, last + 1) or more.

    Returns
    -------
    bool
        False outside the terrain or over a void.

    Examples
    --------
    >>> grid, heights = np.arange(12, dtype=np.float32), np.empty(3, dtype=np.float32)
    >>> room = np.empty(3, np.int32), np.empty((2, 3), np.float32), np.empty((2, 3), np.uint64)
    >>> profile(grid, 3, 4, 1, 1, 0.0, 0.0, 0.0, 2.0, 2, heights, *room), heights.tolist()
    (True, [5.0, 6.0, 7.0])
    """
    start_row, start_column = tower_row + row, tower_column + column
    where = min(
        _where(start_row, start_row + rows, height), _where(start_column, start_column + columns, width)
    )
    if where == OUTSIDE:
        return False
    y, x = np.float32(row), np.float32(column)
    down, across = np.float32(rows / last), np.float32(columns / last)
    if where == INSIDE:
        _place(width, y, x, down, across, last, pixel, inside[0], inside[1])
        base = tower_row * width + tower_column
        _sample_inside(grid, width, base, last, pixel, inside[0], inside[1], pairs, heights)
    else:
        _sample_clipped(grid, width, height, tower_row, tower_column, y, x, down, across, last, heights)
    return not _has_void(heights, last)


@njit(cache=True, error_model="numpy")
def _by_bearing(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.int64]:
    """Positions of the points in the order of their sectors of the circle."""
    sector = np.empty(len(rows), dtype=np.int64)
    starts = np.zeros(SECTORS + 1, dtype=np.int64)
    for k in range(len(rows)):
        around = abs(rows[k]) + abs(columns[k])
        turn = columns[k] / around if around > 0 else 0.0
        quarters = 1 - turn if rows[k] < 0 else 3 + turn
        sector[k] = min(int(quarters * (SECTORS // 4)), SECTORS - 1)
        starts[sector[k] + 1] += 1
    starts = starts.cumsum()
    order = np.empty(len(rows), dtype=np.int64)
    for k in range(len(rows)):
        order[starts[sector[k]]] = k
        starts[sector[k]] += 1
    return order


@njit(cache=True, error_model="numpy")
def _shares(order: NDArray[np.int64], lengths_km: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where in an order of paths each share of the work begins and ends: all have about the same length."""
    bounds = np.full(SHARES + 1, len(order), dtype=np.int64)
    whole, so_far, share = lengths_km.sum(), 0.0, 0
    for position in range(len(order)):
        while share < SHARES and so_far >= whole * share / SHARES:
            bounds[share] = position
            share += 1
        so_far += lengths_km[order[position]]
    return bounds


@njit(TO_POINTS, parallel=True, cache=True, error_model="numpy")
def losses_to_points(
    loss: Callable[..., float],
    grid: NDArray[np.float32],
    height: int,
    width: int,
    clutter: NDArray[np.float32],
    tower_row: int,
    tower_column: int,
    row: float,
    column: float,
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    lengths_km: NDArray[np.float64],
    spacing_km: float,
    nearest_km: float,
    h_tg: float,
    h_rg: float,
    parameters: NDArray[np.float64],
    losses: NDArray[np.float64],
) -> None:
    """Fill in the loss from one transmitter to each point, over a bilinear profile of its own.

    Parameters
    ----------
    loss
        A model's kernel.
    grid
        Terrain, flattened by rows [m], shape (height * width,).
    height, width
        Rows and columns of the terrain.
    clutter
        Clutter heights on the same pixels, or one value for all [m].
    tower_row, tower_column
        Pixel whose centre lies north-west of the transmitter, or nearest to it at the edge.
    row, column
        Transmitter's position from that centre [pixels].
    rows, columns
        Points' positions from the transmitter [pixels], shape (n,).
    lengths_km
        Distances over ground [km], shape (n,).
    spacing_km
        Longest step of a profile [km].
    nearest_km
        Below this distance free space replaces the model [km].
    h_tg, h_rg
        Antenna heights above ground [m].
    parameters
        The model's parameters.
    losses
        Filled in: loss [dB], NaN outside the terrain or over a void, shape (n,).
    """
    longest = 2
    for k in range(len(rows)):
        longest = max(longest, math.ceil(lengths_km[k] / spacing_km))
    has_clutter = len(clutter) > 1 or clutter[0] > 0
    order = _by_bearing(rows, columns)
    bounds = _shares(order, lengths_km)
    for share in prange(SHARES):
        heights = np.empty(longest + 1, dtype=np.float32)
        tops = np.empty(longest + 1, dtype=np.float32) if has_clutter else heights
        pixel = np.empty(longest + 1, dtype=np.int32)
        inside = np.empty((2, longest + 1), dtype=np.float32)
        pairs = np.empty((2, longest + 1), dtype=np.uint64)
        for k in order[bounds[share] : bounds[share + 1]]:
            last = max(2, math.ceil(lengths_km[k] / spacing_km))
            step = lengths_km[k] / last
            complete = profile(
                grid,
                height,
                width,
                tower_row,
                tower_column,
                row,
                column,
                rows[k],
                columns[k],
                last,
                heights,
                pixel,
                inside,
                pairs,
            )
            if not complete:
                losses[k] = math.nan
            elif lengths_km[k] < nearest_km:
                losses[k] = free_space(heights, heights, last, step, False, h_tg, h_rg, parameters)  # noqa: FBT003
            else:
                if has_clutter:
                    add_clutter(
                        clutter,
                        height,
                        width,
                        tower_row,
                        tower_column,
                        row,
                        column,
                        rows[k],
                        columns[k],
                        last,
                        heights,
                        pixel,
                        tops,
                    )
                losses[k] = loss(heights, tops, last, step, has_clutter, h_tg, h_rg, parameters)
