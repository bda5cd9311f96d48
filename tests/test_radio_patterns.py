"""A user's own antenna patterns: read, combined, leant forward, and heard in the received power."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_geo.errors import InputError, RepairWarning, ValueRangeError
from coverage_geo.files.patterns import read_pattern
from coverage_geo.files.sectors import read_sectors
from coverage_geo.patterns import AntennaPattern
from coverage_geo.radio.antenna import Beam, beam_gain_db, from_tilted_antenna, measured_pattern_db
from coverage_geo.radio.area import signal_raster
from coverage_geo.radio.path_loss import FreeSpace
from coverage_geo.radio.reach import radio_coverage
from coverage_geo.radio.signal import received_power
from coverage_geo.rasters import Raster

CRS = "EPSG:32748"
ANGLES = np.arange(0.0, 360.0)


def pattern(tilt=4.0, gain_dbi=15.5):
    """65 degrees wide and 8 high, 25 dB less behind, the beam `tilt` below the horizon."""
    off, down = (ANGLES + 180) % 360 - 180, (ANGLES - tilt + 180) % 360 - 180
    horizontal = -np.minimum(12 * (off / 65) ** 2, 25)
    vertical = -np.minimum(12 * (down / 8) ** 2, 22)
    cuts = (np.column_stack([ANGLES, cut]) for cut in (horizontal, vertical))
    return AntennaPattern(*cuts, gain_dbi, "K65")


def towers(**columns):
    at = gpd.points_from_xy([0.0], [0.0])
    return gpd.GeoDataFrame(columns, geometry=at, crs=CRS, index=["T1"]).rename_axis("tower_id")


def sectors(**columns):
    count = max((len(one) for one in columns.values() if isinstance(one, list)), default=1)
    ids = [f"T1/{number + 1}" for number in range(count)]
    return pd.DataFrame({"tower_id": "T1", **columns}, index=pd.Index(ids, name="sector_id"))


def around(distance_m=4000.0, count=8):
    """Demand points all around, the first in the north."""
    angle = np.arange(count) * 2 * np.pi / count
    at = gpd.points_from_xy(distance_m * np.sin(angle), distance_m * np.cos(angle))
    ids = pd.Index([f"d{number}" for number in range(count)], name="demand_id")
    return gpd.GeoDataFrame({"people": 1.0, "village_id": "v"}, geometry=at, crs=CRS, index=ids)


def heard(table, patterns=None, **more):
    power = received_power(
        towers(antenna_height_m=40.0), around(), model=FreeSpace(), sectors=table, patterns=patterns, **more
    )
    return power.set_index("demand_id")["rsrp_dbm"]


def planet(text_of_gain="GAIN 13.35", loss=lambda angle: min(25.0, abs((angle + 180) % 360 - 180) / 5)):
    rows = [f"{angle}.0\t{loss(angle):.2f}" for angle in range(360)]
    head = ["NAME K65", "MAKE Nobody", "FREQUENCY 900", text_of_gain, "TILT ELECTRICAL"]
    return "\n".join([*head, "HORIZONTAL 360", *rows, "VERTICAL 360", *rows, ""])


def test_both_cuts_are_met_where_they_lie():
    own = pattern(tilt=0.0)
    ahead = measured_pattern_db(own, np.zeros(3), np.array([0.0, 10.0, -5.0]))
    assert ahead == pytest.approx(np.interp([0.0, 10.0, 355.0], *own.vertical.T))
    level = measured_pattern_db(own, ANGLES, np.zeros(len(ANGLES)))
    # Ahead both cuts agree; towards the back the vertical cut (22 dB) replaces the horizontal one (25 dB).
    share = np.abs((ANGLES + 180) % 360 - 180) / 180
    assert level == pytest.approx(np.minimum(own.horizontal[:, 1] + share * (25 - 22), 0))
    behind = measured_pattern_db(own, np.array([180.0]), np.array([10.0]))
    assert behind == pytest.approx(np.interp(170.0, *own.vertical.T))


@given(st.floats(-180, 180), st.floats(-89, 89), st.floats(-15, 15))
def test_a_leaning_antenna_keeps_angles_between_directions(off, down, tilt):
    def vector(bearing, depression):
        bearing, depression = np.radians(bearing), np.radians(depression)
        return np.array(
            [np.cos(depression) * np.cos(bearing), np.cos(depression) * np.sin(bearing), -np.sin(depression)]
        )

    seen = [one[0] for one in from_tilted_antenna(np.array([off]), np.array([down]), tilt)]
    axis = [one[0] for one in from_tilted_antenna(np.array([0.0]), np.array([tilt]), tilt)]
    assert axis == pytest.approx([0, 0], abs=1e-9)
    assert vector(*seen) @ vector(0, 0) == pytest.approx(vector(off, down) @ vector(0, tilt), abs=1e-9)


@pytest.mark.parametrize("own", [None, pattern()])
def test_mechanical_tilt_lowers_the_beam_ahead_not_beside_and_lifts_it_behind(own):
    electrical = Beam(0.0, 6.0, 0.0, 65.0, own)
    mechanical = Beam(0.0, 0.0, 6.0, 65.0, own)
    ahead_beside_behind = np.array([0.0, 90.0, 180.0])
    low, level = np.full(3, 6.0), np.zeros(3)
    both = [beam_gain_db(one, ahead_beside_behind, low) for one in (electrical, mechanical)]
    assert both[0][0] == pytest.approx(both[1][0], abs=1e-9)
    flat = [
        beam_gain_db(one, ahead_beside_behind, level)[1]
        for one in (Beam(0.0, 0.0, 0.0, 65.0, own), mechanical)
    ]
    assert flat[0] == pytest.approx(flat[1], abs=0.3)
    raised = beam_gain_db(mechanical, np.array([180.0, 180.0]), np.array([6.0, -6.0]))
    assert raised[1] >= raised[0]


def test_angles_of_the_horizontal_cut_run_clockwise_as_bearings_do():
    lobe = np.where((ANGLES < 135) | (ANGLES > 350), 0.0, -20.0)
    upright = np.where(np.abs((ANGLES + 180) % 360 - 180) < 90, 0.0, -20.0)
    right = AntennaPattern(np.column_stack([ANGLES, lobe]), np.column_stack([ANGLES, upright]))
    power = heard(sectors(azimuth_deg=[0.0], pattern=["right"], eirp_dbm=[55.0]), {"right": right})
    assert power["d2"] - power["d6"] == pytest.approx(20)  # east and west of an antenna that looks north


def test_an_electrical_tilt_turns_the_pattern_and_none_keeps_its_own():
    own = pattern(tilt=4.0)
    at_four, at_nine = np.array([4.0]), np.array([9.0])
    ahead = np.zeros(1)
    assert beam_gain_db(Beam(0.0, np.nan, 0.0, 70.0, own), ahead, at_four)[0] == pytest.approx(0)
    assert beam_gain_db(Beam(0.0, 9.0, 0.0, 70.0, own), ahead, at_nine)[0] == pytest.approx(0)


def test_a_sector_with_a_pattern_is_heard_by_it_and_its_gain():
    north = sectors(azimuth_deg=[0.0], pattern=["K65"], power_dbm=[43.0], feeder_loss_db=[1.0])
    loud = heard(north, {"K65": pattern()})
    bare = heard(sectors(eirp_dbm=[43.0 + 15.5 - 1.0]))
    less = loud - bare
    depression = np.degrees(np.arctan2(40 - 1.5, 4000))
    assert less["d0"] == pytest.approx(measured_pattern_db(pattern(), np.zeros(1), depression)[0], abs=1e-9)
    assert less["d4"] < -15
    assert less["d2"] == pytest.approx(less["d6"])


def test_all_ways_of_computing_hear_the_pattern():
    flat = Raster(np.zeros((90, 90)), west=-4500, north=4500, dx=100, dy=100, crs=CRS, unit="m")
    table = sectors(azimuth_deg=[0.0, 180.0], pattern=["K65", None], mechanical_tilt_deg=[2.0, None])
    radio = {"sectors": table, "patterns": {"K65": pattern()}, "model": FreeSpace()}
    pixels = signal_raster(towers(), flat, **radio)
    points = around(3000.0, 4)
    at = pixels.sample(points.geometry.x.to_numpy(), points.geometry.y.to_numpy())
    power = received_power(towers(), points, flat, **radio)
    best = power.groupby("demand_id")["rsrp_dbm"].max()
    assert at == pytest.approx(best.to_numpy(), abs=0.2)
    levels = radio_coverage(towers(), points, flat, **radio)
    assert len(levels.best_level()) == 4


def test_what_was_taken_from_patterns_is_stated_with_counts():
    table = sectors(azimuth_deg=[0.0, 120.0, 240.0], pattern=["K65", "K65", None])
    found = radio_coverage(towers(), around(), sectors=table, patterns={"K65": pattern()}).assumptions
    told = {(one.topic, one.value): one.count for one in found}
    assert told["gain_dbi", "that of its pattern"] == told["electrical_tilt_deg", "that of its pattern"] == 2
    assert told["gain_dbi", "17 dBi"] == told["tilt_deg", "3°"] == 1


def test_faults_of_sectors_are_named_at_once_with_their_rows():
    table = sectors(
        azimuth_deg=[0.0, np.nan, np.nan, 90.0],
        pattern=["K80", "K65", None, None],
        mechanical_tilt_deg=[np.nan, np.nan, 3.0, 2.0],
        electrical_tilt_deg=[np.nan, np.nan, np.nan, 2.0],
        tilt_deg=[np.nan, np.nan, np.nan, 6.0],
    )
    with pytest.raises(ValueRangeError, match="4 faults") as refusal:
        heard(table, {"K65": pattern()})
    text = str(refusal.value)
    assert "no pattern 'K80', for T1/1" in text
    assert "Give it in patterns= (in study.toml: [inputs] patterns; there: K65)" in text
    assert "no azimuth but a pattern, for T1/2" in text
    assert "no azimuth but a mechanical tilt, for T1/3" in text
    assert "not the sum of electrical and mechanical tilt, for T1/4" in text


def test_the_tilt_that_is_not_told_follows_from_the_sum():
    alike = [
        heard(sectors(azimuth_deg=[0.0], **tilts))
        for tilts in (
            {"electrical_tilt_deg": [4.0], "mechanical_tilt_deg": [2.0]},
            {"electrical_tilt_deg": [4.0], "tilt_deg": [6.0]},
            {"mechanical_tilt_deg": [2.0], "tilt_deg": [6.0]},
        )
    ]
    assert alike[0].equals(alike[1])
    assert alike[0].equals(alike[2])
    with pytest.raises(ValueRangeError, match="not the sum of electrical and mechanical tilt, for T1/1"):
        heard(sectors(electrical_tilt_deg=[4.0], tilt_deg=[6.0]))  # all around, nothing can lean


def test_an_omnidirectional_pattern_needs_no_azimuth():
    upright = -12 * np.sin(np.radians(ANGLES)) ** 2  # a dipole's figure of eight
    around_it = AntennaPattern(np.column_stack([ANGLES, 0 * ANGLES]), np.column_stack([ANGLES, upright]))
    table = sectors(pattern=["omni"], eirp_dbm=[55.0])
    power = heard(table, {"omni": around_it})
    assert power.to_numpy() == pytest.approx(power.iloc[0])


def test_a_sectors_own_power_is_not_overruled_by_its_towers_eirp():
    table = sectors(power_dbm=[30.0], gain_dbi=[10.0], feeder_loss_db=[0.0])
    site = towers(antenna_height_m=40.0, eirp_dbm=60.0)
    power = received_power(site, around(), model=FreeSpace(), sectors=table)["rsrp_dbm"]
    own = received_power(towers(antenna_height_m=40.0, eirp_dbm=40.0), around(), model=FreeSpace())[
        "rsrp_dbm"
    ]
    assert power.to_numpy() == pytest.approx(own.to_numpy())


def test_an_eirp_that_contradicts_power_and_gain_counts_and_is_stated():
    site = towers(eirp_dbm=60.0, power_dbm=43.0, gain_dbi=10.0, feeder_loss_db=1.0)
    told = radio_coverage(site, around()).assumptions
    assert [one.count for one in told if one.topic == "eirp_dbm"] == [1]


def test_a_planet_file_and_a_table_of_the_same_pattern_are_the_same(tmp_path):
    (tmp_path / "K65.msi").write_text(planet())
    rows = [
        f"{cut};{angle};-{min(25.0, abs((angle + 180) % 360 - 180) / 5):.2f}".replace(".", ",")
        for cut in ("horizontal", "vertikal")
        for angle in range(-180, 181)
    ]
    (tmp_path / "K65.csv").write_text("\n".join(["potongan;sudut;gain_db", *rows]))
    one = read_pattern(tmp_path / "K65.msi")
    with pytest.warns(RepairWarning, match="read as number"):
        other = read_pattern(tmp_path / "K65.csv")
    assert np.array_equal(one.horizontal, other.horizontal)
    assert np.array_equal(one.vertical, other.vertical)
    assert (one.gain_dbi, other.gain_dbi) == (pytest.approx(15.5), None)


@pytest.mark.parametrize(
    ("gain", "dbi"), [("GAIN 13", 15.15), ("GAIN 13 dBd", 15.15), ("gain 13,5 dBi", 13.5), ("", None)]
)
def test_the_gain_of_a_planet_file_is_in_dbd_unless_it_says_dbi(tmp_path, gain, dbi):
    (tmp_path / "a.pln").write_text(planet(gain))
    assert read_pattern(tmp_path / "a.pln").gain_dbi == (None if dbi is None else pytest.approx(dbi))


def test_all_that_is_wrong_with_a_table_is_named_with_row_and_remedy(tmp_path):
    file = tmp_path / "bad.csv"
    rows = [
        "horizontal,0,0",
        "horizontal,0,-1",
        "horizontal,200,2",
        "horizontal,x,-3",
        "diagonal,1,-1",
        "vertical,0,",
    ]
    file.write_text("\n".join(["cut,angle_deg,gain_db", *rows]))
    with pytest.raises(InputError) as refusal:
        read_pattern(file)
    text = str(refusal.value)
    for told in (
        "bad.csv, row 2 (line 3 of the file), column angle_deg: 0 degrees is there already",
        "row 3 (line 4 of the file), column gain_db: gain is 2 dB",
        "row 4 (line 5 of the file), column angle_deg: 'x' is not a number",
        "row 5 (line 6 of the file), column cut: 'diagonal' is no cut",
        "row 6 (line 7 of the file), column gain_db: says nothing",
        "horizontal cut: no gain between 0 and 200 degrees",
        "bad.csv: has no vertical cut",
    ):
        assert told in text


def test_all_that_is_wrong_with_a_planet_file_is_named_with_its_line(tmp_path):
    file = tmp_path / "bad.msi"
    file.write_text(
        planet()
        .replace("10.0\t2.00", "10.0\t-2.00", 1)
        .replace("11.0\t2.20", "elf\t2.20", 1)
        .rsplit("\n", 30)[0]
    )
    with pytest.raises(InputError) as refusal:
        read_pattern(file)
    text = str(refusal.value)
    assert "bad.msi, line 17: loss is -2 dB" in text
    assert "bad.msi, line 18: 'elf\\t2.20' is not an angle and a loss" in text
    assert "vertical block: promises 360 lines and has 331" in text


def test_sector_lists_may_carry_tilts_and_patterns_under_their_usual_headings(tmp_path):
    file = tmp_path / "sektor.csv"
    file.write_text("cell_name,site_id,azimut,e-tilt,m-tilt,pola_antena\nA1,T1,120,4,2,K65\n")
    row = read_sectors(file).loc["A1"]
    assert (row["electrical_tilt_deg"], row["mechanical_tilt_deg"], row["pattern"]) == (4, 2, "K65")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("numbers", ["10.0\t2.00", "+10 2.", "1e1 2,0", "010.0 +2.00"])
def test_a_planet_file_is_read_however_its_text_and_numbers_are_written(tmp_path, encoding, numbers):
    text = planet().replace("10.0\t2.00", numbers, 1)
    (tmp_path / "a.msi").write_bytes(text.partition("\n")[2].encode(encoding))
    (tmp_path / "b.msi").write_text(planet())
    assert np.array_equal(
        read_pattern(tmp_path / "a.msi").horizontal, read_pattern(tmp_path / "b.msi").horizontal
    )


@pytest.mark.parametrize(
    ("gain", "told"),
    [
        ("GAIN", "gain is ''"),
        ("GAIN 17 dB", "gain is '17 dB'"),
        ("GAIN x" + "9" * 99, "gain is 'x999"),
        ("GAIN 1700 dBi", "gain is 1700 dBi"),
        ("GAIN 17\nGAIN 12", "a second gain"),
    ],
)
def test_a_gain_that_cannot_be_read_is_refused_not_left_out(tmp_path, gain, told):
    (tmp_path / "a.msi").write_text(planet(gain))
    with pytest.raises(ValueRangeError, match=f"a.msi, line [0-9]: {told}"):
        read_pattern(tmp_path / "a.msi")


def test_a_planet_file_with_a_block_twice_or_a_monstrous_number_is_refused(tmp_path):
    file = tmp_path / "a.msi"
    file.write_text(planet() + "\n" + planet())
    with pytest.raises(InputError, match="a second horizontal block") as refusal:
        read_pattern(file)
    assert len(refusal.value.faults) < 10
    file.write_text(planet().replace("HORIZONTAL 360", "HORIZONTAL " + "9" * 5000))
    with pytest.raises(InputError, match="no horizontal cut"):
        read_pattern(file)
    file.write_text(planet().replace("10.0\t2.00", "10.0\t" + "9" * 400, 1))
    with pytest.raises(ValueRangeError, match="gain is -inf dB"):
        read_pattern(file)


def test_rows_taken_out_of_a_table_of_gains_are_told(tmp_path):
    rows = [f"{cut},{angle},0" for cut in ("horizontal", "vertical") for angle in range(0, 360, 10)]
    (tmp_path / "a.csv").write_text("\n".join(["cut,angle_deg,gain_db", *rows, "total,,"]))
    with pytest.warns(RepairWarning, match="row 73 .*'total' set aside"):
        read_pattern(tmp_path / "a.csv")


@pytest.mark.parametrize("cut", [[1, 2, 3], "text", None, [(0, "x")]])
def test_a_cut_that_is_not_pairs_of_numbers_is_refused(cut):
    with pytest.raises(ValueRangeError):
        AntennaPattern(cut, [(angle, 0.0) for angle in range(0, 360, 10)])


@pytest.mark.parametrize("gain", [float("nan"), float("inf"), 170.0])
def test_a_pattern_with_an_impossible_gain_is_refused(gain):
    around = [(angle, 0.0) for angle in range(0, 360, 10)]
    with pytest.raises(ValueRangeError, match="gain_dbi"):
        AntennaPattern(around, around, gain_dbi=gain)


def test_a_pattern_is_shown_in_one_line():
    assert repr(pattern()) == "AntennaPattern(K65, 15.5 dBi, tilt 4°, 360 and 360 angles)"
