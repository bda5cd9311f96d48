"""The tables a map is given: checked together and made ready to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from pyproj import CRS

from coverage_geo.blank_spots import EVIDENCE
from coverage_geo.errors import Fault, InputError, MissingColumnError, ValueRangeError, raise_faults
from coverage_geo.maps.layers import column_of, drawn
from coverage_geo.tables import (
    GATEWAYS,
    MEASUREMENTS,
    POINTS,
    POLES,
    PROPOSALS,
    ROUTES,
    SETTLEMENTS,
    TOWERS,
    VILLAGES,
    Column,
    Schema,
    as_study_area,
    check,
    crs_faults,
)
from coverage_geo.words import LANGUAGES, STATE_COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from coverage_geo.rasters import RasterSource

    Tables = Mapping[str, gpd.GeoDataFrame]

STATE = Column("state", "text", "blank, served or unknown", required=True, choices=tuple(STATE_COLOURS))
BLANKS = Schema(
    "blanks",
    "village_id",
    frozenset(),
    (
        STATE,
        Column("people", "number", "residents", "people", low=0),
        Column("people_blank", "number", "people without service", "people", low=0),
    ),
)
SIGNAL = Schema(
    "signal",
    "demand_id",
    POINTS,
    (Column("level", "number", "0 none to 3 strong", required=True, complete=True, low=0, high=3),),
)
RESIDUALS = Schema(
    "residuals",
    "measurement_id",
    POINTS,
    (Column("residual_db", "number", "measured minus modelled", "dB", required=True, complete=True),),
)
SCHEMAS = {
    "hamlets": SETTLEMENTS,
    "towers": TOWERS,
    "poles": POLES,
    "gateways": GATEWAYS,
    "routes": ROUTES,
    "proposals": PROPOSALS,
    "signal": SIGNAL,
    "measurements": MEASUREMENTS,
    "residuals": RESIDUALS,
}


def check_inputs(
    villages: gpd.GeoDataFrame,
    blanks: pd.DataFrame,
    tables: Tables,
    rasters: Mapping[str, RasterSource],
    language: str,
) -> None:
    """Check all that a map is given and raise the faults of all at once.

    Parameters
    ----------
    villages, blanks
        As `gap_map` takes them.
    tables
        The other tables, by the name of their argument.
    rasters
        The rasters, by the name of their argument.
    language
        The language asked for.

    Raises
    ------
    InputError
        With every fault found.
    """
    crs = CRS.from_user_input(villages.crs) if getattr(villages, "crs", None) else None
    faults = _schema_faults(villages, VILLAGES) + _schema_faults(blanks, BLANKS)
    for name, table in tables.items():
        if name in SCHEMAS:
            faults += _schema_faults(table, SCHEMAS[name], crs)
    if "repairs" in tables:
        faults += _repair_faults(tables["repairs"], crs)
    for name, raster in rasters.items():
        faults += crs_faults(raster.crs, name, crs)
    if language not in LANGUAGES:
        what = f"language {language!r} is unknown"
        faults.append(Fault(ValueRangeError, "map", what, f"Use {' or '.join(LANGUAGES)}."))
    raise_faults(faults)
    as_study_area(villages)
    raise_faults([*_stranger_faults(villages, blanks), *_state_faults(tables)])


def _schema_faults(table: pd.DataFrame, schema: Schema, crs: CRS | None = None) -> list[Fault]:
    try:
        check(table, schema, crs=crs)
    except InputError as error:
        return list(error.faults)
    return []


def _repair_faults(repairs: gpd.GeoDataFrame, crs: CRS | None) -> list[Fault]:
    faults = crs_faults(repairs.crs, "repairs", crs)
    if "what" not in repairs.columns:
        remedy = "Give the repairs of a pole graph."
        faults.append(Fault(MissingColumnError, "repairs", "no column 'what'", remedy))
    return faults


def _stranger_faults(villages: gpd.GeoDataFrame, blanks: pd.DataFrame) -> list[Fault]:
    strangers = blanks.index.difference(villages.index)
    if not len(strangers):
        return []
    what = f"no village {', '.join(map(str, strangers[:5]))}"
    return [Fault(ValueRangeError, "blanks", what, "Give the villages the blank spots were found for.")]


def _state_faults(tables: Tables) -> list[Fault]:
    if "hamlets" not in tables or column_of(tables["hamlets"], "state").dropna().isin(STATE_COLOURS).all():
        return []
    what = "column 'state' holds another word than blank, served, unknown"
    return [Fault(ValueRangeError, "hamlets", what, "Use one of those words.")]


def with_results(villages: gpd.GeoDataFrame, blanks: pd.DataFrame, told: pd.Series) -> gpd.GeoDataFrame:
    """Villages with the columns of their result; unknown where there is none.

    Parameters
    ----------
    villages, blanks
        Checked.
    told
        What a route says of a place, by its id.

    Returns
    -------
    geopandas.GeoDataFrame
        Same index; a complete column ``state``, and ``route``.
    """
    own = {"name", "geometry", villages.geometry.name, getattr(blanks, "active_geometry_name", None)}
    result = pd.DataFrame(blanks).drop(columns=[name for name in own if name in blanks.columns])
    kept = villages.drop(columns=[name for name in result.columns if name in villages.columns])
    return with_states(kept.join(result), told)


def with_states(places: gpd.GeoDataFrame, told: pd.Series) -> gpd.GeoDataFrame:
    """Places with a complete column ``state``; evidence that says nothing is left empty.

    Parameters
    ----------
    places
        Villages or hamlets.
    told
        What a route says of a place, by its id.

    Returns
    -------
    geopandas.GeoDataFrame
        Same index; a place without a state is unknown.
    """
    silent = {
        kind: places[kind].where(places[kind] != "unknown") for kind in EVIDENCE if kind in places.columns
    }
    state = column_of(places, "state").astype(object).fillna("unknown")
    return places.assign(**silent, state=state, route=told)


def at_their_towers(proposals: gpd.GeoDataFrame, towers: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Proposals, repairs without a place put at the tower they mend.

    Parameters
    ----------
    proposals, towers
        Checked.

    Returns
    -------
    geopandas.GeoDataFrame
        Same index.
    """
    if towers is None or "tower_id" not in proposals.columns:
        return proposals
    at = towers.geometry.reindex(proposals["tower_id"]).set_axis(proposals.index)
    return proposals.set_geometry(proposals.geometry.where(drawn(proposals), at))
