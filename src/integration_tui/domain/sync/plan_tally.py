"""What a plan does in numbers: people apart from enrollments, and both apart from all else."""

from __future__ import annotations

from collections.abc import Collection as Container
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import CollectionProgress
from integration_tui.domain.sync.safety import School

_K = ChangeKind
_CREATED: Final = (_K.CREATE, _K.RETURN)
_UPDATED: Final = (_K.UPDATE, _K.LINK, _K.RELINK)
_ADDED: Final = (_K.CREATE, _K.RETURN, _K.LINK)
"""Not among the records that the system listed before."""
_LEFT_ALONE: Final = (_K.REFRESH, _K.MISSING, _K.PROTECTED, _K.KEPT, _K.CONFLICT)

PEOPLE_FIRST: Final = (
    Collection.USERS,
    Collection.ENROLLMENTS,
    *(
        collection
        for collection in reversed(ROSTER)
        if collection not in {Collection.USERS, Collection.ENROLLMENTS}
    ),
    Collection.DEMOGRAPHICS,
)
"""The order in which collections are named: people, what follows from them, and the rest."""


class PersonRole(StrEnum):
    """As what a person is counted, by the first of these that any of the roles says."""

    STUDENT = "student"
    TEACHER = "teacher"
    GUARDIAN = "guardian"
    OTHER = "other"


_GUARDIANS: Final = frozenset({"guardian", "parent", "relative"})


def person_role(roles: Container[str]) -> PersonRole:
    """Return as what a person with these roles is counted."""
    if "student" in roles:
        return PersonRole.STUDENT
    if "teacher" in roles:
        return PersonRole.TEACHER
    if any(role in roles for role in _GUARDIANS):
        return PersonRole.GUARDIAN
    return PersonRole.OTHER


class ChangeTally(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan does with records of one kind.

    `known` are those that the system listed before, `None` where nobody can tell any more; then
    `unchanged` and `after` are `None`, too. `removed` were inactive already, and are deleted.
    """

    created: int = 0
    updated: int = 0
    deactivated: int = 0
    removed: int = 0
    quarantined: int = 0
    unchanged: int | None = None
    known: int | None = None
    after: int | None = None

    @property
    def lost(self) -> int:
        """How many of the records count for the number that approves a plan."""
        return self.deactivated + self.removed

    @property
    def is_empty(self) -> bool:
        """Whether there is no such record, before or after."""
        return not any(
            (self.created, self.updated, self.lost, self.quarantined, self.unchanged, self.known)
        )


def tally(
    counts: Mapping[ChangeKind, int],
    *,
    known: int | None,
    unchanged: int | None = None,
    quarantined: int | None = None,
) -> ChangeTally:
    """Return the numbers of one kind of record.

    Without `unchanged`, whatever is known and not changed is; without `quarantined`, only what
    the plan holds back counts, and not what could not be read.
    """

    def count(*kinds: ChangeKind) -> int:
        return sum(counts.get(kind, 0) for kind in kinds)

    updated, deactivated = count(*_UPDATED), count(_K.DEACTIVATE)
    if known is not None and unchanged is None:
        unchanged = max(known - count(_K.UPDATE, _K.RELINK) - deactivated, 0)
    return ChangeTally(
        created=count(*_CREATED),
        updated=updated,
        deactivated=deactivated,
        removed=count(_K.REMOVE),
        quarantined=count(_K.QUARANTINE) if quarantined is None else quarantined,
        unchanged=unchanged,
        known=known,
        after=None if known is None else max(known + count(*_ADDED) - deactivated, 0),
    )


def collection_tally(listing: CollectionProgress) -> ChangeTally:
    """Return the numbers of one collection of a plan."""
    is_whole = listing.complete and listing.since is None and listing.records > 0
    return tally(
        listing.counts,
        known=listing.known,
        unchanged=listing.same + listing.count(*_LEFT_ALONE) if is_whole else None,
        quarantined=listing.quarantined,
    )


class PlanPeople(msgspec.Struct, frozen=True, kw_only=True):
    """The people of a plan by their roles, and where those who are missing belong.

    `schools` lose most first, and no more than a few are read; `missing` are all, with a school
    or without. No person is named.
    """

    roles: Mapping[PersonRole, ChangeTally] = msgspec.field(
        default_factory=dict[PersonRole, ChangeTally]
    )
    schools: Sequence[School] = ()
    missing: int = 0


class PlanTally(msgspec.Struct, frozen=True, kw_only=True):
    """A whole plan in numbers; `collections` has every collection that was read."""

    collections: Mapping[Collection, ChangeTally]
    roles: Mapping[PersonRole, ChangeTally] = msgspec.field(
        default_factory=dict[PersonRole, ChangeTally]
    )

    @property
    def people(self) -> ChangeTally:
        return self.collections.get(Collection.USERS, ChangeTally())

    @property
    def enrollments(self) -> ChangeTally:
        return self.collections.get(Collection.ENROLLMENTS, ChangeTally())

    @property
    def others(self) -> Mapping[Collection, ChangeTally]:
        """Everything that is no person, in the order in which it is named."""
        return {
            collection: self.collections[collection]
            for collection in PEOPLE_FIRST
            if collection is not Collection.USERS and collection in self.collections
        }

    @property
    def lost(self) -> int:
        """The number that has to be typed to approve the plan."""
        return sum(one.lost for one in self.collections.values())


def plan_tally(
    listings: Sequence[CollectionProgress], people: PlanPeople | None = None
) -> PlanTally:
    """Return a plan in numbers; people by role only where `people` were read."""
    return PlanTally(
        collections={listing.collection: collection_tally(listing) for listing in listings},
        roles=people.roles if people else {},
    )
