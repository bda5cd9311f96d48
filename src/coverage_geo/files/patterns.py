"""Antenna patterns, read from tables and from MSI Planet files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from coverage_geo.errors import Fault, FileFormatError, MissingColumnError, ValueRangeError, raise_faults
from coverage_geo.files.cells import as_text
from coverage_geo.files.notes import row_text, warn_of_repairs
from coverage_geo.files.reading import converted, need_columns, opened
from coverage_geo.files.vectors import regular_file
from coverage_geo.patterns import CUTS, AntennaPattern, cut_faults, gain_fault
from coverage_geo.tables import Column, Schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PATTERN = Schema(
    "antenna pattern",
    "row",
    frozenset(),
    (
        Column("cut", "text", "horizontal or vertical", required=True, choices=CUTS),
        Column("angle_deg", "number", "angle clockwise, or below the horizon", "deg", required=True),
        Column("gain_db", "number", "gain relative to the largest, 0 or less", "dB", required=True),
    ),
)
DIPOLE_DBI = 2.15  # gain of a half-wave dipole, ITU-R P.341
_NUMBER = r"([+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:e[+-]?\d+)?)"
_BLOCK = re.compile(r"\s*(HORIZONTAL|VERTICAL)(?:\s+(\d{1,6}))?\s*", re.IGNORECASE)
_GAIN = re.compile(r"\s*GAIN(?:\s+(.*))?", re.IGNORECASE)
_GAIN_SAID = re.compile(rf"{_NUMBER}\s*(dBi|dBd)?\s*", re.IGNORECASE)
_LOSS = re.compile(rf"\s*{_NUMBER}\s+{_NUMBER}\s*", re.IGNORECASE)
_ENCODINGS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_PLANET_NAMES = frozenset({".msi", ".pln"})


class _Row(NamedTuple):
    """One gain of a cut and where it stands in the file."""

    cut: str
    angle_deg: float
    gain_db: float
    where: str


def read_pattern(path: Path | str, *, columns: Mapping[str, str] | None = None) -> AntennaPattern:
    r"""Antenna pattern from a table of two cuts, or from an MSI Planet file (.msi, .pln).

    Parameters
    ----------
    path
        A table with the columns `cut` (horizontal or vertical), `angle_deg` and `gain_db`, relative to the
        largest gain; or a text file with blocks HORIZONTAL and VERTICAL, each line an angle and by how many
        dB the gain is lower. Vertical angles count downwards from the horizon ahead. GAIN is in dBd unless it
        says dBi.
    columns
        Which heading holds which column, where it is not recognised.

    Returns
    -------
    AntennaPattern
        Named after the file; give it as `patterns={"name in the sector table": pattern}`.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    References
    ----------
    MSI Planet antenna file format: 0 degrees is the axis, 90 in the vertical block straight down.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "omni.msi"
    >>> rows = [f"{angle} {0 if angle < 5 else 12}" for angle in range(360)]
    >>> around = [f"{angle} 0" for angle in range(360)]
    >>> lines = ["NAME Omni", "GAIN 9", "HORIZONTAL 360", *around, "VERTICAL 360", *rows]
    >>> _ = file.write_text("\n".join(lines))
    >>> pattern = read_pattern(file)
    >>> round(pattern.gain_dbi, 2), pattern.is_round, pattern.vertical[9].tolist()
    (11.15, True, [9.0, -12.0])
    """
    file = regular_file(path)
    lines = _lines(file.read_bytes())
    planet = file.suffix.casefold() in _PLANET_NAMES or any(map(_BLOCK.fullmatch, lines))
    rows, faults = _planet_rows(lines, file.name) if planet else _table_rows(file, columns)
    gain_dbi, wrong = _planet_gain(lines, file.name) if planet else (None, [])
    faults += wrong
    for cut in CUTS:
        faults += _cut_faults(cut, [row for row in rows if row.cut == cut], file.name)
    raise_faults(faults)
    horizontal, vertical = (
        np.array([(row.angle_deg, row.gain_db) for row in rows if row.cut == cut]) for cut in CUTS
    )
    return AntennaPattern(horizontal, vertical, gain_dbi, file.name)


def _lines(data: bytes) -> list[str]:
    """Lines of a text in UTF-8, or in what its first bytes say."""
    encoding = _ENCODINGS.get(data[:2], _ENCODINGS.get(data[:3], "utf-8"))
    return data.decode(encoding, errors="replace").splitlines()


def _planet_rows(lines: Sequence[str], source: str) -> tuple[list[_Row], list[Fault]]:
    """Rows of the blocks of an MSI Planet file; lines that cannot be read and missing ones are faults."""
    rows: list[_Row] = []
    faults = []
    block, promised, found = "", 0, 0
    begun: set[str] = set()

    def block_ended() -> list[Fault]:
        if not block or found == promised:
            return []
        what = f"promises {promised} lines and has {found}"
        return [Fault(FileFormatError, f"{source}, {block} block", what, "Get the whole file again.")]

    for number, line in enumerate(lines, start=1):
        if heading := _BLOCK.fullmatch(line):
            faults += block_ended()
            block, promised, found = heading[1].casefold(), int(heading[2] or 360), 0
            if block in begun:
                remedy = "Keep one of them."
                where = f"{source}, line {number}"
                faults.append(Fault(FileFormatError, where, f"a second {block} block begins", remedy))
                block = ""
            begun.add(block)
        elif block and line.strip():
            found += 1
            where = f"{source}, line {number}"
            if values := _LOSS.fullmatch(line):
                angle, loss = (float(one.replace(",", ".")) for one in values.groups())
                rows.append(_Row(block, angle, -max(loss, 0.0), where))
                if loss < 0:
                    remedy = "This format says by how many dB the gain is lower, without a sign."
                    faults.append(Fault(ValueRangeError, where, f"loss is {loss:g} dB", remedy))
            else:
                what = f"{line.strip()[:40]!r} is not an angle and a loss"
                remedy = "Give two numbers: degrees, and by how many dB the gain is lower."
                faults.append(Fault(ValueRangeError, where, what, remedy))
    return rows, faults + block_ended()


def _planet_gain(lines: Sequence[str], source: str) -> tuple[float | None, list[Fault]]:
    """Largest gain [dBi] of an MSI Planet file and its faults; in dBd where it does not say dBi."""
    said = [(number, found) for number, line in enumerate(lines, start=1) if (found := _GAIN.fullmatch(line))]
    gain_dbi, faults = None, []
    for number, found in said:
        where = f"{source}, line {number}"
        read = _GAIN_SAID.fullmatch((found[1] or "").strip())
        if read is None:
            what = f"gain is {(found[1] or '')[:40]!r}"
            faults.append(Fault(ValueRangeError, where, what, "Write it as in GAIN 17.5 dBi."))
        elif gain_dbi is not None:
            faults.append(Fault(ValueRangeError, where, "a second gain is given", "Keep one of them."))
        else:
            gain = float(read[1].replace(",", "."))
            gain_dbi = gain if (read[2] or "").casefold() == "dbi" else gain + DIPOLE_DBI
            if wrong := gain_fault(gain_dbi):
                faults.append(Fault(ValueRangeError, where, *wrong))
    return gain_dbi, faults


def _table_rows(file: Path, columns: Mapping[str, str] | None) -> tuple[list[_Row], list[Fault]]:
    """Rows of a table; cells that cannot be read are faults."""
    frame, notes = opened(file, PATTERN, layer=None, columns=columns, crs=None, refused="raise")[0]
    names = [column.name for column in PATTERN.columns]
    for name in names:
        need_columns(frame, notes, [name])
    table = converted(frame, notes)
    for name in names:
        said = as_text(frame[name])
        silent = table.index[table[name].isna() & said.isna()]
        notes.refuse(list(silent), name, what="says nothing", remedy="Fill it in, or take out the row.")
    strange = table.index[table["cut"].isna() & as_text(frame["cut"]).notna()]
    remedy = f"Write {' or '.join(CUTS)}."
    notes.refuse(list(strange), "cut", values=frame["cut"][strange], what="is no cut", remedy=remedy)
    rows = [
        _Row(cut, angle, gain, f"{notes.source}, {row_text(str(row), notes.first_line)}")
        for row, cut, angle, gain in table[names].dropna().itertuples(name=None)
    ]
    if not notes.faults:
        warn_of_repairs([notes], stacklevel=4)
    return rows, notes.faults


def _cut_faults(cut: str, rows: Sequence[_Row], source: str) -> list[Fault]:
    """Faults of the readable rows of one cut, each with its place in the file."""
    if not rows:
        remedy = "A pattern needs a horizontal and a vertical cut."
        return [Fault(MissingColumnError, source, f"has no {cut} cut", remedy)]
    found = cut_faults(np.array([(row.angle_deg, row.gain_db) for row in rows]))
    return [
        Fault(
            ValueRangeError,
            f"{source}, {cut} cut" if row is None else f"{rows[row].where}, column {column}",
            what,
            remedy,
        )
        for row, column, what, remedy in found
    ]
