"""Routes as rows of a table: lengths, poles, costs and the cable line of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import LineString

from coverage_geo.fibre.noding import MM_PER_M
from coverage_geo.fibre.parts import ACTIVE_NODE, ALONG_ROAD, DROP, NEW_POLES, ON_POLES, TEXT, CablePart
from coverage_geo.fibre.pieces import priced
from coverage_geo.fibre.pole_graph import with_nobody
from coverage_geo.fibre.power import ActiveNodes, place_active_nodes

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from coverage_geo.costs import CostComponent, UnitCosts
    from coverage_geo.fibre.network import Network
    from coverage_geo.fibre.optics import LossBudget

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

ASSUMPTIONS = "assumptions"  # where a table of routes carries them, in its attrs
COLUMNS = (
    "target_id",
    "name",
    "gateway_id",
    "operator",
    "length_m",
    "poles_used",
    "spans",
    "new_poles",
    "bridged_m",
    "road_m",
    "drop_m",
    "loss_db",
    "splitters",
    "active_nodes",
    "active_nodes_at_m",
    "capital_cost_idr",
    "yearly_cost_idr",
    "reason",
    "reason_number",
    "reason_unit",
    "components",
    "parts",
)
TEXTS = (
    "target_id",
    "name",
    "gateway_id",
    "operator",
    "splitters",
    "active_nodes_at_m",
    "reason",
    "reason_unit",
)
GROUNDS = (ON_POLES, NEW_POLES, ALONG_ROAD)


@dataclass(frozen=True, slots=True)
class Steps:
    """Routes as steps from node to node, one route after the other.

    Attributes
    ----------
    route : numpy.ndarray
        Number of the route of each step, ascending, shape (k,).
    node : numpy.ndarray
        Node that each step reaches; the first of a route is its gateway.
    edge : numpy.ndarray
        Way that leads there, -1 for the first.
    """

    route: Ints
    node: Ints
    edge: Ints


def route_table(
    network: Network,
    steps: Steps,
    rows: pd.DataFrame,
    drop_mm: Ints,
    *,
    gateways: gpd.GeoDataFrame,
    costs: UnitCosts,
    crs: CRS,
    active_nodes: LossBudget | None = None,
) -> gpd.GeoDataFrame:
    """Rows with the figures, the components and the line of each route that has steps.

    Parameters
    ----------
    network
        What the routes follow.
    steps
        The routes; a row without steps has no route.
    rows
        Index route_id; target_id, name, loss_db, splitters and the reason columns; place, where a drop leads
        to.
    drop_mm
        Length of each row's drop, [mm].
    gateways
        In the order of the network's.
    costs
        What things cost.
    crs
        The study's CRS.
    active_nodes
        Loss budget beyond which active nodes are placed; without it there are none.
    """
    count = len(rows)
    nodes = ActiveNodes.none()
    if active_nodes is not None:
        nodes = place_active_nodes(network, steps, drop_mm, active_nodes)
        rows = rows.assign(
            loss_db=_behind_nodes(network, steps, drop_mm, nodes, active_nodes, rows["loss_db"])
        )
    moving = steps.edge >= 0
    route, edge = steps.route[moving], steps.edge[moving]
    first = steps.node[~moving]
    built = np.zeros(count, dtype=bool)
    built[steps.route[~moving]] = True
    start = np.full(count, -1)
    start[steps.route[~moving]] = np.searchsorted(network.gateways, first)

    def total(values: NDArray[np.int64 | np.bool_]) -> Floats:
        sums = np.bincount(route, weights=values[edge].astype(float), minlength=count)
        return np.where(built, sums, np.nan)

    on = network.standing[steps.node]
    once = np.unique(steps.route[on] * len(network.standing) + steps.node[on])
    poles = np.bincount(once // len(network.standing), minlength=count)
    bills = priced(network, steps, drop_mm, rows.index.tolist(), costs, nodes)
    standing = np.bincount(nodes.route, minlength=count)
    at_m = np.split(nodes.at_mm / MM_PER_M, np.cumsum(standing)[:-1]) if count else []
    table = rows.assign(
        gateway_id=with_nobody(gateways.index)[start],
        operator=_operators(gateways)[start],
        length_m=(total(network.length_mm) + drop_mm) / MM_PER_M,
        poles_used=total(network.poles_between) + poles,
        spans=total(network.is_span),
        new_poles=total(network.new_poles),
        bridged_m=total(network.length_mm * network.is_bridge) / MM_PER_M,
        road_m=total(network.length_mm * network.is_road) / MM_PER_M,
        drop_m=np.where(built, drop_mm / MM_PER_M, np.nan),
        active_nodes=np.where(built, standing, np.nan),
        active_nodes_at_m=pd.Series(
            ["; ".join(f"{one:.0f}" for one in own) or None for own in at_m], index=rows.index, dtype=object
        ),
        capital_cost_idr=[_sum(bill, "capital_cost_idr") for bill in bills],
        yearly_cost_idr=[_sum(bill, "yearly_cost_idr") for bill in bills],
        components=pd.Series(bills, index=rows.index, dtype=object),
        parts=pd.Series(_parts(network, steps, drop_mm, rows, nodes), index=rows.index, dtype=object),
    )
    table = table[list(COLUMNS)].astype(dict.fromkeys(TEXTS, TEXT))
    table.index = table.index.astype(TEXT)
    return gpd.GeoDataFrame(table, geometry=_lines(network, steps, count), crs=crs)


def _operators(gateways: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Operator of each gateway, and a last one for no gateway."""
    if "operator" not in gateways.columns:
        return np.full(len(gateways) + 1, None, dtype=object)
    return with_nobody(gateways["operator"])


def _sum(bill: tuple[CostComponent, ...], cost: str) -> float:
    return math.fsum(getattr(part, cost) for part in bill) if bill else math.nan


def _lines(network: Network, steps: Steps, count: int) -> NDArray[np.object_]:
    lines = np.full(count, None, dtype=object)
    if len(steps.route):
        routes, number = np.unique(steps.route, return_inverse=True)
        lines[routes] = shapely.linestrings(network.xy[steps.node], indices=number)
    return lines


def _behind_nodes(
    network: Network, steps: Steps, drop_mm: Ints, nodes: ActiveNodes, optics: LossBudget, loss_db: pd.Series
) -> Floats:
    """Loss at the end of each route, counted from its last active node where it has one."""
    moving = steps.edge >= 0
    length_mm = drop_mm + np.bincount(
        steps.route[moving], weights=network.length_mm[steps.edge[moving]], minlength=len(drop_mm)
    )
    loss = loss_db.to_numpy(dtype=float).copy()
    for route, at_mm in zip(nodes.route.tolist(), nodes.at_mm.tolist(), strict=True):
        loss[route] = optics.loss_db((length_mm[route] - at_mm) / MM_PER_M)
    return loss


def _parts(
    network: Network, steps: Steps, drop_mm: Ints, rows: pd.DataFrame, nodes: ActiveNodes
) -> list[tuple[CablePart, ...]]:
    """Stretches of each route by the ground they run on, its active nodes and its drop."""
    parts: list[list[CablePart]] = [[] for _ in drop_mm]
    step = np.flatnonzero(steps.edge >= 0)
    ground = (network.is_bridge + 2 * network.is_road)[steps.edge[step]]
    begins = np.ones(len(step), dtype=bool)
    begins[1:] = (np.diff(step) != 1) | (np.diff(ground) != 0)
    run = np.cumsum(begins) - 1
    vertex = np.concatenate([step[begins] - 1, step])
    number = np.concatenate([run[begins], run])
    order = np.lexsort((vertex, number))
    if len(step):
        lines = shapely.linestrings(network.xy[steps.node[vertex[order]]], indices=number[order])
        for line, at in zip(lines, np.flatnonzero(begins).tolist(), strict=True):
            parts[steps.route[step[at]]].append(CablePart(GROUNDS[ground[at]], line))
    for route, place in zip(nodes.route.tolist(), network.xy[steps.node[nodes.step]], strict=True):
        parts[route].append(CablePart(ACTIVE_NODE, shapely.points(place)))
    at_end = dict(zip(steps.route.tolist(), steps.node.tolist(), strict=True))
    for route in np.flatnonzero(drop_mm).tolist():
        drop = LineString([network.xy[at_end[route]], rows["place"].iloc[route]])
        parts[route].append(CablePart(DROP, drop))
    return [tuple(own) for own in parts]
