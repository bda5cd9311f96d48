"""Several really different routes to each place, the best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from coverage_geo.costs import UnitCosts
from coverage_geo.errors import Fault, ValueRangeError, raise_faults
from coverage_geo.fibre.arguments import check_arguments
from coverage_geo.fibre.ledger import route_table
from coverage_geo.fibre.network import pole_network, ways_from
from coverage_geo.fibre.noding import MM_PER_M, adjacency
from coverage_geo.fibre.optics import GPON_B_PLUS
from coverage_geo.fibre.paths import (
    NO_OTHER_WAY,
    REASON_UNITS,
    Endings,
    Paths,
    built,
    checked_targets,
    endings_of,
    lit_paths,
    middles,
    power_rules,
    reasons_of,
    rows_of,
    rules,
    state,
)
from coverage_geo.provenance import Assumption

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from coverage_geo.fibre.network import Network, Ways
    from coverage_geo.fibre.optics import LossBudget
    from coverage_geo.fibre.pole_graph import PoleGraph

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

MOST_WAYS = 9


def alternative_routes(
    graph: PoleGraph,
    *,
    gateways: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    unit_costs: UnitCosts | None = None,
    optics: LossBudget = GPON_B_PLUS,
    max_drop_m: float = 300.0,
    max_gateway_m: float = 500.0,
    by: Literal["cost", "length"] = "cost",
    active_nodes: bool = False,
    ways: int = 3,
    min_different: float = 0.3,
    max_dearer: float = 1.0,
) -> gpd.GeoDataFrame:
    """Several really different cable routes to each place, the best first, or why there are fewer.

    The first is that of `cheapest_routes`. Each further one is the best of the ways through some pole (the
    best way from a gateway to that pole, then the best from there to the place) of whose cable at least
    `min_different` runs where no better route to the place does. It may start at another gateway; it ends at
    the pole where the first does, or at the nearest pole within the drop of another part of the graph. The
    price of active nodes does not count in the order.

    Parameters
    ----------
    graph, gateways, targets, unit_costs, optics, max_drop_m, max_gateway_m, by, active_nodes
        As `cheapest_routes` takes them.
    ways
        How many routes to look for, 1 to 9.
    min_different
        Least share of a route's cable that runs where no better one does, above 0 and at most 1.
    max_dearer
        How much dearer (or longer) than the best a route may be, as a share of the best: 1 is twice.

    Returns
    -------
    geopandas.GeoDataFrame
        The columns of `cheapest_routes`, and rank (1 the best), different_share (of its cable, where no
        better route runs), extra_cost_idr and extra_length_m (over the first). Index route_id: "fibre:", the
        target's id and, from the second on, the rank. Where fewer are found the next rank has a reason and
        no line; its number is the share by which the most different way left differs. Build one of them:
        ``routes[routes["rank"] == 1]``.

    Raises
    ------
    InputError
        When a table or setting is not what it must be, or no gateway lies near a pole.

    Warns
    -----
    AssumptionWarning
        When default unit costs with weak evidence were used.

    References
    ----------
    Abraham, Delling, Goldberg, Werneck, Alternative routes in road networks, 2010 (single via paths).

    Examples
    --------
    >>> import coverage_geo as cg
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> def table(name, geometry):
    ...     return gpd.GeoDataFrame(index=pd.Index(["A"], name=name), geometry=[geometry], crs="EPSG:32748")
    >>> ring = LineString([(0, 0), (0, 50), (0, 100), (50, 100), (100, 100), (100, 0), (50, 0), (0, 0)])
    >>> routes = alternative_routes(
    ...     cg.build_pole_graph(table("pole_id", ring)),
    ...     gateways=table("gateway_id", Point(0, 50)),
    ...     targets=table("settlement_id", Point(100, 100)),
    ...     unit_costs=cg.UnitCosts().with_values(fibre_on_poles=100e6, new_pole=4e6, pole_rent=0),
    ... )
    >>> routes[["rank", "length_m", "different_share"]].to_dict("list")["length_m"]
    [150.0, 250.0, nan]
    >>> routes["reason"].iloc[2]
    'no other way different enough'
    """
    costs = UnitCosts() if unit_costs is None else unit_costs
    check_arguments(
        graph=graph,
        unit_costs=costs,
        optics=optics,
        max_drop_m=max_drop_m,
        max_gateway_m=max_gateway_m,
        ways=ways,
        min_different=min_different,
        max_dearer=max_dearer,
    )
    _check_settings(ways, min_different, max_dearer)
    wanted = checked_targets(graph, gateways, targets, max_drop_m, by)
    gateways = gateways.sort_index()
    network = pole_network(graph, gateways, max_gateway_m=max_gateway_m)
    at = middles(wanted)
    endings = endings_of(graph, network, wanted, at, max_drop_m)
    best = lit_paths(network, endings, costs, optics, count=len(wanted), by=by, active_nodes=active_nodes)
    reasons = reasons_of(graph, at, endings, best, optics, network if active_nodes else None)
    lit_mm = optics.max_length_m() * MM_PER_M + 1e-3
    limits = _Limits(ways, min_different, max_dearer, lit_mm, optics.spacing_m() * MM_PER_M * active_nodes)
    search = _Search.over(network, endings, _ends(graph, endings, best), costs, len(wanted), by=by)
    found = [
        _further(search, target, best, limits) if fine else _Found((), np.nan)
        for target, fine in enumerate(reasons["reason"].isna().tolist())
    ]
    rows, paths = _ranked(wanted, reasons, best, found, network, endings, optics, ways=ways)
    steps, drop_mm = built(paths, endings, rows["reason"].isna().to_numpy())
    routes = route_table(
        network,
        steps,
        rows,
        drop_mm,
        gateways=gateways,
        costs=costs,
        crs=graph.crs,
        active_nodes=optics if active_nodes else None,
    )
    routes = _compared(routes, rows)
    told = [
        optics.assumption(),
        *rules(max_drop_m),
        *power_rules(routes, optics),
        _rule(min_different, max_dearer),
    ]
    state(routes, graph.assumptions, costs, told)
    return routes


def _check_settings(ways: int, min_different: float, max_dearer: float) -> None:
    faults = []
    if not 1 <= ways <= MOST_WAYS:
        what = f"ways {ways} is none" if ways < 1 else f"ways {ways} are too many"
        faults.append(Fault(ValueRangeError, "alternative routes", what, f"Ask for 1 to {MOST_WAYS}."))
    if not 0 < min_different <= 1:
        what = f"min_different {min_different:g} is not a share above 0"
        faults.append(Fault(ValueRangeError, "alternative routes", what, "Give a share such as 0.3."))
    if not 0 <= max_dearer <= 10:
        what = f"max_dearer {max_dearer:g} is outside 0 to 10"
        faults.append(Fault(ValueRangeError, "alternative routes", what, "Give a share such as 1 for twice."))
    raise_faults(faults)


def _ends(graph: PoleGraph, endings: Endings, best: Paths) -> Ints:
    """Endings that ways may have: of each target its best path's, and the nearest of each other component."""
    component = graph.component[endings.pole]
    of_best = np.isin(np.arange(len(endings.pole)), best.ending)
    order = np.lexsort((endings.pole, endings.drop_mm, ~of_best, component, endings.target))
    pair = endings.target[order] * (component.max(initial=0) + 1) + component[order]
    return np.sort(order[np.unique(pair, return_index=True)[1]])


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a further way must keep to; one longer than `lit_mm` has no span of more than `spacing_mm`."""

    ways: int
    min_different: float
    max_dearer: float
    lit_mm: float
    spacing_mm: float


@dataclass(frozen=True, slots=True)
class _Way:
    """One more way to a target: its ending, nodes and edges from the gateway on, and where it differs."""

    ending: int
    node: Ints
    edge: Ints
    different: float


@dataclass(frozen=True, slots=True)
class _Found:
    """Further ways to a target, and by which share of its cable the most different one left differs."""

    ways: tuple[_Way, ...]
    left: float


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What the search to every target shares.

    Attributes
    ----------
    network, endings, ends, weight
        What the routes follow, where they may end, which of these endings are looked at, and what to keep
        least on each edge.
    drop_weight : numpy.ndarray
        The same for the drop of each ending.
    out : Ways
        Best ways from the gateways.
    out_edge : numpy.ndarray
        Edge by which each of these ways comes to its node, -1 at a gateway.
    key, order : numpy.ndarray
        Both ends of each edge as one number, ascending, and the edges in that order.
    back : scipy.sparse.csr_array
        Weights from a target (a node after the network's) to its endings and on, not beyond a gateway.
    """

    network: Network
    endings: Endings
    ends: Ints
    weight: Floats
    drop_weight: Floats
    out: Ways
    out_edge: Ints
    key: Ints
    order: Ints
    back: csr_array

    @classmethod
    def over(
        cls, network: Network, endings: Endings, ends: Ints, costs: UnitCosts, targets: int, *, by: str
    ) -> _Search:
        """Prepare the search for all targets."""
        size = len(network.xy)
        length_m, drop_m = network.length_mm / MM_PER_M, endings.drop_mm / MM_PER_M
        weight = network.cost_idr(costs) if by == "cost" else length_m
        drop = np.maximum(drop_m * (costs.idr("fibre_on_poles") / 1000 if by == "cost" else 1.0), 1e-9)
        out = ways_from(network, network.gateways, weight)
        there = network.matrix(weight).tocoo()
        inner = ~np.isin(there.row, network.gateways)
        back = adjacency(
            size + targets,
            np.concatenate([there.row[inner], size + endings.target[ends]]),
            np.concatenate([there.col[inner], endings.pole[ends]]),
            np.concatenate([there.data[inner], drop[ends]]),
        )
        key = np.minimum(network.u, network.v) * size + np.maximum(network.u, network.v)
        order = np.argsort(key, kind="stable")
        search = cls(network, endings, ends, weight, drop, out, np.full(size, -1), key[order], order, back)
        on = np.flatnonzero(out.before >= 0)
        search.out_edge[on] = search.edges(out.before[on], on)
        return search

    def edges(self, a: Ints, b: Ints) -> Ints:
        """Edge between each pair of neighbouring nodes."""
        wanted = np.minimum(a, b) * len(self.network.xy) + np.maximum(a, b)
        return self.order[np.searchsorted(self.key, wanted)]


@dataclass(frozen=True, slots=True, eq=False)
class _Around:
    """The nodes about a target, each with the best way from a gateway to it and on to the target.

    Attributes
    ----------
    node : numpy.ndarray
        Nodes of the network, shape (k,).
    total : numpy.ndarray
        What the way through each node costs (or measures).
    before, after : numpy.ndarray
        Number of the node before and after each on its way; -1 at the gateway and at the last pole.
    edge_in, edge_on : numpy.ndarray
        Edge by which the way comes and goes on; -1 at the gateway and at the last pole.
    length_in, length_on : numpy.ndarray
        Their lengths, that of the drop at the last pole, [mm].
    ending : numpy.ndarray
        Ending at the last pole of a way, -1 at other nodes.
    """

    node: Ints
    total: Floats
    before: Ints
    after: Ints
    edge_in: Ints
    edge_on: Ints
    length_in: Ints
    length_on: Ints
    ending: Ints

    @classmethod
    def of(cls, search: _Search, target: int, limit: float) -> _Around:
        """Look from a target as far as a way within the limit can pass."""
        size = len(search.network.xy)
        on, after, _ = dijkstra(
            search.back, indices=[size + target], limit=limit, min_only=True, return_predecessors=True
        )
        total = on[:size] + search.out.total
        node = np.flatnonzero(total <= limit)
        local = np.full(size + 1, -1)
        local[node] = np.arange(len(node))
        last = after[node] >= size
        edge_on = np.full(len(node), -1)
        edge_on[~last] = search.edges(node[~last], after[node][~last].astype(np.int64))
        own = search.ends[search.endings.target[search.ends] == target]
        own = own[np.argsort(search.endings.pole[own])]
        ending = np.full(len(node), -1)
        ending[last] = own[np.searchsorted(search.endings.pole[own], node[last])]
        edge_in = search.out_edge[node]
        lengths = np.append(search.network.length_mm, 0)
        drops = np.append(search.endings.drop_mm, 0)
        return cls(
            node,
            total[node],
            np.where(edge_in >= 0, local[np.maximum(search.out.before[node], 0)], -1),
            np.where(last, -1, local[np.minimum(after[node], size)]),
            edge_in,
            edge_on,
            lengths[edge_in],
            lengths[edge_on] + drops[ending],
            ending,
        )

    def lengths(self, new_in: Flags, new_on: Flags) -> Ints:
        """Length of the way through each node, on edges that count, [mm]."""
        return _along(self.before, self.length_in * new_in) + _along(self.after, self.length_on * new_on)

    def widest(self) -> Ints:
        """Longest span on the way through each node, [mm]."""
        return np.maximum(
            _along(self.before, self.length_in, np.maximum), _along(self.after, self.length_on, np.maximum)
        )

    def way(self, at: int, different: float) -> _Way:
        """Return the way through a node."""
        first = [at]
        while self.before[first[-1]] >= 0:
            first.append(int(self.before[first[-1]]))
        then = [at]
        while self.after[then[-1]] >= 0:
            then.append(int(self.after[then[-1]]))
        edges = np.concatenate([self.edge_in[first[::-1]], self.edge_on[then[:-1]]])
        return _Way(int(self.ending[then[-1]]), self.node[first[::-1] + then[1:]], edges, different)


def _along(parent: Ints, own: Ints, join: np.ufunc = np.add) -> Ints:
    """Sum (or other join) of the own values, 0 or more, from each node to the root of its tree."""
    total, up = own, parent
    while (up >= 0).any():
        total = join(total, np.where(up >= 0, total[up], 0))
        up = np.where(up >= 0, up[up], -1)
    return total


def _further(search: _Search, target: int, best: Paths, limits: _Limits) -> _Found:
    """Further ways to a target, each the best that differs enough from all before it."""
    edge = best.edge[slice(*np.searchsorted(best.route, [target, target + 1]))]
    used, endings = edge[edge >= 0], [int(best.ending[target])]
    limit = (search.weight[used].sum() + search.drop_weight[endings[0]]) * (1 + limits.max_dearer)
    around = _Around.of(search, target, limit * (1 + 1e-6))
    every = np.ones(len(around.node), dtype=bool)
    length = around.lengths(every, every)
    lit = (length <= limits.lit_mm) | (around.widest() <= limits.spacing_mm)
    # The way to a dead end and back comes and goes by one edge.
    fine = lit & (around.edge_in != around.edge_on)
    ways: list[_Way] = []
    while True:
        new_in, new_on = ~np.isin(around.edge_in, used), ~np.isin(around.edge_on, used)
        new_on[np.isin(around.ending, endings)] = False
        different = around.lengths(new_in, new_on) / np.maximum(length, 1)
        left = np.flatnonzero(fine & (different >= limits.min_different))
        if len(ways) == limits.ways - 1 or not len(left):
            return _Found(tuple(ways), float(different[fine].max(initial=0.0)))
        pick = int(left[np.lexsort((around.node[left], around.total[left]))[0]])
        way = around.way(pick, float(different[pick]))
        fine[pick] = False
        if len(np.unique(way.node)) == len(way.node):
            ways.append(way)
            used = np.concatenate([used, way.edge[1:]])
            endings.append(way.ending)


def _ranked(
    targets: gpd.GeoDataFrame,
    reasons: pd.DataFrame,
    best: Paths,
    found: list[_Found],
    network: Network,
    endings: Endings,
    optics: LossBudget,
    *,
    ways: int,
) -> tuple[pd.DataFrame, Paths]:
    """Rows of all routes, the best of each target first, and their paths."""
    listed: list[tuple[int, int, _Way, float]] = []
    nobody = np.empty(0, dtype=np.int64)
    for target, one in enumerate(found):
        own = slice(*np.searchsorted(best.route, [target, target + 1]))
        first = _Way(int(best.ending[target]), best.node[own], best.edge[own], np.nan)
        every = [first, *one.ways]
        listed += [(target, rank, way, np.nan) for rank, way in enumerate(every, start=1)]
        if np.isfinite(one.left) and len(every) < ways:
            listed.append((target, len(every) + 1, _Way(-1, nobody, nobody, np.nan), one.left))
    number = np.repeat(np.arange(len(listed)), [len(way.node) for _, _, way, _ in listed])
    edge = np.concatenate([nobody, *(way.edge for _, _, way, _ in listed)])
    cable = np.bincount(number, weights=network.length_mm[edge] * (edge >= 0), minlength=len(listed))
    ending = np.array([way.ending for _, _, way, _ in listed], dtype=np.int64)
    drop_mm = np.append(endings.drop_mm, 0)[ending]
    node = np.concatenate([nobody, *(way.node for _, _, way, _ in listed)])
    paths = Paths(ending, np.where(ending >= 0, cable.astype(np.int64) + drop_mm, 0), number, node, edge)
    target_of = [target for target, _, _, _ in listed]
    why = reasons.iloc[target_of].reset_index(drop=True)
    further = np.array([rank > 1 for _, rank, _, _ in listed], dtype=bool)
    left = np.array([left for _, _, _, left in listed], dtype=float)
    why.loc[further, ["reason", "reason_unit"]] = None
    why.loc[further, "reason_number"] = left[further]
    why.loc[np.isfinite(left), ["reason", "reason_unit"]] = [NO_OTHER_WAY, REASON_UNITS[NO_OTHER_WAY]]
    rows = rows_of(targets.iloc[target_of], why, paths, optics)
    names = [f"{row}:{one[1]}" if one[1] > 1 else row for row, one in zip(rows.index, listed, strict=True)]
    rows = rows.set_index(pd.Index(names, name="route_id", dtype="object"))
    return rows.assign(
        rank=[rank for _, rank, _, _ in listed], different_share=[way.different for _, _, way, _ in listed]
    ), paths


def _compared(routes: gpd.GeoDataFrame, rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """Routes with their rank, and how they compare with the best to the same target."""
    first = rows["rank"].to_numpy() == 1
    extra = {}
    for name in ("capital_cost_idr", "length_m"):
        best = routes.loc[first].set_index("target_id")[name]
        extra[name] = routes[name].to_numpy() - best.reindex(routes["target_id"]).to_numpy()
    return routes.assign(
        rank=rows["rank"].to_numpy(),
        different_share=rows["different_share"].to_numpy(),
        extra_cost_idr=extra["capital_cost_idr"],
        extra_length_m=extra["length_m"],
    )


def _rule(min_different: float, max_dearer: float) -> Assumption:
    where = f"at least {min_different:.0%} of the cable where no better route runs"
    value = f"{where}, at most {max_dearer:.0%} dearer"
    return Assumption("alternative routes", value, "editable")
