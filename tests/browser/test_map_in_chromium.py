"""The saved map, as a browser without a network shows it."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point

from coverage_geo.fibre.parts import CablePart
from coverage_geo.maps import gap_map
from coverage_geo.words import STATE_COLOURS, word

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = {
    "terrain", "villages", "borders", "signal", "poles", "repairs", "routes", "hamlets", "gateways", "towers",
    "proposals", "conflicts", "names",
}  # fmt: skip
HIDDEN = {"signal", "repairs", "conflicts"}
# The newest popup: the one before fades out for a moment.
POPUP = "[...document.querySelectorAll('.leaflet-popup-content')].pop()"
PAYLOADS = (
    "<script>window.ran=1</script>",
    "</script><script>window.ran=1</script>",
    "<img src=x onerror=window.ran=1>",
    "{{7*7}}",
    "{% for i in range(3) %}ran{% endfor %}",
    "{{ cycler.__init__.__globals__.os.system('touch RAN') }}",
    "${window.ran=1}",
    "`+(window.ran=1)+`",
    "'+(window.ran=1)+'",
    '"+(window.ran=1)+"',
    "--><svg onload=window.ran=1>",
    "<!--<script>",
    "]]>&lt;b&gt;&amp;",
    "[[data]] [[policy]]",
    "\u2028window.ran=1\u2029",
    "javascript:window.ran=1",
    "C:\\new\\table \\u003cb\\u003e",
)


@pytest.fixture(scope="module")
def saved(district: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The district's map in a file."""
    path = tmp_path_factory.mktemp("map") / "gaps.html"
    gap_map(**district).save(path)
    return path


@pytest.fixture
def page(tab: Any, saved: Path) -> Any:
    """The district's map in the browser."""
    tab.open(saved)
    return tab


def poisoned(district: dict[str, Any]) -> dict[str, Any]:
    """The district with a payload wherever a text can stand."""
    world = {**district, "title": PAYLOADS[1], "definition": " ".join(PAYLOADS), "sources": PAYLOADS}
    world |= {"assumptions": PAYLOADS}
    for name in ("villages", "hamlets", "towers", "gateways", "routes", "proposals"):
        table = world[name]
        texts = [PAYLOADS[row % len(PAYLOADS)] for row in range(len(table))]
        world[name] = table.assign(name=texts)
    world["towers"] = world["towers"].assign(operator=PAYLOADS[3], owner=PAYLOADS[6])
    world["routes"] = world["routes"].assign(reason=[None, PAYLOADS[5]])
    world["repairs"] = world["repairs"].assign(what=list(PAYLOADS[:2]))
    world["blanks"] = world["blanks"].assign(**{PAYLOADS[3]: PAYLOADS[1], "<b>": PAYLOADS[5]})
    world["villages"] = world["villages"].rename(index=lambda one: one + PAYLOADS[0])
    world["blanks"] = world["blanks"].rename(index=lambda one: one + PAYLOADS[0])
    return world


def test_the_map_asks_for_nothing_and_complains_of_nothing(page: Any, saved: Path) -> None:
    page.run("document.querySelectorAll('#legend input').forEach(box => box.click())")
    page.run("new Promise(done => setTimeout(done, 200))")
    assert [url for url in page.requests if not url.startswith("data:")] == [saved.as_uri()]
    assert page.complaints == []


def test_every_layer_is_there_and_can_be_hidden_and_shown(page: Any) -> None:
    assert set(page.run("Object.keys(gapMap.layers)")) == LAYERS
    shown = "Object.keys(gapMap.layers).filter(name => gapMap.map.hasLayer(gapMap.layers[name]))"
    assert set(page.run(shown)) == LAYERS - HIDDEN
    for name in LAYERS:
        page.run(f"document.getElementById('show-{name}').click()")
    assert set(page.run(shown)) == HIDDEN
    for name in LAYERS:
        page.run(f"document.getElementById('show-{name}').click()")
    assert set(page.run(shown)) == LAYERS - HIDDEN
    assert page.complaints == []


def test_a_layer_that_returns_lies_where_it_lay(page: Any) -> None:
    page.run("document.getElementById('show-villages').click()")
    page.run("document.getElementById('show-villages').click()")
    x, y = page.run(
        "(() => { const tower = gapMap.layers.towers.getLayers()[0];"
        "const at = gapMap.map.latLngToContainerPoint(tower.getLatLng()); return [at.x, at.y] })()"
    )
    page.click(x, y)
    page.wait_for(f"{POPUP}?.querySelector('h2').textContent === 'Menara Bukit'")


def test_unknown_is_never_drawn_as_served(page: Any) -> None:
    looks = page.run(
        "gapMap.layers.villages.getLayers().map(one => [one.about.name, one.about.legendClass.label,"
        "typeof one.options.fillColor === 'string' ? one.options.fillColor : 'hatched'])"
    )
    expected = dict.fromkeys("ADG", STATE_COLOURS["blank"]) | dict.fromkeys("BEH", STATE_COLOURS["served"])
    expected |= dict.fromkeys("CFI", "hatched")
    assert {name.removeprefix("Desa "): look for name, _, look in looks} == expected
    hamlets = page.run("gapMap.layers.hamlets.getLayers().map(one => one.options.fillColor)")
    assert hamlets == [STATE_COLOURS[state] for state in ("blank", "served", "unknown", "unknown")]


def test_what_is_drawn_stands_on_the_canvas(page: Any) -> None:
    colours = page.run(
        "(() => { const canvas = document.querySelector('canvas'), paint = canvas.getContext('2d');"
        "return ['towers', 'gateways'].map(name => { const mark = gapMap.layers[name].getLayers()[0];"
        "const at = mark._point.subtract(mark._renderer._bounds.min).multiplyBy(canvas.width / "
        "parseFloat(canvas.style.width));"
        "return [...paint.getImageData(at.x, at.y, 1, 1).data] }) })()"
    )
    assert colours == [[26, 26, 26, 255], [0, 105, 92, 255]]


def test_the_search_finds_villages_hamlets_and_towers_by_keyboard(page: Any) -> None:
    for typed, name in (("desa f", "Desa F"), ("dusun du", "Dusun Dua"), ("LEMBAH", "Menara Lembah")):
        page.run("document.getElementById('search').value = ''; document.getElementById('search').focus()")
        page.type(typed)
        page.press("Enter")
        page.wait_for(f"{POPUP}?.querySelector('h2').textContent === '{name}'")
    page.run("document.getElementById('search').value = ''; document.getElementById('search').focus()")
    page.type("zzz")
    assert page.run("document.getElementById('found').textContent") == "Tidak ditemukan"
    page.press("Escape")
    assert page.run("document.getElementById('found').hidden")


def test_the_search_shows_a_hidden_layer_before_it_points_into_it(page: Any) -> None:
    page.run("document.getElementById('show-towers').click(); document.getElementById('search').focus()")
    page.type("Menara Kota")
    page.press("Enter")
    assert page.run("gapMap.map.hasLayer(gapMap.layers.towers)")


def test_a_village_tells_its_figures_when_pointed_at(page: Any) -> None:
    x, y = page.run(
        "(() => { const at = gapMap.map.latLngToContainerPoint(gapMap.layers.villages.getLayers()[3]"
        ".getBounds().getCenter()); return [at.x + 20, at.y + 20] })()"
    )
    page.mouse("mouseMoved", x - 1, y)
    page.mouse("mouseMoved", x, y)
    page.wait_for("!!document.querySelector('.tip')")
    assert page.run("document.querySelector('.tip').innerText") == "Desa D\nblank spot"
    page.click(x, y)
    page.wait_for("!!document.querySelector('.about td')")
    rows = page.run("[...document.querySelectorAll('.about tr')].map(row => row.innerText)")
    assert "Penduduk\t1.000" in rows
    assert "Penduduk di blank spot\t600" in rows
    assert "Rute kabel\ttiang terdekat 812 m" in rows


def test_the_legend_says_definition_sources_people_and_what_is_missing(page: Any) -> None:
    text = page.run("document.getElementById('legend').textContent")
    for said in (
        "Kabupaten Contoh",
        "Data fiktif",
        "Tanpa internet sama sekali",
        "Dinas Kominfo 2021",
        "tinggi antena: 42 m",
        "Penduduk di blank spot: 2.210 dari 8.000. Belum diketahui: 2.000.",
        "1 desa tanpa hasil",
        "Desa I",
        "Dusun Hilang",
        "Desa D: tiang terdekat 812 m",
    ):
        assert said in text
    assert page.run("document.documentElement.lang") == "id"
    assert page.run("document.title") == "Kabupaten Contoh"


def test_a_made_up_district_says_so_even_when_the_legend_is_closed(page: Any) -> None:
    visible = "getComputedStyle(document.querySelector('.banner')).display"
    assert page.run(visible) == "none"
    page.run("document.querySelector('#legend .fold').click()")
    assert page.run(visible) == "block"
    assert page.run("document.querySelector('.banner').textContent") == "Data fiktif: bukan tempat nyata"


def test_on_a_phone_the_legend_is_closed_and_nothing_overflows(tab: Any, saved: Path) -> None:
    tab.open(saved, width=390, height=780)
    assert tab.run("document.getElementById('legend-body').hidden")
    assert tab.run("document.documentElement.scrollWidth") <= 390
    tab.run("document.querySelector('#legend .fold').click()")
    box = tab.run("(() => { const b = document.getElementById('legend').getBoundingClientRect();"
                  "return [b.left, b.top, b.right, b.bottom] })()")  # fmt: skip
    assert box[0] >= 0
    assert box[1] >= 50
    assert box[2] <= 390
    assert box[3] <= 780


def test_on_paper_the_map_fits_beside_its_legend_and_comes_back_afterwards(page: Any) -> None:
    place = "(() => { const at = gapMap.map.getCenter(); return [at.lat, at.lng, gapMap.map.getZoom()] })()"
    before = page.run(place)
    page.send("Page.printToPDF", landscape=True, preferCSSPageSize=True)
    assert page.run(place) == pytest.approx(before, abs=1e-6)
    assert page.run("gapMap.map.getSize().x") == 1280
    page.send("Emulation.setEmulatedMedia", media="print")
    page.run("dispatchEvent(new Event('beforeprint'))")
    right = "document.querySelector('.folium-map').getBoundingClientRect().right"
    assert page.run(right) <= 760
    assert page.run("gapMap.map.getBounds().contains(gapMap.layers.villages.getBounds())")
    assert page.complaints == []


def test_text_from_the_data_is_shown_verbatim_and_never_runs(
    tab: Any, district: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    drawn = gap_map(**poisoned(district))
    drawn.save("gaps.html")
    shown_in_notebook = drawn._repr_html_()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gaps.html"], "a template ran"
    tab.open(tmp_path / "gaps.html")
    tab.run("document.querySelectorAll('#legend input').forEach(box => box.checked || box.click())")
    names = tab.run("Object.values(gapMap.layers).flatMap(group => group.getLayers())"
                    ".filter(one => one.about).map(one => one.about.name)")  # fmt: skip
    assert set(PAYLOADS[:9]) <= set(names)
    told = tab.run(
        "Object.values(gapMap.layers).map(group => { const one = group.getLayers().find(one => one.about);"
        "if (!one) return '';"
        "one.fire('click', { latlng: one.anchor }, true);"
        f"return {POPUP}.textContent }})"
    )
    assert any(PAYLOADS[1] in text for text in told)
    assert any(PAYLOADS[3] in text and PAYLOADS[6] in text for text in told)
    legend = tab.run("document.getElementById('legend').textContent")
    assert all(payload in legend for payload in PAYLOADS)
    tab.run("document.getElementById('search').focus()")
    tab.type("<")
    assert PAYLOADS[0] in tab.run("document.getElementById('found').textContent")
    tab.run("new Promise(done => setTimeout(done, 100))")
    assert tab.run("window.ran") is None
    assert tab.run("document.querySelectorAll('script').length") == 4
    assert tab.complaints == []
    assert len([url for url in tab.requests if not url.startswith("data:")]) == 1
    source = html.unescape(re.search(r'srcdoc="([^"]*)"', shown_in_notebook)[1])
    assert source == (tmp_path / "gaps.html").read_text("utf-8")


def test_a_notebook_shows_the_map_in_a_frame(tab: Any, district: dict[str, Any], tmp_path: Path) -> None:
    notebook = tmp_path / "notebook.html"
    drawn = gap_map(**district)
    notebook.write_text(f"<!DOCTYPE html><meta charset=utf-8>{drawn._repr_html_()}", "utf-8")
    tab.load(notebook)
    tab.run("new Promise(done => setTimeout(done, 300))")
    assert tab.complaints == []
    assert {url for url in tab.requests if not url.startswith("data:")} <= {notebook.as_uri(), "about:srcdoc"}


def test_thousands_of_poles_lie_where_they_stand(page: Any) -> None:
    at = page.run(
        "(() => { const quiet = gapMap.layers.poles.getLayers();"
        "const lines = quiet.find(one => one._sizes)._flat, dots = quiet.find(one => !one._sizes)._flat;"
        "const place = (flat, i) => { const scale = 256 * 2 ** gapMap.map.getZoom();"
        "const origin = gapMap.map.getPixelOrigin(); return [flat[i] * scale - origin.x,"
        "flat[i + 1] * scale - origin.y] };"
        "const hamlet = gapMap.layers.hamlets.getLayers()[0]._point;"
        "return [place(lines, 0), [hamlet.x, hamlet.y]] })()"
    )
    assert at[0] == pytest.approx(at[1], abs=1.0)


def test_what_a_folium_user_adds_lies_above_the_rest(
    tab: Any, district: dict[str, Any], tmp_path: Path
) -> None:
    drawn = gap_map(**district)
    folium.CircleMarker([-1.79, 105.02], color="lime").add_to(drawn)
    drawn.save(tmp_path / "gaps.html")
    tab.open(tmp_path / "gaps.html")
    highest = "gapMap.map._renderer._drawLast.layer.options.color"
    assert tab.run(highest) == "lime"
    tab.run("document.getElementById('show-towers').click(); document.getElementById('show-towers').click()")
    assert tab.run(highest) == "lime"
    assert tab.complaints == []


def test_a_map_in_english_speaks_english_only(tab: Any, district: dict[str, Any], tmp_path: Path) -> None:
    gap_map(**{**district, "title": None, "language": "en"}).save(tmp_path / "gaps.html")
    tab.open(tmp_path / "gaps.html")
    text = tab.run("document.body.innerText")
    assert tab.run("document.documentElement.lang") == "en"
    assert "Map of internet blank spots" in text
    for foreign in ("Desa\n", "Menara\n", "Penduduk", "belum", "Sumber"):
        assert foreign not in text


def test_the_data_block_is_data(saved: Path) -> None:
    page = saved.read_text("utf-8")
    block = re.search(r'<script type="application/json" id="map-data">(.*?)</script>', page, re.DOTALL)[1]
    assert "<" not in block
    assert json.loads(block)["title"] == "Kabupaten Contoh"
    assert "Desa A" not in page.replace(block, "")


def test_kinds_of_cable_are_told_apart_on_the_map_and_in_the_legend(
    tab: Any, district: dict[str, Any], tmp_path: Path
) -> None:
    east, west = district["routes"].geometry.iloc[0].coords[-1], district["routes"].geometry.iloc[0].coords[0]
    trunk = LineString([west, (east[0] - 2_000, west[1])])
    branch = LineString([trunk.coords[-1], (east[0], east[1] - 500)])
    gap = LineString([trunk.coords[-1], (east[0], east[1] + 500)])
    road = LineString([gap.coords[-1], (east[0] + 500, east[1] + 700)])
    parts = [
        (CablePart("on poles", trunk), CablePart("active node", Point(trunk.coords[-1])), CablePart("on poles", branch)),
        (CablePart("on poles", trunk), CablePart("new poles", gap), CablePart("along road", road),
         CablePart("drop", LineString([road.coords[-1], (east[0] + 600, east[1] + 700)]))),
    ]  # fmt: skip
    routes = gpd.GeoDataFrame(
        {"name": ["Desa B", "Desa <b>C</b>"], "target_id": ["v-001", "v-002"], "length_m": [4_000.0, 5_000.0], "parts": parts},
        index=pd.Index(["r-1", "r-2"], name="route_id"),
        geometry=[LineString([*trunk.coords, branch.coords[-1]]), LineString([*trunk.coords, *gap.coords[1:], *road.coords[1:]])],
        crs=district["villages"].crs,
    )  # fmt: skip
    for language in ("id", "en"):
        gap_map(**{**district, "routes": routes, "language": language}).save(tmp_path / "cable.html")
        tab.open(tmp_path / "cable.html")
        drawn = tab.run(
            "gapMap.layers.routes.getLayers().map(one => [one.about.legendClass.label, one.about.name,"
            "one.options.dashArray || '', one.options.weight, one.options.symbol || 'line'])"
        )
        looks = {label: tuple(look) for label, _, *look in drawn}
        kinds = ("trunk", "branch", "new poles", "along road", "drop", "active node")
        assert set(looks) == {word(f"cable.{kind}", language) for kind in kinds}
        assert len(set(looks.values())) == len(looks)  # told apart without colour
        names = {label: name for label, name, *_ in drawn}
        assert names[word("cable.trunk", language)] == word("map.shared_cable", language).format(count=2)
        assert names[word("cable.new poles", language)] == "Desa <b>C</b>"
        legend = tab.run("document.getElementById('show-routes').closest('li').innerText")
        assert all(word(f"cable.{kind}", language) in legend for kind in kinds)
        assert ("2.0 km" if language == "en" else "2,0 km") in legend
        tab.run(
            "(() => { const one = gapMap.layers.routes.getLayers().find(one => one.options.weight === 5);"
            "one.fire('click', { latlng: one.anchor }, true) })()"
        )
        assert "Desa <b>C</b>, Desa B" in tab.run(f"{POPUP}.textContent")
        assert tab.complaints == []
