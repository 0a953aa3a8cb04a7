"""Panes of the audit screen: the hours of today, the log with its edge, and one entry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual.content import Content
from textual.widgets import Static

from integration_tui.domain.audit.log import AuditEntry, Verification
from integration_tui.domain.quantity import counted
from integration_tui.tui.screens.audit.activity import Hours, activity_lines
from integration_tui.tui.screens.audit.entry_view import changed_count, entry_text
from integration_tui.tui.widgets.drawn import DrawnText
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.progress_bar import ProgressLine
from integration_tui.tui.widgets.roles import Part, line
from integration_tui.tui.widgets.static_text import StaticLines

SYNTAX: Final = (
    ("actor=", "ana"),
    ("text=", "words"),
    ("!outcome=", "done"),
    ("since=", "2026-01-31"),
    ("action=", "…"),
    ("integration=", "…"),
    ("until=", "…"),
)
"""What a filter is made of, each with an example."""


class ActivityPane(Pane):
    """How much was done, hour by hour of today."""

    def show(self, hours: Hours) -> None:
        """Draw these."""
        entries = counted(hours.total, "entry", "entries")
        self.title("Activity", f"{entries} today")
        self.hint(line(("entries an hour", "muted")))
        self.query_one(DrawnText).show(lambda width, height: activity_lines(hours, width, height))


class LogPane(Pane):
    """The log; its lower edge says how the chain stands, and what is going on."""

    verified: Verification | None = None

    def show_state(self, parts: Iterable[str], zone: str) -> None:
        """Show what is going on, how the chain stands, and the zone of the times."""
        going_on: list[Part] = [part for text in parts for part in ((text, "info"), "  ·  ")]
        self.hint(line(*going_on, self._chain(), ("  ·  ", "faint"), (f"times {zone}", "muted")))
        is_bad = self.verified is not None and not self.verified.intact
        self.set_class(is_bad, "-alert")

    def show_syntax(self) -> None:
        """Show what a filter is made of, while one is typed."""
        parts: list[Part] = []
        for key, example in SYNTAX:
            parts += [(key, "key"), (f"{example}  ", "muted")]
        self.hint(line(*parts))

    def _chain(self) -> Content:
        verified = self.verified
        if verified is None:
            return line(("Chain not verified yet  ", "muted"), ("V", "key"), " verify")
        if not verified.intact:
            return line((f"✗ {verified.problem}", "bad"))
        return line((f"✓ Chain intact to entry {verified.checked:,}", "ok"))


class EdgeProgress(ProgressLine):
    """How far something long is: it stands in the lower edge of the log, and moves nothing."""

    text = ""

    def show_text(self, text: str) -> None:
        """Show this; nothing takes it away."""
        self.text = text
        self.query_ancestor(LogPane).hint(line((text, "info")))


class EntryPane(Pane):
    """The entry that the cursor is on, drawn for the width that there is."""

    def __init__(self, *inside: Static, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(*inside, title="Entry", id=id)
        self._entry: AuditEntry | None = None
        self._verified: Verification | None = None

    def show(self, entry: AuditEntry | None, verified: Verification | None) -> None:
        """Show this entry."""
        self._entry, self._verified = entry, verified
        self.title("Entry", f"{entry.seq:,}" if entry else "")
        changed = changed_count(entry.act) if entry else 0
        self.hint(line((f"{counted(changed, 'field')} changed", "muted")) if changed else "")
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width = max(self.content_size.width - 2, 20)
        text = entry_text(self._entry, width, self._verified) if self._entry else Content("")
        self.query_one(StaticLines).show(text)
