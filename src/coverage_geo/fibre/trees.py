"""One shared cable network for many places, with a proven gap."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_geo.costs import UnitCosts
from coverage_geo.errors import Fault, NoRouteError, ValueRangeError, raise_faults
from coverage_geo.fibre.arguments import check_arguments
from coverage_geo.fibre.ledger import route_table
from coverage_geo.fibre.network import pole_network
from coverage_geo.fibre.optics import GPON_B_PLUS
from coverage_geo.fibre.paths import (
    NO_PORT,
    NOT_WORTH,
    REASON_UNITS,
    TOO_FAR,
    built,
    checked_targets,
    endings_of,
    lit,
    lit_paths,
    middles,
    no_route,
    power_rules,
    reasons_of,
    rows_of,
    rules,
    state,
)
from coverage_geo.fibre.routes import route_costs
from coverage_geo.fibre.tree_task import MILLION, PORTS, Task, solve_task
from coverage_geo.provenance import Assumption

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_geo.fibre.optics import LossBudget
    from coverage_geo.fibre.pole_graph import PoleGraph
    from coverage_geo.fibre.tree_task import Answer

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

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
        Worth of the targets left out because they cost more or no port was free; 0 when all were to be
        connected. Those that no network reaches (no pole, no gateway, beyond the light) do not count.
    bound_idr : float
        No network costs less (with the worth left out): what the gap is measured against.
    gap : float
        Share of the cost that a better network might save at most; 0 when none can. The bound knows light
        but ignores ports: where ports bind, part of the gap may be their price, which no network saves.
    binding : str
        The limits that the cheapest network without limits does not keep: "light", "ports", "light and
        ports" or "".
    ports : pandas.DataFrame
        Index gateway_id; columns ports (missing without limit), ports_used and places (fed from there).
    rounds : int
        Networks tried in the search; 0 when the first one was proven the best, so that none was needed (as
        with few places).
    by_clock : bool
        Whether the clock ended the search: another run may then find another network.

    Examples
    --------
    >>> import geopandas as gpd
    >>> routes, ports = gpd.GeoDataFrame(), pd.DataFrame()
    >>> SharedNetwork(routes, 0.0, 0.0, 0.0, 0.0, "", ports, rounds=0, by_clock=False).gap
    0.0
    """

    routes: gpd.GeoDataFrame
    capital_cost_idr: float
    unpaid_idr: float
    bound_idr: float
    gap: float
    binding: str
    ports: pd.DataFrame
    rounds: int
    by_clock: bool

    def __repr__(self) -> str:
        connected = int(self.routes["reason"].isna().sum()) if "reason" in self.routes.columns else 0
        limits = f", {self.binding} binding" if self.binding else ""
        return (
            f"SharedNetwork({connected:,} of {len(self.routes):,} places connected, "
            f"Rp {self.capital_cost_idr:,.0f}, within {self.gap:.1%} of the least{limits})"
        )


def shared_network(
    graph: PoleGraph,
    *,
    gateways: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    worth_idr: pd.Series | None = None,
    homes: pd.Series | None = None,
    unit_costs: UnitCosts | None = None,
    optics: LossBudget = GPON_B_PLUS,
    max_drop_m: float = 300.0,
    max_gateway_m: float = 500.0,
    active_nodes: bool = False,
    rounds: int = 150,
    seconds: float = 120.0,
    strict: bool = False,
) -> SharedNetwork:
    """Cheapest network found that connects all places, or those worth it, with a proven gap.

    A place is connected at the pole that `cheapest_routes` would end at. Light and ports are respected in
    the choice: where the cheapest tree is too long for some place shorter ways are taken, and where a
    gateway has too few ports its places are fed from another. Fibres of several gateways may lie in one
    cable.

    Parameters
    ----------
    graph
        Poles and spans from `build_pole_graph`.
    gateways
        Where cable may start, as `tables.GATEWAYS` describes; with a column `ports` a gateway feeds no more
        places than it has ports for, and any number where that is missing.
    targets
        Places to connect, as for `cheapest_routes`.
    worth_idr
        What connecting each target is worth, by its id, 0 or more [Rp]; a target that costs more than it
        is worth is left out. Without it all are connected.
    homes
        Homes at each target, by its id: a port serves as many as the splitters of `optics` have ways, so a
        target takes one port for each started `optics.homes_per_port`. Without it each takes one port.
    unit_costs
        What things cost; the defaults when not given.
    optics
        Loss budget with its splitters.
    max_drop_m, max_gateway_m
        Longest cable from the last pole to a target and from a gateway to its first pole, [m].
    active_nodes
        Whether the cheapest tree is lit by active nodes where it is longer than light goes, each of which
        needs power. Their price comes on top of the tree: the bound leaves it out, so the gap tells too much.
    rounds
        Networks to try; fewer when one is proven to be the best.
    seconds
        When to stop at the latest, a safeguard; compiling does not count.
    strict
        Whether a target that cannot be connected is an error.

    Returns
    -------
    SharedNetwork
        Routes, cost, bound and gap; the same for the same input unless the clock ended it. Where ports do
        not suffice as few places as possible are left out, or those of least worth.

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
    check_arguments(
        graph=graph,
        worth_idr=worth_idr,
        homes=homes,
        unit_costs=costs,
        optics=optics,
        max_drop_m=max_drop_m,
        max_gateway_m=max_gateway_m,
        rounds=rounds,
        seconds=seconds,
    )
    wanted = checked_targets(graph, gateways, targets, max_drop_m, "cost")
    worth = _worth(worth_idr, wanted)
    gateways = gateways.sort_index()
    network = pole_network(graph, gateways, max_gateway_m=max_gateway_m)
    powered = network if active_nodes else None
    at = middles(wanted)
    endings = endings_of(graph, network, wanted, at, max_drop_m)
    shortest = lit_paths(network, endings, costs, optics, count=len(wanted), by="length")
    task = Task.of(
        network,
        endings,
        np.where(lit(shortest, optics, powered), shortest.ending, -1),
        worth_idr=worth,
        need=_need(homes, wanted, optics),
        ports=_ports(gateways),
        costs=costs,
        reach_m=math.inf if active_nodes else optics.max_length_m(),
    )
    answer = solve_task(task, rounds=rounds, seconds=seconds)
    reasons = _reasons(reasons_of(graph, at, endings, shortest, optics, powered), task, answer, worth)
    too_far = (reasons["reason"] == TOO_FAR).to_numpy()
    rows = rows_of(wanted, reasons, answer.paths | shortest.only(too_far), optics)
    steps, drop_mm = built(answer.paths, endings, reasons["reason"].isna().to_numpy())
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
    shared = _measured(task, answer, routes, worth, _ports_used(task, routes, gateways.index))
    told = [optics.assumption(), _gap_line(shared), *rules(max_drop_m), *power_rules(routes, optics)]
    state(routes, graph.assumptions, costs, told)
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


def _ports(gateways: gpd.GeoDataFrame) -> Floats:
    """Ports of each gateway, infinite where no number is given."""
    if "ports" not in gateways.columns:
        return np.full(len(gateways), np.inf)
    ports = gateways["ports"].to_numpy(dtype=float, na_value=np.nan)
    wrong = np.isinf(ports) | (ports % 1 > 0)
    if wrong.any():
        what = f"ports of {', '.join(gateways.index[wrong][:5])} are no whole number"
        raise_faults([Fault(ValueRangeError, "gateways", what, "Count ports; leave empty for no limit.")])
    return np.where(np.isnan(ports), np.inf, ports)


def _need(homes: pd.Series | None, targets: gpd.GeoDataFrame, optics: LossBudget) -> Ints:
    """Ports that each target takes: one for its homes up to the split, and one more for each split beyond."""
    if homes is None:
        return np.ones(len(targets), dtype=np.int64)
    count = homes.reindex(targets.index).to_numpy(dtype=float, na_value=np.nan)
    wrong = ~((count >= 0) & np.isfinite(count))
    if wrong.any():
        what = f"no number of 0 or more for {', '.join(targets.index[wrong][:5])}"
        raise_faults([Fault(ValueRangeError, "homes", what, "Give homes for each target's id.")])
    return np.ceil(count / optics.homes_per_port).astype(np.int64)


def _reasons(reasons: pd.DataFrame, task: Task, answer: Answer, worth: Floats) -> pd.DataFrame:
    """Reasons of the targets that have no path, with those not worth it or without a port."""
    told = reasons.copy()
    left_out = reasons["reason"].isna().to_numpy() & (answer.paths.ending < 0)
    told.loc[left_out, ["reason", "reason_unit"]] = [NOT_WORTH, REASON_UNITS[NOT_WORTH]]
    told.loc[left_out, "reason_number"] = worth[left_out]
    told.loc[answer.no_port, ["reason", "reason_unit"]] = [NO_PORT, REASON_UNITS[NO_PORT]]
    told.loc[answer.no_port, "reason_number"] = task.need[answer.no_port].astype(float)
    return told


def _ports_used(task: Task, routes: gpd.GeoDataFrame, gateways: pd.Index) -> pd.DataFrame:
    """Ports that each gateway has and uses, and the places it feeds."""
    need = pd.Series(task.need, routes.index)[routes["gateway_id"].notna()]
    by_gateway = need.groupby(routes["gateway_id"].dropna())
    return pd.DataFrame(
        {
            "ports": np.where(np.isfinite(task.ports), task.ports, np.nan),
            "ports_used": by_gateway.sum().reindex(gateways, fill_value=0),
            "places": by_gateway.size().reindex(gateways, fill_value=0),
        },
        index=gateways,
    )


def _measured(
    task: Task, answer: Answer, routes: gpd.GeoDataFrame, worth: Floats, ports: pd.DataFrame
) -> SharedNetwork:
    connected = routes.index[routes["reason"].isna()].tolist()
    capital = route_costs(routes).capital_idr(connected)
    optional = np.isfinite(worth) & routes["reason"].isin([NOT_WORTH, NO_PORT]).to_numpy()
    unpaid = float(worth[optional].sum())
    # What every network pays alike: the drops of targets that can be worth it, the worth of the others.
    could = task.ending >= 0
    could[answer.no_port] &= np.isfinite(worth[answer.no_port])
    alike = float(task.drop_idr[could].sum()) + float(worth[optional & ~could].sum())
    total = capital + unpaid
    bound = min(answer.bound * MILLION + alike, total)
    gap = (total - bound) / total if total > 0 else 0.0
    return SharedNetwork(
        routes=routes,
        capital_cost_idr=capital,
        unpaid_idr=unpaid,
        bound_idr=bound,
        gap=gap if gap > ROUNDING else 0.0,
        binding=answer.binding,
        ports=ports,
        rounds=answer.rounds,
        by_clock=answer.by_clock,
    )


def _gap_line(shared: SharedNetwork) -> Assumption:
    limit = f", {shared.binding} binds" if shared.binding else ""
    limit += ", the bound ignores ports" if PORTS in shared.binding else ""
    clock = ", ended by the clock" if shared.by_clock else ""
    value = f"within {shared.gap:.2%} of the least cost{limit}{clock}"
    return Assumption("shared network", value, f"{shared.rounds} networks tried; bound by directed cuts")
