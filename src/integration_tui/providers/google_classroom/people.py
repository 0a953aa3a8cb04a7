"""What is known of people: who teaches, who is on rosters only, and the records of users.

Classroom has no roles: a teacher is who teaches a class, or whom an org unit makes one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from integration_tui.domain.roster import Role, User, UserId
from integration_tui.providers.google_classroom.directory import DirectoryIndex
from integration_tui.providers.google_classroom.org_units import OrgUnits
from integration_tui.providers.google_classroom.responses import (
    DirectoryUserRow,
    ExternalId,
    Profile,
    ProfileName,
    UnreadableError,
    checked_id,
    read_if_any,
)
from integration_tui.providers.paging.id_set import IdSet

STUDENT: Final = "student"
TEACHER: Final = "teacher"
_ENROLLMENT: Final = re.compile(r"([^:]+):(student|teacher):(.+)")
_OF_SCHOOL: Final = "organization"


class EnrollmentKey(msgspec.Struct, frozen=True):
    """Which enrollment it is: Classroom has no id for one."""

    course: str
    role: str
    user: str

    def __str__(self) -> str:
        return f"{self.course}:{self.role}:{self.user}"

    @classmethod
    def read(cls, sourced_id: str) -> EnrollmentKey | None:
        """Return the key that an id of ours is; `None` where it is none."""
        found = _ENROLLMENT.fullmatch(sourced_id)
        return cls(found[1], found[2], found[3]) if found else None


class Member(msgspec.Struct, frozen=True):
    """A person on a roster, as far as the roster tells. `profile` is `None` where it does not."""

    user: str
    profile: Profile | None = None


class KnownMembers:
    """Who is on the rosters that were read: teachers by their ids, and who is a stranger.

    A stranger is on a roster and not in the Directory. `is_whole`: all rosters were read.
    """

    def __init__(self) -> None:
        self.is_whole = False
        self.courses: set[str] = set()
        self._teachers = IdSet()
        self._strangers: dict[str, Profile | None] = {}
        self._profiles = 0
        self._addresses = 0

    def take(self, role: str, members: Iterable[Member], index: DirectoryIndex | None) -> None:
        """Take in the members of a class; without an index anybody may be a stranger."""
        for member in members:
            self._teach(role, member.user)
            if member.profile is not None:
                self._profiles += 1
                self._addresses += bool(member.profile.email_address)
            if index is None:
                self._strangers.setdefault(member.user, None)
            elif member.user not in index:
                known = self._strangers.get(member.user)
                self._strangers[member.user] = known or member.profile

    def replay(self, sourced_ids: Iterable[str]) -> None:
        """Take in enrollments that were read before a rest; profiles did not come with them."""
        for key in map(EnrollmentKey.read, sourced_ids):
            if key is not None:
                self.courses.add(key.course)
                self._teach(key.role, key.user)
                self._strangers.setdefault(key.user, None)
        self.is_whole = True

    def add_teacher(self, user: str) -> None:
        """Take in the owner of a class whose roster is not known."""
        self._teach(TEACHER, user)

    def settle(self, index: DirectoryIndex) -> None:
        """Let go of everybody who is in the Directory."""
        self._strangers = {
            user: profile for user, profile in self._strangers.items() if user not in index
        }

    def drop(self, users: Iterable[str]) -> None:
        """Let go of people who were seen in the Directory."""
        for user in users:
            self._strangers.pop(user, None)

    def teaches(self, user: str) -> bool:
        """Return whether a person teaches a class."""
        return user in self._teachers

    @property
    def strangers(self) -> Sequence[str]:
        """Their ids, in the order in which the rosters named them."""
        return tuple(self._strangers)

    @property
    def nameless(self) -> int:
        """How many strangers there are whose profile was not seen."""
        return sum(profile is None for profile in self._strangers.values())

    @property
    def lacks_addresses(self) -> bool:
        """Whether profiles were seen, and none had an address."""
        return self._profiles > 0 and self._addresses == 0

    def profile(self, user: str) -> Profile | None:
        """Return what is known of a stranger."""
        return self._strangers.get(user)

    def learn(self, user: str, profile: Profile) -> None:
        """Remember what was asked for of a stranger."""
        self._strangers[user] = profile

    def _teach(self, role: str, user: str) -> None:
        if role == TEACHER:
            self._teachers.take([user])


DIRECTORY_FIELDS: Final = frozenset(
    {"given_name", "family_name", "username", "email", "identifier", "enabled", "roles",
     "primary_org", "user_ids"}
)  # fmt: skip
PROFILE_FIELDS: Final = frozenset({"given_name", "family_name", "roles", "primary_org"})
ADDRESS_FIELDS: Final = frozenset({"username", "email"})


def directory_user(row: DirectoryUserRow, units: OrgUnits, *, teaches: bool) -> User:
    """Return a user of the Directory. Raises `UnreadableError`."""
    name, others = row.name or ProfileName(), _external_ids(row)
    school = units.school_of(row.org_unit_path)
    return User(
        sourced_id=checked_id(row.id),
        given_name=name.given_name or "",
        family_name=name.family_name or "",
        username=row.primary_email or None,
        email=row.primary_email or None,
        identifier=next((value for kind, value in others if kind == _OF_SCHOOL), None),
        enabled=not (row.suspended or row.archived),
        roles=_roles(units.role_of(row.org_unit_path), school, teaches=teaches),
        primary_org=school,
        user_ids=tuple(UserId(type=kind, identifier=value) for kind, value in others),
        claims=tuple(dict.fromkeys(value for _, value in others)),
    )


def stranger(user: str, profile: Profile | None, units: OrgUnits, *, teaches: bool) -> User:
    """Return a person of whom only a roster tells."""
    known = profile or Profile()
    name, district = known.name or ProfileName(), units.district.sourced_id
    return User(
        sourced_id=user,
        given_name=name.given_name or "",
        family_name=name.family_name or "",
        username=known.email_address or None,
        email=known.email_address or None,
        roles=_roles(None, district, teaches=teaches),
        primary_org=district,
    )


def _roles(role: str | None, org: str, *, teaches: bool) -> tuple[Role, ...]:
    """Return what a person is: what the org unit says first."""
    first = role or (TEACHER if teaches else STUDENT)
    more = [TEACHER] if teaches and first != TEACHER else []
    return (
        Role(role=first, org=org),
        *(Role(role=other, org=org, type="secondary") for other in more),
    )


def _external_ids(row: DirectoryUserRow) -> Sequence[tuple[str, str]]:
    """Return what other systems call a user, each with its kind; what is none is left out."""
    found = read_if_any(row.external_ids, list[ExternalId]) or []
    return [*_identified(found)]


def _identified(found: Iterable[ExternalId]) -> Iterator[tuple[str, str]]:
    for external in found:
        kind = external.custom_type or external.type or "custom"
        try:
            yield kind, checked_id(external.value)
        except UnreadableError:
            continue
