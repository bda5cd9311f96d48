"""Heights of trees and buildings from land cover and canopy heights."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from coverage_geo.errors import CRSError, Fault, ValueRangeError, kind_faults, raise_faults
from coverage_geo.radio.ground import (
    HIGHEST_CLUTTER_M,
    READ_LAND_COVER,
    READ_TERRAIN,
    clutter_faults,
    on_pixels_of,
)
from coverage_geo.rasters import MappedSource, Raster, RasterSource

if TYPE_CHECKING:
    from collections.abc import Collection

# ESA WorldCover class: representative height [m]. The heights are those of ITU-R P.1812-8, Table 2, for the
# clutter category that the class comes nearest to: open or rural 0, trees 15, urban 15; half for low growth.
WORLD_COVER_HEIGHTS_M: dict[int, float] = {
    10: 15.0,  # tree cover
    20: 3.0,  # shrubland
    30: 0.0,  # grassland
    40: 0.0,  # cropland
    50: 15.0,  # built-up
    60: 0.0,  # bare or sparse
    70: 0.0,  # snow and ice
    80: 0.0,  # water
    90: 0.0,  # herbaceous wetland
    95: 10.0,  # mangroves
    100: 0.0,  # moss and lichen
}
BUILT_UP = (50,)


def clutter_heights(
    land_cover: RasterSource,
    heights_m: Mapping[int, float] = WORLD_COVER_HEIGHTS_M,
    *,
    canopy: RasterSource | None = None,
    built_up: Collection[int] = BUILT_UP,
) -> Raster | MappedSource:
    """Representative clutter height of each pixel of a land-cover raster, or the measured canopy's.

    Parameters
    ----------
    land_cover
        Classes as whole numbers, such as ESA WorldCover's 10 for trees; NaN where not known.
    heights_m
        Height of each class, 0 to 100 [m]; `read_clutter_heights` reads them from a table.
    canopy
        Canopy heights in the same CRS [m]; where they are known they replace those of the class.
    built_up
        Classes that stay at least as high as `heights_m` says: canopy rasters know no buildings.

    Returns
    -------
    Raster or MappedSource
        Heights [m] on the pixels of the land cover, NaN where neither is known; give it as `clutter`. Of land
        cover that stays in its files each window is made, and checked, when it is asked for.

    Raises
    ------
    ValueRangeError
        When a class has no height, or a height is not 0 to 100 m.
    CRSError
        When the canopy is in another CRS.

    References
    ----------
    ITU-R P.1812-8, Table 2; ESA WorldCover 2021, Product User Manual, class definitions.

    Examples
    --------
    >>> place = {"west": 0, "north": 10, "dx": 10, "dy": 10, "crs": "EPSG:32748"}
    >>> cover = Raster([[10, 40, 50]], **place, unit="class")
    >>> clutter_heights(cover).values.tolist()
    [[15.0, 0.0, 15.0]]
    >>> clutter_heights(cover, {10: 25, 40: 1, 50: 8}).values.tolist()
    [[25.0, 1.0, 8.0]]
    >>> clutter_heights(cover, canopy=Raster([[31, np.nan, 2]], **place, unit="m")).values.tolist()
    [[31.0, 0.0, 15.0]]
    """
    faults = kind_faults("land_cover", land_cover, RasterSource, READ_LAND_COVER)
    if canopy is not None:
        faults += kind_faults("canopy", canopy, RasterSource, READ_TERRAIN)
    remedy = "Give a height in m by class: cg.read_clutter_heights."
    raise_faults(faults + kind_faults("heights_m", heights_m, Mapping, remedy))
    made = partial(
        _heights_over, of=land_cover, heights_m=dict(heights_m), canopy=canopy, built_up=tuple(built_up)
    )
    return made(land_cover) if isinstance(land_cover, Raster) else MappedSource(land_cover, made)


def _heights_over(
    land_cover: Raster,
    *,
    of: RasterSource,
    heights_m: Mapping[int, float],
    canopy: RasterSource | None,
    built_up: Collection[int],
) -> Raster:
    """Heights on the pixels of a window of the land cover."""
    classes = land_cover.values
    known = np.array(sorted(heights_m), dtype=np.float32)
    heights = np.array([heights_m[int(one)] for one in known], dtype=np.float32)
    faults = [
        Fault(ValueRangeError, "clutter heights", f"class {int(one)} has {height} m", "Give 0 to 100 m.")
        for one, height in zip(known, heights, strict=True)
        if not 0 <= height <= HIGHEST_CLUTTER_M
    ]
    missing = ~np.isin(classes, known) & ~np.isnan(classes)
    if missing.any():
        named = ", ".join(f"{one:g}" for one in np.unique(classes[missing])[:5])
        what = f"no height for class {named} ({missing.sum():,} pixels)"
        faults.append(Fault(ValueRangeError, land_cover.name, what, "Add it to heights_m."))
    if canopy is not None and canopy.crs != land_cover.crs:
        what = f"is in {canopy.crs.name}, the land cover in {land_cover.crs.name}"
        faults.append(Fault(CRSError, "canopy", what, "Read both with the same study_area=."))
    if isinstance(canopy, Raster):
        faults += clutter_faults(canopy)
    raise_faults(faults)
    found = np.searchsorted(known, np.nan_to_num(classes, nan=known[0]))
    values = np.where(np.isnan(classes), np.float32(np.nan), heights[found])
    name = f"clutter from {land_cover.name}"
    if canopy is not None:
        trees = on_pixels_of(land_cover, canopy, of=of).values
        lowest = np.where(np.isin(classes, list(built_up)), values, np.float32(0))
        values = np.where(np.isnan(trees), values, np.maximum(trees, lowest))
        name += " and canopy heights"
    return Raster(values, *land_cover.grid[:4], land_cover.crs, "m", name)
