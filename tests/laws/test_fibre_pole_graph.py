"""What holds for every pole graph."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from coverage_geo.costs import UnitCosts
from coverage_geo.fibre.pole_graph import build_pole_graph
from coverage_geo.fibre.pole_survey import ROAD
from coverage_geo.fibre.routes import cheapest_routes

CRS = "EPSG:32748"
COSTS = UnitCosts().with_values(fibre_on_poles=100e6, new_pole=4e6, pole_rent=0)
QUICK = settings(max_examples=25, deadline=None, derandomize=True)


def table(index, rows, **columns):
    return gpd.GeoDataFrame(
        columns, index=pd.Index(list(rows), name=index), geometry=list(rows.values()), crs=CRS
    )


@QUICK
@given(st.integers(2, 20), st.integers(61, 300), st.integers(2, 20))
def test_a_gap_under_the_limit_costs_its_bridge_and_no_more(before, gap_m, after):
    def row(first, count):
        return LineString([(first + 40 * at, 0) for at in range(count)])

    start = 40 * (before - 1) + gap_m
    whole = row(0, before + after + math.ceil(gap_m / 40))
    end = start + 40 * (after - 1)
    costs = []
    for lines in ({"A": row(0, before), "B": row(start, after)}, {"A": whole}):
        graph = build_pole_graph(table("pole_id", lines, voltage="JTR"))
        routes = cheapest_routes(
            graph,
            gateways=table("gateway_id", {"g": Point(0, 0)}),
            targets=table("place_id", {"p": Point(end, 0)}),
            unit_costs=COSTS,
        )
        costs.append(routes.iloc[0])
    bridged, sound = costs
    assert bridged["length_m"] == end
    assert bridged["bridged_m"] == gap_m
    poles = math.ceil(gap_m * 32 / 1000) - 1
    assert bridged["new_poles"] == poles
    assert bridged["capital_cost_idr"] - 100_000 * end == 4e6 * poles
    assert sound["new_poles"] == 0


@st.composite
def tangles(draw):
    """Short lines and poles thrown together, on quarter metres: every kind of break."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    rows, voltage = {}, []
    for at in range(draw(st.integers(1, 25))):
        start = random.integers(0, 3_000, 2) / 4
        steps = random.integers(-160, 160, (int(random.integers(1, 6)), 2)) / 4
        xy = np.vstack([start, start + np.cumsum(steps, axis=0)])
        rows[f"line-{at:02d}"] = LineString(xy)
        voltage.append(random.choice(["JTM", "JTR", None]))
        for k, place in enumerate(xy[random.random(len(xy)) < 0.5] + random.integers(-6, 7, 2) / 4):
            rows[f"pole-{at:02d}-{k}"] = Point(place)
            voltage.append("JTR")
    return table("pole_id", rows, voltage=voltage)


def same(one, other):
    names = ("standing", "length_mm", "u", "v", "kind", "voltage", "new_poles", "poles_between", "component")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


@QUICK
@given(tangles(), st.integers(-9_999, 9_999), st.integers(0, 10**6))
def test_repairing_twice_moving_and_shuffling_change_nothing(poles, metres, seed):
    graph = build_pole_graph(poles)
    again = build_pole_graph(graph.pole_table())
    assert same(graph, again)
    assert set(again.repairs["what"]) <= {"crossing not joined", "voltage unknown"}
    assert same(graph, build_pole_graph(poles.set_geometry(poles.translate(metres, -metres))))
    assert same(graph, build_pole_graph(poles.sample(frac=1, random_state=seed)))


@st.composite
def winding_roads(draw):
    """Roads through and past the tangles, on quarter metres."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    rows = {}
    for at in range(draw(st.integers(1, 6))):
        start = random.integers(-2_000, 5_000, 2) / 4
        steps = random.integers(-800, 800, (int(random.integers(1, 8)), 2)) / 4
        rows[f"road-{at}"] = LineString(np.vstack([start, start + np.cumsum(steps, axis=0)]))
    return table("road_id", rows)


@QUICK
@given(tangles(), winding_roads(), st.integers(-9_999, 9_999), st.integers(0, 10**6))
def test_roads_add_new_poles_only_and_the_same_ones_every_time(poles, roads, metres, seed):
    bare, graph = build_pole_graph(poles), build_pole_graph(poles, roads=roads)
    along = graph.kind == ROAD
    assert same_spans(bare, graph, ~along)
    assert graph.standing.sum() == len(bare.x)
    assert (along | ((graph.standing[graph.u]) & (graph.standing[graph.v]))).all()
    assert (graph.length_mm > 0).all()
    assert (graph.length_m[along] <= 1000 / 32 + 2 * 30).all()
    assert same(graph, build_pole_graph(graph.pole_table()))
    assert same(graph, build_pole_graph(graph.pole_table(), roads=roads))
    moved = [one.set_geometry(one.translate(metres, -metres)) for one in (poles, roads)]
    assert same(graph, build_pole_graph(moved[0], roads=moved[1]))
    shuffled = [one.sample(frac=1, random_state=seed) for one in (poles, roads)]
    assert same(graph, build_pole_graph(shuffled[0], roads=shuffled[1]))


def same_spans(bare, graph, kept):
    """Whether the spans that are kept are those of another graph."""
    number = np.cumsum(graph.standing) - 1
    ends = [number[end[kept]] for end in (graph.u, graph.v)]
    return np.array_equal(ends, [bare.u, bare.v]) and np.array_equal(graph.length_mm[kept], bare.length_mm)


@QUICK
@given(tangles())
def test_no_pole_is_lost_without_a_word(poles):
    graph = build_pole_graph(poles)
    points = set(poles.index[poles.geom_type == "Point"])
    removed = graph.repairs.loc[graph.repairs["what"] == "duplicate pole removed", "pole_id"]
    assert set(graph.pole_id) - {None} == points - set(removed)


@QUICK
@given(tangles())
def test_spans_join_different_poles_once_and_poles_stand_apart(poles):
    graph = build_pole_graph(poles)
    assert (graph.u < graph.v).all()
    assert len(np.unique(np.stack([graph.u, graph.v]), axis=1).T) == len(graph.u)
    assert (graph.component[graph.u] == graph.component[graph.v]).all()
    xy = np.column_stack([graph.x, graph.y])
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) + 1e9 * np.eye(len(xy))
    assert apart.min() > 1.999
