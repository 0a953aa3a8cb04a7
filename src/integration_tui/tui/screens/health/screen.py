"""How reliable and how fast every integration is, over a stretch of time, now or in the past."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from integration_tui.domain.events import Event, HealthChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.screens.health.detail_pane import (
    HealthHistory,
    HealthPane,
    about,
    everything,
    upcoming,
)
from integration_tui.tui.screens.health.refresh_rate import RefreshThrottle
from integration_tui.tui.screens.health.rows import COLUMNS, HealthStatusView
from integration_tui.tui.screens.health.time_range import WINDOWS, TimeRange
from integration_tui.tui.screens.list_screen import ListScreen
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.table.table import RowTable

if TYPE_CHECKING:
    from integration_tui.domain.health.status import HealthReport
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.tui.screens.context import ScreenContext

_NEWEST = 20
"""So many checks are told one by one."""


class HealthScreen(ListScreen):
    """Figures of all, and the course of the selected one."""

    title_text = "Health"
    follows: ClassVar[tuple[type[Event], ...]] = (HealthChanged,)
    CSS_PATH = "health.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "integration_action('check')", "Check now", id="health.check"),
        Binding("w", "window(1)", "Window", id="health.window"),
        Binding("W", "window(-1)", "Window before", show=False, id="health.window-before"),
        Binding("left", "move(-1)", "Back in time", id="health.earlier"),
        Binding("right", "move(1)", "Forward", id="health.later"),
        Binding("0", "now", "Now", id="health.now"),
        Binding("S", "sort('status')", "Sort by status", show=False, id="health.sort-status"),
        Binding("U", "sort('uptime')", "Sort by uptime", show=False, id="health.sort-uptime"),
        Binding("L", "sort('p95')", "Sort by p95", show=False, id="health.sort-latency"),
        Binding("F", "sort('failed')", "Sort by failed", show=False, id="health.sort-failed"),
    ]
    MAX_RELOADS_PER_SECOND: ClassVar[int] = 1  # figures over hours are not news four times a second
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-tall")]  # noqa: RUF012 - Textual declares it so

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self.look = TimeRange()
        self._stands = HealthStatusView()
        self._figures_pace, self._course_pace = RefreshThrottle(), RefreshThrottle()
        self._end_of_course = 0.0
        self._report: HealthReport | None = None

    def body(self) -> ComposeResult:
        yield RowTable(COLUMNS, empty="reading")
        yield HealthPane()

    def on_mount(self) -> None:
        """Begin to count down."""
        self.set_interval(1.0, self._tick)

    # Which time is looked at

    def remember(self) -> Mapping[str, str]:
        return {**super().remember(), "window": self.look.window}

    def restore(self, remembered: Mapping[str, str]) -> None:
        super().restore(remembered)
        if remembered.get("window") in WINDOWS:
            self.look = TimeRange(window=remembered["window"])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        is_later = action == "now" or (action, parameters) == ("move", (1,))
        return not (is_later and self.look.is_live) and super().check_action(action, parameters)

    def action_window(self, steps: int) -> None:
        """Look at a longer stretch of time, or at a shorter one."""
        self._show_range(self.look.other(steps))

    def action_move(self, steps: int) -> None:
        """Go through time by a part of the window."""
        if self.shared.services_ready:
            self._show_range(self.look.moved(steps, self.services.clock()))

    def action_now(self) -> None:
        """Go along with the time again."""
        self._show_range(TimeRange(window=self.look.window))

    def _show_range(self, look: TimeRange) -> None:
        self.look = look
        self._figures_pace.forget()
        self.refresh_bindings()
        self.show_headline()
        if self.shared.services_ready:
            self._show_figures()
            self._show_timeseries()

    def show_headline(self, state: str = "") -> None:
        """Say at the top that this is the past."""
        super().show_headline(state or ("" if self.look.is_live else self.look.words))

    # Showing

    async def _refresh_overviews(self, events: Sequence[Event]) -> None:
        """A check that changed nothing is news of the selected one only: figures tell the rest."""
        selected = self.selected_integration
        news = [
            event
            for event in events
            if not isinstance(event, HealthChanged) or event.integration_id == selected
        ]
        if news or not events:
            await super()._refresh_overviews(news)

    async def reload(self) -> None:
        self.listed.show_empty("no integrations yet")
        self._show_rows()
        self._show_next()
        if self.look.is_live or self._figures_pace.is_new:
            self._show_figures()
            if self._course_pace.is_due:
                self._show_timeseries()

    @property
    def selected_integration(self) -> IntegrationId | None:
        key = self.listed.selected
        return IntegrationId(key) if key else None

    @on(RowTable.Highlighted)
    def _moved(self) -> None:
        self._show_next()
        self._show_timeseries()

    def on_resize(self) -> None:
        """Cut the course to what there is room for."""
        self.call_after_refresh(self._show_timeseries)

    def _tick(self) -> None:
        """Count down; and have the window go along with the time when nothing happens."""
        if not self.is_current or not self.shared.services_ready:
            return
        self._show_next()
        is_past = self.services.clock().timestamp() >= self._end_of_course
        if self.look.is_live and is_past and self._course_pace.is_due:
            self._show_figures()
            self._show_timeseries()

    def _show_rows(self) -> None:
        self.listed.show(self._stands.rows(self.overviews))

    def _show_next(self) -> None:
        overview = self._selected()
        if overview is None:
            self._pane.show_next_check(Content(""))
            return
        following = self.services.health.next_check(overview.integration)
        said = upcoming(self._newest(overview), following, self.shared.headline.engine)
        if not self.look.is_live:
            said = Content.assemble("now: ", said)
        self._pane.show_next_check(said)

    def _newest(self, overview: Overview) -> Overview:
        """Return it with its newest report, which the list does not follow for all."""
        read, known = self._report, overview.report
        if read is None or read.integration_id != overview.integration.id:
            return overview
        is_newer = known is None or known.checked_at < read.checked_at
        return replace(overview, report=read) if is_newer else overview

    @work(group="figures", exit_on_error=False)
    async def _show_figures(self) -> None:
        """Read the figures of all, at a pace that leaves time for everything else."""
        if not self._figures_pace.is_due:
            return
        look, health = self.look, self.services.health
        with self.reading("figures"), self._figures_pace.taking():
            found = await health.statistics(window_s=look.length_s, until=look.until)
            stood = await health.statuses(look.until) if look.until else None
            if look == self.look:
                self._stands.take(found, stood)
                self._show_rows()
                self._show_about()
        if look != self.look:
            self._figures_pace.forget()
            self._show_figures()

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _show_timeseries(self) -> None:
        overview = self._selected()
        self._show_about()
        if overview is None or not self.shared.services_ready:
            self._show_seen(None)
            return
        with self.reading(), self._course_pace.taking():
            self._show_seen(await self._read(overview, self.look))
            self._report = await self._read_newest(overview.integration.id)
            self._show_next()

    async def _read(self, overview: Overview, look: TimeRange) -> HealthHistory:
        health, integration_id = self.services.health, overview.integration.id
        until = look.until or self.services.clock()
        return HealthHistory(
            timeseries=await health.timeseries(
                integration_id, window_s=look.length_s, until=until, buckets=self._pane.columns
            ),
            incidents=await health.incidents(integration_id, window_s=look.length_s, until=until),
            breakdown=await health.breakdown(integration_id, window_s=look.length_s, until=until),
        )

    async def _read_newest(self, integration_id: IntegrationId) -> HealthReport | None:
        found = await self.services.health.history(
            integration_id, window_s=WINDOWS["30 d"], until=self.services.clock(), limit=1
        )
        return found[0] if found else None

    def _show_seen(self, seen: HealthHistory | None) -> None:
        self._end_of_course = seen.timeseries.end.timestamp() if seen else 0.0
        self._pane.show(seen)

    def _show_about(self) -> None:
        overview = self._selected()
        figures = self._stands.figures.get(overview.integration.id) if overview else None
        said = about(self.look, overview, figures) if overview else Content("")
        self._pane.show_summary(said)

    @property
    def _pane(self) -> HealthPane:
        return self.query_one(HealthPane)

    def _selected(self) -> Overview | None:
        wanted = self.selected_integration
        return next(
            (overview for overview in self.overviews if overview.integration.id == wanted), None
        )

    # Everything about one

    @on(RowTable.Chosen)
    def _chosen(self) -> None:
        self._open_everything()

    @work(group="page", exclusive=True, exit_on_error=False)
    async def _open_everything(self) -> None:
        overview = self._selected()
        if overview is None:
            return
        with self.showing_errors(), self.shared.expecting_dialog():
            look = self.look
            seen = await self._read(overview, look)
            reports = await self.services.health.history(
                overview.integration.id,
                window_s=look.length_s,
                until=seen.timeseries.until,
                limit=_NEWEST,
            )
            figures = self._stands.figures.get(overview.integration.id)
            title = f"{overview.integration.id} · {look.words}"
            self.app.push_screen(TextDialog(title, everything(seen, figures, reports)))
