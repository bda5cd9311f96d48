"""One file of a raster: what it says of itself, checked, and those of its pixels that are asked for."""

from __future__ import annotations

import math
import re
import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import rasterio.windows
from pyproj import CRS
from pyproj.exceptions import ProjError
from rasterio.enums import ColorInterp, MaskFlags

from coverage_geo.errors import CRSError, FileFormatError, ValueRangeError, refuse
from coverage_geo.files.coordinates import bounds_in
from coverage_geo.files.notes import SAY_CRS, crs_said
from coverage_geo.files.vectors import regular_file
from coverage_geo.files.writing import WGS84
from coverage_geo.rasters import Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

    from coverage_geo.rasters import Bounds
    from coverage_geo.tables import StudyArea

    Read = Callable[[slice, slice], NDArray[np.float32]]

VOIDS = (-32768.0, -32767.0, -9999.0, -99999.0)  # stand for "no value" even where the file does not say so
NO_QUANTITY = 1e30  # nor is anything beyond: some write the largest float for "no value"
COLOURS = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
TIFF_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
CACHE_BYTES = 64_000_000  # of decoded pixels that GDAL keeps while files are open
LARGEST_PIECE = 50_000_000  # pixels that may be stored as one compressed piece, which is decoded whole
_HGT_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})", re.IGNORECASE)
_HGT_SIDES = {2 * side * side: side for side in (1201, 3601)}


@dataclass(frozen=True, slots=True)
class Tile:
    """The part of a raster's file that a study may ask for.

    Attributes
    ----------
    file : pathlib.Path
        GeoTIFF or `.hgt`.
    crs : pyproj.CRS
        CRS of the pixels.
    grid : Grid
        Where the part's pixels lie.
    first_row, first_column : int
        Where the part begins in the file.
    unit : str
        Unit that the file states, or nothing.
    band : int
        From 1.
    nodata : float or None
        Value that the file declares to be none.
    scale, offset : float
        What stored values are multiplied by, and what is then added.
    mask_band : int or None
        Band that is 0 where there is no value; 0 for the file's own mask, None where there is neither.
    written : tuple of int
        Size and time of the file, to notice when it is written anew.
    """

    file: Path
    crs: CRS
    grid: Grid
    first_row: int
    first_column: int
    unit: str
    band: int
    nodata: float | None
    written: tuple[int, int]
    scale: float = 1.0
    offset: float = 0.0
    mask_band: int | None = None

    def voids(self, values: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which values as stored are none, and which of those the file does not declare.

        Parameters
        ----------
        values
            As read from the file.

        Returns
        -------
        void, undeclared : numpy.ndarray
            The same shape.
        """
        declared = np.zeros(values.shape, dtype=bool)
        if self.nodata is not None:
            declared = (values == np.float32(self.nodata)) | np.isnan(values)
        strange = np.isin(values, VOIDS) | ((np.abs(values) > NO_QUANTITY) & np.isfinite(values))
        undeclared = strange & ~declared
        return declared | undeclared | ~np.isfinite(values), undeclared

    def scaled(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the quantities that stored values stand for.

        Parameters
        ----------
        values
            As read from the file.

        Returns
        -------
        numpy.ndarray
            The same shape.
        """
        if (self.scale, self.offset) == (1.0, 0.0):
            return values
        return (values.astype(float) * self.scale + self.offset).astype(np.float32)


def tile_of(
    path: Path | str, area: StudyArea, *, margin_m: float, band: int = 1, crs: object = None, around: int = 1
) -> Tile:
    """Return the part of a file that touches a study area.

    Parameters
    ----------
    path
        GeoTIFF or `.hgt`.
    area
        The study area.
    margin_m
        Added on each side of it [m].
    band
        Band, from 1.
    crs
        CRS of a GeoTIFF, in place of what it says or where it says nothing.
    around
        Pixels added on each side.

    Returns
    -------
    Tile
        No pixel is read yet.

    Raises
    ------
    FileFormatError
        When the file is neither GeoTIFF nor `.hgt` (a VRT is refused), or cannot be read.
    CRSError
        When a GeoTIFF has no CRS and none was given.
    ValueRangeError
        When it does not touch the study area.
    """
    file = regular_file(path).absolute()
    if not math.isfinite(margin_m):
        refuse(ValueRangeError, "margin_m", f"is {margin_m}", "Give metres.")
    head = _head(file)
    if file.suffix.casefold() == ".hgt":
        whole = _hgt(file)
    elif head.startswith(TIFF_MAGIC):
        whole = _geotiff(file, band, crs)
    else:
        what = "is not a GeoTIFF or .hgt, whatever its name"
        refuse(FileFormatError, file.name, what, "Export it as a GeoTIFF.")
    try:
        bounds = bounds_in(area, whole.crs, margin_m=margin_m)
    except ProjError:
        what = f"has a coordinate reference system of its own ({whole.crs.name}), which has no place on Earth"
        refuse(CRSError, file.name, what, f"{SAY_CRS}, or export it in another.")
    return _part(whole, bounds, around)


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(16)


def _geotiff(file: Path, band: int, crs: object) -> Tile:
    beside = file.with_name(f"{file.name}.msk")
    if beside.is_file() and not _head(beside).startswith(TIFF_MAGIC):
        what = "is not a GeoTIFF, as the mask of another must be"
        refuse(FileFormatError, beside.name, what, "Take it away, or export both again.")
    with warnings.catch_warnings(), _opened(file) as grid:
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        place = grid.transform
        if place == rasterio.Affine.identity():
            refuse(CRSError, file.name, "is not georeferenced", "Export it with its position.")
        if not np.isfinite(place[:6]).all():
            refuse(FileFormatError, file.name, "lies at no place that is a number", "Export it again.")
        if place.b or place.d or place.a <= 0 or place.e >= 0:
            refuse(FileFormatError, file.name, "is rotated or upside down", "Export it north-up.")
        if not 1 <= band <= grid.count:
            refuse(FileFormatError, file.name, f"has {grid.count} bands, not {band}", "Say which with band=.")
        _refuse_strange_values(grid, file, band)
        piece = math.prod(grid.block_shapes[band - 1])
        if piece > LARGEST_PIECE:
            what = f"is stored in pieces of {piece:,} pixels, each of which must be read whole"
            remedy = "Write it in tiles: gdal_translate -co TILED=YES -co COMPRESS=DEFLATE."
            refuse(FileFormatError, file.name, what, remedy)
        said = CRS.from_wkt(grid.crs.to_wkt()) if grid.crs else None
        known = said if crs is None else crs_said(crs, file.name)
        if known is None:
            remedy = f"{SAY_CRS}; a CRS is never guessed."
            refuse(CRSError, file.name, "has no coordinate reference system", remedy)
        return Tile(
            file,
            known,
            Grid(place.c, place.f, place.a, -place.e, (grid.height, grid.width)),
            0,
            0,
            grid.units[band - 1] or "",
            band,
            grid.nodata,
            _written(file),
            grid.scales[band - 1],
            grid.offsets[band - 1],
            _mask_band(grid, band),
        )


def _mask_band(grid: rasterio.DatasetReader, band: int) -> int | None:
    """Where the file says pixel by pixel which values are none: its own mask, or a band of opacity."""
    if {MaskFlags.per_dataset, MaskFlags.alpha} & set(grid.mask_flag_enums[band - 1]):
        return 0
    opaque = [at for at, kind in enumerate(grid.colorinterp, start=1) if kind == ColorInterp.alpha]
    return opaque[0] if opaque and band not in opaque else None


def _refuse_strange_values(grid: rasterio.DatasetReader, file: Path, band: int) -> None:
    """Refuse a band whose values are no quantities, and a mask that is not what its name says."""
    if np.dtype(grid.dtypes[band - 1].replace("complex_int16", "complex64")).kind == "c":
        refuse(FileFormatError, file.name, "holds complex numbers", "Export it as real numbers.")
    if grid.colorinterp[band - 1] in COLOURS and grid.dtypes[band - 1] == "uint8":
        what = f"is a picture: its band {band} is {grid.colorinterp[band - 1].name}"
        refuse(FileFormatError, file.name, what, "Export the values themselves, in one band.")
    scale, offset = grid.scales[band - 1], grid.offsets[band - 1]
    if not (math.isfinite(scale) and math.isfinite(offset) and scale):
        what = f"says its values are to be multiplied by {scale:g} and raised by {offset:g}"
        refuse(FileFormatError, file.name, what, "Export it again, with the values themselves.")


@contextmanager
def _opened(file: Path) -> Iterator[rasterio.DatasetReader]:
    """A GeoTIFF, opened by no other driver."""
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        with _named(file):
            grid = rasterio.open(file, driver="GTiff")
        with grid:
            yield grid


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """What is wrong with a file is said with its name."""
    try:
        yield
    except rasterio.errors.RasterioError as error:
        what = f"cannot be read ({' '.join(str(error).split())[:200]})"
        refuse(FileFormatError, file.name, what, "Copy or export it again.")


def _hgt(file: Path) -> Tile:
    match = _HGT_NAME.search(file.stem)
    if match is None:
        refuse(FileFormatError, file.name, "does not say its place in its name", "Name it like S02E105.hgt.")
    side = _HGT_SIDES.get(file.stat().st_size)
    if side is None:
        what = f"has {file.stat().st_size:,} bytes, which is no square of 1201 or 3601 heights"
        refuse(FileFormatError, file.name, what, "Copy or unpack it again.")
    south = int(match[2]) * (-1 if match[1].upper() == "S" else 1)
    west = int(match[4]) * (-1 if match[3].upper() == "W" else 1)
    step = 1 / (side - 1)
    grid = Grid(west - step / 2, south + 1 + step / 2, step, step, (side, side))
    return Tile(file, WGS84, grid, 0, 0, "m", 1, -32768.0, _written(file))


def _part(whole: Tile, bounds: Bounds, around: int) -> Tile:
    grid = whole.grid
    west, south, east, north = bounds
    # Less by a hair's breadth, so that rounding in a projection does not add a row of pixels.
    wide, high = (around - 1e-6) * grid.dx, (around - 1e-6) * grid.dy
    inside = grid.within((west - wide, south - high, east + wide, north + high))
    if inside is None:
        what = "does not touch the study area"
        refuse(ValueRangeError, whole.file.name, what, "Use a raster of the study area; check its CRS.")
    rows, columns = inside
    return replace(whole, grid=grid.part(rows, columns), first_row=rows.start, first_column=columns.start)


def _written(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_size, found.st_mtime_ns


class OpenTiles:
    """Files that are opened when first read and closed together, at the end of a `with`."""

    def __init__(self) -> None:
        self._closing = ExitStack()
        self._readers: dict[tuple[Path, int], Read] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.close()

    def read(self, tile: Tile, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Return pixels of a tile as they are stored, voids and all.

        Parameters
        ----------
        tile
            The tile.
        rows, columns
            Counted from its part's first pixel.

        Returns
        -------
        numpy.ndarray
            Shape (rows, columns).

        Raises
        ------
        FileFormatError
            When the file is damaged, gone or written anew since it was first looked at.
        """
        key = (tile.file, tile.band)
        if key not in self._readers:
            self._readers[key] = self._open(tile)
        down, across = tile.first_row, tile.first_column
        return self._readers[key](
            slice(rows.start + down, rows.stop + down), slice(columns.start + across, columns.stop + across)
        )

    def _open(self, tile: Tile) -> Read:
        if not tile.file.is_file() or _written(tile.file) != tile.written:
            what = "was moved or written anew since it was first read"
            refuse(FileFormatError, tile.file.name, what, "Read it again.")
        if tile.file.suffix.casefold() == ".hgt":
            stored = np.memmap(tile.file, dtype=">i2", mode="r").reshape(-1, math.isqrt(tile.written[0] // 2))
            return lambda rows, columns: np.asarray(stored[rows, columns], dtype=np.float32)
        grid = self._closing.enter_context(_opened(tile.file))

        def read(rows: slice, columns: slice) -> NDArray[np.float32]:
            window = rasterio.windows.Window.from_slices(rows, columns)
            with _named(tile.file):
                stored = grid.read(tile.band, window=window)
                with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and a void
                    values: NDArray[np.float32] = stored.astype(np.float32, copy=False)
                if tile.mask_band is not None:
                    known = grid.read(tile.mask_band, window=window) if tile.mask_band else None
                    mask = grid.read_masks(tile.band, window=window) if known is None else known
                    values[mask == 0] = np.nan
            return values

        return read
