"""A folium map as one file that needs no network and runs nothing that stands in the data."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import escape
from typing import TYPE_CHECKING

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.template import Template

from coverage_geo.errors import InputError, refuse
from coverage_geo.files.writing import write_text
from coverage_geo.maps.vendored import leaflet_script, leaflet_style, own_file
from coverage_geo.words import Language, word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ID = "page"
MAX_ZOOM = 19
UNSAFE = re.compile("[<\u2028\u2029\ud800-\udfff]")
STYLE_BLOCK = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)

# Placeholders are replaced once, from left to right, by one regular expression: no template engine, so text
# that looks like a placeholder or a template stays text.
PAGE = """<!DOCTYPE html>
<html lang="[[language]]">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="[[policy]]">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>[[title]]</title>
<style>[[leaflet_style]]</style>
<style>[[own_style]]</style>
[[header]]
</head>
<body>
[[html]]
<noscript><p class="no-script">[[no_script]]</p></noscript>
<script type="application/json" id="map-data">[[data]]</script>
<script>[[leaflet_script]]</script>
<script>[[folium_script]]</script>
<script>[[own_script]]</script>
</body>
</html>
"""


def json_block(value: object) -> str:
    r"""Return a value as JSON that can stand inside a script element.

    Parameters
    ----------
    value
        Anything `json` can write; NaN is refused.

    Returns
    -------
    str
        Compact JSON without ``<``, U+2028, U+2029 and the halves of characters that broken decoding leaves.

    Examples
    --------
    >>> json_block({"name": "</script>"})
    '{"name":"\\u003c/script>"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _hashes(blocks: list[str]) -> str:
    digests = (hashlib.sha256(block.encode()).digest() for block in blocks)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests)


def _policy(scripts: list[str], styles: list[str]) -> str:
    """Content-Security-Policy that allows these very blocks, pictures inside the page and nothing else."""
    return (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


class OfflineFigure(Figure):
    """A branca figure that renders to one self-contained page.

    Only constants and ids pass through branca's template engine, which compiles its text twice; the data is
    put in afterwards, as JSON.

    Parameters
    ----------
    data
        What the page's script draws; anything JSON can hold.
    language
        "id" or "en".
    """

    def __init__(self, data: Mapping[str, object], language: Language) -> None:
        super().__init__()
        self._id = ID
        self.header = Element()
        self.header._parent = self  # noqa: SLF001 - how branca links its parts
        self.data = data
        self.language = language

    def render(self, **_: object) -> str:
        """Return the page.

        Returns
        -------
        str
            HTML; the same bytes for the same data.

        Raises
        ------
        InputError
            When something added to the map wants to load a file from the network.
        """
        for child in self._children.values():
            child.render()
        self._refuse_links()
        header = self.header.render().strip()
        folium_script = self.script.render().replace("</", "<\\/")
        own_style, own_script = own_file("map.css"), own_file("map.js")
        parts = {
            "language": self.language,
            "policy": _policy(
                [leaflet_script(), folium_script, own_script],
                [leaflet_style(), own_style, *STYLE_BLOCK.findall(header)],
            ),
            "title": word("map.page", self.language),
            "leaflet_style": leaflet_style(),
            "own_style": own_style,
            "header": header,
            "html": self.html.render().strip(),
            "no_script": word("map.no_script", self.language),
            "data": json_block(self.data),
            "leaflet_script": leaflet_script(),
            "folium_script": folium_script,
            "own_script": own_script,
        }
        return re.sub(r"\[\[(\w+)\]\]", lambda found: parts[found[1]], PAGE)

    def _refuse_links(self) -> None:
        for child in self.header._children.values():  # noqa: SLF001 - branca has no public way to its children
            if isinstance(child, (CssLink, JavascriptLink)):
                remedy = "Draw it on a folium.Map of your own: this map works without a network."
                refuse(InputError, "map", f"something added to it wants to load {child.url}", remedy)

    def _repr_html_(self, **_: object) -> str:
        title = escape(word("map.page", self.language))
        return (
            f'<iframe title="{title}" srcdoc="{escape(self.render())}" sandbox="allow-scripts" '
            'style="width:100%;height:600px;border:0" allowfullscreen></iframe>'
        )


class GapMap(folium.Map):
    """A folium map of blank spots that works without a network; made by `gap_map`.

    It is a `folium.Map`, so vector layers can be added to it (`folium.GeoJson`, `folium.PolyLine`,
    `folium.CircleMarker`, `folium.FeatureGroup`, `folium.LayerControl`); they lie above its own. What is
    lost against a plain folium map is what needs the network or jQuery: background tiles stay blank,
    popups and icon markers of folium do not open, and a plug-in that loads its own script is refused when
    the map is rendered. Text in what you add passes folium's template engine, so add nothing whose text
    you do not trust; folium gives it random ids, so the file's bytes differ each time. The text of this
    library's own layers never takes that way.

    Parameters
    ----------
    data
        What the page draws, as `gap_map` packs it.
    language
        "id" or "en".

    Examples
    --------
    >>> bounds = [[-2.1, 105.0], [-1.5, 106.0]]
    >>> page = GapMap({"bounds": bounds, "layers": []}, language="id").get_root().render()
    >>> page.startswith("<!DOCTYPE html>"), "http-equiv" in page
    (True, True)
    """

    _template = Template(
        """
        {% macro html(this, kwargs) %}<div class="folium-map" id="{{ this.get_name() }}"></div>{% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
                center: {{ this.location|tojson }},
                crs: L.CRS.{{ this.crs }},
                ...{{ this.options|tojavascript }}
            });
        {% endmacro %}
        """
    )

    def __init__(self, data: Mapping[str, object], *, language: Language) -> None:
        (south, west), (north, east) = data["bounds"]  # type: ignore[misc]  # gap_map writes two corners
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2],  # type: ignore[has-type]
            tiles=None,
            zoom_control=False,
            prefer_canvas=True,
        )
        self._name, self._id = "GapMap", ID
        self.default_js, self.default_css = [], []  # folium's own come from the network
        # Without tiles nothing else sets it, and Leaflet would zoom for ever.
        self.options |= {"maxZoom": MAX_ZOOM, "zoomSnap": 0.25}
        OfflineFigure(data, language).add_child(self)

    def save(self, path: Path | str) -> None:  # type: ignore[override]
        """Write the map as one HTML file that opens without a network.

        Parameters
        ----------
        path
            Where to write. The file appears whole or not at all.

        Raises
        ------
        InputError
            When something added to the map wants to load a file from the network.
        OSError
            When the file cannot be written.
        """
        write_text(path, self.get_root().render())
