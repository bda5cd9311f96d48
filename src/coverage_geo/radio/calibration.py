"""How far modelled signals are from the planner's own measurements: offset, spread, and what is left over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage_geo.errors import Fault, ValueRangeError, raise_faults
from coverage_geo.provenance import Assumption
from coverage_geo.radio.ground import nearest_values
from coverage_geo.radio.link_budget import HANDSET, Receiver
from coverage_geo.radio.signal import received_power
from coverage_geo.tables import MEASUREMENTS, check

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_geo.radio.path_loss import PathLossModel
    from coverage_geo.rasters import RasterSource

FEWEST = 30
FOLDS = 5
ALL = "all"


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Measured against modelled signals.

    Attributes
    ----------
    offset_db, spread_db : float
        Mean and standard deviation of measured minus modelled RSRP [dB].
    rmse_before_db, rmse_after_db : float
        Root mean square error without, and with the offset learnt from other measurements (cross-validated).
    by_class : pandas.DataFrame
        Index class ("all" first); columns count, offset_db, spread_db; a class needs 30 measurements.
    residuals : geopandas.GeoDataFrame
        The measurements used; columns asset_id, class, measured_dbm, modelled_dbm, residual_db.
    unused : int
        Measurements without a modelled signal, such as out of every tower's range.

    Examples
    --------
    >>> stats = pd.DataFrame()
    >>> found = Calibration(-4.0, 9.0, 9.8, 9.0, stats, gpd.GeoDataFrame(), 0)
    >>> found.applied_to(HANDSET).loss_db
    4.0
    """

    offset_db: float
    spread_db: float
    rmse_before_db: float
    rmse_after_db: float
    by_class: pd.DataFrame
    residuals: gpd.GeoDataFrame
    unused: int

    def applied_to(self, receiver: Receiver) -> Receiver:
        """Return the receiver with the offset as a loss: give it, and `spread_db`, to `radio_coverage`.

        Parameters
        ----------
        receiver
            The receiver the measurements were modelled with.

        Returns
        -------
        Receiver
            Modelled signals then agree with the measured ones on average.
        """
        return replace(receiver, loss_db=receiver.loss_db - self.offset_db)

    def offsets_db(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Offset at each place.

        Parameters
        ----------
        x, y
            Places, shape (n,).

        Returns
        -------
        numpy.ndarray
            Shape (n,) [dB].
        """
        return np.full(len(x), self.offset_db)

    def spreads_db(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Spread at each place.

        Parameters
        ----------
        x, y
            Places, shape (n,).

        Returns
        -------
        numpy.ndarray
            Shape (n,) [dB].
        """
        return np.full(len(x), self.spread_db)

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What a calibrated result rests on."""
        value = f"offset {self.offset_db:+.1f} dB, spread {self.spread_db:.1f} dB"
        source = f"own measurements; cross-validated error {self.rmse_after_db:.1f} dB"
        return (Assumption("calibration", value, source, "measured", len(self.residuals)),)


def calibrate(
    measurements: gpd.GeoDataFrame,
    towers: gpd.GeoDataFrame,
    terrain: RasterSource | None = None,
    *,
    model: PathLossModel | None = None,
    receiver: Receiver = HANDSET,
    clutter: RasterSource | None = None,
    sectors: pd.DataFrame | None = None,
    classes: RasterSource | None = None,
) -> Calibration:
    """Offset and spread of the model against measured RSRP, overall and by class of land cover.

    Parameters
    ----------
    measurements
        Measurement table. A measurement that names a cell is compared with that tower or sector, others with
        the strongest.
    towers, terrain, model, receiver, clutter, sectors
        As for `radio_coverage`.
    classes
        Land cover; each class with 30 measurements or more gets an offset and spread of its own.

    Returns
    -------
    Calibration
        Measured and modelled values stay in columns of their own.

    Raises
    ------
    InputError
        When a table is malformed, or fewer than 30 measurements can be compared.

    References
    ----------
    ITU-R P.1812-8 leaves a site-general error of 8 to 12 dB on rural paths, which measurements reveal.

    Examples
    --------
    >>> at = {"crs": "EPSG:32748"}
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1"]}, geometry=gpd.points_from_xy([0], [0]), **at)
    >>> x = np.linspace(1000, 9000, 40)
    >>> ids = {"measurement_id": [f"m{i}" for i in range(40)], "rsrp_dbm": -100.0}
    >>> measured = gpd.GeoDataFrame(ids, geometry=gpd.points_from_xy(x, 0 * x), **at)
    >>> found = calibrate(measured.set_index("measurement_id"), towers.set_index("tower_id"))
    >>> len(found.residuals), found.unused
    (40, 0)
    """
    check(measurements, MEASUREMENTS, crs=towers.crs)
    points = measurements.sort_index()
    power = received_power(
        towers,
        _as_demand(points),
        terrain,
        receiver=receiver,
        model=model,
        clutter=clutter,
        sectors=sectors,
    )
    modelled = _matched(power[power["rsrp_dbm"].notna()], points)
    used = points.loc[modelled.index]
    if len(used) < FEWEST:
        what = f"{len(used)} of {len(points)} measurements can be compared"
        remedy = f"Give at least {FEWEST} within range of the towers."
        raise_faults([Fault(ValueRangeError, "measurements", what, remedy)])
    columns = {
        "asset_id": modelled["asset_id"],
        "class": _classes_at(used, classes),
        "measured_dbm": used["rsrp_dbm"].astype(float),
        "modelled_dbm": modelled["rsrp_dbm"],
        "residual_db": used["rsrp_dbm"] - modelled["rsrp_dbm"],
    }
    residuals = gpd.GeoDataFrame(columns, geometry=used.geometry, crs=used.crs)
    off = residuals["residual_db"].to_numpy(dtype=float)
    return Calibration(
        float(off.mean()),
        float(off.std(ddof=1)),
        float(np.sqrt(np.mean(off**2))),
        _cross_validated(off),
        _by_class(residuals),
        residuals,
        len(points) - len(used),
    )


def _as_demand(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    columns = {"people": np.ones(len(points)), "village_id": points.index.to_numpy()}
    index = points.index.rename("demand_id")
    return gpd.GeoDataFrame(columns, geometry=points.geometry.to_numpy(), crs=points.crs, index=index)


def _matched(power: pd.DataFrame, points: gpd.GeoDataFrame) -> pd.DataFrame:
    """Modelled signal that each measurement speaks of: its cell's where it names one, else the strongest."""
    cell = points["cell"] if "cell" in points else pd.Series(index=points.index, dtype=object)
    named = cell[cell.notna()]
    wanted = power["demand_id"].map(named)
    fits = (wanted == power["asset_id"]) | (wanted == power["tower_id"]) | wanted.isna()
    strongest = power[fits].sort_values(
        ["demand_id", "rsrp_dbm", "asset_id"], ascending=[True, False, True], kind="stable"
    )
    return strongest.drop_duplicates("demand_id").set_index("demand_id")[["asset_id", "rsrp_dbm"]]


def _classes_at(points: gpd.GeoDataFrame, classes: RasterSource | None) -> pd.Series:
    if classes is None:
        return pd.Series(ALL, index=points.index)
    found = nearest_values(classes, points.geometry.x.to_numpy(), points.geometry.y.to_numpy())
    return pd.Series([f"{one:g}" for one in found], index=points.index)


def _by_class(residuals: gpd.GeoDataFrame) -> pd.DataFrame:
    groups = {ALL: residuals["residual_db"]}
    for name, group in residuals.groupby("class"):
        if name != ALL and len(group) >= FEWEST:
            groups[str(name)] = group["residual_db"]
    rows = {
        name: {"count": len(values), "offset_db": values.mean(), "spread_db": values.std(ddof=1)}
        for name, values in groups.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("class")


def _cross_validated(off: np.ndarray) -> float:
    """Error left where the offset was learnt from the other folds; every fifth measurement is one fold."""
    fold = np.arange(len(off)) % FOLDS
    left = np.concatenate([off[fold == k] - off[fold != k].mean() for k in range(FOLDS)])
    return float(np.sqrt(np.mean(left**2)))
