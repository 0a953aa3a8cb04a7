"""Looks through the audit log for what a filter wants, a bounded part at a time.

The rarest of the wanted values leads, by its index; the others are looked up in theirs, entry by
entry, for `MOST` entries in one look. Frequent words are looked for in the index of words, block by
block. Nothing is
counted: a look takes as long in ten million entries as in a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from integration_tui.domain.audit.chain import parsed
from integration_tui.domain.audit.log import (
    Action,
    ActionOutcome,
    AuditEntry,
    AuditFilter,
    AuditPage,
    Key,
)
from integration_tui.domain.audit.query import words_in
from integration_tui.domain.ids import TenantId
from integration_tui.store.audit.index import Indexed, block_end, block_of
from integration_tui.store.audit.queries import (
    LOGS,
    NEWEST_FIRST,
    OLDEST_FIRST,
    Among,
    Direction,
    Statement,
    Worded,
    all_numbers,
    all_of,
    check_time,
    distinct,
    first_at,
)
from integration_tui.store.column_types import instant, storable
from integration_tui.store.connection import Connection

MOST: Final = 1_000
"""Entries that one look goes through: a hundredth of a second or two."""
_FEW: Final = 300
"""The same where each of them is looked up in the index of words."""
_OTHERS: Final = 40
"""Values that may stand in for a `!`; where a column has more, each entry is looked at."""
_SLACK: Final = timedelta(hours=1)
"""By how much a clock may have been set back: but for that, numbers follow time."""
_ENUMS: Final = {Key.ACTION: tuple(Action), Key.OUTCOME: tuple(ActionOutcome)}


class AuditSearch:
    """One filter on one tenant's log, as it is in one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId, wanted: AuditFilter) -> None:
        self._connection = connection
        self._tenant = tenant
        self._wanted = wanted
        self._first, self._last = 1, 0
        self._sources: list[Among | Worded] = []
        self._times: list[Statement] = []
        self._checks: list[Statement] = []
        self._unlike: list[Statement] = []
        self._indexed = Indexed(0, 1, 0)

    async def prepare(self, head: int, indexed: Indexed | None) -> None:
        """Find out which numbers can match at all, and what has to be looked at."""
        wanted = self._wanted
        self._first, self._last = await self._numbers(head)
        if wanted.needs_words:
            self._indexed = indexed or Indexed(0, head + 1, head)
            self._first = max(self._first, self._indexed.low)
            self._last = min(self._last, self._indexed.high)
        for key, value in wanted.asked.items():
            self._sources.append(Among(self._tenant, key, (storable(value),)))
        for word in words_in(" ".join(wanted.text)):
            self._sources.append(Worded(all_of([word]), self._indexed.base))
        for key in (Key.ACTION, Key.ACTOR, Key.OBJECT, Key.OUTCOME):
            await self._exclude(key, tuple(map(storable, wanted.excluded(key))))
        self._unlike = [*self._checks]
        for text in wanted.excluded(Key.TEXT):
            self._checks.append(self._without(words_in(text)))
        self._times = list(self._at_the_right_time())
        if any(isinstance(source, Among) and not source.values for source in self._sources):
            self._last = 0  # nothing is left that could match

    async def page(self, way: Direction, start: int | None, limit: int) -> AuditPage:
        """Look through one more part of the log, behind the number `start`."""
        begin, end = (self._last, self._first) if way is NEWEST_FIRST else (self._first, self._last)
        if start is not None:
            begin = way.farther(begin, start + way.step)
        if (end - begin) * way.step < 0:
            return self._page_of((), None)
        stop, found = await self._found(way, begin, end, limit)
        if len(found) == limit:
            stop = found[-1]
        return self._page_of(await self.entries(found), None if stop == end else stop)

    async def entries(self, numbers: Sequence[int]) -> list[AuditEntry]:
        """Return the entries with these numbers, in their order."""
        if not numbers:
            return []
        listed = ", ".join(map(str, map(int, numbers)))
        rows = await self._connection.exec_driver_sql(
            f"SELECT seq, body, hash FROM {LOGS} WHERE tenant_id = ? AND seq IN ({listed})",  # noqa: S608 - numbers
            (self._tenant,),
        )
        by_number = {row.seq: parsed(row.body, row.hash) for row in rows.all()}
        return [by_number[number] for number in numbers if number in by_number]

    def _page_of(self, entries: Sequence[AuditEntry], reached: int | None) -> AuditPage:
        return AuditPage(entries=entries, reached=reached, words_from=self._indexed.low)

    # What has to be looked at

    async def _numbers(self, head: int) -> tuple[int, int]:
        """Return the first and the last number that can match."""
        since, until = self._wanted.since, self._wanted.until
        first = await self._number_at(since, -_SLACK, OLDEST_FIRST) if since else 1
        last = await self._number_at(until, _SLACK, NEWEST_FIRST) if until else head
        # Nothing is that new, or that old.
        return head + 1 if first is None else first, 0 if last is None else last

    async def _number_at(self, at: datetime, slack: timedelta, way: Direction) -> int | None:
        try:
            moment = instant(at + slack)
        except OverflowError:  # the beginning or the end of all time
            moment = instant(at)
        found = await self._ask(first_at(self._tenant, way, moment))
        return found[0] if found else None

    async def _exclude(self, key: Key, excluded: tuple[str, ...]) -> None:
        """Turn what must not be into what may be, where that is little."""
        if not excluded:
            return
        known = _ENUMS.get(key) or await self._distinct(key)
        if len(known) <= _OTHERS:
            values = tuple(str(value) for value in known if value not in excluded)
            self._sources.append(Among(self._tenant, key, values))
        else:
            self._checks.append(Among(self._tenant, key, excluded).check(is_not=True))

    async def _distinct(self, key: Key) -> tuple[str, ...]:
        sql, values = distinct(self._tenant, key, _OTHERS + 1)
        rows = await self._connection.exec_driver_sql(sql, values)
        return tuple(rows.scalars())

    def _without(self, words: Sequence[str]) -> Statement:
        """Return the condition that an entry does not have all of these words."""
        parts = [Worded(all_of([word]), self._indexed.base).check(is_not=True) for word in words]
        values = tuple(value for _, asked in parts for value in asked)
        return f"({' OR '.join(sql for sql, _ in parts)})", values

    def _at_the_right_time(self) -> Iterator[Statement]:
        for sign, at in ((">=", self._wanted.since), ("<", self._wanted.until)):
            if at:
                yield check_time(self._tenant, sign, instant(at))

    # Looking

    async def _found(
        self, way: Direction, begin: int, end: int, limit: int
    ) -> tuple[int, list[int]]:
        """Return how far was looked, and which numbers match."""
        lead, stop = None, end
        if self._checks or len(self._sources) > 1:
            lead, stop = await self._lead(way, begin, end)
            if self._wanted.needs_words and stop != end:
                return await self._in_block(way, begin, end, limit)
        elif self._sources:
            lead = self._sources[0]
        others = [source.check() for source in self._sources if source is not lead]
        checks = [*others, *self._checks, *self._times]
        if lead is None:
            statement = all_numbers(self._tenant, way, _span(begin, stop), checks, limit)
        else:
            statement = lead.numbers(way, _span(begin, stop), checks, limit)
        return stop, await self._ask(statement)

    async def _lead(
        self, way: Direction, begin: int, end: int
    ) -> tuple[Among | Worded | None, int]:
        """Return the source that gets farthest with so many entries, and how far."""
        most = _FEW if self._wanted.needs_words else MOST
        lead, stop = None, way.nearer(end, begin + way.step * (most - 1))
        for source in self._sources:
            reached = end
            for number in await self._ask(source.reach(way, _span(begin, end), most)):
                reached = way.nearer(reached, number)
            if lead is None or way.farther(stop, reached) != stop:
                lead, stop = source, reached
        return lead, stop

    async def _in_block(
        self, way: Direction, begin: int, end: int, limit: int
    ) -> tuple[int, list[int]]:
        """Look through the rest of the block that `begin` is in, by the index of words."""
        stop = way.nearer(end, block_end(begin, way.step))
        worded = Worded(self._match(block_of(begin)), self._indexed.base)
        among = [source.check() for source in self._sources if isinstance(source, Among)]
        checks = [*among, *self._unlike, *self._times]
        return stop, await self._ask(worded.numbers(way, _span(begin, stop), checks, limit))

    def _match(self, block: str) -> str:
        """Return what to ask the index for: all that can be told by words, in one block."""
        said = " ".join([*self._wanted.text, *self._wanted.asked.values()])
        excluded = map(words_in, self._wanted.excluded(Key.TEXT))
        without = [f"({all_of([block, *words])})" for words in excluded]
        asked = f"({all_of([block, *words_in(said)])})"
        return f"{asked} NOT ({' OR '.join(without)})" if without else asked

    async def _ask(self, statement: Statement) -> list[int]:
        rows = await self._connection.exec_driver_sql(*statement)
        return list(rows.scalars())


def _span(begin: int, stop: int) -> tuple[int, int]:
    return (begin, stop) if begin <= stop else (stop, begin)
