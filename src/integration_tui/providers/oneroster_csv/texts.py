"""Values of records as the specification writes them: what `cells` reads, the other way round."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Final

from integration_tui.domain.damage import without_invisible
from integration_tui.domain.roster import UserId
from integration_tui.providers.oneroster_csv.tables import Kind, is_list

_MEMBER_NEEDS_QUOTES: Final = re.compile('[,"\r\n]')
_TYPE_CANNOT: Final = re.compile("[:{}]")
_SCHOOL_YEAR: Final = re.compile(
    r"((?:19|20|21)\d\d)(?:\s*[-/\u2013]\s*((?:19|20|21)?\d\d))?", re.ASCII
)


def text_of(kind: Kind) -> Callable[[object], str]:
    """Return what writes the values of a column; `None` is blank."""
    return _WAYS.get(kind, _plain)


def can_be_written(user_id: UserId) -> bool:
    """Say whether `{type:id}` can be told apart again from what is around it."""
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


def _flag(value: object) -> str:
    return "" if value is None else "true" if value else "false"


def _date(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else ""


def _moment(value: object) -> str:
    return moment_text(value) if isinstance(value, datetime) else ""


def _id(value: object) -> str:
    return "" if value is None else plain_id(value)


def _year(value: object) -> str:
    return school_year(value) if isinstance(value, str) else ""


def _ids(value: object) -> str:
    return _members(tuple(map(plain_id, value)) if is_list(value) else ())


def _members(value: object) -> str:
    """Return a list; a member that holds a comma is in quotes of its own."""
    members = [str(one) for one in value] if is_list(value) else []
    if not any(map(_MEMBER_NEEDS_QUOTES.search, members)):
        return ",".join(members)
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(members)
    return line.getvalue().removesuffix("\r\n")


def _user_ids(value: object) -> str:
    ids = value if is_list(value) else ()
    return ",".join(
        f"{{{one.type}:{one.identifier}}}"
        for one in ids
        if isinstance(one, UserId) and can_be_written(one)
    )


_WAYS: Final[Mapping[Kind, Callable[[object], str]]] = {
    Kind.FLAG: _flag,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.ID: _id,
    Kind.REF: _id,
    Kind.REFS: _ids,
    Kind.YEAR: _year,
    Kind.TEXTS: _members,
    Kind.USER_IDS: _user_ids,
}
