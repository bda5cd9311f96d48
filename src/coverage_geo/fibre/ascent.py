"""Dual ascent: a lower bound on the cost of a tree, and what is left of each arc's cost.

Wong's ascent for the Steiner arborescence problem: while some terminal cannot be reached from the root
over arcs whose cost is used up, the cheapest arc into the set of nodes that lead to it gives up its
cost. What the sets give up is a lower bound; what is left of the arcs' costs says which can be in no
tree cheaper than a known one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from coverage_geo.fibre.steiner import INFINITE, SLACK, pop, push

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@njit(cache=True)
def arcs_into(count: int, head: Ints) -> tuple[Ints, Ints]:
    """Return the arcs into each node: those of node v are at start[v] to start[v + 1] of the second array."""
    start = np.zeros(count + 1, dtype=np.int64)
    for at in range(len(head)):
        start[head[at] + 1] += 1
    for node in range(count):
        start[node + 1] += start[node]
    fill = start[:-1].copy()
    arc = np.empty(len(head), dtype=np.int64)
    for at in range(len(head)):
        arc[fill[head[at]]] = at
        fill[head[at]] += 1
    return start, arc


@njit(cache=True)
def _take_in(
    start: Ints,
    arc: Ints,
    tail: Ints,
    left: Floats,
    root: int,
    stamp: Ints,
    turn: int,
    queue: Ints,
    filled: int,
) -> int:
    """Add to the queue all nodes that lead to it over arcs whose cost is used up; -1 when the root does."""
    look = 0
    while look < filled:
        node = queue[look]
        look += 1
        for at in range(start[node], start[node + 1]):
            before = tail[arc[at]]
            if left[arc[at]] <= SLACK and stamp[before] != turn:
                if before == root:
                    return -1
                stamp[before] = turn
                queue[filled] = before
                filled += 1
    return filled


@njit(cache=True)
def _entering(
    start: Ints, arc: Ints, tail: Ints, stamp: Ints, turn: int, queue: Ints, filled: int, cut: Ints
) -> int:
    """Collect in `cut` the arcs into the queue's nodes from outside; returns how many there are."""
    size = 0
    for place in range(filled):
        node = queue[place]
        for at in range(start[node], start[node + 1]):
            if stamp[tail[arc[at]]] != turn:
                cut[size] = arc[at]
                size += 1
    return size


@njit(cache=True)
def ascend(
    count: int, tail: Ints, head: Ints, cost: Floats, root: int, terminals: Ints
) -> tuple[float, Floats, Ints, Ints]:
    """Lower bound on an arborescence from the root to all terminals, and the costs left.

    Also returns the sets of arcs (cuts) that gave up cost, strung together: `begin` and `member`. The
    bound is infinite when nothing leads to some terminal.

    Parameters
    ----------
    count
        Number of nodes.
    tail, head, cost
        Arcs, shape (m,); cost 0 or more.
    root
        Node that everything hangs on.
    terminals
        Nodes to reach.
    """
    start, arc = arcs_into(count, head)
    left = cost.copy()
    bound = 0.0
    stamp = np.full(count, -1, dtype=np.int64)
    queue, cut = np.empty(count, dtype=np.int64), np.empty(len(tail), dtype=np.int64)
    key, item = np.empty(len(terminals) + 1), np.empty(len(terminals) + 1, dtype=np.int64)
    begin, member = np.zeros(1024, dtype=np.int64), np.empty(65536, dtype=np.int64)
    cuts, size, turn = 0, 0, 0
    for at in range(len(terminals)):
        size = push(key, item, size, 0.0, at)
    while size > 0:
        score, which, size = pop(key, item, size)
        turn += 1
        queue[0] = terminals[which]
        stamp[terminals[which]] = turn
        filled = 1
        while True:
            filled = _take_in(start, arc, tail, left, root, stamp, turn, queue, filled)
            if filled < 0:
                break
            entering = _entering(start, arc, tail, stamp, turn, queue, filled, cut)
            if entering == 0:
                return INFINITE, left, begin[:1], member[:0]
            if size > 0 and entering > 1.25 * max(score, 1.0) and entering > key[0]:
                size = push(key, item, size, float(entering), which)  # another terminal's turn first
                break
            score = float(entering)
            least = left[cut[:entering]].min()
            bound += least
            left[cut[:entering]] -= least
            while begin[cuts] + entering > len(member):
                member = np.concatenate((member, np.empty(len(member), dtype=np.int64)))
            if cuts + 2 > len(begin) - 1:
                begin = np.concatenate((begin, np.empty(len(begin), dtype=np.int64)))
            member[begin[cuts] : begin[cuts] + entering] = cut[:entering]
            cuts += 1
            begin[cuts] = begin[cuts - 1] + entering
    return bound, left, begin[: cuts + 1], member[: begin[cuts]]


@njit(cache=True)
def reach_from(count: int, tail: Ints, head: Ints, length: Floats, first: Ints) -> Floats:
    """Shortest length from the nearest of the first nodes to every node, along the arcs."""
    start, arc = arcs_into(count, tail)
    far = np.full(count, INFINITE)
    key, item = np.empty(len(tail) + len(first) + 1), np.empty(len(tail) + len(first) + 1, dtype=np.int64)
    size = 0
    for node in first:
        far[node] = 0.0
        size = push(key, item, size, 0.0, node)
    while size > 0:
        come, node, size = pop(key, item, size)
        if come > far[node]:
            continue
        for at in range(start[node], start[node + 1]):
            there = head[arc[at]]
            step = come + length[arc[at]]
            if step < far[there]:
                far[there] = step
                size = push(key, item, size, step, there)
    return far
