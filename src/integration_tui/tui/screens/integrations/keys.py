"""The keys of Integrations: about the one with the cursor, the screen, and the list."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from integration_tui.tui.keymap import LIST_GROUP, ROW_GROUP

INTEGRATION_KEYS: Final[list[BindingType]] = [
    Binding(
        "ctrl+r",
        "new_secret",
        "New secret",
        id="integrations.secret",
        tooltip="Store a new secret",
        group=ROW_GROUP,
    ),
    Binding(
        "r",
        "integration_action('restart')",
        "Reconnect",
        id="integrations.restart",
        tooltip="Reconnect",
        group=ROW_GROUP,
    ),
    Binding(
        "t",
        "integration_action('test')",
        "Test",
        id="integrations.test",
        tooltip="Test the connection",
        group=ROW_GROUP,
    ),
    Binding(
        "c",
        "integration_action('check')",
        "Check",
        id="integrations.check",
        tooltip="Check now",
        group=ROW_GROUP,
    ),
    Binding("s", "integration_action('start')", "Start", id="integrations.start", group=ROW_GROUP),
    Binding(
        "x",
        "integration_action('stop')",
        "Stop…",
        id="integrations.stop",
        tooltip="Stop…",
        group=ROW_GROUP,
    ),
    Binding(
        "p",
        "plan",
        "Plan",
        id="integrations.plan",
        tooltip="Plan a sync, or review the plan",
        group=ROW_GROUP,
    ),
    Binding(
        "o",
        "conflicts",
        "Conflicts",
        id="integrations.conflicts",
        tooltip="Show conflicts",
        show=False,
        group=ROW_GROUP,
    ),
    Binding(
        "e",
        "edit",
        "Edit",
        id="integrations.edit",
        tooltip="Show the configuration",
        group=ROW_GROUP,
    ),
    Binding(
        "E",
        "able",
        "Enable/disable…",
        id="integrations.able",
        tooltip="Enable or disable…",
        show=False,
        group=ROW_GROUP,
    ),
    Binding("n", "new", "New", id="integrations.new", tooltip="Add a new integration"),
    Binding(
        "d",
        "try_demo",
        "Try the demo",
        id="integrations.demo",
        tooltip="Open a demo district in this terminal",
    ),
    Binding(
        "D",
        "integration_action('remove')",
        "Delete…",
        id="integrations.remove",
        tooltip="Delete…",
        show=False,
        group=ROW_GROUP,
    ),
    Binding(
        "S",
        "sort('status')",
        "Sort",
        id="integrations.sort-status",
        group=LIST_GROUP,
        tooltip="Sort by status, worst first",
    ),
    Binding("N", "sort('name')", "Sort by name", show=False, id="integrations.sort-name"),
    Binding("T", "sort('type')", "Sort by type", show=False, id="integrations.sort-type"),
    Binding("M", "sort('now')", "Sort by latency", show=False, id="integrations.sort-ms"),
    Binding("U", "sort('uptime')", "Sort by uptime", show=False, id="integrations.sort-uptime"),
    Binding("L", "sort('last')", "Sort by last sync", show=False, id="integrations.sort-sync"),
    Binding(
        "P",
        "sort('reason')",
        "Sort by reason, worst first",
        show=False,
        id="integrations.sort-problem",
    ),
]
