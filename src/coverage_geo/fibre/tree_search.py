"""The ladder to a cheap tree with a proven gap: reduce, grow, exchange, recombine, bound.

A problem asks for the tree with the least cost of edges and of prizes left outside. A node with an
infinite prize must be inside. Everything is seeded and counted in rounds, so the same problem gives the
same tree; only where the clock ends the search does the result say so.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from coverage_geo.errors import Fault, NoRouteError, ValueRangeError, raise_faults
from coverage_geo.fibre import steiner
from coverage_geo.fibre.cuts import Bound, directed_bound
from coverage_geo.fibre.exchange import exchange, insert_nodes
from coverage_geo.fibre.few_terminals import best_of_few
from coverage_geo.fibre.reduction import reduce_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

POOL = 14
PATIENCE = 60
SEEDS = 12  # nodes that first trees are grown from
GUIDE = 1.5  # price of edges that dual ascent would not take, against that of the others
MERGE, MERGED = 12, 8  # rounds after which the best trees of a pool are merged, and how many
EASY = 3_000  # arcs up to which the best tree is sought by cuts at once
BEFORE_CUTS = 60  # rounds before HiGHS is asked for a bound
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class TreeProblem:
    """A graph with prizes, of which the cheapest tree is wanted.

    Attributes
    ----------
    u, v : numpy.ndarray
        Ends of each edge, shape (m,).
    cost : numpy.ndarray
        Cost of each edge, 0 or more, shape (m,).
    prize : numpy.ndarray
        What it costs to leave each node out, shape (n,); infinite for nodes that must be inside.
    """

    u: Ints
    v: Ints
    cost: Floats
    prize: Floats

    def __post_init__(self) -> None:
        faults = []
        if not ((self.cost >= 0) & np.isfinite(self.cost)).all():
            faults.append(Fault(ValueRangeError, "tree", "a cost is below 0", "Give costs of 0 or more."))
        if not (self.prize >= 0).all():
            faults.append(Fault(ValueRangeError, "tree", "a prize is below 0", "Give prizes of 0 or more."))
        raise_faults(faults)


@dataclass(frozen=True, slots=True, eq=False)
class TreeSolution:
    """A tree and how far it can be from the best.

    Attributes
    ----------
    edges : numpy.ndarray
        Edges in the tree, sorted.
    top : int
        A node of the tree; -1 for the empty tree.
    cost : float
        Edges inside and prizes outside.
    bound : float
        No tree costs less.
    rounds : int
        Trees that were grown.
    by_clock : bool
        Whether the clock ended the search: another run may then give another tree.
    """

    edges: Ints
    top: int
    cost: float
    bound: float
    rounds: int
    by_clock: bool

    @property
    def gap(self) -> float:
        """Proven distance from the best, as a share of the cost; 0 when it is the best."""
        return (self.cost - self.bound) / self.cost if self.cost > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A tree as an edge mask, a node of it, and its cost with the prizes outside."""

    value: float
    tree: Flags
    top: int


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """The reduced graph, laid out for the compiled loops."""

    start: Ints
    other: Ints
    edge: Ints
    u: Ints
    v: Ints
    cost: Floats
    prize: Floats  # finite: the infinite ones are dearer than everything else together
    must: Flags
    prized: Flags
    top: int
    huge: float

    @classmethod
    def of(cls, u: Ints, v: Ints, cost: Floats, prize: Floats) -> _Search:
        """Lay out a graph."""
        must = np.isinf(prize)
        huge = float(cost.sum() + prize[~must].sum()) + 1.0
        start, other, edge = steiner.around(len(prize), u, v)
        top = int(np.argmax(must)) if must.any() else -1
        finite = np.where(must, huge, prize)
        return cls(start, other, edge, u, v, cost, finite, must, prize > 0, top, huge)

    def spread(self, rounds: int, guide: Floats | float = 1.0) -> _Found:
        """Cheapest of some trees grown from seeds spread over all, by costs changed by a guide."""
        seeds = self.seeds()
        some = seeds[np.linspace(0, len(seeds) - 1, min(SEEDS, len(seeds), rounds + 1)).astype(int)]
        grown = [
            self.plain(np.flatnonzero(self.grown(self.cost * guide, int(one), self.prized))) for one in some
        ]
        return min(grown, key=lambda one: one.value)

    def plain(self, edges: Ints) -> _Found:
        """Tree on the nodes of some edges: their least spanning tree, pruned."""
        mask = np.zeros(len(self.cost), dtype=bool)
        mask[edges] = True
        inside = steiner.nodes_of(self.u, self.v, mask, len(self.prize)) | self.must
        return self._pruned(steiner.spanning(self.start, self.other, self.edge, self.cost, inside))

    def seeds(self) -> Ints:
        """Nodes to start from: those that must be inside, else those with a prize."""
        return np.flatnonzero(self.must if self.must.any() else self.prized)

    def grown(self, weight: Floats, seed: int, wanted: Flags) -> Flags:
        """Tree that takes in the wanted nodes from a seed, by weights that may differ from the costs."""
        tree: Flags = steiner.grow(self.start, self.other, self.edge, weight, seed, wanted)
        return tree

    def value_of(self, tree: Flags, top: int) -> float:
        """Cost of a tree and of the prizes outside it."""
        return float(steiner.objective(self.u, self.v, self.cost, self.prize, tree, top))

    def reaches_all(self, found: _Found) -> bool:
        """Whether all nodes that must be inside are."""
        return found.value < self.huge

    def finished(self, tree: Flags, seed: int | None) -> _Found:
        """Improve a tree until no exchange makes it cheaper."""
        inside = steiner.nodes_of(self.u, self.v, tree, len(self.prize))
        if seed is not None:
            inside[seed] = True
        tree = steiner.spanning(self.start, self.other, self.edge, self.cost, inside)
        best = self._pruned(tree)
        while True:
            inside = steiner.nodes_of(self.u, self.v, best.tree, len(self.prize))
            if best.top >= 0:
                inside[best.top] = True
            key_node = inside & self.prized
            tree = self._improved(best.tree, key_node)
            inside = inside & self.prized | steiner.nodes_of(self.u, self.v, tree, len(self.prize))
            if not (self.prized <= inside).all():
                tree, _ = steiner.take_in(
                    self.start, self.other, self.edge, self.cost, self.prize, tree, inside
                )
            found = self._pruned(tree)
            if found.value >= best.value - 1e-9 * (1.0 + best.value):
                return found if found.value < best.value else best
            best = found

    def _improved(self, tree: Flags, key_node: Flags) -> Flags:
        """Tree after taking in nodes and exchanging key paths and junctions, until nothing gets cheaper."""
        graph = (self.start, self.other, self.edge, self.u, self.v, self.cost, key_node)
        better = True
        while better:
            tree, one = insert_nodes(*graph, tree)
            tree, two = exchange(*graph, tree)
            better = one or two
        return tree

    def only(self, live: Ints) -> _Search:
        """Lay out the same graph with some edges only; edges keep their numbers."""
        here, there = (
            np.concatenate([self.u[live], self.v[live]]),
            np.concatenate([self.v[live], self.u[live]]),
        )
        ways = steiner.layout(len(self.prize), here, there, np.tile(live, 2))
        return replace(self, start=ways[0], other=ways[1], edge=ways[2])

    def _pruned(self, tree: Flags) -> _Found:
        kept, top = steiner.pruned(self.start, self.other, self.edge, self.cost, self.prize, tree, self.top)
        return _Found(self.value_of(kept, int(top)), kept, int(top))


class _Pools:
    """Trees grown in varied ways, then crossed with each other; begun anew when that leads no further."""

    def __init__(self, random: np.random.Generator, first: _Found) -> None:
        self.random = random
        self.best = first
        self.count = 0
        self.pool = [first]
        self.archive: list[_Found] = []
        self.since = 0

    def work(self, search: _Search, rounds: int, *, floor: float, end: float) -> bool:
        """Grow trees, at most so many and none once the best is proven; whether the clock ended it."""
        for _ in range(rounds):
            if self.best.value <= floor + 1e-9 * abs(floor):
                return False
            if time.monotonic() > end:
                return True
            self.count += 1
            if self.count % MERGE == 0 and len(self.pool) > 1:
                self._add(_merged(search, self.pool[:MERGED]))
                continue
            crossing = len(self.pool) >= POOL or self.since > POOL
            grown = (
                _crossed(search, self.pool, self.random)
                if crossing
                else _varied(search, self.count, self.random)
            )
            self._add(search.finished(*grown))
        return False

    def _add(self, one: _Found) -> None:
        better = not self.pool or one.value < self.pool[0].value - 1e-9 * (1.0 + abs(one.value))
        self.since = 0 if better else self.since + 1
        self.pool = _with(self.pool, one)
        if one.value < self.best.value:
            self.best = one
        if self.since > PATIENCE:
            self.archive = _with(self.archive, self.pool[0])
            again = len(self.archive) >= 3 and self.random.random() < 0.5
            self.pool = [*self.archive] if again else []
            self.since = 0


def _with(pool: list[_Found], one: _Found) -> list[_Found]:
    """A pool with one more tree, cheapest first, each tree once."""
    if any(one.value == each.value and np.array_equal(one.tree, each.tree) for each in pool):
        return pool
    return sorted([*pool, one], key=lambda each: each.value)[:POOL]


def _varied(search: _Search, count: int, random: np.random.Generator) -> tuple[Flags, int]:
    """A tree from another start: by the costs at first, by costs with noise later."""
    seeds = search.seeds()
    wanted = search.prized
    if not search.must[wanted].all() and count % 3:
        wanted = search.must | (wanted & (random.random(len(wanted)) < random.uniform(0.2, 1.0)))
    if count <= len(seeds) // 2 + 1 and count % 2:
        start, weight = int(seeds[(count * 7919) % len(seeds)]), search.cost
    else:
        start = int(random.integers(len(search.prize)))
        weight = search.cost * random.uniform(1.0, random.uniform(1.1, 2.0), len(search.cost))
    return search.grown(weight, start, wanted), start


def _merged(search: _Search, pool: list[_Found]) -> _Found:
    """The best tree found in what the trees of a pool take up together, which is little enough for cuts."""
    live = np.flatnonzero(np.any([one.tree for one in pool], axis=0))
    prize = np.where(search.must, np.inf, search.prize)
    small = reduce_graph(len(prize), search.u[live], search.v[live], search.cost[live], prize > 0)
    part = _Search.of(small.u, small.v, small.cost, prize[small.node])
    best = part.spread(1)
    bound = directed_bound(
        small.u, small.v, small.cost, prize[small.node], best.value, seconds=5, largest=EASY
    )
    tree = best.tree if bound.tree is None else part.plain(bound.tree).tree
    return search.finished(np.isin(np.arange(len(search.cost)), live[small.original(tree, len(live))]), None)


def _crossed(search: _Search, pool: list[_Found], random: np.random.Generator) -> tuple[Flags, int]:
    """A tree grown where two good ones run, preferring what they share."""
    one, two = (pool[at] for at in random.choice(len(pool), 2, replace=len(pool) < 2))
    count = len(search.cost)
    both, either = one.tree & two.tree, one.tree ^ two.tree
    noise = np.where(either, random.uniform(1.0, 1.5, count), random.uniform(1.2, 3.0, count))
    inside = steiner.nodes_of(search.u, search.v, one.tree | two.tree, len(search.prize))
    choices = np.flatnonzero(inside)
    start = int(random.choice(choices)) if len(choices) else max(one.top, 0)
    wanted = search.must | (inside & search.prized)
    return search.grown(np.where(both, search.cost, search.cost * noise), start, wanted), start


def cheap_tree(problem: TreeProblem, *, rounds: int = 4, seed: int = 0) -> Ints:
    """Edges of a cheap tree, without a bound on what a better one might save.

    Parameters
    ----------
    problem
        Graph, costs and prizes.
    rounds
        Trees to grow and improve after the first.
    seed
        Of the random numbers that vary the trees.

    Returns
    -------
    numpy.ndarray
        Sorted.
    """
    small = reduce_graph(len(problem.prize), problem.u, problem.v, problem.cost, problem.prize > 0)
    search = _Search.of(small.u, small.v, small.cost, problem.prize[small.node])
    pools = _Pools(np.random.default_rng(seed), search.finished(search.spread(rounds).tree, None))
    pools.work(search, rounds, floor=-np.inf, end=np.inf)
    return np.flatnonzero(small.original(pools.best.tree, len(problem.u)))


def _higher(one: Bound, two: Bound) -> Bound:
    """The higher of two bounds, with the tree that either found and what the first knows of edges."""
    return Bound(
        max(one.value, two.value),
        two.tree if one.tree is None else one.tree,
        by_clock=one.by_clock or two.by_clock,
        live=one.live if two.live is None else two.live,
        tight=one.tight,
    )


def _searched(
    search: _Search, best: _Found, bound: Bound, rounds: int, *, end: float, seed: int, live: Ints | None
) -> tuple[_Found, Bound, int, bool]:
    """Trees grown, improved and crossed; cuts in between; more trees: best, bound, trees, if by the clock."""
    graph = search.u, search.v, search.cost, np.where(search.must, np.inf, search.prize)
    narrow = search if live is None else search.only(live)
    begun = time.monotonic()
    pools = _Pools(np.random.default_rng(seed), narrow.finished(best.tree, None))
    end += time.monotonic() - begun  # compiling, in a first run, does not count
    before, half = min(BEFORE_CUTS, rounds), time.monotonic() + 0.4 * (end - time.monotonic())
    by_clock = pools.work(narrow, before, floor=bound.value, end=half)
    left = max(0.5, 0.6 * (end - time.monotonic()))
    late = directed_bound(*graph, pools.best.value, seconds=left)
    bound = _higher(bound, late)
    if late.tree is not None:
        pools.best = search.plain(late.tree)
    elif bound.value < pools.best.value:
        narrow = search if late.live is None else search.only(late.live)
        by_clock |= pools.work(narrow, rounds - before, floor=bound.value, end=end)
    return pools.best, bound, pools.count, by_clock or late.by_clock


def solve_tree(
    problem: TreeProblem, *, rounds: int = 150, seconds: float = 60.0, seed: int = 0
) -> TreeSolution:
    """Cheap tree and a bound on how far it is from the best.

    Parameters
    ----------
    problem
        Graph, costs and prizes.
    rounds
        Trees to grow and improve; fewer when one is proven to be the best.
    seconds
        When to stop at the latest, from the first trees on: compiling does not count.
    seed
        Of the random numbers that vary the trees.

    Returns
    -------
    TreeSolution
        With its gap; the same for the same problem, rounds and seed unless the clock ended it.

    Raises
    ------
    NoRouteError
        When no tree reaches all nodes that must be inside.

    Examples
    --------
    >>> ends = np.array([0, 1, 2, 3]), np.array([1, 2, 3, 0])
    >>> square = TreeProblem(*ends, np.array([1.0, 1.0, 1.0, 5.0]), np.array([np.inf, 0, np.inf, 2.0]))
    >>> found = solve_tree(square)
    >>> found.edges.tolist(), found.cost, found.gap
    ([0, 1, 2], 3.0, 0.0)
    """
    if not (problem.prize > 0).any():
        return TreeSolution(np.empty(0, dtype=np.int64), -1, 0.0, 0.0, rounds=0, by_clock=False)
    small = reduce_graph(len(problem.prize), problem.u, problem.v, problem.cost, problem.prize > 0)
    prize = problem.prize[small.node]
    search = _Search.of(small.u, small.v, small.cost, prize)
    best = search.spread(rounds)
    if not search.reaches_all(best):
        raise NoRouteError("No tree reaches all nodes that must be inside.")
    graph = small.u, small.v, small.cost, prize
    bound = directed_bound(*graph, best.value, seconds=math.inf, cutting=False)
    if bound.tight is not None:
        guide = np.where(bound.tight, 1.0, GUIDE)
        best = min(best, search.spread(rounds, guide), key=lambda one: one.value)
    begun = time.monotonic()  # what came before compiles, in a first run
    bound = _higher(bound, best_of_few(*graph, best.value))
    if bound.tree is None and bound.value < best.value:
        easy = directed_bound(*graph, best.value, seconds=0.2 * seconds, largest=EASY)
        bound = _higher(bound, easy)
    if bound.tree is not None:
        best = search.plain(bound.tree)
    count, by_clock = 0, bound.by_clock
    if bound.value < best.value * (1 - ROUNDING) and rounds:
        end = begun + seconds
        best, bound, count, by_clock = _searched(
            search, best, bound, rounds, end=end, seed=seed, live=bound.live
        )
    tree = small.original(best.tree, len(problem.u))
    return TreeSolution(
        edges=np.flatnonzero(tree),
        top=int(small.node[best.top]) if best.top >= 0 else -1,
        cost=best.value,
        bound=min(bound.value, best.value),
        rounds=count,
        by_clock=by_clock,
    )
