"""Dates as spreadsheets leave them behind.

OneRoster's are 2026-08-31. A spreadsheet makes 31/08/2026 or 8/31/2026 of it, by the country
it was opened in; where both are possible, the file's other dates decide, and without any the
month is taken to come first.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final

from integration_tui.providers.oneroster_csv.findings import Remark, error, warning

_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})(?:[T ].*)?", re.ASCII)
_YEAR_LAST: Final = re.compile(
    r"(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4})(?: 0?0:00(?::00)?)?", re.ASCII
)
_WRITE: Final = "write it as year-month-day, 2026-08-31"

UNREADABLE: Final = error("is no date", _WRITE)
_OTHERWISE: Final = warning("is a date that is written otherwise", _WRITE)
_AMBIGUOUS: Final = warning("may be day/month or month/day; read as month/day", _WRITE)
_BY_OTHERS: Final = warning(
    "may be day/month or month/day; read as the dates before it in the file", _WRITE
)


@lru_cache(maxsize=4096)
def iso_date(cell: str) -> date:
    """Return a date that is written as it should be. Raises `ValueError`."""
    if len(cell) != 10 or cell[4] != "-":
        raise ValueError("not year-month-day")
    return date.fromisoformat(cell)


class DateHabit:
    """Reads the other dates of one file, in their order."""

    def __init__(self) -> None:
        self._day_first: bool | None = None

    def read(self, cell: str) -> tuple[date, Remark]:
        """Return a date, and what is to be said of it. Raises `ValueError`."""
        cell = cell.strip()
        if found := _YEAR_FIRST.fullmatch(cell):
            return date(int(found[1]), int(found[2]), int(found[3])), _OTHERWISE
        if found := _YEAR_LAST.fullmatch(cell):
            return self._year_last(int(found[1]), int(found[3]), int(found[4]), found[2])
        raise ValueError("no date")

    def _year_last(self, one: int, two: int, year: int, sign: str) -> tuple[date, Remark]:
        if sign == "." or one > 12 or two > 12 or one == two:
            day_first = sign == "." or one > 12
            if one != two:
                self._day_first = day_first
            remark = _OTHERWISE
        else:
            day_first = self._day_first is True
            remark = _AMBIGUOUS if self._day_first is None else _BY_OTHERS
        day, month = (one, two) if day_first else (two, one)
        return date(year, month, day), remark
