"""Records that cannot be taken as they are, until a run finds them fixed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.domain.paging import Rejected
from integration_tui.domain.redaction import impersonal
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.quality import Quarantined
from integration_tui.domain.sync.run import Run
from integration_tui.store.column_types import instant, storable
from integration_tui.store.connection import Connection, Row
from integration_tui.store.connection import Value as Bound
from integration_tui.store.roster.fields import SHAPES

UNREADABLE: Final = "unreadable"
ORPHAN: Final = "orphan"
_SHAPE: Final = re.compile(
    r"line \d+, \d+ cells"
    r"|(?:[{}\[\],… ]|(?:[A-Za-z_$@#?][\w.:$@-]{0,39}: )"
    r"|(?:null|flag|number|text|blank|object|list|unreadable)\b|\d+ more\b)*",
    re.ASCII,
)
"""Names of fields and kinds of values, such as `{sourcedId: text, grades: [null, number]}`."""
_ADD: Final = """
INSERT INTO sync_quarantine (tenant_id, integration_id, collection, external_id, run_id, since,
    rule, reason, advice, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, integration_id, collection, external_id)
DO UPDATE SET times = times + (run_id <> excluded.run_id), run_id = excluded.run_id,
    rule = excluded.rule, reason = excluded.reason, advice = excluded.advice, raw = excluded.raw
"""
_ORPHANS: Final = """
SELECT external_id, note FROM {changes}
WHERE tenant_id = :tenant AND run_id = :run AND kind = 'quarantine'
"""
_RELEASE: Final = """
DELETE FROM sync_quarantine WHERE tenant_id = :tenant AND integration_id = :integration
    AND collection = :collection AND run_id <> :run AND (:is_whole OR external_id IN (
        SELECT external_id FROM {changes} WHERE tenant_id = :tenant AND run_id = :run))
"""
_ORPHANS_OF: Final = """
SELECT external_id FROM sync_quarantine WHERE tenant_id = :tenant
    AND integration_id = :integration AND collection = :collection AND rule = :rule
ORDER BY since LIMIT :limit
"""
_PAGE: Final = """
SELECT * FROM sync_quarantine WHERE tenant_id = :tenant AND integration_id = :integration
    AND (collection, external_id) > (:collection, :external_id)
ORDER BY collection, external_id LIMIT :limit
"""


class QuarantineRepository:
    """Reads and writes them inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def unreadable(
        self,
        run: Run,
        collection: Collection,
        rejected: Sequence[Rejected],
        *,
        page: int,
        at: datetime,
    ) -> None:
        """Keep records that the connector could not read, those of one page."""
        rows = [
            (rejected_id(one, page, place), UNREADABLE, impersonal(one.reason), _shape(one.raw))
            for place, one in enumerate(rejected, start=1)
        ]
        advice = "correct the record in the source system"
        await self._add(run, collection, [(*row[:3], advice, row[3]) for row in rows], at)

    async def orphans(self, run: Run, collection: Collection, *, at: datetime) -> None:
        """Keep what a plan holds back, and let go of what it does not hold back any more."""
        shape = SHAPES[collection]
        found = await self._connection.exec_driver_sql(
            _ORPHANS.format(changes=shape.changes), {"tenant": self._tenant, "run": run.id}
        )
        advice = (
            "included once that record is listed;"
            " otherwise correct the reference in the source system"
        )
        rows = [(str(row[0]), ORPHAN, str(row[1]), advice, "") for row in found.all()]
        await self._add(run, collection, rows, at)

    async def release(self, run: Run, collection: Collection, *, is_whole: bool) -> None:
        """Forget those that a run has read and found in order; `is_whole`: it has read all."""
        await self._connection.exec_driver_sql(
            _RELEASE.format(changes=SHAPES[collection].changes),
            {
                "tenant": self._tenant,
                "integration": run.integration_id,
                "collection": collection.value,
                "run": run.id,
                "is_whole": is_whole,
            },
        )

    async def orphans_of(
        self, integration_id: IntegrationId, collection: Collection, *, limit: int
    ) -> list[str]:
        """Return ids of records that wait for what they name, those that wait longest first."""
        rows = await self._connection.exec_driver_sql(
            _ORPHANS_OF,
            {
                "tenant": self._tenant,
                "integration": integration_id,
                "collection": collection.value,
                "rule": ORPHAN,
                "limit": limit,
            },
        )
        return [str(found) for found in rows.scalars().all()]

    async def page(
        self, integration_id: IntegrationId, *, after: tuple[str, str] = ("", ""), limit: int = 100
    ) -> list[Quarantined]:
        """Return quarantined records behind `after` (collection and id), in their order."""
        collection, external_id = after
        rows = await self._connection.exec_driver_sql(
            _PAGE,
            {
                "tenant": self._tenant,
                "integration": storable(integration_id),
                "collection": collection,
                "external_id": storable(external_id),
                "limit": limit,
            },
        )
        return [_quarantined(row) for row in rows.all()]

    async def _add(
        self,
        run: Run,
        collection: Collection,
        rows: Sequence[tuple[str, str, str, str, str]],
        at: datetime,
    ) -> None:
        head = (self._tenant, run.integration_id, collection.value)
        values: list[tuple[Bound, ...]] = [
            (*head, storable(external_id), run.id, instant(at), *map(storable, rest))
            for external_id, *rest in rows
        ]
        if values:
            await self._connection.exec_driver_sql(_ADD, values)


def rejected_id(one: Rejected, page: int, place: int) -> str:
    """Return the name of a record in quarantine: without an id, it is its place in the listing."""
    return one.sourced_id or f"(no id: page {page}, {place})"


def _shape(raw: str) -> str:
    """Return what of a record may be kept outside the roster: its shape, never its content."""
    return raw if _SHAPE.fullmatch(raw) else ""


def _quarantined(row: Row) -> Quarantined:
    return Quarantined(
        integration_id=IntegrationId(row.integration_id),
        collection=Collection(row.collection),
        external_id=row.external_id,
        rule=row.rule,
        reason=row.reason,
        advice=row.advice,
        raw=row.raw,
        times=row.times,
    )
