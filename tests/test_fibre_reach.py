"""Routes from every source become coverage and costs in one evaluation."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box

from coverage_geo.costs import UnitCosts
from coverage_geo.coverage import Coverage, Level
from coverage_geo.demand import demand_points
from coverage_geo.evaluation import TOGETHER, evaluate
from coverage_geo.fibre.alternatives import alternative_routes
from coverage_geo.fibre.drawn import evaluate_routes
from coverage_geo.fibre.pole_graph import build_pole_graph
from coverage_geo.fibre.reach import fibre_coverage
from coverage_geo.fibre.routes import cheapest_routes, route_costs
from coverage_geo.fibre.trees import shared_network

CRS = "EPSG:32748"
COSTS = UnitCosts().with_values(
    fibre_on_poles=100e6, new_pole=4e6, pole_rent=1_000, active_node=80e6, active_node_yearly=6e6
)


def table(index, rows, **columns):
    return gpd.GeoDataFrame(
        columns, index=pd.Index(list(rows), name=index), geometry=list(rows.values()), crs=CRS
    )


GRAPH_LINES = {
    "trunk": LineString([(0, 0), (3_000, 0)]).segmentize(50),
    "north": LineString([(2_000, 0), (2_000, 1_000)]).segmentize(50),
    "round": LineString([(0, 0), (0, 1_000), (2_000, 1_000)]).segmentize(50),
}
PLACES = {"a": Point(2_000, 1_020), "b": Point(3_000, 20)}


@pytest.fixture(scope="module")
def world():
    """A pole graph, a gateway, two hamlets, and two villages with the people of each at its hamlet."""
    graph = build_pole_graph(table("pole_id", GRAPH_LINES, voltage="JTR"))
    gateways = table("gateway_id", {"POP": Point(0, 0)})
    villages = table(
        "village_id", {"A": box(1_000, 500, 2_500, 2_000), "B": box(2_500, -500, 4_000, 500)}, name=["A", "B"]
    )
    hamlets = table("settlement_id", PLACES, name=["a", "b"], people=[30.0, 40.0], village_id=["A", "B"])
    demand = demand_points(villages, settlements=hamlets)
    return graph, gateways, villages, hamlets, demand


def found_by(source, world):
    graph, gateways, _, hamlets, _ = world
    common = {"gateways": gateways, "unit_costs": COSTS}
    if source == "cheapest":
        return cheapest_routes(graph, targets=hamlets, **common)
    if source == "shared":
        return shared_network(graph, targets=hamlets, rounds=5, **common).routes
    if source == "drawn":
        lines = {"x": LineString([(0, 0), (2_000, 0), (2_000, 1_000)]), "y": LineString([(0, 0), (3_000, 0)])}
        return evaluate_routes(graph, table("route_id", lines), **common)
    return alternative_routes(graph, targets=hamlets, ways=2, **common)


@pytest.mark.parametrize("source", ["cheapest", "shared", "drawn", "alternative"])
def test_routes_of_every_source_serve_and_cost_in_one_evaluation(world, source):
    _, _, villages, _, demand = world
    routes = found_by(source, world)
    coverage = fibre_coverage(routes, demand)
    built = routes.index[routes["reason"].isna()]
    assert coverage.assets.index.tolist() == built.tolist()
    assert coverage.serves(Level.STRONG, ("fixed",)).all()
    costs = route_costs(routes)
    result = evaluate(
        coverage, baseline=Coverage.none(demand.index), demand=demand, villages=villages, costs=costs
    )
    assert result.loc[TOGETHER, "people_gained"] == 70  # nobody twice, alternatives or not
    once = {part.component_id: part.capital_cost_idr for own in costs.components.values() for part in own}
    assert result.loc[TOGETHER, "capital_cost_idr"] == pytest.approx(sum(once.values()))
    assert result.loc[built, "capital_cost_idr"].tolist() == pytest.approx(
        routes.loc[built, "capital_cost_idr"].tolist()
    )
    if source != "alternative":
        trunk = 2_000 / 1_000 * 100e6
        alone = result.loc[built, "capital_cost_idr"].sum()
        assert alone - result.loc[TOGETHER, "capital_cost_idr"] == pytest.approx(trunk)


def test_the_best_of_alternatives_is_chosen_by_its_rank(world):
    *_, demand = world
    routes = found_by("alternative", world)
    best = routes[routes["rank"] == 1]
    assert len(routes[routes["reason"].isna()]) > len(best) == 2
    assert fibre_coverage(best, demand).serves(Level.STRONG).all()
    assert route_costs(best).capital_idr(best.index) < route_costs(routes).capital_idr(
        routes.index[routes["reason"].isna()]
    )
