"""Sectors on their towers: what each inherits, where its beam points and which pattern it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from coverage_geo.errors import DuplicateIdError, Fault, ValueRangeError, raise_faults
from coverage_geo.provenance import Assumption
from coverage_geo.radio.antenna import BEAMWIDTH_DEG
from coverage_geo.radio.link_budget import numbers
from coverage_geo.tables import SECTORS, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from coverage_geo.patterns import AntennaPattern

TILT_DEG = 3.0
SAME_TILT_DEG = 0.05
OWN_POWER = ["power_dbm", "gain_dbi", "feeder_loss_db"]
SHOWN = 5
WITHOUT_SECTORS = (
    "towers without sectors",
    "transmit themselves, as without a sector table",
    "no row of the sector table names them",
)
SILENT = "neither sector nor tower says it"


def sector_rows(
    sectors: pd.DataFrame, towers: gpd.GeoDataFrame, patterns: Mapping[str, AntennaPattern]
) -> tuple[pd.DataFrame, tuple[Assumption, ...]]:
    """Sectors, and towers without one, by id; a silent sector has its tower's value, then its pattern's gain.

    Parameters
    ----------
    sectors, towers
        As tables.
    patterns
        Antenna patterns by the name that a sector's `pattern` column gives.

    Returns
    -------
    rows : pandas.DataFrame
        The sectors' columns, completed; a tower without a sector is a row of its own, under its own id.
    assumptions : tuple of Assumption
        How many towers have no sector, and what was taken from patterns.

    Raises
    ------
    InputError
        Naming the rows: a tower or a pattern that is not there, a beam that contradicts itself, a sector that
        bears the id of a tower without sectors.

    Examples
    --------
    >>> import geopandas as gpd
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1"], "antenna_height_m": 60.0},
    ...     geometry=gpd.points_from_xy([0], [0]), crs="EPSG:32748").set_index("tower_id")
    >>> sectors = pd.DataFrame({"sector_id": ["T1/1", "T1/2"], "tower_id": "T1", "azimuth_deg": [0.0, 180.0]})
    >>> sector_rows(sectors.set_index("sector_id"), towers, {})[0]["antenna_height_m"].tolist()
    [60.0, 60.0]
    """
    check(sectors, SECTORS)
    alone = towers.index.difference(sectors["tower_id"])
    faults = [*_stranger_faults(sectors, towers.index), *_same_id_faults(sectors.index, alone)]
    raise_faults([*faults, *_beam_faults(sectors.sort_index(), patterns, "sectors")])
    rows = sectors.reindex([*sectors.index, *alone]).rename_axis("sector_id").sort_index()
    rows["tower_id"] = rows["tower_id"].where(~rows.index.isin(alone), rows.index.to_series())
    assumed: tuple[Assumption, ...] = ()
    if len(alone):
        assumed += (Assumption(*WITHOUT_SECTORS, "ours", len(alone)),)
    own = towers.drop(columns=towers.active_geometry_name).loc[rows["tower_id"]].set_axis(rows.index)
    if "eirp_dbm" in own:  # a tower's EIRP says nothing of a sector that tells its own power
        tells = rows.reindex(columns=OWN_POWER).notna().any(axis=1)
        own = own.assign(eirp_dbm=own["eirp_dbm"].mask(tells))
    shared = [column.name for column in SECTORS.columns if column.name in own and column.name != "tower_id"]
    rows = rows.combine_first(own[shared])
    gains = numbers(rows, "gain_dbi")
    named = _names(rows).map(lambda name: getattr(patterns.get(name), "gain_dbi", None))
    lacks = gains.isna() & numbers(rows, "eirp_dbm").isna() & named.notna()
    if not lacks.any():
        return rows, assumed
    assumed += (Assumption("gain_dbi", "that of its pattern", SILENT, "user", int(lacks.sum())),)
    return rows.assign(gain_dbi=gains.where(~lacks, named.astype(float))), assumed


def beams(
    rows: pd.DataFrame, patterns: Mapping[str, AntennaPattern]
) -> tuple[pd.DataFrame, tuple[Assumption, ...]]:
    """Where each row's beam points and how it falls off, and what was assumed for how many.

    Parameters
    ----------
    rows
        Towers, or sectors as `sector_rows` completes them.
    patterns
        Antenna patterns by name.

    Returns
    -------
    beams : pandas.DataFrame
        The same index; the fields of `antenna.Beam`.
    assumptions : tuple of Assumption
        One for each value assumed.

    Raises
    ------
    InputError
        Naming the rows whose pattern is not there, or whose beam contradicts itself.

    Examples
    --------
    >>> rows = pd.DataFrame({"azimuth_deg": [90.0, None], "mechanical_tilt_deg": [2.0, None]})
    >>> found, assumed = beams(rows, {})
    >>> found[["azimuth_deg", "tilt_deg", "mechanical_tilt_deg"]].to_numpy().tolist()
    [[90.0, 0.0, 2.0], [nan, nan, 0.0]]
    >>> [str(one) for one in assumed]
    ['electrical_tilt_deg: 0°, for 1 (only the mechanical tilt is given; ours)',
     'beamwidth_deg: 70°, for 1 (3GPP TR 36.814; docs)']
    """
    raise_faults(_beam_faults(rows, patterns, "sectors" if "tower_id" in rows else "towers"))
    azimuth, total = numbers(rows, "azimuth_deg"), numbers(rows, "tilt_deg")
    electrical, mechanical = numbers(rows, "electrical_tilt_deg"), numbers(rows, "mechanical_tilt_deg")
    leans = mechanical.notna()
    mechanical = mechanical.fillna((total - electrical).fillna(0.0))
    tilt = electrical.fillna(total - mechanical)
    width = numbers(rows, "beamwidth_deg")
    found = [patterns.get(name) for name in _names(rows)]
    has_pattern = pd.Series([one is not None for one in found], index=rows.index, dtype=bool)
    aimed = azimuth.notna() & ~has_pattern
    own, upright, silent = (
        tilt.isna() & has_pattern,
        aimed & tilt.isna() & leans,
        aimed & tilt.isna() & ~leans,
    )
    narrow = aimed & width.isna()
    stated = (
        ("electrical_tilt_deg", "that of its pattern", own, SILENT, "user"),
        ("electrical_tilt_deg", "0°", upright, "only the mechanical tilt is given", "ours"),
        ("tilt_deg", f"{TILT_DEG:g}°", silent, "3GPP TR 36.814; a usual downtilt", "docs"),
        ("beamwidth_deg", f"{BEAMWIDTH_DEG:g}°", narrow, "3GPP TR 36.814", "docs"),
    )
    beam = {
        "azimuth_deg": azimuth.mask(azimuth.isna() & has_pattern, 0.0),  # a round pattern, see _beam_faults
        "tilt_deg": tilt.mask(upright, 0.0).mask(silent, TILT_DEG),
        "mechanical_tilt_deg": mechanical,
        "beamwidth_deg": width.fillna(BEAMWIDTH_DEG),
        "pattern": pd.Series(found, index=rows.index, dtype=object),
    }
    assumed = tuple(
        Assumption(topic, value, source, grade, int(rows_.sum()))
        for topic, value, rows_, source, grade in stated
        if rows_.any()
    )
    return pd.DataFrame(beam, index=rows.index), assumed


def _names(rows: pd.DataFrame) -> pd.Series:
    """Name of each row's pattern; missing for that of 3GPP."""
    return rows["pattern"] if "pattern" in rows else pd.Series(None, index=rows.index, dtype=object)


def _stranger_faults(rows: pd.DataFrame, towers: pd.Index) -> list[Fault]:
    unknown = sorted(set(rows["tower_id"]) - set(towers))
    if not unknown:
        return []
    what = f"no tower {', '.join(unknown[:SHOWN])}"
    return [Fault(ValueRangeError, "sectors, column 'tower_id'", what, "Use ids of the tower table.")]


def _same_id_faults(sectors: pd.Index, alone: pd.Index) -> list[Fault]:
    both = sectors.intersection(alone)
    if not len(both):
        return []
    what = f"ids of sectors are ids of towers without sectors: {_shown(both)}"
    return [Fault(DuplicateIdError, "sectors", what, "Give each an id of its own.")]


def _beam_faults(rows: pd.DataFrame, patterns: Mapping[str, AntennaPattern], table: str) -> list[Fault]:
    """Patterns that are not there, and beams that cannot be aimed or contradict themselves."""
    names = _names(rows)
    unaimed = numbers(rows, "azimuth_deg").isna()
    known = ", ".join(sorted(patterns)) or "none"
    faults = []
    for name in sorted(set(names.dropna()) - set(patterns)):
        what = f"no pattern {name!r}, for {_shown(rows.index[names == name])}"
        remedy = (
            f"Give it in patterns= (in study.toml: [inputs] patterns; there: {known}), or correct the name."
        )
        faults.append(Fault(ValueRangeError, f"{table}, column 'pattern'", what, remedy))
    needs_aim = unaimed & names.map(lambda name: name in patterns and not patterns[name].is_round).astype(
        bool
    )
    leans = unaimed & (numbers(rows, "mechanical_tilt_deg").fillna(0) != 0)
    for needs, has in ((needs_aim, "a pattern"), (leans, "a mechanical tilt")):
        if needs.any():
            what = f"no azimuth but {has}, for {_shown(rows.index[needs])}"
            faults.append(Fault(ValueRangeError, f"{table}, column 'azimuth_deg'", what, "Fill it in."))
    mechanical = numbers(rows, "mechanical_tilt_deg")
    parts = numbers(rows, "electrical_tilt_deg") + mechanical.mask(unaimed & mechanical.isna(), 0.0)
    differ = (parts - numbers(rows, "tilt_deg")).abs() > SAME_TILT_DEG
    if differ.any():
        what = f"is not the sum of electrical and mechanical tilt, for {_shown(rows.index[differ])}"
        faults.append(
            Fault(ValueRangeError, f"{table}, column 'tilt_deg'", what, "Correct or empty one of them.")
        )
    return faults


def _shown(ids: pd.Index) -> str:
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return ", ".join(map(str, ids[:SHOWN])) + more
