"""Runs and what waits in them: the banner, the plan in bars, each change, and what can be done."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar, Final

from textual import on, work
from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantFocus, Key
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from integration_tui.domain.errors import UsageError
from integration_tui.domain.events import Event, RosterChanged, RunChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.mapping import Match
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.plan import PlannedChange
from integration_tui.domain.sync.plan_tally import PlanPeople, plan_tally
from integration_tui.domain.sync.quality import Graded, QualityFinding, trends
from integration_tui.domain.sync.run import Run, RunStatus
from integration_tui.tui.sanitize import plain
from integration_tui.tui.screens.base import Offer
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.list_screen import ListScreen
from integration_tui.tui.screens.sync.actions import (
    SYNC_ACTIONS,
    SyncAction,
    choose_undo,
    settle,
    undo,
)
from integration_tui.tui.screens.sync.banner import run_banner
from integration_tui.tui.screens.sync.data_sources import (
    ChangeFilter,
    PlanSelection,
    change_groups,
    parse_change_filter,
)
from integration_tui.tui.screens.sync.details import finding_content
from integration_tui.tui.screens.sync.keys import SYNC_KEYS
from integration_tui.tui.screens.sync.matches import decide
from integration_tui.tui.screens.sync.panes import (
    BannerPane,
    ChangePane,
    ChangesPane,
    NowPane,
    ViewPane,
    about_run,
)
from integration_tui.tui.screens.sync.plan_bars import plan_picture
from integration_tui.tui.screens.sync.progress import ThroughputMeter
from integration_tui.tui.screens.sync.quality import quality_rows, trend_content
from integration_tui.tui.screens.sync.rows import (
    RUN_COLUMNS,
    RunStatusView,
    integration_row,
    next_step,
    sorted_runs,
    why_not,
)
from integration_tui.tui.screens.sync.run_cache import RunCache
from integration_tui.tui.screens.sync.run_summary import whole
from integration_tui.tui.screens.sync.running_now import RunningNow, running_now
from integration_tui.tui.screens.sync.selection import ListedPages, PeopleCache, counts
from integration_tui.tui.screens.sync.views import PLAN, VIEWS
from integration_tui.tui.screens.sync.windows import ConflictWindow, MatchWindow
from integration_tui.tui.widgets.dialogs import SafeInput, TextDialog
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.roles import line
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.table.virtual import PagedTable

_VIEW_OF = {"settle": "conflicts", "decide": "matches"}
"""What acts on a row acts on one of this view."""
_ABOVE = frozenset({"mark", "mark_all"})
"""What is about the list of runs alone."""
_PANES: Final = ("runs", "changes-pane", "views")
"""Below 100 columns, one of these is shown at a time."""
_READING: Final = RunningNow(steps=(), listings=())


class SyncScreen(ListScreen):
    """The banner above; runs and changes at the left, what is known of the run at the right."""

    title_text = "Sync"
    follows: ClassVar[tuple[type[Event], ...]] = (RunChanged, RosterChanged)
    CSS_PATH = "sync.tcss"
    LIST = "#integrations"
    AUTO_FOCUS = "#integrations"
    BINDINGS: ClassVar[list[BindingType]] = SYNC_KEYS

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self._run_statuses = RunCache()
        self._shown: Sequence[RunStatusView] = ()
        self._people = PeopleCache()
        self._changes = ListedPages()
        self._listed = ListedPages()
        self._wanted = ChangeFilter()
        self._pace = ThroughputMeter()
        self._findings: Sequence[QualityFinding] = ()
        self._graded: Sequence[Graded] = ()
        self._expiry: Timer | None = None

    def body(self) -> ComposeResult:
        yield BannerPane()
        with Horizontal(id="columns"):
            with Vertical(id="left"):
                yield Pane(
                    RowTable(RUN_COLUMNS, id="integrations", empty="Reading runs…"),
                    title="Runs",
                    id="runs",
                )
                yield ChangesPane(title="Changes", id="changes-pane")
            with Vertical(id="right"):
                yield NowPane()
                yield ViewPane()
                yield ChangePane()

    def on_mount(self) -> None:
        super().on_mount()
        self._go_to_pane("runs")

    async def reload(self) -> None:
        """Read how all stand, and what is shown of the selected one."""
        names = [overview.integration.id for overview in self.overviews]
        self._shown = sorted_runs(await self._run_statuses.read(self.services, names))
        table, now = self.query_one("#integrations", RowTable), self.services.clock()
        table.show_empty("No integrations yet. n on screen 1 adds one.")
        table.show([integration_row(run_status, now=now) for run_status in self._shown])
        pane = self.query_one("#runs", Pane)
        pane.title("Runs", f"{len(self._shown):,}" if self._shown else "")
        pane.hint(line(("open first, then newest", "muted")))
        self._show_selected()
        self._read_at_expiry()

    def _read_at_expiry(self) -> None:
        """Read again when the next approval ends: nothing else says so."""
        ends = [one.report.approved_until for one in self._shown if one.report and one.is_approved]
        if self._expiry is not None:
            self._expiry.stop()
            self._expiry = None
        if until := min((end for end in ends if end is not None), default=None):
            left_s = max((until - self.services.clock()).total_seconds(), 0) + 1
            self._expiry = self.set_timer(left_s, self.start_following)

    @property
    def selected_integration(self) -> IntegrationId | None:
        key = self.query_one("#integrations", RowTable).selected
        return IntegrationId(key) if key else None

    def show_integration(self, integration_id: IntegrationId) -> None:
        """Put the cursor on an integration.

        Where it rests, and nobody asked for just this one, it is put on one that needs somebody.
        """
        wanted, is_asked_for = self._status_of(integration_id), self.shared.asked_for is not None
        self.shared.asked_for = None
        rests = not is_asked_for and (wanted is None or not wanted.is_open)
        needy = next((one for one in self._shown if one.needs_somebody), None) if rests else None
        super().show_integration(needy.integration_id if needy else integration_id)

    def _status_of(self, wanted: IntegrationId | None) -> RunStatusView | None:
        return next((one for one in self._shown if one.integration_id == wanted), None)

    @property
    def _selected(self) -> RunStatusView | None:
        return self._status_of(self.selected_integration)

    @property
    def _views(self) -> ViewPane:
        return self.query_one(ViewPane)

    # What is shown of the selected run

    def _show_selected(self) -> None:
        run_status = self._selected
        if run_status is not None:
            self._show_banner(run_status, self._people.known(run_status.run))
            self._read_selected(run_status)
        self._show_now(run_status)
        self.refresh_bindings()

    def _show_banner(self, run_status: RunStatusView, people: PlanPeople | None) -> None:
        found = run_banner(run_status, people, can_act=not self.shared.is_readonly)
        pane = self.query_one(BannerPane)
        pane.show(found, run_status.integration_id, about_run(run_status))

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _read_selected(self, run_status: RunStatusView) -> None:
        report, run = run_status.report, run_status.run
        with self.reading():
            people = await self._people.read(self.services, run)
            self._show_banner(run_status, people)
            tally = plan_tally(report.listings, people) if report else None
            has_plan = run is not None and bool(run.plan_hash)
            picture = plan_picture(report, tally) if report and tally and has_plan else None
            self._views.show_plan(run_status, picture)
            await self._show_changes(run_status)
            self._views.show_counts(await counts(self.services, run_status.integration_id))
            await self._show_view(run_status)
            self.refresh_bindings()

    async def _show_changes(self, run_status: RunStatusView) -> None:
        pane, table = self.query_one(ChangesPane), self.query_one("#changes", PagedTable)
        report, run = run_status.report, run_status.run
        pane.show(report if run and run.plan_hash else None, f"{self._wanted}")
        groups = change_groups(report.listings) if report and run and run.plan_hash else ()
        subject = PlanSelection(
            integration_id=run_status.integration_id,
            run_id=run.id if run else None,
            plan_hash=run.plan_hash if run else "",
            wanted=self._wanted,
            groups=groups,
        )
        await self._changes.show(self.services, table, "changes", subject)
        self._show_change()

    def _show_change(self) -> None:
        """Show what the cursor is on: in the view while that has the focus, else in the plan."""
        table, pages = self._views.body, self._listed.pages
        if self._views.has_focus_within and isinstance(table, PagedTable) and pages is not None:
            details = pages.details(table.selected) if table.selected else None
            if details is not None:
                title = VIEWS[self._views.current].one
                self.query_one(ChangePane).show_details(title, details)
                return
        found = self._changes.item(self.query_one("#changes", PagedTable))
        self.query_one(ChangePane).show(found if isinstance(found, PlannedChange) else None)

    async def _show_view(self, run_status: RunStatusView) -> None:
        view, body = self._views.current, self._views.body
        if isinstance(body, PagedTable):
            subject = PlanSelection(integration_id=run_status.integration_id)
            await self._listed.show(self.services, body, view, subject)
            body.show_empty(VIEWS[view].empty)
            self._show_change()
        elif isinstance(body, RowTable):
            await self._show_quality(run_status, body)

    async def _show_quality(self, run_status: RunStatusView, table: RowTable) -> None:
        run, plans = run_status.run, self.services.plans
        scores = await plans.scores(run.id) if run else []
        self._findings = await plans.findings(run.id) if run else []
        self._graded = await plans.trend(run_status.integration_id)
        table.show_empty(VIEWS["quality"].empty)
        table.show(quality_rows(scores, self._findings, trends(self._graded)))

    def _show_now(self, selected: RunStatusView | None) -> None:
        """Show how far the selected run is, or else another one that is under way."""
        under_way = [one for one in [selected, *self._shown] if one and one.is_under_way]
        pane = self.query_one(NowPane)
        report = under_way[0].report if under_way else None
        if report is None:
            pane.show(None, _READING, "")
            return
        steps = self._pace.observe(report, at_s=asyncio.get_running_loop().time())
        state = next_step(under_way[0]).lower()
        pane.show(report.run, running_now(report, steps), state)
        is_own = under_way[0] is selected and not self.shared.is_readonly
        pane.show_keys([("Z", "pause"), ("x", "cancel run")] if is_own else [])

    @on(PagedTable.Wanted)
    def _load(self, event: PagedTable.Wanted) -> None:
        event.stop()
        self._load_more(event.table)

    @work(group="more", exclusive=True, exit_on_error=False)
    async def _load_more(self, table: PagedTable) -> None:
        with self.reading():
            await (self._changes if table.id == "changes" else self._listed).more(table)

    # Moving about

    @on(RowTable.Highlighted, "#integrations")
    def _moved(self) -> None:
        self._show_selected()

    @on(RowTable.Highlighted, "#view PagedTable")
    @on(RowTable.Highlighted, "#changes")
    def _moved_among_changes(self) -> None:
        self._show_change()

    def action_view(self, step: int) -> None:
        """Show the next view, or the previous one."""
        names = list(VIEWS)
        is_seen = not self.has_class("-narrow") or self._views.has_focus_within
        places = names.index(self._views.current) + (step if is_seen else 0)
        view = names[places % len(names)]
        self.go_to(view, focuses=view != PLAN or self.has_class("-narrow"))

    def go_to(self, view: str, *, focuses: bool = True) -> None:
        """Show this view from now on."""
        has_focus = self._views.has_focus_within
        self._views.go_to(view)
        if (run_status := self._selected) is not None:
            self._read_view(run_status)
        if focuses or has_focus:
            self._go_to_pane("views")
            self._views.body.focus()
        self.refresh_bindings()

    @work(group="view", exclusive=True, exit_on_error=False)
    async def _read_view(self, run_status: RunStatusView) -> None:
        with self.reading():
            await self._show_view(run_status)
            self.refresh_bindings()

    @on(ViewPane.Selected)
    def _view_clicked(self, event: ViewPane.Selected) -> None:
        self.go_to(event.view)

    def focus_next(self, selector: str | type[Widget] = "*") -> Widget | None:
        """Give the focus to the next pane; where one is shown at a time, show that."""
        return self._turn(1) if self.has_class("-narrow") else super().focus_next(selector)

    def focus_previous(self, selector: str | type[Widget] = "*") -> Widget | None:
        """Give the focus to the pane before; where one is shown at a time, show that."""
        return self._turn(-1) if self.has_class("-narrow") else super().focus_previous(selector)

    def _turn(self, step: int) -> Widget:
        here = next((at for at, name in enumerate(_PANES) if self.has_class(f"-at-{name}")), 0)
        name = _PANES[(here + step) % len(_PANES)]
        self._go_to_pane(name)
        bodies = {"runs": "#integrations", "changes-pane": "#changes"}
        return (self.query_one(bodies[name]) if name in bodies else self._views.body).focus()

    def _go_to_pane(self, name: str) -> None:
        for pane in _PANES:
            self.set_class(pane == name, f"-at-{pane}")

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Show the pane that has the focus, where only one has room."""
        for node in event.widget.ancestors_with_self:
            if node.id in _PANES:
                self._go_to_pane(node.id)
        self._show_change()
        self.refresh_bindings()

    def action_narrow_here(self) -> None:
        """Ask which runs are to be shown; among changes, which of these."""
        if self.query_one(ChangesPane).has_focus_within:
            typed = self.query_one("#filter", SafeInput)
            typed.display = True
            typed.focus()
        elif self._views.has_focus_within:
            title = VIEWS[self._views.current].title
            self.show_message(f"{title} has no filter. esc returns to the runs.")
        else:
            self.action_narrow()

    @on(Input.Submitted, "#filter")
    def _filter(self, event: Input.Submitted) -> None:
        typed = self.query_one("#filter", SafeInput)
        try:
            self._wanted = parse_change_filter(event.value)
        except UsageError as error:
            self.show_message(f"{error}", is_bad=True)
            return
        typed.display = False
        self.query_one("#changes", PagedTable).focus()
        self._show_selected()

    def action_leave(self) -> None:
        """Leave the filter line, or show all changes again, or go back to the runs, or widen."""
        typed = self.query_one("#filter", SafeInput)
        is_filtering, typed.display = typed.display or self._wanted != ChangeFilter(), False
        if is_filtering and self._is_below:
            typed.value, self._wanted = "", ChangeFilter()
            self.query_one("#changes", PagedTable).focus()
            self._show_selected()
        elif self._is_below and self.maximized is None:
            self._go_to_pane("runs")
            self.listed.focus()
        else:
            self.action_widen()

    def copied(self) -> str:
        """Return what the cursor is on below, or what is marked among the runs."""
        return super(ListScreen, self).copied() if self._is_below else super().copied()

    @property
    def _is_below(self) -> bool:
        return self.focused is not None and self.focused is not self.listed

    # Looking closely

    @on(RowTable.Chosen, "#integrations")
    def _open_run(self) -> None:
        if run_status := self._selected:
            self.app.push_screen(TextDialog(run_status.integration_id, whole(run_status)))

    @on(RowTable.Chosen, "#quality")
    def _open_finding(self, event: RowTable.Chosen) -> None:
        for finding in self._findings:
            if f"{finding.collection}/{finding.name}" == event.key:
                self.app.push_screen(TextDialog(finding.name, finding_content(finding)))
        if event.key in set(ROSTER):
            text = trend_content(Collection(event.key), self._graded)
            self.app.push_screen(TextDialog(VIEWS["quality"].title, text))

    @on(RowTable.Chosen, "PagedTable")
    def _open_listed(self, event: RowTable.Chosen) -> None:
        is_change = event.table.id == "changes"
        pages = (self._changes if is_change else self._listed).pages
        details = pages.details(event.key) if pages else None
        if pages is None or details is None:
            return
        title = "Change" if is_change else VIEWS[self._views.current].title
        item = pages.item(event.key)
        if isinstance(item, Conflict) and self.check_action("settle", ("ours", False)):
            self._open_conflict(item, ConflictWindow("Conflict", details))
        elif isinstance(item, Match) and self.check_action("decide", (True,)):
            self._open_match(item, MatchWindow("Possible duplicate", details))
        else:
            self.app.push_screen(TextDialog(title, details))

    @work(group="act", exit_on_error=False)
    async def _open_conflict(self, conflict: Conflict, window: ConflictWindow) -> None:
        if decision := await self.app.push_screen_wait(window):
            await self._settle(conflict, Side(decision), all_=False)

    @work(group="act", exit_on_error=False)
    async def _open_match(self, match: Match, window: MatchWindow) -> None:
        if decision := await self.app.push_screen_wait(window):
            await self._decide(match, same=decision == "same")

    # From one start to the next

    def remember(self) -> Mapping[str, str]:
        return {**super().remember(), "view": self._views.current}

    def restore(self, remembered: Mapping[str, str]) -> None:
        super().restore(remembered)
        if (view := remembered.get("view", "")) in VIEWS:
            self.go_to(view, focuses=False)

    # Acting

    def offers(self) -> Iterator[Offer]:
        """Yield what the keys do, what can be looked at, and what fits each integration's run."""
        yield from super().offers()
        for name, view in VIEWS.items():
            yield Offer(f"Show {view.title.lower()}", partial(self.go_to, name))
        yield Offer("Show changes", self._go_to_changes)
        for run_status in self._shown if not self.shared.is_readonly else ():
            for act in SYNC_ACTIONS.values():
                if act.fits(run_status):
                    title = f"{act.title} {run_status.integration_id}"
                    run = partial(self._do, act, run_status)
                    yield Offer(title, run, is_first=False)

    def _go_to_changes(self) -> None:
        self._go_to_pane("changes-pane")
        self.query_one("#changes", PagedTable).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what this actor may not do, and what the run is not in a state for."""
        if action in _ABOVE and self.is_mounted and self._is_below:
            return False
        if action not in {"sync", "undo", *_VIEW_OF}:
            return super().check_action(action, parameters)
        run_status = self._selected if self.is_mounted else None
        if self.shared.is_readonly or run_status is None:
            return False
        if action in _VIEW_OF:
            is_there = self._views.current == _VIEW_OF[action] and self._views.has_focus_within
            return is_there and self._row_below is not None
        is_for_all = action == "undo" or (parameters == ("plan",) and bool(self.marked))
        return is_for_all or SYNC_ACTIONS[str(parameters[0])].fits(run_status)

    @property
    def _row_below(self) -> object:
        """What the cursor of the current view is on, where that is a long list."""
        body = self._views.body
        return self._listed.item(body) if isinstance(body, PagedTable) else None

    def on_key(self, event: Key) -> None:
        """Say why a key does nothing now."""
        for node, bindings in self._binding_chain if self.shared.services_ready else ():
            for binding in bindings.key_to_bindings.get(event.key, ()) if node is self else ():
                _, name, parameters = parse(binding.action)
                is_about_run = name in {"sync", "undo", *_VIEW_OF}
                if is_about_run and not self.check_action(name, parameters):
                    label = binding.description.rstrip("…")
                    self.show_message(f"{label}: {self._why_not(name)}", cause="why not")

    def _why_not(self, action: str) -> str:
        if self.shared.is_readonly:
            return "read-only."
        if action in _VIEW_OF:
            return f"no row of {VIEWS[_VIEW_OF[action]].title} is selected. ← → turn the views."
        run_status = self._selected
        return "no run is selected." if run_status is None else why_not(run_status)

    def action_sync(self, name: str) -> None:
        """Do what `SYNC_ACTIONS` calls by this name with the run of the selected integration.

        A plan is made for all that are marked.
        """
        if name == "plan" and self.marked:
            self._plan_all([IntegrationId(key) for key in self.marked])
        elif run_status := self._selected:
            self._do(SYNC_ACTIONS[name], run_status)

    @work(group="act", exit_on_error=False)
    async def _plan_all(self, names: Sequence[IntegrationId]) -> None:
        from integration_tui.tui.screens.bulk_actions import do_with_many
        from integration_tui.tui.screens.integration_actions import ACTIONS

        await do_with_many(self, ACTIONS["plan"], names)

    @work(group="act", exit_on_error=False)
    async def _do(self, act: SyncAction, run_status: RunStatusView) -> None:
        with self.showing_errors(f"{act.doing} {run_status.integration_id}"):
            command = act.command_line(run_status)
            if done := await act.run(self, run_status):
                self.shared.last_command = command or self.shared.last_command
                self.query_one("#integrations", RowTable).select(run_status.integration_id)
                self.show_message(done)

    @work(group="act", exit_on_error=False)
    async def action_undo(self) -> None:
        """Undo the run of the cursor where it is applied, or ask which."""
        run = self._applied_run
        with self.showing_errors(f"undoing run {run.id}" if run else "undoing a run"):
            run = run or await choose_undo(self)
            if run is not None and (done := await undo(self, run)):
                self.query_one("#integrations", RowTable).select(run.integration_id)
                self.show_message(done)

    @property
    def _applied_run(self) -> Run | None:
        found = self._row_below if self._views.has_focus_within else None
        run_status = self._selected
        run = found if isinstance(found, Run) else run_status.run if run_status else None
        return run if run is not None and run.status is RunStatus.APPLIED else None

    @work(group="act", exit_on_error=False)
    async def action_settle(self, side: str, all_: bool) -> None:
        """Decide the selected conflict, or all of its field."""
        conflict = self._row_below
        if isinstance(conflict, Conflict):
            await self._settle(conflict, Side(side), all_=all_)

    async def _settle(self, conflict: Conflict, side: Side, *, all_: bool) -> None:
        with self.showing_errors(f"resolving {conflict.field}"):
            if done := await settle(self, conflict, side, all_=all_):
                self.show_message(done)

    @work(group="act", exit_on_error=False)
    async def action_decide(self, same: bool) -> None:
        """Merge the selected two, or keep them apart."""
        match = self._row_below
        if isinstance(match, Match):
            await self._decide(match, same=same)

    async def _decide(self, match: Match, *, same: bool) -> None:
        with self.showing_errors(f"deciding about {plain(match.external_id)}"):
            if done := await decide(self, match, same=same):
                self.show_message(done)
