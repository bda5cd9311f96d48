"""The map of a district: its blank spots, what stands there and what would reach them."""

from __future__ import annotations

import importlib.metadata
import math
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from coverage_geo.blank_spots import EVIDENCE
from coverage_geo.errors import Fault, InputError, MissingColumnError, ValueRangeError, raise_faults
from coverage_geo.maps.layers import (
    HAMLET_COLUMNS,
    VILLAGE_COLUMNS,
    Drawer,
    Layer,
    Note,
    column_of,
    drawn,
    known_columns,
    names_of,
    result_columns,
)
from coverage_geo.maps.packing import DEGREES
from coverage_geo.maps.page import GapMap
from coverage_geo.maps.relief import level_picture, shaded_relief
from coverage_geo.tables import (
    GATEWAYS,
    POINTS,
    POLES,
    PROPOSALS,
    ROUTES,
    SETTLEMENTS,
    TOWERS,
    VILLAGES,
    Column,
    Schema,
    as_study_area,
    check,
    crs_faults,
)
from coverage_geo.words import LANGUAGES, STATE_COLOURS, WORDS, number_text, value_text, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coverage_geo.rasters import RasterSource
    from coverage_geo.words import Language

STATE = Column("state", "text", "blank, served or unknown", required=True, choices=tuple(STATE_COLOURS))
PEOPLE = Column("people", "number", "residents", "people", low=0)
BLANKS = Schema(
    "blanks",
    "village_id",
    frozenset(),
    (STATE, PEOPLE, Column("people_blank", "number", "people without service", "people", low=0)),
)
SIGNAL = Schema(
    "signal",
    "demand_id",
    POINTS,
    (Column("level", "number", "0 none to 3 strong", required=True, complete=True, low=0, high=3),),
)
PAGE_WORDS = tuple(key for key in WORDS if key.startswith("map."))


def gap_map(
    villages: gpd.GeoDataFrame,
    blanks: pd.DataFrame,
    *,
    hamlets: gpd.GeoDataFrame | None = None,
    towers: gpd.GeoDataFrame | None = None,
    poles: gpd.GeoDataFrame | None = None,
    gateways: gpd.GeoDataFrame | None = None,
    routes: gpd.GeoDataFrame | None = None,
    proposals: gpd.GeoDataFrame | None = None,
    signal: gpd.GeoDataFrame | RasterSource | None = None,
    repairs: gpd.GeoDataFrame | None = None,
    terrain: RasterSource | None = None,
    title: str | None = None,
    definition: object = None,
    sources: Sequence[str] = (),
    assumptions: Iterable[object] = (),
    fictional: bool = False,
    language: Language = "id",
) -> GapMap:
    """Map of blank spots as one file that works without a network.

    Parameters
    ----------
    villages
        Village polygons [m], see `tables.VILLAGES`.
    blanks
        One row a village (index ``village_id``) with ``state`` ("blank", "served" or "unknown"), ``people``,
        ``people_blank`` and whatever else a click shall show; as made by `find_blank_spots`. A village
        without a row, or without a state, is drawn as unknown.
    hamlets
        Hamlets as points, see `tables.SETTLEMENTS`, with ``state`` like the villages; rows without a place
        are listed, not drawn.
    towers, poles, gateways, routes, proposals
        See `tables.TOWERS` and so on. Routes without a line are listed with their reason. A repair without a
        place is drawn at its tower.
    signal
        Demand points with ``level`` (0 none to 3 strong), or a raster of levels.
    repairs
        Repair report of a pole graph: ``what`` and a geometry.
    terrain
        Heights [m] in the study's CRS, for a shaded background.
    title
        Heading of the map.
    definition
        What counts as a blank spot, printed in the legend: a `Definition`, or any text. Without it,
        ``blanks.attrs["definition"]`` is printed.
    sources
        Where the data comes from, one line each.
    assumptions
        What the result rests on; printed as text.
    fictional
        Whether the district is made up; the map then says so.
    language
        "id" or "en".

    Returns
    -------
    GapMap
        A `folium.Map`: shown in a notebook as it is, written with ``.save("gaps.html")``. The same input
        gives the same bytes.

    Raises
    ------
    InputError
        When a table is malformed, in another CRS, or speaks of villages that are not there.

    Examples
    --------
    >>> import shapely
    >>> villages = gpd.GeoDataFrame(
    ...     {"name": ["Sukamaju"]}, index=pd.Index(["99.01.01.2001"], name="village_id"),
    ...     geometry=[shapely.box(500_000, 9_800_000, 501_000, 9_801_000)], crs="EPSG:32748")
    >>> blanks = pd.DataFrame({"state": ["blank"], "people": [90]}, index=villages.index)
    >>> page = gap_map(villages, blanks, definition="No usable internet", language="en")
    >>> "Sukamaju" in page.get_root().render()
    True
    """
    points = {"hamlets": hamlets, "towers": towers, "poles": poles, "gateways": gateways}
    tables = {**points, "routes": routes, "proposals": proposals, "repairs": repairs}
    if isinstance(signal, gpd.GeoDataFrame):
        tables["signal"] = signal
    _check(villages, blanks, tables, language)
    draw = Drawer(language)
    told = _routes_told(routes, language)
    places = _with_states(villages, blanks).assign(route=told)
    given = {name: table for name, table in tables.items() if table is not None and len(table)}
    if "proposals" in given:
        given["proposals"] = _at_their_towers(given["proposals"], towers)
    if "hamlets" in given:
        given["hamlets"] = given["hamlets"].assign(state=_state(given["hamlets"]), route=told)
    return GapMap(
        {
            "language": language,
            "title": title or word("map.title", language),
            "fictional": fictional,
            "bounds": _bounds(villages),
            "layers": [
                *([] if terrain is None else draw.relief(shaded_relief(terrain, villages))),
                *draw.villages(places, _village_columns(places, blanks)),
                *([] if signal is None else _signal(draw, signal, villages)),
                *_tables(draw, given),
                *_conflicts(draw, places),
            ],
            "definition": _definition(definition, blanks, language),
            "people": _people(places, language),
            "sources": [str(source) for source in sources],
            "assumptions": [str(assumption) for assumption in assumptions],
            "notes": _notes(villages, blanks, given, language),
            "made_with": word("map.made_with", language).format(
                version=importlib.metadata.version("coverage-geo")
            ),
            "words": {key.removeprefix("map."): word(key, language) for key in PAGE_WORDS},
        },
        language=language,
    )


def _check(
    villages: gpd.GeoDataFrame,
    blanks: pd.DataFrame,
    tables: dict[str, gpd.GeoDataFrame | None],
    language: str,
) -> None:
    """Raise the faults of all tables at once."""
    faults: list[Fault] = []
    repairs = tables["repairs"]
    if repairs is not None and "what" not in repairs.columns:
        faults.append(
            Fault(MissingColumnError, "repairs", "no column 'what'", "Give a pole graph's repairs.")
        )
    if repairs is not None and getattr(villages, "crs", None) is not None:
        faults += crs_faults(repairs.crs, "repairs", CRS.from_user_input(villages.crs))
    if language not in LANGUAGES:
        what = f"language {language!r} is unknown"
        faults.append(Fault(ValueRangeError, "map", what, f"Use {' or '.join(LANGUAGES)}."))
    crs = CRS.from_user_input(villages.crs) if getattr(villages, "crs", None) else None
    schemas = {
        schema.name: schema for schema in (SETTLEMENTS, TOWERS, POLES, GATEWAYS, ROUTES, PROPOSALS, SIGNAL)
    }
    schemas["hamlets"] = schemas.pop("settlements")
    checks = [(villages, VILLAGES), (blanks, BLANKS)]
    checks += [
        (table, schemas[name]) for name, table in tables.items() if table is not None and name in schemas
    ]
    for table, schema in checks:
        try:
            check(table, schema, crs=crs if schema.geometry else None)
        except InputError as error:
            faults += error.faults
    raise_faults(faults)
    as_study_area(villages)
    strangers = blanks.index.difference(villages.index)
    if len(strangers):
        what = f"no village {', '.join(map(str, strangers[:5]))}"
        faults.append(
            Fault(ValueRangeError, "blanks", what, "Give the villages the blank spots were found for.")
        )
    hamlets = tables["hamlets"]
    if hamlets is not None and not column_of(hamlets, "state").dropna().isin(STATE_COLOURS).all():
        what = "column 'state' holds another word than blank, served, unknown"
        faults.append(Fault(ValueRangeError, "hamlets", what, "Use one of those words."))
    raise_faults(faults)


def _state(table: pd.DataFrame) -> pd.Series:
    """State of each row; unknown where none is given."""
    return column_of(table, "state").astype(object).fillna("unknown")


def _with_states(villages: gpd.GeoDataFrame, blanks: pd.DataFrame) -> gpd.GeoDataFrame:
    """Villages with the columns of their result."""
    result = pd.DataFrame(blanks).drop(columns=["geometry", "name"], errors="ignore").reindex(villages.index)
    for kind in EVIDENCE:  # what says nothing need not be read
        if kind in result.columns:
            result[kind] = result[kind].where(result[kind] != "unknown")
    kept = villages.drop(columns=[name for name in result.columns if name in villages.columns])
    places = kept.join(result)
    return places.assign(state=_state(places))


def _routes_told(routes: gpd.GeoDataFrame | None, language: Language) -> pd.Series:
    """What a route says at the place it serves: its length and cost, or why there is none."""
    if routes is None or "target_id" not in routes.columns:
        return pd.Series(dtype=object)
    there = drawn(routes)
    figures = [
        ", ".join(
            value_text(row[name], name, language) or ""
            for name in ("length_m", "capital_cost_idr")
            if name in row
        )
        for _, row in routes.iterrows()
    ]
    told = pd.Series(figures, index=routes.index).where(
        there, pd.Series(_reasons(routes, language), index=routes.index)
    )
    return told.set_axis(routes["target_id"]).groupby(level=0).first()


def _reasons(table: pd.DataFrame, language: Language) -> list[str]:
    """Why each row is not there, with the number that decided; empty when it does not say."""
    columns = [column_of(table, name) for name in ("reason", "reason_number", "reason_unit")]
    reasons = []
    for reason, number, unit in zip(*columns, strict=True):
        text = value_text(reason, "reason", language) or ""
        decided = value_text(number, f"number_{unit}", language) if unit == "m" else None
        reasons.append(f"{text} ({decided})" if decided else text)
    return reasons


def _village_columns(places: pd.DataFrame, blanks: pd.DataFrame) -> list[str]:
    known = known_columns(places, VILLAGE_COLUMNS)
    first = ["state", "kecamatan", "people", "people_blank", "share_blank", "route"]
    known = [name for name in known if not name.startswith("office_")]
    every = [*first, *result_columns(pd.DataFrame(blanks)), *known]
    return [name for name in dict.fromkeys(every) if name in places.columns]


def _tables(draw: Drawer, given: dict[str, gpd.GeoDataFrame]) -> list[Layer]:
    """Layers of the tables that were given, from the ground up."""
    layers: list[Layer] = []
    if "poles" in given:
        layers += draw.poles(given["poles"])
    if "repairs" in given:
        layers += draw.repairs(given["repairs"])
    if "routes" in given:
        layers += draw.routes(given["routes"][drawn(given["routes"])])
    layers += draw.names()
    if "hamlets" in given:
        table = given["hamlets"]
        columns = dict.fromkeys(["state", *known_columns(table, HAMLET_COLUMNS), *result_columns(table)])
        layers += draw.hamlets(table, list(columns))
    for name in ("gateways", "towers", "proposals"):
        if name in given:
            layers += getattr(draw, name)(given[name])
    return layers


def _conflicts(draw: Drawer, places: gpd.GeoDataFrame) -> list[Layer]:
    """Markers at the villages whose sources disagree."""
    conflicting = places[column_of(places, "conflict").notna()]
    if not len(conflicting):
        return []
    points = conflicting.set_geometry(conflicting.geometry.representative_point())
    return draw.conflicts(points, [kind for kind in EVIDENCE if kind in points.columns])


def _signal(draw: Drawer, signal: gpd.GeoDataFrame | RasterSource, villages: gpd.GeoDataFrame) -> list[Layer]:
    if isinstance(signal, gpd.GeoDataFrame):
        return draw.signal(signal)
    return draw.signal_picture(level_picture(signal, villages))


def _at_their_towers(proposals: gpd.GeoDataFrame, towers: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Put repairs without a place at the tower they mend."""
    if towers is None or "tower_id" not in proposals.columns:
        return proposals
    at = towers.geometry.reindex(proposals["tower_id"]).set_axis(proposals.index)
    return proposals.set_geometry(proposals.geometry.where(drawn(proposals), at))


def _bounds(villages: gpd.GeoDataFrame) -> list[list[float]]:
    west, south, east, north = villages.geometry.to_crs(DEGREES).total_bounds.round(5).tolist()
    return [[south, west], [north, east]]


def _definition(definition: object, blanks: pd.DataFrame, language: Language) -> str:
    if definition is None:
        return str(blanks.attrs.get("definition") or word("map.no_definition", language))
    describe = getattr(definition, "describe", None)
    return str(describe(language) if callable(describe) else definition)


def _people(places: pd.DataFrame, language: Language) -> str:
    """Sentence on the people, or nothing when they were not counted."""
    if not {"people", "people_blank"} <= set(places.columns):
        return ""
    unknown = places["state"] == "unknown"
    sums = {
        "blank": places["people_blank"][~unknown],
        "total": places["people"],
        "unknown": places["people"][unknown],
    }
    texts = {name: number_text(math.fsum(values.dropna()), language) for name, values in sums.items()}
    return word("map.people_line", language).format(**texts)


def _notes(
    villages: gpd.GeoDataFrame, blanks: pd.DataFrame, given: dict[str, gpd.GeoDataFrame], language: Language
) -> list[Note]:
    """What is in the data but not on the map, so that nothing is lost silently."""
    notes: list[Note] = []
    missing = villages[~villages.index.isin(blanks.index)]
    lists = [("villages_without_result", names_of(missing.sort_index()))]
    for name, key in (
        ("hamlets", "hamlets_unplaced"),
        ("routes", "routes_missing"),
        ("proposals", "proposals_unplaced"),
    ):
        if name in given:
            lost = given[name][~drawn(given[name])].sort_index()
            reasons = _reasons(lost, language)
            texts = [
                f"{text}: {reason}" if reason else text
                for text, reason in zip(names_of(lost), reasons, strict=True)
            ]
            lists.append((key, texts))
    for key, items in lists:
        if items:
            count = number_text(len(items), language)
            notes.append({"text": word(f"map.{key}", language).format(count=count), "items": items})
    return notes
