"""Indexes made after many rows are in instead of with each row, which takes a third of the time.

All of it happens in the transaction that writes the rows. So nobody ever sees a table without its
indexes, and where a process is killed they were never away (docs/decisions/0034).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from integration_tui.store.connection import Connection

LEAST: Final = 2000
"""Fewer new rows are not worth the two changes of the schema, which every reader reads again."""
HELD_TO_NEW: Final = 2
"""So many times the new rows may be there already: their entries are sorted once more."""

_HELD: Final = "SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {})"
_INDEXES: Final = """
SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL
ORDER BY name
"""


@asynccontextmanager
async def indexes_after(connection: Connection, table: str, *, new: int) -> AsyncGenerator[None]:
    """Have the indexes of a table made after `new` rows were added, where that is quicker.

    To be left inside the same transaction. Constraints stay.
    """
    if new < LEAST or await _held(connection, table, HELD_TO_NEW * new + 1) > HELD_TO_NEW * new:
        yield
        return
    found = await connection.exec_driver_sql(_INDEXES, (table,))
    indexes = [(str(row[0]), str(row[1])) for row in found.all()]
    for name, _ in indexes:
        await connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    for _, sql in indexes:
        await connection.exec_driver_sql(sql)


async def _held(connection: Connection, table: str, most: int) -> int:
    found = await connection.exec_driver_sql(_HELD.format(table, most))
    return int(found.scalar_one())
