"""Electricity poles along the roads, before anything is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.ops
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from coverage_geo.fictional.grids import NOWHERE, stream

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from coverage_geo.fictional.relief import Land
    from coverage_geo.fictional.roads import Road

BEYOND_POLES = 0.11
ISLAND_OF_POLES_M = 800.0
SPACING_M = {"JTM": (43.0, 49.5), "JTR": (33.0, 43.0)}
LONGEST_SPAN_M = 50.0
SPUR_SPAN_M = 36.0
APART_M = 42.0


@dataclass(frozen=True, slots=True, eq=False)
class PoleLine:
    """A string of poles.

    Attributes
    ----------
    poles : numpy.ndarray
        Where they stand, shape (n, 2) [m]; a pole of two lines has the same coordinates in both.
    voltage : str
        "JTM" or "JTR".
    spur : bool
        Whether it starts at a pole of another line and ends among houses.
    """

    poles: NDArray[np.float64]
    voltage: str
    spur: bool = False


def make_pole_lines(
    roads: list[Road],
    cells: NDArray[np.int64],
    *,
    places: NDArray[np.float64],
    land: Land,
    towns: Collection[int],
    centre: NDArray[np.bool_],
    people: NDArray[np.int64],
    seed: int,
) -> list[PoleLine]:
    """Pole lines along all roads except to the remotest hamlets, with short streets in each hamlet.

    Parameters
    ----------
    roads, cells
        As `make_roads` gives them.
    places
        Where hamlets stand, shape (n, 2) [m].
    land
        The relief.
    towns
        Cells of the towns where electricity comes from.
    centre, people
        Whether each hamlet is a village centre, and its people, shape (n,).
    seed
        Seed of the district.

    Returns
    -------
    list of PoleLine
        One for each road that has poles and for each street. One line lies apart from all others when a road
        is long enough.
    """
    rng = stream(seed, "poles")
    if not roads:
        return []
    dark = _beyond(roads, cells, towns, centre, rng)
    lit = set(cells.tolist()) - dark
    kept = _pruned(roads, lit)
    apart = _farthest_leaf(kept, roads, lit, set(towns), cells[centre])
    lines = []
    for number in kept:
        road = roads[number]
        voltage = "JTM" if road.main else "JTR"
        course = road.line if number != apart else _last_part(road, kept, roads)
        lines.append(PoleLine(_along(course, voltage, rng), voltage))
    return lines + _streets(lines, land, cells, places, sorted(lit), people, rng)


def road_distances(roads: list[Road], towns: Collection[int]) -> dict[int, float]:
    """Distance by road of each road end from its nearest town [m]; infinite where no road leads.

    Parameters
    ----------
    roads
        All roads.
    towns
        Cells of the towns.

    Returns
    -------
    dict of int to float
        By cell.
    """
    ends = sorted({cell for road in roads for cell in road.ends} | set(towns))
    position = {cell: number for number, cell in enumerate(ends)}
    graph = sparse.lil_array((len(ends), len(ends)))
    for road in sorted(roads, key=lambda road: -road.length_m):  # the shortest of several is set last
        one, other = sorted(position[cell] for cell in road.ends)
        if one != other:
            graph[one, other] = road.length_m
    away = csgraph.dijkstra(
        graph.tocsr(), directed=False, indices=[position[cell] for cell in sorted(towns)], min_only=True
    )
    return dict(zip(ends, away.tolist(), strict=True))


def _beyond(
    roads: list[Road],
    cells: NDArray[np.int64],
    towns: Collection[int],
    centre: NDArray[np.bool_],
    rng: np.random.Generator,
) -> set[int]:
    """Cells of the hamlets that no pole reaches: far ends of roads."""
    away = road_distances(roads, towns)
    ends = _end_count(range(len(roads)), roads)
    score = {}
    for cell, is_centre in zip(cells.tolist(), centre.tolist(), strict=True):
        luck = rng.uniform(0.6, 1.4)
        if not is_centre and ends.get(cell) == 1 and np.isfinite(away[cell]):
            score[cell] = away[cell] * luck
    number = min(int(np.ceil(BEYOND_POLES * len(cells))), int(np.ceil(len(score) * 0.6)))
    return set(sorted(score, key=lambda cell: (-score[cell], cell))[:number])


def _end_count(numbers: Collection[int], roads: list[Road]) -> dict[int, int]:
    """How many of these roads end at each cell."""
    count: dict[int, int] = {}
    for number in numbers:
        for cell in roads[number].ends:
            count[cell] = count.get(cell, 0) + 1
    return count


def _pruned(roads: list[Road], lit: set[int]) -> list[int]:
    """Roads without those that lead to hamlets without electricity only."""
    kept = list(range(len(roads)))
    while True:
        count = _end_count(kept, roads)
        staying = [
            number for number in kept if all(count[cell] > 1 or cell in lit for cell in roads[number].ends)
        ]
        if len(staying) == len(kept):
            return kept
        kept = staying


def _farthest_leaf(
    kept: list[int], roads: list[Road], lit: set[int], towns: set[int], centres: NDArray[np.int64]
) -> int | None:
    """Longest road that ends at a hamlet, of which only the hamlet's end shall have poles."""
    count = _end_count(kept, roads)
    never = towns | set(centres.tolist())
    leaves = [
        number
        for number in kept
        if sum(count[cell] == 1 and cell in lit and cell not in never for cell in roads[number].ends) == 1
        and roads[number].length_m > 2.5 * ISLAND_OF_POLES_M
    ]
    return max(leaves, key=lambda number: (roads[number].length_m, number), default=None)


def _last_part(road: Road, kept: list[int], roads: list[Road]) -> NDArray[np.float64]:
    """Course of a road's last metres before the hamlet at its end."""
    count = _end_count(kept, roads)
    line = road.line if count[road.ends[1]] == 1 else road.line[::-1]
    whole = shapely.LineString(line)
    part = shapely.ops.substring(whole, whole.length - ISLAND_OF_POLES_M, whole.length)
    return shapely.get_coordinates(part)


def _along(course: NDArray[np.float64], voltage: str, rng: np.random.Generator) -> NDArray[np.float64]:
    """Poles at equal distances along a course, both ends included."""
    line = shapely.linestrings(course)
    length = float(shapely.length(line))
    spans = max(int(np.ceil(length / rng.uniform(*SPACING_M[voltage]))), 1)
    if length / spans < 31 and length / max(spans - 1, 1) <= LONGEST_SPAN_M:
        spans = max(spans - 1, 1)
    points = shapely.get_coordinates(shapely.line_interpolate_point(line, np.linspace(0, length, spans + 1)))
    points[0], points[-1] = course[0], course[-1]
    return points.round(2)


def _streets(
    lines: list[PoleLine],
    land: Land,
    cells: NDArray[np.int64],
    places: NDArray[np.float64],
    lit: list[int],
    people: NDArray[np.int64],
    rng: np.random.Generator,
) -> list[PoleLine]:
    """Short low-voltage lines that leave the main line in each hamlet and stay clear of all others."""
    if not lines:
        return []
    standing = np.concatenate([line.poles for line in lines])
    inner = np.concatenate([np.r_[False, np.ones(len(line.poles) - 2, bool), False] for line in lines])
    along = np.concatenate([np.gradient(line.poles, axis=0) for line in lines])
    tree = KDTree(standing)
    crowd = dict(zip(cells.tolist(), people.tolist(), strict=True))
    where = dict(zip(cells.tolist(), places, strict=True))
    streets: list[PoleLine] = []
    for cell in lit:
        place = where[cell]
        near = [k for k in sorted(tree.query_ball_point(place, 420.0)) if inner[k]]
        others = standing[sorted(tree.query_ball_point(place, 1_200.0))]
        wanted = 1 + (crowd[cell] > 220) + (crowd[cell] > 600) + (crowd[cell] > 1500)
        for start in rng.permutation(near)[: 4 * wanted].tolist():
            street = _street(standing[start], along[start], rng)
            taken = [line.poles for line in streets if np.hypot(*(line.poles[0] - place)) < 1_200]
            if _clear(street, np.concatenate([others, *taken]), land):
                streets.append(PoleLine(street, "JTR", spur=True))
                wanted -= 1
            if not wanted:
                break
    return streets


def _street(
    start: NDArray[np.float64], along: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    side = np.pi / 2 if rng.random() < 0.5 else -np.pi / 2
    bearing = np.arctan2(along[1], along[0]) + side + rng.normal(0, 0.12)
    turns = bearing + np.cumsum(rng.normal(0, 0.1, int(rng.integers(5, 11))))
    span = rng.uniform(SPUR_SPAN_M - 3, SPUR_SPAN_M + 6)
    steps = span * np.column_stack([np.cos(turns), np.sin(turns)])
    return np.vstack([start, start + np.cumsum(steps, axis=0)]).round(2)


def _clear(poles: NDArray[np.float64], others: NDArray[np.float64], land: Land) -> bool:
    """Whether new poles (all but the first) keep away from those that stand, on the villages' land."""
    away = np.hypot(*(poles[1:, None] - others).transpose(2, 0, 1)).min(axis=1)
    dry = land.owner.ravel()[land.grid.cell_of(poles)] != NOWHERE
    return bool((away[0] > 0.8 * SPUR_SPAN_M) and (away[1:] > APART_M).all() and dry.all())
