"""Terrain too large to hold: windows of it from its files, the same pixels and the same results as in memory."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

import coverage_geo as cg
from coverage_geo.errors import FileFormatError, RepairWarning, ValueRangeError
from coverage_geo.files import grids, on_disk, tiles

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
