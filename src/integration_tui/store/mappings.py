"""Which id of ours is which id of a system's, both ways; and what may be the same."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId


class MappingRows:
    """Reads and writes inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant
