"""Cost, bound, gap and seconds of trees: in published graphs, and in districts of poles made by code.

``python benchmarks/trees.py [FILE...] [--seconds N] [--rounds N] [--districts N] [--json]``

Files are PACE .gr or SteinLib and DIMACS .stp (plain, prize-collecting, rooted). Each district has 60 places
on some 50,000 poles: once with light that reaches everywhere, where the heuristic alone is also compared with
networkx on the same graph in the same run; once behind 1:32; once with ports for a third of the places
at each gateway.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

import coverage_geo as cg
from coverage_geo.errors import Fault, ValueRangeError, raise_faults
from coverage_geo.fibre.optics import LossBudget
from coverage_geo.fibre.tree_search import TreeProblem, cheap_tree, solve_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    Lines = dict[str, list[tuple[int, list[float]]]]

CRS = "EPSG:32748"
SIDE, SPACING_M, KEPT, POLE_M = 30, 2_000.0, 0.75, 50.0
PLACES, GATEWAYS = 60, 3
FAR = LossBudget("far", 60.0, splits=(8,), logical_reach_m=300_000.0)
WORDS = {"e": 3, "a": 3, "t": 1, "tp": 2, "root": 1, "rootp": 1, "nodes": 1}  # numbers that follow each
PASSED_OVER = ("comment", "coordinates", "presolve", "tree decomposition")


def read_problem(path: Path) -> TreeProblem:
    """Read a Steiner tree problem, plain or prize-collecting, rooted or not.

    Parameters
    ----------
    path
        A PACE .gr or SteinLib .stp file; sections in any order, what is not known is passed over.

    Returns
    -------
    TreeProblem
        Nodes are numbered from 0.

    Raises
    ------
    InputError
        When lines are not what they must be, all of them named.
    """
    lines, faults = _lines(path)
    count = int(lines["nodes"][-1][1][0]) if lines["nodes"] and not faults else 0
    if not faults:
        faults = _beyond(path, lines, count) + _one_way(path, lines["a"])
    if not count and not faults:
        faults.append(_fault(path, 1, "no graph", "Give Nodes and E lines."))
    raise_faults(faults)
    prize = np.zeros(count)
    for _, (node, value) in lines["tp"]:
        prize[int(node) - 1] = value
    for _, (node,) in lines["t"] + lines["root"] + lines["rootp"]:
        prize[int(node) - 1] = np.inf
    edges = np.array([values for _, values in lines["e"] + lines["a"]]).reshape(-1, 3)
    ends = edges[:, :2].astype(np.int64) - 1
    return TreeProblem(ends[:, 0], ends[:, 1], edges[:, 2], prize)


def _lines(path: Path) -> tuple[Lines, list[Fault]]:
    """Numbers of the lines that begin with a known word, by the word; and those that are no numbers."""
    lines: Lines = {word: [] for word in WORDS}
    faults, section = [], ""
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        words = line.replace(":", " ").split()
        word = words[0].lower() if words else ""
        section = " ".join(words[1:]).lower() if word == "section" else section
        if word not in WORDS or section.startswith(PASSED_OVER):
            continue
        values = [_number(one) for one in words[1 : 1 + WORDS[word]]]
        if len(values) < WORDS[word] or not np.isfinite(values).all():
            faults.append(_fault(path, number, line, f"Give {WORDS[word]} numbers."))
        else:
            lines[word].append((number, values))
    return lines, faults


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _beyond(path: Path, lines: Lines, count: int) -> list[Fault]:
    """Faults of lines that name nodes there are not, or costs below 0."""
    faults = []
    for word in ("e", "a", "t", "tp", "root", "rootp"):
        for number, values in lines[word]:
            nodes = values[: 2 if word in "ea" else 1]
            there = all(1 <= one <= count and one == int(one) for one in nodes)
            if not (there and min(values) >= 0):
                what = f"{word} {' '.join(map('{:g}'.format, values))}"
                faults.append(_fault(path, number, what, f"Nodes go from 1 to {count}, costs from 0."))
    return faults


def _fault(path: Path, number: int, what: str, remedy: str) -> Fault:
    return Fault(ValueRangeError, f"{path.name}, line {number}", f"“{what.strip()[:60]}”", remedy)


def _one_way(path: Path, arcs: list[tuple[int, list[float]]]) -> list[Fault]:
    """Faults of arcs that do not run both ways at one cost."""
    there = {tuple(values) for _, values in arcs}
    return [
        _fault(path, number, f"a {u:g} {v:g} {cost:g}", "Arcs must run both ways at one cost: give edges.")
        for number, (u, v, cost) in arcs
        if (v, u, cost) not in there
    ][:5]


def table(name: str, prefix: str, geometry: list[object]) -> gpd.GeoDataFrame:
    """A table of places with ids."""
    ids = pd.Index([f"{prefix}{at:04d}" for at in range(len(geometry))], name=name)
    return gpd.GeoDataFrame(index=ids, geometry=geometry, crs=CRS)


def district(seed: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Pole lines in a bent mesh with a quarter of its streets missing, gateways and places by them.

    Parameters
    ----------
    seed
        Of the random numbers.

    Returns
    -------
    tuple of geopandas.GeoDataFrame
        Poles, gateways and places.
    """
    random = np.random.default_rng(seed)
    mesh = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE), indexing="ij"), -1) * SPACING_M
    corner = mesh + random.normal(0, 0.2 * SPACING_M, mesh.shape)
    streets = [(corner[:-1], corner[1:]), (corner[:, :-1], corner[:, 1:])]
    begin, end = (np.concatenate([pair[at].reshape(-1, 2) for pair in streets]) for at in (0, 1))
    kept = random.random(len(begin)) < KEPT
    lines = []
    for one, two in zip(begin[kept], end[kept], strict=True):
        poles = max(2, round(float(np.hypot(*(two - one))) / POLE_M) + 1)
        lines.append(shapely.LineString(one + np.linspace(0, 1, poles)[:, None] * (two - one)))
    at = shapely.get_coordinates(lines)
    gateways = shapely.points(at[random.choice(len(at), GATEWAYS, replace=False)])
    beside = at[random.choice(len(at), PLACES, replace=False)] + random.normal(0, 60, (PLACES, 2))
    poles = table("pole_id", "L", lines).assign(voltage="JTM")
    return (
        poles,
        table("gateway_id", "G", list(gateways)),
        table("place_id", "P", list(shapely.points(beside))),
    )


def problem_of(graph: cg.PoleGraph, gateways: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> TreeProblem:
    """The tree between the poles nearest to places and a root before the poles nearest to gateways.

    Parameters
    ----------
    graph
        Poles and spans; those that hang together with the most poles are used.
    gateways, places
        Points.

    Returns
    -------
    TreeProblem
        Costs are lengths in km.
    """
    largest = np.flatnonzero(graph.component == np.bincount(graph.component).argmax())
    tree = cKDTree(np.column_stack([graph.x, graph.y])[largest])
    pole, start = (
        largest[tree.query(shapely.get_coordinates(one.geometry))[1]] for one in (places, gateways)
    )
    root = len(graph.x)
    prize = np.zeros(root + 1)
    prize[pole], prize[root] = np.inf, np.inf
    u, v = np.concatenate([graph.u, start]), np.concatenate([graph.v, np.full(len(start), root)])
    return TreeProblem(u, v, np.append(graph.length_mm, np.zeros(len(start))) / 1e6, prize)


def heuristic_row(problem: TreeProblem) -> dict[str, float]:
    """Our trees without any bound against networkx's, as ratios of cost and time (ours is 1).

    Parameters
    ----------
    problem
        A connected problem whose prizes are 0 or infinite.

    Returns
    -------
    dict
        Seconds of ours, and how many times dearer and slower networkx is; empty where that is not installed.
    """
    if importlib.util.find_spec("networkx") is None:
        return {}
    import networkx as nx  # noqa: PLC0415 - a peer that need not be there

    cheap_tree(problem, rounds=1)  # compiles
    begun = time.perf_counter()
    ours = problem.cost[cheap_tree(problem)].sum()
    between = time.perf_counter()
    graph = nx.Graph()
    graph.add_weighted_edges_from(
        zip(problem.u.tolist(), problem.v.tolist(), problem.cost.tolist(), strict=True)
    )
    terminals = np.flatnonzero(np.isinf(problem.prize)).tolist()
    joined = graph.subgraph(nx.node_connected_component(graph, terminals[0])).copy()
    ready = time.perf_counter()
    theirs = nx.approximation.steiner_tree(joined, terminals, method="mehlhorn").size("weight")
    seconds = between - begun
    return {
        "heuristic_s": round(seconds, 3),
        "networkx_cost": round(theirs / ours, 4),
        "networkx_time": round((time.perf_counter() - ready) / seconds, 1),
    }


def district_rows(seed: int, seconds: float) -> list[dict[str, object]]:
    """Shared networks of a district: free of limits, within the light, within ports.

    Parameters
    ----------
    seed
        Of the district.
    seconds
        When to stop each at the latest.

    Returns
    -------
    list of dict
        Figures of each.
    """
    poles, gateways, places = district(seed)
    graph = cg.build_pole_graph(poles)
    costs = cg.UnitCosts().with_values(fibre_on_poles=100e6, new_pole=4e6, pole_rent=0)
    few = gateways.assign(ports=float(PLACES // GATEWAYS))
    cases = {"free": (gateways, FAR), "light": (gateways, cg.GPON_C_PLUS), "ports": (few, FAR)}
    rows: list[dict[str, object]] = []
    for name, (start, optics) in cases.items():
        begun = time.perf_counter()
        found = cg.shared_network(
            graph, gateways=start, targets=places, unit_costs=costs, optics=optics, seconds=seconds
        )
        row: dict[str, object] = {
            "file": f"district {seed}, {name}",
            "poles": len(graph.x),
            "connected": int(found.routes["reason"].isna().sum()),
            "cost": found.capital_cost_idr,
            "bound": found.bound_idr,
            "gap": found.gap,
            "binding": found.binding,
            "by_clock": found.by_clock,
            "rounds": found.rounds,
            "seconds": round(time.perf_counter() - begun, 2),
        }
        rows.append(row | (heuristic_row(problem_of(graph, start, places)) if name == "free" else {}))
    return rows


def file_row(path: Path, seconds: float, rounds: int) -> dict[str, object]:
    """Figures of the tree found for a file, or why there is none.

    Parameters
    ----------
    path
        As for `read_problem`.
    seconds, rounds
        When to stop at the latest.

    Returns
    -------
    dict
        Cost, bound, gap, rounds and seconds; or the error.
    """
    try:
        problem = read_problem(path)
        begun = time.perf_counter()
        found = solve_tree(problem, rounds=rounds, seconds=seconds)
    except (cg.errors.CoverageGeoError, OSError) as error:
        return {"file": path.name, "error": str(error)}
    return {
        "file": path.name,
        "cost": found.cost,
        "bound": found.bound,
        "gap": found.gap,
        "rounds": found.rounds,
        "seconds": round(time.perf_counter() - begun, 2),
    }


def told(row: dict[str, object]) -> str:
    """A row as a line."""
    if "error" in row:
        return f"{row['file']:32} {row['error']}"
    line = "{file:32} {cost:>16.9g} {bound:>16.9g} {gap:>8.3%} {rounds:>6} {seconds:>7.2f} s".format(**row)
    rest = [
        f"{name} {row[name]}"
        for name in row
        if name not in {"file", "cost", "bound", "gap", "rounds", "seconds"}
    ]
    return "  ".join([line, *rest])


def main() -> None:
    """Solve each file and district and print a line, or one JSON list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--rounds", type=int, default=100_000)
    parser.add_argument("--districts", type=int, default=0, help="how many to make, by seed from 0")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    jobs: list[Callable[[], list[dict[str, object]]]] = [
        lambda path=path: [file_row(path, options.seconds, options.rounds)] for path in options.files
    ]
    jobs += [lambda seed=seed: district_rows(seed, options.seconds) for seed in range(options.districts)]
    rows = []
    for job in jobs:
        rows += job()
        if not options.json:
            print("\n".join(told(row) for row in rows[-3 if len(rows) > len(options.files) else -1 :]))
    if options.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
