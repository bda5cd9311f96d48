"""Results as files that others open: GeoPackage, spreadsheets, a field-check list, the figures as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from coverage_geo.blank_spots import EVIDENCE, find_conflicts
from coverage_geo.files.writing import write_csv, write_geopackage, write_gpx, write_json, write_kml
from coverage_geo.tables import is_placed
from coverage_geo.words import word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from coverage_geo.summary import Summary
    from coverage_geo.words import Language


def write_places(path: Path | str, layers: Mapping[str, gpd.GeoDataFrame | None]) -> None:
    """Write results as a GeoPackage, one layer each, whole or not at all.

    Parameters
    ----------
    path
        Where to write, ending in .gpkg.
    layers
        Layer name and table; None and empty tables are left out, lists of ids become text.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import geopandas as gpd
    >>> point = gpd.points_from_xy([5e5], [98e5])
    >>> place = gpd.GeoDataFrame({"name": ["Talang"]}, geometry=point, crs=32748)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_places(pathlib.Path(folder, "out.gpkg"), {"hamlets": place, "routes": None})
    ...     gpd.list_layers(pathlib.Path(folder, "out.gpkg"))["name"].to_list()
    ['hamlets']
    """
    given = {name: _flat(table) for name, table in layers.items() if table is not None and len(table)}
    write_geopackage(path, given)


def write_place_list(path: Path | str, places: pd.DataFrame) -> None:
    """Write places and their figures as a CSV, one row each, without geometry.

    Parameters
    ----------
    path
        Where to write, ending in .csv.
    places
        Such as the result of `find_blank_spots` or `evaluate`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> table = pd.DataFrame({"villages": [("a", "b")]}, index=pd.Index(["T1"], name="proposal_id"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_place_list(pathlib.Path(folder, "out.csv"), table)
    ...     pathlib.Path(folder, "out.csv").read_text().split()
    ['proposal_id,villages', 'T1,"a,', 'b"']
    """
    plain = pd.DataFrame(places.drop(columns="geometry", errors="ignore"))
    if isinstance(places, gpd.GeoDataFrame) and (places.geom_type.dropna() == "Point").all():
        degrees = places.geometry.to_crs(4326)
        plain = plain.assign(lon=degrees.x.round(6), lat=degrees.y.round(6))
    write_csv(path, _rounded(_flat(plain)))


def write_field_check(
    folder: Path, blanks: Mapping[str, gpd.GeoDataFrame | None], *, label: str = "", language: Language = "en"
) -> int:
    """Write the places where sources disagree as GPX and KML, to be visited.

    Parameters
    ----------
    folder
        Where to write ``field_check.gpx`` and ``field_check.kml``.
    blanks
        Kind of place and its states from `find_blank_spots`.
    label
        Put before each description, such as "fictional".
    language
        "id" or "en".

    Returns
    -------
    int
        Number of places written; places that could not be located cannot be visited and are left out.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import geopandas as gpd
    >>> places = gpd.GeoDataFrame({"name": ["Talang"], "conflict": ["reported blank, modelled served"],
    ...     "reported": "blank", "modelled": "served", "measured": "unknown", "declared": "unknown",
    ...     "people": [9.0]}, index=["v1"], geometry=gpd.points_from_xy([5e5], [98e5]), crs=32748)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_field_check(pathlib.Path(folder), {"villages": places, "hamlets": None})
    1
    """
    found = [find_conflicts(table) for table in blanks.values() if table is not None]
    listed = pd.concat([table[["name", *EVIDENCE, "geometry"]] for table in found])
    listed = listed[is_placed(listed)]
    said = [_said(states, language) for states in listed[list(EVIDENCE)].to_dict("records")]
    listed = listed.assign(conflict=[f"{label} {text}".strip() for text in said])
    write_gpx(folder / "field_check.gpx", listed, name_column="name", about_column="conflict")
    write_kml(folder / "field_check.kml", listed, name_column="name", about_column="conflict")
    return len(listed)


def write_summary(path: Path | str, summary: Summary, provenance: Mapping[str, Any]) -> None:
    """Write the headline figures and where they come from as JSON.

    Parameters
    ----------
    path
        Where to write, ending in .json.
    summary
        The figures.
    provenance
        Versions, hashes and choices, as plain values.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from coverage_geo.summary import summarise
    >>> places = gpd.GeoDataFrame({"state": ["blank"], "people": [10.0], "unplaced": False,
    ...     "people_blank": [8.0], "conflict": None}, geometry=[None], index=["a"])
    >>> places.attrs["evidence"] = "modelled"
    >>> demand = gpd.GeoDataFrame({"people": [10.0]})
    >>> found = summarise(places, demand, pd.DataFrame(), title="Sukamaju", definition="NO_INTERNET")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_summary(pathlib.Path(folder, "summary.json"), found, {"versions": {}})
    ...     '"people_blank": 8.0' in pathlib.Path(folder, "summary.json").read_text()
    True
    """
    write_json(path, summary.as_dict() | {"provenance": dict(provenance)})


def _said(states: Mapping[str, str], language: Language) -> str:
    """What each kind of evidence says of a place, in the reader's words."""
    return "; ".join(
        f"{word(f'evidence.{kind}', language)}: {word(f'state.{state}', language)}"
        for kind, state in states.items()
        if state != "unknown"
    )


def _flat(table: pd.DataFrame) -> Any:  # noqa: ANN401 - the kind of table it was given
    """Return the table with tuples of ids as text, and without bills of components and parts of routes."""
    flat = table.drop(columns=["components", "parts"], errors="ignore").copy()
    for column in flat.columns:
        if flat[column].map(lambda value: isinstance(value, tuple)).any():
            flat[column] = [", ".join(map(str, ids)) for ids in flat[column]]
    return flat


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with figures that claim no more digits than they have."""
    return table.round(3)
