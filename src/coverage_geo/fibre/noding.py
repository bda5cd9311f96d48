"""Pole points and drawn lines joined into nodes and edges, with a list of what had to be mended.

Coordinates are whole millimetres counted from a corner of the data, so that equality is exact and moving
everything by whole metres changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from coverage_geo.fibre.edge_grid import counted, crossing_places, edges_within, keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

MM_PER_M = 1000
CROSSING = "crossing not joined"
SAME_MM = 10  # a centimetre: nearer than this a pole counts as standing where its line says
PASSES = 20
SHORT_MM = 100_000  # nearly every span is shorter
STRIP_MM = 1_000_000
CROSSING_MM = 5  # rounding to whole millimetres moves a crossing by less than this


@dataclass(frozen=True, slots=True)
class Mended:
    """Repairs of one kind, as arrays with one entry each.

    Attributes
    ----------
    kind : str
        One of the repair kinds.
    row, other : numpy.ndarray
        Row of the pole table concerned, and the row it was joined with; -1 where there is none.
    start, end : numpy.ndarray
        Shape (k, 2): where it was and where it went, [mm]; equal for a repair at a point.
    metres : numpy.ndarray
        How far, [m].
    whole_row : bool
        Whether the repair concerns the row's whole geometry rather than the place.
    """

    kind: str
    row: Ints
    other: Ints
    start: Ints
    end: Ints
    metres: Floats
    whole_row: bool = False


@dataclass(frozen=True, slots=True)
class Net:
    """Nodes and the edges of drawn lines between them.

    Attributes
    ----------
    xy : numpy.ndarray
        Shape (n, 2): nodes, [mm].
    pole : numpy.ndarray
        Shape (n,): row of the pole point that stands there, -1 where none is recorded.
    u, v, row : numpy.ndarray
        Shape (m,): ends of each edge and the row it was drawn by (-1: inferred), in drawing order.
    mended : tuple of Mended
        What was done so far.
    """

    xy: Ints
    pole: Ints
    u: Ints
    v: Ints
    row: Ints
    mended: tuple[Mended, ...] = field(default=())

    def degree(self) -> Ints:
        """Return the number of edges at each node, shape (n,)."""
        return np.bincount(np.concatenate([self.u, self.v]), minlength=len(self.xy))

    def row_of_node(self) -> Ints:
        """Row each node comes from: its pole's, else that of the first line through it, shape (n,)."""
        found = np.full(len(self.xy), np.iinfo(np.int64).max)
        drawn = self.row >= 0
        np.minimum.at(found, self.u[drawn], self.row[drawn])
        np.minimum.at(found, self.v[drawn], self.row[drawn])
        found[found == np.iinfo(np.int64).max] = -1
        return np.where(self.pole >= 0, self.pole, found)


def adjacency(count: int, u: Ints, v: Ints, weight: Floats | NDArray[np.int32]) -> csr_array:
    """Edges as a sparse matrix, with the 32-bit indices that scipy's graph routines ask for."""
    ends = (u.astype(np.int32), v.astype(np.int32))
    return coo_array((weight, ends), shape=(count, count)).tocsr()


def distinct(values: Ints) -> Ints:
    """Sorted values, each once; by sorting, which is faster here than numpy's hash table."""
    ordered = np.sort(values)
    return ordered[np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))]


def by_strips(xy: Ints | Floats) -> Ints:
    """Order in which positions that lie near each other mostly stand so: a search in that order is fast."""
    return np.lexsort((xy[:, 1], xy[:, 0] // STRIP_MM))


def nearest(tree_xy: Ints | Floats, xy: Ints | Floats, reach: float = np.inf) -> tuple[Floats, Ints]:
    """Distance to the nearest of the tree's places and its number; infinite where none is in reach."""
    order = by_strips(xy)
    tree = cKDTree(tree_xy, balanced_tree=False)
    far, at = np.empty(len(xy)), np.empty(len(xy), dtype=np.int64)
    far[order], at[order] = tree.query(xy[order], distance_upper_bound=reach)
    return far, at


def among(values: Ints, known: Ints) -> Flags:
    """Whether each value is one of the known ones, which are sorted."""
    if not len(known):
        return np.zeros(len(values), dtype=bool)
    found: Flags = known[np.minimum(np.searchsorted(known, values), len(known) - 1)] == values
    return found


def without(count: int, taken: Ints) -> Ints:
    """Numbers from 0 to count - 1 except those taken."""
    left = np.ones(count, dtype=bool)
    left[taken] = False
    return np.flatnonzero(left)


def length_mm(start: Ints, end: Ints) -> Ints:
    """Distance between positions, rounded to whole millimetres."""
    metres: Ints = np.rint(np.hypot(*(end - start).T.astype(float))).astype(np.int64)
    return metres


def leaders(xy: Ints, tolerance_mm: float) -> Ints:
    """For each position the first one within the tolerance that is not itself merged into another.

    Positions merge with one leader and never in a chain, so a line drawn with a vertex every metre
    keeps its shape.
    """
    owner = np.arange(len(xy))
    if len(xy) < 2:
        return owner
    order = by_strips(xy)
    pairs = order[cKDTree(xy[order], balanced_tree=False).query_pairs(tolerance_mm, output_type="ndarray")]
    pairs.sort(axis=1)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    found = owner.tolist()
    for first, second in pairs.tolist():
        if found[first] == first and found[second] == second:
            found[second] = first
    return np.asarray(found, dtype=np.int64)


def mend(kind: str, row: Ints, start: Ints, end: Ints, *, other: Ints | None = None) -> Mended:
    """Return repairs whose distance is that from start to end."""
    nobody = np.full(len(row), -1) if other is None else other
    return Mended(kind, row, nobody, start, end, np.hypot(*(end - start).T.astype(float)) / MM_PER_M)


def lines_to_net(xy: Ints, row: Ints, *, same_mm: float) -> Net:
    """Nodes and edges of drawn lines: equal and nearly equal vertices become one node.

    Parameters
    ----------
    xy
        Vertices of all lines in drawing order, [mm], shape (k, 2).
    row
        Row each vertex belongs to, ascending, shape (k,).
    same_mm
        Vertices nearer than this are one pole.
    """
    _, first, inverse = np.unique(keys(xy), return_index=True, return_inverse=True)
    owner = leaders(xy[first], same_mm)
    is_node = owner == np.arange(len(owner))
    number = np.cumsum(is_node) - 1
    node = number[owner[inverse]]
    together = row[1:] == row[:-1]
    still = together & (inverse[1:] == inverse[:-1])
    at = np.flatnonzero(still)
    mended = mend("zero-length span removed", row[at], xy[at], xy[at])
    edge = together & (node[1:] != node[:-1])
    return Net(
        xy=xy[first][is_node],
        pole=np.full(int(is_node.sum()), -1),
        u=node[:-1][edge],
        v=node[1:][edge],
        row=row[:-1][edge],
        mended=(mended,),
    )


def distinct_poles(xy: Ints, row: Ints, *, same_mm: float) -> tuple[Ints, Ints, Mended]:
    """Poles that stand at one place as one: the row that comes first stays."""
    _, first, inverse = np.unique(keys(xy), return_index=True, return_inverse=True)
    order = np.argsort(first)  # places in the order of their first row
    rank = np.argsort(order)
    place = first[order]
    owner = place[leaders(xy[place], same_mm)][rank[inverse]]
    gone = np.flatnonzero(owner != np.arange(len(row)))
    kept = np.flatnonzero(owner == np.arange(len(row)))
    mended = mend("duplicate pole removed", row[gone], xy[gone], xy[owner[gone]], other=row[owner[gone]])
    return xy[kept], row[kept], mended


def add_poles(net: Net, xy: Ints, row: Ints, *, snap_mm: float) -> Net:
    """Stand poles on the lines: on a vertex, else on a span, else free.

    Each vertex takes the nearest pole within the snapping distance; a pole without one splits the
    span nearest to it.
    """
    pole = net.pole.copy()
    mended = [*net.mended]
    free = np.arange(len(row))
    if len(net.xy) and len(row):
        far, vertex = nearest(net.xy, xy, snap_mm)
        taken = _nearest_each(vertex, far)
        pole[vertex[taken]] = row[taken]
        moved = taken[far[taken] > SAME_MM]
        mended.append(mend("pole snapped to line", row[moved], xy[moved], net.xy[vertex[moved]]))
        free = without(len(row), taken)
    standing = replace(net, pole=pole, mended=tuple(mended))
    return _poles_on_spans(standing, xy[free], row[free], snap_mm=snap_mm)


def _nearest_each(vertex: Ints, far: Floats) -> Ints:
    """Of the poles that share a nearest vertex the nearest, the first of equals, in ascending order."""
    reached = np.flatnonzero(np.isfinite(far))
    least = np.full(int(vertex.max(initial=-1)) + 1, np.inf)
    np.minimum.at(least, vertex[reached], far[reached])
    best = reached[far[reached] == least[vertex[reached]]]
    first = np.full(len(least), -1)
    first[vertex[best[::-1]]] = best[::-1]
    return np.asarray(best[first[vertex[best]] == best])


def _poles_on_spans(net: Net, xy: Ints, row: Ints, *, snap_mm: float) -> Net:
    at, span = _spans_within(net, xy, snap_mm)
    at, first = np.unique(at, return_index=True)  # the nearest, the first of equals
    span = span[first]
    share, foot = feet(net, xy[at], span)
    moved = length_mm(xy[at], foot) > SAME_MM
    free = without(len(row), at)
    grown = replace(
        net,
        xy=np.concatenate([net.xy, foot, xy[free]]),
        pole=np.concatenate([net.pole, row[at], row[free]]),
        mended=(*net.mended, mend("pole snapped to line", row[at[moved]], xy[at[moved]], foot[moved])),
    )
    return split_edges(grown, span, share, len(net.xy) + np.arange(len(at)))


def merge_near(net: Net, old: int, *, same_mm: float) -> Net:
    """Nodes nearer to each other than the tolerance as one; two poles there are one pole.

    The first `old` nodes are far enough from each other already: only what lies near a newer one is
    looked at.
    """
    if len(net.xy) == old:
        return net
    there = np.flatnonzero(_around(net.xy, net.xy[old:], same_mm))
    far, _ = nearest(net.xy[old:], net.xy[there], same_mm * (1 + 1e-9))
    there = there[np.isfinite(far) & ((net.degree() > 0) | (net.pole >= 0))[there]]
    owner = np.arange(len(net.xy))
    owner[there] = there[leaders(net.xy[there], same_mm)]
    gone = np.flatnonzero(owner != np.arange(len(owner)))
    if not len(gone):
        return net
    pole = net.pole.copy()
    moving = gone[net.pole[gone] >= 0]
    moving = moving[np.argsort(net.pole[moving])]
    vacant = pole[owner[moving]] < 0
    _, first = np.unique(owner[moving[vacant]], return_index=True)
    settled = moving[vacant][first]
    pole[owner[settled]] = net.pole[settled]
    double = moving[~among(moving, np.sort(settled))]
    double = double[np.argsort(net.pole[double])]
    mended = mend(
        "duplicate pole removed",
        net.pole[double],
        net.xy[double],
        net.xy[owner[double]],
        other=pole[owner[double]],
    )
    pole[gone] = -1
    u, v = owner[net.u], owner[net.v]
    keep = u != v
    return replace(net, pole=pole, u=u[keep], v=v[keep], row=net.row[keep], mended=(*net.mended, mended))


def lines_between(start: Floats, end: Floats) -> NDArray[np.object_]:
    """Straight lines from each start to each end."""
    return np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)


def _around(xy: Ints, place: Ints, reach_mm: float) -> Flags:
    """Whether each position may lie within reach of one of the places: in its square or one beside it."""
    square = int(np.ceil(reach_mm))
    holding = distinct(keys(place // square))
    beside = [holding + (x << 32) + y for x in (-1, 0, 1) for y in (-1, 0, 1)]
    return among(keys(xy // square), distinct(np.concatenate(beside)))


def _edges_near(net: Net, place: Ints, reach_mm: float) -> Ints:
    """Edges that may come within reach of one of the places; no other edge does.

    Of a short edge that does, either end lies within reach and its length of the place.
    """
    if not len(net.u):
        return net.u
    near = _around(net.xy, place, SHORT_MM + reach_mm)[net.u]
    for axis in net.xy.T:
        at = np.ascontiguousarray(axis)
        near |= np.abs(at[net.u] - at[net.v]) > SHORT_MM / 2
    return np.flatnonzero(near)


def _spans_within(net: Net, place: Ints, reach_mm: float) -> tuple[Ints, Ints]:
    """Places and the edges within reach of them, place by place, the nearest edge first."""
    near = _edges_near(net, place, reach_mm) if len(place) else net.u[:0]
    at, span, _ = edges_within(net.xy, net.u[near], net.v[near], place, reach_mm)
    return at, near[span]


def feet(net: Net, xy: Ints, edge: Ints) -> tuple[Floats, Ints]:
    """Nearest place on each edge: its share of the way from u to v, and its position."""
    start, along = net.xy[net.u[edge]], (net.xy[net.v[edge]] - net.xy[net.u[edge]]).astype(float)
    squared = np.einsum("ij,ij->i", along, along)
    share = np.clip(np.einsum("ij,ij->i", (xy - start).astype(float), along) / squared, 0.0, 1.0)
    return share, start + np.rint(share[:, None] * along).astype(np.int64)


def split_edges(net: Net, edge: Ints, share: Floats, node: Ints) -> Net:
    """Edges split at nodes: `node` stands on `edge` at `share` of its way from u to v."""
    if not len(edge):
        return net
    order = np.lexsort((node, share, edge))
    edge, node = edge[order], node[order]
    u, v = np.insert(net.u, edge + 1, node), np.insert(net.v, edge, node)
    row = np.insert(net.row, edge + 1, net.row[edge])
    keep = u != v
    return replace(net, u=u[keep], v=v[keep], row=row[keep])


def joined_up(net: Net, voltage: Ints, *, snap_mm: float, same_mm: float) -> Net:
    """Ends and crossings joined, doubles removed: again and again, until nothing changes any more."""
    net = distinct_edges(net, voltage)
    for _ in range(PASSES):
        before = net
        net = merge_near(join_ends(net, snap_mm=snap_mm), len(net.xy), same_mm=same_mm)
        net = distinct_edges(trim_stubs(net, snap_mm=snap_mm), voltage)
        net = distinct_edges(join_crossings(net, same_mm=same_mm), voltage)
        if np.array_equal(net.u, before.u) and np.array_equal(net.v, before.v):
            break
    return net


def join_ends(net: Net, *, snap_mm: float) -> Net:
    """Line ends joined to a line they stop short of or run past, within the snapping distance."""
    degree = net.degree()
    ends = np.flatnonzero(degree == 1)
    if not len(ends):
        return net
    inner = np.zeros(len(net.xy), dtype=np.int64)  # sum of each node's neighbours: an end has only one
    np.add.at(inner, net.u, net.v)
    np.add.at(inner, net.v, net.u)
    own = _led_to(net, ends, reach_mm=3 * snap_mm)
    at, span = _spans_within(net, net.xy[ends], snap_mm)
    end, before = ends[at], inner[ends[at]]
    count = len(net.xy)
    apart = ~among(end * count + net.u[span], own) & ~among(end * count + net.v[span], own)
    end, before, span = end[apart], before[apart], span[apart]
    share, foot = feet(net, net.xy[end], span)
    across, crossing_share, crossing = _crossings(net, end, before, span)
    tail = length_mm(crossing, net.xy[end])
    past = across & (tail <= snap_mm)
    far = np.where(past, tail, length_mm(foot, net.xy[end]))
    share, foot = np.where(past, crossing_share, share), np.where(past[:, None], crossing, foot)
    order = np.lexsort((span, far, ~past, end))
    _, first = np.unique(end[order], return_index=True)
    best = order[first]
    if not len(best):
        return net
    return _joined(net, end[best], span[best], share[best], foot[best], past[best], snap_mm=snap_mm)


def _led_to(net: Net, ends: Ints, *, reach_mm: float) -> Ints:
    """Nodes that spans lead to from each end within the reach, and the next ones after those.

    As sorted numbers: end times the count of nodes, plus node.
    """
    count = len(net.xy)
    near = _edges_near(net, net.xy[ends], reach_mm)
    u, v = net.u[near], net.v[near]
    start, stop = np.concatenate([u, v]), np.concatenate([v, u])
    order = np.argsort(start, kind="stable")
    start, stop = start[order], stop[order]
    end, node, come = ends, ends, np.zeros(len(ends), dtype=np.int64)
    found = np.sort(ends * count + ends)
    while len(end):
        first, last = (np.searchsorted(start, node, side=side) for side in ("left", "right"))
        step = np.repeat(np.arange(len(node)), last - first)
        node_on = stop[counted(step) + first[step]]
        come_on = come[step] + length_mm(net.xy[node[step]], net.xy[node_on])
        key = end[step] * count + node_on
        order = np.lexsort((come_on, key))
        order = order[np.flatnonzero(np.diff(key[order], prepend=-1))]
        order = order[~among(key[order], found)]
        found = np.sort(np.concatenate([found, key[order]]))
        order = order[come_on[order] <= reach_mm]
        end, node, come = end[step[order]], node_on[order], come_on[order]
    return found


def _crossings(net: Net, end: Ints, before: Ints, span: Ints) -> tuple[Flags, Floats, Ints]:
    """Whether the last span of a line crosses another span, where on that span, and the position."""
    start, reach = net.xy[before].astype(float), (net.xy[end] - net.xy[before]).astype(float)
    base, along = net.xy[net.u[span]].astype(float), (net.xy[net.v[span]] - net.xy[net.u[span]]).astype(float)
    cross = reach[:, 0] * along[:, 1] - reach[:, 1] * along[:, 0]
    gap = base - start
    parallel = cross == 0
    safe = np.where(parallel, 1.0, cross)
    on_reach = (gap[:, 0] * along[:, 1] - gap[:, 1] * along[:, 0]) / safe
    on_span = (gap[:, 0] * reach[:, 1] - gap[:, 1] * reach[:, 0]) / safe
    across = ~parallel & (on_reach > 0) & (on_reach < 1) & (on_span >= 0) & (on_span <= 1)
    share = np.where(across, on_span, 0.0)
    return across, share, np.rint(base + share[:, None] * along).astype(np.int64)


def _joined(
    net: Net, end: Ints, span: Ints, share: Floats, foot: Ints, past: Flags, *, snap_mm: float
) -> Net:
    to_u, to_v = length_mm(foot, net.xy[net.u[span]]), length_mm(foot, net.xy[net.v[span]])
    near = np.where(to_u <= to_v, net.u[span], net.v[span])
    use_near = np.minimum(to_u, to_v) <= snap_mm
    split = ~use_near
    fresh = len(net.xy) + np.cumsum(split) - 1
    target = np.where(use_near, near, fresh)
    rows = net.row_of_node()
    line = net.row[span]
    grown = replace(
        net,
        xy=np.concatenate([net.xy, foot[split]]),
        pole=np.concatenate([net.pole, np.full(split.sum(), -1)]),
    )
    grown = split_edges(grown, span[split], share[split], target[split])
    mended = [
        mend(kind, rows[end[which]], net.xy[end[which]], grown.xy[target[which]], other=line[which])
        for kind, which in (("overshoot trimmed", past), ("dangle joined", ~past))
    ]
    standing = net.pole[end] >= 0  # a recorded pole stays where it is: a span joins it
    grown = replace(
        grown,
        u=np.concatenate([grown.u, end[standing]]),
        v=np.concatenate([grown.v, target[standing]]),
        row=np.concatenate([grown.row, np.full(int(standing.sum()), -1)]),
        mended=(*grown.mended, *mended),
    )
    return merge_nodes(grown, end[~standing], target[~standing])


def merge_nodes(net: Net, moved: Ints, target: Ints) -> Net:
    """Nodes moved onto others; in a ring of moves the lowest of the nodes that stay put gives the place."""
    if not len(moved):
        return net
    count = len(net.xy)
    graph = adjacency(count, moved, target, np.ones(len(moved)))
    _, group = connected_components(graph, directed=False)
    goes = np.zeros(count, dtype=bool)
    goes[moved] = True
    order = np.lexsort((np.arange(count), goes, group))
    _, first = np.unique(group[order], return_index=True)
    owner = order[first][group]
    u, v = owner[net.u], owner[net.v]
    keep = u != v
    return replace(net, u=u[keep], v=v[keep], row=net.row[keep])


def trim_stubs(net: Net, *, snap_mm: float) -> Net:
    """Without short ends past a junction that no pole stands on: tails of a line drawn too far."""
    degree = net.degree()
    last = np.flatnonzero((degree[net.u] == 1) != (degree[net.v] == 1))
    at_u = degree[net.u[last]] == 1
    tip, stem = np.where(at_u, net.u[last], net.v[last]), np.where(at_u, net.v[last], net.u[last])
    tail = (length_mm(net.xy[tip], net.xy[stem]) <= snap_mm) & (degree[stem] >= 3) & (net.pole[tip] < 0)
    if not tail.any():
        return net
    tip, stem, gone = tip[tail], stem[tail], last[tail]
    mended = mend("overshoot trimmed", net.row[gone], net.xy[tip], net.xy[stem])
    keep = np.ones(len(net.u), dtype=bool)
    keep[gone] = False
    return replace(net, u=net.u[keep], v=net.v[keep], row=net.row[keep], mended=(*net.mended, mended))


def join_crossings(net: Net, *, same_mm: float) -> Net:
    """Lines joined where they cross at a pole; where they cross without one, only listed."""
    if not len(net.u):
        return net
    # A later pass lists all crossings that are left.
    net = replace(net, mended=tuple(one for one in net.mended if one.kind != CROSSING))
    place = crossing_places(net.xy, net.u, net.v)
    if not len(place):
        return net
    at, span = _spans_within(net, place, CROSSING_MM)
    beside = np.flatnonzero(_around(net.xy, place, same_mm) & (net.degree() > 0))
    beside = distinct(np.concatenate([net.u[span], net.v[span], beside]))
    far, node = nearest(net.xy[beside], place[at])
    node = beside[node]
    joins = (far <= same_mm) & (net.u[span] != node) & (net.v[span] != node)
    share, _ = feet(net, net.xy[node[joins]], span[joins])
    joined = split_edges(net, span[joins], share, node[joins])
    lone = far > same_mm
    return replace(joined, mended=(*net.mended, _not_joined(net, place, at[lone], span[lone])))


def join_all_crossings(net: Net, *, same_mm: float) -> Net:
    """Lines joined wherever they cross, as roads do."""
    place = crossing_places(net.xy, net.u, net.v)
    at, span = _spans_within(net, place, CROSSING_MM)
    count = len(net.xy)
    share, _ = feet(net, place[at], span)
    grown = replace(
        net,
        xy=np.concatenate([net.xy, place]),
        pole=np.concatenate([net.pole, np.full(len(place), -1)]),
    )
    return merge_near(split_edges(grown, span, share, count + at), count, same_mm=same_mm)


def _not_joined(net: Net, place: Ints, at: Ints, span: Ints) -> Mended:
    """List each crossing once, with the rows of two lines that meet there."""
    row = np.where(net.row[span] >= 0, net.row[span], net.row_of_node()[net.u[span]])
    order = np.lexsort((row, at))
    at, row = at[order], row[order]
    spot, first, count = np.unique(at, return_index=True, return_counts=True)
    crossed = count >= 2
    first = first[crossed]
    xy = place[spot[crossed]]
    return mend(CROSSING, row[first], xy, xy, other=row[first + count[crossed] - 1])


def distinct_edges(net: Net, voltage: Ints) -> Net:
    """Each edge once, in drawing order; a line drawn twice at one voltage is listed.

    Parameters
    ----------
    net
        Edges in drawing order.
    voltage
        Number of the voltage of each row of the pole table; lower numbers win on shared poles.
    """
    ends = (np.minimum(net.u, net.v) << 32) + np.maximum(net.u, net.v)
    ordered = np.sort(ends)
    repeated = np.flatnonzero(among(ends, distinct(ordered[1:][ordered[1:] == ordered[:-1]])))
    if not len(repeated):
        return net
    ends, row = ends[repeated], net.row[repeated]
    grade = np.append(voltage, 0)[row]  # inferred edges have no row and are never doubled
    order = np.lexsort((row, grade, ends))
    again = np.zeros(len(order), dtype=bool)
    again[1:] = ends[order][1:] == ends[order][:-1]
    first = order[np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))]
    double = again & (row[order] != row[first]) & (grade[order] == grade[first])
    gone, stays = repeated[order[double]], row[first[double]]
    rows, earliest, inverse = np.unique(net.row[gone], return_index=True, return_inverse=True)
    length = length_mm(net.xy[net.u[gone]], net.xy[net.v[gone]])
    metres = np.bincount(inverse, weights=length, minlength=len(rows)) / MM_PER_M
    nowhere = np.zeros((len(rows), 2), dtype=np.int64)
    kind = "duplicate line removed"
    listed = Mended(kind, rows, stays[earliest], nowhere, nowhere, metres, whole_row=True)
    keep = without(len(net.u), repeated[order[again]])
    return replace(net, u=net.u[keep], v=net.v[keep], row=net.row[keep], mended=(*net.mended, listed))
