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
from coverage_geo.fictional.land_cover import land_cover_raster
from coverage_geo.fictional.people import HOUSEHOLD, find_sites, population_raster, settlement_table
from coverage_geo.fictional.poles import make_pole_lines, road_distances
from coverage_geo.fictional.proposals import PoleReach, make_proposals
from coverage_geo.fictional.relief import RELIEFS, Land, Relief, make_land
from coverage_geo.fictional.reports import blank_points, measured_points, reported_list, stated_codes
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
    land_cover : Raster
        Classes of ESA WorldCover, on the terrain's pixels.
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

    Examples
    --------
    >>> district = make_district(village_count=4, width_km=8, seed=1)
    >>> isinstance(district, FictionalDistrict), len(district.villages)
    (True, 4)
    """

    seed: int
    villages: gpd.GeoDataFrame
    settlements: gpd.GeoDataFrame
    terrain: Raster
    population: Raster
    land_cover: Raster
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
    source = "fictional (boundaries as given)"
    if villages is None:
        source = "fictional"
        villages = boundaries.make_villages(
            villages=village_count, width_km=width_km, seed=seed, coast=relief != "mountains"
        )
    check(villages, VILLAGES)
    layout = _lay_out(villages.sort_index(), relief, pixel_m, people=people, hamlets=hamlets, seed=seed)
    network = _string_poles(layout, breaks_each, seed)
    service = _serve(layout, reported_counts, seed)
    villages, settlements, terrain = layout.villages, layout.settlements, layout.terrain
    truth = pd.DataFrame(
        {"poles": network.reach.state(layout.places), "rsrp_dbm": service.rsrp_dbm}, index=settlements.index
    )
    at_offices = service.rsrp_dbm[layout.centre]
    reported, said = reported_list(villages, service.state, at_offices, seed=seed)
    spots = blank_points(settlements, villages, truth, count=blank_hamlets, seed=seed)
    proposals = make_proposals(
        layout.land, terrain, settlements, truth, service.towers, network.reach, seed=seed
    )
    return FictionalDistrict(
        seed=seed,
        villages=villages.assign(source=source),
        settlements=_labelled(settlements),
        terrain=terrain,
        population=population_raster(villages, settlements, layout.roads.geometry.to_numpy(), seed=seed),
        land_cover=land_cover_raster(terrain, settlements, layout.roads.geometry.to_numpy(), seed=seed),
        roads=_labelled(layout.roads),
        poles=_labelled(network.poles),
        gateways=_labelled(network.gateways),
        towers=_labelled(service.towers),
        proposals=_labelled(proposals),
        reported=_labelled(reported),
        reported_points=_labelled(spots),
        measurements=_labelled(_measurements(layout.roads, terrain, service.masts, seed)),
        breaks=network.breaks,
        village_truth=pd.DataFrame(
            {"state": service.state, "reported": said, "rsrp_dbm": at_offices}, index=villages.index
        ),
        settlement_truth=truth,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """Land, people and roads; hamlets in the order of the settlements."""

    villages: gpd.GeoDataFrame
    settlements: gpd.GeoDataFrame
    land: Land
    terrain: Raster
    places: NDArray[np.float64]
    centre: NDArray[np.bool_]
    cells: NDArray[np.int64]
    courses: list[Road]
    roads: gpd.GeoDataFrame
    towns: NDArray[np.int64]

    @property
    def town_cells(self) -> list[int]:
        """Cells of the towns, the largest first."""
        cells: list[int] = self.cells[self.centre][self.towns].tolist()
        return cells


@dataclass(frozen=True, slots=True, eq=False)
class _Network:
    """Poles and where light enters them."""

    poles: gpd.GeoDataFrame
    breaks: gpd.GeoDataFrame
    gateways: gpd.GeoDataFrame
    reach: PoleReach


@dataclass(frozen=True, slots=True, eq=False)
class _Service:
    """Towers, what those on air truly have, the best signal at each hamlet, and who serves each village."""

    towers: gpd.GeoDataFrame
    masts: pd.DataFrame
    rsrp_dbm: NDArray[np.float64]
    state: NDArray[np.object_]


def _lay_out(
    villages: gpd.GeoDataFrame,
    relief: Relief,
    pixel_m: float,
    *,
    people: int | None,
    hamlets: int | None,
    seed: int,
) -> _Layout:
    villages = _with_kecamatan(villages)
    land = _lay_land(villages, relief, pixel_m, seed)
    wanted = len(villages) * HAMLETS_PER_VILLAGE if hamlets is None else hamlets
    village, places = find_sites(land, villages, hamlets=wanted, seed=seed)
    total = _all_people(villages) if people is None else people
    settlements = settlement_table(
        land, villages, village, places, people=total, kind=HAMLET_KINDS[relief], seed=seed
    )
    centre = settlements.pop("centre").to_numpy()
    courses, cells = make_roads(land, places, centre, seed=seed)
    villages = _with_people(villages, settlements, places[centre])
    return _Layout(
        villages=villages,
        settlements=settlements,
        land=land,
        terrain=_terrain(land, villages),
        places=places,
        centre=centre,
        cells=cells,
        courses=courses,
        roads=_road_table(courses, villages),
        towns=_towns(villages),
    )


def _string_poles(layout: _Layout, breaks_each: int | None, seed: int) -> _Network:
    lines = make_pole_lines(
        layout.courses,
        layout.cells,
        places=layout.places,
        land=layout.land,
        towns=layout.town_cells,
        centre=layout.centre,
        people=layout.settlements["people"].to_numpy(),
        seed=seed,
    )
    crs = layout.villages.crs
    poles, breaks = break_poles(lines, land=layout.land, crs=crs, each=breaks_each, seed=seed)
    gateways = gateway_table(layout.villages, layout.towns, layout.places[layout.centre][layout.towns])
    return _Network(poles, breaks, gateways, PoleReach(lines, gateways.get_coordinates().to_numpy()))


def _serve(layout: _Layout, reported_counts: Mapping[str, int] | None, seed: int) -> _Service:
    away = road_distances(layout.courses, layout.town_cells)
    offices = layout.cells[layout.centre].tolist()
    away_m = np.array([away.get(cell, np.inf) for cell in offices])
    state = plan_services(away_m, reported_counts, seed=seed)
    centres = layout.places[layout.centre]
    towers, masts = tower_table(layout.land, layout.villages, centres, layout.towns, state, seed=seed)
    on_air = masts[(towers["status"] == "on air").to_numpy()]
    rsrp = _best_rsrp(layout.terrain, on_air, layout.places)
    state = settled(state, rsrp[layout.centre], same_counts=reported_counts is not None)
    return _Service(towers, on_air, rsrp, state)


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
    codes = stated_codes(villages)
    if codes.str.fullmatch(r"\d\d\.\d\d\.\d\d\.\d{4}").all():
        return villages.assign(kecamatan=("Kecamatan " + codes.str[:8]).to_numpy())
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
    heard = guess_rsrp_dbm(terrain, masts, points)
    return measured_points(points, heard, masts, roads.crs, count=MEASUREMENTS, seed=seed)
