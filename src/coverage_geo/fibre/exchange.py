"""Compiled loops that make a tree cheaper: key paths and junctions exchanged, nodes taken in.

Trees and graphs are laid out as in `steiner`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from coverage_geo.fibre.steiner import INFINITE, SLACK, pop, push, shortest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@njit(cache=True)
def cheapest_first(items: Ints, price: Floats) -> Ints:
    """Return items in the order of their prices, equal ones by number (numpy's sort is slow to compile)."""
    key, heap = np.empty(len(items) + 1), np.empty(len(items) + 1, dtype=np.int64)
    size = 0
    for at in range(len(items)):
        size = push(key, heap, size, price[items[at]], items[at])
    ordered = np.empty(len(items), dtype=np.int64)
    for at in range(len(items)):
        _, ordered[at], size = pop(key, heap, size)
    return ordered


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
                meeting[found], price[at] = at, through
                found += 1
    group = np.arange(parts)
    chosen = np.zeros(len(u), dtype=np.bool_)
    total = 0.0
    for at in cheapest_first(meeting[:found], price):
        a, b = _root(group, owner[u[at]]), _root(group, owner[v[at]])
        if a == b:
            continue
        group[max(a, b)] = min(a, b)
        total += price[at]
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
def _take_out(
    start: Ints,
    other: Ints,
    edge: Ints,
    cost: Floats,
    key_node: Flags,
    degree: Ints,
    tree: Flags,
    gone: Flags,
    center: int,
    turn: int,
    ends: Ints,
) -> tuple[int, float]:
    """Mark the key path that begins with a node's way `turn` as gone, or beyond its ways all of them.

    Fills `ends` with the nodes that then belong to different parts; returns how many, and the cost gone.
    """
    whole = turn == start[center + 1]
    removed, parts = 0.0, 0
    if not whole:
        ends[0], parts = center, 1
    for at in range(start[center], start[center + 1]):
        if tree[edge[at]] and (whole or at == turn):
            ends[parts], price = _take_path(start, other, edge, cost, key_node, degree, tree, gone, at)
            removed += price
            parts += 1
    return parts, removed


@njit(cache=True)
def exchange(
    start: Ints, other: Ints, edge: Ints, u: Ints, v: Ints, cost: Floats, key_node: Flags, tree: Flags
) -> tuple[Flags, bool]:
    """Tree in which key paths and junctions were replaced by cheaper ways, and whether any was.

    A key path runs between terminals or junctions with neither in between; a junction is taken out with
    all key paths at it, and what they joined is joined anew.
    """
    count = len(start) - 1
    tree = tree.copy()
    better = False
    gone = np.zeros(len(cost), dtype=np.bool_)
    mark = np.empty(count, dtype=np.int64)
    degree = degrees(u, v, tree, count)
    ends = np.empty(count + 1, dtype=np.int64)
    for center in range(count):
        if degree[center] == 0 or (degree[center] == 2 and not key_node[center]):
            continue
        junction = degree[center] > 2 and not key_node[center]
        # The last turn takes the junction out, those before it one key path each.
        for turn in range(start[center], start[center + 1] + (1 if junction else 0)):
            whole = turn == start[center + 1]
            if not whole and not tree[edge[turn]]:
                continue
            gone[:] = False
            mark[:] = -1
            parts, removed = _take_out(
                start, other, edge, cost, key_node, degree, tree, gone, center, turn, ends
            )
            if not whole and ends[1] < center:
                continue  # seen from its other end
            banned = center if whole else -1
            for label in range(parts):
                _part(start, other, edge, tree, ends[label], mark, label, gone)
            chosen, total = _reconnect(start, other, edge, u, v, cost, mark, banned, parts, removed)
            if total < removed - 1e-9 * removed - SLACK:
                better = True
                for at in range(len(cost)):
                    tree[at] = (tree[at] and not gone[at]) or chosen[at]
                degree = degrees(u, v, tree, count)
                if degree[center] == 0:
                    break
                junction = degree[center] > 2 and not key_node[center]
    return tree, better


@njit(cache=True)
def _where(mask: Flags) -> Ints:
    """Return the numbers of a mask's members."""
    place, size = np.empty(len(mask), dtype=np.int64), 0
    for at in range(len(mask)):
        if mask[at]:
            place[size] = at
            size += 1
    return place[:size]


@njit(cache=True)
def _star(start: Ints, other: Ints, edge: Ints, degree: Ints, node: int) -> Ints:
    """Edges from a node to a tree."""
    star, size = np.empty(start[node + 1] - start[node], dtype=np.int64), 0
    for at in range(start[node], start[node + 1]):
        if degree[other[at]] > 0:
            star[size] = edge[at]
            size += 1
    return star[:size]


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
    sorted_edges = cheapest_first(_where(tree), cost)
    group = np.empty(count, dtype=np.int64)
    for node in range(count):
        if degree[node] > 0 or start[node + 1] - start[node] < 2:
            continue
        star = cheapest_first(_star(start, other, edge, degree, node), cost)
        if len(star) < 2:
            continue
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
            tree[:] = False
            slot = 0
            for place in range(len(kept)):
                if not peel[place]:
                    kept[slot] = kept[place]
                    tree[kept[place]] = True
                    slot += 1
            sorted_edges = kept[:slot]
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
