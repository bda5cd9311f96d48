"""Ids of rows: as given, else from the place where the row stands, never from its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_geo.errors import DuplicateIdError
from coverage_geo.files.cells import as_text, first_given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

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
    """Ids of all rows: where there is none, one made of the position in metres.

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
        Text in every row. Rows in the same place get -2, -3 ... in the order of their other cells.
    """
    lacking = ids.isna().to_numpy()
    if not lacking.any():
        return ids
    points = shapely.centroid(table.geometry.to_numpy()[lacking])
    places = np.nan_to_num(np.column_stack([shapely.get_x(points), shapely.get_y(points)]))
    rounded = np.round(places).astype(np.int64).tolist()
    made = pd.Series([f"{word}-{x}-{y}" for x, y in rounded], index=ids.index[lacking], dtype=object)
    shared = (made.duplicated(keep=False) | made.isin(ids.dropna())).to_numpy()
    if shared.any():
        rows = table.loc[made.index[shared]]
        made[shared] = np.array(
            _numbered(made[shared], places[shared], rows, set(ids.dropna())), dtype=object
        )
    filled = ids.copy()
    filled[lacking] = made.to_numpy()
    reason = f"no id given; made from the position, such as {made.iloc[0]}"
    notes.add("assumed", [f"{int(lacking.sum())} rows"], str(notes.schema.index), reason=reason)
    return filled


def _numbered(
    made: pd.Series, places: NDArray[np.float64], rows: gpd.GeoDataFrame, taken: set[str]
) -> list[str]:
    cells = pd.DataFrame(rows.drop(columns=rows.active_geometry_name)).astype(object)
    texts = [repr(row) for row in cells.to_numpy().tolist()]
    order = sorted(range(len(made)), key=lambda one: (made.iloc[one], *places[one], texts[one]))
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
    other_year = group["year"] != group.groupby(same)["year"].transform("first")
    yearly = "listed again for another year; the latest is kept"
    for reason, chosen in (("repeats another row", again & ~other_year), (yearly, again & other_year)):
        rows = sorted(int(row) for row in group.index[chosen])
        notes.add("set aside", rows, "", before=[key[row] for row in rows], reason=reason)
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


def _place_texts(table: pd.DataFrame) -> pd.Series:
    if not isinstance(table, gpd.GeoDataFrame):
        return pd.Series("", index=table.index, dtype=object)
    shapes = table.geometry.to_numpy()
    bounds = np.round(shapely.bounds(shapes)).tolist()
    return pd.Series([str(one) for one in bounds], index=table.index, dtype=object)
