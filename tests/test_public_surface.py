"""What a planner imports: light, documented, each with an example that runs."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from numpydoc.validate import validate

import coverage_geo as cg

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def names_of(package: ModuleType) -> list[str]:
    """Names that a package's stub offers."""
    body = ast.parse(Path(package.__file__ or "").with_suffix(".pyi").read_text()).body
    return sorted(
        alias.asname or alias.name
        for node in body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    )


def callables() -> dict[str, Callable[..., object]]:
    """Public functions and classes by name; of compiled functions those they were made from."""
    things = {name: getattr(cg.radio, name) for name in names_of(cg.radio)}
    things |= {name: getattr(cg, name) for name in names_of(cg)}
    plain = {name: getattr(thing, "py_func", thing) for name, thing in things.items()}
    return {
        name: thing for name, thing in plain.items() if inspect.isfunction(thing) or inspect.isclass(thing)
    }


CALLABLE = callables()


@pytest.mark.parametrize("package", [cg, cg.radio], ids=["coverage_geo", "radio"])
def test_the_stub_and_the_package_name_the_same_things(package: ModuleType) -> None:
    names = names_of(package)
    assert sorted(set(names)) == names
    assert set(names) <= set(dir(package))


@pytest.mark.parametrize("name", CALLABLE)
def test_every_public_name_has_a_docstring_with_an_example(name: str) -> None:
    text = inspect.getdoc(CALLABLE[name]) or ""
    assert ">>>" in text, f"{name} has no doctest"
    assert text.splitlines()[0].endswith("."), f"{name}: the first line is not a sentence"


@pytest.mark.parametrize("name", [name for name in CALLABLE if inspect.isfunction(CALLABLE[name])])
def test_public_functions_document_what_comes_back(name: str) -> None:
    function = CALLABLE[name]
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
    for thing in CALLABLE.values():
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
    assert not modules & CALLABLE.keys()


def test_importing_the_library_loads_nothing_heavy() -> None:
    heavy = "{'geopandas', 'folium', 'numba', 'dask', 'matplotlib', 'scipy', 'rasterio'} & set(sys.modules)"
    code = f"import sys, coverage_geo; print(sorted({heavy}))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
