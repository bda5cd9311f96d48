"""Received power and its spread to Coverage: whom each tower serves, how well and how surely."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from coverage_geo.coverage import Coverage, asset_table
from coverage_geo.errors import Fault, ValueRangeError, kind_faults, raise_faults
from coverage_geo.provenance import Assumption
from coverage_geo.radio.link_budget import A_CLASSES, HANDSET, RSRP_CLASSES, Receiver, SignalClasses
from coverage_geo.radio.signal import signals

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from coverage_geo.patterns import AntennaPattern
    from coverage_geo.radio.calibration import Calibration
    from coverage_geo.radio.path_loss import PathLossModel
    from coverage_geo.rasters import RasterSource

SPREAD_DB = 8.0
SPREAD_SOURCE = "shadow fading without line of sight in the countryside, 3GPP TR 38.901 RMa"
LEAST_CHANCE = 0.01  # entries with less chance of even a weak signal are left out


def radio_coverage(
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
    classes: SignalClasses = RSRP_CLASSES,
    spread_db: float | None = None,
    max_range_km: float | None = None,
    proposed: bool = False,
    strict: bool = False,
) -> Coverage:
    """Which tower serves which demand point, at which level and with which probability.

    Parameters
    ----------
    towers
        Tower table; missing radio values are assumed and counted. Its status column decides which serve: on
        air (also when silent) does, faulty and planned do not.
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
        Sector table; each row becomes an asset of its tower instead of the tower itself. Towers without a row
        stay assets themselves, which is stated with their count.
    patterns
        Antenna patterns by the names in the sectors' `pattern` column; without a name that of 3GPP holds.
    calibration
        Offsets and spreads learnt by `calibrate`, overall or by class of land cover.
    classes
        Where weak, usable and strong signal begin.
    spread_db
        Standard deviation of the signal around its median, for the probabilities; the calibration's, or 8,
        when not given [dB].
    max_range_km
        No path is longer [km]; by service when not given (4G 14.5, 2G 35).
    proposed
        Whether these towers are proposals: all get the status "proposed" and count as serving.
    strict
        Raise where the terrain has no height, instead of counting it; it needs terrain.

    Returns
    -------
    Coverage
        Assets are towers (or sectors), their proposal the tower. Everything assumed is in `assumptions`.

    Raises
    ------
    InputError
        When a table is malformed or in another CRS.
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
    >>> points = {"demand_id": ["d1", "d2"], "people": [10.0, 20.0], "village_id": "v1"}
    >>> demand = gpd.GeoDataFrame(points, geometry=gpd.points_from_xy([3000, 30000], [0, 0]), **at)
    >>> coverage = radio_coverage(towers.set_index("tower_id"), demand.set_index("demand_id"))
    >>> coverage.best_level().tolist()
    [3, 0]
    """
    raise_faults(kind_faults("classes", classes, SignalClasses, A_CLASSES))
    if spread_db is not None:
        raise_faults(kind_faults("spread_db", spread_db, Real, "Give a number [dB]."))
    if spread_db is not None and not spread_db >= 0:
        what = f"spread_db is {spread_db!r}"
        raise_faults([Fault(ValueRangeError, "radio", what, "Give 0 or more.")])
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
        weakest_dbm=classes.weak_dbm,
    )
    spread, spoken = _spread(demand, spread_db, calibration)
    chance = classes.probabilities(heard.rsrp_dbm, spread[heard.demand])
    level = classes.levels(heard.rsrp_dbm)
    keep = (level > 0) | (chance[:, 0] >= LEAST_CHANCE)
    stated = (
        Assumption("signal classes", str(classes), "usual RSRP classes", "docs"),
        spoken,
    )
    return Coverage.of(
        _assets(heard.transmitters),
        demand.index,
        asset=heard.asset[keep],
        demand=heard.demand[keep],
        level=level[keep],
        probability=chance[keep],
        assumptions=(*heard.assumptions, *stated),
    )


def _spread(
    demand: gpd.GeoDataFrame, spread_db: float | None, calibration: Calibration | None
) -> tuple[NDArray[np.float64], Assumption]:
    """Spread of the signal at each demand point: as given, as calibrated, or the default."""
    topic = "spread of the signal"
    if spread_db is None and calibration is not None:
        x, y = demand.geometry.x.to_numpy(), demand.geometry.y.to_numpy()
        return calibration.spreads_db(x, y), Assumption(topic, "as calibrated, normal", grade="measured")
    db = SPREAD_DB if spread_db is None else spread_db
    source, grade = (SPREAD_SOURCE, "docs") if spread_db is None else ("given", "user")
    return np.full(len(demand), db), Assumption(topic, f"{db:g} dB, normal", source, grade)


def _assets(transmitters: pd.DataFrame) -> pd.DataFrame:
    return asset_table(
        {
            "asset_id": row.Index,
            "kind": "tower",
            "proposal_id": row.tower_id,
            "service": row.service,
            "operator": row.operator,
            "status": row.status,
            "capacity_mbps": np.nan,
        }
        for row in transmitters.itertuples()
    )
