"""Integrations: what is wanted of each, and how it stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.errors import ConflictError, UnknownIntegrationError
from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.domain.integration import (
    Integration,
    IntegrationStatus,
    Intent,
    Problem,
    Trouble,
)
from integration_tui.store.column_types import instant, storable
from integration_tui.store.schema.core import integration_revisions, integrations
from integration_tui.store.schema.sync import external_system_mappings
from integration_tui.store.sqlite_file import anchored, named

_SAVE_STATUS = """
UPDATE integrations SET status = ?, changed_at = ?, trouble = ?, problem = ?, advice = ?,
    attempts = ?, next_attempt_at = ?
WHERE tenant_id = ? AND id = ?
"""


class IntegrationRepository:
    """Reads and writes integrations inside one transaction."""

    def __init__(
        self, connection: AsyncConnection, tenant: TenantId, folder: Path | None = None
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
        rows = await self._connection.execute(
            select(integrations).where(
                integrations.c.tenant_id == self._tenant, integrations.c.id == integration_id
            )
        )
        row = rows.one_or_none()
        return None if row is None else _integration(row, self._folder)

    async def all(self, only: Collection[IntegrationId] | None = None) -> list[Integration]:
        """Return all, or those of these names that there are; by name."""
        wanted = [] if only is None else [integrations.c.id.in_(only)]
        rows = await self._connection.execute(
            select(integrations)
            .where(integrations.c.tenant_id == self._tenant, *wanted)
            .order_by(integrations.c.id)
        )
        return [_integration(row, self._folder) for row in rows.all()]

    async def add(self, integration: Integration) -> None:
        """Add one. Raises `ConflictError` if the name is taken."""
        try:
            await self._connection.execute(
                insert(integrations).values(
                    tenant_id=self._tenant, **_values(integration, self._folder)
                )
            )
        except IntegrityError as error:
            if await self.find(integration.id) is None:
                raise
            raise ConflictError(
                f"an integration with this name already exists: {integration.id}",
                advice="choose another name",
            ) from error

    async def save(self, integration: Integration) -> None:
        """Store all of one. Raises `NotFoundError` where it was removed meanwhile."""
        done = await self._connection.execute(
            update(integrations)
            .where(integrations.c.tenant_id == self._tenant, integrations.c.id == integration.id)
            .values(**_values(integration, self._folder))
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
        await self._connection.execute(
            delete(external_system_mappings).filter_by(
                tenant_id=self._tenant, integration_id=integration_id
            )
        )
        done = await self._connection.execute(
            delete(integrations).where(
                integrations.c.tenant_id == self._tenant, integrations.c.id == integration_id
            )
        )
        if done.rowcount == 0:
            raise await no_integration(self._connection, self._tenant, integration_id)

    async def whole_paths(self) -> dict[IntegrationId, str]:
        """Return the files that are still stored by their whole paths, by integration."""
        rows = await self._connection.execute(
            select(integrations.c.id, integrations.c.source_path).where(
                integrations.c.tenant_id == self._tenant, integrations.c.source_path.contains("/")
            )
        )
        return {IntegrationId(name): path for name, path in rows.all()}

    async def next_revision(self) -> int:
        """Return a number higher than any before, those of removed integrations included."""
        statement = upsert(integration_revisions).values(tenant_id=self._tenant, revision=1)
        found = await self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant_id"],
                set_={"revision": integration_revisions.c.revision + 1},
            ).returning(integration_revisions.c.revision)
        )
        return int(found.scalar_one())

    async def revision(self) -> tuple[int, int]:
        """Return the newest revision and how many integrations there are.

        Equal ones mean that nothing was added, removed or wanted differently in between.
        """
        newest = select(func.coalesce(func.max(integration_revisions.c.revision), 0)).where(
            integration_revisions.c.tenant_id == self._tenant
        )
        count = select(func.count()).where(integrations.c.tenant_id == self._tenant)
        rows = await self._connection.execute(
            select(newest.scalar_subquery(), count.scalar_subquery())
        )
        row = rows.one()
        return int(row[0]), int(row[1])


async def no_integration(
    connection: AsyncConnection, tenant: TenantId, integration_id: IntegrationId
) -> UnknownIntegrationError:
    """Return the error that says so, and names the nearest ones."""
    rows = await connection.execute(
        select(integrations.c.id).where(integrations.c.tenant_id == tenant)
    )
    near = get_close_matches(integration_id, rows.scalars().all(), n=3)
    advice = (
        f"did you mean {' or '.join(near)}?" if near else "list them: integration-tui provider list"
    )
    return UnknownIntegrationError(integration_id, advice=advice)


def _values(one: Integration, folder: Path | None) -> Mapping[str, object]:
    problem = one.problem
    return {
        "id": one.id,
        "provider": one.provider,
        "title": one.title,
        "environment": one.environment,
        "enabled": one.enabled,
        "intent": one.intent.value,
        "status": one.status.value,
        "config_version": one.config_version,
        "revision": one.revision,
        "changed_at": one.changed_at,
        "trouble": problem.trouble.value if problem else None,
        "problem": problem.message if problem else "",
        "advice": problem.advice if problem else "",
        "attempts": one.attempts,
        "next_attempt_at": one.next_attempt_at,
        "source_path": named(one.source_path, folder),
        "source_checksum": one.source_checksum,
    }


def _status_values(one: Integration) -> tuple[object, ...]:
    """Spell what `_SAVE_STANDING` takes, in its order."""
    problem = one.problem
    return (
        one.status.value,
        instant(one.changed_at),
        problem.trouble.value if problem else None,
        storable(problem.message) if problem else "",
        storable(problem.advice) if problem else "",
        one.attempts,
        instant(one.next_attempt_at) if one.next_attempt_at else None,
    )


def _integration(row: Row[tuple[object, ...]], folder: Path | None) -> Integration:
    return Integration(
        id=IntegrationId(row.id),
        provider=row.provider,
        title=row.title,
        environment=row.environment,
        enabled=row.enabled,
        intent=Intent(row.intent),
        status=IntegrationStatus(row.status),
        config_version=row.config_version,
        revision=row.revision,
        changed_at=row.changed_at,
        problem=_problem(row),
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        source_path=anchored(row.source_path, folder),
        source_checksum=row.source_checksum,
    )


def _problem(row: Row[tuple[object, ...]]) -> Problem | None:
    if row.trouble is None:
        return None
    return Problem(trouble=Trouble(row.trouble), message=row.problem, advice=row.advice)
