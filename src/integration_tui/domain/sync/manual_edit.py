"""Putting records right by hand: what is held then, and what each system is remembered to say.

Pure. Whatever a person decides, a system is not taken to have changed its mind by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from integration_tui.domain.sync.merge import (
    STATUS,
    BaseValue,
    LocalRecord,
    SaidBy,
    base_values_after,
)
from integration_tui.domain.sync.plan import Value, Values
from integration_tui.domain.value import replace

_ACTIVE: Final = "active"
_BaseValues = Mapping[str, BaseValue]


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """A record in two: what is held of it from now on, and of the one that leaves."""

    stays: LocalRecord
    leaves: Values


def apply_manual_edit(held: LocalRecord, field: str, value: Value, *, now: datetime) -> LocalRecord:
    """Hold what a person wrote; every system that knows the record said what was held before."""
    taken = {field: value}
    said = base_values_after(held, taken, held.base_values, by=None, now=now)
    return replace(held, values={**held.values, **taken}, base_values=said)


def accept_remote(
    held: LocalRecord, field: str, value: Value, *, by: str, now: datetime
) -> LocalRecord:
    """Hold what the system `by` says: it has no other base then, and the others said ours."""
    mine = {name: one for name, one in held.base_values.get(by, {}).items() if name != field}
    said = base_values_after(held, {field: value}, {**held.base_values, by: mine}, by=by, now=now)
    return replace(held, values={**held.values, field: value}, base_values=said)


def remember_remote(
    held: LocalRecord, field: str, value: Value, *, by: str, now: datetime
) -> LocalRecord:
    """Remember that the system `by` says `value`, whatever is held."""
    mine = dict(held.base_values.get(by, {}))
    mine.pop(field, None)
    if held.values[field] != value:
        mine[field] = BaseValue(value, now)
    return replace(held, base_values=_without_empty({**held.base_values, by: mine}))


def merged_records(keep: LocalRecord, gone: LocalRecord, *, now: datetime) -> LocalRecord:
    """Hold one record for two. What the other held is what its systems are taken to say.

    Whoever is active for one system is active.
    """
    bases = {system: _bases(keep, gone, system, now) for system in gone.others}
    others = (*keep.others, *gone.others)
    held = replace(keep, base_values=_without_empty({**keep.base_values, **bases}), others=others)
    if gone.values[STATUS] == _ACTIVE != keep.values[STATUS]:
        return apply_manual_edit(held, STATUS, _ACTIVE, now=now)
    return held


def split_records(held: LocalRecord, system: str) -> Split:
    """Take what `system` says out of a record, into one of its own.

    Where only that system says what is held, what all the others say is held from now on.
    """
    mine = held.base_values.get(system, {})
    leaves = {name: _base_value(held, system, name) for name in held.values}
    others = tuple(other for other in held.others if other != system)
    said = {one: dict(fields) for one, fields in held.base_values.items() if one != system}
    values = dict(held.values)
    for name in held.values:
        left = _agreed(held, others, name)
        if name in mine or left is None:
            continue
        values[name] = left.value
        for other in others:
            del said[other][name]
    return Split(
        stays=replace(held, values=values, base_values=_without_empty(said), others=others),
        leaves=leaves,
    )


def _bases(keep: LocalRecord, gone: LocalRecord, system: str, now: datetime) -> _BaseValues:
    told_before = gone.base_values.get(system, {})
    says = {name: told_before.get(name, BaseValue(one, now)) for name, one in gone.values.items()}
    return {name: one for name, one in says.items() if one.value != keep.values[name]}


def _base_value(held: LocalRecord, system: str, name: str) -> Value:
    base = held.base_values.get(system, {}).get(name)
    return held.values[name] if base is None else base.value


def _agreed(held: LocalRecord, systems: Sequence[str], name: str) -> BaseValue | None:
    """Return what all these systems say otherwise than is held, if they say the same."""
    bases = [held.base_values.get(system, {}).get(name) for system in systems]
    first = bases[0] if bases else None
    if first is None or any(base is None or base.value != first.value for base in bases):
        return None
    return first


def _without_empty(said: SaidBy) -> SaidBy:
    return {system: fields for system, fields in said.items() if fields}
