"""Towers, sectors, poles, gateways and proposals, read from files or given by code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_geo.errors import DuplicateIdError, GeometryTypeError, MissingColumnError, ValueRangeError
from coverage_geo.files.cells import as_text, by_words, first_given
from coverage_geo.files.columns import COORDINATES
from coverage_geo.files.coordinates import placed_points
from coverage_geo.files.ids import given_ids, set_aside_repeats, with_position_ids
from coverage_geo.files.notes import Notes, finished, raise_all
from coverage_geo.files.operators import operator_name
from coverage_geo.files.reading import assembled, converted, need_columns, opened, without
from coverage_geo.files.shapes import study_lines
from coverage_geo.tables import GATEWAYS, POLES, PROPOSALS, SECTORS, TOWERS, as_study_area

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from coverage_geo.files.notes import Refused
    from coverage_geo.tables import StudyArea

TOWER_MARGIN_M = 50_000.0  # towers and gateways across the border serve too
POLE_MARGIN_M = 5_000.0
_CELLS = ("mcc", "net", "area", "cell")
_LINE_TYPES = (
    shapely.GeometryType.LINESTRING,
    shapely.GeometryType.MULTILINESTRING,
    shapely.GeometryType.LINEARRING,
)


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
    points = placed_points(frame, area, notes, crs=crs, margin_m=TOWER_MARGIN_M)
    table = _with_operators(converted(_without_zeros(frame, notes), notes), notes)
    table = notes.kept(gpd.GeoDataFrame(without(table, ["geometry"]), geometry=points, crs=area.crs))
    ids = given_ids(table, "tower_id")
    year = as_text(table["year"]) if "year" in table else None
    compared = [column.name for column in TOWERS.columns if column.name in table]
    set_aside_repeats(table, ids, notes, compared=compared, year=year, by_place=True)
    table = notes.kept(table)
    raise_all([notes])
    ids = with_position_ids(table, ids.reindex(table.index), "tower", notes)
    return finished(_points_table(without(table, [*COORDINATES, *_CELLS]), ids, notes), [notes], crs=area.crs)


def _points_table(table: gpd.GeoDataFrame, ids: pd.Series, notes: Notes) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(assembled(table, notes.schema, ids=ids, geometry=table.geometry))


def _with_cell_ids(frame: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    if not set(_CELLS) <= set(frame.columns) or "tower_id" in frame:
        return frame
    parts = [first_given(as_text(frame[name]), "") for name in _CELLS]
    reason = "cells heard on the road (OpenCellID): positions are those of phones, not of masts"
    notes.add("assumed", [f"{len(frame)} rows"], "geometry", reason=reason)
    return frame.assign(tower_id=pd.concat(parts, axis=1).agg("-".join, axis=1))


def _without_zeros(frame: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    """Zero stands for "not known" where a mast or a carrier cannot have it."""
    cleaned = frame
    for name in ("antenna_height_m", "frequency_mhz", "bandwidth_mhz"):
        if name in frame:
            zero = (pd.to_numeric(as_text(frame[name]), errors="coerce") == 0).to_numpy()
            reason = "0 means not known; left missing"
            notes.add("mended", frame.index[zero], name, before=frame[name][zero], reason=reason)
            cleaned = cleaned.assign(**{name: cleaned[name].where(~zero)})
    return cleaned


def _with_operators(table: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    if "operator" not in table:
        return table
    names = by_words(table["operator"], operator_name)
    changed = (names.notna() & (names != table["operator"])).to_numpy()
    before, after = table["operator"][changed], names[changed]
    reason = "operators under one spelling"
    notes.add("mended", table.index[changed], "operator", before=before, after=after, reason=reason)
    return table.assign(operator=names)


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
    points = placed_points(frame, area, notes, margin_m=TOWER_MARGIN_M)
    table = converted(frame, notes)
    for repair in notes.repairs:
        remedy = f"Write {repair.after}." if repair.after else "Write it as the table's description says."
        row = int(repair.row) if repair.row.isdigit() else 0
        notes.refuse([row], repair.column, values=[repair.before], what=repair.reason, remedy=remedy)
    raise_all([notes])
    table = gpd.GeoDataFrame(without(table, [*COORDINATES, "geometry"]), geometry=points, crs=area.crs)
    return finished(_points_table(table, ids, notes), [notes], crs=area.crs)


def read_sectors(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea | None = None,  # noqa: ARG001 - every reader takes it
    towers: pd.DataFrame | None = None,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    refused: Refused = "raise",
) -> pd.DataFrame:
    r"""Sectors of towers: bearing, tilt, band and power, one row for each.

    Parameters
    ----------
    path
        Table with a column of tower ids.
    study_area
        As every reader takes it; sectors have no place of their own, so it changes nothing.
    towers
        The towers they hang on; a sector of another tower is refused.
    layer
        Layer or sheet to read, when there are several.
    columns
        Which heading holds which column, where it is not recognised.
    refused
        "raise" reports all rows that cannot be used as one error; "set aside" lists them as repairs.

    Returns
    -------
    pandas.DataFrame
        As `tables.SECTORS`, sorted by id; without ids they are numbered by bearing within their tower.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "sektor.csv"
    >>> _ = file.write_text("site_id,cell_name,azimuth\nA1,A1b,120\nA1,A1a,0\n")
    >>> read_sectors(file).azimuth_deg.to_dict()
    {'A1a': 0.0, 'A1b': 120.0}
    """
    frame, notes = opened(path, SECTORS, layer=layer, columns=columns, crs=None, refused=refused)[0]
    need_columns(frame, notes, ["tower_id"])
    table = _with_operators(converted(_without_zeros(frame, notes), notes), notes)
    homeless = table["tower_id"].isna().to_numpy()
    notes.refuse(
        list(table.index[homeless]), "tower_id", what="names no tower", remedy="Give its tower's id."
    )
    if towers is not None:
        strange = ~homeless & ~table["tower_id"].isin(towers.index).to_numpy()
        rows, values = list(table.index[strange]), table["tower_id"][strange]
        remedy = "Correct the id, or add the tower."
        notes.refuse(rows, "tower_id", values=values, what="is not among the towers", remedy=remedy)
    table = notes.kept(table)
    ids = given_ids(table, "sector_id")
    compared = [column.name for column in SECTORS.columns if column.name in table]
    set_aside_repeats(table, ids, notes, compared=compared)
    table = notes.kept(table)
    raise_all([notes])
    ids = _with_sector_ids(table, ids.reindex(table.index), notes)
    plain = pd.DataFrame(without(table, ["geometry", "sector_id"]))
    return finished(assembled(plain, SECTORS, ids=ids, geometry=None), [notes])


def _with_sector_ids(table: pd.DataFrame, ids: pd.Series, notes: Notes) -> pd.Series:
    lacking = ids.isna()
    if not lacking.any():
        return ids
    names = [column.name for column in SECTORS.columns if column.name in table]
    first = [name for name in ("tower_id", "azimuth_deg", "frequency_mhz") if name in names]
    rest = [name for name in names if name not in first]
    cells = table.loc[lacking, [*first, *rest]]
    ordered = cells.sort_values([*first, *rest], kind="stable")
    number = ordered.groupby("tower_id").cumcount() + 1
    made = (ordered["tower_id"].astype(object) + "/" + number.astype(str).astype(object)).reindex(cells.index)
    notes.add("assumed", [f"{len(made)} rows"], "sector_id", reason="no id given; numbered within the tower")
    return ids.where(~lacking, made)


def read_gateways(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    r"""Gateways (fibre points of presence, backhaul nodes) as points.

    Parameters
    ----------
    path
        Table or layer of points.
    study_area
        The villages or a `StudyArea`; gateways up to 50 km outside are kept.
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
        As `tables.GATEWAYS`, sorted by id.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "pop.csv"
    >>> _ = file.write_text("id,nama,koordinat\ng1,POP Mentok,\"2°03'15''LS, 105°10'30''BT\"\n")
    >>> from coverage_geo.tables import StudyArea
    >>> area = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> read_gateways(file, study_area=area).name.to_dict()
    {'g1': 'POP Mentok'}
    """
    area = as_study_area(study_area)
    frame, notes = opened(path, GATEWAYS, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    points = placed_points(frame, area, notes, crs=crs, margin_m=TOWER_MARGIN_M)
    table = _with_operators(converted(frame, notes), notes)
    table = notes.kept(gpd.GeoDataFrame(without(table, ["geometry"]), geometry=points, crs=area.crs))
    ids = given_ids(table, "gateway_id")
    compared = [column.name for column in GATEWAYS.columns if column.name in table]
    set_aside_repeats(table, ids, notes, compared=compared, by_place=True)
    table = notes.kept(table)
    raise_all([notes])
    ids = with_position_ids(table, ids.reindex(table.index), "gateway", notes)
    return finished(_points_table(without(table, COORDINATES), ids, notes), [notes], crs=area.crs)


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
    lines = _is_line(frame)
    pieces = []
    if not lines.all() or not len(frame):
        rows = frame[~lines]
        points = placed_points(rows, area, notes, crs=crs, margin_m=POLE_MARGIN_M)
        pieces.append(gpd.GeoDataFrame(without(rows, ["geometry"]), geometry=points, crs=area.crs))
    if lines.any():
        pieces.append(study_lines(gpd.GeoDataFrame(frame[lines]), area, notes, margin_m=POLE_MARGIN_M))
    together = pieces[0] if len(pieces) == 1 else pd.concat(pieces)
    table = gpd.GeoDataFrame(converted(without(together, COORDINATES), notes), crs=area.crs)
    return _with_pole_ids(notes.kept(table), notes)


def _with_pole_ids(table: gpd.GeoDataFrame, notes: Notes) -> gpd.GeoDataFrame:
    """Poles and lines under given ids or such made from their position; parts of a line as id#1, id#2 ..."""
    ids = given_ids(table, "pole_id")
    several = table.index.duplicated(keep=False) & ids.notna().to_numpy()
    if several.any():
        part = pd.Series(table.index, index=table.index).groupby(level=0).cumcount() + 1
        ids = ids.where(~several, ids.astype(object) + "#" + part.astype(str).astype(object))
    # From here on rows of the file no longer matter, and parts of one line shall stand apart.
    numbered = table.reset_index(drop=True)
    ids = ids.reset_index(drop=True)
    is_line = _is_line(numbered).to_numpy()
    for word, chosen in (("line", is_line), ("pole", ~is_line)):
        if chosen.any():
            part_ids = with_position_ids(gpd.GeoDataFrame(numbered[chosen]), ids[chosen], word, notes)
            ids = part_ids if chosen.all() else ids.where(~chosen, part_ids.reindex(ids.index))
    return gpd.GeoDataFrame(assembled(numbered, POLES, ids=ids, geometry=numbered.geometry))


def _is_line(frame: pd.DataFrame) -> pd.Series:
    if not isinstance(frame, gpd.GeoDataFrame):
        return pd.Series(data=False, index=frame.index)
    return pd.Series(np.isin(shapely.get_type_id(frame.geometry.to_numpy()), _LINE_TYPES), index=frame.index)


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
    r"""Proposed towers, drawn cable routes and repairs of faulty towers.

    Parameters
    ----------
    path
        Towers and repairs as a table, or towers and routes as drawn points and lines (GeoJSON ...).
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
        As `tables.PROPOSALS`, sorted by id. Where the file does not say the kind, points are towers and
        lines are routes.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "usulan.csv"
    >>> _ = file.write_text("id,jenis,lat,lon,tinggi_menara\nU1,menara,-2.05,105.2,42\n")
    >>> from coverage_geo.tables import StudyArea
    >>> area = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> read_proposals(file, study_area=area).kind.to_dict()
    {'U1': 'tower'}
    """
    area = as_study_area(study_area)
    frame, notes = opened(path, PROPOSALS, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    known = _with_operators(converted(_without_zeros(frame, notes), notes), notes)
    kinds = _proposal_kinds(known, notes)
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
    return finished(_points_table(without(table, COORDINATES), ids, notes), [notes], crs=area.crs)


def _proposal_kinds(table: pd.DataFrame, notes: Notes) -> pd.Series:
    have = table["kind"] if "kind" in table else pd.Series(None, index=table.index, dtype=object)
    repair = pd.Series(data=False, index=table.index)
    if "tower_id" in table:
        repair = table["tower_id"].notna() & have.isna()
    guess = (
        pd.Series("tower", index=table.index, dtype=object)
        .mask(repair, "repair")
        .mask(_is_line(table), "route")
    )
    unsaid = have.isna().to_numpy()
    reason = "kind not given; points are towers, lines are routes, a tower's id means its repair"
    notes.add("assumed", table.index[unsaid], "kind", after=guess[unsaid], reason=reason)
    return have.astype(object).where(~unsaid, guess)


def _proposal_shapes(
    frame: pd.DataFrame, kinds: pd.Series, area: StudyArea, notes: Notes, crs: object
) -> gpd.GeoSeries:
    lines = _is_line(frame)
    shapes = pd.Series(None, index=frame.index, dtype=object)
    for kind in ("tower", "repair"):
        rows = frame[(kinds == kind) & ~lines]
        if len(rows):
            needed = kind == "tower"
            points = placed_points(rows, area, notes, crs=crs, margin_m=TOWER_MARGIN_M, unplaced=not needed)
            shapes[rows.index] = points.to_numpy()
    drawn = frame[(kinds == "route") & lines]
    if len(drawn):
        merged = gpd.GeoDataFrame(drawn)
        merged = merged.set_geometry(
            gpd.GeoSeries(_one_line(merged.geometry), index=drawn.index, crs=merged.crs)
        )
        routes = study_lines(merged, area, notes, margin_m=TOWER_MARGIN_M)
        broken = routes.index[routes.index.duplicated()].unique()
        remedy = "Draw it as one line, or give each part its own row."
        notes.refuse(
            list(broken), "", what="is a line of several parts", remedy=remedy, kind=GeometryTypeError
        )
        routes = routes[~routes.index.duplicated()]
        shapes[routes.index] = routes.geometry.to_numpy()
    wrong = ((kinds == "route") != lines).to_numpy()
    remedy = "Towers and repairs are points, routes are lines."
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
