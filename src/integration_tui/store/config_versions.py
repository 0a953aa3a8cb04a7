"""Versions of configs. Exactly one version an integration is active; none is ever changed."""

from __future__ import annotations

from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.config.document import ConfigVersion, DocumentFormat, Environment
from integration_tui.domain.errors import ConflictError, NotFoundError
from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.store.integrations import no_integration
from integration_tui.store.schema.core import integration_configurations as versions


class ConfigVersionRepository:
    """Reads and adds versions inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def add(self, version: ConfigVersion) -> None:
        """Add the next version, and make it the active one in place of the one before.

        Raises `ConflictError` where it is not the next one: somebody was quicker.
        """
        newest = await self._newest(version.integration_id)
        if version.number != newest + 1:
            raise ConflictError(
                f"version {version.number} of {version.integration_id} cannot follow {newest}",
                advice="review the changes, then try again",
            )
        await self._connection.execute(
            update(versions)
            .where(
                versions.c.tenant_id == self._tenant,
                versions.c.integration_id == version.integration_id,
                versions.c.active,
            )
            .values(active=False)
        )
        await self._connection.execute(insert(versions).values(**self._values(version)))

    async def active(self, integration_id: IntegrationId) -> ConfigVersion:
        """Return the active version. Raises `UnknownIntegrationError`."""
        rows = await self._connection.execute(self._of(integration_id).where(versions.c.active))
        row = rows.one_or_none()
        if row is None:
            raise await no_integration(self._connection, self._tenant, integration_id)
        return _version(row)

    async def get(self, integration_id: IntegrationId, number: int) -> ConfigVersion:
        """Return one version. Raises `NotFoundError`."""
        rows = await self._connection.execute(
            self._of(integration_id).where(versions.c.number == number)
        )
        row = rows.one_or_none()
        if row is None:
            raise NotFoundError(
                f"{integration_id} has no version {number}",
                advice=f"see config history {integration_id}",
            )
        return _version(row)

    async def history(self, integration_id: IntegrationId, limit: int = 200) -> list[ConfigVersion]:
        """Return the newest versions, newest first."""
        rows = await self._connection.execute(
            self._of(integration_id).order_by(versions.c.number.desc()).limit(limit)
        )
        return [_version(row) for row in rows.all()]

    async def all_active(self) -> list[ConfigVersion]:
        """Return the active version of every integration, by name."""
        rows = await self._connection.execute(
            select(versions)
            .where(versions.c.tenant_id == self._tenant, versions.c.active)
            .order_by(versions.c.integration_id)
        )
        return [_version(row) for row in rows.all()]

    async def _newest(self, integration_id: IntegrationId) -> int:
        rows = await self._connection.execute(
            select(func.coalesce(func.max(versions.c.number), 0)).where(
                versions.c.tenant_id == self._tenant, versions.c.integration_id == integration_id
            )
        )
        return int(rows.scalar_one())

    def _of(self, integration_id: IntegrationId) -> Select[tuple[object, ...]]:
        return select(versions).where(
            versions.c.tenant_id == self._tenant, versions.c.integration_id == integration_id
        )

    def _values(self, version: ConfigVersion) -> dict[str, object]:
        return {
            "tenant_id": self._tenant,
            "integration_id": version.integration_id,
            "number": version.number,
            "environment": version.environment.value,
            "format": version.format.value,
            "body": version.text,
            "checksum": version.checksum,
            "active": True,
            "created_at": version.created_at,
            "created_by": version.created_by,
            "reason": version.reason,
        }


def _version(row: Row[tuple[object, ...]]) -> ConfigVersion:
    return ConfigVersion(
        integration_id=IntegrationId(row.integration_id),
        number=row.number,
        environment=Environment(row.environment),
        format=DocumentFormat(row.format),
        text=row.body,
        checksum=row.checksum,
        active=row.active,
        created_at=row.created_at,
        created_by=row.created_by,
        reason=row.reason,
    )
