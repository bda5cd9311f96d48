"""Villages, settlements and declared coverage, as whole or as broken as they come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import coverage_geo as cg
from coverage_geo.errors import (
    CRSError,
    DuplicateIdError,
    GeometryTypeError,
    InputError,
    MissingColumnError,
    RepairWarning,
    ValueRangeError,
)
from coverage_geo.files import writing
from coverage_geo.files.codes import bps_code, kemendagri_code

if TYPE_CHECKING:
    from pathlib import Path


def _squares(count: int) -> list[shapely.Polygon]:
    """Squares of 0.05 degrees in a row from 105.2 E, 1.9 S."""
    return [shapely.box(105.2 + 0.05 * n, -1.9, 105.25 + 0.05 * n, -1.85) for n in range(count)]


def _layer(folder: Path, shapes: list[object], **columns: object) -> Path:
    file = folder / "desa.gpkg"
    table = gpd.GeoDataFrame(
        columns or {"nama": [f"D{n}" for n in range(len(shapes))]}, geometry=shapes, crs=4326
    )
    writing.write_geopackage(file, {"desa": table})
    return file


@pytest.mark.parametrize(
    "columns",
    [
        {"KDEPUM": "19.05.01.2001", "WADMKD": "Tuik", "WADMKC": "Kelapa", "NAMOBJ": "x", "LUASWH": 0.0},
        {"KODE_KD": "1905012001", "KEL_DESA": "Tuik", "KECAMATAN": "Kelapa"},
        {"kode": "19.05.01.2001", "nama": "Tuik", "kecamatan": "Kelapa"},
        {"Kode_Kemendagri": " 19 05 01 2001 ", "NAMA DESA": "Tuik", "nmkec": "Kelapa"},
        {"kode": 1905012001.0, "name": "Tuik", "Nama Kecamatan": "Kelapa"},
    ],
)
def test_columns_are_recognised_under_the_names_seen_in_real_files(
    tmp_path: Path, columns: dict[str, object]
):
    file = _layer(tmp_path, _squares(1), **{name: [value] for name, value in columns.items()})
    code = columns.get("KDEPUM") or columns.get("kode")
    if code == "19.05.01.2001":
        found = cg.read_villages(file)
    else:
        with pytest.warns(RepairWarning):
            found = cg.read_villages(file)
    assert found.index.tolist() == ["19.05.01.2001"]
    assert found.loc["19.05.01.2001", ["name", "kecamatan", "kemendagri_code"]].tolist() == [
        "Tuik",
        "Kelapa",
        "19.05.01.2001",
    ]


def test_bps_codes_are_kept_apart_from_kemendagri_codes(tmp_path: Path):
    codes = ["1905010001", "1905011001", "1905012001"]
    with pytest.warns(RepairWarning):
        found = cg.read_villages(_layer(tmp_path, _squares(3), kode=codes, nama=["A", "B", "C"]))
    assert found["bps_code"].tolist() == codes
    assert found["kemendagri_code"].isna().all()
    assert "read as BPS codes" in " ".join(cg.repairs(found)["reason"])
    parts = {"kdprov": ["19"], "kdkab": ["3"], "kdkec": ["10"], "kddesa": ["1"], "nmdesa": ["A"]}
    assert cg.read_villages(_layer(tmp_path, _squares(1), **parts)).index.tolist() == ["1903010001"]


def test_stripping_dots_never_turns_one_system_into_the_other():
    assert kemendagri_code("1905010001") is None
    assert bps_code("19.05.01.2001") is None


def test_the_id_is_kemendagri_then_bps_then_given_then_made_and_listed(tmp_path: Path):
    columns = {
        "village_id": ["x1", "x2", "x3", None],
        "kemendagri_code": ["19.05.01.2001", None, None, None],
        "bps_code": ["1903010001", "1903010002", None, None],
        "nama": ["A", "B", "C", "D"],
    }
    with pytest.warns(RepairWarning, match="1 assumed"):
        found = cg.read_villages(_layer(tmp_path, _squares(4), **columns))
    made = next(one for one in found.index if one.startswith("village-"))
    assert found["name"].to_dict() == {"19.05.01.2001": "A", "1903010002": "B", "x3": "C", made: "D"}


def test_a_code_that_is_none_is_refused_with_its_row(tmp_path: Path):
    file = _layer(tmp_path, _squares(2), KDEPUM=["19.05.01", "19.05.01.2001"], nama=["A", "B"])
    with pytest.raises(
        ValueRangeError, match=r"row 1, column kemendagri_code: '19.05.01' is not a Kemendagri"
    ):
        cg.read_villages(file)


def test_a_code_in_two_rows_is_refused_unless_the_row_repeats(tmp_path: Path):
    square = _squares(1) * 2
    with pytest.warns(RepairWarning, match="1 set aside"):
        found = cg.read_villages(_layer(tmp_path, square, kode=["19.05.01.2001"] * 2, nama=["A", "A"]))
    assert len(found) == 1
    file = _layer(tmp_path, _squares(2), kode=["19.05.01.2001"] * 2, nama=["A", "A"])
    with pytest.raises(DuplicateIdError, match="row 2"):
        cg.read_villages(file)


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"), [(105.2, -1.9, 32748), (101.2, -1.4, 32747), (97.3, 4.1, 32647)]
)
def test_villages_choose_their_utm_zone(tmp_path: Path, lon: float, lat: float, epsg: int):
    file = _layer(tmp_path, [shapely.box(lon, lat, lon + 0.1, lat + 0.1)])
    with pytest.warns(RepairWarning):
        own = cg.read_villages(file)
    with pytest.warns(RepairWarning):
        asked = cg.read_villages(file, study_crs="EPSG:23830")
    assert (own.crs.to_epsg(), asked.crs.to_epsg()) == (epsg, 23830)
    with pytest.raises(CRSError, match="not projected in metres"):
        cg.read_villages(file, study_crs="EPSG:4326")


def test_invalid_and_mixed_shapes_are_mended_with_their_change_of_area(tmp_path: Path):
    bow = shapely.Polygon([(105.2, -1.9), (105.3, -1.8), (105.3, -1.9), (105.2, -1.8)])
    mixed = shapely.GeometryCollection([_squares(3)[2], shapely.LineString([(105.3, -1.9), (105.4, -1.9)])])
    file = _layer(tmp_path, [bow, mixed], kode=["19.05.01.2001", "19.05.01.2002"], nama=["A", "B"])
    with pytest.warns(RepairWarning, match="2 mended"):
        found = cg.read_villages(file)
    assert found.geometry.is_valid.all()
    assert set(found.geom_type) <= {"Polygon", "MultiPolygon"}
    reasons = cg.repairs(found)["reason"].tolist()
    assert "Self-intersection" in reasons[0]
    assert "area changed by" in reasons[0]
    assert "only its areas are kept; area changed by +0.0000 ha" in reasons[1]


def test_nested_shells_become_one_shape_without_a_hole(tmp_path: Path):
    outer, inner = shapely.box(105.2, -1.9, 105.4, -1.7), shapely.box(105.25, -1.85, 105.3, -1.8)
    nested = shapely.MultiPolygon([outer, inner])
    with pytest.warns(RepairWarning, match="1 mended"):
        found = cg.read_villages(_layer(tmp_path, [nested], kode=["19.05.01.2001"], nama=["A"]))
    whole = gpd.GeoSeries([outer], crs=4326).to_crs(found.crs).area.iloc[0]
    assert found.area.iloc[0] == pytest.approx(whole, rel=1e-6)
    assert "area changed by" in cg.repairs(found)["reason"].iloc[0]


def test_missing_shapes_lines_and_points_are_refused_by_row(tmp_path: Path):
    shapes = [
        _squares(1)[0],
        None,
        shapely.LineString([(105.2, -1.9), (105.3, -1.9)]),
        shapely.Point(105, -1),
    ]
    file = _layer(tmp_path, shapes)
    with pytest.raises(GeometryTypeError) as caught:
        cg.read_villages(file)
    assert [fault.where for fault in caught.value.faults] == [f"desa.gpkg, row {row}" for row in (2, 3, 4)]


def test_neighbours_that_overlap_are_counted_and_left_as_they_are(tmp_path: Path):
    left, right = _squares(2)
    wide = shapely.box(*left.bounds[:2], left.bounds[2] + 0.001, left.bounds[3])
    codes = ["19.05.01.2001", "19.05.01.2002"]
    with pytest.warns(RepairWarning, match="1 assumed"):
        found = cg.read_villages(_layer(tmp_path, [wide, right], kode=codes, nama=["A", "B"]))
    (listed,) = cg.repairs(found).itertuples()
    assert (listed.row, listed.reason[:18]) == ("1 pair", "neighbours overlap")
    assert found.geometry.iloc[0].overlaps(found.geometry.iloc[1])


def test_latitude_first_and_metres_labelled_as_degrees_are_refused(tmp_path: Path):
    swapped = shapely.transform(_squares(1)[0], lambda x_y: x_y[:, ::-1])
    with pytest.raises(CRSError, match="longitude and latitude are swapped"):
        cg.read_villages(_layer(tmp_path, [swapped]))
    with pytest.raises(CRSError, match="which are not degrees"):
        cg.read_villages(_layer(tmp_path, [shapely.box(500_000, 9_700_000, 510_000, 9_710_000)]))


def test_a_label_that_names_the_wrong_zone_can_be_overruled_and_that_is_listed(tmp_path: Path):
    file = tmp_path / "desa.gpkg"
    square = gpd.GeoSeries(_squares(1), crs=4326).to_crs(32748).set_crs(32747, allow_override=True)
    table = gpd.GeoDataFrame(
        {"kode": ["19.05.01.2001"], "nama": ["A"]}, geometry=square.to_numpy(), crs=square.crs
    )
    writing.write_geopackage(file, {"desa": table})
    with pytest.warns(RepairWarning, match="1 assumed"):
        found = cg.read_villages(file, crs="EPSG:32748")
    assert found.geometry.iloc[0].equals_exact(square.iloc[0], 1e-6)
    assert "the file says WGS 84 / UTM zone 47S" in cg.repairs(found)["reason"].iloc[0]


def test_parents_are_named_by_a_list_of_codes(tmp_path: Path):
    codes = tmp_path / "kode.csv"
    codes.write_text("kode,nama\n19,Babel\n19.05,Bangka Barat\n19.05.01,Mentok\n19.05.01.2001,Tuik\n")
    file = _layer(tmp_path, _squares(1), kode=["19.05.01.2001"], nama=["Tuik"])
    found = cg.read_villages(file, codes=codes).iloc[0]
    assert found[["kecamatan", "kabupaten", "provinsi"]].tolist() == ["Mentok", "Bangka Barat", "Babel"]
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(MissingColumnError, match="kode and nama"):
        cg.read_villages(file, codes=tmp_path / "other.csv")


def test_people_and_offices_are_read(tmp_path: Path):
    file = _layer(
        tmp_path,
        _squares(1),
        kode=["19.05.01.2001"],
        nama=["Tuik"],
        jumlah_penduduk=["1.234,0"],
        kk=[300],
        office_lat=[-1.88],
        office_lon=[105.22],
    )
    with pytest.warns(RepairWarning, match="1 mended"):
        found = cg.read_villages(file).iloc[0]
    assert (found["people"], found["households"]) == (1234.0, 300.0)
    assert shapely.Point(found["office_x_m"], found["office_y_m"]).within(found.geometry)


def test_a_village_without_a_name_gets_its_code_and_that_is_listed(tmp_path: Path):
    file = _layer(tmp_path, _squares(1), kode=["19.05.01.2001"], nama=[""])
    with pytest.warns(RepairWarning, match="1 assumed"):
        assert cg.read_villages(file)["name"].tolist() == ["19.05.01.2001"]


def test_a_table_of_names_is_no_layer_of_villages(tmp_path: Path):
    (tmp_path / "desa.csv").write_text("kode,nama\n19.05.01.2001,Tuik\n")
    with pytest.raises(GeometryTypeError, match="has no areas"):
        cg.read_villages(tmp_path / "desa.csv")


def test_names_are_data_whatever_they_hold(tmp_path: Path):
    names = [
        "<script>alert(1)</script>",
        "{{ 7*7 }}",
        "${x}",
        "`a`",
        '"; DROP TABLE desa; --',
        "=cmd()",
        "../../etc",
    ]
    codes = [f"19.05.01.20{number:02d}" for number in range(len(names))]
    file = _layer(tmp_path, _squares(len(names)), kode=codes, nama=names)
    assert cg.read_villages(file)["name"].tolist() == names


# --- Settlements ------------------------------------------------------------------------------------------


@pytest.fixture
def villages(tmp_path: Path) -> gpd.GeoDataFrame:
    names = ["Tuik", "Air Bulin", "Mislak"]
    codes = ["19.05.01.2001", "19.05.01.2002", "19.05.02.2001"]
    kecamatan = ["Kelapa", "Kelapa", "Jebus"]
    return cg.read_villages(_layer(tmp_path, _squares(3), kode=codes, nama=names, kecamatan=kecamatan))


def test_a_settlement_belongs_to_the_village_that_holds_it_unless_it_says_otherwise(
    tmp_path: Path, villages: gpd.GeoDataFrame
):
    file = tmp_path / "dusun.csv"
    file.write_text(
        "id,dusun,lat,lon,kode\nd1,Rajek,-1.87,105.22,\nd2,Belar,-1.87,105.22,19.05.01.2002\nd3,Rumpis,,,\n"
    )
    with pytest.warns(RepairWarning, match="1 assumed"):
        found = cg.read_settlements(file, study_area=villages)
    assert found["village_id"].tolist()[:2] == ["19.05.01.2001", "19.05.01.2002"]
    assert pd.isna(found.loc["d3", "village_id"])
    assert found.geometry["d3"] is None
    assert "another village than stated" in cg.repairs(found)["reason"].iloc[0]


def test_a_settlement_may_name_its_village(tmp_path: Path, villages: gpd.GeoDataFrame):
    file = tmp_path / "dusun.csv"
    file.write_text("id,dusun,desa,kecamatan\nd1,Rajek,AIRBULIN,Kelapa\nd2,Belar,Mislak,Kelapa\n")
    found = cg.read_settlements(file, study_area=villages)
    assert found.loc["d1", "village_id"] == "19.05.01.2002"
    assert pd.isna(found.loc["d2", "village_id"])  # Mislak lies in Jebus


def test_places_without_id_and_position_are_named_after_themselves(
    tmp_path: Path, villages: gpd.GeoDataFrame
):
    file = tmp_path / "dusun.csv"
    file.write_text(
        "dusun,desa,kecamatan\nDusun 1,Tuik,Kelapa\nDusun 1,Air Bulin,Kelapa\nDusun 1,Tuik,Kelapa\n"
    )
    with pytest.warns(RepairWarning, match="1 assumed"):
        found = cg.read_settlements(file, study_area=villages)
    assert found.index.tolist() == [
        "settlement-19_05_01_2001_kelapa_dusun_1",
        "settlement-19_05_01_2001_kelapa_dusun_1-2",
        "settlement-19_05_01_2002_kelapa_dusun_1",
    ]
    assert found.geometry.isna().all()
    assert "made from the name, for it has no position" in cg.repairs(found)["reason"].iloc[0]


def test_settlements_drawn_as_areas_become_points_inside_them(tmp_path: Path, villages: gpd.GeoDataFrame):
    file = tmp_path / "dusun.gpkg"
    shape = shapely.box(105.21, -1.89, 105.22, -1.88)
    writing.write_geopackage(
        file, {"d": gpd.GeoDataFrame({"id": ["d1"], "nama": ["Rajek"]}, geometry=[shape], crs=4326)}
    )
    with pytest.warns(RepairWarning, match="1 mended"):
        found = cg.read_settlements(file, study_area=villages)
    assert found.geom_type.tolist() == ["Point"]


def test_a_settlement_without_a_name_is_refused(tmp_path: Path, villages: gpd.GeoDataFrame):
    file = tmp_path / "dusun.csv"
    file.write_text("id,nama,lat,lon\nd1,,-1.87,105.22\n")
    with pytest.raises(InputError, match="has no name"):
        cg.read_settlements(file, study_area=villages)


# --- Declared coverage ------------------------------------------------------------------------------------


def test_declared_areas_carry_operator_and_service(tmp_path: Path, villages: gpd.GeoDataFrame):
    file = tmp_path / "lte.geojson"
    shapes = [*_squares(2), shapely.box(100, 1, 101, 2)]
    table = gpd.GeoDataFrame(
        {"id": ["a", "b", "c"], "teknologi": ["LTE", "GSM", "4G"]}, geometry=shapes, crs=4326
    )
    writing.write_geojson(file, table)
    with pytest.warns(RepairWarning, match="1 set aside"):
        found = cg.read_declared_coverage(file, study_area=villages, operator="Telkomsel")
    assert found["service"].to_dict() == {"a": "4G", "b": "2G"}
    assert set(found["operator"]) == {"Telkomsel"}


def test_declared_areas_without_service_are_refused(tmp_path: Path, villages: gpd.GeoDataFrame):
    file = tmp_path / "lte.geojson"
    writing.write_geojson(file, gpd.GeoDataFrame({"id": ["a"]}, geometry=_squares(1), crs=4326))
    with pytest.raises(InputError, match="which service"):
        cg.read_declared_coverage(file, study_area=villages)
    assert len(cg.read_declared_coverage(file, study_area=villages, service="4G")) == 1


def test_a_repair_list_is_plain_values(tmp_path: Path, villages: gpd.GeoDataFrame):
    (tmp_path / "a.csv").write_text("id,lat,lon\na,105.22,-1.87\n")
    with pytest.warns(RepairWarning):
        found = cg.read_gateways(tmp_path / "a.csv", study_area=villages)
    listed = cg.repairs(found)
    assert listed.columns.tolist() == [
        "source",
        "table",
        "row",
        "column",
        "action",
        "before",
        "after",
        "reason",
    ]
    assert json.loads(json.dumps(listed.to_dict("records")))[0]["before"] == "105.22, -1.87"


def test_villages_without_any_shape_are_refused_as_a_whole(tmp_path: Path):
    file = _layer(tmp_path, [None, None], nama=["A", "B"])
    with pytest.raises(GeometryTypeError, match="none of its 2 rows has a geometry"):
        cg.read_villages(file)
    with pytest.raises(GeometryTypeError, match="none of its 2 rows"):
        cg.read_villages(file, refused="set aside")
