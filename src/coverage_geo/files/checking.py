"""What is right and wrong with one file, before it is used."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from coverage_geo.errors import (
    CoverageGeoWarning,
    Fault,
    FileFormatError,
    InputError,
    ValueRangeError,
    refuse,
)
from coverage_geo.files.clutter import CLUTTER_HEIGHTS, read_clutter_heights
from coverage_geo.files.columns import heading, recognised
from coverage_geo.files.declared import read_declared_coverage
from coverage_geo.files.findings import CheckReport, row_count
from coverage_geo.files.gateways import read_gateways
from coverage_geo.files.grids import read_land_cover, read_raster, read_terrain
from coverage_geo.files.measurements import read_measurements
from coverage_geo.files.obstacles import read_obstacles
from coverage_geo.files.on_disk import RasterOnDisk
from coverage_geo.files.patterns import PATTERN, read_pattern
from coverage_geo.files.poles import read_pole_lines
from coverage_geo.files.proposals import read_proposals
from coverage_geo.files.reading import NO_ROWS
from coverage_geo.files.roads import read_roads
from coverage_geo.files.sectors import read_sectors
from coverage_geo.files.settlements import read_settlements
from coverage_geo.files.shapes import utm_of
from coverage_geo.files.status import read_reported_status
from coverage_geo.files.tiles import TIFF_MAGIC
from coverage_geo.files.towers import read_towers
from coverage_geo.files.vectors import open_layers, regular_file
from coverage_geo.files.villages import read_villages
from coverage_geo.files.writing import WGS84
from coverage_geo.patterns import AntennaPattern
from coverage_geo.rasters import Raster
from coverage_geo.tables import REPAIRS, SCHEMAS, VILLAGES, Repair, StudyArea, as_study_area

if TYPE_CHECKING:
    from collections.abc import Callable

    from coverage_geo.files.notes import Refused
    from coverage_geo.rasters import Bounds
    from coverage_geo.tables import Schema

FileKind = Literal[
    "villages",
    "settlements",
    "status",
    "measurements",
    "declared",
    "towers",
    "sectors",
    "poles",
    "gateways",
    "proposals",
    "terrain",
    "population",
    "land_cover",
    "canopy",
    "clutter_heights",
    "pattern",
    "roads",
    "obstacles",
]
KINDS: tuple[FileKind, ...] = get_args(FileKind)
_OTHER_SCHEMAS = {
    "status": SCHEMAS["reported status"],
    "declared": SCHEMAS["declared coverage"],
    "pattern": PATTERN,
    "clutter_heights": CLUTTER_HEIGHTS,
}
INDONESIA = (94.0, -12.0, 142.0, 7.0)
# Words in a raster's name that tell what it is; any other raster is taken for terrain.
_RASTER_WORDS: dict[FileKind, tuple[str, ...]] = {
    "population": ("pop", "people", "penduduk", "ghs", "jiwa", "ppp"),
    "land_cover": ("cover", "tutupan", "lahan"),
    "canopy": ("canopy", "kanopi", "chm"),
}
_RASTERS = frozenset({"terrain", *_RASTER_WORDS})
_ANTENNA_FILES = frozenset({".msi", ".pln"})
_FEW_LOST = 2  # rows of status not understood that are worth a remark
_LEAST_COLUMNS = 2
_LEAST_WITHOUT_ROWS = 4  # a telling file name, and a column
_ONLY_INDONESIA = "without villages, positions were only checked against Indonesia"
_ONLY_MIDDLE = "without villages, only the middle 100 km of it were read"
_REMARKS: dict[str, tuple[str, ...]] = {
    "villages": (),
    "sectors": (),
    **dict.fromkeys(_RASTERS, (_ONLY_MIDDLE,)),
    "pattern": (),
    "clutter_heights": (),
    "status": (_ONLY_INDONESIA, "without villages, names of places were not looked up"),
}


def check_file(
    path: Path | str, kind: FileKind | None = None, *, villages: gpd.GeoDataFrame | None = None
) -> CheckReport:
    r"""Validate one file and tell what would be mended, set aside and refused.

    Parameters
    ----------
    path
        Any input file.
    kind
        What it is; by default guessed from its columns, which the report says.
    villages
        The study's villages. Without them positions are only checked against Indonesia, and names of
        places are not looked up.

    Returns
    -------
    CheckReport
        Counts, repairs and faults; nothing is raised for faults of the file.

    Raises
    ------
    ValueRangeError
        When the kind is not a known one.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "menara.csv"
    >>> _ = file.write_text("site_id,lintang,bujur,tinggi_menara\nA1,-2.05,105.2,31m\nA2,0,0,42\n")
    >>> report = check_file(file)
    >>> report.kind, report.guessed, report.rows, report.counts["mended"], report.counts["refused"]
    ('towers', True, 1, 1, 1)
    """
    if kind is not None and kind not in KINDS:
        refuse(ValueRangeError, "check_file", f"kind {kind!r}", f"Use one of {', '.join(KINDS)}.")
    source = Path(path).name
    try:
        chosen = kind or guess_kind(path)
        area = _area_of(path, chosen, villages)
    except InputError as error:
        told = error.faults or (Fault(type(error), source, str(error), ""),)
        return CheckReport(source, kind or "unknown", guessed=kind is None, rows=0, refused=told)
    remarks = () if villages is not None else _REMARKS.get(chosen, (_ONLY_INDONESIA,))
    faults, _, _ = _tried(path, chosen, area, "raise", villages)
    left, table, warned = _tried(path, chosen, area, "set aside", villages)
    repairs: tuple[Repair, ...] = table.attrs.get(REPAIRS, ()) if isinstance(table, pd.DataFrame) else ()
    if faults and not left:
        # What is refused is told once, as a fault, not again as set aside.
        repairs = tuple(one for one in repairs if one.action != "set aside" or not _is_fault(one, faults))
    if chosen == "status" and villages is None:
        repairs = tuple(one for one in repairs if one.column not in {"place_name", "code"})
    headings, first_line = _headings(path, chosen)
    return CheckReport(
        source,
        chosen,
        guessed=kind is None,
        rows=_usable_rows(table),
        repairs=repairs,
        refused=faults,
        remarks=(*remarks, *headings, *_not_understood(repairs, _usable_rows(table)), *warned),
        unplaced=_unplaced_rows(table, chosen),
        first_line=first_line,
    )


def _schema(kind: FileKind) -> Schema:
    return _OTHER_SCHEMAS.get(kind) or SCHEMAS[kind]


def _headings(path: Path | str, kind: FileKind) -> tuple[tuple[str, ...], int | None]:
    """Which heading is taken for which column, which are not used, and the line in which row 1 stands."""
    if kind in _RASTERS:
        return (), None
    schema = _schema(kind)
    try:
        layers = open_layers(path, wanted=schema.name, layer=None, every=kind == "poles")
    except InputError:
        return (), None
    remarks: list[str] = []
    for layer in layers:
        names = [str(name) for name in layer.frame.columns if name != "geometry"]
        found = recognised(names, schema)
        taken = [f"{column} from {name!r}" for column, name in found.items() if heading(name) != column]
        unused = [repr(name) for name in names if name not in found.values()]
        remarks += [f"columns: {', '.join(taken)}"] if taken else []
        remarks += [f"not used: {', '.join(unused)}"] if unused else []
    first_line = layers[0].first_line if len(layers) == 1 else None
    if first_line is not None:
        remarks.append(f"rows are counted below the heading: row 1 is line {first_line} of the file")
    return tuple(dict.fromkeys(remarks)), first_line


def _not_understood(repairs: tuple[Repair, ...], rows: int) -> tuple[str, ...]:
    lost = [one for one in repairs if one.column == "stated" and one.reason.startswith("not understood")]
    count = sum(map(row_count, lost))
    if count < max(_FEW_LOST, rows / 4):
        return ()
    remedy = 'say state="blank" (in study.toml: [choices] reported_state = "blank")'
    return (f"the status of {count} rows is not understood; if they are blank spots, {remedy}",)


def _unplaced_rows(result: object, kind: FileKind) -> int:
    if kind not in {"settlements", "proposals"} or not isinstance(result, gpd.GeoDataFrame):
        return 0
    return int(result.geometry.isna().sum())


def _usable_rows(result: object) -> int:
    """Rows of a table, pixels of a raster with a value, classes with a height, angles with a gain."""
    if isinstance(result, pd.DataFrame | dict):
        return len(result)
    if isinstance(result, AntennaPattern):
        return len(result.horizontal) + len(result.vertical)
    if isinstance(result, RasterOnDisk):
        return math.prod(result.grid.shape) - result.missing(result.bounds)
    return int(np.isfinite(result.values).sum()) if isinstance(result, Raster) else 0


def _is_fault(repair: Repair, faults: tuple[Fault, ...]) -> bool:
    return any(fault.what.endswith(repair.reason) for fault in faults)


def _tried(
    path: Path | str,
    kind: FileKind,
    area: StudyArea | gpd.GeoDataFrame,
    refused: Refused,
    villages: gpd.GeoDataFrame | None,
) -> tuple[tuple[Fault, ...], object, tuple[str, ...]]:
    reader = _reader(kind, area, refused, villages)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CoverageGeoWarning)
        try:
            result = reader(path)
        except InputError as error:
            return error.faults or (Fault(type(error), Path(path).name, str(error), ""),), None, ()
    said = tuple(str(one.message) for one in caught if kind in _RASTERS)
    return (), result, said


def _reader(
    kind: FileKind,
    area: StudyArea | gpd.GeoDataFrame,
    refused: Refused,
    villages: gpd.GeoDataFrame | None,
) -> Callable[[Path | str], object]:
    known = _no_villages(as_study_area(area)) if villages is None else villages
    readers: dict[FileKind, Callable[[Path | str], object]] = {
        "villages": lambda path: read_villages(path, refused=refused),
        "settlements": lambda path: read_settlements(path, study_area=area, refused=refused),
        "status": lambda path: read_reported_status(path, villages=known, refused=refused),
        "measurements": lambda path: read_measurements(path, study_area=area, refused=refused),
        "declared": lambda path: read_declared_coverage(path, study_area=area, refused=refused),
        "towers": lambda path: read_towers(path, study_area=area, refused=refused),
        "sectors": lambda path: read_sectors(path, refused=refused),
        "poles": lambda path: read_pole_lines(path, study_area=area, refused=refused),
        "gateways": lambda path: read_gateways(path, study_area=area, refused=refused),
        "proposals": lambda path: read_proposals(path, study_area=area, refused=refused),
        "terrain": lambda path: read_terrain(path, study_area=area),
        "population": lambda path: read_raster(path, study_area=area),
        "land_cover": lambda path: read_land_cover(path, study_area=area),
        "canopy": lambda path: read_terrain(path, study_area=area),
        "clutter_heights": read_clutter_heights,
        "pattern": read_pattern,
        "roads": lambda path: read_roads(path, study_area=area, refused=refused),
        "obstacles": lambda path: read_obstacles(path, study_area=area, refused=refused),
    }
    return readers[kind]


def _no_villages(area: StudyArea) -> gpd.GeoDataFrame:
    """One nameless area as large as the study, so that points have a place and names have none."""
    table = gpd.GeoDataFrame({"name": [""]}, geometry=[shapely.box(*area.bounds)], crs=area.crs)
    return table.set_axis(pd.Index(["(study area)"], name=VILLAGES.index))


def _area_of(
    path: Path | str, kind: FileKind, villages: gpd.GeoDataFrame | None
) -> StudyArea | gpd.GeoDataFrame:
    if villages is not None:
        return villages
    if kind in _RASTERS:
        return _area_of_raster(regular_file(path))
    return _indonesia()


def _indonesia() -> StudyArea:
    west, south, east, north = INDONESIA
    centre = gpd.GeoSeries.from_xy([(west + east) / 2], [(south + north) / 2], crs=WGS84)
    crs = utm_of(centre)
    corners = gpd.GeoSeries.from_xy([west, east, west, east], [south, south, north, north], crs=WGS84).to_crs(
        crs
    )
    edges: Bounds = tuple(float(edge) for edge in corners.total_bounds)  # type: ignore[assignment]
    return StudyArea(edges, crs)


def _area_of_raster(file: Path) -> StudyArea:
    """The middle of a raster, so that a file of a whole country is not read whole."""
    import rasterio  # noqa: PLC0415 - only here and in grids

    if file.suffix.casefold() == ".hgt":
        return _indonesia()
    with rasterio.open(file, driver="GTiff") as grid:
        crs = CRS.from_wkt(grid.crs.to_wkt()) if grid.crs else WGS84
        west, south, east, north = grid.bounds
    middle = gpd.GeoSeries.from_xy([(west + east) / 2], [(south + north) / 2], crs=crs)
    metric = utm_of(middle)
    x, y = float(middle.to_crs(metric).x.iloc[0]), float(middle.to_crs(metric).y.iloc[0])
    reach = 50_000.0
    return StudyArea((x - reach, y - reach, x + reach, y + reach), metric)


def guess_kind(path: Path | str) -> FileKind:
    """What a file seems to be, from its content and columns.

    Parameters
    ----------
    path
        Any input file.

    Returns
    -------
    str
        One of `KINDS`.

    Raises
    ------
    FileFormatError
        When nothing fits well enough.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = file.write_text("id_tiang,lat,lon,tegangan")
    >>> guess_kind(file)
    'poles'
    """
    file = regular_file(path)
    with file.open("rb") as stream:
        head = stream.read(16)
    if file.suffix.casefold() == ".hgt":
        return "terrain"
    if head.startswith(TIFF_MAGIC):
        stem = file.stem.casefold()
        told = (kind for kind, words in _RASTER_WORDS.items() if any(word in stem for word in words))
        return next(told, "terrain")
    if file.suffix.casefold() in _ANTENNA_FILES:
        return "pattern"
    layer = open_layers(path, wanted="villages", layer=None, crs=None, every=True)[0]
    names = [str(name) for name in layer.frame.columns if name != "geometry"]
    allowed = _kinds_by_shape(layer.frame, file.stem.casefold())
    scores = {kind: _score(names, kind, file.stem.casefold()) for kind in allowed}
    best = max(scores, key=lambda kind: scores[kind])
    if not len(layer.frame) and scores[best] < _LEAST_WITHOUT_ROWS:
        refuse(FileFormatError, layer.source, "has no rows", NO_ROWS)
    if scores[best] < _LEAST_COLUMNS and not layer.is_spatial:
        what = "has no columns by which to tell what it is"
        refuse(FileFormatError, layer.source, what, f"Say it: {', '.join(KINDS)}.")
    return best


def _kinds_by_shape(frame: pd.DataFrame, stem: str) -> tuple[FileKind, ...]:
    if not isinstance(frame, gpd.GeoDataFrame):
        return _PLAIN
    if not len(frame):
        return _EMPTY
    types = set(frame.geometry.geom_type.dropna())
    if types & {"Polygon", "MultiPolygon", "GeometryCollection"}:
        return "villages", "declared", "settlements", "obstacles"
    if types & {"LineString", "MultiLineString"}:
        first: tuple[FileKind, ...] = ("proposals", "poles", "roads", "obstacles")
        asked = any(word in stem for word in _FILE_WORDS["proposals"])
        return first if asked else (*first[1:], first[0])
    return "towers", "poles", "gateways", "settlements", "status", "measurements", "proposals"


_PLAIN: tuple[FileKind, ...] = (
    "towers", "sectors", "poles", "gateways", "settlements", "status", "measurements", "proposals", "pattern",
    "clutter_heights",
)  # fmt: skip
_EMPTY: tuple[FileKind, ...] = (
    "villages", "declared", "settlements", "poles", "proposals", "towers", "gateways", "status", "roads",
    "obstacles",
)  # fmt: skip
# Columns that hardly any other kind of file has.
_TELLING: dict[str, tuple[str, ...]] = {
    "towers": ("antenna_height_m", "frequency_mhz", "tower_id", "owner"),
    "sectors": ("azimuth_deg", "tilt_deg", "tower_id"),
    "poles": ("pole_id", "voltage"),
    "gateways": ("gateway_id",),
    "settlements": ("settlement_id", "people"),
    "status": ("stated", "podes_signal", "podes_internet", "status_id", "state"),
    "measurements": ("rsrp_dbm",),
    "proposals": ("proposal_id", "partner"),
    "villages": ("kemendagri_code", "bps_code", "name"),
    "declared": ("operator", "service"),
    "pattern": ("cut", "angle_deg", "gain_db"),
    "clutter_heights": ("class", "height_m"),
    "roads": ("road_id",),
    "obstacles": ("obstacle_id",),
}
_OWN_IDS = (
    "pole_id",
    "gateway_id",
    "settlement_id",
    "measurement_id",
    "proposal_id",
    "declared_id",
    "tower_id",
)
_FILE_WORDS: dict[str, tuple[str, ...]] = {
    "towers": ("tower", "menara", "bts"),
    "sectors": ("sector", "sektor", "cell"),
    "poles": ("pole", "tiang", "jtm", "jtr", "penyulang"),
    "gateways": ("gateway", "pop"),
    "settlements": ("settlement", "dusun", "jorong", "hamlet"),
    "status": ("status", "blank", "report"),
    "measurements": ("drive", "measure", "rsrp", "ukur"),
    "proposals": ("propos", "usul"),
    "villages": ("village", "desa", "nagari"),
    "declared": ("declar", "coverage", "cakupan"),
    "pattern": ("pattern", "pola"),
    "clutter_heights": ("clutter",),
    "roads": ("road", "jalan", "highway"),
    "obstacles": ("obstacle", "rintangan", "larangan", "river", "sungai", "water"),
}


def _score(names: list[str], kind: FileKind, stem: str) -> float:
    schema = _schema(kind)
    found = recognised(names, schema)
    # A plain "id" says nothing of the kind.
    own = {column for column, name in found.items() if column not in _OWN_IDS or name.casefold() != "id"}
    telling = len(own & set(_TELLING[kind]))
    by_name = any(word in stem for word in _FILE_WORDS[kind])
    # Proposals have all the columns of towers; "Nama Usulan" tells them apart.
    by_heading = kind == "proposals" and any(
        word in heading(name) for word in _FILE_WORDS[kind] for name in names
    )
    return len(own) + 2 * telling + 3 * by_name + 5 * by_heading
