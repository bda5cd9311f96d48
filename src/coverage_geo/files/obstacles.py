"""What no new pole or cable may cross, read from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from coverage_geo.errors import GeometryTypeError
from coverage_geo.files.ids import given_ids, set_aside_repeats, with_position_ids
from coverage_geo.files.notes import finished, raise_all
from coverage_geo.files.poles import MARGIN_M, ids_of_parts
from coverage_geo.files.reading import assembled, converted, opened
from coverage_geo.files.roads import set_aside_distant, with_length
from coverage_geo.files.shapes import degrees_fault, is_line, study_lines, valid_areas
from coverage_geo.tables import OBSTACLES, as_study_area

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from coverage_geo.files.notes import Refused
    from coverage_geo.tables import StudyArea


def read_obstacles(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    """Areas and lines that no bridge between poles may touch: water, land without permission.

    Parameters
    ----------
    path
        Layer of areas, lines or both.
    study_area
        The villages or a `StudyArea`; what lies more than 5 km outside is left out and counted.
    layer
        Layer to read, when there are several.
    columns
        Which heading holds which column, where it is not recognised.
    crs
        CRS the coordinates are in, in place of what the file says or where it says nothing.
    refused
        "raise" reports all rows that cannot be used as one error; "set aside" lists them as repairs.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.OBSTACLES`, sorted by id. Lines of several parts become several lines.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile, shapely
    >>> from pathlib import Path
    >>> from coverage_geo.files.writing import write_geojson
    >>> lake = gpd.GeoDataFrame(
    ...     {"id": ["o1"], "nama": ["Danau"]}, geometry=[shapely.box(105, -2, 105.1, -1.9)], crs=4326)
    >>> file = Path(tempfile.mkdtemp()) / "air.geojson"
    >>> write_geojson(file, lake)
    >>> from coverage_geo.tables import StudyArea
    >>> area = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> read_obstacles(file, study_area=area).name.to_dict()
    {'o1': 'Danau'}
    """
    area = as_study_area(study_area)
    frame, notes = opened(path, OBSTACLES, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    if not isinstance(frame, gpd.GeoDataFrame):
        notes.fail(GeometryTypeError, "has no areas or lines", "Give a layer of polygons or lines.")
        raise_all([notes])
    degrees_fault(frame.geometry, notes)
    raise_all([notes])
    compared = [column.name for column in OBSTACLES.columns if column.name in frame]
    set_aside_repeats(frame, given_ids(frame, "obstacle_id"), notes, compared=compared)
    set_aside_distant(notes.kept(frame), area, notes, margin_m=MARGIN_M)
    frame = notes.kept(frame)
    lines = is_line(frame)
    areas = gpd.GeoDataFrame(frame[~lines])
    shapes = [areas.set_geometry(valid_areas(areas, notes, crs=area.crs))]
    if lines.any():
        drawn = study_lines(gpd.GeoDataFrame(frame[lines]), area, notes, margin_m=MARGIN_M)
        shapes.append(with_length(drawn, notes))
    together = shapes[0] if len(shapes) == 1 else pd.concat(shapes)
    table = gpd.GeoDataFrame(notes.kept(converted(together, notes)), crs=area.crs)
    raise_all([notes])
    table, ids = ids_of_parts(table, "obstacle_id")
    ids = with_position_ids(table, ids, "obstacle", notes)
    answer = assembled(table, OBSTACLES, ids=ids, geometry=table.geometry)
    return finished(gpd.GeoDataFrame(answer), [notes], crs=area.crs)
