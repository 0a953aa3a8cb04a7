"""What a run has read, page by page: kept until it is applied. See docs/decisions/0010."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import IntegrationId, RunId, TenantId
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.sync.run import Run
from integration_tui.store.roster.fields import NO_CLAIMS, SHAPES
from integration_tui.store.sequences import allocate_ids
from integration_tui.store.sync.comparison import (
    EXTERNAL_ID,
    HEAD,
    RECORD_ID,
    KnownPage,
    Mapped,
    Row,
    Staged,
    compared,
    digest_of,
    read_fields,
    write_fields,
)

_MAPPED: Final = """
SELECT external_id, internal_id, fingerprint, listed AND missed = 0 AS is_usual
FROM external_system_mappings
WHERE tenant_id = ? AND integration_id = ? AND collection = ?
    AND external_id IN (SELECT value FROM json_each(?))
"""
_SHARED: Final = """
SELECT external_id, internal_id FROM shared_external_ids
WHERE tenant_id = ? AND integration_id = ? AND collection = ?
    AND external_id IN (SELECT value FROM json_each(?))
"""
_KNOWN: Final = """
SELECT count(*) FROM external_system_mappings
WHERE tenant_id = ? AND integration_id = ? AND collection = ? AND listed
"""
_RECALL: Final = """
SELECT p.digest, p.fields, coalesce(p.prints, x'') AS prints,
    CASE WHEN length(p.digest) OR length(p.prints) THEN p.ids ELSE '[]' END AS ids
FROM sync_marks m
JOIN sync_pages p ON p.tenant_id = m.tenant_id AND p.run_id = m.run_id
    AND p.collection = m.collection
WHERE m.tenant_id = ? AND m.integration_id = ? AND m.collection = ? AND m.made_by = ?
    AND NOT EXISTS (SELECT 1 FROM sync_runs r
        JOIN sync_listings l ON l.tenant_id = r.tenant_id AND l.run_id = r.id
            AND l.collection = m.collection AND l.applied > 0
        WHERE r.tenant_id = m.tenant_id AND r.integration_id = m.integration_id
            AND r.id > m.run_id AND r.status <> 'applied')
ORDER BY p.number
"""
_PAGE: Final = """
INSERT OR REPLACE INTO sync_pages
    (tenant_id, run_id, collection, number, digest, staged, ids, fields, lesson, prints)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ids: Final = msgspec.json.Encoder().encode


class StagingRepository:
    """Reads and writes what runs have read, inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def known(self, integration_id: IntegrationId, collection: Collection) -> int:
        """Return how many records of a system are listed, as far as we know."""
        found = await self._connection.exec_driver_sql(
            _KNOWN, (self._tenant, integration_id, collection.value)
        )
        return int(found.scalar_one())

    async def has_known(self, integration_id: IntegrationId, collection: Collection) -> bool:
        """Return whether any record of a system is known, listed or not."""
        found = await self._connection.exec_driver_sql(
            "SELECT 1 FROM external_system_mappings"
            " WHERE tenant_id = ? AND integration_id = ? AND collection = ? LIMIT 1",
            (self._tenant, integration_id, collection.value),
        )
        return found.first() is not None

    async def recall(
        self, integration_id: IntegrationId, collection: Collection, *, made_by: str
    ) -> list[KnownPage]:
        """Return the pages that were applied last, in their order.

        `made_by` names program and configuration: another one may read the same page otherwise.
        None, where a later run did a part of its plan: records are not as those pages say.
        """
        found = await self._connection.exec_driver_sql(
            _RECALL, (self._tenant, integration_id, collection.value, made_by)
        )
        return [
            KnownPage(
                digest=row.digest, fields=read_fields(row.fields), prints=row.prints, ids=row.ids
            )
            for row in found.all()
        ]

    async def compare(
        self,
        run: Run,
        collection: Collection,
        page: Page[Record],
        *,
        absent: frozenset[str] = frozenset(),
    ) -> Staged:
        """Return what of a page is new or changed; `absent` as in `compared`."""
        mapped = await self._mapped(run, collection, page)
        return compared(page, collection, run.id, mapped, absent=absent)

    async def put(
        self, run_id: RunId, collection: Collection, pages: Sequence[Staged], *, first: int
    ) -> int:
        """Keep pages, of which the first has the number `first`.

        Returns how many of their records had come before in this run.
        """
        again = [row for page in pages for row in page.again]
        await self._drop(collection, again)
        rows = [*(row for page in pages for row in page.rows), *again]
        await self._number(collection, rows)
        place = (self._tenant, run_id, collection.value)
        await self._connection.exec_driver_sql(
            _PAGE,
            [
                (
                    *place,
                    number,
                    page.digest,
                    digest_of([*page.rows, *page.again]),
                    *_listed_values(page),
                )
                for number, page in enumerate(pages, start=first)
            ],
        )
        if not rows:
            return 0
        head, names = (self._tenant,), _columns(collection)
        if max(map(len, rows)) == len(names) - 1:  # one at least has claims
            rows = [row if len(row) == len(names) - 1 else [*row, NO_CLAIMS] for row in rows]
        done = await self._connection.exec_driver_sql(
            _insert(collection, names[: len(rows[0]) + 1]), [head + tuple(row) for row in rows]
        )
        return len(rows) - done.rowcount

    async def forget(self, run_id: RunId, collections: Iterable[Collection]) -> None:
        """Drop what a run has read of these collections."""
        for collection in collections:
            where = (self._tenant, run_id)
            await self._connection.exec_driver_sql(
                f"DELETE FROM {SHAPES[collection].changes} WHERE tenant_id = ? AND run_id = ?",  # noqa: S608 - our own names
                where,
            )
            if collection is Collection.USERS:
                await self._connection.exec_driver_sql(
                    "DELETE FROM sync_shared_ids WHERE tenant_id = ? AND run_id = ?", where
                )
            await self._connection.exec_driver_sql(
                "DELETE FROM sync_pages WHERE tenant_id = ? AND run_id = ? AND collection = ?",
                (*where, collection.value),
            )
            # The next run asks again, if that is still in question.
            await self._connection.exec_driver_sql(
                "DELETE FROM sync_conflicts WHERE tenant_id = ? AND run_id = ? AND collection = ?"
                " AND side IS NULL",
                (*where, collection.value),
            )

    async def _mapped(self, run: Run, collection: Collection, page: Page[Record]) -> Mapped:
        ids = _ids([row.sourced_id for row in page.rows]).decode()
        where = (self._tenant, run.integration_id, collection.value, ids)
        shared = await self._connection.exec_driver_sql(_SHARED, where)
        found = await self._connection.exec_driver_sql(_MAPPED, where)
        # What is said under another id of somebody has to be seen each time.
        return {row.external_id: (row.internal_id, 0, 0) for row in shared.all()} | {
            row.external_id: (row.internal_id, row.fingerprint, row.is_usual) for row in found.all()
        }

    async def _drop(self, collection: Collection, rows: Sequence[Row]) -> None:
        if rows:
            await self._connection.exec_driver_sql(
                f"DELETE FROM {SHAPES[collection].changes}"  # noqa: S608 - our own names
                " WHERE tenant_id = ? AND run_id = ? AND external_id = ?",
                [(self._tenant, row[0], row[EXTERNAL_ID]) for row in rows],
            )

    async def _number(self, collection: Collection, rows: list[Row]) -> None:
        """Give ids of ours to the records that have none."""
        new = [row for row in rows if row[RECORD_ID] is None]
        if new:
            first = await allocate_ids(self._connection, self._tenant, collection, count=len(new))
            for number, row in enumerate(new, start=first):
                row[RECORD_ID] = number


def _columns(collection: Collection) -> list[str]:
    return [*HEAD, *(field.external_column for field in SHAPES[collection].fields)]


def _insert(collection: Collection, columns: Sequence[str]) -> str:
    marks = ", ".join("?" * len(columns))
    listed = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT OR IGNORE INTO {SHAPES[collection].changes} ({listed}) VALUES ({marks})"  # noqa: S608 - our own names


def _listed_values(page: Staged) -> tuple[str, str | None, str | None, bytes | None]:
    return page.ids, write_fields(page.fields), page.lesson, page.prints or None
