"""Names in the real lists of two districts find their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import coverage_geo as cg
from coverage_geo.errors import RepairWarning

if TYPE_CHECKING:
    from pathlib import Path

DISTRICTS = {
    "bangka_barat": ("bangka_barat_villages", "bangka_barat_2021", 64, 32748),
    "solok_selatan": ("solok_selatan_nagari", "solok_selatan_2021_2024", 39, 32747),
}


def _villages(data_folder: Path, district: str):
    polygons = data_folder / "boundaries" / f"{DISTRICTS[district][0]}_cahyadsn.geojson"
    with pytest.warns(RepairWarning, match="1 assumed"):
        return cg.read_villages(polygons, codes=data_folder / "codes" / "kemendagri_19.05_13.11_2025.csv")


def _by_name_alone(data_folder: Path, folder: Path, district: str) -> pd.DataFrame:
    printed = pd.read_csv(data_folder / "reported" / f"{DISTRICTS[district][1]}.csv", dtype=str)
    file = folder / f"{district}.csv"
    printed.rename(columns={"kode_kemendagri": "answer"}).to_csv(file, index=False)
    with pytest.warns(RepairWarning):
        return cg.read_reported_status(file, villages=_villages(data_folder, district))


@pytest.mark.parametrize("district", DISTRICTS)
def test_real_village_polygons_are_read_whole(data_folder: Path, district: str):
    villages = _villages(data_folder, district)
    _, _, count, epsg = DISTRICTS[district]
    assert (len(villages), villages.crs.to_epsg()) == (count, epsg)
    assert villages.index.equals(pd.Index(villages["kemendagri_code"], name="village_id"))
    assert villages.geometry.is_valid.all()
    assert villages[["name", "kecamatan", "kabupaten", "provinsi"]].notna().all(axis=None)


def test_all_36_village_rows_with_a_code_match_it_by_name_alone(data_folder: Path, tmp_path: Path):
    found = pd.concat(
        [_by_name_alone(data_folder, tmp_path, district).drop(columns="geometry") for district in DISTRICTS]
    )
    coded = found[found["answer"].notna() & (found["answer"] != "")]
    assert len(coded) == 36
    assert (coded["village_id"] == coded["answer"]).all()


def test_village_rows_without_a_code_are_offered_with_a_score(data_folder: Path, tmp_path: Path):
    found = _by_name_alone(data_folder, tmp_path, "solok_selatan")
    rows = found[(found["level"] == "nagari") & (found["answer"].isna() | (found["answer"] == ""))]
    matched = rows.set_index("place_name")["village_id"]
    # The answers a reader of the list gave by hand.
    assert matched["Puah Duo Nanbatigo"] == "13.11.06.2004"
    assert matched["Lubuk Ulang Selatan"] == "13.11.05.2006"
    assert pd.isna(matched["Pauhduo"])
    offer = cg.repairs(found).query("before == 'Pauhduo'")["reason"].iloc[0]
    assert "Alam Pauh Duo (13.11.06.2001, 78 %)" in offer


def test_dusun_and_jorong_stay_listed_and_unplaced(data_folder: Path, tmp_path: Path):
    counts = {}
    for district in DISTRICTS:
        found = _by_name_alone(data_folder, tmp_path, district)
        below = found[found["level"].isin(["dusun", "jorong"])]
        assert below["village_id"].isna().all()
        assert below.geometry.isna().all()
        listed = cg.repairs(found).query("reason.str.contains('not among the settlements')")
        assert sorted(listed["before"]) == sorted(below["place_name"])
        counts[district] = (len(found), len(below))
    assert counts == {"bangka_barat": (20, 3), "solok_selatan": (40, 18)}


def test_all_12_villages_of_bangka_barat_with_hard_signal_speak_of_any_service(
    data_folder: Path, tmp_path: Path
):
    found = _by_name_alone(data_folder, tmp_path, "bangka_barat")
    listed = found[found["stated"].str.startswith("15 hard-signal places")]
    assert len(listed) == 12
    assert set(listed["state"]) == {"weak"}
    assert set(listed["service"]) == {"any"}


def test_the_two_code_systems_are_not_mixed_up(data_folder: Path, tmp_path: Path):
    listed = pd.read_csv(
        data_folder / "codes" / "bps_1903_1905_1310_1311_villages.csv",
        dtype=str,
        names=["iddesa", "kec", "nama"],
    )
    file = tmp_path / "bps.csv"
    listed.to_csv(file, index=False)
    villages = _villages(data_folder, "bangka_barat")
    with pytest.warns(RepairWarning):
        found = cg.read_reported_status(file, villages=villages, columns={"kecamatan": "kec"})
    assert not (found["match_kind"] == "code").any()
