"""Evaluation: what a proposal changes, alone and with others, and what it costs."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import coverage_geo as cg
from coverage_geo import CostComponent, Coverage, ProposalCosts, asset_table
from coverage_geo.blank_spots import find_blank_spots
from coverage_geo.errors import DemandMismatchError, InputError
from coverage_geo.evaluation import TOGETHER, evaluate

UTM = "EPSG:32748"
IDS = pd.Index([f"d{number}" for number in range(6)], name="demand_id")
PEOPLE = np.array([10.0, 20, 30, 40, 50, 60])
DEMAND = gpd.GeoDataFrame(
    {"people": PEOPLE, "village_id": ["v0"] * 3 + ["v1"] * 3, "settlement_id": ["h0", "h0", "h1", "h2", "h2", "h2"]},
    index=IDS, geometry=gpd.points_from_xy([100, 200, 300, 1_100, 1_200, 1_300], [500] * 6), crs=UTM,
)  # fmt: skip
VILLAGES = gpd.GeoDataFrame(
    {"name": ["Nol", "Satu"]}, index=pd.Index(["v0", "v1"], name="village_id"),
    geometry=[shapely.box(0, 0, 1_000, 1_000), shapely.box(1_000, 0, 2_000, 1_000)], crs=UTM,
)  # fmt: skip
HAMLETS = gpd.GeoDataFrame(
    {"name": ["a", "b", "c"]}, index=pd.Index(["h0", "h1", "h2"], name="settlement_id"),
    geometry=gpd.points_from_xy([150, 300, 1_200], [500] * 3), crs=UTM,
)  # fmt: skip
WORLD = {"demand": DEMAND, "villages": VILLAGES, "settlements": HAMLETS}


def asset(
    asset_id: str,
    points: list[int],
    *,
    status: str = "proposed",
    kind: str = "tower",
    operator: str = "A",
    level: int = 3,
    chance: float = 1.0,
) -> Coverage:
    row = {
        "asset_id": asset_id,
        "kind": kind,
        "service": "fixed" if kind == "route" else "4G",
        "status": status,
        "operator": operator,
    }
    probability = [[chance, chance if level > 1 else 0, chance if level > 2 else 0]] * len(points)
    return Coverage.of(
        asset_table([row]),
        IDS,
        asset=[0] * len(points),
        demand=points,
        level=[level] * len(points),
        probability=probability,
    )


STANDING = asset("old", [0], status="on air")


def test_people_reached_gained_and_overlapping_add_up() -> None:
    found = evaluate(asset("T1", [0, 1, 2, 3]), baseline=STANDING, **WORLD)
    row = found.loc["T1"]
    assert (row["people_reached"], row["people_gained"], row["people_overlap"]) == (100, 90, 10)
    assert (row["villages"], row["hamlets"]) == (("v0",), ("h0", "h1"))
    assert found.index.to_list() == ["T1", TOGETHER]
    assert "NO_INTERNET" in found.attrs["definition"]


def test_a_weak_signal_does_not_count_as_reached() -> None:
    found = evaluate(asset("T1", [3, 4, 5], level=1), baseline=STANDING, **WORLD)
    assert found.loc["T1", "people_reached"] == 0


def test_what_two_proposals_share_is_gained_once_together() -> None:
    both = asset("T1", [1, 2, 3]) | asset("T2", [3, 4, 5])
    found = evaluate(both, baseline=STANDING, **WORLD)
    assert found["people_gained"].to_dict() == {"T1": 90, "T2": 150, TOGETHER: 200}
    assert found["people_gained_only"].to_dict() == {"T1": 50, "T2": 110, TOGETHER: 200}
    assert found["villages_cleared"].to_dict() == {"T1": 1, "T2": 1, TOGETHER: 2}


def test_a_shared_trunk_is_paid_once() -> None:
    trunk, a, b = (
        CostComponent(name, "fibre_on_poles", 1, "km", cost, cost / 20)
        for name, cost in (("t", 100.0), ("a", 10.0), ("b", 20.0))
    )
    both = asset("R1", [1, 2], kind="route") | asset("R2", [3, 4], kind="route")
    costs = ProposalCosts({"R1": (trunk, a), "R2": (trunk, b)})
    found = evaluate(both, baseline=STANDING, costs=costs, **WORLD)
    assert found["capital_cost_idr"].to_dict() == {"R1": 110, "R2": 120, TOGETHER: 130}
    assert found["shared_cost_idr"].to_dict() == {"R1": 100, "R2": 100, TOGETHER: 0}
    assert found.loc[TOGETHER, "cost_per_person_idr"] == 130 / 140
    assert found.loc[TOGETHER, "yearly_cost_idr"] == 6.5


def test_without_costs_the_cost_is_missing_not_zero() -> None:
    assert evaluate(asset("T1", [1]), baseline=STANDING, **WORLD)["capital_cost_idr"].isna().all()


def test_a_proposal_that_gains_nobody_has_no_cost_per_person() -> None:
    costs = ProposalCosts({"T1": (CostComponent("x", "tower_site", 1, "site", 5.0),)})
    assert np.isnan(
        evaluate(asset("T1", [0]), baseline=STANDING, costs=costs, **WORLD).loc["T1", "cost_per_person_idr"]
    )


def test_the_repair_of_a_faulty_tower_is_a_proposal_like_any_other() -> None:
    standing = STANDING | asset("broken", [3, 4, 5], status="faulty")
    repair = standing.proposed(["broken"], proposal_id="fix", kind="repair")
    found = evaluate(repair | asset("T1", [1, 2]), baseline=standing, **WORLD)
    assert found.loc["fix", ["people_gained", "villages_cleared", "kind"]].to_list() == [150, 1, "repair"]
    assert found.loc[TOGETHER, "villages_cleared"] == 2


def test_each_partner_gets_the_list_of_what_it_could_solve() -> None:
    both = asset("T1", [1, 2], operator="Yayasan") | asset(
        "R1", [3, 4, 5], kind="route", operator="Icon Plus"
    )
    found = evaluate(both, baseline=STANDING, by="operator", **WORLD)
    assert found["hamlets"].to_dict() == {
        "Icon Plus": ("h2",),
        "Yayasan": ("h0", "h1"),
        TOGETHER: ("h0", "h1", "h2"),
    }
    by_kind = evaluate(both, baseline=STANDING, by="kind", **WORLD)
    assert by_kind.index.to_list() == ["route", "tower", TOGETHER]


def test_where_reports_decide_a_proposal_clears_reported_blank_spots() -> None:
    status = gpd.GeoDataFrame(
        {"village_id": ["v0", "v1"], "place_name": "x", "level": "desa", "state": ["blank", "served"], "service": "any", "stated": "-"},
        index=pd.Index(["r0", "r1"], name="status_id"), geometry=[None, None], crs=UTM,
    )  # fmt: skip
    blanks = find_blank_spots(VILLAGES, DEMAND, STANDING, reported=status, evidence="reported")
    found = evaluate(asset("T1", [0, 1, 2, 3]), baseline=STANDING, blanks=blanks, **WORLD)
    assert found.loc["T1", ["people_gained", "people_overlap"]].to_list() == [60, 40]
    assert found.loc["T1", "villages"] == ("v0",)


def test_what_no_proposal_reaches_is_not_cleared_where_lists_and_model_disagree() -> None:
    reported = gpd.GeoDataFrame(
        {"village_id": ["v0", "v1"], "place_name": "x", "level": "desa", "state": ["served", "blank"], "service": "any", "stated": "-"},
        index=pd.Index(["r0", "r1"], name="status_id"), geometry=[None, None], crs=UTM,
    )  # fmt: skip
    nothing = Coverage.none(IDS)
    find = {"demand": DEMAND, "coverage": nothing, "reported": reported, "evidence": ("reported", "modelled")}
    blanks = [find_blank_spots(VILLAGES, **find), find_blank_spots(HAMLETS, **find)]
    assert blanks[0]["state"].tolist() == ["served", "blank"]
    assert blanks[1]["state"].tolist() == ["blank"] * 3
    found = evaluate(asset("far", [5]) | asset("near", [0, 1]), baseline=nothing, blanks=blanks, **WORLD)
    assert found["hamlets"].tolist() == [(), ("h0",), ("h0",)]
    assert found["villages_cleared"].tolist() == [0, 0, 0]


def test_a_wrong_grouping_or_costs_of_another_kind_are_refused() -> None:
    far = asset("far", [5])
    with pytest.raises(InputError, match="Use proposal_id, kind, operator"):
        evaluate(far, baseline=Coverage.none(IDS), by="partner", **WORLD)
    with pytest.raises(InputError, match="route_costs"):
        evaluate(far, baseline=Coverage.none(IDS), costs=HAMLETS, **WORLD)


def test_the_expected_gain_weighs_people_by_their_chance() -> None:
    found = evaluate(asset("T1", [1, 2], chance=0.7), baseline=STANDING, **WORLD)
    assert found.loc["T1", "people_gained_expected"] == pytest.approx(35)


@settings(max_examples=15)
@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True), min_size=1, max_size=4))
def test_together_gains_at_least_the_best_and_at_most_the_sum(reaches) -> None:
    proposals = Coverage.none(IDS)
    for number, points in enumerate(reaches):
        proposals = proposals | asset(f"T{number}", points)
    found = evaluate(proposals, baseline=STANDING, demand=DEMAND, villages=VILLAGES)
    alone, together = found["people_gained"].drop(TOGETHER), found.loc[TOGETHER, "people_gained"]
    assert alone.max() <= together <= alone.sum()
    assert found["people_gained_only"].drop(TOGETHER).sum() <= together


def test_no_proposals_change_nothing() -> None:
    found = evaluate(Coverage.none(IDS), baseline=STANDING, **WORLD)
    assert found.loc[TOGETHER, ["people_gained", "villages_cleared"]].to_list() == [0, 0]


def test_coverages_of_other_points_are_refused() -> None:
    with pytest.raises(DemandMismatchError):
        evaluate(Coverage.none(["x"]), baseline=STANDING, **WORLD)
    assert cg.evaluate is evaluate
