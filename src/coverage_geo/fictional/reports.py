"""What a district office would write down about its villages and hamlets, spelling mistakes and all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import Transformer

from coverage_geo.fictional.grids import stream
from coverage_geo.fictional.services import OPERATORS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

FOUNDATION = "Yayasan Pelita Rekaan"
ICON = ("Icon+", "Icon Plus", "PLN Icon")
NOTHING = ("belum ada", "belum ada", "blank spot", "tidak ada sinyal")
REMARKS = {
    "none": ("", "mohon ditindaklanjuti", "sinyal hanya di bukit"),
    "icon": ("kerja sama dengan Icon+", "fiber optik di tiang PLN"),
    "trouble": ("menara rusak, menunggu perbaikan", "menara sedang gangguan"),
    "other": ("", "wifi kantor desa"),
}
SHORT = (("Tanjung ", "Tj. "), ("Sungai ", "Sei "), ("Kampung ", "Kp. "), ("Bukit ", "Bkt. "))


def reported_list(
    villages: gpd.GeoDataFrame,
    state: NDArray[np.object_],
    rsrp_dbm: NDArray[np.float64],
    *,
    seed: int,
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """The district's list of services by village, as typed by hand, and the state it says.

    Parameters
    ----------
    villages
        Sorted by id.
    state
        What is true, one word of `REPORTED` each.
    rsrp_dbm
        Guessed signal at each village centre.
    seed
        Seed of the district.

    Returns
    -------
    tuple of pandas.DataFrame and numpy.ndarray
        Columns kode_desa, nama_desa, kecamatan, status, penyedia, keterangan, without the villages of state
        "unknown"; and the state that is reported for every village, in which a few pairs are swapped.
    """
    rng = stream(seed, "reports")
    said = _swapped(state, rsrp_dbm)
    listed = np.flatnonzero(said != "unknown")
    names = [str(villages["name"].iloc[row]) for row in listed]
    lot = rng.permutation(len(listed)).tolist()
    wrong = set(lot[: max(1, len(listed) // 9)])
    codeless = {*lot[:1], *lot[::-1][: len(listed) // 10]}  # one of them is misspelt as well
    codes = stated_codes(villages)
    rows = []
    for order, row in enumerate(listed):
        word = str(said[row])
        rows.append(
            {
                "kode_desa": "" if order in codeless else codes.iloc[row],
                "nama_desa": misspelt(names[order], rng) if order in wrong else names[order],
                "kecamatan": str(villages["kecamatan"].iloc[row]),
                "status": _status(word, rng),
                "penyedia": _provider(word, rng),
                "keterangan": str(rng.choice(REMARKS[word])),
            }
        )
    columns = ["kode_desa", "nama_desa", "kecamatan", "status", "penyedia", "keterangan"]
    return pd.DataFrame(rows, columns=columns), said


def stated_codes(villages: gpd.GeoDataFrame) -> pd.Series:
    """Return the code by which an office knows each village: Kemendagri's, else the id.

    Parameters
    ----------
    villages
        Any village table.

    Returns
    -------
    pandas.Series
        Text, by village.
    """
    ids: pd.Series = villages.index.to_series().astype(str)
    if "kemendagri_code" not in villages.columns:
        return ids
    codes: pd.Series = villages["kemendagri_code"]
    known: pd.Series = codes.where(codes.notna(), ids).astype(str)
    return known


def _swapped(state: NDArray[np.object_], rsrp_dbm: NDArray[np.float64]) -> NDArray[np.object_]:
    """States with the worst "none" and the best "other" exchanged in a few pairs: conflicts to find."""
    said = state.copy()
    none, other = np.flatnonzero(state == "none"), np.flatnonzero(state == "other")
    pairs = min(len(none), len(other), max(1, len(state) // 20)) if len(state) >= 8 else 0
    said[none[np.argsort(rsrp_dbm[none], kind="stable")[:pairs]]] = "other"
    said[other[np.argsort(-rsrp_dbm[other], kind="stable")[:pairs]]] = "none"
    return said


def _status(word: str, rng: np.random.Generator) -> str:
    if word == "none":
        return str(rng.choice(NOTHING))
    return "gangguan" if word == "trouble" else "sudah ada"


def _provider(word: str, rng: np.random.Generator) -> str:
    if word == "icon":
        return str(rng.choice(ICON))
    if word == "other":
        return str(rng.choice(OPERATORS))
    return "menara" if word == "trouble" else ""


def misspelt(name: str, rng: np.random.Generator) -> str:
    """Name as somebody might type it: shortened, without its space, or with a letter wrong.

    Parameters
    ----------
    name
        The right name.
    rng
        Random numbers.

    Returns
    -------
    str
        Another spelling.
    """
    for long, short in SHORT:
        if long in name and rng.random() < 0.5:
            return name.replace(long, short)
    if " " in name and rng.random() < 0.5:
        first, rest = name.split(" ", 1)
        return first + rest.lower()
    place = int(rng.integers(1, max(len(name) - 1, 2)))
    return name[:place] + name[place : place + 1] * 2 + name[place + 1 :]


def blank_points(
    settlements: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    truth: pd.DataFrame,
    *,
    count: int,
    seed: int,
) -> pd.DataFrame:
    """Blank-spot points in hamlets, each with the partner who could solve it, as an office lists them.

    Parameters
    ----------
    settlements
        All hamlets.
    villages
        Sorted by id.
    truth
        By hamlet: rsrp_dbm and poles ("joined", "apart" or "none").
    count
        How many hamlets, those with the least signal first.
    seed
        Seed of the district.

    Returns
    -------
    pandas.DataFrame
        Columns no, jorong, nagari, kecamatan, lintang, bujur, status, mitra, keterangan.
    """
    rng = stream(seed, "blank points")
    worst = truth["rsrp_dbm"].sort_values(kind="stable").index[:count].sort_values()
    chosen = settlements.loc[worst]
    x_y = chosen.get_coordinates().to_numpy() + rng.normal(0, 40, (len(chosen), 2))
    to_degrees = Transformer.from_crs(settlements.crs, 4326, always_xy=True)
    lon, lat = to_degrees.transform(x_y[:, 0], x_y[:, 1])
    crowded = chosen["people"] >= chosen["people"].median()
    other = np.where(crowded, OPERATORS[0], FOUNDATION)
    return pd.DataFrame(
        {
            "no": np.arange(1, len(chosen) + 1),
            "jorong": chosen["name"].to_numpy(dtype=object),
            "nagari": villages["name"].loc[chosen["village_id"]].to_numpy(dtype=object),
            "kecamatan": chosen["kecamatan"].to_numpy(dtype=object),
            "lintang": np.round(lat, 6),
            "bujur": np.round(lon, 6),
            "status": "blank spot",
            "mitra": np.where(truth.loc[worst, "poles"] == "joined", "Icon Plus", other),
            "keterangan": rng.choice(["", "tidak ada sinyal", "sinyal hanya di bukit"], len(chosen)),
        }
    )


def measured_points(
    road_points: NDArray[np.float64],
    rsrp_dbm: NDArray[np.float64],
    masts: pd.DataFrame,
    crs: object,
    *,
    count: int,
    seed: int,
) -> pd.DataFrame:
    """A few RSRP values as somebody's phone, free to use any operator, logged them along the roads.

    Parameters
    ----------
    road_points
        Points on roads, shape (n, 2) [m].
    rsrp_dbm
        Guessed RSRP of each mast there, shape (masts, n).
    masts
        Their operator and service.
    crs
        CRS of the points.
    count
        How many.
    seed
        Seed of the district.

    Returns
    -------
    pandas.DataFrame
        Columns lat, lon, rsrp, operator, service, time.
    """
    rng = stream(seed, "measurements")
    best = rsrp_dbm.max(axis=0, initial=-140)
    chosen = np.sort(rng.permutation(np.flatnonzero(best > -118))[:count])
    mast = masts.iloc[rsrp_dbm[:, chosen].argmax(axis=0)] if len(masts) else masts
    to_degrees = Transformer.from_crs(crs, 4326, always_xy=True)
    lon, lat = to_degrees.transform(*road_points[chosen].T)
    values = np.clip(best[chosen] + rng.normal(0, 6, len(chosen)), -125, -50)
    minute = np.arange(len(chosen))
    return pd.DataFrame(
        {
            "lat": np.round(lat, 6),
            "lon": np.round(lon, 6),
            "rsrp": np.round(values, 1),
            "operator": mast["operator"].to_numpy(),
            "service": mast["service"].to_numpy(),
            "time": [f"2024-07-01T{8 + one // 60:02d}:{one % 60:02d}:00" for one in minute.tolist()],
        }
    )
