"""What holds for every path and every set of towers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_geo.radio.ground import Ground
from coverage_geo.radio.p1812.diffraction import bullington, spherical_earth_loss
from coverage_geo.radio.p1812.profile import horizons
from coverage_geo.radio.path_loss import FreeSpace, ItuP1812, path_loss_db
from coverage_geo.radio.reach import radio_coverage
from coverage_geo.radio.signal import losses_db
from coverage_geo.rasters import Raster

CRS = "EPSG:32748"
FEW = settings(max_examples=40, deadline=None)
heights = st.lists(st.floats(0, 800), min_size=5, max_size=40).map(np.array)
masts = st.floats(1, 100)
frequencies = st.floats(30, 6000)


def distances(count, step=250.0):
    return np.arange(count) * step


@FEW
@given(heights, masts, masts, frequencies)
def test_diffraction_is_the_same_in_both_directions(h, tx, rx, frequency):
    d = distances(len(h)) / 1000
    there = bullington(d, h, h[0] + tx, h[-1] + rx, 9000.0, frequency / 1000)
    back = bullington(d, h[::-1].copy(), h[-1] + rx, h[0] + tx, 9000.0, frequency / 1000)
    assert np.isclose(there, back, atol=1e-6)


@FEW
@given(masts, masts, frequencies, st.floats(1, 300), st.sampled_from([1, 2]))
def test_the_smooth_sphere_is_the_same_in_both_directions(tx, rx, frequency, d, polarisation):
    there = spherical_earth_loss(d, tx, rx, 9000.0, frequency / 1000, 0.3, polarisation)
    back = spherical_earth_loss(d, rx, tx, 9000.0, frequency / 1000, 0.3, polarisation)
    assert np.isclose(there, back, atol=1e-9)


@FEW
@given(heights, masts, masts, frequencies)
def test_the_loss_is_the_same_in_both_directions(h, tx, rx, frequency):
    d = distances(len(h))
    there = path_loss_db(d, h, frequency_mhz=frequency, tx_height_m=tx, rx_height_m=rx)
    back = path_loss_db(d, h[::-1], frequency_mhz=frequency, tx_height_m=rx, rx_height_m=tx)
    assert np.isclose(there, back, atol=1e-6)


@FEW
@given(heights, masts, masts, st.floats(0, 300))
def test_a_higher_mast_never_turns_line_of_sight_into_obstruction(h, tx, rx, more):
    d = distances(len(h)) / 1000

    def in_sight(mast):
        i_lt, i_lr = horizons(d, h, h[0] + mast, h[-1] + rx, 9000.0, 0.9)[2:]
        theta_t = horizons(d, h, h[0] + mast, h[-1] + rx, 9000.0, 0.9)[0]
        level = 1000 * np.arctan((h[-1] + rx - h[0] - mast) / (1000 * d[-1]) - d[-1] / 18000)
        return i_lt == i_lr and np.isclose(theta_t, level, rtol=0, atol=1e-9)

    if in_sight(tx):
        assert in_sight(tx + more)


@FEW
@given(heights, masts, masts, frequencies, st.sampled_from([1.0, 10.0, 30.0]))
def test_the_loss_not_exceeded_for_less_of_the_time_is_never_greater(h, tx, rx, frequency, percent):
    d = distances(len(h))
    call = {"frequency_mhz": frequency, "tx_height_m": tx, "rx_height_m": rx}
    seldom = path_loss_db(d, h, model=ItuP1812(time_percent=percent), **call)
    assert seldom <= path_loss_db(d, h, model=ItuP1812(), **call) + 1e-6


@FEW
@given(heights, masts, masts, frequencies)
def test_at_half_of_the_time_nothing_loses_less_than_free_space(h, tx, rx, frequency):
    d = distances(len(h))
    call = {"frequency_mhz": frequency, "tx_height_m": tx, "rx_height_m": rx}
    assert path_loss_db(d, h, **call) >= path_loss_db(d, h, model=FreeSpace(), **call) - 1e-6


def towers_at(places):
    x, y = zip(*places, strict=True)
    columns = {"antenna_height_m": [40.0] * len(places)}
    table = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=CRS)
    table.index = [f"T{i}" for i in range(len(places))]
    return table.rename_axis("tower_id")


def demand_of(count):
    x, y = np.random.default_rng(3).uniform(-5000, 5000, (2, count))
    columns = {"people": [1.0] * count, "village_id": ["v"] * count}
    table = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=CRS)
    table.index = [f"d{i}" for i in range(count)]
    return table.rename_axis("demand_id")


def rolling_terrain():
    rng = np.random.default_rng(4)
    values = np.cumsum(np.cumsum(rng.normal(0, 1, (120, 120)), axis=0), axis=1)
    return Raster(values, west=-6000, north=6000, dx=100, dy=100, crs=CRS, unit="m")


places = st.lists(st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)), min_size=2, max_size=4)


@settings(max_examples=10, deadline=None)
@given(places)
def test_more_towers_never_serve_fewer(where):
    towers, demand, terrain = towers_at(where), demand_of(60), rolling_terrain()
    fewer = radio_coverage(towers.iloc[:-1], demand, terrain)
    assert (radio_coverage(towers, demand, terrain).best_level() >= fewer.best_level()).all()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 199), min_size=1, max_size=6))
def test_paths_computed_in_any_chunks_are_the_same_bytes(cuts):
    x, y = np.random.default_rng(5).uniform(-5900, 5900, (2, 200))
    ground = Ground(rolling_terrain(), None)
    call = {"model": ItuP1812(), "frequency_mhz": 900.0, "tx_height_m": 30.0, "rx_height_m": 1.5}
    whole = losses_db((31.0, -777.0), x, y, ground, **call)
    parts = [
        losses_db((31.0, -777.0), x[part], y[part], ground, **call)
        for part in np.split(np.arange(200), sorted(set(cuts)))
    ]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
