"""Gateways, read from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from coverage_geo.files.cells import as_text
from coverage_geo.files.columns import COORDINATES
from coverage_geo.files.coordinates import placed_points
from coverage_geo.files.ids import given_ids, set_aside_repeats, with_position_ids
from coverage_geo.files.notes import finished, raise_all
from coverage_geo.files.operators import with_operators
from coverage_geo.files.reading import converted, opened, points_table, without
from coverage_geo.tables import GATEWAYS, as_study_area

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from coverage_geo.files.notes import Notes, Refused
    from coverage_geo.tables import StudyArea

MARGIN_M = 50_000.0  # a gateway may stand in the next district
MOST_PORTS = 1_000_000.0


def read_gateways(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    r"""Gateways (fibre points of presence, backhaul nodes) as points.

    Parameters
    ----------
    path
        Table or layer of points.
    study_area
        The villages or a `StudyArea`; gateways up to 50 km outside are kept.
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
        As `tables.GATEWAYS`, sorted by id.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "pop.csv"
    >>> _ = file.write_text("id,nama,koordinat\ng1,POP Mentok,\"2°03'15''LS, 105°10'30''BT\"\n")
    >>> from coverage_geo.tables import StudyArea
    >>> area = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> read_gateways(file, study_area=area).name.to_dict()
    {'g1': 'POP Mentok'}
    """
    area = as_study_area(study_area)
    frame, notes = opened(path, GATEWAYS, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    points = placed_points(frame, area, notes, crs=crs, margin_m=MARGIN_M)
    table = with_operators(converted(frame, notes), notes)
    _refuse_strange_ports(frame, table, notes)
    table = notes.kept(gpd.GeoDataFrame(without(table, ["geometry"]), geometry=points, crs=area.crs))
    ids = given_ids(table, "gateway_id")
    compared = [column.name for column in GATEWAYS.columns if column.name in table]
    set_aside_repeats(table, ids, notes, compared=compared, by_place=True)
    table = notes.kept(table)
    raise_all([notes])
    ids = with_position_ids(table, ids.reindex(table.index), "gateway", notes)
    return finished(points_table(without(table, COORDINATES), ids, notes), [notes], crs=area.crs)


def _refuse_strange_ports(frame: pd.DataFrame, table: pd.DataFrame, notes: Notes) -> None:
    """Refuse ports that are no whole number, or may be thousands: 8,5 or 1.000."""
    if "ports" not in table:
        return
    texts = as_text(frame["ports"]).astype("str")
    ports = table["ports"]
    grouped = texts.str.fullmatch(r"\d{1,3}[.,]\d{3}").to_numpy(dtype=bool)
    wrong = ports.notna() & ((ports % 1 != 0) | (ports > MOST_PORTS) | grouped)
    rows = list(ports.index[wrong])
    remedy = "Write how many in digits alone."
    notes.refuse(rows, "ports", values=texts[wrong], what="is not a number of ports", remedy=remedy)
