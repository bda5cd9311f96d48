"""Inverse complementary cumulative normal distribution: Attachment 2 of ITU-R P.1812-8."""

from __future__ import annotations

import math

from numba import njit


@njit(cache=True)
def inverse_normal(x: float) -> float:
    """Value that a standard normal variable exceeds with probability x, I(x).

    Parameters
    ----------
    x
        Probability, 1e-6 to 1 - 1e-6; clipped to that range.

    Returns
    -------
    float
        Positive for x < 0.5; the approximation is good to 5.4e-4.

    References
    ----------
    ITU-R P.1812-8, Attachment 2 to Annex 1.

    Examples
    --------
    >>> round(inverse_normal(0.01), 3)
    2.327
    """
    clipped = min(max(x, 1e-6), 1 - 1e-6)
    if clipped <= 0.5:
        return _upper_half(clipped)
    return -_upper_half(1 - clipped)


@njit(cache=True)
def _upper_half(x: float) -> float:
    T = math.sqrt(-2 * math.log(x))
    numerator = (0.010328 * T + 0.802853) * T + 2.515516698
    denominator = ((0.001308 * T + 0.189269) * T + 1.432788) * T + 1
    return T - numerator / denominator
