"""Conflicts, open and settled: what somebody decided is kept, and can be taken back."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId


class ConflictRows:
    """Reads and writes inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant
