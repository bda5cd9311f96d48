"""Village codes of the two systems, Kemendagri and BPS, which are never turned into one another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from coverage_geo.errors import MissingColumnError, refuse
from coverage_geo.files.cells import as_text, by_words
from coverage_geo.files.notes import counted
from coverage_geo.files.vectors import open_layers

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from coverage_geo.files.notes import Notes

_KEMENDAGRI = re.compile(r"(\d\d)[. -]?(\d\d)[. -]?(\d\d)[. -]?([12]\d{3})(?:\.0+)?")
_BPS = re.compile(r"(?:ID)?(\d\d)[. -]?(\d\d)[. -]?(\d{3})[. -]?(\d{3})(?:\.0+)?")
_DOTTED_KEMENDAGRI = re.compile(r"\d\d\.\d\d\.\d\d\.[12]\d{3}")
_UNDOTTED = re.compile(r"\d{10}")
CODE_PARTS = ("kdprov", "kdkab", "kdkec", "kddesa", "code")
_BPS_PARTS = {"kdprov": 2, "kdkab": 2, "kdkec": 3, "kddesa": 3}


def kemendagri_code(text: str) -> str | None:
    """Return the Kemendagri village code that a text stands for.

    Parameters
    ----------
    text
        With or without dots, with spaces, or as a float.

    Returns
    -------
    str or None
        Such as "19.05.01.2001"; None when the text cannot be one.

    Examples
    --------
    >>> kemendagri_code("1905012001.0"), kemendagri_code("1905010001")
    ('19.05.01.2001', None)
    """
    match = _KEMENDAGRI.fullmatch(text.strip())
    return ".".join(match.groups()) if match else None


def bps_code(text: str) -> str | None:
    """Return the BPS village code that a text stands for.

    Parameters
    ----------
    text
        Ten digits, perhaps as a float or behind "ID".

    Returns
    -------
    str or None
        Ten digits; None when the text cannot be one.

    Examples
    --------
    >>> bps_code("1905010001.0"), bps_code("19.05.01.2001")
    ('1905010001', None)
    """
    match = _BPS.fullmatch(text.strip())
    return "".join(match.groups()) if match else None


def village_codes(frame: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    """Codes of each row, the two systems apart.

    Parameters
    ----------
    frame
        With any of the columns kemendagri_code, bps_code, code, kdprov, kdkab, kdkec, kddesa.
    notes
        Takes what was mended and refused.

    Returns
    -------
    pandas.DataFrame
        Columns kemendagri_code, bps_code and code (what is a code of neither system).
    """
    nothing = pd.Series(None, index=frame.index, dtype=object)
    found = pd.DataFrame({"kemendagri_code": nothing, "bps_code": nothing, "code": nothing})
    for column, parse, example in (
        ("kemendagri_code", kemendagri_code, "19.05.01.2001"),
        ("bps_code", bps_code, "1903010001"),
    ):
        if column in frame:
            found[column] = _parsed(frame[column], column, parse, example, notes)
    if set(_BPS_PARTS) <= set(frame.columns) and found["bps_code"].isna().all():
        parts = [as_text(frame[part]).str.zfill(length) for part, length in _BPS_PARTS.items()]
        found["bps_code"] = pd.concat(parts, axis=1).agg("".join, axis=1)
    if "code" in frame:
        found = _with_plain_codes(found, as_text(frame["code"]), notes)
    return found


def _parsed(values: pd.Series, column: str, parse: object, example: str, notes: Notes) -> pd.Series:
    texts = as_text(values)
    found = by_words(texts, parse)  # type: ignore[arg-type]
    wrong = (found.isna() & texts.notna()).to_numpy()
    what = f"is not a {'Kemendagri' if column == 'kemendagri_code' else 'BPS'} code of a village"
    remedy = f"Write it like {example}, or leave it empty."
    notes.refuse(list(texts.index[wrong]), column, values=texts[wrong], what=what, remedy=remedy)
    changed = (found.notna() & (found != texts)).to_numpy()
    reason = "code written as the other rows"
    notes.add(
        "mended", texts.index[changed], column, before=texts[changed], after=found[changed], reason=reason
    )
    return found


def _with_plain_codes(found: pd.DataFrame, texts: pd.Series, notes: Notes) -> pd.DataFrame:
    """Codes of a column that does not say its system."""
    plain = texts.str.replace(r"\.0+$", "", regex=True).str.replace(" ", "", regex=False)
    undotted = _fits(plain, _UNDOTTED)
    # The seventh digit of a Kemendagri code is 1 or 2; hardly any list of BPS codes has only those.
    is_bps = bool(undotted.any()) and not plain[undotted].str[6].isin(["1", "2"]).all()
    parse = bps_code if is_bps else kemendagri_code
    named = {"kemendagri_code": by_words(texts, kemendagri_code), "bps_code": by_words(texts, bps_code)}
    named["kemendagri_code"] = named["kemendagri_code"].where(~undotted | (not is_bps), None)
    named["bps_code"] = named["bps_code"].where(named["kemendagri_code"].isna() & (~undotted | is_bps), None)
    if undotted.any():
        system = "BPS" if parse is bps_code else "Kemendagri"
        reason = f"ten digits without dots, read as {system} codes"
        rows = counted(int(undotted.sum()), "row")
        notes.add("assumed", [rows], "code", before=plain[undotted][:1], reason=reason)
    result = found.copy()
    for column, codes in named.items():
        result[column] = result[column].where(result[column].notna(), codes)
    neither = named["kemendagri_code"].isna() & named["bps_code"].isna()
    result["code"] = texts.where(neither, None).astype(object)
    dotted = _fits(texts, _DOTTED_KEMENDAGRI)
    changed = (~neither & ~dotted & texts.notna() & (plain != texts)).to_numpy()
    after = named["kemendagri_code"].where(named["kemendagri_code"].notna(), named["bps_code"])
    reason = "code written as the other rows"
    notes.add(
        "mended", texts.index[changed], "code", before=texts[changed], after=after[changed], reason=reason
    )
    return result


def _fits(texts: pd.Series, pattern: re.Pattern[str]) -> pd.Series:
    return texts.map(lambda text: isinstance(text, str) and bool(pattern.fullmatch(text))).astype(bool)


def read_code_names(path: Path | str) -> dict[str, str]:
    """Names of provinces, districts, sub-districts and villages by their code.

    Parameters
    ----------
    path
        Table with columns kode and nama (or code and name), such as the Kemendagri list.

    Returns
    -------
    dict of str to str
        Code to name.

    Raises
    ------
    MissingColumnError
        When the table has no such columns.
    """
    layer = open_layers(path, wanted="codes", layer=None)[0]
    headings = {str(name).casefold(): name for name in layer.frame.columns}
    code = next((headings[name] for name in ("kode", "code") if name in headings), None)
    name = next((headings[name] for name in ("nama", "name") if name in headings), None)
    if code is None or name is None:
        what, remedy = "has no columns kode and nama", "Give the table of codes its heading."
        refuse(MissingColumnError, layer.source, what, remedy)
    rows = pd.DataFrame({"code": as_text(layer.frame[code]), "name": as_text(layer.frame[name])}).dropna()
    return dict(zip(rows["code"], rows["name"], strict=True))


def as_village_ids(stated: pd.Series, villages: gpd.GeoDataFrame) -> pd.Series:
    """Codes of either system, or ids, as ids of the villages.

    Parameters
    ----------
    stated
        As a file gives them.
    villages
        The study's villages.

    Returns
    -------
    pandas.Series
        Id; missing where no village bears that code.
    """
    ids = {code: str(code) for code in villages.index}
    for column in ("kemendagri_code", "bps_code"):
        if column in villages:
            ids.update(
                {code: str(place) for place, code in villages[column].items() if isinstance(code, str)}
            )
    return stated.map(ids).astype(object)
