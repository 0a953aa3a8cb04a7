"""The health loop: in time, spread, without piling up, whatever single systems do."""

import asyncio
from pathlib import Path
from time import monotonic

from integration_tui.domain.audit.log import Action
from integration_tui.domain.errors import RetryableError
from integration_tui.domain.events import LoopFailed
from integration_tui.domain.health.status import HealthFinding, HealthStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.domain.value import replace
from tests.engine.fake_connectors import QUICK, host, until, world

STATUS = IntegrationStatus
ALWAYS = "health: {maintenance: [{start: '* * * * *', duration_min: 5}]}\n"


async def test_those_that_hang_do_not_hold_up_the_others(tmp_path: Path) -> None:
    """There are fewer slots than systems that hang."""
    async with world(tmp_path, pace=replace(QUICK, slots=2)) as here:
        for number in range(6):
            await here.add(f"slow-{number}")
            here.puppets[f"slow-{number}"].connect = lambda: asyncio.sleep(3600)
        await here.add("quick")
        await here.engine.start()

        await until(lambda: here.puppets["quick"].checks >= 5)

        assert here.engine.missed <= 5


async def test_no_more_work_at_the_same_time_than_there_are_lanes(tmp_path: Path) -> None:
    working, most = 0, 0

    async def work() -> HealthFinding:
        nonlocal working, most
        working += 1
        most = max(most, working)
        await asyncio.sleep(0.005)
        working -= 1
        return HealthFinding()

    async with world(tmp_path, pace=replace(QUICK, slots=3, lane_s=5)) as here:
        for number in range(12):
            await here.add(f"school-{number}")
            here.puppets[f"school-{number}"].check = work
        await here.engine.start()

        await until(lambda: here.engine.done >= 36)

    assert most == 3


async def test_turns_that_were_missed_are_counted_and_not_made_up_for(tmp_path: Path) -> None:
    async def slow() -> HealthFinding:
        await asyncio.sleep(0.05)
        return HealthFinding()

    async with world(tmp_path, pace=replace(QUICK, slots=1, lane_s=5, interval_s=0.05)) as here:
        for number in range(6):
            await here.add(f"school-{number}")
            here.puppets[f"school-{number}"].check = slow
        await here.engine.start()

        await until(lambda: here.engine.missed >= 6)

        checks = [puppet.checks for puppet in here.puppets.puppets.values()]
        assert max(checks) - min(checks) <= 1, "everybody has a turn"


async def test_a_failure_in_maintenance_is_stored_and_changes_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln", ALWAYS)
        await here.engine.start()
        await until(lambda: here.puppets["lincoln"].checks >= 2)
        here.puppets["lincoln"].fails_with(RetryableError("being upgraded"))
        failed_from = here.puppets["lincoln"].checks

        await until(lambda: here.puppets["lincoln"].checks >= failed_from + 6)
        report = await here.engine.check(lincoln)

        state = here.engine.state(lincoln)
        assert report in await here.reports(lincoln)
        assert report.detail == "in maintenance: being upgraded"
        assert state
        assert state.status is HealthStatus.HEALTHY
        assert (await here.row(lincoln)).status is STATUS.ACTIVE
        assert Action.WENT_DOWN not in {act for act, _, _ in await here.acts()}


async def test_the_engine_remembers_the_last_results(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        await here.engine.start()
        await until(lambda: here.puppets["lincoln"].checks >= 25)

        state = here.engine.state(lincoln)

        assert state
        assert len(state.recent) == 20
        assert state.latest is state.recent[-1]


async def test_after_a_start_the_last_results_are_known_but_do_not_decide(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        here.puppets["lincoln"].fails_with(RetryableError("refused"))
        await here.engine.check(lincoln)
    async with world(tmp_path) as here:
        hold = asyncio.Event()

        async def held() -> HealthFinding:
            await hold.wait()
            return HealthFinding()

        here.puppets["lincoln"].check = held
        await here.engine.start()
        remembered = here.engine.state(lincoln)
        hold.set()

        async def is_active() -> bool:
            return (await here.row(lincoln)).status is STATUS.ACTIVE

        await until(is_active)
        assert remembered
        assert [report.detail for report in remembered.recent] == ["refused"]
        assert [act for act, _, _ in await here.acts()] == [
            Action.REGISTER,
            Action.WENT_DOWN,
            Action.CAME_BACK,
        ]


async def test_a_slow_answer_is_degraded_and_says_so(tmp_path: Path) -> None:
    async def slow() -> HealthFinding:
        await asyncio.sleep(0.03)
        return HealthFinding()

    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln", "health: {degraded_latency_ms: 20}\n")
        here.puppets["lincoln"].check = slow

        await here.engine.check(lincoln)

        assert (await here.row(lincoln)).status is STATUS.DEGRADED
        last = (await here.transitions(lincoln))[-1]
        assert last.reason.startswith("slow: ")


async def test_what_a_system_says_may_not_steer_a_terminal_or_show_a_secret(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        words = "\x1b[2J refused Bearer abcdefghijklmnop \ud800"
        here.puppets["lincoln"].fails_with(RetryableError(words))

        report = await here.engine.check(lincoln)

        assert "\x1b" not in report.detail
        assert "abcdefghijklmnop" not in report.detail
        assert await here.reports(lincoln) == [report]


async def test_nobody_falls_out_of_the_round_even_by_a_bug_of_ours(tmp_path: Path) -> None:
    bugs = [ValueError("a bug")]

    def chance() -> float:
        if bugs:
            raise bugs.pop()
        return 0.5

    async with world(tmp_path, machine=replace(host(), chance=chance)) as here:
        lincoln = await here.add("lincoln", "reconnect: {base_s: 0.01, max_s: 0.01}\n")
        here.puppets["lincoln"].fails_with(RetryableError("refused"))
        with here.events.subscribe(LoopFailed) as failed:
            await here.engine.start()

            async with asyncio.timeout(30):
                assert await failed.batch() == [LoopFailed("health")]
            here.puppets["lincoln"].recovers()

            async def is_active() -> bool:
                return (await here.row(lincoln)).status is STATUS.ACTIVE

            await until(is_active)


async def test_nobody_is_late_for_a_stop_of_the_whole_process(tmp_path: Path) -> None:
    stopped_s = 0.0
    machine = replace(host(), monotonic=lambda: monotonic() + stopped_s)
    names = [f"school-{number}" for number in range(6)]
    async with world(
        tmp_path, pace=replace(QUICK, interval_s=60, lane_s=5), machine=machine
    ) as here:
        for name in (*names, "under-way"):
            await here.add(name)
        here.puppets["under-way"].check = lambda: asyncio.sleep(3600, HealthFinding())
        await here.engine.start()
        await until(lambda: all(here.puppets[name].checks == 1 for name in (*names, "under-way")))
        await until(lambda: here.engine.done == len(names))
        here.puppets["under-way"].recovers()

        stopped_s = 3600.0
        here.engine.resumed()

        await until(lambda: here.engine.done == len(names) + 1)
        waits = [here.engine.due_in_s(name) or 0.0 for name in map(IntegrationId, names)]
        assert here.puppets["under-way"].checks == 2
        assert here.engine.missed == 0
        assert [here.puppets[name].checks for name in names] == [1] * len(names)
        assert max(waits) < 31
        assert len({round(wait_s, 1) for wait_s in waits}) == len(names), "not all at once"
        assert (await here.row(IntegrationId("under-way"))).problem is None
