"""Roads as a second corridor for cable: new poles along them where no pole line runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import connected_components, dijkstra

from coverage_geo.fibre.edge_grid import counted, edges_within, keys
from coverage_geo.fibre.noding import (
    MM_PER_M,
    Mended,
    Net,
    adjacency,
    distinct,
    distinct_edges,
    feet,
    join_all_crossings,
    join_ends,
    length_mm,
    lines_to_net,
    mend,
    merge_near,
    nearest,
    split_edges,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_geo.fibre.spans import Allowed

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

JOINED = "road joined"
LEFT_OUT = "road left out"


@dataclass(frozen=True, slots=True)
class Lie:
    """How roads and standing poles are laid together.

    Attributes
    ----------
    snap_mm, same_mm : float
        As for pole lines.
    reach_mm : float
        How far a pole may stand from the middle of the road it is joined to, [mm].
    span_mm : float
        Longest span between new poles along a road, [mm].
    allowed : callable
        Says of pairs (start, end) [mm] whether a span may run there.
    """

    snap_mm: float
    same_mm: float
    reach_mm: float
    span_mm: float
    allowed: Allowed


@dataclass(frozen=True, slots=True)
class RoadSpans:
    """Spans along roads, from standing pole to new pole to standing pole.

    Attributes
    ----------
    xy : numpy.ndarray
        Shape (k, 2): new poles, [mm].
    u, v : numpy.ndarray
        Shape (m,): ends of each span: a standing pole, or the count of standing nodes plus a new pole.
    new_poles : numpy.ndarray
        Shape (m,): 1, but 0 for the middle span of a stretch between two standing poles, so that a cable
        right through counts each new pole once.
    mended : tuple of Mended
        Poles joined to a road (rows of poles and roads), and roads left out.
    """

    xy: Ints
    u: Ints
    v: Ints
    new_poles: Ints
    mended: tuple[Mended, ...]


def road_spans(standing: Net, usable: Flags, vertices: Ints, road: Ints, lie: Lie) -> RoadSpans:
    """Spans with new poles along roads, joined to the standing poles beside them.

    Roads join each other wherever they cross or end near each other. Left out are stretches along which a
    pole line runs already, and spans that are not allowed, which are listed.

    Parameters
    ----------
    standing
        Poles and spans there are, sorted.
    usable
        Whether cable may hang on each pole.
    vertices, road
        Vertices of all roads in drawing order, [mm], and the row that each belongs to.
    lie
        Distances and rules.
    """
    count = len(standing.xy)
    net, joins = _laid_together(standing, usable, _noded(vertices, road, lie), lie)
    chains = _chains(net, count)
    spans = _with_new_poles(net, chains, count, lie.span_mm)
    spans = _where_no_line_runs(spans, standing, lie.reach_mm)
    spans, left_out = _where_allowed(spans, chains.row, lie.allowed)
    used = np.isin(joins.node, np.concatenate([spans.u, spans.v]))
    joined = mend(
        JOINED, joins.pole[used], standing.xy[joins.node[used]], joins.foot[used], other=joins.road[used]
    )
    return _tidied(spans, count, (joined, left_out))


def _noded(vertices: Ints, road: Ints, lie: Lie) -> Net:
    """Roads joined wherever they cross or end near each other."""
    one_kind = np.zeros(int(road.max(initial=-1)) + 1, dtype=np.int64)
    net = distinct_edges(lines_to_net(vertices, road, same_mm=lie.same_mm), one_kind)
    net = merge_near(join_ends(net, snap_mm=lie.snap_mm), len(net.xy), same_mm=lie.same_mm)
    net = join_all_crossings(distinct_edges(net, one_kind), same_mm=lie.same_mm)
    return distinct_edges(net, one_kind)


@dataclass(frozen=True, slots=True)
class _Joins:
    """Standing poles joined to roads: node, row of the pole, row of the road, place on the road."""

    node: Ints
    pole: Ints
    road: Ints
    foot: Ints


def _laid_together(standing: Net, usable: Flags, roads: Net, lie: Lie) -> tuple[Net, _Joins]:
    """Roads that run through the standing poles beside them; nodes of roads come after the poles."""
    count = len(standing.xy)
    poles = np.flatnonzero(usable)
    far, at = nearest(standing.xy[poles], roads.xy, lie.same_mm) if len(poles) else (np.empty(0), poles)
    node = count + np.arange(len(roads.xy))
    same = np.flatnonzero(np.isfinite(far))
    node[same] = poles[at[same]]
    u, v = node[roads.u], node[roads.v]
    keep = u != v
    net = Net(
        np.concatenate([standing.xy, roads.xy]),
        np.full(count + len(roads.xy), -1),
        u[keep],
        v[keep],
        roads.row[keep],
    )
    beside = poles[~np.isin(poles, node[same])]
    pole, edge, _ = edges_within(net.xy, net.u, net.v, standing.xy[beside], lie.reach_mm)
    pole, first = np.unique(pole, return_index=True)
    pole, edge = beside[pole], edge[first]
    share, foot = feet(net, net.xy[pole], edge)
    joined = np.concatenate([node[same], pole])
    joins = _Joins(
        joined,
        standing.row_of_node()[joined],
        np.concatenate([roads.row_of_node()[same], net.row[edge]]),
        np.concatenate([roads.xy[same], foot]),
    )
    return split_edges(net, edge, share, pole), joins


@dataclass(frozen=True, slots=True)
class _Chains:
    """Stretches of road between junctions, ends and standing poles.

    `node` lists the nodes of each stretch in order, the first and last included, with the stretch each
    belongs to and how far along it lies [mm]; `row` is the road of each stretch.
    """

    node: Ints
    chain: Ints
    along: Ints
    row: Ints


def _chains(net: Net, standing: int) -> _Chains:
    order = np.lexsort((keys(net.xy[net.v]), keys(net.xy[net.u])))
    u, v, row = net.u[order], net.v[order], net.row[order]
    used = distinct(np.concatenate([u, v]))
    used = used[np.argsort(keys(net.xy[used]), kind="stable")]
    number = np.full(len(net.xy), -1)
    number[used] = np.arange(len(used))
    u, v = number[u], number[v]
    count, edges = len(used), np.arange(len(u))
    parting = (np.bincount(np.concatenate([u, v]), minlength=count) != 2) | (used < standing)
    parting = _with_one_in_each_ring(parting, u, v)
    # Each edge gets its own copy of a node at which roads part: what hangs together then is one stretch.
    start = np.where(parting[u], count + 2 * edges, u)
    stop = np.where(parting[v], count + 2 * edges + 1, v)
    original = np.concatenate([np.arange(count), np.stack([u, v], axis=1).ravel()])
    length = length_mm(net.xy[used[u]], net.xy[used[v]]).astype(float)
    graph = adjacency(
        len(original), np.append(start, stop), np.append(stop, start), np.append(length, length)
    )
    label = connected_components(graph, directed=False)[1].astype(np.int64)
    there = distinct(np.concatenate([start, stop]))
    ends = there[there >= count]
    ends = ends[np.lexsort((ends, original[ends], label[ends]))]
    if not len(ends):
        nobody = np.empty(0, dtype=np.int64)
        return _Chains(nobody, nobody, nobody, nobody)
    along = dijkstra(graph, indices=ends[::2], min_only=True)
    there = there[np.lexsort((along[there], label[there]))]
    chain = np.unique(label[there], return_inverse=True)[1]
    road = np.full(int(label.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(road, label[start], row)
    return _Chains(used[original[there]], chain, along[there].astype(np.int64), road[distinct(label[there])])


def _with_one_in_each_ring(parting: Flags, u: Ints, v: Ints) -> Flags:
    """Nodes at which roads part, and the first node of every ring that has none."""
    _, ring = connected_components(adjacency(len(parting), u, v, np.ones(len(u))), directed=False)
    _, first = np.unique(ring, return_index=True)
    lone = np.bincount(ring, weights=parting, minlength=len(first)) == 0
    parted = parting.copy()
    parted[first[lone]] = True
    return parted


@dataclass(frozen=True, slots=True)
class _Spans:
    """Spans of stretches: places of all nodes, and the ends, stretch and new poles of each span."""

    xy: Ints
    u: Ints
    v: Ints
    chain: Ints
    new_poles: Ints

    def only(self, kept: Flags) -> _Spans:
        return _Spans(self.xy, self.u[kept], self.v[kept], self.chain[kept], self.new_poles[kept])


def _with_new_poles(net: Net, chains: _Chains, standing: int, span_mm: float) -> _Spans:
    """Each stretch as spans of one length, the longest within the limit."""
    if not len(chains.chain):
        none = np.empty(0, dtype=np.int64)
        return _Spans(net.xy, none, none, none, none)
    first = np.flatnonzero(np.diff(chains.chain, prepend=-1))
    last = np.append(first[1:], len(chains.chain))[: len(first)] - 1
    length = chains.along[last]
    spans = np.maximum(np.ceil(length / span_mm).astype(np.int64), 1)
    chain = np.repeat(np.arange(len(spans)), spans + 1)
    step = counted(chain)
    begins = np.append(0, np.cumsum(length + 1))[:-1]  # stretches one after the other on one axis
    at = begins[chain] + step * (length / spans)[chain]
    along = begins[chains.chain] + chains.along
    place = np.column_stack([np.interp(at, along, axis) for axis in net.xy[chains.node].T.astype(float)])
    inner = (step > 0) & (step < spans[chain])
    node = np.where(step == 0, chains.node[first][chain], chains.node[last][chain])
    node[inner] = len(net.xy) + np.arange(int(inner.sum()))
    begin = np.flatnonzero(step < spans[chain])
    of = chain[begin]
    right_through = (chains.node[first] < standing) & (chains.node[last] < standing)
    middle = right_through[of] & (step[begin] == (spans[of] - 1) // 2)
    xy = np.concatenate([net.xy, np.rint(place[inner]).astype(np.int64)])
    return _Spans(xy, node[begin], node[begin + 1], of, np.where(middle, 0, 1))


def _where_no_line_runs(spans: _Spans, standing: Net, reach_mm: float) -> _Spans:
    """Spans without stretches beside a pole line that lead from it back to it, or nowhere."""
    count = len(standing.xy)
    graph = adjacency(count, standing.u, standing.v, np.ones(len(standing.u)))
    part = np.append(connected_components(graph, directed=False)[1], -1)
    nodes = np.concatenate([spans.u, spans.v])
    chain = np.concatenate([spans.chain, spans.chain])
    degree = np.bincount(nodes, minlength=len(spans.xy))
    new = nodes >= count
    parts = np.where(new, -1, part[np.minimum(nodes, count)])
    low = np.full(int(chain.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    high, parting = np.full(len(low), -1), np.zeros(len(low), dtype=bool)
    np.minimum.at(low, chain[~new], parts[~new])
    np.maximum.at(high, chain[~new], parts[~new])
    parting[chain[new & (degree[nodes] > 2)]] = True
    back = (low == high) & ~parting
    asked = distinct(nodes[new & back[chain]])
    at, _, _ = edges_within(standing.xy, standing.u, standing.v, spans.xy[asked], reach_mm)
    beside = np.zeros(len(spans.xy), dtype=bool)
    beside[asked[at]] = True
    back[chain[new & ~beside[nodes]]] = False
    return spans.only(~back[spans.chain])


def _where_allowed(spans: _Spans, road: Ints, allowed: Allowed) -> tuple[_Spans, Mended]:
    """Spans that are allowed, and a repair for each road of which some are not."""
    start, end = spans.xy[spans.u], spans.xy[spans.v]
    may = allowed(start, end)
    rows, inverse = np.unique(road[spans.chain[~may]], return_inverse=True)
    metres = np.bincount(inverse, weights=length_mm(start[~may], end[~may]), minlength=len(rows)) / MM_PER_M
    nowhere = np.zeros((len(rows), 2), dtype=np.int64)
    nobody = np.full(len(rows), -1)
    return spans.only(may), Mended(LEFT_OUT, rows, nobody, nowhere, nowhere, metres, whole_row=True)


def _tidied(spans: _Spans, standing: int, mended: tuple[Mended, ...]) -> RoadSpans:
    """Each span once, from the lower end to the higher one; new poles sorted by position."""
    new = distinct(np.concatenate([spans.u, spans.v]))
    new = new[new >= standing]
    new = new[np.argsort(keys(spans.xy[new]), kind="stable")]
    number = np.arange(len(spans.xy))
    number[new] = standing + np.arange(len(new))
    u, v = (
        (number[np.stack([spans.u, spans.v])]).min(axis=0),
        number[np.stack([spans.u, spans.v])].max(axis=0),
    )
    order = np.lexsort((spans.new_poles, v, u))
    order = order[u[order] != v[order]]
    order = order[np.flatnonzero(np.diff((u[order] << 32) + v[order], prepend=-1))]
    return RoadSpans(spans.xy[new], u[order], v[order], spans.new_poles[order], mended)
