"""What is known of one server: what its config says, and what its answers have shown so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from integration_tui.domain.roster import Collection
from integration_tui.domain.value import replace
from integration_tui.providers.oneroster.dialect import ServerDialect
from integration_tui.providers.oneroster.responses import PATHS

STUDENTS_AND_TEACHERS: Final = ("students", "teachers")
SCHOOLS: Final = ("schools",)
INSTEAD: Final[Mapping[Collection, tuple[str, ...]]] = {
    Collection.USERS: STUDENTS_AND_TEACHERS,
    Collection.ORGS: SCHOOLS,
}
"""What is listed where the collection itself is refused."""
_OWNERS: Final = 2


class ServerProfile(msgspec.Struct, kw_only=True):
    """Lives as long as its connector. What is `pinned` is never profile otherwise.

    `is_found`: a page has come from where the dialect says. `largest` is the largest limit that
    was taken; `ignores_limit`: more rows came than were asked for. `refused` and `works` are ways
    of asking (`Way.key`).
    """

    dialect: ServerDialect
    pinned: frozenset[str]
    is_found: bool = False
    takes_sort: bool = False
    largest: int = 0
    has_totals: bool | None = None
    trusts_totals: bool = False
    ignores_limit: bool = False
    refused: set[str] = msgspec.field(default_factory=set[str])
    works: set[str] = msgspec.field(default_factory=set[str])
    _missing: dict[str, set[str]] = msgspec.field(default_factory=dict[str, set[str]])

    def clamp(self, rows: int) -> None:
        """Learn how many rows a page really has. Only once: it may be chance."""
        if "max_limit" not in self.pinned and self.dialect.max_limit is None:
            self.dialect = replace(self.dialect, max_limit=rows)

    def count(self, total: int | None, *, behind: int) -> None:
        """Learn what totals are worth; `behind` rows have come up to the end of that page."""
        self.has_totals = total is not None
        self.trusts_totals = self.trusts_totals or (total is not None and total > behind)

    def refuse(self, key: str, *, owner: str = "") -> None:
        """Learn that a way is no way, unless it was one before.

        Where an `owner` is named, it may be the owner that is not there: two must be missing.
        """
        if key in self.works:
            return
        missing = self._missing.setdefault(key, set())
        missing.add(owner)
        if not owner or len(missing) >= _OWNERS:
            self.refused.add(key)

    def paths(self, collection: Collection) -> tuple[str, ...]:
        """Return where a collection is listed, as far as it is known."""
        return INSTEAD[collection] if self.is_replaced(collection) else (PATHS[collection],)

    def is_replaced(self, collection: Collection) -> bool:
        """Return whether a collection is listed by others that are not all of it."""
        return collection in INSTEAD and (
            self.is_pinned_away(collection) or PATHS[collection] in self.refused
        )

    def is_pinned_away(self, collection: Collection) -> bool:
        """Return whether an administrator knows that it is listed so, and takes it for all."""
        names = {Collection.USERS: self.dialect.users, Collection.ORGS: self.dialect.orgs}
        return names.get(collection, PATHS[collection]) != PATHS[collection]

    def describe(self) -> str:
        """Return in a few words how this server differs from the specification."""
        refused = f"refused so far: {', '.join(sorted(self.refused))}" if self.refused else ""
        totals = "no totals" if self.has_totals is False else ""
        parts = (self.dialect.describe(), "" if self.dialect.totals == "none" else totals, refused)
        return ", ".join(part for part in parts if part)
