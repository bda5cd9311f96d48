"""What a cable may follow: spans between poles, ways from gateways to poles, lines a planner drew."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from coverage_geo.errors import Fault, RepairWarning, ValueRangeError, raise_faults
from coverage_geo.fibre.noding import MM_PER_M, adjacency, nearest, without
from coverage_geo.fibre.pole_survey import NEW, ROAD

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from coverage_geo.costs import UnitCosts
    from coverage_geo.fibre.pole_graph import PoleGraph

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

LENGTH_BREAKS_TIES = 1e-6


class Edges(Protocol):
    """Anything with numbered edges between nodes."""

    @property
    def u(self) -> Ints:
        """One end of each edge."""

    @property
    def v(self) -> Ints:
        """The other end of each edge."""


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes and the ways between them; the first nodes are the graph's poles, then the gateways.

    Attributes
    ----------
    xy : numpy.ndarray
        Shape (n, 2), [m].
    standing : numpy.ndarray
        Shape (n,), bool: whether a pole stands there already, as against gateways and new ground.
    u, v : numpy.ndarray
        Shape (m,): ends of each way; the first ways are the graph's spans.
    length_mm : numpy.ndarray
        Shape (m,), [mm].
    poles_between : numpy.ndarray
        Shape (m,): standing poles between its ends that no data show.
    new_poles : numpy.ndarray
        Shape (m,): poles to set for it.
    is_span, is_bridge, is_road : numpy.ndarray
        Shape (m,), bool: whether it runs from pole to pole; whether it needs new ground (a bridged gap, a
        drawn stretch); whether it follows a road on new poles, which is no bridge. `length_mm * is_road`
        are the metres over roads; their new poles are in `new_poles` as any others.
    gateways : numpy.ndarray
        Nodes of the gateways, in the order of their table.
    """

    xy: Floats
    standing: Flags
    u: Ints
    v: Ints
    length_mm: Ints
    poles_between: Ints
    new_poles: Ints
    is_span: Flags
    is_bridge: Flags
    is_road: Flags
    gateways: Ints

    def with_ways(
        self, xy: Floats, u: Ints, v: Ints, *, length_mm: Ints, new_poles: Ints, is_bridge: bool
    ) -> Network:
        """Return the network with more nodes, at which no poles stand, and ways that are no spans."""
        no_span = np.zeros(len(u), dtype=bool)
        return Network(
            np.concatenate([self.xy, xy]),
            np.concatenate([self.standing, np.zeros(len(xy), dtype=bool)]),
            np.concatenate([self.u, u]),
            np.concatenate([self.v, v]),
            np.concatenate([self.length_mm, length_mm]),
            np.concatenate([self.poles_between, np.zeros(len(u), dtype=np.int64)]),
            np.concatenate([self.new_poles, new_poles]),
            np.concatenate([self.is_span, no_span]),
            np.concatenate([self.is_bridge, no_span | is_bridge]),
            np.concatenate([self.is_road, no_span]),
            self.gateways,
        )

    def cost_idr(self, unit_costs: UnitCosts) -> Floats:
        """Capital cost of a cable along each way, shape (m,)."""
        cable = self.length_mm / MM_PER_M / 1000 * unit_costs.idr("fibre_on_poles")
        return cable + self.new_poles * unit_costs.idr("new_pole")

    def matrix(self, weight: Floats) -> csr_array:
        """Return the weights as a symmetric matrix; of equal ways the shorter one is preferred."""
        weighed = np.maximum(weight + LENGTH_BREAKS_TIES * self.length_mm / MM_PER_M, 1e-9)
        u, v = np.concatenate([self.u, self.v]), np.concatenate([self.v, self.u])
        return adjacency(len(self.xy), u, v, np.concatenate([weighed, weighed]))


def pole_network(graph: PoleGraph, gateways: gpd.GeoDataFrame, *, max_gateway_m: float) -> Network:
    """Poles and spans of a graph, and each gateway joined to the nearest pole of every line near it.

    Raises
    ------
    ValueRangeError
        When no gateway has a pole within reach.
    """
    place = np.column_stack([graph.x, graph.y])
    network = Network(
        place,
        graph.standing,
        graph.u,
        graph.v,
        graph.length_mm,
        graph.poles_between,
        graph.new_poles,
        np.ones(len(graph.u), dtype=bool),
        graph.kind == NEW,
        graph.kind == ROAD,
        len(place) + np.arange(len(gateways)),
    )
    at = np.column_stack([gateways.geometry.x, gateways.geometry.y])
    gateway, pole, far_mm = ways_in(graph, place, at, max_gateway_m)
    if not len(gateway):
        raise_faults([_far_off(place, at, gateways, max_gateway_m)])
    _tell_unused(gateways.index[without(len(gateways), gateway)], max_gateway_m)
    return network.with_ways(
        at,
        pole,
        len(place) + gateway,
        length_mm=far_mm,
        new_poles=np.zeros(len(pole), dtype=np.int64),
        is_bridge=False,
    )


def ways_in(graph: PoleGraph, place: Floats, at: Floats, reach_m: float) -> tuple[Ints, Ints, Ints]:
    """Nearest permitted pole of each component within reach of each gateway: gateway, pole, [mm]."""
    may = np.flatnonzero(graph.permitted)
    tree = cKDTree(place[may])
    near = [may[np.asarray(tree.query_ball_point(one, reach_m), dtype=np.int64)] for one in at]
    gateway = np.repeat(np.arange(len(at)), [len(one) for one in near])
    pole = np.concatenate([np.empty(0, dtype=np.int64), *near])
    far_mm = np.rint(np.hypot(*(place[pole] - at[gateway]).T) * MM_PER_M).astype(np.int64)
    order = np.lexsort((pole, far_mm, graph.component[pole], gateway))
    gateway, pole, far_mm = gateway[order], pole[order], far_mm[order]
    first = np.ones(len(pole), dtype=bool)
    first[1:] = (np.diff(gateway) != 0) | (np.diff(graph.component[pole]) != 0)
    return gateway[first], pole[first], far_mm[first]


def _tell_unused(unused: pd.Index, reach_m: float) -> None:
    if len(unused):
        shown = ", ".join(unused[:5]) + (" ..." if len(unused) > 5 else "")
        what = f"{len(unused)} of the gateways feed nothing: no pole within {reach_m:g} m of {shown}"
        warnings.warn(f"{what}. Check their places, or raise max_gateway_m.", RepairWarning, stacklevel=4)


def _far_off(place: Floats, at: Floats, gateways: gpd.GeoDataFrame, reach_m: float) -> Fault:
    far, _ = nearest(place, at)
    first = int(np.argmin(far))
    what = (
        f"no pole within {reach_m:g} m of any gateway; the nearest, {gateways.index[first]}, "
        f"is {far[first]:,.0f} m from a pole"
    )
    return Fault(ValueRangeError, "gateways", what, "Check their places, or raise max_gateway_m.")


@dataclass(frozen=True, slots=True)
class Ways:
    """Cheapest ways from the gateways to every node, as one forest.

    Attributes
    ----------
    total : numpy.ndarray
        Shape (n,): weight from the nearest gateway; infinite where none leads.
    before : numpy.ndarray
        Shape (n,): node before each on its way; negative at gateways and where none leads.
    gateway : numpy.ndarray
        Shape (n,): node of the gateway each way starts from.
    """

    total: Floats
    before: Ints
    gateway: Ints


def ways_from(network: Network, starts: Ints, weight: Floats) -> Ways:
    """Cheapest ways from the nearest of the starting nodes to every node."""
    total, before, gateway = dijkstra(
        network.matrix(weight), indices=starts, min_only=True, return_predecessors=True
    )
    return Ways(total, before.astype(np.int64), gateway.astype(np.int64))


def walk(ways: Ways, ends: Ints) -> tuple[Ints, Ints]:
    """Nodes on the way to each end, strung together: which end, and the nodes from gateway to end."""
    number, node = np.arange(len(ends)), ends
    numbers, nodes = [], []
    while len(node):
        numbers.append(number)
        nodes.append(node)
        before = ways.before[node]
        on = before >= 0
        number, node = number[on], before[on]
    if not nodes:
        return ends, ends
    which, where = np.concatenate(numbers[::-1]), np.concatenate(nodes[::-1])
    order = np.argsort(which, kind="stable")
    return which[order], where[order]


def edges_between(network: Edges, a: Ints, b: Ints) -> Ints:
    """Number of the way between each pair of neighbouring nodes."""
    size = int(max(network.u.max(), network.v.max())) + 1
    key = np.minimum(network.u, network.v) * size + np.maximum(network.u, network.v)
    order = np.argsort(key, kind="stable")
    wanted = np.minimum(a, b) * size + np.maximum(a, b)
    return order[np.searchsorted(key[order], wanted)]
