"""Tropospheric scatter: §4.4 of ITU-R P.1812-8."""

from __future__ import annotations

import math

from numba import njit


@njit(cache=True)
def troposcatter_loss(f: float, d: float, theta: float, n0: float, p: float) -> float:
    """Basic transmission loss of troposcatter, L_bs, Eqs. (44), (45).

    Parameters
    ----------
    f
        Frequency, 0.03 to 6 [GHz].
    d
        Path length [km].
    theta
        Path angular distance [mrad].
    n0
        Sea-level surface refractivity at the path's centre [N-units].
    p
        Time percentage, 1 to 50 [%].

    Returns
    -------
    float
        L_bs [dB].

    References
    ----------
    ITU-R P.1812-8, §4.4, Eqs. (44), (45).

    Examples
    --------
    >>> round(troposcatter_loss(0.0953, 235.1, 7.673515171, 326.079979, 1.0), 6)
    148.445302
    """
    L_f = 25 * math.log10(f) - 2.5 * math.log10(f / 2) ** 2
    fading = 10.125 * math.log10(50 / p) ** 0.7
    return float(190.1 + L_f + 20 * math.log10(d) + 0.573 * theta - 0.15 * n0 - fading)
