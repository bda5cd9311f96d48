"""Terrain too large to hold: windows of it from its files, the same pixels and the same results as in memory."""

from __future__ import annotations

import os
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numba
import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

import coverage_geo as cg
from coverage_geo.errors import (
    CoverageGeoWarning,
    FileFormatError,
    OutsideModelRangeWarning,
    RepairWarning,
    TerrainGapError,
    ValueRangeError,
)
from coverage_geo.files import grids, on_disk, tiles
from coverage_geo.maps.relief import shaded_relief
from coverage_geo.radio.area import signal_rasters
from coverage_geo.radio.signal_maps import best_server_raster, level_raster, service_probability_raster
from coverage_geo.rasters import grid_of
from coverage_geo.study.demo import DEMO_INPUTS, study_text

UTM = "EPSG:32748"
AREA = cg.StudyArea((500_000, 9_780_000, 512_000, 9_792_000), UTM)
HEIGHTS = np.random.default_rng(7).normal(0, 40, (700, 700)).cumsum(axis=0).cumsum(axis=1) / 300


def write_dem(file, values=None, *, crs=UTM, west=498_000.0, north=9_794_000.0, step=30.0, **more):
    values = (HEIGHTS if values is None else values).astype(np.float32)
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1}
    profile |= {"dtype": "float32", "crs": crs, "transform": rasterio.Affine(step, 0, west, 0, -step, north)}
    tiled = {"tiled": True, "blockxsize": 128, "blockysize": 128, "compress": "deflate"}
    with rasterio.open(file, "w", **(profile | tiled | more)) as grid:
        grid.write(values, 1)
    return file


def in_degrees(file, **more):
    """The same heights on pixels of an arc second that cover the study area."""
    corner = gpd.GeoSeries.from_xy([498_000], [9_794_000], crs=UTM).to_crs(4326)
    place = {"west": corner.x.iloc[0], "north": corner.y.iloc[0], "step": 1 / 3600, "crs": "EPSG:4326"}
    return write_dem(file, **(place | more))


@pytest.fixture
def on_disk_from(monkeypatch):
    """Call a reader so that whatever it reads stays in its files, in small blocks of which few are kept."""

    def read(reader, *arguments, **known):
        with monkeypatch.context() as patch:
            patch.setattr(grids, "MOST_IN_MEMORY", 0)
            return reader(*arguments, **known)

    monkeypatch.setattr(on_disk, "BLOCK", 64)
    monkeypatch.setattr(on_disk, "HELD_BLOCKS", 4)
    return read


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Terrain of a study from three kinds of files: in memory, and left on disk with small blocks."""
    folder = tmp_path_factory.mktemp("dem")
    halves = [
        write_dem(folder / "a.tif", HEIGHTS[:, :300]),
        write_dem(
            folder / "b.tif", HEIGHTS[:, 300:], west=507_000.0, compress="lzw", blockxsize=64, blockysize=64
        ),
    ]
    files = {"study crs": halves, "degrees": [in_degrees(folder / "c.tif")]}
    files["finer"] = [in_degrees(folder / "d.tif", values=np.kron(HEIGHTS, np.ones((2, 2))), step=1 / 7200)]
    patch = pytest.MonkeyPatch()
    patch.setattr(on_disk, "BLOCK", 96)
    found = {}
    for kind, names in files.items():
        call = {"study_area": AREA, "margin_m": 1_500, "resolution_m": 30.0 if kind == "finer" else None}
        memory = cg.read_terrain(names, **call)
        patch.setattr(grids, "MOST_IN_MEMORY", 0)
        found[kind] = memory, cg.read_terrain(names, **call)
        patch.setattr(grids, "MOST_IN_MEMORY", 25_000_000)
    yield found
    patch.undo()


def windows():
    west, south, east, north = AREA.bounds
    edge = st.tuples(st.floats(west, east), st.floats(south, north))
    return st.tuples(edge, st.floats(1, 9_000), st.floats(1, 9_000)).map(
        lambda one: (one[0][0], one[0][1], one[0][0] + one[1], one[0][1] + one[2])
    )


@pytest.mark.parametrize("kind", ["study crs", "degrees", "finer"])
@given(bounds=windows())
def test_a_pixel_has_the_same_value_in_every_window_and_in_memory(both, kind, bounds):
    memory, disk = both[kind]
    one, other = memory.window(bounds), disk.window(bounds)
    assert (one.west, one.north, one.dx, one.dy) == (other.west, other.north, other.dx, other.dy)
    assert one.values.tobytes() == other.values.tobytes()
    assert one.crs == other.crs


def test_threads_and_pickles_read_the_same_pixels(both):
    memory, disk = both["degrees"]
    shared = pickle.loads(pickle.dumps(disk))  # noqa: S301 - our own
    west, south, east, north = AREA.bounds
    rng = np.random.default_rng(3)
    corners = np.column_stack([rng.uniform(west, east - 3_000, 40), rng.uniform(south, north - 3_000, 40)])
    wanted = [(x, y, x + 3_000, y + 3_000) for x, y in corners.tolist()]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(shared.window, wanted))
    for bounds, one in zip(wanted, found, strict=True):
        assert one.values.tobytes() == memory.window(bounds).values.tobytes()


def test_few_blocks_are_kept_whatever_was_read(tmp_path, on_disk_from):
    disk = on_disk_from(cg.read_terrain, write_dem(tmp_path / "a.tif"), study_area=AREA)
    disk.window(AREA.bounds)
    assert len(disk.kept) == 4
    assert len(pickle.dumps(disk)) < 10_000


def test_only_the_tiles_that_a_window_touches_are_opened(tmp_path, on_disk_from):
    left = write_dem(tmp_path / "a.tif", HEIGHTS[:, :300])
    right = write_dem(tmp_path / "b.tif", HEIGHTS[:, 300:], west=507_000.0)
    disk = on_disk_from(cg.read_terrain, [left, right], study_area=AREA)
    right.unlink()
    assert disk.window((501_000, 9_785_000, 502_000, 9_786_000)).shape == (34, 34)
    with pytest.raises(FileFormatError, match=r"b.tif: was moved or written anew"):
        disk.window((505_000, 9_785_000, 509_000, 9_786_000))


def test_a_file_written_anew_is_refused_instead_of_mixed(tmp_path, on_disk_from):
    file = write_dem(tmp_path / "a.tif")
    disk = on_disk_from(cg.read_terrain, file, study_area=AREA)
    disk.window((501_000, 9_785_000, 502_000, 9_786_000))
    write_dem(file, HEIGHTS + 1)
    with pytest.raises(FileFormatError, match="written anew"):
        disk.window((508_000, 9_785_000, 509_000, 9_786_000))


def test_a_file_cut_short_is_refused_where_it_ends(tmp_path, on_disk_from):
    file = write_dem(tmp_path / "a.tif")
    file.write_bytes(file.read_bytes()[:800_000])
    disk = on_disk_from(cg.read_terrain, file, study_area=AREA)
    assert disk.window((501_000, 9_790_000, 502_000, 9_791_000)).shape == (34, 34)
    with pytest.raises(FileFormatError, match=r"a.tif: cannot be read"):
        disk.window(AREA.bounds)


def test_a_file_stored_as_one_large_piece_is_refused_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(tiles, "LARGEST_PIECE", 400_000)
    file = write_dem(tmp_path / "a.tif", tiled=False, blockysize=700)
    with pytest.raises(FileFormatError, match=r"pieces of 490,000 pixels.*TILED=YES"):
        cg.read_terrain(file, study_area=AREA)


def test_a_window_too_large_to_hold_is_refused_with_its_size(tmp_path, on_disk_from, monkeypatch):
    disk = on_disk_from(cg.read_terrain, write_dem(tmp_path / "a.tif"), study_area=AREA)
    monkeypatch.setattr(on_disk, "LARGEST_WINDOW", 10_000)
    with pytest.raises(ValueRangeError, match=r"holds 160,801 pixels"):
        disk.window(AREA.bounds)
    with pytest.raises(ValueRangeError, match="lies outside"):
        disk.window((0, 0, 1, 1))


def test_a_file_far_finer_than_the_pixels_asked_for_is_refused_with_the_remedy(tmp_path, monkeypatch):
    file = write_dem(tmp_path / "a.tif")
    assert cg.read_terrain(file, study_area=AREA, resolution_m=300).dx == 300
    monkeypatch.setattr(on_disk, "LARGEST_WINDOW", 100_000)
    with pytest.raises(ValueRangeError, match=r"pixels lie under [\d,]+ of 300 m. .* -tr 300 300 -r average"):
        cg.read_terrain(file, study_area=AREA, resolution_m=300)


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own on Windows")
def test_a_link_to_a_file_keeps_its_name(tmp_path):
    file = write_dem(tmp_path / "store.bin.tif")
    (tmp_path / "dem.tif").symlink_to(file)
    assert cg.read_terrain(tmp_path / "dem.tif", study_area=AREA).name == "dem.tif"


def test_voids_left_on_disk_are_counted_on_request_and_missing_tiles_at_once(tmp_path, on_disk_from):
    values = HEIGHTS.copy()
    values[200:210, 200:220], values[300, 300] = -9999, np.nan
    file = write_dem(tmp_path / "a.tif", values[:, :400])  # tiles end 2 km before the study area does
    with pytest.warns(RepairWarning, match=r"about 16.5% of the study area has no tile"):
        disk = on_disk_from(cg.read_terrain, file, study_area=AREA)
    assert disk.missing(disk.bounds) == 201
    assert disk.missing((504_000, 9_787_000, 504_010, 9_788_000)) == 10


def test_an_overview_holds_means_of_squares_and_leaves_voids_out(tmp_path, on_disk_from):
    values = np.arange(490_000.0).reshape(700, 700)
    values[400:408, 400:408] = -9999
    disk = on_disk_from(cg.read_terrain, write_dem(tmp_path / "a.tif", values), study_area=AREA, margin_m=1e5)
    assert disk.grid.shape == (700, 700)
    view = disk.overview(disk.bounds, 88)
    known = np.where(values < 0, np.nan, values).astype(np.float32)[:696, :696].reshape(87, 8, 87, 8)
    assert view.shape == (88, 88)
    assert view.dx == 240
    assert np.isnan(view.values).sum() == 1
    inner = view.values[:87, :87]
    known[50, :, 50, :] = 0
    expected = np.where(np.isnan(inner), np.nan, known.mean(axis=(1, 3), dtype=float))
    assert inner == pytest.approx(expected, rel=1e-6, nan_ok=True)


def test_an_overview_of_files_in_degrees_lies_where_the_heights_do(both):
    memory, disk = both["degrees"]
    view = disk.overview(AREA.bounds, 60)
    assert max(view.shape) <= 60
    rows, columns = view.shape
    x = view.west + (np.arange(columns) + 0.5) * view.dx
    y = view.north - (np.arange(rows) + 0.5) * view.dy
    at = [axis.ravel() for axis in np.meshgrid(x, y)]
    assert np.abs(view.sample(*at) - memory.sample(*at)).mean() < 0.1 * memory.values.std()


def test_land_cover_left_on_disk_keeps_its_classes(tmp_path, on_disk_from):
    classes = np.random.default_rng(1).choice([10, 40, 80], (700, 700)).astype(np.uint8)
    file = write_dem(tmp_path / "cover.tif", classes, dtype="float32")
    memory = cg.read_land_cover(file, study_area=AREA)
    disk = on_disk_from(cg.read_land_cover, file, study_area=AREA)
    assert isinstance(disk, on_disk.RasterOnDisk)
    bounds = (503_000, 9_785_000, 505_000, 9_786_000)
    assert disk.window(bounds).values.tobytes() == memory.window(bounds).values.tobytes()
    canopy = cg.Raster(np.full((40, 40), 9.0), 503_000, 9_786_000, 25, 25, UTM, "m")
    whole, parts = (cg.radio.clutter_heights(one, canopy=canopy) for one in (memory, disk))
    parts = pickle.loads(pickle.dumps(parts))  # noqa: S301 - our own
    assert parts.window(bounds).values.tobytes() == whole.window(bounds).values.tobytes()
    with pytest.raises(ValueRangeError, match="no height for class 80"):
        cg.radio.clutter_heights(disk, {10: 20, 40: 0}).window(bounds)


def towers_of(places, ids=None, **columns):
    x, y = zip(*places, strict=True)
    table = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=UTM)
    table.index = ids or [f"T{i}" for i in range(len(places))]
    return table.rename_axis("tower_id")


def demand_of(count):
    west, south, east, north = AREA.bounds
    rng = np.random.default_rng(11)
    places = gpd.points_from_xy(rng.uniform(west, east, count), rng.uniform(south, north, count))
    table = gpd.GeoDataFrame({"people": np.ones(count), "village_id": "v"}, geometry=places, crs=UTM)
    table.index = [f"d{i}" for i in range(count)]
    return table.rename_axis("demand_id")


TOWERS = towers_of([(502_017.3, 9_783_333.3), (509_000.0, 9_790_111.1)], antenna_height_m=[40.0, 30.0])
SECTORS = pd.DataFrame(
    {"tower_id": ["T0", "T1"], "azimuth_deg": [45.0, 200.0]}, index=["a", "b"]
).rename_axis("sector_id")


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """Clutter heights in memory and on disk, on pixels whose edges run through the centres of the terrain's."""
    values = np.random.default_rng(5).choice([10, 20, 40], (900, 900))
    file = write_dem(tmp_path_factory.mktemp("trees") / "a.tif", values, step=15.0)
    patch = pytest.MonkeyPatch()
    memory = cg.read_land_cover(file, study_area=AREA)
    patch.setattr(grids, "MOST_IN_MEMORY", 0)
    disk = cg.read_land_cover(file, study_area=AREA)
    patch.undo()
    return cg.radio.clutter_heights(memory), cg.radio.clutter_heights(disk)


@pytest.mark.parametrize("kind", ["study crs", "degrees"])
@pytest.mark.parametrize("with_trees", [False, True])
def test_towers_are_heard_alike_over_terrain_in_memory_and_on_disk(both, trees, kind, with_trees):
    demand = demand_of(300)
    heard = [
        cg.received_power(TOWERS, demand, terrain, clutter=clutter, sectors=SECTORS)
        for terrain in both[kind]
        for clutter in (trees if with_trees else (None,))
    ]
    assert len(heard) == (4 if with_trees else 2)
    assert heard[0]["rsrp_dbm"].notna().all()
    for other in heard[1:]:
        assert other["rsrp_dbm"].to_numpy().tobytes() == heard[0]["rsrp_dbm"].to_numpy().tobytes()


@pytest.mark.parametrize("sampling", ["exact", "shared radials"])
def test_rasters_are_the_same_bytes_over_terrain_in_memory_and_on_disk(both, trees, sampling):
    memory, disk = (
        cg.radio.signal_raster(
            TOWERS, terrain, clutter=clutter, sectors=SECTORS, max_range_km=4, sampling=sampling
        )
        for terrain, clutter in zip(both["degrees"], trees, strict=True)
    )
    assert memory.grid == disk.grid
    assert memory.values.tobytes() == disk.values.tobytes()


def test_clutter_on_disk_far_finer_than_the_ground_is_read_a_piece_at_a_time(trees, monkeypatch):
    """Also over terrain in memory, and over flat ground, whose four pixels are kilometres wide."""
    coarse = cg.Raster(np.zeros((60, 60)), 498_000, 9_794_000, 250, 250, UTM, "m")
    demand = demand_of(50)
    memory = [cg.received_power(TOWERS, demand, ground, clutter=trees[0]) for ground in (coarse, None)]
    monkeypatch.setattr(on_disk, "LARGEST_WINDOW", 900_000)
    disk = [cg.received_power(TOWERS, demand, ground, clutter=trees[1]) for ground in (coarse, None)]
    for one, other in zip(memory, disk, strict=True):
        assert one["rsrp_dbm"].to_numpy().tobytes() == other["rsrp_dbm"].to_numpy().tobytes()


def test_everything_that_takes_terrain_takes_it_from_disk(both):
    memory, disk = both["degrees"]
    demand, masts = demand_of(60), TOWERS.assign(status="on air")
    models = [cg.ItuP1812(), cg.FreeSpace()]
    compared = [cg.radio.compare_models(masts, demand, one, models=models) for one in (memory, disk)]
    assert compared[0].equals(compared[1])
    links = [cg.radio.feasible_links(masts, one, frequency_mhz=7000) for one in (memory, disk)]
    assert links[0].equals(links[1])
    measured = gpd.GeoDataFrame({"rsrp_dbm": [-90.0] * 60}, geometry=demand.geometry.to_numpy(), crs=UTM)
    measured = measured.set_index(pd.Index(demand.index, name="measurement_id"))
    fits = [cg.radio.calibrate(measured, masts, one, classes=one) for one in (memory, disk)]
    assert fits[0].by_class.equals(fits[1].by_class)
    served = [cg.radio_coverage(masts, demand, one) for one in (memory, disk)]
    assert served[0].probability.tobytes() == served[1].probability.tobytes()


def test_a_study_over_terrain_and_land_cover_on_disk_writes_the_same_figures(tmp_path, on_disk_from):
    district = cg.make_district(village_count=4, width_km=8, seed=1)
    written = cg.write_district(district, tmp_path / "inputs")
    inputs = {
        name: [f"inputs/{file}" for file in files if file in written] for name, files in DEMO_INPUTS.items()
    }
    study = tmp_path / "study.toml"
    study.write_text(study_text("Besar (FIKTIF)", inputs, fictional=True), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoverageGeoWarning)
        cg.run_study(study, out=tmp_path / "memory")
        on_disk_from(cg.run_study, study, out=tmp_path / "disk")
    for name in ("villages.csv", "proposals.csv"):
        assert (tmp_path / "disk" / name).read_bytes() == (tmp_path / "memory" / name).read_bytes()


def test_hillshade_of_terrain_on_disk_is_drawn_from_an_overview(both):
    memory, disk = both["degrees"]
    west, south, east, north = AREA.bounds
    squares = [box(west, south, west + 6_000, north), box(west + 6_000, south, east, north)]
    villages = gpd.GeoDataFrame({"name": ["A", "B"]}, geometry=squares, crs=UTM, index=["a", "b"])
    pictures = [shaded_relief(one, villages) for one in (memory, disk)]
    corners = [np.array(one["corners"]) for one in pictures]
    assert np.abs(corners[0] - corners[1]).max() < 1e-3


def test_paths_over_a_missing_tile_are_counted_with_their_share_and_refused_when_strict(
    tmp_path, on_disk_from
):
    file = write_dem(tmp_path / "a.tif", HEIGHTS[:, :400])
    with pytest.warns(RepairWarning, match="has no tile"):
        disk = on_disk_from(cg.read_terrain, file, study_area=AREA)
    demand = demand_of(200)
    with pytest.warns(
        OutsideModelRangeWarning, match=r"no height under 54 of 400 paths \(13.5%\), from T0, T1"
    ):
        heard = cg.received_power(TOWERS, demand, disk)
    assert heard["rsrp_dbm"].notna().any()
    with pytest.raises(TerrainGapError, match="of 400 paths"):
        cg.received_power(TOWERS, demand, disk, strict=True)


def test_pixels_without_terrain_are_counted_with_their_share_and_refused_when_strict(tmp_path, on_disk_from):
    values = HEIGHTS.copy()
    values[:, 300:] = -9999
    disk = on_disk_from(cg.read_terrain, write_dem(tmp_path / "a.tif", values), study_area=AREA)
    radio = {"max_range_km": 5.5, "model": cg.FreeSpace()}
    with pytest.warns(OutsideModelRangeWarning, match=r"of [\d,]+ paths \(\d\d.\d%\), from T0, T1"):
        rasters = dict(signal_rasters(TOWERS, disk, **radio))
    assert np.isfinite(rasters["T0"].values).any()
    assert np.isnan(rasters["T1"].values).all()
    with pytest.raises(TerrainGapError, match="give terrain without voids"):
        cg.radio.signal_raster(TOWERS, disk, strict=True, **radio)


def test_a_tower_whose_range_lies_off_the_terrain_is_named(both):
    far = towers_of([(502_000.0, 9_783_000.0), (900_000.0, 9_783_000.0)])
    with pytest.warns(OutsideModelRangeWarning, match="from T1"):
        rasters = dict(signal_rasters(far, both["degrees"][1], max_range_km=2))
    assert list(rasters) == ["T0"]


def test_one_raster_of_towers_far_apart_is_refused_with_its_size_but_not_each_of_them():
    class Wide:
        crs, resolution = pyproj.CRS(UTM), (30.0, 30.0)
        bounds = (0.0, 0.0, 1_200_000.0, 1_200_000.0)

        def window(self, bounds):
            inside = grid_of(self).within(bounds)
            part = grid_of(self).part(*inside)
            return cg.Raster(np.zeros(part.shape), *part[:4], UTM, "m")

    apart = towers_of([(100_000.0, 100_000.0), (1_100_000.0, 1_100_000.0)])
    radio = {"max_range_km": 1, "model": cg.FreeSpace()}
    with pytest.raises(
        ValueRangeError, match=r"2 towers together need 1,\d{3},\d{3},\d{3} pixels.*signal_rasters"
    ):
        cg.radio.signal_raster(apart, Wide(), **radio)
    rasters = list(signal_rasters(apart, Wide(), **radio))
    assert [raster.shape for _, raster in rasters] == [(67, 67), (67, 67)]
    with pytest.raises(ValueRangeError, match=r"together need 1,\d{3},\d{3},\d{3} pixels"):
        best_server_raster(rasters)


@given(st.permutations(["a", "b", "c", "d"]), st.integers(0, 40), st.integers(-30, 30))
def test_best_server_rasters_take_the_strongest_whatever_the_order_of_towers(order, east, south):
    """Signals are whole numbers, so that many are equal: there the first id counts."""
    rng = np.random.default_rng(9)
    places = {"a": (0, 0), "b": (east, south), "c": (-7, east), "d": (south, 5)}
    whole = cg.Raster(np.zeros((200, 200)), 480_000.1, 9_800_000.7, 30.87, 30.87, UTM, "dBm").grid
    made = {}
    for one, (right, down) in places.items():
        values = rng.integers(-99, -90, (12, 15)).astype(np.float32)
        values[rng.random(values.shape) < 0.2] = np.nan
        part = whole.part(slice(80 + down, 92 + down), slice(80 + right, 95 + right))
        made[one] = cg.Raster(values, *part[:4], UTM, "dBm")
    best = best_server_raster((one, made[one]) for one in order)
    assert best.asset_ids == ("a", "b", "c", "d")
    stack = np.full((4, *best.rsrp.shape), -np.inf)
    for number, raster in enumerate(made.values()):
        row = round((best.rsrp.north - raster.north) / 30.87)
        column = round((raster.west - best.rsrp.west) / 30.87)
        stack[number, row : row + 12, column : column + 15] = np.nan_to_num(raster.values, nan=-np.inf)
    strongest = stack.max(axis=0)
    heard = np.isfinite(strongest)
    assert best.rsrp.values[heard].tolist() == strongest[heard].tolist()
    assert best.server.values[heard].tolist() == stack.argmax(axis=0)[heard].tolist()
    assert np.isnan(best.server.values[~heard]).all()
    again = best_server_raster(made)
    assert again.rsrp.grid == best.rsrp.grid


def test_rasters_of_other_pixels_or_the_same_tower_twice_are_refused():
    power = cg.Raster([[-90.0]], 0, 30, 30, 30, UTM, "dBm")
    shifted = cg.Raster([[-90.0]], 10, 30, 30, 30, UTM, "dBm")
    with pytest.raises(ValueRangeError, match="B: lies on other pixels"):
        best_server_raster({"A": power, "B": shifted})
    with pytest.raises(ValueRangeError, match="A: comes twice"):
        best_server_raster([("A", power), ("A", power)])
    with pytest.raises(ValueRangeError, match="there is no raster"):
        best_server_raster({})


@pytest.mark.parametrize("sampling", ["exact", "shared radials"])
def test_rasters_are_the_same_bytes_for_any_order_of_towers_and_number_of_threads(both, sampling):
    terrain = both["degrees"][1]
    radio = {"max_range_km": 3, "sampling": sampling}
    whole = cg.radio.signal_raster(TOWERS, terrain, **radio)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    turned = cg.radio.signal_raster(TOWERS.iloc[::-1], terrain, **radio)
    numba.set_num_threads(threads)
    each = dict(signal_rasters(TOWERS, terrain, **radio))
    best = best_server_raster(each)
    assert whole.grid == turned.grid == best.rsrp.grid
    assert whole.values.tobytes() == turned.values.tobytes() == best.rsrp.values.tobytes()
    alone = dict(signal_rasters(TOWERS.iloc[:1], terrain, **radio))["T0"]
    assert alone.values.tobytes() == each["T0"].values.tobytes()
    assert best.asset_ids == ("T0", "T1")


def test_classes_and_probabilities_of_pixels_are_those_of_demand_points(both):
    signal = cg.radio.signal_raster(TOWERS, both["degrees"][0], max_range_km=3)
    rsrp = signal.values.astype(float).ravel()
    heard = ~np.isnan(rsrp)
    classes = cg.SignalClasses(strong_dbm=-60, usable_dbm=-70, weak_dbm=-80)
    levels = level_raster(signal, classes)
    assert levels.values.ravel()[heard].tolist() == classes.levels(rsrp[heard]).tolist()
    assert set(np.unique(levels.values[np.isfinite(levels.values)])) >= {2, 3}
    chance = service_probability_raster(signal, classes=classes, level=cg.Level.STRONG, spread_db=6)
    assert chance.values.ravel()[heard] == pytest.approx(classes.probabilities(rsrp[heard], 6.0)[:, 2])
    assert np.isnan(chance.values.ravel()[~heard]).all()
    usual = service_probability_raster(signal)
    assert (usual.values[np.isfinite(usual.values)] >= 0).all()
    with pytest.raises(ValueRangeError, match="2 faults"):
        service_probability_raster(signal, level=cg.Level.NONE, spread_db=-1)
