"""Turns what a run has read into a plan, collection by collection, in SQL.

Nothing of the roster changes here. Who is not listed is judged only where the caller says that
the listing proves it.

See docs/decisions/0013.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.config.sync_policy import GracePolicy
from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.change_checks import ChangeStats
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import Run
from integration_tui.domain.sync.safety import School
from integration_tui.domain.sync.thresholds import Thresholds
from integration_tui.store.column_types import instant
from integration_tui.store.roster.fields import SHAPES, RecordTable, TableField
from integration_tui.store.sync.absent_fields import kept_fields
from integration_tui.store.sync.change_counts import ChangeCounts
from integration_tui.store.sync.id_resolution import is_unknown, resolved
from integration_tui.store.sync.plan_hash import PlanHash
from integration_tui.store.sync.skipped import SkippedRepository
from integration_tui.store.sync.unchanged_ids import names_all_known

_LOSSES: Final = ", ".join(f"'{loss.value}'" for loss in ChangeKind.losses())
_UPSERTS: Final = "('create', 'update', 'link', 'relink')"
_NEW_ONLY: Final = " AND kind = 'create'"
_FEW: Final = 10_000
"""Rows of which each reference is looked up; for more, a set of all that is known is made once."""
_HAS_MANY: Final = """
SELECT 1 FROM {changes} WHERE tenant_id = :tenant AND run_id = :run LIMIT 1 OFFSET :few
"""

_ABSENT: Final = """
INSERT OR IGNORE INTO {changes}
    (tenant_id, run_id, external_id, kind, id, listed, status, sync_version)
SELECT m.tenant_id, :run, m.external_id, CASE
        WHEN g.status = 'inactive' OR json_extract(g.sync_metadata, :said) = 'inactive'
            THEN 'refresh'
        WHEN EXISTS (SELECT 1 FROM external_system_mappings o WHERE o.tenant_id = m.tenant_id
            AND o.collection = m.collection AND o.internal_id = m.internal_id
            AND o.integration_id <> m.integration_id AND o.listed
            AND json_extract(g.sync_metadata, '$."' || o.integration_id || '".status[0]')
                IS NOT 'inactive') THEN 'refresh'
        WHEN m.missed + 1 >= :sweeps AND COALESCE(m.missing_since, :now) <= :before
            THEN 'deactivate'
        ELSE 'missing' END,
    m.internal_id, 0, 'inactive', g.sync_version
FROM external_system_mappings m
JOIN {table} g ON g.tenant_id = m.tenant_id AND g.id = m.internal_id
WHERE m.tenant_id = :tenant AND m.integration_id = :integration AND m.collection = :collection
    AND m.listed AND m.external_id NOT IN (
        SELECT j.value FROM sync_pages p, json_each(p.ids) j
        WHERE p.tenant_id = :tenant AND p.run_id = :run AND p.collection = :collection)
"""
_SAYS_DELETED: Final = """
UPDATE {changes} AS x SET after = (SELECT json_object('sync_metadata', '' || CASE g.status
        WHEN 'inactive' THEN json_remove(g.sync_metadata, :base)
        ELSE json_set(g.sync_metadata, :base, json_array('inactive', NULL)) END)
    FROM {table} g WHERE g.tenant_id = x.tenant_id AND g.id = x.id AND CASE g.status
        WHEN 'inactive' THEN json_type(g.sync_metadata, :base) IS NOT NULL
        ELSE json_extract(g.sync_metadata, :said) IS NOT 'inactive' END)
WHERE tenant_id = :tenant AND run_id = :run AND kind = 'refresh' AND kind <> 'create'
"""
"""Not to list a record is to call it inactive: that is what the system said last of it."""
_SCHOOL_SKIPPED: Final = """
UPDATE {changes} AS x SET kind = 'kept', note = 'its school was not listed'
WHERE tenant_id = :tenant AND run_id = :run AND NOT listed AND kind IN ({losses})
    AND (SELECT g.{school} FROM {table} g WHERE g.tenant_id = x.tenant_id AND g.id = x.id) IN (
        SELECT o.id FROM organizations o
        JOIN external_system_mappings m ON m.tenant_id = o.tenant_id AND m.collection = 'orgs'
            AND m.internal_id = o.id AND m.integration_id = :integration
        WHERE o.tenant_id = :tenant AND o.status = 'active' AND (NOT m.listed OR EXISTS (
            SELECT 1 FROM organization_changes c WHERE c.tenant_id = :tenant AND c.run_id = :run
                AND c.external_id = m.external_id AND NOT c.listed)))
"""
_PROTECTED: Final = """
UPDATE {changes} AS x SET kind = 'protected', note = CASE
        WHEN (SELECT g.pinned FROM {table} g WHERE g.tenant_id = x.tenant_id AND g.id = x.id)
            THEN 'pinned' ELSE 'staff' END
WHERE tenant_id = :tenant AND run_id = :run AND kind IN ({losses}) AND EXISTS (
    SELECT 1 FROM {table} g WHERE g.tenant_id = x.tenant_id AND g.id = x.id AND ({guarded}))
"""
_IS_STAFF: Final = (
    "EXISTS (SELECT 1 FROM json_each(g.roles) r WHERE json_extract(r.value, '$.role')"
    " IN (SELECT value FROM json_each(:roles)))"
)
_SCHOOLS: Final = """
SELECT o.name, o.id, count(*) FROM {changes} x
JOIN {table} g ON g.tenant_id = x.tenant_id AND g.id = x.id
JOIN organizations o ON o.tenant_id = g.tenant_id AND o.id = g.{school}
WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind IN ({losses}) GROUP BY o.id
"""
_TRANSFERS: Final = """
SELECT count(*) FROM user_changes x WHERE x.tenant_id = :tenant AND x.run_id = :run
    AND x.kind <> 'create' AND x.kind IN ('update', 'relink', 'return')
    AND json_extract(x.before, '$.primary_org') <> json_extract(x.after, '$.primary_org')
"""
_ORGS_WITH_PEOPLE: Final = """
SELECT o.name AS name, count(*) AS people FROM organization_changes x
JOIN organizations o ON o.tenant_id = x.tenant_id AND o.id = x.id
JOIN users u ON u.tenant_id = x.tenant_id AND u.organization_id = x.id AND u.status = 'active'
WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind IN ({losses}) GROUP BY o.id
ORDER BY people DESC LIMIT 20
"""
_REPLACED: Final = """
SELECT x.external_id AS external_id
FROM user_changes x JOIN users g ON g.tenant_id = x.tenant_id AND g.id = x.id
WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind <> 'create' AND x.kind = 'update'
    AND json_type(x.before, '$.given_name') = 'text'
    AND json_type(x.before, '$.family_name') = 'text'
    AND (json_type(x.before, '$.email') = 'text' OR json_type(x.before, '$.identifier') = 'text'
        OR json_type(x.before, '$.username') = 'text')
ORDER BY x.external_id LIMIT 100
"""
_SCHOOL_SIZE: Final = """
SELECT count(*) FROM {table} WHERE tenant_id = :tenant AND {school} = :org AND status = 'active'
"""


class PlanContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan goes by: the run, the moment it began, grace, and whose roles protect."""

    run: Run
    now: datetime
    grace: GracePolicy
    protected_roles: Sequence[str]


class PlanRepository:
    """Makes plans inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def plan_deactivations(self, ground: PlanContext, collection: Collection) -> None:
        """Plan for those whom a complete listing does not name any more."""
        if await names_all_known(self._connection, self._tenant, ground.run, collection):
            return
        shape, grace = SHAPES[collection], ground.grace
        base = f'$."{ground.run.integration_id}".status'
        said = {"base": base, "said": f"{base}[0]"}
        before = ground.now - timedelta(days=grace.days)
        await self._run(
            _ABSENT.format(changes=shape.changes, table=shape.table),
            ground.run,
            collection=collection.value,
            sweeps=grace.sweeps,
            now=instant(ground.now),
            before=instant(before),
            said=said["said"],
        )
        await self._run(
            _SAYS_DELETED.format(changes=shape.changes, table=shape.table), ground.run, **said
        )
        if shape.school is not None:
            await self._run(
                _SCHOOL_SKIPPED.format(
                    changes=shape.changes, table=shape.table, school=shape.school, losses=_LOSSES
                ),
                ground.run,
            )
        await SkippedRepository(self._connection, self._tenant).keep(ground.run, collection)
        await self._protect(ground, shape)

    async def kept(
        self, run: Run, collection: Collection, names: Iterable[str]
    ) -> Mapping[str, int]:
        """Return how many records keep what is held of fields that the listing lacks."""
        return await kept_fields(self._connection, self._tenant, run, collection, names)

    async def quarantine(
        self, run: Run, collection: Collection, absent: AbstractSet[str] = frozenset()
    ) -> None:
        """Keep out what names a record that nobody knows.

        A record that is held already keeps what it names by a field in `absent`.
        """
        shape = SHAPES[collection]
        needed = [reference for reference in shape.references if reference.required]
        if not needed:
            return
        many = await self._run(_HAS_MANY.format(changes=shape.changes), run, few=_FEW)
        is_lost = is_unknown if many else _is_unresolved
        lost = " OR ".join(
            f"{is_lost(field, 'x')}{_NEW_ONLY if field.name in absent else ''}" for field in needed
        )
        note = " ".join(
            f"WHEN {resolved(field, 'x')} IS NULL THEN {_unknown(field)}" for field in needed
        )
        await self._run(
            f"UPDATE {shape.changes} AS x SET kind = 'quarantine', note = CASE {note} END"  # noqa: S608 - our own names
            f" WHERE tenant_id = :tenant AND run_id = :run AND kind IN {_UPSERTS} AND ({lost})",
            run,
        )

    async def counts(self, run: Run, collection: Collection) -> Mapping[ChangeKind, int]:
        """Return how many changes of each kind the plan has."""
        found = await self._run(
            f"SELECT kind, count(*) FROM {SHAPES[collection].changes}"  # noqa: S608 - our own names
            " WHERE tenant_id = :tenant AND run_id = :run GROUP BY kind",
            run,
        )
        return {ChangeKind(kind): int(count) for kind, count in found}

    async def transfers(self, run: Run, collection: Collection) -> int:
        """Return how many people the plan brings from one school to another."""
        if collection is not Collection.USERS:
            return 0
        return int((await self._run(_TRANSFERS, run))[0][0])

    async def schools(self, run: Run, collection: Collection) -> list[School]:
        """Return what each school would lose, those that lose something."""
        shape = SHAPES[collection]
        if shape.school is None:
            return []
        names = {"table": shape.table, "school": shape.school}
        losing = await self._run(
            _SCHOOLS.format(changes=shape.changes, losses=_LOSSES, **names), run
        )
        found: list[School] = []
        for name, org, lost in losing:
            size = await self._run(_SCHOOL_SIZE.format(**names), run, org=org)
            found.append(School(org=name, known=size[0][0], lost=lost))
        return found

    async def orgs_with_people(self, run: Run) -> list[School]:
        """Return the orgs that a plan loses though active people belong to them, largest first."""
        found = await self._run(_ORGS_WITH_PEOPLE.format(losses=_LOSSES), run)
        return [School(org=row.name, known=row.people, lost=row.people) for row in found]

    async def replaced(self, run: Run) -> list[str]:
        """Return who would get another name and another address at once, a hundred at most.

        By the system's ids: a hold names nobody.
        """
        found = await self._run(_REPLACED, run)
        return [row.external_id for row in found]

    async def changes(self, run: Run, collection: Collection, limits: Thresholds) -> ChangeStats:
        """Return what a plan changes for many of a collection, or most of one school, at once."""
        return await ChangeCounts(self._connection, self._tenant, run).of(collection, limits)

    async def digest(self, run: Run) -> str:
        """Return the SHA-256 over a run, its base and configuration, all rows, and its holds.

        New records are covered by what was staged page by page, and everything else by its row.
        """
        return await PlanHash(self._connection, self._tenant, run).digest()

    async def _protect(self, ground: PlanContext, shape: RecordTable) -> None:
        guarded = "g.pinned"
        if shape.collection is Collection.USERS and ground.protected_roles:
            guarded += f" OR {_IS_STAFF}"
        statement = _PROTECTED.format(
            changes=shape.changes, table=shape.table, losses=_LOSSES, guarded=guarded
        )
        roles = msgspec.json.encode(list(ground.protected_roles)).decode()
        await self._run(statement, ground.run, roles=roles)

    async def _run(
        self, statement: str, run: Run, **values: object
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        done = await self._connection.execute(
            text(statement),
            {
                "tenant": self._tenant,
                "run": run.id,
                "integration": run.integration_id,
                **values,
            },
        )
        return done.all() if done.returns_rows else []


def _is_unresolved(field: TableField, alias: str) -> str:
    return f"{resolved(field, alias)} IS NULL"


def _unknown(field: TableField) -> str:
    return f"'{field.name.rstrip('_')} ' || x.{field.external_column} || ' is not known'"
