"""The bill of quantities of cable routes: what must be bought, set and spliced, shared pieces once."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from coverage_geo.errors import Fault, ValueRangeError, raise_faults
from coverage_geo.fibre.noding import nearest
from coverage_geo.fibre.optics import GPON_B_PLUS
from coverage_geo.fibre.routes import route_costs
from coverage_geo.tables import VOLTAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from coverage_geo.costs import CostComponent, UnitCosts
    from coverage_geo.fibre.optics import LossBudget
    from coverage_geo.fibre.pole_graph import PoleGraph

TOTAL = "total"
SHARED, OWN, DROP, NEW_POLES = "cable, shared", "cable, own", "cable, drop", "new poles"
PRICED = (SHARED, OWN, DROP, NEW_POLES)
UNIT_ITEMS = {SHARED: "fibre_on_poles", OWN: "fibre_on_poles", DROP: "fibre_on_poles", NEW_POLES: "new_pole"}
DRUM_M = 4_000  # cable on one drum: a splice at least so often
STEPS = {"km": 1_000_000, "pole": 1}  # quantities are shared in millimetres and whole poles
COLUMNS = ("quantity", "unit", "low_idr", "mid_idr", "high_idr", "yearly_cost_idr", "source", "grade")


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
    optics: LossBudget = GPON_B_PLUS,
) -> pd.DataFrame:
    """Bill of what routes need and cost, in total and for each group, adding up to the last rupiah.

    A piece of cable that several routes share is counted once in the total; among the groups it is shared
    out, equally for each route or by households. The shares are for display: leaving a group out saves
    less than its share.

    Parameters
    ----------
    routes
        From `cheapest_routes`, `evaluate_routes` or `shared_network`; rows with a reason are left out.
    unit_costs
        The unit costs the routes were made with; their low, mid and high figures are shown.
    groups
        Name of the group (village, kecamatan) of each route, by route_id; each route its own without it.
    households
        Homes that each route serves, by route_id: the measure of shares, and of ports and splitters.
    graph
        The pole graph, to count poles used by voltage and owner.
    optics
        Loss budget with its splitters.

    Returns
    -------
    pandas.DataFrame
        Index (group, item), "total" first; columns quantity, unit, low_idr, mid_idr, high_idr (one-off),
        yearly_cost_idr, source and grade of the unit cost. Lines without a unit cost of their own (splices,
        drops, ports, splitters, poles used) are part of the cable's price "all in" and have no figures.

    Raises
    ------
    InputError
        When a route has no group or number of households.

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
    {'cable, shared': 5000000.0, 'cable, own': 11000000.0}
    >>> bill.loc["fibre:x", "mid_idr"].dropna().to_dict()
    {'cable, shared': 2500000.0, 'cable, own': 5000000.0}
    """
    built = routes[routes["reason"].isna()].sort_index()
    names = _named(groups, built, "groups")
    homes = _counted(households, built)
    weights = [1] * len(built) if homes is None else homes
    parts = route_costs(routes).components
    pieces = _pieces([parts[route] for route in built.index])
    rows = _priced(pieces, names, weights, unit_costs)
    rows += _fitted(built, pieces, names, homes, optics)
    if graph is not None:
        rows += _poles_used(built, graph)
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
    if component.item == "new_pole":
        return NEW_POLES
    if component.component_id.startswith("drop:"):
        return DROP
    return SHARED if users > 1 else OWN


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


def _priced(
    pieces: list[_Piece], names: list[str], weights: list[int], unit_costs: UnitCosts
) -> list[dict[str, object]]:
    """Lines with a unit cost: quantity, low, mid, high and yearly cost, in total and by group."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 5)
    prices = {
        line: [replace(unit_costs, estimate=one).idr(item) for one in ("low", "mid", "high")]
        for line, item in UNIT_ITEMS.items()
    }
    for piece in pieces:
        component = piece.component
        amounts = [round(component.quantity * STEPS[component.unit])]
        amounts += [round(component.quantity * price) for price in prices[piece.line]]
        amounts.append(round(component.yearly_cost_idr))
        shared = [shares_of(amount, [weights[at] for at in piece.routes]) for amount in amounts]
        for slot, amount in enumerate(amounts):
            sums[TOTAL, piece.line][slot] += amount
            for at, share in zip(piece.routes, shared[slot], strict=True):
                sums[names[at], piece.line][slot] += share
    return [_row(group, line, amounts, unit_costs) for (group, line), amounts in sums.items()]


def _row(group: str, line: str, amounts: list[int], unit_costs: UnitCosts) -> dict[str, object]:
    cost = unit_costs.row(UNIT_ITEMS[line])
    steps, low, mid, high, yearly = amounts
    figures = {"low_idr": float(low), "mid_idr": float(mid), "high_idr": float(high)}
    return {
        "group": group,
        "item": line,
        "quantity": steps / STEPS[cost.unit],
        "unit": cost.unit,
        **figures,
        "yearly_cost_idr": float(yearly),
        "source": cost.source,
        "grade": cost.grade,
    }


def _fitted(
    built: gpd.GeoDataFrame,
    pieces: list[_Piece],
    names: list[str],
    homes: list[int] | None,
    optics: LossBudget,
) -> list[dict[str, object]]:
    """Splices (in total), drops, ports and splitters, which the price of the cable includes."""
    cables = [piece.component.quantity for piece in pieces if piece.line in {SHARED, OWN}]
    counts: dict[tuple[str, str], int] = defaultdict(int)
    counts[TOTAL, "splices"] = sum(max(1, math.ceil(km * 1000 / DRUM_M)) for km in cables)
    for at, drop_m in enumerate(built["drop_m"]):
        for group in (TOTAL, names[at]):
            counts[group, "drops"] += int(drop_m > 0)
            if homes is not None:
                ports = math.ceil(homes[at] / optics.homes_per_port)
                counts[group, "ports"] += ports
                counts[group, "splitters"] += ports * _splitters(optics)
    return [
        {"group": group, "item": item, "quantity": float(count), "unit": "piece"}
        for (group, item), count in counts.items()
    ]


def _splitters(optics: LossBudget) -> int:
    """Splitters behind one port: one of the first stage, as many of the next as that has ways, and so on."""
    before = [math.prod(optics.splits[:stage]) for stage in range(len(optics.splits))]
    return sum(count for count, ways in zip(before, optics.splits, strict=True) if ways > 1)


def _poles_used(built: gpd.GeoDataFrame, graph: PoleGraph) -> list[dict[str, object]]:
    """Recorded and drawn poles that the routes hang on, each once, by voltage and owner."""
    place = np.unique(shapely.get_coordinates(built.geometry.to_numpy()), axis=0)
    far, node = nearest(np.column_stack([graph.x, graph.y]), place)
    used = np.unique(node[far < 1e-3])
    voltage = np.array([*VOLTAGES, "voltage unknown"], dtype=object)[graph.pole_voltage[used]]
    owner = [one if isinstance(one, str) else "owner unknown" for one in graph.owner[used]]
    kinds = pd.Series([f"poles used, {volts}, {whose}" for volts, whose in zip(voltage, owner, strict=True)])
    return [
        {"group": TOTAL, "item": item, "quantity": float(count), "unit": "pole"}
        for item, count in kinds.value_counts().sort_index().items()
    ]
