"""Heights of the classes of land cover, read from a table that a planner edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_geo.errors import raise_faults
from coverage_geo.files.cells import as_text
from coverage_geo.files.notes import warn_of_repairs
from coverage_geo.files.reading import converted, need_columns, opened
from coverage_geo.tables import Column, Schema

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CLUTTER_HEIGHTS = Schema(
    "clutter heights",
    "row",
    frozenset(),
    (
        Column("class", "number", "class of land cover", required=True, low=0, high=65_535),
        Column("height_m", "number", "height of its trees or buildings", "m", required=True, low=0, high=100),
    ),
)


def read_clutter_heights(path: Path | str, *, columns: Mapping[str, str] | None = None) -> dict[int, float]:
    r"""Height of each class of land cover, from a table.

    Parameters
    ----------
    path
        Table with the columns `class` (whole numbers, such as ESA WorldCover's 10 for trees) and `height_m`
        (0 to 100); others are for the reader.
    columns
        Which heading holds which column, where it is not recognised.

    Returns
    -------
    dict of int to float
        Heights [m] by class; give it to `clutter_heights`.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "clutter.csv"
    >>> _ = file.write_text("class,height_m,note\n10,25,rain forest\n50,6,low houses\n")
    >>> read_clutter_heights(file)
    {10: 25.0, 50: 6.0}
    """
    frame, notes = opened(path, CLUTTER_HEIGHTS, layer=None, columns=columns, crs=None, refused="raise")[0]
    names = [column.name for column in CLUTTER_HEIGHTS.columns]
    for name in names:
        need_columns(frame, notes, [name])
    table = converted(frame, notes)
    for name in names:
        silent = table.index[table[name].isna() & as_text(frame[name]).isna()]
        notes.refuse(list(silent), name, what="says nothing", remedy="Fill it in, or take out the row.")
    number = table["class"]
    for wrong, what, remedy in (
        (number.notna() & (number % 1 != 0), "is not a whole number", "Give the class as in the raster."),
        (number.notna() & number.duplicated(), "is there already", "Keep one row a class."),
    ):
        rows = table.index[wrong]
        notes.refuse(list(rows), "class", values=frame["class"][rows], what=what, remedy=remedy)
    raise_faults(notes.faults)
    warn_of_repairs([notes], stacklevel=3)
    return {int(one): float(height) for one, height in sorted(zip(number, table["height_m"], strict=True))}
