"""Roads are a second corridor where poles are missing."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

from coverage_geo.costs import UnitCosts
from coverage_geo.errors import CRSError, InputError, ValueRangeError
from coverage_geo.fibre.network import pole_network
from coverage_geo.fibre.pole_graph import build_pole_graph
from coverage_geo.fibre.pole_survey import NEW, ROAD
from coverage_geo.fibre.routes import cheapest_routes

CRS = "EPSG:32748"
COSTS = UnitCosts().with_values(fibre_on_poles=100e6, new_pole=4e6, pole_rent=0)


def table(index, rows, **columns):
    return gpd.GeoDataFrame(
        columns, index=pd.Index(list(rows), name=index, dtype="str"), geometry=list(rows.values()), crs=CRS
    )


def poles(**rows):
    return table("pole_id", rows, voltage="JTR")


def roads(**rows):
    return table("road_id", rows)


def row(start, stop, y=0.0):
    return LineString([(x, y) for x in range(start, stop + 1, 40)])


def same(one, other):
    arrays = ("x", "y", "standing", "u", "v", "length_mm", "kind", "new_poles", "poles_between", "component")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)


TWO_LINES = {"A": row(0, 400), "B": row(1400, 1800)}


def test_without_roads_a_wide_gap_stays_open_and_with_a_road_it_is_closed_by_new_poles():
    assert build_pole_graph(poles(**TWO_LINES)).statistics()["components"] == 2
    graph = build_pole_graph(poles(**TWO_LINES), roads=roads(r=LineString([(-100, 8), (2000, 8)])))
    along = graph.kind == ROAD
    assert graph.statistics()["components"] == 1
    assert (graph.length_m[along] <= 31.25 + 8).all()
    assert graph.standing.sum() == 22
    assert (graph.new_poles[along] <= 1).all()
    assert (graph.y[~graph.standing] <= 8).all()
    assert graph.pole_id[~graph.standing].tolist() == [None] * int((~graph.standing).sum())


def test_a_stretch_between_two_pole_lines_carries_the_poles_it_needs_and_no_more():
    graph = build_pole_graph(poles(**TWO_LINES), roads=roads(r=LineString([(400, 0), (1400, 0)])))
    along = graph.kind == ROAD
    assert along.sum() == 32
    assert graph.new_poles[along].sum() == 31
    assert graph.length_mm[along].sum() == 1_000_000
    targets = table("place_id", {"p": Point(1800, 10)})
    gateways = table("gateway_id", {"g": Point(0, 0)})
    route = cheapest_routes(graph, gateways=gateways, targets=targets, unit_costs=COSTS).iloc[0]
    assert route["new_poles"] == 31
    assert route["length_m"] == 1810
    assert route["poles_used"] == 22
    assert route["capital_cost_idr"] == pytest.approx(31 * 4e6 + 1810 * 100e3)


def test_metres_over_roads_are_told_apart_from_bridges():
    gapped = {"A": row(0, 400), "B": row(600, 1000), "C": row(2000, 2400)}
    graph = build_pole_graph(poles(**gapped), roads=roads(r=LineString([(1000, 0), (2000, 0)])))
    network = pole_network(graph, table("gateway_id", {"g": Point(0, 0)}), max_gateway_m=100)
    assert (network.length_mm * network.is_road).sum() == 1_000_000
    assert (network.length_mm * network.is_bridge).sum() == 200_000
    assert not (network.is_road & network.is_bridge).any()
    assert graph.statistics()["road_m"] == 1_000
    assert graph.statistics()["bridged_m"] == 200
    assert (graph.kind == NEW).sum() == 1


def test_a_road_beside_its_pole_line_carries_nothing():
    line = poles(A=row(0, 2000))
    beside = roads(r=LineString([(-20, 9), (2020, 9)]))
    assert same(build_pole_graph(line), build_pole_graph(line, roads=beside))


def test_a_place_without_poles_is_reached_over_the_road():
    graph = build_pole_graph(poles(A=row(0, 400)), roads=roads(r=LineString([(390, 10), (1390, 10)])))
    gateways, places = table("gateway_id", {"g": Point(0, 0)}), table("place_id", {"p": Point(1380, 40)})
    route = cheapest_routes(graph, gateways=gateways, targets=places, unit_costs=COSTS).iloc[0]
    assert route["reason"] is None or pd.isna(route["reason"])
    assert route["new_poles"] == pytest.approx(1000 / 31.25, abs=2)
    joined = graph.repairs[graph.repairs["what"] == "road joined"]
    assert joined[["pole_id", "other_id", "distance_m"]].to_numpy().tolist() == [["A", "r", 10.0]]


def test_roads_join_where_they_cross_and_where_they_nearly_meet():
    crossing = roads(
        a=LineString([(0, 0), (1000, 0)]),
        b=LineString([(500, -500), (500, 500)]),
        c=LineString([(800, 6), (800, 400)]),
    )
    graph = build_pole_graph(poles(A=row(-400, 0)), roads=crossing)
    assert graph.statistics()["components"] == 1
    assert graph.statistics()["road_m"] == pytest.approx(2400, abs=7)


def test_spans_along_roads_keep_inside_the_villages_and_clear_of_obstacles():
    road = roads(r=LineString([(400, 0), (1400, 0)]))
    river = table("obstacle_id", {"w": box(700, -50, 760, 50)})
    graph = build_pole_graph(poles(**TWO_LINES), roads=road, obstacles=river)
    assert graph.statistics()["components"] == 2
    left = graph.repairs[graph.repairs["what"] == "road left out"].iloc[0]
    assert left["pole_id"] == "r"
    assert 60 <= left["distance_m"] <= 60 + 2 * 31.25
    assert left.geometry.equals(road.geometry.iloc[0])
    village = table("village_id", {"v": box(-100, -100, 1000, 100)}, name=["Air Putih"])
    inside = build_pole_graph(poles(**TWO_LINES), roads=road, villages=village)
    assert inside.x[~inside.standing].max() <= 1000
    free = build_pole_graph(poles(**TWO_LINES), roads=road, villages=village, leave_villages=True)
    assert free.statistics()["components"] == 1


def test_a_graph_with_roads_is_read_back_unchanged_with_the_roads_or_without():
    winding = roads(
        r=LineString([(390, 12), (700, 140), (1000, -60), (1410, 9)]), s=LineString([(900, -300), (900, 300)])
    )
    lines = poles(**TWO_LINES, p=Point(2600, 0))
    graph = build_pole_graph(lines, roads=winding)
    assert (graph.kind == ROAD).any()
    assert same(graph, build_pole_graph(graph.pole_table()))
    assert same(graph, build_pole_graph(graph.pole_table(), roads=winding))


def test_roads_alone_make_a_graph():
    nothing = poles(A=row(0, 40)).iloc[:0]
    graph = build_pole_graph(nothing, roads=roads(r=LineString([(0, 0), (1000, 0)])))
    assert not graph.standing.any()
    assert len(graph.u) == 32
    assert graph.new_poles.tolist() == [1] * 32


def test_a_ring_road_without_poles_is_followed_all_round():
    ring = LineString([(0, 0), (500, 0), (500, 500), (0, 500), (0, 0)])
    graph = build_pole_graph(poles(A=row(3000, 3400)), roads=roads(r=ring))
    assert graph.statistics()["road_m"] == pytest.approx(2000, abs=60)
    assert graph.statistics()["components"] == 2


def test_faults_of_roads_are_named():
    lines = poles(**TWO_LINES)
    road = roads(r=LineString([(400, 0), (1400, 0)]))
    with pytest.raises(CRSError, match="no road lies where the poles are"):
        build_pole_graph(lines, roads=road.set_geometry(road.translate(900_000, 0)))
    with pytest.raises(CRSError, match="the study in"):
        build_pole_graph(lines, roads=road.to_crs(32749))
    with pytest.raises(InputError, match="road_id"):
        build_pole_graph(lines, roads=road.rename_axis("id"))
    with pytest.raises(ValueRangeError, match="road_span_m"):
        build_pole_graph(lines, roads=road, road_span_m=0)


@pytest.mark.parametrize("lines", [{}, {"r": LineString([(0, 0), (0, 0)])}], ids=["no rows", "no length"])
def test_roads_that_lead_nowhere_change_nothing(lines):
    assert same(
        build_pole_graph(poles(**TWO_LINES), roads=roads(**lines)), build_pole_graph(poles(**TWO_LINES))
    )
