"""Radio coverage on a small world made here: whom towers serve, and everything a planner must be told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from coverage_geo.coverage import Level
from coverage_geo.errors import (
    CRSError,
    DuplicateIdError,
    InputError,
    OutsideModelRangeWarning,
    TerrainGapError,
    ValueRangeError,
)
from coverage_geo.plots import draw_link, draw_residuals
from coverage_geo.radio.area import signal_raster, signal_rasters
from coverage_geo.radio.clutter import clutter_heights
from coverage_geo.radio.glossary import symbols
from coverage_geo.radio.ground import Ground
from coverage_geo.radio.link_budget import HANDSET, ROOFTOP_CPE, Receiver, SignalClasses
from coverage_geo.radio.path_loss import FreeSpace, ItuP1812, path_loss_db
from coverage_geo.radio.reach import radio_coverage
from coverage_geo.radio.second_opinions import (
    Bullington526,
    ExtendedHata,
    Itm,
    LineOfSight,
    WithEndClutter,
)
from coverage_geo.radio.signal import best_server, losses_db, received_power
from coverage_geo.radio.signal_maps import best_server_raster, level_raster, service_probability_raster
from coverage_geo.rasters import Raster

CRS = "EPSG:32748"
MASTS = {"frequency_mhz": 900.0, "tx_height_m": 30.0, "rx_height_m": 1.5}


def tower_table(**columns):
    count = len(columns.get("x", [0]))
    x, y = columns.pop("x", [0.0] * count), columns.pop("y", [0.0] * count)
    ids = columns.pop("ids", [f"T{i}" for i in range(count)])
    table = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=CRS, index=ids)
    return table.rename_axis("tower_id")


def demand_table(x, y=None):
    points = gpd.points_from_xy(x, np.zeros(len(x)) if y is None else y)
    ids = [f"d{i}" for i in range(len(x))]
    columns = {"people": 10.0, "village_id": "v"}
    return gpd.GeoDataFrame(columns, geometry=points, crs=CRS, index=ids).rename_axis("demand_id")


def hills(*, ridge_x=None, seed=1, size=201, pixel=100.0):
    """Terrain 20 km wide around (0, 0), gently rough, with one ridge 300 m high where asked."""
    heights = np.random.default_rng(seed).normal(20, 3, (size, size))
    edge = size * pixel / 2
    if ridge_x is not None:
        heights[:, round((ridge_x + edge) / pixel)] += 300
    return Raster(heights, west=-edge, north=edge, dx=pixel, dy=pixel, crs=CRS, unit="m", name="hills")


def test_moving_a_ridge_changes_who_is_served():
    towers, demand = tower_table(), demand_table([-8000.0, 8000.0])
    east = radio_coverage(towers, demand, hills(ridge_x=4000))
    west = radio_coverage(towers, demand, hills(ridge_x=-4000))
    assert east.serves(Level.USABLE).tolist() == [True, False]
    assert west.serves(Level.USABLE).tolist() == [False, True]


def test_each_path_loses_what_the_recommendation_says_for_its_own_profile():
    terrain = hills()
    rng = np.random.default_rng(5)
    x, y = rng.uniform(-9000, 9000, (2, 40))
    loss = losses_db((130.0, -70.0), x, y, Ground(terrain, None), model=ItuP1812(), **MASTS)
    for to_x, to_y, found in zip(x, y, loss, strict=True):
        length = np.hypot(to_x - 130, to_y + 70)
        share = np.linspace(0, 1, max(2, int(np.ceil(length / 100))) + 1)
        heights = terrain.sample(130 + share * (to_x - 130), -70 + share * (to_y + 70))
        assert found == pytest.approx(path_loss_db(share * length, heights, **MASTS), abs=0.01)


@pytest.mark.parametrize("time_percent", [50.0, 10.0, 1.0])
@pytest.mark.parametrize("zone", ["inland", "coastal", "sea"])
@pytest.mark.parametrize("clutter", [0.0, 12.0])
def test_paths_in_bulk_agree_with_one_call_for_each_choice_of_the_model(time_percent, zone, clutter):
    model = ItuP1812(
        time_percent=time_percent, zone=zone, clutter_height_m=clutter, polarisation="horizontal"
    )
    terrain = hills(ridge_x=1500)
    x = np.array([900.0, 4000.0, 9000.0])
    loss = losses_db((0.0, 0.0), x, np.zeros(3), Ground(terrain, None), model=model, **MASTS)
    for to_x, found in zip(x, loss, strict=True):
        d = np.linspace(0, to_x, max(2, int(np.ceil(to_x / 100))) + 1)
        alone = path_loss_db(d, terrain.sample(d, np.zeros(len(d))), model=model, **MASTS)
        assert found == pytest.approx(alone, abs=0.01)


def test_values_assumed_for_towers_are_stated_with_their_counts():
    towers = tower_table(x=[0.0, 100.0], antenna_height_m=[60.0, np.nan])
    stated = {one.topic: one for one in radio_coverage(towers, demand_table([3000.0])).assumptions}
    assert stated["antenna_height_m"].count == 1
    assert stated["frequency_mhz"].count == 2
    assert stated["status"].count == 2
    assert {"terrain", "signal classes", "spread of the signal", "receiver", "path loss"} <= set(stated)


def test_a_faulty_or_planned_tower_keeps_its_status_and_does_not_serve():
    towers = tower_table(x=[0.0, 1.0], status=["faulty", "planned"])
    coverage = radio_coverage(towers, demand_table([3000.0]))
    assert coverage.assets["status"].tolist() == ["faulty", "planned"]
    assert coverage.best_level().tolist() == [Level.NONE]
    assert coverage.proposed(["T0"]).best_level().tolist() == [Level.STRONG]


def test_a_proposed_tower_serves_as_a_proposal():
    coverage = radio_coverage(tower_table(), demand_table([3000.0]), proposed=True)
    assert coverage.assets["status"].tolist() == ["proposed"]
    assert coverage.best_level().tolist() == [Level.STRONG]


def test_people_beside_the_mast_get_free_space_and_are_counted():
    coverage = radio_coverage(tower_table(), demand_table([0.0, 100.0, 3000.0]), hills())
    assert coverage.best_level().tolist() == [3, 3, 3]
    near = next(one for one in coverage.assumptions if one.topic.startswith("paths nearer"))
    assert near.count == 2
    near_loss = losses_db(
        (0.0, 0.0), np.array([100.0]), np.zeros(1), Ground(None, None), model=ItuP1812(), **MASTS
    )
    assert near_loss[0] == pytest.approx(
        92.4 + 20 * np.log10(0.9) + 20 * np.log10(np.hypot(0.1, 0.0285)), abs=1e-6
    )


def test_a_void_under_a_path_is_counted_and_warned_of_with_its_share():
    terrain = hills()
    heights = terrain.values.copy()
    heights[:, 140] = np.nan
    torn = Raster(heights, west=terrain.west, north=terrain.north, dx=100, dy=100, crs=CRS, unit="m")
    towers, demand = tower_table(), demand_table([8000.0, -8000.0])
    with pytest.warns(OutsideModelRangeWarning, match=r"1 of 2 paths \(50.0%\), from T0"):
        coverage = radio_coverage(towers, demand, torn)
    assert coverage.best_level().tolist() == [0, 3]
    with pytest.raises(TerrainGapError, match="1 of 2 paths"):
        radio_coverage(towers, demand, torn, strict=True)


def test_a_tower_outside_the_terrain_serves_nobody_and_the_others_are_not_lost():
    towers = tower_table(x=[0.0, 50_000.0])
    demand = demand_table([3000.0, 49_000.0])
    with pytest.warns(OutsideModelRangeWarning, match="from T1"):
        coverage = radio_coverage(towers, demand, hills())
    assert coverage.best_level().tolist() == [3, 0]


def test_a_receiver_below_the_models_range_hears_nothing_and_a_warning_says_so():
    with pytest.warns(OutsideModelRangeWarning, match="2 of 2 transmitters .* receiving antenna 0.5 m"):
        coverage = radio_coverage(
            tower_table(x=[0.0, 1.0]), demand_table([3000.0]), receiver=Receiver(height_m=0.5)
        )
    assert coverage.best_level().tolist() == [0]


def test_terrain_of_another_crs_is_refused():
    terrain = Raster(np.zeros((3, 3)), west=0, north=9, dx=3, dy=3, crs="EPSG:32747", unit="m")
    with pytest.raises(CRSError, match="terrain"):
        radio_coverage(tower_table(), demand_table([3000.0]), terrain)


def test_an_empty_tower_table_serves_nobody():
    coverage = radio_coverage(tower_table().iloc[:0], demand_table([3000.0]), hills())
    assert coverage.best_level().tolist() == [0]


def test_the_order_of_towers_changes_nothing():
    towers = tower_table(x=[-3000.0, 0.0, 4000.0])
    demand = demand_table(np.linspace(-9000, 9000, 50))
    one = radio_coverage(towers, demand, hills())
    other = radio_coverage(towers.iloc[::-1], demand, hills())
    assert one.assets.index.tolist() == other.assets.index.tolist()
    for name in ("asset", "demand", "level", "probability"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    assert one.assumptions == other.assumptions


def test_a_source_read_in_windows_gives_the_same_bytes_as_one_in_memory():
    terrain = hills(size=301)

    class Windows:
        crs, bounds, resolution = terrain.crs, terrain.bounds, terrain.resolution

        def window(self, bounds):
            return terrain.window(bounds)

    x, y = np.random.default_rng(2).uniform(-7000, 7000, (2, 300))
    at = ((333.3, -1222.2), x, y)
    whole = losses_db(*at, Ground(terrain, None), model=ItuP1812(), **MASTS)
    assert whole.tobytes() == losses_db(*at, Ground(Windows(), None), model=ItuP1812(), **MASTS).tobytes()


def test_sectors_become_assets_of_their_tower_and_take_its_values_where_silent():
    import pandas as pd

    towers = tower_table(antenna_height_m=[70.0], operator=["A"], status=["faulty"])
    sectors = pd.DataFrame(
        {"tower_id": ["T0", "T0"], "frequency_mhz": [900.0, 1800.0], "status": [None, "on air"]},
        index=pd.Index(["T0-1", "T0-2"], name="sector_id"),
    )
    coverage = radio_coverage(towers, demand_table([3000.0]), sectors=sectors)
    assert coverage.assets["proposal_id"].tolist() == ["T0", "T0"]
    assert coverage.assets["status"].tolist() == ["faulty", "on air"]
    assert coverage.assets["operator"].tolist() == ["A", "A"]
    assert not [one for one in coverage.assumptions if one.topic == "antenna_height_m"]


def one_sector(tower="T1", name="T1/1", **columns):
    import pandas as pd

    return pd.DataFrame({"tower_id": [tower], **columns}, index=pd.Index([name], name="sector_id"))


def test_towers_without_a_sector_keep_transmitting_and_are_counted():
    towers = tower_table(x=[0.0, 1000.0, 3000.0], antenna_height_m=[50.0, 60.0, 70.0])
    demand = demand_table([5000.0, -3000.0])
    some = one_sector(azimuth_deg=[90.0])
    alone = received_power(towers, demand).set_index(["asset_id", "demand_id"])["rsrp_dbm"]
    heard = received_power(towers, demand, sectors=some).set_index(["asset_id", "demand_id"])["rsrp_dbm"]
    assert heard.index.get_level_values(0).unique().tolist() == ["T0", "T1/1", "T2"]
    assert heard[["T0", "T2"]].equals(alone[["T0", "T2"]])
    coverage = radio_coverage(towers, demand, sectors=some)
    assert coverage.proposed(["T0"]).assets["proposal_id"].tolist() == ["T0"]
    told = {one.topic: one.count for one in coverage.assumptions}
    assert told["towers without sectors"] == 2
    every = radio_coverage(towers, demand, sectors=one_sector().reindex(["T1/1"]).iloc[:0])
    assert np.array_equal(every.level, radio_coverage(towers, demand).level)
    assert "towers without sectors" not in {one.topic for one in radio_coverage(towers, demand).assumptions}


def test_rasters_hear_the_towers_without_a_sector_too():
    towers = tower_table(x=[-1500.0, 1500.0])
    each = dict(signal_rasters(towers, hills(size=61), sectors=one_sector()))
    assert list(each) == ["T0", "T1/1"]


def test_a_sector_that_bears_the_id_of_a_tower_without_sectors_is_refused():
    with pytest.raises(DuplicateIdError, match="ids of towers without sectors: T0"):
        received_power(tower_table(x=[0.0, 1.0]), demand_table([9.0]), sectors=one_sector(name="T0"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"receiver": "HANDSET"}, "receiver: is the text 'HANDSET'. Give a receiver, such as cg.HANDSET"),
        ({"terrain": "dem.tif"}, "terrain: is the text 'dem.tif'. Read it first: cg.read_terrain."),
        ({"terrain": Path("dem.tif")}, "terrain: is the path 'dem.tif'. Read it first: cg.read_terrain."),
        ({"clutter": "cover.tif"}, "clutter: is the text 'cover.tif'. Read it first: cg.read_land_cover"),
        ({"patterns": ["k65.msi"]}, "patterns: is of type list. Give each under the name"),
        (
            {"patterns": {"k65": "k65.msi"}},
            "patterns, 'k65': is the text 'k65.msi'. Read it first: cg.read_p",
        ),
        ({"calibration": 6.0}, "calibration: is of type float. Give what cg.radio.calibrate returns."),
        ({"sectors": "sectors.csv"}, "sectors: is the text 'sectors.csv'. Read it first"),
        ({"strict": True}, "strict: is set, and there is no terrain to be strict about."),
        ({"model": ItuP1812}, "is not a path-loss model. Give one with its values"),
    ],
)
def test_another_kind_of_thing_than_is_needed_is_refused_with_what_to_give(given, told):
    with pytest.raises(InputError, match=re.escape(told)):
        received_power(tower_table(), demand_table([3000.0]), **given)
    if given.get("strict"):
        return
    with pytest.raises(InputError, match=re.escape(told)):
        signal_raster(tower_table(), **{"terrain": smooth_hills(size=9), **given})


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            lambda: best_server("power.csv", demand_table([0.0])),
            "power: is the text 'power.csv'. Give the tab",
        ),
        (
            lambda: clutter_heights("cover.tif"),
            "land_cover: is the text 'cover.tif'. Read it first: cg.read_l",
        ),
        (lambda: Receiver(height_m="1.5"), "receiver, height_m: is the text '1.5'. Give a number."),
        (
            lambda: received_power(tower_table(), demand_table([0.0]), max_range_km="9"),
            "max_range_km: is the",
        ),
        (lambda: radio_coverage(tower_table(), demand_table([0.0]), spread_db="9"), "spread_db: is the text"),
        (lambda: radio_coverage(tower_table(), demand_table([0.0]), classes=-105), "classes: is of type int"),
        (lambda: draw_link("A"), "profile: is the text 'A'. Give what cg.radio.link_profile returns."),
        (lambda: draw_residuals(6.0), "found: is of type float. Give what cg.radio.calibrate returns."),
        (lambda: service_probability_raster(hills(size=9), level="usable"), "its unit is 'm'"),
        (
            lambda: service_probability_raster(Raster([[-90]], 0, 9, 9, 9, CRS, "dBm"), level="usable"),
            "level",
        ),
        (lambda: level_raster(Raster([[-90]], 0, 9, 9, 9, CRS, "dBm"), classes=3), "classes: is of type int"),
    ],
)
def test_what_is_no_number_table_or_result_is_refused_by_name(make, told):
    with pytest.raises(ValueRangeError, match=re.escape(told)):
        make()


def test_maps_of_levels_and_chances_take_received_power_only():
    heights = smooth_hills(size=9)
    for make in (level_raster, service_probability_raster, lambda one: best_server_raster({"A": one})):
        with pytest.raises(ValueRangeError, match=r"its unit is 'm', not 'dBm'\. Give received power"):
            make(heights)
        with pytest.raises(ValueRangeError, match=r"is the text 'rsrp\.tif'"):
            make("rsrp.tif")
    for given, kind in (([heights], "Raster"), (heights, "Raster"), (["AB"], "AB")):
        with pytest.raises(ValueRangeError, match=f"{kind}.*Give received power by asset id"):
            best_server_raster(given)


def test_rasters_and_their_best_servers_are_shown_in_one_line():
    power = Raster(np.zeros((900, 1200)), 0, 0, dx=30, dy=30, crs=CRS, unit="dBm", name="RSRP")
    assert repr(power) == (
        "Raster(RSRP, 900 rows x 1,200 columns of 30 x 30, values in dBm, WGS 84 / UTM zone 48S)"
    )
    assert repr(best_server_raster({"A": power})) == f"BestServer(1 assets on {power!r})"


def test_a_raster_of_signal_needs_terrain():
    with pytest.raises(InputError, match="terrain: is not given"):
        signal_raster(tower_table(), None)


def test_a_sector_serves_in_front_of_its_beam_and_less_behind():
    import pandas as pd

    columns = {"tower_id": ["T0"], "azimuth_deg": [90.0]}
    sectors = pd.DataFrame(columns, index=pd.Index(["east"], name="sector_id"))
    towers, demand = tower_table(), demand_table([4000.0, -4000.0])
    around = received_power(towers, demand)["rsrp_dbm"]
    aimed = received_power(towers, demand, sectors=sectors)["rsrp_dbm"]
    assert aimed[0] == pytest.approx(around[0], abs=2)  # a little off the tilted beam
    assert aimed[1] == pytest.approx(around[1] - 25, abs=1e-9)
    stated = {one.topic: one for one in radio_coverage(towers, demand, sectors=sectors).assumptions}
    assert stated["tilt_deg"].count == 1


def test_a_raster_of_a_sector_is_weaker_behind_it_too():
    import pandas as pd

    columns = {"tower_id": ["T0"], "azimuth_deg": [0.0], "tilt_deg": [1.0]}
    sectors = pd.DataFrame(columns, index=pd.Index(["north"], name="sector_id"))
    signal = signal_raster(tower_table(), smooth_hills(size=41), sectors=sectors).values
    assert np.nanmean(signal[:15]) > np.nanmean(signal[-15:]) + 15


def test_a_land_cover_class_without_a_height_is_refused_with_its_count():
    cover = Raster([[10, 11, 11]], west=0, north=30, dx=30, dy=30, crs=CRS, unit="class", name="cover")
    with pytest.raises(ValueRangeError, match=r"cover: no height for class 11 \(2 pixels\)"):
        clutter_heights(cover)


def test_forest_along_the_path_weakens_a_handsets_signal():
    cover = Raster(np.full((41, 41), 10.0), west=-10_250, north=10_250, dx=500, dy=500, crs=CRS, unit="class")
    demand = demand_table([6000.0])
    bare = received_power(tower_table(), demand, hills())["rsrp_dbm"].iloc[0]
    forest = received_power(tower_table(), demand, hills(), clutter=clutter_heights(cover))
    assert bare - 40 < forest["rsrp_dbm"].iloc[0] < bare - 10


def test_best_server_is_the_strongest_tower_in_service():
    towers = tower_table(x=[0.0, 2000.0, 2500.0], status=["on air", "on air", "faulty"])
    demand = demand_table([100.0, 2600.0, 90_000.0])
    best = best_server(received_power(towers, demand), demand)
    assert best["asset_id"].tolist()[:2] == ["T0", "T1"]
    assert np.isnan(best["rsrp_dbm"].iloc[2])


def test_a_rooftop_antenna_hears_more_than_a_handset():
    towers, demand = tower_table(), demand_table([9000.0])
    low = received_power(towers, demand, hills(), receiver=HANDSET)["rsrp_dbm"].iloc[0]
    high = received_power(towers, demand, hills(), receiver=ROOFTOP_CPE)["rsrp_dbm"].iloc[0]
    assert high > low + 8


def test_probabilities_are_those_of_a_normal_spread_around_the_median():
    chance = SignalClasses().probabilities(np.array([-105.0, np.nan]), 8.0)
    assert chance[0] == pytest.approx([0.8944, 0.5, 0.1056], abs=1e-4)  # ±1.25 standard deviations
    assert chance[1].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"distance_m": [0.0, 200.0, 100.0, 500.0]}, "ascend"),
        ({"distance_m": [1.0, 200.0, 300.0, 500.0]}, "ascend from 0"),
        ({"distance_m": [0.0, 500.0], "height_m": [0.0, 0.0]}, "three points"),
        ({"distance_m": [0.0, 200.0, np.nan, 500.0]}, r"ascend \(point 2\)"),
        ({"height_m": [0.0, np.nan, 0.0, 0.0]}, r"height is missing or infinite \(point 1\)"),
        ({"height_m": np.ma.masked_equal([0, 5, -9999, 0], -9999)}, r"height is missing.*\(point 2\)"),
        ({"height_m": ["0", "high", "0", "0"]}, "heights are not a row of numbers"),
        ({"height_m": [[0.0], [0.0, 0.0]]}, "heights are not a row of numbers"),
        ({"clutter_m": [0.0, -1.0, 0.0, 0.0]}, "clutter height"),
        ({"clutter_m": [0.0, np.inf, 0.0, 0.0]}, "clutter height"),
        ({"model": ItuP1812}, "not a path-loss model"),
        ({"model": "ITU-R P.1812-8"}, "not a path-loss model"),
        ({"zone": [4, 4, 2, 4]}, r"zone is not.*\(point 2\)"),
        ({"zone": ["inland", "land", "sea", "sea"]}, r"zone is not.*\(point 1\)"),
        ({"height_m": [0.0, 0.0, 0.0]}, "shape"),
    ],
)
def test_a_profile_that_cannot_be_used_is_refused_with_its_fault(change, message):
    profile = {"distance_m": [0.0, 200.0, 300.0, 500.0], "height_m": [0.0, 0.0, 0.0, 0.0]} | change
    with pytest.raises(InputError, match=message):
        path_loss_db(**profile, **MASTS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frequency_mhz": 7000.0}, "frequency 7000 MHz"),
        ({"tx_height_m": 0.5}, "transmitting antenna 0.5 m"),
        ({"rx_height_m": 5000.0}, "receiving antenna 5000 m"),
        ({"distance_m": [0.0, 100.0, 200.0]}, "path length 200 m"),
    ],
)
def test_an_input_outside_the_models_range_gives_nan_and_a_warning(change, message):
    call = {"distance_m": [0.0, 500.0, 1000.0], "height_m": [0.0, 0.0, 0.0]} | MASTS | change
    with pytest.warns(OutsideModelRangeWarning, match=message):
        assert np.isnan(path_loss_db(**call))


def test_a_model_that_makes_no_sense_is_refused_with_all_its_faults():
    with pytest.raises(ValueRangeError, match="2 faults") as refusal:
        ItuP1812(time_percent=60, polarisation="circular")
    assert "Give 1 to 50" in str(refusal.value)
    with pytest.raises(ValueRangeError, match="time_percent is '50'"):
        ItuP1812(time_percent="50")


def test_zones_may_be_given_by_their_words_or_numbers():
    d, h = np.linspace(0, 9000, 4), np.zeros(4)
    by_word = path_loss_db(d, h, zone=["inland", "coastal", "sea", "sea"], intermediates=True, **MASTS)
    assert by_word == path_loss_db(d, h, zone=[4, 3, 1, 1], intermediates=True, **MASTS)
    assert by_word["omega"] == pytest.approx(0.5)


def test_every_intermediate_value_is_there_by_its_symbol():
    d, h = np.linspace(0, 9000, 91), np.zeros(91)
    values = path_loss_db(d, h, intermediates=True, **MASTS)
    assert {"L_bfs", "L_d50", "L_ba", "L_bs", "F_j", "h_te", "theta", "L_b", "E_p"} <= set(values)
    assert values["L_b"] == path_loss_db(d, h, **MASTS)


@pytest.mark.parametrize(
    "model",
    [
        ItuP1812(), FreeSpace(), Itm(), Bullington526(), LineOfSight(), ExtendedHata(),
        WithEndClutter(Itm(), "forest"), WithEndClutter(LineOfSight(), "statistical"),
    ],
    ids=lambda model: model.name,
)  # fmt: skip
def test_every_symbol_that_a_model_answers_with_is_explained_with_its_unit(model):
    d = np.linspace(0, 5000, 101)
    values = path_loss_db(d, np.zeros(101), model=model, intermediates=True, **MASTS)
    table = symbols(model)
    assert set(table.index) == set(values)
    assert table.ne("").all(axis=None)
    if "theta_t" in values:
        assert table.loc["theta_t", "unit"] == ("mrad" if "h_st" in values else "rad")


def test_free_space_never_loses_more_than_the_recommendation():
    x = np.linspace(300, 9500, 30)
    terrain = hills(ridge_x=3000)
    free = losses_db((0.0, 0.0), x, np.zeros(30), Ground(terrain, None), model=FreeSpace(), **MASTS)
    p1812 = losses_db((0.0, 0.0), x, np.zeros(30), Ground(terrain, None), model=ItuP1812(), **MASTS)
    assert (free <= p1812 + 1e-6).all()


@pytest.mark.parametrize("clutter", [0.0, 8.0])
@pytest.mark.parametrize("time_percent", [50.0, 10.0])
def test_shared_radials_stay_near_the_exact_raster(clutter, time_percent):
    model = ItuP1812(clutter_height_m=clutter, time_percent=time_percent)
    terrain = smooth_hills()
    towers = tower_table(x=[40.0], y=[-130.0], antenna_height_m=[30.0])
    exact = signal_raster(towers, terrain, model=model)
    fast = signal_raster(towers, terrain, model=model, sampling="shared radials")
    error = fast.values - exact.values
    assert not np.isnan(exact.values).any()
    assert (np.isnan(fast.values) == np.isnan(exact.values)).all()
    assert np.sqrt(np.mean(error**2)) < 1.5
    assert np.mean(np.abs(error) > 10) < 0.005


def smooth_hills(size=121, pixel=60.0):
    """Terrain with hills a kilometre wide, 7 km across, around (0, 0)."""
    rng = np.random.default_rng(8)
    at = np.arange(size) * pixel / 1000
    heights = np.zeros((size, size))
    for _ in range(30):
        (across, down), phase = rng.normal(0, 2.5, 2), rng.uniform(0, 6.28)
        heights += 12 * np.sin(across * at + phase) * np.cos(down * at + phase)[:, None]
    edge = size * pixel / 2
    return Raster(heights, west=-edge, north=edge, dx=pixel, dy=pixel, crs=CRS, unit="m")


def test_a_raster_says_the_same_as_demand_points_at_its_pixel_centres():
    terrain = smooth_hills(size=41)
    towers = tower_table(x=[-400.0, 700.0], y=[0.0, 300.0], status=["on air", "faulty"])
    signal = signal_raster(towers, terrain)
    centres = demand_table([30.0 * 60 - 1200, -900.0], [0.0, 60.0])
    power = received_power(towers.iloc[:1], centres, terrain)["rsrp_dbm"]
    assert signal.sample(centres.geometry.x, centres.geometry.y) == pytest.approx(power, abs=0.01)


def test_a_raster_of_another_model_by_shared_radials_is_refused():
    with pytest.raises(ValueRangeError, match="shared radials"):
        signal_raster(tower_table(), smooth_hills(size=21), model=FreeSpace(), sampling="shared radials")


def test_a_void_shadows_the_pixels_behind_it_in_both_ways_of_sampling():
    terrain = smooth_hills(size=61)
    heights = terrain.values.copy()
    heights[:, 45] = np.nan
    torn = Raster(heights, terrain.west, terrain.north, 60, 60, CRS, "m")
    for sampling in ("exact", "shared radials"):
        with pytest.warns(
            OutsideModelRangeWarning, match=r"no height under [\d,]+ of 3,721 paths .*, from T0"
        ):
            signal = signal_raster(tower_table(), torn, sampling=sampling).values
        assert not np.isnan(signal[:, :43]).any()
        assert np.isnan(signal[:, 46:]).all()


def test_clutter_in_the_way_weakens_the_signal_only_behind_it():
    terrain = hills()
    trees = np.zeros((40, 40))
    trees[:, 30] = 25.0  # a belt of trees at x = 5000 to 5500, on coarser pixels than the terrain
    belt = Raster(trees, west=-10_000, north=10_000, dx=500, dy=500, crs=CRS, unit="m")
    demand = demand_table([4000.0, 6000.0])
    open_country = received_power(tower_table(), demand, terrain)["rsrp_dbm"]
    behind_trees = received_power(tower_table(), demand, terrain, clutter=belt)["rsrp_dbm"]
    assert behind_trees[0] == open_country[0]
    assert behind_trees[1] < open_country[1] - 3


SCRIPT = """
import json, sys
import numba, numpy as np
from coverage_geo.radio.path_loss import ItuP1812
from coverage_geo.radio.ground import Ground
from coverage_geo.radio.signal import losses_db
from coverage_geo.rasters import Raster
numba.set_num_threads(int(sys.argv[1]))
rng = np.random.default_rng(1)
terrain = Raster(rng.normal(50, 20, (200, 200)), west=0, north=6000, dx=30, dy=30, crs="EPSG:32748", unit="m")
x, y = rng.uniform(0, 6000, (2, 500))
masts = {"frequency_mhz": 900, "tx_height_m": 30, "rx_height_m": 1.5}
print(losses_db((2987.0, 3011.0), x, y, Ground(terrain, None), model=ItuP1812(time_percent=10), **masts).tobytes().hex())
"""


def test_any_number_of_threads_gives_the_same_bytes():
    results = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(threads)],
            env={**os.environ, "NUMBA_NUM_THREADS": "3"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in (1, 2, 3)
    }
    assert len(results) == 1
    assert len(results.pop()) > 500


PLAIN = """
import json
import geopandas as gpd
import numpy as np
from coverage_geo.radio.area import signal_raster, signal_rasters
from coverage_geo.radio.path_loss import FreeSpace, ItuP1812
from coverage_geo.radio.ground import Ground
from coverage_geo.radio.signal import losses_db
from coverage_geo.rasters import Raster
rng = np.random.default_rng(1)
terrain = Raster(rng.normal(50, 20, (30, 30)), west=0, north=900, dx=30, dy=30, crs="EPSG:32748", unit="m")
x, y = rng.uniform(0, 900, (2, 5))
masts = {"frequency_mhz": 900, "tx_height_m": 30, "rx_height_m": 1.5}
models = (ItuP1812(), ItuP1812(time_percent=5, clutter_height_m=10), FreeSpace())
ground = Ground(terrain, None)
found = [loss for model in models for loss in losses_db((20.0, 20.0), x, y, ground, model=model, **masts)]
tower = gpd.GeoDataFrame(geometry=gpd.points_from_xy([400], [400]), crs="EPSG:32748", index=["T"])
for model in models[:2]:
    fast = signal_raster(tower.rename_axis("tower_id"), terrain, model=model, sampling="shared radials")
    found += fast.values[::7, ::7].ravel().tolist()
print(json.dumps([float(one) for one in found]))
"""


def test_the_kernels_give_the_same_without_compilation():
    def run(**extra):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PLAIN],
            env={**os.environ, **extra},
            capture_output=True,
            text=True,
            check=True,
        )
        return np.array(json.loads(done.stdout))

    assert run(NUMBA_DISABLE_JIT="1") == pytest.approx(run(), abs=1e-3)
