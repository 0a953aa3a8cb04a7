"""SQL that turns a system's id of a record into ours: by the mappings, or by what a run brings."""

from __future__ import annotations

from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.store.roster.fields import SHAPES, RecordTable, TableField

_HELD_BACK = f"('{ChangeKind.QUARANTINE.value}')"


def mapped(field: TableField, alias: str) -> str:
    """Return an expression for our id of what a field names, as the mappings have it.

    Parameters `:tenant` and `:integration`.
    """
    where = (
        " WHERE m.tenant_id = :tenant AND m.integration_id = :integration"
        f" AND m.collection = '{_target(field)}'"
        f" AND m.external_id = {alias}.{field.external_column})"
    )
    found = f"(SELECT m.internal_id FROM external_system_mappings m{where}"  # noqa: S608 - our own names
    if field.to is not Collection.USERS:
        return found
    shared = f"(SELECT m.internal_id FROM shared_external_ids m{where}"  # noqa: S608 - our own names
    return f"COALESCE({found}, {shared})"


def resolved(field: TableField, alias: str) -> str:
    """Return the same, with what the run `:run` is about to bring."""
    changes = SHAPES[_collection(field)].changes
    staged = (
        f"(SELECT s.id FROM {changes} s WHERE s.tenant_id = :tenant AND s.run_id = :run"  # noqa: S608 - our own names
        f" AND s.external_id = {alias}.{field.external_column} AND s.kind NOT IN {_HELD_BACK})"
    )
    # Staged first: with another id of an old record, the mapping is about to change.
    return f"COALESCE({staged}, {mapped(field, alias)})"


def is_unknown(field: TableField, alias: str) -> str:
    """Return a condition: `resolved` has nothing. For many rows, since it reads all that is known.

    SQLite makes the set once, in half the time that it takes to look for each reference.
    """
    target = _target(field)
    known = (
        f"SELECT s.external_id FROM {SHAPES[_collection(field)].changes} s"  # noqa: S608 - our own names
        f" WHERE s.tenant_id = :tenant AND s.run_id = :run AND s.kind NOT IN {_HELD_BACK}"
        " UNION ALL SELECT m.external_id FROM external_system_mappings m"
        f" WHERE m.tenant_id = :tenant AND m.integration_id = :integration"
        f" AND m.collection = '{target}'"
    )
    if field.to is Collection.USERS:
        known += (
            " UNION ALL SELECT m.external_id FROM shared_external_ids m WHERE m.tenant_id = :tenant"  # noqa: S608 - our own names
            f" AND m.integration_id = :integration AND m.collection = '{target}'"
        )
    named = f"{alias}.{field.external_column}"
    return f"({named} IS NULL OR {named} NOT IN ({known}))"


def unknown(shape: RecordTable, alias: str, *, in_tree: bool) -> list[str]:
    """Return a condition for each field that may be empty, but names what nobody knows.

    `in_tree`: those that name records of their own collection, instead of the others.
    """
    return [
        f"({alias}.{reference.external_column} IS NOT NULL AND {mapped(reference, alias)} IS NULL)"
        for reference in shape.references
        if not reference.required and (reference.to is shape.collection) is in_tree
    ]


def _collection(field: TableField) -> Collection:
    if field.to is None:
        raise ValueError(f"{field.name} is no reference")
    return field.to


def _target(field: TableField) -> str:
    return _collection(field).value
