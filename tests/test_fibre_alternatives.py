"""Several really different routes to a place."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.spatial import Delaunay
from shapely import LineString, Point

from coverage_geo.costs import UnitCosts
from coverage_geo.coverage import Level
from coverage_geo.errors import ValueRangeError
from coverage_geo.fibre.alternatives import alternative_routes
from coverage_geo.fibre.optics import GPON_B_PLUS
from coverage_geo.fibre.paths import NO_GATEWAY, NO_OTHER_WAY, TOO_FAR
from coverage_geo.fibre.pole_graph import build_pole_graph
from coverage_geo.fibre.reach import fibre_coverage
from coverage_geo.fibre.routes import cheapest_routes, route_costs
from coverage_geo.tables import ROUTES, check

CRS = "EPSG:32748"
COSTS = UnitCosts().with_values(
    fibre_on_poles=100e6, new_pole=4e6, pole_rent=1_000, active_node=80e6, active_node_yearly=6e6
)


def table(index, rows, **columns):
    return gpd.GeoDataFrame(
        columns, index=pd.Index(list(rows), name=index), geometry=list(rows.values()), crs=CRS
    )


def street(*ends):
    return LineString(ends).segmentize(50)


@pytest.fixture(scope="module")
def graph():
    """Three ways of 2.0, 2.4 and 4.0 km from west to east, a small loop on the first, a dead end of 1 km."""
    lines = {
        "straight": street((0, 0), (2_000, 0)),
        "loop": street((900, 0), (900, 50), (1_000, 50), (1_000, 0)),
        "north": street((0, 0), (0, 200), (2_000, 200), (2_000, 0)),
        "south": street((0, 0), (0, -1_000), (2_000, -1_000), (2_000, 0)),
        "end": street((2_000, 0), (3_000, 0)),
        "alone": street((9_000, 0), (9_500, 0)),
    }
    return build_pole_graph(table("pole_id", lines, voltage="JTR"), max_gap_m=0)


@pytest.fixture(scope="module")
def gateways():
    return table("gateway_id", {"POP": Point(0, 0)})


def alternatives(graph, gateways, places, **settings):
    settings = {"unit_costs": COSTS, "max_drop_m": 100, **settings}
    return alternative_routes(graph, gateways=gateways, targets=table("settlement_id", places), **settings)


EAST = {"T": Point(2_000, 0)}


def test_ways_are_really_different_and_the_cheapest_come_first(graph, gateways):
    routes = alternatives(graph, gateways, EAST, ways=4)
    check(routes, ROUTES)
    assert routes.index.tolist() == ["fibre:T", "fibre:T:2", "fibre:T:3", "fibre:T:4"]
    assert routes["rank"].tolist() == [1, 2, 3, 4]
    assert routes["length_m"].tolist()[:3] == [2_000, 2_400, 4_000]  # not the small loop of 2,100 m
    assert routes["extra_length_m"].tolist()[:3] == [0, 400, 2_000]
    assert routes["extra_cost_idr"].tolist()[:3] == pytest.approx([0, 40e6, 200e6])
    assert routes["different_share"].tolist()[1:3] == [1, 1]
    assert routes["target_id"].unique().tolist() == ["T"]


def test_where_fewer_exist_the_reason_says_how_different_the_next_would_be(graph, gateways):
    last = alternatives(graph, gateways, EAST, ways=4).iloc[3]
    assert last[["reason", "reason_unit"]].tolist() == [NO_OTHER_WAY, "share"]
    assert last["reason_number"] == pytest.approx(200 / 2_100)
    assert last.geometry is None
    near = alternatives(graph, gateways, EAST, ways=4, max_dearer=0.5)
    assert near["reason"].notna().tolist() == [False, False, True]


def test_a_shared_dead_end_counts_as_not_different(graph, gateways):
    end = {"T": Point(3_000, 0)}
    routes = alternatives(graph, gateways, end, min_different=0.75)
    assert routes["length_m"].tolist()[:2] == [3_000, 5_000]
    assert routes["different_share"].iloc[1] == pytest.approx(4 / 5)
    assert alternatives(graph, gateways, end)["length_m"].tolist() == [3_000, 3_400, 5_000]


def test_the_first_is_the_cheapest_route_and_reasons_stay(graph, gateways):
    places = {**EAST, "lost": Point(9_200, 0), "nowhere": Point(5_000, 0)}
    routes = alternatives(graph, gateways, places)
    targets = table("settlement_id", places)
    best = cheapest_routes(graph, gateways=gateways, targets=targets, unit_costs=COSTS, max_drop_m=100)
    first = routes[routes["rank"] == 1]
    pd.testing.assert_frame_equal(
        first[[*best.columns]].drop(columns=["components", "parts"]),
        best.drop(columns=["components", "parts"]),
    )
    assert first.loc["fibre:lost", "reason"] == NO_GATEWAY
    assert (routes["target_id"] == "lost").sum() == 1


def test_another_gateway_and_another_line_give_another_way():
    lines = {"one": street((0, 0), (1_000, 0)), "two": street((1_000, 60), (2_500, 60))}
    graph = build_pole_graph(table("pole_id", lines, voltage="JTR"), max_gap_m=0)
    gateways = table("gateway_id", {"W": Point(0, 0), "E": Point(2_500, 60)})
    routes = alternatives(graph, gateways, {"T": Point(1_000, 20)}, ways=2)
    assert routes["gateway_id"].tolist() == ["W", "E"]
    assert routes["length_m"].tolist() == [1_020, 1_540]


def test_a_way_beyond_the_light_is_none_without_an_active_node(gateways):
    lines = {
        "short": street((0, 0), (15_000, 0)),
        "long": street((0, 0), (0, 2_000), (15_000, 2_000), (15_000, 0)),
    }
    graph = build_pole_graph(table("pole_id", lines, voltage="JTR"), max_gap_m=0)
    place = {"T": Point(15_000, 0)}
    assert alternatives(graph, gateways, place)["reason"].tolist()[1] == NO_OTHER_WAY
    lit = alternatives(graph, gateways, place, ways=2, active_nodes=True)
    assert lit["active_nodes"].tolist() == [0, 1]
    dark = alternatives(graph, gateways, place, optics=GPON_B_PLUS.with_splits(64))
    assert dark["reason"].tolist() == [TOO_FAR]


def test_a_way_with_a_span_longer_than_an_uplink_is_none(gateways):
    lines = {"short": street((0, 0), (15_000, 0)), "long": LineString([(0, 0), (7_500, 18_000), (15_000, 0)])}
    graph = build_pole_graph(table("pole_id", lines, voltage="JTR"), max_gap_m=0)
    optics = replace(GPON_B_PLUS, uplink_reach_m=5_000)
    settings = {"active_nodes": True, "max_dearer": 5, "optics": optics}
    routes = alternatives(graph, gateways, {"T": Point(15_000, 0)}, **settings)
    assert routes["reason"].tolist()[1] == NO_OTHER_WAY


def test_alternatives_of_a_place_serve_nobody_twice(graph, gateways):
    routes = alternatives(graph, gateways, EAST)
    homes = table("demand_id", {"a": Point(2_000, 50), "b": Point(1_000, 0)}, people=[3, 4], village_id="v")
    coverage = fibre_coverage(routes, homes)
    assert coverage.serves(Level.STRONG).tolist() == [True, True]
    best = routes[routes["rank"] == 1]
    assert len(fibre_coverage(best, homes).assets) == 1
    assert route_costs(best).capital_idr(best.index) == pytest.approx(best["capital_cost_idr"].sum())


def test_settings_that_make_no_sense_are_refused_together(graph, gateways):
    with pytest.raises(ValueRangeError, match="3 faults"):
        alternatives(graph, gateways, EAST, ways=0, min_different=0, max_dearer=-1)


@pytest.mark.parametrize("seed", range(4))
def test_on_any_network_the_ways_keep_to_what_was_asked(seed):
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 3_000, (60, 2)).round()
    sides = np.sort(np.concatenate([Delaunay(at).simplices[:, pair] for pair in ([0, 1], [1, 2], [0, 2])]))
    sides = np.unique(sides, axis=0)
    kept = sides[rng.random(len(sides)) < 0.6].tolist()
    lines = {f"s{a:02d}-{b:02d}": LineString([at[a], at[b]]) for a, b in kept}
    graph = build_pole_graph(
        table("pole_id", lines), max_gap_m=0, max_span_m={"JTM": 500, "JTR": 500, "unknown": 500}
    )
    gateways = table("gateway_id", {"A": Point(*at[0]), "B": Point(*at[1])})
    places = {f"t{one}": Point(*at[one]) for one in (10, 20, 30)}
    routes = alternatives(graph, gateways, places, ways=5, min_different=0.25)
    there = routes[routes["reason"].isna()]
    assert len(there) > len(places)
    for _, own in there.groupby("target_id"):
        assert own["capital_cost_idr"].is_monotonic_increasing
        assert (own["capital_cost_idr"] <= 2 * own["capital_cost_idr"].iloc[0] * (1 + 1e-5)).all()
        assert (own["different_share"].iloc[1:] >= 0.25).all()
        assert all(len(set(line.coords[1:])) == len(line.coords) - 1 for line in own.geometry)
        for rank in range(1, len(own)):
            line, better = own.geometry.iloc[rank], own.geometry.iloc[:rank].union_all()
            off = line.difference(better.buffer(0.01)).length / line.length
            assert off == pytest.approx(own["different_share"].iloc[rank], abs=0.01)
    turned = alternatives(graph, gateways[::-1], dict(reversed(places.items())), ways=5, min_different=0.25)
    assert turned.drop(columns=["components", "parts"]).equals(routes.drop(columns=["components", "parts"]))
