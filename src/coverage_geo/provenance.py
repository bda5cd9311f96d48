"""Where a result comes from: versions, file hashes and assumptions that travel with it."""

from __future__ import annotations

import hashlib
import importlib.metadata
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

GRADES = ("measured", "official", "docs", "research", "press", "weak", "ours", "user")
LIBRARIES = ("coverage-geo", "geopandas", "shapely", "pyproj", "rasterio", "numpy", "numba", "scipy")


@dataclass(frozen=True, slots=True, order=True)
class Assumption:
    """One value that a result rests on and that the planner did not give, or gave and should see again.

    Attributes
    ----------
    topic : str
        What it is about, such as "antenna height".
    value : str
        The value with its unit, such as "42 m".
    source : str
        Where it comes from.
    grade : str
        How far to trust it: one of "measured", "official", "docs", "research", "press", "weak", "ours", or
        "user" for what the planner set.
    count : int
        For how many rows it was used; 0 when it holds for the whole result.

    Examples
    --------
    >>> print(Assumption("antenna height", "42 m", "BAKTI towers are 42-72 m", "press", count=3))
    antenna height: 42 m, for 3 (BAKTI towers are 42-72 m; press)
    """

    topic: str
    value: str
    source: str = ""
    grade: str = "ours"
    count: int = 0

    def __post_init__(self) -> None:
        if self.grade not in GRADES:
            msg = f"grade {self.grade!r} is not one of {', '.join(GRADES)}"
            raise ValueError(msg)

    def __str__(self) -> str:
        number = f", for {self.count:,}" if self.count else ""
        source = f"{self.source}; {self.grade}" if self.source else self.grade
        return f"{self.topic}: {self.value}{number} ({source})"


def merged(*groups: Iterable[Assumption]) -> tuple[Assumption, ...]:
    """Assumptions of several results as one sorted tuple, each once.

    Parameters
    ----------
    *groups
        The assumptions of each result.

    Returns
    -------
    tuple of Assumption
        Without repeats, sorted by topic.

    Examples
    --------
    >>> a = Assumption("fade margin", "0 dB")
    >>> merged([a], [a])
    (Assumption(topic='fade margin', value='0 dB', source='', grade='ours', count=0),)
    """
    return tuple(sorted({one for group in groups for one in group}))


def assumption_table(assumptions: Iterable[Assumption]) -> pd.DataFrame:
    """Assumptions as a table, one row each.

    Parameters
    ----------
    assumptions
        As carried by a result.

    Returns
    -------
    pandas.DataFrame
        Columns topic, value, source, grade, count.

    Examples
    --------
    >>> list(assumption_table([Assumption("fade margin", "0 dB")])["value"])
    ['0 dB']
    """
    columns = list(Assumption.__dataclass_fields__)
    return pd.DataFrame([asdict(one) for one in assumptions], columns=columns)


def library_versions() -> dict[str, str]:
    """Versions of this library and of those that decide its numbers.

    Returns
    -------
    dict of str to str
        Library name to version.

    Examples
    --------
    >>> "geopandas" in library_versions()
    True
    """
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Parameters
    ----------
    path
        An existing file.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "a.txt")
    ...     _ = file.write_bytes(b"abc")
    ...     file_sha256(file)[:8]
    'ba7816bf'
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
