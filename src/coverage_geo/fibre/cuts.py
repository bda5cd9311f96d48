"""A lower bound on a tree's cost by directed cuts, in HiGHS where dual ascent leaves a gap."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from coverage_geo.fibre.ascent import Light, ascend, reach_from
from coverage_geo.fibre.noding import adjacency
from coverage_geo.fibre.steiner import INFINITE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.optimize import OptimizeResult

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ROOTS = 8  # roots that dual ascent is tried from
LARGEST = 6_000  # arcs up to which HiGHS is asked
EXACT = 4_000  # arcs up to which it is asked for the best tree itself
PASSES = 80
UNITS = 1_000_000  # flow of a whole arc, for scipy's integer flow
VIOLATED = 0.99
NESTED = 12


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """The problem as arcs from a root to terminals, each of which must be reached.

    Attributes
    ----------
    count : int
        Number of nodes.
    tail, head, cost : numpy.ndarray
        Arcs.
    edge : numpy.ndarray
        Edge of the graph each arc runs along, -1 for an arc that stands for an unpaid prize.
    root : int
        Node everything hangs on.
    terminals : numpy.ndarray
        Nodes to reach.
    shift : float
        What the arcs cost more than the tree.
    entry : numpy.ndarray
        Arcs from an artificial root to the first node of the tree: one of them is taken.
    length : numpy.ndarray
        Length of each arc; 0 where light has no limit.
    near : numpy.ndarray
        Shortest way from the root to each node.
    reach : numpy.ndarray
        Longest way to each terminal.
    """

    count: int
    tail: Ints
    head: Ints
    cost: Floats
    edge: Ints
    root: int
    terminals: Ints
    shift: float
    entry: Flags
    length: Floats
    near: Floats
    reach: Floats

    def only(self, kept: Flags) -> Arcs:
        """Return the problem with some arcs only."""
        return replace(
            self,
            tail=self.tail[kept],
            head=self.head[kept],
            cost=self.cost[kept],
            edge=self.edge[kept],
            entry=self.entry[kept],
            length=self.length[kept],
        )

    def with_one_entry(self) -> Arcs:
        """Return the problem with free arcs from the artificial root, of which one must be taken."""
        return replace(self, cost=np.where(self.entry, 0.0, self.cost), shift=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A lower bound, and a tree of that cost when one was found on the way.

    Attributes
    ----------
    value : float
        No tree costs less.
    tree : numpy.ndarray or None
        Edges of the best tree, when the bound is its cost.
    by_clock : bool
        Whether the clock ended the work.
    """

    value: float
    tree: Ints | None
    by_clock: bool


def arcs_of(
    u: Ints,
    v: Ints,
    cost: Floats,
    prize: Floats,
    live: Ints,
    *,
    root: int,
    value: float,
    light: Light | None = None,
) -> Arcs:
    """Arcs of the live edges, and for each optional prize a node that its edge or a fine reaches.

    Without a node that must be inside, an artificial root pays `value` for the first node of the tree.
    """
    count = len(prize)
    optional = np.flatnonzero((prize > 0) & np.isfinite(prize))
    twin = count + np.arange(len(optional))
    must = np.flatnonzero(np.isinf(prize))
    tail, head = [u[live], v[live], optional], [v[live], u[live], twin]
    price, edge = [cost[live], cost[live], np.zeros(len(twin))], [live, live, np.full(len(twin), -1)]
    total, shift = count + len(twin), 0.0
    if not len(must):
        root, total, shift = total, total + 1, value
        tail.append(np.full(len(optional), root))
        head.append(optional)
        price.append(np.full(len(optional), value))
        edge.append(np.full(len(optional), -1))
    tail.append(np.full(len(twin), root))
    head.append(twin)
    price.append(prize[optional])
    edge.append(np.full(len(twin), -1))
    goals = np.concatenate([must[must != root], twin])
    tails, heads = np.concatenate(tail), np.concatenate(head)
    entry = (tails == root) & (heads < count) & (shift > 0)
    costs, edges = np.concatenate(price), np.concatenate(edge)
    length, near = np.zeros(len(tails)), np.zeros(total)
    reach = np.full(len(goals), INFINITE)
    if light is not None:
        length = np.where(edges >= 0, light.length[edges], 0.0)
        near = reach_from(total, tails, heads, length, np.array([root]))
        place = np.concatenate([must[must != root], optional])
        reach = np.minimum(light.reach[place], INFINITE)
    return Arcs(
        total,
        tails,
        heads,
        costs,
        edges,
        root,
        goals,
        shift=shift,
        entry=entry,
        length=length,
        near=near,
        reach=reach,
    )


def directed_bound(
    u: Ints,
    v: Ints,
    cost: Floats,
    prize: Floats,
    value: float,
    *,
    seconds: float,
    cutting: bool = True,
    light: Light | None = None,
) -> Bound:
    """Lower bound on the best tree, from dual ascent and then directed cuts.

    Parameters
    ----------
    u, v, cost
        Edges.
    prize
        What it costs to leave each node out; infinite where it must be inside.
    value
        Cost of a known tree.
    seconds
        How long to work at most.
    cutting
        Whether to go on with cuts in HiGHS where dual ascent leaves a gap.
    light
        How far light goes, from a node that must be inside.
    """
    end = time.monotonic() + seconds
    must = np.flatnonzero(np.isinf(prize))
    roots = must[np.linspace(0, len(must) - 1, min(ROOTS, len(must))).astype(int)] if len(must) else [0]
    if light is not None:
        roots = [light.root]
    live = np.arange(len(u))
    best = -INFINITE
    arcs: Arcs | None = None
    cuts = _rows(np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64), 0)
    for root in roots:
        arcs = arcs_of(u, v, cost, prize, live, root=int(root), value=value, light=light)
        bound, left, begin, member = ascend(
            arcs.count,
            arcs.tail,
            arcs.head,
            arcs.cost,
            arcs.root,
            arcs.terminals,
            arcs.length,
            arcs.near,
            arcs.reach,
        )
        best = max(best, bound - arcs.shift)
        kept = _worthwhile(arcs, left, bound, value + arcs.shift)
        cuts = _rows(begin, member, len(arcs.tail))[:, kept]
        arcs = arcs.only(kept)
        on = np.unique(arcs.edge)
        live = on[on >= 0]
        if time.monotonic() > end:
            return Bound(min(best, value), None, by_clock=True)
    if arcs is None or not cutting or best >= value - 1e-9 * abs(value) or len(arcs.tail) > LARGEST:
        return Bound(min(best, value), None, by_clock=False)
    whole = _cut_bound(arcs.with_one_entry(), cuts, best, value, end=end)
    nothing = float(prize.sum())  # the empty tree, where it is allowed, leaves all prizes out
    return whole if whole.value <= nothing else replace(whole, value=nothing, tree=None)


def _worthwhile(arcs: Arcs, left: Floats, bound: float, value: float) -> Flags:
    """Arcs that may be in a tree as cheap as the value: the costs left on a way through them say so."""
    first = np.array([arcs.root])
    come = reach_from(arcs.count, arcs.tail, arcs.head, left, first)
    go = reach_from(arcs.count, arcs.head, arcs.tail, left, arcs.terminals)
    kept = bound + come[arcs.tail] + left + go[arcs.head] <= value * (1 + 1e-9)
    return np.asarray(kept & (arcs.head != arcs.root), dtype=bool)


def _rows(begin: Ints, member: Ints, width: int) -> csr_array:
    return csr_array((np.ones(len(member)), member, begin), shape=(len(begin) - 1, width))


def _cut_bound(arcs: Arcs, cuts: csr_array, best: float, value: float, *, end: float) -> Bound:
    """Cuts added where the cheapest fractional tree violates them; then the same with whole arcs."""
    width = len(arcs.tail)
    flow = _flow_rows(arcs)
    rows = [cuts]
    for _ in range(PASSES):
        left = end - time.monotonic()
        if left <= 0.05:
            return Bound(min(best, value), None, by_clock=True)
        found = _solved(arcs, vstack(rows, format="csr"), flow, left, whole=False)
        if found.status != 0:
            return Bound(min(best, value), None, by_clock=found.status == 1)
        best = max(best, float(found.fun) - arcs.shift)
        if best >= value - 1e-7 * abs(value):
            return Bound(value, None, by_clock=False)
        new = _violated(arcs, found.x)
        if new.shape[0] == 0:
            break
        rows.append(new)
    if width > EXACT:
        return Bound(min(best, value), None, by_clock=False)
    return _whole(arcs, vstack(rows, format="csr"), flow, best, value, end=end)


def _solved(arcs: Arcs, rows: csr_array, flow: csr_array, seconds: float, *, whole: bool) -> OptimizeResult:
    """Cheapest tree, in whole arcs or in fractions, that satisfies the cuts so far."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415  slow to import

    constraints = [LinearConstraint(rows, lb=1), LinearConstraint(flow, ub=0)]
    if arcs.entry.any():
        constraints.append(LinearConstraint(csr_array(arcs.entry[None, :].astype(float)), lb=1, ub=1))
    return milp(
        arcs.cost,
        integrality=np.full(len(arcs.cost), int(whole)),
        bounds=Bounds(0, 1),
        constraints=constraints,
        options={"time_limit": seconds, "mip_rel_gap": 1e-9},
    )


def _flow_rows(arcs: Arcs) -> csr_array:
    """At a node that is no terminal no more comes in than goes out (as rows that stay below 0)."""
    inner = np.ones(arcs.count, dtype=bool)
    inner[arcs.terminals] = False
    inner[arcs.root] = False
    width = len(arcs.tail)
    ends = np.concatenate([arcs.head, arcs.tail])
    sign = np.repeat([1.0, -1.0], width)
    here = inner[ends]
    at = np.tile(np.arange(width), 2)
    whole = csr_array((sign[here], (ends[here], at[here])), shape=(arcs.count, width))
    return whole[np.flatnonzero(inner)]


def _violated(arcs: Arcs, x: Floats) -> csr_array:
    """Cuts that a fractional tree violates: for each terminal the least cut between root and terminal."""
    # A trickle on every arc: of cuts equally violated the one with fewest arcs is found.
    whole = np.rint(np.clip(x, 0, 1) * UNITS).astype(np.int32) + 1
    found: list[Ints] = []
    for terminal in arcs.terminals.tolist():
        room = whole.copy()
        for _ in range(NESTED):
            graph = adjacency(arcs.count, arcs.tail, arcs.head, room)
            flow = maximum_flow(graph, arcs.root, terminal)
            if flow.flow_value >= VIOLATED * UNITS:
                break
            rest = csr_array(graph - flow.flow)
            rest.data[rest.data < 0] = 0
            rest.eliminate_zeros()
            near = np.zeros(arcs.count, dtype=bool)
            near[breadth_first_order(rest, arcs.root, return_predecessors=False)] = True
            far = np.zeros(arcs.count, dtype=bool)
            far[breadth_first_order(csr_array(rest.T), terminal, return_predecessors=False)] = True
            for inside in (far, ~near):
                cut = np.flatnonzero(inside[arcs.head] & ~inside[arcs.tail])
                found.append(cut)
                room[cut] = UNITS
    return _unique_rows(found, len(arcs.tail))


def _unique_rows(found: list[Ints], width: int) -> csr_array:
    distinct = {cut.tobytes(): cut for cut in found}
    begin = np.concatenate([[0], np.cumsum([len(cut) for cut in distinct.values()])]).astype(np.int64)
    return _rows(begin, np.concatenate([np.empty(0, dtype=np.int64), *distinct.values()]), width)


def _whole(arcs: Arcs, rows: csr_array, flow: csr_array, best: float, value: float, *, end: float) -> Bound:
    """The best tree itself: whole arcs, with cuts added until everything hangs together."""
    for _ in range(PASSES):
        left = end - time.monotonic()
        if left <= 0.05:
            return Bound(min(best, value), None, by_clock=True)
        found = _solved(arcs, rows, flow, left, whole=True)
        if found.mip_dual_bound is not None and math.isfinite(found.mip_dual_bound):
            best = max(best, float(found.mip_dual_bound) - arcs.shift)
        if best >= value - 1e-7 * abs(value):
            return Bound(value, None, by_clock=False)
        if found.status != 0 or found.x is None:
            return Bound(min(best, value), None, by_clock=found.status == 1)
        new = _violated(arcs, np.rint(found.x))
        if new.shape[0] == 0:
            chosen = np.unique(arcs.edge[found.x > 0.5])
            return Bound(best, chosen[chosen >= 0], by_clock=False)
        rows = vstack([rows, new], format="csr")
    return Bound(min(best, value), None, by_clock=False)
