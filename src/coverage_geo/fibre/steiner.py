"""Compiled loops over a tree in a graph: growing it, spanning nodes, pruning it, taking nodes in.

A graph is given by its ways around each node: those of node v are at `start[v]` to `start[v + 1]` in
`other` (the node at the far end) and `edge` (the edge's number). A tree is a mask of edges and one of
nodes. Ties are broken by number, so the same input gives the same tree. Plain loops compile several
times faster than numpy's array expressions, and a number written into a call compiles the callee anew.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

INFINITE = 1e300
SLACK = 1e-9


@njit(cache=True)
def push(key: Floats, item: Ints, size: int, new_key: float, new_item: int) -> int:
    """Put an item on a heap held in two arrays and return the heap's new size."""
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if key[up] < new_key or (key[up] == new_key and item[up] <= new_item):
            break
        key[at], item[at] = key[up], item[up]
        at = up
    key[at], item[at] = new_key, new_item
    return size + 1


@njit(cache=True)
def pop(key: Floats, item: Ints, size: int) -> tuple[float, int, int]:
    """Take the least item off a heap: its key, the item and the heap's new size."""
    top_key, top_item = key[0], item[0]
    size -= 1
    last_key, last_item = key[size], item[size]
    at = 0
    while True:
        down = 2 * at + 1
        if down >= size:
            break
        right = down + 1
        if right < size and (
            key[right] < key[down] or (key[right] == key[down] and item[right] < item[down])
        ):
            down = right
        if last_key < key[down] or (last_key == key[down] and last_item <= item[down]):
            break
        key[at], item[at] = key[down], item[down]
        at = down
    key[at], item[at] = last_key, last_item
    return top_key, top_item, size


def around(count: int, u: Ints, v: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the ways around each node: start, other, edge."""
    return layout(count, np.concatenate([u, v]), np.concatenate([v, u]), np.tile(np.arange(len(u)), 2))


def layout(count: int, here: Ints, there: Ints, edge: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the ways from each node when some lead from here to there."""
    order = np.argsort(here, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(here, minlength=count))]).astype(np.int64)
    return start, there[order].astype(np.int64), edge[order].astype(np.int64)


@njit(cache=True)
def _roomy(key: Floats, item: Ints, size: int) -> tuple[Floats, Ints]:
    """Return a heap with room for one more item."""
    if size + 1 < len(key):
        return key, item
    wider_key, wider_item = np.empty(2 * len(key)), np.empty(2 * len(key), dtype=np.int64)
    for at in range(size):
        wider_key[at], wider_item[at] = key[at], item[at]
    return wider_key, wider_item


@njit(cache=True)
def grow(start: Ints, other: Ints, edge: Ints, weight: Floats, seed: int, wanted: Flags) -> Flags:
    """Tree that takes in the wanted nodes one after the other, each along the shortest way (edge mask)."""
    count = len(start) - 1
    tree = np.zeros(len(weight), dtype=np.bool_)
    inside = np.zeros(count, dtype=np.bool_)
    far = np.full(count, INFINITE)
    came = np.full(count, -1, dtype=np.int64)
    by = np.full(count, -1, dtype=np.int64)
    key, item = np.empty(len(other) + count + 2), np.empty(len(other) + count + 2, dtype=np.int64)
    inside[seed] = True
    far[seed] = 0.0
    key[0], item[0], size, left = 0.0, seed, 1, 0
    for node in range(count):
        if wanted[node] and not inside[node]:
            left += 1
    while left > 0 and size > 0:
        near, node, size = pop(key, item, size)
        if near > far[node]:
            continue
        if wanted[node] and not inside[node]:
            left -= 1
            walk = node
            while not inside[walk]:
                inside[walk] = True
                tree[by[walk]] = True
                far[walk] = 0.0
                key, item = _roomy(key, item, size)
                size = push(key, item, size, 0.0, walk)
                walk = came[walk]
            continue
        for at in range(start[node], start[node + 1]):
            step = near + weight[edge[at]]
            if step < far[other[at]] - SLACK:
                far[other[at]], came[other[at]], by[other[at]] = step, node, edge[at]
                key, item = _roomy(key, item, size)
                size = push(key, item, size, step, other[at])
    return tree


def nodes_of(u: Ints, v: Ints, tree: Flags, count: int) -> Flags:
    """Mask of the nodes that a tree's edges touch."""
    inside = np.zeros(count, dtype=bool)
    inside[u[tree]], inside[v[tree]] = True, True
    return inside


@njit(cache=True)
def spanning(start: Ints, other: Ints, edge: Ints, weight: Floats, inside: Flags) -> Flags:
    """Least spanning tree of some nodes (edge mask); a forest where they do not hang together."""
    count = len(start) - 1
    tree = np.zeros(len(weight), dtype=np.bool_)
    done = np.zeros(count, dtype=np.bool_)
    best = np.full(count, INFINITE)
    by = np.full(count, -1, dtype=np.int64)
    key = np.empty(len(other) + count + 1)
    item = np.empty(len(other) + count + 1, dtype=np.int64)
    for first in range(count):
        if done[first] or not inside[first]:
            continue
        best[first] = 0.0
        key[0], item[0], size = 0.0, first, 1
        while size > 0:
            _, node, size = pop(key, item, size)
            if done[node]:
                continue
            done[node] = True
            if by[node] >= 0:
                tree[by[node]] = True
            for at in range(start[node], start[node + 1]):
                there = other[at]
                if inside[there] and not done[there] and weight[edge[at]] < best[there]:
                    best[there] = weight[edge[at]]
                    by[there] = edge[at]
                    size = push(key, item, size, weight[edge[at]], there)
    return tree


@njit(cache=True)
def _outward(
    start: Ints,
    other: Ints,
    edge: Ints,
    tree: Flags,
    first: int,
    came: Ints,
    by: Ints,
    order: Ints,
    filled: int,
) -> int:
    """Nodes of a tree from the first one outward, added to `order`; returns how many it then holds."""
    look = filled
    came[first] = first
    order[filled] = first
    filled += 1
    while look < filled:
        node = order[look]
        look += 1
        for at in range(start[node], start[node + 1]):
            if tree[edge[at]] and came[other[at]] < 0:
                came[other[at]], by[other[at]] = node, edge[at]
                order[filled] = other[at]
                filled += 1
    return filled


@njit(cache=True)
def pruned(
    start: Ints, other: Ints, edge: Ints, cost: Floats, prize: Floats, tree: Flags, top: int
) -> tuple[Flags, int]:
    """Best part of a tree: edges that earn more prize than they cost, hanging together with the top node.

    Without a top node (-1) the best part anywhere. Returns the edge mask and the node it hangs on.
    """
    count = len(start) - 1
    order = np.empty(count, dtype=np.int64)
    came = np.full(count, -1, dtype=np.int64)
    by = np.full(count, -1, dtype=np.int64)
    filled = 0
    for first in range(count):
        if came[first] < 0 and (top < 0 or first == top):
            filled = _outward(start, other, edge, tree, first, came, by, order, filled)
    worth = prize.copy()
    best = top
    for back in range(filled - 1, -1, -1):
        node = order[back]
        if by[node] >= 0 and worth[node] - cost[by[node]] > SLACK:
            worth[came[node]] += worth[node] - cost[by[node]]
        if top < 0 and (best < 0 or worth[node] >= worth[best]):
            best = node
    kept = np.zeros(len(cost), dtype=np.bool_)
    stays = np.zeros(count, dtype=np.bool_)
    stays[best] = True
    for at in range(filled):
        node = order[at]
        if by[node] >= 0 and stays[came[node]] and worth[node] - cost[by[node]] > SLACK:
            stays[node] = True
            kept[by[node]] = True
    return kept, best


@njit(cache=True)
def shortest(
    start: Ints, other: Ints, edge: Ints, cost: Floats, mark: Ints, banned: int, limit: float
) -> tuple[Floats, Ints, Ints, Ints]:
    """Distance of every node from the nearest marked one, that one's mark, and the way there."""
    count = len(start) - 1
    far = np.full(count, INFINITE)
    owner = mark.copy()
    came = np.full(count, -1, dtype=np.int64)
    by = np.full(count, -1, dtype=np.int64)
    key, item = np.empty(len(other) + count + 1), np.empty(len(other) + count + 1, dtype=np.int64)
    size = 0
    for node in range(count):
        if mark[node] >= 0:
            far[node] = 0.0
            size = push(key, item, size, 0.0, node)
    while size > 0:
        near, node, size = pop(key, item, size)
        if near > far[node]:
            continue
        if 2.0 * near > limit:
            break
        for at in range(start[node], start[node + 1]):
            there = other[at]
            step = near + cost[edge[at]]
            if there != banned and step < far[there] - SLACK:
                far[there], owner[there], by[there], came[there] = step, owner[node], edge[at], node
                size = push(key, item, size, step, there)
    return far, owner, came, by


@njit(cache=True)
def take_in(
    start: Ints, other: Ints, edge: Ints, cost: Floats, prize: Floats, tree: Flags, inside: Flags
) -> tuple[Flags, Flags]:
    """Tree that takes in, one by one, the nodes outside whose prize most exceeds the way to them."""
    tree, inside = tree.copy(), inside.copy()
    mark, nowhere = np.empty(len(prize), dtype=np.int64), np.full(1, -1)
    while True:
        for node in range(len(prize)):
            mark[node] = 0 if inside[node] else -1
        far, _, came, by = shortest(start, other, edge, cost, mark, nowhere[0], INFINITE)
        best, gain = -1, SLACK
        for node in range(len(prize)):
            if not inside[node] and prize[node] - far[node] > gain:
                best, gain = node, prize[node] - far[node]
        if best < 0:
            return tree, inside
        while not inside[best]:
            inside[best] = True
            tree[by[best]] = True
            best = came[best]


def objective(u: Ints, v: Ints, cost: Floats, prize: Floats, tree: Flags, top: int) -> float:
    """Cost of a tree and of the prizes outside it; `top` is inside even when the tree has no edge."""
    inside = nodes_of(u, v, tree, len(prize))
    if top >= 0:
        inside[top] = True
    return math.fsum(cost[tree]) + math.fsum(prize[~inside])
