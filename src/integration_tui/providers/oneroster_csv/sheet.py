"""A CSV file being written: every cell in quotes, for its owner only, never over another file."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import Final

from integration_tui.domain.errors import UsageError
from integration_tui.domain.text import visible
from integration_tui.providers.oneroster_csv.guard import guarded
from integration_tui.providers.oneroster_csv.lines import MAX_LINE

_UNWRITABLE: Final = re.compile("[\0\ud800-\udfff]")


class Sheet:
    """Writes rows of texts. Raises `UsageError` where the disk does not let it."""

    def __init__(self, path: Path, header: Sequence[str], *, guard: bool) -> None:
        self._path = path
        self._guard = guard
        with writing(path):
            self._file = os.fdopen(created(path), "w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        self.rows = 0
        self._put(header)

    def add(self, cells: Sequence[str]) -> None:
        """Write a row that `is_writable`."""
        self._put([_guarded(one) for one in cells] if self._guard else cells)
        self.rows += 1

    def rewrite(self, change: Callable[[list[str]], list[str]]) -> None:
        """Change each row of a file that is closed, as it stands there; the header stays."""
        with (
            writing(self._path),
            tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as changed,
            self._path.open("r+", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(changed, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
            reader = csv.reader(file, strict=True)
            writer.writerow(next(reader))
            writer.writerows(map(change, reader))
            for rewound in (file, changed):
                rewound.seek(0)
            file.truncate()
            copyfileobj(changed, file)

    def close(self) -> None:
        with writing(self._path):
            self._file.close()

    def _put(self, cells: Sequence[str]) -> None:
        with writing(self._path):
            self._writer.writerow(cells)


def is_writable(cells: Sequence[str]) -> bool:
    """Return whether a row can be read again."""
    together = "".join(cells)
    # A quote counts twice in the file.
    return len(together) <= MAX_LINE // 3 and not _UNWRITABLE.search(together)


def _guarded(cell: str) -> str:
    # Nearly all cells begin with a letter or figure, which no formula does.
    return cell if not cell or cell[0].isalnum() else guarded(cell)


@contextmanager
def writing(path: Path) -> Generator[None]:
    """Turn what the operating system says about writing `path` into words."""
    shown = visible(path, limit=300)
    try:
        yield
    except FileExistsError:
        raise UsageError(
            f"{shown} is there already; nothing is written over it", advice="name another place"
        ) from None
    except OSError as error:
        raise UsageError(
            f"{shown} cannot be written: {error.strerror}",
            advice="check the folder, its rights and the space on its disk",
        ) from None


def created(path: Path) -> int:
    """Return an open file that was not there before, readable by its owner only."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    return os.open(path, flags, 0o600)
