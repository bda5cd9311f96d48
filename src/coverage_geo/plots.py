"""Pictures by matplotlib, which is loaded when one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_geo.errors import kind_faults, raise_faults
from coverage_geo.radio.calibration import Calibration
from coverage_geo.radio.links import MEDIAN_K, SUBREFRACTIVE_CLEARANCE, SUBREFRACTIVE_K, LinkProfile
from coverage_geo.words import RESIDUAL_COLOURS, number_text, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from coverage_geo.words import Language

MARGIN = 0.08
BIN_DB = 2.5


def draw_link(profile: LinkProfile, axes: Axes | None = None, *, language: Language = "id") -> Axes:
    """Picture of a link: terrain on the bulging Earth, obstacles, ray, Fresnel zone and what comes nearest.

    Parameters
    ----------
    profile
        The link, as `link_profile` makes it.
    axes
        Where to draw; a new figure when not given.
    language
        "id" or "en".

    Returns
    -------
    matplotlib.axes.Axes
        Distance in km, height in m; the ray is straight and the ground bulges as at k = 4/3.

    References
    ----------
    ITU-R P.530, §2.2.

    Examples
    --------
    >>> from coverage_geo.radio.links import LinkProfile
    >>> flat = np.zeros(3)
    >>> profile = LinkProfile(np.array([0.0, 5000.0, 10_000.0]), flat, flat, 40.0, 40.0, 7000.0, "A", "B")
    >>> draw_link(profile, language="en").get_title()
    'A - B, 10.0 km, 7,000 MHz: clear; clearance 3.72 of the zone at km 5.0'
    """

    def say(key: str) -> str:
        return word(f"picture.{key}", language)

    raise_faults(kind_faults("profile", profile, LinkProfile, "Give what cg.radio.link_profile returns."))
    axes = _new_axes(9, 4.5) if axes is None else axes
    km = profile.distance_m / 1000
    bulge, zone = profile.bulge_m(MEDIAN_K), profile.fresnel_m
    ground, tops = profile.terrain_m + bulge, profile.obstacle_m + bulge
    span = float(np.nanmax([*tops, profile.first_m, profile.last_m]) - np.nanmin(profile.terrain_m))
    low = float(np.nanmin(profile.terrain_m)) - max(MARGIN * span, 5.0)
    axes.fill_between(km, low, ground, color="#c8ad8a", label=say("terrain"), linewidth=0)
    axes.fill_between(km, low, np.fmin(low + bulge, ground), color="#8c6d46", label=say("bulge"), linewidth=0)
    axes.fill_between(km, ground, tops, color="#5a8f5a", label=say("obstacles"), linewidth=0)
    bent_up = profile.obstacle_m + profile.bulge_m(SUBREFRACTIVE_K)
    axes.plot(km, bent_up, color="#333333", linestyle=":", linewidth=1, label=say("bent_up"))
    ray, part = profile.ray_m, SUBREFRACTIVE_CLEARANCE
    axes.fill_between(km, ray - zone, ray + zone, color="#b2182b", alpha=0.15, label=say("zone"), linewidth=0)
    inner = ray - part * zone, ray + part * zone
    axes.fill_between(km, *inner, color="#b2182b", alpha=0.25, label=say("zone_60"), linewidth=0)
    axes.plot(km, ray, color="#b2182b", linewidth=1.5, label=say("ray"))
    axes.vlines(km[[0, -1]], ground[[0, -1]], ray[[0, -1]], color="#1a1a1a", linewidth=3)
    clearance, at_m = profile.least_clearance(MEDIAN_K)
    if not np.isnan(clearance):
        top = tops[np.abs(profile.distance_m - at_m).argmin()]
        axes.plot(at_m / 1000, top, "v", color="#1a1a1a", label=say("least_mark"))
    edge = 0.01 * km[-1]
    axes.set(xlabel=say("km"), ylabel=say("m"), title=_told(profile, language))
    axes.set(xlim=(-edge, km[-1] + edge), ylim=(low, low + (1 + 2 * MARGIN) * span))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=4, frameon=False, fontsize="small")
    return axes


def _told(profile: LinkProfile, language: Language) -> str:
    """Which link it is, whether it is clear and what comes nearest."""
    clearance, at_m = profile.least_clearance(MEDIAN_K)
    verdict = ("clear" if profile.is_clear else "blocked") if not np.isnan(clearance) else "no_height"
    told = word("picture.link", language).format(
        ends=f"{profile.from_id} - {profile.to_id}, " if profile.from_id else "",
        km=number_text(profile.length_m / 1000, language, decimals=1),
        mhz=number_text(profile.frequency_mhz, language),
        verdict=word(f"picture.{verdict}", language),
    )
    if np.isnan(clearance):
        return told
    least = word("picture.least", language).format(
        clearance=number_text(clearance, language, decimals=2),
        km=number_text(at_m / 1000, language, decimals=1),
    )
    return f"{told}; {least}"


def draw_residuals(found: Calibration, axes: Axes | None = None, *, language: Language = "id") -> Axes:
    """Picture of how far the model is off: a histogram of measured minus modelled, with offset and spread.

    Parameters
    ----------
    found
        What `calibrate` found.
    axes
        Where to draw; a new figure when not given.
    language
        "id" or "en".

    Returns
    -------
    matplotlib.axes.Axes
        Residuals in dB, in bins of 2.5 dB; a line for all and for each class with a normal curve of its own.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> from coverage_geo.radio.calibration import Calibration
    >>> from coverage_geo.radio.path_loss import FreeSpace
    >>> residuals = gpd.GeoDataFrame({"class": "all", "residual_db": [-9.0, -1.0, 1.0]})
    >>> by_class = pd.DataFrame({"count": [3], "offset_db": [-3.0], "spread_db": [5.3]}, index=["all"])
    >>> found = Calibration(-3.0, 5.3, 5.3, 6.0, by_class, residuals, pd.Series(dtype=str), FreeSpace())
    >>> draw_residuals(found, language="en").get_title()
    'error 5.3 dB, calibrated 6.0 dB'
    """
    raise_faults(kind_faults("found", found, Calibration, "Give what cg.radio.calibrate returns."))
    axes = _new_axes(8, 4) if axes is None else axes
    off = found.residuals["residual_db"].to_numpy(dtype=float)
    low, high = np.floor(off.min() / BIN_DB) - 1, np.ceil(off.max() / BIN_DB) + 1
    edges = BIN_DB * np.arange(low, high + 1)
    axes.hist(off, edges.tolist(), color=RESIDUAL_COLOURS["alike"], edgecolor="#ffffff")
    at = np.linspace(edges[0], edges[-1], 400)
    for name, row in found.by_class.iterrows():
        is_all = name == found.by_class.index[0]
        normal = np.exp(-(((at - row["offset_db"]) / row["spread_db"]) ** 2) / 2)
        expected = BIN_DB * row["count"] * normal / (row["spread_db"] * np.sqrt(2 * np.pi))
        text = word("picture.all" if is_all else "picture.class", language).format(
            name=name,
            count=number_text(row["count"], language),
            offset=number_text(row["offset_db"], language, decimals=1),
            spread=number_text(row["spread_db"], language, decimals=1),
        )
        style = {"color": "#1a1a1a", "linewidth": 2.0} if is_all else {"linewidth": 1.2}
        axes.plot(at, expected, label=text, **style)
    axes.axvline(0, color="#666666", linewidth=0.8)
    before, after = (
        number_text(one, language, decimals=1) for one in (found.rmse_before_db, found.rmse_after_db)
    )
    axes.set(
        xlabel=word("picture.residual", language),
        ylabel=word("picture.count", language),
        title=word("picture.errors", language).format(before=before, after=after),
    )
    axes.legend(frameon=False, fontsize="small")
    return axes


def _new_axes(width: float, height: float) -> Axes:
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import, needed for pictures only

    return Figure(figsize=(width, height), layout="constrained").add_subplot()
