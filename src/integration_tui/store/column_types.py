"""Column types, and how the same values are spelled where statements go to the driver directly."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator


def storable(text: str) -> str:
    """Return `text` with U+FFFD for each lone surrogate, which no encoding can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def instant(at: datetime) -> str:
    """Spell a moment as SQLite stores it: UTC, with microseconds, in the order of time."""
    return _utc(at).isoformat(" ", "microseconds")


def moment(stored: str) -> datetime:
    """Read what `instant` wrote."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


def hour_of(at: datetime) -> datetime:
    """Return the beginning of the hour that a moment is in, in UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is UTC:
        return at.replace(tzinfo=None)
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be stored")
    return at.astimezone(UTC).replace(tzinfo=None)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware moments in, aware moments in UTC out; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        plain = _utc(value)
        return plain if dialect.name == "sqlite" else plain.replace(tzinfo=UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        return value.replace(tzinfo=UTC) if value and not value.tzinfo else value


class Words(TypeDecorator[str]):
    """Text of any length and from anywhere; see `storable`."""

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else storable(value)
