"""A world small enough for every test: each stage's output is the next stage's input."""

from __future__ import annotations

import pytest

import coverage_geo as cg


@pytest.fixture(scope="session")
def district() -> cg.FictionalDistrict:
    """Six villages with a coast, hills, an island, 1,300 poles and one break of each kind."""
    counts = {"none": 2, "icon": 1, "trouble": 1, "other": 1, "unknown": 1}
    return cg.make_district(
        village_count=6,
        width_km=10,
        hamlets=30,
        seed=2,
        breaks_each=1,
        blank_hamlets=6,
        reported_counts=counts,
    )
