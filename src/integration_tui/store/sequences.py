"""Numbers that are given out once and never again."""

from __future__ import annotations

from typing import Final

from integration_tui.domain.ids import TenantId
from integration_tui.store.connection import Connection

_TAKE: Final = """
INSERT INTO roster_ids (tenant_id, noun, next) VALUES (:tenant, :noun, 1 + :count)
ON CONFLICT (tenant_id, noun) DO UPDATE SET next = next + :count RETURNING next
"""


async def allocate_ids(
    connection: Connection, tenant: TenantId, noun: str, *, count: int = 1
) -> int:
    """Take `count` numbers for a noun in a row, from 1 on; return the first of them."""
    found = await connection.exec_driver_sql(
        _TAKE, {"tenant": tenant, "noun": noun, "count": count}
    )
    return int(found.scalar_one()) - count
