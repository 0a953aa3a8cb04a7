"""What of a run's records was lost or corrected while they were read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.listing_findings import ReadFinding, merged
from integration_tui.store.column_types import listed, read_json, storable
from integration_tui.store.connection import Connection, Row

_LONGEST: Final = 500
"""Characters of a message, and of a name."""
_ADD: Final = """
INSERT INTO sync_read_findings
    (tenant_id, run_id, collection, rule, field, message, is_loss, count, samples)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ALL: Final = """
SELECT collection, rule, field, message, is_loss, count AS records, samples
FROM sync_read_findings WHERE tenant_id = ? AND run_id = ? ORDER BY count DESC, rule, field
"""
_FORGET: Final = "DELETE FROM sync_read_findings WHERE tenant_id = ? AND run_id = ?"
_FORGET_ONE: Final = f"{_FORGET} AND collection = ?"


class ListingFindingRepository:
    """Reads and writes them inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
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
            (
                *(self._tenant, run_id, collection.value, finding.rule, finding.field),
                *(finding.message, finding.is_loss, finding.count),
                listed([storable(sample) for sample in finding.samples]),
            )
            for finding in merged(known, map(_bounded, findings))
        ]
        await self._connection.exec_driver_sql(_ADD, values)

    async def all(self, run_id: RunId) -> dict[Collection, tuple[ReadFinding, ...]]:
        """Return what was found in a run, most records first, in the order of collections."""
        rows = await self._connection.exec_driver_sql(_ALL, (self._tenant, run_id))
        found: dict[Collection, list[ReadFinding]] = {}
        for row in rows.all():
            found.setdefault(Collection(row.collection), []).append(_finding(row))
        return {
            collection: tuple(found[collection]) for collection in ROSTER if collection in found
        }

    async def forget(self, run_id: RunId) -> None:
        """Have a run begin anew."""
        await self._connection.exec_driver_sql(_FORGET, (self._tenant, run_id))

    async def _forget(self, run_id: RunId, collection: Collection) -> None:
        await self._connection.exec_driver_sql(
            _FORGET_ONE, (self._tenant, run_id, collection.value)
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


def _finding(row: Row) -> ReadFinding:
    return ReadFinding(
        rule=row.rule,
        field=row.field,
        message=row.message,
        is_loss=bool(row.is_loss),
        count=row.records,
        samples=tuple(read_json(row.samples)),
    )
