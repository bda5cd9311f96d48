"""Heights that look like land: valleys that drain, ridges between them, a coast where one is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from coverage_geo.fictional.grids import NOWHERE, Grid, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

Relief = Literal["mixed", "coast", "mountains"]
RELIEFS: tuple[Relief, ...] = ("mixed", "coast", "mountains")
SUMMITS_M = {"mixed": 1450.0, "coast": 330.0, "mountains": 2100.0}
STEEPNESS = 0.42
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))


@dataclass(frozen=True, slots=True, eq=False)
class Land:
    """The relief of a district.

    Attributes
    ----------
    grid : Grid
        Planning cells.
    times : int
        Pixels along a cell's side.
    owner : numpy.ndarray
        Village position of each cell, -1 outside all, shape (rows, columns).
    sea : numpy.ndarray
        Whether each cell is sea.
    height : numpy.ndarray
        Height of each cell [m].
    river : numpy.ndarray
        Cells drained through each cell.
    pixels : numpy.ndarray
        Height of each pixel, 0 at sea, float32 [m].
    """

    grid: Grid
    times: int
    owner: NDArray[np.int32]
    sea: NDArray[np.bool_]
    height: NDArray[np.float64]
    river: NDArray[np.float64]
    pixels: NDArray[np.float32]


def make_land(
    grid: Grid,
    times: int,
    owner: NDArray[np.int32],
    pixel_owner: NDArray[np.int32],
    *,
    relief: Relief,
    seed: int,
) -> Land:
    """Relief in which a radio path meets real ridges and a road finds real valleys.

    Water runs from every cell along a tree to the sea or out of the district; heights follow from that tree,
    steep where little water gathers and flat where much does, as a river's steady profile has it.

    Parameters
    ----------
    grid
        Planning cells.
    times
        Pixels along a cell's side.
    owner, pixel_owner
        Village position of each cell and of each pixel, -1 outside all.
    relief
        "mixed" (a coast in the south, mountains in the north), "coast" or "mountains".
    seed
        Seed of the district.

    Returns
    -------
    Land
        Heights by cell and by pixel.

    References
    ----------
    Whipple and Tucker (1999), J. Geophys. Res. 104(B8): slope falls with a power of the area drained.
    """
    rng = stream(seed, "relief")
    sea = find_sea(owner, relief)
    uplift = _uplift(grid, sea, relief, rng)
    rough = grid.fractal_noise(rng, 12_000) + rng.normal(0, 0.45, sea.shape)
    tree = _drainage(grid, sea, uplift, rough)
    river = _gathered(tree)
    height = _heights(grid, tree, river, uplift)
    scale = float(np.clip(grid.step * max(grid.rows, grid.columns) / 32_000, 0.12, 1))
    summit = max(np.percentile(height[owner != NOWHERE], 99.5), 0.65 * np.percentile(height, 99.9), 1e-9)
    height *= SUMMITS_M[relief] * scale / summit
    height = ndimage.gaussian_filter(height, 0.6) + _floor(grid, sea, relief, rng)
    height[sea] = 0
    pixels = _pixels(grid, times, height, find_sea(pixel_owner, relief), rng)
    return Land(grid, times, owner, sea, height, river.reshape(height.shape), pixels)


def find_sea(owner: NDArray[np.int32], relief: Relief) -> NDArray[np.bool_]:
    """Which cells are sea: all around ("coast"), to the south and around islands ("mixed"), none.

    Parameters
    ----------
    owner
        Village position of each cell, -1 outside all.
    relief
        Kind of district.

    Returns
    -------
    numpy.ndarray
        Shape of `owner`, bool.
    """
    inside = owner != NOWHERE
    land: NDArray[np.bool_] = ndimage.binary_fill_holes(ndimage.binary_closing(inside, iterations=2)) | inside
    if relief == "mountains":
        return np.zeros_like(land)
    if relief == "coast":
        return ~land
    parts, count = ndimage.label(land, structure=np.ones((3, 3)))
    mainland = parts == np.argmax(np.bincount(parts.ravel(), minlength=count + 1)[1:]) + 1
    south_of = np.arange(len(land))[:, None] > _shore_row(mainland)
    sea: NDArray[np.bool_] = ~land & (south_of | _nearest_is(land, land & ~mainland))
    return sea


def _shore_row(mainland: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Southernmost row of land in each column; beyond the ends of the coast, that of the ends."""
    row = np.where(mainland.any(axis=0), len(mainland) - 1 - np.argmax(mainland[::-1], axis=0), -1)
    span = np.ptp(np.flatnonzero(mainland.any(axis=1)))
    coastal = np.flatnonzero(row >= np.median(row[row >= 0]) - 0.12 * span)
    column = np.arange(len(row))
    nearest = np.clip(column, coastal[0], coastal[-1])
    wave = np.round(4 * np.sin((column - nearest) / 7)).astype(np.int64)
    shore: NDArray[np.int64] = np.maximum(row[nearest], row[coastal].min()) + wave
    return shore


def _nearest_is(land: NDArray[np.bool_], islands: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether the land nearest to each cell is an island's."""
    _, nearest = ndimage.distance_transform_edt(~land, return_indices=True)
    return np.asarray(islands[nearest[0], nearest[1]])


def _uplift(
    grid: Grid, sea: NDArray[np.bool_], relief: Relief, rng: np.random.Generator
) -> NDArray[np.float64]:
    """How strongly each cell rises, 0 to 1."""
    ranges = np.clip(0.5 + 0.75 * grid.fractal_noise(rng, 16_000, 3), 0.0, 1)
    if relief == "mountains":
        return 0.12 + 0.88 * ranges**1.3
    inland = ndimage.distance_transform_edt(~sea) * grid.step if sea.any() else np.full(sea.shape, 5e3)
    inland = inland / max(float(inland.max()), grid.step)
    if relief == "coast":
        hills = np.clip(1.6 * grid.smooth_noise(rng, 11_000) - 0.55, 0, 1)
        return 0.035 + hills**1.2 * np.clip(inland * 3, 0, 1)
    return 0.015 + 0.985 * np.clip(inland * 1.25 - 0.08, 0, 1) ** 1.1 * (0.15 + 0.85 * ranges)


def _drainage(
    grid: Grid, sea: NDArray[np.bool_], uplift: NDArray[np.float64], rough: NDArray[np.float64]
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """Cell that each cell drains into (itself at an outlet), and the cells by their steps from an outlet."""
    cost = np.exp(1.7 * rough) * (0.35 + uplift)
    outlets = np.flatnonzero(sea) if sea.any() else _low_edge(grid)
    _, parent, _ = csgraph.dijkstra(
        cell_graph(grid, cost.ravel()),
        directed=False,
        indices=outlets,
        min_only=True,
        return_predecessors=True,
    )
    drains_to: NDArray[np.int64] = np.where(parent < 0, np.arange(grid.size), parent).astype(np.int64)
    return drains_to, _by_depth(drains_to)


def _by_depth(parent: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Cells by how many steps they are from their outlet, the outlets first."""
    steps, jump = (parent != np.arange(len(parent))).astype(np.int64), parent
    while (jump[jump] != jump).any():
        steps, jump = steps + steps[jump], jump[jump]
    order = np.argsort(steps, kind="stable")
    ends = np.cumsum(np.bincount(steps))
    return np.split(order, ends[:-1])


def _low_edge(grid: Grid) -> NDArray[np.int64]:
    """Cells where an inland district drains: four places on its eastern and southern edges."""
    down, along = np.array([0.3, 0.75]) * grid.rows, np.array([0.25, 0.7]) * grid.columns
    east = down.astype(np.int64) * grid.columns + grid.columns - 1
    return np.concatenate([east, (grid.rows - 1) * grid.columns + along.astype(np.int64)])


def cell_graph(grid: Grid, cost: NDArray[np.float64]) -> sparse.csr_array:
    """Neighbouring cells joined at the mean of their costs times the distance between them.

    Only one of the two diagonals of four cells is there, so no two edges cross.

    Parameters
    ----------
    grid
        The cells.
    cost
        Cost per metre of each cell, shape (rows * columns,); infinite where nothing may pass.

    Returns
    -------
    scipy.sparse.csr_array
        Upper triangle, shape (rows * columns, rows * columns) [cost].
    """
    number = np.arange(grid.size, dtype=np.int32).reshape(grid.rows, grid.columns)
    rising = (np.add.outer(np.arange(grid.rows), np.arange(grid.columns)) % 2).astype(bool)
    first, second, length = [], [], []
    for down, right in NEIGHBOURS:
        left_side = slice(1, None) if right < 0 else slice(None, grid.columns - right)
        right_side = slice(None, -1) if right < 0 else slice(right, None)
        one, other = number[: grid.rows - down, left_side], number[down:, right_side]
        here = np.ones(one.shape, dtype=bool)
        if down and right:
            corner = rising[: grid.rows - 1, : grid.columns - 1]
            here = corner if right < 0 else ~corner
        first.append(one[here])
        second.append(other[here])
        length.append(np.full(int(here.sum()), grid.step * np.hypot(down, right)))
    start, end = np.concatenate(first), np.concatenate(second)
    weight = np.concatenate(length) * (cost[start] + cost[end]) / 2
    open_to_all = np.isfinite(weight)
    edges = (weight[open_to_all], (start[open_to_all], end[open_to_all]))
    return sparse.csr_array(edges, shape=(grid.size, grid.size))


def _gathered(tree: tuple[NDArray[np.int64], list[NDArray[np.int64]]]) -> NDArray[np.float64]:
    """Cells drained through each cell, itself included."""
    parent, levels = tree
    area = np.ones(len(parent))
    for cells in levels[:0:-1]:
        np.add.at(area, parent[cells], area[cells])
    return area


def _heights(
    grid: Grid,
    tree: tuple[NDArray[np.int64], list[NDArray[np.int64]]],
    river: NDArray[np.float64],
    uplift: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Height of each cell above its outlet, in no unit yet, shape (rows, columns)."""
    parent, levels = tree
    rise = uplift.ravel() * river**-STEEPNESS
    row, column = np.divmod(np.arange(grid.size), grid.columns)
    rise *= np.hypot(row - row[parent], column - column[parent])
    height = np.zeros(grid.size)
    for cells in levels[1:]:
        height[cells] = height[parent[cells]] + rise[cells]
    return height.reshape(grid.rows, grid.columns)


def _floor(
    grid: Grid, sea: NDArray[np.bool_], relief: Relief, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Height of the lowest ground of each cell [m]."""
    if relief == "mountains":
        return 180 + 60 * grid.smooth_noise(rng, 20_000)
    inland_m = ndimage.distance_transform_edt(~sea) * grid.step if sea.any() else np.full(sea.shape, 3e3)
    swell = 1.5 + np.clip(grid.smooth_noise(rng, 4_000), -1, 1)
    return 1 + swell * (6 if relief == "mixed" else 9) * np.clip(inland_m / 1_500, 0, 1.5)


def _pixels(
    grid: Grid,
    times: int,
    height: NDArray[np.float64],
    sea: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Height of each pixel: the cells' heights made smooth, with gullies and knolls where it is steep."""
    fine = grid.finer(times)
    smooth = ndimage.zoom(height, times, order=3, mode="nearest", grid_mode=True)
    local = ndimage.maximum_filter(height, 5) - ndimage.minimum_filter(height, 5)
    rough = ndimage.zoom(ndimage.gaussian_filter(local, 1.5), times, order=1, mode="nearest", grid_mode=True)
    detail = fine.fractal_noise(rng, 6 * grid.step, 4)
    pixels = np.maximum(smooth + detail * (0.16 * rough + 0.6), 0.5)
    return np.where(sea, 0, pixels).round(1).astype(np.float32)
