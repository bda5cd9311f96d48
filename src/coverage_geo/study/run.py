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

from coverage_geo import radio
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
from coverage_geo.fibre.trees import SharedNetwork, shared_network
from coverage_geo.maps import gap_map
from coverage_geo.provenance import merged
from coverage_geo.radio.calibration import calibrate
from coverage_geo.radio.reach import radio_coverage
from coverage_geo.radio.signal import best_server, received_power
from coverage_geo.study.inputs import Inputs, read_inputs
from coverage_geo.study.results import StudyResult, write_results
from coverage_geo.study.settings import Study, read_study
from coverage_geo.summary import Summary, summarise
from coverage_geo.tables import is_placed
from coverage_geo.words import word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coverage_geo.demand import PeopleSource
    from coverage_geo.maps import GapMap
    from coverage_geo.provenance import Assumption
    from coverage_geo.radio.calibration import Calibration
    from coverage_geo.radio.path_loss import PathLossModel

log = logging.getLogger(__name__)
Table = TypeVar("Table", bound=pd.DataFrame)
MOBILE = ("2G", "4G")
STEPS = ("reading", "signal", "poles", "proposals", "map", "writing")


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


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """What proposals would change: each, by technology and by partner."""

    evaluation: pd.DataFrame
    by_kind: pd.DataFrame
    partners: pd.DataFrame
    assumptions: tuple[Assumption, ...]

    def places_only(self) -> _Answers:
        """Return the answers without figures of people."""
        return _Answers(
            _places_only(self.evaluation),
            _places_only(self.by_kind),
            _places_only(self.partners),
            self.assumptions,
        )


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
    >>> import tempfile, warnings
    >>> warnings.simplefilter("ignore")  # one reported name is misspelt, and mended
    >>> from coverage_geo.fictional import make_district, write_district
    >>> folder = Path(tempfile.mkdtemp())
    >>> made = write_district(make_district(village_count=4, width_km=8, seed=1), folder)
    >>> files = {"villages": "villages.gpkg", "reported_status": "reported_status.csv"}
    >>> lines = ["[inputs]", *(f'{name} = "{file}"' for name, file in files.items())]
    >>> _ = (folder / "study.toml").write_text(chr(10).join([*lines, "[choices]", 'evidence = "reported"']))
    >>> result = run_study(folder / "study.toml")
    >>> result.summary.villages.total, (folder / "map.html").exists()
    (4, True)
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
        how = _radio(study, inputs)
        existing = None
        if inputs.towers is not None:
            existing = radio_coverage(inputs.towers, demand, sectors=inputs.sectors, **how)
        blanks, hamlets = _states(study, inputs, demand, existing, how)
        _next(bar, "poles", study)
        graph = _graph(inputs)
        routes, network = _cable(study, inputs, graph, blanks, hamlets)
        _next(bar, "proposals", study)
        standing = Coverage.none(demand.index) if existing is None else existing
        drawn = _drawn(study, inputs, graph)
        asked = _asked(study, inputs, demand, standing, drawn, how)
        answers = _answers(
            study, inputs, demand, standing, blanks, hamlets, asked, _by_poles(study, demand, routes)
        )
        _next(bar, "map", study)
        summary = summarise(
            blanks,
            demand,
            answers.by_kind,
            title=study.title,
            definition=study.choices.definition.describe(study.language),
            hamlets=hamlets,
            routes=routes,
            network=network,
            assumptions=answers.assumptions,
            flat=inputs.towers is not None and inputs.terrain is None,
            fictional=study.fictional,
        )
        if not summary.people_known:
            blanks, answers = _places_only(blanks), answers.places_only()
            hamlets = None if hamlets is None else _places_only(hamlets)
        result = StudyResult(
            study=study,
            inputs=inputs,
            demand=demand,
            existing=existing,
            blanks=blanks,
            hamlets=hamlets,
            graph=graph,
            network=network,
            routes=routes,
            evaluation=answers.evaluation,
            partners=answers.partners,
            by_kind=answers.by_kind,
            summary=summary,
            calibration=how["calibration"],
            map=_map(
                study,
                inputs,
                demand,
                standing,
                blanks,
                hamlets,
                graph,
                routes,
                drawn,
                how["calibration"],
                summary,
            ),
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


def _radio(study: Study, inputs: Inputs) -> dict[str, Any]:
    """Return how signal is computed, as arguments of whatever computes it."""
    model: PathLossModel = getattr(radio, study.choices.model)()  # only this one is loaded and compiled
    how = {
        "terrain": inputs.terrain,
        "receiver": study.choices.receiver,
        "model": model,
        "clutter": inputs.clutter,
        "patterns": inputs.patterns,
    }
    return how | {"calibration": _calibrated(study, inputs, how)}


def _calibrated(study: Study, inputs: Inputs, how: dict[str, Any]) -> Calibration | None:
    """Return what the measurements teach about the model, where the study asks for it."""
    if not study.choices.calibrate:
        return None
    if inputs.towers is None or inputs.measured is None:
        what = "calibrate = true needs towers and measurements"
        remedy = "Name both under [inputs], or leave calibrate out."
        refuse(InputError, f"{study.file.name}, [choices]", what, remedy)
    return calibrate(inputs.measured, inputs.towers, sectors=inputs.sectors, classes=inputs.land_cover, **how)


def _graph(inputs: Inputs) -> PoleGraph | None:
    """Return the poles, and the roads where poles are missing, as one network."""
    if inputs.poles is None:
        return None
    return build_pole_graph(
        inputs.poles, villages=inputs.villages, obstacles=inputs.obstacles, roads=inputs.roads
    )


def _states(
    study: Study, inputs: Inputs, demand: gpd.GeoDataFrame, existing: Coverage | None, how: dict[str, Any]
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
    villages = _with_signal(inputs, find(inputs.villages), how)
    return villages, None if hamlets is None else _with_signal(inputs, find(hamlets), how)


def _with_signal(inputs: Inputs, places: gpd.GeoDataFrame, how: dict[str, Any]) -> gpd.GeoDataFrame:
    """Return the places with the strongest signal at their point: why the model judges them so."""
    if inputs.towers is None:
        return places
    placed = places[is_placed(places)]
    points = gpd.GeoDataFrame(
        {"people": placed["people"].fillna(0.0), "village_id": placed.index},
        geometry=placed.geometry,
        crs=places.crs,
    ).rename_axis("demand_id")
    power = received_power(inputs.towers, points, sectors=inputs.sectors, **how)
    strongest = best_server(power, points).rename_axis(places.index.name)
    return places.assign(strongest_signal=strongest["asset_id"], rsrp_dbm=strongest["rsrp_dbm"].round(1))


def _cable(
    study: Study,
    inputs: Inputs,
    graph: PoleGraph | None,
    blanks: gpd.GeoDataFrame,
    hamlets: gpd.GeoDataFrame | None,
) -> tuple[gpd.GeoDataFrame | None, SharedNetwork | None]:
    """Cable along the poles to every blank place they reach: each by its own way, or shared."""
    if graph is None or inputs.gateways is None:
        return None, None
    told = ("name", "office_x_m", "office_y_m", "households", "state", "geometry")
    tables = [inputs.villages.assign(state=blanks["state"]), *([] if hamlets is None else [hamlets])]
    parts = [table[[name for name in told if name in table]] for table in tables]
    together = gpd.GeoDataFrame(pd.concat(parts).rename_axis("target_id"), crs=blanks.crs)
    blank = together[together["state"] == "blank"]
    asked = {"gateways": inputs.gateways, "targets": blank, "max_drop_m": study.choices.max_drop_m}
    asked |= _light(study)
    network = None
    if study.choices.network == "shared":
        known = "households" in blank and blank["households"].notna().all()
        network = shared_network(graph, **asked, homes=blank["households"] if known else None)
    routes = cheapest_routes(graph, **asked) if network is None else network.routes
    return routes.assign(operator=routes["operator"].fillna(study.choices.fibre_operator)), network


def _light(study: Study) -> dict[str, Any]:
    """Return what cable costs and how far light goes in it, as arguments of whatever finds routes."""
    chosen = study.choices
    return {
        "unit_costs": study.unit_costs,
        "optics": chosen.optics,
        "active_nodes": chosen.active_nodes,
    }


def _by_poles(study: Study, demand: gpd.GeoDataFrame, routes: gpd.GeoDataFrame | None) -> _Reach:
    if routes is None:
        return _Reach.of(demand, [])
    cable = fibre_coverage(routes, demand, max_drop_m=study.choices.max_drop_m)
    return _Reach(cable, route_costs(routes))


def _drawn(study: Study, inputs: Inputs, graph: PoleGraph | None) -> gpd.GeoDataFrame | None:
    """Routes that somebody proposes, as drawn lines or lists of poles, evaluated on the poles."""
    if inputs.proposals is None or graph is None or inputs.gateways is None:
        return None
    proposals = _by_partner(inputs.proposals)
    routes = proposals[proposals["kind"] == "route"]
    return None if routes.empty else evaluate_routes(graph, routes, gateways=inputs.gateways, **_light(study))


def _by_partner(proposals: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the proposals with the partner who builds each as its operator, where one is named."""
    own = proposals.get("operator", pd.Series(None, proposals.index, dtype=object))
    partner = proposals.get("partner", own)
    return proposals.assign(operator=partner.where(partner.notna(), own))


def _asked(
    study: Study,
    inputs: Inputs,
    demand: gpd.GeoDataFrame,
    standing: Coverage,
    drawn: gpd.GeoDataFrame | None,
    how: dict[str, Any],
) -> dict[str, _Reach]:
    """What the proposals of each kind reach and cost."""
    nothing = _Reach.of(demand, [])
    asked = {"tower": nothing, "route": nothing, "repair": nothing}
    if inputs.proposals is None:
        return asked
    proposals = _by_partner(inputs.proposals)
    kinds = dict(tuple(proposals.groupby("kind")))
    if "tower" in kinds:
        towers = kinds["tower"].rename_axis("tower_id").drop(columns="tower_id", errors="ignore")
        signal = radio_coverage(towers, demand, proposed=True, **how)
        asked["tower"] = _Reach(signal, tower_costs(towers, unit_costs=study.unit_costs))
    if drawn is not None:
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


def _answers(
    study: Study,
    inputs: Inputs,
    demand: gpd.GeoDataFrame,
    standing: Coverage,
    blanks: gpd.GeoDataFrame,
    hamlets: gpd.GeoDataFrame | None,
    asked: dict[str, _Reach],
    by_poles: _Reach,
) -> _Answers:
    """What each proposal, technology and partner would change, the routes along poles included."""
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
    built = _Reach.of(demand, [asked["tower"], asked["repair"], by_poles])
    return _Answers(
        question(every.coverage, costs=every.costs),
        question(built.coverage, costs=built.costs, by="kind"),
        question(built.coverage, costs=built.costs, by="operator"),
        merged(
            standing.assumptions, built.coverage.assumptions, built.costs.assumptions, every.costs.assumptions
        ),
    )


def _map(
    study: Study,
    inputs: Inputs,
    demand: gpd.GeoDataFrame,
    standing: Coverage,
    blanks: gpd.GeoDataFrame,
    hamlets: gpd.GeoDataFrame | None,
    graph: PoleGraph | None,
    routes: gpd.GeoDataFrame | None,
    drawn: gpd.GeoDataFrame | None,
    calibration: Calibration | None,
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
        proposals=_with_lines(inputs.proposals, drawn),
        signal=signal,
        measurements=None if calibration is not None else inputs.measured,
        residuals=None if calibration is None else calibration.residuals,
        repairs=None if graph is None else graph.repairs,
        terrain=inputs.terrain,
        title=study.title,
        definition=summary.definition,
        sources=[file.name for files in study.inputs.values() for file in files],
        assumptions=summary.assumptions,
        fictional=study.fictional,
        language=study.language,
    )


def _with_lines(
    proposals: gpd.GeoDataFrame | None, drawn: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame | None:
    """Return the proposals, those given as lists of poles with the line along these."""
    if proposals is None or drawn is None:
        return proposals
    lines = drawn.geometry.reindex(proposals.index)
    return proposals.set_geometry(proposals.geometry.where(is_placed(proposals), lines))
