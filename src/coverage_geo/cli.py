"""The same jobs from a terminal: demo, run, new, check."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_geo.errors import CoverageGeoError, CoverageGeoWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coverage_geo.study.results import StudyResult

KINDS = (
    "villages", "settlements", "status", "measurements", "declared", "towers", "sectors", "poles", "gateways",
    "proposals", "terrain", "population", "land_cover", "canopy", "clutter_heights", "pattern",
    "roads", "obstacles",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments
        As typed after ``coverage-geo``; those of the process when not given.

    Returns
    -------
    int
        0 when all went well, 1 when a checked file must be corrected, 2 when an input cannot be used.

    Examples
    --------
    >>> main(["run", "no-such-study.toml"])
    2
    """
    chosen = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # an old Windows console cannot write every letter
            stream.reconfigure(errors="replace")
    command: Callable[[argparse.Namespace], int] = chosen.command
    with warnings.catch_warnings():
        warnings.simplefilter("always", CoverageGeoWarning)
        warnings.showwarning = _notes()
        try:
            return command(chosen)
        except CoverageGeoError as error:
            print(f"coverage-geo: {error}", file=sys.stderr)
        except BrokenPipeError:  # the reader, such as `head`, has seen enough
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the last flush
        except OSError as error:
            print(f"coverage-geo: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coverage-geo",
        description="Where people live that no internet reaches, and what would reach them.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="make a fictional district, run it and write its map")
    demo.add_argument("--out", type=Path, default=Path("coverage_geo_demo"), metavar="DIR")
    demo.add_argument("--language", choices=("id", "en"), default="id")
    demo.set_defaults(command=_demo)
    run = commands.add_parser("run", help="run a study from its study.toml")
    run.add_argument("study", type=Path, metavar="study.toml")
    run.add_argument("--out", type=Path, metavar="DIR", help="folder for the results (default: beside it)")
    run.set_defaults(command=_run)
    new = commands.add_parser("new", help="write blank templates of every input")
    new.add_argument("folder", type=Path, metavar="DIR")
    new.set_defaults(command=_new)
    check = commands.add_parser("check", help="only validate a file; say what is mended and refused")
    check.add_argument("file", type=Path, metavar="FILE")
    check.add_argument("--as", dest="kind", choices=KINDS, help="what it is (default: told from its columns)")
    check.add_argument("--villages", type=Path, metavar="FILE", help="check places against these villages")
    check.add_argument("--json", action="store_true", help="print the report as JSON")
    check.set_defaults(command=_check)
    return parser


def _notes() -> Callable[..., None]:
    """Return what shows a warning as a line of its own, each once, above any progress bar."""
    shown: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *_: object) -> None:
        from tqdm import tqdm  # noqa: PLC0415  (--help must be quick)

        name = "note" if issubclass(category, CoverageGeoWarning) else category.__name__
        line = f"{name}: {message}"
        if line not in shown:
            tqdm.write(line, file=sys.stderr)
        shown.add(line)

    return show


def _demo(chosen: argparse.Namespace) -> int:
    from coverage_geo.study.demo import write_demo  # noqa: PLC0415  (--help must be quick)
    from coverage_geo.study.run import run_study  # noqa: PLC0415

    file = write_demo(chosen.out, language=chosen.language)
    _show(run_study(file))
    return 0


def _run(chosen: argparse.Namespace) -> int:
    from coverage_geo.study.run import run_study  # noqa: PLC0415  (--help must be quick)

    _show(run_study(chosen.study, out=chosen.out))
    return 0


def _show(result: StudyResult) -> None:
    print("\n".join(result.summary.lines(result.study.language)))
    print()
    for file in result.files:
        print(file)


def _new(chosen: argparse.Namespace) -> int:
    from coverage_geo.study.demo import write_new_study  # noqa: PLC0415  (--help must be quick)

    written = write_new_study(chosen.folder)
    for file in written:
        print(file)
    if not written:
        print(
            f"coverage-geo: {chosen.folder}: every template is there already; nothing written",
            file=sys.stderr,
        )
    return 0


def _check(chosen: argparse.Namespace) -> int:
    from coverage_geo.files.checking import check_file  # noqa: PLC0415  (--help must be quick)

    villages = None
    if chosen.villages:
        from coverage_geo.files.villages import read_villages  # noqa: PLC0415

        villages = read_villages(chosen.villages)
    if chosen.file.suffix.casefold() == ".toml":
        return _check_study(chosen.file)
    report = check_file(chosen.file, chosen.kind, villages=villages)
    if chosen.json:
        print(json.dumps(report.as_dict(), ensure_ascii=False, indent=2, sort_keys=True))
    else:
        print("\n".join(report.lines()))
    return 1 if report.refused else 0


def _check_study(file: Path) -> int:
    """Say what is wrong with a study.toml and with every input it names, without running it."""
    from coverage_geo.study.inputs import read_inputs  # noqa: PLC0415  (--help must be quick)
    from coverage_geo.study.settings import read_study  # noqa: PLC0415

    study = read_study(file)
    read_inputs(study)
    print(f"{file}: {sum(map(len, study.inputs.values()))} files can be used")
    return 0


if __name__ == "__main__":
    sys.exit(main())
