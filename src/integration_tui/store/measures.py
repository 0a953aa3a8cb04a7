"""How much a store holds, as far as that is cheap to say."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

MOST: Final = 100_000
"""Rows are counted so far: some milliseconds a table, however large it is."""

# An index of words can be searched only, not counted.
_TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type = 'table'"
    " AND sql NOT LIKE 'CREATE VIRTUAL TABLE%' ORDER BY name"
)
_COUNT: Final = 'SELECT count(*) FROM (SELECT 1 FROM "{}" LIMIT {})'


async def tables(connection: AsyncConnection) -> list[tuple[str, int]]:
    """Return each table with its rows, one more than `MOST` where there are more."""
    names = (await connection.exec_driver_sql(_TABLES)).scalars().all()
    return [(name, await _count(connection, name)) for name in names]


async def _count(connection: AsyncConnection, name: str) -> int:
    spelled = _COUNT.format(name.replace('"', '""'), MOST + 1)
    found: int = (await connection.exec_driver_sql(spelled)).scalar_one()
    return found
