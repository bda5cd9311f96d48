"""ITU-R P.2109 building entry loss against the workbook of ITU-R Study Group 3."""

from __future__ import annotations

import pytest

from coverage_geo.radio.p2109 import THERMALLY_EFFICIENT, TRADITIONAL, building_entry_loss

# Study Group 3, workbook "Clutter and BEL", as printed in validate_p2109.m of github.com/eeveetza/p2109
# (the reference implementation of P.2109-1, whose formulas P.2109-2 keeps). Losses at these percentages [%].
PERCENT = (0.1, 1.0, 10.0, 25.11886, 50.11872, 74.13102, 91.20108, 97.72372, 99.77001)
LOSSES = {
    (28.0, TRADITIONAL, 0.0): (1.671, 2.769, 6.891, 12.423, 20.218, 28.151, 36.947, 45.021, 55.440),
    (28.0, THERMALLY_EFFICIENT, 0.0): (4.774, 9.369, 19.484, 29.326, 41.732, 53.918, 67.320, 79.602, 95.448),
    (2.0, TRADITIONAL, 45.0): (0.281, 3.508, 11.251, 16.923, 23.556, 30.045, 37.211, 43.796, 52.300),
    (2.0, THERMALLY_EFFICIENT, 45.0): (2.135, 8.605, 20.566, 28.613, 37.995, 47.228, 57.471, 66.905, 79.101),
}


@pytest.mark.parametrize("case", LOSSES)
def test_entry_losses_agree_to_a_hundredth_of_a_decibel(case):
    f, building, theta = case
    found = [building_entry_loss(f, p, building, theta) for p in PERCENT]
    assert found == pytest.approx(LOSSES[case], abs=0.01)
