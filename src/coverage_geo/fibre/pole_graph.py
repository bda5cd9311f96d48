"""Pole points and pole lines, broken as they come, made into one graph with a repair report."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse.csgraph import connected_components

from coverage_geo.errors import Fault, ValueRangeError, raise_faults
from coverage_geo.fibre.edge_grid import keys
from coverage_geo.fibre.graph_figures import components_of, statistics_of
from coverage_geo.fibre.noding import (
    MM_PER_M,
    SAME_MM,
    Mended,
    Net,
    add_poles,
    adjacency,
    distinct_poles,
    joined_up,
    length_mm,
    lines_between,
    lines_to_net,
    mend,
    merge_near,
    nearest,
)
from coverage_geo.fibre.pole_survey import (
    EDGE_KINDS,
    INFERRED,
    NEW,
    ROAD,
    UNKNOWN,
    Survey,
    check_inputs,
    column,
    millimetres,
    survey_of,
)
from coverage_geo.fibre.repair_report import RepairReport, whole_rows
from coverage_geo.fibre.roads import Lie, road_spans
from coverage_geo.fibre.spans import POLES_PER_KM, bridge_rule, gap_bridges, neighbour_spans, poles_between
from coverage_geo.provenance import Assumption
from coverage_geo.tables import VOLTAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_geo.fibre.spans import Allowed

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MAX_SPAN_M: Mapping[str, float] = MappingProxyType({"JTM": 80.0, "JTR": 60.0, "unknown": 60.0})
USUAL_SPAN_M = (50.0, 40.0, 40.0)  # JTM, JTR, unknown: where a drawn line shows no poles


@dataclass(frozen=True, slots=True, eq=False)
class PoleGraph:
    """Poles and the spans between them, as a cable may follow them.

    Attributes
    ----------
    x, y : numpy.ndarray
        Shape (n,): poles, [m], sorted by x, then y.
    pole_id : numpy.ndarray
        Shape (n,), object: id of the pole recorded there; None where only a line shows one.
    pole_voltage : numpy.ndarray
        Shape (n,), int8: 0 JTM, 1 JTR, 2 unknown.
    owner : numpy.ndarray
        Shape (n,), object: whose pole it is; None where unknown.
    permitted : numpy.ndarray
        Shape (n,), bool: False where the data forbid cable on the pole.
    standing : numpy.ndarray
        Shape (n,), bool: False for a new pole that a cable along a road needs.
    u, v : numpy.ndarray
        Shape (m,), int64: the two poles of each span, u < v, sorted.
    length_mm : numpy.ndarray
        Shape (m,), int64: length of each span, [mm] (whole, so that sums do not depend on order).
    kind : numpy.ndarray
        Shape (m,), int8: 0 existing, 1 inferred between existing poles, 2 new (a bridged gap), 3 along a
        road (inferred: nobody surveyed whether poles may be set there).
    voltage : numpy.ndarray
        Shape (m,), int8: 0 JTM, 1 JTR, 2 unknown.
    new_poles : numpy.ndarray
        Shape (m,), int64: poles to set before cable can hang there. A span along a road carries one pole: a
        new one, or the standing pole it leads to.
    poles_between : numpy.ndarray
        Shape (m,), int64: poles along the span that a coarsely drawn line does not show.
    component : numpy.ndarray
        Shape (n,), int64: which connected part each pole belongs to, 0 the largest.
    crs : pyproj.CRS
        The study's CRS.
    report : RepairReport
        What was mended; `repairs` shows it.
    assumptions : tuple of Assumption
        Tolerances and limits used.

    Examples
    --------
    >>> from shapely import LineString
    >>> line = gpd.GeoDataFrame(
    ...     index=pd.Index(["A"], name="pole_id"), geometry=[LineString([(0, 0), (50, 0)])], crs="EPSG:32748")
    >>> graph = build_pole_graph(line)
    >>> isinstance(graph, PoleGraph), graph.length_m.tolist()
    (True, [50.0])
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    pole_id: NDArray[np.object_]
    pole_voltage: NDArray[np.int8]
    owner: NDArray[np.object_]
    permitted: Flags
    standing: Flags
    u: Ints
    v: Ints
    length_mm: Ints
    kind: NDArray[np.int8]
    voltage: NDArray[np.int8]
    new_poles: Ints
    poles_between: Ints
    component: Ints
    crs: CRS
    report: RepairReport
    assumptions: tuple[Assumption, ...] = ()

    def __repr__(self) -> str:
        parts = int(self.component.max(initial=-1)) + 1
        return (
            f"PoleGraph({len(self.x):,} poles, {len(self.u):,} spans of {self.length_mm.sum() / 1e6:,.1f} km "
            f"in {parts:,} parts, {sum(self.report.counts().values()):,} repairs)"
        )

    @property
    def length_m(self) -> NDArray[np.float64]:
        """Length of each span, [m], shape (m,)."""
        return self.length_mm / MM_PER_M

    @property
    def repairs(self) -> gpd.GeoDataFrame:
        """Repairs as a table: what, pole_id (row concerned), other_id, distance_m and the place as geometry.

        The index is repair_id, and `repair_report.REPAIR_KINDS` lists what can be mended. The table is made
        when first asked for.
        """
        return self.report.table

    def statistics(
        self, *, gateways: gpd.GeoDataFrame | None = None, max_gateway_m: float = 500.0
    ) -> pd.Series:
        """Return the figures that describe the graph and what was mended.

        Parameters
        ----------
        gateways
            Where traffic leaves the district, to count what reaches one.
        max_gateway_m
            How far a pole may stand from a gateway that feeds it, [m].

        Returns
        -------
        pandas.Series
            With poles, spans, components, poles_in_largest_component, length_m, new_poles, bridged_m,
            inferred_m, road_m, the number of repairs of each kind as "repairs: <kind>" and how far they
            reached as "metres: <kind>"; with gateways also poles_that_reach_a_gateway,
            components_without_a_gateway and gateways_without_poles.
        """
        return statistics_of(self, gateways, max_gateway_m=max_gateway_m)

    def components(
        self, *, gateways: gpd.GeoDataFrame | None = None, max_gateway_m: float = 500.0
    ) -> pd.DataFrame:
        """Return the connected parts of the graph, the one with most poles first.

        Parameters
        ----------
        gateways
            Where traffic leaves the district, to say which parts reach one.
        max_gateway_m
            How far a pole may stand from a gateway that feeds it, [m].

        Returns
        -------
        pandas.DataFrame
            Index component; pole_id (the first that is known, as its name; missing when only lines show
            it), poles, length_m, x_m and y_m of its westernmost pole, and with gateways their number.
        """
        return components_of(self, gateways, max_gateway_m=max_gateway_m)

    def pole_table(self) -> gpd.GeoDataFrame:
        """Return the repaired poles and spans as a table that `build_pole_graph` reads back unchanged.

        Returns
        -------
        geopandas.GeoDataFrame
            One row for each pole (point) and each span (line), with the columns of `tables.POLES` and
            kind, new_poles, poles_between for the spans.
        """
        names = np.array([*VOLTAGES, None], dtype=object)
        own = [f"node-{at:08d}" if one is None else one for at, one in enumerate(self.pole_id)]
        n, m = len(self.x), len(self.u)
        lines = self.span_lines()
        return gpd.GeoDataFrame(
            {
                "voltage": np.concatenate([names[self.pole_voltage], names[self.voltage]]),
                "owner": np.concatenate([self.owner, np.full(m, None)]),
                "permitted": np.concatenate([self.permitted.astype(object), np.full(m, None)]),
                "kind": np.concatenate(
                    [
                        np.array([EDGE_KINDS[ROAD], None], dtype=object)[self.standing.astype(int)],
                        np.array(EDGE_KINDS, dtype=object)[self.kind],
                    ]
                ),
                "new_poles": np.concatenate([np.full(n, np.nan), self.new_poles]),
                "poles_between": np.concatenate([np.full(n, np.nan), self.poles_between]),
            },
            index=pd.Index([*own, *(f"span-{at:08d}" for at in range(m))], name="pole_id"),
            geometry=np.concatenate([shapely.points(self.x, self.y), lines]),
            crs=self.crs,
        )

    def span_lines(self) -> NDArray[np.object_]:
        """Return each span as a line.

        Returns
        -------
        numpy.ndarray
            Shape (m,), of shapely lines.
        """
        xy = np.column_stack([self.x, self.y])
        return lines_between(xy[self.u], xy[self.v])


def build_pole_graph(
    poles: gpd.GeoDataFrame,
    *,
    villages: gpd.GeoDataFrame | None = None,
    obstacles: gpd.GeoDataFrame | None = None,
    snap_m: float = 10.0,
    same_pole_m: float = 2.0,
    max_gap_m: float = 300.0,
    max_span_m: Mapping[str, float] = MAX_SPAN_M,
    leave_villages: bool = False,
    roads: gpd.GeoDataFrame | None = None,
    road_reach_m: float = 30.0,
    road_span_m: float = 1000 / POLES_PER_KM,
) -> PoleGraph:
    """Graph of the poles and spans that a cable may follow, with every repair listed.

    Lines join at shared poles and where an end stops short of, or runs past, another line by at most
    `snap_m`. Where two lines cross they join only if a pole stands there. Poles without a line are joined
    to their neighbours, and gaps up to `max_gap_m` are bridged with new poles. With roads, a cable may also
    follow these on new poles where no pole line runs.

    Parameters
    ----------
    poles
        Pole points, pole lines or both, as `tables.POLES` describes.
    villages
        Their polygons: no bridge leaves them. Without them a bridge may run anywhere, which is stated.
    obstacles
        Lines or polygons (water, land without permission) that no bridge may touch.
    snap_m
        How far a pole may stand off its line, and a line end off the line it belongs to, [m].
    same_pole_m
        Poles and vertices nearer than this are one pole, [m]; less than `snap_m`.
    max_gap_m
        Longest gap to bridge, [m]; 0 for none.
    max_span_m
        Longest span between two poles by voltage ("JTM", "JTR", "unknown"), [m].
    leave_villages
        Whether a bridge may leave the village polygons, so also cross the sea.
    roads
        Centre lines of roads, as `tables.ROADS` describes. They join wherever they cross or end within
        `snap_m` of each other; what bridges may not cross, they may not either. With roads `poles` may be
        empty.
    road_reach_m
        How far a pole may stand from the middle of the road it is joined to, and from a pole line for a
        road to run along that line, [m].
    road_span_m
        Longest span between new poles along a road, [m].

    Returns
    -------
    PoleGraph
        The same for any order of rows; building it again from its own `pole_table` changes nothing.

    Raises
    ------
    InputError
        When a table is not what it must be, or poles and villages lie in different places.

    Examples
    --------
    >>> from shapely import LineString
    >>> lines = [LineString([(0, 0), (40, 0), (80, 0)]), LineString([(200, 0), (240, 0)])]
    >>> poles = gpd.GeoDataFrame(
    ...     {"voltage": "JTR"}, index=pd.Index(["A", "B"], name="pole_id"), geometry=lines, crs="EPSG:32748"
    ... )
    >>> graph = build_pole_graph(poles)
    >>> graph.repairs[["what", "pole_id", "other_id", "distance_m"]].values.tolist()
    [['gap bridged', 'A', 'B', 120.0]]
    >>> int(graph.new_poles.sum())
    3
    """
    distances = (snap_m, same_pole_m, max_gap_m, road_reach_m, road_span_m)
    check_inputs(poles, villages, obstacles, roads, max_span_m=max_span_m, distances=distances)
    survey = survey_of(poles.sort_index(), None if roads is None else roads.sort_index())
    same_mm, snap_mm = same_pole_m * MM_PER_M, snap_m * MM_PER_M
    limits = np.array([max_span_m[name] for name in (*VOLTAGES, "unknown")])
    net = _drawn_net(survey, limits, snap_mm=snap_mm, same_mm=same_mm)
    where = None if leave_villages else villages
    rule = bridge_rule(survey.origin, villages=where, obstacles=obstacles)
    net, kind = _with_bridges(net, survey, max_mm=max_gap_m * MM_PER_M, allowed=rule)
    lie = Lie(snap_mm, same_mm, road_reach_m * MM_PER_M, road_span_m * MM_PER_M, rule)
    told = _assumptions(
        snap_m, same_pole_m, max_gap_m, max_span_m, bounded=villages is not None and not leave_villages
    )
    if roads is not None:
        along = f"new poles every {road_span_m:g} m at most where no pole line runs within {road_reach_m:g} m"
        told += (Assumption("pole graph: roads", f"{along}; inferred, not surveyed", "editable"),)
    return _as_graph(_with_roads(net, kind, survey, lie), survey, limits, told)


def _drawn_net(survey: Survey, limits: NDArray[np.float64], *, snap_mm: float, same_mm: float) -> Net:
    """Poles, lines and the spans inferred between poles, without bridges."""
    poles_xy, poles_row, doubles = distinct_poles(survey.point_xy, survey.points, same_mm=same_mm)
    net = lines_to_net(survey.vertex_xy, survey.vertex_row, same_mm=same_mm)
    vertices = len(net.xy)
    net = add_poles(net, poles_xy, poles_row, snap_mm=snap_mm)
    if vertices and len(net.xy) > vertices:
        net = merge_near(net, vertices, same_mm=same_mm)
    net = _with_neighbours(net, survey, limits)
    net = joined_up(net, survey.voltage, snap_mm=snap_mm, same_mm=same_mm)
    return _tidy(net, (doubles, *net.mended))


def _with_neighbours(net: Net, survey: Survey, limits: NDArray[np.float64]) -> Net:
    free = (net.degree() == 0) & (net.pole >= 0)
    here = np.flatnonzero(free | (net.degree() > 0))
    limit = np.rint(limits[_pole_voltage(net, survey)[here]] * MM_PER_M).astype(np.int64)
    first, second = neighbour_spans(net.xy[here], free[here], limit)
    return _added(net, here[first], here[second], "span inferred")


def _added(net: Net, u: Ints, v: Ints, kind: str) -> Net:
    rows = net.row_of_node()
    return Net(
        net.xy,
        net.pole,
        np.concatenate([net.u, u]),
        np.concatenate([net.v, v]),
        np.concatenate([net.row, np.full(len(u), -1)]),
        (*net.mended, mend(kind, rows[u], net.xy[u], net.xy[v], other=rows[v])),
    )


def _pole_voltage(net: Net, survey: Survey) -> Ints:
    """Voltage of each node: its pole's own, else the higher one of the lines through it."""
    by_line = np.full(len(net.xy), UNKNOWN)
    of_edge = np.append(survey.voltage, UNKNOWN)[net.row]
    np.minimum.at(by_line, net.u, of_edge)
    np.minimum.at(by_line, net.v, of_edge)
    own = np.append(survey.voltage, UNKNOWN)[net.pole]
    return np.where(own < UNKNOWN, own, by_line)


def _tidy(net: Net, mended: tuple[Mended, ...]) -> Net:
    """Only nodes that are poles or on an edge, sorted by position; edges with u < v, sorted."""
    wanted = np.flatnonzero((net.degree() > 0) | (net.pole >= 0))
    order = wanted[np.argsort(keys(net.xy[wanted]), kind="stable")]
    number = np.full(len(net.xy), -1)
    number[order] = np.arange(len(order))
    u, v = number[net.u], number[net.v]
    u, v = np.minimum(u, v), np.maximum(u, v)
    by_ends = np.argsort((u << 32) + v, kind="stable")
    return Net(net.xy[order], net.pole[order], u[by_ends], v[by_ends], net.row[by_ends], mended)


def _with_bridges(net: Net, survey: Survey, *, max_mm: float, allowed: Allowed) -> tuple[Net, Ints]:
    """The net without spans at forbidden poles, its gaps bridged, and the kind of each edge."""
    usable = np.append(survey.permitted, True)[net.pole]
    may = usable[net.u] & usable[net.v]
    net = Net(net.xy, net.pole, net.u[may], net.v[may], net.row[may], net.mended)
    net = _with_bridges_given(net, survey)
    kind = np.append(survey.kind, INFERRED)[net.row]
    if max_mm > 0:
        first, second = gap_bridges(
            net.xy, net.u, net.v, drawn=kind != NEW, usable=usable, max_mm=max_mm, allowed=allowed
        )
        kind = np.concatenate([kind, np.full(len(first), NEW)])
        net = _added(net, first, second, "gap bridged")
    order = np.argsort((net.u << 32) + net.v, kind="stable")
    return Net(net.xy, net.pole, net.u[order], net.v[order], net.row[order], net.mended), kind[order]


def _with_bridges_given(net: Net, survey: Survey) -> Net:
    """The net with the bridges that the table itself holds, because a graph wrote it."""
    bridge = (survey.kind == NEW) & survey.permitted
    bridge[survey.points] = False
    given = np.flatnonzero(bridge)
    if not len(given) or not len(net.xy):
        return net
    u, v = _given_ends(net.xy, survey, given)
    return Net(
        net.xy,
        net.pole,
        np.concatenate([net.u, np.minimum(u, v)]),
        np.concatenate([net.v, np.maximum(u, v)]),
        np.concatenate([net.row, given]),
        net.mended,
    )


def _given_ends(xy: Ints, survey: Survey, given: Ints) -> tuple[Ints, Ints]:
    """Nodes between which spans run that a graph wrote."""
    geometry = survey.table.geometry.to_numpy()[given]
    ends = [shapely.get_coordinates(shapely.get_point(geometry, at)) for at in (0, -1)]
    (far_u, u), (far_v, v) = (nearest(xy, millimetres(end, survey.origin)) for end in ends)
    off = np.maximum(far_u, far_v) > SAME_MM
    if off.any():
        first = given[off][0]
        kind = EDGE_KINDS[survey.kind[first]]
        what = f"span of kind {kind}, {survey.table.index[first]}, does not run from pole to pole"
        raise_faults([Fault(ValueRangeError, "poles", what, "Leave its kind empty.")])
    return u, v


@dataclass(frozen=True, slots=True)
class _Whole:
    """Nodes and edges of the graph, sorted: kind and new poles along roads of each edge; standing poles."""

    net: Net
    kind: Ints
    road_poles: Ints
    standing: Flags


def _with_roads(net: Net, kind: Ints, survey: Survey, lie: Lie) -> _Whole:
    """The net with spans along roads: those that the table holds, because a graph wrote it, and new ones."""
    count, drawn = len(net.xy), len(net.u)
    given = survey.road_lines
    places = shapely.get_coordinates(survey.table.geometry.to_numpy()[survey.road_poles])
    xy = np.concatenate([net.xy, millimetres(places, survey.origin)])
    u, v = _given_ends(xy, survey, given) if len(given) else (given, given)
    if survey.roads is None and not len(given):
        return _Whole(net, kind, np.zeros(drawn, dtype=np.int64), np.ones(count, dtype=bool))
    row, new, mended = given, np.zeros(len(given), dtype=np.int64), net.mended
    if survey.roads is not None:
        vertices, road = shapely.get_coordinates(survey.roads.geometry.to_numpy(), return_index=True)
        usable = np.append(survey.permitted, True)[net.pole]
        built = road_spans(net, usable, millimetres(vertices, survey.origin), len(survey.table) + road, lie)
        first, last = (np.where(end < count, end, end - count + len(xy)) for end in (built.u, built.v))
        xy, u, v = np.concatenate([xy, built.xy]), np.append(u, first), np.append(v, last)
        row, new = np.append(row, np.full(len(built.u), -1)), np.append(new, built.new_poles)
        mended = (*mended, *built.mended)
    # Each place and each span once, what was given before what is new.
    _, place, number = np.unique(keys(xy), return_index=True, return_inverse=True)
    u, v = number[np.append(net.u, u)], number[np.append(net.v, v)]
    ends = (np.minimum(u, v) << 32) + np.maximum(u, v)
    _, edge = np.unique(ends, return_index=True)
    standing = place < count
    whole = Net(
        xy[place],
        np.where(standing, np.append(net.pole, np.full(len(xy) - count, -1))[place], -1),
        ends[edge] >> 32,
        ends[edge] & 0xFFFFFFFF,
        np.append(net.row, row)[edge],
        mended,
    )
    kinds = np.append(kind, np.full(len(row), ROAD))[edge]
    return _Whole(whole, kinds, np.append(np.zeros(drawn, dtype=np.int64), new)[edge], standing)


def _as_graph(
    whole: _Whole, survey: Survey, limits: NDArray[np.float64], told: tuple[Assumption, ...]
) -> PoleGraph:
    net, kind = whole.net, whole.kind
    size = length_mm(net.xy[net.u], net.xy[net.v])
    at_pole = _pole_voltage(net, survey)
    given = np.append(survey.voltage, UNKNOWN)[net.row]
    voltage = np.where(net.row >= 0, given, np.maximum(at_pole[net.u], at_pole[net.v]))
    limit = np.minimum(limits[at_pole[net.u]], limits[at_pole[net.v]])
    metres = size / MM_PER_M
    new = np.where((kind == NEW) & (metres > limit), poles_between(metres), whole.road_poles)
    usual = np.array(USUAL_SPAN_M)[voltage]
    unseen = np.where((kind < NEW) & (metres > limits[voltage]), np.ceil(metres / usual) - 1, 0)
    ids, geometry = with_nobody(survey.table.index), survey.table.geometry.to_numpy()
    if survey.roads is not None:
        ids = np.concatenate([ids[:-1], with_nobody(survey.roads.index)])
        geometry = np.append(geometry, survey.roads.geometry.to_numpy())
    owners = column(survey.table, "owner")
    row = net.row_of_node()
    crs = CRS.from_user_input(survey.table.crs)
    lost = np.flatnonzero(~survey.permitted)
    place = net.xy / MM_PER_M + survey.origin
    return PoleGraph(
        x=place[:, 0],
        y=place[:, 1],
        pole_id=ids[net.pole],
        pole_voltage=at_pole.astype(np.int8),
        owner=np.full(len(row), None) if owners is None else with_nobody(owners)[row],
        permitted=np.append(survey.permitted, True)[net.pole],
        standing=whole.standing,
        u=net.u,
        v=net.v,
        length_mm=size,
        kind=kind.astype(np.int8),
        voltage=voltage.astype(np.int8),
        new_poles=_stated(survey, "new_poles", net.row, new),
        poles_between=_stated(survey, "poles_between", net.row, unseen),
        component=_components(len(net.xy), net.u, net.v),
        crs=crs,
        report=RepairReport(
            (*net.mended, whole_rows("no permission", lost), _unknown_voltage(survey)),
            ids,
            geometry,
            survey.origin,
            crs,
        ),
        assumptions=told,
    )


def with_nobody(values: pd.Index | pd.Series) -> NDArray[np.object_]:
    """Values with None where they are missing, and one more None for row -1."""
    there = values.to_numpy(dtype=object)
    padded = np.full(len(there) + 1, None, dtype=object)
    known = ~pd.isna(there)
    padded[:-1][known] = there[known]
    return padded


def _stated(survey: Survey, name: str, row: Ints, otherwise: Ints) -> Ints:
    """Figures that the table itself states (it was a graph before), else those computed."""
    figures = column(survey.table, name)
    if figures is None:
        return otherwise.astype(np.int64)
    stated = np.append(pd.to_numeric(figures).to_numpy(dtype=float), np.nan)[row]
    return np.where(np.isnan(stated), otherwise, np.nan_to_num(stated)).astype(np.int64)


def _components(count: int, u: Ints, v: Ints) -> Ints:
    """Number of each node's connected part, the one with most nodes first."""
    graph = adjacency(count, u, v, np.ones(len(u)))
    _, label = connected_components(graph, directed=False)
    _, first, size = np.unique(label, return_index=True, return_counts=True)
    rank = np.empty(len(size), dtype=np.int64)
    rank[np.lexsort((first, -size))] = np.arange(len(size))
    return rank[label]


def _unknown_voltage(survey: Survey) -> Mended:
    """Rows without a voltage; a table that states none at all is stated once, by its first row."""
    missing = np.flatnonzero(survey.voltage == UNKNOWN)
    return whole_rows("voltage unknown", missing[:1] if len(missing) == len(survey.table) else missing)


def _assumptions(
    snap_m: float, same_pole_m: float, max_gap_m: float, max_span_m: Mapping[str, float], *, bounded: bool
) -> tuple[Assumption, ...]:
    spans = ", ".join(f"{name} {max_span_m[name]:g} m" for name in sorted(max_span_m))
    inside = "stay inside the villages" if bounded else "may run anywhere, also across water"
    return (
        Assumption("pole graph: bridges", inside, "villages= and leave_villages="),
        Assumption("pole graph: gaps bridged up to", f"{max_gap_m:g} m, 32 new poles/km", "editable"),
        Assumption("pole graph: longest span between poles", spans, "editable; usual spans are 30-50 m"),
        Assumption("pole graph: one pole within", f"{same_pole_m:g} m", "editable"),
        Assumption("pole graph: snapping", f"{snap_m:g} m", "editable"),
    )
