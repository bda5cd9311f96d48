"""Extended Hata: path loss from distance and antenna heights alone, for studies without terrain."""

from __future__ import annotations

import math

from numba import njit

URBAN, SUBURBAN, OPEN = 0, 1, 2
NEAR_KM, FAR_KM = 0.04, 0.1  # free space up to the one, Hata from the other


@njit(cache=True)
def near_loss(f: float, d: float, h_m: float, h_b: float) -> float:
    """Loss over the first 40 m, free space over the slant distance.

    Parameters
    ----------
    f
        Frequency [MHz].
    d
        Distance [km].
    h_m, h_b
        Lower and higher antenna above ground [m].

    Returns
    -------
    float
        Loss [dB].

    References
    ----------
    Report ITU-R SM.2028-2, §6.1.

    Examples
    --------
    >>> round(near_loss(1000.0, 1.0, 10.0, 10.0), 1)
    92.4
    """
    return 32.4 + 20 * math.log10(f) + 10 * math.log10(d**2 + ((h_b - h_m) / 1000) ** 2)


@njit(cache=True)
def urban_loss(f: float, d: float, h_m: float, h_b: float) -> float:
    """Loss in a town from 0.1 km on.

    Parameters
    ----------
    f
        Frequency, 30 to 3000 [MHz].
    d
        Distance, 0.1 to 100 [km].
    h_m, h_b
        Lower antenna, 1 to 10, and higher antenna, 30 to 200, above ground [m].

    Returns
    -------
    float
        Loss [dB].

    References
    ----------
    Report ITU-R SM.2028-2, §6.1; Hata, IEEE Trans. VT-29 (1980); COST 231 (1999), from 1500 MHz.

    Examples
    --------
    >>> round(urban_loss(900.0, 5.0, 1.5, 30.0), 1)
    151.2
    """
    at = min(max(f, 150.0), 2000.0)
    decade = math.log10(f)
    lower = (1.1 * decade - 0.7) * min(10.0, h_m) - (1.56 * decade - 0.8)
    lower += max(0.0, 20 * math.log10(h_m / 10))
    mast = math.log10(max(30.0, h_b))
    stretched = 1.0
    if d > 20:
        stretched += (0.14 + 1.87e-4 * f + 1.07e-3 * h_b) * math.log10(d / 20) ** 0.8
    fall = (44.9 - 6.55 * mast) * math.copysign(abs(math.log10(d)) ** stretched, math.log10(d))
    carrier = 69.6 + 26.2 * math.log10(at) if f <= 1500 else 46.3 + 33.9 * math.log10(at)
    if f < 150:
        carrier -= 20 * math.log10(150 / f)
    elif f > 2000:
        carrier += 10 * math.log10(f / 2000)
    return carrier - 13.82 * mast + fall - lower - min(0.0, 20 * math.log10(h_b / 30))


@njit(cache=True)
def hata_loss(f: float, d: float, h_t: float, h_r: float, surroundings: int) -> float:
    """Median loss, not less than in free space.

    Parameters
    ----------
    f
        Frequency, 30 to 3000 [MHz].
    d
        Distance, above 0 to 100 [km].
    h_t, h_r
        Antennas above ground [m]; the lower one 1 to 10, the higher one 30 to 200.
    surroundings
        0 urban, 1 suburban, 2 open.

    Returns
    -------
    float
        Loss [dB].

    References
    ----------
    Report ITU-R SM.2028-2, §6.1.

    Examples
    --------
    >>> round(hata_loss(900.0, 5.0, 30.0, 1.5, OPEN), 1)
    122.7
    """
    if not (30 <= f <= 3000 and d <= 100):
        return math.nan
    h_m, h_b = max(min(h_t, h_r), 1.0), max(h_t, h_r)
    free = near_loss(f, d, h_m, h_b)
    if d <= NEAR_KM:
        return free
    loss = urban_loss(f, max(d, FAR_KM), h_m, h_b)
    decade = math.log10(min(max(f, 150.0), 2000.0))
    if surroundings == SUBURBAN:
        loss -= 2 * (decade - math.log10(28.0)) ** 2 + 5.4
    elif surroundings == OPEN:
        loss -= 4.78 * decade**2 - 18.33 * decade + 40.94
    if d < FAR_KM:
        start = near_loss(f, NEAR_KM, h_m, h_b)
        loss = start + (loss - start) * math.log10(d / NEAR_KM) / math.log10(FAR_KM / NEAR_KM)
    return max(loss, free)
