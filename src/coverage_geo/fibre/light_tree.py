"""Cheap trees in which no way from the root is longer than light reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from coverage_geo.fibre import steiner
from coverage_geo.fibre.steiner import INFINITE, SLACK, around, pop, push

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ORDERS = 30  # orders in which places are taken in


@njit(cache=True)
def _attach(
    start: Ints,
    other: Ints,
    edge: Ints,
    cost: Floats,
    length: Floats,
    depth: Floats,
    closed: Flags,
    node: int,
    deepest: float,
    limit: float,
) -> tuple[float, Ints, Ints]:
    """Cheapest way from the tree to a node that then lies no deeper than allowed.

    Nodes of the tree have a depth below infinity; closed ones may not be passed. Returns the way's cost
    (infinite without one below the limit), and the node and edge before each node on it.
    """
    count = len(start) - 1
    far, long = np.full(count, INFINITE), np.full(count, INFINITE)
    came, by = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    key, item = np.empty(len(other) + count + 1), np.empty(len(other) + count + 1, dtype=np.int64)
    size = 0
    for one in range(count):
        if depth[one] < INFINITE and not closed[one]:
            far[one], long[one] = 0.0, depth[one]
            size = push(key, item, size, 0.0, one)
    while size > 0:
        near, at_node, size = pop(key, item, size)
        if near > far[at_node]:
            continue
        if at_node == node:
            return near, came, by
        for at in range(start[at_node], start[at_node + 1]):
            there = other[at]
            if closed[there] and there != node:
                continue
            step, reach = near + cost[edge[at]], long[at_node] + length[edge[at]]
            if step < far[there] - SLACK and step < limit and reach <= deepest:
                far[there], long[there] = step, reach
                came[there], by[there] = at_node, edge[at]
                size = push(key, item, size, step, there)
    return INFINITE, came, by


@njit(cache=True)
def _hang(node: int, way: Ints, by_way: Ints, length: Floats, came: Ints, by: Ints, depth: Floats) -> None:
    """Put the way to a node into the tree: parents and depths of its nodes."""
    size = 0
    chain = np.empty(len(way), dtype=np.int64)
    walk = node
    while way[walk] >= 0:
        chain[size] = walk
        size += 1
        walk = way[walk]
    for at in range(size - 1, -1, -1):
        walk = chain[at]
        came[walk], by[walk] = way[walk], by_way[walk]
        depth[walk] = depth[way[walk]] + length[by_way[walk]]


@njit(cache=True)
def _graft(
    node: int, near: Floats, way: Ints, by_way: Ints, length: Floats, came: Ints, by: Ints, depth: Floats
) -> None:
    """Put the shortest way from the root to a node into the tree; nodes on it that lay deeper move up."""
    order = np.argsort(depth)
    fixed = np.zeros(len(came), dtype=np.bool_)
    walk = node
    while walk >= 0:
        fixed[walk] = True
        if near[walk] < depth[walk]:
            came[walk], by[walk], depth[walk] = way[walk], by_way[walk], near[walk]
        walk = way[walk]
    for one in order:
        if came[one] >= 0 and not fixed[one]:
            depth[one] = depth[came[one]] + length[by[one]]


@njit(cache=True)
def rooted(
    start: Ints, other: Ints, edge: Ints, length: Floats, tree: Flags, root: int
) -> tuple[Ints, Ints, Floats]:
    """Parent node, parent edge and depth of each node of a tree, from its root."""
    count = len(start) - 1
    came, by = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    depth, queue = np.full(count, INFINITE), np.empty(count, dtype=np.int64)
    depth[root], queue[0] = 0.0, root
    look, filled = 0, 1
    while look < filled:
        node = queue[look]
        look += 1
        for at in range(start[node], start[node + 1]):
            there = other[at]
            if tree[edge[at]] and depth[there] == INFINITE:
                came[there], by[there], depth[there] = node, edge[at], depth[node] + length[edge[at]]
                queue[filled] = there
                filled += 1
    return came, by, depth


@njit(cache=True)
def taken_in(
    start: Ints,
    other: Ints,
    edge: Ints,
    cost: Floats,
    length: Floats,
    reach: Floats,
    root: int,
    order: Ints,
    near: Floats,
    way: Ints,
    by_way: Ints,
    tree: Flags,
) -> tuple[Ints, Ints, Floats]:
    """Tree that takes in places in an order, each by the cheapest way found that light allows.

    A place for which none is found, or that lies too deep in the given tree, gets its shortest way, given
    by `near`, `way` and `by_way`. Returns parent node, parent edge and depth of each node (infinite
    outside).
    """
    came, by, depth = rooted(start, other, edge, length, tree, root)
    closed = np.zeros(len(came), dtype=np.bool_)
    for node in order:
        if depth[node] <= reach[node]:
            continue
        price = INFINITE
        if depth[node] == INFINITE:
            price, via, by_via = _attach(
                start, other, edge, cost, length, depth, closed, node, reach[node], INFINITE
            )
        if price < INFINITE:
            _hang(node, via, by_via, length, came, by, depth)
        else:
            _graft(node, near, way, by_way, length, came, by, depth)
    return came, by, depth


@njit(cache=True)
def _children(came: Ints) -> Ints:
    """Return how many nodes hang on each node."""
    children = np.zeros(len(came), dtype=np.int64)
    for one in range(len(came)):
        if came[one] >= 0:
            children[came[one]] += 1
    return children


@njit(cache=True)
def cut_ends(came: Ints, by: Ints, depth: Floats, reach: Floats, root: int) -> None:
    """Take ends that are no places off a tree."""
    children = _children(came)
    for first in range(len(came)):
        walk = first
        while walk != root and came[walk] >= 0 and children[walk] == 0 and reach[walk] == INFINITE:
            up = came[walk]
            came[walk], by[walk], depth[walk] = -1, -1, INFINITE
            children[up] -= 1
            walk = up


@njit(cache=True)
def _below(came: Ints, depth: Floats, reach: Floats, node: int) -> tuple[Flags, float]:
    """Mask of a node and all that hangs on it, and how much deeper it may come to lie."""
    mask = np.zeros(len(came), dtype=np.bool_)
    mask[node] = True
    slack = reach[node] - depth[node]
    for one in np.argsort(depth):
        if depth[one] == INFINITE:
            break
        if came[one] >= 0 and mask[came[one]]:
            mask[one] = True
            slack = min(slack, reach[one] - depth[one])
    return mask, slack


@njit(cache=True)
def moved(
    start: Ints,
    other: Ints,
    edge: Ints,
    cost: Floats,
    length: Floats,
    reach: Floats,
    root: int,
    came: Ints,
    by: Ints,
    depth: Floats,
) -> bool:
    """Hang parts of a tree elsewhere where that is cheaper and light still reaches; whether any was.

    Changes the tree's arrays.
    """
    better = False
    for node in range(len(came)):
        children = _children(came)
        if node == root or depth[node] == INFINITE or (children[node] == 1 and reach[node] == INFINITE):
            continue  # no place and no junction
        below, slack = _below(came, depth, reach, node)
        held = np.where(below, INFINITE, depth)
        removed, walk = cost[by[node]], came[node]
        while walk != root and children[walk] == 1 and reach[walk] == INFINITE:
            held[walk] = INFINITE
            removed += cost[by[walk]]
            walk = came[walk]
        price, way, by_way = _attach(
            start, other, edge, cost, length, held, below, node, depth[node] + slack, removed * (1 - 1e-9)
        )
        if price == INFINITE:
            continue
        better = True
        walk = came[node]
        while held[walk] == INFINITE:
            up = came[walk]
            came[walk], by[walk], depth[walk] = -1, -1, INFINITE
            walk = up
        before = depth[node]
        _hang(node, way, by_way, length, came, by, depth)
        shift = depth[node] - before
        for one in range(len(came)):
            if below[one] and one != node:
                depth[one] += shift
    return better


def light_tree(
    u: Ints,
    v: Ints,
    cost: Floats,
    length: Floats,
    reach: Floats,
    root: int,
    first: Flags,
    *,
    seed: int = 0,
) -> Ints | None:
    """Edges of a cheap tree from the root to all places, no way longer than the place's reach.

    Parameters
    ----------
    u, v, cost, length
        Edges.
    reach
        Longest way to each node that is a place; infinite for the others.
    root
        Where the ways begin.
    first
        A cheap tree that reaches all places, perhaps by ways too long.
    seed
        Of the orders in which places are taken in.

    Returns
    -------
    numpy.ndarray or None
        The cheapest tree found; None when light does not reach some place at all.
    """
    random = np.random.default_rng(seed)
    start, other, edge = around(len(reach), u, v)
    limit = np.where(np.isfinite(reach), reach, INFINITE)
    places = np.flatnonzero(np.isfinite(reach) & (np.arange(len(reach)) != root))
    mark = np.full(len(reach), -1)
    mark[root] = 0
    near, _, way, by_way = steiner.shortest(start, other, edge, length, mark, -1, INFINITE)
    if (near[places] > reach[places]).any():
        return None
    best, least = None, np.inf
    for turn in range(ORDERS):
        order = places[np.argsort(-near[places], kind="stable")] if turn < 2 else random.permutation(places)
        tree = first if turn == 0 else np.zeros(len(u), dtype=bool)
        came, by, depth = taken_in(
            start, other, edge, cost, length, limit, root, order, near, way, by_way, tree
        )
        cut_ends(came, by, depth, limit, root)
        while moved(start, other, edge, cost, length, limit, root, came, by, depth):
            cut_ends(came, by, depth, limit, root)
        edges = np.unique(by[by >= 0])
        total = float(cost[edges].sum())
        if total < least - 1e-9:
            best, least = edges, total
    return best
