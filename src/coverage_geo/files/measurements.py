"""Measured signal, read from files of drive tests and telephones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from coverage_geo.files.columns import COORDINATES
from coverage_geo.files.coordinates import placed_points
from coverage_geo.files.ids import given_ids, set_aside_repeats, with_position_ids
from coverage_geo.files.notes import finished, raise_all
from coverage_geo.files.operators import with_operators
from coverage_geo.files.reading import assembled, converted, need_columns, opened, without
from coverage_geo.tables import MEASUREMENTS, as_study_area

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from coverage_geo.files.notes import Refused
    from coverage_geo.tables import StudyArea

MARGIN_M = 5_000.0


def read_measurements(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    r"""Measured RSRP at points.

    Parameters
    ----------
    path
        Table or layer of points with a column of RSRP [dBm].
    study_area
        The villages or a `StudyArea`; points up to 5 km outside are kept.
    layer
        Layer or sheet to read, when there are several.
    columns
        Which heading holds which column, where it is not recognised.
    crs
        CRS the coordinates are in, in place of what the file says or where it says nothing.
    refused
        "raise" reports all rows that cannot be used as one error; "set aside" lists them as repairs.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.MEASUREMENTS`, sorted by id.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "drive_test.csv"
    >>> _ = file.write_text("id,lat,lon,RSRP\n1,-2.05,105.2,-104\n")
    >>> from coverage_geo.tables import StudyArea
    >>> area = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> read_measurements(file, study_area=area).rsrp_dbm.to_dict()
    {'1': -104.0}
    """
    area = as_study_area(study_area)
    frame, notes = opened(path, MEASUREMENTS, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    need_columns(frame, notes, ["rsrp_dbm"])
    points = placed_points(frame, area, notes, crs=crs, margin_m=MARGIN_M)
    table = with_operators(converted(frame, notes), notes)
    table = gpd.GeoDataFrame(without(table, ["geometry"]), geometry=points, crs=area.crs)
    table = notes.kept(table)
    silent = table["rsrp_dbm"].isna()
    reason = "no RSRP was measured here"
    notes.add("set aside", [int(row) for row in table.index[silent]], "rsrp_dbm", reason=reason)
    table = notes.kept(table)
    ids = given_ids(table, "measurement_id")
    compared = [column.name for column in MEASUREMENTS.columns if column.name in table]
    set_aside_repeats(table, ids, notes, compared=compared)
    table = notes.kept(table)
    raise_all([notes])
    ids = with_position_ids(table, ids.reindex(table.index), "measurement", notes)
    rows = pd.DataFrame(without(table, COORDINATES))
    answer = assembled(rows, MEASUREMENTS, ids=ids, geometry=table.geometry)
    return finished(gpd.GeoDataFrame(answer), [notes], crs=area.crs)
