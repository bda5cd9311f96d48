"""The light budget of a passive optical network: how far light goes behind its splitters."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from numbers import Integral, Real
from types import MappingProxyType
from typing import TYPE_CHECKING

from coverage_geo.errors import Fault, ValueRangeError, kind_faults, raise_faults
from coverage_geo.provenance import Assumption

if TYPE_CHECKING:
    from collections.abc import Mapping

SPLITTER_LOSS_DB: Mapping[int, float] = MappingProxyType(
    {1: 0.0, 2: 3.7, 4: 7.3, 8: 10.5, 16: 14.0, 32: 17.0, 64: 20.5}
)


@dataclass(frozen=True, slots=True)
class LossBudget:
    """How much light a class of equipment has to spend, and on what.

    Attributes
    ----------
    name : str
        Class of the optics, such as "GPON B+".
    budget_db : float
        Loss allowed between the line card and the home, [dB].
    splits : tuple of int
        Ways of each splitter one after the other: (32,) or, in two stages, (4, 8). (1,) for none.
    fibre_db_per_km : float
        Loss of the fibre in the design, [dB/km].
    connectors_db, splices_db : float
        Loss of all connectors and of all splices on the way, [dB].
    margin_db : float
        Kept in reserve, [dB].
    logical_reach_m : float
        Longest fibre that the protocol allows, [m].
    differential_reach_m : float
        Most by which the fibres to the nearest and the farthest home of one port may differ, [m].
    uplink_reach_m : float
        Longest fibre between a gateway and an active node, or between two of them, [m].
    source : str
        Where the budget comes from.

    References
    ----------
    ITU-T G.984.1 (logical reach 60 km, differential 20 km), G.984.2 amendments (classes B+ and C+),
    G.9807.1 (N1, N2).
    IEEE 802.3ae, 10GBASE-ER (uplink of 40 km).

    Examples
    --------
    >>> [round(GPON_B_PLUS.with_splits(ways).max_length_m()) for ways in (16, 32, 64)]
    [24500, 17000, 8250]
    """

    name: str
    budget_db: float
    splits: tuple[int, ...] = (32,)
    fibre_db_per_km: float = 0.4
    connectors_db: float = 0.6
    splices_db: float = 0.6
    margin_db: float = 3.0
    logical_reach_m: float = 60_000.0
    differential_reach_m: float = 20_000.0
    uplink_reach_m: float = 40_000.0
    source: str = ""

    def __post_init__(self) -> None:
        raise_faults(self._kind_faults())
        faults = []
        unknown = sorted({ways for ways in self.splits if ways not in SPLITTER_LOSS_DB})
        if unknown or not self.splits:
            what = f"splitter 1:{unknown[0]}" if unknown else "no splitter"
            remedy = f"Use ways of {', '.join(map(str, SPLITTER_LOSS_DB))}; (1,) for no splitter."
            faults.append(Fault(ValueRangeError, "loss budget", what, remedy))
        for name in (
            "budget_db",
            "fibre_db_per_km",
            "logical_reach_m",
            "differential_reach_m",
            "uplink_reach_m",
        ):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                faults.append(Fault(ValueRangeError, "loss budget", f"{name} is {value}", "Give it above 0."))
        for name in ("connectors_db", "splices_db", "margin_db"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                faults.append(Fault(ValueRangeError, "loss budget", f"{name} is {value}", "Give 0 or more."))
        raise_faults(faults)

    def _kind_faults(self) -> list[Fault]:
        numbers = [one.name for one in fields(self) if one.name not in {"name", "splits", "source"}]
        found = [
            fault
            for name in numbers
            for fault in kind_faults(f"loss budget, {name}", getattr(self, name), Real, "Give a number.")
        ]
        listed = kind_faults("loss budget, splits", self.splits, tuple, "Give a tuple, such as (4, 8).")
        remedy = "Give whole numbers one by one: with_splits(4, 8)."
        each = () if listed else self.splits
        return [
            *found,
            *listed,
            *(fault for one in each for fault in kind_faults("splits", one, Integral, remedy)),
        ]

    def with_splits(self, *ways: int) -> LossBudget:
        """Return the same optics behind other splitters.

        Parameters
        ----------
        *ways
            Ways of each splitter, from the gateway on.

        Returns
        -------
        LossBudget
            With those splitters.
        """
        return replace(self, splits=tuple(ways))

    @property
    def splitters(self) -> str:
        """The splitters as tables and reports say them, such as "1:4 x 1:8"; `splits_of` reads them."""
        return " x ".join(f"1:{ways}" for ways in self.splits)

    @property
    def homes_per_port(self) -> int:
        """Homes that one port of the line card serves."""
        return math.prod(self.splits)

    def splitter_db(self) -> float:
        """Return the loss of all splitters.

        Returns
        -------
        float
            [dB].
        """
        return math.fsum(SPLITTER_LOSS_DB[ways] for ways in self.splits)

    def fixed_db(self) -> float:
        """Return the loss of connectors and splices, and the margin.

        Returns
        -------
        float
            [dB]; what is left of the budget is for splitters and fibre.
        """
        return self.connectors_db + self.splices_db + self.margin_db

    def loss_db(self, length_m: float) -> float:
        """Loss of a whole route in the design: fibre, splitters, joints and margin.

        The margin is no loss yet: a meter at the home of a sound new route reads less by `margin_db`.

        Parameters
        ----------
        length_m
            Fibre from the gateway to the home, 0 or more [m].

        Returns
        -------
        float
            [dB]; the route works when this is at most `budget_db` (and the length the protocol's).
        """
        return self.fixed_db() + self.splitter_db() + self.fibre_db_per_km * length_m / 1000

    def max_length_m(self) -> float:
        """Longest fibre that light and protocol allow.

        Returns
        -------
        float
            [m]; 0 when the splitters alone use up the budget.
        """
        left_db = self.budget_db - self.loss_db(0.0)
        return max(0.0, min(left_db / self.fibre_db_per_km * 1000, self.logical_reach_m))

    def reaches(self, length_m: float) -> bool:
        """Whether light and protocol reach so far.

        Parameters
        ----------
        length_m
            Fibre from the gateway to the home, [m].

        Returns
        -------
        bool
            True within the budget and the logical reach.
        """
        return self.loss_db(length_m) <= self.budget_db + 1e-9 and length_m <= self.logical_reach_m

    def nodes_needed(self, length_m: float) -> int:
        """Fewest active nodes that light a cable of this length from end to end.

        They stand at most twice as far apart as light reaches behind the splitters, and no farther than
        their uplink, so that every home on the way is lit from one side.

        Parameters
        ----------
        length_m
            Fibre from the gateway to the home, [m].

        Returns
        -------
        int
            0 within the light budget; -1 where splitters alone use it up, so that no node helps.
        """
        if self.reaches(length_m):
            return 0
        reach = self.max_length_m()
        return math.ceil((length_m - reach) / self.spacing_m() - 1e-9) if reach > 0 else -1

    def spacing_m(self) -> float:
        """Farthest that an active node may stand from the gateway or the node before it.

        Returns
        -------
        float
            [m].
        """
        return min(self.uplink_reach_m, 2 * self.max_length_m())

    def assumption(self) -> Assumption:
        """Return the budget as a line for a report.

        Returns
        -------
        Assumption
            Class, splitters, losses and the length they allow.
        """
        value = (
            f"{self.name} {self.budget_db:g} dB, {self.splitters}, {self.fibre_db_per_km:g} dB/km, "
            f"connectors {self.connectors_db:g} dB, splices {self.splices_db:g} dB, "
            f"margin {self.margin_db:g} dB: {self.max_length_m() / 1000:.1f} km"
        )
        return Assumption("light budget", value, self.source, "docs" if self.source else "ours")


def splits_of(splitters: str) -> tuple[int, ...]:
    """Ways of each splitter, as `LossBudget.splitters` says them."""
    return tuple(int(one.partition(":")[2]) for one in splitters.split(" x "))


GPON_B_PLUS = LossBudget("GPON B+", 28.0, source="ITU-T G.984.2, class B+")
GPON_C_PLUS = LossBudget("GPON C+", 32.0, source="ITU-T G.984.2, class C+")
XGS_PON_N1 = LossBudget("XGS-PON N1", 29.0, source="ITU-T G.9807.1, class N1")
XGS_PON_N2 = LossBudget("XGS-PON N2", 31.0, source="ITU-T G.9807.1, class N2")
