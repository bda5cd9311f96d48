"""Time of `import coverage_geo` against `import geopandas`, each in new processes, side by side."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time


def seconds(statement: str) -> float:
    """Seconds a new Python takes to start and run a statement."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)  # noqa: S603 - our own statement
    return time.perf_counter() - start


def main() -> int:
    """Print both medians and their ratio; fail when it is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--at-most", type=float, default=float("inf"), help="largest ratio allowed")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    names = ("pass", "import geopandas", "import coverage_geo")
    for name in names:
        seconds(name)  # warm the disk cache
    times = {name: [] for name in names}
    for _ in range(chosen.runs):
        for name in names:
            times[name].append(seconds(name))
    median = {name: statistics.median(found) for name, found in times.items()}
    ratio = median["import coverage_geo"] / median["import geopandas"]
    print(json.dumps({"seconds": median, "ratio": ratio}) if chosen.json else f"{median}\nratio {ratio:.2f}")
    return int(ratio > chosen.at_most)


if __name__ == "__main__":
    sys.exit(main())
