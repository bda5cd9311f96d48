"""What a reader mends, sets aside and refuses, gathered while it reads."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError as UnknownCRSError

from coverage_geo.errors import (
    SHOWN_FAULTS,
    CRSError,
    Fault,
    InputError,
    RepairWarning,
    ValueRangeError,
    raise_faults,
    refuse,
)
from coverage_geo.tables import Repair, Schema, add_repairs, check

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Refused = Literal["raise", "set aside"]
Action = Literal["mended", "set aside", "assumed"]
LISTED = 200  # more rows than this with one and the same reason are listed together
# What a planner can say of a file, in Python and in a study.toml.
SAY_CRS = "Give crs= (in study.toml: [crs])"
SAY_REFUSED = 'read with refused="set aside" (in study.toml: [choices] refused = "set aside")'
STACKLEVEL = 3  # the planner's own line, seen from `finished`
Table = TypeVar("Table", bound=pd.DataFrame)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    Parameters
    ----------
    number
        How many.
    noun
        In the singular.

    Returns
    -------
    str
        With the plural's s where it is not one.

    Examples
    --------
    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def crs_said(crs: object, where: str) -> CRS:
    """Return the CRS that a planner names.

    Parameters
    ----------
    crs
        Such as "EPSG:32748", 32748 or a `pyproj.CRS`.
    where
        For the message.

    Returns
    -------
    pyproj.CRS
        That CRS.

    Raises
    ------
    CRSError
        When nobody knows it.

    Examples
    --------
    >>> crs_said("UTM", "towers.csv")
    Traceback (most recent call last):
    coverage_geo.errors.CRSError: towers.csv: crs is 'UTM', which is not known. Write it as "EPSG:32748".
    """
    try:
        return CRS.from_user_input(crs)
    except UnknownCRSError:
        what = f"crs is {crs!r}, which is not known"
        return refuse(CRSError, where, what, 'Write it as "EPSG:32748".')


def say_columns(schema: Schema, **columns: str) -> str:
    """How a planner says which heading holds which column, in Python and in a study.toml.

    Parameters
    ----------
    schema
        The table.
    **columns
        Known column to heading.

    Returns
    -------
    str
        For a remedy.

    Examples
    --------
    >>> from coverage_geo.tables import TOWERS
    >>> say_columns(TOWERS, tower_id="NO")
    'columns={"tower_id": "NO"} (in study.toml: [columns.towers] tower_id = "NO")'
    """
    python = ", ".join(f'"{column}": "{name}"' for column, name in columns.items())
    toml = ", ".join(f'{column} = "{name}"' for column, name in columns.items())
    return f"columns={{{python}}} (in study.toml: [columns.{input_name(schema)}] {toml})"


def input_name(schema: Schema) -> str:
    """What a study.toml calls the input that holds a table.

    Parameters
    ----------
    schema
        The table.

    Returns
    -------
    str
        Such as "reported_status".
    """
    return {"antenna pattern": "patterns"}.get(schema.name, schema.name.replace(" ", "_"))


@dataclass
class Notes:
    """What happened to the rows of one source.

    Attributes
    ----------
    source : str
        File, and layer when it has several.
    schema : Schema
        What the rows become.
    refused : {"raise", "set aside"}
        What to do with a row that cannot be used.
    repairs : list of Repair
        What was mended, assumed or set aside.
    faults : list of Fault
        What is refused.
    aside : set of int
        Rows that were set aside.
    first_line : int or None
        Line of the file (row of the sheet) in which row 1 stands; None where rows have no lines.
    """

    source: str
    schema: Schema
    refused: Refused = "raise"
    repairs: list[Repair] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    aside: set[int] = field(default_factory=set)
    first_line: int | None = None

    def add(
        self,
        action: Action,
        rows: Iterable[object],
        column: str,
        *,
        before: Iterable[object] = (),
        after: Iterable[object] = (),
        reason: str,
    ) -> None:
        """List what was done to some rows, all for one reason.

        Parameters
        ----------
        action
            What was done.
        rows
            Row numbers.
        column
            Column it concerns; empty for the geometry or the whole row.
        before, after
            The values, one for each row; empty when there is none to show.
        reason
            Why, in one line.
        """
        numbers = list(rows)
        if action == "set aside":
            self.aside.update(int(row) for row in numbers if isinstance(row, int | np.integer))
        befores = _shown_values(before, len(numbers))
        afters = _shown_values(after, len(numbers))
        name = self.schema.name
        if len(numbers) > LISTED:
            numbers, befores, afters = [row_ranges(numbers)], befores[:1], afters[:1]
        self.repairs += [
            Repair(self.source, name, str(row), column, action, old, new, reason)
            for row, old, new in zip(numbers, befores, afters, strict=True)
        ]

    def refuse(
        self,
        rows: Sequence[int],
        column: str,
        *,
        values: Iterable[object] = (),
        what: str,
        remedy: str,
        kind: type[InputError] = ValueRangeError,
    ) -> None:
        """Refuse rows, or set them aside when that was asked for.

        Parameters
        ----------
        rows
            Row numbers.
        column
            Column it concerns; empty for the geometry or the whole row.
        values
            The offending values, one for each row.
        what
            What is wrong with the value.
        remedy
            What the planner can do.
        kind
            The error it raises.
        """
        shown = _shown_values(values, len(rows))
        if self.refused == "set aside":
            self.add("set aside", rows, column, before=shown, reason=what)
            return
        place = f", column {column}" if column else ""
        for row, value in zip(rows[:LISTED], shown[:LISTED], strict=True):
            text = f"{value!r} {what}" if value else what
            where = f"{self.source}, {row_text(str(row), self.first_line)}{place}"
            self.faults.append(Fault(kind, where, text, remedy))
        if len(rows) > LISTED:
            where = f"{self.source}, rows {row_ranges(rows[LISTED:])}{place}"
            self.faults.append(Fault(kind, where, what, remedy))

    def fail(self, kind: type[InputError], what: str, remedy: str) -> None:
        """Refuse the whole source, whatever was asked for.

        Parameters
        ----------
        kind
            The error it raises.
        what
            What is wrong.
        remedy
            What the planner can do.
        """
        self.faults.append(Fault(kind, self.source, what, remedy))

    def kept(self, table: Table) -> Table:
        """Rows of a table that were not set aside so far.

        Parameters
        ----------
        table
            Its index holds row numbers.

        Returns
        -------
        pandas.DataFrame
            The rows that remain.
        """
        return table[~table.index.isin(list(self.aside))] if self.aside else table


def _shown_values(values: Iterable[object], count: int) -> list[str]:
    shown = ["" if _is_missing(value) else str(value) for value in values]
    return shown or [""] * count


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA


def row_text(row: str, first_line: int | None) -> str:
    """Row of a file as a reader finds it: counted from the heading, and its line of the file.

    Parameters
    ----------
    row
        Number as text, or what else a repair says of its rows, such as "58 pairs".
    first_line
        Line in which row 1 stands, where rows have lines.

    Returns
    -------
    str
        Such as "row 9 (line 10 of the file)".

    Examples
    --------
    >>> row_text("9", 2), row_text("9", None), row_text("58 pairs", 2), row_text("1-3 (3 rows)", 2)
    ('row 9 (line 10 of the file)', 'row 9', '58 pairs', 'rows 1-3 (3 rows)')
    """
    if row.isdigit():
        line = f" (line {int(row) + first_line - 1} of the file)" if first_line is not None else ""
        return f"row {row}{line}"
    return f"rows {row}" if row[:1].isdigit() and row.endswith(" rows)") else row


def row_ranges(rows: Iterable[object]) -> str:
    """Row numbers as short text.

    Parameters
    ----------
    rows
        Row numbers, or other labels, which are then only counted.

    Returns
    -------
    str
        Such as "1-5, 9 (6 rows)".

    Examples
    --------
    >>> row_ranges([1, 2, 3, 9])
    '1-3, 9 (4 rows)'
    """
    labels = list(rows)
    numbers = np.unique([row for row in labels if isinstance(row, int | np.integer)])
    if len(numbers) < len(labels):
        return counted(len(labels), "row")
    pieces = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    texts = [str(piece[0]) if len(piece) == 1 else f"{piece[0]}-{piece[-1]}" for piece in pieces]
    shown = ", ".join(texts[:20]) + (", ..." if len(texts) > 20 else "")
    return f"{shown} ({counted(len(labels), 'row')})"


def raise_all(notes: Iterable[Notes]) -> None:
    """Raise the faults of all sources as one error, or do nothing.

    Parameters
    ----------
    notes
        Of each source.

    Raises
    ------
    InputError
        When any source has a fault.
    """
    raise_faults([fault for one in notes for fault in one.faults])


def warn_of_repairs(notes: Sequence[Notes], *, stacklevel: int) -> None:
    """Tell in one warning what was mended in files that become no table, for nothing else can list it.

    Parameters
    ----------
    notes
        Of each source.
    stacklevel
        Of the planner's own line, seen from the caller.
    """
    done = [repair for one in notes for repair in one.repairs]
    told = [
        f"{row_text(one.row, notes[0].first_line)}, {one.column or 'whole row'}: {one.before!r} {one.action} "
        f"{'as ' + repr(one.after) + ' ' if one.after else ''}({one.reason})"
        for one in done[:SHOWN_FAULTS]
    ]
    if len(done) > SHOWN_FAULTS:
        told.append(f"and {len(done) - SHOWN_FAULTS} more")
    if told:
        message = f"{notes[0].schema.name} from {notes[0].source}: {'; '.join(told)}"
        warnings.warn(message, RepairWarning, stacklevel=stacklevel)


def finished(table: Table, notes: Sequence[Notes], *, crs: CRS | None = None) -> Table:
    """Return the checked table, its repairs recorded and counted in one warning.

    Parameters
    ----------
    table
        What the reader made; its index holds ids.
    notes
        Of each source.
    crs
        The study's CRS.

    Returns
    -------
    pandas.DataFrame
        Sorted by id.

    Raises
    ------
    InputError
        When a source has faults or the table is not what its schema says.
    """
    raise_all(notes)
    schema = notes[0].schema
    ordered = table.sort_index(kind="stable")
    ordered.attrs = {}
    check(ordered, schema, crs=crs)
    done = [repair for one in notes for repair in one.repairs]
    add_repairs(ordered, done)
    if done:
        counts = Counter(repair.action for repair in done)
        listed = ", ".join(f"{counts[action]} {action}" for action in sorted(counts))
        sources = ", ".join(dict.fromkeys(one.source for one in notes if one.repairs))
        message = f"{schema.name} from {sources}: {listed}; cg.repairs(table) lists them"
        warnings.warn(message, RepairWarning, stacklevel=STACKLEVEL)
    return ordered
