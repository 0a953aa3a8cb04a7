"""What was written to the domain, laid over the district: classes, members, aliases.

What is created carries the number of the request from which on it is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from integration_tui.sandbox.google_classroom.course_rows import (
    ClassroomCourse,
    ClassroomRole,
    Json,
)

_FIRST_CREATED: Final = 700_000_000_000
_BEHIND: Final = 1 << 40
"""Members that were added have keys behind those of the district."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedMember:
    """A member by hand. `key` is its place in the order of a class."""

    role: ClassroomRole
    key: int
    seen_from: int


@dataclass(slots=True)
class WrittenClasses:
    """By number of a class, and id of an account."""

    _rows: dict[int, Json] = field(default_factory=dict[int, Json])
    _created: dict[int, int] = field(default_factory=dict[int, int])
    _deleted: set[int] = field(default_factory=set[int])
    _added: dict[tuple[int, str], AddedMember] = field(
        default_factory=dict[tuple[int, str], AddedMember]
    )
    _removed: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])
    _aliases: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    _removed_aliases: set[str] = field(default_factory=set[str])
    _additions: int = 0

    def created(self) -> Iterator[int]:
        """Yield the numbers of classes that were created, the newest first."""
        return reversed([*self._created])

    def next_number(self) -> int:
        return _FIRST_CREATED + len(self._created) + 1

    def create(self, number: int, row: Json, *, seen_from: int) -> None:
        self._rows[number] = row
        self._created[number] = seen_from

    def change(self, course: ClassroomCourse) -> None:
        self._rows[course.number] = {**course.row}

    def delete(self, number: int) -> None:
        self._deleted.add(number)
        for alias in [alias for alias, (target, _) in self._aliases.items() if target == number]:
            del self._aliases[alias]

    def is_seen(self, number: int, now: int) -> bool:
        return number not in self._deleted and now >= self._created.get(number, 0)

    def laid_over(self, number: int, base: ClassroomCourse | None) -> ClassroomCourse | None:
        """Return a class as it was written; `base` is the district's."""
        row = self._rows.get(number)
        if number in self._deleted or row is None:
            return None if number in self._deleted else base
        if base is not None:
            return ClassroomCourse(number=number, sourced_id=base.sourced_id, row=row)
        return (
            ClassroomCourse(number=number, sourced_id="", row=row)
            if number in self._created
            else None
        )

    def add(self, number: int, account: str, role: ClassroomRole, *, seen_from: int) -> None:
        self._additions += 1
        self._added[number, account] = AddedMember(
            role=role, key=_BEHIND + self._additions, seen_from=seen_from
        )

    def remove(self, number: int, account: str) -> None:
        self._added.pop((number, account), None)
        self._removed.add((number, account))

    def is_touched(self, number: int, account: str) -> bool:
        """Return whether the district has no say any more about somebody in a class."""
        return (number, account) in self._added or (number, account) in self._removed

    def added(self, number: int, now: int | None) -> Iterator[tuple[int, str, ClassroomRole]]:
        """Yield the members that were added; `None` for those not seen yet, too."""
        for (own, account), member in self._added.items():
            if own == number and (now is None or now >= member.seen_from):
                yield member.key, account, member.role

    def courses_of(self, account: str) -> frozenset[int]:
        return frozenset(number for number, own in self._added if own == account)

    def add_alias(self, number: int, alias: str, *, seen_from: int) -> None:
        self._removed_aliases.discard(alias)
        self._aliases[alias] = (number, seen_from)

    def remove_alias(self, alias: str) -> None:
        self._aliases.pop(alias, None)
        self._removed_aliases.add(alias)

    def is_alias_removed(self, alias: str) -> bool:
        return alias in self._removed_aliases

    def target_of(self, alias: str, now: int | None) -> int | None:
        """Return the class that an alias leads to; `None` for one that is not seen yet."""
        number, seen_from = self._aliases.get(alias, (None, 0))
        return number if now is None or now >= seen_from else None

    def aliases_of(self, number: int, now: int) -> Iterator[str]:
        for alias, (target, seen_from) in self._aliases.items():
            if target == number and now >= seen_from:
                yield alias

    def counts(self) -> Mapping[str, int]:
        """Return how much was written."""
        return {
            "courses_written": len(self._rows),
            "courses_deleted": len(self._deleted),
            "members_added": len(self._added),
            "members_removed": len(self._removed),
            "aliases_added": len(self._aliases),
        }
