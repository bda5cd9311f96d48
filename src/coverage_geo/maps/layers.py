"""Tables of a study as the layers a map draws: symbols, words and packed coordinates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import pandas as pd

from coverage_geo.coverage import Level
from coverage_geo.fibre.parts import ACTIVE_NODE, ON_POLES, route_parts
from coverage_geo.maps.packing import Packed, in_drawing_order, pack, simplify_areas
from coverage_geo.radio.link_budget import RSRP_CLASSES
from coverage_geo.tables import PROPOSALS, SETTLEMENTS, TOWER_STATUSES, TOWERS, VILLAGES, VOLTAGES, is_placed
from coverage_geo.words import (
    CONFLICT_COLOUR,
    GATEWAY_COLOUR,
    LEVEL_COLOURS,
    NEW_GROUND_COLOUR,
    POLE_COLOURS,
    POWER_COLOUR,
    PROPOSAL_COLOUR,
    REPAIR_COLOURS,
    RESIDUAL_COLOURS,
    ROUTE_COLOUR,
    STATE_COLOURS,
    TOWER_COLOURS,
    WORDS,
    label,
    number_text,
    value_text,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from coverage_geo.maps.relief import Picture
    from coverage_geo.words import Language

# Told by the heading, the symbol or other columns.
UNSAID = frozenset({"name", "geometry", "conflict", "unplaced", "reason"})
STATE_OPACITY = {"blank": 0.55, "served": 0.36, "unknown": 0.55}
NEAR_DB, FAR_DB = 5, 15  # the model's usual error is 8 to 12 dB


NAMES_LISTED = 8


class Style(TypedDict, total=False):
    """How one class looks, on the map and in the legend."""

    symbol: str
    fill: str
    stroke: str
    opacity: float
    size: float
    dash: str
    hatch: bool


CABLE_STYLES: dict[str, Style] = {
    "trunk": {"symbol": "line", "stroke": ROUTE_COLOUR, "size": 5.0},
    "branch": {"symbol": "line", "stroke": ROUTE_COLOUR, "size": 2.6},
    "drop": {"symbol": "line", "stroke": ROUTE_COLOUR, "size": 1.6, "dash": "2 4"},
    "new poles": {"symbol": "line", "stroke": NEW_GROUND_COLOUR, "size": 3.4, "dash": "8 5"},
    "along road": {"symbol": "line", "stroke": NEW_GROUND_COLOUR, "size": 3.0, "dash": "2 6"},
    ACTIVE_NODE: {"symbol": "bolt", "fill": POWER_COLOUR, "stroke": "#1a1a1a", "size": 10},
}


class LegendClass(TypedDict):
    """One line of the legend."""

    label: str
    count: str
    style: Style


class Part(TypedDict, total=False):
    """Features of one geometry kind; ``of`` says the class of each, or of all when there are no names."""

    kind: str
    of: list[int]
    names: list[str]
    values: list[list[str | None]]
    geometry: Packed
    anchors: Packed
    picture: Picture


class Layer(TypedDict):
    """What the reader can show and hide as one."""

    id: str
    name: str
    noun: str
    shown: bool
    classes: list[LegendClass]
    labels: list[str]
    parts: list[Part]


class Note(TypedDict):
    """Something that could not be drawn: a sentence, and what it speaks of."""

    text: str
    items: list[str]


class Drawer:
    """Makes layers in one language.

    Parameters
    ----------
    language
        "id" or "en".
    """

    def __init__(self, language: Language) -> None:
        self.language = language

    def villages(self, table: gpd.GeoDataFrame, columns: Sequence[str]) -> list[Layer]:
        """Village polygons by state, and their borders alone.

        Parameters
        ----------
        table
            Villages with a complete column ``state``.
        columns
            What a click shows.

        Returns
        -------
        list of Layer
            The coloured areas, and the borders alone.
        """
        styles: dict[str, Style] = {
            state: {
                "symbol": "area",
                "fill": colour,
                "stroke": "#3d3d3d",
                "opacity": STATE_OPACITY[state],
                "hatch": state == "unknown",
            }
            for state, colour in STATE_COLOURS.items()
        }
        table = table.sort_index()  # the order decides where a simplified ring starts
        simple = table.set_geometry(simplify_areas(table.geometry))
        areas = self._layer(
            "villages", "village", styles, table["state"], "state", columns=columns, table=simple
        )
        return [areas, self._empty("borders", "village")]

    def names(self) -> list[Layer]:
        """Names of the villages."""
        return [self._empty("names", "village")]

    def hamlets(self, table: gpd.GeoDataFrame, columns: Sequence[str]) -> list[Layer]:
        """Hamlets by state, as small circles."""
        styles: dict[str, Style] = {
            state: {
                "symbol": "circle",
                "fill": colour,
                "stroke": "#ffffff",
                "size": 5.5 if state == "blank" else 4,
            }
            for state, colour in STATE_COLOURS.items()
        }
        return [
            self._layer("hamlets", "hamlet", styles, table["state"], "state", columns=columns, table=table)
        ]

    def towers(self, table: gpd.GeoDataFrame) -> list[Layer]:
        """Towers by status: filled, hollow, or upside down when in trouble."""
        styles: dict[str, Style] = {
            status: {
                "symbol": "triangle-down" if status == "faulty" else "triangle",
                "fill": TOWER_COLOURS[status],
                "stroke": "#ffffff" if status == "on air" else "#1a1a1a",
                "size": 7,
            }
            for status in TOWER_STATUSES
        }
        status = column_of(table, "status").fillna("on air")
        columns = known_columns(table, TOWERS.columns)
        return [self._layer("towers", "tower", styles, status, "status", columns=columns, table=table)]

    def gateways(self, table: gpd.GeoDataFrame) -> list[Layer]:
        """Gateways, as squares."""
        style: Style = {"symbol": "square", "fill": GATEWAY_COLOUR, "stroke": "#ffffff", "size": 6.5}
        return [self._plain("gateways", "gateway", style, table, ("operator", "kind"))]

    def routes(self, table: gpd.GeoDataFrame) -> list[Layer]:
        """Cable by what it is and the ground it runs on: trunk, branch, drop, new poles, active nodes."""
        parts = route_parts(table)
        of = parts["ground"].where(parts["ground"].notna() & (parts["ground"] != ON_POLES), parts["kind"])
        styles = {kind: style for kind, style in CABLE_STYLES.items() if (of == kind).any()}
        told = self._told_of_cable(parts, table)
        columns = ["serves", "stretch_m", *result_columns(table)]
        layer = self._layer("routes", "", styles, of, "cable", columns=columns, table=told)
        for one, kind in zip(layer["classes"], styles, strict=True):
            if kind != ACTIVE_NODE:
                kilometres = math.fsum(parts["length_m"][of == kind]) / 1_000
                text = number_text(kilometres, self.language, decimals=int(kilometres < 100))
                one["count"] = word("map.kilometres", self.language).format(length=text)
        return [layer]

    def _told_of_cable(self, parts: gpd.GeoDataFrame, routes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Parts with what a click tells: of cable to one place its route, of shared cable whom it serves."""
        names = pd.Series(names_of(routes), index=routes.index)
        users = parts["routes"].str.split("; ")
        alone = users.str[0].where(users.map(len) == 1)
        own = routes[result_columns(routes)].reindex(alone).set_axis(parts.index)
        shared = parts["places"] > 1
        many = [word("map.shared_cable", self.language).format(count=one) for one in parts["places"]]
        alike = names.reindex(users.str[0]).set_axis(parts.index)
        served = users.map(lambda ids: self._listed(sorted(set(names[ids]))))
        return (
            parts[["geometry"]]
            .join(own)
            .assign(
                name=alike.mask(shared, pd.Series(many, index=parts.index)),
                serves=served.where(shared),
                stretch_m=parts["length_m"].where(parts["length_m"] > 0),
            )
        )

    @staticmethod
    def _listed(names: list[str]) -> str:
        more = f" + {len(names) - NAMES_LISTED}" if len(names) > NAMES_LISTED else ""
        return ", ".join(names[:NAMES_LISTED]) + more

    def proposals(self, table: gpd.GeoDataFrame) -> list[Layer]:
        """Proposals by kind: diamonds, rings and dashed lines."""
        styles: dict[str, Style] = {
            "tower": {"symbol": "diamond", "fill": PROPOSAL_COLOUR, "stroke": "#ffffff", "size": 8},
            "route": {"symbol": "line", "stroke": PROPOSAL_COLOUR, "size": 3.2, "dash": "9 6"},
            "repair": {"symbol": "ring", "fill": PROPOSAL_COLOUR, "stroke": PROPOSAL_COLOUR, "size": 11},
        }
        columns = known_columns(table, PROPOSALS.columns)
        return [
            self._layer("proposals", "proposal", styles, table["kind"], "kind", columns=columns, table=table)
        ]

    def conflicts(self, table: gpd.GeoDataFrame, columns: Sequence[str]) -> list[Layer]:
        """Places whose sources disagree."""
        style: Style = {"symbol": "diamond", "fill": CONFLICT_COLOUR, "stroke": "#1a1a1a", "size": 7}
        layer = self._plain("conflicts", "conflict", style, table, columns)
        layer["classes"][0]["label"] = word("map.check_in_field", self.language)
        layer["shown"] = False
        return [layer]

    def poles(self, table: gpd.GeoDataFrame) -> list[Layer]:
        """Poles and pole lines by voltage, packed: they can be millions."""
        voltage = column_of(table, "voltage").fillna("unknown")
        layer = self._empty("poles", "pole")
        for kind in (*VOLTAGES, "unknown"):
            own = table.geometry[voltage == kind]
            if not len(own):
                continue
            points = own.geom_type == "Point"
            style: Style = {
                "symbol": "pole line",
                "stroke": POLE_COLOURS[kind],
                "size": 1.8 if kind == "JTM" else 1.2,
            }
            self._add_quiet(layer, word(f"voltage.{kind}", self.language), style, own[~points], own[points])
            layer["classes"][-1]["count"] = self._extent(own[~points], own[points])
        return [layer]

    def repairs(self, table: gpd.GeoDataFrame) -> list[Layer]:
        """What was mended in the pole data, by kind, as points or lines."""
        layer = self._empty("repairs", "repair")
        layer["shown"] = False
        placed = table[drawn(table)]
        for number, (kind, own) in enumerate(placed.geometry.groupby(placed["what"], sort=True)):
            points = own.geom_type == "Point"
            style: Style = {
                "symbol": "dots",
                "stroke": REPAIR_COLOURS[number % len(REPAIR_COLOURS)],
                "size": 3.0,
            }
            text = value_text(str(kind), "what", self.language) or ""
            self._add_quiet(layer, text, style, own[~points], own[points])
        return [layer]

    def signal(self, table: gpd.GeoDataFrame) -> list[Layer]:
        """Demand points by signal level, packed."""
        of = _named_levels(table["level"])
        return [self._quiet_classes("signal", table.geometry, of, "level", LEVEL_COLOURS)]

    def measurements(self, table: gpd.GeoDataFrame) -> list[Layer]:
        """Measured points by signal level, packed."""
        of = _named_levels(pd.Series(RSRP_CLASSES.levels(table["rsrp_dbm"].to_numpy(float)), table.index))
        return [self._quiet_classes("measurements", table.geometry, of, "level", LEVEL_COLOURS)]

    def residuals(self, table: gpd.GeoDataFrame) -> list[Layer]:
        """Measured points by how far the model is off there, packed."""
        limits = [-FAR_DB, -NEAR_DB, NEAR_DB, FAR_DB]
        kinds = np.array([*RESIDUAL_COLOURS])[np.searchsorted(limits, table["residual_db"])]
        of = pd.Series(kinds, index=table.index)
        layer = self._quiet_classes("residuals", table.geometry, of, "residual", RESIDUAL_COLOURS)
        middle = len(RESIDUAL_COLOURS) // 2
        layer["parts"].sort(key=lambda part: abs(part["of"][0] - middle))  # what is far off lies on top
        return [layer]

    def _quiet_classes(
        self, name: str, places: gpd.GeoSeries, of: pd.Series, prefix: str, colours: Mapping[str, str]
    ) -> Layer:
        """Layer of points by class, too many to point at, hidden at first."""
        layer = self._empty(name, name)
        layer["shown"] = False
        for kind, colour in colours.items():
            own = places[of == kind]
            style: Style = {"symbol": "dots", "stroke": colour, "size": 4.0}
            text = word(f"{prefix}.{kind}", self.language).format(near=NEAR_DB, far=FAR_DB)
            self._add_quiet(layer, text, style, own[:0], own)
        return layer

    def signal_picture(self, picture: Picture) -> list[Layer]:
        """Signal levels computed everywhere, as a picture."""
        layer = self._empty("signal", "signal")
        layer["shown"] = False
        for name, colour in LEVEL_COLOURS.items():
            style: Style = {"symbol": "area", "fill": colour, "stroke": colour, "opacity": 0.7}
            layer["classes"].append(
                {"label": word(f"level.{name}", self.language), "count": "", "style": style}
            )
        layer["parts"].append({"kind": "picture", "picture": picture})
        return [layer]

    def relief(self, picture: Picture) -> list[Layer]:
        """The terrain, shaded."""
        layer = self._empty("terrain", "terrain")
        layer["parts"].append({"kind": "picture", "picture": picture})
        return [layer]

    def _extent(self, lines: gpd.GeoSeries, points: gpd.GeoSeries) -> str:
        """How many poles, how many kilometres of line."""
        said = []
        if len(points):
            said.append(word("map.poles_counted", self.language).format(count=self._number(len(points))))
        if len(lines):
            kilometres = math.fsum(lines.length) / 1_000
            said.append(word("map.kilometres", self.language).format(length=self._number(kilometres)))
        return ", ".join(said)

    def _number(self, value: float) -> str:
        return number_text(value, self.language)

    def _empty(self, name: str, noun: str) -> Layer:
        noun = word(key, self.language) if (key := f"map.{noun}") in WORDS else ""
        return {
            "id": name,
            "name": word(f"map.{name}", self.language),
            "noun": noun,
            "shown": True,
            "classes": [],
            "labels": [],
            "parts": [],
        }

    def _plain(
        self, name: str, noun: str, style: Style, table: gpd.GeoDataFrame, columns: Sequence[str]
    ) -> Layer:
        """Layer of one class."""
        members = pd.Series(name, index=table.index)
        layer = self._layer(name, noun, {name: style}, members, None, columns=columns, table=table)
        layer["classes"][0]["label"] = layer["name"]
        return layer

    def _layer(
        self,
        name: str,
        noun: str,
        styles: Mapping[str, Style],
        members: pd.Series,
        prefix: str | None,
        *,
        columns: Sequence[str],
        table: gpd.GeoDataFrame,
    ) -> Layer:
        """Layer of features a reader can point at, in the order of their ids."""
        layer = self._empty(name, noun)
        counts = members.value_counts()
        for kind, style in styles.items():
            text = word(f"{prefix}.{kind}", self.language) if prefix else ""
            count = self._number(counts.get(kind, 0))
            layer["classes"].append({"label": text, "count": count, "style": style})
        told = [column for column in columns if column in table.columns and table[column].notna().any()]
        layer["labels"] = [label(column, self.language) for column in told]
        number = {kind: position for position, kind in enumerate(styles)}
        placed = table[drawn(table)].sort_index()
        shapes = {"Point": "points", "LineString": "lines", "Polygon": "areas"}
        shape = placed.geom_type.str.removeprefix("Multi").map(shapes)
        for kind, own in placed.groupby(shape, sort=True):
            part: Part = {
                "kind": str(kind),
                "of": [number[member] for member in members.reindex(own.index)],
                "names": names_of(own),
                "values": self._values(own, told),
                "geometry": pack(own.geometry),
            }
            if kind == "areas":  # where a popup and a name belong, also in a crescent or among islands
                part["anchors"] = pack(own.geometry.representative_point())
            layer["parts"].append(part)
        return layer

    def _values(self, table: pd.DataFrame, columns: Sequence[str]) -> list[list[str | None]]:
        told = [
            [value_text(value, column, self.language) for value in table[column].tolist()]
            for column in columns
        ]
        return [list(row) for row in zip(*told, strict=True)] if told else [[] for _ in range(len(table))]

    def _add_quiet(
        self, layer: Layer, text: str, style: Style, lines: gpd.GeoSeries, points: gpd.GeoSeries
    ) -> None:
        """Add a class whose features are too many to point at."""
        count = self._number(len(lines) + len(points))
        layer["classes"].append({"label": text, "count": count, "style": style})
        of = [len(layer["classes"]) - 1]
        for kind, own in (("strings", lines), ("dots", points)):
            if len(own):
                layer["parts"].append({"kind": kind, "of": of, "geometry": pack(in_drawing_order(own))})


def _named_levels(levels: pd.Series) -> pd.Series:
    return levels.map({int(level): level.name.lower() for level in Level})


def drawn(table: gpd.GeoDataFrame) -> pd.Series:
    """Whether each row has a place on the map."""
    nowhere = ~is_placed(table)
    return ~nowhere


def column_of(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column, or missing values when the table lacks it."""
    return table[name] if name in table.columns else pd.Series(None, index=table.index, dtype=object)


def names_of(table: pd.DataFrame) -> list[str]:
    """Return the name of each row, its id where it has none."""
    names = column_of(table, "name")
    return [str(name) if isinstance(name, str) and name else str(row) for row, name in names.items()]


def known_columns(table: pd.DataFrame, columns: Sequence[object]) -> list[str]:
    """Columns of a table read from a file that mean something, without the name."""
    known = [str(getattr(column, "name", "")) for column in columns]
    return [name for name in known if name in table.columns and name not in UNSAID]


def result_columns(table: pd.DataFrame) -> list[str]:
    """Columns of a result that hold one word or number a row."""
    return [
        str(name)
        for name in table.columns
        if name not in UNSAID
        and not str(name).endswith("_id")
        and table[name].map(pd.api.types.is_scalar).all()
    ]


VILLAGE_COLUMNS = VILLAGES.columns
HAMLET_COLUMNS = SETTLEMENTS.columns
