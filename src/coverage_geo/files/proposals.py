"""Proposed towers, routes or repairs, read from files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_geo.errors import GeometryTypeError, ValueRangeError
from coverage_geo.files.columns import COORDINATES
from coverage_geo.files.coordinates import bounds_in, placed_points
from coverage_geo.files.ids import given_ids, set_aside_repeats, with_position_ids
from coverage_geo.files.notes import Notes, finished, raise_all
from coverage_geo.files.operators import with_operators
from coverage_geo.files.reading import converted, opened, points_table, without, without_zeros
from coverage_geo.files.shapes import is_line, study_lines
from coverage_geo.tables import PROPOSALS, as_study_area, is_placed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from coverage_geo.files.notes import Refused
    from coverage_geo.tables import StudyArea

MARGIN_M = 50_000.0
STRAY_M = 500_000.0  # no route leads further


def read_proposals(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    towers: gpd.GeoDataFrame | None = None,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    r"""Proposed towers, cable routes drawn or given by their poles, and repairs of faulty towers.

    Parameters
    ----------
    path
        Towers, repairs and routes by their pole ids as a table, or towers and routes as drawn points and
        lines (GeoJSON ...).
    study_area
        The villages or a `StudyArea`; proposals up to 50 km outside are kept.
    towers
        The standing towers: a repair takes its place from the tower it names, which must be there.
    layer
        Layer or sheet to read, when there are several.
    columns
        Which heading holds which column, where it is not recognised.
    crs
        CRS the coordinates are in, in place of what the file says or where it says nothing.
    refused
        "raise" reports all rows that cannot be used as one error; "set aside" lists them as repairs.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.PROPOSALS`, sorted by id. Where the file does not say the kind, points are towers, and
        lines and rows with pole ids are routes; the latter have no line until `evaluate_routes` gives one.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "usulan.csv"
    >>> _ = file.write_text("id,jenis,lat,lon,tinggi_menara\nU1,menara,-2.05,105.2,42\n")
    >>> from coverage_geo.tables import StudyArea
    >>> area = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> read_proposals(file, study_area=area).kind.to_dict()
    {'U1': 'tower'}
    """
    area = as_study_area(study_area)
    frame, notes = opened(path, PROPOSALS, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    known = with_operators(converted(without_zeros(frame, notes), notes), notes)
    kinds = _proposal_kinds(known, notes)
    _check_pole_lists(frame, known, notes)
    shapes = _proposal_shapes(frame, kinds, area, notes, crs)
    table = gpd.GeoDataFrame(without(known.assign(kind=kinds), ["geometry"]), geometry=shapes, crs=area.crs)
    table = _with_repaired_places(table, towers, notes)
    table = notes.kept(table)
    ids = given_ids(table, "proposal_id")
    compared = [column.name for column in PROPOSALS.columns if column.name in table]
    set_aside_repeats(table, ids, notes, compared=compared)
    table = notes.kept(table)
    raise_all([notes])
    ids = _with_repair_ids(table, ids.reindex(table.index))
    ids = with_position_ids(table, ids, "proposal", notes)
    return finished(points_table(without(table, COORDINATES), ids, notes), [notes], crs=area.crs)


def _proposal_kinds(table: pd.DataFrame, notes: Notes) -> pd.Series:
    have = table["kind"] if "kind" in table else pd.Series(None, index=table.index, dtype=object)
    repair = pd.Series(data=False, index=table.index)
    if "tower_id" in table:
        repair = table["tower_id"].notna() & have.isna()
    guess = (
        pd.Series("tower", index=table.index, dtype=object)
        .mask(repair, "repair")
        .mask(is_line(table) | _is_listed(table), "route")
    )
    unsaid = have.isna().to_numpy()
    reason = "kind not given; points are towers, lines and pole ids are routes, a tower's id means its repair"
    notes.add("assumed", table.index[unsaid], "kind", after=guess[unsaid], reason=reason)
    return have.astype(object).where(~unsaid, guess)


def _is_listed(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each row names the poles of a route."""
    if "pole_ids" not in table:
        return np.zeros(len(table), dtype=bool)
    return np.asarray(table["pole_ids"].notna(), dtype=bool)


def _check_pole_lists(frame: pd.DataFrame, table: pd.DataFrame, notes: Notes) -> None:
    """Refuse lists of fewer than two poles and rows that draw a line too; a point beside is not used."""
    listed = _is_listed(table)
    if not listed.any():
        return
    texts = table["pole_ids"][listed]
    few = texts[[len({one.strip() for one in re.split("[;,]", text)} - {""}) < 2 for text in texts]]
    remedy = "Give every pole in order, as in P1;P2;P3."
    notes.refuse(list(few.index), "pole_ids", values=few, what="is not two poles or more", remedy=remedy)
    both = list(table.index[listed & is_line(frame).to_numpy()])
    remedy = "Keep one of them: the line, or the poles."
    notes.refuse(both, "pole_ids", what="a line is drawn too, and poles are listed", remedy=remedy)
    if isinstance(frame, gpd.GeoDataFrame):
        rest = listed & ~is_line(frame).to_numpy() & is_placed(frame).to_numpy()
        reason = "the place drawn is not used; the poles say where the route runs"
        notes.add("assumed", table.index[rest], "geometry", reason=reason)


def _proposal_shapes(
    frame: pd.DataFrame, kinds: pd.Series, area: StudyArea, notes: Notes, crs: object
) -> gpd.GeoSeries:
    lines = is_line(frame)
    shapes = pd.Series(None, index=frame.index, dtype=object)
    for kind in ("tower", "repair"):
        rows = frame[(kinds == kind) & ~lines]
        if len(rows):
            needed = kind == "tower"
            points = placed_points(rows, area, notes, crs=crs, margin_m=MARGIN_M, unplaced=not needed)
            shapes[rows.index] = points.to_numpy()
    drawn = frame[(kinds == "route") & lines]
    if len(drawn):
        merged = gpd.GeoDataFrame(drawn)
        merged = merged.set_geometry(
            gpd.GeoSeries(_one_line(merged.geometry), index=drawn.index, crs=merged.crs)
        )
        routes = study_lines(merged, area, notes, margin_m=MARGIN_M)
        broken = routes.index[routes.index.duplicated()].unique()
        remedy = "Draw it as one line, or give each part its own row."
        notes.refuse(
            list(broken), "", what="is a line of several parts", remedy=remedy, kind=GeometryTypeError
        )
        routes = routes[~routes.index.duplicated()]
        short = routes.index[(routes.length == 0).to_numpy()]
        remedy = "Draw it, or take the row out."
        notes.refuse(list(short), "", what="a line without length", remedy=remedy, kind=GeometryTypeError)
        around = shapely.box(*bounds_in(area, area.crs, margin_m=STRAY_M))
        stray = routes.index[~routes.within(around).to_numpy()]
        what = f"reaches more than {STRAY_M / 1000:g} km beyond the study area"
        remedy = "Correct the place that is wrong."
        notes.refuse(list(stray), "", what=what, remedy=remedy, kind=GeometryTypeError)
        shapes[routes.index] = routes.geometry.to_numpy()
    wrong = ((kinds == "route") != (lines | _is_listed(frame))).to_numpy()
    remedy = "Towers and repairs are points, routes are lines or have pole_ids."
    notes.refuse(
        list(frame.index[wrong]),
        "kind",
        values=kinds[wrong],
        what="does not fit the shape drawn",
        remedy=remedy,
        kind=GeometryTypeError,
    )
    return gpd.GeoSeries(shapes, crs=area.crs)


def _one_line(shapes: gpd.GeoSeries) -> object:
    values = shapes.to_numpy().copy()
    several = shapely.get_type_id(values) == shapely.GeometryType.MULTILINESTRING
    values[several] = shapely.line_merge(values[several])
    return values


def _with_repaired_places(
    table: gpd.GeoDataFrame, towers: gpd.GeoDataFrame | None, notes: Notes
) -> gpd.GeoDataFrame:
    repair = (table["kind"] == "repair").to_numpy()
    named = table["tower_id"] if "tower_id" in table else pd.Series(None, index=table.index, dtype=object)
    nameless = repair & named.isna().to_numpy()
    remedy = "Give the id of the faulty tower."
    notes.refuse(list(table.index[nameless]), "tower_id", what="names no tower to repair", remedy=remedy)
    if towers is None:
        return table
    strange = repair & ~nameless & ~named.isin(towers.index).to_numpy()
    rows, values = list(table.index[strange]), named[strange]
    remedy = "Correct the id, or add the tower."
    notes.refuse(
        rows, "tower_id", values=values, what="is not among the towers", remedy=remedy, kind=ValueRangeError
    )
    shapes = table.geometry.to_numpy().copy()
    fill = repair & named.isin(towers.index).to_numpy() & shapely.is_missing(shapes)
    shapes[fill] = towers.geometry.reindex(named[fill]).to_numpy()
    return table.set_geometry(gpd.GeoSeries(shapes, index=table.index, crs=table.crs))


def _with_repair_ids(table: gpd.GeoDataFrame, ids: pd.Series) -> pd.Series:
    if "tower_id" not in table:
        return ids
    made = "repair-" + table["tower_id"].astype(object)
    return ids.where(ids.notna() | (table["kind"] != "repair"), made)
