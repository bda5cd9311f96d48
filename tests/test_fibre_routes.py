"""Cables along the poles: the cheapest to each place, drawn ones, what they share and whom they serve."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

from coverage_geo.costs import UnitCosts
from coverage_geo.coverage import Level
from coverage_geo.errors import AssumptionWarning, CRSError, InputError, NoRouteError, ValueRangeError
from coverage_geo.fibre.drawn import evaluate_routes
from coverage_geo.fibre.optics import GPON_B_PLUS
from coverage_geo.fibre.paths import NO_GATEWAY, NO_LOCATION, NO_POLE, REASON_UNITS, TOO_FAR
from coverage_geo.fibre.pole_graph import build_pole_graph
from coverage_geo.fibre.reach import fibre_coverage
from coverage_geo.fibre.routes import cheapest_routes, route_costs
from coverage_geo.tables import ROUTES, check
from coverage_geo.words import WORDS

CRS = "EPSG:32748"
COSTS = UnitCosts().with_values(fibre_on_poles=100e6, new_pole=4e6, pole_rent=1_000)


def table(index, rows, **columns):
    return gpd.GeoDataFrame(
        columns, index=pd.Index(list(rows), name=index), geometry=list(rows.values()), crs=CRS
    )


def street(*ends):
    """A line with a pole every 50 m."""
    line = LineString(ends)
    return LineString([line.interpolate(at) for at in np.arange(0, line.length + 1, 50)])


@pytest.fixture(scope="module")
def graph():
    """A trunk of 2 km eastward, branches at 1 km and 2 km, a street without a gateway, a far one."""
    return build_pole_graph(
        table(
            "pole_id",
            {
                "trunk": street((0, 0), (2_000, 0)),
                "north": street((1_000, 0), (1_000, 500)),
                "south": street((2_000, 0), (2_000, -500)),
                "alone": street((5_000, 0), (6_000, 0)),
                "long": LineString([(0, 0), (-30_000, 0)]),
            },
            voltage="JTR",
        )
    )


@pytest.fixture(scope="module")
def gateways():
    return table("gateway_id", {"POP": Point(0, 30)}, name=["Kantor"], operator=["Icon Plus"])


PLACES = {
    "north": Point(1_100, 500),
    "south": Point(2_000, -600),
    "alone": Point(5_500, 10),
    "nowhere": Point(3_000, 0),
    "long": Point(-30_000, 0),
    "unplaced": None,
}


def routes_to(graph, gateways, places=PLACES, **settings):
    targets = table("settlement_id", places, name=[f"Dusun {name}" for name in places])
    return cheapest_routes(graph, gateways=gateways, targets=targets, unit_costs=COSTS, **settings)


def test_a_route_counts_cable_poles_and_drop(graph, gateways):
    route = routes_to(graph, gateways).loc["fibre:north"]
    assert route["length_m"] == 30 + 1_000 + 500 + 100
    assert route["poles_used"] == 31
    assert route["spans"] == 30
    assert route["drop_m"] == 100
    assert route["gateway_id"] == "POP"
    assert route["operator"] == "Icon Plus"
    assert route["name"] == "Dusun north"
    assert route["loss_db"] == pytest.approx(17 + 1.2 + 3 + 0.4 * 1.63)
    assert route["capital_cost_idr"] == pytest.approx(1.63 * 100e6)
    assert route["yearly_cost_idr"] == pytest.approx(0.05 * 1.63 * 100e6 + 31 * 1_000)
    assert route.geometry.length == 1_530  # the cable on poles and from the gateway, without the drop
    assert route.geometry.coords[0] == (0, 30)


def test_a_place_without_a_route_says_why_with_the_number_that_decided(graph, gateways):
    routes = routes_to(graph, gateways)
    check(routes, ROUTES)
    why = routes[["reason", "reason_number", "reason_unit"]]
    component = graph.component[np.flatnonzero(graph.x == 5_500)[0]]
    assert why.loc["fibre:alone"].tolist() == [NO_GATEWAY, component, "component"]
    assert why.loc["fibre:nowhere"].tolist() == [NO_POLE, 1_000, "m"]
    assert why.loc["fibre:long"].tolist() == [TOO_FAR, 30_030, "m"]
    assert why.loc["fibre:unplaced", "reason"] == NO_LOCATION
    assert routes["reason"].notna().sum() == routes.geometry.isna().sum() == 4
    assert routes.loc["fibre:long", "loss_db"] > GPON_B_PLUS.budget_db


@pytest.mark.parametrize("reason", REASON_UNITS)
def test_every_reason_is_told_in_both_languages(reason):
    indonesian, english = WORDS[f"reason.{reason}"]
    assert indonesian not in {"", english}


def test_a_smaller_split_reaches_farther(graph, gateways):
    lit = routes_to(graph, gateways, optics=GPON_B_PLUS.with_splits(8))
    assert lit["reason"].isna()["fibre:long"]


@pytest.fixture(scope="module")
def far_graph():
    """A trunk of 60 km with a pole every 500 m, and branches of 5 km at 25 km and 40 km."""
    ways = {
        "trunk": [(0, 0), (60_000, 0)],
        "n": [(25_000, 0), (25_000, 5_000)],
        "s": [(40_000, 0), (40_000, -5_000)],
    }
    far = {name: LineString(ends).segmentize(500) for name, ends in ways.items()}
    return build_pole_graph(table("pole_id", far, voltage="JTM"))


FAR = {
    "near": Point(10_000, 0),
    "north": Point(25_000, 5_000),
    "south": Point(40_000, -5_100),
    "end": Point(60_000, 0),
}
POWERED = COSTS.with_values(active_node=80e6, active_node_yearly=6e6)


def far_routes(graph, gateways, places=FAR, **settings):
    targets = table("settlement_id", places)
    return cheapest_routes(graph, gateways=gateways, targets=targets, unit_costs=POWERED, **settings)


def test_beyond_the_light_an_active_node_is_placed_only_when_asked_for(far_graph, gateways):
    dark = far_routes(far_graph, gateways)
    assert dark["reason"].dropna().to_dict() == {f"fibre:{one}": TOO_FAR for one in ("end", "north", "south")}
    assert dark.loc["fibre:near", "active_nodes"] == 0
    lit = far_routes(far_graph, gateways, active_nodes=True)
    assert lit["reason"].isna().all()
    assert lit["active_nodes"].to_dict() == {
        "fibre:end": 2,
        "fibre:near": 0,
        "fibre:north": 1,
        "fibre:south": 1,
    }
    assert (lit["loss_db"] <= GPON_B_PLUS.budget_db).all()
    assert any("active nodes" in str(one) for one in lit.attrs["assumptions"])


def test_an_active_node_stands_where_several_routes_can_share_it(far_graph, gateways):
    routes = far_routes(far_graph, gateways, active_nodes=True)
    costs = route_costs(routes)
    nodes = [part for part in costs.of(routes.index) if part.item == "active_node"]
    # Light reaches 17 km: the end asks for one from 43.03 km on, the south from 28.13 km, the north from 13.03 km.
    at = routes["active_nodes_at_m"].dropna().to_dict()
    assert at == {"fibre:end": "13030; 43030", "fibre:north": "13030", "fibre:south": "28530"}
    assert len(nodes) == 3
    assert {part.capital_cost_idr for part in nodes} == {80e6}
    assert {part.yearly_cost_idr for part in nodes} == {6e6}
    cables = {part.component_id for part in costs.of(routes.index) if part.item == "fibre_on_poles"}
    assert all(set(part.requires) <= cables for part in nodes)
    south = routes.loc["fibre:south"]
    assert south["capital_cost_idr"] == pytest.approx(45.13 * 100e6 + 80e6)


def test_every_place_on_a_route_is_within_the_light_of_a_gateway_or_node(far_graph, gateways):
    routes = far_routes(far_graph, gateways, active_nodes=True)
    for at, length_m in zip(routes["active_nodes_at_m"], routes["length_m"], strict=True):
        nodes = np.array([0.0, *(float(one) for one in at.split(";"))] if isinstance(at, str) else [0.0])
        assert (np.diff(nodes) <= 2 * GPON_B_PLUS.max_length_m()).all()
        assert length_m - nodes[-1] <= GPON_B_PLUS.max_length_m()


def test_a_dearer_way_is_taken_when_it_saves_more_than_the_active_node(gateways):
    detour = LineString([(0, 0), (0, 9_000), (400, 9_000), (400, 0)]).segmentize(50)
    lines = {"detour": detour, "stub": street((0, 0), (100, 0)), "far": street((400, 0), (350, 0))}
    graph = build_pole_graph(table("pole_id", lines, voltage="JTR"))
    place = table("settlement_id", {"T": Point(400, 0)})
    for price, nodes in ((1e6, 1), (10e9, 0)):
        settings = {"unit_costs": POWERED.with_values(new_pole=1e9, active_node=price), "max_drop_m": 20}
        route = cheapest_routes(graph, gateways=gateways, targets=place, active_nodes=True, **settings)
        assert route["active_nodes"].item() == nodes
        assert route["reason"].isna().all()


def test_strict_raises_for_places_without_a_route(graph, gateways):
    with pytest.raises(NoRouteError, match="nowhere: no pole within the drop"):
        routes_to(graph, gateways, strict=True)


def test_shared_cable_is_paid_once(graph, gateways):
    routes = routes_to(graph, gateways)
    costs = route_costs(routes)
    both = ["fibre:north", "fibre:south"]
    alone = routes.loc[both, "capital_cost_idr"].sum()
    assert costs.capital_idr(["fibre:north"]) == routes.loc["fibre:north", "capital_cost_idr"]
    assert alone - costs.capital_idr(both) == pytest.approx(1.03 * 100e6)
    trunk, rent, branch, _, drop = routes.loc["fibre:north", "components"]
    assert {trunk, rent} <= set(routes.loc["fibre:south", "components"])
    assert (rent.item, rent.quantity, rent.yearly_cost_idr) == ("pole_rent", 21, 21_000)
    assert branch.requires == (trunk.component_id,)
    assert drop.requires == (branch.component_id,)


def test_costs_of_several_calls_can_be_joined(graph, gateways):
    lines = {f"b{at}": street((at, 0), (at, 200)) for at in (500, 1_000, 1_500)} | {
        "t": street((0, 0), (2_000, 0))
    }
    graph = build_pole_graph(table("pole_id", lines))
    places = {"a": Point(500, 200), "b": Point(1_000, 200), "c": Point(1_500, 200), "end": Point(2_000, 0)}
    more = route_costs(routes_to(graph, gateways, places))
    few = route_costs(routes_to(graph, gateways, {name: places[name] for name in ("b", "c", "end")}))
    assert (few | more).capital_idr(few.components) >= few.capital_idr(few.components)
    assert (more | more).components == more.components


def test_new_poles_of_a_gap_are_counted_and_priced(gateways):
    graph = build_pole_graph(
        table("pole_id", {"A": street((0, 0), (500, 0)), "B": street((650, 0), (1_000, 0))}, voltage="JTR")
    )
    route = routes_to(graph, gateways, {"east": Point(1_000, 0)}).iloc[0]
    assert route["new_poles"] == 4
    assert route["bridged_m"] == 150
    assert route["capital_cost_idr"] == pytest.approx(1.03 * 100e6 + 4 * 4e6)


def test_where_light_does_not_reach_along_the_cheapest_way_the_shortest_is_taken(gateways):
    detour = street((0, 0), (0, 9_000), (400, 9_000), (400, 0))
    graph = build_pole_graph(
        table("pole_id", {"detour": detour, "far": street((400, 0), (400, -50))}, voltage="JTR"), max_gap_m=0
    )
    bridged = build_pole_graph(
        table(
            "pole_id",
            {"detour": detour, "stub": street((0, 0), (100, 0)), "far": street((400, 0), (350, 0))},
            voltage="JTR",
        )
    )
    dear = COSTS.with_values(new_pole=1e9)
    place = table("settlement_id", {"T": Point(400, 0)})
    dark = cheapest_routes(graph, gateways=gateways, targets=place, unit_costs=dear).iloc[0]
    assert dark["reason"] == TOO_FAR
    settings = {"unit_costs": dear, "max_drop_m": 20}
    lit = cheapest_routes(bridged, gateways=gateways, targets=place, **settings).iloc[0]
    assert lit["length_m"] == 20 + 50 + 400  # from the gateway to its nearest pole, and straight over
    assert lit["new_poles"] > 0


def test_a_village_is_reached_at_its_office_or_inside(graph, gateways):
    villages = table(
        "village_id",
        {"office": box(900, -50, 1_100, 600), "inside": box(1_850, -450, 2_150, 50)},
        name=["a", "b"],
        office_x_m=[1_000.0, np.nan],
        office_y_m=[520.0, np.nan],
    )
    routes = cheapest_routes(graph, gateways=gateways, targets=villages, unit_costs=COSTS)
    assert routes.loc["fibre:office", "drop_m"] == 20
    assert routes.loc["fibre:inside", "drop_m"] == 0
    assert routes.loc["fibre:inside", "length_m"] == 2_030 + 200  # the pole nearest to the middle


def test_only_blank_rows_are_targets(graph, gateways):
    targets = table("village_id", {"a": Point(1_000, 10), "b": Point(2_000, 10)}, state=["served", "blank"])
    routes = cheapest_routes(graph, gateways=gateways, targets=targets, unit_costs=COSTS)
    assert routes["target_id"].tolist() == ["b"]


def test_the_order_of_targets_and_gateways_changes_nothing(graph):
    gateways = table("gateway_id", {"W": Point(0, 30), "E": Point(2_000, 30), "X": Point(2_000, 30)})
    one = routes_to(graph, gateways)
    other = routes_to(graph, gateways[::-1], dict(reversed(PLACES.items())))
    pd.testing.assert_frame_equal(one.drop(columns="geometry"), other.drop(columns="geometry"))


def test_default_costs_with_weak_evidence_are_warned_of_once(graph, gateways):
    targets = table("village_id", {"a": Point(1_000, 10)})
    with pytest.warns(AssumptionWarning, match="fibre_on_poles, new_pole, pole_rent") as caught:
        cheapest_routes(graph, gateways=gateways, targets=targets)
    assert len(caught) == 1


def test_faults_of_input_are_named(graph, gateways):
    with pytest.raises(ValueRangeError, match="the nearest, sea, is 6,576 m from a pole"):
        routes_to(graph, table("gateway_id", {"sea": Point(0, 7_000)}))
    with pytest.raises(ValueRangeError, match="empty"):
        routes_to(graph, gateways.iloc[:0])
    with pytest.raises(CRSError):
        routes_to(graph, gateways.to_crs(32749))
    with pytest.raises(InputError, match="by='time'"):
        routes_to(graph, gateways, by="time")
    with pytest.raises(ValueRangeError, match="components"):
        route_costs(gateways)


def drawn(**lines):
    return table("route_id", lines, name=list(lines))


def evaluated(graph, gateways, routes, **settings):
    return evaluate_routes(graph, routes, gateways=gateways, unit_costs=COSTS, **settings)


def test_a_route_drawn_along_poles_costs_what_the_cheapest_does(graph, gateways):
    along = drawn(north=LineString([(0, 30), (0, 4), (990, 6), (1_004, 500)]))
    mine = evaluated(graph, gateways, along).iloc[0]
    best = routes_to(graph, gateways, {"north": Point(1_000, 500)}).iloc[0]
    assert mine["spans"] == best["spans"]
    assert mine["poles_used"] == best["poles_used"]
    assert mine["new_poles"] == 0
    assert mine["length_m"] == pytest.approx(best["length_m"], abs=30)


def test_new_ground_of_a_drawn_route_needs_new_poles(graph, gateways):
    line = LineString([(0, 0), (500, 0), (500, 1_000)])
    route = evaluated(graph, gateways, drawn(away=line)).iloc[0]
    assert route["spans"] == 10
    assert route["new_poles"] == 32
    assert route["bridged_m"] == pytest.approx(1_000, abs=1)


def test_a_drawn_route_away_from_gateways_is_fed_along_the_poles(graph, gateways):
    line = LineString([(2_000, -500), (2_000, -1_000)])
    route = evaluated(graph, gateways, drawn(south=line)).iloc[0]
    assert route["lead_in_m"] == 2_530
    assert route["length_m"] == 3_030
    shared = route_costs(
        evaluated(graph, gateways, drawn(south=line, east=LineString([(2_000, 0), (2_400, 0)])))
    )
    assert shared.capital_idr(["south", "east"]) < shared.capital_idr(["south"]) + shared.capital_idr(
        ["east"]
    )


def test_a_drawn_route_that_nothing_feeds_says_so(graph, gateways):
    route = evaluated(graph, gateways, drawn(lost=LineString([(3_000, 0), (4_000, 0)]))).iloc[0]
    assert route["reason"] == NO_GATEWAY
    assert route["reason_number"] == pytest.approx(np.hypot(3_000, 30), abs=0.001)


def test_proposals_of_other_kinds_are_not_routes(graph, gateways):
    proposals = table(
        "proposal_id",
        {"cable": LineString([(0, 0), (500, 0)]), "mast": Point(0, 0)},
        kind=["route", "tower"],
    )
    assert evaluated(graph, gateways, proposals).index.tolist() == ["cable"]


def test_faults_of_drawn_routes_are_named(graph, gateways):
    with pytest.raises(InputError, match="dot: has no length"):
        evaluated(graph, gateways, drawn(dot=LineString([(0, 0), (0, 0)])))


def test_homes_within_the_drop_of_a_lit_cable_are_served(graph, gateways):
    routes = routes_to(graph, gateways)
    homes = table(
        "demand_id",
        {"a": Point(500, 290), "b": Point(500, 310), "c": Point(1_000, 700), "d": Point(5_500, 0)},
        people=[1, 2, 3, 4],
        village_id="v",
    )
    coverage = fibre_coverage(routes, homes)
    assert coverage.assets.index.tolist() == ["fibre:north", "fibre:south"]
    assert coverage.serves(Level.STRONG, ("fixed",)).tolist() == [True, False, True, False]
    assert coverage.select(["fibre:south"]).serves(Level.STRONG).tolist() == [True, False, False, False]
    assert set(coverage.assets["operator"]) == {"Icon Plus"}
    planned = fibre_coverage(routes, homes, status="planned")
    assert not planned.serves(Level.WEAK).any()


def test_a_long_cable_serves_the_same_homes_as_its_parts():
    rng = np.random.default_rng(4)
    course = np.cumsum(rng.normal(0, 40, (1_000, 2)), axis=0)
    whole = table("route_id", {"r": LineString(course)})
    homes = table(
        "demand_id",
        {f"d{at:03d}": Point(place) for at, place in enumerate(rng.uniform(-2_000, 2_000, (300, 2)))},
        people=1,
        village_id="v",
    )
    served = fibre_coverage(whole, homes).serves(Level.STRONG)
    assert served.tolist() == homes.dwithin(whole.geometry.iloc[0], 300).tolist()
