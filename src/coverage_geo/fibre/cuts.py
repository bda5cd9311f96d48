"""A lower bound on a tree's cost by directed cuts, in HiGHS where dual ascent leaves a gap."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, vstack

from coverage_geo.fibre.arcs import arcs_of
from coverage_geo.fibre.ascent import ascend, reach_from
from coverage_geo.fibre.separation import rows_of, short_of_ports, too_long, violated
from coverage_geo.fibre.steiner import INFINITE, SLACK

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.optimize import OptimizeResult

    from coverage_geo.fibre.arcs import Arcs, Light, Ports

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ROOTS = 8  # roots that dual ascent is tried from
LARGEST = 6_000  # arcs up to which HiGHS is asked
EXACT = 4_000  # arcs up to which it is asked for the best tree itself
PASSES = 60
STALL = 5, 1e-3  # passes after which the bound must have risen by such a share
WHOLE = 4  # trees in whole arcs asked for
NODES = 1_000  # of HiGHS's search for a tree in whole arcs
CLOSE = 1e-7  # share of the cost that counts as nothing
TIGHT = 1e-6


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
    near : numpy.ndarray or None
        Edges of a tree that costs little but breaks some limit.
    live : numpy.ndarray or None
        Edges that may be in a tree no dearer than the known one.
    tight : numpy.ndarray or None
        Mask of the edges whose cost the best ascent used up.
    """

    value: float
    tree: Ints | None
    by_clock: bool
    near: Ints | None = None
    live: Ints | None = None
    tight: Flags | None = None


def directed_bound(
    u: Ints,
    v: Ints,
    cost: Floats,
    prize: Floats,
    value: float,
    *,
    seconds: float,
    cutting: bool = True,
    largest: int = LARGEST,
    light: Light | None = None,
    ports: Ports | None = None,
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
    largest
        Arcs up to which it does.
    light
        How far light goes, from a node that must be inside.
    ports
        Ports that places take from those the root gives away, where all prizes are infinite. Light and
        ports may not be given together: what each asks of an edge may run in both directions.
    """
    end = time.monotonic() + seconds
    must = np.flatnonzero(np.isinf(prize))
    roots = must[np.linspace(0, len(must) - 1, min(ROOTS, len(must))).astype(int)] if len(must) else [0]
    limits = [limit for limit in (light, ports) if limit is not None]
    if limits:
        roots = [limits[0].root]
    live = np.arange(len(u))
    best, tight = -INFINITE, np.zeros(len(u), dtype=bool)
    arcs: Arcs | None = None
    cuts = rows_of(np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64), 0)
    for root in roots:
        arcs = arcs_of(u, v, cost, prize, live, root=int(root), value=value, light=light, ports=ports)
        bound, left, begin, member = ascend(
            *arcs.into(),
            arcs.tail,
            arcs.head,
            arcs.cost,
            arcs.root,
            arcs.terminals,
            arcs.length,
            arcs.near,
            arcs.reach,
        )
        if bound - arcs.shift > best:
            best, tight = bound - arcs.shift, _used_up(arcs, left, len(u))
        kept = _worthwhile(arcs, left, bound, value + arcs.shift)
        cuts = rows_of(begin, member, len(arcs.tail))[:, kept]
        arcs = arcs.only(kept)
        on = np.unique(arcs.edge)
        live = on[on >= 0]
        if time.monotonic() > end:
            return Bound(min(best, value), None, by_clock=True)
    if arcs is None or not cutting or best >= value - 1e-9 * abs(value) or len(arcs.tail) > largest:
        return Bound(min(best, value), None, by_clock=False, live=live, tight=tight)
    whole = _cut_bound(arcs.with_one_entry(), cuts, best, value, end=end)
    nothing = float(prize.sum())  # the empty tree, where it is allowed, leaves all prizes out
    return replace(whole if whole.value <= nothing else Bound(nothing, None, by_clock=False), live=live)


def _used_up(arcs: Arcs, left: Floats, count: int) -> Flags:
    """Mask of the edges that have an arc without cost left."""
    mask = np.zeros(count, dtype=bool)
    used = arcs.edge[left <= SLACK]
    mask[used[used >= 0]] = True
    return mask


def _worthwhile(arcs: Arcs, left: Floats, bound: float, value: float) -> Flags:
    """Arcs that may be in a tree as cheap as the value: the costs left on a way through them say so."""
    first = np.array([arcs.root])
    come = reach_from(arcs.count, arcs.tail, arcs.head, left, first)
    go = reach_from(arcs.count, arcs.head, arcs.tail, left, arcs.terminals)
    kept = bound + come[arcs.tail] + left + go[arcs.head] <= value * (1 + 1e-9)
    return np.asarray(kept & (arcs.head != arcs.root), dtype=bool)


def _cut_bound(arcs: Arcs, cuts: csr_array, best: float, value: float, *, end: float) -> Bound:
    """Cuts added where the cheapest fractional tree violates them; then the same with whole arcs.

    Cuts that no longer hold the tree up are dropped, and so are arcs too dear for a tree below the value.
    """
    risen: list[float] = []
    for _ in range(PASSES):
        left = end - time.monotonic()
        if left <= 0.05:
            return Bound(min(best, value), None, by_clock=True)
        found = _fractional(arcs, cuts, left)
        if found.status != 0:
            return Bound(min(best, value), None, by_clock=found.status == 1)
        best = max(best, float(found.fun) - arcs.shift)
        if best >= value - CLOSE * abs(value):
            return Bound(value, None, by_clock=False)
        new = _new_cuts(arcs, found.x)
        cuts = vstack([cuts[cuts @ found.x < 1 + TIGHT], new], format="csr")
        kept = found.fun + found.lower.marginals <= (value + arcs.shift) * (1 + CLOSE)
        arcs, cuts = arcs.only(kept), cuts[:, kept]
        risen.append(best)
        stalled = len(risen) > STALL[0] and best - risen[-1 - STALL[0]] < STALL[1] * abs(value)
        if new.shape[0] == 0 or stalled:
            break
    if len(arcs.tail) > EXACT:
        return Bound(min(best, value), None, by_clock=False)
    return _whole(arcs, cuts, best, value, end=end)


def _new_cuts(arcs: Arcs, x: Floats) -> csr_array:
    """Cuts that a tree violates; those for light when it violates no others."""
    new = vstack([violated(arcs, x), short_of_ports(arcs, x)], format="csr")
    return new if new.shape[0] else too_long(arcs, x)


def _fractional(arcs: Arcs, cuts: csr_array, seconds: float) -> OptimizeResult:
    """Cheapest tree in fractions that satisfies the cuts so far."""
    from scipy.optimize import linprog  # noqa: PLC0415  slow to import

    flow = _flow_rows(arcs)
    entry = csr_array(arcs.entry[None, :].astype(float)) if arcs.entry.any() else None
    found: OptimizeResult = linprog(  # type: ignore[call-overload]  # its stub knows no sparse matrices
        arcs.cost,
        A_ub=vstack([-cuts, flow], format="csr"),
        b_ub=np.concatenate([np.full(cuts.shape[0], -1.0), np.zeros(flow.shape[0])]),
        A_eq=entry,
        b_eq=None if entry is None else [1.0],
        bounds=(0, 1),
        method="highs",
        options={"time_limit": seconds},
    )
    return found


def _in_whole_arcs(arcs: Arcs, cuts: csr_array, seconds: float) -> OptimizeResult:
    """Cheapest tree in whole arcs that satisfies the cuts so far."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415  slow to import

    constraints = [LinearConstraint(cuts, lb=1), LinearConstraint(_flow_rows(arcs), ub=0)]
    if arcs.entry.any():
        constraints.append(LinearConstraint(csr_array(arcs.entry[None, :].astype(float)), lb=1, ub=1))
    return milp(
        arcs.cost,
        integrality=np.ones(len(arcs.cost), dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=constraints,
        options={"time_limit": seconds, "mip_rel_gap": 1e-9, "node_limit": NODES},
    )


def _flow_rows(arcs: Arcs) -> csr_array:
    """At a node that is no terminal no more comes in than goes out (as rows that stay below 0).

    Not so with ports: a node may be fed from two sides by ways that go on as one.
    """
    inner = np.full(arcs.count, arcs.ports is None)
    inner[arcs.terminals] = False
    inner[arcs.root] = False
    width = len(arcs.tail)
    ends = np.concatenate([arcs.head, arcs.tail])
    sign = np.repeat([1.0, -1.0], width)
    here = inner[ends]
    at = np.tile(np.arange(width), 2)
    whole = csr_array((sign[here], (ends[here], at[here])), shape=(arcs.count, width))
    return whole[np.flatnonzero(inner)]


def _whole(arcs: Arcs, cuts: csr_array, best: float, value: float, *, end: float) -> Bound:
    """The best tree itself: whole arcs, with cuts added until everything hangs together."""
    near: Ints | None = None
    for _ in range(WHOLE):
        left = end - time.monotonic()
        if left <= 0.05:
            return Bound(min(best, value), None, by_clock=True, near=near)
        found = _in_whole_arcs(arcs, cuts, left)
        if found.mip_dual_bound is not None and math.isfinite(found.mip_dual_bound):
            best = max(best, float(found.mip_dual_bound) - arcs.shift)
        if best >= value - CLOSE * abs(value):
            return Bound(value, None, by_clock=False)
        if found.status != 0 or found.x is None:
            return Bound(min(best, value), None, by_clock=found.status == 1, near=near)
        x = np.rint(found.x)
        new = _new_cuts(arcs, x)
        on = np.unique(arcs.edge[x > 0.5])
        near = on[on >= 0]
        if new.shape[0] == 0:
            return Bound(best, near, by_clock=False)
        cuts = vstack([cuts, new], format="csr")
    return Bound(min(best, value), None, by_clock=False, near=near)
