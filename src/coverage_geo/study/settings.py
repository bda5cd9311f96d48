"""What a study.toml says, checked as a whole."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from coverage_geo import words
from coverage_geo.blank_spots import DEFINITIONS, EVIDENCE, Definition, EvidenceKind
from coverage_geo.costs import DEFAULT_UNIT_COSTS, UnitCosts
from coverage_geo.coverage import Level
from coverage_geo.demand import PeopleSource
from coverage_geo.errors import Fault, InputError, MissingColumnError, ValueRangeError, raise_faults
from coverage_geo.fibre.optics import GPON_B_PLUS, GPON_C_PLUS, XGS_PON_N1, XGS_PON_N2, LossBudget
from coverage_geo.files.notes import crs_said
from coverage_geo.files.settings import read_settings
from coverage_geo.radio.link_budget import HANDSET, INDOOR_HANDSET, ROOFTOP_CPE, Receiver
from coverage_geo.tables import PROPOSALS, STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INPUTS = (
    "villages", "codes", "settlements", "population", "terrain", "land_cover", "canopy", "clutter_heights",
    "towers", "sectors", "patterns", "poles", "roads", "obstacles", "gateways", "reported_status",
    "measurements", "declared_coverage", "proposals",
)  # fmt: skip
SEVERAL = (  # may come in several files
    "poles", "terrain", "land_cover", "canopy", "patterns", "reported_status", "proposals",
)  # fmt: skip
RASTERS = ("population", "terrain", "land_cover", "canopy")
LAYERED = tuple(name for name in INPUTS if name not in {"codes", *RASTERS, "clutter_heights", "patterns"})
HEADED = tuple(name for name in INPUTS if name not in {"codes", *RASTERS})
PLACED = tuple(name for name in INPUTS if name not in {"codes", "sectors", "clutter_heights", "patterns"})
RECEIVERS = {"HANDSET": HANDSET, "INDOOR_HANDSET": INDOOR_HANDSET, "ROOFTOP_CPE": ROOFTOP_CPE}
OPTICS = {
    "GPON_B_PLUS": GPON_B_PLUS,
    "GPON_C_PLUS": GPON_C_PLUS,
    "XGS_PON_N1": XGS_PON_N1,
    "XGS_PON_N2": XGS_PON_N2,
}
MODELS = ("ItuP1812", "Itm", "Bullington526", "ExtendedHata", "LineOfSight", "FreeSpace")
TABLES = ("inputs", "layers", "columns", "crs", "choices", "costs")
SECTIONS = ("title", "language", "fictional", *TABLES, "proposal")
PROPOSAL = ("proposal_id", "lon", "lat", "line", *(column.name for column in PROPOSALS.columns))
CHOICES = (
    "definition",
    "evidence",
    "people_from",
    "receiver",
    "max_drop_m",
    "fibre_operator",
    "reported_state",
    "refused",
    "network",
    "model",
    "calibrate",
    "optics",
    "splits",
    "active_nodes",
)
SWITCHES = ("calibrate", "active_nodes")
WORDS: dict[str, tuple[str, ...]] = {
    "people_from": get_args(PeopleSource),
    "model": MODELS,
    "network": ("routes", "shared"),
    "refused": ("raise", "set aside"),
    "reported_state": STATES,
}
COSTS = ("estimate", "idr_per_usd", *(row.item for row in DEFAULT_UNIT_COSTS))
SHARE = ((int, float), "Give a number from 0 to 1.")
DEFINITION: dict[str, tuple[type | tuple[type, ...], str]] = {  # what kind of value each field takes
    **dict.fromkeys(("preset", "name", "used_by", "at_least", "judged_at"), (str, "Give it as text.")),
    **dict.fromkeys(("village_share", "settlement_share"), SHARE),
    "services": ((str, list), 'Give a list such as ["4G", "fixed"].'),
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the planner decides; each has a default.

    Attributes
    ----------
    definition : Definition
        What counts as a blank spot.
    evidence : tuple of str
        Which evidence decides; of several, the first that knows.
    people_from : {"population", "settlements", "villages"} or None
        Whose people count; needed when there are several.
    receiver : Receiver
        What people have: "HANDSET", "INDOOR_HANDSET" or "ROOFTOP_CPE".
    max_drop_m : float
        Longest drop from a pole to a building [m].
    fibre_operator : str
        Who strings the fibre.
    reported_state : str or None
        What a reported list says of a row whose own words do not tell: "blank" for a list of blank spots.
    refused : {"raise", "set aside"}
        What happens to rows that cannot be used: they stop the study, or are set aside and listed.
    network : {"routes", "shared"}
        Each place by its own cheapest way, or all on the cheapest shared network that is found.
    model : str
        Path-loss model, by its name in `cg.radio`: one of `MODELS`.
    calibrate : bool
        Whether the model is corrected by the measurements.
    optics : LossBudget
        How far light goes, and behind which splitters.
    active_nodes : bool
        Whether routes beyond the light are lit by active nodes, which need power.
    """

    definition: Definition = DEFINITIONS["NO_INTERNET"]
    evidence: tuple[EvidenceKind, ...] = ("modelled",)
    people_from: PeopleSource | None = None
    receiver: Receiver = HANDSET
    max_drop_m: float = 300.0
    fibre_operator: str = "Icon Plus"
    reported_state: str | None = None
    refused: Literal["raise", "set aside"] = "raise"
    network: Literal["routes", "shared"] = "routes"
    model: str = "ItuP1812"
    calibrate: bool = False
    optics: LossBudget = GPON_B_PLUS
    active_nodes: bool = False


@dataclass(frozen=True, slots=True)
class Study:
    """What a study.toml says, checked.

    Attributes
    ----------
    file : pathlib.Path
        The study.toml.
    title : str
        Name of the study.
    language : {"id", "en"}
        Language of the map and the table.
    fictional : bool
        Whether any of its data is made up; printed on everything.
    inputs : mapping of str to tuple of Path
        Files of each input.
    layers : mapping of str to str or list of str
        For each input in a file of several layers, which to read.
    columns : mapping of str to mapping
        For each input, names of its columns where they are not recognised.
    crs : mapping of str to str
        For each input, the CRS of its coordinates where the file does not say, such as "EPSG:32748".
    choices : Choices
        What the planner decides.
    unit_costs : UnitCosts
        Unit costs.
    proposals : tuple of mapping
        Proposals written in the study.toml itself.
    """

    file: Path
    title: str
    language: words.Language
    fictional: bool
    inputs: Mapping[str, tuple[Path, ...]]
    layers: Mapping[str, str | list[str]]
    columns: Mapping[str, Mapping[str, str]]
    crs: Mapping[str, str]
    choices: Choices
    unit_costs: UnitCosts
    proposals: tuple[Mapping[str, Any], ...] = ()


def read_study(path: Path | str) -> Study:
    """Return what a study.toml says, with every fault in it reported at once.

    Parameters
    ----------
    path
        The study.toml; paths in it are relative to its folder.

    Returns
    -------
    Study
        Checked: every key known, every file there.

    Raises
    ------
    InputError
        Naming each unknown key, wrong value and missing file.

    Examples
    --------
    >>> read_study("none.toml")
    Traceback (most recent call last):
    coverage_geo.errors.FileFormatError: none.toml: there is no such file. Give the path of a study.toml.
    """
    file = Path(path)
    said = read_settings(file)
    faults = _unknown_keys(said, file.name)
    said = {key: value for key, value in said.items() if key not in TABLES or isinstance(value, dict)}
    folder = file.parent
    faults += _said_of_inputs(said, file.name)
    inputs = _inputs(said.get("inputs", {}), folder, f"{file.name}, [inputs]", faults)
    if "villages" not in said.get("inputs", {}):
        what = "names no villages"
        faults.append(
            Fault(MissingColumnError, f"{file.name}, [inputs]", what, 'Add villages = "villages.gpkg".')
        )
    language = said.get("language", "id")
    if language not in words.LANGUAGES:
        faults.append(Fault(ValueRangeError, f"{file.name}, language", repr(language), 'Use "id" or "en".'))
    choices = _choices(said.get("choices", {}), f"{file.name}, [choices]", faults)
    unit_costs = _unit_costs(said.get("costs", {}), f"{file.name}, [costs]", faults)
    title = _text(said.get("title", file.parent.resolve().name), f"{file.name}, title", faults)
    fictional = _switch(said.get("fictional", False), f"{file.name}, fictional", faults)
    raise_faults(faults)
    return Study(
        file=file,
        title=title,
        language=language,
        fictional=fictional,
        inputs=inputs,
        layers=said.get("layers", {}),
        columns=said.get("columns", {}),
        crs=said.get("crs", {}),
        choices=choices,
        unit_costs=unit_costs,
        proposals=tuple(said.get("proposal", ())),
    )


def _unknown_keys(said: Mapping[str, Any], file: str) -> list[Fault]:
    """Faults of a study.toml's shape: keys nobody knows, and values where tables are needed."""
    known = dict(zip(TABLES, (INPUTS, LAYERED, HEADED, PLACED, CHOICES, COSTS), strict=True))
    faults = [_unknown(file, "", key, SECTIONS) for key in said if key not in SECTIONS]
    for section, keys in known.items():
        table = said.get(section, {})
        if not isinstance(table, dict):
            what = f"{section} = {table!r} is not a table"
            faults.append(Fault(InputError, file, what, f"Write [{section}] and its keys below it."))
            continue
        faults += [_unknown(file, f"[{section}] ", key, keys) for key in table if key not in keys]
    return faults + _proposal_faults(said.get("proposal", []), file)


def _proposal_faults(proposals: object, file: str) -> list[Fault]:
    if not isinstance(proposals, list) or not all(isinstance(one, dict) for one in proposals):
        return [Fault(InputError, file, "proposal is not a list of tables", "Write [[proposal]] above each.")]
    faults = []
    for number, one in enumerate(proposals, start=1):
        where = f"{file}, [[proposal]] {number}"
        faults += [_unknown(where, "", key, PROPOSAL) for key in one if key not in PROPOSAL]
        faults += _shape_faults(one, where)
        drawn = "pole_ids" if "pole_ids" in one and "line" not in one else "line"
        needed = {"tower": ("lon", "lat"), "route": (drawn,), "repair": ("tower_id",)}.get(
            str(one.get("kind"))
        )
        if needed is None:
            what = f"kind is {one.get('kind')!r}"
            faults.append(Fault(ValueRangeError, where, what, "Use tower, route or repair."))
            continue
        missing = [key for key in ("proposal_id", *needed) if key not in one]
        if missing:
            what = f"no {', '.join(missing)}"
            faults.append(Fault(MissingColumnError, where, what, "Add it; degrees are decimal, WGS84."))
    return faults


def _shape_faults(one: Mapping[str, Any], where: str) -> list[Fault]:
    """Faults of the values that say which proposal it is and where it lies, and of several that do."""
    faults = [
        Fault(ValueRangeError, f"{where}, {name}", f"{one[name]!r:.80}", f"Give degrees up to {most}.")
        for name, most in (("lon", 180), ("lat", 90))
        if name in one and not _is_degree(one[name], most)
    ]
    line = one.get("line", [(0, 0), (1, 1)])
    pairs = isinstance(line, list) and all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in line)
    good = pairs and all(_is_degree(lon, 180) and _is_degree(lat, 90) for lon, lat in line)
    if not good or len({(float(lon), float(lat)) for lon, lat in line}) < 2:
        remedy = "Give two or more places, as in [[105.1, -2.0], [105.2, -2.1]]."
        faults.append(Fault(ValueRangeError, f"{where}, line", f"{line!r:.80}", remedy))
    ids = one.get("pole_ids", "")
    if not (isinstance(ids, str) or (isinstance(ids, list) and all(isinstance(pole, str) for pole in ids))):
        remedy = 'Give them in their order, as in "P1;P2;P3" or ["P1", "P2", "P3"].'
        faults.append(Fault(ValueRangeError, f"{where}, pole_ids", f"{ids!r:.80}", remedy))
    name = one.get("proposal_id", "x")
    if isinstance(name, bool) or not isinstance(name, str | int) or not str(name).strip():
        faults.append(Fault(ValueRangeError, f"{where}, proposal_id", f"{name!r:.80}", "Give it as text."))
    others = {"tower": ("line", "pole_ids"), "route": ("lon", "lat", "tower_id")}.get(
        str(one.get("kind")), ()
    )
    strange = [key for key in others if key in one] + (["line"] if {"line", "pole_ids"} <= one.keys() else [])
    if strange:
        what = f"has {', '.join(dict.fromkeys(strange))} too"
        remedy = "A tower has lon and lat; a route a line or pole_ids."
        faults.append(Fault(ValueRangeError, where, what, remedy))
    return faults


def _is_degree(value: object, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= most


def _inputs(
    said: Mapping[str, Any], folder: Path, where: str, faults: list[Fault]
) -> dict[str, tuple[Path, ...]]:
    """Return the files of each input, in one order however they are listed; faults tell what is missing."""
    inputs: dict[str, tuple[Path, ...]] = {}
    for name in (one for one in INPUTS if one in said):
        given = said[name]
        listed = given if isinstance(given, list) else [given]
        place = f"{where} {name}"
        if not listed or not all(isinstance(one, str) and one.strip() for one in listed):
            remedy = "Give the path of a file, or leave the line out."
            faults.append(Fault(ValueRangeError, place, f"{given!r:.80}", remedy))
            continue
        if len(listed) > 1 and name not in SEVERAL:
            remedy = "Give one file, which holds the rows of all."
            faults.append(Fault(ValueRangeError, place, f"names {len(listed)} files", remedy))
        twice = sorted({one for one in listed if listed.count(one) > 1})
        if twice:
            what = f"names {', '.join(twice)} twice"
            faults.append(Fault(ValueRangeError, place, what, "Name each file once."))
        inputs[name] = tuple(sorted((folder / one for one in listed), key=lambda one: (one.name, str(one))))
        faults += [
            Fault(InputError, place, f"no file {str(one)!r:.200}", "Correct the path.")
            for one in inputs[name]
            if not _is_file(one)
        ]
    return inputs


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # far too long, or with a NUL
        return False


def _said_of_inputs(said: Mapping[str, Any], file: str) -> list[Fault]:
    """Faults of layers, headings and CRSs of inputs."""
    faults: list[Fault] = []
    for name, layer in said.get("layers", {}).items():
        texts = layer if isinstance(layer, list) and name == "poles" else [layer]
        if not texts or not all(isinstance(one, str) for one in texts):
            what = f"{layer!r:.80}"
            faults.append(Fault(ValueRangeError, f"{file}, [layers] {name}", what, "Give a layer's name."))
    for name, headings in said.get("columns", {}).items():
        if not isinstance(headings, dict) or not all(isinstance(one, str) for one in headings.values()):
            remedy = f'Write [columns.{name}] and below it, as text, column = "heading".'
            faults.append(Fault(ValueRangeError, f"{file}, [columns] {name}", f"{headings!r:.80}", remedy))
    for name, crs in said.get("crs", {}).items():
        try:
            crs_said(crs if isinstance(crs, str | int) else repr(crs), f"{file}, [crs] {name}")
        except InputError as error:
            faults += error.faults
    return faults


def _unknown(file: str, section: str, key: str, known: Iterable[str]) -> Fault:
    return Fault(InputError, file, f"{section}{key} is not known", f"Use one of {', '.join(known)}.")


def _choices(said: Mapping[str, Any], where: str, faults: list[Fault]) -> Choices:
    chosen: dict[str, Any] = {}
    if "definition" in said:
        chosen["definition"] = _definition(said["definition"], where, faults)
    if "evidence" in said:
        kinds = said["evidence"] if isinstance(said["evidence"], list) else [said["evidence"]]
        chosen["evidence"] = tuple(
            _one_of(kind, EVIDENCE, f"{where} evidence", faults) for kind in kinds or [None]
        )
    for name, allowed in WORDS.items():
        if name in said:
            chosen[name] = _one_of(said[name], allowed, f"{where} {name}", faults)
    if "receiver" in said:
        name = _one_of(said["receiver"], tuple(RECEIVERS), f"{where} receiver", faults)
        chosen["receiver"] = RECEIVERS[name]
    if "max_drop_m" in said:
        chosen["max_drop_m"] = _positive(said["max_drop_m"], f"{where} max_drop_m", faults)
    if "fibre_operator" in said:
        chosen["fibre_operator"] = _text(said["fibre_operator"], f"{where} fibre_operator", faults)
    for name in SWITCHES:
        if name in said:
            chosen[name] = _switch(said[name], f"{where} {name}", faults)
    chosen["optics"] = _optics(said, where, faults)
    return Choices(**chosen)


def _optics(said: Mapping[str, Any], where: str, faults: list[Fault]) -> LossBudget:
    """Return the loss budget of that name, with other splitters where `splits` says so."""
    name = _one_of(said.get("optics", "GPON_B_PLUS"), tuple(OPTICS), f"{where} optics", faults)
    optics = OPTICS[name]
    if "splits" not in said:
        return optics
    splits = said["splits"] if isinstance(said["splits"], list) else [said["splits"]]
    if not all(isinstance(ways, int) and not isinstance(ways, bool) for ways in splits):
        what = f"{said['splits']!r:.80}"
        faults.append(Fault(ValueRangeError, f"{where} splits", what, "Give whole numbers, as in [8, 8]."))
        return optics
    try:
        return optics.with_splits(*splits)
    except InputError as error:
        faults += [dataclasses.replace(fault, where=f"{where} splits") for fault in error.faults]
        return optics


def _definition(said: object, where: str, faults: list[Fault]) -> Definition:
    """Return a preset by name, or one with fields changed: {preset = "PATCHY", village_share = 0.3}."""
    where = f"{where} definition"
    changes: dict[str, Any] = dict(said) if isinstance(said, dict) else {"preset": said}
    wrong = [_unknown(where, "", key, DEFINITION) for key in changes if key not in DEFINITION]
    for key, value in changes.items():
        kind, remedy = DEFINITION.get(key, (object, ""))
        texts = not isinstance(value, list) or all(isinstance(one, str) for one in value)
        if isinstance(value, bool) or not isinstance(value, kind) or not texts:
            wrong.append(Fault(ValueRangeError, f"{where} {key}", f"{value!r:.80}", remedy))
    preset = DEFINITIONS[_one_of(changes.pop("preset", "NO_INTERNET"), tuple(DEFINITIONS), where, faults)]
    if wrong:
        faults += wrong
        return preset
    if "at_least" in changes:
        levels = tuple(level.name.lower() for level in Level)
        level = _one_of(changes["at_least"].lower(), levels, f"{where} at_least", faults)
        changes["at_least"] = Level[level.upper()]
    if "services" in changes:
        given = changes["services"]
        changes["services"] = (given,) if isinstance(given, str) else tuple(given)
    if changes:
        changes.setdefault("name", f"{preset.name} (changed)")
    try:
        return dataclasses.replace(preset, **changes)
    except InputError as error:
        faults += [dataclasses.replace(fault, where=where) for fault in error.faults]
        return preset


def _unit_costs(said: Mapping[str, Any], where: str, faults: list[Fault]) -> UnitCosts:
    values = {
        item: _positive(value, f"{where} {item}", faults, zero=item != "idr_per_usd")
        for item, value in said.items()
        if item != "estimate"
    }
    rate = values.pop("idr_per_usd", UnitCosts().idr_per_usd)
    estimate = _one_of(said.get("estimate", "mid"), ("low", "mid", "high"), f"{where} estimate", faults)
    if faults:
        return UnitCosts()
    return UnitCosts(idr_per_usd=rate, estimate=estimate).with_values(**values)


def _one_of(value: object, known: tuple[str, ...], where: str, faults: list[Fault]) -> Any:  # noqa: ANN401
    if value not in known:
        faults.append(Fault(ValueRangeError, where, f"{value!r:.80}", f"Use one of {', '.join(known)}."))
        return known[0]
    return value


def _text(value: object, where: str, faults: list[Fault]) -> str:
    if not isinstance(value, str) or not value.strip():
        faults.append(Fault(ValueRangeError, where, f"{value!r:.80}", "Give it as text."))
    return str(value)


def _switch(value: object, where: str, faults: list[Fault]) -> bool:
    if not isinstance(value, bool):
        faults.append(Fault(ValueRangeError, where, f"{value!r:.80}", "Use true or false."))
    return value is True


def _positive(value: object, where: str, faults: list[Fault], *, zero: bool = False) -> float:
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not (0 < number < math.inf or (zero and number == 0)):
        faults.append(Fault(ValueRangeError, where, f"{value!r:.80}", "Give a number above 0."))
    return float(number)
