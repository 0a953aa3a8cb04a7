"""How values are spelled in the store: moments, days, lists, yes and no, text from anywhere.

Statements go to the driver as they are, so what is bound is spelled here, and what is read is read
here. The columns themselves are in `schema.columns`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any


def storable(text: str) -> str:
    """Return `text` with U+FFFD for each lone surrogate, which no encoding can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def instant(at: datetime) -> str:
    """Spell a moment as SQLite stores it: UTC, with microseconds, in the order of time."""
    return to_utc(at).isoformat(" ", "microseconds")


def moment(stored: str) -> datetime:
    """Read what `instant` wrote."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


def maybe_instant(at: datetime | None) -> str | None:
    """Spell a moment, or none."""
    return None if at is None else instant(at)


def maybe_moment(stored: str | None) -> datetime | None:
    """Read what `maybe_instant` wrote."""
    return None if stored is None else moment(stored)


def maybe_day(stored: str | None) -> date | None:
    """Read a day, or none."""
    return None if stored is None else date.fromisoformat(stored)


def listed(values: object) -> str:
    """Spell a list or an object as the column of JSON has it."""
    return json.dumps(values)


def read_json(stored: str) -> Any:
    """Read what `listed` wrote."""
    return json.loads(stored)


def names_of(names: Iterable[str]) -> str:
    """Spell names for `IN (SELECT value FROM json_each(:names))`, in one order."""
    return json.dumps(sorted(map(storable, names)))


def hour_of(at: datetime) -> datetime:
    """Return the beginning of the hour that a moment is in, in UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def to_utc(at: datetime) -> datetime:
    """Return a moment in UTC, without saying so. Raises `ValueError` for one without a zone."""
    if at.tzinfo is UTC:
        return at.replace(tzinfo=None)
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be stored")
    return at.astimezone(UTC).replace(tzinfo=None)
