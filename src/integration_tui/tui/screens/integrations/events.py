"""What has just happened, newest first: when, where, and one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from textual.content import Content

from integration_tui.domain.message import MessageKind, MessageSeverity
from integration_tui.domain.time_words import short_time
from integration_tui.tui.widgets.roles import line, text, wrapped

if TYPE_CHECKING:
    from integration_tui.domain.message import Message

MOST: Final = 30
_INDENT: Final = 12
_SIGNS: Final = {
    MessageSeverity.BAD: ("✗ ", "bad"),
    MessageSeverity.WARNING: ("▲ ", "warn"),
    MessageSeverity.GOOD: ("● ", "ok"),
}


def feed(messages: Sequence[Message], now: datetime, width: int, height: int) -> Iterator[Content]:
    """Yield as many events as there is room for, each whole; of the newest, as much as fits."""
    if not messages:
        yield text("No events yet.", "muted")
    rows = 0
    for message in messages:
        shown = list(_event(message, now, width))
        if rows and rows + len(shown) > height:
            return
        rows += len(shown)
        yield from shown[:height]


def _event(message: Message, now: datetime, width: int) -> Iterator[Content]:
    at = short_time(message.at, now, seconds=True)
    times = f" ×{message.times}" if message.times > 1 else ""  # noqa: RUF001 - a count, not a letter
    yield line(
        (f"{at:<{_INDENT - 2}}", "muted"),
        ("▲ ", "bad") if message.kind is MessageKind.HELD else _SIGNS[message.severity],
        (message.integration_id, "strong"),
        (times, "muted"),
    )
    for part in wrapped(message.sentence, width - _INDENT):
        yield line(" " * _INDENT, (part.plain, "muted"))
