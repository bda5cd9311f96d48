"""What rasters of received power say: whose signal is best, of which class, and with which probability."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from coverage_geo.coverage import Level
from coverage_geo.errors import Fault, ValueRangeError, kind_faults, raise_faults, refuse
from coverage_geo.radio.link_budget import A_CLASSES, RSRP_CLASSES, SignalClasses
from coverage_geo.radio.reach import SPREAD_DB
from coverage_geo.rasters import Grid, Raster

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from pyproj import CRS

    from coverage_geo.radio.calibration import Calibration

    Centres = tuple[NDArray[np.float64], NDArray[np.float64]]

MOST_PIXELS = 200_000_000  # of one raster of all towers, 800 MB
PIXELS_AT_ONCE = 1_000_000
COMPUTE_IT = "Give received power: cg.radio.signal_raster."
BY_ASSET = "Give received power by asset id: cg.radio.signal_rasters, or a dict of it."
SHIFT = 1e-6  # pixels


@dataclass(frozen=True, slots=True, eq=False)
class BestServer:
    """Strongest signal on each pixel and whose it is.

    Attributes
    ----------
    rsrp : Raster
        Strongest received power [dBm]; NaN where none has a signal.
    server : Raster
        Position in `asset_ids` of the asset that it comes from; NaN where none has a signal.
    asset_ids : tuple of str
        Sorted; between equal signals the first one's counts.

    Examples
    --------
    >>> power = Raster([[-90.0, np.nan]], west=0, north=9, dx=9, dy=9, crs="EPSG:32748", unit="dBm")
    >>> best = best_server_raster({"A": power})
    >>> best.asset_ids[int(best.server.values[0, 0])]
    'A'
    """

    rsrp: Raster
    server: Raster
    asset_ids: tuple[str, ...]

    def __repr__(self) -> str:
        return f"BestServer({len(self.asset_ids):,} assets on {self.rsrp!r})"


def best_server_raster(rasters: Mapping[str, Raster] | Iterable[tuple[str, Raster]]) -> BestServer:
    """Strongest of several signals on each pixel, and whose it is.

    Parameters
    ----------
    rasters
        Received power [dBm] by asset id, on the same pixels, as `signal_rasters` gives it: one after the
        other, or kept in a `dict`. Their order changes nothing.

    Returns
    -------
    BestServer
        On all pixels that any of them has.

    Raises
    ------
    ValueRangeError
        When there is none, one is no received power or comes twice, their pixels differ, or together they
        need more than 200 million.

    Examples
    --------
    >>> at = {"north": 9, "dx": 9, "dy": 9, "crs": "EPSG:32748", "unit": "dBm"}
    >>> west, east = Raster([[-90.0, -99.0]], west=0, **at), Raster([[-95.0, -97.0]], west=9, **at)
    >>> best = best_server_raster({"W": west, "E": east})
    >>> best.rsrp.values.tolist(), best.server.values.tolist(), best.asset_ids
    ([[-90.0, -95.0, -97.0]], [[1.0, 0.0, 0.0]], ('E', 'W'))
    """
    raise_faults(kind_faults("rasters", rasters, Iterable, BY_ASSET))
    found: _Found | None = None
    for pair in rasters.items() if isinstance(rasters, Mapping) else rasters:
        if not isinstance(pair, tuple):
            raise_faults(kind_faults("rasters", pair, tuple, BY_ASSET))
        asset_id, raster = pair
        _check_power(raster, f"rasters, {asset_id!r}")
        found = _Found(raster) if found is None else found
        found.take(str(asset_id), raster)
    if found is None:
        refuse(ValueRangeError, "best_server_raster", "there is no raster", "Give one for each tower.")
    return found.result()


def _check_power(signal: object, where: str) -> None:
    """Refuse what is no raster of received power."""
    raise_faults(kind_faults(where, signal, Raster, COMPUTE_IT))
    unit = getattr(signal, "unit", "")
    if unit != "dBm":
        refuse(ValueRangeError, where, f"its unit is {unit!r}, not 'dBm'", COMPUTE_IT)


class _Found:
    """The best so far, on a grid that grows with the rasters taken."""

    def __init__(self, first: Raster) -> None:
        self.crs, self.grid = first.crs, first.grid
        self.rsrp = np.full(first.shape, np.nan, dtype=np.float32)
        self.server = np.full(first.shape, -1, dtype=np.int32)
        self.ids: list[str] = []

    def take(self, asset_id: str, raster: Raster) -> None:
        """Take the signal of one more asset."""
        row, column = self._placed(asset_id, raster)
        inside = slice(row, row + raster.shape[0]), slice(column, column + raster.shape[1])
        rsrp, server = self.rsrp[inside], self.server[inside]
        before = np.array([asset_id < one for one in self.ids] + [False])  # the last stands for no server
        better = (raster.values > rsrp) | (np.isnan(rsrp) & ~np.isnan(raster.values))
        better |= (raster.values == rsrp) & before[server]
        rsrp[better] = raster.values[better]
        server[better] = len(self.ids)
        self.ids.append(asset_id)

    def _placed(self, asset_id: str, raster: Raster) -> tuple[int, int]:
        """Row and column at which a raster begins, once there is room for it."""
        if asset_id in self.ids:
            refuse(ValueRangeError, asset_id, "comes twice", "Give one raster for each asset.")
        grid = self.grid
        places = (grid.north - raster.north) / grid.dy, (raster.west - grid.west) / grid.dx
        row, column = (round(one) for one in places)
        aligned = np.allclose(places, (row, column), rtol=0, atol=SHIFT)
        if not aligned or raster.resolution != (grid.dx, grid.dy) or raster.crs != self.crs:
            what = "lies on other pixels than the rasters before it"
            refuse(ValueRangeError, asset_id, what, "Compute all with the same terrain.")
        above, left = max(0, -row), max(0, -column)
        below = max(0, row + raster.shape[0] - grid.shape[0])
        right = max(0, column + raster.shape[1] - grid.shape[1])
        if above or left or below or right:
            self._grow((above, below), (left, right), raster)
        return row + above, column + left

    def _grow(self, rows: tuple[int, int], columns: tuple[int, int], raster: Raster) -> None:
        shape = self.grid.shape[0] + sum(rows), self.grid.shape[1] + sum(columns)
        if math.prod(shape) > MOST_PIXELS:
            what = f"the rasters together need {math.prod(shape):,} pixels"
            remedy = f"Give assets nearer together: {MOST_PIXELS:,} pixels at most."
            refuse(ValueRangeError, "best_server_raster", what, remedy)
        # The corner is that of a raster, not reckoned from another's: the same whatever their order.
        west, north = min(self.grid.west, raster.west), max(self.grid.north, raster.north)
        self.grid = Grid(west, north, *raster.resolution, shape)
        self.rsrp = np.pad(self.rsrp, (rows, columns), constant_values=np.nan)
        self.server = np.pad(self.server, (rows, columns), constant_values=-1)

    def result(self) -> BestServer:
        """The best of all, assets numbered in the order of their ids."""
        ids = sorted(self.ids)
        number = np.array([ids.index(one) for one in self.ids] + [np.nan], dtype=np.float32)
        server = _raster(number[self.server], self.grid, self.crs, "asset", "best server")
        return BestServer(_raster(self.rsrp, self.grid, self.crs, "dBm", "RSRP"), server, tuple(ids))


def level_raster(signal: Raster, classes: SignalClasses = RSRP_CLASSES) -> Raster:
    """Class of signal on each pixel of a raster of received power.

    Parameters
    ----------
    signal
        RSRP [dBm].
    classes
        Where weak, usable and strong signal begin.

    Returns
    -------
    Raster
        0 none, 1 weak, 2 usable, 3 strong, as `Level`; NaN where the signal is, as out of range or without
        terrain.

    Raises
    ------
    ValueRangeError
        When the raster is not in dBm.

    Examples
    --------
    >>> power = Raster([[-90.0, -110.0, np.nan]], west=0, north=9, dx=9, dy=9, crs="EPSG:32748", unit="dBm")
    >>> level_raster(power).values.tolist()
    [[3.0, 1.0, nan]]
    """
    _check_power(signal, "signal")
    raise_faults(kind_faults("classes", classes, SignalClasses, A_CLASSES))
    return _by_bands(signal, lambda rsrp, _: classes.levels(rsrp), "level", "signal level")


def service_probability_raster(
    signal: Raster,
    *,
    level: Level = Level.USABLE,
    classes: SignalClasses = RSRP_CLASSES,
    spread_db: float | None = None,
    calibration: Calibration | None = None,
) -> Raster:
    """Probability on each pixel that the signal is at least of a class.

    Parameters
    ----------
    signal
        Median RSRP [dBm].
    level
        The least class that counts as service: weak, usable or strong.
    classes
        Where they begin.
    spread_db
        Standard deviation of the signal around its median, 0 or more; the calibration's, or 8, when not given
        [dB].
    calibration
        Spreads learnt by `calibrate`, overall or by class of land cover.

    Returns
    -------
    Raster
        0 to 1; NaN where the signal is.

    Raises
    ------
    ValueRangeError
        When the raster is not in dBm, the level is none or the spread negative.

    References
    ----------
    ITU-R P.1812-8 (variability between locations is normal in dB).

    Examples
    --------
    >>> power = Raster([[-105.0, -97.0]], west=0, north=9, dx=9, dy=9, crs="EPSG:32748", unit="dBm")
    >>> service_probability_raster(power, spread_db=8).values.round(2)
    array([[0.5 , 0.84]], dtype=float32)
    """
    _check_power(signal, "signal")
    faults = kind_faults("classes", classes, SignalClasses, A_CLASSES)
    faults += kind_faults("level", level, Level, "Give cg.Level.WEAK, USABLE or STRONG.")
    if spread_db is not None:
        faults += kind_faults("spread_db", spread_db, Real, "Give a number [dB].")
    raise_faults(faults)
    if level == Level.NONE:
        faults.append(Fault(ValueRangeError, "level", "is none", "Ask for weak, usable or strong."))
    if spread_db is not None and not spread_db >= 0:
        faults.append(Fault(ValueRangeError, "spread_db", f"is {spread_db!r}", "Give 0 or more."))
    raise_faults(faults)

    def chance(rsrp: NDArray[np.float64], centres: Centres) -> NDArray[np.float32]:
        spread: float | NDArray[np.float64] = SPREAD_DB if spread_db is None else spread_db
        if spread_db is None and calibration is not None:
            spread = calibration.spreads_db(*centres)
        return classes.probabilities(rsrp, spread)[:, level - 1]

    name = f"probability of at least {level.name.lower()} signal"
    return _by_bands(signal, chance, "probability", name)


def _by_bands(
    signal: Raster,
    of: Callable[[NDArray[np.float64], Centres], NDArray[np.int8] | NDArray[np.float32]],
    unit: str,
    name: str,
) -> Raster:
    """A raster of something that each pixel's signal and place decide, a band of rows at a time."""
    rows, columns = signal.shape
    x = signal.west + (np.arange(columns) + 0.5) * signal.dx
    y = signal.north - (np.arange(rows) + 0.5) * signal.dy
    values = np.empty(signal.shape, dtype=np.float32)
    step = max(1, PIXELS_AT_ONCE // columns)
    for start in range(0, rows, step):
        band = slice(start, start + step)
        rsrp = signal.values[band].astype(float).ravel()
        centres = np.tile(x, len(y[band])), np.repeat(y[band], columns)
        found = np.where(np.isnan(rsrp), np.float32("nan"), of(rsrp, centres))
        values[band] = found.reshape(-1, columns)
    return _raster(values, signal.grid, signal.crs, unit, name)


def _raster(values: NDArray[np.float32], grid: Grid, crs: CRS, unit: str, name: str) -> Raster:
    values.flags.writeable = False  # so that it need not be copied
    return Raster(values, *grid[:4], crs, unit, name)
