"""Finds rows by what a SIS calls them: `sis_user_id:X` in addresses, and references in CSV files.

Source: Canvas REST API documentation, "Object IDs, SIS IDs, and special IDs".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from integration_tui.domain.roster import Collection
from integration_tui.sandbox.canvas import numbers
from integration_tui.sandbox.canvas.catalog import CourseCatalog
from integration_tui.sandbox.canvas.edits import Edits
from integration_tui.sandbox.canvas.extras import OLD_LOGIN
from integration_tui.sandbox.canvas.rows import LoginRow, UserRow
from integration_tui.sandbox.source import Snapshot

_C = Collection
_KINDS: Final = {
    "sis_account_id": _C.ORGS,
    "sis_term_id": _C.ACADEMIC_SESSIONS,
    "sis_course_id": _C.COURSES,
    "sis_section_id": _C.CLASSES,
}


class _Named(Protocol):
    @property
    def id(self) -> int: ...

    @property
    def sis_id(self) -> str | None: ...


class SisLookup:
    """Finds in one version of the tables. `people` returns all users, with those deleted."""

    def __init__(
        self,
        snapshot: Snapshot,
        edits: Edits,
        catalog: CourseCatalog,
        user: Callable[[int], UserRow | None],
    ) -> None:
        self._snapshot = snapshot
        self._edits = edits
        self._catalog = catalog
        self._user = user
        self._logins: dict[str, int] | None = None
        self._tables: dict[Collection, dict[str, int]] = {}

    def find(self, collection: Collection, kind: str, text: str) -> int | None:
        """Return the id of a row; `kind` is the word before the colon, `text` what follows."""
        if collection is _C.USERS:
            return self._person(kind, text)
        return self._table(collection).get(text) if _KINDS.get(kind) is collection else None

    def _person(self, kind: str, text: str) -> int | None:
        match kind:
            case "sis_user_id":
                return self._by_login(text, lambda login: login.sis_id) or self._from_sis(text)
            case "sis_integration_id":
                return self._by_login(text, lambda login: login.integration_id)
            case "sis_login_id":
                return self._by_unique_id(text)
            case _:
                return None

    def _from_sis(self, text: str) -> int | None:
        for sis_id in (text, text.removesuffix(OLD_LOGIN)):
            place = self._snapshot.index_of(_C.USERS, sis_id)
            user = None if place is None else self._user(numbers.number_of(_C.USERS, place))
            if user is not None and any(login.sis_id == text for login in user.logins):
                return user.id
        return None

    def _by_login(self, text: str, of: Callable[[LoginRow], str | None]) -> int | None:
        for user in self._edits.of(UserRow).values():
            if any(of(login) == text for login in user.logins):
                return user.id
        return None

    def _by_unique_id(self, text: str) -> int | None:
        if self._logins is None:
            places = range(self._snapshot.size(_C.USERS))
            known = (self._user(numbers.number_of(_C.USERS, place)) for place in places)
            self._logins = {
                login.unique_id.casefold(): user.id
                for user in (*known, *self._edits.of(UserRow).values())
                if user is not None
                for login in user.active_logins
            }
        return self._logins.get(text.casefold())

    def _table(self, collection: Collection) -> Mapping[str, int]:
        if collection not in self._tables:
            catalog = self._catalog
            rows: Mapping[Collection, Iterable[_Named]] = {
                _C.ORGS: catalog.accounts.values(),
                _C.ACADEMIC_SESSIONS: catalog.terms.values(),
                _C.COURSES: catalog.courses.values(),
                _C.CLASSES: catalog.sections.values(),
            }
            self._tables[collection] = {
                row.sis_id: row.id for row in rows.get(collection, ()) if row.sis_id is not None
            }
        return self._tables[collection]
