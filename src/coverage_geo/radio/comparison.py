"""Where the choice of path-loss model decides who is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from coverage_geo.errors import Fault, ValueRangeError, raise_faults
from coverage_geo.radio.link_budget import HANDSET, RSRP_CLASSES, Receiver, SignalClasses
from coverage_geo.radio.reach import radio_coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from coverage_geo.radio.path_loss import PathLossModel
    from coverage_geo.rasters import RasterSource


def compare_models(
    towers: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    terrain: RasterSource | None = None,
    *,
    models: Sequence[PathLossModel],
    receiver: Receiver = HANDSET,
    clutter: RasterSource | None = None,
    sectors: pd.DataFrame | None = None,
    classes: SignalClasses = RSRP_CLASSES,
) -> pd.DataFrame:
    """Best level at each demand point by each model, and whether they disagree.

    Parameters
    ----------
    towers, demand, terrain, receiver, clutter, sectors, classes
        As for `radio_coverage`.
    models
        Two or more path-loss models of different names.

    Returns
    -------
    pandas.DataFrame
        The demand's index; one column of `Level` for each model, named by it, and `differs`.

    Raises
    ------
    InputError
        When a table is malformed, or models are too few or share a name.

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
    """
    names = [model.name for model in models]
    if len(set(names)) < max(len(names), 2):
        what = f"{len(names)} models with the names {', '.join(names) or 'none'}"
        raise_faults(
            [Fault(ValueRangeError, "compare_models", what, "Give two or more, each of its own kind.")]
        )
    levels = {
        model.name: radio_coverage(
            towers,
            demand,
            terrain,
            receiver=receiver,
            model=model,
            clutter=clutter,
            sectors=sectors,
            classes=classes,
        ).best_level()
        for model in models
    }
    table = pd.DataFrame(levels, index=demand.index)
    return table.assign(differs=table.ne(table.iloc[:, 0], axis=0).any(axis=1))
