"""What is shown after a process was killed: nothing is active that nobody checks."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.context import CliContext
from integration_tui.cli.main import run
from tests.tui.fake_services import ADMIN
from tests.tui.pilot import lines, running, until_seen

DOCUMENTS = {
    "lincoln": "latency: {median_ms: 0}\nauth: {kind: none}\n",
    "jefferson": "latency: {median_ms: 30, distribution: constant}\nauth: {kind: none}\n"
    "health: {degraded_latency_ms: 5}\n",
    "madison": "scenario: down\nauth: {kind: none}\n",
}
INTERRUPTED = """
import asyncio, os, signal
from integration_tui.bootstrap import open_services
from integration_tui.domain.actor import Actor, Interface
from integration_tui.domain.events import RunChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.services.sync.runs import SyncRequest
from integration_tui.settings import load_settings

async def main():
    ana = Actor(name="ana", door=Interface.CLI, host="here")
    async with open_services(load_settings(environ=os.environ), actor=ana) as services:
        with services.events.subscribe(RunChanged) as changes:
            request = SyncRequest(integration_id=IntegrationId("lincoln"), applies=True)
            await services.sync.start(request, actor=ana)
            await changes.batch()
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


class Place:
    """A store that an engine was killed on, and the program called on it in this process."""

    def __init__(self, folder: Path) -> None:
        self.environ = {
            "INTEGRATION_CONFIG_DIR": str(folder / "config"),
            "INTEGRATION_DATA_DIR": str(folder / "data"),
        }
        self.store = folder / "data" / "integration-tui.db"
        documents = folder / "config" / "integrations"
        documents.mkdir(parents=True)
        for name, text in DOCUMENTS.items():
            (documents / f"{name}.yaml").write_text(f"name: {name}\ntype: mock\n{text}")

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *words],
            env={**os.environ, **self.environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Three integrations that an engine had checked before it was killed."""
    place = Place(tmp_path_factory.mktemp("killed"))
    with place.start("-m", "integration_tui", "run") as engine:
        assert engine.stdout
        waiting = {"lincoln  healthy", "jefferson  degraded", "madison  down"}
        while waiting:
            line = engine.stdout.readline()
            assert line, f"never came: {waiting}"
            waiting = {text for text in waiting if text not in line}
        engine.send_signal(signal.SIGKILL)
    return place


@pytest.fixture
def call(
    left: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    for name, value in left.environ.items():
        monkeypatch.setenv(name, value)

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["integration-tui", *words])
        code = run(show_console)
        return code, capsys.readouterr().out

    return call


Call = Callable[..., tuple[int, str]]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("health",), "Last checked"),
        (("--plain", "health"), "Last checked"),
        (("--readonly", "health"), "Last checked"),
        (("provider", "list"), "Last checked"),
        (("provider", "show", "lincoln"), "Last checked"),
        (("doctor",), "last checked"),
    ],
)
def test_no_command_calls_active_what_nobody_checks(
    call: Call, words: tuple[str, ...], says: str
) -> None:
    code, out = call(*words)

    assert code == 1
    about = "\n".join(line for line in out.splitlines() if "→" not in line)
    assert says in out
    assert "stopped" in about
    assert " healthy" not in about.split("BEFORE")[0]
    assert "was killed or crashed" in out


def test_programs_are_told_the_same(call: Call) -> None:
    _, out = call("health", "--json")

    found = {load["integration"]["id"]: load for load in json.loads(out)}
    assert {name: one["integration"]["status"] for name, one in found.items()} == {
        "lincoln": "inactive",
        "jefferson": "inactive",
        "madison": "error",
    }
    assert not any(found_one["is_checked"] for found_one in found.values())
    assert all("last checked" in found_one["reason"] for found_one in found.values())
    assert found["madison"]["integration"]["next_attempt_at"] is None


def test_the_figures_are_of_what_was_checked(call: Call) -> None:
    _, out = call("provider", "list")

    assert "100.0% of " in out


def test_asking_writes_nothing(call: Call, left: Place) -> None:
    def state() -> dict[str, tuple[int, int]]:
        found = {path.name: path.stat() for path in left.store.parent.glob("*.lock")}
        return {name: (one.st_mtime_ns, one.st_size) for name, one in found.items()}

    before = state()

    for words in (("health",), ("provider", "list"), ("doctor",), ("sync", "list")):
        call(*words)

    assert before
    assert state() == before


def test_the_first_frame_does_not_show_them_as_active(left: Place) -> None:
    session = CliContext(show=show_console, store=str(left.store))

    seen = {overview.integration.id: overview for overview in session.last_seen()}

    assert {name: one.integration.status.value for name, one in seen.items()} == {
        "lincoln": "inactive",
        "jefferson": "inactive",
        "madison": "error",
    }
    assert all("last checked" in overview.reason for overview in seen.values())


async def test_the_console_does_not_show_them_as_active(left: Place) -> None:
    from integration_tui.bootstrap import open_services
    from integration_tui.settings import load_settings
    from integration_tui.tui.app import ConsoleApp

    settings = load_settings(environ=left.environ)
    app = ConsoleApp(lambda: open_services(settings, actor=ADMIN), actor=ADMIN)
    async with running(app, width=200, height=40) as pilot:
        await until_seen(pilot, "lincoln")
        await until_seen(pilot, "Last checked")
        await until_seen(pilot, "no engine running: nothing is checked")
        await until_seen(pilot, "○ Stopped     lincoln")
        assert "● Healthy" not in "\n".join(lines(app))
        await pilot.press("2")
        await until_seen(pilot, "no engine running: nothing is checked")
        await until_seen(pilot, "○  lincoln")
        assert "●" not in "\n".join(lines(app))


def test_a_check_made_since_is_how_it_stands(call: Call) -> None:
    code, out = call("health", "--once")

    assert code == 1  # one of them is down
    assert "lincoln    mock  healthy" in out
    assert "Slow: " in out  # why the other one is degraded


def test_a_run_whose_process_was_killed_is_interrupted(left: Place, call: Call) -> None:
    with left.start("-c", INTERRUPTED) as worker:
        worker.communicate(timeout=60)
        assert worker.returncode == -signal.SIGKILL

    _, listed = call("sync", "list")
    _, described = call("sync", "list", "--json")
    code, shown = call("sync", "show", "1", "--json")
    _, read_only = call("--readonly", "sync", "list", "--json")

    assert "interrupted" in listed
    assert "sync resume lincoln" in listed
    (found,) = json.loads(described)
    assert found["status"] == "interrupted"
    assert "sync resume lincoln" in found["advice"]
    assert (code, json.loads(shown)["run"]["status"]) == (1, "interrupted")
    assert json.loads(read_only) == [found]


def test_an_engine_that_was_stopped_leaves_nothing_active(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with place.start("-m", "integration_tui", "run") as engine:
        assert engine.stdout
        while "lincoln  healthy" not in engine.stdout.readline():
            pass
        engine.send_signal(signal.SIGTERM)
        engine.communicate(timeout=30)
        assert engine.returncode == 0

    with place.start("-m", "integration_tui", "provider", "list") as listing:
        out, _ = listing.communicate(timeout=30)
        assert listing.returncode == 1

    assert "healthy" not in out
    assert "Last checked" in out
    assert "no engine running" in out
