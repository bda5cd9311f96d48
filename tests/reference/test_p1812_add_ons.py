"""ITU-R P.2108 clutter loss against NTIA's cases, and P.2109 building entry loss against its coefficients."""

from __future__ import annotations

import csv
import math

import pytest

from coverage_geo.radio.p2108 import height_gain_correction, slant_clutter_loss, terrestrial_clutter_loss
from coverage_geo.radio.p2109 import building_entry_loss, normal_quantile


def rows(path):
    with path.open(encoding="utf-8-sig") as file:
        return [[float(cell) for cell in row] for row in list(csv.reader(file))[1:] if row]


def agrees(loss, expected, code):
    return math.isnan(loss) if code else abs(loss - expected) <= 0.05 + 1e-9


def test_all_of_ntias_p2108_cases_agree_to_the_digit_printed(data_folder):
    folder = data_folder / "radio/ntia_p2108"
    seen = 0
    for f, h, w_s, top, clutter, code, loss in rows(folder / "HeightGainTerminalCorrectionModelTestData.csv"):
        assert agrees(height_gain_correction(f, h, w_s, top, int(clutter)), loss, code), (
            f,
            h,
            w_s,
            top,
            clutter,
        )
        seen += 1
    for f, d, p, code, loss in rows(folder / "TerrestrialStatisticalModelTestData.csv"):
        assert agrees(terrestrial_clutter_loss(f, d, p), loss, code), (f, d, p)
        seen += 1
    for f, theta, p, code, loss in rows(folder / "AeronauticalStatisticalModelTestData.csv"):
        assert agrees(slant_clutter_loss(f, theta, p), loss, code), (f, theta, p)
        seen += 1
    assert seen == 48


# Single rows of NTIA's p2108-test-data v1, https://github.com/NTIA/p2108-test-data.
def test_single_p2108_figures_agree():
    assert terrestrial_clutter_loss(26.6, 15.8, 45.0) == pytest.approx(32.5, abs=0.05)
    assert slant_clutter_loss(10.0, 10.5, 45.0) == pytest.approx(12.4, abs=0.05)
    assert height_gain_correction(1.5, 2.0, 27.0, 20.0, 6) == pytest.approx(27.1, abs=0.05)


# At 1 GHz, 50 % and 0° only the coefficients r and w of ITU-R P.2109-2, Table 1, and C = -3 dB are left.
@pytest.mark.parametrize(("building", "r", "w"), [(1, 12.64, 9.1), (2, 28.19, 27.8)])
def test_the_median_entry_loss_at_1_ghz_is_that_of_the_printed_coefficients(building, r, w):
    expected = 10 * math.log10(10 ** (r / 10) + 10 ** (w / 10) + 10**-0.3)
    assert building_entry_loss(1.0, 50.0, building, 0.0) == pytest.approx(expected, abs=1e-9)


def test_a_building_loses_more_at_fewer_places_and_steeper_angles():
    assert building_entry_loss(0.9, 90.0, 1, 0.0) > building_entry_loss(0.9, 50.0, 1, 0.0)
    assert building_entry_loss(0.9, 50.0, 1, 45.0) > building_entry_loss(0.9, 50.0, 1, 0.0)
    assert math.isnan(building_entry_loss(0.01, 50.0, 1, 0.0))


def test_the_quantile_inverts_the_normal_distribution():
    for p in (1e-6, 0.01, 0.5, 0.99):
        assert 0.5 * math.erfc(-normal_quantile(p) / math.sqrt(2)) == pytest.approx(p, rel=1e-9)
