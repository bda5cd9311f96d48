"""What is wrong with real pole data, put in on purpose, and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_geo.fictional.grids import NOWHERE, stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely import Geometry

    from coverage_geo.fictional.poles import PoleLine
    from coverage_geo.fictional.relief import Land

BREAKS = (
    "crossing not joined",
    "overshoot trimmed",
    "dangle joined",
    "duplicate line removed",
    "span inferred",
    "voltage unknown",
    "gap bridged",
    "zero-length span removed",
    "duplicate pole removed",
    "pole snapped to line",
)
APART_M = 220.0
POLES_PER_BREAK = 900


@dataclass(slots=True)
class _Draft:
    """Pole data while breaks are put in."""

    poles: list[NDArray[np.float64]]
    pole_voltage: list[str | None]
    lines: list[NDArray[np.float64]]
    voltage: list[str | None]
    spur: list[bool]
    number: dict[tuple[float, float], int]
    meets: NDArray[np.int64]
    gone: set[int] = field(default_factory=set)
    places: list[NDArray[np.float64]] = field(default_factory=list)
    truth: list[dict[str, object]] = field(default_factory=list)

    def pole_at(self, place: NDArray[np.float64]) -> int:
        """Return the number of the pole that stands there."""
        return self.number[float(place[0]), float(place[1])]

    def free(self, line: int, rng: np.random.Generator, room: int) -> int | None:
        """Return a pole along a line, far from other breaks and from poles where lines meet."""
        poles = self.lines[line]
        if len(poles) < 2 * room + 2:
            return None
        for k in rng.permutation(np.arange(room, len(poles) - room - 1)).tolist():
            near = [self.pole_at(poles[k + step]) for step in range(-1, 3)]
            if all(self.meets[one] == 1 for one in near) and self.is_free(poles[k]):
                return int(k)
        return None

    def is_free(self, place: NDArray[np.float64]) -> bool:
        """Return whether no other break is near."""
        return all(np.hypot(*(place - other)) > APART_M for other in self.places)

    def note(self, kind: str, place: NDArray[np.float64], ids: list[str], distance_m: float) -> None:
        """Write down one break."""
        row = {"kind": kind, "ids": " ".join(ids), "distance_m": round(float(distance_m), 3), "place": place}
        self.truth.append(row)
        self.places.append(place)

    def add_pole(self, place: NDArray[np.float64], voltage: str | None) -> int:
        """Put up a pole and return its number."""
        self.poles.append(place)
        self.pole_voltage.append(voltage)
        return len(self.poles) - 1

    def add_line(self, poles: NDArray[np.float64], voltage: str | None) -> int:
        """Draw a line and return its number."""
        self.lines.append(poles)
        self.voltage.append(voltage)
        self.spur.append(False)
        return len(self.lines) - 1


def pole_id(number: int) -> str:
    """Id of a pole by its number.

    Parameters
    ----------
    number
        0 or more.

    Returns
    -------
    str
        Such as "T-000001".
    """
    return f"T-{number + 1:06d}"


def line_id(number: int) -> str:
    """Id of a pole line by its number.

    Parameters
    ----------
    number
        0 or more.

    Returns
    -------
    str
        Such as "J-00001".
    """
    return f"J-{number + 1:05d}"


def break_poles(
    lines: list[PoleLine], *, land: Land, crs: CRS, each: int | None, seed: int
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Pole points and lines as an electricity company would hand them over, and what is wrong with them.

    Parameters
    ----------
    lines
        Sound lines.
    land
        The relief; nothing is put into the sea.
    crs
        CRS of the study.
    each
        How many breaks of each kind, as far as they find room; None for one in 900 poles, at least 2.
    seed
        Seed of the district.

    Returns
    -------
    tuple of geopandas.GeoDataFrame
        As `tables.POLES`; and the truth: kind (the words of the pole graph's repairs), ids, distance_m and
        the place.
    """
    rng = stream(seed, "breaks")
    draft = _draft(lines)
    wanted = max(2, len(draft.poles) // POLES_PER_BREAK) if each is None else each
    crossing = _crossings(land)
    makers: tuple[Callable[[_Draft, int, np.random.Generator], bool], ...] = (
        crossing, _overshoot, _dangle, _duplicate_line, _points_without_line, _voltage_unknown,
        _gap, _zero_length, _duplicate_pole, _beside_line,
    )  # fmt: skip
    used: set[int] = set()
    for maker in makers:
        made = 0
        for line in rng.permutation(len(lines)).tolist():
            if made == wanted:
                break
            if line not in used and maker(draft, line, rng):
                used.add(line)
                made += 1
    return _pole_table(draft, crs), _truth_table(draft, crs)


def _draft(lines: list[PoleLine]) -> _Draft:
    number: dict[tuple[float, float], int] = {}
    voltage: list[str | None] = []
    poles: list[NDArray[np.float64]] = []
    meets: list[int] = []
    for line in lines:
        for x, y in line.poles.tolist():
            k = number.setdefault((x, y), len(poles))
            if k == len(poles):
                poles.append(np.array([x, y]))
                voltage.append(line.voltage)
                meets.append(0)
            meets[k] += 1
            if line.voltage == "JTM":
                voltage[k] = "JTM"
    return _Draft(
        poles,
        voltage,
        [line.poles for line in lines],
        [line.voltage for line in lines],
        [line.spur for line in lines],
        number,
        np.array(meets),
    )


def _crossings(land: Land) -> Callable[[_Draft, int, np.random.Generator], bool]:
    def crossing(draft: _Draft, line: int, rng: np.random.Generator) -> bool:
        """Add a line that leaves this one, runs beside it and crosses it between two poles."""
        k = draft.free(line, rng, 6)
        if k is None:
            return False
        poles = draft.lines[line]
        ahead = poles[k + 4] - poles[k]
        turn = np.abs(np.diff(np.unwrap(np.arctan2(*np.diff(poles[k - 1 : k + 6], axis=0).T[::-1]))))
        if turn.max() > 0.15:
            return False
        ahead = ahead / np.hypot(*ahead)
        side = np.array([-ahead[1], ahead[0]]) * (1 if rng.random() < 0.5 else -1)
        place = (poles[k + 3] + poles[k + 4]) / 2
        far = float((place - poles[k]) @ ahead)
        steps = np.array(
            [
                [26, 34],
                [26 + (far - 26) / 3, 36],
                [26 + (far - 26) / 1.5, 32],
                [far, 22],
                [far, -22],
                [far, -58],
            ]
        )
        new = (poles[k] + steps[:, :1] * ahead + steps[:, 1:] * side).round(2)
        others = np.array([pole for one, pole in enumerate(draft.poles) if one not in draft.gone])
        away = np.hypot(*(new[:, None] - others).transpose(2, 0, 1)).min(axis=1)
        if away.min() < 24 or away[-1] < 55 or (land.owner.ravel()[land.grid.cell_of(new)] == NOWHERE).any():
            return False
        course = np.vstack([poles[k], new])
        crossed = shapely.LineString(poles).intersection(shapely.LineString(course[1:]))
        if crossed.geom_type != "Point":
            return False
        added = draft.add_line(course, "JTR")
        for pole in new:
            draft.add_pole(pole, "JTR")
        draft.note("crossing not joined", np.array(crossed.coords[0]), [line_id(line), line_id(added)], 0)
        return True

    return crossing


def _start_of_spur(draft: _Draft, line: int) -> bool:
    poles = draft.lines[line]
    return draft.spur[line] and len(poles) > 4 and draft.is_free(poles[0])


def _overshoot(draft: _Draft, line: int, rng: np.random.Generator) -> bool:
    """Let a street run past the pole where it starts."""
    if not _start_of_spur(draft, line):
        return False
    poles = draft.lines[line].copy()
    start, away = poles[0].copy(), poles[0] - poles[1]
    beyond = rng.uniform(2.5, 6)
    poles[0] = start + away / np.hypot(*away) * beyond
    draft.lines[line] = poles
    draft.note("overshoot trimmed", start, [line_id(line), pole_id(draft.pole_at(start))], beyond)
    return True


def _dangle(draft: _Draft, line: int, rng: np.random.Generator) -> bool:
    """Let a street end short of the pole where it starts."""
    if not _start_of_spur(draft, line):
        return False
    poles = draft.lines[line].copy()
    start, away = poles[0].copy(), poles[1] - poles[0]
    short = rng.uniform(2.5, 6)
    poles[0] = start + away / np.hypot(*away) * short
    draft.lines[line] = poles
    draft.note("dangle joined", start, [line_id(line), pole_id(draft.pole_at(start))], short)
    return True


def _duplicate_line(draft: _Draft, line: int, rng: np.random.Generator) -> bool:
    """Draw a street twice, the second time from its other end."""
    del rng
    if not _start_of_spur(draft, line):
        return False
    poles = draft.lines[line]
    added = draft.add_line(poles[::-1].copy(), draft.voltage[line])
    length = shapely.LineString(poles).length
    draft.note("duplicate line removed", poles[len(poles) // 2], [line_id(added), line_id(line)], length)
    return True


def _points_without_line(draft: _Draft, line: int, rng: np.random.Generator) -> bool:
    """Leave out the last spans of a street; its poles stay."""
    if not _start_of_spur(draft, line):
        return False
    poles = draft.lines[line]
    left = len(poles) - int(rng.integers(2, 4))
    draft.lines[line] = poles[:left]
    for one, other in zip(poles[left - 1 : -1], poles[left:], strict=True):
        ids = [pole_id(draft.pole_at(one)), pole_id(draft.pole_at(other))]
        draft.note("span inferred", (one + other) / 2, ids, np.hypot(*(other - one)))
    return True


def _voltage_unknown(draft: _Draft, line: int, rng: np.random.Generator) -> bool:
    """Forget a street's voltage."""
    del rng
    if not _start_of_spur(draft, line):
        return False
    draft.voltage[line] = None
    poles = draft.lines[line]
    draft.note("voltage unknown", poles[len(poles) // 2], [line_id(line)], 0)
    return True


def _gap(draft: _Draft, line: int, rng: np.random.Generator) -> bool:
    """Lose a pole and both its spans."""
    k = draft.free(line, rng, 4)
    if k is None or draft.spur[line]:
        return False
    poles = draft.lines[line]
    draft.gone.add(draft.pole_at(poles[k]))
    draft.lines[line] = poles[:k]
    draft.add_line(poles[k + 1 :], draft.voltage[line])
    ends = poles[[k - 1, k + 1]]
    ids = [pole_id(draft.pole_at(end)) for end in ends]
    draft.note("gap bridged", ends.mean(axis=0), ids, np.hypot(*(ends[1] - ends[0])))
    return True


def _zero_length(draft: _Draft, line: int, rng: np.random.Generator) -> bool:
    """Draw a span from a pole to itself."""
    k = draft.free(line, rng, 3)
    if k is None:
        return False
    poles = draft.lines[line]
    draft.lines[line] = np.insert(poles, k, poles[k], axis=0)
    draft.note("zero-length span removed", poles[k], [line_id(line), pole_id(draft.pole_at(poles[k]))], 0)
    return True


def _duplicate_pole(draft: _Draft, line: int, rng: np.random.Generator) -> bool:
    """Survey a pole twice."""
    k = draft.free(line, rng, 3)
    if k is None:
        return False
    pole = draft.lines[line][k]
    angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.4)
    again = (pole + away * np.array([np.cos(angle), np.sin(angle)])).round(2)
    first = draft.pole_at(pole)
    added = draft.add_pole(again, draft.pole_voltage[first])
    draft.note("duplicate pole removed", again, [pole_id(added), pole_id(first)], np.hypot(*(again - pole)))
    return True


def _beside_line(draft: _Draft, line: int, rng: np.random.Generator) -> bool:
    """Survey a pole a step away from its line."""
    k = draft.free(line, rng, 3)
    if k is None:
        return False
    poles = draft.lines[line]
    along = poles[k + 1] - poles[k - 1]
    aside = np.array([-along[1], along[0]]) / np.hypot(*along) * rng.uniform(1.0, 1.9)
    number = draft.pole_at(poles[k])
    moved = (poles[k] + aside * (1 if rng.random() < 0.5 else -1)).round(2)
    draft.poles[number] = moved
    draft.note("pole snapped to line", moved, [pole_id(number), line_id(line)], np.hypot(*(moved - poles[k])))
    return True


def _pole_table(draft: _Draft, crs: CRS) -> gpd.GeoDataFrame:
    kept = [k for k in range(len(draft.poles)) if k not in draft.gone]
    places: list[Geometry] = [shapely.Point(draft.poles[k]) for k in kept]
    places += [shapely.LineString(line.round(2)) for line in draft.lines]
    ids = [pole_id(k) for k in kept] + [line_id(k) for k in range(len(draft.lines))]
    voltage = [draft.pole_voltage[k] for k in kept] + draft.voltage
    data = {"voltage": voltage, "owner": "PLN"}
    index = pd.Index(ids, name="pole_id")
    return gpd.GeoDataFrame(data, index=index, geometry=places, crs=crs).sort_index()


def _truth_table(draft: _Draft, crs: CRS) -> gpd.GeoDataFrame:
    columns = ["kind", "ids", "distance_m", "place"]
    table = pd.DataFrame(draft.truth, columns=columns)
    index = pd.Index([f"R-{number + 1:04d}" for number in range(len(table))], name="break_id")
    points = [shapely.Point(place) for place in table.pop("place")]
    return gpd.GeoDataFrame(table.set_axis(index), geometry=points, crs=crs)
