"""Edits of TOML by splicing, whether a section has a header, dotted keys or braces."""

from __future__ import annotations

from collections.abc import Sequence

from integration_tui.config import brackets
from integration_tui.config.layout import (
    Entry,
    Layout,
    dotted,
    found,
    impossible,
    line_break,
    line_end,
    line_start,
    nested,
    next_line,
    with_lines,
    without_lines,
)
from integration_tui.config.toml_layout import Statement, toml_layout
from integration_tui.config.toml_text import toml_key, toml_text
from integration_tui.config.tree import Json, Key


def replaced(text: str, path: Sequence[Key], value: Json) -> str:
    """Return the text with another value at a path that is written in it."""
    entry = _entry_of(toml_layout(text), path)
    if entry is None:  # it is written as tables
        return added(taken(text, path), path, value)
    layouts, _ = _written(entry, path)
    old = layouts[-1]
    new = toml_text(value, is_literal=text[old.start] == "'")
    return text[: old.start] + new + text[old.end :]


def added(text: str, path: Sequence[Key], value: Json) -> str:
    """Return the text with a value at a path that is not written in it, at its parent's end."""
    statements = toml_layout(text)
    entry = _entry_of(statements, path)
    if entry is not None:
        return _in_brackets(text, entry, path, value)
    at = max((_shared(one.path, path) for one in statements), default=0)
    parent, rest = tuple(path[:at]), path[at:]
    if isinstance(rest[0], int):
        return _as_table(text, statements, path[: at + 1], nested(rest[1:], value))
    own = [one for one in statements if one.value and one.table == parent]
    if len(rest) == 1 and (not parent or any(one.table == parent for one in statements)):
        return _in_table(text, statements, path, value)
    inside = [one for one in statements if one.value and one.is_in(parent)]
    if inside and not own and len(inside[-1].table) < at:
        last = inside[-1]
        line = f"{toml_key(path[len(last.table) :])} = {toml_text(value)}"
        return with_lines(text, last.end, [f"{_indent(text, last.start)}{line}"])
    return _below_header(text, statements, path, value)


def taken(text: str, path: Sequence[Key]) -> str:
    """Return the text without what is at a path."""
    statements = toml_layout(text)
    entry = _entry_of(statements, path)
    if entry is not None and entry.path != tuple(path):
        layouts, entries = _written(entry, path)
        return brackets.removed(text, layouts[-2], entries[-1])
    for one in reversed([one for one in statements if one.is_in(path)]):
        if one.value is None:
            text = _without_table(text, one, statements)
        elif one.table[: len(path)] != tuple(path):
            text = without_lines(text, one.start, one.end)
    return text


def _entry_of(statements: Sequence[Statement], path: Sequence[Key]) -> Statement | None:
    """Return the entry in whose value a path ends; `None` where it is written as tables."""
    return next(
        (one for one in statements if one.value and one.path == tuple(path[: len(one.path)])), None
    )


def _written(entry: Statement, path: Sequence[Key]) -> tuple[list[Layout], list[Entry]]:
    rest = path[len(entry.path) :]
    layouts, entries = found(entry.value, rest) if entry.value else ([], [])
    if len(entries) < len(rest) or not layouts:
        raise impossible(path, "it is written with dotted keys in braces")
    return layouts, entries


def _in_brackets(text: str, entry: Statement, path: Sequence[Key], value: Json) -> str:
    rest = path[len(entry.path) :]
    layouts, entries = found(entry.value, rest) if entry.value else ([], [])
    if not layouts or not layouts[-1].is_flow:
        raise impossible(path, f"{dotted(path[:-1])} is no section")
    rest = rest[len(entries) :]
    written = toml_text(nested(rest[1:], value))
    if not layouts[-1].is_list:
        written = f"{toml_key(rest[:1])} = {written}"
        if not layouts[-1].entries:
            written = f" {written} "
    return brackets.appended(text, layouts[-1], written)


def _in_table(text: str, statements: Sequence[Statement], path: Sequence[Key], value: Json) -> str:
    """Put an entry below the last one of its table, or below its header."""
    line = f"{toml_key(path[-1:])} = {toml_text(value)}"
    own = [one for one in statements if one.table == tuple(path[:-1])]
    if own:
        return with_lines(text, own[-1].end, [f"{_indent(text, own[-1].start)}{line}"])
    if not statements:
        if text and not text.endswith("\n"):
            return with_lines(text, len(text), [line])
        return f"{text}{line}{line_break(text)}"
    start = _above(text, line_start(text, statements[0].start))
    return f"{text[:start]}{line}{line_break(text)}{text[start:]}"


def _above(text: str, start: int) -> int:
    """Return where the comments of a header, and the blank line above them, begin."""
    while start:
        before = line_start(text, start - 1)
        line = text[before:start].strip()
        if line and not line.startswith("#"):
            return start
        start = before
        if not line:
            return start
    return start


def _below_header(
    text: str, statements: Sequence[Statement], path: Sequence[Key], value: Json
) -> str:
    """Put a table with one entry behind everything else of the nearest section there is."""
    at = max((_shared(one.path, path) for one in statements), default=0)
    entry = f"{toml_key(path[-1:])} = {toml_text(value)}"
    lines = ["", f"[{toml_key(_named(path[:-1]))}]", entry]
    return with_lines(text, _end_of(text, statements, path[:at]), lines)


def _as_table(text: str, statements: Sequence[Statement], path: Sequence[Key], value: Json) -> str:
    """Put one more table at the end of a list of tables."""
    if not isinstance(value, dict):
        raise impossible(path, f"{dotted(path[:-1])} is a list of tables")
    pairs = [f"{toml_key([key])} = {toml_text(child)}" for key, child in value.items()]
    lines = ["", f"[[{toml_key(_named(path[:-1]))}]]", *pairs]
    return with_lines(text, _end_of(text, statements, path[:-1]), lines)


def _named(path: Sequence[Key]) -> list[Key]:
    """Return the keys of a header, which names no positions."""
    return [key for key in path if isinstance(key, str)]


def _end_of(text: str, statements: Sequence[Statement], path: Sequence[Key]) -> int:
    """Return the end of the last line that belongs to a section, its comments included."""
    end = max((one.end for one in statements if one.is_in(path)), default=len(text))
    while (start := next_line(text, end)) < len(text):
        line = text[start : line_end(text, start)]
        if not line.lstrip(" \t").startswith("#"):
            break
        end = start + len(line)
    return end


def _without_table(text: str, header: Statement, statements: Sequence[Statement]) -> str:
    """Take out a header with its entries, and one blank line in front of it."""
    end = max(
        one.end for one in statements if one.table == header.table and one.start >= header.start
    )
    start = line_start(text, header.start)
    before = line_start(text, start - 1) if start else start
    return without_lines(text, start if text[before:start].strip() else before, end)


def _shared(one: Sequence[Key], path: Sequence[Key]) -> int:
    """Return how many keys in front of the last of `path` are those of the other."""
    count = 0
    while count < min(len(one), len(path) - 1) and one[count] == path[count]:
        count += 1
    return count


def _indent(text: str, at: int) -> str:
    return text[line_start(text, at) : at]
