"""Areas and lines as they stand in files, turned into valid shapes of the study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from coverage_geo.errors import CRSError, GeometryTypeError
from coverage_geo.files.coordinates import bounds_in
from coverage_geo.files.notes import SAY_CRS, SAY_REFUSED, counted

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from coverage_geo.files.notes import Notes
    from coverage_geo.tables import StudyArea

NOTICEABLE_M2 = 1.0  # smaller changes and overlaps come from rounding
_AREAS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING)
_LINE_TYPES = (*_LINES, shapely.GeometryType.MULTILINESTRING)


def utm_of(shapes: gpd.GeoSeries) -> CRS:
    """UTM zone of the middle of some shapes, on WGS 84.

    Parameters
    ----------
    shapes
        Any geometry with a CRS.

    Returns
    -------
    pyproj.CRS
        Of the northern or southern hemisphere.

    Examples
    --------
    >>> utm_of(gpd.GeoSeries.from_xy([105.2], [-2.1], crs="EPSG:4326")).to_epsg()
    32748
    """
    west, south, east, north = shapes.to_crs(4326).total_bounds
    zone = int(((west + east) / 2 + 180) // 6) % 60 + 1
    return CRS.from_epsg((32700 if south + north < 0 else 32600) + zone)


def degrees_fault(shapes: gpd.GeoSeries, notes: Notes) -> None:
    """Refuse a layer whose coordinates cannot be the degrees that its CRS speaks of.

    Parameters
    ----------
    shapes
        Geometry as read.
    notes
        Takes the fault.
    """
    if len(shapes) == 0 or not CRS.from_user_input(shapes.crs).is_geographic:
        return
    west, south, east, north = shapes.total_bounds
    if max(abs(west), abs(east)) > 360 or max(abs(south), abs(north)) > 180:
        what = f"has coordinates such as {east:.10g}, {north:.10g}, which are not degrees"
        notes.fail(CRSError, what, f"{SAY_CRS}, the CRS they are in.")
    elif max(abs(south), abs(north)) > 90:
        what = f"has latitudes up to {max(abs(south), abs(north)):.7g}: longitude and latitude are swapped"
        notes.fail(CRSError, what, "Export it with longitude first.")


def valid_areas(frame: gpd.GeoDataFrame, notes: Notes, *, crs: CRS) -> gpd.GeoSeries:
    """Valid polygons in a projected CRS; what was mended is listed with its change of area.

    Parameters
    ----------
    frame
        With geometry of any kind.
    notes
        Takes what was mended and refused.
    crs
        The study's CRS.

    Returns
    -------
    geopandas.GeoSeries
        Polygon or MultiPolygon; None in rows that are refused.
    """
    projected = frame.geometry.to_crs(crs)
    shapes = projected.to_numpy().copy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    remedy = "Draw its area, or take the row out."
    notes.refuse(
        list(frame.index[missing]), "", what="has no geometry", remedy=remedy, kind=GeometryTypeError
    )
    invalid = ~missing & ~shapely.is_valid(shapes)
    mixed = ~missing & ~np.isin(shapely.get_type_id(shapes), _AREAS)
    for place in np.flatnonzero(invalid | mixed):
        shapes[place] = _mended_area(shapes[place], int(frame.index[place]), notes)
    return gpd.GeoSeries(shapes, index=frame.index, crs=crs)


def _mended_area(shape: BaseGeometry, row: int, notes: Notes) -> BaseGeometry | None:
    reason = shapely.is_valid_reason(shape)
    parts = shapely.get_parts(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    while shapely.get_num_geometries(parts).max(initial=0) > 1:
        parts = shapely.get_parts(parts)
    areas = parts[np.isin(shapely.get_type_id(parts), _AREAS)]
    mended: BaseGeometry | None = shapely.normalize(shapely.union_all(areas)) if len(areas) else None
    if mended is None or mended.is_empty:
        notes.refuse(
            [row],
            "",
            values=[shape.geom_type],
            what="has no area" if shape.geom_type in {"Polygon", "MultiPolygon"} else "is not an area",
            remedy="Give polygons of places on Earth, with corners that do not lie on one line.",
            kind=GeometryTypeError,
        )
        return None
    change = mended.area - shape.area
    why = "only its areas are kept" if reason == "Valid Geometry" else f"was invalid ({reason})"
    told = f"{shape.geom_type} {why}; area changed by {change / 10_000:+.4f} ha"
    notes.add(
        "mended",
        [row],
        "geometry",
        before=[f"{shape.area:.0f} m2"],
        after=[f"{mended.area:.0f} m2"],
        reason=told,
    )
    return mended


def note_overlaps(shapes: gpd.GeoSeries, notes: Notes) -> None:
    """List how many pairs of areas overlap; nothing is changed.

    Parameters
    ----------
    shapes
        Valid areas in metres.
    notes
        Takes the count.
    """
    geometries = shapes.to_numpy()
    left, right = shapely.STRtree(geometries).query(geometries, predicate="overlaps")
    once = left < right
    area = shapely.area(shapely.intersection(geometries[left[once]], geometries[right[once]]))
    pairs = int((area > NOTICEABLE_M2).sum())
    if pairs:
        reason = f"neighbours overlap by {area.sum() / 10_000:.1f} ha together; left as they are"
        notes.add("assumed", [counted(pairs, "pair")], "geometry", reason=reason)


def study_lines(
    frame: gpd.GeoDataFrame, area: StudyArea, notes: Notes, *, margin_m: float
) -> gpd.GeoDataFrame:
    """Lines of the study, one part each row.

    Parameters
    ----------
    frame
        With geometry of lines.
    area
        The study's rectangle and CRS.
    notes
        Takes what was mended and refused.
    margin_m
        How far outside the study area a line may lie [m].

    Returns
    -------
    geopandas.GeoDataFrame
        In the study's CRS; parts of a line with several carry the same row number.
    """
    shapes = frame.geometry.to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    remedy = "Draw it, or take the row out."
    notes.refuse(
        list(frame.index[missing]), "", what="has no geometry", remedy=remedy, kind=GeometryTypeError
    )
    parts, owner = shapely.get_parts(shapes[~missing], return_index=True)
    index = frame.index[~missing][owner]
    several = index[index.duplicated()].unique()
    if len(several):
        notes.add("mended", several, "geometry", reason="a line of several parts; each part is a line now")
    wrong = ~np.isin(shapely.get_type_id(parts), _LINES)
    if wrong.any():
        rows = [int(row) for row in index[wrong]]
        names = [shape.geom_type for shape in parts[wrong]]
        notes.refuse(
            rows, "", values=names, what="is not a line", remedy="Give lines.", kind=GeometryTypeError
        )
    rows_of_parts = frame.loc[index[~wrong]].set_geometry(
        gpd.GeoSeries(parts[~wrong], index=index[~wrong], crs=frame.crs)
    )
    return _lines_in_study(rows_of_parts, area, notes, margin_m)


def _touches(bounds: NDArray[np.float64], box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    west, south, east, north = box
    return (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)


def _lines_in_study(
    lines: gpd.GeoDataFrame, area: StudyArea, notes: Notes, margin_m: float
) -> gpd.GeoDataFrame:
    crs = CRS.from_user_input(lines.crs)
    box = bounds_in(area, crs, margin_m=margin_m)
    shapes = lines.geometry.to_numpy().copy()
    bounds = shapely.bounds(shapes)
    out = ~_touches(bounds, box)
    swapped = out & _touches(bounds[:, [1, 0, 3, 2]], box)
    if swapped.any():
        shapes[swapped] = shapely.transform(shapes[swapped], lambda x_y: x_y[:, ::-1])
        rows = lines.index[swapped].unique()
        notes.add("mended", rows, "geometry", reason="latitude and longitude were swapped")
    lost = out & ~swapped
    if len(lines) and lost.all():
        what = f"none of its {len(lines)} lines lies in or near the study area"
        notes.fail(
            CRSError,
            what,
            "Check the study area and the CRS of the coordinates: crs= (in study.toml: [crs]).",
        )
    elif lost.any():
        rows = [int(row) for row in lines.index[lost].unique()]
        what = f"lies more than {margin_m / 1000:g} km outside the study area"
        remedy = f"Correct it, take it out, or {SAY_REFUSED}."
        notes.refuse(rows, "", what=what, remedy=remedy)
    mended = lines.set_geometry(gpd.GeoSeries(shapes, index=lines.index, crs=crs))
    return gpd.GeoDataFrame(mended[~lost]).to_crs(area.crs)


def holding_area(points: gpd.GeoSeries, areas: gpd.GeoDataFrame) -> pd.Series:
    """Id of the area that holds each point.

    Parameters
    ----------
    points
        Points, some perhaps missing.
    areas
        Areas with ids, in the same CRS.

    Returns
    -------
    pandas.Series
        Id, the smallest where areas overlap; missing where no area holds the point.
    """
    shapes = points.to_numpy()
    found = pd.Series(None, index=points.index, dtype=object)
    point, area = shapely.STRtree(areas.geometry.to_numpy()).query(shapes, predicate="intersects")
    pairs = pd.DataFrame({"point": point, "id": areas.index.to_numpy()[area]}).groupby("point")["id"].min()
    found.iloc[pairs.index.to_numpy(dtype=np.int64)] = pairs.to_numpy()
    return found


def is_line(frame: pd.DataFrame) -> pd.Series:
    """Which rows are lines.

    Parameters
    ----------
    frame
        With or without geometry.

    Returns
    -------
    pandas.Series
        True or false for each row.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        return pd.Series(data=False, index=frame.index)
    return pd.Series(np.isin(shapely.get_type_id(frame.geometry.to_numpy()), _LINE_TYPES), index=frame.index)
