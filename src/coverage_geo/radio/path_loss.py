"""The path-loss models a planner picks: frozen values, and the loss of one profile by any of them."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, overload

import numpy as np

from coverage_geo.errors import OutsideModelRangeWarning, ValueRangeError, refuse
from coverage_geo.provenance import Assumption
from coverage_geo.radio.checks import ZONES, check_values, checked_profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

POLARISATIONS = {"horizontal": 1, "vertical": 2}
SMOOTH_PATHS = {"profile points": 0, "continuous": 1}
KILOMETRE = 1000.0


class PathLossModel(Protocol):
    """What every path-loss model offers; a study swaps one for another with one word.

    Examples
    --------
    >>> models: list[PathLossModel] = [ItuP1812(), FreeSpace()]
    >>> [model.name for model in models]
    ['ITU-R P.1812-8', 'free space (ITU-R P.525)']
    """

    @property
    def name(self) -> str:
        """Name and edition, as printed with results."""
        ...

    @property
    def frequency_range_mhz(self) -> tuple[float, float]:
        """Lowest and highest frequency the model was made for."""
        ...

    @property
    def height_range_m(self) -> tuple[float, float]:
        """Lowest and highest antenna above ground the model was made for."""
        ...

    @property
    def distance_range_m(self) -> tuple[float, float]:
        """Shortest and longest path the model was made for."""
        ...

    @property
    def clutter_height_m(self) -> float:
        """Height of the clutter along every path where no clutter raster is given."""
        ...

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What a result by this model rests on."""
        ...

    def kernel(self) -> Callable[..., float]:
        """Return the compiled function that the loops call."""
        ...

    def parameters(self, frequency_mhz: float) -> NDArray[np.float64]:
        """Return the numbers that the compiled function reads.

        Parameters
        ----------
        frequency_mhz
            Carrier frequency [MHz].
        """
        ...

    def intermediates(
        self,
        distance_m: NDArray[np.float64],
        height_m: NDArray[np.float64],
        clutter_m: NDArray[np.float64],
        zone: NDArray[np.int8],
        *,
        frequency_mhz: float,
        tx_height_m: float,
        rx_height_m: float,
    ) -> dict[str, float]:
        """Return every value computed for one profile by its symbol; the loss is "L_b".

        Parameters
        ----------
        distance_m, height_m
            Profile from the transmitter to the receiver, shape (n,) [m].
        clutter_m
            Height of clutter over each point, shape (n,) [m].
        zone
            Radio-climatic zone of each point, shape (n,).
        frequency_mhz
            Carrier frequency [MHz].
        tx_height_m, rx_height_m
            Antennas above ground [m].
        """
        ...


@dataclass(frozen=True, slots=True)
class ItuP1812:
    """Recommendation ITU-R P.1812-8: terrain, time and location, 30 MHz to 6 GHz.

    Attributes
    ----------
    time_percent : float
        Share of the year for which the loss is not exceeded, 1 to 50 [%].
    location_percent : float
        Share of the locations for which it is not exceeded, 1 to 99 [%].
    location_spread_db : float
        Standard deviation over locations that `location_percent` other than 50 refers to [dB].
    delta_n : float
        Average lapse rate of refractivity in the lowest kilometre, above 0 and below 157 [N-units/km].
    n0 : float
        Sea-level surface refractivity [N-units].
    polarisation : {"vertical", "horizontal"}
        Of the wave.
    zone : {"inland", "coastal", "sea"}
        Radio-climatic zone of the whole path where no zones are given.
    latitude_deg : float
        Latitude of the study, or halfway along a path, -80 to 80 [deg].
    coast_tx_km, coast_rx_km : float
        Distance over land from each end to the coast along the path, 0 at sea [km].
    clutter_height_m : float
        Height of the clutter along every path where no clutter is given; 0 is open country [m].
    smooth_path : {"profile points", "continuous"}
        Where the smooth path of the diffraction model has its edge: at points of the profile, or anywhere, as
        the Recommendation's Attachment 3 allows instead.

    Examples
    --------
    >>> ItuP1812(time_percent=10).name
    'ITU-R P.1812-8'
    """

    time_percent: float = 50.0
    location_percent: float = 50.0
    location_spread_db: float = 5.5
    delta_n: float = 50.0
    n0: float = 370.0
    polarisation: Literal["vertical", "horizontal"] = "vertical"
    zone: Literal["inland", "coastal", "sea"] = "inland"
    latitude_deg: float = -2.5
    coast_tx_km: float = 500.0
    coast_rx_km: float = 500.0
    clutter_height_m: float = 0.0
    smooth_path: Literal["profile points", "continuous"] = "profile points"

    name: ClassVar[str] = "ITU-R P.1812-8"
    frequency_range_mhz: ClassVar[tuple[float, float]] = (30.0, 6000.0)
    height_range_m: ClassVar[tuple[float, float]] = (1.0, 3000.0)
    distance_range_m: ClassVar[tuple[float, float]] = (250.0, 3_000_000.0)

    def __post_init__(self) -> None:
        ranges = {
            "time_percent": (1, 50),
            "location_percent": (1, 99),
            "location_spread_db": (0, 50),
            "delta_n": (1, 156),
            "n0": (200, 500),
            "latitude_deg": (-80, 80),
            "coast_tx_km": (0, math.inf),
            "coast_rx_km": (0, math.inf),
            "clutter_height_m": (0, 100),
        }
        words = {"polarisation": POLARISATIONS, "zone": ZONES, "smooth_path": SMOOTH_PATHS}
        check_values(self, ranges, words)

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What a result by this model rests on."""
        percent = f"{self.time_percent:g} % of the time, {self.location_percent:g} % of the locations"
        clutter = f"{self.clutter_height_m:g} m" if self.clutter_height_m else "none (open country)"
        air = f"ΔN {self.delta_n:g}/km, N0 {self.n0:g}"
        usual = "rounded for the equatorial maritime climate; the ITU-R P.453 maps give local values"
        return (
            Assumption("path loss", f"{self.name}, {percent}", "ITU-R", "docs"),
            Assumption("refractivity", air, usual, "weak"),
            Assumption("clutter along the path", clutter, "ITU-R P.1812-8, Table 2, open/rural", "docs"),
            Assumption("radio-climatic zone", self.zone, "one zone for every path", "ours"),
        )

    def kernel(self) -> Callable[..., float]:
        """Return the compiled function that the loops call.

        Returns
        -------
        callable
            Of the type `kernels.LOSS`.
        """
        from coverage_geo.radio import kernels  # noqa: PLC0415 - compiles or loads machine code

        function: Callable[..., float] = kernels.p1812
        return function

    def parameters(self, frequency_mhz: float) -> NDArray[np.float64]:
        """Return the numbers that the compiled function reads.

        Parameters
        ----------
        frequency_mhz
            Carrier frequency [MHz].

        Returns
        -------
        numpy.ndarray
            Shape (12,), as `kernels.p1812` reads them.
        """
        from coverage_geo.radio.p1812.refractivity import (  # noqa: PLC0415 - loads numba
            median_earth_radius,
        )

        at_sea = self.zone == "sea"
        return np.array(
            [
                frequency_mhz / KILOMETRE,
                self.time_percent,
                POLARISATIONS[self.polarisation],
                self.latitude_deg,
                median_earth_radius(self.delta_n),
                self.n0,
                0.0 if at_sea else 1.0,
                1.0 if self.zone == "inland" else 0.0,
                0.0 if at_sea else self.coast_tx_km,
                0.0 if at_sea else self.coast_rx_km,
                0.0 if at_sea else self._location_margin_db(),
                SMOOTH_PATHS[self.smooth_path],
            ]
        )

    def _location_margin_db(self) -> float:
        from coverage_geo.radio.p1812.normal import inverse_normal  # noqa: PLC0415 - loads numba

        if self.location_percent == 50:
            return 0.0
        return float(-inverse_normal(self.location_percent / 100) * self.location_spread_db)

    def intermediates(
        self,
        distance_m: NDArray[np.float64],
        height_m: NDArray[np.float64],
        clutter_m: NDArray[np.float64],
        zone: NDArray[np.int8],
        *,
        frequency_mhz: float,
        tx_height_m: float,
        rx_height_m: float,
    ) -> dict[str, float]:
        """Return every value of the Recommendation for one profile, by its symbol.

        Parameters
        ----------
        distance_m, height_m, clutter_m
            Profile from the transmitter on, shape (n,) [m].
        zone
            1 sea, 3 coastal land, 4 inland, shape (n,).
        frequency_mhz
            Carrier frequency [MHz].
        tx_height_m, rx_height_m
            Antennas above ground [m].

        Returns
        -------
        dict of str to float
            Fields of `whole_path.PathGeometry` and `whole_path.PathLosses`.
        """
        from coverage_geo.radio.p1812.whole_path import path_losses  # noqa: PLC0415 - loads numba

        geometry, losses = path_losses(
            distance_m / KILOMETRE,
            height_m,
            clutter_m,
            zone,
            frequency_mhz / KILOMETRE,
            self.time_percent,
            tx_height_m,
            rx_height_m,
            POLARISATIONS[self.polarisation],
            self.latitude_deg,
            self.delta_n,
            self.n0,
            self.coast_tx_km,
            self.coast_rx_km,
            self.location_percent,
            self.location_spread_db,
            SMOOTH_PATHS[self.smooth_path],
        )
        return {**geometry._asdict(), **losses._asdict()}


@dataclass(frozen=True, slots=True)
class FreeSpace:
    """Free space: nothing in the way; the least loss there can be, good for upper bounds only.

    Examples
    --------
    >>> flat = [0.0, 0.0, 0.0]
    >>> model = FreeSpace()
    >>> masts = {"frequency_mhz": 1000, "tx_height_m": 10, "rx_height_m": 10}
    >>> round(path_loss_db([0, 500, 1000], flat, model=model, **masts), 1)
    92.4
    """

    name: ClassVar[str] = "free space (ITU-R P.525)"
    frequency_range_mhz: ClassVar[tuple[float, float]] = (1.0, 300_000.0)
    height_range_m: ClassVar[tuple[float, float]] = (0.0, math.inf)
    distance_range_m: ClassVar[tuple[float, float]] = (0.0, math.inf)
    clutter_height_m: ClassVar[float] = 0.0
    assumptions: ClassVar[tuple[Assumption, ...]] = (
        Assumption("path loss", "free space: no terrain, no clutter", "ITU-R P.525", "docs"),
    )

    def kernel(self) -> Callable[..., float]:
        """Return the compiled function that the loops call.

        Returns
        -------
        callable
            Of the type `kernels.LOSS`.
        """
        from coverage_geo.radio import kernels  # noqa: PLC0415 - compiles or loads machine code

        function: Callable[..., float] = kernels.free_space
        return function

    def parameters(self, frequency_mhz: float) -> NDArray[np.float64]:
        """Return the numbers that the compiled function reads.

        Parameters
        ----------
        frequency_mhz
            Carrier frequency [MHz].

        Returns
        -------
        numpy.ndarray
            Shape (1,): the frequency in GHz.
        """
        return np.array([frequency_mhz / KILOMETRE])

    def intermediates(
        self,
        distance_m: NDArray[np.float64],
        height_m: NDArray[np.float64],
        clutter_m: NDArray[np.float64],  # noqa: ARG002 - every model is asked alike
        zone: NDArray[np.int8],  # noqa: ARG002 - every model is asked alike
        *,
        frequency_mhz: float,
        tx_height_m: float,
        rx_height_m: float,
    ) -> dict[str, float]:
        """Return the loss over the slant distance, as L_bfs and as L_b.

        Parameters
        ----------
        distance_m, height_m, clutter_m
            Profile from the transmitter on, shape (n,) [m]; only its ends count.
        zone
            Not used.
        frequency_mhz
            Carrier frequency [MHz].
        tx_height_m, rx_height_m
            Antennas above ground [m].

        Returns
        -------
        dict of str to float
            L_bfs and L_b [dB].
        """
        loss = slant_free_space_db(distance_m, height_m, frequency_mhz, tx_height_m, rx_height_m)
        return {"L_bfs": loss, "L_b": loss}


def slant_free_space_db(
    distance_m: NDArray[np.float64],
    height_m: NDArray[np.float64],
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float,
) -> float:
    """Free-space loss over the slant distance between both ends of a profile, never less than at 1 m.

    Parameters
    ----------
    distance_m, height_m
        Profile from the transmitter on, shape (n,) [m].
    frequency_mhz
        Carrier frequency [MHz].
    tx_height_m, rx_height_m
        Antennas above ground [m].

    Returns
    -------
    float
        L_bfs [dB].

    References
    ----------
    ITU-R P.525.

    Examples
    --------
    >>> round(slant_free_space_db(np.array([0.0, 1000.0]), np.zeros(2), 1000.0, 10.0, 10.0), 1)
    92.4
    """
    from coverage_geo.radio.p1812.line_of_sight import free_space_loss  # noqa: PLC0415 - loads numba

    h_ts, h_rs = height_m[0] + tx_height_m, height_m[-1] + rx_height_m
    apart = max(math.hypot(distance_m[-1], h_ts - h_rs), 1.0)
    return float(free_space_loss(frequency_mhz / KILOMETRE, apart / KILOMETRE, 0.0, 0.0))


def range_faults(
    model: PathLossModel, *, frequency_mhz: float, tx_height_m: float, rx_height_m: float
) -> list[str]:
    """Say which of these inputs lie outside the range a model was made for.

    Parameters
    ----------
    model
        A path-loss model.
    frequency_mhz
        Carrier frequency [MHz].
    tx_height_m, rx_height_m
        Antennas above ground [m].

    Returns
    -------
    list of str
        One sentence for each; empty when all is well.

    Examples
    --------
    >>> range_faults(ItuP1812(), frequency_mhz=10.0, tx_height_m=30.0, rx_height_m=1.5)
    ['frequency 10 MHz is outside 30 to 6000 MHz']
    """
    checks = (
        ("frequency", frequency_mhz, model.frequency_range_mhz, "MHz"),
        ("transmitting antenna", tx_height_m, model.height_range_m, "m"),
        ("receiving antenna", rx_height_m, model.height_range_m, "m"),
    )
    return [
        f"{what} {value:g} {unit} is outside {low:g} to {high:g} {unit}"
        for what, value, (low, high), unit in checks
        if not low <= value <= high
    ]


@overload
def path_loss_db(
    distance_m: ArrayLike,
    height_m: ArrayLike,
    *,
    model: PathLossModel | None = ...,
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float,
    clutter_m: ArrayLike | None = ...,
    zone: ArrayLike | None = ...,
    intermediates: Literal[False] = ...,
) -> float: ...


@overload
def path_loss_db(
    distance_m: ArrayLike,
    height_m: ArrayLike,
    *,
    model: PathLossModel | None = ...,
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float,
    clutter_m: ArrayLike | None = ...,
    zone: ArrayLike | None = ...,
    intermediates: Literal[True],
) -> dict[str, float]: ...


def path_loss_db(
    distance_m: ArrayLike,
    height_m: ArrayLike,
    *,
    model: PathLossModel | None = None,
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float,
    clutter_m: ArrayLike | None = None,
    zone: ArrayLike | None = None,
    intermediates: bool = False,
) -> float | dict[str, float]:
    """Basic transmission loss over one terrain profile.

    Parameters
    ----------
    distance_m
        Distances from the transmitter, ascending from 0, shape (n,), n >= 3 [m].
    height_m
        Terrain above sea level, shape (n,) [m].
    model
        A path-loss model; ITU-R P.1812-8 when not given.
    frequency_mhz
        Carrier frequency [MHz].
    tx_height_m, rx_height_m
        Antennas above ground [m].
    clutter_m
        Representative clutter heights, shape (n,) [m]; those at both ends do not count. When not given, the
        model's own clutter height holds along the path.
    zone
        Radio-climatic zones, shape (n,): "sea", "coastal", "inland", or the Recommendation's 1, 3 (coastal
        land), 4; the model's zone when not given.
    intermediates
        Return every value computed, not the loss alone, by the symbols that `radio.symbols(model)` explains
        with their units.

    Returns
    -------
    float or dict of str to float
        The loss [dB]; with `intermediates` all values, where the loss is "L_b". NaN, with an
        `OutsideModelRangeWarning`, when an input lies outside the range the model was made for.

    Raises
    ------
    InputError
        When the profile cannot be used: too short, not ascending, heights missing, shapes that differ.

    References
    ----------
    ITU-R P.341 (basic transmission loss), ITU-R P.1812-8.

    Examples
    --------
    >>> import numpy as np
    >>> distance, height = np.linspace(0, 5000, 101), np.zeros(101)
    >>> masts = {"frequency_mhz": 900, "tx_height_m": 30, "rx_height_m": 10}
    >>> round(path_loss_db(distance, height, **masts), 1)
    105.5
    >>> height[50] = 60.0
    >>> round(path_loss_db(distance, height, **masts), 1)
    137.1
    >>> path_loss_db(distance, height, intermediates=True, **masts)["d_lt"]
    2.5
    """
    chosen = chosen_model(model)
    d, h, clutter, zones = checked_profile(distance_m, height_m, clutter_m, zone, chosen)
    antennas = {
        "frequency_mhz": float(frequency_mhz),
        "tx_height_m": float(tx_height_m),
        "rx_height_m": float(rx_height_m),
    }
    outside = range_faults(chosen, **antennas)
    low, high = chosen.distance_range_m
    if not low <= d[-1] <= high:
        outside.append(f"path length {d[-1]:g} m is outside {low:g} to {high:g} m")
    values = {"L_b": math.nan} if outside else chosen.intermediates(d, h, clutter, zones, **antennas)
    if math.isnan(values["L_b"]):
        what = "; ".join(outside) or "it has no value for this terrain, too high, too low or too sharp"
        warnings.warn(
            f"1 path is outside the range of {chosen.name}: {what}", OutsideModelRangeWarning, stacklevel=2
        )
    return values if intermediates else values["L_b"]


def chosen_model(model: PathLossModel | None) -> PathLossModel:
    """Return a model, ITU-R P.1812-8 where none is given.

    Parameters
    ----------
    model
        A path-loss model or None.

    Returns
    -------
    PathLossModel
        To compute with.

    Raises
    ------
    ValueRangeError
        When it is something else, such as a model's class or name.

    Examples
    --------
    >>> chosen_model(None).name
    'ITU-R P.1812-8'
    """
    if model is None:
        return ItuP1812()
    if isinstance(model, type) or not hasattr(model, "intermediates"):
        remedy = "Give one with its values, such as cg.ItuP1812() or cg.radio.Itm()."
        refuse(ValueRangeError, "model", f"{model!r} is not a path-loss model", remedy)
    return model
