"""Which id of ours is which id of a system's, both ways; and what may be the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from integration_tui.domain.ids import IntegrationId, RecordId, TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.mapping import ExternalMapping, MappingOrigin, Match, MatchStatus
from integration_tui.domain.sync.same_person import SharedId
from integration_tui.domain.value import replace
from integration_tui.store.column_types import instant, maybe_moment, moment, storable
from integration_tui.store.connection import Connection, Row
from integration_tui.store.connection import Value as Bound
from integration_tui.store.sync.shared_ids import SharedIdRepository

# A record may have been planned again, or merged, since: its id is what the mapping says.
_MATCHES: Final = """
SELECT s.integration_id, s.collection, s.external_id, s.candidate_id, s.rule, s.score, s.status,
    COALESCE(m.internal_id, s.internal_id) AS internal_id
FROM sync_matches s
LEFT JOIN external_system_mappings m ON m.tenant_id = s.tenant_id
    AND m.integration_id = s.integration_id AND m.collection = s.collection
    AND m.external_id = s.external_id
WHERE s.tenant_id = :tenant AND s.status = 'open' {only} {behind}
    AND COALESCE(m.internal_id, s.internal_id) <> s.candidate_id
ORDER BY -s.score, s.integration_id, s.collection, s.external_id, s.candidate_id LIMIT :limit
"""
_COUNTS: Final = """
SELECT count(*), coalesce(sum(NOT EXISTS (SELECT 1 FROM external_system_mappings o
    WHERE o.tenant_id = m.tenant_id AND o.collection = m.collection
        AND o.internal_id = m.internal_id AND o.integration_id <> m.integration_id)), 0)
FROM external_system_mappings m WHERE m.tenant_id = :tenant AND m.integration_id = :integration
"""
_UNSETTLE: Final = (
    """
    UPDATE external_system_mappings SET fingerprint = 0 WHERE tenant_id = :tenant
        AND integration_id = :integration AND collection = 'users' AND internal_id = :person
    """,
    """
    UPDATE external_system_mappings SET fingerprint = 0 WHERE tenant_id = :tenant
        AND integration_id = :integration AND collection = 'enrollments' AND internal_id IN (
            SELECT id FROM enrollments WHERE tenant_id = :tenant AND user_id = :person)
    """,
)
_SYSTEMS: Final = """
SELECT integration_id FROM external_system_mappings
WHERE tenant_id = ? AND collection = ? AND internal_id = ?
"""
_ONE: Final = """
SELECT * FROM external_system_mappings
WHERE tenant_id = ? AND integration_id = ? AND collection = ? AND internal_id = ?
"""
_FIND: Final = """
SELECT internal_id FROM external_system_mappings
WHERE tenant_id = ? AND integration_id = ? AND collection = ? AND external_id = ?
"""
_MOVE: Final = """
UPDATE external_system_mappings SET internal_id = ?, bond = ?
WHERE tenant_id = ? AND integration_id = ? AND collection = ? AND external_id = ?
"""
_FORGET: Final = """
DELETE FROM external_system_mappings
WHERE tenant_id = ? AND integration_id = ? AND collection = ? AND external_id = ?
"""
_ADD: Final = """
INSERT INTO external_system_mappings (tenant_id, integration_id, collection, external_id,
    internal_id, fingerprint, listed, missed, bond, mapped_at)
VALUES (?, ?, ?, ?, ?, 0, 1, 0, ?, ?)
"""
_THE_MATCH: Final = """
WHERE tenant_id = :tenant AND integration_id = :integration AND collection = :collection
    AND external_id = :external_id AND candidate_id = :candidate
"""
_STATUS: Final = f"SELECT status FROM sync_matches {_THE_MATCH}"  # noqa: S608 - ours
_DECIDE: Final = f"UPDATE sync_matches SET status = :status {_THE_MATCH}"  # noqa: S608 - ours
_MOVE_MATCHES: Final = (
    """
    UPDATE OR IGNORE sync_matches SET candidate_id = :after
    WHERE tenant_id = :tenant AND collection = :collection AND candidate_id = :before
    """,
    """
    DELETE FROM sync_matches
    WHERE tenant_id = :tenant AND collection = :collection AND candidate_id = :before
    """,
    """
    UPDATE sync_matches SET internal_id = :after
    WHERE tenant_id = :tenant AND collection = :collection AND internal_id = :before
    """,
)
_READ_ANEW: Final = """
UPDATE sync_marks SET made_by = '' WHERE tenant_id = ? AND integration_id = ? AND collection = ?
"""
_BEHIND: Final = """
AND (-s.score, s.integration_id, s.collection, s.external_id, s.candidate_id)
    > (-:score, :system, :collection, :external_id, :candidate)
"""


class MappingRepository:
    """Reads and writes inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant
        self.shared = SharedIdRepository(connection, tenant)

    async def of(self, collection: Collection, record_id: RecordId) -> list[ExternalMapping]:
        """Return what every system that knows a record calls it, by the system's name."""
        # Systems first, out of the index alone: else SQLite reads the mappings of all records.
        known = await self._connection.exec_driver_sql(
            _SYSTEMS, (self._tenant, collection.value, record_id)
        )
        systems = sorted(str(row.integration_id) for row in known.all())
        found = [await self._get(collection, record_id, system) for system in systems]
        if collection is not Collection.USERS:
            return found
        shared = await self.shared.of(record_id)
        return [
            _with_aliases(found_one, shared.get(found_one.integration_id, ()))
            for found_one in found
        ]

    async def counts(self, integration_id: IntegrationId) -> tuple[int, int]:
        """Return how many records a system knows, and how many of them no other one knows."""
        found = await self._connection.exec_driver_sql(
            _COUNTS, {"tenant": self._tenant, "integration": integration_id}
        )
        row = found.one()
        return int(row[0]), int(row[1])

    async def find(
        self, integration_id: IntegrationId, collection: Collection, external_id: str
    ) -> RecordId | None:
        """Return our id of what a system calls `external_id`."""
        rows = await self._connection.exec_driver_sql(
            _FIND, self._named(integration_id, collection, external_id)
        )
        found: int | None = rows.scalar_one_or_none()
        if found is None:
            return await self.shared.find(integration_id, collection, external_id)
        return RecordId(found)

    async def matches(
        self, integration_id: IntegrationId | None, *, after: Match | None = None, limit: int
    ) -> list[Match]:
        """Return what waits to be decided behind a match, the likeliest first."""
        only = "AND s.integration_id = :integration" if integration_id else ""
        statement = _MATCHES.format(only=only, behind=_BEHIND if after else "")
        values: dict[str, Bound] = {"tenant": self._tenant, "limit": limit}
        values |= {"integration": integration_id} if integration_id else {}
        rows = await self._connection.exec_driver_sql(statement, values | _where(after))
        return [_match(row) for row in rows.all()]

    async def status(self, match: Match) -> MatchStatus | None:
        """Return how a match stands; `None` where there is no such."""
        rows = await self._connection.exec_driver_sql(_STATUS, self._key(match))
        found = rows.scalar_one_or_none()
        return None if found is None else MatchStatus(found)

    async def decide(self, match: Match, status: MatchStatus) -> None:
        """Remember what somebody decided: the same question is never asked again."""
        await self._connection.exec_driver_sql(
            _DECIDE, {**self._key(match), "status": status.value}
        )

    async def move(
        self,
        collection: Collection,
        before: RecordId,
        after: RecordId,
        *,
        bond: MappingOrigin,
        integration_id: IntegrationId | None = None,
    ) -> None:
        """Have what systems, or one of them, call a record be the name of another."""
        if collection is Collection.USERS:
            await self.shared.move(before, after, system=integration_id)
        for external_mapping in await self.of(collection, before):
            if integration_id in (None, external_mapping.integration_id):
                system, named = external_mapping.integration_id, external_mapping.external_id
                await self._connection.exec_driver_sql(
                    _MOVE, (after, bond.value, *self._named(system, collection, named))
                )

    async def move_matches(self, collection: Collection, before: RecordId, after: RecordId) -> None:
        """Have questions about a record be about another."""
        where = {"tenant": self._tenant, "collection": collection.value}
        for statement in _MOVE_MATCHES:
            await self._connection.exec_driver_sql(
                statement, {**where, "before": before, "after": after}
            )

    async def forget(
        self, integration_id: IntegrationId, collection: Collection, external_id: str
    ) -> None:
        """Forget an id of a system's; where it is still listed, it is new the next time."""
        await self._connection.exec_driver_sql(
            _FORGET, self._named(integration_id, collection, external_id)
        )
        await self.read_anew(integration_id, collection)

    async def unsettle(self, integration_id: IntegrationId, person: RecordId) -> None:
        """Have what a system says of a person and of the person's enrollments be looked at anew."""
        for statement in _UNSETTLE:
            await self._connection.exec_driver_sql(
                statement,
                {"tenant": self._tenant, "integration": integration_id, "person": person},
            )
        for collection in (Collection.USERS, Collection.ENROLLMENTS):
            await self.read_anew(integration_id, collection)

    async def read_anew(self, integration_id: IntegrationId, collection: Collection) -> None:
        """Have no page of a system pass for known: one may hold an id that has to be seen."""
        await self._connection.exec_driver_sql(
            _READ_ANEW, (self._tenant, storable(integration_id), collection.value)
        )

    async def add(self, mapping: ExternalMapping, *, at: datetime) -> None:
        """Note an id of a system's; what the system says under it is read anew."""
        named = self._named(mapping.integration_id, mapping.collection, mapping.external_id)
        await self._connection.exec_driver_sql(
            _ADD, (*named, mapping.internal_id, mapping.bond.value, instant(at))
        )

    async def _get(
        self, collection: Collection, record_id: RecordId, system: str
    ) -> ExternalMapping:
        rows = await self._connection.exec_driver_sql(
            _ONE, (self._tenant, system, collection.value, record_id)
        )
        return _mapping(rows.one())

    def _named(
        self, integration_id: IntegrationId, collection: Collection, external_id: str
    ) -> tuple[str, str, str, str]:
        """Return what a system calls a record, as statements take it."""
        return self._tenant, storable(integration_id), collection.value, storable(external_id)

    def _key(self, match: Match) -> dict[str, Bound]:
        return {
            "tenant": self._tenant,
            "integration": storable(match.integration_id),
            "collection": match.collection.value,
            "external_id": storable(match.external_id),
            "candidate": match.candidate_id,
        }


def _with_aliases(mapping: ExternalMapping, shared: Iterable[SharedId]) -> ExternalMapping:
    aliases = tuple(
        shared_id.external_id
        for shared_id in shared
        if shared_id.external_id != mapping.external_id
    )
    return replace(mapping, aliases=aliases)


def _mapping(row: Row) -> ExternalMapping:
    return ExternalMapping(
        integration_id=IntegrationId(row.integration_id),
        collection=Collection(row.collection),
        internal_id=RecordId(row.internal_id),
        external_id=row.external_id,
        mapped_at=moment(row.mapped_at),
        bond=MappingOrigin(row.bond),
        is_listed=bool(row.listed),
        missed=row.missed,
        missing_since=maybe_moment(row.missing_since),
    )


def _where(match: Match | None) -> dict[str, Bound]:
    if match is None:
        return {}
    return {
        "score": match.score,
        "system": match.integration_id,
        "collection": match.collection.value,
        "external_id": match.external_id,
        "candidate": match.candidate_id,
    }


def _match(row: Row) -> Match:
    return Match(
        integration_id=IntegrationId(row.integration_id),
        collection=Collection(row.collection),
        external_id=row.external_id,
        record_id=RecordId(row.internal_id),
        candidate_id=RecordId(row.candidate_id),
        rule=row.rule,
        score=row.score,
        status=MatchStatus(row.status),
    )
