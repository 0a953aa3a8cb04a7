"""JSON field values as OneRoster servers really send them, turned into ours.

Sources: OneRoster 1.2 REST binding; where servers differ from it, the difference is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from integration_tui.domain.roster import Record, RecordStatus

Flag = bool | str | None
"""1.1 has true, 1.2 has "true", CSV imports leave "TRUE"."""
Words = Sequence[str | int] | str | None
Text = str | int | float | None
"""TimeBack sends school years as numbers."""


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """What every JSON object of a roster has."""

    sourced_id: str
    status: str | None = None
    date_last_modified: str | None = None

    def record(self) -> Record:
        """Return our record. Raises `ValueError` where a value makes no sense."""
        raise NotImplementedError


class Ref(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A GUIDRef; only the id counts. TimeBack leaves out `href` and `type`."""

    sourced_id: str


_STATUSES: Final[Mapping[str | None, RecordStatus]] = {
    None: RecordStatus.ACTIVE,
    "": RecordStatus.ACTIVE,
    "active": RecordStatus.ACTIVE,
    "tobedeleted": RecordStatus.TO_BE_DELETED,
    "inactive": RecordStatus.TO_BE_DELETED,
}
_FLAGS: Final[Mapping[str, bool]] = {"true": True, "false": False}


def flag(value: Flag) -> bool | None:
    """Return the truth of a boolean; `None` where it is not told."""
    if isinstance(value, str):
        return _FLAGS.get(value.strip().lower())
    return value


def words(value: Words) -> tuple[str, ...]:
    """Return a list of words, of which some servers make one text with commas."""
    if not value:
        return ()
    if isinstance(value, str):
        value = value.split(",")
    return tuple([word for one in value if (word := str(one).strip())])


def text(value: Text) -> str | None:
    """Return a text; `None` where it is empty."""
    return None if value is None else str(value).strip() or None


def ids(refs: Sequence[Ref] | None) -> tuple[str, ...]:
    return tuple([ref.sourced_id for ref in refs]) if refs else ()


def id_of(ref: Ref | None) -> str | None:
    return (ref.sourced_id or None) if ref is not None else None


def word(value: str, known: Mapping[str, str]) -> str:
    """Return a word of a vocabulary in its own spelling; any other as it is."""
    return known.get(value) or known.get((value := value.strip()).lower(), value)


def day(value: str | None) -> date | None:
    """Return a date; TimeBack sends midnight with it. Raises `ValueError`."""
    return date.fromisoformat(value[:10]) if value else None


def moment(value: str | None) -> datetime | None:
    """Return a moment in UTC; `None` where it is missing or no moment."""
    try:
        found = datetime.fromisoformat(value) if value else None
    except ValueError:
        return None
    if found is None or found.tzinfo is UTC:
        return found
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def status(value: str | None) -> RecordStatus:
    """Return a record's status; nothing is active, 1.0's `inactive` is to be deleted.

    Raises `ValueError` for any other word.
    """
    found = _STATUSES.get(value) or _STATUSES.get((value or "").lower())
    if found is None:
        raise ValueError("status must be active or tobedeleted")
    return found
