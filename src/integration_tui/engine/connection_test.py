"""Tries a config out, step by step, on a line of its own. Nothing is stored.

Without a connection the steps behind it are skipped. With one, each is tried, whatever became of
those before it: an administrator wants to know everything that is wrong.
"""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from collections.abc import (
    Collection as SizedCollection,
)
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, Protocol, TypeGuard, runtime_checkable

import msgspec
from pydantic import BaseModel

from integration_tui.domain.errors import ConsoleError, IncompatibleError
from integration_tui.domain.health.status import HealthStatus, StepResult, StepStatus
from integration_tui.domain.provider import NOT_ATTEMPTED, Capability, ConnectionStep
from integration_tui.domain.secret import SecretRef
from integration_tui.domain.value import replace
from integration_tui.domain.waiting import measured_waiting, with_waiting
from integration_tui.engine.connectors.validation import sanitize

if TYPE_CHECKING:
    from integration_tui.domain.clock import Monotonic
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.paging import Page
    from integration_tui.domain.roster import Collection, Record
    from integration_tui.engine.connectors.connection import GuardedConnection
    from integration_tui.engine.connectors.pool import ConnectionPool
    from integration_tui.engine.context import Runtime


class ConnectionTestStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step to come. `run` says what came of it, or raises `ConsoleError`s.

    Where a vital one failed there is no connection, and nothing behind it can be tried.
    """

    name: str
    run: Callable[[], Awaitable[str]]
    is_vital: bool = False


@runtime_checkable
class _Paged(Protocol):
    """A config that says how many rows a page is to have."""

    @property
    def page_size(self) -> int: ...


_BUG: Final = "bug in the connector; report it to its maintainers"


class ConnectionTestSteps:
    """What each step does, and the sentence that it is told by."""

    def __init__(
        self,
        line: GuardedConnection,
        config: ProviderConfig,
        monotonic: Monotonic,
        *,
        check_s: float,
    ) -> None:
        self._line = line
        self._timeout_s = check_s
        self._monotonic = monotonic
        self._asked = _page_size(config, line)

    def step(self, step: ConnectionStep) -> ConnectionTestStep:
        async def run() -> str:
            return await self._line.run_step(step, timeout_s=self._timeout_s)

        return ConnectionTestStep(name=sanitize(step.name), run=run, is_vital=True)

    async def connect(self) -> str:
        await self._line.connect(timeout_s=self._timeout_s)
        return ""

    async def authenticate(self) -> str:
        proof = await self._line.authenticate(timeout_s=self._timeout_s)
        if proof is NOT_ATTEMPTED:
            return "not declared"
        until = f", valid until {proof.expires_at:%Y-%m-%d %H:%M} UTC" if proof.expires_at else ""
        return f"{proof.kind}{until}"

    async def check(self) -> str:
        finding = await self._line.check(timeout_s=self._timeout_s)
        weak = f"{finding.status}: " if finding.status is not HealthStatus.HEALTHY else ""
        return f"{weak}{finding.detail}"

    async def metadata(self) -> str:
        found = await self._line.metadata(timeout_s=self._timeout_s)
        return f"{found.product}, {found.version}, at {found.address}"

    def listing(self, collection: Collection, timeout_s: float) -> ConnectionTestStep:
        """Return the step of a collection: its first page. `timeout_s` bounds repeats as well."""

        async def run() -> str:
            pages = self._line.pages(collection, page_timeout_s=timeout_s)
            async with aclosing(pages):
                started = self._monotonic()
                first = await anext(pages, None)
                if first is None:
                    raise IncompatibleError("no pages", advice=_BUG)
                took_s = self._monotonic() - started
                is_clamped = await _is_clamped(first, pages, asked=self._asked)
            size = f"pages of {_count(first):,}, requested {self._asked:,}"
            return "; ".join([*_format_page(first, took_s), *([size] if is_clamped else [])])

        return ConnectionTestStep(name=title(collection), run=run)


async def _is_clamped(
    first: Page[Record], behind: AsyncIterator[Page[Record]], *, asked: int
) -> bool:
    """Return whether pages are smaller than asked for: a short one may be all there is."""
    if first.next is None or not 0 < _count(first) < asked:
        return False
    if first.total is not None:
        return _count(first) < first.total
    second = await anext(behind, None)
    return second is not None and _count(second) > 0


def _format_page(page: Page[Record], took_s: float) -> Iterator[str]:
    """Say what a first page shows: how many of how many, how fast, what speaks against it."""
    count = _count(page)
    if not count and page.next is not None:
        yield "nothing on the first page, more follow"
        return
    yield f"{count:,} of {page.total:,}" if page.total is not None else f"{count:,}, total unknown"
    if count and took_s > 0:
        yield f"{count / took_s:,.0f} records/s"
    if page.rejected:
        yield f"{len(page.rejected):,} quarantined: {page.rejected[0].reason}"
    if page.duplicates:
        yield f"{len(page.duplicates):,} duplicates, such as {page.duplicates[0].sourced_id}"
    if page.next is None and not page.complete:
        yield page.reason


def _count(page: Page[Record]) -> int:
    return len(page.rows) + len(page.same) + len(page.rejected) + len(page.duplicates)


def title(collection: Collection) -> str:
    return collection.replace("_", " ")


def _page_size(config: ProviderConfig, line: GuardedConnection) -> int:
    return config.page_size if isinstance(config, _Paged) else line.spec.limits.page_size


def broken(name: str, error: ConsoleError) -> ConnectionTestStep:
    async def fail() -> str:
        raise error

    return ConnectionTestStep(name=name, run=fail, is_vital=True)


OnResult = Callable[[StepResult], None]


def _nobody(_leg: StepResult) -> None:
    """Do not wait for single steps."""


class ConnectionTest:
    """Tries configs out, one after the other or at the same time."""

    def __init__(self, pool: ConnectionPool, host: Runtime) -> None:
        self._pool = pool
        self._host = host

    async def run(self, config: ProviderConfig, tell: OnResult = _nobody) -> list[StepResult]:
        """Return all steps in their order; whatever a config or a provider does wrong is in them.

        `tell` hears of each step as soon as it is over.
        """
        steps: list[StepResult] = []

        def over(step: StepResult) -> None:
            steps.append(step)
            tell(step)

        try:
            line = self._prepared(config)
        except ConsoleError as error:
            over(_failed("configuration", error))
            for name in self._names(config):
                over(StepResult(name=name, status=StepStatus.SKIPPED))
            return steps
        try:
            over(StepResult(name="configuration", status=StepStatus.PASSED))
            await self._over(line, config, over)
        finally:
            self._pool.close_soon(line)
        return steps

    def _prepared(self, config: ProviderConfig) -> GuardedConnection:
        """Find all secrets, then make the line. Raises `ConsoleError`s."""
        for ref in secrets_in(config):
            self._host.secret(ref)
        return self._pool.build(config)

    def _names(self, config: ProviderConfig) -> list[str]:
        """Return what the steps are called, where no line can be made to ask for its steps."""
        able = self._capabilities(config)
        names = ["connect"]
        names += ["authenticate"] if Capability.AUTHENTICATION in able else []
        names += ["check", "metadata"]
        return names + (
            [title(collection) for collection in config.collections]
            if Capability.DATA_SYNC in able
            else []
        )

    def _capabilities(self, config: ProviderConfig) -> frozenset[Capability]:
        try:
            return self._pool.factory.spec(config).capabilities
        except ConsoleError:
            return frozenset()  # the first step says why

    async def _over(self, line: GuardedConnection, config: ProviderConfig, over: OnResult) -> None:
        factory = self._pool.factory
        steps = ConnectionTestSteps(
            line, config, self._host.monotonic, check_s=factory.check_timeout_s(config)
        )
        has_connection = True
        for connection_test_step in [*self._steps(line, steps), *self._beyond(line, config, steps)]:
            if not has_connection:
                over(StepResult(name=connection_test_step.name, status=StepStatus.SKIPPED))
                continue
            step = await self._run_step(connection_test_step, config)
            has_connection = (
                step.status is not StepStatus.FAILED or not connection_test_step.is_vital
            )
            over(step)

    def _steps(
        self, line: GuardedConnection, steps: ConnectionTestSteps
    ) -> list[ConnectionTestStep]:
        """Return the steps up to a connection: a connector's own steps, or proof afterwards."""
        connect = ConnectionTestStep(name="connect", run=steps.connect, is_vital=True)
        try:
            own = line.steps()
        except ConsoleError as error:
            return [broken("steps", error)]
        if own:
            return [*(steps.step(step) for step in own), connect]
        if Capability.AUTHENTICATION not in line.spec.capabilities:
            return [connect]
        return [
            connect,
            ConnectionTestStep(name="authenticate", run=steps.authenticate, is_vital=True),
        ]

    def _beyond(
        self, line: GuardedConnection, config: ProviderConfig, steps: ConnectionTestSteps
    ) -> list[ConnectionTestStep]:
        has_roster = Capability.DATA_SYNC in line.spec.capabilities
        timeout_s = self._pool.factory.page_timeout_s(config)
        return [
            ConnectionTestStep(name="check", run=steps.check),
            ConnectionTestStep(name="metadata", run=steps.metadata),
            *(
                steps.listing(collection, timeout_s)
                for collection in (config.collections if has_roster else ())
            ),
        ]

    async def _run_step(self, one: ConnectionTestStep, config: ProviderConfig) -> StepResult:
        started, patient = self._host.monotonic(), self._pool.factory.retry_when_rate_limited
        with measured_waiting(self._host.monotonic) as waits:
            try:
                # Without a vital one there is nothing to see; of others it is seen how they end.
                said = await (patient(one.run, config) if one.is_vital else one.run())
                step = StepResult(name=one.name, status=StepStatus.PASSED, detail=sanitize(said))
            except ConsoleError as error:
                step = _failed(one.name, error)
        return replace(
            step,
            detail=with_waiting(step.detail, waits.waited_s),
            latency_ms=(self._host.monotonic() - started - waits.waited_s) * 1000,
        )


def _failed(name: str, error: ConsoleError) -> StepResult:
    return StepResult(
        name=name,
        status=StepStatus.FAILED,
        detail=sanitize(error.message, naming=error.accounts),
        advice=sanitize(error.advice, naming=error.accounts),
    )


def secrets_in(value: object) -> Iterator[SecretRef]:
    """Yield the references to secrets in a config, however deep they are."""
    if isinstance(value, SecretRef):
        yield value
    for part in _parts(value):
        yield from secrets_in(part)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, BaseModel):
        return [getattr(value, name) for name in type(value).model_fields]
    if _is_mapping(value):
        return value.values()
    return value if _is_listing(value) else ()


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_listing(value: object) -> TypeGuard[SizedCollection[object]]:
    return isinstance(value, tuple | list | frozenset)
