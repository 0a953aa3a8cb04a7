"""The engine as the services see it: start, stop, check, try out, bring in line."""

import asyncio
import time
from itertools import pairwise
from pathlib import Path

import pytest

from integration_tui.domain.actor import ENGINE
from integration_tui.domain.audit.log import Action
from integration_tui.domain.errors import (
    ConfigError,
    CredentialsError,
    IncompatibleError,
    NotFoundError,
    RetryableError,
)
from integration_tui.domain.events import HealthChanged, IntegrationChanged
from integration_tui.domain.health.status import HealthFinding, HealthStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus, Trouble, path_between
from integration_tui.domain.value import replace
from tests.engine.fake_connectors import ANA, QUICK, World, until, world

STATUS = IntegrationStatus


async def stands(world: World, integration_id: IntegrationId, status: IntegrationStatus) -> None:
    async def does() -> bool:
        return (await world.row(integration_id)).status is status

    await until(does)


async def test_what_is_wanted_becomes_active(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")

        assert await here.engine.start()

        await stands(here, lincoln, STATUS.ACTIVE)
        steps = [
            (transition.before, transition.after) for transition in await here.transitions(lincoln)
        ]
        assert steps == [(STATUS.INACTIVE, STATUS.CONNECTING), (STATUS.CONNECTING, STATUS.ACTIVE)]


async def test_it_is_checked_again_and_again(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        await here.engine.start()

        await until(lambda: here.puppets["lincoln"].checks >= 5)

        state = here.engine.state(lincoln)
        assert here.puppets["lincoln"].connects == 1
        assert state
        assert state.status is HealthStatus.HEALTHY


async def test_start_does_not_wait_for_a_provider_that_hangs(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        slow = await here.add("slow")
        here.puppets["slow"].connect = asyncio.Event().wait  # type: ignore[assignment]  # for ever
        begun = time.monotonic()

        await here.engine.start()

        assert time.monotonic() - begun < 0.5
        assert (await here.row(slow)).status is STATUS.CONNECTING


async def test_stop_does_not_wait_for_a_provider_that_hangs(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        stubborn = await here.add("stubborn")
        here.puppets["stubborn"].disconnect = asyncio.Event().wait  # type: ignore[assignment]  # for ever
        await here.engine.start()
        await stands(here, stubborn, STATUS.ACTIVE)
        begun = time.monotonic()

        await here.engine.stop()

        assert time.monotonic() - begun < 2
        assert (await here.row(stubborn)).status is STATUS.INACTIVE


async def test_what_was_broken_keeps_its_problem_when_the_engine_stops(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        here.puppets["lincoln"].fails_with(CredentialsError("expired", advice="renew"))
        await here.engine.start()
        await stands(here, lincoln, STATUS.ERROR)

        await here.engine.stop()

        row = await here.row(lincoln)
        assert row.status is STATUS.ERROR
        assert row.problem
        assert row.problem.advice == "renew"


@pytest.mark.parametrize(
    ("wanted", "status"), [("stop", STATUS.INACTIVE), ("remove", None), ("start", STATUS.INACTIVE)]
)
async def test_who_stops_leaves_behind_what_is_wanted_by_then(
    tmp_path: Path, wanted: str, status: IntegrationStatus | None
) -> None:
    deaf = replace(QUICK, follow_s=60)
    async with world(tmp_path, pace=deaf) as here, world(tmp_path) as other:
        lincoln = await here.add("lincoln")
        await here.engine.start()
        await stands(here, lincoln, STATUS.ACTIVE)
        await getattr(other.integrations, wanted)(lincoln, actor=ANA)

        await here.engine.stop()

        async with here.database.reading() as rows:
            row = await rows.integrations.find(lincoln)
        assert (row.status if row else None) is status


async def test_who_stops_promises_no_further_attempt(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln", "reconnect: {base_s: 3600, max_s: 3600}\n")
        here.puppets["lincoln"].fails_with(RetryableError("refused"))
        await here.engine.start()
        await stands(here, lincoln, STATUS.ERROR)
        before = await here.row(lincoln)

        await here.engine.stop()

        assert before.next_attempt_at
        assert await here.row(lincoln) == replace(before, next_attempt_at=None)


@pytest.mark.parametrize(
    ("error", "trouble", "is_retried"),
    [
        (CredentialsError("no", advice="renew them"), Trouble.CREDENTIALS, False),
        (RetryableError("no", advice="wait"), Trouble.NOT_READY, True),
        (IncompatibleError("no", advice="fix the address"), Trouble.CONFIGURATION, False),
        (ConfigError("no", advice="fix it"), Trouble.CONFIGURATION, False),
    ],
)
async def test_three_kinds_of_bad_are_told_apart(
    tmp_path: Path, error: Exception, trouble: Trouble, *, is_retried: bool
) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln", "reconnect: {base_s: 3600, max_s: 3600}\n")
        here.puppets["lincoln"].fails_with(error)

        await here.engine.start()

        await stands(here, lincoln, STATUS.ERROR)
        row = await here.row(lincoln)
        assert row.problem
        assert row.problem.trouble is trouble
        assert row.problem.advice == getattr(error, "advice", "")
        assert (row.next_attempt_at is not None) is is_retried


async def test_bad_credentials_are_not_tried_again(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        expired, other = await here.add("expired"), await here.add("other")
        here.puppets["expired"].fails_with(CredentialsError("expired"))
        await here.engine.start()
        await stands(here, expired, STATUS.ERROR)
        await stands(here, other, STATUS.ACTIVE)

        seen = here.puppets["other"].checks
        await until(lambda: here.puppets["other"].checks > seen + 3)

        assert here.puppets["expired"].connects == 1


async def test_one_that_may_recover_is_tried_again_until_it_has(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln", "reconnect: {base_s: 0.02, max_s: 0.05}\n")
        puppet = here.puppets["lincoln"]
        puppet.fails_with(RetryableError("connection refused"))
        await here.engine.start()

        async def was_tried_again() -> bool:
            row = await here.row(lincoln)
            return row.attempts >= 1 and row.next_attempt_at is not None

        await until(was_tried_again)
        puppet.recovers()

        await stands(here, lincoln, STATUS.ACTIVE)
        row = await here.row(lincoln)
        assert (row.attempts, row.next_attempt_at, row.problem) == (0, None, None)


async def test_attempts_are_bounded_where_the_config_says_so(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        text = "reconnect: {base_s: 0.01, max_s: 0.01, attempts: 2}\n"
        lincoln = await here.add("lincoln", text)
        here.puppets["lincoln"].fails_with(RetryableError("connection refused"))
        await here.engine.start()

        async def given_up() -> bool:
            row = await here.row(lincoln)
            return row.attempts == 2 and row.next_attempt_at is None

        await until(given_up)
        row = await here.row(lincoln)
        assert here.puppets["lincoln"].connects == 3
        assert row.problem
        assert "retried 2 times" in row.problem.advice


@pytest.mark.parametrize("how", ["settings", "config"])
async def test_nothing_is_tried_again_where_that_is_switched_off(tmp_path: Path, how: str) -> None:
    settings = {"auto_reconnect": "false"} if how == "settings" else {}
    async with world(tmp_path, settings=settings) as here:
        lincoln = await here.add("lincoln", "reconnect: {enabled: false}\n" * (how == "config"))
        here.puppets["lincoln"].fails_with(RetryableError("connection refused"))
        await here.engine.start()

        await stands(here, lincoln, STATUS.ERROR)

        assert (await here.row(lincoln)).next_attempt_at is None


async def test_it_goes_down_after_three_failures_and_is_back_after_two_answers(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln", "reconnect: {base_s: 0.01, max_s: 0.01}\n")
        await here.engine.start()
        await stands(here, lincoln, STATUS.ACTIVE)
        here.puppets["lincoln"].fails_with(RetryableError("500"))
        await stands(here, lincoln, STATUS.ERROR)
        here.puppets["lincoln"].recovers()
        await stands(here, lincoln, STATUS.ACTIVE)

        steps = [transition.after for transition in await here.transitions(lincoln)]
        acts = [act for act in await here.acts() if act[2] == ENGINE.name]

        assert steps[1:] == [
            STATUS.ACTIVE,
            STATUS.DEGRADED,
            STATUS.ERROR,
            STATUS.CONNECTING,
            STATUS.ACTIVE,
        ]
        assert acts == [
            (Action.WENT_DOWN, lincoln, ENGINE.name),
            (Action.CAME_BACK, lincoln, ENGINE.name),
        ]


async def test_transitions_are_allowed_and_connected(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln", "reconnect: {base_s: 0.01, max_s: 0.01}\n")
        puppet = here.puppets["lincoln"]
        await here.engine.start()
        for _ in range(3):
            puppet.fails_with(RetryableError("500"))
            await stands(here, lincoln, STATUS.ERROR)
            await here.integrations.stop(lincoln, actor=ANA)
            puppet.recovers()
            await here.integrations.start(lincoln, actor=ANA)
            await stands(here, lincoln, STATUS.ACTIVE)

        steps = await here.transitions(lincoln)

        assert steps[0].before is STATUS.INACTIVE
        assert all(path_between(step.before, step.after) == (step.after,) for step in steps)
        assert all(earlier.after is later.before for earlier, later in pairwise(steps))


async def test_stop_start_and_removal_take_effect_at_once(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        await here.engine.start()
        await stands(here, lincoln, STATUS.ACTIVE)

        assert (await here.integrations.stop(lincoln, actor=ANA)).status is STATUS.INACTIVE
        assert here.engine.state(lincoln) is None
        assert (await here.integrations.start(lincoln, actor=ANA)).status is STATUS.CONNECTING
        await here.integrations.remove(lincoln, actor=ANA)

        assert here.engine.state(lincoln) is None
        await until(lambda: here.puppets["lincoln"].disconnects >= 1)


async def test_a_restart_begins_its_delays_anew(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln", "reconnect: {base_s: 0.01, max_s: 3600}\n")
        puppet = here.puppets["lincoln"]
        puppet.fails_with(RetryableError("refused"))
        await here.engine.start()

        async def is_old() -> bool:
            return (await here.row(lincoln)).attempts >= 3

        await until(is_old)
        never, is_held = asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            is_held.set()
            await never.wait()

        puppet.connect = hold
        await is_held.wait()
        before = puppet.connects

        async def refuse_twice() -> None:
            if puppet.connects > before + 2:
                await never.wait()  # so that it stays young however late one looks
            raise RetryableError("refused")

        puppet.connect = refuse_twice
        await here.integrations.restart(lincoln, actor=ANA)

        async def is_young() -> bool:
            row = await here.row(lincoln)
            return row.status is STATUS.ERROR and row.attempts <= 1

        await until(is_young)


async def test_a_disabled_one_is_not_touched(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        off, on = await here.add("off", "enabled: false\n"), await here.add("on")
        await here.engine.start()

        await stands(here, on, STATUS.ACTIVE)

        assert (await here.row(off)).status is STATUS.DISABLED
        assert here.puppets["off"].connects == 0


async def test_one_of_a_type_that_is_not_enabled_is_disabled(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
    async with world(tmp_path, enabled=("mock",)) as here:
        await here.engine.start()

        assert (await here.row(lincoln)).status is STATUS.DISABLED
        (step,) = await here.transitions(lincoln)
        assert "puppet is not enabled" in step.reason


async def test_a_check_without_an_engine_is_stored_and_judged(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")

        report = await here.engine.check(lincoln)

        assert await here.reports(lincoln) == [report]
        assert (await here.row(lincoln)).status is STATUS.ACTIVE
        assert here.puppets["lincoln"].disconnects == 1


async def test_a_check_without_an_engine_promises_no_further_attempt(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        here.puppets["lincoln"].fails_with(RetryableError("refused"))

        report = await here.engine.check(lincoln)

        row = await here.row(lincoln)
        assert report.trouble is Trouble.NOT_READY
        assert (row.status, row.next_attempt_at) == (STATUS.ERROR, None)


async def test_a_check_of_one_that_is_stopped_leaves_its_status(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        await here.engine.start()
        await here.integrations.stop(lincoln, actor=ANA)

        report = await here.engine.check(lincoln)

        assert not report.failed
        assert report in await here.reports(lincoln)
        assert (await here.row(lincoln)).status is STATUS.INACTIVE


async def test_a_check_that_is_asked_for_is_stored_when_it_returns(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        await here.engine.start()

        with here.events.subscribe(HealthChanged, IntegrationChanged) as changes:
            reports = [await here.engine.check(lincoln) for _ in range(3)]

            assert HealthChanged(lincoln) in await changes.batch()
        stored = await here.reports(lincoln)
        assert all(report in stored for report in reports)


async def test_there_is_no_check_of_what_does_not_exist(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        await here.add("lincoln")

        with pytest.raises(NotFoundError, match="lincon"):
            await here.engine.check(IntegrationId("lincon"))


async def test_a_check_meets_the_config_that_is_in_force(tmp_path: Path) -> None:
    """One that was under way when it was changed does not count; the new one is checked."""
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        puppet = here.puppets["lincoln"]
        entered, leave = asyncio.Event(), asyncio.Event()

        async def slow() -> HealthFinding:
            entered.set()
            await leave.wait()
            return HealthFinding(detail="old")

        puppet.check = slow
        await here.engine.start()
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(here.engine.check(lincoln))
            await entered.wait()
            await here.integrations.restart(lincoln, actor=ANA)

            async def new() -> HealthFinding:
                return HealthFinding(detail="new")

            puppet.check = new
            leave.set()

        assert asked.result().detail == "new"
