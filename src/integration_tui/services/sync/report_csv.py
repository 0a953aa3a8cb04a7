"""A report as a CSV file: a line for each record of each finding."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from integration_tui.domain.text import visible

if TYPE_CHECKING:
    from integration_tui.files.atomic import AtomicFile

HEADERS: Final = (
    *("rule", "severity", "collection", "school", "id", "label"),
    *("what is wrong", "way out"),
)
_LONGEST: Final = 32_000
"""What a cell of a spreadsheet takes."""


class FindingsCsv:
    """Lines of a CSV file, which is there when it is finished. Raises as `AtomicFile`."""

    def __init__(self, file: AtomicFile) -> None:
        self._file = file
        self.lines = 0
        self._write([HEADERS])

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Write lines."""
        self._write(rows)
        self.lines += len(rows)

    def _write(self, rows: Iterable[Sequence[str]]) -> None:
        from integration_tui.providers.oneroster_csv.formula_injection import (
            guarded,  # loaded where needed
        )

        text = io.StringIO(newline="")
        csv.writer(text).writerows(
            [guarded(visible(cell, limit=_LONGEST)) for cell in row] for row in rows
        )
        self._file.write(text.getvalue())
