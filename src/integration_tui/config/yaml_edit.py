"""Edits of YAML by splicing: what is not the value that changes stays to the byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from integration_tui.config import brackets
from integration_tui.config.layout import (
    Entry,
    Form,
    Layout,
    dotted,
    found,
    impossible,
    line_start,
    nested,
    next_line,
    with_lines,
    without_lines,
)
from integration_tui.config.tree import Json, Key
from integration_tui.config.yaml_layout import yaml_layout
from integration_tui.config.yaml_reader import read_yaml
from integration_tui.config.yaml_text import Quotes, needs_quotes, yaml_key, yaml_text

_STEP: Final = 2
_HEADER: Final = re.compile(r"[|>][-+0-9]*([ \t]+#[^\r\n]*)")
"""In front of a text of several lines, where a comment may stand."""
_WRITE_OUT: Final = "write it out there instead of *, then set it"


def replaced(text: str, path: Sequence[Key], value: Json) -> str:
    """Return the text with another value at a path that is written in it."""
    if _is_inherited(text, path):
        return added(text, path, value)  # what stands in the section itself comes first
    layouts, entries = _written(text, path)
    old, in_flow = layouts[-1], any(one.is_flow for one in layouts[:-1])
    if old.is_block:
        return _on_one_line(text, layouts[-2], entries[-1], value)
    quotes = _quotes_of(text[old.start : old.end], in_flow=in_flow)
    new = yaml_text(value, in_flow=in_flow, quotes=quotes)
    before, after = text[: old.start], text[old.end :]
    if old.start < old.end:
        header = _HEADER.match(text, old.start)
        return f"{before}{new}{header[1] if header else ''}{after}"
    if in_flow and not before.rstrip(" ").endswith(":"):
        return f"{before}: {new}{after}"
    return f"{before}{'' if before.endswith(' ') else ' '}{new}{after}"


def added(text: str, path: Sequence[Key], value: Json) -> str:
    """Return the text with a value at a path that is not written in it, at its parent's end."""
    layouts, entries = found(yaml_layout(text), path)
    parent, at = layouts[-1], len(entries)
    if parent.form is Form.SHARED:
        raise impossible(path, f"{dotted(path[:at])} is an alias", advice=_WRITE_OUT)
    if parent.is_flow:
        return brackets.appended(text, parent, _in_flow(parent, path[at:], value))
    if not parent.is_block:
        return _below_nothing(text, path, layouts, entries, value)
    column, step = _column(text, parent), _step(text, layouts[0])
    lines = _item if parent.is_list else _lines
    return with_lines(text, parent.end, lines(path[at:], value, column, step))


def taken(text: str, path: Sequence[Key]) -> str:
    """Return the text without the key, or the position of a list, at a path."""
    layouts, entries = _written(text, path)
    parent, entry = layouts[-2], entries[-1]
    if parent.is_flow:
        return brackets.removed(text, parent, entry)
    start = _start(text, parent, entry)
    if not text[line_start(text, start) : start].strip():
        return without_lines(text, start, entry.end)
    at = parent.entries.index(entry) + 1
    if at == len(parent.entries):
        raise impossible(path, "it is all that an entry of a list holds")
    # It stands behind a dash: the next one moves up to it.
    return text[:start] + text[_start(text, parent, parent.entries[at]) :]


def _written(text: str, path: Sequence[Key]) -> tuple[list[Layout], list[Entry]]:
    layouts, entries = found(yaml_layout(text), path)
    if len(entries) == len(path):
        return layouts, entries
    if layouts[-1].form is Form.SHARED:
        where = dotted(path[: len(entries)])
        raise impossible(path, f"{where} is an alias (*) of another place", advice=_WRITE_OUT)
    raise impossible(path, "it comes from another section by a merge key (<<)")


def _is_inherited(text: str, path: Sequence[Key]) -> bool:
    """Say whether a key is written in another section, which its own takes over by a merge key."""
    layouts, entries = found(yaml_layout(text), path)
    sections = {Form.BLOCK_SECTION, Form.FLOW_SECTION}
    return len(entries) == len(path) - 1 and layouts[-1].form in sections


def _quotes_of(written: str, *, in_flow: bool) -> Quotes:
    if written[:1] not in {"'", '"'}:
        return Quotes()
    value = read_yaml(f"a: {written}").value
    text = value["a"].value if isinstance(value, dict) else ""
    return Quotes(
        sign=written[0], chosen=isinstance(text, str) and not needs_quotes(text, in_flow=in_flow)
    )


def _on_one_line(text: str, parent: Layout, entry: Entry, value: Json) -> str:
    """Write a value in the place of one that has lines of its own."""
    block, new = entry.value, yaml_text(value)
    start = line_start(text, block.start)
    if text[start : block.start].strip():  # it begins behind a list's dash
        return f"{text[: block.start]}{new}{text[block.end :]}"
    behind = entry.behind or _start(text, parent, entry) + 1
    below = text[:start] + text[next_line(text, block.end) :]
    return f"{below[:behind]} {new}{below[behind:]}"


def _in_flow(parent: Layout, rest: Sequence[Key], value: Json) -> str:
    new = yaml_text(nested(rest[1:], value), in_flow=True)
    return new if parent.is_list else f"{yaml_key(str(rest[0]), in_flow=True)}: {new}"


def _lines(rest: Sequence[Key], value: Json, column: int, step: int) -> list[str]:
    """Return the lines of a key with all that is below it."""
    key = f"{' ' * column}{yaml_key(str(rest[0]))}:"
    if len(rest) > 1:
        return [key, *_lines(rest[1:], value, column + step, step)]
    return [f"{key} {yaml_text(value)}"]


def _item(rest: Sequence[Key], value: Json, column: int, _step: int) -> list[str]:
    """Return the lines of a list's entry, one for each of its keys."""
    value, dash = nested(rest[1:], value), f"{' ' * column}- "
    if not isinstance(value, dict) or not value:
        return [f"{dash}{yaml_text(value)}"]
    pairs = [f"{yaml_key(key)}: {yaml_text(child)}" for key, child in value.items()]
    return [f"{' ' * len(dash) if at else dash}{pair}" for at, pair in enumerate(pairs)]


def _below_nothing(
    text: str, path: Sequence[Key], layouts: list[Layout], entries: list[Entry], value: Json
) -> str:
    """Put a section's first key below the line of its own key."""
    entry, at = entries[-1], len(entries)
    is_empty = entry.value.start == entry.value.end
    if not is_empty or layouts[-2].form is not Form.BLOCK_SECTION:
        return replaced(text, path[:at], nested(path[at:], value))
    column, step = _column(text, layouts[-2]), _step(text, layouts[0])
    return with_lines(text, entry.end, _lines(path[at:], value, column + step, step))


def _column(text: str, block: Layout) -> int:
    start = _start(text, block, block.entries[0])
    return start - line_start(text, start)


def _start(text: str, block: Layout, entry: Entry) -> int:
    """Return where an entry begins; in a list, its dash."""
    if not block.is_list or entry is block.entries[0]:
        return block.start if block.is_list else entry.start
    column, line = block.start - line_start(text, block.start), line_start(text, entry.start)
    while text[line : line + column + 1].strip() != "-":  # comments may stand behind the dash
        line = line_start(text, line - 1)
    return line + column


def _step(text: str, root: Layout) -> int:
    """Return by how much the document indents; two where nothing is."""
    for entry in root.entries:
        if entry.value.form is Form.BLOCK_SECTION:
            return _column(text, entry.value)
    return _STEP
