"""Sectors of towers, read from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from coverage_geo.files.ids import given_ids, set_aside_repeats
from coverage_geo.files.notes import Notes, finished, raise_all
from coverage_geo.files.operators import with_operators
from coverage_geo.files.reading import assembled, converted, need_columns, opened, without, without_zeros
from coverage_geo.tables import SECTORS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from coverage_geo.files.notes import Refused
    from coverage_geo.tables import StudyArea


def read_sectors(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea | None = None,  # noqa: ARG001 - every reader takes it
    towers: pd.DataFrame | None = None,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    refused: Refused = "raise",
) -> pd.DataFrame:
    r"""Sectors of towers: bearing, tilt, band and power, one row for each.

    Parameters
    ----------
    path
        Table with a column of tower ids.
    study_area
        As every reader takes it; sectors have no place of their own, so it changes nothing.
    towers
        The towers they hang on; a sector of another tower is refused.
    layer
        Layer or sheet to read, when there are several.
    columns
        Which heading holds which column, where it is not recognised.
    refused
        "raise" reports all rows that cannot be used as one error; "set aside" lists them as repairs.

    Returns
    -------
    pandas.DataFrame
        As `tables.SECTORS`, sorted by id; without ids they are numbered by bearing within their tower.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "sektor.csv"
    >>> _ = file.write_text("site_id,cell_name,azimuth\nA1,A1b,120\nA1,A1a,0\n")
    >>> read_sectors(file).azimuth_deg.to_dict()
    {'A1a': 0.0, 'A1b': 120.0}
    """
    frame, notes = opened(path, SECTORS, layer=layer, columns=columns, crs=None, refused=refused)[0]
    need_columns(frame, notes, ["tower_id"])
    table = with_operators(converted(without_zeros(frame, notes), notes), notes)
    homeless = table["tower_id"].isna().to_numpy()
    notes.refuse(
        list(table.index[homeless]), "tower_id", what="names no tower", remedy="Give its tower's id."
    )
    if towers is not None:
        strange = ~homeless & ~table["tower_id"].isin(towers.index).to_numpy()
        rows, values = list(table.index[strange]), table["tower_id"][strange]
        remedy = "Correct the id, or add the tower."
        notes.refuse(rows, "tower_id", values=values, what="is not among the towers", remedy=remedy)
    table = notes.kept(table)
    ids = given_ids(table, "sector_id")
    compared = [column.name for column in SECTORS.columns if column.name in table]
    set_aside_repeats(table, ids, notes, compared=compared)
    table = notes.kept(table)
    raise_all([notes])
    ids = _with_sector_ids(table, ids.reindex(table.index), notes)
    plain = pd.DataFrame(without(table, ["geometry", "sector_id"]))
    return finished(assembled(plain, SECTORS, ids=ids, geometry=None), [notes])


def _with_sector_ids(table: pd.DataFrame, ids: pd.Series, notes: Notes) -> pd.Series:
    lacking = ids.isna()
    if not lacking.any():
        return ids
    names = [column.name for column in SECTORS.columns if column.name in table]
    first = [name for name in ("tower_id", "azimuth_deg", "frequency_mhz") if name in names]
    rest = [name for name in names if name not in first]
    cells = table.loc[lacking, [*first, *rest]]
    ordered = cells.sort_values([*first, *rest], kind="stable")
    number = ordered.groupby("tower_id").cumcount() + 1
    made = (ordered["tower_id"].astype(object) + "/" + number.astype(str).astype(object)).reindex(cells.index)
    notes.add("assumed", [f"{len(made)} rows"], "sector_id", reason="no id given; numbered within the tower")
    return ids.where(~lacking, made)
