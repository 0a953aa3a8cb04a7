"""The scopes of Classroom and the Directory, by their last words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_PREFIX: Final = "https://www.googleapis.com/auth/"

COURSES: Final = ("classroom.courses", "classroom.courses.readonly")
COURSES_WRITE: Final = ("classroom.courses",)
ROSTERS_WRITE: Final = ("classroom.rosters",)
EMAILS: Final = "classroom.profile.emails"
PHOTOS: Final = "classroom.profile.photos"
INVITATIONS: Final = ("classroom.rosters", "classroom.rosters.readonly")
ROSTERS: Final = (*INVITATIONS, EMAILS, PHOTOS)
ADDITIONS: Final = (*ROSTERS_WRITE, EMAILS, PHOTOS)
USERS: Final = ("admin.directory.user", "admin.directory.user.readonly")
ORG_UNITS: Final = ("admin.directory.orgunit", "admin.directory.orgunit.readonly")
CUSTOMERS: Final = ("admin.directory.customer", "admin.directory.customer.readonly")
DOMAINS: Final = ("admin.directory.domain", "admin.directory.domain.readonly")
ALL: Final = (*COURSES, *ROSTERS, *USERS, *ORG_UNITS, *CUSTOMERS, *DOMAINS)


def whole(scopes: Iterable[str]) -> tuple[str, ...]:
    """Return scopes as they are asked for; one may be given by its last words."""
    return tuple(scope if scope.startswith("https:") else _PREFIX + scope for scope in scopes)


def last_words(scopes: Iterable[str]) -> frozenset[str]:
    return frozenset(scope.removeprefix(_PREFIX) for scope in scopes)
