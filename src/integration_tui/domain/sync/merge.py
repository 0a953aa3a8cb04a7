"""The three-way merge, field by field: base, local and source decide what a record becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.sync.plan import ChangeKind, Value, Values


class FieldPrecedence(StrEnum):
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


class BaseValue(msgspec.Struct, frozen=True):
    """What a system said last of a field that we hold otherwise, and since when we do."""

    value: Value
    since: datetime | None = None


class FieldDecision(StrEnum):
    """What is to be done with one field."""

    SAME = "same"
    """The system says what it said before."""
    TAKE = "take"
    KEEP = "keep"
    """Ours stands; what the system says is remembered as its base."""
    AGREE = "agree"
    """The system came to say what we hold."""
    ASK = "ask"


class FieldValues(msgspec.Struct, frozen=True, kw_only=True):
    """The three values of one field. `said` is `None` where the base is what we hold."""

    local: Value
    remote: Value
    base: BaseValue | None
    modified_at: datetime | None


def merge_field(
    field: FieldValues, *, is_owner: bool | None, rule: FieldPrecedence
) -> FieldDecision:
    """Say what becomes of a field.

    `is_owner`: whether this system is the field's system of record; `None` where it has none.
    An owner always decides what it changes, another one never does.
    """
    base = field.local if field.base is None else field.base.value
    if field.remote == field.local:
        return FieldDecision.AGREE if field.base is not None else FieldDecision.SAME
    if field.remote == base:
        return FieldDecision.SAME
    if is_owner is not None:
        return FieldDecision.TAKE if is_owner else FieldDecision.KEEP
    if field.base is None or field.local == base:
        return FieldDecision.TAKE
    return _both_changed(field, field.base, rule)


def link_field(field: FieldValues, *, is_owner: bool | None) -> FieldDecision:
    """Say what becomes of a field when a system is found to know a record that we hold.

    That is no change of anybody's mind: only an owner decides, and gaps are filled.
    """
    if field.remote == field.local:
        return FieldDecision.SAME
    fills = is_owner is None and field.local is None
    return FieldDecision.TAKE if is_owner or fills else FieldDecision.KEEP


def _both_changed(field: FieldValues, said: BaseValue, rule: FieldPrecedence) -> FieldDecision:
    match rule:
        case FieldPrecedence.SYSTEM:
            return FieldDecision.TAKE
        case FieldPrecedence.LOCAL:
            return FieldDecision.KEEP
        case FieldPrecedence.ASK:
            return FieldDecision.ASK
        case FieldPrecedence.NEWEST:
            return (
                FieldDecision.TAKE
                if _is_newer(field.modified_at, said.since)
                else FieldDecision.KEEP
            )


def _is_newer(theirs: datetime | None, ours: datetime | None) -> bool:
    return theirs is not None and (ours is None or theirs > ours)


def changed(before: Mapping[str, Value], after: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the fields in which two records differ, in the order of `after`."""
    return tuple(name for name, value in after.items() if before.get(name) != value)


CLAIMS = "claims"
"""What systems say that others call a record: nobody is asked which of them is right."""
STATUS = "status"
"""Whether a record is active is a field like any other, and its name."""
SaidBy = Mapping[str, Mapping[str, BaseValue]]
"""By system and field: what it said last, where we hold something else."""


class LocalRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as we hold it. `others` are the other systems that know it; `listed_by` list it."""

    values: Values
    base_values: SaidBy
    others: Sequence[str] = ()
    listed_by: Sequence[str] = ()
    is_protected: bool = False


class RemoteRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The same record as a system tells it now. `is_new` where it told nothing of it before.

    Of the fields in `absent` it says nothing at all.
    """

    values: Values
    modified_at: datetime | None
    is_new: bool = False
    absent: frozenset[str] = frozenset()


class FieldOwnership(msgspec.Struct, frozen=True, kw_only=True):
    """Who decides a field: its one owner, or else the precedence."""

    system: IntegrationId
    owner: Callable[[str], str | None]
    precedence: Callable[[str], FieldPrecedence]


class MergeResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome. `set` are the fields that change; `said` replaces what is remembered.

    `asked` are the fields that a person has to decide.
    """

    kind: ChangeKind
    set: Values = msgspec.field(default_factory=dict[str, Value])
    base_values: SaidBy = msgspec.field(default_factory=dict[str, Mapping[str, BaseValue]])
    asked: tuple[str, ...] = ()


def difference(
    held: LocalRecord, told: RemoteRecord, rules: FieldOwnership, *, now: datetime
) -> MergeResult:
    """Decide every field that the system tells. Pure: the clock comes in."""
    mine = dict(held.base_values.get(rules.system, {}))
    taken: dict[str, Value] = {}
    asked: list[str] = []
    is_protected = False
    for name, theirs in told.values.items():
        decision = _decide(name, held, told, rules)
        if decision is FieldDecision.TAKE and name == STATUS and theirs == "inactive":
            decision = _ended(held, rules)
            is_protected = decision is FieldDecision.SAME
        match decision:
            case FieldDecision.TAKE:
                taken[name] = theirs
                mine.pop(name, None)
            case FieldDecision.KEEP:
                mine[name] = BaseValue(theirs, _since(mine.get(name), now))
            case FieldDecision.AGREE:
                mine.pop(name, None)
            case FieldDecision.ASK:
                asked.append(name)
            case FieldDecision.SAME:
                pass
    said = base_values_after(
        held, taken, {**held.base_values, rules.system: mine}, by=rules.system, now=now
    )
    kind = _kind(told, taken, asked, is_protected=is_protected)
    return MergeResult(kind=kind, set=taken, base_values=said, asked=tuple(asked))


def base_values_after(
    held: LocalRecord, taken: Values, said: SaidBy, *, by: str | None, now: datetime
) -> dict[str, Mapping[str, BaseValue]]:
    """Return what is remembered once `taken` is held: the others said what was held before.

    `by` is the system that says the new values; `None` for a person.
    """
    found: dict[str, Mapping[str, BaseValue]] = {}
    for system in {**dict.fromkeys(said), **dict.fromkeys(held.others)}:
        base = dict(said.get(system, {}))
        if system != by:
            for name, value in taken.items():
                before = base.setdefault(name, BaseValue(held.values.get(name), now))
                if before.value == value:
                    del base[name]
        if base:
            found[system] = base
    return found


def _decide(
    name: str, held: LocalRecord, told: RemoteRecord, rules: FieldOwnership
) -> FieldDecision:
    owner = rules.owner(name)
    is_owner = None if owner is None else owner == rules.system
    one = FieldValues(
        local=held.values.get(name),
        remote=told.values[name],
        base=held.base_values.get(rules.system, {}).get(name),
        modified_at=told.modified_at,
    )
    if name == CLAIMS:
        return _claimed(one, is_new=told.is_new)
    is_absent = name in told.absent
    if told.is_new:
        found = link_field(one, is_owner=is_owner)
        # Its base is nothing: what it says one day is a change of mind.
        return FieldDecision.KEEP if is_absent and found is FieldDecision.TAKE else found
    if is_absent:
        return FieldDecision.SAME
    return merge_field(one, is_owner=is_owner, rule=rules.precedence(name))


def _claimed(one: FieldValues, *, is_new: bool) -> FieldDecision:
    """Say what becomes of the ids that a system claims; all systems' claims are remembered."""
    if is_new:
        fills = one.local in {None, "[]"} and one.remote != one.local
        return FieldDecision.TAKE if fills else link_field(one, is_owner=False)
    return merge_field(one, is_owner=None, rule=FieldPrecedence.SYSTEM)


def _ended(held: LocalRecord, rules: FieldOwnership) -> FieldDecision:
    """Say what becomes of a record that the system calls inactive."""
    if held.is_protected:
        return FieldDecision.SAME
    if rules.owner(STATUS) is None and _is_active_elsewhere(held):
        return FieldDecision.KEEP
    return FieldDecision.TAKE


def _is_active_elsewhere(held: LocalRecord) -> bool:
    """Return whether another system lists a record, and does not call it inactive."""
    said = (held.base_values.get(system, {}).get(STATUS) for system in held.listed_by)
    return any(base_value is None or base_value.value != "inactive" for base_value in said)


def _since(before: BaseValue | None, now: datetime) -> datetime | None:
    return before.since if before is not None else now


def _kind(
    told: RemoteRecord, taken: Values, asked: Sequence[str], *, is_protected: bool
) -> ChangeKind:
    if told.is_new:
        return ChangeKind.LINK
    if taken.get(STATUS) == "inactive":
        return ChangeKind.DEACTIVATE
    if taken.get(STATUS) == "active":
        return ChangeKind.RETURN
    if taken:
        return ChangeKind.UPDATE
    if asked:
        return ChangeKind.CONFLICT
    return ChangeKind.PROTECTED if is_protected else ChangeKind.REFRESH
