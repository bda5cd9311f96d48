"""Heights and people on grids, read in windows: the only place that opens rasters."""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import rasterio.warp
import rasterio.windows
from pyproj import CRS, Transformer

from coverage_geo.errors import (
    CRSError,
    FileFormatError,
    RepairWarning,
    ValueRangeError,
    refuse,
)
from coverage_geo.files.coordinates import bounds_in
from coverage_geo.files.notes import SAY_CRS
from coverage_geo.files.vectors import regular_file
from coverage_geo.files.writing import WGS84
from coverage_geo.rasters import Raster
from coverage_geo.tables import as_study_area

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_geo.rasters import Bounds
    from coverage_geo.tables import StudyArea

VOIDS = (-32768.0, -32767.0, -9999.0)  # stand for "no value" even where the file does not say so
TIFF_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
METRES = frozenset({"", "m", "metre", "meter", "metres", "meters"})
CACHE_BYTES = 64_000_000
SHIFT = 0.01  # pixels by which tiles of one grid may differ in place
_HGT_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})", re.IGNORECASE)
_HGT_SIDES = {2 * side * side: side for side in (1201, 3601)}


@dataclass(frozen=True, slots=True)
class _Grid:
    """A window of a file, north-up, voids as NaN."""

    values: NDArray[np.float32]
    west: float
    north: float
    dx: float
    dy: float
    crs: CRS
    unit: str
    undeclared: int


def read_raster(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    unit: str = "people",
    band: int = 1,
    crs: object = None,
) -> Raster:
    """Pixels of a raster over the study area, on the grid they were made on.

    Nothing is resampled, so that people stay whole: a count belongs to its pixel's area.

    Parameters
    ----------
    path
        GeoTIFF.
    study_area
        The villages or a `StudyArea`; pixels that touch it are read, and no others.
    unit
        Unit of the values.
    band
        Band to read, from 1.
    crs
        CRS of the grid, in place of what the file says or where it says nothing.

    Returns
    -------
    Raster
        In the file's CRS; NaN where there is no value. Negative people are no value, counted in a warning.

    Raises
    ------
    FileFormatError
        When the file is not a GeoTIFF (a VRT is refused).
    CRSError
        When it has no CRS and none was given.
    ValueRangeError
        When it does not touch the study area.

    Examples
    --------
    >>> import tempfile
    >>> from coverage_geo.files.writing import write_geotiff
    >>> from coverage_geo.tables import StudyArea
    >>> file = Path(tempfile.mkdtemp()) / "people.tif"
    >>> grid = Raster([[1, 2], [3, 4]], west=5e5, north=98e5, dx=100, dy=100, crs="EPSG:32748", unit="people")
    >>> write_geotiff(file, grid)
    >>> area = StudyArea((500_110, 9_799_810, 500_190, 9_799_890), "EPSG:32748")
    >>> read_raster(file, study_area=area).values.tolist()
    [[4.0]]
    """
    area = as_study_area(study_area)
    grid = _read_window(regular_file(path), area, margin_m=0.0, band=band, crs=crs, around=0)
    values = grid.values
    negative = int((values < 0).sum()) if unit == "people" else 0
    if negative:
        values = np.where(values < 0, np.float32("nan"), values)
    if negative or grid.undeclared:
        count = negative + grid.undeclared
        warnings.warn(
            f"{Path(path).name}: {count:,} pixels with values such as -9999 or below 0 are read as no value",
            RepairWarning,
            stacklevel=2,
        )
    return Raster(values, grid.west, grid.north, grid.dx, grid.dy, grid.crs, unit, Path(path).name)


def read_terrain(
    paths: Path | str | Sequence[Path | str],
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    margin_m: float = 10_000.0,
    resolution_m: float | None = None,
    crs: object = None,
) -> Raster:
    """Heights over the study area in its CRS, bilinear between the heights of the files.

    Parameters
    ----------
    paths
        One tile or several: GeoTIFF or SRTM `.hgt` (whose place is its name). Where tiles overlap, the first
        in the order of their names counts.
    study_area
        The villages or a `StudyArea`.
    margin_m
        How far around the study area heights are read, as far as the files go [m]: towers across the
        border look in from there.
    resolution_m
        Pixel size [m]; by default that of the first tile, in whole metres from 5 m on.
    crs
        CRS of the GeoTIFFs, in place of what they say or where they say nothing.

    Returns
    -------
    Raster
        Heights [m]; NaN where a tile has a void (-32768, -9999, nodata) or there is no tile. A warning counts
        those inside the study area.

    Raises
    ------
    FileFormatError
        When a file is neither GeoTIFF nor `.hgt` (a VRT is refused).
    CRSError
        When a GeoTIFF has no CRS and none was given.
    ValueRangeError
        When no tile touches the study area, or heights are not in metres.

    Examples
    --------
    >>> import tempfile
    >>> from coverage_geo.files.writing import write_geotiff
    >>> from coverage_geo.tables import StudyArea
    >>> file = Path(tempfile.mkdtemp()) / "dem.tif"
    >>> grid = Raster(np.full((9, 9), 12), west=5e5, north=98e5, dx=30, dy=30, crs="EPSG:32748", unit="m")
    >>> write_geotiff(file, grid)
    >>> area = StudyArea((500_040, 9_799_800, 500_090, 9_799_890), "EPSG:32748")
    >>> terrain = read_terrain(file, study_area=area, margin_m=0)
    >>> terrain.bounds, float(terrain.values.max())
    ((500000.0, 9799760.0, 500120.0, 9799940.0), 12.0)
    """
    area = as_study_area(study_area)
    grids, names = _tiles(paths, area, margin_m, crs)
    _check_metres(grids, names)
    terrain = _in_study(grids, area, margin_m, resolution_m, names, unit="m")
    inside = terrain.window(area.bounds).values
    missing = int(np.isnan(inside).sum())
    if missing:
        said = f"{names}: {missing:,} of {inside.size:,} heights ({missing / inside.size:.1%}) are missing"
        warnings.warn(said, RepairWarning, stacklevel=2)
    return terrain


def read_land_cover(
    paths: Path | str | Sequence[Path | str],
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    margin_m: float = 10_000.0,
    resolution_m: float | None = None,
    crs: object = None,
) -> Raster:
    """Classes of land cover over the study area in its CRS, each pixel that of the nearest in the files.

    Parameters
    ----------
    paths
        One GeoTIFF or several tiles, such as ESA WorldCover's.
    study_area
        The villages or a `StudyArea`.
    margin_m
        How far around the study area classes are read, as far as the files go [m].
    resolution_m
        Pixel size [m]; by default that of the first tile, in whole metres from 5 m on.
    crs
        CRS of the GeoTIFFs, in place of what they say or where they say nothing.

    Returns
    -------
    Raster
        Classes as numbers; NaN where a tile has no value or there is none. For `cg.radio.clutter_heights`.

    Raises
    ------
    FileFormatError
        When a file is not a GeoTIFF (a VRT is refused).
    CRSError
        When a GeoTIFF has no CRS and none was given.
    ValueRangeError
        When no tile touches the study area.

    Examples
    --------
    >>> import tempfile
    >>> from coverage_geo.files.writing import write_geotiff
    >>> from coverage_geo.tables import StudyArea
    >>> file = Path(tempfile.mkdtemp()) / "cover.tif"
    >>> cover = [[10, 40], [80, 40]]
    >>> write_geotiff(file, Raster(cover, west=5e5, north=98e5, dx=10, dy=10, crs="EPSG:32748", unit="class"))
    >>> area = StudyArea((500_000, 9_799_980, 500_020, 9_800_000), "EPSG:32748")
    >>> read_land_cover(file, study_area=area).values.tolist()
    [[10.0, 40.0], [80.0, 40.0]]
    """
    area = as_study_area(study_area)
    grids, names = _tiles(paths, area, margin_m, crs)
    return _in_study(grids, area, margin_m, resolution_m, names, unit="class")


def _tiles(
    paths: Path | str | Sequence[Path | str], area: StudyArea, margin_m: float, crs: object
) -> tuple[list[_Grid], str]:
    """Windows of the tiles that touch the study area, in the order of their names, and those names."""
    files = (
        [paths]
        if isinstance(paths, str | Path)
        else sorted(paths, key=lambda one: (Path(one).name, str(one)))
    )
    grids = []
    for file in files:
        try:
            grids.append(_read_window(regular_file(file), area, margin_m=margin_m, band=1, crs=crs, around=1))
        except ValueRangeError:
            if len(files) == 1:
                raise
    names = ", ".join(Path(file).name for file in files)
    if not grids:
        what = f"none of the {len(files)} tiles touches the study area"
        refuse(ValueRangeError, names, what, "Give the tiles of the study area.")
    return grids, names


def _check_metres(grids: Sequence[_Grid], names: str) -> None:
    units = sorted({grid.unit for grid in grids if grid.unit.casefold() not in METRES})
    if units:
        what = f"heights are in {', '.join(units)}"
        refuse(ValueRangeError, names, what, "Convert them to metres.")


def _read_window(
    file: Path, area: StudyArea, *, margin_m: float, band: int, crs: object, around: int
) -> _Grid:
    with file.open("rb") as stream:
        head = stream.read(16)
    if file.suffix.casefold() == ".hgt":
        return _read_hgt(file, area, margin_m)
    if not head.startswith(TIFF_MAGIC):
        refuse(
            FileFormatError,
            file.name,
            "is not a GeoTIFF or .hgt, whatever its name",
            "Export it as a GeoTIFF.",
        )
    try:
        return _read_geotiff(file, area, margin_m, band, crs, around)
    except rasterio.errors.RasterioError as error:
        what = f"cannot be read ({' '.join(str(error).split())[:200]})"
        refuse(FileFormatError, file.name, what, "Copy or export it again.")
        raise


def _read_geotiff(file: Path, area: StudyArea, margin_m: float, band: int, crs: object, around: int) -> _Grid:
    with (
        warnings.catch_warnings(),
        rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES),
    ):
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(file, driver="GTiff") as grid:
            return _window_of(grid, file.name, area, margin_m, band, crs, around)


def _window_of(
    grid: rasterio.DatasetReader,
    name: str,
    area: StudyArea,
    margin_m: float,
    band: int,
    crs: object,
    around: int,
) -> _Grid:
    place = grid.transform
    if place == rasterio.Affine.identity():
        refuse(CRSError, name, "is not georeferenced", "Export it with its position.")
    if place.b or place.d or place.a <= 0 or place.e >= 0:
        refuse(FileFormatError, name, "is rotated or upside down", "Export it north-up.")
    if not 1 <= band <= grid.count:
        refuse(FileFormatError, name, f"has {grid.count} bands, not {band}", "Say which with band=.")
    said = CRS.from_wkt(grid.crs.to_wkt()) if grid.crs else None
    known = said if crs is None else CRS.from_user_input(crs)
    if known is None:
        remedy = f"{SAY_CRS}; a CRS is never guessed."
        refuse(CRSError, name, "has no coordinate reference system", remedy)
    rows, columns = _rows_and_columns(
        _wider(bounds_in(area, known, margin_m=margin_m), around * place.a, -around * place.e),
        (place.c, place.f, place.a, -place.e),
        (grid.height, grid.width),
        name,
    )
    window = rasterio.windows.Window.from_slices(rows, columns)
    values = grid.read(band, window=window).astype(np.float32)
    declared = np.zeros(values.shape, dtype=bool)
    if grid.nodata is not None:
        declared = (values == np.float32(grid.nodata)) | np.isnan(values)
    unit = grid.units[band - 1] or ""
    return _grid(values, declared, place.c, place.f, place.a, -place.e, rows, columns, known, unit)


def _grid(
    values: NDArray[np.float32],
    declared: NDArray[np.bool_],
    west: float,
    north: float,
    dx: float,
    dy: float,
    rows: slice,
    columns: slice,
    crs: CRS,
    unit: str,
) -> _Grid:
    undeclared = np.isin(values, VOIDS) & ~declared
    void = declared | undeclared | ~np.isfinite(values)
    cleaned = np.where(void, np.float32("nan"), values)
    west, north = west + columns.start * dx, north - rows.start * dy
    return _Grid(cleaned, west, north, dx, dy, crs, unit, int(undeclared.sum()))


def _rows_and_columns(
    bounds: Bounds, grid: tuple[float, float, float, float], shape: tuple[int, int], name: str
) -> tuple[slice, slice]:
    """Pixels that touch the bounds."""
    west, south, east, north = bounds
    left, top, dx, dy = grid
    # A hair's breadth, so that rounding in a projection does not add a row of pixels.
    first_column = max(0, math.floor((west - left) / dx + 1e-6))
    last_column = min(shape[1], math.ceil((east - left) / dx - 1e-6))
    first_row = max(0, math.floor((top - north) / dy + 1e-6))
    last_row = min(shape[0], math.ceil((top - south) / dy - 1e-6))
    if first_row >= last_row or first_column >= last_column:
        what = "does not touch the study area"
        refuse(ValueRangeError, name, what, "Use a raster of the study area; check its CRS.")
    return slice(first_row, last_row), slice(first_column, last_column)


def _read_hgt(file: Path, area: StudyArea, margin_m: float) -> _Grid:
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
    left, top = west - step / 2, south + 1 + step / 2
    bounds = bounds_in(area, WGS84, margin_m=margin_m)
    rows, columns = _rows_and_columns(
        _wider(bounds, step, step), (left, top, step, step), (side, side), file.name
    )
    heights = np.memmap(file, dtype=">i2", mode="r", shape=(side, side))
    values = np.asarray(heights[rows, columns], dtype=np.float32)
    declared = values == np.float32(-32768)
    return _grid(values, declared, left, top, step, step, rows, columns, WGS84, "m")


def _wider(bounds: Bounds, dx: float, dy: float) -> Bounds:
    west, south, east, north = bounds
    return west - dx, south - dy, east + dx, north + dy


def _in_study(
    grids: Sequence[_Grid],
    area: StudyArea,
    margin_m: float,
    resolution_m: float | None,
    names: str,
    *,
    unit: str,
) -> Raster:
    grids = _merged(grids)
    first = grids[0]
    if len(grids) == 1 and first.crs == area.crs and resolution_m is None:
        return Raster(first.values, first.west, first.north, first.dx, first.dy, first.crs, unit, names)
    step = resolution_m or _pixel_metres(first, area)
    west, south, east, north = _needed(grids, area, margin_m)
    # On multiples of the step, so that studies of neighbouring areas share their pixels.
    left, top = math.floor(west / step) * step, math.ceil(north / step) * step
    columns, rows = math.ceil((east - left) / step - 1e-9), math.ceil((top - south) / step - 1e-9)
    heights = np.full((rows, columns), np.nan, dtype=np.float32)
    for grid in grids:
        tile = _warped(grid, area.crs, (left, top, step), (rows, columns), smooth=unit == "m")
        heights = np.where(np.isnan(heights), tile, heights)
    return Raster(heights, left, top, step, step, area.crs, unit, names)


def _merged(grids: Sequence[_Grid]) -> Sequence[_Grid]:
    """Tiles that lie on one grid as one, so that there is no seam between them; others as they are."""
    first = grids[0]
    places = np.array(
        [[(one.west - first.west) / first.dx, (first.north - one.north) / first.dy] for one in grids]
    )
    cells = np.round(places).astype(int)
    alike = all(
        one.crs == first.crs
        and math.isclose(one.dx, first.dx, rel_tol=1e-6)
        and math.isclose(one.dy, first.dy, rel_tol=1e-6)
        for one in grids
    )
    if len(grids) == 1 or not alike or np.abs(places - cells).max() > SHIFT:
        return grids
    left, top = cells.min(axis=0)
    right = max(column + one.values.shape[1] for (column, _), one in zip(cells, grids, strict=True))
    bottom = max(row + one.values.shape[0] for (_, row), one in zip(cells, grids, strict=True))
    values = np.full((bottom - top, right - left), np.nan, dtype=np.float32)
    for (column, row), one in zip(cells - [left, top], grids, strict=True):
        rows, columns = one.values.shape
        part = values[row : row + rows, column : column + columns]
        part[:] = np.where(np.isnan(part), one.values, part)
    west, north = first.west + left * first.dx, first.north - top * first.dy
    return [replace(first, values=values, west=float(west), north=float(north))]


def _needed(grids: Sequence[_Grid], area: StudyArea, margin_m: float) -> Bounds:
    """The study area, and of its margin what the tiles cover."""
    west, south, east, north = bounds_in(area, area.crs, margin_m=margin_m)
    edges = np.array([_bounds_in_study(grid, area) for grid in grids])
    inner = area.bounds
    return (
        min(inner[0], max(west, float(edges[:, 0].min()))),
        min(inner[1], max(south, float(edges[:, 1].min()))),
        max(inner[2], min(east, float(edges[:, 2].max()))),
        max(inner[3], min(north, float(edges[:, 3].max()))),
    )


def _bounds_in_study(grid: _Grid, area: StudyArea) -> Bounds:
    rows, columns = grid.values.shape
    edges = (grid.west, grid.north - rows * grid.dy, grid.west + columns * grid.dx, grid.north)
    moved = Transformer.from_crs(grid.crs, area.crs, always_xy=True).transform_bounds(*edges, densify_pts=21)
    return float(moved[0]), float(moved[1]), float(moved[2]), float(moved[3])


def _pixel_metres(grid: _Grid, area: StudyArea) -> float:
    rows, columns = grid.values.shape
    x, y = grid.west + columns / 2 * grid.dx, grid.north - rows / 2 * grid.dy
    to_study = Transformer.from_crs(grid.crs, area.crs, always_xy=True)
    (x0, x1), (y0, y1) = to_study.transform([x, x], [y, y + grid.dy])
    size = math.hypot(x1 - x0, y1 - y0)
    return float(round(size)) if size >= 5 else float(f"{size:.3g}")


def _warped(
    grid: _Grid, crs: CRS, place: tuple[float, float, float], shape: tuple[int, int], *, smooth: bool
) -> NDArray[np.float32]:
    left, top, step = place
    answer = np.full(shape, np.nan, dtype=np.float32)
    rasterio.warp.reproject(
        grid.values,
        answer,
        src_transform=rasterio.Affine(grid.dx, 0, grid.west, 0, -grid.dy, grid.north),
        src_crs=rasterio.CRS.from_wkt(grid.crs.to_wkt()),
        src_nodata=np.nan,
        dst_transform=rasterio.Affine(step, 0, left, 0, -step, top),
        dst_crs=rasterio.CRS.from_wkt(crs.to_wkt()),
        dst_nodata=np.nan,
        resampling=rasterio.warp.Resampling.bilinear if smooth else rasterio.warp.Resampling.nearest,
        num_threads=1,
        tolerance=0.0,
    )
    return answer
