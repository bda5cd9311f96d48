"""Spans nobody drew: between neighbouring poles, and over gaps with new poles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree

from coverage_geo.fibre.edge_grid import keys
from coverage_geo.fibre.noding import MM_PER_M, adjacency, by_strips, distinct, length_mm, lines_between

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Allowed = Callable[[Ints, Ints], Flags]

NEIGHBOURS = 7  # a pole and six others; a pole line has two or three within its span limit
FACING = np.cos(np.radians(45))
SLIVER_M = 10.0  # outlines simplified one by one leave slivers; a bridge may cross so much of nothing
RINGS = (8, 4, 2, 1)
POLES_PER_KM = 32


def poles_between(metres: NDArray[np.float64]) -> Ints:
    """New poles that a bridge of this length needs between its two ends, at 32 poles/km."""
    return np.maximum(np.ceil(metres * POLES_PER_KM / 1000).astype(np.int64) - 1, 0)


def neighbour_spans(xy: Ints, free: Flags, limit_mm: Ints) -> tuple[Ints, Ints]:
    """Pairs of neighbouring poles of which at least one has no line.

    Two poles are neighbours when no third is nearer to both than they are to each other (the relative
    neighbourhood), and the span is within the limit of both. A pole in the middle of such a string
    joins no line beside it; the ends of the string do.

    Parameters
    ----------
    xy
        Nodes, [mm], shape (n, 2).
    free
        Whether a node has no line, shape (n,).
    limit_mm
        Longest span from each node, [mm], shape (n,).
    """
    order = by_strips(xy)
    xy, free, limit_mm = xy[order], free[order], limit_mm[order]
    start = np.flatnonzero(free)
    if len(xy) < 2 or not len(start):
        return start[:0], start[:0]
    size = min(NEIGHBOURS, len(xy))
    reach = float(limit_mm.max()) + 1
    tree = cKDTree(xy, balanced_tree=False)
    far, near = map(np.asarray, tree.query(xy[start], k=size, distance_upper_bound=reach))
    far, near = far[:, 1:], np.minimum(near[:, 1:], len(xy) - 1)
    good = np.isfinite(far) & (far <= np.minimum(limit_mm[start][:, None], limit_mm[near]))
    place = xy.astype(float)
    for last in range(1, size - 1):
        for between in range(last):
            at = np.flatnonzero(good[:, last] & (far[:, between] < far[:, last]))
            apart = np.hypot(*(place[near[at, between]] - place[near[at, last]]).T)
            good[at, last] = apart >= far[at, last]
    u, v = np.repeat(start, size - 1)[good.ravel()], near[good]
    both = free[v]
    u, v = order[u], order[v]
    first, second = _distinct(u[both], v[both])
    degree = np.bincount(np.concatenate([first, second]), minlength=len(xy))
    loose = ~both & (degree[u] <= 1)
    third, fourth = _distinct(u[loose], v[loose])
    return np.concatenate([first, third]), np.concatenate([second, fourth])


def _distinct(u: Ints, v: Ints) -> tuple[Ints, Ints]:
    pairs = distinct((np.minimum(u, v) << 32) + np.maximum(u, v))
    return pairs >> 32, pairs & 0xFFFFFFFF


def gap_bridges(
    xy: Ints, u: Ints, v: Ints, *, drawn: Flags, usable: Flags, max_mm: float, allowed: Allowed
) -> tuple[Ints, Ints]:
    """Pairs of nodes to bridge: line ends that face each other, then the shortest way between components.

    Parameters
    ----------
    xy
        Nodes, [mm], shape (n, 2).
    u, v
        Ends of the edges there are, shape (m,).
    drawn
        Whether each edge is no bridge itself: an end's direction is that of such an edge, shape (m,).
    usable
        Whether a bridge may start at each node, shape (n,).
    max_mm
        Longest gap to bridge, [mm].
    allowed
        Says of pairs (start, end) [mm] whether a bridge may run there.
    """
    first, second = _facing(xy, u, v, drawn=drawn, usable=usable, max_mm=max_mm, allowed=allowed)
    group = _groups(len(xy), np.concatenate([u, first]), np.concatenate([v, second]))
    bridges = [(first, second)]
    near = np.flatnonzero(usable)
    near = near[_beside_another(xy[near], group[near], max_mm)]
    for ring in RINGS:
        pair = _between_groups(xy, group, near, reach_mm=max_mm / ring, allowed=allowed)
        bridges.append(pair)
        merged = _groups(int(group.max(initial=-1)) + 1, group[pair[0]], group[pair[1]])
        group = merged[group]
    return np.concatenate([one for one, _ in bridges]), np.concatenate([other for _, other in bridges])


def _groups(count: int, u: Ints, v: Ints) -> Ints:
    graph = adjacency(count, u, v, np.ones(len(u)))
    labels = connected_components(graph, directed=False)[1]
    return np.asarray(labels, dtype=np.int64)


def _facing(
    xy: Ints, u: Ints, v: Ints, *, drawn: Flags, usable: Flags, max_mm: float, allowed: Allowed
) -> tuple[Ints, Ints]:
    """Line ends that point at each other, nearest first, each end once."""
    degree = np.bincount(np.concatenate([u, v]), minlength=len(xy))
    tip, stem = np.concatenate([u[drawn], v[drawn]]), np.concatenate([v[drawn], u[drawn]])
    last = (degree[tip] == 1) & usable[tip]
    tip, stem = tip[last], stem[last]
    order = np.argsort(tip)
    tip, stem = tip[order], stem[order]
    nobody = np.empty(0, dtype=np.int64)
    if len(tip) < 2:
        return nobody, nobody
    pairs = cKDTree(xy[tip]).query_pairs(max_mm, output_type="ndarray")
    here, there = pairs[:, 0], pairs[:, 1]
    gap = (xy[tip[there]] - xy[tip[here]]).astype(float)
    facing = (_cosine(xy[tip[here]] - xy[stem[here]], gap) >= FACING) & (
        _cosine(xy[tip[there]] - xy[stem[there]], -gap) >= FACING
    )
    one, other = tip[here[facing]], tip[there[facing]]
    one, other = np.minimum(one, other), np.maximum(one, other)
    may = allowed(xy[one], xy[other])
    one, other = one[may], other[may]
    order = np.lexsort((other, one, length_mm(xy[one], xy[other])))
    used: set[int] = set()
    chosen = []
    for first, second in zip(one[order].tolist(), other[order].tolist(), strict=True):
        if first not in used and second not in used:
            used |= {first, second}
            chosen.append((first, second))
    found = np.asarray(chosen, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _cosine(a: Ints, b: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.hypot(*a.T.astype(float)) * np.hypot(*b.T)
    cosine: NDArray[np.float64] = np.einsum("ij,ij->i", a.astype(float), b) / np.maximum(size, 1.0)
    return cosine


def _between_groups(
    xy: Ints, group: Ints, near: Ints, *, reach_mm: float, allowed: Allowed
) -> tuple[Ints, Ints]:
    """Shortest bridges between some nodes that join groups nearer to each other than the reach."""
    near = near[_beside_another(xy[near], group[near], reach_mm)]
    nobody = np.empty(0, dtype=np.int64)
    if len(near) < 2:
        return nobody, nobody
    pairs = near[cKDTree(xy[near]).query_pairs(reach_mm, output_type="ndarray")]
    pairs = pairs[group[pairs[:, 0]] != group[pairs[:, 1]]]
    one, other = pairs[:, 0], pairs[:, 1]
    may = allowed(xy[one], xy[other])
    one, other = one[may], other[may]
    if not len(one):
        return nobody, nobody
    low, high = np.minimum(group[one], group[other]), np.maximum(group[one], group[other])
    order = np.lexsort((other, one, length_mm(xy[one], xy[other])))
    one, other, low, high = one[order], other[order], low[order], high[order]
    count = int(group.max()) + 1
    _, first = np.unique(low * count + high, return_index=True)
    rank = (np.argsort(np.argsort(first)) + 1).astype(np.float64)  # whole and distinct: one tree only
    graph = adjacency(count, low[first], high[first], rank)
    tree = minimum_spanning_tree(graph)
    chosen = first[np.argsort(first)][np.sort(tree.data).astype(np.int64) - 1]
    return np.minimum(one[chosen], other[chosen]), np.maximum(one[chosen], other[chosen])


def _beside_another(xy: Ints, group: Ints, reach_mm: float) -> Flags:
    """Whether a node's own square of the reach's size, or one beside it, holds another group."""
    if not len(xy):
        return np.zeros(0, dtype=bool)
    cell = np.floor_divide(xy, int(np.ceil(reach_mm)))
    cell_key = keys(cell + 1)
    low, high = _extremes(cell_key, group)
    cells = distinct(cell_key)
    least, most = low.copy(), high.copy()
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            other = cells + (dx << 32) + dy
            slot = np.minimum(np.searchsorted(cells, other), len(cells) - 1)
            there = cells[slot] == other
            least[there] = np.minimum(least[there], low[slot[there]])
            most[there] = np.maximum(most[there], high[slot[there]])
    mixed = least != most
    return np.asarray(mixed[np.searchsorted(cells, cell_key)], dtype=bool)


def _extremes(cell_key: Ints, group: Ints) -> tuple[Ints, Ints]:
    order = np.argsort(cell_key, kind="stable")
    starts = np.flatnonzero(np.diff(cell_key[order], prepend=-1))
    ordered = group[order]
    return np.minimum.reduceat(ordered, starts), np.maximum.reduceat(ordered, starts)


def bridge_rule(
    origin: NDArray[np.float64], *, villages: gpd.GeoDataFrame | None, obstacles: gpd.GeoDataFrame | None
) -> Allowed:
    """Return a test of whether bridges stay inside the villages and clear of obstacles.

    Parameters
    ----------
    origin
        Position of (0, 0) mm in the study's CRS, [m].
    villages
        Where bridges may run; None for anywhere.
    obstacles
        What no bridge may touch; None for nothing.
    """
    inside = None if villages is None else shapely.STRtree(villages.geometry.to_numpy())
    blocked = None if obstacles is None else shapely.STRtree(obstacles.geometry.to_numpy())

    def allowed(start: Ints, end: Ints) -> Flags:
        may = np.ones(len(start), dtype=bool)
        if not len(start) or (inside is None and blocked is None):
            return may
        lines = lines_between(start / MM_PER_M + origin, end / MM_PER_M + origin)
        if blocked is not None:
            may[blocked.query(lines, predicate="intersects")[0]] = False
        if inside is not None:
            within = np.zeros(len(start), dtype=bool)
            within[inside.query(lines, predicate="within")[0]] = True
            for at in np.flatnonzero(may & ~within):
                around = inside.geometries[inside.query(lines[at])]
                outside = shapely.length(shapely.difference(lines[at], shapely.union_all(around)))
                may[at] = outside <= SLIVER_M
        return may

    return allowed
