"""The screens: their keys, their names, and where each is made. The order is that of the bar."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec
from textual.binding import Binding

from integration_tui.tui.screens.base import ConsoleScreen

if TYPE_CHECKING:
    from integration_tui.tui.screens.context import ScreenContext


class ScreenEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One screen. Its module is imported at its first visit."""

    key: str
    mode: str
    title: str
    module: str
    screen: str

    @property
    def binding(self) -> Binding:
        """The key that leads there."""
        return Binding(self.key, f"go('{self.mode}')", self.title, show=False, id=f"go.{self.mode}")

    def maker(self, shared: ScreenContext) -> Callable[[], ConsoleScreen]:
        """Return what makes the screen."""

        def make() -> ConsoleScreen:
            made = getattr(import_module(f"integration_tui.tui.screens.{self.module}"), self.screen)
            screen = made(shared)
            if not isinstance(screen, ConsoleScreen):
                raise TypeError(f"{self.screen} is no screen")
            shared.made[self.mode] = screen
            return screen

        return make


def _entry(key: str, title: str, module: str, screen: str) -> ScreenEntry:
    return ScreenEntry(
        key=key,
        mode=title.lower(),
        title=title,
        module=module,
        screen=screen,
    )


SCREENS = (
    _entry("1", "Integrations", "integrations.screen", "IntegrationsScreen"),
    _entry("2", "Health", "health.screen", "HealthScreen"),
    _entry("3", "Configuration", "config.screen", "ConfigScreen"),
    _entry("4", "Sync", "sync.screen", "SyncScreen"),
    _entry("5", "Roster", "roster.screen", "RosterScreen"),
    _entry("6", "Webhooks", "webhooks.screen", "WebhooksScreen"),
    _entry("7", "Audit", "audit.screen", "AuditScreen"),
    _entry("8", "Messages", "messages.screen", "MessagesScreen"),
    _entry("9", "Diagnostics", "diagnostics.screen", "DiagnosticsScreen"),
)
