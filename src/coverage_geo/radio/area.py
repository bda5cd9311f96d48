"""Towers and terrain to a raster of received power: exact, or faster by radials shared among pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from tqdm import tqdm

from coverage_geo.coverage import SERVING
from coverage_geo.errors import Fault, ValueRangeError, raise_faults
from coverage_geo.radio.ground import Ground
from coverage_geo.radio.link_budget import HANDSET, Receiver
from coverage_geo.radio.path_loss import ItuP1812, range_faults
from coverage_geo.radio.signal import (
    KILOMETRE,
    PATIENCE_S,
    Transmitter,
    losses_db,
    rsrp_dbm,
    transmitters,
)
from coverage_geo.rasters import Raster

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from coverage_geo.patterns import AntennaPattern
    from coverage_geo.radio.calibration import Calibration
    from coverage_geo.radio.path_loss import PathLossModel
    from coverage_geo.rasters import RasterSource

Sampling = Literal["exact", "shared radials"]
SAMPLINGS = EXACT, SHARED = "exact", "shared radials"
PIXELS_AT_ONCE = 250_000
MOST_STEPS_NEARBY = 3  # shared radials need three steps before the model's range begins


def signal_raster(
    towers: gpd.GeoDataFrame,
    terrain: RasterSource,
    *,
    receiver: Receiver = HANDSET,
    model: PathLossModel | None = None,
    clutter: RasterSource | None = None,
    sectors: pd.DataFrame | None = None,
    patterns: Mapping[str, AntennaPattern] | None = None,
    calibration: Calibration | None = None,
    max_range_km: float | None = None,
    proposed: bool = False,
    sampling: Sampling = "exact",
) -> Raster:
    """Strongest received power (RSRP) on every pixel of the terrain within range of a tower in service.

    Parameters
    ----------
    towers
        Tower table; one row gives the raster of that tower alone. Faulty and planned towers do not count.
    terrain
        Heights above sea level [m].
    receiver
        What receives.
    model
        Path-loss model; ITU-R P.1812-8 when not given.
    clutter
        Heights of trees and buildings over the terrain [m]; the model's own clutter height when not given.
    sectors
        Sector table; each row transmits from its tower instead of the tower itself.
    patterns
        Antenna patterns by the names in the sectors' `pattern` column; without a name that of 3GPP holds.
    calibration
        Offsets learnt by `calibrate`, added to the modelled RSRP.
    max_range_km
        No path is longer [km]; by service when not given (4G 14.5, 2G 35).
    proposed
        Whether these towers are proposals, which count as in service.
    sampling
        "exact" gives every pixel a bilinear profile of its own. "shared radials", for P.1812 only, walks the
        terrain once along bearings one pixel apart at the rim; a pixel takes the profile of the nearest one,
        which on rough terrain is within about 1 dB rms of exact.

    Returns
    -------
    Raster
        RSRP [dBm] on the terrain's pixels within reach of the towers; NaN where nothing is received or the
        terrain has no height.

    Raises
    ------
    InputError
        When a table is malformed or in another CRS, or the model cannot share radials.

    References
    ----------
    ITU-R P.1812-8; 3GPP TS 36.214 (RSRP).

    Examples
    --------
    >>> import geopandas as gpd
    >>> at = {"crs": "EPSG:32748"}
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1"]}, geometry=gpd.points_from_xy([0], [0]), **at)
    >>> flat = Raster(np.zeros((41, 41)), west=-2050, north=2050, dx=100, dy=100, crs="EPSG:32748", unit="m")
    >>> signal = signal_raster(towers.set_index("tower_id"), flat)
    >>> signal.unit, signal.sample([2000.0], [0.0]).round(0).tolist()
    ('dBm', [-66.0])
    """
    chosen = ItuP1812() if model is None else model
    if sampling not in SAMPLINGS or (sampling == SHARED and not isinstance(chosen, ItuP1812)):
        what = f"sampling is {sampling!r} with {chosen.name}"
        remedy = f"Use {' or '.join(map(repr, SAMPLINGS))}, the latter with ItuP1812."
        raise_faults([Fault(ValueRangeError, "radio", what, remedy)])
    if calibration is not None:
        calibration.check(chosen)
    _, each, _ = transmitters(
        towers,
        sectors,
        patterns=patterns,
        receiver=receiver,
        max_range_km=max_range_km,
        proposed=proposed,
    )
    ground = Ground(terrain, clutter)
    ground.check(towers.crs)
    ground = ground.aligned()
    in_service = [one for one in each if one.status in SERVING]
    signal = _empty(terrain, in_service)
    best = np.full(signal.shape, np.nan, dtype=np.float32)
    for one in tqdm(in_service, desc="radio", unit="tower", delay=PATIENCE_S, leave=False):
        rows, columns = _window_of(signal, one)
        if rows.stop > rows.start and columns.stop > columns.start:
            window = _part(signal, rows, columns)
            loss_of = _exact if sampling == EXACT else _shared
            loss = loss_of(one, window, ground, chosen, receiver)
            rsrp = _rsrp(one, window, loss, ground, receiver, calibration)
            best[rows, columns] = np.fmax(best[rows, columns], rsrp.astype(np.float32))
    return Raster(best, signal.west, signal.north, signal.dx, signal.dy, signal.crs, "dBm", "RSRP")


def _empty(terrain: RasterSource, in_service: list[Transmitter]) -> Raster:
    """Terrain's pixels around all towers, without values."""
    dx, dy = terrain.resolution
    west, south, east, north = terrain.bounds
    if in_service:
        left = min(one.x - one.range_m for one in in_service)
        top = max(one.y + one.range_m for one in in_service)
        east = min(east, max(one.x + one.range_m for one in in_service))
        south = max(south, min(one.y - one.range_m for one in in_service))
        west += dx * max(0, math.floor((left - west) / dx))
        north -= dy * max(0, math.floor((north - top) / dy))
    shape = max(1, math.ceil((north - south) / dy - 1e-9)), max(1, math.ceil((east - west) / dx - 1e-9))
    return Raster(np.full(shape, np.nan, np.float32), west, north, dx, dy, terrain.crs, "dBm", "RSRP")


def _window_of(signal: Raster, one: Transmitter) -> tuple[slice, slice]:
    """Rows and columns of the signal that a transmitter can reach."""
    height, width = signal.shape
    first_row = math.floor((signal.north - one.y - one.range_m) / signal.dy)
    last_row = math.ceil((signal.north - one.y + one.range_m) / signal.dy)
    first_column = math.floor((one.x - one.range_m - signal.west) / signal.dx)
    last_column = math.ceil((one.x + one.range_m - signal.west) / signal.dx)
    rows = slice(max(first_row, 0), min(last_row, height))
    return rows, slice(max(first_column, 0), min(last_column, width))


def _part(signal: Raster, rows: slice, columns: slice) -> Raster:
    west = signal.west + columns.start * signal.dx
    north = signal.north - rows.start * signal.dy
    values = signal.values[rows, columns]
    return Raster(values, west, north, signal.dx, signal.dy, signal.crs, "dBm", "RSRP")


def _rsrp(
    one: Transmitter,
    window: Raster,
    loss: NDArray[np.float64],
    ground: Ground,
    receiver: Receiver,
    calibration: Calibration | None,
) -> NDArray[np.float64]:
    """RSRP on each pixel from the loss, a band of rows at a time."""
    height, width = window.shape
    x = window.west + (np.arange(width) + 0.5) * window.dx
    rsrp = np.empty(window.shape)
    band = max(1, PIXELS_AT_ONCE // width)
    for start in range(0, height, band):
        y = window.north - (np.arange(start, min(start + band, height)) + 0.5) * window.dy
        to_y, to_x = (axis.ravel() for axis in np.meshgrid(y, x, indexing="ij"))
        part = rsrp_dbm(one, to_x, to_y, loss[start : start + band].ravel(), ground, receiver)
        if calibration is not None:
            part += calibration.offsets_db(to_x, to_y)
        rsrp[start : start + band] = part.reshape(-1, width)
    return rsrp


def _exact(
    one: Transmitter, window: Raster, ground: Ground, model: PathLossModel, receiver: Receiver
) -> NDArray[np.float64]:
    """Loss to each pixel centre over a profile of its own, a band of rows at a time."""
    height, width = window.shape
    x = window.west + (np.arange(width) + 0.5) * window.dx
    loss = np.full(window.shape, np.nan)
    band = max(1, PIXELS_AT_ONCE // width)
    for start in range(0, height, band):
        y = window.north - (np.arange(start, min(start + band, height)) + 0.5) * window.dy
        to_y, to_x = np.meshgrid(y, x, indexing="ij")
        near = np.hypot(to_x - one.x, to_y - one.y) <= one.range_m
        loss[start : start + band][near] = losses_db(
            (one.x, one.y),
            to_x[near],
            to_y[near],
            ground,
            model=model,
            frequency_mhz=one.frequency_mhz,
            tx_height_m=one.antenna_height_m,
            rx_height_m=receiver.height_m,
        )
    return loss


def _shared(
    one: Transmitter, window: Raster, ground: Ground, model: PathLossModel, receiver: Receiver
) -> NDArray[np.float64]:
    """Loss to each pixel centre over the profile of the nearest bearing."""
    from coverage_geo.radio import sweep  # noqa: PLC0415 - compiles or loads machine code

    loss = np.full(window.shape, np.nan)
    antennas = {"tx_height_m": one.antenna_height_m, "rx_height_m": receiver.height_m}
    placed = ground.around((one.x, one.y), window.bounds, model.clutter_height_m)
    nearest_m = model.distance_range_m[0]
    if placed is None or range_faults(model, frequency_mhz=one.frequency_mhz, **antennas):
        return loss
    if MOST_STEPS_NEARBY * placed.spacing_m > nearest_m:
        return _exact(one, window, ground, model, receiver)
    terrain = placed.window
    a_side = math.ceil(math.tau * one.range_m / placed.spacing_m / 4)
    sweep.sweep_p1812(
        placed.grid,
        *terrain.shape,
        placed.clutter,
        placed.tower_row,
        placed.tower_column,
        placed.row,
        placed.column,
        terrain.dx / KILOMETRE,
        terrain.dy / KILOMETRE,
        placed.spacing_m / KILOMETRE,
        nearest_m / KILOMETRE,
        one.range_m / KILOMETRE,
        4 * a_side,
        one.antenna_height_m,
        receiver.height_m,
        model.parameters(one.frequency_mhz),
        round((terrain.north - window.north) / terrain.dy),
        round((window.west - terrain.west) / terrain.dx),
        loss,
    )
    if placed.row == 0 and placed.column == 0:
        _at_the_mast(one, window, loss, ground, model, receiver)
    return loss


def _at_the_mast(
    one: Transmitter,
    window: Raster,
    loss: NDArray[np.float64],
    ground: Ground,
    model: PathLossModel,
    receiver: Receiver,
) -> None:
    """Fill in the pixel whose centre the transmitter stands on: no bearing leads to it."""
    row = round((window.north - one.y) / window.dy - 0.5)
    column = round((one.x - window.west) / window.dx - 0.5)
    if 0 <= row < window.shape[0] and 0 <= column < window.shape[1]:
        loss[row, column] = losses_db(
            (one.x, one.y),
            np.array([one.x]),
            np.array([one.y]),
            ground,
            model=model,
            frequency_mhz=one.frequency_mhz,
            tx_height_m=one.antenna_height_m,
            rx_height_m=receiver.height_m,
        )[0]
