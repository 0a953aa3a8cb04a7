"""Webhooks, as each system lists its own."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.events import ConfigChanged, Event
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.redaction import scrub
from integration_tui.domain.value import replace
from integration_tui.domain.webhook import Subscription, SubscriptionRecord
from integration_tui.tui.keymap import ROW_GROUP
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.list_screen import ListScreen
from integration_tui.tui.screens.webhooks.rows import (
    COLUMNS,
    SubscriptionListing,
    details,
    rows_of,
    without,
)
from integration_tui.tui.screens.webhooks.subscribe_dialog import SubscribeDialog, SubscriptionForm
from integration_tui.tui.widgets.dialogs import ConfirmByName, TextDialog
from integration_tui.tui.widgets.formats import zone
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.roles import line
from integration_tui.tui.widgets.static_text import StaticLines
from integration_tui.tui.widgets.table.table import RowTable

_AT_ONCE = 8
"""So many systems are asked at the same time; the others wait for their turn."""
_NO_INTEGRATIONS = "No integrations yet. n on screen 1 adds one."
_FRESH_S = 300.0
"""An answer that is older is asked for again at the next visit."""


class WebhooksScreen(ListScreen):
    """Each system is asked by a worker of its own: a slow one holds nobody up."""

    title_text = "Webhooks"
    follows: ClassVar[tuple[type[Event], ...]] = (ConfigChanged,)
    CSS_PATH = "webhooks.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "ask", "Refresh", id="webhooks.ask", group=ROW_GROUP),
        Binding("D", "unsubscribe", "Delete…", id="webhooks.unsubscribe", group=ROW_GROUP),
        Binding("n", "subscribe", "New webhook…", id="webhooks.subscribe"),
        Binding("R", "ask_all", "Refresh all", show=False, id="webhooks.ask-all"),
    ]

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self._answers: dict[IntegrationId, SubscriptionListing] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)

    def body(self) -> ComposeResult:
        with Container(id="sides"):
            with Pane(title="Webhooks", id="subscriptions"):
                yield RowTable(COLUMNS, empty="Reading…")
                yield StaticLines(id="without")
            with Pane(title="Details", edge="left", id="beside"), VerticalScroll():
                yield StaticLines(id="details")

    async def reload(self) -> None:
        """Look which integrations there are, and ask those that were not asked lately."""
        systems = await self.services.webhooks.systems()
        known = self._answers
        self._answers = {
            system.integration_id: replace(
                known.get(system.integration_id, SubscriptionListing(system=system)), system=system
            )
            for system in systems
        }
        self._show()
        for answer in self._capable():
            if not answer.system.caution and self._is_due(answer):
                self._ask(answer.system.integration_id)

    def _capable(self) -> Sequence[SubscriptionListing]:
        return [answer for answer in self._answers.values() if not answer.system.obstacle]

    def _is_due(self, answer: SubscriptionListing) -> bool:
        is_new = answer.subscriptions is None and not answer.problem
        return is_new or asyncio.get_running_loop().time() - answer.at_s > _FRESH_S

    def _ask(self, name: IntegrationId) -> None:
        if not self._answers[name].is_asked:
            self._put(name, replace(self._answers[name], is_asked=True))
            self._listen(name)

    @work(group="ask", exit_on_error=False)
    async def _listen(self, name: IntegrationId) -> None:
        hooks: tuple[SubscriptionRecord, ...] | None = None
        problem = "Internal error."
        try:
            async with self._turns:
                hooks, problem = tuple(await self.services.webhooks.subscription_records(name)), ""
        except ConsoleError as error:
            problem = str(error)
        finally:
            if self.is_mounted and name in self._answers:
                at_s = asyncio.get_running_loop().time()
                system = self._answers[name].system
                self._put(
                    name,
                    SubscriptionListing(
                        system=system, subscriptions=hooks, problem=problem, at_s=at_s
                    ),
                )

    def _put(self, name: IntegrationId, answer: SubscriptionListing) -> None:
        self._answers[name] = answer
        self._show()

    # Showing

    def _show(self) -> None:
        table = self.query_one(RowTable)
        has_none = "No integration here supports webhooks." if self._answers else _NO_INTEGRATIONS
        table.show_empty(has_none)
        now = self.services.clock()
        table.show([row for answer in self._capable() for row in rows_of(answer, now)])
        count = sum(len(answer.subscriptions or ()) for answer in self._answers.values())
        pane = self.query_one("#subscriptions", Pane)
        pane.title("Webhooks", f"{count:,}")
        pane.hint(line((f"times {zone(now)}", "muted")))
        self.query_one("#without", StaticLines).show(without(list(self._answers.values())))
        self._show_details()

    def _show_details(self) -> None:
        self.query_one("#details", StaticLines).show(self._details())
        self.refresh_bindings()

    def _details(self) -> Content:
        answer, hook = self._selected
        return details(answer, hook) if answer else Content.empty()

    @property
    def _selected(self) -> tuple[SubscriptionListing | None, SubscriptionRecord | None]:
        key = self.query_one(RowTable).selected or ""
        for answer in self._answers.values():
            if key == answer.system.integration_id:
                return answer, None
            for hook_key, hook in answer.keyed_subscriptions:
                if hook_key == key:
                    return answer, hook
        return None, None

    @property
    def selected_integration(self) -> IntegrationId | None:
        answer, _ = self._selected
        return answer.system.integration_id if answer else None

    def show_integration(self, integration_id: IntegrationId) -> None:
        """Put the cursor on its first subscription, or on what is said instead."""
        if integration_id in self._answers:
            for row in rows_of(self._answers[integration_id], self.services.clock()):
                self.query_one(RowTable).select(row.key)
                return

    @on(RowTable.Highlighted)
    def _moved(self) -> None:
        self._show_details()

    @on(RowTable.Chosen)
    def _chosen(self) -> None:
        answer, hook = self._selected
        if answer is not None:
            title = hook.subscription.id if hook else answer.system.integration_id
            self.app.push_screen(TextDialog(title, details(answer, hook)))

    # Acting

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what this actor may not do, and what there is nothing for."""
        if action not in {"subscribe", "unsubscribe", "ask"}:
            return super().check_action(action, parameters)
        if action != "ask" and self.shared.is_readonly:
            return False
        if not self.is_mounted:
            return False
        if action == "subscribe":
            return bool(self._capable())
        answer, hook = self._selected
        return hook is not None if action == "unsubscribe" else answer is not None

    def action_ask(self) -> None:
        """Ask the system of the selected row again."""
        if self.selected_integration:
            self._ask(self.selected_integration)

    def action_ask_all(self) -> None:
        """Ask every system again, those that are not asked by themselves left out."""
        for answer in self._capable():
            if not answer.system.caution:
                self._ask(answer.system.integration_id)

    @work(group="act", exit_on_error=False)
    async def action_subscribe(self) -> None:
        """Ask for the values of a new webhook, and create it."""
        systems = {
            str(subscription_listing.system.integration_id): subscription_listing.system
            for subscription_listing in self._capable()
        }
        selected = self.selected_integration or next(iter(systems), "")
        dialog = SubscribeDialog(systems, selected=selected)
        if not await self.app.push_screen_wait(dialog) or dialog.wish is None:
            return
        with self.showing_errors(f"Creating a webhook of {dialog.wish.integration_id}"):
            made = await self._subscribe(dialog.wish)
            kept = dialog.wish.keep
            where = f" Its secret: {kept}" if isinstance(kept, Path) else ""
            self.show_message(f"Created webhook {made.id}.{where}")
            self._ask(dialog.wish.integration_id)

    async def _subscribe(self, wish: SubscriptionForm) -> Subscription:
        return await self.services.webhooks.subscribe(
            wish.integration_id, wish.url, wish.event_types, keep=wish.keep, actor=self.actor
        )

    @work(group="act", exit_on_error=False)
    async def action_unsubscribe(self) -> None:
        """Remove the selected webhook, once its ID was typed."""
        answer, hook = self._selected
        if answer is None or hook is None:
            return
        name, one = answer.system.integration_id, hook.subscription
        text = (
            f"{name} stops sending events to {scrub(one.url)}."
            " A deleted webhook cannot be restored, only created again."
        )
        question = ConfirmByName(f"Delete webhook {one.id}?", text, name=one.id)
        if await self.app.push_screen_wait(question):
            with self.showing_errors(f"Removing {one.id}"):
                await self.services.webhooks.unsubscribe(name, one.id, actor=self.actor)
                self.show_message(f"Deleted webhook {one.id}.")
                self._ask(name)
