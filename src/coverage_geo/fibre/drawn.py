"""What a given route comes to, drawn or listed pole by pole: its poles, what it needs, what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from coverage_geo.costs import UnitCosts
from coverage_geo.errors import Fault, GeometryTypeError, ValueRangeError, raise_faults
from coverage_geo.fibre.arguments import check_arguments
from coverage_geo.fibre.ledger import Steps, route_table
from coverage_geo.fibre.network import edges_between, pole_network, walk, ways_from
from coverage_geo.fibre.noding import MM_PER_M, adjacency
from coverage_geo.fibre.optics import GPON_B_PLUS
from coverage_geo.fibre.parts import TEXT
from coverage_geo.fibre.paths import (
    NO_GATEWAY,
    NO_PERMISSION,
    REASON_UNITS,
    TOO_FAR,
    power_rules,
    state,
)
from coverage_geo.fibre.pole_lists import ids_of, joined_up, listed_poles, not_joined, poles_beside
from coverage_geo.fibre.spans import POLES_PER_KM
from coverage_geo.provenance import Assumption
from coverage_geo.tables import GATEWAYS, PROPOSALS, ROUTES, check

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_geo.fibre.network import Network, Ways
    from coverage_geo.fibre.optics import LossBudget
    from coverage_geo.fibre.pole_graph import PoleGraph

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


def evaluate_routes(
    graph: PoleGraph,
    drawn: gpd.GeoDataFrame,
    *,
    gateways: gpd.GeoDataFrame,
    unit_costs: UnitCosts | None = None,
    optics: LossBudget = GPON_B_PLUS,
    on_poles_m: float = 25.0,
    max_gateway_m: float = 500.0,
    active_nodes: bool = False,
) -> gpd.GeoDataFrame:
    """Length, poles, light and cost of routes as they were drawn or listed.

    Where spans run within `on_poles_m` of a drawn line the cable hangs on their poles, elsewhere it needs
    new ones. A list of pole ids is followed from pole to pole; between two that no span joins the cable
    takes the cheaper of the poles within `on_poles_m` of the straight way and new poles along it. A route
    that starts or ends within `max_gateway_m` of a gateway begins there; another one is fed along the
    poles from the gateway that is cheapest to reach, and that feed is part of the route.

    Parameters
    ----------
    graph
        Poles and spans from `build_pole_graph`.
    drawn
        A table of `tables.PROPOSALS` (its rows of kind "route") or of `tables.ROUTES`: lines, or in a
        column `pole_ids` the poles in their order, as a list or as text ("P1;P2;P3"). A row with pole ids
        needs no line, and its line is not looked at.
    gateways
        Where cable may start, as `tables.GATEWAYS` describes.
    unit_costs
        What things cost; the defaults when not given.
    optics
        Loss budget with its splitters.
    on_poles_m
        How far the drawn line may lie off the poles that it means, [m].
    max_gateway_m
        Longest cable from a gateway to the line or to its first pole, [m].
    active_nodes
        Whether to light routes beyond the light budget with active nodes, as `cheapest_routes` does.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a given route, sorted by id; the columns of `cheapest_routes`, and lead_in_m: metres of
        cable between the gateway and the line or first pole, and not_joined: between which poles it needs
        new ground, and the metres. A route that no gateway feeds has a reason with the metres to the
        nearest gateway; one too long for its light has the metres of cable; one over poles that may carry
        no cable has their number.

    Raises
    ------
    InputError
        When a table is not what it must be, a line has no length or several parts, or a list names a pole
        that is not there, one pole twice or fewer than two.

    Warns
    -----
    AssumptionWarning
        When default unit costs with weak evidence were used.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import coverage_geo as cg
    >>> from shapely import LineString, Point
    >>> def table(name, geometry):
    ...     return gpd.GeoDataFrame(index=pd.Index(["A"], name=name), geometry=[geometry], crs="EPSG:32748")
    >>> graph = cg.build_pole_graph(table("pole_id", LineString([(0, 0), (50, 0), (100, 0)])))
    >>> route = cg.evaluate_routes(
    ...     graph,
    ...     table("route_id", LineString([(0, 5), (100, 5), (200, 5)])),
    ...     gateways=table("gateway_id", Point(0, 10)),
    ...     unit_costs=UnitCosts().with_values(fibre_on_poles=100e6, new_pole=4e6, pole_rent=0),
    ... )
    >>> route[["spans", "new_poles", "bridged_m"]].values.tolist()
    [[2.0, 3.0, 100.0]]
    """
    costs = UnitCosts() if unit_costs is None else unit_costs
    check_arguments(
        graph=graph, unit_costs=costs, optics=optics, on_poles_m=on_poles_m, max_gateway_m=max_gateway_m
    )
    wanted, lists = _checked(graph, drawn, gateways, on_poles_m)
    gateways = gateways.sort_index()
    network = pole_network(graph, gateways, max_gateway_m=max_gateway_m)
    feed = ways_from(network, network.gateways, network.cost_idr(costs))
    spots = network.xy[network.gateways]
    given: list[_Sketch | Ints] = []
    starts = []
    for route, line in wanted.geometry.items():
        if route in lists:
            network, chain = joined_up(graph, network, lists[route], costs, beside_m=on_poles_m)
            start = _start_of_list(chain, network, spots, feed, max_gateway_m=max_gateway_m)
            network = _with_way_in(network, start)
            given.append(chain)
        else:
            sketch = _sketch(graph, line, on_poles_m=on_poles_m, first=len(network.xy))
            start = _start(sketch, network, spots, feed, on_poles_m=on_poles_m, max_gateway_m=max_gateway_m)
            network = _with_sketch(network, sketch, start)
            given.append(sketch)
        starts.append(start)
    trails = [
        _trail(network, one, start, feed, costs)
        if isinstance(one, _Sketch)
        else _trail_of_list(network, one, start, feed)
        for one, start in zip(given, starts, strict=True)
    ]
    rows = _rows(graph, network, wanted, starts, trails, optics, active_nodes=active_nodes)
    steps = _steps(trails, rows["reason"].isna().to_numpy())
    routes = route_table(
        network,
        steps,
        rows,
        np.zeros(len(rows), dtype=np.int64),
        gateways=gateways,
        costs=costs,
        crs=graph.crs,
        active_nodes=optics if active_nodes else None,
    )
    routes = routes.assign(lead_in_m=rows["lead_in_m"].to_numpy(), not_joined=rows["not_joined"].to_numpy())
    routes = routes.astype({"not_joined": TEXT})
    told = [optics.assumption(), _rule(on_poles_m), *power_rules(routes, optics)]
    state(routes, graph.assumptions, costs, told)
    return routes


@dataclass(frozen=True, slots=True)
class _Sketch:
    """A drawn line among the poles beside it; its nodes are numbered from `first` in the network.

    Attributes
    ----------
    first : int
        Number of its first node.
    at_m : numpy.ndarray
        Distance along the line of each of its nodes, from 0 to its length.
    xy : numpy.ndarray
        Their positions, shape (k, 2).
    pole, foot : numpy.ndarray
        Poles beside the line, and the node of the line nearest to each.
    span : numpy.ndarray
        Spans that run along the line.
    """

    first: int
    at_m: Floats
    xy: Floats
    pole: Ints
    foot: Ints
    span: Ints

    @property
    def ends(self) -> tuple[int, int]:
        """Nodes at both ends of the line."""
        return self.first, self.first + len(self.at_m) - 1


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a drawn line begins: at a gateway (a way of `far_m` leads in), or at a pole that is fed.

    `node` is the gateway or the pole, -1 when nothing feeds the line; `end` is the node of the line it
    begins at, `nearest_m` the distance from the line's ends to the nearest gateway.
    """

    node: int
    end: int
    far_m: float
    is_gateway: bool
    nearest_m: float


@dataclass(frozen=True, slots=True)
class _Trail:
    """Nodes and ways of a drawn route from its gateway to its far end; empty when nothing feeds it."""

    node: Ints
    edge: Ints
    lead_in_mm: int


def _checked(
    graph: PoleGraph, drawn: gpd.GeoDataFrame, gateways: gpd.GeoDataFrame, on_poles_m: float
) -> tuple[gpd.GeoDataFrame, dict[str, Ints]]:
    """Check the inputs; return the routes as single lines, sorted by id, and the poles of those listed."""
    check(gateways, GATEWAYS, crs=graph.crs)
    proposals = drawn.index.name == PROPOSALS.index
    ids = (
        drawn["pole_ids"].map(ids_of)
        if "pole_ids" in drawn.columns
        else pd.Series([[]] * len(drawn), drawn.index)
    )
    plain = drawn.drop(columns="pole_ids", errors="ignore")
    check(plain, PROPOSALS if proposals else ROUTES, crs=graph.crs)
    routes = plain[plain["kind"] == "route"] if proposals else plain
    routes = routes.sort_index()
    ids = ids.reindex(routes.index)
    listed = ids.map(len) > 0
    poles, faults = listed_poles(graph, ids[listed])
    lines = routes.geometry.to_numpy()
    several = shapely.get_type_id(lines) == shapely.GeometryType.MULTILINESTRING
    lines = np.where(several, shapely.line_merge(lines), lines)
    for wrong, what, remedy in (
        (shapely.is_missing(lines), "has neither a line nor pole ids", "Draw it, or list its poles."),
        (shapely.get_type_id(lines) > 1, "is not one line", "Draw it as one line."),
        (shapely.length(lines) == 0, "has no length", "Draw at least two different points."),
    ):
        for route in routes.index[wrong & ~listed.to_numpy()]:
            faults.append(Fault(GeometryTypeError, f"given routes, {route}", what, remedy))
    if not len(gateways):
        remedy = "Give at least one place where cable may start."
        faults.append(Fault(ValueRangeError, "gateways", "the table is empty", remedy))
    if not 0 < on_poles_m <= 200:
        what = f"on_poles_m {on_poles_m:g} is not within 0 to 200"
        faults.append(Fault(ValueRangeError, "given routes", what, "Draw the line nearer to the poles."))
    raise_faults(faults)
    return routes.set_geometry(lines, crs=routes.crs), dict(zip(ids.index[listed], poles, strict=True))


def _sketch(graph: PoleGraph, line: shapely.LineString, *, on_poles_m: float, first: int) -> _Sketch:
    pole = poles_beside(graph, line, on_poles_m)
    at = shapely.line_locate_point(line, shapely.points(graph.x[pole], graph.y[pole]))
    beside = np.full(len(graph.x), np.nan)
    beside[pole] = at
    along = np.abs(beside[graph.u] - beside[graph.v])  # NaN, so False below, unless both poles are beside it
    span = np.flatnonzero(along <= 1.5 * graph.length_m + 2 * on_poles_m)
    vertices = shapely.get_coordinates(line)
    corners = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(vertices, axis=0).T))])
    at_m, back = np.unique(np.concatenate([corners, np.minimum(at, corners[-1])]), return_inverse=True)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(line, at_m))
    return _Sketch(first, at_m, xy, pole, back[len(corners) :], span)


def _start(
    sketch: _Sketch, network: Network, spots: Floats, feed: Ways, *, on_poles_m: float, max_gateway_m: float
) -> _Start:
    ends = np.array(sketch.ends)
    places = sketch.xy[[0, -1]]
    far = np.hypot(*(places[:, None, :] - spots[None, :, :]).transpose(2, 0, 1))
    end, gateway = np.unravel_index(np.argmin(far), far.shape)
    nearest = float(far[end, gateway])
    if nearest <= max_gateway_m:
        return _Start(
            int(network.gateways[gateway]), int(ends[end]), nearest, is_gateway=True, nearest_m=nearest
        )
    side = np.repeat([0, 1], len(sketch.pole))
    pole = np.tile(sketch.pole, 2)
    off = np.hypot(*(network.xy[pole] - places[side]).T)
    order = np.lexsort((side, pole, off, feed.total[pole]))
    order = order[(off[order] <= on_poles_m) & np.isfinite(feed.total[pole[order]])]
    if not len(order):
        return _Start(-1, -1, np.nan, is_gateway=False, nearest_m=nearest)
    best = order[0]
    return _Start(int(pole[best]), int(ends[side[best]]), 0.0, is_gateway=False, nearest_m=nearest)


def _start_of_list(
    chain: Ints, network: Network, spots: Floats, feed: Ways, *, max_gateway_m: float
) -> _Start:
    """Where a list of poles begins: its end nearest to a gateway, or the one that is cheapest to feed."""
    ends = chain[[0, -1]]
    far = np.hypot(*(network.xy[ends][:, None, :] - spots[None, :, :]).transpose(2, 0, 1))
    end, gateway = np.unravel_index(np.argmin(far), far.shape)
    nearest = float(far[end, gateway])
    if nearest <= max_gateway_m:
        node = int(network.gateways[gateway])
        return _Start(node, int(ends[end]), nearest, is_gateway=True, nearest_m=nearest)
    total = feed.total[ends]
    best = int(ends[np.argmin(total)])
    node = best if np.isfinite(total).any() else -1
    return _Start(node, best, 0.0, is_gateway=False, nearest_m=nearest)


def _with_way_in(network: Network, start: _Start) -> Network:
    """The network with the way from the gateway to the pole that a list begins at."""
    if not start.is_gateway:
        return network
    return network.with_ways(
        np.empty((0, 2)),
        np.array([start.end]),
        np.array([start.node]),
        length_mm=np.rint(np.array([start.far_m]) * MM_PER_M).astype(np.int64),
        new_poles=np.array([0]),
        is_bridge=False,
    )


def _trail_of_list(network: Network, chain: Ints, start: _Start, feed: Ways) -> _Trail:
    """The poles of a list in their order from where it is fed, with what leads to the first."""
    if start.node < 0:
        nobody = np.empty(0, dtype=np.int64)
        return _Trail(nobody, nobody, 0)
    onward = chain if start.end == chain[0] else chain[::-1]
    lead = np.array([start.node]) if start.is_gateway else walk(feed, np.array([start.node]))[1][:-1]
    return _strung(network, np.concatenate([lead, onward]), len(lead))


def _strung(network: Network, node: Ints, lead: int) -> _Trail:
    """Nodes as a trail; the first `lead` ways bring the cable to where the given route begins."""
    found = edges_between(network, node[:-1], node[1:])
    return _Trail(node, np.append(-1, found), int(network.length_mm[found[:lead]].sum()))


def _with_sketch(network: Network, sketch: _Sketch, start: _Start) -> Network:
    """The network with new ground along the line, ways between line and poles, and the way from a gateway."""
    node = sketch.first + np.arange(len(sketch.at_m))
    set_so_far = np.floor(sketch.at_m * POLES_PER_KM / 1000).astype(np.int64)
    at_mm = np.rint(sketch.at_m * MM_PER_M).astype(np.int64)
    ground = at_mm[1:] - at_mm[:-1]
    network = network.with_ways(
        sketch.xy,
        node[:-1],
        node[1:],
        length_mm=ground,
        new_poles=np.diff(set_so_far),
        is_bridge=True,
    )
    way_in = ([start.node], [start.end - sketch.first]) if start.is_gateway else ([], [])
    u = np.concatenate([sketch.pole, np.asarray(way_in[0], dtype=np.int64)])
    foot = np.concatenate([sketch.foot, np.asarray(way_in[1], dtype=np.int64)])
    far = np.rint(np.hypot(*(network.xy[u] - sketch.xy[foot]).T) * MM_PER_M).astype(np.int64)
    none = np.zeros(len(u), dtype=np.int64)
    return network.with_ways(
        np.empty((0, 2)), u, sketch.first + foot, length_mm=far, new_poles=none, is_bridge=False
    )


def _trail(network: Network, sketch: _Sketch, start: _Start, feed: Ways, costs: UnitCosts) -> _Trail:
    """The cheapest way along the line and the spans beside it, from where it is fed to its far end."""
    nobody = np.empty(0, dtype=np.int64)
    if start.node < 0:
        return _Trail(nobody, nobody, 0)
    low, high = sketch.ends
    own = np.flatnonzero((network.v >= low) & (network.v <= high))
    edge = np.concatenate([sketch.span, own])
    nodes, local = np.unique(np.concatenate([network.u[edge], network.v[edge]]), return_inverse=True)
    u, v = local[: len(edge)], local[len(edge) :]
    weight = network.cost_idr(costs)[edge] + network.length_mm[edge] * 1e-9 + 1e-9
    both = np.concatenate([u, v]), np.concatenate([v, u])
    matrix = adjacency(len(nodes), *both, np.concatenate([weight, weight]))
    goal = int(np.searchsorted(nodes, high if start.end == low else low))
    source = int(np.searchsorted(nodes, start.node))
    _, before, _ = dijkstra(matrix, indices=[source], min_only=True, return_predecessors=True)
    chain = [goal]
    while before[chain[-1]] >= 0:
        chain.append(int(before[chain[-1]]))
    node = nodes[np.asarray(chain[::-1])]
    lead = walk(feed, np.array([start.node]))[1] if not start.is_gateway else node[:1]
    return _strung(network, np.concatenate([lead, node[1:]]), 1 if start.is_gateway else len(lead) - 1)


def _rows(
    graph: PoleGraph,
    network: Network,
    given: gpd.GeoDataFrame,
    starts: list[_Start],
    trails: list[_Trail],
    optics: LossBudget,
    *,
    active_nodes: bool,
) -> pd.DataFrame:
    """What a given route's row says besides its figures."""
    metres = np.array([network.length_mm[trail.edge[1:]].sum() / MM_PER_M for trail in trails])
    widest = np.array([network.length_mm[trail.edge[1:]].max(initial=0) / MM_PER_M for trail in trails])
    fed = np.array([start.node >= 0 for start in starts], dtype=bool)
    lit = np.array([optics.reaches(one) for one in metres.tolist()], dtype=bool)
    if active_nodes:
        helped = np.array([optics.nodes_needed(one) > 0 for one in metres.tolist()], dtype=bool)
        lit |= helped & (widest <= optics.spacing_m())
    barred = np.array([_barred(graph, trail.node) for trail in trails], dtype=np.int64)
    nearest = np.array([start.nearest_m for start in starts])
    reason = np.full(len(given), None, dtype=object)
    number = np.full(len(given), np.nan)
    for which, why, decided in (
        (~lit, TOO_FAR, metres),
        (~fed, NO_GATEWAY, np.round(nearest, 3)),
        (barred > 0, NO_PERMISSION, barred),
    ):
        reason[which], number[which] = why, decided[which]
    built = fed & lit & (barred == 0)
    lead = np.array([trail.lead_in_mm / MM_PER_M for trail in trails])
    name = given["name"] if "name" in given.columns else given.index
    return pd.DataFrame(
        {
            "target_id": np.full(len(given), None, dtype=object),
            "name": np.asarray(name, dtype=object),
            "loss_db": np.where(fed, [optics.loss_db(one) for one in metres.tolist()], np.nan),
            "splitters": optics.splitters,
            "reason": reason,
            "reason_number": number,
            "reason_unit": pd.Series(reason, dtype=object).map(REASON_UNITS | {NO_GATEWAY: "m"}).to_numpy(),
            "lead_in_m": np.where(built, lead, np.nan),
            "not_joined": [not_joined(graph, network, trail.node, trail.edge) for trail in trails],
        },
        index=given.index.rename("route_id"),
    )


def _barred(graph: PoleGraph, node: Ints) -> int:
    """How many of the nodes are poles that may carry no cable."""
    return int((~graph.permitted[node[node < len(graph.x)]]).sum())


def _steps(trails: list[_Trail], built: NDArray[np.bool_]) -> Steps:
    kept = [(at, trail) for at, trail in enumerate(trails) if built[at]]
    nobody = np.empty(0, dtype=np.int64)
    return Steps(
        np.concatenate([nobody, *(np.full(len(trail.node), at) for at, trail in kept)]),
        np.concatenate([nobody, *(trail.node for _, trail in kept)]),
        np.concatenate([nobody, *(trail.edge for _, trail in kept)]),
    )


def _rule(on_poles_m: float) -> Assumption:
    value = f"on the poles within {on_poles_m:g} m of the line, else {POLES_PER_KM} new poles/km"
    return Assumption("drawn route", value, "editable")
