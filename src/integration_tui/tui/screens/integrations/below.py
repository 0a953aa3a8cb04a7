"""What stands below the list: one integration in depth, and what has just happened."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from integration_tui.domain.health.day import INTERVAL_S, INTERVALS
from integration_tui.tui.screens.integrations.events import feed
from integration_tui.tui.widgets.chart import ChartData, LatencyChart
from integration_tui.tui.widgets.drawn import DrawnText
from integration_tui.tui.widgets.formats import zone
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.roles import line, text

if TYPE_CHECKING:
    from integration_tui.domain.message import Message
    from integration_tui.tui.screens.integrations.details import IntegrationDetails

_CHART_FROM: Final = 5
"""Rows from which a chart says something."""


class BelowList(Horizontal):
    """Redrawn where something else is to be seen."""

    DEFAULT_CSS: ClassVar[str] = """
    BelowList { height: 1fr;
        & #details { width: 3fr; }
        & #feed { width: 2fr; }
        & #about { height: auto; }
        & #rule { height: 1; }
        & #day { height: 1fr; min-height: 0; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="below")
        self._details: IntegrationDetails | None = None

    def compose(self) -> ComposeResult:
        with Pane(title="Details", id="details"):
            yield DrawnText(id="about")
            yield DrawnText(_rule, id="rule")
            yield LatencyChart(id="day")
        with Pane(title="Events", edge="left", id="feed"):
            yield DrawnText(id="events")

    def on_resize(self) -> None:
        self._fit()

    def show_details(self, details: IntegrationDetails | None) -> None:
        """Show this integration."""
        self._details = details
        pane = self.query_one("#details", Pane)
        if details is None:
            pane.title("Details")
        else:
            pane.title(details.row.overview.integration.id, details.title)
        day = details.row.day if details else None
        self.query_one(LatencyChart).show(
            None
            if day is None
            else ChartData(
                since=day.since,
                end=day.since + timedelta(seconds=INTERVALS * INTERVAL_S),
                p95s_ms=day.p95s_ms,
                is_checked=bool(day.checks),
            )
        )
        self._fit()

    def show_events(self, messages: Sequence[Message], now: datetime) -> None:
        """Show what has happened."""
        self.query_one("#events", DrawnText).show(partial(feed, messages, now))
        self.query_one("#feed", Pane).hint(line((f"all times {zone(now)}", "muted")))

    def _fit(self) -> None:
        """Give the text its rows, and the chart what is left, where that is enough."""
        about = self.query_one("#about", DrawnText)
        pane = self.query_one("#details", Pane)
        width, height = pane.content_size
        rows = [*self._details.summary(width)] if self._details and width else []
        about.styles.height = min(len(rows), height) or 1
        about.show(lambda _width, _height: rows)
        left = height - len(rows) - 1
        has_chart = left >= _CHART_FROM and self._details is not None
        self.query_one("#rule").display = has_chart
        self.query_one(LatencyChart).display = has_chart


def _rule(width: int, _height: int) -> Iterable[Content]:
    title = "p95, last 24 h "
    yield line(text(title, "muted"), ("─" * (width - len(title)), "faint"))
