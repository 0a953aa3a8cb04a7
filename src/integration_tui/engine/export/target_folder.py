"""The folder a roster is brought into: whole, or with a note in it that says it is not.

The note is on the disk before anything else is, and goes when everything else is: a pull that
is killed at any moment leaves a folder that says so. Blocks; call it in a thread.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from integration_tui.domain.errors import ConflictError, UsageError
from integration_tui.domain.text import visible
from integration_tui.files.atomic import write

NOTE: Final = "INCOMPLETE.txt"
DELTA: Final = "DELTA.txt"
RECEIPT: Final = "pull.json"
"""What was pulled, for programs. Where it or a note is, there was a pull before."""

_MOST_UNKNOWN: Final = 3
_PLAIN: Final = os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)


class TargetFolder:
    """One folder. `ours` are the names of files that a pull may write into it."""

    def __init__(self, path: Path, *, ours: frozenset[str]) -> None:
        self.path = path
        self._ours = ours | {NOTE, DELTA, RECEIPT}
        self._handle: int | None = None

    def inspect(self) -> None:
        """Raise `UsageError` where a pull may not be brought here; nothing is changed."""
        with _translate_os_errors(self.path):
            if self.path.is_symlink() or (self.path.exists() and not self.path.is_dir()):
                raise UsageError(
                    f"{_shown(self.path)} is not a separate folder", advice="choose another folder"
                )
            if self.path.exists():
                self._require_own(sorted(path.name for path in self.path.iterdir()))

    def begin(self, note: str) -> None:
        """Make the folder, or take it over from an earlier pull, with the note in it.

        Raises `UsageError` as `look` does, `ConflictError` where another pull is at work in it.
        """
        self.inspect()
        with _translate_os_errors(self.path):
            if not self.path.exists():
                self.path.mkdir(mode=0o700, parents=True)
                _sync(self.path.parent)
            self._handle = _count_files(self.path)
            self.mark_incomplete(note)
            for name in sorted(self._ours - {NOTE}):
                (self.path / name).unlink(missing_ok=True)
            _sync(self.path)

    def mark_incomplete(self, note: str) -> None:
        """Put a note into the folder, instead of the one that is there."""
        self.put(NOTE, note)

    def put(self, name: str, text: str) -> None:
        """Write a small file whole or not at all."""
        path = self.path / name
        with _translate_os_errors(path):
            if path.is_symlink():  # whoever put it there, the folder is ours
                path.unlink()
        write(path, text)

    def seal(self) -> None:
        """Bring everything to the disk, then take the note away."""
        with _translate_os_errors(self.path):
            for path in sorted(self.path.iterdir()):
                if path.name in self._ours:
                    _sync(path)
            _sync(self.path)
            (self.path / NOTE).unlink()
            _sync(self.path)

    def leave(self) -> None:
        """Let another pull have the folder. May be called twice."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _require_own(self, names: Sequence[str]) -> None:
        unknown = [name for name in names if name not in self._ours and not name.startswith(".")]
        is_earlier = any(self._is_marker(name) for name in (NOTE, RECEIPT))
        if unknown or (not is_earlier and any(not name.startswith(".") for name in names)):
            found = ", ".join(
                visible(text, limit=40) for text in (unknown or names)[:_MOST_UNKNOWN]
            )
            raise UsageError(
                f"{_shown(self.path)} contains files that are not from an earlier pull: {found}",
                advice="choose an empty or new folder",
            )

    def _is_marker(self, name: str) -> bool:
        try:
            found = (self.path / name).lstat()
        except FileNotFoundError:
            return False
        return stat.S_ISREG(found.st_mode)


def _count_files(folder: Path) -> int:
    """Return a handle that keeps other pulls out of a folder; the system lets go when we die."""
    handle = os.open(folder, os.O_RDONLY | _PLAIN)
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # not on Windows, where files that are open cannot be replaced anyway
        pass
    except BlockingIOError:
        os.close(handle)
        raise ConflictError(
            f"another pull is writing to {_shown(folder)}",
            advice="wait until it ends, or choose another folder",
        ) from None
    return handle


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | _PLAIN)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _translate_os_errors(path: Path) -> Generator[None]:
    """Turn what the operating system says into words."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{_shown(path)} cannot be written: {error.strerror or 'the disk refuses'}",
            advice="check the folder, its permissions and free disk space",
        ) from None


def _shown(path: Path) -> str:
    return visible(path, limit=300)
