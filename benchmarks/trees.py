"""Cost, bound, gap and seconds of trees in published graphs (PACE .gr, SteinLib and DIMACS .stp).

``python benchmarks/trees.py FILE... [--seconds N] [--rounds N] [--json]``
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from coverage_geo.fibre.tree_search import TreeProblem, solve_tree


def read_problem(path: Path) -> TreeProblem:
    """Read a Steiner tree problem, plain or prize-collecting, rooted or not.

    Parameters
    ----------
    path
        A PACE .gr or SteinLib .stp file.

    Returns
    -------
    TreeProblem
        Nodes are numbered from 0.
    """
    count, edges, prizes = 0, [], {}
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.replace(":", " ").split()
        match words[:1]:
            case ["Nodes"]:
                count = int(words[1])
            case ["E" | "A"]:
                edges.append((int(words[1]) - 1, int(words[2]) - 1, float(words[3])))
            case ["T" | "RootP" | "Root"]:
                prizes[int(words[1]) - 1] = np.inf
            case ["TP"]:
                prizes.setdefault(int(words[1]) - 1, float(words[2]))
    ends = np.array([edge[:2] for edge in edges], dtype=np.int64)
    prize = np.zeros(count)
    prize[list(prizes)] = list(prizes.values())
    return TreeProblem(ends[:, 0], ends[:, 1], np.array([edge[2] for edge in edges]), prize)


def main() -> None:
    """Solve each file and print a line, or one JSON list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for path in options.files:
        problem = read_problem(path)
        begun = time.perf_counter()
        found = solve_tree(problem, rounds=options.rounds, seconds=options.seconds)
        row = {
            "file": path.name,
            "cost": found.cost,
            "bound": found.bound,
            "gap": found.gap,
            "rounds": found.rounds,
            "seconds": round(time.perf_counter() - begun, 2),
        }
        rows.append(row)
        if not options.json:
            print(
                "{file:32} {cost:>14.6g} {bound:>14.6g} {gap:>8.3%} {rounds:>6} {seconds:>7.2f} s".format(
                    **row
                )
            )
    if options.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
