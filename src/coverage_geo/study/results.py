"""Everything a study found, and the files it is handed over in."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from coverage_geo.fibre.quantities import bill_of_quantities
from coverage_geo.provenance import file_sha256, library_versions
from coverage_geo.report import write_field_check, write_place_list, write_places, write_summary
from coverage_geo.tables import repairs
from coverage_geo.words import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage_geo.coverage import Coverage
    from coverage_geo.fibre.pole_graph import PoleGraph
    from coverage_geo.fibre.trees import SharedNetwork
    from coverage_geo.maps import GapMap
    from coverage_geo.radio.calibration import Calibration
    from coverage_geo.study.inputs import Inputs
    from coverage_geo.study.settings import Study
    from coverage_geo.summary import Summary


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
    calibration : Calibration or None
        What the measurements taught about the model; None where the study does not ask.
    blanks : geopandas.GeoDataFrame
        States of the villages.
    hamlets : geopandas.GeoDataFrame or None
        States of the hamlets; None without settlements.
    graph : PoleGraph or None
        The mended pole network.
    network : SharedNetwork or None
        One cable network along the poles for all blank places, with its gap.
    routes : geopandas.GeoDataFrame or None
        The network's cable to each blank place, or the reason why there is none.
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
    calibration: Calibration | None
    blanks: gpd.GeoDataFrame
    hamlets: gpd.GeoDataFrame | None
    graph: PoleGraph | None
    network: SharedNetwork | None
    routes: gpd.GeoDataFrame | None
    evaluation: pd.DataFrame
    partners: pd.DataFrame
    by_kind: pd.DataFrame
    summary: Summary
    map: GapMap
    files: tuple[Path, ...] = ()


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
    >>> import tempfile, warnings
    >>> warnings.simplefilter("ignore")  # one reported name is misspelt, and mended
    >>> from coverage_geo.fictional import make_district, write_district
    >>> from coverage_geo.study.run import run_study
    >>> folder = Path(tempfile.mkdtemp())
    >>> made = write_district(make_district(village_count=4, width_km=8, seed=1), folder)
    >>> files = {"villages": "villages.gpkg", "reported_status": "reported_status.csv"}
    >>> lines = ["[inputs]", *(f'{name} = "{file}"' for name, file in files.items())]
    >>> _ = (folder / "study.toml").write_text(chr(10).join([*lines, "[choices]", 'evidence = "reported"']))
    >>> written = write_results(run_study(folder / "study.toml"), folder / "again")
    >>> (folder / "again" / "villages.csv") in written
    True
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
        "residuals": None if result.calibration is None else result.calibration.residuals,
    }
    lists = {
        "villages": blanks,
        "hamlets": hamlets,
        "routes": result.routes,
        "proposals": result.evaluation if inputs.proposals is not None else None,
        "partners": result.partners if len(result.partners) > 1 else None,
        "bill": _bill(result),
        "repairs": _all_repairs(inputs),
        "calibration": None if result.calibration is None else result.calibration.by_class,
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


def _bill(result: StudyResult) -> pd.DataFrame | None:
    """What the cable needs and costs, in total and shared out among villages."""
    if result.routes is None or result.routes["reason"].notna().all():
        return None
    villages = result.inputs.villages["name"]
    own = pd.Series(villages.index, index=villages.index)
    hamlets = result.inputs.settlements
    if hamlets is not None and "village_id" in hamlets:
        own = pd.concat([own, hamlets["village_id"]])
    village = result.routes["target_id"].map(own)
    groups = (village + " " + village.map(villages)).fillna(result.routes["target_id"])
    return bill_of_quantities(
        result.routes, unit_costs=result.study.unit_costs, groups=groups, graph=result.graph
    )


def _all_repairs(inputs: Inputs) -> pd.DataFrame | None:
    """Return what was mended, assumed or set aside in every input, to show to whoever owns the data."""
    tables = [getattr(inputs, field.name) for field in dataclasses.fields(inputs)]
    found = [repairs(table) for table in tables if isinstance(table, pd.DataFrame)]
    listed = [table for table in found if len(table)]
    return pd.concat(listed, ignore_index=True).rename_axis("number") if listed else None


def _named_apart(file: Path, files: Sequence[Path]) -> str:
    """Name of a file; its path where another of the files has that name too."""
    return file.as_posix() if [one.name for one in files].count(file.name) > 1 else file.name


def _provenance(study: Study) -> dict[str, Any]:
    """Versions, hashes of the inputs and choices: what it takes to repeat the study."""
    return {
        "versions": library_versions(),
        "inputs": {
            name: {_named_apart(file, files): file_sha256(file) for file in sorted(files)}
            for name, files in study.inputs.items()
        },
        "definition": dataclasses.asdict(study.choices.definition),
        "evidence": list(study.choices.evidence),
        "unit_costs": study.unit_costs.table().reset_index().to_dict("records"),
        "idr_per_usd": study.unit_costs.idr_per_usd,
        "estimate": study.unit_costs.estimate,
    }
