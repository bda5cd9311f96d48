"""Microwave hops over terrain made here."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from coverage_geo.errors import DuplicateIdError, OutsideModelRangeWarning, ValueRangeError
from coverage_geo.plots import draw_link
from coverage_geo.radio.links import MEDIAN_K, SUBREFRACTIVE_K, feasible_links, link_profile
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
    assert "no tower or gateway Z" in str(refusal.value)
    assert "no antenna height for A" in str(refusal.value)


def gateways(ids=("POP",), x=(5_500.0,), height_m=30.0):
    columns = {"antenna_height_m": [height_m] * len(ids)}
    at = gpd.points_from_xy(x, [5000.0] * len(x))
    return gpd.GeoDataFrame(columns, geometry=at, crs=CRS, index=list(ids)).rename_axis("gateway_id")


def test_towers_may_be_joined_to_gateways_but_gateways_not_to_each_other():
    pops = gateways(("POP", "POP2"), (5_500.0, 7_500.0))
    links = feasible_links(sites(), ground(), frequency_mhz=7000, gateways=pops, max_length_km=15)
    pairs = links[["from_id", "to_id"]].to_numpy().tolist()
    assert pairs == [["A", "B"], ["A", "POP"], ["A", "POP2"], ["B", "POP"], ["B", "POP2"]]
    assert links["feasible"].all()
    profile = link_profile(sites(), "A", "POP", ground(), frequency_mhz=7000, gateways=pops)
    assert (profile.length_m, profile.first_m, profile.last_m) == (5000, 40, 30)


def test_a_gateway_that_bears_a_towers_id_is_refused():
    with pytest.raises(DuplicateIdError, match="share the ids A"):
        feasible_links(sites(), ground(), frequency_mhz=7000, gateways=gateways(("A",)))


def test_a_gateway_without_an_antenna_height_is_named():
    bare = gateways().drop(columns="antenna_height_m")
    with pytest.raises(ValueRangeError, match="no antenna height for POP"):
        feasible_links(sites(), ground(), frequency_mhz=7000, gateways=bare, max_length_km=15)


def test_a_hop_needs_all_of_the_zone_usually_and_most_of_it_when_air_bends_up():
    profile = link_profile(sites(), "A", "B", ground(), frequency_mhz=7000)
    middle = profile.distance_m.argmax() // 2
    # Just enough ridge for all of the zone at k = 4/3; and for 60 % of it at k = 0.6, whichever is lower.
    usual = profile.ray_m - profile.bulge_m(MEDIAN_K) - profile.fresnel_m
    bent = profile.ray_m - profile.bulge_m(SUBREFRACTIVE_K) - 0.6 * profile.fresnel_m
    limit = min(usual[middle], bent[middle])
    for ridge_m, feasible in ((limit - 0.3, True), (limit + 0.3, False)):
        links = feasible_links(sites(), ground(ridge_m, at_column=55), frequency_mhz=7000, pairs=[("A", "B")])
        assert links["feasible"].tolist() == [feasible]


def test_the_order_of_towers_changes_nothing():
    one, other = (feasible_links(table, ground(), frequency_mhz=7000) for table in (sites(), sites()[::-1]))
    assert one.equals(other)


def picture(language, ridge_m=20.0):
    return draw_link(link_profile(sites(), "A", "B", ground(ridge_m), frequency_mhz=7000), language=language)


def test_the_picture_shows_terrain_obstacles_ray_zone_and_bulge_in_both_languages():
    names = [text.get_text() for text in picture("en").get_legend().get_texts()]
    assert names == [
        "terrain", "Earth's bulge (k = 4/3)", "trees and buildings", "obstacles at k = 0.6", "first Fresnel zone",
        "60 % of the zone", "ray", "least clearance",
    ]  # fmt: skip
    assert picture("en", 60.0).get_title().startswith("A - B, 10.0 km, 7,000 MHz: obstructed; clearance -")
    assert picture("id").get_title().startswith("A - B, 10,0 km, 7.000 MHz: bebas; sela ")


def test_the_picture_of_a_link_over_a_void_says_so():
    heights = np.zeros((100, 500))
    heights[:, 50] = np.nan
    terrain = Raster(heights, west=0, north=10_000, dx=100, dy=100, crs=CRS, unit="m")
    axes = draw_link(link_profile(sites(), "A", "B", terrain, frequency_mhz=7000), language="en")
    assert axes.get_title().endswith("terrain incomplete")


@pytest.mark.parametrize(
    ("frequency", "told"),
    [(7, "is 7 MHz"), (7e9, r"is 7e\+09 MHz"), ("7 GHz", "is the text '7 GHz'"), (np.nan, "is nan MHz")],
)
def test_a_frequency_that_no_hop_has_is_refused_with_the_unit(frequency, told):
    with pytest.raises(ValueRangeError, match=f"frequency_mhz: {told}. Give 300 to 175,000 MHz: 7 GHz are"):
        feasible_links(sites(), ground(), frequency_mhz=frequency)


def test_a_profile_is_shown_in_one_line():
    shown = repr(link_profile(sites(), "A", "B", ground(), frequency_mhz=7000))
    assert shown == "LinkProfile(A to B, 10.0 km, 7,000 MHz, clear, 201 points)"
