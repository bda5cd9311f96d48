"""Village boundaries of a district that does not exist: shared edges, a coast, two islands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from coverage_geo.fictional.grids import stream
from coverage_geo.fictional.names import COAST, HILLS, PLAIN, make_names

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import Geometry

CRS_METRES = "EPSG:32748"
# Open sea south of Java, where no land is: nobody can take the district for a real one.
CORNER_M = np.array([500_000.0, 9_060_000.0])
PROVINCE = "99"
KABUPATEN_NAME, PROVINCE_NAME = "Kabupaten Tanjung Angan", "Provinsi Rekaan"
SHORTEST_M = 130.0
# Radians along the coast from west to east, one for each of its waves.
BAYS = np.array([9.0, 17.0, 31.0, 53.0])
FAR_SIDE = (1.0, 0.9)


def make_villages(*, villages: int, width_km: float, seed: int, coast: bool) -> gpd.GeoDataFrame:
    """Draw villages with natural outlines and exact shared edges, a coast in the south and two islands.

    Parameters
    ----------
    villages
        How many, at least 4.
    width_km
        East to west [km]; north to south is nine tenths of it.
    seed
        Seed of the district.
    coast
        Whether there is a sea: then one village is an island and another owns one.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.VILLAGES`, with codes of a province that does not exist.
    """
    rng = stream(seed, "boundaries")
    width, height = width_km * 1e3, width_km * 900.0
    mainland = villages - 1 if coast else villages
    seeds = _spread(rng, mainland, width, height)
    warp = _warp(rng, width)
    cells = _cells(rng, seeds, warp, width, height)
    middles = shapely.get_coordinates(shapely.centroid(cells))
    if coast:
        own, part = _islands(rng, cells, width)
        nearest = int(np.argmin(shapely.distance(cells, part)))
        cells[nearest] = shapely.union_all([cells[nearest], part])
        cells = np.array([*cells, own], dtype=object)
        middles = np.vstack([middles, shapely.get_coordinates(shapely.centroid(own))])
    group = clusters(middles, max(2, round(villages / 5)))
    return _table(rng, cells, middles, group, COAST if coast else PLAIN)


def _spread(rng: np.random.Generator, count: int, width: float, height: float) -> NDArray[np.float64]:
    """Points evenly apart, closer together near the coast, shape (count, 2)."""
    points = rng.uniform(0, 1, (count, 2))
    box = shapely.box(0, 0, 1, 1)
    for _ in range(3):
        cells = shapely.intersection(_voronoi(points), box)
        points = shapely.get_coordinates(shapely.centroid(cells))
        points += rng.normal(0, 0.1 / np.sqrt(count), points.shape)
        points = np.clip(points, 0.02, 0.98)
    return np.column_stack([points[:, 0] * width, points[:, 1] ** 1.25 * height])


def _voronoi(points: NDArray[np.float64]) -> NDArray[np.object_]:
    """Voronoi polygon of each point, in the points' order."""
    shape = shapely.voronoi_polygons(shapely.multipoints(points), ordered=True)
    return np.asarray(shapely.get_parts(shape))


def _warp(rng: np.random.Generator, width: float) -> NDArray[np.float64]:
    """Waves that bend straight lines: for x and y, rows of direction, length and phase."""
    length = width * rng.uniform(0.35, 0.9, (2, 4))
    turn, phase = rng.uniform(0, 2 * np.pi, (2, 2, 4))
    return np.stack([np.cos(turn) / length, np.sin(turn) / length, phase], axis=-1) * [
        2 * np.pi,
        2 * np.pi,
        1,
    ]


def _warped(points: NDArray[np.float64], warp: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Points moved by the waves, and near the outline by bays and capes."""
    waves = np.sin(np.einsum("nk,awk->naw", points, warp[..., :2]) + warp[..., 2])
    moved: NDArray[np.float64] = points + 0.06 * width * waves.mean(axis=-1)
    for axis in (0, 1):
        along, across = points[:, 1 - axis, None] / width, points[:, axis] / width
        bays = np.sin(along * BAYS + warp[axis, :, 2]) @ (0.4 / BAYS)
        capes = np.sin(along * BAYS[::-1] + warp[1 - axis, :, 2]) @ (0.25 / BAYS[::-1])
        moved[:, axis] += width * (
            bays * np.exp(-across / 0.12) + capes * np.exp((across - FAR_SIDE[axis]) / 0.12)
        )
    return moved


def _cells(
    rng: np.random.Generator,
    seeds: NDArray[np.float64],
    warp: NDArray[np.float64],
    width: float,
    height: float,
) -> NDArray[np.object_]:
    """Polygon around each seed, its edges wavy and shared to the last digit."""
    straight = shapely.intersection(_voronoi(seeds), shapely.box(0, 0, width, height))
    edges = shapely.get_parts(shapely.union_all(shapely.boundary(straight), grid_size=0.01))
    edges = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(edges)))
    wavy = []
    for edge in edges:
        points = _warped(shapely.get_coordinates(shapely.segmentize(edge, width / 30)), warp, width)
        wavy.append(shapely.LineString(_wavy(rng, points).round(2)))
    lines = shapely.node(shapely.MultiLineString(wavy))
    faces: NDArray[np.object_] = np.asarray(shapely.get_parts(shapely.polygonize([lines])))
    middles = np.array([shapely.Point(place) for place in _warped(seeds, warp, width)])
    home = np.argmin(shapely.distance(faces[:, None], middles[None, :]), axis=0)
    cells: NDArray[np.object_] = faces[home]
    for corner in np.delete(faces, home):  # cut off where two wavy edges cross
        neighbour = int(np.argmax(shapely.length(shapely.intersection(cells, corner))))
        cells[neighbour] = shapely.union(cells[neighbour], corner)
    return cells


def _wavy(rng: np.random.Generator, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Line with its segments halved again and again, each new point pushed aside; the ends stay."""
    while np.hypot(*np.diff(points, axis=0).T).max() > SHORTEST_M:
        step = np.diff(points, axis=0)
        aside = np.column_stack([-step[:, 1], step[:, 0]]) * rng.normal(0, 0.09, (len(step), 1)).clip(
            -0.2, 0.2
        )
        both = np.empty((2 * len(points) - 1, 2))
        both[::2], both[1::2] = points, points[:-1] + step / 2 + aside
        points = both
    return points


def _islands(rng: np.random.Generator, cells: NDArray[np.object_], width: float) -> tuple[Geometry, Geometry]:
    """Two islands off the coast: a village of its own, and a smaller one of its nearest village."""
    shore = shapely.union_all(cells)
    made = []
    for east, radius in ((0.2, 0.055), (0.68, 0.03)):
        column = shapely.intersection(
            shore, shapely.box(width * (east - 0.08), -width, width * (east + 0.08), width)
        )
        south = shapely.bounds(column)[1] - width * (radius + 0.05)
        made.append(_blob(rng, (width * east, south), width * radius))
    return made[0], made[1]


def _blob(rng: np.random.Generator, centre: tuple[float, float], radius: float) -> Geometry:
    """Round island with a wavy shore."""
    angle = np.linspace(0, 2 * np.pi, 10)
    away = radius * rng.uniform(0.75, 1.2, 10)
    away[-1] = away[0]
    ring = np.column_stack([centre[0] + 1.3 * away * np.cos(angle), centre[1] + away * np.sin(angle)])
    return shapely.Polygon(_wavy(rng, ring).round(2))


def clusters(points: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Group of each point, groups compact and numbered from the south.

    Parameters
    ----------
    points
        Shape (n, 2) [m].
    count
        How many groups, at most n.

    Returns
    -------
    numpy.ndarray
        Shape (n,), 0 to count - 1.
    """
    count = min(count, len(points))
    chosen = [int(np.argmin(points.sum(axis=1)))]
    while len(chosen) < count:
        away = np.hypot(*(points[:, None] - points[chosen]).transpose(2, 0, 1)).min(axis=1)
        chosen.append(int(np.argmax(away)))
    middles = points[chosen]
    for _ in range(20):
        group = np.hypot(*(points[:, None] - middles).transpose(2, 0, 1)).argmin(axis=1)
        middles = np.array(
            [
                points[group == one].mean(axis=0) if (group == one).any() else middles[one]
                for one in range(count)
            ]
        )
    rank = np.argsort(np.argsort(middles[:, 1], kind="stable"), kind="stable")
    _, compact = np.unique(rank[group], return_inverse=True)
    return compact.astype(np.int64)


def _table(
    rng: np.random.Generator,
    cells: NDArray[np.object_],
    middles: NDArray[np.float64],
    group: NDArray[np.int64],
    seaside: tuple[str, ...],
) -> gpd.GeoDataFrame:
    order = np.lexsort((middles[:, 0], middles[:, 1], group))
    cells, middles, group = cells[order], middles[order], group[order]
    towns = make_names(rng, [("Kota", "Bandar", "Pekan", "Pasar")] * (int(group.max()) + 1), set())
    low, high = np.quantile(middles[:, 1], [0.35, 0.7])
    words: list[tuple[str, ...]] = [
        seaside if y < low else PLAIN if y < high else HILLS for y in middles[:, 1]
    ]
    names = make_names(rng, words, set(towns))
    within = np.array([int((group[:row] == one).sum()) + 1 for row, one in enumerate(group)])
    code = [f"{PROVINCE}.01.{one + 1:02d}.2{rank:03d}" for one, rank in zip(group, within, strict=True)]
    data = {
        "name": names,
        "kecamatan": [towns[one] for one in group],
        "kabupaten": KABUPATEN_NAME,
        "provinsi": PROVINCE_NAME,
        "kemendagri_code": code,
        "bps_code": [
            f"{PROVINCE}01{(one + 1) * 10:03d}{rank:03d}" for one, rank in zip(group, within, strict=True)
        ],
    }
    moved = shapely.transform(cells, lambda x_y: (x_y + CORNER_M).round(2))
    table = gpd.GeoDataFrame(data, geometry=moved, crs=CRS_METRES)
    return table.set_index(table["kemendagri_code"].rename("village_id"))
