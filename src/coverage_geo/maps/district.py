"""The map of a district: its blank spots, what stands there and what would reach them."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from coverage_geo.blank_spots import EVIDENCE
from coverage_geo.maps.inputs import at_their_towers, check_inputs, with_results, with_states
from coverage_geo.maps.layers import (
    HAMLET_COLUMNS,
    VILLAGE_COLUMNS,
    Drawer,
    Layer,
    column_of,
    drawn,
    known_columns,
    result_columns,
)
from coverage_geo.maps.packing import DEGREES
from coverage_geo.maps.page import GapMap
from coverage_geo.maps.relief import level_picture, shaded_relief
from coverage_geo.maps.sentences import definition_text, legend_notes, people_text, routes_told
from coverage_geo.phrases import assumption_text
from coverage_geo.provenance import Assumption
from coverage_geo.words import WORDS, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coverage_geo.rasters import RasterSource
    from coverage_geo.words import Language

FIRST_TOLD = ("state", "kecamatan", "people", "people_blank", "share_blank", "route")


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
    measurements: gpd.GeoDataFrame | None = None,
    residuals: gpd.GeoDataFrame | None = None,
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
    measurements
        Measured signal, see `tables.MEASUREMENTS`; a layer of its own, never mixed with the modelled signal.
    residuals
        Measured minus modelled signal, `Calibration.residuals`.
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
    given = {
        "hamlets": hamlets,
        "towers": towers,
        "poles": poles,
        "gateways": gateways,
        "routes": routes,
        "proposals": proposals,
        "repairs": repairs,
        "measurements": measurements,
        "residuals": residuals,
        "signal": signal if isinstance(signal, gpd.GeoDataFrame) else None,
    }
    tables = {name: table for name, table in given.items() if table is not None}
    rasters = {"terrain": terrain, "signal": None if "signal" in tables else signal}
    grids = {name: raster for name, raster in rasters.items() if raster is not None}
    check_inputs(villages, blanks, tables, grids, language)
    told = routes_told(routes, language)
    places = with_results(villages, blanks, told)
    if "hamlets" in tables:
        tables["hamlets"] = with_states(tables["hamlets"], told)
    if "proposals" in tables:
        tables["proposals"] = at_their_towers(tables["proposals"], towers)
    return GapMap(
        {
            "language": language,
            "title": title or word("map.title", language),
            "fictional": fictional,
            "bounds": _bounds(villages),
            "layers": _layers(Drawer(language), places, blanks, tables, grids),
            "definition": definition_text(definition, blanks, language),
            "people": people_text(places, language),
            "sources": [str(source) for source in sources],
            "assumptions": [_told(one, language) for one in assumptions],
            "notes": legend_notes(villages, blanks, tables, language),
            "made_with": word("map.made_with", language).format(
                version=importlib.metadata.version("coverage-geo")
            ),
            "words": {
                key.removeprefix("map."): word(key, language) for key in WORDS if key.startswith("map.")
            },
        },
        language=language,
    )


def _told(assumption: object, language: Language) -> str:
    return assumption_text(assumption, language) if isinstance(assumption, Assumption) else str(assumption)


def _layers(
    draw: Drawer,
    places: gpd.GeoDataFrame,
    blanks: pd.DataFrame,
    tables: dict[str, gpd.GeoDataFrame],
    rasters: dict[str, RasterSource],
) -> list[Layer]:
    """All layers, from the ground up; a table without rows makes none."""
    tables = {name: table for name, table in tables.items() if len(table)}
    layers: list[Layer] = []
    if "terrain" in rasters:
        layers += draw.relief(shaded_relief(rasters["terrain"], places))
    layers += draw.villages(places, _village_columns(places, blanks))
    if "signal" in rasters:
        layers += draw.signal_picture(level_picture(rasters["signal"], places))
    for name in ("signal", "measurements", "residuals", "poles", "repairs"):
        if name in tables:
            layers += getattr(draw, name)(tables[name])
    if "routes" in tables:
        layers += draw.routes(tables["routes"][drawn(tables["routes"])])
    layers += draw.names()
    if "hamlets" in tables:
        layers += draw.hamlets(tables["hamlets"], _hamlet_columns(tables["hamlets"]))
    for name in ("gateways", "towers", "proposals"):
        if name in tables:
            layers += getattr(draw, name)(tables[name])
    return [*layers, *_conflicts(draw, places, tables.get("hamlets"))]


def _conflicts(draw: Drawer, places: gpd.GeoDataFrame, hamlets: gpd.GeoDataFrame | None) -> list[Layer]:
    """Markers at the villages and hamlets whose sources disagree."""
    tables = [places.set_geometry(places.geometry.representative_point()), hamlets]
    points = [
        table.loc[
            column_of(table, "conflict").notna(), table.columns.intersection(["name", *EVIDENCE])
        ].set_geometry(table.geometry[column_of(table, "conflict").notna()])
        for table in tables
        if table is not None
    ]
    points = [table for table in points if len(table)]
    return draw.conflicts(pd.concat(points), EVIDENCE) if points else []


def _village_columns(places: pd.DataFrame, blanks: pd.DataFrame) -> list[str]:
    known = [name for name in known_columns(places, VILLAGE_COLUMNS) if not name.startswith("office_")]
    every = [*FIRST_TOLD, *result_columns(pd.DataFrame(blanks)), *known]
    return [name for name in dict.fromkeys(every) if name in places.columns]


def _hamlet_columns(hamlets: gpd.GeoDataFrame) -> list[str]:
    every = [*FIRST_TOLD, *known_columns(hamlets, HAMLET_COLUMNS), *result_columns(hamlets)]
    return [name for name in dict.fromkeys(every) if name in hamlets.columns]


def _bounds(villages: gpd.GeoDataFrame) -> list[list[float]]:
    west, south, east, north = villages.geometry.to_crs(DEGREES).total_bounds.round(5).tolist()
    return [[south, west], [north, east]]
