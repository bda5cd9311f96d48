"""Seconds and memory from a million poles to a graph, and from the graph to routes to all places.

``python benchmarks/poles.py [--poles N] [--places N] [--data lines|points|both|scattered] [--json]``
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import coverage_geo as cg

CRS = "EPSG:32748"
STRING = 500  # poles in one line
MB = 1024


def pole_data(count: int, data: str, *, seed: int = 1) -> gpd.GeoDataFrame:
    """Winding pole lines with a pole every 30 to 50 m, their points half a metre off.

    Parameters
    ----------
    count
        Number of poles.
    data
        "lines", "points" or "both"; or "scattered": points without any order, 40 m apart on average.
    seed
        Of the random numbers.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.POLES`.
    """
    random = np.random.default_rng(seed)
    if data == "scattered":
        corner = np.array([500_000, 9_000_000])
        points = shapely.points(random.uniform(corner, corner + 40 * count**0.5, (count, 2)))
        return _table(points, np.full(count, "JTR"))
    lines = max(count // STRING, 1)
    reach = 300_000 * (count / 1e6) ** 0.5
    turn = np.cumsum(random.normal(0, 0.1, (lines, STRING)), axis=1)
    turn += random.uniform(0, 2 * np.pi, (lines, 1))
    step = random.uniform(30, 50, (lines, STRING))
    course = np.cumsum(np.stack([step * np.cos(turn), step * np.sin(turn)], axis=-1), axis=1)
    xy = course + random.uniform(0, reach, (lines, 1, 2)) + [500_000, 9_000_000]
    voltage = np.where(np.arange(lines) % 2, "JTM", "JTR")
    geometry, volts = [], []
    if data != "points":
        geometry.append(shapely.linestrings(xy))
        volts.append(voltage)
    if data != "lines":
        geometry.append(shapely.points((xy + random.normal(0, 0.5, xy.shape)).reshape(-1, 2)))
        volts.append(np.repeat(voltage, STRING))
    return _table(np.concatenate(geometry), np.concatenate(volts))


def _table(places: np.ndarray, volts: np.ndarray) -> gpd.GeoDataFrame:
    ids = pd.Index([f"pole-{at:07d}" for at in range(len(places))], name="pole_id")
    return gpd.GeoDataFrame({"voltage": volts}, index=ids, geometry=places, crs=CRS)


def some_poles(graph: cg.PoleGraph, count: int, index: str, *, seed: int) -> gpd.GeoDataFrame:
    """Points 30 m beside some poles.

    Parameters
    ----------
    graph
        The pole graph.
    count
        How many.
    index
        Name of the table's ids.
    seed
        Of the random numbers.

    Returns
    -------
    geopandas.GeoDataFrame
        A table of points.
    """
    at = np.random.default_rng(seed).choice(len(graph.x), count, replace=False)
    points = gpd.points_from_xy(graph.x[at] + 30, graph.y[at])
    ids = pd.Index([f"{index}-{one:06d}" for one in range(count)], name=index)
    return gpd.GeoDataFrame(index=ids, geometry=points, crs=CRS)


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--poles", type=int, default=1_000_000)
    parser.add_argument("--places", type=int, default=1_000)
    parser.add_argument("--data", choices=["lines", "points", "both", "scattered"], default="lines")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table = pole_data(options.poles, options.data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB
    build_pole_graph = cg.build_pole_graph  # imported before the clock starts
    begun = time.perf_counter()
    graph = build_pole_graph(table)
    built = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB
    costs = cg.UnitCosts().with_values(fibre_on_poles=100e6, new_pole=4e6, pole_rent=0)
    gateways = some_poles(graph, 50, "gateway_id", seed=2)
    targets = some_poles(graph, options.places, "settlement_id", seed=3)
    ready = time.perf_counter()
    routes = cg.cheapest_routes(graph, gateways=gateways, targets=targets, unit_costs=costs)
    row = {
        "data": options.data,
        "poles": len(graph.x),
        "spans": len(graph.u),
        "repairs": sum(graph.report.counts().values()),
        "graph_s": round(built - begun, 2),
        "tables_mb": round(before),
        "peak_mb": round(peak),
        "places": len(routes),
        "connected": int(routes["reason"].isna().sum()),
        "routes_s": round(time.perf_counter() - ready, 2),
    }
    lines = [f"{name:>10} {value}" for name, value in row.items()]
    print(json.dumps(row) if options.json else "\n".join(lines))


if __name__ == "__main__":
    main()
