"""The pole table, checked and as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely import box

from coverage_geo.errors import CRSError, Fault, ValueRangeError, kind_faults, raise_faults
from coverage_geo.fibre.noding import MM_PER_M
from coverage_geo.tables import AREAS, OBSTACLES, POLES, ROADS, VOLTAGES, Column, Schema, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

EDGE_KINDS = ("existing", "inferred", "new", "road")
EXISTING, INFERRED, NEW, ROAD = range(4)
UNKNOWN = len(VOLTAGES)  # number of an unknown voltage, after the known ones
WIDEST_MM = 2_000_000_000
_AS_A_TABLE = (
    Column("kind", "text", "existing, inferred, new or road, as a graph writes it", choices=EDGE_KINDS),
    Column("new_poles", "number", "new poles that the span needs", "poles", low=0),
    Column("poles_between", "number", "poles along the span that are not drawn", "poles", low=0),
)
POLES_READ = Schema(POLES.name, POLES.index, POLES.geometry, (*POLES.columns, *_AS_A_TABLE))


def check_inputs(
    poles: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame | None,
    obstacles: gpd.GeoDataFrame | None,
    roads: gpd.GeoDataFrame | None,
    *,
    max_span_m: Mapping[str, float],
    distances: tuple[float, float, float, float, float],
) -> None:
    """Check the tables and settings of a pole graph, and raise all faults at once."""
    names = ("snap_m", "same_pole_m", "max_gap_m", "road_reach_m", "road_span_m")
    each = zip(names, distances, strict=True)
    raise_faults(
        [one for name, far in each for one in kind_faults(name, far, Real, "Give metres, a number.")]
    )
    check(poles, POLES_READ)
    crs = CRS.from_user_input(poles.crs)
    for table, name in ((villages, "villages"), (obstacles, "obstacles")):
        if table is not None:
            index = str(table.index.name or "id")
            check(table, Schema(name, index, OBSTACLES.geometry if name == "obstacles" else AREAS), crs=crs)
    if roads is not None:
        check(roads, ROADS, crs=crs)
    raise_faults([*_setting_faults(max_span_m, *distances), *_place_faults(poles, roads, villages)])


def _setting_faults(
    max_span_m: Mapping[str, float],
    snap_m: float,
    same_pole_m: float,
    max_gap_m: float,
    road_reach_m: float,
    road_span_m: float,
) -> list[Fault]:
    faults = []
    if not (same_pole_m < road_reach_m <= 200 and 10 <= road_span_m <= 200):
        what = f"road_reach_m {road_reach_m:g} and road_span_m {road_span_m:g}"
        remedy = "Give same_pole_m < road_reach_m <= 200 and 10 <= road_span_m <= 200."
        faults.append(Fault(ValueRangeError, "pole graph", what, remedy))
    if not 0 < same_pole_m < snap_m <= 100:
        what = f"same_pole_m {same_pole_m:g} and snap_m {snap_m:g}"
        remedy = "Give 0 < same_pole_m < snap_m <= 100."
        faults.append(Fault(ValueRangeError, "pole graph", what, remedy))
    if not 0 <= max_gap_m <= 10_000:
        what = f"max_gap_m {max_gap_m:g} is outside 0 to 10,000"
        faults.append(Fault(ValueRangeError, "pole graph", what, "Bridge longer gaps with a drawn route."))
    if set(max_span_m) != {*VOLTAGES, "unknown"} or not all(1 <= one <= 500 for one in max_span_m.values()):
        what = f"max_span_m {dict(max_span_m)}"
        remedy = "Give JTM, JTR and unknown, each 1 to 500 m."
        faults.append(Fault(ValueRangeError, "pole graph", what, remedy))
    return faults


def _place_faults(
    poles: gpd.GeoDataFrame, roads: gpd.GeoDataFrame | None, villages: gpd.GeoDataFrame | None
) -> list[Fault]:
    if not len(poles) and roads is None:
        return [Fault(ValueRangeError, "poles", "the table is empty", "Give at least one pole or line.")]
    return [
        *_spread_faults(poles, "poles"),
        *_spread_faults(roads, "roads"),
        *_apart_faults(poles, villages, "no pole lies where the villages are"),
        *_apart_faults(roads, villages, "no road lies where the villages are"),
        *_apart_faults(roads, poles, "no road lies where the poles are", margin_m=10_000),
    ]


def _spread_faults(table: gpd.GeoDataFrame | None, name: str) -> list[Fault]:
    if table is None or not len(table):
        return []
    west, south, east, north = table.total_bounds
    wide = max(east - west, north - south)
    if wide * MM_PER_M <= WIDEST_MM:
        return []
    what = f"reach over {wide / 1000:,.0f} km"
    return [Fault(ValueRangeError, name, what, "One row may lie far off: correct or drop it.")]


def _apart_faults(
    table: gpd.GeoDataFrame | None, other: gpd.GeoDataFrame | None, what: str, *, margin_m: float = 0.0
) -> list[Fault]:
    if table is None or other is None or not len(table) or not len(other):
        return []
    place, others = box(*table.total_bounds), box(*other.total_bounds)
    if place.distance(others) <= margin_m:
        return []
    remedy = "Check the CRS, and that they are of the same district."
    return [Fault(CRSError, what.split()[1] + "s", what, remedy)]


@dataclass(frozen=True, slots=True)
class Survey:
    """The pole table as arrays, in the order of ids."""

    table: gpd.GeoDataFrame
    origin: NDArray[np.float64]
    voltage: Ints
    kind: Ints
    permitted: Flags
    is_point: Flags
    points: Ints
    point_xy: Ints
    vertex_row: Ints
    vertex_xy: Ints
    roads: gpd.GeoDataFrame | None

    @property
    def road_poles(self) -> Ints:
        """Rows of new poles along roads, which a graph wrote."""
        return self._of_roads(points=True)

    @property
    def road_lines(self) -> Ints:
        """Rows of spans along roads, which a graph wrote."""
        return self._of_roads(points=False)

    def _of_roads(self, *, points: bool) -> Ints:
        return np.flatnonzero((self.kind == ROAD) & (self.is_point == points) & self.permitted)


def survey_of(table: gpd.GeoDataFrame, roads: gpd.GeoDataFrame | None) -> Survey:
    """Return the pole table, sorted by id, as arrays."""
    geometry = table.geometry.to_numpy()
    everything = geometry if roads is None else np.append(geometry, roads.geometry.to_numpy())
    origin = np.floor(shapely.total_bounds(everything)[:2])
    is_point = shapely.get_type_id(geometry) == shapely.GeometryType.POINT
    forbidden = column(table, "permitted")
    permitted = np.ones(len(table), dtype=bool)
    if forbidden is not None:
        permitted = ~forbidden.isin([False]).to_numpy(dtype=bool)
    kind = _numbers(column(table, "kind"), EDGE_KINDS, EXISTING, len(table))
    points = np.flatnonzero(is_point & (kind != ROAD))
    lines = np.flatnonzero(~is_point & permitted & (kind < NEW))
    vertices, index = shapely.get_coordinates(geometry[lines], return_index=True)
    return Survey(
        table=table,
        origin=origin,
        voltage=_numbers(column(table, "voltage"), VOLTAGES, UNKNOWN, len(table)),
        kind=kind,
        permitted=permitted,
        is_point=is_point,
        points=points,
        point_xy=millimetres(shapely.get_coordinates(geometry[points]), origin),
        vertex_row=lines[index],
        vertex_xy=millimetres(vertices, origin),
        roads=roads,
    )


def column(table: gpd.GeoDataFrame, name: str) -> pd.Series | None:
    """Return a column of a table, None when there is no such column."""
    return table[name] if name in table.columns else None


def _numbers(words: pd.Series | None, known: tuple[str, ...], otherwise: int, count: int) -> Ints:
    if words is None:
        return np.full(count, otherwise)
    codes = pd.Categorical(words, categories=list(known)).codes.astype(np.int64)
    return np.where(codes < 0, otherwise, codes)


def millimetres(xy: NDArray[np.float64], origin: NDArray[np.float64]) -> Ints:
    """Positions in whole millimetres from the origin."""
    return np.rint((xy - origin) * MM_PER_M).astype(np.int64)
