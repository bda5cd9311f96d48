"""The checked tables and rasters that a study names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import pandas as pd
from shapely import LineString, Point, box

from coverage_geo.errors import DuplicateIdError, Fault, InputError, ValueRangeError, raise_faults, refuse
from coverage_geo.files.clutter import read_clutter_heights
from coverage_geo.files.declared import read_declared_coverage
from coverage_geo.files.gateways import read_gateways
from coverage_geo.files.grids import read_land_cover, read_raster, read_terrain
from coverage_geo.files.measurements import read_measurements
from coverage_geo.files.obstacles import read_obstacles
from coverage_geo.files.patterns import read_pattern
from coverage_geo.files.poles import read_pole_lines
from coverage_geo.files.proposals import MARGIN_M, read_proposals
from coverage_geo.files.roads import read_roads
from coverage_geo.files.sectors import read_sectors
from coverage_geo.files.settlements import read_settlements
from coverage_geo.files.status import read_reported_status
from coverage_geo.files.towers import read_towers
from coverage_geo.files.villages import read_villages
from coverage_geo.radio.clutter import WORLD_COVER_HEIGHTS_M, clutter_heights
from coverage_geo.study.settings import RASTERS, SEVERAL
from coverage_geo.tables import PROPOSALS, REPAIRS, Repair, add_repairs, as_study_area, check, is_placed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from coverage_geo.patterns import AntennaPattern
    from coverage_geo.rasters import Raster, RasterSource
    from coverage_geo.study.settings import Study

Table = TypeVar("Table")
WHOLE = (*RASTERS, "clutter_heights", "patterns")  # have no rows to set aside


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """The checked tables and rasters of a study; what was not given is None.

    Attributes
    ----------
    villages, settlements, towers, sectors, poles, roads, obstacles, gateways : table or None
        As their readers return them.
    patterns : mapping of str to AntennaPattern
        By the names of their files, which sectors call them by.
    reported, measured, declared : table or None
        Evidence besides the model.
    proposals : table or None
        What somebody asks about.
    population : Raster or None
        People.
    terrain, land_cover, clutter : RasterSource or None
        Heights of the ground, classes of land cover, and heights of trees and buildings.
    """

    villages: gpd.GeoDataFrame
    settlements: gpd.GeoDataFrame | None = None
    towers: gpd.GeoDataFrame | None = None
    sectors: pd.DataFrame | None = None
    patterns: Mapping[str, AntennaPattern] = field(default_factory=dict)
    poles: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    obstacles: gpd.GeoDataFrame | None = None
    gateways: gpd.GeoDataFrame | None = None
    reported: gpd.GeoDataFrame | None = None
    measured: gpd.GeoDataFrame | None = None
    declared: gpd.GeoDataFrame | None = None
    proposals: gpd.GeoDataFrame | None = None
    population: Raster | None = None
    terrain: RasterSource | None = None
    land_cover: RasterSource | None = None
    clutter: RasterSource | None = None


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
    >>> import tempfile
    >>> from pathlib import Path
    >>> from coverage_geo.fictional import make_district, write_district
    >>> from coverage_geo.study.settings import read_study
    >>> folder = Path(tempfile.mkdtemp())
    >>> made = write_district(make_district(village_count=4, width_km=8, seed=1), folder)
    >>> _ = (folder / "study.toml").write_text('inputs.villages = "villages.gpkg"')
    >>> inputs = read_inputs(read_study(folder / "study.toml"))
    >>> len(inputs.villages), inputs.towers
    (4, None)
    """
    codes = next(iter(study.inputs.get("codes", ())), None)
    villages = read_villages(study.inputs["villages"][0], codes=codes, **_said(study, "villages"))
    faults: list[Fault] = []

    def read(name: str, reader: Callable[..., Table], **known: object) -> Table | None:
        """Return what a reader makes of an input; its faults wait for those of the others."""
        if name not in study.inputs:
            return None
        files = study.inputs[name]
        try:
            return reader(list(files) if name in SEVERAL else files[0], **known, **_said(study, name))
        except InputError as error:
            faults.extend(error.faults or [Fault(type(error), name, str(error), "Correct the file.")])
            return None

    area = {"study_area": villages}
    settlements = read("settlements", read_settlements, **area)
    towers = read("towers", read_towers, **area)
    cover = read("land_cover", read_land_cover, **area)
    canopy = read("canopy", read_terrain, **area)
    heights = read("clutter_heights", read_clutter_heights)
    reported_state = {"state": study.choices.reported_state}
    inputs = Inputs(
        villages=villages,
        settlements=settlements,
        towers=towers,
        sectors=read("sectors", read_sectors, towers=towers, **area),
        patterns=read("patterns", _read_patterns) or {},
        poles=read("poles", read_pole_lines, **area),
        roads=read("roads", read_roads, **area),
        obstacles=read("obstacles", read_obstacles, **area),
        gateways=read("gateways", read_gateways, **area),
        reported=read(
            "reported_status", _read_lists, villages=villages, settlements=settlements, **reported_state
        ),
        measured=read("measurements", read_measurements, **area),
        declared=read("declared_coverage", read_declared_coverage, **area),
        proposals=read("proposals", _read_proposals, towers=towers, **area),
        population=read("population", read_raster, **area),
        terrain=read("terrain", read_terrain, **area),
        land_cover=cover,
    )
    raise_faults(faults)
    inputs = replace(inputs, clutter=_clutter(cover, canopy, heights or WORLD_COVER_HEIGHTS_M))
    if study.proposals:
        asked = [
            table
            for table in (inputs.proposals, _written(study.proposals, villages, towers))
            if table is not None
        ]
        inputs = replace(inputs, proposals=_together(asked))
    return inputs


def _said(study: Study, name: str) -> dict[str, Any]:
    """What the study says of an input besides its files, as arguments of its reader."""
    said: dict[str, Any] = {}
    if name in study.layers:
        said["layer"] = study.layers[name]
    if name in study.columns:
        said["columns"] = study.columns[name]
    if name in study.crs:
        said["crs"] = study.crs[name]
    if name not in WHOLE:
        said["refused"] = study.choices.refused
    return said


def _clutter(
    cover: RasterSource | None, canopy: RasterSource | None, heights_m: Mapping[int, float]
) -> RasterSource | None:
    """Return heights of trees and buildings: those of the land cover's classes, the canopy's where known."""
    return canopy if cover is None else clutter_heights(cover, heights_m, canopy=canopy)


def _read_patterns(files: Sequence[Path], **known: Any) -> dict[str, AntennaPattern]:  # noqa: ANN401 - passed on
    """Return antenna patterns by the names of their files, without the ending."""
    names = [file.stem for file in files]
    faults = [
        Fault(
            DuplicateIdError, file.name, f"another pattern is called {file.stem} too", "Rename one of them."
        )
        for place, file in enumerate(files)
        if file.stem in names[:place]
    ]
    raise_faults(faults)
    return dict(zip(names, _each(files, read_pattern, known), strict=True))


def _each(files: Sequence[Path], reader: Callable[..., Table], known: Mapping[str, object]) -> list[Table]:
    """Return what a reader makes of each file; faults of all are told at once."""
    read: list[Table] = []
    faults: list[Fault] = []
    for file in files:
        try:
            read.append(reader(file, **known))
        except InputError as error:
            faults += error.faults
    raise_faults(faults)
    return read


def _read_proposals(files: Sequence[Path], **known: Any) -> gpd.GeoDataFrame:  # noqa: ANN401 - passed on
    """Return towers, drawn routes and repairs from all their files as one table."""
    return _together(_each(files, read_proposals, known))


def _read_lists(files: Sequence[Path], **known: Any) -> gpd.GeoDataFrame:  # noqa: ANN401 - passed on
    """Return all lists of reported status as one table; ids carry the list's name when there are several."""
    lists = _each(files, read_reported_status, known)
    if len(lists) > 1:
        lists = [
            table.set_index((f"{file.stem}:" + table.index).rename("status_id"))
            for file, table in zip(files, lists, strict=True)
        ]
    return _together(lists)


def _written(
    proposals: Sequence[Mapping[str, Any]], villages: gpd.GeoDataFrame, towers: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return the proposals that the study.toml itself describes, in the study's CRS."""
    shapes = [
        LineString(one["line"]) if "line" in one else Point(one["lon"], one["lat"]) if "lon" in one else None
        for one in proposals
    ]
    places = gpd.GeoSeries(shapes, crs="EPSG:4326").to_crs(villages.crs)
    told = [
        one | {"pole_ids": ";".join(one["pole_ids"])} if isinstance(one.get("pole_ids"), list) else one
        for one in map(dict, proposals)
    ]
    table = gpd.GeoDataFrame(told, geometry=places).drop(columns=["lon", "lat", "line"], errors="ignore")
    table = table.set_index(table.pop("proposal_id").astype(str).str.strip().rename("proposal_id"))
    standing = [] if towers is None else towers.index
    unknown = table.loc[(table["kind"] == "repair") & ~table.get("tower_id", table["kind"]).isin(standing)]
    if len(unknown):
        what = f"repair of unknown towers by {', '.join(unknown.index)}"
        refuse(ValueRangeError, "[[proposal]]", what, "Give the tower_id of a tower in the list.")
    check(table, PROPOSALS, crs=villages.crs)
    west, south, east, north = as_study_area(villages).bounds
    around = box(west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M)
    away = table[is_placed(table) & ~table.intersects(around)]
    if len(away):
        what = f"{', '.join(away.index)} lies more than {MARGIN_M / 1000:g} km outside the study area"
        refuse(ValueRangeError, "[[proposal]]", what, "Check lon and lat: they are decimal degrees, WGS84.")
    return table


def _together(tables: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the tables below each other, with the repairs of all."""
    if len(tables) == 1:
        return tables[0]
    mended = [Repair(*row) for table in tables for row in table.attrs.get(REPAIRS, ())]
    plain = [table.assign() for table in tables]
    for table in plain:
        table.attrs = {}
    together = pd.concat(plain).sort_index(kind="stable")
    twice = together.index[together.index.duplicated()].unique()
    if len(twice):
        what = f"{', '.join(twice[:5])}{' ...' if len(twice) > 5 else ''} stands in several files"
        refuse(DuplicateIdError, str(together.index.name), what, "Give each row an id of its own.")
    add_repairs(together, mended)
    return together
