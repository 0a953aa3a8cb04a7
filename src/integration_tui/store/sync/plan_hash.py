"""The hash of a plan: whoever approves or applies it names just what was shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import Run
from integration_tui.store.roster.fields import SHAPES, RecordTable

_NOT_NEW: Final = json.dumps(
    [change_kind for change_kind in ChangeKind if change_kind is not ChangeKind.CREATE]
)
_HASHED: Final = 5000
"""Rows hashed at once."""
_STAGED: Final = """
SELECT staged FROM sync_pages WHERE tenant_id = :tenant AND run_id = :run
    AND collection = :collection ORDER BY number
"""


class PlanHash:
    """Reads the plan of one run inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId, run: Run) -> None:
        self._connection = connection
        self._tenant = tenant
        self._run = run

    async def digest(self) -> str:
        """Return the SHA-256 over the run, its base and configuration, its rows and its holds.

        New records are covered by what was staged page by page, and everything else by its row.
        """
        facts = (
            self._run.integration_id,
            self._run.id,
            self._run.config_version,
            self._run.base,
            self._run.mode,
        )
        sha = hashlib.sha256(" ".join(map(str, facts)).encode())
        for hold in self._run.holds:
            sha.update(f"{hold.is_loss} {hold.sentence}\n".encode())
        for collection in ROSTER:
            for page in await self._ask(_STAGED, collection=collection.value):
                sha.update(page.staged)
            async for part in self._rows(collection):
                sha.update(f"{collection}:{part}".encode())
        return sha.hexdigest()

    async def _rows(self, collection: Collection) -> AsyncGenerator[str]:
        """Yield the rows of a plan as text, but for the new ones, many at once."""
        shape = SHAPES[collection]
        for (kind,) in await self._ask(_kinds(shape), kinds=_NOT_NEW):
            last = ""
            while True:
                rows = await self._ask(_part(shape), kind=kind, after=last, limit=_HASHED)
                part, last = rows[0]
                if part is None:
                    break
                yield part

    async def _ask(self, statement: str, **values: object) -> Sequence[Row[*tuple[Any, ...]]]:
        found = await self._connection.execute(
            text(statement), {"tenant": self._tenant, "run": self._run.id, **values}
        )
        return found.all()


def _kinds(shape: RecordTable) -> str:
    return (
        "SELECT one.value FROM json_each(:kinds) one WHERE EXISTS (SELECT 1 FROM"  # noqa: S608 - our own names
        f" {shape.changes} INDEXED BY ix_{shape.changes}_run_id WHERE tenant_id = :tenant"
        " AND run_id = :run AND kind <> 'create' AND kind = one.value) ORDER BY one.key"
    )


def _part(shape: RecordTable) -> str:
    row = (
        "external_id || ' ' || kind || ' ' || id || ' ' || fingerprint || ' ' || ifnull(after, '')"
    )
    return (
        f"SELECT group_concat({row}, char(10)), max(external_id) FROM (SELECT * FROM"  # noqa: S608 - our own names
        f" {shape.changes} INDEXED BY ix_{shape.changes}_run_id WHERE tenant_id = :tenant"
        " AND run_id = :run AND kind <> 'create' AND kind = :kind AND external_id > :after"
        " ORDER BY external_id LIMIT :limit)"
    )
