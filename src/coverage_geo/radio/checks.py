"""What a caller gives for one path, checked: a model's values, and a profile."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from coverage_geo.errors import Fault, ValueRangeError, raise_faults, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from coverage_geo.radio.path_loss import PathLossModel

ZONES = {"sea": 1, "coastal": 3, "inland": 4}


def check_values(
    model: object, ranges: Mapping[str, tuple[float, float]], words: Mapping[str, Mapping[str, object]]
) -> None:
    """Refuse a model whose values lie outside their ranges or are unknown words.

    Parameters
    ----------
    model
        Any path-loss model.
    ranges
        Lowest and highest value of each number.
    words
        Known words of each choice.

    Raises
    ------
    ValueRangeError
        Naming all of them.

    Examples
    --------
    >>> from coverage_geo.radio.path_loss import ItuP1812
    >>> check_values(ItuP1812(), {"time_percent": (1, 50)}, {})
    """
    where = type(model).__name__
    faults = [
        Fault(ValueRangeError, where, f"{name} is {getattr(model, name)!r}", _range(low, high))
        for name, (low, high) in ranges.items()
        if not (isinstance(getattr(model, name), Real) and low <= getattr(model, name) <= high)
    ]
    faults += [
        Fault(ValueRangeError, where, f"{name} is {getattr(model, name)!r}", f"Use {', '.join(known)}.")
        for name, known in words.items()
        if getattr(model, name) not in tuple(known)
    ]
    raise_faults(faults)


def _range(low: float, high: float) -> str:
    return f"Give {low:g} or more." if math.isinf(high) else f"Give {low:g} to {high:g}."


def checked_profile(
    distance_m: ArrayLike,
    height_m: ArrayLike,
    clutter_m: ArrayLike | None,
    zone: ArrayLike | None,
    model: PathLossModel,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]]:
    """Return copies of a profile's distances, heights, clutter heights and zones, or refuse them.

    Parameters
    ----------
    distance_m, height_m, clutter_m, zone, model
        As for `path_loss.path_loss_db`.

    Returns
    -------
    distance_m, height_m, clutter_m, zone : numpy.ndarray
        Shape (n,); the model's clutter height and zone where none are given.

    Raises
    ------
    ValueRangeError
        Naming all that is wrong and the first point at which it is.

    Examples
    --------
    >>> from coverage_geo.radio.path_loss import FreeSpace
    >>> checked_profile([0, 500, 400], [0, 0, 0], None, None, FreeSpace())
    Traceback (most recent call last):
    coverage_geo.errors.ValueRangeError: profile: distances do not ascend (point 2) ...
    """
    d, h = _numbers("distances", distance_m), _numbers("heights", height_m)
    clutter = _numbers(
        "clutter heights", np.full(d.shape, model.clutter_height_m) if clutter_m is None else clutter_m
    )
    default_zone = ZONES[getattr(model, "zone", "inland")]
    zones = np.full(d.shape, default_zone) if zone is None else np.ma.array(zone).filled()
    if zones.dtype.kind == "U":
        zones = np.array([ZONES.get(word, 0) for word in zones.ravel().tolist()]).reshape(zones.shape)
    known = np.isin(zones, [*ZONES.values()])
    ascending = np.diff(d.ravel(), prepend=-1.0) > 0
    fine_clutter = np.isfinite(clutter) & (clutter >= 0)
    checks = {
        f"the profile has shape {d.shape}; give one row of at least three points": d.ndim == 1
        and d.size >= 3,
        f"heights have shape {h.shape}, distances {d.shape}": h.shape == d.shape,
        f"clutter heights have shape {clutter.shape}, distances {d.shape}": clutter.shape == d.shape,
        f"zones have shape {zones.shape}, distances {d.shape}": zones.shape == d.shape,
        f"a height is missing or infinite{_first(np.isfinite(h))}": bool(np.isfinite(h).all()),
        f"a clutter height is missing, infinite or negative{_first(fine_clutter)}": bool(fine_clutter.all()),
        f"a zone is not 1 (sea), 3 (coastal) or 4 (inland){_first(known)}": bool(known.all()),
        f"distances do not ascend{_first(ascending)} from 0 at the transmitter": d.size > 0
        and d.flat[0] == 0
        and bool(ascending.all()),
    }
    remedy = "Give distances, heights, clutter and zones of the same points, from the transmitter on."
    raise_faults(
        [Fault(ValueRangeError, "profile", what, remedy) for what, fine in checks.items() if not fine]
    )
    return d, h, clutter, zones.astype(np.int8)


def _numbers(what: str, values: ArrayLike) -> NDArray[np.float64]:
    """Copy of a row of a profile; what a mask hides is missing."""
    try:
        return np.ma.array(values, dtype=np.float64, copy=True).filled(np.nan)
    except (TypeError, ValueError):
        refuse(
            ValueRangeError, "profile", f"{what} are not a row of numbers", "Give a number for each point."
        )


def _first(fine: NDArray[np.bool_]) -> str:
    return "" if fine.all() else f" (point {int(np.argmin(fine.ravel()))})"
