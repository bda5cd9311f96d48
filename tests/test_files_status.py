"""Reported status: words become states, places are found by code, point or name, nothing is lost."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import coverage_geo as cg
from coverage_geo.errors import MissingColumnError, RepairWarning, ValueRangeError
from coverage_geo.files.names import name_key
from coverage_geo.files.status import STATUS_WORDS, StatusWord

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {
    "19.05.04.2014": ("Pangkal Beras", "Kelapa"),
    "19.05.04.2011": ("Tuik", "Kelapa"),
    "19.05.03.2004": ("Limbung", "Jebus"),
    "13.11.06.2004": ("Pauh Duo Nan Batigo", "Pauh Duo"),
    "13.11.06.2001": ("Alam Pauh Duo", "Pauh Duo"),
    "13.11.01.2002": ("Lubuk Gadang Timur", "Sangir"),
    "13.11.01.2001": ("Lubuk Gadang", "Sangir"),
    "13.11.02.2005": ("Simpang Tanjung Nan IV", "Danau Kembar"),
    "13.11.02.2006": ("Sungai Kalu II", "Danau Kembar"),
}


@pytest.fixture
def villages() -> gpd.GeoDataFrame:
    shapes = [shapely.box(n * 1e4, 9.7e6, n * 1e4 + 1e4, 9.71e6) for n in range(50, 50 + len(NAMES))]
    table = gpd.GeoDataFrame(
        {
            "name": [name for name, _ in NAMES.values()],
            "kecamatan": [kecamatan for _, kecamatan in NAMES.values()],
            "kemendagri_code": list(NAMES),
        },
        geometry=shapes,
        crs="EPSG:32748",
    )
    return table.set_index(pd.Index(NAMES, name="village_id")).sort_index()


@pytest.fixture
def settlements(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(
        {
            "name": ["Rajek", "Tuik"],
            "kecamatan": ["Kelapa", "Jebus"],
            "village_id": ["19.05.04.2011", "19.05.03.2004"],
        },
        geometry=gpd.points_from_xy([515_000, 525_000], [9_705_000, 9_705_000]),
        crs=villages.crs,
    )
    return table.set_index(pd.Index(["d1", "d2"], name="settlement_id"))


def _read(folder: Path, villages: gpd.GeoDataFrame, text: str, **more: object) -> gpd.GeoDataFrame:
    file = folder / "status.csv"
    file.write_text(text, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RepairWarning)
        return cg.read_reported_status(file, villages=villages, **more)


@pytest.mark.parametrize(
    ("words", "state", "service", "provider"),
    [
        ("Belum ada", "blank", "any", None),
        ("BLANK SPOT", "blank", "any", None),
        ("tidak ada sinyal", "blank", "any", None),
        ("tidak ada sinyal 4G", "blank", "4G", None),
        ("Lemah", "weak", "any", None),
        ("sudah ada", "served", "any", None),
        ("Icon+", "served", "fixed", "Icon Plus"),
        ("kerja sama dengan PLN Icon", "served", "fixed", "Icon Plus"),
        ("belum ada Icon+", "blank", "fixed", "Icon Plus"),
        ("Telkomsel", "served", "4G", "Telkomsel"),
        ("tower", "served", "4G", None),
        ("menara (bermasalah)", "trouble", "4G", None),
        ("tower dalam gangguan", "trouble", "4G", None),
        ("tidak ada gangguan", "served", "any", None),
        ("belum diketahui", "unknown", "any", None),
        ("kunjungan tim", "unknown", "any", None),
        ("15 hard-signal places; Sinarsurya tower finished by 2022", "weak", "any", None),
        ("belum ada sinyal; tower selesai 2022", "blank", "any", None),
        ("belum ada tower", "blank", "4G", None),
        ("sudah ada; tower selesai 2022", "served", "any", None),
        ("sudah ada; tower on air", "served", "4G", None),
        ("tower; bermasalah 4G", "trouble", "4G", None),
        ("lemah; Telkomsel", "weak", "any", "Telkomsel"),
        ("lemah Telkomsel 4G", "weak", "4G", "Telkomsel"),
        ("sinyal 2G lemah", "weak", "2G", None),
        ("ada; Telkomsel", "served", "4G", "Telkomsel"),
    ],
)
def test_words_of_real_lists_are_understood(
    tmp_path: Path, villages: gpd.GeoDataFrame, words: str, state: str, service: str, provider: str | None
):
    found = _read(tmp_path, villages, f"desa,kecamatan,status\nTUIK,Kelapa,{words}\n").iloc[0]
    assert (found["state"], found["service"]) == (state, service)
    assert found["provider"] == provider if provider else pd.isna(found["provider"])


def test_what_is_not_understood_is_listed_and_can_be_taught(tmp_path: Path, villages: gpd.GeoDataFrame):
    text = "desa,kecamatan,status\nTUIK,Kelapa,kosong melompong\n"
    found = _read(tmp_path, villages, text)
    assert found["state"].tolist() == ["unknown"]
    assert "not understood" in " ".join(cg.repairs(found)["reason"])
    taught = _read(
        tmp_path, villages, text, words=[StatusWord("kosong melompong", state="blank", service="fixed")]
    )
    assert taught[["state", "service"]].to_numpy().tolist() == [["blank", "fixed"]]
    asked = _read(tmp_path, villages, text, state="blank", service="4G", date="2021", source="Kominfo")
    assert asked[["state", "service", "date", "source"]].to_numpy().tolist() == [
        ["blank", "4G", "2021", "Kominfo"]
    ]


def test_a_status_word_is_checked():
    with pytest.raises(ValueRangeError, match="'gone'"):
        StatusWord("x", state="gone")
    assert all(word.words == word.words.casefold() for word in STATUS_WORDS)


def test_provider_and_status_may_stand_in_two_columns(tmp_path: Path, villages: gpd.GeoDataFrame):
    text = "desa,kecamatan,status,penyedia\nTUIK,Kelapa,sudah ada,PLN Icon Plus\nLIMBUNG,Jebus,belum ada,-\n"
    found = _read(tmp_path, villages, text).set_index("place_name")
    assert found.loc["TUIK", ["state", "service", "provider"]].tolist() == ["served", "fixed", "Icon Plus"]
    assert found.loc["LIMBUNG", "state"] == "blank"


@pytest.mark.parametrize(
    ("status", "provider", "service"),
    [
        ("lemah", "Telkomsel", "any"),
        ("lemah", "Telkomsel 4G", "4G"),
        ("belum ada", "tower", "any"),
        ("sudah ada", "Telkomsel", "4G"),
        ("sudah ada", "menara", "4G"),
        ("gangguan", "tower BAKTI", "4G"),
        ("lemah", "Icon+", "fixed"),
    ],
)
def test_an_operator_tells_the_service_of_places_it_serves_only(
    tmp_path: Path, villages: gpd.GeoDataFrame, status: str, provider: str, service: str
):
    found = _read(tmp_path, villages, f"desa,kecamatan,status,penyedia\nTUIK,Kelapa,{status},{provider}\n")
    assert found["service"].tolist() == [service]


def test_podes_answers_become_states(tmp_path: Path, villages: gpd.GeoDataFrame):
    text = "iddesa,nmdesa,nmkec,R1005C\n,Tuik,Kelapa,1\n,Limbung,Jebus,4\n,Pangkal Beras,Kelapa,3\n"
    found = _read(tmp_path, villages, text).set_index("place_name")
    assert found["state"].to_dict() == {"Limbung": "blank", "Pangkal Beras": "weak", "Tuik": "served"}


@pytest.mark.parametrize(
    ("name", "kecamatan", "village", "kind"),
    [
        ("PANGKALBERAS", "Kelapa", "19.05.04.2014", "name"),
        ("Puah Duo Nanbatigo", "Pauh Duo", "13.11.06.2004", "name"),
        ("Simpang Tj. Nan 4", "Danau Kembar", "13.11.02.2005", "name"),
        ("Nagari Lubukgadang", "Kec. Sangir", "13.11.01.2001", "name"),
        ("Limbung", "Kelapa/Jebus", "19.05.03.2004", "name"),
        ("Pangkal Bras", "Kelapa", "19.05.04.2014", "similar name"),
        ("Pauh Duo Nan Batiga", "Pau Duo", "13.11.06.2004", "similar name"),
        ("Limbung", "Kelapa", None, "none"),  # another kecamatan
        ("Lubuk Gadang Barat", "Sangir", None, "none"),  # a telling word differs
        ("Sungai Kalu III", "Danau Kembar", None, "none"),
        ("Pauhduo", "Pauh Duo", None, "none"),
    ],
)
def test_names_are_looked_up_within_their_kecamatan(
    tmp_path: Path, villages: gpd.GeoDataFrame, name: str, kecamatan: str, village: str | None, kind: str
):
    found = _read(tmp_path, villages, f"desa,kecamatan,status\n{name},{kecamatan},belum ada\n")
    row = found.iloc[0]
    assert row["match_kind"] == kind
    assert (None if pd.isna(row["village_id"]) else row["village_id"]) == village
    if NAMES.get(village or "", ("",))[0] == name:
        assert cg.repairs(found).empty
        return
    listed = cg.repairs(found).iloc[0]
    assert listed["before"] == name
    if kind == "none":
        assert "nearest: " in listed["reason"]
        assert " %)" in listed["reason"]
    elif kind == "similar name":
        assert 85 <= row["match_score"] < 100
        assert "%" in listed["reason"]


def test_equal_names_in_one_kecamatan_are_not_chosen_between(tmp_path: Path, villages: gpd.GeoDataFrame):
    twins = villages.assign(kecamatan="Kelapa", name="Tuik")
    found = _read(tmp_path, twins, "desa,kecamatan,status\nTuik,Kelapa,belum ada\n")
    assert found["match_kind"].tolist() == ["none"]


def test_a_code_decides_before_a_name_and_a_strange_code_is_listed(
    tmp_path: Path, villages: gpd.GeoDataFrame
):
    text = (
        "kode,desa,kecamatan,status\n19.05.03.2004,Tuik,Kelapa,belum ada\n19.05.99.2001,Tuik,Kelapa,lemah\n"
    )
    found = _read(tmp_path, villages, text).set_index("state")
    assert found["village_id"].to_dict() == {"blank": "19.05.03.2004", "weak": "19.05.04.2011"}
    assert found["match_kind"].to_dict() == {"blank": "code", "weak": "name"}
    assert "no village has this code" in " ".join(cg.repairs(found)["reason"])


def test_points_find_the_village_that_holds_them(tmp_path: Path, villages: gpd.GeoDataFrame):
    text = "titik,x_m,y_m,status,level\nA,515000,9705000,blank spot,titik\n"
    file = tmp_path / "titik.csv"
    file.write_text(text)
    found = cg.read_reported_status(file, villages=villages, columns={"place_name": "titik"})
    assert found["village_id"].tolist() == ["19.05.04.2011"]
    assert found["match_kind"].tolist() == ["point"]
    assert found.geometry.iloc[0].equals(shapely.Point(515_000, 9_705_000))


def test_a_hamlet_is_never_taken_for_the_village_of_its_name(tmp_path: Path, villages: gpd.GeoDataFrame):
    found = _read(tmp_path, villages, "nama,level,kecamatan,status\nTuik,dusun,Kelapa,belum ada\n")
    assert found["match_kind"].tolist() == ["none"]
    assert found["village_id"].isna().all()
    assert found.geometry.isna().all()
    assert "not among the settlements" in cg.repairs(found)["reason"].iloc[0]


def test_hamlets_are_found_among_the_settlements(
    tmp_path: Path, villages: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame
):
    text = "dusun,desa,kecamatan,status\nRAJEK,Tuik,Kelapa,belum ada\nTuik,,Kelapa,belum ada\nBelar,Limbung,Jebus,lemah\n"
    found = _read(tmp_path, villages, text, settlements=settlements).set_index("place_name")
    assert found.loc["RAJEK", ["settlement_id", "village_id", "match_kind"]].tolist() == [
        "d1",
        "19.05.04.2011",
        "name",
    ]
    assert found.geometry["RAJEK"].equals(settlements.geometry["d1"])
    assert found.loc["Tuik", "match_kind"] == "none"  # the hamlet Tuik lies in Jebus
    assert found.loc["Belar", "village_id"] == "19.05.03.2004"  # its village is known, its place is not
    assert found.geometry["Belar"] is None


def test_no_row_is_lost_and_the_order_of_rows_changes_nothing(tmp_path: Path, villages: gpd.GeoDataFrame):
    rows = ["Tuik,Kelapa,belum ada", "Tuik,Kelapa,sudah ada", "Zzz,Kelapa,lemah", "Limbung,,lemah", ",,lemah"]
    forth = _read(tmp_path, villages, "\n".join(["desa,kecamatan,status", *rows, ""]))
    back = _read(tmp_path, villages, "\n".join(["desa,kecamatan,status", *rows[::-1], ""]))
    assert len(forth) == len(rows)
    assert forth.drop(columns="geometry").equals(back.drop(columns="geometry"))


def test_a_list_without_places_is_refused(tmp_path: Path, villages: gpd.GeoDataFrame):
    (tmp_path / "a.csv").write_text("warna,status\nbiru,lemah\n")
    with pytest.raises(MissingColumnError, match="place_name"):
        cg.read_reported_status(tmp_path / "a.csv", villages=villages)


@given(st.text(max_size=40))
def test_a_name_key_is_stable_and_ignores_case_and_outer_space(name: str):
    assert name_key(name) == name_key(f"  {name} ")
    plain = name.encode("ascii", "ignore").decode()
    assert name_key(plain.upper()) == name_key(plain.lower())


def test_a_code_whose_village_bears_another_name_is_listed(tmp_path: Path, villages: gpd.GeoDataFrame):
    text = "kode,desa,kecamatan,status\n19.05.03.2004,Tuik,Kelapa,belum ada\n19.05.04.2014,PANGKALBERAS,Kelapa,lemah\n"
    listed = cg.repairs(_read(tmp_path, villages, text))
    assert listed[["row", "before", "after"]].to_numpy().tolist() == [["1", "Tuik", "Limbung"]]
    assert "another name" in listed["reason"].iloc[0]
