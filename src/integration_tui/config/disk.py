"""Files of documents: read with a bound, written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from integration_tui.domain.errors import ConfigError

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
