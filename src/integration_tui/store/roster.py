"""The roster as it is held: browsed, searched, looked at, edited."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId


class RosterRows:
    """Reads and writes inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant
