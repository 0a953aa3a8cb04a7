"""The words that tables are written in, for the schema and for migrations alike.

A migration must make in ten years what it makes today: add words, never change what one means.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

from integration_tui.store.column_types import storable, to_utc


class UtcDateTime(TypeDecorator[datetime]):
    """Aware moments in, aware moments in UTC out; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        plain = to_utc(value)
        return plain if dialect.name == "sqlite" else plain.replace(tzinfo=UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        return value.replace(tzinfo=UTC) if value and not value.tzinfo else value


class Words(TypeDecorator[str]):
    """Text of any length and from anywhere; see `storable`."""

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else storable(value)


# Column 0 is always the tenant.
NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_1_name)s",
    "ix": "ix_%(table_name)s_%(column_1_name)s",
    "fk": "fk_%(table_name)s_%(column_1_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


def table(metadata: MetaData, name: str, *items: SchemaItem, clustered: bool = False) -> Table:
    """A table of tenants' rows; `clustered` keeps them in the order of their key."""
    return Table(name, metadata, words("tenant_id"), *items, sqlite_with_rowid=not clustered)


def words(name: str, default: str | None = None) -> Column[str]:
    """Text that must be there; `default` stands where a statement does not name it."""
    return Column(name, Words, nullable=False, server_default=default)


def maybe_words(name: str) -> Column[str]:
    return Column(name, Words)


def whole(name: str, default: str | None = None) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=default)


def maybe_whole(name: str) -> Column[int]:
    return Column(name, Integer)


def maybe_real(name: str) -> Column[float]:
    return Column(name, Float)


def at(name: str) -> Column[datetime]:
    return Column(name, UtcDateTime, nullable=False)


def maybe_at(name: str) -> Column[datetime]:
    return Column(name, UtcDateTime)


def yes_no(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def maybe_yes_no(name: str) -> Column[bool]:
    return Column(name, Boolean)


def day(name: str) -> Column[date]:
    return Column(name, Date, nullable=False)


def maybe_day(name: str) -> Column[date]:
    return Column(name, Date)


def raw(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def maybe_raw(name: str) -> Column[bytes]:
    return Column(name, LargeBinary)


def json(name: str, default: str) -> Column[object]:
    return Column(name, JSON, nullable=False, server_default=default)


def key(*columns: str) -> SchemaItem:
    return PrimaryKeyConstraint("tenant_id", *columns)


def unique(*columns: str) -> SchemaItem:
    return UniqueConstraint("tenant_id", *columns)


def index(*columns: str) -> SchemaItem:
    return Index(None, "tenant_id", *columns)


def belongs_to(parent: str, column: str) -> SchemaItem:
    """A row goes with the row it belongs to."""
    return ForeignKeyConstraint(
        ["tenant_id", column], [f"{parent}.tenant_id", f"{parent}.id"], ondelete="CASCADE"
    )


def some(*columns: str, where: str, name: str | None = None) -> SchemaItem:
    """An index of those rows only of which `where` is true."""
    condition = text(where)
    return Index(name, "tenant_id", *columns, sqlite_where=condition)


def one_of(column: str, values: Iterable[str]) -> SchemaItem:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def mostly(column: str, usual: str, values: Iterable[str]) -> SchemaItem:
    """The same as `one_of` where nearly every row has the `usual` word: a third of its time."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} = '{usual}' OR {column} IN ({listed})", name=column)
