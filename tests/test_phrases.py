"""What results rest on is told in the reader's language."""

from __future__ import annotations

import re

import pytest

import coverage_geo as cg
from coverage_geo.costs import DEFAULT_UNIT_COSTS
from coverage_geo.phrases import PHRASES, assumption_text, phrase
from coverage_geo.provenance import GRADES, Assumption
from coverage_geo.radio.link_budget import RANGE_SOURCES, SOURCES
from coverage_geo.radio.reach import SPREAD_SOURCE
from coverage_geo.radio.second_opinions import CLIMATES
from coverage_geo.radio.sites import WITHOUT_SECTORS

# Names and file formats that are the same in both languages.
NAMES = {
    "Table", "Report", "Annex", "Bullington", "Longley", "Fresnel", "Kebumen", "Indonesia",
    "radio", "format", "fading", "median", "normal", "extended",
}  # fmt: skip


def left_in_english(text: str) -> list[str]:
    """Words of a text that its Indonesian form still has, names aside."""
    said = phrase(text, "id")
    return [one for one in re.findall(r"[A-Za-z]*[a-z]{4,}", text) if one in said and one not in NAMES]


@pytest.mark.parametrize(
    "text",
    [
        *(source for source, _ in SOURCES.values()),
        *(unit_cost.source for unit_cost in DEFAULT_UNIT_COSTS),
        *GRADES,
        *RANGE_SOURCES.values(),
        SPREAD_SOURCE,
        *WITHOUT_SECTORS,
        "error 9.8 dB before, none cross-validated within one block",
        str(cg.HANDSET),
        str(cg.radio.RSRP_CLASSES),
    ],
)
def test_sources_are_told_in_indonesian(text: str) -> None:
    assert not left_in_english(text)


MODELS = [
    cg.ItuP1812(), cg.ItuP1812(zone="sea", clutter_height_m=5), cg.FreeSpace(), *(cg.radio.Itm(climate=climate) for climate in CLIMATES), cg.radio.Bullington526(),
    cg.radio.LineOfSight(), cg.radio.ExtendedHata(), cg.radio.WithEndClutter(cg.radio.Itm(), "forest"),
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_what_each_model_rests_on_is_told_in_indonesian(model: cg.radio.PathLossModel) -> None:
    texts = [text for one in model.assumptions for text in (one.topic, one.value, one.source)]
    assert not [left for text in texts if (left := left_in_english(text))]


def test_fields_of_a_phrase_are_the_same_in_both_languages() -> None:
    assert not [english for english, said in PHRASES.items() if english.count("{}") != said.count("{}")]


def test_a_name_from_a_file_is_never_taken_for_a_field() -> None:
    odd = Assumption("terrain", "{} {0} %s", "{unknown}")
    assert assumption_text(odd, "id") == "Medan: {} {0} %s ({unknown}; perkiraan kami)"


def test_numbers_take_the_marks_of_the_language_and_names_keep_theirs() -> None:
    one = Assumption("path loss", "ITU-R P.1812-8, 1,234.5 m", count=1200)
    assert (
        assumption_text(one, "id") == "Rugi lintasan: ITU-R P.1812-8, 1.234,5 m, untuk 1.200 (perkiraan kami)"
    )
    assert assumption_text(one, "en") == "Path loss: ITU-R P.1812-8, 1,234.5 m, for 1,200 (ours)"
