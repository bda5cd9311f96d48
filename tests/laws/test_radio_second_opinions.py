"""What holds for every profile, mast and frequency, whichever second opinion is asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_geo.radio.path_loss import FreeSpace, path_loss_db
from coverage_geo.radio.second_opinions import Bullington526, ExtendedHata, Itm, LineOfSight, WithEndClutter

profiles = st.builds(
    lambda seed, points, length_km, roughness: (
        np.linspace(0, 1000 * length_km, points),
        np.random.default_rng(seed).normal(0, roughness, points).cumsum().round(2),
    ),
    st.integers(0, 10_000),
    st.integers(5, 300),
    st.floats(1.5, 80),
    st.sampled_from([0, 0.5, 3, 12]),
)
frequencies = st.floats(150, 2900)
masts = st.floats(1.5, 80)


def loss(model, profile, frequency, tx, rx):
    antennas = {"frequency_mhz": frequency, "tx_height_m": tx, "rx_height_m": rx}
    return path_loss_db(*profile, model=model, **antennas)


def turned(profile):
    distance, height = profile
    return distance[-1] - distance[::-1], height[::-1]


@pytest.mark.parametrize("model", [Bullington526(), LineOfSight(), ExtendedHata(), FreeSpace()])
@given(profile=profiles, frequency=frequencies, tx=masts, rx=masts)
def test_both_directions_lose_the_same(model, profile, frequency, tx, rx):
    there, back = loss(model, profile, frequency, tx, rx), loss(model, turned(profile), frequency, rx, tx)
    assert there == pytest.approx(back, abs=0.01)


@given(profile=profiles, frequency=frequencies, tx=masts, rx=masts)
def test_both_directions_lose_the_same_in_the_irregular_terrain_model(profile, frequency, tx, rx):
    there, back = loss(Itm(), profile, frequency, tx, rx), loss(Itm(), turned(profile), frequency, rx, tx)
    assert there == pytest.approx(back, abs=0.1)


@given(profile=profiles, frequency=frequencies, tx=masts, rx=masts, more=st.floats(0, 50))
def test_a_higher_mast_never_turns_line_of_sight_into_obstruction(profile, frequency, tx, rx, more):
    for clearance in (0.0, 0.6):
        model = LineOfSight(clearance=clearance)
        free = loss(FreeSpace(), profile, frequency, tx, rx)
        clear = loss(model, profile, frequency, tx, rx) < free + 1
        raised = loss(model, profile, frequency, tx + more, rx)
        assert not clear or raised < loss(FreeSpace(), profile, frequency, tx + more, rx) + 1


@given(profile=profiles, frequency=frequencies, tx=masts, rx=masts)
def test_grazing_sight_is_never_refused_where_the_fresnel_zone_is_clear(profile, frequency, tx, rx):
    grazing = loss(LineOfSight(clearance=0), profile, frequency, tx, rx)
    assert grazing <= loss(LineOfSight(clearance=0.6), profile, frequency, tx, rx)


@given(profile=profiles, frequency=frequencies, tx=masts, rx=masts)
def test_diffraction_never_gains_on_free_space(profile, frequency, tx, rx):
    assert (
        loss(Bullington526(), profile, frequency, tx, rx)
        >= loss(FreeSpace(), profile, frequency, tx, rx) - 1e-6
    )


@given(profile=profiles, tx=masts, rx=masts, low=frequencies, high=frequencies)
def test_loss_grows_with_frequency_where_nothing_but_distance_counts(profile, tx, rx, low, high):
    low, high = sorted((low, high))
    rx = min(rx, 10.0)
    for model in (FreeSpace(), ExtendedHata("open"), ExtendedHata("suburban"), ExtendedHata("urban")):
        assert loss(model, profile, low, tx, rx) <= loss(model, profile, high, tx, rx) + 1e-9


@given(frequency=frequencies, tx=masts, near=st.floats(0.01, 99), far=st.floats(0.01, 99))
def test_extended_hata_loses_more_farther_away(frequency, tx, near, far):
    near, far = sorted((near, far))
    losses = [
        loss(ExtendedHata(), (np.array([0, 500 * km, 1000 * km]), np.zeros(3)), frequency, tx, 1.5)
        for km in (near, far)
    ]
    assert losses[0] <= losses[1] + 1e-9


@given(
    profile=profiles, frequency=frequencies, tx=masts, rx=masts, some=st.floats(1, 99), more=st.floats(1, 99)
)
def test_the_irregular_terrain_model_loses_more_for_more_of_the_time(profile, frequency, tx, rx, some, more):
    some, more = sorted((some, more))
    usual, rare = (loss(Itm(time_percent=share), profile, frequency, tx, rx) for share in (some, more))
    assert usual <= rare + 1e-9


@pytest.mark.parametrize("model", [Itm(), Bullington526(), FreeSpace()])
@given(profile=profiles, frequency=frequencies, tx=masts, rx=masts)
def test_clutter_around_the_receiver_never_helps(model, profile, frequency, tx, rx):
    for surroundings in ("open", "forest", "dense urban"):
        dressed = WithEndClutter(model, surroundings)
        assert loss(dressed, profile, frequency, tx, rx) >= loss(model, profile, frequency, tx, rx) - 1e-9
