"""The panes beside the list: the card of the selected record, and what there is room for."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from integration_tui.domain.quantity import counted
from integration_tui.domain.roster_view import RecordCard
from integration_tui.tui.screens.roster.card import (
    card_blocks,
    created_text,
    related_blocks,
    related_title,
    subject,
)
from integration_tui.tui.screens.roster.known import KNOWN_COLUMNS, known_rows
from integration_tui.tui.screens.roster.timeline import entries, timeline_blocks
from integration_tui.tui.widgets.block_list import Block, BlockList
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.table.table import RowTable

_USUAL_LINES: Final = 12
"""Lines of a card without anything special: the pane is as high, so that nothing jumps."""


class RecordPanes(Vertical):
    """Shows one record; an empty card where none is selected."""

    def compose(self) -> ComposeResult:
        yield Pane(BlockList(id="who"), title="Record", id="card")
        yield Pane(RowTable(KNOWN_COLUMNS, id="systems"), title="Known as", id="known")
        with Horizontal(id="below"):
            yield Pane(BlockList(id="history"), title="Timeline", id="timeline")
            yield Pane(BlockList(id="beside"), title="Classes", edge="left", id="related")

    def show(
        self,
        card: RecordCard,
        types: Mapping[str, str],
        *,
        now: datetime,
        is_readonly: bool,
        stays: bool,
    ) -> None:
        """Show a record; `stays` where it was the one shown before."""
        self._show_who(card, is_readonly=is_readonly, stays=stays)
        self._show_known(card, types, now)
        self._show_below(card, now, stays=stays)

    def clear(self) -> None:
        """Show that no record is selected."""
        pane = self.query_one("#card", Pane)
        pane.title("Record")
        pane.hint()
        pane.remove_class("-warn", "-full")
        self.query_one("#who", BlockList).show_empty("No record selected.")
        self.query_one("#history", BlockList).show_empty("No record selected.")
        self.query_one("#beside", BlockList).show(lambda _width: ())
        self.query_one("#related", Pane).add_class("-empty")
        systems = self.query_one("#systems", RowTable)
        systems.show_empty("No record selected.")
        systems.show([])
        for name, title in (
            ("known", "Known as"),
            ("timeline", "Timeline"),
            ("related", "Classes"),
        ):
            self.query_one(f"#{name}", Pane).title(title)

    def _show_who(self, card: RecordCard, *, is_readonly: bool, stays: bool) -> None:
        def draw(width: int) -> list[Block]:
            return list(card_blocks(card, width, is_readonly=is_readonly))

        pane = self.query_one("#card", Pane)
        pane.title(*subject(card))
        pane.hint(created_text(card))
        pane.set_class(bool(card.conflicts), "-warn")
        who = self.query_one("#who", BlockList)
        who.show(draw, stays=stays)
        pane.set_class(who.line_count > _USUAL_LINES, "-full")

    def _show_known(self, card: RecordCard, types: Mapping[str, str], now: datetime) -> None:
        count = len(card.view.mappings)
        self.query_one("#known", Pane).title("Known as", counted(count, "system"))
        table = self.query_one("#systems", RowTable)
        table.show_empty("No system lists this record.")
        table.show(list(known_rows(card, types, now)))

    def _show_below(self, card: RecordCard, now: datetime, *, stays: bool) -> None:
        changes = len(entries(card))
        self.query_one("#timeline", Pane).title("Timeline", counted(changes, "change"))
        self.query_one("#history", BlockList).show(
            lambda width: list(timeline_blocks(card, width, now)), stays=stays
        )
        related = self.query_one("#related", Pane)
        related.title(related_title(card), f"{card.related_count:,}")
        related.set_class(not card.related_count, "-empty")
        self.query_one("#beside", BlockList).show(
            lambda width: list(related_blocks(card, width)), stays=stays
        )
