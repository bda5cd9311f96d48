"""The whole job: read, find blank spots, see what reaches them, evaluate proposals, write the results."""

from __future__ import annotations

import dataclasses
import logging
import math
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import pandas as pd
from tqdm import tqdm

from coverage_geo.blank_spots import find_blank_spots, with_unplaced
from coverage_geo.costs import ProposalCosts, tower_costs
from coverage_geo.coverage import Coverage
from coverage_geo.demand import demand_points
from coverage_geo.errors import InputError, refuse
from coverage_geo.evaluation import evaluate
from coverage_geo.fibre.drawn import evaluate_routes
from coverage_geo.fibre.pole_graph import PoleGraph, build_pole_graph
from coverage_geo.fibre.reach import fibre_coverage
from coverage_geo.fibre.routes import cheapest_routes, route_costs
from coverage_geo.maps import gap_map
from coverage_geo.provenance import file_sha256, library_versions, merged
from coverage_geo.radio.reach import radio_coverage
from coverage_geo.radio.signal import best_server, received_power
from coverage_geo.report import write_field_check, write_place_list, write_places, write_summary
from coverage_geo.study.inputs import Inputs, read_inputs
from coverage_geo.study.settings import Study, read_study
from coverage_geo.summary import Summary, summarise
from coverage_geo.tables import repairs
from coverage_geo.words import word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coverage_geo.demand import PeopleSource
    from coverage_geo.maps import GapMap

log = logging.getLogger(__name__)
Table = TypeVar("Table", bound=pd.DataFrame)
MOBILE = ("2G", "4G")
STEPS = ("reading", "signal", "poles", "proposals", "map", "writing")


@dataclass(frozen=True, slots=True, eq=False)
class StudyResult:
    """Everything a study found.

    Attributes
    ----------
    study : Study
        What was asked.
    inputs : Inputs
        Of what data.
    demand : geopandas.GeoDataFrame
        Demand points.
    existing : Coverage or None
        What stands; None without towers.
    blanks : geopandas.GeoDataFrame
        States of the villages.
    hamlets : geopandas.GeoDataFrame or None
        States of the hamlets; None without settlements.
    graph : PoleGraph or None
        The mended pole network.
    routes : geopandas.GeoDataFrame or None
        Cheapest cable to each blank place, or the reason why there is none.
    evaluation : pandas.DataFrame
        What each proposal would change.
    partners : pandas.DataFrame
        What each partner could solve, its routes along the poles included.
    by_kind : pandas.DataFrame
        What each technology could solve.
    summary : Summary
        The headline figures.
    map : GapMap
        The map.
    files : tuple of Path
        What was written.
    """

    study: Study
    inputs: Inputs
    demand: gpd.GeoDataFrame
    existing: Coverage | None
    blanks: gpd.GeoDataFrame
    hamlets: gpd.GeoDataFrame | None
    graph: PoleGraph | None
    routes: gpd.GeoDataFrame | None
    evaluation: pd.DataFrame
    partners: pd.DataFrame
    by_kind: pd.DataFrame
    summary: Summary
    map: GapMap
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Reach:
    """What a set of proposals reaches and costs."""

    coverage: Coverage
    costs: ProposalCosts

    @classmethod
    def of(cls, demand: gpd.GeoDataFrame, parts: Iterable[_Reach]) -> _Reach:
        """Return all parts together; nothing when there is none."""
        return reduce(or_, parts, cls(Coverage.none(demand.index), ProposalCosts()))

    def __or__(self, other: _Reach) -> _Reach:
        return _Reach(self.coverage | other.coverage, self.costs | other.costs)


def run_study(path: Path | str, *, out: Path | str | None = None) -> StudyResult:
    """Run a study from its files, write its results and return them.

    Parameters
    ----------
    path
        The study.toml.
    out
        Folder for the results; by default that of the study.toml.

    Returns
    -------
    StudyResult
        Everything found; ``.files`` are the files written.

    Raises
    ------
    InputError
        When the study or an input cannot be used; the message says what to do.

    Examples
    --------
    >>> result = run_study("study.toml")  # doctest: +SKIP
    >>> result.summary.people_blank  # doctest: +SKIP
    """
    study = read_study(path)
    folder = Path(out) if out is not None else study.file.parent
    if folder.exists() and not folder.is_dir():
        refuse(InputError, str(folder), "is a file, not a folder", "Give a folder for the results.")
    with tqdm(total=len(STEPS), delay=2, leave=False, unit="step") as bar:
        _next(bar, "reading", study)
        inputs = read_inputs(study)
        _next(bar, "signal", study)
        demand = demand_points(
            inputs.villages,
            population=inputs.population,
            settlements=inputs.settlements,
            people_from=_people_from(study, inputs),
        )
        existing = _existing(study, inputs, demand)
        blanks, hamlets = _states(study, inputs, demand, existing)
        blanks = _with_signal(study, inputs, blanks)
        hamlets = None if hamlets is None else _with_signal(study, inputs, hamlets)
        _next(bar, "poles", study)
        graph = None if inputs.poles is None else build_pole_graph(inputs.poles, villages=inputs.villages)
        routes = _routes(study, inputs, graph, blanks, hamlets)
        _next(bar, "proposals", study)
        standing = Coverage.none(demand.index) if existing is None else existing
        by_poles = _by_poles(study, demand, routes)
        asked = _asked(study, inputs, demand, standing, graph)
        built = _Reach.of(demand, [asked["tower"], asked["repair"], by_poles])
        question = partial(
            evaluate,
            baseline=standing,
            demand=demand,
            villages=inputs.villages,
            settlements=inputs.settlements,
            blanks=[blanks] if hamlets is None else [blanks, hamlets],
            definition=study.choices.definition,
        )
        every = _Reach.of(demand, asked.values())
        evaluation = question(every.coverage, costs=every.costs)
        by_kind = question(built.coverage, costs=built.costs, by="kind")
        partners = question(built.coverage, costs=built.costs, by="operator")
        _next(bar, "map", study)
        assumptions = merged(
            standing.assumptions, built.coverage.assumptions, built.costs.assumptions, every.costs.assumptions
        )
        summary = summarise(
            blanks,
            demand,
            by_kind,
            title=study.title,
            definition=study.choices.definition.describe(study.language),
            hamlets=hamlets,
            routes=routes,
            assumptions=assumptions,
            flat=inputs.towers is not None and inputs.terrain is None,
            fictional=study.fictional,
        )
        if not summary.people_known:
            blanks, evaluation = _places_only(blanks), _places_only(evaluation)
            partners, by_kind = _places_only(partners), _places_only(by_kind)
            hamlets = None if hamlets is None else _places_only(hamlets)
        result = StudyResult(
            study=study,
            inputs=inputs,
            demand=demand,
            existing=existing,
            blanks=blanks,
            hamlets=hamlets,
            graph=graph,
            routes=routes,
            evaluation=evaluation,
            partners=partners,
            by_kind=by_kind,
            summary=summary,
            map=_map(study, inputs, demand, standing, blanks, hamlets, graph, routes, summary),
        )
        _next(bar, "writing", study)
        return dataclasses.replace(result, files=write_results(result, folder))


def _next(bar: tqdm[Any], step: str, study: Study) -> None:
    bar.set_description(word(f"step.{step}", study.language), refresh=False)
    bar.update()
    log.info("study %s: %s", study.title, step)


def _people_from(study: Study, inputs: Inputs) -> PeopleSource | None:
    """Whose people count: as chosen; places alone when there are no people in any input."""
    tables = [table for table in (inputs.villages, inputs.settlements) if table is not None]
    known = inputs.population is not None or any("people" in table for table in tables)
    return study.choices.people_from if known or study.choices.people_from else "places"


def _places_only(table: Table) -> Table:
    """Return the table without figures of people, where no people are known."""
    figures = ("people", "share_blank", "cost_per_person")
    unknown = [name for name in map(str, table.columns) if name.startswith(figures)]
    return table.assign(**dict.fromkeys(unknown, math.nan))


def _existing(study: Study, inputs: Inputs, demand: gpd.GeoDataFrame) -> Coverage | None:
    if inputs.towers is None:
        return None
    return radio_coverage(
        inputs.towers, demand, inputs.terrain, receiver=study.choices.receiver, sectors=inputs.sectors
    )


def _states(
    study: Study, inputs: Inputs, demand: gpd.GeoDataFrame, existing: Coverage | None
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """States of villages and of hamlets, the unplaced ones included."""
    find = partial(
        find_blank_spots,
        demand=demand,
        coverage=existing,
        definition=study.choices.definition,
        reported=inputs.reported,
        measured=inputs.measured,
        declared=inputs.declared,
        evidence=study.choices.evidence,
    )
    hamlets = inputs.settlements
    if hamlets is not None and inputs.reported is not None:
        hamlets = with_unplaced(hamlets, inputs.reported)
    return find(inputs.villages), None if hamlets is None else find(hamlets)


def _with_signal(study: Study, inputs: Inputs, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places with the strongest signal at their point: why the model judges them so."""
    if inputs.towers is None:
        return places
    placed = places[~(places.geometry.isna() | places.geometry.is_empty)]
    points = gpd.GeoDataFrame(
        {"people": placed["people"].fillna(0.0), "village_id": placed.index},
        geometry=placed.geometry,
        crs=places.crs,
    ).rename_axis("demand_id")
    power = received_power(
        inputs.towers, points, inputs.terrain, receiver=study.choices.receiver, sectors=inputs.sectors
    )
    strongest = best_server(power, points).rename_axis(places.index.name)
    return places.assign(strongest_signal=strongest["asset_id"], rsrp_dbm=strongest["rsrp_dbm"].round(1))


def _routes(
    study: Study,
    inputs: Inputs,
    graph: PoleGraph | None,
    blanks: gpd.GeoDataFrame,
    hamlets: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame | None:
    """Cheapest cable to where the blank people of each village and hamlet live."""
    if graph is None or inputs.gateways is None:
        return None
    offices = [name for name in ("office_x_m", "office_y_m") if name in inputs.villages]
    targets = [inputs.villages[["name", *offices, "geometry"]].assign(state=blanks["state"])]
    if hamlets is not None:
        targets.append(hamlets[["name", "state", "geometry"]])
    together = gpd.GeoDataFrame(pd.concat(targets).rename_axis("target_id"), crs=blanks.crs)
    routes = cheapest_routes(
        graph,
        gateways=inputs.gateways,
        targets=together[together["state"] == "blank"],
        unit_costs=study.unit_costs,
        max_drop_m=study.choices.max_drop_m,
    )
    return routes.assign(operator=routes["operator"].fillna(study.choices.fibre_operator))


def _by_poles(study: Study, demand: gpd.GeoDataFrame, routes: gpd.GeoDataFrame | None) -> _Reach:
    if routes is None:
        return _Reach.of(demand, [])
    cable = fibre_coverage(routes, demand, max_drop_m=study.choices.max_drop_m)
    return _Reach(cable, route_costs(routes))


def _asked(
    study: Study, inputs: Inputs, demand: gpd.GeoDataFrame, standing: Coverage, graph: PoleGraph | None
) -> dict[str, _Reach]:
    """What the proposals of each kind reach and cost."""
    nothing = _Reach.of(demand, [])
    asked = {"tower": nothing, "route": nothing, "repair": nothing}
    if inputs.proposals is None:
        return asked
    proposals = inputs.proposals.copy()
    own = proposals.get("operator", pd.Series(None, proposals.index, dtype=object))
    partner = proposals.get("partner", own)
    proposals["operator"] = partner.where(partner.notna(), own)
    kinds = dict(tuple(proposals.groupby("kind")))
    if "tower" in kinds:
        towers = kinds["tower"].rename_axis("tower_id").drop(columns="tower_id", errors="ignore")
        signal = radio_coverage(
            towers, demand, inputs.terrain, receiver=study.choices.receiver, proposed=True
        )
        asked["tower"] = _Reach(signal, tower_costs(towers, unit_costs=study.unit_costs))
    if "route" in kinds and graph is not None and inputs.gateways is not None:
        drawn = evaluate_routes(graph, kinds["route"], gateways=inputs.gateways, unit_costs=study.unit_costs)
        cable = fibre_coverage(drawn, demand, max_drop_m=study.choices.max_drop_m)
        asked["route"] = _Reach(cable, route_costs(drawn))
    for proposal_id, row in kinds.get("repair", proposals.iloc[:0]).iterrows():
        asked["repair"] |= _repair(study, standing, str(proposal_id), row)
    return asked


def _repair(study: Study, standing: Coverage, proposal_id: str, row: pd.Series) -> _Reach:
    """What the repair of a faulty tower reaches: what the tower would serve, on air again."""
    own = standing.assets["proposal_id"] == row["tower_id"]
    coverage = standing.proposed(
        standing.assets.index[own], proposal_id=proposal_id, kind="repair", operator=row.get("operator")
    )
    costs = tower_costs(row.to_frame().T, unit_costs=study.unit_costs, repair=True)
    return _Reach(coverage, costs)


def _map(
    study: Study,
    inputs: Inputs,
    demand: gpd.GeoDataFrame,
    standing: Coverage,
    blanks: gpd.GeoDataFrame,
    hamlets: gpd.GeoDataFrame | None,
    graph: PoleGraph | None,
    routes: gpd.GeoDataFrame | None,
    summary: Summary,
) -> GapMap:
    signal = None if inputs.towers is None else demand.assign(level=standing.best_level(MOBILE))
    return gap_map(
        inputs.villages,
        blanks,
        hamlets=hamlets,
        towers=inputs.towers,
        poles=inputs.poles,
        gateways=inputs.gateways,
        routes=routes,
        proposals=inputs.proposals,
        signal=signal,
        repairs=None if graph is None else graph.repairs,
        terrain=inputs.terrain,
        title=study.title,
        definition=summary.definition,
        sources=[file.name for files in study.inputs.values() for file in files],
        assumptions=summary.assumptions,
        fictional=study.fictional,
        language=study.language,
    )


def write_results(result: StudyResult, folder: Path | str) -> tuple[Path, ...]:
    """Write everything a study found; each file whole or not at all.

    Parameters
    ----------
    result
        From `run_study`.
    folder
        Where to; made when it is missing.

    Returns
    -------
    tuple of Path
        The files written.

    Examples
    --------
    >>> write_results(result, "results")  # doctest: +SKIP
    """
    at = Path(folder)
    at.mkdir(parents=True, exist_ok=True)
    inputs, blanks, hamlets = result.inputs, result.blanks, result.hamlets
    made_up = {"source": word("note.fictional", result.study.language)} if result.study.fictional else {}
    states = blanks.drop(columns="geometry")
    areas = gpd.GeoDataFrame(states, geometry=inputs.villages.geometry, crs=blanks.crs)
    layers = {
        "blank_spots": blanks[blanks["state"] == "blank"],
        "villages": areas,
        "hamlets": hamlets,
        "routes": result.routes,
        "pole_repairs": None if result.graph is None else result.graph.repairs,
    }
    lists = {
        "villages": blanks,
        "hamlets": hamlets,
        "routes": result.routes,
        "proposals": result.evaluation if inputs.proposals is not None else None,
        "partners": result.partners if len(result.partners) > 1 else None,
        "repairs": _all_repairs(inputs),
    }
    result.map.save(at / "map.html")
    labelled = {name: table.assign(**made_up) for name, table in layers.items() if table is not None}
    write_places(at / "blank_spots.gpkg", labelled)
    written = [at / "map.html", at / "blank_spots.gpkg"]
    for name, table in lists.items():
        if table is not None:
            write_place_list(at / f"{name}.csv", _named(table, inputs).assign(**made_up))
            written.append(at / f"{name}.csv")
    write_field_check(
        at,
        {"villages": blanks, "hamlets": hamlets},
        label=made_up.get("source", ""),
        language=result.study.language,
    )
    write_summary(at / "summary.json", result.summary, _provenance(result.study))
    return (*written, at / "field_check.gpx", at / "field_check.kml", at / "summary.json")


def _named(table: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """Return the table with the names a reader looks for: of villages beside hamlets, of proposals."""
    names = inputs.villages["name"]
    if inputs.settlements is not None and "village_id" in inputs.settlements:
        hamlets = inputs.settlements["village_id"]
        place = table["target_id"] if "target_id" in table else table.index.to_series()
        village = place.map(hamlets)
        if village.notna().any():
            table = table.assign(village_id=village, village=village.map(names))
    if inputs.proposals is not None and table.index.name == "proposal_id" and "name" in inputs.proposals:
        table = table.assign(name=inputs.proposals["name"].reindex(table.index))
    return table


def _all_repairs(inputs: Inputs) -> pd.DataFrame | None:
    """Return what was mended, assumed or set aside in every input, to show to whoever owns the data."""
    tables = [getattr(inputs, field.name) for field in dataclasses.fields(inputs)]
    found = [repairs(table) for table in tables if isinstance(table, pd.DataFrame)]
    listed = [table for table in found if len(table)]
    return pd.concat(listed, ignore_index=True).rename_axis("number") if listed else None


def _provenance(study: Study) -> dict[str, Any]:
    """Versions, hashes of the inputs and choices: what it takes to repeat the study."""
    return {
        "versions": library_versions(),
        "inputs": {
            name: {file.name: file_sha256(file) for file in files} for name, files in study.inputs.items()
        },
        "definition": dataclasses.asdict(study.choices.definition),
        "evidence": list(study.choices.evidence),
        "unit_costs": study.unit_costs.table().reset_index().to_dict("records"),
        "idr_per_usd": study.unit_costs.idr_per_usd,
        "estimate": study.unit_costs.estimate,
    }
