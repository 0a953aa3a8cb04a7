"""Pieces of text by what they mean: a role takes its colour from the theme, in one place.

Whatever comes from outside is made visible here, and nothing is ever read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from textual.content import Content

from integration_tui.domain.text import keep_widths
from integration_tui.tui.sanitize import plain

Part = str | Content | tuple[str, str]
"""A literal text, one that is styled already, or a text with its role."""

STYLES: Final = {
    "": "",
    "strong": "bold",
    "title": "bold $primary",
    "muted": "$muted",
    "faint": "$faint",
    "key": "bold $key",
    "ok": "$ok",
    "warn": "$warn",
    "bad": "$bad",
    "info": "$primary",
    "second": "$secondary",
    "ok-strong": "bold $ok",
    "warn-strong": "bold $warn",
    "bad-strong": "bold $bad",
    "chip-ok": "bold $ink on $ok",
    "chip-warn": "bold $ink on $warn",
    "chip-bad": "bold $ink on $bad",
    "chip-info": "bold $ink on $primary",
    "chip-off": "$muted on $panel",
    "old": "$bad on $bad-ground",
    "new": "$ok on $ok-ground",
    "old-mark": "bold underline $bad on $bad-ground",
    "new-mark": "bold underline $ok on $ok-ground",
}


def text(value: str, role: str = "") -> Content:
    """Return literal text in a role, on one line."""
    return Content.styled(keep_widths(plain(value, limit=len(value) + 1)), STYLES[role])


def line(*parts: Part) -> Content:
    """Put pieces of text together, one behind the other."""
    return Content.assemble(*map(_piece, parts))


def _piece(part: Part) -> Content:
    if isinstance(part, Content):
        return part
    return text(part) if isinstance(part, str) else text(*part)


def lines(rows: Iterable[Content]) -> Content:
    """Put rows together, one below the other."""
    return Content("\n").join(rows)


def fit(value: Content | str, width: int, *, right: bool = False, middle: bool = False) -> Content:
    """Cut or fill to exactly `width` cells.

    Words are cut at their end; IDs, host names and addresses in the `middle`, since both of their
    ends tell them apart.
    """
    content = text(value) if isinstance(value, str) else value
    if content.cell_length > width:
        if middle and width > _SHORT:
            content = _without_middle(content, width)
        else:
            content = content.truncate(max(width, 0), ellipsis=True)
    blank = max(width - content.cell_length, 0)
    return content.pad_left(blank) if right else content.pad_right(blank)


_SHORT: Final = 4
"""Cells in which no two ends find room."""


def _without_middle(content: Content, width: int) -> Content:
    head = content.truncate((width - 1) // 2)
    room, start = width - 1 - head.cell_length, len(content)
    while start and content[start - 1 :].cell_length <= room:
        start -= 1
    return head + "…" + content[start:]


def facts(pairs: Iterable[tuple[str, Part]], width: int = 0) -> list[Content]:
    """Return labels with their values, those below each other."""
    rows = list(pairs)
    width = width or max((len(label) for label, _ in rows), default=0) + 2
    return [line((f"{label:<{width}}", "muted"), value) for label, value in rows]


def wrapped(value: Content | str, width: int) -> list[Content]:
    """Return lines of at most `width` cells, broken between words."""
    content = text(value) if isinstance(value, str) else value
    return content.wrap(max(width, 8))


def keys(pairs: Sequence[tuple[str, str]], *, within: int = 0) -> Content:
    """Return `key label` pairs; the last ones are left out where they do not fit whole."""
    kept = list(pairs)
    shown = _keys(kept)
    while within and len(kept) > 1 and shown.cell_length > within:
        kept.pop()
        shown = _keys(kept)
    return shown


def _keys(pairs: Sequence[tuple[str, str]]) -> Content:
    parts: list[Part] = []
    for number, (key, label) in enumerate(pairs):
        parts += ["   " if number else "", (key, "key"), f" {label}"]
    return line(*parts)


def bar(share: float, width: int, role: str) -> Content:
    """Return a quantity as a bar, low enough that bars of neighboring rows do not touch."""
    full = max(0, min(width, round(share * width)))
    return line(("▆" * full, role), ("─" * (width - full), "faint"))


def progress(share: float, width: int, role: str = "info") -> Content:
    """Return how far something is, as a line."""
    full = max(0, min(width, round(share * width)))
    return line(("━" * full, role), ("╌" * (width - full), "faint"))
