"""How much less a sector radiates off its beam."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_geo.patterns import AntennaPattern

BEAMWIDTH_DEG = 70.0
VERTICAL_BEAMWIDTH_DEG = 10.0
MOST_BEHIND_DB = 25.0
MOST_ABOVE_DB = 20.0


class Beam(NamedTuple):
    """Where a sector's beam points and how it falls off.

    azimuth_deg and tilt_deg (electrical) are NaN where it radiates alike all around, or up and down; beside a
    pattern, a tilt of NaN is the pattern's own. pattern is None for that of 3GPP.
    """

    azimuth_deg: float
    tilt_deg: float
    mechanical_tilt_deg: float
    beamwidth_deg: float
    pattern: AntennaPattern | None = None

    @property
    def is_alike(self) -> bool:
        """Whether it radiates alike in every direction."""
        return self.pattern is None and math.isnan(self.azimuth_deg) and math.isnan(self.tilt_deg)


def beam_gain_db(
    beam: Beam, bearing_deg: NDArray[np.float64], depression_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Gain towards each receiver, relative to the largest, by a user's pattern or that of 3GPP.

    Parameters
    ----------
    beam
        Where it points and how it falls off.
    bearing_deg
        Direction of each receiver, clockwise from north, shape (n,) [deg].
    depression_deg
        Angle of each receiver below the horizontal, shape (n,) [deg].

    Returns
    -------
    numpy.ndarray
        Shape (n,), 0 or less [dB].

    Examples
    --------
    >>> beam = Beam(azimuth_deg=0.0, tilt_deg=0.0, mechanical_tilt_deg=5.0, beamwidth_deg=70.0)
    >>> ahead_beside_behind = np.array([0.0, 90.0, 180.0])
    >>> beam_gain_db(beam, ahead_beside_behind, np.array([5.0, 0.0, -5.0])).round(1).tolist()
    [0.0, -19.8, -25.0]
    """
    azimuth, tilt = (None if math.isnan(one) else one for one in (beam.azimuth_deg, beam.tilt_deg))
    if beam.mechanical_tilt_deg:
        bearing_deg, depression_deg = from_tilted_antenna(
            bearing_deg - beam.azimuth_deg, depression_deg, beam.mechanical_tilt_deg
        )
        azimuth = 0.0
    if beam.pattern is not None:
        more = 0.0 if tilt is None else tilt - beam.pattern.tilt_deg
        return measured_pattern_db(beam.pattern, bearing_deg - (azimuth or 0.0), depression_deg - more)
    return parabolic_pattern_db(
        bearing_deg, depression_deg, azimuth_deg=azimuth, tilt_deg=tilt, beamwidth_deg=beam.beamwidth_deg
    )


def from_tilted_antenna(
    off_deg: NDArray[np.float64], depression_deg: NDArray[np.float64], mechanical_tilt_deg: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Directions as an antenna sees them that leans forward: full tilt ahead, none beside, raised behind.

    Parameters
    ----------
    off_deg
        Direction of each receiver from the antenna's azimuth, clockwise, shape (n,) [deg].
    depression_deg
        Angle of each receiver below the horizontal, shape (n,) [deg].
    mechanical_tilt_deg
        By how much the antenna leans forward [deg].

    Returns
    -------
    off_deg : numpy.ndarray
        The same direction from the antenna's own axis, shape (n,) [deg].
    depression_deg : numpy.ndarray
        The same below its own plane, shape (n,) [deg].

    References
    ----------
    3GPP TR 38.901, §7.1.3 (rotation by the downtilt angle).

    Examples
    --------
    >>> off, down = from_tilted_antenna(np.array([0.0, 90.0, 180.0]), np.zeros(3), 6.0)
    >>> (down.round(6) + 0.0).tolist()
    [-6.0, 0.0, 6.0]
    """
    off, down, tilt = np.radians(off_deg), np.radians(depression_deg), math.radians(mechanical_tilt_deg)
    ahead, right, up = np.cos(down) * np.cos(off), np.cos(down) * np.sin(off), -np.sin(down)
    along = ahead * math.cos(tilt) - up * math.sin(tilt)
    over = ahead * math.sin(tilt) + up * math.cos(tilt)
    return np.degrees(np.arctan2(right, along)), -np.degrees(np.arcsin(np.clip(over, -1, 1)))


def measured_pattern_db(
    pattern: AntennaPattern, off_deg: NDArray[np.float64], depression_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Gain of a user's pattern in any direction, interpolated between its two cuts.

    Front and back half of the vertical cut count by the angle off the axis, so that both cuts are met where
    they lie.

    Parameters
    ----------
    pattern
        Horizontal and vertical cut.
    off_deg
        Direction from the antenna's axis, clockwise, shape (n,) [deg].
    depression_deg
        Angle below the antenna's horizontal plane, shape (n,) [deg].

    Returns
    -------
    numpy.ndarray
        Shape (n,), 0 or less, relative to the largest [dB].

    References
    ----------
    Gil, Claro, Ferreira, Pardelinha, Correia: A 3D interpolation method for base-station-antenna radiation
    patterns, IEEE Antennas and Propagation Magazine 43(2), 2001: horizontal projection interpolation.

    Examples
    --------
    >>> from coverage_geo.patterns import AntennaPattern
    >>> angles = np.arange(0.0, 360.0, 10.0)
    >>> less = -20 * np.sin(np.radians(angles / 2)) ** 2
    >>> pattern = AntennaPattern(np.column_stack([angles, less]), np.column_stack([angles, less]))
    >>> off, down = np.array([0.0, 90.0, 180.0]), np.array([30.0, 0.0, 0.0])
    >>> measured_pattern_db(pattern, off, down).round(2).tolist()
    [-1.34, -10.0, -20.0]
    """
    off = np.abs((off_deg + 180) % 360 - 180)
    across = _along(pattern.horizontal, off_deg)
    ahead, behind = _along(pattern.vertical, depression_deg), _along(pattern.vertical, 180 - depression_deg)
    axis, back = _along(pattern.horizontal, np.array([0.0, 180.0]))
    share = off / 180
    gain: NDArray[np.float64] = across - (1 - share) * (axis - ahead) - share * (back - behind)
    return np.minimum(gain, 0.0)


def _along(cut: NDArray[np.float64], angle_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain of a cut, linear in dB between its angles."""
    gain: NDArray[np.float64] = np.interp(angle_deg, cut[:, 0], cut[:, 1], period=360.0)
    return gain


def parabolic_pattern_db(
    bearing_deg: NDArray[np.float64],
    depression_deg: NDArray[np.float64],
    *,
    azimuth_deg: float | None = None,
    tilt_deg: float | None = None,
    beamwidth_deg: float = BEAMWIDTH_DEG,
) -> NDArray[np.float64]:
    """Gain towards each receiver, relative to that of the beam.

    Parameters
    ----------
    bearing_deg
        Direction of each receiver, clockwise from north, shape (n,) [deg].
    depression_deg
        Angle of each receiver below the horizontal, shape (n,) [deg].
    azimuth_deg
        Direction of the beam, clockwise from north [deg]; None radiates alike all around.
    tilt_deg
        Downtilt of the beam [deg]; None radiates alike up and down.
    beamwidth_deg
        Horizontal half-power beamwidth [deg].

    Returns
    -------
    numpy.ndarray
        Shape (n,), 0 or less, at least -25 [dB].

    References
    ----------
    3GPP TR 36.814, Table A.2.1.1-2: vertical half-power beamwidth 10 degrees.

    Examples
    --------
    >>> bearing, depression = np.array([0.0, 35.0, 180.0]), np.full(3, 3.0)
    >>> parabolic_pattern_db(bearing, depression, azimuth_deg=0.0, tilt_deg=3.0).tolist()
    [0.0, -3.0, -25.0]
    """
    less = np.zeros(len(bearing_deg))
    if azimuth_deg is not None:
        off = (bearing_deg - azimuth_deg + 180) % 360 - 180
        less = less + np.minimum(12 * (off / beamwidth_deg) ** 2, MOST_BEHIND_DB)
    if tilt_deg is not None:
        off = (depression_deg - tilt_deg) / VERTICAL_BEAMWIDTH_DEG
        less = less + np.minimum(12 * off**2, MOST_ABOVE_DB)
    return 0.0 - np.minimum(less, MOST_BEHIND_DB)
