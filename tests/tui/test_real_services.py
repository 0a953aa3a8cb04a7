"""The console over the real services, store and mock provider: what is done is done."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from textual.pilot import Pilot

from integration_tui.bootstrap import open_services
from integration_tui.domain.audit.log import AuditFilter
from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import Intent
from integration_tui.domain.value import replace
from integration_tui.providers.mock.presets import Option, document
from integration_tui.services import Services
from integration_tui.services.config import ConfigEdit
from integration_tui.settings import Settings
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.config.screen import ConfigScreen
from integration_tui.tui.widgets.dialogs import Confirm, ConfirmByName, ReasonPrompt
from integration_tui.tui.widgets.editor import DocumentArea
from tests.tui.fake_services import ADMIN
from tests.tui.pilot import (
    lines,
    real_services,
    running,
    seen,
    toasts,
    until,
    until_on,
    until_seen,
    write,
)

QUICK: dict[str, Option] = {"latency": {"median_ms": 0}, "auth": {"kind": "none"}}
LINCOLN = IntegrationId("lincoln")
Opening = Callable[[], AbstractAsyncContextManager[Services]]


@pytest.fixture
def opening(settings: Settings) -> Opening:
    """Two integrations: one that works, one that is down. No engine runs."""

    @asynccontextmanager
    async def open_() -> AsyncGenerator[Services]:
        folder = settings.integrations_dir
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lincoln.yaml").write_text(document("lincoln", **QUICK))
        (folder / "madison.yaml").write_text(document("madison", scenario="down", **QUICK))
        async with open_services(settings, actor=ADMIN) as services:
            yield services

    return open_


def console(opening: Opening) -> ConsoleApp:
    return ConsoleApp(opening, actor=ADMIN)


async def edit(pilot: Pilot[None], app: ConsoleApp, text: str) -> None:
    """Put a text into the editor, as somebody who types does."""
    await pilot.press("3")
    await until_seen(pilot, "lincoln.yaml · version 1")
    await pilot.press("e")
    area = app.screen.query_one(DocumentArea)
    await until(pilot, lambda: not area.read_only)
    area.load_text(text)
    await until(pilot, lambda: app.shared.has_unsaved)


async def save(pilot: Pilot[None], reason: str) -> None:
    await pilot.press("ctrl+s")
    await until_on(pilot, ReasonPrompt)
    await write(pilot, *reason, "enter")


async def test_what_was_read_from_files_is_shown(opening: Opening) -> None:
    app = console(opening)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await until_seen(pilot, "madison")
        await pilot.press("j", "c")

        await until(pilot, lambda: "madison: Down" in "".join(toasts(app)))
        await until(pilot, lambda: any("✗" in row and "madison" in row for row in lines(app)))


async def test_stop_and_start_are_wanted_and_recorded(opening: Opening) -> None:
    app = console(opening)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("x")
        await until_on(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: toasts(app) == ["Stopped lincoln."])
        stopped = await real_services(app).integrations.get(LINCOLN)
        await pilot.press("s")
        await until(pilot, lambda: "Starting lincoln…" in toasts(app))
        started = await real_services(app).integrations.get(LINCOLN)

        assert (stopped.intent, started.intent) == (Intent.STOP, Intent.RUN)
        await pilot.press("7")
        await until_seen(pilot, "Stopped")
        await until_seen(pilot, "Started")


async def test_remove_removes(opening: Opening) -> None:
    app = console(opening)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("D")
        await until_on(pilot, ConfirmByName)
        await write(pilot, *"lincoln", "enter")
        await until(pilot, lambda: not any("lincoln" in line for line in lines(app)[3:6]))

        with pytest.raises(NotFoundError):
            await real_services(app).integrations.get(LINCOLN)


async def test_an_edit_becomes_a_version_and_an_audit_entry(opening: Opening) -> None:
    app = console(opening)
    text = document("lincoln", title="Lincoln High", **QUICK)
    async with running(app) as pilot:
        await edit(pilot, app, text)
        await save(pilot, "better title")
        await until(pilot, lambda: toasts(app) == ["Saved lincoln. Version 2 active."])
        version = await app.shared.services.config.active(LINCOLN)

        assert (version.number, version.text, version.reason) == (2, text, "better title")
        assert not app.shared.has_unsaved
        await pilot.press("7")
        await until_seen(pilot, "version 2: b")
        await pilot.press("enter")
        await until_seen(pilot, "version 2: better title")
        await until_seen(pilot, "+ set")  # what a value is stands in the version only


async def test_problems_come_with_line_and_column(opening: Opening) -> None:
    app = console(opening)
    async with running(app) as pilot:
        await edit(pilot, app, "name: lincoln\ntype: mock\nsede: 7\n")

        await until_seen(pilot, "3:1")
        await until_seen(pilot, "seed")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Fix 1 error before saving: line 3" in "".join(toasts(app)))
        assert "sede" in "".join(toasts(app))
        assert app.shared.has_unsaved
        assert (await app.shared.services.config.active(LINCOLN)).number == 1


@pytest.mark.parametrize(("answer", "number"), [("y", 2), ("n", 1)])
async def test_what_nobody_answers_to_is_saved_only_when_told_so(
    opening: Opening, answer: str, number: int
) -> None:
    app = console(opening)
    async with running(app) as pilot:
        await edit(pilot, app, document("lincoln", scenario="down", **QUICK))
        await save(pilot, "moved")
        await until_on(pilot, Confirm)
        assert "Save without a passed test?" in seen(app)
        await pilot.press(answer)
        await until_on(pilot, ConfigScreen)
        await until(pilot, lambda: len(toasts(app)) == 1)

        assert (await app.shared.services.config.active(LINCOLN)).number == number
        assert app.shared.has_unsaved == (number == 1)


async def test_who_comes_second_is_told_and_keeps_the_edit(opening: Opening) -> None:
    app = console(opening)
    async with running(app) as pilot:
        await edit(pilot, app, document("lincoln", title="mine", **QUICK))
        await somebody_else_saves(real_services(app))
        await until_seen(pilot, "made from version 1")
        await save(pilot, "mine")

        await until(pilot, lambda: "version 2 is active" in "".join(toasts(app)))
        assert app.screen.query_one(DocumentArea).text == document("lincoln", title="mine", **QUICK)


async def somebody_else_saves(services: Services) -> None:
    version = await services.config.active(LINCOLN)
    text = document("lincoln", title="theirs", **QUICK)
    await services.config.save(
        ConfigEdit(
            integration_id=LINCOLN,
            draft=services.drafts.draft(text, version.format),
            expected=version.number,
            reason="theirs",
            actor=replace(ADMIN, name="bob"),
        )
    )


async def test_a_version_can_be_taken_back(opening: Opening) -> None:
    app = console(opening)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await somebody_else_saves(real_services(app))
        await pilot.press("3")
        await until_seen(pilot, "title: ")
        await pilot.press("v")
        await until_seen(pilot, "+ title: ")
        await pilot.press("j", "b")
        await until_on(pilot, ReasonPrompt)
        await pilot.press("enter")

        await until(pilot, lambda: toasts(app) == ["Rolled back lincoln. Version 3 active."])
        first = await real_services(app).config.version(LINCOLN, 1)
        assert (await app.shared.services.config.active(LINCOLN)).text == first.text


async def test_the_environment_is_shown_in_the_console_itself(opening: Opening) -> None:
    app = console(opening)
    async with running(app, width=120, height=36) as pilot:
        await pilot.press("9")
        await until_seen(pilot, "checks")
        await pilot.press("left", "left")

        await until_seen(pilot, "encoding")
        assert "Not up to date" not in seen(app)


async def test_the_chain_is_verified(opening: Opening) -> None:
    app = console(opening)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "Integration added")
        await pilot.press("V")

        await until_seen(pilot, "✓ Chain intact to entry ")
        count = len(await real_services(app).audit.page(AuditFilter()))
        assert f"✓ Chain intact to entry {count}" in seen(app)


@pytest.mark.parametrize("key", [*"123456789"])
async def test_every_screen_reads_all_that_it_shows(opening: Opening, key: str) -> None:
    app = console(opening)
    async with running(app, width=160, height=45) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press(key)
        await until(pilot, lambda: getattr(app.screen, "overviews", ()) != ())
        await pilot.pause(0.2)

        assert "Not up to date" not in seen(app)
        assert [notice.sentence for notice in app.shared.notices if notice.is_bad] == []


async def test_an_invalid_file_is_not_down_for_a_time(opening: Opening, settings: Settings) -> None:
    settings.integrations_dir.mkdir(parents=True, exist_ok=True)
    (settings.integrations_dir / "bad.yaml").write_text("name: bad\ntype: mock\nseed: many\n")
    app = console(opening)
    async with running(app, width=120, height=36) as pilot:
        await until_seen(pilot, "Configuration invalid, line 3")

        assert "Down for" not in seen(app)
