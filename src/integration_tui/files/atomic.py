"""Files of documents: read with a bound, written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from integration_tui.domain.errors import ConfigError, ConsoleError, FileThereError, UsageError
from integration_tui.domain.secret import Secret

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
            raise ConfigError(f"{path} is not a file", advice="name a file of YAML, TOML or JSON")
        content = b"" if found.st_size > MAX_BYTES else file.read(MAX_BYTES + 1)
    if found.st_size > MAX_BYTES or len(content) > MAX_BYTES:
        raise ConfigError(
            f"{path} is larger than {MAX_BYTES >> 20} MiB, which no configuration file is",
            advice="is it the right file?",
        )
    return content


def _not_text(path: Path) -> ConfigError:
    return ConfigError(f"{path} is not a text file", advice="save it as UTF-8 text")


def write(path: Path, text: str) -> None:
    """Replace a file by `text`, for its owner only; killed at any moment, old or new is there.

    A symbolic link is followed inside its folder. Raises `ConfigError` where it leads elsewhere
    and where the file cannot be written; then it is as it was.
    """
    target = _inside(path)
    try:
        _replace(target, text.encode())
        _sync_folder(target.parent)
    except UnicodeEncodeError:
        raise ConfigError(f"{path} cannot be written: the text is not Unicode") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {_reason(error)}") from error


def _inside(path: Path) -> Path:
    if not path.is_symlink():
        return path
    target = path.resolve()
    if target.parent != path.parent.resolve():
        raise ConfigError(
            f"{path} is a link that leads out of its folder, so it is not written",
            advice="put the file itself there",
        )
    return target


def _replace(target: Path, content: bytes) -> None:
    # mkstemp makes files that only their owner can read.
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()


@contextmanager
def writing(path: Path, *, replace: bool) -> Generator[TextIO]:
    """Write into a file beside `path`, which takes its name at the end. It is its owner's only."""
    part: Path | None = None
    try:
        _require_room(path, replace=replace)
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        part = Path(name)
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _require_room(path, replace=replace)
        part.replace(path)
    except OSError as error:
        raise ConsoleError(
            f"{path} cannot be written: {error.strerror}", advice="name another file"
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _require_room(path: Path, *, replace: bool) -> None:
    if path.is_dir():
        raise ConsoleError(f"{path} is a folder", advice="name a file in it")
    if path.exists() and not replace:
        raise FileThereError(f"{path} is there already", advice="name another file")


# Neither over a file nor through a link.
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class SecretFile:
    """A file that was not there before, open until the secret is in it."""

    def __init__(self, path: Path) -> None:
        """Make the file, mode 0600. Raises `UsageError` where it is there or cannot be made."""
        self.path = path
        try:
            self._open: int | None = os.open(path, _NEW, 0o600)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be made: {(error.strerror or '').lower()}",
                advice="name a file that is not there yet, in a folder that is yours",
            ) from error

    def keep(self, secret: Secret) -> None:
        """Write the secret, and be sure of it; once. Raises `OSError`."""
        number, self._open = self._open, None
        if number is None:
            raise OSError("the file is closed")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(secret.reveal())
            file.flush()
            os.fsync(file.fileno())

    def discard(self) -> None:
        """Take the file away again."""
        number, self._open = self._open, None
        if number is not None:
            os.close(number)
        self.path.unlink(missing_ok=True)
