"""Towers and terrain to received power: which transmitter is heard how well at which demand point."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from coverage_geo.coverage import SERVING
from coverage_geo.errors import Fault, ValueRangeError, kind_faults, raise_faults, refuse
from coverage_geo.patterns import AntennaPattern
from coverage_geo.provenance import Assumption, merged
from coverage_geo.radio.antenna import Beam, beam_gain_db
from coverage_geo.radio.ground import Ground
from coverage_geo.radio.link_budget import (
    HANDSET,
    MAX_RANGE_KM,
    RANGE_SOURCES,
    RSRP_CLASSES,
    Receiver,
    radio_values,
    range_km,
    rsrp_at_antenna_dbm,
)
from coverage_geo.radio.notices import counted_paths
from coverage_geo.radio.path_loss import chosen_model, range_faults
from coverage_geo.radio.sites import beams, sector_rows
from coverage_geo.rasters import Raster
from coverage_geo.tables import DEMAND, TOWERS, check

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_geo.radio.calibration import Calibration
    from coverage_geo.radio.path_loss import PathLossModel
    from coverage_geo.rasters import Bounds, RasterSource

KILOMETRE = 1000.0
A_RECEIVER = "Give a receiver, such as cg.HANDSET or cg.ROOFTOP_CPE."
A_PATTERN = "Read it first: cg.read_pattern."
NAMED_PATTERNS = "Give each under the name that sectors call it by: {'K65': cg.read_pattern(...)}."
CLUTTER_TOPIC = "clutter along the path"
PATIENCE_S = 2.0  # a progress bar appears on anything that takes longer


class Transmitter(NamedTuple):
    """One thing that transmits: its place, its radio, its beam and how far it reaches."""

    asset_id: str
    tower_id: str
    service: str
    status: str
    x: float
    y: float
    antenna_height_m: float
    frequency_mhz: float
    bandwidth_mhz: float
    eirp_dbm: float
    beam: Beam
    range_m: float


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """What each transmitter delivers to each demand point within its range.

    Attributes
    ----------
    transmitters : pandas.DataFrame
        Index asset_id (sorted); columns tower_id, service, operator, status, x, y, range_m and radio values.
    asset, demand : numpy.ndarray
        Positions in `transmitters` and in the demand table, shape (k,).
    distance_m, loss_db, rsrp_dbm : numpy.ndarray
        Shape (k,); loss and RSRP are NaN where they cannot be computed.
    assumptions : tuple of Assumption
        Model, receiver, ranges and defaults, with their counts.
    """

    transmitters: pd.DataFrame
    asset: NDArray[np.int32]
    demand: NDArray[np.int32]
    distance_m: NDArray[np.float64]
    loss_db: NDArray[np.float64]
    rsrp_dbm: NDArray[np.float64]
    assumptions: tuple[Assumption, ...]

    def __repr__(self) -> str:
        return f"Signals({len(self.transmitters):,} transmitters, {len(self.asset):,} paths)"


def received_power(
    towers: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    terrain: RasterSource | None = None,
    *,
    receiver: Receiver = HANDSET,
    model: PathLossModel | None = None,
    clutter: RasterSource | None = None,
    sectors: pd.DataFrame | None = None,
    patterns: Mapping[str, AntennaPattern] | None = None,
    calibration: Calibration | None = None,
    max_range_km: float | None = None,
    proposed: bool = False,
    strict: bool = False,
) -> pd.DataFrame:
    """Received power (RSRP) from every tower at every demand point within its range.

    Parameters
    ----------
    towers
        Tower table; missing radio values are assumed and counted.
    demand
        Demand points, in the same CRS.
    terrain
        Heights above sea level [m]; without it the ground is taken as flat, at sea level.
    receiver
        What receives.
    model
        Path-loss model; ITU-R P.1812-8 when not given.
    clutter
        Heights of trees and buildings over the terrain [m]; the model's own clutter height when not given.
    sectors
        Sector table; each row transmits from its tower instead of the tower itself. Towers without a row
        transmit themselves, which is stated with their count.
    patterns
        Antenna patterns by the names in the sectors' `pattern` column; without a name that of 3GPP holds.
    calibration
        Offsets learnt by `calibrate`, added to the modelled RSRP.
    max_range_km
        No path is longer [km]; by service when not given (4G 14.5, 2G 35).
    proposed
        Whether these towers are proposals: all get the status "proposed".
    strict
        Raise where the terrain has no height, instead of counting it; it needs terrain.

    Returns
    -------
    pandas.DataFrame
        One row a tower (or sector) and demand point, sorted by both: asset_id, tower_id, status, demand_id,
        distance_m, loss_db, rsrp_dbm. NaN where the terrain has no height or the model no answer.

    Raises
    ------
    InputError
        When a table is malformed or in another CRS.
    TerrainGapError
        When `strict` and the terrain has no height under a path.

    References
    ----------
    ITU-R P.341, ITU-R P.1812-8; 3GPP TS 36.214 (RSRP).

    Examples
    --------
    >>> import geopandas as gpd
    >>> at = {"crs": "EPSG:32748"}
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1"]}, geometry=gpd.points_from_xy([0], [0]), **at)
    >>> points = {"demand_id": ["d1"], "people": [10.0], "village_id": ["v1"]}
    >>> demand = gpd.GeoDataFrame(points, geometry=gpd.points_from_xy([3000], [0]), **at)
    >>> power = received_power(towers.set_index("tower_id"), demand.set_index("demand_id"))
    >>> power["rsrp_dbm"].round(1).tolist()
    [-71.6]
    """
    heard = signals(
        towers,
        demand,
        terrain,
        receiver=receiver,
        model=model,
        sectors=sectors,
        patterns=patterns,
        calibration=calibration,
        max_range_km=max_range_km,
        proposed=proposed,
        strict=strict,
        clutter=clutter,
    )
    rows = heard.transmitters.iloc[heard.asset]
    return pd.DataFrame(
        {
            "asset_id": rows.index.to_numpy(),
            "tower_id": rows["tower_id"].to_numpy(),
            "status": rows["status"].to_numpy(),
            "demand_id": demand.index.to_numpy()[heard.demand],
            "distance_m": heard.distance_m,
            "loss_db": heard.loss_db,
            "rsrp_dbm": heard.rsrp_dbm,
        }
    )


def best_server(power: pd.DataFrame, demand: gpd.GeoDataFrame) -> pd.DataFrame:
    """Strongest signal at each demand point from the towers in service, and whose it is.

    Parameters
    ----------
    power
        Table of `received_power`.
    demand
        The demand points it was computed for.

    Returns
    -------
    pandas.DataFrame
        The demand's index; columns asset_id and rsrp_dbm, missing where nothing is received. Towers that are
        faulty or only planned do not count.

    Examples
    --------
    >>> import pandas as pd
    >>> power = pd.DataFrame(
    ...     {"asset_id": ["A", "B"], "status": "on air", "demand_id": "d1", "rsrp_dbm": [-99.0, -90.0]}
    ... )
    >>> best_server(power, pd.DataFrame(index=pd.Index(["d1", "d2"], name="demand_id")))["asset_id"].tolist()
    ['B', nan]
    """
    raise_faults(kind_faults("power", power, pd.DataFrame, "Give the table of cg.received_power."))
    heard = power[power["status"].isin(SERVING) & power["rsrp_dbm"].notna()]
    strongest = heard.sort_values(["rsrp_dbm", "asset_id"], ascending=[False, True], kind="stable")
    first = strongest.drop_duplicates("demand_id").set_index("demand_id")
    return first[["asset_id", "rsrp_dbm"]].reindex(demand.index)


def signals(
    towers: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    terrain: RasterSource | None,
    *,
    receiver: Receiver,
    model: PathLossModel | None,
    sectors: pd.DataFrame | None,
    max_range_km: float | None,
    proposed: bool,
    strict: bool,
    clutter: RasterSource | None = None,
    patterns: Mapping[str, AntennaPattern] | None = None,
    calibration: Calibration | None = None,
    weakest_dbm: float = RSRP_CLASSES.weak_dbm,
) -> Signals:
    """Compute the loss and RSRP of every path within range, with everything it rests on.

    Parameters
    ----------
    towers, demand, terrain, receiver, model, sectors, max_range_km, proposed, strict, clutter, patterns
        As for `received_power`.
    calibration
        As for `received_power`.
    weakest_dbm
        Weakest RSRP that counts; no path is longer than free space carries it [dBm].

    Returns
    -------
    Signals
        Sorted by transmitter and demand point.

    Raises
    ------
    InputError
        When a table is malformed or in another CRS.
    TerrainGapError
        When `strict` and the terrain has no height under a path.
    """
    chosen = chosen_model(model)
    check_choices(chosen, calibration, terrain, strict=strict)
    table, each, assumed = transmitters(
        towers,
        sectors,
        patterns=patterns,
        receiver=receiver,
        max_range_km=max_range_km,
        proposed=proposed,
        weakest_dbm=weakest_dbm,
    )
    check(demand, DEMAND, crs=towers.crs)
    ground = Ground(terrain, clutter)
    ground.check(towers.crs)
    ground = ground.aligned()
    x, y = demand.geometry.x.to_numpy(), demand.geometry.y.to_numpy()
    offset = np.zeros(len(x)) if calibration is None else calibration.offsets_db(x, y)
    pieces = []
    bar = tqdm(each, desc="radio", unit="tower", delay=PATIENCE_S, leave=False)
    for position, one in enumerate(bar):
        distance = np.hypot(x - one.x, y - one.y)
        near = np.flatnonzero(distance <= one.range_m).astype(np.int32)
        here = ground.within(_around(one, x[near], y[near]))
        loss = losses_db(
            (one.x, one.y),
            x[near],
            y[near],
            here,
            model=chosen,
            frequency_mhz=one.frequency_mhz,
            tx_height_m=one.antenna_height_m,
            rx_height_m=receiver.height_m,
        )
        rsrp = rsrp_dbm(one, x[near], y[near], loss, here, receiver) + offset[near]
        pieces.append((np.full(len(near), position, dtype=np.int32), near, distance[near], loss, rsrp))
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)] if pieces else _NOTHING
    asset, at, distance, loss, rsrp = columns
    counted = counted_paths(each, chosen, receiver, asset, distance, loss, strict=strict)
    stated = _stated_ground(ground, chosen, receiver)
    told = merged(assumed, stated, counted, () if calibration is None else calibration.assumptions)
    return Signals(table, asset, at, distance, loss, rsrp, told)


def check_choices(
    model: PathLossModel, calibration: Calibration | None, terrain: RasterSource | None, *, strict: bool
) -> None:
    """Refuse a calibration that is none or of another model, and strictness without terrain.

    Parameters
    ----------
    model, calibration, terrain, strict
        As for `received_power`, the model chosen.

    Raises
    ------
    ValueRangeError
        When one does not fit.
    """
    if calibration is not None:
        from coverage_geo.radio.calibration import Calibration  # noqa: PLC0415 - it imports this module

        remedy = "Give what cg.radio.calibrate returns."
        raise_faults(kind_faults("calibration", calibration, Calibration, remedy))
        calibration.check(model)
    if strict and terrain is None:
        remedy = "Give terrain, or leave strict out: without terrain the ground is flat, at sea level."
        refuse(ValueRangeError, "strict", "is set, and there is no terrain to be strict about", remedy)


def _around(one: Transmitter, x: NDArray[np.float64], y: NDArray[np.float64]) -> Bounds:
    """Bounds of a transmitter and places."""
    to_x, to_y = np.append(x, one.x), np.append(y, one.y)
    return float(to_x.min()), float(to_y.min()), float(to_x.max()), float(to_y.max())


def _stated_ground(ground: Ground, model: PathLossModel, receiver: Receiver) -> list[Assumption]:
    stated = [Assumption("receiver", str(receiver), "given or default"), *model.assumptions]
    if ground.terrain is None:
        stated.append(Assumption("terrain", "flat, at sea level", "none given", "ours"))
    counts = any(one.topic == CLUTTER_TOPIC for one in stated)  # other models pass by what stands on the way
    if ground.clutter is not None and counts:
        stated = [one for one in stated if one.topic != CLUTTER_TOPIC]
        void = float(np.isnan(ground.clutter.values).mean()) if isinstance(ground.clutter, Raster) else 0.0
        share = f"void on {void:.1%} of the terrain" if void else "given"
        stated.append(Assumption(CLUTTER_TOPIC, "from the clutter raster; none where it is void", share))
    return stated


_NOTHING = [np.zeros(0, dtype=kind) for kind in (np.int32, np.int32, float, float, float)]


def losses_db(
    transmitter: tuple[float, float],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    ground: Ground,
    *,
    model: PathLossModel,
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float,
) -> NDArray[np.float64]:
    """Path loss from one transmitter to many points, each over a terrain profile of its own.

    Parameters
    ----------
    transmitter
        Its (x, y) in the study's CRS.
    x, y
        Points, shape (n,).
    ground
        Terrain and clutter, read in one window around transmitter and points.
    model
        Path-loss model. Paths shorter than its range get free space.
    frequency_mhz
        Carrier frequency [MHz].
    tx_height_m, rx_height_m
        Antennas above ground [m].

    Returns
    -------
    numpy.ndarray
        Shape (n,) [dB]; NaN outside the terrain, over a void or outside the model's range.

    Examples
    --------
    >>> from coverage_geo.radio import ItuP1812
    >>> loss = losses_db(
    ...     (0, 0), np.array([3000.0]), np.array([0.0]), Ground(None, None),
    ...     model=ItuP1812(), frequency_mhz=900, tx_height_m=42, rx_height_m=1.5,
    ... )
    >>> loss.round(1).tolist()
    [102.9]
    """
    from coverage_geo.radio import radials  # noqa: PLC0415 - compiles or loads machine code

    losses = np.full(len(x), np.nan)
    antennas = {"frequency_mhz": frequency_mhz, "tx_height_m": tx_height_m, "rx_height_m": rx_height_m}
    if not len(x) or range_faults(model, **antennas):
        return losses
    bounds = (x.min(), y.min(), x.max(), y.max())
    placed = ground.around(transmitter, bounds, model.clutter_height_m)
    if placed is None:
        return losses
    radials.losses_to_points(
        model.kernel(),
        placed.grid,
        *placed.window.shape,
        placed.clutter,
        placed.tower_row,
        placed.tower_column,
        placed.row,
        placed.column,
        (transmitter[1] - y) / placed.window.dy,
        (x - transmitter[0]) / placed.window.dx,
        np.hypot(x - transmitter[0], y - transmitter[1]) / KILOMETRE,
        placed.spacing_m / KILOMETRE,
        model.distance_range_m[0] / KILOMETRE,
        tx_height_m,
        rx_height_m,
        model.parameters(frequency_mhz),
        losses,
    )
    return losses


def rsrp_dbm(
    one: Transmitter,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    loss_db: NDArray[np.float64],
    ground: Ground,
    receiver: Receiver,
) -> NDArray[np.float64]:
    """RSRP of a transmitter at receivers, from the path loss to them and the antenna's pattern.

    Parameters
    ----------
    one
        The transmitter.
    x, y
        Receivers, shape (n,).
    loss_db
        Path loss to each, shape (n,) [dB].
    ground
        Terrain, for the angle at which the antenna looks down.
    receiver
        What receives.

    Returns
    -------
    numpy.ndarray
        Shape (n,) [dBm].

    References
    ----------
    3GPP TS 36.214 (RSRP); TR 36.814, Table A.2.1.1-2 (pattern).
    """
    beam = rsrp_at_antenna_dbm(one.eirp_dbm, one.bandwidth_mhz) + receiver.gain_dbi
    beam -= receiver.total_loss_db(one.frequency_mhz)
    if one.beam.is_alike:
        return beam - loss_db
    east, north = x - one.x, y - one.y
    here = ground.heights(np.array([one.x]), np.array([one.y]))[0] + one.antenna_height_m
    there = ground.heights(x, y) + receiver.height_m
    depression = np.degrees(np.arctan2(here - there, np.hypot(east, north)))
    return beam + beam_gain_db(one.beam, np.degrees(np.arctan2(east, north)), depression) - loss_db


def transmitters(
    towers: gpd.GeoDataFrame,
    sectors: pd.DataFrame | None,
    *,
    receiver: Receiver,
    max_range_km: float | None,
    proposed: bool,
    patterns: Mapping[str, AntennaPattern] | None = None,
    weakest_dbm: float = RSRP_CLASSES.weak_dbm,
) -> tuple[pd.DataFrame, list[Transmitter], tuple[Assumption, ...]]:
    """Everything that transmits, with complete radio values and its range, and what was assumed.

    Parameters
    ----------
    towers, sectors, receiver, max_range_km, proposed, patterns
        As for `received_power`.
    weakest_dbm
        Weakest RSRP that counts; no path is longer than free space carries it [dBm].

    Returns
    -------
    table : pandas.DataFrame
        Index asset_id (sorted); the fields of `Transmitter` and the operator.
    each : list of Transmitter
        The same, row by row.
    assumptions : tuple of Assumption
        Values assumed and ranges, with counts.

    Raises
    ------
    InputError
        When a table is malformed.
    """
    check(towers, TOWERS)
    patterns = {} if patterns is None else patterns
    raise_faults([*kind_faults("receiver", receiver, Receiver, A_RECEIVER), *_pattern_faults(patterns)])
    if max_range_km is not None:
        raise_faults(kind_faults("max_range_km", max_range_km, Real, "Give a number of km."))
    if max_range_km is not None and not max_range_km > 0:
        what = f"max_range_km is {max_range_km!r}"
        raise_faults([Fault(ValueRangeError, "radio", what, "Give a distance above 0.")])
    table, assumed = _transmitter_table(towers, sectors, patterns, proposed=proposed)
    fields = [*Transmitter._fields[1:-1]]
    each = [
        _with_range(Transmitter._make((*row, math.nan)), receiver, max_range_km, weakest_dbm)
        for row in table[fields].itertuples(name=None)
    ]
    return table, each, (*assumed, *_stated_ranges(each))


def _pattern_faults(patterns: object) -> list[Fault]:
    """Faults of what is given for patterns: no names, or paths that were not read."""
    if not isinstance(patterns, Mapping):
        return kind_faults("patterns", patterns, Mapping, NAMED_PATTERNS)
    each = [
        kind_faults(f"patterns, {name!r}", one, AntennaPattern, A_PATTERN) for name, one in patterns.items()
    ]
    return [fault for faults in each for fault in faults]


def _transmitter_table(
    towers: gpd.GeoDataFrame,
    sectors: pd.DataFrame | None,
    patterns: Mapping[str, AntennaPattern],
    *,
    proposed: bool,
) -> tuple[pd.DataFrame, tuple[Assumption, ...]]:
    """One row for each thing that transmits, sorted by id, with complete radio values and a place."""
    rows, taken = (towers.sort_index(), ()) if sectors is None else sector_rows(sectors, towers, patterns)
    tower_id = rows.index.to_numpy() if sectors is None else rows["tower_id"].to_numpy()
    values, assumed = radio_values(rows)
    found, aimed = beams(rows, patterns)
    assumed += taken + aimed
    places = towers.geometry.loc[tower_id]
    values.insert(0, "tower_id", tower_id)
    values["x"], values["y"] = places.x.to_numpy(), places.y.to_numpy()
    values["operator"] = rows.get("operator")
    each = [Beam(*row) for row in found.itertuples(index=False)]
    values["beam"] = pd.Series(each, index=values.index, dtype=object)
    status = rows["status"] if "status" in rows else pd.Series(index=rows.index, dtype=object)
    values["status"] = "proposed" if proposed else status.where(status.notna(), "on air")
    silent = 0 if proposed else int(status.isna().sum())
    if silent:
        assumed += (Assumption("status", "on air", "the list does not say", "weak", count=silent),)
    return values, assumed


def _with_range(
    one: Transmitter, receiver: Receiver, max_range_km: float | None, weakest_dbm: float
) -> Transmitter:
    weakest = weakest_dbm - receiver.gain_dbi + receiver.total_loss_db(one.frequency_mhz)
    served = MAX_RANGE_KM[one.service] if max_range_km is None else max_range_km
    far = range_km(one.eirp_dbm, one.frequency_mhz, one.bandwidth_mhz, weakest)
    return one._replace(range_m=KILOMETRE * min(served, far))


def _stated_ranges(each: list[Transmitter]) -> list[Assumption]:
    longest: dict[str, float] = {}
    for one in each:
        longest[one.service] = max(longest.get(one.service, 0.0), one.range_m / KILOMETRE)
    return [
        Assumption(f"range of a {service} cell", f"at most {far:g} km", RANGE_SOURCES[service], "docs")
        for service, far in longest.items()
    ]
