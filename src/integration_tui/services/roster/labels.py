"""What the records are called that changes and conflicts lead to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection
from integration_tui.domain.value import replace
from integration_tui.store.roster.fields import SHAPES

if TYPE_CHECKING:
    from integration_tui.domain.sync.conflict import Conflict
    from integration_tui.domain.sync.plan import Names, PlannedChange, Value
    from integration_tui.store.repositories import Repositories


async def with_names(rows: Repositories, changes: Sequence[PlannedChange]) -> list[PlannedChange]:
    """Name what fields lead to, as it is called in the roster; else as the plan calls it."""
    wanted: dict[Collection, set[RecordId]] = defaultdict(set)
    for change in changes:
        for _, to, id_ in _references(change):
            wanted[to].add(id_)
    labels = await _labels(rows, wanted)
    return [replace(change, names=_names(change, labels)) for change in changes]


async def with_names_of(rows: Repositories, conflicts: Sequence[Conflict]) -> list[Conflict]:
    """Name what the values of conflicts lead to."""
    wanted: dict[Collection, set[RecordId]] = defaultdict(set)
    for one in conflicts:
        if (to := _target(one.collection, one.field)) is not None:
            wanted[to].update(_ids(one.base, one.ours, one.theirs))
    labels = await _labels(rows, wanted)
    return [replace(conflict, names=_names_of(conflict, labels)) for conflict in conflicts]


_Labels = Mapping[Collection, Mapping[RecordId, str]]


async def _labels(rows: Repositories, wanted: Mapping[Collection, set[RecordId]]) -> _Labels:
    return {to: await rows.roster.labels(to, sorted(ids)) for to, ids in wanted.items()}


def _names(change: PlannedChange, labels: _Labels) -> Mapping[str, Names]:
    names: dict[str, dict[Value, str]] = {
        name: dict(called) for name, called in change.names.items()
    }
    for name, to, id_ in _references(change):
        if label := labels[to].get(id_):
            names.setdefault(name, {})[id_] = label
    return names


def _names_of(one: Conflict, labels: _Labels) -> Names:
    to = _target(one.collection, one.field)
    if to is None:
        return {}
    called = ((id_, labels[to].get(id_)) for id_ in _ids(one.base, one.ours, one.theirs))
    return {id_: label for id_, label in called if label}


def _references(change: PlannedChange) -> Iterator[tuple[str, Collection, RecordId]]:
    for field in SHAPES[change.collection].references:
        if field.to is not None:
            sides = (change.before.get(field.name), change.after.get(field.name))
            for id_ in _ids(*sides):
                yield field.name, field.to, id_


def _ids(*values: Value) -> Iterator[RecordId]:
    # What a new record leads to is told by the system's own id: a text.
    return (RecordId(value) for value in values if isinstance(value, int))


def _target(collection: Collection, field: str) -> Collection | None:
    return next(
        (reference.to for reference in SHAPES[collection].references if reference.name == field),
        None,
    )
