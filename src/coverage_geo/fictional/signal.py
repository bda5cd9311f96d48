"""A rough guess at received power, so that made-up reports mostly agree with the relief.

It is no model of the library's: results are computed in `radio`. Free space and one knife edge suffice to
hide a valley behind its ridge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from coverage_geo.rasters import Raster

SAMPLES = 48
EARTH_M = 8.5e6
RECEIVER_M = 1.5
CLUTTER_DB = 8.0
EIRP_DBM = 31.0
USABLE_DBM = -105.0


def guess_rsrp_dbm(terrain: Raster, masts: pd.DataFrame, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Guess the RSRP of every mast at every point.

    Parameters
    ----------
    terrain
        Heights [m].
    masts
        Columns x_m, y_m, height_m, mhz.
    points
        Shape (n, 2) [m].

    Returns
    -------
    numpy.ndarray
        Shape (masts, n) [dBm].
    """
    part = (np.arange(SAMPLES) + 0.5) / SAMPLES
    ground = terrain.sample(points[:, 0], points[:, 1]) + RECEIVER_M
    rows = []
    for x, y, height, mhz in masts[["x_m", "y_m", "height_m", "mhz"]].itertuples(index=False):
        metres = np.maximum(np.hypot(points[:, 0] - x, points[:, 1] - y), 50.0)
        along = metres[:, None] * part
        profile = terrain.sample(
            (x + (points[:, :1] - x) * part).ravel(), (y + (points[:, 1:] - y) * part).ravel()
        )
        top = float(terrain.sample(np.array([x]), np.array([y]))[0]) + height
        sight = top + (ground - top)[:, None] * part
        left = metres[:, None] - along
        over = profile.reshape(sight.shape) + along * left / (2 * EARTH_M) - sight
        edge = (over * np.sqrt(2 * metres[:, None] * mhz / 299.8 / (along * left))).max(axis=1)
        bent = np.maximum(edge - 0.1, -0.6)
        knife = np.maximum(6.9 + 20 * np.log10(np.sqrt(bent**2 + 1) + bent), 0)
        free = 32.45 + 20 * np.log10(metres / 1e3) + 20 * np.log10(mhz)
        rows.append(EIRP_DBM - free - knife - CLUTTER_DB)
    return np.array(rows).reshape(len(masts), len(points))
