"""How reliable and how fast every integration is, over a stretch of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from integration_tui.domain.events import Event, HealthChanged
from integration_tui.domain.health import HealthStatistics
from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.details import moment
from integration_tui.tui.text import safe
from integration_tui.tui.widgets.cells import Cell, Column, Row, Rows
from integration_tui.tui.widgets.lines import Lines
from integration_tui.tui.widgets.status import status_cell
from integration_tui.tui.widgets.table import RowTable
from integration_tui.tui.widgets.uptime_strip import UptimeStrip, Window

if TYPE_CHECKING:
    from integration_tui.domain.overview import Overview

_WINDOWS = {"1 h": 3600, "24 h": 24 * 3600, "7 d": 7 * 24 * 3600}
_COLUMNS = (
    Column(title="Status", width=12),
    Column(title="Name"),
    Column(title="Since", width=19, from_width=110),
    Column(title="Uptime", width=7, right=True),
    Column(title="p50", width=6, right=True, from_width=56),
    Column(title="p95", width=6, right=True),
    Column(title="p99", width=6, right=True, from_width=70),
    Column(title="Checks", width=7, right=True, from_width=100),
    Column(title="Failed", width=6, right=True, from_width=62),
    Column(title="Reconn", width=6, right=True, from_width=78),
)
_LEGEND = "█ healthy  ▒ degraded  x down  · no check"


class HealthScreen(ConsoleScreen):
    """Figures of all, and the course of the selected one."""

    title_text = "Health"
    follows: ClassVar[tuple[type[Event], ...]] = (HealthChanged,)
    CSS_PATH = "health.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "act('check')", "Check now", id="health.check"),
        Binding("w", "window", "Window", id="health.window"),
    ]
    MAX_RELOADS_PER_SECOND: ClassVar[int] = 1  # figures over hours are not news four times a second
    window = "1 h"

    def body(self) -> ComposeResult:
        yield RowTable(_COLUMNS, empty="reading")
        with Vertical(id="course"):
            yield Lines(id="about")
            yield UptimeStrip()
            yield Static(_LEGEND, id="legend")

    async def reload(self) -> None:
        figures = await self.services.health.statistics(window_s=_WINDOWS[self.window])
        by_id = {one.integration_id: one for one in figures}
        table = self.query_one(RowTable)
        table.say_empty("no integrations yet")
        table.show(_rows(self.overviews, by_id))
        self._show_course()

    @property
    def selected_integration(self) -> IntegrationId | None:
        key = self.query_one(RowTable).selected
        return IntegrationId(key) if key else None

    def action_window(self) -> None:
        """Look at the next longer stretch of time, or at the shortest again."""
        names = list(_WINDOWS)
        self.window = names[(names.index(self.window) + 1) % len(names)]
        self.start_following()

    @on(RowTable.Highlighted)
    def _moved(self) -> None:
        self._show_course()

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _show_course(self) -> None:
        overview = self._selected()
        if overview is None:
            return
        length_s = _WINDOWS[self.window]
        with self.reading():
            integration_id = overview.integration.id
            reports = await self.services.health.history(integration_id, window_s=length_s)
            newest = [one.report.checked_at for one in self.overviews if one.report]
            window = Window(until=max(newest), length_s=length_s) if newest else None
            self.query_one("#about", Lines).show(self._about(overview))
            self.query_one(UptimeStrip).show(reports, window)

    def _selected(self) -> Overview | None:
        wanted = self.selected_integration
        return next((one for one in self.overviews if one.integration.id == wanted), None)

    def _about(self, overview: Overview) -> Content:
        report = overview.report
        detail = report.detail if report else "not checked yet"
        at = f" at {moment(report.checked_at)}" if report else ""
        return Content.assemble(
            (f"{overview.integration.id}", "bold"),
            f" · the last {self.window} · last check{at} ",
            safe(detail, limit=200),
        )


def _rows(shown: Sequence[Overview], figures: Mapping[IntegrationId, HealthStatistics]) -> Rows:
    def make(place: int) -> Row:
        return _row(shown[place], figures.get(shown[place].integration.id))

    return Rows(keys=[one.integration.id for one in shown], make=make)


def _row(overview: Overview, figures: HealthStatistics | None) -> Row:
    integration = overview.integration
    return Row(
        key=integration.id,
        cells=(
            status_cell(integration.status),
            Cell(integration.id),
            Cell(moment(integration.changed_at)),
            *(_figures(figures) if figures else [Cell("-")] * 7),
        ),
    )


def _figures(figures: HealthStatistics) -> list[Cell]:
    uptime = "-" if figures.uptime is None else f"{figures.uptime:.2%}"
    counts = (figures.checks, figures.failures, figures.reconnects)
    latencies = (figures.p50_ms, figures.p95_ms, figures.p99_ms)
    return [Cell(uptime), *map(_ms, latencies), *(Cell(str(count)) for count in counts)]


def _ms(latency: float | None) -> Cell:
    return Cell("-" if latency is None else f"{latency:.0f}")
