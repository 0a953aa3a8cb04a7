"""The ending of a demo: what happened, on one page, in plain words."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from integration_tui.demo.bootstrap import open_demo
from integration_tui.demo.clock import DemoClock
from integration_tui.demo.districts import MADISON, MOMENTS, START
from integration_tui.domain.demo_controls import DemoOptions
from integration_tui.domain.sync.plan import Approval
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.domain.sync.safety import deactivations
from integration_tui.services import Services
from integration_tui.tui.demo_app import DemoApp
from integration_tui.tui.screens.demo_summary import DemoSummaryDialog
from tests.engine.fake_connectors import until as until_so
from tests.tui.fake_services import ADMIN
from tests.tui.pilot import real_services, running, seen, until_on, until_seen
from tests.tui.screens.test_tour import demo


@asynccontextmanager
async def playing(*, width: int = 120) -> AsyncGenerator[tuple[DemoApp, Pilot[None]]]:
    clock = DemoClock(START, time.monotonic)
    app = DemoApp(
        lambda: open_demo(actor=ADMIN, clock=clock, speed=60),
        actor=ADMIN,
        staging=DemoOptions(time=clock, moments=MOMENTS),
    )
    async with running(app, width=width, height=60) as pilot:
        yield app, pilot


async def held_plan(services: Services) -> RunReport:
    async def is_held() -> bool:
        report = await services.sync.open_run(MADISON)
        return report is not None and report.run.status is RunStatus.HELD

    await until_so(is_held, within_s=100)
    report = await services.sync.open_run(MADISON)
    assert report is not None
    return report


@pytest.mark.timeout(140)  # the first syncs of a demo take real time
async def test_once_the_held_plan_is_applied_the_summary_says_it_all() -> None:
    async with playing() as (app, pilot):
        services = real_services(app)
        report = await held_plan(services)
        run, losses = report.run, deactivations(report.listings)
        approval = Approval(
            run_id=run.id,
            integration_id=MADISON,
            plan_hash=run.plan_hash,
            losses=losses,
            reason="The school closed in June",
            by="ana",
        )
        await services.sync.approve(approval, actor=ADMIN)
        await services.sync.apply(run.id, plan_hash=run.plan_hash, actor=ADMIN)
        await until_on(pilot, DemoSummaryDialog)
        shown = seen(app)

        assert "5 school systems: " in shown
        assert "Washington Elementary SIS was down for 1 h 2" in shown
        assert "Cause: connection refused." in shown
        assert "The plan deactivates " in shown
        assert " people and " in shown
        assert "Approved by ana at " in shown
        assert "Reason: The school closed in June" in shown
        assert "People: " in shown
        assert "Enrollments: " in shown
        assert "5 of 5 systems were synced." in shown
        await pilot.press("escape")
        await until_seen(pilot, "simulated ")
        await pilot.press("f9")
        await until_on(pilot, DemoSummaryDialog)


async def test_f9_sums_up_at_any_time_and_only_once() -> None:
    app = demo()
    async with running(app, width=120, height=45) as pilot:
        await until_seen(pilot, "simulated ")
        await pilot.press("f9")
        await until_on(pilot, DemoSummaryDialog)
        await pilot.press("f9")
        await pilot.pause()

        assert "What happened" in seen(app)
        assert len(app.screen_stack) == 2


async def test_the_palette_has_it_too() -> None:
    app = demo()
    async with running(app, width=120, height=45) as pilot:
        await until_seen(pilot, "simulated ")
        await pilot.press("colon")
        await pilot.pause()
        await pilot.press(*"whathappened", "enter")

        await until_on(pilot, DemoSummaryDialog)


async def test_the_header_says_that_the_time_is_simulated_and_counts_it() -> None:
    async with playing(width=80) as (app, pilot):
        await until_seen(pilot, "simulated 13:00:")
        first = app.shared.headline.at
        await until_so(lambda: _is_later(app, first), within_s=10)

        assert "demo district" in seen(app)


async def _is_later(app: DemoApp, first: str) -> bool:
    return app.shared.headline.at != first
