"""Terrain and clutter around one transmitter, as the loops read them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pyproj import CRS

from coverage_geo.errors import CRSError, Fault, ValueRangeError, kind_faults, raise_faults
from coverage_geo.rasters import Bounds, Grid, Raster, RasterSource, grid_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FLAT_SPACING_M = 100.0
MARGIN_PIXELS = 2
READ_TERRAIN = "Read it first: cg.read_terrain."
READ_CLUTTER = "Read it first: cg.read_land_cover, then cg.radio.clutter_heights."
READ_LAND_COVER = "Read it first: cg.read_land_cover."
HIGHEST_CLUTTER_M = 100.0
_UNDECLARED = "Declare what means no value in the file, as 255 often does, or give metres."
PIECE_PIXELS = 1024  # a side of what is read at once for places far apart


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


class Held(NamedTuple):
    """Pixels of a source that were read once and stand for it wherever they lie."""

    crs: CRS
    bounds: Bounds
    resolution: tuple[float, float]
    pixels: Raster

    def window(self, bounds: Bounds) -> Raster:  # noqa: ARG002 - the form of every source
        """Return all pixels held."""
        return self.pixels


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
        """Refuse what is no raster or in another CRS than the study's, and clutter that is no heights.

        Parameters
        ----------
        crs
            CRS of the towers.

        Raises
        ------
        CRSError
            When one differs.
        ValueRangeError
            When one is no raster, or the clutter is in another unit than metres, below 0 or above 100 m.
        """
        given = (("terrain", self.terrain, READ_TERRAIN), ("clutter", self.clutter, READ_CLUTTER))
        for name, source, remedy in given:
            if source is not None:
                raise_faults(kind_faults(name, source, RasterSource, remedy))
        faults = [
            Fault(
                CRSError,
                name,
                f"is in {source.crs.name}, the towers in {crs.name}",
                "Read every input with the same study_area=.",
            )
            for name, source in (("terrain", self.terrain), ("clutter", self.clutter))
            if source is not None and source.crs != crs
        ]
        if isinstance(self.clutter, Raster):
            faults += clutter_faults(self.clutter)
        raise_faults(faults)

    def aligned(self) -> Ground:
        """Return the same ground with the clutter on the terrain's pixels, where both are in memory.

        Returns
        -------
        Ground
            Saves doing it again for each transmitter.
        """
        if not (isinstance(self.terrain, Raster) and isinstance(self.clutter, Raster)):
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
        if self.terrain is None:
            return np.zeros(len(x))
        found = np.full(len(x), np.nan)
        for places, window, row, column in _pieces(self.terrain, x, y):
            found[places] = window.between(row - 0.5, column - 0.5)
        return found

    def within(self, bounds: Bounds) -> Ground:
        """Return the same ground with what lies within bounds read once, and the clutter on its pixels.

        Parameters
        ----------
        bounds
            (west, south, east, north) of all places that will be asked for.

        Returns
        -------
        Ground
            Itself where both are in memory anyway.
        """
        terrain = self.terrain
        in_memory = isinstance(terrain, Raster) and isinstance(self.clutter, Raster | None)
        if terrain is None or in_memory or isinstance(terrain, Held):
            return self
        wanted = _wanted(terrain, bounds)
        if wanted is None:
            return self
        pixels = terrain.window(wanted)
        held = Held(terrain.crs, terrain.bounds, terrain.resolution, pixels)
        clutter = None if self.clutter is None else _clutter_on(pixels, self.clutter, terrain)
        return Ground(held, clutter)

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
        here = self.within(wanted)
        terrain = flat(wanted) if here.terrain is None else here.terrain
        window = _window(terrain, wanted)
        if window is None:
            return None
        clutter = np.array([clutter_height_m], dtype=np.float32)
        if here.clutter is not None:
            clutter = _clutter_on(window, here.clutter, terrain).values.reshape(-1)
        clutter.flags.writeable = False
        whole = grid_of(terrain)
        column, row = (x - whole.west) / whole.dx - 0.5, (whole.north - y) / whole.dy - 0.5
        first_row, first_column = _offset(whole, window)
        return Placed(
            window,
            window.values.reshape(-1),
            clutter,
            math.floor(row) - first_row,
            math.floor(column) - first_column,
            row - math.floor(row),
            column - math.floor(column),
            FLAT_SPACING_M if self.terrain is None else min(whole.dx, whole.dy),
        )


def clutter_faults(clutter: Raster) -> list[Fault]:
    """Faults of a raster given as heights of clutter: land-cover classes, negative or impossible heights.

    Parameters
    ----------
    clutter
        Heights of trees and buildings.

    Returns
    -------
    list of Fault
        Empty when all are 0 to 100 m or void.

    Examples
    --------
    >>> place = {"west": 0, "north": 10, "dx": 10, "dy": 10, "crs": "EPSG:32748"}
    >>> [fault.what for fault in clutter_faults(Raster([[10, 255]], **place, unit="m"))]
    ['1 of 2 pixels lie above 100 m, up to 255']
    """
    faults = []
    if clutter.unit != "m":
        remedy = "Give heights in m; clutter_heights() makes them of land cover."
        faults.append(Fault(ValueRangeError, clutter.name, f"its unit is {clutter.unit!r}", remedy))
    for wrong, told, remedy in (
        (clutter.values < 0, "lie below 0 m", "Heights are over the ground: declare what means no value."),
        (clutter.values > HIGHEST_CLUTTER_M, f"lie above {HIGHEST_CLUTTER_M:g} m", _UNDECLARED),
    ):
        if wrong.any():
            farthest = clutter.values[wrong][np.abs(clutter.values[wrong]).argmax()]
            what = f"{wrong.sum():,} of {wrong.size:,} pixels {told}, up to {farthest:g}"
            faults.append(Fault(ValueRangeError, clutter.name, what, remedy))
    return faults


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


def on_pixels_of(grid: Raster, source: RasterSource, *, of: RasterSource | None = None) -> Raster:
    """Values of a raster at the pixel centres of another: those of the nearest pixel.

    Parameters
    ----------
    grid
        The pixels wanted.
    source
        The values wanted, in the same CRS.
    of
        What `grid` is a window of: places are counted from there, so that they are the same in every window.

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
    if isinstance(source, Raster) and source.grid == grid.grid:
        return source
    values = np.full(grid.shape, np.nan, dtype=np.float32)
    whole = grid.grid if of is None else grid_of(of)
    (first_row, first_column), (rows, columns) = _offset(whole, grid), grid.shape
    x = whole.west + (first_column + np.arange(columns, dtype=np.float64) + 0.5) * whole.dx
    y = whole.north - (first_row + np.arange(rows, dtype=np.float64) + 0.5) * whole.dy
    band = rows if isinstance(source, Raster) else max(1, int(PIECE_PIXELS * source.resolution[1] / grid.dy))
    for start in range(0, rows, band):
        part = y[start : start + band]
        window = _window(source, (x[0], part[-1], x[-1], part[0]))
        if window is not None:
            row, column = (np.floor(at).astype(int) for at in _positions(source, window, x, part))
            across = np.flatnonzero((column >= 0) & (column < window.shape[1]))
            down = np.flatnonzero((row >= 0) & (row < window.shape[0]))
            values[np.ix_(start + down, across)] = window.values[np.ix_(row[down], column[across])]
    return Raster(values, *grid.grid[:4], grid.crs, "m", "clutter")


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
    for places, window, *at in _pieces(source, x, y):
        row, column = (np.floor(one).astype(int) for one in at)
        rows, columns = window.shape
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        found[places[inside]] = window.values[row[inside], column[inside]]
    return found


def _clutter_on(pixels: Raster, clutter: RasterSource, terrain: RasterSource) -> Raster:
    """Clutter on pixels of the terrain; what was read just now is checked."""
    heights = on_pixels_of(pixels, clutter, of=terrain)
    if not isinstance(clutter, Raster):
        raise_faults(clutter_faults(heights))
    return heights


def _pieces(
    source: RasterSource, x: NDArray[np.float64], y: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.intp], Raster, NDArray[np.float64], NDArray[np.float64]]]:
    """Places with the pixels around them and where among these they lie, a piece of the source at a time."""
    if not len(x):
        return
    cell = np.zeros(len(x), dtype=int)
    if not isinstance(source, Raster | Held):
        dx, dy = source.resolution
        cells = np.column_stack([x // (PIECE_PIXELS * dx), y // (PIECE_PIXELS * dy)])
        cell = np.unique(cells, axis=0, return_inverse=True)[1].ravel()
    for piece in range(cell.max() + 1):
        places = np.flatnonzero(cell == piece)
        to_x, to_y = x[places], y[places]
        window = _window(source, (to_x.min(), to_y.min(), to_x.max(), to_y.max()))
        if window is not None:
            yield places, window, *_positions(source, window, to_x, to_y)


def _positions(
    source: RasterSource, window: Raster, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows and columns in a window, counted from its corner; rounded alike in every window of the source."""
    whole = grid_of(source)
    first_row, first_column = _offset(whole, window)
    return (whole.north - y) / whole.dy - first_row, (x - whole.west) / whole.dx - first_column


def _offset(whole: Grid, window: Raster) -> tuple[int, int]:
    """Row and column of the whole at which a window begins."""
    return round((whole.north - window.north) / whole.dy), round((window.west - whole.west) / whole.dx)


def _window(source: RasterSource, bounds: Bounds) -> Raster | None:
    """The raster itself when in memory, else what it has within the bounds and two pixels around; or None."""
    wanted = _wanted(source, bounds)
    if wanted is None:
        return None
    return source if isinstance(source, Raster) else source.window(wanted)


def _wanted(source: RasterSource, bounds: Bounds) -> Bounds | None:
    """Bounds and two pixels around; None where the source has nothing there."""
    dx, dy = source.resolution
    west, south, east, north = source.bounds
    wanted = (
        bounds[0] - MARGIN_PIXELS * dx,
        bounds[1] - MARGIN_PIXELS * dy,
        bounds[2] + MARGIN_PIXELS * dx,
        bounds[3] + MARGIN_PIXELS * dy,
    )
    outside = wanted[0] >= east or wanted[2] <= west or wanted[1] >= north or wanted[3] <= south
    return None if outside else wanted
