"""All integrations with how they stand, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from integration_tui.domain.events import (
    ConfigChanged,
    Event,
    FilesChanged,
    HealthChanged,
    MessagesChanged,
    RunChanged,
    StoreChanged,
)
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import toggle_enabled
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.integrations.keys import INTEGRATION_KEYS
from integration_tui.tui.screens.integrations.rows import IntegrationRows, columns
from integration_tui.tui.screens.list_screen import ListScreen
from integration_tui.tui.widgets.glyphs import FAILED, NO_DATA, OK, SLOW
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.roles import line
from integration_tui.tui.widgets.table.model import SortOrder
from integration_tui.tui.widgets.table.table import RowTable

if TYPE_CHECKING:
    from integration_tui.domain.problem_sentence import NeedsYou

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false


PATIENCE_S = 0.05
_ON_A_ROW: Final = frozenset(
    {"integration_action", "new_secret", "plan", "conflicts", "edit", "able", "sort", "narrow"}
)
_STRIP: Final = 3
"""The place of the column with the day."""
_AROUND: Final = 3
"""Rows of a pane besides those of its list: the frame and the titles."""
_EVENTS: Final = 30
_WAITING: Final = frozenset({"held", "planned", "paused", "failed", "interrupted"})
_LEGEND: Final = line(
    (OK, "ok"), (" ok  ", "muted"), (SLOW, "warn"), (" slow  ", "muted"),
    (FAILED, "bad"), (f" failed  {NO_DATA} no data", "muted"),
)  # fmt: skip


class IntegrationsScreen(ListScreen):
    """The first screen: what waits for a person, everything at a glance, one thing in depth."""

    title_text = "Integrations"
    LIST = "#integrations"
    AUTO_FOCUS = "#integrations"
    follows: ClassVar[tuple[type[Event], ...]] = (
        HealthChanged,
        ConfigChanged,
        RunChanged,
        FilesChanged,
        MessagesChanged,
    )
    CSS_PATH = "integrations.tcss"
    BINDINGS: ClassVar[list[BindingType]] = INTEGRATION_KEYS

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self._rows = IntegrationRows()
        self._needs: Sequence[NeedsYou] = ()
        self._are_syncs_old = True

    def body(self) -> ComposeResult:
        with Pane(title="Integrations", id="list"):
            yield RowTable(columns(0), id="integrations", empty="Opening the store…")

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
        await self._make_panes()
        await self._rows.read(self.services, self.overviews)
        if self._are_syncs_old:
            await self._rows.read_syncs(self.services)
            self._are_syncs_old = False
        self._needs = self._rows.problems.needs_you if self._rows.problems else ()
        self.shared.needs_you = self._needs
        self._show_rows()
        self._show_order()
        self._show_needs()
        self._show_details()
        await self._show_events()

    def on_mount(self) -> None:
        """Have the first frame show what was stored last; the header says that the store opens."""
        self.listed.arrange_rows(order=SortOrder(column=0))
        if not self.shared.services_ready and (seen := self.shared.last_seen(PATIENCE_S)):
            self.overviews = seen
            self._show_rows()
            self.show_headline()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_rows)

    async def _make_panes(self) -> None:
        """Make what the first frame does without."""
        if self.query("#needs"):
            return
        from integration_tui.tui.screens.integrations import needs_you
        from integration_tui.tui.screens.integrations.below import BelowList
        from integration_tui.tui.screens.integrations.empty_store import EmptyStore

        columns = needs_you.columns((), self.services.clock())
        waiting = RowTable(columns, id="waiting", has_head=False, is_quiet=True)
        needs = Pane(waiting, title="Needs you", id="needs")
        needs.display = False
        listed = self.query_one("#list", Pane)
        await self.mount(needs, before=listed)
        await self.mount(BelowList(), EmptyStore(self.shared.folder), after=listed)
        self.call_after_refresh(self.restore_panes)

    # Showing

    def action_sort(self, name: str) -> None:
        super().action_sort(name)
        self._show_order()

    @on(RowTable.Arranged)
    def _show_order(self) -> None:
        """Say in the lower edge how the list is sorted: a sign has no title to stand at."""
        by = self.sorted_by
        order = f"by {by.removeprefix('-')}{', reversed' if by.startswith('-') else ''}   "
        self.query_one("#list", Pane).hint(line((order if by else "", "muted"), _LEGEND))

    def _show_rows(self) -> None:
        self.set_class(not self.overviews and self.shared.services_ready, "-empty")
        table = self.listed
        width = table.scrollable_content_region.width
        rows = self._rows.rows(self.overviews, columns(width)[_STRIP].width)
        name, reason = self._rows.lengths
        table.use(columns(width, name=name, reason=reason))
        table.show(rows)
        pane = self.query_one("#list", Pane)
        pane.title("Integrations", f"{len(self.overviews):,}")
        pane.styles.max_height = max(len(self.overviews), 1) + _AROUND

    def _show_needs(self) -> None:
        from integration_tui.tui.screens.integrations import needs_you

        pane, table = self.query_one("#needs", Pane), self.query_one("#waiting", RowTable)
        now = self.services.clock()
        table.use(needs_you.columns(self._needs, now))
        table.show(needs_you.rows(self._needs, now))
        pane.display = bool(self._needs)
        pane.styles.height = min(len(self._needs), needs_you.MOST) + 2
        pane.title("Needs you", f"{len(self._needs):,}")
        pane.hint("worst first" if len(self._needs) > 1 else "")

    async def _show_events(self) -> None:
        from integration_tui.tui.screens.integrations.below import BelowList

        messages = await self.services.messages.messages(limit=_EVENTS)
        messages.sort(key=lambda message: message.at, reverse=True)
        self.query_one(BelowList).show_events(messages, self.services.clock())

    @property
    def selected_integration(self) -> IntegrationId | None:
        """Return that of the list with the focus: a key acts on what the cursor stands on."""
        if self.query("#waiting") and (table := self.query_one("#waiting", RowTable)).has_focus:
            key = (table.selected or "").partition(" ")[0]
        else:
            key = self.listed.selected or ""
        return IntegrationId(key) if key else None

    @on(RowTable.Highlighted)
    def _moved(self) -> None:
        if self.shared.services_ready and self.query("#below"):
            self._show_details()

    def on_descendant_focus(self) -> None:
        self._moved()

    @on(RowTable.Chosen)
    def _chosen(self) -> None:
        self._open_details()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer on an empty store what there is to do, and nothing else."""
        is_empty = self.shared.services_ready and not self.overviews
        if action == "try_demo":
            return is_empty
        if is_empty and action in _ON_A_ROW:
            return False
        return super().check_action(action, parameters)

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

    def action_try_demo(self) -> None:
        """Leave, and open the demo in this terminal."""
        self.run_worker(self.app.run_action("try_demo"), exit_on_error=False)

    def action_conflicts(self) -> None:
        """Show the conflicts of the selected integration."""
        self.shared.asked_for = self.selected_integration
        self.run_worker(self.app.run_action("go('sync')"), exit_on_error=False)

    def action_plan(self) -> None:
        """Plan a sync; where a plan waits already, show that."""
        row = self._rows.row_of(self.selected_integration)
        if not self.marked and row is not None and row.sync and row.sync.status in _WAITING:
            self.run_worker(self.app.run_action("go('sync')"), exit_on_error=False)
        else:
            self.action_integration_action("plan")

    def action_new(self) -> None:
        """Ask for all that a new integration needs."""
        from integration_tui.tui.screens.config.new_integration import open_wizard

        open_wizard(self)

    @work(group="act", exit_on_error=False)
    async def action_new_secret(self) -> None:
        """Store a new secret for the selected integration."""
        from integration_tui.tui.screens.integrations.new_secret import store_new_secret

        name = self.selected_integration
        if name is not None and self.shared.services_ready:
            with self.showing_errors():
                if done := await store_new_secret(self, name):
                    self.show_message(done)

    # Details

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _show_details(self) -> None:
        from integration_tui.tui.screens.integrations.below import BelowList
        from integration_tui.tui.screens.integrations.details import IntegrationDetails

        row = self._rows.row_of(self.selected_integration)
        with self.reading():
            details = None if row is None else await IntegrationDetails.read(self.services, row)
            for below in self.query(BelowList):
                below.show_details(details)

    @work(group="page", exclusive=True, exit_on_error=False)
    async def _open_details(self) -> None:
        from integration_tui.tui.screens.integrations.details import IntegrationDetails
        from integration_tui.tui.widgets.dialogs import TextDialog

        row = self._rows.row_of(self.selected_integration)
        if row is not None:
            with self.showing_errors(), self.shared.expecting_dialog():
                details = await IntegrationDetails.read(self.services, row)
                title = row.overview.integration.id
                self.app.push_screen(TextDialog(title, details.content()))
