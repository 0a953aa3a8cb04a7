"""The rows of one plan, as they are counted: what changes of records that are held already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.change_effects import Effect
from integration_tui.domain.ids import TenantId
from integration_tui.domain.run import Run
from integration_tui.store.roster_columns import Shape

School = int | None
"""Our id of a school; `None` for records of none."""
Counts = Mapping[tuple[Effect, str], Counter[School]]
"""By effect and field: how many records of each school."""

CHANGED_KINDS: Final = "('update', 'link', 'relink')"
# Those who return have no school to lose, but may come back as somebody else.
WITH_RETURNS: Final = "('update', 'link', 'relink', 'return')"
_ROWS: Final = """
FROM {changes} x INDEXED BY ix_{changes}_run_id
CROSS JOIN {table} g ON g.tenant_id = x.tenant_id AND g.id = x.id
"""
_WHERE: Final = """
WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind <> 'create' AND x.kind IN {kinds}
"""


def is_empty(value: str) -> str:
    """Return a condition for a field without a value; a flag that is off has none either."""
    return f"ifnull({value}, '') IN ('', '[]', 0)"


class ChangeRows:
    """Asks for the changed rows of one plan inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId, run: Run) -> None:
        self._connection = connection
        self._tenant = tenant
        self._run = run

    async def _ask(
        self, statement: str, shape: Shape, *, kinds: str = CHANGED_KINDS, **values: object
    ) -> list[tuple[object, ...]]:
        """Run a statement in which `{rows}` and `{where}` stand for the changed rows."""
        filled = statement.replace("{rows}", _ROWS).replace("{where}", _WHERE)
        names = {"{changes}": shape.changes, "{table}": shape.table, "{kinds}": kinds}
        for mark, name in names.items():
            filled = filled.replace(mark, name)
        found = await self._connection.execute(
            text(filled),
            {
                "tenant": self._tenant,
                "run": self._run.id,
                "integration": self._run.integration_id,
                **values,
            },
        )
        return [tuple(row) for row in found.all()]
