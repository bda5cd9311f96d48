"""Second opinions on path loss: each model runs through the same loops, and refuses what it was not made for."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest

from coverage_geo.coverage import Level
from coverage_geo.errors import OutsideModelRangeWarning, ValueRangeError
from coverage_geo.radio.comparison import compare_models
from coverage_geo.radio.ground import Ground
from coverage_geo.radio.link_budget import ROOFTOP_CPE
from coverage_geo.radio.p2108 import height_gain_correction
from coverage_geo.radio.path_loss import FreeSpace, ItuP1812, path_loss_db
from coverage_geo.radio.reach import radio_coverage
from coverage_geo.radio.second_opinions import Bullington526, ExtendedHata, Itm, LineOfSight, WithEndClutter
from coverage_geo.radio.signal import losses_db
from coverage_geo.rasters import Raster

CRS = "EPSG:32748"
MASTS = {"frequency_mhz": 900.0, "tx_height_m": 42.0, "rx_height_m": 6.0}
MODELS = [Itm(), Bullington526(), LineOfSight(), ExtendedHata(), WithEndClutter(Itm(), "forest")]
NAMES = [type(model).__name__ for model in MODELS]


def hills(*, ridge_x=None, seed=1, size=201, pixel=100.0):
    """Terrain 20 km wide around (0, 0), gently rough, with one ridge 300 m high where asked."""
    heights = np.random.default_rng(seed).normal(20, 3, (size, size))
    edge = size * pixel / 2
    if ridge_x is not None:
        heights[:, round((ridge_x + edge) / pixel)] += 300
    return Raster(heights, west=-edge, north=edge, dx=pixel, dy=pixel, crs=CRS, unit="m", name="hills")


def world(x):
    towers = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0.0], [0.0]), crs=CRS, index=["T"])
    columns = {"people": 10.0, "village_id": "v"}
    points = gpd.points_from_xy(x, np.zeros(len(x)))
    demand = gpd.GeoDataFrame(columns, geometry=points, crs=CRS, index=[f"d{i}" for i in range(len(x))])
    return towers.rename_axis("tower_id"), demand.rename_axis("demand_id")


def rough_profile(length_m=15_000.0, points=301, seed=3):
    heights = np.random.default_rng(seed).normal(0, 4, points).cumsum()
    return np.linspace(0, length_m, points), heights - heights.min()


def loops(model, x, terrain, clutter=None, **masts):
    at = np.asarray(x, dtype=float)
    return losses_db((0.0, 0.0), at, np.zeros(len(at)), Ground(terrain, clutter), model=model, **masts)


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_a_study_swaps_models_with_one_word(model):
    towers, demand = world([2000.0, 9000.0])
    coverage = radio_coverage(towers, demand, hills(), model=model, receiver=ROOFTOP_CPE)
    assert coverage.best_level()[0] == Level.STRONG
    stated = [one for one in coverage.assumptions if one.topic == "path loss"]
    assert len(stated) == 1


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_one_profile_has_the_loss_that_the_loops_give_it(model):
    terrain = hills(ridge_x=4000)
    [loss] = loops(model, [8050.0], terrain, **MASTS)
    at = np.linspace(0, 8050.0, math.ceil(8050 / 100) + 1)
    profile = terrain.sample(at, np.zeros(len(at)))
    assert path_loss_db(at, profile, model=model, **MASTS) == pytest.approx(loss, abs=0.02)


@pytest.mark.parametrize("model", [Itm(), Bullington526(), LineOfSight(clearance=0)], ids=NAMES[:3])
def test_a_ridge_in_the_way_costs_signal(model):
    free = loops(model, [8000.0], hills(), **MASTS)
    behind = loops(model, [8000.0], hills(ridge_x=4000), **MASTS)
    assert behind > free + 3


@pytest.mark.parametrize("frequency", [700.0, 900.0, 2600.0])
def test_even_needles_of_rock_have_a_loss(frequency):
    height = np.random.default_rng(0).normal(0, 2000, 400)
    antennas = {**MASTS, "frequency_mhz": frequency, "rx_height_m": 1.5}
    assert math.isfinite(path_loss_db(np.linspace(0, 1000, 400), height, model=Itm(), **antennas))


@pytest.mark.parametrize("model", [Itm(), Bullington526(), LineOfSight()])
def test_a_spire_between_points_far_apart_stands_in_the_way(model):
    distance = np.array([0.0, 1000, 2000, 2390, 2400, 2410, 3000, 4000, 5000])
    spire = np.where(distance == 2400, 90.0, 0.0)
    assert path_loss_db(distance, spire, model=model, **MASTS) > 5 + path_loss_db(
        distance, np.zeros(9), model=model, **MASTS
    )


def test_the_intermediates_name_every_part():
    values = path_loss_db(*rough_profile(), model=Itm(), intermediates=True, **MASTS)
    assert values["L_b"] == pytest.approx(values["L_bfs"] + values["A"])
    assert values["d"] == pytest.approx(15_000)
    assert {"A_ref", "delta_h", "theta_t", "dl_r", "he_t", "N_s"} <= set(values)


def test_an_uneven_profile_is_interpolated_to_even_steps():
    distance = np.linspace(0, 15_000, 601)
    height = 100 + 80 * np.sin(distance / 1500)
    kept = np.r_[0:200, 200:601:2]
    loss = path_loss_db(distance[kept], height[kept], model=Itm(), **MASTS)
    assert loss == pytest.approx(path_loss_db(distance, height, model=Itm(), **MASTS), abs=0.5)


@pytest.mark.parametrize("model", [Itm(), Bullington526(), LineOfSight(clearance=0)], ids=NAMES[:3])
def test_clutter_along_the_path_counts_as_higher_ground(model):
    bare = loops(model, [8000.0], hills(), **MASTS)
    trees = Raster(np.full((201, 201), 30.0), -10_050, 10_050, 100, 100, CRS, "m", "trees")
    assert loops(model, [8000.0], hills(), trees, **MASTS) > bare


def test_more_of_the_fresnel_zone_is_a_stricter_demand():
    distance, height = np.linspace(0, 5000, 101), np.zeros(101)
    height[50] = 18.0
    masts = {"frequency_mhz": 900.0, "tx_height_m": 30.0, "rx_height_m": 20.0}
    losses = [
        path_loss_db(distance, height, model=LineOfSight(clearance=share), **masts) for share in (0, 0.6)
    ]
    assert losses[1] == pytest.approx(losses[0] + 300)
    values = path_loss_db(distance, height, model=LineOfSight(), intermediates=True, **masts)
    radius = math.sqrt(0.2998 / 0.9 * 2500 / 2)
    bulge = 2.5**2 * 1000 / (2 * 4 / 3 * 6371)
    assert values["clearance"] == pytest.approx((25 - 18 - bulge) / radius, abs=1e-3)


# Hata, IEEE Trans. VT-29 (1980), Eqs. (15) to (19), worked by hand at 900 MHz, 30 m, 1.5 m and 10 km.
@pytest.mark.parametrize(
    ("surroundings", "expected"), [("urban", 161.80), ("suburban", 151.86), ("open", 133.29)]
)
def test_extended_hata_is_hata_where_hata_holds(surroundings, expected):
    f, mast = math.log10(900), math.log10(30)
    lower = (1.1 * f - 0.7) * 1.5 - (1.56 * f - 0.8)
    urban = 69.55 + 26.16 * f - 13.82 * mast - lower + (44.9 - 6.55 * mast) * math.log10(10)
    less = {
        "urban": 0,
        "suburban": 2 * (f - math.log10(28)) ** 2 + 5.4,
        "open": 4.78 * f**2 - 18.33 * f + 40.94,
    }
    masts = {"frequency_mhz": 900, "tx_height_m": 30, "rx_height_m": 1.5}
    loss = path_loss_db([0, 5000, 10_000], [0, 0, 0], model=ExtendedHata(surroundings), **masts)
    assert loss == pytest.approx(urban - less[surroundings], abs=0.25)
    assert loss == pytest.approx(expected, abs=0.5)


def test_extended_hata_ignores_the_terrain_and_says_so():
    assert loops(ExtendedHata(), [8000.0], hills(ridge_x=4000), **MASTS) == loops(
        ExtendedHata(), [8000.0], hills(), **MASTS
    )
    assert "do not count" in ExtendedHata().assumptions[0].value


@pytest.mark.parametrize(
    "own", [ItuP1812(), ItuP1812(clutter_height_m=10), ExtendedHata(), WithEndClutter(Itm())]
)
def test_clutter_is_never_counted_twice(own):
    with pytest.raises(ValueRangeError, match="count twice"):
        WithEndClutter(own)


@pytest.mark.parametrize("model", [Itm(), Bullington526(), LineOfSight(clearance=0), FreeSpace()])
def test_end_clutter_adds_what_p2108_says_over_bare_ground(model):
    masts = {"frequency_mhz": 900.0, "tx_height_m": 42.0, "rx_height_m": 1.5}
    trees = Raster(np.full((201, 201), 30.0), -10_050, 10_050, 100, 100, CRS, "m", "trees")
    bare = loops(model, [3000.0, 8000.0], hills(), **masts)
    dressed = loops(WithEndClutter(model, "forest"), [3000.0, 8000.0], hills(), trees, **masts)
    np.testing.assert_allclose(dressed - bare, height_gain_correction(0.9, 1.5, 27.0, 15.0, 5), atol=1e-9)


@pytest.mark.parametrize("model", [*MODELS, FreeSpace()], ids=[*NAMES, "FreeSpace"])
def test_a_frequency_outside_the_range_gives_nan_and_a_warning(model):
    with pytest.warns(OutsideModelRangeWarning, match="frequency 0.5 MHz"):
        loss = path_loss_db(*rough_profile(), model=model, **{**MASTS, "frequency_mhz": 0.5})
    assert math.isnan(loss)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Itm(time_percent=100), "time_percent is 100"),
        (lambda: Itm(climate="tropis"), "climate is 'tropis'"),
        (lambda: Itm(n0=450, variability="mean"), "2 faults"),
        (lambda: LineOfSight(clearance=60), "clearance is 60"),
        (lambda: Bullington526(earth_radius_factor=0), "earth_radius_factor is 0"),
        (lambda: ExtendedHata("rural"), "Use urban, suburban, open"),
        (lambda: WithEndClutter(Itm(), "jungle"), "surroundings is 'jungle'"),
        (lambda: WithEndClutter(Itm(), top_m=0), "top_m is 0"),
    ],
)
def test_a_model_names_every_value_it_cannot_use(make, said):
    with pytest.raises(ValueRangeError, match=said):
        make()


def test_models_can_be_compared_place_by_place():
    towers, demand = world([2000.0, 9000.0])
    models = (ItuP1812(), Itm(), LineOfSight(clearance=0))
    table = compare_models(towers, demand, hills(ridge_x=6000), models=models, receiver=ROOFTOP_CPE)
    assert not table["differs"].iloc[0]
    assert table["differs"].iloc[1]


def test_rarer_times_and_more_confidence_lose_more():
    profile = rough_profile(60_000.0)
    losses = [
        path_loss_db(*profile, model=Itm(time_percent=time, situation_percent=situation), **MASTS)
        for time, situation in ((10, 50), (50, 50), (90, 50), (90, 90))
    ]
    assert losses == sorted(losses)
    assert len(set(losses)) == 4


def test_the_kernels_also_run_without_compilation():
    code = (
        "import numpy as np\n"
        "from coverage_geo.radio.path_loss import path_loss_db\n"
        "from coverage_geo.radio.second_opinions import *\n"
        "d, h = np.linspace(0, 6000, 61), 20 * np.sin(np.arange(61) / 3)\n"
        "models = Itm(), Bullington526(), LineOfSight(0), ExtendedHata(), WithEndClutter(Itm())\n"
        f"masts = {MASTS!r}\n"
        "print([path_loss_db(d, h, model=model, **masts) for model in models])\n"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
    )
    distance, height = np.linspace(0, 6000, 61), 20 * np.sin(np.arange(61) / 3)
    models = Itm(), Bullington526(), LineOfSight(0), ExtendedHata(), WithEndClutter(Itm())
    expected = [path_loss_db(distance, height, model=model, **MASTS) for model in models]
    plain = found.stdout.replace("np.float64(", "").replace(")", "").replace("np.float32(", "")
    assert [float(value) for value in plain.strip("[]\n").split(",")] == pytest.approx(expected, abs=1e-3)
