"""Antenna patterns: how much less an antenna radiates off its beam, as measured in two cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from coverage_geo.errors import Fault, ValueRangeError, raise_faults, refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray

CUTS = HORIZONTAL, VERTICAL = "horizontal", "vertical"
LARGEST_GAP_DEG = 30.0
LEAST_PEAK_DB = -3.0  # a cut that stays lower is not relative to its largest gain
ROUND_WITHIN_DB = 3.0
LEAST_DB = -300.0  # no antenna is that deaf in any direction
GAINS_DBI = -20.0, 40.0


@dataclass(frozen=True, slots=True, eq=False)
class AntennaPattern:
    """An antenna's gain in the horizontal and the vertical plane through its axis.

    Attributes
    ----------
    horizontal : numpy.ndarray
        Shape (n, 2), read-only: angle from the axis, clockwise seen from above, rising from 0 to below
        360 [deg], and gain relative to the largest, 0 or less [dB].
    vertical : numpy.ndarray
        The same by the angle below the horizon: 0 ahead, 90 straight down, 180 behind, 270 straight up.
    gain_dbi : float or None
        Largest gain, where known.
    name : str
        For messages.

    Examples
    --------
    >>> vertical = [(angle, 0.0 if angle == 10 else -15.0) for angle in range(0, 360, 10)]
    >>> all_around = [(angle, 0.0) for angle in range(-180, 180, 30)]
    >>> pattern = AntennaPattern(all_around, vertical, gain_dbi=9.0)
    >>> pattern.tilt_deg, pattern.is_round
    (10.0, True)
    >>> AntennaPattern([(0, 0), (0, -1), (180, 2)], vertical)
    Traceback (most recent call last):
    coverage_geo.errors.ValueRangeError: 4 faults:
      - antenna pattern, horizontal cut, row 2, angle_deg: 0 degrees is there already. Keep one of them.
      - antenna pattern, horizontal cut, row 3, gain_db: gain is 2 dB. Give it relative to the largest: ...
      - antenna pattern, horizontal cut: no gain between 0 and 180 degrees. ...
      - antenna pattern, horizontal cut: no gain between 180 and 360 degrees. ...
    """

    horizontal: NDArray[np.float64]
    vertical: NDArray[np.float64]
    gain_dbi: float | None = None
    name: str = "antenna pattern"

    def __repr__(self) -> str:
        gain = "gain unknown" if self.gain_dbi is None else f"{self.gain_dbi:g} dBi"
        return (
            f"AntennaPattern({self.name}, {gain}, tilt {self.tilt_deg:g}°, "
            f"{len(self.horizontal)} and {len(self.vertical)} angles)"
        )

    def __post_init__(self) -> None:
        faults = []
        for cut in CUTS:
            rows = _pairs(getattr(self, cut), f"{self.name}, {cut} cut")
            for row, column, what, remedy in cut_faults(rows):
                place = "" if row is None else f", row {row + 1}, {column}"
                faults.append(Fault(ValueRangeError, f"{self.name}, {cut} cut{place}", what, remedy))
            angles, first = np.unique(rows[:, 0] % 360, return_index=True)
            ordered = np.column_stack([angles, rows[first, 1]])
            ordered.flags.writeable = False
            object.__setattr__(self, cut, ordered)
        if self.gain_dbi is not None and (fault := gain_fault(self.gain_dbi)):
            faults.append(Fault(ValueRangeError, f"{self.name}, gain_dbi", *fault))
        raise_faults(faults)

    @property
    def tilt_deg(self) -> float:
        """Electrical downtilt within the vertical cut: where it is largest in front [deg]."""
        angles = (self.vertical[:, 0] + 180) % 360 - 180
        ahead = np.abs(angles) <= 90
        gains = np.where(ahead, self.vertical[:, 1], -np.inf)
        return float(min(angles[gains == gains.max()], key=lambda angle: (abs(angle), angle)))

    @property
    def is_round(self) -> bool:
        """Whether it radiates nearly alike all around, within 3 dB, so that it needs no azimuth."""
        return bool(np.ptp(self.horizontal[:, 1]) <= ROUND_WITHIN_DB)


def _pairs(cut: object, where: str) -> NDArray[np.float64]:
    """A cut as numbers, shape (n, 2)."""
    try:
        return np.asarray(cut, dtype=float).reshape(-1, 2)
    except (TypeError, ValueError):
        return refuse(
            ValueRangeError, where, "is not pairs of numbers", "Give an angle and a gain in each row."
        )


def gain_fault(gain_dbi: float) -> tuple[str, str] | None:
    """What is wrong with an antenna's largest gain, and the remedy; None for one that may be.

    Parameters
    ----------
    gain_dbi
        Largest gain [dBi].

    Returns
    -------
    tuple of str or None
        What is wrong, and the remedy.

    Examples
    --------
    >>> gain_fault(17.5), gain_fault(175)
    (None, ('gain is 175 dBi', 'Give -20 to 40 dBi.'))
    """
    low, high = GAINS_DBI
    return (
        None if low <= gain_dbi <= high else (f"gain is {gain_dbi:g} dBi", f"Give {low:g} to {high:g} dBi.")
    )


class CutFault(NamedTuple):
    """What is wrong with a cut: in which of its rows and columns (None: the whole cut), and the remedy."""

    row: int | None
    column: str
    what: str
    remedy: str


def cut_faults(rows: NDArray[np.float64]) -> list[CutFault]:
    """Faults of a cut: angles out of range, repeated or too far apart, gains that are not relative.

    Parameters
    ----------
    rows
        Angle [deg] and gain [dB], shape (n, 2).

    Returns
    -------
    list of CutFault
        Empty for a cut that goes all around.

    Examples
    --------
    >>> [fault.what for fault in cut_faults(np.array([[angle, 0.0] for angle in range(0, 340, 20)]))]
    ['no gain between 320 and 360 degrees']
    """
    angles, gains = rows[:, 0], rows[:, 1]
    faults = []
    seen: dict[float, int] = {}
    for row, (angle, gain) in enumerate(rows.tolist()):
        if not -360 <= angle <= 360:
            faults.append(
                CutFault(row, "angle_deg", f"angle is {angle:g}", "Give -180 to 180 or 0 to 360 degrees.")
            )
        elif (first := seen.setdefault(angle % 360, row)) != row and (
            angles[first] == angle or gains[first] != gain
        ):  # 0 and 360, or -180 and 180, may both close the circle
            faults.append(
                CutFault(row, "angle_deg", f"{angle:g} degrees is there already", "Keep one of them.")
            )
        if not LEAST_DB <= gain <= 0:
            remedy = f"Give it relative to the largest: 0 on the beam, less elsewhere, at least {LEAST_DB:g}."
            faults.append(CutFault(row, "gain_db", f"gain is {gain:g} dB", remedy))
    faults += [
        CutFault(None, "angle_deg", f"no gain between {start:g} and {end:g} degrees", _ALL_AROUND)
        for start, end in _gaps(angles)
    ]
    peak = max((gain for gain in gains.tolist() if np.isfinite(gain)), default=0.0)
    if peak < LEAST_PEAK_DB:
        what = f"its largest gain is {peak:g} dB"
        faults.append(CutFault(None, "gain_db", what, "Give gains relative to the largest, which is 0 dB."))
    return faults


_ALL_AROUND = f"Give gains all around, from 0 to 360 degrees, at most {LARGEST_GAP_DEG:g} degrees apart."


def _gaps(angles: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Stretches without a gain that are too long, from angle to angle."""
    known = np.unique(angles[np.abs(angles) <= 360] % 360)
    if not len(known):
        return [(0.0, 360.0)]
    ends = np.append(known[1:], known[0] + 360)
    return [
        (float(start), float(end if end <= 360 else end - 360))
        for start, end in zip(known, ends, strict=True)
        if end - start > LARGEST_GAP_DEG
    ]
