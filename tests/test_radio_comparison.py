"""Places whose level depends on the choice of path-loss model."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from coverage_geo.errors import InputError, MissingColumnError
from coverage_geo.radio.comparison import compare_models
from coverage_geo.radio.path_loss import FreeSpace, ItuP1812
from coverage_geo.rasters import Raster

CRS = "EPSG:32748"
MODELS = (ItuP1812(), FreeSpace())


def ridge():
    """Flat ground with a wall of 150 m in the east, behind which only free space hears a tower."""
    heights = np.zeros((60, 300))
    heights[:, 180:184] = 150.0
    return Raster(heights, west=0, north=3000, dx=50, dy=50, crs=CRS, unit="m")


def tower():
    at = gpd.points_from_xy([500.0], [1500.0])
    return gpd.GeoDataFrame({"antenna_height_m": [30.0]}, geometry=at, crs=CRS, index=["T1"]).rename_axis(
        "tower_id"
    )


def demand(x, people, village, settlement=None):
    ids = pd.Index([f"d{number}" for number in range(len(x))], name="demand_id")
    columns = {"people": people, "village_id": village, "settlement_id": settlement or [None] * len(x)}
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, [1500.0] * len(x)), crs=CRS, index=ids)


def before_and_behind(people, settlement=None):
    """Two points before the wall and two behind it, in two villages."""
    return demand([3000.0, 12_000.0, 4000.0, 13_000.0], people, ["v1", "v1", "v2", "v2"], settlement)


def test_a_village_depends_on_the_model_when_the_level_of_most_of_its_people_does():
    found = compare_models(
        tower(), before_and_behind([90.0, 10.0, 10.0, 90.0]), ridge(), models=MODELS, by="village_id"
    )
    assert found["differs"].tolist() == [False, True]
    assert found["people"].tolist() == [100, 100]
    assert found["people_differ"].tolist() == [10, 90]
    assert found.loc["v2", MODELS[0].name] < found.loc["v2", MODELS[1].name]
    assert found.index.name == "village_id"


def test_settlements_are_listed_alike_and_points_of_none_are_left_out():
    table = before_and_behind([1.0, 1.0, 1.0, 1.0], ["s1", "s2", None, "s2"])
    found = compare_models(tower(), table, ridge(), models=MODELS, by="settlement_id")
    assert found["differs"].to_dict() == {"s1": False, "s2": True}


def test_places_without_people_still_have_a_level():
    found = compare_models(
        tower(), before_and_behind([0.0, 0.0, 5.0, 0.0]), ridge(), models=MODELS, by="village_id"
    )
    assert found[MODELS[0].name].tolist() == [3, 3]
    assert found["people_differ"].tolist() == [0, 0]


def test_the_order_of_demand_changes_nothing():
    table = before_and_behind([0.1, 0.2, 0.3, 0.4])
    one, other = (
        compare_models(tower(), rows, ridge(), models=MODELS, by="village_id")
        for rows in (table, table[::-1])
    )
    pd.testing.assert_frame_equal(one, other)


def test_demand_that_names_no_settlements_is_told():
    with pytest.raises(MissingColumnError, match="names no settlement_id"):
        compare_models(tower(), before_and_behind([1.0] * 4), ridge(), models=MODELS, by="settlement_id")


def test_models_that_are_none_are_refused():
    for models, told in (
        ((ItuP1812, FreeSpace()), "is not a path-loss model"),
        (ItuP1812(), "models: is of"),
    ):
        with pytest.raises(InputError, match=told):
            compare_models(tower(), before_and_behind([1.0] * 4), ridge(), models=models)
