"""Routes cut into pieces that are paid once, however many routes use them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_geo.costs import CostComponent
from coverage_geo.fibre.noding import MM_PER_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_geo.costs import UnitCosts
    from coverage_geo.fibre.ledger import Steps
    from coverage_geo.fibre.network import Network
    from coverage_geo.fibre.power import ActiveNodes

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MM_PER_KM = 1_000_000
ROAD_CABLE = "road"  # how ids of cable along a road begin
UNIT_COSTS_USED = ("fibre_on_poles", "fibre_yearly_share", "new_pole", "pole_rent")
POWER_COSTS = ("active_node", "active_node_yearly")
UNITS = {"fibre_on_poles": "km", "new_pole": "pole", "pole_rent": "pole", "active_node": "node"}
STEPS = {"km": MM_PER_KM, "pole": 1, "node": 1}  # amounts are whole millimetres, poles and nodes


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces between the places where routes part or meet.

    Attributes
    ----------
    of_step : numpy.ndarray
        Piece of each step of the routes strung together, shape (k,).
    edge, piece : numpy.ndarray
        Each edge used, once, and the piece it belongs to.
    count : int
        How many pieces there are.
    """

    of_step: Ints
    edge: Ints
    piece: Ints
    count: int


def cut(route: Ints, edge: Ints, is_road: Flags) -> Pieces:
    """Cut routes where the set of routes that share the cable changes, and where a road begins or ends.

    Parameters
    ----------
    route, edge
        Route and edge of each step, routes one after the other from gateway to end, shape (k,).
    is_road
        Whether each step follows a road.
    """
    shared = _users(route, edge)
    runs = np.ones(len(edge), dtype=bool)
    runs[1:] = (route[1:] != route[:-1]) | (shared[1:] != shared[:-1]) | (is_road[1:] != is_road[:-1])
    of_step = _numbered(edge, runs)
    # Routes that run through the same edges in another order agree on single edges only.
    torn = _torn(edge, of_step)
    if torn.any():
        of_step = _numbered(edge, runs | np.isin(shared, shared[torn]))
    edges, first = np.unique(edge, return_index=True)
    return Pieces(of_step, edges, of_step[first], int(of_step.max(initial=-1)) + 1)


def _users(route: Ints, edge: Ints) -> NDArray[np.uint64]:
    """A number for the set of routes that use each step's edge: the sum of a scrambled number of each."""
    mixed = (route + 1).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    order = np.argsort(edge, kind="stable")
    starts = np.flatnonzero(np.diff(edge[order], prepend=-1))
    if not len(starts):
        return mixed
    sums = np.add.reduceat(mixed[order], starts)
    users = np.empty_like(mixed)
    users[order] = np.repeat(sums, np.diff(np.append(starts, len(edge))))
    return users


def _numbered(edge: Ints, starts: Flags) -> Ints:
    """Number of each step's run; runs over the same edges, whatever the direction, share it."""
    if not len(edge):
        return edge
    at = np.flatnonzero(starts)
    least = np.minimum.reduceat(edge, at)
    _, number = np.unique(least, return_inverse=True)
    return np.asarray(number[np.cumsum(starts) - 1], dtype=np.int64)


def _torn(edge: Ints, piece: Ints) -> Flags:
    """Whether a step's edge lies in different pieces on different routes, or its piece in part only."""
    edges, at = np.unique(edge, return_inverse=True)
    low, high = np.full(len(edges), np.iinfo(np.int64).max), np.full(len(edges), -1)
    np.minimum.at(low, at, piece)
    np.maximum.at(high, at, piece)
    return np.asarray((low != high)[at], dtype=bool)


def fibre_component(
    name: str, item: str, amount: int, unit_costs: UnitCosts, requires: tuple[str, ...] = ()
) -> CostComponent:
    """A piece of a route's bill at its unit cost.

    Parameters
    ----------
    name
        Its id.
    item
        One of `UNITS`.
    amount
        How many millimetres, poles or nodes.
    unit_costs
        What things cost.
    requires
        Components that must be built before this one.
    """
    unit = UNITS[item]
    price = amount * unit_costs.idr(item) / STEPS[unit]
    if item == "pole_rent":
        capital, yearly = 0.0, price
    elif item == "active_node":
        capital, yearly = price, amount * unit_costs.idr("active_node_yearly")
    else:
        capital, yearly = price, price * unit_costs.idr("fibre_yearly_share")
    return CostComponent(name, item, amount / STEPS[unit], unit, capital, yearly, requires)


def priced(
    network: Network,
    steps: Steps,
    drop_mm: Ints,
    names: list[str],
    unit_costs: UnitCosts,
    nodes: ActiveNodes,
) -> list[tuple[CostComponent, ...]]:
    """Components of each route: shared pieces of cable with their poles, active nodes, and its own drop.

    Parameters
    ----------
    network
        What the routes follow.
    steps
        The routes, from gateway to end.
    drop_mm
        Length of each route's drop, [mm].
    names
        Id of each route.
    unit_costs
        What things cost.
    nodes
        Active nodes on the routes.

    Returns
    -------
    list of tuple of CostComponent
        In the order of `names`, each from the gateway on.
    """
    moving = steps.edge >= 0
    route, edge = steps.route[moving], steps.edge[moving]
    pieces = cut(route, edge, network.is_road[edge])
    start = np.ones(len(edge), dtype=bool)
    start[1:] = (route[1:] != route[:-1]) | (pieces.of_step[1:] != pieces.of_step[:-1])
    run_route, run_piece = route[start], pieces.of_step[start]
    upstream = _upstream(run_route, run_piece, pieces.count)
    poles, shared = _standing_poles(network, pieces, steps.node[moving])
    bills = _piece_bills(network, pieces, poles, upstream, unit_costs)
    parts: list[list[CostComponent]] = [[] for _ in names]
    last = [""] * len(names)
    for one, piece in zip(run_route.tolist(), run_piece.tolist(), strict=True):
        parts[one] += bills[piece]
        last[one] = bills[piece][0].component_id
    for at in np.flatnonzero(moving & np.isin(steps.node, shared)).tolist():
        rent = fibre_component(f"rent:{_place(network, steps.node[at])}", "pole_rent", 1, unit_costs)
        parts[steps.route[at]].append(rent)
    leads_to = np.full(len(steps.edge), -1)
    leads_to[moving] = pieces.of_step
    for one, step in zip(nodes.route.tolist(), nodes.step.tolist(), strict=True):
        cable = bills[leads_to[step]][0].component_id
        own = f"power:{_place(network, steps.node[step])}:{cable.partition(':')[2]}"
        parts[one].append(fibre_component(own, "active_node", 1, unit_costs, (cable,)))
    for one, drop in enumerate(drop_mm.tolist()):
        if drop:
            # Another drop where the cable ends elsewhere.
            own = f"drop:{names[one]}:{last[one].partition(':')[2]}"
            parts[one].append(fibre_component(own, "fibre_on_poles", drop, unit_costs, (last[one],)))
    return [tuple(dict.fromkeys(own)) for own in parts]


def _place(network: Network, node: int) -> str:
    """Where a node lies, as ids of components say it."""
    x, y = np.rint(network.xy[node] * MM_PER_M).astype(np.int64).tolist()
    return f"{x},{y}"


def _standing_poles(network: Network, pieces: Pieces, node: Ints) -> tuple[Ints, Ints]:
    """How many standing poles each piece leads to, and the poles that several pieces lead to, apart.

    Parameters
    ----------
    network
        What the routes follow.
    pieces
        Pieces of the routes.
    node
        Node that each step reaches.
    """
    on = network.standing[node]
    size = max(pieces.count, 1)
    led_to, piece = np.divmod(np.unique(node[on] * size + pieces.of_step[on]), size)
    pole, first, times = np.unique(led_to, return_index=True, return_counts=True)
    ends = np.bincount(piece[first[times == 1]], minlength=pieces.count)
    between = np.zeros(pieces.count, dtype=np.int64)
    np.add.at(between, pieces.piece, network.poles_between[pieces.edge])
    return ends + between, pole[times > 1]


def _upstream(route: Ints, piece: Ints, count: int) -> Ints:
    """Piece that comes before each piece, -1 where none does or routes differ."""
    before = np.full(len(piece), -1)
    follows = np.flatnonzero(route[1:] == route[:-1]) + 1
    before[follows] = piece[follows - 1]
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(low, piece, before)
    np.maximum.at(high, piece, before)
    return np.where(low == high, low, -1)


def _piece_bills(
    network: Network, pieces: Pieces, poles: Ints, upstream: Ints, unit_costs: UnitCosts
) -> list[tuple[CostComponent, ...]]:
    """Cable, rent of its poles and new poles of each piece; cable along a road has an id that says so."""
    sums = [
        np.bincount(pieces.piece, weights=values[pieces.edge], minlength=pieces.count).astype(np.int64)
        for values in (network.length_mm, network.new_poles)
    ]
    names = _content_names(network, pieces, upstream)
    on_road = np.zeros(pieces.count, dtype=bool)
    on_road[pieces.piece] = network.is_road[pieces.edge]
    names = [
        f"{ROAD_CABLE if road else 'cable'}:{name}"
        for name, road in zip(names, on_road.tolist(), strict=True)
    ]
    bills: list[tuple[CostComponent, ...]] = []
    for at, (length_mm, new_poles) in enumerate(zip(*(one.tolist() for one in sums), strict=True)):
        needs = (names[upstream[at]],) if upstream[at] >= 0 else ()
        cable, place = names[at], names[at].partition(":")[2]
        parts = [fibre_component(cable, "fibre_on_poles", length_mm, unit_costs, needs)]
        if poles[at]:  # how many also depends on what other routes lead to the piece's ends
            rent = f"rent:{place}:{poles[at]}"
            parts.append(fibre_component(rent, "pole_rent", int(poles[at]), unit_costs, needs))
        if new_poles:
            parts.append(fibre_component(f"poles:{place}", "new_pole", new_poles, unit_costs, needs))
        bills.append(tuple(parts))
    return bills


def _content_names(network: Network, pieces: Pieces, upstream: Ints) -> list[str]:
    """A name for each piece that says which ground it and all pieces before it cover.

    A piece has the same name, and so the same cost and the same pieces upstream, in every call on one graph.
    """
    if not pieces.count:
        return []
    a, b = network.xy[network.u[pieces.edge]], network.xy[network.v[pieces.edge]]
    turned = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    a, b = np.where(turned[:, None], b, a), np.where(turned[:, None], a, b)
    ground = np.rint(np.concatenate([a, b], axis=1) * MM_PER_M).astype(np.int64)
    order = np.lexsort((*ground.T[::-1], pieces.piece))
    starts = np.flatnonzero(np.diff(pieces.piece[order], prepend=-1))
    own = [part.tobytes() for part in np.split(ground[order], starts[1:])]
    names = [""] * pieces.count
    for first in range(pieces.count):
        waiting = [first]
        while upstream[waiting[-1]] >= 0 and not names[upstream[waiting[-1]]]:
            waiting.append(int(upstream[waiting[-1]]))
        for at in waiting[::-1]:
            before = names[upstream[at]] if upstream[at] >= 0 else ""
            names[at] = hashlib.blake2b(own[at] + b"|" + before.encode(), digest_size=8).hexdigest()
    return names
