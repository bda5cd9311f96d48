"""What each proposal would change, against what stands and under the definition."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage_geo.blank_spots import NO_INTERNET, Definition, place_states, point_states
from coverage_geo.costs import ProposalCosts
from coverage_geo.errors import DemandMismatchError, ValueRangeError, refuse
from coverage_geo.tables import DEMAND, SETTLEMENTS, VILLAGES, check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from coverage_geo.coverage import Coverage

By = Literal["proposal_id", "kind", "operator"]
TOGETHER = "all together"
MONEY = ("capital_cost_idr", "yearly_cost_idr", "shared_cost_idr", "cost_per_person_idr")


def evaluate(
    proposals: Coverage,
    *,
    baseline: Coverage,
    demand: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame | None = None,
    blanks: gpd.GeoDataFrame | Sequence[gpd.GeoDataFrame] = (),
    definition: Definition = NO_INTERNET,
    costs: ProposalCosts | None = None,
    by: By = "proposal_id",
) -> pd.DataFrame:
    """Return what each proposal would change alone, and what all of them would change together.

    Parameters
    ----------
    proposals
        Reach of the proposed assets: towers, routes, repairs, joined with ``|``.
    baseline
        What stands. A faulty tower that a proposal repairs may be in both.
    demand
        Demand points that both are computed for.
    villages
        Village polygons.
    settlements
        Hamlets, to count those cleared too.
    blanks
        States of villages or hamlets (or both) from `find_blank_spots`, where other evidence than the model
        decides them.
    definition
        What counts as served.
    costs
        Cost components of the proposals; without it the cost columns are missing values.
    by
        One row for each proposal, each kind of asset, or each operator (partner).

    Returns
    -------
    pandas.DataFrame
        Index proposal_id (or kind, operator), sorted; the last row is "all together". Columns:
        kind, operator, people_reached, people_gained (reached and blank today), people_overlap (reached but
        not blank today),
        people_gained_only (by nobody else in the list), people_gained_expected (by probability of service),
        villages_cleared and villages (number and ids), the same for hamlets when settlements are given,
        capital_cost_idr, yearly_cost_idr, shared_cost_idr (the part of the capital cost that other rows need
        too), cost_per_person_idr (capital cost per person gained; missing when nobody is).

    Raises
    ------
    InputError
        When a table is malformed or the coverages are of other demand points.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from coverage_geo.coverage import Coverage, asset_table
    >>> from coverage_geo.demand import demand_points
    >>> villages = gpd.GeoDataFrame(
    ...     {"name": ["Sukamaju"], "people": [90]}, index=gpd.pd.Index(["99.01.01.2001"], name="village_id"),
    ...     geometry=[shapely.box(500_000, 9_800_000, 501_000, 9_801_000)], crs="EPSG:32748")
    >>> demand = demand_points(villages)
    >>> nothing = Coverage.none(demand.index)
    >>> mast = asset_table([{"asset_id": "T1", "kind": "tower", "service": "4G", "status": "proposed"}])
    >>> signal = Coverage.of(mast, demand.index, asset=[0, 0, 0], demand=[0, 1, 2], level=[3, 2, 2],
    ...                      probability=[[1, 1, 1], [1, 0.9, 0], [1, 0.8, 0]])
    >>> result = evaluate(signal, baseline=nothing, demand=demand, villages=villages)
    >>> float(result.loc["T1", "people_gained"]), int(result.loc["T1", "villages_cleared"])
    (67.5, 1)
    """
    check(villages, VILLAGES)
    check(demand, DEMAND, crs=villages.crs)
    if settlements is not None:
        check(settlements, SETTLEMENTS, crs=villages.crs)
    for coverage in (proposals, baseline):
        if not coverage.demand_ids.equals(demand.index):
            what = "a coverage is of other demand points"
            refuse(DemandMismatchError, "demand", what, "Compute it for this demand table.")
    if by not in get_args(By):
        refuse(ValueRangeError, "evaluate", f"by is {by!r}", f"Use {', '.join(get_args(By))}.")
    if costs is not None and not isinstance(costs, ProposalCosts):
        what = f"costs is a {type(costs).__name__}"
        refuse(ValueRangeError, "evaluate", what, "Give route_costs(routes) | tower_costs(towers).")
    given = (blanks,) if isinstance(blanks, gpd.GeoDataFrame) else tuple(blanks)
    question = _Question(demand, villages, settlements, definition, baseline, given)
    group = proposals.assets[by].fillna("").to_numpy(dtype=object)
    parts = {key: proposals.select(proposals.assets.index[group == key]) for key in sorted(set(group))}
    reached = {key: part.serves(definition.at_least, definition.services) for key, part in parts.items()}
    times_reached = sum((served.astype(int) for served in reached.values()), np.zeros(len(demand), dtype=int))
    rows = []
    for key, part in [*parts.items(), (TOGETHER, proposals)]:
        alone = times_reached == reached[key] if key in reached else np.ones(len(demand), dtype=bool)
        others = set(proposals.assets["proposal_id"]) - set(part.assets["proposal_id"])
        change = question.change(part, alone)
        money = _money(costs, set(part.assets["proposal_id"]), others, change["people_gained"])
        rows.append(
            {column: _words(part, column) for column in ("kind", "operator")} | {by: key} | change | money
        )
    result = pd.DataFrame(rows).set_index(by)
    result.attrs["definition"] = definition.describe("en")
    return result


class _Before(NamedTuple):
    """State of each place, and whether each demand point is served as far as these places know."""

    states: pd.Series
    served: NDArray[np.bool_]


def _kind_of(places: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> str:
    return "villages" if places.index.name == villages.index.name else "hamlets"


@dataclass(frozen=True)
class _Question:
    """What stands today, and what any proposal changes about it."""

    demand: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    settlements: gpd.GeoDataFrame | None
    definition: Definition
    baseline: Coverage
    blanks: Sequence[gpd.GeoDataFrame]

    @cached_property
    def today(self) -> NDArray[np.str_]:
        """State of each demand point today."""
        return self._points(self.blanks)

    @cached_property
    def before(self) -> dict[str, _Before]:
        """What villages and hamlets have today, each judged by its own evidence alone."""
        tables = {_kind_of(places, self.villages): places for places in self.blanks}
        before = {}
        for name in ("villages",) if self.settlements is None else ("villages", "hamlets"):
            own = [tables[name]] if name in tables else []
            served = self._points(own) == "served"
            states = self._states(name, served)
            if own:
                states = own[0]["state"].reindex(states.index).fillna("unknown")
            before[name] = _Before(states, served)
        return before

    def _points(self, blanks: Sequence[gpd.GeoDataFrame]) -> NDArray[np.str_]:
        return point_states(self.demand, self.baseline, definition=self.definition, blanks=blanks)

    def _states(self, name: str, served: NDArray[np.bool_]) -> pd.Series:
        places = self.villages if name == "villages" else self.settlements
        return place_states(places, self.demand, served, definition=self.definition)

    def change(self, part: Coverage, alone: NDArray[np.bool_]) -> dict[str, Any]:
        """Return what these assets change; `alone` marks demand points that no other proposal reaches."""
        served = part.serves(self.definition.at_least, self.definition.services)
        chance = part.probability_served(self.definition.at_least, self.definition.services)
        people = self.demand["people"].to_numpy()
        blank = self.today == "blank"
        figures: dict[str, Any] = {
            "people_reached": math.fsum(people[served]),
            "people_gained": math.fsum(people[served & blank]),
            "people_overlap": math.fsum(people[served & ~blank]),
            "people_gained_only": math.fsum(people[served & blank & alone]),
            "people_gained_expected": math.fsum((people * chance)[blank]),
        }
        for name, (states, already) in self.before.items():
            after = self._states(name, already | served)
            cleared = tuple(states.index[(states == "blank") & (after == "served")])
            figures |= {f"{name}_cleared": len(cleared), name: cleared}
        return figures


def _words(part: Coverage, column: str) -> str:
    """Return the distinct words of a column, sorted and joined."""
    return ", ".join(sorted(set(part.assets[column].dropna())))


def _money(
    costs: ProposalCosts | None, proposal_ids: set[str], others: set[str], people_gained: float
) -> dict[str, float]:
    if costs is None:
        return dict.fromkeys(MONEY, math.nan)
    capital = costs.capital_idr(proposal_ids)
    extra = costs.capital_idr(proposal_ids | others) - costs.capital_idr(others)
    per_person = capital / people_gained if people_gained > 0 else math.nan
    return dict(
        zip(MONEY, (capital, costs.yearly_idr(proposal_ids), capital - extra, per_person), strict=True)
    )
