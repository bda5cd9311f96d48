"""The cheapest cable along the poles from a gateway to each place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from coverage_geo.costs import ProposalCosts, UnitCosts
from coverage_geo.errors import Fault, NoRouteError, ValueRangeError, raise_faults
from coverage_geo.fibre.arguments import check_arguments
from coverage_geo.fibre.ledger import ASSUMPTIONS, route_table
from coverage_geo.fibre.network import pole_network
from coverage_geo.fibre.optics import GPON_B_PLUS
from coverage_geo.fibre.paths import (
    built,
    checked_targets,
    endings_of,
    lit_paths,
    middles,
    no_route,
    power_rules,
    reasons_of,
    rows_of,
    rules,
    state,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from coverage_geo.fibre.optics import LossBudget
    from coverage_geo.fibre.pole_graph import PoleGraph


def cheapest_routes(
    graph: PoleGraph,
    *,
    gateways: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    unit_costs: UnitCosts | None = None,
    optics: LossBudget = GPON_B_PLUS,
    max_drop_m: float = 300.0,
    max_gateway_m: float = 500.0,
    by: Literal["cost", "length"] = "cost",
    active_nodes: bool = False,
    strict: bool = False,
) -> gpd.GeoDataFrame:
    """Cheapest cable route to each place, or why there is none.

    A point is reached from the nearest pole that a gateway leads to. A polygon with `office_x_m` and
    `office_y_m` is reached at that office, another one at the pole inside it that is nearest to its
    middle. Where light does not reach along the cheapest way, the shortest is taken if it reaches there.

    Parameters
    ----------
    graph
        Poles and spans from `build_pole_graph`.
    gateways
        Where cable may start, as `tables.GATEWAYS` describes; each joins the nearest pole of every line
        within `max_gateway_m`.
    targets
        Villages, settlements, blank spots or any other table of points or polygons with text ids. With a
        `state` column only rows that say "blank" are used.
    unit_costs
        What things cost; the defaults when not given.
    optics
        Loss budget with its splitters.
    max_drop_m
        Longest cable from the last pole to a target, [m]; priced as cable without poles.
    max_gateway_m
        Longest cable from a gateway to its first pole, [m].
    by
        What to keep least: the "cost" of each route alone, or its "length".
    active_nodes
        Whether to light routes beyond the light budget with active nodes, each of which needs power: the
        fewest that do, at poles, shared where routes run together.
    strict
        Whether a target without a route is an error.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a target, sorted by id; index route_id ("fibre:" and the target's id); columns target_id,
        name, gateway_id, operator, length_m (all cable), poles_used, spans, new_poles, bridged_m, road_m
        (along roads, inferred), drop_m, loss_db (at the end, from the last active node on; the margin counts
        in it, so a meter reads less by the margin), splitters (those of `optics`, such as "1:4 x 1:8"),
        active_nodes (how many), active_nodes_at_m (cable from the gateway to each), capital_cost_idr and
        yearly_cost_idr (of the route alone), reason, reason_number, reason_unit, components (tuple of
        CostComponent; pieces that routes share have the same id), parts (tuple of CablePart, see
        `route_parts`) and the cable line without the drop. A target without a route has a reason, the number
        that decided (m to the nearest pole, number of the component, m of the shortest way) and no line.

    Raises
    ------
    InputError
        When a table is not what it must be, or no gateway lies near a pole.
    NoRouteError
        With `strict`, when a target has no route.

    Warns
    -----
    AssumptionWarning
        When default unit costs with weak evidence were used.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> import coverage_geo as cg
    >>> from shapely import LineString, Point
    >>> def table(name, ids, geometry):
    ...     return gpd.GeoDataFrame(index=pd.Index(ids, name=name), geometry=geometry, crs="EPSG:32748")
    >>> graph = cg.build_pole_graph(table("pole_id", ["A"], [LineString([(0, 0), (50, 0), (1000, 0)])]))
    >>> costs = cg.UnitCosts().with_values(fibre_on_poles=100e6, new_pole=4e6, pole_rent=0)
    >>> routes = cg.cheapest_routes(
    ...     graph,
    ...     gateways=table("gateway_id", ["POP"], [Point(0, 100)]),
    ...     targets=table("settlement_id", ["near", "far"], [Point(1000, 200), Point(5000, 0)]),
    ...     unit_costs=costs,
    ... )
    >>> routes.loc["fibre:near", ["length_m", "drop_m", "capital_cost_idr"]].astype(float).to_numpy().tolist()
    [1300.0, 200.0, 130000000.0]
    >>> routes.loc["fibre:far", "reason"], float(routes.loc["fibre:far", "reason_number"])
    ('no pole within the drop', 4000.0)
    """
    costs = UnitCosts() if unit_costs is None else unit_costs
    check_arguments(
        graph=graph, unit_costs=costs, optics=optics, max_drop_m=max_drop_m, max_gateway_m=max_gateway_m
    )
    wanted = checked_targets(graph, gateways, targets, max_drop_m, by)
    gateways = gateways.sort_index()
    network = pole_network(graph, gateways, max_gateway_m=max_gateway_m)
    at = middles(wanted)
    endings = endings_of(graph, network, wanted, at, max_drop_m)
    paths = lit_paths(network, endings, costs, optics, count=len(wanted), by=by, active_nodes=active_nodes)
    reasons = reasons_of(graph, at, endings, paths, optics, network if active_nodes else None)
    rows = rows_of(wanted, reasons, paths, optics)
    steps, drop_mm = built(paths, endings, reasons["reason"].isna().to_numpy())
    routes = route_table(
        network,
        steps,
        rows,
        drop_mm,
        gateways=gateways,
        costs=costs,
        crs=graph.crs,
        active_nodes=optics if active_nodes else None,
    )
    told = [optics.assumption(), *rules(max_drop_m), *power_rules(routes, optics)]
    state(routes, graph.assumptions, costs, told)
    if strict and routes["reason"].notna().any():
        raise NoRouteError(no_route(routes))
    return routes


def route_costs(routes: gpd.GeoDataFrame) -> ProposalCosts:
    """Cost components of each route, shared pieces under one id.

    Parameters
    ----------
    routes
        From `cheapest_routes`, `alternative_routes`, `evaluate_routes` or `shared_network`; rows with a
        reason are left out.

    Returns
    -------
    ProposalCosts
        Keyed by route_id.

    Raises
    ------
    InputError
        When the table has no components.

    Examples
    --------
    >>> import geopandas as gpd
    >>> route_costs(gpd.GeoDataFrame({"reason": [], "components": []}, geometry=[])).capital_idr([])
    0.0
    """
    missing = [name for name in ("reason", "components") if name not in routes.columns]
    if missing:
        what = f"no column {', '.join(missing)}"
        raise_faults([Fault(ValueRangeError, "routes", what, "Take them from cheapest_routes.")])
    there = routes[routes["reason"].isna()]
    parts = dict(zip(there.index, there["components"], strict=True))
    return ProposalCosts(parts, tuple(routes.attrs.get(ASSUMPTIONS, ())))
