"""Tower to tower: whether a microwave hop clears the terrain."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from coverage_geo.errors import (
    DuplicateIdError,
    Fault,
    OutsideModelRangeWarning,
    ValueRangeError,
    kind_faults,
    raise_faults,
)
from coverage_geo.radio.ground import FLAT_SPACING_M, Ground, nearest_values
from coverage_geo.radio.link_budget import numbers
from coverage_geo.tables import GATEWAYS, TOWERS, check

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from coverage_geo.rasters import RasterSource

EARTH_RADIUS_M = 6_371_000.0
LIGHT_M_MHZ = 299.792458
MEDIAN_K, SUBREFRACTIVE_K = 4 / 3, 0.6
MEDIAN_CLEARANCE, SUBREFRACTIVE_CLEARANCE = 1.0, 0.6
FREQUENCIES_MHZ = 300, 175_000  # of radio hops, from UHF to the D band
LINK_COLUMNS = (
    "from_id",
    "to_id",
    "length_m",
    "clearance",
    "clearance_subrefractive",
    "obstacle_at_m",
    "free_space_loss_db",
    "feasible",
)


@dataclass(frozen=True, slots=True, eq=False)
class LinkProfile:
    """Terrain, obstacles and ray between two antennas.

    Attributes
    ----------
    distance_m : numpy.ndarray
        From the first site, shape (n,).
    terrain_m, obstacle_m : numpy.ndarray
        Terrain, and terrain with trees and buildings, above sea level, shape (n,).
    first_m, last_m : float
        Antennas above sea level.
    frequency_mhz : float
        Carrier frequency.
    from_id, to_id : str
        The sites, where known.

    Examples
    --------
    >>> flat = np.zeros(3)
    >>> profile = LinkProfile(np.array([0.0, 5000.0, 10000.0]), flat, flat, 40.0, 40.0, 7000.0)
    >>> profile.clearance(4 / 3).round(2).tolist()[1]
    3.72
    """

    distance_m: NDArray[np.float64]
    terrain_m: NDArray[np.float64]
    obstacle_m: NDArray[np.float64]
    first_m: float
    last_m: float
    frequency_mhz: float
    from_id: str = ""
    to_id: str = ""

    def __repr__(self) -> str:
        ends = f"{self.from_id} to {self.to_id}, " if self.from_id else ""
        return (
            f"LinkProfile({ends}{self.length_m / 1000:.1f} km, {self.frequency_mhz:,.0f} MHz, "
            f"{'clear' if self.is_clear else 'not clear'}, {len(self.distance_m):,} points)"
        )

    @property
    def length_m(self) -> float:
        """Length of the link."""
        return float(self.distance_m[-1])

    @property
    def ray_m(self) -> NDArray[np.float64]:
        """Height of the straight ray above sea level, shape (n,)."""
        return self.first_m + (self.last_m - self.first_m) * self.distance_m / self.length_m

    @property
    def fresnel_m(self) -> NDArray[np.float64]:
        """Radius of the first Fresnel zone, shape (n,); ITU-R P.530, Eq. (1)."""
        wavelength = LIGHT_M_MHZ / self.frequency_mhz
        radius: NDArray[np.float64] = np.sqrt(
            wavelength * self.distance_m * (self.length_m - self.distance_m) / self.length_m
        )
        return radius

    def bulge_m(self, k: float) -> NDArray[np.float64]:
        """How high the Earth bulges over the chord between the sites.

        Parameters
        ----------
        k
            Effective Earth radius factor: 4/3 usually, 0.6 in bent-up air.

        Returns
        -------
        numpy.ndarray
            Shape (n,) [m].
        """
        return self.distance_m * (self.length_m - self.distance_m) / (2 * k * EARTH_RADIUS_M)

    def clearance(self, k: float) -> NDArray[np.float64]:
        """Clearance of the ray over obstacles, in radii of the first Fresnel zone.

        Parameters
        ----------
        k
            Effective Earth radius factor.

        Returns
        -------
        numpy.ndarray
            Shape (n,); infinite at both ends.
        """
        over = self.ray_m - self.obstacle_m - self.bulge_m(k)
        clear = np.full(len(over), np.inf)
        np.divide(over, self.fresnel_m, out=clear, where=self.fresnel_m > 0)
        clear[np.isnan(over)] = np.nan
        return clear

    def least_clearance(self, k: float) -> tuple[float, float]:
        """Return the least clearance and where it is, counted from the first site.

        Parameters
        ----------
        k
            Effective Earth radius factor.

        Returns
        -------
        clearance : float
            In radii of the first Fresnel zone; NaN where the terrain has no height.
        at_m : float
            Where; NaN likewise.
        """
        clear = self.clearance(k)
        least = float(clear.min())
        return least, np.nan if np.isnan(least) else float(self.distance_m[clear.argmin()])

    @property
    def is_clear(self) -> bool:
        """Whether all of the first Fresnel zone is clear at k = 4/3 and 60 % of it at k = 0.6."""
        return _is_clear(self.least_clearance(MEDIAN_K)[0], self.least_clearance(SUBREFRACTIVE_K)[0])


def link_profile(
    sites: gpd.GeoDataFrame,
    from_id: str,
    to_id: str,
    terrain: RasterSource,
    *,
    frequency_mhz: float,
    gateways: gpd.GeoDataFrame | None = None,
    clutter: RasterSource | None = None,
) -> LinkProfile:
    """Terrain, obstacles and ray between two towers, or a tower and a gateway.

    Parameters
    ----------
    sites
        Tower table with antenna heights.
    from_id, to_id
        The two ends.
    terrain
        Heights above sea level [m].
    frequency_mhz
        Carrier frequency, 300 to 175,000 [MHz].
    gateways
        Gateway table with antenna heights.
    clutter
        Heights of trees and buildings [m].

    Returns
    -------
    LinkProfile
        At steps of at most half a terrain pixel, so that no summit is stepped over.

    Raises
    ------
    InputError
        When a site is unknown or has no antenna height, or the tables do not fit together.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from coverage_geo.rasters import Raster
    >>> terrain = Raster(np.zeros((9, 9)), 0, 9000, dx=1000, dy=1000, crs="EPSG:32748", unit="m")
    >>> at = gpd.points_from_xy([1000, 8000], [4000, 4000])
    >>> sites = gpd.GeoDataFrame({"antenna_height_m": 40.0}, list("AB"), geometry=at, crs="EPSG:32748")
    >>> link_profile(sites.rename_axis("tower_id"), "A", "B", terrain, frequency_mhz=7000).length_m
    7000.0
    """
    ends = _ends(sites, gateways)
    ground = Ground(terrain, clutter)
    _check_ends(ends, ground, frequency_mhz, (from_id, to_id))
    return _profile(_places(ends), from_id, to_id, ground, frequency_mhz)


def feasible_links(
    sites: gpd.GeoDataFrame,
    terrain: RasterSource,
    *,
    frequency_mhz: float,
    gateways: gpd.GeoDataFrame | None = None,
    pairs: Iterable[tuple[str, str]] | None = None,
    max_length_km: float = 30.0,
    clutter: RasterSource | None = None,
) -> pd.DataFrame:
    """Whether each pair of towers, or tower and gateway, can be joined by one microwave hop.

    Parameters
    ----------
    sites
        Tower table with antenna heights.
    terrain
        Heights above sea level [m].
    frequency_mhz
        Carrier frequency, 300 to 175,000 [MHz].
    gateways
        Gateway table with antenna heights, to which towers may be joined too.
    pairs
        Pairs of ids; every pair within reach when not given, save of two gateways.
    max_length_km
        Longest hop looked at where no pairs are given [km].
    clutter
        Heights of trees and buildings [m].

    Returns
    -------
    pandas.DataFrame
        One row a pair: from_id, to_id, length_m, clearance and clearance_subrefractive (least, in radii of
        the first Fresnel zone, at k = 4/3 and 0.6), obstacle_at_m (where, from the first),
        free_space_loss_db, feasible: all of the zone clear at 4/3 and 60 % at 0.6. Clearance is NaN and the
        hop not feasible where the terrain has no height.

    Raises
    ------
    InputError
        When a site is unknown or has no antenna height, or the tables do not fit together.

    References
    ----------
    ITU-R P.530, §2.2 (clearance); ITU-R P.525.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from coverage_geo.rasters import Raster
    >>> terrain = Raster(np.zeros((9, 9)), 0, 9000, dx=1000, dy=1000, crs="EPSG:32748", unit="m")
    >>> at = gpd.points_from_xy([1000, 8000], [4000, 4000])
    >>> sites = gpd.GeoDataFrame({"antenna_height_m": 40.0}, list("AB"), geometry=at, crs="EPSG:32748")
    >>> feasible_links(sites.rename_axis("tower_id"), terrain, frequency_mhz=7000)["feasible"].tolist()
    [True]
    """
    raise_faults(kind_faults("max_length_km", max_length_km, Real, "Give a number of km."))
    ends = _ends(sites, gateways)
    chosen = _pairs_within(ends, max_length_km) if pairs is None else [(a, b) for a, b in pairs]
    ground = Ground(terrain, clutter)
    _check_ends(ends, ground, frequency_mhz, {one for pair in chosen for one in pair})
    places = _places(ends)
    rows = [_judged(_profile(places, a, b, ground, frequency_mhz)) for a, b in chosen]
    table = pd.DataFrame(rows, columns=list(LINK_COLUMNS))
    gaps = int(table["clearance"].isna().sum())
    if gaps:
        text = f"the terrain has no height under {gaps} of {len(table)} links; they are not feasible"
        warnings.warn(text, OutsideModelRangeWarning, stacklevel=2)
    return table


def _ends(sites: gpd.GeoDataFrame, gateways: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Towers and gateways as one table of places, antenna heights and whether they are gateways."""
    check(sites, TOWERS)
    tables = [sites]
    if gateways is not None:
        check(gateways, GATEWAYS, crs=sites.crs)
        tables.append(gateways)
    parts = [
        gpd.GeoDataFrame(
            {"antenna_height_m": numbers(table, "antenna_height_m"), "is_gateway": table is not sites},
            geometry=table.geometry,
        )
        for table in tables
    ]
    ends = parts[0] if len(parts) == 1 else gpd.GeoDataFrame(pd.concat(parts), crs=sites.crs)
    twice = ends.index[ends.index.duplicated()]
    if len(twice):
        what = f"towers and gateways share the ids {', '.join(twice[:5])}"
        raise_faults([Fault(DuplicateIdError, "links", what, "Give each an id of its own.")])
    return ends


def _places(ends: gpd.GeoDataFrame) -> dict[str, tuple[float, float, float]]:
    """Easting, northing and antenna height of each end; as plain numbers, for there may be many pairs."""
    x, y, masts = (one.tolist() for one in (ends.geometry.x, ends.geometry.y, ends["antenna_height_m"]))
    return dict(zip(ends.index, zip(x, y, masts, strict=True), strict=True))


def _pairs_within(ends: gpd.GeoDataFrame, max_length_km: float) -> list[tuple[str, str]]:
    ordered = ends.sort_index()
    x_y = np.column_stack([ordered.geometry.x, ordered.geometry.y])
    near = KDTree(x_y).query_pairs(1000 * max_length_km, output_type="ndarray")
    apart = (x_y[near[:, 0]] != x_y[near[:, 1]]).any(axis=1)
    gateway = ordered["is_gateway"].to_numpy()
    wanted = near[apart & ~gateway[near].all(axis=1)]
    ids = ordered.index.to_numpy()
    return [(ids[a], ids[b]) for a, b in wanted[np.lexsort(wanted.T[::-1])]]


def _check_ends(ends: gpd.GeoDataFrame, ground: Ground, frequency_mhz: float, wanted: Iterable[str]) -> None:
    ground.check(ends.crs)
    ids = sorted(set(wanted))
    unknown = [one for one in ids if one not in ends.index]
    bare = [one for one in ids if one in ends.index and pd.isna(ends["antenna_height_m"][one])]
    faults = []
    if unknown:
        what = f"no tower or gateway {', '.join(unknown[:5])}"
        faults.append(Fault(ValueRangeError, "links", what, "Use ids of the tables."))
    if bare:
        what = f"no antenna height for {', '.join(bare[:5])}"
        faults.append(Fault(ValueRangeError, "links", what, "A hop depends on it: fill it in."))
    low, high = FREQUENCIES_MHZ
    remedy = f"Give {low:,} to {high:,} MHz: 7 GHz are 7,000."
    kind = kind_faults("frequency_mhz", frequency_mhz, Real, remedy)
    if not kind and not low <= frequency_mhz <= high:
        kind = [Fault(ValueRangeError, "frequency_mhz", f"is {frequency_mhz:g} MHz", remedy)]
    faults += kind
    raise_faults(faults)


def _profile(
    places: Mapping[str, tuple[float, float, float]], a: str, b: str, ground: Ground, frequency_mhz: float
) -> LinkProfile:
    (x_a, y_a, mast_a), (x_b, y_b, mast_b) = places[a], places[b]
    length = math.hypot(x_b - x_a, y_b - y_a)
    if length == 0:
        what = f"{a} and {b} stand on one spot"
        raise_faults([Fault(ValueRangeError, "links", what, "Give two places.")])
    step = FLAT_SPACING_M if ground.terrain is None else min(ground.terrain.resolution) / 2
    share = np.linspace(0, 1, max(2, int(np.ceil(length / step))) + 1)
    x, y = x_a + share * (x_b - x_a), y_a + share * (y_b - y_a)
    terrain = ground.heights(x, y)
    over = np.zeros(len(x))
    if ground.clutter is not None:
        over[1:-1] = np.nan_to_num(nearest_values(ground.clutter, x, y))[1:-1]
    return LinkProfile(
        share * length,
        terrain,
        terrain + over,
        float(terrain[0] + mast_a),
        float(terrain[-1] + mast_b),
        frequency_mhz,
        a,
        b,
    )


def _judged(profile: LinkProfile) -> tuple[object, ...]:
    least, at = profile.least_clearance(MEDIAN_K)
    least_bent = profile.least_clearance(SUBREFRACTIVE_K)[0]
    loss = 32.45 + 20 * np.log10(profile.frequency_mhz) + 20 * np.log10(profile.length_m / 1000)
    ends = profile.from_id, profile.to_id
    return *ends, profile.length_m, least, least_bent, at, float(loss), _is_clear(least, least_bent)


def _is_clear(usual: float, bent: float) -> bool:
    return usual >= MEDIAN_CLEARANCE and bent >= SUBREFRACTIVE_CLEARANCE
