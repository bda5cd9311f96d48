"""The main job on a tiny fictional district: from files to map, by notebook and by terminal."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import coverage_geo as cg
from coverage_geo.cli import KINDS, main
from coverage_geo.errors import CoverageGeoWarning, InputError
from coverage_geo.evaluation import TOGETHER
from coverage_geo.files.checking import KINDS as CHECKED_KINDS
from coverage_geo.study.demo import DEMO_INPUTS, study_text, write_new_study
from coverage_geo.study.settings import read_study

pytestmark = pytest.mark.filterwarnings("ignore::coverage_geo.errors.CoverageGeoWarning")
WRITTEN = {
    "map.html", "blank_spots.gpkg", "villages.csv", "hamlets.csv", "routes.csv", "proposals.csv", "partners.csv", "repairs.csv", "bill.csv",
    "field_check.gpx", "field_check.kml", "summary.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def study_file(district, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    written = cg.write_district(district, folder / "inputs")
    inputs = {
        name: [f"inputs/{file}" for file in files if file in written] for name, files in DEMO_INPUTS.items()
    }
    (folder / "study.toml").write_text(study_text("Kecil (FIKTIF)", inputs, fictional=True), encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module")
def result(study_file):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoverageGeoWarning)
        return cg.run_study(study_file, out=study_file.parent / "out")


def variant(study_file: Path, folder: Path, **changes: str) -> Path:
    """A copy of the study with lines replaced, its inputs where they were."""
    text = study_file.read_text(encoding="utf-8").replace(
        '"inputs/', f'"{study_file.parent.as_posix()}/inputs/'
    )
    for key, line in changes.items():
        lines = [line if row.startswith(f"{key} =") else row for row in text.splitlines()]
        text = "\n".join(lines)
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_everything_is_written_and_says_fictional(result, study_file) -> None:
    out = study_file.parent / "out"
    assert {file.name for file in result.files} == WRITTEN == {file.name for file in out.iterdir()}
    found = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert found["fictional"] is True
    assert "NO_INTERNET" in found["definition"]
    assert {"versions", "inputs", "unit_costs"} <= found["provenance"].keys()
    for name in WRITTEN - {"blank_spots.gpkg", "summary.json"}:
        assert "FIKTIF" in (out / name).read_text(encoding="utf-8") or name.startswith("field_check"), name
    for layer in gpd.list_layers(out / "blank_spots.gpkg")["name"]:
        assert gpd.read_file(out / "blank_spots.gpkg", layer=layer)["source"].str.contains("FIKTIF").all()
    assert "FIKTIF" in (out / "map.html").read_text(encoding="utf-8")
    assert "FIKTIF" in "\n".join(result.summary.lines("id"))
    assert "FICTIONAL" in "\n".join(result.summary.lines("en"))


def test_the_figures_agree_wherever_they_are_shown(result, study_file) -> None:
    out = study_file.parent / "out"
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    villages = pd.read_csv(out / "villages.csv")
    places = gpd.read_file(out / "blank_spots.gpkg", layer="villages")
    blank = (villages["state"] == "blank").sum()
    assert (
        summary["villages"]["blank"]
        == blank
        == (places["state"] == "blank").sum()
        == result.summary.villages.blank
    )
    assert summary["people_blank"] == pytest.approx(villages["people_blank"].sum(), abs=0.01)
    assert summary["people"]["inside"] == pytest.approx(result.demand["people"].sum())
    assert {reach["kind"] for reach in summary["reaches"]} == set(result.by_kind.index)
    spots = gpd.read_file(out / "blank_spots.gpkg", layer="blank_spots") if blank else places.iloc[:0]
    assert len(spots) == blank


def test_each_person_is_in_one_village(result) -> None:
    account = cg.people_account(result.demand)
    assert account.inside + account.outside == pytest.approx(account.total)
    assert result.blanks["people"].sum() == pytest.approx(account.inside)
    assert result.hamlets["people"].sum() == pytest.approx(account.inside)


def test_every_blank_place_has_a_route_or_a_reason_with_its_number(result) -> None:
    blank = set(result.blanks.index[result.blanks["state"] == "blank"]) | set(
        result.hamlets.index[result.hamlets["state"] == "blank"]
    )
    assert set(result.routes["target_id"]) == blank
    without = result.routes[result.routes["reason"].notna()]
    assert without["capital_cost_idr"].isna().all()
    assert result.routes.drop(without.index)["capital_cost_idr"].gt(0).all()


def test_all_proposals_are_evaluated_and_the_partners_are_named(result) -> None:
    assert set(result.evaluation.index) == {*result.inputs.proposals.index, TOGETHER}
    assert result.evaluation["capital_cost_idr"].notna().all()
    assert "Icon Plus" in result.partners.index
    assert result.partners.loc[TOGETHER, "people_gained"] == result.by_kind.loc[TOGETHER, "people_gained"]


def test_the_same_study_gives_the_same_bytes(result, study_file, tmp_path) -> None:
    cg.run_study(study_file, out=tmp_path)
    for name in sorted(WRITTEN):
        assert (tmp_path / name).read_bytes() == (study_file.parent / "out" / name).read_bytes(), name


def test_the_order_of_rows_in_a_file_changes_nothing(result, study_file, tmp_path) -> None:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    for file in (study_file.parent / "inputs").iterdir():
        (inputs / file.name).write_bytes(file.read_bytes())
    for name in ("towers.csv", "settlements.csv", "gateways.csv"):
        head, *rows = (inputs / name).read_text(encoding="utf-8").splitlines()
        (inputs / name).write_text("\n".join([head, *rows[::-1]]) + "\n", encoding="utf-8")
    (tmp_path / "study.toml").write_text(study_file.read_text(encoding="utf-8"), encoding="utf-8")
    turned = cg.run_study(tmp_path / "study.toml", out=tmp_path / "out")
    pd.testing.assert_frame_equal(turned.evaluation, result.evaluation)
    assert (tmp_path / "out" / "villages.csv").read_bytes() == (
        study_file.parent / "out" / "villages.csv"
    ).read_bytes()


def test_where_the_reports_decide_their_counts_come_back(study_file, tmp_path) -> None:
    file = variant(study_file, tmp_path, evidence='evidence = ["reported"]')
    states = cg.run_study(file).blanks["state"].value_counts()
    assert states.to_dict() == {"blank": 3, "served": 2, "unknown": 1}  # 2 none and 1 in trouble; icon, other


def test_villages_and_reports_alone_are_enough(study_file, tmp_path) -> None:
    source = study_file.parent / "inputs"
    text = f'title = "x"\n[inputs]\nvillages = "{source.as_posix()}/villages.gpkg"\nreported_status = "{source.as_posix()}/reported_status.csv"\n[choices]\nevidence = "reported"\n'
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    found = cg.run_study(tmp_path / "study.toml")
    assert found.routes is None
    assert found.existing is None
    assert found.summary.villages.blank == 3
    assert (tmp_path / "map.html").stat().st_size > 50_000


def test_without_people_only_places_are_counted(study_file, tmp_path) -> None:
    source = study_file.parent / "inputs"
    villages = gpd.read_file(source / "villages.gpkg").drop(columns=["people", "households"])
    villages.to_file(tmp_path / "desa.gpkg")
    text = f'[inputs]\nvillages = "desa.gpkg"\nreported_status = "{source.as_posix()}/reported_status.csv"\n[choices]\nevidence = "reported"\n'
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    found = cg.run_study(tmp_path / "study.toml")
    assert found.summary.villages.blank == 3
    assert not found.summary.people_known
    assert pd.read_csv(tmp_path / "villages.csv")["people"].isna().all()
    assert "penduduk tidak diberikan" in "\n".join(found.summary.lines("id"))
    assert "Penduduk tanpa" not in "\n".join(found.summary.lines("id"))


def test_faults_of_several_inputs_are_told_at_once(study_file, tmp_path) -> None:
    (tmp_path / "pop.csv").write_text("nama,lat,lon\nPOP,abc,105\n", encoding="utf-8")
    (tmp_path / "menara.csv").write_text("site_id,lat,lon\nT1,,\n", encoding="utf-8")
    file = variant(study_file, tmp_path, gateways='gateways = "pop.csv"', towers='towers = "menara.csv"')
    with pytest.raises(InputError) as caught:
        cg.run_study(file)
    assert "pop.csv" in str(caught.value)
    assert "menara.csv" in str(caught.value)


def test_rows_that_cannot_be_used_may_be_set_aside(study_file, tmp_path) -> None:
    towers = (study_file.parent / "inputs" / "towers.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "menara.csv").write_text(
        "\n".join([*towers, "X9" + "," * towers[0].count(",")]), encoding="utf-8"
    )
    file = variant(
        study_file,
        tmp_path,
        towers='towers = "menara.csv"',
        receiver='receiver = "HANDSET"\nrefused = "set aside"',
    )
    found = cg.run_study(file)
    assert len(found.inputs.towers) == len(towers) - 1
    assert "set aside" in (tmp_path / "repairs.csv").read_text(encoding="utf-8")


def test_the_unknown_are_counted_beside_the_blank(study_file, tmp_path) -> None:
    file = variant(study_file, tmp_path, evidence='evidence = ["reported"]')
    lines = "\n".join(cg.run_study(file).summary.lines("id"))
    assert "Desa blank spot                      3  dari 6 (50%), belum diketahui: 1" in lines


def test_lists_name_the_village_of_a_hamlet_and_the_name_of_a_proposal(result, study_file) -> None:
    out = study_file.parent / "out"
    hamlets = pd.read_csv(out / "hamlets.csv")
    assert hamlets.loc[~hamlets["unplaced"], "village"].notna().all()
    assert {"lon", "lat"} <= set(hamlets.columns)
    assert pd.read_csv(out / "proposals.csv").set_index("proposal_id")["name"].drop(TOGETHER).notna().all()


def test_the_bill_adds_up_to_the_network_and_its_shares_to_the_bill(result, study_file) -> None:
    bill = pd.read_csv(study_file.parent / "out" / "bill.csv").set_index("group")["mid_idr"]
    assert bill["total"].sum() == pytest.approx(result.summary.network_cost_idr)
    assert bill.drop("total").sum() == pytest.approx(bill["total"].sum())


def test_a_study_names_the_layer_of_a_file_with_several(study_file, tmp_path) -> None:
    source = study_file.parent / "inputs"
    villages = gpd.read_file(source / "villages.gpkg")
    for layer, rows in (("old", villages.iloc[:1]), ("new", villages)):
        rows.to_file(tmp_path / "both.gpkg", layer=layer)
    text = f'[inputs]\nvillages = "both.gpkg"\nreported_status = "{source.as_posix()}/reported_status.csv"\n[choices]\nevidence = "reported"\n'
    file = tmp_path / "study.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"\[layers\]"):
        cg.run_study(file)
    file.write_text(f'{text}[layers]\nvillages = "new"\n', encoding="utf-8")
    assert cg.run_study(file).summary.villages.total == len(villages)


def test_a_study_is_corrected_by_its_measurements_and_lit_by_active_nodes(
    study_file, result, tmp_path
) -> None:
    lines = [
        "calibrate = true",
        "active_nodes = true",
        'optics = "XGS_PON_N1"',
        "splits = [8, 8]",
        'receiver = "INDOOR_HANDSET"',
    ]
    file = variant(study_file, tmp_path, receiver=chr(10).join(lines))
    found = cg.run_study(file)
    assert found.calibration.by_class.loc["all", "count"] == len(found.calibration.residuals)
    assert (tmp_path / "calibration.csv").exists()
    topics = {one.topic for one in found.summary.assumptions}
    assert "calibration" in topics
    assert "XGS-PON" in str(next(one for one in found.summary.assumptions if one.topic == "light budget"))
    assert found.existing.best_level().tolist() != result.existing.best_level().tolist()


def test_results_are_not_written_over_a_file(study_file, tmp_path) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is a file, not a folder"):
        cg.run_study(study_file, out=tmp_path / "taken")


def test_without_towers_the_model_cannot_decide(study_file, tmp_path) -> None:
    source = study_file.parent / "inputs"
    (tmp_path / "study.toml").write_text(
        f'[inputs]\nvillages = "{source.as_posix()}/villages.gpkg"\n', encoding="utf-8"
    )
    with pytest.raises(InputError, match="'modelled' is not given"):
        cg.run_study(tmp_path / "study.toml")


def test_a_district_without_blank_spots_is_a_result_too(study_file, tmp_path) -> None:
    definition = 'definition = { preset = "NO_SIGNAL", village_share = 1.0 }'
    rows = (study_file.parent / "inputs" / "reported_status.csv").read_text(encoding="utf-8")
    served = tmp_path / "served.csv"
    villages = gpd.read_file(study_file.parent / "inputs" / "villages.gpkg")
    code = next(column for column in ("kemendagri_code", "village_id") if column in villages)
    pd.DataFrame({"kode_desa": villages[code], "status": "sudah ada", "penyedia": "Telkomsel"}).to_csv(
        served, index=False
    )
    assert rows
    file = variant(
        study_file, tmp_path, evidence='evidence = "reported"', definition=definition,
        reported_status=f'reported_status = "{served.as_posix()}"', settlements="# no settlements",
    )  # fmt: skip
    found = cg.run_study(file)
    assert found.summary.villages.blank == 0
    assert len(found.routes) == 0
    assert found.summary.people_blank == 0


def test_all_faults_of_a_study_file_are_told_at_once(tmp_path) -> None:
    (tmp_path / "study.toml").write_text(
        'titel = "x"\nlanguage = "de"\n[inputs]\ntowers = "none.csv"\n[choices]\ndefinition = "NO_LUCK"\nmax_drop_m = -1\n[costs]\nnew_pole = "dear"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_study(tmp_path / "study.toml")
    text = str(caught.value)
    for part in (
        "'de'",
        "none.csv",
        "titel is not known",
        "names no villages",
        "'NO_LUCK'",
        "max_drop_m: -1",
        "'dear'",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("villages = 'a.gpkg'\n", "villages is not known"),
        ("[inputs]\nvillage = 'a.gpkg'\n", r"\[inputs\] village is not known"),
        ("inputs = 3\n", "not a table"),
        ("[inputs\n", "is not TOML"),
    ],
)
def test_a_mistyped_study_file_says_what_is_wrong(text, words, tmp_path) -> None:
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_study(tmp_path / "study.toml")


def test_a_study_swaps_models_with_one_word(study_file, result, tmp_path) -> None:
    file = variant(study_file, tmp_path, receiver='receiver = "HANDSET"\nmodel = "FreeSpace"')
    least = cg.run_study(file)
    assert least.summary.people_blank <= result.summary.people_blank
    assert any("free space" in str(one).lower() for one in least.summary.assumptions)


def test_one_shared_network_costs_no_more_than_separate_routes(study_file, result, tmp_path) -> None:
    file = variant(study_file, tmp_path, receiver='receiver = "HANDSET"\nnetwork = "shared"')
    shared = cg.run_study(file)
    reached = result.routes["reason"].isna()
    assert shared.routes["reason"].isna().equals(reached)
    assert shared.summary.network_cost_idr <= result.summary.network_cost_idr
    assert 0 <= shared.network.gap < 1
    assert "jaringan bersama" in "\n".join(shared.summary.lines("id"))


def test_proposals_can_be_written_into_the_study_itself(study_file, result, tmp_path, district) -> None:
    tower = district.towers.to_crs(4326).geometry.iloc[0]
    faulty = district.towers.index[district.towers["status"] == "faulty"][0]
    file = variant(study_file, tmp_path, proposals="# none from files")
    rows = [
        f'[[proposal]]\nproposal_id = "bukit"\nkind = "tower"\nlon = {tower.x + 0.01}\nlat = {tower.y}\nantenna_height_m = 42\n',
        f'[[proposal]]\nproposal_id = "kabel"\nkind = "route"\nline = [[{tower.x}, {tower.y}], [{tower.x + 0.01}, {tower.y}]]\n',
        f'[[proposal]]\nproposal_id = "betul"\nkind = "repair"\ntower_id = "{faulty}"\npartner = "XL"\n',
    ]
    file.write_text(file.read_text(encoding="utf-8") + "\n" + "\n".join(rows), encoding="utf-8")
    found = cg.run_study(file).evaluation
    assert found.index.to_list() == ["betul", "bukit", "kabel", TOGETHER]
    assert found.loc["betul", ["kind", "operator"]].to_list() == ["repair", "XL"]
    file.write_text(file.read_text(encoding="utf-8").replace(faulty, "nowhere"), encoding="utf-8")
    with pytest.raises(InputError, match="repair of unknown towers by betul"):
        cg.run_study(file)


def test_a_proposal_without_a_place_is_refused(tmp_path) -> None:
    text = '[inputs]\nvillages = "v"\n[[proposal]]\nkind = "tower"\n[[proposal]]\nproposal_id = "x"\nkind = "balloon"\n'
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no proposal_id, lon, lat") as caught:
        read_study(tmp_path / "study.toml")
    assert "kind is 'balloon'" in str(caught.value)


def test_a_definition_can_be_changed_in_the_file(study_file, tmp_path) -> None:
    line = (
        'definition = { preset = "NO_INTERNET", village_share = 0.9, services = ["4G"], at_least = "weak" }'
    )
    chosen = read_study(variant(study_file, tmp_path, definition=line)).choices.definition
    assert (chosen.village_share, chosen.services, chosen.at_least) == (0.9, ("4G",), cg.Level.WEAK)
    assert chosen.name == "NO_INTERNET (changed)"


def test_new_writes_templates_and_never_replaces_what_is_there(tmp_path) -> None:
    (tmp_path / "towers.csv").write_text("mine", encoding="utf-8")
    (tmp_path / "study.toml").write_text("mine", encoding="utf-8")
    write_new_study(tmp_path)
    assert (tmp_path / "towers.csv").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "study.toml").read_text(encoding="utf-8") == "mine"


def test_the_terminal_runs_the_same_study(study_file, result, tmp_path, capsys) -> None:
    assert main(["run", str(study_file), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert "Desa blank spot" in printed.out
    assert str(tmp_path / "map.html") in printed.out
    assert "note:" in printed.err
    assert (tmp_path / "summary.json").read_bytes() == (
        study_file.parent / "out" / "summary.json"
    ).read_bytes()


def test_the_terminal_says_what_is_wrong_without_a_traceback(tmp_path, capsys) -> None:
    assert main(["run", str(tmp_path / "none.toml")]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_check_tells_mended_from_refused(study_file, capsys) -> None:
    towers = str(study_file.parent / "inputs" / "towers.csv")
    assert main(["check", towers, "--as", "towers", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["mended"] > 0
    assert main(["check", towers, "--as", "gateways"]) in {0, 1}
    assert KINDS == CHECKED_KINDS


def test_check_reads_a_whole_study_without_running_it(study_file, tmp_path, capsys) -> None:
    assert main(["check", str(study_file)]) == 0
    assert "13 files can be used" in capsys.readouterr().out
    file = variant(study_file, tmp_path, gateways='gateways = ["none.csv"]', towers='towers = ["none.csv"]')
    assert main(["check", str(file)]) == 2
    assert capsys.readouterr().err.count("none.csv'. Correct the path") == 2


def test_nothing_is_lost_between_input_and_result(result, district) -> None:
    assert len(result.inputs.towers) == len(district.towers)
    assert len(result.inputs.settlements) == len(district.settlements)
    assert np.isclose(cg.people_account(result.demand).total, district.population.values.sum())
