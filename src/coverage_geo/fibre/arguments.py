"""What kind of thing each argument of a fibre function must be."""

from __future__ import annotations

from numbers import Integral, Real

import pandas as pd

from coverage_geo.costs import UnitCosts
from coverage_geo.errors import kind_faults, raise_faults
from coverage_geo.fibre.optics import LossBudget
from coverage_geo.fibre.pole_graph import PoleGraph

_KINDS: tuple[tuple[tuple[str, ...], type, str], ...] = (
    (("graph",), PoleGraph, "Give what build_pole_graph returns."),
    (("unit_costs",), UnitCosts, "Give UnitCosts().with_values(new_pole=3_500_000) or another UnitCosts."),
    (("optics",), LossBudget, "Give a LossBudget, such as cg.GPON_B_PLUS (without quotes)."),
    (("worth_idr", "homes"), pd.Series, "Give one by target id: pd.Series(..., index=targets.index)."),
    (("groups", "households"), pd.Series, "Give one by route_id: pd.Series(..., index=routes.index)."),
    (("ways", "rounds"), Integral, "Give a whole number."),
)
_MAY_BE_ABSENT = {"worth_idr", "homes", "groups", "households"}


def check_arguments(**given: object) -> None:
    """Check that arguments are of the right kind, and raise all faults at once.

    Parameters
    ----------
    **given
        Arguments by the name of the parameter; one that `_KINDS` does not name is a number.
    """
    kinds = {name: (kind, remedy) for names, kind, remedy in _KINDS for name in names}
    faults = []
    for name, value in given.items():
        if value is not None or name not in _MAY_BE_ABSENT:
            faults += kind_faults(name, value, *kinds.get(name, (Real, "Give a number without quotes.")))
    raise_faults(faults)
