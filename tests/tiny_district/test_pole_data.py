"""The repair report finds what was broken on purpose."""

from __future__ import annotations

import pytest

import coverage_geo as cg
from coverage_geo.fibre.pole_graph import build_pole_graph
from coverage_geo.fictional.breaks import BREAKS

NEAR_M = 3.0


def unfound(district):
    """Rows of the truth that no repair of the same kind, at the place and about the same row, speaks of."""
    report = build_pole_graph(district.poles, villages=district.villages).repairs
    missed = []
    for one in district.breaks.itertuples():
        alike = report[(report["what"] == one.kind) & (report.distance(one.geometry) < NEAR_M)]
        ids = one.ids.split()
        if not (alike["pole_id"].isin(ids) | alike["other_id"].isin(ids)).any():
            missed.append((one.Index, one.kind, one.ids))
    return missed


def test_the_repair_report_finds_each_break(district):
    assert set(district.breaks["kind"]) == set(BREAKS)
    assert unfound(district) == []


@pytest.mark.parametrize("seed", [7, 11])
def test_the_repair_report_finds_each_break_of_a_whole_district(seed):
    district = cg.make_district(seed=seed)
    assert len(district.breaks) >= 80
    assert unfound(district) == []


def test_sound_poles_need_no_repair():
    district = cg.make_district(village_count=6, width_km=10, seed=2, breaks_each=0)
    report = build_pole_graph(district.poles, villages=district.villages).repairs
    assert len(district.breaks) == 0
    assert report["what"].tolist() == []
