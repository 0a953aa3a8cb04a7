"""What foreign keys would do for the roster: no record names one that is not there.

New records need no look, as the joins that write them have followed their references. Who sets
references one by one, or deletes records, asks here in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from integration_tui.domain.errors import ConflictError
from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Collection
from integration_tui.store.connection import Connection, Value
from integration_tui.store.roster.fields import SHAPES, RecordTable, TableField

_LACKING: Final = """
SELECT count(*) FROM json_each(:ids) j WHERE NOT EXISTS (
    SELECT 1 FROM {table} g WHERE g.tenant_id = :tenant AND g.id = j.value)
"""
_NAMING: Final = """
SELECT EXISTS (SELECT 1 FROM {table} n INDEXED BY ix_{table}_{column}
    WHERE n.tenant_id = :tenant AND n.{column} IN ({chosen}))
"""
_KNOWN: Final = """
SELECT EXISTS (SELECT 1 FROM {table} m WHERE m.tenant_id = :tenant
    AND m.collection = :collection AND m.internal_id IN ({chosen}))
"""
_IDS: Final = ("external_system_mappings", "shared_external_ids")
_json: Final = msgspec.json.Encoder().encode


def naming(collection: Collection) -> Iterator[tuple[RecordTable, TableField]]:
    """Yield every field that names a record of a collection."""
    for shape in SHAPES.values():
        for field in shape.references:
            if field.to is collection:
                yield shape, field


class ReferenceRepository:
    """Checks references inside one transaction. Everything raises `ConflictError`."""

    def __init__(self, connection: Connection, tenant: TenantId, *, advice: str) -> None:
        """Take what to do where a reference leads nowhere."""
        self._connection = connection
        self._tenant = tenant
        self._advice = advice

    async def require_records(self, collection: Collection, ids: Iterable[object]) -> None:
        """Check that the records with these ids are there; `None` is no id."""
        wanted = {record_id for record_id in ids if record_id is not None}
        if not wanted:
            return
        values = {"ids": _json(list(wanted)).decode()}
        lacking = await self._first(_LACKING.format(table=SHAPES[collection].table), values)
        if lacking:
            raise ConflictError(
                f"{lacking} {collection} that are to be named are not in the roster any more",
                advice=self._advice,
            )

    async def require_named(self, shape: RecordTable, changed: Mapping[str, object]) -> None:
        """Check what the changed fields of one record name."""
        for field in shape.references:
            if field.name in changed and field.to is not None:
                await self.require_records(field.to, (changed[field.name],))

    async def require_unnamed(
        self, collection: Collection, chosen: str, values: Mapping[str, Value]
    ) -> None:
        """Check that nothing names records which are gone: those whose ids `chosen` selects.

        To be asked once they are deleted, so that records which go together may name each other.
        """
        for by, statement in _questions(collection, chosen):
            if await self._first(statement, {**values, "collection": collection.value}):
                raise ConflictError(f"{collection} cannot be removed: {by}", advice=self._advice)

    async def _first(self, statement: str, values: Mapping[str, Value]) -> int:
        found = await self._connection.exec_driver_sql(
            statement, {"tenant": self._tenant, **values}
        )
        return int(found.scalar_one())


def _questions(collection: Collection, chosen: str) -> Iterator[tuple[str, str]]:
    for shape, field in naming(collection):
        statement = _NAMING.format(table=shape.table, column=field.local_column, chosen=chosen)
        yield f"{shape.collection} name them", statement
    for table in _IDS:
        yield "ids of systems lead to them", _KNOWN.format(table=table, chosen=chosen)
