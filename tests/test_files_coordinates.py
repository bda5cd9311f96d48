"""Coordinates as people write them: what is safe is mended and listed, what is not is refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coverage_geo as cg
from coverage_geo.errors import CRSError, InputError, MissingColumnError, RepairWarning
from coverage_geo.files import writing
from coverage_geo.files.coordinates import angle

if TYPE_CHECKING:
    from pathlib import Path

# 100 km around 105.2 E, 1.9 S.
AREA = cg.StudyArea((500_000, 9_740_000, 600_000, 9_840_000), "EPSG:32748")
PLACE = (105.2, -1.9)


def _csv(folder: Path, *rows: str, heading: str = "id,lat,lon") -> Path:
    file = folder / "pop.csv"
    file.write_text("\n".join([heading, *rows, ""]), encoding="utf-8")
    return file


def _lon_lat(table: gpd.GeoDataFrame) -> list[tuple[float, float]]:
    degrees = table.geometry.to_crs(4326)
    return [(round(x, 6), round(y, 6)) for x, y in zip(degrees.x, degrees.y, strict=True)]


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("2° 03' 15\" LS", -(2 + 3 / 60 + 15 / 3600)),
        ("105°10'30\" BT", 105.175),
        ("2 03 15 LS", -(2 + 3 / 60 + 15 / 3600)),
        ("LS 2°03'15,5''", -(2 + 3 / 60 + 15.5 / 3600)),
        ("1\u00b030\u20320\u2033 LU", 1.5),
        ("105:10:30 E", 105.175),
        ("02°03.25' S", -(2 + 3.25 / 60)),
        ("-2 30 0", -2.5),
        ("2.05 LS", -2.05),
        ("2,05 Lintang Selatan", -2.05),
        ("105,175", 105.175),
        ("-862558", -862558),
        ("10,758,096.000000", 10758096),
    ],
)
def test_an_angle_is_understood_however_it_is_written(text: str, degrees: float):
    assert angle(text) == pytest.approx(degrees, abs=1e-12)


@pytest.mark.parametrize("text", ["2° 75' LS", "2° 03' 61\" LS", "abc", "", "2 LS LU", "1.2.3.4 x", "105 m"])
def test_what_is_no_angle_is_not_guessed(text: str):
    assert math.isnan(angle(text))


@given(
    degrees=st.integers(0, 179),
    minutes=st.integers(0, 59),
    seconds=st.floats(0, 59.99).map(lambda value: round(value, 2)),
    south=st.booleans(),
)
def test_degrees_minutes_seconds_mean_what_they_say(degrees: int, minutes: int, seconds: float, south: bool):  # noqa: FBT001
    text = f"{degrees}° {minutes:02d}' {seconds}\" {'LS' if south else 'LU'}"
    expected = (degrees + minutes / 60 + seconds / 3600) * (-1 if south else 1)
    assert angle(text) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("105.2,-1.9", "latitude and longitude were swapped"),
        ("1.9,105.2", "the latitude had the wrong sign"),
        ("-1.9,-105.2", "the longitude had the wrong sign"),
        ("-190000,10520000", "the decimal point was lost"),
        ("-1.9,10520000", "the decimal point was lost"),
        ('"-1,9","105,2"', "decimal or thousands comma"),
        ('-1.9,"10,520,000.000000"', "the decimal point was lost"),
        ("105.2,1.9", "latitude and longitude were swapped and the latitude had the wrong sign"),
        ("10520000,-190000", "latitude and longitude were swapped and the decimal point was lost"),
    ],
)
def test_a_mend_that_alone_brings_a_point_home_is_made_and_listed(tmp_path: Path, row: str, reason: str):
    file = _csv(tmp_path, f"a,{row}", "b,-1.9,105.3")
    with pytest.warns(RepairWarning, match="mended"):
        found = cg.read_gateways(file, study_area=AREA)
    assert _lon_lat(found) == [PLACE, (105.3, -1.9)]
    listed = cg.repairs(found)
    assert set(listed["row"]) == {"1"}
    assert reason in listed["reason"].tolist()


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("0,0", "no position"),
        ("-1.9,103.2", "outside the study area"),  # one wrong digit: which one is not known
        (",", "has no coordinates"),
        ("-1.9,", "is not a coordinate"),
        ("-1.9,timur", "is not a coordinate"),
        ("-1.9,inf", "is not a coordinate"),
    ],
)
def test_what_cannot_be_mended_safely_is_refused_with_file_row_value_and_remedy(
    tmp_path: Path, row: str, what: str
):
    file = _csv(tmp_path, "b,-1.9,105.3", f"a,{row}", "c,-1.9,105.3", "d,-1.9,105.3")
    with pytest.raises(InputError) as caught:
        cg.read_gateways(file, study_area=AREA, refused="raise")
    (fault,) = caught.value.faults
    assert fault.where.startswith("pop.csv, row 2")
    assert what in fault.what
    assert fault.remedy
    with pytest.warns(RepairWarning, match="1 set aside"):
        found = cg.read_gateways(file, study_area=AREA, refused="set aside")
    assert found.index.tolist() == ["b", "c", "d"]


def test_between_two_mends_that_both_fit_none_is_chosen(tmp_path: Path):
    tall = cg.StudyArea((500_000, 8_800_000, 600_000, 9_990_000), "EPSG:32748")
    file = _csv(tmp_path, "a,-862558,105.3", "b,-1,105.3", "c,-1,105.3", "d,-1,105.3")
    with pytest.raises(InputError, match="outside the study area"):  # 0.86 and 8.6 south both fit
        cg.read_gateways(file, study_area=tall)


def test_all_faults_are_told_at_once(tmp_path: Path):
    file = _csv(tmp_path, "a,0,0", "b,-1.9,105.3", "c,x,105.3", "d,,", "e,-1.9,105.4")
    with pytest.raises(InputError) as caught:
        cg.read_gateways(file, study_area=AREA)
    assert len(caught.value.faults) == 3


def test_rows_that_all_lie_elsewhere_speak_of_a_wrong_crs(tmp_path: Path):
    file = _csv(tmp_path, *(f"a{number},52.5,13.{number}" for number in range(9)))
    with pytest.raises(CRSError, match="none of its 9 rows"):
        cg.read_gateways(file, study_area=AREA, refused="set aside")


def test_points_across_the_border_are_kept_up_to_the_margin(tmp_path: Path):
    file = _csv(tmp_path, "a,-1.9,106.3", "b,-1.9,105.3")  # 44 km east of the area
    assert len(cg.read_gateways(file, study_area=AREA)) == 2
    poles = _csv(tmp_path, "a,-1.9,106.3", "b,-1.9,105.3")
    with pytest.raises(InputError, match="more than 5 km outside"):
        cg.read_pole_lines(poles, study_area=AREA)


def test_projected_metres_need_a_crs_or_the_name_x_m(tmp_path: Path):
    file = _csv(tmp_path, "a,522000,9790000", heading="id,x,y")
    with pytest.raises(CRSError, match="which CRS its columns x and y are in"):
        cg.read_gateways(file, study_area=AREA)
    by_crs = cg.read_gateways(file, study_area=AREA, crs="EPSG:32748")
    by_name = cg.read_gateways(_csv(tmp_path, "a,522000,9790000", heading="id,x_m,y_m"), study_area=AREA)
    assert by_crs.geometry.iloc[0].equals(by_name.geometry.iloc[0])
    degrees = cg.read_gateways(
        _csv(tmp_path, "a,105.2,-1.9", heading="id,x,y"), study_area=AREA, columns={"lon": "x", "lat": "y"}
    )
    assert _lon_lat(degrees) == [PLACE]


def test_projected_metres_that_are_swapped_are_mended(tmp_path: Path):
    file = _csv(tmp_path, "a,9790000,522000", heading="id,x_m,y_m")
    with pytest.warns(RepairWarning, match="1 mended"):
        found = cg.read_gateways(file, study_area=AREA)
    assert (found.geometry.x.iloc[0], found.geometry.y.iloc[0]) == (522_000, 9_790_000)


@pytest.mark.parametrize(
    "cell",
    [
        "-1.9, 105.2",
        "-1.9;105.2",
        "-1.9 105.2",
        "1°54'0'' LS 105°12'0'' BT",
        "1°54'0''S, 105°12'0''E",
        "1,9 LS; 105,2 BT",
    ],
)
def test_both_coordinates_may_stand_in_one_column(tmp_path: Path, cell: str):
    file = _csv(tmp_path, f'a,"{cell}"', heading="id,koordinat")
    assert _lon_lat(cg.read_gateways(file, study_area=AREA)) == [PLACE]


def test_a_file_without_coordinates_names_the_columns_it_needs(tmp_path: Path):
    with pytest.raises(MissingColumnError, match="lat and lon"):
        cg.read_gateways(_csv(tmp_path, "a,1", heading="id,warna"), study_area=AREA)


def test_drawn_points_are_mended_like_columns(tmp_path: Path):
    points = gpd.points_from_xy([105.2, -1.9], [-1.9, 105.2], crs="EPSG:4326")
    table = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=points)
    writing.write_geopackage(tmp_path / "a.gpkg", {"pop": table})
    with pytest.warns(RepairWarning, match="1 mended"):
        found = cg.read_gateways(tmp_path / "a.gpkg", study_area=AREA)
    assert _lon_lat(found) == [PLACE, PLACE]


def test_the_order_of_rows_changes_nothing(tmp_path: Path):
    rows = ["a,-1.9,105.2", "b,105.2,-1.9", "c,-1.8,105.3", ",-1.7,105.3", ",-1.7,105.3"]
    with pytest.warns(RepairWarning):
        forth = cg.read_towers(_csv(tmp_path, *rows), study_area=AREA)
    with pytest.warns(RepairWarning):
        back = cg.read_towers(_csv(tmp_path, *reversed(rows)), study_area=AREA)
    assert forth.to_wkt().equals(back.to_wkt())
