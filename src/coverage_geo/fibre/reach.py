"""Homes within a drop of a lit cable, as coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from coverage_geo.coverage import STATUSES, Coverage, Level, asset_table
from coverage_geo.errors import Fault, ValueRangeError, raise_faults
from coverage_geo.fibre.arguments import check_arguments
from coverage_geo.fibre.ledger import ASSUMPTIONS
from coverage_geo.fibre.parts import built_routes
from coverage_geo.provenance import Assumption, merged
from coverage_geo.tables import DEMAND, ROUTES, check

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

RUN = 64  # vertices tested together: short enough for a tight box around them


def fibre_coverage(
    routes: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    max_drop_m: float = 300.0,
    status: str = "proposed",
) -> Coverage:
    """Demand points that a drop from a lit cable reaches.

    A route is lit from its gateway (and its active nodes) to its end, and a splitter can be placed at any
    pole on the way: so it serves every home within the drop of its line, not only those of the place it
    leads to. Alternatives to one place are assets of their own that serve the same people once; build one
    of them.

    Parameters
    ----------
    routes
        From `cheapest_routes`, `alternative_routes`, `evaluate_routes` or `shared_network`, or any table as
        `tables.ROUTES` describes. A row with a reason or without a line serves nobody.
    demand
        Demand points, as `tables.DEMAND` describes, in the routes' CRS.
    max_drop_m
        Longest drop from cable to home, [m].
    status
        "proposed", "on air", "planned" or "faulty".

    Returns
    -------
    Coverage
        One asset a route, of kind "route" and service "fixed", with the route's id as asset and proposal;
        what is within the drop is served strongly, with certainty.

    Raises
    ------
    InputError
        When a table is not what it must be.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> from shapely import LineString, Point
    >>> routes = gpd.GeoDataFrame(
    ...     index=pd.Index(["R"], name="route_id"), geometry=[LineString([(0, 0), (900, 0)])],
    ...     crs="EPSG:32748",
    ... )
    >>> homes = gpd.GeoDataFrame(
    ...     {"people": [4, 5], "village_id": "v"},
    ...     index=pd.Index(["a", "b"], name="demand_id"),
    ...     geometry=[Point(500, 250), Point(500, 350)],
    ...     crs="EPSG:32748",
    ... )
    >>> fibre_coverage(routes, homes).serves(Level.USABLE, ("fixed",)).tolist()
    [True, False]
    """
    check_arguments(max_drop_m=max_drop_m)
    check(routes, ROUTES)
    check(demand, DEMAND, crs=routes.crs)
    _check_settings(max_drop_m, status)
    lit = built_routes(routes)
    asset, point = _within(lit.geometry.to_numpy(), demand.geometry.to_numpy(), max_drop_m)
    rule = f"homes within {max_drop_m:g} m of the cable, anywhere between gateway and end"
    return Coverage.of(
        _assets(lit, status),
        demand.index,
        asset=asset,
        demand=point,
        level=np.full(len(asset), Level.STRONG),
        probability=np.ones((len(asset), 3)),
        assumptions=merged(routes.attrs.get(ASSUMPTIONS, ()), [Assumption("fibre serves", rule, "editable")]),
    )


def _check_settings(max_drop_m: float, status: str) -> None:
    faults = []
    if not 0 < max_drop_m <= 5_000:
        what = f"max_drop_m {max_drop_m:g} is not within 0 to 5,000"
        faults.append(Fault(ValueRangeError, "fibre coverage", what, "A longer drop is a route: draw it."))
    if status not in STATUSES:
        remedy = f"Use {', '.join(STATUSES)}."
        faults.append(Fault(ValueRangeError, "fibre coverage", f"status {status!r}", remedy))
    raise_faults(faults)


def _assets(routes: gpd.GeoDataFrame, status: str) -> pd.DataFrame:
    operators = routes["operator"] if "operator" in routes.columns else [None] * len(routes)
    return asset_table(
        {
            "asset_id": route,
            "kind": "route",
            "service": "fixed",
            "operator": operator if isinstance(operator, str) else None,
            "status": status,
        }
        for route, operator in zip(routes.index, operators, strict=True)
    )


def _within(lines: NDArray[np.object_], points: NDArray[np.object_], reach_m: float) -> tuple[Ints, Ints]:
    """Which line lies within reach of which point, each pair once, sorted."""
    runs, line = _runs(lines)
    run, point = shapely.STRtree(points).query(runs, predicate="dwithin", distance=reach_m)
    pairs = np.unique(line[run] * max(len(points), 1) + point)
    return pairs // max(len(points), 1), pairs % max(len(points), 1)


def _runs(lines: NDArray[np.object_]) -> tuple[NDArray[np.object_], Ints]:
    """Short runs of vertices that together cover the lines, and the line of each."""
    parts, of_part = shapely.get_parts(lines, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    start = np.flatnonzero(np.diff(part, prepend=-1))
    place = np.arange(len(part)) - start[part]
    size = np.bincount(part, minlength=len(parts))
    # Each vertex belongs to its run; the last of a run also begins the next one.
    number = place // (RUN - 1)
    joint = (place % (RUN - 1) == 0) & (place > 0)
    single = joint & (place == size[part] - 1)
    own = np.flatnonzero(~single)
    vertex = np.concatenate([own, np.flatnonzero(joint)])
    run_number = np.concatenate([number[own], number[joint] - 1])
    order = np.lexsort((vertex, run_number, part[vertex]))
    vertex, run_number = vertex[order], run_number[order]
    begins = np.ones(len(vertex), dtype=bool)
    begins[1:] = (np.diff(part[vertex]) != 0) | (np.diff(run_number) != 0)
    index = np.cumsum(begins) - 1
    return shapely.linestrings(xy[vertex], indices=index), of_part[part[vertex[begins]]]
