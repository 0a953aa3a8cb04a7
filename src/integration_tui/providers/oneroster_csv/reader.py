"""Rows of a CSV file as people really send them, one by one, each with its line.

Nothing that is wrong with one row may cost another: a quote that is never closed, a line
without end, bytes of another alphabet and NULs put their own row aside. No more than a row is
ever in memory.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from integration_tui.domain.text_damage import LONGEST_ID, may_be_damaged
from integration_tui.providers.oneroster_csv.findings import Remark, error, info, warning
from integration_tui.providers.oneroster_csv.quote_recovery import (
    ESCAPED,
    STRAY,
    UNCLEAR,
    escaped,
    has_stray,
    repaired,
)

if TYPE_CHECKING:
    from _csv import Reader


WIDE: Final = ("utf-16", "utf-32")
_ESCAPED: Final = re.compile("[\udc80-\udcff]")
_TO_UTF_8: Final = "save it as CSV UTF-8"


class _UndecidedError(Exception):
    """A line whose bytes cannot be read with certainty; `remark` says why."""

    def __init__(self, remark: Remark) -> None:
        super().__init__(remark.message)
        self.remark = remark


def sniffed(head: bytes) -> tuple[str, Remark | None]:
    """Return the encoding by a file's first four bytes, and what is to be said of it."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", info("the file begins with a byte order mark")
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32", warning("the file is UTF-32 and was read as such", _TO_UTF_8)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", warning("the file is UTF-16 and was read as such", _TO_UTF_8)
    if len(head) == 4 and head[1] == head[3] == 0 and head[0] and head[2]:
        return "utf-16-le", warning("the file seems to be UTF-16 and was read as such", _TO_UTF_8)
    if len(head) == 4 and head[0] == head[2] == 0 and head[1] and head[3]:
        return "utf-16-be", warning("the file seems to be UTF-16 and was read as such", _TO_UTF_8)
    return "utf-8", None


class Alphabet:
    """Reads the lines of one file that are not ASCII, in their order."""

    def __init__(self, encoding: str) -> None:
        self._is_wide = encoding.startswith(WIDE)
        self._has_utf_8 = False
        self._has_1252 = False

    def read(self, line: str) -> tuple[str, Remark | None]:
        """Return a line as it is meant, and what is to be said of the file, once.

        Bytes that are no UTF-8 come as surrogates. Raises `_UndecidedError`.
        """
        if self._is_wide:
            return self._whole(line), None
        if not _ESCAPED.search(line):
            self._has_utf_8 = True
            return line, None
        if self._has_utf_8 or not _ESCAPED.sub("", line).isascii():
            raise _UndecidedError(
                error("the row has bytes that are no UTF-8, though others are", _TO_UTF_8)
            )
        return self._western(line)

    def _western(self, line: str) -> tuple[str, Remark | None]:
        try:
            read = line.encode("utf-8", "surrogateescape").decode("cp1252")
        except UnicodeDecodeError:
            raise _UndecidedError(
                error("the row has bytes that are neither UTF-8 nor Windows-1252", _TO_UTF_8)
            ) from None
        is_first, self._has_1252 = not self._has_1252, True
        remark = warning("the file is Latin-1 (Windows-1252) and was read as such", _TO_UTF_8)
        return read, remark if is_first else None

    def _whole(self, line: str) -> str:
        if "\N{REPLACEMENT CHARACTER}" in line:
            raise _UndecidedError(
                error("the row has bytes that are no UTF-16 or UTF-32", _TO_UTF_8)
            )
        return line


_SEPARATORS: Final = {
    ";": "semicolons, as Excel writes them in many countries",
    "\t": "tabs",
    "|": "vertical bars",
}
_SAVE: Final = "save the file with commas"
_OTHER: Final = {
    sign: warning(f"the cells are separated by {name}", _SAVE) for sign, name in _SEPARATORS.items()
}
_OWN_LINE: Final = re.compile(r'\ufeff?"?sep=([,;\t|])"?[,;\t|]*\s*', re.IGNORECASE)
_HAS_OWN_LINE: Final = warning("the first line is Excel's sep=; it was passed over", "remove it")
_SPACED_SEPARATORS: Final = warning(
    "a blank follows each separator; it was taken off", "remove the blanks"
)


class CellFormat(NamedTuple):
    """How the cells of a file are told apart; `remarks` say where that is unusual."""

    separator: str = ","
    is_spaced: bool = False
    has_own_line: bool = False
    remarks: tuple[Remark, ...] = ()

    def reader(self, lines: Iterable[str]) -> Reader:
        """Return what reads rows of cells; it raises `csv.Error` at a quote out of place."""
        return csv.reader(
            lines, delimiter=self.separator, skipinitialspace=self.is_spaced, strict=True
        )

    def cells(self, line: str) -> list[str]:
        """Return the cells of one line; none where it is no row of its own."""
        try:
            return next(self.reader([line]), list[str]())
        except csv.Error:
            return []


def detect_format(first: str) -> CellFormat:
    """Return the form of a file by its first line."""
    if told := _OWN_LINE.fullmatch(first):
        separator = told[1]
        remarks = (*([_OTHER[separator]] if separator in _OTHER else []), _HAS_OWN_LINE)
        return CellFormat(separator=separator, has_own_line=True, remarks=remarks)
    separator = max(",", *_SEPARATORS, key=lambda sign: len(CellFormat(sign).cells(first)))
    cells = CellFormat(separator).cells(first)
    is_spaced = len(cells) > 1 and all(cell.startswith(" ") for cell in cells[1:])
    remarks = (_OTHER[separator],) if separator in _OTHER else ()
    return CellFormat(
        separator, is_spaced, remarks=(*remarks, *([_SPACED_SEPARATORS] if is_spaced else []))
    )


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
_ENDLESS: Final = error(
    f"a cell in quotes goes on for more than {MAX_LINE:,} characters",
    "shorten it, or close the quote; nothing in a roster is that long",
)
_NUL: Final = error("the row holds a NUL character", "remove it")
_SPACED: Final = warning(
    "a blank stands before a quote; it was taken off", "remove the blank", rule="stray-quote"
)


class CsvRow(msgspec.Struct, frozen=True, gc=False):
    """The cells of one row; `line` is where it begins. `remark` says why it has none.

    `repair` says what had to be put right. `is_odd`: it has signs of damage, and is to be looked
    at cell by cell. `is_unended`: the file ends in it without a line break.
    """

    line: int
    cells: list[str]
    remark: Remark | None = None
    repair: Remark | None = None
    is_odd: bool = False
    is_unended: bool = False


class _UnclosedQuoteError(Exception):
    """A row went on and on. `is_endless`: it did not stop at the end of the file."""

    def __init__(self, *, is_endless: bool) -> None:
        super().__init__()
        self.is_endless = is_endless


def rows(raw: io.BufferedReader, note: Note) -> Iterator[CsvRow]:
    """Yield the rows of a file, the header first; blank lines are passed over.

    Raises only what `raw` raises. What cannot be read comes as a row with a remark.
    """
    lines = _Lines(raw, note)
    try:
        yield from _rows(lines)
    finally:
        lines.let_go()


def _rows(lines: _Lines) -> Iterator[CsvRow]:
    form = lines.form()
    reader = form.reader(lines)
    width = 0
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_UnclosedQuoteError, csv.Error) as reason:
            yield _repaired(lines, form, width, reason)
            if isinstance(reason, _UnclosedQuoteError) and reason.is_endless:
                _skip(lines, form, width)
            reader = form.reader(lines)
            continue
        if lines.remark is not None:
            yield CsvRow(lines.first, [], lines.remark)
        elif cells:
            row = CsvRow(lines.first, cells, None, None, lines.is_odd, lines.is_unended)
            quotes = lines.quotes
            if quotes and quotes != 2 * len(cells) and '"' in "".join(cells):
                row = _looked_at(row, lines, form, width)
            yield row
            width = width or len(cells)


def _repaired(lines: _Lines, form: CellFormat, width: int, reason: Exception) -> CsvRow:
    """Return a row whose quotes are out of place; what is not of it is given back."""
    first, whole = lines.first, lines.text
    remark = lines.remark
    if remark is None and isinstance(reason, _UnclosedQuoteError):
        if (cells := escaped(lines.first_text, form.separator, width)) is not None:
            lines.put_back()
            return CsvRow(first, cells, None, ESCAPED, is_odd=True)
        remark = _ENDLESS if reason.is_endless else _UNCLOSED
    for text in () if remark else dict.fromkeys([lines.first_text, whole]):
        if (found := repaired(text, form.separator, width)) is not None:
            if text != whole:
                lines.put_back()
            return CsvRow(first, found[0], None, found[1], is_odd=True)
    lines.put_back()
    return CsvRow(first, [], remark or UNCLEAR)


def _looked_at(row: CsvRow, lines: _Lines, form: CellFormat, width: int) -> CsvRow:
    """Return a row that has quotes inside its cells, with what is to be said of them."""
    if width and len(row.cells) != width:
        cells = form._replace(is_spaced=True).cells(lines.text) if len(row.cells) > width else []
        return replace(row, cells=cells, repair=_SPACED) if len(cells) == width else row
    if has_stray(lines.text, form.separator):
        return replace(row, repair=STRAY, is_odd=True)
    return row


def _skip(lines: _Lines, form: CellFormat, width: int) -> None:
    """Pass over what belongs to a cell without end: to its closing quote, or to the next row."""
    closing = re.compile(rf'"(?:[{re.escape(form.separator)}]|\s*\Z)')
    while (line := lines.look()) is not None:
        is_wide = 0 < width - 1 <= line.count(form.separator)
        if is_wide and len(form.cells(line)) == width:
            return
        lines.drop()
        if '"' in line and closing.search(line.replace('""', "")):
            return


class _Lines:
    """Lines of text for csv, which takes another one while a quote is open."""

    def __init__(self, raw: io.BufferedReader, note: Note) -> None:
        encoding, remark = sniffed(raw.peek(4)[:4])
        if remark is not None:
            note(remark, 1)
        errors = "replace" if encoding.startswith(WIDE) else "surrogateescape"
        self._text = io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline="")
        self._alphabet = Alphabet(encoding)
        self._note = note
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._number = 0
        self._length = 0
        self.first = 0
        self.remark: Remark | None = None
        self.is_odd = False
        self.is_unended = False
        self.quotes = 0

    @property
    def first_text(self) -> str:
        """The first line of this row."""
        return self._taken[0]

    @property
    def text(self) -> str:
        """This row as it is written."""
        return "".join(self._taken)

    def form(self) -> CellFormat:
        """Return how the file separates its cells, and tell where that is unusual."""
        form = detect_format(self.look() or "")
        for remark in form.remarks:
            self._note(remark, 1)
        if form.has_own_line:
            self.drop()
        return form

    def begin(self) -> None:
        """Say that what is taken next is a new row."""
        self._taken.clear()
        self._length = 0
        self.remark = None
        self.is_odd = False
        self.quotes = 0

    def look(self) -> str | None:
        """Return the next line without taking it; `None` at the end."""
        if not self._waiting:
            line = self._next_line()
            if not line:
                return None
            self._waiting.append(line)
        return self._waiting[0]

    def drop(self) -> None:
        """Pass over the line that `look` returned."""
        self._waiting.popleft()
        self._number += 1

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
        line = self._waiting.popleft() if self._waiting else self._next_line() or self._end()
        self._number += 1
        if not self._taken:
            self.first = self._number
        self._taken.append(line)
        self._length += len(line)
        if self._length > LONGEST_ID:
            self.is_odd = True
            if self._length > MAX_LINE:
                return self._too_long()
        if not line.isascii() or "\0" in line:
            line = self._taken[-1] = self._decoded(line)
        self.quotes += line.count('"')
        if may_be_damaged(line):
            self.is_odd = True
        return line

    def _next_line(self) -> str:
        line = self._text.readline(MAX_LINE)
        return line if not line or line.endswith("\n") else self._unusual(line)

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
        self.is_unended = not is_cut
        return f"{line}\n" if is_cut else line

    def _end(self) -> str:
        if self._taken:
            raise _UnclosedQuoteError(is_endless=False)
        if self.is_unended:
            self._note(info("the last line has no line break"), self._number)
            self.is_unended = False
        raise StopIteration

    def _too_long(self) -> str:
        if len(self._taken) > 1:
            raise _UnclosedQuoteError(is_endless=True)
        self.remark = _TOO_LONG
        return "-\n"

    def _decoded(self, line: str) -> str:
        if "\0" in line:
            self.remark = _NUL
        try:
            line, remark = self._alphabet.read(line)
        except _UndecidedError as undecided:
            self.remark = undecided.remark
            return line
        if remark is not None:
            self._note(remark, self._number)
        return line
