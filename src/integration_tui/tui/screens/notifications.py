"""What toasts said since the console was opened: they vanish, what they said does not."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from integration_tui.tui.sanitize import safe_lines
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.context import Notice
from integration_tui.tui.screens.integrations.details import time_of_day
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable

_COLUMNS = (
    Column(title="", width=2),
    Column(title="At", width=9),
    Column(title="Screen", width=13, from_width=70),
    Column(title="Times", width=5, right=True, from_width=60),
    Column(title="What was said"),
)


class NotificationsScreen(ConsoleScreen):
    """Newest first. They are kept until the console is closed; what was done is in the audit."""

    title_text: ClassVar[str] = "Notifications"

    def body(self) -> ComposeResult:
        yield RowTable(_COLUMNS, empty="nothing has been said yet")

    def on_mount(self) -> None:
        self.shared.on_notice = self._show
        self._show()

    async def reload(self) -> None:
        self._show()

    def _show(self) -> None:
        if self.is_mounted:
            self.query_one(RowTable).show([_row(notice) for notice in self.shared.notices])

    @on(RowTable.Chosen)
    def _open(self, event: RowTable.Chosen) -> None:
        notice = next(
            (notice for notice in self.shared.notices if str(notice.number) == event.key), None
        )
        if notice is not None:
            self.app.push_screen(TextDialog(_heading(notice), safe_lines(notice.sentence)))


def _heading(notice: Notice) -> str:
    times = f", {notice.times} times" if notice.times > 1 else ""
    return f"{time_of_day(notice.at)} {notice.screen}{times}"


def _row(notice: Notice) -> TableRow:
    sign = Cell("✗", CellStyle.BAD) if notice.is_bad else Cell("●", CellStyle.QUIET)
    return TableRow(
        key=str(notice.number),
        cells=(
            sign,
            Cell(time_of_day(notice.at) or "-"),
            Cell(notice.screen),
            Cell(str(notice.times) if notice.times > 1 else ""),
            Cell(notice.sentence, CellStyle.BAD if notice.is_bad else CellStyle.PLAIN),
        ),
    )
