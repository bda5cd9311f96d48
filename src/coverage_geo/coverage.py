"""Which asset serves which demand point, and how well: the one value every technology ends in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_geo.errors import (
    DemandMismatchError,
    DuplicateIdError,
    Fault,
    ValueRangeError,
    raise_faults,
    refuse,
)
from coverage_geo.provenance import Assumption, merged
from coverage_geo.tables import Column, Schema, check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

SERVICES = ("2G", "4G", "fixed")
STATUSES = ("on air", "faulty", "planned", "proposed")
SERVING = ("on air", "proposed")
ASSETS = Schema(
    "assets",
    "asset_id",
    frozenset(),
    (
        Column("kind", "text", "tower, route or terminal", required=True, complete=True),
        Column("proposal_id", "text", "proposal or site it belongs to", required=True, complete=True),
        Column("service", "text", "2G, 4G or fixed", required=True, complete=True, choices=SERVICES),
        Column("operator", "text", "operator or partner", required=True),
        Column(
            "status",
            "text",
            "on air, faulty, planned or proposed",
            required=True,
            complete=True,
            choices=STATUSES,
        ),
        Column(
            "capacity_mbps",
            "number",
            "what it can carry; missing when unknown",
            "Mbit/s",
            required=True,
            low=0,
        ),
    ),
)


class Level(IntEnum):
    """How well a demand point is served, from none to strong.

    Examples
    --------
    >>> Level.USABLE > Level.WEAK
    True
    """

    NONE = 0
    WEAK = 1
    USABLE = 2
    STRONG = 3


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Which asset reaches which demand point, at which level and with which probability.

    Stored sparsely: one entry for each asset and demand point that a signal or cable reaches at all.

    Attributes
    ----------
    assets : pandas.DataFrame
        Index asset_id (text, sorted); columns kind, proposal_id, service, operator, status, capacity_mbps.
    demand_ids : pandas.Index
        Ids of all demand points looked at, reached or not, in the demand table's order.
    asset, demand : numpy.ndarray
        Shape (k,), int32: position in `assets` and in `demand_ids` of each entry, sorted.
    level : numpy.ndarray
        Shape (k,), int8: the `Level` reached.
    probability : numpy.ndarray
        Shape (k, 3), float32: probability of reaching at least weak, usable and strong.
    assumptions : tuple of Assumption
        Model, thresholds and defaults that the entries rest on.

    Examples
    --------
    >>> mast = asset_table([{"asset_id": "T1", "kind": "tower", "service": "4G"}])
    >>> there = Coverage.of(mast, ["d1", "d2"], asset=[0], demand=[1], level=[3], probability=[[1, 1, 0.8]])
    >>> there.serves(Level.USABLE, ("4G", "fixed")).tolist()
    [False, True]
    >>> there.serves(Level.USABLE, ("fixed",)).any()
    np.False_
    """

    assets: pd.DataFrame
    demand_ids: pd.Index
    asset: NDArray[np.int32]
    demand: NDArray[np.int32]
    level: NDArray[np.int8]
    probability: NDArray[np.float32]
    assumptions: tuple[Assumption, ...] = ()

    @classmethod
    def none(cls, demand_ids: Iterable[str]) -> Coverage:
        """Return a coverage without any asset.

        Parameters
        ----------
        demand_ids
            Ids of all demand points.

        Returns
        -------
        Coverage
            It serves nobody.

        Examples
        --------
        >>> Coverage.none(["d1"]).serves(Level.WEAK).tolist()
        [False]
        """
        return cls.of(asset_table([]), demand_ids, asset=[], demand=[], level=[], probability=[])

    @classmethod
    def of(
        cls,
        assets: pd.DataFrame,
        demand_ids: Iterable[str],
        *,
        asset: Iterable[int],
        demand: Iterable[int],
        level: Iterable[int],
        probability: Iterable[Iterable[float]],
        assumptions: Iterable[Assumption] = (),
    ) -> Coverage:
        """Make a checked, sorted coverage from its entries.

        Parameters
        ----------
        assets
            Index asset_id, the columns of `asset_table`.
        demand_ids
            Ids of all demand points, in the demand table's order.
        asset, demand
            Positions in `assets` and `demand_ids`, shape (k,); each pair once.
        level
            `Level` of each entry, shape (k,).
        probability
            Probability of at least weak, usable, strong, shape (k, 3), each 0 to 1 and falling.
        assumptions
            What the entries rest on.

        Returns
        -------
        Coverage
            Entries sorted by asset id, then demand point; entries that reach nothing at all are left out.

        Raises
        ------
        InputError
            When assets or entries are malformed.
        """
        check(assets, ASSETS)
        ids = pd.Index(demand_ids, name="demand_id")
        order = np.argsort(assets.index.to_numpy(dtype=object), kind="stable")
        rank = np.empty(len(order), dtype=np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        at_asset = np.asarray(asset, dtype=np.int32).reshape(-1)
        at_demand = np.asarray(demand, dtype=np.int32).reshape(-1)
        levels = np.asarray(level, dtype=np.int8).reshape(-1)
        chance = np.asarray(probability, dtype=np.float32).reshape(-1, 3)
        _check_entries(len(assets), len(ids), at_asset, at_demand, levels, chance)
        keep = (levels > 0) | (chance[:, 0] > 0)
        at_asset, at_demand, levels, chance = (
            rank[at_asset[keep]],
            at_demand[keep],
            levels[keep],
            chance[keep],
        )
        by_asset = np.lexsort((at_demand, at_asset))
        entries = (at_asset[by_asset], at_demand[by_asset], levels[by_asset], chance[by_asset])
        for array in entries:
            array.flags.writeable = False
        return cls(assets.iloc[order], ids, *entries, assumptions=merged(assumptions))

    def __repr__(self) -> str:
        return (
            f"Coverage({len(self.assets):,} assets, {len(self.demand_ids):,} demand points, "
            f"{len(self.level):,} entries)"
        )

    def __or__(self, other: Coverage) -> Coverage:
        """Both together. An asset in both must reach the same; the right one's status holds."""
        if not isinstance(other, Coverage):
            return NotImplemented
        if not self.demand_ids.equals(other.demand_ids):
            what = f"{len(self.demand_ids)} and {len(other.demand_ids)} demand points that are not the same"
            refuse(DemandMismatchError, "coverage", what, "Compute both for one demand table.")
        shared = self.assets.index.intersection(other.assets.index)
        if len(shared):
            _check_same(self.select(shared), other.select(shared))
        left = self.select(self.assets.index.difference(other.assets.index))
        return Coverage.of(
            pd.concat([left.assets, other.assets]) if len(left.assets) else other.assets,
            self.demand_ids,
            asset=np.concatenate([left.asset, other.asset + len(left.assets)]),
            demand=np.concatenate([left.demand, other.demand]),
            level=np.concatenate([left.level, other.level]),
            probability=np.concatenate([left.probability, other.probability]),
            assumptions=merged(self.assumptions, other.assumptions),
        )

    def select(self, asset_ids: Collection[str]) -> Coverage:
        """Only these assets, over all demand points.

        Parameters
        ----------
        asset_ids
            Ids of assets in this coverage.

        Returns
        -------
        Coverage
            The same demand, fewer assets.

        Raises
        ------
        ValueRangeError
            When an id is not here.
        """
        wanted = pd.Index(asset_ids)
        missing = wanted.difference(self.assets.index)
        if len(missing):
            what = f"no asset {', '.join(map(str, missing[:5]))}"
            refuse(ValueRangeError, "coverage", what, "Use ids of coverage.assets.")
        chosen = self.assets.index.isin(wanted)
        keep = chosen[self.asset]
        position = (np.cumsum(chosen) - 1).astype(np.int32)
        return replace(
            self,
            assets=self.assets[chosen],
            asset=position[self.asset[keep]],
            demand=self.demand[keep],
            level=self.level[keep],
            probability=self.probability[keep],
        )

    def proposed(
        self,
        asset_ids: Collection[str],
        *,
        proposal_id: str | None = None,
        kind: str | None = None,
        operator: str | None = None,
    ) -> Coverage:
        """Return these assets as a proposal to bring them on air, such as the repair of a faulty tower.

        Parameters
        ----------
        asset_ids
            Ids of assets in this coverage.
        proposal_id, kind, operator
            What the proposal is called, what it is and whose it is; as before when not given.

        Returns
        -------
        Coverage
            Only these assets, with status "proposed".

        Examples
        --------
        >>> mast = asset_table([{"asset_id": "T1", "kind": "tower", "service": "4G", "status": "faulty"}])
        >>> there = Coverage.of(mast, ["d1"], asset=[0], demand=[0], level=[3], probability=[[1, 1, 1]])
        >>> int(there.best_level()[0]), int((there | there.proposed(["T1"])).best_level()[0])
        (0, 3)
        """
        chosen = self.select(asset_ids)
        said = {"proposal_id": proposal_id, "kind": kind, "operator": operator, "status": "proposed"}
        return replace(
            chosen, assets=chosen.assets.assign(**{key: to for key, to in said.items() if to is not None})
        )

    def best_level(self, services: Collection[str] = SERVICES) -> NDArray[np.int8]:
        """Best level at each demand point from the assets in service.

        Parameters
        ----------
        services
            Services that count: "2G", "4G", "fixed".

        Returns
        -------
        numpy.ndarray
            Shape (n,), int8, one `Level` a demand point. Faulty and planned assets do not count.
        """
        best = np.zeros(len(self.demand_ids), dtype=np.int8)
        counts = self._counts(services)
        np.maximum.at(best, self.demand[counts], self.level[counts])
        return best

    def serves(self, at_least: Level, services: Collection[str] = SERVICES) -> NDArray[np.bool_]:
        """Whether each demand point is served at least so well by such a service.

        Parameters
        ----------
        at_least
            Lowest level that counts as served.
        services
            Services that count.

        Returns
        -------
        numpy.ndarray
            Shape (n,), bool.
        """
        return self.best_level(services) >= at_least

    def probability_served(
        self, at_least: Level, services: Collection[str] = SERVICES
    ) -> NDArray[np.float64]:
        """Probability that each demand point is served at least so well: that of its best asset.

        Hills and trees shadow all towers alike, so the chances of several are not multiplied; the best one's
        is a lower bound.

        Parameters
        ----------
        at_least
            Lowest level that counts as served; not `Level.NONE`.
        services
            Services that count.

        Returns
        -------
        numpy.ndarray
            Shape (n,), 0 to 1.
        """
        best = np.zeros(len(self.demand_ids))
        counts = self._counts(services)
        np.maximum.at(best, self.demand[counts], self.probability[counts, at_least - 1].astype(float))
        return best

    def _counts(self, services: Collection[str]) -> NDArray[np.bool_]:
        unknown = set(services) - set(SERVICES)
        if unknown:
            what = f"service {min(unknown)!r} is unknown"
            refuse(ValueRangeError, "coverage", what, f"Use {', '.join(SERVICES)}.")
        serving = self.assets["status"].isin(SERVING) & self.assets["service"].isin(list(services))
        return serving.to_numpy()[self.asset]


def asset_table(rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Make an asset table from rows, with what is not said filled in.

    Parameters
    ----------
    rows
        One mapping an asset, with at least asset_id, kind and service. Without them, proposal_id is the
        asset_id, status "on air", operator and capacity missing.

    Returns
    -------
    pandas.DataFrame
        Index asset_id; columns kind, proposal_id, service, operator, status, capacity_mbps.

    Raises
    ------
    InputError
        When an id repeats or a word is unknown.

    Examples
    --------
    >>> asset_table([{"asset_id": "T1", "kind": "tower", "service": "4G"}]).loc["T1", "status"]
    'on air'
    """
    names = [column.name for column in ASSETS.columns]
    table = pd.DataFrame(list(rows)).reindex(columns=["asset_id", *names])
    table["proposal_id"] = table["proposal_id"].where(table["proposal_id"].notna(), table["asset_id"])
    table["status"] = table["status"].where(table["status"].notna(), "on air")
    table["capacity_mbps"] = table["capacity_mbps"].astype(float)
    text = ["asset_id", "kind", "proposal_id", "service", "operator", "status"]
    table = table.astype(dict.fromkeys(text, "str" if pd.__version__ >= "3" else "object")).set_index(
        "asset_id"
    )
    check(table, ASSETS)
    return table


def _check_entries(
    assets: int,
    points: int,
    asset: NDArray[np.int32],
    demand: NDArray[np.int32],
    level: NDArray[np.int8],
    probability: NDArray[np.float32],
) -> None:
    faults = []
    remedy = "Give one asset, demand point, level and three probabilities for each entry."
    if not len(asset) == len(demand) == len(level) == len(probability):
        counts = (len(asset), len(demand), len(level), len(probability))
        what = "{} assets, {} points, {} levels, {} probabilities".format(*counts)
        refuse(ValueRangeError, "coverage", what, remedy)
    if len(asset) and not (
        asset.min() >= 0 and asset.max() < assets and demand.min() >= 0 and demand.max() < points
    ):
        faults.append(Fault(ValueRangeError, "coverage", "a position lies outside its table", remedy))
    elif len(np.unique(asset.astype(np.int64) * points + demand)) < len(asset):
        faults.append(Fault(DuplicateIdError, "coverage", "an asset reaches a demand point twice", remedy))
    if not np.isin(level, list(Level)).all():
        faults.append(Fault(ValueRangeError, "coverage", "a level is not 0 to 3", remedy))
    if not ((probability >= 0) & (probability <= 1)).all() or (np.diff(probability, axis=1) > 0).any():
        faults.append(Fault(ValueRangeError, "coverage", "probabilities are not 0 to 1 and falling", remedy))
    raise_faults(faults)


def _check_same(left: Coverage, right: Coverage) -> None:
    same = (
        np.array_equal(left.asset, right.asset)
        and np.array_equal(left.demand, right.demand)
        and np.array_equal(left.level, right.level)
        and np.array_equal(left.probability, right.probability)
    )
    if not same:
        what = f"assets {', '.join(left.assets.index[:5])} are in both, with different reach"
        refuse(DuplicateIdError, "coverage", what, "Give the proposal an id of its own.")
