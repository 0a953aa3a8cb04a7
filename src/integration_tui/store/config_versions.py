"""Versions of configs. Exactly one version an integration is active; none is ever changed."""

from __future__ import annotations

from typing import Final

from integration_tui.domain.config.version import ConfigVersion, DocumentFormat, Environment
from integration_tui.domain.errors import ConflictError, NotFoundError
from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.store.column_types import instant, moment, storable
from integration_tui.store.connection import Connection, Row, Value
from integration_tui.store.integrations import no_integration

_OF: Final = """
SELECT * FROM integration_configurations
WHERE tenant_id = :tenant AND integration_id = :integration
"""
_ACTIVE: Final = f"{_OF} AND active"
_NUMBERED: Final = f"{_OF} AND number = :number"
_HISTORY: Final = f"{_OF} ORDER BY number DESC LIMIT :limit"
_ALL_ACTIVE: Final = """
SELECT * FROM integration_configurations
WHERE tenant_id = :tenant AND active ORDER BY integration_id
"""
_NEWEST: Final = """
SELECT coalesce(max(number), 0) FROM integration_configurations
WHERE tenant_id = :tenant AND integration_id = :integration
"""
_REPLACE: Final = """
UPDATE integration_configurations SET active = 0
WHERE tenant_id = :tenant AND integration_id = :integration AND active
"""
_ADD: Final = """
INSERT INTO integration_configurations (tenant_id, integration_id, number, environment, format,
    body, checksum, active, created_at, created_by, reason)
VALUES (:tenant, :integration, :number, :environment, :format, :body, :checksum, 1, :created_at,
    :created_by, :reason)
"""


class ConfigVersionRepository:
    """Reads and adds versions inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
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
        await self._connection.exec_driver_sql(_REPLACE, self._of(version.integration_id))
        await self._connection.exec_driver_sql(_ADD, self._values(version))

    async def active(self, integration_id: IntegrationId) -> ConfigVersion:
        """Return the active version. Raises `UnknownIntegrationError`."""
        rows = await self._connection.exec_driver_sql(_ACTIVE, self._of(integration_id))
        row = rows.one_or_none()
        if row is None:
            raise await no_integration(self._connection, self._tenant, integration_id)
        return _version(row)

    async def get(self, integration_id: IntegrationId, number: int) -> ConfigVersion:
        """Return one version. Raises `NotFoundError`."""
        rows = await self._connection.exec_driver_sql(
            _NUMBERED, {**self._of(integration_id), "number": number}
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
        rows = await self._connection.exec_driver_sql(
            _HISTORY, {**self._of(integration_id), "limit": limit}
        )
        return [_version(row) for row in rows.all()]

    async def all_active(self) -> list[ConfigVersion]:
        """Return the active version of every integration, by name."""
        rows = await self._connection.exec_driver_sql(_ALL_ACTIVE, {"tenant": self._tenant})
        return [_version(row) for row in rows.all()]

    async def _newest(self, integration_id: IntegrationId) -> int:
        rows = await self._connection.exec_driver_sql(_NEWEST, self._of(integration_id))
        return int(rows.scalar_one())

    def _of(self, integration_id: IntegrationId) -> dict[str, Value]:
        return {"tenant": self._tenant, "integration": storable(integration_id)}

    def _values(self, version: ConfigVersion) -> dict[str, Value]:
        return {
            **self._of(version.integration_id),
            "number": version.number,
            "environment": version.environment.value,
            "format": version.format.value,
            "body": storable(version.text),
            "checksum": storable(version.checksum),
            "created_at": instant(version.created_at),
            "created_by": storable(version.created_by),
            "reason": storable(version.reason),
        }


def _version(row: Row) -> ConfigVersion:
    return ConfigVersion(
        integration_id=IntegrationId(row.integration_id),
        number=row.number,
        environment=Environment(row.environment),
        format=DocumentFormat(row.format),
        text=row.body,
        checksum=row.checksum,
        active=bool(row.active),
        created_at=moment(row.created_at),
        created_by=row.created_by,
        reason=row.reason,
    )
