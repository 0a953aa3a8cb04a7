"""What tables are made of: columns, rows, and cells with a tone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text, as it came: it is made visible where it is drawn.

    `by` is what it is sorted by and compared with, where that is not its text.
    """

    text: str
    tone: CellStyle = CellStyle.PLAIN
    by: float | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A line of a table. The cursor stays on its `key`, wherever the row moves to."""

    key: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRows:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`width` in cells; 0 takes what is left. Shown where the table has `from_width` cells.

    What stands to the right is a number, as far as it can be read as one.
    """

    title: str
    width: int = 0
    right: bool = False
    from_width: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called in a filter and by a key: its title, the first word of that."""
        title = self.title.lower()
        first = re.match(r"\w+", title)
        return (title, first.group()) if first else (title,)


def widths(columns: Sequence[Column], total: int) -> list[int]:
    """Return the width of each column in a table of `total` cells; -1 where it is not shown."""
    shown = [column for column in columns if column.from_width <= total]
    taken = sum(column.width for column in shown) + 2 * len(shown)
    rest = max(total - taken, 0)
    sharing = sum(column.width == 0 for column in shown) or 1
    return [
        -1 if column.from_width > total else column.width or max(rest // sharing, 4)
        for column in columns
    ]


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` made visible, and exactly `width` cells wide."""
    text = keep_widths(plain(text))
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(width - 1, 0)) + "…"[: max(width, 0)]
    padding = " " * (width - length)
    return padding + text if right else text + padding
