"""Roads that join all hamlets of an island over the cheapest ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from coverage_geo.fictional.grids import stream
from coverage_geo.fictional.relief import cell_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_geo.fictional.relief import Land

CLIMB = 0.055
MAIN_ROAD_DISCOUNT = 0.35


@dataclass(frozen=True, slots=True, eq=False)
class Road:
    """A road between two places where roads end or meet.

    Attributes
    ----------
    ends : tuple of int
        Cells of both ends.
    line : numpy.ndarray
        Its course, shape (n, 2) [m].
    main : bool
        Whether it joins village centres.
    """

    ends: tuple[int, int]
    line: NDArray[np.float64]
    main: bool

    @property
    def length_m(self) -> float:
        """How long it is [m]."""
        return float(shapely.length(shapely.linestrings(self.line)))


def make_roads(
    land: Land, places: NDArray[np.float64], centre: NDArray[np.bool_], *, seed: int
) -> tuple[list[Road], NDArray[np.int64]]:
    """Build roads inside the villages that join village centres first and then every hamlet.

    Parameters
    ----------
    land
        The relief.
    places
        Where hamlets stand, shape (n, 2) [m].
    centre
        Whether each is a village centre, shape (n,).
    seed
        Seed of the district.

    Returns
    -------
    tuple of list of Road and numpy.ndarray
        The roads, and the cell of each hamlet, at which roads end or meet.
    """
    rng = stream(seed, "roads")
    grid = land.grid
    cells = grid.cell_of(places)
    cost = _cost(land, rng)
    cost[cells] = np.minimum(cost[cells], 50.0)
    main = _tree(cell_graph(grid, cost), np.unique(cells[centre]), extra=0.3)
    cheap = cost.copy()
    cheap[np.unique(main)] *= MAIN_ROAD_DISCOUNT
    every = _tree(cell_graph(grid, cheap), np.unique(cells), extra=0.06)
    pairs = np.unique(np.vstack([main, every]), axis=0)
    is_main = np.isin(pairs @ [grid.size, 1], main @ [grid.size, 1])
    nodes = grid.centres() + rng.uniform(-0.27, 0.27, (grid.size, 2)) * grid.step
    nodes[cells] = places
    return _chains(pairs, is_main, set(cells.tolist()), nodes), cells


def _cost(land: Land, rng: np.random.Generator) -> NDArray[np.float64]:
    """Cost of a metre of road in each cell: steep ground and the shore cost more, only villages are open."""
    down, across = np.gradient(land.height, land.grid.step)
    slope = np.hypot(down, across)
    cost = (1 + (slope / CLIMB) ** 1.5) * rng.uniform(0.8, 1.2, slope.shape)
    inside = land.owner >= 0
    edge = inside & ~ndimage.binary_erosion(inside)
    cost = np.where(edge, cost * 4, cost)
    cost = cost * np.exp(
        0.9 * land.grid.fractal_noise(rng, 2_600, 3)
    )  # no road is straight, even on flat land
    return np.asarray(np.where(inside, cost, np.inf)).ravel()


def _tree(graph: sparse.csr_array, places: NDArray[np.int64], *, extra: float) -> NDArray[np.int64]:
    """Edges of the cheapest tree that joins the places, with some of the next cheapest links as loops.

    Mehlhorn's way: the tree over all pairs of places needs only the links between their catchments.

    Parameters
    ----------
    graph
        Cells and costs.
    places
        Cells to join.
    extra
        Share of the remaining links to add, cheapest first.

    Returns
    -------
    numpy.ndarray
        Pairs of cells, the smaller first, shape (n, 2).

    References
    ----------
    Mehlhorn (1988), Information Processing Letters 27(3).
    """
    away, before, nearest = csgraph.dijkstra(
        graph, directed=False, indices=places, min_only=True, return_predecessors=True
    )
    edges = graph.tocoo()
    start, end = edges.coords
    meets = (nearest[start] != nearest[end]) & (nearest[start] >= 0) & (nearest[end] >= 0)
    start, end, length = start[meets], end[meets], edges.data[meets]
    one, other = np.searchsorted(places, nearest[start]), np.searchsorted(places, nearest[end])
    low, high = np.minimum(one, other), np.maximum(one, other)
    total = away[start] + length + away[end]
    order = np.lexsort((total, high, low))
    first = np.r_[True, np.diff(low[order] * len(places) + high[order]) != 0][: len(order)]
    link = order[first]
    chosen = _chosen(low[link], high[link], total[link], len(places), extra)
    return _traced(start[link][chosen], end[link][chosen], before)


def _chosen(
    low: NDArray[np.int64], high: NDArray[np.int64], total: NDArray[np.float64], count: int, extra: float
) -> NDArray[np.int64]:
    """Positions of the links of the cheapest tree, and of some that close loops."""
    if not len(low):
        return np.empty(0, dtype=np.int64)
    ends = (low.astype(np.int32), high.astype(np.int32))
    links = sparse.csr_array((total, ends), shape=(count, count))
    tree = csgraph.minimum_spanning_tree(links).tocoo()
    inside = np.isin(low * count + high, tree.coords[0].astype(np.int64) * count + tree.coords[1])
    rest = np.flatnonzero(~inside)
    loops = rest[np.argsort(total[rest], kind="stable")][: int(extra * len(rest))]
    return np.sort(np.concatenate([np.flatnonzero(inside), loops]))


def _traced(start: NDArray[np.int64], end: NDArray[np.int64], before: NDArray[np.int32]) -> NDArray[np.int64]:
    """Pairs of neighbouring cells along the way from each link's ends back to their places."""
    pairs = {
        (min(one, other), max(one, other)) for one, other in zip(start.tolist(), end.tolist(), strict=True)
    }
    for cell in [*start.tolist(), *end.tolist()]:
        here = cell
        while before[here] >= 0:
            following = int(before[here])
            pairs.add((min(here, following), max(here, following)))
            here = following
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _chains(
    pairs: NDArray[np.int64], is_main: NDArray[np.bool_], stops: set[int], nodes: NDArray[np.float64]
) -> list[Road]:
    """Roads from one end or meeting place to the next."""
    beside: dict[int, list[tuple[int, bool]]] = {}
    for (one, other), main in zip(pairs.tolist(), is_main.tolist(), strict=True):
        beside.setdefault(one, []).append((other, main))
        beside.setdefault(other, []).append((one, main))
    ends = {
        cell for cell, near in beside.items() if len(near) != 2 or cell in stops or near[0][1] != near[1][1]
    }
    roads, done = [], set()
    for cell in sorted(ends):
        for following, main in beside[cell]:
            if (cell, following) in done:
                continue
            chain = [cell, following]
            while chain[-1] not in ends:
                chain.append(next(near for near, _ in beside[chain[-1]] if near != chain[-2]))
            done |= {(chain[0], chain[1]), (chain[-1], chain[-2])}
            roads.append(Road((chain[0], chain[-1]), _rounded(nodes[chain]), main))
    return roads


def _rounded(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Line with its corners cut three times (Chaikin); the ends stay."""
    for _ in range(3):
        if len(line) < 3:
            break
        inner = np.empty((2 * (len(line) - 1), 2))
        inner[::2], inner[1::2] = 0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]
        line = np.vstack([line[:1], inner[1:-1], line[-1:]])
    return line.round(2)
