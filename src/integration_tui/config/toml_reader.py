"""TOML 1.0 with positions: the standard library reads it, a scan of its keys places it."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from datetime import date, datetime, time
from typing import Final

from integration_tui.config.toml_words import (
    BLANK,
    KEY,
    SCALAR,
    SPACE,
    TEXT,
    StrayError,
    Walk,
    unquoted,
)
from integration_tui.config.tree import (
    MAX_DEPTH,
    Key,
    Node,
    is_list,
    is_section,
    refusal,
    too_deep,
)
from integration_tui.domain.problem import ConfigProblem

_Path = tuple[Key, ...]
_Place = tuple[int, int]

_AT: Final = re.compile(r"\(at line (\d+), column (\d+)\)")


def read_toml(text: str) -> Node:
    """Return the document's tree. Raises `ConfigError` with the places of what is wrong."""
    scan = _Scan(text)
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


def _syntax(message: str, scan: _Scan) -> ConfigProblem:
    at = _AT.search(message)
    line, column = (int(at[1]), int(at[2])) if at else scan.end
    if "overwrite" in message or "twice" in message or "Duplicate" in message:
        return ConfigProblem(message="the same key stands twice", line=line, column=column)
    if "Invalid value" in message:
        return ConfigProblem(
            message="is not a value", line=line, column=column, advice="put a text in quotes"
        )
    return ConfigProblem(message="is not valid TOML here", line=line, column=column)


def _node(value: object, path: _Path, places: dict[_Path, _Place]) -> Node:
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


class _Scan(Walk):
    """Finds where each key stands. Takes anything: what is no TOML ends the scan."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.places: dict[_Path, _Place] = {(): (1, 1)}
        self._breaks = [0, *(match.end() for match in re.finditer("\n", text))]
        self._last: dict[_Path, int] = {}

    @property
    def end(self) -> _Place:
        """The place behind the last character."""
        return self._place(len(self._text))

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
        self.places.setdefault(path, self._place(start))
        return path

    def _place(self, at: int) -> _Place:
        line = bisect_right(self._breaks, at)
        return line, at - self._breaks[line - 1] + 1

    def _bound(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise refusal([too_deep(*self._place(self._at))])
