"""Putting records right by hand: what is held then, and what each system is remembered to say.

Pure. Whatever a person decides, a system is not taken to have changed its mind by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from integration_tui.domain.sync.merge import STATUS, Held, Said, SaidBy, said_after
from integration_tui.domain.sync.plan import Value, Values

_ACTIVE: Final = "active"
_Said = Mapping[str, Said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A record in two: what is held of it from now on, and of the one that leaves."""

    stays: Held
    leaves: Values


def written(held: Held, field: str, value: Value, *, now: datetime) -> Held:
    """Hold what a person wrote; every system that knows the record said what was held before."""
    taken = {field: value}
    said = said_after(held, taken, held.said, by=None, now=now)
    return replace(held, values={**held.values, **taken}, said=said)


def taken_over(held: Held, field: str, value: Value, *, by: str, now: datetime) -> Held:
    """Hold what the system `by` says: it has no other base then, and the others said ours."""
    mine = {name: one for name, one in held.said.get(by, {}).items() if name != field}
    said = said_after(held, {field: value}, {**held.said, by: mine}, by=by, now=now)
    return replace(held, values={**held.values, field: value}, said=said)


def told(held: Held, field: str, value: Value, *, by: str, now: datetime) -> Held:
    """Remember that the system `by` says `value`, whatever is held."""
    mine = dict(held.said.get(by, {}))
    mine.pop(field, None)
    if held.values[field] != value:
        mine[field] = Said(value, now)
    return replace(held, said=_without_empty({**held.said, by: mine}))


def merged_records(keep: Held, gone: Held, *, now: datetime) -> Held:
    """Hold one record for two. What the other held is what its systems are taken to say.

    Whoever is active for one system is active.
    """
    bases = {system: _bases(keep, gone, system, now) for system in gone.others}
    others = (*keep.others, *gone.others)
    held = replace(keep, said=_without_empty({**keep.said, **bases}), others=others)
    if gone.values[STATUS] == _ACTIVE != keep.values[STATUS]:
        return written(held, STATUS, _ACTIVE, now=now)
    return held


def split_records(held: Held, system: str) -> Split:
    """Take what `system` says out of a record, into one of its own.

    Where only that system says what is held, what all the others say is held from now on.
    """
    mine = held.said.get(system, {})
    leaves = {name: _says(held, system, name) for name in held.values}
    others = tuple(one for one in held.others if one != system)
    said = {one: dict(fields) for one, fields in held.said.items() if one != system}
    values = dict(held.values)
    for name in held.values:
        left = _agreed(held, others, name)
        if name in mine or left is None:
            continue
        values[name] = left.value
        for one in others:
            del said[one][name]
    return Split(
        stays=replace(held, values=values, said=_without_empty(said), others=others), leaves=leaves
    )


def _bases(keep: Held, gone: Held, system: str, now: datetime) -> _Said:
    told_before = gone.said.get(system, {})
    says = {name: told_before.get(name, Said(one, now)) for name, one in gone.values.items()}
    return {name: one for name, one in says.items() if one.value != keep.values[name]}


def _says(held: Held, system: str, name: str) -> Value:
    base = held.said.get(system, {}).get(name)
    return held.values[name] if base is None else base.value


def _agreed(held: Held, systems: Sequence[str], name: str) -> Said | None:
    """Return what all these systems say otherwise than is held, if they say the same."""
    bases = [held.said.get(one, {}).get(name) for one in systems]
    first = bases[0] if bases else None
    if first is None or any(one is None or one.value != first.value for one in bases):
        return None
    return first


def _without_empty(said: SaidBy) -> SaidBy:
    return {system: fields for system, fields in said.items() if fields}
