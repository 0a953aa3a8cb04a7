"""Two records made one, and one made two: what names them, made to name the right one.

Built from the list of fields, so that whatever names a record is followed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from integration_tui.domain.ids import IntegrationId, RecordId, TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.mapping import ExternalMapping
from integration_tui.domain.sync.merge import BaseValue, SaidBy
from integration_tui.domain.sync.plan import Values
from integration_tui.store.connection import Connection, Row
from integration_tui.store.connection import Value as Bound
from integration_tui.store.roster import base_values
from integration_tui.store.roster.fields import SHAPES, RecordTable, TableField
from integration_tui.store.roster.manual_edits import ManualEditRepository
from integration_tui.store.roster.records import Stored, column
from integration_tui.store.roster.references import ReferenceRepository, naming
from integration_tui.store.sequences import allocate_ids

# CROSS: else SQLite begins with the mappings, which are many.
_KNOWN_BY: Final = """
SELECT DISTINCT m.integration_id FROM {table} g INDEXED BY ix_{table}_{column}
CROSS JOIN external_system_mappings m ON m.tenant_id = g.tenant_id AND m.collection = '{collection}'
    AND m.internal_id = g.id
WHERE g.tenant_id = :tenant AND g.{column} = :before
"""
_REPOINT: Final = """
UPDATE {table} INDEXED BY ix_{table}_{column} SET {column} = :after, sync_version = sync_version + 1
WHERE tenant_id = :tenant AND {column} = :before
"""
_ONLY: Final = """
 AND EXISTS (SELECT 1 FROM external_system_mappings m WHERE m.tenant_id = {table}.tenant_id
        AND m.collection = '{collection}' AND m.internal_id = {table}.id
        AND m.integration_id = :system)
    AND NOT EXISTS (SELECT 1 FROM external_system_mappings m WHERE m.tenant_id = {table}.tenant_id
        AND m.collection = '{collection}' AND m.internal_id = {table}.id
        AND m.integration_id <> :system)
"""
_SHARED: Final = """
SELECT g.id, g.sync_metadata FROM {table} g INDEXED BY ix_{table}_{column}
CROSS JOIN external_system_mappings m ON m.tenant_id = g.tenant_id AND m.collection = '{collection}'
    AND m.internal_id = g.id AND m.integration_id = :system
WHERE g.tenant_id = :tenant AND g.{column} = :before
"""
_REMEMBERED: Final = """
SELECT g.id, g.{column} AS held, g.sync_metadata FROM {table} g
WHERE g.tenant_id = :tenant AND g.sync_metadata <> '{{}}' AND EXISTS (
    SELECT 1 FROM json_each(g.sync_metadata) s
    WHERE json_extract(s.value, '$.{name}[0]') = :before)
"""
_REMEMBER: Final = """
UPDATE {table} SET sync_metadata = :said, sync_version = sync_version + 1
WHERE tenant_id = :tenant AND id = :id
"""
# A run that is taken back must not name who is not there any more.
_PAST: Final = """
UPDATE {changes} INDEXED BY ix_{changes}_run_id SET {side} = json_set({side}, '$.{name}', :after)
WHERE tenant_id = :tenant AND kind <> 'create' AND json_extract({side}, '$.{name}') = :before
"""
_ASKED: Final = """
UPDATE sync_conflicts SET {side} = CAST(:after AS TEXT)
WHERE tenant_id = :tenant AND collection = '{collection}' AND field = '{name}'
    AND {side} = CAST(:before AS TEXT)
"""
_ABOVE: Final = """
WITH RECURSIVE above (id) AS (
    SELECT parent_id FROM {table} WHERE tenant_id = :tenant AND id = :id
    UNION SELECT g.parent_id FROM {table} g JOIN above ON g.id = above.id
        WHERE g.tenant_id = :tenant)
SELECT 1 FROM above WHERE id = :other
"""
_TWINS: Final = """
SELECT min(g.id), max(g.id) FROM enrollments g INDEXED BY ix_enrollments_{column}
WHERE g.tenant_id = :tenant AND g.{column} = :id GROUP BY g.user_id, g.class_id, g.role
HAVING count(*) = 2
"""
_SEAT_OF: Final[Mapping[Collection, str]] = {
    Collection.USERS: "user_id",
    Collection.CLASSES: "class_id",
}


class RecordMergeRepository:
    """Follows what names a record inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant
        self._references = ReferenceRepository(connection, tenant, advice="sync, then try again")

    async def repoint(
        self, collection: Collection, before: RecordId, after: RecordId
    ) -> set[IntegrationId]:
        """Have all that names a record name another; return the systems that know of it."""
        systems: set[IntegrationId] = set()
        values: dict[str, Bound] = {"before": before, "after": after}
        for shape, field in naming(collection):
            rows = await self._run(_filled(_KNOWN_BY, shape, field), values)
            systems |= {IntegrationId(str(row[0])) for row in rows}
            await self._run(_filled(_REPOINT, shape, field), values)
            await self._remember(shape, field, before, after)
            for side in ("before", "after"):
                await self._run(_filled(_PAST, shape, field, side), values)
            for side in ("base", "ours", "theirs"):
                await self._run(_filled(_ASKED, shape, field, side), values)
        return systems

    async def hand_over(
        self, collection: Collection, before: RecordId, after: RecordId, system: IntegrationId
    ) -> set[IntegrationId]:
        """Have what only `system` knows name another record; of the rest, note that it says so.

        Returns the systems that know what was changed.
        """
        systems: set[IntegrationId] = set()
        values: dict[str, Bound] = {"before": before, "after": after, "system": system}
        for shape, field in naming(collection):
            rows = await self._run(_filled(_KNOWN_BY, shape, field), values)
            systems |= {IntegrationId(str(row[0])) for row in rows}
            await self._run(_filled(_REPOINT + _ONLY, shape, field), values)
            await self._remember(shape, field, before, after, system)
            for id_, stored in await self._run(_filled(_SHARED, shape, field), values):
                said = _with_base_value(base_values.read(str(stored)), system, field.name, after)
                await self._write(shape, id_, said)
        return systems

    async def is_above(self, collection: Collection, record_id: RecordId, other: RecordId) -> bool:
        """Return whether `other` is a parent of a record, or a parent's parent."""
        shape = SHAPES[collection]
        if not shape.is_tree:
            return False
        statement = _ABOVE.format(table=shape.table)
        return bool(await self._run(statement, {"id": record_id, "other": other}))

    async def twins(
        self, collection: Collection, record_id: RecordId
    ) -> list[tuple[RecordId, RecordId]]:
        """Return the pairs of enrollments of a record that are the same seat."""
        if collection not in _SEAT_OF:
            return []
        statement = _TWINS.format(column=_SEAT_OF[collection])
        rows = await self._run(statement, {"id": record_id})
        return [(RecordId(int(str(one))), RecordId(int(str(two)))) for one, two in rows]

    async def remove(self, stored: Stored) -> None:
        """Delete a record that nothing names any more."""
        table = SHAPES[stored.collection].table
        await self._run(
            f"DELETE FROM {table} WHERE tenant_id = :tenant AND id = :id",  # noqa: S608 - our own names
            {"id": stored.id},
        )
        await ManualEditRepository(self._connection, self._tenant).forget(stored.name)
        await self._references.require_unnamed(stored.collection, ":id", {"id": stored.id})

    async def add(self, like: Stored, values: Values, mapping: ExternalMapping) -> RecordId:
        """Make a record of what a system says of another one; return its id."""
        shape = SHAPES[like.collection]
        await self._references.require_named(shape, values)
        record_id = await allocate_ids(self._connection, self._tenant, like.collection)
        columns = {column(shape, name): f"v_{name}" for name in values}
        await self._run(
            f"INSERT INTO {shape.table} (tenant_id, id, external_system_id, external_id,"  # noqa: S608 - our own names
            f" sync_status, last_sync_at, pinned, {', '.join(columns)})"
            f" SELECT tenant_id, :new, :system, :external, 'synced', last_sync_at, pinned,"
            f" {', '.join(f':{column}' for column in columns.values())}"
            f" FROM {shape.table} WHERE tenant_id = :tenant AND id = :id",
            {
                "id": like.id,
                "new": record_id,
                "system": mapping.integration_id,
                "external": mapping.external_id,
                **{f"v_{name}": one for name, one in values.items()},
            },
        )
        return RecordId(record_id)

    async def come_from(self, stored: Stored, mapping: ExternalMapping) -> None:
        """Have a record be from another system than the one that brought it."""
        table = SHAPES[stored.collection].table
        await self._run(
            f"UPDATE {table} SET external_system_id = :system, external_id = :external"  # noqa: S608 - our own names
            " WHERE tenant_id = :tenant AND id = :id",
            {
                "id": stored.id,
                "system": mapping.integration_id,
                "external": mapping.external_id,
            },
        )

    async def _remember(
        self,
        shape: RecordTable,
        field: TableField,
        before: RecordId,
        after: RecordId,
        system: IntegrationId | None = None,
    ) -> None:
        """Have systems, or one of them, be base_values to name another record."""
        rows = await self._run(_filled(_REMEMBERED, shape, field), {"before": before})
        for id_, held, stored in rows:
            said = base_values.read(str(stored))
            await self._write(shape, id_, _renamed(said, field.name, before, after, held, system))

    async def _write(self, shape: RecordTable, record_id: RecordId, said: SaidBy) -> None:
        values: dict[str, Bound] = {"id": record_id, "said": base_values.written(said)}
        await self._run(_REMEMBER.format(table=shape.table), values)

    async def _run(self, statement: str, values: Mapping[str, Bound]) -> Sequence[Row]:
        done = await self._connection.exec_driver_sql(statement, {"tenant": self._tenant, **values})
        return done.all() if done.returns_rows else []


def _filled(statement: str, shape: RecordTable, field: TableField, side: str = "") -> str:
    return statement.format(
        table=shape.table,
        changes=shape.changes,
        collection=shape.collection.value,
        column=field.local_column,
        name=field.name,
        side=side,
    )


def _renamed(
    said: SaidBy,
    name: str,
    before: RecordId,
    after: RecordId,
    held: object,
    system: IntegrationId | None,
) -> SaidBy:
    found: dict[str, Mapping[str, BaseValue]] = {}
    for one, fields in said.items():
        base = fields.get(name)
        if base is None or base.value != before or system not in (None, one):
            found[one] = fields
            continue
        rest = {key: value for key, value in fields.items() if key != name}
        # What is held again needs no base.
        found[one] = rest if held == after else {**rest, name: BaseValue(after, base.since)}
    return found


def _with_base_value(said: SaidBy, system: str, name: str, value: RecordId) -> SaidBy:
    mine = said.get(system, {})
    if name in mine:
        return said
    return {**said, system: {**mine, name: BaseValue(value)}}
