"""Where people would live: hamlets in valleys and along the coast, and each person in a pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import ndimage

from coverage_geo.fictional.grids import Grid, stream
from coverage_geo.fictional.names import COAST, HILLS, PLAIN, make_names
from coverage_geo.rasters import Raster

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_geo.fictional.relief import Land

PIXEL_M = 100.0
HOUSEHOLD = 3.8
COASTAL_M = 1_500.0
HILLY_M = 250.0


def whole_shares(total: int, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers that sum to the total, as near to the weights as whole numbers can be.

    Parameters
    ----------
    total
        What to share out, 0 or more.
    weights
        Shape (n,), at least one above 0.

    Returns
    -------
    numpy.ndarray
        Shape (n,), integers.

    Examples
    --------
    >>> whole_shares(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    exact = total * weights / weights.sum()
    shares = np.floor(exact).astype(np.int64)
    most = np.argsort(shares - exact, kind="stable")[: total - int(shares.sum())]
    shares[most] += 1
    return np.asarray(shares, dtype=np.int64)


def find_sites(
    land: Land, villages: gpd.GeoDataFrame, *, hamlets: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where hamlets stand, the first of each village at its centre.

    Parameters
    ----------
    land
        The relief.
    villages
        Sorted by id.
    hamlets
        How many in all; fewer where villages are too small to hold them apart.
    seed
        Seed of the district.

    Returns
    -------
    tuple of numpy.ndarray
        Village position of each hamlet, shape (n,), and where it stands, shape (n, 2) [m].
    """
    rng = stream(seed, "sites")
    pull = _pull(land, rng).ravel()
    owner, centres = land.owner.ravel(), land.grid.centres()
    area = villages.area.to_numpy()
    wanted = 1 + whole_shares(max(hamlets - len(villages), 0), np.sqrt(area))
    middle = ndimage.distance_transform_edt(land.owner >= 0).ravel()
    village, places = [], []
    for position, geometry in enumerate(villages.geometry):
        cells = np.flatnonzero(owner == position)
        chosen = _apart(centres[cells], pull[cells] * np.minimum(middle[cells], 3), int(wanted[position]))
        inside = cells[chosen]
        shift = rng.uniform(-0.3, 0.3, (len(inside), 2)) * land.grid.step
        moved = centres[inside] + shift
        within = shapely.contains_xy(geometry, moved[:, 0], moved[:, 1])
        points = np.where(within[:, None], moved, centres[inside])
        if not len(points):
            points = shapely.get_coordinates(geometry.representative_point())
        village += [position] * len(points)
        places.append(points.round(1))
    return np.array(village), np.concatenate(places)


def _pull(land: Land, rng: np.random.Generator) -> NDArray[np.float64]:
    """How much each cell draws people: level, low, near water."""
    down, across = np.gradient(land.height, land.grid.step)
    above = land.height - ndimage.minimum_filter(land.height, 7)
    pull = np.exp(-np.hypot(down, across) / 0.10 - above / 70) * (1 + 0.25 * np.log(land.river))
    if land.sea.any():
        shore_m = ndimage.distance_transform_edt(~land.sea) * land.grid.step
        pull = pull * (1 + 0.8 * np.exp(-shore_m / COASTAL_M))
    return np.asarray(pull * rng.uniform(0.4, 1.6, pull.shape)) + 1e-9


def _apart(points: NDArray[np.float64], pull: NDArray[np.float64], count: int) -> list[int]:
    """Positions of points that draw most while staying apart."""
    if not len(points):
        return []
    spacing = 0.5 * np.sqrt(np.prod(np.ptp(points, axis=0) + 1) / count) + 1
    middle = np.hypot(*(points - points.mean(axis=0)).T)
    chosen = [int(np.argmax(pull * np.exp(-middle / (2 * spacing))))]
    away = np.hypot(*(points - points[chosen[0]]).T)
    while len(chosen) < count and away.max() > spacing / 3:
        chosen.append(int(np.argmax(pull * np.minimum(away / spacing, 1) ** 2 * (away > spacing / 3))))
        away = np.minimum(away, np.hypot(*(points - points[chosen[-1]]).T))
    return chosen


def settlement_table(
    land: Land,
    villages: gpd.GeoDataFrame,
    village: NDArray[np.int64],
    places: NDArray[np.float64],
    *,
    people: int,
    kind: str,
    seed: int,
) -> gpd.GeoDataFrame:
    """Return hamlets with names and people, all people of the district shared out among them.

    Parameters
    ----------
    land
        The relief.
    villages
        Sorted by id; with a complete people column its shares are kept.
    village, places
        As `find_sites` gives them.
    people
        All people of the district.
    kind
        What hamlets are called there, such as "jorong".
    seed
        Seed of the district.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.SETTLEMENTS`, and `centre` (whether the village office stands there).
    """
    rng = stream(seed, "settlements")
    centre = np.r_[True, village[1:] != village[:-1]]
    crowd = rng.lognormal(0, 0.45, len(villages)) * villages.area.to_numpy() ** 0.2
    if "people" in villages.columns and villages["people"].notna().all() and villages["people"].sum() > 0:
        crowd = villages["people"].to_numpy(dtype=float)
    draw = np.where(centre, 2.6, rng.uniform(0.35, 1.25, len(village)))
    of_village = whole_shares(people, crowd)
    counted = np.concatenate(
        [whole_shares(int(total), draw[village == one]) for one, total in enumerate(of_village)]
    )
    number = np.arange(len(village)) - np.flatnonzero(centre)[np.cumsum(centre) - 1] + 1
    ids = villages.index.to_numpy(dtype=object)[village]
    data = {
        "name": _hamlet_names(rng, land, village, places),
        "kind": kind,
        "kecamatan": villages["kecamatan"].to_numpy(dtype=object)[village],
        "village_id": ids,
        "people": counted,
        "households": np.maximum(np.round(counted / HOUSEHOLD), counted > 0).astype(np.int64),
        "centre": centre,
    }
    index = pd.Index([f"{one}-{k:02d}" for one, k in zip(ids, number, strict=True)], name="settlement_id")
    points = gpd.GeoSeries.from_xy(places[:, 0], places[:, 1], index=index, crs=villages.crs)
    return gpd.GeoDataFrame(data, index=index, geometry=points)


def _hamlet_names(
    rng: np.random.Generator, land: Land, village: NDArray[np.int64], places: NDArray[np.float64]
) -> list[str]:
    cells = land.grid.cell_of(places)
    height = land.height.ravel()[cells]
    shore_m = (
        ndimage.distance_transform_edt(~land.sea).ravel()[cells] * land.grid.step
        if land.sea.any()
        else np.full(len(cells), np.inf)
    )
    kinds = [
        COAST if shore < COASTAL_M else HILLS if metres > HILLY_M else PLAIN
        for shore, metres in zip(shore_m, height, strict=True)
    ]
    names: list[str] = []
    for one in np.unique(village):
        names += make_names(rng, [kinds[row] for row in np.flatnonzero(village == one)], set())
    return names


def population_raster(
    villages: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame,
    road_lines: NDArray[np.object_],
    *,
    seed: int,
) -> Raster:
    """Whole people in pixels of 100 m, close around their hamlet and along the roads.

    Parameters
    ----------
    villages
        Sorted by id.
    settlements
        With people.
    road_lines
        Roads as lines.
    seed
        Seed of the district.

    Returns
    -------
    Raster
        People a pixel; each hamlet's people stay in its village and the sum is that of the table.
    """
    rng = stream(seed, "population")
    west, south, east, north = villages.total_bounds
    left, top = np.floor(west / PIXEL_M) * PIXEL_M, np.ceil(north / PIXEL_M) * PIXEL_M
    rows, columns = np.ceil((top - south) / PIXEL_M), np.ceil((east - left) / PIXEL_M)
    grid = Grid(float(left), float(top), PIXEL_M, int(rows), int(columns))
    owner = grid.owners(villages)
    draw = (0.15 + np.exp(-_road_distance(grid, road_lines) / 120)) * rng.uniform(0.2, 1, owner.shape)
    position = villages.index.get_indexer(settlements["village_id"])
    people = np.zeros(owner.shape, dtype=np.int64)
    for x, y, counted, village in zip(
        settlements.geometry.x, settlements.geometry.y, settlements["people"], position, strict=True
    ):
        _settle(grid, people, draw, owner, village, (float(x), float(y)), int(counted))
    values = people.astype(np.float32)
    return Raster(
        values,
        west=grid.west,
        north=grid.north,
        dx=PIXEL_M,
        dy=PIXEL_M,
        crs=villages.crs,
        unit="people",
        name="fictional population",
    )


def _road_distance(grid: Grid, road_lines: NDArray[np.object_]) -> NDArray[np.float64]:
    """Distance of each cell from the nearest road [m]."""
    points = shapely.get_coordinates(shapely.segmentize(road_lines, grid.step / 2))
    road = np.zeros(grid.size, dtype=bool)
    if len(points):
        road[grid.cell_of(points)] = True
    distance = ndimage.distance_transform_edt(~road.reshape(grid.rows, grid.columns))
    return np.asarray(distance) * grid.step


def _settle(
    grid: Grid,
    people: NDArray[np.int64],
    draw: NDArray[np.float64],
    owner: NDArray[np.int32],
    village: int,
    place: tuple[float, float],
    count: int,
) -> None:
    """Add a hamlet's people to the pixels around it."""
    spread = 80 + 5.5 * np.sqrt(count)
    reach = int(np.ceil(3 * spread / grid.step))
    column, row = int((place[0] - grid.west) // grid.step), int((grid.north - place[1]) // grid.step)
    rows = slice(max(row - reach, 0), row + reach + 1)
    columns = slice(max(column - reach, 0), column + reach + 1)
    down = (grid.north - (np.arange(grid.rows)[rows] + 0.5) * grid.step - place[1])[:, None]
    across = grid.west + (np.arange(grid.columns)[columns] + 0.5) * grid.step - place[0]
    weights = np.exp(-(down**2 + across**2) / (2 * spread**2)) * draw[rows, columns]
    weights = weights * (owner[rows, columns] == village)
    if weights.sum() <= 0:
        people[row, column] += count
        return
    people[rows, columns] += whole_shares(count, weights.ravel()).reshape(weights.shape)
