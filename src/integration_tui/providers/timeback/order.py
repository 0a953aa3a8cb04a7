"""In which order a batch is written: side by side, but nothing before what it builds on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from integration_tui.domain.provider import WriteOperation
from integration_tui.domain.roster import Collection, Enrollment, Record, User

Placed = tuple[int, WriteOperation]
"""An operation with its place in the batch."""
_Key = tuple[Collection, str]


def waves(operations: Sequence[WriteOperation]) -> Iterator[Sequence[Placed]]:
    """Split a batch, in its order, so that within a wave the order does not matter.

    A new wave begins with an operation on a record that the wave writes or names already, and
    with one that names a record which the wave writes: an enrollment after its user.
    """
    wave: list[Placed] = []
    written: set[_Key] = set()
    named: set[_Key] = set()
    for place, operation in enumerate(operations):
        key, names = (operation.collection, operation.sourced_id), _names(operation.record)
        if key in written or key in named or not written.isdisjoint(names):
            yield wave
            wave, written, named = [], set(), set()
        wave.append((place, operation))
        written.add(key)
        named |= names
    if wave:
        yield wave


def _names(record: Record | None) -> frozenset[_Key]:
    """Return the writable records that a record builds on."""
    match record:
        case Enrollment():
            return frozenset({(Collection.USERS, record.user), (Collection.CLASSES, record.class_)})
        case User():
            return frozenset((Collection.USERS, one) for one in record.agents)
        case _:
            return frozenset()
