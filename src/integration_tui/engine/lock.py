"""Locks beside the store's file, for what only one process may do; freed when it dies.

Who holds it is written in it, for people; the lock counts, not the text. Asking who holds it takes
nothing and writes nothing: it works on read-only media, and never gets in a taker's way.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integration_tui.domain.errors import StoreError
from integration_tui.domain.text import duration, visible

if TYPE_CHECKING:
    from integration_tui.domain.clock import Clock, Sleep
    from integration_tui.domain.sync.run import Run

_MOST: Final = 200
_IS_LINUX: Final = sys.platform == "linux"
_FLOCK: Final = "hhqqi" if _IS_LINUX else "qqihh"
"""`struct flock` with 64 bit offsets. Linux: type, whence, start, length, process; macOS and the
other BSDs: start, length, process, type, whence."""
_TYPE: Final = 0 if _IS_LINUX else 3
"""Where the type of lock stands in it."""
BEAT_S: Final = 5.0
RECENTLY: Final = timedelta(minutes=10)
"""What was found by a single check is how it stands for so long: two usual intervals."""
SILENT_AFTER_S: Final = 30.0
"""A holder that has not beaten for so long does not work, although its process is there."""


class StoreLock:
    """Held by the one process that does what it is named for."""

    def __init__(self, store: Path, name: str = "engine") -> None:
        self.path = store.with_name(f"{store.name}.{name}.lock")
        self._held: int | None = None

    def acquire(self) -> bool:
        """Take the lock if it is free; return whether it is ours. Raises `StoreError`."""
        try:
            if self._held is None:
                self._held = _taken(self.path)
            if self._held is not None:
                _write(self._held, f"process {os.getpid()} on {socket.gethostname()}\n")
        except OSError as error:
            raise StoreError(
                f"the lock {self.path} cannot be created: {error.strerror}",
                advice=f"grant write permission: chmod u+w {self.path.parent}",
            ) from error
        return self._held is not None

    def release(self) -> None:
        """Give the lock back; harmless where it is not ours."""
        held, self._held = self._held, None
        if held is not None:
            with suppress(OSError):
                _write(held, "")
            os.close(held)

    def beat(self, now: datetime) -> None:
        """Show that the holder still works; harmless where the lock is not ours.

        A lock whose file somebody removed is taken anew: nobody else would see it.
        """
        if self._held is None:
            return
        with suppress(OSError):
            os.utime(self._held, (now.timestamp(), now.timestamp()))
            if os.fstat(self._held).st_nlink == 0 and (fresh := _taken(self.path)) is not None:
                os.close(self._held)
                self._held = fresh
                self.acquire()

    def holder(self) -> str:
        """Return which other process holds the lock, as far as it is known; empty: none does."""
        if self._held is not None:
            return ""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return ""
        except OSError:  # we may not even ask: what is written is all there is to know
            return self._written()
        try:
            return (self._written() or "another process") if _is_held(descriptor) else ""
        finally:
            os.close(descriptor)

    def silent_s(self, now: datetime) -> float:
        """Return for how many seconds the holder has not beaten; 0 where that is not long."""
        try:
            silent_s = now.timestamp() - self.path.stat().st_mtime
        except OSError:
            return 0.0
        return silent_s if silent_s > SILENT_AFTER_S else 0.0

    def left_by(self) -> str:
        """Return who held the lock last and never gave it back; empty where nobody did so."""
        return self._written()

    def is_since(self, moment: datetime) -> bool:
        """Return whether a moment lies behind the last sign of life of one that was killed."""
        try:
            return not self.left_by() or moment.timestamp() > self.path.stat().st_mtime + BEAT_S
        except OSError:
            return True

    def _written(self) -> str:
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return visible(text.strip(), limit=_MOST)


def unwatched(lock: StoreLock, now: datetime, checked_at: datetime | None = None) -> str:
    """Return why nobody checks, by the engine's lock; empty where somebody does.

    Also empty for what was checked at `checked_at` without an engine, a short time ago.
    """
    holder = lock.holder()
    if holder:
        silent_s = lock.silent_s(now)
        return (
            f"the engine ({holder}) has not responded for {duration(silent_s)}" if silent_s else ""
        )
    if checked_at is not None and checked_at > now - RECENTLY and lock.is_since(checked_at):
        return ""
    left = lock.left_by()
    return f"the engine ({left}) was killed or crashed" if left else "no engine running"


def run_lock(store: Path, run: Run) -> StoreLock:
    """Return the lock that is held by who works on a run of the same integration."""
    return StoreLock(store, f"sync-{run.integration_id}")


def is_interrupted(store: Path, run: Run) -> bool:
    """Return whether a run is under way, but no process, this one included, works on it."""
    from integration_tui.domain.sync.run import RunStatus  # the console's first frame needs none

    return run.status is RunStatus.RUNNING and not run_lock(store, run).holder()


def at_work(store: Path, name: str = "sync-") -> frozenset[str]:
    """Return the locks of names that begin so, and are held."""
    prefix = f"{store.name}.{name}"
    try:
        # A lock that was given back is empty: only one that is held, or was left, is opened.
        found = [
            entry.name.removeprefix(f"{store.name}.").removesuffix(".lock")
            for entry in os.scandir(store.parent)
            if entry.name.startswith(prefix) and entry.stat().st_size
        ]
    except OSError:
        return frozenset()
    return frozenset(found_one for found_one in found if StoreLock(store, found_one).holder())


async def beating(lock: StoreLock, clock: Clock, sleep: Sleep) -> None:
    """Show for ever that the holder still works."""
    while True:
        lock.beat(clock())
        await sleep(BEAT_S)


def _taken(path: Path) -> int | None:
    """Return a descriptor that holds the lock; `None` where another one does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if sys.platform == "linux":  # a second lock on the same file, which can be asked about
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _whole(fcntl.F_WRLCK))
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _is_held(descriptor: int) -> bool:
    """Return whether anybody holds the lock, by asking for what stands in the way of taking it."""
    # macOS and the other BSDs keep all locks of a file in one list, so that POSIX' question finds
    # those of `flock`, too; on Linux it does not, and a second lock answers instead.
    question = fcntl.F_OFD_GETLK if sys.platform == "linux" else fcntl.F_GETLK
    answer = fcntl.fcntl(descriptor, question, _whole(fcntl.F_WRLCK))
    return bool(struct.unpack(_FLOCK, answer)[_TYPE] != fcntl.F_UNLCK)


def _whole(kind: int) -> bytes:
    """Return what stands for a lock of the whole file."""
    head, place = (kind, os.SEEK_SET), (0, 0, 0)
    return struct.pack(_FLOCK, *((*head, *place) if _IS_LINUX else (*place, *head)))


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
