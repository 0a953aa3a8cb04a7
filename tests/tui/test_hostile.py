"""Whatever a provider, a file or a user's name holds: it is shown literally, and nothing breaks."""

from __future__ import annotations

import pytest

from integration_tui.domain.events import AuditAppended, StoreChanged
from integration_tui.domain.problem import ConfigProblem
from integration_tui.tui.screens.audit import AuditScreen
from integration_tui.tui.screens.config import ConfigScreen
from integration_tui.tui.screens.diagnostics import DiagnosticsScreen
from integration_tui.tui.screens.health import HealthScreen
from integration_tui.tui.screens.providers import ProvidersScreen
from integration_tui.tui.screens.record import RecordScreen
from integration_tui.tui.screens.roster import RosterScreen
from integration_tui.tui.screens.sync import SyncScreen
from integration_tui.tui.screens.versions import VersionsScreen
from integration_tui.tui.screens.webhooks import WebhooksScreen
from integration_tui.tui.text import plain
from integration_tui.tui.widgets.dialogs import Page, SafeInput
from tests.tui.helpers import app_of, lines, running, seen, until, until_on
from tests.tui.standin import World, console, world
from tests.tui.test_text import dangerous

HOSTILE = {
    "markup": "[/x] foo [bold]hi[/] [@click=app.bell]hi[/] [a=b] foo [b",
    "controls": "\x1b]0;PWNED\x1b\\ \x1b[2J\x9b2J\x9d0;P\x9c a\a\b\rb\vc\fd\x7f e\nf\tg",
    "unseen": "a\u202eb\u2066c\u2069d\u200ee\u061cf\u2028g\u2029h\u200bi\ufeffj\U000e0041k\ud800",
    "wide": "日本語 e\u0301 👨\u200d👩\u200d👧 \U0001f1e9\U0001f1ea \u05e9\u05dc",
    "long": "x" * 5_000,
    "nothing": "",
}


PATH: list[tuple[list[str], type[object]]] = [
    (["j", "j"], ProvidersScreen),
    (["enter"], Page),
    (["escape", "2"], HealthScreen),
    (["enter"], Page),
    (["escape", "g", "3"], ConfigScreen),  # the first one goes along from here
    (["v"], VersionsScreen),
    (["escape", "4"], SyncScreen),
    (["enter"], Page),
    (["escape", *["right"], "tab", "enter"], Page),
    (["escape", "right", "enter"], Page),
    (["escape", "right", "enter"], Page),
    (["escape", "right", "enter"], Page),
    (["escape", "right", "down", "enter"], Page),
    (["escape", "right", "enter"], Page),
    (["escape", "5"], RosterScreen),
    (["enter"], RecordScreen),
    (["G", "enter"], Page),
    (["escape", "escape", "7"], AuditScreen),
    (["enter"], Page),
    (["escape", "6", "g"], WebhooksScreen),
    (["enter"], Page),
    (["escape", "9"], DiagnosticsScreen),
    (["enter"], Page),
    (["escape", "right", "right", "enter"], Page),
]


def hostile(text: str) -> World:
    """Return a world in which everybody says this, and something real behind it."""
    made = world(lambda said: f"{text}{said}")
    made.problems = (ConfigProblem(message=text, path=text, advice=text, file=text, line=1),)
    return made


@pytest.fixture(params=list(HOSTILE.values()), ids=list(HOSTILE))
def text(request: pytest.FixtureRequest) -> str:
    assert isinstance(request.param, str)
    return request.param


def shown(text: str) -> str:
    """Return the beginning of what stands on the screen for this text."""
    return plain(text)[:6].rstrip()


async def test_every_field_of_every_screen_and_window_is_literal(text: str) -> None:
    app = console(hostile(text), title=text)
    async with running(app, width=180, height=30) as pilot:
        for keys, kind in PATH:
            await pilot.press(*keys)
            await until_on(pilot, kind)
            await until(pilot, lambda: shown(text) in "\n".join(lines(app)[2:]), shown(text))
            assert dangerous("".join(lines(app))) == []

        assert app.is_running


@pytest.mark.parametrize("name", ["markup", "controls"])
async def test_toasts_are_literal(name: str) -> None:
    text = HOSTILE[name]
    made = hostile(text)
    app = console(made)
    async with running(app) as pilot:
        await until(pilot, lambda: "lincoln" in seen(app))
        await pilot.press("c")
        await until(pilot, lambda: len(app._notifications) == 1)
        await pilot.press("t")
        await until(pilot, lambda: "way out" in seen(app))

        assert dangerous("".join(lines(app))) == []


async def test_what_is_pasted_cannot_steer_the_terminal_either() -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.press("7")
        await until(pilot, lambda: "Entry" in seen(app))
        await pilot.press("slash")
        app.screen.query_one(SafeInput).value = "\x1b]0;x\x07"
        await pilot.pause()

        assert app.screen.query_one(SafeInput).value == "␛]0;x␇"


async def test_a_change_from_outside_is_no_less_literal() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until(pilot, lambda: "lincoln" in seen(app))
        made.integrations = hostile("\x1b[2J[/x]").integrations
        made.bus.publish(StoreChanged())
        made.bus.publish(AuditAppended())
        await until(pilot, lambda: "␛[2J[/x]" in seen(app_of(pilot)))

        assert dangerous("".join(lines(app))) == []
