"""The week before a demo begins: what its systems' checks found, and when they were in trouble.

Made of the same seed as the story. The engine's own rules judge it and the engine's own
repositories store it, sums of hours, entries of the audit log and messages included.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.demo.districts import START
from integration_tui.domain.health.status import HealthReport, HealthState, HealthStatus
from integration_tui.domain.integration import Integration, Trouble
from integration_tui.engine.connectors.validation import pause_s
from integration_tui.engine.health.check import trouble_of
from integration_tui.engine.health.evaluation import (
    CheckOutcome,
    EvaluationRules,
    StatusSnapshot,
    evaluate,
)
from integration_tui.engine.health.transitions import StatusChange, apply
from integration_tui.providers.mock.incidents import IncidentKind, ScriptedIncident, refusal

if TYPE_CHECKING:
    from integration_tui.engine.config_loader import ConfigLoader
    from integration_tui.store.database import Database

SINCE: Final = START - timedelta(days=7)
"""When the systems were registered, and the first check was made."""
_GRAIN: Final = (
    (timedelta(days=7), timedelta(minutes=30)),
    (timedelta(days=1), timedelta(minutes=5)),
    (timedelta(hours=1), timedelta(minutes=1)),
)
"""From so long before the start on, a check every so often: what is near is looked at closely."""
_CLOSE: Final = timedelta(minutes=1)
"""How often there is a check while a system is in trouble."""
_SETTLING: Final = 5
_SETTLES: Final = _CLOSE * _SETTLING
"""So long after trouble a system is well again, whatever its rules say."""
_HICCUPS: Final = 0.01
_KEEP_DAYS: Final = 30
_SCHOOL_OPENS, _SCHOOL_CLOSES = 13.0, 21.0
"""In hours of UTC: eight to four in Chicago."""
_HOMEWORK_BEGINS, _HOMEWORK_ENDS = 21.5, 28.0
_WEEKEND: Final = 5


class PastIncident(msgspec.Struct, frozen=True, kw_only=True):
    """Trouble that is over: `ago` before the start it began. Slow ones add `slower_ms`."""

    ago: timedelta
    length: timedelta
    kind: IncidentKind
    slower_ms: float = 0.0

    def is_at(self, at: datetime) -> bool:
        begun = START - self.ago
        return begun <= at < begun + self.length


class PastOfSystem(msgspec.Struct, frozen=True, kw_only=True):
    """How fast a system usually answers, how much slower while school is on, and its troubles."""

    median_ms: float
    spread: float
    school_share: float
    incidents: tuple[PastIncident, ...] = ()


def _ago(days: float = 0, hours: float = 0, minutes: float = 0) -> timedelta:
    return timedelta(days=days, hours=hours, minutes=minutes)


def _past(
    kind: IncidentKind, ago: timedelta, minutes: float, *, slower_ms: float = 0.0
) -> PastIncident:
    return PastIncident(ago=ago, length=timedelta(minutes=minutes), kind=kind, slower_ms=slower_ms)


_K = IncidentKind
PASTS: Final[Mapping[str, PastOfSystem]] = MappingProxyType(
    {
        "lincoln-sis": PastOfSystem(
            median_ms=45,
            spread=0.25,
            school_share=0.8,
            incidents=(_past(_K.OUTAGE, _ago(days=4, hours=3), 9),),
        ),
        "roosevelt-lms": PastOfSystem(
            median_ms=38,
            spread=0.3,
            school_share=1.6,
            incidents=(
                _past(_K.SLOW_DRIP, _ago(days=3, hours=18), 42, slower_ms=2600),
                _past(_K.THROTTLED, _ago(hours=17, minutes=20), 12),
                _past(_K.SLOW_DRIP, _ago(hours=3, minutes=40), 95, slower_ms=2900),
            ),
        ),
        "washington-sis": PastOfSystem(
            median_ms=80,
            spread=0.3,
            school_share=0.7,
            incidents=(
                _past(_K.OUTAGE, _ago(days=5, hours=6), 26),
                _past(_K.OUTAGE, _ago(hours=10, minutes=10), 87),
            ),
        ),
        "jefferson-roster": PastOfSystem(
            median_ms=60,
            spread=0.2,
            school_share=0.5,
            incidents=(_past(_K.AUTH_EXPIRED, _ago(days=2, hours=16), 71),),
        ),
        "madison-legacy": PastOfSystem(
            median_ms=30,
            spread=0.4,
            school_share=0.3,
            incidents=tuple(
                _past(_K.SLOW_DRIP, _ago(days=days, hours=5, minutes=55), 24, slower_ms=1400)
                for days in range(5, -1, -1)
            ),
        ),
    }
)
"""By name. A backup slows madison-legacy down each night; its limit is 1 s in the morning only."""


class _Found(msgspec.Struct):
    """What there is to store."""

    reports: list[HealthReport] = msgspec.field(default_factory=list[HealthReport])
    changes: list[StatusChange] = msgspec.field(default_factory=list[StatusChange])


async def write_history(database: Database, documents: ConfigLoader, *, seed: int) -> None:
    """Store the week before the start for each system that is stored, in one transaction."""
    async with database.transaction() as transaction:
        versions = {one.integration_id: one for one in await transaction.configs.all_active()}
        found = _Found()
        for integration in await transaction.integrations.all():
            if (past := PASTS.get(integration.id)) is not None:
                config = documents.config_of_version(versions[integration.id])
                chance = random.Random(f"{seed} {integration.id}")  # noqa: S311 - no secret
                rules = EvaluationRules(interval_s=_CLOSE.total_seconds()).of(config)
                _Past(integration, past, rules, chance).add_to(found)
        found.changes.sort(key=lambda change: change.at)
        await transaction.health.save(found.reports)
        await apply(transaction, found.changes)
        await transaction.health.roll_up(now=START, keep_days=_KEEP_DAYS)
        await transaction.messages.mark_read()


class _Past:
    """The week of one system, judged as it would have been."""

    def __init__(
        self,
        integration: Integration,
        past: PastOfSystem,
        rules: EvaluationRules,
        chance: random.Random,
    ) -> None:
        self._integration = integration
        self._past = past
        self._rules = rules
        self._chance = chance
        self._state = HealthState(integration_id=integration.id)
        self._snapshot = StatusSnapshot(status=integration.status, reported_down=False)

    def add_to(self, found: _Found) -> None:
        """Add what the checks found, oldest first, and what it changed."""
        judged_until = SINCE + _SETTLES
        for at in _moments(self._past):
            incident = next((one for one in self._past.incidents if one.is_at(at)), None)
            if incident is not None:
                judged_until = at + _SETTLES
            report, retry_after_s = self._report(at, incident)
            if report is None:
                continue
            found.reports.append(report)
            if at <= judged_until:
                found.changes += self._judged(
                    CheckOutcome(report=report, retry_after_s=retry_after_s)
                )

    def _report(
        self, at: datetime, incident: PastIncident | None
    ) -> tuple[HealthReport | None, float]:
        """Return what a check found; `None` where nobody checks, since a person has to act."""
        if incident is None or incident.slower_ms:
            return self._answer(at, incident.slower_ms if incident else 0.0), 0.0
        trouble = self._snapshot.problem and self._snapshot.problem.trouble
        if incident.kind is IncidentKind.AUTH_EXPIRED and trouble is Trouble.CREDENTIALS:
            return None, 0.0
        scripted = ScriptedIncident(kind=incident.kind)
        error = refusal((scripted,), address=f"mock://{self._integration.id}")
        if error is None:
            return self._answer(at, 0.0), 0.0
        report = HealthReport(
            integration_id=self._integration.id,
            status=HealthStatus.DOWN,
            checked_at=at,
            detail=error.message,
            advice=error.advice,
            trouble=trouble_of(error),
        )
        return report, pause_s(error)

    def _answer(self, at: datetime, slower_ms: float) -> HealthReport:
        past, chance = self._past, self._chance
        usual_ms = past.median_ms * (1 + past.school_share * _load(at))
        latency_ms = usual_ms * math.exp(chance.gauss(0.0, past.spread))
        if slower_ms:
            latency_ms += slower_ms * chance.uniform(0.8, 1.2)
        elif chance.random() < _HICCUPS:
            latency_ms *= chance.uniform(2.0, 4.0)
        return HealthReport(
            integration_id=self._integration.id,
            status=HealthStatus.HEALTHY,
            checked_at=at,
            latency_ms=round(latency_ms, 3),
        )

    def _judged(self, outcome: CheckOutcome) -> list[StatusChange]:
        before = self._snapshot
        evaluation = evaluate(self._state, before, outcome, self._rules, chance=self._chance.random)
        self._state, self._snapshot = evaluation.state, evaluation.snapshot
        if (before.status, before.problem) == (self._snapshot.status, self._snapshot.problem):
            return []
        return [
            StatusChange(
                integration_id=self._integration.id,
                revision=self._integration.revision,
                snapshot=evaluation.snapshot,
                at=outcome.report.checked_at,
                reason=evaluation.reason,
                turn=evaluation.turn,
            )
        ]


def _moments(past: PastOfSystem) -> list[datetime]:
    """Return when there was a check, oldest first."""
    found: set[datetime] = set()
    ends = [ago for ago, _ in _GRAIN[1:]]
    for (ago, step), end in zip(_GRAIN, [*ends, timedelta()], strict=True):
        found.update(START - ago + step * count for count in range(int((ago - end) / step)))
    for incident in past.incidents:
        found.update(START - incident.ago + _CLOSE * place for place in _close(incident))
    return sorted(found)


def _close(incident: PastIncident) -> Iterator[int]:
    """Yield the minutes of an incident with a check: fewer once it lasts, as a reconnect waits."""
    last = int(incident.length / _CLOSE)
    for minute in range(last + _SETTLING):
        if minute < _SETTLING or minute % _SETTLING == 0 or minute >= last:
            yield minute


def _load(at: datetime) -> float:
    """Return how much is going on in a school, from 0 to 1."""
    hour = at.hour + at.minute / 60
    if at.weekday() < _WEEKEND and _SCHOOL_OPENS <= hour <= _SCHOOL_CLOSES:
        return _hill(hour, _SCHOOL_OPENS, _SCHOOL_CLOSES)
    late = hour + 24 if hour < _HOMEWORK_ENDS - 24 else hour
    return 0.7 * _hill(late, _HOMEWORK_BEGINS, _HOMEWORK_ENDS)


def _hill(hour: float, begins: float, ends: float) -> float:
    """Return how much of what comes and goes between two hours is there at one of them."""
    return math.sin(math.pi * (hour - begins) / (ends - begins)) if begins <= hour <= ends else 0.0
