"""Measurements made here with a known offset and spread, and what calibration finds of them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from coverage_geo.errors import AssumptionWarning, InputError, RepairWarning, ValueRangeError
from coverage_geo.files.measurements import read_measurements
from coverage_geo.phrases import assumption_text
from coverage_geo.radio.area import signal_raster
from coverage_geo.radio.calibration import calibrate
from coverage_geo.radio.link_budget import RSRP_CLASSES
from coverage_geo.radio.path_loss import FreeSpace, ItuP1812
from coverage_geo.radio.reach import radio_coverage
from coverage_geo.radio.signal import best_server, received_power
from coverage_geo.rasters import Raster
from coverage_geo.tables import StudyArea

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


def in_two_classes(count=4000):
    """Measurements with an offset and a spread of their own in the east (trees) and in the west (crops)."""
    points = measured(count, 0.0, 0.0)
    east = points.geometry.x.to_numpy() > 0
    error = np.random.default_rng(3).normal(size=count)
    points["rsrp_dbm"] += np.where(east, 9.0 * error - 12.0, 5.0 * error + 3.0)
    return points, Raster([[40, 10]], west=-10_000, north=10_000, dx=10_000, dy=20_000, crs=CRS, unit="class")


def test_offset_and_spread_of_each_class_are_recovered_within_half_a_decibel():
    points, cover = in_two_classes()
    found = calibrate(points, towers(), terrain(), classes=cover)
    by_class = found.by_class
    assert by_class.loc[["10", "40"], "offset_db"].tolist() == pytest.approx([-12, 3], abs=0.5)
    assert by_class.loc[["10", "40"], "spread_db"].tolist() == pytest.approx([9, 5], abs=0.5)
    assert by_class.loc[["10", "40"], "rmse_after_db"].tolist() == pytest.approx([9, 5], abs=0.5)
    assert by_class["count"].tolist() == [4000, *by_class["count"][["10", "40"]]]
    assert found.rmse_after_db < calibrate(points, towers(), terrain()).rmse_after_db - 1


def demand_points():
    x, y = np.random.default_rng(5).uniform(-7000, 7000, (2, 60))
    ids = pd.Index([f"d{number:02}" for number in range(60)], name="demand_id")
    return gpd.GeoDataFrame(
        {"people": 1.0, "village_id": "v"}, geometry=gpd.points_from_xy(x, y), crs=CRS, index=ids
    )


def test_a_calibrated_study_hears_each_class_by_its_own_offset_and_spread():
    points, cover = in_two_classes()
    found = calibrate(points, towers(), terrain(), classes=cover)
    demand = demand_points()
    bare, corrected = (
        received_power(towers(), demand, terrain(), calibration=one)["rsrp_dbm"].to_numpy()
        for one in (None, found)
    )
    east = np.concatenate([demand.geometry.x.to_numpy() > 0] * 2)
    offsets = found.by_class["offset_db"]
    assert corrected - bare == pytest.approx(np.where(east, offsets["10"], offsets["40"]))
    coverage = radio_coverage(towers(), demand, terrain(), calibration=found)
    told = {one.topic: one.value for one in coverage.assumptions}
    assert {"calibration", "calibration, class 10", "calibration, class 40"} <= set(told)
    assert told["spread of the signal"] == "as calibrated, normal"
    pixels = signal_raster(towers(), terrain(), calibration=found)
    plain = signal_raster(towers(), terrain())
    assert np.nanmedian((pixels.values - plain.values)[:, :75]) == pytest.approx(offsets["40"], abs=1e-3)


def test_each_place_gets_the_spread_of_its_class_and_of_all_where_that_is_not_known():
    points, cover = in_two_classes()
    found = calibrate(points, towers(), terrain(), classes=cover)
    x = np.array([-5000.0, 5000.0, 50_000.0])
    spreads = found.spreads_db(x, np.zeros(3))
    assert spreads.tolist() == found.by_class.loc[["40", "10", "all"], "spread_db"].tolist()
    chance = RSRP_CLASSES.probabilities(np.full(3, -120.0), spreads)[:, 0]
    assert chance[1] > chance[0]


def test_a_calibration_corrects_only_the_model_it_was_learnt_for():
    found = calibrate(measured(60, -6.0, 4.0), towers(), terrain())
    with pytest.raises(ValueRangeError, match=r"learnt for ITU-R P\.1812-8, and free space"):
        radio_coverage(towers(), demand_points(), terrain(), model=FreeSpace(), calibration=found)
    with pytest.raises(ValueRangeError, match="other parameters"):
        signal_raster(towers(), terrain(), model=ItuP1812(time_percent=10), calibration=found)


def test_neighbours_are_never_learnt_from_and_judged_by_each_other():
    residuals = calibrate(measured(1500, -6.0, 9.0), towers(), terrain()).residuals
    block = (residuals.geometry.x // 1000).astype(int).astype(str) + (residuals.geometry.y // 1000).astype(
        int
    ).astype(str)
    assert residuals.groupby(block)["fold"].nunique().max() == 1
    assert residuals["fold"].value_counts().between(280, 320).all()
    own = residuals["fold"] == 2
    learnt = residuals.loc[~own, "residual_db"].mean()
    assert (residuals["left_db"] - residuals["residual_db"])[own].to_numpy() == pytest.approx(-learnt)


def test_measurements_within_one_block_say_nothing_of_other_places():
    points = measured(60, 0.0, 3.0)
    x, y = np.random.default_rng(6).uniform(1100, 1900, (2, 60))
    found = calibrate(points.set_geometry(gpd.points_from_xy(x, y, crs=CRS)), towers(), terrain())
    assert np.isnan(found.rmse_after_db)
    assert np.isfinite(found.offset_db)


def test_operators_services_and_silent_towers_are_kept_apart():
    points = measured(60, 0.0, 0.0).assign(operator="Telkomsel", service="4G")
    sites = towers().assign(operator=["Indosat, Telkomsel", "XL"], service="4G", status="on air")
    found = calibrate(points, sites, terrain())
    assert set(found.residuals["asset_id"]) == {"A"}
    faulty = calibrate(points.drop(columns="operator"), sites.assign(status=["on air", "faulty"]), terrain())
    assert set(faulty.residuals["asset_id"]) == {"A"}


def test_what_could_not_be_compared_is_listed_with_its_reason():
    points = measured(60, -6.0, 3.0)
    points["cell"] = [None] * 50 + ["Z"] * 10
    found = calibrate(points, towers(), terrain())
    assert found.unused.value_counts().to_dict() == {"names a cell that no tower or sector bears": 10}
    assert sorted([*found.unused.index, *found.residuals.index]) == sorted(points.index)


def test_a_file_with_an_optional_cell_and_time_is_read_and_calibrated(tmp_path):
    points = measured(80, -6.0, 2.0)
    degrees = points.to_crs("EPSG:4326").geometry
    rows = [
        f"{p.y:.7f},{p.x:.7f},{r:.1f},{'A' if p.x < 0 else ''},2026-05-01T08:{i % 60:02}:00"
        for i, (p, r) in enumerate(zip(degrees, points["rsrp_dbm"], strict=True))
    ]
    (tmp_path / "drive_test.csv").write_text("\n".join(["lat,lon,RSRP,cell,time", *rows]))
    area = StudyArea((-10_000, -10_000, 10_000, 10_000), CRS)
    with pytest.warns(RepairWarning, match="1 assumed"):
        table = read_measurements(tmp_path / "drive_test.csv", study_area=area)
    assert calibrate(table, towers(), terrain()).offset_db == pytest.approx(-6, abs=1)


def test_a_measurement_that_names_a_cell_is_compared_with_that_one():
    points = measured(60, 0.0, 3.0).assign(cell="A")
    found = calibrate(points, towers(), terrain())
    assert set(found.residuals["asset_id"]) == {"A"}


def test_too_few_measurements_are_refused_with_their_number():
    with pytest.raises(ValueRangeError, match="29 of 29 measurements can be compared"):
        calibrate(measured(29, 0.0, 3.0), towers(), terrain())


def test_measured_and_modelled_stay_in_columns_of_their_own():
    points = measured(40, -6.0, 3.0)
    residuals = calibrate(points, towers(), terrain()).residuals
    assert (residuals["measured_dbm"] == points["rsrp_dbm"]).all()
    assert (residuals["residual_db"] == residuals["measured_dbm"] - residuals["modelled_dbm"]).all()


def test_the_order_of_measurements_changes_nothing():
    points = measured(80, 2.0, 5.0)
    one, other = (calibrate(table, towers(), terrain()) for table in (points, points.iloc[::-1]))
    assert (one.offset_db, one.rmse_after_db) == (other.offset_db, other.rmse_after_db)


def test_a_calibration_that_does_not_lessen_the_error_is_warned_of_with_both_numbers():
    points, cover = in_two_classes()
    learnt = calibrate(points, towers(), terrain(), classes=cover).by_class["offset_db"]
    points.loc[points.geometry.x > 0, "rsrp_dbm"] -= learnt["10"]  # now the crops have no offset to learn
    with pytest.warns(AssumptionWarning, match="the calibration does not lessen the error: class 10") as told:
        found = calibrate(points, towers(), terrain(), classes=cover)
    row = found.by_class.loc["10"]
    assert f"{row['rmse_before_db']:.2f} dB before, {row['rmse_after_db']:.2f} dB after" in str(
        told[0].message
    )
    assert "class 40" not in str(told[0].message)
    assert "overall" not in str(told[0].message)


def test_the_error_before_and_after_goes_with_every_calibrated_result():
    found = calibrate(measured(200, -6.0, 4.0), towers(), terrain())
    before, after = found.rmse_before_db, found.rmse_after_db
    said = f"cross-validated error {before:.1f} dB before and {after:.1f} dB after"
    assert said in found.assumptions[0].source
    assert assumption_text(found.assumptions[0], "id").count("galat validasi silang") == 1
    assert repr(found).startswith("Calibration(ITU-R P.1812-8, 200 measurements used, 0 not, offset -")
    assert repr(found).endswith(f"{said})")


def test_land_cover_given_as_a_path_is_refused():
    with pytest.raises(InputError, match=r"classes: is the text 'cover\.tif'\. Read it first: cg\.read_land"):
        calibrate(measured(40, -6.0, 3.0), towers(), terrain(), classes="cover.tif")
