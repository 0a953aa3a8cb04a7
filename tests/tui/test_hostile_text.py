"""Whatever a provider, a file or a user's name holds: it is shown literally, and nothing breaks."""

from __future__ import annotations

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.errors import UsageError
from integration_tui.domain.events import AuditAppended, StoreChanged
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.sanitize import plain
from integration_tui.tui.widgets.dialogs import SafeInput
from tests.tui.fake_services import World, console, world
from tests.tui.pilot import app_of, lines, running, seen, until
from tests.tui.test_sanitize import dangerous

EVERYTHING = (
    "[/x]\x1b[2J\x9b2J\x9d0;P\x9c\x1b]52;c;eA==\a\0\u202e\u2066\ud800\u200b"
    "[@click=app.quit]x[/] [a=b] [b"
    "\x1b]0;PWNED\x1b\\ a\b\rb\vc\fd\x7f e\nf\tg\u200eh\u061ci\u2028j\u2029k\ufeffl\U000e0041"
    "日本語 e\u0301 👨\u200d👩\u200d👧 \U0001f1e9\U0001f1ea \u05e9\u05dc" + "x" * 10_000
)
PASTE = "paste"

SHORT: list[tuple[str, str]] = [
    ("j j", "IntegrationsScreen"),
    ("enter", "TextDialog"),
    ("escape 2", "HealthScreen"),
    ("enter", "TextDialog"),
    ("escape j j j 3", "ConfigScreen"),  # lincoln goes along from here
    ("v", "VersionsScreen"),
    ("escape 4", "SyncScreen"),
    ("enter", "TextDialog"),
    ("escape 5", "RosterScreen"),
    ("enter", "RecordScreen"),
    ("escape 7", "AuditScreen"),
    ("enter", "TextDialog"),
    ("escape 6 g", "WebhooksScreen"),
    ("enter", "TextDialog"),
    ("escape 9", "DiagnosticsScreen"),
]
LONG: list[tuple[str, str]] = [
    ("j j", "IntegrationsScreen"),
    ("enter", "TextDialog"),
    ("escape c", "IntegrationsScreen"),  # fails, and is a notification later
    ("t", "ConnectionTestScreen"),
    (f"escape E {PASTE}", "ReasonPrompt"),
    (f"escape D {PASTE}", "ConfirmByName"),
    (f"escape slash {PASTE}", "IntegrationsScreen"),
    ("escape n", "ChoiceDialog"),
    (f"enter {PASTE}", "NameDialog"),
    ("ctrl+a backspace n e w enter", "WizardScreen"),
    ("escape 2", "HealthScreen"),
    ("enter", "TextDialog"),
    ("escape j j j 3", "ConfigScreen"),
    ("e enter up s ctrl+@", "ConfigScreen"),
    (f"escape {PASTE}", "ConfigScreen"),
    ("escape f", "ConfigScreen"),
    ("G enter", "SecretDialog"),
    (f"enter tab {PASTE}", "SecretDialog"),
    ("escape v", "VersionsScreen"),
    ("escape c", "CompareScreen"),
    ("escape escape 4", "SyncScreen"),
    ("enter", "TextDialog"),
    (f"escape Y {PASTE}", "ApprovalDialog"),
    ("escape tab enter", "TextDialog"),  # changes
    (f"escape slash {PASTE}", "SyncScreen"),
    ("escape right enter", "ConflictWindow"),
    ("escape right enter", "MatchWindow"),
    ("escape s", "Confirm"),
    ("escape right enter", "TextDialog"),  # quarantine
    ("escape right j enter", "TextDialog"),  # quality
    ("escape right enter", "TextDialog"),  # runs
    ("escape 5", "RosterScreen"),
    ("enter", "RecordScreen"),
    ("G k enter", "TextDialog"),
    ("escape m", "FieldsScreen"),
    ("j enter", "TextDialog"),
    ("escape e", "EditDialog"),
    ("escape escape e", "ChoiceDialog"),
    ("escape", "RecordScreen"),
    ("escape escape slash", "RosterScreen"),
    (PASTE, "RosterScreen"),
    ("escape 6 g", "WebhooksScreen"),
    ("enter", "TextDialog"),
    (f"escape n {PASTE} enter {PASTE}", "SubscribeDialog"),
    (f"escape D {PASTE}", "ConfirmByName"),
    ("escape 7", "AuditScreen"),
    ("enter", "TextDialog"),
    (f"escape E {PASTE}", "TextPrompt"),
    (f"escape slash {PASTE}", "AuditScreen"),
    ("escape 8", "MessagesScreen"),
    ("enter", "TextDialog"),
    ("escape 9", "DiagnosticsScreen"),
    ("enter", "TextDialog"),
    ("escape right", "DiagnosticsScreen"),
    ("right", "DiagnosticsScreen"),
    ("right", "DiagnosticsScreen"),
    ("right", "DiagnosticsScreen"),
    (f"b {PASTE}", "BundleDialog"),
]


def hostile(text: str) -> World:
    """Return a world in which everybody says this, and something real behind it."""
    made = world(lambda said: f"{text}{said}")
    made.problems = (ConfigProblem(message=text, path=text, advice=text, file=text, line=1),)
    return made


def shown(text: str) -> str:
    """Return the beginning of what stands on the screen for this text."""
    return plain(text)[:6].rstrip()


def stands(app: ConsoleApp, text: str) -> bool:
    """Return whether this text is seen below the title; of what was pasted, its end is."""
    found = "\n".join(lines(app)[2:])
    return shown(text) in found or "[@click" in found


async def until_in(pilot: Pilot[None], kind: str, keys: str) -> None:
    """Wait until a screen whose class has this name is in front."""
    await until(pilot, lambda: type(pilot.app.screen).__name__ == kind, f"{kind} for {keys}")


async def walk(pilot: Pilot[None], path: list[tuple[str, str]], text: str) -> None:
    """Go this way; on each screen and window the text has to stand, and nothing that steers."""
    app = app_of(pilot)
    for keys, kind in path:
        for key in keys.split():
            if key == PASTE:
                app.post_message(events.Paste(text))
            else:
                app.simulate_key(key)
        await until_in(pilot, kind, keys)
        await until(pilot, lambda: stands(app, text), f"{keys}: a text")
        assert dangerous("".join(lines(app))) == [], keys


async def test_every_field_of_every_screen_window_and_question_is_literal() -> None:
    made = hostile(EVERYTHING)
    made.failures["check"] = UsageError(EVERYTHING, advice=EVERYTHING)
    app = console(made, title=EVERYTHING)
    async with running(app, width=180, height=34) as pilot:
        await walk(pilot, LONG, EVERYTHING)

        assert app.is_running


@pytest.mark.parametrize("text", ["[/x]" * 2_500, ""], ids=["long", "nothing"])
async def test_very_long_texts_and_none_are_shown_too(text: str) -> None:
    app = console(hostile(text), title=text)
    async with running(app, width=80) as pilot:
        await walk(pilot, SHORT, text)

        assert app.is_running


async def test_toasts_are_literal() -> None:
    app = console(hostile(EVERYTHING[:300]))
    async with running(app, height=34) as pilot:
        await until(pilot, lambda: "lincoln" in seen(app))
        await pilot.press("c")
        await until(pilot, lambda: len(app._notifications) == 1)
        await pilot.press("t")
        await until(pilot, lambda: "fix:" in seen(app))

        assert dangerous("".join(lines(app))) == []


async def test_what_is_pasted_into_the_palette_cannot_steer_the_terminal() -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.press("colon")
        await until(pilot, lambda: bool(app.screen.query(Input)))
        line = app.screen.query_one(Input)
        await until(pilot, lambda: bool(line.restrict))
        for text in ("aud", "\x1b]0;x\x07", "\x9b2J", "a\u202eb\x00", "it"):
            line.post_message(events.Paste(text))
        await until(pilot, lambda: line.value.endswith("it"))

        assert line.value == "audit"


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
