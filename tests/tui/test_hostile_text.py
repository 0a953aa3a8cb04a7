"""Whatever a provider, a file or a user's name holds: it is shown literally, and nothing breaks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

import pytest
from textual import events
from textual.pilot import Pilot

from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.errors import UsageError
from integration_tui.domain.events import AuditAppended, StoreChanged
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.command_palette import CommandPalette, PaletteInput
from integration_tui.tui.sanitize import plain
from integration_tui.tui.widgets.dialogs import SafeInput
from tests.tui.fake_services import World, console, world
from tests.tui.pilot import app_of, lines, running, seen, until, until_on
from tests.tui.test_sanitize import dangerous

EVERYTHING = (
    "[/x]\x1b[2J\x9b2J\x9d0;P\x9c\x1b]52;c;eA==\a\0\u202e\u2066\ud800\u200b"
    "[@click=app.quit]x[/] [a=b] [b"
    "\x1b]0;PWNED\x1b\\ a\b\rb\vc\fd\x7f e\nf\tg\u200eh\u061ci\u2028j\u2029k\ufeffl\U000e0041"
    "日本語 e\u0301 👨\u200d👩\u200d👧 \U0001f1e9\U0001f1ea \u05e9\u05dc" + "x" * 10_000
)
PASTE = "paste"
NOWHERE = ""
WINDOW = "Window"
"""The frame of whatever stands over a screen: dialogs, records, the palette, help."""


class Step(NamedTuple):
    """Keys, the screen or window that they lead to, and each place where the text stands on it."""

    keys: str
    kind: str
    places: str = WINDOW


SHORT = (
    Step("j j", "IntegrationsScreen", "#list"),
    Step("enter", "TextDialog"),
    Step("escape 2", "HealthScreen", "#incidents-pane"),
    Step("enter", "TextDialog"),
    Step("escape j j j 3", "ConfigScreen", "#text-pane"),  # lincoln goes along from here
    Step("v", "VersionsScreen"),
    Step("escape 4", "SyncScreen", "#changes-pane"),
    Step("enter", "TextDialog"),
    Step("escape 5", "RosterScreen", "#records"),
    Step("enter", "RecordScreen"),
    Step("escape 7", "AuditScreen", "#log"),
    Step("enter", "TextDialog"),
    Step("escape 6 g", "WebhooksScreen", "#subscriptions"),
    Step("enter", "TextDialog"),
    Step("escape 8", "MessagesScreen", "#list"),
    Step("escape 9", "DiagnosticsScreen", "#views"),
)
INTEGRATIONS = (
    Step("", "IntegrationsScreen", "#list #details #feed"),
    Step("j j", "IntegrationsScreen", "#list #details"),
    Step("enter", "TextDialog"),
    Step("escape t", "ConnectionTestScreen"),
    Step(f"escape E {PASTE}", "ReasonPrompt", "Window #line"),
    Step(f"escape D {PASTE}", "ConfirmByName", "Window #name"),
    Step("escape x", "Confirm", NOWHERE),
    Step("escape ctrl+r", "SecretDialog"),
    Step(f"enter {PASTE}", "SecretDialog", "Window #name"),
    Step(f"tab {PASTE}", "SecretDialog"),  # and dots
    Step("escape g space j space c", "Confirm", NOWHERE),
    Step("y", "TextDialog"),  # it fails for both
    Step(f"escape escape slash {PASTE}", "IntegrationsScreen", "#list SafeInput"),
)
NEW_INTEGRATION = (
    Step("n", "ChoiceDialog"),
    Step(f"enter {PASTE}", "NameDialog", "Window #name"),
    Step("ctrl+a backspace n e w enter", "WizardScreen", "#form-pane #problem-pane"),
    Step("f", "WizardScreen", "#text-pane #problem-pane"),
    Step(f"enter {PASTE}", "WizardScreen", "#text-pane #problem-pane"),
    Step("escape escape", "Confirm", NOWHERE),
)
PALETTE = (
    Step("colon A d a", "CommandPalette", "RowTable"),
    Step(f"ctrl+a {PASTE}", "CommandPalette", "PaletteInput RowTable"),
    Step("escape question_mark", "HelpScreen", NOWHERE),
    Step(f"slash {PASTE}", "HelpScreen", "SafeInput #keys"),
    Step("escape escape colon 2 4 9", "CommandPalette", "RowTable"),
    Step("enter", "RosterScreen", "#records SafeInput"),
)
CONFIGURATION = (
    Step("2", "HealthScreen", "#incidents-pane #failures-pane"),
    Step("enter", "TextDialog"),
    Step("escape j j j 3", "ConfigScreen", "#text-pane #form-pane #problem-pane #beside"),
    Step("e enter up s ctrl+@", "ConfigScreen", "#text-pane #form-pane #problem-pane"),
    Step(f"escape {PASTE}", "ConfigScreen", "#text-pane #form-pane #problem-pane"),
    Step("escape f", "ConfigScreen", "#form-pane #problem-pane"),
    Step("G enter", "SecretDialog"),
    Step(f"enter {PASTE} tab {PASTE}", "SecretDialog", "Window #name"),
    Step("escape v", "VersionsScreen"),
    Step("space j space", "VersionsScreen"),
    Step(f"b {PASTE}", "ReasonPrompt", "Window #line"),
    Step("escape escape c", "CompareScreen"),
    Step("enter", "TextDialog"),
)
SYNC = (
    Step("4", "SyncScreen", "#banner #changes-pane #change"),
    Step("enter", "TextDialog"),
    Step(f"escape Y {PASTE}", "ApprovalDialog", "Window #losses"),
    Step("escape x", "Confirm", NOWHERE),
    Step("escape u", "ChoiceDialog", NOWHERE),
    Step("escape tab enter", "TextDialog"),
    Step(f"escape slash {PASTE}", "SyncScreen", "#changes-pane #filter"),
    Step("escape right", "SyncScreen", "#views"),
    Step("enter", "ConflictWindow"),
    Step("escape O", "Confirm", NOWHERE),
    Step("escape right", "SyncScreen", "#views"),
    Step("enter", "MatchWindow"),
    Step("s", "Confirm"),
    Step("escape right", "SyncScreen", "#views"),
    Step("enter", "TextDialog"),  # quarantine
    Step("escape right", "SyncScreen", "#views"),
    Step("j enter", "TextDialog"),  # quality
    Step("escape right", "SyncScreen", "#views"),
    Step("enter", "TextDialog"),  # runs
)
ROSTER_PANES = "#records #card #known #timeline #related"
ROSTER = (
    Step("5", "RosterScreen", ROSTER_PANES),
    Step("enter", "RecordScreen"),
    Step("G k enter", "TextDialog"),
    Step("escape m", "FieldsScreen"),
    Step("j enter", "TextDialog"),
    Step(f"escape e {PASTE}", "EditDialog", "Window #value"),
    Step(f"tab {PASTE}", "EditDialog", "Window #value #why"),
    Step("escape escape e", "ChoiceDialog"),
    Step("escape escape m", "FieldsScreen"),
    Step("escape e", "ChoiceDialog"),
    Step("escape tab tab enter", "RosterScreen", ROSTER_PANES),
    Step("tab enter", "TextDialog"),  # the timeline
    *(Step("escape right", "RosterScreen", ROSTER_PANES) for _ in range(5)),
    Step(f"slash {PASTE}", "RosterScreen", "#records SafeInput"),
)
LATER_SCREENS = (
    Step("", "IntegrationsScreen", "#list #details #feed"),
    Step("c 6 g", "WebhooksScreen", "#subscriptions #beside"),  # fails, and is a message later
    Step("enter", "TextDialog"),
    Step(f"escape n {PASTE} enter {PASTE}", "SubscribeDialog", "Window #events"),
    Step(f"escape D {PASTE}", "ConfirmByName", "Window #name"),
    Step("escape 7", "AuditScreen", "#activity #log #entry"),
    Step("enter", "TextDialog"),
    Step(f"escape E {PASTE}", "TextPrompt", "Window #line"),
    Step("escape V", "AuditScreen", "#log #entry"),
    Step(f"slash {PASTE}", "AuditScreen", "#log #filter"),
    Step("escape 8", "MessagesScreen", "#list #beside"),
    Step("j", "MessagesScreen", "#list #beside"),
    Step("right", "MessagesScreen", "#list"),
    Step("G enter", "TextDialog"),
    Step("escape 9", "DiagnosticsScreen", "#views #details"),
    Step("enter", "TextDialog"),
    Step("escape right", "DiagnosticsScreen", "#settings #details"),
    Step("right", "DiagnosticsScreen", "#configuration #details"),
    Step("right", "DiagnosticsScreen", "#program #details"),
    Step("right", "DiagnosticsScreen", "#places #details"),
    Step(f"b {PASTE}", "BundleDialog", "Window #place"),
)
VALID_DOCUMENTS = (
    Step("n enter n e w enter", "WizardScreen", "#form-pane"),
    Step("t", "DraftConnectionTest"),
    Step("escape ctrl+s", "Confirm", NOWHERE),
    Step("escape escape", "IntegrationsScreen", "#list #details"),
    Step(f"3 e {PASTE}", "ConfigScreen", "#text-pane #beside"),
    Step(f"ctrl+s {PASTE}", "SaveDialog", "#difference #line"),
)
WALKS = {
    "integrations": INTEGRATIONS,
    "new integration": NEW_INTEGRATION,
    "palette and help": PALETTE,
    "health and configuration": CONFIGURATION,
    "sync": SYNC,
    "roster": ROSTER,
    "webhooks to diagnostics": LATER_SCREENS,
}


def hostile(text: str) -> World:
    """Return a world in which everybody says this, and something real behind it."""
    made = world(lambda said: f"{text}{said}")
    made.problems = (ConfigProblem(message=text, path=text, advice=text, file=text, line=1),)
    return made


def shown(text: str) -> str:
    """Return the beginning of what stands on the screen for this text."""
    return plain(text)[:6].rstrip()


def within(app: ConsoleApp, place: str) -> str:
    """Return what is seen of this part of the screen in front; nothing where it is not seen."""
    found = [widget.region for widget in app.screen.query(place) if widget.is_on_screen]
    strips = app.screen._compositor.render_strips()
    return "\n".join(
        strip.crop(max(region.x, 0), region.right).text
        for region in found
        for strip in strips[max(region.y, 0) : region.bottom]
    )


def stands(app: ConsoleApp, place: str, text: str) -> bool:
    """Return whether this text is seen at this place; of what was pasted, its end is."""
    found = within(app, place)
    return bool(found) and (shown(text) in found or "[@click" in found)


def arrived(app: ConsoleApp, step: Step, text: str) -> bool:
    """Return whether the text stands at each place of a step; it steers nothing on the way."""
    assert dangerous("".join(lines(app))) == [], step
    if type(app.screen).__name__ != step.kind:
        return False
    return all(stands(app, place, text) for place in step.places.split())


async def walk(pilot: Pilot[None], path: Iterable[Step], text: str) -> None:
    """Go this way: the text has to stand at each place of each step, and never what steers."""
    app = app_of(pilot)

    for step in path:
        app.clear_notifications()  # they would stand over the places
        for key in step.keys.split():
            if key == PASTE:
                app.post_message(events.Paste(text))
            else:
                app.simulate_key(key)
        await until(pilot, partial(arrived, app, step, text), f"{step}")


@pytest.mark.parametrize("path", WALKS.values(), ids=WALKS)
async def test_every_field_of_every_screen_window_and_question_is_literal(
    path: tuple[Step, ...],
) -> None:
    made = hostile(EVERYTHING)
    made.failures["check"] = UsageError(EVERYTHING, advice=EVERYTHING)
    app = console(made, title=EVERYTHING)
    async with running(app, width=180, height=34) as pilot:
        await walk(pilot, path, EVERYTHING)

        assert app.is_running


async def test_what_is_asked_about_a_document_without_problems_is_literal() -> None:
    made = hostile(EVERYTHING)
    made.problems = ()
    app = console(made, title=EVERYTHING)
    async with running(app, width=180, height=34) as pilot:
        await walk(pilot, VALID_DOCUMENTS, EVERYTHING)

        assert app.is_running


async def test_why_a_store_does_not_open_is_literal() -> None:
    made = world()
    made.failures["open"] = UsageError(EVERYTHING, advice=EVERYTHING)
    app = console(made)
    async with app.run_test(size=(180, 60), notifications=True, tooltips=True) as pilot:
        await walk(pilot, [Step("", "StartupErrorScreen")], EVERYTHING)


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
        await until(pilot, lambda: "Fix:" in seen(app))

        assert dangerous("".join(lines(app))) == []


async def test_what_is_pasted_into_the_palette_cannot_steer_the_terminal() -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.press("colon")
        await until_on(pilot, CommandPalette)
        line = app.screen.query_one(PaletteInput)
        for text in ("aud", "\x1b]0;x\x07", "\x9b2J", "a\u202eb\x00", "it"):
            app.post_message(events.Paste(text))
        await until(pilot, lambda: line.value.endswith("it"))
        pasted = "aud␛]0;x␇\ufffd2Ja\ufffdb␀it"
        await until(pilot, lambda: f'"{pasted}"' in seen(app), "what is said of it")

        assert line.value == pasted
        assert pasted in within(app, "PaletteInput")
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
