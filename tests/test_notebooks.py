"""The two stories: each script and its notebook are the same code, and run from beginning to end."""

from __future__ import annotations

import runpy
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
MAKER = runpy.run_path(str(ROOT / "notebooks" / "make_notebooks.py"))
STORIES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))


def notebook(story: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "notebooks" / f"{story}.ipynb", as_version=4)


def test_there_are_two_stories() -> None:
    assert STORIES == ["flat_coast", "mountain_partners"]


@pytest.mark.parametrize("story", STORIES)
def test_the_notebook_is_its_script_cell_by_cell(story: str) -> None:
    script = (ROOT / "examples" / f"{story}.py").read_text(encoding="utf-8")
    assert notebook(story)["cells"] == MAKER["cells"](script), "run: python notebooks/make_notebooks.py"


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.filterwarnings("ignore")  # of the notebook client, which is not ours
def test_the_notebook_runs_and_its_headline_figures_hold(story: str, tmp_path: Path) -> None:
    book = notebook(story)
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    saved = tmp_path / "coverage_geo_examples" / story / "map.html"
    assert 50_000 < saved.stat().st_size < 3_000_000
    assert "FIKTIF" in saved.read_text(encoding="utf-8")
