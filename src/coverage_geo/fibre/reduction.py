"""Smaller graphs with the same best tree: dead ends cut off, chains and parallel ways drawn together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from coverage_geo.fibre.steiner import around

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@njit(cache=True)
def _live(start: Ints, other: Ints, edge: Ints, key_node: Flags) -> tuple[Flags, Ints]:
    """Mask of the edges that are left when dead ends without a key node are cut off."""
    count = len(start) - 1
    live = np.ones(len(edge) // 2, dtype=np.bool_)
    degree = start[1:] - start[:-1]
    for first in range(count):
        node = first
        while degree[node] == 1 and not key_node[node]:
            for at in range(start[node], start[node + 1]):
                if live[edge[at]]:
                    live[edge[at]] = False
                    degree[node] -= 1
                    node = other[at]
                    degree[node] -= 1
                    break
    return live, degree


@njit(cache=True)
def _chains(
    start: Ints, other: Ints, edge: Ints, cost: Floats, key_node: Flags, live: Flags, degree: Ints
) -> tuple[Ints, Ints, Floats, Ints, Ints]:
    """Chains of live edges between key nodes and junctions: ends, cost, and their edges strung together."""
    count = len(start) - 1
    size = len(cost)
    a, b = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    price, begin = np.empty(size), np.empty(size + 1, dtype=np.int64)
    member = np.empty(size, dtype=np.int64)
    used = ~live
    chains, filled = 0, 0
    for first in range(count):
        if degree[first] == 0 or (degree[first] == 2 and not key_node[first]):
            continue
        for at in range(start[first], start[first + 1]):
            if used[edge[at]]:
                continue
            begin[chains] = filled
            node, by = other[at], edge[at]
            used[by] = True
            member[filled] = by
            filled += 1
            total = cost[by]
            while degree[node] == 2 and not key_node[node]:
                for on in range(start[node], start[node + 1]):
                    if not used[edge[on]]:
                        node, by = other[on], edge[on]
                        break
                used[by] = True
                member[filled] = by
                filled += 1
                total += cost[by]
            a[chains], b[chains], price[chains] = min(first, node), max(first, node), total
            chains += 1
    begin[chains] = filled
    return a[:chains], b[:chains], price[:chains], begin[: chains + 1], member[:filled]


@dataclass(frozen=True, slots=True)
class Reduced:
    """A smaller graph; each of its edges stands for a chain of edges of the graph it was made from.

    Attributes
    ----------
    node : numpy.ndarray
        Number each of its nodes had in the original graph.
    u, v, cost, length : numpy.ndarray
        Its edges, by its own node numbers; `length` is 0 where none was given.
    begin, member : numpy.ndarray
        Original edges of edge e: `member[begin[e]:begin[e + 1]]`.
    """

    node: Ints
    u: Ints
    v: Ints
    cost: Floats
    length: Floats
    begin: Ints
    member: Ints

    def original(self, tree: Flags, count: int) -> Flags:
        """Mask of the original's `count` edges that a tree of this graph stands for."""
        mask = np.zeros(count, dtype=bool)
        size = np.diff(self.begin)
        mask[self.member[np.repeat(tree, size)]] = True
        return mask


def reduce_graph(
    count: int, u: Ints, v: Ints, cost: Floats, key_node: Flags, length: Floats | None = None
) -> Reduced:
    """Graph without dead ends, chains and dearer parallel ways; key nodes stay.

    Parameters
    ----------
    count
        Number of nodes.
    u, v, cost
        Edges, shape (m,).
    key_node
        Nodes a tree may have to reach, shape (n,).
    length
        Where the length of ways counts too, shape (m,): of parallel ways the shorter ones then stay.
    """
    begin, member = np.arange(len(u) + 1), np.arange(len(u))
    length = np.zeros(len(u)) if length is None else length
    while True:
        size = len(u)
        kept = _best_of_parallel(u, v, cost, length)
        u, v, cost, length = u[kept], v[kept], cost[kept], length[kept]
        start, other, edge = around(count, u, v)
        live, degree = _live(start, other, edge, key_node)
        u, v, cost, new_begin, chain = _chains(start, other, edge, cost, key_node, live, degree)
        length = np.add.reduceat(length[chain], new_begin[:-1]) if len(chain) else length[:0]
        begin, member = _composed(begin, member, kept[chain], new_begin)
        if len(u) == size:
            break
    touched = key_node.copy()
    touched[u], touched[v] = True, True
    node = np.flatnonzero(touched)
    number = np.cumsum(touched) - 1
    return Reduced(node, number[u], number[v], cost, length, begin, member)


def _best_of_parallel(u: Ints, v: Ints, cost: Floats, length: Floats) -> Ints:
    """Edges that are no loops and the cheapest or shorter than all cheaper ones between their ends."""
    low, high = np.minimum(u, v), np.maximum(u, v)
    order = np.lexsort((np.arange(len(u)), length, cost, high, low))
    order = order[low[order] != high[order]]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    step = float(length.max(initial=0.0)) + 1.0
    falling = length[order] - step * np.cumsum(first)  # lower from pair to pair, so the least begins anew
    first[1:] |= falling[1:] < np.minimum.accumulate(falling)[:-1]
    return np.asarray(order[first])


def _composed(begin: Ints, member: Ints, chain: Ints, new_begin: Ints) -> tuple[Ints, Ints]:
    """Original edges of chains of edges that themselves stand for chains."""
    size = begin[chain + 1] - begin[chain]
    end = np.cumsum(size)
    flat = np.repeat(begin[chain] - (end - size), size) + np.arange(end[-1] if len(end) else 0)
    total = np.concatenate([[0], end])
    return total[new_begin], member[flat]
