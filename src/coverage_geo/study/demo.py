"""A study to start from: the fictional demo, or blank templates with every key explained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_geo.fictional import make_district, write_district
from coverage_geo.files.templates import write_templates
from coverage_geo.files.writing import write_text
from coverage_geo.study.settings import INPUTS
from coverage_geo.words import word

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from coverage_geo.words import Language

TITLES = {"id": "Kabupaten contoh (FIKTIF)", "en": "Example district (FICTIONAL)"}
DEMO_INPUTS = {
    "villages": ["villages.gpkg"],
    "settlements": ["settlements.csv"],
    "population": ["population.tif"],
    "terrain": ["terrain.tif"],
    "land_cover": ["land_cover.tif"],
    "towers": ["towers.csv"],
    "poles": ["poles.gpkg"],
    "gateways": ["gateways.csv"],
    "reported_status": ["reported_status.csv", "reported_points.csv"],
    "measurements": ["measurements.csv"],
    "proposals": ["proposed_towers.csv", "drawn_proposals.geojson"],
}
TEMPLATE_INPUTS = {
    "villages": ["villages.gpkg"],
    "settlements": ["settlements.csv"],
    "population": ["population.tif"],
    "terrain": ["terrain.tif"],
    "land_cover": ["land_cover.tif"],
    "canopy": ["canopy.tif"],
    "clutter_heights": ["clutter_heights.csv"],
    "towers": ["towers.csv"],
    "sectors": ["sectors.csv"],
    "patterns": ["antenna_pattern.csv"],
    "poles": ["poles.csv", "pole_lines.gpkg"],
    "roads": ["roads.gpkg"],
    "obstacles": ["obstacles.gpkg"],
    "gateways": ["gateways.csv"],
    "reported_status": ["reported_status.csv"],
    "measurements": ["measurements.csv"],
    "declared_coverage": ["declared_coverage.gpkg"],
    "proposals": ["proposals.csv"],
}
SETTINGS = """\
# {explained}
title = {title}
language = "{language}"
fictional = {fictional}

# {paths}
[inputs]
{inputs}

# {choices}
[choices]
definition = "NO_INTERNET"
evidence = ["modelled"]
{people_from}
receiver = "HANDSET"
max_drop_m = 300
fibre_operator = "Icon Plus"
# network = "shared"
# optics = "GPON_B_PLUS"
# splits = [4, 8]
# active_nodes = true
# calibrate = true

# {costs}
[costs]
estimate = "mid"
# fibre_on_poles = 99000000
# new_pole = 4000000
"""


def study_text(
    title: str,
    inputs: Mapping[str, Sequence[str]],
    *,
    used: Collection[str] | None = None,
    language: Language = "id",
    fictional: bool = False,
) -> str:
    """Return the text of a study.toml, each part explained in the reader's language.

    Parameters
    ----------
    title
        Name of the study.
    inputs
        Files of each input, relative to the study.toml.
    used
        Inputs that are used, all when not given; the others are left as comments.
    language
        "id" or "en".
    fictional
        Whether any of the data is made up.

    Returns
    -------
    str
        TOML.

    Examples
    --------
    >>> print(study_text("Sukamaju", {"villages": ["desa.gpkg"]}, language="en").splitlines()[1])
    title = "Sukamaju"
    """
    in_use = inputs.keys() if used is None else used
    lines = [
        f"{'' if name in in_use else '# '}{name} = {json.dumps(inputs[name])}"
        for name in INPUTS
        if name in inputs
    ]
    several = {"population", "settlements"} <= set(in_use)
    explained = {key: word(f"study.{key}", language) for key in ("explained", "paths", "choices", "costs")}
    return SETTINGS.format(
        title=json.dumps(title, ensure_ascii=False),
        language=language,
        fictional=str(fictional).lower(),
        inputs="\n".join(lines),
        people_from=f'{"" if several else "# "}people_from = "population"',
        **explained,
    )


def write_demo(folder: Path | str, *, language: Language = "id") -> Path:
    """Write the fictional demo district as ordinary files and return its study.toml.

    Parameters
    ----------
    folder
        Where to write; made when it is missing.
    language
        Language of its map.

    Returns
    -------
    pathlib.Path
        The study.toml, ready for `run_study`.

    Examples
    --------
    >>> import tempfile
    >>> write_demo(tempfile.mkdtemp()).name
    'study.toml'
    """
    at = Path(folder)
    written = write_district(make_district(), at / "inputs")
    inputs = {
        name: [f"inputs/{file}" for file in files if file in written] for name, files in DEMO_INPUTS.items()
    }
    text = study_text(TITLES[language], inputs, language=language, fictional=True)
    write_text(at / "study.toml", text)
    return at / "study.toml"


def write_new_study(folder: Path | str) -> tuple[Path, ...]:
    """Write blank templates of every input and a study.toml that names them.

    Parameters
    ----------
    folder
        Where to write; made when it is missing. Files that are there already are never replaced.

    Returns
    -------
    tuple of Path
        The files written.

    Examples
    --------
    >>> import tempfile
    >>> "study.toml" in [file.name for file in write_new_study(tempfile.mkdtemp())]
    True
    """
    at = Path(folder)
    at.mkdir(parents=True, exist_ok=True)
    written = write_templates(at)
    study = at / "study.toml"
    if not study.exists():
        write_text(study, study_text(at.resolve().name, TEMPLATE_INPUTS, used=["villages"]))
        written = (*written, study)
    return written
