"""Roads and obstacles are read with the checks of every reader."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely
from shapely import LineString, MultiLineString, Point, box

from coverage_geo.errors import (
    CRSError,
    DuplicateIdError,
    FileFormatError,
    GeometryTypeError,
    InputError,
    RepairWarning,
    ValueRangeError,
)
from coverage_geo.files.gateways import read_gateways
from coverage_geo.files.obstacles import read_obstacles
from coverage_geo.files.proposals import read_proposals
from coverage_geo.files.roads import read_roads
from coverage_geo.files.writing import write_geojson
from coverage_geo.tables import OBSTACLES, ROADS, StudyArea, check, repairs

AREA = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")


def layer(path, geometry, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=4326)
    write_geojson(path, frame)
    return path


def line(y, x=105.1):
    return LineString([(x, y), (x + 0.05, y)])


def test_roads_of_classes_that_carry_no_poles_are_set_aside_and_listed(tmp_path):
    classes = ["tertiary", "footway", "Motorway", None, "track"]
    file = layer(
        tmp_path / "osm.geojson",
        [line(-2 - at / 100) for at in range(5)],
        osm_id=["1", "2", "3", "4", "5"],
        highway=classes,
    )
    with pytest.warns(RepairWarning, match="3 set aside"):
        table = read_roads(file, study_area=AREA)
    check(table, ROADS, crs=AREA.crs)
    assert table["kind"].to_dict() == {"1": "tertiary", "5": "track"}
    listed = repairs(table)
    assert listed["row"].tolist() == ["4", "2", "3"]
    assert listed["before"].tolist() == ["", "footway", "Motorway"]
    assert len(read_roads(file, study_area=AREA, leave_out=())) == 5


def test_roads_far_from_the_study_area_are_left_out_and_listed(tmp_path):
    file = layer(tmp_path / "jalan.geojson", [line(-2), line(-2, 109)], id=["a", "b"])
    with pytest.warns(RepairWarning, match="1 set aside"):
        table = read_roads(file, study_area=AREA)
    assert table.index.tolist() == ["a"]
    assert "5 km outside" in repairs(table)["reason"].iloc[0]


def test_roads_of_another_district_are_refused(tmp_path):
    file = layer(tmp_path / "jalan.geojson", [line(-2, 109), line(-2.1, 109)], id=["a", "b"])
    with pytest.raises(CRSError, match="none of its 2 lines lies in or near the study area"):
        read_roads(file, study_area=AREA)


def test_roads_need_lines_and_ids_of_their_own(tmp_path):
    points = layer(tmp_path / "titik.geojson", [Point(105.1, -2)], id=["a"])
    with pytest.raises(GeometryTypeError, match="not a line"):
        read_roads(points, study_area=AREA)
    twice = layer(tmp_path / "dua.geojson", [line(-2), line(-2.1)], id=["a", "a"])
    with pytest.raises(DuplicateIdError, match="stands in another row"):
        read_roads(twice, study_area=AREA)
    (tmp_path / "jalan.csv").write_text("id,nama\n1,Jalan Raya\n")
    with pytest.raises(GeometryTypeError, match="has no lines"):
        read_roads(tmp_path / "jalan.csv", study_area=AREA)


def test_parts_of_a_road_become_roads(tmp_path):
    both = MultiLineString([line(-2), line(-2.1)])
    file = layer(tmp_path / "jalan.geojson", [both], id=["a"], nama=["Jalan Raya"])
    with pytest.warns(RepairWarning, match="1 mended"):
        table = read_roads(file, study_area=AREA)
    assert table.index.tolist() == ["a#1", "a#2"]


def test_a_layer_without_crs_is_refused(tmp_path):
    file = tmp_path / "jalan.shp"
    gpd.GeoDataFrame({"id": ["a"]}, geometry=[LineString([(0, 0), (9, 9)])], crs="EPSG:32748").to_file(file)
    file.with_suffix(".prj").unlink()
    with pytest.raises(CRSError, match="crs="):
        read_roads(file, study_area=AREA)


def test_obstacles_may_be_areas_and_lines(tmp_path):
    bow = shapely.Polygon([(105.1, -2), (105.2, -2.1), (105.2, -2), (105.1, -2.1)])
    shapes = [box(105.3, -2.1, 105.4, -2), bow, line(-2.2), box(110, -2, 111, -1)]
    file = layer(
        tmp_path / "air.geojson", shapes, id=list("abcd"), jenis=["danau", "hutan", "sungai", "laut"]
    )
    with pytest.warns(RepairWarning, match="1 mended, 1 set aside"):
        table = read_obstacles(file, study_area=AREA)
    check(table, OBSTACLES, crs=AREA.crs)
    assert table["kind"].to_dict() == {"a": "danau", "b": "hutan", "c": "sungai"}
    assert table.geometry.is_valid.all()


def test_obstacles_must_be_areas_or_lines(tmp_path):
    file = layer(tmp_path / "air.geojson", [Point(105.1, -2)], id=["a"])
    with pytest.raises(GeometryTypeError, match="not an area"):
        read_obstacles(file, study_area=AREA)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("['path', 'footway']", False),
        ("path;steps", False),
        ("['path', 'residential']", True),
        ("[]", True),
        (";", True),
    ],
)
def test_a_road_of_several_classes_is_left_out_when_none_of_them_carries_poles(tmp_path, said, kept):
    file = layer(
        tmp_path / "osm.geojson", [line(-2), line(-2.1)], osm_id=["1", "2"], highway=["tertiary", said]
    )
    if kept:
        assert read_roads(file, study_area=AREA).index.tolist() == ["1", "2"]
    else:
        with pytest.warns(RepairWarning, match="1 set aside"):
            assert read_roads(file, study_area=AREA).index.tolist() == ["1"]


@pytest.mark.parametrize("reader", [read_roads, read_obstacles])
def test_lines_without_length_are_left_out_and_listed(tmp_path, reader):
    point = LineString([(105.1, -2), (105.1, -2)])
    file = layer(tmp_path / "a.geojson", [point, MultiLineString([point, line(-2.1)])], id=["a", "b"])
    with pytest.warns(RepairWarning, match="2 mended, 1 set aside"):
        table = reader(file, study_area=AREA)
    assert table.index.tolist() == ["b"]
    assert "a line without length" in repairs(table)["reason"].tolist()


def test_a_road_with_one_place_far_away_is_refused(tmp_path):
    stray = LineString([(105.1, -2), (10.51, -2)])
    file = layer(tmp_path / "a.geojson", [line(-2), stray], id=["a", "b"])
    with pytest.raises(GeometryTypeError, match="row 2: reaches more than 500 km"):
        read_roads(file, study_area=AREA)
    with pytest.raises(GeometryTypeError, match="row 2: reaches more than 500 km"):
        read_proposals(file, study_area=AREA)


@pytest.mark.parametrize("reader", [read_roads, read_obstacles, read_proposals])
def test_a_line_of_one_place_is_refused_with_its_row(tmp_path, reader):
    shapes = [line(-2).__geo_interface__, {"type": "LineString", "coordinates": [[105.1, -2]]}]
    rows = [
        {"type": "Feature", "properties": {"id": str(at)}, "geometry": one} for at, one in enumerate(shapes)
    ]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    with pytest.raises(GeometryTypeError, match=r"a\.geojson, row 2: has no geometry"):
        reader(tmp_path / "a.geojson", study_area=AREA)


def test_a_layer_of_a_file_without_layers_is_refused(tmp_path):
    file = layer(tmp_path / "jalan.geojson", [line(-2)], id=["a"])
    with pytest.raises(FileFormatError, match="no layer 'jalan_2024'"):
        read_roads(file, study_area=AREA, layer="jalan_2024")
    assert len(read_roads(file, study_area=AREA, layer="jalan")) == 1


@pytest.mark.parametrize("poles", ["P1", "P1;P1", ";;;", "P1|P2", "12345"])
def test_a_route_of_fewer_than_two_poles_is_refused(tmp_path, poles):
    (tmp_path / "a.csv").write_text(f"id,jenis,pole_ids\nR1,rute,{poles}\n")
    with pytest.raises(ValueRangeError, match=r"row 1 .*column pole_ids: .* is not two poles"):
        read_proposals(tmp_path / "a.csv", study_area=AREA)


def test_poles_may_be_a_list_of_json_but_not_beside_a_drawn_line(tmp_path):
    shapes = [None, {"type": "Point", "coordinates": [105.1, -2]}]
    rows = [
        {"type": "Feature", "properties": {"id": str(at), "pole_ids": ["P1", "P2"]}, "geometry": one}
        for at, one in enumerate(shapes)
    ]
    file = tmp_path / "a.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    with pytest.warns(RepairWarning):
        table = read_proposals(file, study_area=AREA)
    assert table["pole_ids"].tolist() == ["P1;P2", "P1;P2"]
    assert (
        "the place drawn is not used; the poles say where the route runs" in repairs(table)["reason"].tolist()
    )
    rows[0]["geometry"] = line(-2).__geo_interface__
    file.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    with pytest.raises(ValueRangeError, match="row 1, column pole_ids: a line is drawn too"):
        read_proposals(file, study_area=AREA)


@pytest.mark.parametrize("ports", ['"8,5"', "1.000", "-1", "1e308", "banyak", "inf"])
def test_ports_of_a_gateway_are_a_whole_number(tmp_path, ports):
    (tmp_path / "a.csv").write_text(f"id,lat,lon,ports\ng1,-2,105.2,{ports}\n")
    with pytest.raises(InputError, match=r"row 1 .*column ports"):
        read_gateways(tmp_path / "a.csv", study_area=AREA, refused="raise")
