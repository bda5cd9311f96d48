"""ITU-R P.2108 clutter loss against NTIA's cases, and P.2109 building entry loss against its coefficients."""

from __future__ import annotations

import csv
import math
from functools import partial

import geopandas as gpd
import numpy as np
import pytest

from coverage_geo.errors import OutsideModelRangeWarning, ValueRangeError
from coverage_geo.radio.link_budget import Receiver
from coverage_geo.radio.local_losses import (
    building_entry_loss_db,
    slant_clutter_loss_db,
    terminal_clutter_loss_db,
    terrestrial_clutter_loss_db,
)
from coverage_geo.radio.p2108 import height_gain_correction, slant_clutter_loss, terrestrial_clutter_loss
from coverage_geo.radio.p2109 import building_entry_loss, normal_quantile
from coverage_geo.radio.path_loss import FreeSpace, ItuP1812, path_loss_db
from coverage_geo.radio.reach import radio_coverage
from coverage_geo.radio.second_opinions import Bullington526, Itm, WithEndClutter
from coverage_geo.radio.signal import received_power


def rows(path):
    with path.open(encoding="utf-8-sig") as file:
        return [[float(cell) for cell in row] for row in list(csv.reader(file))[1:] if row]


def agrees(loss, expected, code):
    return math.isnan(loss) if code else abs(loss - expected) <= 0.05 + 1e-9


def test_all_of_ntias_p2108_cases_agree_to_the_digit_printed(data_folder):
    folder = data_folder / "radio/ntia_p2108"
    seen = 0
    for f, h, w_s, top, clutter, code, loss in rows(folder / "HeightGainTerminalCorrectionModelTestData.csv"):
        assert agrees(height_gain_correction(f, h, w_s, top, int(clutter)), loss, code), (
            f,
            h,
            w_s,
            top,
            clutter,
        )
        seen += 1
    for f, d, p, code, loss in rows(folder / "TerrestrialStatisticalModelTestData.csv"):
        assert agrees(terrestrial_clutter_loss(f, d, p), loss, code), (f, d, p)
        seen += 1
    for f, theta, p, code, loss in rows(folder / "AeronauticalStatisticalModelTestData.csv"):
        assert agrees(slant_clutter_loss(f, theta, p), loss, code), (f, theta, p)
        seen += 1
    assert seen == 48


# Single rows of NTIA's p2108-test-data v1, https://github.com/NTIA/p2108-test-data.
def test_single_p2108_figures_agree():
    assert terrestrial_clutter_loss(26.6, 15.8, 45.0) == pytest.approx(32.5, abs=0.05)
    assert slant_clutter_loss(10.0, 10.5, 45.0) == pytest.approx(12.4, abs=0.05)
    assert height_gain_correction(1.5, 2.0, 27.0, 20.0, 6) == pytest.approx(27.1, abs=0.05)


# At 1 GHz, 50 % and 0° only the coefficients r and w of ITU-R P.2109-2, Table 1, and C = -3 dB are left.
@pytest.mark.parametrize(("building", "r", "w"), [(1, 12.64, 9.1), (2, 28.19, 27.8)])
def test_the_median_entry_loss_at_1_ghz_is_that_of_the_printed_coefficients(building, r, w):
    expected = 10 * math.log10(10 ** (r / 10) + 10 ** (w / 10) + 10**-0.3)
    assert building_entry_loss(1.0, 50.0, building, 0.0) == pytest.approx(expected, abs=1e-9)


def test_a_building_loses_more_at_fewer_places_and_steeper_angles():
    assert building_entry_loss(0.9, 90.0, 1, 0.0) > building_entry_loss(0.9, 50.0, 1, 0.0)
    assert building_entry_loss(0.9, 50.0, 1, 45.0) > building_entry_loss(0.9, 50.0, 1, 0.0)
    assert math.isnan(building_entry_loss(0.01, 50.0, 1, 0.0))


def test_values_outside_a_recommendations_ranges_are_nan_and_counted():
    cases = [
        (partial(terminal_clutter_loss_db, [900, 5000], 1.5, 10.0), r"1 of 2 values .*P\.2108-1 §3\.1"),
        (partial(terrestrial_clutter_loss_db, 900, [100, 249, 250]), r"2 of 3 values .*P\.2108-1 §3\.2"),
        (partial(slant_clutter_loss_db, [2000, 12_000, 30_000], 45.0), r"1 of 3 values .*P\.2108-1 §3\.3"),
        (
            partial(building_entry_loss_db, 900, probability_percent=[0, 50, 100]),
            r"2 of 3 values .*P\.2109-2",
        ),
    ]
    for call, told in cases:
        with pytest.warns(OutsideModelRangeWarning, match=told):
            losses = call()
        assert np.isnan(losses).sum() + np.isfinite(losses).sum() == losses.size
        assert f"{np.isnan(losses).sum()} of" in told


def test_losses_of_many_places_are_those_of_each():
    heights = np.array([[1.5, 3.0], [8.0, 20.0]])
    losses = terminal_clutter_loss_db(900.0, heights, 12.0, surroundings="urban")
    assert losses.shape == heights.shape
    assert losses[1, 0] == height_gain_correction(0.9, 8.0, 27.0, 12.0, 4)
    assert building_entry_loss_db(900.0, building="thermally efficient") == building_entry_loss(
        0.9, 50.0, 2, 0.0
    )


def test_words_that_are_not_known_are_refused():
    with pytest.raises(ValueRangeError, match="'jungle' is not known"):
        terminal_clutter_loss_db(900, 1.5, 10, surroundings="jungle")
    with pytest.raises(ValueRangeError, match="2 faults"):
        Receiver(height_m=1.5, building="hut", entry_percent=100)


def indoors(towers_mhz, **receiver):
    at = {"crs": "EPSG:32748"}
    count = len(towers_mhz)
    sites = {"tower_id": [f"T{n}" for n in range(count)], "frequency_mhz": towers_mhz}
    towers = gpd.GeoDataFrame(sites, geometry=gpd.points_from_xy([0] * count, [0] * count), **at)
    points = {"demand_id": ["d1"], "people": [1.0], "village_id": ["v"]}
    demand = gpd.GeoDataFrame(points, geometry=gpd.points_from_xy([3000], [0]), **at)
    power = received_power(
        towers.set_index("tower_id"), demand.set_index("demand_id"), receiver=Receiver(1.5, **receiver)
    )
    return power["rsrp_dbm"].to_numpy()


def test_a_telephone_indoors_hears_less_by_the_entry_loss_of_its_carrier():
    loss = indoors([900.0, 1800.0]) - indoors([900.0, 1800.0], building="traditional", entry_percent=80)
    assert loss == pytest.approx(building_entry_loss_db([900, 1800], probability_percent=80))


def test_a_carrier_without_an_entry_loss_serves_nobody_indoors_and_is_named():
    with pytest.warns(
        OutsideModelRangeWarning, match="1 of 2 transmitters .* no building entry loss .* at 50 MHz"
    ):
        heard = indoors([50.0, 900.0], building="traditional")
    assert np.isnan(heard).tolist() == [True, False]


def test_clutter_by_p2108_is_refused_on_top_of_the_clutter_of_p1812():
    for surroundings in ("forest", "suburban", "statistical"):
        with pytest.raises(ValueRangeError, match="would count twice"):
            WithEndClutter(ItuP1812(), surroundings)


def heard_over_flat_ground(model):
    """Received power of a tower of 900 MHz at four distances, and what the result rests on."""
    at = {"crs": "EPSG:32748"}
    towers = gpd.GeoDataFrame(
        {"tower_id": ["T"], "frequency_mhz": [900.0]}, geometry=gpd.points_from_xy([0], [0]), **at
    )
    points = {"demand_id": list("abcd"), "people": 1.0, "village_id": "v"}
    demand = gpd.GeoDataFrame(points, geometry=gpd.points_from_xy([200, 600, 2000, 9000], [0] * 4), **at)
    towers, demand = towers.set_index("tower_id"), demand.set_index("demand_id")
    power = received_power(towers, demand, model=model)["rsrp_dbm"].to_numpy()
    return power, {one.topic: one for one in radio_coverage(towers, demand, model=model).assumptions}


@pytest.mark.parametrize("bare", [FreeSpace(), Bullington526(), Itm()])
def test_the_statistical_clutter_loss_counts_from_250_m_on_by_distance(bare):
    model = WithEndClutter(bare, "statistical", location_percent=80)
    power, told = heard_over_flat_ground(model)
    alone, _ = heard_over_flat_ground(bare)
    near = max(bare.distance_range_m[0], 250.0)
    expected = [
        0 if d < near else terrestrial_clutter_loss(0.9, d / 1000, 80) for d in (200, 600, 2000, 9000)
    ]
    assert alone - power == pytest.approx(expected, abs=1e-3)
    assert told["clutter around the receiver"].value.startswith("towns and suburbs, 80 % of the locations")
    assert told["clutter around the receiver"].source == "ITU-R P.2108-1, §3.2"
    assert told[f"paths nearer than {near:g} m"].count == sum(one == 0 for one in expected)


def test_one_profile_tells_the_statistical_loss_apart():
    profile = np.linspace(0, 5000, 101), np.zeros(101)
    masts = {"frequency_mhz": 900, "tx_height_m": 42, "rx_height_m": 1.5, "intermediates": True}
    found = path_loss_db(*profile, model=WithEndClutter(Itm(), "statistical"), **masts)
    bare = path_loss_db(*profile, model=Itm(), **masts)
    assert found["L_ctt"] == terrestrial_clutter_loss(0.9, 5.0, 50)
    assert found["L_b"] == pytest.approx(bare["L_b"] + found["L_ctt"])


def test_the_statistical_loss_has_the_range_of_its_section():
    model = WithEndClutter(FreeSpace(), "statistical")
    assert (model.frequency_range_mhz[0], model.distance_range_m[0]) == (500.0, 250.0)
    with pytest.raises(ValueRangeError, match="location_percent is 100"):
        WithEndClutter(FreeSpace(), "statistical", location_percent=100)


def test_the_quantile_inverts_the_normal_distribution():
    for p in (1e-6, 0.01, 0.5, 0.99):
        assert 0.5 * math.erfc(-normal_quantile(p) / math.sqrt(2)) == pytest.approx(p, rel=1e-9)
