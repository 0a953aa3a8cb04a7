"""Counts that name what they count: "1 person", "616 enrollments"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from integration_tui.domain.roster import Collection

_NOUNS: Final[Mapping[Collection, tuple[str, str]]] = {
    Collection.ORGS: ("organization", "organizations"),
    Collection.ACADEMIC_SESSIONS: ("academic session", "academic sessions"),
    Collection.COURSES: ("course", "courses"),
    Collection.CLASSES: ("class", "classes"),
    Collection.USERS: ("person", "people"),
    Collection.ENROLLMENTS: ("enrollment", "enrollments"),
    Collection.DEMOGRAPHICS: ("demographics record", "demographics records"),
}


def counted(count: int, noun: str, nouns: str = "") -> str:
    """Return a count with its noun; `nouns` is the plural where it is not just an s more."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def noun_of(count: int, collection: Collection) -> str:
    """Return what so many records of a collection are called."""
    noun, nouns = _NOUNS[collection]
    return noun if count == 1 else nouns


def count_of(count: int, collection: Collection) -> str:
    """Return how many records of a collection there are, in words."""
    return f"{count:,} {noun_of(count, collection)}"


def listed(parts: Sequence[str]) -> str:
    """Return parts as they are listed in a sentence: "a, b and c"."""
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def listed_counts(counts: Mapping[Collection, int]) -> str:
    """Return what there is of several collections, in words; what there is none of is left out."""
    return listed([count_of(count, collection) for collection, count in counts.items() if count])
