"""The light along whole routes: where splitters stand, what is lost up to each, what is left."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from coverage_geo.errors import Fault, ValueRangeError, raise_faults
from coverage_geo.fibre.arguments import check_arguments
from coverage_geo.fibre.noding import nearest
from coverage_geo.fibre.optics import GPON_B_PLUS, SPLITTER_LOSS_DB
from coverage_geo.fibre.parts import ACTIVE_NODE, DROP, TEXT, built_routes, route_parts, trunk_until_m
from coverage_geo.fibre.pole_lists import pole_name
from coverage_geo.fibre.routes import route_costs
from coverage_geo.tables import ROUTES, check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely import LineString

    from coverage_geo.fibre.optics import LossBudget
    from coverage_geo.fibre.parts import CablePart
    from coverage_geo.fibre.pole_graph import PoleGraph

GATEWAY, HOME = "gateway", "home"
ON_A_POLE_M = 1e-3


class _Stage(NamedTuple):
    what: str
    at_m: float
    loss_db: float
    left_db: float
    reach_m: float
    geometry: Point


def light_along(
    routes: gpd.GeoDataFrame,
    *,
    optics: LossBudget = GPON_B_PLUS,
    splitters_at_m: Mapping[str, Sequence[float]] | None = None,
) -> gpd.GeoDataFrame:
    """Light on the way of each route: at the gateway, active nodes, splitters and the home.

    Unless their places are given, the last splitter stands at the route's last pole, and those before it
    where the route leaves the cable that it shares with other places (or at the last active node, where
    that comes later). Connectors, splices and the margin are counted at the start, so that what is said of
    the way errs on the safe side.

    Parameters
    ----------
    routes
        From `cheapest_routes`, `alternative_routes`, `evaluate_routes` or `shared_network`; rows with a
        reason are left out.
    optics
        Loss budget with its splitters, of one or more stages.
    splitters_at_m
        Cable from the gateway to each splitter of a route, by route_id, [m].

    Returns
    -------
    geopandas.GeoDataFrame
        Index (route_id, stage); columns what ("gateway", "active node", "splitter 1:8", "home"), at_m (cable
        from the gateway), loss_db (after it, from the gateway or the last active node; with the margin, so a
        meter reads less by that), left_db (of the budget, below 0 where light does not reach), reach_m (how
        much cable may still follow behind the splitters to come; at the last splitter: how far its homes may
        be, either way) and the place.

    Raises
    ------
    InputError
        When the table is not what it must be, or splitters do not fit their route.

    Examples
    --------
    >>> import coverage_geo as cg
    >>> from shapely import LineString, Point
    >>> def table(name, geometry):
    ...     return gpd.GeoDataFrame(index=pd.Index(["A"], name=name), geometry=[geometry], crs="EPSG:32748")
    >>> routes = cg.cheapest_routes(
    ...     cg.build_pole_graph(table("pole_id", LineString([(0, 0), (50, 0), (10_000, 0)]))),
    ...     gateways=table("gateway_id", Point(0, 0)),
    ...     targets=table("settlement_id", Point(10_000, 0)),
    ...     unit_costs=cg.UnitCosts().with_values(fibre_on_poles=100e6, new_pole=4e6, pole_rent=0),
    ... )
    >>> light = light_along(routes, optics=cg.GPON_B_PLUS.with_splits(4, 8))
    >>> light[["what", "at_m", "loss_db", "left_db"]].round(1).values.tolist()
    [['gateway', 0.0, 4.2, 23.8], ['splitter 1:4', 10000.0, 15.5, 12.5],
     ['splitter 1:8', 10000.0, 26.0, 2.0], ['home', 10000.0, 26.0, 2.0]]
    """
    check_arguments(optics=optics)
    check(routes, ROUTES)
    built = built_routes(routes)
    courses = {str(route): _course(row) for route, row in built.iterrows()}
    shared = dict(zip(courses, trunk_until_m(built), strict=True))
    given = {} if splitters_at_m is None else splitters_at_m
    stages = [ways for ways in optics.splits if ways > 1]
    raise_faults(_faults(given, courses, len(stages)))
    keys, listed = [], []
    for route, course in courses.items():
        first = min(max(shared[route] or course.end_m, course.start_m), course.end_m)
        usual = [*[first] * (len(stages) - 1), course.end_m][: len(stages)]
        own = _stages(course, given.get(route, usual), stages, optics)
        keys += [(route, number) for number in range(len(own))]
        listed += own
    table = gpd.GeoDataFrame(
        pd.DataFrame([one[:-1] for one in listed], columns=_Stage._fields[:-1]).astype({"what": TEXT}),
        geometry=[one.geometry for one in listed],
        crs=routes.crs,
    )
    names = ["route_id", "stage"]
    empty = pd.MultiIndex.from_arrays([[], []], names=names)
    return table.set_index(pd.MultiIndex.from_tuples(keys, names=names) if keys else empty)


def list_active_nodes(routes: gpd.GeoDataFrame, *, graph: PoleGraph) -> gpd.GeoDataFrame:
    """Active nodes of all routes, each of which needs power, with the poles they stand at and their cost.

    Parameters
    ----------
    routes
        Made with ``active_nodes=True`` by `cheapest_routes`, `alternative_routes` or `evaluate_routes`.
    graph
        The pole graph they were made on.

    Returns
    -------
    geopandas.GeoDataFrame
        Index node_id; columns pole_id (as `PoleGraph.pole_table` gives it; missing where a new pole stands),
        needs ("power"), routes (ids, joined by "; "), places (how many), capital_cost_idr, yearly_cost_idr
        and the point. Empty when no route has any.

    Raises
    ------
    InputError
        When the table is not what it must be.

    Examples
    --------
    >>> import coverage_geo as cg
    >>> from shapely import LineString, Point
    >>> def table(name, geometry):
    ...     return gpd.GeoDataFrame(index=pd.Index(["A"], name=name), geometry=[geometry], crs="EPSG:32748")
    >>> graph = cg.build_pole_graph(table("pole_id", LineString([(0, 0), (20_000, 0)]).segmentize(50)))
    >>> routes = cg.cheapest_routes(
    ...     graph,
    ...     gateways=table("gateway_id", Point(0, 0)),
    ...     targets=table("settlement_id", Point(20_000, 0)),
    ...     unit_costs=cg.UnitCosts().with_values(
    ...         fibre_on_poles=1e8, new_pole=4e6, pole_rent=0, active_node=8e7, active_node_yearly=6e6
    ...     ),
    ...     active_nodes=True,
    ... )
    >>> list_active_nodes(routes, graph=graph)[["pole_id", "needs", "capital_cost_idr"]].values.tolist()
    [['node-00000060', 'power', 80000000.0]]
    """
    check_arguments(graph=graph)
    parts = route_parts(routes)
    nodes = parts[parts["kind"] == ACTIVE_NODE]
    far, pole = nearest(
        np.column_stack([graph.x, graph.y]), np.column_stack([nodes.geometry.x, nodes.geometry.y])
    )
    names = [
        pole_name(graph, at) if off < ON_A_POLE_M else None
        for off, at in zip(far, pole.tolist(), strict=True)
    ]
    every = route_costs(routes).components.values()
    costs = {
        part.component_id.split(":")[1]: part for own in every for part in own if part.item == "active_node"
    }
    places = [
        f"{x * 1000:.0f},{y * 1000:.0f}" for x, y in zip(nodes.geometry.x, nodes.geometry.y, strict=True)
    ]
    return gpd.GeoDataFrame(
        {
            "pole_id": pd.Series(names, dtype=TEXT, index=nodes.index),
            "needs": "power",
            "routes": nodes["routes"],
            "places": nodes["places"],
            "capital_cost_idr": [costs[at].capital_cost_idr for at in places],
            "yearly_cost_idr": [costs[at].yearly_cost_idr for at in places],
        },
        geometry=nodes.geometry,
        crs=routes.crs,
    ).set_index(pd.Index([f"active-{at + 1}" for at in range(len(nodes))], name="node_id", dtype=TEXT))


class _Course(NamedTuple):
    """A route's cable, the active nodes on it, and the home at its end."""

    line: LineString
    nodes_m: tuple[float, ...]
    home: Point
    drop_m: float

    @property
    def start_m(self) -> float:
        """Where the light for the home starts: at the last active node, or the gateway."""
        return self.nodes_m[-1] if self.nodes_m else 0.0

    @property
    def end_m(self) -> float:
        """Where the cable ends and the drop begins."""
        return float(self.line.length)


def _course(route: pd.Series) -> _Course:
    parts: tuple[CablePart, ...] = route.get("parts", ())
    nodes = sorted(route.geometry.project(one.geometry) for one in parts if one.kind == ACTIVE_NODE)
    drops = [one.geometry for one in parts if one.kind == DROP]
    home = Point((drops[0] if drops else route.geometry).coords[-1])
    return _Course(route.geometry, tuple(nodes), home, drops[0].length if drops else 0.0)


def _faults(given: Mapping[str, Sequence[float]], courses: Mapping[str, _Course], stages: int) -> list[Fault]:
    faults = []
    for route, at_m in given.items():
        where = f"splitters_at_m, {route}"
        if route not in courses:
            faults.append(
                Fault(ValueRangeError, where, "no such route", "Use the id of a route with a line.")
            )
            continue
        course = courses[route]
        remedy = f"Give metres from {course.start_m:.0f} to {course.end_m:.0f}."
        if np.ndim(at_m) != 1 or np.asarray(at_m).dtype.kind not in "iuf":
            faults.append(
                Fault(ValueRangeError, where, f"{at_m!r} is no list of numbers", f"{remedy[:-1]}, in a list.")
            )
        elif len(at_m) != stages:
            what = f"{len(at_m)} places for {stages} stages of splitters"
            faults.append(Fault(ValueRangeError, where, what, "Give one for each stage."))
        else:
            metres = f"{', '.join(f'{one:g}' for one in at_m)} m"
            beyond = min(at_m, default=course.end_m) < course.start_m - ON_A_POLE_M
            beyond |= max(at_m, default=0.0) > course.end_m + ON_A_POLE_M
            if beyond:
                what = f"{metres} lie outside the route"
                faults.append(Fault(ValueRangeError, where, what, remedy))
            elif any(high < low - ON_A_POLE_M for low, high in pairwise(at_m)):
                what = f"{metres} do not ascend"
                faults.append(Fault(ValueRangeError, where, what, "Give them from the gateway on."))
    return faults


def _stages(
    course: _Course, splitters_m: Sequence[float], ways: Sequence[int], optics: LossBudget
) -> list[_Stage]:
    """What the light meets on its way to the home."""
    points: list[tuple[str, float, float]] = [(GATEWAY, 0.0, 0.0)]
    points += [(ACTIVE_NODE, at, at) for at in course.nodes_m]
    points += [(f"splitter 1:{own}", at, course.start_m) for own, at in zip(ways, splitters_m, strict=True)]
    points.append((HOME, course.end_m + course.drop_m, course.start_m))
    stages = []
    passed_db = 0.0
    for what, at, start in points:
        own_db = SPLITTER_LOSS_DB[int(what.partition(":")[2])] if ":" in what else 0.0
        passed_db += own_db
        loss_db = optics.fixed_db() + passed_db + optics.fibre_db_per_km * (at - start) / 1000
        left_db = optics.budget_db - loss_db
        to_come_db = optics.splitter_db() - passed_db
        reach_m = min(
            (left_db - to_come_db) / optics.fibre_db_per_km * 1000, optics.logical_reach_m - (at - start)
        )
        if own_db and to_come_db < 1e-9:
            reach_m = min(reach_m, optics.differential_reach_m)
        place = course.home if what == HOME else course.line.interpolate(at)
        stages.append(_Stage(what, at, loss_db, left_db, max(0.0, reach_m), place))
    return stages
