"""What grows and stands on a fictional district: classes as in ESA WorldCover."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import ndimage

from coverage_geo.fictional.grids import Grid, stream
from coverage_geo.rasters import Raster

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

TREES, SHRUBS, GRASS, CROPS, BUILT, WATER, MANGROVES = 10, 20, 30, 40, 50, 80, 95
TOWN_PEOPLE = 600
FIELDS_M = 900.0
SHORE_M = 400.0


def land_cover_raster(
    terrain: Raster, settlements: gpd.GeoDataFrame, road_lines: NDArray[np.object_], *, seed: int
) -> Raster:
    """Land cover on the terrain's pixels: fields near roads and hamlets, forest where it is steep or far.

    Parameters
    ----------
    terrain
        Heights, 0 at sea [m].
    settlements
        Hamlets, with people.
    road_lines
        Roads as lines.
    seed
        Seed of the district.

    Returns
    -------
    Raster
        Class numbers of ESA WorldCover.
    """
    rows, columns = terrain.shape
    grid = Grid(terrain.west, terrain.north, terrain.dx, rows, columns)
    height = terrain.values.astype(float)
    slope = np.hypot(*np.gradient(height, terrain.dx))
    noise = grid.fractal_noise(stream(seed, "land cover"), 3_000)
    hamlets = settlements.geometry.to_numpy()
    town = settlements["people"].to_numpy() >= TOWN_PEOPLE
    along = shapely.segmentize(road_lines, terrain.dx / 2)
    tended = np.minimum(_distance(grid, along), _distance(grid, hamlets) - FIELDS_M / 2)
    cover = np.full(height.shape, TREES)
    cover[noise > 0.45] = SHRUBS
    cover[(noise < -0.6) & (slope < 0.2)] = GRASS
    cover[(tended < FIELDS_M * (1 + 0.6 * noise)) & (slope < 0.25)] = CROPS
    cover[_distance(grid, hamlets[town]) < 1.5 * terrain.dx] = BUILT
    sea = height <= 0
    from_sea = (
        ndimage.distance_transform_edt(~sea) * terrain.dx if sea.any() else np.full(height.shape, np.inf)
    )
    cover[(from_sea < SHORE_M) & (height < 4) & (noise > 0) & (cover == TREES)] = MANGROVES
    cover[sea] = WATER
    return Raster(
        cover,
        west=terrain.west,
        north=terrain.north,
        dx=terrain.dx,
        dy=terrain.dy,
        crs=terrain.crs,
        unit="class",
        name="fictional land cover",
    )


def _distance(grid: Grid, shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Distance of each pixel from the nearest vertex [m]."""
    there = np.zeros(grid.size, dtype=bool)
    points = shapely.get_coordinates(shapes)
    if not len(points):
        return np.full((grid.rows, grid.columns), np.inf)
    there[grid.cell_of(points)] = True
    away = ndimage.distance_transform_edt(~there.reshape(grid.rows, grid.columns))
    return np.asarray(away) * grid.step
