"""Messages and confirmations as rows of a table."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from integration_tui.domain.message import Message, MessageKind, MessageSeverity
from integration_tui.tui.widgets.formats import moment
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow

if TYPE_CHECKING:
    from integration_tui.tui.screens.context import Notice

COLUMNS: Final = (
    Column(title="", width=1),
    Column(title="", width=1),
    Column(title="Time", width=9),
    Column(title="Integration", width=16, middle=True),
    Column(title="Event", width=9, rank=2),
    Column(title="Times", width=5, right=True, rank=3),
    Column(title="Message", least=60),
)
SESSION_COLUMNS: Final = (
    Column(title="", width=1),
    Column(title="Time", width=9),
    Column(title="Screen", width=13, rank=1),
    Column(title="Times", width=5, right=True, rank=2),
    Column(title="Confirmation", least=40),
)
SIGNS: Final = {
    MessageKind.DOWN: "✗",
    MessageKind.DEGRADED: "▲",
    MessageKind.BACK: "●",
    MessageKind.HELD: "▲",
    MessageKind.WAITING: "◆",
    MessageKind.FAILED: "✗",
    MessageKind.CONFLICTS: "▲",
}
WORDS: Final = {
    MessageKind.DOWN: "Down",
    MessageKind.DEGRADED: "Degraded",
    MessageKind.BACK: "Healthy",
    MessageKind.HELD: "Held",
    MessageKind.WAITING: "Planned",
    MessageKind.FAILED: "Failed",
    MessageKind.CONFLICTS: "Conflicts",
}
_TONES: Final = {
    MessageSeverity.BAD: CellStyle.BAD,
    MessageSeverity.WARNING: CellStyle.WEAK,
    MessageSeverity.GOOD: CellStyle.GOOD,
}


def message_row(message: Message, now: datetime) -> TableRow:
    """Return the row of a message; what was read is muted."""
    tone = _TONES[message.severity]
    text = CellStyle.QUIET if message.is_read else CellStyle.PLAIN
    return TableRow(
        key=str(message.id),
        cells=(
            Cell("" if message.is_read else "•", CellStyle.DATA),
            Cell(SIGNS[message.kind], tone),
            Cell(moment(message.at, now), CellStyle.QUIET, by=message.at.timestamp()),
            Cell(message.integration_id, text),
            Cell(WORDS[message.kind], tone),
            Cell(f"{message.times}" if message.times > 1 else "", CellStyle.QUIET),
            Cell(message.sentence, text, brief=_brief(message.sentence)),
        ),
    )


def _brief(sentence: str) -> str:
    """Return the part of a message that says most, for where there is no room for all of it."""
    first, _, rest = sentence.partition(". ")
    return rest if first == "Plan held" else f"{first}." if rest else ""


def notice_row(notice: Notice, now: datetime) -> TableRow:
    """Return the row of what a toast said."""
    sign = Cell("✗", CellStyle.BAD) if notice.is_bad else Cell("●", CellStyle.QUIET)
    return TableRow(
        key=str(notice.number),
        cells=(
            sign,
            Cell(moment(notice.at, now), CellStyle.QUIET),
            Cell(notice.screen, CellStyle.QUIET),
            Cell(f"{notice.times}" if notice.times > 1 else "", CellStyle.QUIET),
            Cell(notice.sentence, CellStyle.BAD if notice.is_bad else CellStyle.PLAIN),
        ),
    )
