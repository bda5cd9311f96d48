"""Unit costs with source, year and grade, and cost components that several proposals may share."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import pandas as pd

from coverage_geo.errors import (
    DuplicateIdError,
    Fault,
    ValueRangeError,
    kind_faults,
    raise_faults,
    refuse,
)
from coverage_geo.provenance import GRADES, Assumption

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Estimate = Literal["low", "mid", "high"]


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What one unit of something costs, and how far to trust the figure.

    Attributes
    ----------
    item : str
        Name used in code and files, such as "fibre_on_poles".
    low, mid, high : float
        The range, in the currency.
    currency : {"IDR", "USD"}
        Currency of the figures.
    unit : str
        Per what, such as "km" or "site".
    source : str
        Who says so.
    year : int
        Year of the figures; 0 when the source states none.
    grade : str
        As in `provenance.GRADES`.
    """

    item: str
    low: float
    mid: float
    high: float
    currency: Literal["IDR", "USD"]
    unit: str
    source: str
    year: int
    grade: str

    def __post_init__(self) -> None:
        figures = (self.low, self.mid, self.high)
        remedy = "Give a number without quotes and dots between thousands: 3_500_000."
        where = f"unit cost {self.item}"
        wrong = [fault for one in figures for fault in kind_faults(where, one, Real, remedy)]
        raise_faults(wrong[:1])
        if not (0 <= self.low <= self.mid <= self.high < math.inf):
            what = f"low {self.low:g}, mid {self.mid:g}, high {self.high:g}"
            refuse(ValueRangeError, f"unit cost {self.item}", what, "Give 0 <= low <= mid <= high.")
        if self.currency not in {"IDR", "USD"} or self.grade not in GRADES:
            what = f"currency {self.currency!r}, grade {self.grade!r}"
            remedy = f"Use IDR or USD, and a grade of {', '.join(GRADES)}."
            refuse(ValueRangeError, f"unit cost {self.item}", what, remedy)


_NO_FIGURE = "no public Indonesian figure; replace it with your own"
DEFAULT_UNIT_COSTS = (
    UnitCost("fibre_on_poles", 3_000, 6_000, 10_000, "USD", "km", f"ADSS all in; {_NO_FIGURE}", 0, "weak"),
    UnitCost("new_pole", 2e6, 4e6, 7e6, "IDR", "pole", _NO_FIGURE, 0, "weak"),
    UnitCost(
        "pole_rent", 0, 0, 109_000, "IDR", "pole and year", "0 for Icon+; high: Kebumen 2026", 2026, "weak"
    ),
    UnitCost(
        "fibre_yearly_share",
        0.05,
        0.05,
        0.05,
        "IDR",
        "capital cost and year",
        "ITU: 5 % of capital cost",
        0,
        "docs",
    ),
    UnitCost(
        "tower_site",
        0.8e9,
        2.6e9,
        3.2e9,
        "IDR",
        "site",
        "low: TBIG 2017, passive; mid, high: BAKTI, all in",
        0,
        "press",
    ),
    UnitCost(
        "tower_yearly_share",
        0.10,
        0.10,
        0.125,
        "IDR",
        "capital cost and year",
        "BAKTI: 10-12.5 %",
        0,
        "press",
    ),
    UnitCost("tower_repair", 50e6, 150e6, 400e6, "IDR", "site", _NO_FIGURE, 0, "weak"),
    UnitCost(
        "active_node", 3_000, 5_000, 9_000, "USD", "node", f"small OLT with power; {_NO_FIGURE}", 0, "weak"
    ),
    UnitCost(
        "active_node_yearly",
        2e6,
        6e6,
        15e6,
        "IDR",
        "node and year",
        f"0.1-0.3 kW of PLN power, batteries and visits, ours; {_NO_FIGURE}",
        0,
        "weak",
    ),
)


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """The unit costs of a study, as one editable value.

    Attributes
    ----------
    rows : tuple of UnitCost
        One for each item.
    idr_per_usd : float
        Exchange rate for figures in USD.
    estimate : {"low", "mid", "high"}
        Which figure of each range is used.
    set_by_user : frozenset of str
        Items the planner has set; the others are defaults.

    Examples
    --------
    >>> costs = UnitCosts()
    >>> costs.idr("new_pole")
    4000000.0
    >>> costs.with_values(new_pole=2_500_000).idr("new_pole")
    2500000.0
    """

    rows: tuple[UnitCost, ...] = DEFAULT_UNIT_COSTS
    idr_per_usd: float = 16_500.0
    estimate: Estimate = "mid"
    set_by_user: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        raise_faults(kind_faults("exchange rate", self.idr_per_usd, Real, "Give Rp per USD as a number."))
        items = [row.item for row in self.rows]
        faults = []
        if len(set(items)) < len(items):
            repeated = sorted({item for item in items if items.count(item) > 1})
            what = f"repeated: {', '.join(repeated)}"
            faults.append(Fault(DuplicateIdError, "unit costs", what, "Give each item once."))
        if self.estimate not in {"low", "mid", "high"}:
            faults.append(
                Fault(ValueRangeError, "unit costs", f"estimate {self.estimate!r}", "Use low, mid or high.")
            )
        if not 0 < self.idr_per_usd < math.inf:
            what = f"exchange rate {self.idr_per_usd}"
            faults.append(Fault(ValueRangeError, "unit costs", what, "Give Rp per USD."))
        raise_faults(faults)

    def row(self, item: str) -> UnitCost:
        """Return the unit cost of an item.

        Parameters
        ----------
        item
            Its name.

        Returns
        -------
        UnitCost
            Range, unit, source and grade.

        Raises
        ------
        ValueRangeError
            When there is no such item.
        """
        rows = {row.item: row for row in self.rows}
        if item not in rows:
            refuse(ValueRangeError, "unit costs", f"no item {item!r}", f"Use one of {', '.join(rows)}.")
        return rows[item]

    def idr(self, item: str) -> float:
        """Return the cost of one unit in rupiah (or the bare number for an item that is a share).

        Parameters
        ----------
        item
            Its name.

        Returns
        -------
        float
            At the chosen estimate.
        """
        row = self.row(item)
        value: float = getattr(row, self.estimate)
        return value * (self.idr_per_usd if row.currency == "USD" else 1.0)

    def with_values(self, **values: float) -> UnitCosts:
        """Return unit costs with figures of the planner's own, in rupiah (shares as a bare number).

        Parameters
        ----------
        **values
            Item name and figure; low, mid and high become that figure.

        Returns
        -------
        UnitCosts
            With those items marked as set by the user.
        """
        known = {row.item for row in self.rows}
        for item in sorted(set(values) - known):
            self.row(item)
        rows = tuple(
            replace(
                row,
                low=values[row.item],
                mid=values[row.item],
                high=values[row.item],
                currency="IDR",
                source="set by the user",
                grade="user",
            )
            if row.item in values
            else row
            for row in self.rows
        )
        return replace(self, rows=rows, set_by_user=self.set_by_user | values.keys())

    def assumptions(self, items: Collection[str]) -> tuple[Assumption, ...]:
        """Return the figures used for these items, as a result prints them.

        Parameters
        ----------
        items
            Names of the items that a result used.

        Returns
        -------
        tuple of Assumption
            One for each item, and the exchange rate when a figure was in USD.
        """
        used = [self.row(item) for item in sorted(set(items))]
        listed = []
        for row in used:
            value: float = getattr(row, self.estimate)
            text = f"{value:,.0f}" if value >= 100 else f"{value:g}"
            topic = f"cost of {row.item}"
            listed.append(Assumption(topic, f"{text} {row.currency}/{row.unit}", row.source, row.grade))
        if any(row.currency == "USD" for row in used):
            listed.append(
                Assumption("exchange rate", f"Rp {self.idr_per_usd:,.0f} per USD", "editable", "ours")
            )
        return tuple(listed)

    def table(self) -> pd.DataFrame:
        """Return all unit costs as a table.

        Returns
        -------
        pandas.DataFrame
            Index item; columns low, mid, high, currency, unit, source, year, grade.
        """
        columns = [name for name in UnitCost.__dataclass_fields__ if name != "item"]
        rows = [[getattr(row, name) for name in columns] for row in self.rows]
        return pd.DataFrame(
            rows, columns=columns, index=pd.Index([row.item for row in self.rows], name="item")
        )


@dataclass(frozen=True, slots=True, order=True)
class CostComponent:
    """A piece of a proposal's bill that may serve several proposals and is then paid once.

    Attributes
    ----------
    component_id : str
        Two proposals that use the same id share the piece.
    item : str
        Unit cost it was priced with.
    quantity : float
        How many units.
    unit : str
        Unit of the quantity.
    capital_cost_idr : float
        One-off cost.
    yearly_cost_idr : float
        Cost a year.
    requires : tuple of str
        Components that must be built before this one (upstream).

    Examples
    --------
    >>> CostComponent("trunk", "fibre_on_poles", 2.0, "km", 200e6).capital_cost_idr
    200000000.0
    """

    component_id: str
    item: str
    quantity: float
    unit: str
    capital_cost_idr: float
    yearly_cost_idr: float = 0.0
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ProposalCosts:
    """What each proposal's pieces cost, and which pieces are shared.

    Attributes
    ----------
    components : mapping of str to tuple of CostComponent
        Components of each proposal, by proposal id.
    assumptions : tuple of Assumption
        The unit costs used.

    Examples
    --------
    >>> trunk = CostComponent("trunk", "fibre_on_poles", 2.0, "km", 200.0)
    >>> a = CostComponent("a", "fibre_on_poles", 1.0, "km", 100.0)
    >>> b = CostComponent("b", "new_pole", 1, "pole", 5.0)
    >>> costs = ProposalCosts({"A": (trunk, a), "B": (trunk, b)})
    >>> costs.capital_idr(["A"]), costs.capital_idr(["B"]), costs.capital_idr(["A", "B"])
    (300.0, 205.0, 305.0)
    """

    components: Mapping[str, tuple[CostComponent, ...]] = field(default_factory=dict)
    assumptions: tuple[Assumption, ...] = ()

    def __post_init__(self) -> None:
        ordered = {key: tuple(self.components[key]) for key in sorted(self.components)}
        object.__setattr__(self, "components", MappingProxyType(ordered))
        seen: dict[str, CostComponent] = {}
        faults = []
        for proposal, parts in self.components.items():
            for part in parts:
                if seen.setdefault(part.component_id, part) != part:
                    what = f"component {part.component_id!r} has two different costs"
                    faults.append(
                        Fault(DuplicateIdError, f"proposal {proposal}", what, "Give each piece one cost.")
                    )
        raise_faults(faults)

    def __repr__(self) -> str:
        pieces = {part.component_id for parts in self.components.values() for part in parts}
        return f"ProposalCosts({len(self.components):,} proposals, {len(pieces):,} components)"

    def __or__(self, other: ProposalCosts) -> ProposalCosts:
        """Costs of both, components with the same id shared."""
        if not isinstance(other, ProposalCosts):
            return NotImplemented
        both = dict(self.components)
        for proposal, parts in other.components.items():
            both[proposal] = tuple(dict.fromkeys((*both.get(proposal, ()), *parts)))
        return ProposalCosts(both, tuple(sorted({*self.assumptions, *other.assumptions})))

    def of(self, proposal_ids: Collection[str]) -> tuple[CostComponent, ...]:
        """Return the components that these proposals need together, each once.

        Parameters
        ----------
        proposal_ids
            Proposals to build together; one without a known cost is refused.

        Returns
        -------
        tuple of CostComponent
            Sorted by id.

        Raises
        ------
        ValueRangeError
            When a proposal has no cost here.
        """
        unknown = sorted(set(proposal_ids) - self.components.keys())
        if unknown:
            remedy = "Add its costs: costs | tower_costs(towers) or route_costs(routes)."
            refuse(ValueRangeError, "costs", f"no cost for {', '.join(unknown[:5])}", remedy)
        return tuple(sorted({part for one in proposal_ids for part in self.components[one]}))

    def capital_idr(self, proposal_ids: Collection[str]) -> float:
        """One-off cost of building these together, shared components once.

        Parameters
        ----------
        proposal_ids
            Proposals to build together.

        Returns
        -------
        float
            Rupiah.
        """
        return math.fsum(part.capital_cost_idr for part in self.of(proposal_ids))

    def yearly_idr(self, proposal_ids: Collection[str]) -> float:
        """Yearly cost of running these together, shared components once.

        Parameters
        ----------
        proposal_ids
            Proposals to run together.

        Returns
        -------
        float
            Rupiah a year.
        """
        return math.fsum(part.yearly_cost_idr for part in self.of(proposal_ids))


def tower_costs(
    towers: pd.DataFrame, *, unit_costs: UnitCosts | None = None, repair: bool = False
) -> ProposalCosts:
    """Return what building (or repairing) each tower costs.

    Parameters
    ----------
    towers
        Table with index tower_id (or proposal_id); a cost in its column ``capital_cost_idr`` goes before the
        unit cost.
    unit_costs
        Unit costs; the defaults when not given.
    repair
        Whether towers are repaired instead of built.

    Returns
    -------
    ProposalCosts
        One component a tower, keyed by the table's index.

    Examples
    --------
    >>> towers = pd.DataFrame({"capital_cost_idr": [1.2e9, None]}, index=["T1", "T2"])
    >>> costs = tower_costs(towers)
    >>> costs.capital_idr(["T1"]), costs.capital_idr(["T2"])
    (1200000000.0, 2600000000.0)
    """
    units = UnitCosts() if unit_costs is None else unit_costs
    raise_faults(kind_faults("unit_costs", units, UnitCosts, "Give UnitCosts().with_values(...)."))
    item = "tower_repair" if repair else "tower_site"
    given = towers["capital_cost_idr"] if "capital_cost_idr" in towers else pd.Series(math.nan, towers.index)
    share = units.idr("tower_yearly_share")
    components = {}
    for tower_id, own in zip(towers.index, given.astype(float), strict=True):
        capital = units.idr(item) if math.isnan(own) else own
        yearly = 0.0 if repair else capital * share
        components[tower_id] = (CostComponent(f"{item}:{tower_id}", item, 1.0, "site", capital, yearly),)
    used = {item} if given.isna().any() else set()
    return ProposalCosts(components, units.assumptions(used | (set() if repair else {"tower_yearly_share"})))
