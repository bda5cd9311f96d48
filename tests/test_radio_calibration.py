"""Measurements made here with a known offset and spread, and what calibration finds of them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from coverage_geo.errors import ValueRangeError
from coverage_geo.radio.calibration import calibrate
from coverage_geo.radio.link_budget import HANDSET
from coverage_geo.radio.signal import best_server, received_power
from coverage_geo.rasters import Raster

CRS = "EPSG:32748"


def towers():
    at = gpd.points_from_xy([-3000.0, 3000.0], [0.0, 0.0])
    return gpd.GeoDataFrame(geometry=at, crs=CRS, index=["A", "B"]).rename_axis("tower_id")


def terrain():
    rng = np.random.default_rng(1)
    return Raster(rng.normal(50, 15, (150, 150)), west=-7500, north=7500, dx=100, dy=100, crs=CRS, unit="m")


def measured(count, offset_db, spread_db, seed=2):
    """Measurements as the model says, off by a normal error."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-7000, 7000, (2, count))
    ids = [f"m{i:04}" for i in range(count)]
    table = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=CRS, index=ids)
    demand = table.assign(people=1.0, village_id="v").rename_axis("demand_id")
    signal = best_server(received_power(towers(), demand, terrain()), demand)["rsrp_dbm"]
    table["rsrp_dbm"] = np.clip(signal + rng.normal(offset_db, spread_db, count), -156, -20)
    return table.rename_axis("measurement_id")


def test_a_known_offset_and_spread_are_recovered_within_half_a_decibel():
    found = calibrate(measured(1500, -6.0, 9.0), towers(), terrain())
    assert found.offset_db == pytest.approx(-6.0, abs=0.5)
    assert found.spread_db == pytest.approx(9.0, abs=0.5)
    assert found.rmse_after_db == pytest.approx(9.0, abs=0.5)
    assert found.rmse_before_db > found.rmse_after_db + 1


def test_each_class_of_land_cover_gets_its_own_offset():
    points = measured(1200, 0.0, 5.0)
    east = points.geometry.x > 0
    points["rsrp_dbm"] -= np.where(east, 12.0, 0.0)
    cover = Raster([[40, 10]], west=-10_000, north=10_000, dx=10_000, dy=20_000, crs=CRS, unit="class")
    by_class = calibrate(points, towers(), terrain(), classes=cover).by_class
    assert by_class.loc["10", "offset_db"] == pytest.approx(-12, abs=0.6)
    assert by_class.loc["40", "offset_db"] == pytest.approx(0, abs=0.6)
    assert by_class.loc["all", "count"] == 1200


def test_a_calibrated_receiver_agrees_with_the_measurements_on_average():
    points = measured(300, -6.0, 4.0)
    receiver = calibrate(points, towers(), terrain()).applied_to(HANDSET)
    assert calibrate(points, towers(), terrain(), receiver=receiver).offset_db == pytest.approx(0, abs=1e-6)


def test_a_measurement_that_names_a_cell_is_compared_with_that_one():
    points = measured(60, 0.0, 3.0).assign(cell="A")
    found = calibrate(points, towers(), terrain())
    assert set(found.residuals["asset_id"]) == {"A"}


def test_too_few_measurements_are_refused_with_their_number():
    with pytest.raises(ValueRangeError, match="29 of 29 measurements can be compared"):
        calibrate(measured(29, 0.0, 3.0), towers(), terrain())


def test_measured_and_modelled_stay_in_columns_of_their_own():
    points = measured(40, 0.0, 3.0)
    residuals = calibrate(points, towers(), terrain()).residuals
    assert (residuals["measured_dbm"] == points["rsrp_dbm"]).all()
    assert (residuals["residual_db"] == residuals["measured_dbm"] - residuals["modelled_dbm"]).all()


def test_the_order_of_measurements_changes_nothing():
    points = measured(80, 2.0, 5.0)
    one, other = (calibrate(table, towers(), terrain()) for table in (points, points.iloc[::-1]))
    assert (one.offset_db, one.rmse_after_db) == (other.offset_db, other.rmse_after_db)
