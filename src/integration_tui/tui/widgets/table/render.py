"""How a table draws its lines: the head with what is sorted and how many are shown, and rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from integration_tui.tui.sanitize import plain
from integration_tui.tui.widgets.empty_state import empty_rows
from integration_tui.tui.widgets.table.cells import Cell, Column, TableRow, fit, widths
from integration_tui.tui.widgets.table.model import SortOrder

MARK = "■"
"""Stands in front of a row that is marked."""


class RowLines(ScrollView, inherit_bindings=False):
    """Knows columns and styles; which rows there are, the table knows."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-table--head",
        "row-table--cursor",
        "row-table--good",
        "row-table--weak",
        "row-table--bad",
        "row-table--quiet",
        "row-table--faint",
        "row-table--data",
        "row-table--strong",
        "row-table--key",
    }

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._laid_out: tuple[int, list[tuple[int, int, int]]] = (-1, [])
        self._base = Style()
        self._toned: dict[str, Style] = {}
        self._emptied: tuple[object, list[tuple[tuple[str, str], ...]]] = (None, [])

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines; the styles that they have in common are looked up once for all of them."""
        self._base = self.rich_style
        self._toned = {}
        return super().render_lines(crop)

    @property
    def columns(self) -> Sequence[Column]:
        return self._columns

    @property
    def shown_columns(self) -> list[int]:
        """The places of the columns that there is room for."""
        return [place for place, _x, _room in self._spans()]

    def column_at(self, x: int) -> int | None:
        """Return the place of the column that is drawn there."""
        for place, start, room in self._spans():
            if start <= x < start + room:
                return place
        return None

    def _spans(self) -> list[tuple[int, int, int]]:
        """Return place, first cell and number of cells of each column that is shown."""
        width = self._width
        if self._laid_out[0] != width:
            self._laid_out = (width, list(_spans(self._columns, width)))
        return self._laid_out[1]

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def head_line(self, order: SortOrder | None, note: str) -> Strip:
        """Return the titles, an arrow before the sorted one, and the note at the end."""
        base, width = self._style("head"), self._width
        titles = [
            (place, _title(self._columns[place], room - 2)) for place, _x, room in self._spans()
        ]
        parts = ((f"{_arrow(order, place, title)}{title} ", _PLAIN) for place, title in titles)
        line = self._line(parts, width, base)
        if not note:
            return line
        note = f" {note} "
        room = max(width - cell_len(note), 0)
        return Strip.join([line.crop(0, room), Strip([Segment(note, base)])]).crop(0, width)

    def row_line(self, row: TableRow, base: Style, *, is_marked: bool) -> Strip:
        """Return the cells of a row."""
        return self._line(self._cells(row, is_marked), self._width, base)

    def text_line(self, text: str) -> Strip:
        """Return a line that is no row."""
        width = self._width
        return self._line([(fit(text, width), self._style("quiet"))], width, self._base)

    def empty_line(self, y: int, height: int, sentence: str) -> Strip:
        """Return a line, from 0, of as many as say that there are no rows."""
        drawn_for = (sentence, self._width, height)
        if self._emptied[0] != drawn_for:
            self._emptied = drawn_for, [*empty_rows(plain(sentence), self._width, height)]
        parts = self._emptied[1][y] if y < len(self._emptied[1]) else ()
        shown = ((said, self._tone(_TONES[role])) for said, role in parts)
        return self._line(shown, self._width, self._base)

    def _cells(self, row: TableRow, is_marked: bool) -> Iterator[tuple[str, Style]]:
        if len(row.cells) != len(self._columns):
            raise ValueError(f"{len(row.cells)} cells in a table of {len(self._columns)} columns")
        for place, x, room in _merged(self._spans(), row.cells):
            column, cell = self._columns[place], row.cells[place]
            yield (MARK if is_marked and x == 0 else " "), _PLAIN
            yield from self._cell(cell, column, room - 2)
            yield " ", _PLAIN

    def _cell(self, cell: Cell, column: Column, room: int) -> Iterator[tuple[str, Style]]:
        """Yield what stands in a cell: whole, or its brief form, or cut."""
        if cell.parts and cell_len(cell.text) <= room:
            blank = " " * (room - cell_len(cell.text))
            yield (blank if column.right else ""), _PLAIN
            yield from ((text, self._tone(tone)) for text, tone in cell.parts)
            yield ("" if column.right else blank), _PLAIN
            return
        is_long = bool(cell.brief) and cell_len(cell.text) > room
        shown = cell.brief if is_long else cell.text
        yield (
            fit(shown, room, right=column.right, middle=column.middle),
            self._tone(cell.tone),
        )

    def _line(self, parts: Iterable[tuple[str, Style]], width: int, base: Style) -> Strip:
        strip = Strip(
            Segment(text, base + style if style else base) for text, style in parts if text
        )
        return strip.adjust_cell_length(width, base)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"row-table--{name}")

    def _tone(self, tone: str) -> Style:
        if tone == "plain":
            return _PLAIN
        if tone not in self._toned:
            # Only a whole style has its colour mixed with the ground: a part would be pure white.
            style = self._style(tone)
            self._toned[tone] = Style(color=style.color, bold=style.bold)
        return self._toned[tone]


_PLAIN: Final = Style()
_TONES: Final = {"muted": "quiet", "faint": "faint"}


def _spans(columns: Sequence[Column], total: int) -> Iterator[tuple[int, int, int]]:
    x = 0
    for place, room in enumerate(widths(columns, total)):
        if room >= 0:
            yield place, x, room + 2
            x += room + 2


def _merged(
    spans: Sequence[tuple[int, int, int]], cells: Sequence[Cell]
) -> Sequence[tuple[int, int, int]]:
    """Return place, first cell and room of each cell; a wide one has that of empty neighbors."""
    if not any(cell.is_wide for cell in cells):
        return spans
    found: list[tuple[int, int, int]] = []
    for place, x, room in spans:
        before, start, had = found[-1] if found else (place, x, 0)
        if found and cells[before].is_wide and not cells[place].text:
            found[-1] = (before, start, had + room)
        elif found and cells[place].is_wide and not cells[before].text:
            found[-1] = (place, start, had + room)
        else:
            found.append((place, x, room))
    return found


def _arrow(order: SortOrder | None, place: int, title: str) -> str:
    """Return what stands before a title; without one, it would pass for a sign of the rows."""
    if order is None or order.column != place or not title.strip():
        return " "
    return "↓" if order.is_reversed else "↑"


def _title(column: Column, room: int) -> str:
    """Return a title; none where only a letter of it would be left."""
    is_known = cell_len(column.title) <= room or room > _FEW
    return fit(column.title if is_known else "", room, right=column.right)


_FEW = 3
