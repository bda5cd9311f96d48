"""Trees in published graphs come out at their published optima."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

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
    found = solve_tree(problem, rounds=60, seconds=10)
    assert 18088 <= found.cost <= 18088 * 1.02
    assert 17_000 <= found.bound <= 18088


def tree_cost(problem, found):
    """Cost of a solution, counted again: its edges must be a tree, its outside prizes be paid."""
    inside = {found.top} | {int(end) for at in found.edges for end in (problem.u[at], problem.v[at])}
    inside -= {-1}
    assert len(found.edges) == len(inside) - 1
    outside = np.ones(len(problem.prize), dtype=bool)
    outside[sorted(inside)] = False
    return problem.cost[found.edges].sum() + problem.prize[outside].sum()
