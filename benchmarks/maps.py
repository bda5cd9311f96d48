"""How large maps get and how long they take to draw, beside plain folium.

``python benchmarks/maps.py [--json] [--villages 80000] [--poles 1000000]``

Drawing is timed in headless Chromium (from the start of loading until everything stands on the canvas);
without one that column is empty. Plain folium loads its scripts from the network, so only its size and the
seconds to make it are compared, on the district.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_geo.maps import gap_map
from coverage_geo.rasters import Raster

CRS = "EPSG:32748"
SEED = 20211101
LIMITS = {"district": (3.0, 0.5), "villages": (30.0, 2.5), "poles": (11.0, 1.5)}
STATES = ("blank", "served", "unknown")


def make_villages(count: int, vertices: int) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Villages side by side with winding, shared borders, and a result for each."""
    side = int(np.ceil(np.sqrt(count)))
    rng = np.random.default_rng(SEED)
    along = np.linspace(0, 1, vertices // 4, endpoint=False)[:, None]
    corners = np.dstack(np.meshgrid(np.arange(side + 1), np.arange(side + 1))) * 2_000.0 + (
        200_000,
        9_300_000,
    )
    corners[1:-1, 1:-1] += rng.normal(0, 250, (side - 1, side - 1, 2))

    def borders(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        line = start[:, :, None] + along * (end - start)[:, :, None]
        line[:, :, 1:] += rng.normal(0, 15, line[:, :, 1:].shape)
        return line

    across = borders(corners[:, :-1], corners[:, 1:])
    up = borders(corners[:-1], corners[1:])
    areas = []
    for number in range(count):
        row, column = divmod(number, side)
        east_up = np.vstack([up[row, column + 1], corners[row + 1, column + 1]])
        north = np.vstack([across[row + 1, column], corners[row + 1, column + 1]])[::-1]
        west = np.vstack([up[row, column], corners[row + 1, column]])[::-1]
        areas.append(shapely.Polygon(np.vstack([across[row, column], east_up, north, west])))
    ids = pd.Index([f"{number:06d}" for number in range(count)], name="village_id")
    villages = gpd.GeoDataFrame({"name": "Desa " + ids}, geometry=areas, crs=CRS, index=ids)
    people = rng.integers(200, 9_000, count).astype(float)
    columns = {"state": rng.choice(STATES, count), "people": people, "people_blank": people // 2}
    return villages, pd.DataFrame(columns, index=ids)


def make_poles(count: int, villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Poles every 45 m along lines of 400 poles that wander through the villages."""
    rng = np.random.default_rng(SEED)
    west, south, east, north = villages.total_bounds
    starts = rng.uniform((west, south), (east, north), (count // 400 + 1, 2))
    bearing = np.cumsum(rng.normal(0, 0.1, (len(starts), 400)), axis=1) + rng.uniform(
        0, 6.3, (len(starts), 1)
    )
    steps = 45 * np.dstack([np.cos(bearing), np.sin(bearing)])
    x_y = (starts[:, None] + np.cumsum(steps, axis=1)).reshape(-1, 2)[:count]
    ids = pd.Index([f"{number:07d}" for number in range(count)], name="pole_id")
    return gpd.GeoDataFrame({"voltage": "JTM"}, geometry=shapely.points(x_y), crs=CRS, index=ids)


def make_terrain(villages: gpd.GeoDataFrame) -> Raster:
    """Rough terrain of 1,000 by 1,000 pixels."""
    west, south, east, north = villages.total_bounds
    rng = np.random.default_rng(SEED)
    across, down = np.fft.fftfreq(1_000), np.fft.fftfreq(1_000)[:, None]
    spectrum = np.fft.fft2(rng.normal(size=(1_000, 1_000))) / np.maximum(np.hypot(across, down), 1e-3) ** 1.8
    heights = np.fft.ifft2(spectrum).real
    return Raster(
        300 * heights / heights.std(), west, north, (east - west) / 1e3, (north - south) / 1e3, CRS, "m"
    )


def seconds_to_draw(page: Path) -> float:
    """Seconds from opening the page until it is drawn; NaN without Chromium. Best of three."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        return float("nan")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--timeout=20000", "--dump-dom"]
    times = []
    for _ in range(3):
        command = [program, *flags, page.as_uri()]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
        found = re.search(r'data-drawn="(\d+)"', shown)
        times.append(int(found[1]) / 1_000 if found else float("nan"))
    return min(times)


def plain_folium(villages: gpd.GeoDataFrame, poles: gpd.GeoDataFrame) -> tuple[float, float]:
    """Megabytes and seconds of the same district in plain folium."""
    start = time.perf_counter()
    drawn = folium.Map(prefer_canvas=True)
    folium.GeoJson(villages.to_crs("EPSG:4326"), tooltip=folium.GeoJsonTooltip(["name"])).add_to(drawn)
    for point in poles.geometry.to_crs("EPSG:4326"):
        folium.CircleMarker([point.y, point.x], radius=1).add_to(drawn)
    size = len(drawn.get_root().render().encode())
    return size / 1e6, time.perf_counter() - start


def main() -> None:
    """Print one line a map."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--villages", type=int, default=80_000)
    parser.add_argument("--poles", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    chosen = parser.parse_args()
    district = make_villages(64, 800)
    many = make_villages(chosen.villages, 40)
    few_poles = make_poles(6_000, district[0])
    cases = {
        "district": (*district, {"poles": few_poles, "terrain": make_terrain(district[0])}),
        "villages": (*many, {}),
        "poles": (*district, {"poles": make_poles(chosen.poles, district[0])}),
    }
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (villages, blanks, layers) in cases.items():
            start = time.perf_counter()
            page = Path(folder, f"{name}.html")
            gap_map(villages, blanks, **layers).save(page)
            made = time.perf_counter() - start
            row = {"map": name, "made_s": made, "size_mb": page.stat().st_size / 1e6}
            rows.append(row | {"drawn_s": seconds_to_draw(page), "limits_mb_s": LIMITS[name]})
    size, seconds = plain_folium(district[0], few_poles)
    plain = {"size_mb": size, "made_s": seconds, "size_ratio": size / rows[0]["size_mb"]}
    if chosen.json:
        print(json.dumps({"maps": rows, "plain_folium_district": plain}))
        return
    print("map        made [s]  size [MB]  drawn [s]  limits [MB, s]")
    for row in rows:
        figures = f"{row['made_s']:9.2f} {row['size_mb']:10.2f} {row['drawn_s']:10.2f}"
        print(f"{row['map']:9} {figures}  {row['limits_mb_s']}")
    ratio = plain["size_ratio"]
    print(f"plain folium, district: {size:.2f} MB, {ratio:.1f} times as large, made in {seconds:.2f} s")


if __name__ == "__main__":
    main()
