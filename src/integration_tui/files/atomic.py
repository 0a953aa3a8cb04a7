"""The one writer of people's files: whole or not at all, and never over what it did not see.

A file is written beside its place and takes its name at the end, when it is on the disk. It is its
owner's only, whatever the one before it allowed: these files hold people, secrets and ways to them.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from integration_tui.domain.errors import ConfigError, ConflictError, FileThereError, UsageError

MAX_BYTES: Final = 1 << 20


def read_text(path: Path) -> str:
    """Return the text of a file. Raises `ConfigError` for what is no small file of text."""
    try:
        content = _content(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {_reason(error)}") from error
    if b"\0" in content:
        raise _not_text(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_text(path) from None


def _content(path: Path) -> bytes:
    # Without O_NONBLOCK, opening a pipe would wait for its other end.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ConfigError(f"{path} is not a file", advice="choose a YAML, TOML or JSON file")
        content = b"" if found.st_size > MAX_BYTES else file.read(MAX_BYTES + 1)
    if found.st_size > MAX_BYTES or len(content) > MAX_BYTES:
        raise ConfigError(
            f"{path} is larger than {MAX_BYTES >> 20} MiB, the limit of configuration files",
            advice="choose another file",
        )
    return content


def _not_text(path: Path) -> ConfigError:
    return ConfigError(f"{path} is not a text file", advice="save it as UTF-8 text")


class FileSnapshot(msgspec.Struct, frozen=True):
    """Which file was seen at a path, and in which state."""

    device: int
    inode: int
    changed_ns: int
    size: int


def snapshot(path: Path) -> FileSnapshot | None:
    """Return what is at a path now, `None` where nothing is. Raises `UsageError`.

    Take it before reading, and hand it to the writer: then nobody's change in between is lost.
    """
    with _translate_os_errors(path):
        return _snapshot(_inside(path))


class AtomicFile:
    """A file that is written beside its place; `commit` puts it there, `discard` takes it away.

    Without `replaces` it is only ever made where nothing is. With it, it takes the place of what
    was `seen`, or of what is there now, and of nothing else. A symbolic link is followed inside
    its folder, and stays one. `stream` is what libraries write into. Raises `FileThereError`,
    `ConflictError` where somebody changed the file meanwhile, and `UsageError` where it cannot be
    written; then all is as it was.
    """

    def __init__(
        self, path: Path, *, replaces: bool = False, seen: FileSnapshot | None = None
    ) -> None:
        self.path = path
        self._replaces = replaces or seen is not None
        self._part: Path | None = None
        with _translate_os_errors(path):
            self._target = _inside(path) if self._replaces else path
            now = _snapshot(self._target)
            if now is not None and not self._replaces:
                raise _is_there(path)
            self._seen = seen or now
            self._require_same(now)
            _require_plain(self._target)
            self.stream: BinaryIO = self._made()

    def write(self, content: str | bytes) -> None:
        """Write more of it."""
        with _translate_os_errors(self.path):
            self.stream.write(
                content if isinstance(content, bytes) else _encoded(self.path, content)
            )

    def commit(self) -> None:
        """Bring it to the disk, then to its place."""
        with _translate_os_errors(self.path):
            self.stream.flush()
            os.fsync(self.stream.fileno())
            self.stream.close()
            self._put()
            _sync_folder(self._target.parent)

    def discard(self) -> None:
        """Take away what was not put in its place. May be called at any time."""
        with suppress(OSError):  # what a full disk did not take is still to be written
            self.stream.close()
        part, self._part = self._part, None
        if part is not None:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _made(self) -> BinaryIO:
        # mkstemp makes files that only their owner can read.
        descriptor, name = tempfile.mkstemp(
            dir=self._target.parent, prefix=f".{self._target.name[:_NAME_PART]}.", suffix=".tmp"
        )
        self._part = Path(name)
        return os.fdopen(descriptor, "wb")

    def _put(self) -> None:
        part = self._part
        if part is None:
            raise OSError("deleted")
        if self._seen is None:
            self._put_new(part)
        else:
            self._require_same(_snapshot(self._target))
            part.replace(self._target)
        self._part = None

    def _put_new(self, part: Path) -> None:
        try:
            _link_new(part, self._target)
        except FileExistsError:
            raise _changed(self.path) if self._replaces else _is_there(self.path) from None

    def _require_same(self, now: FileSnapshot | None) -> None:
        if now != self._seen:
            raise _changed(self.path)


_NAME_PART: Final = 50
"""So many characters of a name are in that of its file's other half; a name has its bounds."""


@contextmanager
def replacing(
    path: Path, *, replaces: bool, seen: FileSnapshot | None = None
) -> Generator[AtomicFile]:
    """Write a file piece by piece; it is there when the block ends well. Raises as `AtomicFile`."""
    file = AtomicFile(path, replaces=replaces, seen=seen)
    try:
        yield file
        file.commit()
    finally:
        file.discard()


def write(path: Path, text: str) -> None:
    """Replace what is there now by `text`, or make a file of it. Raises as `AtomicFile`."""
    with replacing(path, replaces=True) as file:
        file.write(text)


def rename_new(path: Path, target: Path) -> None:
    """Give a file a name that no file has yet. Raises `OSError`, `FileExistsError` among them."""
    _link_new(path, target)
    _sync_folder(target.parent)


def created(path: Path) -> int:
    """Return an open file that was not there before, its owner's only. Raises `OSError`.

    For what grows in its place, where something else says that it is not whole yet.
    """
    return os.open(path, _NEW, 0o600)


# Neither over a file nor through a link.
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


def _snapshot(path: Path) -> FileSnapshot | None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return FileSnapshot(found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)


def _inside(path: Path) -> Path:
    if not path.is_symlink():
        return path
    target = path.resolve()
    if target.parent != path.parent.resolve():
        raise UsageError(
            f"{path} is a link out of its folder; not written",
            advice="replace the link by the file",
        )
    return target


def _require_plain(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise UsageError(f"{path} is a folder", advice="choose a file in that folder")
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path} is not a regular file", advice="choose another file")


def _link_new(path: Path, target: Path) -> None:
    """Rename a file where nothing is. Raises `FileExistsError`."""
    try:
        os.link(path, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # no links, as on a memory stick: hold the place first
        path.lstat()
        os.close(created(target))
        path.replace(target)
    else:
        path.unlink()


def _encoded(path: Path, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{path} cannot be written: the text is not Unicode") from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_there(path: Path) -> FileThereError:
    return FileThereError(f"{path} already exists", advice="choose another file")


def _changed(path: Path) -> ConflictError:
    return ConflictError(
        f"{path} changed on disk; not overwritten",
        advice="review the file, then try again",
    )


@contextmanager
def _translate_os_errors(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {_reason(error)}",
            advice="choose another file or folder, or free disk space",
        ) from error


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()
