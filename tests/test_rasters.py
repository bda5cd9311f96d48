"""Rasters: immutable, windows of the same pixels, half a pixel where it belongs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_geo import Raster
from coverage_geo.errors import ValueRangeError

GRID = Raster(np.arange(12.0).reshape(3, 4), west=100, north=190, dx=30, dy=30, crs="EPSG:32748", unit="m")


def test_a_raster_cannot_be_changed_through_itself_or_its_source() -> None:
    source = np.zeros((2, 2), dtype=np.float32)
    raster = Raster(source, west=0, north=2, dx=1, dy=1, crs="EPSG:32748", unit="m")
    with pytest.raises(ValueError, match="read-only"):
        raster.values[0, 0] = 1
    source[0, 0] = 5
    assert raster.values[0, 0] == 0


def test_a_value_is_that_of_the_pixel_centre() -> None:
    assert GRID.sample([115.0], [175.0])[0] == 0
    assert GRID.sample([145.0], [175.0])[0] == 1
    assert GRID.sample([115.0], [145.0])[0] == 4


def test_outside_is_nan_and_the_edge_holds_its_pixel() -> None:
    found = GRID.sample([99.9, 100.0, 220.0, 220.1], [100.0, 100.0, 100.0, 100.0])
    assert np.isnan(found).tolist() == [True, False, False, True]
    assert found[1] == 8


def test_a_void_makes_its_neighbours_nan() -> None:
    holes = Raster([[1.0, np.nan], [1.0, 1.0]], west=0, north=2, dx=1, dy=1, crs="EPSG:32748", unit="m")
    assert np.isnan(holes.sample([1.0], [1.0])[0])


@given(st.floats(100, 219), st.floats(101, 189), st.floats(1, 60), st.floats(1, 60))
def test_a_window_gives_the_same_values_as_the_whole(west, south, wide, high) -> None:
    window = GRID.window((west, south, west + wide, south + high))
    x, y = window.west + window.dx / 2, window.north - window.dy / 2
    assert window.sample([x], [y])[0] == GRID.sample([x], [y])[0]


@pytest.mark.parametrize("bounds", [(300, 100, 400, 150), (110, 500, 120, 600)])
def test_a_window_outside_is_refused(bounds) -> None:
    with pytest.raises(ValueRangeError, match="lies outside"):
        GRID.window(bounds)


def test_a_grid_without_pixels_or_with_negative_size_is_refused() -> None:
    with pytest.raises(ValueRangeError):
        Raster(np.zeros((0, 3)), west=0, north=0, dx=1, dy=1, crs="EPSG:32748", unit="m")
    with pytest.raises(ValueRangeError, match="north-up"):
        Raster(np.zeros((3, 3)), west=0, north=0, dx=1, dy=-1, crs="EPSG:32748", unit="m")
