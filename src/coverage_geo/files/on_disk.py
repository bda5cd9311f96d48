"""A raster that stays in its files: windows of it are read, on the study's grid, when asked for."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import rasterio
import rasterio.warp
from pyproj import CRS, Transformer
from tqdm import tqdm

from coverage_geo.errors import ValueRangeError, refuse
from coverage_geo.files.coordinates import bounds_in
from coverage_geo.files.tiles import OpenTiles, Tile
from coverage_geo.rasters import Grid, Raster, refuse_outside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from coverage_geo.rasters import Bounds
    from coverage_geo.tables import StudyArea

BLOCK = 512  # pixels a side; a block is always computed whole, so that no pixel depends on the window
HELD_BLOCKS = 64  # 64 MiB of float32
LARGEST_WINDOW = 100_000_000  # pixels, 400 MB
SHIFT = 0.01  # pixels by which tiles of one grid may differ in place
UNSCALED = 0.95  # of a target pixel; where the file's are smaller, GDAL averages them
ACROSS = 4096  # pixels read at a time for an overview
_WARPING = threading.Lock()  # rasterio sets the warning filters of the whole process while it warps
PATIENCE_S = 2.0  # a progress bar appears on anything that takes longer


class Sheet(NamedTuple):
    """Tiles that lie on one grid, so that there is no seam between them.

    Each tile comes with the sheet's row and column at which it begins; where they overlap, the first counts.
    """

    tiles: tuple[tuple[int, int, Tile], ...]
    crs: CRS
    grid: Grid

    def read(self, rows: slice, columns: slice, files: OpenTiles) -> NDArray[np.float32]:
        """Return pixels as float32, NaN where a tile has a void or there is none.

        Parameters
        ----------
        rows, columns
            Counted from the sheet's first pixel.
        files
            Keeps the files open that are read.

        Returns
        -------
        numpy.ndarray
            Shape (rows, columns).
        """
        values = np.full((rows.stop - rows.start, columns.stop - columns.start), np.nan, dtype=np.float32)
        for row, column, tile in self.tiles:
            top, bottom = max(rows.start, row), min(rows.stop, row + tile.grid.shape[0])
            left, right = max(columns.start, column), min(columns.stop, column + tile.grid.shape[1])
            part = values[
                top - rows.start : bottom - rows.start, left - columns.start : right - columns.start
            ]
            if top < bottom and left < right and np.isnan(part).any():
                inside = slice(top - row, bottom - row), slice(left - column, right - column)
                stored = files.read(tile, *inside)
                void, _ = tile.voids(stored)
                part[:] = np.where(np.isnan(part) & ~void, tile.scaled(stored), part)
        return values


class KeptBlocks:
    """The blocks used last, for any number of threads; a copy or pickle begins empty."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[int, int], NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[KeptBlocks], tuple[()]]:
        return KeptBlocks, ()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, at: tuple[int, int]) -> NDArray[np.float32] | None:
        """Return the block at this row and column of blocks, if it was kept."""
        with self._lock:
            if at in self._held:
                self._held.move_to_end(at)
            return self._held.get(at)

    def keep(self, at: tuple[int, int], block: NDArray[np.float32]) -> None:
        """Keep a block, and forget the one that was used longest ago when there are too many."""
        with self._lock:
            self._held[at] = block
            if len(self._held) > HELD_BLOCKS:
                self._held.popitem(last=False)


@dataclass(frozen=True, slots=True, eq=False)
class RasterOnDisk:
    """A raster too large to hold: it stays in its files, and windows of it are read when asked for.

    A pixel has the same value in every window. At most 64 MiB of pixels used last are kept. Threads may share
    it; a pickle of it names the files. A file that is written anew in the meantime is refused.

    Attributes
    ----------
    sheets : tuple of Sheet
        The files, in the order in which they count.
    grid : Grid
        Where the pixels lie.
    crs : pyproj.CRS
        CRS of the study.
    unit : str
        Unit of the values; between those in "m" is interpolated, of others the nearest counts.
    name : str
        Names of the files.
    kept : KeptBlocks
        Pixels used last.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from coverage_geo.files.tiles import tile_of
    >>> from coverage_geo.files.writing import write_geotiff
    >>> from coverage_geo.tables import StudyArea
    >>> file = Path(tempfile.mkdtemp()) / "dem.tif"
    >>> grid = Raster(np.full((9, 9), 12), west=5e5, north=98e5, dx=30, dy=30, crs="EPSG:32748", unit="m")
    >>> write_geotiff(file, grid)
    >>> area = StudyArea((500_000, 9_799_730, 500_270, 9_800_000), "EPSG:32748")
    >>> whole = on_study_grid([tile_of(file, area, margin_m=0)], area, name="dem.tif", unit="m")
    >>> whole.grid.shape, whole.window((500_040, 9_799_800, 500_050, 9_799_890)).values.tolist()
    ((9, 9), [[12.0], [12.0], [12.0], [12.0]])
    """

    sheets: tuple[Sheet, ...]
    grid: Grid
    crs: CRS
    unit: str
    name: str
    kept: KeptBlocks = field(default_factory=KeptBlocks, repr=False)

    @property
    def bounds(self) -> Bounds:
        """(west, south, east, north) of the outer pixel edges."""
        return self.grid.bounds

    @property
    def resolution(self) -> tuple[float, float]:
        """Pixel width and height."""
        return self.grid.dx, self.grid.dy

    def window(self, bounds: Bounds) -> Raster:
        """Return the pixels that touch the bounds.

        Parameters
        ----------
        bounds
            (west, south, east, north) in the raster's CRS; clipped to the raster.

        Returns
        -------
        Raster
            In memory.

        Raises
        ------
        ValueRangeError
            When the bounds do not touch the raster, or hold more than 100 million pixels.
        FileFormatError
            When a file is damaged, gone or written anew.
        """
        rows, columns = self._within(bounds)
        part = self.grid.part(rows, columns)
        count = math.prod(part.shape)
        if count > LARGEST_WINDOW:
            what = f"the window {bounds} holds {count:,} pixels"
            refuse(ValueRangeError, self.name, what, f"Ask for {LARGEST_WINDOW:,} at most, or an overview.")
        values = np.empty(part.shape, dtype=np.float32)
        for top, left, block in self._parts(rows, columns):
            height, width = block.shape
            values[top - rows.start :, left - columns.start :][:height, :width] = block
        return self._raster(values, part)

    def missing(self, bounds: Bounds) -> int:
        """Count the pixels that touch the bounds and have no value: all of them are read, a block at a time.

        Parameters
        ----------
        bounds
            (west, south, east, north) in the raster's CRS; clipped to the raster.

        Returns
        -------
        int
            0 or more.

        Raises
        ------
        ValueRangeError
            When the bounds do not touch the raster.
        """
        blocks = self._parts(*self._within(bounds))
        bar = tqdm(blocks, desc="missing heights", unit="block", delay=PATIENCE_S, leave=False)
        return sum(int(np.isnan(part).sum()) for *_, part in bar)

    def overview(self, bounds: Bounds, longest: int) -> Raster:
        """Return the pixels that touch the bounds, or the means of squares of them: a picture, not heights.

        Parameters
        ----------
        bounds
            (west, south, east, north) in the raster's CRS; clipped to the raster.
        longest
            Most pixels along a side.

        Returns
        -------
        Raster
            In memory; means of what has a value, NaN where nothing has.

        Raises
        ------
        ValueRangeError
            When the bounds do not touch the raster.
        """
        rows, columns = self._within(bounds)
        size = math.ceil(max(self.grid.part(rows, columns).shape) / longest)
        if size == 1:
            return self.window(bounds)
        part = self.grid.part(rows, columns, size)
        means = self._raster(np.full(part.shape, np.nan, dtype=np.float32), part)
        with OpenTiles() as files:
            for sheet in self.sheets:
                coarse = self._coarse(sheet, bounds, size, files)
                if coarse is not None and self._native:
                    return coarse
                if coarse is not None:
                    means = _filled(means, _warped(coarse, means, _scale(coarse, means), smooth=True))
        return means

    def _within(self, bounds: Bounds) -> tuple[slice, slice]:
        inside = self.grid.within(bounds)
        return refuse_outside(self.name, bounds, self.bounds) if inside is None else inside

    @property
    def _native(self) -> bool:
        """Whether the files lie on this very grid."""
        return [(one.grid, one.crs) for one in self.sheets] == [(self.grid, self.crs)]

    def _raster(self, values: NDArray[np.float32], grid: Grid) -> Raster:
        return _frozen(values, grid, self.crs, self.unit, self.name)

    def _parts(self, rows: slice, columns: slice) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
        """The part of each block that lies within, with its first row and column."""
        down = range(rows.start // BLOCK, -(-rows.stop // BLOCK))
        across = range(columns.start // BLOCK, -(-columns.stop // BLOCK))
        with OpenTiles() as files:
            for at in product(down, across):
                block = self.kept.get(at)
                if block is None:
                    block = self._computed(at, files)
                    self.kept.keep(at, block)
                top, left = max(rows.start, at[0] * BLOCK), max(columns.start, at[1] * BLOCK)
                inside = block[top - at[0] * BLOCK :, left - at[1] * BLOCK :]
                yield top, left, inside[: rows.stop - top, : columns.stop - left]

    def _computed(self, at: tuple[int, int], files: OpenTiles) -> NDArray[np.float32]:
        """A block, from its own place alone."""
        rows, columns = (
            slice(BLOCK * one, min(BLOCK * (one + 1), size))
            for one, size in zip(at, self.grid.shape, strict=True)
        )
        if self._native:
            return self.sheets[0].read(rows, columns, files)
        part = self.grid.part(rows, columns)
        block = self._raster(np.full(part.shape, np.nan, dtype=np.float32), part)
        for sheet in self.sheets:
            scale = _scale(sheet, block)
            source = _around(sheet, block, scale, files) if np.isnan(block.values).any() else None
            if source is not None:
                block = _filled(block, _warped(source, block, scale, smooth=self.unit == "m"))
        return block.values

    def _coarse(self, sheet: Sheet, bounds: Bounds, size: int, files: OpenTiles) -> Raster | None:
        """Means of squares of a sheet's pixels, about as large as `size` pixels of this raster."""
        beside = size * self.grid.dx  # so that the outermost squares have neighbours
        edges = (bounds[0] - beside, bounds[1] - beside, bounds[2] + beside, bounds[3] + beside)
        inside = sheet.grid.within(bounds if self._native else _moved(self.crs, sheet.crs, edges))
        if inside is None:
            return None
        rows, columns = inside
        if not self._native:
            size = max(1, round(size * self.grid.dx / max(_steps_m(sheet, self.crs))))
        part = sheet.grid.part(rows, columns, size)
        means = np.empty(part.shape, dtype=np.float32)
        high, wide = math.ceil(BLOCK / size), math.ceil(ACROSS / size)
        steps = list(product(range(0, part.shape[0], high), range(0, part.shape[1], wide)))
        for top, left in tqdm(steps, desc="overview", unit="part", delay=PATIENCE_S, leave=False):
            first_row, first_column = rows.start + top * size, columns.start + left * size
            values = sheet.read(
                slice(first_row, min(first_row + high * size, rows.stop)),
                slice(first_column, min(first_column + wide * size, columns.stop)),
                files,
            )
            found = _means(values, size)
            means[top : top + found.shape[0], left : left + found.shape[1]] = found
        return _frozen(means, part, sheet.crs, self.unit, self.name)


def on_study_grid(
    tiles: Sequence[Tile],
    area: StudyArea,
    *,
    name: str,
    unit: str,
    margin_m: float = 0.0,
    resolution_m: float | None = None,
) -> RasterOnDisk:
    """Files on the one grid that a study uses; none of their pixels is read yet.

    Parameters
    ----------
    tiles
        In the order in which they count where they overlap.
    area
        The study area.
    name, unit
        As in `RasterOnDisk`.
    margin_m
        How far around the study area the grid goes, as far as the files do [m].
    resolution_m
        Pixel size [m]; by default that of the first tile, in whole metres from 5 m on. Files that lie on one
        grid in the study's CRS keep theirs.

    Returns
    -------
    RasterOnDisk
        In the study's CRS.
    """
    if resolution_m is not None and not 0 < resolution_m < math.inf:
        refuse(ValueRangeError, "resolution_m", f"is {resolution_m}", "Give metres above 0.")
    sheets = _sheets(tiles)
    first = sheets[0]
    if len(sheets) == 1 and first.crs == area.crs and resolution_m is None:
        return RasterOnDisk(sheets, first.grid, first.crs, unit, name)
    _, size = _steps_m(first, area.crs)
    step = resolution_m or (float(round(size)) if size >= 5 else float(f"{size:.3g}"))
    west, south, east, north = _needed(sheets, area, margin_m)
    # On multiples of the step, so that studies of neighbouring areas share their pixels.
    left, top = math.floor(west / step) * step, math.ceil(north / step) * step
    shape = math.ceil((top - south) / step - 1e-9), math.ceil((east - left) / step - 1e-9)
    return RasterOnDisk(sheets, Grid(left, top, step, step, shape), area.crs, unit, name)


def _sheets(tiles: Sequence[Tile]) -> tuple[Sheet, ...]:
    """Tiles that lie on one grid as one sheet, others each as their own."""
    first = tiles[0].grid
    places = np.array(
        [
            [(first.north - one.grid.north) / first.dy, (one.grid.west - first.west) / first.dx]
            for one in tiles
        ]
    )
    cells = np.round(places).astype(int)
    alike = all(
        one.crs == tiles[0].crs
        and math.isclose(one.grid.dx, first.dx, rel_tol=1e-6)
        and math.isclose(one.grid.dy, first.dy, rel_tol=1e-6)
        for one in tiles
    )
    if not alike or np.abs(places - cells).max() > SHIFT:
        return tuple(sheet for one in tiles for sheet in _sheets([one]))
    top, left = cells.min(axis=0).tolist()
    bottom, right = (cells + [one.grid.shape for one in tiles]).max(axis=0).tolist()
    placed = tuple(
        (row - top, column - left, one) for (row, column), one in zip(cells.tolist(), tiles, strict=True)
    )
    return (Sheet(placed, tiles[0].crs, first.part(slice(top, bottom), slice(left, right))),)


def _needed(sheets: Sequence[Sheet], area: StudyArea, margin_m: float) -> Bounds:
    """The study area, and of its margin what the files cover."""
    west, south, east, north = bounds_in(area, area.crs, margin_m=margin_m)
    edges = np.array([_moved(sheet.crs, area.crs, sheet.grid.bounds) for sheet in sheets])
    inner = area.bounds
    return (
        min(inner[0], max(west, float(edges[:, 0].min()))),
        min(inner[1], max(south, float(edges[:, 1].min()))),
        max(inner[2], min(east, float(edges[:, 2].max()))),
        max(inner[3], min(north, float(edges[:, 3].max()))),
    )


@lru_cache(maxsize=64)
def _mover(before: str, after: str) -> Transformer:
    return Transformer.from_crs(before, after, always_xy=True)


def _moved(before: CRS, after: CRS, bounds: Bounds) -> Bounds:
    """Bounds in another CRS."""
    west, south, east, north = _mover(before.to_wkt(), after.to_wkt()).transform_bounds(
        *bounds, densify_pts=21
    )
    return float(west), float(south), float(east), float(north)


def _steps_m(grid: Sheet | Raster, crs: CRS) -> tuple[float, float]:
    """Width and height of a pixel in another CRS, in the middle of a grid."""
    west, south, east, north = grid.grid.bounds
    x, y = (west + east) / 2, (south + north) / 2
    mover = _mover(grid.crs.to_wkt(), crs.to_wkt())
    (x0, x1, x2), (y0, y1, y2) = mover.transform([x, x + grid.grid.dx, x], [y, y, y + grid.grid.dy])
    return math.hypot(x1 - x0, y1 - y0), math.hypot(x2 - x0, y2 - y0)


def _scale(source: Sheet | Raster, target: Raster) -> tuple[float, float]:
    """Pixels of the target for one of the source; 1 where it has as many, so that nothing is averaged."""
    across, down = (size / target.dx for size in _steps_m(source, target.crs))
    return across if across < UNSCALED else 1.0, down if down < UNSCALED else 1.0


def _around(sheet: Sheet, block: Raster, scale: tuple[float, float], files: OpenTiles) -> Raster | None:
    """Pixels of a sheet that those of a block are made from."""
    west, south, east, north = _moved(block.crs, sheet.crs, block.bounds)
    wide, high = ((1 + math.ceil(1 / one)) * step for one, step in zip(scale, sheet.grid[2:4], strict=True))
    inside = sheet.grid.within((west - wide, south - high, east + wide, north + high))
    if inside is None:
        return None
    part = sheet.grid.part(*inside)
    if math.prod(part.shape) > LARGEST_WINDOW:
        what = f"{math.prod(part.shape):,} pixels lie under {math.prod(block.shape):,} of {block.dx:g} m"
        remedy = f"Give a file of about {block.dx:g} m: gdalwarp -tr {block.dx:g} {block.dx:g} -r average."
        refuse(ValueRangeError, block.name, what, remedy)
    return _frozen(sheet.read(*inside, files), part, sheet.crs, block.unit, block.name)


def _frozen(values: NDArray[np.float32], grid: Grid, crs: CRS, unit: str, name: str) -> Raster:
    values.flags.writeable = False  # so that it need not be copied
    return Raster(values, *grid[:4], crs, unit, name)


def _filled(raster: Raster, other: Raster) -> Raster:
    """A raster with the values of another where it has none."""
    values = np.where(np.isnan(raster.values), other.values, raster.values)
    return _frozen(values, raster.grid, raster.crs, raster.unit, raster.name)


def _warped(source: Raster, target: Raster, scale: tuple[float, float], *, smooth: bool) -> Raster:
    """Values of a raster on the pixels of another."""
    values = np.full(target.shape, np.nan, dtype=np.float32)
    with _WARPING:
        rasterio.warp.reproject(
            source.values,
            values,
            src_transform=rasterio.Affine(source.dx, 0, source.west, 0, -source.dy, source.north),
            src_crs=rasterio.CRS.from_wkt(source.crs.to_wkt()),
            src_nodata=np.nan,
            dst_transform=rasterio.Affine(target.dx, 0, target.west, 0, -target.dy, target.north),
            dst_crs=rasterio.CRS.from_wkt(target.crs.to_wkt()),
            dst_nodata=np.nan,
            resampling=rasterio.warp.Resampling.bilinear if smooth else rasterio.warp.Resampling.nearest,
            num_threads=1,
            XSCALE=scale[0],  # otherwise GDAL takes it from the size of what it is given
            YSCALE=scale[1],
        )
    return _frozen(values, target.grid, target.crs, target.unit, target.name)


def _means(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Means of squares of pixels, over those that have a value."""
    rows, columns = (math.ceil(side / size) for side in values.shape)
    padded = np.full((rows * size, columns * size), np.nan, dtype=np.float32)
    padded[: values.shape[0], : values.shape[1]] = values
    squares = padded.reshape(rows, size, columns, size)
    known = np.isfinite(squares)
    count = known.sum(axis=(1, 3))
    total = np.where(known, squares, 0).sum(axis=(1, 3), dtype=float)
    means: NDArray[np.float32] = np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
    return means
