"""All rows of a Canvas at one moment: the district's, what else stands there, what was written.

Accounts, terms, courses and sections are made at once; people and enrollments as they are asked
for, so that a district of any size costs a list of numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from integration_tui.domain.roster import Collection, Enrollment, Org, Owner, User
from integration_tui.sandbox.canvas import numbers
from integration_tui.sandbox.canvas.catalog import CourseCatalog
from integration_tui.sandbox.canvas.edits import Edits
from integration_tui.sandbox.canvas.extras import (
    ExtraEnrollments,
    extra_user,
    is_observed,
    observer_of,
    service_user,
    with_logins,
)
from integration_tui.sandbox.canvas.rows import (
    CourseRow,
    EnrollmentRow,
    EnrollmentType,
    LoginRow,
    SectionRow,
    UserRow,
)
from integration_tui.sandbox.canvas.sis_lookup import SisLookup
from integration_tui.sandbox.source import Snapshot, has_left

_C = Collection
_TYPES: Final = {
    "student": EnrollmentType.STUDENT,
    "teacher": EnrollmentType.TEACHER,
    "aide": EnrollmentType.TA,
}
_ADMINISTRATORS: Final = frozenset(
    {"administrator", "districtAdministrator", "siteAdministrator", "systemAdministrator",
     "principal"}
)  # fmt: skip


class CanvasTables:
    """All rows as of a snapshot of the SIS. `catalog` has the small tables."""

    def __init__(self, snapshot: Snapshot, edits: Edits, *, extras: bool) -> None:
        self._snapshot = snapshot
        self._edits = edits
        self._has_extras = extras
        self.catalog = CourseCatalog(snapshot, edits, extras=extras)
        self._extras = ExtraEnrollments(self.user, snapshot.size(_C.USERS))
        self._lookup = SisLookup(snapshot, edits, self.catalog, self.user)
        self._user_ids: dict[tuple[int, bool], list[int]] = {}
        self._enrolled: dict[tuple[int, frozenset[str]], list[int]] = {}
        self._administered_by: list[tuple[UserRow, int]] | None = None

    def user(self, number: int) -> UserRow | None:
        """Return a user, also one who is deleted; `None` without one."""
        written = self._edits.get(UserRow, number)
        if written is not None:
            return written
        if number == numbers.SERVICE_USER:
            return service_user()
        place = numbers.place_of(_C.USERS, number)
        if not 0 <= place < self._snapshot.size(_C.USERS):
            return extra_user(number) if self._has_extras else None
        record = self._snapshot.at(_C.USERS, place)
        if not isinstance(record, User):
            return None
        user = _user(number, record)
        return with_logins(user) if self._has_extras else user

    def user_ids(self, account: int, *, deleted: bool = False) -> list[int]:
        """Return in order the ids of an account's users; `deleted`: also of those deleted."""
        key = (account, deleted)
        if key not in self._user_ids:
            found = self._present(account, deleted=deleted)
            found.update(self._unknown_to_sis(account))
            self._add_written(found, account, deleted=deleted)
            self._user_ids[key] = sorted(found)
        return self._user_ids[key]

    def enrollments_of(self, section: SectionRow) -> list[EnrollmentRow]:
        """Return all enrollments of a section, in any state, in order of their ids."""
        place = numbers.place_of(_C.CLASSES, section.id)
        rows: list[EnrollmentRow] = []
        if 0 <= place < self._snapshot.size(_C.CLASSES) and section.sis_id is not None:
            owner = Owner(collection=_C.CLASSES, sourced_id=section.sis_id)
            rows = [*self._from_sis(self._snapshot.part(_C.ENROLLMENTS, owner))]
        if self._has_extras:
            rows += self._extras.of(section, rows)
        return _merged(rows, self._edits.in_section(section.id))

    def observations(self) -> Iterator[EnrollmentRow]:
        """Yield the active enrollments of observers who observe somebody."""
        for section in self.catalog.sections.values():
            written = self._edits.in_section(section.id)
            may_be = written or (self._has_extras and is_observed(section))
            for row in self.enrollments_of(section) if may_be else ():
                if row.observed is not None and row.state == "active":
                    yield row

    def enrollments_in(self, course: CourseRow) -> list[EnrollmentRow]:
        """Return all enrollments of a course, in any state, in order of their ids."""
        sections = self.catalog.sections_of(course.id)
        rows = [row for section in sections for row in self.enrollments_of(section)]
        return sorted(rows, key=lambda row: row.id)

    def enrollments_of_user(self, user: UserRow) -> list[EnrollmentRow]:
        """Return the enrollments of a user; of those that no SIS brought, only written ones."""
        place = numbers.place_of(_C.USERS, user.id)
        rows: list[EnrollmentRow] = []
        if 0 <= place < self._snapshot.size(_C.USERS):
            record = self._snapshot.at(_C.USERS, place)
            if record is not None:
                owner = Owner(collection=_C.USERS, sourced_id=record.sourced_id)
                rows = [*self._from_sis(self._snapshot.part(_C.ENROLLMENTS, owner))]
        return _merged(rows, self._edits.of_user(user.id))

    def enrollment(self, number: int) -> EnrollmentRow | None:
        """Return an enrollment by its id; `None` without one."""
        written = self._edits.get(EnrollmentRow, number)
        if written is not None:
            return written
        if number < numbers.EXTRA_ENROLLMENTS:
            found = [*self._from_sis([numbers.place_of(_C.ENROLLMENTS, number)])]
            return found[0] if found else None
        section = self.catalog.sections.get(numbers.section_of_extra(number))
        rows = [] if section is None else self.enrollments_of(section)
        return next((row for row in rows if row.id == number), None)

    def enrolled_as(self, types: Iterable[str], account: int) -> list[int]:
        """Return in order the users with an active enrollment of one of these types' words."""
        key = account, frozenset(types)
        if key not in self._enrolled:
            found = {
                row.user
                for section in self._sections_below(account)
                for row in self.enrollments_of(section)
                if row.type.word in key[1] and row.state == "active"
            }
            here = frozenset(self.user_ids(account))
            self._enrolled[key] = sorted(found & here)
        return self._enrolled[key]

    def administrators(self, account: int) -> list[UserRow]:
        """Return who administers an account itself, the owner of the sandbox's token first."""
        own = [service_user()] if account == numbers.ROOT else []
        if self._administered_by is None:
            self._administered_by = [*self._administrators()]
        return [*own, *(user for user, at in self._administered_by if at == account)]

    def account_of_administrator(self, user: int) -> int | None:
        """Return the account that a user administers; `None` for none."""
        if user == numbers.SERVICE_USER:
            return numbers.ROOT
        place = numbers.place_of(_C.USERS, user)
        if not 0 <= place < self._snapshot.size(_C.USERS):
            return None
        record = self._snapshot.at(_C.USERS, place)
        return self._administered(record) if isinstance(record, User) else None

    def by_sis_id(self, collection: Collection, kind: str, sis_id: str) -> int | None:
        """Return the id of what has a SIS id, or another one; `kind` says which: `sis_user_id`."""
        return self._lookup.find(collection, kind, sis_id)

    def sis_place(self, collection: Collection, sis_id: str) -> int | None:
        """Return the number of what the SIS brought under an id; `None` for nothing."""
        place = self._snapshot.index_of(collection, sis_id)
        return None if place is None else numbers.number_of(collection, place)

    def _administrators(self) -> Iterator[tuple[UserRow, int]]:
        for place in range(self._snapshot.size(_C.USERS)):
            record = self._snapshot.at(_C.USERS, place)
            if not isinstance(record, User) or has_left(record):
                continue
            account = self._administered(record)
            if account is not None:
                number = numbers.number_of(_C.USERS, place)
                user = self.user(number)
                if user is not None:
                    yield user, account

    def _administered(self, record: User) -> int | None:
        for role in record.roles:
            if role.role in _ADMINISTRATORS:
                return self.sis_place(_C.ORGS, role.org)
        return None

    def _present(self, account: int, *, deleted: bool) -> set[int]:
        snapshot = self._snapshot
        missing = set(snapshot.missing(_C.USERS, gone=deleted))
        places: Iterable[int] = range(snapshot.size(_C.USERS))
        if account != numbers.ROOT:
            org = snapshot.at(_C.ORGS, numbers.place_of(_C.ORGS, account))
            if not isinstance(org, Org):
                return set()
            places = snapshot.part(_C.USERS, Owner(collection=_C.ORGS, sourced_id=org.sourced_id))
        return {numbers.number_of(_C.USERS, place) for place in places if place not in missing}

    def _unknown_to_sis(self, account: int) -> set[int]:
        if not self._has_extras:
            return set()
        found = {numbers.SERVICE_USER} if account == numbers.ROOT else set[int]()
        return found | {
            observer_of(section)
            for section in self._sections_below(account)
            if is_observed(section) and section.state == "active"
        }

    def _sections_below(self, account: int) -> Iterator[SectionRow]:
        catalog, accounts = self.catalog, self.catalog.below(account)
        for section in catalog.sections.values():
            if catalog.courses[section.course].account in accounts:
                yield section

    def _add_written(self, found: set[int], account: int, *, deleted: bool) -> None:
        accounts = self.catalog.below(account)
        for user in self._edits.of(UserRow).values():
            if user.is_deleted and not deleted:
                found.discard(user.id)
            elif account == numbers.ROOT or self._is_enrolled(user, accounts):
                found.add(user.id)

    def _is_enrolled(self, user: UserRow, accounts: frozenset[int]) -> bool:
        sections = (self.catalog.sections.get(row.section) for row in self._edits.of_user(user.id))
        courses = self.catalog.courses
        return any(
            section is not None and courses[section.course].account in accounts
            for section in sections
        )

    def _from_sis(self, places: Iterable[int]) -> Iterator[EnrollmentRow]:
        snapshot = self._snapshot
        for place in places:
            record = snapshot.at(_C.ENROLLMENTS, place) if self._has_seat(place) else None
            if not isinstance(record, Enrollment):
                continue
            user = snapshot.index_of(_C.USERS, record.user)
            class_ = snapshot.index_of(_C.CLASSES, record.class_)
            if user is not None and class_ is not None and record.role in _TYPES:
                yield EnrollmentRow(
                    id=numbers.number_of(_C.ENROLLMENTS, place),
                    user=numbers.number_of(_C.USERS, user),
                    section=numbers.number_of(_C.CLASSES, class_),
                    type=_TYPES[record.role],
                    state="deleted" if has_left(record) else "active",
                )

    def _has_seat(self, place: int) -> bool:
        return 0 <= place < self._snapshot.size(_C.ENROLLMENTS)


def _merged(rows: list[EnrollmentRow], written: list[EnrollmentRow]) -> list[EnrollmentRow]:
    if not written:
        return sorted(rows, key=lambda row: row.id)
    both = {row.id: row for row in rows} | {row.id: row for row in written}
    return [both[number] for number in sorted(both)]


def _user(number: int, record: User) -> UserRow:
    login = LoginRow(
        id=number % numbers.PER_SHARD,
        unique_id=record.username or record.sourced_id,
        sis_id=record.sourced_id,
        integration_id=record.master_identifier,
        state="deleted" if has_left(record) else "active",
    )
    return UserRow(
        id=number,
        given_name=record.given_name,
        family_name=record.family_name,
        email=record.email,
        logins=(login,),
    )
