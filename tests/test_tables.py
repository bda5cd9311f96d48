"""The check of tables: every fault named, all at once, nothing changed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from coverage_geo import StudyArea, repairs
from coverage_geo.errors import (
    CRSError,
    DuplicateIdError,
    GeometryTypeError,
    InputError,
    MissingColumnError,
    ValueRangeError,
)
from coverage_geo.tables import (
    GATEWAYS,
    REPORTED_STATUS,
    SCHEMAS,
    TOWERS,
    VILLAGES,
    Repair,
    add_repairs,
    as_study_area,
    check,
)

UTM = "EPSG:32748"


def towers(**columns: object) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy([5e5, 5.1e5], [98e5, 98e5]), crs=UTM)
    return table.set_index(pd.Index(["a", "b"], name="tower_id"))


def test_a_well_formed_table_passes_and_is_not_changed() -> None:
    table = towers(antenna_height_m=[42.0, np.nan], status=["on air", None], anything=[[1], [2]])
    before = table.copy()
    check(table, TOWERS)
    pd.testing.assert_frame_equal(table, before)


def test_all_faults_of_a_table_are_raised_at_once() -> None:
    table = towers(antenna_height_m=[-4.0, 42.0], status=["on air", "broken"], frequency_mhz=["900", "900"])
    table = table.set_index(pd.Index(["a", "a"], name="tower_id"))
    with pytest.raises(InputError) as caught:
        check(table, TOWERS)
    kinds = [fault.kind for fault in caught.value.faults]
    assert kinds.count(ValueRangeError) == 3
    assert kinds.count(DuplicateIdError) == 1
    assert "'broken'" in str(caught.value)
    assert "-4 m" in str(caught.value)


@pytest.mark.parametrize(
    ("table", "error", "words"),
    [
        (towers().to_crs(4326), CRSError, "not projected in metres"),
        (towers().set_crs(None, allow_override=True), CRSError, "no coordinate reference system"),
        (towers().set_geometry(shapely.buffer(towers().geometry, 5)), GeometryTypeError, "Polygon where Point"),
        (towers().set_geometry(np.array([None, shapely.Point(1, 1)])).set_crs(UTM), GeometryTypeError, "no geometry"),
        (pd.DataFrame(towers()), GeometryTypeError, "not a GeoDataFrame"),
        (towers().set_index(pd.Index([1, 2], name="tower_id")), ValueRangeError, "not text"),
    ],
)  # fmt: skip
def test_each_fault_has_its_error(table: gpd.GeoDataFrame, error: type[InputError], words: str) -> None:
    with pytest.raises(error, match=words):
        check(table, TOWERS)


def test_a_table_in_another_crs_than_the_study_is_refused() -> None:
    with pytest.raises(CRSError, match="the study in"):
        check(towers(), TOWERS, crs=StudyArea((0, 0, 1, 1), "EPSG:32747").crs)


def test_a_missing_column_is_named_with_its_meaning() -> None:
    villages = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 9, 9)], crs=UTM)
    with pytest.raises(MissingColumnError, match=r"no column 'name'. Add it \(village name\)"):
        check(villages.set_index(pd.Index(["v"], name="village_id")), VILLAGES)


def test_places_known_by_name_only_may_have_no_geometry() -> None:
    row = {
        "place_name": "Batu",
        "level": "jorong",
        "state": "blank",
        "service": "any",
        "stated": "blank spot",
    }
    table = gpd.GeoDataFrame([row], geometry=[None], crs=UTM).set_index(pd.Index(["r"], name="status_id"))
    check(table, REPORTED_STATUS)


def test_repairs_survive_the_ways_tables_travel(tmp_path) -> None:
    table = towers()
    add_repairs(table, [Repair("t.csv", "towers", "1", "lat", "mended", "2.1", "-2.1", "wrong sign")])
    table.to_parquet(tmp_path / "t.parquet")
    for copy in (table.copy(), pd.concat([table, table]), table.sjoin(table)):
        assert repairs(copy).loc[0, "reason"] == "wrong sign"


def test_the_study_area_is_that_of_the_villages() -> None:
    area = as_study_area(towers().set_geometry(towers().buffer(1_000, cap_style="square")))
    assert area.bounds == (499_000, 9_799_000, 511_000, 9_801_000)


def test_an_area_in_degrees_or_without_extent_is_refused() -> None:
    with pytest.raises(CRSError):
        StudyArea((100, -2, 101, -1), "EPSG:4326")
    with pytest.raises(ValueRangeError, match="empty"):
        StudyArea((5, 5, 5, 9), UTM)


def test_every_schema_says_what_its_columns_mean() -> None:
    for schema in SCHEMAS.values():
        assert schema.index.endswith("_id")
        assert all(column.meaning for column in schema.columns)
        units = {"m": "_m", "dBm": "_dbm", "MHz": "_mhz", "Rp": "_idr", "deg": "_deg"}
        for column in schema.columns:
            if column.unit in units:
                assert column.name.endswith(units[column.unit])


def test_an_empty_table_passes() -> None:
    empty = gpd.GeoDataFrame({"name": pd.Series(dtype=str)}, geometry=[], crs=UTM)
    check(empty.set_index(pd.Index([], dtype=str, name="gateway_id")), GATEWAYS)
