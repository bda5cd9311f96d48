"""Building entry loss: Recommendation ITU-R P.2109-2."""

from __future__ import annotations

import math

from numba import njit

from coverage_geo.radio.p1812.normal import inverse_normal

TRADITIONAL, THERMALLY_EFFICIENT = 1, 2


@njit(cache=True)
def normal_quantile(p: float) -> float:
    """Value below which a standard normal variable lies with probability p.

    Parameters
    ----------
    p
        Probability, 1e-6 to 1 - 1e-6.

    Returns
    -------
    float
        Good to 1e-12: Newton's method from the approximation of ITU-R P.1812.

    Examples
    --------
    >>> round(normal_quantile(0.975), 9)
    1.959963985
    """
    x = -inverse_normal(p)
    for _ in range(4):
        below = 0.5 * math.erfc(-x / math.sqrt(2.0))
        x -= (below - p) * math.sqrt(2 * math.pi) * math.exp(x * x / 2)
    return x


@njit(cache=True)
def building_entry_loss(f: float, p: float, building: int, theta: float) -> float:
    """Building entry loss not exceeded with probability p, L_BEL.

    Parameters
    ----------
    f
        Frequency, 0.08 to 100 [GHz].
    p
        Probability, above 0 and below 100 [%].
    building
        1 traditional, 2 thermally efficient.
    theta
        Elevation angle of the path at the façade, -90 to 90 [deg].

    Returns
    -------
    float
        L_BEL [dB]; NaN outside those ranges.

    References
    ----------
    ITU-R P.2109-2, Annex 1, §3.

    Examples
    --------
    >>> round(building_entry_loss(1.0, 50.0, TRADITIONAL, 0.0), 2)
    14.31
    """
    if not (0.08 <= f <= 100 and 0 < p < 100 and abs(theta) <= 90):
        return math.nan
    if building == TRADITIONAL:
        r, s, t, u, v, w, x, y, z = 12.64, 3.72, 0.96, 9.6, 2.0, 9.1, -3.0, 4.5, -2.0
    else:
        r, s, t, u, v, w, x, y, z = 28.19, -3.0, 8.48, 13.5, 3.8, 27.8, -2.9, 9.4, -2.1
    log_f = math.log10(f)
    quantile = normal_quantile(p / 100)
    A = quantile * (u + v * log_f) + r + s * log_f + t * log_f**2 + 0.212 * abs(theta)
    B = quantile * (y + z * log_f) + w + x * log_f
    return 10 * math.log10(10 ** (0.1 * A) + 10 ** (0.1 * B) + 10 ** (0.1 * -3.0))
