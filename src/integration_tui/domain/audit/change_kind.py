"""How a field changed, for what must not hold its value: the audit log cannot forget anything."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class FieldChange(StrEnum):
    """The kind of a change, which says nothing about the values."""

    SET = "set"
    CLEARED = "cleared"
    CHANGED = "changed"


def change_kinds(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, str]:
    """Return the kind of change of every field whose value is another one, by its name."""
    names = dict.fromkeys((*before, *after))
    return {
        name: change_kind(before.get(name), after.get(name)).value
        for name in names
        if before.get(name) != after.get(name)
    }


def change_kind(before: object, after: object) -> FieldChange:
    """Return the kind of change of a value that is another one now; nothing is `None` or empty."""
    if before in (None, ""):
        return FieldChange.SET
    return FieldChange.CLEARED if after in (None, "") else FieldChange.CHANGED
