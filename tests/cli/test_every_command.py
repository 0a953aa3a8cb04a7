"""Whatever a machine does to a command, it ends with a sentence and an exit code that means it."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from integration_tui.cli.main import cli

pytestmark = pytest.mark.timeout(240)  # many processes at once, on whatever there is

ARGUMENTS: dict[str, Sequence[str]] = {
    "audit export": (),
    "audit list": (),
    "audit verify": (),
    "completion": ("bash",),
    "config compare": ("lincoln", "--environments", "production", "staging"),
    "config diff": ("lincoln", "1", "1"),
    "config effective": ("lincoln",),
    "config history": ("lincoln",),
    "config rollback": ("lincoln", "1"),
    "config sample": ("mock",),
    "config schema": ("mock",),
    "config set": ("lincoln", "page_size=50", "--untested", "--reason", "faster"),
    "config show": ("lincoln",),
    "config validate": ("FOLDER/config/integrations/lincoln.yaml",),
    "demo": ("--once",),
    "doctor": (),
    "health": (),
    "mapping decide": ("lincoln", "users", "1", "1", "--apart"),
    "mapping find": ("lincoln", "users", "1"),
    "mapping merge": ("users", "1", "2"),
    "mapping of": ("users", "1"),
    "mapping relink": ("lincoln", "users", "1", "2"),
    "mapping review": ("lincoln",),
    "mapping split": ("users", "1", "lincoln"),
    "messages list": (),
    "messages read": (),
    "provider add": ("mock", "madison"),
    "provider disable": ("lincoln",),
    "provider enable": ("lincoln",),
    "provider list": (),
    "provider remove": ("lincoln",),
    "provider show": ("lincoln",),
    "provider start": ("lincoln",),
    "provider stop": ("lincoln",),
    "provider test": ("lincoln",),
    "provider types": (),
    "roster check": ("FOLDER",),
    "roster edit": ("users", "1", "given_name", "Ada"),
    "roster find": ("users",),
    "roster pin": ("users", "1"),
    "roster pull": ("lincoln", "--out", "FOLDER/out"),
    "roster show": ("users", "1"),
    "run": (),
    "sandbox": ("--port", "0"),
    "serve": ("--port", "0"),
    "sync apply": ("lincoln", "--plan", "0123456789ab"),
    "sync approve": ("lincoln", "--plan", "0123456789ab", "--deactivations", "0", "--reason", "r"),
    "sync cancel": ("lincoln",),
    "sync conflicts": (),
    "sync hold": ("lincoln", "--reason", "wait"),
    "sync list": (),
    "sync pause": ("lincoln",),
    "sync plan": ("lincoln",),
    "sync quarantine": ("lincoln",),
    "sync reopen": ("1",),
    "sync report": ("1", "--out", "FOLDER/report.csv"),
    "sync resume": ("lincoln",),
    "sync run": ("lincoln",),
    "sync settle": ("1", "--side", "theirs"),
    "sync show": ("1",),
    "sync undo": ("1",),
    "webhook list": (),
    "webhook subscribe": ("lincoln", "--url", "https://example.org/hook", "--secret", "env:HOME"),
    "webhook unsubscribe": ("lincoln", "1"),
}
SERVES = frozenset({"sandbox", "serve"})
"""They open no store by themselves, and go on until they are stopped."""
STORELESS = SERVES | {
    "completion",
    "config sample",
    "config schema",
    "config validate",
    "demo",
    "provider types",
    "roster check",
}
FEW = ("audit verify", "completion", "config schema", "doctor", "health", "provider list")
"""Each of another kind."""
FEW_WITH_STORE = (
    *(name for name in FEW if name not in STORELESS),
    "provider stop",
    "roster pull",
    "run",
    "sync run",
)
AT_ONCE = 16
"""Processes at once: each waits five seconds for a lock, and works for a moment."""
NO_THREAD = 2**46
"""No machine has so much memory for the stack of one thread."""


@dataclass(frozen=True)
class Ended:
    words: Sequence[str]
    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"{' '.join(self.words)}: exit {self.code}\n{self.out[-500:]}\n{self.err[-2000:]}"


def commands(group: click.Group, *path: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from commands(found, *path, name)
        else:
            yield " ".join((*path, name))


NAMES = tuple(commands(cli))


class Place:
    """A folder with a configuration and a store, and all that is called on it."""

    def __init__(self, folder: Path, program: subprocess.Popen[str]) -> None:
        self.folder = folder
        self.program = program
        self.store = folder / "data" / "integration-tui.db"
        self.calls: list[dict[str, Any]] = []

    def words(self, name: str) -> list[str]:
        arguments = (word.replace("FOLDER", str(self.folder)) for word in ARGUMENTS[name])
        return [*name.split(), *arguments]

    def add(self, *words: str, **more: object) -> None:
        number = len(self.calls)
        self.calls.append(
            {
                "words": words,
                "env": {
                    "INTEGRATION_CONFIG_DIR": str(self.folder / "config"),
                    "INTEGRATION_DATA_DIR": str(self.folder / "data"),
                    "INTEGRATION_STATE_DIR": str(self.folder / "state"),
                },
                "out": str(self.folder / f"{number}.out"),
                "err": str(self.folder / f"{number}.err"),
                **more,
            }
        )

    def make(self) -> list[Ended]:
        """Make all calls at once; return how each ended."""
        assert self.program.stdin
        assert self.program.stdout
        self.program.stdin.write(f"{json.dumps(self.calls)}\n")
        self.program.stdin.flush()
        codes = json.loads(self.program.stdout.readline())
        calls, self.calls = self.calls, []
        return [self._ended(call, code) for call, code in zip(calls, codes, strict=True)]

    def _ended(self, call: dict[str, Any], code: int) -> Ended:
        texts: list[str] = []
        for stream in ("out", "err"):
            path = Path(call[stream] or "/nowhere")
            is_ours = path.is_file()
            texts.append(path.read_text(errors="replace") if is_ours else "")
            if is_ours:
                path.unlink()
        return Ended(call["words"], code, *texts)


@pytest.fixture(scope="module")
def program() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cli.forked"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(("src", "."))},
    ) as program:
        yield program
        program.terminate()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, program: subprocess.Popen[str]) -> Path:
    folder = tmp_path_factory.mktemp("made")
    documents = folder / "config" / "integrations"
    documents.mkdir(parents=True)
    (documents / "lincoln.yaml").write_text(
        "name: lincoln\ntype: mock\nlatency: {median_ms: 0}\nauth: {kind: none}\npage_size: 1000\n"
    )
    place = Place(folder, program)
    place.add("sync", "plan", "lincoln")
    (synced,) = place.make()
    assert synced.code == 0, str(synced)
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path, program: subprocess.Popen[str]) -> Place:
    shutil.copytree(made, tmp_path / "place")
    return Place(tmp_path / "place", program)


def assert_told(ended: Ended) -> None:
    assert "Traceback" not in ended.err + ended.out, str(ended)
    assert "Exception ignored" not in ended.err, str(ended)
    assert ended.code in {0, 1, 2}, str(ended)
    assert ended.code != 1 or ended.err or ended.out, str(ended)


def test_every_command_is_in_the_table() -> None:
    assert set(NAMES) <= set(ARGUMENTS)


@pytest.mark.parametrize("name", NAMES)
def test_every_call_in_the_table_is_one_that_the_command_takes(name: str, tmp_path: Path) -> None:
    """Otherwise the tests below see nothing of the command but how it refuses its options."""
    group, _, command = name.rpartition(" ")
    parent = cli.get_command(click.Context(cli), group) if group else cli
    assert isinstance(parent, click.Group)
    found = parent.get_command(click.Context(parent), command)
    assert found is not None

    arguments = [word.replace("FOLDER", str(tmp_path)) for word in ARGUMENTS[name]]
    context = found.make_context(command, arguments)

    assert context.args == []


def test_a_locked_store_is_told_by_every_command(place: Place) -> None:
    names = [name for name in NAMES if name not in STORELESS]
    found: list[Ended] = []
    with closing(sqlite3.connect(place.store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO integration_revisions VALUES ('other', 1)")
        for start in range(0, len(names), AT_ONCE):
            for name in names[start : start + AT_ONCE]:
                place.add(*place.words(name))
            found += place.make()

    for ended in found:
        assert_told(ended)
    told = [found_one for found_one in found if "another process is writing" in found_one.err]
    assert {ended.code for ended in told} == {1}
    assert len(told) > len(names) // 3  # the others only read, which no writer holds up


def test_a_store_that_nobody_else_may_even_read_is_told(place: Place) -> None:
    for name in FEW_WITH_STORE:
        place.add(*place.words(name))
    place.add("--readonly", "health")
    with closing(sqlite3.connect(place.store, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("INSERT INTO integration_revisions VALUES ('other', 1)")
        found = place.make()

    for ended in found:
        assert_told(ended)
        assert ended.code == 1, str(ended)
        assert "another process is writing" in ended.err, str(ended)


def test_a_full_disk_behind_the_output_is_told(place: Place) -> None:
    prints = (*FEW, "audit export", "config show", "demo", "roster find", "sandbox", "sync list")
    for name in prints:
        place.add(*place.words(name), out="/dev/full")
    for words in (
        ("--version",),
        ("--help",),
        ("sync", "--help"),
        ("sandbox", "--help"),
        ("--plain", "health"),
        ("health", "--json"),
        ("health", "lincoln"),
        ("provider", "list", "--json"),
        ("sync", "show", "1", "--json"),
    ):
        place.add(*words, out="/dev/full")
    found = place.make()

    for ended in found:
        assert_told(ended)
        assert ended.code == 1, str(ended)
        assert ended.err.count("output cannot be written: no space left on device") == 1


def test_streams_that_are_closed_are_told_or_done_without(place: Place) -> None:
    for name in FEW:
        place.add(*place.words(name), out=None)
        place.add(*place.words(name), err=None)
        place.add(*place.words(name), **{"in": None})
        place.add(*place.words(name), "--help", err="/dev/full")
    place.add("sync", "apply", "lincoln", **{"in": None})
    place.add(**{"in": None})
    found = place.make()

    for ended in found:
        assert "Traceback" not in ended.err + ended.out, str(ended)
        assert ended.code in {0, 1, 2}, str(ended)
    closed = found[0 : 4 * len(FEW) : 4]
    assert {ended.code for ended in closed} == {1}
    assert all("bad file descriptor" in ended.err for ended in closed)
    assert place.store.read_bytes()[:6] == b"SQLite"  # nothing was printed into it


def test_no_threads_left_is_told(place: Place) -> None:
    for name in FEW_WITH_STORE:
        place.add(*place.words(name), stack=NO_THREAD)
    found = place.make()

    for ended in found:
        assert_told(ended)
        assert ended.code == 1, str(ended)
        assert "thread limit reached; close other programs" in ended.err + ended.out, str(ended)


@pytest.mark.parametrize("name", ["HOME", "TMPDIR", "INTEGRATION_STATE_DIR"])
def test_places_that_are_not_there_are_done_without(place: Place, name: str) -> None:
    for command in FEW:
        place.add(*place.words(command))
        place.calls[-1]["env"] |= {name: "/nonexistent"}

    for ended in place.make():
        assert_told(ended)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INTEGRATION_CONFIG_DIR", "FILE"),
        ("INTEGRATION_DATA_DIR", "FILE"),
        ("INTEGRATION_LOG_FILE", "FOLDER"),
        ("INTEGRATION_STORE", "FOLDER"),
        ("INTEGRATION_STORE", "/dev/null"),
        ("INTEGRATION_STORE", "/dev/full"),
    ],
)
def test_a_place_that_is_none_is_told(place: Place, name: str, value: str) -> None:
    file = place.folder / "file"
    file.write_text("")
    told = value.replace("FILE", str(file)).replace("FOLDER", str(place.folder))
    for words in (("health",), ("provider", "list"), ("doctor",), ("sync", "run", "lincoln")):
        place.add(*words)
        place.calls[-1]["env"] |= {name: told}
    rights = [Path(device).stat().st_mode for device in ("/dev/null", "/dev/full")]

    for ended in place.make():
        assert_told(ended)
        assert ended.code in {1, 2}, str(ended)
        assert ended.err.count("\n") == 1, str(ended)
    assert [Path(device).stat().st_mode for device in ("/dev/null", "/dev/full")] == rights


def test_a_current_folder_that_is_gone_is_told(place: Place) -> None:
    for number, words in enumerate(
        (("health",), ("--store", "own.db", "health"), ("config", "validate", "own.yaml"))
    ):
        gone = place.folder / f"gone{number}"
        gone.mkdir()
        place.add(*words, cwd=str(gone))
    found = place.make()

    for ended in found:
        assert_told(ended)
    assert "check that the current folder still exists" in found[1].err


def test_paths_that_are_no_text_are_used_or_told(place: Place) -> None:
    odd = os.fsdecode(os.fsencode(place.folder / "odd") + b"\xff")
    place.add("--store", f"{odd}.db", "provider", "list")
    place.add("--config-dir", odd, "doctor")
    place.add("config", "validate", odd)
    place.add("roster", "check", odd)

    for ended in place.make():
        assert_told(ended)


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii:strict"}],
    ids=str,
)
def test_a_narrow_encoding_is_no_traceback(place: Place, environment: dict[str, str]) -> None:
    """In a process of its own: Python asks for the encoding as it starts."""
    (place.folder / "config" / "integrations" / "lincoln.yaml").write_text(
        "name: lincoln\ntype: mock\ntitle: Lycée Ünïversität 学校\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "integration_tui", "config", "show", "lincoln"],
        env={
            **os.environ,
            **environment,
            "INTEGRATION_CONFIG_DIR": str(place.folder / "config"),
            "INTEGRATION_DATA_DIR": str(place.folder / "data"),
        },
        capture_output=True,
    )

    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"name: lincoln" in done.stdout


def test_a_reader_that_is_gone_ends_it_quietly(place: Place) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "integration_tui", "config", "schema", "mock"],
        stdout=write,
        stderr=subprocess.PIPE,
    )
    os.close(write)

    assert (done.returncode, done.stderr) == (1, b"")


def test_nothing_is_checked_by_who_may_only_look(place: Place) -> None:
    place.add("--readonly", "health", "--once")
    place.add("--readonly", "health", "lincoln", "--once")

    for ended in place.make():
        assert_told(ended)
        assert ended.code != 0
        assert ended.err.count("\n") == 1
        assert "without --readonly" in ended.err
