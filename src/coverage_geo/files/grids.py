"""Heights and people on grids, read in windows: the only place that opens rasters."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer

from coverage_geo.errors import Fault, InputError, RepairWarning, ValueRangeError, raise_faults, refuse
from coverage_geo.files.on_disk import RasterOnDisk, on_study_grid
from coverage_geo.files.tiles import OpenTiles, Tile, tile_of
from coverage_geo.rasters import Raster, refuse_outside
from coverage_geo.tables import as_study_area

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from coverage_geo.tables import StudyArea

METRES = frozenset({"", "m", "metre", "meter", "metres", "meters"})
MOST_IN_MEMORY = 25_000_000  # pixels, 100 MB; larger terrain and land cover stay in their files
SHOWN_NAMES = 5
LOWEST_M, HIGHEST_M = -12_000.0, 9_000.0  # the floor of the sea and the highest peak
PROBES = 200  # places a side at which a study area is looked up in the tiles


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
    tile = tile_of(path, as_study_area(study_area), margin_m=0.0, band=band, crs=crs, around=0)
    rows, columns = tile.grid.shape
    with OpenTiles() as files:
        stored = files.read(tile, slice(0, rows), slice(0, columns))
    void, undeclared = tile.voids(stored)
    negative = (tile.scaled(stored) < 0) & ~void if unit == "people" else np.zeros(stored.shape, dtype=bool)
    mended = int(undeclared.sum()) + int(negative.sum())
    if mended:
        text = (
            f"{tile.file.name}: {mended:,} pixels with values such as -9999 or below 0 are read as no value"
        )
        warnings.warn(text, RepairWarning, stacklevel=2)
    values = np.where(void | negative, np.float32("nan"), tile.scaled(stored))
    return Raster(values, *tile.grid[:4], tile.crs, unit, tile.file.name)


def read_terrain(
    paths: Path | str | Sequence[Path | str],
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    margin_m: float = 10_000.0,
    resolution_m: float | None = None,
    crs: object = None,
) -> Raster | RasterOnDisk:
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
    Raster or RasterOnDisk
        Heights [m]; NaN where a tile has a void (-32768, -9999, nodata) or there is no tile. Up to 25 million
        pixels are read at once and a warning counts what is missing inside the study area. More stay in their
        files, and functions that take terrain read windows around each tower: then a warning tells what no
        tile covers, voids are counted where paths meet them, and `.missing(bounds)` counts them on request.

    Raises
    ------
    FileFormatError
        When a file is neither GeoTIFF nor `.hgt` (a VRT is refused).
    CRSError
        When a GeoTIFF has no CRS and none was given.
    ValueRangeError
        When no tile touches the study area, or heights are not in metres or higher than any on Earth.

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
    tiles, names = _tiles(paths, area, margin_m, crs)
    _check_metres(tiles, names)
    terrain = on_study_grid(tiles, area, name=names, unit="m", margin_m=margin_m, resolution_m=resolution_m)
    if math.prod(terrain.grid.shape) > MOST_IN_MEMORY:
        _warn_of_missing_tiles(tiles, area, names)
        return terrain
    whole = terrain.window(terrain.bounds)
    known = whole.values[np.isfinite(whole.values)]
    if known.size and not LOWEST_M <= known.min() <= known.max() <= HIGHEST_M:
        what = f"heights reach from {known.min():g} to {known.max():g} m"
        refuse(ValueRangeError, names, what, "Convert them to metres, or declare what means no value.")
    rows, columns = whole.grid.within(area.bounds) or refuse_outside(names, area.bounds, whole.bounds)
    if not shapely.box(*whole.bounds).covers(shapely.box(*area.bounds)):
        _warn_of_missing_tiles(tiles, area, names)
    inside = whole.values[rows, columns]
    missing = int(np.isnan(inside).sum())
    if missing:
        said = f"{names}: {missing:,} of {inside.size:,} heights ({missing / inside.size:.1%}) are missing"
        warnings.warn(said, RepairWarning, stacklevel=2)
    return whole


def read_land_cover(
    paths: Path | str | Sequence[Path | str],
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    margin_m: float = 10_000.0,
    resolution_m: float | None = None,
    crs: object = None,
) -> Raster | RasterOnDisk:
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
    Raster or RasterOnDisk
        Classes as numbers; NaN where a tile has no value or there is none. For `cg.radio.clutter_heights`.
        More than 25 million pixels stay in their files.

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
    tiles, names = _tiles(paths, area, margin_m, crs)
    cover = on_study_grid(tiles, area, name=names, unit="class", margin_m=margin_m, resolution_m=resolution_m)
    return cover if math.prod(cover.grid.shape) > MOST_IN_MEMORY else cover.window(cover.bounds)


def _tiles(
    paths: Path | str | Sequence[Path | str], area: StudyArea, margin_m: float, crs: object
) -> tuple[list[Tile], str]:
    """The tiles that touch the study area, in the order of their names, and those names."""
    files = (
        [paths]
        if isinstance(paths, str | Path)
        else sorted(paths, key=lambda one: (Path(one).name, str(one)))
    )
    tiles = []
    faults: list[Fault] = []
    for file in files:
        try:
            tiles.append(tile_of(file, area, margin_m=margin_m, crs=crs))
        except ValueRangeError:
            if len(files) == 1:
                raise
        except InputError as error:
            faults += error.faults
    raise_faults(faults)
    if not tiles:
        names = ", ".join(Path(file).name for file in files)
        what = f"none of the {len(files)} tiles touches the study area"
        refuse(ValueRangeError, names, what, "Give the tiles of the study area.")
    more = f" and {len(tiles) - SHOWN_NAMES} more" if len(tiles) > SHOWN_NAMES else ""
    return tiles, ", ".join(tile.file.name for tile in tiles[:SHOWN_NAMES]) + more


def _check_metres(tiles: Sequence[Tile], names: str) -> None:
    units = sorted({tile.unit for tile in tiles if tile.unit.casefold() not in METRES})
    if units:
        what = f"heights are in {', '.join(units)}"
        refuse(ValueRangeError, names, what, "Convert them to metres.")


def _warn_of_missing_tiles(tiles: Sequence[Tile], area: StudyArea, names: str) -> None:
    """Say how much of the study area no tile covers, by its places alone: no height is read."""
    west, south, east, north = area.bounds
    share = (np.arange(PROBES) + 0.5) / PROBES
    across, down = np.meshgrid(west + share * (east - west), south + share * (north - south))
    covered = np.zeros(across.size, dtype=bool)
    for tile in tiles:
        mover = Transformer.from_crs(area.crs, tile.crs, always_xy=True)
        x, y = mover.transform(across.ravel(), down.ravel())
        left, bottom, right, top = tile.grid.bounds
        covered |= (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    if not covered.all():
        said = f"{names}: about {1 - covered.mean():.1%} of the study area has no tile"
        warnings.warn(said, RepairWarning, stacklevel=3)
