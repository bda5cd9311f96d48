"""Costs: shared once, sourced, editable."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_geo import CostComponent, ProposalCosts, UnitCosts
from coverage_geo.costs import DEFAULT_UNIT_COSTS, UnitCost, tower_costs
from coverage_geo.errors import DuplicateIdError, ValueRangeError

PARTS = {
    name: CostComponent(name, "fibre_on_poles", 1, "km", 10.0 * (at + 1)) for at, name in enumerate("abcde")
}
bills = st.dictionaries(
    st.sampled_from(["P", "Q", "R"]), st.sets(st.sampled_from("abcde")).map(lambda ids: tuple(PARTS[i] for i in ids)),
    min_size=1,
)  # fmt: skip


@given(bills)
def test_together_never_costs_more_than_apart_nor_less_than_the_dearest(bill) -> None:
    costs = ProposalCosts(bill)
    apart = [costs.capital_idr([proposal]) for proposal in bill]
    assert max(apart) <= costs.capital_idr(list(bill)) <= sum(apart)


def test_one_component_cannot_have_two_costs() -> None:
    with pytest.raises(DuplicateIdError, match="two different costs"):
        ProposalCosts({"P": (PARTS["a"],), "Q": (CostComponent("a", "new_pole", 1, "pole", 3.0),)})


def test_a_proposal_without_cost_is_named() -> None:
    with pytest.raises(ValueRangeError, match="no cost for Z"):
        ProposalCosts({}).capital_idr(["Z"])


def test_every_default_has_a_source_a_unit_and_a_grade() -> None:
    for row in DEFAULT_UNIT_COSTS:
        assert row.source
        assert row.unit
        assert row.low <= row.mid <= row.high


def test_a_figure_of_the_planner_replaces_the_default_and_says_so() -> None:
    costs = UnitCosts().with_values(fibre_on_poles=90e6)
    assert costs.idr("fibre_on_poles") == 90e6
    assert costs.row("fibre_on_poles").source == "set by the user"
    assert costs.set_by_user == {"fibre_on_poles"}
    assert UnitCosts().idr("fibre_on_poles") == 6_000 * UnitCosts().idr_per_usd
    with pytest.raises(ValueRangeError, match="no item 'gold'"):
        costs.with_values(gold=1.0)


def test_low_and_high_estimates_are_chosen_by_word() -> None:
    assert UnitCosts(estimate="low").idr("new_pole") < UnitCosts(estimate="high").idr("new_pole")
    with pytest.raises(ValueRangeError, match="'best'"):
        UnitCosts(estimate="best")


def test_a_range_upside_down_is_refused() -> None:
    with pytest.raises(ValueRangeError, match="low <= mid <= high"):
        UnitCost("x", 3, 2, 1, "IDR", "km", "", 2026, "ours")


def test_a_repair_has_no_yearly_cost_and_a_stated_price_goes_first() -> None:
    towers = pd.DataFrame({"capital_cost_idr": [5.0, None]}, index=["a", "b"])
    costs = tower_costs(towers, repair=True)
    assert costs.capital_idr(["a"]) == 5.0
    assert costs.capital_idr(["b"]) == UnitCosts().idr("tower_repair")
    assert costs.yearly_idr(["a", "b"]) == 0
    assert any("tower_repair" in one.topic for one in costs.assumptions)


def test_a_figure_written_as_text_is_refused_with_how_to_write_it():
    with pytest.raises(ValueRangeError, match=r"new_pole: is the text '3\.500\.000'.*3_500_000"):
        UnitCosts().with_values(new_pole="3.500.000")
    with pytest.raises(ValueRangeError, match="exchange rate: is the text"):
        UnitCosts(idr_per_usd="16.500")
    with pytest.raises(ValueRangeError, match=r"unit_costs: is .*dict"):
        tower_costs(pd.DataFrame(index=["T"]), unit_costs={})
