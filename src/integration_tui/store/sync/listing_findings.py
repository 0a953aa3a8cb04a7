"""What of a run's records was lost or corrected while they were read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.listing_findings import ReadFinding, merged
from integration_tui.store.column_types import storable
from integration_tui.store.schema.quality import sync_read_findings as table

_LONGEST: Final = 500
"""Characters of a message, and of a name."""


class ListingFindingRepository:
    """Reads and writes them inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def add(
        self, run_id: RunId, collection: Collection, findings: Sequence[ReadFinding]
    ) -> None:
        """Add what was found in records that were not looked at before."""
        if not findings:
            return
        known = (await self.all(run_id)).get(collection, ())
        await self._forget(run_id, collection)
        values = [
            {
                "tenant_id": self._tenant,
                "run_id": run_id,
                "collection": collection.value,
                "rule": finding.rule,
                "field": finding.field,
                "message": finding.message,
                "is_loss": finding.is_loss,
                "count": finding.count,
                "samples": [storable(sample) for sample in finding.samples],
            }
            for finding in merged(known, map(_bounded, findings))
        ]
        await self._connection.execute(insert(table), values)

    async def all(self, run_id: RunId) -> dict[Collection, tuple[ReadFinding, ...]]:
        """Return what was found in a run, most records first, in the order of collections."""
        rows = await self._connection.execute(
            select(table, table.c.count.label("records"))
            .filter_by(tenant_id=self._tenant, run_id=run_id)
            .order_by(table.c.count.desc(), table.c.rule, table.c.field)
        )
        found: dict[Collection, list[ReadFinding]] = {}
        for row in rows.all():
            found.setdefault(Collection(row.collection), []).append(_finding(row))
        return {
            collection: tuple(found[collection]) for collection in ROSTER if collection in found
        }

    async def forget(self, run_id: RunId) -> None:
        """Have a run begin anew."""
        await self._connection.execute(
            delete(table).filter_by(tenant_id=self._tenant, run_id=run_id)
        )

    async def _forget(self, run_id: RunId, collection: Collection) -> None:
        await self._connection.execute(
            delete(table).filter_by(
                tenant_id=self._tenant, run_id=run_id, collection=collection.value
            )
        )


def _bounded(finding: ReadFinding) -> ReadFinding:
    return ReadFinding(
        rule=storable(finding.rule)[:_LONGEST],
        field=storable(finding.field)[:_LONGEST],
        message=storable(finding.message)[:_LONGEST],
        is_loss=finding.is_loss,
        count=finding.count,
        samples=finding.samples,
    )


def _finding(row: Row[tuple[object, ...]]) -> ReadFinding:
    return ReadFinding(
        rule=row.rule,
        field=row.field,
        message=row.message,
        is_loss=row.is_loss,
        count=row.records,
        samples=tuple(row.samples),
    )
