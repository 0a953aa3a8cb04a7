"""When which record changes: a timeline that can be asked about any moment without replaying it.

Change number n comes at `epoch + (n + 1) * period`. A fixed pattern says whose turn it is, and
a shuffle in each collection which record's: so each number, record and moment is found from
the others by arithmetic. A student who leaves or joins takes the enrollments along.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from integration_tui.domain.roster import Collection
from integration_tui.providers.mock.prng import Permutation, mix
from integration_tui.providers.mock.slots import DistrictLayout

_PATTERN: Final = (
    *[Collection.USERS] * 6,
    *[Collection.ENROLLMENTS] * 3,
    Collection.CLASSES,
)
_SHARES: Final = {collection: _PATTERN.count(collection) for collection in _PATTERN}
_MICROSECOND: Final = timedelta(microseconds=1)
_YEAR: Final = timedelta(days=365)
_MOVERS: Final = 16
"""One student in so many leaves, comes back, leaves again."""


class ScheduledChange(msgspec.Struct, frozen=True):
    """One record that a change touched."""

    collection: Collection
    slot: int


class Timeline:
    """Deterministic by seed, epoch and rate. A *generation* counts the changes so far."""

    def __init__(
        self, layout: DistrictLayout, *, seed: int, epoch: datetime, changes_per_hour: float
    ) -> None:
        self.layout = layout
        self.epoch = epoch
        self._seed = seed
        self._shuffles = {
            collection: Permutation(layout.slots(collection), seed) for collection in _SHARES
        }
        self.period = _period(changes_per_hour)

    def generation_at(self, moment: datetime) -> int:
        """Return how many changes there have been by then."""
        if self.period is None:
            return 0
        return max(0, (moment - self.epoch) // self.period)

    def moment_of(self, number: int) -> datetime:
        """Return when a change comes. There must be changes at all."""
        return self.epoch + (self.period or timedelta()) * (number + 1)

    def version(self, collection: Collection, slot: int, generation: int) -> int:
        """Return how often a record itself has changed by then."""
        if not generation or collection not in _SHARES:
            return 0
        turns = _turns(collection, generation)
        shuffle = self._shuffles[collection]
        place = shuffle.index_of(slot)
        return (turns - place + shuffle.size - 1) // shuffle.size if turns > place else 0

    def last_change(self, collection: Collection, slot: int, version: int) -> int:
        """Return the number of the change that made this version (from 1) of a record."""
        shuffle = self._shuffles[collection]
        turn = (version - 1) * shuffle.size + shuffle.index_of(slot)
        share = _SHARES[collection]
        return turn // share * len(_PATTERN) + _PATTERN.index(collection) + turn % share

    def touches(self, number: int) -> tuple[ScheduledChange, ...]:
        """Return what a change touches: one record, and the enrollments of one who moves."""
        collection = _PATTERN[number % len(_PATTERN)]
        shuffle = self._shuffles[collection]
        slot = shuffle.item_at(_turns(collection, number) % shuffle.size)
        own = ScheduledChange(collection, slot)
        if collection is not Collection.USERS or not self.moves(slot):
            return (own,)
        taken_along = self.layout.enrollments_of(slot)
        return (own, *(ScheduledChange(Collection.ENROLLMENTS, seat) for seat in taken_along))

    def changed_slots(
        self, collection: Collection, since: datetime, generation: int, *, at_most: int
    ) -> Sequence[int]:
        """Return, in order, at least the slots touched from `since` up to `generation`.

        After more than `at_most` changes it is cheaper to look at them all.
        """
        first = self.first_since(since)
        if generation - first > at_most:
            return range(self.layout.slots(collection))
        touched = (touch for number in range(first, generation) for touch in self.touches(number))
        if collection is Collection.DEMOGRAPHICS:
            collection = Collection.USERS  # whose slots they have
        return sorted({touch.slot for touch in touched if touch.collection is collection})

    def first_since(self, moment: datetime) -> int:
        """Return the number of the first change at or after a moment."""
        if self.period is None:
            return 0
        return max(0, -((self.epoch - moment) // self.period) - 1)

    def moves(self, user: int) -> bool:
        """Return whether each change of this user is a leaving or a joining."""
        layout = self.layout
        if user < layout.staff:
            return False
        return user >= layout.users or mix(self._seed, user) % _MOVERS == 0

    def is_here(self, user: int, version: int) -> bool:
        """Return whether a user is at school in this version; the reserve comes with the first."""
        if not self.moves(user):
            return True
        return version % 2 == (1 if user >= self.layout.users else 0)


def _period(changes_per_hour: float) -> timedelta | None:
    """Return the time between changes, a year at most; `None` where there are none."""
    if changes_per_hour <= 0:
        return None
    microseconds = min(3_600_000_000 / changes_per_hour, _YEAR / _MICROSECOND)
    return max(round(microseconds), 1) * _MICROSECOND


def _turns(collection: Collection, generation: int) -> int:
    """Return how many of the first `generation` changes are of this collection."""
    rounds, rest = divmod(generation, len(_PATTERN))
    share = _SHARES[collection]
    return rounds * share + min(max(rest - _PATTERN.index(collection), 0), share)
