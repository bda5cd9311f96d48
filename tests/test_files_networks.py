"""Towers, sectors, poles, gateways and proposals, as planners have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import coverage_geo as cg
from coverage_geo.errors import (
    DuplicateIdError,
    GeometryTypeError,
    InputError,
    MissingColumnError,
    RepairWarning,
    ValueRangeError,
)
from coverage_geo.files import writing

if TYPE_CHECKING:
    from pathlib import Path

AREA = cg.StudyArea((500_000, 9_740_000, 600_000, 9_840_000), "EPSG:32748")


def _csv(folder: Path, text: str, name: str = "menara.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_towers_are_recognised_under_the_names_seen_in_real_files(tmp_path: Path):
    file = _csv(
        tmp_path,
        "Site_ID,Lintang,Bujur,Tinggi_M,Pemilik,Pengguna,Status,Teknologi,Frekuensi,tipe\n"
        'A1,-1.9,105.2,42,PT Menara,"TSEL, ISAT",on air,LTE,900,GF\n'
        "A2,-1.9,105.3,32,PT Menara,XL Axiata,Rencana,2G,1800 MHz,RT\n"
        "A3,-1.9,105.4,52,PT Menara,Telkomsel,Dalam gangguan,4G,,GF\n",
    )
    with pytest.warns(RepairWarning):
        found = cg.read_towers(file, study_area=AREA)
    assert found["operator"].tolist() == ["Indosat, Telkomsel", "XL", "Telkomsel"]
    assert found["status"].tolist() == ["on air", "planned", "faulty"]
    assert found["service"].tolist() == ["4G", "2G", "4G"]
    assert found["antenna_height_m"].tolist() == [42, 32, 52]
    assert found["frequency_mhz"].iloc[:2].tolist() == [900, 1800]
    assert found["tipe"].tolist() == ["GF", "RT", "GF"]
    assert set(found["owner"]) == {"PT Menara"}


def test_heights_with_a_unit_zero_or_nothing_are_read_and_listed(tmp_path: Path):
    rows = 'A1,-1.9,105.2,31m\nA2,-1.9,105.3,0\nA3,-1.9,105.4,\nA4,-1.9,105.5,"31,5 meter"\nA5,-1.9,105.6,-\n'
    file = _csv(tmp_path, "site_id,lat,lon,tinggi_menara\n" + rows)
    with pytest.warns(RepairWarning, match="3 mended"):
        found = cg.read_towers(file, study_area=AREA)
    assert found["antenna_height_m"].tolist()[0::3] == [31.0, 31.5]
    assert found["antenna_height_m"].isna().tolist() == [False, True, True, False, True]
    assert cg.repairs(found)["before"].tolist() == ["0", "31m", "31,5 meter"]


def test_heights_that_are_no_number_or_out_of_range_are_refused(tmp_path: Path):
    file = _csv(
        tmp_path, "site_id,lat,lon,height\nA1,-1.9,105.2,42-72\nA2,-1.9,105.3,4200\nA3,-1.9,105.3,-4\n"
    )
    with pytest.raises(ValueRangeError) as caught:
        cg.read_towers(file, study_area=AREA)
    texts = [str(fault) for fault in caught.value.faults]
    assert "row 1 (line 2 of the file), column antenna_height_m: '42-72' is not a number" in texts[0]
    assert "'4200 m' is out of range" in texts[1]
    assert "as a number of 1 to 500 m" in texts[2]


def test_a_site_listed_once_per_year_stands_once(tmp_path: Path):
    file = _csv(
        tmp_path,
        "site_id,lat,lon,height,tahun\nA1,-1.9,105.2,42,2021\nA1,-1.9,105.2,42,2022\nA2,-1.9,105.3,32,2022\n",
    )
    with pytest.warns(RepairWarning, match="1 set aside"):
        found = cg.read_towers(file, study_area=AREA)
    assert found["year"].to_dict() == {"A1": "2022", "A2": "2022"}
    assert cg.repairs(found)["row"].tolist() == ["1"]


def test_a_site_whose_rows_differ_is_refused(tmp_path: Path):
    file = _csv(tmp_path, "site_id,lat,lon,height\nA1,-1.9,105.2,42\nA1,-1.9,105.2,72\n")
    with pytest.raises(DuplicateIdError, match="differs"):
        cg.read_towers(file, study_area=AREA)


def test_towers_without_ids_repeat_only_when_everything_agrees(tmp_path: Path):
    file = _csv(
        tmp_path, "lat,lon,operator\n-1.9,105.2,Telkomsel\n-1.9,105.2,Indosat\n-1.9,105.2,Telkomsel\n"
    )
    with pytest.warns(RepairWarning, match="1 assumed, 1 set aside"):
        found = cg.read_towers(file, study_area=AREA)
    assert sorted(found["operator"]) == ["Indosat", "Telkomsel"]
    assert found.index.str.startswith("tower-").all()


def test_a_row_that_is_set_aside_names_the_row_it_repeats(tmp_path: Path):
    rows = "A1,-1.9,105.2,42,2021\nA1,-1.9,105.2,42,2022\nA1,-1.9,105.2,42,2022\n,-1.9,105.3,32,\n,-1.9,105.3,32,\n"
    file = _csv(tmp_path, "site_id,lat,lon,height,tahun\n" + rows)
    with pytest.warns(RepairWarning, match="3 set aside"):
        found = cg.read_towers(file, study_area=AREA)
    aside = cg.repairs(found).query("action == 'set aside'").set_index("row")
    assert aside["reason"].to_dict() == {
        "1": "repeats row 2 (line 3 of the file), which speaks of a later year",
        "3": "repeats row 2 (line 3 of the file)",
        "5": "repeats row 4 (line 5 of the file)",
    }
    assert aside["before"].to_dict() == {"1": "A1", "3": "A1", "5": ""}


def test_ids_made_from_a_position_are_the_same_in_every_crs(tmp_path: Path):
    rows = "".join(f"{-1.9 - n * 1.0000005e-2:.7f},{105.2 + n * 1.00005e-2:.6f}\n" for n in range(20))
    file = _csv(tmp_path, "lat,lon\n" + rows)
    ids = []
    for epsg in ("EPSG:32748", "EPSG:32747", "EPSG:23878"):
        area = cg.StudyArea(AREA.bounds, "EPSG:32748")
        if epsg != "EPSG:32748":
            corners = gpd.GeoSeries([shapely.box(*AREA.bounds)], crs="EPSG:32748").to_crs(epsg)
            area = cg.StudyArea(tuple(corners.total_bounds), epsg)
        with pytest.warns(RepairWarning):
            ids.append(cg.read_towers(file, study_area=area).index.tolist())
    assert ids[0] == ids[1] == ids[2]
    assert ids[0][0] == "tower-1.90000S-105.20000E"


def test_a_tower_outside_all_villages_is_kept_and_listed(tmp_path: Path):
    villages = gpd.GeoDataFrame(
        {"name": ["Tuik"]}, geometry=[shapely.box(*AREA.bounds)], crs=AREA.crs
    ).set_index(pd.Index(["19.05.04.2011"], name="village_id"))
    file = _csv(tmp_path, "site_id,lat,lon\nA1,-1.9,105.2\nA2,-1.9,104.9\n")
    with pytest.warns(RepairWarning, match="1 assumed"):
        found = cg.read_towers(file, study_area=villages)
    assert found.index.tolist() == ["A1", "A2"]
    listed = cg.repairs(found)[["row", "reason"]].to_numpy().tolist()
    assert listed == [["2", "lies outside all villages; kept, for it may serve across the border"]]


def test_placeholder_owners_are_missing(tmp_path: Path):
    file = _csv(tmp_path, "site_id,lat,lon,pemilik\nA1,-1.9,105.2,-\nA2,-1.9,105.3,N/A\nA3,-1.9,105.4,PT A\n")
    found = cg.read_towers(file, study_area=AREA)
    assert found["owner"].isna().tolist() == [True, True, False]


def test_a_status_that_is_not_understood_is_left_unknown_and_listed(tmp_path: Path):
    file = _csv(tmp_path, "site_id,lat,lon,status\nA1,-1.9,105.2,zzz\n")
    with pytest.warns(RepairWarning, match="1 mended"):
        found = cg.read_towers(file, study_area=AREA)
    assert found["status"].isna().all()


def test_cells_of_opencellid_are_recognised_and_the_reader_says_what_they_are(tmp_path: Path):
    file = _csv(
        tmp_path,
        "radio,mcc,net,area,cell,unit,lon,lat,range,samples\n"
        "LTE,510,10,1,7,0,105.2,-1.9,1000,9\nGSM,510,1,1,8,0,105.3,-1.9,1000,9\n",
    )
    with pytest.warns(RepairWarning, match="1 assumed"):
        found = cg.read_towers(file, study_area=AREA)
    assert found["service"].to_dict() == {"510-1-1-8": "2G", "510-10-1-7": "4G"}
    assert "not of masts" in cg.repairs(found)["reason"].iloc[0]


# --- Towers from code -------------------------------------------------------------------------------------


def test_towers_from_code_stand_where_they_are_put():
    rows = [
        {"tower_id": "b", "lon": 105.2, "lat": -1.9, "antenna_height_m": 42},
        {"tower_id": "a", "lon": 105.3, "lat": -1.9, "operator": "Telkomsel", "note": "hill"},
    ]
    found = cg.tower_table(rows, study_area=AREA)
    assert found.index.tolist() == ["a", "b"]
    assert found.loc["a", "note"] == "hill"
    metres = cg.tower_table([{"tower_id": "c", "x_m": 522_000, "y_m": 9_790_000}], study_area=AREA)
    assert metres.geometry.iloc[0].equals(shapely.Point(522_000, 9_790_000))


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([{"lon": 105.2, "lat": -1.9}], "tower_id"),
        ([{"tower_id": "a", "lon": -1.9, "lat": 105.2}], "swapped"),
        ([{"tower_id": "a", "lon": 105.2, "lat": -1.9, "antenna_height_m": -4}], "out of range"),
        ([{"tower_id": "a", "lon": 105.2, "lat": -1.9, "antenna_height_m": "42m"}], r"Write 42\."),
        ([{"tower_id": "a", "lon": 105.2, "lat": -1.9}] * 2, "stands in another row"),
        ([{"tower_id": "a", "lon": 150.2, "lat": -1.9}], "outside the study area"),
        ([{"tower_id": "a", "lon": 105.2}], "no columns of coordinates"),
        ([{"tower_id": "a", "lon": float("nan"), "lat": -1.9}], "is not a coordinate"),
        ([{"tower_id": "a", "lon": 105.2, "lat": -1.9, "status": "sleepy"}], "means none of"),
    ],
)
def test_towers_from_code_are_never_mended(rows: list[dict[str, object]], match: str):
    with pytest.raises(InputError, match=match):
        cg.tower_table(rows, study_area=AREA)


# --- Sectors ----------------------------------------------------------------------------------------------


def test_sectors_hang_on_towers_that_exist(tmp_path: Path):
    towers = cg.tower_table([{"tower_id": "A1", "lon": 105.2, "lat": -1.9}], study_area=AREA)
    file = _csv(tmp_path, "site_id,azimuth,frekuensi\nA1,120,900\nA1,0,900\nA1,120,1800\n")
    with pytest.warns(RepairWarning, match="1 assumed"):
        found = cg.read_sectors(file, study_area=AREA, towers=towers)
    assert found["azimuth_deg"].to_dict() == {"A1/1": 0, "A1/2": 120, "A1/3": 120}
    assert found["frequency_mhz"].tolist() == [900, 900, 1800]
    with pytest.raises(InputError, match="'A9' is not among the towers"):
        cg.read_sectors(_csv(tmp_path, "sector_id,site_id\ns,A9\n"), towers=towers)
    with pytest.raises(InputError, match="names no tower"):
        cg.read_sectors(_csv(tmp_path, "sector_id,site_id\ns,\n"))
    with pytest.raises(MissingColumnError, match="Say which it is"):
        cg.read_sectors(_csv(tmp_path, "sector_id,azimuth\ns,1\n"))


# --- Poles ------------------------------------------------------------------------------------------------


def _poles(folder: Path) -> Path:
    points = gpd.GeoDataFrame(
        {"id_tiang": ["t1", "t2"], "tegangan": ["SUTM 20 kV", "JTR"], "izin": ["ya", "tidak"]},
        geometry=gpd.points_from_xy([105.2, 105.21], [-1.9, -1.9]),
        crs=4326,
    )
    line = shapely.MultiLineString([[(105.2, -1.9), (105.21, -1.9)], [(105.3, -1.9), (105.31, -1.9)]])
    lines = gpd.GeoDataFrame({"id_tiang": ["p1"], "tegangan": ["JTM"]}, geometry=[line], crs=4326)
    writing.write_geopackage(folder / "pln.gpkg", {"tiang": points, "penyulang": lines})
    return folder / "pln.gpkg"


def test_points_and_lines_of_all_layers_come_together(tmp_path: Path):
    with pytest.warns(RepairWarning, match="1 mended"):
        found = cg.read_pole_lines(_poles(tmp_path), study_area=AREA)
    assert found["voltage"].to_dict() == {"p1#1": "JTM", "p1#2": "JTM", "t1": "JTM", "t2": "JTR"}
    assert found.geom_type.to_dict() == {
        "p1#1": "LineString",
        "p1#2": "LineString",
        "t1": "Point",
        "t2": "Point",
    }
    assert found.loc[["t1", "t2"], "permitted"].tolist() == [True, False]
    assert len(cg.read_pole_lines(_poles(tmp_path), study_area=AREA, layer="tiang")) == 2


def test_several_files_come_together_and_ids_used_twice_are_told_apart(tmp_path: Path):
    first = _csv(tmp_path, "id,lat,lon\n1,-1.9,105.2\n2,-1.9,105.21\n", "a.csv")
    second = _csv(tmp_path, "id,lat,lon\n1,-1.9,105.3\n", "b.csv")
    with pytest.warns(RepairWarning, match="2 assumed"):
        found = cg.read_pole_lines([second, first], study_area=AREA)
    assert found.index.tolist() == ["a.csv:1", "a.csv:2", "b.csv:1"]


def test_poles_without_ids_get_ids_from_where_they_stand(tmp_path: Path):
    rows = [f"{-1.9 - number * 1e-3:.4f},105.2" for number in range(5)]
    with pytest.warns(RepairWarning, match="1 assumed"):
        forth = cg.read_pole_lines(_csv(tmp_path, "\n".join(["lat,lon", *rows, rows[0]])), study_area=AREA)
    with pytest.warns(RepairWarning, match="1 assumed"):
        back = cg.read_pole_lines(
            _csv(tmp_path, "\n".join(["lat,lon", *rows[::-1], rows[0]])), study_area=AREA
        )
    assert forth.to_wkt().equals(back.to_wkt())
    assert sum(one.endswith("-2") for one in forth.index) == 1


def test_a_pole_id_used_twice_is_refused_unless_the_row_repeats(tmp_path: Path):
    with pytest.warns(RepairWarning, match="1 set aside"):
        assert (
            len(
                cg.read_pole_lines(
                    _csv(tmp_path, "id,lat,lon\n1,-1.9,105.2\n1,-1.9,105.2\n"), study_area=AREA
                )
            )
            == 1
        )
    with pytest.raises(DuplicateIdError):
        cg.read_pole_lines(_csv(tmp_path, "id,lat,lon\n1,-1.9,105.2\n1,-1.9,105.3\n"), study_area=AREA)


def test_lines_with_latitude_first_are_mended_and_far_ones_refused(tmp_path: Path):
    lines = [[(-1.9, 105.2), (-1.9, 105.3)], [(110.2, -1.9), (110.3, -1.9)]]
    shapes = [shapely.LineString(line) for line in lines]
    writing.write_geopackage(
        tmp_path / "a.gpkg", {"l": gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=shapes, crs=4326)}
    )
    with pytest.raises(InputError, match="row 2: lies more than 5 km outside"):
        cg.read_pole_lines(tmp_path / "a.gpkg", study_area=AREA)
    with pytest.warns(RepairWarning, match="1 mended, 1 set aside"):
        found = cg.read_pole_lines(tmp_path / "a.gpkg", study_area=AREA, refused="set aside")
    assert found.index.tolist() == ["a"]
    assert found.to_crs(4326).total_bounds == pytest.approx([105.2, -1.9, 105.3, -1.9])


def test_many_rows_with_one_reason_are_listed_together(tmp_path: Path):
    rng = np.random.default_rng(7)
    table = pd.DataFrame(
        {"id": [f"t{number}" for number in range(5000)], "lat": -1.9, "lon": rng.uniform(105.1, 105.9, 5000)}
    )
    table.loc[1000:3999, ["lat", "lon"]] = table.loc[1000:3999, ["lon", "lat"]].to_numpy().copy()
    table.to_csv(tmp_path / "a.csv", index=False)
    with pytest.warns(RepairWarning, match="1 mended"):
        found = cg.read_pole_lines(tmp_path / "a.csv", study_area=AREA)
    assert cg.repairs(found)["row"].tolist() == ["1001-4000 (3000 rows)"]


# --- Proposals --------------------------------------------------------------------------------------------


def test_proposals_come_as_towers_repairs_and_drawn_routes(tmp_path: Path):
    towers = cg.tower_table(
        [{"tower_id": "A1", "lon": 105.2, "lat": -1.9, "status": "faulty"}], study_area=AREA
    )
    file = _csv(
        tmp_path,
        "id,jenis,tower_id,lat,lon,tinggi_menara,mitra\nU1,menara baru,,-1.9,105.3,42,Telkomsel\nU2,perbaikan,A1,,,,Icon Plus\n",
    )
    found = cg.read_proposals(file, study_area=AREA, towers=towers)
    assert found["kind"].to_dict() == {"U1": "tower", "U2": "repair"}
    assert found.geometry["U2"].equals(towers.geometry["A1"])
    assert found["partner"].tolist() == ["Telkomsel", "Icon Plus"]
    drawn = [
        shapely.Point(105.3, -1.9),
        shapely.MultiLineString([[(105.2, -1.9), (105.3, -1.9)], [(105.3, -1.9), (105.4, -1.9)]]),
    ]
    writing.write_geojson(
        tmp_path / "d.geojson", gpd.GeoDataFrame({"id": ["T", "R"]}, geometry=drawn, crs=4326)
    )
    with pytest.warns(RepairWarning, match="2 assumed"):
        routes = cg.read_proposals(tmp_path / "d.geojson", study_area=AREA)
    assert routes["kind"].to_dict() == {"R": "route", "T": "tower"}
    assert routes.geom_type.to_dict() == {"R": "LineString", "T": "Point"}


def test_a_repair_names_a_tower_that_stands(tmp_path: Path):
    towers = cg.tower_table([{"tower_id": "A1", "lon": 105.2, "lat": -1.9}], study_area=AREA)
    with pytest.raises(InputError, match="'A9' is not among the towers"):
        cg.read_proposals(_csv(tmp_path, "id,kind,tower_id\nU,repair,A9\n"), study_area=AREA, towers=towers)
    with pytest.raises(InputError, match="names no tower"):
        cg.read_proposals(_csv(tmp_path, "id,kind,tower_id\nU,repair,\n"), study_area=AREA, towers=towers)
    found = cg.read_proposals(_csv(tmp_path, "kind,tower_id\nrepair,A1\n"), study_area=AREA, towers=towers)
    assert found.index.tolist() == ["repair-A1"]


def test_a_route_is_one_line_and_a_tower_one_point(tmp_path: Path):
    broken = shapely.MultiLineString([[(105.2, -1.9), (105.3, -1.9)], [(105.4, -1.9), (105.5, -1.9)]])
    writing.write_geojson(
        tmp_path / "d.geojson",
        gpd.GeoDataFrame({"id": ["R"], "kind": ["route"]}, geometry=[broken], crs=4326),
    )
    with pytest.raises(GeometryTypeError, match="several parts"):
        cg.read_proposals(tmp_path / "d.geojson", study_area=AREA)
    writing.write_geojson(
        tmp_path / "e.geojson",
        gpd.GeoDataFrame({"id": ["R"], "kind": ["route"]}, geometry=[shapely.Point(105.2, -1.9)], crs=4326),
    )
    with pytest.raises(GeometryTypeError, match="does not fit the shape"):
        cg.read_proposals(tmp_path / "e.geojson", study_area=AREA)


def test_a_proposed_tower_needs_a_place(tmp_path: Path):
    with pytest.raises(InputError, match="has no coordinates"):
        cg.read_proposals(_csv(tmp_path, "id,kind,lat,lon\nU,tower,,\n"), study_area=AREA)
