"""Values as converters from XML leave them: objects for lists of one, and texts within objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeGuard

INNER: Final = ("#text", "$", "_", "value", "content")
"""Where the text of an element is put that has attributes."""
_NIL: Final = frozenset({"@nil", "@xsi:nil", "xsi:nil", "@i:nil", "nil"})


def listed(value: object) -> Sequence[object]:
    """Return the values of a list, or of what a converter from XML makes of one."""
    if value is None or value == "" or is_nil(value):
        return ()
    if is_list(value):
        return value
    if is_object(value) and len(value) == 1:
        ((name, inner),) = value.items()
        if name not in {"sourcedId", "id", "href", *INNER} and not isinstance(inner, str):
            return listed(inner)
    return (value,)


def is_nil(value: object) -> bool:
    """Return whether an element says that it has no value."""
    return is_object(value) and not _NIL.isdisjoint(value) and len(value) <= len(_NIL)


def is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    """Return whether a value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Return whether a value is a list."""
    return isinstance(value, list)
