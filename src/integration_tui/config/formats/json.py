"""JSON (RFC 8259) with positions: the standard library judges it, a scan of its words places it."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, Never

from integration_tui.config.formats import flow
from integration_tui.config.formats.syntax import (
    EntrySpan,
    NodeKind,
    NodeSpan,
    dotted,
    found,
    impossible,
    line_break,
    nested,
)
from integration_tui.config.nodes import MAX_DEPTH, Json, Key, Node, Scalar, refusal, too_deep
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.errors import ConfigError

_WORD: Final = re.compile(r'[{}\[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}\[\],:"]+')
_COLON: Final = re.compile(r'":([ \t]*)')
_INDENTED: Final = re.compile(r'\A\s*\{[ \t]*\r?\n([ \t]+)"')


def replace(text: str, path: Sequence[Key], value: Json) -> str:
    """Return the text with another value at a path that is written in it."""
    layouts, _ = found(_layout(text), path)
    old = layouts[-1]
    return text[: old.start] + _written(text, value) + text[old.end :]


def insert(text: str, path: Sequence[Key], value: Json) -> str:
    """Return the text with a value at a path that is not written in it, at its parent's end."""
    layouts, entries = found(_layout(text), path)
    parent, rest = layouts[-1], path[len(entries) :]
    if not parent.is_flow:
        return replace(text, path[: len(entries)], nested(rest, value))
    new = nested(rest[1:], value)
    depth = len(entries) + 1 if parent.entries and _is_tall(text, parent) else 0
    written = _written(text, new, depth)
    if not parent.is_list:
        written = f"{json.dumps(str(rest[0]), ensure_ascii=False)}:{_gap(text)}{written}"
    if not parent.entries and _INDENTED.match(text):
        return _first(text, parent, written, len(entries))
    return flow.appended(text, parent, written, gap=_gap(text))


def remove(text: str, path: Sequence[Key]) -> str:
    """Return the text without the key, or the position of a list, at a path."""
    layouts, entries = found(_layout(text), path)
    if len(entries) < len(path):
        raise impossible(path, f"{dotted(path)} is not written there")
    return flow.removed(text, layouts[-2], entries[-1])


def _layout(text: str) -> NodeSpan:
    return _EditScanner(text).value()


class _EditScanner:
    def __init__(self, text: str) -> None:
        self._words = _WORD.finditer(text)
        self._next = next(self._words)

    def value(self) -> NodeSpan:
        word = self._take()
        if word.group() == "{":
            return self._brackets(word.start(), NodeKind.FLOW_SECTION, "}")
        if word.group() == "[":
            return self._brackets(word.start(), NodeKind.FLOW_LIST, "]")
        return NodeSpan(form=NodeKind.SCALAR, start=word.start(), end=word.end())

    def _take(self) -> re.Match[str]:
        word = self._next
        self._next = next(self._words, word)
        return word

    def _brackets(self, start: int, form: NodeKind, closing: str) -> NodeSpan:
        entries: list[EntrySpan] = []
        while self._next.group() != closing:
            entries.append(self._entry(len(entries), is_list=form is NodeKind.FLOW_LIST))
            if self._next.group() == ",":
                self._take()
        return NodeSpan(form=form, start=start, end=self._take().end(), entries=tuple(entries))

    def _entry(self, index: int, *, is_list: bool) -> EntrySpan:
        start = self._next.start()
        if is_list:
            return EntrySpan(key=index, start=start, value=self.value())
        key: Json = json.loads(self._take().group())
        behind = self._take().end()
        return EntrySpan(key=str(key), start=start, behind=behind, value=self.value())


def _gap(text: str) -> str:
    """Return what the document has behind a colon."""
    match = _COLON.search(text)
    return match[1] if match else " "


def _is_tall(text: str, section: NodeSpan) -> bool:
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


def _first(text: str, parent: NodeSpan, written: str, depth: int) -> str:
    """Put an entry between flow that hold nothing, on a line of its own."""
    indented = _INDENTED.match(text)
    step, break_ = indented[1] if indented else "", line_break(text)
    if parent.is_list:
        return flow.appended(text, parent, written)
    lines = f"{break_}{step * (depth + 1)}{written}{break_}{step * depth}"
    return text[: parent.start + 1] + lines + text[parent.end - 1 :]


_NOT_FINITE: Final = re.compile(r"NaN|-?Infinity")
_LONG_NUMBER: Final = re.compile(r"-?[0-9]{4000,}")


class _NotFiniteError(ValueError):
    """JSON has neither NaN nor Infinity, but Python's reader takes them."""


def read_json(text: str) -> Node:
    """Return the document's tree. Raises `ConfigError` with the places of what is wrong."""
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        message = f"is not valid JSON here: {_SENTENCES.get(error.msg, 'not expected')}"
        problem = ConfigProblem(message=message, line=error.lineno, column=error.colno)
        raise refusal([problem]) from None
    except _NotFiniteError:
        raise _refused(text, _NOT_FINITE, "NaN and Infinity are not JSON") from None
    except ValueError:  # a number of more digits than Python reads
        raise _refused(text, _LONG_NUMBER, "is a number too large to be kept") from None
    except RecursionError:
        raise refusal([too_deep(1, 1)]) from None
    return _Reader(text).document()


_SENTENCES: Final = {
    "Expecting property name enclosed in double quotes": "a key in double quotes is expected",
    "Expecting ':' delimiter": "a colon is expected",
    "Expecting ',' delimiter": "a comma or a closing bracket is expected",
    "Expecting value": "a value is expected",
    "Extra data": "nothing more is expected",
    "Unterminated string starting at": "a text is not closed",
    "Invalid control character at": "a text holds a line break or control character",
    "Illegal trailing comma before end of object": "a comma stands before the closing }",
    "Illegal trailing comma before end of array": "a comma stands before the closing ]",
}


def _refused(text: str, what: re.Pattern[str], message: str) -> ConfigError:
    for match in _WORD.finditer(text):
        if what.fullmatch(match.group()):
            before = text[: match.start()]
            line, column = before.count("\n") + 1, match.start() - before.rfind("\n")
            return refusal([ConfigProblem(message=message, line=line, column=column)])
    return refusal([ConfigProblem(message=message)])


def _refuse_constant(_name: str) -> Never:
    raise _NotFiniteError


class _Reader:
    """Builds the tree from the words of a text that is known to be valid."""

    def __init__(self, text: str) -> None:
        self._words = _WORD.finditer(text)
        self._breaks = [0, *(match.end() for match in re.finditer("\n", text))]
        self._problems: list[ConfigProblem] = []
        self._word = ""
        self._place = (0, 0)

    def document(self) -> Node:
        self._advance()
        root = self._value(0)
        if self._problems:
            raise refusal(self._problems)
        return root

    def _advance(self) -> str:
        match = next(self._words)
        line = bisect_right(self._breaks, match.start())
        self._word = match.group()
        self._place = (line, match.start() - self._breaks[line - 1] + 1)
        return self._word

    def _value(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise refusal([too_deep(*self._place)])
        if self._word == "{":
            return self._object(depth)
        if self._word == "[":
            return self._array(depth)
        return Node(*self._place, _scalar(self._word))

    def _array(self, depth: int) -> Node:
        place, items = self._place, list[Node]()
        while self._word != "]":
            if self._advance() != "]":
                items.append(self._value(depth + 1))
                self._advance()
        return Node(*place, items)

    def _object(self, depth: int) -> Node:
        place, entries = self._place, dict[str, Node]()
        while self._word != "}":
            if self._advance() != "}":
                self._entry(entries, depth)
                self._advance()
        return Node(*place, entries)

    def _entry(self, entries: dict[str, Node], depth: int) -> None:
        key, (line, column) = str(_scalar(self._word)), self._place
        self._advance()
        self._advance()
        value = self._value(depth + 1)
        if key in entries:
            message = f"the same key stands in line {entries[key].line} already"
            self._problems.append(ConfigProblem(message=message, line=line, column=column))
        entries[key] = Node(line, column, value.value)


def _scalar(word: str) -> Scalar:
    value: Json = json.loads(word)
    return None if isinstance(value, dict | list) else value
