"""Files are written whole or not at all, with the same bytes for the same content."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely

from coverage_geo.errors import CRSError, ValueRangeError
from coverage_geo.files import writing
from coverage_geo.rasters import Raster

if TYPE_CHECKING:
    from pathlib import Path

NASTY = ["=cmd|' /C calc'!A0", "+1", "-2", "@x", "\tx", "'=x", "'tis", "a\r\nb", "c\rd", '"q",;', "<b>&]]>"]


def _points(names: list[str]) -> gpd.GeoDataFrame:
    ids = pd.Index([f"p{number}" for number in range(len(names))], name="place_id")
    easts = 500_000.0 + np.arange(len(names))
    points = gpd.points_from_xy(easts, np.full(len(names), 9_800_000.0), crs="EPSG:32748")
    return gpd.GeoDataFrame({"name": names}, geometry=points, index=ids)


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    file = tmp_path / "note.txt"
    file.write_text("old")
    with pytest.raises(UnicodeEncodeError), writing.atomic_path(file) as unfinished:
        unfinished.write_text("half\ud800", encoding="utf-8")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_does_not_exist_is_an_error_and_is_not_made(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        writing.write_text(tmp_path / "absent" / "note.txt", "x")
    assert not (tmp_path / "absent").exists()


def test_json_is_sorted_utf8_ends_with_a_newline_and_refuses_nan(tmp_path: Path):
    file = tmp_path / "a.json"
    writing.write_json(file, {"b": np.float64(1.5), "a": "desa é", "c": np.bool_(True)})  # noqa: FBT003
    assert file.read_bytes() == '{\n  "a": "desa é",\n  "b": 1.5,\n  "c": true\n}\n'.encode()
    for bad in (math.nan, np.float32("inf")):
        with pytest.raises(ValueError, match="JSON"):
            writing.write_json(file, {"a": bad})


def test_csv_text_that_a_spreadsheet_would_run_is_masked_and_comes_back_unchanged(tmp_path: Path):
    file = tmp_path / "a.csv"
    writing.write_csv(file, _points(NASTY))
    back = pd.read_csv(file, dtype=str, keep_default_na=False)
    assert [writing.unmasked_formula(name) for name in back["name"]] == NASTY
    assert not [name for name in back["name"] if name[0] in "=+-@\t\r\n"]


def test_csv_headings_that_a_spreadsheet_would_run_are_masked(tmp_path: Path):
    file = tmp_path / "a.csv"
    writing.write_csv(file, pd.DataFrame({"=1+1": [1]}))
    assert file.read_text().splitlines()[0] == "index,'=1+1"


def test_csv_points_are_written_as_longitude_and_latitude_and_unplaced_rows_stay_empty(tmp_path: Path):
    places = _points(["a", "b"])
    places.loc["p1", "geometry"] = None
    file = tmp_path / "a.csv"
    writing.write_csv(file, places)
    first, second = file.read_text().splitlines()[1:]
    assert first.startswith("p0,a,105.0,-1.8")
    assert second == "p1,b,,"


def test_a_geopackage_has_the_same_bytes_each_time_and_leaves_gdal_as_it_was(tmp_path: Path):
    layers = {"places": _points(NASTY), "names": pd.DataFrame({"n": [1.5, None], "t": ["é", None]})}
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    writing.write_geopackage(tmp_path / "a.gpkg", layers)
    writing.write_geopackage(tmp_path / "b.gpkg", layers)
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == before
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    back = gpd.read_file(tmp_path / "a.gpkg", layer="places")
    assert back["name"].tolist() == NASTY
    assert back.crs.to_epsg() == 32748
    assert sorted(pyogrio.list_layers(tmp_path / "a.gpkg")[:, 0]) == ["names", "places"]


def test_a_geopackage_keeps_flags_missing_geometry_mixed_geometry_and_empty_layers(tmp_path: Path):
    shapes = [shapely.Point(1, 2), shapely.LineString([(0, 0), (1, 1)]), None]
    poles = gpd.GeoDataFrame(
        {"permitted": pd.Series([True, None, False], dtype=object)}, geometry=shapes, crs="EPSG:32748"
    )
    writing.write_geopackage(tmp_path / "a.gpkg", {"poles": poles, "none": poles.iloc[:0]})
    back = gpd.read_file(tmp_path / "a.gpkg", layer="poles")
    assert back["permitted"].tolist()[0::2] == [True, False]
    assert bool(pd.isna(back["permitted"].iloc[1]))
    assert [None if shape is None else shape.geom_type for shape in back.geometry] == [
        "Point",
        "LineString",
        None,
    ]
    assert len(gpd.read_file(tmp_path / "a.gpkg", layer="none")) == 0


def test_a_geopackage_refuses_tuples_and_tables_without_crs(tmp_path: Path):
    with pytest.raises(ValueRangeError, match="column pieces"):
        writing.write_geopackage(tmp_path / "a.gpkg", {"x": pd.DataFrame({"pieces": [(1, 2)]})})
    with pytest.raises(CRSError, match="layer x"):
        writing.write_geopackage(
            tmp_path / "a.gpkg", {"x": _points(["a"]).set_crs(None, allow_override=True)}
        )
    assert not list(tmp_path.iterdir())


def test_geojson_is_in_degrees_without_nan_and_with_anticlockwise_outer_rings(tmp_path: Path):
    clockwise = shapely.Polygon([(500_000, 0), (500_000, 9), (500_009, 9), (500_009, 0)])
    table = gpd.GeoDataFrame(
        {"name": ["a\u2028<b>", None], "people": [np.nan, 2]}, geometry=[clockwise, None], crs="EPSG:32648"
    )
    file = tmp_path / "a.geojson"
    writing.write_geojson(file, table)
    value = json.loads(file.read_text(encoding="utf-8"))
    assert "crs" not in value
    first, second = value["features"]
    assert first["properties"] == {"index": 0, "name": "a\u2028<b>", "people": None}
    assert second["geometry"] is None
    ring = shapely.LinearRing(first["geometry"]["coordinates"][0])
    assert ring.is_ccw
    assert ring.bounds[0] == pytest.approx(105.0)


@pytest.mark.parametrize("size", [3, 600])
def test_a_geotiff_comes_back_as_it_was(tmp_path: Path, size: int):
    values = np.arange(size * size, dtype=np.float32).reshape(size, size)
    values[0, 0] = np.nan
    raster = Raster(values, west=500_000, north=9_800_000, dx=30, dy=20, crs="EPSG:32748", unit="m")
    writing.write_geotiff(tmp_path / "a.tif", raster)
    writing.write_geotiff(tmp_path / "b.tif", raster)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()
    with rasterio.open(tmp_path / "a.tif", driver="GTiff") as grid:
        np.testing.assert_array_equal(grid.read(1), values)
        assert tuple(grid.bounds) == raster.bounds
        assert (grid.units, grid.crs.to_epsg(), math.isnan(grid.nodata)) == (("m",), 32748, True)


def test_gpx_and_kml_carry_any_name_as_text_and_leave_unplaced_rows_out(tmp_path: Path):
    places = _points([*NASTY, "bell\x07", "gone"])
    places.loc[places["name"] == "gone", "geometry"] = None
    places["why"] = "reported blank, modelled served"
    writing.write_gpx(tmp_path / "a.gpx", places, about_column="why")
    writing.write_kml(tmp_path / "a.kml", places, about_column="why")
    for file, tag in ((tmp_path / "a.gpx", "wpt"), (tmp_path / "a.kml", "Placemark")):
        root = ET.fromstring(file.read_bytes())  # noqa: S314 - our own file
        marks = [one for one in root.iter() if one.tag.endswith(tag)]
        names = [next(part.text for part in mark if part.tag.endswith("name")) for mark in marks]
        assert len(marks) == len(NASTY) + 1
        assert names[-1] == "bell\ufffd"
        assert "<b>&]]>" in names
