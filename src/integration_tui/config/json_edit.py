"""Edits of JSON by splicing: indentation, or that there is none, stays as it is."""

from __future__ import annotations

import json
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
    line_break,
    nested,
)
from integration_tui.config.tree import Json, Key

_WORD: Final = re.compile(r'[{}\[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}\[\],:"]+')
_COLON: Final = re.compile(r'":([ \t]*)')
_INDENTED: Final = re.compile(r'\A\s*\{[ \t]*\r?\n([ \t]+)"')


def replaced(text: str, path: Sequence[Key], value: Json) -> str:
    """Return the text with another value at a path that is written in it."""
    layouts, _ = found(_layout(text), path)
    old = layouts[-1]
    return text[: old.start] + _written(text, value) + text[old.end :]


def added(text: str, path: Sequence[Key], value: Json) -> str:
    """Return the text with a value at a path that is not written in it, at its parent's end."""
    layouts, entries = found(_layout(text), path)
    parent, rest = layouts[-1], path[len(entries) :]
    if not parent.is_flow:
        return replaced(text, path[: len(entries)], nested(rest, value))
    new = nested(rest[1:], value)
    depth = len(entries) + 1 if parent.entries and _is_tall(text, parent) else 0
    written = _written(text, new, depth)
    if not parent.is_list:
        written = f"{json.dumps(str(rest[0]), ensure_ascii=False)}:{_gap(text)}{written}"
    if not parent.entries and _INDENTED.match(text):
        return _first(text, parent, written, len(entries))
    return brackets.appended(text, parent, written, gap=_gap(text))


def taken(text: str, path: Sequence[Key]) -> str:
    """Return the text without the key, or the position of a list, at a path."""
    layouts, entries = found(_layout(text), path)
    if len(entries) < len(path):
        raise impossible(path, f"{dotted(path)} is not written there")
    return brackets.removed(text, layouts[-2], entries[-1])


def _layout(text: str) -> Layout:
    return _Scan(text).value()


class _Scan:
    def __init__(self, text: str) -> None:
        self._words = _WORD.finditer(text)
        self._next = next(self._words)

    def value(self) -> Layout:
        word = self._take()
        if word.group() == "{":
            return self._brackets(word.start(), Form.FLOW_SECTION, "}")
        if word.group() == "[":
            return self._brackets(word.start(), Form.FLOW_LIST, "]")
        return Layout(form=Form.SCALAR, start=word.start(), end=word.end())

    def _take(self) -> re.Match[str]:
        word = self._next
        self._next = next(self._words, word)
        return word

    def _brackets(self, start: int, form: Form, closing: str) -> Layout:
        entries: list[Entry] = []
        while self._next.group() != closing:
            entries.append(self._entry(len(entries), is_list=form is Form.FLOW_LIST))
            if self._next.group() == ",":
                self._take()
        return Layout(form=form, start=start, end=self._take().end(), entries=tuple(entries))

    def _entry(self, index: int, *, is_list: bool) -> Entry:
        start = self._next.start()
        if is_list:
            return Entry(key=index, start=start, value=self.value())
        key: Json = json.loads(self._take().group())
        behind = self._take().end()
        return Entry(key=str(key), start=start, behind=behind, value=self.value())


def _gap(text: str) -> str:
    """Return what the document has behind a colon."""
    match = _COLON.search(text)
    return match[1] if match else " "


def _is_tall(text: str, section: Layout) -> bool:
    return "\n" in text[section.start : section.entries[0].start]


def _written(text: str, value: Json, depth: int = 0) -> str:
    """Return a value as the document would have it; on several lines for a section of `depth`."""
    indented = _INDENTED.match(text)
    if not (depth and indented and isinstance(value, dict) and value):
        return json.dumps(
            value, ensure_ascii=False, separators=(f",{_gap(text)}", f":{_gap(text)}")
        )
    written = json.dumps(value, ensure_ascii=False, indent=indented[1])
    lines = written.split("\n")
    return f"{line_break(text)}{indented[1] * depth}".join(lines)


def _first(text: str, parent: Layout, written: str, depth: int) -> str:
    """Put an entry between brackets that hold nothing, on a line of its own."""
    indented = _INDENTED.match(text)
    step, break_ = indented[1] if indented else "", line_break(text)
    if parent.is_list:
        return brackets.appended(text, parent, written)
    lines = f"{break_}{step * (depth + 1)}{written}{break_}{step * depth}"
    return text[: parent.start + 1] + lines + text[parent.end - 1 :]
