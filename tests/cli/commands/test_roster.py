"""`roster` as its users call it, against a server on loopback.

Where it is killed, stopped or watched it is a program of its own; otherwise it runs in a thread.
"""

import asyncio
import ctypes
import json
import os
import pty
import random
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run
from integration_tui.sandbox.faults import Fault, FaultRule
from tests.services.export_fixtures import SECRET, Served, served

QUICK_S = 30.0


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@dataclass
class Program:
    """The program with an environment of its own, and the server that it reads."""

    server: Served
    out: Path
    patch: pytest.MonkeyPatch
    printed: pytest.CaptureFixture[str]

    async def start(
        self, *words: str, stderr: int = asyncio.subprocess.PIPE
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "integration_tui",
            *words,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
        )

    async def call(self, *words: str) -> Answer:
        self.patch.setattr(sys, "argv", ["integration-tui", *words])
        code = await asyncio.to_thread(run, show_console)
        printed = self.printed.readouterr()
        return Answer(code, printed.out, printed.err)

    async def pull(self, *words: str) -> Answer:
        return await self.call("roster", "pull", "sis", "--out", str(self.out), *words)

    async def until_it_hangs(self) -> asyncio.subprocess.Process:
        """Start a pull, and return when it waits for a page of users that does not come."""
        self.server.sandbox.faults.play(
            FaultRule(fault=Fault.SLOW, path="*/users", offset=100, times=None, delay_s=600)
        )
        child = await self.start("roster", "pull", "sis", "--out", str(self.out))
        users = self.out / "users.csv"
        await until(lambda: self.server.sandbox.faults.struck() == [1] and users.exists())
        return child


async def ended(child: asyncio.subprocess.Process) -> Answer:
    async with asyncio.timeout(30):
        try:
            out, err = await child.communicate()
        except asyncio.CancelledError:
            child.kill()
            raise
    return Answer(child.returncode or 0, out.decode(), (err or b"").decode())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(QUICK_S):
        while not condition():  # noqa: ASYNC110 - files tell nobody that they are there
            await asyncio.sleep(0.01)


@pytest.fixture
async def program(
    environ: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> AsyncGenerator[Program]:
    for name, value in {**environ, "SIS_SECRET": SECRET}.items():
        monkeypatch.setenv(name, value)
    async with served() as server:
        server.write(
            Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations",
            "sync: {page_size: 50, ahead: 0}",
        )
        yield Program(server, tmp_path / "out", monkeypatch, capsys)


async def test_a_pull_tells_each_collection_and_ends_with_a_table(program: Program) -> None:
    answer = await program.pull()

    assert answer.code == 0
    assert answer.out.splitlines()[0].split() == [
        "COLLECTION",
        "RECORDS",
        "QUARANTINED",
        "DUPLICATES",
        "COMPLETE",
    ]
    assert "users              300      0            0           yes" in answer.out
    assert "users: 300 records, complete\n" in answer.err
    assert f"complete, in {program.out}" in answer.err
    assert not (program.out / "INCOMPLETE.txt").exists()


async def test_its_outcome_is_json_where_asked_for(program: Program) -> None:
    answer = await program.pull("--json", "--format", "jsonl", "--collection", "users")

    found = json.loads(answer.out)
    assert found["complete"] is True
    (users,) = found["outcome"]["collections"]
    assert (users["collection"], users["records"]) == ("users", 300)
    assert len((program.out / "users.jsonl").read_text().splitlines()) == 300


async def test_what_is_missing_is_told_by_sentence_and_exit_code(program: Program) -> None:
    program.server.sandbox.faults.play(
        FaultRule(fault=Fault.STATUS, status=503, path="*/users", times=None)
    )

    answer = await program.pull()

    assert answer.code == 1
    assert "users              0        0            0           no" in answer.out
    assert "503" in answer.err
    assert "INCOMPLETE" in answer.err
    assert SECRET not in answer.out + answer.err


@pytest.mark.parametrize(
    "words",
    [
        ("--since", "yesterday"),
        ("--since", "last"),
        ("--since", "2999-01-01"),
        ("--collection", "pupils"),
        ("--zip", "--format", "jsonl"),
        ("--oneroster", "2.0"),
    ],
    ids=" ".join,
)
async def test_bad_usage_is_told_and_writes_nothing(
    program: Program, words: tuple[str, ...]
) -> None:
    answer = await program.pull(*words)

    assert answer.code == 2
    assert answer.err
    assert "Traceback" not in answer.err
    assert not program.out.exists()


async def test_killed_in_the_middle_the_folder_says_incomplete_and_can_be_used_again(
    program: Program,
) -> None:
    child = await program.until_it_hangs()

    child.kill()
    await ended(child)
    note = (program.out / "INCOMPLETE.txt").read_text()
    is_finished = (program.out / "manifest.csv").exists()
    program.server.sandbox.faults.play()
    again = await program.pull()

    assert note.startswith("INCOMPLETE\n")
    assert "roster pull sis" in note
    assert not is_finished
    assert again.code == 0
    assert not (program.out / "INCOMPLETE.txt").exists()
    assert (program.out / "manifest.csv").exists()


async def test_killed_at_any_moment_a_folder_without_the_note_is_whole(program: Program) -> None:
    chance = random.Random(20_261_102)  # noqa: S311 - which moments, not a secret

    for _ in range(3):
        child = await program.start("roster", "pull", "sis", "--out", str(program.out))
        wait = asyncio.create_task(child.wait())
        await asyncio.wait((wait,), timeout=chance.uniform(0.7, 2.5))
        if not wait.done():
            child.send_signal(signal.SIGKILL)
        await ended(child)

        names = {path.name for path in program.out.iterdir()} if program.out.exists() else set()
        if names and "INCOMPLETE.txt" not in names:
            checked = await program.call("roster", "check", str(program.out), "--json")
            report = json.loads(checked.out)
            assert checked.code == 0
            assert {
                value["records"] for value in report["files"] if value["file"] == "users.csv"
            } == {300}


async def test_ctrl_c_ends_it_at_once_and_says_so(program: Program) -> None:
    child = await program.until_it_hangs()

    child.send_signal(signal.SIGINT)
    answer = await ended(child)  # the page that it waits for comes much later

    assert answer.code == 1
    assert "stopped" in answer.err
    assert "Traceback" not in answer.err
    assert (program.out / "INCOMPLETE.txt").exists()
    audit = await program.call("audit", "list", "--json")
    assert "stopped manually" in audit.out


@pytest.mark.skipif(sys.platform != "linux", reason="a thread of another process is named")
async def test_ctrl_c_is_heard_too_where_the_system_tells_another_thread(program: Program) -> None:
    child = await program.until_it_hangs()
    threads = {int(path.name) for path in Path(f"/proc/{child.pid}/task").iterdir()}
    other = max(threads - {child.pid})

    # So the thread that waits is not woken, as it is not when it only begins to wait just now.
    ctypes.CDLL(None).tgkill(child.pid, other, signal.SIGINT)
    answer = await ended(child)

    assert answer.code == 1
    assert "stopped" in answer.err
    assert "Traceback" not in answer.err


@contextmanager
def terminal() -> Generator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    try:
        yield ours, theirs
    finally:
        os.close(ours)


async def test_on_a_terminal_a_bar_shows_how_far_it_is(program: Program) -> None:
    with terminal() as (ours, theirs):
        seen = bytearray()
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, lambda: seen.extend(read(ours)))
        child = await program.start(
            "roster", "pull", "sis", "--out", str(program.out), stderr=theirs
        )
        os.close(theirs)
        answer = await ended(child)
        await until(lambda: b"complete, in" in seen)
        loop.remove_reader(ours)

    shown = seen.decode()
    assert answer.code == 0
    assert "users" in shown
    assert "300/300" in shown
    assert "users: 300 records, complete" in shown


def read(handle: int) -> bytes:
    try:
        return os.read(handle, 65_536)
    except OSError:  # Linux says so when the other end is closed
        return b""


async def test_files_are_checked_and_findings_have_file_and_line(program: Program) -> None:
    await program.pull()
    users = program.out / "users.csv"
    fine = await program.call("roster", "check", str(program.out))
    rows = users.read_bytes().split(b"\r\n")
    rows[2] = b'"",' + rows[2].partition(b",")[2]
    users.write_bytes(b"\r\n".join(rows))

    bad = await program.call("roster", "check", str(program.out))

    assert (fine.code, bad.code) == (0, 1)
    assert "users.csv" in fine.out
    assert "users.csv:3" in bad.err


async def test_a_check_counts_whoever_shares_an_id_as_put_aside(
    program: Program, tmp_path: Path
) -> None:
    header = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
    rows = (
        "1.00235E+11,,,One,school,,\n1.00235E+11,,,Two,school,,\nb,,,B,school,,\nb,,,B,school,,\n"
    )
    (tmp_path / "orgs.csv").write_text(header + rows)
    (tmp_path / "manifest.csv").write_text(
        "propertyName,value\noneroster.version,1.2\nfile.orgs,bulk\n"
    )

    answer = await program.call("roster", "check", str(tmp_path))
    told = await program.call("roster", "check", str(tmp_path), "--json")

    assert (answer.code, told.code) == (1, 1)
    (counts,) = [row.split() for row in answer.out.splitlines() if row.startswith("orgs.csv")]
    assert counts == ["orgs.csv", "bulk", "2", "1", "1"]
    assert "error: orgs.csv:3: sourcedId" in answer.err
    assert "spreadsheet" in answer.err
    assert json.loads(told.out)["files"][0]["duplicates"] == 1


async def test_a_path_that_is_not_there_is_bad_input(program: Program) -> None:
    answer = await program.call("roster", "check", str(program.out / "nothing"))

    assert answer.code == 2
    assert "is not there" in answer.err


async def test_a_test_shows_every_leg(program: Program) -> None:
    answer = await program.call("provider", "test", "sis")

    steps = [line.split("  ")[0] for line in answer.out.splitlines()[1:]]
    assert answer.code == 0
    assert steps[:6] == ["configuration", "DNS", "TLS", "token", "scopes", "connect"]
    assert steps[-1] == "enrollments"


async def test_a_leg_is_shown_before_the_next_one_is_over(program: Program) -> None:
    program.server.sandbox.faults.play(
        FaultRule(fault=Fault.SLOW, path="*/users", times=None, delay_s=600)
    )
    child = await program.start("provider", "test", "sis")
    assert child.stdout is not None

    async with asyncio.timeout(QUICK_S):
        while not (await child.stdout.readline()).startswith(b"classes"):
            pass

    child.kill()
    await ended(child)
