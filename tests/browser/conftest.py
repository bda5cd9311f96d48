"""A headless Chromium, spoken to over its DevTools protocol."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from websockets.sync.client import connect

from coverage_geo.rasters import Raster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.sync.client import ClientConnection

PATIENCE_S = 20.0
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


class Tab:
    """One page, and what it asked for and complained about."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._session: str | None = None
        self._target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        self._loaded = False
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command; return its result, noting the events that come before it."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("sessionId") != self._session:
            return
        method, params = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Page.loadEventFired":
            self._loaded = True
        elif method in {"Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"}:
            self.complaints.append(json.dumps(params))

    def run(self, script: str) -> Any:
        """Value of a JavaScript expression, waited for when it is a promise."""
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait_for(self, script: str) -> None:
        """Wait until a JavaScript expression is true."""
        until = time.monotonic() + PATIENCE_S
        while not self.run(script):
            assert time.monotonic() < until, f"waited too long for {script}"
            time.sleep(0.02)

    def open(self, path: Path, *, width: int = 1280, height: int = 800) -> None:
        """Open a saved map and wait until it is drawn."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        self.load(path)
        self.wait_for("!!document.documentElement.dataset.drawn")

    def load(self, path: Path) -> None:
        """Open a page and wait until it and its frames are loaded."""
        self._loaded = False
        self.send("Page.navigate", url=path.as_uri())
        while not self._loaded:
            self._note(json.loads(self._socket.recv(timeout=PATIENCE_S)))

    def close(self) -> None:
        """Close the page."""
        self._session = None
        self.send("Target.closeTarget", targetId=self._target)

    def press(self, key: str) -> None:
        """Press and release one key."""
        codes = {"Enter": 13, "ArrowDown": 40, "Tab": 9, "Escape": 27}
        for kind in ("rawKeyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=codes[key])

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.send("Input.insertText", text=text)

    def mouse(self, kind: str, x: float, y: float) -> None:
        """Move, press or release the mouse."""
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def click(self, x: float, y: float) -> None:
        """Click at a place of the window."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y)


@pytest.fixture(scope="session")
def chromium() -> Iterator[ClientConnection]:
    """A running browser; skipped where none is installed, except in CI."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        message = "no chromium to open the map in: install Debian's chromium package"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    # Outside pytest's folders: the path must be short, and Chromium may still write while it ends.
    profile = Path(tempfile.mkdtemp(prefix="chromium-"))
    with subprocess.Popen(
        [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            with connect(_address(profile, process), max_size=None) as socket:
                yield socket
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_S)
            shutil.rmtree(profile, ignore_errors=True)


def _address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    """Where the browser listens: it writes that into its profile once it does."""
    until = time.monotonic() + PATIENCE_S
    written = profile / "DevToolsActivePort"
    while not (written.exists() and written.read_text().count("\n")):
        assert process.poll() is None, "chromium ended at once"
        assert time.monotonic() < until, "chromium did not start"
        time.sleep(0.05)
    port, path = written.read_text().split("\n")[:2]
    return f"ws://127.0.0.1:{port}{path}"


@pytest.fixture
def tab(chromium: ClientConnection) -> Iterator[Tab]:
    """A new page."""
    page = Tab(chromium)
    yield page
    page.close()


CRS = "EPSG:32748"
SIDE_M = 2_000.0


def table(index: str, geometry: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    """Rows with ids made from the index's name."""
    ids = pd.Index([f"{index[0]}-{number:03d}" for number in range(len(geometry))], name=index)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS, index=ids)


@pytest.fixture(scope="session")
def district() -> dict[str, Any]:
    """Nine square villages with everything a map can show, as arguments of `gap_map`."""
    squares = [
        shapely.box(x, y, x + SIDE_M, y + SIDE_M)
        for y in 9_800_000 + SIDE_M * np.arange(3)
        for x in 500_000 + SIDE_M * np.arange(3)
    ]
    middles = shapely.centroid(squares)
    villages = table(
        "village_id", squares, name=[f"Desa {name}" for name in "ABCDEFGHI"], kecamatan=["Timur"] * 9
    )
    state = ["blank", "served", "unknown", "blank", "served", None, "blank", "served"]
    blanks = pd.DataFrame(
        {
            "state": state,
            "people": 1_000.0,
            "people_blank": [700.0, 0, np.nan, 600, 10, np.nan, 900, 0],
            "reported": ["served"] + ["unknown"] * 7,
            "modelled": ["blank"] + ["unknown"] * 7,
            "conflict": ["reported served, modelled blank"] + [None] * 7,
        },
        index=villages.index[:8],
    )
    along = shapely.linestrings([[point.coords[0] for point in middles[:3]]])
    poles = [shapely.Point(x, 9_801_000) for x in np.arange(501_000.0, 505_000, 50)]
    heights = np.add.outer(np.zeros(90), np.linspace(-20, 250, 90))
    return {
        "villages": villages,
        "blanks": blanks,
        "hamlets": table(
            "settlement_id",
            [*middles[:4], None],
            name=["Dusun Satu", "Dusun Dua", "Dusun Tiga", "Dusun Empat", "Dusun Hilang"],
            state=["blank", "served", None, "unknown", "blank"],
        ),
        "towers": table(
            "tower_id",
            list(shapely.transform(middles[4:8], lambda x_y: x_y + 300)),
            name=["Menara Bukit", "Menara Lembah", "Menara Pantai", "Menara Kota"],
            status=["on air", "planned", "faulty", None],
            antenna_height_m=[42.0, 52.0, np.nan, 32.0],
        ),
        "poles": table("pole_id", [*poles, *along], voltage=[None] * len(poles) + ["JTM"]),
        "gateways": table("gateway_id", [middles[8]], name=["POP Kota"]),
        "routes": table(
            "route_id",
            [*along, None],
            name=["Desa C", "Desa D"],
            target_id=["v-002", "v-003"],
            length_m=[4_000.0, np.nan],
            reason=[None, "tiang terdekat 812 m"],
        ),
        "proposals": table(
            "proposal_id",
            [middles[0], shapely.LineString([middles[6], middles[7]]), None],
            kind=["tower", "route", "repair"],
            name=["Menara Baru", "Kabel Utara", "Perbaikan Pantai"],
            tower_id=[None, None, "t-002"],
        ),
        "signal": table("demand_id", list(middles), level=[0, 1, 2, 3, 0, 1, 2, 3, 0]),
        "repairs": table("repair_id", [middles[1], *along], what=["dangle joined", "gap bridged"]),
        "terrain": Raster(heights, 499_000, 9_807_000, 90, 90, CRS, "m", "slope"),
        "title": "Kabupaten Contoh",
        "definition": "Tanpa internet sama sekali",
        "sources": ["Dinas Kominfo 2021"],
        "assumptions": ["tinggi antena: 42 m"],
        "fictional": True,
    }
