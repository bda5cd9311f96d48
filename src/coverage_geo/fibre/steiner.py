"""Compiled loops over a tree in a graph: growing it, pruning it, exchanging its parts for cheaper ones.

A graph is given by its ways around each node: those of node v are at `start[v]` to `start[v + 1]` in
`other` (the node at the far end) and `edge` (the edge's number). A tree is a mask of edges and one of
nodes. Ties are broken by number, so the same input gives the same tree.
"""

from __future__ import annotations

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


@njit(cache=True)
def cheapest_first(items: Ints, price: Floats) -> Ints:
    """Return items in the order of their prices, equal ones by number (numpy's sort is slow to compile)."""
    key, heap = np.empty(len(items) + 1), np.empty(len(items) + 1, dtype=np.int64)
    size = 0
    for at in range(len(items)):
        size = push(key, heap, size, price[at], items[at])
    ordered = np.empty(len(items), dtype=np.int64)
    for at in range(len(items)):
        _, ordered[at], size = pop(key, heap, size)
    return ordered


@njit(cache=True)
def around(count: int, u: Ints, v: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the ways around each node: start, other, edge."""
    start = np.zeros(count + 1, dtype=np.int64)
    for at in range(len(u)):
        start[u[at] + 1] += 1
        start[v[at] + 1] += 1
    for node in range(count):
        start[node + 1] += start[node]
    fill = start[:-1].copy()
    other = np.empty(2 * len(u), dtype=np.int64)
    edge = np.empty(2 * len(u), dtype=np.int64)
    for at in range(len(u)):
        other[fill[u[at]]], edge[fill[u[at]]] = v[at], at
        fill[u[at]] += 1
        other[fill[v[at]]], edge[fill[v[at]]] = u[at], at
        fill[v[at]] += 1
    return start, other, edge


@njit(cache=True)
def _roomy(key: Floats, item: Ints, size: int) -> tuple[Floats, Ints]:
    """Return a heap with room for one more item."""
    if size + 1 < len(key):
        return key, item
    return np.concatenate((key, np.empty(len(key)))), np.concatenate(
        (item, np.empty(len(item), dtype=np.int64))
    )


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
    left = wanted.sum() - (1 if wanted[seed] else 0)
    inside[seed] = True
    far[seed] = 0.0
    size = push(key, item, 0, 0.0, seed)
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


@njit(cache=True)
def nodes_of(u: Ints, v: Ints, tree: Flags, count: int) -> Flags:
    """Mask of the nodes that a tree's edges touch."""
    inside = np.zeros(count, dtype=np.bool_)
    for at in range(len(u)):
        if tree[at]:
            inside[u[at]] = True
            inside[v[at]] = True
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
        size = push(key, item, 0, 0.0, first)
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
    while True:
        mark = np.where(inside, 0, -1)
        far, _, came, by = shortest(start, other, edge, cost, mark, -1, INFINITE)
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


@njit(cache=True)
def objective(u: Ints, v: Ints, cost: Floats, prize: Floats, tree: Flags, top: int) -> float:
    """Cost of a tree and of the prizes outside it; `top` is inside even when the tree has no edge."""
    inside = nodes_of(u, v, tree, len(prize))
    if top >= 0:
        inside[top] = True
    total = 0.0
    for at in range(len(cost)):
        if tree[at]:
            total += cost[at]
    for node in range(len(prize)):
        if not inside[node]:
            total += prize[node]
    return total


@njit(cache=True)
def _root(group: Ints, node: int) -> int:
    """Representative of a node's group, with the way there halved."""
    while group[node] != node:
        group[node] = group[group[node]]
        node = group[node]
    return node


@njit(cache=True)
def _part(
    start: Ints, other: Ints, edge: Ints, tree: Flags, first: int, mark: Ints, label: int, gone: Flags
) -> None:
    """Label the part of a tree that hangs together with a node, not crossing edges that are gone."""
    stack = np.empty(len(mark), dtype=np.int64)
    stack[0] = first
    mark[first] = label
    size = 1
    while size > 0:
        size -= 1
        node = stack[size]
        for at in range(start[node], start[node + 1]):
            if tree[edge[at]] and not gone[edge[at]] and mark[other[at]] != label:
                mark[other[at]] = label
                stack[size] = other[at]
                size += 1


@njit(cache=True)
def _reconnect(
    start: Ints,
    other: Ints,
    edge: Ints,
    u: Ints,
    v: Ints,
    cost: Floats,
    mark: Ints,
    banned: int,
    parts: int,
    limit: float,
) -> tuple[Flags, float]:
    """Cheapest way found to join labelled parts again: its edges and cost, or infinite beyond the limit.

    Each node is given to the nearest part; the parts are joined by the least spanning tree over the
    edges where two parts' regions meet.
    """
    far, owner, came, by = shortest(start, other, edge, cost, mark, banned, limit)
    meeting, price = np.empty(len(u), dtype=np.int64), np.empty(len(u))
    found = 0
    for at in range(len(u)):
        a, b = u[at], v[at]
        if owner[a] >= 0 and owner[b] >= 0 and owner[a] != owner[b]:
            through = far[a] + cost[at] + far[b]
            if through <= limit:
                meeting[found], price[found] = at, through
                found += 1
    group = np.arange(parts)
    chosen = np.zeros(len(u), dtype=np.bool_)
    total = 0.0
    for rank in cheapest_first(np.arange(found), price[:found]):
        at = meeting[rank]
        a, b = _root(group, owner[u[at]]), _root(group, owner[v[at]])
        if a == b:
            continue
        group[max(a, b)] = min(a, b)
        total += price[rank]
        parts -= 1
        chosen[at] = True
        for end in (u[at], v[at]):
            walk = end
            while by[walk] >= 0:
                chosen[by[walk]] = True
                walk = came[walk]
        if parts == 1:
            return chosen, total
    return chosen, INFINITE


@njit(cache=True)
def _take_path(
    start: Ints,
    other: Ints,
    edge: Ints,
    cost: Floats,
    key_node: Flags,
    degree: Ints,
    tree: Flags,
    gone: Flags,
    at: int,
) -> tuple[int, float]:
    """Mark the key path that begins with the way `at` as gone; return the node it ends at and its cost."""
    node, by = other[at], edge[at]
    gone[by] = True
    removed = cost[by]
    while degree[node] == 2 and not key_node[node]:
        for on in range(start[node], start[node + 1]):
            if tree[edge[on]] and edge[on] != by:
                node, by = other[on], edge[on]
                break
        gone[by] = True
        removed += cost[by]
    return node, removed


@njit(cache=True)
def degrees(u: Ints, v: Ints, tree: Flags, count: int) -> Ints:
    """Return the number of tree edges at each node."""
    degree = np.zeros(count, dtype=np.int64)
    for at in range(len(u)):
        if tree[at]:
            degree[u[at]] += 1
            degree[v[at]] += 1
    return degree


@njit(cache=True)
def exchange_paths(
    start: Ints, other: Ints, edge: Ints, u: Ints, v: Ints, cost: Floats, key_node: Flags, tree: Flags
) -> tuple[Flags, bool]:
    """Tree in which key paths were replaced by cheaper ones, and whether any was.

    A key path runs between terminals or junctions with neither in between.
    """
    count = len(start) - 1
    tree = tree.copy()
    better = False
    gone = np.zeros(len(cost), dtype=np.bool_)
    mark = np.full(count, -1, dtype=np.int64)
    degree = degrees(u, v, tree, count)
    for center in range(count):
        for at in range(start[center], start[center + 1]):
            if not tree[edge[at]] or (degree[center] == 2 and not key_node[center]):
                continue
            gone[:] = False
            end, removed = _take_path(start, other, edge, cost, key_node, degree, tree, gone, at)
            if end < center:
                continue  # seen from its other end
            mark[:] = -1
            _part(start, other, edge, tree, center, mark, 0, gone)
            _part(start, other, edge, tree, end, mark, 1, gone)
            chosen, total = _reconnect(start, other, edge, u, v, cost, mark, -1, 2, removed)
            if total < removed - 1e-9 * removed - SLACK:
                better = True
                tree = (tree & ~gone) | chosen
                degree = degrees(u, v, tree, count)
    return tree, better


@njit(cache=True)
def exchange_junctions(
    start: Ints, other: Ints, edge: Ints, u: Ints, v: Ints, cost: Floats, key_node: Flags, tree: Flags
) -> tuple[Flags, bool]:
    """Tree in which junctions were taken out where their parts join more cheaply, and whether any was."""
    count = len(start) - 1
    tree = tree.copy()
    better = False
    gone = np.zeros(len(cost), dtype=np.bool_)
    mark = np.full(count, -1, dtype=np.int64)
    degree = degrees(u, v, tree, count)
    for center in range(count):
        if degree[center] < 3 or key_node[center]:
            continue
        gone[:] = False
        mark[:] = -1
        removed = 0.0
        parts = 0
        ends = np.empty(degree[center], dtype=np.int64)
        for at in range(start[center], start[center + 1]):
            if tree[edge[at]]:
                ends[parts], part = _take_path(start, other, edge, cost, key_node, degree, tree, gone, at)
                removed += part
                parts += 1
        for label in range(parts):
            _part(start, other, edge, tree, ends[label], mark, label, gone)
        chosen, total = _reconnect(start, other, edge, u, v, cost, mark, center, parts, removed)
        if total < removed - 1e-9 * removed - SLACK:
            better = True
            tree = (tree & ~gone) | chosen
            degree = degrees(u, v, tree, count)
    return tree, better


@njit(cache=True)
def insert_nodes(
    start: Ints, other: Ints, edge: Ints, u: Ints, v: Ints, cost: Floats, key_node: Flags, tree: Flags
) -> tuple[Flags, bool]:
    """Tree that takes in nodes beside it where the least spanning tree then gets cheaper.

    Returns the tree and whether any was taken in.
    """
    count = len(start) - 1
    tree = tree.copy()
    better = False
    degree = degrees(u, v, tree, count)
    sorted_edges = np.flatnonzero(tree)
    sorted_edges = cheapest_first(sorted_edges, cost[sorted_edges])
    group = np.empty(count, dtype=np.int64)
    for node in range(count):
        if degree[node] > 0 or start[node + 1] - start[node] < 2:
            continue
        star = np.empty(start[node + 1] - start[node], dtype=np.int64)
        size = 0
        for at in range(start[node], start[node + 1]):
            if degree[other[at]] > 0:
                star[size] = edge[at]
                size += 1
        if size < 2:
            continue
        star = cheapest_first(star[:size], cost[star[:size]])
        kept = np.empty(len(sorted_edges) + 1, dtype=np.int64)
        dropped = _merged(u, v, cost, sorted_edges, star, group, kept)
        if dropped == -INFINITE:
            continue  # only one way led to the new node
        new_degree = np.zeros(count, dtype=np.int64)
        for place in range(len(kept)):
            new_degree[u[kept[place]]] += 1
            new_degree[v[kept[place]]] += 1
        gain = dropped
        peel = np.zeros(len(kept), dtype=np.bool_)
        gain += _peeled(start, other, edge, u, v, cost, key_node, kept, new_degree, peel)
        if gain > 1e-9 * (1.0 + cost[star[0]]) + SLACK:
            better = True
            sorted_edges = kept[~peel]
            tree[:] = False
            tree[sorted_edges] = True
            degree = degrees(u, v, tree, count)
    return tree, better


@njit(cache=True)
def _merged(u: Ints, v: Ints, cost: Floats, old: Ints, star: Ints, group: Ints, kept: Ints) -> float:
    """Least spanning tree of a tree's edges and a star's, both sorted by cost; returns what was saved.

    Fills `kept`; the saving is the cost of the old edges less that of the kept ones, minus infinity when
    a single edge of the star is kept.
    """
    for at in range(len(old)):
        group[u[old[at]]], group[v[old[at]]] = u[old[at]], v[old[at]]
    for at in range(len(star)):
        group[u[star[at]]], group[v[star[at]]] = u[star[at]], v[star[at]]
    one, two, filled, rays = 0, 0, 0, 0
    saved = 0.0
    for at in range(len(old)):
        saved += cost[old[at]]
    while one < len(old) or two < len(star):
        ray = two < len(star) and (one >= len(old) or cost[old[one]] > cost[star[two]])
        at = star[two] if ray else old[one]
        one, two = one + (0 if ray else 1), two + (1 if ray else 0)
        a, b = _root(group, u[at]), _root(group, v[at])
        if a != b:
            group[max(a, b)] = min(a, b)
            kept[filled] = at
            filled += 1
            rays += 1 if ray else 0
            saved -= cost[at]
    return saved if rays > 1 else -INFINITE


@njit(cache=True)
def _peeled(
    start: Ints,
    other: Ints,
    edge: Ints,
    u: Ints,
    v: Ints,
    cost: Floats,
    key_node: Flags,
    kept: Ints,
    degree: Ints,
    peel: Flags,
) -> float:
    """Take ends off a tree that lead nowhere; marks them in `peel` and returns their cost."""
    gain = 0.0
    place = np.full(len(u), -1, dtype=np.int64)
    for at in range(len(kept)):
        place[kept[at]] = at
    for at in range(len(kept)):
        for end in (u[kept[at]], v[kept[at]]):
            node = end
            while degree[node] == 1 and not key_node[node]:
                for on in range(start[node], start[node + 1]):
                    slot = place[edge[on]]
                    if slot >= 0 and not peel[slot]:
                        peel[slot] = True
                        gain += cost[edge[on]]
                        degree[node] -= 1
                        node = other[on]
                        degree[node] -= 1
                        break
    return gain


@njit(cache=True)
def improved(
    start: Ints, other: Ints, edge: Ints, u: Ints, v: Ints, cost: Floats, key_node: Flags, tree: Flags
) -> Flags:
    """Tree after taking in nodes and exchanging key paths and junctions, until nothing gets cheaper."""
    while True:
        tree, one = insert_nodes(start, other, edge, u, v, cost, key_node, tree)
        tree, two = exchange_paths(start, other, edge, u, v, cost, key_node, tree)
        tree, three = exchange_junctions(start, other, edge, u, v, cost, key_node, tree)
        if not (one or two or three):
            return tree
