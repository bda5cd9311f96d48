"""Short cuts of the fast loops: each gives what the long way gives."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from coverage_geo.errors import OutsideModelRangeWarning
from coverage_geo.radio.area import signal_raster
from coverage_geo.radio.ground import Ground
from coverage_geo.radio.link_budget import ROOFTOP_CPE, Receiver
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
