"""Broken pole data become one graph, and the report says what was mended."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point, box

from coverage_geo.errors import CRSError, DuplicateIdError, InputError, RepairWarning, ValueRangeError
from coverage_geo.fibre.network import pole_network
from coverage_geo.fibre.pole_graph import build_pole_graph
from coverage_geo.fibre.pole_survey import NEW
from coverage_geo.tables import repairs

CRS = "EPSG:32748"


def poles(**rows):
    """Poles by id: points and lines, of low voltage unless (geometry, voltage) says otherwise."""
    pairs = {name: row if isinstance(row, tuple) else (row, "JTR") for name, row in rows.items()}
    return gpd.GeoDataFrame(
        {"voltage": [voltage for _, voltage in pairs.values()]},
        index=pd.Index(list(pairs), name="pole_id"),
        geometry=[geometry for geometry, _ in pairs.values()],
        crs=CRS,
    )


def found(graph):
    return graph.repairs[["what", "pole_id", "other_id", "distance_m"]].to_numpy().tolist()


def same(one, other):
    arrays = ("x", "y", "u", "v", "length_mm", "kind", "voltage", "new_poles", "poles_between", "component")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)


def line(*xy):
    return LineString(xy)


def test_a_sound_line_needs_no_repair():
    graph = build_pole_graph(poles(A=line((0, 0), (40, 0), (80, 0)), p=Point(40, 0)))
    assert found(graph) == []
    assert list(graph.length_m) == [40, 40]
    assert graph.pole_id.tolist() == [None, "p", None]


def test_a_gap_is_bridged_with_new_poles():
    graph = build_pole_graph(poles(A=line((0, 0), (40, 0)), B=line((190, 0), (230, 0))))
    assert found(graph) == [["gap bridged", "A", "B", 150.0]]
    assert graph.new_poles.tolist() == [0, 4, 0]  # 150 m at 32 poles/km: 5 spans
    assert graph.kind.tolist() == [0, NEW, 0]


def test_a_gap_of_one_span_needs_no_new_pole():
    graph = build_pole_graph(poles(A=line((0, 0), (40, 0)), B=line((90, 0), (130, 0))))
    assert found(graph) == [["gap bridged", "A", "B", 50.0]]
    assert graph.new_poles.sum() == 0


def test_a_gap_beyond_the_limit_stays_open():
    graph = build_pole_graph(poles(A=line((0, 0), (40, 0)), B=line((341, 0), (381, 0))))
    assert found(graph) == []
    assert graph.statistics()["components"] == 2


def test_a_gap_in_a_ring_is_bridged_where_its_ends_face_each_other():
    ring = line((60, 0), (60, -200), (-600, -200), (-600, 0), (-60, 0), (-20, 0))
    graph = build_pole_graph(poles(A=ring, B=line((60, 0), (100, 0))), max_gap_m=100)
    assert ["gap bridged", "A", "B", 80.0] not in found(graph)
    facing = poles(A=line((0, 0), (0, 300), (300, 300), (300, 0), (200, 0)), B=line((0, 0), (40, 0), (80, 0)))
    assert found(build_pole_graph(facing)) == [["gap bridged", "B", "A", 120.0]]


def test_a_bridge_does_not_leave_the_villages_unless_allowed():
    broken = poles(A=line((0, 0), (40, 0)), B=line((190, 0), (230, 0)))
    islands = gpd.GeoDataFrame(
        {"name": ["west", "east"]},
        index=pd.Index(["w", "e"], name="village_id"),
        geometry=[box(-50, -50, 60, 50), box(170, -50, 300, 50)],
        crs=CRS,
    )
    assert found(build_pole_graph(broken, villages=islands)) == []
    assert len(found(build_pole_graph(broken, villages=islands, leave_villages=True))) == 1
    neighbours = islands.set_geometry([box(-50, -50, 100, 50), box(104, -50, 300, 50)])
    assert len(found(build_pole_graph(broken, villages=neighbours))) == 1  # a sliver of 4 m is no sea


def test_a_bridge_does_not_cross_an_obstacle():
    broken = poles(A=line((0, 0), (40, 0)), B=line((190, 0), (230, 0)))
    river = gpd.GeoDataFrame(
        index=pd.Index(["r"], name="river_id"), geometry=[line((100, -500), (100, 500))], crs=CRS
    )
    assert found(build_pole_graph(broken, obstacles=river)) == []


def test_an_end_short_of_its_line_is_joined():
    graph = build_pole_graph(poles(A=line((0, 0), (40, 0), (80, 0)), B=line((40, 6), (40, 60))))
    assert found(graph) == [["dangle joined", "B", "A", 6.0]]
    assert graph.statistics()["components"] == 1
    assert graph.length_m.sum() == 140


def test_an_end_past_its_line_is_trimmed():
    graph = build_pole_graph(poles(A=line((0, 0), (30, 0), (80, 0)), B=line((55, -7), (55, 60))))
    assert found(graph) == [["overshoot trimmed", "B", "A", 7.0]]
    assert sorted(graph.length_m) == [25, 25, 30, 60]


def test_crossing_lines_join_only_at_a_pole():
    across = {"A": line((0, 0), (80, 0)), "B": line((40, -40), (40, 40))}
    apart = build_pole_graph(poles(**across), max_gap_m=0)
    assert found(apart) == [["crossing not joined", "A", "B", 0.0]]
    assert apart.statistics()["components"] == 2
    joined = build_pole_graph(poles(**across, p=Point(40, 0)), max_gap_m=0)
    assert found(joined) == []
    assert joined.statistics()["components"] == 1


def test_doubles_are_removed_and_named():
    graph = build_pole_graph(
        poles(
            A=line((0, 0), (40, 0), (80, 0)),
            B=line((80, 0), (40, 0), (0, 0)),
            p=Point(40, 0),
            q=Point(40.5, 0),
        )
    )
    assert found(graph) == [
        ["duplicate pole removed", "q", "p", 0.5],
        ["duplicate line removed", "B", "A", 80.0],
    ]
    assert len(graph.u) == 2


def test_low_voltage_under_medium_voltage_is_no_double():
    graph = build_pole_graph(poles(A=line((0, 0), (40, 0)), B=(line((0, 0), (40, 0)), "JTM")))
    assert found(graph) == []
    assert graph.voltage.tolist() == [0]


def test_zero_length_spans_are_removed():
    graph = build_pole_graph(poles(A=line((0, 0), (40, 0), (40, 0), (80, 0)), B=line((0, 0), (0, 0))))
    assert [row[:2] for row in found(graph)] == [
        ["zero-length span removed", "A"],
        ["zero-length span removed", "B"],
    ]
    assert len(graph.u) == 2


def test_a_pole_beside_its_line_is_snapped_and_splits_it():
    graph = build_pole_graph(poles(A=line((0, 0), (80, 0)), p=Point(40, 1.5)))
    assert found(graph) == [["pole snapped to line", "p", None, 1.5]]
    assert graph.length_m.tolist() == [40, 40]
    assert graph.y.tolist() == [0, 0, 0]


def test_poles_without_a_line_are_joined_to_their_neighbours():
    row = {f"p{at}": Point(40 * at, (at % 2) * 3) for at in range(5)}
    graph = build_pole_graph(poles(**row))
    assert [row[0] for row in found(graph)] == ["span inferred"] * 4
    assert graph.statistics()["components"] == 1


def test_the_longest_span_depends_on_the_voltage():
    low = {"p": Point(0, 0), "q": Point(70, 0)}
    assert len(build_pole_graph(poles(**low), max_gap_m=0).u) == 0
    medium = {name: (place, "JTM") for name, place in low.items()}
    assert len(build_pole_graph(poles(**medium), max_gap_m=0).u) == 1


def test_a_row_without_voltage_is_listed():
    graph = build_pole_graph(poles(A=(line((0, 0), (40, 0)), None), B=line((40, 0), (80, 0))))
    assert found(graph) == [["voltage unknown", "A", None, 0.0]]


def test_poles_without_permission_carry_no_cable():
    table = poles(A=line((0, 0), (40, 0), (80, 0)), p=Point(40, 0)).assign(permitted=[None, False])
    graph = build_pole_graph(table, max_gap_m=0)
    assert found(graph) == [["no permission", "p", None, 0.0]]
    assert len(graph.u) == 0


def test_long_spans_of_a_coarse_line_hold_poles_that_are_not_drawn():
    graph = build_pole_graph(poles(A=(line((0, 0), (400, 0)), "JTM")))
    assert graph.poles_between.tolist() == [7]


def test_repairs_of_a_graph_are_a_table_with_geometry():
    graph = build_pole_graph(poles(A=line((0, 0), (40, 0)), B=line((190, 0), (230, 0))))
    report = repairs(graph)
    assert report.crs == CRS
    assert shapely.length(report.geometry.iloc[0]) == 150


def broken(seed, *, count=60):
    """A small tangle with every kind of break, on quarter metres so that moving it is exact."""
    rng = np.random.default_rng(seed)
    rows = {}
    for at in range(count):
        start = rng.integers(0, 8000, 2) / 4
        steps = rng.integers(-160, 160, (int(rng.integers(2, 7)), 2)) / 4
        xy = np.vstack([start, start + np.cumsum(steps, axis=0)])
        rows[f"line-{at:03d}"] = (LineString(xy), rng.choice(["JTM", "JTR", None]))
        for k, place in enumerate(xy[rng.random(len(xy)) < 0.6] + rng.integers(-4, 5, 2) / 4):
            rows[f"pole-{at:03d}-{k}"] = (Point(place), "JTR")
    return poles(**rows)


@pytest.mark.parametrize("seed", range(6))
def test_repairing_twice_changes_nothing(seed):
    once = build_pole_graph(broken(seed))
    twice = build_pole_graph(once.pole_table())
    assert same(once, twice)
    assert set(twice.repairs["what"]) <= {"crossing not joined", "voltage unknown"}


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_changes_nothing(seed):
    table = broken(seed)
    one, other = build_pole_graph(table), build_pole_graph(table.sample(frac=1, random_state=seed))
    assert same(one, other)
    assert one.repairs.equals(other.repairs)


def test_an_end_that_spans_lead_from_to_a_line_nearby_is_not_joined_to_it_again():
    end, junction, corner = (17.098, 6.483), (13.552, 10.11), (11.993, 11.915)
    steps = {
        "A": line(end, junction),
        "B": line((5.347, 5.091), corner, junction),
        "C": line(junction, (30, 50)),
        "p": Point(end),
    }
    graph = build_pole_graph(poles(**steps))
    assert found(graph) == []
    assert len(graph.u) == 4


def test_a_million_repairs_become_rows_only_when_asked_for():
    graph = build_pole_graph(broken(2))
    counts = graph.report.counts()
    assert "table" not in vars(graph.report)
    assert {kind: count for kind, count in counts.items() if count} == dict(
        graph.repairs["what"].value_counts()
    )
    assert graph.repairs is graph.repairs
    metres = graph.repairs.groupby("what")["distance_m"].sum()
    for kind, total in metres.items():
        assert graph.report.metres()[kind] == pytest.approx(total, abs=1e-6)


def test_moving_everything_by_whole_metres_changes_nothing():
    table = broken(1)
    one = build_pole_graph(table)
    other = build_pole_graph(table.set_geometry(table.translate(1_234, -567)))
    assert np.array_equal(one.length_mm, other.length_mm)
    assert np.array_equal(one.u, other.u)
    assert np.array_equal(one.x + 1_234, other.x)
    assert one.repairs["what"].equals(other.repairs["what"])


def test_a_line_with_a_vertex_every_metre_keeps_its_length():
    dense = LineString(np.column_stack([np.arange(3_000), np.zeros(3_000)]))
    graph = build_pole_graph(poles(A=dense))
    assert 2_997 <= graph.length_m.sum() <= 2_999  # an end may move by the tolerance
    assert graph.statistics()["components"] == 1


def gateways(**places):
    return gpd.GeoDataFrame(
        index=pd.Index(list(places), name="gateway_id"), geometry=list(places.values()), crs=CRS
    )


def test_statistics_say_how_many_poles_reach_a_gateway_and_how_much_was_mended():
    graph = build_pole_graph(
        poles(A=line((0, 0), (40, 0)), B=line((190, 0), (230, 0)), C=line((900, 0), (940, 0), (980, 0)))
    )
    figures = graph.statistics(gateways=gateways(g=Point(0, 30), sea=Point(0, 9_000)))
    assert figures["metres: gap bridged"] == figures["bridged_m"] == 150
    assert figures["poles_that_reach_a_gateway"] == 4
    assert figures["components_without_a_gateway"] == 1
    assert figures["gateways_without_poles"] == 1
    assert "poles_that_reach_a_gateway" not in graph.statistics()


def test_parts_that_reach_no_gateway_are_named():
    graph = build_pole_graph(poles(A=line((0, 0), (40, 0), (80, 0)), p=Point(900, 0), q=Point(930, 0)))
    parts = graph.components(gateways=gateways(g=Point(0, 30)))
    assert parts[["poles", "length_m", "x_m", "gateways"]].to_numpy().tolist() == [
        [3, 80, 0, 1],
        [2, 30, 900, 0],
    ]
    assert parts["pole_id"].isna().tolist() == [True, False]
    assert parts["pole_id"].iloc[1] == "p"


def test_a_gateway_without_a_pole_is_told():
    graph = build_pole_graph(poles(A=line((0, 0), (40, 0))))
    with pytest.warns(RepairWarning, match="1 of the gateways feed nothing: no pole within 500 m of sea"):
        pole_network(graph, gateways(g=Point(0, 0), sea=Point(0, 9_000)), max_gateway_m=500)
    with pytest.raises(
        ValueRangeError, match="no pole within 500 m of any gateway; the nearest, sea, is 9,000"
    ):
        pole_network(graph, gateways(sea=Point(0, 9_000)), max_gateway_m=500)


def test_a_line_of_a_million_vertices_is_read_as_any_other():
    there = np.arange(1000) * 10.0
    x = np.tile(np.concatenate([there, there[::-1]]), 500)  # to and fro, 30 m apart
    graph = build_pole_graph(poles(A=LineString(np.column_stack([x, np.arange(1_000_000) // 1000 * 30.0]))))
    assert len(graph.u) == 999_999
    assert graph.statistics()["length_m"] == 999 * 10 * 1000 + 999 * 30
    assert len(graph.report.table) == 0


def test_a_table_of_nothing_but_a_zero_length_span_lists_it():
    graph = build_pole_graph(poles(A=line((0, 0), (0, 0))))
    assert len(graph.x) == 0
    assert [row[:2] for row in found(graph)] == [["zero-length span removed", "A"]]


def test_faults_of_input_are_named():
    good = poles(A=line((0, 0), (40, 0)))
    with pytest.raises(ValueRangeError, match="empty"):
        build_pole_graph(good.iloc[:0])
    with pytest.raises(CRSError, match="metres"):
        build_pole_graph(good.to_crs(4326))
    elsewhere = gpd.GeoDataFrame(
        {"name": ["far"]},
        index=pd.Index(["v"], name="village_id"),
        geometry=[box(9e5, 9e5, 9.1e5, 9.1e5)],
        crs=CRS,
    )
    with pytest.raises(CRSError, match="no pole lies where the villages are"):
        build_pole_graph(good, villages=elsewhere)
    with pytest.raises(CRSError, match="the study in"):
        build_pole_graph(good, villages=elsewhere.to_crs(32749))
    with pytest.raises(DuplicateIdError, match="A"):
        build_pole_graph(pd.concat([good, good]))
    with pytest.raises(CRSError, match="no coordinate reference system"):
        build_pole_graph(good.set_crs(None, allow_override=True))
    with pytest.raises(InputError, match="snap_m"):
        build_pole_graph(good, snap_m=1)
