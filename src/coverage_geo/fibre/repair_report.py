"""What was mended in pole data: kept as arrays, made into a table with geometry when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_geo.fibre.noding import CROSSING, MM_PER_M, Mended, lines_between

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    Ints = NDArray[np.int64]

REPAIR_KINDS = (
    "gap bridged",
    "overshoot trimmed",
    "dangle joined",
    "duplicate pole removed",
    "duplicate line removed",
    CROSSING,
    "span inferred",
    "zero-length span removed",
    "pole snapped to line",
    "voltage unknown",
    "no permission",
    "road joined",
    "road left out",
)


@dataclass(frozen=True, eq=False)
class RepairReport:
    """Repairs of pole data, a million of them in little memory.

    Attributes
    ----------
    parts : tuple of Mended
        The repairs, kind by kind.
    ids : numpy.ndarray
        Id of each row of the data, and a last None for no row, object.
    geometry : numpy.ndarray
        Geometry of each row of the data.
    origin : numpy.ndarray
        Position of (0, 0) mm in the study's CRS, [m].
    crs : pyproj.CRS
        The study's CRS.
    """

    parts: tuple[Mended, ...]
    ids: NDArray[np.object_]
    geometry: NDArray[np.object_]
    origin: NDArray[np.float64]
    crs: CRS

    def __repr__(self) -> str:
        told = ", ".join(f"{kind} {count:,}" for kind, count in self.counts().items() if count)
        return f"RepairReport({told or 'nothing mended'})"

    def counts(self) -> dict[str, int]:
        """Return the number of repairs of each kind."""
        return {kind: sum(len(part.row) for part in self._of(kind)) for kind in REPAIR_KINDS}

    def metres(self) -> dict[str, float]:
        """Return how far the repairs of each kind reached together, [m]."""
        return {
            kind: sum(float(np.rint(part.metres * MM_PER_M).sum()) for part in self._of(kind)) / MM_PER_M
            for kind in REPAIR_KINDS
        }

    def _of(self, kind: str) -> list[Mended]:
        return [part for part in self.parts if part.kind == kind]

    @cached_property
    def table(self) -> gpd.GeoDataFrame:
        """Repairs as rows sorted by kind, row and place, with the columns `PoleGraph.repairs` names."""
        rank = np.concatenate([np.full(len(part.row), REPAIR_KINDS.index(part.kind)) for part in self.parts])
        whole = np.concatenate([np.full(len(part.row), part.whole_row) for part in self.parts])
        row, other, start, end, metres = (
            np.concatenate([getattr(part, name) for part in self.parts])
            for name in ("row", "other", "start", "end", "metres")
        )
        order = np.lexsort((start[:, 1], start[:, 0], row, rank))
        row, whole = row[order], whole[order]
        places = _places(start[order] / MM_PER_M + self.origin, end[order] / MM_PER_M + self.origin)
        places[whole] = self.geometry[row[whole]]
        return gpd.GeoDataFrame(
            {
                "what": np.array(REPAIR_KINDS, dtype=object)[rank[order]],
                "pole_id": self.ids[row],
                "other_id": self.ids[other[order]],
                "distance_m": np.round(metres[order], 3),
            },
            index=pd.Index(
                [f"repair-{at:06d}" for at in range(1, len(order) + 1)], name="repair_id", dtype="str"
            ),
            geometry=places,
            crs=self.crs,
        )


def _places(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.object_]:
    """Points where nothing moved, else lines from start to end."""
    places = np.empty(len(start), dtype=object)
    moved = (start != end).any(axis=1)
    places[~moved] = shapely.points(start[~moved])
    places[moved] = lines_between(start[moved], end[moved])
    return places


def whole_rows(kind: str, row: Ints) -> Mended:
    """Return repairs that concern whole rows of the data."""
    place = np.zeros((len(row), 2), dtype=np.int64)
    return Mended(kind, row, np.full(len(row), -1), place, place, np.zeros(len(row)), whole_row=True)
