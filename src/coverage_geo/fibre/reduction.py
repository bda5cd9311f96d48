"""Smaller graphs with the same best tree: dead ends cut off, chains and parallel ways drawn together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


def _chains(count: int, u: Ints, v: Ints, key_node: Flags) -> tuple[Ints, Ints, Ints, Ints]:
    """Chains of edges between key nodes and junctions, without dead ends: ends, and edges strung together."""
    degree = np.bincount(u, minlength=count) + np.bincount(v, minlength=count)
    inner = (degree == 2) & ~key_node
    end = (degree == 1) & ~key_node
    size = len(u)
    node, edge = np.concatenate([u, v]), np.tile(np.arange(size), 2)
    # Edges that meet at an inner node hang together: each joins the number of that node.
    at = np.flatnonzero(inner[node])
    joined = coo_array((np.ones(len(at)), (edge[at], size + node[at])), shape=(size + count, size + count))
    label = connected_components(joined, directed=False)[1][:size]
    outer = np.flatnonzero(~inner[node])
    dead = np.zeros(size + count, dtype=bool)
    dead[label[edge[end[node]]]] = True
    rings = np.ones(size + count, dtype=bool)
    rings[label[edge[outer]]] = False
    outer = outer[~dead[label[edge[outer]]]]
    outer = outer[np.lexsort((node[outer], label[edge[outer]]))]
    live = np.flatnonzero(~(dead | rings)[label])
    member = live[np.lexsort((live, label[live]))]
    begin = np.append(np.flatnonzero(np.diff(label[member], prepend=-1)), len(member))
    return node[outer[::2]], node[outer[1::2]], begin, member


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
        u, v, new_begin, chain = _chains(count, u, v, key_node)
        cost, length = (_sums(each[chain], new_begin) for each in (cost, length))
        begin, member = _composed(begin, member, kept[chain], new_begin)
        if len(u) == size:
            break
    touched = key_node.copy()
    touched[u], touched[v] = True, True
    node = np.flatnonzero(touched)
    number = np.cumsum(touched) - 1
    return Reduced(node, number[u], number[v], cost, length, begin, member)


def _sums(values: Floats, begin: Ints) -> Floats:
    return np.add.reduceat(values, begin[:-1]) if len(values) else values


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
