"""Integrations: what is wanted of each, and how it stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from integration_tui.domain.errors import ConflictError, UnknownIntegrationError
from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.domain.integration import (
    Integration,
    IntegrationStatus,
    Intent,
    Problem,
    Trouble,
)
from integration_tui.store.column_types import (
    instant,
    maybe_instant,
    maybe_moment,
    moment,
    names_of,
    storable,
)
from integration_tui.store.connection import Connection, Row, Value
from integration_tui.store.sqlite_file import anchored, named

_ALL: Final = """
SELECT * FROM integrations WHERE tenant_id = :tenant ORDER BY id
"""
_SOME: Final = """
SELECT * FROM integrations
WHERE tenant_id = :tenant AND id IN (SELECT value FROM json_each(:names)) ORDER BY id
"""
_ONE: Final = "SELECT * FROM integrations WHERE tenant_id = :tenant AND id = :id"
_NAMES: Final = "SELECT id FROM integrations WHERE tenant_id = ?"
_WHOLE_PATHS: Final = """
SELECT id, source_path FROM integrations WHERE tenant_id = ? AND source_path LIKE '%/%'
"""
_REVISION: Final = """
SELECT coalesce((SELECT max(revision) FROM integration_revisions WHERE tenant_id = ?1), 0),
    (SELECT count(*) FROM integrations WHERE tenant_id = ?1)
"""
_NEXT_REVISION: Final = """
INSERT INTO integration_revisions (tenant_id, revision) VALUES (?, 1)
ON CONFLICT (tenant_id) DO UPDATE SET revision = revision + 1 RETURNING revision
"""
_ADD: Final = """
INSERT INTO integrations (tenant_id, id, provider, title, environment, enabled, intent, status,
    config_version, revision, changed_at, trouble, problem, advice, attempts, next_attempt_at,
    source_path, source_checksum)
VALUES (:tenant, :id, :provider, :title, :environment, :enabled, :intent, :status,
    :config_version, :revision, :changed_at, :trouble, :problem, :advice, :attempts,
    :next_attempt_at, :source_path, :source_checksum)
ON CONFLICT DO NOTHING
"""
_SAVE: Final = """
UPDATE integrations SET provider = :provider, title = :title, environment = :environment,
    enabled = :enabled, intent = :intent, status = :status, config_version = :config_version,
    revision = :revision, changed_at = :changed_at, trouble = :trouble, problem = :problem,
    advice = :advice, attempts = :attempts, next_attempt_at = :next_attempt_at,
    source_path = :source_path, source_checksum = :source_checksum
WHERE tenant_id = :tenant AND id = :id
"""
_REMOVE: Final = "DELETE FROM integrations WHERE tenant_id = ? AND id = ?"
_REMOVE_MAPPINGS: Final = """
DELETE FROM external_system_mappings WHERE tenant_id = ? AND integration_id = ?
"""
_SAVE_STATUS: Final = """
UPDATE integrations SET status = ?, changed_at = ?, trouble = ?, problem = ?, advice = ?,
    attempts = ?, next_attempt_at = ?
WHERE tenant_id = ? AND id = ?
"""


class IntegrationRepository:
    """Reads and writes integrations inside one transaction."""

    def __init__(
        self, connection: Connection, tenant: TenantId, folder: Path | None = None
    ) -> None:
        """Take the folder of documents; without one, their files are stored as they are given."""
        self._connection = connection
        self._tenant = tenant
        self._folder = folder

    async def get(self, integration_id: IntegrationId) -> Integration:
        """Return one. Raises `NotFoundError`, which names the nearest ones."""
        found = await self.find(integration_id)
        if found is None:
            raise await no_integration(self._connection, self._tenant, integration_id)
        return found

    async def find(self, integration_id: IntegrationId) -> Integration | None:
        """Return one, or `None`."""
        rows = await self._connection.exec_driver_sql(
            _ONE, {"tenant": self._tenant, "id": storable(integration_id)}
        )
        row = rows.one_or_none()
        return None if row is None else _integration(row, self._folder)

    async def all(self, only: Collection[IntegrationId] | None = None) -> list[Integration]:
        """Return all, or those of these names that there are; by name."""
        if only is None:
            rows = await self._connection.exec_driver_sql(_ALL, {"tenant": self._tenant})
        else:
            names = names_of(only)
            rows = await self._connection.exec_driver_sql(
                _SOME, {"tenant": self._tenant, "names": names}
            )
        return [_integration(row, self._folder) for row in rows.all()]

    async def add(self, integration: Integration) -> None:
        """Add one. Raises `ConflictError` if the name is taken."""
        done = await self._connection.exec_driver_sql(
            _ADD, {"tenant": self._tenant, **_values(integration, self._folder)}
        )
        if done.rowcount == 0:
            raise ConflictError(
                f"an integration with this name already exists: {integration.id}",
                advice="choose another name",
            )

    async def save(self, integration: Integration) -> None:
        """Store all of one. Raises `NotFoundError` where it was removed meanwhile."""
        done = await self._connection.exec_driver_sql(
            _SAVE, {"tenant": self._tenant, **_values(integration, self._folder)}
        )
        if done.rowcount == 0:
            raise await no_integration(self._connection, self._tenant, integration.id)

    async def save_status(self, changed: Sequence[Integration]) -> None:
        """Store of each how it stands: status and since when, problem, attempts, next attempt.

        What is wanted of it is left alone, so an old copy may be given; a removed one is passed
        over.
        """
        if changed:
            rows = [
                (*_status_values(integration), self._tenant, integration.id)
                for integration in changed
            ]
            await self._connection.exec_driver_sql(_SAVE_STATUS, rows)

    async def remove(self, integration_id: IntegrationId) -> None:
        """Forget one, with its versions, health, mappings and webhooks."""
        await self.next_revision()
        named = (self._tenant, storable(integration_id))
        await self._connection.exec_driver_sql(_REMOVE_MAPPINGS, named)
        done = await self._connection.exec_driver_sql(_REMOVE, named)
        if done.rowcount == 0:
            raise await no_integration(self._connection, self._tenant, integration_id)

    async def whole_paths(self) -> dict[IntegrationId, str]:
        """Return the files that are still stored by their whole paths, by integration."""
        rows = await self._connection.exec_driver_sql(_WHOLE_PATHS, (self._tenant,))
        return {IntegrationId(name): path for name, path in rows.all()}

    async def next_revision(self) -> int:
        """Return a number higher than any before, those of removed integrations included."""
        found = await self._connection.exec_driver_sql(_NEXT_REVISION, (self._tenant,))
        return int(found.scalar_one())

    async def revision(self) -> tuple[int, int]:
        """Return the newest revision and how many integrations there are.

        Equal ones mean that nothing was added, removed or wanted differently in between.
        """
        row = (await self._connection.exec_driver_sql(_REVISION, (self._tenant,))).one()
        return int(row[0]), int(row[1])


async def no_integration(
    connection: Connection, tenant: TenantId, integration_id: IntegrationId
) -> UnknownIntegrationError:
    """Return the error that says so, and names the nearest ones."""
    rows = await connection.exec_driver_sql(_NAMES, (tenant,))
    near = get_close_matches(integration_id, rows.scalars().all(), n=3)
    advice = (
        f"did you mean {' or '.join(near)}?" if near else "list them: integration-tui provider list"
    )
    return UnknownIntegrationError(integration_id, advice=advice)


def _values(one: Integration, folder: Path | None) -> Mapping[str, Value]:
    problem = one.problem
    return {
        "id": storable(one.id),
        "provider": storable(one.provider),
        "title": storable(one.title),
        "environment": storable(one.environment),
        "enabled": one.enabled,
        "intent": one.intent.value,
        "status": one.status.value,
        "config_version": one.config_version,
        "revision": one.revision,
        "changed_at": instant(one.changed_at),
        "trouble": problem.trouble.value if problem else None,
        "problem": storable(problem.message) if problem else "",
        "advice": storable(problem.advice) if problem else "",
        "attempts": one.attempts,
        "next_attempt_at": maybe_instant(one.next_attempt_at),
        "source_path": storable(named(one.source_path, folder)),
        "source_checksum": storable(one.source_checksum),
    }


def _status_values(one: Integration) -> tuple[Value, ...]:
    """Spell what `_SAVE_STATUS` takes, in its order."""
    problem = one.problem
    return (
        one.status.value,
        instant(one.changed_at),
        problem.trouble.value if problem else None,
        storable(problem.message) if problem else "",
        storable(problem.advice) if problem else "",
        one.attempts,
        maybe_instant(one.next_attempt_at),
    )


def _integration(row: Row, folder: Path | None) -> Integration:
    return Integration(
        id=IntegrationId(row.id),
        provider=row.provider,
        title=row.title,
        environment=row.environment,
        enabled=bool(row.enabled),
        intent=Intent(row.intent),
        status=IntegrationStatus(row.status),
        config_version=row.config_version,
        revision=row.revision,
        changed_at=moment(row.changed_at),
        problem=_problem(row),
        attempts=row.attempts,
        next_attempt_at=maybe_moment(row.next_attempt_at),
        source_path=anchored(row.source_path, folder),
        source_checksum=row.source_checksum,
    )


def _problem(row: Row) -> Problem | None:
    if row.trouble is None:
        return None
    return Problem(trouble=Trouble(row.trouble), message=row.problem, advice=row.advice)
