"""What a planner must be told of paths that could not be computed: how many, and why."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from coverage_geo.errors import OutsideModelRangeWarning, TerrainGapError
from coverage_geo.provenance import Assumption
from coverage_geo.radio.path_loss import range_faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from coverage_geo.radio.link_budget import Receiver
    from coverage_geo.radio.path_loss import PathLossModel
    from coverage_geo.radio.signal import Transmitter


def counted_paths(
    each: Sequence[Transmitter],
    model: PathLossModel,
    receiver: Receiver,
    asset: NDArray[np.int32],
    distance_m: NDArray[np.float64],
    loss_db: NDArray[np.float64],
    *,
    strict: bool,
) -> list[Assumption]:
    """Count the paths that are too near, outside the model or without terrain, and warn of the latter two.

    Parameters
    ----------
    each
        All transmitters.
    model, receiver
        What paths were computed with.
    asset
        Position of each path's transmitter, shape (k,).
    distance_m, loss_db
        Length and loss of each path, shape (k,); NaN where there is none.
    strict
        Raise where the terrain has no height.

    Returns
    -------
    list of Assumption
        What is to be stated, with counts.

    Raises
    ------
    TerrainGapError
        When `strict` and the terrain has no height under a path.
    """
    counted = []
    near = int((distance_m < model.distance_range_m[0]).sum())
    if near:
        nearest = f"paths nearer than {model.distance_range_m[0]:g} m"
        source = f"below the range of {model.name}"
        counted.append(Assumption(nearest, "free space", source, "ours", near))
    outside = warn_of_models_range(each, model, receiver)
    if outside:
        topic = "transmitters outside the model's range"
        counted.append(Assumption(topic, "no signal", model.name, "docs", len(outside)))
    inside = np.array([one.asset_id not in outside for one in each], dtype=bool)
    gaps = np.isnan(loss_db) & inside[asset]
    torn = [each[position].asset_id for position in np.unique(asset[gaps])]
    warn_of_gaps(int(gaps.sum()), len(gaps), torn, strict=strict)
    if torn:
        all_of = f"{gaps.mean():.1%} of all paths"
        counted.append(Assumption("paths without terrain", "no signal", all_of, "ours", int(gaps.sum())))
    return counted


def warn_of_gaps(gaps: int, paths: int, torn: Sequence[str], *, strict: bool) -> None:
    """Warn of paths without terrain, with their share.

    Parameters
    ----------
    gaps, paths
        Number of paths without terrain, and of all.
    torn
        Ids of the transmitters that they start from.
    strict
        Raise instead.

    Raises
    ------
    TerrainGapError
        When `strict` and there are any.
    """
    if not torn:
        return
    share = f"{gaps:,} of {paths:,} paths ({gaps / max(paths, 1):.1%}), from {', '.join(torn[:5])}"
    text = f"the terrain has no height under {share}"
    if strict:
        msg = f"{text}; give terrain without voids that covers towers and demand"
        raise TerrainGapError(msg)
    warnings.warn(f"{text}; they serve nobody", OutsideModelRangeWarning, stacklevel=5)


def warn_of_models_range(
    each: Sequence[Transmitter], model: PathLossModel, receiver: Receiver
) -> dict[str, list[str]]:
    """Warn of transmitters that the model was not made for.

    Parameters
    ----------
    each
        All transmitters.
    model, receiver
        What they are judged with.

    Returns
    -------
    dict of str to list of str
        Asset id to what is outside the range.
    """
    outside = _outside(each, model, receiver)
    if outside:
        first, faults = next(iter(outside.items()))
        share = f"{len(outside)} of {len(each)} transmitters"
        text = f"{share} are outside the range of {model.name} and serve nobody, as {first}: {faults[0]}"
        warnings.warn(text, OutsideModelRangeWarning, stacklevel=5)
    return outside


def _outside(each: Sequence[Transmitter], model: PathLossModel, receiver: Receiver) -> dict[str, list[str]]:
    """Transmitters that the model was not made for, and why."""
    found = {}
    for one in each:
        faults = range_faults(
            model,
            frequency_mhz=one.frequency_mhz,
            tx_height_m=one.antenna_height_m,
            rx_height_m=receiver.height_m,
        )
        if math.isnan(receiver.total_loss_db(one.frequency_mhz)):
            faults.append(f"no building entry loss by ITU-R P.2109 at {one.frequency_mhz:g} MHz")
        if faults:
            found[one.asset_id] = faults
    return found
