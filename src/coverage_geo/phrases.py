"""What results rest on, told in Bahasa Indonesia and English."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from coverage_geo.words import LANGUAGES, label, number

if TYPE_CHECKING:
    from coverage_geo.provenance import Assumption
    from coverage_geo.words import Language

SEPARATORS = ("; ", ", ")
_NUMBER = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})*(?:\.\d+)?(?![\w.,]*[\w])")
_SWAP = str.maketrans(",.", ".,")

# English phrase: Bahasa Indonesia; {} stands for a number, a name or another phrase.
PHRASES: dict[str, str] = {
    ", for {}": ", untuk {}",
    # topics
    "alternative routes": "rute alternatif",
    "calibration": "kalibrasi",
    "clutter along the path": "pohon dan bangunan di sepanjang lintasan",
    "clutter around the receiver": "pohon dan bangunan di sekitar penerima",
    "cost of {}": "biaya {}",
    "drawn route": "rute yang digambar",
    "Earth's radius": "jari-jari bumi",
    "exchange rate": "kurs",
    "fibre route: active nodes": "rute serat optik: perangkat aktif",
    "fibre route: drop": "rute serat optik: sambungan rumah",
    "fibre route: villages without an office": "rute serat optik: desa tanpa kantor yang diketahui",
    "fibre serves": "serat optik melayani",
    "ground": "tanah",
    "light budget": "anggaran cahaya",
    "path loss": "rugi lintasan",
    "paths nearer than {} m": "lintasan lebih dekat dari {} m",
    "paths without terrain": "lintasan tanpa data medan",
    "pole graph: bridges": "jaringan tiang: penyambungan celah",
    "pole graph: gaps bridged up to": "jaringan tiang: celah disambung sampai",
    "pole graph: longest span between poles": "jaringan tiang: bentang terpanjang antartiang",
    "pole graph: one pole within": "jaringan tiang: dianggap satu tiang dalam",
    "pole graph: roads": "jaringan tiang: jalan",
    "pole graph: snapping": "jaringan tiang: penarikan ke garis",
    "radio-climatic zone": "zona iklim radio",
    "range of a {} cell": "jangkauan sel {}",
    "receiver": "penerima",
    "refractivity": "refraktivitas",
    "shared network": "jaringan bersama",
    "signal classes": "kelas sinyal",
    "spread of the signal": "sebaran sinyal",
    "towers without sectors": "menara tanpa sektor",
    "transmitters outside the model's range": "pemancar di luar batas model",
    "terrain": "medan",
    # cost items
    "active_node": "perangkat aktif",
    "active_node_yearly": "tahunan perangkat aktif",
    "fibre_on_poles": "serat optik di tiang",
    "fibre_yearly_share": "bagian tahunan serat optik",
    "new_pole": "tiang baru",
    "pole_rent": "sewa tiang",
    "tower_repair": "perbaikan menara",
    "tower_site": "lokasi menara",
    "tower_yearly_share": "bagian tahunan menara",
    # values
    "{} of the time": "{} waktu",
    "{} of the locations": "{} lokasi",
    "{} of the situations ({})": "{} keadaan ({})",
    "{} % of the time": "{} % waktu",
    "{} % of the locations": "{} % lokasi",
    "{} % of the situations ({})": "{} % keadaan ({})",
    "{} USD/km": "{} USD/km",
    "{} IDR/capital cost and year": "{} bagian biaya modal per tahun",
    "{} IDR/node and year": "Rp {} per perangkat per tahun",
    "{} IDR/pole and year": "Rp {} per tiang per tahun",
    "{} IDR/pole": "Rp {} per tiang",
    "{} IDR/site": "Rp {} per lokasi",
    "{} USD/node": "{} USD per perangkat",
    "{} dB, normal": "{} dB, normal",
    "{} dB loss": "rugi {} dB",
    "{} m above ground": "{} m di atas tanah",
    "{} m high": "setinggi {} m",
    "{} times the true one": "{} kali yang sebenarnya",
    "all routes": "semua rute",
    "anywhere between gateway and end": "di mana pun antara gerbang dan ujung",
    "at least {} of the cable where no better route runs": "sedikitnya {} kabel di luar rute yang lebih baik",
    "at most {} dearer": "paling banyak {} lebih mahal",
    "at most {} km apart": "berjarak paling jauh {} km",
    "at most {} km": "paling jauh {} km",
    "at most {} m": "paling jauh {} m",
    "accidental": "kebetulan",
    "broadcast": "siaran",
    "mobile": "bergerak",
    "single message": "pesan tunggal",
    "climate {}": "iklim {}",
    "continental subtropical": "subtropis benua",
    "continental temperate": "sedang benua",
    "desert": "gurun",
    "equatorial": "khatulistiwa",
    "maritime subtropical": "subtropis laut",
    "climate maritime temperate": "iklim sedang laut",
    "over land": "di atas darat",
    "over sea": "di atas laut",
    "Irregular Terrain Model (Longley-Rice)": "Model Medan Tak Rata (Longley-Rice)",
    "coastal": "pesisir",
    "conductivity {} S/m": "konduktivitas {} S/m",
    "else {} dB more": "selain itu rugi {} dB lebih besar",
    "else {} new poles/km": "selain itu {} tiang baru/km",
    "ended by the clock": "dihentikan oleh batas waktu",
    "flat": "datar",
    "at sea level": "setinggi muka laut",
    "free space": "ruang bebas",
    "free space and {}": "ruang bebas dan {}",
    "free space: no terrain": "ruang bebas: tanpa medan",
    "free space where {} of the first Fresnel zone is clear": "ruang bebas bila {} zona Fresnel bersih",
    "free space: no terrain, no clutter": "ruang bebas: tanpa medan, pohon atau bangunan",
    "from the clutter raster; none where it is void": "dari raster; tidak ada bila kosong",
    "heights along the path do not count": "ketinggian di sepanjang lintasan tidak dihitung",
    "homes within {} m of the cable": "rumah dalam {} m dari kabel",
    "inland": "pedalaman",
    "connectors {} dB": "konektor {} dB",
    "splices {} dB": "sambungan {} dB",
    "power needed": "memerlukan listrik",
    "the last {} km before the end": "yang terakhir {} km sebelum ujung",
    "uplink of {} km: {}": "uplink {} km: {}",
    "margin {} dB: {} km": "cadangan {} dB: {} km",
    "inferred": "perkiraan",
    "not surveyed": "belum disurvei",
    "may run anywhere": "boleh di mana pun",
    "also across water": "juga melintasi air",
    "new poles every {} m at most where no pole line runs within {} m": (
        "tiang baru paling jauh tiap {} m di jalan yang jaringan tiangnya lebih dari {} m"
    ),
    "no signal": "tanpa sinyal",
    "none (open country)": "tidak ada (daerah terbuka)",
    "offset {} dB": "selisih {} dB",
    "on air": "menyala",
    "on the poles within {} m of the line": "di tiang dalam {} m dari garis",
    "open": "terbuka",
    "permittivity {}": "permitivitas {}",
    "priced as cable without poles": "dihitung sebagai kabel tanpa tiang",
    "reached at the pole nearest to their middle": "dicapai di tiang terdekat dari tengahnya",
    "Rp {} per USD": "Rp {} per USD",
    "as calibrated": "sesuai kalibrasi",
    "as given": "seperti diberikan",
    "entry loss not exceeded with {} % by {}": "rugi masuk tidak terlampaui dengan peluang {} % menurut {}",
    "in a thermally efficient building": "di dalam bangunan berinsulasi panas",
    "in a traditional building": "di dalam bangunan biasa",
    "that of its pattern": "menurut pola antenanya",
    "transmit themselves": "memancar sendiri",
    "as without a sector table": "seperti tanpa tabel sektor",
    "towns and suburbs": "kota dan pinggiran kota",
    "sea": "laut",
    "spread {} dB": "sebaran {} dB",
    "stay inside the villages": "tetap di dalam batas desa",
    "strong from {} dBm": "kuat mulai {} dBm",
    "dense urban": "kota padat",
    "forest": "hutan",
    "suburban": "pinggiran kota",
    "water": "air",
    "terrain and clutter heights do not count": "ketinggian medan, pohon dan bangunan tidak dihitung",
    "unknown {} m": "tidak diketahui {} m",
    "urban": "kota",
    "usable from {}": "layak mulai {}",
    "weak from {}": "lemah mulai {}",
    "within {} of the least cost": "paling banyak {} di atas biaya terkecil",
    "{} binds": "{} menentukan",
    "{} new poles/km": "{} tiang baru/km",
    "{} surroundings": "lingkungan {}",
    # sources
    "{} networks tried": "{} jaringan dicoba",
    "{} % of capital cost": "{} % dari biaya modal",
    "ADSS all in": "ADSS, semua termasuk",
    "all directions alike": "ke semua arah sama",
    "all in": "semua termasuk",
    "all of the towers": "semua menara",
    "average ground": "tanah rata-rata",
    "below the range of {}": "di bawah batas {}",
    "the bound ignores ports": "batas bawah tidak memperhitungkan jumlah port",
    "bound by directed cuts": "batas bawah dari potongan berarah",
    "class {}": "kelas {}",
    "counts as ground that stands higher": "dihitung sebagai tanah yang lebih tinggi",
    "cross-validated error {} dB before and {} dB after": "galat validasi silang {} dB menjadi {} dB",
    "error {} dB before": "galat {} dB sebelumnya",
    "none cross-validated within one block": "tidak dapat divalidasi silang dalam satu blok",
    "editable": "dapat diubah",
    "given": "diberikan",
    "given or default": "diberikan atau nilai bawaan",
    "GSM timing advance": "batas jarak GSM",
    "high: {}": "tinggi: {}",
    "ITU: {} % of capital cost": "ITU: {} % dari biaya modal",
    "low: {}": "rendah: {}",
    "lower end of BAKTI's rural towers": "batas bawah menara perdesaan BAKTI",
    "median bending": "pembiasan median",
    "mid": "tengah",
    "most rural sites built since 2019 are 4G": "kebanyakan menara perdesaan sejak 2019 adalah 4G",
    "no row of the sector table names them": "tidak disebut dalam tabel sektor",
    "no public Indonesian figure": "tidak ada angka Indonesia yang terbuka",
    "none given": "tidak diberikan",
    "one common carrier": "satu pembawa yang lazim",
    "one zone for every path": "satu zona untuk setiap lintasan",
    "open/rural": "terbuka/perdesaan",
    "own measurements": "pengukuran sendiri",
    "passive": "pasif",
    "replace it with your own": "ganti dengan angka sendiri",
    "rounded for the equatorial maritime climate": "dibulatkan untuk iklim laut khatulistiwa",
    "rural coverage band in Indonesia": "pita cakupan perdesaan di Indonesia",
    "sector antenna": "antena sektor",
    "shadow fading without line of sight in the countryside": "fading bayangan di perdesaan",
    "short jumper from a radio near the antenna": "kabel pendek dari radio dekat antena",
    "{} kW of PLN power": "listrik PLN {} kW",
    "batteries and visits": "baterai dan kunjungan",
    "small OLT with power": "OLT kecil dengan listrik",
    "the ITU-R P.453 maps give local values": "peta ITU-R P.453 memberi nilai setempat",
    "the list does not say": "daftar tidak menyebutkan",
    "usual RSRP classes": "kelas RSRP yang lazim",
    "a usual downtilt": "kemiringan yang lazim",
    "neither sector nor tower says it": "tidak tertulis pada sektor maupun menara",
    "only the mechanical tilt is given": "hanya kemiringan mekanik yang diberikan",
    "power and gain are given too and say otherwise": "daya dan penguatan juga diberikan dan tidak cocok",
    "void on {} of the terrain": "kosong pada {} dari medan",
    "usual spans are {} m": "bentang lazim {} m",
    "version {}": "versi {}",
    "villages= and leave_villages=": "villages= dan leave_villages=",
    "{} MHz for GSM": "{} MHz untuk GSM",
    "{} dBm over {} MHz": "{} dBm pada {} MHz",
    "{} for Icon+": "{} untuk Icon+",
    # grades
    "docs": "dokumen",
    "measured": "diukur",
    "official": "resmi",
    "ours": "perkiraan kami",
    "press": "berita",
    "research": "penelitian",
    "user": "dari pengguna",
    "weak": "lemah",
}


def assumption_text(assumption: Assumption, language: Language) -> str:
    """Return an assumption as the reader sees it.

    Parameters
    ----------
    assumption
        What a result rests on.
    language
        "id" or "en".

    Returns
    -------
    str
        Topic, value, for how many rows, source and grade.

    Examples
    --------
    >>> from coverage_geo.provenance import Assumption
    >>> height = Assumption("antenna_height_m", "42 m", "none given", "press", count=1200)
    >>> assumption_text(height, "en")
    'Antenna height: 42 m, for 1,200 (none given; press)'
    >>> assumption_text(height, "id")
    'Tinggi antena: 42 m, untuk 1.200 (tidak diberikan; berita)'
    """
    one = assumption
    count = phrase(f", for {number(one.count, language)}", language) if one.count else ""
    source = "; ".join(phrase(text, language) for text in (one.source, one.grade) if text)
    topic = phrase(one.topic, language) if " " in one.topic else label(phrase(one.topic, language), language)
    value = _marks(phrase(one.value, language), language)
    return f"{topic[:1].upper()}{topic[1:]}: {value}{count} ({source})"


def phrase(text: str, language: Language) -> str:
    """Return a text in the reader's language: a known phrase, or its parts between semicolons and commas.

    Parameters
    ----------
    text
        In English.
    language
        "id" or "en".

    Returns
    -------
    str
        Parts that are not known stay as they are.

    Examples
    --------
    >>> phrase("at most 300 m, priced as cable without poles", "id")
    'paling jauh 300 m, dihitung sebagai kabel tanpa tiang'
    """
    if language == LANGUAGES[1]:
        return text
    known = _known(text)
    if known is not None:
        return known
    for mark in SEPARATORS:
        if mark in text:
            return mark.join(phrase(part, language) for part in text.split(mark))
    return text


def _known(text: str) -> str | None:
    if text in PHRASES:
        return PHRASES[text]
    for pattern, said in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            return said.format(*(phrase(part, "id") for part in found.groups()))
    return None


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Phrases with fields; a field holds no mark that parts a text."""
    return [
        (re.compile(re.escape(english).replace(r"\{\}", r"((?:[^;,]|,(?! ))+?)")), said)
        for english, said in PHRASES.items()
        if "{}" in english
    ]


def _marks(text: str, language: Language) -> str:
    """Numbers with the reader's decimal and thousands marks; those inside names stay."""
    return _NUMBER.sub(lambda found: found[0].translate(_SWAP), text) if language == "id" else text
