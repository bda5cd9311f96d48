"""The README's notebook sample runs as it is printed, on files by the names it uses."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import coverage_geo as cg

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
NAMES = {
    "villages.gpkg": "villages.gpkg", "towers.csv": "towers.csv", "pln.gpkg": "poles.gpkg", "pop.csv": "gateways.csv",
    "demnas.tif": "terrain.tif", "people.tif": "population.tif", "status.csv": "reported_status.csv",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::coverage_geo.errors.CoverageGeoWarning")
def test_the_notebook_sample_runs_as_printed(district, tmp_path, monkeypatch) -> None:
    made = cg.write_district(district, tmp_path / "made")
    for name, file in NAMES.items():
        shutil.copy(made[file], tmp_path / name)
    (sample,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    tower = district.towers.to_crs(4326).geometry.iloc[0]
    sample = sample.replace('"lon": 101.2, "lat": -1.4', f'"lon": {tower.x}, "lat": {tower.y}')
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(sample, "README.md", "exec"), names)  # noqa: S102 - our own README
    assert (tmp_path / "gaps.html").stat().st_size > 50_000
    assert len(names["blanks"]) == len(district.villages)


def test_the_readme_names_only_what_exists() -> None:
    for name in set(re.findall(r"cg\.([A-Za-z_0-9]+)", README)) - {"read_"}:
        assert hasattr(cg, name), name
    for link in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (Path(__file__).parents[2] / link).exists(), link
