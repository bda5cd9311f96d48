"""Terrain and clutter around one transmitter, as the loops read them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pyproj import CRS

from coverage_geo.errors import CRSError, Fault, raise_faults
from coverage_geo.rasters import Bounds, Raster

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_geo.rasters import RasterSource

FLAT_SPACING_M = 100.0
MARGIN_PIXELS = 2


class Placed(NamedTuple):
    """A window of the ground and where the transmitter stands in it.

    grid and clutter are flattened by rows, clutter may be one value for all; tower_row and tower_column are
    the pixel whose centre lies north-west of the transmitter, row and column its position from there in
    pixels; spacing_m is the longest step of a profile.
    """

    window: Raster
    grid: NDArray[np.float32]
    clutter: NDArray[np.float32]
    tower_row: int
    tower_column: int
    row: float
    column: float
    spacing_m: float


@dataclass(frozen=True, slots=True)
class Ground:
    """Terrain and clutter of a study; either may be absent.

    Attributes
    ----------
    terrain : RasterSource or None
        Heights above sea level [m]; None is flat ground at sea level.
    clutter : RasterSource or None
        Heights of trees and buildings over the terrain [m]; None is the model's own height everywhere.

    Examples
    --------
    >>> Ground(None, None).around((0.0, 0.0), (-500.0, -500.0, 500.0, 500.0), 0.0).spacing_m
    100.0
    """

    terrain: RasterSource | None
    clutter: RasterSource | None

    def check(self, crs: CRS) -> None:
        """Refuse terrain or clutter in another CRS than the study's.

        Parameters
        ----------
        crs
            CRS of the towers.

        Raises
        ------
        CRSError
            When one differs.
        """
        raise_faults(
            [
                Fault(
                    CRSError,
                    name,
                    f"is in {source.crs.name}, the towers in {crs.name}",
                    "Read every input with the same study_area=.",
                )
                for name, source in (("terrain", self.terrain), ("clutter", self.clutter))
                if source is not None and source.crs != crs
            ]
        )

    def aligned(self) -> Ground:
        """Return the same ground with the clutter on the terrain's pixels, where both are in memory.

        Returns
        -------
        Ground
            Saves doing it again for each transmitter.
        """
        if not isinstance(self.terrain, Raster) or self.clutter is None:
            return self
        return Ground(self.terrain, on_pixels_of(self.terrain, self.clutter))

    def heights(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Terrain at places.

        Parameters
        ----------
        x, y
            Places, shape (n,).

        Returns
        -------
        numpy.ndarray
            Shape (n,) [m]; 0 on flat ground, NaN where the terrain has no height.
        """
        if self.terrain is None or not len(x):
            return np.zeros(len(x))
        window = _window(self.terrain, (x.min(), y.min(), x.max(), y.max()))
        return np.full(len(x), np.nan) if window is None else window.sample(x, y)

    def around(
        self, transmitter: tuple[float, float], bounds: Bounds, clutter_height_m: float
    ) -> Placed | None:
        """Window of the ground that holds all paths from a transmitter to places within bounds.

        Parameters
        ----------
        transmitter
            Its (x, y).
        bounds
            (west, south, east, north) of the receivers.
        clutter_height_m
            Clutter everywhere where there is no clutter raster [m].

        Returns
        -------
        Placed or None
            None where there is no terrain at all.
        """
        x, y = transmitter
        wanted = (min(bounds[0], x), min(bounds[1], y), max(bounds[2], x), max(bounds[3], y))
        terrain = flat(wanted) if self.terrain is None else self.terrain
        window = _window(terrain, wanted)
        if window is None:
            return None
        clutter = np.array([clutter_height_m], dtype=np.float32)
        if self.clutter is not None:
            clutter = on_pixels_of(window, self.clutter).values.reshape(-1)
        clutter.flags.writeable = False
        dx, dy = terrain.resolution
        west, _, _, north = terrain.bounds
        column, row = (x - west) / dx - 0.5, (north - y) / dy - 0.5
        first_row, first_column = round((north - window.north) / dy), round((window.west - west) / dx)
        return Placed(
            window,
            window.values.reshape(-1),
            clutter,
            math.floor(row) - first_row,
            math.floor(column) - first_column,
            row - math.floor(row),
            column - math.floor(column),
            FLAT_SPACING_M if self.terrain is None else min(dx, dy),
        )


def flat(bounds: Bounds) -> Raster:
    """Four by four pixels of sea level around these bounds.

    Parameters
    ----------
    bounds
        (west, south, east, north).

    Returns
    -------
    Raster
        Heights of 0 m.

    Examples
    --------
    >>> flat((0.0, 0.0, 10.0, 10.0)).values.max()
    np.float32(0.0)
    """
    west, south, east, north = bounds
    pixel = max(east - west, north - south) + 1
    heights = np.zeros((4, 4), dtype=np.float32)
    return Raster(heights, west - pixel, north + pixel, pixel, pixel, CRS(3857), "m", "flat ground")


def on_pixels_of(grid: Raster, source: RasterSource) -> Raster:
    """Values of a raster at the pixel centres of another: those of the nearest pixel.

    Parameters
    ----------
    grid
        The pixels wanted.
    source
        The values wanted, in the same CRS.

    Returns
    -------
    Raster
        On the pixels of `grid`; NaN where the source has no value.

    Examples
    --------
    >>> grid = Raster([[0.0, 0.0]], west=0, north=10, dx=10, dy=10, crs="EPSG:32748", unit="m")
    >>> coarse = Raster([[7.0]], west=0, north=10, dx=15, dy=10, crs="EPSG:32748", unit="m")
    >>> on_pixels_of(grid, coarse).values.tolist()
    [[7.0, nan]]
    """
    if isinstance(source, Raster) and source.shape == grid.shape and source.bounds == grid.bounds:
        return source
    window = _window(source, grid.bounds)
    values = np.full(grid.shape, np.nan, dtype=np.float32)
    if window is not None:
        rows, columns = grid.shape
        x = grid.west + (np.arange(columns) + 0.5) * grid.dx
        y = grid.north - (np.arange(rows) + 0.5) * grid.dy
        column = np.floor((x - window.west) / window.dx).astype(int)
        row = np.floor((window.north - y) / window.dy).astype(int)
        across = np.flatnonzero((column >= 0) & (column < window.shape[1]))
        down = np.flatnonzero((row >= 0) & (row < window.shape[0]))
        values[np.ix_(down, across)] = window.values[np.ix_(row[down], column[across])]
    return Raster(values, grid.west, grid.north, grid.dx, grid.dy, grid.crs, "m", "clutter")


def nearest_values(
    source: RasterSource, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Values of the pixels that hold these places.

    Parameters
    ----------
    source
        A raster, in the CRS of the places.
    x, y
        Places, shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (n,); NaN outside the raster.

    Examples
    --------
    >>> cover = Raster([[10, 40]], west=0, north=10, dx=10, dy=10, crs="EPSG:32748", unit="class")
    >>> nearest_values(cover, np.array([3.0, 17.0, 99.0]), np.array([5.0, 5.0, 5.0])).tolist()
    [10.0, 40.0, nan]
    """
    found = np.full(len(x), np.nan, dtype=np.float32)
    window = _window(source, (x.min(), y.min(), x.max(), y.max())) if len(x) else None
    if window is not None:
        column = np.floor((x - window.west) / window.dx).astype(int)
        row = np.floor((window.north - y) / window.dy).astype(int)
        rows, columns = window.shape
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        found[inside] = window.values[row[inside], column[inside]]
    return found


def _window(source: RasterSource, bounds: Bounds) -> Raster | None:
    """The raster itself when in memory, else what it has within the bounds and two pixels around; or None."""
    dx, dy = source.resolution
    west, south, east, north = source.bounds
    wanted = (
        bounds[0] - MARGIN_PIXELS * dx,
        bounds[1] - MARGIN_PIXELS * dy,
        bounds[2] + MARGIN_PIXELS * dx,
        bounds[3] + MARGIN_PIXELS * dy,
    )
    if wanted[0] >= east or wanted[2] <= west or wanted[1] >= north or wanted[3] <= south:
        return None
    return source if isinstance(source, Raster) else source.window(wanted)
