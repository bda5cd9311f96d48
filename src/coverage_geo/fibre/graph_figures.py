"""Figures that describe a pole graph: its parts, what reaches a gateway, what was mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_geo.fibre.network import ways_in
from coverage_geo.fibre.noding import MM_PER_M
from coverage_geo.fibre.pole_survey import INFERRED, NEW, ROAD
from coverage_geo.tables import GATEWAYS, check

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_geo.fibre.pole_graph import PoleGraph

    Ints = NDArray[np.int64]


def statistics_of(graph: PoleGraph, gateways: gpd.GeoDataFrame | None, *, max_gateway_m: float) -> pd.Series:
    """Return the figures that `PoleGraph.statistics` names."""
    sizes = np.bincount(graph.component)
    counts, metres = graph.report.counts(), graph.report.metres()

    def length_m(kind: int) -> float:
        return int(graph.length_mm[graph.kind == kind].sum()) / MM_PER_M

    figures = {
        "poles": len(graph.x),
        "spans": len(graph.u),
        "components": len(sizes),
        "poles_in_largest_component": int(sizes.max(initial=0)),
        "length_m": int(graph.length_mm.sum()) / MM_PER_M,
        "new_poles": int(graph.new_poles.sum()),
        "bridged_m": length_m(NEW),
        "inferred_m": length_m(INFERRED),
        "road_m": length_m(ROAD),
        **{f"repairs: {kind}": count for kind, count in counts.items()},
        **{f"metres: {kind}": far for kind, far in metres.items()},
    }
    if gateways is not None:
        parts = components_of(graph, gateways, max_gateway_m=max_gateway_m)
        fed = parts["gateways"] > 0
        gateway, _, _ = _ways_in(graph, gateways, max_gateway_m)
        figures["poles_that_reach_a_gateway"] = int(parts.loc[fed, "poles"].sum())
        figures["components_without_a_gateway"] = int((~fed).sum())
        figures["gateways_without_poles"] = len(gateways) - len(np.unique(gateway))
    return pd.Series(figures, name="pole graph")


def components_of(
    graph: PoleGraph, gateways: gpd.GeoDataFrame | None, *, max_gateway_m: float
) -> pd.DataFrame:
    """Return the parts that `PoleGraph.components` describes."""
    _, first, poles = np.unique(graph.component, return_index=True, return_counts=True)
    named = np.flatnonzero(pd.notna(graph.pole_id))
    part, at = np.unique(graph.component[named], return_index=True)
    name = np.full(len(first), None, dtype=object)
    name[part] = graph.pole_id[named[at]]
    length = np.bincount(graph.component[graph.u], weights=graph.length_mm, minlength=len(first))
    table = pd.DataFrame(
        {
            "pole_id": name,
            "poles": poles,
            "length_m": length / MM_PER_M,
            "x_m": graph.x[first],
            "y_m": graph.y[first],
        },
        index=pd.RangeIndex(len(first), name="component"),
    )
    if gateways is None:
        return table
    _, pole, _ = _ways_in(graph, gateways, max_gateway_m)
    return table.assign(gateways=np.bincount(graph.component[pole], minlength=len(first)))


def _ways_in(graph: PoleGraph, gateways: gpd.GeoDataFrame, max_gateway_m: float) -> tuple[Ints, Ints, Ints]:
    check(gateways, GATEWAYS, crs=graph.crs)
    ordered = gateways.sort_index()
    place = np.column_stack([graph.x, graph.y])
    at = np.column_stack([ordered.geometry.x, ordered.geometry.y])
    return ways_in(graph, place, at, max_gateway_m)
