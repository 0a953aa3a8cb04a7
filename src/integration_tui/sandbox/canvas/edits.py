"""Rows that were written: a SIS import's, laid over those of the district.

Those who look at the tables meanwhile keep what they see: a version is never changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final, TypeVar

from integration_tui.sandbox.canvas import numbers
from integration_tui.sandbox.canvas.rows import (
    AccountRow,
    CourseRow,
    EnrollmentRow,
    SectionRow,
    TermRow,
    UserRow,
)

Row = AccountRow | TermRow | CourseRow | SectionRow | UserRow | EnrollmentRow
R = TypeVar("R", AccountRow, TermRow, CourseRow, SectionRow, UserRow, EnrollmentRow)

_TABLES: Final = (AccountRow, TermRow, CourseRow, SectionRow, UserRow, EnrollmentRow)


class Edits:
    """What was written, by table and id; `version` counts the changes."""

    def __init__(self) -> None:
        self.version = 0
        self._made = 0
        self._rows: dict[type, dict[int, Row]] = {table: {} for table in _TABLES}
        self._by_section: dict[int, set[int]] = defaultdict(set)
        self._by_user: dict[int, set[int]] = defaultdict(set)

    def of(self, table: type[R]) -> Mapping[int, R]:
        """Return the written rows of a table."""
        return {number: row for number, row in self._rows[table].items() if isinstance(row, table)}

    def get(self, table: type[R], number: int) -> R | None:
        """Return a written row; `None` where the district's own holds."""
        row = self._rows[table].get(number)
        return row if isinstance(row, table) else None

    def put(self, row: Row) -> None:
        """Write a row in the place of the one with its id."""
        self._rows[type(row)][row.id] = row
        if isinstance(row, EnrollmentRow):
            self._by_section[row.section].add(row.id)
            self._by_user[row.user].add(row.id)
        self.version += 1

    def next_number(self, table: type[Row]) -> int:
        """Return an id for a new row."""
        self._made += 1
        first = numbers.IMPORTED_USERS if table is UserRow else numbers.IMPORTED
        return first + self._made

    def in_section(self, section: int) -> list[EnrollmentRow]:
        """Return the written enrollments of a section."""
        return self._enrollments(self._by_section.get(section, set()))

    def of_user(self, user: int) -> list[EnrollmentRow]:
        """Return the written enrollments of a user."""
        return self._enrollments(self._by_user.get(user, set()))

    def _enrollments(self, found: set[int]) -> list[EnrollmentRow]:
        rows = (self.get(EnrollmentRow, number) for number in sorted(found))
        return [row for row in rows if row is not None]
