"""Records that come once more: after a run was resumed, or asked for before they are listed."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.sync.run import Run
from integration_tui.store.roster.fields import SHAPES
from integration_tui.store.sync.comparison import EXTERNAL_ID, FINGERPRINT, MOMENT, Row
from integration_tui.store.sync.staging import StagingRepository

_decode: Final = msgspec.json.Decoder(list[str]).decode
_encode: Final = msgspec.json.Encoder().encode


class DuplicateRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the records say something else than what was kept, and those that are newer."""

    differing: frozenset[str]
    newer: tuple[Row, ...]


class DuplicateRepository:
    """Compares records with what a run has kept of them, inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def ids(self, run_id: RunId, collection: Collection) -> list[list[str]]:
        """Return the ids of each page that a run has kept, in their order."""
        found = await self._connection.exec_driver_sql(
            "SELECT ids FROM sync_pages WHERE tenant_id = ? AND run_id = ? AND collection = ?"
            " ORDER BY number",
            (self._tenant, run_id, collection.value),
        )
        return [_decode(row.ids) for row in found.all()]

    async def lessons(self, run_id: RunId, collection: Collection) -> list[str | None]:
        """Return what was learned from each page that a run has kept; `None` where nobody said."""
        found = await self._connection.exec_driver_sql(
            "SELECT lesson FROM sync_pages WHERE tenant_id = ? AND run_id = ? AND collection = ?"
            " ORDER BY number",
            (self._tenant, run_id, collection.value),
        )
        return [row.lesson for row in found.all()]

    async def compare(
        self, run: Run, collection: Collection, page: Page[Record], *, absent: frozenset[str]
    ) -> DuplicateRecord:
        """Compare records that a run has kept with how they came now.

        One counts as newer unless its own moment says that it is older.
        """
        staging = StagingRepository(self._connection, self._tenant)
        rows = {
            f"{row[EXTERNAL_ID]}": row
            for row in (await staging.compare(run, collection, page, absent=absent)).rows
        }
        kept = await self._kept(run, collection, page)
        changed = {
            external_id: row
            for external_id, row in rows.items()
            if external_id not in kept or kept[external_id][0] != row[FINGERPRINT]
        }
        newer = tuple(
            row
            for external_id, row in changed.items()
            if not f"{row[MOMENT] or ''}" < kept.get(external_id, (0, ""))[1]
        )
        return DuplicateRecord(
            differing=frozenset({*changed, *(kept.keys() - rows.keys())}), newer=newer
        )

    async def _kept(
        self, run: Run, collection: Collection, page: Page[Record]
    ) -> dict[str, tuple[int, str]]:
        ids = _encode([record.sourced_id for record in page.rows]).decode()
        found = await self._connection.exec_driver_sql(
            "SELECT external_id, fingerprint, modified_at"  # noqa: S608 - our own names
            f" FROM {SHAPES[collection].changes} WHERE tenant_id = ? AND run_id = ?"
            " AND external_id IN (SELECT value FROM json_each(?))",
            (self._tenant, run.id, ids),
        )
        return {row.external_id: (row.fingerprint, row.modified_at or "") for row in found.all()}
