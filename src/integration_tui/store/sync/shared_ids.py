"""Stores all ids under which one system lists one person: as they are, and as plans have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from integration_tui.domain.ids import IntegrationId, RecordId, TenantId
from integration_tui.domain.roster import Collection, Role
from integration_tui.domain.sync.mapping import ExternalMapping, MappingOrigin
from integration_tui.domain.sync.plan import Value
from integration_tui.domain.sync.run import Mode, Run
from integration_tui.domain.sync.same_person import SharedId
from integration_tui.store.connection import Connection, Row
from integration_tui.store.connection import Value as Bound
from integration_tui.store.roster.records import Stored

NOBODY: Final = 0
"""Instead of our id: whoever is listed under it is somebody else now."""
_GROUPS: Final = """
SELECT internal_id, external_id, listed, roles, home, bond FROM shared_external_ids
WHERE tenant_id = :tenant AND integration_id = :integration AND collection = 'users'
"""
_OF: Final = """
SELECT integration_id, internal_id, external_id, listed, roles, home, bond FROM shared_external_ids
WHERE tenant_id = :tenant AND collection = 'users' AND internal_id = :id
ORDER BY integration_id, external_id
"""
_ORG: Final = """
SELECT external_id FROM external_system_mappings WHERE tenant_id = :tenant
    AND integration_id = :integration AND collection = 'orgs' AND internal_id = :id
"""
_TOLD: Final = ("status", "roles", "primary_org")
_PUT: Final = """
INSERT OR REPLACE INTO shared_external_ids (tenant_id, integration_id, collection, external_id,
    internal_id, listed, roles, home, bond) VALUES (?, ?, 'users', ?, ?, ?, ?, ?, ?)
"""
_PLAN: Final = """
INSERT INTO sync_shared_ids (tenant_id, run_id, integration_id, external_id, internal_id, listed,
    roles, home, bond) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_FORGET_PLAN: Final = "DELETE FROM sync_shared_ids WHERE tenant_id = :tenant AND run_id = :run"
_KEEP: Final = (
    """
    DELETE FROM shared_external_ids WHERE tenant_id = :tenant AND integration_id = :integration
        AND collection = 'users' AND external_id IN (SELECT external_id FROM sync_shared_ids
            WHERE tenant_id = :tenant AND run_id = :run)
    """,
    """
    INSERT INTO shared_external_ids (tenant_id, integration_id, collection, external_id,
        internal_id, listed, roles, home, bond)
    SELECT tenant_id, integration_id, 'users', external_id, internal_id, listed, roles, home, bond
    FROM sync_shared_ids WHERE tenant_id = :tenant AND run_id = :run AND internal_id <> 0
    """,
    _FORGET_PLAN,
)
_MOVE: Final = """
UPDATE shared_external_ids SET internal_id = :after
WHERE tenant_id = :tenant AND collection = 'users' AND internal_id = :before
    AND (:system IS NULL OR integration_id = :system)
"""
_DROP: Final = """
DELETE FROM shared_external_ids WHERE tenant_id = :tenant AND integration_id = :integration
    AND collection = 'users' AND external_id = :external_id
"""
_FIND: Final = """
SELECT internal_id FROM shared_external_ids WHERE tenant_id = :tenant
    AND integration_id = :integration AND collection = :collection AND external_id = :external_id
"""
_roles: Final = msgspec.json.Decoder(tuple[Role, ...]).decode
_json: Final = msgspec.json.Encoder().encode


class SharedIdRepository:
    """Reads and writes them inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def groups(self, integration_id: IntegrationId) -> dict[int, dict[str, SharedId]]:
        """Return by our id all ids of those who have several in a system."""
        found: dict[int, dict[str, SharedId]] = {}
        for row in await self._ask(_GROUPS, integration=integration_id):
            found.setdefault(row.internal_id, {})[row.external_id] = _shared(row)
        return found

    async def of(self, record_id: RecordId) -> dict[IntegrationId, list[SharedId]]:
        """Return by system the ids of one person, where there are several."""
        found: dict[IntegrationId, list[SharedId]] = {}
        for row in await self._ask(_OF, id=record_id):
            found.setdefault(IntegrationId(row.integration_id), []).append(_shared(row))
        return found

    async def find(
        self, integration_id: IntegrationId, collection: Collection, external_id: str
    ) -> RecordId | None:
        """Return whose further id it is; `None` where it is nobody's."""
        rows = await self._ask(
            _FIND,
            integration=integration_id,
            collection=collection.value,
            external_id=external_id,
        )
        return RecordId(int(rows[0].internal_id)) if rows else None

    async def read_from(self, stored: Stored, mapping: ExternalMapping) -> SharedId:
        """Return what a system says of somebody under the one id that has a mapping."""
        said = stored.base_values.get(mapping.integration_id, {})
        values = {name: said[name].value if name in said else stored.values[name] for name in _TOLD}
        homes = await self._ask(_ORG, integration=mapping.integration_id, id=values["primary_org"])
        return SharedId(
            external_id=mapping.external_id,
            is_listed=mapping.is_listed and values["status"] == "active",
            roles=parse_roles(values["roles"]),
            home=homes[0].external_id if homes else None,
            bond=MappingOrigin.CONFIRMED,
        )

    async def put(
        self, integration_id: IntegrationId, record_id: RecordId, ids: Iterable[SharedId]
    ) -> None:
        """Note ids that a person says belong to one record."""
        rows = [
            (self._tenant, integration_id, shared_id.external_id, record_id, *_values(shared_id))
            for shared_id in ids
        ]
        await self._connection.exec_driver_sql(_PUT, rows)

    async def drop(self, integration_id: IntegrationId, external_id: str) -> None:
        """Forget that an id is a further one of somebody."""
        await self._ask(_DROP, integration=integration_id, external_id=external_id)

    async def move(
        self, before: RecordId, after: RecordId, *, system: IntegrationId | None = None
    ) -> None:
        """Have the ids of a record, or of one system, be those of another."""
        await self._ask(_MOVE, before=before, after=after, system=system)

    async def plan(self, run: Run, planned: Mapping[int, Iterable[SharedId]]) -> None:
        """Note what a plan makes of ids; `NOBODY` are those that it takes away."""
        await self._ask(_FORGET_PLAN, run=run.id)
        rows = [
            (
                self._tenant,
                run.id,
                run.integration_id,
                shared_id.external_id,
                record_id,
                *_values(shared_id),
            )
            for record_id, ids in planned.items()
            for shared_id in ids
        ]
        if rows:
            await self._connection.exec_driver_sql(_PLAN, rows)

    async def keep(self, run: Run) -> None:
        """Have ids be as the plan of a run has them; a second time changes nothing."""
        if run.mode is Mode.UNDO:
            return
        for statement in _KEEP:
            await self._ask(statement, run=run.id, integration=run.integration_id)

    async def _ask(self, statement: str, **values: Bound) -> Sequence[Row]:
        named = {"tenant": self._tenant, **values}
        done = await self._connection.exec_driver_sql(statement, named)
        return done.all() if done.returns_rows else []


def parse_roles(stored: Value) -> tuple[Role, ...]:
    """Return roles as they are stored in a record."""
    return _roles(f"{stored or '[]'}")


def format_roles(ids: Iterable[SharedId]) -> str:
    """Return the roles of all ids that are listed, as they are stored in a record."""
    return _json(
        tuple(
            dict.fromkeys(
                role for record_id in ids if record_id.is_listed for role in record_id.roles
            )
        )
    ).decode()


def _values(one: SharedId) -> tuple[Bound, ...]:
    return one.is_listed, _json(one.roles).decode(), one.home, one.bond.value


def _shared(row: Row) -> SharedId:
    return SharedId(
        external_id=row.external_id,
        is_listed=bool(row.listed),
        roles=_roles(row.roles),
        home=row.home,
        bond=MappingOrigin(row.bond),
    )
