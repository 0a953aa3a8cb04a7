"""Numbers that are given out once and never again."""

from __future__ import annotations

from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId
from integration_tui.store.schema.sync import roster_ids


async def allocate_ids(
    connection: AsyncConnection, tenant: TenantId, noun: str, *, count: int = 1
) -> int:
    """Take `count` numbers for a noun in a row, from 1 on; return the first of them."""
    statement = upsert(roster_ids).values(tenant_id=tenant, noun=noun, next=1 + count)
    found = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "noun"], set_={"next": roster_ids.c.next + count}
        ).returning(roster_ids.c.next)
    )
    return int(found.scalar_one()) - count
