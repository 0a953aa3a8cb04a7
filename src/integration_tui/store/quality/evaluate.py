"""Judges a roster as it would be after a plan: one look at each collection for all of its rules.

Every record that breaks a rule is kept, for the last runs of an integration. Where little has
changed since the last run that was applied, only what that affects is judged; where nothing has,
its findings are taken over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from integration_tui.domain.config.sync_policy import QualityPolicy
from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.merge import STATUS
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.quality_rules import QualityCheck
from integration_tui.domain.sync.run import Run
from integration_tui.domain.value import replace
from integration_tui.store.connection import Connection
from integration_tui.store.connection import Value as Bound
from integration_tui.store.quality.affected import (
    COUNTED,
    JUDGED_IN_PART,
    SIZE_RULES,
    AffectedRecords,
    affected,
)
from integration_tui.store.quality.rules import (
    CHECKS,
    FROM,
    Check,
    RuleValueRepository,
    label,
    school,
)
from integration_tui.store.quality.snapshot import RosterSnapshot
from integration_tui.store.roster.fields import SHAPES
from integration_tui.version import VERSION

_EFFECTIVE: Final = ", ".join(
    f"'{change_kind.value}'" for change_kind in (*ChangeKind.effective(), ChangeKind.CONFLICT)
)
_REFRESHED: Final = f"{_EFFECTIVE}, '{ChangeKind.REFRESH.value}', '{ChangeKind.PROTECTED.value}'"
_IS_CHANGED: Final = """
SELECT EXISTS (SELECT 1 FROM {changes} WHERE tenant_id = :tenant AND run_id = :run
    AND kind IN ({kinds}))
"""
_FOUND: Final = """
INSERT OR IGNORE INTO sync_found
    (tenant_id, run_id, collection, rule, external_id, label, school, detail)
"""
_BROKEN: Final = """
WITH broken AS MATERIALIZED (SELECT id, flags FROM (SELECT j.id AS id, {flags} AS flags
    FROM {source} WHERE {where}) WHERE flags <> 0)
SELECT :tenant, :run, :collection, n.value, j.external_id, {label}, {school},
    ifnull(CASE n.key {details} END, '')
FROM broken b CROSS JOIN json_each(:names) n CROSS JOIN {source}
WHERE b.flags & (1 << n.key) AND j.id = b.id ORDER BY n.value, j.external_id
"""
_SOME: Final = """
SELECT :tenant, :run, :collection, :rule, j.external_id, {label}, {school}, ''
FROM {source} WHERE j.id IN (SELECT value FROM json_each(:ids))
"""
_KEPT_OUT: Final = """
SELECT :tenant, :run, :collection, q.rule, q.external_id, ifnull({label}, q.external_id),
    {school}, q.reason
FROM sync_quarantine q LEFT JOIN {changes} x ON x.tenant_id = q.tenant_id AND x.run_id = :run
    AND x.external_id = q.external_id
WHERE q.tenant_id = :tenant AND q.integration_id = :integration AND q.collection = :collection
    AND (q.run_id = :run OR NOT :is_whole AND x.external_id IS NULL)
"""
_SAME_SIZE: Final = """
SELECT :tenant, :run, 'classes', f.rule, f.external_id, {label}, {school}, f.detail
FROM sync_findings n CROSS JOIN sync_found f ON f.tenant_id = n.tenant_id
    AND f.run_id = n.judged_by AND f.collection = n.collection AND f.rule = n.rule
CROSS JOIN judged_classes j ON j.external_id = f.external_id
WHERE n.tenant_id = :tenant AND n.run_id = :before AND n.collection = 'classes'
    AND n.rule IN (SELECT value FROM json_each(:names))
    AND j.id NOT IN (SELECT id FROM affected_sizes)
"""
_json: Final = msgspec.json.Encoder().encode


class JudgedBefore(msgspec.Struct, frozen=True, kw_only=True):
    """The run that was judged last, by the same rules, and how many records it left in a roster."""

    run_id: RunId
    records: Mapping[Collection, int]


class QualityEvaluator:
    """Looks through one run's roster inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId, run: Run) -> None:
        self._connection = connection
        self._tenant = tenant
        self._run = run

    async def is_changed(self) -> bool:
        """Return whether the run changes any record."""
        return await self._has(_EFFECTIVE)

    async def is_refreshed(self) -> bool:
        """Return whether anything reads otherwise, be it that nothing that we hold changes."""
        return await self._has(_REFRESHED)

    async def _has(self, kinds: str) -> bool:
        for collection in ROSTER:
            changes = SHAPES[collection].changes
            if (await self._ask(_IS_CHANGED.format(changes=changes, kinds=kinds)))[0][0]:
                return True
        return False

    async def evaluate(self, policy: QualityPolicy) -> Mapping[Collection, int]:
        """Keep what breaks a rule; return how many records each collection has."""
        written = _written(policy)
        roster = RosterSnapshot(self._connection, self._tenant)
        await roster.make(self._run, _looked_at(written))
        for collection in ROSTER:
            await self._judge(collection, policy, written)
        records = await self._count()
        await roster.drop()
        return records

    async def evaluate_part(
        self, policy: QualityPolicy, last: JudgedBefore
    ) -> Mapping[Collection, int]:
        """Do the same by a look at what the run affects: the rest was found to break no rule.

        Nothing is returned where that is not enough to go by.
        """
        written = _written(policy)
        part = AffectedRecords(self._connection, self._tenant, self._run, last.run_id)
        if not await part.find(written):
            return {}
        roster = RosterSnapshot(self._connection, self._tenant)
        await roster.make(self._run, _looked_at(written), partial=frozenset(COUNTED))
        for collection in ROSTER:
            await self._judge(collection, policy, written, partial=frozenset(JUDGED_IN_PART))
        await self._keep_sizes(policy, last)
        records = await self._count()
        for collection in COUNTED:
            records[collection] = last.records[collection] + await part.moved(collection)
        await roster.drop()
        await part.drop()
        return records

    async def _judge(
        self,
        collection: Collection,
        policy: QualityPolicy,
        written: Iterable[QualityCheck],
        *,
        partial: AbstractSet[Collection] = frozenset(),
    ) -> None:
        has_seats = (await self._ask("SELECT EXISTS (SELECT 1 FROM judged_enrollments)"))[0][0]
        checks = {
            name: check
            for name, check in CHECKS[collection].items()
            # A part has enrollments, or it is not gone by.
            if name not in policy.off and (has_seats or partial or not check.of_seats)
        }
        if collection in partial:
            checks = {name: _counted(check) for name, check in checks.items()}
        where = affected(collection, partial)
        await self._find(collection, checks, where, size=policy.max_class_size)
        for quality_check in written:
            if quality_check.collection is collection:
                await self._match(quality_check, where)

    async def _count(self) -> dict[Collection, int]:
        records: dict[Collection, int] = {}
        for collection in ROSTER:
            counted = await self._ask(f"SELECT count(*) FROM judged_{collection}")  # noqa: S608 - our own names
            records[collection] = int(str(counted[0][0]))
        return records

    async def _keep_sizes(self, policy: QualityPolicy, last: JudgedBefore) -> None:
        """Keep what was found of the classes whose enrollments are the same as before."""
        names = [name for name in SIZE_RULES if name not in policy.off]
        await self._ask(
            _FOUND + _SAME_SIZE.format(**_named(Collection.CLASSES)),
            before=last.run_id,
            names=_json(names).decode(),
        )

    async def keep_out(self, collection: Collection, *, is_whole: bool) -> None:
        """Keep what is in quarantine; `is_whole`: the run has listed all that there is."""
        shape = SHAPES[collection]
        has_school = any(field.name == "school" for field in shape.fields)
        statement = _FOUND + _KEPT_OUT.format(
            changes=shape.changes, label=shape.label, school=_SCHOOL_LABEL if has_school else "''"
        )
        await self._ask(statement, collection=collection.value, is_whole=is_whole)

    async def _find(
        self, collection: Collection, checks: Mapping[str, Check], where: str, *, size: int
    ) -> None:
        if not checks:
            return
        flags = " | ".join(
            # A WHEN stops at the first half that decides; a value is worked out to its end.
            f"CASE WHEN {one.broken} THEN {1 << place} ELSE 0 END"
            for place, one in enumerate(checks.values())
        )
        details = " ".join(
            f"WHEN {place} THEN {one.detail}" for place, one in enumerate(checks.values())
        )
        statement = _FOUND + _BROKEN.format(
            flags=flags, details=details, where=where, **_named(collection)
        )
        names = _json(list(checks)).decode()
        await self._ask(statement, collection=collection.value, names=names, size=size)

    async def _match(self, expected: QualityCheck, where: str) -> None:
        statement = _FOUND + _SOME.format(**_named(expected.collection))
        values = RuleValueRepository(self._connection, self._tenant, self._run)
        async for ids in values.broken(expected, where):
            await self._ask(
                statement,
                collection=expected.collection.value,
                rule=expected.rule.name,
                ids=_json(ids).decode(),
            )

    async def _ask(self, statement: str, **more: Bound) -> Sequence[tuple[object, ...]]:
        named: dict[str, Bound] = {
            "tenant": self._tenant,
            "integration": self._run.integration_id,
            "run": self._run.id,
        }
        done = await self._connection.exec_driver_sql(statement, {**named, **more})
        return [tuple(row) for row in done.all()] if done.returns_rows else []


def rules_of(policy: QualityPolicy) -> str:
    """Return a name for all rules as they are now: another one where any of them changed.

    Another version of the program may judge otherwise by the same rules.
    """
    said = f"{VERSION} {policy.model_dump_json()} {CHECKS!r}"
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


_SCHOOL_LABEL: Final = (
    "ifnull((SELECT o.name FROM organizations o JOIN external_system_mappings m"
    " ON m.tenant_id = o.tenant_id AND m.internal_id = o.id WHERE m.tenant_id = :tenant"
    " AND m.integration_id = :integration AND m.collection = 'orgs'"
    " AND m.external_id = x.school_ref), ifnull(x.school_ref, ''))"
)


def _written(policy: QualityPolicy) -> list[QualityCheck]:
    """Return somebody's own rules; of a status there is nothing to find, as all are active."""
    return [
        quality_check
        for quality_check in map(QualityCheck, policy.rules)
        if quality_check.rule.name not in policy.off and quality_check.field != STATUS
    ]


def _looked_at(written: Iterable[QualityCheck]) -> list[tuple[Collection, str]]:
    return [(quality_check.collection, quality_check.field) for quality_check in written]


def _counted(check: Check) -> Check:
    """Return the check for the classes whose enrollments are looked at; others stay as found."""
    if not check.of_sizes:
        return check
    return replace(check, broken=f"({check.broken}) AND j.id IN (SELECT id FROM affected_sizes)")  # noqa: S608 - our own names


def _named(collection: Collection) -> Mapping[str, str]:
    return {
        "source": FROM[collection],
        "label": label(collection),
        "school": school(collection),
    }
