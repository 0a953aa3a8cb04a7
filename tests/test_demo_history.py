"""The week before a demo: the same for the same seed, judged by the engine, there at once."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from integration_tui.demo.bootstrap import open_demo
from integration_tui.demo.clock import DemoClock
from integration_tui.demo.districts import START, DemoDistricts
from integration_tui.demo.history import PASTS, SINCE
from integration_tui.domain.actor import Actor, Interface
from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.domain.message import MessageKind
from integration_tui.domain.sync.run import RunStatus
from integration_tui.services import Services
from tests.engine.fake_connectors import until

ANA = Actor(name="ana", door=Interface.CONSOLE, host="here")
DAY_S, WEEK_S = 86_400, 7 * 86_400
WASHINGTON, JEFFERSON = IntegrationId("washington-sis"), IntegrationId("jefferson-roster")


@pytest.fixture
async def demo() -> AsyncGenerator[Services]:
    async with open_demo(actor=ANA, clock=DemoClock(START, time.monotonic)) as services:
        yield services


async def test_every_chart_is_full_in_the_first_second(demo: Services) -> None:
    for name in PASTS:
        series = await demo.health.timeseries(
            IntegrationId(name), window_s=DAY_S, until=START, buckets=100
        )
        empty = [bucket for bucket in series.bridged() if not bucket.checks]
        assert len(empty) <= 2, name
        assert series.known_since == SINCE


async def test_each_system_has_figures_of_its_own(demo: Services) -> None:
    day = {one.integration_id: one for one in await demo.health.statistics(window_s=DAY_S)}
    week = await demo.health.statistics(window_s=WEEK_S, until=START)

    medians = [one.p50_ms or 0.0 for one in day.values()]
    assert len(day) == len(set(medians)) == len(PASTS)
    assert all(one.checks > day[one.integration_id].checks * 0.9 for one in week)
    assert 0.9 < (day[WASHINGTON].uptime or 0) < 0.96, "88 minutes of a day"
    assert day[JEFFERSON].uptime == 1


async def test_incidents_have_a_cause_a_length_and_an_end(demo: Services) -> None:
    (outage,) = (await demo.health.incidents(WASHINGTON, window_s=DAY_S, until=START)).newest

    assert outage.worst is IntegrationStatus.ERROR
    assert "connection refused" in outage.reason
    assert timedelta(hours=1) < outage.length(START) < timedelta(hours=2)
    assert outage.ended_as is IntegrationStatus.ACTIVE
    for name in PASTS:
        found = await demo.health.incidents(IntegrationId(name), window_s=WEEK_S, until=START)
        assert found.newest, name
        assert all(one.reason and one.is_over for one in found.newest)


async def test_changes_of_status_are_connected_and_end_well(demo: Services) -> None:
    for name in PASTS:
        newest_first = await demo.integrations.transitions(IntegrationId(name), limit=1_000)
        past = [one for one in newest_first if one.at < START]
        assert past[0].after is IntegrationStatus.ACTIVE
        for after, before in itertools.pairwise(past):
            assert before.after is after.before


async def test_messages_tell_of_it_and_were_read(demo: Services) -> None:
    past = [one for one in await demo.messages.messages(limit=500) if one.at < START]
    kinds = {(one.integration_id, one.kind) for one in past}

    assert {(WASHINGTON, MessageKind.DOWN), (JEFFERSON, MessageKind.DOWN)} <= kinds
    assert {(WASHINGTON, MessageKind.BACK), (JEFFERSON, MessageKind.BACK)} <= kinds
    assert all(one.is_read for one in past)
    assert [one.at for one in past] == sorted((one.at for one in past), reverse=True)


async def test_the_audit_log_begins_a_week_ago_and_is_whole(demo: Services) -> None:
    entries = await demo.audit.page(AuditFilter(), limit=500)
    moments = [entry.at for entry in reversed(entries)]

    assert (await demo.audit.verify()).intact
    assert moments == sorted(moments)
    assert entries[-1].act.action is Action.REGISTER
    assert entries[-1].at == SINCE


async def test_the_same_seed_is_the_same_week_and_another_is_another() -> None:
    first, again, other = [await _latencies(seed) for seed in (1, 1, 2)]

    assert first == again != other


async def _latencies(seed: int) -> list[float | None]:
    clock = DemoClock(START, time.monotonic)
    async with open_demo(actor=ANA, clock=clock, cast=DemoDistricts(seed=seed)) as services:
        reports = await services.health.history(WASHINGTON, window_s=WEEK_S, until=START)
        return [report.latency_ms for report in reports if report.checked_at < START]


@pytest.mark.timeout(140)
async def test_all_five_systems_bring_in_a_roster(demo: Services) -> None:
    async def all_applied() -> bool:
        runs = await demo.sync.runs(limit=100)
        return {run.integration_id for run in runs if run.status is RunStatus.APPLIED} == set(PASTS)

    await until(all_applied, within_s=100)
