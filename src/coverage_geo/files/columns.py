"""Under which names the columns of real files are recognised."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from coverage_geo.errors import Fault, MissingColumnError, raise_faults
from coverage_geo.files.units import UNITS, WATTS, is_multiple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coverage_geo.tables import Column, Schema

DBF_LETTERS = 10  # dBASE cuts longer names
_NAMES_OF_PARENTS = {
    "kecamatan": ("kecamatan", "wadmkc", "nmkec", "nama_kecamatan", "nama_kec", "kec", "adm3_en", "name_3"),
    "kabupaten": (
        "kabupaten",
        "wadmkk",
        "nmkab",
        "kab_kota",
        "nama_kabupaten",
        "nama_kab",
        "adm2_en",
        "name_2",
    ),
    "provinsi": ("provinsi", "wadmpr", "nmprov", "nama_provinsi", "nama_prov", "adm1_en", "name_1"),
}
_VILLAGE_CODES = {
    "kemendagri_code": ("kemendagri_code", "kode_kemendagri", "kdepum", "kode_kd", "kode_desa_kemendagri"),
    "bps_code": ("bps_code", "kdebps", "iddesa", "kode_bps", "kode_desa_bps", "adm4_pcode"),
    "code": ("code", "kode", "kode_desa", "kode_wilayah", "village_code"),
}
_POSITION = {
    "lat": ("lat", "latitude", "lintang", "lat_dd", "koordinat_lintang", "garis_lintang", "y_lat"),
    "lon": ("lon", "lng", "long", "longitude", "bujur", "lon_dd", "koordinat_bujur", "garis_bujur", "x_lon"),
    "x_m": ("x_m",),
    "y_m": ("y_m",),
    "x": ("x", "easting", "utm_x", "koordinat_x", "x_coord"),
    "y": ("y", "northing", "utm_y", "koordinat_y", "y_coord"),
    "lat_lon": ("koordinat", "titik_koordinat", "koordinat_titik", "coordinates", "latlong", "lat_long"),
}
COORDINATES = tuple(_POSITION)
_PEOPLE = {
    "people": (
        "people",
        "jumlah_penduduk",
        "penduduk",
        "jiwa",
        "population",
        "jml_pddk",
        "jml_penduduk",
        "jumlah_jiwa",
        "jml_jiwa",
        "jlh_penduduk",
        "total_penduduk",
    ),
    "households": (
        "households",
        "jumlah_kk",
        "jml_kk",
        "kk",
        "kepala_keluarga",
        "jumlah_kepala_keluarga",
        "jlh_kk",
        "rumah_tangga",
        "jumlah_rumah_tangga",
    ),
}
_RADIO = {
    "antenna_height_m": (
        "antenna_height_m",
        "tinggi_antena",
        "tinggi_menara",
        "tinggi_m",
        "tower_height",
        "antenna_height",
        "height_m",
        "height",
        "tinggi",
    ),
    "frequency_mhz": ("frequency_mhz", "frekuensi", "frequency", "freq", "freq_mhz", "band", "frekuensi_mhz"),
    "power_dbm": ("power_dbm", "tx_power_dbm", "power", "daya_dbm", "tx_power", "daya", "daya_pancar"),
    "gain_dbi": ("gain_dbi", "gain", "antenna_gain"),
    "feeder_loss_db": ("feeder_loss_db", "feeder_loss"),
    "bandwidth_mhz": ("bandwidth_mhz", "bandwidth"),
    "eirp_dbm": ("eirp_dbm", "eirp"),
    "capital_cost_idr": ("capital_cost_idr", "biaya", "capex", "biaya_idr", "capex_idr", "anggaran"),
    "service": ("service", "layanan", "teknologi", "technology", "jaringan", "network", "radio", "generasi"),
}
_OPERATOR = ("operator", "nama_operator", "pengguna", "tenant", "tenants", "provider", "penyedia")

# table: {column: names it goes by, the best first}. A name may stand in one place only.
KNOWN: dict[str, dict[str, tuple[str, ...]]] = {
    "villages": {
        "village_id": ("village_id", "id_desa"),
        **_VILLAGE_CODES,
        "name": (
            "name",
            "wadmkd",
            "nmdesa",
            "kel_desa",
            "desa_kelur",
            "nama_desa",
            "nama",
            "namobj",
            "desa",
            "nagari",
            "kelurahan",
            "village",
            "adm4_en",
            "name_4",
        ),
        **_NAMES_OF_PARENTS,
        "kdprov": ("kdprov",),
        "kdkab": ("kdkab",),
        "kdkec": ("kdkec",),
        "kddesa": ("kddesa",),
        **_PEOPLE,
        "office_lat": ("office_lat", "lat_kantor", "kantor_lat"),
        "office_lon": ("office_lon", "lon_kantor", "kantor_lon"),
        "office_x_m": ("office_x_m",),
        "office_y_m": ("office_y_m",),
    },
    "settlements": {
        "settlement_id": ("settlement_id", "id_dusun", "id_jorong", "id"),
        "name": (
            "name",
            "nama",
            "dusun",
            "jorong",
            "nama_dusun",
            "nama_jorong",
            "settlement",
            "hamlet",
            "namobj",
        ),
        "kind": ("kind", "jenis", "level", "tingkat"),
        "village_id": ("village_id", "id_desa"),
        **_VILLAGE_CODES,
        "village_name": (
            "village_name",
            "desa",
            "nagari",
            "nama_desa",
            "wadmkd",
            "nmdesa",
            "kel_desa",
            "village",
        ),
        "kecamatan": _NAMES_OF_PARENTS["kecamatan"],
        **_PEOPLE,
        **_POSITION,
    },
    "reported status": {
        "status_id": ("status_id",),
        "village_id": ("village_id", "id_desa"),
        **_VILLAGE_CODES,
        "settlement_id": ("settlement_id", "id_dusun", "id_jorong"),
        "hamlet": ("dusun", "jorong", "nama_dusun", "nama_jorong", "hamlet", "settlement"),
        "place_name": (
            "place_name",
            "name_as_printed",
            "name",
            "nama",
            "desa",
            "nagari",
            "nama_desa",
            "nmdesa",
            "wadmkd",
            "kel_desa",
            "desa_kelur",
            "kelurahan",
            "village",
        ),
        "level": ("level", "tingkat", "jenis"),
        "kecamatan": _NAMES_OF_PARENTS["kecamatan"],
        "stated": (
            "stated",
            "status",
            "status_internet",
            "status_sinyal",
            "internet",
            "sinyal",
            "kondisi",
            "keterangan",
            "note",
            "catatan",
        ),
        "state": ("state",),
        "podes_signal": ("r1005c",),
        "podes_internet": ("r1005d",),
        "service": ("service", "layanan", "jaringan", "teknologi"),
        "provider": ("provider", "penyedia", "operator", "isp"),
        "date": ("date", "tanggal", "tahun", "year", "periode"),
        "source": ("source", "sumber"),
        **_POSITION,
    },
    "measurements": {
        "measurement_id": ("measurement_id", "id"),
        "rsrp_dbm": ("rsrp_dbm", "rsrp", "lte_rsrp", "signal_dbm", "dbm", "rx_level"),
        "service": ("service", "layanan", "teknologi", "technology", "network_type", "rat", "network"),
        "operator": (*_OPERATOR, "network_operator"),
        "cell": ("cell", "cell_id", "cellid", "eci", "pci", "node"),
        "time": ("time", "waktu", "timestamp", "datetime", "tanggal", "date"),
        **_POSITION,
    },
    "declared coverage": {
        "declared_id": ("declared_id", "id"),
        "operator": _OPERATOR,
        "service": _RADIO["service"],
    },
    "towers": {
        "tower_id": (
            "tower_id",
            "site_id",
            "id_site",
            "id_menara",
            "kode_site",
            "siteid",
            "kode_menara",
            "id",
        ),
        "name": ("name", "site_name", "nama_site", "nama_menara", "nama_lokasi", "nama", "tower_name"),
        "operator": _OPERATOR,
        "owner": ("owner", "pemilik", "nama_perusahaan", "kode_provider", "tower_owner", "pemilik_menara"),
        "status": ("status", "status_menara", "kondisi", "status_site"),
        "year": ("tahun", "year", "thn", "periode", "tahun_data"),
        **_RADIO,
        **_POSITION,
        "mcc": ("mcc",),
        "net": ("net", "mnc"),
        "area": ("area", "lac", "tac"),
        "cell": ("cell", "cid"),
    },
    "sectors": {
        "sector_id": ("sector_id", "cell_id", "cell_name", "id_sektor", "id"),
        "tower_id": ("tower_id", "site_id", "id_site", "id_menara", "kode_site", "siteid"),
        "azimuth_deg": ("azimuth_deg", "azimuth", "azimut", "arah"),
        "tilt_deg": ("tilt_deg", "tilt", "total_tilt", "downtilt"),
        "electrical_tilt_deg": ("electrical_tilt_deg", "electrical_tilt", "e_tilt", "etilt", "tilt_elektrik"),
        "mechanical_tilt_deg": ("mechanical_tilt_deg", "mechanical_tilt", "m_tilt", "mtilt", "tilt_mekanik"),
        "beamwidth_deg": ("beamwidth_deg", "beamwidth", "hbw"),
        "pattern": ("pattern", "antenna_pattern", "pola_antena"),
        "operator": _OPERATOR,
        "status": ("status", "kondisi"),
        **{name: names for name, names in _RADIO.items() if name != "capital_cost_idr"},
    },
    "clutter heights": {
        "class": ("class", "kelas", "code", "kode", "value"),
        "height_m": ("height_m", "height", "tinggi", "tinggi_m"),
    },
    "antenna pattern": {
        "cut": ("cut", "plane", "bidang", "potongan"),
        "angle_deg": ("angle_deg", "angle", "sudut"),
        "gain_db": ("gain_db", "gain", "relative_gain_db"),
    },
    "poles": {
        "pole_id": ("pole_id", "id_tiang", "kode_tiang", "no_tiang", "nomor_tiang", "id"),
        "voltage": ("voltage", "tegangan", "jenis_jaringan", "jenis", "jaringan"),
        "owner": ("owner", "pemilik"),
        "permitted": ("permitted", "izin", "boleh"),
        **_POSITION,
    },
    "roads": {
        "road_id": ("road_id", "osm_id", "id_jalan", "kode_ruas", "no_ruas", "id"),
        "name": ("name", "nama", "nama_jalan", "nama_ruas", "namobj"),
        "kind": ("kind", "highway", "fclass", "kelas_jalan", "jenis_jalan", "fungsi_jalan", "remark"),
    },
    "obstacles": {
        "obstacle_id": ("obstacle_id", "osm_id", "id"),
        "name": ("name", "nama", "namobj"),
        "kind": ("kind", "jenis", "fclass", "remark", "keterangan"),
    },
    "gateways": {
        "gateway_id": ("gateway_id", "id_pop", "kode_pop", "pop_id", "id"),
        "name": ("name", "nama", "nama_pop", "pop", "site_name"),
        "operator": _OPERATOR,
        "kind": ("kind", "jenis", "type", "tipe"),
        "ports": ("ports", "port", "jumlah_port", "port_pon", "pon_ports"),
        "antenna_height_m": _RADIO["antenna_height_m"],
        **_POSITION,
    },
    "proposals": {
        "proposal_id": ("proposal_id", "id_usulan", "id"),
        "kind": ("kind", "jenis", "type", "tipe"),
        "name": ("name", "nama", "nama_usulan", "usulan", "nama_menara", "nama_site", "nama_lokasi"),
        "partner": ("partner", "mitra", "pelaksana"),
        "tower_id": ("tower_id", "site_id", "id_site", "id_menara"),
        "pole_ids": ("pole_ids", "poles", "id_tiang", "daftar_tiang", "tiang"),
        "operator": _OPERATOR,
        **_RADIO,
        **_POSITION,
    },
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DEGREES = "dd derajat desimal decimal degrees wgs 84 wgs84"
_VILLAGE_WORDS = _words("desa kelurahan kel nagari gampong kampung village")
_HAMLET_WORDS = _words("dusun jorong kampung lingkungan korong hamlet permukiman pemukiman")
# Words that may follow a known heading, as in "Nama Desa/Kelurahan": the table's own nouns ...
_NOUNS: dict[str, frozenset[str]] = {
    "villages": _VILLAGE_WORDS,
    "settlements": _HAMLET_WORDS,
    "reported status": _words("lokasi tempat"),
    "towers": _words("menara tower site bts antena antenna"),
    "sectors": _words("sektor sector antena antenna sel cell"),
    "clutter heights": frozenset(),
    "antenna pattern": frozenset(),
    "poles": _words("tiang pole jaringan"),
    "roads": _words("jalan ruas road"),
    "obstacles": frozenset(),
    "gateways": _words("pop gateway site"),
    "proposals": _words("usulan menara tower site bts antena"),
    "measurements": frozenset(),
    "declared coverage": frozenset(),
}
# ... and, for these columns, words of their own.
_TAILS: dict[str, frozenset[str]] = {
    "village_name": _VILLAGE_WORDS,
    "place_name": _VILLAGE_WORDS,
    "hamlet": _HAMLET_WORDS,
    "stated": _words("sinyal internet layanan jaringan seluler telekomunikasi"),
    "lat": _words(f"lintang latitude ls lu s y {_DEGREES}"),
    "lon": _words(f"bujur longitude bt bb e x {_DEGREES}"),
    "capital_cost_idr": _words("investasi pembangunan perbaikan proyek anggaran total"),
}
_YEAR = re.compile(r"(?:19|20)\d\d")


def heading(name: object) -> str:
    """Return a heading in the form in which headings are compared.

    Parameters
    ----------
    name
        As in the file.

    Returns
    -------
    str
        Lower case, words joined by underscores.

    Examples
    --------
    >>> heading(" Tinggi Menara (m)")
    'tinggi_menara_m'
    """
    return re.sub(r"[^0-9a-z]+", "_", str(name).casefold()).strip("_")


def recognised(names: list[str], schema: Schema) -> dict[str, str]:
    """Find which columns of a file are known ones.

    Parameters
    ----------
    names
        The file's headings.
    schema
        The table they shall become.

    Returns
    -------
    dict of str to str
        Known column to heading.

    Examples
    --------
    >>> from coverage_geo.tables import TOWERS
    >>> recognised(["SITE_ID", "Lintang", "bujur", "warna"], TOWERS)
    {'tower_id': 'SITE_ID', 'lat': 'Lintang', 'lon': 'bujur'}
    """
    given = {heading(name): name for name in reversed(names)}
    found: dict[str, str] = {}
    for fits in (_fits, _fits_with_more):
        for column, aliases in KNOWN[schema.name].items():
            free = {plain: name for plain, name in given.items() if name not in found.values()}
            matches = (fits(alias, free, column, schema) for alias in aliases if column not in found)
            match = next((one for one in matches if one is not None), None)
            if match is not None:
                found[column] = match
    return {column: found[column] for column in KNOWN[schema.name] if column in found}


def _fits(alias: str, given: Mapping[str, str], column: str, schema: Schema) -> str | None:  # noqa: ARG001
    return given.get(alias) or given.get(alias[:DBF_LETTERS])


def _fits_with_more(alias: str, given: Mapping[str, str], column: str, schema: Schema) -> str | None:
    """Return the one heading that begins with an alias, followed by nothing but a noun, a unit, a year."""
    tails = _NOUNS[schema.name] | _TAILS.get(column, frozenset()) | set(_units_of(column, schema))
    matches = [
        name
        for plain, name in given.items()
        if plain.startswith(f"{alias}_")
        and all(word in tails or _YEAR.fullmatch(word) for word in plain[len(alias) + 1 :].split("_"))
    ]
    return matches[0] if len(matches) == 1 else None


def _units_of(column: str, schema: Schema) -> Mapping[str, object]:
    """Words of units that may stand in a heading; power may be given in watts."""
    unit = next((one.unit for one in schema.columns if one.name == column), "")
    return {**UNITS.get(unit, {}), **(WATTS if unit == "dBm" else {})}


def heading_unit(name: str, column: Column) -> str:
    """Return the unit that a heading gives its numbers when that is not the column's own.

    Parameters
    ----------
    name
        The file's heading.
    column
        The known column it holds.

    Returns
    -------
    str
        Such as "juta" or "ft"; empty for the column's own unit or none.

    Examples
    --------
    >>> from coverage_geo.tables import TOWERS
    >>> heading_unit("Biaya (juta Rp)", TOWERS.column("capital_cost_idr"))
    'juta'
    >>> heading_unit("Tinggi (m)", TOWERS.column("antenna_height_m"))
    ''
    """
    words = tuple(heading(name).split("_")[1:])
    return " ".join(word for word in words if is_multiple((word,), column.unit))


def with_known_columns(
    frame: pd.DataFrame, schema: Schema, *, columns: Mapping[str, str] | None, source: str
) -> pd.DataFrame:
    """Return the table with its known columns under the library's names.

    Parameters
    ----------
    frame
        As read from the file.
    schema
        The table it shall become.
    columns
        Known column to heading, where the planner says so.
    source
        File, for messages.

    Returns
    -------
    pandas.DataFrame
        Columns that are not known keep their heading, with "_in_file" behind it when it would hide a
        known column.

    Raises
    ------
    MissingColumnError
        When `columns` names a column that is not known, or a heading that is not in the file.
    """
    names = [str(name) for name in frame.columns if name != getattr(frame, "_geometry_column_name", None)]
    chosen = dict(columns or {})
    known = KNOWN[schema.name]
    faults = []
    for column, name in chosen.items():
        if column not in known:
            what = f"columns= (in study.toml: [columns]) names {column!r}"
            remedy = f"Known columns: {', '.join(known)}."
            faults.append(Fault(MissingColumnError, source, what, remedy))
        if name not in names:
            what, remedy = f"has no column {name!r}", f"Its columns: {', '.join(names)}."
            faults.append(Fault(MissingColumnError, source, what, remedy))
    raise_faults(faults)
    free = [name for name in names if name not in chosen.values()]
    found = {
        **{column: name for column, name in recognised(free, schema).items() if column not in chosen},
        **chosen,
    }
    renamed = {name: column for column, name in found.items()}
    taken = {*known, *(column.name for column in schema.columns), schema.index, "geometry"}
    for name in names:
        if name not in renamed and name.casefold() in taken:
            renamed[name] = f"{name}_in_file"
    return _with_heading_units(frame, found, schema).rename(columns=renamed)


def _with_heading_units(frame: pd.DataFrame, found: Mapping[str, str], schema: Schema) -> pd.DataFrame:
    """Rows in which a unit that stands in the heading stands behind each number."""
    units = {
        found[column.name]: unit
        for column in schema.columns
        if column.name in found and column.unit and (unit := heading_unit(found[column.name], column))
    }
    marked = {
        name: [f"{value} {unit}" if _is_bare_number(value) else value for value in frame[name]]
        for name, unit in units.items()
    }
    return frame.assign(
        **{name: pd.Series(cells, frame.index, dtype=object) for name, cells in marked.items()}
    )


def _is_bare_number(value: object) -> bool:
    return re.fullmatch(r"[\d.,+-]*\d[\d.,e+-]*", str(value).strip()) is not None
