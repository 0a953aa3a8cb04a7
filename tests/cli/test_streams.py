"""Terminals that take no UTF-8: ASCII signs, straight columns, and nothing lost in a pipe."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from integration_tui.cli.streams import IN_PIPE, ON_SCREEN, on_screen, register
from integration_tui.domain.text import cell_width
from tests.tui.terminal import Terminal

C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LATIN_1 = {"PYTHONIOENCODING": "iso8859-1"}
NAMES = (
    *(
        "Zoë",
        "Müller-Strauß",
        "Łukasz",
        "日本語",
        "شی\u200cرین",
        "👨\u200d👩\u200d👧",
        "❤\ufe0f",
        "e\u0301",
    ),
    *("ශ්\u200dරී ලංකා", "ക്\u200dഷ", "किरण", "👩🏽\u200d🚀"),
    "● active ▲ ✗ │─╭▁█ … → ␛",
)


@pytest.mark.parametrize("text", NAMES)
def test_a_twin_is_ascii_and_as_wide(text: str) -> None:
    assert on_screen(text).isascii()
    assert len(on_screen(text)) == cell_width(text) == cell_len(text)


@pytest.mark.parametrize(
    ("encoding", "name", "shown"),
    [
        ("ascii", ON_SCREEN, b"* Zoe - Lukasz ???"),
        ("latin-1", ON_SCREEN, b"* Zo\xeb - Lukasz ???"),
        ("ascii", IN_PIPE, b"* Zo\\xeb - \\u0141ukasz \\u4e2dx"),
    ],
)
def test_what_can_be_written_stays(encoding: str, name: str, shown: bytes) -> None:
    register()
    last = "中x" if name == IN_PIPE else "中?"

    assert f"● Zoë — Łukasz {last}".encode(encoding, name) == shown


@pytest.mark.parametrize("environ", [C_LOCALE, LATIN_1], ids=["C", "latin-1"])
def test_the_console_is_drawn_in_ascii_and_takes_every_key(
    environ: dict[str, str], tmp_path: Path
) -> None:
    arguments = ["-m", "integration_tui", "demo"]
    homes = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    with Terminal(arguments, width=120, environ={**environ, **homes}) as terminal:
        terminal.wait_for_text("* Healthy")
        terminal.press("/")
        terminal.wait_for_text("words, !word")
        terminal.press_bytes(b"l\xebi")  # no UTF-8
        terminal.wait_for(lambda: any(row.startswith(" l") for row in terminal.screen.display))
        terminal.press("\x11")

        assert terminal.wait_for_end() == 0
    raw = bytes(terminal.raw)
    assert b"\\u" not in raw
    assert b"\\x" not in raw
    assert b"does not support UTF-8" in raw
    assert b"Traceback" not in raw


@pytest.mark.parametrize("environ", [C_LOCALE, LATIN_1], ids=["C", "latin-1"])
def test_doctor_says_what_the_terminal_takes(environ: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "integration_tui", "doctor"],
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **environ},
        check=False,
    )

    assert b"signs are drawn in ASCII; LC_ALL=C.UTF-8 shows all letters" in done.stdout
