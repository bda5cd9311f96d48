"""How fast signals are computed, how near fast is to exact, and what other tools take for the same job.

One transmitter on a hilltop, 30 m mast, receiver at 1.5 m, 900 MHz, radius 30 km, 2001 x 2001 pixels of 30 m,
made by seed. Each figure comes from a process of its own. Run python benchmarks/radio.py [--json] [--quick].
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numba
import numpy as np
import rasterio

from coverage_geo.radio.area import signal_raster
from coverage_geo.radio.ground import Ground
from coverage_geo.radio.link_budget import Receiver
from coverage_geo.radio.path_loss import ItuP1812, PathLossModel
from coverage_geo.radio.second_opinions import Itm, LineOfSight
from coverage_geo.radio.signal import losses_db
from coverage_geo.rasters import Raster

SEED = 20
PIXEL_M = 30.0
SIZE, REACH_KM = 2001, 30.0
QUICK_SIZE, QUICK_REACH_KM = 401, 6.0
CRS = "EPSG:32748"
MAST_M, RECEIVER_M, FREQUENCY_MHZ = 30.0, 1.5, 900.0
SAMPLE = 200  # receivers by which itmlogic is measured


class Mode(NamedTuple):
    """What is asked: a model, a way of sampling ("points" are 400,000 demand points), and clutter."""

    model: PathLossModel
    sampling: str
    trees: bool = False


MODES = {
    "exact": Mode(ItuP1812(), "exact"),
    "exact, 10 m clutter": Mode(ItuP1812(clutter_height_m=10.0), "exact"),
    "exact, clutter raster": Mode(ItuP1812(), "exact", trees=True),
    "shared radials": Mode(ItuP1812(), "shared radials"),
    "shared radials, 10 m clutter": Mode(ItuP1812(clutter_height_m=10.0), "shared radials"),
    "shared radials, clutter raster": Mode(ItuP1812(), "shared radials", trees=True),
    "demand points": Mode(ItuP1812(), "points"),
    "demand points, clutter raster": Mode(ItuP1812(), "points", trees=True),
    "ITM": Mode(Itm(), "exact"),
    "line of sight": Mode(LineOfSight(), "exact"),
    "line of sight, grazing": Mode(LineOfSight(clearance=0.0), "exact"),
}


def rough_terrain(size: int) -> np.ndarray:
    """Fractal heights from 0 m up, about 1200 m high, the same for a seed."""
    rng = np.random.default_rng(SEED)
    wave = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.rfftfreq(size), indexing="ij"))
    wave[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.normal(size=(size, size))) * wave**-2.1
    heights = np.fft.irfft2(spectrum, s=(size, size))
    heights -= heights.min()
    return (heights * 1200 / heights.max()).astype(np.float32)


def hilltop(heights: np.ndarray) -> tuple[int, int]:
    """Highest pixel near the middle."""
    middle, near = heights.shape[0] // 2, heights.shape[0] // 20
    part = heights[middle - near : middle + near, middle - near : middle + near]
    row, column = np.unravel_index(part.argmax(), part.shape)
    return int(row) + middle - near, int(column) + middle - near


def job(size: int) -> tuple[Raster, gpd.GeoDataFrame]:
    """Terrain and a table with one tower on a hilltop."""
    heights = rough_terrain(size)
    row, column = hilltop(heights)
    north = size * PIXEL_M
    terrain = Raster(heights, west=0, north=north, dx=PIXEL_M, dy=PIXEL_M, crs=CRS, unit="m", name="rough")
    at = gpd.points_from_xy([(column + 0.5) * PIXEL_M + 4], [north - (row + 0.5) * PIXEL_M + 7])
    columns = {"antenna_height_m": [MAST_M], "frequency_mhz": [FREQUENCY_MHZ]}
    tower = gpd.GeoDataFrame(columns, geometry=at, crs=CRS, index=["T1"]).rename_axis("tower_id")
    return terrain, tower


def woods(terrain: Raster) -> Raster:
    """Clutter on the terrain's pixels: trees of 5 to 20 m on about half of them, in patches."""
    rng = np.random.default_rng(SEED)
    coarse = rng.choice([0, 0, 0, 5, 10, 20], size=[side // 8 + 1 for side in terrain.shape])
    heights = coarse.repeat(8, axis=0).repeat(8, axis=1)[: terrain.shape[0], : terrain.shape[1]]
    north = terrain.north
    return Raster(heights, west=0, north=north, dx=PIXEL_M, dy=PIXEL_M, crs=CRS, unit="m", name="woods")


def run_mode(name: str, threads: int, size: int, reach_km: float) -> dict[str, float]:
    """Seconds of the best of three runs, receivers, and megabytes above the imported packages."""
    numba.set_num_threads(threads)
    terrain, tower = job(size)
    mode = MODES[name]
    clutter = woods(terrain) if mode.trees else None
    point = tower.geometry.iloc[0]
    rng = np.random.default_rng(SEED)
    angle, far = rng.uniform(0, 2 * np.pi, 400_000), REACH_KM * 1000 * np.sqrt(rng.uniform(0, 1, 400_000))
    far *= reach_km / REACH_KM
    x, y = point.x + far * np.cos(angle), point.y + far * np.sin(angle)
    west, south, east, north = terrain.bounds
    inside = (x > west) & (x < east) & (y > south) & (y < north)
    antennas = {"frequency_mhz": FREQUENCY_MHZ, "tx_height_m": MAST_M, "rx_height_m": RECEIVER_M}

    def once() -> np.ndarray:
        if mode.sampling == "points":
            ground = Ground(terrain, clutter)
            return losses_db((point.x, point.y), x[inside], y[inside], ground, model=mode.model, **antennas)
        return signal_raster(
            tower,
            terrain,
            receiver=Receiver(height_m=RECEIVER_M),
            model=mode.model,
            clutter=clutter,
            max_range_km=reach_km,
            sampling=mode.sampling,
        ).values

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds, of_processor = [], []
    for _ in range(3):
        started, worked = time.perf_counter(), time.process_time()
        result = once()
        seconds.append(time.perf_counter() - started)
        of_processor.append(time.process_time() - worked)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    receivers = int(np.isfinite(result).sum())
    return {
        "seconds": min(seconds),
        "processor_seconds": min(of_processor),  # steadier on a machine that others use as well
        "receivers": receivers,
        "receivers_per_s": receivers / min(seconds),
        "first_call_s": seconds[0],
        "megabytes": (peak - before) / 1024,
    }


def error_of_fast(size: int, reach_km: float) -> dict[str, float]:
    """Difference of shared radials from exact over the whole raster."""
    terrain, tower = job(size)
    found = {}
    for name, height in (("", 0.0), (" with clutter", 10.0)):
        model = ItuP1812(clutter_height_m=height)
        exact = signal_raster(tower, terrain, model=model, max_range_km=reach_km).values
        fast = signal_raster(
            tower, terrain, model=model, max_range_km=reach_km, sampling="shared radials"
        ).values
        error = (fast - exact)[np.isfinite(exact)]
        found[f"rms_db{name}"] = float(np.sqrt(np.mean(error.astype(float) ** 2)))
        found[f"beyond_10_db{name}"] = float(np.mean(np.abs(error) > 10))
    return found


def itmlogic(size: int, reach_km: float) -> float | None:
    """Seconds of itmlogic's ITM for all receivers, from some over ready-made profiles, where installed."""
    if importlib.util.find_spec("itmlogic") is None:
        return None
    from itmlogic.preparatory_subroutines.qlrpfl import qlrpfl  # noqa: PLC0415 - a peer that need not be there
    from itmlogic.preparatory_subroutines.qlrps import qlrps  # noqa: PLC0415 - a peer that need not be there
    from itmlogic.statistics.avar import avar  # noqa: PLC0415 - a peer that need not be there

    terrain, tower = job(size)
    start = tower.geometry.iloc[0]
    rng = np.random.default_rng(SEED)
    angles, far = rng.uniform(0, math.tau, SAMPLE), 1000 * reach_km * np.sqrt(rng.uniform(0.01, 0.9, SAMPLE))
    seconds = 0.0
    for angle, length in zip(angles, far, strict=True):
        steps = math.ceil(length / PIXEL_M)
        along = np.linspace(0, length, steps + 1)
        heights = terrain.sample(start.x + along * np.cos(angle), start.y + along * np.sin(angle))
        heights = np.nan_to_num(heights).tolist()
        started = time.perf_counter()
        wn, gme, ens, zgnd = qlrps(FREQUENCY_MHZ, sum(heights) / len(heights), 360.0, 1, 15.0, 0.005)
        path = {"wn": wn, "gme": gme, "ens": ens, "zgnd": zgnd, "hg": [MAST_M, RECEIVER_M], "kwx": 0}
        path |= {"pfl": [steps, length / steps, *heights], "lvar": 5, "klimx": 1, "mdvarx": 3, "mdp": -1}
        avar(0.0, 0.0, 0.0, qlrpfl(path))
        seconds += time.perf_counter() - started
    return seconds / SAMPLE * math.pi * (1000 * reach_km / PIXEL_M) ** 2


def xarray_spatial_viewshed(size: int) -> float | None:
    """Seconds of xarray-spatial's viewshed (line of sight only), where it is installed."""
    if importlib.util.find_spec("xrspatial") is None:
        return None
    import xarray  # noqa: PLC0415 - a peer that need not be there
    from xrspatial import viewshed  # noqa: PLC0415 - a peer that need not be there

    heights = rough_terrain(size)
    row, column = hilltop(heights)
    at = np.arange(size) * PIXEL_M
    grid = xarray.DataArray(heights.astype(float), coords={"y": at, "x": at}, dims=["y", "x"])
    viewshed(grid, x=at[column], y=at[row], observer_elev=MAST_M, target_elev=RECEIVER_M)
    started = time.perf_counter()
    viewshed(grid, x=at[column], y=at[row], observer_elev=MAST_M, target_elev=RECEIVER_M)
    return time.perf_counter() - started


def gdal_viewshed(size: int) -> float | None:
    """Seconds of `gdal_viewshed` (line of sight only), where it is on the path."""
    program = shutil.which("gdal_viewshed")
    if program is None:
        return None
    terrain, tower = job(size)
    with tempfile.TemporaryDirectory() as folder:
        dem, out = Path(folder, "dem.tif"), Path(folder, "out.tif")
        transform = rasterio.transform.from_origin(0, terrain.north, PIXEL_M, PIXEL_M)
        options = {"driver": "GTiff", "height": size, "width": size, "count": 1, "dtype": "float32"}
        with rasterio.open(dem, "w", crs=CRS, transform=transform, **options) as file:
            file.write(terrain.values, 1)
        point = tower.geometry.iloc[0]
        where = ["-ox", str(point.x), "-oy", str(point.y), "-oz", str(MAST_M), "-tz", str(RECEIVER_M)]
        started = time.perf_counter()
        subprocess.run([program, *where, str(dem), str(out)], check=True, capture_output=True)  # noqa: S603 - our own files
        return time.perf_counter() - started


PEERS = {  # and the mode that does the same work
    "itmlogic, scaled from 200 receivers": "ITM, 2 threads",
    "xarray-spatial viewshed": "line of sight, grazing, 2 threads",
    "gdal_viewshed": "line of sight, grazing, 2 threads",
}


def in_own_process(*arguments: str) -> dict[str, float]:
    """Run one measurement in a new process and return its figures."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this very file
    return json.loads(done.stdout)


def measure(*, quick: bool) -> dict[str, object]:
    """All figures of the common job."""
    size = ["--quick"] if quick else []
    for mode in ("demand points", "shared radials", "ITM", "line of sight"):  # fill the cache of machine code
        in_own_process("--mode", mode, "--quick")
    modes = {
        f"{mode}, {threads} thread{'s' if threads > 1 else ''}": in_own_process(
            "--mode", mode, "--threads", str(threads), *size
        )
        for mode in MODES
        for threads in (1, 2)
    }
    small = in_own_process("--mode", "demand points", "--quick")
    figures: dict[str, object] = {
        "modes": modes,
        "first_call_s": small["first_call_s"],
        "error_of_shared_radials": in_own_process("--mode", "error", *size),
    }
    figures["peers"] = {
        name: {"seconds": seconds, "against": PEERS[name], "times": seconds / modes[PEERS[name]]["seconds"]}
        for name, seconds in in_own_process("--mode", "peers", *size).items()
    }
    return figures


def show(figures: dict) -> None:
    """Print the figures as a table."""
    print(f"{'mode':40}{'seconds':>9}{'of processor':>14}{'receivers/s':>13}{'MB':>6}")
    for name, one in figures["modes"].items():
        times = f"{one['seconds']:9.2f}{one['processor_seconds']:14.2f}{one['receivers_per_s']:13,.0f}"
        print(f"{name:40}{times}{one['megabytes']:6.0f}")
    print(f"first call in a new process, warm cache: {figures['first_call_s']:.2f} s")
    for name, value in figures["error_of_shared_radials"].items():
        print(f"shared radials against exact, {name}: {value:.4g}")
    for name, one in figures["peers"].items():
        print(f"{name}: {one['seconds']:.1f} s, {one['times']:.1f} times {one['against']}")


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--quick", action="store_true", help="a job of a hundredth of the size")
    parser.add_argument("--mode", choices=[*MODES, "error", "peers"], help="one measurement in this process")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    size, reach_km = (QUICK_SIZE, QUICK_REACH_KM) if asked.quick else (SIZE, REACH_KM)
    if asked.mode == "error":
        print(json.dumps(error_of_fast(size, reach_km)))
    elif asked.mode == "peers":
        measured = itmlogic(size, reach_km), xarray_spatial_viewshed(size), gdal_viewshed(size)
        peers = {name: one for name, one in zip(PEERS, measured, strict=True) if one is not None}
        print(json.dumps(peers))
    elif asked.mode:
        print(json.dumps(run_mode(asked.mode, asked.threads, size, reach_km)))
    else:
        figures = measure(quick=asked.quick)
        if asked.json:
            print(json.dumps(figures, indent=1))
        else:
            show(figures)


if __name__ == "__main__":
    main()
