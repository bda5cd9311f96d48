"""How far modelled signals are from the planner's own measurements: offset, spread, and what is left over."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage_geo.coverage import SERVING
from coverage_geo.errors import (
    AssumptionWarning,
    CRSError,
    Fault,
    ValueRangeError,
    kind_faults,
    raise_faults,
    refuse,
)
from coverage_geo.provenance import Assumption
from coverage_geo.radio.ground import READ_LAND_COVER, nearest_values
from coverage_geo.radio.link_budget import HANDSET, Receiver
from coverage_geo.radio.path_loss import chosen_model
from coverage_geo.radio.signal import signals
from coverage_geo.rasters import RasterSource
from coverage_geo.tables import MEASUREMENTS, TOWERS, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_geo.patterns import AntennaPattern
    from coverage_geo.radio.path_loss import PathLossModel

FEWEST = 30
FOLDS = 5
BLOCK_M = 1000.0  # shadow fading is alike over some 100 m (3GPP TR 38.901, Table 7.5-6), a hill's over more
ALL, UNKNOWN = "all", "unknown"
STRANGE_CELL = "names a cell that no tower or sector bears"
NOT_HEARD = "no tower in service of its cell, operator or service is modelled there"


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Measured against modelled signals; give it to `radio_coverage` as `calibration`.

    Attributes
    ----------
    offset_db, spread_db : float
        Mean and standard deviation of measured minus modelled RSRP [dB].
    rmse_before_db, rmse_after_db : float
        Root mean square error as modelled, and after each measurement was corrected by what the others, at
        least a block of 1 km away, had taught (cross-validated); NaN when all lie in one block [dB].
    by_class : pandas.DataFrame
        Index class ("all" first); columns count, offset_db, spread_db, rmse_before_db, rmse_after_db. A class
        needs 30 measurements.
    residuals : geopandas.GeoDataFrame
        The measurements used; columns asset_id, class, fold, measured_dbm, modelled_dbm, residual_db, which
        is measured minus modelled, and left_db, what is left of it when the other folds correct it.
    unused : pandas.Series
        Why the other measurements could not be compared, by measurement_id.
    model : PathLossModel
        What the offsets belong to.
    classes : RasterSource or None
        Land cover by which the offsets differ.

    Examples
    --------
    >>> from coverage_geo.radio import ItuP1812
    >>> table = pd.DataFrame({"offset_db": [-4.0], "spread_db": [9.0]}, index=["all"])
    >>> found = Calibration(-4.0, 9.0, 9.8, 9.0, table, gpd.GeoDataFrame(), pd.Series(dtype=str), ItuP1812())
    >>> found.offsets_db(np.array([500_000.0]), np.array([9_800_000.0])).tolist()
    [-4.0]
    """

    offset_db: float
    spread_db: float
    rmse_before_db: float
    rmse_after_db: float
    by_class: pd.DataFrame
    residuals: gpd.GeoDataFrame
    unused: pd.Series
    model: PathLossModel
    classes: RasterSource | None = None

    def __repr__(self) -> str:
        return (
            f"Calibration({self.model.name}, {len(self.residuals):,} measurements used, {len(self.unused):,} "
            f"not, offset {self.offset_db:+.1f} dB, spread {self.spread_db:.1f} dB, "
            f"{_errors(self.rmse_before_db, self.rmse_after_db)})"
        )

    def offsets_db(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Offset at each place: that of its class, else of all.

        Parameters
        ----------
        x, y
            Places, shape (n,).

        Returns
        -------
        numpy.ndarray
            Shape (n,) [dB].
        """
        return self._by_place("offset_db", x, y)

    def spreads_db(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Spread at each place: that of its class, else of all.

        Parameters
        ----------
        x, y
            Places, shape (n,).

        Returns
        -------
        numpy.ndarray
            Shape (n,) [dB].
        """
        return self._by_place("spread_db", x, y)

    def _by_place(self, column: str, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        learnt = self.by_class[column]
        own = learnt.reindex(_class_names(self.classes, x, y))
        return own.fillna(learnt[ALL]).to_numpy(dtype=float)

    def check(self, model: PathLossModel) -> None:
        """Refuse to correct another model than the one the offsets belong to.

        Parameters
        ----------
        model
            The model in use.

        Raises
        ------
        ValueRangeError
            When it is another, or has other parameters.
        """
        if model != self.model:
            what = f"was learnt for {self.model.name}, and {model.name} or other parameters are in use"
            refuse(ValueRangeError, "calibration", what, "Calibrate the model that is used.")

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What a calibrated result rests on."""
        return tuple(
            Assumption(
                "calibration" if name == ALL else f"calibration, class {name}",
                f"offset {row['offset_db']:+.1f} dB, spread {row['spread_db']:.1f} dB",
                f"own measurements; {_errors(row['rmse_before_db'], row['rmse_after_db'])}",
                "measured",
                int(row["count"]),
            )
            for name, row in self.by_class.iterrows()
        )


def _errors(before_db: float, after_db: float) -> str:
    if np.isnan(after_db):
        return f"error {before_db:.1f} dB before, none cross-validated within one block"
    return f"cross-validated error {before_db:.1f} dB before and {after_db:.1f} dB after"


def calibrate(
    measurements: gpd.GeoDataFrame,
    towers: gpd.GeoDataFrame,
    terrain: RasterSource | None = None,
    *,
    model: PathLossModel | None = None,
    receiver: Receiver = HANDSET,
    clutter: RasterSource | None = None,
    sectors: pd.DataFrame | None = None,
    patterns: Mapping[str, AntennaPattern] | None = None,
    classes: RasterSource | None = None,
) -> Calibration:
    """Offset and spread of the model against measured RSRP, overall and by class of land cover.

    Parameters
    ----------
    measurements
        Measurement table. A measurement that names a cell is compared with that tower or sector, others with
        the strongest in service; where it names an operator or a service, with those of that operator or
        service only.
    towers, terrain, model, receiver, clutter, sectors, patterns
        As for `radio_coverage`, and the same as there.
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

    Warns
    -----
    AssumptionWarning
        When the offsets do not lessen the error, overall or in a class; both errors are named.

    Notes
    -----
    Neighbouring measurements of a drive test hear the same hill. So whole blocks of 1 km go into each of the
    five folds, the largest first into the smallest fold: the same whatever the order of rows.

    References
    ----------
    Roberts et al.: Cross-validation strategies for data with temporal, spatial, hierarchical, or phylogenetic
    structure, Ecography 40, 2017 (blocks).

    Examples
    --------
    >>> at = {"crs": "EPSG:32748"}
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1"]}, geometry=gpd.points_from_xy([0], [0]), **at)
    >>> x = np.linspace(1000, 9000, 40)
    >>> ids = {"measurement_id": [f"m{i}" for i in range(40)], "rsrp_dbm": -100.0}
    >>> measured = gpd.GeoDataFrame(ids, geometry=gpd.points_from_xy(x, 0 * x), **at)
    >>> found = calibrate(measured.set_index("measurement_id"), towers.set_index("tower_id"))
    >>> len(found.residuals), len(found.unused)
    (40, 0)
    """
    check(towers, TOWERS)
    check(measurements, MEASUREMENTS, crs=towers.crs)
    if classes is not None:
        raise_faults(kind_faults("classes", classes, RasterSource, READ_LAND_COVER))
    if classes is not None and classes.crs != towers.crs:
        what = f"is in {classes.crs.name}, the towers in {towers.crs.name}"
        refuse(CRSError, "classes", what, "Read every input with the same study_area=.")
    chosen = chosen_model(model)
    points = measurements.sort_index()
    heard = signals(
        towers,
        _as_demand(points),
        terrain,
        receiver=receiver,
        model=chosen,
        sectors=sectors,
        patterns=patterns,
        max_range_km=None,
        proposed=False,
        strict=False,
        clutter=clutter,
    )
    rows = heard.transmitters.iloc[heard.asset]
    power = rows[["tower_id", "service", "operator", "status"]].assign(
        asset_id=rows.index, measurement_id=points.index.to_numpy()[heard.demand], rsrp_dbm=heard.rsrp_dbm
    )
    modelled = _matched(power[power["rsrp_dbm"].notna() & power["status"].isin(SERVING)], points)
    unused = _unused(points, modelled.index, heard.transmitters)
    if len(modelled) < FEWEST:
        reasons = "".join(f"; {count} {why}" for why, count in unused.value_counts().sort_index().items())
        what = f"{len(modelled)} of {len(points)} measurements can be compared{reasons}"
        remedy = f"Give at least {FEWEST} within range of the towers."
        raise_faults([Fault(ValueRangeError, "measurements", what, remedy)])
    residuals = _residuals(points.loc[modelled.index], modelled, classes)
    by_class = _by_class(residuals)
    _warn_of_no_gain(by_class)
    offset, spread, before, after = by_class.drop(columns="count").loc[[ALL]].to_numpy()[0].tolist()
    return Calibration(offset, spread, before, after, by_class, residuals, unused, chosen, classes)


def _warn_of_no_gain(by_class: pd.DataFrame) -> None:
    """Warn where measurements elsewhere correct the model to no lesser error than it had."""
    useless = by_class[by_class["rmse_after_db"] >= by_class["rmse_before_db"]]
    if useless.empty:
        return
    each = "; ".join(
        f"{'overall' if name == ALL else f'class {name}'} {row['rmse_before_db']:.2f} dB before, "
        f"{row['rmse_after_db']:.2f} dB after"
        for name, row in useless.iterrows()
    )
    text = f"the calibration does not lessen the error: {each}; leave it out, or give more measurements"
    warnings.warn(text, AssumptionWarning, stacklevel=3)


def _as_demand(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    columns = {"people": np.ones(len(points)), "village_id": points.index.to_numpy()}
    index = points.index.rename("demand_id")
    return gpd.GeoDataFrame(columns, geometry=points.geometry.to_numpy(), crs=points.crs, index=index)


def _matched(power: pd.DataFrame, points: gpd.GeoDataFrame) -> pd.DataFrame:
    """Modelled signal that each measurement speaks of: its cell's where it names one, else the strongest."""
    cell, operator, service = (
        power["measurement_id"].map(points[name]) if name in points else pd.Series(None, power.index)
        for name in ("cell", "operator", "service")
    )
    fits = cell.isna() | (cell == power["asset_id"]) | (cell == power["tower_id"])
    fits &= service.isna() | (service == power["service"])
    fits &= _same_operator(operator, power["operator"])
    order = ["measurement_id", "rsrp_dbm", "asset_id"]
    strongest = power[fits].sort_values(order, ascending=[True, False, True], kind="stable")
    return strongest.drop_duplicates("measurement_id").set_index("measurement_id")[["asset_id", "rsrp_dbm"]]


def _same_operator(measured: pd.Series, modelled: pd.Series) -> NDArray[np.bool_]:
    """Whether two columns name an operator in common; one that is silent fits any."""
    pairs = set(zip(measured, modelled, strict=True))
    apart = {
        (one, other)
        for one, other in pairs
        if isinstance(one, str)
        and isinstance(other, str)
        and set(one.split(", ")).isdisjoint(other.split(", "))
    }
    return np.array([pair not in apart for pair in zip(measured, modelled, strict=True)], dtype=bool)


def _unused(points: gpd.GeoDataFrame, used: pd.Index, transmitters: pd.DataFrame) -> pd.Series:
    """Why measurements could not be compared."""
    left = points[~points.index.isin(used)]
    known = {*transmitters.index, *transmitters["tower_id"]}
    cell = left["cell"] if "cell" in left else pd.Series(None, left.index, dtype=object)
    strange = cell.notna() & ~cell.isin(known)
    return pd.Series(np.where(strange, STRANGE_CELL, NOT_HEARD), left.index, dtype=object, name="reason")


def _class_names(classes: RasterSource | None, x: NDArray[np.float64], y: NDArray[np.float64]) -> list[str]:
    """Class of land cover at each place."""
    if classes is None:
        return [ALL] * len(x)
    return [UNKNOWN if np.isnan(one) else f"{one:g}" for one in nearest_values(classes, x, y)]


def _residuals(
    used: gpd.GeoDataFrame, modelled: pd.DataFrame, classes: RasterSource | None
) -> gpd.GeoDataFrame:
    """Measured beside modelled, and what is left where the other folds correct it."""
    x, y = used.geometry.x.to_numpy(), used.geometry.y.to_numpy()
    measured = used["rsrp_dbm"].astype(float)
    columns = {
        "asset_id": modelled["asset_id"],
        "class": _class_names(classes, x, y),
        "fold": _folds(x, y),
        "measured_dbm": measured,
        "modelled_dbm": modelled["rsrp_dbm"],
        "residual_db": measured - modelled["rsrp_dbm"],
    }
    table = gpd.GeoDataFrame(columns, geometry=used.geometry, crs=used.crs)
    left = pd.Series(np.nan, table.index)
    for fold in sorted(set(table["fold"])):
        own = table["fold"] == fold
        others = table[~own]
        count, mean = (others.groupby("class")["residual_db"].agg(how) for how in ("count", "mean"))
        learnt = table["class"][own].map(mean[count >= FEWEST]).fillna(others["residual_db"].mean())
        left[own] = table["residual_db"][own] - learnt
    table.insert(len(table.columns) - 1, "left_db", left)
    return table


def _folds(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Fold of each measurement; those in one block share it."""
    blocks = np.column_stack([np.floor(x / BLOCK_M), np.floor(y / BLOCK_M)])
    _, block, count = np.unique(blocks, axis=0, return_inverse=True, return_counts=True)
    fold_of, size = np.zeros(len(count), dtype=np.int64), np.zeros(FOLDS, dtype=np.int64)
    for one in np.argsort(-count, kind="stable"):
        fold_of[one] = size.argmin()
        size[fold_of[one]] += count[one]
    folds: NDArray[np.int64] = fold_of[block.ravel()]
    return folds


def _by_class(residuals: gpd.GeoDataFrame) -> pd.DataFrame:
    """Offset, spread and errors of all measurements and of each class with enough of them."""
    groups = {ALL: residuals}
    if set(residuals["class"]) != {ALL}:
        groups |= {str(name): own for name, own in residuals.groupby("class") if len(own) >= FEWEST}
    rows = {
        name: {
            "count": len(own),
            "offset_db": own["residual_db"].mean(),
            "spread_db": own["residual_db"].std(ddof=1),
            "rmse_before_db": float(np.sqrt(np.mean(own["residual_db"] ** 2))),
            "rmse_after_db": float(np.sqrt(np.mean(own["left_db"] ** 2))),
        }
        for name, own in groups.items()
        if name != UNKNOWN
    }
    return pd.DataFrame.from_dict(rows, orient="index").astype({"count": int}).rename_axis("class")
