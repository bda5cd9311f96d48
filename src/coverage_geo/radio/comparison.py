"""Where the choice of path-loss model decides who is served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd

from coverage_geo.coverage import Level
from coverage_geo.errors import Fault, MissingColumnError, ValueRangeError, kind_faults, raise_faults
from coverage_geo.radio.link_budget import HANDSET, RSRP_CLASSES, Receiver, SignalClasses
from coverage_geo.radio.path_loss import chosen_model
from coverage_geo.radio.reach import radio_coverage
from coverage_geo.tables import DEMAND, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from coverage_geo.patterns import AntennaPattern
    from coverage_geo.radio.path_loss import PathLossModel
    from coverage_geo.rasters import RasterSource


Place = Literal["demand_id", "settlement_id", "village_id"]
HALF = 0.5


def compare_models(
    towers: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    terrain: RasterSource | None = None,
    *,
    models: Sequence[PathLossModel],
    receiver: Receiver = HANDSET,
    clutter: RasterSource | None = None,
    sectors: pd.DataFrame | None = None,
    patterns: Mapping[str, AntennaPattern] | None = None,
    classes: SignalClasses = RSRP_CLASSES,
    by: Place = "demand_id",
) -> pd.DataFrame:
    """Best level at each place by each model, and whether they disagree.

    Parameters
    ----------
    towers, demand, terrain
        As for `radio_coverage`.
    models
        Two or more path-loss models of different names.
    receiver, clutter, sectors, patterns, classes
        As for `radio_coverage`.
    by
        Which places: demand points, settlements or villages. A village has the level that at least half of
        its people have.

    Returns
    -------
    pandas.DataFrame
        The demand's index, or the ids of settlements or villages, sorted; one column for each model, named
        by it: 0 none, 1 weak, 2 usable, 3 strong, as `Level`; and `differs`. Of settlements and villages
        also `people`, and `people_differ`: those whose own level depends on the model.

    Raises
    ------
    InputError
        When a table is malformed, models are too few or share a name, or the demand names no such places.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from coverage_geo.radio.path_loss import FreeSpace, ItuP1812
    >>> at = {"crs": "EPSG:32748"}
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1"]}, geometry=gpd.points_from_xy([0], [0]), **at)
    >>> points = {"demand_id": ["d1", "d2"], "people": [10.0, 20.0], "village_id": "v1"}
    >>> demand = gpd.GeoDataFrame(points, geometry=gpd.points_from_xy([3000, 14000], [0, 0]), **at)
    >>> models = (ItuP1812(), FreeSpace())
    >>> towers, demand = towers.set_index("tower_id"), demand.set_index("demand_id")
    >>> compare_models(towers, demand, models=models)["differs"].tolist()
    [False, True]
    >>> villages = compare_models(towers, demand, models=models, by="village_id")
    >>> villages[["differs", "people", "people_differ"]].to_numpy().tolist()
    [[True, 30.0, 20.0]]
    """
    raise_faults(kind_faults("models", models, Sequence, "Give two or more in a list."))
    names = [chosen_model(model).name for model in models]
    if len(set(names)) < max(len(names), 2):
        what = f"{len(names)} models with the names {', '.join(names) or 'none'}"
        raise_faults(
            [Fault(ValueRangeError, "compare_models", what, "Give two or more, each of its own kind.")]
        )
    check(demand, DEMAND)
    if by != demand.index.name and (by not in demand or demand[by].isna().all()):
        what, remedy = f"the demand names no {by}", "Make it with demand_points, or choose other places."
        raise_faults([Fault(MissingColumnError, "compare_models", what, remedy)])
    levels = {
        model.name: radio_coverage(
            towers,
            demand,
            terrain,
            receiver=receiver,
            model=model,
            clutter=clutter,
            sectors=sectors,
            patterns=patterns,
            classes=classes,
        ).best_level()
        for model in models
    }
    table = pd.DataFrame(levels, index=demand.index)
    differs = _differs(table)
    if by == demand.index.name:
        return table.assign(differs=differs)
    ordered = demand.sort_index()  # sums of people are the same whatever the order of rows
    people = ordered["people"].astype(float)
    total = people.groupby(ordered[by]).sum()
    weight = people.where(ordered[by].map(total) > 0, 1.0)
    places = _of_most(table.loc[ordered.index], weight, ordered[by])
    own = people.where(differs.loc[ordered.index], 0.0).groupby(ordered[by]).sum()
    return places.assign(differs=_differs(places), people=total, people_differ=own)


def _differs(levels: pd.DataFrame) -> pd.Series:
    return levels.ne(levels.iloc[:, 0], axis=0).any(axis=1)


def _of_most(levels: pd.DataFrame, weight: pd.Series, place: pd.Series) -> pd.DataFrame:
    """Level that at least half of each place's people have, by each model."""
    whole = weight.groupby(place).sum()
    found = pd.DataFrame(0, index=whole.index, columns=levels.columns, dtype="int8")
    for name in levels:
        for level in (Level.WEAK, Level.USABLE, Level.STRONG):
            served = weight.where(levels[name] >= level, 0.0).groupby(place).sum()
            found[name] += (served >= HALF * whole).astype("int8")
    return found
