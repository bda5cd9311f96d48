"""Make the notebooks from the scripts in examples/, cell by cell, without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HERE = Path(__file__).parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def cells(text: str) -> list[nbformat.NotebookNode]:
    """Cells of a script in percent format."""
    made = []
    for number, part in enumerate(text.split("# %%")[1:], start=1):
        head, _, body = part.partition("\n")
        if "[markdown]" in head:
            lines = [line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines()]
            made.append(new_markdown_cell("\n".join(lines), id=f"cell-{number}"))
        else:
            made.append(new_code_cell(body.strip(), id=f"cell-{number}"))
    return made


if __name__ == "__main__":
    for script in sorted((HERE.parent / "examples").glob("*.py")):
        book = new_notebook(cells=cells(script.read_text(encoding="utf-8")), metadata={"kernelspec": KERNEL})
        nbformat.write(book, HERE / f"{script.stem}.ipynb")
