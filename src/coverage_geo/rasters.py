"""Grids of heights, people or land cover: immutable, with CRS, unit and windows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Protocol, runtime_checkable

import numpy as np
from pyproj import CRS

from coverage_geo.errors import Fault, ValueRangeError, raise_faults, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Bounds = tuple[float, float, float, float]


@runtime_checkable
class RasterSource(Protocol):
    """Anything that hands out windows of a north-up grid: a `Raster` in memory, or a file read in pieces."""

    @property
    def crs(self) -> CRS:
        """CRS of the coordinates."""
        ...

    @property
    def bounds(self) -> Bounds:
        """(west, south, east, north) of the outer pixel edges."""
        ...

    @property
    def resolution(self) -> tuple[float, float]:
        """Pixel width and height, both positive."""
        ...

    def window(self, bounds: Bounds) -> Raster:
        """Return the pixels that touch the bounds."""
        ...


class Grid(NamedTuple):
    """Where the pixels of a north-up grid lie: its north-western corner, the pixels' size and their number.

    Examples
    --------
    >>> grid = Grid(0.0, 60.0, 30.0, 30.0, (2, 2))
    >>> grid.within((31, 31, 59, 59))
    (slice(0, 1, None), slice(1, 2, None))
    >>> grid.part(slice(0, 1), slice(1, 2)).bounds
    (30.0, 30.0, 60.0, 60.0)
    """

    west: float
    north: float
    dx: float
    dy: float
    shape: tuple[int, int]

    @property
    def bounds(self) -> Bounds:
        """(west, south, east, north) of the outer pixel edges."""
        rows, columns = self.shape
        return self.west, self.north - rows * self.dy, self.west + columns * self.dx, self.north

    def within(self, bounds: Bounds) -> tuple[slice, slice] | None:
        """Rows and columns of the pixels that touch the bounds; None where none does.

        Parameters
        ----------
        bounds
            (west, south, east, north).

        Returns
        -------
        rows, columns : slice
            At least one of each.
        """
        west, south, east, north = bounds
        rows, columns = self.shape
        first_column = max(0, math.floor((west - self.west) / self.dx))
        last_column = min(columns, math.ceil((east - self.west) / self.dx))
        first_row = max(0, math.floor((self.north - north) / self.dy))
        last_row = min(rows, math.ceil((self.north - south) / self.dy))
        if first_column >= last_column or first_row >= last_row:
            return None
        return slice(first_row, last_row), slice(first_column, last_column)

    def part(self, rows: slice, columns: slice, size: int = 1) -> Grid:
        """Grid of some of the pixels, or of squares of them.

        Parameters
        ----------
        rows, columns
            Of this grid.
        size
            Pixels along a side of a square; the last ones may stand out.

        Returns
        -------
        Grid
            At least one pixel.
        """
        shape = -(-(rows.stop - rows.start) // size), -(-(columns.stop - columns.start) // size)
        west, north = self.west + columns.start * self.dx, self.north - rows.start * self.dy
        return Grid(west, north, size * self.dx, size * self.dy, shape)


def grid_of(source: RasterSource) -> Grid:
    """Return the grid that a source hands out windows of.

    Parameters
    ----------
    source
        In memory or not.

    Returns
    -------
    Grid
        All its pixels.

    Examples
    --------
    >>> grid_of(Raster([[1, 2]], west=0, north=60, dx=30, dy=30, crs="EPSG:32748", unit="m")).shape
    (1, 2)
    """
    west, south, east, north = source.bounds
    dx, dy = source.resolution
    return Grid(west, north, dx, dy, (round((north - south) / dy), round((east - west) / dx)))


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """An immutable north-up grid. Values belong to pixel areas; heights are those at pixel centres.

    Attributes
    ----------
    values : numpy.ndarray
        Shape (rows, columns), the first row in the north, float32; NaN where there is no value. Read-only.
    west, north : float
        Outer corner of the first pixel, in the CRS's unit.
    dx, dy : float
        Pixel width and height, both positive.
    crs : pyproj.CRS
        CRS of the coordinates.
    unit : str
        Unit of the values, such as "m" or "people".
    name : str
        What it is and where it comes from, for messages.

    Examples
    --------
    >>> grid = Raster([[1.0, 2.0], [3.0, 4.0]], west=0, north=60, dx=30, dy=30, crs="EPSG:32748", unit="m")
    >>> grid.bounds
    (0.0, 0.0, 60.0, 60.0)
    >>> grid.window((31, 31, 59, 59)).values.tolist()
    [[2.0]]
    >>> float(grid.sample([30.0], [30.0])[0])
    2.5
    """

    values: NDArray[np.float32]
    west: float
    north: float
    dx: float
    dy: float
    crs: CRS
    unit: str
    name: str = "raster"

    def __repr__(self) -> str:
        rows, columns = self.shape
        return (
            f"Raster({self.name}, {rows:,} rows x {columns:,} columns of {self.dx:g} x {self.dy:g}, "
            f"values in {self.unit}, {self.crs.name})"
        )

    def __post_init__(self) -> None:
        values = np.ascontiguousarray(self.values, dtype=np.float32)
        if values.flags.writeable:
            values = values.copy() if np.may_share_memory(values, self.values) else values
            values.flags.writeable = False
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "crs", CRS.from_user_input(self.crs))
        for edge in ("west", "north", "dx", "dy"):
            object.__setattr__(self, edge, float(getattr(self, edge)))
        faults = []
        if values.ndim != 2 or values.size == 0:
            what = f"values have shape {values.shape}"
            faults.append(Fault(ValueRangeError, self.name, what, "Give one band of rows and columns."))
        if not (self.dx > 0 and self.dy > 0 and math.isfinite(self.west) and math.isfinite(self.north)):
            what = f"pixels of {self.dx:g} by {self.dy:g} at ({self.west:g}, {self.north:g})"
            faults.append(
                Fault(ValueRangeError, self.name, what, "Give a north-up grid with positive pixel sizes.")
            )
        raise_faults(faults)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        rows, columns = self.values.shape
        return rows, columns

    @property
    def grid(self) -> Grid:
        """Where the pixels lie."""
        return Grid(self.west, self.north, self.dx, self.dy, self.shape)

    @property
    def bounds(self) -> Bounds:
        """(west, south, east, north) of the outer pixel edges."""
        return self.grid.bounds

    @property
    def resolution(self) -> tuple[float, float]:
        """Pixel width and height."""
        return self.dx, self.dy

    def window(self, bounds: Bounds) -> Raster:
        """Return the pixels that touch the bounds.

        Parameters
        ----------
        bounds
            (west, south, east, north) in the raster's CRS; clipped to the raster.

        Returns
        -------
        Raster
            A smaller grid of the same pixels.

        Raises
        ------
        ValueRangeError
            When the bounds do not touch the raster.
        """
        inside = self.grid.within(bounds)
        if inside is None:
            refuse_outside(self.name, bounds, self.bounds)
        return Raster(self.values[inside], *self.grid.part(*inside)[:4], self.crs, self.unit, self.name)

    def sample(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values at points, bilinear between pixel centres.

        Parameters
        ----------
        x, y
            Coordinates in the raster's CRS, shape (n,).

        Returns
        -------
        numpy.ndarray
            Shape (n,); NaN outside the raster or beside a void. Within half a pixel of the edge the
            outermost pixel's value holds.
        """
        column = (np.asarray(x, dtype=float) - self.west) / self.dx - 0.5
        row = (self.north - np.asarray(y, dtype=float)) / self.dy - 0.5
        return self.between(row, column)

    def between(self, row: NDArray[np.float64], column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values at positions among the pixels, bilinear between their centres.

        Parameters
        ----------
        row, column
            Counted from the centre of the first pixel, shape (n,).

        Returns
        -------
        numpy.ndarray
            As `sample`.
        """
        rows, columns = self.shape
        inside = (column >= -0.5) & (column <= columns - 0.5) & (row >= -0.5) & (row <= rows - 0.5)
        column = np.clip(np.where(inside, column, 0), 0, columns - 1)
        row = np.clip(np.where(inside, row, 0), 0, rows - 1)
        left = np.minimum(column.astype(int), max(columns - 2, 0))
        top = np.minimum(row.astype(int), max(rows - 2, 0))
        right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
        across, down = column - left, row - top
        upper = self.values[top, left] * (1 - across) + self.values[top, right] * across
        lower = self.values[bottom, left] * (1 - across) + self.values[bottom, right] * across
        return np.where(inside, upper * (1 - down) + lower * down, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class MappedSource:
    """What a function makes of each window of a source, which need not be in memory.

    Attributes
    ----------
    source : RasterSource
        Hands out the windows.
    of : callable
        Makes a raster of a window, on the same pixels; a function of a module, so that pickles work.

    Examples
    --------
    >>> grid = Raster([[1, 2]], west=0, north=60, dx=30, dy=30, crs="EPSG:32748", unit="m")
    >>> twice = MappedSource(grid, lambda part: Raster(2 * part.values, *part.grid[:4], part.crs, "m"))
    >>> twice.window((31, 31, 59, 59)).values.tolist()
    [[4.0]]
    """

    source: RasterSource
    of: Callable[[Raster], Raster]

    @property
    def crs(self) -> CRS:
        """CRS of the coordinates."""
        return self.source.crs

    @property
    def bounds(self) -> Bounds:
        """(west, south, east, north) of the outer pixel edges."""
        return self.source.bounds

    @property
    def resolution(self) -> tuple[float, float]:
        """Pixel width and height."""
        return self.source.resolution

    def window(self, bounds: Bounds) -> Raster:
        """Return what the function makes of the pixels that touch the bounds.

        Parameters
        ----------
        bounds
            (west, south, east, north) in the source's CRS.

        Returns
        -------
        Raster
            In memory.
        """
        return self.of(self.source.window(bounds))


def refuse_outside(name: str, bounds: Bounds, edges: Bounds) -> NoReturn:
    """Say that a window lies outside a raster.

    Parameters
    ----------
    name
        Name of the raster.
    bounds, edges
        Of the window, and of the raster.

    Raises
    ------
    ValueRangeError
        Always.

    Examples
    --------
    >>> refuse_outside("dem.tif", (9, 9, 10, 10), (0, 0, 1, 1))
    Traceback (most recent call last):
    coverage_geo.errors.ValueRangeError: dem.tif: window (9, 9, 10, 10) lies outside (0, 0, 1, 1). ...
    """
    what = f"window {bounds} lies outside {edges}"
    refuse(ValueRangeError, name, what, "Use a raster that covers the study area.")
