"""What the terminal is told besides what is on the screen: never more than it was asked for."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from integration_tui.domain.message import NotifyMode
from integration_tui.tui.message_alerts import TerminalTitle, osc_notification, osc_title
from tests.tui.terminal import Terminal
from tests.tui.test_sanitize import dangerous
from tests.tui.test_suspend import BASH, SHELL, wait_for_new

EVIL = "\x1b]0;PWNED\x07\x9c\x1b\\;a;b\u202e"
PROGRAM = """
import asyncio
from integration_tui.domain.events import MessagesChanged
from integration_tui.domain.message import MessageKind, NotifyMode, TerminalAlerts
from tests.tui.fake_messages import message
from tests.tui.fake_services import console, world

made = world()
made.told.alerts = TerminalAlerts(notify=NotifyMode({mode!r}), has_title={has_title})
app = console(made)


async def happen(_pilot):
    while app.shared.unread_messages != 3:
        await asyncio.sleep(0.01)
    for kind, sentence in ((MessageKind.DEGRADED, "Slow."), (MessageKind.DOWN, {sentence!r})):
        made.told.add(message(kind, "adams", made.now, sentence))
    made.bus.publish(MessagesChanged())


app.run(auto_pilot=happen)
"""
TITLE = b"\x1b]2;integration-tui: 1 needs you\x1b\\"


def program(mode: str = "off", *, has_title: bool = False, sentence: str = "It broke.") -> str:
    return PROGRAM.format(mode=mode, has_title=has_title, sentence=sentence)


def body(data: str) -> str:
    """Return what stands between the sequence and its end."""
    assert data.endswith("\x1b\\")
    return data[2:-2]


@pytest.mark.parametrize("mode", [NotifyMode.OSC9, NotifyMode.OSC777])
def test_nothing_that_a_system_says_ends_the_sequence_or_begins_another(mode: NotifyMode) -> None:
    for data in (osc_notification(mode, EVIL, EVIL), osc_title(EVIL * 100)):
        assert dangerous(body(data)) == []
        assert len(data) < 400


def test_a_notification_has_a_title_and_a_text() -> None:
    assert body(osc_notification(NotifyMode.OSC777, "adams", "a;b")) == "777;notify;adams;a,b"
    assert body(osc_notification(NotifyMode.OSC9, "adams", "Down.")) == "9;adams: Down."
    assert osc_notification(NotifyMode.BELL, "adams", "Down.") == "\x07"
    assert osc_notification(NotifyMode.OFF, "adams", "Down.") == ""


@pytest.mark.parametrize(
    ("mode", "sent"),
    [
        ("bell", b"\x07"),
        ("osc9", b"\x1b]9;adams: It broke.\x1b\\"),
        ("osc777", b"\x1b]777;notify;adams;It broke.\x1b\\"),
    ],
)
def test_bad_news_are_told_once_in_the_way_that_was_chosen(mode: str, sent: bytes) -> None:
    with Terminal(["-c", program(mode)]) as terminal:
        terminal.wait_for_text("adams: It broke.")
        terminal.wait_for(lambda: sent in terminal.raw)
        terminal.press("q")
        terminal.wait_for_end()

    raw = re.sub(rb"\x1b\]22;[a-z-]*\x07", b"", bytes(terminal.raw))  # Textual's mouse pointer
    assert raw.count(sent) == 1
    assert TerminalTitle.PUSH.encode() not in raw


def test_by_default_the_terminal_is_told_nothing() -> None:
    with Terminal(["-c", program()]) as terminal:
        terminal.wait_for_text("adams: It broke.")
        terminal.press("q")
        terminal.wait_for_end()

    assert b"\x1b]9;" not in terminal.raw
    assert b"\x1b]777;" not in terminal.raw
    assert b"\x1b]2;" not in terminal.raw


def test_the_title_says_how_many_need_somebody_and_is_given_back() -> None:
    with Terminal(["-c", program(has_title=True)]) as terminal:
        terminal.wait_for(lambda: TITLE in terminal.raw)
        terminal.press("q")
        code = terminal.wait_for_end()

    raw, push, pop = (
        bytes(terminal.raw),
        TerminalTitle.PUSH.encode(),
        TerminalTitle.POP.encode(),
    )
    assert code == 0
    assert raw.count(TITLE) == raw.count(push) == raw.count(pop) == 1
    assert raw.index(push) < raw.index(TITLE) < raw.index(pop)


def test_a_console_without_windows_has_no_title() -> None:
    with Terminal(["-c", program(has_title=True)], environ={"TERM": "linux"}) as terminal:
        terminal.wait_for_text("adams: It broke.")
        terminal.press("q")
        terminal.wait_for_end()

    assert b"\x1b]2;" not in terminal.raw


def test_while_it_is_suspended_the_window_has_its_old_title(tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(program(has_title=True), encoding="utf-8")
    environ = {**SHELL, "PYTHONPATH": str(Path(__file__).parents[2])}
    with Terminal(BASH, environ=environ, program="/bin/bash") as terminal:
        terminal.wait_for_text("shell>")
        terminal.press(f"{sys.executable} {file}\n")
        terminal.wait_for(lambda: TITLE in terminal.raw)
        terminal.press("\x1a")
        wait_for_new(terminal, TerminalTitle.POP, "shell> ")
        terminal.press("fg\n")
        wait_for_new(terminal, TerminalTitle.PUSH + TITLE.decode())
        terminal.press("\x11")
        wait_for_new(terminal, TerminalTitle.POP)
