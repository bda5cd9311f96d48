"""Roads, read from files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from coverage_geo.errors import GeometryTypeError
from coverage_geo.files.cells import as_text
from coverage_geo.files.coordinates import bounds_in
from coverage_geo.files.ids import given_ids, set_aside_repeats, with_position_ids
from coverage_geo.files.notes import finished, raise_all
from coverage_geo.files.poles import MARGIN_M, ids_of_parts
from coverage_geo.files.reading import assembled, converted, opened
from coverage_geo.files.shapes import degrees_fault, study_lines
from coverage_geo.tables import ROADS, as_study_area

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from coverage_geo.files.notes import Notes, Refused
    from coverage_geo.tables import StudyArea

STRAY_M = 500_000.0  # no road of a district leads further
# Classes of OpenStreetMap and RBI: too narrow for poles, not built, or closed to them (toll roads).
WITHOUT_POLES = frozenset(
    {
        *("footway", "path", "pedestrian", "steps", "corridor", "elevator", "platform", "cycleway"),
        *("bridleway", "via_ferrata", "raceway", "bus_guideway", "proposed", "construction", "planned"),
        *("abandoned", "razed", "demolished", "motorway", "motorway_link"),
        *("jalan setapak", "setapak", "jalan tol", "tol"),
    }
)


def read_roads(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    leave_out: Collection[str] = WITHOUT_POLES,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    """Centre lines of roads along which new poles may be set.

    Parameters
    ----------
    path
        Layer of lines, such as an extract of OpenStreetMap or RBI.
    study_area
        The villages or a `StudyArea`; roads more than 5 km outside are left out and counted.
    layer
        Layer to read, when there are several.
    columns
        Which heading holds which column, where it is not recognised.
    crs
        CRS the coordinates are in, in place of what the file says or where it says nothing.
    leave_out
        Classes of road (OpenStreetMap's `highway`, ...) that carry no poles; empty keeps all. Where rows
        have a class, those without one are no roads and are left out too. All are listed as set aside.
    refused
        "raise" reports all rows that cannot be used as one error; "set aside" lists them as repairs.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.ROADS`, sorted by id. Lines of several parts become several lines.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile, shapely
    >>> from pathlib import Path
    >>> from coverage_geo.files.writing import write_geojson
    >>> lines = [shapely.LineString([(105.1, -2), (105.2, y)]) for y in (-2.0, -2.1)]
    >>> osm = gpd.GeoDataFrame(
    ...     {"osm_id": ["7", "8"], "highway": ["tertiary", "track"]}, geometry=lines, crs=4326)
    >>> file = Path(tempfile.mkdtemp()) / "jalan.geojson"
    >>> write_geojson(file, osm)
    >>> from coverage_geo.tables import StudyArea
    >>> area = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> read_roads(file, study_area=area).kind.to_dict()
    {'7': 'tertiary', '8': 'track'}
    """
    area = as_study_area(study_area)
    frame, notes = opened(path, ROADS, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    if not isinstance(frame, gpd.GeoDataFrame):
        notes.fail(GeometryTypeError, "has no lines", "Give a layer of road centre lines.")
        raise_all([notes])
    degrees_fault(frame.geometry, notes)
    raise_all([notes])
    compared = [column.name for column in ROADS.columns if column.name in frame]
    set_aside_repeats(frame, given_ids(frame, "road_id"), notes, compared=compared)
    _set_aside_classes(frame, leave_out, notes)
    set_aside_distant(notes.kept(frame), area, notes, margin_m=MARGIN_M)
    _refuse_strays(notes.kept(frame), area, notes)
    lines = study_lines(notes.kept(frame), area, notes, margin_m=MARGIN_M)
    lines = converted(with_length(lines, notes), notes)
    raise_all([notes])
    table, ids = ids_of_parts(gpd.GeoDataFrame(notes.kept(lines), crs=area.crs), "road_id")
    ids = with_position_ids(table, ids, "road", notes)
    answer = assembled(table, ROADS, ids=ids, geometry=table.geometry)
    return finished(gpd.GeoDataFrame(answer), [notes], crs=area.crs)


def _set_aside_classes(frame: gpd.GeoDataFrame, leave_out: Collection[str], notes: Notes) -> None:
    if "kind" not in frame or not leave_out:
        return
    kind = as_text(frame["kind"]).astype(object)
    none = kind.isna().to_numpy() & bool(kind.notna().any())
    left = kind.map(lambda word: isinstance(word, str) and _classes(word) <= set(leave_out))
    out = left.to_numpy(dtype=bool)
    notes.add("set aside", frame.index[none], "kind", reason="has no class of road, where others have one")
    reason = "no poles are set along roads of this class (leave_out= changes that)"
    notes.add("set aside", frame.index[out], "kind", before=kind[out], reason=reason)


def _classes(word: str) -> set[str]:
    """Classes that a cell names: one, or several as "path;track" or ['path', 'track'] have them."""
    found = {one.strip().casefold() for one in re.split(r"[;,|\[\]'\"]", word)} - {""}
    return found or {word}


def _refuse_strays(frame: gpd.GeoDataFrame, area: StudyArea, notes: Notes) -> None:
    """Refuse roads that leave the study area so far that one of their places must be wrong."""
    shapes = frame.geometry.to_numpy()
    bounds = shapely.bounds(shapes)
    west, south, east, north = bounds_in(area, CRS.from_user_input(frame.crs), margin_m=STRAY_M)
    within = (
        (bounds[:, 0] >= west) & (bounds[:, 1] >= south) & (bounds[:, 2] <= east) & (bounds[:, 3] <= north)
    )
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    swapped = ~shapely.intersects(shapely.envelope(shapes), shapely.box(west, south, east, north))
    what = f"reaches more than {STRAY_M / 1000:g} km beyond the study area"
    remedy = "Correct the place that is wrong, or cut the road to the study area."
    rows = [int(row) for row in frame.index[there & ~within & ~swapped]]
    notes.refuse(rows, "", what=what, remedy=remedy, kind=GeometryTypeError)


def with_length(lines: gpd.GeoDataFrame, notes: Notes) -> gpd.GeoDataFrame:
    """Return the lines that lead somewhere; the others are listed.

    Parameters
    ----------
    lines
        In metres, under their number in the file.
    notes
        Takes what was left out.

    Returns
    -------
    geopandas.GeoDataFrame
        The others.
    """
    short = (lines.length == 0).to_numpy()
    rows = lines.index[short].unique()
    whole = rows[~rows.isin(lines.index[~short])]
    notes.add("set aside", whole, "geometry", reason="a line without length")
    reason = "a part without length was left out"
    notes.add("mended", rows.difference(whole), "geometry", reason=reason)
    return gpd.GeoDataFrame(lines[~short])


def set_aside_distant(frame: gpd.GeoDataFrame, area: StudyArea, notes: Notes, *, margin_m: float) -> None:
    """Set aside rows that lie outside the study area, unless all do: then something else is wrong.

    Parameters
    ----------
    frame
        Rows as read, with geometry.
    area
        The study's rectangle and CRS.
    notes
        Takes what was set aside.
    margin_m
        How far outside the study area a row may lie [m].
    """
    around = shapely.box(*bounds_in(area, CRS.from_user_input(frame.crs), margin_m=margin_m))
    shapes = frame.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    away = np.flatnonzero(there & ~shapely.intersects(shapely.envelope(shapes), around))
    if len(away) < there.sum():
        reason = f"lies more than {margin_m / 1000:g} km outside the study area"
        notes.add("set aside", frame.index[away], "", reason=reason)
