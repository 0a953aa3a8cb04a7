"""One record of the roster: all that is held and base_values of it, and what happened to it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.ids import IntegrationId, RecordId, RunId, TenantId
from integration_tui.domain.paging import SyncStatus
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RecordEvent
from integration_tui.domain.sync.merge import STATUS, LocalRecord, SaidBy
from integration_tui.domain.sync.plan import ChangeKind, PlannedChange, Value, Values
from integration_tui.store.column_types import moment
from integration_tui.store.connection import Connection, NamedRow, Row
from integration_tui.store.connection import Value as Bound
from integration_tui.store.roster import base_values
from integration_tui.store.roster.fields import SHAPES, RecordTable
from integration_tui.store.roster.references import ReferenceRepository
from integration_tui.store.roster.related import RelatedRepository

_OPEN: Final = (
    "EXISTS (SELECT 1 FROM sync_conflicts k INDEXED BY ix_sync_conflicts_collection"
    " WHERE k.tenant_id = :tenant AND k.collection = :collection AND k.internal_id = :id"
    " AND k.side IS NULL)"
)
_SAVE: Final = """
UPDATE {table} SET {columns} sync_metadata = :said, sync_version = sync_version + 1,
    sync_status = CASE WHEN {open} THEN 'conflict' ELSE 'synced' END
WHERE tenant_id = :tenant AND id = :id
"""
_KNOWERS: Final = """
SELECT integration_id FROM external_system_mappings
WHERE tenant_id = :tenant AND collection = :collection AND internal_id = :id ORDER BY integration_id
"""
# A row is done once its run has come so far; one that spares did nothing of its losses.
_HISTORY: Final = """
SELECT x.run_id, x.external_id, x.kind, x.before, x.after, x.note, r.integration_id,
    COALESCE(r.ended_at, r.updated_at) AS at
FROM {changes} x INDEXED BY ix_{changes}_id
JOIN sync_runs r ON r.tenant_id = x.tenant_id AND r.id = x.run_id AND r.phase = 'apply'
JOIN sync_listings l ON l.tenant_id = x.tenant_id AND l.run_id = x.run_id
    AND l.collection = :collection AND x.external_id <= l.reached
WHERE x.tenant_id = :tenant AND x.id = :id AND x.kind <> 'create'
    AND NOT (r.spares AND x.kind IN ({losses})) AND x.kind <> 'alias'
ORDER BY x.run_id DESC LIMIT :limit
"""
_LOSSES: Final = ", ".join(f"'{loss.value}'" for loss in ChangeKind.losses())
_decode: Final = msgspec.json.Decoder(dict[str, Value]).decode


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it is stored. `values` hold its status, too; `knowers` know it."""

    collection: Collection
    id: RecordId
    values: Values
    base_values: SaidBy
    knowers: tuple[IntegrationId, ...]
    origin: str
    external_id: str
    is_pinned: bool
    created_run: RunId | None
    sync_status: SyncStatus
    last_sync_at: datetime | None

    @property
    def local_record(self) -> LocalRecord:
        """The same, as it is compared with what systems say."""
        return LocalRecord(values=self.values, base_values=self.base_values, others=self.knowers)

    @property
    def name(self) -> str:
        """What the audit log calls it."""
        return f"{self.collection}/{self.id}"


class RecordRepository:
    """Reads and writes single records inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant
        self._references = ReferenceRepository(connection, tenant, advice="reload the record")
        self.related = RelatedRepository(connection, tenant)

    async def get(self, collection: Collection, record_id: RecordId) -> Stored:
        """Return one record. Raises `NotFoundError`."""
        shape, values = SHAPES[collection], self._values(collection, record_id)
        found = await self._connection.exec_driver_sql(
            f"SELECT * FROM {shape.table} WHERE tenant_id = :tenant AND id = :id",  # noqa: S608 - our own names
            values,
        )
        row = found.mappings().one_or_none()
        if row is None:
            raise NotFoundError(
                f"no record {record_id} in {collection}",
                advice="search for the name",
            )
        knowers = await self._connection.exec_driver_sql(_KNOWERS, values)
        return _stored(shape, row, tuple(IntegrationId(knower[0]) for knower in knowers.all()))

    async def save(self, stored: Stored, values: Values, said: SaidBy) -> None:
        """Hold and remember other values. Its conflicts say whether it is in conflict."""
        shape = SHAPES[stored.collection]
        changed = {name: one for name, one in values.items() if one != stored.values[name]}
        await self._references.require_named(shape, changed)
        columns = "".join(f"{column(shape, name)} = :v_{name}, " for name in changed)
        await self._connection.exec_driver_sql(
            _SAVE.format(table=shape.table, columns=columns, open=_OPEN),
            self._values(stored.collection, stored.id)
            | {"said": base_values.written(said)}
            | {f"v_{name}": one for name, one in changed.items()},
        )

    async def pin(self, stored: Stored, *, pinned: bool) -> None:
        """Protect a record from being deactivated by a sync, or do so no more."""
        await self._connection.exec_driver_sql(
            f"UPDATE {SHAPES[stored.collection].table} SET pinned = :pinned,"  # noqa: S608 - our own names
            " sync_version = sync_version + 1 WHERE tenant_id = :tenant AND id = :id",
            self._values(stored.collection, stored.id) | {"pinned": int(pinned)},
        )

    async def history(
        self, collection: Collection, record_id: RecordId, *, limit: int
    ) -> list[RecordEvent]:
        """Return what runs did to a record after they created it, newest first."""
        statement = _HISTORY.format(changes=SHAPES[collection].changes, losses=_LOSSES)
        found = await self._connection.exec_driver_sql(
            statement, self._values(collection, record_id) | {"limit": limit}
        )
        return [_event(collection, record_id, row) for row in found.all()]

    def _values(self, collection: Collection, record_id: RecordId) -> dict[str, Bound]:
        return {"tenant": self._tenant, "collection": collection.value, "id": record_id}


def column(shape: RecordTable, name: str) -> str:
    """Return the roster's column of a field. Raises `StopIteration` where there is none."""
    return STATUS if name == STATUS else shape.field(name).local_column


def _stored(shape: RecordTable, row: NamedRow, knowers: tuple[IntegrationId, ...]) -> Stored:
    names = (STATUS, *(field.name for field in shape.fields))
    created_run, synced_at = row["created_run"], row["last_sync_at"]
    return Stored(
        collection=shape.collection,
        id=RecordId(row["id"]),
        values={name: row[column(shape, name)] for name in names},
        base_values=base_values.read(row["sync_metadata"]),
        knowers=knowers,
        origin=row["external_system_id"],
        external_id=row["external_id"],
        is_pinned=bool(row["pinned"]),
        created_run=None if created_run is None else RunId(created_run),
        sync_status=SyncStatus(row["sync_status"]),
        last_sync_at=None if synced_at is None else moment(synced_at),
    )


def _event(collection: Collection, record_id: RecordId, row: Row) -> RecordEvent:
    at: datetime = moment(row.at)
    change = PlannedChange(
        run_id=RunId(row.run_id),
        collection=collection,
        external_id=row.external_id,
        kind=ChangeKind(row.kind),
        record_id=record_id,
        before=_decode(row.before) if row.before else {},
        after=_fields(row.after),
        note=row.note or "",
    )
    return RecordEvent(at=at, change=change, by=f"{row.integration_id}, run {row.run_id}")


def _fields(after: str | None) -> Values:
    """Return the fields that a change sets, without what it remembers."""
    if not after:
        return {}
    return {
        name: one
        for name, one in _decode(after).items()
        if name not in {"sync_metadata", "sync_status"}
    }
