"""Days as servers send them: 2026-08-15, or with a time behind it that may mean another day.

A server in Chicago that keeps the 15th as its own midnight sends 2026-08-15T05:00:00Z, one in
Berlin 2026-08-14T22:00:00Z. Which day is meant can only be said where the zone is known.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

_DAY: Final = re.compile(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})", re.ASCII)
_TIME: Final = re.compile(r"([\d./-]{8,10})[T ]+(.+)", re.ASCII)
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_ZERO: Final = re.compile(
    r"0?0:00(?::00(?:\.0*)?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?))?|12:00(?::00)? ?AM",
    re.ASCII | re.IGNORECASE,
)
_MONTHS: Final = 12


class Day(NamedTuple):
    """A day. `is_cut`: a time behind it was left out, so that another day may be meant."""

    day: date
    is_cut: bool = False


def day_in(written: str, zone: ZoneInfo | None) -> Day:
    """Return the day that is meant in a zone. Raises `ValueError`.

    Midnight, in whatever zone it is written, is the day itself (TimeBack sends it so).
    """
    behind = _TIME.fullmatch(written)
    if behind is None:
        return Day(_date(written))
    if _ZERO.fullmatch(behind[2].strip()):
        return Day(_date(behind[1]))
    moment = _moment(written)
    if zone is None:
        return Day(_date(behind[1]), is_cut=True)
    if moment is None or moment.tzinfo is None:
        return Day(_date(behind[1]), is_cut=moment is None)  # a time on the clock of the zone
    try:
        return Day(moment.astimezone(zone).date())
    except OverflowError:
        raise ValueError("beyond the calendar") from None


def _moment(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def _date(written: str) -> date:
    if found := _DAY.fullmatch(written):
        return date(int(found[1]), int(found[2]), int(found[3]))
    found = _YEAR_LAST.fullmatch(written)
    if found is None:
        raise ValueError("no date")
    one, two, year = int(found[1]), int(found[3]), int(found[4])
    if found[2] == "." or one > _MONTHS:
        return date(year, two, one)
    if two > _MONTHS or one == two:
        return date(year, one, two)
    raise ValueError("day and month cannot be told apart")
