"""Light along whole routes, splitter by splitter, and the parts that cable is made of."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from coverage_geo.costs import UnitCosts
from coverage_geo.errors import InputError
from coverage_geo.fibre.light import light_along, list_active_nodes
from coverage_geo.fibre.optics import GPON_B_PLUS
from coverage_geo.fibre.parts import route_parts
from coverage_geo.fibre.pole_graph import build_pole_graph
from coverage_geo.fibre.routes import cheapest_routes, route_costs
from coverage_geo.fibre.trees import shared_network

CRS = "EPSG:32748"
COSTS = UnitCosts().with_values(
    fibre_on_poles=100e6, new_pole=4e6, pole_rent=0, active_node=80e6, active_node_yearly=6e6
)
TWO_STAGES = GPON_B_PLUS.with_splits(4, 8)


def table(index, rows, **columns):
    return gpd.GeoDataFrame(
        columns, index=pd.Index(list(rows), name=index), geometry=list(rows.values()), crs=CRS
    )


@pytest.fixture(scope="module")
def graph():
    """A trunk of 10 km, branches of 1 km to the north and of 30 km to the east behind a gap of 200 m."""
    lines = {
        "trunk": LineString([(0, 0), (10_000, 0)]).segmentize(50),
        "north": LineString([(10_000, 0), (10_000, 1_000)]).segmentize(50),
        "east": LineString([(10_200, 0), (40_000, 0)]).segmentize(50),
    }
    return build_pole_graph(table("pole_id", lines, voltage="JTM"))


@pytest.fixture(scope="module")
def routes(graph):
    targets = table("place_id", {"n": Point(10_000, 1_100), "e": Point(40_000, 0), "lost": Point(0, 9_000)})
    return cheapest_routes(
        graph,
        gateways=table("gateway_id", {"POP": Point(0, 100)}),
        targets=targets,
        unit_costs=COSTS,
        active_nodes=True,
    )


def test_the_first_splitter_stands_where_a_route_leaves_the_trunk(routes):
    light = light_along(routes, optics=TWO_STAGES).loc["fibre:n"]
    assert light["what"].tolist() == ["gateway", "splitter 1:4", "splitter 1:8", "home"]
    assert light["at_m"].tolist() == [0, 10_100, 11_100, 11_200]
    steps = [4.2, 4.2 + 7.3 + 0.4 * 10.1, 4.2 + 17.8 + 0.4 * 11.1, 4.2 + 17.8 + 0.4 * 11.2]
    assert light["loss_db"].tolist() == pytest.approx(steps)
    assert light["loss_db"].iloc[-1] == pytest.approx(TWO_STAGES.loss_db(routes.loc["fibre:n", "length_m"]))
    assert (light["left_db"] + light["loss_db"]).tolist() == pytest.approx([28] * 4)
    assert light.geometry.iloc[1] == Point(10_000, 0)
    assert light.geometry.iloc[3] == Point(10_000, 1_100)


def test_what_is_left_behind_the_last_splitter_says_how_far_homes_may_be(routes):
    light = light_along(routes, optics=TWO_STAGES).loc["fibre:n"]
    left_m = TWO_STAGES.max_length_m() - 11_100
    assert light["reach_m"].iloc[2] == pytest.approx(left_m)
    assert light["reach_m"].iloc[0] == pytest.approx(TWO_STAGES.max_length_m())
    bright = GPON_B_PLUS.with_splits(2)
    homes = light_along(routes, optics=bright).loc["fibre:n"]
    assert homes["reach_m"].iloc[1] == 20_000  # the differential reach decides, not the light
    assert bright.max_length_m() - 11_100 > 20_000


def test_light_starts_anew_at_an_active_node(routes):
    light = light_along(routes).loc["fibre:e"]
    assert light["what"].tolist() == ["gateway", "active node", "splitter 1:32", "home"]
    assert routes.loc["fibre:e", "active_nodes_at_m"] == f"{light['at_m'].iloc[1]:.0f}"
    assert light["loss_db"].iloc[-1] == pytest.approx(routes.loc["fibre:e", "loss_db"])
    assert (light["left_db"] >= 0).all()


def test_active_nodes_are_listed_with_pole_routes_and_cost(graph, routes):
    nodes = list_active_nodes(routes, graph=graph)
    assert nodes[["needs", "routes", "places"]].to_numpy().tolist() == [["power", "fibre:e", 1]]
    assert nodes[["capital_cost_idr", "yearly_cost_idr"]].to_numpy().tolist() == [[80e6, 6e6]]
    table_of_poles = graph.pole_table()
    assert table_of_poles.geometry[nodes["pole_id"].item()] == nodes.geometry.item()
    assert len(list_active_nodes(routes.loc[["fibre:n"]], graph=graph)) == 0


def test_splitters_stand_where_the_planner_says_or_the_fault_is_named(routes):
    places = {"fibre:n": [5_000, 6_000]}
    light = light_along(routes, optics=TWO_STAGES, splitters_at_m=places).loc["fibre:n"]
    assert light["at_m"].tolist() == [0, 5_000, 6_000, 11_200]
    wrong = {"fibre:n": [6_000, 5_000], "fibre:e": [30_000], "fibre:x": [1, 2]}
    with pytest.raises(InputError) as caught:
        light_along(routes, optics=TWO_STAGES, splitters_at_m=wrong)
    assert [fault.where for fault in caught.value.faults] == [f"splitters_at_m, {one}" for one in wrong]


def test_routes_without_a_line_have_no_light(routes):
    assert len(light_along(routes[routes["reason"].notna()])) == 0
    assert len(route_parts(routes[routes["reason"].notna()])) == 0


def test_parts_tell_trunk_branch_drop_new_ground_and_power_apart(routes):
    parts = route_parts(routes)
    metres = parts.groupby(["kind", parts["ground"].fillna("")])["length_m"].sum().round().to_dict()
    assert metres == {
        ("active node", ""): 0,
        ("branch", "new poles"): 200,
        ("branch", "on poles"): 1_000 + 29_800,
        ("drop", ""): 100,
        ("trunk", "on poles"): 10_100,
    }
    assert parts.loc[parts["kind"] == "trunk", "routes"].tolist() == ["fibre:e; fibre:n"]
    assert parts["places"].max() == 2
    assert parts.index.is_unique
    assert parts.length.sum() < routes["length_m"].sum()


def test_cable_that_routes_share_in_part_and_backwards_is_there_once():
    lines = {
        "a": LineString([(0, 0), (50, 0), (100, 0), (150, 0)]),
        "b": LineString([(150, 0), (100, 0), (100, 50)]),
        "c": LineString([(0, 0), (50, 0), (50, 50), (100, 50)]),
    }
    parts = route_parts(table("route_id", lines))
    assert parts.length.sum() == 50 * 6
    assert {frozenset(own.split("; ")) for own in parts["routes"]} == {
        frozenset("ac"), frozenset("a"), frozenset("ab"), frozenset("b"), frozenset("c"),
    }  # fmt: skip


def lights(at_m, nodes, optics):
    """Whether nodes light a route whose poles, and last its home, lie at these metres."""
    standing = [0.0, *(at for pole, at in at_m[:-1] if pole in nodes)]
    gaps = np.diff(standing)
    return (
        bool((gaps <= optics.spacing_m() + 1e-6).all())
        and at_m[-1][1] - standing[-1] <= optics.max_length_m() + 1e-6
    )


@pytest.mark.parametrize("seed", range(12))
def test_no_fewer_active_nodes_light_a_tree(seed):
    rng = np.random.default_rng(seed)
    at = np.vstack([[0.0, 0.0], np.cumsum(np.full((9, 2), [5_000.0, 0.0]), axis=0)])
    parent = [int(rng.integers(0, one)) for one in range(1, 10)]
    for one, before in enumerate(parent, start=1):
        turn = rng.uniform(0, 2 * np.pi)
        at[one] = np.round(at[before] + rng.uniform(3_000, 9_000) * np.array([np.cos(turn), np.sin(turn)]))
    lines = {f"s{one}": LineString([at[before], at[one]]) for one, before in enumerate(parent, start=1)}
    graph = build_pole_graph(table("pole_id", lines), max_gap_m=0)
    ends = {f"t{one}": Point(*at[one]) for one in range(1, 10)}
    optics = replace(GPON_B_PLUS.with_splits(64), uplink_reach_m=float(rng.choice([9_500, 40_000])))
    routes = cheapest_routes(
        graph,
        gateways=table("gateway_id", {"POP": Point(0, 0)}),
        targets=table("place_id", ends),
        unit_costs=COSTS,
        optics=optics,
        active_nodes=True,
    )
    assert routes["reason"].isna().all()
    courses = []
    for line in routes.geometry:
        metres = np.append(0, np.cumsum(np.hypot(*np.diff(line.coords, axis=0).T)))
        poles = list(zip(line.coords, metres, strict=True))[1:]
        courses.append([*poles, (None, metres[-1])])
    placed = {node.coords[0] for node in route_parts(routes).query("kind == 'active node'").geometry}
    assert all(lights(course, placed, optics) for course in courses)
    every = [tuple(one) for one in at[1:].tolist()]
    for fewer in combinations(every, max(len(placed) - 1, 0)):
        assert len(placed) == 0 or not all(lights(course, set(fewer), optics) for course in courses)


def test_a_shared_network_may_go_beyond_the_light_on_active_nodes(graph):
    asked = {
        "gateways": table("gateway_id", {"POP": Point(0, 100)}),
        "targets": table("place_id", {"n": Point(10_000, 1_100), "e": Point(40_000, 0)}),
        "unit_costs": COSTS,
    }
    dark, lit = shared_network(graph, **asked), shared_network(graph, **asked, active_nodes=True)
    assert dark.routes.loc["fibre:e", "reason"] == "beyond the light budget"
    assert lit.routes["reason"].isna().all()
    assert lit.routes.loc["fibre:e", "active_nodes"] > 0
    apart = cheapest_routes(graph, **asked, active_nodes=True)
    assert lit.capital_cost_idr <= route_costs(apart).capital_idr(apart.index)
    assert lit.bound_idr <= lit.capital_cost_idr
    worth = pd.Series(1e12, index=asked["targets"].index)
    assert (
        shared_network(graph, **asked, worth_idr=worth).unpaid_idr == 0
    )  # what no light reaches is not unpaid
    assert repr(dark).startswith("SharedNetwork(1 of 2 places connected, Rp ")


def test_a_graph_shows_itself_in_one_line(graph):
    assert repr(graph) == (
        f"PoleGraph({len(graph.x)} poles, {len(graph.u)} spans of 41.0 km in 1 parts, 1 repairs)"
    )
    assert repr(graph.report) == "RepairReport(gap bridged 1)"
