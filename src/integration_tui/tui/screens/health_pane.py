"""The lower part of the health screen: one integration over a window, drawn and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content

from integration_tui.tui.widgets import chart, uptime_strip
from integration_tui.tui.widgets.chart import LatencyChart
from integration_tui.tui.widgets.fixed_text import FixedText
from integration_tui.tui.widgets.uptime_strip import UptimeStrip

if TYPE_CHECKING:
    from integration_tui.tui.screens.health_texts import Seen


class HealthPane(Vertical):
    """Each part is drawn again by itself, and only when it is another one."""

    def compose(self) -> ComposeResult:
        yield FixedText(id="about")
        yield FixedText(id="next")
        with Container(id="parts"):
            with Vertical(id="drawn"):
                yield UptimeStrip()
                yield LatencyChart()
            with Container(id="facts"):
                yield FixedText(id="incidents")
                yield FixedText(id="reasons")
        yield FixedText(id="legend")

    def on_mount(self) -> None:
        legend = f"{uptime_strip.LEGEND}   {chart.LEGEND}"
        self._text("legend").show(Content.styled(legend, "$text-muted"))

    @property
    def columns(self) -> int:
        """How many stretches of time can be told apart."""
        return max(self.query_one(LatencyChart).columns - 1, 1)

    def say_about(self, said: Content) -> None:
        """Say which integration this is, and which time."""
        self._text("about").show(said)

    def say_next(self, said: Content) -> None:
        """Say when it is looked at next; nothing else is drawn again."""
        self._text("next").show(said)

    def show(self, seen: Seen | None) -> None:
        """Show what was read; `None` where there is nothing yet."""
        course = seen.course if seen else None
        self.query_one(UptimeStrip).show(course)
        self.query_one(LatencyChart).show(course)
        incidents, reasons = self._text("incidents"), self._text("reasons")
        nothing = Content("")
        incidents.show(seen.incident_lines(_room(incidents)) if seen else nothing)
        reasons.show(seen.reason_lines(_room(reasons)) if seen else nothing)

    def _text(self, name: str) -> FixedText:
        return self.query_one(f"#{name}", FixedText)


def _room(text: FixedText) -> int:
    return max(text.size.height, 2)
