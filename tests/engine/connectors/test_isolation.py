"""A connector's bug stays inside the connector, whatever it does."""

import asyncio
import gc
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.errors import CredentialsError, ProviderError, RetryableError
from integration_tui.domain.health.status import HealthFinding, HealthStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus, Trouble
from integration_tui.domain.provider import Capability, Connector, ProviderContext
from integration_tui.engine.connectors.isolation import BugReporter, FaultIsolation, task_name
from tests.engine.fake_connectors import Puppet, PuppetConnector, spec, until, world

LINCOLN = IntegrationId("lincoln")


async def raises(error: BaseException) -> None:
    raise error


async def call(
    work: Callable[[], Awaitable[None]], containment: FaultIsolation | None = None
) -> None:
    inside = containment or FaultIsolation(BugReporter())
    await inside.call(work, of=LINCOLN, what="check", timeout_s=0.05)


def calls_under_way() -> int:
    """Return how many calls of the connector run, also those that nobody waits for any more."""
    name = task_name(LINCOLN, "check")
    return sum(task.get_name() == name for task in asyncio.all_tasks())


@pytest.mark.parametrize(
    "bug", [KeyError("secret-123"), SystemExit(3), RecursionError(), asyncio.CancelledError()]
)
async def test_a_bug_is_an_error_that_repeats_none_of_its_words(bug: BaseException) -> None:
    with pytest.raises(ProviderError) as caught:
        await call(lambda: raises(bug))

    assert "check raised" in str(caught.value)
    assert "secret-123" not in str(caught.value)


async def test_a_connectors_own_errors_pass_as_they_are() -> None:
    error = CredentialsError("expired", advice="renew")

    with pytest.raises(CredentialsError) as caught:
        await call(lambda: raises(error))

    assert caught.value is error


async def test_one_that_hangs_is_given_up_in_time() -> None:
    with pytest.raises(RetryableError, match=r"no answer within 0\.05 s"):
        await call(lambda: asyncio.sleep(60))


async def test_one_that_will_not_be_cancelled_is_left_behind() -> None:
    containment, leave = FaultIsolation(BugReporter()), asyncio.Event()

    async def stubborn() -> None:
        while not leave.is_set():
            try:
                await leave.wait()
            except asyncio.CancelledError:
                continue

    begun = time.monotonic()
    with pytest.raises(RetryableError):
        await call(stubborn, containment)

    assert time.monotonic() - begun < 2
    assert calls_under_way() == 1
    leave.set()
    await until(lambda: calls_under_way() == 0)


async def test_who_is_cancelled_while_waiting_takes_the_call_along() -> None:
    containment, cancelled = FaultIsolation(BugReporter()), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    waiting = asyncio.create_task(containment.call(work, of=LINCOLN, what="check", timeout_s=60))
    await asyncio.sleep(0.01)
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    await until(lambda: cancelled.is_set() and calls_under_way() == 0)


async def test_a_listing_whose_reader_is_cancelled_is_closed_and_nobody_is_blamed() -> None:
    isolation, begun = FaultIsolation(BugReporter()), asyncio.Event()
    ends: list[str] = []

    async def pages() -> AsyncGenerator[int]:
        try:
            begun.set()
            await asyncio.sleep(60)
            yield 1
        finally:
            await asyncio.sleep(0)  # a connector takes a moment to notice
            ends.append("closed")

    async def read() -> None:
        listing = pages()
        try:
            await isolation.call(lambda: anext(listing), of=LINCOLN, what="pages", timeout_s=60)
        finally:
            await isolation.call(listing.aclose, of=LINCOLN, what="pages", timeout_s=1)

    reading = asyncio.create_task(read())
    await begun.wait()
    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    assert ends == ["closed"]


async def misbehaves(error: BaseException) -> HealthFinding:
    raise error


async def test_one_bad_connector_does_not_touch_the_others(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        ids = [await here.add(name) for name in ("bug", "exit", "hang", "wrong", "good")]
        here.puppets["bug"].check = lambda: misbehaves(KeyError("x"))
        here.puppets["exit"].check = lambda: misbehaves(SystemExit(1))
        here.puppets["hang"].connect = lambda: asyncio.sleep(3600)
        here.puppets["wrong"].check = wrong
        await here.engine.start()

        await until(lambda: here.puppets["good"].checks >= 5)

        async def all_told() -> bool:
            rows = [await here.row(record_id) for record_id in ids]
            told = [row.status for row in rows if row.id not in {"good", "hang"}]
            return set(told) == {IntegrationStatus.ERROR}

        await until(all_told)
        assert (await here.row(ids[4])).status is IntegrationStatus.ACTIVE
        problem = (await here.row(ids[0])).problem
        assert problem
        assert problem.trouble is Trouble.NOT_READY
        assert "KeyError" in problem.message
        assert "report it to its maintainers" in problem.advice


async def wrong() -> HealthFinding:
    return "fine"  # type: ignore[return-value]  # what a careless connector does


async def test_one_that_hangs_in_its_check_is_down_when_its_time_is_over(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln", "health: {timeout_ms: 100}\n")
        here.puppets["lincoln"].check = lambda: forever()

        report = await here.engine.check(lincoln)

        assert report.status is HealthStatus.DOWN
        assert report.detail == "no answer within 0.1 s"
        assert report.latency_ms is None


async def forever() -> HealthFinding:
    await asyncio.Event().wait()
    return HealthFinding()


async def test_a_provider_that_lies_about_a_capability_is_not_used(tmp_path: Path) -> None:
    def build(_config: ProviderConfig, _context: ProviderContext) -> Connector:
        return PuppetConnector(Puppet())

    liar = spec("liar", build, frozenset({Capability.EXTERNAL_SYSTEM, Capability.WEBHOOK}))
    async with world(tmp_path, liar) as here:
        lincoln = await here.add("lincoln", type_="liar")

        report = await here.engine.check(lincoln)

        assert report.trouble is Trouble.CONFIGURATION
        assert "lacks declared members: webhook: subscribe is missing" in report.detail


async def test_a_provider_whose_making_fails_is_contained(tmp_path: Path) -> None:
    def build(_config: ProviderConfig, _context: ProviderContext) -> Connector:
        raise ZeroDivisionError

    async with world(tmp_path, spec("broken", build)) as here:
        lincoln = await here.add("lincoln", type_="broken")

        report = await here.engine.check(lincoln)

        assert report.detail == "its connector failed: build raised ZeroDivisionError"


async def test_an_error_in_the_moment_of_a_cancellation_is_not_complained_about() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    go = asyncio.Event()

    async def fail() -> None:
        await go.wait()
        raise KeyError

    waiting = asyncio.create_task(call(fail))
    await asyncio.sleep(0.01)
    go.set()
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait((waiting,))

    assert waiting.cancelled()
    del waiting
    await asyncio.sleep(0)
    gc.collect()
    assert complaints == []
