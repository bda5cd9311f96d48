"""Dual ascent: a lower bound on the cost of a tree, and what is left of each arc's cost.

Wong's ascent for the Steiner arborescence problem: while some terminal cannot be reached from the root
over arcs whose cost is used up, the arcs into the set of nodes that lead to it give up cost, all alike,
until one has none left. What the sets give up is a lower bound; what is left of the arcs' costs says
which can be in no tree cheaper than a known one. Where light limits the way to a terminal, only arcs on
some way short enough give up cost, and a terminal is reached when a way short enough is used up.

References
----------
R. T. Wong, "A dual ascent approach for Steiner tree problems on a directed graph", Mathematical
Programming 28 (1984); T. Pajor, E. Uchoa, R. F. Werneck, "A robust and scalable algorithm for the Steiner
problem in graphs", Mathematical Programming Computation 10 (2018), for the order of the terminals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from coverage_geo.fibre.steiner import INFINITE, SLACK, layout, pop, push, shortest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@njit(cache=True)
def _lead_in(
    start: Ints,
    arc: Ints,
    tail: Ints,
    length: Floats,
    near: Floats,
    left: Floats,
    reach: float,
    deep: Floats,
    member: Ints,
    members: int,
    todo: Ints,
    waiting: int,
    waits: Flags,
    active: Flags,
) -> tuple[int, bool]:
    """Take in all nodes that lead to the set's over used-up arcs, within the reach of light.

    `deep` is the length from each of the set's nodes to its terminal, infinite outside; `todo` holds the
    nodes to look at, as a ring, and `waits` marks them. Returns how many members there are, and whether an
    active node came in, which ends the work.
    """
    size, first = len(deep), 0
    for at in range(waiting):
        waits[todo[at]] = True
    ended = False
    while waiting > 0:
        node = todo[first]
        first, waiting = (first + 1) % size, waiting - 1
        waits[node] = False
        for at in range(start[node], start[node + 1]):
            before, through = tail[arc[at]], deep[node] + length[arc[at]]
            if ended or left[arc[at]] > SLACK or through >= deep[before] or near[before] + through > reach:
                continue
            if deep[before] == INFINITE:
                member[members] = before
                members += 1
                ended = active[before]
            deep[before] = through
            if not waits[before]:
                waits[before] = True
                todo[(first + waiting) % size] = before
                waiting += 1
    return members, ended


@njit(cache=True)
def _cut(
    start: Ints,
    arc: Ints,
    tail: Ints,
    length: Floats,
    near: Floats,
    left: Floats,
    reach: float,
    deep: Floats,
    member: Ints,
    members: int,
    cut: Ints,
) -> tuple[int, float]:
    """Collect the arcs by which a way short enough can come in: how many, and the least cost left."""
    size, least = 0, INFINITE
    for place in range(members):
        node = member[place]
        for at in range(start[node], start[node + 1]):
            through = deep[node] + length[arc[at]]
            if through < deep[tail[arc[at]]] and near[tail[arc[at]]] + through <= reach:
                cut[size] = arc[at]
                size += 1
                least = min(least, left[arc[at]])
    return size, least


@njit(cache=True)
def _lower(left: Floats, least: float, cut: Ints, size: int, head: Ints, todo: Ints) -> int:
    """Take the least cost from a cut's arcs; returns how many nodes to look at."""
    waiting = 0
    for at in range(size):
        left[cut[at]] -= least
        node = head[cut[at]]
        if left[cut[at]] <= SLACK and (waiting == 0 or todo[waiting - 1] != node):
            todo[waiting] = node
            waiting += 1
    return waiting


@njit(cache=True)
def _with_cut(begin: Ints, member: Ints, cuts: int, cut: Ints, size: int) -> tuple[Ints, Ints]:
    """Cuts strung together, and one more; in the same arrays while there is room."""
    end = begin[cuts] + size
    if end > len(member):
        wider = np.empty(2 * end, dtype=np.int64)
        for at in range(begin[cuts]):
            wider[at] = member[at]
        member = wider
    if cuts + 2 > len(begin):
        longer = np.zeros(2 * len(begin), dtype=np.int64)
        for at in range(cuts + 1):
            longer[at] = begin[at]
        begin = longer
    for at in range(size):
        member[begin[cuts] + at] = cut[at]
    begin[cuts + 1] = end
    return begin, member


@njit(cache=True)
def ascend(
    start: Ints,
    arc: Ints,
    tail: Ints,
    head: Ints,
    cost: Floats,
    root: int,
    terminals: Ints,
    length: Floats,
    near: Floats,
    reach: Floats,
) -> tuple[float, Floats, Ints, Ints]:
    """Lower bound on an arborescence from the root to all terminals, and the costs left.

    Also returns the sets of arcs (cuts) that gave up cost, strung together: `begin` and `member`. The
    bound is infinite when nothing leads to some terminal.

    Parameters
    ----------
    start, arc
        Arcs into each node: those of node v are at `start[v]` to `start[v + 1]` of `arc`.
    tail, head, cost
        Arcs, shape (m,); cost 0 or more.
    root
        Node that everything hangs on.
    terminals
        Nodes to reach.
    length, near
        Length of each arc, shape (m,), and shortest way from the root to each node, shape (n,).
    reach
        Longest way allowed to each terminal; infinite without limit.
    """
    count = len(start) - 1
    left = cost.copy()
    bound = 0.0
    deep = np.full(count, INFINITE)
    set_of, todo, cut = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(len(tail), np.int64)
    key, item = np.empty(len(terminals) + 1), np.empty(len(terminals) + 1, dtype=np.int64)
    begin, member = np.zeros(1024, dtype=np.int64), np.empty(65536, dtype=np.int64)
    cuts = 0
    active, waits = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    active[root] = True
    # A set that holds another active terminal waits for that one; without limits it is then reached too.
    for patient in (True, False):
        size = 0
        for at in range(len(terminals)):
            active[terminals[at]] = patient
            size = push(key, item, size, float(start[terminals[at] + 1] - start[terminals[at]]), at)
        while size > 0:
            score, which, size = pop(key, item, size)
            goal = terminals[which]
            deep[goal], set_of[0], members = 0.0, goal, 1
            todo[0], waiting = goal, 1
            while True:
                members, ended = _lead_in(
                    start,
                    arc,
                    tail,
                    length,
                    near,
                    left,
                    reach[which],
                    deep,
                    set_of,
                    members,
                    todo,
                    waiting,
                    waits,
                    active,
                )
                if ended:
                    active[goal] = False
                    break
                entering, least = _cut(
                    start, arc, tail, length, near, left, reach[which], deep, set_of, members, cut
                )
                if entering == 0:
                    return INFINITE, left, begin[:1], member[:0]
                if size > 0 and entering > max(score, key[0]):
                    size = push(key, item, size, float(entering), which)  # another terminal's turn first
                    break
                score = float(entering)
                bound += least
                waiting = _lower(left, least, cut, entering, head, todo)
                begin, member = _with_cut(begin, member, cuts, cut, entering)
                cuts += 1
            for place in range(members):
                deep[set_of[place]] = INFINITE
    return bound, left, begin[: cuts + 1], member[: begin[cuts]]


@njit(cache=True)
def cut_before(
    start: Ints,
    arc: Ints,
    tail: Ints,
    left: Floats,
    root: int,
    terminal: int,
    length: Floats,
    near: Floats,
    reach: float,
) -> Ints:
    """Arcs with cost left of which each way short enough to a terminal takes one; none if one has none."""
    count = len(start) - 1
    deep = np.full(count, INFINITE)
    member, todo, cut = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(len(tail), np.int64)
    waits, active = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    active[root] = True
    deep[terminal], member[0], todo[0] = 0.0, terminal, terminal
    members, ended = _lead_in(
        start, arc, tail, length, near, left, reach, deep, member, 1, todo, 1, waits, active
    )
    if ended:
        return cut[:0]
    size, _ = _cut(start, arc, tail, length, near, left, reach, deep, member, members, cut)
    return cut[:size]


def reach_from(count: int, tail: Ints, head: Ints, length: Floats, first: Ints) -> Floats:
    """Shortest length from the nearest of the first nodes to every node, along the arcs."""
    mark = np.full(count, -1)
    mark[first] = 0
    ways = layout(count, tail, head, np.arange(len(tail)))
    far: Floats = shortest(*ways, length, mark, -1, INFINITE)[0]
    return far
