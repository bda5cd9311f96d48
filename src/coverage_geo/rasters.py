"""Grids of heights, people or land cover: immutable, with CRS, unit and windows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from pyproj import CRS

from coverage_geo.errors import (
    Fault,
    ValueRangeError,
    raise_faults,
    refuse,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bounds = tuple[float, float, float, float]


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
    def bounds(self) -> Bounds:
        """(west, south, east, north) of the outer pixel edges."""
        rows, columns = self.shape
        return self.west, self.north - rows * self.dy, self.west + columns * self.dx, self.north

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
        west, south, east, north = bounds
        rows, columns = self.shape
        first_column = max(0, math.floor((west - self.west) / self.dx))
        last_column = min(columns, math.ceil((east - self.west) / self.dx))
        first_row = max(0, math.floor((self.north - north) / self.dy))
        last_row = min(rows, math.ceil((self.north - south) / self.dy))
        if first_column >= last_column or first_row >= last_row:
            what = f"window {bounds} lies outside {self.bounds}"
            refuse(ValueRangeError, self.name, what, "Use a raster that covers the study area.")
        return Raster(
            self.values[first_row:last_row, first_column:last_column],
            west=self.west + first_column * self.dx,
            north=self.north - first_row * self.dy,
            dx=self.dx,
            dy=self.dy,
            crs=self.crs,
            unit=self.unit,
            name=self.name,
        )

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
        rows, columns = self.shape
        column = (np.asarray(x, dtype=float) - self.west) / self.dx - 0.5
        row = (self.north - np.asarray(y, dtype=float)) / self.dy - 0.5
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
