"""A roster in a folder. Links are not followed and pipes not opened: others put files there."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.text import visible
from integration_tui.providers.oneroster_csv.archive import (
    MAX_FILES,
    FileStamp,
    is_clutter,
    os_error,
)
from integration_tui.providers.oneroster_csv.findings import Remark

_SUFFIX: Final = ".csv"


class RosterFolder:
    """The plain CSV files of a folder, or of the only folder inside it."""

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
        folders = [entry for entry in found if entry.is_dir(follow_symlinks=False)]
    inner = [Path(folder.path) for folder in folders if not is_clutter(folder.name)]
    return inner if len(inner) == 1 else []


def _raise_if_many(number: int, path: Path) -> None:
    if number >= MAX_FILES:
        raise IncompatibleError(
            f"{visible(path, limit=300)} holds more than {MAX_FILES} files",
            advice="put the roster's files alone into a folder",
        )


def _raise_if_twice(names: list[str], path: Path) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise IncompatibleError(
                f"{visible(path, limit=300)} holds {visible(name, limit=80)} twice,"
                " in capitals and in small letters",
                advice="leave only the right one",
            )
        seen.add(name.lower())
