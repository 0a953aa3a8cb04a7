"""What was applied last, and whether what a plan was made for has moved on since.

A record that was applied as it came need not be read again; one that is not settled must be. So
must one that changed by another way.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import IntegrationId, RecordId, RunId, TenantId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.run import CollectionProgress, Mode, Run
from integration_tui.store.roster.fields import SHAPES
from integration_tui.store.schema.sync import roster_revisions, sync_marks

_UNSETTLED: Final = """
SELECT external_id FROM {changes} WHERE tenant_id = :tenant AND run_id = :run
    AND (kind = 'quarantine' OR (kind = 'deactivate' AND :spares))
UNION ALL SELECT external_id FROM external_system_mappings WHERE tenant_id = :tenant
    AND integration_id = :integration AND collection = :collection AND fingerprint = 0
UNION ALL SELECT external_id FROM shared_external_ids WHERE tenant_id = :tenant
    AND integration_id = :integration AND collection = :collection
"""
_TOUCHED: Final = """
SELECT external_id FROM {changes} WHERE tenant_id = :tenant AND run_id = :run
"""
_DOUBT: Final = """
INSERT OR IGNORE INTO sync_doubts (tenant_id, run_id, collection, external_id)
SELECT :tenant, :pages, :collection, external_id FROM ({doubted})
"""
_DOUBTED: Final = """
SELECT d.external_id FROM sync_marks m
JOIN sync_doubts d ON d.tenant_id = m.tenant_id AND d.run_id = m.run_id
    AND d.collection = m.collection
WHERE m.tenant_id = :tenant AND m.integration_id = :integration AND m.collection = :collection
"""
_DOUBT_LACKING: Final = """
UPDATE sync_pages SET digest = x'', prints = NULL WHERE tenant_id = :tenant AND run_id = :run
    AND collection = :collection AND :name NOT IN (SELECT value FROM json_each(fields))
"""
_FORGET: Final = """
DELETE FROM {forgotten} WHERE tenant_id = :tenant AND run_id <> :run AND collection = :collection
    AND run_id IN (SELECT id FROM sync_runs WHERE tenant_id = :tenant
        AND integration_id = :integration)
"""
_OTHER_OWNERS: Final = """
SELECT i.id FROM integrations i WHERE i.tenant_id = :tenant AND i.id <> :integration
    AND EXISTS (SELECT 1 FROM external_system_mappings m WHERE m.tenant_id = i.tenant_id
        AND m.integration_id = i.id AND m.collection = :collection)
    AND EXISTS (SELECT 1 FROM {changes} x CROSS JOIN external_system_mappings o
        ON o.tenant_id = x.tenant_id AND o.collection = :collection AND o.internal_id = x.id
            AND o.integration_id = i.id
        WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind <> 'create')
"""
"""Systems first: where there is no other one, nothing of the mappings is read."""
_KNOWERS: Final = """
SELECT integration_id FROM external_system_mappings
WHERE tenant_id = :tenant AND collection = :collection AND internal_id = :id
"""


class WatermarkRepository:
    """Reads and moves the marks inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def revision(self, integration_id: IntegrationId) -> tuple[int, str]:
        """Return how often the roster of a system was changed, and what changed it last."""
        rows = await self._connection.execute(
            select(roster_revisions.c.revision, roster_revisions.c.cause).filter_by(
                tenant_id=self._tenant, integration_id=integration_id
            )
        )
        row = rows.one_or_none()
        return (0, "") if row is None else (int(row.revision), str(row.cause))

    async def bump_revision(self, integration_ids: Iterable[IntegrationId], cause: str) -> None:
        """Note that the rosters of these systems were changed: plans made before are stale."""
        for integration_id in integration_ids:
            statement = upsert(roster_revisions).values(
                tenant_id=self._tenant, integration_id=integration_id, revision=1, cause=cause
            )
            await self._connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["tenant_id", "integration_id"],
                    set_={"revision": roster_revisions.c.revision + 1, "cause": cause},
                )
            )

    async def other_owners(self, run: Run) -> set[IntegrationId]:
        """Return the other systems that know records which a run changes."""
        found: set[IntegrationId] = set()
        for collection in ROSTER:
            rows = await self._run(_OTHER_OWNERS, run, collection)
            found |= {IntegrationId(str(row[0])) for row in rows}
        return found

    async def knowers(self, collection: Collection, record_id: RecordId) -> list[IntegrationId]:
        """Return the systems that know a record."""
        rows = await self._connection.execute(
            text(_KNOWERS),
            {"tenant": self._tenant, "collection": collection.value, "id": record_id},
        )
        return [IntegrationId(str(row[0])) for row in rows.all()]

    async def since(self, integration_id: IntegrationId, collection: Collection) -> datetime | None:
        """Return the moment to ask for changes from; `None` where that is not known."""
        rows = await self._connection.execute(
            select(sync_marks.c.as_of).filter_by(
                tenant_id=self._tenant, integration_id=integration_id, collection=collection.value
            )
        )
        found: datetime | None = rows.scalar_one_or_none()
        return found

    async def doubted(self, integration_id: IntegrationId, collection: Collection) -> list[str]:
        """Return the ids on the pages that were applied last whose records have to be read."""
        rows = await self._connection.execute(
            text(_DOUBTED),
            {
                "tenant": self._tenant,
                "integration": integration_id,
                "collection": collection.value,
            },
        )
        return [str(row[0]) for row in rows.all()]

    async def mark_applied(
        self, run: Run, listing: CollectionProgress, *, made_by: str, returned: AbstractSet[str]
    ) -> None:
        """Note what a run has applied of a collection that was listed to its end.

        Pages that lack a field which only others of the listing have again are read once more:
        what is kept of it there is cleared.
        """
        collection = listing.collection
        is_whole = run.mode is Mode.FULL and listing.complete
        if is_whole:
            for name in ("sync_pages", "sync_doubts"):
                await self._run(_FORGET.replace("{forgotten}", name), run, collection)
            await self._doubt(run, collection, run.id, _UNSETTLED)
            for name in sorted(returned):
                await self._run(_DOUBT_LACKING, run, collection, name=name)
            await self._save(run, listing, run_id=run.id, made_by=made_by)
            return
        pages = await self._pages(run.integration_id, collection)
        if pages is not None:
            await self._doubt(run, collection, pages, _TOUCHED)
        if run.mode is Mode.INCREMENTAL and not listing.reason:
            await self._save(run, listing, run_id=pages or run.id, made_by="")

    async def _save(
        self, run: Run, listing: CollectionProgress, *, run_id: RunId, made_by: str
    ) -> None:
        values: dict[str, object] = {"run_id": run_id}
        if made_by:
            values["made_by"] = made_by
        if listing.as_of is not None or made_by:
            values["as_of"] = listing.as_of
        where = {
            "tenant_id": self._tenant,
            "integration_id": run.integration_id,
            "collection": listing.collection.value,
        }
        statement = upsert(sync_marks).values(**where, **{"made_by": "", **values})
        await self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant_id", "integration_id", "collection"], set_=values
            )
        )

    async def _pages(self, integration_id: IntegrationId, collection: Collection) -> RunId | None:
        rows = await self._connection.execute(
            select(sync_marks.c.run_id).filter_by(
                tenant_id=self._tenant, integration_id=integration_id, collection=collection.value
            )
        )
        found: int | None = rows.scalar_one_or_none()
        return None if found is None else RunId(found)

    async def _doubt(self, run: Run, collection: Collection, pages: RunId, which: str) -> None:
        await self._run(_DOUBT.replace("{doubted}", which), run, collection, pages=pages)

    async def _run(
        self, statement: str, run: Run, collection: Collection, **values: object
    ) -> list[tuple[object, ...]]:
        done = await self._connection.execute(
            text(statement.replace("{changes}", SHAPES[collection].changes)),
            {
                "tenant": self._tenant,
                "integration": run.integration_id,
                "run": run.id,
                "collection": collection.value,
                "spares": run.spares,
                **values,
            },
        )
        return [tuple(row) for row in done.all()] if done.returns_rows else []
