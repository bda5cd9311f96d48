"""Who serves which village in the district: the plan behind gateways, towers and what gets reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_geo.errors import Fault, ValueRangeError, raise_faults
from coverage_geo.fictional.grids import NOWHERE, stream
from coverage_geo.fictional.signal import USABLE_DBM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_geo.fictional.relief import Land

REPORTED = ("none", "icon", "trouble", "other", "unknown")
OPERATORS = ("Telkomsel", "Indosat", "XL")
TOWER_OWNERS = ("PT Menara Rekaan", "PT Tiang Contoh", "PT Sinyal Fiktif")
HEIGHTS_M = (32.0, 42.0, 52.0, 62.0, 72.0)
MHZ_4G = (900.0, 1800.0, 1800.0, 2100.0)
SITE_REACH_M = 1_800.0
TOWERS_APART_M = 600.0
POP_OFFSET_M = np.array([12.0, -9.0])
MISSING = {"antenna_height_m": 0.25, "frequency_mhz": 0.25, "power_dbm": 0.5}


def default_counts(villages: int) -> dict[str, int]:
    """Plan how many villages are of each state when nobody says.

    Parameters
    ----------
    villages
        Number of villages.

    Returns
    -------
    dict of str to int
        For each of `REPORTED`; they sum to the number.

    Examples
    --------
    >>> default_counts(24)
    {'none': 10, 'icon': 3, 'trouble': 1, 'other': 8, 'unknown': 2}
    """
    counts = {
        "none": round(0.4 * villages),
        "icon": round(0.12 * villages),
        "trouble": int(villages >= 3) + round(0.02 * max(villages - 24, 0)),
        "other": 0,
        "unknown": 2 if villages >= 10 else 0,
    }
    counts["other"] = villages - sum(counts.values())
    return counts


def plan_services(
    away_m: NDArray[np.float64], counts: Mapping[str, int] | None, *, seed: int
) -> NDArray[np.object_]:
    """State of each village: fibre and operators near the towns, trouble farther out, nothing far away.

    Parameters
    ----------
    away_m
        Distance by road of each village's centre from the nearest town, shape (n,); infinite on islands.
    counts
        How many villages of each state; they must sum to n. None for `default_counts`.
    seed
        Seed of the district.

    Returns
    -------
    numpy.ndarray
        One word of `REPORTED` for each village, shape (n,).

    Raises
    ------
    ValueRangeError
        When the counts hold another word or do not sum to the number of villages.
    """
    wanted = default_counts(len(away_m)) if counts is None else dict.fromkeys(REPORTED, 0) | dict(counts)
    if set(wanted) != set(REPORTED) or min(wanted.values()) < 0 or sum(wanted.values()) != len(away_m):
        what = f"{wanted} does not share out {len(away_m)} villages"
        remedy = f"Give whole numbers for {', '.join(REPORTED)} that sum to {len(away_m)}."
        raise_faults([Fault(ValueRangeError, "reported_counts", what, remedy)])
    rng = stream(seed, "services")
    finite = np.where(np.isfinite(away_m), away_m, 1e6)
    near_first = np.argsort(finite * rng.uniform(0.8, 1.25, len(away_m)), kind="stable")
    served = ["other"] * wanted["other"] + ["trouble"] * wanted["trouble"]
    far = ["none"] * wanted["none"] + ["unknown"] * wanted["unknown"]
    words = ["icon"] * wanted["icon"] + served + rng.permutation(far).tolist()
    state = np.empty(len(away_m), dtype=object)
    state[near_first] = words
    return state


def settled(
    state: NDArray[np.object_], rsrp_dbm: NDArray[np.float64], *, same_counts: bool
) -> NDArray[np.object_]:
    """Return the plan with its "other" and "none" dealt out anew by the signal that the towers give.

    Parameters
    ----------
    state
        As `plan_services` gives it.
    rsrp_dbm
        Guessed signal at each village centre, shape (n,).
    same_counts
        Whether as many of each word must remain; otherwise all with a usable signal are "other".

    Returns
    -------
    numpy.ndarray
        One word of `REPORTED` for each village; the best signals are "other".
    """
    free = np.flatnonzero(np.isin(state.astype(str), ["none", "other"]))
    best_first = free[np.argsort(-rsrp_dbm[free], kind="stable")]
    others = int((state == "other").sum() if same_counts else (rsrp_dbm[free] >= USABLE_DBM).sum())
    dealt = state.copy()
    dealt[best_first[:others]], dealt[best_first[others:]] = "other", "none"
    return dealt


def gateway_table(
    villages: gpd.GeoDataFrame, towns: NDArray[np.int64], places: NDArray[np.float64]
) -> gpd.GeoDataFrame:
    """Fibre points of presence in the towns.

    Parameters
    ----------
    villages
        Sorted by id.
    towns
        Village position of each town, shape (k,).
    places
        Where the towns' centres are, shape (k, 2) [m].

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.GATEWAYS`.
    """
    names = [f"POP {villages['kecamatan'].iloc[town]}" for town in towns]
    index = pd.Index([f"POP-{number + 1:02d}" for number in range(len(towns))], name="gateway_id")
    data = {"name": names, "operator": "Icon Plus", "kind": "point of presence"}
    points = shapely.points(np.round(places + POP_OFFSET_M, 2))
    return gpd.GeoDataFrame(data, index=index, geometry=points, crs=villages.crs)


def tower_table(
    land: Land,
    villages: gpd.GeoDataFrame,
    centres: NDArray[np.float64],
    towns: NDArray[np.int64],
    state: NDArray[np.object_],
    *,
    seed: int,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Put towers on high ground near the villages that the plan serves, two in each town.

    Parameters
    ----------
    land
        The relief.
    villages
        Sorted by id.
    centres
        Where village centres are, shape (n, 2) [m].
    towns
        Positions of the villages that are towns.
    state
        As `plan_services` gives it.
    seed
        Seed of the district.

    Returns
    -------
    tuple of geopandas.GeoDataFrame and pandas.DataFrame
        As `tables.TOWERS`, partly without height, frequency and power; and what they truly have: x_m, y_m,
        height_m, mhz, village (position), operator, service.
    """
    rng = stream(seed, "towers")
    rows: list[tuple[int, str, str]] = []
    planned = rng.permutation(np.flatnonzero(state == "none"))[: min(2, int((state == "none").sum()))]
    for village, word in enumerate(state):
        if village in towns:
            rows += [(village, "on air", "4G"), (village, "on air", "4G")]
        elif word == "other":
            rows.append((village, "on air", "2G" if rng.random() < 0.12 else "4G"))
        if word == "trouble":
            rows.append((village, "faulty", "4G"))
        if village in planned:
            rows.append((village, "planned", "4G"))
    taken: list[NDArray[np.float64]] = []
    for village, _, _ in rows:
        taken.append(high_site(land, centres[village], taken, SITE_REACH_M))
    place = np.array(taken).reshape(-1, 2)
    truth = pd.DataFrame(
        {
            "x_m": place[:, 0],
            "y_m": place[:, 1],
            "height_m": rng.choice(HEIGHTS_M, len(rows)),
            "mhz": [900.0 if service == "2G" else float(rng.choice(MHZ_4G)) for _, _, service in rows],
            "village": [village for village, _, _ in rows],
        },
        index=pd.Index([f"MN-{number + 1:03d}" for number in range(len(rows))], name="tower_id"),
    )
    data = pd.DataFrame(
        {
            "name": [f"Menara {villages['name'].iloc[village]}" for village, _, _ in rows],
            "operator": rng.choice(OPERATORS, len(rows)).astype(object),
            "owner": rng.choice(TOWER_OWNERS, len(rows)).astype(object),
            "status": [status for _, status, _ in rows],
            "service": [service for _, _, service in rows],
            "antenna_height_m": truth["height_m"],
            "frequency_mhz": truth["mhz"],
            "power_dbm": np.where(rng.random(len(rows)) < 0.7, 43.0, 46.0),
        },
        index=truth.index,
    )
    truth = truth.join(data[["operator", "service"]])
    for column, share in MISSING.items():
        data[column] = data[column].mask(rng.random(len(rows)) < share)
    return gpd.GeoDataFrame(data, geometry=shapely.points(place), crs=villages.crs), truth


def high_site(
    land: Land, centre: NDArray[np.float64], taken: list[NDArray[np.float64]], reach_m: float
) -> NDArray[np.float64]:
    """Place for a tower: the highest ground near, but no farther than it gains, apart from other towers.

    Parameters
    ----------
    land
        The relief.
    centre
        Whom it should serve, shape (2,) [m].
    taken
        Where towers stand.
    reach_m
        Greatest distance from the centre.

    Returns
    -------
    numpy.ndarray
        Shape (2,) [m].
    """
    points = land.grid.centres()
    away = np.hypot(*(points - centre).T)
    near = np.flatnonzero((away <= reach_m) & (land.owner.ravel() != NOWHERE))
    if taken:
        beside = np.hypot(*(points[near, None] - np.array(taken)).transpose(2, 0, 1)).min(axis=1)
        near = near[beside > TOWERS_APART_M]
    if not len(near):
        return centre.round(1)
    worth = land.height.ravel()[near] - 0.045 * away[near]
    best: NDArray[np.float64] = points[near[int(np.argmax(worth))]].round(1)
    return best
