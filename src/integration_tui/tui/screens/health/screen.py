"""How reliable and how fast every integration is, over a stretch of time, now or in the past."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from integration_tui.domain.events import Event, HealthChanged
from integration_tui.domain.health.week import CELL_S, CELLS, DAYS, Week, week_of, week_start
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.domain.value import replace
from integration_tui.tui.keymap import LIST_GROUP, ROW_GROUP
from integration_tui.tui.screens.health.boards import (
    Slow,
    draw_failures,
    draw_incidents,
    draw_slowest,
    draw_tiles,
    draw_week,
    next_tile,
    tiles,
    week_cells,
)
from integration_tui.tui.screens.health.history import HealthHistory
from integration_tui.tui.screens.health.refresh_rate import RefreshThrottle
from integration_tui.tui.screens.health.rows import COLUMNS, HealthStatusView
from integration_tui.tui.screens.health.time_range import DAY_S, FIT, NAMES, TimeRange
from integration_tui.tui.screens.list_screen import ListScreen
from integration_tui.tui.widgets import uptime_strip
from integration_tui.tui.widgets.chart import LatencyChart, legend
from integration_tui.tui.widgets.drawn import DrawnText
from integration_tui.tui.widgets.formats import latency, moment, share
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.roles import line, text
from integration_tui.tui.widgets.table.table import RowTable

if TYPE_CHECKING:
    from datetime import datetime

    from integration_tui.domain.health.status import HealthReport, HealthStatistics
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.tui.screens.context import ScreenContext

_NEWEST: Final = 20
"""So many checks are in the report."""
_WEEK_S: Final = DAYS * DAY_S
_FRAME: Final = 3
"""Lines of a list that are no rows: its frame and its titles."""


class Fleet(RowTable):
    """All integrations; enter opens the report."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,l", "choose", "Full report", id="health.open", group=ROW_GROUP)
    ]


class Board(DrawnText, can_focus=True):
    """Lines that can have the focus, so that their pane can be reached and maximized."""


class HealthScreen(ListScreen):
    """Figures of all, and the course of the selected one."""

    title_text = "Health"
    AUTO_FOCUS = "#fleet"
    LIST: ClassVar[str] = "#fleet"
    follows: ClassVar[tuple[type[Event], ...]] = (HealthChanged,)
    CSS_PATH = "health.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "c",
            "integration_action('check')",
            "Check now",
            id="health.check",
            group=ROW_GROUP,
        ),
        Binding("enter", "report", "Full report", id="health.report", group=ROW_GROUP),
        Binding("w", "window(1)", "Window", id="health.window", tooltip="Next window"),
        Binding("W", "window(-1)", "Previous window", show=False, id="health.window-before"),
        Binding("f", "fit", "Fit", id="health.fit", tooltip="From the first stored check to now"),
        Binding("left", "move(-1)", "Earlier", id="health.earlier"),
        Binding("right", "move(1)", "Later", id="health.later"),
        Binding("0", "now", "Now", id="health.now"),
        Binding("down,j", "pick(1)", "Next integration", show=False, id="health.next"),
        Binding("up,k", "pick(-1)", "Previous integration", show=False, id="health.previous"),
        Binding(
            "S",
            "sort('status')",
            "Sort by status",
            show=False,
            id="health.sort-status",
            group=LIST_GROUP,
        ),
        Binding("U", "sort('uptime')", "Sort by uptime", show=False, id="health.sort-uptime"),
        Binding("L", "sort('p95')", "Sort by p95", show=False, id="health.sort-latency"),
        Binding("F", "sort('failed')", "Sort by failed", show=False, id="health.sort-failed"),
    ]
    MAX_RELOADS_PER_SECOND: ClassVar[int] = 1  # figures over hours are not news four times a second

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self.look = TimeRange()
        self._is_chosen = False  # somebody chose the window; else the age of the store decides
        self._known_since: datetime | None = None
        self._stands = HealthStatusView()
        self._figures_pace, self._course_pace = RefreshThrottle(), RefreshThrottle()
        self._end_of_course = 0.0
        self._moved_at = float("-inf")
        self._seen: HealthHistory | None = None
        self._week: tuple[IntegrationId | None, float, Week] = (None, 0.0, Week(days=()))

    def body(self) -> ComposeResult:
        chart = LatencyChart(id="latency")
        chart.can_focus = True
        with Horizontal(classes="row"):
            with Vertical(id="side"):
                with Pane(title="Integrations", id="fleet-pane"):
                    yield Fleet(COLUMNS, id="fleet", empty="Reading checks…")
                with Pane(title="Slowest", id="slowest-pane"):
                    yield Board(id="slowest")
            with Vertical(classes="column"):
                with Pane(id="figures-pane"), Horizontal():
                    yield Board(id="figures")
                    yield DrawnText(id="next")
                with Pane(title="Latency", id="latency-pane"):
                    yield chart
                with Pane(title="Last 7 days", id="week-pane"):
                    yield Board(id="week")
                with Horizontal(id="causes"):
                    with Pane(title="Incidents", id="incidents-pane"):
                        yield Board(id="incidents")
                    with Pane(title="Failed checks", id="failures-pane"):
                        yield Board(id="failures")

    def on_mount(self) -> None:
        """Set what never changes, and begin to count down."""
        self.set_interval(1.0, self._tick)

    # Which time is shown

    def remember(self) -> Mapping[str, str]:
        chosen = {"window": self.look.window} if self._is_chosen else {}
        return {**super().remember(), **chosen}

    def restore(self, remembered: Mapping[str, str]) -> None:
        super().restore(remembered)
        if remembered.get("window") in NAMES:
            self.look = TimeRange(window=remembered["window"])
            self._is_chosen = True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        is_later = action == "now" or (action, parameters) == ("move", (1,))
        return not (is_later and self.look.is_live) and super().check_action(action, parameters)

    def action_window(self, steps: int) -> None:
        """Show a longer window, or a shorter one."""
        self._is_chosen = True
        self._show_range(self.look.other(steps))

    def action_fit(self) -> None:
        """Show all that is kept, from the first check to now."""
        self._is_chosen = True
        self._show_range(replace(self.look, window=FIT, until=None))

    def action_move(self, steps: int) -> None:
        """Go through time by a part of the window."""
        if self.shared.services_ready:
            self._show_range(self.look.moved(steps, self.services.clock()))

    def action_now(self) -> None:
        """Go along with the time again."""
        self._show_range(replace(self.look, until=None))

    def action_pick(self, steps: int) -> None:
        """Select another integration while the list is not shown, or does not have the focus."""
        self.listed.action_move(steps)

    def _show_range(self, look: TimeRange) -> None:
        self.look = look
        self._figures_pace.forget()
        self.refresh_bindings()
        if self.shared.services_ready:
            self._show_title()
            self._show_figures()
            self._show_timeseries()

    async def _fit(self) -> None:
        """Decide how long `fit` is; without a choice, it is used until the store is a day old."""
        now = self.services.clock()
        if self._known_since is None:
            self._known_since = await self.services.health.known_since()
        look = self.look
        if not self._is_chosen:
            fitted = look.fitted(self._known_since, now)
            look = replace(fitted, window="24 h" if fitted.fitted_s > DAY_S else FIT)
        elif look.is_live and look.window == FIT:
            look = look.fitted(self._known_since, now)
        self.look = look

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
        self.listed.show_empty("No integrations yet")
        if not self.overviews:
            self._board("figures").show(lambda _width, _height: [text(_NONE_YET, "muted")])
        await self._fit()
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
        self._moved_at = asyncio.get_running_loop().time()
        self._show_next()
        self._show_title()
        self._show_timeseries()

    def on_resize(self) -> None:
        """Cut the course to what there is room for."""
        self.call_after_refresh(self._resized)

    def action_zoom(self) -> None:
        super().action_zoom()
        self._limit_list()
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        if self.focused is None and self.listed.focusable:
            self.listed.focus()
        self._pane("figures").hint("" if self.listed.focusable else "j k other integrations")
        self._show_timeseries()

    @on(LatencyChart.Fitted)
    def _show_legend(self, event: LatencyChart.Fitted) -> None:
        self._pane("latency").hint(legend(p95_only=event.chart.has_one_line))

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
        moved_s = asyncio.get_running_loop().time() - self._moved_at
        is_still = self.look.is_live and moved_s < _STILL_S
        self.listed.show(self._stands.rows(self.overviews, is_still=is_still))
        self._pane("fleet").title("Integrations", f"{len(self.overviews):,}")
        self._limit_list()
        self._show_slowest()

    def _limit_list(self) -> None:
        """Give the list no more lines than it has rows, unless it has the whole screen."""
        pane = self._pane("fleet")
        wanted = None if self.maximized is pane else max(len(self.overviews), 1) + _FRAME
        known = pane.styles.max_height
        if (known.value if known else None) != wanted:
            pane.styles.max_height = wanted

    def _show_slowest(self) -> None:
        slow = [
            _slow(overview.integration.id, figures, self._stands.status_of(overview))
            for overview in self.overviews
            if (figures := self._figures_of(overview)) is not None
            and self._stands.status_of(overview) not in _AT_REST
        ]
        self._board("slowest").show(lambda width, height: draw_slowest(slow, width, height))
        self._pane("slowest").title("Slowest", "p95")

    def _show_next(self) -> None:
        overview = self._selected()
        if overview is None or not self.shared.services_ready:
            return
        following = self.services.health.next_check(overview.integration)
        engine = self.services.engine
        tile = next_tile(overview, following, has_engine=engine.is_running)
        self.query_one("#next", DrawnText).show(lambda width, _: draw_tiles([tile], width))

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
                self._show_seen()
        if look != self.look:
            self._figures_pace.forget()
            self._show_figures()

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _show_timeseries(self) -> None:
        overview = self._selected()
        if overview is None or not self.shared.services_ready:
            self._seen = None
            return
        with self.reading(), self._course_pace.taking():
            self._seen = await self._read(overview, self.look)
            self._end_of_course = self._seen.timeseries.end.timestamp()
            self._show_seen()
            self._show_next()

    async def _read(self, overview: Overview, look: TimeRange) -> HealthHistory:
        health, integration_id = self.services.health, overview.integration.id
        until = look.until or self.services.clock()
        columns = self.query_one(LatencyChart).columns
        incidents_s = max(look.length_s, _WEEK_S)
        seen = HealthHistory(
            overview=overview,
            look=look,
            timeseries=await health.timeseries(
                integration_id, window_s=look.length_s, until=until, buckets=columns
            ),
            incidents=await health.incidents(integration_id, window_s=incidents_s, until=until),
            breakdown=await health.breakdown(integration_id, window_s=look.length_s, until=until),
            policy=await health.policy(overview.integration),
        )
        return replace(seen, week=await self._read_week(seen))

    async def _read_week(self, seen: HealthHistory) -> Week:
        """Return the week; within a minute it is the same as before."""
        integration_id, until = seen.overview.integration.id, seen.until
        name, at, week = self._week
        if name == integration_id and 0 <= until.timestamp() - at < _WEEK_AGE_S:
            return week
        window_s = int((until - week_start(until)).total_seconds())
        course = await self.services.health.timeseries(
            integration_id, window_s=window_s, until=until, buckets=DAYS * CELLS + _HOUR_MORE
        )
        if course.width_s != CELL_S:
            return week
        week = week_of(course, seen.incidents.newest, until)
        self._week = (integration_id, until.timestamp(), week)
        return week

    def _show_seen(self) -> None:
        """Show what was read of the selected one; each part is drawn again only if it changed."""
        seen = self._seen
        if seen is None or seen.overview.integration.id != self.selected_integration:
            return
        self._show_title()
        figures = self._figures_of(seen.overview)
        shown = tiles(seen, figures)
        self._board("figures").show(lambda width, _: draw_tiles(shown, width))
        self.query_one(LatencyChart).show(seen.chart)
        begin = seen.known_from
        about = f"no data before {moment(begin, seen.until)}" if begin else ""
        self._pane("latency").title("Latency", about)
        self._show_week(seen.week)
        self._show_causes(seen, figures)

    def _show_week(self, week: Week) -> None:
        board = self._board("week")
        board.show(lambda width, _: draw_week(week, width))
        minutes = 24 * 60 // week_cells(board.content_size.width)
        interval = f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"
        self._pane("week").title("Last 7 days", share(week.uptime, decimals=2))
        self._pane("week").hint(uptime_strip.legend("degraded", interval))

    def _show_causes(self, seen: HealthHistory, figures: HealthStatistics | None) -> None:
        found, until = seen.incidents.newest, seen.until
        self._board("incidents").show(lambda width, _: draw_incidents(seen, until, width))
        ongoing = sum(not incident.is_over for incident in found)
        span = seen.look.length if seen.look.length_s > _WEEK_S else "7 days"
        count = f"{len(found):,}{'+' if seen.incidents.is_cut else ''}"
        lasting = f", {ongoing} ongoing" if ongoing else ""
        self._title("incidents", "Incidents", f"{count} in {span}{lasting}", f"{count}{lasting}")
        self._board("failures").show(lambda width, _: draw_failures(seen, figures, width))
        failed = f"{seen.breakdown.failures:,}"
        self._title("failures", "Failed checks", f"{failed} in {seen.look.length}", failed)

    def _title(self, name: str, title: str, about: str, brief: str) -> None:
        """Name a pane; where there is no room for all that it is about, in brief."""
        pane = self._pane(name)

        def show() -> None:
            has_room = len(title) + len(about) + _EDGES <= pane.outer_size.width
            pane.title(title, about if has_room else brief)

        self.call_after_refresh(show)  # its size may not be known yet

    def _show_title(self) -> None:
        if self.shared.services_ready:
            name = self.selected_integration or "Health"
            words = self.look.words(self.services.clock())
            past = line((" PAST ", "chip-warn"), f" {words}")
            self._pane("figures").title(name, words if self.look.is_live else past)

    def _pane(self, name: str) -> Pane:
        return self.query_one(f"#{name}-pane", Pane)

    def _board(self, name: str) -> DrawnText:
        return self.query_one(f"#{name}", DrawnText)

    def _figures_of(self, overview: Overview) -> HealthStatistics | None:
        return self._stands.figures.get(overview.integration.id)

    def _selected(self) -> Overview | None:
        wanted = self.selected_integration
        return next(
            (overview for overview in self.overviews if overview.integration.id == wanted), None
        )

    # Everything about one

    @on(RowTable.Chosen)
    def _chosen(self) -> None:
        self._open_report()

    def action_report(self) -> None:
        """Open all that is known of the selected one over this window."""
        self._open_report()

    @work(group="page", exclusive=True, exit_on_error=False)
    async def _open_report(self) -> None:
        from integration_tui.tui.screens.health.report import full_report
        from integration_tui.tui.widgets.dialogs import TextDialog

        overview = self._selected()
        if overview is None:
            return
        with self.showing_errors(), self.shared.expecting_dialog():
            look = self.look
            seen = await self._read(overview, look)
            reports: list[HealthReport] = await self.services.health.history(
                overview.integration.id,
                window_s=look.length_s,
                until=seen.until,
                limit=_NEWEST,
            )
            title = f"{overview.integration.id} · {look.words(self.services.clock())}"
            content = full_report(seen, self._figures_of(overview), reports)
            self.app.push_screen(TextDialog(title, content))


_AT_REST: Final = frozenset({IntegrationStatus.INACTIVE, IntegrationStatus.DISABLED})
"""Who is not checked is neither slow nor fast."""
_NONE_YET: Final = "No integrations yet. Press 1, then n to add one."
_EDGES: Final = 9
"""Cells of a frame that its title cannot have."""
_STILL_S: Final = 5.0
"""So long after the cursor moved, no row changes its place."""
_WEEK_AGE_S: Final = 60
_HOUR_MORE: Final = 4
"""Cells more in a week in which the clocks are put back."""


def _slow(name: str, figures: HealthStatistics, status: IntegrationStatus | None) -> Slow:
    is_weak = status is IntegrationStatus.DEGRADED
    beside = f"p50 {latency(figures.p50_ms)} · p99 {latency(figures.p99_ms)}"
    return Slow(name, figures.p95_ms, is_weak, beside)
