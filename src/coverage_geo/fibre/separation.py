"""Cuts that a tree, in fractions or whole, violates: between root and terminals, for light, for ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from coverage_geo.fibre.ascent import cut_before, reach_from
from coverage_geo.fibre.noding import adjacency
from coverage_geo.fibre.steiner import INFINITE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_geo.fibre.arcs import Arcs

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

UNITS = 1_000_000  # flow of a whole arc, for scipy's integer flow
PORT = 1_000  # flow of a port
VIOLATED = 0.99
SHARES = (0.05, 0.25, 0.5)
NESTED = 12


def violated(arcs: Arcs, x: Floats) -> csr_array:
    """Cuts that a fractional tree violates: for each terminal the least cut between root and terminal.

    Where light has a limit only arcs on ways short enough to the terminal count.
    """
    # A trickle on every arc: of cuts equally violated the one with fewest arcs is found.
    whole = np.rint(np.clip(x, 0, 1) * UNITS).astype(np.int32) + 1
    found: list[Ints] = []
    for terminal, reach in zip(arcs.terminals.tolist(), arcs.reach.tolist(), strict=True):
        usable = np.ones(len(x), dtype=bool)
        if reach < INFINITE:
            go = reach_from(arcs.count, arcs.head, arcs.tail, arcs.length, np.array([terminal]))
            usable = arcs.near[arcs.tail] + arcs.length + go[arcs.head] <= reach
        room = np.where(usable, whole, 0).astype(np.int32)
        for _ in range(NESTED):
            graph = adjacency(arcs.count, arcs.tail, arcs.head, room)
            flow = maximum_flow(graph, arcs.root, terminal)
            if flow.flow_value >= VIOLATED * UNITS:
                break
            near, far = _sides(graph, flow.flow, arcs.root, terminal)
            for inside in (far, ~near):
                cut = np.flatnonzero(inside[arcs.head] & ~inside[arcs.tail] & usable)
                found.append(cut)
                room[cut] = UNITS
    return unique_rows(found, len(arcs.tail))


def too_long(arcs: Arcs, x: Floats) -> csr_array:
    """Cuts that a tree violates where the ways to a terminal along it are longer than light reaches.

    Of a tree in fractions the ways along all arcs taken to more than some share are looked at.
    """
    found: list[Ints] = []
    limited = np.flatnonzero(arcs.reach < INFINITE).tolist()
    into = arcs.into()
    for share in SHARES if limited else ():
        left = np.where(x > share, 0.0, 1.0)
        for at in limited:
            cut = cut_before(
                *into,
                arcs.tail,
                left,
                arcs.root,
                int(arcs.terminals[at]),
                arcs.length,
                arcs.near,
                float(arcs.reach[at]),
            )
            if len(cut) and x[cut].sum() < VIOLATED:
                found.append(cut)
    return unique_rows(found, len(arcs.tail))


def short_of_ports(arcs: Arcs, x: Floats) -> csr_array:
    """Cuts that a tree violates where it cuts places off from ports enough: something must lead in.

    The ports flow from the root through the gateways to the places; a whole arc carries any number.
    """
    found: list[Ints] = []
    if arcs.ports is not None:
        need = arcs.ports.need
        inner = arcs.tail != arcs.root
        room = np.minimum(arcs.ports.room, need.sum())
        fixed = (room[arcs.head] * PORT).astype(np.int64)
        carried = int(need.sum())
        while carried > 0:
            flow = np.where(inner, np.rint(np.clip(x, 0, 1) * carried * PORT), fixed)
            for inside in _far_sides(arcs, flow.astype(np.int64), need):
                cut = np.flatnonzero(inside[arcs.head] & ~inside[arcs.tail] & inner)
                wanting = need[inside].sum() > room[inside].sum()
                if wanting and x[cut].sum() < VIOLATED:
                    found.append(cut)
            carried //= 2
    return unique_rows(found, len(arcs.tail))


def _far_sides(arcs: Arcs, flow: Ints, need: Ints) -> list[Flags]:
    """Nodes on the far side of the least cuts between the root and all places; none when all are fed."""
    sink, places = arcs.count, np.flatnonzero(need)
    tail, head = np.append(arcs.tail, places), np.append(arcs.head, np.full(len(places), sink))
    room = np.minimum(np.append(flow, need[places] * PORT), np.iinfo(np.int32).max).astype(np.int32)
    graph = adjacency(sink + 1, tail, head, room)
    most = maximum_flow(graph, arcs.root, sink)
    if most.flow_value >= need.sum() * PORT:
        return []
    near, far = _sides(graph, most.flow, arcs.root, sink)
    return [~near[:sink], far[:sink]]


def _sides(graph: csr_array, flow: csr_array, root: int, goal: int) -> tuple[Flags, Flags]:
    """Nodes that more could flow to from the root, and those that more could flow from to the goal."""
    rest = csr_array(graph - flow)
    rest.data[rest.data < 0] = 0
    rest.eliminate_zeros()
    near, far = np.zeros(graph.shape[0], dtype=bool), np.zeros(graph.shape[0], dtype=bool)
    near[breadth_first_order(rest, root, return_predecessors=False)] = True
    far[breadth_first_order(csr_array(rest.T), goal, return_predecessors=False)] = True
    return near, far


def unique_rows(found: list[Ints], width: int) -> csr_array:
    """Cuts as rows of a matrix over the arcs, each once."""
    distinct = {cut.tobytes(): cut for cut in found}
    begin = np.concatenate([[0], np.cumsum([len(cut) for cut in distinct.values()])]).astype(np.int64)
    return rows_of(begin, np.concatenate([np.empty(0, dtype=np.int64), *distinct.values()]), width)


def rows_of(begin: Ints, member: Ints, width: int) -> csr_array:
    """Cuts strung together as rows of a matrix over the arcs."""
    return csr_array((np.ones(len(member)), member, begin), shape=(len(begin) - 1, width))
