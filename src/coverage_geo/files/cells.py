"""What the cells of a table mean: text, numbers, yes or no, and words from a list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute

from coverage_geo.files.columns import heading
from coverage_geo.files.units import decimal_digits, in_unit, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from coverage_geo.files.notes import Notes
    from coverage_geo.tables import Column

# Cells that say there is nothing, in lower case.
NOTHING = frozenset(
    {
        "",
        "-",
        "--",
        "n/a",
        "#n/a",
        "na",
        "nan",
        "none",
        "null",
        "nil",
        "<na>",
        "?",
        "tidak ada data",
        "nn",
        "xxx",
    }
    | {"tidak diketahui", "unknown", "belum diketahui", "#ref!", "#value!"}
)
YES = frozenset({"true", "1", "ya", "yes", "y", "boleh", "t", "ada"})
NO = frozenset({"false", "0", "tidak", "no", "n", "tidak boleh", "f", "dilarang"})
# words found in a cell: what they mean; the first that fits counts
CHOICE_WORDS: dict[str, tuple[tuple[str, str], ...]] = {
    "status": (
        (
            "faulty",
            "faulty rusak gangguan trouble bermasalah mati down nonaktif non_aktif tidak_aktif off_air off",
        ),
        ("planned", "planned plan rencana usulan proposed target pembangunan"),
        ("on air", "on_air onair aktif active beroperasi operasional on ok up baik existing"),
    ),
    "service": (
        ("4G", "4g lte 5g nr 4glte lte_a"),
        ("fixed", "fixed fiber fibre fo ftth kabel"),
        ("2G", "2g gsm 3g umts cdma wcdma edge gprs"),
    ),
    "voltage": (
        ("JTM", "jtm sutm tm mv 20_kv 20kv medium menengah"),
        ("JTR", "jtr sutr tr lv 220_v 220v 380_v 380v rendah low 0_4_kv"),
    ),
    "cut": (("horizontal", "mendatar azimuth h"), ("vertical", "vertikal tegak elevation v")),
    "kind": (
        ("repair", "repair perbaikan perbaiki reparasi"),
        ("tower", "tower menara bts site"),
        ("route", "route rute kabel fiber fibre fo jalur"),
    ),
}
_CONTROL = r"[\x00-\x1f\x7f]"
_UNTIDY = r"^[\s\x{a0}]|[\s\x{a0}]$|[\x00-\x1f\x7f]|\s\s"  # in the syntax of RE2


def as_text(values: pd.Series) -> pd.Series:
    """Cells as tidy text.

    Parameters
    ----------
    values
        A column of any kind, as read.

    Returns
    -------
    pandas.Series
        Object column of text without outer or doubled white space and line ends; None where the cell says
        nothing.
    """
    arrow = _arrow_text(values)
    if arrow is None:
        return values.astype(object).map(_as_text).astype(object)
    texts = arrow.to_numpy(zero_copy_only=False)
    for place in np.flatnonzero(_matches(arrow, _UNTIDY)):
        texts[place] = _as_text(texts[place])
    nothing = compute.is_in(compute.utf8_lower(arrow), value_set=pa.array(sorted(NOTHING)))
    texts[nothing.to_numpy(zero_copy_only=False)] = None
    return pd.Series(texts, index=values.index, dtype=object)


def first_given(values: pd.Series, *others: pd.Series | str | None) -> pd.Series:
    """What each row has first among several columns.

    Parameters
    ----------
    values
        A column, with gaps.
    *others
        What fills the gaps, in this order: columns, or one text for all rows.

    Returns
    -------
    pandas.Series
        Object column; None where no column has anything.
    """
    found = values.to_numpy(dtype=object, copy=True)
    for other in others:
        gaps = pd.isna(found)
        found[gaps] = other.to_numpy(dtype=object)[gaps] if isinstance(other, pd.Series) else other
    found[pd.isna(found)] = None
    return pd.Series(found, index=values.index, dtype=object)


def _arrow_text(values: pd.Series) -> pa.Array | None:
    """Column as Arrow text, whose patterns need no Python for each cell; None when not all text."""
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return None
    try:
        arrow = pa.array(values, type=pa.large_string(), from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    return arrow.combine_chunks() if isinstance(arrow, pa.ChunkedArray) else arrow


def _matches(arrow: pa.Array, pattern: str) -> NDArray[np.bool_]:
    found = compute.match_substring_regex(arrow, pattern=pattern)
    return np.asarray(compute.fill_null(found, False).to_numpy(zero_copy_only=False), dtype=bool)  # noqa: FBT003


def _as_text(value: object) -> str | None:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float | np.floating):
        number = float(value)
        if np.isnan(number):
            return None
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if isinstance(value, list | tuple | np.ndarray):
        value = ";".join(str(one) for one in value)
    text = _tidy(value if isinstance(value, str) else str(value))
    return None if _says_nothing(text) else text


def _tidy(value: str) -> str:
    return " ".join(re.sub(_CONTROL, " ", value).split())


def _says_nothing(value: object) -> bool:
    return not isinstance(value, str) or value.casefold() in NOTHING


def line_ends(values: pd.Series) -> NDArray[np.bool_]:
    """Which cells hold line ends or other control characters.

    Parameters
    ----------
    values
        A column as read.

    Returns
    -------
    numpy.ndarray
        Shape (n,).
    """
    return cells_with(values, _CONTROL)


def cells_with(values: pd.Series, pattern: str) -> NDArray[np.bool_]:
    """Which cells hold text that a pattern finds.

    Parameters
    ----------
    values
        A column as read.
    pattern
        In the syntax of RE2.

    Returns
    -------
    numpy.ndarray
        Shape (n,).
    """
    arrow = _arrow_text(values)
    return np.zeros(len(values), dtype=bool) if arrow is None else _matches(arrow, pattern)


def plain_number(text: str) -> float:
    """Number in a text with decimal point or comma, marks of thousands and metres behind it.

    Parameters
    ----------
    text
        Such as "31m", "31,5" or "10,758,096.000000".

    Returns
    -------
    float
        NaN when it is not one number.

    Examples
    --------
    >>> plain_number("31 m"), plain_number("31,5"), plain_number("10,758,096.0"), plain_number("42-72")
    (31.0, 31.5, 10758096.0, nan)
    """
    said = written(text)
    digits = decimal_digits(said.digits) if said else ""
    return in_unit(digits, said.unit, "m") if said and digits else float("nan")


def quick_numbers(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Numbers of the cells that are plain numbers, and the tidy text of all others that say something.

    Parameters
    ----------
    values
        A column as read.

    Returns
    -------
    numbers : pandas.Series
        Missing where the cell is not a plain number.
    others : pandas.Series
        Text; None where the cell is a plain number or says nothing.
    """
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    others = pd.Series(None, index=values.index, dtype=object)
    unread = ~np.isfinite(numbers.to_numpy())
    if unread.any():
        others[unread] = as_text(values[unread]).to_numpy()
    return numbers.mask(unread), others


def by_words(texts: pd.Series, meaning: Callable[[str], object]) -> pd.Series:
    """Meaning of each text, worked out once for each different text.

    Parameters
    ----------
    texts
        Tidy text; missing stays missing.
    meaning
        What one text means.

    Returns
    -------
    pandas.Series
        Object column.
    """
    return texts.map({text: meaning(text) for text in texts.dropna().unique()}).astype(object)


def choice(
    text: str, column: Column, words: Mapping[str, tuple[tuple[str, str], ...]] = CHOICE_WORDS
) -> str | None:
    """Return the known word that a cell means.

    Parameters
    ----------
    text
        Tidy text.
    column
        A column with choices.
    words
        What other words mean.

    Returns
    -------
    str or None
        One of the column's choices; None when no word is known.

    Examples
    --------
    >>> from coverage_geo.tables import TOWERS
    >>> choice("Dalam gangguan", TOWERS.column("status"))
    'faulty'
    """
    plain = heading(text)
    for known in column.choices:
        if plain == heading(known):
            return known
    for known, listed in words.get(column.name, ()):
        if known in column.choices and any(f"_{word}_" in f"_{plain}_" for word in listed.split()):
            return known
    return None


def as_choices(values: pd.Series, column: Column, notes: Notes) -> pd.Series:
    """Cells as known words; a cell that means none of them becomes missing and is listed.

    Parameters
    ----------
    values
        A column as read.
    column
        A column with choices.
    notes
        Takes what was not understood.

    Returns
    -------
    pandas.Series
        Text, one of the choices.
    """
    texts = as_text(values)
    found = by_words(texts, lambda text: choice(text, column))
    lost = (found.isna() & texts.notna()).to_numpy()
    reason = f"means none of {', '.join(column.choices)}; left unknown"
    notes.add("mended", texts.index[lost], column.name, before=texts[lost], reason=reason)
    return found


def as_flags(values: pd.Series, column: str, notes: Notes) -> pd.Series:
    """Cells as true or false; others become missing and are listed.

    Parameters
    ----------
    values
        A column as read.
    column
        Its name.
    notes
        Takes what was not understood.

    Returns
    -------
    pandas.Series
        Nullable booleans.
    """
    if pd.api.types.is_bool_dtype(values):
        return values.astype("boolean")
    texts = as_text(values)
    found = by_words(
        texts, lambda text: True if text.casefold() in YES else False if text.casefold() in NO else None
    )
    lost = (found.isna() & texts.notna()).to_numpy()
    notes.add(
        "mended", texts.index[lost], column, before=texts[lost], reason="is neither yes nor no; left unknown"
    )
    return found.astype("boolean")
