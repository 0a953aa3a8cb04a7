"""All integrations with how they stand, and what can be done with them."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from integration_tui.domain.events import ConfigChanged, Event, HealthChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.screens.listing import ListScreen
from integration_tui.tui.screens.details import Details, time_of_day
from integration_tui.tui.widgets.cells import Cell, Column, Row, Rows, Tone
from integration_tui.tui.widgets.dialogs import Page
from integration_tui.tui.widgets.lines import Lines
from integration_tui.tui.widgets.status import status_cell
from integration_tui.tui.widgets.table import RowTable

if TYPE_CHECKING:
    from integration_tui.domain.overview import Overview

_COLUMNS = (
    Column(title="Status", width=12),
    Column(title="Name", width=16),
    Column(title="Title", width=20, from_width=110),
    Column(title="Type", width=10, from_width=96),
    Column(title="Environment", width=11, from_width=140),
    Column(title="ms", width=5, right=True),
    Column(title="Uptime", width=6, right=True),
    Column(title="Check/next", width=10, from_width=76),
    Column(title="Problem"),
)
PATIENCE_S = 0.05
_NONE_YET = "no integrations yet; put a file into the configuration folder (see config schema)"


class ProvidersScreen(ListScreen):
    """The first screen. The details of the selected integration stand beside it where they fit."""

    title_text = "Providers"
    follows: ClassVar[tuple[type[Event], ...]] = (HealthChanged, ConfigChanged)
    CSS_PATH = "providers.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "act('start')", "Start", id="providers.start"),
        Binding("x", "act('stop')", "Stop", id="providers.stop"),
        Binding("r", "act('restart')", "Restart", id="providers.restart"),
        Binding("t", "act('test')", "Test", id="providers.test"),
        Binding("c", "act('check')", "Check", id="providers.check"),
        Binding("D", "act('remove')", "Remove", id="providers.remove"),
        Binding("S", "sort('status')", "Sort by status", show=False, id="providers.sort-status"),
        Binding("N", "sort('name')", "Sort by name", show=False, id="providers.sort-name"),
        Binding("T", "sort('type')", "Sort by type", show=False, id="providers.sort-type"),
        Binding("M", "sort('ms')", "Sort by latency", show=False, id="providers.sort-ms"),
        Binding("U", "sort('uptime')", "Sort by uptime", show=False, id="providers.sort-uptime"),
        Binding("P", "sort('problem')", "Sort by problem", show=False, id="providers.sort-problem"),
    ]

    def body(self) -> ComposeResult:
        with Horizontal():
            yield RowTable(_COLUMNS, empty="opening the store")
            with VerticalScroll(can_focus=False):
                yield Lines(id="details")

    async def reload(self) -> None:
        self.listed.say_empty(_NONE_YET)
        self._show_rows()
        self._show_details()

    def on_mount(self) -> None:
        """Have the first frame show what was stored last; the bar says that the store opens."""
        if not self.desk.is_open and (seen := self.desk.last_seen(PATIENCE_S)):
            self.overviews = seen
            self._show_rows()
            self.show_headline()

    def _show_rows(self) -> None:
        shown = self.overviews
        keys = [one.integration.id for one in shown]
        self.listed.show(Rows(keys=keys, make=lambda place: _row(shown[place])))

    @property
    def selected_integration(self) -> IntegrationId | None:
        key = self.listed.selected
        return IntegrationId(key) if key else None

    @on(RowTable.Highlighted)
    def _moved(self) -> None:
        if self.desk.is_open:
            self._show_details()

    @on(RowTable.Chosen)
    def _chosen(self) -> None:
        self._open_details()

    def _selected(self) -> Overview | None:
        wanted = self.selected_integration
        return next((one for one in self.overviews if one.integration.id == wanted), None)

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _show_details(self) -> None:
        pane = self.query_one("#details", Lines)
        overview = self._selected()
        if overview is None:
            pane.show(Content.empty())
        elif self.has_class("-wide"):
            with self.reading():
                pane.show((await Details.read(self.services, overview)).content())

    @work(group="page", exclusive=True, exit_on_error=False)
    async def _open_details(self) -> None:
        overview = self._selected()
        if overview is not None:
            with self.telling():
                details = await Details.read(self.services, overview)
                self.app.push_screen(Page(overview.integration.id, details.content()))


def _row(overview: Overview) -> Row:
    integration, report = overview.integration, overview.report
    latency = report.latency_ms if report else None
    return Row(
        key=integration.id,
        cells=(
            status_cell(integration.status),
            Cell(integration.id),
            Cell(integration.title),
            Cell(integration.provider),
            Cell(integration.environment),
            Cell("-" if latency is None else f"{latency:.0f}"),
            Cell(_uptime(overview)),
            _when(overview),
            _problem(overview),
        ),
    )


def _uptime(overview: Overview) -> str:
    share = overview.statistics.uptime if overview.statistics else None
    if share is None:
        return "-"
    return "100%" if share == 1 else f"{share:.1%}"


def _when(overview: Overview) -> Cell:
    if overview.integration.next_attempt_at:
        return Cell(f"→{time_of_day(overview.integration.next_attempt_at)}", Tone.WEAK)
    return Cell(time_of_day(overview.report.checked_at if overview.report else None))


def _problem(overview: Overview) -> Cell:
    problem = overview.integration.problem
    if problem is not None:
        return Cell(problem.message, Tone.BAD)
    return Cell(overview.report.detail if overview.report else "", Tone.QUIET)
