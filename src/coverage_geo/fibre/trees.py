"""One shared cable network for many places, with a proven gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import dijkstra

from coverage_geo.costs import UnitCosts
from coverage_geo.errors import Fault, NoRouteError, ValueRangeError, raise_faults
from coverage_geo.fibre.ledger import ASSUMPTIONS, route_table
from coverage_geo.fibre.light_tree import light_tree
from coverage_geo.fibre.network import Ways, edges_between, pole_network, walk
from coverage_geo.fibre.noding import MM_PER_M, adjacency
from coverage_geo.fibre.optics import GPON_B_PLUS
from coverage_geo.fibre.paths import (
    NOT_WORTH,
    REASON_UNITS,
    TOO_FAR,
    Endings,
    Paths,
    built,
    checked_targets,
    endings_of,
    lit,
    lit_paths,
    middles,
    no_route,
    reasons_of,
    rows_of,
    rules,
    warn_of_weak_costs,
)
from coverage_geo.fibre.pieces import UNIT_COSTS_USED
from coverage_geo.fibre.reduction import reduce_graph
from coverage_geo.fibre.routes import route_costs
from coverage_geo.fibre.tree_search import TreeProblem, solve_tree
from coverage_geo.provenance import Assumption, merged

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from coverage_geo.fibre.network import Network
    from coverage_geo.fibre.optics import LossBudget
    from coverage_geo.fibre.pole_graph import PoleGraph
    from coverage_geo.fibre.tree_search import TreeSolution

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

MILLION = 1e6
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class SharedNetwork:
    """A network that connects places together, and how far its cost can be from the least.

    Attributes
    ----------
    routes : geopandas.GeoDataFrame
        One row a target, as `cheapest_routes` gives them; all follow one network, so the cost of building
        it is `route_costs(routes).capital_idr(...)` of those connected.
    capital_cost_idr : float
        Cost of the network, each piece once.
    unpaid_idr : float
        Worth of the targets left out; 0 when all were to be connected.
    bound_idr : float
        No network costs less (with the worth left out): what the gap is measured against.
    gap : float
        Share of the cost that a better network might save at most; 0 when none can.
    binding : str
        The limit that makes the network dearer than the bound allows for, "light", or "".
    rounds : int
        Networks that were tried.
    by_clock : bool
        Whether the clock ended the search: another run may then find another network.

    Examples
    --------
    >>> import geopandas as gpd
    >>> empty = SharedNetwork(gpd.GeoDataFrame(), 0.0, 0.0, 0.0, 0.0, "", rounds=0, by_clock=False)
    >>> empty.gap
    0.0
    """

    routes: gpd.GeoDataFrame
    capital_cost_idr: float
    unpaid_idr: float
    bound_idr: float
    gap: float
    binding: str
    rounds: int
    by_clock: bool


def shared_network(
    graph: PoleGraph,
    *,
    gateways: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    worth_idr: pd.Series | None = None,
    unit_costs: UnitCosts | None = None,
    optics: LossBudget = GPON_B_PLUS,
    max_drop_m: float = 300.0,
    max_gateway_m: float = 500.0,
    rounds: int = 150,
    seconds: float = 30.0,
    strict: bool = False,
) -> SharedNetwork:
    """Cheapest network found that connects all places, or those worth it, with a proven gap.

    A place is connected at the pole that `cheapest_routes` would end at. Light is respected in the
    choice: where the cheapest tree is too long for some place, shorter ways are taken in.

    Parameters
    ----------
    graph
        Poles and spans from `build_pole_graph`.
    gateways
        Where cable may start, as `tables.GATEWAYS` describes.
    targets
        Places to connect, as for `cheapest_routes`.
    worth_idr
        What connecting each target is worth, by its id, 0 or more [Rp]; a target that costs more than it
        is worth is left out. Without it all are connected.
    unit_costs
        What things cost; the defaults when not given.
    optics
        Loss budget with its splitters.
    max_drop_m, max_gateway_m
        Longest cable from the last pole to a target and from a gateway to its first pole, [m].
    rounds
        Networks to try.
    seconds
        When to stop at the latest.
    strict
        Whether a target that cannot be connected is an error.

    Returns
    -------
    SharedNetwork
        Routes, cost, bound and gap; the same for the same input unless the clock ended it.

    Raises
    ------
    InputError
        When a table is not what it must be, or no gateway lies near a pole.
    NoRouteError
        With `strict`, when a target cannot be connected.

    Warns
    -----
    AssumptionWarning
        When default unit costs with weak evidence were used.

    Examples
    --------
    >>> import coverage_geo as cg
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> from shapely import LineString, Point
    >>> def table(name, rows):
    ...     ids = pd.Index(list(rows), name=name)
    ...     return gpd.GeoDataFrame(index=ids, geometry=list(rows.values()), crs="EPSG:32748")
    >>> lines = {"A": LineString([(0, 0), (50, 0), (100, 0)]), "B": LineString([(50, 0), (50, 60)])}
    >>> network = shared_network(
    ...     cg.build_pole_graph(table("pole_id", lines)),
    ...     gateways=table("gateway_id", {"POP": Point(0, 10)}),
    ...     targets=table("settlement_id", {"x": Point(100, 0), "y": Point(50, 60)}),
    ...     unit_costs=cg.UnitCosts().with_values(fibre_on_poles=100e6, new_pole=4e6, pole_rent=0),
    ... )
    >>> network.capital_cost_idr, network.gap
    (17000000.0, 0.0)
    """
    costs = UnitCosts() if unit_costs is None else unit_costs
    wanted = checked_targets(graph, gateways, targets, max_drop_m, "cost")
    worth = _worth(worth_idr, wanted)
    gateways = gateways.sort_index()
    network = pole_network(graph, gateways, max_gateway_m=max_gateway_m)
    at = middles(wanted)
    endings = endings_of(graph, network, wanted, at, max_drop_m)
    shortest = lit_paths(network, endings, costs, optics, count=len(wanted), by="length")
    task = _task(network, endings, shortest, worth, costs, optics)
    solution = solve_tree(task.problem, rounds=rounds, seconds=seconds)
    tree, binding = _lit_tree(task, solution.edges)
    paths = _paths_along(task, tree)
    reasons = _reasons(reasons_of(graph, at, endings, shortest, optics), paths, worth)
    rows = rows_of(wanted, reasons, paths | shortest.only((reasons["reason"] == TOO_FAR).to_numpy()), optics)
    steps, drop_mm = built(paths, endings, reasons["reason"].isna().to_numpy())
    routes = route_table(network, steps, rows, drop_mm, gateways=gateways, costs=costs, crs=graph.crs)
    shared = _measured(task, solution, routes, worth, binding)
    told = [optics.assumption(), _gap_line(shared)]
    used = costs.assumptions(UNIT_COSTS_USED)
    routes.attrs[ASSUMPTIONS] = merged(graph.assumptions, used, told, rules(max_drop_m))
    warn_of_weak_costs(costs)
    if strict and routes["reason"].notna().any():
        raise NoRouteError(no_route(routes))
    return shared


def _worth(worth_idr: pd.Series | None, targets: gpd.GeoDataFrame) -> Floats:
    """Worth of each target, infinite when all are to be connected."""
    if worth_idr is None:
        return np.full(len(targets), np.inf)
    worth = worth_idr.reindex(targets.index).to_numpy(dtype=float)
    wrong = ~(worth >= 0)
    if wrong.any():
        what = f"no worth of 0 or more for {', '.join(targets.index[wrong][:5])}"
        raise_faults([Fault(ValueRangeError, "worth_idr", what, "Give rupiah for each target's id.")])
    return worth


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """The network with a root before all gateways, and what each target asks of it.

    Attributes
    ----------
    network : Network
        What the cable may follow; its edges come first in the problem, then one from the root to each
        gateway.
    problem : TreeProblem
        Costs in millions of rupiah; the root is the last node.
    endings : Endings
        Where cables may end.
    ending : numpy.ndarray
        Ending of each target, -1 for one that cannot be connected.
    length_mm : numpy.ndarray
        Length of each edge of the problem.
    reach_mm : float
        Longest cable that light allows.
    drop_idr : numpy.ndarray
        Cost of each target's drop.
    """

    network: Network
    problem: TreeProblem
    endings: Endings
    ending: Ints
    length_mm: Ints
    reach_mm: float
    drop_idr: Floats

    @property
    def root(self) -> int:
        """Node before all gateways."""
        return len(self.problem.prize) - 1

    def poles(self) -> tuple[Ints, Ints, Ints]:
        """Targets that can be connected, the pole and the drop [mm] of each."""
        target = np.flatnonzero(self.ending >= 0)
        ending = self.ending[target]
        return target, self.endings.pole[ending], self.endings.drop_mm[ending]


def _task(
    network: Network, endings: Endings, shortest: Paths, worth: Floats, costs: UnitCosts, optics: LossBudget
) -> _Task:
    ending = np.where(lit(shortest, optics), shortest.ending, -1)
    drop_mm = np.where(ending >= 0, np.append(endings.drop_mm, 0)[ending], 0)
    drop_idr = drop_mm / MM_PER_M / 1000 * costs.idr("fibre_on_poles")
    ending = np.where(worth > drop_idr, ending, -1)
    target = np.flatnonzero(ending >= 0)
    root = len(network.xy)
    prize = np.zeros(root + 1)
    prize[root] = np.inf
    np.add.at(prize, endings.pole[ending[target]], (worth - drop_idr)[target] / MILLION)
    problem = TreeProblem(
        np.concatenate([network.u, network.gateways]),
        np.concatenate([network.v, np.full(len(network.gateways), root)]),
        np.concatenate([network.cost_idr(costs) / MILLION, np.zeros(len(network.gateways))]),
        prize,
    )
    length_mm = np.concatenate([network.length_mm, np.zeros(len(network.gateways), dtype=np.int64)])
    reach_mm = optics.max_length_m() * MM_PER_M + 1e-3
    return _Task(network, problem, endings, ending, length_mm, reach_mm, drop_idr)


def _lit_tree(task: _Task, edges: Ints) -> tuple[Ints, str]:
    """The tree with shorter ways taken in until light reaches every target on it; and what was binding.

    The target farthest beyond the light gets its shortest way; then each node takes the shortest way in
    what there is, which brings every other target nearer or leaves it where it was. Trees grown within
    the light from the start compete with that one.
    """
    _, pole, drop_mm = task.poles()
    far, before = _shortest_in(task, edges)
    on_tree = np.isfinite(far[pole])
    taken, binding = edges, ""
    way: Ints | None = None
    while True:
        over = np.where(on_tree, far[pole] + drop_mm - task.reach_mm, -np.inf)
        if not len(over) or over.max() <= 0:
            break
        binding = "light"
        if way is None:
            _, way = _shortest_in(task, np.arange(len(task.length_mm)))
        taken = np.union1d(taken, _way_back(task, way, int(pole[np.argmax(over)])))
        far, before = _shortest_in(task, taken)
    if not binding:
        return edges, binding
    kept = [_way_back(task, before, int(end)) for end in np.unique(pole[on_tree])]
    grafted = np.unique(np.concatenate(kept))
    grown = _grown_in_light(task, edges, pole[on_tree], drop_mm[on_tree])
    cost = task.problem.cost
    if grown is not None and cost[grown].sum() < cost[grafted].sum() * (1 - ROUNDING):
        return grown, binding
    return grafted, binding


def _grown_in_light(task: _Task, edges: Ints, pole: Ints, drop_mm: Ints) -> Ints | None:
    """A tree within the light: the given one mended, or grown anew pole by pole, whichever is cheapest."""
    problem = task.problem
    reach = np.full(len(problem.prize), np.inf)
    np.minimum.at(reach, pole, task.reach_mm - drop_mm)
    place = np.isfinite(reach)
    place[task.root] = True
    small = reduce_graph(len(reach), problem.u, problem.v, problem.cost, place)
    length = np.add.reduceat(task.length_mm[small.member], small.begin[:-1]).astype(float)
    root = int(np.searchsorted(small.node, task.root))
    given = np.isin(small.member[small.begin[:-1]], edges)
    tree = light_tree(small.u, small.v, small.cost, length, reach[small.node], root, given)
    if tree is None:
        return None
    mask = np.zeros(len(small.u), dtype=bool)
    mask[tree] = True
    return np.flatnonzero(small.original(mask, len(problem.u)))


def _shortest_in(task: _Task, edges: Ints) -> tuple[Floats, Ints]:
    """Length of cable [mm] from the root to each node along some edges, and the node before each."""
    u, v, size = task.problem.u[edges], task.problem.v[edges], len(task.problem.prize)
    length = np.maximum(task.length_mm[edges].astype(float), 1e-6)
    both = np.concatenate([u, v]), np.concatenate([v, u])
    graph = adjacency(size, *both, np.concatenate([length, length]))
    far, before, _ = dijkstra(graph, indices=[task.root], min_only=True, return_predecessors=True)
    return np.asarray(far), np.asarray(before, dtype=np.int64)


def _way_back(task: _Task, before: Ints, node: int) -> Ints:
    """Edges from a node back to the root."""
    chain = [node]
    while chain[-1] != task.root:
        chain.append(int(before[chain[-1]]))
    nodes = np.asarray(chain)
    return edges_between(task.problem, nodes[:-1], nodes[1:])


def _paths_along(task: _Task, edges: Ints) -> Paths:
    """Path to each target whose pole is on the tree."""
    far, before = _shortest_in(task, edges)
    before = np.where(before == task.root, -1, before)
    target, pole, drop_mm = task.poles()
    on = np.isfinite(far[pole])
    target, pole, drop_mm = target[on], pole[on], drop_mm[on]
    number, node = walk(Ways(far, before, before), pole)
    edge = np.full(len(node), -1)
    inner = np.flatnonzero(number[1:] == number[:-1]) + 1
    edge[inner] = edges_between(task.problem, node[inner - 1], node[inner])
    cable = np.bincount(number[inner], weights=task.length_mm[edge[inner]], minlength=len(target))
    length_mm = np.zeros(len(task.ending), dtype=np.int64)
    length_mm[target] = cable.astype(np.int64) + drop_mm
    ending = np.full(len(task.ending), -1)
    ending[target] = task.ending[target]
    return Paths(ending, length_mm, target[number], node, edge)


def _reasons(reasons: pd.DataFrame, paths: Paths, worth: Floats) -> pd.DataFrame:
    """Reasons of the targets that have no path, with those not worth it."""
    left_out = reasons["reason"].isna().to_numpy() & (paths.ending < 0)
    told = reasons.copy()
    told.loc[left_out, ["reason", "reason_unit"]] = [NOT_WORTH, REASON_UNITS[NOT_WORTH]]
    told.loc[left_out, "reason_number"] = worth[left_out]
    return told


def _measured(
    task: _Task, solution: TreeSolution, routes: gpd.GeoDataFrame, worth: Floats, binding: str
) -> SharedNetwork:
    there = routes["reason"].isna().to_numpy()
    connected = [route for route, yes in zip(routes.index, there, strict=True) if yes]
    capital = route_costs(routes).capital_idr(connected)
    left_out = (routes["reason"] == NOT_WORTH).to_numpy()
    unpaid = float(worth[left_out].sum())
    # What every network pays alike: the drops of targets that can be worth it, the worth of the others.
    could = task.ending >= 0
    alike = float(task.drop_idr[could].sum()) + float(worth[left_out & ~could].sum())
    total = capital + unpaid
    bound = min(solution.bound * MILLION + alike, total)
    gap = (total - bound) / total if total > 0 else 0.0
    return SharedNetwork(
        routes=routes,
        capital_cost_idr=capital,
        unpaid_idr=unpaid,
        bound_idr=bound,
        gap=gap if gap > ROUNDING else 0.0,
        binding=binding,
        rounds=solution.rounds,
        by_clock=solution.by_clock,
    )


def _gap_line(shared: SharedNetwork) -> Assumption:
    limit = f", {shared.binding} binds" if shared.binding else ""
    clock = ", ended by the clock" if shared.by_clock else ""
    value = f"within {shared.gap:.2%} of the least cost{limit}{clock}"
    return Assumption("shared network", value, f"{shared.rounds} networks tried; bound by directed cuts")
