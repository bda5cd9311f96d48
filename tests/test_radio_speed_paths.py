"""Short cuts of the fast loops: each gives what the long way gives."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest

from coverage_geo.errors import OutsideModelRangeWarning
from coverage_geo.radio.area import signal_raster
from coverage_geo.radio.ground import Ground
from coverage_geo.radio.link_budget import ROOFTOP_CPE, Receiver
from coverage_geo.radio.p1812.even_profile import largest_clearance_parameter
from coverage_geo.radio.second_opinions import LineOfSight
from coverage_geo.radio.signal import losses_db
from coverage_geo.rasters import Raster

CRS = "EPSG:32748"
SIZE, PIXEL_M = 71, 40.0


def rough(seed=3, *, height_m=9.0):
    """Terrain of random slopes, which hides about as much as it shows."""
    steps = np.random.default_rng(seed).normal(0, height_m, (SIZE, SIZE))
    heights = 200 + steps.cumsum(axis=0) / 4 + steps.cumsum(axis=1) / 4
    return raster(heights)


def raster(values):
    return Raster(values, west=0, north=SIZE * PIXEL_M, dx=PIXEL_M, dy=PIXEL_M, crs=CRS, unit="m")


def tower(x, y, height_m=25.0):
    at = gpd.points_from_xy([x], [y])
    columns = {"antenna_height_m": [height_m], "frequency_mhz": [900.0]}
    return gpd.GeoDataFrame(columns, geometry=at, crs=CRS, index=["T"]).rename_axis("tower_id")


def along_every_profile(model, terrain, clutter, at, receiver):
    """Loss to every pixel centre as to a demand point."""
    centre = (np.arange(SIZE) + 0.5) * PIXEL_M
    y, x = (axis.ravel() for axis in np.meshgrid(centre[::-1], centre, indexing="ij"))
    antennas = {"frequency_mhz": 900.0, "tx_height_m": 25.0, "rx_height_m": receiver.height_m}
    return losses_db(at, x, y, Ground(terrain, clutter), model=model, **antennas).reshape(SIZE, SIZE)


@pytest.mark.parametrize("at", [(1417.0, 1391.0), (1420.0, 1420.0), (3.0, 2837.0)])
@pytest.mark.parametrize("clearance", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("cover", ["bare", "everywhere", "raster"])
def test_line_of_sight_over_a_raster_is_that_of_every_pixels_own_profile(at, clearance, cover):
    terrain, receiver = rough(), Receiver(height_m=12.0)
    model = LineOfSight(clearance=clearance, clutter_height_m=8.0 if cover == "everywhere" else 0.0)
    trees = np.random.default_rng(1).choice([0, 0, 5, np.nan, 15], (SIZE, SIZE))
    trees[:, :30] = np.nan  # unknown: none
    clutter = raster(trees) if cover == "raster" else None
    loss = along_every_profile(model, terrain, clutter, at, receiver)
    signal = signal_raster(tower(*at), terrain, model=model, clutter=clutter, receiver=receiver)
    assert 0.005 < np.mean(loss < 200) < 0.995
    lost = signal.values + loss
    np.testing.assert_allclose(lost, np.full_like(lost, lost[0, 0]), atol=1e-4)


def test_line_of_sight_is_not_computed_behind_a_void_even_where_something_else_hides_it():
    heights = rough(height_m=30.0).values.copy()
    heights[20:24, 50:53] = np.nan
    terrain, at = raster(heights), (1417.0, 1391.0)
    with pytest.warns(OutsideModelRangeWarning, match="no height"):
        signal = signal_raster(tower(*at), terrain, model=LineOfSight(), receiver=ROOFTOP_CPE).values
    loss = along_every_profile(LineOfSight(), terrain, None, at, ROOFTOP_CPE)
    assert (np.isnan(signal) == np.isnan(loss)).all()
    assert 12 < np.isnan(loss).sum() < SIZE**2 / 4


def test_line_of_sight_from_a_tower_off_the_terrain_serves_no_pixel():
    with pytest.warns(OutsideModelRangeWarning, match="no height"):
        signal = signal_raster(tower(-900.0, 1000.0), rough(), model=LineOfSight(), receiver=ROOFTOP_CPE)
    assert np.isnan(signal.values).all()


def test_line_of_sight_by_shared_radials_is_exact():
    call = {"model": LineOfSight(), "receiver": ROOFTOP_CPE}
    exact, shared = (
        signal_raster(tower(1417.0, 1391.0), rough(), sampling=sampling, **call).values.tobytes()
        for sampling in ("exact", "shared radials")
    )
    assert exact == shared


PLAIN = """
import json
import geopandas as gpd
import numpy as np
from coverage_geo.radio.area import SAMPLINGS, signal_raster
from coverage_geo.radio.link_budget import ROOFTOP_CPE
from coverage_geo.radio.path_loss import FreeSpace, ItuP1812
from coverage_geo.radio.second_opinions import Bullington526, ExtendedHata, Itm, LineOfSight, WithEndClutter
from coverage_geo.rasters import Raster
rng = np.random.default_rng(1)
at = {"west": 0, "north": 540, "dx": 30, "dy": 30, "crs": "EPSG:32748", "unit": "m"}
terrain = Raster(rng.normal(50, 4, (18, 18)), **at)
trees = Raster(rng.choice([0, 5, np.nan], (18, 18)), **at)
tower = gpd.GeoDataFrame(geometry=gpd.points_from_xy([70], [80]), crs="EPSG:32748", index=["T"])
models = [ItuP1812(), LineOfSight(), FreeSpace(), Itm(), Bullington526(), ExtendedHata(), WithEndClutter(Itm())]
found = []
for model in models:
    for clutter in (None, trees):
        for sampling in SAMPLINGS if isinstance(model, ItuP1812 | LineOfSight) else SAMPLINGS[:1]:
            call = {"model": model, "clutter": clutter, "sampling": sampling, "receiver": ROOFTOP_CPE}
            found += signal_raster(tower.rename_axis("tower_id"), terrain, **call).values[::3, ::3].ravel().tolist()
print(json.dumps(found))
"""


def test_every_model_by_every_sampling_gives_the_same_without_compilation():
    def run(**extra):
        command = [sys.executable, "-W", "ignore", "-c", PLAIN]
        done = subprocess.run(command, env=os.environ | extra, capture_output=True, text=True, check=True)
        return np.array(json.loads(done.stdout))

    compiled = run()
    assert np.isfinite(compiled).mean() > 0.9
    np.testing.assert_allclose(run(NUMBA_DISABLE_JIT="1"), compiled, atol=1e-3)


@pytest.mark.parametrize("length", [2.0, 2.5, 3.0])
def test_no_point_at_or_beyond_the_receiver_counts_among_the_least_clear(length):
    heights = np.array([0, -7, -3, 900, 900, 900], dtype=np.float32)
    still, steps = np.float32(0), np.float32(length)
    before = int(np.ceil(length)) - 1
    asked = {
        inner: largest_clearance_parameter(heights, inner, steps, still, still, still)
        for inner in (before, 3, 5)
    }
    assert set(asked.values()) == {asked[before]}
    assert -7 <= asked[before] < 0
