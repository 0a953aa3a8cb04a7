"""The keys of the Roster."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from integration_tui.tui.keymap import LIST_GROUP, ROW_GROUP

ROSTER_KEYS: Final[list[BindingType]] = [
    Binding(
        "e",
        "edit",
        "Edit…",
        id="roster.edit",
        tooltip="Edit a field of the record, with a reason",
        group=ROW_GROUP,
    ),
    Binding(
        "p",
        "pin",
        "Pin",
        id="roster.pin",
        tooltip="Protect the record from deactivation, or unpin it",
        group=ROW_GROUP,
    ),
    Binding(
        "m",
        "fields",
        "All fields",
        id="roster.fields",
        tooltip="Show all fields of the record, to read and edit",
        group=ROW_GROUP,
    ),
    Binding(
        "o",
        "settle('ours')",
        "Keep local",
        id="roster.local",
        tooltip="Keep the local value of the open conflict",
    ),
    Binding(
        "t",
        "settle('theirs')",
        "Take source",
        id="roster.source",
        tooltip="Take the value of the source for the open conflict",
    ),
    Binding(
        "slash",
        "search",
        "Search",
        id="roster.search",
        tooltip="Search by the start of a name, an email address or an ID",
        group=LIST_GROUP,
    ),
    Binding(
        "right",
        "turn(1)",
        "Next list",
        id="roster.next",
        tooltip="Show the next collection",
        group=LIST_GROUP,
    ),
    Binding(
        "left",
        "turn(-1)",
        "Previous list",
        show=False,
        id="roster.before",
        tooltip="Show the previous collection",
    ),
    Binding(
        "c",
        "conflicts",
        "Conflicts",
        id="roster.conflicts",
        tooltip="Show only records with an open conflict, or all",
        group=LIST_GROUP,
    ),
    Binding(
        "i",
        "inactive",
        "Active/inactive",
        id="roster.inactive",
        tooltip="Show active records, inactive ones, all",
        group=LIST_GROUP,
    ),
    Binding(
        "escape",
        "back",
        "Back",
        show=False,
        id="roster.back",
        tooltip="Clear the search, the filters, then the opened list",
    ),
]
