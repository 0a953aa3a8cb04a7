"""Finds records by the beginning of what they are called, or of an id of theirs: SQL.

Every part is a span of an index. Indexes tell case apart, so the usual spellings are all asked for.
Joiners and soft hyphens are passed over, in what is sought and in names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from integration_tui.domain.roster import Collection
from integration_tui.domain.text import without_joiners
from integration_tui.store.column_types import storable
from integration_tui.store.connection import Value as Bound
from integration_tui.store.roster.fields import SHAPES
from integration_tui.store.roster.names import NAMES, folded, has_joiners

_C = Collection
_COLUMNS: Final[Mapping[Collection, Mapping[str, str]]] = {
    _C.ORGS: {"name": "name", "identifier": "identifier"},
    _C.ACADEMIC_SESSIONS: {"title": "title"},
    _C.COURSES: {"title": "title"},
    _C.CLASSES: {"title": "title"},
    _C.USERS: {
        "family_name": "family_name",
        "given_name": "family_name",
        "email": "email",
        "username": "username",
        "identifier": "identifier",
    },
    _C.ENROLLMENTS: {},
}
"""What is looked through, and the index that has it; given names stand in that of families."""
_MAPPED: Final = """
SELECT m.internal_id FROM external_system_mappings m
WHERE m.tenant_id = :tenant AND m.collection = '{collection}'
    AND m.integration_id IN (SELECT i.id FROM integrations i WHERE i.tenant_id = :tenant)
    AND m.external_id >= :{low} AND m.external_id < :{high}
"""
_MINE: Final = "s.tenant_id = :tenant AND"
_BEHIND: Final = "\U0010ffff"
"""Sorts behind whatever may follow a beginning."""
_LONGEST_NUMBER: Final = 18


class Search:
    """What somebody looks for. `values` are the parameters of `found`."""

    def __init__(self, sought: str) -> None:
        self.values: dict[str, Bound] = {}
        typed = storable(sought).split()
        words = [word for word in map(without_joiners, typed) if word] or typed
        ways = dict.fromkeys((*spellings(" ".join(words)), " ".join(typed)))
        self._spans = [self._span(way) for way in ways]
        self._pairs = [(self._span(first), self._span(second)) for first, second in _pairs(words)]
        number = "".join(words)
        if number.isdecimal() and number.isascii() and len(number) <= _LONGEST_NUMBER:
            self.values["number"] = int(number)

    def found(self, collection: Collection) -> str:
        """Return a statement for the ids of the records of a collection that are meant."""
        return " UNION ".join(self._parts(collection))

    def _parts(self, collection: Collection) -> Iterator[str]:
        for low, high in self._spans:
            yield _MAPPED.format(collection=collection, low=low, high=high)
            for name, index in _COLUMNS[collection].items():
                yield f"{_by(collection, index)} s.{name} >= :{low} AND s.{name} < :{high}"
        yield from self._joined(collection)
        if "number" in self.values:
            yield f"SELECT s.id FROM {SHAPES[collection].table} s WHERE {_MINE} s.id = :number"  # noqa: S608 - our own names
        if collection is _C.USERS:
            for given, family in self._pairs:
                yield (
                    f"{_by(collection, 'family_name')} s.family_name >= :{family[0]}"
                    f" AND s.family_name < :{family[1]}"
                    f" AND s.given_name >= :{given[0]} AND s.given_name < :{given[1]}"
                )
        if collection is _C.ENROLLMENTS:
            yield f"{_by(collection, 'user_id')} s.user_id IN ({self.found(_C.USERS)})"
            yield f"{_by(collection, 'class_id')} s.class_id IN ({self.found(_C.CLASSES)})"

    def _joined(self, collection: Collection) -> Iterator[str]:
        """Yield statements for the few names with something in them that is passed over."""
        names = NAMES.get(collection, ())
        if not names:
            return
        head = f"{_by(collection, 'joined')} {has_joiners([f's.{name}' for name in names])} AND ("
        for name in names:
            column = folded(f"s.{name}")
            spans = (f"{column} >= :{low} AND {column} < :{high}" for low, high in self._spans)
            yield f"{head}{' OR '.join(spans)})"
        if collection is _C.USERS:
            given, family = folded("s.given_name"), folded("s.family_name")
            for first, second in self._pairs:
                yield (
                    f"{head}{family} >= :{second[0]} AND {family} < :{second[1]}"
                    f" AND {given} >= :{first[0]} AND {given} < :{first[1]})"
                )

    def _span(self, beginning: str) -> tuple[str, str]:
        low = f"low{len(self.values)}"
        high = f"high{len(self.values)}"
        self.values |= {low: beginning, high: beginning + _BEHIND}
        return low, high


def _by(collection: Collection, index: str) -> str:
    """Return the head of a statement that goes by an index."""
    # SQLite takes one tenant for few rows, and would read them all through.
    table = SHAPES[collection].table
    return f"SELECT s.id FROM {table} s INDEXED BY ix_{table}_{index} WHERE {_MINE}"  # noqa: S608 - our own names


def spellings(sought: str) -> tuple[str, ...]:
    """Return the ways in which a beginning is usually written, that of the asker first."""
    ways = (sought, sought.lower(), sought.capitalize(), sought.title(), sought.upper())
    return tuple(dict.fromkeys(ways))


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what may be a given and a family name: `Ana Lopez`, `Lopez, Ana`."""
    for place in range(1, len(words)):
        front, back = " ".join(words[:place]), " ".join(words[place:])
        for given, family in ((front, back), (back, front.rstrip(","))):
            yield given, family
            yield given.title(), family.title()
