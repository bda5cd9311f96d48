"""Ids of rows: as given, else from the place where the row stands, never from its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_geo.errors import DuplicateIdError
from coverage_geo.files.cells import as_text, first_given
from coverage_geo.files.columns import heading
from coverage_geo.files.notes import LISTED, counted, row_text
from coverage_geo.files.writing import WGS84
from coverage_geo.tables import is_placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage_geo.files.notes import Notes


def given_ids(frame: pd.DataFrame, column: str) -> pd.Series:
    """Ids that the file gives.

    Parameters
    ----------
    frame
        As read.
    column
        Name of the id.

    Returns
    -------
    pandas.Series
        Text; missing where there is none.
    """
    if column not in frame:
        return pd.Series(None, index=frame.index, dtype=object)
    return as_text(frame[column]).astype(object)


def with_position_ids(table: gpd.GeoDataFrame, ids: pd.Series, word: str, notes: Notes) -> pd.Series:
    """Ids of all rows: where there is none, one made of the position, or of the name where that is missing.

    Positions are latitude and longitude to five decimals (1 m), so that an id does not change with the
    study's CRS.

    Parameters
    ----------
    table
        Rows in the study's CRS.
    ids
        As given; missing where there is none.
    word
        What the id begins with.
    notes
        Takes how many were made.

    Returns
    -------
    pandas.Series
        Text in every row. Rows that would share one get -2, -3 ... in the order of their other cells.
    """
    lacking = ids.isna()
    if not lacking.any():
        return ids
    rows = table[lacking.to_numpy()]
    placed = is_placed(rows)
    names = np.empty(len(rows), dtype=object)
    names[placed] = _position_names(rows.geometry[placed])
    names[~placed] = _cell_names(rows[~placed])
    made = word + "-" + pd.Series(names, index=rows.index, dtype=object)
    shared = (made.duplicated(keep=False) | made.isin(ids.dropna())).to_numpy()
    if shared.any():
        made[shared] = np.array(_numbered(made[shared], rows[shared], set(ids.dropna())), dtype=object)
    for chosen, source in ((placed, "the position"), (~placed, "the name, for it has no position")):
        if chosen.any():
            count, first = int(chosen.sum()), made[chosen].min()
            reason = f"no id given; made from {source}, such as {first}"
            notes.add("assumed", [counted(count, "row")], str(notes.schema.index), reason=reason)
    filled = ids.copy()
    filled[lacking] = made.to_numpy()
    return filled


def _position_names(shapes: gpd.GeoSeries) -> list[str]:
    """Middle of each shape, such as 1.90000S-105.20000E."""
    middles = shapely.centroid(shapes.to_crs(WGS84).to_numpy())
    degrees = np.nan_to_num(np.column_stack([shapely.get_y(middles), shapely.get_x(middles)]))
    # First to a millimetre, which hides the noise of going from one CRS to another and back.
    fine = np.round(degrees * 1e8).astype(np.int64)
    north, east = ((np.abs(fine) + 500) // 1_000).T
    return [
        f"{y / 1e5:.5f}{'S' if south else 'N'}-{x / 1e5:.5f}{'W' if west else 'E'}"
        for y, x, (south, west) in zip(north.tolist(), east.tolist(), (fine < 0).tolist(), strict=True)
    ]


def _cell_names(rows: pd.DataFrame) -> list[str]:
    """Village and name of each row as one word."""
    names = [name for name in ("village_id", "kecamatan", "name") if name in rows]
    texts = pd.DataFrame({name: first_given(as_text(rows[name]), "") for name in names}, index=rows.index)
    return [heading(" ".join(cells)) or "unplaced" for cells in texts.to_numpy().tolist()]


def _numbered(made: pd.Series, rows: gpd.GeoDataFrame, taken: set[str]) -> list[str]:
    cells = pd.DataFrame(rows.drop(columns=rows.active_geometry_name)).astype(object)
    texts = [repr(row) for row in cells.to_numpy().tolist()]
    bounds = np.nan_to_num(shapely.bounds(rows.geometry.to_numpy())).tolist()
    order = sorted(range(len(made)), key=lambda one: (made.iloc[one], bounds[one], texts[one]))
    answer = [""] * len(made)
    for one in order:
        name, number = str(made.iloc[one]), 1
        while (numbered := name if number == 1 else f"{name}-{number}") in taken:
            number += 1
        taken.add(numbered)
        answer[one] = numbered
    return answer


def set_aside_repeats(
    table: pd.DataFrame,
    ids: pd.Series,
    notes: Notes,
    *,
    compared: Sequence[str],
    year: pd.Series | None = None,
    by_place: bool = False,
) -> None:
    """Set aside rows that repeat another one; refuse rows that share its id but differ.

    Parameters
    ----------
    table
        Rows with their known columns, numbered as in the file.
    ids
        Id of each row; missing where there is none.
    notes
        Takes what was set aside and refused.
    compared
        Columns in which repeats agree.
    year
        Year that each row speaks of; the latest is kept.
    by_place
        Whether rows without id that stand in the same place are compared too.
    """
    key = ids.astype(object)
    if by_place and ids.isna().any():
        key = ids.where(ids.notna(), "place " + _place_texts(table))
    repeated = (key.duplicated(keep=False) & key.notna()).to_numpy()
    if not repeated.any():
        return
    group = pd.DataFrame({"key": key[repeated], "place": _place_texts(table[repeated])})
    group["year"] = "" if year is None else first_given(year[repeated], "")
    cells = table.loc[group.index, list(compared)].astype(object)
    group["cells"] = [repr(row) for row in cells.where(cells.notna(), None).to_numpy().tolist()]
    group = group.sort_values(["key", "year", "cells"], ascending=[True, False, True], kind="stable")
    same = ["key", "place", "cells"]
    again = group.duplicated(same)
    numbers = pd.Series(group.index, index=group.index)
    kept = numbers.groupby([group[name] for name in same]).transform("first")
    other_year = group["year"] != group.groupby(same)["year"].transform("first")
    for chosen, more in ((again & ~other_year, ""), (again & other_year, ", which speaks of a later year")):
        _set_aside(kept[chosen].sort_index(), ids, more, notes)
    differs = ~again & group["key"].duplicated() & ids.reindex(group.index).notna()
    clash = sorted(int(row) for row in group.index[differs])
    if clash:
        notes.refuse(
            clash,
            str(notes.schema.index),
            values=[key[row] for row in clash],
            what="stands in another row too, which differs",
            remedy="Give each its own id, or take one out.",
            kind=DuplicateIdError,
        )


def _set_aside(kept: pd.Series, ids: pd.Series, more: str, notes: Notes) -> None:
    """Set rows aside, each with the row it repeats; very many are listed together."""
    if len(kept) > LISTED:
        notes.add("set aside", kept.index, "", reason=f"repeats another row{more}")
        return
    for row, other in kept.items():
        which = row_text(str(other), notes.first_line)
        notes.add("set aside", [row], "", before=[ids.get(row)], reason=f"repeats {which}{more}")


def _place_texts(table: pd.DataFrame) -> pd.Series:
    if not isinstance(table, gpd.GeoDataFrame):
        return pd.Series("", index=table.index, dtype=object)
    shapes = table.geometry.to_numpy()
    metre = 5 if table.crs is not None and table.crs.is_geographic else 0  # decimals that tell metres apart
    bounds = np.round(shapely.bounds(shapes), metre).tolist()
    return pd.Series([str(one) for one in bounds], index=table.index, dtype=object)
