"""A tree problem as arcs from a root to terminals, with the limits on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from coverage_geo.fibre.ascent import reach_from
from coverage_geo.fibre.steiner import INFINITE, layout

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """How far light goes: the ways from a root may be no longer than each node's reach.

    Attributes
    ----------
    root : int
        Node the ways begin at.
    length : numpy.ndarray
        Length of each edge, shape (m,).
    reach : numpy.ndarray
        Longest way to each node, shape (n,); infinite where there is no limit.
    """

    root: int
    length: Floats
    reach: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Ports:
    """Ports that gateways, the nodes next to a root, have and that places take.

    Attributes
    ----------
    root : int
        Node before all gateways.
    room : numpy.ndarray
        Ports at each node, shape (n,): 0 or more at gateways, infinite without limit.
    need : numpy.ndarray
        Ports that the places at each node take, shape (n,).
    """

    root: int
    room: Floats
    need: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """The problem as arcs from a root to terminals, each of which must be reached.

    Attributes
    ----------
    count : int
        Number of nodes.
    tail, head, cost : numpy.ndarray
        Arcs.
    edge : numpy.ndarray
        Edge of the graph each arc runs along, -1 for an arc that stands for an unpaid prize.
    root : int
        Node everything hangs on.
    terminals : numpy.ndarray
        Nodes to reach.
    shift : float
        What the arcs cost more than the tree.
    entry : numpy.ndarray
        Arcs from an artificial root to the first node of the tree: one of them is taken.
    length : numpy.ndarray
        Length of each arc; 0 where light has no limit.
    near : numpy.ndarray
        Shortest way from the root to each node.
    reach : numpy.ndarray
        Longest way to each terminal.
    ports : Ports or None
        Ports that gateways next to the root have; None without limit.
    """

    count: int
    tail: Ints
    head: Ints
    cost: Floats
    edge: Ints
    root: int
    terminals: Ints
    shift: float
    entry: Flags
    length: Floats
    near: Floats
    reach: Floats
    ports: Ports | None

    def into(self) -> tuple[Ints, Ints]:
        """Return the arcs into each node: those of node v are at start[v] to start[v + 1] of the second."""
        start, _, arc = layout(self.count, self.head, self.tail, np.arange(len(self.head)))
        return start, arc

    def only(self, kept: Flags) -> Arcs:
        """Return the problem with some arcs only."""
        return replace(
            self,
            tail=self.tail[kept],
            head=self.head[kept],
            cost=self.cost[kept],
            edge=self.edge[kept],
            entry=self.entry[kept],
            length=self.length[kept],
        )

    def with_one_entry(self) -> Arcs:
        """Return the problem with free arcs from the artificial root, of which one must be taken."""
        return replace(self, cost=np.where(self.entry, 0.0, self.cost), shift=0.0)


def arcs_of(
    u: Ints,
    v: Ints,
    cost: Floats,
    prize: Floats,
    live: Ints,
    *,
    root: int,
    value: float,
    light: Light | None = None,
    ports: Ports | None = None,
) -> Arcs:
    """Arcs of the live edges, and for each optional prize a node that its edge or a fine reaches.

    Without a node that must be inside, an artificial root pays `value` for the first node of the tree.
    """
    count = len(prize)
    optional = np.flatnonzero((prize > 0) & np.isfinite(prize))
    twin = count + np.arange(len(optional))
    must = np.flatnonzero(np.isinf(prize))
    tail, head = [u[live], v[live], optional], [v[live], u[live], twin]
    price, edge = [cost[live], cost[live], np.zeros(len(twin))], [live, live, np.full(len(twin), -1)]
    total, shift = count + len(twin), 0.0
    if not len(must):
        root, total, shift = total, total + 1, value
        tail.append(np.full(len(optional), root))
        head.append(optional)
        price.append(np.full(len(optional), value))
        edge.append(np.full(len(optional), -1))
    tail.append(np.full(len(twin), root))
    head.append(twin)
    price.append(prize[optional])
    edge.append(np.full(len(twin), -1))
    goals = np.concatenate([must[must != root], twin])
    tails, heads = np.concatenate(tail), np.concatenate(head)
    entry = (tails == root) & (heads < count) & (shift > 0)
    costs, edges = np.concatenate(price), np.concatenate(edge)
    length, near = np.zeros(len(tails)), np.zeros(total)
    reach = np.full(len(goals), INFINITE)
    if light is not None:
        length = np.where(edges >= 0, light.length[edges], 0.0)
        near = reach_from(total, tails, heads, length, np.array([root]))
        place = np.concatenate([must[must != root], optional])
        reach = np.minimum(light.reach[place], INFINITE)
    return Arcs(
        total,
        tails,
        heads,
        costs,
        edges,
        root,
        goals,
        shift=shift,
        entry=entry,
        length=length,
        near=near,
        reach=reach,
        ports=ports,
    )
