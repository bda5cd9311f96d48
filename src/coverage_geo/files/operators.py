"""Operators under one spelling."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from coverage_geo.files.cells import by_words

if TYPE_CHECKING:
    import pandas as pd

    from coverage_geo.files.notes import Notes

# spelling in lower case without "pt" and "tbk": the name used
OPERATORS = {
    **dict.fromkeys(("telkomsel", "tsel", "telekomunikasi selular", "t-sel"), "Telkomsel"),
    **dict.fromkeys(
        ("indosat", "isat", "ioh", "indosat ooredoo", "indosat ooredoo hutchison", "im3", "h3i", "hutchison"),
        "Indosat",
    ),
    **dict.fromkeys(("tri", "3", "3 indonesia", "hutchison 3 indonesia"), "Tri"),
    **dict.fromkeys(("xl", "xl axiata", "xl-axiata", "axiata", "excelcomindo"), "XL"),
    **dict.fromkeys(("xlsmart", "xl smart"), "XLSmart"),
    **dict.fromkeys(("smartfren", "smart fren", "smart telecom", "sf"), "Smartfren"),
    **dict.fromkeys(
        (
            "icon+",
            "icon plus",
            "iconplus",
            "pln icon",
            "pln icon plus",
            "iconnet",
            "indonesia comnets plus",
            "icon",
        ),
        "Icon Plus",
    ),
    **dict.fromkeys(("telkom", "indihome", "telkom indonesia", "telekomunikasi indonesia"), "Telkom"),
    **dict.fromkeys(("bakti", "bakti kominfo", "bakti aksi", "bakti komdigi"), "BAKTI"),
}
_SEPARATORS = re.compile(r"\s*(?:[,/;&|]|\s-\s|\bdan\b)\s*")


def operator_name(text: str) -> str:
    """Return the names of one or several operators in their usual spelling.

    Parameters
    ----------
    text
        As printed; several stand apart by comma, slash or semicolon.

    Returns
    -------
    str
        Known operators in one spelling, sorted, each once; others as printed.

    Examples
    --------
    >>> operator_name("PT. XL Axiata, Tbk"), operator_name("TSEL/ISAT"), operator_name("Warnet Budi")
    ('XL', 'Indosat, Telkomsel', 'Warnet Budi')
    """
    plain = re.sub(r"\bpt\b\.?|,?\s*\btbk\b\.?|\(persero\)", " ", text, flags=re.IGNORECASE)
    parts = [part.strip(" .") for part in _SEPARATORS.split(plain)]
    names = {OPERATORS.get(part.casefold(), part) for part in parts if part}
    return ", ".join(sorted(names)) or text


def with_operators(table: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    """Rows with their operators under one spelling; what was changed is listed.

    Parameters
    ----------
    table
        Converted rows, perhaps with a column operator.
    notes
        Takes what was changed.

    Returns
    -------
    pandas.DataFrame
        A new table.
    """
    if "operator" not in table:
        return table
    names = by_words(table["operator"], operator_name)
    changed = (names.notna() & (names != table["operator"])).to_numpy()
    before, after = table["operator"][changed], names[changed]
    reason = "operators under one spelling"
    notes.add("mended", table.index[changed], "operator", before=before, after=after, reason=reason)
    return table.assign(operator=names)
