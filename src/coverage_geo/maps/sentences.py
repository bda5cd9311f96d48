"""What the legend says in sentences: definition, people, routes, notes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from coverage_geo.maps.layers import Note, column_of, drawn, names_of
from coverage_geo.words import number_text, value_text, word

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from coverage_geo.words import Language


def definition_text(definition: object, blanks: pd.DataFrame, language: Language) -> str:
    """Return the definition of a blank spot in words.

    Parameters
    ----------
    definition
        A `Definition` or any text; None takes what the result carries.
    blanks
        The result.
    language
        "id" or "en".

    Returns
    -------
    str
        Never empty: a map without a definition says so.
    """
    if definition is None:
        told = blanks.attrs.get(f"definition_{language}") or blanks.attrs.get("definition")
        return str(told or word("map.no_definition", language))
    describe = getattr(definition, "describe", None)
    return str(describe(language) if callable(describe) else definition)


def people_text(places: pd.DataFrame, language: Language) -> str:
    """Sentence on the people, those of unknown villages apart.

    Parameters
    ----------
    places
        Villages with their results.
    language
        "id" or "en".

    Returns
    -------
    str
        Empty when people were not counted.
    """
    if not {"people", "people_blank"} <= set(places.columns):
        return ""
    unknown = places["state"] == "unknown"
    sums = {
        "blank": places["people_blank"][~unknown],
        "total": places["people"],
        "unknown": places["people"][unknown],
    }
    texts = {name: number_text(math.fsum(values.dropna()), language) for name, values in sums.items()}
    return word("map.people_line", language).format(**texts)


def routes_told(routes: gpd.GeoDataFrame | None, language: Language) -> pd.Series:
    """What a route says at the place it serves: its length and cost, or why there is none.

    Parameters
    ----------
    routes
        As `tables.ROUTES`, with the ``target_id`` they serve.
    language
        "id" or "en".

    Returns
    -------
    pandas.Series
        Text by id of the place; empty when the routes do not say whom they serve.
    """
    if routes is None or "target_id" not in routes.columns:
        return pd.Series(dtype=object)
    figures = pd.Series("", index=routes.index, dtype=object)
    for name in ("length_m", "capital_cost_idr"):
        texts = [value_text(value, name, language) or "" for value in column_of(routes, name)]
        figures = (figures + ", " + pd.Series(texts, index=routes.index)).str.strip(", ")
    told = figures.where(drawn(routes), pd.Series(_reasons(routes, language), index=routes.index))
    return told.set_axis(routes["target_id"]).groupby(level=0).first()


def legend_notes(
    villages: gpd.GeoDataFrame,
    blanks: pd.DataFrame,
    tables: Mapping[str, gpd.GeoDataFrame],
    language: Language,
) -> list[Note]:
    """What is in the data but not on the map, or drawn on an assumption, so that nothing is lost silently.

    Parameters
    ----------
    villages, blanks
        As given.
    tables
        The other tables that were given.
    language
        "id" or "en".

    Returns
    -------
    list of Note
        A sentence with a count, and the names it counts.
    """
    missing = villages[~villages.index.isin(blanks.index)].sort_index()
    listed = {"villages_without_result": names_of(missing)}
    if "towers" in tables:
        silent = tables["towers"][column_of(tables["towers"], "status").isna()].sort_index()
        listed["towers_assumed"] = names_of(silent)
    keys = {"hamlets": "hamlets_unplaced", "routes": "routes_missing", "proposals": "proposals_unplaced"}
    for name, key in keys.items():
        if name in tables:
            first = column_of(tables[name], "rank").fillna(1) == 1  # a place has a route when its best one is
            lost = tables[name][~drawn(tables[name]) & first].sort_index()
            pairs = zip(names_of(lost), _reasons(lost, language), strict=True)
            listed[key] = [f"{text}: {reason}" if reason else text for text, reason in pairs]
    return [
        {"text": word(f"map.{key}", language).format(count=number_text(len(items), language)), "items": items}
        for key, items in listed.items()
        if items
    ]


def _reasons(table: pd.DataFrame, language: Language) -> list[str]:
    """Why each row is not there, with the metres that decided; empty when it does not say."""
    columns = [column_of(table, name) for name in ("reason", "reason_number", "reason_unit")]
    reasons = []
    for reason, number, unit in zip(*columns, strict=True):
        text = value_text(reason, "reason", language) or ""
        decided = value_text(number, f"reason_{unit}", language) if unit in {"m", "share"} else None
        reasons.append(f"{text} ({decided})" if decided else text)
    return reasons
