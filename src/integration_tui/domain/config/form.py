"""A config as a form: one field for each value that its model knows."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class FieldKind(StrEnum):
    """How a value is entered."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    SECRET = "secret"  # noqa: S105 - a kind of field
    LIST = "list"
    MAPPING = "mapping"


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """One value as a person would type it, and what may be typed.

    `text` is empty where nothing is set, and `default` is what holds then. Lists are written
    with commas between, mappings as key=value with commas between, sections in lists as
    {key: value}, switches as true or false. `section` is the dotted path of what it stands in,
    empty for the top; `minimum` and `maximum` are numbers, or empty. `label` and `heading` are
    what people call the field and its section.
    """

    path: tuple[str, ...]
    kind: FieldKind
    description: str = ""
    text: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()
    is_required: bool = False
    is_set: bool = False
    minimum: str = ""
    maximum: str = ""
    section: str = ""
    label: str = ""
    heading: str = ""


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What may stand at a place of a document; it replaces all from `start_column`, from 1."""

    text: str
    description: str
    start_column: int
