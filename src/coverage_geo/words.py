"""Every word a reader of maps and reports sees, in Bahasa Indonesia and English."""

from __future__ import annotations

from typing import Literal

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")

# key: (Bahasa Indonesia, English)
WORDS: dict[str, tuple[str, str]] = {
    # states of a place
    "state.blank": ("blank spot", "blank spot"),
    "state.served": ("terlayani", "served"),
    "state.unknown": ("belum diketahui", "unknown"),
    # signal levels
    "level.none": ("tidak ada", "none"),
    "level.weak": ("lemah", "weak"),
    "level.usable": ("layak pakai", "usable"),
    "level.strong": ("kuat", "strong"),
}

# Colours that stay apart for colour-blind readers and in print.
STATE_COLOURS = {"blank": "#b2182b", "served": "#2b83ba", "unknown": "#9e9e9e"}
LEVEL_COLOURS = {"none": "#b2182b", "weak": "#f4a582", "usable": "#92c5de", "strong": "#2166ac"}


def word(key: str, language: Language) -> str:
    """Return a word or sentence in the reader's language.

    Parameters
    ----------
    key
        What to say, such as "state.blank".
    language
        "id" or "en".

    Returns
    -------
    str
        The words; they may hold fields for `str.format`.

    Raises
    ------
    KeyError
        When nothing is written under that key.

    Examples
    --------
    >>> word("state.served", "id")
    'terlayani'
    """
    return WORDS[key][LANGUAGES.index(language)]
