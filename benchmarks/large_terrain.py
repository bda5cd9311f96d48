"""What towers over a DEM far too large to hold take, against some over a piece of it held in memory.

A tiled, compressed GeoTIFF of 40,000 x 40,000 heights is written by seed, a row of tiles at a time, in a
temporary folder. 200 towers stand all over it, each with 500 demand points within its range. Each figure is
that of a process of its own; memory is its peak above what stood after the imports (Linux only).
Run python benchmarks/large_terrain.py [--json] [--size 40000] [--towers 200] [--degrees].
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import rasterio.warp
import rasterio.windows
from shapely.geometry import box
from tqdm import tqdm

import coverage_geo as cg
from coverage_geo.files.grids import read_terrain
from coverage_geo.maps.relief import shaded_relief
from coverage_geo.radio.area import signal_rasters
from coverage_geo.radio.reach import radio_coverage
from coverage_geo.rasters import grid_of

SEED = 20
PIXEL_M = 30.0
PATCH = 2048  # pixels a side of the relief that is repeated, each time at another height
TILE = 512
RANGE_KM = 14.5
POINTS_A_TOWER = 500
PIECE_M = 130_000.0  # a side of the small study area, whose terrain is held in memory
PIECE_TOWERS = 16  # as many as stand there without hearing each other's demand points
RASTERS = 12
CRS = "EPSG:32748"
WEST, NORTH = 200_000.0, 10_000_000.0
MODES = ("coverage", "rasters", "relief")


def patch() -> np.ndarray:
    """Rough heights that join at their edges, about 900 m high."""
    rng = np.random.default_rng(SEED)
    wave = np.hypot(*np.meshgrid(np.fft.fftfreq(PATCH), np.fft.rfftfreq(PATCH), indexing="ij"))
    wave[0, 0] = np.inf
    heights = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(PATCH, PATCH))) * wave**-2.1, s=(PATCH, PATCH))
    return (900 * (heights - heights.min()) / np.ptp(heights)).astype(np.int16)


def write_dem(file: Path, size: int, *, degrees: bool) -> None:
    """A GeoTIFF of whole metres, a row of tiles at a time."""
    relief = patch()
    step = 1 / 3600 if degrees else PIXEL_M
    corner = (96.0, 5.0) if degrees else (WEST, NORTH)
    profile = {
        "driver": "GTiff",
        "height": size,
        "width": size,
        "count": 1,
        "dtype": "int16",
        "nodata": -32768,
    }
    profile |= {"tiled": True, "blockxsize": TILE, "blockysize": TILE, "compress": "deflate", "zlevel": 1}
    profile |= {"crs": "EPSG:4326" if degrees else CRS, "bigtiff": "if_safer"}
    place = rasterio.Affine(step, 0, corner[0], 0, -step, corner[1])
    columns = np.arange(size) % PATCH
    with rasterio.Env(GDAL_CACHEMAX=64_000_000), rasterio.open(file, "w", transform=place, **profile) as grid:
        for row in tqdm(range(0, size, TILE), desc="writing", unit="row of tiles"):
            rows = np.arange(row, min(row + TILE, size))
            lift = (rows // PATCH * 7 % 50).astype(np.int16)
            values = relief[rows % PATCH][:, columns] + lift[:, None]
            grid.write(values, 1, window=rasterio.windows.Window(0, row, size, len(rows)))


def study_area(file: Path, *, piece: bool) -> cg.StudyArea:
    """Nearly all of the file, or a piece from its middle."""
    with rasterio.open(file) as grid:
        west, south, east, north = rasterio.warp.transform_bounds(grid.crs, CRS, *grid.bounds)
    x, y, half = (west + east) / 2, (south + north) / 2, PIECE_M / 2
    inner = 0.98 * min(east - west, north - south) / 2
    half = half if piece else inner
    return cg.StudyArea((x - half, y - half, x + half, y + half), CRS)


def job(area: cg.StudyArea, count: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Towers on a lattice all over the study area, each with demand points within its range."""
    rng = np.random.default_rng(SEED)
    west, south, east, north = area.bounds
    reach, side, number = 1000 * RANGE_KM, int(np.ceil(np.sqrt(count))), np.arange(count)
    x = west + reach + (east - west - 2 * reach) * (number % side) / max(side - 1, 1)
    y = north - reach - (north - south - 2 * reach) * (number // side) / max(side - 1, 1)
    angle = rng.uniform(0, 2 * np.pi, (count, POINTS_A_TOWER))
    far = reach * np.sqrt(rng.uniform(0, 1, angle.shape))
    places = (x[:, None] + far * np.cos(angle)).ravel(), (y[:, None] + far * np.sin(angle)).ravel()
    masts = {"antenna_height_m": np.full(count, 40.0)}
    towers = gpd.GeoDataFrame(masts, geometry=gpd.points_from_xy(x, y), crs=CRS)
    towers.index = pd.Index([f"T{one:04}" for one in number], name="tower_id")
    demand = gpd.GeoDataFrame({"people": np.ones(angle.size)}, geometry=gpd.points_from_xy(*places), crs=CRS)
    demand.index = pd.Index([f"d{one}" for one in range(angle.size)], name="demand_id")
    return towers, demand.assign(village_id="v")


def megabytes(what: str) -> float:
    """Memory of this process: VmRSS now, VmHWM at its highest (ru_maxrss would also count the parent's)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def run(mode: str, file: Path, count: int, *, piece: bool) -> dict[str, float]:
    """Seconds, and megabytes above the imported packages, of one job in this process."""
    import numba  # noqa: F401, PLC0415 - the packages that jobs import when they begin
    import scipy.special  # noqa: F401, PLC0415

    before = megabytes("VmRSS")
    area = study_area(file, piece=piece)
    towers, demand = job(area, count)
    started = time.perf_counter()
    terrain = read_terrain(file, study_area=area, margin_m=0)
    found = {"pixels": math.prod(grid_of(terrain).shape), "opened_s": time.perf_counter() - started}
    started = time.perf_counter()
    if mode == "coverage":
        coverage = radio_coverage(towers, demand, terrain, max_range_km=RANGE_KM)
        found["entries"] = len(coverage.asset)
    elif mode == "rasters":
        rasters = signal_rasters(towers.iloc[:RASTERS], terrain, sampling="shared radials")
        found["pixels_computed"] = sum(raster.values.size for _, raster in rasters)
    else:
        edge = gpd.GeoDataFrame(geometry=[box(*area.bounds)], crs=CRS)
        found["bytes"] = len(shaded_relief(terrain, edge)["url"])
    found["seconds"] = time.perf_counter() - started
    found["towers"] = min(count, RASTERS) if mode == "rasters" else count
    return found | {"megabytes": megabytes("VmHWM") - before}


def in_own_process(*arguments: str) -> dict[str, float]:
    """Run one job in a new process and return its figures."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this very file
    return json.loads(done.stdout)


def measure(size: int, towers: int, *, degrees: bool) -> dict[str, object]:
    """All figures."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "dem.tif")
        write_dem(file, size, degrees=degrees)
        known = ["--file", str(file), "--towers"]
        for mode in MODES:  # fills the cache of machine code
            in_own_process(*known, "2", "--mode", mode, "--piece")
        piece = {mode: in_own_process(*known, str(PIECE_TOWERS), "--mode", mode, "--piece") for mode in MODES}
        whole = {mode: in_own_process(*known, str(towers), "--mode", mode) for mode in MODES}
        ratios = {
            mode: whole[mode]["seconds"]
            / whole[mode]["towers"]
            * piece[mode]["towers"]
            / piece[mode]["seconds"]
            for mode in ("coverage", "rasters")
        }
        return {
            "file_megabytes": file.stat().st_size / 1e6,
            "piece": piece,
            "whole": whole,
            "seconds_a_tower_whole_to_piece": ratios,
        }


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--size", type=int, default=40_000, help="pixels a side")
    parser.add_argument("--towers", type=int, default=200)
    parser.add_argument(
        "--degrees", action="store_true", help="pixels of an arc second, warped to the study's CRS"
    )
    parser.add_argument("--mode", choices=MODES, help="one job in this process")
    parser.add_argument("--file", type=Path)
    parser.add_argument(
        "--piece", action="store_true", help="of that job: a piece of the DEM, held in memory"
    )
    asked = parser.parse_args()
    if asked.mode:
        print(json.dumps(run(asked.mode, asked.file, asked.towers, piece=asked.piece)))
        return
    figures = measure(asked.size, asked.towers, degrees=asked.degrees)
    if asked.json:
        print(json.dumps(figures, indent=1))
        return
    print(
        f"{asked.size:,} x {asked.size:,} pixels, {figures['file_megabytes']:,.0f} MB, {asked.towers} towers"
    )
    for where in ("piece", "whole"):
        for mode, one in figures[where].items():
            work = f"{one['pixels']:15,} pixels {one['towers']:4} towers"
            print(f"{where} {mode:9}{work} {one['seconds']:7.1f} s {one['megabytes']:6.0f} MB")
    for mode, ratio in figures["seconds_a_tower_whole_to_piece"].items():
        print(f"{mode}: a tower takes {ratio:.2f} times as long as over the piece")


if __name__ == "__main__":
    main()
