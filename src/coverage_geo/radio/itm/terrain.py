"""What the Irregular Terrain Model reads off a terrain profile, or guesses of an area."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from coverage_geo.radio.p1812.even_profile import larger, steepest

if TYPE_CHECKING:
    from numpy.typing import NDArray

TICKS = np.int32(2**24)  # of the range of values, in which ranks are told apart
BLOCK = 64  # values that vector instructions count at once
NEARLY = 1e-5  # of the largest rise: how far single precision may mistake one
RANDOM, CAREFUL, VERY_CAREFUL = 0, 1, 2  # NTIA's codes for how a site was chosen


class Path(NamedTuple):
    """Geometry of a path; all lengths in m, angles in rad.

    d is the length; h_t and h_r the antennas above ground; he_t and he_r their effective heights; dl_t and
    dl_r the distances of their horizons, theta_t and theta_r the elevations; delta_h the irregularity of the
    terrain.
    """

    d: float
    h_t: float
    h_r: float
    he_t: float
    he_r: float
    dl_t: float
    dl_r: float
    theta_t: float
    theta_r: float
    delta_h: float


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "nsz"})
def _sums(h: NDArray[np.floating]) -> tuple[float, float]:
    """Sum of the heights, and of their products with the distance from the middle."""
    total = moment = 0.0
    middle = 0.5 * (len(h) - 1)
    for i in range(len(h)):
        total += h[i]
        moment += h[i] * (np.float64(np.int32(i)) - middle)
    return total, moment


@njit(cache=True, error_model="numpy")
def mean_height(h: NDArray[np.floating], last: int) -> float:
    """Mean height of the middle eight tenths of a profile.

    Parameters
    ----------
    h
        Heights at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver.

    Returns
    -------
    float
        Mean [m].

    References
    ----------
    Hufford (1995), the Algorithm, §1; the share is that of NTIA's distributions.

    Examples
    --------
    >>> mean_height(np.array([0, 3, 6], dtype=np.float32), 2)
    3.0
    """
    edge = last // 10
    total, _ = _sums(h[edge : last - edge + 1])
    return total / (last - 2 * edge + 1)


@njit(cache=True, error_model="numpy")
def fitted_line(h: NDArray[np.floating], last: int, start: float, end: float) -> tuple[float, float]:
    """Heights at both ends of the profile of the line that fits a part of it best.

    Parameters
    ----------
    h
        Heights at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver.
    start, end
        The part, in steps; widened to whole steps and to at least one.

    Returns
    -------
    float, float
        At the first and at the last point [m].

    References
    ----------
    Hufford (1995), the Algorithm, §6 (least squares); end points have half weight.

    Examples
    --------
    >>> fitted_line(np.array([0, 3, 6, 9], dtype=np.float32), 3, 1.0, 3.0)
    (0.0, 9.0)
    """
    first, final = int(max(start, 0.0)), last - int(max(last - end, 0.0))
    if final <= first:
        first, final = max(first - 1, 0), last - max(last - final - 1, 0)
    length = final - first
    middle = first + 0.5 * length
    total, moment = _sums(h[first : final + 1])
    total -= 0.5 * (float(h[first]) + float(h[final]))
    moment -= 0.25 * length * (float(h[final]) - float(h[first]))
    mean, slope = total / length, 12 * moment / ((length**2 + 2.0) * length)
    return mean - slope * middle, mean + slope * (last - middle)


@njit(cache=True, error_model="numpy")
def _extremes(values: NDArray[np.float64]) -> tuple[float, float]:
    low = high = values[0]
    for i in range(len(values)):
        low = -larger(-low, -values[i])
        high = larger(high, values[i])
    return low, high


@njit(cache=True, error_model="numpy")
def ranked(values: NDArray[np.float64], rank: int) -> tuple[float, float]:
    """Value of a rank counted from the largest, and of that rank from the smallest.

    Parameters
    ----------
    values
        Shape (n,).
    rank
        1 to n.

    Returns
    -------
    float, float
        The rank-th largest and the rank-th smallest, to 2**-24 of the range.

    Examples
    --------
    >>> ranked(np.array([5.0, 1.0, 4.0, 2.0]), 2)
    (4.0, 2.0)
    """
    lowest, highest = _extremes(values)
    if not highest > lowest:
        return highest, lowest
    scale = TICKS / (highest - lowest)
    padded = -(-len(values) // BLOCK) * BLOCK
    up, down = np.full(padded, -1, dtype=np.int32), np.full(padded, -1, dtype=np.int32)
    for i in range(len(values)):
        up[i] = np.int32((values[i] - lowest) * scale)
        down[i] = TICKS - up[i]
    tick = (highest - lowest) / TICKS
    return lowest + tick * _ranked_tick(up, rank), highest - tick * _ranked_tick(down, rank)


@njit(cache=True, error_model="numpy")
def _ranked_tick(ticks: NDArray[np.int32], rank: int) -> int:
    """Tick of a rank counted from the highest, by bisection: compilers vectorise the counting."""
    low, high = np.int32(0), TICKS
    reached = np.int32(0)
    while low < high and reached != rank:
        middle = np.int32(high - (high - low) // 2)
        reached = np.int32(0)
        for i in range(len(ticks)):
            reached = np.int32(reached + np.int32(ticks[i] >= middle))
        if reached >= rank:
            low = middle
        else:
            high = np.int32(middle - 1)
    found = TICKS
    for i in range(len(ticks)):
        found = min(found, ticks[i] if ticks[i] >= low else TICKS)
    return int(found)


@njit(cache=True, error_model="numpy")
def irregularity(h: NDArray[np.floating], last: int, step: float, start: float, end: float) -> float:
    """Terrain irregularity, delta_h: the range between the deciles of the heights about their trend.

    Parameters
    ----------
    h
        Heights at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver.
    step
        Step [m].
    start, end
        Part of the path that counts [m].

    Returns
    -------
    float
        delta_h, as it would be over a long distance [m]; 0 for a part shorter than two steps.

    References
    ----------
    Hufford (1995), the Algorithm, §6 (delta_h) and Eq. (3.9).

    Examples
    --------
    >>> heights = np.where(np.arange(101) % 4 < 2, 0, 50).astype(np.float32)
    >>> 50 < irregularity(heights, 100, 100.0, 0.0, 10_000.0) < 200
    True
    """
    first = start / step
    length = end / step - first
    if length < 2:
        return 0.0
    rank = min(max(int(0.1 * (length + 8)), 4), 25)
    points = 10 * rank - 5
    sampled = np.empty(points)
    before = np.empty(points, dtype=np.int32)
    spacing = length / (points - 1)
    for j in range(points):
        x = first + np.float64(np.int32(j)) * spacing
        before[j] = min(np.int32(x), np.int32(last - 1))
        sampled[j] = x - np.float64(before[j])
    for j in range(points):
        at = np.uint64(before[j])
        sampled[j] = h[at] + (np.float64(h[at + np.uint64(1)]) - h[at]) * sampled[j]
    left, right = fitted_line(sampled, points - 1, 0.0, points - 1.0)
    slope = (right - left) / (points - 1)
    for j in range(points):
        sampled[j] -= left + slope * np.float64(np.int32(j))
    high, low = ranked(sampled, rank)
    return (high - low) / (1 - 0.8 * math.exp(-(end - start) / 50e3))


@njit(cache=True, error_model="numpy")
def horizons(
    h: NDArray[np.floating], last: int, step: float, h_t: float, h_r: float, gamma_e: float
) -> tuple[float, float, float, float]:
    """Distances and elevations of both antennas' horizons.

    Parameters
    ----------
    h
        Heights at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    step
        Step [m].
    h_t, h_r
        Antennas above ground [m].
    gamma_e
        Effective curvature of the Earth [1/m].

    Returns
    -------
    dl_t, dl_r, theta_t, theta_r : float
        Distances [m] and elevations [rad]; in line of sight the other antenna's.

    References
    ----------
    Hufford (1995), the Algorithm, §2 (point-to-point mode).

    Examples
    --------
    >>> ridge = np.array([0, 0, 50, 0], dtype=np.float32)
    >>> horizons(ridge, 3, 1000.0, 10.0, 10.0, 0.0)[:2]
    (2000.0, 1000.0)
    """
    bend = 0.5 * gamma_e * step**2
    z_t, z_r = float(h[0]) + h_t, float(h[last]) + h_r
    low_t, low_r, low_bend = np.float32(z_t), np.float32(z_r), np.float32(bend)
    low_h = np.asarray(h, dtype=np.float32)
    rise_t, rise_r = steepest(low_h, last - 1, np.float32(last), low_t, low_r, low_bend)
    direct = (z_r - z_t) / last
    best_t, best_r = direct - bend * last, -direct - bend * last
    i_t = i_r = last
    near_t, near_r = _slightly_less(rise_t), _slightly_less(rise_r)
    if rise_t >= _slightly_less(best_t) or rise_r >= _slightly_less(best_r):
        first_t, final_t, first_r, final_r = _near_horizons(
            low_h, last, low_t, low_r, low_bend, near_t, near_r
        )
        for i in range(first_t, final_t + 1):
            rise = (float(h[i]) - z_t) / i - bend * i
            if rise > best_t:
                i_t, best_t = i, rise
        for i in range(first_r, final_r + 1):
            rise = (float(h[i]) - z_r) / (last - i) - bend * (last - i)
            if rise > best_r:
                i_r, best_r = last - i, rise
    d = last * step
    walked_t, left_r = _walked(d, step, i_t if i_t < last else 0, last - i_r)
    dl_t, dl_r = d if i_t == last else walked_t, d if i_r == last else left_r
    return dl_t, dl_r, best_t / step, best_r / step


@njit(cache=True, error_model="numpy")
def _walked(d: float, step: float, ahead: int, behind: int) -> tuple[float, float]:
    """Where so many steps lead from 0, and what so many leave of d, taken one by one as NTIA does.

    Nine tenths of a horizon's distance are cut to whole steps; at every tenth point the last bit decides.
    Both walks go on at once, because each waits for its last sum.
    """
    walked, left = 0.0, d
    both = min(ahead, behind)
    for _ in range(both):
        walked += step
        left -= step
    for _ in range(ahead - both):
        walked += step
    for _ in range(behind - both):
        left -= step
    return walked, left


@njit(cache=True, error_model="numpy")
def _slightly_less(rise: float) -> np.float32:
    return np.float32(rise - NEARLY * (1 + abs(rise)))


@njit(cache=True, error_model="numpy")
def _near_horizons(
    h: NDArray[np.float32],
    last: int,
    z_t: np.float32,
    z_r: np.float32,
    bend: np.float32,
    near_t: np.float32,
    near_r: np.float32,
) -> tuple[int, int, int, int]:
    """First and last points that rise at least so steeply, seen from transmitter and receiver."""
    before_t = before_r = final_t = final_r = np.int32(0)
    for i in range(1, last):
        ahead, behind = np.float32(np.int32(i)), np.float32(np.int32(last - i))
        high_t = h[i] - z_t >= ahead * (near_t + bend * ahead)
        high_r = h[i] - z_r >= behind * (near_r + bend * behind)
        before_t = max(before_t, np.int32(last - i) if high_t else np.int32(0))
        before_r = max(before_r, np.int32(last - i) if high_r else np.int32(0))
        final_t = max(final_t, np.int32(i) if high_t else np.int32(0))
        final_r = max(final_r, np.int32(i) if high_r else np.int32(0))
    return last - int(before_t), int(final_t), last - int(before_r), int(final_r)


@njit(cache=True, error_model="numpy")
def profile_path(
    h: NDArray[np.floating], last: int, step: float, h_t: float, h_r: float, gamma_e: float
) -> Path:
    """Geometry of a path over a terrain profile.

    Parameters
    ----------
    h
        Heights at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    step
        Step [m].
    h_t, h_r
        Antennas above ground [m].
    gamma_e
        Effective curvature of the Earth [1/m].

    Returns
    -------
    Path
        Effective heights, horizons and irregularity.

    References
    ----------
    Hufford (1995), the Algorithm, §2 (point-to-point mode).

    Examples
    --------
    >>> path = profile_path(np.zeros(101, dtype=np.float32), 100, 100.0, 30.0, 10.0, 1.2e-7)
    >>> path.d, path.he_t, path.he_r, path.delta_h
    (10000.0, 30.0, 10.0, 0.0)
    """
    d = last * step
    dl_t, dl_r, theta_t, theta_r = horizons(h, last, step, h_t, h_r, gamma_e)
    start, end = min(15 * h_t, 0.1 * dl_t), d - min(15 * h_r, 0.1 * dl_r)
    delta_h = irregularity(h, last, step, start, end)
    if dl_t + dl_r > 1.5 * d:
        left, right = fitted_line(h, last, start / step, end / step)
    else:
        left, _ = fitted_line(h, last, start / step, 0.9 * dl_t / step)
        _, right = fitted_line(h, last, (d - 0.9 * dl_r) / step, end / step)
    he_t, he_r = h_t + max(float(h[0]) - left, 0.0), h_r + max(float(h[last]) - right, 0.0)
    if dl_t + dl_r <= 1.5 * d:
        return Path(d, h_t, h_r, he_t, he_r, dl_t, dl_r, theta_t, theta_r, delta_h)
    dl_t, dl_r = usual_horizon(he_t, delta_h, gamma_e), usual_horizon(he_r, delta_h, gamma_e)
    if dl_t + dl_r <= d:
        raised = (d / (dl_t + dl_r)) ** 2
        he_t, he_r = he_t * raised, he_r * raised
        dl_t, dl_r = usual_horizon(he_t, delta_h, gamma_e), usual_horizon(he_r, delta_h, gamma_e)
    theta_t = usual_elevation(he_t, dl_t, delta_h, gamma_e)
    theta_r = usual_elevation(he_r, dl_r, delta_h, gamma_e)
    return Path(d, h_t, h_r, he_t, he_r, dl_t, dl_r, theta_t, theta_r, delta_h)


@njit(cache=True, error_model="numpy")
def usual_horizon(h_e: float, delta_h: float, gamma_e: float) -> float:
    """Distance at which terrain of an irregularity usually has its horizon.

    Parameters
    ----------
    h_e
        Effective antenna height [m].
    delta_h
        Irregularity of the terrain [m].
    gamma_e
        Effective curvature of the Earth [1/m].

    Returns
    -------
    float
        Distance [m].

    References
    ----------
    Hufford (1995), the Algorithm, §2 and §3 (area prediction mode).

    Examples
    --------
    >>> round(usual_horizon(10.0, 0.0, 1.25e-7))
    12649
    """
    return math.sqrt(2 * h_e / gamma_e) * math.exp(-0.07 * math.sqrt(delta_h / max(h_e, 5.0)))


@njit(cache=True, error_model="numpy")
def usual_elevation(h_e: float, dl: float, delta_h: float, gamma_e: float) -> float:
    """Elevation at which terrain of an irregularity usually has its horizon.

    Parameters
    ----------
    h_e
        Effective antenna height [m].
    dl
        Distance of the horizon [m].
    delta_h
        Irregularity of the terrain [m].
    gamma_e
        Effective curvature of the Earth [1/m].

    Returns
    -------
    float
        Elevation [rad].

    References
    ----------
    Hufford (1995), the Algorithm, §2 and §3 (area prediction mode).

    Examples
    --------
    >>> round(usual_elevation(10.0, 12649.0, 0.0, 1.25e-7), 6)
    -0.001581
    """
    smooth = math.sqrt(2 * h_e / gamma_e)
    return (0.65 * delta_h * (smooth / dl - 1) - 2 * h_e) / smooth


@njit(cache=True, error_model="numpy")
def area_path(
    d: float, h_t: float, h_r: float, siting_t: int, siting_r: int, delta_h: float, gamma_e: float
) -> Path:
    """Geometry of a usual path in an area of which only the irregularity is known.

    Parameters
    ----------
    d
        Length [m].
    h_t, h_r
        Antennas above ground [m].
    siting_t, siting_r
        How the sites were chosen: 0 at random, 1 with care, 2 with great care.
    delta_h
        Irregularity of the terrain: 0 flat, 30 plains, 90 hills, 200 mountains, 500 rugged mountains [m].
    gamma_e
        Effective curvature of the Earth [1/m].

    Returns
    -------
    Path
        Effective heights and horizons.

    References
    ----------
    Hufford (1995), the Algorithm, §3 (area prediction mode).

    Examples
    --------
    >>> area_path(10e3, 30.0, 1.5, 0, 0, 90.0, 1.2e-7).he_t
    30.0
    """
    he_t, he_r = _sited_height(h_t, siting_t, delta_h), _sited_height(h_r, siting_r, delta_h)
    dl_t, dl_r = usual_horizon(he_t, delta_h, gamma_e), usual_horizon(he_r, delta_h, gamma_e)
    theta_t = usual_elevation(he_t, dl_t, delta_h, gamma_e)
    theta_r = usual_elevation(he_r, dl_r, delta_h, gamma_e)
    return Path(d, h_t, h_r, he_t, he_r, dl_t, dl_r, theta_t, theta_r, delta_h)


@njit(cache=True, error_model="numpy")
def _sited_height(h: float, siting: int, delta_h: float) -> float:
    if siting == RANDOM:
        return h
    gained = 4.0 if siting == CAREFUL else 9.0
    if h < 5:
        gained *= math.sin(0.1 * math.pi * h)
    return h + (1 + gained) * math.exp(-min(20.0, 2 * h / max(1e-3, delta_h)))
