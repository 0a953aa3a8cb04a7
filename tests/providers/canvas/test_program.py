"""The program itself on a Canvas: tested, pulled, planned, and planned again."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run
from tests.providers.canvas.case_server import served


@dataclass(frozen=True)
class Answer:
    """How a call of the program ended."""

    code: int
    out: str
    err: str


Call = Callable[..., Awaitable[Answer]]


@pytest.fixture
def call(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Call the program in a thread, as a user who has a folder of their own."""
    for name, value in {**environ, "CANVAS_TOKEN": "canary-token"}.items():
        monkeypatch.setenv(name, value)

    async def call(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["integration-tui", *words])
        code = await asyncio.to_thread(run, show_console)
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return call


@pytest.fixture
def configure(environ: dict[str, str]) -> Callable[..., None]:
    """Write the configuration of a Canvas at an address."""
    folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"

    def configure(base: str, more: str = "sync: {way: listing}") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        text = f"name: canvas\ntype: canvas\nbase_url: {base}\n{more}\n"
        auth = "auth: {type: jwt, token: env:CANVAS_TOKEN}\nrate_limit: {requests: 1000}\n"
        (folder / "canvas.yaml").write_text(text + auth)

    return configure


async def test_a_roster_is_pulled_into_files(
    call: Call, configure: Callable[..., None], tmp_path: Path
) -> None:
    async with served("07") as server:
        configure(server.base)

        pulled = await call("roster", "pull", "canvas", "--out", str(tmp_path / "out"))

    assert pulled.code == 0, pulled
    rows = (tmp_path / "out" / "enrollments.csv").read_text().splitlines()
    assert len(rows) == 1 + 4  # a bulk file lists who is there
    facts = json.loads((tmp_path / "out" / "pull.json").read_text())
    assert "waits-for-person" in json.dumps(facts)


async def test_a_plan_is_applied_and_the_next_one_changes_nothing(
    call: Call, configure: Callable[..., None]
) -> None:
    async with served("07") as server:
        configure(server.base)

        first = await call("sync", "plan", "canvas", "--json")
        plan = json.loads(first.out)["run"]["plan_hash"][:12]
        applied = await call("sync", "apply", "canvas", "--plan", plan)
        planned = await call("sync", "plan", "canvas", "--json")

    assert (applied.code, planned.code) == (0, 0), applied
    listings = {one["collection"]: one for one in json.loads(planned.out)["listings"]}
    assert listings["users"]["records"] == 10
    assert {key: one["same"] for key, one in listings.items()} == {
        key: one["records"] for key, one in listings.items()
    }
    assert json.loads(planned.out)["changes"] == []


async def test_a_page_to_log_in_is_told_by_a_test_of_the_connection(
    call: Call, configure: Callable[..., None], tmp_path: Path
) -> None:
    async with served("11") as server:
        configure(server.base)

        tested = await call("provider", "test", "canvas")
        pulled = await call("roster", "pull", "canvas", "--out", str(tmp_path / "out"))

    assert tested.code == 1
    assert f"{server.base} answers with a web page to log in" in tested.out
    assert pulled.code == 1
    assert "answers with a web page to log in" in pulled.out + pulled.err


async def test_a_test_of_the_connection_orders_nothing(
    call: Call, configure: Callable[..., None]
) -> None:
    async with served("15") as server:
        configure(server.base, "sync: {way: report}")

        tested = await call("provider", "test", "canvas")

    assert tested.code == 0, tested
    assert not any("/reports/" in target for target in server.canvas.asked)
