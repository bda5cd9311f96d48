"""Poles as points or lines, read from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from coverage_geo.files.columns import COORDINATES
from coverage_geo.files.coordinates import placed_points
from coverage_geo.files.ids import given_ids, set_aside_repeats, with_position_ids
from coverage_geo.files.notes import Notes, finished, raise_all
from coverage_geo.files.reading import assembled, converted, opened, without
from coverage_geo.files.shapes import is_line, study_lines
from coverage_geo.tables import POLES, as_study_area

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coverage_geo.files.notes import Refused
    from coverage_geo.tables import StudyArea

MARGIN_M = 5_000.0


def read_pole_lines(
    paths: Path | str | Sequence[Path | str],
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    layer: str | Sequence[str] | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    r"""Poles as points and pole lines as lines, together in one table.

    Parameters
    ----------
    paths
        One file or several: points, lines or both.
    study_area
        The villages or a `StudyArea`; poles up to 5 km outside are kept.
    layer
        Layers to read; by default every layer of every file.
    columns
        Which heading holds which column, where it is not recognised; for all files.
    crs
        CRS the coordinates are in, in place of what the files say or where they say nothing.
    refused
        "raise" reports all rows that cannot be used as one error; "set aside" lists them as repairs.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.POLES`, sorted by id. Lines of several parts become several lines.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "tiang.csv"
    >>> _ = file.write_text("id_tiang,lat,lon,tegangan\nT1,-2.05,105.2,SUTM 20 kV\n")
    >>> from coverage_geo.tables import StudyArea
    >>> area = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> read_pole_lines(file, study_area=area).voltage.to_dict()
    {'T1': 'JTM'}
    """
    area = as_study_area(study_area)
    files = [paths] if isinstance(paths, str | Path) else sorted(paths, key=str)
    layers = [layer] if layer is None or isinstance(layer, str) else sorted(layer)
    sources = [
        one
        for file in files
        for name in layers
        for one in opened(file, POLES, layer=name, columns=columns, crs=crs, refused=refused, every=True)
    ]
    parts = [_poles_of(frame, area, notes, crs) for frame, notes in sources]
    every = [notes for _, notes in sources]
    raise_all(every)
    together = _with_distinct_ids(parts, every)
    return finished(together, every, crs=area.crs)


def _poles_of(frame: pd.DataFrame, area: StudyArea, notes: Notes, crs: object) -> gpd.GeoDataFrame:
    compared = [column.name for column in POLES.columns if column.name in frame]
    compared += [name for name in COORDINATES if name in frame]
    set_aside_repeats(frame, given_ids(frame, "pole_id"), notes, compared=compared)
    frame = notes.kept(frame)
    lines = is_line(frame)
    pieces = []
    if not lines.all() or not len(frame):
        rows = frame[~lines]
        points = placed_points(rows, area, notes, crs=crs, margin_m=MARGIN_M)
        pieces.append(gpd.GeoDataFrame(without(rows, ["geometry"]), geometry=points, crs=area.crs))
    if lines.any():
        pieces.append(study_lines(gpd.GeoDataFrame(frame[lines]), area, notes, margin_m=MARGIN_M))
    together = pieces[0] if len(pieces) == 1 else pd.concat(pieces)
    table = gpd.GeoDataFrame(converted(without(together, COORDINATES), notes), crs=area.crs)
    return _with_pole_ids(notes.kept(table), notes)


def _with_pole_ids(table: gpd.GeoDataFrame, notes: Notes) -> gpd.GeoDataFrame:
    """Poles and lines under given ids or such made from their position."""
    numbered, ids = ids_of_parts(table, "pole_id")
    lines = is_line(numbered).to_numpy()
    for word, chosen in (("line", lines), ("pole", ~lines)):
        if chosen.any():
            part_ids = with_position_ids(gpd.GeoDataFrame(numbered[chosen]), ids[chosen], word, notes)
            ids = part_ids if chosen.all() else ids.where(~chosen, part_ids.reindex(ids.index))
    return gpd.GeoDataFrame(assembled(numbered, POLES, ids=ids, geometry=numbered.geometry))


def ids_of_parts(table: gpd.GeoDataFrame, column: str) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Rows numbered anew, so that parts of one line stand apart, and their given ids: id#1, id#2 ...

    Parameters
    ----------
    table
        Rows under their number in the file, which the parts of one line share.
    column
        Name of the id.

    Returns
    -------
    tuple of geopandas.GeoDataFrame and pandas.Series
        The rows, and the id of each; missing where none is given.
    """
    ids = given_ids(table, column)
    several = table.index.duplicated(keep=False) & ids.notna().to_numpy()
    if several.any():
        part = pd.Series(table.index, index=table.index).groupby(level=0).cumcount() + 1
        ids = ids.where(~several, ids.astype(object) + "#" + part.astype(str).astype(object))
    return gpd.GeoDataFrame(table.reset_index(drop=True)), ids.reset_index(drop=True)


def _with_distinct_ids(parts: list[gpd.GeoDataFrame], notes: list[Notes]) -> gpd.GeoDataFrame:
    if len(parts) == 1:
        return parts[0]
    together = pd.concat(parts)
    if not together.index.has_duplicates:
        return gpd.GeoDataFrame(together)
    named = []
    for part, one in zip(parts, notes, strict=True):
        reason = "ids are used in several files or layers; the source stands before each"
        one.add("assumed", [f"{len(part)} rows"], "pole_id", reason=reason)
        named.append(part.set_axis(pd.Index(one.source + ":" + part.index.astype(object), name="pole_id")))
    return gpd.GeoDataFrame(pd.concat(named))
