"""In a real terminal: nothing that a provider says gets into the stream as it is."""

from __future__ import annotations

import re
import signal

import pytest

from tests.tui.terminal import Terminal

PROGRAM = """
from tests.tui.standin import console, world
EVIL = {evil!r}
app = console(world(lambda said: EVIL + said), title=EVIL)
app.run()
raise SystemExit(app.return_code or 0)
"""
PLAIN = "from tests.tui.standin import console, world; console(world()).run()"
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


def test_no_injected_byte_reaches_the_terminal() -> None:
    with Terminal(["-c", PROGRAM.format(evil=EVIL)], width=180) as terminal:
        terminal.wait_for_text("washington")
        for keys, sign in (
            ("c", "is healthy"),
            ("2", "p95"),
            ("3", "[/x]"),
            ("4", "approval"),
            ("5", "250"),
            ("7", "Entry"),
        ):
            terminal.press(keys)
            terminal.wait_for_text(sign)
        terminal.press("\r")
        terminal.wait_for_text("Entry 3")
        terminal.press("hq")
        code = terminal.wait_for_end()

    assert code == 0
    raw = re.sub(rb"\x1b\]22;[a-z-]*\x07", b"", bytes(terminal.raw))  # Textual's mouse pointer
    assert [one for one in INJECTED if one in raw] == []
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


@pytest.mark.parametrize(("no_color", "is_grey"), [({"NO_COLOR": "1"}, True), ({}, False)])
def test_without_colours_every_state_still_has_its_sign_and_word(
    no_color: dict[str, str], is_grey: bool
) -> None:
    environ = {"COLORTERM": "truecolor", **no_color}
    with Terminal(["-c", PLAIN], width=80, height=24, environ=environ) as terminal:
        for text in ("● active", "▲ degraded", "✗ error", "○ inactive", "⊘ disabled"):
            terminal.wait_for_text(text)
        terminal.press("q")
        terminal.wait_for_end()

    assert (_colours(bytes(terminal.raw)) == set()) == is_grey


def _colours(raw: bytes) -> set[bytes]:
    """Return the colours in a stream that are no grey."""
    found = re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", raw)
    return {b";".join(rgb) for rgb in found if len(set(rgb)) > 1}
