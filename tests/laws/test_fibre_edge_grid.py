"""Edges that meet are found as by looking at every pair."""

from __future__ import annotations

import itertools

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from coverage_geo.fibre.edge_grid import crossing_places, edges_within

QUICK = settings(max_examples=60, deadline=None, derandomize=True)


@st.composite
def edges(draw):
    """Edges between whole positions: short and long ones, many on one line or through each other's ends."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    wide = draw(st.sampled_from([6, 30, 100_000]))
    count = draw(st.integers(2, 10))
    xy = random.integers(-wide, wide, (count, 2))
    xy = xy[np.unique(xy, axis=0, return_index=True)[1]]
    pairs = np.array(list(itertools.combinations(range(len(xy)), 2)), dtype=np.int64).reshape(-1, 2)
    chosen = pairs[random.random(len(pairs)) < draw(st.floats(0.05, 0.6))]
    return xy, chosen[:, 0], chosen[:, 1]


def lines(xy, u, v):
    return [LineString(xy[[a, b]].astype(float)) for a, b in zip(u, v, strict=True)]


@QUICK
@given(edges())
def test_crossings_are_those_of_every_pair(data):
    xy, u, v = data
    drawn = lines(xy, u, v)
    expected = set()
    for (a, one), (b, other) in itertools.combinations(enumerate(drawn), 2):
        ends = {tuple(xy[end]) for end in (u[a], v[a])} & {tuple(xy[end]) for end in (u[b], v[b])}
        meeting = one.intersection(other)
        places = shapely.get_coordinates(meeting)
        expected |= {tuple(place) for place in np.rint(places).astype(int)} - ends
        for node in (u[a], v[a], u[b], v[b]):  # ends that lie within the other edge
            at = Point(xy[node])
            if tuple(xy[node]) not in ends and one.distance(at) == 0 and other.distance(at) == 0:
                expected.add(tuple(xy[node]))
    found = {tuple(place) for place in crossing_places(xy, u, v)}
    assert all(min(np.hypot(*np.subtract(place, one)) for one in expected) <= 1.5 for place in found)
    assert all(min(np.hypot(*np.subtract(place, one)) for one in found) <= 1.5 for place in expected)


@QUICK
@given(edges(), st.integers(0, 10**6), st.floats(0.5, 50))
def test_edges_within_reach_are_those_of_every_pair(data, seed, reach):
    xy, u, v = data
    places = np.random.default_rng(seed).integers(xy.min() - 9, xy.max() + 9, (12, 2))
    at, edge, far = edges_within(xy, u, v, places, reach)
    distance = np.array([[one.distance(Point(place)) for one in lines(xy, u, v)] for place in places])
    distance = distance.reshape(len(places), len(u))
    assert np.allclose(distance[at, edge], far, atol=1e-6)
    sure = np.abs(distance - reach) > 1e-3
    expected = {pair for pair in zip(*np.nonzero(distance <= reach), strict=True) if sure[pair]}
    assert {pair for pair in zip(at, edge, strict=True) if sure[pair]} == expected
    assert (np.lexsort((edge, far, at)) == np.arange(len(at))).all()
