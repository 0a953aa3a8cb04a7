"""A connector may answer anything at all; the others never notice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar, cast

import pytest
from pydantic import model_validator

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.errors import ConfigError, ConsoleError, RetryableError, ThrottledError
from integration_tui.domain.events import LoopFailed
from integration_tui.domain.health.status import HealthFinding, HealthStatus, StepResult, StepStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus, Trouble
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.provider import (
    Authentication,
    Capability,
    ProviderContext,
    ProviderSpec,
    SystemMetadata,
)
from integration_tui.domain.roster import ROSTER, Collection, Record
from integration_tui.domain.value import replace
from integration_tui.engine.connectors.validation import LONGEST_PAUSE_S, pause_s
from tests.engine.fake_connectors import Puppet, PuppetConnector, spec, until, world

T = TypeVar("T")
GOOD_METADATA = SystemMetadata(product="liar", version="1", address="here")


def lie(value: object, kind: type[T]) -> T:
    """Return a value of another type than it says, as a plug-in without type checks may."""
    del kind
    return cast("T", value)


def answers(finding: object) -> Callable[[], Awaitable[HealthFinding]]:
    async def check() -> HealthFinding:
        return lie(finding, HealthFinding)

    return check


def raises(error: BaseException) -> Callable[[], Awaitable[HealthFinding]]:
    async def check() -> HealthFinding:
        raise error

    return check


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise KeyError


class UnfinishedError(RetryableError):
    def __init__(self) -> None:
        """Forget about the base."""


class LastError(BaseException):
    """One that `except Exception` does not catch."""


LIES = {
    "nothing": answers(None),
    "a text": answers("healthy"),
    "a status that is only text": answers(HealthFinding(status=lie("healthy", HealthStatus))),
    "no status": answers(HealthFinding(status=lie(None, HealthStatus))),
    "the status of who was never checked": answers(HealthFinding(status=HealthStatus.UNKNOWN)),
    "a detail that is no text": answers(HealthFinding(detail=lie(object(), str))),
    "an error without text": raises(RetryableError(lie(5, str))),
    "an error without advice": raises(RetryableError("x", advice=lie(None, str))),
    "an unfinished error": raises(UnfinishedError()),
    "an error that cannot be printed": raises(UnprintableError()),
    "an endless pause": raises(ThrottledError("x", retry_after_s=float("inf"))),
    "a pause behind the end of time": raises(ThrottledError("x", retry_after_s=1e12)),
    "a pause that is no number": raises(ThrottledError("x", retry_after_s=lie("3", float))),
    "an error of megabytes": raises(RetryableError("token " * 500_000)),
    "an end of the program": raises(SystemExit(3)),
    "an error beside all others": raises(LastError()),
    "a cancellation": raises(asyncio.CancelledError()),
}


@pytest.mark.parametrize("check", LIES.values(), ids=LIES.keys())
async def test_whatever_one_answers_it_is_down_and_the_others_are_checked(
    tmp_path: Path, check: Callable[[], Awaitable[HealthFinding]]
) -> None:
    async with world(tmp_path) as here:
        liar, good = await here.add("liar"), await here.add("good")
        here.puppets["liar"].check = check
        with here.events.subscribe(LoopFailed) as failed:
            await here.engine.start()
            await until(lambda: here.puppets["good"].checks >= 4)

            report = await here.engine.check(liar)
            await here.engine.check(good)

            row = await here.row(liar)
            assert report.status is HealthStatus.DOWN
            assert report in await here.reports(liar)
            assert row.status is IntegrationStatus.ERROR
            assert row.next_attempt_at is not None
            assert len(await here.reports(good)) >= 4
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await failed.batch()


@pytest.mark.parametrize(
    ("asked", "pause"),
    [(None, 0), (-5, 0), (float("nan"), 0), ("3", 0), (0, 0), (7, 7), (2.5, 2.5)],
)
def test_a_pause_is_a_number_of_seconds(asked: object, pause: float) -> None:
    assert pause_s(ThrottledError("x", retry_after_s=lie(asked, float))) == pause


@pytest.mark.parametrize("asked", [1e12, float("inf"), 10**400])
def test_a_pause_is_a_day_at_most(asked: float) -> None:
    assert pause_s(ThrottledError("x", retry_after_s=asked)) == LONGEST_PAUSE_S


def test_who_asks_for_no_pause_gets_none() -> None:
    assert pause_s(ConsoleError("x")) == 0


class Liar(PuppetConnector):
    """Lies when it is tried out."""

    def __init__(self, *, proof: object, metadata: object, page: object) -> None:
        super().__init__(Puppet())
        self._proof, self._metadata, self._page = proof, metadata, page

    async def metadata(self) -> SystemMetadata:
        return lie(self._metadata, SystemMetadata)

    async def authenticate(self) -> Authentication:
        return lie(self._proof, Authentication)

    async def reauthenticate(self) -> Authentication:
        return lie(self._proof, Authentication)

    async def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncIterator[Page[Record]]:
        del collection, after, since
        yield lie(self._page, Page[Record])


def liar(
    *,
    proof: object = Authentication(kind="key", expires_at=datetime(2030, 1, 1, tzinfo=UTC)),
    metadata: object = GOOD_METADATA,
    page: object = Page(rows=()),
) -> ProviderSpec:
    def build(_config: ProviderConfig, _context: ProviderContext) -> Liar:
        return Liar(proof=proof, metadata=metadata, page=page)

    abilities = {Capability.EXTERNAL_SYSTEM, Capability.AUTHENTICATION, Capability.DATA_SYNC}
    return spec("liar", build, frozenset(abilities))


async def tried(folder: Path, type_: ProviderSpec) -> list[StepResult]:
    async with world(folder, type_) as here:
        return await here.engine.connection_test(ProviderConfig(name="lincoln", type="liar"))


@pytest.mark.parametrize(
    ("type_", "step"),
    [
        (liar(proof=None), "authenticate"),
        (liar(proof=Authentication(kind=lie(1, str))), "authenticate"),
        (liar(proof=Authentication(kind="key", expires_at=lie("soon", datetime))), "authenticate"),
        (liar(metadata=None), "metadata"),
        (liar(metadata=replace(GOOD_METADATA, version=lie(1.2, str))), "metadata"),
    ],
)
async def test_a_trial_names_the_leg_that_was_a_lie(
    tmp_path: Path, type_: ProviderSpec, step: str
) -> None:
    steps = await tried(tmp_path, type_)

    failed = [step_result for step_result in steps if step_result.status is StepStatus.FAILED]
    assert [step_result.name for step_result in failed] == [step]
    assert "its connector failed" in failed[0].detail
    assert "bug in the connector" in failed[0].advice


@pytest.mark.parametrize("page", [None, ["row"], Page(rows=lie(None, tuple))])
async def test_a_trial_names_every_listing_that_was_a_lie(tmp_path: Path, page: object) -> None:
    steps = await tried(tmp_path, liar(page=page))

    failed = [step for step in steps if step.status is StepStatus.FAILED]
    assert [step_result.name for step_result in failed] == [
        collection.replace("_", " ") for collection in ROSTER
    ]
    assert all("its connector failed" in step_result.detail for step_result in failed)


async def test_an_honest_trial_passes(tmp_path: Path) -> None:
    steps = await tried(tmp_path, liar())

    assert {step.status for step in steps} == {StepStatus.PASSED}


class Buggy(ProviderConfig):
    """A model that fails in its own way."""

    @model_validator(mode="after")
    def fail(self) -> Self:
        raise KeyError


async def test_a_model_that_fails_is_a_config_error(tmp_path: Path) -> None:
    async with world(tmp_path, replace(liar(), config_model=Buggy)) as here:
        with pytest.raises(ConfigError, match="failed with KeyError"):
            await here.add("lincoln", type_="liar")


async def test_a_model_that_fails_since_it_was_updated_does_not_touch_the_others(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, liar()) as before:
        await before.add("lincoln", type_="liar")
        await before.add("good")
    async with world(tmp_path, replace(liar(), config_model=Buggy)) as here:
        await here.engine.start()
        await until(lambda: here.puppets["good"].checks >= 3)

        report = await here.engine.check(IntegrationId("lincoln"))

        assert report.trouble is Trouble.CONFIGURATION
        assert "failed with KeyError" in report.detail
