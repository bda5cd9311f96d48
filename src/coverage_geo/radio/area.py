"""Towers and terrain to rasters of received power: exact, or faster by radials shared among pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from tqdm import tqdm

from coverage_geo.coverage import SERVING
from coverage_geo.errors import Fault, ValueRangeError, kind_faults, raise_faults, refuse
from coverage_geo.radio.ground import READ_TERRAIN, Ground
from coverage_geo.radio.link_budget import HANDSET, Receiver
from coverage_geo.radio.notices import warn_of_gaps, warn_of_models_range
from coverage_geo.radio.path_loss import ItuP1812, chosen_model, range_faults
from coverage_geo.radio.second_opinions import LineOfSight
from coverage_geo.radio.signal import (
    KILOMETRE,
    PATIENCE_S,
    Transmitter,
    check_choices,
    losses_db,
    rsrp_dbm,
    transmitters,
)
from coverage_geo.radio.signal_maps import MOST_PIXELS
from coverage_geo.rasters import Raster, RasterSource, grid_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray
    from pyproj import CRS

    from coverage_geo.patterns import AntennaPattern
    from coverage_geo.radio.calibration import Calibration
    from coverage_geo.radio.path_loss import PathLossModel
    from coverage_geo.rasters import Bounds, Grid

Sampling = Literal["exact", "shared radials"]
SAMPLINGS = EXACT, SHARED = "exact", "shared radials"
PIXELS_AT_ONCE = 250_000
MOST_STEPS_NEARBY = 3  # shared radials need three steps before the model's range begins
RIM = 1 - 1e-9  # of the range; pixels on the rim itself may be in or out by rounding


class Job(NamedTuple):
    """What every transmitter's raster is made with.

    towers are all transmitters in service, sorted by id; ground covers them all; grid holds its pixels.
    """

    towers: list[Transmitter]
    ground: Ground
    grid: Grid
    crs: CRS
    receiver: Receiver
    model: PathLossModel
    calibration: Calibration | None
    sampling: Sampling
    strict: bool


class Patch(NamedTuple):
    """Pixels within reach of a transmitter: where they lie, and where their centres do along each axis."""

    grid: Grid
    x: NDArray[np.float64]
    y: NDArray[np.float64]


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
    strict: bool = False,
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
        Sector table; each row transmits from its tower instead of the tower itself. Towers without a row
        transmit themselves.
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
        which on rough terrain is within about 1 dB rms of exact. Line of sight is exact either way.
    strict
        Raise where the terrain has no height, instead of warning with the share of pixels.

    Returns
    -------
    Raster
        RSRP [dBm] on the terrain's pixels within reach of the towers; NaN where nothing is received or the
        terrain has no height.

    Raises
    ------
    InputError
        When a table is malformed or in another CRS, the model cannot share radials, or the raster would have
        more than 200 million pixels, as with towers a thousand kilometres apart.
    TerrainGapError
        When `strict` and the terrain has no height under a path.

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
    job = _job(
        towers,
        terrain,
        receiver=receiver,
        model=model,
        clutter=clutter,
        sectors=sectors,
        patterns=patterns,
        calibration=calibration,
        max_range_km=max_range_km,
        proposed=proposed,
        sampling=sampling,
        strict=strict,
    )
    rows, columns = _all_in_reach(job)
    grid = job.grid.part(rows, columns)
    if math.prod(grid.shape) > MOST_PIXELS:
        what = f"all {len(job.towers)} towers together need {math.prod(grid.shape):,} pixels"
        remedy = f"Give towers nearer together ({MOST_PIXELS:,} pixels at most), or use signal_rasters."
        refuse(ValueRangeError, "signal_raster", what, remedy)
    best = np.full(grid.shape, np.nan, dtype=np.float32)
    for _, one in _rasters(job):
        row, column = round((grid.north - one.north) / grid.dy), round((one.west - grid.west) / grid.dx)
        part = best[row : row + one.shape[0], column : column + one.shape[1]]
        np.fmax(part, one.values, out=part)
    return _power(best, grid, job.crs)


def signal_rasters(
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
    strict: bool = False,
) -> Iterator[tuple[str, Raster]]:
    """Received power (RSRP) of each tower in service on the pixels within its range, one after the other.

    The next raster is computed when it is asked for, so that any number of towers, however far apart, takes
    the memory of one. `dict(signal_rasters(...))` keeps them all, by asset id.

    Parameters
    ----------
    towers, terrain, receiver, model, clutter, sectors, patterns, calibration
        As for `signal_raster`.
    max_range_km, proposed, sampling, strict
        As for `signal_raster`.

    Returns
    -------
    iterator of (str, Raster)
        Asset id of each tower or sector, sorted, and its RSRP [dBm]; all lie on the terrain's pixels. One
        whose range lies outside the terrain has no raster; a warning says so.

    Raises
    ------
    InputError
        As `signal_raster`, at once.
    TerrainGapError
        When `strict` and the terrain has no height under a path, after the last raster.

    References
    ----------
    ITU-R P.1812-8; 3GPP TS 36.214 (RSRP).

    Examples
    --------
    >>> import geopandas as gpd
    >>> at = {"crs": "EPSG:32748"}
    >>> points = gpd.points_from_xy([0, 900], [0, 0])
    >>> towers = gpd.GeoDataFrame({"tower_id": ["B", "A"]}, geometry=points, **at)
    >>> flat = Raster(np.zeros((41, 41)), west=-2050, north=2050, dx=100, dy=100, crs="EPSG:32748", unit="m")
    >>> each = dict(signal_rasters(towers.set_index("tower_id"), flat))
    >>> list(each), each["B"].sample([2000.0], [0.0]).round(0).tolist()
    (['A', 'B'], [-66.0])
    """
    return _rasters(
        _job(
            towers,
            terrain,
            receiver=receiver,
            model=model,
            clutter=clutter,
            sectors=sectors,
            patterns=patterns,
            calibration=calibration,
            max_range_km=max_range_km,
            proposed=proposed,
            sampling=sampling,
            strict=strict,
        )
    )


def _job(
    towers: gpd.GeoDataFrame,
    terrain: RasterSource,
    *,
    receiver: Receiver,
    model: PathLossModel | None,
    clutter: RasterSource | None,
    sectors: pd.DataFrame | None,
    patterns: Mapping[str, AntennaPattern] | None,
    calibration: Calibration | None,
    max_range_km: float | None,
    proposed: bool,
    sampling: Sampling,
    strict: bool,
) -> Job:
    """Everything checked and put together; no path is computed yet."""
    chosen = chosen_model(model)
    if sampling not in SAMPLINGS or (sampling == SHARED and not isinstance(chosen, ItuP1812 | LineOfSight)):
        what = f"sampling is {sampling!r} with {chosen.name}"
        remedy = f"Use {' or '.join(map(repr, SAMPLINGS))}, the latter with ItuP1812 or LineOfSight."
        raise_faults([Fault(ValueRangeError, "radio", what, remedy)])
    raise_faults(kind_faults("terrain", terrain, RasterSource, READ_TERRAIN))
    check_choices(chosen, calibration, terrain, strict=strict)
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
    in_service = [one for one in each if one.status in SERVING]
    grid = grid_of(terrain)
    return Job(
        in_service, ground.aligned(), grid, terrain.crs, receiver, chosen, calibration, sampling, strict
    )


def _rasters(job: Job) -> Iterator[tuple[str, Raster]]:
    """Each transmitter's raster; at the end a warning, or an error, about missing terrain."""
    outside = warn_of_models_range(job.towers, job.model, job.receiver)
    paths, gaps, torn = 0, 0, []
    for one in tqdm(job.towers, desc="radio", unit="tower", delay=PATIENCE_S, leave=False):
        inside = job.grid.within(_reach(one))
        if inside is None:
            torn.append(one.asset_id)
            continue
        patch = _patch(job.grid, *inside)
        rsrp, in_range, without = _signal(one, patch, job)
        if one.asset_id not in outside:
            paths, gaps = paths + in_range, gaps + without
            torn += [one.asset_id] if without else []
        yield one.asset_id, _power(rsrp, patch.grid, job.crs)
    warn_of_gaps(gaps, paths, torn, strict=job.strict)


def _reach(one: Transmitter) -> Bounds:
    return one.x - one.range_m, one.y - one.range_m, one.x + one.range_m, one.y + one.range_m


def _all_in_reach(job: Job) -> tuple[slice, slice]:
    """Rows and columns of the terrain that hold the reach of every transmitter; all where none has any."""
    each = [inside for one in job.towers if (inside := job.grid.within(_reach(one))) is not None]
    if not each:
        return slice(0, job.grid.shape[0]), slice(0, job.grid.shape[1])
    rows, columns = zip(*each, strict=True)
    return (
        slice(min(one.start for one in rows), max(one.stop for one in rows)),
        slice(min(one.start for one in columns), max(one.stop for one in columns)),
    )


def _patch(grid: Grid, rows: slice, columns: slice) -> Patch:
    """Some pixels; their centres are counted from the terrain's corner, as everywhere."""
    x = grid.west + (np.arange(columns.start, columns.stop, dtype=float) + 0.5) * grid.dx
    y = grid.north - (np.arange(rows.start, rows.stop, dtype=float) + 0.5) * grid.dy
    return Patch(grid.part(rows, columns), x, y)


def _power(values: NDArray[np.float32], grid: Grid, crs: CRS) -> Raster:
    values.flags.writeable = False  # so that it need not be copied
    return Raster(values, *grid[:4], crs, "dBm", "RSRP")


def _signal(one: Transmitter, patch: Patch, job: Job) -> tuple[NDArray[np.float32], int, int]:
    """RSRP on each pixel, how many are in range and how many of those have no path."""
    west, south, east, north = patch.grid.bounds
    around = (min(west, one.x), min(south, one.y), max(east, one.x), max(north, one.y))
    ground = job.ground.within(around)
    loss_of = _exact if job.sampling == EXACT else _shared
    loss_of = _sight if isinstance(job.model, LineOfSight) else loss_of
    loss = loss_of(one, patch, ground, job.model, job.receiver)
    rsrp = np.empty(patch.grid.shape, dtype=np.float32)
    anywhere = one.beam.is_alike and job.calibration is None
    for rows in _bands(patch):
        if anywhere:
            rsrp[rows] = rsrp_dbm(one, patch.x, patch.y[rows], loss[rows], ground, job.receiver)
            continue
        to_y, to_x = (axis.ravel() for axis in np.meshgrid(patch.y[rows], patch.x, indexing="ij"))
        power = rsrp_dbm(one, to_x, to_y, loss[rows].ravel(), ground, job.receiver)
        if job.calibration is not None:
            power += job.calibration.offsets_db(to_x, to_y)
        rsrp[rows] = power.reshape(-1, len(patch.x))
    return rsrp, *_paths_and_gaps(one, patch, loss)


def _paths_and_gaps(one: Transmitter, patch: Patch, loss: NDArray[np.float64]) -> tuple[int, int]:
    """How many pixels are in range, and how many of those have no loss."""
    half = np.sqrt(np.maximum((RIM * one.range_m) ** 2 - (patch.y - one.y) ** 2, 0))
    first = np.searchsorted(patch.x, one.x - half)
    last = np.searchsorted(patch.x, one.x + half, side="right")
    gaps = (int(np.isnan(row[i:j]).sum()) for row, i, j in zip(loss, first, last, strict=True))
    return int((last - first).sum()), sum(gaps)


def _bands(patch: Patch) -> Iterator[slice]:
    """Rows of so many pixels as are computed at once."""
    height, width = patch.grid.shape
    band = max(1, PIXELS_AT_ONCE // width)
    return (slice(start, min(start + band, height)) for start in range(0, height, band))


def _exact(
    one: Transmitter, patch: Patch, ground: Ground, model: PathLossModel, receiver: Receiver
) -> NDArray[np.float64]:
    """Loss to each pixel centre over a profile of its own, a band of rows at a time."""
    loss = np.full(patch.grid.shape, np.nan)
    for rows in _bands(patch):
        to_y, to_x = np.meshgrid(patch.y[rows], patch.x, indexing="ij")
        near = np.hypot(to_x - one.x, to_y - one.y) <= one.range_m
        loss[rows][near] = losses_db(
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


def _sight(
    one: Transmitter, patch: Patch, ground: Ground, model: PathLossModel, receiver: Receiver
) -> NDArray[np.float64]:
    """Loss to each pixel centre by line of sight: what `_exact` finds, much faster."""
    from coverage_geo.radio import sight  # noqa: PLC0415 - compiles or loads machine code

    loss = np.full(patch.grid.shape, np.nan)
    antennas = {"tx_height_m": one.antenna_height_m, "rx_height_m": receiver.height_m}
    placed = ground.around((one.x, one.y), patch.grid.bounds, model.clutter_height_m)
    if placed is None or range_faults(model, frequency_mhz=one.frequency_mhz, **antennas):
        return loss
    terrain = placed.window
    west, south, east, north = terrain.bounds
    if min(terrain.shape) == 1 or not (west <= one.x <= east and south <= one.y <= north):
        return _exact(one, patch, ground, model, receiver)
    sight.sight_losses(
        placed.grid,
        *terrain.shape,
        placed.clutter,
        placed.tower_row,
        placed.tower_column,
        placed.row,
        placed.column,
        one.y - patch.y,
        patch.x - one.x,
        terrain.dx,
        terrain.dy,
        placed.spacing_m / KILOMETRE,
        model.distance_range_m[0] / KILOMETRE,
        one.range_m,
        one.antenna_height_m,
        receiver.height_m,
        model.parameters(one.frequency_mhz),
        loss,
    )
    return loss


def _shared(
    one: Transmitter, patch: Patch, ground: Ground, model: PathLossModel, receiver: Receiver
) -> NDArray[np.float64]:
    """Loss to each pixel centre over the profile of the nearest bearing."""
    from coverage_geo.radio import sweep  # noqa: PLC0415 - compiles or loads machine code

    loss = np.full(patch.grid.shape, np.nan)
    antennas = {"tx_height_m": one.antenna_height_m, "rx_height_m": receiver.height_m}
    placed = ground.around((one.x, one.y), patch.grid.bounds, model.clutter_height_m)
    nearest_m = model.distance_range_m[0]
    if placed is None or range_faults(model, frequency_mhz=one.frequency_mhz, **antennas):
        return loss
    if MOST_STEPS_NEARBY * placed.spacing_m > nearest_m:
        return _exact(one, patch, ground, model, receiver)
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
        round((terrain.north - patch.grid.north) / terrain.dy),
        round((patch.grid.west - terrain.west) / terrain.dx),
        loss,
    )
    if placed.row == 0 and placed.column == 0:
        _at_the_mast(one, patch, loss, ground, model, receiver)
    return loss


def _at_the_mast(
    one: Transmitter,
    patch: Patch,
    loss: NDArray[np.float64],
    ground: Ground,
    model: PathLossModel,
    receiver: Receiver,
) -> None:
    """Fill in the pixel whose centre the transmitter stands on: no bearing leads to it."""
    row = round((patch.grid.north - one.y) / patch.grid.dy - 0.5)
    column = round((one.x - patch.grid.west) / patch.grid.dx - 0.5)
    if 0 <= row < len(patch.y) and 0 <= column < len(patch.x):
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
