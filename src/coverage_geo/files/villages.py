"""Villages, read from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from coverage_geo.errors import CRSError, GeometryTypeError, raise_faults, refuse
from coverage_geo.files.amounts import as_numbers
from coverage_geo.files.cells import as_text, first_given
from coverage_geo.files.codes import CODE_PARTS, read_code_names, village_codes
from coverage_geo.files.ids import given_ids, set_aside_repeats, with_position_ids
from coverage_geo.files.notes import Notes, finished, raise_all
from coverage_geo.files.reading import assembled, converted, need_columns, opened, without
from coverage_geo.files.shapes import degrees_fault, note_overlaps, utm_of, valid_areas
from coverage_geo.tables import VILLAGES, Column, crs_faults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from coverage_geo.files.notes import Refused

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
    if (frame.geometry.is_empty | frame.geometry.isna()).all():
        what = f"none of its {len(frame)} rows has a geometry"
        refuse(GeometryTypeError, notes.source, what, "Export it with the village polygons.")
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
    table = without(table, [*CODE_PARTS, "office_lat", "office_lon"])
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
    lat, lon = (
        as_numbers(table[name], Column(name, "number", "village office", "deg"), notes)
        for name in ("office_lat", "office_lon")
    )
    office = gpd.GeoSeries.from_xy(lon, lat, index=table.index, crs=4326).to_crs(crs)
    have = lat.notna() & lon.notna()
    return table.assign(office_x_m=office.x.where(have), office_y_m=office.y.where(have))
