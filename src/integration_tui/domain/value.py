"""Values: structs of msgspec, forty of which are made in the time of one slotted dataclass.

Those with a field that must not stand in the `repr`, such as a secret or a body, are dataclasses;
see docs/decisions/0030-values-are-structs.md.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from dataclasses import Field
    from dataclasses import replace as replace  # checks names and types of fields, of structs too
else:

    def replace(value, /, **changes):
        """Return a value with other fields: of a struct, or of one of the dataclasses left."""
        if isinstance(value, msgspec.Struct):
            return msgspec.structs.replace(value, **changes)
        import dataclasses

        return dataclasses.replace(value, **changes)


class _DataclassFields:
    """What the functions of `dataclasses` ask a value for; made when the first of them does."""

    def __get__(self, value: object, owner: type[msgspec.Struct]) -> dict[str, Field[object]]:
        return _dataclass_fields(owner)


class ContractValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value that the program and providers hand each other.

    `dataclasses.replace`, `fields`, `asdict` and `is_dataclass` take it, since plug-ins may call
    them. The fields have their names and types there, and no defaults.
    """

    __dataclass_fields__ = _DataclassFields()


@cache
def _dataclass_fields(owner: type[msgspec.Struct]) -> dict[str, Field[object]]:
    from dataclasses import fields, make_dataclass
    from inspect import get_annotations

    hints: dict[str, str] = {}
    for base in reversed(owner.__mro__):
        hints |= get_annotations(base)
    named = [(name, hints[name]) for name in owner.__struct_fields__]
    return {field.name: field for field in fields(make_dataclass(owner.__name__, named))}
