"""Demand: every person of the input is inside, outside or unplaced, and nobody twice."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_geo import Raster, demand_points, people_account
from coverage_geo.errors import AssumptionWarning, CRSError, InputError, MissingColumnError, ValueRangeError

UTM = "EPSG:32748"


def villages(*areas: shapely.Geometry, **columns: object) -> gpd.GeoDataFrame:
    ids = pd.Index([f"v{number}" for number in range(len(areas))], name="village_id")
    return gpd.GeoDataFrame({"name": list(ids), **columns}, index=ids, geometry=list(areas), crs=UTM)


def people(values: object, **grid: float) -> Raster:
    place = {"west": 0.0, "north": 400.0, "dx": 100.0, "dy": 100.0} | grid
    return Raster(np.asarray(values), **place, crs=UTM, unit="people", name="made people")


def hamlets(rows: list[tuple[str, float, float | None, object]]) -> gpd.GeoDataFrame:
    names, counts, x, y = zip(*rows, strict=True)
    points = [None if at is None else shapely.Point(at, up) for at, up in zip(x, y, strict=True)]
    table = gpd.GeoDataFrame({"name": names, "people": counts}, geometry=points, crs=UTM)
    return table.set_index(pd.Index(names, name="settlement_id"))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 50), min_size=4, max_size=4), min_size=4, max_size=4),
    st.lists(
        st.tuples(st.integers(0, 350), st.integers(0, 350), st.integers(20, 400), st.integers(20, 400)),
        min_size=1,
        max_size=4,
    ),
)
def test_each_person_of_a_raster_is_counted_once_or_stated_outside(values, boxes) -> None:
    """However villages overlap, inside + outside = all, and each village has its own part."""
    areas = [shapely.box(x, y, x + wide, y + high) for x, y, wide, high in boxes]
    raster = people(values)
    cover = shapely.union_all(areas)
    pixels = shapely.box(
        *np.array(
            [(c * 100, 300 - r * 100, c * 100 + 100, 400 - r * 100) for r in range(4) for c in range(4)]
        ).T
    )
    inside = math.fsum(np.ravel(values) * shapely.area(shapely.intersection(pixels, cover)) / 1e4)
    if inside == 0:
        return
    demand = demand_points(villages(*areas), population=raster)
    account = people_account(demand)
    assert account.total == np.sum(values)
    assert math.isclose(account.inside, inside, rel_tol=1e-5, abs_tol=1e-4)
    assert math.isclose(account.inside + account.outside, account.total, rel_tol=1e-9)
    assert math.isclose(math.fsum(demand["people"]), account.inside, rel_tol=1e-12)


def test_two_villages_that_overlap_do_not_count_their_people_twice() -> None:
    overlapping = villages(shapely.box(0, 0, 300, 400), shapely.box(100, 0, 400, 400))
    demand = demand_points(overlapping, population=people(np.full((4, 4), 10.0)))
    assert math.fsum(demand["people"]) == pytest.approx(160)
    assert demand.groupby("village_id")["people"].sum().to_list() == pytest.approx([80, 80])


def test_every_demand_point_lies_in_its_village() -> None:
    triangle = villages(shapely.Polygon([(0, 0), (390, 5), (10, 380)]), shapely.box(350, 350, 395, 395))
    demand = demand_points(triangle, population=people(np.full((4, 4), 10.0)))
    area = triangle.geometry.loc[demand["village_id"]].to_numpy()
    assert shapely.intersects(area, demand.geometry.to_numpy()).all()


def test_a_raster_in_degrees_keeps_its_people() -> None:
    square = villages(shapely.box(500_000, 9_800_000, 503_000, 9_803_000))
    west, south, east, north = square.to_crs(4326).total_bounds
    grid = Raster(np.full((40, 40), 1.5), west=west - 0.01, north=north + 0.01, dx=(east - west + 0.02) / 40,
                  dy=(north - south + 0.02) / 40, crs="EPSG:4326", unit="people")  # fmt: skip
    demand = demand_points(square, population=grid)
    share = (east - west) * (north - south) / ((east - west + 0.02) * (north - south + 0.02))
    assert people_account(demand).inside == pytest.approx(2400 * share, rel=1e-3)


def test_settlements_outside_and_unplaced_are_accounted_for() -> None:
    table = hamlets([("a", 10, 50, 50), ("far", 5, 9_000, 9_000), ("lost", 7, None, None)])
    table["village_id"] = [None, None, "v0"]
    demand = demand_points(villages(shapely.box(0, 0, 400, 400)), settlements=table)
    account = people_account(demand)
    assert demand["settlement_id"].to_list() == ["a"]
    assert (account.total, account.inside, account.outside, account.unplaced) == (22, 10, 5, 7)
    assert account.unplaced_by_village == (("v0", 7.0),)


@pytest.mark.filterwarnings("ignore::coverage_geo.errors.AssumptionWarning")
def test_with_raster_and_settlements_the_planner_says_whose_people_count() -> None:
    area = villages(shapely.box(0, 0, 400, 400))
    table = hamlets([("a", 10, 50, 50), ("b", 20, 350, 350)])
    raster = people(np.fliplr(np.eye(4)))
    with pytest.raises(InputError, match="both given"):
        demand_points(area, population=raster, settlements=table)
    assert (
        people_account(
            demand_points(area, population=raster, settlements=table, people_from="settlements")
        ).total
        == 30
    )
    by_raster = demand_points(area, population=raster, settlements=table, people_from="population")
    assert people_account(by_raster).total == 4
    assert set(by_raster["settlement_id"]) == {"a", "b"}


def test_official_people_are_spread_over_settled_pixels_to_the_last_person() -> None:
    area = villages(shapely.box(0, 0, 200, 400), shapely.box(200, 0, 400, 400), people=[101, 7])
    grid = np.zeros((4, 4))
    grid[0, 0], grid[3, 1] = 1, 3
    demand = demand_points(area, population=people(grid), people_from="villages")
    assert demand.groupby("village_id")["people"].sum().to_list() == pytest.approx([101, 7])
    assert demand[demand["village_id"] == "v0"]["people"].sort_values().to_list() == pytest.approx(
        [25.25, 75.75]
    )
    assert "1 villages without any: evenly" in people_account(demand).source


def test_people_of_villages_alone_are_spread_evenly_and_labelled_so() -> None:
    demand = demand_points(villages(shapely.box(0, 0, 2_000, 1_000), people=[80]))
    assert len(demand) == 8
    assert demand["people"].to_list() == [10] * 8
    assert "no settled area is known" in people_account(demand).source


def test_a_village_smaller_than_the_spacing_still_has_a_point() -> None:
    assert len(demand_points(villages(shapely.box(10, 10, 40, 40), people=[5]))) == 1


def test_totals_that_differ_between_inputs_are_told() -> None:
    area = villages(shapely.box(0, 0, 400, 400), people=[100])
    table = hamlets([("a", 10, 50, 50), ("b", 20, 350, 350)])
    with pytest.warns(AssumptionWarning, match="30 people counted .* of the villages adds up to 100"):
        demand_points(area, settlements=table)
    with pytest.warns(AssumptionWarning, match="of the settlements adds up to 30"):
        demand_points(area, settlements=table, people_from="villages")


def test_where_no_people_are_known_each_place_counts_as_one() -> None:
    area = villages(
        shapely.box(0, 0, 200, 400),
        shapely.box(200, 0, 400, 400),
        office_x_m=[20.0, np.nan],
        office_y_m=[30.0, np.nan],
    )
    demand = demand_points(area, people_from="places")
    assert demand["people"].to_list() == [1, 1]
    assert demand.geometry.iloc[0] == shapely.Point(20, 30)
    assert people_account(demand).whose == "people.places"


@pytest.mark.filterwarnings("ignore::coverage_geo.errors.AssumptionWarning")
def test_the_order_of_rows_changes_nothing() -> None:
    areas = villages(shapely.box(0, 0, 200, 400), shapely.box(200, 0, 400, 400), people=[101, 7])
    table = hamlets([("a", 10, 50, 50), ("b", 20, 350, 350), ("c", 1, 60, 60)])
    one = demand_points(areas, settlements=table)
    other = demand_points(areas[::-1], settlements=table.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("give", "error", "words"),
    [
        ({}, MissingColumnError, "people are to come from the villages"),
        ({"people_from": "census"}, ValueRangeError, "census"),
        ({"population": people(np.zeros((4, 4)))}, ValueRangeError, "no people found"),
        ({"population": people(np.ones((4, 4)), west=9e5)}, ValueRangeError, "no people found"),
        ({"settlements": hamlets([("a", np.nan, 5, 5)])}, ValueRangeError, "no people given for 1: a"),
        ({"settlements": hamlets([("a", 1, 5, 5)]).to_crs(4326)}, CRSError, "metres"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_a_remedy(give, error, words) -> None:
    with pytest.raises(error, match=words):
        demand_points(villages(shapely.box(0, 0, 400, 400)), **give)


def test_a_village_without_people_figure_is_named() -> None:
    area = villages(shapely.box(0, 0, 200, 400), shapely.box(200, 0, 400, 400), people=[5, None])
    with pytest.raises(ValueRangeError, match="no people given for 1: v1"):
        demand_points(area)
