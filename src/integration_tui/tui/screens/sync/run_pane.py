"""The lower part of the sync screen: one view of the selected run, chosen from several."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import ContentSwitcher
from textual.worker import Worker

from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.quality import Graded, QualityFinding, trends
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.sync.data_sources import LISTS, ChangeFilter, PlanSelection
from integration_tui.tui.screens.sync.details import duplicates_content, finding_content
from integration_tui.tui.screens.sync.progress import ThroughputMeter
from integration_tui.tui.screens.sync.quality import quality_rows, trend_content
from integration_tui.tui.screens.sync.rows import RunStatusView, plan_rows, progress_rows
from integration_tui.tui.screens.sync.views import VIEWS, natural_view
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.table.cells import TableRow
from integration_tui.tui.widgets.table.paging import PagedScreen
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.table.virtual import PagedTable
from integration_tui.tui.widgets.tabs import ViewBar


class RunPane(Vertical):
    """Shows what is most worth a look, until somebody chooses a view."""

    def __init__(self, owner: ConsoleScreen) -> None:
        super().__init__()
        self._owner = owner
        self._run_status: RunStatusView | None = None
        self.chosen: str | None = None
        self._wanted = ChangeFilter()
        self._pace = ThroughputMeter()
        self._about: tuple[str, PlanSelection] | None = None
        self._list: PagedScreen | None = None
        self._findings: Sequence[QualityFinding] = ()
        self._graded: Sequence[Graded] = ()

    def compose(self) -> ComposeResult:
        titles = {name: view.title for name, view in VIEWS.items()}
        yield ViewBar(titles, current="plan")
        with ContentSwitcher(id="view", initial="plan"):
            for name, view in VIEWS.items():
                kind = PagedTable if view.is_long else RowTable
                yield kind(view.columns, id=name, empty="reading")

    # What the screen does with it

    @property
    def view(self) -> str:
        """The name of the view that is shown."""
        return self.query_one(ViewBar).current

    @property
    def selected(self) -> object:
        """What the cursor of a long list is on."""
        return self._list.item(self._table.selected) if self._list else None

    def show(self, run_status: RunStatusView) -> None:
        """Show this run; what has not changed is not drawn again."""
        self._run_status = run_status
        self._show_figures(run_status)
        self._show_view(run_status)

    def step(self, places: int) -> None:
        """Show another view, so many places from this one."""
        names = list(VIEWS)
        has_focus = self._table.has_focus
        self.go_to(names[(names.index(self.view) + places) % len(names)], focuses=has_focus)

    def go_to(self, view: str, *, focuses: bool = True) -> None:
        """Show this view from now on."""
        self.chosen = view
        if self._run_status is not None:
            self._show_view(self._run_status)
        if focuses:
            self._table.focus()

    @on(ViewBar.Selected)
    def _view_clicked(self, event: ViewBar.Selected) -> None:
        self.go_to(event.view)

    def forget_choice(self) -> None:
        """Show again what is most worth a look."""
        self.chosen = None

    def filter(self, wanted: ChangeFilter) -> None:
        """Show the changes that are wanted."""
        self._wanted = wanted
        self.go_to("changes")

    # What is shown

    @property
    def _table(self) -> RowTable:
        return self.query_one(f"#{self.view}", RowTable)

    def _show_view(self, run_status: RunStatusView) -> None:
        view = self.chosen or natural_view(run_status.run)
        bar = self.query_one(ViewBar)
        bar.current, bar.note = view, f"{self._wanted}" if view == "changes" else ""
        self.query_one("#view", ContentSwitcher).current = view
        if view in LISTS:
            self._show_list(view, run_status)
        elif view == "quality":
            self._show_quality(run_status)
        self.screen.refresh_bindings()

    def _show_figures(self, run_status: RunStatusView) -> None:
        report = run_status.report
        listings = report.listings if report else ()
        now_s = asyncio.get_running_loop().time()
        steps = self._pace.observe(report, at_s=now_s) if report else []
        has_plan = report is not None and bool(report.run.plan_hash)
        self._show_rows("progress", progress_rows(steps, listings))
        self._show_rows("plan", plan_rows(listings) if has_plan else [])

    def _show_rows(self, view: str, rows: Sequence[TableRow]) -> None:
        table = self.query_one(f"#{view}", RowTable)
        table.show_empty(VIEWS[view].empty)
        table.show(rows)

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _show_list(self, view: str, run_status: RunStatusView) -> None:
        table = self.query_one(f"#{view}", PagedTable)
        about = (view, self._subject(view, run_status))
        with self._owner.reading():
            if self._about == about and self._list is not None:
                await self._list.renew()
            else:
                listed = LISTS[view](self._owner.services, about[1])
                await listed.more()
                self._about, self._list = about, listed
                table.show_source(listed)
            table.show_empty(VIEWS[view].empty)
            table.changed(table.selected)
            self.screen.refresh_bindings()

    def _subject(self, view: str, run_status: RunStatusView) -> PlanSelection:
        run = run_status.run
        if view != "changes" or run is None:
            return PlanSelection(integration_id=run_status.integration_id)
        return PlanSelection(
            integration_id=run_status.integration_id,
            run_id=run.id,
            plan_hash=run.plan_hash,
            wanted=self._wanted,
        )

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _show_quality(self, run_status: RunStatusView) -> None:
        run, plans = run_status.run, self._owner.services.plans
        with self._owner.reading():
            scores = await plans.scores(run.id) if run else []
            self._findings = await plans.findings(run.id) if run else []
            self._graded = await plans.trend(run_status.integration_id)
            rows = quality_rows(scores, self._findings, trends(self._graded))
            self._show_rows("quality", rows)

    @on(PagedTable.Wanted)
    def _load(self, event: PagedTable.Wanted) -> None:
        event.stop()
        self._load_more(event.table)

    @work(group="more", exclusive=True, exit_on_error=False)
    async def _load_more(self, table: PagedTable) -> None:
        listed = self._list
        if listed is not None:
            with self._owner.reading():
                await listed.more()
                table.changed(table.selected)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Have the screen contain what no one foresaw."""
        self._owner.on_worker_state_changed(event)

    # Looking closely

    @on(RowTable.Chosen, "#plan")
    def _open_kind(self, event: RowTable.Chosen) -> None:
        if event.key == "quarantined":
            self.go_to("quarantine")
            return
        if event.key == "duplicates" and self._run_status and self._run_status.report:
            text = duplicates_content(self._run_status.report.listings)
            self.app.push_screen(TextDialog("Duplicates", text))
            return
        is_kind = event.key in set(ChangeKind)
        self.filter(ChangeFilter(kind=ChangeKind(event.key) if is_kind else None))

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
        details = self._list.details(event.key) if self._list else None
        if details is not None:
            self.app.push_screen(TextDialog(VIEWS[self.view].title, details))
