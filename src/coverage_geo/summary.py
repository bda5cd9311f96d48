"""The headline figures of a study: one value that terminal, map and files all show."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from coverage_geo.demand import PeopleAccount, people_account
from coverage_geo.evaluation import TOGETHER
from coverage_geo.fibre.routes import route_costs
from coverage_geo.words import Language, number, number_text, word

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from coverage_geo.fibre.trees import SharedNetwork
    from coverage_geo.provenance import Assumption


@dataclass(frozen=True, slots=True)
class PlaceCounts:
    """How many places of one kind are in each state.

    Attributes
    ----------
    total : int
        All of them, those that could not be located included.
    blank, served, unknown : int
        By state; they add up to the total.
    unplaced : int
        Of the total, those that could not be located.
    routed : int
        Of the blank ones, those that a cable along the poles can reach within the light budget.
    """

    total: int
    blank: int
    served: int
    unknown: int
    unplaced: int
    routed: int


@dataclass(frozen=True, slots=True)
class Reach:
    """What one technology would clear, of what is blank today.

    Attributes
    ----------
    kind : str
        "route", "tower", "repair" or "all together".
    villages : int
        Blank today, served with it.
    hamlets : int or None
        The same; None where hamlets are not known.
    people : float
        Blank today, served with it.
    capital_cost_idr : float
        One-off cost; NaN when unknown.
    """

    kind: str
    villages: int
    hamlets: int | None
    people: float
    capital_cost_idr: float


@dataclass(frozen=True, slots=True)
class Summary:
    """The headline figures, with the definition and the sources they rest on.

    Attributes
    ----------
    title : str
        Name of the study.
    fictional : bool
        Whether any of its data is made up.
    definition, evidence : str
        What counts as blank, and which evidence decided.
    people : PeopleAccount
        Whose people are counted, and where they went.
    people_blank, people_unknown : float
        People without service, and people in places of unknown state.
    villages : PlaceCounts
        States of the villages.
    hamlets : PlaceCounts or None
        States of the hamlets, where they are known.
    reaches : tuple of Reach
        One for each technology, then all together.
    conflicts : int
        Villages and hamlets where kinds of evidence disagree.
    network_cost_idr, routes_alone_idr : float
        What the cable network costs, shared pieces paid once, and what its routes would cost each alone.
    network_gap : float
        Share of that cost which a better network might save at most; NaN when none was looked for.
    network_limit : str
        What makes the network dearer than its bound, such as "light"; empty when nothing does.
    flat : bool
        Whether signal was computed without terrain.
    assumptions : tuple of Assumption
        Everything assumed.
    """

    title: str
    fictional: bool
    definition: str
    evidence: str
    people: PeopleAccount
    people_blank: float
    people_unknown: float
    villages: PlaceCounts
    hamlets: PlaceCounts | None
    reaches: tuple[Reach, ...]
    conflicts: int
    network_cost_idr: float
    routes_alone_idr: float
    network_gap: float
    network_limit: str
    flat: bool
    assumptions: tuple[Assumption, ...]

    @property
    def people_known(self) -> bool:
        """Whether people were counted, and not only places."""
        return self.people.whose != "people.places"

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain values, for JSON; numbers that are not known are null.

        Returns
        -------
        dict
            Keys as the attributes.
        """
        figures: dict[str, Any] = _plain(
            asdict(self) | {"people": self.people._asdict() | {"source": self.people.source}}
        )
        return figures

    def lines(self, language: Language = "id") -> list[str]:
        """Return the short table that a terminal shows.

        Parameters
        ----------
        language
            "id" or "en".

        Returns
        -------
        list of str
            One line each.
        """
        return [
            self.title,
            "",
            *self._states(language),
            *(["", *self._reached(language)] if self.reaches else []),
            "",
            *self.notes(language),
        ]

    def _states(self, language: Language) -> list[str]:
        rows: dict[str, tuple[float, float, float]] = {}
        if self.people_known:
            everybody = self.people.inside + self.people.unplaced
            rows["people"] = (self.people_blank, everybody, self.people_unknown)
        for key, counts in (("villages", self.villages), ("hamlets", self.hamlets)):
            if counts is not None:
                rows[key] = (counts.blank, counts.total, counts.unknown)
        return [
            f"  {word(f'summary.{key}', language):<28}{_share(*figures, language)}"
            for key, figures in rows.items()
        ]

    def _reached(self, language: Language) -> list[str]:
        heads = [word(f"summary.short.{name}", language) for name in ("people", "villages", "hamlets")]
        cost = word("summary.cost", language)
        lines = [
            word("summary.reach", language),
            f"  {'':<28}{''.join(f'{head:>10}' for head in heads)}  {cost:>12}",
        ]
        for reach in self.reaches:
            people = reach.people if self.people_known else None
            figures = "".join(
                f"{number(one, language):>10}" for one in (people, reach.villages, reach.hamlets)
            )
            millions = number(reach.capital_cost_idr / 1e6, language)
            lines.append(f"  {word(f'reach.{reach.kind}', language):<28}{figures}  {millions:>12}")
        return lines

    def notes(self, language: Language = "id") -> list[str]:
        """Return the sentences without which the figures mean nothing.

        Parameters
        ----------
        language
            "id" or "en".

        Returns
        -------
        list of str
            Definition, evidence, denominator and its source, unplaced, conflicts, shared routes, flat ground,
            fictional.
        """
        kinds = ", ".join(word(f"evidence.{kind}", language) for kind in self.evidence.split(", then "))
        shared = {
            "together": number(self.network_cost_idr / 1e6, language),
            "alone": number(self.routes_alone_idr / 1e6, language),
            "gap": ""
            if math.isnan(self.network_gap)
            else number_text(100 * self.network_gap, language, decimals=1),
            "limit": word(f"limit.{self.network_limit}", language) if self.network_limit else "",
        }
        said = {
            "definition": {"definition": self.definition},
            "evidence": {"evidence": kinds},
            "people" if self.people_known else "no_people": {
                "people": number(self.people.inside + self.people.unplaced, language),
                "source": self.people.source_in(language),
                "outside": number(self.people.outside, language),
            },
            "unplaced": {"count": self.hamlets.unplaced} if self.hamlets and self.hamlets.unplaced else None,
            "conflicts": {"count": self.conflicts} if self.conflicts else None,
            "together" if math.isnan(self.network_gap) else "shared": shared
            if self.network_cost_idr
            else None,
            "flat": {} if self.flat else None,
            "fictional": {} if self.fictional else None,
        }
        return [
            word(f"note.{key}", language).format(**fields)
            for key, fields in said.items()
            if fields is not None
        ]


def summarise(
    villages: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    by_kind: pd.DataFrame,
    *,
    title: str,
    definition: str,
    hamlets: gpd.GeoDataFrame | None = None,
    routes: gpd.GeoDataFrame | None = None,
    network: SharedNetwork | None = None,
    assumptions: tuple[Assumption, ...] = (),
    flat: bool = False,
    fictional: bool = False,
) -> Summary:
    """Return the headline figures of a study.

    Parameters
    ----------
    villages
        Villages' states, from `find_blank_spots`.
    demand
        Demand points.
    by_kind
        From ``evaluate(..., by="kind")``.
    title
        Name of the study.
    definition
        The definition in words, in the reader's language.
    hamlets
        Hamlets' states, from `find_blank_spots`.
    routes
        From `cheapest_routes` or `shared_network` to those places.
    network
        The shared network they are part of, if they are.
    assumptions
        Everything assumed.
    flat
        Whether signal was computed without terrain.
    fictional
        Whether any of the data is made up.

    Returns
    -------
    Summary
        The figures.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> places = gpd.GeoDataFrame({"state": ["blank", "served"], "people": [10.0, 20.0], "unplaced": False,
    ...     "people_blank": [8.0, 1.0], "conflict": None}, geometry=[None, None], index=["a", "b"])
    >>> places.attrs["evidence"] = "modelled"
    >>> demand = gpd.GeoDataFrame({"people": [30.0]})
    >>> found = summarise(places, demand, pd.DataFrame(), title="Sukamaju", definition="NO_INTERNET")
    >>> found.people_blank, found.villages.blank, found.villages.total
    (9.0, 1, 2)
    """
    built = None if routes is None else routes[routes["reason"].isna()]
    conflicts = sum(
        int(table["conflict"].notna().sum()) for table in (villages, hamlets) if table is not None
    )
    return Summary(
        title=title,
        fictional=fictional,
        definition=definition,
        evidence=villages.attrs["evidence"],
        people=people_account(demand),
        people_blank=math.fsum(villages["people_blank"].dropna()),
        people_unknown=math.fsum(villages.loc[villages["state"] == "unknown", "people"]),
        villages=_count(villages, routes),
        hamlets=None if hamlets is None else _count(hamlets, routes),
        reaches=tuple(
            _reach(kind, row) for kind, row in by_kind.iterrows() if kind != TOGETHER or len(by_kind) > 2
        ),
        conflicts=conflicts,
        network_cost_idr=0.0 if built is None else route_costs(built).capital_idr(built.index),
        routes_alone_idr=0.0 if built is None else math.fsum(built["capital_cost_idr"]),
        network_gap=math.nan if network is None else network.gap,
        network_limit="" if network is None else network.binding,
        flat=flat,
        assumptions=assumptions,
    )


def _count(places: gpd.GeoDataFrame, routes: gpd.GeoDataFrame | None) -> PlaceCounts:
    states = places["state"].value_counts()
    routed = 0
    if routes is not None:
        routed = int(routes.loc[routes["reason"].isna(), "target_id"].isin(places.index).sum())
    return PlaceCounts(
        total=len(places),
        **{state: int(states.get(state, 0)) for state in ("blank", "served", "unknown")},
        unplaced=int(places["unplaced"].sum()),
        routed=routed,
    )


def _reach(kind: object, row: pd.Series) -> Reach:
    return Reach(
        str(kind),
        int(row["villages_cleared"]),
        int(row["hamlets_cleared"]) if "hamlets_cleared" in row else None,
        float(row["people_gained"]),
        float(row["capital_cost_idr"]),
    )


def _share(blank: float, whole: float, unknown: float, language: Language) -> str:
    """How many of all are blank, and how many are in an unknown state."""
    share = f"{100 * blank / whole:.0f}" if whole else "-"
    text = word("summary.of", language).format(whole=number(whole, language), share=share)
    if unknown:
        text += word("summary.unknown", language).format(unknown=number(unknown, language))
    return f"{number(blank, language):>10}  {text}"


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
