"""What only a look at a whole file tells: how it writes dates, and whether its rows end in blanks.

A file is gone through a second time only when one of its cells leaves a doubt. The look is quick
and forgiving: what it cannot read says nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from integration_tui.providers.oneroster_csv.header import Header
from integration_tui.providers.oneroster_csv.reader import detect_format, sniffed
from integration_tui.providers.oneroster_csv.tables import CellKind
from integration_tui.providers.oneroster_csv.values import Evidence, is_day_first

Reopen = Callable[[], io.BufferedReader]
_PIECE: Final = 100_000


class FileConventions:
    """Looks through a file again, from its beginning."""

    def __init__(self, reopen: Reopen | None, header: Header) -> None:
        self._reopen = reopen
        self._header = header
        self._spare: int | None = None

    def dates(self) -> Evidence:
        """Return how the dates of each column are written, where that is certain."""
        places = [place for place, column in self._header.columns if column.kind is CellKind.DATE]
        found: dict[int, set[bool]] = {place: set() for place in places}
        for cells in self._rows():
            for place in places:
                day_first = is_day_first(cells[place]) if place < len(cells) else None
                if day_first is not None:
                    found[place].add(day_first)
        return {place: frozenset(answers) for place, answers in found.items()}

    def extra_cells(self) -> int:
        """Return how many blank cells more than the header every row of the file ends with."""
        if self._spare is None:
            width = self._header.width
            extra = {
                0 if any(cells[width:]) else len(cells) - width
                for cells in self._rows()
                if len(cells) > 1
            }
            self._spare = max(0, extra.pop()) if len(extra) == 1 else 0
        return self._spare

    def ids(self) -> Iterator[str]:
        """Return the cells of the column of ids."""
        (place,) = (place for place, column in self._header.columns if column.kind is CellKind.ID)
        return (cells[place] for cells in self._rows() if place < len(cells))

    def _rows(self) -> Iterator[list[str]]:
        """Yield the cells of every row behind the header."""
        if self._reopen is None:
            return
        with self._reopen() as raw:
            encoding, _ = sniffed(raw.peek(4)[:4])
            text = io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")
            # A line without end comes in pieces, so that no more than one is in memory.
            lines = iter(partial(text.readline, _PIECE), "")
            first = next(lines, "")
            form = detect_format(first)
            if form.has_own_line:
                next(lines, "")
            reader = csv.reader(lines, delimiter=form.separator, skipinitialspace=form.is_spaced)
            while True:
                try:
                    yield from reader
                except csv.Error:
                    continue
                return
