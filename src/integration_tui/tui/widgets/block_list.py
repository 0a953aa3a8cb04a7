"""A list of entries of several lines each, drawn for the width that there is."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from integration_tui.tui.keymap import MOVES
from integration_tui.tui.widgets.empty_state import empty_rows
from integration_tui.tui.widgets.roles import fit, line


class Block(msgspec.Struct, frozen=True):
    """One entry, and the lines it is drawn as. Without a `key`, nothing is behind it."""

    lines: tuple[Content, ...]
    key: str = ""


DrawBlocks = Callable[[int], Sequence[Block]]


class BlockList(ScrollView, can_focus=True, inherit_bindings=False):
    """The cursor goes from one entry with a key to the next; without any, lines are scrolled.

    The cursor is seen while the list has the focus.
    """

    BINDINGS = MOVES
    DEFAULT_CSS: ClassVar[str] = """
    BlockList { height: 1fr; width: 1fr; background: $surface; overflow-x: hidden;
        overflow-y: auto; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    """

    cursor: var[int] = var(0, init=False)

    @dataclass
    class Chosen(Message):
        """Somebody wants to see more of this entry."""

        list: BlockList
        key: str

        @property
        def control(self) -> BlockList:
            return self.list

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._draw: DrawBlocks = lambda _width: ()
        self._lines: list[Content] = []
        self._owners: list[int] = []
        self._keys: list[str] = []
        self._spans: list[tuple[int, int]] = []
        self._laid_out = -1
        self._is_empty = False

    def show(self, draw: DrawBlocks, *, stays: bool = False) -> None:
        """Draw these entries instead; `stays` keeps cursor and place, as for the same subject."""
        self._is_empty = False
        self._show(draw, stays=stays)

    def _show(self, draw: DrawBlocks, *, stays: bool = False) -> None:
        before = list(self._lines)
        self._draw = draw
        self._lay_out()
        if not stays:
            self.set_reactive(BlockList.cursor, 0)
            self.scroll_to(y=0, animate=False, immediate=True)
        self.cursor = self.validate_cursor(self.cursor)
        is_same = len(before) == len(self._lines) and all(
            one.is_same(other) for one, other in zip(before, self._lines, strict=True)
        )
        if not is_same:
            self.refresh()

    def show_empty(self, sentence: str) -> None:
        """Show why there is nothing to show."""
        self._is_empty = True
        self._show(lambda width: [Block((line(*row),)) for row in self._emptied(sentence, width)])

    def _emptied(self, sentence: str, width: int) -> Iterator[tuple[tuple[str, str], ...]]:
        return empty_rows(sentence, width, self.size.height)

    @property
    def line_count(self) -> int:
        return len(self._lines)

    @property
    def selected(self) -> str:
        """The key of the entry with the cursor; nothing where no entry has one."""
        return self._keys[self.cursor] if self._keys else ""

    @property
    def selected_text(self) -> str:
        """The lines of the entry with the cursor; all of them where no entry has a key."""
        if not self._keys:
            return "\n".join(one.plain.rstrip() for one in self._lines)
        top, bottom = self._spans[self.cursor]
        return "\n".join(one.plain.rstrip() for one in self._lines[top:bottom])

    def select(self, key: str) -> None:
        """Put the cursor on this entry, if it is there."""
        if key in self._keys:
            self.cursor = self._keys.index(key)

    # Its lines

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        self._laid_out = width
        self._lines, self._owners, self._keys, self._spans = [], [], [], []
        for block in self._draw(width) if width else ():
            top = len(self._lines)
            self._lines += block.lines
            if block.key:
                self._keys.append(block.key)
                self._spans.append((top, len(self._lines)))
            owner = len(self._keys) - 1 if block.key else -1
            self._owners += [owner] * len(block.lines)
        self.virtual_size = Size(width, len(self._lines))

    def on_resize(self) -> None:
        if self._is_empty or self._laid_out != self.scrollable_content_region.width:
            self._lay_out()
            self.cursor = self.validate_cursor(self.cursor)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, place = self.scrollable_content_region.width, y + self.scroll_offset.y
        if place >= len(self._lines) or not width:
            return Strip.blank(width, self.rich_style)
        row = fit(self._lines[place], width)
        if self.has_focus and self._keys and self._owners[place] == self.cursor:
            row = row.stylize_before("on $cursor")
        return Visual.to_strips(self, row, width, 1, self.visual_style)[0]

    # Moving

    def action_move(self, step: int) -> None:
        if self._keys:
            self.cursor += step
        else:
            self._scroll(step)

    def action_page(self, pages: int) -> None:
        rows = pages * max(self.size.height - 1, 1)
        if not self._keys:
            self._scroll(rows)
            return
        top = self._spans[self.cursor][0] + rows
        nearest = min(self._spans, key=lambda span: abs(span[0] - top))
        self.cursor = self._spans.index(nearest)

    def action_first(self) -> None:
        self.cursor = 0
        self.scroll_to(y=0, animate=False, immediate=True)

    def action_last(self) -> None:
        self.cursor = len(self._keys) - 1
        self.scroll_to(y=len(self._lines), animate=False, immediate=True)

    def action_choose(self) -> None:
        if self.selected:
            self.post_message(self.Chosen(self, self.selected))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on an entry, and then open it."""
        place = event.y + self.scroll_offset.y
        owner = self._owners[place] if 0 <= place < len(self._owners) else -1
        if owner < 0:
            return
        if owner == self.cursor and event.chain > 1:
            self.action_choose()
        self.cursor = owner

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def validate_cursor(self, place: int) -> int:
        return max(0, min(place, len(self._keys) - 1))

    def watch_cursor(self, before: int, after: int) -> None:
        if before == after or not self._spans:
            return
        top, bottom = self._spans[after]
        room, seen = self.size.height, self.scroll_offset.y
        if top < seen:
            self.scroll_to(y=top, animate=False, immediate=True)
        elif bottom > seen + room:
            self.scroll_to(y=min(top, bottom - room), animate=False, immediate=True)
        self.refresh()

    def _scroll(self, rows: int) -> None:
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False, immediate=True)
