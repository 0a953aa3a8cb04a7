"""When changes happened that somebody brought forward: as of then, by the sandbox's own clock.

A generated district counts its changes from its epoch, a millisecond each. Told like that, a
change of today would be as old as the sandbox, and nobody who asks what is new would see it.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from typing import Final

import msgspec

from integration_tui.domain.roster import Record
from integration_tui.providers.mock.changes import Timeline

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
