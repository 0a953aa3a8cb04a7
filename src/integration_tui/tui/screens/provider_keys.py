"""The keys of the providers screen, and what each of them means in a sentence."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

PROVIDER_KEYS: Final[list[BindingType]] = [
    Binding("s", "act('start')", "Start", id="providers.start"),
    Binding("x", "act('stop')", "Stop", id="providers.stop", tooltip="Stop, after asking"),
    Binding("r", "act('restart')", "Restart", id="providers.restart"),
    Binding("t", "act('test')", "Test", id="providers.test", tooltip="Test leg by leg"),
    Binding("c", "act('check')", "Check", id="providers.check", tooltip="Check now"),
    Binding(
        "p",
        "act('plan')",
        "Plan",
        id="providers.plan",
        tooltip="Plan a sync: read everything, and say what would change",
    ),
    Binding(
        "e", "edit", "Edit", id="providers.edit", tooltip="Go to its document, in Configuration"
    ),
    Binding("E", "able", "On/off", id="providers.able", tooltip="Enable or disable, with a reason"),
    Binding("n", "new", "New", id="providers.new", tooltip="Make a new integration"),
    Binding(
        "D",
        "act('remove')",
        "Remove",
        id="providers.remove",
        tooltip="Remove, after its name was typed",
    ),
    Binding("S", "sort('status')", "Sort by status", show=False, id="providers.sort-status"),
    Binding("N", "sort('name')", "Sort by name", show=False, id="providers.sort-name"),
    Binding("T", "sort('type')", "Sort by type", show=False, id="providers.sort-type"),
    Binding("M", "sort('ms')", "Sort by latency", show=False, id="providers.sort-ms"),
    Binding("U", "sort('uptime')", "Sort by uptime", show=False, id="providers.sort-uptime"),
    Binding("L", "sort('last')", "Sort by last sync", show=False, id="providers.sort-sync"),
    Binding("P", "sort('problem')", "Sort by problem", show=False, id="providers.sort-problem"),
]
