"""What was found in one file, for a person at a terminal and for machines."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from coverage_geo.files.notes import row_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage_geo.errors import Fault
    from coverage_geo.tables import Repair

SHOWN_ROWS = 5  # of many rows with one reason
LONGEST_SHOWN = 60  # letters of a value


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check_file` found.

    Attributes
    ----------
    source : str
        The file's name.
    kind : str
        What it was read as.
    guessed : bool
        Whether the kind was guessed from the columns.
    rows : int
        Rows (or pixels of a raster) that can be used.
    repairs : tuple of Repair
        What was mended, assumed and set aside.
    refused : tuple of Fault
        What is refused.
    remarks : tuple of str
        What else a planner should know: which heading was taken for which column, how rows are counted ...
    unplaced : int
        How many of the usable rows are known by name only, without a place.
    first_line : int or None
        Line of the file in which row 1 stands; None where rows have no lines.

    Examples
    --------
    >>> CheckReport("desa.gpkg", "villages", guessed=True, rows=64).is_usable
    True
    """

    source: str
    kind: str
    guessed: bool
    rows: int
    repairs: tuple[Repair, ...] = ()
    refused: tuple[Fault, ...] = ()
    remarks: tuple[str, ...] = ()
    unplaced: int = 0
    first_line: int | None = None

    @property
    def is_usable(self) -> bool:
        """Whether nothing is refused."""
        return not self.refused

    @property
    def counts(self) -> dict[str, int]:
        """How many entries are mended, assumed, set aside and refused."""
        done = Counter(repair.action for repair in self.repairs)
        return {
            "mended": done["mended"],
            "assumed": done["assumed"],
            "set aside": done["set aside"],
            "refused": len(self.refused),
        }

    def table(self) -> pd.DataFrame:
        """Everything found as a table, what is refused first.

        Returns
        -------
        pandas.DataFrame
            Columns action, where, column, before, after, reason.
        """
        refused = [
            ("refused", fault.where, "", "", "", f"{fault.what}. {fault.remedy}") for fault in self.refused
        ]
        done = [
            (
                one.action,
                f"{one.source}, {row_text(one.row, self.first_line)}",
                one.column,
                one.before,
                one.after,
                one.reason,
            )
            for one in self.repairs
        ]
        names = ["action", "where", "column", "before", "after", "reason"]
        return pd.DataFrame([*refused, *done], columns=names)

    def lines(self) -> list[str]:
        """Everything found as lines for a terminal, what is refused last, where it is seen.

        Returns
        -------
        list of str
            The counts first.
        """
        told = " (told from its columns; say --as if that is wrong)" if self.guessed and self.rows else ""
        counts = ", ".join(f"{count} {action}" for action, count in self.counts.items())
        unplaced = f", {self.unplaced:,} of them without a place" if self.unplaced else ""
        lines = [f"{self.source}: {self.kind}{told}, {self.rows:,} usable rows{unplaced}; {counts}"]
        lines += [f"  note: {remark}" for remark in self.remarks]
        alike: dict[tuple[str, str, str], list[Repair]] = {}
        for one in self.repairs:
            alike.setdefault((one.action, one.column, one.reason), []).append(one)
        lines += [f"  {action}: {self._told(same)}" for (action, _, _), same in alike.items()]
        return [*lines, *(f"  refused: {fault}" for fault in self.refused)]

    def _told(self, alike: Sequence[Repair]) -> str:
        """Repairs of one kind as one line: one row with its line, or the number of rows and the first few."""
        first = alike[0]
        column = f", {first.column}" if first.column else ""
        if len(alike) == 1:
            where = row_text(first.row, self.first_line)
            return f"{where}{column}{_change(first, ': ')} ({first.reason})"
        shown = "; ".join(f"row {one.row}{_change(one, ' ')}" for one in alike[:SHOWN_ROWS])
        more = f"; and {len(alike) - SHOWN_ROWS} more" if len(alike) > SHOWN_ROWS else ""
        return f"{sum(map(row_count, alike))} rows{column} ({first.reason}): {shown}{more}"

    def as_dict(self) -> dict[str, object]:
        """Everything found as plain values, for machines.

        Returns
        -------
        dict
            Ready for JSON.
        """
        return {
            "source": self.source,
            "kind": self.kind,
            "guessed": self.guessed,
            "rows": self.rows,
            "unplaced": self.unplaced,
            "first_line": self.first_line,
            "usable": self.is_usable,
            "counts": self.counts,
            "refused": [
                {
                    "error": fault.kind.__name__,
                    "where": fault.where,
                    "what": fault.what,
                    "remedy": fault.remedy,
                }
                for fault in self.refused
            ],
            "repairs": [repair._asdict() for repair in self.repairs],
            "remarks": list(self.remarks),
        }


def row_count(repair: Repair) -> int:
    """How many rows of the file a repair speaks of.

    Parameters
    ----------
    repair
        As a reader lists it.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> from coverage_geo.tables import Repair
    >>> row_count(Repair("a.csv", "poles", "1-300 (300 rows)", "", "mended", "", "", "swapped"))
    300
    """
    found = re.search(r"(\d+) rows?\)?$", repair.row)
    return int(found[1]) if found else 1


def _change(one: Repair, mark: str) -> str:
    arrow = f" -> {_short(one.after)}" if one.after else ""
    return f"{mark}{_short(one.before)}{arrow}" if one.before or arrow else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
