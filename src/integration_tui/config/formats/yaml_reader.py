"""YAML 1.2, built from the parser's events so that every value knows its place.

Only what JSON has: no tags, no dates, no objects; `no` and `2026-01-01` are texts. Messages are
our own, since the parser's repeat what is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Protocol

from integration_tui.config.nodes import (
    MAX_DEPTH,
    MAX_NODES,
    Node,
    Scalar,
    problem_at,
    refusal,
    too_deep,
)
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

_MAX_ALIASES: Final = 100
_MAX_DIGITS: Final = 4000
# The core schema of YAML 1.2, section 10.3.2. https://yaml.org/spec/1.2.2/#1032-tag-resolution
_NULL: Final = re.compile(r"(?:~|null|Null|NULL|)\Z")
_TRUE: Final = re.compile(r"(?:true|True|TRUE)\Z")
_FALSE: Final = re.compile(r"(?:false|False|FALSE)\Z")
_INTEGER: Final = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE: Final = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")

_SENTENCES: Final = (
    ("cannot start any token", "a value cannot begin with this character", "put it in quotes"),
    ("mapping values are not allowed", "a colon is not expected here", "put the value in quotes"),
    ("expected ',' or", "a list or section is not closed", "close it with ] or }"),
    ("unexpected end of stream", "a text in quotes is not closed", "add the closing quote"),
    ("escape", "a backslash sequence is not known", "use single quotes"),
    ("could not find expected ':'", "a key without a colon", "write key: value"),
    ("<block end>", "the indentation does not fit", "indent keys of one section alike"),
)


class _Mark(Protocol):
    line: int
    column: int


class _Event(Protocol):
    start_mark: _Mark


def read_yaml(text: str) -> Node:
    """Return the document's tree. Raises `ConfigError` with the places of what is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    parser = YAML(typ="safe", pure=True)
    try:
        events: Iterator[_Event] = parser.parse(text)  # pyright: ignore[reportUnknownMemberType] - not typed
        return _Builder(events).document()
    except MarkedYAMLError as error:
        raise refusal([_syntax(error)]) from None
    except YAMLError:
        raise refusal([_unreadable(text)]) from None
    except (ValueError, IndexError, AttributeError, TypeError, AssertionError):
        # The parser trips over some broken directives and escapes by such errors.
        raise refusal([ConfigProblem(message="is not valid YAML")]) from None


def _syntax(error: MarkedYAMLError) -> ConfigProblem:
    mark: _Mark | None = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", ""))
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    for sign, message, advice in _SENTENCES:
        if sign in problem:
            return ConfigProblem(message=message, line=line, column=column, advice=advice)
    return ConfigProblem(message="is not valid YAML here", line=line, column=column)


def _unreadable(text: str) -> ConfigProblem:
    readable = re.match(
        r"[\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*", text
    )
    before = text[: readable.end()] if readable else ""
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return ConfigProblem(message="holds a control character", line=line, column=column)


class _Builder:
    """Takes the events one by one; stops at the first bound that is passed."""

    def __init__(self, events: Iterator[_Event]) -> None:
        self._events = events
        self._anchors: dict[str, Node] = {}
        self._problems: list[ConfigProblem] = []
        self._aliases = 0
        self._nodes = 0

    def document(self) -> Node:
        self._expect("StreamStartEvent")
        event = next(self._events)
        if type(event).__name__ == "StreamEndEvent":
            raise refusal([ConfigProblem(message="is empty", advice="begin with name:")])
        root = self._node(next(self._events), 0)
        self._expect("DocumentEndEvent")
        event = next(self._events)
        if type(event).__name__ != "StreamEndEvent":
            self._problems.append(_at(event, "holds more than one document; keep one a file"))
        if self._problems:
            raise refusal(self._problems)
        return root

    def _expect(self, name: str) -> None:
        event = next(self._events)
        if type(event).__name__ != name:
            raise refusal([_at(event, "is not valid YAML here")])

    def _node(self, event: _Event, depth: int) -> Node:
        self._bound(event, depth)
        if type(event).__name__ == "AliasEvent":
            return self._alias(event)
        if getattr(event, "tag", None) not in {None, "!"}:
            self._problems.append(_at(event, "tags (!) are not used here", "put it in quotes"))
        node = self._plain_node(event, depth)
        anchor = getattr(event, "anchor", None)
        if isinstance(anchor, str):
            self._anchors[anchor] = node
        return node

    def _bound(self, event: _Event, depth: int) -> None:
        self._nodes += 1
        if depth > MAX_DEPTH:
            raise refusal([too_deep(*_position(event))])
        if self._nodes > MAX_NODES:
            raise refusal([_at(event, f"holds more than {MAX_NODES} values")])

    def _plain_node(self, event: _Event, depth: int) -> Node:
        match type(event).__name__:
            case "MappingStartEvent":
                return self._mapping(event, depth)
            case "SequenceStartEvent":
                return self._sequence(event, depth)
            case _:
                return self._scalar(event)

    def _alias(self, event: _Event) -> Node:
        self._aliases += 1
        if self._aliases > _MAX_ALIASES:
            raise refusal([_at(event, f"uses more than {_MAX_ALIASES} aliases")])
        node = self._anchors.get(str(getattr(event, "anchor", "")))
        if node is None:
            advice = "put a value that begins with * in quotes"
            self._problems.append(_at(event, "an alias (*) of an anchor that is not set", advice))
            return Node(*_position(event), None)
        return node

    def _sequence(self, start: _Event, depth: int) -> Node:
        items: list[Node] = []
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            items.append(self._node(event, depth + 1))
        return Node(*_position(start), items)

    def _mapping(self, start: _Event, depth: int) -> Node:
        entries: dict[str, Node] = {}
        inherited: dict[str, Node] = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if key.value == "<<" and getattr(event, "style", None) is None:
                inherited = self._inherited(value) | inherited
            else:
                self._add(entries, key, value)
        return Node(*_position(start), inherited | entries)

    def _add(self, entries: dict[str, Node], key: Node, value: Node) -> None:
        if not isinstance(key.value, str):
            advice = "put the key in quotes"
            self._problems.append(problem_at(key, "a key must be text", advice=advice))
        elif key.value in entries:
            first = entries[key.value].line
            self._problems.append(problem_at(key, f"the same key stands in line {first} already"))
        else:
            entries[key.value] = Node(key.line, key.column, value.value)

    def _inherited(self, value: Node) -> dict[str, Node]:
        """Read a merge key (<<). Of several sections the first wins."""
        sections = value.value if isinstance(value.value, list) else [value]
        inherited: dict[str, Node] = {}
        for section in reversed(sections):
            if isinstance(section.value, dict):
                inherited.update(section.value)
            else:
                self._problems.append(problem_at(value, "<< must name a section of keys"))
        return inherited

    def _scalar(self, event: _Event) -> Node:
        text = str(getattr(event, "value", ""))
        is_plain = getattr(event, "style", None) is None and getattr(event, "tag", None) is None
        try:
            value = _resolved(text) if is_plain else text
        except ConfigError as error:
            self._problems.append(_at(event, error.message))
            value = None
        return Node(*_position(event), value)


def _resolved(text: str) -> Scalar:
    if _NULL.match(text):
        return None
    if _TRUE.match(text) or _FALSE.match(text):
        return bool(_TRUE.match(text))
    if _NOT_FINITE.match(text):
        raise ConfigError("must be a number, not infinity or nothing")
    if _INTEGER.match(text):
        return _integer(text)
    return float(text) if _FLOAT.match(text) else text


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:  # Python refuses to read longer ones
        raise ConfigError("is a number too large to be kept")
    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


def _position(event: _Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _at(event: _Event, message: str, advice: str = "") -> ConfigProblem:
    line, column = _position(event)
    return ConfigProblem(message=message, line=line, column=column, advice=advice)
