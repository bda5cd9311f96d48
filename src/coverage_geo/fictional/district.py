"""A whole fictional district, laid out stage by stage from its boundaries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_geo.errors import Fault, ValueRangeError, raise_faults
from coverage_geo.fictional import boundaries
from coverage_geo.fictional.breaks import break_poles
from coverage_geo.fictional.grids import NOWHERE, grid_around, stream
from coverage_geo.fictional.people import HOUSEHOLD, find_sites, population_raster, settlement_table
from coverage_geo.fictional.poles import make_pole_lines, road_distances
from coverage_geo.fictional.proposals import PoleReach, make_proposals
from coverage_geo.fictional.relief import RELIEFS, Land, Relief, make_land
from coverage_geo.fictional.reports import blank_points, measured_points, reported_list
from coverage_geo.fictional.roads import Road, make_roads
from coverage_geo.fictional.services import gateway_table, plan_services, settled, tower_table
from coverage_geo.fictional.signal import guess_rsrp_dbm
from coverage_geo.rasters import Raster
from coverage_geo.tables import VILLAGES, check
from coverage_geo.words import word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_geo.words import Language

Table = TypeVar("Table", bound=pd.DataFrame)
MARGIN_M = 3_000.0
HAMLET_KINDS: dict[Relief, str] = {"mixed": "dusun", "coast": "dusun", "mountains": "jorong"}
PEOPLE_PER_VILLAGE = 1_600
HAMLETS_PER_VILLAGE = 5
MEASUREMENTS = 60


@dataclass(frozen=True, slots=True, eq=False)
class FictionalDistrict:
    """A district made by code: what a planner would be given, and the truth that nobody gives.

    Every table has a column `source` that says "fictional", and the names of both rasters begin with it.

    Attributes
    ----------
    seed : int
        The seed it was made from.
    villages : geopandas.GeoDataFrame
        As `tables.VILLAGES`, with people, households and the office.
    settlements : geopandas.GeoDataFrame
        Hamlets, as `tables.SETTLEMENTS`.
    terrain : Raster
        Heights [m], 0 at sea.
    population : Raster
        Whole people in pixels of 100 m.
    roads : geopandas.GeoDataFrame
        Lines with kind "main" or "lane" and length_m.
    poles : geopandas.GeoDataFrame
        Points and lines, as `tables.POLES`, broken as `breaks` says.
    gateways, towers, proposals : geopandas.GeoDataFrame
        As their schemas; towers partly without height, frequency and power.
    reported : pandas.DataFrame
        The office's list of services by village, as typed.
    reported_points : pandas.DataFrame
        Blank-spot points in hamlets with their partners, as typed; without rows unless asked for.
    measurements : pandas.DataFrame
        A few RSRP values with lat and lon, as logged.
    breaks : geopandas.GeoDataFrame
        What is wrong with the poles: kind, ids, distance_m and the place.
    village_truth : pandas.DataFrame
        By village: `state` (who truly serves it), `reported` (what the list says), `rsrp_dbm` (a guess).
    settlement_truth : pandas.DataFrame
        By hamlet: `poles` ("joined" to a gateway, "apart", "none" near), `rsrp_dbm` (a rough guess).
    """

    seed: int
    villages: gpd.GeoDataFrame
    settlements: gpd.GeoDataFrame
    terrain: Raster
    population: Raster
    roads: gpd.GeoDataFrame
    poles: gpd.GeoDataFrame
    gateways: gpd.GeoDataFrame
    towers: gpd.GeoDataFrame
    proposals: gpd.GeoDataFrame
    reported: pd.DataFrame
    reported_points: pd.DataFrame
    measurements: pd.DataFrame
    breaks: gpd.GeoDataFrame
    village_truth: pd.DataFrame
    settlement_truth: pd.DataFrame

    @staticmethod
    def label(language: Language = "id") -> str:
        """Return the words that every map, table and file made from this district must show.

        Parameters
        ----------
        language
            "id" or "en".

        Returns
        -------
        str
            That it is fictional.

        Examples
        --------
        >>> FictionalDistrict.label("en")
        'FICTIONAL DATA: made by a program, not a real district.'
        """
        return word("note.fictional", language)


def make_district(
    villages: gpd.GeoDataFrame | None = None,
    *,
    seed: int = 9,
    relief: Relief = "mixed",
    people: int | None = None,
    hamlets: int | None = None,
    reported_counts: Mapping[str, int] | None = None,
    blank_hamlets: int = 0,
    breaks_each: int | None = None,
    village_count: int = 24,
    width_km: float = 30.0,
    pixel_m: float = 60.0,
) -> FictionalDistrict:
    """Make a fictional district on any boundaries: relief, people, roads, poles, towers, reports, proposals.

    Only the boundaries, codes and names given are kept; everything else is made by code from the seed, the
    same bytes for the same input in any row order.

    Parameters
    ----------
    villages
        As `tables.VILLAGES`, in any projected CRS; None makes boundaries too, with codes of a province that
        does not exist and in the open sea.
    seed
        0 or more.
    relief
        "mixed": sea to the south and around islands, mountains in the north; "coast": flat, with a few hills
        and sea all around; "mountains": no sea.
    people
        All people of the district; None for the villages' own, or 1,600 a village.
    hamlets
        How many hamlets; None for five a village. Fewer where villages are too small to hold them apart.
    reported_counts
        How many villages report "none", "icon" (Icon Plus on PLN's poles), "trouble" (a tower in trouble),
        "other" (an operator) and "unknown" (not on the list); None to follow the signal the towers give.
    blank_hamlets
        How many hamlets the office lists as blank-spot points.
    breaks_each
        Breaks of each kind in the pole data; None for one in 900 poles.
    village_count, width_km
        Number of villages (at least 4) and width [km], when boundaries are made too.
    pixel_m
        Pixel of the relief [m], 30 to 90.

    Returns
    -------
    FictionalDistrict
        All tables in the CRS of the villages and sorted by id.

    Raises
    ------
    InputError
        When the villages are not as their schema says, or a number makes no sense.

    Examples
    --------
    >>> district = make_district(village_count=4, width_km=8, seed=1)
    >>> len(district.villages), int(district.population.values.sum())
    (4, 6400)
    >>> district.terrain.name
    'fictional terrain'
    """
    _check_numbers(seed, relief, people, hamlets, blank_hamlets, village_count, width_km, pixel_m)
    made = villages is None
    if villages is None:
        villages = boundaries.make_villages(
            villages=village_count, width_km=width_km, seed=seed, coast=relief != "mountains"
        )
    check(villages, VILLAGES)
    villages = _with_kecamatan(villages.sort_index())
    land = _lay_land(villages, relief, pixel_m, seed)
    terrain = _terrain(land, villages)
    village, places = find_sites(
        land, villages, hamlets=len(villages) * HAMLETS_PER_VILLAGE if hamlets is None else hamlets, seed=seed
    )
    total = _all_people(villages) if people is None else people
    settlements = settlement_table(
        land, villages, village, places, people=total, kind=HAMLET_KINDS[relief], seed=seed
    )
    centre = settlements.pop("centre").to_numpy()
    roads, cells = make_roads(land, places, centre, seed=seed)
    villages = _with_people(villages, settlements, places[centre])
    road_table = _road_table(roads, villages)
    population = population_raster(villages, settlements, road_table.geometry.to_numpy(), seed=seed)
    towns = _towns(villages)
    lines = make_pole_lines(
        roads,
        cells,
        places=places,
        land=land,
        towns=cells[centre][towns].tolist(),
        centre=centre,
        people=settlements["people"].to_numpy(),
        seed=seed,
    )
    poles, breaks = break_poles(lines, land=land, crs=villages.crs, each=breaks_each, seed=seed)
    away = road_distances(roads, cells[centre][towns].tolist())
    state = plan_services(
        np.array([away.get(cell, np.inf) for cell in cells[centre].tolist()]), reported_counts, seed=seed
    )
    gateways = gateway_table(villages, towns, places[centre][towns])
    towers, masts = tower_table(land, villages, places[centre], towns, state, seed=seed)
    on_air = masts[(towers["status"] == "on air").to_numpy()]
    rsrp = _best_rsrp(terrain, on_air, places)
    reach = PoleReach(lines, gateways.get_coordinates().to_numpy())
    settlement_truth = pd.DataFrame({"poles": reach.state(places), "rsrp_dbm": rsrp}, index=settlements.index)
    state = settled(state, rsrp[centre], same_counts=reported_counts is not None)
    reported, said = reported_list(villages, state, rsrp[centre], seed=seed)
    village_truth = pd.DataFrame(
        {"state": state, "reported": said, "rsrp_dbm": rsrp[centre]}, index=villages.index
    )
    proposals = make_proposals(land, terrain, settlements, settlement_truth, towers, reach, seed=seed)
    spots = blank_points(settlements, villages, settlement_truth, count=blank_hamlets, seed=seed)
    return FictionalDistrict(
        seed=seed,
        villages=villages.assign(source="fictional" if made else "fictional (boundaries as given)"),
        settlements=_labelled(settlements),
        terrain=terrain,
        population=population,
        roads=_labelled(road_table),
        poles=_labelled(poles),
        gateways=_labelled(gateways),
        towers=_labelled(towers),
        proposals=_labelled(proposals),
        reported=_labelled(reported),
        reported_points=_labelled(spots),
        measurements=_labelled(_measurements(road_table, terrain, on_air, seed)),
        breaks=breaks,
        village_truth=village_truth,
        settlement_truth=settlement_truth,
    )


def _labelled(table: Table) -> Table:
    """Table whose every row says that it is fictional."""
    return table.assign(source="fictional")


def _check_numbers(
    seed: int,
    relief: str,
    people: int | None,
    hamlets: int | None,
    blank_hamlets: int,
    village_count: int,
    width_km: float,
    pixel_m: float,
) -> None:
    rules = (
        ("seed", seed, seed >= 0, "Give 0 or more."),
        ("relief", relief, relief in RELIEFS, f"Use {', '.join(RELIEFS)}."),
        ("people", people, people is None or people >= 0, "Give 0 or more."),
        ("hamlets", hamlets, hamlets is None or hamlets >= 1, "Give at least 1."),
        ("blank_hamlets", blank_hamlets, blank_hamlets >= 0, "Give 0 or more."),
        ("village_count", village_count, village_count >= 4, "Give at least 4."),
        ("width_km", width_km, 3 <= width_km <= 300, "Give 3 to 300 km."),
        ("pixel_m", pixel_m, 30 <= pixel_m <= 90, "Give 30 to 90 m."),
    )
    raise_faults(
        [
            Fault(ValueRangeError, name, f"is {value!r}", remedy)
            for name, value, fine, remedy in rules
            if not fine
        ]
    )


def _with_kecamatan(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Villages with a kecamatan each: as given, by their code, or by where they lie."""
    if "kecamatan" in villages.columns and villages["kecamatan"].notna().all():
        return villages.copy()
    codes = (
        villages["kemendagri_code"] if "kemendagri_code" in villages.columns else villages.index.to_series()
    )
    if codes.astype(str).str.fullmatch(r"\d\d\.\d\d\.\d\d\.\d{4}").all():
        return villages.assign(kecamatan=("Kecamatan " + codes.astype(str).str[:8]).to_numpy())
    middles = shapely.get_coordinates(shapely.centroid(villages.geometry.to_numpy()))
    group = boundaries.clusters(middles, max(1, round(len(villages) / 8)))
    return villages.assign(kecamatan=[f"Kecamatan {number + 1}" for number in group])


def _lay_land(villages: gpd.GeoDataFrame, relief: Relief, pixel_m: float, seed: int) -> Land:
    west, south, east, north = villages.total_bounds.tolist()
    grid, times = grid_around((west, south, east, north), pixel_m, MARGIN_M)
    owner = grid.owners(villages)
    if not (owner != NOWHERE).any():
        what = f"no village holds the middle of a cell of {grid.step:g} m"
        raise_faults([Fault(ValueRangeError, "villages", what, "Give villages of at least 10 ha.")])
    return make_land(grid, times, owner, grid.finer(times).owners(villages), relief=relief, seed=seed)


def _terrain(land: Land, villages: gpd.GeoDataFrame) -> Raster:
    pixel = land.grid.step / land.times
    return Raster(
        land.pixels,
        west=land.grid.west,
        north=land.grid.north,
        dx=pixel,
        dy=pixel,
        crs=villages.crs,
        unit="m",
        name="fictional terrain",
    )


def _all_people(villages: gpd.GeoDataFrame) -> int:
    if "people" in villages.columns and villages["people"].notna().all():
        return round(float(villages["people"].sum()))
    return PEOPLE_PER_VILLAGE * len(villages)


def _with_people(
    villages: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame, offices: NDArray[np.float64]
) -> gpd.GeoDataFrame:
    people = settlements.groupby("village_id")["people"].sum().reindex(villages.index).astype(np.int64)
    return villages.assign(
        people=people,
        households=(people / HOUSEHOLD).round().astype(np.int64),
        office_x_m=offices[:, 0],
        office_y_m=offices[:, 1],
    )


def _towns(villages: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Position of the most populous village of each kecamatan, the largest town first."""
    rank = villages["people"].to_numpy()
    order = np.argsort(-rank, kind="stable")
    first = ~pd.Series(villages["kecamatan"].to_numpy(dtype=object)[order]).duplicated().to_numpy()
    return order[first]


def _road_table(roads: list[Road], villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    data = {
        "kind": ["main" if road.main else "lane" for road in roads],
        "length_m": [round(road.length_m, 1) for road in roads],
    }
    index = pd.Index([f"JALAN-{number + 1:04d}" for number in range(len(roads))], name="road_id")
    lines = [shapely.LineString(road.line) for road in roads]
    return gpd.GeoDataFrame(data, index=index, geometry=lines, crs=villages.crs)


def _best_rsrp(terrain: Raster, masts: pd.DataFrame, points: NDArray[np.float64]) -> NDArray[np.float64]:
    if not len(masts):
        return np.full(len(points), -140.0)
    best: NDArray[np.float64] = guess_rsrp_dbm(terrain, masts, points).max(axis=0)
    return np.clip(best, -140, -40).round(1)


def _measurements(roads: gpd.GeoDataFrame, terrain: Raster, masts: pd.DataFrame, seed: int) -> pd.DataFrame:
    every = shapely.get_coordinates(roads.geometry.to_numpy())
    rng = stream(seed, "drive")
    points = every[np.sort(rng.permutation(len(every))[: 6 * MEASUREMENTS])]
    rsrp = _best_rsrp(terrain, masts, points)
    return measured_points(points, rsrp, roads.crs, count=MEASUREMENTS, seed=seed)
