"""In a real terminal: nothing that a provider says gets into the stream as it is."""

from __future__ import annotations

import re
import signal
from base64 import b64decode

import pytest

from tests.tui.terminal import Terminal
from tests.tui.test_sanitize import dangerous

PROGRAM = """
from tests.tui.fake_services import console, world
EVIL = {evil!r}
app = console(world(lambda said: EVIL + said), title=EVIL)
app.run()
raise SystemExit(app.return_code or 0)
"""
PLAIN = "from tests.tui.fake_services import console, world; console(world()).run()"
EVIL = (
    "\x1b]0;PWNED\x07\x1b]52;c;cm0gLXJmIH4=\x1b\\\x1b[31;41;7;5;9z\x9d0;PWNED\x9c\x9b31z"
    "\x08\x0b\x0c\x7f\u202e\u2066\u200b\ufeff[/x][@click=app.quit]"
)
INJECTED = (
    b"\x1b]0;PWNED",
    b"\x1b]52",
    b"\x1b[31;41;7;5;9z",
    *(chr(code).encode() for code in range(0x80, 0xA0)),
    *(sign.encode() for sign in "\x07\x08\x0b\x0c\x7f\u202e\u2066\u200b\ufeff"),
)
ESCAPE = "\x1b"
STATES = ("✗ Down", "▲ Degraded", "◌ Starting", "● Healthy", "○ Stopped", "⊘ Disabled")
WALK = (  # what is pressed, and what stands there then; behind a tilde, what is gone then
    ("c", ": Healthy in"),
    ("t", "Connection test of lincoln"),
    ("q", "~Connection test of"),
    ("E", "Disable lincoln?"),
    (ESCAPE, "~Disable lincoln?"),
    ("2", "Slowest"),
    ("\r", "First check"),
    ("j" * 30, "Newest checks"),
    ("q", "~esc back"),
    ("3", "type: mock"),
    ("v", "Versions of lincoln"),
    ("qc", "1 value differs"),
    ("qf", "space change"),
    ("4", "HELD"),
    ("Y", "Type 312 to approve"),
    (ESCAPE, "~Type 312 to approve"),
    ("5", "People · 250"),
    ("\r", "esc back"),
    ("q6", "Unknown"),
    ("\r", "esc back"),
    ("q7", "Audit log"),
    ("\r", "esc back"),
    ("y", "via the terminal"),
    ("q8", "What to do"),
    ("9", "1 of 2 checks failed"),
    ("b", "integration-tui-support-2026-11-23.zip"),
    (ESCAPE, "~Write a support bundle?"),
    ("?", "Keys: Diagnostics"),
    ("q", "~Keys: Diagnostics"),
)


def wait_for_sign(terminal: Terminal, sign: str) -> None:
    text = sign.removeprefix("~")
    terminal.wait_for(lambda: (text in terminal.text) != sign.startswith("~"))


def test_no_injected_byte_reaches_the_terminal() -> None:
    with Terminal(["-c", PROGRAM.format(evil=EVIL)], width=180, height=34) as terminal:
        terminal.wait_for_text("washington")
        for keys, sign in WALK:
            terminal.press(keys)
            wait_for_sign(terminal, sign)
        terminal.press("q")
        code = terminal.wait_for_end()

    assert code == 0
    raw = re.sub(rb"\x1b\]22;[a-z-]*\x07", b"", bytes(terminal.raw))  # Textual's mouse pointer
    copied = re.search(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", raw)
    assert copied is not None
    assert dangerous(b64decode(copied[1]).decode().replace("\n", "").replace("\t", "")) == []
    raw = raw.replace(copied[0], b"")
    assert [item for item in INJECTED if item in raw] == []
    assert "PWNED" not in terminal.screen.title


def test_the_terminal_is_given_back_as_it_was() -> None:
    with Terminal(["-c", PLAIN]) as terminal:
        terminal.wait_for_text("lincoln")
        terminal.press("q")
        code = terminal.wait_for_end()

    assert code == 0
    assert b"\x1b[?1049l" in terminal.raw
    assert terminal.raw.rindex(b"\x1b[?25h") > terminal.raw.rindex(b"\x1b[?25l")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_closes_the_store_and_gives_the_terminal_back(number: signal.Signals) -> None:
    with Terminal(["-c", PROGRAM.format(evil="")]) as terminal:
        terminal.wait_for_text("lincoln")
        terminal.process.send_signal(number)
        code = terminal.wait_for_end()

    assert code == 1
    assert b"\x1b[?1049l" in terminal.raw
    assert b"Traceback" not in terminal.raw


def test_a_terminal_that_is_gone_ends_it_without_a_signal() -> None:
    with Terminal(["-c", PROGRAM.format(evil="")]) as terminal:
        terminal.wait_for_text("lincoln")
        terminal.hang_up()

        assert terminal.process.wait(timeout=15) == 1


@pytest.mark.parametrize(("no_color", "is_grey"), [({"NO_COLOR": "1"}, True), ({}, False)])
@pytest.mark.parametrize("width", [80, 110])
def test_without_colours_every_state_still_has_its_sign_and_word(
    no_color: dict[str, str], is_grey: bool, width: int
) -> None:
    environ = {"COLORTERM": "truecolor", **no_color}
    with Terminal(["-c", PLAIN], width=width, height=24, environ=environ) as terminal:
        terminal.wait_for_text("Healthy, just now")
        terminal.press("g")
        for text in STATES:  # in the list; where that is narrow, in the details of the row
            terminal.wait_for_text(text)
            terminal.press("j")
        terminal.press("q")
        terminal.wait_for_end()

    assert (_colours(bytes(terminal.raw)) == set()) == is_grey


def _colours(raw: bytes) -> set[bytes]:
    """Return the colours in a stream that are no grey."""
    found = re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", raw)
    return {b";".join(rgb) for rgb in found if len(set(rgb)) > 1}
