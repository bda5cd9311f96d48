"""The district as the ordinary files that a planner would be given."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from coverage_geo.files.writing import write_csv, write_geojson, write_geopackage, write_geotiff, write_text
from coverage_geo.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from coverage_geo.fictional.district import FictionalDistrict

README = """\
{id}

Semua berkas di folder ini dibuat oleh kode (coverage_geo.make_district, seed {seed}): medan, penduduk,
tiang, menara, laporan dan usulan adalah rekaan. Nama operator hanya contoh. Jangan dipakai untuk
keputusan nyata.

{en}

All files in this folder were made by code (coverage_geo.make_district, seed {seed}): relief, people, poles,
towers, reports and proposals are invented. Operator names are examples only. Do not use them for real
decisions.

"""
MEANINGS = {
    "villages.gpkg": "desa / villages",
    "settlements.csv": "dusun / hamlets",
    "population.tif": "penduduk per piksel 100 m / people in pixels of 100 m",
    "terrain.tif": "ketinggian, laut 0 / heights, sea 0",
    "land_cover.tif": "tutupan lahan, kelas WorldCover / land cover, WorldCover classes",
    "poles.gpkg": "tiang dan jaringan, dengan kesalahan / poles and lines, with faults",
    "gateways.csv": "titik hadir serat optik / fibre points of presence",
    "towers.csv": "menara, sebagian data kosong / towers, partly without data",
    "reported_status.csv": "laporan layanan per desa / reported service by village",
    "reported_points.csv": "titik blank spot menurut laporan / reported blank-spot points",
    "measurements.csv": "pengukuran RSRP / measured RSRP",
    "proposed_towers.csv": "usulan menara dan perbaikan / proposed towers and repairs",
    "drawn_proposals.geojson": "usulan yang digambar / drawn proposals",
}


def write_district(district: FictionalDistrict, folder: Path | str) -> dict[str, Path]:
    """Write the district as ordinary files and return where each one is.

    The truth behind the faults is not written: a planner would not have it.

    Parameters
    ----------
    district
        What `make_district` returned.
    folder
        Where to write; made when missing. Files of the same names are replaced.

    Returns
    -------
    dict of str to pathlib.Path
        File name to path: GeoPackage, CSV, GeoTIFF and GeoJSON files, and README.txt. A file without rows is
        not written.

    Examples
    --------
    >>> import tempfile
    >>> from coverage_geo.fictional import make_district
    >>> paths = write_district(make_district(village_count=4, width_km=8, seed=1), tempfile.mkdtemp())
    >>> paths["poles.gpkg"].name, paths["README.txt"].read_text(encoding="utf-8").split(":")[0]
    ('poles.gpkg', 'DATA FIKTIF')
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    writers = _writers(district)
    for name, write in writers.items():
        write(target / name)
    listed = "".join(f"{name}: {MEANINGS[name]}\n" for name in writers)
    labels = {language: district.label(language) for language in LANGUAGES}
    text = README.format(seed=district.seed, **labels) + listed
    write_text(target / "README.txt", text)
    return {name: target / name for name in [*writers, "README.txt"]}


def _writers(district: FictionalDistrict) -> dict[str, Callable[[Path], None]]:
    """What to write into each file, those without rows left out."""
    points = district.poles.geom_type == "Point"
    drawn = district.proposals.geom_type == "LineString"
    layers = {"tiang": district.poles[points], "jaringan": district.poles[~points]}
    tables: dict[str, pd.DataFrame] = {
        "settlements.csv": district.settlements,
        "gateways.csv": district.gateways,
        "towers.csv": _tower_list(district.towers),
        "reported_status.csv": district.reported.set_index("kode_desa"),
        "reported_points.csv": district.reported_points.set_index("no"),
        "measurements.csv": district.measurements.set_index("lat"),
        "proposed_towers.csv": district.proposals[~drawn],
    }
    writers: dict[str, Callable[[Path], None]] = {
        "villages.gpkg": partial(write_geopackage, layers={"villages": district.villages}),
        "poles.gpkg": partial(write_geopackage, layers=layers),
        "terrain.tif": partial(write_geotiff, raster=district.terrain),
        "population.tif": partial(write_geotiff, raster=district.population),
        "land_cover.tif": partial(write_geotiff, raster=district.land_cover),
    }
    for name, table in tables.items():
        if len(table):
            writers[name] = partial(write_csv, table=table)
    if drawn.any():
        writers["drawn_proposals.geojson"] = partial(write_geojson, table=district.proposals[drawn])
    return writers


def _tower_list(towers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Towers as such lists are typed: the height with its unit, or nothing."""
    height = towers["antenna_height_m"]
    typed = ["" if pd.isna(metres) else f"{metres:.0f}m" for metres in height]
    return towers.drop(columns="antenna_height_m").assign(tinggi_menara=typed)
