"""The Irregular Terrain Model against NTIA's own cases and single published figures."""

from __future__ import annotations

import csv
import itertools

import numpy as np
import pytest

from coverage_geo.errors import OutsideModelRangeWarning
from coverage_geo.radio.itm.loss import area_losses, profile_losses
from coverage_geo.radio.itm.medium import effective_curvature, ground_impedance, surface_refractivity
from coverage_geo.radio.itm.reference import roughness
from coverage_geo.radio.itm.terrain import irregularity, profile_path, ranked
from coverage_geo.radio.itm.variability import BROADCAST, Odds
from coverage_geo.radio.p1812.normal import inverse_normal
from coverage_geo.radio.path_loss import path_loss_db
from coverage_geo.radio.second_opinions import Itm

FOLDER = "radio/ntia_itm"


def table(path):
    with path.open(encoding="utf-8-sig") as file:
        return [{name: float(cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def profiles(path):
    """Step and heights of each row: intervals, step, heights."""
    for line in path.read_text().split():
        intervals, step, *heights = (float(cell) for cell in line.split(","))
        assert len(heights) == intervals + 1
        yield step, np.array(heights, dtype=np.float32)


def odds(case, mode):
    deviates = (inverse_normal(case[name] / 100) for name in ("time", "location", "situation"))
    return Odds(*deviates, int(case["climate"]), mode)


def medium_of(case):
    f = case["f__mhz"]
    return f, ground_impedance(f, case["epsilon"], case["sigma"], int(case["pol"])), case["N_0"]


def loss_over(case, step, heights):
    masts = case["h_tx__meter"], case["h_rx__meter"]
    given = odds(case, int(case["mdvar"]))
    return profile_losses(heights, len(heights) - 1, step, *masts, *medium_of(case), given)


def loss_in_area(case, d_km):
    masts = case["h_tx__meter"], case["h_rx__meter"]
    siting = [int(case.get(f"{end}_siting_criteria", 0)) for end in ("tx", "rx")]
    given = odds(case, int(case["mdvar"]))
    return area_losses(d_km * 1000, *masts, *siting, case["delta_h__meter"], *medium_of(case), given)


def settings(path):
    """Inputs of one of NTIA's command files: numbers, or lists of numbers."""
    return {
        row[0]: [float(cell) for cell in row[1:]] for row in csv.reader(path.read_text().splitlines()) if row
    }


def printed(path):
    """Numbers of the table that ends one of NTIA's command outputs."""
    lines = [line.split() for line in path.read_text().splitlines()]
    return [[float(word) for word in words] for words in lines if words and is_numbers(words)]


def is_numbers(words):
    return all(word.replace(".", "").replace("-", "").isdigit() for word in words) and len(words) > 3


def one_case(given, **changed):
    """A single case of a command file, by reliability (of time) and confidence (in the situation)."""
    case = {name: values[0] for name, values in given.items()} | {"location": 50.0} | changed
    case.setdefault("time", case.get("reliability"))
    case.setdefault("situation", case.get("confidence"))
    return case


def test_ntias_point_to_point_cases_agree_to_five_thousandths_of_a_decibel(data_folder):
    cases = table(data_folder / FOLDER / "p2p.csv")
    paths = list(profiles(data_folder / FOLDER / "pfls.csv"))
    assert len(cases) == len(paths) == 5
    for case, (step, heights) in zip(cases, paths, strict=True):
        losses, _, _ = loss_over(case, step, heights)
        assert losses.L_b == pytest.approx(case["A__db"], abs=0.005), case


def test_ntias_area_cases_agree_to_the_digit_printed(data_folder):
    cases = table(data_folder / FOLDER / "area.csv")
    assert len(cases) == 5
    for case in cases:
        assert loss_in_area(case, case["d__km"]).L_b == pytest.approx(case["A__db"], abs=0.05), case


@pytest.mark.parametrize("name", ["p2ptls", "p2pcr", "p2pcr_tbl"])
def test_ntias_command_line_examples_over_a_profile_agree_to_the_digit_printed(data_folder, name):
    folder = data_folder / FOLDER
    given = settings(folder / f"i_{name}.txt")
    [(step, heights)] = profiles(folder / "pfl.txt")
    if name == "p2pcr_tbl":
        for row, time in zip(printed(folder / "o_p2pcr_tbl.txt"), given["reliability"], strict=True):
            for situation, expected in zip(given["confidence"], row[1:], strict=True):
                case = one_case(given, time=time, situation=situation)
                assert loss_over(case, step, heights)[0].L_b == pytest.approx(expected, abs=0.05)
    else:
        losses, path, medium = loss_over(one_case(given), step, heights)
        assert losses.L_b == pytest.approx(114.5, abs=0.05)
        assert path.theta_t * 1000 == pytest.approx(-1.949, abs=5e-4)
        assert path.theta_r * 1000 == pytest.approx(-0.856, abs=5e-4)
        text = (folder / f"o_{name}.txt").read_text()
        for label, value in {
            "d_hzn_tx__meter": path.dl_t,
            "d_hzn_rx__meter": path.dl_r,
            "h_e_tx__meter": path.he_t,
            "h_e_rx__meter": path.he_r,
            "N_s": medium.N_s,
            "delta_h__meter": path.delta_h,
            "A_ref__db": losses.A_ref,
        }.items():
            figure = next(line.split()[1] for line in text.splitlines() if line.startswith(label))
            places = len(figure.partition(".")[2])
            assert value == pytest.approx(float(figure), abs=0.51 * 10**-places), label


def test_ntias_command_line_table_over_an_area_agrees_to_the_digit_printed(data_folder):
    folder = data_folder / FOLDER
    given = settings(folder / "i_areacr_tbl.txt")
    rows = printed(folder / "o_areacr_tbl.txt")
    assert len(rows) > 15
    for (d_km, free, *losses), (situation, at) in itertools.product(
        rows, zip((50, 75, 90), range(3), strict=True)
    ):
        found = loss_in_area(one_case(given, situation=situation), d_km)
        assert found.L_bfs == pytest.approx(free, abs=0.05)
        assert found.L_b == pytest.approx(losses[at], abs=0.06), (d_km, situation)


# NTIA, itm v1.4, cmd_examples/o_areatls.txt and o_areacr.txt.
@pytest.mark.parametrize(
    ("d_km", "f", "masts", "sigma", "delta_h", "mode", "percent", "expected"),
    [
        (10.0, 3500.0, (15.0, 3.0), 0.005, 20.0, 1, (50.0, 50.0), 134.5),
        (1.0, 10_000.0, (3.0, 3.0), 0.005, 0.0, 3, (90.0, 77.0), 118.3),
    ],
)
def test_single_area_figures_agree(d_km, f, masts, sigma, delta_h, mode, percent, expected):
    time, situation = (inverse_normal(each / 100) for each in percent)
    given = Odds(time, inverse_normal(0.5), situation, 5, mode)
    impedance = ground_impedance(f, 15.0, sigma, 1)
    losses = area_losses(d_km * 1000, *masts, 0, 0, delta_h, f, impedance, 301.0, given)
    assert losses.L_b == pytest.approx(expected, abs=0.05)


def hills(last, relief_m):
    x = np.arange(last + 1)
    return np.round(relief_m * (np.sin(x / 7) + np.sin(x / 23 + 1) + 0.3 * np.sin(1.7 * x)) ** 2)


# Run through NTIA's ITM 1.4 (https://github.com/NTIA/itm, commit 065bf5d), whose mode of variability is 3 for
# broadcast, 2 mobile, 1 accidental, 0 single message; 10 more without locations, 20 more without situations.
@pytest.mark.parametrize(
    ("profile", "masts", "f", "air_and_ground", "model", "expected"),
    [
        ((300, 33.3, 10), (30, 1.5), 900, (360, 15, 0.005), {}, 157.6700),
        (
            (300, 33.3, 10),
            (30, 1.5),
            900,
            (301, 25, 0.02),
            {"polarisation": "horizontal", "climate": "continental subtropical"}
            | {"variability": "single message", "time_percent": 10, "location_percent": 20}
            | {"situation_percent": 90},
            175.3932,
        ),
        (
            (500, 77.7, 40),
            (12, 8),
            2600,
            (320, 15, 0.005),
            {"climate": "maritime subtropical", "variability": "accidental"}
            | {"time_percent": 95, "location_percent": 60, "situation_percent": 70},
            256.3891,
        ),
        (
            (500, 200.0, 25),
            (200, 10),
            150,
            (280, 4, 0.001),
            {"polarisation": "horizontal", "climate": "desert", "variability": "mobile"}
            | {"time_percent": 1, "situation_percent": 99},
            166.5782,
        ),
        (
            (600, 300.0, 60),
            (60, 3),
            450,
            (301, 15, 0.005),
            {"climate": "continental temperate", "locations_vary": False}
            | {"location_percent": 95, "situation_percent": 30},
            224.6888,
        ),
        (
            (900, 500.0, 5),
            (40, 20),
            3500,
            (340, 81, 5.0),
            {"polarisation": "horizontal", "climate": "maritime temperate, over land"}
            | {"situations_vary": False, "time_percent": 99.9},
            254.6910,
        ),
        (
            (40, 123.4, 2),
            (42, 1.5),
            700,
            (390, 81, 5.0),
            {"climate": "maritime temperate, over sea", "variability": "single message"}
            | {"locations_vary": False, "situations_vary": False}
            | {"time_percent": 20, "location_percent": 30, "situation_percent": 80},
            108.3759,
        ),
        (
            (700, 45.6, 90),
            (25, 5),
            60,
            (370, 15, 0.005),
            {"locations_vary": False, "situations_vary": False}
            | {"time_percent": 5, "location_percent": 5, "situation_percent": 5},
            183.0780,
        ),
    ],
)
def test_profiles_run_through_ntias_program_agree(profile, masts, f, air_and_ground, model, expected):
    last, step, relief_m = profile
    ground = dict(zip(("n0", "permittivity", "conductivity"), air_and_ground, strict=True))
    loss = path_loss_db(
        np.arange(last + 1) * step,
        hills(last, relief_m),
        model=Itm(**ground, **model),
        frequency_mhz=f,
        tx_height_m=masts[0],
        rx_height_m=masts[1],
    )
    assert loss == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("height_m", [-2000.0, 10_000.0])
def test_air_that_the_model_does_not_describe_has_no_loss_and_says_so(height_m):
    masts = {"frequency_mhz": 900, "tx_height_m": 30, "rx_height_m": 1.5}
    with pytest.warns(OutsideModelRangeWarning, match="too high, too low"):
        loss = path_loss_db(np.linspace(0, 5000, 51), np.full(51, height_m), model=Itm(), **masts)
    assert np.isnan(loss)


# Hufford, Longley, Kissick, NTIA Report 82-100 (1982): four thirds of the Earth's radius go with 301 N-units.
def test_the_usual_air_makes_the_earth_look_four_thirds_as_large():
    assert 1e-3 / effective_curvature(301.0) == pytest.approx(4 / 3 * 6370, rel=1e-3)
    assert surface_refractivity(301.0, 0.0) == 301.0


def test_smooth_ground_has_no_irregularity_and_the_horizon_of_its_masts():
    flat = np.full(401, 25.0, dtype=np.float32)
    gamma_e = effective_curvature(301.0)
    path = profile_path(flat, 400, 250.0, 30.0, 10.0, gamma_e)
    assert path.delta_h == 0
    assert path.he_t == pytest.approx(30.0)
    assert path.dl_t == pytest.approx(np.sqrt(2 * 30 / gamma_e), abs=250.0)
    assert path.dl_r == pytest.approx(np.sqrt(2 * 10 / gamma_e), abs=250.0)


def test_a_sloping_plane_is_not_irregular():
    slope = np.linspace(0, 500, 301).astype(np.float32)
    assert irregularity(slope, 300, 100.0, 500.0, 29_500.0) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("size", [35, 175, 245])
def test_ranks_are_those_of_the_sorted_values(size):
    rng = np.random.default_rng(size)
    for values in (rng.normal(size=size), rng.integers(0, 4, size), np.exp(4 * rng.normal(size=size))):
        ordered = np.sort(values.astype(np.float32))
        rank = (size + 5) // 10
        expected = ordered[-rank], ordered[rank - 1]
        assert ranked(values.astype(np.float32), rank) == pytest.approx(
            expected, abs=1e-6 * float(np.ptp(ordered))
        )


def test_roughness_grows_to_the_irregularity_with_distance():
    assert roughness(1e3, 90.0) < roughness(50e3, 90.0) < 90.0


def test_the_attenuation_within_sight_meets_that_beyond_without_a_step():
    given = Odds(0.0, 0.0, 0.0, 1, BROADCAST)
    impedance = ground_impedance(900.0, 15.0, 0.005, 1)
    losses = [
        area_losses(d, 42.0, 1.5, 0, 0, 90.0, 900.0, impedance, 360.0, given).L_b
        for d in np.arange(20e3, 50e3, 50.0)
    ]
    assert np.abs(np.diff(losses)).max() < 0.1
