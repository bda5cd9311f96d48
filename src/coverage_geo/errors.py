"""What can go wrong, in the planner's words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_FAULTS = 20


class CoverageGeoError(Exception):
    """Anything this library refuses to do; every other error here is one of these."""


class InputError(CoverageGeoError, ValueError):
    """An input cannot be used; the message names where, what and the remedy.

    Attributes
    ----------
    faults : tuple of Fault
        All faults that were found, in the order of the table.
    """

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class MissingColumnError(InputError):
    """A table lacks a column that it must have."""


class DuplicateIdError(InputError):
    """Two rows of a table carry the same id."""


class GeometryTypeError(InputError):
    """A geometry is missing, broken beyond repair or of another type than the table needs."""


class ValueRangeError(InputError):
    """A value is not of the right kind or lies outside its range."""


class CRSError(InputError):
    """A coordinate reference system is missing, in degrees or not that of the study."""


class DemandMismatchError(InputError):
    """Two results speak of different demand points."""


class FileFormatError(InputError):
    """A file is not what its name says, is incomplete or of a kind that is refused."""


class TerrainGapError(CoverageGeoError, LookupError):
    """The terrain has no height where one is needed."""


class NoRouteError(CoverageGeoError, LookupError):
    """No cable route exists where one was demanded."""


class CoverageGeoWarning(UserWarning):
    """Something a planner should know about a result; every other warning here is one of these."""


class OutsideModelRangeWarning(CoverageGeoWarning):
    """Some inputs lie outside the range a model was made for; their result is NaN or another model's."""


class RepairWarning(CoverageGeoWarning):
    """A reader mended or set aside rows; `repairs` lists them."""


class AssumptionWarning(CoverageGeoWarning):
    """A figure rests on weak evidence, such as a default, that only the planner can replace."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input.

    Attributes
    ----------
    kind : type of InputError
        The error it would raise alone.
    where : str
        File, table, row and column, as far as known.
    what : str
        What is wrong, with the offending value.
    remedy : str
        What the planner can do about it.
    """

    kind: type[InputError]
    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.remedy}"


def refuse(kind: type[InputError], where: str, what: str, remedy: str) -> NoReturn:
    """Raise one fault that leaves nothing else to look for.

    Parameters
    ----------
    kind
        The error to raise.
    where, what, remedy
        As in `Fault`.

    Raises
    ------
    InputError
        Of that kind, always.

    Examples
    --------
    >>> refuse(CRSError, "towers", "has no CRS", "Set it.")
    Traceback (most recent call last):
    coverage_geo.errors.CRSError: towers: has no CRS. Set it.
    """
    fault = Fault(kind, where, what, remedy)
    raise kind(str(fault), [fault])


def kind_faults(where: str, given: object, kinds: type | tuple[type, ...], remedy: str) -> list[Fault]:
    """Fault of an argument that is another kind of thing than it must be, such as a path instead of a table.

    Parameters
    ----------
    where
        Name of the parameter.
    given
        What was given for it.
    kinds
        What it may be.
    remedy
        What to give instead.

    Returns
    -------
    list of Fault
        Empty when it is one of the kinds.

    Examples
    --------
    >>> print(*kind_faults("terrain", "dem.tif", (int, float), "Read it first: cg.read_terrain."))
    terrain: is the text 'dem.tif'. Read it first: cg.read_terrain.
    >>> kind_faults("frequency_mhz", 900.0, (int, float), "Give a number.")
    []
    """
    if isinstance(given, kinds):
        return []
    if isinstance(given, str):
        what = f"is the text {given!r}"
    elif isinstance(given, PurePath):
        what = f"is the path {str(given)!r}"
    elif given is None:
        what = "is not given"
    else:
        what = (
            f"is the class {given.__name__}"
            if isinstance(given, type)
            else f"is of type {type(given).__name__}"
        )
    return [Fault(ValueRangeError, where, what, remedy)]


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise all faults as one error, or do nothing when there are none.

    Parameters
    ----------
    faults
        What was found. Faults of one kind raise that kind, several kinds raise `InputError`.

    Raises
    ------
    InputError
        When there is at least one fault; its message lists the first 20.

    Examples
    --------
    >>> raise_faults([])
    >>> raise_faults([Fault(ValueRangeError, "towers, row 3", "height is -4 m", "Give a height above 0.")])
    Traceback (most recent call last):
    coverage_geo.errors.ValueRangeError: towers, row 3: height is -4 m. Give a height above 0.
    """
    if not faults:
        return
    kinds = {fault.kind for fault in faults}
    kind = kinds.pop() if len(kinds) == 1 else InputError
    if len(faults) == 1:
        raise kind(str(faults[0]), faults)
    lines = [f"{len(faults)} faults:", *(f"  - {fault}" for fault in faults[:SHOWN_FAULTS])]
    if len(faults) > SHOWN_FAULTS:
        lines.append(f"  ... and {len(faults) - SHOWN_FAULTS} more (see the error's .faults)")
    raise kind("\n".join(lines), faults)
