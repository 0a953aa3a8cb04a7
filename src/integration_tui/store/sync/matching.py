"""Finds records that are the same: as another system's, or as one that had another id before.

What is not certain is noted for a person, and the records stay apart until he has decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.config.sync_policy import MatchPolicy, MatchRule
from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import Run
from integration_tui.store.column_types import instant
from integration_tui.store.roster.fields import SHAPES, RecordTable, label_sql
from integration_tui.store.sync.claims import Claimed, ClaimRepository
from integration_tui.store.sync.id_resolution import resolved

_IS_KNOWN: Final = """
SELECT 1 FROM external_system_mappings WHERE tenant_id = :tenant
    AND integration_id = :integration AND collection = :collection LIMIT 1
"""
_ADOPT: Final = """
WITH left_behind AS MATERIALIZED (SELECT external_id, min(id) AS id FROM {table}
    WHERE tenant_id = :tenant AND external_system_id = :integration GROUP BY external_id)
UPDATE {changes} SET kind = 'relink', note = 'this integration brought it before it was removed',
    id = (SELECT l.id FROM left_behind l WHERE l.external_id = {changes}.external_id)
WHERE tenant_id = :tenant AND run_id = :run AND kind = 'create'
    AND external_id IN (SELECT external_id FROM left_behind)
"""


class AdoptionRepository:
    """Looks for them inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def adopt(self, run: Run, collection: Collection) -> None:
        """Have what a run would create be what its integration left behind, where it did."""
        shape = SHAPES[collection]
        values = {
            "tenant": self._tenant,
            "integration": run.integration_id,
            "run": run.id,
            "collection": collection.value,
        }
        known = await self._connection.execute(text(_IS_KNOWN), values)
        if known.first() is None:
            statement = _ADOPT.format(table=shape.table, changes=shape.changes)
            await self._connection.execute(text(statement), values)


_LOSSES: Final = ", ".join(f"'{loss.value}'" for loss in ChangeKind.losses())
_MOST: Final = 10
"""An address that more than so many have says nothing of who somebody is."""
_ALIKE: Final = 100
"""Where more have one name, pairs would be without number, and none of them certain."""
_FREE: Final = """
g.tenant_id = :tenant AND NOT EXISTS (SELECT 1 FROM external_system_mappings m
    WHERE m.tenant_id = g.tenant_id AND m.collection = :collection AND m.internal_id = g.id
        AND m.integration_id = :integration)
    AND g.id NOT IN (SELECT l.id FROM {changes} l WHERE l.tenant_id = :tenant AND l.run_id = :run
        AND l.kind <> 'create' AND l.kind = 'link')
"""
"""A record of ours that this system does not know yet, nor comes to know by this run."""
# INDEXED BY: else SQLite reads all of a table for each record, as soon as names are asked for.
_CANDIDATES: Final = """
WITH came AS MATERIALIZED (SELECT x.{key} AS value, count(*) AS several FROM {changes} x
    WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind = 'create' AND x.{key} <> ''
    GROUP BY 1),
known AS MATERIALIZED (SELECT came.value AS value FROM came
    CROSS JOIN {table} g INDEXED BY ix_{table}_{key} ON {free} AND g.{key} = came.value
    WHERE came.several <= :most GROUP BY 1 HAVING count(*) <= :most)
SELECT x.external_id, x.id, g.id, {theirs}, {ours}
FROM {changes} x CROSS JOIN known ON known.value = x.{key}
CROSS JOIN {table} g INDEXED BY ix_{table}_{key} ON {free} AND g.{key} = known.value
WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind = 'create'
"""
_IS_ELSEWHERE: Final = """
SELECT 1 FROM integrations i WHERE i.tenant_id = :tenant AND i.id <> :integration AND EXISTS (
    SELECT 1 FROM external_system_mappings o WHERE o.tenant_id = :tenant
        AND o.integration_id = i.id AND o.collection = :collection) LIMIT 1
"""
_BY_SOURCED_ID: Final = """
SELECT x.external_id, x.id, g.id, {theirs}, {ours} FROM {changes} x
CROSS JOIN integrations i ON i.tenant_id = x.tenant_id AND i.id <> :integration
CROSS JOIN external_system_mappings o ON o.tenant_id = x.tenant_id AND o.integration_id = i.id
    AND o.collection = :collection AND o.external_id = x.external_id
CROSS JOIN {table} g ON g.id = o.internal_id AND {free}
WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind = 'create'
"""
_LINK: Final = """
UPDATE {changes} SET kind = 'link', id = ? WHERE tenant_id = ? AND run_id = ? AND external_id = ?
    AND kind = 'create'
"""
_DOUBT: Final = """
INSERT OR IGNORE INTO sync_matches (tenant_id, integration_id, collection, external_id,
    internal_id, candidate_id, rule, score, status, found_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)
"""
_PAIRS: Final = """
WITH came AS MATERIALIZED (SELECT *, count(*) OVER (PARTITION BY {key}) AS several FROM (
    SELECT {came} FROM {changes} x
    WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind = 'create')),
gone AS MATERIALIZED (SELECT *, count(*) OVER (PARTITION BY {key}) AS several FROM (
    SELECT x.external_id AS was, g.* FROM {changes} x
    JOIN {table} g ON g.tenant_id = x.tenant_id AND g.id = x.id
    WHERE x.tenant_id = :tenant AND x.run_id = :run AND NOT x.listed AND x.kind <> 'create'
        AND x.kind IN ({losses}, 'protected', 'kept')))
SELECT gone.was, gone.id, came.external_id FROM gone JOIN came ON {same}
WHERE gone.several <= :alike AND came.several <= :alike
"""
_RELINK: Final = """
UPDATE {changes} SET kind = 'relink', id = ? WHERE tenant_id = ? AND run_id = ? AND external_id = ?
"""
_NOT_DELETED: Final = """
DELETE FROM {changes} WHERE tenant_id = ? AND run_id = ? AND external_id = ?
"""
_KEYS: Final = {
    Collection.ORGS: ("name", "type"),
    Collection.ACADEMIC_SESSIONS: ("title", "starts_on"),
    Collection.COURSES: ("title", "course_code"),
    Collection.CLASSES: ("title", "class_code"),
    Collection.USERS: ("family_name", "given_name"),
    Collection.ENROLLMENTS: ("user_id", "class_id", "role"),
}
"""By what two ids are taken for the same record, people not by this alone: see `_same`."""
_NAMED: Final = frozenset(
    {Collection.USERS, Collection.ORGS, Collection.CLASSES, Collection.COURSES}
)
"""Whose names are compared before a match is certain."""
_NAMED_TOO: Final = frozenset({Collection.USERS})
"""The same, where a system itself says what another one calls the record."""


class MatchRepository:
    """Looks for the same records inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def link(
        self, run: Run, collection: Collection, policy: MatchPolicy, *, at: datetime
    ) -> None:
        """Link what a run would create to what is there already, by the rules in their order."""
        if collection is Collection.ENROLLMENTS and policy.rules:
            await self._link_enrollments(run)
            return
        for rule in policy.rules:
            if rule is MatchRule.CLAIM:
                await self._link_claimed(run, collection, policy, at=at)
                continue
            found = await self._candidates(run, SHAPES[collection], rule)
            await self._classify(
                run, collection, Claimed(pairs=found), rule=rule, certain=policy.certain, at=at
            )

    async def _link_claimed(
        self, run: Run, collection: Collection, policy: MatchPolicy, *, at: datetime
    ) -> None:
        """Link by what systems say that others call their records."""
        shape, search = SHAPES[collection], ClaimRepository(self._connection, self._tenant)
        if not await search.are_there(run, shape):
            return
        certain, rule = policy.certain, MatchRule.CLAIM
        free = _FREE.format(changes=shape.changes)
        found = await search.by_id(run, shape, free)
        await self._classify(run, collection, found, rule=rule, certain=certain, at=at)
        if collection is Collection.USERS:
            more = await search.by_account(run, shape, free, but=found.found)
            await self._classify(run, collection, more, rule=rule, certain=certain, at=at)

    async def rekeyed(self, run: Run, collection: Collection) -> int:
        """Return how many of those who are gone came back under other ids."""
        return len(await self._pairs(run, SHAPES[collection]))

    async def relink(self, run: Run, collection: Collection) -> None:
        """Have those who came back under other ids keep their records."""
        shape = SHAPES[collection]
        pairs = await self._pairs(run, shape)
        if not pairs:
            return
        head = (self._tenant, run.id)
        await self._connection.exec_driver_sql(
            _RELINK.format(changes=shape.changes), [(id_, *head, came) for _, id_, came in pairs]
        )
        await self._connection.exec_driver_sql(
            _NOT_DELETED.format(changes=shape.changes), [(*head, gone) for gone, _, _ in pairs]
        )

    async def _pairs(self, run: Run, shape: RecordTable) -> list[tuple[str, int, str]]:
        statement = _PAIRS.format(
            changes=shape.changes,
            table=shape.table,
            came=_came(shape),
            key=", ".join(_KEYS[shape.collection]),
            same=_same(shape.collection),
            losses=_LOSSES,
        )
        rows = await self._run(statement, run, shape.collection)
        return _unambiguous([(str(gone), int(str(id_)), str(came)) for gone, id_, came in rows])

    async def _candidates(
        self, run: Run, shape: RecordTable, rule: MatchRule
    ) -> Sequence[tuple[object, ...]]:
        free = _FREE.format(changes=shape.changes)
        named = {"table": shape.table, "changes": shape.changes, "free": free}
        labels = {"theirs": label_sql(shape, "x"), "ours": label_sql(shape, "g")}
        if rule is MatchRule.SOURCED_ID:
            return await self._run(_BY_SOURCED_ID.format(**named, **labels), run, shape.collection)
        column = rule.value
        if not any(field.name == column for field in shape.fields):
            return []
        statement = _CANDIDATES.format(**named, **labels, key=column)
        return await self._run(statement, run, shape.collection)

    async def _classify(
        self,
        run: Run,
        collection: Collection,
        found: Claimed,
        *,
        rule: MatchRule,
        certain: int,
        at: datetime,
    ) -> None:
        shape, head = SHAPES[collection], (self._tenant, run.integration_id, collection.value)
        links: list[tuple[object, ...]] = []
        doubts: list[tuple[object, ...]] = []
        came = Counter(row[0] for row in found.pairs)
        candidates = Counter(row[2] for row in found.pairs)
        named = _NAMED_TOO if rule is MatchRule.CLAIM else _NAMED
        for external_id, id_, candidate, theirs, ours in found.pairs:
            is_only = came[external_id] == candidates[candidate] == 1
            is_only = is_only and external_id not in found.doubtful
            score = _likeness(str(theirs), str(ours)) if collection in named else 100
            if is_only and score >= certain:
                links.append((candidate, self._tenant, run.id, external_id))
            else:
                doubts.append((*head, external_id, id_, candidate, rule.value, score, instant(at)))
        if links:
            await self._connection.exec_driver_sql(_LINK.format(changes=shape.changes), links)
        if doubts:
            await self._connection.exec_driver_sql(_DOUBT, doubts)

    async def _link_enrollments(self, run: Run) -> None:
        """A seat is the same where person, class and role are."""
        if not await self._run(_IS_ELSEWHERE, run, Collection.ENROLLMENTS):
            return
        shape = SHAPES[Collection.ENROLLMENTS]
        user, class_ = shape.field("user"), shape.field("class_")
        rows = await self._run(
            f"SELECT x.external_id, g.id FROM {shape.changes} x CROSS JOIN {shape.table} g"  # noqa: S608 - our own names
            " INDEXED BY ix_enrollments_user_id"
            f" ON {_FREE.format(changes=shape.changes)} AND g.user_id = {resolved(user, 'x')}"
            f" AND g.class_id = {resolved(class_, 'x')} AND g.role = x.role"
            " WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind = 'create'",
            run,
            Collection.ENROLLMENTS,
        )
        once = _once([(str(external_id), int(str(id_))) for external_id, id_ in rows])
        links = [(id_, self._tenant, run.id, external_id) for external_id, id_ in once]
        if links:
            await self._connection.exec_driver_sql(_LINK.format(changes=shape.changes), links)

    async def _run(
        self, statement: str, run: Run, collection: Collection
    ) -> Sequence[tuple[object, ...]]:
        found = await self._connection.execute(
            text(statement),
            {
                "tenant": self._tenant,
                "integration": run.integration_id,
                "run": run.id,
                "collection": collection.value,
                "most": _MOST,
                "alike": _ALIKE,
            },
        )
        return [tuple(row) for row in found.all()]


def _same(collection: Collection) -> str:
    """Return a condition for who is gone and who came: never by a person's name alone."""
    same = " AND ".join(f"came.{value} IS gone.{value}" for value in _KEYS[collection])
    if collection is not Collection.USERS:
        return same
    known = " OR ".join(
        f"came.{literal} = gone.{literal}" for literal in ("email", "identifier", "username")
    )
    return f"{same} AND ({known})"


def _came(shape: RecordTable) -> str:
    """Return what is compared of new records, with our ids of what they name."""
    columns = [
        f"{resolved(field, 'x')} AS {field.local_column}"
        if field.to
        else f"x.{field.external_column} AS {field.local_column}"
        for field in shape.fields
    ]
    return ", ".join(["x.external_id", *columns])


def _once(pairs: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return pairs of which no side stands in two: whoever comes first has it."""
    came: set[str] = set()
    taken: set[int] = set()
    found: list[tuple[str, int]] = []
    for external_id, id_ in sorted(pairs):
        if external_id not in came and id_ not in taken:
            came.add(external_id)
            taken.add(id_)
            found.append((external_id, id_))
    return found


def _unambiguous(pairs: Sequence[tuple[str, int, str]]) -> list[tuple[str, int, str]]:
    """Return the pairs in which either side stands once."""
    gone: dict[str, int] = {}
    came: dict[str, int] = {}
    for old, _, new in pairs:
        gone[old] = gone.get(old, 0) + 1
        came[new] = came.get(new, 0) + 1
    return [pair for pair in pairs if gone[pair[0]] == 1 and came[pair[2]] == 1]


def _likeness(theirs: str, ours: str) -> int:
    """Return how alike two names are, 0 to 100; the order of their words does not count."""
    from rapidfuzz import fuzz, utils  # loaded only where systems are matched

    return round(fuzz.token_sort_ratio(theirs, ours, processor=utils.default_process))
