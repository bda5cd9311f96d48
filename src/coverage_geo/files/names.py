"""Which village or settlement a printed name means: equal names first, then similar ones, with a score."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

THRESHOLD = 85.0  # percent; ours, tried on the lists of two districts
LEAD = 5.0  # percent that the best similar name must be ahead of the second
OFFERED = 3  # candidates listed for a name that was not found
ABBREVIATIONS = {
    "tj": "tanjung",
    "tjg": "tanjung",
    "tg": "tanjung",
    "tanjong": "tanjung",
    "sei": "sungai",
    "sui": "sungai",
    "sei.": "sungai",
    "kp": "kampung",
    "kpg": "kampung",
    "bt": "batu",
    "pd": "padang",
    "lb": "lubuk",
    "lbk": "lubuk",
    "kt": "koto",
    "ma": "muara",
    "ps": "pasar",
    "psr": "pasar",
    "puah": "pauh",
    "labuah": "labuh",
    "tl": "teluk",
    "tlk": "teluk",
    "bkt": "bukit",
    "bk": "bukit",
    "utr": "utara",
    "sel": "selatan",
    "tim": "timur",
    "bar": "barat",
}
PREFIXES = frozenset({"desa", "kelurahan", "kel", "nagari", "kecamatan", "kec"})
_NUMERALS = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
ROMAN = {numeral: str(number) for number, numeral in enumerate(_NUMERALS.split(), 1)}
# Names that differ in one of these are different places, however similar they look.
_TELLING_WORDS = "barat timur utara selatan tengah tangah hulu ulu hilir ilir atas bawah dalam luar baru lama"
TELLING = tuple(_TELLING_WORDS.split())


@lru_cache(maxsize=100_000)
def name_key(name: str) -> str:
    """Return a name in the form in which names are compared.

    Parameters
    ----------
    name
        As printed.

    Returns
    -------
    str
        Lower case, no white space, abbreviations written out, Roman numerals as digits.

    Examples
    --------
    >>> name_key("Simpang Tj. Nan IV"), name_key("Pangkal Beras") == name_key("PANGKALBERAS")
    ('simpangtanjungnan4', True)
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z]+|\d+", re.sub(r"['`]", "", plain.casefold()))
    if len(words) > 1 and words[0] in PREFIXES:
        words = words[1:]
    full = [
        ROMAN.get(word, ABBREVIATIONS.get(word, word)) if place else ABBREVIATIONS.get(word, word)
        for place, word in enumerate(words)
    ]
    joined = "".join(full) or " ".join(name.casefold().split())
    # Spellings inside words that are printed together ("Puahduo").
    return re.sub(r"^puah", "pauh", joined)


def similarity(first: str, second: str) -> float:
    """Similarity of two names in percent, 100 when they are equal but for spelling habits.

    Parameters
    ----------
    first, second
        As printed.

    Returns
    -------
    float
        0 to 100.

    Examples
    --------
    >>> similarity("Puah Duo", "PAUHDUO"), similarity("Tuik", "Limbung") < 50
    (100.0, True)
    """
    from rapidfuzz import fuzz  # noqa: PLC0415 - only lists of names need it

    return float(fuzz.ratio(name_key(first), name_key(second)))


@lru_cache(maxsize=100_000)
def _telling(key: str) -> frozenset[str]:
    numbers = re.findall(r"\d+", key)
    return frozenset([*(word for word in TELLING if word in key[1:]), *numbers])


@dataclass(frozen=True, slots=True)
class NameMatch:
    """What a printed name was found to mean.

    Attributes
    ----------
    found : str or None
        Id of the place; None when no name is near enough, or several are.
    kind : {"name", "similar name", "none"}
        How it was found.
    score : float
        Similarity of the names in percent, 100 when they are equal but for spelling habits.
    candidates : tuple of (str, str, float)
        Id, name and score of the best, the best first.
    """

    found: str | None
    kind: str
    score: float
    candidates: tuple[tuple[str, str, float], ...]

    @property
    def offer(self) -> str:
        """The candidates as one line."""
        return "; ".join(f"{name} ({place}, {score:.0f} %)" for place, name, score in self.candidates)


class NameIndex:
    """Places by name, within their kecamatan where it is known.

    Parameters
    ----------
    places
        Index of ids; column name, and kecamatan where known.
    """

    def __init__(self, places: pd.DataFrame) -> None:
        ids = [str(one) for one in places.index]
        kecamatan = places["kecamatan"] if "kecamatan" in places else pd.Series(None, index=places.index)
        self._groups: dict[str, list[tuple[str, str, str]]] = {}
        self._all: list[tuple[str, str, str]] = []
        for place, name, group in zip(ids, places["name"], kecamatan, strict=True):
            if not isinstance(name, str):
                continue
            entry = (place, name, name_key(name))
            self._all.append(entry)
            if isinstance(group, str):
                self._groups.setdefault(name_key(group), []).append(entry)

    def match(
        self, name: str, kecamatan: str | None = None, *, threshold: float = THRESHOLD, lead: float = LEAD
    ) -> NameMatch:
        """Find the place that a printed name means.

        Parameters
        ----------
        name
            As printed.
        kecamatan
            As printed; several may be named, as in "Kelapa/Jebus".
        threshold
            Least similarity of a name that is not equal.
        lead
            How far the best must be ahead of the second.

        Returns
        -------
        NameMatch
            The place, or the best candidates.
        """
        key = name_key(name)
        entries = self._within(kecamatan)
        equal = [entry for entry in entries if entry[2] == key]
        if len(equal) == 1:
            return NameMatch(equal[0][0], "name", 100.0, ())
        ranked = _ranked(key, entries or self._all)
        best = ranked[0][2] if ranked else 0.0
        second = ranked[1][2] if len(ranked) > 1 else 0.0
        likely = bool(entries) and not equal and best >= threshold and best - second >= lead
        if likely and _telling(key) == _telling(name_key(ranked[0][1])):
            return NameMatch(ranked[0][0], "similar name", best, tuple(ranked[:OFFERED]))
        return NameMatch(None, "none", best, tuple(ranked[:OFFERED]))

    def _within(self, kecamatan: str | None) -> list[tuple[str, str, str]]:
        if kecamatan is None or not self._groups:
            return self._all
        asked = [
            name_key(kecamatan),
            *(name_key(part) for part in re.split(r"[/,;&]| dan ", kecamatan) if part),
        ]
        found = [self._group(one) for one in dict.fromkeys(asked)]
        return list(dict.fromkeys(entry for group in found for entry in group))

    def _group(self, key: str) -> list[tuple[str, str, str]]:
        if key in self._groups:
            return self._groups[key]
        ranked = _ranked(key, [(one, one, one) for one in sorted(self._groups)])
        near = ranked and ranked[0][2] >= THRESHOLD and _telling(key) == _telling(ranked[0][0])
        return self._groups[ranked[0][0]] if near else []


def _ranked(key: str, entries: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, float]]:
    from rapidfuzz import fuzz  # noqa: PLC0415 - only lists without codes need it

    scored = [(place, name, float(fuzz.ratio(key, other))) for place, name, other in entries]
    return sorted(scored, key=lambda one: (-one[2], one[0]))


def match_names(
    names: Sequence[str],
    places: pd.DataFrame,
    *,
    kecamatan: Sequence[str | None] | None = None,
    threshold: float = THRESHOLD,
    lead: float = LEAD,
) -> pd.DataFrame:
    """Which place each printed name means, with a score, and the best candidates where none is certain.

    Names are equal when they differ only in case, spaces, known abbreviations and Roman numerals. Otherwise
    the most similar name counts when it is similar enough, clearly ahead of the second, and agrees in words
    that tell places apart (Timur, Barat, II ...).

    Parameters
    ----------
    names
        As printed, shape (n,).
    places
        Villages or settlements: index of ids, column name, and kecamatan where known.
    kecamatan
        As printed, shape (n,); the search stays within it. Without it all places are searched.
    threshold
        Least similarity of a name that is not equal [percent].
    lead
        How far the best must be ahead of the second [percent].

    Returns
    -------
    pandas.DataFrame
        One row a name: name, place_id (missing when none is certain), match_kind ("name", "similar name" or
        "none"), match_score, candidates.

    Examples
    --------
    >>> ids = pd.Index(["a", "b"], name="village_id")
    >>> villages = pd.DataFrame({"name": ["Pauh Duo Nan Batigo", "Pauh Duo"]}, index=ids)
    >>> found = match_names(["Puah Duo Nanbatigo", "Pau Duo Nan Batiga"], villages)
    >>> found[["place_id", "match_kind", "match_score"]].to_numpy().tolist()
    [['a', 'name', 100.0], ['a', 'similar name', 90.3...]]
    """
    index = NameIndex(places)
    parents = kecamatan if kecamatan is not None else [None] * len(names)
    matches = [
        index.match(name, parent, threshold=threshold, lead=lead)
        for name, parent in zip(names, parents, strict=True)
    ]
    return pd.DataFrame(
        {
            "name": list(names),
            "place_id": [match.found for match in matches],
            "match_kind": [match.kind for match in matches],
            "match_score": [match.score for match in matches],
            "candidates": [match.offer for match in matches],
        }
    )
