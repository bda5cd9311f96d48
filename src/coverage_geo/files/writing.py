"""The one atomic write, and files whose bytes depend only on what is in them."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import tempfile
import threading
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET  # only builds; nothing is parsed here

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely
from pyproj import CRS

from coverage_geo.errors import CRSError, Fault, GeometryTypeError, ValueRangeError, raise_faults, refuse
from coverage_geo.tables import is_placed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from coverage_geo.rasters import Raster

WGS84 = CRS.from_epsg(4326)
DEGREE_DECIMALS = 7  # 1 cm
FIXED_DATE = "2000-01-01T00:00:00.000Z"  # written into GeoPackages instead of today
TILE_PIXELS = 512
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_MASKED_FORMULA = re.compile(r"'+[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_gdal_date_lock = threading.Lock()


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Temporary path of the same name and folder that becomes the file when the block ends well.

    Parameters
    ----------
    path
        Where the file shall be. Its folder must exist; an existing file is replaced as a whole.

    Yields
    ------
    pathlib.Path
        Where to write. After an error it is removed and the old file, if any, is untouched.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with atomic_path(folder / "note.txt") as unfinished:
    ...     _ = unfinished.write_text("done")
    >>> (folder / "note.txt").read_text(), len(list(folder.iterdir()))
    ('done', 1)
    """
    target = Path(path)
    # A folder of our own beside the target: writers may leave journals and sidecars next to their file.
    workshop = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=target.parent))
    try:
        unfinished = workshop / target.name
        yield unfinished
        _sync(unfinished)
        unfinished.replace(target)
        if os.name == "posix":
            _sync(target.parent)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _sync(path: Path) -> None:
    # Windows syncs only handles open for writing; POSIX opens folders only for reading.
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path | str, text: str) -> None:
    r"""Write text as UTF-8 with the line ends it has.

    Parameters
    ----------
    path
        Where to write.
    text
        What to write.

    Examples
    --------
    >>> write_text(Path(tempfile.mkdtemp()) / "note.txt", "desa\n")
    """
    with atomic_path(path) as unfinished:
        unfinished.write_bytes(text.encode("utf-8"))


def write_json(path: Path | str, value: object) -> None:
    """Write a value as JSON: sorted keys, UTF-8, one newline at the end.

    Parameters
    ----------
    path
        Where to write.
    value
        Dicts, lists, text, numbers, true, false and None, nested; numpy scalars count as numbers.

    Raises
    ------
    ValueError
        When a number is not finite.

    Examples
    --------
    >>> file = Path(tempfile.mkdtemp()) / "summary.json"
    >>> write_json(file, {"people": np.int64(3)})
    >>> json.loads(file.read_text())
    {'people': 3}
    """
    write_text(path, _json_text(value, indent=2))


def _json_text(value: object, *, indent: int | None = None) -> str:
    text = json.dumps(
        value, ensure_ascii=False, sort_keys=True, allow_nan=False, indent=indent, default=_plain
    )
    return text + "\n"


def _plain(value: object) -> Any:  # noqa: ANN401 - json asks for any plain value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, date):
        return value.isoformat()
    msg = f"a {type(value).__name__} cannot be written as JSON"
    raise TypeError(msg)


def masked_formula(text: str) -> str:
    """Text that no spreadsheet runs as a formula.

    Parameters
    ----------
    text
        A cell or a heading.

    Returns
    -------
    str
        The text, behind an apostrophe when it would be a formula. `unmasked_formula` takes it away.

    Examples
    --------
    >>> masked_formula("=1+1"), masked_formula("Air Gantang")
    ("'=1+1", 'Air Gantang')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unmasked_formula(text: str) -> str:
    """Return the text that `masked_formula` was given.

    Parameters
    ----------
    text
        A cell or a heading as read.

    Returns
    -------
    str
        Without the protecting apostrophe; any other apostrophe stays.

    Examples
    --------
    >>> unmasked_formula("'=1+1"), unmasked_formula("'Aisyah")
    ('=1+1', "'Aisyah")
    """
    return text[1:] if _MASKED_FORMULA.match(text) else text


def _masked(value: object) -> object:
    return masked_formula(value) if isinstance(value, str) else value


def _is_text(column: pd.Series) -> bool:
    return pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)


def write_csv(path: Path | str, table: pd.DataFrame) -> None:
    r"""Write a table as CSV: UTF-8, ``\n`` line ends, the index first, points as lon and lat.

    Text that a spreadsheet would run as a formula is written behind an apostrophe, which this library's
    readers take away again. Lines and areas have no place in a CSV and are left out.

    Parameters
    ----------
    path
        Where to write.
    table
        Any table. When all its geometries are points, columns lon and lat are written in WGS 84.

    Raises
    ------
    CRSError
        When the table has points but no CRS.

    Examples
    --------
    >>> file = Path(tempfile.mkdtemp()) / "places.csv"
    >>> write_csv(file, pd.DataFrame({"name": ["=1+1"]}, index=pd.Index(["a"], name="place_id")))
    >>> print(file.read_text(), end="")
    place_id,name
    a,'=1+1
    """
    plain = _without_geometry(table).reset_index()
    for name in plain.columns:
        if _is_text(plain[name]):
            plain[name] = plain[name].map(_masked, na_action="ignore")
    plain.columns = pd.Index([masked_formula(str(name)) for name in plain.columns])
    with atomic_path(path) as unfinished:
        plain.to_csv(
            unfinished,
            index=False,
            encoding="utf-8",
            lineterminator="\n",
            # Python before 3.13 leaves a lone \r unquoted, which readers take for the end of the row.
            quoting=csv.QUOTE_NONNUMERIC if _has_carriage_return(plain) else csv.QUOTE_MINIMAL,
        )


def _has_carriage_return(table: pd.DataFrame) -> bool:
    texts = [table[name] for name in table.columns if _is_text(table[name])]
    return any(text.map(lambda value: isinstance(value, str) and "\r" in value).any() for text in texts)


def _without_geometry(table: pd.DataFrame) -> pd.DataFrame:
    if not isinstance(table, gpd.GeoDataFrame) or table.active_geometry_name is None:
        return pd.DataFrame(table).copy()
    plain = pd.DataFrame(table.drop(columns=table.active_geometry_name))
    placed = table.geometry[is_placed(table)]
    if len(placed) and (placed.geom_type == "Point").all():
        degrees = _in_degrees(placed)
        plain["lon"] = degrees.x.round(DEGREE_DECIMALS).reindex(plain.index)
        plain["lat"] = degrees.y.round(DEGREE_DECIMALS).reindex(plain.index)
    return plain


def _in_degrees(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    _need_crs(geometry, "table")
    return geometry.to_crs(WGS84)


def _need_crs(table: gpd.GeoDataFrame | gpd.GeoSeries, name: str) -> None:
    if table.crs is None:
        remedy = "Set the CRS the coordinates are in; it is never guessed."
        refuse(CRSError, name, "has no coordinate reference system", remedy)


def write_geopackage(path: Path | str, layers: Mapping[str, pd.DataFrame]) -> None:
    """Write tables as the layers of one GeoPackage, with the same bytes for the same tables.

    Parameters
    ----------
    path
        Where to write.
    layers
        Layer name to table, with or without geometry. The index becomes the first column.

    Raises
    ------
    CRSError
        When a table with geometry has no CRS.
    ValueRangeError
        When a cell holds a list, tuple, set or dict, which a GeoPackage cannot.

    Examples
    --------
    >>> file = Path(tempfile.mkdtemp()) / "places.gpkg"
    >>> write_geopackage(file, {"names": pd.DataFrame({"name": ["Tuik"]}, index=pd.Index(["a"], name="id"))})
    >>> file.stat().st_size > 0
    True
    """
    writable = {name: _for_geopackage(name, table) for name, table in layers.items()}
    with atomic_path(path) as unfinished, _fixed_gdal_date():
        for name, table in writable.items():
            pyogrio.write_dataframe(
                table,
                unfinished,
                layer=name,
                driver="GPKG",
                append=unfinished.exists(),
                promote_to_multi=False,
            )


def _for_geopackage(name: str, table: pd.DataFrame) -> pd.DataFrame:
    writable = table.reset_index()
    if isinstance(table, gpd.GeoDataFrame):
        _need_crs(table, f"layer {name}")
    faults = []
    for column in writable.columns:
        values = writable[column]
        if not pd.api.types.is_object_dtype(values):
            continue
        if values.map(lambda value: isinstance(value, list | tuple | set | frozenset | dict)).any():
            what = "holds lists, tuples, sets or dicts"
            where = f"layer {name}, column {column}"
            faults.append(Fault(ValueRangeError, where, what, "Drop the column or write it as text."))
        elif values.map(lambda value: isinstance(value, bool)).any():
            writable[column] = values.astype("boolean")
    raise_faults(faults)
    return writable


@contextmanager
def _fixed_gdal_date() -> Iterator[None]:
    option = "OGR_CURRENT_DATE"
    with _gdal_date_lock:
        before = pyogrio.get_gdal_config_option(option)
        pyogrio.set_gdal_config_options({option: FIXED_DATE})
        try:
            yield
        finally:
            pyogrio.set_gdal_config_options({option: before})


def write_geojson(path: Path | str, table: gpd.GeoDataFrame) -> None:
    """Write a table as GeoJSON (RFC 7946): longitude and latitude, outer rings anticlockwise.

    Parameters
    ----------
    path
        Where to write.
    table
        Any geometry, in any CRS. The index becomes a property.

    Raises
    ------
    CRSError
        When the table has no CRS.

    References
    ----------
    RFC 7946, The GeoJSON Format, 2016.

    Examples
    --------
    >>> file = Path(tempfile.mkdtemp()) / "places.geojson"
    >>> point = gpd.points_from_xy([105.2], [-2.1], crs=4326)
    >>> write_geojson(file, gpd.GeoDataFrame({"name": ["Tuik"]}, geometry=point))
    >>> json.loads(file.read_text())["features"][0]["geometry"]["coordinates"]
    [105.2, -2.1]
    """
    degrees = shapely.orient_polygons(_in_degrees(table.geometry).to_numpy())
    degrees = shapely.transform(degrees, lambda x_y: np.round(x_y, DEGREE_DECIMALS))
    rows = pd.DataFrame(table.drop(columns=table.active_geometry_name)).reset_index()
    properties = rows.astype(object).where(rows.notna(), None).to_dict("records")
    features = [
        {
            "type": "Feature",
            "properties": {str(key): value for key, value in row.items()},
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
        }
        for row, shape in zip(properties, degrees, strict=True)
    ]
    lines = ",\n".join(_json_text(feature).rstrip("\n") for feature in features)
    write_text(path, f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n')


def write_geotiff(path: Path | str, raster: Raster) -> None:
    """Write a raster as a compressed GeoTIFF of float32, tiled when it is large.

    Parameters
    ----------
    path
        Where to write.
    raster
        The grid; NaN is its nodata value.

    Examples
    --------
    >>> from coverage_geo.rasters import Raster
    >>> file = Path(tempfile.mkdtemp()) / "heights.tif"
    >>> write_geotiff(file, Raster([[1, 2]], west=0, north=9, dx=9, dy=9, crs="EPSG:32748", unit="m"))
    >>> file.stat().st_size > 0
    True
    """
    rows, columns = raster.shape
    large = rows > TILE_PIXELS and columns > TILE_PIXELS
    tiles = {"tiled": True, "blockxsize": TILE_PIXELS, "blockysize": TILE_PIXELS} if large else {}
    with (
        atomic_path(path) as unfinished,
        rasterio.open(
            unfinished,
            "w",
            driver="GTiff",
            height=rows,
            width=columns,
            count=1,
            dtype="float32",
            nodata=float("nan"),
            crs=rasterio.CRS.from_wkt(raster.crs.to_wkt()),
            transform=rasterio.Affine(raster.dx, 0, raster.west, 0, -raster.dy, raster.north),
            compress="deflate",
            predictor=3,
            bigtiff="if_safer",
            **tiles,
        ) as grid,
    ):
        grid.write(raster.values, 1)
        grid.set_band_unit(1, raster.unit)


def write_gpx(
    path: Path | str, points: gpd.GeoDataFrame, *, name_column: str = "name", about_column: str | None = None
) -> None:
    """Write points as GPX waypoints, to be checked in the field.

    Parameters
    ----------
    path
        Where to write.
    points
        Points in any CRS; rows without geometry are left out, as they have no place to go to.
    name_column
        What each waypoint is called; the row's id where it is missing.
    about_column
        What the waypoint's description says.

    Examples
    --------
    >>> file = Path(tempfile.mkdtemp()) / "check.gpx"
    >>> point = gpd.points_from_xy([105.2], [-2.1], crs=4326)
    >>> places = gpd.GeoDataFrame({"name": ["A & B"]}, geometry=point)
    >>> write_gpx(file, places)
    >>> "<name>A &amp; B</name>" in file.read_text()
    True
    """
    root = ET.Element("gpx", version="1.1", creator="coverage_geo", xmlns="http://www.topografix.com/GPX/1/1")
    for name, about, lon, lat in _waypoints(points, name_column, about_column):
        waypoint = ET.SubElement(root, "wpt", lat=lat, lon=lon)
        ET.SubElement(waypoint, "name").text = name
        if about:
            ET.SubElement(waypoint, "desc").text = about
    _write_xml(path, root)


def write_kml(
    path: Path | str, points: gpd.GeoDataFrame, *, name_column: str = "name", about_column: str | None = None
) -> None:
    """Write points as KML placemarks, to be checked in the field.

    Parameters
    ----------
    path
        Where to write.
    points
        Points in any CRS; rows without geometry are left out, as they have no place to go to.
    name_column
        What each placemark is called; the row's id where it is missing.
    about_column
        What the placemark's description says.

    Examples
    --------
    >>> file = Path(tempfile.mkdtemp()) / "check.kml"
    >>> point = gpd.points_from_xy([105.2], [-2.1], crs=4326)
    >>> places = gpd.GeoDataFrame({"name": ["A & B"]}, geometry=point)
    >>> write_kml(file, places)
    >>> "<coordinates>105.2000000,-2.1000000</coordinates>" in file.read_text()
    True
    """
    root = ET.Element("kml", xmlns="http://www.opengis.net/kml/2.2")
    document = ET.SubElement(root, "Document")
    for name, about, lon, lat in _waypoints(points, name_column, about_column):
        placemark = ET.SubElement(document, "Placemark")
        ET.SubElement(placemark, "name").text = name
        if about:
            ET.SubElement(placemark, "description").text = about
        ET.SubElement(ET.SubElement(placemark, "Point"), "coordinates").text = f"{lon},{lat}"
    _write_xml(path, root)


def _waypoints(
    points: gpd.GeoDataFrame, name_column: str, about_column: str | None
) -> Iterator[tuple[str, str, str, str]]:
    placed = points[is_placed(points)]
    if not (placed.geom_type == "Point").all():
        refuse(GeometryTypeError, "field-check list", "holds lines or areas", "Give points to go to.")
    degrees = _in_degrees(placed.geometry)
    names = placed[name_column].where(placed[name_column].notna(), placed.index.to_series().astype(str))
    abouts = placed[about_column] if about_column else pd.Series("", index=placed.index)
    for name, about, lon, lat in zip(names, abouts, degrees.x, degrees.y, strict=True):
        words = "" if pd.isna(about) else _xml_text(str(about))
        yield _xml_text(str(name)), words, f"{lon:.{DEGREE_DECIMALS}f}", f"{lat:.{DEGREE_DECIMALS}f}"


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _write_xml(path: Path | str, root: ET.Element) -> None:
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    write_text(path, f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n')
