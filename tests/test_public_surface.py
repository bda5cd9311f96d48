"""What a planner imports: light, documented, each with an example that runs."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from numpydoc.validate import validate

import coverage_geo as cg

STUB = Path(cg.__file__).with_suffix(".pyi")
NAMES = sorted(
    alias.asname or alias.name
    for node in ast.parse(STUB.read_text()).body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
)
CALLABLE = [
    name for name in NAMES if inspect.isfunction(getattr(cg, name)) or inspect.isclass(getattr(cg, name))
]


def test_the_stub_and_the_package_name_the_same_things() -> None:
    assert sorted(set(NAMES)) == NAMES
    assert set(NAMES) <= set(dir(cg))


@pytest.mark.parametrize("name", CALLABLE)
def test_every_public_name_has_a_docstring_with_an_example(name: str) -> None:
    text = inspect.getdoc(getattr(cg, name)) or ""
    assert ">>>" in text, f"{name} has no doctest"
    assert text.splitlines()[0].endswith("."), f"{name}: the first line is not a sentence"


@pytest.mark.parametrize("name", [name for name in CALLABLE if inspect.isfunction(getattr(cg, name))])
def test_public_functions_document_what_comes_back(name: str) -> None:
    function = getattr(cg, name)
    text = inspect.getdoc(function) or ""
    signature = inspect.signature(function)
    if signature.return_annotation not in {None, "None"}:
        assert "Returns\n" in text
    for parameter in signature.parameters.values():
        assert parameter.kind is not inspect.Parameter.VAR_KEYWORD, f"{name} has **{parameter.name}"


# Types live in annotations only; not every docstring needs an extended summary or a See Also; a first line says what
# comes back; examples have a test of their own. A class documents its attributes, a property has no sections.
NOT_ASKED = {"PR04", "ES01", "SA01", "SS05", "EX01"}
NOT_OF_CLASSES = {"PR01", "PR02", "RT01"}


def public_members() -> list[str]:
    """Dotted paths of the public names and of the public methods of classes."""
    paths = []
    for name in CALLABLE:
        thing = getattr(cg, name)
        paths.append(f"{thing.__module__}.{thing.__qualname__}")
        if inspect.isclass(thing):
            own = [
                key
                for key, member in vars(thing).items()
                if not key.startswith("_") and inspect.isfunction(member)
            ]
            paths += [f"{thing.__module__}.{thing.__qualname__}.{key}" for key in own]
    return sorted(set(paths))


@pytest.mark.parametrize("path", public_members())
@pytest.mark.filterwarnings("ignore")  # of numpydoc
def test_public_docstrings_are_numpydoc(path: str) -> None:
    found = validate(path)
    asked = {code: text for code, text in found["errors"] if code not in NOT_ASKED}
    if found["type"] not in {"function", "method", "property"}:
        asked = {code: text for code, text in asked.items() if code not in NOT_OF_CLASSES}
    assert not asked


def test_no_public_function_bears_its_modules_name() -> None:
    modules = {path.stem for path in Path(cg.__file__).parent.rglob("*.py")}
    assert not modules & set(NAMES)


def test_importing_the_library_loads_nothing_heavy() -> None:
    heavy = "{'geopandas', 'folium', 'numba', 'dask', 'matplotlib', 'scipy', 'rasterio'} & set(sys.modules)"
    code = f"import sys, coverage_geo; print(sorted({heavy}))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
