"""What the map and the picture tell of measurements beside the model."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from coverage_geo.errors import InputError
from coverage_geo.maps import gap_map
from coverage_geo.plots import draw_residuals
from coverage_geo.radio.calibration import Calibration
from coverage_geo.radio.path_loss import FreeSpace

CRS = "EPSG:32748"


def district() -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    square = [shapely.box(500_000, 9_800_000, 502_000, 9_802_000)]
    index = pd.Index(["v1"], name="village_id")
    villages = gpd.GeoDataFrame({"name": ["Air Itam"]}, geometry=square, crs=CRS, index=index)
    return villages, pd.DataFrame({"state": ["blank"]}, index=index)


def measured(**columns: list[float]) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    index = pd.Index([f"m{number}" for number in range(count)], name="measurement_id")
    at = gpd.points_from_xy([500_100.0 + 300 * number for number in range(count)], [9_801_000.0] * count)
    return gpd.GeoDataFrame(columns, geometry=at, crs=CRS, index=index)


def classes(layer: str, **tables: Any) -> dict[str, str]:
    drawn = gap_map(*district(), **tables).get_root().data["layers"]
    found = next(one for one in drawn if one["id"] == layer)
    assert not found["shown"]
    return {one["label"]: one["count"] for one in found["classes"]}


def test_residuals_are_a_layer_of_diverging_classes_in_both_languages() -> None:
    table = measured(residual_db=[-30.0, -10.0, -5.0, 0.0, 4.9, 12.0, 40.0])
    assert classes("residuals", residuals=table, language="en") == {
        "> 15 dB weaker": "1",
        "5-15 dB weaker": "2",
        "much the same (± 5 dB)": "2",
        "5-15 dB stronger": "1",
        "> 15 dB stronger": "1",
    }
    assert [*classes("residuals", residuals=table, language="id")][:2] == [
        "> 15 dB lebih lemah",
        "5-15 dB lebih lemah",
    ]


def test_measured_signal_is_a_layer_apart_from_the_modelled_one() -> None:
    table = measured(rsrp_dbm=[-80.0, -100.0, -110.0, -130.0])
    modelled = measured(level=[3.0, 3.0]).rename_axis("demand_id")
    tables = {"measurements": table, "signal": modelled, "language": "en"}
    assert [*classes("measurements", **tables).values()] == ["1", "1", "1", "1"]
    assert [*classes("signal", **tables).values()] == ["0", "0", "0", "2"]


def test_residuals_that_cannot_be_drawn_are_refused() -> None:
    with pytest.raises(InputError, match="no column 'residual_db'"):
        gap_map(*district(), residuals=measured(left_db=[1.0]))


def test_the_histogram_tells_all_and_each_class_with_offset_and_spread() -> None:
    residuals = measured(residual_db=[-14.0, -10.0, -6.0, 4.0, 6.0]).assign(
        **{"class": ["10"] * 3 + ["40"] * 2}
    )
    rows = {"count": [5, 3], "offset_db": [-4.0, -10.0], "spread_db": [9.3, 4.0]}
    found = Calibration(
        -4.0,
        9.3,
        10.1,
        4.5,
        pd.DataFrame(rows, index=["all", "10"]),
        residuals,
        pd.Series(dtype=str),
        FreeSpace(),
    )
    axes = draw_residuals(found, language="id")
    assert sum(bar.get_height() for bar in axes.patches) == 5
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "semua: 5 titik, -4,0 ± 9,3 dB",
        "kelas 10: 3 titik, -10,0 ± 4,0 dB",
    ]
