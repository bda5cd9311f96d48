"""A study.toml that is wrong says where and how, never by another library's traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coverage_geo.errors import DuplicateIdError, InputError
from coverage_geo.fictional import make_district, write_district
from coverage_geo.study.inputs import read_inputs
from coverage_geo.study.results import _named_apart
from coverage_geo.study.settings import read_study

VILLAGES = 'inputs.villages = "villages.gpkg"\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    at = tmp_path_factory.mktemp("district")
    write_district(make_district(village_count=4, width_km=8, seed=1), at)
    return at


def study(folder, text):
    file = folder / "study.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_study(file)


@pytest.mark.parametrize(
    "text",
    [
        "inputs.towers = []",
        "inputs.towers = 5",
        "inputs.towers = ['towers.csv', 'gateways.csv']",
        "inputs.poles = ['poles.gpkg', 'poles.gpkg']",
        "inputs.towers = 'a\\u0000'",
        f"inputs.towers = '{'x' * 5000}'",
        "layers.towers = 5",
        "layers.poles = []",
        "layers.towers = ['a', 'b']",
        "columns.towers = 'x'",
        "columns.towers.tower_id = 5",
        "columns.terrain.a = 'b'",
        "crs.towers = 'banana'",
        "crs.towers = {a = 1}",
        "crs.sectors = 'EPSG:4326'",
        "choices.splits = [[32]]",
        "choices.splits = '32'",
        "choices.splits = true",
        "choices.splits = [3]",
        "choices.optics = []",
        "choices.receiver = {}",
        "choices.fibre_operator = ['a']",
        "choices.evidence = []",
        "choices.definition = []",
        "choices.definition = {village_share = 'x'}",
        "choices.definition = {services = 5}",
        "costs.idr_per_usd = 0",
    ],
)
def test_a_value_of_a_wrong_kind_is_refused_with_its_key(folder, text):
    key = text.split(" ")[0].removeprefix("columns.towers.").split(".")[:2]
    with pytest.raises(InputError, match=key[-1]) as refusal:
        study(folder, VILLAGES + text)
    assert "study.toml" in str(refusal.value)


@pytest.mark.parametrize("text", ["title = 5", "fictional = 'false'", "title = ''"])
def test_a_title_is_text_and_fictional_is_yes_or_no(folder, text):
    with pytest.raises(InputError, match=r"study\.toml, (title|fictional)"):
        study(folder, f"{text}\n{VILLAGES}")


@pytest.mark.parametrize(
    "text",
    [
        'kind = "tower"\nlon = "105"\nlat = -2',
        'kind = "tower"\nlon = nan\nlat = -2',
        'kind = "tower"\nlon = -2\nlat = 105.2',
        'kind = "tower"\nlon = 105.2\nlat = -2\nline = [[105, -2], [105.1, -2]]',
        'kind = "route"\nline = [[105, -2]]',
        'kind = "route"\nline = [[105, -2], [105, -2.0]]',
        'kind = "route"\nline = [[105], [105, -2]]',
        'kind = "route"\nline = "x"',
        'kind = "route"\npole_ids = 5',
        'kind = "route"\npole_ids = "P1;P2"\nline = [[105, -2], [105.1, -2]]',
    ],
)
def test_a_proposal_in_the_study_that_lies_nowhere_is_refused(folder, text):
    with pytest.raises(InputError, match=r"\[\[proposal\]\] 1"):
        study(folder, f'{VILLAGES}[[proposal]]\nproposal_id = "a"\n{text}\n')


def test_a_proposal_far_away_is_refused_where_the_district_is_known(folder):
    text = f'{VILLAGES}[[proposal]]\nproposal_id = "a"\nkind = "tower"\nlon = 10\nlat = 50\n'
    with pytest.raises(InputError, match="a lies more than 50 km"):
        read_inputs(study(folder, text))


@pytest.mark.parametrize("said", ['"P1;P2"', '["P1", "P2"]'])
def test_a_route_in_the_study_may_be_its_poles(folder, said):
    row = f'[[proposal]]\nproposal_id = " a "\nkind = "route"\npole_ids = {said}\n'
    proposals = read_inputs(study(folder, VILLAGES + row)).proposals
    assert proposals["pole_ids"].to_dict() == {"a": "P1;P2"}
    assert proposals.geometry.isna().all()


def test_a_study_written_by_windows_is_read(folder):
    assert study(folder, b"\xef\xbb\xbf" + VILLAGES.replace("\n", "\r\n").encode()).inputs


def test_faults_of_all_patterns_are_told_and_two_of_one_name_are_refused(folder):
    for name in ("a.msi", "b.msi"):
        (folder / name).write_text("GAIN x\n")
    text = VILLAGES + f"inputs.patterns = {json.dumps(['a.msi', 'b.msi'])}"
    with pytest.raises(InputError) as refusal:
        read_inputs(study(folder, text))
    assert "a.msi, line 1" in str(refusal.value)
    assert "b.msi, line 1" in str(refusal.value)
    (folder / "more").mkdir()
    (folder / "more" / "a.msi").write_text("")
    with pytest.raises(DuplicateIdError, match="another pattern is called a too"):
        read_inputs(study(folder, text.replace("b.msi", "more/a.msi")))


def test_one_id_in_two_files_of_proposals_is_refused(folder):
    for name, poles in (("a.csv", "P1;P2"), ("b.csv", "P3;P4")):
        (folder / name).write_text(f"id,jenis,pole_ids\nR1,rute,{poles}\n")
    with pytest.raises(DuplicateIdError, match="R1 stands in several files"):
        read_inputs(study(folder, VILLAGES + 'inputs.proposals = ["a.csv", "b.csv"]'))


def test_files_of_one_name_keep_apart_in_what_a_result_says_of_them():
    files = [Path("a/x.csv"), Path("b/x.csv"), Path("b/y.csv")]
    assert [_named_apart(file, files) for file in files] == ["a/x.csv", "b/x.csv", "y.csv"]


def test_the_order_in_which_files_and_inputs_are_named_changes_nothing(folder):
    one = study(
        folder, '[inputs]\nvillages = "villages.gpkg"\nproposals = ["proposed_towers.csv", "towers.csv"]'
    )
    other = study(
        folder, '[inputs]\nproposals = ["towers.csv", "proposed_towers.csv"]\nvillages = "villages.gpkg"'
    )
    assert list(one.inputs.items()) == list(other.inputs.items())
