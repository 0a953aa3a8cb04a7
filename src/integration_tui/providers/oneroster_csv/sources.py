"""Where a roster's files lie: a folder or a zip. Files are read in place, nothing is unpacked.

Links are not followed and pipes not opened, since files are often put there by others.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from integration_tui.domain.errors import (
    ForbiddenError,
    IncompatibleError,
    RemoteNotFoundError,
    RetryableError,
)
from integration_tui.domain.text import visible
from integration_tui.providers.oneroster_csv.findings import Remark

MAX_FILES: Final = 1000
"""A roster has twenty at most; a folder or zip with more is something else."""
_SUFFIX: Final = ".csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """Tells two states of a file apart, without reading it."""

    size: int
    modified_ns: int
    serial: int


class RosterSource(Protocol):
    """The CSV files of one roster. Raises only `ProviderError`s."""

    @property
    def names(self) -> Mapping[str, str]:
        """Each file's name as it is written, by its name in small letters."""
        ...

    @property
    def refused(self) -> tuple[str, ...]:
        """Files that are passed over because they are links or no plain files."""
        ...

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is to be said of the whole."""
        ...

    def open(self, name: str) -> io.BufferedReader:
        """Open a file by its name as it is written."""
        ...

    def stamp(self, name: str) -> FileStamp:
        """Return the present state of a file."""
        ...

    def close(self) -> None:
        """Let go of everything. May be called twice."""
        ...


def open_archive(path: Path) -> RosterSource:
    """Open a folder or a zip.

    Raises `RemoteNotFoundError`, `ForbiddenError`, `IncompatibleError` where it is neither or
    not safe to read, `RetryableError` where the disk fails.
    """
    with os_error(path):
        if path.is_dir():
            return _Folder(path)
        if path.is_file():
            from integration_tui.providers.oneroster_csv.safe_zip import SafeZip

            return SafeZip(path)
        path.stat()
    raise IncompatibleError(
        f"{_shown(path)} is neither a folder nor a file", advice="name a folder or a .zip"
    )


@contextmanager
def os_error(path: Path) -> Generator[None]:
    """Turn what the operating system says about `path` into words."""
    shown = _shown(path)
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise RemoteNotFoundError(
            f"{shown} is not there", advice="check the path, and that its disk is mounted"
        ) from None
    except PermissionError:
        raise ForbiddenError(
            f"{shown} may not be read", advice="give the user of this program the right to"
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = (error.strerror if isinstance(error, OSError) else "") or "no usable path"
        raise RetryableError(
            f"{shown} cannot be read: {reason}", advice="check the disk and the path"
        ) from None


class _Folder:
    """A folder, or the only folder inside it."""

    remarks: tuple[Remark, ...] = ()

    def __init__(self, path: Path) -> None:
        names, refused = _listed(path)
        inner = [] if names else _only_folder(path)
        self._path = inner[0] if inner else path
        if inner:
            names, refused = _listed(self._path)
        _raise_if_twice(names, path)
        self.names: Mapping[str, str] = {name.lower(): name for name in names}
        self.refused = tuple(refused)

    def open(self, name: str) -> io.BufferedReader:
        path = self._path / name
        with os_error(path):
            # A link that was put in place of the file is refused here, a pipe does not block.
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            return open(path, "rb", opener=lambda file, _: os.open(file, flags))

    def stamp(self, name: str) -> FileStamp:
        path = self._path / name
        with os_error(path):
            state = path.lstat()
        return FileStamp(size=state.st_size, modified_ns=state.st_mtime_ns, serial=state.st_ino)

    def close(self) -> None:
        pass


def _listed(path: Path) -> tuple[list[str], list[str]]:
    """Return the plain CSV files of a folder, and those that are not plain, each in order."""
    plain: list[str] = []
    refused: list[str] = []
    with os.scandir(path) as found:
        for number, entry in enumerate(found):
            _raise_if_many(number, path)
            if entry.name.lower().endswith(_SUFFIX):
                is_plain = stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode)
                (plain if is_plain else refused).append(entry.name)
    return sorted(plain), sorted(refused)


def _only_folder(path: Path) -> list[Path]:
    """Return the folder in which an unpacked zip often lies; none where there are several."""
    with os.scandir(path) as found:
        folders = [found_one for found_one in found if found_one.is_dir(follow_symlinks=False)]
    inner = [Path(folder.path) for folder in folders if not is_clutter(folder.name)]
    return inner if len(inner) == 1 else []


def is_clutter(name: str) -> bool:
    """Say whether a file or folder is what desktops leave behind."""
    return name.startswith(".") or name == "__MACOSX"


def _raise_if_many(number: int, path: Path) -> None:
    if number >= MAX_FILES:
        raise IncompatibleError(
            f"{_shown(path)} holds more than {MAX_FILES} files",
            advice="put the roster's files alone into a folder",
        )


def _raise_if_twice(names: list[str], path: Path) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise IncompatibleError(
                f"{_shown(path)} holds {visible(name, limit=80)} twice, in capitals and in small"
                " letters",
                advice="leave only the right one",
            )
        seen.add(name.lower())


def _shown(path: Path) -> str:
    return visible(path, limit=300)
