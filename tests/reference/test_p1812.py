"""ITU-R P.1812-8 against the published validation cases and single published figures."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from coverage_geo.radio.p1812.normal import inverse_normal
from coverage_geo.radio.p1812.refractivity import ducting_incidence, path_centre_latitude
from coverage_geo.radio.p1812.whole_path import path_losses
from coverage_geo.radio.path_loss import ItuP1812, path_loss_db

if TYPE_CHECKING:
    from pathlib import Path

# Label in the logs, without its unit: the symbol here. A repeated label is numbered in order.
SYMBOLS = {
    "d": "d",
    "dlt": "d_lt",
    "dlr": "d_lr",
    "th_t": "theta_t",
    "th_r": "theta_r",
    "th": "theta",
    "hts": "h_ts",
    "hrs": "h_rs",
    "w": "omega",
    "dtm": "d_tm",
    "dlm": "d_lm",
    "b0": "beta0",
    "ae": "a_e",
    "hst": "h_st",
    "hsr": "h_sr",
    "hstd": "h_std",
    "hsrd": "h_srd",
    "hte": "h_te",
    "hre": "h_re",
    "hm": "h_m",
    "Fi": "F_i",
    "Fj": "F_j",
    "Fk": "F_k",
    "Lbfs": "L_bfs",
    "Lb0p": "L_b0p",
    "Lb0b": "L_b0beta",
    "Lbulla": "L_bullabeta",
    "Lbulls": "L_bullsbeta",
    "Ldsph": "L_dsphbeta",
    "Ld50": "L_d50",
    "Ldb": "L_dbeta",
    "Ldp": "L_dp",
    "Lbd50": "L_bd50",
    "Lminb0p": "L_minb0p",
    "Lba": "L_ba",
    "Lminbap": "L_minbap",
    "Lbda": "L_bda",
    "Lbam": "L_bam",
    "Lbs": "L_bs",
    "Lbc": "L_bc",
    "Lb": "L_b",
    "Ep": "E_p",
}
CASES = 63


def read_log(path: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Inputs and intermediate values of one log; the first value under a label counts."""
    inputs: dict[str, float] = {}
    values: dict[str, float] = {}
    into = inputs
    with path.open(encoding="utf-8") as file:
        for row in csv.reader(file):
            if not row or row[0].startswith("#"):
                continue
            if not row[0].strip():
                into = values
                continue
            label = row[0].split("(")[0].strip() if "w.r.t." not in row[0] else "Ep of the case"
            into.setdefault(label, float(row[-2]))
    return inputs, values


def read_profile(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Distances, heights, clutter heights and zones of one profile."""
    with path.open(encoding="utf-8") as file:
        lines = [row for row in csv.reader(file) if row]
    start = next(i for i, row in enumerate(lines) if row[0].startswith("Number of Points"))
    stop = next(i for i, row in enumerate(lines) if row[0].startswith("{End of Profile"))
    points = np.array(
        [[float(cell or "nan") for cell in (*row[:2], *row[3:5])] for row in lines[start + 1 : stop]]
    )
    return points[:, 0], points[:, 1], np.nan_to_num(points[:, 2]), points[:, 3].astype(np.int8)


def computed(profile: Path, inputs: dict[str, float]) -> dict[str, float]:
    d, h, clutter, zone = read_profile(profile)
    ends = (inputs["phi_t"], inputs["lam_t"], inputs["phi_r"], inputs["lam_r"])
    phi = path_centre_latitude(*ends, d[-1])
    geometry, losses = path_losses(
        d,
        h,
        clutter,
        zone,
        inputs["f"],
        inputs["p"],
        inputs["htg"],
        inputs["hrg"],
        int(inputs["pol"]),
        phi,
        inputs["DN"],
        inputs["N0"],
        inputs["dct"],
        inputs["dcr"],
        inputs["pL"],
        inputs["sigmaL"],
    )
    return {**geometry._asdict(), **losses._asdict()}


def test_every_intermediate_value_of_the_63_validation_cases_agrees_with_its_log(data_folder):
    logs = sorted((data_folder / "radio/p1812/validation_results").glob("*_log.csv"))
    assert len(logs) == CASES
    for log in logs:
        inputs, values = read_log(log)
        profile = data_folder / "radio/p1812/validation_profiles" / (log.stem.rsplit("_", 2)[0] + ".csv")
        result = computed(profile, inputs)
        missing = set(SYMBOLS) - set(values)
        assert not missing, missing
        for label, symbol in SYMBOLS.items():
            scale = max(abs(values[label]), 1e-3)
            assert abs(result[symbol] - values[label]) <= 1e-6 * scale, (
                log.name,
                label,
                result[symbol],
                values[label],
            )
        assert math.isclose(result["L_b"], values["Lb"], abs_tol=1e-7), log.name


def test_field_strengths_of_the_combined_results_agree_within_1e_8(data_folder):
    folder = data_folder / "radio/p1812"
    with (folder / "validation_results/combined_results.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row and not row[0].lstrip().startswith("#")]
    assert len(rows) == CASES
    for _, name, case, reference, *_ in rows:
        stem = name.strip().removesuffix(".csv")
        inputs, _ = read_log(folder / f"validation_results/{stem}_{int(case)}_log.csv")
        field = computed(folder / f"validation_profiles/{stem}.csv", inputs)["E_p"]
        gain = inputs.get("Gtx", 0) + inputs.get("Grx", 0)
        power = round(10 * math.log10(inputs["Ptx"]), 7)  # the logs carry ten digits of the power in kW
        assert abs(field + power + gain - float(reference)) <= 1.0001e-8, (name, case)


def made(length_km, last, relief_m, stretch):
    """A profile whose steps grow or shrink by `stretch`, with clutter of 0, 10, 15 and 20 m in turn."""
    i = np.arange(last + 1)
    hills = np.round(relief_m * (np.sin(i / 3) + np.sin(i / 11 + 1) + 1.5) ** 2)
    return 1000 * length_km * (i / last) ** stretch, hills, np.array([0.0, 10.0, 15.0, 20.0])[i % 4]


PATTERNS = {
    "inland": [4],
    "coastal": [3],
    "sea": [1],
    "mixed": [4, 4, 4, 3, 1, 1, 1, 1, 1, 1, 3, 4],
    "ends at sea": [3, *[1] * 11],
}


# Run through eveeetza's Py1812 (https://github.com/eeveetza/Py1812, commit 0577a9c), the code of P.1812-8 that
# made the validation cases, on profiles that these cases do not have.
@pytest.mark.parametrize(
    ("profile", "zones", "clutter", "frequency", "masts", "model", "expected"),
    [
        (
            (0.25, 4, 2, 1.0),
            "inland",
            False,
            30,
            (30, 1),
            (50, 50, 0, "horizontal", 0, 45, 325, 500, 500),
            (17.57866438, 106.64605071, 82.92028924, 67.49585534),
        ),
        (
            (12.0, 60, 25, 1.0),
            "inland",
            True,
            900,
            (42, 1.5),
            (50, 95, 5.5, "vertical", -2.5, 50, 370, 500, 500),
            (45.37327289, 244.54013864, 250.29132935, 167.49041454),
        ),
        (
            (45.0, 90, 8, 1.3),
            "mixed",
            True,
            450,
            (60, 10),
            (2.5, 10, 8, "vertical", -8, 60, 380, 6, 3),
            (36.22365901, 139.13352653, 152.73786188, 129.15723736),
        ),
        (
            (95.0, 120, 1, 1.0),
            "sea",
            False,
            2600,
            (20, 5),
            (1, 99, 5.5, "horizontal", 35, 70, 350, 0, 0),
            (56.86441004, 125.56491844, 175.95920212, 136.00142962),
        ),
        (
            (160.0, 80, 3, 0.8),
            "ends at sea",
            False,
            200,
            (100, 30),
            (7, 25, 4, "horizontal", -60, 39, 310, 4, 2),
            (41.12448127, 173.02926144, 164.77662682, 160.99045299),
        ),
        (
            (700.0, 350, 40, 1.0),
            "mixed",
            True,
            5800,
            (3000, 1500),
            (20, 60, 12, "vertical", 68, 30, 300, 90, 200),
            (436.96453778, 297.17763504, 240.42579269, 243.46099301),
        ),
        (
            (2500.0, 300, 1, 1.0),
            "coastal",
            False,
            120,
            (2, 3),
            (33, 50, 5.5, "vertical", 12, 100, 390, 20, 500),
            (706.59901509, 292.75141275, 250.90609267, 250.90609265),
        ),
        (
            (30.0, 50, 300, 1.1),
            "inland",
            True,
            1800,
            (15, 80),
            (4, 1, 9, "horizontal", -45, 20, 290, 500, 500),
            (69.79191584, 648.81003224, 783.77343543, 174.90641084),
        ),
    ],
)
def test_profiles_run_through_the_reference_code_agree(
    profile, zones, clutter, frequency, masts, model, expected
):
    d, h, tops = made(*profile)
    pattern = np.array(PATTERNS[zones])
    fields = ("time_percent", "location_percent", "location_spread_db", "polarisation", "latitude_deg")
    fields += ("delta_n", "n0", "coast_tx_km", "coast_rx_km")
    values = path_loss_db(
        d,
        h,
        model=ItuP1812(**dict(zip(fields, model, strict=True))),
        frequency_mhz=frequency,
        tx_height_m=masts[0],
        rx_height_m=masts[1],
        clutter_m=tops if clutter else None,
        zone=pattern[np.arange(len(d)) * len(pattern) // len(d)],
        intermediates=True,
    )
    found = [values[symbol] for symbol in ("L_dp", "L_ba", "L_bs", "L_b")]
    assert found == pytest.approx(expected, abs=1e-7)


# As above, with its flag4: the Recommendation's Attachment 3 instead of a smooth path of profile points.
@pytest.mark.parametrize(
    ("smooth_path", "expected"),
    [
        ("profile points", (33.22580648, 22.34145162, 62.78563516, 160.99045299)),
        ("continuous", (33.22661097, 22.34243134, 62.78483066, 160.98967579)),
    ],
)
def test_the_smooth_path_may_have_its_edge_between_profile_points(smooth_path, expected):
    d, h, _ = made(160.0, 80, 3, 0.8)
    model = ItuP1812(7, 25, 4, 39, 310, "horizontal", "sea", -60, 4, 2, smooth_path=smooth_path)
    zone = np.where(np.arange(81) * 12 // 81 > 0, 1, 3)
    values = path_loss_db(
        d,
        h,
        model=model,
        frequency_mhz=200,
        tx_height_m=100,
        rx_height_m=30,
        zone=zone,
        intermediates=True,
    )
    found = [values[symbol] for symbol in ("L_bulls50", "L_bullsbeta", "L_d50", "L_b")]
    assert found == pytest.approx(expected, abs=1e-7)


def test_beyond_70_degrees_the_incidence_of_ducting_no_longer_depends_on_latitude():
    assert ducting_incidence(75.0, 0.0, 0.0) == 4.17
    assert ducting_incidence(-80.0, 40.0, 20.0) == ducting_incidence(71.0, 40.0, 20.0)
    assert ducting_incidence(75.0, 1000.0, 0.0) == pytest.approx(4.17 * (10**-0.496) ** 1.3)


def test_inverse_normal_is_that_of_the_tables_within_its_stated_error():
    # Standard normal quantiles as tabulated, for example in NIST's Engineering Statistics Handbook §1.3.6.7.1.
    for x, value in ((0.5, 0.0), (0.1, 1.2816), (0.01, 2.3263), (0.9, -1.2816)):
        assert inverse_normal(x) == pytest.approx(value, abs=5.4e-4)
