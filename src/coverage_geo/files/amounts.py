"""Numbers of a column, as people write them, in the column's unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_geo.files.cells import as_text, quick_numbers
from coverage_geo.files.units import WHOLE, accepted, decimal_digits, grouped, in_unit, is_multiple, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from coverage_geo.files.notes import Notes
    from coverage_geo.tables import Column

LEAST_RUPIAH = 1_000.0  # no cost is smaller: its unit was left out
_ROUNDING = 1.2e-7  # of 32-bit numbers, in which geographic files keep theirs


def as_numbers(values: pd.Series, column: Column, notes: Notes) -> pd.Series:
    """Cells as numbers in their column's unit; what is mended is listed, what stays in doubt is refused.

    People, households and rupiah are whole numbers: there a mark before three digits parts thousands,
    unless other values of the column show that it is their decimal mark.

    Parameters
    ----------
    values
        A column as read.
    column
        Its description.
    notes
        Takes what was mended and refused.

    Returns
    -------
    pandas.Series
        Numbers; missing where the cell says nothing or was refused.
    """
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.astype(float)
        return _checked(numbers, numbers, column, notes) if column.unit in WHOLE else numbers
    if column.unit not in WHOLE:
        numbers, texts = quick_numbers(values)
        return numbers.fillna(_read(texts, column, notes, lambda digits, _: decimal_digits(digits)))
    texts = as_text(values)
    marks = _Marks.of(texts)
    numbers = _read(texts, column, notes, marks.read)
    return _checked(numbers, texts, column, notes)


def _read(texts: pd.Series, column: Column, notes: Notes, decimals: Callable[[str, bool], str]) -> pd.Series:
    """Numbers of the texts; `decimals` resolves the marks of digits that stand before a multiple, or not."""
    readings = {text: _reading(text, column.unit, decimals) for text in texts.dropna().unique()}
    numbers = texts.map({text: value for text, (value, _) in readings.items()}).astype(float)
    told = texts.map({text: what for text, (_, what) in readings.items()})
    remedy = f"Write it in digits without marks of thousands{accepted(column.unit)}."
    for what in sorted(told[told.notna() & (told != "")].unique()):
        rows = told.index[told == what]
        if numbers[rows].isna().all():
            notes.refuse(list(rows), column.name, values=texts[rows], what=what, remedy=remedy)
        else:
            after = [f"{value:.0f}" if value == round(value) else f"{value:.7g}" for value in numbers[rows]]
            notes.add("mended", rows, column.name, before=texts[rows], after=after, reason=what)
    return numbers


def _reading(text: str, unit: str, decimals: Callable[[str, bool], str]) -> tuple[float, str]:
    """Number in a text and what was mended in it; NaN and what is wrong with it when it cannot be read."""
    nothing = float("nan")
    said = written(text)
    if said is None:
        return nothing, "is not a number"
    multiple = is_multiple(said.unit, unit)
    digits = decimals(said.digits, multiple)
    if not digits:
        return nothing, "may be thousands or a fraction" if grouped(said.digits) else "is not a number"
    value = in_unit(digits, said.unit, unit)
    if not np.isfinite(value):
        return nothing, "is not a number in a unit that is understood"
    if text == digits:
        return value, ""
    if multiple:
        return value, f"written in full in {unit}" if unit in WHOLE else f"converted to {unit}"
    thousands = unit in WHOLE and grouped(said.digits)
    return value, "marks of thousands, for the column holds whole numbers" if thousands else "read as number"


@dataclass(frozen=True, slots=True)
class _Marks:
    """Which marks are decimal ones in a column of whole numbers, and whether it holds estimates."""

    decimal: frozenset[str]
    estimates: bool

    @classmethod
    def of(cls, texts: pd.Series) -> _Marks:
        """Marks that cannot part thousands, in any value without a multiple behind it."""
        said = [one for one in map(written, texts.dropna().unique()) if one and len(one.unit) < 2]
        decimal, estimates = set(), False
        for digits in (one.digits for one in said if not is_multiple(one.unit, "Rp")):
            marks = [mark for mark in digits if mark in ".,"]
            if marks and not grouped(digits):
                decimal.add(marks[-1])
                estimates |= len(digits.rpartition(marks[-1])[2]) > 3
        return cls(frozenset(decimal), estimates)

    def read(self, digits: str, multiple: bool) -> str:  # noqa: FBT001 - as `_read` calls it
        """Digits with at most a decimal point; empty where their mark may mean either."""
        mark = grouped(digits)
        if not mark or digits.count(mark) > 1:
            return decimal_digits(digits)
        if multiple or (mark in self.decimal and not self.estimates):
            return ""
        return decimal_digits(digits) if mark in self.decimal else digits.replace(mark, "")


def _checked(numbers: pd.Series, shown: pd.Series, column: Column, notes: Notes) -> pd.Series:
    """Whole numbers as they are; a fraction of a person and a cost of a few rupiah are refused."""
    if column.unit == "Rp":
        wrong = (numbers > 0) & (numbers < LEAST_RUPIAH)
        what = f"is less than Rp {LEAST_RUPIAH:,.0f}"
        remedy = "Its unit seems to be missing: write 250 juta, 2,6 miliar or all digits."
    else:
        wrong = _fractions(numbers)
        if wrong.any() and _are_estimates(numbers[wrong]):
            reason = f"a fraction of {column.unit}, as an estimate has it; kept"
            notes.add("assumed", numbers.index[wrong], column.name, before=shown[wrong], reason=reason)
            return numbers
        what = f"is not a whole number of {column.unit}"
        remedy = "A mark of thousands may have been taken for a decimal mark: write 4655, not 4.655."
    rows = list(numbers.index[wrong])
    notes.refuse(rows, column.name, values=shown[wrong], what=what, remedy=remedy)
    return numbers.mask(wrong)


def _fractions(numbers: pd.Series) -> pd.Series:
    return ((numbers - numbers.round()).abs() > 1e-6).astype(bool)


def _are_estimates(numbers: pd.Series) -> bool:
    """Whether any has more decimals than the three that thousands read as a fraction can have."""
    return bool(((numbers - numbers.round(3)).abs() > _ROUNDING * numbers.abs() + 1e-9).any())
