"""How far light goes behind a splitter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coverage_geo.errors import ValueRangeError
from coverage_geo.fibre.optics import GPON_B_PLUS, GPON_C_PLUS, XGS_PON_N1, XGS_PON_N2, LossBudget


@pytest.mark.parametrize(("ways", "km"), [(16, 24.5), (32, 17.0), (64, 8.25)])
def test_28_db_reach_as_far_as_the_design_rule_says(ways, km):
    assert GPON_B_PLUS.with_splits(ways).max_length_m() == pytest.approx(km * 1000)


def test_classes_have_their_budgets():
    budgets = [optics.budget_db for optics in (GPON_B_PLUS, GPON_C_PLUS, XGS_PON_N1, XGS_PON_N2)]
    assert budgets == [28, 32, 29, 31]


def test_two_stages_lose_the_sum_of_both():
    assert GPON_B_PLUS.with_splits(4, 8).splitter_db() == pytest.approx(7.3 + 10.5)
    assert GPON_B_PLUS.with_splits(4, 8).homes_per_port == 32


def test_the_protocol_ends_at_60_km():
    assert GPON_C_PLUS.with_splits(1).max_length_m() == 60_000
    assert not GPON_C_PLUS.with_splits(1).reaches(60_001)


def test_light_reaches_exactly_as_far_as_the_longest_length():
    longest = GPON_B_PLUS.max_length_m()
    assert GPON_B_PLUS.reaches(longest)
    assert not GPON_B_PLUS.reaches(longest + 1)


def test_splitters_alone_can_use_up_the_budget():
    assert LossBudget("weak", 10.0).max_length_m() == 0


def test_a_budget_that_makes_no_sense_is_refused():
    with pytest.raises(ValueRangeError, match="1:24"):
        GPON_B_PLUS.with_splits(24)
    with pytest.raises(ValueRangeError, match="2 faults"):
        LossBudget("x", -1.0, margin_db=-1.0)


def test_active_nodes_light_a_cable_from_end_to_end():
    reach, apart = GPON_B_PLUS.max_length_m(), GPON_B_PLUS.spacing_m()
    assert (reach, apart) == (pytest.approx(17_000), pytest.approx(34_000))
    assert [GPON_B_PLUS.nodes_needed(one) for one in (reach, reach + 1, reach + apart, 51_001)] == [
        0,
        1,
        1,
        2,
    ]


def test_an_uplink_shorter_than_the_light_decides_how_far_apart_nodes_stand():
    optics = replace(GPON_B_PLUS, uplink_reach_m=10_000)
    assert optics.spacing_m() == 10_000
    assert optics.nodes_needed(37_000) == 2


def test_no_active_node_helps_where_splitters_use_up_the_light():
    assert LossBudget("weak", 10.0).nodes_needed(5) == -1


@pytest.mark.parametrize("splits", [([4, 8],), ("4", "8"), (4.0, 8.0)])
def test_splitters_of_another_kind_are_refused_with_what_to_write(splits):
    with pytest.raises(ValueRangeError, match=r"with_splits\(4, 8\)"):
        GPON_B_PLUS.with_splits(*splits)


def test_a_loss_budget_of_texts_is_refused_figure_by_figure():
    with pytest.raises(ValueRangeError, match="2 faults") as caught:
        replace(GPON_B_PLUS, budget_db="28", splits=[4, 8])
    assert [one.where for one in caught.value.faults] == ["loss budget, budget_db", "loss budget, splits"]
