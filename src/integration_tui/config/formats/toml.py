"""Edits of TOML by splicing, whether a section has a header, dotted keys or braces."""

from __future__ import annotations

import json
import re
import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Final

import msgspec

from integration_tui.config.formats import flow
from integration_tui.config.formats.syntax import (
    EntrySpan,
    NodeKind,
    NodeSpan,
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
from integration_tui.config.nodes import (
    MAX_DEPTH,
    Json,
    Key,
    Node,
    is_list,
    is_section,
    refusal,
    too_deep,
)
from integration_tui.domain.config.validation import ConfigProblem

TEXT: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
SPACE: Final = re.compile(r"[ \t]*")
SCALAR: Final = re.compile(r"[^,\]}#\n]+")


class StrayError(Exception):
    """The text is not TOML here; the reader proper will say so."""


class TokenWalk:
    """Goes through a text, word by word. Raises `StrayError` where something else stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise StrayError
        self._at = match.end()
        return match

    def _take(self, sign: str) -> bool:
        found = self._text.startswith(sign, self._at)
        self._at += len(sign) if found else 0
        return found

    def _require(self, sign: str) -> None:
        if not self._take(sign):
            raise StrayError


def unquoted(key: str) -> str:
    """Return what a key is called. Raises `StrayError` for one that is none."""
    if key[0] not in "\"'":
        return key
    try:
        return next(iter(tomllib.loads(f"{key} = 0")))
    except tomllib.TOMLDecodeError:
        raise StrayError from None


Path = tuple[Key, ...]


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A header, or an entry with its value; `table` is the header that an entry stands under.

    `path` leads from the top of the document, through the positions of lists of tables.
    """

    path: Path
    table: Path
    start: int
    end: int
    value: NodeSpan | None = None
    is_list: bool = False

    def is_in(self, path: Sequence[Key]) -> bool:
        """Say whether it says something of what is at a path."""
        return self.path[: len(path)] == tuple(path)


def toml_layout(text: str) -> list[Statement]:
    """Return the statements of a document that is known to be readable."""
    return _StatementScanner(text).statements()


class _StatementScanner(TokenWalk):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._last: dict[Path, int] = {}

    def statements(self) -> list[Statement]:
        found: list[Statement] = []
        table: Path = ()
        self._skip(BLANK)
        while self._at < len(self._text):
            one = self._statement(table)
            found.append(one)
            table = one.table
            self._skip(BLANK)
        return found

    def _statement(self, table: Path) -> Statement:
        start = self._at
        if self._take("[["):
            return self._header(start, is_list=True)
        if self._take("["):
            return self._header(start, is_list=False)
        parts, value = self._entry()
        path = (*table, *parts)
        return Statement(path=path, table=table, start=start, end=value.end, value=value)

    def _header(self, start: int, *, is_list: bool) -> Statement:
        parts = self._key()
        path: Path = ()
        for part in parts[:-1]:
            path = self._in_force((*path, part))
        path = (*path, parts[-1])
        if is_list:
            self._last[path] = self._last.get(path, -1) + 1
        path = self._in_force(path)
        self._require("]]" if is_list else "]")
        return Statement(path=path, table=path, start=start, end=self._at, is_list=is_list)

    def _in_force(self, path: Path) -> Path:
        """Return the path of the last table of a list, or the path itself."""
        return (*path, self._last[path]) if path in self._last else path

    def _entry(self) -> tuple[list[str], NodeSpan]:
        parts = self._key()
        self._skip(SPACE)
        self._require("=")
        self._skip(SPACE)
        return parts, self._value()

    def _key(self) -> list[str]:
        parts: list[str] = []
        while not parts or self._take("."):
            self._skip(SPACE)
            start, end = self._match(KEY).span()
            parts.append(unquoted(self._text[start:end]))
            self._skip(SPACE)
        return parts

    def _value(self) -> NodeSpan:
        start = self._at
        if self._take("["):
            return self._brackets(start, NodeKind.FLOW_LIST, "]")
        if self._take("{"):
            return self._brackets(start, NodeKind.FLOW_SECTION, "}")
        if self._text.startswith(('"', "'"), start):
            start, end = self._match(TEXT).span()
        else:
            start, end = self._match(SCALAR).span()
            end = start + len(self._text[start:end].rstrip())
        return NodeSpan(form=NodeKind.SCALAR, start=start, end=end)

    def _brackets(self, start: int, form: NodeKind, closing: str) -> NodeSpan:
        entries: list[EntrySpan] = []
        self._skip(BLANK)
        while not self._take(closing):
            entries.append(self._inner(len(entries), is_list=form is NodeKind.FLOW_LIST))
            self._skip(BLANK)
            self._take(",")
            self._skip(BLANK)
        return NodeSpan(form=form, start=start, end=self._at, entries=tuple(entries))

    def _inner(self, index: int, *, is_list: bool) -> EntrySpan:
        start = self._at
        if is_list:
            return EntrySpan(key=index, start=start, value=self._value())
        parts, value = self._entry()
        if len(parts) == 1:
            return EntrySpan(key=parts[0], start=start, value=value)
        # Dotted keys in braces: what is below cannot be told apart by entries.
        whole = NodeSpan(form=NodeKind.SHARED, start=value.start, end=value.end)
        return EntrySpan(key=parts[0], start=start, value=whole)


_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_NOT_LITERAL: Final = re.compile(r"['\x00-\x08\x0a-\x1f\x7f]")


def toml_text(value: Json, *, is_literal: bool = False) -> str:
    """Return a value; a text in single quotes where that was so and it can be."""
    if isinstance(value, str):
        if is_literal and not _NOT_LITERAL.search(value):
            return f"'{value}'"
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(toml_text, value))}]"
    if isinstance(value, dict):
        pairs = (f"{toml_key([key])} = {toml_text(child)}" for key, child in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    return json.dumps(value)


def toml_key(keys: Sequence[Key]) -> str:
    """Return keys with dots between."""
    return ".".join(text if _BARE.fullmatch(text) else toml_text(text) for text in map(str, keys))


def replace(text: str, path: Sequence[Key], value: Json) -> str:
    """Return the text with another value at a path that is written in it."""
    entry = _entry_of(toml_layout(text), path)
    if entry is None:  # it is written as tables
        return insert(remove(text, path), path, value)
    layouts, _ = _written(entry, path)
    old = layouts[-1]
    new = toml_text(value, is_literal=text[old.start] == "'")
    return text[: old.start] + new + text[old.end :]


def insert(text: str, path: Sequence[Key], value: Json) -> str:
    """Return the text with a value at a path that is not written in it, at its parent's end."""
    statements = toml_layout(text)
    entry = _entry_of(statements, path)
    if entry is not None:
        return _in_brackets(text, entry, path, value)
    at = max((_shared(statement.path, path) for statement in statements), default=0)
    parent, rest = tuple(path[:at]), path[at:]
    if isinstance(rest[0], int):
        return _as_table(text, statements, path[: at + 1], nested(rest[1:], value))
    own = [statement for statement in statements if statement.value and statement.table == parent]
    if len(rest) == 1 and (
        not parent or any(statement.table == parent for statement in statements)
    ):
        return _in_table(text, statements, path, value)
    inside = [statement for statement in statements if statement.value and statement.is_in(parent)]
    if inside and not own and len(inside[-1].table) < at:
        last = inside[-1]
        line = f"{toml_key(path[len(last.table) :])} = {toml_text(value)}"
        return with_lines(text, last.end, [f"{_indent(text, last.start)}{line}"])
    return _below_header(text, statements, path, value)


def remove(text: str, path: Sequence[Key]) -> str:
    """Return the text without what is at a path."""
    statements = toml_layout(text)
    entry = _entry_of(statements, path)
    if entry is not None and entry.path != tuple(path):
        layouts, entries = _written(entry, path)
        return flow.removed(text, layouts[-2], entries[-1])
    for one in reversed([statement for statement in statements if statement.is_in(path)]):
        if one.value is None:
            text = _without_table(text, one, statements)
        elif one.table[: len(path)] != tuple(path):
            text = without_lines(text, one.start, one.end)
    return text


def _entry_of(statements: Sequence[Statement], path: Sequence[Key]) -> Statement | None:
    """Return the entry in whose value a path ends; `None` where it is written as tables."""
    return next(
        (
            statement
            for statement in statements
            if statement.value and statement.path == tuple(path[: len(statement.path)])
        ),
        None,
    )


def _written(entry: Statement, path: Sequence[Key]) -> tuple[list[NodeSpan], list[EntrySpan]]:
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
    return flow.appended(text, layouts[-1], written)


def _in_table(text: str, statements: Sequence[Statement], path: Sequence[Key], value: Json) -> str:
    """Put an entry below the last one of its table, or below its header."""
    line = f"{toml_key(path[-1:])} = {toml_text(value)}"
    own = [statement for statement in statements if statement.table == tuple(path[:-1])]
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
    at = max((_shared(statement.path, path) for statement in statements), default=0)
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
    end = max(
        (statement.end for statement in statements if statement.is_in(path)), default=len(text)
    )
    while (start := next_line(text, end)) < len(text):
        line = text[start : line_end(text, start)]
        if not line.lstrip(" \t").startswith("#"):
            break
        end = start + len(line)
    return end


def _without_table(text: str, header: Statement, statements: Sequence[Statement]) -> str:
    """Take out a header with its entries, and one blank line in front of it."""
    end = max(
        statement.end
        for statement in statements
        if statement.table == header.table and statement.start >= header.start
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


_Path = tuple[Key, ...]
_Position = tuple[int, int]

_AT: Final = re.compile(r"\(at line (\d+), column (\d+)\)")


def read_toml(text: str) -> Node:
    """Return the document's tree. Raises `ConfigError` with the places of what is wrong."""
    scan = _Reader(text)
    scan.run()  # first, since it bounds the depth that the reader below does not bound
    try:
        read: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refusal([_syntax(str(error), scan)]) from None
    except ValueError:  # a number of more digits than Python reads
        raise refusal([ConfigProblem(message="holds a number too large to be kept")]) from None
    except RecursionError:
        raise refusal([too_deep(1, 1)]) from None
    return _node(read, (), scan.places)


def _syntax(message: str, scan: _Reader) -> ConfigProblem:
    at = _AT.search(message)
    line, column = (int(at[1]), int(at[2])) if at else scan.end
    if "overwrite" in message or "twice" in message or "Duplicate" in message:
        return ConfigProblem(message="the same key stands twice", line=line, column=column)
    if "Invalid value" in message:
        return ConfigProblem(
            message="is not a value", line=line, column=column, advice="put a text in quotes"
        )
    return ConfigProblem(message="is not valid TOML here", line=line, column=column)


def _node(value: object, path: _Path, places: dict[_Path, _Position]) -> Node:
    place = places.get(path) or places.get(path[:-1], (0, 0))
    if is_section(value):
        return Node(
            *place, {key: _node(child, (*path, key), places) for key, child in value.items()}
        )
    if is_list(value):
        return Node(*place, [_node(child, (*path, at), places) for at, child in enumerate(value)])
    if isinstance(value, date | datetime | time):
        return Node(*place, value.isoformat())  # as text, which is what YAML and JSON have
    return Node(*place, value if isinstance(value, bool | int | float | str) else None)


class _Reader(TokenWalk):
    """Finds where each key stands. Takes anything: what is no TOML ends the scan."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.places: dict[_Path, _Position] = {(): (1, 1)}
        self._breaks = [0, *(match.end() for match in re.finditer("\n", text))]
        self._last: dict[_Path, int] = {}

    @property
    def end(self) -> _Position:
        """The place behind the last character."""
        return self._position(len(self._text))

    def run(self) -> None:
        table: _Path = ()
        self._skip(BLANK)
        try:
            while self._at < len(self._text):
                table = self._line(table)
                self._skip(BLANK)
        except StrayError:
            return

    def _line(self, table: _Path) -> _Path:
        if self._take("[["):
            return self._header(is_list=True)
        if self._take("["):
            return self._header(is_list=False)
        self._entry(table, 0)
        return table

    def _header(self, *, is_list: bool) -> _Path:
        start = self._at
        parts = self._key()
        path = self._in_force(parts[:-1], start)
        path = self._note((*path, parts[-1]), start)
        if is_list:
            self._last[path] = self._last.get(path, -1) + 1
            path = self._note((*path, self._last[path]), start)
        elif path in self._last:
            path = (*path, self._last[path])
        self._require("]]" if is_list else "]")
        return path

    def _in_force(self, parts: list[str], start: int) -> _Path:
        """Follow the keys of a header, each list of tables to its last one."""
        path: _Path = ()
        for part in parts:
            path = self._note((*path, part), start)
            if path in self._last:
                path = (*path, self._last[path])
        return path

    def _entry(self, table: _Path, depth: int) -> None:
        start = self._at
        path = table
        for part in self._key():
            path = self._note((*path, part), start)
        self._skip(SPACE)
        self._require("=")
        self._skip(SPACE)
        self._value(path, depth + 1)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while not parts or self._take("."):
            self._skip(SPACE)
            self._bound(len(parts))
            parts.append(unquoted(self._match(KEY).group()))
            self._skip(SPACE)
        return parts

    def _value(self, path: _Path, depth: int) -> None:
        self._bound(depth)
        if self._take("["):
            self._array(path, depth)
        elif self._take("{"):
            self._inline_table(path, depth)
        elif self._text.startswith(('"', "'"), self._at):
            self._match(TEXT)
        else:
            self._match(SCALAR)

    def _array(self, path: _Path, depth: int) -> None:
        index = 0
        self._skip(BLANK)
        while not self._take("]"):
            self._value(self._note((*path, index), self._at), depth + 1)
            index += 1
            self._skip(BLANK)
            if not self._take(","):
                self._require("]")
                return
            self._skip(BLANK)

    def _inline_table(self, path: _Path, depth: int) -> None:
        self._skip(BLANK)
        while not self._take("}"):
            self._entry(path, depth)
            self._skip(BLANK)
            if not self._take(","):
                self._require("}")
                return
            self._skip(BLANK)

    def _note(self, path: _Path, start: int) -> _Path:
        self.places.setdefault(path, self._position(start))
        return path

    def _position(self, at: int) -> _Position:
        line = bisect_right(self._breaks, at)
        return line, at - self._breaks[line - 1] + 1

    def _bound(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise refusal([too_deep(*self._position(self._at))])
