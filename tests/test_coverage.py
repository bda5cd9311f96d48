"""Coverage: what stands, what is proposed, and both together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_geo import Coverage, Level, asset_table
from coverage_geo.errors import DemandMismatchError, DuplicateIdError, InputError, ValueRangeError

POINTS = ["d1", "d2", "d3"]


def reach(asset_id: str, levels: list[int], status: str = "on air", service: str = "4G") -> Coverage:
    row = {"asset_id": asset_id, "kind": "tower", "service": service, "status": status}
    chance = [[float(level >= at) for at in (1, 2, 3)] for level in levels]
    numbers = range(len(levels))
    return Coverage.of(
        asset_table([row]), POINTS, asset=[0] * len(levels), demand=numbers, level=levels, probability=chance
    )


coverages = st.builds(
    reach,
    st.sampled_from(["a", "b", "c"]),
    st.lists(st.integers(0, 3), min_size=3, max_size=3),
    st.sampled_from(["on air", "faulty", "planned", "proposed"]),
    st.sampled_from(["2G", "4G", "fixed"]),
)


@given(coverages, coverages)
def test_more_assets_never_serve_fewer(left: Coverage, right: Coverage) -> None:
    if set(left.assets.index) & set(right.assets.index):
        return
    for level in (Level.WEAK, Level.USABLE, Level.STRONG):
        both = (left | right).serves(level)
        assert (both >= (left.serves(level) | right.serves(level))).all()
        assert ((left | right).probability_served(level) >= left.probability_served(level)).all()


@settings(max_examples=25)
@given(coverages)
def test_joining_with_itself_or_nothing_changes_nothing(one: Coverage) -> None:
    for same in (one | one, one | Coverage.none(POINTS), Coverage.none(POINTS) | one):
        assert same.assets.equals(one.assets)
        for name in ("asset", "demand", "level", "probability"):
            assert np.array_equal(getattr(same, name), getattr(one, name))


def test_the_order_of_joining_does_not_matter() -> None:
    parts = [reach("b", [1, 2, 3]), reach("a", [3, 0, 1]), reach("c", [0, 0, 2])]
    one, other = parts[0] | parts[1] | parts[2], parts[2] | parts[1] | parts[0]
    assert one.assets.index.to_list() == ["a", "b", "c"]
    assert np.array_equal(one.level, other.level)
    assert np.array_equal(one.demand, other.demand)


@pytest.mark.parametrize("status", ["faulty", "planned"])
def test_a_tower_in_trouble_or_only_planned_does_not_serve(status: str) -> None:
    assert not reach("a", [3, 3, 3], status).serves(Level.WEAK).any()


def test_the_repair_of_a_tower_serves_and_its_twin_with_other_reach_is_refused() -> None:
    faulty = reach("a", [3, 0, 0], "faulty")
    both = faulty | faulty.proposed(["a"], proposal_id="fix", kind="repair", operator="X")
    assert both.serves(Level.STRONG).tolist() == [True, False, False]
    assert both.assets.loc["a", ["proposal_id", "kind", "operator"]].to_list() == ["fix", "repair", "X"]
    with pytest.raises(DuplicateIdError, match="different reach"):
        faulty | reach("a", [3, 3, 0])


def test_only_the_services_asked_for_count() -> None:
    both = reach("a", [3, 0, 0], service="2G") | reach("b", [0, 2, 0], service="fixed")
    assert both.serves(Level.USABLE, ("4G", "fixed")).tolist() == [False, True, False]
    with pytest.raises(ValueRangeError, match="'5G' is unknown"):
        both.serves(Level.USABLE, ("5G",))


def test_other_demand_points_cannot_be_mixed_in() -> None:
    with pytest.raises(DemandMismatchError):
        reach("a", [1, 1, 1]) | Coverage.none(["d1"])


@pytest.mark.parametrize(
    "entries",
    [
        {"asset": [0, 0], "demand": [1, 1], "level": [1, 1], "probability": [[1, 0, 0]] * 2},
        {"asset": [0], "demand": [3], "level": [1], "probability": [[1, 0, 0]]},
        {"asset": [0], "demand": [0], "level": [4], "probability": [[1, 0, 0]]},
        {"asset": [0], "demand": [0], "level": [1], "probability": [[0, 0.5, 0]]},
        {"asset": [0], "demand": [0, 1], "level": [1], "probability": [[1, 0, 0]]},
        {"asset": [0], "demand": [0], "level": [1], "probability": [[np.nan, 0, 0]]},
    ],
)
def test_malformed_entries_are_refused(entries) -> None:
    assets = asset_table([{"asset_id": "a", "kind": "tower", "service": "4G"}])
    with pytest.raises(InputError):
        Coverage.of(assets, POINTS, **entries)


def test_entries_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        reach("a", [1, 1, 1]).level[0] = 3


def test_selecting_an_asset_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueRangeError, match="no asset z"):
        reach("a", [1, 1, 1]).select(["z"])
