"""Networks within limits: no way longer than light reaches, no gateway with more ports than it has.

A network is any set of edges. It is good when each place can be fed by a source along it: by a way that
light allows, and with ports enough. Fibres of several gateways may lie in one cable, so an edge counts
once whoever uses it, and a place is fed by whichever gateway has ports left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from coverage_geo.fibre import steiner
from coverage_geo.fibre.noding import adjacency
from coverage_geo.fibre.reduction import reduce_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_geo.fibre.reduction import Reduced

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ALONE = -1.0
SHORTER = (0.0, 0.5, 2.0, ALONE)  # price of length against that of cost in ways looked for, and alone
RUINS = 40  # times that a part of the network is taken out and built anew
NODES = 10_000  # of the search for places that ports do not suffice for
BEYOND = 1e200  # [mm]: no way is so long
BETTER = 1 - 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Feeding:
    """Places, what they ask for, and the sources that can give it.

    Attributes
    ----------
    u, v, cost, length : numpy.ndarray
        Edges, shape (m,).
    source : numpy.ndarray
        Node of each source, shape (s,).
    room : numpy.ndarray
        Ports of each source; infinite without limit.
    place, need, reach : numpy.ndarray
        Node of each place, ports it takes and longest way to it, shape (k,).
    root : int
        Node before all gateways without limit, through which no other source leads.
    """

    u: Ints
    v: Ints
    cost: Floats
    length: Floats
    source: Ints
    room: Floats
    place: Ints
    need: Ints
    reach: Floats
    root: int

    def reduced(self, small: Reduced) -> Feeding:
        """Return the same on a reduced graph, where closed edges are again loops."""
        first = small.member[small.begin[:-1]]
        closed = self.u[first] == self.v[first]
        root, source, place = (
            np.searchsorted(small.node, one) for one in (np.array([self.root]), self.source, self.place)
        )
        return replace(
            self,
            u=np.where(closed, root, small.u),
            v=np.where(closed, root, small.v),
            cost=small.cost,
            length=small.length,
            source=source,
            place=place,
            root=int(root[0]),
        )

    @property
    def count(self) -> int:
        """Number of nodes."""
        return self.root + 1


def fed(far: Floats, need: Ints, room: Floats, before: Ints | None = None) -> Ints:
    """Source of each place: the nearest with ports left, places moved on where that makes room.

    Parameters
    ----------
    far
        Way from each place to each source, shape (k, s); infinite where there is none.
    need, room
        Ports that each place takes, and that each source has.
    before
        Sources to begin with.

    Returns
    -------
    numpy.ndarray
        Shape (k,), -1 for a place without a source.
    """
    count = len(need)
    source = np.full(count, -1) if before is None else before.copy()
    source[(source >= 0) & ~np.isfinite(far[np.arange(count), source])] = -1
    left = room - np.bincount(source[source >= 0], weights=need[source >= 0], minlength=len(room))
    for place in np.lexsort((np.arange(count), far.min(axis=1), -need)).tolist():
        if source[place] < 0:
            _feed(place, far, need, source, left)
    return source


def _feed(place: int, far: Floats, need: Ints, source: Ints, left: Floats) -> None:
    """Feed a place by the nearest source with room, or where another place can make room by moving on."""
    near = [int(one) for one in np.argsort(far[place], kind="stable") if np.isfinite(far[place, one])]
    for one in near:
        if left[one] >= need[place]:
            source[place] = one
            left[one] -= need[place]
            return
    for one in near:
        for other in np.flatnonzero(source == one).tolist():
            if left[one] + need[other] < need[place]:
                continue
            for onward in np.argsort(far[other], kind="stable").tolist():
                if onward != one and np.isfinite(far[other, onward]) and left[onward] >= need[other]:
                    source[other], source[place] = onward, one
                    left[onward] -= need[other]
                    left[one] += need[other] - need[place]
                    return


def flows(far: Floats, need: Ints, room: Floats) -> bool:
    """Whether sources have ports for all places if a place may take its ports from several."""
    count, sources = len(need), len(room)
    place, source = np.nonzero(np.isfinite(far))
    tail = np.concatenate([np.full(count, count + sources), place, count + np.arange(sources)])
    head = np.concatenate([np.arange(count), count + source, np.full(sources, count + sources + 1)])
    most = np.concatenate([need, need[place], np.minimum(room, need.sum())]).astype(np.int32)
    graph = adjacency(count + sources + 2, tail, head, most)
    return bool(maximum_flow(graph, count + sources, count + sources + 1).flow_value == need.sum())


def fitting(far: Floats, need: Ints, room: Floats, weight: Floats) -> Ints:
    """Source of each place, so that those without any weigh least; then the nearest sources.

    Parameters
    ----------
    far
        Way from each place to each source, shape (k, s); infinite where there is none.
    need, room
        Ports that each place takes, and that each source has.
    weight
        What leaving each place out weighs, above 0.

    Returns
    -------
    numpy.ndarray
        Shape (k,), -1 for a place without a source.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415  slow to import

    chosen = fed(far, need, room)
    if (chosen >= 0).all():
        return chosen
    place, source = np.nonzero(np.isfinite(far))
    at, limited = np.arange(len(place)), np.flatnonzero(np.isfinite(room))
    once = csr_array((np.ones(len(at)), (place, at)), shape=(len(need), len(at)))
    taken = csr_array((need[place].astype(float), (source, at)), shape=(len(room), len(at)))[limited]
    nearness = far[place, source] / (far[place, source].sum() + 1.0) * weight.min()
    found = milp(
        nearness - weight[place],
        integrality=np.ones(len(at), dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(once, ub=1), LinearConstraint(taken, ub=room[limited])],
        options={"node_limit": NODES},
    )
    best = np.full(len(need), -1)
    if found.x is not None:
        best[place[found.x > 0.5]] = source[found.x > 0.5]
    return best if weight[best < 0].sum() < weight[chosen < 0].sum() else chosen


def limited_network(
    feeding: Feeding, first: Flags, *, afresh: bool = True, rounds: int = RUINS, seed: int = 0
) -> Flags:
    """Cheap network that feeds all places within the limits, which must be possible.

    Parameters
    ----------
    feeding
        Places and sources.
    first
        Mask of a cheap network that reaches all places, perhaps beyond the limits.
    afresh
        Whether to try a network begun from nothing, too.
    rounds
        Times that a part is taken out and built anew.
    seed
        Of the random choice of parts.

    Returns
    -------
    numpy.ndarray
        Mask of the cheapest network found.
    """
    search = Networks.of(feeding)
    begin = (first, np.zeros_like(first)) if afresh else (first,)
    starts = [search.mended(mask, np.inf) for mask in begin]
    if all(mask is None for mask in starts):
        search = search.with_one_source_each()
        starts = [search.mended(first, np.inf)]
    found = [search.exchanged(search.thinned(mask)) for mask in starts if mask is not None]
    best = min(found, key=search.price)
    random = np.random.default_rng(seed)
    for _ in range(rounds):
        best = search.renewed(best, random)
    return best


@dataclass(frozen=True, slots=True, eq=False)
class Networks:
    """Networks as masks of a graph's edges, changed while the limits hold."""

    asked: Feeding
    start: Ints
    other: Ints
    edge: Ints
    key_node: Flags
    allowed: Flags  # which sources may feed each place, shape (k, s)

    @classmethod
    def of(cls, asked: Feeding) -> Networks:
        """Lay out a graph."""
        key_node = np.zeros(asked.count, dtype=bool)
        key_node[asked.place], key_node[asked.source] = True, True
        allowed = np.ones((len(asked.place), len(asked.source)), dtype=bool)
        return cls(asked, *steiner.around(asked.count, asked.u, asked.v), key_node, allowed)

    def with_one_source_each(self) -> Networks:
        """Return the same with one source for each place, such that all have ports enough."""
        far = self.lengths(np.ones(len(self.asked.u), dtype=bool))
        source = fitting(far, self.asked.need, self.asked.room, np.ones(len(far)))
        return replace(self, allowed=source[:, None] == np.arange(len(self.asked.source)))

    def price(self, mask: Flags) -> float:
        """Cost of a network."""
        return float(self.asked.cost[mask].sum())

    def shortest(self, source: int, weight: Floats) -> tuple[Floats, Ints, Ints]:
        """Way from a source to each node: its weight, and the node and edge before each."""
        mark = np.full(self.asked.count, -1)
        mark[self.asked.source[source]] = 0
        banned = -1 if self.asked.source[source] == self.asked.root else self.asked.root
        far, _, came, by = steiner.shortest(
            self.start, self.other, self.edge, weight, mark, banned, steiner.INFINITE
        )
        return far, came, by

    def lengths(self, mask: Flags) -> Floats:
        """Length of the way to each place from each source along a network, infinite beyond reach."""
        asked = self.asked
        along = np.where(mask, asked.length, np.inf)
        far = np.array([self.shortest(at, along)[0][asked.place] for at in range(len(asked.source))]).T
        far = far.reshape(len(asked.place), len(asked.source))
        return np.where((far <= np.minimum(asked.reach, BEYOND)[:, None]) & self.allowed, far, np.inf)

    def feeders(self, mask: Flags, before: Ints | None = None) -> Ints:
        """Source of each place; -1 for a place that none can feed."""
        far, need, room = self.lengths(mask), self.asked.need, self.asked.room
        source = fed(far, need, room, before)
        if before is None and (source < 0).any() and (need > 1).any() and flows(far, need, room):
            return fitting(far, need, room, np.ones(len(far)))
        return source

    def mended(self, mask: Flags, limit: float) -> Flags | None:
        """Network with ways added, the cheapest first, until all places are fed; None beyond a limit."""
        mask, feeder, spent = mask.copy(), self.feeders(mask), 0.0
        while (feeder < 0).any():
            way = self._cheapest_way(mask, feeder, limit - spent)
            if way is None:
                return None
            spent += float(self.asked.cost[way[~mask[way]]].sum())
            mask[way] = True
            feeder = self.feeders(mask, feeder)
        return mask

    def _cheapest_way(self, mask: Flags, feeder: Ints, limit: float) -> Ints | None:
        """Cheapest way found from a source with ports left to a place that is not fed."""
        asked = self.asked
        left = asked.room - np.bincount(feeder[feeder >= 0], asked.need[feeder >= 0], len(asked.room))
        price = np.where(mask, 0.0, asked.cost)
        per_length = asked.cost.sum() / max(float(asked.length.sum()), 1.0)
        best, least = None, limit
        for source in range(len(asked.source)):
            wanting = np.flatnonzero((feeder < 0) & (asked.need <= left[source]) & self.allowed[:, source])
            for share in SHORTER if len(wanting) else ():
                weight = asked.length if share == ALONE else price + share * per_length * asked.length
                far, came, by = self.shortest(source, weight)
                for place in wanting[np.argsort(far[asked.place[wanting]], kind="stable")].tolist():
                    way = _back(int(asked.place[place]), came, by)
                    cost = float(price[way].sum())
                    if far[asked.place[place]] >= steiner.INFINITE or (share == 0 and cost >= least):
                        break
                    if cost < least and asked.length[way].sum() <= asked.reach[place]:
                        best, least = way, cost
                        break
        return best

    def parts(self, mask: Flags) -> list[Ints]:
        """Edges of a network by key path, the dearest first; what leads nowhere stands alone."""
        edges = np.flatnonzero(mask)
        small = reduce_graph(
            self.asked.count, self.asked.u[edges], self.asked.v[edges], self.asked.cost[edges], self.key_node
        )
        chains = np.split(edges[small.member], small.begin[1:-1]) if len(small.u) else []
        loose = np.setdiff1d(edges, edges[small.member])
        parts = [*chains, *np.split(loose, np.arange(1, len(loose)))] if len(loose) else chains
        return sorted(parts, key=lambda part: (-float(self.asked.cost[part].sum()), part.tolist()))

    def thinned(self, mask: Flags) -> Flags:
        """Network without the parts that cost something and no place needs."""
        mask = mask.copy()
        for part in self.parts(mask):
            mask[part] = self.asked.cost[part].sum() <= 0
            if not mask[part].all() and (self.feeders(mask) < 0).any():
                mask[part] = True
        return mask

    def exchanged(self, mask: Flags) -> Flags:
        """Network in which parts were replaced by cheaper ones, until none can be."""
        better = True
        while better:
            better = False
            for part in self.parts(mask):
                if not mask[part].all():
                    continue
                without = mask.copy()
                without[part] = False
                price = float(self.asked.cost[part].sum())
                found = self.mended(without, price * BETTER) if price > 0 else None
                if found is not None:
                    mask, better = found, True
            mask = self.thinned(mask) if better else mask
        return mask

    def renewed(self, mask: Flags, random: np.random.Generator) -> Flags:
        """Network after some parts were taken out and built anew, when it is cheaper; else the given one."""
        parts = self.parts(mask)
        if not parts:
            return mask
        middle = np.array([self.asked.u[part[len(part) // 2]] for part in parts])
        mark = np.full(self.asked.count, -1)
        mark[middle[random.integers(len(parts))]] = 0
        far = steiner.shortest(
            self.start, self.other, self.edge, self.asked.cost, mark, self.asked.root, steiner.INFINITE
        )[0][middle]
        without = mask.copy()
        for at in np.argsort(far, kind="stable")[: random.integers(3, 12)].tolist():
            without[parts[at]] = False
        found = self.mended(without, self.price(mask & ~without) * 1.5)
        if found is None:
            return mask
        found = self.thinned(found)
        return found if self.price(found) < self.price(mask) * BETTER else mask


def _back(node: int, came: Ints, by: Ints) -> Ints:
    """Edges on the way back from a node."""
    way = []
    while by[node] >= 0:
        way.append(by[node])
        node = int(came[node])
    return np.array(way, dtype=np.int64)
