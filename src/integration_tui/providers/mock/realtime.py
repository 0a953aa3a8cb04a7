"""The stream of changes: what is past is told at once, what comes is waited for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Final

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.paging import Cursor
from integration_tui.domain.provider import ProviderContext, RemoteChange
from integration_tui.domain.roster import RecordStatus
from integration_tui.providers.mock.district import District
from integration_tui.providers.mock.network import SimulatedNetwork

_IDLE_S: Final = 60.0
"""How often a waiting stream looks whether the line is still good."""
_PER_CHANGE: Final = 16
"""Room for all that one change touches; a cursor counts the places that are told."""
_BREATH: Final = 100


class ChangeStream:
    """Resumable by cursor. An incident that refuses requests ends a stream with its error."""

    def __init__(
        self, context: ProviderContext, *, district: District, line: SimulatedNetwork
    ) -> None:
        self._context = context
        self._district = district
        self._line = line

    async def changes(self, after: Cursor | None = None) -> AsyncIterator[RemoteChange]:
        """Yield changes behind `after` (`None`: from now on), and wait for more."""
        now = self._context.clock()
        told = int(cursor_at(self._district, now))
        if after is not None:
            told = min(told, _position(after))
        number = told // _PER_CHANGE
        await self._line.request()
        while True:
            await self._wait_for(number)
            for change in changes_of(self._district, number):
                if int(change.cursor) > told:
                    yield change
            number += 1
            if number % _BREATH == 0:
                await self._context.sleep(0)

    async def _wait_for(self, number: int) -> None:
        while self._generation() <= number:
            await self._context.sleep(self._pause_s(number))
            self._line.check_open()

    def _pause_s(self, number: int) -> float:
        if self._district.timeline.period is None:
            return _IDLE_S
        due = self._district.timeline.moment_of(number) - self._context.clock()
        return min(max(due.total_seconds(), 0.001), _IDLE_S)

    def _generation(self) -> int:
        return self._district.timeline.generation_at(self._context.clock())


def changes_since(district: District, after: Cursor, *, until: datetime) -> Iterator[RemoteChange]:
    """Yield all changes behind a cursor up to a moment."""
    told = _position(after)
    for number in range(told // _PER_CHANGE, district.timeline.generation_at(until)):
        yield from (
            remote_change
            for remote_change in changes_of(district, number)
            if int(remote_change.cursor) > told
        )


def cursor_at(district: District, moment: datetime) -> Cursor:
    """Return the cursor behind which the changes after a moment are."""
    return Cursor(str(district.timeline.generation_at(moment) * _PER_CHANGE))


def changes_of(district: District, number: int) -> Iterator[RemoteChange]:
    """Yield all that change `number` touches, as it stands right after it."""
    at = district.timeline.moment_of(number)
    for nth, touch in enumerate(district.timeline.touches(number)):
        record = district.record(touch.collection, touch.slot, number + 1)
        if record is not None:
            yield RemoteChange(
                collection=touch.collection,
                sourced_id=record.sourced_id,
                deleted=record.status is RecordStatus.TO_BE_DELETED,
                at=at,
                cursor=Cursor(str(number * _PER_CHANGE + nth + 1)),
            )


def _position(cursor: Cursor) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise IncompatibleError(
            "the cursor does not belong to this stream", advice="start the stream from now"
        )
    return int(cursor)
