"""A bill of quantities counts shared pieces once and adds up exactly."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point

from coverage_geo.costs import UnitCosts
from coverage_geo.errors import AssumptionWarning, ValueRangeError
from coverage_geo.fibre.alternatives import alternative_routes
from coverage_geo.fibre.optics import GPON_B_PLUS, GPON_C_PLUS
from coverage_geo.fibre.parts import route_parts
from coverage_geo.fibre.pole_graph import build_pole_graph
from coverage_geo.fibre.quantities import CAPITAL, YEARLY, bill_of_quantities, shares_of
from coverage_geo.fibre.routes import cheapest_routes, route_costs
from coverage_geo.fibre.trees import shared_network

CRS = "EPSG:32748"
COSTS = UnitCosts().with_values(fibre_on_poles=99e6, pole_rent=1_000, new_pole=4e6)
MONEY = [*CAPITAL, *YEARLY]


def table(index, rows, **columns):
    return gpd.GeoDataFrame(
        columns, index=pd.Index(list(rows), name=index), geometry=list(rows.values()), crs=CRS
    )


@pytest.fixture(scope="module")
def graph():
    """A trunk of 300 m with a gap of 130 m after it, and two branches."""
    lines = {
        "trunk": LineString([(0, 0), (50, 0), (100, 0), (150, 0), (200, 0), (250, 0), (300, 0)]),
        "beyond": LineString([(430, 0), (480, 0)]),
        "north": LineString([(100, 0), (100, 50), (100, 100)]),
        "south": LineString([(200, 0), (200, -50), (200, -100)]),
    }
    return build_pole_graph(table("pole_id", lines, voltage=["JTM", "JTR", "JTR", "JTR"], owner="PLN"))


@pytest.fixture(scope="module")
def asked():
    places = {"n": Point(110, 100), "s": Point(200, -110), "e": Point(480, 0), "lost": Point(5_000, 0)}
    return {
        "gateways": table("gateway_id", {"POP": Point(0, 10)}),
        "targets": table("place_id", places),
        "unit_costs": COSTS,
    }


@pytest.fixture(scope="module")
def routes(graph, asked):
    return cheapest_routes(graph, **asked)


def test_the_total_is_what_the_routes_cost_together(graph, routes):
    bill = bill_of_quantities(routes, unit_costs=COSTS, graph=graph)
    built = routes.index[routes["reason"].isna()]
    total = bill.loc["total"]
    costs = route_costs(routes)
    assert total["mid_idr"].sum() == pytest.approx(costs.capital_idr(built), abs=10)
    assert total["yearly_mid_idr"].sum() == pytest.approx(costs.yearly_idr(built), abs=10)
    assert total.loc["new poles", "quantity"] == 4
    assert total.loc["cable, drop", "quantity"] == 0.02
    assert total.loc["drops", "quantity"] == 2
    assert total.loc["poles used, JTM, PLN", "quantity"] == 7
    assert total.loc["poles used, JTR, PLN", "quantity"] == 6


@pytest.mark.parametrize("homes", [None, {"fibre:e": 7, "fibre:n": 40, "fibre:s": 0, "fibre:lost": 3}])
def test_groups_add_up_to_the_total_exactly(graph, routes, homes):
    households = None if homes is None else pd.Series(homes)
    groups = pd.Series({"fibre:e": "Simpang", "fibre:n": "Kelapa", "fibre:s": "Kelapa"})
    bill = bill_of_quantities(routes, unit_costs=COSTS, groups=groups, households=households, graph=graph)
    parts = bill.drop(index="total", level="group").groupby("item")[["quantity", *MONEY]].sum()
    whole = bill.loc["total", ["quantity", *MONEY]].fillna(0)
    assert set(parts.index) == set(whole.index)
    pd.testing.assert_frame_equal(parts, whole.loc[parts.index], check_names=False, atol=1e-9)
    assert (parts[MONEY] == whole.loc[parts.index, MONEY]).all(axis=None)


def bought(bill):
    return bill.loc["total", "quantity"].filter(regex="^(ports|splitters)").to_dict()


def test_ports_and_splitters_follow_the_homes_and_what_the_routes_were_made_with(graph, asked):
    homes = pd.Series({"fibre:e": 33, "fibre:n": 32, "fibre:s": 0})
    stages = GPON_C_PLUS.with_splits(4, 8)
    routes = cheapest_routes(graph, **asked, optics=stages)
    bill = bill_of_quantities(routes, unit_costs=COSTS, households=homes)
    assert bought(bill) == {"ports": 3, "splitters, stage 1 (1:4)": 3, "splitters, stage 2 (1:8)": 5 + 4}
    pd.testing.assert_frame_equal(
        bill, bill_of_quantities(routes, unit_costs=COSTS, households=homes, optics=stages)
    )
    with pytest.raises(ValueRangeError, match=r"splitters 1:32, but fibre:e.* made with 1:4 x 1:8"):
        bill_of_quantities(routes, unit_costs=COSTS, households=homes, optics=GPON_C_PLUS)
    assert routes["splitters"].unique().tolist() == ["1:4 x 1:8"]
    unsaid = routes.drop(columns="splitters")
    for optics, ways in ((None, 32), (GPON_B_PLUS.with_splits(16), 16)):
        bill = bill_of_quantities(unsaid, unit_costs=COSTS, households=homes, optics=optics)
        assert bought(bill)[f"splitters, stage 1 (1:{ways})"] == bought(bill)["ports"]


def test_other_unit_costs_than_the_routes_were_made_with_are_named(graph, asked, routes):
    other = COSTS.with_values(new_pole=3_500_000, fibre_yearly_share=0.04)
    with pytest.raises(ValueRangeError, match="2 faults") as caught:
        bill_of_quantities(routes, unit_costs=other)
    assert [str(one.where) for one in caught.value.faults] == [
        "unit_costs, fibre_on_poles",
        "unit_costs, new_pole",
    ]
    assert "Rp 4,000,000 a pole in the routes and Rp 3,500,000 here" in str(caught.value)
    defaults = UnitCosts()
    with pytest.warns(AssumptionWarning):
        dear = cheapest_routes(graph, **asked | {"unit_costs": replace(defaults, estimate="high")})
    bill = bill_of_quantities(dear, unit_costs=defaults)
    built = dear.index[dear["reason"].isna()]
    assert bill.loc["total", "high_idr"].sum() == pytest.approx(route_costs(dear).capital_idr(built), abs=10)


def test_the_range_of_a_default_price_is_shown_with_its_source(graph, asked):
    with pytest.warns(AssumptionWarning):
        routes = cheapest_routes(graph, **asked | {"unit_costs": UnitCosts()})
    bill = bill_of_quantities(routes, unit_costs=UnitCosts())
    poles = bill.loc[("total", "new poles")]
    assert poles[["low_idr", "mid_idr", "high_idr"]].tolist() == [8e6, 16e6, 28e6]
    assert poles["capital_grade"] == "weak"


def test_villages_add_up_to_their_kecamatan(graph, routes):
    village = pd.Series({"fibre:e": "v1", "fibre:n": "v2", "fibre:s": "v3"})
    kecamatan = village.map({"v1": "k1", "v2": "k1", "v3": "k2"})
    by_village, by_kecamatan = (
        bill_of_quantities(routes, unit_costs=COSTS, groups=groups, graph=graph)
        for groups in (village, kecamatan)
    )
    both = by_village.loc[["v1", "v2"]].groupby("item")[["quantity", *MONEY]].sum()
    pd.testing.assert_frame_equal(
        both, by_kecamatan.loc["k1", ["quantity", *MONEY]].fillna(0).sort_index(), check_like=True, atol=1e-9
    )


def test_poles_used_are_those_that_pay_rent(graph, routes):
    total = bill_of_quantities(routes, unit_costs=COSTS, graph=graph).loc["total", "quantity"]
    assert total.filter(like="poles used").sum() == total["pole rent"]


def test_poles_that_no_data_show_are_counted_apart():
    graph = build_pole_graph(table("pole_id", {"A": LineString([(0, 0), (400, 0)])}, voltage=["JTM"]))
    routes = cheapest_routes(
        graph,
        gateways=table("gateway_id", {"POP": Point(0, 0)}),
        targets=table("place_id", {"x": Point(400, 0)}),
        unit_costs=COSTS,
    )
    total = bill_of_quantities(routes, unit_costs=COSTS, graph=graph).loc["total", "quantity"]
    assert total["poles used, JTM, owner unknown"] == 2
    assert total["poles used, JTM, not drawn"] == 7


def test_active_nodes_and_their_power_are_on_the_bill(graph):
    costs = COSTS.with_values(active_node=80e6)
    with pytest.warns(AssumptionWarning, match="active_node_yearly"):
        routes = cheapest_routes(
            graph,
            gateways=table("gateway_id", {"POP": Point(0, 10)}),
            targets=table("place_id", {"n": Point(100, 100), "s": Point(200, -100)}),
            unit_costs=costs,
            optics=replace(GPON_B_PLUS, budget_db=21.29, logical_reach_m=250),
            active_nodes=True,
        )
    assert routes["active_nodes"].sum() >= 1
    bill = bill_of_quantities(routes, unit_costs=costs)
    line = bill.loc[("total", "active nodes (power needed)")]
    nodes = len({one for own in routes["components"] for one in own if one.item == "active_node"})
    assert line["quantity"] == nodes
    assert line[["mid_idr", "yearly_low_idr", "yearly_mid_idr"]].tolist() == [
        80e6 * nodes,
        2e6 * nodes,
        6e6 * nodes,
    ]
    assert line[["capital_grade", "yearly_grade"]].tolist() == ["user", "weak"]


def test_a_route_without_a_group_or_homes_is_named(routes):
    with pytest.raises(ValueRangeError, match="none for fibre:n, fibre:s"):
        bill_of_quantities(routes, unit_costs=COSTS, groups=pd.Series({"fibre:e": "x"}))
    with pytest.raises(ValueRangeError, match="households"):
        bill_of_quantities(routes, unit_costs=COSTS, households=pd.Series({"fibre:e": 1.5}))


@given(st.integers(0, 10**12), st.lists(st.integers(0, 1000), min_size=1, max_size=8))
def test_shares_add_up_and_are_in_proportion(total, weights):
    shares = shares_of(total, weights)
    assert sum(shares) == total
    each = weights if any(weights) else [1] * len(weights)
    assert all(
        abs(share * sum(each) - total * one) <= sum(each) for share, one in zip(shares, each, strict=True)
    )


@pytest.fixture(scope="module")
def by_road():
    """Poles of 500 m, then a road of 1 km to a second line of 500 m; a hamlet at its end and one on its way."""
    lines = {
        "west": LineString([(0, 0), (500, 0)]).segmentize(50),
        "east": LineString([(1_500, 0), (2_000, 0)]).segmentize(50),
    }
    graph = build_pole_graph(
        table("pole_id", lines, voltage="JTR", owner="PLN"),
        roads=table("road_id", {"R": LineString([(480, 5), (1_520, 5)])}),
        max_gap_m=0,
    )
    routes = cheapest_routes(
        graph,
        gateways=table("gateway_id", {"POP": Point(0, 0)}),
        targets=table("place_id", {"end": Point(2_000, 0), "way": Point(1_600, 0)}),
        unit_costs=COSTS,
    )
    return graph, routes


def test_cable_along_roads_is_told_apart_as_inferred(by_road):
    graph, routes = by_road
    assert routes["reason"].isna().all()
    road_m = routes.loc["fibre:end", "road_m"]
    assert 950 <= road_m <= 1_050
    assert routes["bridged_m"].tolist() == [0, 0]
    bill = bill_of_quantities(routes, unit_costs=COSTS, graph=graph)
    total = bill.loc["total"]
    assert total.loc["cable, trunk, along roads (inferred)", "quantity"] == pytest.approx(road_m / 1_000)
    assert total.loc["new poles", "quantity"] == routes.loc["fibre:end", "new_poles"] > 20
    cable = total[total.index.str.startswith("cable")]
    assert cable["quantity"].sum() == pytest.approx(routes.loc["fibre:end", "length_m"] / 1_000)
    assert total["mid_idr"].sum() == pytest.approx(route_costs(routes).capital_idr(routes.index))
    used = total["quantity"].filter(like="poles used")
    assert used.index.tolist() == ["poles used, JTR, PLN"]
    assert used.sum() == total.loc["pole rent", "quantity"] == routes.loc["fibre:end", "poles_used"]


def test_parts_along_roads_are_told_apart(by_road):
    _, routes = by_road
    parts = route_parts(routes)
    road = parts[parts["ground"] == "along road"]
    assert road["kind"].unique().tolist() == ["trunk"]
    assert road["length_m"].sum() == pytest.approx(routes.loc["fibre:end", "road_m"])
    assert (road.total_bounds[[0, 2]] >= [450, 1_450]).all()


@pytest.fixture(scope="module")
def junctions():
    """Three villages' lines at the arms of a road junction, a ring of poles at the end of one."""
    lines = {
        "west": LineString([(-900, 0), (-500, 0)]).segmentize(50),
        "east": LineString([(500, 0), (900, 0), (900, 300), (500, 300), (500, 0)]).segmentize(50),
        "north": LineString([(0, 500), (0, 900)]).segmentize(50),
    }
    roads = {"across": LineString([(-520, 5), (520, 5)]), "up": LineString([(5, 5), (5, 520)])}
    graph = build_pole_graph(
        table("pole_id", lines, voltage="JTR", owner="PLN"), roads=table("road_id", roads), max_gap_m=0
    )
    asked = {
        "gateways": table("gateway_id", {"POP": Point(-900, 0), "B": Point(0, 900)}),
        "targets": table(
            "place_id", {"e": Point(900, 300), "m": Point(700, 0), "r": Point(3, 250), "w": Point(-700, 0)}
        ),
        "unit_costs": COSTS,
    }
    return graph, asked


@pytest.mark.parametrize("find", [cheapest_routes, alternative_routes, shared_network])
def test_rent_is_paid_once_for_each_standing_pole_and_for_none_on_roads(junctions, find):
    graph, asked = junctions
    found = find(graph, **asked)
    routes = found if isinstance(found, gpd.GeoDataFrame) else found.routes
    assert routes["road_m"].max() > 500
    total = bill_of_quantities(routes, unit_costs=COSTS, graph=graph).loc["total"]
    on_route = shapely.get_coordinates(routes[routes["reason"].isna()].geometry.to_numpy())
    standing = {*zip(graph.x[graph.standing], graph.y[graph.standing], strict=True)}
    count = len(standing & {*map(tuple, on_route.tolist())})
    assert total["quantity"].filter(like="poles used").sum() == total.loc["pole rent", "quantity"] == count
    for route in routes[routes["reason"].isna()].itertuples():
        rent = sum(one.quantity for one in route.components if one.item == "pole_rent")
        assert rent == route.poles_used == len(standing & {*map(tuple, route.geometry.coords)})
