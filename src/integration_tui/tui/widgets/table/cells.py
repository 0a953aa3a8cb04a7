"""What tables are made of: columns, rows, and cells with a tone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec
from rich.cells import cell_len, set_cell_size

from integration_tui.domain.text import keep_widths
from integration_tui.tui.sanitize import plain


class CellStyle(StrEnum):
    """How a cell is meant; themes give it a colour. Never the only sign of anything."""

    PLAIN = "plain"
    GOOD = "good"
    WEAK = "weak"
    BAD = "bad"
    QUIET = "quiet"
    FAINT = "faint"
    DATA = "data"
    STRONG = "strong"
    KEY = "key"


class Cell(msgspec.Struct, frozen=True):
    """A piece of text, as it came: it is made visible where it is drawn.

    `by` is what it is sorted by and compared with, where that is not its text. `brief` stands in
    its place where there is no room for it whole. `parts` are how it is drawn, where not all of
    it has one tone; together they are as long as the text.
    """

    text: str
    tone: CellStyle = CellStyle.PLAIN
    by: float | str | None = None
    brief: str = ""
    parts: tuple[tuple[str, CellStyle], ...] = ()
    is_wide: bool = False
    """A sentence, which also has the room of the empty cells on both sides of it."""


class TableRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a table. The cursor stays on its `key`, wherever the row moves to."""

    key: str
    cells: tuple[Cell, ...]


class TableRows(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a table by place. One is made when it comes into view, and not before.

    `seeds` are what they are made from, place by place: where that is the same object as it was
    when rows were shown before, the row is the same, and is not made again.
    """

    keys: Sequence[str]
    make: Callable[[int], TableRow]
    seeds: Sequence[object] = ()

    @classmethod
    def of(cls, rows: Sequence[TableRow]) -> TableRows:
        """Take rows that are made already."""
        return cls(keys=[row.key for row in rows], make=rows.__getitem__, seeds=rows)


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """`width` in cells; 0 takes what is left, which one column of a table does.

    Columns with a `rank` leave, the highest first, until the one that takes what is left has
    `least` cells: it says why. Below `from_width` cells of table, a column is not shown at all.
    What stands to the `right` is a number, as far as it can be read as one; with `middle`, what is
    too long is cut there: IDs and addresses differ at both ends. `name` is what it is called where
    its title is no word.
    """

    title: str
    width: int = 0
    right: bool = False
    from_width: int = 0
    rank: int = 0
    least: int = 4
    middle: bool = False
    name: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called in a filter and by a key: its title, the first word of that."""
        title = (self.name or self.title).lower()
        first = re.match(r"\w+", title)
        return (title, first.group()) if first else (title,)


def widths(columns: Sequence[Column], total: int) -> list[int]:
    """Return the width of each column in a table of `total` cells; -1 where it is not shown."""
    shown = [column for column in columns if column.from_width <= total]
    wanted = max((column.least for column in shown if not column.width), default=0)
    for column in sorted(filter(_has_rank, shown), key=lambda column: -column.rank):
        if _rest(shown, total) >= wanted:
            break
        shown.remove(column)
    rest = max(_rest(shown, total), 0)
    sharing = sum(column.width == 0 for column in shown) or 1
    return [
        (column.width or max(rest // sharing, 4)) if column in shown else -1 for column in columns
    ]


def _has_rank(column: Column) -> bool:
    return column.rank > 0


def _rest(shown: Sequence[Column], total: int) -> int:
    return total - sum(column.width for column in shown) - 2 * len(shown)


def fit(text: str, width: int, *, right: bool = False, middle: bool = False) -> str:
    """Return `text` made visible, and exactly `width` cells wide."""
    text = keep_widths(plain(text))
    length = cell_len(text)
    if length > width:
        if middle and width > _SHORT:
            return _without_middle(text, width)
        return set_cell_size(text, max(width - 1, 0)) + "…"[: max(width, 0)]
    padding = " " * (width - length)
    return padding + text if right else text + padding


_SHORT = 6
"""Cells in which no two ends find room."""


def _without_middle(text: str, width: int) -> str:
    """Keep both ends, measured in cells: a wide character takes two."""
    head = set_cell_size(text, width // 2).rstrip(" ")
    room, start = width - 1 - cell_len(head), len(text)
    while start and cell_len(text[start - 1 :]) <= room:
        start -= 1
    return fit(f"{head}…{text[start:]}", width)
