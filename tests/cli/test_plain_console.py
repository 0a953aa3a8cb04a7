"""`--plain`: one fact a line for screen readers and pipes, nothing that only eyes can read."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run
from integration_tui.cli.output import changed, speak, table

Call = Callable[..., str]
PROGRAM = (sys.executable, "-m", "integration_tui")
ONLY_FOR_EYES = re.compile(r"\S {2,}|\t|\r|\x1b|[─-◿✓✗→]")


@pytest.fixture
def call(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Call the program in this process, as a user with two integrations."""
    folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
    folder.mkdir(parents=True)
    (folder / "lincoln.yaml").write_text("name: lincoln\ntype: mock\n")
    revoked = "name: jefferson\ntype: mock\nauth: {kind: oauth2, revoked: true}\n"
    (folder / "jefferson.yaml").write_text(revoked)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def call(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["integration-tui", *words])
        run(show_console)
        return capsys.readouterr().out

    return call


def records(text: str) -> list[dict[str, str]]:
    return [
        dict(line.split(": ", 1) for line in record.splitlines())
        for record in text.strip().split("\n\n")
    ]


def test_a_record_is_a_fact_a_line_with_an_empty_line_between(call: Call) -> None:
    found = records(call("--plain", "health", "--once"))

    assert [found_one["name"] for found_one in found] == ["jefferson", "lincoln"]
    assert found[0]["status"] == "down"
    assert "revoked" in found[0]["problem"]
    assert found[1]["problem"] == "none"


def test_no_command_says_anything_that_only_eyes_can_read(call: Call) -> None:
    planned = re.search(r"^plan: (\w+)$", call("--plain", "sync", "plan", "lincoln"), re.MULTILINE)
    assert planned
    said = {
        words: call("--plain", *words.split())
        for words in (
            "provider list",
            "provider types",
            "provider show jefferson",
            "provider test jefferson",
            "doctor",
            f"sync apply lincoln --plan {planned[1]}",
            "sync list",
            "sync show 1",
            "roster find users",
            "roster show users 1",
            "audit list",
            "audit verify",
            "config history lincoln",
            "health lincoln",
            "health --window 6h",
            "sandbox --list",
            "demo --once",
        )
    }

    assert all(said.values())
    found = {
        words: line
        for words, text in said.items()
        for line in text.split("\n")
        if ONLY_FOR_EYES.search(line)
    }
    assert found == {}


def test_the_environment_asks_for_it_too_and_the_call_has_the_last_word(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = call("provider", "list")
    monkeypatch.setenv("INTEGRATION_PLAIN", "1")

    assert call("provider", "list").startswith("name: jefferson\n")
    assert call("--columns", "provider", "list") == columns
    assert json.loads(call("provider", "list", "--json"))
    monkeypatch.setenv("INTEGRATION_PLAIN", "0")
    assert call("provider", "list") == columns


def test_what_systems_say_cannot_make_up_facts(capsys: pytest.CaptureFixture[str]) -> None:
    speak(linear=True)
    try:
        table(("name", "note"), [("ana\nstatus: active", "\x1b[2J\u202e"), ("", None)])
        now = changed("a", "b")
    finally:
        speak(linear=False)

    lines = capsys.readouterr().out.splitlines()
    assert lines == ["name: ana␊status: active", "note: ␛[2J�", "", "name: none", "note: none"]
    assert now == "was a, now b"


@pytest.mark.parametrize("words", [["--plain"], []])
def test_on_a_terminal_nothing_is_coloured_and_in_lines_nothing_is_drawn_anew(
    words: list[str], call: Call, environ: dict[str, str]
) -> None:
    env = {**os.environ, **environ, "TERM": "xterm-256color", "NO_COLOR": "1"}
    reader, writer = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, *words, "sync", "plan", "lincoln"], env=env, stdout=writer, stderr=writer
    ):
        os.close(writer)
        said = b""
        while piece := _read(reader):
            said += piece
    os.close(reader)

    assert b"plan" in said
    assert not re.search(rb"\x1b\[[\d;]*m", said)
    if words:
        assert b"\x1b" not in said
        assert b"\r" not in said.replace(b"\r\n", b"")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end is closed
        return b""


def test_the_console_has_a_twin_that_tells_what_happens(
    call: Call, environ: dict[str, str]
) -> None:
    with subprocess.Popen(
        [*PROGRAM, "--plain"],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as twin:
        assert twin.stdout is not None
        assert twin.stderr is not None
        told = _up_to(twin.stdout, "name: lincoln")
        call("sync", "plan", "lincoln")
        news = _up_to(twin.stdout, " has a plan")
        call("provider", "stop", "lincoln")
        _up_to(twin.stdout, "lincoln: stopped")
        twin.send_signal(signal.SIGINT)
        narrated = twin.stderr.read()

    assert told[:2] == ["name: jefferson\n", "type: mock\n"]
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, run 1 of lincoln has a plan", news[-1])
    assert narrated.endswith("Stopped.\n")
    assert twin.returncode == 0


def _up_to(said: IO[str], wanted: str) -> list[str]:
    """Read lines until one has what is wanted."""
    lines = [said.readline()]
    while lines[-1] and wanted not in lines[-1]:
        lines.append(said.readline())
    return lines


def test_commands_are_read_from_standard_input(call: Call, environ: dict[str, str]) -> None:
    with subprocess.Popen(
        [*PROGRAM, "--plain"],
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as twin:
        assert twin.stdin is not None
        assert twin.stdout is not None

        def answered(typed: str, end: str) -> str:
            print(typed, file=twin.stdin, flush=True)
            assert twin.stdout is not None
            return "".join(_up_to(twin.stdout, end))

        _up_to(twin.stdout, "Type help")
        helped = answered("help", "quit:")
        planned = answered("plan lincoln", "sync apply lincoln")
        kept = answered("apply lincoln\nno", "Nothing changed.")
        applied = answered("apply lincoln\nyes", "sync undo 1")
        wrong = answered("aply lincoln\nplan\nplan nobody", "nobody")
        tested = answered("test jefferson", "connect:")
        status = answered("status", "name: lincoln")
        answered("quit", "Stopped.")

    assert "apply NAME: show the plan, ask, and apply it" in helped
    assert "effect: Creates 300 people, 1,160 enrollments" in planned
    assert "Apply plan" in kept
    assert "status: applied" in applied
    assert 'Unknown command "aply". Did you mean "apply"?' in wrong
    assert "plan needs the name of an integration: plan NAME" in wrong
    assert "result: failed" in tested
    assert "name: jefferson" in status
    assert twin.returncode == 0
    assert "status: applied" in call("--plain", "sync", "show", "1")


def test_the_end_of_input_ends_the_twin(call: Call, environ: dict[str, str]) -> None:
    done = subprocess.run(
        [*PROGRAM, "--plain"],
        env={**os.environ, **environ},
        input="help",
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0
    assert "quit: stop" in done.stdout
    assert done.stderr.endswith("Stopped.\n")
