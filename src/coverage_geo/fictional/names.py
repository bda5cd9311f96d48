"""Plausible names of villages, hamlets and towns; none is meant to be a real place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

COAST = ("Tanjung", "Teluk", "Pantai", "Muara", "Kuala", "Labuhan", "Ujung", "Pasir")
PLAIN = ("Air", "Sungai", "Kampung", "Rantau", "Simpang", "Parit", "Sumber", "Talang", "Lubuk", "Padang")
HILLS = ("Bukit", "Lembah", "Batu", "Lurah", "Talang", "Koto", "Puncak", "Hulu", "Lubuk", "Ranah")
ROOTS = (
    "Melati", "Serai", "Kemang", "Rusa", "Bintang", "Damar", "Jati", "Kenanga", "Lestari", "Makmur", "Nangka",
    "Pelangi", "Raya", "Seroja", "Tembesu", "Beringin", "Cempaka", "Durian", "Elang", "Gading", "Hijau",
    "Intan", "Jernih", "Keramat", "Ladang", "Merbau", "Nibung", "Pandan", "Rumbia", "Selasih", "Tenang",
    "Ubi", "Waru", "Bakau", "Ciplukan", "Gambir", "Kelapa", "Limau", "Manggis", "Pinang", "Rotan", "Salak",
    "Terap", "Bangau", "Kancil", "Mutiara", "Permai", "Sentosa", "Mulya", "Harapan",
)  # fmt: skip
ADDED = ("", " Baru", " Lama", " Hulu", " Hilir", " Atas", " Bawah", " Timur", " Barat", " Kecil", " Jaya")


def make_names(rng: np.random.Generator, prefixes: list[tuple[str, ...]], taken: set[str]) -> list[str]:
    """Invent names of places, one for each group of first words, no name twice.

    Parameters
    ----------
    rng
        Random numbers.
    prefixes
        The first words that suit each place.
    taken
        Names that must not come up again.

    Returns
    -------
    list of str
        As many names as groups.
    """
    used, names = set(taken), []
    for words in prefixes:
        for attempt in range(10_000):
            root = ROOTS[int(rng.integers(len(ROOTS)))]
            first = words[int(rng.integers(len(words)))]
            added = ADDED[int(rng.integers(len(ADDED)))] if rng.random() < 0.25 + attempt / 50 else ""
            name = f"{first} {root}{added}" + (f" {attempt // 1000 + 1}" if attempt >= 2000 else "")
            if name not in used:
                break
        used.add(name)
        names.append(name)
    return names
