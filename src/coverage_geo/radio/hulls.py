"""Upper convex hulls that grow along a radial: the highest terrain from any receiver in a few steps.

A hull is a stack of points (position, height) in rising position. Whatever stands under it can be the highest
neither over a straight line nor as seen from a receiver beyond its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@njit(cache=True)
def push(x: NDArray[np.int32], y: NDArray[np.float64], count: int, position: int, height: float) -> int:
    """Add a point beyond the end of a hull and drop those it covers.

    Parameters
    ----------
    x, y
        The hull's points, changed in place.
    count
        How many there are.
    position, height
        The new point, beyond the others.

    Returns
    -------
    int
        How many there are now.

    Examples
    --------
    >>> import numpy as np
    >>> x, y, count = np.zeros(3, dtype=np.int32), np.zeros(3), 0
    >>> for position, height in enumerate((1.0, 0.0, 5.0)):
    ...     count = push(x, y, count, position, height)
    >>> x[:count].tolist()
    [0, 2]
    """
    while count >= 2:
        x_0, y_0, x_1, y_1 = x[count - 2], y[count - 2], x[count - 1], y[count - 1]
        if (height - y_1) * (x_1 - x_0) < (y_1 - y_0) * (position - x_1):
            break
        count -= 1
    x[count], y[count] = position, height
    return count + 1


@njit(cache=True)
def steepest_from_beyond(
    x: NDArray[np.int32], y: NDArray[np.float64], count: int, position: float, height: float
) -> int:
    """Position of the hull's point that rises most steeply as seen from a receiver beyond its end.

    Parameters
    ----------
    x, y
        The hull's points.
    count
        How many there are, 1 or more.
    position, height
        The receiver, beyond them.

    Returns
    -------
    int
        The point's position; the nearest to the receiver of several.

    Examples
    --------
    >>> import numpy as np
    >>> steepest_from_beyond(np.array([0, 2, 5]), np.array([0.0, 9.0, 8.0]), 3, 6.0, 1.0)
    5
    """
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        run, rise = x[middle + 1] - x[middle], y[middle + 1] - y[middle]
        if rise * (position - x[middle]) >= (height - y[middle]) * run:
            low = middle + 1
        else:
            high = middle
    return int(x[low])


@njit(cache=True)
def highest_over_line(x: NDArray[np.int32], y: NDArray[np.float64], count: int, slope: float) -> int:
    """Position of the hull's point that is highest over a line of that slope.

    Parameters
    ----------
    x, y
        The hull's points.
    count
        How many there are, 1 or more.
    slope
        Rise of the line per unit of position.

    Returns
    -------
    int
        The point's position.

    Examples
    --------
    >>> import numpy as np
    >>> highest_over_line(np.array([0, 2, 5]), np.array([0.0, 9.0, 8.0]), 3, 0.0)
    2
    """
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        if y[middle + 1] - y[middle] > slope * (x[middle + 1] - x[middle]):
            low = middle + 1
        else:
            high = middle
    return int(x[low])
