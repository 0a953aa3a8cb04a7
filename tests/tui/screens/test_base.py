"""What goes wrong in a reload is a sentence and a sign, never the end of following."""

from __future__ import annotations

import pytest

from integration_tui.domain.errors import ConflictError
from integration_tui.domain.events import AuditAppended, HealthChanged, StoreChanged
from integration_tui.domain.integration_overview import Overview
from integration_tui.domain.value import replace
from integration_tui.tui.screens.base import ConsoleScreen
from tests.tui.fake_services import LINCOLN, console, world
from tests.tui.pilot import lines, running, seen, toasts, until, until_seen

OURS, A_BUG = ConflictError("moved on [/x]\x1b[2J"), KeyError("a bug [/x]")
READS = [
    ("1", "overview", OURS),
    ("1", "overview", A_BUG),
    ("2", "statistics", A_BUG),
    ("3", "active", OURS),
    ("3", "active", A_BUG),
    ("7", "page", OURS),
]


@pytest.mark.parametrize(("key", "read", "error"), READS)
async def test_following_survives_a_failed_read(
    key: str, read: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ConsoleScreen, "RETRY_S", 0.05)
    made = world()
    made.failures[read] = error
    app = console(made)
    async with running(app) as pilot:
        await pilot.press(key)
        await until_seen(pilot, "Not up to date")
        assert len(toasts(app)) == 1

        made.failures.clear()
        made.bus.publish(StoreChanged())

        await until_seen(pilot, "lincoln")
        await until(pilot, lambda: "Not up to date" not in seen(app))


async def test_a_cause_that_lasts_is_said_once() -> None:
    made = world()
    made.failures["overview"] = ConflictError("the store is busy")
    app = console(made)
    async with running(app) as pilot:
        for _ in range(3):
            reads = made.calls.count(("overview",))
            made.bus.publish(StoreChanged())
            await until(pilot, lambda: made.calls.count(("overview",)) > reads)  # noqa: B023 - awaited in the loop

        assert toasts(app) == ["the store is busy"]


async def test_a_part_that_cannot_be_read_is_said_once_however_often_the_rest_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ConsoleScreen, "MAX_RELOADS_PER_SECOND", 100)
    made = world()
    made.failures["transitions"] = ConflictError("the history is busy")
    app = console(made)
    async with running(app, width=130) as pilot:
        await until_seen(pilot, "Not up to date")
        for _ in range(3):
            tries = made.calls.count(("transitions", LINCOLN))
            made.bus.publish(StoreChanged())
            await until(pilot, lambda: made.calls.count(("transitions", LINCOLN)) > tries)  # noqa: B023 - awaited in the loop
            await pilot.pause()
            assert "Not up to date" in seen(app)

        assert [(notice.sentence, notice.times) for notice in app.shared.notices] == [
            ("the history is busy", 1)
        ]
        made.failures.clear()
        made.bus.publish(StoreChanged())
        await until(pilot, lambda: "Not up to date" not in seen(app))


async def test_many_events_at_once_are_one_reload() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        before = made.calls.count(("overview",))

        for _ in range(100):
            made.bus.publish(StoreChanged())
        await until(pilot, lambda: made.calls.count(("overview",)) > before)
        await pilot.pause(0.3)

        assert made.calls.count(("overview",)) == before + 1


async def test_a_screen_that_is_not_shown_reads_nothing_and_reloads_when_it_is() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("7")
        await until_seen(pilot, "Entry")
        await until(pilot, lambda: not made.bus.hears(HealthChanged))
        before = made.calls.count(("overview",))

        made.bus.publish(HealthChanged(LINCOLN))
        made.bus.publish(AuditAppended())
        await pilot.pause(0.1)
        assert made.calls.count(("overview",)) == before

        await pilot.press("1")
        await until(pilot, lambda: made.calls.count(("overview",)) == before + 1)


@pytest.mark.parametrize("act", ["start", "restart", "check"])
async def test_an_act_that_fails_is_a_sentence(act: str) -> None:
    made = world()
    made.failures[act] = ConflictError("lincoln is disabled", advice="enable it [/]")
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press({"start": "s", "restart": "r", "check": "c"}[act])

        await until(pilot, lambda: toasts(app) == ["lincoln is disabled; enable it [/]"])
        await until_seen(pilot, "engine running")


async def test_a_bug_in_an_act_is_a_sentence_too() -> None:
    made = world()
    made.failures["start"] = ZeroDivisionError("[/x]")
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("s")

        await until(pilot, lambda: toasts(app) == ["internal error: ZeroDivisionError: [/x]"])


async def test_a_check_shows_although_no_status_changed() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")

        made.integrations = [with_latency(integration, 777) for integration in made.integrations]
        made.bus.publish(HealthChanged(LINCOLN))

        await until_seen(pilot, "777")
        others = [line for line in lines(app) if "jefferson" in line or "madison" in line]
        assert others
        assert not [line for line in others if "777" in line]  # nothing new was said of them


def with_latency(one: Overview, latency_ms: float) -> Overview:
    report = replace(one.report, latency_ms=latency_ms) if one.report else None
    return replace(one, report=report)
