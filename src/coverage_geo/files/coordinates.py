"""Coordinates as people write them, turned into points of the study."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer

from coverage_geo.errors import CRSError, GeometryTypeError, MissingColumnError
from coverage_geo.files.cells import as_text, first_given, plain_number, quick_numbers
from coverage_geo.files.notes import SAY_CRS, SAY_REFUSED, crs_said, say_columns
from coverage_geo.files.writing import WGS84

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from coverage_geo.files.notes import Notes
    from coverage_geo.rasters import Bounds
    from coverage_geo.tables import StudyArea

MEND_MARGIN_M = 5_000.0  # a mend must land in the study area or at most this far from it
CHUNK = 50_000
FEW = 3  # more rows than this that all lie elsewhere speak of a wrong CRS, not of wrong rows
_SIGNS = {
    **dict.fromkeys(("ls", "s", "selatan", "lintang selatan", "bb", "w", "b", "barat", "bujur barat"), -1),
    **dict.fromkeys(("lu", "n", "u", "utara", "lintang utara", "bt", "e", "t", "timur", "bujur timur"), 1),
}
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_MINUTE = "(?:['\u2032\u2019\u2018`\u00b4m:]|menit|min|\\s)"
_SECOND = "(?:\"|\u2033|\u201d|''|\u2019\u2019|\u2032\u2032|detik|dtk|s(?=\\s+[a-z]))"
_ANGLE = re.compile(
    rf"(?P<before>[a-z ]+?)?\s*(?P<minus>[+-])?\s*{_NUMBER}\s*(?:[\u00b0\u00ba\u02dad*]|derajat|deg|\s|:)\s*"
    rf"(?:{_NUMBER}\s*{_MINUTE}\s*(?:{_NUMBER}\s*{_SECOND}?)?)?\s*(?P<after>[a-z ]+)?"
)
_SIGNED = re.compile(
    r"(?P<before>[a-z ]+?)?\s*(?P<number>[+-]?[\d.,]+)\s*[\u00b0\u00ba\u02da]?\s*(?P<after>[a-z ]+)?"
)


def angle(text: str) -> float:
    r"""Degrees in a text: decimal or degrees, minutes and seconds, with LS/LU/BT or a sign.

    Parameters
    ----------
    text
        Such as "2° 03' 15\" LS", "105°10'30\" BT", "-2,0542" or "105.175".

    Returns
    -------
    float
        Degrees, negative in the south and west; NaN when the text is not one angle.

    Examples
    --------
    >>> angle("2° 03' 15\" LS"), angle("105°10'30\" BT"), angle("-2,0542"), angle("2° 75' LS")
    (-2.0541..., 105.175..., -2.0542, nan)
    """
    tidy = text.strip().casefold()
    signed = _SIGNED.fullmatch(tidy)
    if signed is not None:
        number = plain_number(signed["number"])
        said = signed["before"] or signed["after"]
        return _direction(signed["before"], signed["after"]) * abs(number) if said else number
    match = _ANGLE.fullmatch(tidy)
    if match is None:
        return float("nan")
    degrees, minutes, seconds = (
        float(part.replace(",", ".")) if part else 0.0 for part in match.groups()[2:5]
    )
    if minutes >= 60 or seconds >= 60:
        return float("nan")
    sign = _direction(match["before"], match["after"]) * (-1 if match["minus"] == "-" else 1)
    return sign * (degrees + minutes / 60 + seconds / 3600)


def _direction(before: str | None, after: str | None) -> float:
    words = [word.strip() for word in (before, after) if word and word.strip()]
    if not words:
        return 1.0
    return float(_SIGNS.get(words[0], float("nan"))) if len(words) == 1 else float("nan")


def bounds_in(area: StudyArea, crs: CRS, *, margin_m: float) -> Bounds:
    """Bounds of the study area with a margin, in another CRS.

    Parameters
    ----------
    area
        The study's rectangle.
    crs
        The CRS of the answer.
    margin_m
        Added on each side [m].

    Returns
    -------
    tuple of float
        (west, south, east, north) in that CRS, x first.
    """
    west, south, east, north = area.bounds
    wide = (west - margin_m, south - margin_m, east + margin_m, north + margin_m)
    if crs == area.crs:
        return wide
    moved = Transformer.from_crs(area.crs, crs, always_xy=True).transform_bounds(*wide, densify_pts=21)
    return tuple(float(edge) for edge in moved)  # type: ignore[return-value]


def _inside(x: NDArray[np.float64], y: NDArray[np.float64], box: Bounds) -> NDArray[np.bool_]:
    west, south, east, north = box
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


@dataclass(frozen=True, slots=True)
class _Mend:
    """One way in which a pair of coordinates may have been written wrongly."""

    swap: bool
    flip_x: bool
    flip_y: bool
    shift_x: int
    shift_y: int

    @property
    def steps(self) -> int:
        return self.swap + self.flip_x + self.flip_y + bool(self.shift_x or self.shift_y)

    @property
    def reason(self) -> str:
        parts = [
            "latitude and longitude were swapped" if self.swap else "",
            "the longitude had the wrong sign" if self.flip_x else "",
            "the latitude had the wrong sign" if self.flip_y else "",
            "the decimal point was lost" if self.shift_x or self.shift_y else "",
        ]
        return " and ".join(part for part in parts if part)

    def apply(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if self.swap:
            x, y = y, x
        return (
            x * (-1 if self.flip_x else 1) / 10.0**self.shift_x,
            y * (-1 if self.flip_y else 1) / 10.0**self.shift_y,
        )


def _mends(*, degrees: bool, shifted: bool) -> Iterator[_Mend]:
    signs = (False, True) if degrees else (False,)
    shifts = range(10) if shifted else (0,)
    every = (_Mend(*choice) for choice in itertools.product((False, True), signs, signs, shifts, shifts))
    yield from sorted((mend for mend in every if 1 <= mend.steps <= 2), key=lambda mend: mend.steps)


def _mended(
    x: NDArray[np.float64], y: NDArray[np.float64], box: Bounds, *, degrees: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[str]]:
    """Points that exactly one simplest mend brings into the box; NaN where none or several do."""
    new_x, new_y = np.full(len(x), np.nan), np.full(len(x), np.nan)
    reasons = np.full(len(x), "", dtype=object)
    huge = degrees & ((np.abs(x) > 180) | (np.abs(y) > 180))
    for shifted in (False, True):
        rows = np.flatnonzero(huge == shifted)
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            answers = _mend_alike(x[part], y[part], box, list(_mends(degrees=degrees, shifted=shifted)))
            new_x[part], new_y[part], reasons[part] = answers
    return new_x, new_y, list(reasons)


def _mend_alike(
    x: NDArray[np.float64], y: NDArray[np.float64], box: Bounds, mends: list[_Mend]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.object_]]:
    best_x, best_y = np.full(len(x), np.nan), np.full(len(x), np.nan)
    reasons = np.full(len(x), "", dtype=object)
    steps = np.full(len(x), 99)
    doubtful = np.zeros(len(x), dtype=bool)
    for mend in mends:
        # A decimal point is only looked for where the number is too large for degrees.
        first, second = (y, x) if mend.swap else (x, y)
        fits = ((np.abs(first) > 180) == (mend.shift_x > 0)) & ((np.abs(second) > 180) == (mend.shift_y > 0))
        if not (mend.shift_x or mend.shift_y):
            fits = np.ones(len(x), dtype=bool)
        tried_x, tried_y = mend.apply(x, y)
        hit = fits & _inside(tried_x, tried_y, box) & (mend.steps <= steps)
        again = hit & (steps == mend.steps)
        doubtful |= again & ((np.abs(best_x - tried_x) > 1e-9) | (np.abs(best_y - tried_y) > 1e-9))
        fresh = hit & ~again
        best_x[fresh], best_y[fresh] = tried_x[fresh], tried_y[fresh]
        reasons[fresh], steps[fresh] = mend.reason, mend.steps
    best_x[doubtful], best_y[doubtful], reasons[doubtful] = np.nan, np.nan, ""
    return best_x, best_y, reasons


def placed_points(
    frame: pd.DataFrame,
    area: StudyArea,
    notes: Notes,
    *,
    crs: object = None,
    margin_m: float,
    unplaced: bool = False,
) -> gpd.GeoSeries:
    """Points of the study for each row, from geometry or from columns of coordinates.

    Parameters
    ----------
    frame
        With point geometry, or any of the columns lat and lon, x_m and y_m, x and y, lat_lon.
    area
        The study's rectangle and CRS.
    notes
        Takes what was mended and refused.
    crs
        CRS of columns x and y.
    margin_m
        How far outside the study area a point may lie [m].
    unplaced
        Whether rows without coordinates are allowed; they have no geometry then.

    Returns
    -------
    geopandas.GeoSeries
        In the study's CRS.
    """
    if isinstance(frame, gpd.GeoDataFrame):
        pair = _of_geometry(frame, notes, unplaced=unplaced)
    else:
        found = _of_columns(frame, area, notes, crs, unplaced=unplaced)
        if found is None:
            return gpd.GeoSeries([None] * len(frame), index=frame.index, crs=area.crs)
        pair = found
    return _in_study(pair, area, notes, margin_m)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Coordinates of rows that have them, before any mend."""

    rows: NDArray[np.int64]
    index: pd.Index
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    crs: CRS
    shown: tuple[pd.Series, pd.Series] | None
    column: str


def _of_geometry(frame: gpd.GeoDataFrame, notes: Notes, *, unplaced: bool) -> _Pairs:
    shapes = frame.geometry.to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if missing.any() and not unplaced:
        remedy = "Give it a place, or take the row out."
        notes.refuse(
            list(frame.index[missing]), "", what="has no geometry", remedy=remedy, kind=GeometryTypeError
        )
    kinds = shapely.get_type_id(shapes)
    single = (kinds == shapely.GeometryType.MULTIPOINT) & (shapely.get_num_geometries(shapes) == 1)
    areas = np.isin(kinds, [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON]) & ~missing
    points = (kinds == shapely.GeometryType.POINT) & ~missing
    wrong = ~(points | single | areas | missing)
    if wrong.any():
        names = [shape.geom_type for shape in shapes[wrong]]
        notes.refuse(
            list(frame.index[wrong]),
            "",
            values=names,
            what="is not a point",
            remedy="Give points.",
            kind=GeometryTypeError,
        )
    if areas.any():
        notes.add("mended", frame.index[areas], "", reason="an area; a point inside it is used")
    placed = points | single | areas
    chosen = shapes[placed].copy()
    extra = ~points[placed]
    chosen[extra] = shapely.point_on_surface(chosen[extra])
    x, y = shapely.get_x(chosen), shapely.get_y(chosen)
    return _Pairs(np.flatnonzero(placed), frame.index, x, y, CRS.from_user_input(frame.crs), None, "")


def _of_columns(
    frame: pd.DataFrame, area: StudyArea, notes: Notes, crs: object, *, unplaced: bool
) -> _Pairs | None:
    frame, names = _coordinate_columns(frame)
    if names is None:
        if not unplaced:
            remedy = (
                "Give columns lat and lon (degrees), x_m and y_m (study's CRS), or x and y with crs= "
                "(in study.toml: [crs])."
            )
            notes.fail(MissingColumnError, "has no columns of coordinates", remedy)
        return None
    given = None if crs is None else crs_said(crs, notes.source)
    if names == ("x_m", "y_m"):
        given = area.crs
    elif names == ("lon", "lat"):
        given = given or WGS84
    elif given is None:
        remedy = f"{SAY_CRS}; degrees are read with {say_columns(notes.schema, lon='x', lat='y')}."
        notes.fail(CRSError, "does not say which CRS its columns x and y are in", remedy)
        return None
    pair = [quick_numbers(frame[name]) for name in names]
    empty = [(number.isna() & text.isna()).to_numpy() for number, text in pair]
    none = empty[0] & empty[1]
    if none.any() and not unplaced:
        remedy = "Give it coordinates, or take the row out."
        notes.refuse(list(frame.index[none]), "", what="has no coordinates", remedy=remedy)
    numbers = []
    ready = ~none
    for name, (number, text) in zip(names, pair, strict=True):
        values = _numbers(number, text, name, notes, degrees=given.is_geographic)
        unread = ready & values.isna().to_numpy()
        ready &= ~unread
        numbers.append(values)
        remedy = "Write decimal degrees, or degrees-minutes-seconds with LS, LU or BT."
        what = "is not a coordinate" if given.is_geographic else "is not a number"
        notes.refuse(
            list(frame.index[unread]),
            name,
            values=first_given(text[unread], "(empty)"),
            what=what,
            remedy=remedy,
        )
    placed = np.flatnonzero(ready)
    x, y = (values.to_numpy(dtype=float)[placed] for values in numbers)
    shown = (frame[names[1]].iloc[placed], frame[names[0]].iloc[placed])
    return _Pairs(placed, frame.index, x, y, given, shown, f"{names[1]}, {names[0]}")


def _coordinate_columns(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, str] | None]:
    for pair in (("x_m", "y_m"), ("lon", "lat"), ("x", "y")):
        if set(pair) <= set(frame.columns):
            return frame, pair
    if "lat_lon" not in frame:
        return frame, None
    texts = first_given(as_text(frame["lat_lon"]), "")
    halves = texts.map(_halves)
    lat = halves.map(lambda pair: pair[0])
    lon = halves.map(lambda pair: pair[1])
    return frame.assign(lat=lat, lon=lon), ("lon", "lat")


def _halves(text: str) -> tuple[str, str]:
    for mark in (";", ", ", ","):
        parts = [part.strip() for part in text.split(mark) if part.strip()]
        if len(parts) == 2:
            return parts[0], parts[1]
    words = re.match(r"(.*?(?:ls|lu|s|n))\s+(.+)", text, re.IGNORECASE) or re.match(r"(\S+)\s+(\S+)$", text)
    return (words.group(1), words.group(2)) if words else (text, text and "(no second coordinate)")


def _numbers(numbers: pd.Series, texts: pd.Series, name: str, notes: Notes, *, degrees: bool) -> pd.Series:
    odd = texts.notna().to_numpy()
    if not odd.any():
        return numbers
    read = texts[odd].map(angle if degrees else plain_number).astype(float)
    commas = texts[odd].str.fullmatch(r"[+-]?[\d.,]+").astype(bool) & np.isfinite(read)
    rows = commas.index[commas]
    reason = "decimal or thousands comma"
    notes.add("mended", rows, name, before=texts[rows], after=read[rows], reason=reason)
    together = numbers.where(~odd, read.reindex(numbers.index))
    return together.where(np.isfinite(together))


def _in_study(pairs: _Pairs, area: StudyArea, notes: Notes, margin_m: float) -> gpd.GeoSeries:
    x, y, crs = pairs.x.copy(), pairs.y.copy(), pairs.crs
    index = pairs.index[pairs.rows]
    box = bounds_in(area, crs, margin_m=margin_m)
    zero = (x == 0) & (y == 0) & ~_inside(x, y, box)
    out = ~_inside(x, y, box) & ~zero
    if out.any():
        near = bounds_in(area, crs, margin_m=min(MEND_MARGIN_M, margin_m))
        new_x, new_y, reasons = _mended(x[out], y[out], near, degrees=crs.is_geographic)
        done = ~np.isnan(new_x)
        places = np.flatnonzero(out)
        _list_mends(pairs, index, places[done], new_x[done], new_y[done], np.array(reasons)[done], notes)
        x[places[done]], y[places[done]] = new_x[done], new_y[done]
        lost = places[~done]
        if len(lost) + int(zero.sum()) == len(x) > FEW:
            first = _as_given(pairs, lost[:1])[0]
            what = f"none of its {len(x)} rows lies in or near the study area (the first: {first})"
            remedy = "Check the study area and the CRS of the coordinates: crs= (in study.toml: [crs])."
            notes.fail(CRSError, what, remedy)
        elif len(lost):
            what = f"lies more than {margin_m / 1000:g} km outside the study area"
            _refuse_places(pairs, index, lost, x, y, what, notes)
    if zero.any():
        _refuse_places(pairs, index, np.flatnonzero(zero), x, y, "is no position but an empty entry", notes)
    points = gpd.GeoSeries.from_xy(x, y, index=index, crs=crs).to_crs(area.crs)
    if len(index) == len(pairs.index):
        return points
    return points.reindex(pairs.index)


def _list_mends(
    pairs: _Pairs,
    index: pd.Index,
    places: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    reasons: NDArray[np.object_],
    notes: Notes,
) -> None:
    for reason in dict.fromkeys(reasons):
        these = np.flatnonzero(reasons == reason)
        before = _as_given(pairs, places[these])
        after = [f"{y[one]:.7g}, {x[one]:.7g}" for one in these]
        notes.add(
            "mended", index[places[these]], pairs.column, before=before, after=after, reason=str(reason)
        )


def _as_given(pairs: _Pairs, places: NDArray[np.int64]) -> list[str]:
    if pairs.shown is None:
        return [f"{pairs.y[place]:.10g}, {pairs.x[place]:.10g}" for place in places]
    first, second = pairs.shown
    return [f"{first.iloc[place]}, {second.iloc[place]}" for place in places]


def _refuse_places(
    pairs: _Pairs,
    index: pd.Index,
    places: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    what: str,
    notes: Notes,
) -> None:
    rows = [int(row) for row in index[places]]
    remedy = f"Correct it, take it out, or {SAY_REFUSED}."
    notes.refuse(rows, pairs.column, values=_as_given(pairs, places), what=what, remedy=remedy)
    x[places], y[places] = np.nan, np.nan
