"""All integrations with how they stand, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from integration_tui.domain.events import (
    ConfigChanged,
    Event,
    FilesChanged,
    HealthChanged,
    RunChanged,
    StoreChanged,
)
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import toggle_enabled
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.integrations.details import IntegrationDetails
from integration_tui.tui.screens.integrations.rows import COLUMNS, IntegrationRows
from integration_tui.tui.screens.list_screen import ListScreen
from integration_tui.tui.widgets.static_text import StaticLines
from integration_tui.tui.widgets.table.table import RowTable

if TYPE_CHECKING:
    from integration_tui.domain.integration_overview import Overview


INTEGRATION_KEYS: Final[list[BindingType]] = [
    Binding("s", "integration_action('start')", "Start", id="integrations.start"),
    Binding(
        "x",
        "integration_action('stop')",
        "Stop",
        id="integrations.stop",
        tooltip="Stop, after asking",
    ),
    Binding("r", "integration_action('restart')", "Restart", id="integrations.restart"),
    Binding(
        "t",
        "integration_action('test')",
        "Test",
        id="integrations.test",
        tooltip="Test step by step",
    ),
    Binding(
        "c", "integration_action('check')", "Check", id="integrations.check", tooltip="Check now"
    ),
    Binding(
        "p",
        "integration_action('plan')",
        "Plan",
        id="integrations.plan",
        tooltip="Plan a sync: read everything, and say what would change",
    ),
    Binding(
        "e", "edit", "Edit", id="integrations.edit", tooltip="Go to its document, in Configuration"
    ),
    Binding(
        "E", "able", "On/off", id="integrations.able", tooltip="Enable or disable, with a reason"
    ),
    Binding("n", "new", "New", id="integrations.new", tooltip="Make a new integration"),
    Binding(
        "D",
        "integration_action('remove')",
        "Remove",
        id="integrations.remove",
        tooltip="Remove, after its name was typed",
    ),
    Binding("S", "sort('status')", "Sort by status", show=False, id="integrations.sort-status"),
    Binding("N", "sort('name')", "Sort by name", show=False, id="integrations.sort-name"),
    Binding("T", "sort('type')", "Sort by type", show=False, id="integrations.sort-type"),
    Binding("M", "sort('ms')", "Sort by latency", show=False, id="integrations.sort-ms"),
    Binding("U", "sort('uptime')", "Sort by uptime", show=False, id="integrations.sort-uptime"),
    Binding("L", "sort('last')", "Sort by last sync", show=False, id="integrations.sort-sync"),
    Binding("P", "sort('problem')", "Sort by problem", show=False, id="integrations.sort-problem"),
]


# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false


PATIENCE_S = 0.05
_NONE_YET = "no integrations yet; n makes one, or put a file into the configuration folder"


class IntegrationsScreen(ListScreen):
    """The first screen. The details of the selected integration stand beside it where they fit."""

    title_text = "Integrations"
    follows: ClassVar[tuple[type[Event], ...]] = (
        HealthChanged,
        ConfigChanged,
        RunChanged,
        FilesChanged,
    )
    CSS_PATH = "integrations.tcss"
    BINDINGS: ClassVar[list[BindingType]] = INTEGRATION_KEYS

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self._lines = IntegrationRows()
        self._are_syncs_old = True

    def body(self) -> ComposeResult:
        with Horizontal(classes="-waiting"):
            yield RowTable(COLUMNS, empty="opening the store")

    async def _refresh_overviews(self, events: Sequence[Event]) -> None:
        moved = (RunChanged, StoreChanged)
        self._are_syncs_old |= not events or any(isinstance(event, moved) for event in events)
        await super()._refresh_overviews(events)
        # What would be an integration if its file were valid has no version.
        stored = [overview for overview in self.overviews if overview.integration.config_version]
        invalid = self.services.files.invalid()
        shown = [*stored, *invalid]
        self.overviews = (
            sorted(shown, key=lambda overview: overview.integration.id) if invalid else stored
        )

    async def reload(self) -> None:
        self.listed.show_empty(_NONE_YET)
        await self._lines.read_latencies(self.services, self.overviews)
        if self._are_syncs_old:
            await self._lines.read_syncs(self.services)
            self._are_syncs_old = False
        self._show_rows()
        self._show_details()

    def on_mount(self) -> None:
        """Have the first frame show what was stored last; the bar says that the store opens."""
        if not self.shared.services_ready and (seen := self.shared.last_seen(PATIENCE_S)):
            self.overviews = seen
            self._show_rows()
            self.show_headline()

    def _show_rows(self) -> None:
        self.query_one(Horizontal).set_class(not self.overviews, "-empty")
        self.listed.show(self._lines.rows(self.overviews))

    @property
    def selected_integration(self) -> IntegrationId | None:
        key = self.listed.selected
        return IntegrationId(key) if key else None

    @on(RowTable.Highlighted)
    def _moved(self) -> None:
        if self.shared.services_ready:
            self._show_details()

    @on(RowTable.Chosen)
    def _chosen(self) -> None:
        self._open_details()

    # Acting

    def action_integration_action(self, name: str) -> None:
        """Do something with the marked integrations; with the selected one, if none are."""
        from integration_tui.tui.screens.integration_actions import ACTIONS

        names = [IntegrationId(key) for key in self.marked]
        if names and ACTIONS[name].is_for_many and self.shared.services_ready:
            self._run_on_many(name, names)
        else:
            super().action_integration_action(name)

    def action_able(self) -> None:
        """Enable or disable the marked integrations; the selected one, if none are."""
        selected = self.selected_integration
        about = self.marked or ([selected] if selected else [])
        chosen = [
            overview.integration for overview in self.overviews if overview.integration.id in about
        ]
        is_enabling, names = toggle_enabled(chosen)
        name = "enable" if is_enabling else "disable"
        if self.marked and self.shared.services_ready:
            self._run_on_many(name, names)
        else:
            super().action_integration_action(name)

    @work(group="act", exit_on_error=False)
    async def _run_on_many(self, name: str, names: Sequence[IntegrationId]) -> None:
        from integration_tui.tui.screens.bulk_actions import do_with_many
        from integration_tui.tui.screens.integration_actions import ACTIONS

        await do_with_many(self, ACTIONS[name], names)

    def action_edit(self) -> None:
        """Show the configuration of the selected integration."""
        self.run_worker(self.app.run_action("go('configuration')"), exit_on_error=False)

    def action_new(self) -> None:
        """Ask for all that a new integration needs."""
        from integration_tui.tui.screens.config.new_integration import open_wizard

        open_wizard(self)

    # Details

    def _selected(self) -> Overview | None:
        wanted = self.selected_integration
        return next(
            (overview for overview in self.overviews if overview.integration.id == wanted), None
        )

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _show_details(self) -> None:
        pane = await self._details_pane()
        overview = self._selected()
        if overview is None:
            pane.show(Content.empty())
        elif self.has_class("-wide"):
            with self.reading():
                pane.show((await IntegrationDetails.read(self.services, overview)).content())

    async def _details_pane(self) -> StaticLines:
        """Return where details stand. The first frame does without it, but keeps its room."""
        if found := self.query("#details"):
            return found.first(StaticLines)
        pane, beside = StaticLines(id="details"), self.query_one(Horizontal)
        beside.remove_class("-waiting")  # before anything is waited for: this may be cut short
        await beside.mount(VerticalScroll(pane, can_focus=False))
        return pane

    @work(group="page", exclusive=True, exit_on_error=False)
    async def _open_details(self) -> None:
        from integration_tui.tui.widgets.dialogs import TextDialog

        overview = self._selected()
        if overview is not None:
            with self.showing_errors(), self.shared.expecting_dialog():
                details = await IntegrationDetails.read(self.services, overview)
                self.app.push_screen(TextDialog(overview.integration.id, details.content()))
