"""Services that stand in for the real ones where a screen needs what no honest store would hold.

Every text in them can be hostile; every method can be told to fail; the clock stands still.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import (
    Action,
    ActionOutcome,
    AuditActivity,
    AuditEntry,
    AuditFilter,
    AuditPage,
    AuditRecord,
    Verification,
)
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.config.version import ConfigVersion, DocumentFormat, Draft, Environment
from integration_tui.domain.errors import ConsoleError, FileThereError
from integration_tui.domain.events import Event
from integration_tui.domain.health.day import HealthDay, IntervalState, day_start
from integration_tui.domain.health.incident import Incidents, IncidentSummary, Reason, incidents_of
from integration_tui.domain.health.status import (
    CheckPolicy,
    HealthReport,
    HealthStatistics,
    HealthStatus,
    NextCheck,
    StepResult,
    StepStatus,
)
from integration_tui.domain.health.timeseries import Bucket, Bucketing, TimeSeries
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import (
    Integration,
    IntegrationStatus,
    Intent,
    Problem,
    Transition,
    Trouble,
)
from integration_tui.domain.integration_overview import LastSync, Overview
from integration_tui.domain.problem_sentence import (
    ProblemEvidence,
    StoppedBy,
    StoreProblems,
    needs_you,
)
from integration_tui.domain.problem_wording import problem_sentences
from integration_tui.domain.removal import Removal
from integration_tui.domain.value import replace
from integration_tui.services.config import ConfigDifference
from integration_tui.services.config_file_findings import ConfigFileFinding
from integration_tui.services.enabling import Switched
from integration_tui.tui.app import ConsoleApp
from tests.tui.fake_config_services import Forms, Secrets, Types
from tests.tui.fake_messages import Messages, Told, told
from tests.tui.fake_support_services import Diagnostics, Hooks, Support, Webhooks
from tests.tui.fake_sync_services import Conflicts, Mappings, Plans, Records, Sync, Syncs, syncs

if TYPE_CHECKING:
    from integration_tui.domain.clock import Clock
    from integration_tui.services.config import ConfigEdit
    from integration_tui.services.enabling import EnabledSwitch
    from integration_tui.tui.services import ConsoleServices

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ADMIN = Actor(name="ana", door=Interface.CONSOLE, host="office")
VIEWER = replace(ADMIN, role=ActorRole.VIEWER)
LINCOLN, ROOSEVELT = IntegrationId("lincoln"), IntegrationId("roosevelt")
_S = IntegrationStatus
_STATUSES = (_S.ACTIVE, _S.DEGRADED, _S.ERROR, _S.CONNECTING, _S.INACTIVE, _S.DISABLED)
NAMES = ("lincoln", "roosevelt", "washington", "adams", "jefferson", "madison")
DOCUMENT = "name: lincoln\ntype: mock\n# a comment\nseed: 7\n"


class Subscription:
    def __init__(self, types: tuple[type[Event], ...]) -> None:
        self.types = types
        self._arrived = asyncio.Event()
        self.pending: list[Event] = []

    def offer(self, event: Event) -> None:
        if not isinstance(event, self.types):
            return
        self.pending.append(event)
        self._arrived.set()

    async def batch(self) -> list[Event]:
        await self._arrived.wait()
        self._arrived.clear()
        batch, self.pending = self.pending, []
        return batch


class Bus:
    """Tells everyone what they asked for."""

    def __init__(self) -> None:
        self.subscriptions: list[Subscription] = []

    def publish(self, event: Event) -> None:
        for subscription in self.subscriptions:
            subscription.offer(event)

    def hears(self, kind: type[Event]) -> bool:
        """Return whether somebody wants to hear of such events."""
        return any(kind in subscription.types for subscription in self.subscriptions)

    @contextmanager
    def subscribe(self, *types: type[Event]) -> Generator[Subscription]:
        subscription = Subscription(types)
        self.subscriptions.append(subscription)
        try:
            yield subscription
        finally:
            self.subscriptions.remove(subscription)


@dataclass
class World:
    """What the stand-ins show and record. `say` makes every text that comes from outside."""

    say: Callable[[str], str] = str
    bus: Bus = field(default_factory=Bus)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)
    integrations: list[Overview] = field(default_factory=list)
    entries: list[AuditEntry] = field(default_factory=list)
    versions: list[ConfigVersion] = field(default_factory=list)
    problems: tuple[ConfigProblem, ...] = ()
    files: tuple[ConfigFileFinding, ...] = ()
    noticed: list[ConfigFileFinding] = field(default_factory=list[ConfigFileFinding])
    steps: tuple[StepResult, ...] = ()
    syncs: Syncs = field(default_factory=Syncs)
    hooks: Hooks = field(default_factory=Hooks)
    told: Told = field(default_factory=Told)
    slow_chain: asyncio.Event | None = None
    """What verifying and exporting wait for."""
    patience: int = 1_000_000
    """Audit entries that one look goes through."""
    now: datetime = NOW
    next_checks: bool = True
    known_since: datetime | None = NOW - timedelta(days=3)
    holder: str = ""
    last_sync: str = "applied"
    """How the newest run of lincoln stands."""
    is_running: bool = True
    is_closed: bool = False
    slow: asyncio.Event | None = None
    """What a restart waits for."""

    def called(self, name: str, *what: object) -> None:
        """Record a call; fail if this one is to fail."""
        self.calls.append((name, *what))
        if name in self.failures:
            raise self.failures[name]

    def resumed(self) -> None:
        self.called("resumed")

    @property
    def acts(self) -> list[tuple[object, ...]]:
        """What was asked for, readings left out."""
        reads = {"overview", "page", "statistics", "history", "versions", "active", "transitions"}
        reads |= {"timeseries", "incidents", "breakdown", "statuses"}
        reads |= {"problems", "diff", "runs", "report", "changes", "findings", "scores", "people"}
        reads |= {"trend", "systems", "subscription_records", "settings", "effective", "checking"}
        reads |= {
            "known_since",
            "policy",
            "days",
            "problems_of",
            "next_syncs",
            "messages",
            "unread",
            "latencies",
            "last_syncs",
            "open_run",
        }
        reads |= {"messages", "unread"}
        reads |= {"quarantined", "conflicts", "matches", "browse", "card"}
        return [call for call in self.calls if call[0] not in reads]


def world(say: Callable[[str], str] = str, *, entries: int = 3) -> World:
    """Return six integrations of different characters, with a history."""
    made = World(say=say)
    made.integrations = [_overview(made, place) for place in range(len(NAMES))]
    made.entries = [_entry(made, seq) for seq in range(1, entries + 1)]
    made.versions = [_version(made, name, number) for name in NAMES for number in (1, 2)]
    made.syncs = syncs(say)
    made.told = told(say, made.now)
    made.steps = (
        StepResult(name="connect", status=StepStatus.PASSED, latency_ms=3.0, detail=say("200 OK")),
        StepResult(
            name="check",
            status=StepStatus.FAILED,
            detail=say("503 from upstream"),
            advice=say("wait"),
        ),
        StepResult(name="metadata", status=StepStatus.SKIPPED),
        StepResult(name="users", status=StepStatus.SKIPPED),
    )
    return made


def _overview(made: World, place: int) -> Overview:
    name, status = IntegrationId(NAMES[place]), _STATUSES[place]
    is_error = status is _S.ERROR
    problem = Problem(
        trouble=Trouble.CREDENTIALS,
        message=made.say("401: the token was refused"),
        advice=made.say("renew the client secret"),
    )
    integration = Integration(
        id=name,
        provider="mock",
        title=made.say(f"{name.title()} High"),
        environment="production",
        enabled=status is not _S.DISABLED,
        intent=Intent.STOP if status is _S.INACTIVE else Intent.RUN,
        status=status,
        config_version=2,
        revision=1,
        changed_at=NOW - timedelta(hours=place),
        problem=problem if is_error else None,
        attempts=3 if is_error else 0,
        next_attempt_at=NOW + timedelta(minutes=1) if is_error else None,
        source_path=made.say(f"/etc/{name}.yaml"),
    )
    report = HealthReport(
        integration_id=name,
        status=HealthStatus.DOWN if is_error else HealthStatus.HEALTHY,
        checked_at=NOW - timedelta(seconds=place),
        latency_ms=None if is_error else 12.0 * (place + 1),
        detail=made.say("answered"),
    )
    figures = _figures(name, place)
    return Overview(integration=integration, report=report, statistics=figures)


def _figures(name: IntegrationId, place: int) -> HealthStatistics:
    return HealthStatistics(
        integration_id=name,
        window_s=3600,
        checks=720,
        failures=place * 7,
        reconnects=place,
        p50_ms=11.0 + place,
        p95_ms=48.0 + place,
        p99_ms=120.0 + place,
    )


def _entry(made: World, seq: int) -> AuditEntry:
    act = AuditRecord(
        action=Action.SAVE_CONFIG if seq % 2 else Action.START,
        actor=Actor(name=made.say("ana"), door=Interface.CONSOLE, host=made.say("office")),
        object=made.say("lincoln"),
        outcome=ActionOutcome.DONE if seq % 3 else ActionOutcome.FAILED,
        detail=made.say(f"entry {seq}"),
        before={made.say("auth.client_id"): made.say("old")},
        after={made.say("auth.client_id"): made.say("new")},
    )
    return AuditEntry(seq=seq, at=NOW + timedelta(seconds=seq), act=act, hash=f"{seq:064x}")


def _version(made: World, name: str, number: int) -> ConfigVersion:
    return ConfigVersion(
        integration_id=IntegrationId(name),
        number=number,
        environment=Environment.PRODUCTION,
        format=DocumentFormat.YAML,
        text=made.say(DOCUMENT.replace("lincoln", name)),
        checksum="0" * 64,
        active=number == 2,
        created_at=NOW - timedelta(days=3 - number),
        created_by=made.say("ana"),
        reason=made.say("registered" if number == 1 else "slower checks"),
    )


@dataclass
class Integrations:
    world: World

    async def overview(self, only: Collection[IntegrationId] | None = None) -> list[Overview]:
        self.world.called("overview")
        known = self.world.integrations
        return [overview for overview in known if only is None or overview.integration.id in only]

    async def latencies(
        self, limit_each: int, only: Collection[IntegrationId] | None = None
    ) -> Mapping[IntegrationId, tuple[float | None, ...]]:
        self.world.called("latencies", only)
        taken = (5.0, 10.0, None, 40.0)[:limit_each]
        names = [integration.integration.id for integration in self.world.integrations]
        return {name: taken for name in names if only is None or name in only}

    async def last_syncs(self) -> Mapping[IntegrationId, LastSync]:
        self.world.called("last_syncs")
        return {LINCOLN: LastSync(status=self.world.last_sync, at=NOW)}

    async def next_syncs(self) -> Mapping[IntegrationId, datetime]:
        self.world.called("next_syncs")
        return {LINCOLN: NOW + timedelta(minutes=30)}

    async def transitions(
        self, integration_id: IntegrationId, *, limit: int = 100
    ) -> list[Transition]:
        self.world.called("transitions", integration_id)
        one = Transition(
            integration_id=integration_id,
            before=_S.CONNECTING,
            after=_S.ACTIVE,
            at=NOW,
            reason=self.world.say("it answers"),
        )
        return [one][:limit]

    async def start(self, integration_id: IntegrationId, *, actor: Actor) -> Integration:
        self.world.called("start", integration_id, actor.name)
        return self._named(integration_id)

    async def stop(self, integration_id: IntegrationId, *, actor: Actor) -> Integration:
        self.world.called("stop", integration_id, actor.name)
        return self._named(integration_id)

    async def restart(self, integration_id: IntegrationId, *, actor: Actor) -> Integration:
        self.world.called("restart", integration_id, actor.name)
        if self.world.slow is not None:
            await self.world.slow.wait()
        return self._named(integration_id)

    async def set_enabled(self, switch: EnabledSwitch, *, actor: Actor) -> Switched:
        wanted = "enable" if switch.is_enabled else "disable"
        self.world.called(wanted, switch.integration_id, switch.reason, switch.untested, actor.name)
        version = _version(self.world, switch.integration_id, 3)
        return Switched(version=version, path=("enabled",), is_enabled=switch.is_enabled)

    async def removal(self, integration_id: IntegrationId) -> Removal:
        return Removal(integration_id=integration_id, versions=3, records=1_200, alone=7)

    async def remove(self, integration_id: IntegrationId, *, actor: Actor) -> None:
        self.world.called("remove", integration_id, actor.name)

    async def try_draft(
        self, draft: Draft, *, tell: Callable[[StepResult], None] = lambda _leg: None
    ) -> tuple[StepResult, ...]:
        self.world.called("try_draft", draft.text)
        for step in self.world.steps:
            tell(step)
        return self.world.steps

    async def register(self, draft: Draft, *, actor: Actor) -> Integration:
        self.world.called("register", draft.text, actor.name)
        return self.world.integrations[0].integration

    async def test(
        self,
        integration_id: IntegrationId,
        *,
        tell: Callable[[StepResult], None] = lambda _leg: None,
    ) -> tuple[StepResult, ...]:
        self.world.called("test", integration_id)
        for step in self.world.steps:
            tell(step)
        return self.world.steps

    def _named(self, integration_id: IntegrationId) -> Integration:
        known = (overview.integration for overview in self.world.integrations)
        return next(integration for integration in known if integration.id == integration_id)


def _bucket(number: int) -> Bucket:
    """Of any seven stretches of time, one failed, one was degraded, and at one nobody looked."""
    kind = number % 7
    if kind == 6:
        return Bucket()
    latency = None if kind == 5 else 5.0 + number % 40
    return Bucket(
        checks=4,
        failures=4 if kind == 5 else 0,
        is_weak=kind == 4,
        p50_ms=latency,
        p95_ms=latency and latency * 3,
    )


@dataclass
class Problems:
    world: World

    async def read(self, overviews: Sequence[Overview]) -> StoreProblems:
        self.world.called("problems_of", len(overviews))
        stopped = StoppedBy(by=self.world.say("ana"), at=NOW - timedelta(hours=2))
        sentences = {
            overview.integration.id: problem_sentences(
                overview, ProblemEvidence(stopped=stopped), self.world.now
            )
            for overview in overviews
        }
        return StoreProblems(sentences=sentences, needs_you=needs_you(sentences, {}))


def _day(made: World, name: IntegrationId, place: int) -> HealthDay:
    """Return a day that gets worse towards its end, more so for later ones."""
    states = [IntervalState.NONE] * 4 + [IntervalState.OK] * (44 - 2 * place)
    states += [IntervalState.SLOW] * place + [IntervalState.BAD] * place
    latencies = [None if state in {0, 3} else 20.0 + 5 * state for state in states]
    return HealthDay(
        integration_id=name,
        since=day_start(made.now),
        states=tuple(states),
        p95s_ms=tuple(latencies),
        checks=720,
        failures=7 * place,
        p95_now_ms=latencies[-1],
    )


@dataclass
class Health:
    """Says the same of every window."""

    world: World

    async def days(self) -> Mapping[IntegrationId, HealthDay]:
        self.world.called("days")
        return {
            overview.integration.id: _day(self.world, overview.integration.id, place)
            for place, overview in enumerate(self.world.integrations)
        }

    async def known_since(self) -> datetime | None:
        self.world.called("known_since")
        return self.world.known_since

    async def policy(self, integration: Integration) -> CheckPolicy:
        self.world.called("policy", integration.id)
        return CheckPolicy(interval_s=30.0, slow_ms=2000.0)

    async def statistics(
        self, *, window_s: int, until: datetime | None = None
    ) -> list[HealthStatistics]:
        self.world.called("statistics", window_s, until)
        return [
            integration.statistics
            for integration in self.world.integrations
            if integration.statistics
        ]

    async def statuses(self, at: datetime) -> dict[IntegrationId, IntegrationStatus]:
        self.world.called("statuses", at)
        return dict.fromkeys([LINCOLN, ROOSEVELT], _S.ERROR)

    async def timeseries(
        self,
        integration_id: IntegrationId,
        *,
        window_s: int,
        until: datetime | None,
        buckets: int,
    ) -> TimeSeries:
        self.world.called("timeseries", integration_id, window_s, until)
        end = until or self.world.now
        cut = Bucketing.of(end - timedelta(seconds=window_s), end, most=buckets)
        return TimeSeries(
            integration_id=integration_id,
            since=cut.since,
            until=end,
            width_s=cut.width_s,
            buckets=tuple(map(_bucket, range(cut.first, cut.first + cut.count))),
            known_since=NOW - timedelta(days=3),
        )

    async def incidents(
        self, integration_id: IntegrationId, *, window_s: int, until: datetime | None = None
    ) -> Incidents:
        self.world.called("incidents", integration_id, window_s, until)
        began, ended = NOW - timedelta(minutes=25), NOW - timedelta(minutes=20)
        reason = self.world.say("503 from upstream")
        steps = [
            Transition(
                integration_id=integration_id, before=before, after=after, at=at, reason=reason
            )
            for before, after, at in (
                (_S.ACTIVE, _S.DEGRADED, began),
                (_S.DEGRADED, _S.ERROR, ended - timedelta(minutes=1)),
                (_S.ERROR, _S.ACTIVE, ended),
                (_S.ACTIVE, _S.ERROR, NOW - timedelta(minutes=2)),
            )
        ]
        return Incidents(newest=tuple(reversed(incidents_of(steps))))

    async def breakdown(
        self, integration_id: IntegrationId, *, window_s: int, until: datetime | None = None
    ) -> IncidentSummary:
        self.world.called("breakdown", integration_id, window_s, until)
        counts = {"503 from upstream": 6, "no answer in 10 s": 2}
        reasons = tuple(
            Reason(
                trouble=Trouble.NOT_READY,
                detail=self.world.say(detail),
                count=count,
                share=count / 8,
                latest_at=NOW,
            )
            for detail, count in counts.items()
        )
        return IncidentSummary(failures=8, reasons=reasons)

    def next_check(self, integration: Integration) -> NextCheck:
        attempt = integration.attempts + 1 if integration.next_attempt_at else None
        at = integration.next_attempt_at or NOW + timedelta(seconds=20)
        if not self.world.next_checks:
            return NextCheck(now=self.world.now)
        return NextCheck(now=self.world.now, at=at, attempt=attempt)

    async def history(
        self,
        integration_id: IntegrationId,
        *,
        window_s: int,
        until: datetime | None,
        limit: int,
    ) -> list[HealthReport]:
        self.world.called("history", integration_id, window_s, until)
        return [
            HealthReport(
                integration_id=integration_id,
                status=HealthStatus.HEALTHY,
                checked_at=NOW - timedelta(minutes=minute),
                latency_ms=5.0 + minute,
                detail=self.world.say("answered"),
            )
            for minute in range(min(limit, 5), -1, -1)
        ]

    async def check_now(self, integration_id: IntegrationId) -> HealthReport:
        self.world.called("check", integration_id)
        return HealthReport(
            integration_id=integration_id,
            status=HealthStatus.HEALTHY,
            checked_at=NOW,
            latency_ms=5.0,
            detail=self.world.say("answered"),
        )


@dataclass
class Config:
    world: World

    async def active(self, integration_id: IntegrationId) -> ConfigVersion:
        self.world.called("active", integration_id)
        return next(
            config_version
            for config_version in await self.history(integration_id)
            if config_version.active
        )

    async def history(self, integration_id: IntegrationId) -> list[ConfigVersion]:
        self.world.called("versions", integration_id)
        own = [
            version for version in self.world.versions if version.integration_id == integration_id
        ]
        return sorted(own, key=lambda config_version: -config_version.number)

    async def diff(self, integration_id: IntegrationId, before: int, after: int) -> str:
        self.world.called("diff", integration_id, before, after)
        names = f"--- version {before}\n+++ version {after}\n"
        return self.world.say(f"{names}@@ -4 +4 @@\n-seed: 7\n+seed: 8\n")

    async def compare_environments(
        self, integration_id: IntegrationId, one: Environment, other: Environment
    ) -> list[ConfigDifference]:
        self.world.called("compare", integration_id, one.value, other.value)
        say = self.world.say
        return [ConfigDifference(path=say("base_url"), one=say("https://a"), other=say(""))]

    async def save(self, edit: ConfigEdit) -> ConfigVersion:
        self.world.called("save", edit.integration_id, edit.expected, edit.reason)
        return replace(await self.active(edit.integration_id), number=edit.expected + 1)

    async def roll_back(
        self,
        integration_id: IntegrationId,
        number: int,
        *,
        reason: str,
        actor: Actor,  # noqa: ARG002 - as the service
    ) -> ConfigVersion:
        self.world.called("roll_back", integration_id, number, reason)
        return (await self.history(integration_id))[0]


@dataclass
class Drafts:
    world: World

    def draft(self, text: str, format_: DocumentFormat) -> Draft:
        return Draft(text=text, format=format_)

    def problems(self, draft: Draft) -> tuple[ConfigProblem, ...]:
        self.world.called("problems", draft.text)
        return self.world.problems


@dataclass
class Audit:
    world: World

    async def newest(self) -> int:
        return len(self.world.entries)

    async def back(
        self, wanted: AuditFilter, *, before: int | None = None, limit: int = 100
    ) -> AuditPage:
        self.world.called("page", wanted, before)
        older = [entry for entry in self.world.entries if before is None or entry.seq < before]
        return self._stretch(wanted, older[::-1], limit)

    async def onward(self, wanted: AuditFilter, *, after: int, limit: int = 100) -> AuditPage:
        self.world.called("page", wanted, -after)
        newer = [entry for entry in self.world.entries if entry.seq > after]
        return self._stretch(wanted, newer, limit)

    def _stretch(self, wanted: AuditFilter, entries: list[AuditEntry], limit: int) -> AuditPage:
        """Look at so many entries only, as the service does."""
        looked, left = entries[: self.world.patience], entries[self.world.patience :]
        found = [
            entry
            for entry in looked
            if wanted.outcome in {None, entry.act.outcome}
            and wanted.actor in {None, entry.act.actor.name}
        ]
        reached = looked[-1].seq if left else None
        if len(found) >= limit:
            reached = found[limit - 1].seq
        return AuditPage(entries=found[:limit], reached=reached)

    async def entries(self, numbers: Sequence[int]) -> list[AuditEntry]:
        self.world.called("entries", len(numbers))
        return [self.world.entries[number - 1] for number in numbers]

    async def export_to(
        self,
        path: Path,
        wanted: AuditFilter,
        *,
        actor: Actor,
        replace: bool = False,
        tell: Callable[[int, int], None] | None = None,
    ) -> int:
        self.world.called("export", path, wanted, actor.name, replace)
        if path.exists() and not replace:
            raise FileThereError(f"{path} already exists")
        if tell:
            tell(1, 2)
        if self.world.slow_chain:
            await self.world.slow_chain.wait()
        return 2

    async def activity(self, moments: Sequence[datetime], since: datetime) -> AuditActivity:
        self.world.called("activity", len(moments))
        entries = self.world.entries
        counts = [
            sum(begin <= entry.at < end for entry in entries) for begin, end in pairwise(moments)
        ]
        names = [entry.act.actor.name for entry in entries if entry.at >= since]
        actors = [(name, names.count(name)) for name in sorted(set(names))]
        return AuditActivity(counts=counts, actors=actors)

    async def verify(self, progress: Callable[[int], None] | None = None) -> Verification:
        self.world.called("verify")
        if progress:
            progress(len(self.world.entries))
        if self.world.slow_chain:
            await self.world.slow_chain.wait()
        return Verification(checked=len(self.world.entries), head="ab" * 32)


def append(made: World, count: int = 1) -> None:
    """Add audit entries."""
    first = len(made.entries) + 1
    made.entries += [_entry(made, seq) for seq in range(first, first + count)]


@dataclass
class Files:
    """The folder of configuration files; `noticed` is what happened to them."""

    world: World
    remarks: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[ConfigFileFinding, ...]:
        return self.world.files

    def findings_since(self, number: int) -> tuple[int, tuple[ConfigFileFinding, ...]]:
        return len(self.world.noticed), tuple(self.world.noticed[number:])

    def invalid(self) -> list[Overview]:
        return []

    def explained(self, error: ConsoleError) -> ConsoleError:
        return error


@dataclass(kw_only=True)
class FakeServices:
    """Has all that the console uses, as `ConsoleServices` says."""

    clock: Clock
    engine: World
    events: Bus
    integrations: Integrations
    health: Health
    problems: Problems
    messages: Messages
    config: Config
    drafts: Drafts
    forms: Forms
    secrets: Secrets
    types: Types
    audit: Audit
    files: Files
    sync: Sync
    plans: Plans
    conflicts: Conflicts
    records: Records
    mappings: Mappings
    webhooks: Webhooks
    diagnostics: Diagnostics
    support: Support


@asynccontextmanager
async def opened(made: World) -> AsyncGenerator[ConsoleServices]:
    """Open the stand-ins."""
    made.called("open")
    services = FakeServices(
        clock=lambda: made.now,
        engine=made,
        events=made.bus,
        integrations=Integrations(made),
        health=Health(made),
        problems=Problems(made),
        messages=Messages(made),
        config=Config(made),
        drafts=Drafts(made),
        forms=Forms(made),
        secrets=Secrets(made),
        types=Types(made),
        audit=Audit(made),
        files=Files(made),
        sync=Sync(made),
        plans=Plans(made),
        conflicts=Conflicts(made),
        records=Records(made),
        mappings=Mappings(made),
        webhooks=Webhooks(made),
        diagnostics=Diagnostics(made),
        support=Support(made),
    )
    try:
        yield services
    finally:
        made.is_closed = True


def console(made: World, *, actor: Actor = ADMIN, title: str = "demo") -> ConsoleApp:
    """Return a console on the stand-ins; lincoln is what was looked at last."""
    app = ConsoleApp(lambda: opened(made), actor=actor, title=title, preload=())
    app.shared.integration = LINCOLN
    return app
