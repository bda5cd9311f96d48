"""Every word a reader of maps and reports sees, in Bahasa Indonesia and English."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")

# key: (Bahasa Indonesia, English)
WORDS: dict[str, tuple[str, str]] = {
    # states of a place
    "state.blank": ("blank spot", "blank spot"),
    "state.served": ("terlayani", "served"),
    "state.unknown": ("belum diketahui", "unknown"),
    # headline figures
    "summary.people": ("Penduduk tanpa layanan", "People without service"),
    "summary.villages": ("Desa blank spot", "Blank-spot villages"),
    "summary.hamlets": ("Dusun blank spot", "Blank-spot hamlets"),
    "summary.short.people": ("penduduk", "people"),
    "summary.short.villages": ("desa", "villages"),
    "summary.short.hamlets": ("dusun", "hamlets"),
    "summary.of": ("dari {whole} ({share}%)", "of {whole} ({share}%)"),
    "summary.unknown": (", belum diketahui: {unknown}", ", unknown: {unknown}"),
    "summary.reach": (
        "Yang dapat dijangkau dari yang blank spot:",
        "Of what is blank, this much can be reached by:",
    ),
    "summary.cost": ("Rp juta", "Rp million"),
    "reach.route": ("serat optik di tiang PLN", "fibre on PLN poles"),
    "reach.tower": ("menara usulan", "proposed towers"),
    "reach.repair": ("perbaikan menara", "tower repair"),
    "reach.all together": ("semuanya bersama", "all together"),
    "evidence.modelled": ("model sinyal", "modelled signal"),
    "evidence.reported": ("status yang dilaporkan", "reported status"),
    "evidence.measured": ("hasil pengukuran", "measurements"),
    "evidence.declared": ("cakupan menurut operator", "operators' declared coverage"),
    "note.definition": ("Definisi: {definition}", "Definition: {definition}"),
    "note.evidence": ("Dasar penentuan: {evidence}.", "Decided by: {evidence}."),
    "note.people": (
        "Penduduk: {people} orang ({source}); {outside} orang di luar batas desa tidak dihitung.",
        "People: {people} ({source}); {outside} outside all villages are not counted.",
    ),
    "note.no_people": (
        "Jumlah penduduk tidak diberikan: hanya tempat yang dihitung.",
        "No people were given: only places are counted.",
    ),
    "note.together": (
        "Serat optik: semua rute bersama Rp {together} juta, karena jalur dipakai bersama; bukan jumlah biaya tiap rute (Rp {alone} juta).",
        "Fibre: all routes together Rp {together} million, as they share their trunk; not the sum of each alone (Rp {alone} million).",
    ),
    "note.shared": (
        "Serat optik: satu jaringan bersama Rp {together} juta, bukan jumlah biaya tiap rute (Rp {alone} juta). Jaringan lain paling banyak {gap}% lebih murah{limit}.",
        "Fibre: one shared network, Rp {together} million, not the sum of its routes (Rp {alone} million). Another network is at most {gap}% cheaper{limit}.",
    ),
    "limit.light": ("; batas cahaya menentukan", "; the light budget decides"),
    "limit.ports": ("; jumlah port menentukan", "; the number of ports decides"),
    "note.flat": (
        "PERHATIAN: tanpa data medan; tanah dianggap datar, sehingga sinyal di daerah berbukit terlalu optimistis.",
        "CAUTION: no terrain was given; the ground is taken as flat, which is too optimistic in hills.",
    ),
    "note.unplaced": (
        "{count} dusun belum diketahui letaknya; tetap dihitung.",
        "{count} hamlets could not be located; they stay in the count.",
    ),
    "note.conflicts": (
        "{count} desa/dusun dengan sumber yang bertentangan: periksa di lapangan.",
        "{count} villages or hamlets where sources disagree: check in the field.",
    ),
    "note.fictional": (
        "DATA FIKTIF: contoh buatan program, bukan daerah nyata.",
        "FICTIONAL DATA: made by a program, not a real district.",
    ),
    # whose people are counted
    "people.given": ("tabel permintaan sebagaimana diberikan", "demand table as given"),
    "people.population": ("raster penduduk {detail}", "population raster {detail}"),
    "people.settlements": ("kolom penduduk pada permukiman", "people column of the settlements"),
    "people.pixels": (
        "kolom penduduk pada desa, disebar menurut piksel raster penduduk",
        "people column of the villages, spread over the population raster's pixels",
    ),
    "people.pixels.some_evenly": (
        "kolom penduduk pada desa, disebar menurut piksel raster penduduk; {detail} desa tanpa piksel berpenduduk: merata",
        "people column of the villages, spread over the population raster's pixels; {detail} villages without any: evenly",
    ),
    "people.hamlets": (
        "kolom penduduk pada desa, dibagi rata ke permukimannya",
        "people column of the villages, in equal parts to their settlements",
    ),
    "people.hamlets.some_evenly": (
        "kolom penduduk pada desa, dibagi rata ke permukimannya; {detail} desa tanpa permukiman: merata",
        "people column of the villages, in equal parts to their settlements; {detail} villages without any: evenly",
    ),
    "people.places": ("tidak ada data penduduk", "no people were given"),
    "people.evenly": (
        "kolom penduduk pada desa, disebar merata (kawasan permukiman tidak diketahui)",
        "people column of the villages, spread evenly over each village (no settled area is known)",
    ),
    # steps of a study
    "step.reading": ("membaca data", "reading"),
    "step.signal": ("menghitung sinyal", "computing signal"),
    "step.poles": ("menelusuri tiang", "following poles"),
    "step.proposals": ("menilai usulan", "evaluating proposals"),
    "step.map": ("menggambar peta", "drawing the map"),
    "step.writing": ("menulis hasil", "writing results"),
    # comments in a study.toml
    "study.explained": ("Jalankan: coverage-geo run study.toml", "Run it: coverage-geo run study.toml"),
    "study.paths": (
        "Berkas masukan, relatif terhadap folder ini. Hanya villages yang wajib; hapus tanda # untuk memakai yang lain.",
        "Input files, relative to this folder. Only villages is required; remove the # to use another.",
    ),
    "study.choices": (
        "Definisi: NO_INTERNET, NO_4G_AT_ALL, NO_SIGNAL, NONE_OR_WEAK, PATCHY, NO_FIXED_INTERNET. evidence: reported, modelled, measured, declared (yang pertama tahu, menentukan). Pilihan lain: docs/study.md.",
        "Definitions: NO_INTERNET, NO_4G_AT_ALL, NO_SIGNAL, NONE_OR_WEAK, PATCHY, NO_FIXED_INTERNET. evidence: reported, modelled, measured, declared (the first that knows decides). Other choices: docs/study.md.",
    ),
    "study.costs": (
        "Biaya satuan dalam rupiah; tanpa angka sendiri dipakai angka bawaan (lihat docs/study.md). estimate: low, mid, high.",
        "Unit costs in rupiah; without figures of your own the defaults are used (see docs/study.md). estimate: low, mid, high.",
    ),
    # definitions of a blank spot
    "service.2G": ("2G", "2G"),
    "service.4G": ("4G", "4G"),
    "service.fixed": ("internet tetap", "fixed internet"),
    "definition.or": (" atau ", " or "),
    "definition.threshold": (" (RSRP ≥ {dbm} dBm)", " (RSRP ≥ {dbm} dBm)"),
    "definition.sentence": (
        "{name}: penduduk dianggap blank spot bila tidak terjangkau {services} dengan mutu minimal {level}{threshold}. ",
        "{name}: people are blank where no {services} reaches them at level {level} or better{threshold}. ",
    ),
    "definition.village": (
        "Desa adalah blank spot bila sekurangnya {share}% penduduknya demikian.",
        "A village is a blank spot when at least {share}% of its people are.",
    ),
    "definition.any": (
        "Desa adalah blank spot bila ada penduduknya yang demikian.",
        "A village is a blank spot when any of its people are.",
    ),
    "definition.office": (
        "Desa adalah blank spot bila kantor desanya tidak terlayani; tanpa lokasi kantor, bila sekurangnya {share}% penduduknya.",
        "A village is a blank spot when its office is not served; without a known office, when at least {share}% of its people are.",
    ),
    # signal levels
    "level.none": ("tidak ada", "none"),
    "level.weak": ("lemah", "weak"),
    "level.usable": ("layak pakai", "usable"),
    "level.strong": ("kuat", "strong"),
    # columns of the tables, as the reader sees them
    "column.state": ("Status", "State"),
    "column.people": ("Penduduk", "People"),
    "column.people_blank": ("Penduduk di blank spot", "People in blank spots"),
    "column.people_served": ("Penduduk terlayani", "People served"),
    "column.people_unknown": ("Penduduk belum diketahui", "People unknown"),
    "column.share_blank": ("Bagian di blank spot", "Share in blank spots"),
    "column.share_served": ("Bagian terlayani", "Share served"),
    "column.households": ("Rumah tangga", "Households"),
    "column.kecamatan": ("Kecamatan", "Sub-district"),
    "column.kabupaten": ("Kabupaten", "District"),
    "column.provinsi": ("Provinsi", "Province"),
    "column.kemendagri_code": ("Kode Kemendagri", "Kemendagri code"),
    "column.bps_code": ("Kode BPS", "BPS code"),
    "column.kind": ("Jenis", "Kind"),
    "column.status": ("Keadaan", "Status"),
    "column.operator": ("Operator", "Operator"),
    "column.owner": ("Pemilik", "Owner"),
    "column.partner": ("Mitra", "Partner"),
    "column.provider": ("Penyedia", "Provider"),
    "column.service": ("Layanan", "Service"),
    "column.antenna_height_m": ("Tinggi antena", "Antenna height"),
    "column.frequency_mhz": ("Frekuensi", "Frequency"),
    "column.power_dbm": ("Daya pancar", "Carrier power"),
    "column.gain_dbi": ("Penguatan antena", "Antenna gain"),
    "column.feeder_loss_db": ("Rugi saluran", "Feeder loss"),
    "column.tilt_deg": ("Kemiringan", "Downtilt"),
    "column.electrical_tilt_deg": ("Kemiringan elektrik", "Electrical tilt"),
    "column.mechanical_tilt_deg": ("Kemiringan mekanik", "Mechanical tilt"),
    "column.beamwidth_deg": ("Lebar berkas", "Beamwidth"),
    "column.bandwidth_mhz": ("Lebar pita", "Bandwidth"),
    "column.eirp_dbm": ("EIRP", "EIRP"),
    "column.capital_cost_idr": ("Biaya awal", "Capital cost"),
    "column.yearly_cost_idr": ("Biaya per tahun", "Yearly cost"),
    "column.tower_id": ("Menara", "Tower"),
    "column.gateway_id": ("Simpul gateway", "Gateway"),
    "column.village_id": ("Kode desa", "Village id"),
    "column.target_id": ("Tujuan", "Target"),
    "column.length_m": ("Panjang kabel", "Cable length"),
    "column.drop_m": ("Kabel ke bangunan", "Drop"),
    "column.poles_used": ("Tiang dipakai", "Poles used"),
    "column.new_poles": ("Tiang baru", "New poles"),
    "column.spans": ("Gawang", "Spans"),
    "column.gaps_bridged": ("Celah dijembatani", "Gaps bridged"),
    "column.bridged_m": ("Panjang celah", "Length of gaps"),
    "column.road_m": ("Ikut jalan (perkiraan)", "Along roads (inferred)"),
    "column.loss_db": ("Redaman", "Loss"),
    "column.splitters": ("Pembagi optik", "Splitters"),
    "column.route": ("Rute kabel", "Cable route"),
    "column.gap_m": ("Celah", "Gap"),
    "column.active_nodes": ("Perangkat aktif", "Active nodes"),
    "column.active_nodes_at_m": ("Perangkat aktif pada (m)", "Active nodes at (m)"),
    "column.lead_in_m": ("Kabel sampai awal rute", "Cable up to where it begins"),
    "column.not_joined": ("Tiang yang belum tersambung", "Poles not joined"),
    "column.rank": ("Pilihan ke-", "Choice"),
    "column.different_share": ("Bagian jalur yang berbeda", "Share on other ground"),
    "column.extra_cost_idr": ("Lebih mahal", "Dearer by"),
    "column.extra_length_m": ("Lebih panjang", "Longer by"),
    "column.serves": ("Melayani", "Serves"),
    "column.stretch_m": ("Panjang ruas ini", "This stretch"),
    "column.pole_ids": ("Tiang", "Poles"),
    "column.reason": ("Alasan", "Reason"),
    "column.level": ("Sinyal", "Signal"),
    "column.evidence": ("Bukti", "Evidence"),
    "column.decided_by": ("Dasar penilaian", "Decided by"),
    "column.people_blank_expected": ("Di blank spot, menurut peluang", "In blank spots, by probability"),
    "column.providers": ("Penyedia", "Providers"),
    "column.conflict": ("Sumber bertentangan", "Sources disagree"),
    "column.reported": ("Dilaporkan", "Reported"),
    "column.modelled": ("Dimodelkan", "Modelled"),
    "column.measured": ("Diukur", "Measured"),
    "column.strongest_signal": ("Sinyal terkuat dari", "Strongest signal from"),
    "column.rsrp_dbm": ("Sinyal terkuat (RSRP)", "Strongest signal (RSRP)"),
    "column.declared": ("Dinyatakan operator", "Declared by operators"),
    # values of columns
    "unit.million": ("juta", "million"),
    "unit.billion": ("miliar", "billion"),
    "flag.true": ("ya", "yes"),
    "flag.false": ("tidak", "no"),
    "status.on air": ("menyala", "on air"),
    "status.planned": ("direncanakan", "planned"),
    "status.faulty": ("gangguan", "faulty"),
    "kind.tower": ("menara", "tower"),
    "kind.route": ("rute kabel", "cable route"),
    "kind.repair": ("perbaikan menara", "tower repair"),
    "decided_by.reported": ("laporan", "reports"),
    "decided_by.modelled": ("model sinyal", "modelled signal"),
    "decided_by.measured": ("pengukuran", "measurements"),
    "decided_by.declared": ("pernyataan operator", "operators' declaration"),
    **{
        f"{kind}.{state}": words
        for kind in ("reported", "modelled", "measured", "declared")
        for state, words in (
            ("blank", ("blank spot", "blank spot")),
            ("served", ("terlayani", "served")),
            ("unknown", ("belum diketahui", "unknown")),
        )
    },
    "reason.no location": ("lokasi belum diketahui", "no location"),
    "reason.no pole within the drop": (
        "tidak ada tiang dalam jangkauan kabel ke bangunan",
        "no pole within the drop",
    ),
    "reason.component without a gateway": (
        "jaringan tiangnya tidak tersambung ke gateway",
        "its pole lines reach no gateway",
    ),
    "reason.no permission on its poles": (
        "tiangnya tidak diizinkan dipasangi kabel",
        "no permission on its poles",
    ),
    "reason.costs more than it is worth": ("biayanya melebihi nilainya", "costs more than it is worth"),
    "reason.no other way different enough": (
        "tidak ada jalur lain yang cukup berbeda",
        "no other way different enough",
    ),
    "reason.no free port": ("tidak ada port kosong di gateway", "no free port"),
    "reason.beyond the light budget": ("melampaui batas redaman cahaya", "beyond the light budget"),
    "what.gap bridged": ("celah dijembatani", "gap bridged"),
    "what.overshoot trimmed": ("kelebihan garis dipotong", "overshoot trimmed"),
    "what.dangle joined": ("ujung lepas disambung", "dangle joined"),
    "what.duplicate pole removed": ("tiang ganda dihapus", "duplicate pole removed"),
    "what.duplicate line removed": ("garis ganda dihapus", "duplicate line removed"),
    "what.crossing not joined": ("persilangan tidak disambung", "crossing not joined"),
    "what.span inferred": ("gawang diperkirakan", "span inferred"),
    "what.zero-length span removed": ("gawang nol dihapus", "zero-length span removed"),
    "what.pole snapped to line": ("tiang digeser ke garis", "pole snapped to line"),
    "what.voltage unknown": ("tegangan belum diketahui", "voltage unknown"),
    "what.no permission": ("tanpa izin", "no permission"),
    "what.road joined": ("jalan disambung ke tiang", "road joined"),
    "what.road left out": ("jalan tidak dipakai", "road left out"),
    "voltage.JTM": ("JTM (20 kV)", "medium voltage, JTM (20 kV)"),
    "voltage.JTR": ("JTR (tegangan rendah)", "low voltage, JTR"),
    "voltage.unknown": ("belum diketahui", "voltage unknown"),
    # kinds of cable
    "cable.trunk": ("jalur bersama", "trunk, shared"),
    "cable.branch": ("cabang (1 tempat)", "branch (1 place)"),
    "cable.drop": ("kabel ke bangunan", "drop to the building"),
    "cable.new poles": ("perlu tiang baru", "needs new poles"),
    "cable.along road": ("jalan (perkiraan)", "by road (inferred)"),
    "cable.active node": ("perangkat perlu listrik", "active node, power"),
    # the map
    "map.title": ("Peta blank spot internet", "Map of internet blank spots"),
    "map.page": ("Peta", "Map"),
    "map.fictional": ("Data fiktif: bukan tempat nyata", "Fictional data: not a real place"),
    "map.no_script": (
        "Peta ini memerlukan JavaScript. Buka dengan peramban seperti Chrome, Edge atau Firefox.",
        "This map needs JavaScript. Open it in a browser such as Chrome, Edge or Firefox.",
    ),
    "map.legend": ("Keterangan peta", "Legend"),
    "map.show_legend": ("Tampilkan keterangan", "Show legend"),
    "map.hide_legend": ("Tutup keterangan", "Hide legend"),
    "map.search": ("Cari desa, dusun, menara", "Search village, hamlet, tower"),
    "map.no_match": ("Tidak ditemukan", "Nothing found"),
    "map.unplaced": ("lokasi belum diketahui", "location unknown"),
    "map.zoom_in": ("Perbesar", "Zoom in"),
    "map.zoom_out": ("Perkecil", "Zoom out"),
    "map.full_screen": ("Layar penuh", "Full screen"),
    "map.whole_area": ("Seluruh wilayah", "Whole area"),
    "map.close": ("Tutup", "Close"),
    "map.definition": ("Definisi blank spot", "Definition of a blank spot"),
    "map.no_definition": (
        "Definisi tidak disertakan pada peta ini.",
        "No definition was given for this map.",
    ),
    "map.sources": ("Sumber data", "Sources"),
    "map.assumptions": ("Asumsi", "Assumptions"),
    "map.notes": ("Catatan", "Notes"),
    "map.terrain": ("Relief", "Relief"),
    "map.borders": ("Batas desa", "Village borders"),
    "map.names": ("Nama desa", "Village names"),
    "map.poles_counted": ("{count} tiang", "{count} poles"),
    "map.kilometres": ("{length} km", "{length} km"),
    "map.villages": ("Desa", "Villages"),
    "map.hamlets": ("Dusun dan permukiman", "Hamlets"),
    "map.towers": ("Menara", "Towers"),
    "map.poles": ("Jaringan tiang listrik", "Pole lines"),
    "map.gateways": ("Gateway", "Gateways"),
    "map.routes": ("Rute kabel", "Cable routes"),
    "map.shared_cable": ("Kabel bersama: {count} tempat", "Shared cable: {count} places"),
    "map.proposals": ("Usulan", "Proposals"),
    "map.conflicts": ("Sumber bertentangan", "Sources that disagree"),
    "map.repairs": ("Perbaikan data tiang", "Repairs of the pole data"),
    "map.check_in_field": ("periksa di lapangan", "check in the field"),
    # pictures
    "picture.km": ("jarak (km)", "distance (km)"),
    "picture.m": ("tinggi di atas permukaan laut (m)", "height above sea level (m)"),
    "picture.terrain": ("medan", "terrain"),
    "picture.bulge": ("lengkung bumi (k = 4/3)", "Earth's bulge (k = 4/3)"),
    "picture.obstacles": ("pohon dan bangunan", "trees and buildings"),
    "picture.bent_up": ("rintangan saat k = 0,6", "obstacles at k = 0.6"),
    "picture.ray": ("sinar", "ray"),
    "picture.zone": ("zona Fresnel pertama", "first Fresnel zone"),
    "picture.zone_60": ("60% zona Fresnel", "60 % of the zone"),
    "picture.least": ("sela {clearance} zona di km {km}", "clearance {clearance} of the zone at km {km}"),
    "picture.least_mark": ("sela terkecil", "least clearance"),
    "picture.link": ("{ends}{km} km, {mhz} MHz: {verdict}", "{ends}{km} km, {mhz} MHz: {verdict}"),
    "picture.clear": ("bebas", "clear"),
    "picture.blocked": ("terhalang", "obstructed"),
    "picture.no_height": ("medan tidak lengkap", "terrain incomplete"),
    "picture.residual": ("terukur dikurangi model (dB)", "measured minus modelled (dB)"),
    "picture.count": ("jumlah pengukuran", "measurements"),
    "picture.class": (
        "kelas {name}: {count} titik, {offset} ± {spread} dB",
        "class {name}: {count} points, {offset} ± {spread} dB",
    ),
    "picture.all": (
        "semua: {count} titik, {offset} ± {spread} dB",
        "all: {count} points, {offset} ± {spread} dB",
    ),
    "picture.errors": (
        "galat {before} dB, setelah kalibrasi {after} dB",
        "error {before} dB, calibrated {after} dB",
    ),
    "map.signal": ("Kekuatan sinyal", "Signal"),
    "map.measurements": ("Sinyal terukur", "Measured signal"),
    "map.residuals": ("Sinyal terukur dibanding model", "Measured signal against the model"),
    "residual.much_weaker": ("> {far} dB lebih lemah", "> {far} dB weaker"),
    "residual.weaker": ("{near}-{far} dB lebih lemah", "{near}-{far} dB weaker"),
    "residual.alike": ("hampir sama (± {near} dB)", "much the same (± {near} dB)"),
    "residual.stronger": ("{near}-{far} dB lebih kuat", "{near}-{far} dB stronger"),
    "residual.much_stronger": ("> {far} dB lebih kuat", "> {far} dB stronger"),
    "map.village": ("desa", "village"),
    "map.hamlet": ("dusun", "hamlet"),
    "map.tower": ("menara", "tower"),
    "map.gateway": ("gateway", "gateway"),
    "map.route": ("rute", "route"),
    "map.proposal": ("usulan", "proposal"),
    "map.people_line": (
        "Penduduk di blank spot: {blank} dari {total}. Belum diketahui: {unknown}.",
        "People in blank spots: {blank} of {total}. Unknown: {unknown}.",
    ),
    "map.villages_without_result": (
        "{count} desa tanpa hasil, digambar sebagai belum diketahui",
        "{count} villages without a result, drawn as unknown",
    ),
    "map.hamlets_unplaced": (
        "{count} tempat hanya diketahui namanya, tidak digambar",
        "{count} places known by name only, not drawn",
    ),
    "map.routes_missing": ("{count} tempat tanpa rute kabel", "{count} places without a cable route"),
    "map.proposals_unplaced": (
        "{count} usulan tanpa lokasi, tidak digambar",
        "{count} proposals without a location, not drawn",
    ),
    "map.towers_assumed": (
        "{count} menara tanpa keterangan keadaan, dianggap menyala",
        "{count} towers whose status is not stated, taken as on air",
    ),
    "map.made_with": ("Dibuat dengan coverage_geo {version}", "Made with coverage_geo {version}"),
}

# Colours that stay apart for colour-blind readers and in print.
STATE_COLOURS = {"blank": "#b2182b", "served": "#2b83ba", "unknown": "#9e9e9e"}
LEVEL_COLOURS = {"none": "#b2182b", "weak": "#f4a582", "usable": "#92c5de", "strong": "#2166ac"}
# Measured signal, weaker to stronger than modelled: diverging, and apart from the colours of states.
RESIDUAL_COLOURS = {
    "much_weaker": "#8c510a",
    "weaker": "#f1a340",
    "alike": "#c9c9c9",
    "stronger": "#998ec3",
    "much_stronger": "#542788",
}

# The map's other colours: symbols keep their shape too, so that none is told by colour alone.
TOWER_COLOURS = {"on air": "#1a1a1a", "planned": "#ffffff", "faulty": "#f0a202"}
POLE_COLOURS = {"JTM": "#5c3d1e", "JTR": "#a9794a", "unknown": "#80705f"}
ROUTE_COLOUR = "#00695c"
NEW_GROUND_COLOUR = "#d55e00"
POWER_COLOUR = "#ffd54f"
GATEWAY_COLOUR = "#00695c"
PROPOSAL_COLOUR = "#8e24aa"
CONFLICT_COLOUR = "#fdd835"
REPAIR_COLOURS = ("#d81b60", "#1e88e5", "#ffc107", "#004d40", "#6a1b9a", "#ef6c00", "#546e7a", "#9e9d24")
SEA_COLOUR = "#d6e5ec"

METRES_SHOWN = 1_000  # from here on lengths are shown in kilometres

# Units a column wears as the last part of its name, as the reader sees them.
UNITS = {"m": "m", "km": "km", "db": "dB", "dbm": "dBm", "dbi": "dBi", "mhz": "MHz", "deg": "°"}


def word(key: str, language: Language) -> str:
    """Return a word or sentence in the reader's language.

    Parameters
    ----------
    key
        What to say, such as "state.blank".
    language
        "id" or "en".

    Returns
    -------
    str
        The words; they may hold fields for `str.format`.

    Raises
    ------
    KeyError
        When nothing is written under that key.

    Examples
    --------
    >>> word("state.served", "id")
    'terlayani'
    """
    return WORDS[key][LANGUAGES.index(language)]


def number_text(value: float, language: Language, *, decimals: int = 0) -> str:
    """Return a number as the reader writes it.

    Parameters
    ----------
    value
        Any finite number.
    language
        "id" writes 1.234,5 and "en" writes 1,234.5.
    decimals
        Digits after the decimal mark.

    Returns
    -------
    str
        The number, with its thousands apart.

    Examples
    --------
    >>> number_text(1234.5, "id", decimals=1), number_text(1234.5, "en", decimals=1)
    ('1.234,5', '1,234.5')
    """
    text = f"{value:,.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "id" else text


def label(column: str, language: Language) -> str:
    """Return the name of a table's column as the reader sees it.

    Parameters
    ----------
    column
        A column's name.
    language
        "id" or "en".

    Returns
    -------
    str
        The words of a known column; the name itself, its underscores as spaces, of any other.

    Examples
    --------
    >>> label("antenna_height_m", "id"), label("site_remark", "id")
    ('Tinggi antena', 'site remark')
    """
    return word(key, language) if (key := f"column.{column}") in WORDS else column.replace("_", " ")


def value_text(value: object, column: str, language: Language) -> str | None:
    """Return one cell of a table as the reader sees it, with its unit.

    Parameters
    ----------
    value
        The cell.
    column
        Its column, whose name wears the unit: ``length_m``, ``capital_cost_idr``, ``share_blank``.
    language
        "id" or "en".

    Returns
    -------
    str or None
        None when the cell is empty.

    Examples
    --------
    >>> value_text(1520.4, "length_m", "id"), value_text("on air", "status", "id")
    ('1,5 km', 'menyala')
    >>> value_text(1.337e9, "capital_cost_idr", "id"), value_text(42.0, "antenna_height_m", "id")
    ('Rp 1,34 miliar', '42 m')
    >>> value_text(float("nan"), "length_m", "id")
    """
    if value is None or value != value or str(value) in {"<NA>", "NaT", ""}:  # noqa: PLR0124 - NaN differs from itself
        return None
    if isinstance(value, (bool, np.bool_)):
        return word(f"flag.{str(bool(value)).lower()}", language)
    if isinstance(value, (int, float, np.number)):
        return _quantity(float(value), column, language)
    key = f"{column}.{value}"
    return word(key, language) if key in WORDS else str(value)


def _money(value: float, language: Language) -> str:
    """Rupiah to three figures or so: planning costs are not known better."""
    for least, unit, decimals in ((1e9, "billion", 2), (1e6, "million", 0)):
        if abs(value) >= least:
            figure = number_text(value / least, language, decimals=decimals)
            return f"Rp {figure} {word(f'unit.{unit}', language)}"
    return f"Rp {number_text(value, language)}"


def _quantity(value: float, column: str, language: Language) -> str:
    if column.startswith("share_") or column.endswith("_share"):
        return f"{number_text(100 * value, language)} %"
    if column.endswith("_idr"):
        return _money(value, language)
    if column.endswith("_m") and abs(value) >= METRES_SHOWN:
        return f"{number_text(value / 1_000, language, decimals=1)} km"
    unit = UNITS.get(column.rpartition("_")[2], "")
    decimals = (
        0 if column.startswith(("people", "households")) or value == round(value) or abs(value) >= 100 else 1
    )
    text = number_text(value, language, decimals=decimals)
    return f"{text} {unit}" if unit and "_" in column else text


def number(value: float | None, language: Language) -> str:
    """Return a whole number with the reader's thousands mark; a dash when it is not known.

    Parameters
    ----------
    value
        Any number; None and NaN are "not known".
    language
        "id" (1.234) or "en" (1,234).

    Returns
    -------
    str
        The number.

    Examples
    --------
    >>> number(12345.6, "id"), number(12345.6, "en"), number(None, "en")
    ('12.346', '12,346', '-')
    """
    return "-" if value is None or math.isnan(value) else number_text(value, language)
