"""Every format is read alike, and a file that is not what its name says is refused."""

from __future__ import annotations

import json
import os
import shutil
import struct
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

import coverage_geo as cg
from coverage_geo.errors import CRSError, FileFormatError, GeometryTypeError, InputError, RepairWarning
from coverage_geo.files import writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AREA = cg.StudyArea((500_000, 9_700_000, 620_000, 9_850_000), "EPSG:32748")
NAMES = ["Air Bulin", "Kayu Arang", "Tuik\u2019s", "<b>Mislak</b>", "=1+1", "'=x", "'tis"]


def _places() -> gpd.GeoDataFrame:
    lons = [105.2 + 0.05 * number for number in range(len(NAMES))]
    points = gpd.points_from_xy(lons, [-1.9] * len(NAMES), crs="EPSG:4326")
    ids = [f"g{number}" for number in range(len(NAMES))]
    return gpd.GeoDataFrame({"id": ids, "name": NAMES, "kind": ["POP"] * len(NAMES)}, geometry=points)


def _shapefile(folder: Path, table: gpd.GeoDataFrame, *, encoding: str = "UTF-8") -> Path:
    file = folder / "places.shp"
    pyogrio.write_dataframe(table, file, driver="ESRI Shapefile", encoding=encoding)
    return file


def _xlsx(file: Path, rows: list[list[object]], title: str = "Sheet1") -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(file)


def _packed(file: Path, folder: Path, inside: str) -> None:
    with zipfile.ZipFile(file, "w") as packed:
        for part in sorted(folder.iterdir()):
            packed.write(part, f"{inside}{part.name}")


def _write_kmz(file: Path) -> None:
    inner = file.parent / "inner_kmz"
    inner.mkdir()
    writing.write_kml(inner / "doc.kml", _places())
    _packed(file, inner, "")


def _write_zipped_shapefile(file: Path) -> None:
    inner = file.parent / "inner_shp"
    inner.mkdir()
    _shapefile(inner, _places())
    _packed(file, inner, "folder/")


def _write_xlsx(file: Path) -> None:
    places = _places()
    cells = zip(
        places["id"], places["name"], places["kind"], places.geometry.x, places.geometry.y, strict=True
    )
    rows = [[row, writing.masked_formula(name), *rest] for row, name, *rest in cells]
    _xlsx(file, [["id", "name", "kind", "lon", "lat"], *rows])


WRITERS: dict[str, Callable[[Path], object]] = {
    "gpkg": lambda file: writing.write_geopackage(file, {"places": _places()}),
    "geojson": lambda file: writing.write_geojson(file, _places()),
    "kml": lambda file: writing.write_kml(file, _places()),
    "kmz": _write_kmz,
    "shp": lambda file: _shapefile(file.parent, _places()),
    "zip": _write_zipped_shapefile,
    "parquet": lambda file: _places().to_parquet(file),
    "csv": lambda file: writing.write_csv(file, _places().set_index("id")),
    "xlsx": _write_xlsx,
}


def _written(folder: Path, kind: str) -> Path:
    file = folder / f"places.{kind}"
    WRITERS[kind](file)
    return file


@pytest.mark.parametrize("kind", list(WRITERS))
def test_every_format_gives_the_same_table(tmp_path: Path, kind: str):
    file = _written(tmp_path, kind)
    if kind in {"kml", "kmz"}:  # KML keeps no ids of ours
        with pytest.warns(RepairWarning, match="1 assumed"):
            found = cg.read_gateways(file, study_area=AREA)
    else:
        found = cg.read_gateways(file, study_area=AREA)
        assert found.index.tolist() == _places()["id"].tolist()
    expected = _places().set_index("id").to_crs(AREA.crs)
    assert found["name"].tolist() == NAMES
    assert found.geometry.distance(expected.geometry.set_axis(found.index)).max() < 0.05


@pytest.mark.parametrize(
    "path",
    [
        "/vsicurl/http://localhost/a.geojson",
        "/vsizip//tmp/a.zip",
        "http://localhost/a.geojson",
        "file:///etc/passwd",
        "PG:dbname=x",
        "<OGRVRTDataSource/>",
        '{"type": "FeatureCollection", "features": []}',
        "absent.gpkg",
    ],
)
def test_only_paths_of_files_that_exist_are_read(path: str):
    with pytest.raises(FileFormatError, match=r"not a path on this computer|does not exist"):
        cg.read_gateways(path, study_area=AREA)


def test_folders_and_devices_are_refused(tmp_path: Path):
    with pytest.raises(FileFormatError, match="is a folder"):
        cg.read_gateways(tmp_path, study_area=AREA)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        with pytest.raises(FileFormatError, match="not an ordinary file"):
            cg.read_gateways(tmp_path / "pipe.csv", study_area=AREA)


@pytest.mark.parametrize(
    "name", ["a.geojson", "a.gpkg", "a.kml", "a.csv", "a.shp", "a.json", "a.vrt", "a.tif"]
)
def test_a_virtual_layer_is_refused_under_any_name(tmp_path: Path, name: str):
    secret = tmp_path / "secret.csv"
    secret.write_text("id,lat,lon\na,-1.9,105.2\n")
    layer = f"<OGRVRTLayer name='secret'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>"
    file = tmp_path / name
    file.write_text(f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>")
    with pytest.raises(FileFormatError, match="is not what its name says"):
        cg.read_gateways(file, study_area=AREA)


def test_an_empty_file_and_one_of_another_kind_are_refused(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(FileFormatError, match="is empty"):
        cg.read_gateways(tmp_path / "a.csv", study_area=AREA)
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 abc")
    with pytest.raises(FileFormatError, match="of a kind that is not read"):
        cg.read_gateways(tmp_path / "a.pdf", study_area=AREA)


def test_a_damaged_file_is_refused_in_the_planners_words(tmp_path: Path):
    for kind in ("gpkg", "parquet", "xlsx", "kmz"):
        file = _written(tmp_path, kind)
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        with pytest.raises(InputError):
            cg.read_gateways(file, study_area=AREA)


def test_several_layers_ask_which_one_unless_one_is_named_like_the_table(tmp_path: Path):
    file = tmp_path / "all.gpkg"
    writing.write_geopackage(file, {"a": _places(), "b": _places()})
    with pytest.raises(FileFormatError, match=r"has 2 layers \(a, b\)"):
        cg.read_gateways(file, study_area=AREA)
    with pytest.raises(FileFormatError, match="has no layer 'c'"):
        cg.read_gateways(file, study_area=AREA, layer="c")
    assert len(cg.read_gateways(file, study_area=AREA, layer="b")) == len(NAMES)
    writing.write_geopackage(file, {"gateways": _places(), "b": _places()})
    assert len(cg.read_gateways(file, study_area=AREA)) == len(NAMES)


# --- Shapefiles -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [".shx", ".dbf"])
def test_a_shapefile_without_one_of_its_parts_is_refused(tmp_path: Path, part: str):
    file = _shapefile(tmp_path, _places())
    file.with_suffix(part).unlink()
    with pytest.raises(FileFormatError, match=f"lacks its part {part}"):
        cg.read_gateways(file, study_area=AREA)


def test_a_shapefile_without_prj_is_refused_unless_the_crs_is_given(tmp_path: Path):
    file = _shapefile(tmp_path, _places())
    file.with_suffix(".prj").unlink()
    with pytest.raises(CRSError, match="no coordinate reference system"):
        cg.read_gateways(file, study_area=AREA)
    assert len(cg.read_gateways(file, study_area=AREA, crs="EPSG:4326")) == len(NAMES)


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
def test_a_shapefile_cut_off_is_refused(tmp_path: Path, part: str):
    file = _shapefile(tmp_path, _places())
    cut = file.with_suffix(part)
    cut.write_bytes(cut.read_bytes()[:-40])
    with pytest.raises(FileFormatError, match="cut off"):
        cg.read_gateways(file, study_area=AREA)


def test_a_dbf_of_another_export_is_refused(tmp_path: Path):
    file = _shapefile(tmp_path, _places())
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(_shapefile(other, _places().iloc[1:]).with_suffix(".dbf"), file.with_suffix(".dbf"))
    with pytest.raises(FileFormatError, match="different versions"):
        cg.read_gateways(file, study_area=AREA)


def test_one_part_of_a_shapefile_is_not_the_shapefile(tmp_path: Path):
    file = _shapefile(tmp_path, _places())
    with pytest.raises(FileFormatError, match=r"Give the path of the \.shp"):
        cg.read_gateways(file.with_suffix(".dbf"), study_area=AREA)


def test_the_encoding_of_a_shapefile_without_cpg_is_recognised_and_listed(tmp_path: Path):
    places = _places().assign(name="Désa Kampóng")
    file = _shapefile(tmp_path, places, encoding="CP1252")
    file.with_suffix(".cpg").unlink(missing_ok=True)
    data = bytearray(file.with_suffix(".dbf").read_bytes())
    data[29] = 0
    file.with_suffix(".dbf").write_bytes(data)
    with pytest.warns(RepairWarning):
        found = cg.read_gateways(file, study_area=AREA)
    assert set(found["name"]) == {"Désa Kampóng"}
    assert "Windows-1252" in cg.repairs(found)["reason"].iloc[0]


# --- GeoJSON, KML, packed files ---------------------------------------------------------------------------


def _geojson(file: Path, coordinates: list[object], **more: object) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {"id": f"g{number}", "name": "POP"},
            "geometry": None if one is None else {"type": "Point", "coordinates": one},
        }
        for number, one in enumerate(coordinates)
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features, **more}))
    return file


def test_geojson_coordinates_that_are_text_are_read_as_numbers_and_listed(tmp_path: Path):
    file = _geojson(tmp_path / "a.geojson", [["105.2", "-1.9"], [105.3, -1.9]])
    with pytest.warns(RepairWarning, match="1 assumed"):
        found = cg.read_gateways(file, study_area=AREA)
    assert len(found) == 2
    assert not found.geometry.isna().any()
    assert "coordinates are text" in cg.repairs(found)["reason"].iloc[0]


def test_rows_without_geometry_are_refused_by_number(tmp_path: Path):
    file = _geojson(tmp_path / "a.geojson", [[105.2, -1.9], None, [105.3, -1.9], None])
    with pytest.raises(GeometryTypeError) as caught:
        cg.read_gateways(file, study_area=AREA)
    assert [fault.where for fault in caught.value.faults] == ["a.geojson, row 2", "a.geojson, row 4"]
    with pytest.warns(RepairWarning, match="2 set aside"):
        found = cg.read_gateways(file, study_area=AREA, refused="set aside")
    assert found.index.tolist() == ["g0", "g2"]
    assert cg.repairs(found)["row"].tolist() == ["2", "4"]


def test_geojson_that_is_cut_off_is_refused(tmp_path: Path):
    file = _geojson(tmp_path / "a.geojson", [[105.2, -1.9]] * 100)
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(FileFormatError, match="cut off"):
        cg.read_gateways(file, study_area=AREA)


def test_geojson_in_windows_1252_is_recognised_and_listed(tmp_path: Path):
    file = _geojson(tmp_path / "a.geojson", [[105.2, -1.9]])
    file.write_bytes(file.read_bytes().replace(b"POP", "Désa".encode("cp1252")))
    with pytest.warns(RepairWarning):
        found = cg.read_gateways(file, study_area=AREA)
    assert found["name"].tolist() == ["Désa"]


def test_geojson_in_metres_without_saying_so_is_refused(tmp_path: Path):
    file = _geojson(tmp_path / "a.geojson", [[522_000 + number, 9_790_000] for number in range(5)])
    with pytest.raises(CRSError, match="none of its 5 rows lies in or near the study area"):
        cg.read_gateways(file, study_area=AREA)
    with pytest.warns(RepairWarning, match="1 assumed"):
        found = cg.read_gateways(file, study_area=AREA, crs="EPSG:32748")
    assert len(found) == 5


def test_kml_that_declares_entities_is_refused(tmp_path: Path):
    body = '<!DOCTYPE kml [<!ENTITY a "b">]><kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>'
    (tmp_path / "a.kml").write_text(f'<?xml version="1.0"?>{body}')
    with pytest.raises(FileFormatError, match="entities"):
        cg.read_gateways(tmp_path / "a.kml", study_area=AREA)


def test_a_packed_file_cannot_write_outside_its_own_folder(tmp_path: Path):
    inner = tmp_path / "inner"
    inner.mkdir()
    _shapefile(inner, _places())
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for part in inner.iterdir():
            packed.write(part, f"../../../evil{part.suffix}")
    found = cg.read_gateways(tmp_path / "a.zip", study_area=AREA)
    assert len(found) == len(NAMES)
    assert not list(tmp_path.parent.glob("evil*"))


def test_a_packed_file_with_two_shapefiles_asks_for_one(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for name in ("a.shp", "b.shp"):
            packed.writestr(name, struct.pack(">i", 9994))
    with pytest.raises(FileFormatError, match="holds 2 shapefiles"):
        cg.read_gateways(tmp_path / "a.zip", study_area=AREA)


# --- Tables -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_csv_is_read_with_any_usual_mark_between_fields(tmp_path: Path, mark: str):
    text = "id,name,lat,lon\ng1,\"POP, 'A'\",-1.9,105.2\n".replace(",", mark).replace(f"POP{mark}", "POP,")
    (tmp_path / "a.csv").write_text(text)
    assert cg.read_gateways(tmp_path / "a.csv", study_area=AREA)["name"].tolist() == ["POP, 'A'"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_csv_encodings_are_recognised_and_a_guess_is_listed(tmp_path: Path, encoding: str):
    (tmp_path / "a.csv").write_text("id,name,lat,lon\ng1,Désa,-1.9,105.2\n", encoding=encoding)
    if encoding.startswith("utf-8"):
        found = cg.read_gateways(tmp_path / "a.csv", study_area=AREA)
    else:
        with pytest.warns(RepairWarning):
            found = cg.read_gateways(tmp_path / "a.csv", study_area=AREA)
    assert found["name"].tolist() == ["Désa"]


def test_line_ends_inside_names_become_spaces_and_are_listed(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b'id,name,lat,lon\r\ng1,"POP\r\nMentok",-1.9,105.2\r\n')
    with pytest.warns(RepairWarning, match="1 mended"):
        found = cg.read_gateways(tmp_path / "a.csv", study_area=AREA)
    assert found["name"].tolist() == ["POP Mentok"]
    assert cg.repairs(found)["before"].tolist() == ["POP\r\nMentok"]


def test_a_row_with_too_few_or_too_many_fields_is_refused_by_number(tmp_path: Path):
    (tmp_path / "a.csv").write_text(
        "id,name,lat,lon\ng1,A,-1.9,105.2\n\ng2,B,-1.9\ng3,C,D,-1.9,105.2\ng4,E,-1.9,105.3\n"
    )
    with pytest.raises(InputError) as caught:
        cg.read_gateways(tmp_path / "a.csv", study_area=AREA)
    assert [fault.where for fault in caught.value.faults] == ["a.csv, row 2", "a.csv, row 3"]
    with pytest.warns(RepairWarning, match="2 set aside"):
        found = cg.read_gateways(tmp_path / "a.csv", study_area=AREA, refused="set aside")
    assert found.index.tolist() == ["g1", "g4"]


def test_columns_of_the_same_name_are_refused(tmp_path: Path):
    (tmp_path / "a.csv").write_text("id,lat,lon,lat\ng1,-1.9,105.2,3\n")
    with pytest.raises(FileFormatError, match="several columns named lat"):
        cg.read_gateways(tmp_path / "a.csv", study_area=AREA)


def test_a_sheet_may_have_a_title_above_its_headings_and_numbers_as_ids(tmp_path: Path):
    rows: list[list[object]] = [
        ["DAFTAR POP"],
        [],
        ["id", "nama", "lat", "lon"],
        [7, "A", -1.9, 105.2],
        [],
        [8.0, "B", -1.9, 105.3],
    ]
    _xlsx(tmp_path / "a.xlsx", rows)
    found = cg.read_gateways(tmp_path / "a.xlsx", study_area=AREA)
    assert found["name"].to_dict() == {"7": "A", "8": "B"}


def test_several_sheets_ask_which_one(tmp_path: Path):
    book = openpyxl.Workbook()
    book.create_sheet("other")
    book.active.append(["id", "lat", "lon"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(FileFormatError, match="has 2 layers"):
        cg.read_gateways(tmp_path / "a.xlsx", study_area=AREA)
    with pytest.raises(FileFormatError, match="has no rows"):
        cg.read_gateways(tmp_path / "a.xlsx", study_area=AREA, layer="Sheet")


def test_columns_may_be_named_by_the_planner(tmp_path: Path):
    (tmp_path / "a.csv").write_text("no,apa,breite,laenge\ng1,POP,-1.9,105.2\n")
    columns = {"gateway_id": "no", "name": "apa", "lat": "breite", "lon": "laenge"}
    assert cg.read_gateways(tmp_path / "a.csv", study_area=AREA, columns=columns)["name"].to_dict() == {
        "g1": "POP"
    }
    with pytest.raises(InputError, match="has no column 'nomor'"):
        cg.read_gateways(tmp_path / "a.csv", study_area=AREA, columns={"gateway_id": "nomor"})
    with pytest.raises(InputError, match="Known columns"):
        cg.read_gateways(tmp_path / "a.csv", study_area=AREA, columns={"gateway": "no"})


def test_other_columns_pass_through_and_never_hide_a_known_one(tmp_path: Path):
    (tmp_path / "a.csv").write_text(
        "id,nama,name_lama,NAME,lat,lon,warna\ng1,POP,x,POP besar,-1.9,105.2,biru\n"
    )
    found = cg.read_gateways(tmp_path / "a.csv", study_area=AREA)
    assert found.loc["g1", ["name", "warna", "name_lama"]].tolist() == ["POP besar", "biru", "x"]


def test_what_was_written_comes_back_in_columns_that_pass_through_too(tmp_path: Path):
    places = _places().set_index("id").assign(note=NAMES)
    writing.write_csv(tmp_path / "a.csv", places)
    assert cg.read_gateways(tmp_path / "a.csv", study_area=AREA)["note"].tolist() == NAMES


def test_a_table_with_headings_only_is_refused(tmp_path: Path):
    (tmp_path / "a.csv").write_text("id,name,lat,lon")
    with pytest.raises(FileFormatError, match="Fill it in, or take it out of the study"):
        cg.read_gateways(tmp_path / "a.csv", study_area=AREA)


@pytest.mark.parametrize("word", ["JUMLAH", "Total :", "GRAND TOTAL", "Jumlah Kecamatan Kelapa", "Sub Total"])
def test_rows_that_add_up_others_are_set_aside_and_listed(tmp_path: Path, word: str):
    rows: list[list[object]] = [
        ["DAFTAR DUSUN"],
        ["No", "Nama Dusun", "Desa", "Jumlah Penduduk", "lat", "lon"],
        [1, "Rajek", "Tuik", 300, -1.9, 105.2],
        [2, "Jumlah Baru", "Tuik", 200, -1.9, 105.3],  # a name, not a sum
        [word, None, None, 500, None, None],
        [None, word, None, 500, None, None],
    ]
    _xlsx(tmp_path / "a.xlsx", rows)
    with pytest.warns(RepairWarning, match="2 set aside"):
        found = cg.read_settlements(tmp_path / "a.xlsx", study_area=AREA)
    assert sorted(found["name"]) == ["Jumlah Baru", "Rajek"]
    assert found["people"].sum() == 500
    listed = cg.repairs(found).query("action == 'set aside'")
    assert listed[["row", "before", "reason"]].to_numpy().tolist() == [
        ["3", word, "adds up other rows"],
        ["4", word, "adds up other rows"],
    ]


def test_faults_name_the_line_of_the_file_where_rows_have_lines(tmp_path: Path):
    (tmp_path / "a.csv").write_text("\n\nid,lat,lon\ng1,-1.9,105.2\ng2,0,0\n")
    with pytest.raises(InputError, match=r"a.csv, row 2 \(line 5 of the file\), column lat, lon"):
        cg.read_gateways(tmp_path / "a.csv", study_area=AREA)
    (tmp_path / "a.csv").write_text('id,name,lat,lon\ng1,"A\nB",-1.9,105.2\ng2,C,0,0\n')
    with pytest.raises(InputError, match=r"a.csv, row 2, column lat, lon"):
        cg.read_gateways(tmp_path / "a.csv", study_area=AREA)
    _xlsx(tmp_path / "a.xlsx", [["DAFTAR"], [], ["id", "lat", "lon"], ["g1", -1.9, 105.2], ["g2", 0, 0]])
    with pytest.raises(InputError, match=r"row 2 \(line 5 of the file\)"):
        cg.read_gateways(tmp_path / "a.xlsx", study_area=AREA)


def test_a_parquet_file_without_geometry_is_a_table(tmp_path: Path):
    pd.DataFrame({"id": ["g1"], "lat": [-1.9], "lon": [105.2]}).to_parquet(tmp_path / "a.parquet")
    assert cg.read_gateways(tmp_path / "a.parquet", study_area=AREA).index.tolist() == ["g1"]


def test_heights_in_coordinates_are_left_out(tmp_path: Path):
    places = _places()
    places["geometry"] = shapely.force_3d(places.geometry.to_numpy(), 12.0)
    writing.write_geopackage(tmp_path / "a.gpkg", {"places": places})
    assert not cg.read_gateways(tmp_path / "a.gpkg", study_area=AREA).has_z.any()
