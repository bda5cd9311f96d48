"""TOML settings of a study as plain values."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from coverage_geo.errors import FileFormatError, refuse


def read_settings(path: Path | str) -> dict[str, Any]:
    """Return the tables and values of a TOML file.

    Parameters
    ----------
    path
        An existing regular file in UTF-8.

    Returns
    -------
    dict
        As `tomllib` reads them.

    Raises
    ------
    FileFormatError
        When the file is missing or is not TOML; the message names the line.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "study.toml")
    ...     _ = file.write_text('title = "Sukamaju"')
    ...     read_settings(file)
    {'title': 'Sukamaju'}
    """
    file = Path(path)
    if not file.is_file():
        refuse(FileFormatError, str(file), "there is no such file", "Give the path of a study.toml.")
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))  # Windows' Notepad sets a mark in front
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        refuse(FileFormatError, file.name, f"is not TOML: {error}", "Correct that line; text is in UTF-8.")
