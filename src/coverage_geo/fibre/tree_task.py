"""What a shared network is asked for, as a tree problem with limits, and the network found for it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from coverage_geo.fibre.arcs import Light, Ports
from coverage_geo.fibre.cuts import CLOSE, directed_bound
from coverage_geo.fibre.limits import Feeding, Networks, fitting, limited_network
from coverage_geo.fibre.network import Ways, walk
from coverage_geo.fibre.noding import MM_PER_M
from coverage_geo.fibre.paths import Paths
from coverage_geo.fibre.reduction import reduce_graph
from coverage_geo.fibre.tree_search import TreeProblem, solve_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_geo.costs import UnitCosts
    from coverage_geo.fibre.cuts import Bound
    from coverage_geo.fibre.network import Network
    from coverage_geo.fibre.paths import Endings
    from coverage_geo.fibre.reduction import Reduced

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

MILLION = 1e6
MM_OF_ROUNDING = 1e-3
LIGHT, PORTS = "light", "ports"
TURNS = 2  # times that a bound is sought, the later ones from the network that the earlier led to
LEAST_GAIN = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """The network with a root before all gateways, and what each target asks of it.

    Attributes
    ----------
    network : Network
        What the cable may follow; its edges come first among the task's, then one from the root, which is
        the last node, to each gateway.
    u, v, length_mm : numpy.ndarray
        Edges.
    cost : numpy.ndarray
        Of each edge, in millions of rupiah.
    drop_idr : numpy.ndarray
        Cost of each target's drop.
    endings : Endings
        Where cables may end.
    ending : numpy.ndarray
        Ending of each target, -1 for one that is not to be connected.
    worth : numpy.ndarray
        Worth of each target beyond its drop, in millions of rupiah; infinite when it must be connected.
    need : numpy.ndarray
        Ports that each target takes.
    ports : numpy.ndarray
        Ports of each gateway, infinite without limit.
    reach_mm : float
        Longest cable that light allows.
    """

    network: Network
    u: Ints
    v: Ints
    length_mm: Floats
    cost: Floats
    drop_idr: Floats
    endings: Endings
    ending: Ints
    worth: Floats
    need: Ints
    ports: Floats
    reach_mm: float

    @classmethod
    def of(
        cls,
        network: Network,
        endings: Endings,
        ending: Ints,
        *,
        worth_idr: Floats,
        need: Ints,
        ports: Floats,
        costs: UnitCosts,
        reach_m: float,
    ) -> Task:
        """Lay out what targets ask of a network; those worth no more than their drop ask for nothing."""
        drop_mm = np.where(ending >= 0, np.append(endings.drop_mm, 0)[ending], 0)
        drop_idr = drop_mm / MM_PER_M / 1000 * costs.idr("fibre_on_poles")
        root = len(network.xy)
        return cls(
            network,
            np.concatenate([network.u, network.gateways]),
            np.concatenate([network.v, np.full(len(network.gateways), root)]),
            np.concatenate([network.length_mm, np.zeros(len(network.gateways))]).astype(float),
            np.concatenate([network.cost_idr(costs) / MILLION, np.zeros(len(network.gateways))]),
            drop_idr,
            endings,
            np.where(worth_idr > drop_idr, ending, -1),
            (worth_idr - drop_idr) / MILLION,
            need,
            ports,
            reach_m * MM_PER_M + MM_OF_ROUNDING,
        )

    @property
    def root(self) -> int:
        """Node before all gateways."""
        return len(self.network.xy)

    def targets(self) -> Ints:
        """Targets that are to be connected."""
        return np.flatnonzero(self.ending >= 0)

    def pole(self, targets: Ints) -> Ints:
        """Pole at which each target's cable ends."""
        return self.endings.pole[self.ending[targets]]

    def drop_mm(self, targets: Ints) -> Ints:
        """Length of each target's drop."""
        return self.endings.drop_mm[self.ending[targets]]

    def problem(self) -> TreeProblem:
        """Return the tree problem without limits."""
        prize = np.zeros(self.root + 1)
        prize[self.root] = np.inf
        targets = self.targets()
        np.add.at(prize, self.pole(targets), self.worth[targets])
        return TreeProblem(self.u, self.v, self.cost, prize)

    def feeding(self, targets: Ints) -> Feeding:
        """Targets and the sources that may feed them: each gateway with few ports, one root for the rest."""
        few = np.isfinite(self.ports)
        closed = np.zeros(len(self.u), dtype=bool)
        closed[len(self.network.u) :] = few
        u = np.where(closed, self.root, self.u)  # a loop at the root leads nowhere
        source, room = self.network.gateways[few], self.ports[few]
        if not few.all():
            source, room = np.append(source, self.root), np.append(room, np.inf)
        return Feeding(
            u,
            self.v,
            self.cost,
            self.length_mm,
            source,
            room,
            self.pole(targets),
            self.need[targets],
            (self.reach_mm - self.drop_mm(targets)).astype(np.float64),
            self.root,
        )

    def without(self, targets: Ints) -> Task:
        """Return the task with some targets not to be connected."""
        ending = self.ending.copy()
        ending[targets] = -1
        return replace(self, ending=ending)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The network found for a task.

    Attributes
    ----------
    paths : Paths
        Way to each target that is connected.
    no_port : numpy.ndarray
        Targets that would be connected had the gateways more ports.
    bound : float
        No network costs less, worth of targets left out included, in millions of rupiah; ports do not
        count in it, and drops neither.
    binding : str
        The limits that the cheapest network found without them did not keep.
    rounds : int
        Trees that were tried.
    by_clock : bool
        Whether the clock ended the search.
    """

    paths: Paths
    no_port: Ints
    bound: float
    binding: str
    rounds: int
    by_clock: bool


def solve_task(task: Task, *, rounds: int, seconds: float) -> Answer:
    """Find a cheap network within the limits: the best without them, mended and improved where they bind."""
    nobody = np.empty(0, dtype=np.int64)
    must = np.isinf(task.worth)
    no_port = _too_many(task, task.targets()[must[task.targets()]])
    task = task.without(no_port)
    begun = time.monotonic()
    free = solve_tree(task.problem(), rounds=rounds, seconds=seconds)
    mask = np.zeros(len(task.u), dtype=bool)
    mask[free.edges] = True
    targets = _on(task, mask)
    feeding = task.feeding(targets)
    binding = _binding(feeding, mask)
    bound, by_clock = free.bound, free.by_clock
    if binding:
        left_out = _too_many(task, targets) if PORTS in binding else nobody
        no_port = np.union1d(no_port, left_out)
        targets = np.setdiff1d(targets, left_out)
        left = max(1.0, seconds - (time.monotonic() - begun))
        mask, targets, closer, late = _limited(task, mask, targets, binding, seconds=left)
        bound, by_clock = max(bound, closer), by_clock or late
        feeding = task.feeding(targets)
    paths = _paths_along(task, Networks.of(feeding), mask, targets)
    return Answer(paths, no_port, bound, binding, free.rounds, by_clock)


def _too_many(task: Task, targets: Ints) -> Ints:
    """Targets for which gateways that light reaches them from have no ports left, the least worth of them."""
    if not len(targets) or not np.isfinite(task.ports).any():
        return targets[:0]
    feeding = task.feeding(targets)
    everything = Networks.of(feeding)
    far = everything.lengths(np.ones(len(task.u), dtype=bool))
    worth = task.worth[targets]
    source = fitting(far, feeding.need, feeding.room, np.where(np.isinf(worth), 1.0, worth))
    return targets[source < 0]


def _on(task: Task, mask: Flags) -> Ints:
    """Targets whose pole is on a network that hangs on the root."""
    inside = np.zeros(task.root + 1, dtype=bool)
    inside[task.u[mask]], inside[task.v[mask]] = True, True
    targets = task.targets()
    return targets[inside[task.pole(targets)]]


def _binding(feeding: Feeding, mask: Flags) -> str:
    """Which limits a network does not keep."""
    if not len(feeding.place) or (Networks.of(feeding).feeders(mask) >= 0).all():
        return ""
    dark = replace(feeding, room=np.full(len(feeding.room), np.inf))
    full = replace(feeding, reach=np.full(len(feeding.reach), np.inf))
    limits = {
        LIGHT: (Networks.of(dark).feeders(mask) < 0).any(),
        PORTS: (Networks.of(full).feeders(mask) < 0).any(),
    }
    return " and ".join(name for name, binds in limits.items() if binds) or f"{LIGHT} and {PORTS}"


def _limited(
    task: Task, mask: Flags, targets: Ints, binding: str, *, seconds: float
) -> tuple[Flags, Ints, float, bool]:
    """Network within the limits for some targets: its edges, targets and bound, and if the clock ended it."""
    key_node = np.zeros(task.root + 1, dtype=bool)
    key_node[task.network.gateways], key_node[task.root] = True, True
    key_node[task.pole(task.targets())] = True
    small = reduce_graph(len(key_node), task.u, task.v, task.cost, key_node, task.length_mm)
    first = mask[small.member[small.begin[:-1]]]
    found = limited_network(task.feeding(targets).reduced(small), first)
    mask, bound, by_clock = small.original(found, len(task.u)), -np.inf, False
    for limit in _limits(task, small, binding):
        for _ in range(TURNS):
            value = _value(task, mask, targets)
            if bound >= value * (1 - CLOSE):
                break
            closer = _bound(task, small, limit, value, seconds=seconds / TURNS)
            bound, by_clock = max(bound, closer.value), by_clock or closer.by_clock
            edges = closer.near if closer.tree is None else closer.tree
            if edges is None:
                break
            near = np.zeros(len(small.u), dtype=bool)
            near[edges] = True
            mask, targets = _better(task, small, near, mask, targets)
            if _value(task, mask, targets) > value * (1 - LEAST_GAIN):
                break
    return mask, targets, bound, by_clock


def _limits(task: Task, small: Reduced, binding: str) -> list[Light | Ports]:
    """Limits that bind, for a bound: ports only where all targets must be connected."""
    root = int(np.searchsorted(small.node, task.root))
    limits: list[Light | Ports] = []
    if LIGHT in binding:
        limits.append(Light(root, small.length, _reach(task)[small.node]))
    if PORTS in binding and np.isinf(task.worth[task.targets()]).all():
        limits.append(_ports(task, small.node, root))
    return limits


def _bound(task: Task, small: Reduced, limit: Light | Ports, value: float, *, seconds: float) -> Bound:
    prize = task.problem().prize[small.node]
    light = limit if isinstance(limit, Light) else None
    ports = limit if isinstance(limit, Ports) else None
    return directed_bound(
        small.u, small.v, small.cost, prize, value, seconds=seconds, light=light, ports=ports
    )


def _better(task: Task, small: Reduced, near: Flags, mask: Flags, targets: Ints) -> tuple[Flags, Ints]:
    """Whichever is cheaper: a tree that may break limits, mended, or a network for some targets."""
    original = small.original(near, len(task.u))
    on = _on(task, original)
    on = np.setdiff1d(on, _too_many(task, on))
    found = limited_network(task.feeding(on).reduced(small), near, afresh=False)
    mended = small.original(found, len(task.u))
    return (mended, on) if _value(task, mended, on) < _value(task, mask, targets) else (mask, targets)


def _ports(task: Task, node: Ints, root: int) -> Ports:
    """Ports that targets take and gateways have, by the numbers of a reduced graph."""
    targets = task.targets()
    need, room = np.zeros(task.root + 1, dtype=np.int64), np.zeros(task.root + 1)
    np.add.at(need, task.pole(targets), task.need[targets])
    room[task.network.gateways] = task.ports
    return Ports(root, room[node], need[node])


def _value(task: Task, mask: Flags, targets: Ints) -> float:
    """Cost of a network and of the worth that it leaves out."""
    left_out = np.setdiff1d(task.targets(), targets)
    return float(task.cost[mask].sum() + task.worth[left_out].sum())


def _reach(task: Task) -> Floats:
    """Longest way to each node: of several targets there that of the least when all must be connected."""
    targets = task.targets()
    reach_mm, pole = task.reach_mm - task.drop_mm(targets), task.pole(targets)
    reach = np.full(task.root + 1, np.inf)
    if np.isinf(task.worth[targets]).all():
        np.minimum.at(reach, pole, reach_mm)
    else:
        reach[pole] = -np.inf
        np.maximum.at(reach, pole, reach_mm)
    return reach


def _paths_along(task: Task, networks: Networks, mask: Flags, targets: Ints) -> Paths:
    """Path to each of some targets along a network that feeds them."""
    along = np.where(mask, task.length_mm, np.inf)
    feeder = networks.feeders(mask)
    pole, drop_mm = task.pole(targets), task.drop_mm(targets)
    length_mm, ending = np.zeros(len(task.ending), dtype=np.int64), np.full(len(task.ending), -1)
    found = Paths(ending, length_mm, *(np.empty(0, dtype=np.int64) for _ in range(3)))
    for source in np.unique(feeder[feeder >= 0]).tolist():
        far, before, by = networks.shortest(source, along)
        before = np.where(before == task.root, -1, before)
        mine = np.flatnonzero(feeder == source)
        number, node = walk(Ways(far, before, before), pole[mine])
        edge = np.where(before[node] >= 0, by[node], -1)
        one_ending, one_length = np.full(len(ending), -1), np.zeros(len(ending), dtype=np.int64)
        one_ending[targets[mine]] = task.ending[targets[mine]]
        one_length[targets[mine]] = np.rint(far[pole[mine]]).astype(np.int64) + drop_mm[mine]
        found |= Paths(one_ending, one_length, targets[mine][number], node, edge)
    return found
