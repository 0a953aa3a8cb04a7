"""Edits inside brackets: JSON, YAML's flow style, TOML's arrays and inline tables.

A new entry is set apart as the one in front of it; comments stay with the line they are on.
"""

from __future__ import annotations

import re
from typing import Final

from integration_tui.config.formats.syntax import (
    EntrySpan,
    NodeSpan,
    line_break,
    line_end,
    line_start,
    next_line,
)

_COMMA: Final = re.compile(r"\s*,")
_REST_OF_LINE: Final = re.compile(r"[ \t]*,?[ \t]*(?:#[^\n]*)?(?=\r?\n|\Z)")
_GAP: Final = re.compile(r"\s*")


def appended(text: str, brackets: NodeSpan, written: str, *, gap: str = " ") -> str:
    """Put an entry, ready as `written`, behind the last one; `gap` stands behind a comma."""
    if not brackets.entries:
        return text[: brackets.start + 1] + written + text[brackets.start + 1 :]
    last = brackets.entries[-1]
    comma = _comma_behind(text, last)
    behind = comma or last.end
    at = _behind_comment(text, behind)
    lead = _lead(text, brackets, gap)
    if at != behind and "\n" not in lead:
        lead = f"{line_break(text)}{_indent(text, last.start)}"
    head = text[: last.end] + ("" if comma else ",") + text[last.end : at]
    return f"{head}{lead}{written}{',' if comma else ''}{text[at:]}"


def removed(text: str, brackets: NodeSpan, entry: EntrySpan) -> str:
    """Take an entry out, with its comma, and with its line where it has it alone."""
    if len(brackets.entries) == 1 and "#" not in text[brackets.start : brackets.end]:
        return text[: brackets.start + 1] + text[brackets.end - 1 :]
    at = brackets.entries.index(entry)
    is_last = at == len(brackets.entries) - 1
    comma = _comma_behind(text, entry)
    if _has_own_lines(text, entry):
        text = text[: line_start(text, entry.start)] + text[next_line(text, entry.end) :]
        return (
            _without_comma(text, brackets.entries[at - 1]) if is_last and at and not comma else text
        )
    if is_last and at:
        before = brackets.entries[at - 1]
        own = _comma_behind(text, before)
        start = before.end if "#" not in text[before.end : entry.start] else entry.start
        return text[:start] + text[entry.end :] if own else text
    end = comma or entry.end
    gap = _GAP.match(text, end)
    after = gap.end() if gap and at + 1 < len(brackets.entries) else end
    return text[: entry.start] + text[after:]


def _comma_behind(text: str, entry: EntrySpan) -> int:
    """Return the place behind an entry's comma, or 0 where it has none."""
    match = _COMMA.match(text, entry.end)
    return match.end() if match else 0


def _behind_comment(text: str, at: int) -> int:
    """Return the place behind a comment on the same line, or `at` where there is none."""
    end = line_end(text, at)
    return end if text[at:end].lstrip(" \t").startswith("#") else at


def _lead(text: str, brackets: NodeSpan, gap: str) -> str:
    """Return what stands in front of the last entry, behind the comma or bracket before it."""
    *others, last = brackets.entries
    between = text[others[-1].end if others else brackets.start + 1 : last.start]
    if others:
        between = between.partition(",")[2]
    if "\n" in between:
        return f"{line_break(text)}{_indent(text, last.start)}"
    return between if others and not between.strip() else gap


def _indent(text: str, at: int) -> str:
    line = text[line_start(text, at) : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _has_own_lines(text: str, entry: EntrySpan) -> bool:
    before = text[line_start(text, entry.start) : entry.start]
    return not before.strip() and bool(_REST_OF_LINE.match(text, entry.end))


def _without_comma(text: str, entry: EntrySpan) -> str:
    comma = _comma_behind(text, entry)
    return text[: comma - 1] + text[comma:] if comma else text
