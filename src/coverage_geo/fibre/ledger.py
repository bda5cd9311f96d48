"""Routes as rows of a table: lengths, poles, costs and the cable line of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_geo.fibre.noding import MM_PER_M
from coverage_geo.fibre.pieces import priced
from coverage_geo.fibre.pole_graph import with_nobody

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from coverage_geo.costs import CostComponent, UnitCosts
    from coverage_geo.fibre.network import Network

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

TEXT = "str" if pd.__version__ >= "3" else "object"
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
    "drop_m",
    "loss_db",
    "capital_cost_idr",
    "yearly_cost_idr",
    "reason",
    "reason_number",
    "reason_unit",
    "components",
)


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
) -> gpd.GeoDataFrame:
    """Rows with the figures, the components and the line of each route that has steps.

    Parameters
    ----------
    network
        What the routes follow.
    steps
        The routes; a row without steps has no route.
    rows
        Index route_id; target_id, name, loss_db and the reason columns.
    drop_mm
        Length of each row's drop, [mm].
    gateways
        In the order of the network's.
    costs
        What things cost.
    crs
        The study's CRS.
    """
    count = len(rows)
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

    bills = priced(network, route, edge, drop_mm, rows.index.tolist(), costs)
    table = rows.assign(
        gateway_id=with_nobody(gateways.index)[start],
        operator=_operators(gateways)[start],
        length_m=(total(network.length_mm) + drop_mm) / MM_PER_M,
        poles_used=total(network.poles),
        spans=total(network.is_span),
        new_poles=total(network.new_poles),
        bridged_m=total(network.length_mm * network.is_bridge) / MM_PER_M,
        drop_m=np.where(built, drop_mm / MM_PER_M, np.nan),
        capital_cost_idr=[_sum(bill, "capital_cost_idr") for bill in bills],
        yearly_cost_idr=[_sum(bill, "yearly_cost_idr") for bill in bills],
        components=pd.Series(bills, index=rows.index, dtype=object),
    )
    text = ["target_id", "name", "gateway_id", "operator", "reason", "reason_unit"]
    table = table[list(COLUMNS)].astype(dict.fromkeys(text, TEXT))
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
