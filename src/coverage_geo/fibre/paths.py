"""The poles at which a cable to each target may end, and paths to them: shared by routes and trees."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from coverage_geo.errors import AssumptionWarning, Fault, ValueRangeError, raise_faults
from coverage_geo.fibre.ledger import ASSUMPTIONS, Steps
from coverage_geo.fibre.network import edges_between, walk, ways_from
from coverage_geo.fibre.noding import MM_PER_M
from coverage_geo.fibre.pieces import POWER_COSTS, UNIT_COSTS_USED
from coverage_geo.provenance import Assumption, merged
from coverage_geo.tables import AREAS, GATEWAYS, POINTS, Column, Schema, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely import Polygon

    from coverage_geo.costs import UnitCosts
    from coverage_geo.fibre.network import Network
    from coverage_geo.fibre.optics import LossBudget
    from coverage_geo.fibre.pole_graph import PoleGraph

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

NO_LOCATION = "no location"
NO_POLE = "no pole within the drop"
NO_GATEWAY = "component without a gateway"
TOO_FAR = "beyond the light budget"
NO_PERMISSION = "no permission on its poles"
NOT_WORTH = "costs more than it is worth"
NO_PORT = "no free port"
NO_OTHER_WAY = "no other way different enough"
REASON_UNITS = {
    NO_LOCATION: "",
    NO_POLE: "m",
    NO_GATEWAY: "component",
    TOO_FAR: "m",
    NO_PERMISSION: "poles",
    NOT_WORTH: "Rp",
    NO_PORT: "ports",
    NO_OTHER_WAY: "share",
}


@dataclass(frozen=True, slots=True)
class Endings:
    """Poles at which a cable to each target may end: target, pole and drop of each pair."""

    target: Ints
    pole: Ints
    drop_mm: Ints


def checked_targets(
    graph: PoleGraph, gateways: gpd.GeoDataFrame, targets: gpd.GeoDataFrame, max_drop_m: float, by: str
) -> gpd.GeoDataFrame:
    """Check the inputs and return the targets to reach, sorted by id."""
    check(gateways, GATEWAYS, crs=graph.crs)
    places = Schema(
        "targets",
        str(targets.index.name or "target_id"),
        POINTS | AREAS,
        (Column("name", "text", "name of the place"), Column("state", "text", "blank, served or unknown")),
        unplaced=True,
    )
    check(targets, places, crs=graph.crs)
    faults = []
    if not len(gateways):
        remedy = "Give at least one place where cable may start."
        faults.append(Fault(ValueRangeError, "gateways", "the table is empty", remedy))
    if by not in {"cost", "length"}:
        faults.append(Fault(ValueRangeError, "routes", f"by={by!r}", "Use cost or length."))
    if not 0 <= max_drop_m <= 5_000:
        what = f"max_drop_m {max_drop_m:g} is outside 0 to 5,000"
        faults.append(Fault(ValueRangeError, "routes", what, "A longer drop is a route: draw it."))
    raise_faults(faults)
    wanted = targets[targets["state"] == "blank"] if "state" in targets.columns else targets
    return wanted.sort_index()


def middles(targets: gpd.GeoDataFrame) -> Floats:
    """Where each target is reached: its point, its office, else a point inside it; NaN without a place."""
    geometry = targets.geometry.to_numpy()
    at = np.full((len(targets), 2), np.nan)
    there = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    at[there] = shapely.get_coordinates(shapely.point_on_surface(geometry[there]))
    office = _offices(targets)
    known = np.isfinite(office).all(axis=1)
    at[known] = office[known]
    return at


def _offices(targets: gpd.GeoDataFrame) -> Floats:
    names = ["office_x_m", "office_y_m"]
    if not set(names) <= set(targets.columns):
        return np.full((len(targets), 2), np.nan)
    return np.asarray(targets[names].to_numpy(dtype=float))


def endings_of(
    graph: PoleGraph, network: Network, targets: gpd.GeoDataFrame, at: Floats, max_drop_m: float
) -> Endings:
    """Permitted poles within the drop of each point or office; one pole inside each other polygon."""
    may = np.flatnonzero(graph.permitted)
    place = np.column_stack([graph.x, graph.y])
    tree = cKDTree(place[may])
    geometry = targets.geometry.to_numpy()
    is_area = (shapely.get_dimensions(geometry) == 2) & ~np.isfinite(_offices(targets)).all(axis=1)
    led_to = np.isin(graph.component, np.unique(graph.component[network.u[len(graph.u) :]]))
    found: list[tuple[int, Ints, Ints]] = []
    nobody = np.empty(0, dtype=np.int64)
    for target in np.flatnonzero(np.isfinite(at).all(axis=1)).tolist():
        near, drop_mm = nobody, nobody
        if is_area[target]:
            near = _pole_inside(tree, may, place, led_to, geometry[target], at[target])
            drop_mm = np.zeros(len(near), dtype=np.int64)
        if not len(near):
            near = may[np.asarray(tree.query_ball_point(at[target], max_drop_m), dtype=np.int64)]
            drop_mm = np.rint(np.hypot(*(place[near] - at[target]).T) * MM_PER_M).astype(np.int64)
        found.append((target, near, drop_mm))
    return Endings(
        np.repeat([one for one, _, _ in found], [len(near) for _, near, _ in found]).astype(np.int64),
        np.concatenate([nobody, *(near for _, near, _ in found)]),
        np.concatenate([nobody, *(drop for _, _, drop in found)]),
    )


def _pole_inside(
    tree: cKDTree, may: Ints, place: Floats, led_to: Flags, polygon: Polygon, middle: Floats
) -> Ints:
    """The pole inside a polygon nearest to its middle, one that a gateway leads to if there is any."""
    corners = shapely.get_coordinates(polygon)
    reach = float(np.hypot(*(corners - middle).T).max())
    near = may[np.asarray(tree.query_ball_point(middle, reach), dtype=np.int64)]
    shapely.prepare(polygon)
    near = near[shapely.contains_xy(polygon, place[near, 0], place[near, 1])]
    far = np.hypot(*(place[near] - middle).T)
    return np.asarray(near[np.lexsort((near, far, ~led_to[near]))][:1])


@dataclass(frozen=True, slots=True)
class Paths:
    """The way to each target as steps from a gateway: one node a step, and the edge that leads to it.

    `ending` numbers the chosen ending of each target, -1 where none can be reached; the first step of a
    path stands at the gateway and has edge -1.
    """

    ending: Ints
    length_mm: Ints
    route: Ints
    node: Ints
    edge: Ints

    def only(self, targets: Flags) -> Paths:
        """Return the paths of some targets; the others have none."""
        kept = targets[self.route]
        return Paths(
            np.where(targets, self.ending, -1),
            np.where(targets, self.length_mm, 0),
            self.route[kept],
            self.node[kept],
            self.edge[kept],
        )

    def __or__(self, other: Paths) -> Paths:
        """Both, where each target has a path in one of them."""
        route = np.concatenate([self.route, other.route])
        order = np.argsort(route, kind="stable")
        return Paths(
            np.maximum(self.ending, other.ending),
            self.length_mm + other.length_mm,
            route[order],
            np.concatenate([self.node, other.node])[order],
            np.concatenate([self.edge, other.edge])[order],
        )


def lit_paths(
    network: Network,
    endings: Endings,
    costs: UnitCosts,
    optics: LossBudget,
    *,
    count: int,
    by: str,
    active_nodes: bool = False,
) -> Paths:
    """Best path to the nearest pole of each target; where light does not reach so, the shortest path.

    With active nodes the cheaper of both, the price of the nodes included.
    """
    length = network.length_mm / MM_PER_M
    weight = network.cost_idr(costs) if by == "cost" else length
    best = paths_to(network, weight, endings, nearest=True, count=count)
    dark = ~lit(best, optics) & (best.ending >= 0)
    if not dark.any():
        return best
    short = paths_to(network, length, endings, nearest=False, count=count)
    if active_nodes:
        alone = _capital_idr(network, short, costs, optics) < _capital_idr(network, best, costs, optics)
        dark &= lit(short, optics, network) & (alone | ~lit(best, optics, network))
    return best.only(~dark) | short.only(dark)


def lit(paths: Paths, optics: LossBudget, network: Network | None = None) -> Flags:
    """Whether light reaches along each path; given the network, also with active nodes on the way."""
    metres = (paths.length_mm / MM_PER_M).tolist()
    if network is None:
        return np.array([optics.reaches(one) for one in metres], dtype=bool)
    on = paths.edge >= 0
    widest = np.zeros(len(metres), dtype=np.int64)
    np.maximum.at(widest, paths.route[on], network.length_mm[paths.edge[on]])
    can = np.array([optics.nodes_needed(one) >= 0 for one in metres], dtype=bool)
    return can & ((widest / MM_PER_M <= optics.spacing_m()) | lit(paths, optics))


def _capital_idr(network: Network, paths: Paths, costs: UnitCosts, optics: LossBudget) -> Floats:
    """Capital cost of each path alone, with its active nodes."""
    on = paths.edge >= 0
    route, edge = paths.route[on], paths.edge[on]
    count = len(paths.length_mm)
    cable = np.bincount(route, weights=network.cost_idr(costs)[edge], minlength=count)
    drop_mm = paths.length_mm - np.bincount(route, weights=network.length_mm[edge], minlength=count)
    nodes = np.array([max(0, optics.nodes_needed(one / MM_PER_M)) for one in paths.length_mm.tolist()])
    return np.asarray(
        cable + drop_mm / MM_PER_M / 1000 * costs.idr("fibre_on_poles") + nodes * costs.idr("active_node")
    )


def paths_to(network: Network, weight: Floats, endings: Endings, *, nearest: bool, count: int) -> Paths:
    """Best path to the nearest pole that a gateway leads to, or the one best with its drop."""
    ways = ways_from(network, network.gateways, weight)
    total = ways.total[endings.pole]
    first_of_all = endings.drop_mm if nearest else total + endings.drop_mm / MM_PER_M
    order = np.lexsort((endings.pole, total, first_of_all, endings.target))
    order = order[np.isfinite(total[order])]
    target, first = np.unique(endings.target[order], return_index=True)
    ending = np.full(count, -1)
    ending[target] = order[first]
    number, node = walk(ways, endings.pole[order[first]])
    edge = np.full(len(node), -1)
    on = np.flatnonzero(number[1:] == number[:-1]) + 1
    edge[on] = edges_between(network, node[on - 1], node[on])
    cable = np.bincount(number[on], weights=network.length_mm[edge[on]], minlength=len(target))
    length_mm = np.zeros(count, dtype=np.int64)
    length_mm[target] = cable.astype(np.int64) + endings.drop_mm[order[first]]
    return Paths(ending, length_mm, target[number], node, edge)


def reasons_of(
    graph: PoleGraph,
    at: Floats,
    endings: Endings,
    paths: Paths,
    optics: LossBudget,
    network: Network | None = None,
) -> pd.DataFrame:
    """Why targets have no route, with the number that decided: columns reason, reason_number, reason_unit.

    Given the network, a route may have active nodes.
    """
    near = np.zeros(len(at), dtype=bool)
    near[endings.target] = True
    placed = np.isfinite(at).all(axis=1)
    led_to = paths.ending >= 0
    dark = led_to & ~lit(paths, optics, network)
    reason = np.full(len(at), None, dtype=object)
    number = np.full(len(at), np.nan)
    reason[~placed] = NO_LOCATION
    lonely = placed & ~near
    reason[lonely] = NO_POLE
    if lonely.any():
        may = graph.permitted
        poles = cKDTree(np.column_stack([graph.x[may], graph.y[may]]))
        number[lonely] = np.round(poles.query(at[lonely])[0], 3)
    cut_off = near & ~led_to
    reason[cut_off] = NO_GATEWAY
    order = np.lexsort((endings.pole, endings.drop_mm, endings.target))
    target, first = np.unique(endings.target[order], return_index=True)
    component = np.zeros(len(at))
    component[target] = graph.component[endings.pole[order[first]]]
    number[cut_off] = component[cut_off]
    reason[dark] = TOO_FAR
    number[dark] = paths.length_mm[dark] / MM_PER_M
    units = pd.Series(reason, dtype=object).map(REASON_UNITS).to_numpy(dtype=object)
    return pd.DataFrame({"reason": reason, "reason_number": number, "reason_unit": units}, dtype=object)


def rows_of(
    targets: gpd.GeoDataFrame, reasons: pd.DataFrame, paths: Paths, optics: LossBudget
) -> pd.DataFrame:
    """What a route's row says besides its figures."""
    name = targets["name"].to_numpy(dtype=object) if "name" in targets.columns else targets.index
    lengths = (paths.length_mm / MM_PER_M).tolist()
    return pd.DataFrame(
        {
            "target_id": targets.index.to_numpy(dtype=object),
            "name": np.asarray(name, dtype=object),
            "reason": reasons["reason"].to_numpy(),
            "reason_number": reasons["reason_number"].to_numpy(dtype=float),
            "reason_unit": reasons["reason_unit"].to_numpy(),
            "loss_db": np.where(paths.ending >= 0, [optics.loss_db(one) for one in lengths], np.nan),
            "splitters": optics.splitters,
            "place": shapely.points(middles(targets)),
        },
        index=pd.Index([f"fibre:{one}" for one in targets.index], name="route_id", dtype="object"),
    )


def built(paths: Paths, endings: Endings, built: Flags) -> tuple[Steps, Ints]:
    """Steps and drops of the routes that can be built."""
    kept = paths.only(built)
    drop_mm = np.where(kept.ending >= 0, np.append(endings.drop_mm, 0)[kept.ending], 0)
    return Steps(kept.route, kept.node, kept.edge), drop_mm


def rules(max_drop_m: float) -> list[Assumption]:
    """Return what every route assumes about its end."""
    return [
        Assumption(
            "fibre route: drop", f"at most {max_drop_m:g} m, priced as cable without poles", "editable"
        ),
        Assumption("fibre route: villages without an office", "reached at the pole nearest to their middle"),
    ]


def power_rules(routes: gpd.GeoDataFrame, optics: LossBudget) -> list[Assumption]:
    """Return what the active nodes of routes assume, when there are any."""
    if not (routes["active_nodes"] > 0).any():
        return []
    apart, last = optics.spacing_m() / 1000, optics.max_length_m() / 1000
    value = f"power needed; at most {apart:.1f} km apart, the last {last:.1f} km before the end"
    source = f"uplink of {optics.uplink_reach_m / 1000:g} km: IEEE 802.3ae 10GBASE-ER"
    return [Assumption("fibre route: active nodes", value, source, "docs")]


def no_route(routes: gpd.GeoDataFrame) -> str:
    """Say which targets have no route, and why."""
    lost = routes[routes["reason"].notna()]
    shown = [
        f"{row.target_id}: {row.reason}"
        + (f" ({row.reason_number:,.0f} {row.reason_unit})" if row.reason_unit else "")
        for row in lost.head(5).itertuples()
    ]
    more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
    return f"{len(lost)} of {len(routes)} targets have no route: {'; '.join(shown)}{more}."


def state(
    routes: gpd.GeoDataFrame, known: Iterable[Assumption], costs: UnitCosts, told: Iterable[Assumption]
) -> None:
    """Put what new routes rest on beside them; warn, once a call, of weak default costs among it."""
    used = (*UNIT_COSTS_USED, *(POWER_COSTS if (routes["active_nodes"] > 0).any() else ()))
    routes.attrs[ASSUMPTIONS] = merged(known, costs.assumptions(used), told)
    weak = [item for item in used if costs.row(item).grade == "weak" and item not in costs.set_by_user]
    if weak:
        message = (
            f"costs rest on defaults with weak evidence: {', '.join(weak)}. "
            "Set your own with UnitCosts().with_values(...)."
        )
        warnings.warn(message, AssumptionWarning, stacklevel=3)
