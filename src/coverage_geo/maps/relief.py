"""Terrain as a small shaded picture that lies exactly under the map."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import rasterio.features
import rasterio.warp
from affine import Affine
from pyproj import CRS, Transformer
from rasterio.enums import Resampling

from coverage_geo.files.on_disk import RasterOnDisk
from coverage_geo.rasters import Raster
from coverage_geo.words import LEVEL_COLOURS, SEA_COLOUR

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_geo.rasters import Bounds, RasterSource

MERCATOR = CRS.from_epsg(3857)  # what Leaflet draws in
LONGEST = 900
MARGIN = 0.06
SHADES = 24
DARKEST, LIGHTEST = (176, 172, 164), (252, 251, 247)
SUN_AZIMUTH, SUN_HEIGHT = math.radians(315), math.radians(45)
STEEP = 0.35  # slopes are stretched until the steepest tenth is about this steep, so that flat land shows


class Picture(TypedDict):
    """A picture as a data URI, and the corners of its outer pixel edges as [latitude, longitude]."""

    url: str
    corners: list[list[float]]


def to_mercator(
    raster: RasterSource, bounds: Bounds, *, longest: int = LONGEST, nearest: bool = False
) -> Raster:
    """Return a raster warped to Web Mercator: what Leaflet stretches between corners without a shift.

    Parameters
    ----------
    raster
        In any CRS.
    bounds
        (west, south, east, north) of the part wanted, in the raster's CRS.
    longest
        Most pixels along the longer side.
    nearest
        Take the nearest pixel (for classes) instead of the mean.

    Returns
    -------
    Raster
        In EPSG:3857, square pixels, NaN where the raster has no value.
    """
    if isinstance(raster, RasterOnDisk) and not nearest:
        part = raster.overview(bounds, 2 * longest)
    else:
        part = raster.window(bounds)
    west, south, east, north = rasterio.warp.transform_bounds(
        part.crs, MERCATOR, *part.bounds, densify_pts=21
    )
    finest = (east - west) / part.shape[1]
    size = max(finest, (east - west) / longest, (north - south) / longest)
    columns, rows = max(1, round((east - west) / size)), max(1, round((north - south) / size))
    result = np.full((rows, columns), np.nan, dtype=np.float32)
    mean = Resampling.average if size > 1.5 * finest else Resampling.bilinear
    rasterio.warp.reproject(
        part.values,
        result,
        src_transform=_transform(part),
        src_crs=part.crs,
        src_nodata=np.nan,
        dst_transform=Affine(size, 0, west, 0, -size, north),
        dst_crs=MERCATOR,
        dst_nodata=np.nan,
        resampling=Resampling.nearest if nearest else mean,
    )
    return Raster(result, west, north, size, size, MERCATOR, part.unit, part.name)


def shaded_relief(terrain: RasterSource, villages: gpd.GeoDataFrame) -> Picture:
    """Hillshade of the terrain around the villages, the sea tinted.

    Land is what lies above zero or inside a village; where the terrain has no value nothing is drawn.

    Parameters
    ----------
    terrain
        Heights [m] in the study's CRS.
    villages
        The village polygons.

    Returns
    -------
    Picture
        A PNG.
    """
    heights = to_mercator(terrain, _around(villages))
    inside = rasterio.features.geometry_mask(
        villages.geometry.to_crs(MERCATOR),
        heights.shape,
        _transform(heights),
        invert=True,
    )
    values = heights.values
    shade = np.rint((SHADES - 1) * _hillshade(heights)).astype(np.uint8)
    pixels = np.where(np.isnan(values), 0, 2 + shade)
    pixels = np.where((values <= 0) & ~inside, 1, pixels).astype(np.uint8)
    ramp = np.linspace(DARKEST, LIGHTEST, SHADES).round().astype(int).tolist()
    return _picture(heights, pixels, [(255, 255, 255), _rgb(SEA_COLOUR), *map(tuple, ramp)])


def level_picture(levels: RasterSource, villages: gpd.GeoDataFrame) -> Picture:
    """Signal levels as a picture in the colours of their classes.

    Parameters
    ----------
    levels
        Values 0 to 3 as `Level`; NaN where nothing was computed.
    villages
        The village polygons.

    Returns
    -------
    Picture
        A PNG.
    """
    warped = to_mercator(levels, _around(villages), nearest=True)
    known = np.isfinite(warped.values)
    pixels = np.where(known, 1 + np.clip(np.nan_to_num(warped.values), 0, 3), 0).astype(np.uint8)
    return _picture(warped, pixels, [(255, 255, 255), *map(_rgb, LEVEL_COLOURS.values())])


def _transform(raster: Raster) -> Affine:
    return Affine(raster.dx, 0, raster.west, 0, -raster.dy, raster.north)


def _around(villages: gpd.GeoDataFrame) -> Bounds:
    west, south, east, north = (float(edge) for edge in villages.total_bounds)
    margin = MARGIN * max(east - west, north - south)
    return west - margin, south - margin, east + margin, north + margin


def _hillshade(heights: Raster) -> NDArray[np.float64]:
    """Brightness 0 to 1 of each pixel, lit from the north-west."""
    to_degrees = Transformer.from_crs(MERCATOR, "EPSG:4326", always_xy=True)
    _, south, _, north = heights.bounds
    _, latitude = to_degrees.transform(heights.west, (south + north) / 2)
    ground_m = heights.dx * math.cos(math.radians(latitude))
    values = np.nan_to_num(heights.values.astype(float))
    if min(values.shape) < 2:
        return np.full(values.shape, 0.75)
    down, right = np.gradient(values, ground_m)
    steepness = np.hypot(down, right)
    steep = float(np.quantile(steepness[steepness > 0], 0.9)) if (steepness > 0).any() else STEEP
    stretch = min(max(STEEP / steep, 1.0), 12.0)
    slope = np.arctan(stretch * steepness)
    facing = np.arctan2(-right, down)
    light = math.sin(SUN_HEIGHT) * np.cos(slope) + math.cos(SUN_HEIGHT) * np.sin(slope) * np.cos(
        SUN_AZIMUTH - facing
    )
    lit: NDArray[np.float64] = np.clip(light, 0, 1)
    return lit


def _picture(grid: Raster, pixels: NDArray[np.uint8], palette: list[tuple[int, ...]]) -> Picture:
    to_degrees = Transformer.from_crs(MERCATOR, "EPSG:4326", always_xy=True)
    west, south, east, north = grid.bounds
    (left, right), (bottom, top) = to_degrees.transform([west, east], [south, north])
    url = "data:image/png;base64," + base64.b64encode(encode_png(pixels, palette)).decode("ascii")
    corners = [[round(bottom, 7), round(left, 7)], [round(top, 7), round(right, 7)]]
    return {"url": url, "corners": corners}


def encode_png(pixels: NDArray[np.uint8], palette: list[tuple[int, ...]]) -> bytes:
    """Picture of palette colours as PNG; colour 0 is transparent.

    Parameters
    ----------
    pixels
        Colour numbers, shape (rows, columns).
    palette
        Red, green, blue (0 to 255) of each colour.

    Returns
    -------
    bytes
        A PNG file.

    References
    ----------
    W3C, Portable Network Graphics Specification, 2nd edition.

    Examples
    --------
    >>> encode_png(np.zeros((1, 1), dtype=np.uint8), [(0, 0, 0)])[1:4]
    b'PNG'
    """
    rows, columns = pixels.shape
    lines = np.zeros((rows, columns + 1), dtype=np.uint8)  # each line starts with filter 0: none
    lines[:, 1:] = pixels
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(channel for colour in palette for channel in colour)),
        (b"tRNS", b"\x00"),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))
