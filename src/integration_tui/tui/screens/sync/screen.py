"""Every integration's run: how far it is, what its plan would change, and what can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar, Final

from textual import on, work
from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Key
from textual.widgets import Input

from integration_tui.domain.errors import UsageError
from integration_tui.domain.events import Event, RosterChanged, RunChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.sync.actions import RunAction, available_actions
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.mapping import Match
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.run import Run, RunReport
from integration_tui.tui.sanitize import plain
from integration_tui.tui.screens.base import Offer
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.list_screen import ListScreen
from integration_tui.tui.screens.sync.actions import SYNC_ACTIONS, SyncAction, settle, undo
from integration_tui.tui.screens.sync.data_sources import ChangeFilter, parse_change_filter
from integration_tui.tui.screens.sync.matches import decide
from integration_tui.tui.screens.sync.rows import (
    INTEGRATION_COLUMNS,
    RunStatusView,
    integration_row,
    status_sentence,
)
from integration_tui.tui.screens.sync.run_cache import RunCache
from integration_tui.tui.screens.sync.run_pane import RunPane
from integration_tui.tui.screens.sync.run_summary import summary, whole
from integration_tui.tui.screens.sync.views import VIEWS
from integration_tui.tui.widgets.dialogs import SafeInput, TextDialog
from integration_tui.tui.widgets.static_text import StaticLines
from integration_tui.tui.widgets.table.table import RowTable

SYNC_KEYS: Final[list[BindingType]] = [
    Binding(
        "p",
        "sync('plan')",
        "Plan",
        id="sync.plan",
        tooltip="Plan: read everything, and say what would change",
    ),
    Binding(
        "i",
        "sync('plan_incremental')",
        "Incremental",
        id="sync.plan-incremental",
        tooltip="Plan only what changed since the last applied run",
    ),
    Binding("a", "sync('apply')", "Apply", id="sync.apply", tooltip="Apply the plan, after asking"),
    Binding(
        "A",
        "sync('apply_sparing')",
        "No deactivations",
        id="sync.apply-sparing",
        tooltip="Apply the plan without deactivations",
    ),
    Binding(
        "Y",
        "sync('approve')",
        "Approve",
        id="sync.approve",
        tooltip="Approve the held plan, with its number and a reason",
    ),
    Binding(
        "H",
        "sync('hold')",
        "Hold",
        id="sync.hold",
        tooltip="Hold the plan until somebody approves it",
    ),
    Binding(
        "Z", "sync('pause')", "Pause", id="sync.pause", tooltip="Pause the run at its next batch"
    ),
    Binding(
        "r", "sync('resume')", "Resume", id="sync.resume", tooltip="Resume the run where it stands"
    ),
    Binding("x", "sync('cancel')", "End", id="sync.cancel", tooltip="End the run for good"),
    Binding(
        "u", "undo", "Undo", id="sync.undo", tooltip="Plan to take the selected run back (in Runs)"
    ),
    Binding(
        "o", "settle('ours', False)", "Ours", id="sync.ours", tooltip="Ours stands (in Conflicts)"
    ),
    Binding(
        "t",
        "settle('theirs', False)",
        "Theirs",
        id="sync.theirs",
        tooltip="Theirs stands (in Conflicts)",
    ),
    Binding(
        "O",
        "settle('ours', True)",
        "All ours",
        id="sync.all-ours",
        tooltip="Ours stands for all about this field (in Conflicts)",
    ),
    Binding(
        "T",
        "settle('theirs', True)",
        "All theirs",
        id="sync.all-theirs",
        tooltip="Theirs stands for all about this field (in Conflicts)",
    ),
    Binding(
        "s",
        "decide(True)",
        "Same",
        id="sync.same",
        tooltip="These are the same: merge them (in Matches)",
    ),
    Binding(
        "d",
        "decide(False)",
        "Apart",
        id="sync.apart",
        tooltip="These are two: keep them apart (in Matches)",
    ),
    Binding(
        "R",
        "sync('relink')",
        "Relink",
        show=False,
        id="sync.relink",
        tooltip="Plan with relinking: changed ids keep their records",
    ),
    Binding("slash", "narrow_here", "Filter", id="sync.filter"),
    Binding("S", "sort('status')", "Sort by status", show=False, id="sync.sort-status"),
    Binding("N", "sort('name')", "Sort by name", show=False, id="sync.sort-name"),
    Binding("C", "sort('changes')", "Sort by changes", show=False, id="sync.sort-changes"),
    Binding("W", "sort('waits')", "Sort by waits for", show=False, id="sync.sort-waits"),
    Binding(
        "right",
        "view(1)",
        "Next view",
        show=False,
        id="sync.next-view",
        tooltip="Show the next view",
    ),
    Binding(
        "left",
        "view(-1)",
        "View before",
        show=False,
        id="sync.view-before",
        tooltip="Show the view before",
    ),
    Binding(
        "escape",
        "leave",
        "Back",
        show=False,
        id="sync.leave",
        tooltip="Show all changes, go back to the list",
    ),
]


# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false


_VIEW_OF = {"undo": "runs", "settle": "conflicts", "decide": "matches"}
"""What acts on a row acts on one of this view."""
_ABOVE = frozenset({"mark", "mark_all"})
"""What is about the list of integrations alone."""


class SyncScreen(ListScreen):
    """Above the integrations, below a view of the selected one's run."""

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

    def body(self) -> ComposeResult:
        yield RowTable(INTEGRATION_COLUMNS, id="integrations", empty="reading")
        yield StaticLines(id="about")
        yield SafeInput(placeholder="kinds and collections, such as: deactivate users", id="filter")
        yield RunPane(self)

    async def reload(self) -> None:
        """Read how all stand, and the view of the selected one."""
        names = [overview.integration.id for overview in self.overviews]
        self._shown = await self._run_statuses.read(self.services, names)
        table = self.query_one("#integrations", RowTable)
        table.show_empty("no integrations yet; see Providers")
        table.show([integration_row(run_status_view) for run_status_view in self._shown])
        self._show_selected()

    @property
    def selected_integration(self) -> IntegrationId | None:
        key = self.query_one("#integrations", RowTable).selected
        return IntegrationId(key) if key else None

    @property
    def _selected(self) -> RunStatusView | None:
        wanted = self.selected_integration
        return next(
            (
                run_status_view
                for run_status_view in self._shown
                if run_status_view.integration_id == wanted
            ),
            None,
        )

    @property
    def _pane(self) -> RunPane:
        return self.query_one(RunPane)

    def _show_selected(self) -> None:
        run_status = self._selected
        about = self.query_one("#about", StaticLines)
        about.show(summary(run_status) if run_status else Content.empty())
        if run_status is not None:
            self._pane.show(run_status)
        self.refresh_bindings()

    # Moving about

    @on(RowTable.Highlighted, "#integrations")
    def _moved(self) -> None:
        self._show_selected()

    @on(RowTable.Chosen, "#integrations")
    def _open_run(self) -> None:
        if run_status := self._selected:
            self.app.push_screen(TextDialog(run_status.integration_id, whole(run_status)))

    def action_view(self, step: int) -> None:
        """Show the next view, or the one before."""
        self._pane.step(step)

    def action_narrow_here(self) -> None:
        """Ask which integrations are to be shown; below, which changes."""
        if not self._is_below:
            self.action_narrow()
        elif self._pane.view == "changes":
            line = self.query_one("#filter", SafeInput)
            line.display = True
            line.focus()
        else:
            title = VIEWS[self._pane.view].title.lower()
            self.show_message(
                f"{title} cannot be narrowed; escape goes back to the list, which can"
            )

    @on(Input.Submitted, "#filter")
    def _filter(self, event: Input.Submitted) -> None:
        line = self.query_one("#filter", SafeInput)
        try:
            wanted = parse_change_filter(event.value)
        except UsageError as error:
            self.show_message(f"{error}", is_bad=True)
            return
        line.display = False
        self._pane.filter(wanted)

    def action_leave(self) -> None:
        """Leave the filter line, or show all changes again, or go back to the list, or widen it."""
        line, is_below = self.query_one("#filter", SafeInput), self._is_below
        is_filtering, line.display = line.display, False
        if is_filtering:
            line.value = ""
            self._pane.filter(ChangeFilter())
            return
        self.listed.focus()
        if not is_below:
            self.action_widen()

    def copied(self) -> str:
        """Return what the cursor is on below, or what is marked above."""
        return super(ListScreen, self).copied() if self._is_below else super().copied()

    @property
    def _is_below(self) -> bool:
        return self._pane.has_focus_within

    # From one start to the next

    def remember(self) -> Mapping[str, str]:
        return {**super().remember(), "view": self._pane.chosen or ""}

    def restore(self, remembered: Mapping[str, str]) -> None:
        super().restore(remembered)
        if (view := remembered.get("view", "")) in VIEWS:
            self._pane.go_to(view, focuses=False)

    # Acting

    def offers(self) -> Iterator[Offer]:
        """Yield what the keys do, what can be looked at, and what fits each integration's run."""
        yield from super().offers()
        for name, view in VIEWS.items():
            yield Offer(f"Show {view.title.lower()}", partial(self._pane.go_to, name))
        for run_status in self._shown if not self.shared.is_readonly else ():
            for act in SYNC_ACTIONS.values():
                if act.fits(run_status):
                    title = f"{act.title} {run_status.integration_id}"
                    run = partial(self._do, act, run_status)
                    yield Offer(title, run, is_first=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what this actor may not do, and what the run is not in a state for."""
        if action in _ABOVE and self.is_mounted and self._is_below:
            return False
        if action != "sync" and action not in _VIEW_OF:
            return super().check_action(action, parameters)
        run_status = self._selected if self.is_mounted else None
        if self.shared.is_readonly or run_status is None:
            return False
        if action != "sync":
            return self._pane.view == _VIEW_OF[action] and self._fits_selected(action)
        if parameters == ("plan",) and self.marked:
            return True
        return SYNC_ACTIONS[str(parameters[0])].fits(run_status)

    def _fits_selected(self, action: str) -> bool:
        """Return whether what is selected below is there, and in a state for this."""
        found = self._pane.selected
        if action != "undo":
            return found is not None
        if not isinstance(found, Run):
            return False
        return RunAction.UNDO in available_actions(RunReport(run=found, listings=()))

    def on_key(self, event: Key) -> None:
        """Say why a key does nothing as things stand."""
        for node, bindings in self._binding_chain if self.shared.services_ready else ():
            for binding in bindings.key_to_bindings.get(event.key, ()) if node is self else ():
                _, name, parameters = parse(binding.action)
                is_about_run = name == "sync" or name in _VIEW_OF
                if is_about_run and not self.check_action(name, parameters):
                    self.show_message(
                        self._why_not(binding.description.lower(), name), cause="why not"
                    )

    def _why_not(self, doing: str, action: str) -> str:
        run_status = self._selected
        if self.shared.is_readonly:
            return f"{doing}: who may only look changes nothing"
        if action == "undo" and isinstance(run := self._pane.selected, Run):
            return f"{doing}: not now; run {run.id} is {run.status}"
        if action in _VIEW_OF:
            return f"{doing}: it acts on a row of {VIEWS[_VIEW_OF[action]].title}; none is selected"
        if run_status is None:
            return f"{doing}: no integration is selected"
        if run_status.obstacle:
            return f"{doing}: {run_status.integration_id} has no runs, since {run_status.obstacle}"
        return f"{doing}: not now; {run_status.integration_id} {status_sentence(run_status)}"

    def action_sync(self, name: str) -> None:
        """Do what `SYNC_ACTS` calls by this name with the run of the selected integration.

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
            if done := await act.run(self, run_status):
                self._pane.forget_choice()
                self.query_one("#integrations", RowTable).select(run_status.integration_id)
                self.show_message(done)

    @work(group="act", exit_on_error=False)
    async def action_undo(self) -> None:
        """Take the selected past run back."""
        run = self._pane.selected
        if isinstance(run, Run):
            with self.showing_errors(f"taking run {run.id} back"):
                if done := await undo(self, run):
                    self.show_message(done)

    @work(group="act", exit_on_error=False)
    async def action_settle(self, side: str, all_: bool) -> None:
        """Decide the selected conflict, or all of its field."""
        conflict = self._pane.selected
        if isinstance(conflict, Conflict):
            with self.showing_errors(f"settling {conflict.field}"):
                if done := await settle(self, conflict, Side(side), all_=all_):
                    self.show_message(done)

    @work(group="act", exit_on_error=False)
    async def action_decide(self, same: bool) -> None:
        """Return whether the selected two are the same."""
        match = self._pane.selected
        if isinstance(match, Match):
            with self.showing_errors(f"deciding about {plain(match.external_id)}"):
                if done := await decide(self, match, same=same):
                    self.show_message(done)
