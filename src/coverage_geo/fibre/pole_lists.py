"""Routes given as lists of pole ids: which poles they are, and the ground between those not joined."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from coverage_geo.errors import DuplicateIdError, Fault, ValueRangeError
from coverage_geo.fibre.noding import MM_PER_M, adjacency
from coverage_geo.fibre.pole_graph import MAX_SPAN_M
from coverage_geo.fibre.spans import poles_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from coverage_geo.costs import UnitCosts
    from coverage_geo.fibre.network import Network
    from coverage_geo.fibre.pole_graph import PoleGraph

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

REMOVED = "duplicate pole removed"


def ids_of(cell: object) -> list[str]:
    """Pole ids of a cell: a list of them, or text such as "P1;P2;P3" (or with commas); none when empty."""
    if isinstance(cell, str):
        parts = cell.split(";" if ";" in cell else ",")
        return [part.strip() for part in parts if part.strip()]
    if isinstance(cell, list | tuple | np.ndarray | pd.Series):
        return [str(one).strip() for one in cell]
    return []


def listed_poles(graph: PoleGraph, lists: pd.Series) -> tuple[list[Ints], list[Fault]]:
    """Nodes of the poles of each list, and what is wrong with the lists.

    A pole that the graph took as the double of another one is that other one; a pole that only a line
    shows has the id that `PoleGraph.pole_table` gives it.
    """
    number = {f"node-{at:08d}": at for at, own in enumerate(graph.pole_id) if own is None}
    number |= {own: at for at, own in enumerate(graph.pole_id) if own is not None}
    doubles = graph.repairs[graph.repairs["what"] == REMOVED]
    for gone, kept in zip(doubles["pole_id"], doubles["other_id"], strict=True):
        if kept in number:
            number.setdefault(gone, number[kept])
    found, faults = [], []
    for route, ids in lists.items():
        where = f"routes, {route}, column 'pole_ids'"
        unknown = list(dict.fromkeys(one for one in ids if one not in number))
        if unknown:
            what = f"no pole {', '.join(unknown[:5])}{' ...' if len(unknown) > 5 else ''}"
            faults.append(Fault(ValueRangeError, where, what, "Take ids from the poles' table."))
        nodes = np.array([number[one] for one in ids if one in number], dtype=np.int64)
        nodes = nodes[np.append(True, np.diff(nodes) != 0)] if len(nodes) else nodes
        repeated = [
            pole_name(graph, one)
            for one, times in zip(*np.unique(nodes, return_counts=True), strict=True)
            if times > 1
        ]
        if repeated:
            what = f"passes {', '.join(repeated[:5])} twice"
            faults.append(Fault(DuplicateIdError, where, what, "Give a branch a row of its own."))
        if not unknown and len(nodes) < 2:
            faults.append(Fault(ValueRangeError, where, "fewer than two poles", "List every pole in order."))
        found.append(nodes)
    return found, faults


def pole_name(graph: PoleGraph, node: int) -> str:
    """Id of a pole, as `PoleGraph.pole_table` gives it."""
    own = graph.pole_id[node]
    return str(own) if own is not None else f"node-{node:08d}"


def joined_up(
    graph: PoleGraph, network: Network, poles: Ints, costs: UnitCosts, *, beside_m: float
) -> tuple[Network, Ints]:
    """Network with the new ground a list of poles needs, and the nodes from the first to the last of them.

    Two poles that no span joins are joined by the cheapest way among the poles within `beside_m` of the
    straight line between them: along spans, or straight over new ground.
    """
    chain: list[int] = [int(poles[0])]
    for a, b in pairwise(poles.tolist()):
        if _span_between(graph, a, b):
            chain.append(b)
            continue
        beside = _beside(graph, a, b, beside_m)
        u, v = _steps_between(graph, beside, a, b)
        metres = np.hypot(*(network.xy[u] - network.xy[v]).T)
        own = np.flatnonzero(np.isin(network.u, beside) & np.isin(network.v, beside) & network.is_span)
        new_poles = np.where(metres > MAX_SPAN_M["unknown"], poles_between(metres), 0)
        first = len(network.u)
        wider = network.with_ways(
            np.empty((0, 2)),
            u,
            v,
            length_mm=np.rint(metres * MM_PER_M).astype(np.int64),
            new_poles=new_poles,
            is_bridge=True,
        )
        way = _cheapest(wider, np.append(own, np.arange(first, len(wider.u))), a, b, costs)
        chain += way[1:]
        network = wider
    return network, np.asarray(chain, dtype=np.int64)


def _span_between(graph: PoleGraph, a: int, b: int) -> bool:
    low, high = min(a, b), max(a, b)
    begin, end = np.searchsorted(graph.u, [low, low + 1])
    return bool((graph.v[begin:end] == high).any())


def poles_beside(graph: PoleGraph, line: shapely.LineString, reach_m: float) -> Ints:
    """Permitted poles within reach of a line."""
    west, south, east, north = line.bounds
    low, high = np.searchsorted(graph.x, [west - reach_m, east + reach_m])
    near = low + np.flatnonzero(
        np.abs(graph.y[low:high] - (south + north) / 2) <= (north - south) / 2 + reach_m
    )
    near = near[graph.permitted[near]]
    shapely.prepare(line)
    return np.asarray(near[shapely.dwithin(line, shapely.points(graph.x[near], graph.y[near]), reach_m)])


def _beside(graph: PoleGraph, a: int, b: int, beside_m: float) -> Ints:
    """Poles beside the straight line between two poles, in their order along it, those two included."""
    line = shapely.LineString([(graph.x[a], graph.y[a]), (graph.x[b], graph.y[b])])
    near = poles_beside(graph, line, beside_m)
    at = shapely.line_locate_point(line, shapely.points(graph.x[near], graph.y[near]))
    inner = near[np.argsort(at, kind="stable")]
    return np.concatenate([[a], inner[(inner != a) & (inner != b)], [b]])


def _steps_between(graph: PoleGraph, beside: Ints, a: int, b: int) -> tuple[Ints, Ints]:
    """Ends of the ways over new ground: from pole to next pole where no span is, and straight."""
    pairs = [pair for pair in pairwise(beside.tolist()) if not _span_between(graph, *pair)]
    if (a, b) not in pairs:
        pairs.append((a, b))
    ends = np.array([(min(pair), max(pair)) for pair in pairs], dtype=np.int64)
    return ends[:, 0], ends[:, 1]


def _cheapest(network: Network, edge: Ints, a: int, b: int, costs: UnitCosts) -> list[int]:
    node, local = np.unique(np.concatenate([network.u[edge], network.v[edge]]), return_inverse=True)
    u, v = local[: len(edge)], local[len(edge) :]
    weight = network.cost_idr(costs)[edge] + network.length_mm[edge] * 1e-9 + 1e-9
    matrix = adjacency(len(node), np.append(u, v), np.append(v, u), np.append(weight, weight))
    start, goal = np.searchsorted(node, [a, b])
    _, before = dijkstra(matrix, indices=start, return_predecessors=True)
    chain = [int(goal)]
    while chain[-1] != start:
        chain.append(int(before[chain[-1]]))
    return [int(one) for one in node[chain[::-1]]]


def not_joined(graph: PoleGraph, network: Network, node: Ints, edge: Ints) -> str | None:
    """Say between which poles of a route a cable needs new ground, and how far."""
    said: Sequence[str] = [
        f"{pole_name(graph, a)}-{pole_name(graph, b)} {network.length_mm[way] / MM_PER_M:.0f} m"
        for a, b, way in zip(node[:-1].tolist(), node[1:].tolist(), edge[1:].tolist(), strict=True)
        if network.is_bridge[way] and max(a, b) < len(graph.x)
    ]
    return "; ".join(said) or None
