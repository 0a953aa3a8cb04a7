"""Looking at a lock: nothing is taken, nothing is written, nobody is hindered."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integration_tui.engine.lock import StoreLock, at_work

HOLD = """
import sys
from pathlib import Path
from integration_tui.engine.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]), sys.argv[2])
print(lock.acquire(), flush=True)
sys.stdin.read()
"""
TAKE = """
import select
import sys
from pathlib import Path
from integration_tui.engine.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]), sys.argv[2])
print(lock.acquire(), flush=True)
refused, is_over = 0, False
while not is_over:
    lock.release()
    # Free most of the time: that is when a look could get in the way.
    is_over = bool(select.select([sys.stdin], [], [], 0.0002)[0])
    refused += not lock.acquire()
print(refused, flush=True)
"""
LOOKS = 2_000
LOOK = """
import os
import sys
from pathlib import Path
from integration_tui.engine.lock import StoreLock, at_work
seen = []
sys.addaudithook(lambda event, values: seen.append((event, values)))
StoreLock(Path(sys.argv[1]), sys.argv[2]).holder()
at_work(Path(sys.argv[1]))
writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
print(sum(event == "open" for event, _ in seen))
for event, values in seen:
    is_change = event in {"fcntl.flock", "fcntl.lockf", "os.truncate", "os.utime", "os.remove"}
    if is_change or (event == "open" and values[2] & writing):
        print(event, values)
"""


@contextmanager
def program(text: str, store: Path, name: str) -> Generator[subprocess.Popen[str]]:
    """Run a program that does something with a lock, in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", text, str(store), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        if process.stdin and not process.stdin.closed:
            process.communicate("")


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def facts(path: Path) -> tuple[int, int, int, bytes]:
    """Return which file it is, when it was written to, and what is in it."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, path.read_bytes()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def look(store: Path) -> tuple[str, frozenset[str]]:
    return StoreLock(store, "sync-sis").holder(), at_work(store)


def test_a_look_at_a_lock_that_is_held_changes_nothing(store: Path) -> None:
    with program(HOLD, store, "sync-sis") as other:
        assert line(other) == "True"
        before = facts(StoreLock(store, "sync-sis").path)

        holder, working = look(store)

        assert f"process {other.pid} on " in holder
        assert working == {"sync-sis"}
        assert facts(StoreLock(store, "sync-sis").path) == before


def test_a_look_at_a_lock_that_was_left_by_a_killed_process_changes_nothing(store: Path) -> None:
    with program(HOLD, store, "sync-sis") as other:
        assert line(other) == "True"
        other.kill()
        other.wait()
        before = facts(StoreLock(store, "sync-sis").path)

        found = look(store)

        assert before[-1]  # it never came to empty it
        assert found == ("", frozenset())
        assert facts(StoreLock(store, "sync-sis").path) == before


def test_a_look_at_a_lock_that_nobody_took_makes_no_file(store: Path) -> None:
    assert look(store) == ("", frozenset())

    assert not list(store.parent.iterdir())


def test_a_look_needs_no_right_to_write(store: Path) -> None:
    with program(HOLD, store, "sync-sis") as other:
        assert line(other) == "True"
        StoreLock(store, "sync-sis").path.chmod(0o400)
        store.parent.chmod(0o500)
        try:
            holder, working = look(store)
        finally:
            store.parent.chmod(0o700)

        assert f"process {other.pid} on " in holder
        assert working == {"sync-sis"}


@pytest.mark.parametrize("is_held", [True, False])
def test_a_look_opens_the_file_for_reading_and_takes_no_lock_for_a_moment(
    store: Path, is_held: bool
) -> None:
    lock = StoreLock(store, "sync-sis")
    assert lock.acquire()
    if not is_held:
        lock.release()

    with program(LOOK, store, "sync-sis") as other:
        seen = other.communicate("")[0].splitlines()
    lock.release()

    assert int(seen[0]) > 0
    assert seen[1:] == []


def test_whoever_looks_never_keeps_another_process_from_taking_the_lock(store: Path) -> None:
    with program(TAKE, store, "sync-sis") as other:
        assert line(other) == "True"

        for _ in range(LOOKS):
            look(store)

        assert other.communicate("")[0] == "0\n"
