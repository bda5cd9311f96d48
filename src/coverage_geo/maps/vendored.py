"""The libraries a map carries inside it, unmodified from their registry."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


class Package(TypedDict):
    """What the manifest says of one package."""

    version: str
    licence: str
    registry: str
    files: dict[str, str]


def _folder() -> Traversable:
    return files("coverage_geo.maps").joinpath("assets")


def read_manifest() -> dict[str, Package]:
    """Packages carried, with version, licence, where they come from and the SHA-256 of each file.

    Returns
    -------
    dict
        Package name to its entry.

    Examples
    --------
    >>> read_manifest()["leaflet"]["version"]
    '1.9.4'
    """
    manifest: dict[str, Package] = json.loads(_folder().joinpath("manifest.json").read_text("utf-8"))
    return manifest


def changed_files() -> list[str]:
    """Carried files that are missing or are not the ones the manifest names.

    Returns
    -------
    list of str
        As "package/file"; empty when all is well.

    Examples
    --------
    >>> changed_files()
    []
    """
    changed = []
    for package, entry in read_manifest().items():
        for name, digest in entry["files"].items():
            file = _folder().joinpath(package, name)
            if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
                changed.append(f"{package}/{name}")
    return changed


@cache
def leaflet_script() -> str:
    """Return Leaflet's JavaScript, without the pointer to its source map (a network request)."""
    script = _folder().joinpath("leaflet/leaflet.js").read_text("utf-8")
    return script.rpartition("//# sourceMappingURL=")[0]


@cache
def leaflet_style() -> str:
    """Return Leaflet's style sheet, its pictures inside it."""
    style = _folder().joinpath("leaflet/leaflet.css").read_text("utf-8")
    return re.sub(r"url\((images/[\w-]+\.png)\)", lambda found: f"url({_data_uri(found[1])})", style)


def _data_uri(name: str) -> str:
    picture = _folder().joinpath("leaflet", name).read_bytes()
    return "data:image/png;base64," + base64.b64encode(picture).decode("ascii")


@cache
def own_file(name: str) -> str:
    """Return one of the map's own script and style files."""
    return files("coverage_geo.maps").joinpath(name).read_text("utf-8")
