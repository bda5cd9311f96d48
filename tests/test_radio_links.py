"""Microwave hops over terrain made here."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from coverage_geo.errors import OutsideModelRangeWarning, ValueRangeError
from coverage_geo.radio.links import draw_link, feasible_links, link_profile
from coverage_geo.rasters import Raster

CRS = "EPSG:32748"


def sites(heights=(40.0, 40.0, 40.0), x=(500.0, 10_500.0, 45_500.0)):
    at = gpd.points_from_xy(x, [5000.0] * len(x))
    columns = {"antenna_height_m": list(heights)}
    return gpd.GeoDataFrame(columns, geometry=at, crs=CRS, index=list("ABC")[: len(x)]).rename_axis(
        "tower_id"
    )


def ground(ridge_m=0.0, at_column=50):
    heights = np.zeros((100, 500))
    heights[:, at_column] = ridge_m
    return Raster(heights, west=0, north=10_000, dx=100, dy=100, crs=CRS, unit="m")


def test_a_ridge_that_reaches_into_the_fresnel_zone_makes_a_hop_infeasible():
    assert feasible_links(sites(), ground(), frequency_mhz=7000, pairs=[("A", "B")])["feasible"].tolist() == [
        True
    ]
    blocked = feasible_links(sites(), ground(35.0), frequency_mhz=7000, pairs=[("A", "B")]).iloc[0]
    assert not blocked["feasible"]
    assert blocked["clearance"] < 1
    assert blocked["obstacle_at_m"] == pytest.approx(4550, abs=100)


def test_the_fresnel_zone_and_the_bulge_are_those_of_the_printed_formulas():
    profile = link_profile(sites(), "A", "B", ground(), frequency_mhz=7000)
    middle = len(profile.distance_m) // 2
    # ITU-R P.530: F1 = 17.3 sqrt(d1 d2 / (f d)) m; d1 = d2 = 5 km, f = 7 GHz.
    assert profile.fresnel_m[middle] == pytest.approx(17.3 * np.sqrt(25 / (7 * 10)), rel=2e-3)
    # d1 d2 / (12.74 k) m with distances in km.
    assert profile.bulge_m(4 / 3)[middle] == pytest.approx(25 / (12.742 * 4 / 3), rel=1e-3)


def test_only_pairs_within_reach_are_looked_at():
    links = feasible_links(sites(), ground(), frequency_mhz=7000, max_length_km=20)
    assert links[["from_id", "to_id"]].to_numpy().tolist() == [["A", "B"]]


def test_trees_on_the_way_count_as_obstacles():
    trees = Raster(np.full((100, 500), 36.0), west=0, north=10_000, dx=100, dy=100, crs=CRS, unit="m")
    links = feasible_links(sites(), ground(), frequency_mhz=7000, pairs=[("A", "B")], clutter=trees)
    assert not links["feasible"].iloc[0]


def test_a_hop_beyond_the_terrain_is_not_feasible_and_said_so():
    with pytest.warns(OutsideModelRangeWarning, match="1 of 1 links"):
        links = feasible_links(
            sites(x=(500.0, 10_500.0, 80_000.0)), ground(), frequency_mhz=7000, pairs=[("B", "C")]
        )
    assert links["feasible"].tolist() == [False]


def test_all_that_is_missing_is_named_at_once():
    with pytest.raises(ValueRangeError, match="3 faults") as refusal:
        feasible_links(sites((np.nan, 40.0, 40.0)), ground(), frequency_mhz=0, pairs=[("A", "Z")])
    assert "no tower Z" in str(refusal.value)
    assert "no antenna height for A" in str(refusal.value)


def test_the_picture_shows_terrain_trees_ray_and_zone():
    axes = draw_link(link_profile(sites(), "A", "B", ground(20.0), frequency_mhz=7000))
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["terrain", "trees and buildings", "ray", "60 % Fresnel zone"]
