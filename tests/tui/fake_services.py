"""Services that stand in for the real ones where a screen needs what no honest store would hold.

Every text in them can be hostile; every method can be told to fail; the clock stands still.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import (
    Action,
    ActionOutcome,
    AuditEntry,
    AuditFilter,
    AuditPage,
    AuditRecord,
    Verification,
)
from integration_tui.domain.config.document import ConfigVersion, DocumentFormat, Environment
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.errors import ConsoleError, FileThereError
from integration_tui.domain.events import Event
from integration_tui.domain.health.incident import Incidents, IncidentSummary, Reason, incidents_of
from integration_tui.domain.health.status import (
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
from integration_tui.domain.removal import Removal
from integration_tui.services.config_file_findings import FileFinding
from integration_tui.tui.app import ConsoleApp
from tests.tui.fake_config_services import Forms, Secrets, Text, Types
from tests.tui.fake_roster_services import Diagnostics, Hooks, Support, Webhooks
from tests.tui.fake_sync_services import Conflicts, Mappings, Plans, Records, Sync, Syncs, syncs

if TYPE_CHECKING:
    from integration_tui.services import Services
    from integration_tui.services.config import ConfigEdit

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
        self._types = types
        self._arrived = asyncio.Event()
        self.pending: list[Event] = []

    def offer(self, event: Event) -> None:
        if not isinstance(event, self._types):
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
    files: tuple[FileFinding, ...] = ()
    noticed: list[FileFinding] = field(default_factory=list[FileFinding])
    steps: tuple[StepResult, ...] = ()
    syncs: Syncs = field(default_factory=Syncs)
    hooks: Hooks = field(default_factory=Hooks)
    slow_chain: asyncio.Event | None = None
    """What verifying and exporting wait for."""
    patience: int = 1_000_000
    """Audit entries that one look goes through."""
    now: datetime = NOW
    holder: str = ""
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
        reads |= {"problems", "diff", "runs", "report", "changes", "findings", "scores"}
        reads |= {"trend", "systems", "subscription_records", "settings", "effective", "checking"}
        reads |= {"latencies", "last_syncs", "open_run"}
        reads |= {"quarantined", "conflicts", "matches", "browse", "get"}
        return [call for call in self.calls if call[0] not in reads]


def world(say: Callable[[str], str] = str, *, entries: int = 3) -> World:
    """Return six integrations of different characters, with a history."""
    made = World(say=say)
    made.integrations = [_overview(made, place) for place in range(len(NAMES))]
    made.entries = [_entry(made, seq) for seq in range(1, entries + 1)]
    made.versions = [_version(made, name, number) for name in NAMES for number in (1, 2)]
    made.syncs = syncs(say)
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
        return {LINCOLN: LastSync(status="applied", at=NOW)}

    async def transitions(self, name: IntegrationId, *, limit: int = 100) -> list[Transition]:
        self.world.called("transitions", name)
        one = Transition(
            integration_id=name,
            before=_S.CONNECTING,
            after=_S.ACTIVE,
            at=NOW,
            reason=self.world.say("it answers"),
        )
        return [one][:limit]

    async def start(self, name: IntegrationId, *, actor: Actor) -> None:
        self.world.called("start", name, actor.name)

    async def stop(self, name: IntegrationId, *, actor: Actor) -> None:
        self.world.called("stop", name, actor.name)

    async def restart(self, name: IntegrationId, *, actor: Actor) -> None:
        self.world.called("restart", name, actor.name)
        if self.world.slow is not None:
            await self.world.slow.wait()

    async def removal(self, name: IntegrationId) -> Removal:
        return Removal(integration_id=name, versions=3, records=1_200, alone=7)

    async def remove(self, name: IntegrationId, *, actor: Actor) -> None:
        self.world.called("remove", name, actor.name)

    async def try_draft(
        self, draft: Text, *, tell: Callable[[StepResult], None] = lambda _leg: None
    ) -> tuple[StepResult, ...]:
        self.world.called("try_draft", draft)
        for step in self.world.steps:
            tell(step)
        return self.world.steps

    async def register(self, draft: Text, *, actor: Actor) -> Integration:
        self.world.called("register", draft, actor.name)
        return self.world.integrations[0].integration

    async def test(
        self, name: IntegrationId, *, tell: Callable[[StepResult], None] = lambda _leg: None
    ) -> tuple[StepResult, ...]:
        self.world.called("test", name)
        for step in self.world.steps:
            tell(step)
        return self.world.steps


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
class Health:
    """Says the same of every window."""

    world: World

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
        self, name: IntegrationId, *, window_s: int, until: datetime | None = None, buckets: int
    ) -> TimeSeries:
        self.world.called("timeseries", name, window_s, until)
        end = until or self.world.now
        cut = Bucketing.of(end - timedelta(seconds=window_s), end, most=buckets)
        return TimeSeries(
            integration_id=name,
            since=cut.since,
            until=end,
            width_s=cut.width_s,
            buckets=tuple(map(_bucket, range(cut.first, cut.first + cut.count))),
            known_since=NOW - timedelta(days=3),
        )

    async def incidents(
        self, name: IntegrationId, *, window_s: int, until: datetime | None = None
    ) -> Incidents:
        self.world.called("incidents", name, window_s, until)
        began, ended = NOW - timedelta(minutes=25), NOW - timedelta(minutes=20)
        reason = self.world.say("503 from upstream")
        steps = [
            Transition(integration_id=name, before=before, after=after, at=at, reason=reason)
            for before, after, at in (
                (_S.ACTIVE, _S.DEGRADED, began),
                (_S.DEGRADED, _S.ERROR, ended - timedelta(minutes=1)),
                (_S.ERROR, _S.ACTIVE, ended),
                (_S.ACTIVE, _S.ERROR, NOW - timedelta(minutes=2)),
            )
        ]
        return Incidents(newest=tuple(reversed(incidents_of(steps))))

    async def breakdown(
        self, name: IntegrationId, *, window_s: int, until: datetime | None = None
    ) -> IncidentSummary:
        self.world.called("breakdown", name, window_s, until)
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
        return NextCheck(now=self.world.now, at=at, attempt=attempt)

    async def history(
        self, name: IntegrationId, *, window_s: int, until: datetime | None, limit: int
    ) -> list[HealthReport]:
        self.world.called("history", name, window_s, until)
        return [
            HealthReport(
                integration_id=name,
                status=HealthStatus.HEALTHY,
                checked_at=NOW - timedelta(minutes=minute),
                latency_ms=5.0 + minute,
                detail=self.world.say("answered"),
            )
            for minute in range(min(limit, 5), -1, -1)
        ]

    async def check_now(self, name: IntegrationId) -> HealthReport:
        self.world.called("check", name)
        return HealthReport(
            integration_id=name,
            status=HealthStatus.HEALTHY,
            checked_at=NOW,
            latency_ms=5.0,
            detail=self.world.say("answered"),
        )


@dataclass(frozen=True, kw_only=True)
class Apart:
    path: str
    one: str
    other: str


@dataclass
class Config:
    world: World

    async def active(self, name: IntegrationId) -> ConfigVersion:
        self.world.called("active", name)
        return next(
            config_version for config_version in await self.history(name) if config_version.active
        )

    async def history(self, name: IntegrationId) -> list[ConfigVersion]:
        self.world.called("versions", name)
        own = [version for version in self.world.versions if version.integration_id == name]
        return sorted(own, key=lambda config_version: -config_version.number)

    async def diff(self, name: IntegrationId, before: int, after: int) -> str:
        self.world.called("diff", name, before, after)
        return self.world.say(f"--- version {before}\n+++ version {after}\n-seed: 7\n+seed: 8\n")

    async def compare_environments(
        self, name: IntegrationId, one: Environment, other: Environment
    ) -> list[Apart]:
        self.world.called("compare", name, one.value, other.value)
        say = self.world.say
        return [Apart(path=say("base_url"), one=say("https://a"), other=say(""))]

    async def save(self, edit: ConfigEdit) -> ConfigVersion:
        self.world.called("save", edit.integration_id, edit.expected, edit.reason)
        return replace(await self.active(edit.integration_id), number=edit.expected + 1)

    async def roll_back(
        self,
        name: IntegrationId,
        number: int,
        *,
        reason: str,
        actor: Actor,  # noqa: ARG002 - as the service
    ) -> ConfigVersion:
        self.world.called("roll_back", name, number, reason)
        return (await self.history(name))[0]


@dataclass
class Drafts:
    world: World

    def draft(self, text: str, _format: DocumentFormat) -> Text:
        return Text(text)

    def problems(self, draft: str) -> tuple[ConfigProblem, ...]:
        self.world.called("problems", draft)
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
        tell: Callable[[int, int], None],
    ) -> int:
        self.world.called("export", path, wanted, actor.name, replace)
        if path.exists() and not replace:
            raise FileThereError(f"{path} is there already")
        tell(1, 2)
        if self.world.slow_chain:
            await self.world.slow_chain.wait()
        return 2

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
    def findings(self) -> tuple[FileFinding, ...]:
        return self.world.files

    def findings_since(self, number: int) -> tuple[int, tuple[FileFinding, ...]]:
        return len(self.world.noticed), tuple(self.world.noticed[number:])

    def invalid(self) -> list[Overview]:
        return []

    def explained(self, error: ConsoleError) -> ConsoleError:
        return error


class _StandIn:
    def __init__(self, parts: Mapping[str, object]) -> None:
        self.__dict__.update(parts)


@asynccontextmanager
async def opened(made: World) -> AsyncGenerator[Services]:
    """Open the stand-ins."""
    made.called("open")
    parts: dict[str, object] = {
        "events": made.bus,
        "integrations": Integrations(made),
        "health": Health(made),
        "config": Config(made),
        "drafts": Drafts(made),
        "forms": Forms(made),
        "secrets": Secrets(made),
        "types": Types(made),
        "audit": Audit(made),
        "files": Files(made),
        "sync": Sync(made),
        "plans": Plans(made),
        "conflicts": Conflicts(made),
        "records": Records(made),
        "mappings": Mappings(made),
        "webhooks": Webhooks(made),
        "diagnostics": Diagnostics(made),
        "support": Support(made),
        "engine": made,
        "clock": lambda: made.now,
    }
    try:
        yield cast("Services", _StandIn(parts))  # has what the screens use of it
    finally:
        made.is_closed = True


def console(made: World, *, actor: Actor = ADMIN, title: str = "demo") -> ConsoleApp:
    """Return a console on the stand-ins."""
    return ConsoleApp(lambda: opened(made), actor=actor, title=title, preload="asyncio")
