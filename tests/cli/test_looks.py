"""Commands that only look load nothing heavy, and miss nothing for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run
from integration_tui.settings import Settings
from tests.stores import lay_store

HEAVY = {
    "aiosqlite",
    "alembic",
    "croniter",
    "httpx",
    "pydantic",
    "ruamel",
    "sqlalchemy",
    "structlog",
    "textual",
    "integration_tui.engine.connectors.pool",
    "integration_tui.engine.health.monitor",
    "integration_tui.engine.sync.worker",
}
LOOKS = (
    "provider list",
    "provider show lincoln",
    "health",
    "health lincoln",
    "health --window 1h",
    "audit list",
    "audit list --actor ana words",
    "audit verify",
    "config show lincoln",
    "config history lincoln",
    "config diff lincoln 1 1",
    "messages list",
    "sync list",
    "sync show 1",
    "sync report lincoln",
    "sync conflicts",
    "sync quarantine lincoln",
    "mapping of users 1",
    "mapping find lincoln users u1",
    "mapping review",
    "roster find users",
    "roster find users lovelace",
    "roster show users 1",
)
EACH = """
import contextlib, io, sys
from integration_tui.__main__ import show_console
from integration_tui.cli.main import run

for command in {commands!r}:
    sys.argv = ["integration-tui", *command.split()]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        run(show_console)
    if found := {heavy!r} & set(sys.modules):
        sys.exit(f"{{command}} loads {{found}}")
"""
Call = Callable[..., tuple[int, str]]
DOCUMENT = "name: lincoln\ntype: mock\n"


@pytest.fixture
def call(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Call the program in this process, as a user who has a folder of their own."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def call(*words: str) -> tuple[int, str]:
        code = run(show_console, words=words)
        return code, capsys.readouterr().out

    return call


@pytest.fixture
def file(settings: Settings, call: Call) -> Path:
    """The file of an integration that was brought in."""
    lay_store(settings)
    path = settings.integrations_dir / "lincoln.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(DOCUMENT)
    call("provider", "list")
    return path


@pytest.mark.usefixtures("file")
def test_what_only_looks_loads_nothing_heavy() -> None:
    code = EACH.format(commands=LOOKS, heavy=HEAVY)

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_look_brings_in_a_file_that_was_changed(file: Path, call: Call) -> None:
    file.write_text(f"{DOCUMENT}title: Lincoln\n")

    call("messages", "list")
    _, out = call("config", "history", "lincoln")

    assert "lincoln.yaml was changed" in out


def test_a_look_registers_a_new_file_and_says_what_is_wrong_with_another(
    file: Path, call: Call
) -> None:
    file.with_name("jefferson.yaml").write_text("name: jefferson\ntype: mock\n")
    file.with_name("roosevelt.yaml").write_text("name: roosevelt\ntype: moc\n")

    code, out = call("provider", "list")

    assert code == 1
    assert [line.split()[0] for line in out.splitlines()[1:]] == [
        "jefferson",
        "lincoln",
        "roosevelt",
    ]
    assert "roosevelt.yaml" in out


def test_who_may_only_look_leaves_a_changed_file_alone(file: Path, call: Call) -> None:
    file.write_text(f"{DOCUMENT}title: Lincoln\n")

    call("--readonly", "provider", "list")
    _, out = call("--readonly", "config", "history", "lincoln")

    assert "lincoln.yaml was changed" not in out
