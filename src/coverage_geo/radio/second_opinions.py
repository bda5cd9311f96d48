"""Second opinions on path loss: models other than ITU-R P.1812, swapped in with one word."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from coverage_geo.errors import ValueRangeError, refuse
from coverage_geo.provenance import Assumption
from coverage_geo.radio.checks import check_values
from coverage_geo.radio.path_loss import KILOMETRE, FreeSpace, slant_free_space_db

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from coverage_geo.radio.path_loss import PathLossModel

EARTH_RADIUS_KM = 6371.0
CLIMATES = {
    "equatorial": 1,
    "continental subtropical": 2,
    "maritime subtropical": 3,
    "desert": 4,
    "continental temperate": 5,
    "maritime temperate, over land": 6,
    "maritime temperate, over sea": 7,
}
MOST_STEPS = 10_000  # of a profile whose steps vary, for a model that wants them even
VARIABILITIES = {"single message": 0, "accidental": 1, "mobile": 2, "broadcast": 3}
ITM_POLARISATIONS = {"horizontal": 0, "vertical": 1}
HATA_SURROUNDINGS = {"urban": 0, "suburban": 1, "open": 2}
# ITU-R P.2108-1: number of each kind of clutter, and its usual height [m] (Table 3)
# and of the statistical one of §3.2, for towns and suburbs, which asks for no height
END_CLUTTER = {
    "statistical": (0, math.nan),
    "water": (1, 10.0),
    "open": (2, 10.0),
    "suburban": (3, 10.0),
    "urban": (4, 15.0),
    "forest": (5, 15.0),
    "dense urban": (6, 20.0),
}


def with_clutter(height_m: NDArray[np.float64], clutter_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a profile's terrain with its clutter, but for both ends.

    Parameters
    ----------
    height_m, clutter_m
        Terrain and clutter heights, shape (n,) [m].

    Returns
    -------
    numpy.ndarray
        Shape (n,) [m].

    Examples
    --------
    >>> with_clutter(np.zeros(3), np.full(3, 10.0)).tolist()
    [0.0, 10.0, 0.0]
    """
    tops = height_m + clutter_m
    tops[0], tops[-1] = height_m[0], height_m[-1]
    return tops


def even_profile(
    distance_m: NDArray[np.float64], height_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return a profile at even steps: as it is, or interpolated at its shortest step where that varies.

    Parameters
    ----------
    distance_m, height_m
        Profile from the transmitter on, shape (n,), n >= 3 [m].

    Returns
    -------
    heights : numpy.ndarray
        At even steps, no more than `MOST_STEPS` [m].
    step : float
        Step [m].

    Examples
    --------
    >>> heights, step = even_profile(np.array([0.0, 100.0, 200.0, 400.0]), np.zeros(4))
    >>> len(heights), step
    (5, 100.0)
    """
    steps = np.diff(distance_m)
    if np.allclose(steps, steps[0], rtol=1e-6, atol=0):
        return height_m, float(steps[0])
    last = min(math.ceil(distance_m[-1] / steps.min()), MOST_STEPS)
    at = np.linspace(0, distance_m[-1], last + 1)
    return np.interp(at, distance_m, height_m), float(distance_m[-1]) / last


def _clutter(height_m: float) -> Assumption:
    value = f"{height_m:g} m" if height_m else "none (open country)"
    return Assumption("clutter along the path", value, "counts as ground that stands higher", "ours")


def _earth(factor: float) -> Assumption:
    return Assumption(
        "Earth's radius", f"{factor:g} times the true one", "median bending, ITU-R P.453", "docs"
    )


@dataclass(frozen=True, slots=True)
class Itm:
    """Irregular Terrain Model (Longley-Rice) of NTIA/ITS, over terrain, 20 MHz to 20 GHz.

    Attributes
    ----------
    time_percent, location_percent, situation_percent : float
        Share of the time, of the locations and of like situations (confidence) for which the loss is not
        exceeded, 0.1 to 99.9 [%].
    variability : {"single message", "accidental", "mobile", "broadcast"}
        How time, location and situation combine; "broadcast" keeps the three apart.
    locations_vary, situations_vary : bool
        Whether their spread counts.
    climate : str
        One of `CLIMATES`.
    n0 : float
        Refractivity reduced to sea level, 250 to 400 [N-units].
    permittivity : float
        Relative permittivity of the ground, 1 or more.
    conductivity : float
        Of the ground [S/m].
    polarisation : {"vertical", "horizontal"}
        Of the wave.
    clutter_height_m : float
        Height of the clutter along every path where no clutter is given; 0 is open country [m].

    References
    ----------
    Hufford, The ITS Irregular Terrain Model, version 1.2.2: the Algorithm (1995); NTIA Report 82-100 (1982).

    Examples
    --------
    >>> from coverage_geo.radio.path_loss import path_loss_db
    >>> distance, height = np.linspace(0, 5000, 101), np.zeros(101)
    >>> height[50] = 60.0
    >>> masts = {"frequency_mhz": 900, "tx_height_m": 30, "rx_height_m": 10}
    >>> round(path_loss_db(distance, height, model=Itm(), **masts), 1)
    109.8
    """

    time_percent: float = 50.0
    location_percent: float = 50.0
    situation_percent: float = 50.0
    variability: Literal["single message", "accidental", "mobile", "broadcast"] = "broadcast"
    locations_vary: bool = True
    situations_vary: bool = True
    climate: str = "equatorial"
    n0: float = 360.0
    permittivity: float = 15.0
    conductivity: float = 0.005
    polarisation: Literal["vertical", "horizontal"] = "vertical"
    clutter_height_m: float = 0.0

    name: ClassVar[str] = "ITM (Longley-Rice)"
    frequency_range_mhz: ClassVar[tuple[float, float]] = (20.0, 20_000.0)
    height_range_m: ClassVar[tuple[float, float]] = (0.5, 3000.0)
    distance_range_m: ClassVar[tuple[float, float]] = (1000.0, 2_000_000.0)

    def __post_init__(self) -> None:
        share = (0.1, 99.9)
        ranges = {"time_percent": share, "location_percent": share, "situation_percent": share}
        ranges |= {"n0": (250, 400), "permittivity": (1, 100), "conductivity": (0, 100)}
        words = {"variability": VARIABILITIES, "climate": CLIMATES, "polarisation": ITM_POLARISATIONS}
        check_values(self, ranges | {"clutter_height_m": (0, 100)}, words)

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What a result by this model rests on."""
        shares = f"{self.time_percent:g} % of the time, {self.location_percent:g} % of the locations"
        how = f"{shares}, {self.situation_percent:g} % of the situations ({self.variability})"
        ground = f"permittivity {self.permittivity:g}, conductivity {self.conductivity:g} S/m"
        return (
            Assumption("path loss", f"{self.name}, {how}", "NTIA/ITS, version 1.4", "docs"),
            Assumption(
                "refractivity", f"N0 {self.n0:g}, climate {self.climate}", "NTIA Report 82-100", "docs"
            ),
            Assumption("ground", ground, "average ground, NTIA Report 82-100", "docs"),
            _clutter(self.clutter_height_m),
        )

    def kernel(self) -> Callable[..., float]:
        """Return the compiled function that the loops call.

        Returns
        -------
        callable
            Of the type `kernels.LOSS`.
        """
        from coverage_geo.radio import second_kernels  # noqa: PLC0415 - compiles or loads machine code

        function: Callable[..., float] = second_kernels.itm
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
            Shape (9,), as `second_kernels.itm` reads them.
        """
        from coverage_geo.radio.itm.medium import ground_impedance  # noqa: PLC0415 - loads numba
        from coverage_geo.radio.p1812.normal import inverse_normal  # noqa: PLC0415 - loads numba

        polarisation = ITM_POLARISATIONS[self.polarisation]
        impedance = ground_impedance(frequency_mhz, self.permittivity, self.conductivity, polarisation)
        mode = VARIABILITIES[self.variability]
        mode += 10 * (not self.locations_vary) + 20 * (not self.situations_vary)
        shares = self.time_percent, self.location_percent, self.situation_percent
        return np.array(
            [
                frequency_mhz / KILOMETRE,
                impedance.real,
                impedance.imag,
                self.n0,
                *(inverse_normal(share / 100) for share in shares),
                CLIMATES[self.climate],
                mode,
            ]
        )

    def intermediates(
        self,
        distance_m: NDArray[np.float64],
        height_m: NDArray[np.float64],
        clutter_m: NDArray[np.float64],
        zone: NDArray[np.int8],  # noqa: ARG002 - every model is asked alike
        *,
        frequency_mhz: float,
        tx_height_m: float,
        rx_height_m: float,
    ) -> dict[str, float]:
        """Return the loss, its parts and the geometry of the path for one profile.

        Parameters
        ----------
        distance_m, height_m, clutter_m
            Profile from the transmitter on, shape (n,) [m]; interpolated where its steps are not even.
        zone
            Not used.
        frequency_mhz
            Carrier frequency [MHz].
        tx_height_m, rx_height_m
            Antennas above ground [m].

        Returns
        -------
        dict of str to float
            L_b, L_bfs, A_ref and A [dB]; lengths d, he_t, he_r, dl_t, dl_r and delta_h [m]; theta_t and
            theta_r [rad]; N_s [N-units]; gamma_e [1/m].
        """
        from coverage_geo.radio.itm.loss import profile_losses  # noqa: PLC0415 - loads numba
        from coverage_geo.radio.itm.variability import Odds  # noqa: PLC0415 - loads numba

        heights, step = even_profile(distance_m, with_clutter(height_m, clutter_m))
        numbers = self.parameters(frequency_mhz).tolist()
        losses, path, medium = profile_losses(
            heights,
            len(heights) - 1,
            step,
            tx_height_m,
            rx_height_m,
            float(frequency_mhz),
            complex(numbers[1], numbers[2]),
            self.n0,
            Odds(numbers[4], numbers[5], numbers[6], int(numbers[7]), int(numbers[8])),
        )
        values = {**losses._asdict(), **path._asdict(), "N_s": medium.N_s, "gamma_e": medium.gamma_e}
        return {symbol: float(value) for symbol, value in values.items()}


@dataclass(frozen=True, slots=True)
class Bullington526:
    """Free space and one knife edge that stands for all terrain: Bullington's method of ITU-R P.526-15.

    Attributes
    ----------
    earth_radius_factor : float
        Effective Earth radius over the true one, 0.3 or more; 4/3 is the median.
    clutter_height_m : float
        Height of the clutter along every path where no clutter is given; 0 is open country [m].

    References
    ----------
    ITU-R P.526-15, §4.5.2; ITU-R P.525.

    Examples
    --------
    >>> from coverage_geo.radio.path_loss import path_loss_db
    >>> distance, height = np.linspace(0, 5000, 101), np.zeros(101)
    >>> height[50] = 60.0
    >>> masts = {"frequency_mhz": 900, "tx_height_m": 30, "rx_height_m": 10}
    >>> round(path_loss_db(distance, height, model=Bullington526(), **masts), 1)
    137.1
    """

    earth_radius_factor: float = 4 / 3
    clutter_height_m: float = 0.0

    name: ClassVar[str] = "Bullington (ITU-R P.526-15)"
    frequency_range_mhz: ClassVar[tuple[float, float]] = (30.0, 100_000.0)
    height_range_m: ClassVar[tuple[float, float]] = (0.0, math.inf)
    distance_range_m: ClassVar[tuple[float, float]] = (1.0, 3_000_000.0)

    def __post_init__(self) -> None:
        check_values(self, {"earth_radius_factor": (0.3, 1e9), "clutter_height_m": (0, 100)}, {})

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What a result by this model rests on."""
        path_loss = Assumption("path loss", f"free space and {self.name}", "ITU-R", "docs")
        return path_loss, _earth(self.earth_radius_factor), _clutter(self.clutter_height_m)

    def kernel(self) -> Callable[..., float]:
        """Return the compiled function that the loops call.

        Returns
        -------
        callable
            Of the type `kernels.LOSS`.
        """
        from coverage_geo.radio import second_kernels  # noqa: PLC0415 - compiles or loads machine code

        function: Callable[..., float] = second_kernels.bullington
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
            Shape (2,), as `second_kernels.bullington` reads them.
        """
        return np.array([frequency_mhz / KILOMETRE, self.earth_radius_factor * EARTH_RADIUS_KM])

    def intermediates(
        self,
        distance_m: NDArray[np.float64],
        height_m: NDArray[np.float64],
        clutter_m: NDArray[np.float64],
        zone: NDArray[np.int8],  # noqa: ARG002 - every model is asked alike
        *,
        frequency_mhz: float,
        tx_height_m: float,
        rx_height_m: float,
    ) -> dict[str, float]:
        """Return the loss, and that in free space, for one profile.

        Parameters
        ----------
        distance_m, height_m, clutter_m
            Profile from the transmitter on, shape (n,) [m].
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
        from coverage_geo.radio.p1812.diffraction import bullington  # noqa: PLC0415 - loads numba

        free = slant_free_space_db(distance_m, height_m, frequency_mhz, tx_height_m, rx_height_m)
        h_ts, h_rs = height_m[0] + tx_height_m, height_m[-1] + rx_height_m
        f, a_e = self.parameters(frequency_mhz).tolist()
        tops = with_clutter(height_m, clutter_m)
        bent = bullington(distance_m / KILOMETRE, tops, h_ts, h_rs, a_e, f)
        return {"L_bfs": free, "L_b": free + bent}


@dataclass(frozen=True, slots=True)
class LineOfSight:
    """Free space where the ray clears the terrain, else no signal: a plain yes or no.

    Attributes
    ----------
    clearance : float
        Share of the first Fresnel zone's radius that must be clear at every point of the profile, 0 to 1; 0
        is grazing sight, as on a map of what can be seen.
    earth_radius_factor : float
        Effective Earth radius over the true one, 0.3 or more; 4/3 is the median.
    clutter_height_m : float
        Height of the clutter along every path where no clutter is given; 0 is open country [m].

    References
    ----------
    ITU-R P.526-15, §2 (Fresnel ellipsoids); ITU-R P.530-18, §2.2.2 (60 %).

    Examples
    --------
    >>> from coverage_geo.radio.path_loss import path_loss_db
    >>> distance, height = np.linspace(0, 5000, 101), np.zeros(101)
    >>> masts = {"frequency_mhz": 2300, "tx_height_m": 42, "rx_height_m": 10}
    >>> round(path_loss_db(distance, height, model=LineOfSight(), **masts), 1)
    113.6
    """

    clearance: float = 0.6
    earth_radius_factor: float = 4 / 3
    clutter_height_m: float = 0.0

    name: ClassVar[str] = "line of sight"
    frequency_range_mhz: ClassVar[tuple[float, float]] = (30.0, 100_000.0)
    height_range_m: ClassVar[tuple[float, float]] = (0.0, math.inf)
    distance_range_m: ClassVar[tuple[float, float]] = (1.0, 3_000_000.0)

    def __post_init__(self) -> None:
        ranges = {"clearance": (0, 1), "earth_radius_factor": (0.3, 1e9), "clutter_height_m": (0, 100)}
        check_values(self, ranges, {})

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What a result by this model rests on."""
        clear = f"free space where {self.clearance:.0%} of the first Fresnel zone is clear, else 300 dB more"
        path_loss = Assumption("path loss", clear, "ITU-R P.525, ITU-R P.530", "docs")
        return path_loss, _earth(self.earth_radius_factor), _clutter(self.clutter_height_m)

    def kernel(self) -> Callable[..., float]:
        """Return the compiled function that the loops call.

        Returns
        -------
        callable
            Of the type `kernels.LOSS`.
        """
        from coverage_geo.radio import second_kernels  # noqa: PLC0415 - compiles or loads machine code

        function: Callable[..., float] = second_kernels.line_of_sight
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
            Shape (3,), as `second_kernels.line_of_sight` reads them.
        """
        a_e = self.earth_radius_factor * EARTH_RADIUS_KM
        return np.array([frequency_mhz / KILOMETRE, a_e, self.clearance])

    def intermediates(
        self,
        distance_m: NDArray[np.float64],
        height_m: NDArray[np.float64],
        clutter_m: NDArray[np.float64],
        zone: NDArray[np.int8],  # noqa: ARG002 - every model is asked alike
        *,
        frequency_mhz: float,
        tx_height_m: float,
        rx_height_m: float,
    ) -> dict[str, float]:
        """Return the loss, that in free space and the clearance for one profile.

        Parameters
        ----------
        distance_m, height_m, clutter_m
            Profile from the transmitter on, shape (n,) [m].
        zone
            Not used.
        frequency_mhz
            Carrier frequency [MHz].
        tx_height_m, rx_height_m
            Antennas above ground [m].

        Returns
        -------
        dict of str to float
            L_bfs and L_b [dB]; clearance, the clear share of the first Fresnel zone's radius, below 0 when
            obstructed.
        """
        from coverage_geo.radio.p1812.diffraction import SPEED_OF_LIGHT  # noqa: PLC0415 - loads numba
        from coverage_geo.radio.second_kernels import OBSTRUCTED_DB  # noqa: PLC0415 - loads numba

        free = slant_free_space_db(distance_m, height_m, frequency_mhz, tx_height_m, rx_height_m)
        f, a_e, _ = self.parameters(frequency_mhz).tolist()
        inner, length = distance_m[1:-1], distance_m[-1]
        ray = height_m[0] + tx_height_m
        ray += (height_m[-1] + rx_height_m - ray) * inner / length
        between = inner * (length - inner)
        fresnel = np.sqrt(SPEED_OF_LIGHT / f * between / length)
        bulge = between / (2 * KILOMETRE * a_e)
        clearance = float(((ray - with_clutter(height_m, clutter_m)[1:-1] - bulge) / fresnel).min())
        loss = free if clearance >= self.clearance else free + OBSTRUCTED_DB
        return {"L_bfs": free, "L_b": loss, "clearance": clearance}


@dataclass(frozen=True, slots=True)
class ExtendedHata:
    """Extended Hata: measured medians by distance and antenna heights, for studies without terrain.

    Attributes
    ----------
    surroundings : {"open", "suburban", "urban"}
        Around the receiver.

    References
    ----------
    Report ITU-R SM.2028-2, §6.1.

    Examples
    --------
    >>> from coverage_geo.radio.path_loss import path_loss_db
    >>> masts = {"frequency_mhz": 900, "tx_height_m": 42, "rx_height_m": 1.5}
    >>> round(path_loss_db([0, 2500, 5000], [0, 0, 0], model=ExtendedHata(), **masts), 1)
    120.0
    """

    surroundings: Literal["open", "suburban", "urban"] = "open"

    name: ClassVar[str] = "extended Hata (ITU-R SM.2028)"
    frequency_range_mhz: ClassVar[tuple[float, float]] = (30.0, 3000.0)
    height_range_m: ClassVar[tuple[float, float]] = (1.0, 200.0)
    distance_range_m: ClassVar[tuple[float, float]] = (1.0, 100_000.0)
    clutter_height_m: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        check_values(self, {}, {"surroundings": HATA_SURROUNDINGS})

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What a result by this model rests on."""
        how = f"{self.name}, {self.surroundings} surroundings; terrain and clutter heights do not count"
        return (Assumption("path loss", how, "Report ITU-R SM.2028-2", "docs"),)

    def kernel(self) -> Callable[..., float]:
        """Return the compiled function that the loops call.

        Returns
        -------
        callable
            Of the type `kernels.LOSS`.
        """
        from coverage_geo.radio import second_kernels  # noqa: PLC0415 - compiles or loads machine code

        function: Callable[..., float] = second_kernels.hata
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
            Shape (2,), as `second_kernels.hata` reads them.
        """
        return np.array([frequency_mhz / KILOMETRE, HATA_SURROUNDINGS[self.surroundings]])

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
        """Return the loss, and that in free space, for one profile.

        Parameters
        ----------
        distance_m, height_m, clutter_m
            Profile from the transmitter on, shape (n,) [m]; only its length counts.
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
        from coverage_geo.radio.hata import hata_loss  # noqa: PLC0415 - loads numba

        free = slant_free_space_db(distance_m, height_m, frequency_mhz, tx_height_m, rx_height_m)
        surroundings = HATA_SURROUNDINGS[self.surroundings]
        loss = hata_loss(frequency_mhz, distance_m[-1] / KILOMETRE, tx_height_m, rx_height_m, surroundings)
        return {"L_bfs": free, "L_b": loss}


@dataclass(frozen=True, slots=True)
class WithEndClutter:
    """Another model over bare ground, and the clutter around the receiver by ITU-R P.2108.

    Attributes
    ----------
    model : Itm, Bullington526, LineOfSight or FreeSpace
        One without clutter of its own: ITU-R P.1812 and extended Hata are refused. Heights of clutter along
        the path do not count.
    surroundings : {"water", "open", "suburban", "urban", "forest", "dense urban", "statistical"}
        Around the receiver; "statistical" is any town or suburb, whatever the height of its clutter.
    top_m : float or None
        Height of the clutter there [m]; by kind when not given (10, in towns and forest 15, dense 20).
    street_width_m : float
        Width of streets [m].
    location_percent : float
        Share of the locations at which the statistical loss is not exceeded, 0.001 to 99.999 [%].

    References
    ----------
    ITU-R P.2108-1, §3.1; §3.2 for the statistical loss.

    Examples
    --------
    >>> from coverage_geo.radio.path_loss import path_loss_db
    >>> profile = np.linspace(0, 5000, 101), np.zeros(101)
    >>> masts = {"frequency_mhz": 900, "tx_height_m": 42, "rx_height_m": 1.5}
    >>> bare = path_loss_db(*profile, model=Itm(), **masts)
    >>> round(path_loss_db(*profile, model=WithEndClutter(Itm(), "forest"), **masts) - bare, 1)
    22.6
    """

    model: PathLossModel
    surroundings: Literal["water", "open", "suburban", "urban", "forest", "dense urban", "statistical"] = (
        "suburban"
    )
    top_m: float | None = None
    street_width_m: float = 27.0
    location_percent: float = 50.0

    clutter_height_m: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.model, (Itm, Bullington526, LineOfSight, FreeSpace)):
            what = f"{self.model.name} may reckon with clutter itself, which ITU-R P.2108 would count twice"
            remedy = (
                "Use Itm, Bullington526, LineOfSight or FreeSpace; give ItuP1812 clutter heights instead."
            )
            refuse(ValueRangeError, "WithEndClutter", what, remedy)
        ranges = {"street_width_m": (1.0, 1000.0), "location_percent": (0.001, 99.999)}
        ranges |= {} if self.top_m is None else {"top_m": (0.1, 100.0)}
        check_values(self, ranges, {"surroundings": END_CLUTTER})

    @property
    def name(self) -> str:
        """Name and edition, as printed with results."""
        return f"{self.model.name} with {self.surroundings} clutter (ITU-R P.2108-1)"

    @property
    def frequency_range_mhz(self) -> tuple[float, float]:
        """Lowest and highest frequency both were made for."""
        low, high = self.model.frequency_range_mhz
        lowest, highest = (500.0, 67_000.0) if self._is_statistical else (30.0, 3000.0)
        return max(low, lowest), min(high, highest)

    @property
    def height_range_m(self) -> tuple[float, float]:
        """Lowest and highest antenna above ground the other model was made for."""
        return self.model.height_range_m

    @property
    def distance_range_m(self) -> tuple[float, float]:
        """Shortest and longest path both were made for."""
        low, high = self.model.distance_range_m
        return max(low, 250.0) if self._is_statistical else low, high

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What a result by this model rests on."""
        how, section = f"{self.surroundings}, {self._top_m:g} m high", "§3.1"
        if self._is_statistical:
            how, section = f"towns and suburbs, {self.location_percent:g} % of the locations", "§3.2"
        value = f"{how}; heights along the path do not count"
        own = Assumption("clutter around the receiver", value, f"ITU-R P.2108-1, {section}", "docs")
        others = (one for one in self.model.assumptions if not one.topic.startswith("clutter"))
        return (*others, own)

    @property
    def _is_statistical(self) -> bool:
        return self.surroundings == "statistical"

    @property
    def _top_m(self) -> float:
        return END_CLUTTER[self.surroundings][1] if self.top_m is None else self.top_m

    def kernel(self) -> Callable[..., float]:
        """Return the compiled function that the loops call.

        Returns
        -------
        callable
            Of the type `kernels.LOSS`.
        """
        if isinstance(self.model, FreeSpace):
            from coverage_geo.radio import second_kernels  # noqa: PLC0415 - loads machine code

            function: Callable[..., float] = second_kernels.free_space_at_clutter
            return function
        return self.model.kernel()

    def parameters(self, frequency_mhz: float) -> NDArray[np.float64]:
        """Return the numbers that the compiled function reads.

        Parameters
        ----------
        frequency_mhz
            Carrier frequency [MHz].

        Returns
        -------
        numpy.ndarray
            The other model's, then three that `second_kernels.end_clutter_loss` reads.
        """
        share_or_top = self.location_percent if self._is_statistical else self._top_m
        own = END_CLUTTER[self.surroundings][0], share_or_top, self.street_width_m
        return np.concatenate([self.model.parameters(frequency_mhz), own])

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
        """Return what the other model computes for one profile, and the loss to clutter.

        Parameters
        ----------
        distance_m, height_m, clutter_m
            Profile from the transmitter on, shape (n,) [m]; the clutter does not count.
        zone
            Not used.
        frequency_mhz
            Carrier frequency [MHz].
        tx_height_m, rx_height_m
            Antennas above ground [m].

        Returns
        -------
        dict of str to float
            The other model's, with A_h or L_ctt, the loss to clutter, in L_b [dB].
        """
        from coverage_geo.radio.second_kernels import end_clutter_loss  # noqa: PLC0415 - loads numba

        own = len(self.model.parameters(frequency_mhz))
        length_km = float(distance_m[-1]) / KILOMETRE
        lost = end_clutter_loss(rx_height_m, length_km, self.parameters(frequency_mhz), own)
        bare = self.model.intermediates(
            distance_m,
            height_m,
            np.zeros_like(clutter_m),
            zone,
            frequency_mhz=frequency_mhz,
            tx_height_m=tx_height_m,
            rx_height_m=rx_height_m,
        )
        return {**bare, "L_ctt" if self._is_statistical else "A_h": lost, "L_b": bare["L_b"] + lost}
