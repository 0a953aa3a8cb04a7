"""Carries out a plan, batch by batch: rows, ids and how far it has come in one transaction.

A batch is a span of the plan's rows in the order of their ids; where the last one ended stands
in the run's listing, so that a batch is done once or not at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.errors import ConflictError
from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.mapping import MappingOrigin
from integration_tui.domain.sync.plan import ChangeKind, Value
from integration_tui.domain.sync.run import Mode, Run
from integration_tui.store.column_types import instant
from integration_tui.store.connection import Value as Stored
from integration_tui.store.roster.fields import SHAPES, RecordTable
from integration_tui.store.roster.manual_edits import FORGET_REMOVED
from integration_tui.store.roster.references import ReferenceRepository
from integration_tui.store.sync.bulk_indexes import indexes_after
from integration_tui.store.sync.id_resolution import mapped, unknown

_RUN: Final = "tenant_id = :tenant AND run_id = :run"
_SPAN: Final = f"{_RUN} AND external_id > :low AND external_id <= :high"
_MAP: Final = """
INSERT INTO external_system_mappings (tenant_id, integration_id, collection, external_id,
    internal_id, fingerprint, listed, missed, missing_since, bond, mapped_at)
SELECT tenant_id, :integration, :collection, external_id, id, {print}, 1, 0, NULL, 'created', :at
FROM {changes} AS x WHERE {span} AND kind = 'create'
"""
_RECHECK: Final = """
UPDATE external_system_mappings SET fingerprint = 0
WHERE tenant_id = :tenant AND integration_id = :integration AND collection = :collection
    AND external_id IN (SELECT external_id FROM {changes} AS x WHERE {span} AND kind = 'create'
        AND ({lost}))
"""
"""What a new record of a tree names and nobody knows may come later."""
_MISS: Final = """
UPDATE external_system_mappings
SET missed = missed + 1, missing_since = COALESCE(missing_since, :at)
WHERE tenant_id = :tenant AND integration_id = :integration AND collection = :collection
    AND external_id IN (SELECT external_id FROM {changes} WHERE {span} AND kind = 'missing')
"""
_EDITED: Final = """
SELECT external_id, kind, id, fingerprint, listed, before, after, sync_version FROM {changes}
WHERE {span} AND kind IN ('update', 'return', 'link', 'relink', 'refresh', 'conflict', 'deactivate',
    'protected') ORDER BY external_id
"""
_REMAP: Final = """
UPDATE external_system_mappings SET fingerprint = CASE WHEN ? THEN ? ELSE fingerprint END,
    listed = ?, missed = 0,
    missing_since = CASE WHEN ? THEN NULL ELSE COALESCE(missing_since, ?) END
WHERE tenant_id = ? AND integration_id = ? AND collection = ? AND external_id = ?
"""
_ORIGIN: Final = """
INSERT INTO external_system_mappings (tenant_id, integration_id, collection, external_id,
    internal_id, fingerprint, listed, missed, bond, mapped_at) VALUES (?, ?, ?, ?, ?, ?, 1, 0, ?, ?)
"""
_UNBOND: Final = """
DELETE FROM external_system_mappings
WHERE tenant_id = ? AND integration_id = ? AND collection = ? AND internal_id = ?
"""
_UNMAP: Final = """
DELETE FROM external_system_mappings WHERE tenant_id = :tenant AND integration_id = :integration
    AND collection = :collection AND external_id IN (
        SELECT external_id FROM {changes} WHERE {span} AND kind = 'remove')
"""
_UNSHARE: Final = """
DELETE FROM shared_external_ids WHERE tenant_id = :tenant AND collection = :collection
    AND internal_id IN (SELECT id FROM {changes} WHERE {span} AND kind = 'remove')
"""
_REMOVE: Final = """
DELETE FROM {table} WHERE tenant_id = :tenant
    AND id IN (SELECT id FROM {changes} WHERE {span} AND kind = 'remove')
"""
_REMOVED: Final = "SELECT id FROM {changes} WHERE {span} AND kind = 'remove'"
_NEW: Final = "SELECT count(*) FROM {changes} WHERE {span} AND kind = 'create'"
_DONE: Final = """
UPDATE sync_listings SET reached = :high, applied = applied + :count
WHERE tenant_id = :tenant AND run_id = :run AND collection = :collection
"""
_K = ChangeKind
EDITS: Final = frozenset(_K) - {
    _K.CREATE, _K.MISSING, _K.REMOVE, _K.QUARANTINE, _K.KEPT, _K.ALIAS,
}  # fmt: skip
"""The kinds whose rows are read into memory; all others are done by statements."""
_decode: Final = msgspec.json.Decoder(dict[str, Value]).decode


class ApplyStep(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a plan to be carried out: which collection, how many rows, and with which losses.

    `kinds` are those that the plan has of it; `with_losses`: whether anybody may be deactivated,
    or be counted as missing.
    """

    run: Run
    collection: Collection
    rows: int
    with_losses: bool
    at: datetime
    kinds: frozenset[ChangeKind] = frozenset(ChangeKind)


class ApplyRepository:
    """Changes the roster inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant
        self._references = ReferenceRepository(connection, tenant, advice="plan again")

    async def apply(self, step: ApplyStep) -> int | None:
        """Do the next rows of a collection; return how many, `None` where none is left.

        Raises `ConflictError` where a record is not what the plan was made for.
        """
        shape = SHAPES[step.collection]
        span = await self._span(step, shape)
        if span is None:
            return None
        values = self._values(step) | {"low": span[0], "high": span[1]}
        count = 0
        if _K.CREATE in step.kinds:
            count += await self._create(shape, values)
        if _K.MISSING in step.kinds and step.with_losses:
            count += await self._run(_MISS, shape, values)
        if step.kinds & EDITS:
            count += await self._edit(step, shape, values)
        if _K.REMOVE in step.kinds and step.with_losses:
            count += await self._remove(shape, values)
        await self._connection.execute(text(_DONE), values | {"count": count})
        return count

    async def _span(self, step: ApplyStep, shape: RecordTable) -> tuple[str, str] | None:
        values = self._values(step)
        found = await self._connection.execute(
            text(
                "SELECT reached FROM sync_listings WHERE tenant_id = :tenant AND run_id = :run"
                " AND collection = :collection"
            ),
            values,
        )
        low = str(found.scalar_one())
        after = (
            f"SELECT external_id FROM {shape.changes} WHERE {_RUN}"  # noqa: S608 - our own names
            " AND external_id > :low ORDER BY external_id LIMIT 1 OFFSET :offset"
        )
        last = f"SELECT max(external_id) FROM {shape.changes} WHERE {_RUN}"  # noqa: S608 - our own names
        if await self._scalar(after, values | {"low": low, "offset": 0}) is None:
            return None
        high = None
        if not shape.is_tree:
            high = await self._scalar(after, values | {"low": low, "offset": step.rows - 1})
        if high is None:  # no text is behind every id
            high = await self._scalar(last, values)
        return None if high is None else (low, high)

    async def _create(self, shape: RecordTable, values: Mapping[str, Stored]) -> int:
        # The ids of a tree have to be known before its records are named by others.
        if shape.is_tree:
            await self._map(shape, values)
            lost = " OR ".join(unknown(shape, "x", in_tree=True))
            await self._run(_RECHECK.replace("{lost}", lost), shape, values)
        new = await self._count(_filled(_NEW, shape), values)
        async with indexes_after(self._connection, shape.table, new=new):
            created = await self._run(_insert(shape), shape, values)
        if not shape.is_tree:
            await self._map(shape, values)
        return created

    async def _map(self, shape: RecordTable, values: Mapping[str, Stored]) -> None:
        await self._run(_MAP.replace("{print}", _print(shape)), shape, values)

    async def _remove(self, shape: RecordTable, values: Mapping[str, Stored]) -> int:
        await self._run(_UNMAP, shape, values)
        await self._run(_UNSHARE, shape, values)
        await self._run(FORGET_REMOVED, shape, values)
        removed = await self._run(_REMOVE.replace("{table}", shape.table), shape, values)
        chosen = _filled(_REMOVED, shape)
        await self._references.require_unnamed(shape.collection, chosen, values)
        return removed

    async def _edit(self, step: ApplyStep, shape: RecordTable, values: Mapping[str, Stored]) -> int:
        found = await self._connection.execute(
            text(_EDITED.format(changes=shape.changes, span=_SPAN)), values
        )
        rows = [row for row in found.all() if step.with_losses or not _is_loss(row)]
        if not rows:
            return 0
        await self._write(step, shape, rows)
        if step.run.mode is not Mode.UNDO:  # what a system lists does not change by our doing
            await self._remap(step, rows)
        return len(rows)

    async def _write(
        self, step: ApplyStep, shape: RecordTable, rows: Sequence[Row[tuple[object, ...]]]
    ) -> None:
        """Write the fields that change, those that change the same ones together."""
        groups: dict[tuple[str, ...], list[tuple[object, ...]]] = defaultdict(list)
        for row in rows:
            after = _after(row)
            if after:
                where = (instant(step.at), self._tenant, row.id, row.sync_version)
                groups[tuple(after)].append((*after.values(), *where))
        for names, group in groups.items():
            columns = ", ".join(f"{_column(shape, name)} = ?" for name in names)
            done = await self._connection.exec_driver_sql(
                f"UPDATE {shape.table} SET {columns}, sync_version = sync_version + 1,"  # noqa: S608 - our own names
                " last_sync_at = ? WHERE tenant_id = ? AND id = ? AND sync_version = ?",
                group,
            )
            if done.rowcount != len(group):
                raise ConflictError(
                    f"{len(group) - done.rowcount} {step.collection} were changed since the plan"
                    " was made",
                    advice="plan again",
                )
            for place, target in _targets(shape, names):
                await self._references.require_records(target, (row[place] for row in group))

    async def _remap(self, step: ApplyStep, rows: Sequence[Row[tuple[object, ...]]]) -> None:
        at = instant(step.at)
        head = (self._tenant, step.run.integration_id, step.collection.value)
        moved = [row for row in rows if row.kind == _K.RELINK.value]
        if moved:
            gone = [(*head, row.id) for row in moved]
            await self._connection.exec_driver_sql(_UNBOND, gone)
        bonds = [
            (*head, row.external_id, row.id, row.fingerprint, _origin(row).value, at)
            for row in rows
            if row.kind in {_K.LINK.value, _K.RELINK.value}
        ]
        if bonds:
            ids = (row.id for row in rows if row.kind in {_K.LINK.value, _K.RELINK.value})
            await self._references.require_records(step.collection, ids)
            await self._connection.exec_driver_sql(_ORIGIN, bonds)
        known = [
            (*_row_values(row), at, *head, row.external_id)
            for row in rows
            if row.kind not in {_K.LINK.value, _K.RELINK.value}
            and not (row.kind == _K.PROTECTED.value and not row.listed)
        ]
        if known:
            await self._connection.exec_driver_sql(_REMAP, known)

    def _values(self, step: ApplyStep) -> dict[str, Stored]:
        return {
            "tenant": self._tenant,
            "run": step.run.id,
            "integration": step.run.integration_id,
            "collection": step.collection.value,
            "at": instant(step.at),
        }

    async def _run(self, statement: str, shape: RecordTable, values: Mapping[str, Stored]) -> int:
        done = await self._connection.execute(text(_filled(statement, shape)), values)
        return max(done.rowcount, 0)

    async def _count(self, statement: str, values: Mapping[str, Stored]) -> int:
        found = await self._connection.execute(text(statement), values)
        return int(found.scalar_one())

    async def _scalar(self, statement: str, values: Mapping[str, Stored]) -> str | None:
        found = await self._connection.execute(text(statement), values)
        value: str | None = found.scalar_one_or_none()
        return value


def _filled(statement: str, shape: RecordTable) -> str:
    return statement.replace("{changes}", shape.changes).replace("{span}", _SPAN)


def _targets(shape: RecordTable, names: Sequence[str]) -> list[tuple[int, Collection]]:
    """Return the places of those fields that name records, with whose they are."""
    targets = {field.name: field.to for field in shape.references}
    return [(place, to) for place, name in enumerate(names) if (to := targets.get(name))]


def _is_loss(row: Row[tuple[object, ...]]) -> bool:
    return bool(row.kind == _K.DEACTIVATE.value)


def _after(row: Row[tuple[object, ...]]) -> dict[str, Value]:
    """Return the fields that a row sets, with its standing where that changes."""
    if row.after is None:
        return {"status": "inactive"} if row.kind == _K.DEACTIVATE.value else {}
    return _decode(row.after)


def _row_values(row: Row[tuple[object, ...]]) -> tuple[object, ...]:
    """Return whether it is listed, and the fingerprint that it has then."""
    return row.listed, row.fingerprint, row.listed, row.listed


def _insert(shape: RecordTable) -> str:
    columns = ", ".join(field.local_column for field in shape.fields)
    theirs = ", ".join(
        mapped(field, "x") if field.to else f"x.{field.external_column}" for field in shape.fields
    )
    return (
        f"INSERT INTO {shape.table} (tenant_id, id, external_system_id, external_id, status,"  # noqa: S608 - our own names
        f" sync_status, last_sync_at, created_run, {columns})"
        " SELECT x.tenant_id, x.id, :integration, x.external_id, 'active', 'synced', :at, :run,"
        f" {theirs} FROM {shape.changes} x WHERE {_SPAN} AND kind = 'create'"
    )


def _print(shape: RecordTable) -> str:
    """Return an expression for the fingerprint: none where something named is not known yet."""
    lost = unknown(shape, "x", in_tree=False)
    return f"CASE WHEN {' OR '.join(lost)} THEN 0 ELSE fingerprint END" if lost else "fingerprint"


def _column(shape: RecordTable, name: str) -> str:
    return (
        name
        if name in {"status", "sync_status", "sync_metadata"}
        else shape.field(name).local_column
    )


def _origin(row: Row[tuple[object, ...]]) -> MappingOrigin:
    return MappingOrigin.RELINKED if row.kind == _K.RELINK.value else MappingOrigin.MATCHED
