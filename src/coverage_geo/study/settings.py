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
NOT_LAYERED = ("codes", "population", "terrain", "land_cover", "canopy", "clutter_heights", "patterns")
LAYERED = tuple(name for name in INPUTS if name not in NOT_LAYERED)
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
    inputs: dict[str, tuple[Path, ...]] = {}
    for name, given in said.get("inputs", {}).items():
        listed = given if isinstance(given, list) else [given]
        inputs[name] = tuple(folder / str(one) for one in listed)
        faults += [
            Fault(InputError, f"{file.name}, [inputs] {name}", f"no file {one}", "Correct the path.")
            for one in inputs[name]
            if not one.is_file()
        ]
    if "villages" not in inputs:
        what = "names no villages"
        faults.append(
            Fault(MissingColumnError, f"{file.name}, [inputs]", what, 'Add villages = "villages.gpkg".')
        )
    language = said.get("language", "id")
    if language not in words.LANGUAGES:
        faults.append(Fault(ValueRangeError, f"{file.name}, language", repr(language), 'Use "id" or "en".'))
    choices = _choices(said.get("choices", {}), f"{file.name}, [choices]", faults)
    unit_costs = _unit_costs(said.get("costs", {}), f"{file.name}, [costs]", faults)
    raise_faults(faults)
    return Study(
        file=file,
        title=str(said.get("title", file.parent.resolve().name)),
        language=language,
        fictional=bool(said.get("fictional", False)),
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
    known = dict(zip(TABLES, (INPUTS, LAYERED, INPUTS, INPUTS, CHOICES, COSTS), strict=True))
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
        needed = {"tower": ("lon", "lat"), "route": ("line",), "repair": ("tower_id",)}.get(
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


def _unknown(file: str, section: str, key: str, known: Iterable[str]) -> Fault:
    return Fault(InputError, file, f"{section}{key} is not known", f"Use one of {', '.join(known)}.")


def _choices(said: Mapping[str, Any], where: str, faults: list[Fault]) -> Choices:
    chosen: dict[str, Any] = {}
    if "definition" in said:
        chosen["definition"] = _definition(said["definition"], where, faults)
    if "evidence" in said:
        kinds = said["evidence"] if isinstance(said["evidence"], list) else [said["evidence"]]
        chosen["evidence"] = tuple(_one_of(kind, EVIDENCE, f"{where} evidence", faults) for kind in kinds)
    for name, allowed in WORDS.items():
        if name in said:
            chosen[name] = _one_of(said[name], allowed, f"{where} {name}", faults)
    if "receiver" in said:
        name = _one_of(said["receiver"], tuple(RECEIVERS), f"{where} receiver", faults)
        chosen["receiver"] = RECEIVERS.get(name, HANDSET)
    if "max_drop_m" in said:
        chosen["max_drop_m"] = _positive(said["max_drop_m"], f"{where} max_drop_m", faults)
    if "fibre_operator" in said:
        chosen["fibre_operator"] = str(said["fibre_operator"])
    for name in SWITCHES:
        if name in said:
            chosen[name] = _switch(said[name], f"{where} {name}", faults)
    chosen["optics"] = _optics(said, where, faults)
    return Choices(**chosen)


def _optics(said: Mapping[str, Any], where: str, faults: list[Fault]) -> LossBudget:
    """Return the loss budget of that name, with other splitters where `splits` says so."""
    name = _one_of(said.get("optics", "GPON_B_PLUS"), tuple(OPTICS), f"{where} optics", faults)
    optics = OPTICS.get(name, GPON_B_PLUS)
    if "splits" not in said:
        return optics
    splits = said["splits"] if isinstance(said["splits"], list) else [said["splits"]]
    try:
        return optics.with_splits(*splits)
    except InputError as error:
        faults += error.faults
        return optics


def _definition(said: object, where: str, faults: list[Fault]) -> Definition:
    """Return a preset by name, or one with fields changed: {preset = "PATCHY", village_share = 0.3}."""
    where = f"{where} definition"
    changes: dict[str, Any] = dict(said) if isinstance(said, dict) else {"preset": said}
    name = _one_of(changes.pop("preset", "NO_INTERNET"), tuple(DEFINITIONS), where, faults)
    preset = DEFINITIONS.get(name, DEFINITIONS["NO_INTERNET"])
    known = [field.name for field in dataclasses.fields(Definition)]
    unknown = [_unknown(where, "", key, ("preset", *known)) for key in changes if key not in known]
    if unknown:
        faults += unknown
        return preset
    if "at_least" in changes:
        levels = tuple(level.name.lower() for level in Level)
        level = _one_of(str(changes["at_least"]).lower(), levels, f"{where} at_least", faults)
        changes["at_least"] = Level[level.upper()] if level in levels else preset.at_least
    if "services" in changes:
        changes["services"] = tuple(changes["services"])
    if changes:
        changes.setdefault("name", f"{preset.name} (changed)")
    try:
        return dataclasses.replace(preset, **changes)
    except InputError as error:
        faults += error.faults
        return preset


def _unit_costs(said: Mapping[str, Any], where: str, faults: list[Fault]) -> UnitCosts:
    values = {
        item: _positive(value, f"{where} {item}", faults, zero=True)
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
        faults.append(Fault(ValueRangeError, where, repr(value), f"Use one of {', '.join(known)}."))
    return value


def _switch(value: object, where: str, faults: list[Fault]) -> bool:
    if not isinstance(value, bool):
        faults.append(Fault(ValueRangeError, where, repr(value), "Use true or false."))
    return value is True


def _positive(value: object, where: str, faults: list[Fault], *, zero: bool = False) -> float:
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not (0 < number < math.inf or (zero and number == 0)):
        faults.append(Fault(ValueRangeError, where, repr(value), "Give a number above 0."))
    return float(number)
