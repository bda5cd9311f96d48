"""Losses at one end of a path, for many paths at once: clutter by ITU-R P.2108, walls by ITU-R P.2109."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

import numpy as np

from coverage_geo.errors import Fault, OutsideModelRangeWarning, ValueRangeError, raise_faults
from coverage_geo.radio.link_budget import BUILDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

# ITU-R P.2108-1, Table 1: number of each kind of clutter
SURROUNDINGS = {"water": 1, "open": 2, "suburban": 3, "urban": 4, "forest": 5, "dense urban": 6}
Surroundings = Literal["water", "open", "suburban", "urban", "forest", "dense urban"]
GIGAHERTZ, KILOMETRE = 1000.0, 1000.0


def terminal_clutter_loss_db(
    frequency_mhz: ArrayLike,
    antenna_height_m: ArrayLike,
    clutter_height_m: ArrayLike,
    *,
    surroundings: Surroundings = "suburban",
    street_width_m: float = 27.0,
) -> NDArray[np.float64]:
    """Loss of an antenna below the clutter around it, by its height.

    Parameters
    ----------
    frequency_mhz
        30 to 3000 [MHz].
    antenna_height_m, clutter_height_m
        Above ground, above 0 [m].
    surroundings
        What the clutter is.
    street_width_m
        Width of the street, above 0 [m].

    Returns
    -------
    numpy.ndarray
        A_h, shape of the inputs together [dB]; 0 at or above the clutter, NaN outside those ranges, which a
        warning counts.

    Raises
    ------
    ValueRangeError
        When the surroundings are not a known kind.

    References
    ----------
    ITU-R P.2108-1, §3.1 (height gain terminal correction).

    Examples
    --------
    >>> terminal_clutter_loss_db(900, [1.5, 6.0, 15.0], 10.0, surroundings="forest").round(1).tolist()
    [18.8, 12.5, 0.0]
    """
    from coverage_geo.radio.p2108 import height_gain_correction  # noqa: PLC0415 - loads numba

    kind = _number_of("surroundings", surroundings, SURROUNDINGS)
    return _each(
        lambda f, h, w_s, top: height_gain_correction(f, h, w_s, top, kind),
        "ITU-R P.2108-1 §3.1 (30 to 3000 MHz, heights and street above 0 m)",
        np.asarray(frequency_mhz, dtype=float) / GIGAHERTZ,
        antenna_height_m,
        street_width_m,
        clutter_height_m,
    )


def terrestrial_clutter_loss_db(
    frequency_mhz: ArrayLike, distance_m: ArrayLike, *, location_percent: ArrayLike = 50.0
) -> NDArray[np.float64]:
    """Loss of one antenna among the clutter of a town or suburb, not exceeded at a share of the locations.

    Parameters
    ----------
    frequency_mhz
        500 to 67,000 [MHz].
    distance_m
        Length of the path, 250 or more [m].
    location_percent
        Above 0 and below 100 [%].

    Returns
    -------
    numpy.ndarray
        L_ctt, shape of the inputs together [dB]; NaN outside those ranges, which a warning counts.

    References
    ----------
    ITU-R P.2108-1, §3.2 (statistical clutter loss for terrestrial paths).

    Examples
    --------
    >>> terrestrial_clutter_loss_db(2100, [500.0, 5000.0]).round(1).tolist()
    [25.9, 28.2]
    """
    from coverage_geo.radio.p2108 import terrestrial_clutter_loss  # noqa: PLC0415 - loads numba

    return _each(
        terrestrial_clutter_loss,
        "ITU-R P.2108-1 §3.2 (500 MHz to 67 GHz, 250 m or more, above 0 and below 100 %)",
        np.asarray(frequency_mhz, dtype=float) / GIGAHERTZ,
        np.asarray(distance_m, dtype=float) / KILOMETRE,
        location_percent,
    )


def slant_clutter_loss_db(
    frequency_mhz: ArrayLike, elevation_deg: ArrayLike, *, location_percent: ArrayLike = 50.0
) -> NDArray[np.float64]:
    """Loss of the lower antenna of a path to a satellite or an aircraft, among clutter.

    Parameters
    ----------
    frequency_mhz
        10,000 to 100,000 [MHz].
    elevation_deg
        Of the path above the horizon, 0 to 90 [deg].
    location_percent
        Share of the locations at which it is not exceeded, above 0 and below 100 [%].

    Returns
    -------
    numpy.ndarray
        L_ces, shape of the inputs together [dB]; NaN outside those ranges, which a warning counts.

    References
    ----------
    ITU-R P.2108-1, §3.3 (Earth-space and aeronautical statistical clutter loss).

    Examples
    --------
    >>> slant_clutter_loss_db(12_000, [10.0, 40.0]).round(1).tolist()
    [14.1, 2.7]
    """
    from coverage_geo.radio.p2108 import slant_clutter_loss  # noqa: PLC0415 - loads numba

    return _each(
        slant_clutter_loss,
        "ITU-R P.2108-1 §3.3 (10 to 100 GHz, 0 to 90 degrees, above 0 and below 100 %)",
        np.asarray(frequency_mhz, dtype=float) / GIGAHERTZ,
        elevation_deg,
        location_percent,
    )


def building_entry_loss_db(
    frequency_mhz: ArrayLike,
    *,
    building: Literal["traditional", "thermally efficient"] = "traditional",
    probability_percent: ArrayLike = 50.0,
    elevation_deg: ArrayLike = 0.0,
) -> NDArray[np.float64]:
    """Loss through the walls of a building, not exceeded with a probability.

    Parameters
    ----------
    frequency_mhz
        80 to 100,000 [MHz].
    building
        Thermally efficient ones have metallised glass or foil; others are traditional.
    probability_percent
        Above 0 and below 100 [%].
    elevation_deg
        Of the path at the façade, -90 to 90 [deg].

    Returns
    -------
    numpy.ndarray
        L_BEL, shape of the inputs together [dB]; NaN outside those ranges, which a warning counts.

    Raises
    ------
    ValueRangeError
        When the building is not a known kind.

    References
    ----------
    ITU-R P.2109-2, Annex 1.

    Examples
    --------
    >>> building_entry_loss_db(900, probability_percent=[50, 80]).round(1).tolist()
    [14.2, 21.2]
    """
    from coverage_geo.radio.p2109 import building_entry_loss  # noqa: PLC0415 - loads numba

    kind = _number_of("building", building, BUILDINGS)

    return _each(
        lambda f, p, theta: building_entry_loss(f, p, kind, theta),
        "ITU-R P.2109-2 (80 MHz to 100 GHz, above 0 and below 100 %, -90 to 90 degrees)",
        np.asarray(frequency_mhz, dtype=float) / GIGAHERTZ,
        probability_percent,
        elevation_deg,
    )


def _number_of(name: str, word: str, known: dict[str, int]) -> int:
    if word not in known:
        raise_faults([Fault(ValueRangeError, name, f"{word!r} is not known", f"Use {', '.join(known)}.")])
    return known[word]


def _each(formula: Callable[..., float], ranges: str, *inputs: ArrayLike) -> NDArray[np.float64]:
    """Formula at each of the inputs; a warning counts those outside its ranges."""
    columns = np.broadcast_arrays(*(np.asarray(one, dtype=float) for one in inputs))
    rows = zip(*(one.ravel().tolist() for one in columns), strict=True)
    losses = np.array([formula(*row) for row in rows], dtype=float).reshape(columns[0].shape)
    outside = int(np.isnan(losses).sum())
    if outside:
        text = f"{outside:,} of {losses.size:,} values lie outside {ranges} and give NaN"
        warnings.warn(text, OutsideModelRangeWarning, stacklevel=3)
    return losses
