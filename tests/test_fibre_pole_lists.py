"""Routes given as the ids of their poles, in code and in files."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from coverage_geo.costs import UnitCosts
from coverage_geo.coverage import Level
from coverage_geo.errors import InputError, RepairWarning
from coverage_geo.fibre.drawn import evaluate_routes
from coverage_geo.fibre.paths import NO_GATEWAY, NO_PERMISSION, TOO_FAR
from coverage_geo.fibre.pole_graph import build_pole_graph
from coverage_geo.fibre.reach import fibre_coverage
from coverage_geo.fibre.routes import cheapest_routes, route_costs
from coverage_geo.files.proposals import read_proposals
from coverage_geo.tables import StudyArea

CRS = "EPSG:32748"
COSTS = UnitCosts().with_values(
    fibre_on_poles=100e6, new_pole=4e6, pole_rent=1_000, active_node=80e6, active_node_yearly=6e6
)


def table(index, rows, **columns):
    return gpd.GeoDataFrame(
        columns, index=pd.Index(list(rows), name=index), geometry=list(rows.values()), crs=CRS
    )


@pytest.fixture(scope="module")
def graph():
    """Poles P0 to P20 every 50 m eastward, Q0 to Q4 400 m north of the end, and the double of P3."""
    poles = {f"P{at}": Point(50 * at, 3 * (at % 2)) for at in range(21)}
    poles |= {f"Q{at}": Point(1_000 + 50 * at, 400) for at in range(5)}
    poles["R3"] = Point(150.5, 3)
    return build_pole_graph(table("pole_id", poles, voltage="JTR", owner="PLN"), max_gap_m=0)


@pytest.fixture(scope="module")
def gateways():
    return table("gateway_id", {"POP": Point(0, 30)}, operator=["Icon Plus"])


def evaluated(graph, gateways, lists, **settings):
    rows = gpd.GeoDataFrame(
        {"pole_ids": list(lists.values())},
        index=pd.Index(list(lists), name="route_id"),
        geometry=[None] * len(lists),
        crs=CRS,
    )
    return evaluate_routes(graph, rows, gateways=gateways, unit_costs=COSTS, **settings)


EVERY = [f"P{at}" for at in range(21)]


def test_a_list_of_every_pole_costs_what_the_cheapest_route_does(graph, gateways):
    mine = evaluated(graph, gateways, {"r": EVERY}).iloc[0]
    end = table("settlement_id", {"end": Point(1_000, 0)})
    best = cheapest_routes(graph, gateways=gateways, targets=end, unit_costs=COSTS).iloc[0]
    same = [
        "gateway_id",
        "length_m",
        "poles_used",
        "spans",
        "new_poles",
        "capital_cost_idr",
        "yearly_cost_idr",
    ]
    assert mine[same].tolist() == best[same].tolist()
    assert mine["poles_used"] == 21
    assert mine["lead_in_m"] == 30
    assert pd.isna(mine["not_joined"])


def test_poles_left_out_of_the_list_are_used_where_they_stand_on_the_way(graph, gateways):
    short = evaluated(graph, gateways, {"r": "P0; P7; P20"}).iloc[0]
    every = evaluated(graph, gateways, {"r": EVERY}).iloc[0]
    assert short["length_m"] == every["length_m"]
    assert short["new_poles"] == 0


def test_poles_that_no_span_joins_need_new_ground(graph, gateways):
    route = evaluated(graph, gateways, {"r": [*EVERY, "Q0", "Q1"]}).iloc[0]
    assert route["not_joined"] == "P20-Q0 400 m"
    assert route["bridged_m"] == 400
    assert route["new_poles"] == 12
    every = evaluated(graph, gateways, {"r": EVERY}).iloc[0]
    extra = route["capital_cost_idr"] - every["capital_cost_idr"]
    assert extra == pytest.approx(0.45 * 100e6 + 12 * 4e6)


def test_the_direction_of_a_list_changes_nothing(graph, gateways):
    forward = evaluated(graph, gateways, {"r": [*EVERY, "Q0"]})
    back = evaluated(graph, gateways, {"r": ["Q0", *EVERY[::-1]]})
    pd.testing.assert_frame_equal(
        forward.drop(columns=["components", "parts"]), back.drop(columns=["components", "parts"])
    )


def test_a_list_away_from_the_gateway_is_fed_along_the_poles(graph, gateways):
    route = evaluated(graph, gateways, {"r": "P20,P19,P18"}).iloc[0]
    assert route["lead_in_m"] == pytest.approx(30 + 18 * np.hypot(50, 3), abs=0.1)
    assert route["length_m"] == pytest.approx(30 + 20 * np.hypot(50, 3), abs=0.1)
    alone = evaluated(graph, gateways, {"r": "Q0;Q1"}).iloc[0]
    assert alone["reason"] == NO_GATEWAY
    assert alone["reason_number"] == pytest.approx(np.hypot(1_000, 370), abs=0.001)


def test_the_double_of_a_pole_is_that_pole(graph, gateways):
    both = evaluated(graph, gateways, {"a": "P0;P3", "b": "P0;R3"})
    assert both.loc["a", "length_m"] == both.loc["b", "length_m"]


def test_poles_of_a_line_go_by_their_names_in_the_table(gateways):
    graph = build_pole_graph(table("pole_id", {"L": LineString([(0, 0), (50, 0), (100, 0)])}))
    names = [one for one in graph.pole_table().index if one.startswith("node-")]
    assert evaluated(graph, gateways, {"r": names})["spans"].item() == 2


def test_a_pole_that_may_carry_no_cable_is_the_reason():
    poles = {f"P{at}": Point(50 * at, 0) for at in range(5)}
    allowed = [True, True, False, True, True]
    graph = build_pole_graph(table("pole_id", poles, permitted=allowed), max_gap_m=0)
    route = evaluated(graph, table("gateway_id", {"POP": Point(0, 0)}), {"r": list(poles)}).iloc[0]
    assert route[["reason", "reason_number", "reason_unit"]].tolist() == [NO_PERMISSION, 1, "poles"]


def test_faults_of_lists_are_named_all_at_once(graph, gateways):
    with pytest.raises(InputError) as caught:
        evaluated(graph, gateways, {"a": "P1;X9;P2", "b": "P1", "c": "P1;P2;P1", "d": []})
    said = str(caught.value)
    assert "routes, a, column 'pole_ids': no pole X9" in said
    assert "routes, b, column 'pole_ids': fewer than two poles" in said
    assert "routes, c, column 'pole_ids': passes P1 twice" in said
    assert "given routes, d: has neither a line nor pole ids" in said


def test_lists_and_drawn_lines_share_what_they_have_in_common(graph, gateways):
    rows = gpd.GeoDataFrame(
        {"pole_ids": ["P0;P10", None]},
        index=pd.Index(["list", "drawn"], name="route_id"),
        geometry=[None, LineString([(0, 30), (0, 4), (1_000, 4)])],
        crs=CRS,
    )
    routes = evaluate_routes(graph, rows, gateways=gateways, unit_costs=COSTS)
    costs = route_costs(routes)
    assert costs.capital_idr(["list", "drawn"]) < 1.5 * costs.capital_idr(["drawn"])


def test_a_listed_route_serves_homes_and_may_need_power(gateways):
    poles = {f"P{at:03d}": Point(50 * at, 0) for at in range(500)}
    graph = build_pole_graph(table("pole_id", poles))
    dark = evaluated(graph, gateways, {"r": ["P000", "P499"]}, on_poles_m=5)
    assert dark["reason"].item() == TOO_FAR
    lit = evaluated(graph, gateways, {"r": ["P000", "P499"]}, on_poles_m=5, active_nodes=True)
    assert lit["active_nodes"].item() == 1
    homes = table("demand_id", {"far": Point(24_900, 200)}, people=[9], village_id="v")
    assert not fibre_coverage(dark, homes).serves(Level.STRONG).any()
    assert fibre_coverage(lit, homes).serves(Level.STRONG).all()


def test_pole_ids_are_read_from_a_table(tmp_path, graph, gateways):
    file = tmp_path / "rute.csv"
    file.write_text("id,nama,tiang\nR1,Ke Simpang,P0;P10\nR2,Ke Kelapa,P0;P20;Q0\n", "utf-8")
    area = StudyArea((-1_000, -1_000, 3_000, 3_000), CRS)
    with pytest.warns(RepairWarning, match="2 assumed"):
        proposals = read_proposals(file, study_area=area)
    assert proposals["kind"].tolist() == ["route", "route"]
    routes = evaluate_routes(graph, proposals, gateways=gateways, unit_costs=COSTS)
    assert routes["name"].tolist() == ["Ke Simpang", "Ke Kelapa"]
    assert routes["new_poles"].tolist() == [0, 12]
