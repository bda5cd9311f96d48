"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Machines differ in speed, so no deadline; the same examples every time, so that main stays green.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("project")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of real data, named by COVERAGE_GEO_DATA; tests that need it are skipped without it."""
    folder = os.environ.get("COVERAGE_GEO_DATA")
    if not folder:
        pytest.skip("real data: set COVERAGE_GEO_DATA to its folder to run this test")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"COVERAGE_GEO_DATA={folder} is not a folder")
    return path
