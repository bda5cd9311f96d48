"""Tables and layers as they stand in files: the only place that opens them."""

from __future__ import annotations

import io
import json
import re
import stat
import struct
import tempfile
import warnings
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as arrow_parquet
import pyogrio
import shapely

from coverage_geo.errors import CRSError, FileFormatError, refuse
from coverage_geo.files.notes import SAY_CRS, crs_said
from coverage_geo.files.writing import unmasked_formula

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
HOUSEKEEPING_LAYERS = frozenset({"layer_styles", "qgis_projects"})  # kept by QGIS beside the data
LARGEST_MEMBER = 4_000_000_000  # bytes that one packed file may unpack to
FORMATS = "GeoPackage, GeoJSON, KML, KMZ, Shapefile (also zipped), GeoParquet, CSV or XLSX"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:")
_DELIMITERS = ",;\t|"
_HOUSEKEEPING = "id timestamp begin end altitudeMode tessellate extrude visibility drawOrder icon snippet"
_KML_HOUSEKEEPING = frozenset(_HOUSEKEEPING.split())


@dataclass(frozen=True, slots=True)
class Layer:
    """One table as it stands in a file.

    Attributes
    ----------
    source : str
        File name, and layer when the file has several.
    frame : pandas.DataFrame
        The rows, numbered from 1 as in the file; a GeoDataFrame when they have geometry.
    remarks : tuple of str
        What was assumed or mended for the whole file.
    bad_rows : dict of int to str
        Rows that could not be read, and why.
    first_line : int or None
        Line of the file (row of the sheet) in which row 1 stands; None where rows have no lines.
    """

    source: str
    frame: pd.DataFrame
    remarks: tuple[str, ...] = ()
    bad_rows: dict[int, str] = field(default_factory=dict)
    first_line: int | None = None

    @property
    def is_spatial(self) -> bool:
        """Whether the rows have geometry."""
        return isinstance(self.frame, gpd.GeoDataFrame)


def regular_file(path: Path | str) -> Path:
    """Return the path of an ordinary file that exists.

    Parameters
    ----------
    path
        A path; addresses, GDAL's virtual paths, text and devices are refused.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    FileFormatError
        When it is not an ordinary file.

    Examples
    --------
    >>> regular_file("/vsicurl/http://localhost/desa.geojson")
    Traceback (most recent call last):
    coverage_geo.errors.FileFormatError: '/vsicurl/http://localhost/desa.geojson': ...
    """
    text = str(path)
    shown = repr(text if len(text) <= 120 else f"{text[:120]}...")
    address = _SCHEME.match(text) is not None or text.startswith(("/vsi", "\\vsi"))
    if address or text.lstrip()[:1] in {"<", "{", "["} or "\x00" in text:
        refuse(FileFormatError, shown, "is not a path on this computer", "Give the path of a file.")
    file = Path(path)
    try:
        mode = file.stat().st_mode
    except OSError:
        refuse(FileFormatError, shown, "does not exist or cannot be read", "Check the path.")
    if stat.S_ISDIR(mode):
        refuse(FileFormatError, shown, "is a folder", "Give the path of a file in it.")
    if not stat.S_ISREG(mode):
        refuse(FileFormatError, shown, "is not an ordinary file", "Copy its content to a file first.")
    return file


def open_layers(
    path: Path | str, *, wanted: str, layer: str | None, crs: object = None, every: bool = False
) -> list[Layer]:
    """Read the layers of a file as they stand.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, KML, KMZ, Shapefile (also zipped), GeoParquet, CSV or XLSX.
    wanted
        The layer or sheet that is meant when a file has several and none is named.
    layer
        Layer or sheet to read.
    crs
        CRS of the coordinates, in place of what the file says.
    every
        Whether to read every layer when none is named.

    Returns
    -------
    list of Layer
        One, or several with `every`.

    Raises
    ------
    FileFormatError
        When the file is incomplete, not what its name says, or of a kind that is refused.
    CRSError
        When it has geometry but no CRS, and none was given.
    """
    file = regular_file(path)
    try:
        layers = _read(file, file.name, _Choice(wanted, layer, every))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pa.ArrowException) as error:
        refuse(FileFormatError, file.name, f"cannot be read ({_one_line(error)})", "Export it again.")
    except (zipfile.BadZipFile, json.JSONDecodeError, struct.error, UnicodeDecodeError) as error:
        refuse(FileFormatError, file.name, f"is damaged ({_one_line(error)})", "Export or copy it again.")
    return [_with_crs(one, crs) for one in layers]


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:200]


def _with_crs(layer: Layer, crs: object) -> Layer:
    frame = layer.frame
    if not isinstance(frame, gpd.GeoDataFrame):
        return layer
    if crs is None and frame.crs is None:
        remedy = f"{SAY_CRS}, or the missing .prj file; a CRS is never guessed."
        refuse(CRSError, layer.source, "has no coordinate reference system", remedy)
    if crs is None or frame.crs == (known := crs_said(crs, layer.source)):
        return layer
    remarks = layer.remarks
    if frame.crs is not None:
        remarks += (f"crs={crs} was given; the file says {frame.crs.name}",)
    return Layer(layer.source, frame.set_crs(known, allow_override=True), remarks, layer.bad_rows)


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which layers of a file are meant: the one named, else every one, else the one that is wanted."""

    wanted: str
    named: str | None
    every: bool

    def of(self, listed: Sequence[str], spatial: Sequence[str], name: str) -> list[str]:
        if self.named is not None:
            if self.named not in listed:
                remedy = f"Its layers: {', '.join(listed)}."
                refuse(FileFormatError, name, f"has no layer {self.named!r}", remedy)
            return [self.named]
        likely = list(spatial or listed)
        if self.every or len(likely) == 1:
            return likely
        matching = [one for one in listed if one.casefold() == self.wanted.casefold()]
        if len(matching) != 1:
            shown = ", ".join(listed) or "none"
            remedy = "Say which with layer= (in study.toml: [layers])."
            refuse(FileFormatError, name, f"has {len(listed)} layers ({shown})", remedy)
        return matching


def _read(file: Path, name: str, choice: _Choice) -> list[Layer]:  # noqa: PLR0911 - one line for each format
    with file.open("rb") as stream:
        head = stream.read(4096)
    suffix = file.suffix.casefold()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head:
        refuse(FileFormatError, name, "is empty", "Export it again.")
    if head.startswith(b"SQLite format 3\x00"):
        return _read_ogr(file, name, "GPKG", choice)
    if head.startswith(b"PAR1"):
        return _only(_read_parquet(file, name), choice)
    if head.startswith(b"PK\x03\x04"):
        return _read_packed(file, name, choice)
    if head.startswith(b"\x00\x00\x27\x0a") and suffix == ".shp":
        return _only(_read_shapefile(file, name), choice)
    if suffix in {".geojson", ".json"} and text.startswith(b"{"):
        return _only(_read_geojson(file, name), choice)
    if suffix == ".kml" and text.startswith(b"<") and b"<kml" in head:
        return _read_kml(file, name, choice)
    if suffix in {".csv", ".txt", ".tsv"} and not text.startswith(b"<") and b"\x00" not in head[2:64:2]:
        return _only(_read_csv(file, name), choice)
    if suffix in {".shx", ".dbf", ".prj"}:
        refuse(FileFormatError, name, "is one part of a shapefile", "Give the path of the .shp file.")
    what = "is not what its name says, or of a kind that is not read"
    return refuse(FileFormatError, name, what, f"Give {FORMATS}.")


def _only(layer: Layer, choice: _Choice) -> list[Layer]:
    """The one layer of a file that holds no others; one of another name is not there."""
    if choice.named not in {None, Path(layer.source).stem}:
        what = f"holds one table and no layer {choice.named!r}"
        refuse(FileFormatError, layer.source, what, "Leave layer= out (in study.toml: [layers]).")
    return [layer]


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    if isinstance(frame, gpd.GeoDataFrame):
        if frame.active_geometry_name != "geometry":
            frame = frame.drop(columns="geometry", errors="ignore").rename_geometry("geometry")
        others = [name for name in frame.columns[frame.dtypes == "geometry"] if name != "geometry"]
        frame = frame.drop(columns=others)
        if shapely.has_z(frame.geometry.to_numpy()).any():
            frame["geometry"] = frame.geometry.force_2d()
    return frame


# --- GDAL's formats ---------------------------------------------------------------------------------------


def _read_ogr(file: Path, name: str, driver: str, choice: _Choice) -> list[Layer]:
    listed = [(str(one), kind) for one, kind in pyogrio.list_layers(file) if one not in HOUSEKEEPING_LAYERS]
    names = [one for one, _ in listed]
    chosen = choice.of(names, [one for one, kind in listed if kind is not None], name)
    return [
        _ogr_layer(file, name if len(listed) == 1 else f"{name}[{one}]", driver, layer=one) for one in chosen
    ]


def _ogr_layer(
    file: Path | bytes, name: str, driver: str, *, layer: str | int = 0, encoding: str | None = None
) -> Layer:
    said = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        about = pyogrio.read_info(file, layer=layer, encoding=encoding)
        if about["driver"] not in {driver, f"LIB{driver}"}:
            refuse(FileFormatError, name, f"is read as {about['driver']}, not {driver}", f"Give {FORMATS}.")
        # A shape that cannot be built (a line of one point) is none: readers refuse its row.
        frame = pyogrio.read_dataframe(file, layer=layer, encoding=encoding, on_invalid="ignore")
        said = [_one_line(one.message) for one in caught if issubclass(one.category, RuntimeWarning)]
    return Layer(name, _numbered(frame), tuple(dict.fromkeys(said)))


def _read_geojson(file: Path, name: str) -> Layer:
    data = file.read_bytes()
    remarks: tuple[str, ...] = ()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        data = data.decode("cp1252").encode("utf-8")
        remarks = ("is not UTF-8; read as Windows-1252",)
    if data.rstrip()[-1:] != b"}":
        refuse(
            FileFormatError,
            name,
            "is cut off: it does not end with a closing brace",
            "Copy or export it again.",
        )
    layer = _ogr_layer(data, name, "GeoJSON")
    frame = layer.frame
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.isna().any():
        frame, more = _with_text_coordinates(frame, data)
        remarks += more
    return Layer(name, frame, remarks + layer.remarks)


def _with_text_coordinates(frame: gpd.GeoDataFrame, data: bytes) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Coordinates written as text are numbers after all; GDAL reads them as no geometry."""
    features = json.loads(data).get("features", [])
    if len(features) != len(frame):
        return frame, ()
    geometries = frame.geometry.to_numpy().copy()
    mended = []
    for place, feature in enumerate(features):
        shape = feature.get("geometry")
        if geometries[place] is None and isinstance(shape, dict):
            geometries[place] = _shape_of_texts(shape)
            mended += [place + 1] if geometries[place] is not None else []
    if not mended:
        return frame, ()
    remark = f"coordinates are text, read as numbers, in {len(mended)} rows (first: row {mended[0]})"
    return frame.set_geometry(gpd.GeoSeries(geometries, index=frame.index, crs=frame.crs)), (remark,)


def _shape_of_texts(shape: dict[str, Any]) -> shapely.Geometry | None:
    def numbers(value: Any) -> Any:  # noqa: ANN401 - coordinates nest to any depth
        return [numbers(one) for one in value] if isinstance(value, list) else float(value)

    try:
        mended = {"type": shape["type"], "coordinates": numbers(shape["coordinates"])}
        return shapely.from_geojson(json.dumps(mended))
    except (KeyError, TypeError, ValueError, shapely.errors.GEOSException):
        return None


def _read_kml(file: Path, name: str, choice: _Choice) -> list[Layer]:
    if b"<!ENTITY" in file.read_bytes():
        refuse(FileFormatError, name, "declares XML entities", "Export it again without them.")
    layers = []
    for one in _read_ogr(file, name, "KML", choice):
        empty = one.frame.columns[one.frame.isna().all()]
        housekeeping = [column for column in one.frame.columns if column in _KML_HOUSEKEEPING]
        frame = one.frame.drop(columns=[*housekeeping, *empty.difference(["geometry", *housekeeping])])
        layers.append(Layer(one.source, frame, one.remarks))
    return layers


def _read_parquet(file: Path, name: str) -> Layer:
    metadata = arrow_parquet.read_schema(file).metadata or {}
    frame = gpd.read_parquet(file) if b"geo" in metadata else pd.read_parquet(file)
    if frame.index.name is not None and frame.index.name not in frame.columns:
        frame = frame.reset_index()
    return Layer(name, _numbered(frame.reset_index(drop=True)))


# --- Shapefiles -------------------------------------------------------------------------------------------


def _read_shapefile(file: Path, name: str) -> Layer:
    parts = {
        part.suffix.casefold(): part
        for part in sorted(file.parent.iterdir())
        if part.stem == file.stem and part.suffix.casefold() in SHAPEFILE_PARTS
    }
    missing = [suffix for suffix in (".shx", ".dbf") if suffix not in parts]
    if missing:
        refuse(
            FileFormatError,
            name,
            f"lacks its part {' and '.join(missing)}",
            "Copy all parts of the shapefile together.",
        )
    for suffix in (".shp", ".shx"):
        _check_length(parts[suffix])
    rows = (parts[".shx"].stat().st_size - 100) // 8
    _check_dbf(parts[".dbf"], rows)
    encoding, remarks = (None, ()) if ".cpg" in parts else _dbf_encoding(parts[".dbf"])
    layer = _ogr_layer(file, name, "ESRI Shapefile", encoding=encoding)
    if len(layer.frame) != rows:
        refuse(
            FileFormatError,
            name,
            f"has {rows} shapes but {len(layer.frame)} rows were read",
            "Export it again.",
        )
    return Layer(name, layer.frame, remarks + layer.remarks)


def _check_length(part: Path) -> None:
    with part.open("rb") as stream:
        head = stream.read(100)
    words = struct.unpack(">i", head[24:28])[0] if len(head) == 100 else 0
    size = part.stat().st_size
    if 2 * words != size:
        what = f"is cut off or damaged: {size:,} bytes where its head says {2 * words:,}"
        refuse(FileFormatError, part.name, what, "Copy or export it again.")


def _check_dbf(part: Path, rows: int) -> None:
    with part.open("rb") as stream:
        head = stream.read(32)
    records, header_length, record_length = struct.unpack("<IHH", head[4:12])
    if records != rows:
        what = f"has {records} rows where the .shp has {rows} shapes: the parts are of different versions"
        refuse(FileFormatError, part.name, what, "Copy all parts of one export.")
    if part.stat().st_size < header_length + records * record_length:
        refuse(FileFormatError, part.name, "is cut off", "Copy or export it again.")


def _dbf_encoding(part: Path) -> tuple[str | None, tuple[str, ...]]:
    data = part.read_bytes()
    content = data[struct.unpack("<H", data[8:10])[0] :]
    if content.isascii():
        return None, ()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252", ("has no .cpg file; its text is read as Windows-1252",)
    return "UTF-8", ("has no .cpg file; its text is read as UTF-8",)


# --- Packed files -----------------------------------------------------------------------------------------


def _read_packed(file: Path, name: str, choice: _Choice) -> list[Layer]:
    with zipfile.ZipFile(file) as packed:
        members = [one for one in packed.infolist() if not one.is_dir() and "__MACOSX" not in one.filename]
        names = [one.filename.casefold() for one in members]
        if "xl/workbook.xml" in names:
            return _read_xlsx(file, name, choice)
        shapes = [one for one in names if one.endswith(".shp")]
        drawings = [one for one in names if one.endswith(".kml")]
        if len(shapes) == 1:
            parts = [one for one in members if one.filename.casefold()[:-4] == shapes[0][:-4]]
            with _unpacked(packed, parts, name) as inner:
                return [_read_shapefile(inner, name)]
        if not shapes and drawings:
            main = members[names.index("doc.kml" if "doc.kml" in names else drawings[0])]
            with _unpacked(packed, [main], name) as inner:
                return _read_kml(inner, name, choice)
    what = f"holds {len(shapes)} shapefiles and {len(drawings)} KML files"
    return refuse(FileFormatError, name, what, "Pack one shapefile or one KML file.")


@contextmanager
def _unpacked(packed: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], name: str) -> Iterator[Path]:
    """Unpack under names of our own: a name inside a packed file is data, never a path."""
    with tempfile.TemporaryDirectory(prefix="coverage-geo-") as folder:
        for member in members:
            suffix = Path(member.filename).suffix.casefold()
            if suffix not in {*SHAPEFILE_PARTS, ".kml"}:
                continue
            if member.file_size > LARGEST_MEMBER:
                refuse(FileFormatError, name, f"unpacks to {member.file_size:,} bytes", "Unpack it yourself.")
            (Path(folder) / f"inner{suffix}").write_bytes(packed.read(member))
        main = ".shp" if (Path(folder) / "inner.shp").exists() else ".kml"
        yield Path(folder) / f"inner{main}"


# --- Tables without geometry ------------------------------------------------------------------------------


def _decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16"), ("is UTF-16",)
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return data.decode("cp1252"), ("is not UTF-8; read as Windows-1252",)


def _read_csv(file: Path, name: str) -> Layer:
    text, remarks = _decoded(file.read_bytes())
    told = text.lstrip("\ufeff\r\n")
    skipped = len(text[: len(text) - len(told)].splitlines())
    text = told
    header = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=header.count)
    bad_rows: dict[int, str] = {}

    def bad_row(row: arrow_csv.InvalidRow) -> str:
        what = f"has {row.actual_columns} fields where the heading has {row.expected_columns}"
        bad_rows[row.number - 1] = what
        return "skip"

    if len(text.splitlines()) == 1:
        empty = pd.read_csv(io.StringIO(text), sep=delimiter, dtype="str")
        return Layer(name, _with_headings(empty, name), remarks)
    data = io.BytesIO(text.encode("utf-8"))
    names = next(iter(pd.read_csv(io.StringIO(header), sep=delimiter, header=None, dtype=str).to_numpy()))
    table = arrow_csv.read_csv(
        data,
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=1 << 24),
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=bad_row
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types={str(one): pa.string() for one in names}, strings_can_be_null=False
        ),
    )
    frame = _with_headings(table.to_pandas(), name)
    kept = [row for row in range(1, len(frame) + len(bad_rows) + 1) if row not in bad_rows]
    frame.index = pd.Index(kept) if bad_rows else pd.RangeIndex(1, len(frame) + 1)
    # A text of several lines in one cell, or an empty line, leaves rows without lines of their own.
    regular = len(text.splitlines()) == len(kept) + len(bad_rows) + 1
    return Layer(name, frame, remarks, bad_rows, first_line=skipped + 2 if regular else None)


def _with_headings(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """A table of text under its headings, without the apostrophes that keep spreadsheets from running it."""
    headings = [unmasked_formula(str(one)).strip() for one in frame.columns]
    repeated = sorted({one for one in headings if one and headings.count(one) > 1})
    if repeated:
        what = f"has several columns named {', '.join(repeated)}"
        refuse(FileFormatError, name, what, "Give each column its own name.")
    frame.columns = pd.Index(headings)
    named = frame.iloc[:, [place for place, one in enumerate(headings) if one]].copy()
    for heading in named.columns:
        masked = named[heading].str.startswith("'").to_numpy(dtype=bool)
        if masked.any():
            named[heading] = named[heading].where(~masked, named[heading].map(unmasked_formula))
    return named


def _read_xlsx(file: Path, name: str, choice: _Choice) -> list[Layer]:
    import openpyxl  # noqa: PLC0415 - slow to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl speaks of styles and validations it leaves out
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        try:
            visible = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
            sheets = {
                title: [[_cell_text(cell) for cell in row] for row in book[title].iter_rows(values_only=True)]
                for title in choice.of(visible, visible, name)
            }
        finally:
            book.close()
    return [
        _sheet_layer(name if len(visible) == 1 else f"{name}[{title}]", rows)
        for title, rows in sheets.items()
    ]


def _sheet_layer(source: str, rows: list[list[str]]) -> Layer:
    """A sheet below its headings: the first row with several cells, since titles stand in one."""
    filled = [sum(map(bool, row)) for row in rows]
    start = next((place for place, count in enumerate(filled) if count >= min(2, max(filled))), None)
    if start is None or not filled[start]:
        refuse(FileFormatError, source, "is an empty sheet", "Give a sheet with a row of headings.")
    width = max(len(row) for row in rows)
    padded = [row + [""] * (width - len(row)) for row in rows[start:]]
    body = pd.DataFrame(padded[1:], columns=pd.Index(padded[0]), dtype=object)
    frame = _with_headings(body, source)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return Layer(source, frame[(frame != "").any(axis=1)], first_line=start + 2)


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).casefold()
    return value.isoformat() if isinstance(value, date) else str(value)


def no_geometry_rows(layer: Layer) -> list[int]:
    """Rows of a spatial layer without geometry.

    Parameters
    ----------
    layer
        As read.

    Returns
    -------
    list of int
        Row numbers.
    """
    if not isinstance(layer.frame, gpd.GeoDataFrame):
        return []
    shapes = layer.frame.geometry.to_numpy()
    return [int(row) for row in layer.frame.index[shapely.is_missing(shapes) | shapely.is_empty(shapes)]]
