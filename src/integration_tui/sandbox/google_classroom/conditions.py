"""What the domain of a sandbox is like: rights, limits, and the classes and people that are odd."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from integration_tui.sandbox.google_classroom import scopes

_THREE_DAYS_S: Final = 3 * 86_400.0
CourseState = Literal["ACTIVE", "ARCHIVED", "PROVISIONED", "DECLINED", "SUSPENDED"]
Api = Literal["classroom", "directory"]


class DomainConditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Classes and people are named by their id here, or by that of the SIS (`cls-0000001`).

    `delegated` are the scopes of domain-wide delegation. Quotas are requests a minute, for a
    user and for a project. Pages have at most so many rows, whatever is asked; with
    `hollow_pages` an empty one comes between two.

    `forbidden` classes refuse their members (403), `vanished` ones are listed and not there
    (404), the owners of `ownerless` ones are deleted; `outsiders` are members of another
    domain, so many a class. A creation is seen after `seen_after` more requests.
    """

    delegated: tuple[str, ...] = scopes.ALL
    consent_revoked: bool = False
    token_lifetime_s: float = 3599.0

    quota_per_user: int = 1_200
    quota_per_project: int = 3_000
    directory_quota: int = 2_400
    invitations_per_day: int = 500
    students_limit: int = 1_000
    teachers_limit: int = 20

    students_page: int = 30
    courses_page: int = 100
    users_page: int = 500
    hollow_pages: bool = False
    page_token_life_s: float = _THREE_DAYS_S

    forbidden: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    ownerless: tuple[str, ...] = ()
    states: dict[str, CourseState] = {}
    outsiders: dict[str, int] = {}
    suspended: tuple[str, ...] = ()
    archived: tuple[str, ...] = ()

    switched_off: tuple[Api, ...] = ()
    classroom_off: Literal["", "ClassroomDisabled", "ClassroomApiDisabled"] = ""
    directory_denied: bool = False
    seen_after: int = 0

    def delegates(self, asked: Sequence[str]) -> bool:
        """Return whether every scope is granted."""
        return scopes.last_words(asked) <= scopes.last_words(self.delegated)
