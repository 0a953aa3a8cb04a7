"""People's names in several scripts, with the accents and apostrophes that break programs."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

_NAMES_EACH: Final = 40
_LOCALES: Final = (
    ("en", 30),
    ("es-mx", 12),
    ("fr", 4),
    ("de", 3),
    ("pl", 3),
    ("tr", 2),
    ("uk", 2),
    ("el", 1),
    ("zh", 2),
    ("ja", 1),
    ("ko", 1),
    ("fa", 1),
    ("ar-ae", 1),
)
"""mimesis locales and their weights, which add up to 63 of 64; the last one is `_AWKWARD`."""
_AWKWARD: Final = (
    ("Siobhán", "Nguyễn", "José-María", "D'Andre", "Þórður", "Mary Ann", "X Æ", "Zoë"),
    ("O'Brien", "D'Angelo", "de la Cruz", "Ó Súilleabháin", "Smith-Jones", "Łukasiewicz",
     "van 't Hoff", "Ødegård", "Null", "Nakamura 中村"),
)  # fmt: skip


class Name(msgspec.Struct, frozen=True):
    """A name, and what of it an e-mail address may hold (may be empty)."""

    text: str
    slug: str


class NameTable(msgspec.Struct, frozen=True):
    """Names that go together, one group a language; picking one is a matter of arithmetic."""

    groups: tuple[tuple[tuple[Name, ...], tuple[Name, ...]], ...]

    def pick(self, number: int, *, given: int = 0, family: int = 0) -> tuple[Name, Name]:
        """Return the given and family name of a person with this number (64 random bits).

        `given` and `family` count how often that part was changed.
        """
        givens, families = self.groups[number & 63]
        return (
            givens[((number >> 6) + given * 7) % len(givens)],
            families[((number >> 26) + family * 7) % len(families)],
        )


@lru_cache(maxsize=8)
def names_of(seed: int) -> NameTable:
    """Return the table of a seed. Takes about 0.2 s the first time: call it in a thread."""
    groups: list[tuple[tuple[Name, ...], tuple[Name, ...]]] = []
    for locale, weight in _LOCALES:
        groups += [_generated(locale, seed)] * weight
    groups.append((_sluggish(_AWKWARD[0]), _sluggish(_AWKWARD[1])))
    return NameTable(tuple(groups))


def _generated(locale: str, seed: int) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
    from mimesis import Person
    from mimesis.locales import Locale

    person = Person(Locale(locale), seed=seed)
    return (
        _sluggish([person.first_name() for _ in range(_NAMES_EACH)]),
        _sluggish([person.last_name() for _ in range(_NAMES_EACH)]),
    )


def _sluggish(names: list[str] | tuple[str, ...]) -> tuple[Name, ...]:
    return tuple(Name(text, _slug(text)) for text in names)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(
        character for character in plain if character.isascii() and character.isalpha()
    ).lower()
