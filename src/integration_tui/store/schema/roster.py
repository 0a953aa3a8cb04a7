"""The roster's tables: what we hold of people, classes and enrollments, and what runs change.

`external_system_id` and `external_id` say where a record came from; which other systems know
it stands in `external_system_mappings`. What is planned, what was done and how to take it back
are one row in the table of changes beside each of them.

No table of these has foreign keys: the joins that write a batch have just followed its references,
and single writes go through `store.roster.references` (docs/decisions/0031).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Boolean, Column, Date, Integer, Table
from sqlalchemy.schema import SchemaItem

from integration_tui.domain.paging import SyncStatus
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.store.roster.fields import CLAIMS, SHAPES, ColumnKind, RecordTable, TableField
from integration_tui.store.roster.names import NAMES, has_joiners
from integration_tui.store.schema.columns import (
    Words,
    index,
    json,
    key,
    maybe_at,
    maybe_whole,
    maybe_words,
    mostly,
    some,
    whole,
    words,
)
from integration_tui.store.schema.core import table

_C = Collection
_ACTIVE = ("active", "inactive")
_LOOKED_UP = {_C.ORGS: ("identifier",), _C.USERS: ("email", "identifier", "username")}


def _claims(shape: RecordTable, table_name: str, *names: str) -> list[SchemaItem]:
    """Few records have claims, and those are looked for."""
    if shape.fields[-1].name != CLAIMS:
        return []
    return [some(*names, where="claims <> '[]'", name=f"ix_{table_name}_claims")]


def _joined(table_name: str, names: Sequence[str]) -> SchemaItem:
    return some(*names, "id", where=has_joiners(names), name=f"ix_{table_name}_joined")


def _column(name: str, field: TableField, *, is_ours: bool) -> SchemaItem:
    is_needed = field.required and is_ours
    match field.kind:
        case ColumnKind.FLAG:
            return Column(name, Boolean, nullable=not is_needed)
        case ColumnKind.DAY:
            return Column(name, Date, nullable=not is_needed)
        case ColumnKind.LIST:
            return json(name, "[]")
        case ColumnKind.REFERENCE if is_ours:
            return Column(name, Integer, nullable=not is_needed)
        case _:
            return Column(name, Words, nullable=not is_needed)


def _roster(shape: RecordTable) -> Table:
    """What we hold. `sync_metadata` is what systems say of fields that we hold otherwise."""
    names = NAMES.get(shape.collection, ())
    return table(
        shape.table,
        whole("id"),
        words("external_system_id"),
        words("external_id"),
        words("status"),
        words("sync_status"),
        maybe_at("last_sync_at"),
        whole("sync_version", "0"),
        json("sync_metadata", "{}"),
        whole("pinned", "0"),
        maybe_whole("created_run"),
        *(_column(field.local_column, field, is_ours=True) for field in shape.fields),
        key("id"),
        mostly("status", "active", _ACTIVE),
        mostly("sync_status", SyncStatus.SYNCED, SyncStatus),
        *(index(reference.local_column) for reference in shape.references),
        *([index(*names, "id"), _joined(shape.table, names)] if names else []),
        *(index(name) for name in _LOOKED_UP.get(shape.collection, ())),
        *_claims(shape, shape.table, "id"),
        clustered=True,
    )


def _changes(shape: RecordTable) -> Table:
    """What a run does with what it read: staged, planned, done. Old runs are deleted in parts."""
    return table(
        shape.changes,
        whole("run_id"),
        words("external_id"),
        words("kind"),
        maybe_whole("id"),
        whole("fingerprint", "0"),
        whole("listed", "1"),
        words("status"),
        maybe_at("modified_at"),
        maybe_words("before"),
        maybe_words("after"),
        maybe_words("note"),
        maybe_whole("sync_version"),
        *(_column(field.external_column, field, is_ours=False) for field in shape.fields),
        key("run_id", "external_id"),
        mostly("kind", ChangeKind.CREATE, ChangeKind),
        mostly("status", "active", _ACTIVE),
        # A first run creates hundreds of thousands, and nobody looks for them one by one.
        some("run_id", "kind", "external_id", where="kind <> 'create'"),
        some("id", "run_id", where="kind <> 'create'"),
        *_claims(shape, shape.changes, "run_id", "external_id"),
        clustered=True,
    )


for _shape in SHAPES.values():
    _roster(_shape)
for _shape in SHAPES.values():
    _changes(_shape)
