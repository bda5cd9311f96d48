"""Where people want service: demand points that carry people and their village."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_geo.errors import (
    AssumptionWarning,
    InputError,
    MissingColumnError,
    ValueRangeError,
    refuse,
)
from coverage_geo.tables import DEMAND, SETTLEMENTS, VILLAGES, check, is_placed
from coverage_geo.words import word

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_geo.rasters import Raster
    from coverage_geo.words import Language

PeopleSource = Literal["population", "settlements", "villages", "places"]
ACCOUNT = "people"
NEAR_VILLAGE_M = 250.0
COVER_TOLERANCE = 1e-6
OTHER_TOTAL = 0.05  # a difference worth a warning


class PeopleAccount(NamedTuple):
    """Where the people of an input went: every one is inside, outside or unplaced.

    Attributes
    ----------
    whose : str
        Whose people are counted: the key of a sentence in `words`, such as "people.population".
    detail : str
        What that sentence names, such as the raster.
    total : float
        People in the input.
    inside : float
        People at demand points.
    outside : float
        People of the input that lie in no village.
    unplaced : float
        People of settlements that could not be located; they stay in the denominator.
    unplaced_by_village : tuple
        (village id, people) of the unplaced whose village is known.
    """

    whose: str
    detail: str
    total: float
    inside: float
    outside: float
    unplaced: float
    unplaced_by_village: tuple[tuple[str, float], ...] = ()

    @property
    def source(self) -> str:
        """Whose people are counted, in English words."""
        return self.source_in("en")

    def source_in(self, language: Language) -> str:
        """Return whose people are counted, in the reader's language.

        Parameters
        ----------
        language
            "id" or "en".

        Returns
        -------
        str
            Words.

        Examples
        --------
        >>> PeopleAccount("people.settlements", "", 5.0, 5.0, 0.0, 0.0).source_in("id")
        'kolom penduduk pada permukiman'
        """
        return word(self.whose, language).format(detail=self.detail)


def demand_points(
    villages: gpd.GeoDataFrame,
    *,
    population: Raster | None = None,
    settlements: gpd.GeoDataFrame | None = None,
    people_from: PeopleSource | None = None,
    spacing_m: float = 500.0,
) -> gpd.GeoDataFrame:
    """Return the points where people want service, each with its people and its village.

    Parameters
    ----------
    villages
        Village polygons; table `VILLAGES`.
    population
        Grid of people per pixel, in any CRS; it is never resampled. Each pixel's people are split among
        villages by the area each has of it; where villages overlap, the overlap counts once.
    settlements
        Points of hamlets; table `SETTLEMENTS`. With ``people_from="settlements"`` they are the demand points,
        else each demand point is given the nearest settlement of its village.
    people_from
        Whose people count: "population" (the raster's), "settlements" (their column ``people``) or "villages"
        (their column ``people``, spread over the raster's pixels, else the settlements, else evenly over the
        village). Needed when both a raster and settlements are given. "places" when no people are known:
        each settlement, or each village at its office, then counts as one.
    spacing_m
        Distance between points where a village's people are spread evenly over its area [m].

    Returns
    -------
    geopandas.GeoDataFrame
        Index demand_id, sorted; columns people, village_id, settlement_id, geometry (points in the villages'
        CRS). `people_account` tells where the input's people went.

    Raises
    ------
    InputError
        When a table is malformed, when it is unclear whose people count, or when no people are found.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> square = gpd.GeoDataFrame(
    ...     {"name": ["Sukamaju"], "people": [90]}, index=gpd.pd.Index(["99.01.01.2001"], name="village_id"),
    ...     geometry=[shapely.box(500_000, 9_800_000, 501_000, 9_801_000)], crs="EPSG:32748")
    >>> demand = demand_points(square)
    >>> len(demand), float(demand["people"].sum())
    (4, 90.0)
    >>> people_account(demand).source
    'people column of the villages, spread evenly over each village (no settled area is known)'
    """
    check(villages, VILLAGES)
    if settlements is not None:
        check(settlements, SETTLEMENTS, crs=villages.crs)
    source = _people_source(villages, population, settlements, people_from)
    if source == "places":
        points, account = _one_each(villages, settlements)
    elif source == "settlements" and settlements is not None:
        points, account = _from_settlements(villages, settlements)
    elif source == "population" and population is not None:
        points, account = _from_population(villages, population)
    else:
        points, account = _from_villages(villages, population, settlements, spacing_m)
    if settlements is not None and "settlement_id" not in points:
        points["settlement_id"] = _nearest_settlement(points, settlements, villages)
    demand = _with_ids(points, villages)
    if not len(demand) or demand["people"].sum() <= 0:
        what = f"no people found ({account.source})"
        remedy = "Check that the input covers the villages and is not empty."
        refuse(ValueRangeError, "demand", what, remedy)
    demand.attrs[ACCOUNT] = account
    _warn_of_other_totals(account, villages, settlements)
    return demand


def people_account(demand: gpd.GeoDataFrame) -> PeopleAccount:
    """Return where the people of the input went: inside villages, outside, unplaced.

    Parameters
    ----------
    demand
        As made by `demand_points`, or any table of its form.

    Returns
    -------
    PeopleAccount
        With the source of the figures; for a table made elsewhere the people in it.

    Examples
    --------
    >>> import geopandas as gpd
    >>> people_account(gpd.GeoDataFrame({"people": [2.0, 3.0]})).total
    5.0
    """
    found = demand.attrs.get(ACCOUNT)
    if found is not None:
        return PeopleAccount(*found)
    total = math.fsum(demand["people"])
    return PeopleAccount("people.given", "", total, total, 0.0, 0.0)


def _people_source(
    villages: gpd.GeoDataFrame,
    population: Raster | None,
    settlements: gpd.GeoDataFrame | None,
    people_from: PeopleSource | None,
) -> PeopleSource:
    remedy = 'Say whose people count: people_from="population", "settlements" or "villages".'
    if people_from is None and population is not None and settlements is not None:
        refuse(InputError, "demand", "a population raster and settlements are both given", remedy)
    if people_from == "places":
        return "places"
    given: dict[PeopleSource, bool] = {
        "population": population is not None,
        "settlements": settlements is not None and "people" in settlements,
        "villages": "people" in villages,
    }
    if people_from is None:
        people_from = next((source for source in given if given[source]), "villages")
    if people_from not in given:
        refuse(ValueRangeError, "demand", f"people_from={people_from!r}", remedy)
    if not given[people_from]:
        what = f"people are to come from the {people_from}, which give none"
        remedy = "Give a population raster, or a column 'people' of the settlements or villages."
        refuse(MissingColumnError, "demand", what, remedy)
    _check_complete(villages if people_from == "villages" else settlements, people_from)
    return people_from


def _check_complete(table: gpd.GeoDataFrame | None, people_from: str) -> None:
    if people_from == "population" or table is None:
        return
    missing = table.index[table["people"].isna()]
    if len(missing):
        what = f"no people given for {len(missing)}: {', '.join(missing[:5])}"
        remedy = "Fill in their people (0 where nobody lives), or count people from another source."
        refuse(ValueRangeError, people_from, what, remedy)


def _warn_of_other_totals(
    account: PeopleAccount, villages: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame | None
) -> None:
    """Warn when another column of people adds up to something else than what was counted."""
    if account.whose == "people.places":
        return
    for name, table in (("villages", villages), ("settlements", settlements)):
        if table is None or "people" not in table:
            continue
        own = float(table["people"].sum())
        if abs(own - account.total) > OTHER_TOTAL * max(own, account.total):
            message = (
                f"{account.total:,.0f} people counted ({account.source}); the people column of the {name} "
                f"adds up to {own:,.0f}. Choose with people_from=."
            )
            warnings.warn(AssumptionWarning(message), stacklevel=3)


def _one_each(
    villages: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame | None
) -> tuple[gpd.GeoDataFrame, PeopleAccount]:
    """One demand point a settlement, or a village at its office; each counts as one."""
    if settlements is not None:
        points, account = _from_settlements(villages, settlements.assign(people=1.0))
        return points, account._replace(whose="people.places")
    points = gpd.GeoDataFrame(
        {"people": 1.0, "village_id": villages.index},
        geometry=shapely.point_on_surface(villages.geometry.to_numpy()),
        crs=villages.crs,
    )
    if "office_x_m" in villages and "office_y_m" in villages:
        known = (villages["office_x_m"].notna() & villages["office_y_m"].notna()).to_numpy()
        offices = shapely.points(villages["office_x_m"][known], villages["office_y_m"][known])
        points.loc[known, "geometry"] = gpd.GeoSeries(offices, index=points.index[known], crs=villages.crs)
    total = float(len(villages))
    return points, PeopleAccount("people.places", "", total, total, 0.0, 0.0)


def _from_population(
    villages: gpd.GeoDataFrame, population: Raster
) -> tuple[gpd.GeoDataFrame, PeopleAccount]:
    total = math.fsum(population.values[np.isfinite(population.values)].astype(float))
    points = _populated_pieces(villages, population)
    inside = math.fsum(points["people"])
    outside = max(total - inside, 0.0)
    return points, PeopleAccount("people.population", population.name, total, inside, outside, 0.0)


def _populated_pieces(villages: gpd.GeoDataFrame, population: Raster) -> gpd.GeoDataFrame:
    """Pieces of pixel and village with their people, each at a point inside the village."""
    areas = villages.geometry.to_crs(population.crs)
    pieces = _pixel_shares(areas, population)
    values = population.values.ravel()[pieces["cell"]].astype(float)
    pieces["people"] = values * pieces["share"]
    pieces = pieces[pieces["people"] > 0]
    rows, columns = np.divmod(pieces["cell"].to_numpy(), population.shape[1])
    x = population.west + (columns + 0.5) * population.dx
    y = population.north - (rows + 0.5) * population.dy
    owner = areas.to_numpy()[pieces["village"].to_numpy()]
    shapely.prepare(owner)
    at = np.asarray(shapely.points(x, y), dtype=object)
    beside = ~shapely.contains_xy(owner, x, y)
    boxes = shapely.box(
        x[beside] - population.dx / 2,
        y[beside] - population.dy / 2,
        x[beside] + population.dx / 2,
        y[beside] + population.dy / 2,
    )
    at[beside] = shapely.point_on_surface(shapely.intersection(boxes, owner[beside]))
    points = gpd.GeoDataFrame(
        {"people": pieces["people"].to_numpy(), "village_id": villages.index[pieces["village"]]},
        geometry=gpd.GeoSeries(at, crs=population.crs).to_crs(villages.crs).to_numpy(),
        crs=villages.crs,
    )
    return points[~points.geometry.is_empty].reset_index(drop=True)


def _pixel_shares(areas: gpd.GeoSeries, population: Raster) -> pd.DataFrame:
    """Share of each pixel that belongs to each village; overlaps of villages are split between them."""
    shares = _covered(areas, population)
    claimed = np.bincount(shares["cell"], shares["share"], minlength=population.values.size)
    if _any_overlap(areas):
        union = _covered(gpd.GeoSeries([shapely.union_all(areas.to_numpy())], crs=areas.crs), population)
        covered = np.zeros(population.values.size)
        covered[union["cell"]] = union["share"]
        twice = claimed > covered + COVER_TOLERANCE
        scale = np.where(twice, covered / np.where(twice, claimed, 1.0), 1.0)
        shares["share"] *= scale[shares["cell"]]
    return shares


def _any_overlap(areas: gpd.GeoSeries) -> bool:
    left, right = np.hstack([areas.sindex.query(areas, predicate=how) for how in ("overlaps", "contains")])
    return bool((left != right).any())


def _covered(areas: gpd.GeoSeries, population: Raster) -> pd.DataFrame:
    import exactextract  # noqa: PLC0415  (loaded when a raster is used)
    from exactextract.raster import NumPyRasterSource  # noqa: PLC0415

    west, south, east, north = population.bounds
    grid = NumPyRasterSource(
        np.nan_to_num(population.values, nan=0.0),
        xmin=west,
        ymin=south,
        xmax=east,
        ymax=north,
        srs_wkt=population.crs.to_wkt(),
    )
    numbered = gpd.GeoDataFrame(
        {"village": np.arange(len(areas))}, geometry=areas.to_numpy(), crs=population.crs
    )
    found = exactextract.exact_extract(
        grid, numbered, ["cell_id", "coverage"], output="pandas", include_cols=["village"]
    )
    lengths = [len(cells) for cells in found["cell_id"]]
    table = pd.DataFrame(
        {
            "village": np.repeat(found["village"].to_numpy(dtype=np.int64), lengths),
            "cell": np.concatenate([np.zeros(0, np.int64), *found["cell_id"]]).astype(np.int64),
            "share": np.concatenate([np.zeros(0), *found["coverage"]]).astype(float),
        }
    )
    return table[table["share"] > 0].reset_index(drop=True)


def _from_settlements(
    villages: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, PeopleAccount]:
    placed = settlements[is_placed(settlements)]
    village = _village_of(placed, villages)
    inside = village.notna()
    points = gpd.GeoDataFrame(
        {
            "people": placed.loc[inside, "people"].astype(float).to_numpy(),
            "village_id": village[inside].to_numpy(),
            "settlement_id": placed.index[inside].to_numpy(),
        },
        geometry=placed.geometry[inside].to_numpy(),
        crs=villages.crs,
    )
    unplaced = settlements.drop(placed.index)
    people = unplaced["people"].astype(float)
    if "village_id" in unplaced:
        by_village = people.groupby(unplaced["village_id"]).sum()
    else:
        by_village = pd.Series(dtype=float)
    account = PeopleAccount(
        "people.settlements",
        "",
        math.fsum(settlements["people"]),
        math.fsum(points["people"]),
        math.fsum(placed.loc[~inside, "people"]),
        math.fsum(people),
        tuple((str(village_id), float(count)) for village_id, count in by_village.items()),
    )
    return points, account


def _village_of(places: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> pd.Series:
    """Village of each place: as stated, else the polygon around it, else the nearest within 250 m."""
    nearest = gpd.sjoin_nearest(
        places[[places.geometry.name]], villages[[villages.geometry.name]], max_distance=NEAR_VILLAGE_M
    )
    found = nearest.sort_values(villages.index.name)[villages.index.name]
    village: pd.Series = found[~found.index.duplicated()].reindex(places.index)
    if "village_id" not in places:
        return village
    stated: pd.Series = places["village_id"].where(places["village_id"].isin(villages.index))
    return stated.where(stated.notna(), village)


def _from_villages(
    villages: gpd.GeoDataFrame,
    population: Raster | None,
    settlements: gpd.GeoDataFrame | None,
    spacing_m: float,
) -> tuple[gpd.GeoDataFrame, PeopleAccount]:
    people = villages["people"].astype(float)
    if population is not None:
        weighted = _populated_pieces(villages, population)
        settled = "pixels"
    elif settlements is not None:
        placed = settlements[is_placed(settlements)]
        village = _village_of(placed, villages)
        weighted = gpd.GeoDataFrame(
            {"people": 1.0, "village_id": village.to_numpy(), "settlement_id": placed.index.to_numpy()},
            geometry=placed.geometry.to_numpy(),
            crs=villages.crs,
        ).dropna(subset=["village_id"])
        settled = "hamlets"
    else:
        weighted = gpd.GeoDataFrame({"people": [], "village_id": []}, geometry=[], crs=villages.crs)
        settled = ""
    bare = villages[(people > 0) & ~villages.index.isin(weighted["village_id"])]
    weighted = pd.concat(
        [part for part in (weighted, _grid(bare, spacing_m)) if len(part)], ignore_index=True
    )
    weights = weighted.groupby("village_id")["people"].transform("sum")
    weighted["people"] *= people.reindex(weighted["village_id"]).to_numpy() / weights
    if len(bare) and settled:
        whose, detail = f"people.{settled}.some_evenly", str(len(bare))
    else:
        whose, detail = f"people.{settled or 'evenly'}", ""
    total = math.fsum(people)
    return weighted, PeopleAccount(whose, detail, total, math.fsum(weighted["people"]), 0.0, 0.0)


def _grid(villages: gpd.GeoDataFrame, spacing_m: float) -> gpd.GeoDataFrame:
    """Points every `spacing_m` inside each village, at least one in each."""
    if not spacing_m > 0:
        what = f"spacing_m={spacing_m}"
        refuse(ValueRangeError, "demand", what, "Give metres above 0.")
    ids: list[str] = []
    points: list[NDArray[np.object_]] = []
    for village_id, area in zip(villages.index, villages.geometry, strict=True):
        west, south, east, north = area.bounds
        x = np.arange(math.floor(west / spacing_m) + 0.5, math.ceil(east / spacing_m)) * spacing_m
        y = np.arange(math.floor(south / spacing_m) + 0.5, math.ceil(north / spacing_m)) * spacing_m
        across, up = (grid.ravel() for grid in np.meshgrid(x, y))
        inside = shapely.contains_xy(area, across, up)
        found = np.asarray(shapely.points(across[inside], up[inside]), dtype=object)
        if not inside.any():
            found = np.array([area.representative_point()], dtype=object)
        ids += [village_id] * len(found)
        points.append(found)
    geometry = np.concatenate([np.zeros(0, dtype=object), *points])
    return gpd.GeoDataFrame({"people": 1.0, "village_id": ids}, geometry=geometry, crs=villages.crs)


def _nearest_settlement(
    points: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame, villages: gpd.GeoDataFrame
) -> NDArray[np.object_]:
    """Nearest settlement of each point's own village; None where the village has none."""
    placed = settlements[is_placed(settlements)].sort_index()
    village = _village_of(placed, villages).to_numpy()
    nearest = np.full(len(points), None, dtype=object)
    for village_id, members in points.groupby("village_id").indices.items():
        own = placed[village == village_id]
        if len(own):
            found = own.sindex.nearest(points.geometry.iloc[members], return_all=False)
            nearest[members[found[0]]] = own.index.to_numpy()[found[1]]
    return nearest


def _with_ids(points: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Demand table: sorted by village and place, numbered within each village."""
    order = np.lexsort((points.geometry.x, -points.geometry.y, points["village_id"].to_numpy(dtype=str)))
    points = points.iloc[order].reset_index(drop=True)
    number = points.groupby("village_id").cumcount() + 1
    ids = points["village_id"].astype(str) + ":" + number.astype(str).str.zfill(5)
    settlement = (
        points["settlement_id"] if "settlement_id" in points else pd.Series(None, points.index, object)
    )
    demand = gpd.GeoDataFrame(
        {
            "people": points["people"].astype(float).to_numpy(),
            "village_id": points["village_id"].astype(villages.index.dtype).to_numpy(),
            "settlement_id": settlement.astype(villages.index.dtype).to_numpy(),
        },
        index=pd.Index(ids, name="demand_id"),
        geometry=points.geometry.to_numpy(),
        crs=villages.crs,
    )
    check(demand, DEMAND)
    return demand
