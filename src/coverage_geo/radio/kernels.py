"""Path-loss models as compiled functions of one type, so that one loop serves them all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from numba import njit, types

from coverage_geo.radio.p1812.even_loss import Link, even_path_loss
from coverage_geo.radio.p1812.line_of_sight import free_space_loss

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# heights, heights with clutter, receiver's position, step in km, whether there is clutter,
# antenna heights above ground in m, the model's parameters -> basic transmission loss in dB
LOSS = types.float64(
    types.float32[::1],
    types.float32[::1],
    types.intp,
    types.float64,
    types.boolean,
    types.float64,
    types.float64,
    types.float64[::1],
)


@njit(cache=True)
def p1812_link(h_tg: float, h_rg: float, parameters: NDArray[np.float64]) -> Link:
    """What all paths of a batch share, from the numbers a kernel is given.

    Parameters
    ----------
    h_tg, h_rg
        Antenna heights above ground [m].
    parameters
        The fields of `Link` from f on, shape (12,).

    Returns
    -------
    Link
        For the formulas.
    """
    return Link(
        h_tg,
        h_rg,
        parameters[0],
        parameters[1],
        int(parameters[2]),
        parameters[3],
        parameters[4],
        parameters[5],
        parameters[6],
        parameters[7],
        parameters[8],
        parameters[9],
        parameters[10],
        int(parameters[11]),
    )


@njit(LOSS, cache=True)
def p1812(
    h: NDArray[np.float32],
    g: NDArray[np.float32],
    last: int,
    step: float,
    has_clutter: bool,  # noqa: FBT001 - numba kernels take arguments by position
    h_tg: float,
    h_rg: float,
    parameters: NDArray[np.float64],
) -> float:
    """Loss by ITU-R P.1812-8.

    Parameters
    ----------
    h, g
        Terrain without and with clutter at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver, 2 or more.
    step
        Step [km].
    has_clutter
        Whether g differs from h.
    h_tg, h_rg
        Antenna heights above ground [m].
    parameters
        The fields of `even_loss.Link` from f on, shape (12,).

    Returns
    -------
    float
        L_b [dB].
    """
    return even_path_loss(h, g, last, step, has_clutter, p1812_link(h_tg, h_rg, parameters))


@njit(LOSS, cache=True)
def free_space(
    h: NDArray[np.float32],
    g: NDArray[np.float32],  # noqa: ARG001 - every model has the same arguments
    last: int,
    step: float,
    has_clutter: bool,  # noqa: ARG001, FBT001 - every model has the same arguments, by position
    h_tg: float,
    h_rg: float,
    parameters: NDArray[np.float64],
) -> float:
    """Loss in free space over the slant distance, never less than at 1 m.

    Parameters
    ----------
    h, g
        Terrain without and with clutter at even steps [m], shape (last + 1,) or more.
    last
        Position of the receiver.
    step
        Step [km].
    has_clutter
        Ignored.
    h_tg, h_rg
        Antenna heights above ground [m].
    parameters
        Frequency [GHz] first, as for every model.

    Returns
    -------
    float
        L_bfs [dB].
    """
    h_ts, h_rs = h[0] + h_tg, h[last] + h_rg
    apart = math.hypot(last * step, (h_ts - h_rs) / 1000)
    return free_space_loss(parameters[0], max(apart, 0.001), 0.0, 0.0)
