"""Blank spots: definitions that disagree, evidence that is never averaged, unknown that stays unknown."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import coverage_geo as cg
from coverage_geo import Coverage, Level, asset_table
from coverage_geo.blank_spots import (
    DEFINITIONS,
    find_blank_spots,
    find_conflicts,
    point_states,
    with_unplaced,
)
from coverage_geo.errors import DemandMismatchError, InputError, ValueRangeError

UTM = "EPSG:32748"
# Three villages in a row; ten people at each of four points in each.
POINTS = [(village * 1_000 + 100 + 200 * number, 500) for village in range(3) for number in range(4)]


def villages(**columns: object) -> gpd.GeoDataFrame:
    areas = [shapely.box(at, 0, at + 1_000, 1_000) for at in (0, 1_000, 2_000)]
    ids = pd.Index(["v0", "v1", "v2"], name="village_id")
    return gpd.GeoDataFrame({"name": ["Nol", "Satu", "Dua"], **columns}, index=ids, geometry=areas, crs=UTM)


def demand() -> gpd.GeoDataFrame:
    ids = pd.Index([f"d{number:02}" for number in range(12)], name="demand_id")
    table = {
        "people": 10.0,
        "village_id": np.repeat(["v0", "v1", "v2"], 4),
        "settlement_id": [f"s{at}" for at in range(12)],
    }
    return gpd.GeoDataFrame(
        table, index=ids, geometry=gpd.points_from_xy(*zip(*POINTS, strict=True)), crs=UTM
    )


def hamlets() -> gpd.GeoDataFrame:
    points = demand().geometry.to_numpy()
    ids = pd.Index([f"s{at}" for at in range(12)], name="settlement_id")
    return gpd.GeoDataFrame({"name": list(ids)}, index=ids, geometry=points, crs=UTM).sort_index()


def signal(levels: list[int], service: str = "4G") -> Coverage:
    assets = asset_table([{"asset_id": f"T-{service}", "kind": "tower", "service": service}])
    chance = [[float(level >= at) for at in (1, 2, 3)] for level in levels]
    return Coverage.of(
        assets, demand().index, asset=[0] * 12, demand=range(12), level=levels, probability=chance
    )


def report(village_id: str | None, state: str, service: str = "any", **more: object) -> dict[str, object]:
    row = {
        "village_id": village_id,
        "settlement_id": None,
        "place_name": "x",
        "level": "desa",
        "state": state,
        "service": service,
        "stated": state,
        "provider": None,
    }
    return row | more


def reports(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    ids = pd.Index([f"r{number}" for number in range(len(rows))], name="status_id")
    return gpd.GeoDataFrame(list(rows), index=ids, geometry=[None] * len(rows), crs=UTM)


MIXED = [0, 0, 0, 0, 2, 2, 1, 1, 3, 3, 3, 1]  # v0 nothing; v1 half usable, half weak; v2 one point weak


@pytest.mark.parametrize(
    ("name", "blank"),
    [
        ("NO_INTERNET", ["v0", "v1"]),  # 50 % of v1 is below usable
        ("NO_4G_AT_ALL", ["v0"]),
        ("NO_SIGNAL", ["v0"]),
        ("NONE_OR_WEAK", ["v0", "v1"]),
        ("PATCHY", ["v0", "v1", "v2"]),
        ("NO_FIXED_INTERNET", ["v0", "v1", "v2"]),
    ],
)
def test_each_definition_gives_its_own_answer(name: str, blank: list[str]) -> None:
    found = find_blank_spots(villages(), demand(), signal(MIXED), definition=DEFINITIONS[name])
    assert found.index[found["state"] == "blank"].to_list() == blank
    assert name in found.attrs["definition"]


def test_a_2g_signal_counts_only_where_the_definition_asks_for_any_mobile() -> None:
    for definition, state in ((cg.NO_SIGNAL, "served"), (cg.NO_INTERNET, "blank")):
        assert find_blank_spots(villages(), demand(), signal([3] * 12, "2G"), definition=definition)[
            "state"
        ].unique().tolist() == [state]


def test_people_are_counted_at_demand_points_and_shares_state_their_whole() -> None:
    found = find_blank_spots(villages(), demand(), signal(MIXED))
    assert found["people"].to_list() == [40, 40, 40]
    assert found["people_blank"].to_list() == [40, 20, 10]
    assert found["share_blank"].to_list() == [1, 0.5, 0.25]
    assert found["people_blank_expected"].to_list() == [40, 20, 10]


@settings(max_examples=12)
@given(
    st.lists(st.integers(0, 3), min_size=12, max_size=12),
    st.lists(st.integers(0, 3), min_size=12, max_size=12),
)
def test_a_better_signal_never_makes_a_blank_spot(levels, better) -> None:
    raised = np.maximum(levels, better).tolist()
    for definition in DEFINITIONS.values():
        before = find_blank_spots(villages(), demand(), signal(levels), definition=definition)
        after = find_blank_spots(villages(), demand(), signal(raised), definition=definition)
        assert (after["people_blank"] <= before["people_blank"]).all()
        assert not ((after["state"] == "blank") & (before["state"] == "served")).any()


def test_the_office_decides_where_the_definition_says_so() -> None:
    fixed = signal([3, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3, 0], "fixed")
    offices = villages(office_x_m=[110.0, 1_110.0, np.nan], office_y_m=[500.0, 500.0, np.nan])
    found = find_blank_spots(offices, demand(), fixed, definition=cg.NO_FIXED_INTERNET)
    assert found["state"].to_list() == ["served", "blank", "served"]  # v2 has no office: its people decide


def test_hamlets_are_judged_like_villages() -> None:
    found = find_blank_spots(hamlets(), demand(), signal(MIXED))
    assert (found["state"] == "blank").sum() == 7
    assert found["people"].sum() == 120
    assert found.index.equals(hamlets().index)


def test_a_place_where_nobody_is_counted_is_unknown() -> None:
    more = pd.concat(
        [
            villages(),
            gpd.GeoDataFrame(
                {"name": ["Kosong"]}, index=["v9"], geometry=[shapely.box(5_000, 0, 6_000, 1_000)], crs=UTM
            ),
        ]
    )
    found = find_blank_spots(more.rename_axis("village_id"), demand(), signal(MIXED))
    assert found.loc["v9", ["state", "people"]].to_list() == ["unknown", 0]


def test_evidence_is_kept_apart_and_the_kind_asked_for_decides() -> None:
    status = reports(report("v0", "served", provider="Icon Plus"), report("v2", "blank"))
    by_model = find_blank_spots(villages(), demand(), signal(MIXED), reported=status)
    by_report = find_blank_spots(villages(), demand(), signal(MIXED), reported=status, evidence="reported")
    first_report = find_blank_spots(
        villages(), demand(), signal(MIXED), reported=status, evidence=["reported", "modelled"]
    )
    assert by_model["state"].to_list() == ["blank", "blank", "served"]
    assert by_report["state"].to_list() == ["served", "unknown", "blank"]
    assert first_report["decided_by"].to_list() == ["reported", "modelled", "reported"]
    assert by_report["people_blank"].fillna(-1).to_list() == [0, -1, 40]
    assert by_model[["reported", "modelled"]].equals(by_report[["reported", "modelled"]])
    assert by_model.loc["v0", "providers"] == "Icon Plus"


def test_conflicts_are_listed_with_what_each_source_says() -> None:
    status = reports(report("v0", "served"), report("v1", "blank"), report("v2", "blank"))
    found = find_conflicts(find_blank_spots(villages(), demand(), signal(MIXED), reported=status))
    assert found["conflict"].to_dict() == {
        "v0": "reported served, modelled blank",
        "v2": "reported blank, modelled served",
    }


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([report("v0", "trouble", "4G")], "blank"),  # a tower in trouble does not serve
        ([report("v0", "blank", "fixed")], "unknown"),  # no fixed line says nothing about 4G
        ([report("v0", "blank", "fixed"), report("v0", "served", "4G")], "served"),
        ([report("v0", "served", "2G")], "unknown"),  # 2G is not the service asked for
        ([report("v0", "weak")], "blank"),
        ([report("v0", "unknown")], "unknown"),
        ([report("v0", "blank", level="dusun")], "unknown"),  # a hamlet is not its village
        ([report(None, "blank")], "unknown"),
    ],
)
def test_reports_say_only_what_they_say(rows, state) -> None:
    found = find_blank_spots(
        villages(), demand(), signal(MIXED), reported=reports(*rows), evidence="reported"
    )
    assert found.loc["v0", "state"] == state


def test_weak_is_not_blank_where_any_signal_is_enough() -> None:
    found = find_blank_spots(
        villages(),
        demand(),
        None,
        reported=reports(report("v0", "weak")),
        evidence="reported",
        definition=cg.NO_SIGNAL,
    )
    assert found.loc["v0", "state"] == "served"


def test_without_towers_the_model_knows_nothing() -> None:
    found = find_blank_spots(
        villages(), demand(), None, reported=reports(report("v0", "blank")), evidence="reported"
    )
    assert found["modelled"].unique().tolist() == ["unknown"]
    assert found["state"].to_list() == ["blank", "unknown", "unknown"]
    with pytest.raises(InputError, match="'modelled' is not given"):
        find_blank_spots(villages(), demand(), None)


def test_measurements_decide_only_from_three_on() -> None:
    x = [100, 120, 140, 1_100, 1_120, 2_100, 2_120, 2_140]
    rsrp = [-120, -118, -90, -120, -120, -80, -85, -120]
    points = gpd.GeoDataFrame(
        {"rsrp_dbm": np.array(rsrp, dtype=float)}, geometry=gpd.points_from_xy(x, [500] * 8), crs=UTM
    )
    points.index = pd.Index([f"m{at}" for at in range(8)], name="measurement_id")
    found = find_blank_spots(villages(), demand(), signal(MIXED), measured=points, evidence="measured")
    assert found["state"].to_list() == ["blank", "unknown", "served"]


def test_declared_coverage_counts_people_inside_it() -> None:
    area = gpd.GeoDataFrame(
        {"service": ["4G", "2G"]},
        geometry=[shapely.box(0, 0, 1_350, 1_000), shapely.box(0, 0, 9_000, 1_000)],
        crs=UTM,
    )
    area.index = pd.Index(["p", "q"], name="declared_id")
    found = find_blank_spots(villages(), demand(), signal(MIXED), declared=area, evidence="declared")
    assert found["state"].to_list() == ["served", "blank", "blank"]
    assert found["people_blank"].to_list() == [0, 20, 40]


def test_a_reported_hamlet_that_nobody_can_place_stays_in_the_list_and_in_the_count() -> None:
    status = reports(
        report(None, "blank", level="jorong", place_name="Batu Lauang"),
        report("v1", "blank", level="dusun", settlement_id="s5"),
    )
    places = with_unplaced(hamlets(), status)
    found = find_blank_spots(
        places, demand(), signal([3] * 12), reported=status, evidence=["reported", "modelled"]
    )
    assert len(found) == 13
    assert found.loc["unplaced:r0", ["name", "state", "unplaced"]].to_list() == ["Batu Lauang", "blank", True]
    assert found.loc["s5", ["state", "conflict"]].to_list() == ["blank", "reported blank, modelled served"]
    assert (found["state"] == "blank").sum() == 2


def test_reported_villages_override_the_model_for_everybody_in_them() -> None:
    status = reports(report("v2", "blank"), report("v0", "served"))
    blanks = find_blank_spots(
        villages(), demand(), signal(MIXED), reported=status, evidence=["reported", "modelled"]
    )
    states = point_states(demand(), signal(MIXED), definition=cg.NO_INTERNET, blanks=[blanks])
    assert states.tolist() == ["served"] * 4 + ["served"] * 2 + ["blank"] * 2 + ["blank"] * 4
    unknown = find_blank_spots(villages(), demand(), None, reported=status, evidence="reported")
    assert (
        point_states(demand(), Coverage.none(demand().index), definition=cg.NO_INTERNET, blanks=[unknown])[4]
        == "unknown"
    )


def test_the_point_of_a_blank_village_is_where_its_blank_people_live() -> None:
    found = find_blank_spots(villages(), demand(), signal([0, 3, 3, 3] * 3))
    assert found.geometry.x.to_list() == [100, 1_100, 2_100]


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_definition_is_printed_with_its_thresholds(language) -> None:
    for name, definition in DEFINITIONS.items():
        text = definition.describe(language)
        assert name in text
        assert "{" not in text
        assert ("dBm" in text) == (definition.services != ("fixed",))


def test_a_definition_may_be_changed_but_not_into_nonsense() -> None:
    changed = dataclasses.replace(
        cg.NO_INTERNET, name="OURS", village_share=0.9, services=("4G",), at_least=Level.WEAK
    )
    found = find_blank_spots(villages(), demand(), signal(MIXED), definition=changed)
    assert found["state"].to_list() == ["blank", "served", "served"]
    for wrong in (
        {"services": ("5G",)},
        {"village_share": 2},
        {"at_least": Level.NONE},
        {"judged_at": "pub"},
    ):
        with pytest.raises(ValueRangeError):
            dataclasses.replace(cg.NO_INTERNET, **wrong)


def test_hamlets_need_demand_that_knows_them() -> None:
    with pytest.raises(InputError, match="settlements="):
        find_blank_spots(hamlets(), demand().assign(settlement_id=None), signal(MIXED))


def test_a_coverage_of_other_points_is_refused() -> None:
    with pytest.raises(DemandMismatchError):
        find_blank_spots(villages(), demand().iloc[:5], signal(MIXED))
    with pytest.raises(InputError, match="village_id"):
        find_blank_spots(villages().rename_axis("id"), demand(), signal(MIXED))
    with pytest.raises(ValueRangeError, match="evidence='guess'"):
        find_blank_spots(villages(), demand(), signal(MIXED), evidence="guess")
