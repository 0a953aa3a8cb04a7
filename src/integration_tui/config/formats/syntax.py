"""How a document is laid out: from which character to which each key and value is written.

The tree beside `tree`: that one has values and places for people, this one has what an edit needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from integration_tui.config.nodes import Json, Key
from integration_tui.domain.errors import ConfigError

BY_HAND: Final = "edit the document manually"


class NodeKind(StrEnum):
    """How a value is written."""

    SCALAR = "scalar"
    FLOW_SECTION = "{}"
    FLOW_LIST = "[]"
    BLOCK_SECTION = "section"
    BLOCK_LIST = "list"
    SHARED = "alias"


class NodeSpan(msgspec.Struct, frozen=True, kw_only=True):
    """One value: `text[start:end]`, without an anchor in front of it."""

    form: NodeKind
    start: int
    end: int
    entries: tuple[EntrySpan, ...] = ()

    @property
    def is_flow(self) -> bool:
        """Whether it stands in brackets."""
        return self.form in {NodeKind.FLOW_SECTION, NodeKind.FLOW_LIST}

    @property
    def is_block(self) -> bool:
        """Whether it has a line for each of its entries."""
        return self.form in {NodeKind.BLOCK_SECTION, NodeKind.BLOCK_LIST}

    def entry(self, key: Key) -> EntrySpan | None:
        """Return what is written for a key, or for a position in a list."""
        wanted = int(key) if self.is_list and str(key).isdecimal() else key
        return next((entry for entry in self.entries if entry.key == wanted), None)

    @property
    def is_list(self) -> bool:
        """Whether its entries have positions instead of keys."""
        return self.form in {NodeKind.FLOW_LIST, NodeKind.BLOCK_LIST}


class EntrySpan(msgspec.Struct, frozen=True, kw_only=True):
    """A key and its value, or one of a list: it begins at `start` and ends with the value.

    `behind` is the place behind its colon, equals sign or dash, where it has one.
    """

    key: Key
    start: int
    value: NodeSpan
    behind: int = 0

    @property
    def end(self) -> int:
        """The place behind its last character."""
        return self.value.end


def found(root: NodeSpan, path: Sequence[Key]) -> tuple[list[NodeSpan], list[EntrySpan]]:
    """Follow `path` as far as it is written; return the values from the root, and the entries."""
    layouts, entries = [root], list[EntrySpan]()
    for key in path:
        entry = layouts[-1].entry(key)
        if entry is None:
            break
        entries.append(entry)
        layouts.append(entry.value)
    return layouts, entries


def line_start(text: str, at: int) -> int:
    """Return where the line of a place begins."""
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Return where the line of a place ends, in front of its line break."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if end > at and text[end - 1] == "\r" else end


def next_line(text: str, at: int) -> int:
    """Return where the line behind the one of a place begins; the end where there is none."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def line_break(text: str) -> str:
    """Return how the document's lines end."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def without_lines(text: str, start: int, end: int) -> str:
    """Take out the lines from the one at `start` to the one at `end`.

    A document whose last line has no line break has none afterwards either.
    """
    start, after = line_start(text, start), next_line(text, end)
    if after == len(text) and not text.endswith("\n") and start > 0:
        return text[: line_end(text, line_start(text, start - 1))]
    return text[:start] + text[after:]


def with_lines(text: str, after: int, lines: Sequence[str]) -> str:
    """Put lines below the one at `after`, which stays as it is."""
    end, break_ = line_end(text, after), line_break(text)
    return text[:end] + "".join(f"{break_}{line}" for line in lines) + text[end:]


def impossible(path: Sequence[Key], why: str, *, advice: str = BY_HAND) -> ConfigError:
    """Return the error of an edit that would damage the document."""
    return ConfigError(f"{dotted(path)} cannot be changed here: {why}", advice=advice)


def dotted(path: Sequence[Key]) -> str:
    """Return a path as it is named to people."""
    return ".".join(map(str, path))


def nested(keys: Sequence[Key], value: Json) -> Json:
    """Return the sections of these keys, around a value."""
    for key in reversed(keys):
        value = {str(key): value}
    return value
