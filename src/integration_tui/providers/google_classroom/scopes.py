"""Which scopes a token is asked for: one that is not delegated refuses all of its request.

So Classroom and the Directory have a token each, and each is asked for with less, the less there
is delegated. Source: discovery documents of classroom v1 and admin directory_v1, `scopes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from integration_tui.domain.errors import CredentialsError, ProviderError

_PREFIX: Final = "https://www.googleapis.com/auth/"
COURSES: Final = f"{_PREFIX}classroom.courses.readonly"
ROSTERS: Final = f"{_PREFIX}classroom.rosters.readonly"
EMAILS: Final = f"{_PREFIX}classroom.profile.emails"
USERS: Final = f"{_PREFIX}admin.directory.user.readonly"
ORG_UNITS: Final = f"{_PREFIX}admin.directory.orgunit.readonly"
CUSTOMER: Final = f"{_PREFIX}admin.directory.customer.readonly"
_DIRECTORY: Final = f"{_PREFIX}admin."
_NOT_DELEGATED: Final = ("unauthorized_client", "access_denied", "invalid_scope")

_NEEDED: Final = (
    ("/orgunits", ORG_UNITS),
    ("/customers/", CUSTOMER),
    ("/admin/directory/", USERS),
    ("/students", ROSTERS),
    ("/teachers", ROSTERS),
    ("/userProfiles", ROSTERS),
)

Scopes = tuple[str, ...]


class ScopePlan(msgspec.Struct, frozen=True):
    """The sets of scopes to ask for, the best first. Empty: this API is not to be asked."""

    sets: Sequence[Scopes]


def classroom_scopes(configured: Scopes) -> ScopePlan:
    """Return what to ask for Classroom; what an administrator wrote down is not added to."""
    if configured:
        named = tuple(scope for scope in configured if not _is_directory(scope))
        return ScopePlan([named] if named else [])
    return ScopePlan([(COURSES, ROSTERS, EMAILS), (COURSES, ROSTERS), (COURSES,)])


def directory_scopes(configured: Scopes) -> ScopePlan:
    """Return what to ask for the Directory; nothing where scopes are written down without any."""
    if configured:
        named = tuple(scope for scope in configured if _is_directory(scope))
        return ScopePlan([named] if named else [])
    return ScopePlan([(USERS, ORG_UNITS, CUSTOMER), (USERS, ORG_UNITS), (USERS,)])


def _is_directory(scope: str) -> bool:
    return scope.startswith(_DIRECTORY)


def is_not_delegated(error: ProviderError) -> bool:
    """Return whether a token endpoint refuses because of a scope, so that less may be granted."""
    if not isinstance(error, CredentialsError):
        return False
    return any(code in error.names or f"({code})" in error.message for code in _NOT_DELEGATED)


def scope_for(path: str) -> str:
    """Return the scope that a path needs."""
    return next((scope for part, scope in _NEEDED if part in path), COURSES)


def short(scope: str) -> str:
    """Return a scope as people call it."""
    return scope.removeprefix(_PREFIX)
