"""Texts of cells turned into values: first as the specification writes them, then as people do.

The way for what is right raises at the first doubt and is fast; what it refuses is looked at
again with patience, and told. No remark repeats a cell.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

from integration_tui.domain.roster import RecordStatus, UserId
from integration_tui.domain.text_damage import without_invisible
from integration_tui.providers.oneroster.field_parsing import moment
from integration_tui.providers.oneroster_csv.findings import Remark, error, warning
from integration_tui.providers.oneroster_csv.tables import CellKind, CsvColumn, is_list

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


class _UndecidedDateError(ValueError):
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

        Raises `ValueError`, `_UndecidedDateError` where the file's other dates do not help.
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
            raise _UndecidedDateError("both ways")
        if not answers:
            return False, _AMBIGUOUS
        day_first = True in answers
        return day_first, _BY_OTHERS[day_first]


_FLAGS: Final = {"true": True, "false": False}
_LOOSE_FLAGS: Final = {
    **_FLAGS, "1": True, "0": False, "yes": True, "no": False, "y": True, "n": False,
    "t": True, "f": False,
}  # fmt: skip
_STATUSES: Final = {record_status.value: record_status for record_status in RecordStatus}
_LOOSE_STATUSES: Final = {**_STATUSES, "inactive": RecordStatus.TO_BE_DELETED}
_USER_ID: Final = re.compile(r"\{([^:{}]*):(.*?)\}(?:,(?=\s*\{)|\Z)\s*", re.DOTALL)

_YEAR: Final = re.compile(r"(?:19|20|21)\d\d", re.ASCII)
_BLANKS: Final = warning(
    "has blanks around it; they were taken off", "remove them", rule="blanks-around"
)
_SPELLING: Final = warning("is spelled otherwise than in OneRoster", "capitals count")
_UNKNOWN_WORD: Final = warning(
    "is no word of OneRoster's; it is kept as it is", "use one, or begin your own with ext:"
)
_LOOSE_FLAG: Final = warning("is read as true or false", "write true or false")
_NO_FLAG: Final = warning(
    "is neither true nor false; passed over",
    "write true or false",
    rule="unreadable-flag",
    is_loss=True,
)
_NO_STATUS: Final = error("is no status", "write active or tobedeleted; leave it blank in bulk")
_LOOSE_STATUS: Final = warning("is spelled otherwise", "write active or tobedeleted")
_NO_MOMENT: Final = warning(
    "is no moment; passed over",
    "write it as 2026-08-31T12:00:00.000Z",
    rule="unreadable-moment",
    is_loss=True,
)
_NO_USER_IDS: Final = warning(
    "is no list of {type:id}; passed over",
    "write {type:id},{type:id}",
    rule="unreadable-user-ids",
    is_loss=True,
)
_NO_LIST: Final = warning("has quotes that do not match", "close them", rule="stray-quote")
_NO_YEAR: Final = warning(
    "is no year; it is kept as it is",
    "write the year in which the school year ends, such as 2027",
    rule="school-year",
)

_EXACT: Final = {CellKind.ID, CellKind.REF}
_PASSED_OVER: Final[Mapping[CellKind, tuple[object, Remark]]] = {
    CellKind.MOMENT: (None, _NO_MOMENT),
    CellKind.USER_IDS: ((), _NO_USER_IDS),
}


class UnreadableCellError(Exception):
    """A cell without which its row makes no record; `remark` says why."""

    def __init__(self, remark: Remark) -> None:
        super().__init__(remark.message)
        self.remark = remark


def parse_strict(column: CsvColumn) -> Callable[[str], object]:
    """Return what reads a column's cells. That raises `ValueError` or `KeyError` at a doubt."""
    if column.words is not None:
        return {word: word for word in column.words.values()}.__getitem__
    return _STRICT[column.kind]


class LenientParser:
    """Reads the cells of one file that were refused, in their order."""

    def __init__(self, look: Callable[[], Evidence]) -> None:
        self._dates = DateHabit(look)

    def read(self, column: CsvColumn, cell: str, place: int) -> tuple[object, Remark | None]:
        """Return a value, `None` where there is none, and what is to be said.

        Raises `UnreadableCellError`.
        """
        if column.words is not None:
            return _word(cell.strip(), column.words)
        if column.kind is CellKind.DATE:
            return self._date(column, cell, place)
        if (loosely := _LOOSELY.get(column.kind)) is not None:
            return loosely(cell)
        return (cell.strip(), _BLANKS) if column.kind in _EXACT else _PASSED_OVER[column.kind]

    def _date(self, column: CsvColumn, cell: str, place: int) -> tuple[object, Remark]:
        if is_zero(cell.strip()) and not column.needed:
            return None, ZERO
        try:
            return self._dates.read(cell, place)
        except _UndecidedDateError:
            raise UnreadableCellError(CONTRADICTORY) from None
        except ValueError:
            raise UnreadableCellError(UNREADABLE) from None


def _word(word: str, vocabulary: Mapping[str, str]) -> tuple[str, Remark | None]:
    if known := vocabulary.get(word.lower()):
        return known, _SPELLING
    return word, None if word.startswith("ext:") else _UNKNOWN_WORD


def _parse_flag(cell: str) -> tuple[bool | None, Remark]:
    found = _LOOSE_FLAGS.get(cell.strip().lower())
    return found, _NO_FLAG if found is None else _LOOSE_FLAG


def _status(cell: str) -> tuple[RecordStatus, Remark]:
    found = _LOOSE_STATUSES.get(cell.strip().lower())
    if found is None:
        raise UnreadableCellError(_NO_STATUS)
    return found, _LOOSE_STATUS


def _parse_year(cell: str) -> str:
    if not _YEAR.fullmatch(cell):
        raise ValueError("no year")
    return cell


def _loose_year(cell: str) -> tuple[str, Remark]:
    word = cell.strip()
    return (word, _BLANKS) if _YEAR.fullmatch(word) else (cell, _NO_YEAR)


def _loose_list(cell: str) -> tuple[tuple[str, ...], Remark]:
    return _split(cell), _NO_LIST


def _exact(cell: str) -> str:
    if cell.strip() != cell:
        raise ValueError("blanks")
    return cell


@lru_cache(maxsize=4096)
def _parse_moment(cell: str) -> object:
    found = moment(cell)
    if found is None:
        raise ValueError("no moment")
    return found


def parts(cell: str) -> tuple[str, ...]:
    """Return the members of a list; one that holds a comma is in quotes of its own."""
    if '"' not in cell:
        return _split(cell)
    try:
        (members,) = csv.reader([cell], skipinitialspace=True, strict=True)
    except csv.Error:
        raise ValueError("quotes that do not match") from None
    return tuple(member for member in members if member)


def _split(cell: str) -> tuple[str, ...]:
    return tuple(word for text in cell.split(",") if (word := text.strip()))


def _parse_user_ids(cell: str) -> tuple[UserId, ...]:
    """Return the pairs of `{type:id},{type:id}`; an id may hold colons."""
    found: list[UserId] = []
    end = 0
    cell = cell.strip()
    while end < len(cell):
        pair = _USER_ID.match(cell, end)
        if pair is None:
            raise ValueError("no pairs")
        if identifier := pair[2].strip():
            found.append(UserId(type=pair[1].strip(), identifier=identifier))
        end = pair.end()
    return tuple(found)


_STRICT: Final[Mapping[CellKind, Callable[[str], object]]] = {
    CellKind.ID: _exact,
    CellKind.REF: _exact,
    CellKind.TEXT: str,
    CellKind.WORD: str,
    CellKind.FLAG: _FLAGS.__getitem__,
    CellKind.DATE: iso_date,
    CellKind.YEAR: _parse_year,
    CellKind.MOMENT: _parse_moment,
    CellKind.STATUS: _STATUSES.__getitem__,
    CellKind.REFS: parts,
    CellKind.TEXTS: parts,
    CellKind.USER_IDS: _parse_user_ids,
}
_LOOSELY: Final[Mapping[CellKind, Callable[[str], tuple[object, Remark]]]] = {
    CellKind.FLAG: _parse_flag,
    CellKind.STATUS: _status,
    CellKind.YEAR: _loose_year,
    CellKind.REFS: _loose_list,
    CellKind.TEXTS: _loose_list,
}


_MEMBER_NEEDS_QUOTES: Final = re.compile('[,"\r\n]')
_TYPE_CANNOT: Final = re.compile("[:{}]")
_SCHOOL_YEAR: Final = re.compile(
    r"((?:19|20|21)\d\d)(?:\s*[-/\u2013]\s*((?:19|20|21)?\d\d))?", re.ASCII
)


def text_of(kind: CellKind) -> Callable[[object], str]:
    """Return what writes the values of a column; `None` is blank."""
    return _FORMATTERS.get(kind, _plain)


def can_be_written(user_id: UserId) -> bool:
    """Return whether `{type:id}` can be told apart again from what is around it."""
    return not _TYPE_CANNOT.search(user_id.type) and "}" not in user_id.identifier


def plain_id(value: object) -> str:
    """Return an id or a reference as it is written and read: without what nobody sees around it."""
    text = str(value)
    return text if text.isalnum() and text.isascii() else without_invisible(text).strip()


def school_year(value: str) -> str:
    """Return the year in which a school year ends; empty where that is not told."""
    found = _SCHOOL_YEAR.fullmatch(value.strip())
    if found is None:
        return ""
    end = found[2] or found[1]
    return end if len(end) == 4 else f"{found[1][:2]}{end}"


def moment_text(moment: datetime) -> str:
    """Return a moment in UTC, as exact as it is, but to the millisecond at least."""
    exactly = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=exactly)}Z"


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _format_flag(value: object) -> str:
    return "" if value is None else "true" if value else "false"


def _date(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else ""


def _format_moment(value: object) -> str:
    return moment_text(value) if isinstance(value, datetime) else ""


def _id(value: object) -> str:
    return "" if value is None else plain_id(value)


def _format_year(value: object) -> str:
    return school_year(value) if isinstance(value, str) else ""


def _ids(value: object) -> str:
    return _members(tuple(map(plain_id, value)) if is_list(value) else ())


def _members(value: object) -> str:
    """Return a list; a member that holds a comma is in quotes of its own."""
    members = [str(member) for member in value] if is_list(value) else []
    if not any(map(_MEMBER_NEEDS_QUOTES.search, members)):
        return ",".join(members)
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(members)
    return line.getvalue().removesuffix("\r\n")


def _format_user_ids(value: object) -> str:
    ids = value if is_list(value) else ()
    return ",".join(
        f"{{{record_id.type}:{record_id.identifier}}}"
        for record_id in ids
        if isinstance(record_id, UserId) and can_be_written(record_id)
    )


_FORMATTERS: Final[Mapping[CellKind, Callable[[object], str]]] = {
    CellKind.FLAG: _format_flag,
    CellKind.DATE: _date,
    CellKind.MOMENT: _format_moment,
    CellKind.ID: _id,
    CellKind.REF: _id,
    CellKind.REFS: _ids,
    CellKind.YEAR: _format_year,
    CellKind.TEXTS: _members,
    CellKind.USER_IDS: _format_user_ids,
}
