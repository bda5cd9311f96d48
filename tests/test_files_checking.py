"""Checking one file before it is used, and blank files to fill in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import coverage_geo as cg
from coverage_geo.errors import FileFormatError, InputError, ValueRangeError
from coverage_geo.files import writing
from coverage_geo.files.templates import write_templates

if TYPE_CHECKING:
    from pathlib import Path

AREA = cg.StudyArea((500_000, 9_740_000, 600_000, 9_840_000), "EPSG:32748")


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = cg.make_district(village_count=4, width_km=8, seed=1)
    return cg.write_district(made, tmp_path_factory.mktemp("district"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("villages.gpkg", "villages"),
        ("settlements.csv", "settlements"),
        ("towers.csv", "towers"),
        ("gateways.csv", "gateways"),
        ("poles.gpkg", "poles"),
        ("reported_status.csv", "status"),
        ("measurements.csv", "measurements"),
        ("terrain.tif", "terrain"),
        ("population.tif", "population"),
    ],
)
def test_every_input_of_a_district_is_told_from_its_columns_and_is_usable(
    district: dict[str, Path], name: str, kind: str
):
    report = cg.check_file(district[name])
    assert (report.kind, report.guessed, report.refused) == (kind, True, ())
    assert report.rows > 0
    assert json.loads(json.dumps(report.as_dict()))["usable"] is True


def test_a_report_tells_what_is_mended_set_aside_and_refused(tmp_path: Path):
    file = tmp_path / "menara.csv"
    file.write_text(
        "site_id,lintang,bujur,tinggi_menara,tahun\n"
        "A1,-1.9,105.2,31m,2021\nA1,-1.9,105.2,31m,2022\nA2,105.3,-1.9,42,2022\nA3,0,0,42,2022\nA4,-1.9,105.4,9999,2022\n"
    )
    report = cg.check_file(file)
    assert report.kind == "towers"
    assert report.counts == {"mended": 3, "assumed": 0, "set aside": 1, "refused": 2}
    assert report.rows == 2
    assert not report.is_usable
    text = "\n".join(report.lines())
    assert "refused: menara.csv, row 4" in text
    assert "swapped" in text
    assert "positions were only checked against Indonesia" in text
    table = report.table()
    assert table["action"].value_counts().to_dict() == {"mended": 3, "refused": 2, "set aside": 1}


def test_villages_narrow_what_is_accepted(tmp_path: Path):
    file = tmp_path / "menara.csv"
    file.write_text("site_id,lat,lon,tinggi\nA1,-1.9,105.2,42\nA2,-8.5,115.2,42\n")
    shape = gpd.GeoDataFrame(
        {"nama": ["A"], "kode": ["19.05.01.2001"]}, geometry=[shapely.box(105.1, -2, 105.3, -1.8)], crs=4326
    )
    writing.write_geopackage(tmp_path / "desa.gpkg", {"desa": shape})
    villages = cg.read_villages(tmp_path / "desa.gpkg")
    assert cg.check_file(file).is_usable
    report = cg.check_file(file, villages=villages)
    assert [fault.where for fault in report.refused] == [
        "menara.csv, row 2 (line 3 of the file), column lat, lon"
    ]


def test_a_file_that_cannot_be_opened_is_a_report_too(tmp_path: Path):
    (tmp_path / "a.geojson").write_text("<OGRVRTDataSource/>")
    report = cg.check_file(tmp_path / "a.geojson")
    assert (report.kind, report.rows, len(report.refused)) == ("unknown", 0, 1)
    (tmp_path / "b.csv").write_text("warna,rasa\nbiru,manis\n")
    assert "Say it: villages" in str(cg.check_file(tmp_path / "b.csv").refused[0])
    assert cg.check_file(tmp_path / "absent.csv").refused


def test_the_kind_may_be_said_and_must_be_a_known_one(tmp_path: Path):
    file = tmp_path / "a.csv"
    file.write_text("id,lat,lon\n1,-1.9,105.2\n")
    report = cg.check_file(file, "gateways")
    assert (report.kind, report.guessed, report.is_usable) == ("gateways", False, True)
    with pytest.raises(ValueRangeError, match="kind 'dishes'"):
        cg.check_file(file, "dishes")  # type: ignore[arg-type]


def test_lists_of_status_are_checked_without_villages(tmp_path: Path):
    file = tmp_path / "daftar.csv"
    file.write_text("desa,kecamatan,status\nTuik,Kelapa,belum ada\nLimbung,Jebus,zzz\n")
    report = cg.check_file(file)
    assert (report.kind, report.rows, report.counts["assumed"]) == ("status", 2, 1)
    assert any("not looked up" in remark for remark in report.remarks)


def test_checking_twice_says_the_same(district: dict[str, Path]):
    first, second = (cg.check_file(district["towers.csv"]).as_dict() for _ in range(2))
    assert first == second


def test_many_notes_of_one_kind_are_one_line_with_the_first_rows(tmp_path: Path):
    rows = "".join(f"A{n},-1.9,{105.2 + n / 1000},{30 + n}m\n" for n in range(9))
    file = tmp_path / "menara.csv"
    file.write_text("site_id,lat,lon,tinggi\n" + rows + "A9,-1.9,105.3,140 ft\n")
    lines = cg.check_file(file).lines()
    assert [line for line in lines if "mended" in line][1:] == [
        "  mended: row 10 (line 11 of the file), antenna_height_m: 140 ft -> 42.672 (converted to m)",
        (
            "  mended: 9 rows, antenna_height_m (read as number): row 1 30m -> 30; row 2 31m -> 31; "
            "row 3 32m -> 32; row 4 33m -> 33; row 5 34m -> 34; and 4 more"
        ),
    ]


def test_rows_that_are_no_numbers_are_told_without_the_word_row(tmp_path: Path):
    shapes = [shapely.box(105.2, -1.9, 105.3, -1.8), shapely.box(105.25, -1.9, 105.35, -1.8)]
    desa = gpd.GeoDataFrame({"nama": ["A", "B"]}, geometry=shapes, crs=4326)
    writing.write_geopackage(tmp_path / "desa.gpkg", {"desa": desa})
    text = "\n".join(cg.check_file(tmp_path / "desa.gpkg").lines())
    assert "assumed: 1 pair, geometry (neighbours overlap" in text
    assert "assumed: 2 rows, village_id (no id given; made from the position, such as village-" in text
    assert "row 1 pairs" not in text


def test_a_repeated_row_names_the_other_and_its_line(tmp_path: Path):
    file = tmp_path / "menara.csv"
    file.write_text("lat,lon,tinggi\n-1.9,105.2,42\n-1.9,105.3,42\n-1.9,105.2,42\n")
    text = "\n".join(cg.check_file(file, "towers").lines())
    assert "set aside: row 3 (line 4 of the file) (repeats row 1 (line 2 of the file))" in text


def test_a_report_says_which_heading_is_which_column_and_which_are_not_used(tmp_path: Path):
    file = tmp_path / "daftar.csv"
    file.write_text("name_as_printed,kecamatan,note,warna\nTuik,Kelapa,belum ada,biru\n")
    report = cg.check_file(file)
    assert "columns: place_name from 'name_as_printed', stated from 'note'" in report.remarks
    assert "not used: 'warna'" in report.remarks
    assert "rows are counted below the heading: row 1 is line 2 of the file" in report.remarks
    assert "not used: 'warna'" in str(report.as_dict()["remarks"])
    assert "  note: not used: 'warna'" in report.lines()


def test_many_statuses_that_are_not_understood_suggest_how_to_read_the_list(tmp_path: Path):
    file = tmp_path / "daftar.csv"
    file.write_text("desa,kecamatan,status\nTuik,Kelapa,titik 1\nLimbung,Jebus,titik 2\nRajek,Jebus,ada\n")
    told = [remark for remark in cg.check_file(file).remarks if "not understood" in remark]
    assert told == [
        (
            "the status of 2 rows is not understood; if they are blank spots, "
            'say state="blank" (in study.toml: [choices] reported_state = "blank")'
        )
    ]
    file.write_text("desa,kecamatan,status\nTuik,Kelapa,titik 1\nLimbung,Jebus,ada\n")
    assert not [remark for remark in cg.check_file(file).remarks if "not understood" in remark]


def test_places_without_coordinates_are_counted_as_unplaced(tmp_path: Path):
    file = tmp_path / "penduduk.csv"
    file.write_text("kode,nama,penduduk\n19.05.01.1001,Tanjung,4144\n19.05.01.1002,Sungai Daeng,5940\n")
    report = cg.check_file(file)
    assert (report.kind, report.rows, report.unplaced) == ("settlements", 2, 2)
    assert "2 usable rows, 2 of them without a place" in report.lines()[0]
    assert report.as_dict()["unplaced"] == 2


def test_proposals_are_told_from_towers_by_their_heading(tmp_path: Path):
    file = tmp_path / "a.csv"
    file.write_text("Nama Usulan,Jenis,Operator,Tinggi,Frekuensi,Lintang,Bujur,Biaya,tower_id\n")
    file.write_text(file.read_text() + "Kayu Arang,menara,XL,42 m,900,-1.93,105.62,250 juta,\n")
    assert cg.check_file(file).kind == "proposals"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "nama,x,y,tinggi\nA,518349,9771754,42\n", "Give crs= (in study.toml: [crs])"),
        ("a.csv", "nama,x,y,tinggi\nA,518349,9771754,42\n", "[columns.towers] lon"),
        ("a.csv", "nama,lat,lon\nA,-1.9,305.2\n", '(in study.toml: [choices] refused = "set aside")'),
    ],
)
def test_remedies_name_what_a_study_toml_can_say(tmp_path: Path, name: str, text: str, said: str):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as caught:
        cg.read_towers(tmp_path / name, study_area=AREA)
    assert said in str(caught.value)


# --- Templates --------------------------------------------------------------------------------------------


READERS = {
    "villages.gpkg": ("villages", cg.read_villages),
    "settlements.csv": ("settlements", cg.read_settlements),
    "towers.csv": ("towers", cg.read_towers),
    "sectors.csv": ("sectors", cg.read_sectors),
    "poles.csv": ("poles", cg.read_pole_lines),
    "pole_lines.gpkg": ("poles", cg.read_pole_lines),
    "gateways.csv": ("gateways", cg.read_gateways),
    "proposals.csv": ("proposals", cg.read_proposals),
    "measurements.csv": ("measurements", cg.read_measurements),
    "declared_coverage.gpkg": ("declared", cg.read_declared_coverage),
}


@pytest.mark.parametrize("name", READERS)
def test_a_template_without_rows_is_refused_by_its_reader_and_told_by_its_name(tmp_path: Path, name: str):
    file = {one.name: one for one in write_templates(tmp_path / "new")}[name]
    kind, reader = READERS[name]
    area = {} if kind == "villages" else {"study_area": AREA}
    told = f"{name}: has no rows. Fill it in, or take it out of the study."
    with pytest.raises(FileFormatError) as caught:
        reader(file, **area)
    assert str(caught.value) == told
    report = cg.check_file(file)
    assert (report.kind, report.rows, [str(fault) for fault in report.refused]) == (kind, 0, [told])


def test_a_file_without_rows_or_telling_name_is_of_no_kind(tmp_path: Path):
    empty = gpd.GeoDataFrame({"nama": pd.Series([], dtype=object)}, geometry=[], crs=4326)
    writing.write_geopackage(tmp_path / "a.gpkg", {"a": empty})
    report = cg.check_file(tmp_path / "a.gpkg")
    assert (report.kind, report.rows) == ("unknown", 0)
    assert "has no rows" in report.lines()[-1]


def test_templates_explain_every_column_in_two_languages_and_leave_files_alone(tmp_path: Path):
    (tmp_path / "towers.csv").write_text("mine")
    written = write_templates(tmp_path)
    assert (tmp_path / "towers.csv").read_text() == "mine"
    assert "towers.csv" not in [file.name for file in written]
    explained = (tmp_path / "columns.csv").read_text(encoding="utf-8")
    assert "tinggi antena di atas tanah (m),antenna above ground,m" in explained
    for name in ("settlements.csv", "sectors.csv", "gateways.csv"):
        for heading in (tmp_path / name).read_text().strip().split(","):
            assert f"{name},{heading}," in explained
    again = tmp_path / "again"
    write_templates(again)
    for file in again.iterdir():
        if file.name != "towers.csv":
            assert file.read_bytes() == (tmp_path / file.name).read_bytes()


def test_a_filled_in_template_is_read(tmp_path: Path):
    write_templates(tmp_path)
    file = tmp_path / "gateways.csv"
    file.write_text(file.read_text() + "POP-1,Mentok,Icon Plus,OLT,16,18,-1.9,105.2\n")
    area = cg.StudyArea((500_000, 9_740_000, 600_000, 9_840_000), "EPSG:32748")
    found = cg.read_gateways(file, study_area=area)
    assert found.loc["POP-1", ["name", "operator", "kind", "ports"]].tolist() == [
        "Mentok",
        "Icon Plus",
        "OLT",
        16,
    ]
    assert np.isfinite(found.geometry.x.iloc[0])


@pytest.mark.parametrize(
    ("name", "text", "kind", "rows"),
    [
        ("tinggi.csv", "class,height_m\n10,25\n50,6\n", "clutter_heights", 2),
        ("antena.csv", "cut,angle_deg,gain_db\n" + "".join(f"{cut},{angle},0\n" for cut in ("horizontal", "vertical") for angle in range(0, 360, 10)), "pattern", 72),
        ("omni.msi", "HORIZONTAL 360\n" + "".join(f"{angle} 0\n" for angle in range(360)) + "VERTICAL 360\n" + "".join(f"{angle} 0\n" for angle in range(360)), "pattern", 720),
        ("jalan.geojson", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"highway":"primary"},"geometry":{"type":"LineString","coordinates":[[105.1,-1.9],[105.2,-1.9]]}}]}', "roads", 1),
        ("larangan.geojson", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"jenis":"hutan"},"geometry":{"type":"Polygon","coordinates":[[[105.1,-1.9],[105.2,-1.9],[105.2,-1.8],[105.1,-1.9]]]}}]}', "obstacles", 1),
    ],
)  # fmt: skip
def test_what_shapes_signal_and_cable_is_recognised_and_counted(
    tmp_path: Path, name: str, text: str, kind: str, rows: int
):
    (tmp_path / name).write_text(text)
    report = cg.check_file(tmp_path / name)
    assert (report.kind, report.rows, report.refused) == (kind, rows, ())


@pytest.mark.parametrize(
    ("name", "kind"),
    [("worldcover.tif", "land_cover"), ("kanopi_2020.tif", "canopy"), ("demnas.tif", "terrain")],
)
def test_a_raster_is_told_by_its_name(tmp_path: Path, name: str, kind: str):
    writing.write_geotiff(
        tmp_path / name, cg.Raster(np.full((9, 9), 10), 5e5, 98e5, 30, 30, "EPSG:32748", "m")
    )
    report = cg.check_file(tmp_path / name)
    assert (report.kind, report.rows) == (kind, 81)
