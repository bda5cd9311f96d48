"""The whole job on the real village polygons, codes and reported lists of both districts.

Network layers, relief and people are made by code inside the real boundaries, and labelled so.
"""

from __future__ import annotations

import pandas as pd
import pytest

import coverage_geo as cg
from coverage_geo.study.demo import study_text

pytestmark = pytest.mark.filterwarnings("ignore::coverage_geo.errors.CoverageGeoWarning")
CODES = "codes/kemendagri_19.05_13.11_2025.csv"
DISTRICTS = {
    "bangka_barat": ("bangka_barat_villages_cahyadsn", "bangka_barat_2021", "coast", 217_859, 64, 3),
    "solok_selatan": (
        "solok_selatan_nagari_cahyadsn",
        "solok_selatan_2021_2024",
        "mountains",
        181_525,
        39,
        18,
    ),
}


@pytest.fixture(scope="module", params=DISTRICTS)
def job(request, data_folder, tmp_path_factory):
    """Name of the district, and its study run from files."""
    boundaries, reported, relief, people, *_ = DISTRICTS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    villages = cg.read_villages(data_folder / f"boundaries/{boundaries}.geojson", codes=data_folder / CODES)
    made = cg.write_district(
        cg.make_district(villages, relief=relief, people=people, seed=3), folder / "made"
    )
    files = {
        "villages": data_folder / f"boundaries/{boundaries}.geojson",
        "codes": data_folder / CODES,
        "reported_status": data_folder / f"reported/{reported}.csv",
        **{name: made[file] for name, file in {
            "settlements": "settlements.csv", "population": "population.tif", "terrain": "terrain.tif",
            "towers": "towers.csv", "poles": "poles.gpkg", "gateways": "gateways.csv",
            "proposals": "proposed_towers.csv"}.items()},
    }  # fmt: skip
    text = study_text(
        request.param, {name: [path.as_posix()] for name, path in files.items()}, fictional=True
    )
    text = text.replace(
        'evidence = ["modelled"]', 'evidence = ["reported", "modelled"]\nreported_state = "blank"'
    )
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return request.param, cg.run_study(folder / "study.toml")


def test_every_village_keeps_its_code_and_kecamatan(job) -> None:
    name, result = job
    assert len(result.blanks) == DISTRICTS[name][4]
    assert result.inputs.villages["kecamatan"].notna().all()
    assert result.inputs.villages["kemendagri_code"].eq(result.inputs.villages.index).all()


def test_reported_villages_are_matched_and_hamlets_stay_unplaced_and_counted(job) -> None:
    name, result = job
    reported = result.inputs.reported
    local = reported["level"].isin(["dusun", "jorong"])
    assert (
        reported.loc[~local, "village_id"].notna().sum() >= (~local).sum() - 1
    )  # one nagari needs judgement
    assert result.summary.hamlets.unplaced == DISTRICTS[name][5] == local.sum()
    assert len(result.hamlets) == len(result.inputs.settlements) + DISTRICTS[name][5]
    decided = result.blanks.loc[reported.loc[~local, "village_id"].dropna().unique()]
    assert decided["decided_by"].eq("reported").sum() >= len(decided) - 2  # two rows speak of a 4G tower only


def test_all_people_are_accounted_for(job) -> None:
    name, result = job
    account = cg.people_account(result.demand)
    assert account.total == pytest.approx(DISTRICTS[name][3])
    assert account.inside > 0.999 * account.total
    assert result.blanks["people"].sum() == pytest.approx(account.inside)


def test_the_map_is_small_and_says_what_is_made_up(job) -> None:
    _, result = job
    (page,) = [file for file in result.files if file.name == "map.html"]
    assert page.stat().st_size < 3_000_000
    assert "fiktif" in page.read_text(encoding="utf-8").lower()


def test_what_cannot_be_reached_says_why(job) -> None:
    _, result = job
    without = result.routes[result.routes["reason"].notna()]
    assert pd.to_numeric(without["reason_number"]).notna().sum() >= len(without) - DISTRICTS[job[0]][5]
    assert result.routes["reason"].isna().sum() > 0
