"""Dates as spreadsheets leave them behind.

OneRoster's are 2026-08-31. A spreadsheet makes 31/08/2026 or 8/31/2026 of it, by the country
it was opened in. Where both are possible the other dates of the whole file decide, those of the
same column before all others, so that the order of the rows never matters. Where they say
nothing the month is taken to come first; where they contradict each other there is no date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from integration_tui.providers.oneroster_csv.findings import Remark, error, warning

_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})(?:[T ].*)?", re.ASCII)
_MIDNIGHT: Final = r"(?: 0?0:00(?::00)?| 12:00(?::00)? ?AM)?"
_YEAR_LAST: Final = re.compile(
    rf"(\d{{1,2}})([-/.])(\d{{1,2}})[-/.](\d{{4}}){_MIDNIGHT}", re.ASCII | re.IGNORECASE
)
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_NAMED: Final = re.compile(rf"(\d{{1,2}})[-/. ]([A-Za-z]{{3}})[-/. ](\d{{4}}){_MIDNIGHT}", re.ASCII)
"""31-Aug-2026."""
_ZERO: Final = re.compile(r"0000-00-00.*|00?/0?0/0000|1/0/1900|0?0-Jan-(?:19)?00|1900-01-00.*|0")
_MOST_KNOWN: Final = 4096
_WRITE: Final = "write it as year-month-day, 2026-08-31"

UNREADABLE: Final = error("is no date", _WRITE)
CONTRADICTORY: Final = error(
    "may be day/month or month/day, and the file's other dates are written in both ways", _WRITE
)
ZERO: Final = warning(
    "is a zero date, which stands for none", "leave it empty where there is no date",
    rule="zero-date",
)  # fmt: skip
_OTHERWISE: Final = warning("is a date that is written otherwise", _WRITE)
_AMBIGUOUS: Final = warning(
    "may be day/month or month/day, and no other date of the file tells; read as month/day",
    _WRITE,
    rule="ambiguous-date",
)
_BY_OTHERS: Final = {
    True: warning(
        "may be day/month or month/day; read as day/month, as the file's other dates", _WRITE
    ),
    False: warning(
        "may be day/month or month/day; read as month/day, as the file's other dates", _WRITE
    ),
}

Evidence = Mapping[int, frozenset[bool]]
"""Whether the days come first, by the place of a column: one answer, both, or none."""


class UndecidedDateError(ValueError):
    """A date can be read in two ways, and the file has both."""


@lru_cache(maxsize=4096)
def iso_date(cell: str) -> date:
    """Return a date that is written as it should be. Raises `ValueError`."""
    if len(cell) != 10 or cell[4] != "-":
        raise ValueError("not year-month-day")
    return date.fromisoformat(cell)


def is_zero(cell: str) -> bool:
    """Return whether a cell is what databases and spreadsheets write for no date."""
    return _ZERO.fullmatch(cell) is not None


def is_day_first(cell: str) -> bool | None:
    """Return whether a date has its day first; `None` where it may be either, or is no such date.

    Dots are written where the day comes first.
    """
    found = _YEAR_LAST.fullmatch(cell.strip())
    if found is None or found[1] == found[3]:
        return None
    one, two = int(found[1]), int(found[3])
    if one > 12 or two > 12:
        return None if one > 12 and two > 12 else one > 12
    return True if found[2] == "." else None


class DateHabit:
    """Reads the other dates of one file. `look` goes through the file once, when it is asked."""

    def __init__(self, look: Callable[[], Evidence]) -> None:
        self._look = look
        self._evidence: Evidence | None = None
        self._known: dict[tuple[str, int], tuple[date, Remark]] = {}

    def read(self, cell: str, place: int) -> tuple[date, Remark]:
        """Return a date, and what is to be said of it.

        Raises `ValueError`, `UndecidedDateError` where the file's other dates do not help.
        """
        if (known := self._known.get((cell, place))) is not None:
            return known
        found = self._read(cell.strip(), place)
        if len(self._known) < _MOST_KNOWN:
            self._known[cell, place] = found
        return found

    def _read(self, cell: str, place: int) -> tuple[date, Remark]:
        if found := _YEAR_FIRST.fullmatch(cell):
            return date(int(found[1]), int(found[2]), int(found[3])), _OTHERWISE
        if (found := _NAMED.fullmatch(cell)) and found[2].lower() in _MONTHS:
            return date(
                int(found[3]), 1 + _MONTHS.index(found[2].lower()), int(found[1])
            ), _OTHERWISE
        found = _YEAR_LAST.fullmatch(cell)
        if found is None:
            raise ValueError("no date")
        one, two, year = int(found[1]), int(found[3]), int(found[4])
        if one == two:
            return date(year, one, one), _OTHERWISE
        day_first, remark = is_day_first(cell), _OTHERWISE
        if day_first is None and max(one, two) <= 12:
            day_first, remark = self._decided(place)
        day, month = (one, two) if day_first else (two, one)
        return date(year, month, day), remark

    def _decided(self, place: int) -> tuple[bool, Remark]:
        if self._evidence is None:
            self._evidence = self._look()
        answers = self._evidence.get(place) or frozenset[bool]().union(*self._evidence.values())
        if len(answers) > 1:
            raise UndecidedDateError("both ways")
        if not answers:
            return False, _AMBIGUOUS
        day_first = True in answers
        return day_first, _BY_OTHERS[day_first]
