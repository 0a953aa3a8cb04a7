"""Judges a roster as it would be after a plan: one look at each collection for all of its rules.

Every record that breaks a rule is kept, for the last runs of an integration. Where nothing has
changed since the last run that was applied, its findings are taken over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from integration_tui.domain.config.sync_policy import QualityPolicy
from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.merge import STATUS
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.quality_rules import QualityCheck
from integration_tui.domain.sync.run import Run
from integration_tui.store.connection import Connection
from integration_tui.store.connection import Value as Bound
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

_C = Collection
_NEEDS: Final[Mapping[Collection, frozenset[Collection]]] = {
    _C.ORGS: frozenset({_C.ORGS}),
    _C.ACADEMIC_SESSIONS: frozenset({_C.ACADEMIC_SESSIONS}),
    _C.COURSES: frozenset({_C.COURSES, _C.ORGS, _C.ACADEMIC_SESSIONS}),
    _C.CLASSES: frozenset(ROSTER) - {_C.USERS},
    _C.USERS: frozenset({_C.USERS, _C.ORGS, _C.ENROLLMENTS}),
    _C.ENROLLMENTS: frozenset(ROSTER) - {_C.COURSES},
}
"""With what each collection is judged."""
_EFFECTIVE: Final = ", ".join(
    f"'{change_kind.value}'" for change_kind in (*ChangeKind.effective(), ChangeKind.CONFLICT)
)
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
    FROM {source}) WHERE flags <> 0)
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
_json: Final = msgspec.json.Encoder().encode


class QualityEvaluator:
    """Looks through one run's roster inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId, run: Run) -> None:
        self._connection = connection
        self._tenant = tenant
        self._run = run

    async def is_changed(self, collection: Collection) -> bool:
        """Return whether the run changes any record of a collection."""
        statement = _IS_CHANGED.format(changes=SHAPES[collection].changes, kinds=_EFFECTIVE)
        return bool((await self._ask(statement))[0][0])

    async def evaluate_rule(
        self, collections: Iterable[Collection], policy: QualityPolicy
    ) -> Mapping[Collection, int]:
        """Keep what breaks a rule in these collections; return how many records there are."""
        # Only active records are judged: of their status there is nothing to find.
        written = [
            quality_check
            for quality_check in map(QualityCheck, policy.rules)
            if quality_check.rule.name not in policy.off and quality_check.field != STATUS
        ]
        roster = RosterSnapshot(self._connection, self._tenant)
        await roster.make(
            self._run,
            [(quality_check.collection, quality_check.field) for quality_check in written],
        )
        has_seats = bool(
            (await self._ask("SELECT EXISTS (SELECT 1 FROM judged_enrollments)"))[0][0]
        )
        records: dict[Collection, int] = {}
        for collection in collections:
            checks = {
                name: check
                for name, check in CHECKS[collection].items()
                if name not in policy.off and (has_seats or not check.of_seats)
            }
            await self._find(collection, checks, size=policy.max_class_size)
            for quality_check in written:
                if quality_check.collection is collection:
                    await self._match(quality_check)
            counted = await self._ask(f"SELECT count(*) FROM judged_{collection}")  # noqa: S608 - our own names
            records[collection] = int(str(counted[0][0]))
        await roster.drop()
        return records

    async def keep_out(self, collection: Collection, *, is_whole: bool) -> None:
        """Keep what is in quarantine; `is_whole`: the run has listed all that there is."""
        shape = SHAPES[collection]
        has_school = any(field.name == "school" for field in shape.fields)
        statement = _FOUND + _KEPT_OUT.format(
            changes=shape.changes, label=shape.label, school=_SCHOOL_LABEL if has_school else "''"
        )
        await self._ask(statement, collection=collection.value, is_whole=is_whole)

    async def _find(
        self, collection: Collection, checks: Mapping[str, Check], *, size: int
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
        statement = _FOUND + _BROKEN.format(flags=flags, details=details, **_named(collection))
        names = _json(list(checks)).decode()
        await self._ask(statement, collection=collection.value, names=names, size=size)

    async def _match(self, expected: QualityCheck) -> None:
        statement = _FOUND + _SOME.format(**_named(expected.collection))
        values = RuleValueRepository(self._connection, self._tenant, self._run)
        async for ids in values.broken(expected):
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


def outdated(changed: AbstractSet[Collection]) -> list[Collection]:
    """Return the collections that have to be looked at again, when these have changed."""
    return [collection for collection in ROSTER if changed & _NEEDS[collection]]


def rules_of(policy: QualityPolicy) -> str:
    """Return a name for all rules as they are now: another one where any of them changed."""
    said = f"{policy.model_dump_json()} {CHECKS!r}"
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


_SCHOOL_LABEL: Final = (
    "ifnull((SELECT o.name FROM organizations o JOIN external_system_mappings m"
    " ON m.tenant_id = o.tenant_id AND m.internal_id = o.id WHERE m.tenant_id = :tenant"
    " AND m.integration_id = :integration AND m.collection = 'orgs'"
    " AND m.external_id = x.school_ref), ifnull(x.school_ref, ''))"
)


def _named(collection: Collection) -> Mapping[str, str]:
    return {
        "source": FROM[collection],
        "label": label(collection),
        "school": school(collection),
    }
