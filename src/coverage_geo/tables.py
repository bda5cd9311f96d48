"""What the tables of a study must look like, and the check that they do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from coverage_geo.errors import (
    CRSError,
    DuplicateIdError,
    Fault,
    GeometryTypeError,
    MissingColumnError,
    ValueRangeError,
    kind_faults,
    raise_faults,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Kind = Literal["text", "number", "flag", "value"]
AREAS = frozenset({"Polygon", "MultiPolygon"})
LINES = frozenset({"LineString"})
POINTS = frozenset({"Point"})
REPAIRS = "repairs"
SHOWN_IDS = 5


@dataclass(frozen=True, slots=True)
class Column:
    """A known column: its kind, unit, meaning and range.

    Attributes
    ----------
    name : str
        With its unit as the last word, such as "antenna_height_m".
    kind : {"text", "number", "flag", "value"}
        "value" holds any immutable Python value.
    meaning : str
        One line for the planner.
    unit : str
        As in the name; empty for text.
    required : bool
        Whether the table must have the column.
    complete : bool
        Whether every row must have a value.
    low, high : float
        Smallest and largest number allowed.
    choices : tuple of str
        The words allowed in a text column; empty allows any.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    required: bool = False
    complete: bool = False
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schema:
    """What a table must look like.

    Attributes
    ----------
    name : str
        The table's name in messages.
    index : str
        Name of the index of unique text ids.
    geometry : frozenset of str
        Geometry types allowed; empty for a table without geometry.
    columns : tuple of Column
        The columns that mean something; others pass through untouched.
    unplaced : bool
        Whether rows without geometry are allowed (places known by name only).
    """

    name: str
    index: str
    geometry: frozenset[str]
    columns: tuple[Column, ...] = ()
    unplaced: bool = False

    def column(self, name: str) -> Column:
        """Return the known column of that name.

        Parameters
        ----------
        name
            A column of this schema.

        Returns
        -------
        Column
            Its description.

        Raises
        ------
        KeyError
            When the schema has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class StudyArea:
    """Where a study takes place: a rectangle and the one CRS that everything in it uses.

    Attributes
    ----------
    bounds : tuple of float
        (west, south, east, north) in the CRS's metres.
    crs : pyproj.CRS
        Projected, in metres.

    Examples
    --------
    >>> StudyArea((0, 0, 10_000, 10_000), "EPSG:32748").crs.to_epsg()
    32748
    """

    bounds: tuple[float, float, float, float]
    crs: CRS

    def __post_init__(self) -> None:
        object.__setattr__(self, "crs", CRS.from_user_input(self.crs))
        object.__setattr__(self, "bounds", tuple(float(edge) for edge in self.bounds))
        raise_faults([*crs_faults(self.crs, "study area")])
        west, south, east, north = self.bounds
        if not (west < east and south < north):
            what = f"bounds {self.bounds} are empty"
            refuse(ValueRangeError, "study area", what, "Give (west, south, east, north).")


class Repair(NamedTuple):
    """One thing a reader mended or set aside. A named tuple, because `to_parquet` writes attrs as JSON.

    Attributes
    ----------
    source : str
        File the row came from.
    table : str
        Table it belongs to.
    row : str
        Row number in the file (the first data row is 1) or id.
    column : str
        Column it concerns; empty for the geometry or the whole row.
    action : {"mended", "set aside", "assumed"}
        What was done.
    before, after : str
        The value before and after.
    reason : str
        Why, in one line.
    """

    source: str
    table: str
    row: str
    column: str
    action: str
    before: str
    after: str
    reason: str


VILLAGES = Schema(
    "villages",
    "village_id",
    AREAS,
    (
        Column("name", "text", "village name", required=True, complete=True),
        Column("kecamatan", "text", "sub-district it belongs to"),
        Column("kabupaten", "text", "district it belongs to"),
        Column("provinsi", "text", "province it belongs to"),
        Column("kemendagri_code", "text", "Kemendagri code such as 19.05.01.2001"),
        Column("bps_code", "text", "BPS code of 10 digits"),
        Column("people", "number", "residents", "people", low=0),
        Column("households", "number", "households", "households", low=0),
        Column("office_x_m", "number", "village office, easting in the study's CRS", "m"),
        Column("office_y_m", "number", "village office, northing in the study's CRS", "m"),
    ),
)
SETTLEMENTS = Schema(
    "settlements",
    "settlement_id",
    POINTS,
    (
        Column("name", "text", "name of the hamlet, jorong or dusun", required=True, complete=True),
        Column("kind", "text", "dusun, jorong, RT, ..."),
        Column("kecamatan", "text", "sub-district it belongs to"),
        Column("village_id", "text", "village it belongs to; missing when unknown"),
        Column("people", "number", "residents", "people", low=0),
        Column("households", "number", "households", "households", low=0),
    ),
    unplaced=True,
)
STATES = ("blank", "weak", "served", "trouble", "unknown")
REPORTED_STATUS = Schema(
    "reported status",
    "status_id",
    POINTS,
    (
        Column("village_id", "text", "village it speaks of; missing when none was found"),
        Column("settlement_id", "text", "settlement it speaks of, when it names one that is known"),
        Column("place_name", "text", "name as printed", required=True),
        Column("level", "text", "desa, nagari, dusun, jorong, ...", required=True),
        Column("kecamatan", "text", "sub-district as printed"),
        Column("state", "text", "what the source says", required=True, complete=True, choices=STATES),
        Column("service", "text", "what it speaks of", required=True, choices=("2G", "4G", "fixed", "any")),
        Column("provider", "text", "who serves it"),
        Column("stated", "text", "the status as printed", required=True),
        Column("match_kind", "text", "how the place was found: code, name, similar name, point or none"),
        Column(
            "match_score", "number", "similarity of the names, 100 when equal", "percent", low=0, high=100
        ),
        Column("date", "text", "when it was reported"),
        Column("source", "text", "who reported it"),
    ),
    unplaced=True,
)
MEASUREMENTS = Schema(
    "measurements",
    "measurement_id",
    POINTS,
    (
        Column(
            "rsrp_dbm", "number", "measured RSRP", "dBm", required=True, complete=True, low=-156, high=-20
        ),
        Column("service", "text", "2G, 4G or fixed", choices=("2G", "4G", "fixed")),
        Column("operator", "text", "network measured"),
        Column("cell", "text", "cell measured"),
        Column("time", "text", "when it was measured"),
    ),
)
DECLARED_COVERAGE = Schema(
    "declared coverage",
    "declared_id",
    AREAS,
    (
        Column("operator", "text", "who declares it"),
        Column(
            "service", "text", "2G, 4G or fixed", required=True, complete=True, choices=("2G", "4G", "fixed")
        ),
    ),
)
TOWER_STATUSES = ("on air", "planned", "faulty")
TOWERS = Schema(
    "towers",
    "tower_id",
    POINTS,
    (
        Column("name", "text", "site name"),
        Column("operator", "text", "whose signal it carries"),
        Column("owner", "text", "whose tower it is"),
        Column("status", "text", "on air, planned or faulty", choices=TOWER_STATUSES),
        Column("service", "text", "2G or 4G", choices=("2G", "4G")),
        Column("antenna_height_m", "number", "antenna above ground", "m", low=1, high=500),
        Column("frequency_mhz", "number", "carrier frequency", "MHz", low=30, high=6000),
        Column("power_dbm", "number", "carrier power at the antenna's input", "dBm", low=-30, high=80),
        Column("gain_dbi", "number", "antenna gain", "dBi", low=-20, high=40),
        Column("feeder_loss_db", "number", "loss between radio and antenna", "dB", low=0, high=40),
        Column("bandwidth_mhz", "number", "carrier bandwidth", "MHz", low=0.1, high=100),
        Column(
            "eirp_dbm",
            "number",
            "EIRP of the whole carrier, instead of power, gain and loss",
            "dBm",
            low=-30,
            high=110,
        ),
        Column("capital_cost_idr", "number", "one-off cost of building or repairing it", "Rp", low=0),
    ),
)
SECTORS = Schema(
    "sectors",
    "sector_id",
    frozenset(),
    (
        Column("tower_id", "text", "tower it hangs on", required=True, complete=True),
        Column(
            "azimuth_deg",
            "number",
            "bearing of the beam, clockwise from north; missing: omnidirectional",
            "deg",
            low=0,
            high=360,
        ),
        Column("tilt_deg", "number", "downtilt, mechanical and electrical together", "deg", low=-90, high=90),
        Column(
            "electrical_tilt_deg", "number", "downtilt of the beam alike all around", "deg", low=-90, high=90
        ),
        Column("mechanical_tilt_deg", "number", "how far the antenna leans forward", "deg", low=-90, high=90),
        Column("beamwidth_deg", "number", "horizontal half-power beamwidth", "deg", low=1, high=360),
        Column("pattern", "text", "name of its antenna pattern; missing: that of 3GPP"),
        *(
            TOWERS.column(name)
            for name in (
                "operator",
                "status",
                "service",
                "antenna_height_m",
                "frequency_mhz",
                "power_dbm",
                "gain_dbi",
                "feeder_loss_db",
                "bandwidth_mhz",
                "eirp_dbm",
            )
        ),
    ),
)
VOLTAGES = ("JTM", "JTR")
POLES = Schema(
    "poles",
    "pole_id",
    POINTS | LINES,
    (
        Column("voltage", "text", "JTM (20 kV) or JTR (low voltage); missing when unknown", choices=VOLTAGES),
        Column("owner", "text", "whose pole it is"),
        Column("permitted", "flag", "whether cable may be strung on it; missing when unknown"),
    ),
)
ROADS = Schema(
    "roads",
    "road_id",
    LINES,
    (
        Column("name", "text", "name of the road"),
        Column("kind", "text", "class of road, as the source says it"),
    ),
)
OBSTACLES = Schema(
    "obstacles",
    "obstacle_id",
    AREAS | LINES | frozenset({"MultiLineString"}),
    (
        Column("name", "text", "what it is called"),
        Column("kind", "text", "water, forest, land without permission, ..."),
    ),
)
GATEWAYS = Schema(
    "gateways",
    "gateway_id",
    POINTS,
    (
        Column("name", "text", "name of the point of presence"),
        Column("operator", "text", "whose it is"),
        Column("kind", "text", "point of presence, OLT, backhaul node, ..."),
        Column("ports", "number", "ports that may be lit from here; empty for any number", "ports", low=0),
        TOWERS.column("antenna_height_m"),
    ),
)
ROUTES = Schema(
    "routes",
    "route_id",
    LINES | frozenset({"MultiLineString"}),
    (
        Column("name", "text", "place it serves, or the name the planner gave"),
        Column("operator", "text", "who would build it"),
        Column("reason", "text", "why there is no route; missing when there is one"),
        Column("length_m", "number", "cable length", "m", low=0),
        Column("capital_cost_idr", "number", "one-off cost of the route alone", "Rp", low=0),
    ),
    unplaced=True,
)
PROPOSAL_KINDS = ("tower", "route", "repair")
PROPOSALS = Schema(
    "proposals",
    "proposal_id",
    POINTS | LINES,
    (
        Column(
            "kind", "text", "tower, route or repair", required=True, complete=True, choices=PROPOSAL_KINDS
        ),
        Column("name", "text", "what the planner calls it"),
        Column("partner", "text", "who would do it: an operator, Icon Plus, a foundation"),
        Column("tower_id", "text", "faulty tower to repair"),
        Column("pole_ids", "text", "poles of a route in their order, such as P1;P2;P3, instead of a line"),
        *(
            TOWERS.column(name)
            for name in (
                "operator",
                "service",
                "antenna_height_m",
                "frequency_mhz",
                "power_dbm",
                "gain_dbi",
                "feeder_loss_db",
                "bandwidth_mhz",
                "eirp_dbm",
                "capital_cost_idr",
            )
        ),
    ),
    unplaced=True,
)
DEMAND = Schema(
    "demand",
    "demand_id",
    POINTS,
    (
        Column("people", "number", "people counted here", "people", required=True, complete=True, low=0),
        Column("village_id", "text", "village they live in", required=True),
        Column("settlement_id", "text", "settlement they belong to; missing when unknown"),
    ),
)
SCHEMAS = {
    schema.name: schema
    for schema in (
        VILLAGES,
        SETTLEMENTS,
        REPORTED_STATUS,
        MEASUREMENTS,
        DECLARED_COVERAGE,
        TOWERS,
        SECTORS,
        POLES,
        ROADS,
        OBSTACLES,
        GATEWAYS,
        ROUTES,
        PROPOSALS,
        DEMAND,
    )
}


@lru_cache(maxsize=64)
def _is_metric(crs: CRS) -> bool:
    return crs.is_projected and all(axis.unit_conversion_factor == 1 for axis in crs.axis_info[:2])


def crs_faults(crs: CRS | None, where: str, expected: CRS | None = None) -> list[Fault]:
    """Faults of a table's CRS: none, in degrees, or not the study's.

    Parameters
    ----------
    crs
        The table's CRS.
    where
        The table's name for the message.
    expected
        The study's CRS, when known.

    Returns
    -------
    list of Fault
        Empty when the CRS is right.

    Examples
    --------
    >>> [fault.what for fault in crs_faults(None, "towers")]
    ['has no coordinate reference system']
    """
    if crs is None:
        remedy = "Set the CRS the coordinates are in; it is never guessed."
        return [Fault(CRSError, where, "has no coordinate reference system", remedy)]
    if not _is_metric(crs):
        remedy = "Read it with study_area=villages, or project it with to_crs()."
        return [Fault(CRSError, where, f"{crs.name} is not projected in metres", remedy)]
    if expected is not None and crs != expected:
        remedy = "Read every input with the same study_area=."
        return [Fault(CRSError, where, f"is in {crs.name}, the study in {expected.name}", remedy)]
    return []


def _shown(ids: Iterable[object]) -> str:
    listed = [str(one) for one in ids]
    more = f" and {len(listed) - SHOWN_IDS} more" if len(listed) > SHOWN_IDS else ""
    return ", ".join(listed[:SHOWN_IDS]) + more


def _index_faults(index: pd.Index, schema: Schema) -> list[Fault]:
    where = schema.name
    faults = []
    if index.name != schema.index:
        remedy = f"Use table.set_index({schema.index!r})."
        faults.append(
            Fault(MissingColumnError, where, f"the index is {index.name!r}, not {schema.index!r}", remedy)
        )
    if len(index) and pd.api.types.infer_dtype(index) not in {"string", "empty"}:
        remedy = "Ids are text: use table.index.astype(str)."
        faults.append(Fault(ValueRangeError, where, f"ids are {index.dtype}, not text", remedy))
    repeated = index[index.duplicated()].unique()
    if len(repeated):
        remedy = "Give each row an id of its own."
        faults.append(Fault(DuplicateIdError, where, f"ids repeated: {_shown(repeated)}", remedy))
    return faults


def _column_faults(table: pd.DataFrame, column: Column, where: str) -> list[Fault]:
    values = table[column.name]
    at = f"{where}, column {column.name!r}"
    missing = values.isna()
    faults = []
    if column.complete and missing.any():
        what = f"no value for {_shown(table.index[missing])}"
        faults.append(Fault(ValueRangeError, at, what, "Fill it in."))
    given = values[~missing]
    wrong, what, remedy = _wrong_cells(given, column)
    if wrong.any():
        faults.append(Fault(ValueRangeError, at, f"{what}, for {_shown(given.index[wrong])}", remedy))
    return faults


def _wrong_cells(given: pd.Series, column: Column) -> tuple[pd.Series, str, str]:
    """Which given cells break the column's rule, what is wrong with the first, and the remedy."""
    if column.kind == "number":
        numeric = pd.api.types.is_numeric_dtype(given) and not pd.api.types.is_bool_dtype(given)
        wrong = ~given.between(column.low, column.high) if numeric else given.notna()
        rule = f"is outside {column.low:g} to {column.high:g}" if numeric else "is not a number"
        remedy = "Correct it, or leave it empty."
    elif column.kind == "flag":
        wrong, rule, remedy = ~given.isin([True, False]), "is not true or false", "Convert it to bool."
    elif column.kind == "text" and column.choices:
        wrong, rule = ~given.isin(column.choices), f"is not one of {', '.join(column.choices)}"
        remedy = "Use one of those words."
    elif column.kind == "text":
        all_text = pd.api.types.infer_dtype(given) in {"string", "empty"}
        wrong = pd.Series(data=False, index=given.index)
        if not all_text:
            wrong = given.map(lambda value: not isinstance(value, str)).astype(bool)
        rule, remedy = "is not text", "Codes and names are text."
    else:
        return pd.Series(data=False, index=given.index), "", ""
    if not wrong.any():
        return wrong, "", remedy
    value = given[wrong].tolist()[0]
    shown = f"{value:g}" if isinstance(value, int | float) else repr(value)
    return wrong, f"{shown} {column.unit} {rule}".replace("  ", " "), remedy


def _with_geometry(table: pd.DataFrame, where: str) -> gpd.GeoDataFrame:
    if not isinstance(table, gpd.GeoDataFrame) or table.active_geometry_name is None:
        remedy = "Read it with this library's reader."
        refuse(GeometryTypeError, where, "is not a GeoDataFrame with a geometry", remedy)
    return table


def _geometry_faults(table: gpd.GeoDataFrame, schema: Schema) -> list[Fault]:
    geometries = table.geometry.to_numpy()
    faults = []
    missing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    if missing.any() and not schema.unplaced:
        what = f"no geometry for {_shown(table.index[missing])}"
        faults.append(Fault(GeometryTypeError, schema.name, what, "Give it a place, or drop the row."))
    names = np.asarray([*shapely.GeometryType.__members__])[1:]
    allowed = np.flatnonzero(np.isin(np.char.lower(names), [kind.lower() for kind in schema.geometry]))
    wrong = ~missing & ~np.isin(shapely.get_type_id(geometries), allowed)
    if wrong.any():
        kind = geometries[wrong][0].geom_type
        what = (
            f"{kind} where {' or '.join(sorted(schema.geometry))} is needed, for {_shown(table.index[wrong])}"
        )
        faults.append(Fault(GeometryTypeError, schema.name, what, "Read it with this library's reader."))
    x_y = shapely.get_coordinates(geometries[~missing])
    if not np.isfinite(x_y).all():
        faults.append(
            Fault(GeometryTypeError, schema.name, "a coordinate is not finite", "Correct the geometry.")
        )
    return faults


def check(table: pd.DataFrame, schema: Schema, *, crs: CRS | None = None) -> None:
    """Check that a table is what its schema says, and raise all faults at once.

    Parameters
    ----------
    table
        The table to check; it is not changed.
    schema
        What it must look like.
    crs
        The study's CRS, when the table must share it.

    Raises
    ------
    InputError
        With every fault found: missing columns, repeated ids, wrong kinds, ranges, geometry, CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> point = gpd.GeoSeries.from_xy([500_000], [9_800_000], crs="EPSG:32748")
    >>> gateways = gpd.GeoDataFrame({"name": ["POP"]}, geometry=point)
    >>> check(gateways.set_index(gateways["name"].rename("gateway_id")), GATEWAYS)
    >>> check(gateways, GATEWAYS)
    Traceback (most recent call last):
    coverage_geo.errors.InputError: 2 faults:
      - gateways: the index is None, not 'gateway_id'. Use table.set_index('gateway_id').
      - gateways: ids are int64, not text. Ids are text: use table.index.astype(str).
    """
    raise_faults(kind_faults(schema.name, table, pd.DataFrame, "Read it first with this library's reader."))
    faults: list[Fault] = []
    if schema.geometry:
        places = _with_geometry(table, schema.name)
        faults += crs_faults(places.crs, schema.name, crs)
        faults += _geometry_faults(places, schema)
    faults += _index_faults(table.index, schema)
    for column in schema.columns:
        if column.name in table.columns:
            faults += _column_faults(table, column, schema.name)
        elif column.required:
            remedy = f"Add it ({column.meaning})."
            faults.append(Fault(MissingColumnError, schema.name, f"no column {column.name!r}", remedy))
    raise_faults(faults)


def is_placed(table: gpd.GeoDataFrame) -> pd.Series:
    """Whether each row has a place: a geometry that is neither missing nor empty.

    Parameters
    ----------
    table
        Any table of places.

    Returns
    -------
    pandas.Series
        True or False, with the table's index.

    Examples
    --------
    >>> is_placed(gpd.GeoDataFrame(geometry=[shapely.Point(1, 1), shapely.Point(), None])).tolist()
    [True, False, False]
    """
    placed: pd.Series = ~(table.geometry.isna() | table.geometry.is_empty)
    return placed


def as_study_area(area: gpd.GeoDataFrame | StudyArea) -> StudyArea:
    """Return the rectangle and CRS of a study, from its villages or as given.

    Parameters
    ----------
    area
        Villages (or any table in the study's CRS), or a `StudyArea`.

    Returns
    -------
    StudyArea
        The bounds and CRS.

    Raises
    ------
    CRSError
        When the table has no CRS or one in degrees.
    ValueRangeError
        When the table is empty.

    Examples
    --------
    >>> as_study_area(StudyArea((0, 0, 10, 10), "EPSG:32748")).bounds
    (0.0, 0.0, 10.0, 10.0)
    """
    if isinstance(area, StudyArea):
        return area
    raise_faults(crs_faults(area.crs, "study area"))
    if not len(area):
        refuse(ValueRangeError, "study area", "the table is empty", "Give at least one village.")
    west, south, east, north = (float(edge) for edge in area.total_bounds)
    return StudyArea((west, south, east, north), area.crs)


def add_repairs(table: pd.DataFrame, repairs: Sequence[Repair]) -> None:
    """Record what a reader mended, on the table it has just made.

    Parameters
    ----------
    table
        A table that nobody else holds yet.
    repairs
        What was mended; added after what is there already.
    """
    table.attrs[REPAIRS] = (*table.attrs.get(REPAIRS, ()), *repairs)


def repairs(result: object) -> pd.DataFrame:
    """List what was mended or set aside while reading a table or building a graph.

    Parameters
    ----------
    result
        A table made by a reader, or a result with a repair report of its own such as a pole graph.

    Returns
    -------
    pandas.DataFrame
        For a table: columns source, table, row, column, action, before, after, reason. A pole graph's
        report has a geometry as well.

    Examples
    --------
    >>> import geopandas as gpd
    >>> len(repairs(gpd.GeoDataFrame()))
    0
    """
    if isinstance(result, pd.DataFrame):
        return pd.DataFrame(list(result.attrs.get(REPAIRS, ())), columns=list(Repair._fields))
    report = getattr(result, "repairs", None)
    if not isinstance(report, pd.DataFrame):
        msg = f"a {type(result).__name__} has no repair report; give a table or a pole graph"
        raise TypeError(msg)
    return report.copy()
