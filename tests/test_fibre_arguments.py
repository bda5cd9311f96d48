"""A mistake in what is given is named with its remedy, whatever function it is given to."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point

from coverage_geo.costs import UnitCosts
from coverage_geo.errors import ValueRangeError
from coverage_geo.fibre.alternatives import alternative_routes
from coverage_geo.fibre.drawn import evaluate_routes
from coverage_geo.fibre.light import light_along, list_active_nodes
from coverage_geo.fibre.optics import GPON_B_PLUS
from coverage_geo.fibre.paths import TOO_FAR
from coverage_geo.fibre.pole_graph import build_pole_graph
from coverage_geo.fibre.quantities import bill_of_quantities
from coverage_geo.fibre.reach import fibre_coverage
from coverage_geo.fibre.routes import cheapest_routes
from coverage_geo.fibre.trees import shared_network

COSTS = UnitCosts().with_values(
    fibre_on_poles=100e6, new_pole=4e6, pole_rent=0, active_node=80e6, active_node_yearly=6e6
)


def table(index, rows):
    ids = pd.Index(list(rows), name=index)
    return gpd.GeoDataFrame(index=ids, geometry=list(rows.values()), crs="EPSG:32748")


POLES = table("pole_id", {"A": LineString([(0, 0), (1_000, 0)]).segmentize(50)})
GRAPH = build_pole_graph(POLES)
GATEWAYS = table("gateway_id", {"POP": Point(0, 0)})
TARGETS = table("place_id", {"end": Point(1_000, 0), "way": Point(500, 100)})
DRAWN = table("route_id", {"own": LineString([(0, 0), (1_000, 0)])})
ASKED = {"gateways": GATEWAYS, "targets": TARGETS, "unit_costs": COSTS}
ROUTES = cheapest_routes(GRAPH, **ASKED)


def drawn_routes(graph, *, targets, **settings):
    """As the other functions are called."""
    return evaluate_routes(graph, DRAWN, **settings)


ALL = (cheapest_routes, alternative_routes, shared_network, drawn_routes)


@pytest.mark.parametrize("splits", [(8, 16), (2, 64)])
@pytest.mark.parametrize("find", ALL)
def test_behind_splitters_that_leave_no_light_nothing_is_reached(find, splits):
    found = find(GRAPH, **ASKED, optics=GPON_B_PLUS.with_splits(*splits), active_nodes=True)
    routes = found.routes if find is shared_network else found
    assert routes["reason"].tolist() == [TOO_FAR] * len(routes)


@pytest.mark.parametrize("find", ALL)
@pytest.mark.parametrize(
    "wrong",
    [
        {"optics": "GPON_B_PLUS"},
        {"unit_costs": {"new_pole": 4e6}},
        {"max_gateway_m": "500"},
        {"graph": POLES},
    ],
)
def test_every_way_to_routes_names_a_mistake_with_its_remedy(find, wrong):
    asked = {"graph": GRAPH, **ASKED, **wrong}
    with pytest.raises(ValueRangeError, match=rf"^{next(iter(wrong))}: is .*\. Give "):
        find(asked.pop("graph"), **asked)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cheapest_routes(GRAPH, **ASKED, max_drop_m="300"), r"max_drop_m: .*'300'.*without quotes"),
        (lambda: alternative_routes(GRAPH, **ASKED, ways="3"), "ways: .*'3'.* whole number"),
        (lambda: alternative_routes(GRAPH, **ASKED, ways=2.5), "ways: is .*float.* whole number"),
        (lambda: alternative_routes(GRAPH, **ASKED, ways=0), "ways 0 is none. Ask for 1 to 9"),
        (lambda: alternative_routes(GRAPH, **ASKED, ways=10), "ways 10 are too many. Ask for 1 to 9"),
        (lambda: shared_network(GRAPH, **ASKED, worth_idr=1e9), r"worth_idr: .*pd.Series\("),
        (lambda: shared_network(GRAPH, **ASKED, homes=5), r"homes: is .*int.*pd.Series\("),
        (lambda: bill_of_quantities(ROUTES, unit_costs=COSTS, optics="GPON_C_PLUS"), "optics: is the text"),
        (lambda: bill_of_quantities(ROUTES, unit_costs=COSTS, groups={}), r"groups: is .*dict.*pd.Series\("),
        (lambda: bill_of_quantities(ROUTES, unit_costs=None), "unit_costs: is not given"),
        (lambda: cheapest_routes(None, **ASKED), "graph: is not given. Give what build_pole_graph"),
        (lambda: bill_of_quantities(ROUTES, unit_costs=COSTS, graph=POLES), "graph: is .*GeoDataFrame"),
        (lambda: fibre_coverage(ROUTES, TARGETS, max_drop_m="300"), "max_drop_m: is the text"),
        (lambda: list_active_nodes(ROUTES, graph=POLES), "graph: is .*GeoDataFrame.*build_pole_graph"),
        (lambda: light_along(ROUTES, optics=28), "optics: is .*int"),
        (lambda: build_pole_graph(POLES, snap_m="10"), "snap_m: is the text '10'"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(call, message):
    with pytest.raises(ValueRangeError, match=message):
        call()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([99_999], r"99999 m lie outside the route. Give metres from 0 to 1000"),
        ([-5], "lie outside the route"),
        ([900, 100], "900, 100 m do not ascend"),
        (500, "500 is no list of numbers. Give metres from 0 to 1000, in a list"),
    ],
)
def test_splitters_off_their_route_are_told_why(given, message):
    stages = GPON_B_PLUS.with_splits(4, 8) if given == [900, 100] else GPON_B_PLUS
    with pytest.raises(ValueRangeError, match=message):
        light_along(ROUTES, optics=stages, splitters_at_m={"fibre:end": given})
