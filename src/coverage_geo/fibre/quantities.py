"""The bill of quantities of cable routes: what must be bought, set and spliced, shared pieces once."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from coverage_geo.errors import Fault, ValueRangeError, raise_faults, refuse
from coverage_geo.fibre.arguments import check_arguments
from coverage_geo.fibre.noding import nearest
from coverage_geo.fibre.optics import GPON_B_PLUS, splits_of
from coverage_geo.fibre.pieces import ROAD_CABLE, STEPS, UNITS, fibre_component
from coverage_geo.fibre.routes import route_costs
from coverage_geo.tables import VOLTAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_geo.costs import CostComponent, Estimate, UnitCosts
    from coverage_geo.fibre.optics import LossBudget
    from coverage_geo.fibre.pole_graph import PoleGraph

TOTAL = "total"
TRUNK, BRANCH, DROP = "cable, trunk", "cable, branch", "cable, drop"
BY_ROAD = ", along roads (inferred)"
UNIT_ITEMS = {  # lines of the bill that have a price, in their order
    TRUNK: "fibre_on_poles",
    BRANCH: "fibre_on_poles",
    DROP: "fibre_on_poles",
    TRUNK + BY_ROAD: "fibre_on_poles",
    BRANCH + BY_ROAD: "fibre_on_poles",
    "new poles": "new_pole",
    "active nodes (power needed)": "active_node",
    "pole rent": "pole_rent",
}
YEARLY_ITEMS = {"active_node": "active_node_yearly", "pole_rent": "pole_rent"}
PRICED = tuple(UNIT_ITEMS)
DRUM_M = 4_000  # cable on one drum: a splice at least so often
ESTIMATES: tuple[Estimate, ...] = ("low", "mid", "high")
CAPITAL = ("low_idr", "mid_idr", "high_idr")
YEARLY = ("yearly_low_idr", "yearly_mid_idr", "yearly_high_idr")
SOURCES = ("capital_source", "capital_grade", "yearly_source", "yearly_grade")
COLUMNS = ("quantity", "unit", *CAPITAL, *YEARLY, *SOURCES)

Shares = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A cost component, the line of the bill it belongs to, and the routes that use it."""

    component: CostComponent
    line: str
    routes: tuple[int, ...]


def bill_of_quantities(
    routes: gpd.GeoDataFrame,
    *,
    unit_costs: UnitCosts,
    groups: pd.Series | None = None,
    households: pd.Series | None = None,
    graph: PoleGraph | None = None,
    optics: LossBudget | None = None,
) -> pd.DataFrame:
    """Bill of what routes need and cost, in total and for each group, adding up to the last rupiah.

    What several routes share (trunk, its poles, an active node) is counted once in the total; among the
    groups it is shared out, equally for each route or by households. The shares are for display: leaving a
    group out saves less than its share.

    Parameters
    ----------
    routes
        From `cheapest_routes`, `evaluate_routes` or `shared_network`; rows with a reason are left out.
    unit_costs
        The unit costs that the routes were made with; their low, mid and high figures are shown.
    groups
        Name of the group (village, kecamatan) of each route, by route_id; each route its own without it.
    households
        Homes that each route serves, by route_id: the measure of shares, and of ports and splitters. A port
        and a first splitter serve as many as all splits together, one of the second stage as many as its
        own ways, and so on; each started one counts.
    graph
        The pole graph, to count poles used by voltage and owner.
    optics
        Loss budget with its splitters, for routes that do not say theirs in a column `splitters`.

    Returns
    -------
    pandas.DataFrame
        Index (group, item), "total" first; columns quantity, unit, low_idr, mid_idr, high_idr (one-off),
        yearly_low_idr, yearly_mid_idr, yearly_high_idr; capital_source and capital_grade, yearly_source and
        yearly_grade of the unit costs. Lines without a unit cost of their own (splices, drops, ports,
        splitters, poles used) are part of the cable's price "all in" and have no figures.

    Raises
    ------
    InputError
        When a route has no group or number of households, or was made with other unit costs or splitters.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import coverage_geo as cg
    >>> from shapely import LineString, Point
    >>> def table(name, rows):
    ...     ids = pd.Index(list(rows), name=name)
    ...     return gpd.GeoDataFrame(index=ids, geometry=list(rows.values()), crs="EPSG:32748")
    >>> lines = {"A": LineString([(0, 0), (50, 0), (100, 0)]), "B": LineString([(50, 0), (50, 60)])}
    >>> costs = cg.UnitCosts().with_values(fibre_on_poles=100e6, new_pole=4e6, pole_rent=0)
    >>> routes = cg.cheapest_routes(
    ...     cg.build_pole_graph(table("pole_id", lines)),
    ...     gateways=table("gateway_id", {"POP": Point(0, 0)}),
    ...     targets=table("settlement_id", {"x": Point(100, 0), "y": Point(50, 60)}),
    ...     unit_costs=costs,
    ... )
    >>> bill = bill_of_quantities(routes, unit_costs=costs)
    >>> bill.loc["total", "mid_idr"].dropna().to_dict()
    {'cable, trunk': 5000000.0, 'cable, branch': 11000000.0, 'pole rent': 0.0}
    >>> bill.loc["fibre:x", "mid_idr"].dropna().to_dict()
    {'cable, trunk': 2500000.0, 'cable, branch': 5000000.0, 'pole rent': 0.0}
    """
    given = {name: one for name, one in (("optics", optics), ("graph", graph)) if one is not None}
    check_arguments(unit_costs=unit_costs, groups=groups, households=households, **given)
    built = routes[routes["reason"].isna()].sort_index()
    names = _named(groups, built, "groups")
    homes = _counted(households, built)
    weights = [1] * len(built) if homes is None else homes
    parts = route_costs(routes).components
    pieces = _pieces([parts[route] for route in built.index])
    _check_prices(pieces, unit_costs)
    rows = _priced(pieces, names, weights, unit_costs)
    counts = _fitted(built, pieces, names, weights, homes, _splits(built, optics))
    rows += [_counted_row(*key, count, "piece") for key, count in counts.items()]
    if graph is not None:
        poles = _poles_used(built, graph, names, weights)
        rows += [_counted_row(*key, count, "pole") for key, count in poles.items()]
    columns = ["group", "item", *COLUMNS]
    ordered = sorted(rows, key=_place)
    return pd.DataFrame(ordered, columns=columns).set_index(["group", "item"])


def _place(row: dict[str, object]) -> tuple[bool, str, int, str]:
    """Place of a line in the bill: the total first, then by group; lines with a price first."""
    group, item = str(row["group"]), str(row["item"])
    return group != TOTAL, group, PRICED.index(item) if item in PRICED else len(PRICED), item


def _named(groups: pd.Series | None, built: gpd.GeoDataFrame, what: str) -> list[str]:
    if groups is None:
        return [str(route) for route in built.index]
    names = groups.reindex(built.index)
    missing = names.index[names.isna()]
    if len(missing):
        fault = f"none for {', '.join(missing[:5])}"
        raise_faults([Fault(ValueRangeError, what, fault, "Give one for each route_id.")])
    return [str(name) for name in names]


def _counted(households: pd.Series | None, built: gpd.GeoDataFrame) -> list[int] | None:
    if households is None:
        return None
    homes = households.reindex(built.index).to_numpy(dtype=float)
    wrong = ~(homes >= 0) | (homes != np.rint(homes))
    if wrong.any():
        fault = f"no whole number of 0 or more for {', '.join(built.index[wrong][:5])}"
        raise_faults([Fault(ValueRangeError, "households", fault, "Give homes for each route_id.")])
    return [int(one) for one in homes]


def _pieces(bills: Sequence[tuple[CostComponent, ...]]) -> list[_Piece]:
    """Components of all routes, each once, with its users; sorted by id."""
    users: dict[CostComponent, list[int]] = defaultdict(list)
    for at, bill in enumerate(bills):
        for component in bill:
            users[component].append(at)
    return [_Piece(one, _line(one, len(users[one])), tuple(users[one])) for one in sorted(users)]


def _line(component: CostComponent, users: int) -> str:
    if component.item != "fibre_on_poles":
        return next(line for line, item in UNIT_ITEMS.items() if item == component.item)
    if component.component_id.startswith("drop:"):
        return DROP
    by_road = BY_ROAD if component.component_id.startswith(f"{ROAD_CABLE}:") else ""
    return (TRUNK if users > 1 else BRANCH) + by_road


def shares_of(total: int, weights: Sequence[int]) -> list[int]:
    """Whole shares of a whole total, in proportion to the weights, that add up to it exactly.

    Parameters
    ----------
    total
        What is shared.
    weights
        Whole numbers of 0 or more; all 0 counts as all equal.

    Returns
    -------
    list of int
        Each within 1 of its proportional share; what is left over goes to the largest remainders.

    Examples
    --------
    >>> shares_of(10, [1, 1, 1])
    [4, 3, 3]
    """
    each = list(weights) if any(weights) else [1] * len(weights)
    whole = sum(each)
    shares = [total * one // whole for one in each]
    order = sorted(range(len(each)), key=lambda at: (-(total * each[at] % whole), at))
    for at in order[: total - sum(shares)]:
        shares[at] += 1
    return shares


def _shared_out(
    sums: dict[tuple[str, str], int],
    line: str,
    amount: int,
    routes: Sequence[int],
    names: list[str],
    weights: list[int],
) -> None:
    """Add an amount to the total, and its shares to the groups of the routes that use it."""
    sums[TOTAL, line] += amount
    for at, share in zip(routes, shares_of(amount, [weights[at] for at in routes]), strict=True):
        sums[names[at], line] += share


def _priced(
    pieces: list[_Piece], names: list[str], weights: list[int], unit_costs: UnitCosts
) -> list[dict[str, object]]:
    """Lines with a unit cost: quantity, low, mid, high and yearly cost, in total and by group."""
    prices = [replace(unit_costs, estimate=one) for one in ESTIMATES]
    columns: dict[str, dict[tuple[str, str], int]] = {
        name: defaultdict(int) for name in ("quantity", *CAPITAL, *YEARLY)
    }
    for piece in pieces:
        own = piece.component
        amount = round(own.quantity * STEPS[own.unit])
        told = [fibre_component(own.component_id, own.item, amount, one) for one in prices]
        figures = [one.capital_cost_idr for one in told] + [one.yearly_cost_idr for one in told]
        for sums, figure in zip(columns.values(), [amount, *figures], strict=True):
            _shared_out(sums, piece.line, round(figure), piece.routes, names, weights)
    return [_priced_row(group, line, columns, unit_costs) for group, line in columns["quantity"]]


def _check_prices(pieces: list[_Piece], unit_costs: UnitCosts) -> None:
    """Refuse unit costs that the routes were not made with, whichever of their figures was used."""
    if all(_other_prices(pieces, replace(unit_costs, estimate=one)) for one in ESTIMATES):
        raise_faults(_other_prices(pieces, unit_costs))


def _other_prices(pieces: list[_Piece], unit_costs: UnitCosts) -> list[Fault]:
    """Items that routes were priced with otherwise than these unit costs say."""
    remedy = "Give the unit costs that the routes were made with, or make the routes anew with these."
    faults = {}
    for own in (piece.component for piece in pieces):
        amount = round(own.quantity * STEPS[own.unit])
        told = fibre_component(own.component_id, own.item, amount, unit_costs)
        for name in ("capital_cost_idr", "yearly_cost_idr"):
            made, here = getattr(own, name), getattr(told, name)
            if not math.isclose(made, here, rel_tol=1e-9, abs_tol=1e-6) and own.item not in faults:
                each = [f"Rp {price / own.quantity:,.0f}" for price in (made, here)]
                what = f"{name} is {each[0]} a {own.unit} in the routes and {each[1]} here"
                faults[own.item] = Fault(ValueRangeError, f"unit_costs, {own.item}", what, remedy)
    return [faults[item] for item in sorted(faults)]


def _priced_row(
    group: str, line: str, columns: Mapping[str, Shares], unit_costs: UnitCosts
) -> dict[str, object]:
    item = UNIT_ITEMS[line]
    unit = UNITS[item]
    once, yearly = unit_costs.row(item), unit_costs.row(YEARLY_ITEMS.get(item, "fibre_yearly_share"))
    figures = {name: float(sums[group, line]) for name, sums in columns.items()}
    sources = (once.source, once.grade, yearly.source, yearly.grade)
    return {
        "group": group,
        "item": line,
        **figures,
        "quantity": figures["quantity"] / STEPS[unit],
        "unit": unit,
        **dict(zip(SOURCES, sources, strict=True)),
    }


def _counted_row(group: str, item: str, count: int, unit: str) -> dict[str, object]:
    return {"group": group, "item": item, "quantity": float(count), "unit": unit}


def _fitted(
    built: gpd.GeoDataFrame,
    pieces: list[_Piece],
    names: list[str],
    weights: list[int],
    homes: list[int] | None,
    splits: list[tuple[int, ...]],
) -> Shares:
    """Splices, drops, ports and splitters, which the price of the cable includes."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for piece in pieces:
        if piece.component.item == "fibre_on_poles" and piece.line != DROP:
            splices = max(1, math.ceil(piece.component.quantity * 1000 / DRUM_M))
            _shared_out(counts, "splices", splices, piece.routes, names, weights)
    for at, drop_m in enumerate(built["drop_m"]):
        for group in (TOTAL, names[at]):
            counts[group, "drops"] += int(drop_m > 0)
            if homes is not None:
                counts[group, "ports"] += math.ceil(homes[at] / math.prod(splits[at]))
                for line, ways in _stages(splits[at]):
                    counts[group, line] += math.ceil(homes[at] / ways)
    return counts


def _stages(splits: tuple[int, ...]) -> list[tuple[str, int]]:
    """Line of the bill for each stage of splitters, and the homes behind one splitter of it."""
    stages = [ways for ways in splits if ways > 1]
    return [
        (f"splitters, stage {at + 1} (1:{ways})", math.prod(stages[at:])) for at, ways in enumerate(stages)
    ]


def _splits(built: gpd.GeoDataFrame, optics: LossBudget | None) -> list[tuple[int, ...]]:
    """Splits that each route was made with; where it does not say, those given, else the usual ones."""
    usual = (GPON_B_PLUS if optics is None else optics).splitters
    made = built["splitters"] if "splitters" in built.columns else pd.Series(None, built.index, dtype=object)
    other = made.index[made.notna() & (made != usual)]
    if optics is not None and len(other):
        what = f"splitters {usual}, but {', '.join(other[:5])} were made with {made[other[0]]}"
        refuse(ValueRangeError, "optics", what, "Leave optics out, or make the routes anew with these.")
    return [splits_of(one) for one in made.fillna(usual)]


def _poles_used(built: gpd.GeoDataFrame, graph: PoleGraph, names: list[str], weights: list[int]) -> Shares:
    """Poles that the routes hang on, each once, by voltage and owner; those that no data show apart."""
    volts = np.array([*VOLTAGES, "voltage unknown"], dtype=object)
    place, route = shapely.get_coordinates(built.geometry.to_numpy(), return_index=True)
    far, node = nearest(np.column_stack([graph.x, graph.y]), place)
    on = (far < 1e-3) & graph.standing[node]
    poles = _with_users(node[on], route[on])
    owner = [one if isinstance(one, str) else "owner unknown" for one in graph.owner[poles.index]]
    poles["item"] = volts[graph.pole_voltage[poles.index]] + ", " + np.array(owner, dtype=object)
    poles["count"] = 1
    step = np.flatnonzero(on[1:] & on[:-1] & (route[1:] == route[:-1])) + 1
    span = _spans_between(graph, node[step - 1], node[step])
    spans = _with_users(span[span >= 0], route[step][span >= 0])
    spans["item"] = volts[graph.voltage[spans.index]] + ", not drawn"
    spans["count"] = graph.poles_between[spans.index]
    counts: dict[tuple[str, str], int] = defaultdict(int)
    both = pd.concat([poles, spans[spans["count"] > 0]])
    alike = both.groupby(["item", "routes"], sort=True, as_index=False)["count"].sum()
    for item, routes, count in alike.to_numpy(dtype=object).tolist():
        _shared_out(counts, f"poles used, {item}", count, routes, names, weights)
    return counts


def _with_users(place: NDArray[np.int64], route: NDArray[np.int64]) -> pd.DataFrame:
    """Each place once, as index, and the routes that use it."""
    pairs = pd.DataFrame({"place": place, "routes": route}).drop_duplicates().sort_values(["place", "routes"])
    return pairs.groupby("place")[["routes"]].agg(tuple)


def _spans_between(graph: PoleGraph, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the span between each pair of poles, -1 where none is."""
    key = graph.u * len(graph.x) + graph.v  # spans are sorted by both ends
    wanted = np.minimum(a, b) * len(graph.x) + np.maximum(a, b)
    at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    return np.where(key[at] == wanted, at, -1)
