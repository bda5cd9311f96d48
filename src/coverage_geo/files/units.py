"""Units behind numbers, as people write them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ONE = Decimal(1)
_THOUSANDS = {word: Decimal(1_000) for word in ("ribu", "rb", "rbu", "thousand")}
_MILLIONS = {word: Decimal(1_000_000) for word in ("juta", "jt", "million")}
_BILLIONS = {word: Decimal(1_000_000_000) for word in ("miliar", "milyar", "mlr", "m", "billion")}
_TRILLIONS = {word: Decimal(1_000_000_000_000) for word in ("triliun", "trilyun", "t", "trillion")}
_COUNTS = {**_THOUSANDS, **_MILLIONS}


def _own(words: str) -> dict[str, Decimal]:
    return dict.fromkeys(words.split(), _ONE)


# unit of a column: words that may stand beside its numbers, and what one of them is in that unit
UNITS: Mapping[str, Mapping[str, Decimal]] = {
    "people": {**_own("jiwa orang org penduduk warga people"), **_COUNTS},
    "households": {**_own("kk rumah tangga kepala keluarga household households"), **_COUNTS},
    "Rp": {**_own("rp idr rupiah"), **_COUNTS, **_BILLIONS, **_TRILLIONS},
    "m": {
        **_own("m meter meters metre metres mtr agl"),
        **dict.fromkeys(("ft", "feet", "foot", "kaki"), Decimal("0.3048")),
        "cm": Decimal("0.01"),
        "km": Decimal(1_000),
    },
    "MHz": {**_own("mhz"), "ghz": Decimal(1_000), "khz": Decimal("0.001")},
    "dBm": _own("dbm"),
    "dBi": _own("dbi"),
    "dB": _own("db"),
    "deg": _own("deg derajat degree degrees \u00b0 \u00ba \u02da"),
    "percent": _own("% persen percent"),
}
# Power is the one unit that is not a multiple: what one word is in watts.
WATTS: Mapping[str, Decimal] = {
    **dict.fromkeys(("w", "watt", "watts"), _ONE),
    **dict.fromkeys(("mw", "milliwatt"), Decimal("0.001")),
    **dict.fromkeys(("kw", "kilowatt"), Decimal(1_000)),
}
WHOLE = frozenset({"people", "households", "Rp"})  # units of numbers that have no fraction
ROUGHLY = frozenset({"\u00b1", "+/-", "~", "sekitar", "kurang lebih", "kira-kira", "about", "ca"})
_WRITTEN = re.compile(
    r"(?P<before>[^\d+.,-]*(?:\+/-)?[^\d+,-]*?)\s*"
    r"(?P<digits>[+-]?(?:\d{1,3}(?: \d{3})+|[\d.,]*\d)(?:e[+-]?\d+)?)(?P<after>(?:\D.*)?)"
)
_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*")


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it is written: its digits and marks, and the words of its unit.

    Attributes
    ----------
    digits : str
        With sign and marks, such as "1.234,5".
    unit : tuple of str
        Words before and behind it, such as ("rp", "juta"), in lower case.
    """

    digits: str
    unit: tuple[str, ...]


def written(text: str) -> Written | None:
    """Digits and unit of a text that holds one number.

    Parameters
    ----------
    text
        Such as "Rp 1.500.000,-", "250jt", "31 m".

    Returns
    -------
    Written or None
        None when the text does not hold just one number.

    Examples
    --------
    >>> written("Rp 2,6 juta"), written("42-72")
    (Written(digits='2,6', unit=('rp', 'juta')), None)
    """
    match = _WRITTEN.fullmatch(text.strip().casefold())
    if match is None or re.search(r"\d", match["after"]):
        return None
    before = match["before"].strip(" .:")
    after = match["after"].strip(" .,:-()/")
    words = [] if before in ROUGHLY else before.split()
    words += [word for word in re.split(r"[ ()/]+", after) if word]
    return Written(match["digits"].replace(" ", ""), tuple(words))


def grouped(digits: str) -> str:
    """Mark that parts a number in groups of three digits, be it one group or several.

    Parameters
    ----------
    digits
        With sign and marks.

    Returns
    -------
    str
        "." or ","; empty when the digits are not parted so, and all of them, by one mark.

    Examples
    --------
    >>> grouped("4.655"), grouped("1,234,567"), grouped("4.65"), grouped("0.655")
    ('.', ',', '', '')
    """
    match = _GROUPS.fullmatch(digits)
    return match[1] if match else ""


def decimal_digits(digits: str) -> str:
    """Digits with at most a decimal point: a comma becomes a point, marks of thousands go.

    Parameters
    ----------
    digits
        With sign and marks.

    Returns
    -------
    str
        Empty when the marks make no number. A single mark is taken for the decimal one.

    Examples
    --------
    >>> decimal_digits("31,5"), decimal_digits("10,758,096.0"), decimal_digits("1.2.3")
    ('31.5', '10758096.0', '')
    """
    marks = [mark for mark in digits if mark in ".,"]
    if len(marks) <= 1:
        return digits.replace(",", ".")
    if len(set(marks)) == 1:
        return digits.replace(marks[0], "") if grouped(digits) else ""
    whole, mark, rest = digits.rpartition(marks[-1])
    return f"{whole.replace(marks[0], '')}.{rest}" if mark and grouped(whole) == marks[0] else ""


def in_unit(digits: str, words: tuple[str, ...], unit: str) -> float:
    """Value of a number in its column's unit.

    Parameters
    ----------
    digits
        With a decimal point at most.
    words
        Of the unit beside it, in lower case.
    unit
        Of the column, such as "m".

    Returns
    -------
    float
        NaN when a word of the unit is not understood there.

    Examples
    --------
    >>> in_unit("140", ("ft",), "m"), in_unit("20", ("w",), "dBm"), in_unit("31", ("hasta",), "m")
    (42.672, 43.01..., nan)
    """
    number = Decimal(digits)
    if unit == "dBm" and len(words) == 1 and words[0] in WATTS:
        watts = float(number * WATTS[words[0]])
        return 10 * math.log10(watts) + 30 if watts > 0 else float("nan")
    known = UNITS.get(unit, {})
    if not all(word in known for word in words):
        return float("nan")
    return float(number * math.prod((known[word] for word in words), start=_ONE))


def is_multiple(words: tuple[str, ...], unit: str) -> bool:
    """Whether a unit is another than the column's own: juta where it is rupiah, ft where it is metres.

    Parameters
    ----------
    words
        Of the unit, in lower case.
    unit
        Of the column.

    Returns
    -------
    bool
        False for the column's own unit and for words that are not understood.

    Examples
    --------
    >>> is_multiple(("juta",), "Rp"), is_multiple(("rp",), "Rp")
    (True, False)
    """
    known = UNITS.get(unit, {})
    return any(known.get(word, _ONE) != _ONE or (unit == "dBm" and word in WATTS) for word in words)


def accepted(unit: str) -> str:
    """Units in which a column's numbers may be written, for a remedy.

    Parameters
    ----------
    unit
        Of the column.

    Returns
    -------
    str
        Such as ", in m, ft or cm"; empty for numbers without unit.

    Examples
    --------
    >>> accepted("MHz")
    ', in MHz, GHz or kHz'
    """
    return _ACCEPTED.get(unit, f", in {unit}" if unit else "")


_ACCEPTED = {
    "people": "; people are whole numbers, ribu and juta are understood",
    "households": "; households are whole numbers, ribu and juta are understood",
    "Rp": ", in rupiah; ribu, juta, miliar and triliun are understood",
    "m": ", in m, ft or cm",
    "MHz": ", in MHz, GHz or kHz",
    "dBm": ", in dBm or W",
    "deg": ", in degrees",
}
