"""Roads and obstacles are read with the checks of every reader."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from shapely import LineString, MultiLineString, Point, box

from coverage_geo.errors import CRSError, DuplicateIdError, GeometryTypeError, RepairWarning
from coverage_geo.files.obstacles import read_obstacles
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
