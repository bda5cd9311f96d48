"""Which edges meet each other or come near a place, found square by square among millions of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Ends = tuple[Ints, Ints, Ints, Ints]  # x and y of one end of each edge, x and y of the other

ROUNDING_MM = 1e-6
CHUNK = 1 << 20  # pairs of edges looked at in one go: bounds the memory


def keys(xy: Ints) -> Ints:
    """Return one integer for each position, in the order of x, then y."""
    return (xy[:, 0] << 32) + xy[:, 1]


def crossing_places(xy: Ints, u: Ints, v: Ints) -> Ints:
    """Places at which an edge crosses another one between its ends, or passes through a node, [mm].

    Positions are whole, so whether a node lies on an edge is decided exactly.

    Parameters
    ----------
    xy
        Nodes, [mm], shape (n, 2), less than 2,000 km apart.
    u, v
        Ends of each edge, shape (m,); no two edges have the same ends.

    Returns
    -------
    numpy.ndarray
        Shape (k, 2), sorted, each once, rounded to whole millimetres.
    """
    x, y = (np.ascontiguousarray(axis) for axis in xy.T)
    found = [np.empty((0, 2), dtype=np.int64)]
    for first, second in _neighbours(x, y, u, v):
        one, other = (_ends(x, y, u[edge], v[edge]) for edge in (first, second))
        near = np.flatnonzero(_boxes_touch(one, other))
        found += _meetings(_taken(one, near), _taken(other, near))
    places = np.concatenate(found)
    return places[np.unique(keys(places), return_index=True)[1]]


def edges_within(xy: Ints, u: Ints, v: Ints, place: Ints, reach_mm: float) -> tuple[Ints, Ints, Floats]:
    """Return which edges come within reach of which places, and how near.

    Parameters
    ----------
    xy
        Nodes, [mm], shape (n, 2).
    u, v
        Ends of each edge, shape (m,).
    place
        Positions, [mm], shape (k, 2).
    reach_mm
        How near, [mm].

    Returns
    -------
    tuple of numpy.ndarray
        Place, edge and distance [mm] of each pair, sorted by place, then distance, then edge.
    """
    nobody = np.empty(0, dtype=np.int64)
    if not len(u) or not len(place):
        return nobody, nobody, np.empty(0)
    x, y = (np.ascontiguousarray(axis) for axis in xy.T)
    edge, cell, size = _squares(x, y, u, v, int(np.ceil(reach_mm)))
    order = np.argsort(cell, kind="stable")
    edge, cell = edge[order], cell[order]
    first, last = (np.searchsorted(cell, keys(place // size), side=side) for side in ("left", "right"))
    at = np.repeat(np.arange(len(place)), last - first)
    edge = edge[counted(at) + first[at]]
    far = _distance(_ends(x, y, u[edge], v[edge]), place[at, 0], place[at, 1])
    near = np.flatnonzero(far <= reach_mm + ROUNDING_MM)
    near = near[np.lexsort((edge[near], far[near], at[near]))]
    return at[near], edge[near], far[near]


def _distance(edge: Ends, x: Ints, y: Ints) -> Floats:
    """From points to edges."""
    x0, y0, x1, y1 = edge
    along_x, along_y = x1 - x0, y1 - y0
    squared = (along_x**2 + along_y**2).astype(float)
    share = ((x - x0) * along_x + (y - y0) * along_y) / squared
    inside = (share > 0) & (share < 1)
    to_line = np.abs(_side(edge, x, y)) / np.sqrt(squared)
    to_end = np.minimum(np.hypot(x - x0, y - y0), np.hypot(x - x1, y - y1))
    return np.asarray(np.where(inside, to_line, to_end))


def _ends(x: Ints, y: Ints, u: Ints, v: Ints) -> Ends:
    return x[u], y[u], x[v], y[v]


def _taken(ends: Ends, at: Ints) -> Ends:
    x0, y0, x1, y1 = ends
    return x0[at], y0[at], x1[at], y1[at]


def _neighbours(x: Ints, y: Ints, u: Ints, v: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of edges that pass through the same square, some more than once."""
    if len(u) < 2:
        return
    edge, cell, _ = _squares(x, y, u, v, 1)
    order = np.argsort(cell, kind="stable")
    edge, cell = edge[order], cell[order]
    last = np.append(np.flatnonzero(np.diff(cell)), len(cell) - 1)
    last = np.repeat(last, np.diff(last, prepend=-1))  # last entry of each entry's square
    for start in range(0, len(edge), CHUNK):
        here = np.arange(start, min(start + CHUNK, len(edge)))
        step = 1
        while len(here := here[here + step <= last[here]]):
            yield edge[here], edge[here + step]
            step += 1


def _squares(x: Ints, y: Ints, u: Ints, v: Ints, reach: int) -> tuple[Ints, Ints, int]:
    """Squares that each edge passes through or comes within reach of: edge, number of the square; their size.

    A square is at least as wide as two edges are long on average, so there are few entries for each edge.
    """
    left = np.where(x[u] <= x[v], u, v)
    right = u + v - left
    length = np.abs(x[u] - x[v]) + np.abs(y[u] - y[v])
    size = int(2 * max(np.mean(length), reach))
    west = (x[left] - reach) // size
    edge = np.repeat(np.arange(len(u)), (x[right] + reach) // size - west + 1)
    column = counted(edge) + west[edge]
    x0, y0, x1, y1 = _ends(x, y, left[edge], right[edge])
    slope = (y1 - y0) / np.maximum(x1 - x0, 1)
    enters = y0 + slope * (np.clip(column * size - reach, x0, x1) - x0)
    leaves = np.where(x1 > x0, y0 + slope * (np.clip((column + 1) * size + reach, x0, x1) - x0), y1)
    south = np.floor((np.minimum(enters, leaves) - reach) / size).astype(np.int64)
    north = np.floor((np.maximum(enters, leaves) + reach) / size).astype(np.int64)
    entry = np.repeat(np.arange(len(edge)), north - south + 1)
    row = counted(entry) + south[entry]
    return edge[entry], (column[entry] << 32) + row, size


def counted(group: Ints) -> Ints:
    """Number of each entry within its group, from 0; groups stand together."""
    first = np.flatnonzero(np.diff(group, prepend=-1))
    return np.arange(len(group)) - np.repeat(first, np.diff(np.append(first, len(group))))


def _boxes_touch(one: Ends, other: Ends) -> Flags:
    touch = np.ones(len(one[0]), dtype=bool)
    for axis in (0, 1):
        a, b, c, d = one[axis], one[axis + 2], other[axis], other[axis + 2]
        touch &= np.maximum(a, b) >= np.minimum(c, d)
        touch &= np.maximum(c, d) >= np.minimum(a, b)
    return touch


def _meetings(one: Ends, other: Ends) -> list[Ints]:
    """Places where the first edge of each pair meets the second other than at an end of both."""
    on_one, on_other = (
        (_side(one, *other[:2]), _side(one, *other[2:])),
        (
            _side(other, *one[:2]),
            _side(other, *one[2:]),
        ),
    )
    across = np.flatnonzero(_opposite(*on_one) & _opposite(*on_other))
    found = [_crossing(_taken(one, across), _taken(other, across))]
    for edge, sides, point in ((one, on_one, other), (other, on_other, one)):
        for side, x, y in zip(sides, point[::2], point[1::2], strict=True):
            at = np.flatnonzero(side == 0)
            at = at[_between(_taken(edge, at), x[at], y[at])]
            found.append(np.column_stack([x[at], y[at]]))
    return found


def _side(edge: Ends, x: Ints, y: Ints) -> Ints:
    """On which side of each edge a point lies: the sign of their triangle's area, doubled; 0 on the line."""
    x0, y0, x1, y1 = edge
    return (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)


def _opposite(one: Ints, other: Ints) -> Flags:
    return ((one < 0) & (other > 0)) | ((one > 0) & (other < 0))


def _between(edge: Ends, x: Ints, y: Ints) -> Flags:
    """Whether a point on an edge's line lies between its ends."""
    x0, y0, x1, y1 = edge
    along = (x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)
    return (along > 0) & (along < (x1 - x0) ** 2 + (y1 - y0) ** 2)


def _crossing(one: Ends, other: Ends) -> Ints:
    """Where edges that cross do so."""
    (x0, y0, x1, y1), (x2, y2, x3, y3) = one, other
    base, along = np.column_stack([x0, y0]), np.column_stack([x1 - x0, y1 - y0]).astype(float)
    share = _side(other, x0, y0) / ((x1 - x0) * (y3 - y2) - (y1 - y0) * (x3 - x2)).astype(float)
    return np.asarray(base + np.rint(np.abs(share)[:, None] * along).astype(np.int64))
