"""Rows of a CSV file as people really send them, one by one, each with its line.

Nothing that is wrong with one row may cost another: a quote that is never closed, a line
without end, bytes of another alphabet and NULs put their own row aside. No more than a row is
ever in memory.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from integration_tui.providers.oneroster_csv.encoding import Alphabet, UndecidedError, sniffed
from integration_tui.providers.oneroster_csv.findings import Remark, error, info

MAX_LINE: Final = 100_000
"""Characters of a line, and of a row; csv's own limit of a cell is 131,072."""

Note = Callable[[Remark, int], None]
"""Takes what is wrong with a file, and the line where it was seen."""

_ENDS: Final = ("\n", "\r")
_TOO_LONG: Final = error(
    f"the line has more than {MAX_LINE:,} characters",
    "shorten it; nothing in a roster is that long",
)
_UNCLOSED: Final = error(
    "a quote is opened and not closed", "close it; a quote inside quotes is written twice"
)
_NUL: Final = error("the row holds a NUL character", "remove it")
_NO_CSV: Final = error("the row is no CSV", "export it again")


class Row(NamedTuple):
    """The cells of one row; `line` is where it begins. `remark` says why it has none."""

    line: int
    cells: list[str]
    remark: Remark | None = None


class _UnclosedQuoteError(Exception):
    """A row went on and on."""


def rows(raw: io.BufferedReader, note: Note) -> Iterator[Row]:
    """Yield the rows of a file, the header first; blank lines are passed over.

    Raises only what `raw` raises. What cannot be read comes as a row with a remark.
    """
    lines = _Lines(raw, note)
    try:
        yield from _rows(lines)
    finally:
        lines.let_go()


def _rows(lines: _Lines) -> Iterator[Row]:
    reader = csv.reader(lines)
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_UnclosedQuoteError, csv.Error) as reason:
            lines.put_back()
            reader = csv.reader(lines)
            yield Row(lines.first, [], _NO_CSV if isinstance(reason, csv.Error) else _UNCLOSED)
            continue
        if lines.remark is not None:
            yield Row(lines.first, [], lines.remark)
        elif cells:
            yield Row(lines.first, cells)


class _Lines:
    """Lines of text for csv, which takes another one while a quote is open."""

    def __init__(self, raw: io.BufferedReader, note: Note) -> None:
        encoding, remark = sniffed(raw.peek(4)[:4])
        if remark is not None:
            note(remark, 1)
        errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
        self._text = io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline="")
        self._alphabet = Alphabet(encoding)
        self._note = note
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._number = 0
        self._length = 0
        self._last = "\n"
        self.first = 0
        self.remark: Remark | None = None

    def begin(self) -> None:
        """Say that what is taken next is a new row."""
        self._taken.clear()
        self._length = 0
        self.remark = None

    def put_back(self) -> None:
        """Give all but the first line of this row once more."""
        self._waiting.extendleft(reversed(self._taken[1:]))
        self._number = self.first

    def let_go(self) -> None:
        """Leave the file to its owner, who closes it."""
        if not self._text.closed:
            self._text.detach()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._read()
        self._number += 1
        if not self._taken:
            self.first = self._number
        self._taken.append(line)
        self._length += len(line)
        if self._length > MAX_LINE:
            return self._too_long()
        if not line.isascii() or "\0" in line:
            return self._decoded(line)
        return line

    def _read(self) -> str:
        line = self._text.readline(MAX_LINE)
        if not line:
            self._end()
        if not line.endswith("\n"):
            line = self._unusual(line)
        self._last = line
        return line

    def _unusual(self, line: str) -> str:
        """Return a line that ends otherwise; the rest of one that is too long is dropped."""
        if line.endswith("\r"):
            if self._number == 0:
                self._note(info("lines end with CR alone"), 1)
            return line
        is_cut = len(line) >= MAX_LINE
        while len(line) >= MAX_LINE and (piece := self._text.readline(MAX_LINE)):
            if piece.endswith(_ENDS):
                break
        return f"{line}\n" if is_cut else line

    def _end(self) -> None:
        if self._taken:
            raise _UnclosedQuoteError
        if not self._last.endswith(_ENDS):
            self._note(info("the last line has no line break"), self._number)
            self._last = "\n"
        raise StopIteration

    def _too_long(self) -> str:
        if len(self._taken) > 1:
            raise _UnclosedQuoteError
        self.remark = _TOO_LONG
        return "-\n"

    def _decoded(self, line: str) -> str:
        if "\0" in line:
            self.remark = _NUL
        try:
            line, remark = self._alphabet.read(line)
        except UndecidedError as undecided:
            self.remark = undecided.remark
            return line
        if remark is not None:
            self._note(remark, self._number)
        return line
