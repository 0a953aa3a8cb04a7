"""Texts of cells turned into values: first as the specification writes them, then as people do.

The way for what is right raises at the first doubt and is fast; what it refuses is looked at
again with patience, and told. No remark repeats a cell.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from integration_tui.domain.roster import RecordStatus, UserId
from integration_tui.providers.oneroster.fields import moment
from integration_tui.providers.oneroster_csv.dates import (
    CONTRADICTORY,
    UNREADABLE,
    ZERO,
    DateHabit,
    Evidence,
    UndecidedDateError,
    is_zero,
    iso_date,
)
from integration_tui.providers.oneroster_csv.findings import Remark, error, warning
from integration_tui.providers.oneroster_csv.tables import Column, Kind

_FLAGS: Final = {"true": True, "false": False}
_LOOSE_FLAGS: Final = {
    **_FLAGS, "1": True, "0": False, "yes": True, "no": False, "y": True, "n": False,
    "t": True, "f": False,
}  # fmt: skip
_STATUSES: Final = {one.value: one for one in RecordStatus}
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

_EXACT: Final = {Kind.ID, Kind.REF}
_PASSED_OVER: Final[Mapping[Kind, tuple[object, Remark]]] = {
    Kind.MOMENT: (None, _NO_MOMENT),
    Kind.USER_IDS: ((), _NO_USER_IDS),
}


class UnreadableError(Exception):
    """A cell without which its row makes no record; `remark` says why."""

    def __init__(self, remark: Remark) -> None:
        super().__init__(remark.message)
        self.remark = remark


def strict(column: Column) -> Callable[[str], object]:
    """Return what reads a column's cells. That raises `ValueError` or `KeyError` at a doubt."""
    if column.words is not None:
        return {one: one for one in column.words.values()}.__getitem__
    return _STRICT[column.kind]


class Patience:
    """Reads the cells of one file that were refused, in their order."""

    def __init__(self, look: Callable[[], Evidence]) -> None:
        self._dates = DateHabit(look)

    def read(self, column: Column, cell: str, place: int) -> tuple[object, Remark | None]:
        """Return a value, `None` where there is none, and what is to be said.

        Raises `UnreadableError`.
        """
        if column.words is not None:
            return _word(cell.strip(), column.words)
        if column.kind is Kind.DATE:
            return self._date(column, cell, place)
        if (loosely := _LOOSELY.get(column.kind)) is not None:
            return loosely(cell)
        return (cell.strip(), _BLANKS) if column.kind in _EXACT else _PASSED_OVER[column.kind]

    def _date(self, column: Column, cell: str, place: int) -> tuple[object, Remark]:
        if is_zero(cell.strip()) and not column.needed:
            return None, ZERO
        try:
            return self._dates.read(cell, place)
        except UndecidedDateError:
            raise UnreadableError(CONTRADICTORY) from None
        except ValueError:
            raise UnreadableError(UNREADABLE) from None


def _word(word: str, vocabulary: Mapping[str, str]) -> tuple[str, Remark | None]:
    if known := vocabulary.get(word.lower()):
        return known, _SPELLING
    return word, None if word.startswith("ext:") else _UNKNOWN_WORD


def _flag(cell: str) -> tuple[bool | None, Remark]:
    found = _LOOSE_FLAGS.get(cell.strip().lower())
    return found, _NO_FLAG if found is None else _LOOSE_FLAG


def _status(cell: str) -> tuple[RecordStatus, Remark]:
    found = _LOOSE_STATUSES.get(cell.strip().lower())
    if found is None:
        raise UnreadableError(_NO_STATUS)
    return found, _LOOSE_STATUS


def _year(cell: str) -> str:
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
def _moment(cell: str) -> object:
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
    return tuple(one for one in members if one)


def _split(cell: str) -> tuple[str, ...]:
    return tuple(word for one in cell.split(",") if (word := one.strip()))


def _user_ids(cell: str) -> tuple[UserId, ...]:
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


_STRICT: Final[Mapping[Kind, Callable[[str], object]]] = {
    Kind.ID: _exact,
    Kind.REF: _exact,
    Kind.TEXT: str,
    Kind.WORD: str,
    Kind.FLAG: _FLAGS.__getitem__,
    Kind.DATE: iso_date,
    Kind.YEAR: _year,
    Kind.MOMENT: _moment,
    Kind.STATUS: _STATUSES.__getitem__,
    Kind.REFS: parts,
    Kind.TEXTS: parts,
    Kind.USER_IDS: _user_ids,
}
_LOOSELY: Final[Mapping[Kind, Callable[[str], tuple[object, Remark]]]] = {
    Kind.FLAG: _flag,
    Kind.STATUS: _status,
    Kind.YEAR: _loose_year,
    Kind.REFS: _loose_list,
    Kind.TEXTS: _loose_list,
}
