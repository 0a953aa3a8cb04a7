"""How much was done by the hour of today, and who did most of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Final

import msgspec
from textual.content import Content

from integration_tui.domain.audit.log import AuditActivity
from integration_tui.domain.value import replace
from integration_tui.tui.widgets.roles import Part, fit, line, text

if TYPE_CHECKING:
    from integration_tui.tui.services import AuditServiceProtocol

HOURS: Final = 24
_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_SCALE: Final = 5
_ACTORS: Final = 26
_EVERY: Final = 3
"""Every third hour has its time below."""
_ACTORS_FROM: Final = 78
_HOUR: Final = timedelta(hours=1)


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """Entries by hour since midnight; hours that are over are not counted again."""

    day: datetime
    counts: tuple[int, ...] = ()
    actors: Sequence[tuple[str, int]] = ()

    @property
    def total(self) -> int:
        return sum(self.counts)


def midnight(now: datetime) -> datetime:
    """Return when the local day of a moment began."""
    return now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)


async def read_hours(audit: AuditServiceProtocol, known: Hours | None, now: datetime) -> Hours:
    """Count entries by hour up to this one, going on from what is known."""
    day = midnight(now)
    before = known.counts[:-1] if known is not None and known.day == day else ()
    passed = int((now - day) / _HOUR) + 1
    moments = [day + _HOUR * hour for hour in range(len(before), passed + 1)]
    found: AuditActivity = await audit.activity(moments, day)
    return replace(Hours(day=day), counts=tuple(chain(before, found.counts)), actors=found.actors)


def activity_lines(hours: Hours, width: int, height: int) -> Iterator[Content]:
    """Yield columns by hour with a scale and times; beside them, who did most."""
    has_actors = width >= _ACTORS_FROM
    room = width - (_ACTORS + 2 if has_actors else 0)
    actors = list(_actor_lines(hours.actors, height)) if has_actors else []
    for number, chart in enumerate(_columns(hours, room, height)):
        beside = actors[number] if number < len(actors) else Content("")
        yield line(fit(chart, room), "  ", beside) if has_actors else chart


def _columns(hours: Hours, width: int, height: int) -> Iterator[Content]:
    wide = max((width - _SCALE) // HOURS, 1)
    high, top = max(height - 1, 1), max([*hours.counts, 1])
    filled = max(wide - 1, 1)
    gap = " " * (wide - filled)
    for row in range(high):
        parts: list[Part] = [(f"{f'{top:,}' if row == 0 else '':>{_SCALE - 1}} ", "muted")]
        for hour in range(HOURS):
            parts.append(_cell(hours, hour, high - 1 - row, high, top, filled))
            parts.append(gap)
        yield line(*parts)
    times = "".join(f"{hour:02d}:00".ljust(wide * _EVERY) for hour in range(0, HOURS, _EVERY))
    shown = times if wide * _EVERY > len("00:00") else "00:00".ljust(wide * HOURS - 5) + "23:00"
    yield text(" " * _SCALE + shown, "muted")


def _cell(hours: Hours, hour: int, row: int, high: int, top: int, cells: int) -> Part:
    if hour >= len(hours.counts):
        return ("·" * cells if row == 0 else " " * cells, "faint")
    count, full = hours.counts[hour], len(_BLOCKS) - 1
    level = round(count / top * high * full) - row * full
    if row == 0 and count:
        level = max(level, 1)
    return (_BLOCKS[max(0, min(full, level))] * cells, "info")


def _actor_lines(actors: Sequence[tuple[str, int]], height: int) -> Iterator[Content]:
    room = _ACTORS - 7
    for name, count in actors[:height]:
        yield line(fit(text(name, "strong"), room, middle=True), (f"{count:>7,}", "muted"))
