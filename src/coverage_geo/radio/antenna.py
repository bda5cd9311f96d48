"""Antenna patterns: how much less a sector radiates off its beam."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEAMWIDTH_DEG = 70.0
VERTICAL_BEAMWIDTH_DEG = 10.0
TILT_DEG = 3.0
MOST_BEHIND_DB = 25.0
MOST_ABOVE_DB = 20.0


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
