"""Roster data that leave as JSON are recorded, and are not for somebody who may only look."""

import json
from collections.abc import AsyncGenerator

import pytest

from tests.cli.sync_fixtures import Program, programmed


@pytest.fixture
async def program(
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> AsyncGenerator[Program]:
    async with programmed(environ, monkeypatch, capsys) as one:
        await one.synced()
        yield one


async def test_what_leaves_as_data_is_recorded_and_what_is_shown_is_not(program: Program) -> None:
    found = await program.call("roster", "find", "users", "Family3", "--json")
    record_id = found.json["records"][0]["id"]
    await program.call("roster", "find", "users", "Family3")
    await program.call("roster", "show", "users", f"{record_id}", "--json")
    await program.call("sync", "conflicts", "--json")
    await program.call("mapping", "review", "--json")
    await program.call("sync", "show", "1", "--json")
    await program.call("sync", "show", "1", "--json", "--kind", "create")

    log = await program.call("audit", "list", "action=roster.export", "--json")

    exported = [(entry["act"]["object"], entry["act"]["detail"]) for entry in log.json]
    assert exported[::-1] == [
        ("users", "up to 50 records as JSON"),
        (f"users/{record_id}", "as JSON"),
        ("conflicts", "as JSON"),
        ("matches", "as JSON"),
        ("plan", "the plan of run 1 as JSON"),
    ]
    assert "Family3" not in json.dumps(log.json)


async def test_who_may_only_look_sees_records_and_takes_none_along(program: Program) -> None:
    shown = await program.call("--readonly", "roster", "find", "users", "Family3")
    taken = await program.call("--readonly", "roster", "find", "users", "Family3", "--json")

    assert (shown.code, taken.code) == (0, 2)
    assert "Family3" in shown.out
    assert (taken.out, "--readonly" in taken.err) == ("", True)
