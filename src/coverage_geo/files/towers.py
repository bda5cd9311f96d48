"""Towers, read from files or given by code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from coverage_geo.errors import DuplicateIdError, MissingColumnError
from coverage_geo.files.cells import as_text, first_given
from coverage_geo.files.columns import COORDINATES
from coverage_geo.files.coordinates import placed_points
from coverage_geo.files.ids import given_ids, set_aside_repeats, with_position_ids
from coverage_geo.files.notes import Notes, counted, finished, raise_all
from coverage_geo.files.operators import with_operators
from coverage_geo.files.reading import converted, opened, points_table, without, without_zeros
from coverage_geo.files.shapes import holding_area
from coverage_geo.tables import TOWERS, VILLAGES, as_study_area

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from coverage_geo.files.notes import Refused
    from coverage_geo.tables import StudyArea

MARGIN_M = 50_000.0  # towers across the border serve too
_CELLS = ("mcc", "net", "area", "cell")


def read_towers(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    r"""Towers as points, one row each, with what the file says of their antennas.

    Towers up to 50 km outside the study area are kept: they serve across its border.

    Parameters
    ----------
    path
        Table or layer of points; cell lists of OpenCellID are recognised.
    study_area
        The villages or a `StudyArea`.
    layer
        Layer or sheet to read, when there are several.
    columns
        Which heading holds which column, as in ``{"tower_id": "no_site"}``, where it is not recognised.
    crs
        CRS the coordinates are in, in place of what the file says or where it says nothing.
    refused
        "raise" reports all rows that cannot be used as one error; "set aside" lists them as repairs.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.TOWERS`, sorted by id. Heights of 0 are missing; a site listed once per year stands once.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "menara.csv"
    >>> _ = file.write_text("site_id,lintang,bujur,tinggi_menara\nA1,-2.05,105.2,42\n")
    >>> from coverage_geo.tables import StudyArea
    >>> area = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> read_towers(file, study_area=area).antenna_height_m.to_dict()
    {'A1': 42.0}
    """
    area = as_study_area(study_area)
    frame, notes = opened(path, TOWERS, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    frame = _with_cell_ids(frame, notes)
    points = placed_points(frame, area, notes, crs=crs, margin_m=MARGIN_M)
    table = with_operators(converted(without_zeros(frame, notes), notes), notes)
    table = notes.kept(gpd.GeoDataFrame(without(table, ["geometry"]), geometry=points, crs=area.crs))
    ids = given_ids(table, "tower_id")
    year = as_text(table["year"]) if "year" in table else None
    compared = [column.name for column in TOWERS.columns if column.name in table]
    set_aside_repeats(table, ids, notes, compared=compared, year=year, by_place=True)
    table = notes.kept(table)
    raise_all([notes])
    _note_outside(table, study_area, notes)
    ids = with_position_ids(table, ids.reindex(table.index), "tower", notes)
    return finished(points_table(without(table, [*COORDINATES, *_CELLS]), ids, notes), [notes], crs=area.crs)


def _note_outside(table: gpd.GeoDataFrame, study_area: gpd.GeoDataFrame | StudyArea, notes: Notes) -> None:
    """List towers that no village holds: in the next district, or by a wrong digit in the sea."""
    if not isinstance(study_area, gpd.GeoDataFrame) or study_area.index.name != VILLAGES.index:
        return
    outside = holding_area(table.geometry, study_area).isna().to_numpy()
    reason = "lies outside all villages; kept, for it may serve across the border"
    notes.add("assumed", table.index[outside], "geometry", reason=reason)


def _with_cell_ids(frame: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    if not set(_CELLS) <= set(frame.columns) or "tower_id" in frame:
        return frame
    parts = [first_given(as_text(frame[name]), "") for name in _CELLS]
    reason = "cells heard on the road (OpenCellID): positions are those of phones, not of masts"
    notes.add("assumed", [counted(len(frame), "row")], "geometry", reason=reason)
    return frame.assign(tower_id=pd.concat(parts, axis=1).agg("-".join, axis=1))


def tower_table(
    rows: Iterable[Mapping[str, object]], *, study_area: gpd.GeoDataFrame | StudyArea
) -> gpd.GeoDataFrame:
    """Towers given by code as a table, to ask what they would change.

    Parameters
    ----------
    rows
        One mapping for each tower: `tower_id`, `lon` and `lat` [degrees] or `x_m` and `y_m` [m, study's
        CRS], and any column of `tables.TOWERS`; other keys pass through.
    study_area
        The villages or a `StudyArea`.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.TOWERS`, sorted by id.

    Raises
    ------
    InputError
        With every fault; nothing is mended.

    Examples
    --------
    >>> from coverage_geo.tables import StudyArea
    >>> area = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> hill = {"tower_id": "bukit-1", "lon": 105.2, "lat": -1.9, "antenna_height_m": 42}
    >>> tower_table([hill], study_area=area).antenna_height_m.to_dict()
    {'bukit-1': 42.0}
    """
    area = as_study_area(study_area)
    frame = pd.DataFrame([dict(row) for row in rows])
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    notes = Notes("tower_table", TOWERS)
    if "tower_id" not in frame:
        notes.fail(MissingColumnError, "has no 'tower_id'", "Give each tower an id.")
    raise_all([notes])
    ids = given_ids(frame, "tower_id")
    repeated = ids.duplicated(keep=False) & ids.notna()
    notes.refuse(
        list(frame.index[repeated]),
        "tower_id",
        values=ids[repeated],
        what="stands in another row too",
        remedy="Give each its own id.",
        kind=DuplicateIdError,
    )
    notes.refuse(
        list(frame.index[ids.isna()]), "tower_id", what="is missing", remedy="Give each tower an id."
    )
    points = placed_points(frame, area, notes, margin_m=MARGIN_M)
    table = converted(frame, notes)
    for repair in notes.repairs:
        remedy = f"Write {repair.after}." if repair.after else "Write it as the table's description says."
        row = int(repair.row) if repair.row.isdigit() else 0
        notes.refuse([row], repair.column, values=[repair.before], what=repair.reason, remedy=remedy)
    raise_all([notes])
    table = gpd.GeoDataFrame(without(table, [*COORDINATES, "geometry"]), geometry=points, crs=area.crs)
    return finished(points_table(table, ids, notes), [notes], crs=area.crs)
