"""Active nodes: the poles at which light is made anew on routes that are too long for one light budget."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from coverage_geo.fibre.noding import MM_PER_M

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from coverage_geo.fibre.ledger import Steps
    from coverage_geo.fibre.network import Network
    from coverage_geo.fibre.optics import LossBudget

    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ActiveNodes:
    """Active nodes on routes, those of one route after the other, from the gateway on.

    Attributes
    ----------
    route : numpy.ndarray
        Number of the route, shape (k,).
    step : numpy.ndarray
        Step of the routes that ends at the node's pole.
    at_mm : numpy.ndarray
        Cable from the gateway to it, [mm].
    """

    route: Ints
    step: Ints
    at_mm: Ints

    @classmethod
    def none(cls) -> ActiveNodes:
        """Return no nodes."""
        nobody = np.empty(0, dtype=np.int64)
        return cls(nobody, nobody, nobody)


@dataclass(frozen=True, slots=True)
class _Course:
    """One route as the nodes it passes and the cable up to each, [mm]."""

    first: int
    node: Ints
    at_mm: Ints

    def between(self, low_mm: float, high_mm: float) -> slice:
        """Places on the route from `low_mm` on and before `high_mm`; never the gateway."""
        low, high = np.searchsorted(self.at_mm, [low_mm, high_mm])
        return slice(max(int(low), 1), int(high))


def place_active_nodes(network: Network, steps: Steps, drop_mm: Ints, optics: LossBudget) -> ActiveNodes:
    """Fewest active nodes that light routes from end to end, shared where routes run together.

    Of all stretches in which some route still needs a node, the one that begins farthest from its gateway
    is given one first, at its beginning: on routes that form a tree no choice needs fewer.

    Parameters
    ----------
    network
        What the routes follow.
    steps
        The routes; no span on a route that needs nodes is longer than `optics.spacing_m()`.
    drop_mm
        Length of each route's drop, [mm].
    optics
        Loss budget with its splitters.
    """
    reach = optics.max_length_m() * MM_PER_M + 1e-3
    spacing = optics.spacing_m() * MM_PER_M
    courses, waiting = {}, []
    for route, course in _courses(network, steps):
        end = int(course.at_mm[-1])
        if not optics.reaches((end + int(drop_mm[route])) / MM_PER_M):
            courses[route] = course
            waiting.append((reach - end - int(drop_mm[route]), route, end + 1))
    heapq.heapify(waiting)
    chosen: set[int] = set()
    found = []
    while waiting:
        minus_low, route, high = heapq.heappop(waiting)
        course = courses[route]
        window = course.between(-minus_low, high)
        there = np.isin(course.node[window], list(chosen))
        step = window.start + int(np.argmax(there))  # the first that stands already, else the first of all
        at = int(course.at_mm[step])
        chosen.add(int(course.node[step]))
        found.append((route, course.first + step, at))
        if at > spacing:
            heapq.heappush(waiting, (spacing - at, route, at))
    table = np.array(sorted(found), dtype=np.int64).reshape(-1, 3)
    return ActiveNodes(table[:, 0], table[:, 1], table[:, 2])


def _courses(network: Network, steps: Steps) -> Iterator[tuple[int, _Course]]:
    starts = np.flatnonzero(steps.edge < 0)
    for start, end in pairwise([*starts.tolist(), len(steps.edge)]):
        metres = network.length_mm[steps.edge[start + 1 : end]]
        yield int(steps.route[start]), _Course(start, steps.node[start:end], np.append(0, np.cumsum(metres)))
