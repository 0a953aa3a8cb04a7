"""Checks of this installation, and where each of its values comes from."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import ContentSwitcher

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.events import ConfigChanged, Event
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.quantity import counted
from integration_tui.tui.screens.base import Offer
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.diagnostics import views
from integration_tui.tui.screens.diagnostics.views import VIEWS
from integration_tui.tui.screens.list_screen import ListScreen
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.filter_input import FilterLine
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.roles import line
from integration_tui.tui.widgets.static_text import StaticLines
from integration_tui.tui.widgets.table.cells import TableRow
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.tabs import TabbedPane

if TYPE_CHECKING:
    from integration_tui.domain.diagnostics import CheckResult, EffectiveValue, EnvironmentFact


class DiagnosticsScreen(ListScreen):
    """Five lists. The checks are made when the screen is first seen, and again when asked for."""

    title_text = "Diagnostics"
    follows: ClassVar[tuple[type[Event], ...]] = (ConfigChanged,)
    CSS_PATH = "diagnostics.tcss"
    AUTO_FOCUS = "#checks"
    MAX_RELOADS_PER_SECOND: ClassVar[int] = 1
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "check", "Check again", id="diagnostics.check"),
        Binding("b", "bundle", "Support bundle…", id="diagnostics.bundle"),
        Binding("S", "sort('state')", "Sort by status", show=False, id="diagnostics.sort-state"),
        Binding("right", "view(1)", "Next view", show=False, id="diagnostics.next-view"),
        Binding("left", "view(-1)", "Previous view", show=False, id="diagnostics.view-before"),
    ]

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self._found: list[CheckResult] | None = None
        self._settings: Sequence[EffectiveValue] = ()
        self._values: Sequence[EffectiveValue] = ()
        self._facts: Sequence[EnvironmentFact] = ()
        self._chosen: IntegrationId | None = None
        self._doing = ""

    def body(self) -> ComposeResult:
        titles = {name: view.title for name, view in VIEWS.items()}
        with Container(id="sides"):
            with (
                TabbedPane(titles=titles, current="checks", id="views"),
                ContentSwitcher(id="view", initial="checks"),
            ):
                for name, view in VIEWS.items():
                    yield RowTable(view.columns, id=name, empty="Reading…")
            with Pane(title="Details", edge="left", id="details"), VerticalScroll():
                yield StaticLines(id="about")

    def on_mount(self) -> None:
        for table in self.query(RowTable):
            table.can_mark = True

    async def _refresh_overviews(self, events: Sequence[Event]) -> None:
        """Look at what is wrong even where the integrations cannot be read."""
        if self._found is None:
            self.action_check()
        await super()._refresh_overviews(events)

    async def reload(self) -> None:
        diagnostics = self.services.diagnostics
        self._settings, self._facts = diagnostics.settings(), diagnostics.facts()
        self._show("settings", views.value_rows(self._settings))
        self._show("program", views.fact_rows(self._facts))
        self._show("places", views.path_rows(self._facts))
        self._show_values()

    def _show(self, view: str, rows: Sequence[TableRow]) -> None:
        table = self.query_one(f"#{view}", RowTable)
        table.show_empty(VIEWS[view].empty)
        table.show(rows)

    # The views

    @property
    def view(self) -> str:
        """The name of the view that is shown."""
        return self.query_one(TabbedPane).current

    @property
    def listed(self) -> RowTable:
        """The table of the view that is shown."""
        return self.query_one(f"#{self.view}", RowTable)

    def action_view(self, step: int) -> None:
        """Show the next view, or the one before."""
        names = list(VIEWS)
        self.go_to(names[(names.index(self.view) + step) % len(names)])

    @on(TabbedPane.Selected)
    def _view_clicked(self, event: TabbedPane.Selected) -> None:
        self.go_to(event.view)

    def go_to(self, view: str) -> None:
        """Show this view."""
        self.query_one(TabbedPane).go_to(view)
        self.query_one("#view", ContentSwitcher).current = view
        self.listed.focus()
        if self.query(FilterLine):  # each view is narrowed by itself
            self.narrow(self.narrowed)
        self._show_note()

    def offers(self) -> Iterator[Offer]:
        """Yield what the keys do, and what can be looked at."""
        yield from super().offers()
        for name, view in VIEWS.items():
            yield Offer(f"Show {view.title.lower()}", partial(self.go_to, name))

    def _show_note(self) -> None:
        note = ""
        if self.view == "configuration":
            note = f"{self._chosen}: esc shows all" if self._chosen else "⏎ shows values"
        doing = f"Checking {self._doing}" if self._doing else ""
        status = line((doing, "info")) if doing else line((note, "muted"))
        about = self._summary() if self.view == "checks" else ""
        self.query_one(TabbedPane).describe(about, status)
        self._show_details()

    @on(RowTable.Highlighted)
    def _show_details(self) -> None:
        """Show all of the row with the cursor beside the list."""
        key = self.listed.selected
        details = self._details(key) if key is not None else None
        self.query_one("#about", StaticLines).show(details[1] if details else Content(""))

    def _summary(self) -> str:
        found = self._found
        if not found:
            return ""
        count, failed = len(found), sum(not check.right for check in found)
        checks = counted(count, "check")
        if failed:
            return f"{failed:,} of {checks} failed"
        return checks if self._doing else f"All {checks} passed"

    def remember(self) -> Mapping[str, str]:
        return {**super().remember(), "view": self.view}

    def restore(self, remembered: Mapping[str, str]) -> None:
        if (view := remembered.get("view", "")) in VIEWS:
            self.go_to(view)
        super().restore(remembered)

    # The configuration of one

    @property
    def selected_integration(self) -> IntegrationId | None:
        if self._chosen is not None or self.view != "configuration":
            return self._chosen
        key = self.listed.selected
        return IntegrationId(key) if key else None

    def show_integration(self, integration_id: IntegrationId) -> None:
        self._chosen = integration_id
        self._show_values()

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _show_values(self) -> None:
        names = {overview.integration.id for overview in self.overviews}
        self._chosen = self._chosen if self._chosen in names else None
        self._show_note()
        if self._chosen is None:
            self._show("configuration", views.integration_rows(self.overviews))
            return
        table = self.query_one("#configuration", RowTable)
        try:
            self._values = await self.services.diagnostics.effective(self._chosen)
        except ConsoleError as error:
            table.show([])
            table.show_empty(str(error))
        else:
            self._show("configuration", views.value_rows(self._values))

    def action_widen(self) -> None:
        """Show all rows again; then all integrations instead of the values of one."""
        if self.view == "configuration" and self._chosen and not self.narrowed:
            left, self._chosen = self._chosen, None
            self._show("configuration", views.integration_rows(self.overviews))
            self.listed.select(left)
            self._show_note()
        else:
            super().action_widen()

    # Looking closely

    @on(RowTable.Chosen)
    def _chose(self, event: RowTable.Chosen) -> None:
        if self.view == "configuration" and self._chosen is None:
            if self.narrowed:
                self.narrow("")
            self.show_integration(IntegrationId(event.key))
        elif (details := self._details(event.key)) is not None:
            self.app.push_screen(TextDialog(*details))

    def _details(self, key: str) -> tuple[str, Content] | None:
        if self.view == "checks" and self._found:
            finding = self._found[int(key)]
            return finding.subject, views.check_details(finding)
        for value in self._settings if self.view == "settings" else self._values:
            if value.path == key:
                return key, views.value_details(value)
        fact = views.fact_of(self._facts, key)
        return (fact.name, views.fact_details(fact)) if fact else None

    # The checks

    @work(group="checks", exclusive=True, exit_on_error=False)
    async def action_check(self) -> None:
        """Make all checks again; each finding stands there as soon as it is known."""
        self._found = []
        ticking = self.set_interval(0.25, self._show_note)
        try:
            with self.reading("checks"):
                async for check in self.services.diagnostics.checking(self._show_view):
                    self._found.append(check)
                    self._show("checks", views.check_rows(self._found))
                    self._show_note()
                if self.view == "checks" and self.listed.selected == "0":
                    self.listed.action_first()  # nobody has moved: those that failed stand there
        finally:
            self._stop(ticking)

    def _show_view(self, what: str) -> None:
        self._doing = what  # may come from a thread; the timer shows it

    def _stop(self, ticking: Timer) -> None:
        ticking.stop()
        self._doing = ""
        if self.is_mounted:
            self._show_note()

    # The bundle

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what this actor may not do: a bundle is recorded, so it is a change."""
        if action == "bundle" and self.shared.is_readonly:
            return False
        return super().check_action(action, parameters)

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_bundle(self) -> None:
        """Gather everything, show what it is, and write it where somebody wants it."""
        from integration_tui.tui.screens.diagnostics.bundle_dialog import BundleDialog

        support = self.services.support
        with self.showing_errors("Gathering a support bundle"), self.shared.expecting_dialog():
            bundle = await support.gather(actor=self.actor)
            dialog = BundleDialog(bundle)
            if await self.app.push_screen_wait(dialog):
                path = await support.write(bundle, dialog.place, actor=self.actor)
                self.show_message(f"Support bundle written to {path}")
