"""Safety checks on changes: what a plan does to many people, or to most of one school, at once.

A roster can be ruined though nobody is missing from it: a column is shifted, swapped or emptied.
Sentences name what counts and the school, never a person or a value. All of it is pure; the
store counts (see `store/sync/change_counts.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

import msgspec

from integration_tui.domain.quantity import noun_of
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.change_effects import (
    MOSTLY,
    Effect,
    Promotion,
    SchoolChange,
    is_school_year,
)
from integration_tui.domain.sync.thresholds import Thresholds

SCHOOLS: Final = 3
"""Schools named one by one."""
LONG_SHIFT_DAYS: Final = 180
"""An academic session whose dates move so far is another one, or a slip of the year."""


_ESCALATIONS: Final = frozenset(
    {Effect.BECOME_STAFF, Effect.BECOME_ADMINISTRATOR, Effect.BECOME_TEACHER}
)
"""They see what others must not: a few are too many, whatever their share."""
_USUAL_PART: Final = 1000
"""One in so many may become staff anywhere in a large district."""
_DISTRICT_WIDE: Final = frozenset(
    {Effect.LOSE_SCHOOL, Effect.DISABLED, Effect.LOSE_ROLE, Effect.LEAVE_STAFF, Effect.CLEARED}
)
"""What is as good as losing the record: counted for the whole collection, too."""


class ChangeStats(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan changes of one collection, as far as it may hurt.

    `schools` leaves out what a new school year explains, if `promotion` is one. `reassigned` are
    by field the people who get a value that another person had until now; `swapped` those in
    whom two fields change places, by both their names. `long_shifts` are academic sessions whose
    dates move far, and `sessions` how many there are.
    """

    collection: Collection
    schools: Sequence[SchoolChange] = ()
    promotion: Promotion = msgspec.field(default_factory=Promotion)
    reassigned: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])
    swapped: Mapping[tuple[str, str], int] = msgspec.field(
        default_factory=dict[tuple[str, str], int]
    )
    long_shifts: int = 0
    sessions: int = 0


def change_sentences(found: ChangeStats, known: int, limits: Thresholds) -> Iterator[str]:
    """Yield why changes of a collection hold a plan; `known` are its records from before."""
    if is_school_year(found.promotion, limits):
        yield _school_year(found.promotion)
    yield from _reassigned(found, limits)
    yield from _swapped(found, limits)
    yield from _long_shifts(found, limits)
    ordered = sorted(found.schools, key=_kind_of)
    for (effect, name), group in groupby(ordered, key=_kind_of):
        changes = list(group)
        yield from _collection_wide(found.collection, effect, name, changes, known, limits)
        yield from _by_school(found.collection, effect, name, changes, limits)


def explains(found: ChangeStats, updates: int, limits: Thresholds) -> bool:
    """Return whether a new school year is the reason for most of the updates of a collection."""
    return is_school_year(found.promotion, limits) and found.promotion.promoted >= MOSTLY * updates


def _school_year(promotion: Promotion) -> str:
    moving = f", {promotion.moving:,} of them to another school" if promotion.moving else ""
    return (
        f"{promotion.promoted:,} of {promotion.graded:,} people with a grade move up one"
        f" grade{moving}: probably the start of a school year"
    )


def _reassigned(found: ChangeStats, limits: Thresholds) -> Iterator[str]:
    for name, count in found.reassigned.items():
        if count > limits.floor and count >= limits.reassigned_count:
            what = f"{_a(_noun(name))} previously used by another person"
            yield f"{count:,} people get {what}"


def _swapped(found: ChangeStats, limits: Thresholds) -> Iterator[str]:
    for (one, other), count in found.swapped.items():
        if count > limits.floor and count >= limits.reassigned_count:
            yield f"{_noun(one)} and {_noun(other)} of {count:,} people are swapped"


def _long_shifts(found: ChangeStats, limits: Thresholds) -> Iterator[str]:
    shifted = found.long_shifts
    if shifted and (shifted > limits.floor or 2 * shifted >= found.sessions):
        yield (
            f"the dates of {shifted:,} of {found.sessions:,} academic sessions move by more than"
            f" {LONG_SHIFT_DAYS} days: a new school year under old IDs, or a wrong year"
        )


def _collection_wide(
    collection: Collection,
    effect: Effect,
    name: str,
    changes: Sequence[SchoolChange],
    known: int,
    limits: Thresholds,
) -> Iterator[str]:
    """Yield a sentence for what is spread over all schools, and too little in each of them."""
    count = sum(change.count for change in changes)
    if effect in _DISTRICT_WIDE and count > limits.floor:
        share = count / max(known, count)
        if share >= limits.loss_share or count >= limits.loss_count:
            yield f"{count:,} of {known:,} {_records(collection)} {_verb(effect, name)}"
    if effect in _ESCALATIONS and _spread(changes, limits) >= max(
        limits.staff_count, limits.floor + 1, known // _USUAL_PART
    ):
        yield f"{count:,} {_records(collection)} {_verb(effect, name)}"


def _spread(changes: Sequence[SchoolChange], limits: Thresholds) -> int:
    """Return how many there are in all, 0 where a school alone has enough to be named."""
    if any(_is_too_much(change, limits) for change in changes):
        return 0
    return sum(change.count for change in changes)


def _by_school(
    collection: Collection,
    effect: Effect,
    name: str,
    changes: Sequence[SchoolChange],
    limits: Thresholds,
) -> Iterator[str]:
    held = [change for change in changes if _is_too_much(change, limits)]
    held.sort(key=lambda change: (-change.count / max(change.known, change.count), change.school))
    noun, verb = _records(collection), _verb(effect, name)
    if effect is Effect.LOSE_TEACHERS:  # what their enrollments tell of classes
        noun = _records(Collection.CLASSES)
    for change in held[:SCHOOLS]:
        known = max(change.known, change.count)
        school = f" of {change.school}" if change.school else _OF_NO_SCHOOL.get(collection, "")
        yield f"{change.count:,} of {known:,} {noun}{school} {verb}"
    if len(held) > SCHOOLS:
        yield f"in {len(held) - SCHOOLS:,} more schools, many {noun} {verb}"


def _is_too_much(change: SchoolChange, limits: Thresholds) -> bool:
    if change.count <= limits.floor:
        return False
    if change.effect in _ESCALATIONS:
        return change.count >= limits.staff_count
    return change.count >= limits.school_share * change.known


def _kind_of(change: SchoolChange) -> tuple[Effect, str]:
    return change.effect, change.field


_OF_NO_SCHOOL: Final = {
    Collection.COURSES: " without a school",
    Collection.USERS: " without a school",
}
"""Orgs and academic sessions are of no school by their nature."""
_VERBS: Final[Mapping[Effect, str]] = {
    Effect.LOSE_SCHOOL: "lose their school",
    Effect.CHANGE_SCHOOL: "move to another school",
    Effect.DISABLED: "are disabled",
    Effect.LOSE_ROLE: "lose their role",
    Effect.LEAVE_STAFF: "are no longer staff",
    Effect.BECOME_STAFF: "become staff",
    Effect.BECOME_ADMINISTRATOR: "become administrators",
    Effect.CHANGE_ROLE: "change their role",
    Effect.CHANGE_GRADE: "change their grade",
    Effect.BECOME_TEACHER: "change from student to teacher",
    Effect.LOSE_TEACHERS: "lose all their teachers",
}
_NOUNS: Final[Mapping[str, str]] = {
    "given_name": "first name",
    "family_name": "last name",
    "username": "username",
    "email": "email address",
    "agents": "parents and guardians",
    "sms": "mobile number",
    "phone": "phone number",
    "user_ids": "user IDs",
    "class_": "class",
    "begins_on": "first day",
    "ends_on": "last day",
    "starts_on": "first day",
    "org": "school",
}
_PLURALS: Final = frozenset({"agents", "user_ids", "grades", "terms", "subjects", "periods"})


def _verb(effect: Effect, name: str) -> str:
    if effect is Effect.CLEARED:
        return f"lose their {_noun(name)}"
    if effect is Effect.CHANGED:
        return f"get {'other' if name in _PLURALS else 'another'} {_noun(name)}"
    return _VERBS[effect]


def _noun(name: str) -> str:
    return _NOUNS.get(name, name.rstrip("_").replace("_", " "))


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def _records(collection: Collection) -> str:
    return noun_of(2, collection)
