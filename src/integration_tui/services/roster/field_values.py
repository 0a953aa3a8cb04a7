"""What a person may write into a field of the roster: of its kind, or refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Final, get_type_hints

import msgspec

from integration_tui.domain.errors import NotFoundError, UsageError
from integration_tui.domain.roster import RECORD_TYPES, Collection
from integration_tui.domain.sync.merge import STATUS
from integration_tui.store.column_types import storable
from integration_tui.store.roster.fields import CLAIMS, SHAPES, ColumnKind, TableField

if TYPE_CHECKING:
    from integration_tui.domain.sync.plan import Value

_STATUSES: Final = ("active", "inactive")
_BY_ID: Final = frozenset({"terms", "agents"})
"""Lists that name other records, by the ids of the system that told them."""
_encode: Final = msgspec.json.Encoder().encode


def checked(collection: Collection, name: str, value: Value) -> Value:
    """Return `value` as it is stored. Raises `UsageError`, or `NotFoundError` for the field."""
    if name == STATUS:
        if value not in _STATUSES:
            raise _refused(name, "must be active or inactive")
        return value
    field = _field(collection, name)
    if name == "grades_as_sent":
        raise UsageError(
            f"{name} is the source text and cannot be edited",
            advice="change grades instead",
        )
    if name == CLAIMS:
        raise UsageError(
            f"{name} contains the record's IDs in other systems and cannot be edited",
            advice="change the value in the source system, or merge duplicate records",
        )
    if field.to is not None or name in _BY_ID:
        raise UsageError(
            f"{name} refers to another record and cannot be edited",
            advice="change the value in the source system, or merge duplicate records",
        )
    if value is None or value == "":
        return _nothing(field)
    return _KINDS[field.kind](collection, field, value)


def _field(collection: Collection, name: str) -> TableField:
    fields = {field.name: field for field in SHAPES[collection].fields}
    if name not in fields:
        raise NotFoundError(
            f"{collection} have no field {name!r}", advice=f"known fields: {', '.join(fields)}"
        )
    return fields[name]


def _nothing(field: TableField) -> Value:
    if field.required:
        raise UsageError(f"{field.name} cannot be empty", advice="enter a value")
    return "[]" if field.kind is ColumnKind.LIST else None


def _text(_collection: Collection, field: TableField, value: Value) -> Value:
    if not isinstance(value, str) or not value.strip():
        raise _refused(field.name, "must be text")
    return storable(value)


def _flag(_collection: Collection, field: TableField, value: Value) -> Value:
    if value not in (0, 1):
        raise _refused(field.name, "must be 1 (yes) or 0 (no)")
    return int(value)


def _day(_collection: Collection, field: TableField, value: Value) -> Value:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise _refused(field.name, "must be a date such as 2026-09-01") from None


def _list(collection: Collection, field: TableField, value: Value) -> Value:
    hint = get_type_hints(RECORD_TYPES[collection])[field.name]
    try:
        return storable(_encode(msgspec.json.decode(storable(str(value)), type=hint)).decode())
    except (msgspec.DecodeError, RecursionError):
        raise _refused(field.name, 'must be a JSON list such as ["09", "10"]') from None


_KINDS: Final[Mapping[ColumnKind, Callable[[Collection, TableField, Value], Value]]] = {
    ColumnKind.TEXT: _text,
    ColumnKind.FLAG: _flag,
    ColumnKind.DAY: _day,
    ColumnKind.LIST: _list,
}


def _refused(name: str, what: str) -> UsageError:
    """Return the error without the value: errors are shown, kept and logged."""
    return UsageError(f"{name} {what}")
