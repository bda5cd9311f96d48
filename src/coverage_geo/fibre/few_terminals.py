"""The best tree between few terminals, from the best trees between ever more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from coverage_geo.fibre.cuts import Bound
from coverage_geo.fibre.steiner import layout

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

WORK = 40_000_000  # sums of two trees at a node up to which the best tree is sought
MOST = 13  # terminals
LEAST = 1e-12  # cost of a free edge: scipy takes 0 for no edge


def best_of_few(u: Ints, v: Ints, cost: Floats, prize: Floats, value: float) -> Bound:
    """Best tree when few nodes must be inside and none else has a prize; else a bound that says nothing.

    For each set of terminals and each node the cheapest tree that joins them is one of two smaller ones
    that meet there, or one that a way leads on from.

    Parameters
    ----------
    u, v, cost
        Edges, no two between the same nodes.
    prize
        Infinite for nodes that must be inside.
    value
        Cost of a known tree: dearer parts are not looked at.

    References
    ----------
    S. E. Dreyfus, R. A. Wagner, "The Steiner problem in graphs", Networks 1 (1971); R. E. Erickson,
    C. L. Monma, A. F. Veinott, Mathematics of Operations Research 12 (1987).
    """
    terminals = np.flatnonzero(np.isinf(prize))
    count, many = len(prize), len(terminals)
    if not 2 <= many <= MOST or (prize[~np.isinf(prize)] > 0).any() or 3 ** (many - 1) * count > WORK:
        return Bound(-np.inf, None, by_clock=False)
    grow = _Grow.of(count, u, v, cost)
    full = (1 << (many - 1)) - 1
    best = np.full((full + 1, count), np.inf)
    before = np.full((full + 1, count), -1, dtype=np.int32)
    split = np.zeros((full + 1, count), dtype=np.int32)
    for part in range(1, full + 1):
        joined = np.full(count, np.inf)
        if part & (part - 1) == 0:
            joined[terminals[part.bit_length() - 1]] = 0.0
        half = (part - 1) & part
        while half > part - half - 1 and half:
            total = best[half] + best[part - half]
            less = total < joined
            joined[less], split[part][less] = total[less], half
            half = (half - 1) & part
        joined[joined > value * (1 + 1e-9)] = np.inf
        best[part], before[part] = grow.from_trees(joined)
    top = int(terminals[-1])
    edges = _edges(full, top, before, split, grow)
    return Bound(float(cost[edges].sum()), edges, by_clock=False)


class _Grow:
    """A graph with one more node, from which each node is as far as the tree that is there costs."""

    def __init__(self, graph: csr_array, edge: csr_array) -> None:
        self.graph, self.edge = graph, edge

    @classmethod
    def of(cls, count: int, u: Ints, v: Ints, cost: Floats) -> _Grow:
        """Lay out a graph."""
        ends, numbers = (np.concatenate([u, v]), np.concatenate([v, u])), np.tile(np.arange(len(u)), 2)
        start, other, edge = layout(count, *ends, numbers)
        size = start[-1]
        weight = np.concatenate([np.maximum(cost[edge], LEAST), np.ones(count)])
        there = np.concatenate([other, np.arange(count)])
        begin = np.append(start, size + count)
        shape = (count + 1, count + 1)
        graph = csr_array((weight, there.astype(np.int32), begin.astype(np.int32)), shape=shape)
        return cls(graph, csr_array((edge, other, start), shape=(count, count)))

    def from_trees(self, joined: Floats) -> tuple[Floats, NDArray[np.int32]]:
        """Cheapest trees at each node: those joined there, or ways from others; and the node before each."""
        count = len(joined)
        self.graph.data[-count:] = joined + 1.0
        far, before = dijkstra(self.graph, indices=np.asarray(count), return_predecessors=True)
        return far[:count] - 1.0, np.where(before[:count] == count, -1, before[:count])

    def between(self, one: int, two: int) -> int:
        """Number of the edge between two nodes."""
        row = slice(self.edge.indptr[one], self.edge.indptr[one + 1])
        return int(self.edge.data[row][self.edge.indices[row] == two][0])


def _edges(part: int, node: int, before: NDArray[np.int32], split: NDArray[np.int32], grow: _Grow) -> Ints:
    """Edges of the best tree of a set of terminals at a node."""
    edges, todo = set(), [(part, node)]
    while todo:
        part, node = todo.pop()
        while before[part][node] >= 0:
            edges.add(grow.between(node, int(before[part][node])))
            node = int(before[part][node])
        half = int(split[part][node])
        if half:
            todo += [(half, node), (part - half, node)]
    return np.array(sorted(edges), dtype=np.int64)
