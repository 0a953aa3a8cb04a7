"""`sync` as its users call it, against a server on loopback."""

import asyncio
import os
import pty
import re
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from integration_tui.domain.roster import Collection
from integration_tui.sandbox.faults import Fault, FaultRule
from tests.cli.sync_fixtures import Program, programmed
from tests.services.sync.fixtures import seat, user


@pytest.fixture
async def program(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AsyncGenerator[Program]:
    async with programmed(environ, monkeypatch, capsys) as one:
        yield one


async def test_a_plan_is_shown_with_what_to_type_next(program: Program) -> None:
    answer = await program.sync("plan", "sis")

    lines = [line.split() for line in answer.out.splitlines()]
    assert answer.code == 0
    assert ["users", "42", "0", "0", "0", "42", "0", "0"] in lines
    assert "users: 42 records, complete" in answer.err
    assert f"integration-tui sync apply sis --plan {answer.plan}" in answer.err
    assert "first plan of this integration" in answer.out


async def test_a_plan_is_json_where_asked_for(program: Program) -> None:
    answer = await program.sync("plan", "sis", "--json")

    assert answer.json["run"]["status"] == "planned"
    users = next(value for value in answer.json["listings"] if value["collection"] == "users")
    assert users["counts"] == {"create": 42}


async def test_a_transfer_is_shown_as_one(program: Program) -> None:
    await program.synced()
    file = program.config / "sis.yaml"
    file.write_text(file.read_text().replace("sync: {", "sync: {match: {relink: same_person}, "))
    program.district.leave("u0000")
    program.district.put(Collection.USERS, user(0, sourced_id="n0000", school=2))

    shown = await program.sync("plan", "sis")
    listed = await program.sync("plan", "sis", "--json")

    assert "1 transfer from one school to another" in shown.out
    assert "transfer from School 1 to School 2" in shown.out
    assert [
        value["transfer"] for value in listed.json["changes"] if value["collection"] == "users"
    ] == ["transfer from School 1 to School 2"]
    users = next(value for value in listed.json["listings"] if value["collection"] == "users")
    assert (users["transfers"], users["counts"]) == (1, {"relink": 1})


async def test_without_a_terminal_a_plan_is_applied_by_its_hash_only(program: Program) -> None:
    planned = await program.sync("plan", "sis")

    unnamed = await program.sync("apply", "sis")
    other = await program.sync("apply", "sis", "--plan", "0" * 12)
    named = await program.sync("apply", "sis", "--plan", planned.plan)

    assert (unnamed.code, other.code, named.code) == (2, 1, 0)
    assert f"sync apply sis --plan {planned.plan}" in unnamed.err
    assert "applied" in named.out


async def test_a_held_plan_is_approved_with_its_number_and_a_reason(program: Program) -> None:
    planned = await program.held()
    words = ("sis", "--plan", planned.plan)

    refused = await program.sync("apply", *words)
    wrong = await program.sync("approve", *words, "--deactivations", "1", "--reason", "moved")
    right = await program.sync("approve", *words, "--deactivations", "40", "--reason", "moved")
    shown = await program.sync("show", "2")
    applied = await program.sync("apply", *words)

    assert (planned.code, refused.code, wrong.code) == (1, 1, 2)
    assert "20 of 42 people missing from source (48%, limit 10%)" in planned.out
    assert f"--plan {planned.plan} --deactivations 40 --reason WHY" in planned.err
    assert "deactivates 40 records, not 1" in wrong.err
    assert re.search(r"approved by \S+ until \d\d:\d\d", shown.out)
    assert f"apply sis --plan {planned.plan}" in shown.err
    assert "approve sis" not in shown.err
    assert (right.code, applied.code) == (0, 0), applied


async def test_it_can_be_applied_without_deactivations(program: Program) -> None:
    planned = await program.held()

    applied = await program.sync("apply", "sis", "--plan", planned.plan, "--without-deactivations")

    assert applied.code == 0
    assert "this run deactivates nobody" in applied.out
    assert f"apply sis --plan {planned.plan} --without-deactivations" in planned.err


async def test_run_applies_what_nothing_speaks_against(program: Program) -> None:
    first = await program.sync("run", "sis")
    await program.sync("cancel", "sis")
    await program.synced()
    program.district.change(Collection.USERS, "u0001", family_name="Other")

    second = await program.sync("run", "sis", "--since-last")

    assert (first.code, second.code) == (1, 0), second
    assert "first plan" in first.out
    assert "applied" in second.out


async def test_runs_are_listed_and_shown(program: Program) -> None:
    await program.held()

    listed = await program.sync("list", "sis")
    shown = await program.sync("show", "2")
    unknown = await program.sync("show", "99")
    no_such = await program.sync("list", "nobody")

    rows = [line.split()[:4] for line in listed.out.splitlines()]
    assert rows[1:] == [["2", "sis", "full", "held"], ["1", "sis", "full", "applied"]]
    assert (shown.code, unknown.code, no_such.code) == (1, 2, 2)
    assert "sync approve sis" in shown.err


@pytest.mark.parametrize("step", ["apply", "pause", "resume", "cancel"])
async def test_where_nothing_waits_there_is_nothing_to_do(program: Program, step: str) -> None:
    answer = await program.sync(step, "sis")

    assert answer.code == 2
    assert "sync plan sis" in answer.err


async def test_one_person_can_be_synced_alone(program: Program) -> None:
    await program.synced()
    program.district.change(Collection.USERS, "u0001", family_name="Other")
    program.district.change(Collection.USERS, "u0002", family_name="Another")

    found = await program.sync("plan", "sis", "--user", "u0001", "--json")
    none = await program.sync("plan", "sis", "--user", "nobody")
    both = await program.sync("plan", "sis", "--user", "u0001", "--org", "s1")

    assert found.json["run"]["scope"] == {"collection": "users", "sourced_id": "u0001"}
    assert found.json["listings"][0]["counts"] == {"update": 1}
    assert (found.code, none.code, both.code) == (0, 1, 2)
    assert "no record with this ID" in none.err


async def test_an_applied_run_is_taken_back_by_a_plan(program: Program) -> None:
    await program.synced()
    program.district.change(Collection.USERS, "u0001", family_name="Other")
    planned = await program.sync("plan", "sis")
    await program.sync("apply", "sis", "--plan", planned.plan)

    undone = await program.sync("undo", "2")

    assert undone.code in {0, 1}
    assert "undo of run 2" in undone.out
    assert undone.plan in undone.err


async def test_who_may_only_look_may_not_plan(program: Program) -> None:
    await program.synced()

    listing = await program.call("--readonly", "sync", "list")
    planning = await program.call("--readonly", "sync", "plan", "sis")

    assert (listing.code, planning.code) == (0, 2)
    assert "has read-only access" in planning.err


async def test_ctrl_c_pauses_a_run_that_can_be_resumed(program: Program) -> None:
    program.sandbox.faults.play(
        FaultRule(fault=Fault.SLOW, path="*/enrollments", times=1, delay_s=2),
    )
    child = await program.start("sync", "plan", "sis")
    assert child.stderr is not None
    async with asyncio.timeout(20):
        while not (await child.stderr.readline()).startswith(b"users:"):
            pass

    child.send_signal(signal.SIGINT)
    async with asyncio.timeout(20):
        _, err = await child.communicate()
    resumed = await program.sync("resume", "sis")

    assert child.returncode == 1
    assert b"Pausing at the next batch" in err
    assert b"integration-tui sync resume sis" in err
    assert b"Traceback" not in err
    assert (resumed.code, "planned" in resumed.out) == (0, True)


async def test_on_a_terminal_it_is_shown_and_asked_for(program: Program) -> None:
    await program.sync("plan", "sis")

    no, shown = await _answered(program, b"\n")
    yes, _ = await _answered(program, b"y\n")

    assert (no, yes) == (1, 0)
    assert "[y/N]" in shown
    assert "Nothing changed." in shown


async def _answered(program: Program, answer: bytes) -> tuple[int, str]:
    ours, theirs = pty.openpty()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "integration_tui", "sync", "apply", "sis",
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, answer)
    seen = bytearray()
    loop = asyncio.get_running_loop()
    loop.add_reader(ours, lambda: seen.extend(_read(ours)))
    async with asyncio.timeout(30):
        code = await child.wait()
    loop.remove_reader(ours)
    seen.extend(_read(ours))
    os.close(ours)
    return code, seen.decode()


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 65_536)
    except OSError:  # Linux says so when the other end is closed
        return b""


async def conflict(program: Program) -> str:
    """Have both sides change one address, and return our id of whose it is."""
    await program.synced()
    found = await program.call("mapping", "find", "sis", "users", "u0001")
    edited = await program.call(
        "roster", "edit", "users", found.out.strip(), "email", "ours@example.org"
    )
    assert edited.code == 0, edited
    program.district.change(Collection.USERS, "u0001", email="theirs@example.org")
    planned = await program.sync("plan", "sis")
    await program.sync("apply", "sis", "--plan", planned.plan)
    return found.out.strip()


async def test_a_conflict_is_listed_and_settled(program: Program) -> None:
    id_ = await conflict(program)

    listed = await program.sync("conflicts", "sis")
    number = listed.out.splitlines()[1].split()[0]
    settled = await program.sync("settle", number, "--side", "theirs")
    rest = await program.sync("conflicts")
    shown = await program.call("roster", "show", "users", id_, "--json")
    reopened = await program.sync("reopen", number)

    assert (listed.code, settled.code, rest.code, reopened.code) == (1, 0, 0, 0)
    assert "ours@example.org" in listed.out
    assert "theirs@example.org" in listed.out
    assert shown.json["fields"]["email"] == "theirs@example.org"


async def test_all_conflicts_of_a_field_are_settled_at_once(program: Program) -> None:
    await conflict(program)
    words = ("settle", "--side", "ours")

    neither = await program.sync(*words)
    no_field = await program.sync(*words, "--all", "sis", "--field", "email")
    settled = await program.sync(*words, "--all", "sis", "--field", "users.email")

    assert (neither.code, no_field.code, settled.code) == (2, 2, 0)
    assert "users.email" in no_field.err
    assert "1 conflict resolved: local value kept" in settled.err


async def test_what_cannot_be_taken_is_counted_named_and_ends_with_one(program: Program) -> None:
    program.district.put(Collection.ENROLLMENTS, seat(7777, "nobody", 1))
    program.district.put(Collection.USERS, user(800, sourced_id="x" * 1_001))

    planned = await program.sync("plan", "sis")
    applied = await program.sync("apply", "sis", "--plan", planned.plan)
    shown = await program.sync("show", "1", "--json")
    listed = await program.sync("quarantine", "sis")

    assert ["users", "42", "1", "0"] in [line.split()[:4] for line in planned.out.splitlines()]
    assert (planned.code, applied.code, listed.code) == (1, 1, 1)
    assert "1 person and 1 enrollment quarantined" in planned.err
    counts = {
        value["collection"]: (value["records"], value["quarantined"], value["duplicates"])
        for value in shown.json["listings"]
    }
    assert counts["users"] == (42, 1, 0)
    assert counts["enrollments"] == (42, 1, 0)
    assert "e7777" in listed.out
    assert "xxxxxxxxxx" in listed.out


async def test_a_report_shows_how_rows_were_counted_and_what_was_lost(program: Program) -> None:
    program.district.put(Collection.USERS, user(800, sourced_id="x" * 1_001), user(801))
    await program.sync("plan", "sis")

    shown = await program.sync("report", "sis")
    told = await program.sync("report", "1", "--json")
    nobody = await program.sync("report", "nowhere")

    users = next(value for value in told.json["listings"] if value["collection"] == "users")
    assert (users["records"] + users["quarantined"], users["duplicates"]) == (44, 0)
    assert ["users", f"{users['records']}", f"{users['quarantined']}", "0"] in [
        line.split()[:4] for line in shown.out.splitlines()
    ]
    for finding in told.json["findings"]:
        assert f"{finding['collection']}, {finding['rule']}" in shown.out
    assert (shown.code, told.code, nobody.code) == (0, 0, 2)


async def test_records_are_found_shown_edited_and_pinned(program: Program) -> None:
    await program.synced()

    found = await program.call("roster", "find", "users", "Family7", "--json")
    id_ = f"{found.json['records'][0]['id']}"
    pinned = await program.call("roster", "pin", "users", id_)
    edited = await program.call("roster", "edit", "users", id_, "phone", "555", "--reason", "asked")
    shown = await program.call("roster", "show", "users", id_)
    none = await program.call("roster", "find", "users", "nobody")
    refused = await program.call("roster", "edit", "users", id_, "shoe_size", "44")

    assert (pinned.code, edited.code, shown.code, none.code, refused.code) == (0, 0, 0, 1, 2)
    assert "pinned" in shown.out
    assert "555" in shown.out
    assert "asked" in shown.out
    assert "u0007" in shown.out


async def test_a_plan_shows_what_changes_field_by_field(program: Program) -> None:
    await program.synced()
    program.district.change(Collection.USERS, "u0001", family_name="\x1b[31mOther\u202e\nheld  x")
    program.district.change(Collection.USERS, "u0002", phone="555")

    shown = await program.sync("plan", "sis", "--samples", "1")
    listed = await program.sync("show", "2", "--kind", "update")
    none = await program.sync("show", "2", "--samples", "0")
    all_ = await program.sync("show", "2", "--json")

    assert "users, update: 2" in shown.out
    assert "family_name           Family1 -> ␛[31mOther�␊held  x" in shown.out
    assert "u0002" not in shown.out
    assert "phone                 - -> 555" in listed.out
    assert "u0001" not in none.out
    assert {value["external_id"] for value in all_.json["changes"]} == {"u0001", "u0002"}
    assert {value["percent"] for value in all_.json["scores"]} <= set(range(101))


async def test_what_is_wrong_at_the_source_is_written_for_who_keeps_it(
    program: Program, tmp_path: Path
) -> None:
    program.district.change(Collection.USERS, "u0001", email="nowhere")
    planned = await program.sync("plan", "sis")
    path = tmp_path / "findings.csv"

    written = await program.sync("report", "1", "--out", str(path))
    again = await program.sync("report", "1", "--out", str(path))
    over = await program.sync("report", "1", "--out", str(path), "--replace")

    assert "users-email" in planned.out
    assert (written.code, again.code, over.code) == (0, 2, 0), written
    assert written.out.strip() == str(path)
    assert "u0001" in path.read_text()
    assert re.search(r"^Quality of users by run, newest last: \d+$", written.err, re.MULTILINE)
