"""Proves without a look at the mappings that a listing names all that is known of a collection.

It does where it names, page by page, the ids of the last one that was applied, which left nobody
out, and nothing but that run has moved the roster since it was planned: then all that is known
stands on those pages.
"""

from __future__ import annotations

from typing import Final

from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import Run
from integration_tui.store.connection import Connection

_LISTED: Final = ", ".join(
    f"'{kind.value}'"
    for kind in (
        *(ChangeKind.CREATE, ChangeKind.UPDATE, ChangeKind.LINK, ChangeKind.RETURN),
        *(ChangeKind.CONFLICT, ChangeKind.QUARANTINE),
    )
)
"""What becomes only of a record that is listed, and is listed under the same id afterwards."""
# A part of the plan that was done later, of a run that did not end, counts as a move as well.
_NAMES_ALL: Final = f"""
SELECT 1 FROM sync_marks k
JOIN sync_runs r ON r.tenant_id = k.tenant_id AND r.id = k.run_id
JOIN sync_listings o ON o.tenant_id = r.tenant_id AND o.run_id = r.id AND o.collection = 'orgs'
JOIN sync_listings l ON l.tenant_id = r.tenant_id AND l.run_id = r.id
    AND l.collection = k.collection
WHERE k.tenant_id = :tenant AND k.integration_id = :integration AND k.collection = :collection
    AND r.mode = 'full' AND r.scope IS NULL AND r.status = 'applied' AND r.base = :base - 1
    AND NOT r.spares AND NOT r.relinks AND o.complete AND l.complete
    AND NOT EXISTS (SELECT 1 FROM json_each(l.counts) c WHERE c.key NOT IN ({_LISTED}))
    AND NOT EXISTS (SELECT 1 FROM shared_external_ids s WHERE s.tenant_id = k.tenant_id
        AND s.integration_id = k.integration_id AND s.collection = k.collection)
    AND NOT EXISTS (SELECT 1 FROM sync_runs n
        JOIN sync_listings d ON d.tenant_id = n.tenant_id AND d.run_id = n.id
        WHERE n.tenant_id = r.tenant_id AND n.integration_id = r.integration_id AND n.id > r.id
            AND d.applied > 0)
    AND (SELECT count(*) FROM sync_pages p WHERE p.tenant_id = k.tenant_id
        AND p.run_id = :run AND p.collection = k.collection)
        = (SELECT count(*) FROM sync_pages p WHERE p.tenant_id = k.tenant_id
            AND p.run_id = k.run_id AND p.collection = k.collection)
    AND NOT EXISTS (SELECT 1 FROM sync_pages p WHERE p.tenant_id = k.tenant_id
        AND p.run_id = k.run_id AND p.collection = k.collection
        AND p.ids IS NOT (SELECT q.ids FROM sync_pages q WHERE q.tenant_id = p.tenant_id
            AND q.run_id = :run AND q.collection = p.collection AND q.number = p.number))
"""  # noqa: S608 - our own names


async def names_all_known(
    connection: Connection, tenant: TenantId, run: Run, collection: Collection
) -> bool:
    """Return whether that is proven; `run` has listed all of the collection."""
    found = await connection.exec_driver_sql(
        _NAMES_ALL,
        {
            "tenant": tenant,
            "integration": run.integration_id,
            "collection": collection.value,
            "run": run.id,
            "base": run.base,
        },
    )
    return found.first() is not None
