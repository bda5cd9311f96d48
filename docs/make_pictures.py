"""Make the pictures of the docs: each map opened in headless Chromium at 1280 by 800."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
STORIES = {"coast_map": "flat_coast", "mountain_map": "mountain_partners"}
QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--window-size=1280,800", "--virtual-time-budget=6000",
)  # fmt: skip


def screenshot(page: Path, picture: Path) -> None:
    """Save what the page looks like."""
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("chromium is not installed")
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder, "raw.png")
        command = [browser, *QUIET, f"--user-data-dir={folder}", f"--screenshot={raw}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
        Image.open(raw).convert("RGB").save(picture, optimize=True)


def main() -> None:
    """Run the demo and both stories in a temporary folder and picture their maps."""
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        python = sys.executable
        subprocess.run([python, "-m", "coverage_geo.cli", "demo", "--out", str(at / "demo")], check=True)  # noqa: S603
        screenshot(at / "demo" / "map.html", HERE / "demo_map.png")
        for picture, story in STORIES.items():
            script = HERE.parent / "examples" / f"{story}.py"
            subprocess.run([python, str(script)], check=True, cwd=at)  # noqa: S603
            screenshot(at / "coverage_geo_examples" / story / "map.html", HERE / f"{picture}.png")


if __name__ == "__main__":
    main()
