"""ITU-R P.1812-8 against the published validation cases and single published figures."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from coverage_geo.radio.p1812.normal import inverse_normal
from coverage_geo.radio.p1812.refractivity import path_centre_latitude
from coverage_geo.radio.p1812.whole_path import path_losses

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


def test_inverse_normal_is_that_of_the_tables_within_its_stated_error():
    # Standard normal quantiles as tabulated, for example in NIST's Engineering Statistics Handbook §1.3.6.7.1.
    for x, value in ((0.5, 0.0), (0.1, 1.2816), (0.01, 2.3263), (0.9, -1.2816)):
        assert inverse_normal(x) == pytest.approx(value, abs=5.4e-4)
