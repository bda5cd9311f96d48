"""Line of sight over a raster: each pixel's own profile decides, though hardly any of it is read.

What hid the pixel before is tried first. Where that does not hide this one, the path is followed back from
the receiver, a block of points at a time; blocks around which even the highest terrain clears the ray are
skipped.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange, types

from coverage_geo.radio.p1812.even_profile import clearance_parameter
from coverage_geo.radio.p1812.line_of_sight import free_space_loss
from coverage_geo.radio.radials import GRID, clutter_at, height_at
from coverage_geo.radio.second_kernels import OBSTRUCTED_DB, largest_clear_parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL, LARGE = 8, 32  # points of a path, and pixels, that are judged together
MARGIN_M = 0.05  # over the highest terrain of a block: more than single precision may be off
CLEAR = 0
NEAREST_KM = 0.001  # slant distance below which free space loses no less

SIGHT = types.void(
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
    types.float64,
    types.float64,
    types.float64,
    types.float64,
    types.float64,
    types.float64,
    types.float64,
    types.float64[::1],
    types.float64[:, ::1],
)


class Scene(NamedTuple):
    """Terrain, its clutter and where the transmitter stands, as for `radials.losses_to_points`.

    ceilings and wide_ceilings are the highest terrain with clutter around small and large blocks of pixels;
    voids say whether there is any around the small ones, torn whether there is any at all.
    """

    grid: NDArray[np.float32]
    height: int
    width: int
    clutter: NDArray[np.float32]
    ceilings: NDArray[np.float32]
    wide_ceilings: NDArray[np.float32]
    voids: NDArray[np.bool_]
    torn: bool
    tower_row: int
    tower_column: int
    row: np.float32
    column: np.float32


class Ray(NamedTuple):
    """One path: its steps, its pixels a step, antennas above sea level, the Earth's bend, and what is clear.

    bend is 500 step² / Earth radius; limit the largest `clearance_parameter` of a clear path.
    """

    last: int
    down: np.float32
    across: np.float32
    h_ts: np.float32
    h_rs: np.float32
    bend: np.float32
    limit: float


@njit(cache=True, error_model="numpy")
def _summits(
    values: NDArray[np.float32],
    height: int,
    width: int,
    block: int,
    least: np.float32,
    found: NDArray[np.float32],
) -> None:
    """Add the highest values, the least where there are none, around each block of one row of blocks.

    Around a block are two blocks and a pixel each way from its first pixel on: all that a block of points can
    touch that begins in it.
    """
    highest = np.full(width, least, dtype=np.float32)
    for row in range(block * SMALL, min(block * SMALL + 2 * SMALL + 1, height)):
        for column in range(width):
            value = values[np.uint64(row * width + column)]
            highest[column] = value if value > highest[column] else highest[column]  # noqa: FURB136 - NaN
    for at in range(len(found)):
        found[at] += highest[at * SMALL : at * SMALL + 2 * SMALL + 1].max()


@njit(cache=True, error_model="numpy")
def _widened(ceilings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Highest values around large blocks from those around small ones."""
    several = LARGE // SMALL
    rows, columns = ceilings.shape
    wide = np.empty(((rows + several - 1) // several, (columns + several - 1) // several), dtype=np.float32)
    for row in range(0, rows, several):
        for column in range(0, columns, several):
            around = ceilings[row : row + 2 * several - 1, column : column + 2 * several - 1]
            wide[row // several, column // several] = around.max()
    return wide


@njit(cache=True, error_model="numpy")
def _voids(
    values: NDArray[np.float32], height: int, width: int, block: int, found: NDArray[np.bool_]
) -> None:
    """Say whether there is a void around each block of one row of blocks."""
    void = np.zeros(width, dtype=np.bool_)
    for row in range(block * SMALL, min(block * SMALL + 2 * SMALL + 1, height)):
        for column in range(width):
            void[column] |= np.isnan(values[np.uint64(row * width + column)])
    for at in range(len(found)):
        found[at] = void[at * SMALL : at * SMALL + 2 * SMALL + 1].any()


@njit(cache=True, inline="always", error_model="numpy")
def _top(scene: Scene, ray: Ray, i: int) -> np.float32:
    """Terrain with clutter at one point of a path."""
    steps = np.float32(np.int32(i))
    y, x = scene.row + steps * ray.down, scene.column + steps * ray.across
    terrain = height_at(scene.grid, scene.height, scene.width, scene.tower_row, scene.tower_column, y, x)
    over = clutter_at(scene.clutter, scene.height, scene.width, scene.tower_row, scene.tower_column, y, x)
    return np.float32(terrain + over)


@njit(cache=True, inline="always", error_model="numpy")
def _block(scene: Scene, ray: Ray, first: int, final: int, size: int) -> tuple[int, int]:
    """Block of pixels around which the points of a block of a path lie."""
    to_first, to_final = np.float32(np.int32(first)), np.float32(np.int32(final))
    y = scene.row + min(to_first * ray.down, to_final * ray.down)
    x = scene.column + min(to_first * ray.across, to_final * ray.across)
    row, column = int(np.floor(y)) + scene.tower_row, int(np.floor(x)) + scene.tower_column
    return max(row, 0) // size, max(column, 0) // size


@njit(cache=True, inline="always", error_model="numpy")
def _obstructs(scene: Scene, ray: Ray, slope: np.float32, i: int) -> bool:
    """Whether the terrain at one point is too near the ray."""
    length = np.float32(np.int32(ray.last))
    parameter = clearance_parameter(_top(scene, ray, i), ray.h_ts, slope, ray.bend, i, length)
    return bool(parameter > ray.limit)


@njit(cache=True, inline="always", error_model="numpy")
def _clears(ray: Ray, slope: np.float32, first: int, final: int, top: np.float32) -> bool:
    """Whether terrain no higher than that could not be too near the ray at any point of a block."""
    middle = min(max(0.5 * ray.last, float(first)), float(final))
    product = middle * (ray.last - middle)
    lowest = float(ray.h_ts) + min(float(slope) * first, float(slope) * final)
    over = float(top) + MARGIN_M - lowest + float(ray.bend) * product
    return bool(over <= ray.limit * math.sqrt(product))


@njit(cache=True, inline="always", error_model="numpy")
def _obstruction_within(scene: Scene, ray: Ray, slope: np.float32, first: int, final: int) -> int:
    """Last point of a large block that obstructs the ray, else `CLEAR`."""
    end = final
    while end >= first:
        start = max(end - SMALL + 1, first)
        top = scene.ceilings[_block(scene, ray, start, end, SMALL)]
        if not _clears(ray, slope, start, end, top):
            for i in range(end, start - 1, -1):
                if _obstructs(scene, ray, slope, i):
                    return i
        end = start - 1
    return CLEAR


@njit(cache=True, inline="always", error_model="numpy")
def _obstruction(scene: Scene, ray: Ray, before: int, behind: int) -> int:
    """Find a point that obstructs the ray, else `CLEAR`.

    before and behind are guesses: its position from the transmitter, and from the receiver.
    """
    slope = np.float32((ray.h_rs - ray.h_ts) / np.float32(np.int32(ray.last)))
    for guess in (before, ray.last - behind):
        if 0 < guess < ray.last and _obstructs(scene, ray, slope, guess):
            return guess
    end = ray.last - 1
    while end > 0:
        start = max(end - LARGE + 1, 1)
        top = scene.wide_ceilings[_block(scene, ray, start, end, LARGE)]
        if not _clears(ray, slope, start, end, top):
            found = _obstruction_within(scene, ray, slope, start, end)
            if found != CLEAR:
                return found
        end = start - 1
    return CLEAR


@njit(cache=True, error_model="numpy")
def _crosses_void(scene: Scene, ray: Ray) -> bool:
    """Whether a path has no height at any of its points."""
    final = ray.last
    while final >= 0:
        first = max(final - SMALL + 1, 0)
        if scene.voids[_block(scene, ray, first, final, SMALL)]:
            for i in range(first, final + 1):
                if np.isnan(_top(scene, ray, i)):
                    return True
        final = first - 1
    return False


@njit(SIGHT, parallel=True, cache=True, error_model="numpy")
def sight_losses(
    grid: NDArray[np.float32],
    height: int,
    width: int,
    clutter: NDArray[np.float32],
    tower_row: int,
    tower_column: int,
    row: float,
    column: float,
    south_m: NDArray[np.float64],
    east_m: NDArray[np.float64],
    dx_m: float,
    dy_m: float,
    spacing_km: float,
    nearest_km: float,
    reach_m: float,
    h_tg: float,
    h_rg: float,
    parameters: NDArray[np.float64],
    losses: NDArray[np.float64],
) -> None:
    """Fill in the loss of `second_kernels.line_of_sight` from one transmitter to all pixel centres in reach.

    Parameters
    ----------
    grid
        Terrain, flattened by rows [m], shape (height * width,).
    height, width
        Rows and columns of the terrain, two or more.
    clutter
        Clutter heights on the same pixels, or one value for all [m].
    tower_row, tower_column
        Pixel whose centre lies north-west of the transmitter.
    row, column
        Transmitter's position from that centre [pixels].
    south_m, east_m
        Pixel centres from the transmitter, shapes (rows,) and (columns,) [m].
    dx_m, dy_m
        Pixel width and height [m].
    spacing_km
        Longest step of a profile, not above the pixel's width and height [km].
    nearest_km
        Below this distance nothing obstructs [km].
    reach_m
        Pixels beyond are left as they are [m].
    h_tg, h_rg
        Antenna heights above ground [m].
    parameters
        Frequency [GHz]; effective Earth radius [km]; share of the first Fresnel zone's radius.
    losses
        Filled in: loss [dB], NaN over a void, shape (rows, columns).
    """
    blocks = (height + SMALL - 1) // SMALL, (width + SMALL - 1) // SMALL
    ceilings, voids = np.zeros(blocks, dtype=np.float32), np.zeros(blocks, dtype=np.bool_)
    for block in prange(blocks[0]):
        _summits(grid, height, width, block, np.float32(-np.inf), ceilings[block])
        _voids(grid, height, width, block, voids[block])
        if len(clutter) > 1:
            _summits(clutter, height, width, block, np.float32(0), ceilings[block])
        else:
            ceilings[block] += clutter[0]
    wide = _widened(ceilings)
    y, x = np.float32(row), np.float32(column)
    torn = bool(voids.any())
    scene = Scene(grid, height, width, clutter, ceilings, wide, voids, torn, tower_row, tower_column, y, x)
    start = height_at(grid, height, width, tower_row, tower_column, y, x)
    f, a_e, share = parameters
    at_1_km = free_space_loss(f, 1.0, 0.0, 0.0)
    for line in prange(len(south_m)):
        before, behind = 0, 1
        for at in range(len(east_m)):
            south, east = south_m[line], east_m[at]
            length_m = math.sqrt(east * east + south * south)
            if length_m > reach_m:
                continue
            length_km = length_m / 1000
            last = max(2, math.ceil(length_km / spacing_km))
            down, across = np.float32(south / dy_m / last), np.float32(east / dx_m / last)
            steps, step = np.float32(np.int32(last)), length_km / last
            end = height_at(
                grid, height, width, tower_row, tower_column, y + steps * down, x + steps * across
            )
            h_ts, h_rs = float(start) + h_tg, float(end) + h_rg
            bend, limit = 500 * step**2 / a_e, largest_clear_parameter(last, step, f, share)
            ray = Ray(last, down, across, np.float32(h_ts), np.float32(h_rs), np.float32(bend), limit)
            loss = at_1_km + 10 * math.log10(max(length_km**2 + ((h_ts - h_rs) / 1000) ** 2, NEAREST_KM**2))
            if length_km >= nearest_km:
                found = _obstruction(scene, ray, before, behind)
                if found != CLEAR:
                    before, behind = found, last - found
                    loss += OBSTRUCTED_DB
            losses[line, at] = math.nan if torn and _crosses_void(scene, ray) else loss
