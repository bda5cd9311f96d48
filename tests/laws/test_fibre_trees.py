"""What holds for every shared network."""

from __future__ import annotations

from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from shapely import LineString, Point

from coverage_geo.costs import UnitCosts
from coverage_geo.fibre.limits import Feeding, limited_network
from coverage_geo.fibre.optics import GPON_B_PLUS, LossBudget
from coverage_geo.fibre.pole_graph import build_pole_graph
from coverage_geo.fibre.routes import cheapest_routes, route_costs
from coverage_geo.fibre.tree_search import TreeProblem, solve_tree
from coverage_geo.fibre.trees import shared_network

CRS = "EPSG:32748"
COSTS = UnitCosts().with_values(fibre_on_poles=100e6, new_pole=4e6, pole_rent=0)
QUICK = settings(max_examples=20, deadline=None, derandomize=True)


@st.composite
def problems(draw, *, optional=False):
    """A connected graph of a few nodes, whole costs, some nodes that must be inside."""
    count = draw(st.integers(4, 9))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    chain = [(at, int(random.integers(at))) for at in range(1, count)]
    extra = {tuple(sorted(random.choice(count, 2, replace=False).tolist())) for _ in range(count)}
    pairs = sorted({tuple(sorted(pair)) for pair in chain} | extra)
    u, v = np.array(pairs).T
    prize = np.zeros(count)
    chosen = random.choice(count, int(random.integers(2, count)), replace=False)
    prize[chosen] = random.integers(1, 30, len(chosen)) if optional else np.inf
    return TreeProblem(u, v, random.integers(1, 20, len(u)).astype(float), prize)


def best_by_trying_all(problem):
    """Least cost over all sets of nodes that hang together, by a spanning tree of each."""
    count = len(problem.prize)
    graph = np.zeros((count, count))
    graph[problem.u, problem.v] = problem.cost
    best = np.inf
    for mask in range(1, 2**count):
        inside = np.array([mask >> node & 1 for node in range(count)], dtype=bool)
        outside = problem.prize[~inside].sum()
        tree = minimum_spanning_tree(graph[inside][:, inside])
        if np.isfinite(outside) and tree.nnz == inside.sum() - 1:
            best = min(best, outside + tree.sum())
    return best


@QUICK
@given(problems())
def test_a_tree_is_the_best_one_and_proven_so(problem):
    found = solve_tree(problem, rounds=20)
    assert found.cost == pytest.approx(best_by_trying_all(problem))
    assert found.gap == pytest.approx(0, abs=1e-6)


@QUICK
@given(problems(optional=True))
def test_with_prizes_a_tree_is_the_best_one_and_its_bound_holds(problem):
    found = solve_tree(problem, rounds=20)
    best = best_by_trying_all(problem)
    assert found.cost == pytest.approx(best)
    assert found.bound <= best + 1e-6


def table(index, rows, **columns):
    return gpd.GeoDataFrame(
        columns, index=pd.Index(list(rows), name=index), geometry=list(rows.values()), crs=CRS
    )


@st.composite
def districts(draw):
    """A mesh of streets with a pole every 50 m, two gateways and some places."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    size = draw(st.integers(2, 4))
    corner = {(x, y): (500 * x, 500 * y) for x in range(size) for y in range(size)}
    lines = {}
    for (x, y), start in corner.items():
        for there in ((x + 1, y), (x, y + 1)):
            if there in corner and (x == 0 or random.random() < 0.7):
                end = np.array(corner[there])
                steps = np.linspace(0, 1, 11)[:, None]
                lines[f"{x}{y}-{there[0]}{there[1]}"] = LineString(start + steps * (end - start))
    reach = 500 * (size - 1)
    places = {f"p{at}": Point(random.integers(0, reach // 50 + 1, 2) * 50 + 20) for at in range(5)}
    gateways = {f"g{at}": Point(corner[0, int(random.integers(size))]) for at in range(2)}
    return table("pole_id", lines, voltage="JTR"), table("gateway_id", gateways), table("place_id", places)


def connected(routes):
    return routes.index[routes["reason"].isna()].tolist()


@QUICK
@given(districts())
def test_a_shared_network_connects_what_was_asked_and_never_costs_more_than_separate_routes(district):
    poles, gateways, places = district
    graph = build_pole_graph(poles)
    inputs = {"gateways": gateways, "targets": places, "unit_costs": COSTS, "max_drop_m": 1_000}
    alone = cheapest_routes(graph, **inputs)
    shared = shared_network(graph, **inputs, rounds=10)
    assert connected(shared.routes) == connected(alone)
    costs = route_costs(alone)
    assert shared.bound_idr <= shared.capital_cost_idr + 1e-3
    assert shared.capital_cost_idr <= costs.capital_idr(connected(alone)) + 1e-3
    assert shared.capital_cost_idr <= sum(costs.capital_idr([one]) for one in connected(alone)) + 1e-3


@QUICK
@given(districts())
def test_a_further_gateway_never_costs_more(district):
    poles, gateways, places = district
    graph = build_pole_graph(poles)
    inputs = {"targets": places, "unit_costs": COSTS, "max_drop_m": 1_000, "rounds": 10}
    one = shared_network(graph, gateways=gateways.iloc[:1], **inputs)
    both = shared_network(graph, gateways=gateways, **inputs)
    if one.gap == both.gap == 0 and connected(one.routes) == connected(both.routes):
        assert both.capital_cost_idr <= one.capital_cost_idr + 1e-3


@QUICK
@given(districts(), st.integers(-5_000, 5_000), st.integers(-5_000, 5_000))
def test_moving_everything_by_whole_metres_changes_nothing(district, east, north):
    moved = [part.set_geometry(part.translate(east, north)) for part in district]
    figures = []
    for poles, gateways, places in (district, moved):
        network = shared_network(
            build_pole_graph(poles),
            gateways=gateways,
            targets=places,
            unit_costs=COSTS,
            max_drop_m=900,
            rounds=5,
        )
        figures.append([network.capital_cost_idr, network.bound_idr, *network.routes["length_m"]])
    np.testing.assert_array_equal(*figures)


@QUICK
@given(districts(), st.integers(0, 100))
def test_places_are_connected_only_where_they_are_worth_it(district, worth):
    poles, gateways, places = district
    graph = build_pole_graph(poles)
    value = pd.Series(worth * 1e6, index=places.index)
    inputs = {"gateways": gateways, "targets": places, "unit_costs": COSTS, "max_drop_m": 1_000, "rounds": 10}
    network = shared_network(graph, worth_idr=value, **inputs)
    left_out = (network.routes["reason"] == "costs more than it is worth").sum()
    assert network.unpaid_idr == left_out * worth * 1e6
    assert (
        network.capital_cost_idr + network.unpaid_idr
        <= len(connected(shared_network(graph, **inputs).routes)) * worth * 1e6 + 1e-3
    )
    assert network.bound_idr <= network.capital_cost_idr + network.unpaid_idr + 1e-3


def test_light_is_respected_in_the_choice():
    ring = [(0, 0), (0, 9_000), (3_000, 9_000), (3_000, 0)]
    poles = table(
        "pole_id", {"ring": LineString(ring), "short": LineString([(0, 0), (3_000, 0)])}, voltage="JTM"
    )
    graph = build_pole_graph(poles, max_gap_m=0)
    gateways = table("gateway_id", {"g": Point(0, 10)})
    places = table("place_id", {"a": Point(0, 9_000), "b": Point(3_000, 9_000), "c": Point(3_000, 0)})
    inputs = {"gateways": gateways, "targets": places, "unit_costs": COSTS, "rounds": 5}
    free = shared_network(graph, **inputs, optics=GPON_B_PLUS.with_splits(16))
    assert free.binding == ""
    assert free.routes["length_m"].max() == 12_010
    tight = shared_network(graph, **inputs, optics=GPON_B_PLUS.with_splits(64))
    assert tight.routes.loc["fibre:c", "length_m"] == 3_010
    assert tight.routes["reason"].tolist()[:2] == ["beyond the light budget"] * 2


@QUICK
@given(districts(), st.integers(500, 2_500))
def test_where_light_binds_every_way_is_short_enough_and_the_bound_still_holds(district, reach_m):
    poles, gateways, places = district
    graph = build_pole_graph(poles)
    optics = LossBudget("short", 28.0, logical_reach_m=float(reach_m))
    inputs = {
        "gateways": gateways,
        "targets": places,
        "unit_costs": COSTS,
        "optics": optics,
        "max_drop_m": 400,
    }
    network = shared_network(graph, **inputs, rounds=5)
    alone = cheapest_routes(graph, **inputs)
    assert connected(network.routes) == connected(alone)
    assert (network.routes["length_m"].dropna() <= reach_m + 0.01).all()
    assert network.bound_idr <= network.capital_cost_idr + 1e-3
    assert network.capital_cost_idr <= sum(alone["capital_cost_idr"].dropna()) + 1e-3


@st.composite
def feedings(draw):
    """A small graph with two sources that have few ports, some places and a reach."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    pairs = [(at, int(random.integers(at))) for at in range(1, 6)]
    pairs += [tuple(random.choice(6, 2, replace=False).tolist()) for _ in range(4)]
    u, v = np.array(sorted({tuple(sorted(pair)) for pair in pairs})).T
    cost, length = random.integers(1, 20, (2, len(u))).astype(float)
    place = random.choice(6, 4, replace=False)
    need = random.integers(1, 3, 4)
    room = np.array([random.integers(1, 7), random.choice([4, np.inf])]).astype(float)
    reach = np.full(4, float(draw(st.integers(10, 80))))
    # The last node is the root, on which no gateway without limit hangs.
    return Feeding(u, v, cost, length, np.array([0, 1]), room, place, need, reach, 6)


def feeds(feeding, mask):
    """Whether a network feeds all places, by trying all ways to give them sources."""
    graph = np.full((6, 6), np.inf)
    for at in np.flatnonzero(mask):
        ends = feeding.u[at], feeding.v[at]
        graph[ends] = graph[ends[::-1]] = min(graph[ends], feeding.length[at])
    far = dijkstra(np.where(np.isfinite(graph), graph, 0))[feeding.source][:, feeding.place]
    for choice in product(range(2), repeat=4):
        used = np.bincount(choice, weights=feeding.need, minlength=2)
        if (used <= feeding.room).all() and (far[choice, range(4)] <= feeding.reach).all():
            return True
    return False


@QUICK
@given(feedings())
def test_within_light_and_ports_a_network_feeds_all_places_for_little_more_than_the_least(feeding):
    masks = [np.array(mask, dtype=bool) for mask in product((False, True), repeat=len(feeding.u))]
    good = [mask for mask in masks if feeds(feeding, mask)]
    if not good:
        return
    found = limited_network(feeding, np.zeros(len(feeding.u), dtype=bool))
    assert feeds(feeding, found)
    least = min(feeding.cost[mask].sum() for mask in good)
    assert least <= feeding.cost[found].sum() <= 1.3 * least


@QUICK
@given(districts(), st.integers(0, 4), st.integers(0, 80))
def test_no_gateway_feeds_more_than_its_ports_and_no_place_is_left_out_while_one_is_free(
    district, ports, homes
):
    poles, gateways, places = district
    graph = build_pole_graph(poles)
    inputs = {"targets": places, "unit_costs": COSTS, "max_drop_m": 1_000, "rounds": 5}
    homes = pd.Series(homes, index=places.index)
    few = shared_network(graph, gateways=gateways.assign(ports=[ports, 1]), homes=homes, **inputs)
    many = shared_network(graph, gateways=gateways, homes=homes, **inputs)
    need = int(np.ceil(homes.iloc[0] / GPON_B_PLUS.homes_per_port))
    assert (few.ports["ports_used"] <= few.ports["ports"]).all()
    assert few.ports["ports_used"].sum() == need * len(connected(few.routes))
    without = few.routes[few.routes["reason"] == "no free port"]
    assert (without["reason_number"] == need).all()
    assert sorted([*connected(few.routes), *without.index]) == connected(many.routes)
    if len(without):
        assert (few.ports["ports"] - few.ports["ports_used"]).max() < need
    elif many.gap == few.gap == 0:
        assert few.capital_cost_idr >= many.capital_cost_idr - 1e-3
    assert few.bound_idr <= few.capital_cost_idr + 1e-3
    assert set(connected(few.routes)) <= set(connected(many.routes))


def test_fibres_of_two_gateways_lie_in_one_cable_where_ports_are_few():
    poles = table("pole_id", {"line": LineString([(at, 0) for at in range(0, 1_001, 50)])}, voltage="JTM")
    gateways = table("gateway_id", {"near": Point(500, 0), "end": Point(0, 0)}, ports=[2.0, np.nan])
    places = table("place_id", {"a": Point(800, 5), "b": Point(900, 5), "c": Point(1_000, 5)})
    network = shared_network(
        build_pole_graph(poles), gateways=gateways, targets=places, unit_costs=COSTS, rounds=5
    )
    assert network.routes["gateway_id"].value_counts().to_dict() == {"near": 2, "end": 1}
    assert network.capital_cost_idr == pytest.approx(1_015 * 100e6 / 1e3)
    assert (network.binding, network.gap) == ("ports", 0.0)
    told = [one.value for one in network.routes.attrs["assumptions"] if one.topic == "shared network"]
    assert told == ["within 0.00% of the least cost, ports binds, the bound ignores ports"]
    assert network.ports.loc["end", ["ports_used", "places"]].tolist() == [1, 1]


def test_where_ports_do_not_suffice_the_places_of_least_worth_are_left_out():
    poles = table("pole_id", {"line": LineString([(at, 0) for at in range(0, 1_001, 50)])}, voltage="JTM")
    places = table("place_id", {"a": Point(300, 0), "b": Point(500, 0), "c": Point(1_000, 0)})
    inputs = {
        "gateways": table("gateway_id", {"g": Point(0, 0)}, ports=[3.0]),
        "targets": places,
        "unit_costs": COSTS,
    }
    homes = pd.Series([40, 30, 33], index=places.index)
    network = shared_network(build_pole_graph(poles), homes=homes, **inputs)
    assert network.routes["reason_number"].dropna().tolist() == [2.0]
    worth = pd.Series([100e6, 200e6, 300e6], index=places.index)
    network = shared_network(build_pole_graph(poles), homes=homes, worth_idr=worth, **inputs)
    assert network.routes["reason"].dropna().to_dict() == {"fibre:a": "no free port"}
    assert network.unpaid_idr == 100e6


@pytest.mark.parametrize(
    ("change", "message"),
    [({"ports": [1.5]}, "no whole number"), ({"ports": [-1.0]}, "-1 ports is outside")],
)
def test_ports_that_are_no_count_are_refused(change, message):
    poles = table("pole_id", {"line": LineString([(0, 0), (50, 0)])}, voltage="JTM")
    gateways = table("gateway_id", {"g": Point(0, 0)}).assign(**change)
    places = table("place_id", {"a": Point(50, 0)})
    with pytest.raises(ValueError, match=message):
        shared_network(build_pole_graph(poles), gateways=gateways, targets=places, unit_costs=COSTS)
    with pytest.raises(ValueError, match="no number of 0 or more for a"):
        shared_network(
            build_pole_graph(poles),
            gateways=gateways[["geometry"]],
            targets=places,
            unit_costs=COSTS,
            homes=pd.Series([-1], index=["a"]),
        )
