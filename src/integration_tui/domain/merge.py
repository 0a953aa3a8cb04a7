"""Who decides a field: the three-way comparison of what we hold, what a system said, and says.

What a system said last is its base. Only where it says something else now has it changed its
mind; only where we hold something else than its base have we.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from integration_tui.domain.plan import Value


class Precedence(StrEnum):
    """What happens to a field that both sides changed."""

    SYSTEM = "system"
    """The system of the run decides."""
    LOCAL = "local"
    """What we hold stays."""
    NEWEST = "newest"
    """The later change stays; what tells no time is older."""
    ASK = "ask"
    """A person decides."""


class Side(StrEnum):
    """Whose value stands."""

    OURS = "ours"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Said:
    """What a system said last of a field that we hold otherwise, and since when we do."""

    value: Value
    since: datetime | None = None


class Verdict(StrEnum):
    """What is to be done with one field."""

    SAME = "same"
    """The system says what it said before."""
    TAKE = "take"
    KEEP = "keep"
    """Ours stands; what the system says is remembered as its base."""
    AGREE = "agree"
    """The system came to say what we hold."""
    ASK = "ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The three values of one field. `said` is `None` where the base is what we hold."""

    ours: Value
    theirs: Value
    said: Said | None
    modified_at: datetime | None


def merged(field: Field, *, is_owner: bool | None, rule: Precedence) -> Verdict:
    """Say what becomes of a field.

    `is_owner`: whether this system is the field's system of record; `None` where it has none.
    An owner always decides what it changes, another one never does.
    """
    base = field.ours if field.said is None else field.said.value
    if field.theirs == field.ours:
        return Verdict.AGREE if field.said is not None else Verdict.SAME
    if field.theirs == base:
        return Verdict.SAME
    if is_owner is not None:
        return Verdict.TAKE if is_owner else Verdict.KEEP
    if field.said is None or field.ours == base:
        return Verdict.TAKE
    return _both_changed(field, field.said, rule)


def joined(field: Field, *, is_owner: bool | None) -> Verdict:
    """Say what becomes of a field when a system is found to know a record that we hold.

    That is no change of anybody's mind: only an owner decides, and gaps are filled.
    """
    if field.theirs == field.ours:
        return Verdict.SAME
    fills = is_owner is None and field.ours is None
    return Verdict.TAKE if is_owner or fills else Verdict.KEEP


def _both_changed(field: Field, said: Said, rule: Precedence) -> Verdict:
    match rule:
        case Precedence.SYSTEM:
            return Verdict.TAKE
        case Precedence.LOCAL:
            return Verdict.KEEP
        case Precedence.ASK:
            return Verdict.ASK
        case Precedence.NEWEST:
            return Verdict.TAKE if _is_newer(field.modified_at, said.since) else Verdict.KEEP


def _is_newer(theirs: datetime | None, ours: datetime | None) -> bool:
    return theirs is not None and (ours is None or theirs > ours)


def changed(before: Mapping[str, Value], after: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the fields in which two records differ, in the order of `after`."""
    return tuple(name for name, value in after.items() if before.get(name) != value)
