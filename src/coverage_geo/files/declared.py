"""Coverage as operators declare it, read from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from coverage_geo.errors import GeometryTypeError
from coverage_geo.files.ids import given_ids, with_position_ids
from coverage_geo.files.notes import finished, raise_all
from coverage_geo.files.reading import assembled, converted, opened, without
from coverage_geo.files.shapes import degrees_fault, valid_areas
from coverage_geo.tables import DECLARED_COVERAGE, as_study_area

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from coverage_geo.files.notes import Refused
    from coverage_geo.tables import StudyArea


def read_declared_coverage(
    path: Path | str,
    *,
    study_area: gpd.GeoDataFrame | StudyArea,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: object = None,
    operator: str | None = None,
    service: str | None = None,
    refused: Refused = "raise",
) -> gpd.GeoDataFrame:
    """Areas that operators declare to cover, with operator and service.

    Parameters
    ----------
    path
        Layer of areas.
    study_area
        The villages or a `StudyArea`; areas that do not touch it are left out and counted.
    layer
        Layer to read, when there are several.
    columns
        Which heading holds which column, where it is not recognised.
    crs
        CRS the coordinates are in, in place of what the file says or where it says nothing.
    operator, service
        Whose area it is and "2G", "4G" or "fixed", where the file does not say.
    refused
        "raise" reports all rows that cannot be used as one error; "set aside" lists them as repairs.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.DECLARED_COVERAGE`, sorted by id.

    Raises
    ------
    InputError
        With every fault: file, row, column, value and remedy.

    Examples
    --------
    >>> import tempfile, shapely
    >>> from pathlib import Path
    >>> from coverage_geo.files.writing import write_geojson
    >>> area = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.box(105, -2, 105.1, -1.9)], crs=4326)
    >>> file = Path(tempfile.mkdtemp()) / "lte.geojson"
    >>> write_geojson(file, area)
    >>> from coverage_geo.tables import StudyArea
    >>> study = StudyArea((500_000, 9_700_000, 600_000, 9_800_000), "EPSG:32748")
    >>> read_declared_coverage(file, study_area=study, operator="Telkomsel", service="4G").service.to_dict()
    {'a': '4G'}
    """
    area = as_study_area(study_area)
    frame, notes = opened(path, DECLARED_COVERAGE, layer=layer, columns=columns, crs=crs, refused=refused)[0]
    if not isinstance(frame, gpd.GeoDataFrame):
        notes.fail(GeometryTypeError, "has no areas", "Give a layer of polygons.")
        raise_all([notes])
    degrees_fault(frame.geometry, notes)
    raise_all([notes])
    shapes = valid_areas(frame, notes, crs=area.crs)
    known = converted(frame, notes)
    for column, value in (("operator", operator), ("service", service)):
        have = known[column] if column in known else pd.Series(None, index=known.index, dtype=object)
        known[column] = have.astype(object).where(have.notna(), value)
    unclear = known["service"].isna().to_numpy()
    remedy = "Give service=, or a column of 2G, 4G or fixed."
    notes.refuse(list(known.index[unclear]), "service", what="does not say which service", remedy=remedy)
    away = ~shapely.intersects(shapes.to_numpy(), shapely.box(*area.bounds)) & shapes.notna().to_numpy()
    notes.add("set aside", known.index[away], "", reason="does not touch the study area")
    table = notes.kept(gpd.GeoDataFrame(without(known, ["geometry"]), geometry=shapes, crs=area.crs))
    raise_all([notes])
    ids = with_position_ids(table, given_ids(table, "declared_id"), "declared", notes)
    answer = assembled(table, DECLARED_COVERAGE, ids=ids, geometry=gpd.GeoSeries(table["geometry"]))
    return finished(gpd.GeoDataFrame(answer), [notes], crs=area.crs)
