"""Settlements, read from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from coverage_geo.files.cells import as_text, first_given
from coverage_geo.files.codes import CODE_PARTS, as_village_ids, village_codes
from coverage_geo.files.columns import COORDINATES
from coverage_geo.files.coordinates import placed_points
from coverage_geo.files.ids import given_ids, set_aside_repeats, with_position_ids
from coverage_geo.files.names import NameIndex
from coverage_geo.files.notes import Notes, finished, raise_all
from coverage_geo.files.reading import assembled, converted, need_columns, opened, without
from coverage_geo.files.shapes import holding_area
from coverage_geo.tables import SETTLEMENTS, VILLAGES, as_study_area

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from coverage_geo.files.notes import Refused
    from coverage_geo.tables import StudyArea

MARGIN_M = 2_000.0


def read_settlements(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    r"""Hamlets (dusun, jorong, RT) as points; those known by name only stay without a place.

    Parameters
    ----------
    path
        Table or layer of points.
    study_area
        The villages, which tell where each settlement belongs, or a `StudyArea`.
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
        As `tables.SETTLEMENTS`, sorted by id. `village_id` is the village stated, else the one that holds
        the point; where the two differ, that is listed.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "dusun.csv"
    >>> _ = file.write_text("id,dusun,lintang,bujur\nd1,Rajek,-2.05,105.2\n")
    >>> from coverage_geo.tables import StudyArea
    >>> area = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> read_settlements(file, study_area=area).name.to_dict()
    {'d1': 'Rajek'}
    """
    area = as_study_area(study_area)
    frame, notes = opened(path, SETTLEMENTS, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    need_columns(frame, notes, ["name"])
    points = placed_points(frame, area, notes, crs=crs, margin_m=MARGIN_M, unplaced=True)
    nameless = as_text(frame["name"]).isna().to_numpy()
    notes.refuse(list(frame.index[nameless]), "name", what="has no name", remedy="Give it a name.")
    found = village_codes(frame, notes)
    known = converted(frame, notes)
    known["village_id"] = _stated_villages(known, found, study_area)
    table = gpd.GeoDataFrame(without(known, ["geometry"]), geometry=points, crs=area.crs)
    table = _with_holding_village(notes.kept(table), study_area, notes)
    ids = given_ids(frame, "settlement_id").reindex(table.index)
    set_aside_repeats(table, ids, notes, compared=["name", "village_id"], by_place=False)
    table = notes.kept(table)
    raise_all([notes])
    ids = with_position_ids(table, ids.reindex(table.index), "settlement", notes)
    table = without(table, [*CODE_PARTS, *COORDINATES, "kemendagri_code", "bps_code", "village_name"])
    answer = assembled(table, SETTLEMENTS, ids=ids, geometry=gpd.GeoSeries(table["geometry"]))
    return finished(gpd.GeoDataFrame(answer), [notes], crs=area.crs)


def _stated_villages(
    known: pd.DataFrame, found: pd.DataFrame, study_area: gpd.GeoDataFrame | StudyArea
) -> pd.Series:
    stated = (
        known["village_id"] if "village_id" in known else pd.Series(None, index=known.index, dtype=object)
    )
    stated = first_given(stated, found["kemendagri_code"], found["bps_code"], found["code"])
    if not isinstance(study_area, gpd.GeoDataFrame) or "name" not in study_area:
        return stated
    stated = as_village_ids(stated, study_area)
    if "village_name" in known:
        index = NameIndex(study_area)
        kecamatan = known["kecamatan"] if "kecamatan" in known else pd.Series(None, index=known.index)
        for row in known.index[stated.isna() & as_text(known["village_name"]).notna()]:
            parent = kecamatan[row] if isinstance(kecamatan[row], str) else None
            match = index.match(str(known["village_name"][row]), parent)
            stated[row] = match.found if match.kind == "name" else None
    return stated


def _with_holding_village(
    table: gpd.GeoDataFrame, study_area: gpd.GeoDataFrame | StudyArea, notes: Notes
) -> gpd.GeoDataFrame:
    if not isinstance(study_area, gpd.GeoDataFrame) or study_area.index.name != VILLAGES.index:
        return table
    holding = holding_area(table.geometry, study_area)
    stated = table["village_id"]
    differs = (stated.notna() & holding.notna() & (stated != holding)).to_numpy()
    reason = "the point lies in another village than stated; the stated one is kept"
    rows = table.index[differs]
    notes.add("assumed", rows, "village_id", before=stated[rows], after=holding[rows], reason=reason)
    return table.assign(village_id=stated.where(stated.notna(), holding).astype(object))
