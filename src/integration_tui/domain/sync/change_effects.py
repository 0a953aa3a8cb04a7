"""What a change does to a person: the role, grade and school that they had, and those they get."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final

import msgspec

from integration_tui.domain.roster import STAFF
from integration_tui.domain.sync.thresholds import Thresholds

ADMINISTRATORS: Final = frozenset(
    {
        "administrator",
        "districtAdministrator",
        "principal",
        "siteAdministrator",
        "systemAdministrator",
    }
)
"""OneRoster's roles of people who may see and change everything of a school."""
_TRUSTED: Final = STAFF - {"aide", "proctor"}
"""Students are aides and proctors, too."""
MOSTLY: Final = 0.8
"""So much of what changes is explained by everybody going up a grade: a new school year."""


class Effect(StrEnum):
    """What happens to a record that is changed, where it may hurt."""

    LOSE_SCHOOL = "lose_school"
    CHANGE_SCHOOL = "change_school"
    DISABLED = "disabled"
    LOSE_ROLE = "lose_role"
    LEAVE_STAFF = "leave_staff"
    BECOME_STAFF = "become_staff"
    BECOME_ADMINISTRATOR = "become_administrator"
    CHANGE_ROLE = "change_role"
    CHANGE_GRADE = "change_grade"
    BECOME_TEACHER = "become_teacher"
    """An enrollment of a student is one of a teacher."""
    CLEARED = "cleared"
    """A field that had a value is empty."""
    CHANGED = "changed"
    """A field has another value."""
    LOSE_TEACHERS = "lose_teachers"
    """A class that had teachers has none."""


class SchoolChange(msgspec.Struct, frozen=True, kw_only=True):
    """How many records of one school an effect befalls.

    The school is the one that holds them before the plan; its name is empty for those of none.
    `known` are the active records of that school, or those of them that have a value of `field`.
    """

    effect: Effect
    school: str
    count: int
    known: int
    field: str = ""


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """How many people go up by one grade, how many of them change school, and how many have one."""

    promoted: int = 0
    moving: int = 0
    graded: int = 0


def is_school_year(promotion: Promotion, limits: Thresholds) -> bool:
    """Return whether so many people go up a grade that it is the start of a school year."""
    return (
        promotion.promoted > limits.floor
        and promotion.promoted >= limits.school_share * promotion.graded
    )


def role_effect(before: AbstractSet[str], after: AbstractSet[str]) -> Effect | None:
    """Return what a change of the roles of a person is; `None` where it only adds or is none."""
    if after & ADMINISTRATORS and not before & ADMINISTRATORS:
        return Effect.BECOME_ADMINISTRATOR
    if after & _TRUSTED and not before & STAFF:
        return Effect.BECOME_STAFF
    if not before or before == after:
        return None
    if not after:
        return Effect.LOSE_ROLE
    return Effect.LEAVE_STAFF if before & STAFF and not after & STAFF else Effect.CHANGE_ROLE


def is_promotion(before: Sequence[str], after: Sequence[str]) -> bool:
    """Return whether grades are followed by the next one. Grades are CEDS codes or numbers."""
    old, new = _highest(before), _highest(after)
    if old is None or new is None:
        return False
    # Not every district has a transitional kindergarten.
    return new == old + 1 or (old < 0 and old < new <= 0)


_KINDERGARTENS: Final = {"IT": -4, "PR": -3, "PK": -2, "TK": -1, "KG": 0, "K": 0}


def _highest(grades: Iterable[str]) -> int | None:
    found = [_grade(grade) for grade in grades]
    known = [grade for grade in found if grade is not None]
    return max(known) if known and len(known) == len(found) else None


def _grade(text: str) -> int | None:
    word = text.strip().upper()
    if word in _KINDERGARTENS:
        return _KINDERGARTENS[word]
    return int(word) if word.isascii() and word.isdigit() else None


class GradeMove(msgspec.Struct, frozen=True, kw_only=True):
    """People of one school whose grades or school change alike; `count` of them.

    `before` and `after` are equal where the grades stay. `leaves` is `None` where they stay.
    """

    school: int | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    leaves: Effect | None
    count: int


def weighed(
    moves: Sequence[GradeMove], *, graded: int, limits: Thresholds
) -> tuple[Promotion, Mapping[tuple[Effect, int | None], int]]:
    """Return whether a school year starts, and by effect and school who is left to explain."""
    graders = [move for move in moves if _is_other_grade(move)]
    promoted = [move for move in graders if is_promotion(move.before, move.after)]
    promotion = Promotion(
        promoted=_total(promoted),
        moving=_total(move for move in promoted if move.leaves is Effect.CHANGE_SCHOOL),
        graded=graded,
    )
    is_rolled = promotion.promoted >= MOSTLY * max(_total(graders), 1) and is_school_year(
        promotion, limits
    )
    odd: dict[tuple[Effect, int | None], int] = defaultdict(int)
    for move in moves:
        is_explained = is_rolled and is_promotion(move.before, move.after)
        if move.leaves and not (is_explained and move.leaves is Effect.CHANGE_SCHOOL):
            odd[move.leaves, move.school] += move.count
        if _is_other_grade(move) and not is_explained:
            odd[Effect.CHANGE_GRADE, move.school] += move.count
    return promotion if is_rolled else Promotion(), odd


def _is_other_grade(move: GradeMove) -> bool:
    """Return whether one grade is followed by another; "5" and "05" are the same."""
    if not move.before or not move.after:
        return False
    return _spelled(move.before) != _spelled(move.after)


def _spelled(grades: Iterable[str]) -> frozenset[int | str]:
    found: set[int | str] = set()
    for grade in grades:
        known = _grade(grade)
        found.add(grade if known is None else known)
    return frozenset(found)


def _total(moves: Iterable[GradeMove]) -> int:
    return sum(move.count for move in moves)
