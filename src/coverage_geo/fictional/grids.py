"""The square cells in which a fictional district is laid out, and seeded noise upon them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy import ndimage

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

NOWHERE = -1
CELL_M = (150.0, 240.0)


def stream(seed: int, theme: str) -> np.random.Generator:
    """Random numbers of one theme, so that a change in one theme leaves the others as they were.

    Parameters
    ----------
    seed
        Seed of the district, 0 or more.
    theme
        What the numbers are for.

    Returns
    -------
    numpy.random.Generator
        The same numbers for the same seed and theme, on any machine.

    Examples
    --------
    >>> bool(stream(1, "relief").random() == stream(1, "relief").random())
    True
    """
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(theme.encode())]))


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells, the first row in the north.

    Attributes
    ----------
    west, north : float
        Outer corner of the first cell [m].
    step : float
        Side of a cell [m].
    rows, columns : int
        How many there are.
    """

    west: float
    north: float
    step: float
    rows: int
    columns: int

    @property
    def size(self) -> int:
        """How many cells there are."""
        return self.rows * self.columns

    def finer(self, times: int) -> Grid:
        """Return the same area in cells that many times smaller.

        Parameters
        ----------
        times
            How many cells along the side of one.

        Returns
        -------
        Grid
            Of the same corner.
        """
        return Grid(self.west, self.north, self.step / times, self.rows * times, self.columns * times)

    def centres(self) -> NDArray[np.float64]:
        """Return the centres of all cells.

        Returns
        -------
        numpy.ndarray
            Shape (rows * columns, 2) [m].
        """
        row, column = np.divmod(np.arange(self.size), self.columns)
        return np.column_stack(
            [self.west + (column + 0.5) * self.step, self.north - (row + 0.5) * self.step],
        )

    def cell_of(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the number of the cell that holds each point.

        Parameters
        ----------
        points
            Shape (n, 2) [m].

        Returns
        -------
        numpy.ndarray
            Shape (n,), row * columns + column; points outside count to the nearest cell.
        """
        column = np.clip((points[:, 0] - self.west) // self.step, 0, self.columns - 1)
        row = np.clip((self.north - points[:, 1]) // self.step, 0, self.rows - 1)
        return (row * self.columns + column).astype(np.int64)

    def owners(self, villages: gpd.GeoDataFrame) -> NDArray[np.int32]:
        """Return the village that holds each cell's centre.

        Parameters
        ----------
        villages
            Their polygons; where two overlap the later one holds.

        Returns
        -------
        numpy.ndarray
            Shape (rows, columns): position of the village, -1 where there is none.
        """
        shapes = [(geometry, position) for position, geometry in enumerate(villages.geometry)]
        transform = Affine(self.step, 0, self.west, 0, -self.step, self.north)
        burnt = rasterize(
            shapes, (self.rows, self.columns), fill=NOWHERE, transform=transform, dtype=np.int32
        )
        return np.asarray(burnt, dtype=np.int32)

    def smooth_noise(self, rng: np.random.Generator, wavelength_m: float) -> NDArray[np.float64]:
        """Return smooth noise.

        Parameters
        ----------
        rng
            Random numbers.
        wavelength_m
            From one hill to the next [m].

        Returns
        -------
        numpy.ndarray
            Shape (rows, columns), about -1 to 1.
        """
        spacing = max(wavelength_m / 2 / self.step, 1.0)
        coarse = tuple(int(np.ceil(count / spacing)) + 4 for count in (self.rows, self.columns))
        values = rng.uniform(-1, 1, coarse)
        row = 1.5 + np.arange(self.rows) / spacing
        column = 1.5 + np.arange(self.columns) / spacing
        where = np.meshgrid(row, column, indexing="ij")
        return np.asarray(ndimage.map_coordinates(values, where, order=3, mode="nearest")) * 1.3

    def fractal_noise(
        self, rng: np.random.Generator, wavelength_m: float, octaves: int = 5
    ) -> NDArray[np.float64]:
        """Return noise with ever finer and weaker detail.

        Parameters
        ----------
        rng
            Random numbers.
        wavelength_m
            Of the strongest part [m].
        octaves
            How many parts, each half as long and half as strong.

        Returns
        -------
        numpy.ndarray
            Shape (rows, columns), about -1 to 1.
        """
        parts = [
            self.smooth_noise(rng, wavelength_m / 2**octave) * 0.5**octave
            for octave in range(octaves)
            if wavelength_m / 2**octave > 2 * self.step
        ]
        return np.sum(parts, axis=0) / 1.6 if parts else np.zeros((self.rows, self.columns))


def grid_around(
    bounds: tuple[float, float, float, float], pixel_m: float, margin_m: float
) -> tuple[Grid, int]:
    """Lay out a grid of planning cells around the bounds, and how many pixels a cell is wide.

    Parameters
    ----------
    bounds
        (west, south, east, north) of the villages [m].
    pixel_m
        Pixel of the relief [m].
    margin_m
        Land or sea shown beyond the villages [m].

    Returns
    -------
    tuple of Grid and int
        Cells of about 150 to 240 m: small districts get small cells.
    """
    west, south, east, north = bounds
    side = max(east - west, north - south)
    times = max(1, round(float(np.clip(side / 60, *CELL_M)) / pixel_m))
    step = pixel_m * times
    left, top = np.floor((west - margin_m) / step) * step, np.ceil((north + margin_m) / step) * step
    columns, rows = np.ceil((east + margin_m - left) / step), np.ceil((top - south + margin_m) / step)
    return Grid(float(left), float(top), float(step), int(rows), int(columns)), times
