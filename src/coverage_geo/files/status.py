"""Reported status of places: what a district's list or PODES says of service, and of which place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage_geo.errors import Fault, ValueRangeError, raise_faults
from coverage_geo.files.cells import as_text, by_words, first_given
from coverage_geo.files.codes import as_village_ids, village_codes
from coverage_geo.files.columns import COORDINATES, heading
from coverage_geo.files.coordinates import placed_points
from coverage_geo.files.ids import given_ids, set_aside_repeats
from coverage_geo.files.names import LEAD, THRESHOLD, NameIndex, NameMatch, similarity
from coverage_geo.files.notes import finished, raise_all
from coverage_geo.files.operators import operator_name
from coverage_geo.files.reading import assembled, converted, need_columns, opened, without
from coverage_geo.files.shapes import holding_area
from coverage_geo.tables import REPORTED_STATUS, STATES, as_study_area

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from coverage_geo.files.notes import Notes, Refused

STATUS_MARGIN_M = 2_000.0
SERVICES = ("2G", "4G", "fixed", "any")
BELOW_VILLAGE = frozenset(
    ["dusun", "jorong", "rt", "rw", "kampung", "lingkungan", "hamlet", "titik", "lorong", "korong", "banjar"]
)
# What PODES 2024 answers: R1005C phone signal, R1005D internet.
PODES_STATES = {"1": "served", "2": "served", "3": "weak", "4": "blank"}
_USED = ("hamlet", "podes_signal", "podes_internet", "kemendagri_code", "bps_code", "code")


@dataclass(frozen=True, slots=True)
class StatusWord:
    """What a word or phrase in a list of reported status means.

    Attributes
    ----------
    words : str
        The phrase; case, spaces and punctuation do not matter.
    state : str
        One of `tables.STATES`, or empty when it does not tell.
    service : str
        "2G", "4G", "fixed" or "any", or empty when it does not tell.
    provider : str
        Who serves, or empty when it does not tell.

    Examples
    --------
    >>> StatusWord("belum ada", state="blank").state
    'blank'
    """

    words: str
    state: str = ""
    service: str = ""
    provider: str = ""

    def __post_init__(self) -> None:
        if self.state not in {"", *STATES} or self.service not in {"", *SERVICES}:
            what = f"state {self.state!r}, service {self.service!r}"
            remedy = f"States: {', '.join(STATES)}; services: {', '.join(SERVICES)}."
            raise_faults([Fault(ValueRangeError, f"status word {self.words!r}", what, remedy)])


def _all(state: str, *phrases: str) -> tuple[StatusWord, ...]:
    return tuple(StatusWord(phrase, state=state) for phrase in phrases)


# The first phrase that fits tells the state; service and provider likewise, each on its own.
STATUS_WORDS: tuple[StatusWord, ...] = (
    *_all(
        "unknown", "belum diketahui", "tidak diketahui", "tidak ada data", "belum ada data", "belum didata"
    ),
    *_all("unknown", "tower planned", "rencana tower", "rencana menara"),
    *_all("served", "tidak ada gangguan", "tidak ada masalah", "tidak bermasalah", "tidak ada kendala"),
    *_all("blank", "belum ada", "tidak ada", "belum terlayani", "tidak terlayani", "belum tersedia"),
    *_all("blank", "tidak tersedia", "blank spot", "blankspot", "blank", "tanpa sinyal", "tanpa internet"),
    *_all("blank", "nihil", "no signal", "no internet", "no service", "belum terjangkau", "tidak terjangkau"),
    *_all("trouble", "bermasalah", "gangguan", "rusak", "trouble", "tidak aktif", "mati", "tidak berfungsi"),
    *_all(
        "weak", "lemah", "sangat lemah", "susah sinyal", "sulit sinyal", "sinyal sulit", "hard signal", "weak"
    ),
    *_all("weak", "kurang", "tidak stabil", "low signal", "terbatas", "sinyal susah"),
    *_all("served", "sudah ada", "sudah terlayani", "terlayani", "tersedia", "sangat kuat", "kuat", "baik"),
    *_all(
        "served",
        "stabil",
        "lancar",
        "aktif",
        "on air",
        "beroperasi",
        "served",
        "available",
        "strong",
        "kerja sama",
        "kerjasama",
        "ada",
    ),
    StatusWord("icon+", "served", "fixed", "Icon Plus"),
    StatusWord("icon plus", "served", "fixed", "Icon Plus"),
    StatusWord("iconplus", "served", "fixed", "Icon Plus"),
    StatusWord("iconnet", "served", "fixed", "Icon Plus"),
    StatusWord("pln icon", "served", "fixed", "Icon Plus"),
    StatusWord("indihome", "served", "fixed", "Telkom"),
    StatusWord("telkomsel", "served", "4G", "Telkomsel"),
    StatusWord("telkom", "served", "fixed", "Telkom"),
    StatusWord("indosat", "served", "4G", "Indosat"),
    StatusWord("xl", "served", "4G", "XL"),
    StatusWord("axis", "served", "4G", "XL"),
    StatusWord("tri", "served", "4G", "Tri"),
    StatusWord("smartfren", "served", "4G", "Smartfren"),
    StatusWord("starlink", "served", "fixed", "Starlink"),
    StatusWord("vsat", "served", "fixed", ""),
    StatusWord("wifi", "served", "fixed", ""),
    StatusWord("fiber", "served", "fixed", ""),
    StatusWord("fibre", "served", "fixed", ""),
    StatusWord("kabel", "served", "fixed", ""),
    StatusWord("bakti", "served", "4G", "BAKTI"),
    StatusWord("tower", "served", "4G", ""),
    StatusWord("menara", "served", "4G", ""),
    StatusWord("bts", "served", "4G", ""),
    StatusWord("penyedia lain", "served", "", ""),
    StatusWord("provider lain", "served", "", ""),
    StatusWord("4g", "served", "4G", ""),
    StatusWord("lte", "served", "4G", ""),
    StatusWord("3g", "served", "2G", ""),
    StatusWord("2g", "served", "2G", ""),
    StatusWord("gsm", "served", "2G", ""),
)


# Masts and mobile operators do not say which service they carry; where they serve, it is taken to be 4G.
_IMPLIED = frozenset(
    word.words
    for word in STATUS_WORDS
    if word.service == "4G" and word.state == "served" and word.words not in {"4g", "lte"}
)
_WORKING = ("served", "trouble")
# What parts a text; "tower, bermasalah" is one statement of a tower in trouble.
_CLAUSES = (re.compile(r"[;|\n,]|\.\s"), re.compile(r"[;|\n]|\.\s"))


def _phrase(text: str) -> str:
    return f"_{heading(text.replace('+', ' plus '))}_"


@dataclass(frozen=True, slots=True)
class _Meaning:
    state: str
    service: str
    provider: str


def _meaning(text: str, words: Sequence[StatusWord]) -> _Meaning:
    found = _words_in(text, words)
    telling = next((word for word in found if word.state), None)
    state = telling.state if telling else ""
    said = [word for word in found if not _is_implied(word)]
    if telling is not None and state != "weak":
        # A tower that another clause speaks of in passing says nothing of the service this one is about.
        clauses = [_words_in(clause, words) for clause in _CLAUSES[state == "trouble"].split(text)]
        about = [one for one in clauses if telling in one or (state in _WORKING and _says_working(one))]
        said += [word for one in about for word in one if _is_implied(word)]
        said += [word for word in found if _is_implied(word) and word.provider and state in _WORKING]
    service = next((word.service for word in found if word.service and word in said), "")
    return _Meaning(state, service, next((word.provider for word in found if word.provider), ""))


def _says_working(words: Sequence[StatusWord]) -> bool:
    return any(word.state in _WORKING and not _is_implied(word) for word in words)


def _words_in(text: str, words: Sequence[StatusWord]) -> list[StatusWord]:
    plain = _phrase(text)
    return [word for word in words if _phrase(word.words) in plain]


def _sure_service(text: str, words: Sequence[StatusWord]) -> str | None:
    return next((one.service for one in _words_in(text, words) if one.service and not _is_implied(one)), None)


def _is_implied(word: StatusWord) -> bool:
    return word.words in _IMPLIED and word in STATUS_WORDS


def read_reported_status(
    path: Path | str,
    *,
    villages: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame | None = None,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    words: Sequence[StatusWord] = (),
    state: str | None = None,
    service: str | None = None,
    date: str | None = None,
    source: str | None = None,
    threshold: float = THRESHOLD,
    lead: float = LEAD,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    r"""What a list says of the service in villages and hamlets, each row with the place it was found to mean.

    A row's place is found by code, else by its point, else by name within its kecamatan. Rows below the
    village (dusun, jorong) are looked for among the settlements only; a hamlet is never taken for the
    village of the same name. What is not found stays in the table, unplaced.

    Parameters
    ----------
    path
        Table or layer of points.
    villages
        The study's villages.
    settlements
        Hamlets that rows below the village may mean.
    layer
        Layer or sheet to read, when there are several.
    columns
        Which heading holds which column, as in ``{"stated": "ket_2021"}``, where it is not recognised.
    crs
        CRS the coordinates are in, in place of what the file says or where it says nothing.
    words
        What further phrases mean; they go before `STATUS_WORDS`.
    state
        What the list says of a row whose own words do not tell, for lists of blank spots: "blank" ...
        By default such rows are "unknown".
    service
        What it speaks of where the row does not tell: "2G", "4G", "fixed" or "any".
    date, source
        When it was reported and by whom, where the row does not tell.
    threshold
        Least similarity of a name that is not equal [percent].
    lead
        How far the most similar name must be ahead of the second [percent].
    refused
        "raise" reports all rows that cannot be used as one error; "set aside" lists them as repairs.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.REPORTED_STATUS`, sorted by id. Geometry is the point given, or that of the settlement;
        none for villages and unplaced rows. `repairs` lists every match that was not exact, the candidates
        of every place that was not found, and every status that was not understood.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile, shapely, warnings
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "status.csv"
    >>> _ = file.write_text("desa,status\nPANGKALBERAS,belum ada\n")
    >>> ids = pd.Index(["19.05.04.2014"], name="village_id")
    >>> shape = [shapely.box(5e5, 97e5, 51e4, 971e4)]
    >>> villages = gpd.GeoDataFrame({"name": ["Pangkal Beras"]}, geometry=shape, index=ids, crs=32748)
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     status = read_reported_status(file, villages=villages)
    >>> status[["village_id", "state", "match_kind", "match_score"]].to_numpy().tolist()
    [['19.05.04.2014', 'blank', 'name', 100.0]]
    """
    _check_choices(state, service)
    area = as_study_area(villages)
    frame, notes = opened(path, REPORTED_STATUS, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    spatial = isinstance(frame, gpd.GeoDataFrame)
    if not spatial:
        names = ("place_name", "hamlet", "village_id", "kemendagri_code", "bps_code", "code", *COORDINATES)
        need_columns(frame, notes, names)
    points = placed_points(frame, area, notes, crs=crs, margin_m=STATUS_MARGIN_M, unplaced=True)
    codes = village_codes(frame, notes)
    table = converted(frame, notes, left=("state", "service", "match_kind", "match_score"))
    table = _with_levels(table)
    table = _with_meanings(table, notes, (*words, *STATUS_WORDS), state, service)
    for column, value in (("date", date), ("source", source)):
        table[column] = first_given(_text_of(table, column), value)
    table = gpd.GeoDataFrame(without(table, ["geometry"]), geometry=points, crs=area.crs)
    table = notes.kept(table)
    table = _with_places(table, codes, villages, settlements, notes, threshold, lead)
    ids = given_ids(table, "status_id")
    set_aside_repeats(table, ids, notes, compared=["place_name", "kecamatan", "stated", "date", "source"])
    table = notes.kept(table)
    raise_all([notes])
    ids = _with_status_ids(table, ids.reindex(table.index))
    table = gpd.GeoDataFrame(without(table, [*_USED, *COORDINATES]))
    answer = assembled(table, REPORTED_STATUS, ids=ids, geometry=table.geometry)
    return finished(gpd.GeoDataFrame(answer), [notes], crs=area.crs)


def _check_choices(state: str | None, service: str | None) -> None:
    StatusWord("state= and service=", state or "", service or "")


def _text_of(table: pd.DataFrame, column: str) -> pd.Series:
    if column in table:
        return table[column].astype(object)
    return pd.Series(None, index=table.index, dtype=object)


def _with_levels(table: pd.DataFrame) -> pd.DataFrame:
    """Place name and level; the hamlet's where the row names one, with the village's beside it."""
    hamlet = as_text(_text_of(table, "hamlet")).astype(object)
    village = _text_of(table, "place_name")
    level = _text_of(table, "level").map(lambda text: str(text).casefold(), na_action="ignore")
    level = level.where(level.notna(), hamlet.map(lambda _: "dusun", na_action="ignore"))
    level = level.where(level.notna(), "desa")
    name = hamlet.where(hamlet.notna(), village)
    # A village named beside a hamlet tells the hamlet's parent.
    parent = village.where(hamlet.notna(), None)
    return table.assign(place_name=name, level=level, kecamatan=_text_of(table, "kecamatan"), parent=parent)


def _with_meanings(
    table: pd.DataFrame,
    notes: Notes,
    words: Sequence[StatusWord],
    state: str | None,
    service: str | None,
) -> pd.DataFrame:
    stated = _text_of(table, "stated")
    podes = as_text(_text_of(table, "podes_internet")).astype(object)
    podes = first_given(podes, as_text(_text_of(table, "podes_signal")))
    said = _text_of(table, "provider")
    meanings = {text: _meaning(text, words) for text in pd.concat([stated, said]).dropna().unique()}
    given = as_text(_text_of(table, "state")).map(str.casefold, na_action="ignore").astype(object)
    own = given.where(given.isin(STATES), None)
    own = first_given(
        own,
        by_words(stated, lambda text: meanings[text].state or None),
        podes.map(PODES_STATES),
        by_words(said, lambda text: meanings[text].state or None),
    )
    unread = (own.isna() & stated.notna()).to_numpy()
    reason = f"not understood; state {state}, as asked" if state else "not understood; state unknown"
    notes.add("assumed", table.index[unread], "stated", before=stated[unread], reason=reason)
    told = as_text(_text_of(table, "service")).astype(object)
    told = by_words(told, lambda text: _meaning(text, words).service or (text if text in SERVICES else None))
    told = first_given(told, by_words(stated, lambda text: meanings[text].service or None))
    # Of a place that is blank or weak, the name of its operator does not say in which service.
    sure = by_words(said, lambda text: _sure_service(text, words))
    implied = by_words(said, lambda text: meanings[text].service or None)
    told = first_given(told, sure, implied.where(own.isin(_WORKING), None), service or "any")
    provider = said.map(operator_name, na_action="ignore").astype(object)
    provider = first_given(provider, by_words(stated, lambda text: meanings[text].provider or None))
    shown = first_given(stated, podes.map(lambda text: f"PODES {text}", na_action="ignore"), said)
    return table.assign(
        state=first_given(own, state or "unknown"), service=told, provider=provider, stated=shown
    )


def _with_places(
    table: gpd.GeoDataFrame,
    codes: pd.DataFrame,
    villages: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame | None,
    notes: Notes,
    threshold: float,
    lead: float,
) -> gpd.GeoDataFrame:
    codes = codes.reindex(table.index)
    code = first_given(
        _text_of(table, "village_id"), codes["kemendagri_code"], codes["bps_code"], codes["code"]
    )
    by_code = as_village_ids(code, villages)
    _note_strange_codes(code, by_code, notes)
    _note_strange_names(table, by_code, villages, notes)
    below = _below_village(table["level"])
    holding = holding_area(table.geometry, villages)
    finder = _Finder(NameIndex(villages), threshold, lead)
    hamlets = None if settlements is None else _Finder(NameIndex(settlements), threshold, lead)
    known_hamlets = set() if settlements is None else set(settlements.index)
    rows = []
    for row in table.index:
        name, kecamatan = table["place_name"][row], _or_none(table["kecamatan"][row])
        given = _or_none(_text_of(table, "settlement_id")[row])
        found = _Found(village=_or_none(by_code[row]), settlement=given if given in known_hamlets else None)
        if found.village or found.settlement:
            found.kind, found.score = "code", 100.0
        elif isinstance(holding[row], str):
            found.village, found.kind, found.score = holding[row], "point", 100.0
        if below[row] and found.settlement is None and isinstance(name, str) and hamlets is not None:
            _take_hamlet(found, hamlets.match(name, kecamatan), row, name, settlements, notes)
        elif not below[row] and not found.village and isinstance(name, str):
            match = finder.match(name, kecamatan)
            found.village, found.kind, found.score = match.found, match.kind, match.score
            _note_match(match, row, name, villages, notes)
        if below[row] and not found.village and isinstance(table["parent"][row], str):
            match = finder.match(table["parent"][row], kecamatan)
            found.village = match.found if match.kind == "name" else None
        if below[row] and found.settlement is None and found.kind == "none":
            reason = "a place below the village that is not among the settlements; kept without a place"
            notes.add("assumed", [row], "place_name", before=[name], reason=reason)
        rows.append(found)
    return _with_found(table, rows, settlements)


def _below_village(levels: pd.Series) -> pd.Series:
    return levels.map(lambda level: bool(BELOW_VILLAGE & set(heading(level).split("_")))).astype(bool)


@dataclass
class _Found:
    """Where a row's place was found."""

    village: str | None = None
    settlement: str | None = None
    kind: str = "none"
    score: float = float("nan")


@dataclass
class _Finder:
    """Names looked up with one threshold."""

    index: NameIndex
    threshold: float
    lead: float

    def match(self, name: str, kecamatan: str | None) -> NameMatch:
        return self.index.match(name, kecamatan, threshold=self.threshold, lead=self.lead)


def _or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _take_hamlet(
    found: _Found, match: NameMatch, row: int, name: str, settlements: gpd.GeoDataFrame | None, notes: Notes
) -> None:
    if settlements is None:
        return
    _note_match(match, row, name, settlements, notes)
    if match.found is None:
        found.score = match.score if found.kind == "none" else found.score
        return
    found.settlement, found.kind, found.score = match.found, match.kind, match.score
    village = settlements["village_id"][match.found] if "village_id" in settlements else None
    found.village = found.village or _or_none(village)


def _note_strange_codes(code: pd.Series, found: pd.Series, notes: Notes) -> None:
    strange = (code.notna() & found.isna()).to_numpy()
    reason = "no village has this code; looked for by name"
    notes.add("assumed", code.index[strange], "code", before=code[strange], reason=reason)


def _note_strange_names(
    table: pd.DataFrame, by_code: pd.Series, villages: pd.DataFrame, notes: Notes
) -> None:
    """A code whose village bears quite another name may belong to another row of the list."""
    known = ~_below_village(table["level"]) & by_code.notna() & table["place_name"].notna()
    printed = table["place_name"][known]
    official = by_code[known].map(villages["name"])
    alike = [similarity(one, other) for one, other in zip(printed, official, strict=True)]
    rows = printed.index[np.array(alike, dtype=float) < THRESHOLD]
    reason = "found by its code, whose village bears another name"
    notes.add("assumed", rows, "place_name", before=printed[rows], after=official[rows], reason=reason)


def _note_match(match: NameMatch, row: int, name: str, places: pd.DataFrame, notes: Notes) -> None:
    if match.found is None:
        offer = f"; nearest: {match.offer}" if match.candidates else ""
        reason = f"no place of this name in its kecamatan{offer}"
        notes.add("assumed", [row], "place_name", before=[name], reason=reason)
        return
    printed = str(places["name"][match.found])
    if match.kind == "similar name" or printed.casefold() != name.casefold():
        reason = f"{match.kind}, {match.score:.0f} %"
        notes.add(
            "mended", [row], "place_name", before=[name], after=[f"{printed} ({match.found})"], reason=reason
        )


def _with_found(
    table: gpd.GeoDataFrame, rows: list[_Found], settlements: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    placed = table.drop(columns="parent").assign(
        village_id=pd.Series([one.village for one in rows], index=table.index, dtype=object),
        settlement_id=pd.Series([one.settlement for one in rows], index=table.index, dtype=object),
        match_kind=[one.kind for one in rows],
        match_score=[one.score for one in rows],
    )
    if settlements is None:
        return gpd.GeoDataFrame(placed)
    theirs = settlements.geometry.reindex(placed["settlement_id"]).to_numpy()
    points = placed.geometry.where(
        placed.geometry.notna(), gpd.GeoSeries(theirs, index=table.index, crs=table.crs)
    )
    return gpd.GeoDataFrame(placed.set_geometry(points))


def _with_status_ids(table: gpd.GeoDataFrame, ids: pd.Series) -> pd.Series:
    """Rows without id are numbered in the order of what they say, whatever their order in the file."""
    lacking = ids.isna()
    if not lacking.any():
        return ids
    names = ["village_id", "settlement_id", "kecamatan", "place_name", "level", "stated", "date", "source"]
    cells = pd.DataFrame({name: first_given(table[name][lacking], "") for name in names})
    cells["point"] = first_given(table.geometry[lacking].to_wkt(), "")
    order = cells.sort_values([*names, "point"], kind="stable").index
    taken = set(ids.dropna())
    made = [f"status-{number:05d}" for number in range(1, len(order) + len(taken) + 1)]
    free = [one for one in made if one not in taken][: len(order)]
    return ids.where(~lacking, pd.Series(free, index=order, dtype=object))
