"""How commands speak: data on standard output, narration on standard error.

In columns, or in single lines for screen readers and pipes. The only module that prints. Text from
outside is made visible first; JSON escapes it itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Literal, TypeGuard

from integration_tui.domain.text import cell_width, visible, visible_lines


class ExitCode(IntEnum):
    """What a command says to the shell."""

    FINE = 0
    TROUBLE = 1
    BAD_INPUT = 2


class _Manner:
    """How this call of the program speaks, and what it said last: records stand apart."""

    is_linear = False
    last: Literal["nothing", "line", "record"] = "nothing"


def speak(*, linear: bool) -> None:
    """Speak in single lines from now on, or in columns: see docs/accessibility.md."""
    _Manner.is_linear, _Manner.last = linear, "nothing"


def draws() -> bool:
    """Whether progress may be drawn again and again in one place."""
    return sys.stderr.isatty() and not _Manner.is_linear


def data(text: str) -> None:
    """Print text that may have several lines."""
    _print(visible_lines(text))


def as_json(value: object) -> None:
    """Print one JSON document, in ASCII so that no terminal can be steered by it."""
    import json  # here, since the console is opened without it

    print(json.dumps(_plain(value), indent=2, default=_plain))


def as_json_line(value: object) -> None:
    """Print one JSON document on one line."""
    import json

    print(json.dumps(_plain(value), default=_plain), flush=True)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows below their headers, in columns as wide as they need to be."""
    cells = [[_cell(value) for value in row] for row in rows]
    if _Manner.is_linear:
        _records(headers, cells)
        return
    widths = [max(map(cell_width, column)) for column in zip(headers, *cells, strict=True)]
    for row in ([header.upper() for header in headers], *cells):
        padded = (
            text + " " * (width - cell_width(text)) for text, width in zip(row, widths, strict=True)
        )
        _print("  ".join(padded).rstrip())


def heading(headers: Sequence[str], template: str) -> None:
    """Print what stands above rows that come one by one."""
    if not _Manner.is_linear:
        _print(template.format(*(header.upper() for header in headers)).rstrip())


def row(headers: Sequence[str], values: Sequence[object], template: str) -> None:
    """Print one row of a table whose other rows are not known yet."""
    cells = [_cell(value) for value in values]
    if _Manner.is_linear:
        _record(headers, cells)
    else:
        _print(template.format(*cells).rstrip())


def line(*cells: object) -> None:
    """Print one line of cells, as they come."""
    texts = [_cell(cell) for cell in cells]
    if _Manner.is_linear:
        texts = [text.strip() for text in texts if text.strip()]
    _print((", " if _Manner.is_linear else "  ").join(texts))


def fact(label: str, *values: object, width: int = 11, indent: int = 0) -> None:
    """Print one line of a label and what is to be said of it, which no cell would hold."""
    texts = [_cell(value, limit=2000) for value in values]
    if _Manner.is_linear:
        _print(f"{label}: {', '.join(texts)}")
    else:
        _print("  ".join((" " * indent + visible(label).ljust(width), *texts)))


def changed(before: object, after: object) -> str:
    """Return how something changed."""
    return f"was {before}, now {after}" if _Manner.is_linear else f"{before} -> {after}"


def note(text: object) -> None:
    """Say something that is not data."""
    with suppress(OSError):  # nobody hears it, and there is nowhere else to say so
        print(visible(text, limit=2000), file=sys.stderr, flush=True)


def _print(text: str) -> None:
    if _Manner.last == "record" and _Manner.is_linear:
        print()
    _Manner.last = "line"
    print(text, flush=True)


def _records(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for row in rows:
        _record(headers, row)
    if not rows:
        note("none")  # silence would leave a listener waiting


def _record(headers: Sequence[str], cells: Sequence[str]) -> None:
    """Print one fact a line, and an empty line before it where something stands there."""
    if _Manner.last != "nothing":
        print()
    _Manner.last = "record"
    for header, text in zip(headers, cells, strict=True):
        said = "none" if text in ("", "-") else text.strip()
        if header:
            print(f"{visible(header)}: {said}", flush=True)
        elif text:
            print(said, flush=True)


def _cell(value: object, *, limit: int = 120) -> str:
    if value is None:
        return "none" if _Manner.is_linear else "-"
    if isinstance(value, float):
        return f"{value:.0f}"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    # Nothing is cut where there are no columns to keep.
    return visible(value, limit=2000 if _Manner.is_linear else limit)


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
        items = [_plain(item) for item in value]
        return sorted(items, key=str) if isinstance(value, frozenset | set) else items
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
