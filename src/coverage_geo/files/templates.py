"""Blank inputs to fill in, with every column explained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from coverage_geo.files.clutter import CLUTTER_HEIGHTS
from coverage_geo.files.columns import KNOWN
from coverage_geo.files.patterns import PATTERN
from coverage_geo.files.writing import WGS84, write_csv, write_geopackage, write_text
from coverage_geo.tables import SCHEMAS

if TYPE_CHECKING:
    from coverage_geo.tables import Column, Schema

_LAT_LON = {
    "lat": "latitude in WGS 84, degrees, negative in the south",
    "lon": "longitude in WGS 84, degrees",
}
# file: table, columns that a planner fills in besides those of the table
_TABLES = {
    "settlements.csv": "settlements",
    "reported_status.csv": "reported status",
    "towers.csv": "towers",
    "sectors.csv": "sectors",
    "poles.csv": "poles",
    "gateways.csv": "gateways",
    "proposals.csv": "proposals",
    "measurements.csv": "measurements",
}
_LAYERS = {
    "villages.gpkg": "villages",
    "pole_lines.gpkg": "poles",
    "declared_coverage.gpkg": "declared coverage",
    "roads.gpkg": "roads",
    "obstacles.gpkg": "obstacles",
}
# file: rows without an id of their own
_LISTS = {"antenna_pattern.csv": PATTERN, "clutter_heights.csv": CLUTTER_HEIGHTS}
_OF_LINES = frozenset({"poles", "roads"})  # layers of lines; the others are of areas
# Columns that a reader or an analysis fills in, not the planner.
_WORKED_OUT = frozenset({"match_kind", "match_score", "office_x_m", "office_y_m"})
_ABOUT = {
    "villages": ("Desa, kelurahan atau nagari: satu baris per desa", "Villages: one row each"),
    "settlements": ("Dusun, jorong atau permukiman sebagai titik", "Hamlets as points"),
    "reported status": (
        "Status layanan menurut daftar kabupaten",
        "Service as reported by a district's list",
    ),
    "towers": ("Menara: satu baris per menara", "Towers: one row each"),
    "sectors": ("Sektor antena pada menara (tidak wajib)", "Sectors of towers (optional)"),
    "poles": ("Tiang listrik sebagai titik, atau jaringan sebagai garis", "Poles as points, or pole lines"),
    "gateways": (
        "Titik keluar jaringan: POP serat optik, simpul backhaul",
        "Where traffic leaves the district",
    ),
    "proposals": ("Usulan: menara baru atau perbaikan menara", "Proposals: new towers or repairs"),
    "measurements": ("Hasil ukur sinyal di lapangan", "Signal measured in the field"),
    "declared coverage": ("Wilayah layanan menurut operator", "Coverage declared by operators"),
    "roads": ("Jalan, tempat tiang baru boleh dipasang (tidak wajib)", "Roads for new poles (optional)"),
    "obstacles": ("Yang tidak boleh dilintasi kabel (tidak wajib)", "What no cable may cross (optional)"),
    "antenna pattern": ("Pola antena (tidak wajib)", "Pattern of an antenna (optional)"),
    "clutter heights": ("Tinggi pohon dan bangunan per kelas", "Heights by class of land cover (optional)"),
}
# What the columns mean, in Bahasa Indonesia; the schemas say it in English.
_MEANINGS = {
    "name": "nama",
    "kecamatan": "kecamatan",
    "kabupaten": "kabupaten atau kota",
    "provinsi": "provinsi",
    "kemendagri_code": "kode Kemendagri, seperti 19.05.01.2001",
    "bps_code": "kode BPS, 10 angka",
    "people": "jumlah penduduk",
    "households": "jumlah kepala keluarga",
    "kind": "jenis",
    "village_id": "desa tempatnya berada: kode Kemendagri atau BPS",
    "settlement_id": "id dusun atau jorong, bila ada",
    "place_name": "nama tempat seperti tertulis",
    "level": "tingkat: desa, nagari, dusun, jorong ...",
    "state": "status: blank, weak, served, trouble atau unknown; boleh kosong bila kolom stated terisi",
    "service": "layanan: 2G, 4G atau fixed",
    "provider": "penyedia layanan",
    "stated": "status seperti tertulis: belum ada, lemah, sudah ada, Icon+ ...",
    "date": "tanggal atau tahun laporan",
    "source": "sumber laporan",
    "rsrp_dbm": "RSRP terukur (dBm)",
    "operator": "operator seluler atau penyedia",
    "cell": "sel yang terukur",
    "time": "waktu pengukuran",
    "owner": "pemilik",
    "status": "on air, planned (rencana) atau faulty (gangguan)",
    "antenna_height_m": "tinggi antena di atas tanah (m)",
    "frequency_mhz": "frekuensi (MHz)",
    "power_dbm": "daya pada masukan antena (dBm)",
    "gain_dbi": "penguatan antena (dBi)",
    "feeder_loss_db": "rugi kabel pengumpan (dB)",
    "bandwidth_mhz": "lebar pita (MHz)",
    "eirp_dbm": "EIRP seluruh pembawa (dBm), pengganti daya, penguatan dan rugi",
    "capital_cost_idr": "biaya pembangunan atau perbaikan (Rp)",
    "tower_id": "id menara",
    "ports": "jumlah port yang dapat dipakai; kosong: tanpa batas",
    "pole_ids": "tiang yang dilalui rute, berurutan, seperti P1;P2;P3; pengganti garis",
    "azimuth_deg": "arah pancar dari utara, searah jarum jam (derajat)",
    "tilt_deg": "kemiringan ke bawah, mekanik dan elektrik bersama (derajat)",
    "electrical_tilt_deg": "kemiringan elektrik (derajat)",
    "mechanical_tilt_deg": "kemiringan mekanik: antena condong ke depan (derajat)",
    "pattern": "nama pola antena; kosong: pola 3GPP",
    "beamwidth_deg": "lebar berkas mendatar (derajat)",
    "cut": "potongan: horizontal atau vertical",
    "angle_deg": "sudut dari sumbu: searah jarum jam, atau ke bawah dari cakrawala (derajat)",
    "gain_db": "penguatan dibanding yang terbesar: 0 atau kurang (dB)",
    "class": "kelas tutupan lahan, bilangan bulat",
    "height_m": "tinggi pohon atau bangunan (m)",
    "voltage": "JTM (20 kV) atau JTR (tegangan rendah)",
    "permitted": "boleh dipasangi kabel: ya atau tidak",
    "partner": "mitra pelaksana",
    "lat": "lintang WGS 84 (derajat), negatif di selatan",
    "lon": "bujur WGS 84 (derajat)",
}


def write_templates(folder: Path | str) -> tuple[Path, ...]:
    """Write a blank file for each input, and a list that explains every column.

    Parameters
    ----------
    folder
        Where to write; made when it does not exist. Existing files are not touched.

    Returns
    -------
    tuple of pathlib.Path
        The files written, in order.

    Examples
    --------
    >>> import tempfile
    >>> sorted(path.name for path in write_templates(Path(tempfile.mkdtemp())))[:3]
    ['README.md', 'antenna_pattern.csv', 'clutter_heights.csv']
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, table in _TABLES.items():
        header = pd.DataFrame(
            columns=pd.Index([entry[0] for entry in _entries(SCHEMAS[table], points=True)[1:]])
        )
        header.index.name = SCHEMAS[table].index
        if not (place / name).exists():
            write_csv(place / name, header)
            written.append(place / name)
    for name, schema in _LISTS.items():
        first, *others = [column.name for column in schema.columns]
        if not (place / name).exists():
            write_csv(place / name, pd.DataFrame(columns=pd.Index(others)).rename_axis(first))
            written.append(place / name)
    for name, table in _LAYERS.items():
        if not (place / name).exists():
            write_geopackage(place / name, {table: _blank_layer(SCHEMAS[table])})
            written.append(place / name)
    if not (place / "columns.csv").exists():
        write_csv(place / "columns.csv", _column_list())
        written.append(place / "columns.csv")
    if not (place / "README.md").exists():
        write_text(place / "README.md", _readme())
        written.append(place / "README.md")
    return tuple(written)


def _entries(schema: Schema, *, points: bool) -> list[tuple[str, Column | None]]:
    """Columns that a planner fills in: the id, the known ones, the position."""
    columns: list[tuple[str, Column | None]] = [(schema.index, None)]
    columns += [(one.name, one) for one in schema.columns if one.name not in _WORKED_OUT]
    if points and schema.geometry:
        columns += [(name, None) for name in _LAT_LON]
    return columns


def _blank_layer(schema: Schema) -> gpd.GeoDataFrame:
    kinds = {"number": "float64", "flag": "bool"}
    entries = _entries(schema, points=False)
    cells = {
        name: pd.Series([], dtype=kinds.get(column.kind if column else "text", "object"))
        for name, column in entries
    }
    return gpd.GeoDataFrame(cells, geometry=[], crs=WGS84).set_index(schema.index)


def _column_list() -> pd.DataFrame:
    rows = []
    for name, table in {**_TABLES, **_LAYERS}.items():
        schema = SCHEMAS[table]
        for heading, column in _entries(schema, points=name in _TABLES):
            rows.append({"file": name, **_explained(heading, column, schema)})
    for name, schema in _LISTS.items():
        rows += [{"file": name, **_explained(one.name, one, schema)} for one in schema.columns]
    return pd.DataFrame(rows).set_index("file")


def _explained(heading: str, column: Column | None, schema: Schema) -> dict[str, str]:
    if heading == schema.index:
        told, arti = (
            "id of the row; made from the position when empty",
            "id baris; dibuat dari posisi bila kosong",
        )
    else:
        told = column.meaning if column is not None else _LAT_LON[heading]
        arti = _MEANINGS.get(heading, told)
    aliases = [one for one in KNOWN[schema.name].get(heading, ()) if one != heading]
    return {
        "column": heading,
        "arti": arti,
        "meaning": told,
        "unit": column.unit if column is not None else "",
        "required": "yes" if column is not None and column.required else "no",
        "choices": ", ".join(column.choices) if column is not None else "",
        "also recognised as": ", ".join(aliases),
    }


def _readme() -> str:
    lines = [
        "# Berkas masukan · Inputs",
        "",
        "Isi berkas yang Anda punya dan hapus sisanya; arti setiap kolom ada di `columns.csv`.",
        "Kolom lain boleh ada. Nama kolom yang lazim (WADMKD, KDEPUM, lintang, bujur ...) juga dikenali.",
        "",
        "Fill in the files you have and delete the rest; `columns.csv` explains every column.",
        "Other columns may stay. Common headings (WADMKD, KDEPUM, lintang ...) are recognised as well.",
        "",
        "| berkas · file | isi | content |",
        "| --- | --- | --- |",
    ]
    for name, table in {**_LAYERS, **_TABLES}.items():
        indonesian, english = _ABOUT[table]
        shape = f" ({'lines' if table in _OF_LINES else 'areas'})" if name in _LAYERS else ""
        lines.append(f"| `{name}` | {indonesian} | {english}{shape} |")
    for name, schema in _LISTS.items():
        lines.append("| `{}` | {} | {} |".format(name, *_ABOUT[schema.name]))
    lines += [
        "| `*.tif`, `*.hgt` | DEM (m) | terrain heights |",
        "| `*.tif` | penduduk per piksel | people per pixel |",
        "",
        f"Periksa sebelum dipakai · check before use: `coverage-geo check {next(iter(_TABLES))}`",
        "",
    ]
    return "\n".join(lines)
