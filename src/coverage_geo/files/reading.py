"""The steps that every reader of tables shares: open, recognise, convert, finish."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage_geo.errors import FileFormatError, MissingColumnError, raise_faults, refuse
from coverage_geo.files.amounts import as_numbers
from coverage_geo.files.cells import as_choices, as_flags, as_text, cells_with, first_given, line_ends
from coverage_geo.files.columns import with_known_columns
from coverage_geo.files.notes import Notes, say_columns
from coverage_geo.files.vectors import open_layers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from coverage_geo.files.notes import Refused
    from coverage_geo.tables import Column, Schema


NO_ROWS = "Fill it in, or take it out of the study."
# First words of a row that adds up others: JUMLAH, Total:, GRAND TOTAL, Jumlah Kecamatan Kelapa ...
_TOTAL = re.compile(
    r"(?:(?:grand|sub)[ -]?)?(?:jumlah|total)"
    r"(?: (?:total|semua|seluruh|seluruhnya|keseluruhan|penduduk|"
    r"(?:kecamatan|kec|kabupaten|kab|provinsi)\b.*))?\s*[:.]?",
    re.IGNORECASE,
)


def opened(
    path: Path | str,
    schema: Schema,
    *,
    layer: str | None,
    columns: Mapping[str, str] | None,
    crs: object,
    refused: Refused,
    every: bool = False,
) -> list[tuple[pd.DataFrame, Notes]]:
    """Rows of a file under the library's column names, each layer with its notes.

    Parameters
    ----------
    path
        The file.
    schema
        What the rows shall become.
    layer
        Layer or sheet.
    columns
        Known column to heading, where the planner says so.
    crs
        CRS of the coordinates, in place of what the file says.
    refused
        What to do with rows that cannot be used.
    every
        Whether to read every layer when none is named.

    Returns
    -------
    list of (pandas.DataFrame, Notes)
        Rows numbered from 1.
    """
    answer = []
    layers = open_layers(path, wanted=schema.name, layer=layer, crs=crs, every=every)
    if not any(len(one.frame) or one.bad_rows for one in layers):
        refuse(FileFormatError, layers[0].source, "has no rows", NO_ROWS)
    for one in layers:
        notes = Notes(one.source, schema, refused, first_line=one.first_line)
        for remark in one.remarks:
            notes.add("assumed", ["file"], "", reason=remark)
        for row, what in one.bad_rows.items():
            remedy = "Put the text in quotes, or complete the row."
            notes.refuse([row], "", what=what, remedy=remedy)
        frame = with_known_columns(one.frame, schema, columns=columns, source=one.source)
        answer.append((_without_totals(frame, notes), notes))
    return answer


def _without_totals(frame: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    """Rows without those that add up the others, which are listed; what is drawn adds up nothing."""
    likely = np.zeros(len(frame), dtype=bool)
    for name in [] if isinstance(frame, gpd.GeoDataFrame) else frame.columns:
        likely |= cells_with(frame[name], "(?i)jumlah|total")
    rows = frame[likely]
    first = pd.Series(None, index=rows.index, dtype=object)
    for name in rows.columns:
        texts = as_text(rows[name])
        first = first_given(first, texts.where(~texts.map(_is_figure)))
    totals = first[first.map(_is_total).astype(bool)]
    notes.add("set aside", totals.index, "", before=totals, reason="adds up other rows")
    return frame[~frame.index.isin(totals.index)] if len(totals) else frame


def _is_total(text: object) -> bool:
    return isinstance(text, str) and _TOTAL.fullmatch(text) is not None


def _is_figure(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[\d.,]+", text) is not None


def need_columns(frame: pd.DataFrame, notes: Notes, names: Collection[str]) -> None:
    """Refuse a file at once that lacks a column without which nothing can be read.

    Parameters
    ----------
    frame
        Under the library's column names.
    notes
        Of the file.
    names
        Any one of these will do.

    Raises
    ------
    MissingColumnError
        When there is none of them.
    """
    if not set(names) & set(frame.columns):
        headings = ", ".join(str(name) for name in frame.columns if name != "geometry") or "none"
        said = say_columns(notes.schema, **{next(iter(names)): "..."})
        remedy = f"Its columns: {headings}. Say which it is, as in {said}."
        notes.fail(MissingColumnError, f"has no column for {' or '.join(names)}", remedy)
        raise_faults(notes.faults)


def converted(frame: pd.DataFrame, notes: Notes, *, left: Collection[str] = ()) -> pd.DataFrame:
    """Rows with their known columns as text, numbers and flags; other columns stay as they are.

    Parameters
    ----------
    frame
        Under the library's column names.
    notes
        Takes what was mended and refused.
    left
        Known columns that the reader converts itself.

    Returns
    -------
    pandas.DataFrame
        A new table with the same index.
    """
    known = {
        column.name: _converted_column(frame[column.name], column, notes)
        for column in notes.schema.columns
        if column.name in frame and column.name not in left
    }
    return frame.assign(**known)


def _converted_column(values: pd.Series, column: Column, notes: Notes) -> pd.Series:
    if column.kind == "number":
        numbers = as_numbers(values, column, notes)
        refuse_out_of_range(numbers, column, notes)
        return numbers
    if column.kind == "flag":
        return as_flags(values, column.name, notes)
    if column.choices:
        return as_choices(values, column, notes)
    broken = line_ends(values)
    texts = as_text(values)
    reason = "line ends inside the text became spaces"
    notes.add(
        "mended", values.index[broken], column.name, before=values[broken], after=texts[broken], reason=reason
    )
    return texts


def refuse_out_of_range(numbers: pd.Series, column: Column, notes: Notes) -> None:
    """Refuse rows whose number lies outside the range of its column.

    Parameters
    ----------
    numbers
        A column of numbers.
    column
        Its description.
    notes
        Takes what is refused.
    """
    wrong = ((numbers < column.low) | (numbers > column.high)).to_numpy()
    if wrong.any():
        unit = f" {column.unit}" if column.unit else ""
        span = f"{column.low:g} to {column.high:g}" if np.isfinite(column.high) else f"{column.low:g} or more"
        remedy = f"Give {column.meaning} as a number of {span}{unit}."
        rows = [int(row) for row in numbers.index[wrong]]
        values = [f"{value:g}{unit}" for value in numbers[wrong]]
        notes.refuse(rows, column.name, values=values, what="is out of range", remedy=remedy)


def assembled(
    frame: pd.DataFrame, schema: Schema, *, ids: pd.Series, geometry: gpd.GeoSeries | None
) -> pd.DataFrame:
    """Put a reader's rows together: known columns first, ids as the index, geometry last.

    Parameters
    ----------
    frame
        Converted rows.
    schema
        What they become.
    ids
        Id of each row.
    geometry
        In the study's CRS; None for a table without geometry.

    Returns
    -------
    pandas.DataFrame
        A GeoDataFrame when there is geometry.
    """
    names = [column.name for column in schema.columns if column.name in frame]
    others = [name for name in frame.columns if name not in {*names, schema.index, "geometry"}]
    plain = pd.DataFrame(frame)[[*names, *others]].copy()
    for column in schema.columns:
        if column.kind == "text" and column.name in plain:
            # Through a list, so that pandas chooses its own kind of text column.
            plain[column.name] = pd.Series(plain[column.name].tolist(), index=plain.index)
    if geometry is not None:
        plain = gpd.GeoDataFrame(plain, geometry=geometry.to_numpy(), crs=geometry.crs)
    plain.index = pd.Index(ids.to_numpy(), name=schema.index)
    return plain


def without(frame: pd.DataFrame, names: Collection[str]) -> pd.DataFrame:
    """Rows without columns that have done their work.

    Parameters
    ----------
    frame
        Any table.
    names
        Columns to leave out, present or not.

    Returns
    -------
    pandas.DataFrame
        A new table.
    """
    return frame.drop(columns=[name for name in names if name in frame])


def without_zeros(frame: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    """Rows in which 0 is missing where it can only mean "not known"; what was changed is listed.

    Parameters
    ----------
    frame
        With heights of antennas, frequencies or bandwidths.
    notes
        Takes what was changed.

    Returns
    -------
    pandas.DataFrame
        A new table.
    """
    cleaned = frame
    for name in ("antenna_height_m", "frequency_mhz", "bandwidth_mhz"):
        if name in frame:
            zero = (pd.to_numeric(as_text(frame[name]), errors="coerce") == 0).to_numpy()
            reason = "0 means not known; left missing"
            notes.add("mended", frame.index[zero], name, before=frame[name][zero], reason=reason)
            cleaned = cleaned.assign(**{name: cleaned[name].where(~zero)})
    return cleaned


def points_table(table: gpd.GeoDataFrame, ids: pd.Series, notes: Notes) -> gpd.GeoDataFrame:
    """Put together a reader's rows that carry their own geometry.

    Parameters
    ----------
    table
        Converted rows in the study's CRS.
    ids
        Id of each row.
    notes
        Say what the rows become.

    Returns
    -------
    geopandas.GeoDataFrame
        As `assembled` returns it.
    """
    return gpd.GeoDataFrame(assembled(table, notes.schema, ids=ids, geometry=table.geometry))
