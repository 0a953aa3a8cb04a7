"""A generated district as a source: any page of any size of it, at any moment, by arithmetic.

It begins when the sandbox does. Its clock is the host's, and ahead of it by as much as changes
were brought forward.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from integration_tui.domain.clock import Clock
from integration_tui.domain.roster import PARTS, Collection, Owner, Record
from integration_tui.providers.mock.changes import Timeline
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.district import District
from integration_tui.providers.mock.slots import DistrictLayout
from integration_tui.sandbox.source import Snapshot, belonging

STEP: Final = timedelta(milliseconds=1)


class Stamps:
    """The moments of a timeline's changes, batch by batch; each batch begins when it was made."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._firsts: list[int] = []
        self._begun: list[datetime] = []
        self.count = 0

    def add(self, changes: int, now: datetime) -> None:
        """Let so many changes happen now, or behind the latest where that is later."""
        self._firsts.append(self.count)
        self._begun.append(max(now, self.clock(now)))
        self.count += changes

    def clock(self, now: datetime) -> datetime:
        """Return what time it is for the district: never before its latest change is over."""
        return max(now, self.moment_of(self.count - 1) + STEP) if self.count else now

    def moment_of(self, number: int) -> datetime:
        """Return when a change happened."""
        batch = bisect_right(self._firsts, number) - 1
        return self._begun[batch] + STEP * (number - self._firsts[batch] + 1)

    def first_since(self, moment: datetime) -> int:
        """Return the number of the first change at or after a moment; `count` without one."""
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self.moment_of(middle) < moment:
                low = middle + 1
            else:
                high = middle
        return low

    def stamped(self, record: Record) -> Record:
        """Return a record with the moment of its last change by this clock."""
        at = record.modified_at
        if at is None or at <= self._timeline.epoch or not self.count:
            return record
        number = self._timeline.first_since(at)
        return msgspec.structs.replace(record, modified_at=self.moment_of(number))


_C = Collection
_BY_HAND_PER_HOUR: Final = 3_600_000.0
"""Where nothing changes by itself, a change brought forward is a millisecond of its clock."""


class DistrictSource:
    """A district whose changes come by the hour, or when `advance` brings them."""

    def __init__(
        self, size: DistrictSize, *, clock: Clock, seed: int = 1, changes_per_hour: float = 0.0
    ) -> None:
        self._clock = clock
        self._is_moving = changes_per_hour > 0
        self.district = District(
            size,
            seed=seed,
            epoch=clock(),
            changes_per_hour=changes_per_hour or _BY_HAND_PER_HOUR,
        )
        self._stamps = Stamps(self.district.timeline)
        self._parts = _Parts(self.district.layout)
        self._absent = _Absent(self.district)

    def advance(self, changes: int) -> None:
        """Let so many changes happen now."""
        self._stamps.add(changes, self._clock())

    def snapshot(self) -> Snapshot:
        timeline, now, generation = self.district.timeline, self._clock(), self._stamps.count
        if self._is_moving:  # then the clock itself is moved ahead, by all that was brought forward
            generation += timeline.generation_at(now)
            if generation:
                now = max(now, timeline.moment_of(generation - 1) + STEP)
        return _At(
            self.district,
            generation,
            now if self._is_moving else self._stamps.clock(now),
            stamps=None if self._is_moving else self._stamps,
            parts=self._parts,
            absent=self._absent.after(generation),
        )


class _At:
    """The district after so many changes."""

    def __init__(
        self,
        district: District,
        generation: int,
        as_of: datetime,
        *,
        stamps: Stamps | None,
        parts: _Parts,
        absent: _Slots,
    ) -> None:
        self._stamps = stamps
        self._district = district
        self._parts = parts
        self._absent = absent
        self.version: object = generation
        self._generation = generation
        self.as_of: datetime | None = as_of

    def size(self, collection: Collection) -> int:
        return self._district.layout.slots(collection)

    def at(self, collection: Collection, place: int) -> Record | None:
        if collection is _C.DEMOGRAPHICS and place < self._district.layout.staff:
            return None
        record = self._district.record(collection, place, self._generation)
        return record if record is None or self._stamps is None else self._stamps.stamped(record)

    def index_of(self, collection: Collection, sourced_id: str) -> int | None:
        return self._district.layout.slot_of(collection, sourced_id)

    def missing(self, collection: Collection, *, gone: bool) -> Sequence[int]:
        return self._absent.get((collection, gone), ())

    def changed(self, collection: Collection, since: datetime) -> Sequence[int]:
        size, timeline = self.size(collection), self._district.timeline
        if since <= timeline.epoch:
            return range(size)
        if self._stamps is not None:
            first = self._stamps.first_since(since)
            if first >= self._generation:
                return ()
            since = timeline.moment_of(first)
        return timeline.changed_slots(collection, since, self._generation, at_most=size // 4)

    def part(self, collection: Collection, owner: Owner) -> Sequence[int]:
        if collection not in PARTS.get(owner.collection, ()):
            return ()
        slot = self.index_of(owner.collection, owner.sourced_id)
        if slot is None:
            return ()
        if collection in {_C.USERS, _C.ENROLLMENTS}:
            return self._parts.of(collection, owner.collection, slot)
        return belonging(self, collection, owner)


class _Parts:
    """Which users and enrollments belong to what: it never changes, and is found only once."""

    def __init__(self, layout: DistrictLayout) -> None:
        self._layout = layout
        self._found: dict[tuple[Collection, Collection], dict[int, list[int]]] = {}

    def of(self, collection: Collection, owners: Collection, owner: int) -> Sequence[int]:
        key = (collection, owners)
        if key not in self._found:
            found: dict[int, list[int]] = defaultdict(list)
            for slot in range(self._layout.slots(collection)):
                found[self._owner(collection, owners, slot)].append(slot)
            self._found[key] = found
        return self._found[key].get(owner, ())

    def _owner(self, collection: Collection, owners: Collection, slot: int) -> int:
        layout = self._layout
        if collection is _C.USERS:
            school = layout.school_of_user(slot)
            return 0 if school is None else 1 + school
        user, class_ = layout.position_of(slot)
        own = {_C.USERS: user, _C.CLASSES: class_, _C.ORGS: 1 + layout.school_of_class(class_)}
        return own[owners]


_Slots = Mapping[tuple[Collection, bool], Sequence[int]]


class _Absent:
    """The slots without a record to list: never there yet, or left. Kept from change to change."""

    def __init__(self, district: District) -> None:
        self._district = district
        self._generation = -1
        self._slots: dict[tuple[Collection, bool], list[int]] = {}

    def after(self, generation: int) -> _Slots:
        """Return who is absent after so many changes; a few more are looked at one by one."""
        before, layout = self._generation, self._district.layout
        if before < 0 or not 0 <= generation - before < layout.users:
            self._slots = {}
            self._scan_all(generation)
        elif generation > before:
            # Those who were given the lists before still read them.
            self._slots = {key: [*slots] for key, slots in self._slots.items()}
            self._scan_changed(before, generation)
        self._generation = generation
        return self._slots

    def _scan_all(self, generation: int) -> None:
        layout = self._district.layout
        users = [slot for slot in range(layout.slots(_C.USERS)) if self._moves(slot)]
        for gone in (False, True):
            away = [slot for slot in users if self._is_absent(slot, generation, gone=gone)]
            self._slots[_C.USERS, gone] = away
            self._slots[_C.DEMOGRAPHICS, gone] = [*range(layout.staff), *away]
            self._slots[_C.ENROLLMENTS, gone] = sorted(
                seat for slot in away for seat in layout.enrollments_of(slot)
            )

    def _scan_changed(self, before: int, generation: int) -> None:
        timeline = self._district.timeline
        touched = {
            touch.slot
            for number in range(before, generation)
            for touch in timeline.touches(number)
            if touch.collection is _C.USERS and self._moves(touch.slot)
        }
        for slot in touched:
            for gone in (False, True):
                self._note(slot, gone=gone, absent=self._is_absent(slot, generation, gone=gone))

    def _note(self, user: int, *, gone: bool, absent: bool) -> None:
        for collection in (_C.USERS, _C.DEMOGRAPHICS):
            _put(self._slots[collection, gone], user, there=absent)
        for seat in self._district.layout.enrollments_of(user):
            _put(self._slots[_C.ENROLLMENTS, gone], seat, there=absent)

    def _moves(self, user: int) -> bool:
        return self._district.timeline.moves(user)

    def _is_absent(self, user: int, generation: int, *, gone: bool) -> bool:
        timeline = self._district.timeline
        version = timeline.version(_C.USERS, user, generation)
        if gone:
            return not version and user >= self._district.layout.users
        return not timeline.is_here(user, version)


def _put(slots: list[int], slot: int, *, there: bool) -> None:
    place = bisect_left(slots, slot)
    found = place < len(slots) and slots[place] == slot
    if there and not found:
        insort(slots, slot)
    elif found and not there:
        del slots[place]
