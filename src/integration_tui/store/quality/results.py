"""Stores what was found of a run's roster: its findings, and the score of each collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from integration_tui.domain.config.sync_policy import QualityPolicy
from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.quality import (
    SAMPLES,
    QualityFinding,
    QualityRule,
    SchoolCount,
    Severity,
    percent,
)
from integration_tui.domain.sync.quality_rules import KEPT_OUT, RULES, QualityCheck
from integration_tui.domain.sync.run import Mode, Run
from integration_tui.store.connection import Connection
from integration_tui.store.connection import Value as Bound
from integration_tui.store.quality.evaluate import JudgedBefore, QualityEvaluator, rules_of
from integration_tui.store.roster.fields import SHAPES
from integration_tui.store.sync.progress import ProgressRepository

# The run that was applied last, if nothing but it has moved the roster since it was planned.
_LATEST_RUN: Final = """
SELECT r.id FROM sync_runs r WHERE r.tenant_id = :tenant AND r.integration_id = :integration
    AND r.status = 'applied' AND NOT r.spares AND r.base = :base - 1
    AND EXISTS (SELECT 1 FROM sync_scores s
        WHERE s.tenant_id = r.tenant_id AND s.run_id = r.id AND s.rules = :rules)
    AND NOT EXISTS (SELECT 1 FROM sync_runs o
        JOIN sync_listings l ON l.tenant_id = o.tenant_id AND l.run_id = o.id
        WHERE o.tenant_id = r.tenant_id AND o.integration_id = r.integration_id AND o.id > r.id
            AND l.applied > 0)
ORDER BY r.id DESC LIMIT 1
"""
_LAST: Final = """
SELECT r.id FROM sync_runs r WHERE r.tenant_id = :tenant AND r.integration_id = :integration
    AND r.status = 'applied' AND EXISTS (SELECT 1 FROM sync_scores s
        WHERE s.tenant_id = r.tenant_id AND s.run_id = r.id)
ORDER BY r.id DESC LIMIT 1
"""
_CARRIED: Final = "carried over"
"""Instead of the rules of scores that were not counted anew although records changed."""
_PARTS: Final = frozenset({Mode.INCREMENTAL, Mode.TARGETED})
_KEPT_OUT: Final = ", ".join(f"'{status}'" for status in KEPT_OUT)
_TAKE_OVER: Final = f"""
INSERT INTO sync_findings (tenant_id, run_id, collection, rule, severity, count, told, advice,
    samples, schools, judged_by)
SELECT tenant_id, :run, collection, rule, severity, count, told, advice, samples, schools, judged_by
FROM sync_findings WHERE tenant_id = :tenant AND run_id = :before AND collection = :collection
    AND rule NOT IN ({_KEPT_OUT})
"""  # noqa: S608 - our own names
_ADD: Final = """
INSERT INTO sync_findings (tenant_id, run_id, collection, rule, severity, count, told, advice,
    samples, schools, judged_by)
VALUES (:tenant, :run, :collection, :rule, :severity, :count, :told, :advice, :samples, :schools,
    :run)
"""
_SCORE: Final = """
INSERT INTO sync_scores (tenant_id, run_id, collection, records, score_percent, rules)
VALUES (:tenant, :run, :collection, :records, :percent, :rules)
"""
_COUNT: Final = """
SELECT rule, school, count(*) FROM sync_found
WHERE tenant_id = :tenant AND run_id = :run AND collection = :collection GROUP BY 1, 2
"""
_SAMPLES: Final = """
SELECT external_id, label FROM sync_found WHERE tenant_id = :tenant AND run_id = :run
    AND collection = :collection AND rule = :rule ORDER BY external_id LIMIT :limit
"""
_FINDINGS: Final = """
SELECT rule, severity, count FROM sync_findings
WHERE tenant_id = :tenant AND run_id = :run AND collection = :collection
"""
_RECORDS: Final = """
SELECT records FROM sync_scores
WHERE tenant_id = :tenant AND run_id = :run AND collection = :collection
"""
# One that is held as it was is judged like all others: only the plan leaves it out.
_NOT_HELD: Final = f"""
SELECT count(*) FROM sync_found f WHERE f.tenant_id = :tenant AND f.run_id = :run
    AND f.collection = :collection AND f.rule IN ({_KEPT_OUT}) AND NOT EXISTS (
        SELECT 1 FROM external_system_mappings m JOIN {{table}} g
            ON g.tenant_id = m.tenant_id AND g.id = m.internal_id AND g.status = 'active'
        WHERE m.tenant_id = f.tenant_id AND m.integration_id = :integration
            AND m.collection = f.collection AND m.external_id = f.external_id)
"""  # noqa: S608 - our own names
_FORGET: Final = """
DELETE FROM sync_found WHERE tenant_id = :tenant AND run_id <> :run
    AND run_id IN (SELECT id FROM sync_runs
        WHERE tenant_id = :tenant AND integration_id = :integration)
    AND run_id NOT IN (SELECT judged_by FROM sync_findings WHERE tenant_id = :tenant
        AND run_id IN (:run, (SELECT max(id) FROM sync_runs WHERE tenant_id = :tenant
            AND integration_id = :integration AND status = 'applied')))
"""
_json: Final = msgspec.json.Encoder().encode


class QualityResults:
    """What is said of one run, inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId, run: Run) -> None:
        self._connection = connection
        self._tenant = tenant
        self._run = run
        self._judge = QualityEvaluator(connection, tenant, run)

    async def give(self, policy: QualityPolicy) -> None:
        """Look at what may be otherwise than before, and take over the rest.

        A run that reads a part only takes over all: the whole is judged when it is read.
        """
        rules = rules_of(policy)
        before = await self._latest_run(rules)
        records: Mapping[Collection, int] = {}
        is_changed = before is None or await self._judge.is_changed()
        last = await self._last() if self._run.mode in _PARTS else None
        if last is None:
            records = await self._evaluate(policy, before, is_changed=is_changed)
        elif is_changed:
            before, rules = last, _CARRIED
        listings = await ProgressRepository(self._connection, self._tenant).all(self._run.id)
        whole = {listing.collection for listing in listings if listing.complete}
        for collection in ROSTER:
            is_whole = self._run.mode is Mode.FULL and collection in whole
            await self._judge.keep_out(collection, is_whole=is_whole)
            await self._sum_up(collection, _rules(collection, policy))
            count = records.get(collection, 0)
            if before is not None and not records:
                await self._ask(_TAKE_OVER, collection=collection.value, before=before)
                count = await self._records(collection, before)
            if count or collection in {listing.collection for listing in listings}:
                await self._score(collection, count, rules)
        await self._ask(_FORGET)

    async def _evaluate(
        self, policy: QualityPolicy, before: RunId | None, *, is_changed: bool
    ) -> Mapping[Collection, int]:
        """Judge what the run affects, or else all; nothing where nothing changed."""
        if before is not None and await self._judge.is_refreshed():
            known: dict[Collection, int] = {}
            for collection in ROSTER:
                known[collection] = await self._records(collection, before)
            last = JudgedBefore(run_id=before, records=known)
            if records := await self._judge.evaluate_part(policy, last):
                return records
        return await self._judge.evaluate(policy) if is_changed else {}

    async def _latest_run(self, rules: str) -> RunId | None:
        rows = await self._ask(_LATEST_RUN, base=self._run.base, rules=rules)
        return RunId(int(str(rows[0][0]))) if rows else None

    async def _last(self) -> RunId | None:
        rows = await self._ask(_LAST)
        return RunId(int(str(rows[0][0]))) if rows else None

    async def _records(self, collection: Collection, before: RunId) -> int:
        """Return how many records an earlier run had judged; those kept out are not among them."""
        rows = await self._ask(_RECORDS, collection=collection.value, run=before)
        if not rows:
            return 0
        return int(str(rows[0][0])) - await self._not_held(collection, before)

    async def _not_held(self, collection: Collection, run_id: RunId) -> int:
        """Return how many of those that a run kept out are not in the roster."""
        statement = _NOT_HELD.format(table=SHAPES[collection].table)
        rows = await self._ask(statement, collection=collection.value, run=run_id)
        return int(str(rows[0][0]))

    async def _sum_up(self, collection: Collection, rules: Mapping[str, QualityRule]) -> None:
        """Store the findings of what this run itself has looked at."""
        counted = await self._ask(_COUNT, collection=collection.value)
        schools: dict[str, list[SchoolCount]] = {}
        for rule, school, count in counted:
            one = SchoolCount(school=str(school), count=int(str(count)))
            schools.setdefault(str(rule), []).append(one)
        for name, counts in schools.items():
            rule, samples = rules[name], await self._samples(collection, name)
            await self._ask(
                _ADD,
                collection=collection.value,
                rule=name,
                severity=rule.severity.value,
                count=sum(count.count for count in counts),
                told=rule.message,
                advice=rule.advice,
                samples=_json(samples).decode(),
                schools=_json(
                    [(school_count.school, school_count.count) for school_count in _worst(counts)]
                ).decode(),
            )

    async def _samples(self, collection: Collection, rule: str) -> list[tuple[object, ...]]:
        return await self._ask(_SAMPLES, collection=collection.value, rule=rule, limit=SAMPLES)

    async def _score(self, collection: Collection, records: int, rules: str) -> None:
        rows = await self._ask(_FINDINGS, collection=collection.value)
        findings = [
            QualityFinding(
                rule=str(rule),
                severity=Severity(str(severity)),
                collection=collection,
                count=int(str(count)),
            )
            for rule, severity, count in rows
        ]
        records += await self._not_held(collection, self._run.id)
        await self._ask(
            _SCORE,
            collection=collection.value,
            records=records,
            percent=percent(records, findings),
            rules=rules,
        )

    async def _ask(self, statement: str, **more: Bound) -> list[tuple[object, ...]]:
        named: dict[str, Bound] = {
            "tenant": self._tenant,
            "integration": self._run.integration_id,
            "run": self._run.id,
        }
        done = await self._connection.exec_driver_sql(statement, {**named, **more})
        return [tuple(row) for row in done.all()] if done.returns_rows else []


def _rules(collection: Collection, policy: QualityPolicy) -> Mapping[str, QualityRule]:
    """Return all rules of a collection by name; one that somebody wrote may replace ours."""
    written = [QualityCheck(rule) for rule in policy.rules]
    return {
        **{name: one for name, one in RULES.items() if one.collection is collection},
        **{
            quality_check.rule.name: quality_check.rule
            for quality_check in written
            if quality_check.collection is collection
        },
        **{
            name: QualityRule(
                name=name,
                severity=Severity.ERROR,
                collection=collection,
                message=told,
                advice=advice,
            )
            for name, (told, advice) in KEPT_OUT.items()
        },
    }


def _worst(counts: Iterable[SchoolCount]) -> list[SchoolCount]:
    named = [count for count in counts if count.school]
    return sorted(named, key=lambda school_count: (-school_count.count, school_count.school))[
        :SAMPLES
    ]
