"""What a request asks for: the window, the filter, the order, the fields.

Source: OneRoster 1.2 REST binding, sections 3.3 to 3.6: at most two clauses, joined by one AND
or OR; values in single quotes, one inside a value is doubled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeGuard

Json = Mapping[str, object]

_CLAUSE: Final = re.compile(
    r"\s*(?P<field>[A-Za-z_][\w.]*)\s*(?P<operator>!=|>=|<=|=|>|<|~)\s*'(?P<value>(?:[^']|'')*)'\s*"
)
_JOIN: Final = re.compile(r"(AND|OR)(?=\s)")


class QueryError(ValueError):
    """A query that is refused; `minor` is OneRoster's word for why."""

    def __init__(self, description: str, *, minor: str, status: int = 400) -> None:
        super().__init__(description)
        self.description = description
        self.minor = minor
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One comparison. `value` is without its quotes; one inside it is still doubled."""

    field: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Clauses joined by one word; `is_any` is OR."""

    clauses: tuple[Clause, ...]
    is_any: bool = False

    def matches(self, record: Json) -> bool:
        found = (_holds(clause, record) for clause in self.clauses)
        return any(found) if self.is_any else all(found)

    def since(self) -> datetime | None:
        """Return the moment before which nothing can match; `None` where there is none."""
        if self.is_any and len(self.clauses) > 1:
            return None
        moments = [
            _moment(clause.value)
            for clause in self.clauses
            if clause.field == "dateLastModified" and clause.operator in {">", ">="}
        ]
        return max((moment for moment in moments if moment is not None), default=None)


def parsed(text: str) -> Filter:
    """Read a filter. Raises `QueryError`."""
    clauses: list[Clause] = []
    joins: list[str] = []
    start = 0
    while found := _CLAUSE.match(text, start):
        clauses.append(
            Clause(field=found["field"], operator=found["operator"], value=found["value"])
        )
        start = found.end()
        join = _JOIN.match(text, start)
        if join is None:
            break
        joins.append(join[1])
        start = join.end()
    if start != len(text) or len(joins) != len(clauses) - 1:
        raise QueryError("the filter cannot be read", minor="invalid_filter_field")
    if len({*joins}) > 1:
        raise QueryError("AND and OR cannot be mixed", minor="invalid_filter_field")
    return Filter(clauses=tuple(clauses), is_any="OR" in joins)


def number(text: str | None, default: int, *, least: int, name: str, status: int = 400) -> int:
    """Read `limit` or `offset`. Raises `QueryError`."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12) or int(text) < least:
        raise QueryError(
            f"{name} must be a number from {least}", minor="invaliddata", status=status
        )
    return int(text)


def values(record: Json, path: str) -> list[object]:
    """Return what stands at a dotted path; through lists, all of it."""
    found: list[object] = [record]
    for name in path.split("."):
        found = [value for found_one in found for value in _members(found_one, name)]
    return found


def sort_key(record: Json, path: str) -> str:
    """Return what a record is sorted by: text, case-sensitive; what is not told comes first."""
    return " ".join(str(value) for value in values(record, path))


def _members(value: object, name: str) -> Sequence[object]:
    if not _is_object(value) or value.get(name) is None:
        return ()
    member = value[name]
    return member if _is_list(member) else (member,)


_COMPARE: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "=": lambda ours, asked: ours == asked,
    ">": lambda ours, asked: ours > asked,
    ">=": lambda ours, asked: ours >= asked,
    "<": lambda ours, asked: ours < asked,
    "<=": lambda ours, asked: ours <= asked,
    "~": lambda ours, asked: asked in ours,
}


def _holds(clause: Clause, record: Json) -> bool:
    found, asked = values(record, clause.field), clause.value.replace("''", "'")
    if clause.operator == "!=":
        return all(_text(found_one) != asked for found_one in found)
    if clause.field == "dateLastModified":
        asked = _spelled(asked)
    compare = _COMPARE[clause.operator]
    return any(compare(_text(found_one), asked) for found_one in found)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _spelled(asked: str) -> str:
    """Spell a moment as records do, so that texts compare as moments; a bare day is midnight."""
    found = _moment(asked)
    return asked if found is None else stamp(found)


def stamp(moment: datetime) -> str:
    """Return a moment as records spell it: UTC, milliseconds."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_object(value: object) -> TypeGuard[Json]:
    return isinstance(value, Mapping)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
