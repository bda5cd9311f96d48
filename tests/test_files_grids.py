"""Terrain and people are read in windows; voids are counted, people are never resampled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import rasterio

import coverage_geo as cg
from coverage_geo.errors import CRSError, FileFormatError, RepairWarning, ValueRangeError
from coverage_geo.files import grids, writing
from coverage_geo.files.shapes import utm_of

if TYPE_CHECKING:
    from pathlib import Path

UTM = "EPSG:32748"
AREA = cg.StudyArea((500_000, 9_790_000, 503_000, 9_793_000), UTM)


def _tif(
    file: Path,
    values: np.ndarray,
    *,
    west: float,
    north: float,
    step: float,
    crs: str | None = UTM,
    **more: object,
) -> Path:
    profile = {
        "driver": "GTiff",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": 1,
        "dtype": values.dtype.name,
        "crs": crs,
        "transform": rasterio.Affine(step, 0, west, 0, -step, north),
        **more,
    }
    with rasterio.open(file, "w", **profile) as grid:
        grid.write(values, 1)
    return file


def _slope(side: int, step: float, west: float, north: float) -> np.ndarray:
    """Heights that rise by 1 m each 100 m to the east and 2 m each 100 m to the north."""
    x = west + (np.arange(side) + 0.5) * step
    y = north - (np.arange(side) + 0.5) * step
    return ((x[None, :] - 500_000) / 100 + (y[:, None] - 9_790_000) / 50).astype(np.float32)


def test_only_the_window_of_the_study_area_is_read(tmp_path: Path):
    values = _slope(1000, 30, 490_000, 9_805_000)
    file = _tif(tmp_path / "dem.tif", values, west=490_000, north=9_805_000, step=30)
    terrain = cg.read_terrain(file, study_area=AREA, margin_m=0)
    assert terrain.crs == AREA.crs
    assert terrain.shape == (102, 103)  # 3 km of 30 m, whole pixels and one more on each side
    x, y = np.array([500_100.0, 502_900.0]), np.array([9_790_100.0, 9_792_900.0])
    assert terrain.sample(x, y) == pytest.approx((x - 500_000) / 100 + (y - 9_790_000) / 50, abs=1e-3)
    wide = cg.read_terrain(file, study_area=AREA, margin_m=3_000)
    assert wide.shape == (302, 303)
    assert cg.read_terrain(file, study_area=AREA, margin_m=1e6).shape == (1000, 1000)


def test_terrain_in_degrees_comes_in_the_studys_crs_with_the_same_heights(tmp_path: Path):
    # A plane in degrees: 1,000 m for each degree to the east.
    lon = 104.9 + (np.arange(720) + 0.5) / 3600
    values = np.tile((1000 * (lon - 105)).astype(np.float32), (720, 1))
    file = _tif(tmp_path / "dem.tif", values, west=104.9, north=-1.8, step=1 / 3600, crs="EPSG:4326")
    terrain = cg.read_terrain(file, study_area=AREA, margin_m=500)
    assert terrain.dx == terrain.dy == 31
    assert terrain.crs == AREA.crs
    x, y = np.meshgrid(np.linspace(500_000, 503_000, 20), np.linspace(9_790_000, 9_793_000, 20))
    degrees = gpd.GeoSeries.from_xy(x.ravel(), y.ravel(), crs=UTM).to_crs(4326)
    assert terrain.sample(x.ravel(), y.ravel()) == pytest.approx(1000 * (degrees.x - 105), abs=0.01)


def test_tiles_come_together_whatever_their_order(tmp_path: Path):
    values = _slope(400, 30, 496_000, 9_797_000)
    left = _tif(tmp_path / "a.tif", values[:, :200], west=496_000, north=9_797_000, step=30)
    right = _tif(tmp_path / "b.tif", values[:, 200:], west=502_000, north=9_797_000, step=30)
    far = _tif(tmp_path / "c.tif", values, west=900_000, north=9_797_000, step=30)
    forth = cg.read_terrain([left, right, far], study_area=AREA)
    back = cg.read_terrain([far, right, left], study_area=AREA)
    assert np.array_equal(forth.values, back.values, equal_nan=True)
    whole = cg.read_terrain(
        _tif(tmp_path / "d.tif", values, west=496_000, north=9_797_000, step=30), study_area=AREA
    )
    x, y = np.meshgrid(np.linspace(500_000, 503_000, 31), np.linspace(9_790_000, 9_793_000, 31))
    assert forth.sample(x.ravel(), y.ravel()) == pytest.approx(whole.sample(x.ravel(), y.ravel()), abs=1e-4)
    with pytest.raises(ValueRangeError, match="none of the 2 tiles"):
        cg.read_terrain([far, far], study_area=AREA)


@pytest.mark.parametrize("void", [-32768, -9999, -32767])
@pytest.mark.parametrize("declared", [True, False])
def test_voids_become_missing_and_are_counted(tmp_path: Path, void: int, declared: bool):  # noqa: FBT001
    values = np.full((120, 120), 100, dtype=np.int16)
    values[60:64, 60:65] = void
    more = {"nodata": void} if declared else {}
    file = _tif(tmp_path / "dem.tif", values, west=499_800, north=9_793_300, step=30, **more)
    with pytest.warns(RepairWarning, match=r"20 of [\d,]+ heights .* are missing"):
        terrain = cg.read_terrain(file, study_area=AREA)
    assert np.isnan(terrain.values).sum() == 20
    assert np.nanmin(terrain.values) == 100


def test_heights_in_feet_are_refused(tmp_path: Path):
    raster = cg.Raster(np.ones((200, 200)), west=499_000, north=9_794_000, dx=30, dy=30, crs=UTM, unit="ft")
    writing.write_geotiff(tmp_path / "dem.tif", raster)
    with pytest.raises(ValueRangeError, match="heights are in ft"):
        cg.read_terrain(tmp_path / "dem.tif", study_area=AREA)


def _hgt(file: Path, heights: np.ndarray) -> Path:
    heights.astype(">i2").tofile(file)
    return file


def test_an_hgt_tile_lies_where_its_name_says(tmp_path: Path):
    area = cg.StudyArea((510_000, 9_785_000, 512_000, 9_787_000), UTM)
    degrees_north = -2 + np.arange(1201)[::-1] / 1200
    heights = np.tile(((degrees_north + 2) * 1000).astype(np.int16)[:, None], (1, 1201))
    terrain = cg.read_terrain(_hgt(tmp_path / "S02E105.hgt", heights), study_area=area, margin_m=1_000)
    assert terrain.dx == 92
    x, y = np.array([510_500.0, 511_500.0]), np.array([9_785_500.0, 9_786_500.0])
    degrees = gpd.GeoSeries.from_xy(x, y, crs=UTM).to_crs(4326)
    assert terrain.sample(x, y) == pytest.approx((degrees.y + 2) * 1000, abs=1.5)
    with pytest.raises(FileFormatError, match="place in its name"):
        cg.read_terrain(_hgt(tmp_path / "tile.hgt", heights), study_area=area)
    with pytest.raises(FileFormatError, match="no square"):
        cg.read_terrain(_hgt(tmp_path / "S02E106.hgt", heights[:-1]), study_area=area)


def test_people_stay_on_their_own_grid_and_no_pixel_is_lost(tmp_path: Path):
    rng = np.random.default_rng(3)
    people = rng.integers(0, 50, (300, 300)).astype(np.float32)
    file = _tif(tmp_path / "pop.tif", people, west=104.95, north=-1.85, step=1 / 1200, crs="EPSG:4326")
    raster = cg.read_raster(file, study_area=AREA)
    assert raster.crs.to_epsg() == 4326
    assert raster.unit == "people"
    west, south, east, north = (
        gpd.GeoSeries.from_xy([500_000, 503_000], [9_790_000, 9_793_000], crs=UTM).to_crs(4326).total_bounds
    )
    assert raster.bounds[0] <= west
    assert raster.bounds[1] <= south
    assert raster.bounds[2] >= east
    assert raster.bounds[3] >= north
    column, row = round((raster.west - 104.95) * 1200), round((-1.85 - raster.north) * 1200)
    rows, columns = raster.shape
    assert np.array_equal(raster.values, people[row : row + rows, column : column + columns])


def test_negative_people_are_no_value_and_counted(tmp_path: Path):
    people = np.ones((120, 120), dtype=np.float32)
    people[50, 50], people[51, 51] = -99999, -9999
    file = _tif(tmp_path / "pop.tif", people, west=499_800, north=9_793_300, step=30)
    with pytest.warns(RepairWarning, match="2 pixels"):
        raster = cg.read_raster(file, study_area=AREA)
    assert np.isnan(raster.values).sum() == 2


@pytest.mark.parametrize("name", ["dem.tif", "dem.vrt", "S02E105.tif", "dem.asc"])
def test_a_virtual_raster_is_refused_under_any_name(tmp_path: Path, name: str):
    (tmp_path / name).write_text("<VRTDataset rasterXSize='1' rasterYSize='1'><VRTRasterBand/></VRTDataset>")
    for read in (cg.read_terrain, cg.read_raster):
        with pytest.raises(FileFormatError, match="not a GeoTIFF"):
            read(tmp_path / name, study_area=AREA)
    with pytest.raises(FileFormatError, match="not a path on this computer"):
        cg.read_raster("<VRTDataset/>", study_area=AREA)


def test_rasters_without_crs_or_place_or_north_up_are_refused(tmp_path: Path):
    values = np.ones((200, 200), dtype=np.float32)
    bare = _tif(tmp_path / "a.tif", values, west=499_000, north=9_794_000, step=30, crs=None)
    with pytest.raises(CRSError, match="no coordinate reference system"):
        cg.read_terrain(bare, study_area=AREA)
    assert cg.read_terrain(bare, study_area=AREA, crs=UTM).crs == AREA.crs
    turned = {"transform": rasterio.Affine(30, 5, 499_000, 5, -30, 9_794_000)}
    with pytest.raises(FileFormatError, match="rotated"):
        cg.read_terrain(_tif(tmp_path / "b.tif", values, west=0, north=0, step=1, **turned), study_area=AREA)
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        place = _tif(
            tmp_path / "c.tif", values, west=0, north=0, step=1, transform=rasterio.Affine.identity()
        )
    with pytest.raises(CRSError, match="not georeferenced"):
        cg.read_terrain(place, study_area=AREA)


def test_a_raster_of_another_place_or_cut_off_is_refused(tmp_path: Path):
    rng = np.random.default_rng(1)
    values = rng.random((200, 200)).astype(np.float32)
    far = _tif(tmp_path / "a.tif", values, west=600_000, north=9_794_000, step=30)
    with pytest.raises(ValueRangeError, match="does not touch the study area"):
        cg.read_raster(far, study_area=AREA)
    near = _tif(tmp_path / "b.tif", values, west=499_000, north=9_794_000, step=30)
    near.write_bytes(near.read_bytes()[:60_000])
    with pytest.raises(FileFormatError, match="cannot be read"):
        cg.read_raster(near, study_area=AREA)
    with pytest.raises(FileFormatError, match="has 1 bands, not 2"):
        cg.read_raster(far, study_area=AREA, band=2)


def test_real_relief_is_read_from_its_tile(data_folder: Path):
    file = data_folder / "elevation" / "N44W072.hgt"
    middle = gpd.GeoSeries.from_xy([-71.5], [44.5], crs=4326)
    crs = utm_of(middle)
    x, y = middle.to_crs(crs).x.iloc[0], middle.to_crs(crs).y.iloc[0]
    area = cg.StudyArea((x - 20_000, y - 20_000, x + 20_000, y + 20_000), crs)
    terrain = cg.read_terrain(file, study_area=area)
    assert 115 <= np.nanmin(terrain.values) < np.nanmax(terrain.values) <= 1908
    heights = np.fromfile(file, dtype=">i2").reshape(1201, 1201)
    assert float(terrain.sample([x], [y])[0]) == pytest.approx(float(heights[600, 600]), abs=15)
    assert grids.METRES


def test_land_cover_keeps_its_classes_when_it_is_brought_into_the_study(tmp_path: Path) -> None:
    classes = np.random.default_rng(1).choice([10, 40, 80], (60, 60)).astype(np.uint8)
    west, south, east, north = (
        gpd.GeoSeries.from_wkt(["POINT (500000 9790000)", "POINT (503000 9793000)"], crs=UTM)
        .to_crs(4326)
        .total_bounds
    )
    step = max(east - west, north - south) / 40
    file = _tif(
        tmp_path / "cover.tif",
        classes,
        west=west - 5 * step,
        north=north + 5 * step,
        step=step,
        crs="EPSG:4326",
    )
    cover = cg.read_land_cover(file, study_area=AREA)
    assert cover.crs.to_epsg() == 32748
    assert set(np.unique(cover.window(AREA.bounds).values)) == {10, 40, 80}


@pytest.mark.parametrize("in_memory", [True, False])
def test_scaled_values_are_read_as_the_quantities_they_stand_for(tmp_path, monkeypatch, in_memory):
    file = _tif(tmp_path / "dm.tif", np.full((50, 50), 420, "int16"), west=499_000, north=9_794_000, step=100)
    with rasterio.open(file, "r+") as grid:
        grid.scales, grid.offsets = (0.1,), (-2.0,)
    if not in_memory:
        monkeypatch.setattr(grids, "MOST_IN_MEMORY", 1)
    terrain = cg.read_terrain(file, study_area=AREA)
    assert np.unique(terrain.window(AREA.bounds).values).tolist() == [40.0]
    assert np.unique(cg.read_raster(file, study_area=AREA, unit="m").values).tolist() == [40.0]


@pytest.mark.parametrize("kind", ["inside", "beside", "opacity"])
def test_masked_pixels_have_no_height(tmp_path, kind):
    values = np.full((50, 50), 7, dtype="int16")
    mask = np.full((50, 50), 255, dtype="uint8")
    mask[:, 25:] = 0
    more = {"count": 2, "alpha": "YES"} if kind == "opacity" else {}
    file = _tif(tmp_path / "dem.tif", values, west=499_000, north=9_794_000, step=100, **more)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=kind == "inside"), rasterio.open(file, "r+") as grid:
        if kind == "opacity":
            grid.write(mask.astype("int16"), 2)
        else:
            grid.write_mask(mask)
    with pytest.warns(RepairWarning, match="450 of 900 heights"):
        terrain = cg.read_terrain(file, study_area=AREA)
    assert np.unique(terrain.values[:, terrain.values.shape[1] // 2 + 1 :]).tolist() == pytest.approx(
        [np.nan], nan_ok=True
    )


@pytest.mark.parametrize("value", [-99999.0, -3.4028235e38, 1e38, np.inf])
def test_numbers_that_are_no_heights_are_missing_and_counted(tmp_path, value):
    values = np.full((50, 50), 7, dtype="float32")
    values[20, 20] = value
    file = _tif(tmp_path / "dem.tif", values, west=499_000, north=9_794_000, step=100)
    with pytest.warns(RepairWarning, match="1 of 900 heights"):
        terrain = cg.read_terrain(file, study_area=AREA, margin_m=0)
    assert np.unique(terrain.values[np.isfinite(terrain.values)]).tolist() == [7.0]


def test_rasters_that_hold_no_quantities_are_refused_all_at_once(tmp_path):
    place = {"west": 499_000, "north": 9_794_000, "step": 100}
    turning = _tif(tmp_path / "a.tif", np.full((50, 50), 1j, dtype="complex64"), **place)
    picture = _tif(tmp_path / "b.tif", np.zeros((50, 50), dtype="uint8"), count=3, photometric="RGB", **place)
    masked = _tif(tmp_path / "c.tif", np.zeros((50, 50), dtype="uint8"), **place)
    (tmp_path / "c.tif.msk").write_text("<VRTDataset/>")
    with pytest.raises(FileFormatError) as refusal:
        cg.read_terrain([masked, picture, turning], study_area=AREA)
    for part in ("a.tif: holds complex numbers", "b.tif: is a picture", "c.tif.msk: is not a GeoTIFF"):
        assert part in str(refusal.value)


def test_terrain_of_part_of_the_study_area_is_told(tmp_path):
    file = _tif(tmp_path / "dem.tif", np.ones((50, 20), "int16"), west=499_500, north=9_794_000, step=100)
    with pytest.warns(RepairWarning, match="50.0% of the study area has no tile"):
        cg.read_terrain(file, study_area=AREA)


@pytest.mark.parametrize("crs", ["banana", "EPSG:99999", True])
def test_a_crs_that_nobody_knows_is_refused_by_its_name(tmp_path, crs):
    file = _tif(tmp_path / "dem.tif", np.ones((50, 50), "int16"), west=499_000, north=9_794_000, step=100)
    with pytest.raises(CRSError, match=f"dem.tif: crs is {crs!r}"):
        cg.read_terrain(file, study_area=AREA, crs=crs)


def test_an_impossible_resolution_or_margin_is_refused(tmp_path):
    file = _tif(tmp_path / "dem.tif", np.ones((50, 50), "int16"), west=499_000, north=9_794_000, step=100)
    for said in ({"resolution_m": 0}, {"resolution_m": float("nan")}, {"margin_m": float("nan")}):
        with pytest.raises(ValueRangeError, match=next(iter(said))):
            cg.read_terrain(file, study_area=AREA, **said)


@pytest.mark.parametrize("height", [99_999, 45_000, -20_000])
def test_heights_that_are_nowhere_on_earth_are_refused(tmp_path, height):
    values = np.full((50, 50), 7, dtype="int32")
    values[20, 20] = height
    file = _tif(tmp_path / "dem.tif", values, west=499_000, north=9_794_000, step=100)
    with pytest.raises(ValueRangeError, match=r"dem\.tif: heights reach from .* Convert them to metres"):
        cg.read_terrain(file, study_area=AREA)
