"""Cable routes as trunk, branches, drops and active nodes, each drawn once however many places share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import Point

from coverage_geo.tables import ROUTES, check, is_placed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import LineString

    Ints = NDArray[np.int64]

ON_POLES, NEW_POLES, ALONG_ROAD = "on poles", "new poles", "along road"
TRUNK, BRANCH, DROP, ACTIVE_NODE = "trunk", "branch", "drop", "active node"
PART_KINDS = (TRUNK, BRANCH, DROP, ACTIVE_NODE)
TEXT = "str" if pd.__version__ >= "3" else "object"


class CablePart(NamedTuple):
    """A stretch of a route on one kind of ground, its drop, or an active node on it."""

    kind: str
    geometry: LineString | Point


class _Row(NamedTuple):
    kind: str
    ground: str | None
    routes: tuple[int, ...]
    geometry: LineString | Point


def route_parts(routes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cable of all routes together, cut into trunk, branches, drops and active nodes.

    Parameters
    ----------
    routes
        From `cheapest_routes`, `alternative_routes`, `evaluate_routes` or `shared_network`; rows with a
        reason are left out. Any other table of `tables.ROUTES` is cut into trunk and branches alone.

    Returns
    -------
    geopandas.GeoDataFrame
        Index part_id; columns kind (trunk: cable on the way to several places; branch: to one; drop; active
        node, which needs power), ground ("on poles"; "new poles" over a gap or where a line was drawn;
        "along road", inferred, on new poles; missing for drops and nodes), routes (ids, joined by "; "),
        places (how many), length_m and the line or point. Cable that routes share is there once.

    Raises
    ------
    InputError
        When the table is not what it must be.

    Examples
    --------
    >>> from shapely import LineString
    >>> lines = [LineString([(0, 0), (50, 0), (90, 0)]), LineString([(0, 0), (50, 0), (50, 30)])]
    >>> ids = pd.Index(["A", "B"], name="route_id")
    >>> parts = route_parts(gpd.GeoDataFrame(index=ids, geometry=lines, crs="EPSG:32748"))
    >>> parts[["kind", "routes", "length_m"]].values.tolist()
    [['trunk', 'A; B', 50.0], ['branch', 'A', 40.0], ['branch', 'B', 30.0]]
    """
    check(routes, ROUTES)
    built = built_routes(routes)
    lines, others = _given_parts(built)
    place = _places(built)
    rows = _cable(lines, place) + _points_and_drops(others)
    ids = np.asarray(built.index, dtype=object)
    table = gpd.GeoDataFrame(
        {
            "kind": [row.kind for row in rows],
            "ground": pd.Series([row.ground for row in rows], dtype=TEXT),
            "routes": ["; ".join(ids[list(row.routes)]) for row in rows],
            "places": [len({place[one] for one in row.routes}) for row in rows],
        },
        geometry=[row.geometry for row in rows],
        crs=routes.crs,
    )
    table.insert(4, "length_m", table.length)
    return table.set_index(
        pd.Index([f"part-{at:05d}" for at in range(len(rows))], name="part_id", dtype=TEXT)
    )


def built_routes(routes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows that have a line and no reason against it, sorted by id."""
    there = is_placed(routes)
    if "reason" in routes.columns:
        there &= routes["reason"].isna()
    return routes[there].sort_index()


def trunk_until_m(built: gpd.GeoDataFrame) -> list[float]:
    """How far from its gateway each route shares its cable with other places; 0 where it never does."""
    lines, _ = _given_parts(built)
    until = [0.0] * len(built)
    for row in _cable(lines, _places(built)):
        if row.kind == TRUNK:
            ends = [Point(row.geometry.coords[at]) for at in (0, -1)]
            for route in row.routes:
                whole = built.geometry.iloc[route]
                until[route] = max(until[route], *(whole.project(end) for end in ends))
    return until


def _places(built: gpd.GeoDataFrame) -> list[str]:
    """Place that each route leads to; a route of nobody else's leads to a place of its own."""
    own = [str(route) for route in built.index]
    if "target_id" not in built.columns:
        return own
    given = built["target_id"].tolist()
    return [one if isinstance(one, str) else route for one, route in zip(given, own, strict=True)]


def _given_parts(
    built: gpd.GeoDataFrame,
) -> tuple[list[tuple[int, CablePart]], list[tuple[int, CablePart]]]:
    """Stretches of cable of the routes, and their drops and active nodes, each with its route's number."""
    if "parts" in built.columns:
        every = [(at, part) for at, own in enumerate(built["parts"]) for part in own]
    else:
        every = [
            (at, CablePart(ON_POLES, line))
            for at, shape in enumerate(built.geometry)
            for line in shapely.get_parts(shape)
        ]
    apart = [one for one in every if one[1].kind in {DROP, ACTIVE_NODE}]
    return [one for one in every if one[1].kind not in {DROP, ACTIVE_NODE}], apart


def _cable(lines: list[tuple[int, CablePart]], place: list[str]) -> list[_Row]:
    """Stretches of cable where ground and routes stay the same, in the order of routes."""
    if not lines:
        return []
    grounds = sorted({part.kind for _, part in lines})
    xy, number = shapely.get_coordinates([part.geometry for _, part in lines], return_index=True)
    step = np.flatnonzero(number[1:] == number[:-1]) + 1
    route = np.array([one for one, _ in lines])[number[step]]
    ground = np.array([grounds.index(part.kind) for _, part in lines])[number[step]]
    segment = _segments(xy[step - 1], xy[step])
    users = _users(segment, route)
    numbers: dict[tuple[int, ...], int] = {}
    groups = np.array([numbers.setdefault(own, len(numbers)) for own in users])
    kept = np.sort(np.unique(segment, return_index=True)[1])
    group = groups[segment[kept]]
    begins = np.ones(len(kept), dtype=bool)
    begins[1:] = (np.diff(step[kept]) != 1) | (np.diff(number[step[kept]]) != 0) | (np.diff(group) != 0)
    run = np.cumsum(begins) - 1
    vertex = np.concatenate([step[kept][begins] - 1, step[kept]])
    of_run = np.concatenate([run[begins], run])
    order = np.lexsort((vertex, of_run))
    drawn = shapely.linestrings(xy[vertex[order]], indices=of_run[order])
    rows = []
    for at, line in zip(np.flatnonzero(begins).tolist(), drawn, strict=True):
        if not line.length:
            continue
        own = users[segment[kept[at]]]
        kind = TRUNK if len({place[one] for one in own}) > 1 else BRANCH
        rows.append(_Row(kind, grounds[ground[kept[at]]], own, line))
    return rows


def _segments(a: NDArray[np.float64], b: NDArray[np.float64]) -> Ints:
    """Number of each segment; the same ground has the same number, whatever the direction."""
    a_mm, b_mm = np.rint(a * 1000).astype(np.int64), np.rint(b * 1000).astype(np.int64)
    turned = (a_mm[:, 0] > b_mm[:, 0]) | ((a_mm[:, 0] == b_mm[:, 0]) & (a_mm[:, 1] > b_mm[:, 1]))
    low, high = np.where(turned[:, None], b_mm, a_mm), np.where(turned[:, None], a_mm, b_mm)
    return np.asarray(np.unique(np.hstack([low, high]), axis=0, return_inverse=True)[1]).reshape(-1)


def _users(segment: Ints, route: Ints) -> list[tuple[int, ...]]:
    """Routes that use each segment, by its number."""
    pairs = np.unique(np.column_stack([segment, route]), axis=0)
    starts = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1))
    return [tuple(own.tolist()) for own in np.split(pairs[:, 1], starts[1:])]


def _points_and_drops(others: list[tuple[int, CablePart]]) -> list[_Row]:
    """Drops, and active nodes with all routes that run through each."""
    users: dict[tuple[str, bytes], tuple[CablePart, list[int]]] = {}
    for route, part in others:
        users.setdefault((part.kind, shapely.to_wkb(part.geometry)), (part, []))[1].append(route)
    found = sorted(users.values(), key=lambda one: (PART_KINDS.index(one[0].kind), one[1]))
    return [_Row(part.kind, None, tuple(own), part.geometry) for part, own in found]
