"""Trees in published graphs come out at their published optima."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from coverage_geo.errors import InputError, NoRouteError
from coverage_geo.fibre.cuts import directed_bound
from coverage_geo.fibre.few_terminals import best_of_few
from coverage_geo.fibre.tree_search import solve_tree

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "trees.py"
# Optima of PACE 2018 (CC0) and of the 11th DIMACS challenge.
STEINER = {
    "steiner_pace2018/track1_instance001.gr": 503,
    "steiner_pace2018/track1_instance003.gr": 73,
    "steiner_pace2018/track1_instance006.gr": 557,
    "steiner_pace2018/track1_instance007.gr": 1239,
    "steiner_pace2018/track1_instance008.gr": 1885,
    "steiner_pace2018/track1_instance009.gr": 926,
    "steiner_pace2018/track1_instance010.gr": 2338,
    "steiner_pace2018/track1_instance015.gr": 3438,
    "steiner_pace2018/track1_instance031.gr": 311,
}
PRIZES = {
    "steiner_prize/C04-A.stp": 618,
    "steiner_prize/K100.1.stp": 124108,
    "steiner_prize/K400.4.stp": 389451,
    "steiner_prize/i104M2.stp": 89920.83535,
}


@pytest.fixture(scope="module")
def read_problem():
    """The benchmark's reader of published graphs."""
    spec = importlib.util.spec_from_file_location("benchmark_trees", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.read_problem


@pytest.mark.parametrize(("name", "optimum"), [*STEINER.items(), *PRIZES.items()])
def test_a_published_graph_gets_its_published_optimum_and_the_proof(data_folder, read_problem, name, optimum):
    problem = read_problem(data_folder / "optim" / name)
    found = solve_tree(problem, rounds=60, seconds=60)
    assert found.cost == pytest.approx(optimum, rel=1e-9)
    assert found.gap < 1e-6
    assert tree_cost(problem, found) == pytest.approx(found.cost)


def test_a_hard_published_graph_comes_near_its_optimum_within_its_bound(data_folder, read_problem):
    problem = read_problem(data_folder / "optim/steiner_pace2018/track3_instance041.gr")
    found = solve_tree(problem, rounds=24, seconds=15)
    assert 18088 <= found.cost <= 18088 * 1.03
    assert 17_500 <= found.bound <= 18088


GRAPH = "SECTION Graph\nNodes 4\nE 1 2 1.5\nE 2 3 2\nE 1 2 1\nE 2 2 1\nEND\n"
TERMINALS = "SECTION Terminals\nTerminals 2\nT 1\nT 3\nEND\n"
COMMENT = "33D32945 STP File, STP Format Version 1.0\nSECTION Comments\nT nothing\nE 1 2 x\nEND\n"


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        (GRAPH + TERMINALS + "EOF", 3),
        (COMMENT + TERMINALS + GRAPH, 3),
        (GRAPH + "SECTION Terminals\nRootP 1\nTP 3 2.5\nTP 4 1\nEND\n", 3.5),
        (GRAPH + "SECTION Terminals\nRootP: 1\nTP 3 9\nEND\n", 3),
        (GRAPH + "SECTION Terminals\nTP 1 1\nTP 3 7\nEND\n", 1),
        (GRAPH, 0),
    ],
)
def test_sections_in_any_order_comments_and_prizes_are_read(tmp_path, read_problem, text, cost):
    path = tmp_path / "graph.stp"
    path.write_text(text)
    problem = read_problem(path)
    found = solve_tree(problem, rounds=5)
    assert (found.cost, found.gap) == (cost, 0)
    assert tree_cost(problem, found) == pytest.approx(cost)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GRAPH.replace("2 3 2", "2 9 2") + "T 7", "2 faults"),
        (GRAPH.replace("2 3 2", "2 3 two"), "line 4.*Give 3 numbers"),
        (GRAPH.replace("E 2 3 2", "A 2 3 2"), "both ways"),
        ("", "no graph"),
    ],
)
def test_a_file_that_is_no_graph_is_refused_by_line(tmp_path, read_problem, text, message):
    path = tmp_path / "graph.stp"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_problem(path)


def test_terminals_that_do_not_hang_together_have_no_tree(tmp_path, read_problem):
    path = tmp_path / "graph.gr"
    path.write_text(GRAPH + "SECTION Terminals\nT 1\nT 4\nEND")
    with pytest.raises(NoRouteError, match="No tree"):
        solve_tree(read_problem(path))


@pytest.mark.parametrize("seed", range(3))
def test_few_terminals_get_the_best_tree_as_by_cuts(seed):
    random = np.random.default_rng(seed)
    u, v = np.triu_indices(40, 1)
    kept = random.random(len(u)) < 0.2
    u, v, prize = u[kept], v[kept], np.zeros(40)
    cost = random.integers(0, 30, len(u)).astype(float)
    prize[random.choice(40, 6, replace=False)] = np.inf
    few = best_of_few(u, v, cost, prize, cost.sum())
    assert few.value == pytest.approx(directed_bound(u, v, cost, prize, cost.sum(), seconds=30).value)
    assert cost[few.tree].sum() == few.value


def tree_cost(problem, found):
    """Cost of a solution, counted again: its edges must be a tree, its outside prizes be paid."""
    inside = {found.top} | {int(end) for at in found.edges for end in (problem.u[at], problem.v[at])}
    inside -= {-1}
    assert len(found.edges) == max(len(inside) - 1, 0)
    outside = np.ones(len(problem.prize), dtype=bool)
    outside[sorted(inside)] = False
    return problem.cost[found.edges].sum() + problem.prize[outside].sum()
