"""Clutter: heights from land cover, from canopy heights and from a planner's own table."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from coverage_geo.errors import InputError, RepairWarning, ValueRangeError
from coverage_geo.files.clutter import read_clutter_heights
from coverage_geo.files.templates import write_templates
from coverage_geo.radio.clutter import WORLD_COVER_HEIGHTS_M, clutter_heights
from coverage_geo.radio.path_loss import ItuP1812
from coverage_geo.radio.reach import radio_coverage
from coverage_geo.radio.second_opinions import Itm, WithEndClutter
from coverage_geo.radio.signal import received_power
from coverage_geo.rasters import Raster

CRS = "EPSG:32748"


def grid(values, unit="m", dx=100.0, name="raster", crs=CRS):
    return Raster(values, west=0, north=len(values) * dx, dx=dx, dy=dx, crs=crs, unit=unit, name=name)


def flat():
    return grid(np.zeros((40, 100)))


def tower():
    at = gpd.points_from_xy([550.0], [2050.0])
    return gpd.GeoDataFrame(geometry=at, crs=CRS, index=["T1"]).rename_axis("tower_id")


def demand():
    ids = pd.Index(["d1", "d2"], name="demand_id")
    at = gpd.points_from_xy([4550.0, 9050.0], [2050.0, 2050.0])
    return gpd.GeoDataFrame({"people": 1.0, "village_id": "v"}, geometry=at, crs=CRS, index=ids)


class Windowed:
    """A raster that is not in memory, as the loops see it."""

    def __init__(self, raster):
        self._raster = raster
        self.crs, self.bounds, self.resolution = raster.crs, raster.bounds, raster.resolution

    def window(self, bounds):
        return self._raster.window(bounds)


def test_a_canopy_raster_may_be_given_as_it_is_and_weakens_by_its_height():
    heard = [
        received_power(tower(), demand(), flat(), clutter=clutter)["rsrp_dbm"].to_numpy()
        for clutter in (None, grid(np.full((40, 100), 10.0)), grid(np.full((40, 100), 30.0)))
    ]
    assert (np.diff(heard, axis=0) < -1).all()


@pytest.mark.parametrize("source", [Raster, Windowed])
def test_a_raster_that_is_no_heights_is_refused_with_what_to_do(source):
    def refused(values, unit="m"):
        raster = grid(np.full((40, 100), values), unit=unit, name="canopy.tif")
        with pytest.raises(ValueRangeError) as refusal:
            received_power(
                tower(), demand(), flat(), clutter=raster if source is Raster else Windowed(raster)
            )
        return str(refusal.value)

    assert "pixels lie above 100 m, up to 255. Declare what means no value" in refused(255.0)
    assert "lie below 0 m, up to -3" in refused(-3.0)


def test_land_cover_is_not_taken_for_heights():
    with pytest.raises(ValueRangeError, match=r"its unit is 'class'.*clutter_heights"):
        received_power(tower(), demand(), flat(), clutter=grid(np.full((40, 100), 10.0), unit="class"))


def test_where_the_clutter_is_void_the_path_is_open_and_the_share_is_stated():
    heights = np.full((40, 100), np.nan)
    heights[:, :25] = 0.0
    told = {
        one.topic: one for one in radio_coverage(tower(), demand(), flat(), clutter=grid(heights)).assumptions
    }
    assert told["clutter along the path"].source == "void on 75.0% of the terrain"


def test_without_clutter_the_default_is_stated():
    told = {one.topic: one.value for one in radio_coverage(tower(), demand(), flat()).assumptions}
    assert told["clutter along the path"] == "none (open country)"
    told = radio_coverage(tower(), demand(), flat(), model=ItuP1812(clutter_height_m=8)).assumptions
    assert {one.topic: one.value for one in told}["clutter along the path"] == "8 m"


def test_a_model_that_ignores_heights_along_the_path_does_not_claim_them():
    model = WithEndClutter(Itm(), "forest")
    told = radio_coverage(
        tower(), demand(), flat(), model=model, clutter=grid(np.full((40, 100), 10.0))
    ).assumptions
    assert "clutter along the path" not in {one.topic for one in told}


def test_canopy_counts_where_it_is_known_and_buildings_are_not_cut_down():
    cover = grid([[10, 10, 40, 50, 50]], unit="class")
    canopy = grid([[31.0, np.nan, 4.0, 2.0, 22.0]])
    assert clutter_heights(cover, canopy=canopy).values.tolist() == [[31, 15, 4, 15, 22]]
    assert clutter_heights(cover, canopy=canopy, built_up=()).values.tolist() == [[31, 15, 4, 2, 22]]


def test_a_finer_or_windowed_canopy_is_put_on_the_land_covers_pixels():
    cover = grid(np.full((2, 2), 10), unit="class", dx=100.0)
    canopy = grid(np.arange(16.0).reshape(4, 4), dx=50.0)
    expected = [[5, 7], [13, 15]]
    assert clutter_heights(cover, canopy=canopy).values.tolist() == expected
    assert clutter_heights(cover, canopy=Windowed(canopy)).values.tolist() == expected


def test_faults_of_land_cover_table_and_canopy_come_at_once():
    cover = grid([[10, 77]], unit="class", name="cover.tif")
    canopy = grid([[255.0, 3.0]], name="canopy.tif", crs="EPSG:32747")
    with pytest.raises(InputError, match="4 faults") as refusal:
        clutter_heights(cover, {10: 120}, canopy=canopy)
    text = str(refusal.value)
    for told in (
        "class 10 has 120.0 m",
        "no height for class 77 (1 pixels)",
        "canopy: is in",
        "1 of 2 pixels lie above 100 m",
    ):
        assert told in text


def test_a_planners_table_replaces_the_usual_heights(tmp_path):
    rows = [f"{one};{height + 1:.1f}".replace(".", ",") for one, height in WORLD_COVER_HEIGHTS_M.items()]
    (tmp_path / "tinggi.csv").write_text("\n".join(["Kelas;Tinggi (m)", *rows]))
    with pytest.warns(RepairWarning, match="read as number"):
        heights = read_clutter_heights(tmp_path / "tinggi.csv")
    assert heights == {one: height + 1 for one, height in WORLD_COVER_HEIGHTS_M.items()}
    assert clutter_heights(grid([[10, 80]], unit="class"), heights).values.tolist() == [[16, 1]]


def test_all_that_is_wrong_with_the_table_is_named_with_row_and_remedy(tmp_path):
    rows = ["10,15", "10,20", "20,-3", "30,200", "4.5,1", "x,1", "50,"]
    (tmp_path / "heights.csv").write_text("\n".join(["class,height_m", *rows]))
    with pytest.raises(InputError, match="6 faults") as refusal:
        read_clutter_heights(tmp_path / "heights.csv")
    text = str(refusal.value)
    for told in (
        "row 2 (line 3 of the file), column class: '10' is there already",
        "row 3 (line 4 of the file), column height_m: '-3 m' is out of range. Give height of its trees or buildings as a number of 0 to 100 m.",
        "row 4 (line 5 of the file), column height_m: '200 m' is out of range",
        "row 5 (line 6 of the file), column class: '4.5' is not a whole number",
        "row 6 (line 7 of the file), column class: 'x' is not a number",
        "row 7 (line 8 of the file), column height_m: says nothing",
    ):
        assert told in text


def test_a_filled_in_template_is_read(tmp_path):
    write_templates(tmp_path)
    file = tmp_path / "clutter_heights.csv"
    file.write_text(file.read_text() + "10,25\n50,6\n")
    assert read_clutter_heights(file) == {10: 25.0, 50: 6.0}


def test_a_row_that_seems_to_add_up_others_is_told_when_it_is_left_out(tmp_path):
    (tmp_path / "heights.csv").write_text("class,height_m,note\n10,82 ft,trees\n50,6,Total\n")
    with pytest.warns(RepairWarning, match="'Total' set aside.*'82 ft' mended as '24.9936'"):
        assert read_clutter_heights(tmp_path / "heights.csv") == {10: pytest.approx(24.9936)}
