"""Where people live and nothing reaches them, under a named definition and by stated evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_geo.coverage import SERVICES, Coverage, Level
from coverage_geo.demand import people_account
from coverage_geo.errors import DemandMismatchError, Fault, InputError, ValueRangeError, raise_faults, refuse
from coverage_geo.radio.link_budget import RSRP_CLASSES, SignalClasses
from coverage_geo.tables import (
    DECLARED_COVERAGE,
    DEMAND,
    MEASUREMENTS,
    REPORTED_STATUS,
    SETTLEMENTS,
    VILLAGES,
    Schema,
    check,
    is_placed,
)
from coverage_geo.words import Language, word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

EvidenceKind = Literal["reported", "modelled", "measured", "declared"]
EVIDENCE: tuple[EvidenceKind, ...] = ("reported", "modelled", "measured", "declared")
OFFICE_NEAR_M = 500.0
MEASURED_NEAR_M = 1_000.0
FEWEST_MEASUREMENTS = 3
COLUMNS = (
    "name",
    "kecamatan",
    "state",
    "decided_by",
    "people",
    "people_blank",
    "share_blank",
    "people_blank_expected",
    *EVIDENCE,
    "conflict",
    "providers",
    "unplaced",
)
LOCAL_LEVELS = ("dusun", "jorong", "rt", "rw", "hamlet", "kampung")


@dataclass(frozen=True, slots=True)
class Definition:
    """What counts as a blank spot. There is no single definition: a result without one is worthless.

    Attributes
    ----------
    name : str
        Short name, printed with every result.
    used_by : str
        Who uses it.
    services : tuple of str
        Services that count: "2G", "4G", "fixed". One of them is enough.
    at_least : Level
        Lowest level that counts as served; below it a demand point is blank.
    village_share : float
        A village is blank when at least this share of its people is blank (and somebody is): 0 means any.
    settlement_share : float
        The same for a settlement that has several demand points.
    judged_at : {"people", "office"}
        "office": the demand point at the village office decides where the office is known.

    Examples
    --------
    >>> print(NO_INTERNET)
    NO_INTERNET: people are blank where no 4G or fixed internet reaches them at level usable...
    >>> import dataclasses
    >>> dataclasses.replace(NO_INTERNET, village_share=0.3).village_share
    0.3
    """

    name: str
    used_by: str
    services: tuple[str, ...]
    at_least: Level
    village_share: float
    settlement_share: float = 0.5
    judged_at: Literal["people", "office"] = "people"

    def __post_init__(self) -> None:
        faults = []
        where = f"definition {self.name}"
        if not self.services or not set(self.services) <= set(SERVICES):
            what = f"services {self.services}"
            faults.append(Fault(ValueRangeError, where, what, f"Use one or more of {', '.join(SERVICES)}."))
        if self.at_least not in {Level.WEAK, Level.USABLE, Level.STRONG}:
            what = f"level {self.at_least!r}"
            faults.append(Fault(ValueRangeError, where, what, "Use Level.WEAK, USABLE or STRONG."))
        if not (0 <= self.village_share <= 1 and 0 <= self.settlement_share <= 1):
            what = f"shares {self.village_share} and {self.settlement_share}"
            faults.append(Fault(ValueRangeError, where, what, "Give shares from 0 to 1."))
        if self.judged_at not in {"people", "office"}:
            what = f"judged at {self.judged_at!r}"
            faults.append(Fault(ValueRangeError, where, what, 'Use "people" or "office".'))
        raise_faults(faults)

    def describe(self, language: Language = "en", classes: SignalClasses = RSRP_CLASSES) -> str:
        """Return the definition as sentences, with its thresholds.

        Parameters
        ----------
        language
            "id" or "en".
        classes
            The signal classes of the study, for the threshold in dBm.

        Returns
        -------
        str
            As printed on maps and reports.
        """
        level = word(f"level.{self.at_least.name.lower()}", language)
        dbm = getattr(classes, f"{self.at_least.name.lower()}_dbm")
        mobile = set(self.services) - {"fixed"}
        threshold = word("definition.threshold", language).format(dbm=f"{dbm:g}") if mobile else ""
        services = word("definition.or", language).join(
            word(f"service.{service}", language) for service in self.services
        )
        village = word("definition.office" if self.judged_at == "office" else "definition.village", language)
        if self.village_share == 0:
            village = word("definition.any", language)
        return word("definition.sentence", language).format(
            name=self.name, services=services, level=level, threshold=threshold
        ) + village.format(share=f"{100 * self.village_share:g}")

    def __str__(self) -> str:
        return self.describe("en")


_FOUND = ("4G", "fixed")
NO_INTERNET = Definition("NO_INTERNET", "coverage_geo: no usable internet", _FOUND, Level.USABLE, 0.5)
NO_4G_AT_ALL = Definition("NO_4G_AT_ALL", "BAKTI 2025", ("4G",), Level.WEAK, 1.0)
NO_SIGNAL = Definition("NO_SIGNAL", "Sumatera Selatan; Solok Selatan 2022", ("2G", "4G"), Level.WEAK, 1.0)
NONE_OR_WEAK = Definition("NONE_OR_WEAK", "Solok Selatan 2021; PODES 3, 4", ("2G", "4G"), Level.USABLE, 0.5)
PATCHY = Definition("PATCHY", "Purbalingga", ("2G", "4G"), Level.USABLE, 0.0)
NO_FIXED_INTERNET = Definition(
    "NO_FIXED_INTERNET", "Bangka Barat 2021", ("fixed",), Level.USABLE, 0.5, judged_at="office"
)
DEFINITIONS = {
    definition.name: definition
    for definition in (NO_INTERNET, NO_4G_AT_ALL, NO_SIGNAL, NONE_OR_WEAK, PATCHY, NO_FIXED_INTERNET)
}


def find_blank_spots(
    places: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    coverage: Coverage | None,
    *,
    definition: Definition = NO_INTERNET,
    reported: gpd.GeoDataFrame | None = None,
    measured: gpd.GeoDataFrame | None = None,
    declared: gpd.GeoDataFrame | None = None,
    evidence: EvidenceKind | Sequence[EvidenceKind] = "modelled",
    classes: SignalClasses = RSRP_CLASSES,
) -> gpd.GeoDataFrame:
    """Return the state of every place: blank, served or unknown, by each kind of evidence on its own.

    Parameters
    ----------
    places
        Villages (table `VILLAGES`) or settlements (table `SETTLEMENTS`); the result has their index.
    demand
        Demand points; table `DEMAND`.
    coverage
        What stands, over these demand points; None when no towers are known, so that the model knows nothing.
    definition
        What counts as blank.
    reported, measured, declared
        Other evidence: tables `REPORTED_STATUS`, `MEASUREMENTS`, `DECLARED_COVERAGE`.
    evidence
        Which kind decides the state; of several, the first that knows. Kinds are never averaged.
    classes
        RSRP thresholds, for the measurements.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a place: name, kecamatan, state ("blank", "served", "unknown"), decided_by, people,
        people_blank (NaN when unknown), people_blank_expected (modelled, by probability of service),
        share_blank, modelled, reported, measured, declared (a state each), providers, conflict (text,
        missing when the kinds agree), unplaced, geometry: the demand point with the most blank people (with
        the most people, when none is blank), None when unplaced. ``attrs["definition"]`` (in Bahasa
        Indonesia: "definition_id") holds the definition
        in words, ``attrs["evidence"]`` the deciding kinds.

    Raises
    ------
    InputError
        When a table is malformed, the coverage is of other demand points, or the evidence asked for is not
        given.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from coverage_geo.coverage import Coverage
    >>> from coverage_geo.demand import demand_points
    >>> villages = gpd.GeoDataFrame(
    ...     {"name": ["Sukamaju"], "people": [90]}, index=gpd.pd.Index(["99.01.01.2001"], name="village_id"),
    ...     geometry=[shapely.box(500_000, 9_800_000, 501_000, 9_801_000)], crs="EPSG:32748")
    >>> demand = demand_points(villages)
    >>> nothing = Coverage.none(demand.index)
    >>> blanks = find_blank_spots(villages, demand, nothing)
    >>> blanks.loc["99.01.01.2001", "state"], float(blanks["people_blank"].sum())
    ('blank', 90.0)
    """
    _check_definition(definition)
    schema = _schema_of(places)
    check(places, schema)
    check(demand, DEMAND, crs=places.crs)
    if schema is SETTLEMENTS and _column(demand, SETTLEMENTS.index).isna().all():
        what = "no demand point belongs to a settlement"
        refuse(InputError, "demand", what, "Make it with demand_points(..., settlements=...).")
    if coverage is not None and not coverage.demand_ids.equals(demand.index):
        what = "the coverage is of other demand points"
        refuse(DemandMismatchError, "demand", what, "Compute it for this demand table.")
    given = {"modelled": coverage, "reported": reported, "measured": measured, "declared": declared}
    kinds = _deciding(evidence, given)
    rule = _PlaceRule(places, demand, schema, definition)
    standing = Coverage.none(demand.index) if coverage is None else coverage
    served = standing.serves(definition.at_least, definition.services)
    table = pd.DataFrame(
        {
            "reported": _reported_states(places, reported, definition),
            "modelled": _unknown(places) if coverage is None else rule.state_by_people(served),
            "measured": _measured_states(places, measured, definition, classes),
            "declared": _declared_states(rule, demand, declared, definition),
        }
    )
    table["conflict"] = [_conflict(states) for states in table.itertuples(index=False)]
    table["state"], table["decided_by"] = _decide(table, kinds)
    table["people"] = rule.people()
    by_people = {"modelled": rule.sum_people(~served)}
    if declared is not None:
        by_people["declared"] = rule.sum_people(~_declared_served(demand, declared, definition))
    table["people_blank"] = _people_blank(table, by_people)
    table["share_blank"] = table["people_blank"] / table["people"].where(table["people"] > 0)
    chance = standing.probability_served(definition.at_least, definition.services)
    table["people_blank_expected"] = math.nan if coverage is None else rule.sum_people(1 - chance)
    table["name"], table["kecamatan"] = places["name"], _column(places, "kecamatan")
    table["providers"] = _providers(places, reported)
    table["unplaced"] = ~is_placed(places)
    result = gpd.GeoDataFrame(table[list(COLUMNS)], geometry=rule.centres(~served), crs=places.crs)
    result.attrs["definition"] = definition.describe("en", classes)
    result.attrs["definition_id"] = definition.describe("id", classes)
    result.attrs["evidence"] = ", then ".join(kinds)
    return result


def place_states(
    places: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, served: NDArray[np.bool_], *, definition: Definition
) -> pd.Series:
    """Return the state of each place from which demand points are served.

    Parameters
    ----------
    places
        Villages or settlements.
    demand
        Demand points; table `DEMAND`.
    served
        Whether each demand point is served, shape (n,).
    definition
        For its share of people, or its office rule.

    Returns
    -------
    pandas.Series
        "blank", "served", or "unknown" where nobody is counted, with the places' index.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, shapely
    >>> from coverage_geo.demand import demand_points
    >>> villages = gpd.GeoDataFrame(
    ...     {"name": ["Sukamaju"], "people": [90]}, index=gpd.pd.Index(["99.01.01.2001"], name="village_id"),
    ...     geometry=[shapely.box(500_000, 9_800_000, 501_000, 9_801_000)], crs="EPSG:32748")
    >>> demand = demand_points(villages)
    >>> place_states(villages, demand, np.array([True, True, True, False]), definition=NO_INTERNET).iloc[0]
    'served'
    """
    return _PlaceRule(places, demand, _schema_of(places), definition).state_by_people(served)


def point_states(
    demand: gpd.GeoDataFrame,
    coverage: Coverage,
    *,
    definition: Definition,
    blanks: Sequence[gpd.GeoDataFrame] = (),
) -> NDArray[np.str_]:
    """Return the state of each demand point: by the model, or as other evidence decided for its place.

    Parameters
    ----------
    demand
        Demand points; table `DEMAND`.
    coverage
        What stands, over these demand points.
    definition
        What counts as served.
    blanks
        States of villages or hamlets, or of both, from `find_blank_spots`. Where evidence other than the
        model decided, everybody in the place has its state; what a later table knows goes before.

    Returns
    -------
    numpy.ndarray
        "blank", "served" or "unknown", shape (n,).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from coverage_geo.coverage import Coverage
    >>> demand = gpd.GeoDataFrame({"people": [1.0], "village_id": ["v"]}, index=["d"])
    >>> point_states(demand, Coverage.none(["d"]), definition=NO_INTERNET).tolist()
    ['blank']
    """
    _check_definition(definition)
    served = coverage.serves(definition.at_least, definition.services)
    states = np.where(served, "served", "blank").astype("U7")
    for number, places in enumerate(blanks):
        place = places.index.get_indexer(_column(demand, _schema_of(places).index))
        state, decided_by = (places[name].to_numpy(dtype=object)[place] for name in ("state", "decided_by"))
        stated = (place >= 0) & (decided_by != "modelled") & ((number == 0) | (state != "unknown"))
        states = np.where(stated, state, states).astype("U7")
    return states


def find_conflicts(blanks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places where kinds of evidence disagree: what to check in the field.

    Parameters
    ----------
    blanks
        As made by `find_blank_spots`.

    Returns
    -------
    geopandas.GeoDataFrame
        Its rows with a conflict, those with the most people first.

    Examples
    --------
    >>> import geopandas as gpd
    >>> places = gpd.GeoDataFrame({"conflict": [None, "reported blank, modelled served"], "people": [5, 9]},
    ...     geometry=gpd.GeoSeries.from_xy([0, 1], [0, 1]), index=["a", "b"])
    >>> list(find_conflicts(places).index)
    ['b']
    """
    found = blanks[blanks["conflict"].notna()]
    return found.iloc[np.lexsort((found.index.to_numpy(dtype=str), -found["people"].to_numpy()))]


def with_unplaced(settlements: gpd.GeoDataFrame, reported: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return settlements plus the reported hamlets that match none of them, without a place.

    They stay in the list and in the denominator until somebody locates them.

    Parameters
    ----------
    settlements
        Known settlements; table `SETTLEMENTS`.
    reported
        Reported status; table `REPORTED_STATUS`.

    Returns
    -------
    geopandas.GeoDataFrame
        Table `SETTLEMENTS`; the added rows have ids "unplaced:<status id>" and no geometry unless the report
        gave one.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> known = gpd.GeoDataFrame({"name": ["Talang"]}, index=pd.Index(["s1"], name="settlement_id"),
    ...     geometry=gpd.GeoSeries.from_xy([500_000], [9_800_000]).to_numpy(), crs="EPSG:32748")
    >>> row = {"place_name": "Batu Lauang", "level": "jorong", "state": "blank", "service": "any",
    ...        "stated": "blank spot"}
    >>> status = gpd.GeoDataFrame(
    ...     [row], index=pd.Index(["r1"], name="status_id"), geometry=[None], crs="EPSG:32748")
    >>> list(with_unplaced(known, status).index)
    ['s1', 'unplaced:r1']
    """
    check(settlements, SETTLEMENTS)
    check(reported, REPORTED_STATUS, crs=settlements.crs)
    local = reported["level"].str.lower().isin(LOCAL_LEVELS)
    known = _column(reported, "settlement_id").isin(settlements.index)
    missing = reported[local & ~known]
    if not len(missing):
        return settlements
    added = gpd.GeoDataFrame(
        {
            "name": missing["place_name"].to_numpy(),
            "kind": missing["level"].to_numpy(),
            "kecamatan": _column(missing, "kecamatan").to_numpy(),
            "village_id": _column(missing, "village_id").to_numpy(),
        },
        index=pd.Index("unplaced:" + missing.index.to_numpy(dtype=object), name="settlement_id"),
        geometry=missing.geometry.to_numpy(),
        crs=settlements.crs,
    )
    both = pd.concat([settlements, added])
    both.attrs = dict(settlements.attrs)
    return both


@dataclass(frozen=True)
class _PlaceRule:
    """Adds demand points up to places and applies the definition's share."""

    places: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    schema: Schema
    definition: Definition

    @cached_property
    def members(self) -> list[NDArray[np.int64]]:
        """Positions of the demand points of each place."""
        place = self.places.index.get_indexer(_column(self.demand, self.schema.index))
        order = np.argsort(place, kind="stable")
        edges = np.searchsorted(place[order], np.arange(len(self.places) + 1))
        return [order[first:last] for first, last in pairwise(edges)]

    @property
    def share(self) -> float:
        return self.definition.village_share if self.schema is VILLAGES else self.definition.settlement_share

    def sum_people(self, weight: NDArray[np.float64] | NDArray[np.bool_]) -> pd.Series:
        """People of each place, weighted; the sum does not depend on the order of demand points."""
        people = self.demand["people"].to_numpy() * weight
        return pd.Series([math.fsum(people[own]) for own in self.members], self.places.index, dtype=float)

    def people(self) -> pd.Series:
        """People of each place: at its demand points, else as its own column says when it is unplaced."""
        counted = self.sum_people(np.ones(len(self.demand)))
        own = _column(self.places, "people").astype(float)
        if self.schema is not VILLAGES:
            return counted.where(is_placed(self.places), own)
        apart = pd.Series(dict(people_account(self.demand).unplaced_by_village), dtype=float)
        return counted + apart.reindex(counted.index).fillna(0.0)

    def state_by_people(self, served: NDArray[np.bool_]) -> pd.Series:
        """State of each place from which of its demand points are served."""
        everyone = self.sum_people(np.ones(len(self.demand)))
        blank = self.sum_people((~served).astype(float))
        share = blank / everyone.where(everyone > 0)
        state: pd.Series = pd.Series(
            np.where((share >= self.share) & (share > 0), "blank", "served"), self.places.index
        )
        if self.definition.judged_at == "office" and self.schema is VILLAGES:
            at_office = self._office_served(served)
            state = state.mask(at_office == 1, "served").mask(at_office == 0, "blank")
        return state.where(everyone > 0, "unknown")

    def _office_served(self, served: NDArray[np.bool_]) -> pd.Series:
        """1 or 0: whether the demand point at the office is served; NaN where no office is known."""
        result = pd.Series(np.nan, index=self.places.index)
        if "office_x_m" not in self.places or "office_y_m" not in self.places:
            return result
        offices = self.places.loc[self.places["office_x_m"].notna() & self.places["office_y_m"].notna()]
        points = shapely.points(offices["office_x_m"], offices["office_y_m"])
        found, nearest = self.demand.sindex.nearest(points, max_distance=OFFICE_NEAR_M, return_all=False)
        result.loc[offices.index[found]] = served[nearest].astype(float)
        return result

    def centres(self, blank: NDArray[np.bool_]) -> list[shapely.Point | None]:
        """Each village's demand point with the most blank people (most people, when none is blank).

        Of equals, the one nearest their middle.
        """
        geometries = self.places.geometry.to_numpy()
        if self.schema is not VILLAGES:
            return list(geometries)
        x_y = shapely.get_coordinates(self.demand.geometry.to_numpy())
        people = self.demand["people"].to_numpy()
        points = list(shapely.point_on_surface(geometries))
        for number, everyone in enumerate(self.members):
            own = everyone[blank[everyone]] if blank[everyone].any() else everyone
            if people[own].sum() > 0:
                middle = np.average(x_y[own], axis=0, weights=people[own])
                from_middle = np.hypot(*(x_y[own] - middle).T)
                most = np.lexsort((from_middle, -people[own]))[0]
                points[number] = shapely.Point(x_y[own[most]])
        return points


def _check_definition(definition: object) -> None:
    if not isinstance(definition, Definition):
        remedy = f"Give one of cg.{', cg.'.join(DEFINITIONS)}, or a Definition of your own."
        refuse(InputError, "definition", f"{definition!r} is not a Definition", remedy)


def _schema_of(places: gpd.GeoDataFrame) -> Schema:
    schemas = {schema.index: schema for schema in (VILLAGES, SETTLEMENTS)}
    if places.index.name not in schemas:
        what = f"the index is {places.index.name!r}"
        refuse(InputError, "places", what, "Give villages (village_id) or settlements (settlement_id).")
    return schemas[places.index.name]


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column, or one without values where the table has none."""
    return table[name] if name in table else pd.Series(np.nan, index=table.index, dtype=object)


def _deciding(
    evidence: EvidenceKind | Sequence[EvidenceKind], given: Mapping[str, object]
) -> tuple[EvidenceKind, ...]:
    kinds = (evidence,) if isinstance(evidence, str) else tuple(evidence)
    faults = []
    if not kinds or not set(kinds) <= set(EVIDENCE):
        what = f"evidence={evidence!r}"
        faults.append(
            Fault(ValueRangeError, "blank spots", what, f"Use one or more of {', '.join(EVIDENCE)}.")
        )
    faults += [
        Fault(
            InputError,
            "blank spots",
            f"evidence {kind!r} is not given",
            "Give it, or ask for other evidence.",
        )
        for kind in kinds
        if kind in EVIDENCE and given[kind] is None
    ]
    raise_faults(faults)
    return kinds


def _unknown(places: gpd.GeoDataFrame) -> pd.Series:
    return pd.Series("unknown", index=places.index, dtype="str")


def _speaks_of(places: gpd.GeoDataFrame, reported: gpd.GeoDataFrame) -> pd.Series:
    """Place each report speaks of; reports on a hamlet say nothing of its whole village."""
    if places.index.name == SETTLEMENTS.index:
        added = pd.Series("unplaced:" + reported.index.to_numpy(dtype=object), index=reported.index)
        own = _column(reported, "settlement_id")
        return own.where(own.notna(), added).where(lambda place: place.isin(places.index))
    local = reported["level"].str.lower().isin(LOCAL_LEVELS) | _column(reported, "settlement_id").notna()
    return _column(reported, "village_id").where(~local)


def _reported_states(
    places: gpd.GeoDataFrame, reported: gpd.GeoDataFrame | None, definition: Definition
) -> pd.Series:
    """State by the reports: served where one reports enough; blank where one reports none of it."""
    states = _unknown(places)
    if reported is None:
        return states
    check(reported, REPORTED_STATUS, crs=places.crs)
    concerns = reported["service"].isin([*definition.services, "any"])
    says = reported.assign(place=_speaks_of(places, reported))[concerns].dropna(subset=["place"])
    enough = says["state"].eq("served") | (says["state"].eq("weak") & (definition.at_least == Level.WEAK))
    # "No fixed line" alone does not say that there is no 4G; a tower in trouble was all there was.
    whole = says["service"].eq("any") | (len(definition.services) == 1) | says["state"].eq("trouble")
    lacking = says["state"].isin(["blank", "trouble", "weak"]) & ~enough & whole
    states[states.index.isin(says.loc[lacking, "place"])] = "blank"
    states[states.index.isin(says.loc[enough, "place"])] = "served"
    return states


def _measured_states(
    places: gpd.GeoDataFrame,
    measured: gpd.GeoDataFrame | None,
    definition: Definition,
    classes: SignalClasses,
) -> pd.Series:
    """State by the measurements in each village, or within 1 km of each settlement; three at least."""
    states = _unknown(places)
    if measured is None:
        return states
    check(measured, MEASUREMENTS, crs=places.crs)
    service = _column(measured, "service")
    points = measured[service.isin(definition.services) | (service.isna() & ("4G" in definition.services))]
    if places.index.name == VILLAGES.index:
        found = gpd.sjoin(points, places[[places.geometry.name]], predicate="within")
    else:
        placed = places[is_placed(places)]
        found = gpd.sjoin_nearest(points, placed[[placed.geometry.name]], max_distance=MEASURED_NEAR_M)
    threshold = getattr(classes, f"{definition.at_least.name.lower()}_dbm")
    below = found["rsrp_dbm"].lt(threshold).groupby(found[places.index.name])
    share, number = below.mean(), below.size()
    least = definition.village_share if places.index.name == VILLAGES.index else definition.settlement_share
    known = share[number >= FEWEST_MEASUREMENTS]
    states[known.index] = np.where((known >= least) & (known > 0), "blank", "served")
    return states


def _declared_served(
    demand: gpd.GeoDataFrame, declared: gpd.GeoDataFrame, definition: Definition
) -> NDArray[np.bool_]:
    areas = declared[declared["service"].isin(definition.services)]
    served = np.zeros(len(demand), dtype=bool)
    served[np.unique(areas.sindex.query(demand.geometry, predicate="intersects")[0])] = True
    return served


def _declared_states(
    rule: _PlaceRule,
    demand: gpd.GeoDataFrame,
    declared: gpd.GeoDataFrame | None,
    definition: Definition,
) -> pd.Series:
    if declared is None:
        return _unknown(rule.places)
    check(declared, DECLARED_COVERAGE, crs=demand.crs)
    return rule.state_by_people(_declared_served(demand, declared, definition))


def _decide(states: pd.DataFrame, kinds: Sequence[EvidenceKind]) -> tuple[pd.Series, pd.Series]:
    """State of each place and the kind that decided it: the first that knows."""
    state: pd.Series = pd.Series("unknown", index=states.index, dtype="str")
    decided_by: pd.Series = pd.Series(None, index=states.index, dtype=object)
    for kind in reversed(kinds):
        knows = states[kind] != "unknown"
        state, decided_by = state.mask(knows, states[kind]), decided_by.mask(knows, kind)
    return state, decided_by


def _people_blank(table: pd.DataFrame, by_people: dict[str, pd.Series]) -> pd.Series:
    """People without service: counted at demand points where they decide, else the whole blank place."""
    whole = table["people"].where(table["state"] == "blank", 0.0)
    result = whole.where(table["state"] != "unknown")
    for kind, blank in by_people.items():
        result = result.mask(table["decided_by"] == kind, blank)
    return result


def _providers(places: gpd.GeoDataFrame, reported: gpd.GeoDataFrame | None) -> pd.Series:
    """Reported providers of each place, sorted, joined by a comma."""
    if reported is None:
        return pd.Series(None, index=places.index, dtype="str")
    provider = _column(reported, "provider").dropna()
    place = _speaks_of(places, reported).reindex(provider.index).dropna()
    listed = provider[place.index].groupby(place).agg(lambda names: ", ".join(sorted(set(names))))
    return listed.reindex(places.index)


def _conflict(states: Sequence[str]) -> str | None:
    """What the kinds of evidence say, when they contradict each other."""
    known = [(kind, state) for kind, state in zip(EVIDENCE, states, strict=True) if state != "unknown"]
    if len({state for _, state in known}) < 2:
        return None
    return ", ".join(f"{kind} {state}" for kind, state in known)
