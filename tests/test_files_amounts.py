"""Numbers as Indonesian offices write them: thousands dots, rupiah in juta and miliar, other units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coverage_geo as cg
from coverage_geo.errors import InputError, RepairWarning
from coverage_geo.files.amounts import as_numbers
from coverage_geo.files.columns import recognised
from coverage_geo.files.notes import Notes
from coverage_geo.tables import SCHEMAS, SETTLEMENTS, TOWERS, VILLAGES, Schema

if TYPE_CHECKING:
    from pathlib import Path

AREA = cg.StudyArea((500_000, 9_740_000, 600_000, 9_840_000), "EPSG:32748")


def _numbers(values: list[object], column: str, schema: Schema = TOWERS) -> tuple[list[float], Notes]:
    notes = Notes("a.csv", schema)
    column_values = pd.Series(values, index=pd.RangeIndex(1, len(values) + 1))
    return as_numbers(column_values, schema.column(column), notes).tolist(), notes


def test_dots_and_commas_before_three_digits_part_thousands_of_people():
    told = ["4.655", "1,234", "1.234 jiwa", "± 300", "10.758.096", "512", "1.234,00"]
    numbers, notes = _numbers(told, "people", VILLAGES)
    # The last value shows a decimal comma, so that "1,234" may be a fraction.
    assert numbers[0] == 4655
    assert math.isnan(numbers[1])
    assert numbers[2:] == [1234, 300, 10_758_096, 512, 1234]
    assert {repair.before for repair in notes.repairs} == {*told} - {"512", "1,234"}
    assert [fault.where for fault in notes.faults] == ["a.csv, row 2, column people"]


@pytest.mark.parametrize("text", ["4.655", "4,655", "4 655", "4.655 orang", "4,655 ribu juta"])
def test_a_lone_mark_before_three_digits_is_thousands_but_never_silently(text: str):
    numbers, notes = _numbers([text, "300"], "people", VILLAGES)
    assert notes.repairs or notes.faults
    assert numbers[0] == 4655 or (math.isnan(numbers[0]) and notes.faults)


def test_a_dotted_value_is_in_doubt_beside_a_real_decimal_point():
    numbers, notes = _numbers(["4.655", "5940.0"], "people", VILLAGES)
    assert math.isnan(numbers[0])
    assert numbers[1] == 5940
    assert "may be thousands or a fraction" in notes.faults[0].what
    assert "without marks of thousands" in notes.faults[0].remedy


@pytest.mark.parametrize("values", [["123.5"], [4.655, 5940.0], list(np.float32([4.655, 300])), ["0,655"]])
def test_a_fraction_of_a_person_is_refused_in_text_and_in_numbers(values: list[object]):
    numbers, notes = _numbers(values, "people", VILLAGES)
    assert math.isnan(numbers[0])
    assert "not a whole number of people" in notes.faults[0].what
    assert "write 4655, not 4.655" in notes.faults[0].remedy


@pytest.mark.parametrize("values", [[1234.5678, 300.0], ["1234.5678", "300"]])
def test_fractions_of_an_estimate_are_kept_and_listed(values: list[object]):
    numbers, notes = _numbers(values, "people", VILLAGES)
    assert numbers == [1234.5678, 300.0]
    assert [repair.action for repair in notes.repairs] == ["assumed"]
    assert not notes.faults


def test_ribu_is_written_in_full_or_refused_where_its_mark_is_in_doubt():
    numbers, notes = _numbers(["1,2 ribu", "3 rb jiwa", "1.500 ribu", "300 KK"], "people", VILLAGES)
    assert numbers[:2] == [1200, 3000]
    assert [math.isnan(one) for one in numbers[2:]] == [True, True]
    assert sorted(fault.what for fault in notes.faults) == [
        "'1.500 ribu' may be thousands or a fraction",
        "'300 KK' is not a number in a unit that is understood",
    ]
    assert _numbers(["300 KK", "1.200 KK"], "households", VILLAGES)[0] == [300, 1200]


@pytest.mark.parametrize(
    ("text", "rupiah"),
    [
        ("250 juta", 250e6),
        ("750jt", 750e6),
        ("2,6 M", 2.6e9),
        ("2.6 miliar", 2.6e9),
        ("1 milyar", 1e9),
        ("Rp 2,5 T", 2.5e12),
        ("Rp 1.500.000.000", 1.5e9),
        ("Rp1500000000", 1.5e9),
        ("Rp. 250.000.000,-", 250e6),
        ("IDR 1,500,000,000", 1.5e9),
        ("Rp 1.250.000,00", 1.25e6),
        ("900 ribu rupiah", 900e3),
    ],
)
def test_rupiah_are_read_as_offices_write_them_and_listed(text: str, rupiah: float):
    numbers, notes = _numbers([text], "capital_cost_idr")
    assert numbers == [rupiah]
    assert [(repair.before, repair.after) for repair in notes.repairs] == [(text, f"{rupiah:.0f}")]
    assert not notes.faults


@pytest.mark.parametrize("value", ["USD 3000", "2,6", "250", 2.6, 250, "1.500 juta", "2.500 M"])
def test_rupiah_without_or_with_a_strange_unit_are_refused(value: object):
    numbers, notes = _numbers([value], "capital_cost_idr")
    assert math.isnan(numbers[0])
    assert len(notes.faults) == 1


@pytest.mark.parametrize(
    ("column", "text", "number"),
    [
        ("antenna_height_m", "140 ft", 42.672),
        ("antenna_height_m", "138 feet", 42.0624),
        ("antenna_height_m", "31 m", 31),
        ("antenna_height_m", "31,5 meter", 31.5),
        ("antenna_height_m", "4200 cm", 42),
        ("frequency_mhz", "0,9 GHz", 900),
        ("frequency_mhz", "1800 MHz", 1800),
        ("power_dbm", "20 W", 43.0103),
        ("power_dbm", "43 dBm", 43),
        ("gain_dbi", "17,5 dBi", 17.5),
    ],
)
def test_other_units_are_converted_and_listed(column: str, text: str, number: float):
    numbers, notes = _numbers([text], column)
    assert numbers == pytest.approx([number], abs=1e-5)
    assert [repair.before for repair in notes.repairs] == [text]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("antenna_height_m", "31 hasta"),
        ("antenna_height_m", "60 mdpl"),  # above the sea, not above ground
        ("frequency_mhz", "900 km"),
        ("frequency_mhz", "B3"),
        ("power_dbm", "43 dB"),
        ("power_dbm", "0 W"),
        ("capital_cost_idr", "3 kodi"),
    ],
)
def test_a_unit_that_is_not_understood_is_refused_with_those_that_are(column: str, text: str):
    numbers, notes = _numbers([text], column)
    assert math.isnan(numbers[0])
    assert "Write it in digits" in notes.faults[0].remedy


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=5), st.sampled_from([".", ","]))
def test_whole_numbers_written_with_marks_come_back_whole(numbers: list[int], mark: str):
    texts = [f"{number:,}".replace(",", mark) for number in numbers]
    found, notes = _numbers(texts, "people", VILLAGES)
    assert found == numbers
    assert len(notes.repairs) == sum(mark in text for text in texts)


# --- Headings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "heading", "column"),
    [
        ("proposals", "Nama Usulan", "name"),
        ("towers", "Nama Menara", "name"),
        ("towers", "NAMA SITE", "name"),
        ("towers", "Tinggi Menara (m)", "antenna_height_m"),
        ("towers", "Status_Menara Site", "status"),
        ("towers", "Lintang (LS)", "lat"),
        ("towers", "Longitude (X)", "lon"),
        ("villages", "Nama Desa/Kelurahan", "name"),
        ("villages", "Nama_Nagari", "name"),
        ("villages", "Jumlah Penduduk (Jiwa)", "people"),
        ("villages", "Jumlah Penduduk 2023", "people"),
        ("villages", "Jml Penduduk", "people"),
        ("villages", "Jumlah KK", "households"),
        ("settlements", "Nama Dusun", "name"),
        ("settlements", "Nama Desa/Kelurahan", "village_name"),
        ("reported status", "Nama Desa / Kelurahan", "place_name"),
        ("gateways", "Nama POP", "name"),
        ("proposals", "Biaya Pembangunan (juta Rp)", "capital_cost_idr"),
    ],
)
def test_headings_of_several_words_are_recognised(table: str, heading: str, column: str):
    assert recognised([heading], SCHEMAS[table]) == {column: heading}


def test_of_two_years_none_is_chosen_and_other_words_are_not_taken():
    names = ["Jumlah Penduduk 2020", "Jumlah Penduduk 2021", "Nama Kepala Desa", "Tinggi DPL"]
    assert recognised(names, VILLAGES) == {}
    assert recognised(names, SETTLEMENTS) == {}
    assert recognised(["Tinggi DPL", "Biaya Sewa"], TOWERS) == {}
    assert recognised(["Status Desa"], SCHEMAS["reported status"]) == {}  # how developed it is


def test_a_unit_in_the_heading_holds_for_the_numbers_below_it(tmp_path: Path):
    file = tmp_path / "menara.csv"
    file.write_text(
        "site_id,lat,lon,Tinggi (ft),Frekuensi (GHz),Biaya (juta Rp),Power (Watt)\n"
        'A,-1.9,105.2,140,"0,9","2.600",20\nB,-1.9,105.3,42 m,900 MHz,250,\n'
    )
    with pytest.raises(InputError, match=r"'2.600 juta' may be thousands or a fraction"):
        cg.read_towers(file, study_area=AREA)
    file.write_text(file.read_text().replace("2.600", "2600"))
    with pytest.warns(RepairWarning):
        found = cg.read_towers(file, study_area=AREA)
    assert found["antenna_height_m"].tolist() == [42.672, 42]
    assert found["frequency_mhz"].tolist() == [900, 900]
    assert found["capital_cost_idr"].tolist() == [2.6e9, 250e6]
    assert found["power_dbm"].tolist()[0] == pytest.approx(43.0103, abs=1e-4)
