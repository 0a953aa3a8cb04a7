"""How commands speak: data on standard output, narration on standard error.

The only module that prints. Text from outside is made visible first; JSON escapes it itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import TypeGuard

from integration_tui.domain.text import visible, visible_lines


class ExitCode(IntEnum):
    """What a command says to the shell."""

    FINE = 0
    TROUBLE = 1
    BAD_INPUT = 2


def data(text: str) -> None:
    """Print text that may have several lines."""
    print(visible_lines(text), flush=True)


def as_json(value: object) -> None:
    """Print one JSON document, in ASCII so that no terminal can be steered by it."""
    print(json.dumps(_plain(value), indent=2, default=_plain))


def as_json_line(value: object) -> None:
    """Print one JSON document on one line."""
    print(json.dumps(_plain(value), default=_plain), flush=True)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows below their headers, in columns as wide as they need to be."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headers, *cells, strict=True)]
    for row in ([header.upper() for header in headers], *cells):
        padded = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        print("  ".join(padded).rstrip(), flush=True)


def line(*cells: object) -> None:
    """Print one line of cells, as they come."""
    print("  ".join(map(_cell, cells)), flush=True)


def fact(label: str, sentence: object) -> None:
    """Print one line of a label and a whole sentence, which no cell would hold."""
    print(f"{label.ljust(11)}  {visible(sentence, limit=2000)}", flush=True)


def note(text: object) -> None:
    """Say something that is not data."""
    print(visible(text, limit=2000), file=sys.stderr)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.0f}"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return visible(value, limit=120)


def _plain(value: object) -> object:
    names = _fields(value)
    if names:
        return {name: _plain(getattr(value, name)) for name in names}
    if _is_mapping(value):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if _is_many(value):
        return [_plain(item) for item in value]
    return value


def _fields(value: object) -> tuple[str, ...]:
    """Return the names of a value's fields: of a dataclass, or of one of msgspec's structs."""
    if is_dataclass(value) and not isinstance(value, type):
        return tuple(field.name for field in fields(value))
    return getattr(type(value), "__struct_fields__", ())  # its library is not imported for this


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_many(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, list | tuple | frozenset | set)
