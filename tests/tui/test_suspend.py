"""Ctrl-Z in a real shell, and where there is none."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.tui.fake_services import console, world
from tests.tui.pilot import running, seen, until
from tests.tui.terminal import Terminal

PROGRAM = "from tests.tui.fake_services import console, world; console(world()).run()"
BASH = ["--norc", "--noprofile", "-i"]
SHELL = {"PS1": "shell> ", "HISTFILE": "", "INPUTRC": "/dev/null"}
STOPPED = "[1]+  Stopped"  # what the shell says; "Stopped" alone is a state in the list


@contextmanager
def in_a_shell(tmp_path: Path, *, around: str = "") -> Generator[Terminal]:
    """Start the console as a person does: from a prompt."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    script = tmp_path / "script.sh"
    script.write_text(f"{sys.executable} {program}\necho ended\n", encoding="utf-8")
    environ = {**SHELL, "PYTHONPATH": str(Path(__file__).parents[2])}
    with Terminal(BASH, environ=environ, program="/bin/bash") as terminal:
        terminal.wait_for_text("shell>")
        terminal.press(f"{around} {script}\n" if around else f"{sys.executable} {program}\n")
        terminal.wait_for_text("lincoln")
        yield terminal


def wait_for_new(terminal: Terminal, *texts: str) -> None:
    """Wait until all this was written behind what is known: screens of before stay drawn."""
    known = len(terminal.raw)
    for text in texts:
        terminal.wait_for(lambda text=text: text.encode() in terminal.raw[known:])  # type: ignore[misc]  # bound early


def leave_and_look(terminal: Terminal) -> None:
    """Quit, and see that the shell can be used as before."""
    terminal.press("\x11")
    wait_for_new(terminal, "shell> ")
    terminal.press("stty -a | grep -o ' echo ' && echo so''und\n")
    wait_for_new(terminal, "sound")


@pytest.mark.parametrize(
    ("keys", "sign", "around"),
    [
        ("", "lincoln", ""),
        ("E", "Disable lincoln?", "sh"),
        ("/lin", "1 of 6", ""),
        ("?", "Keys:", ""),
    ],
    ids=["list", "dialog in a script", "field", "help"],
)
def test_it_is_suspended_and_comes_back(tmp_path: Path, keys: str, sign: str, around: str) -> None:
    with in_a_shell(tmp_path, around=around) as terminal:
        terminal.press(keys)
        terminal.wait_for_text(sign)
        terminal.press("\x1a")
        wait_for_new(terminal, STOPPED)
        terminal.press("echo al''ive\n")
        wait_for_new(terminal, "alive")
        terminal.press("fg\n")
        wait_for_new(terminal, "\x1b[?1049h", sign)

        leave_and_look(terminal)


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGTSTP])
def test_a_stop_from_outside_gives_the_terminal_back_too(
    tmp_path: Path, number: signal.Signals
) -> None:
    with in_a_shell(tmp_path) as terminal:
        shell = terminal.process.pid
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text(encoding="ascii")
        os.kill(int(children.split()[0]), number)
        wait_for_new(terminal, STOPPED)
        terminal.press("fg\n")
        wait_for_new(terminal, "\x1b[?1049h", "lincoln")

        leave_and_look(terminal)


def test_without_a_shell_it_goes_on_and_says_so() -> None:
    with Terminal(["-c", PROGRAM]) as terminal:
        terminal.wait_for_text("lincoln")
        terminal.press("\x1a")
        terminal.wait_for_text("No shell would bring the console back")
        terminal.press("q")

        assert terminal.wait_for_end() == 0


async def test_in_a_browser_it_does_nothing_and_says_so() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until(pilot, lambda: "lincoln" in seen(app))
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "suspends the console in a terminal only" in seen(app))

        assert app.is_running
