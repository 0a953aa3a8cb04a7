"""Plans that take an applied run back: what nobody changed since is made what it was before.

The systems still say what they said, so that is base_values as their base: the next sync does not
bring it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.paging import SyncStatus
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.merge import STATUS, LocalRecord, base_values_after
from integration_tui.domain.sync.plan import ChangeKind, Value, Values
from integration_tui.domain.sync.run import Run
from integration_tui.store.roster import base_values
from integration_tui.store.roster.fields import SHAPES, RecordTable
from integration_tui.store.sync.progress import ProgressRepository

_BATCH: Final = 2000
_KINDS: Final = "'create', 'update', 'link', 'return', 'relink', 'deactivate'"
_KNOWN_BY: Final = """
SELECT internal_id, integration_id FROM external_system_mappings
WHERE tenant_id = :tenant AND collection = :collection
    AND internal_id IN (SELECT value FROM json_each(:ids))
"""
_decode: Final = msgspec.json.Decoder(dict[str, Value]).decode
_json: Final = msgspec.json.Encoder(order="deterministic").encode


class UndoRepository:
    """Makes such plans inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def is_remembered(self, undone: Run) -> bool:
        """Return whether every row that a run changed is still there."""
        for listing in await ProgressRepository(self._connection, self._tenant).all(undone.id):
            changed = listing.count(*ChangeKind.effective())
            found = await self._connection.execute(
                text(
                    f"SELECT 1 FROM {SHAPES[listing.collection].changes}"  # noqa: S608 - our own names
                    " WHERE tenant_id = :tenant AND run_id = :run LIMIT 1"
                ),
                {"tenant": self._tenant, "run": undone.id},
            )
            if changed and found.first() is None:
                return False
        return True

    async def plan(
        self, run: Run, undone: RunId, collection: Collection, *, after: str, now: datetime
    ) -> str | None:
        """Plan for the records that `undone` changed, those behind the id `after`, some at a time.

        Returns the id to go on behind; `None` at the end.
        """
        shape = SHAPES[collection]
        rows = await self._rows(shape, undone, after)
        if not rows:
            return None
        knowers = await self._known_by(collection, [row["id"] for row in rows])
        planned = [
            self._row(run, shape, row, taken, knowers.get(row["id"], ()), now)
            for row in rows
            if (taken := _taken_back(shape, row))
        ]
        if planned:
            await self._connection.exec_driver_sql(_insert(shape), planned)
        return str(rows[-1]["external_id"])

    async def _rows(self, shape: RecordTable, undone: RunId, after: str) -> Sequence[RowMapping]:
        found = await self._connection.execute(
            text(_select(shape)),
            {"tenant": self._tenant, "run": undone, "after": after, "limit": _BATCH},
        )
        return found.mappings().all()

    async def _known_by(
        self, collection: Collection, ids: Sequence[int]
    ) -> Mapping[int, Sequence[str]]:
        rows = await self._connection.execute(
            text(_KNOWN_BY),
            {
                "tenant": self._tenant,
                "collection": collection.value,
                "ids": _json(list(ids)).decode(),
            },
        )
        found: dict[int, list[str]] = {}
        for internal_id, system in rows.all():
            found.setdefault(internal_id, []).append(system)
        return found

    def _row(
        self,
        run: Run,
        shape: RecordTable,
        row: RowMapping,
        taken: Values,
        knowers: Sequence[str],
        now: datetime,
    ) -> tuple[object, ...]:
        before = {name: _local_value(shape, row, name) for name in taken}
        held = LocalRecord(
            values=before, base_values=base_values.read(row["g_sync_metadata"]), others=knowers
        )
        said = base_values_after(held, taken, held.base_values, by=None, now=now)
        after = {
            **taken,
            "sync_metadata": base_values.written(said),
            "sync_status": SyncStatus.SYNCED.value,
        }
        return (
            *(self._tenant, run.id, row["external_id"], _kind(taken).value, row["id"], 0),
            *(taken.get(STATUS, row["g_status"]), _json(before).decode(), _json(after).decode()),
            row["g_sync_version"],
        )


def _select(shape: RecordTable) -> str:
    names = (
        "status",
        "sync_version",
        "sync_metadata",
        *(field.local_column for field in shape.fields),
    )
    ours = ", ".join(f"g.{name} AS g_{name}" for name in names)
    return (
        f"SELECT x.external_id, x.id, x.kind, x.before, x.after, {ours}"  # noqa: S608 - our own names
        f" FROM {shape.changes} x JOIN {shape.table} g ON g.tenant_id = x.tenant_id"
        f" AND g.id = x.id WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind IN ({_KINDS})"
        " AND x.external_id > :after ORDER BY x.external_id LIMIT :limit"
    )


def _insert(shape: RecordTable) -> str:
    return (
        f"INSERT INTO {shape.changes} (tenant_id, run_id, external_id, kind, id, fingerprint,"  # noqa: S608 - our own names
        " status, before, after, sync_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )


def _taken_back(shape: RecordTable, row: RowMapping) -> dict[str, Value]:
    """Return the fields that are still as the run left them, with what they were before."""
    if row["kind"] == ChangeKind.CREATE.value:
        return {STATUS: "inactive"} if row["g_status"] == "active" else {}
    before = _decode(row["before"]) if row["before"] else {STATUS: "active"}
    after = _decode(row["after"]) if row["after"] else {STATUS: "inactive"}
    return {
        name: value
        for name, value in before.items()
        if _local_value(shape, row, name) == after.get(name) != value
    }


def _local_value(shape: RecordTable, row: RowMapping, name: str) -> Value:
    column = STATUS if name == STATUS else shape.field(name).local_column
    found: Value = row[f"g_{column}"]
    return found


def _kind(taken: Values) -> ChangeKind:
    if STATUS not in taken:
        return ChangeKind.UPDATE
    return ChangeKind.DEACTIVATE if taken[STATUS] == "inactive" else ChangeKind.RETURN
