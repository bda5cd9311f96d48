"""Villages and settlements, read from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from coverage_geo.errors import CRSError, GeometryTypeError, raise_faults
from coverage_geo.files.cells import as_numbers, as_text, first_given
from coverage_geo.files.codes import read_code_names, village_codes
from coverage_geo.files.columns import COORDINATES
from coverage_geo.files.coordinates import placed_points
from coverage_geo.files.ids import given_ids, set_aside_repeats, with_position_ids
from coverage_geo.files.names import NameIndex
from coverage_geo.files.notes import Notes, finished, raise_all
from coverage_geo.files.reading import assembled, converted, need_columns, opened, without
from coverage_geo.files.shapes import degrees_fault, note_overlaps, utm_of, valid_areas
from coverage_geo.tables import DECLARED_COVERAGE, SETTLEMENTS, VILLAGES, as_study_area, crs_faults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from coverage_geo.files.notes import Refused
    from coverage_geo.tables import StudyArea

SETTLEMENT_MARGIN_M = 2_000.0
_CODE_PARTS = ("kdprov", "kdkab", "kdkec", "kddesa", "code")
_PARENTS = {"kecamatan": 8, "kabupaten": 5, "provinsi": 2}  # length of the parent's part of a Kemendagri code


def read_villages(
    path: Path | str,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    study_crs: object = None,
    codes: Path | str | None = None,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    """Villages as valid areas in the study's CRS, with codes of both systems kept apart.

    The id is the Kemendagri code, else the BPS code, else the id given, else made from the position.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, KML, KMZ, Shapefile (also zipped) or GeoParquet with areas.
    layer
        Layer to read; needed when there are several and none is called "villages".
    columns
        Which heading holds which column, as in ``{"name": "NAMA_DS"}``, where it is not recognised.
    crs
        CRS the coordinates are in, in place of what the file says or where it says nothing.
    study_crs
        Projected CRS in metres of the study; by default the UTM zone of the villages' middle.
    codes
        Table with columns kode and nama (such as the Kemendagri list) that names the kecamatan, kabupaten
        and provinsi of villages that have a Kemendagri code.
    refused
        "raise" reports all rows that cannot be used as one error; "set aside" lists them as repairs.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.VILLAGES`, sorted by id; other columns of the file pass through. `repairs` lists what was
        mended.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile, shapely
    >>> from pathlib import Path
    >>> from coverage_geo.files.writing import write_geojson
    >>> area = gpd.GeoDataFrame(
    ...     {"KDEPUM": ["19.05.01.2001"], "WADMKD": ["Tuik"]},
    ...     geometry=[shapely.box(105, -2, 105.1, -1.9)],
    ...     crs=4326,
    ... )
    >>> file = Path(tempfile.mkdtemp()) / "desa.geojson"
    >>> write_geojson(file, area)
    >>> villages = read_villages(file)
    >>> villages.name.to_dict(), villages.crs.to_epsg()
    ({'19.05.01.2001': 'Tuik'}, 32748)
    """
    frame, notes = opened(path, VILLAGES, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    if not isinstance(frame, gpd.GeoDataFrame):
        notes.fail(GeometryTypeError, "has no areas", "Give a layer of village polygons.")
        raise_all([notes])
    frame = _with_names(frame, notes)
    degrees_fault(frame.geometry, notes)
    raise_faults([fault for fault in notes.faults if fault.kind is CRSError])
    projected = utm_of(frame.geometry) if study_crs is None else CRS.from_user_input(study_crs)
    raise_faults(crs_faults(projected, "study_crs"))
    shapes = valid_areas(frame, notes, crs=projected)
    found = village_codes(frame, notes)
    known = converted(frame, notes, left=("kemendagri_code", "bps_code", "office_x_m", "office_y_m"))
    known = known.assign(kemendagri_code=found["kemendagri_code"], bps_code=found["bps_code"])
    known = _with_parents(_with_office(known, projected, notes), codes)
    table = notes.kept(gpd.GeoDataFrame(without(known, ["geometry"]), geometry=shapes, crs=projected))
    ids = first_given(
        found["kemendagri_code"], found["bps_code"], given_ids(frame, "village_id"), found["code"]
    )
    ids = ids.reindex(table.index)
    set_aside_repeats(table, ids, notes, compared=["name"])
    table = notes.kept(table)
    raise_all([notes])
    ids = with_position_ids(table, ids.reindex(table.index), "village", notes)
    note_overlaps(table.geometry, notes)
    table = without(table, [*_CODE_PARTS, "office_lat", "office_lon"])
    return finished(_villages(table, ids), [notes], crs=projected)


def _villages(table: pd.DataFrame, ids: pd.Series) -> gpd.GeoDataFrame:
    answer = assembled(table, VILLAGES, ids=ids, geometry=gpd.GeoSeries(table["geometry"]))
    return gpd.GeoDataFrame(answer)


def _with_names(frame: gpd.GeoDataFrame, notes: Notes) -> gpd.GeoDataFrame:
    need_columns(frame, notes, ["name"])
    names = as_text(frame["name"])
    if names.notna().all():
        return frame
    for column in ("village_id", "kemendagri_code", "bps_code", "code"):
        if column in frame:
            names = names.where(names.notna(), as_text(frame[column]))
    lacking = frame["name"].isna().to_numpy() | as_text(frame["name"]).isna().to_numpy()
    rows = frame.index[lacking & names.notna().to_numpy()]
    notes.add("assumed", rows, "name", after=names[rows], reason="has no name; its code is used")
    nameless = list(frame.index[names.isna()])
    notes.refuse(nameless, "name", what="has neither name nor code", remedy="Give it a name.")
    return frame.assign(name=names)


def _with_parents(table: pd.DataFrame, codes: Path | str | None) -> pd.DataFrame:
    if codes is None:
        return table
    names = read_code_names(codes)
    filled = table.copy()
    for column, length in _PARENTS.items():
        told = table["kemendagri_code"].map(
            lambda code, end=length: names.get(code[:end]), na_action="ignore"
        )
        have = table[column] if column in table else pd.Series(None, index=table.index, dtype=object)
        filled[column] = have.where(have.notna(), told).astype(object)
    return filled


def _with_office(table: pd.DataFrame, crs: CRS, notes: Notes) -> pd.DataFrame:
    if not {"office_lat", "office_lon"} <= set(table.columns):
        return table
    lat = as_numbers(table["office_lat"], "office_lat", notes)
    lon = as_numbers(table["office_lon"], "office_lon", notes)
    office = gpd.GeoSeries.from_xy(lon, lat, index=table.index, crs=4326).to_crs(crs)
    have = lat.notna() & lon.notna()
    return table.assign(office_x_m=office.x.where(have), office_y_m=office.y.where(have))


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
    points = placed_points(frame, area, notes, crs=crs, margin_m=SETTLEMENT_MARGIN_M, unplaced=True)
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
    table = without(table, [*_CODE_PARTS, *COORDINATES, "kemendagri_code", "bps_code", "village_name"])
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


def as_village_ids(stated: pd.Series, villages: gpd.GeoDataFrame) -> pd.Series:
    """Codes of either system as ids of the villages."""
    ids = {code: str(code) for code in villages.index}
    for column in ("kemendagri_code", "bps_code"):
        if column in villages:
            ids.update(
                {code: str(place) for place, code in villages[column].items() if isinstance(code, str)}
            )
    return stated.map(ids).astype(object)


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


def holding_area(points: gpd.GeoSeries, areas: gpd.GeoDataFrame) -> pd.Series:
    """Id of the area that holds each point.

    Parameters
    ----------
    points
        Points, some perhaps missing.
    areas
        Areas with ids, in the same CRS.

    Returns
    -------
    pandas.Series
        Id, the smallest where areas overlap; missing where no area holds the point.
    """
    shapes = points.to_numpy()
    found = pd.Series(None, index=points.index, dtype=object)
    point, area = shapely.STRtree(areas.geometry.to_numpy()).query(shapes, predicate="intersects")
    pairs = pd.DataFrame({"point": point, "id": areas.index.to_numpy()[area]}).groupby("point")["id"].min()
    found.iloc[pairs.index.to_numpy(dtype=np.int64)] = pairs.to_numpy()
    return found


def read_declared_coverage(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    operator: str | None = None,
    service: str | None = None,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    """Areas that operators declare to cover, with operator and service.

    Parameters
    ----------
    path
        Layer of areas.
    study_area
        The villages or a `StudyArea`; areas that do not touch it are left out and counted.
    layer
        Layer to read, when there are several.
    columns
        Which heading holds which column, where it is not recognised.
    crs
        CRS the coordinates are in, in place of what the file says or where it says nothing.
    operator, service
        Whose area it is and "2G", "4G" or "fixed", where the file does not say.
    refused
        "raise" reports all rows that cannot be used as one error; "set aside" lists them as repairs.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.DECLARED_COVERAGE`, sorted by id.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile, shapely
    >>> from pathlib import Path
    >>> from coverage_geo.files.writing import write_geojson
    >>> area = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.box(105, -2, 105.1, -1.9)], crs=4326)
    >>> file = Path(tempfile.mkdtemp()) / "lte.geojson"
    >>> write_geojson(file, area)
    >>> from coverage_geo.tables import StudyArea
    >>> study = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> read_declared_coverage(file, study_area=study, operator="Telkomsel", service="4G").service.to_dict()
    {'a': '4G'}
    """
    area = as_study_area(study_area)
    frame, notes = opened(path, DECLARED_COVERAGE, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    if not isinstance(frame, gpd.GeoDataFrame):
        notes.fail(GeometryTypeError, "has no areas", "Give a layer of polygons.")
        raise_all([notes])
    degrees_fault(frame.geometry, notes)
    raise_all([notes])
    shapes = valid_areas(frame, notes, crs=area.crs)
    known = converted(frame, notes)
    for column, value in (("operator", operator), ("service", service)):
        have = known[column] if column in known else pd.Series(None, index=known.index, dtype=object)
        known[column] = have.astype(object).where(have.notna(), value)
    unclear = known["service"].isna().to_numpy()
    remedy = "Give service=, or a column of 2G, 4G or fixed."
    notes.refuse(list(known.index[unclear]), "service", what="does not say which service", remedy=remedy)
    away = ~shapely.intersects(shapes.to_numpy(), shapely.box(*area.bounds)) & shapes.notna().to_numpy()
    notes.add("set aside", known.index[away], "", reason="does not touch the study area")
    table = notes.kept(gpd.GeoDataFrame(without(known, ["geometry"]), geometry=shapes, crs=area.crs))
    raise_all([notes])
    ids = with_position_ids(table, given_ids(table, "declared_id"), "declared", notes)
    answer = assembled(table, DECLARED_COVERAGE, ids=ids, geometry=gpd.GeoSeries(table["geometry"]))
    return finished(gpd.GeoDataFrame(answer), [notes], crs=area.crs)
