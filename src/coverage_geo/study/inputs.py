"""The checked tables and rasters that a study names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import pandas as pd
from shapely import LineString, Point

from coverage_geo.errors import ValueRangeError, refuse
from coverage_geo.files.declared import read_declared_coverage
from coverage_geo.files.gateways import read_gateways
from coverage_geo.files.grids import read_raster, read_terrain
from coverage_geo.files.measurements import read_measurements
from coverage_geo.files.poles import read_pole_lines
from coverage_geo.files.proposals import read_proposals
from coverage_geo.files.sectors import read_sectors
from coverage_geo.files.settlements import read_settlements
from coverage_geo.files.status import read_reported_status
from coverage_geo.files.towers import read_towers
from coverage_geo.files.villages import read_villages
from coverage_geo.tables import PROPOSALS, REPAIRS, Repair, add_repairs, check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from coverage_geo.rasters import Raster
    from coverage_geo.study.settings import Study

Table = TypeVar("Table")
SEVERAL = ("poles", "terrain")  # may come in several files


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """The checked tables and rasters of a study; what was not given is None.

    Attributes
    ----------
    villages, settlements, towers, sectors, poles, gateways : table or None
        As their readers return them.
    reported, measured, declared : table or None
        Evidence besides the model.
    proposals : table or None
        What somebody asks about.
    population, terrain : Raster or None
        People and heights.
    """

    villages: gpd.GeoDataFrame
    settlements: gpd.GeoDataFrame | None = None
    towers: gpd.GeoDataFrame | None = None
    sectors: pd.DataFrame | None = None
    poles: gpd.GeoDataFrame | None = None
    gateways: gpd.GeoDataFrame | None = None
    reported: gpd.GeoDataFrame | None = None
    measured: gpd.GeoDataFrame | None = None
    declared: gpd.GeoDataFrame | None = None
    proposals: gpd.GeoDataFrame | None = None
    population: Raster | None = None
    terrain: Raster | None = None


def read_inputs(study: Study) -> Inputs:
    """Return every input that a study names, read and checked.

    Parameters
    ----------
    study
        From `read_study`.

    Returns
    -------
    Inputs
        What was not named is None.

    Raises
    ------
    InputError
        When an input cannot be used.

    Examples
    --------
    >>> read_inputs(read_study("study.toml")).villages  # doctest: +SKIP
    """
    villages = read_villages(
        study.inputs["villages"][0],
        columns=study.columns.get("villages"),
        codes=study.inputs["codes"][0] if "codes" in study.inputs else None,
    )
    settlements = _read(study, "settlements", read_settlements, villages)
    towers = _read(study, "towers", read_towers, villages)
    return Inputs(
        villages=villages,
        settlements=settlements,
        towers=towers,
        sectors=_read(study, "sectors", read_sectors, villages),
        poles=_read(study, "poles", read_pole_lines, villages),
        gateways=_read(study, "gateways", read_gateways, villages),
        reported=_reported(study, villages, settlements),
        measured=_read(study, "measurements", read_measurements, villages),
        declared=_read(study, "declared_coverage", read_declared_coverage, villages),
        proposals=_proposals(study, villages, towers),
        population=_read(study, "population", read_raster, villages),
        terrain=_read(study, "terrain", read_terrain, villages),
    )


def _read(study: Study, name: str, read: Callable[..., Table], villages: gpd.GeoDataFrame) -> Table | None:
    """Return what a reader makes of an input, or None when the study does not name it."""
    if name not in study.inputs:
        return None
    files = study.inputs[name]
    columns = {"columns": study.columns[name]} if name in study.columns else {}
    return read(list(files) if name in SEVERAL else files[0], study_area=villages, **columns)


def _proposals(
    study: Study, villages: gpd.GeoDataFrame, towers: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame | None:
    """Return towers, drawn routes and repairs from all their files as one table."""
    columns = study.columns.get("proposals")
    files = study.inputs.get("proposals", ())
    tables = [read_proposals(file, study_area=villages, towers=towers, columns=columns) for file in files]
    if study.proposals:
        tables.append(_written(study.proposals, villages, towers))
    return _together(tables)


def _written(
    proposals: Sequence[Mapping[str, Any]], villages: gpd.GeoDataFrame, towers: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return the proposals that the study.toml itself describes, in the study's CRS."""
    shapes = [
        LineString(one["line"]) if "line" in one else Point(one["lon"], one["lat"]) if "lon" in one else None
        for one in proposals
    ]
    places = gpd.GeoSeries(shapes, crs="EPSG:4326").to_crs(villages.crs)
    table = gpd.GeoDataFrame(list(proposals), geometry=places).drop(
        columns=["lon", "lat", "line"], errors="ignore"
    )
    table = table.set_index(table.pop("proposal_id").astype(str).rename("proposal_id"))
    standing = [] if towers is None else towers.index
    unknown = table.loc[(table["kind"] == "repair") & ~table.get("tower_id", table["kind"]).isin(standing)]
    if len(unknown):
        what = f"repair of unknown towers by {', '.join(unknown.index)}"
        refuse(ValueRangeError, "[[proposal]]", what, "Give the tower_id of a tower in the list.")
    check(table, PROPOSALS, crs=villages.crs)
    return table


def _reported(
    study: Study, villages: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame | None:
    """Return all lists of reported status as one table; ids carry the list's name when there are several."""
    columns = study.columns.get("reported_status")
    files = study.inputs.get("reported_status", ())
    lists = [
        read_reported_status(
            file,
            villages=villages,
            settlements=settlements,
            columns=columns,
            state=study.choices.reported_state,
        )
        for file in files
    ]
    if len(lists) > 1:
        lists = [
            table.set_index((f"{file.stem}:" + table.index).rename("status_id"))
            for file, table in zip(files, lists, strict=True)
        ]
    return _together(lists)


def _together(tables: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """Return the tables below each other, with the repairs of all; None when there is none."""
    if len(tables) < 2:
        return next(iter(tables), None)
    mended = [Repair(*row) for table in tables for row in table.attrs.get(REPAIRS, ())]
    plain = [table.assign() for table in tables]
    for table in plain:
        table.attrs = {}
    together = pd.concat(plain).sort_index()
    add_repairs(together, mended)
    return together
