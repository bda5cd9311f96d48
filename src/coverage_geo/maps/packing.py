"""Geometry of a study as short lists of whole numbers in degrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEGREES = "EPSG:4326"
PER_DEGREE = 100_000  # five decimals, about a metre
FINEST_M = 10.0
VERTICES = 120_000
VERTICES_PER_AREA = 10


class Packed(TypedDict):
    """Coordinates as steps from one vertex to the next, and how many belong together at each depth."""

    steps: list[int]
    sizes: list[list[int]]


def pack(geometry: gpd.GeoSeries) -> Packed:
    """Coordinates of geometries of one kind, as whole steps in 1e-5 degrees.

    Parameters
    ----------
    geometry
        Points, or lines, or areas, in any CRS; none missing.

    Returns
    -------
    Packed
        ``steps``: longitude and latitude of the first vertex, then of each further one as the difference to
        the one before. ``sizes``: how many vertices a line or ring has, then how many rings an area, ...

    Examples
    --------
    >>> places = gpd.GeoSeries.from_xy([105.0, 105.00001], [-2.0, -2.0], crs="EPSG:4326")
    >>> pack(places)
    {'steps': [10500000, -200000, 1, 0], 'sizes': []}
    """
    kind, coordinates, offsets = shapely.to_ragged_array(geometry.to_crs(DEGREES).to_numpy(), include_z=False)
    whole = np.rint(np.asarray(coordinates).reshape(-1, 2) * PER_DEGREE).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    nested = () if kind == shapely.GeometryType.POINT else offsets
    return {"steps": steps.ravel().tolist(), "sizes": [np.diff(offset).tolist() for offset in nested]}


def in_drawing_order(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Geometries along a space-filling curve, so that steps are short and row order does not matter.

    Parameters
    ----------
    geometry
        Points or lines; none missing.

    Returns
    -------
    geopandas.GeoSeries
        The same geometries, sorted.
    """
    if not len(geometry):
        return geometry
    bounds = geometry.bounds.to_numpy()
    along = geometry.hilbert_distance(total_bounds=geometry.total_bounds, level=16).to_numpy()
    order = np.lexsort((*bounds.T[::-1], along))
    return geometry.iloc[order]


def simplify_areas(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Areas with fewer vertices, neighbours still sharing their border where they did.

    Parameters
    ----------
    geometry
        Polygons in metres. Where they overlap or leave slivers, each is simplified alone.

    Returns
    -------
    geopandas.GeoSeries
        Same index; every area stays an area. The tolerance is 10 m, or more where the drawing would be large.
    """
    areas = geometry.to_numpy()
    shared = bool(shapely.coverage_is_valid(areas))
    allowed = VERTICES + VERTICES_PER_AREA * len(areas)
    tolerance = FINEST_M
    vertices = shapely.get_num_coordinates(areas).sum()
    if (
        vertices > allowed
    ):  # skip tolerances far below the length of a side: each try takes seconds on a country
        tolerance = max(tolerance, float(shapely.length(areas).sum() / vertices) / 2)
    simple = _simplified(areas, tolerance, shared=shared)
    while shapely.get_num_coordinates(simple).sum() > allowed and tolerance < 1_000:
        tolerance *= 2
        simple = _simplified(areas, tolerance, shared=shared)
    return gpd.GeoSeries(simple, index=geometry.index, crs=geometry.crs)


def _simplified(areas: NDArray[np.object_], tolerance: float, *, shared: bool) -> NDArray[np.object_]:
    simple = shapely.coverage_simplify(areas, tolerance) if shared else shapely.simplify(areas, tolerance)
    lost = shapely.is_empty(simple) | ~np.isin(shapely.get_dimensions(simple), [2])
    result: NDArray[np.object_] = np.where(lost, areas, simple)
    return result
