"""How the Irregular Terrain Model's attenuation varies with time, location and situation."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from coverage_geo.radio.itm.medium import MHZ_A_WAVE_NUMBER, Medium
from coverage_geo.radio.itm.reference import roughness
from coverage_geo.radio.itm.terrain import Path  # noqa: TC001 - the examples make one

# One row each for equatorial, continental subtropical, maritime subtropical, desert, continental temperate,
# maritime temperate over land and over sea. Columns: two factors [dB] and three distances [m].
MEDIAN = np.array(
    [
        [-9.67, 12.7, 144.9e3, 190.3e3, 133.8e3],
        [-0.62, 9.19, 228.9e3, 205.2e3, 143.6e3],
        [1.26, 15.5, 262.6e3, 185.2e3, 99.8e3],
        [-9.21, 9.05, 84.1e3, 101.1e3, 98.6e3],
        [-0.62, 9.19, 228.9e3, 205.2e3, 143.6e3],
        [-0.39, 2.86, 141.7e3, 315.9e3, 167.4e3],
        [3.15, 857.9, 2222.0e3, 164.8e3, 116.3e3],
    ]
)
SPREAD_BELOW = np.array(
    [
        [2.13, 159.5, 762.2e3, 123.6e3, 94.5e3],
        [2.66, 7.67, 100.4e3, 172.5e3, 136.4e3],
        [6.11, 6.65, 138.2e3, 242.2e3, 178.6e3],
        [1.98, 13.11, 139.1e3, 132.7e3, 193.5e3],
        [2.68, 7.16, 93.7e3, 186.8e3, 133.5e3],
        [6.86, 10.38, 187.8e3, 169.6e3, 108.9e3],
        [8.51, 169.8, 609.8e3, 119.9e3, 106.6e3],
    ]
)
SPREAD_ABOVE = np.array(
    [
        [2.11, 102.3, 636.9e3, 134.8e3, 95.6e3],
        [6.87, 15.53, 138.7e3, 143.7e3, 98.6e3],
        [10.08, 9.60, 165.3e3, 225.7e3, 129.7e3],
        [3.68, 159.3, 464.4e3, 93.1e3, 94.2e3],
        [4.75, 8.12, 93.2e3, 135.9e3, 113.4e3],
        [8.58, 13.97, 216.0e3, 152.0e3, 122.7e3],
        [8.43, 8.19, 136.2e3, 188.5e3, 122.9e3],
    ]
)
# Columns: constant, amplitude and width of the dependence on the logarithm of the frequency.
FREQUENCY_BELOW = np.array(
    [[1.0, 0, 0], [1.0, 0, 0], [1.0, 0, 0], [1.0, 0, 0], [0.92, 0.25, 1.77], [1.0, 0, 0], [1.0, 0, 0]]
)
FREQUENCY_ABOVE = np.array(
    [
        [1.0, 0, 0],
        [0.93, 0.31, 2.00],
        [1.0, 0, 0],
        [0.93, 0.19, 1.79],
        [0.93, 0.31, 2.00],
        [1.0, 0, 0],
        [1.0, 0, 0],
    ]
)
# Columns: share of the spread and deviate beyond which rare times count.
RARE_TIMES = np.array(
    [
        [1.224, 1.282],
        [0.801, 2.161],
        [1.380, 1.282],
        [1.000, 20.0],
        [1.224, 1.282],
        [1.518, 1.282],
        [1.518, 1.282],
    ]
)
SINGLE_MESSAGE, ACCIDENTAL, MOBILE, BROADCAST = range(4)


class Odds(NamedTuple):
    """What a loss is not exceeded for.

    z_time, z_location and z_situation are the standard normal deviates exceeded at these shares; climate is
    NTIA's code, 1 to 7; mode its mode of variability, 0 to 3, 10 more where locations do not vary, 20 more
    where situations do not.
    """

    z_time: float
    z_location: float
    z_situation: float
    climate: int
    mode: int


@njit(cache=True, error_model="numpy")
def _climate_curve(row: np.ndarray, d_e: float) -> float:
    c_1, c_2, x_1, x_2, x_3 = row[0], row[1], row[2], row[3], row[4]
    q = (d_e / x_1) ** 2
    return float((c_1 + c_2 / (1 + ((d_e - x_2) / x_3) ** 2)) * q / (1 + q))


@njit(cache=True, error_model="numpy")
def _frequency_curve(row: np.ndarray, f: float) -> float:
    q = math.log(0.133 * f / MHZ_A_WAVE_NUMBER)
    return float(row[0] + row[1] / ((row[2] * q) ** 2 + 1))


@njit(cache=True, error_model="numpy")
def effective_distance(path: Path, f: float) -> float:
    """Distance at which paths over a smooth Earth vary alike, d_e.

    Parameters
    ----------
    path
        Geometry.
    f
        Frequency [MHz].

    Returns
    -------
    float
        d_e [m].

    References
    ----------
    Hufford (1995), the Algorithm, §5, Eq. (5.3).

    Examples
    --------
    >>> path = Path(50e3, 30.0, 10.0, 30.0, 10.0, 20e3, 12e3, -2e-3, -1e-3, 90.0)
    >>> round(effective_distance(path, 900.0))
    95726
    """
    d_ex = math.sqrt(18e6 * path.he_t) + math.sqrt(18e6 * path.he_r)
    d_ex += np.cbrt(575.7e12 * MHZ_A_WAVE_NUMBER / f)
    return float(130e3 * path.d / d_ex if path.d < d_ex else 130e3 + path.d - d_ex)


@njit(cache=True, error_model="numpy")
def _time_spread(z_time: float, row: int, d_e: float, f: float) -> float:
    if z_time < 0:
        return _climate_curve(SPREAD_BELOW[row], d_e) * _frequency_curve(FREQUENCY_BELOW[row], f)
    usual = _climate_curve(SPREAD_ABOVE[row], d_e) * _frequency_curve(FREQUENCY_ABOVE[row], f)
    share, rare = RARE_TIMES[row, 0], RARE_TIMES[row, 1]
    if z_time <= rare:
        return usual
    return float(usual * (share + (1 - share) * rare / z_time))


@njit(cache=True, error_model="numpy")
def attenuation_quantile(A_ref: float, path: Path, medium: Medium, odds: Odds) -> float:
    """Attenuation over free space that is not exceeded with given odds.

    Parameters
    ----------
    A_ref
        Reference attenuation [dB].
    path, medium
        Geometry; air and ground.
    odds
        Time, location and situation, climate and mode of variability.

    Returns
    -------
    float
        Attenuation [dB].

    References
    ----------
    Hufford (1995), the Algorithm, §5; Hufford, Longley, Kissick, NTIA Report 82-100 (1982).

    Examples
    --------
    >>> path = Path(50e3, 30.0, 10.0, 30.0, 10.0, 20e3, 12e3, -2e-3, -1e-3, 90.0)
    >>> median = Odds(0.0, 0.0, 0.0, 1, 3)
    >>> round(attenuation_quantile(40.0, path, Medium(900.0, 4 + 0j, 301.0, 1.2e-7), median), 2)
    40.36
    """
    row = odds.climate - 1
    mode = odds.mode % 10
    z_time, z_location, z_situation = odds.z_time, odds.z_location, odds.z_situation
    if mode == SINGLE_MESSAGE:
        z_time = z_location = z_situation
    elif mode == ACCIDENTAL:
        z_location = z_situation
    elif mode == MOBILE:
        z_location = z_time
    d_e = effective_distance(path, medium.f)
    spread_T = _time_spread(z_time, row, d_e, medium.f)
    spread_L = 0.0
    if odds.mode % 20 < 10:
        rough = roughness(path.d, path.delta_h) * medium.f / MHZ_A_WAVE_NUMBER
        spread_L = 10 * rough / (rough + 13)
    variance_S = 0.0 if odds.mode >= 20 else (5 + 3 * math.exp(-d_e / 100e3)) ** 2
    variance_S += (spread_T * z_time) ** 2 / (7.8 + z_situation**2) + (spread_L * z_location) ** 2 / (
        24.0 + z_situation**2
    )
    expected, spread_S = _combined(mode, spread_T, spread_L, variance_S, z_time, z_location)
    attenuation = A_ref - _climate_curve(MEDIAN[row], d_e) - expected - spread_S * z_situation
    if attenuation < 0:
        attenuation *= (29 - attenuation) / (29 - 10 * attenuation)
    return attenuation


@njit(cache=True, error_model="numpy")
def _combined(
    mode: int, spread_T: float, spread_L: float, variance_S: float, z_time: float, z_location: float
) -> tuple[float, float]:
    """Deviation that time and location make, and spread over situations, for a mode of variability."""
    if mode == SINGLE_MESSAGE:
        return 0.0, math.sqrt(spread_T**2 + spread_L**2 + variance_S)
    if mode == ACCIDENTAL:
        return spread_T * z_time, math.sqrt(spread_L**2 + variance_S)
    if mode == MOBILE:
        return math.hypot(spread_T, spread_L) * z_time, math.sqrt(variance_S)
    return spread_T * z_time + spread_L * z_location, math.sqrt(variance_S)
