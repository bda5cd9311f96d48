"""From a tower's radio to RSRP: receivers, signal classes and the values assumed where a list is silent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from coverage_geo.errors import Fault, ValueRangeError, kind_faults, raise_faults
from coverage_geo.provenance import Assumption

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

A_NUMBER = "Give a number."
SUBCARRIERS = 12
SMALLEST_LTE_CARRIER_MHZ = 1.4  # six resource blocks, where five a megahertz would be seven
RADIO_COLUMNS = (
    "service",
    "antenna_height_m",
    "frequency_mhz",
    "power_dbm",
    "gain_dbi",
    "feeder_loss_db",
    "bandwidth_mhz",
)
# service: its value where a tower list is silent
DEFAULTS: dict[str, dict[str, float]] = {
    "antenna_height_m": {"2G": 42.0, "4G": 42.0},
    "frequency_mhz": {"2G": 900.0, "4G": 900.0},
    "power_dbm": {"2G": 43.0, "4G": 43.0},
    "gain_dbi": {"2G": 17.0, "4G": 17.0},
    "feeder_loss_db": {"2G": 1.0, "4G": 1.0},
    "bandwidth_mhz": {"2G": 0.2, "4G": 10.0},
}
DEFAULT_SERVICE = "4G"
SAME_EIRP_DB = 0.5
SOURCES = {
    "service": ("most rural sites built since 2019 are 4G", "weak"),
    "antenna_height_m": ("lower end of BAKTI's rural towers, 42-72 m", "press"),
    "frequency_mhz": ("rural coverage band in Indonesia", "weak"),
    "power_dbm": ("3GPP TR 36.814, 43 dBm over 10 MHz", "docs"),
    "gain_dbi": ("3GPP TR 36.814, sector antenna; all directions alike", "docs"),
    "feeder_loss_db": ("short jumper from a radio near the antenna", "weak"),
    "bandwidth_mhz": ("one common carrier; 0.2 MHz for GSM", "weak"),
}
UNITS = {
    "antenna_height_m": "m",
    "frequency_mhz": "MHz",
    "power_dbm": "dBm",
    "gain_dbi": "dBi",
    "feeder_loss_db": "dB",
    "bandwidth_mhz": "MHz",
}
# How far a cell serves at all, whatever the signal.
MAX_RANGE_KM = {"2G": 35.0, "4G": 14.5}
BUILDINGS = {"traditional": 1, "thermally efficient": 2}  # their numbers in ITU-R P.2109
RANGE_SOURCES = {"2G": "GSM timing advance, 3GPP TS 45.010", "4G": "PRACH format 0, 3GPP TS 36.211"}


@dataclass(frozen=True, slots=True)
class Receiver:
    """What receives: how high its antenna is and what it gains or loses.

    Attributes
    ----------
    height_m : float
        Antenna above ground, 1 to 3000 [m].
    gain_dbi : float
        Antenna gain [dBi].
    loss_db : float
        Loss to the body or a cable [dB].
    building : {"traditional", "thermally efficient"} or None
        Building it is in, whose entry loss counts by ITU-R P.2109; None is outdoors.
    entry_percent : float
        Probability with which that entry loss is not exceeded, above 0 and below 100 [%].

    Examples
    --------
    >>> Receiver(height_m=6, gain_dbi=9, loss_db=1).total_loss_db(900)
    1.0
    >>> round(Receiver(height_m=1.5, building="traditional").total_loss_db(900), 1)
    14.2
    """

    height_m: float
    gain_dbi: float = 0.0
    loss_db: float = 0.0
    building: Literal["traditional", "thermally efficient"] | None = None
    entry_percent: float = 50.0

    def __post_init__(self) -> None:
        given = {name: getattr(self, name) for name in ("height_m", "gain_dbi", "loss_db", "entry_percent")}
        kinds = (kind_faults(f"receiver, {name}", value, Real, A_NUMBER) for name, value in given.items())
        raise_faults([fault for faults in kinds for fault in faults])
        faults = []
        if not (math.isfinite(self.height_m) and self.height_m > 0):
            faults.append((f"height is {self.height_m!r} m", "Give its height above ground."))
        if self.building is not None and self.building not in BUILDINGS:
            faults.append((f"building is {self.building!r}", f"Use {' or '.join(BUILDINGS)}, or None."))
        if not 0 < self.entry_percent < 100:
            faults.append((f"entry_percent is {self.entry_percent!r}", "Give above 0 and below 100 %."))
        raise_faults([Fault(ValueRangeError, "receiver", what, remedy) for what, remedy in faults])

    def total_loss_db(self, frequency_mhz: float) -> float:
        """Return its own loss and that of the building, the path arriving level.

        Parameters
        ----------
        frequency_mhz
            Carrier frequency; indoors 80 to 100,000 [MHz].

        Returns
        -------
        float
            In dB; NaN indoors at other frequencies.
        """
        if self.building is None:
            return float(self.loss_db)
        from coverage_geo.radio.p2109 import building_entry_loss  # noqa: PLC0415 - loads numba

        kind = BUILDINGS[self.building]
        return float(self.loss_db + building_entry_loss(frequency_mhz / 1000, self.entry_percent, kind, 0.0))

    def __str__(self) -> str:
        outdoors = f"{self.height_m:g} m above ground, {self.gain_dbi:g} dBi, {self.loss_db:g} dB loss"
        if self.building is None:
            return outdoors
        entry = f"entry loss not exceeded with {self.entry_percent:g} % by ITU-R P.2109-2"
        return f"{outdoors}, in a {self.building} building, {entry}"


HANDSET = Receiver(height_m=1.5)
INDOOR_HANDSET = Receiver(height_m=1.5, building="traditional")
ROOFTOP_CPE = Receiver(height_m=6.0, gain_dbi=9.0, loss_db=1.0)


@dataclass(frozen=True, slots=True)
class SignalClasses:
    """Where weak, usable and strong signal begin.

    Attributes
    ----------
    strong_dbm, usable_dbm, weak_dbm : float
        Lowest RSRP of each class, falling [dBm].

    Examples
    --------
    >>> RSRP_CLASSES.levels(np.array([-90.0, -100.0, -110.0, -120.0, np.nan])).tolist()
    [3, 2, 1, 0, 0]
    """

    strong_dbm: float = -95.0
    usable_dbm: float = -105.0
    weak_dbm: float = -115.0

    def __post_init__(self) -> None:
        if not self.strong_dbm > self.usable_dbm > self.weak_dbm:
            what = f"thresholds {self.strong_dbm}, {self.usable_dbm}, {self.weak_dbm} do not fall"
            raise_faults([Fault(ValueRangeError, "signal classes", what, "Give strong > usable > weak.")])

    def __str__(self) -> str:
        limits = (self.weak_dbm, self.usable_dbm, self.strong_dbm)
        return "weak from {:g}, usable from {:g}, strong from {:g} dBm".format(*limits)

    @property
    def thresholds_dbm(self) -> tuple[float, float, float]:
        """Thresholds from weak to strong."""
        return self.weak_dbm, self.usable_dbm, self.strong_dbm

    def levels(self, rsrp_dbm: NDArray[np.float64]) -> NDArray[np.int8]:
        """Level of each signal.

        Parameters
        ----------
        rsrp_dbm
            RSRP, any shape [dBm]; NaN is no signal.

        Returns
        -------
        numpy.ndarray
            The same shape, int8: 0 none, 1 weak, 2 usable, 3 strong, as `Level`.
        """
        thresholds = np.array(self.thresholds_dbm)
        passed = np.asarray(rsrp_dbm)[..., None] >= thresholds
        levels: NDArray[np.int8] = passed.sum(axis=-1).astype(np.int8)
        return levels

    def probabilities(
        self, rsrp_dbm: NDArray[np.float64], spread_db: float | NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Probability of at least weak, usable and strong signal when the spread is normal.

        Parameters
        ----------
        rsrp_dbm
            Median RSRP, shape (n,) [dBm]; NaN has no chance.
        spread_db
            Standard deviation, one or shape (n,) [dB]; 0 makes it yes or no.

        Returns
        -------
        numpy.ndarray
            Shape (n, 3), float32, falling along each row.
        """
        median = np.nan_to_num(np.asarray(rsrp_dbm, dtype=float), nan=-np.inf)[:, None]
        margin = median - np.array(self.thresholds_dbm)
        spread = np.broadcast_to(np.asarray(spread_db, dtype=float).reshape(-1, 1), margin.shape)
        certain = np.where(margin >= 0, np.inf, -np.inf)
        from scipy.special import ndtr  # noqa: PLC0415 - a quarter second that only this needs

        deviates = np.divide(margin, spread, out=certain, where=spread > 0)
        chance: NDArray[np.float32] = ndtr(deviates).astype(np.float32)
        return chance


RSRP_CLASSES = SignalClasses()
A_CLASSES = "Give cg.radio.RSRP_CLASSES, or cg.radio.SignalClasses with your own thresholds."


def resource_blocks(bandwidth_mhz: float) -> int:
    """Resource blocks of an LTE carrier.

    Parameters
    ----------
    bandwidth_mhz
        Carrier bandwidth [MHz]; 0.2 stands for a GSM carrier and counts as one block.

    Returns
    -------
    int
        1 or more.

    References
    ----------
    3GPP TS 36.101, Table 5.6-1.

    Examples
    --------
    >>> [resource_blocks(bandwidth) for bandwidth in (0.2, 1.4, 3, 5, 10, 15, 20)]
    [1, 6, 15, 25, 50, 75, 100]
    """
    if bandwidth_mhz == SMALLEST_LTE_CARRIER_MHZ:
        return 6
    return max(1, round(5 * bandwidth_mhz))


def rsrp_at_antenna_dbm(carrier_dbm: float, bandwidth_mhz: float) -> float:
    """Power of one resource element of a carrier.

    Parameters
    ----------
    carrier_dbm
        Power or EIRP of the whole carrier [dBm].
    bandwidth_mhz
        Carrier bandwidth [MHz].

    Returns
    -------
    float
        Power or EIRP of one resource element [dBm].

    References
    ----------
    3GPP TS 36.214 (RSRP), TS 36.211 (12 subcarriers a resource block).

    Examples
    --------
    >>> round(rsrp_at_antenna_dbm(43.0, 10.0), 1)
    15.2
    """
    return carrier_dbm - 10 * math.log10(SUBCARRIERS * resource_blocks(bandwidth_mhz))


def radio_values(rows: pd.DataFrame | gpd.GeoDataFrame) -> tuple[pd.DataFrame, tuple[Assumption, ...]]:
    """Complete radio values of towers or sectors, and what was assumed for how many.

    Parameters
    ----------
    rows
        Towers or sectors; any radio column may be missing or have gaps.

    Returns
    -------
    values : pandas.DataFrame
        The same index; columns service, antenna_height_m, frequency_mhz, bandwidth_mhz, eirp_dbm, complete.
    assumptions : tuple of Assumption
        One for each value assumed, with the count of rows.

    Examples
    --------
    >>> values, assumed = radio_values(pd.DataFrame({"frequency_mhz": [1800.0, None]}, index=["A", "B"]))
    >>> values["frequency_mhz"].tolist(), values["eirp_dbm"].tolist()
    ([1800.0, 900.0], [59.0, 59.0])
    >>> print([one for one in assumed if one.topic == "frequency_mhz"][0])
    frequency_mhz: 900 MHz, for 1 (rural coverage band in Indonesia; weak)
    """
    values = pd.DataFrame(index=rows.index)
    service = rows["service"] if "service" in rows else pd.Series(index=rows.index, dtype=object)
    assumptions = _assumed("service", service.isna(), DEFAULT_SERVICE)
    values["service"] = service.where(service.notna(), DEFAULT_SERVICE)
    given_eirp = numbers(rows, "eirp_dbm")
    for column, defaults in DEFAULTS.items():
        given = numbers(rows, column)
        silent = given.isna()
        if column in {"power_dbm", "gain_dbi", "feeder_loss_db"}:
            silent &= given_eirp.isna()
        values[column] = given.where(given.notna(), values["service"].map(defaults).astype(float))
        for name in sorted(set(values["service"][silent])):
            value = f"{defaults[name]:g} {UNITS[column]}"
            assumptions += _assumed(column, silent & (values["service"] == name), value)
    own = values["power_dbm"] + values["gain_dbi"] - values["feeder_loss_db"]
    told = numbers(rows, "power_dbm") + numbers(rows, "gain_dbi")
    contradicted = int(((given_eirp - own).abs() > SAME_EIRP_DB)[told.notna()].sum())
    if contradicted:
        source = "power and gain are given too and say otherwise"
        assumptions += (Assumption("eirp_dbm", "as given", source, "user", contradicted),)
    values["eirp_dbm"] = given_eirp.where(given_eirp.notna(), own)
    kept = ["service", "antenna_height_m", "frequency_mhz", "bandwidth_mhz", "eirp_dbm"]
    return values[kept], assumptions


def numbers(rows: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as numbers, missing where the table lacks it.

    Parameters
    ----------
    rows
        Any table.
    column
        Its name.

    Returns
    -------
    pandas.Series
        The same index, float.

    Examples
    --------
    >>> numbers(pd.DataFrame(index=["A"]), "gain_dbi").tolist()
    [nan]
    """
    return rows[column].astype(float) if column in rows else pd.Series(np.nan, index=rows.index)


def _assumed(column: str, silent: pd.Series, value: str) -> tuple[Assumption, ...]:
    count = int(silent.sum())
    return (Assumption(column, value, *SOURCES[column], count=count),) if count else ()


def range_km(eirp_dbm: float, frequency_mhz: float, bandwidth_mhz: float, weakest_dbm: float) -> float:
    """How far a signal could reach in free space before it is weaker than the weakest that counts.

    Parameters
    ----------
    eirp_dbm
        EIRP of the whole carrier [dBm].
    frequency_mhz, bandwidth_mhz
        Carrier [MHz].
    weakest_dbm
        Weakest RSRP at the receiver's antenna that counts, gains and losses taken off [dBm].

    Returns
    -------
    float
        Distance [km].

    References
    ----------
    ITU-R P.525.

    Examples
    --------
    >>> round(range_km(59.0, 900.0, 10.0, -115.0))
    545
    """
    budget = rsrp_at_antenna_dbm(eirp_dbm, bandwidth_mhz) - weakest_dbm
    distance: float = 10 ** ((budget - 92.4 - 20 * math.log10(frequency_mhz / 1000)) / 20)
    return distance
