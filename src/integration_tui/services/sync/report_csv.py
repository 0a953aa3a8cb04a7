"""A report in a file: written beside its place, and put there once it is whole."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from integration_tui.domain.errors import UsageError
from integration_tui.domain.text import visible

HEADERS: Final = (
    *("rule", "severity", "collection", "school", "id", "label"),
    *("what is wrong", "way out"),
)
_LONGEST: Final = 32_000
"""What a cell of a spreadsheet takes."""


class FindingsCsv:
    """A CSV file, readable by its owner only: it names people. Raises `UsageError`s."""

    def __init__(self, path: Path, *, replaces: bool) -> None:
        self._path = path
        self._replaces = replaces
        self._temporary = Path()
        self.lines = 0

    def begin(self) -> None:
        """Look whether it may be written, and write the headers."""
        if self._path.exists() and not self._replaces:
            raise self._is_there()
        try:
            number, name = tempfile.mkstemp(prefix=".findings-", dir=self._path.parent)
        except OSError as error:
            raise self._cannot(error) from error
        os.close(number)
        self._temporary = Path(name)
        self._write([HEADERS])

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Write lines."""
        self._write(rows)
        self.lines += len(rows)

    def finish(self) -> None:
        """Put the file where it belongs, all at once."""
        try:
            if not self._replaces:
                self._path.touch(exist_ok=False)  # somebody may have made it meanwhile
            self._temporary.replace(self._path)
        except FileExistsError as error:
            raise self._is_there() from error
        except OSError as error:
            raise self._cannot(error) from error

    def leave(self) -> None:
        """Take away what is not finished."""
        if self._temporary.name:
            self._temporary.unlink(missing_ok=True)

    def _write(self, rows: Iterable[Sequence[str]]) -> None:
        from integration_tui.providers.oneroster_csv.formula_injection import (
            guarded,  # loaded where needed
        )

        try:
            with self._temporary.open("a", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(
                    [guarded(visible(cell, limit=_LONGEST)) for cell in row] for row in rows
                )
        except OSError as error:
            raise self._cannot(error) from error

    def _is_there(self) -> UsageError:
        return UsageError(
            f"{self._path} is there already", advice="name another file, or say that it may go"
        )

    def _cannot(self, error: OSError) -> UsageError:
        return UsageError(
            f"{self._path} cannot be written: {error.strerror}", advice="name another place"
        )
