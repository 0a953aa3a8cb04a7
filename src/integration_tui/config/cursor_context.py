"""Where a cursor is in a document that may be half written: in which section, at a key or a value.

Judged by lines and words, since a document in the making can seldom be read as a whole.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from integration_tui.config.formats.toml import KEY, StrayError, unquoted
from integration_tui.config.nodes import Key
from integration_tui.domain.config.version import DocumentFormat

_YAML_LINE: Final = re.compile(r"( *)((?:- +)*)(?:(['\"]?)([\w.-]+)\3[ ]*:(?=\s|$))?[ ]*(.*)")
_TOML_HEADER: Final = re.compile(r"[ \t]*\[{1,2}([^\]\r\n]*)\]")
_TOML_KEY: Final = re.compile(r"[ \t]*([\w.-]*)$")
_TOML_VALUE: Final = re.compile(r"[ \t]*([\w.\"' -]+?)[ \t]*=[ \t]*(.*)$")
_TOML_BEGUN: Final = re.compile(r"[ \t]*\[{1,2}([\w.-]*)$")
_JSON_WORD: Final = re.compile(r'[{}\[\],:]|"(?:[^"\\]|\\.)*"?|[^\s{}\[\],:"]+')


class CursorContext(msgspec.Struct, frozen=True, kw_only=True):
    """A cursor: below `path` comes a key, or at `path` a value, of which `begun` is written.

    With `is_header`, what is begun is the name of a TOML table.
    """

    path: tuple[Key, ...]
    begun: str
    column: int
    is_value: bool = False
    is_header: bool = False


def context_at(text: str, format_: DocumentFormat, line: int, column: int) -> CursorContext | None:
    """Return the spot at a line and column, from 1; `None` where nothing can be offered."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return None
    before = lines[line - 1][: max(column - 1, 0)]
    match format_:
        case DocumentFormat.YAML:
            return _in_yaml(lines[: line - 1], before)
        case DocumentFormat.TOML:
            return _in_toml(lines[: line - 1], before)
        case DocumentFormat.JSON:
            return _in_json("\n".join([*lines[: line - 1], before]), before)


def _in_yaml(above: list[str], before: str) -> CursorContext | None:
    match = _YAML_LINE.match(before)
    if match is None or "#" in match[5]:
        return None
    path = _yaml_path(above, len(match[1]), match[2])
    begun = match[5]
    column = len(before) - len(begun) + 1
    if match[4]:
        return CursorContext(path=(*path, match[4]), begun=begun, column=column, is_value=True)
    return CursorContext(path=path, begun=begun, column=column)


def _yaml_path(above: list[str], indent: int, dashes: str) -> tuple[Key, ...]:
    path: list[Key] = [0] * dashes.count("-")
    column = indent + (0 if dashes else -1)  # a list may stand right below its key
    inner = indent + len(dashes)
    for line in reversed(above):
        match = _YAML_LINE.match(line)
        if match is None or not (match[4] or match[2]) or line.lstrip().startswith("#"):
            continue
        begins = len(match[1]) + len(match[2])
        if match[2] and not dashes and begins == inner:
            path.insert(0, 0)
            column, inner = len(match[1]), -1
        elif match[4] and not match[2] and begins <= column:
            path.insert(0, match[4])
            column, inner = begins - 1, begins
    return tuple(path)


def _in_toml(above: list[str], before: str) -> CursorContext | None:
    if begun := _TOML_BEGUN.match(before):
        return CursorContext(path=(), begun=begun[1], column=begun.start(1) + 1, is_header=True)
    table = _toml_table(above)
    if match := _TOML_KEY.match(before):
        *parents, begun_key = match[1].split(".")
        column = len(before) - len(begun_key) + 1
        return CursorContext(path=(*table, *parents), begun=begun_key, column=column)
    if match := _TOML_VALUE.match(before):
        path = (*table, *_toml_keys(match[1]))
        return CursorContext(path=path, begun=match[2], column=match.start(2) + 1, is_value=True)
    return None


def _toml_table(above: list[str]) -> tuple[Key, ...]:
    for line in reversed(above):
        if match := _TOML_HEADER.match(line):
            keys = _toml_keys(match[1])
            return (*keys, 0) if line.lstrip().startswith("[[") else keys
    return ()


def _toml_keys(text: str) -> tuple[Key, ...]:
    try:
        return tuple(unquoted(key) for key in KEY.findall(text))
    except StrayError:
        return ()


def _in_json(text: str, before: str) -> CursorContext | None:
    words = list(_JSON_WORD.finditer(text))
    begun = words.pop().group() if words and _is_begun(words[-1], text) else ""
    nesting = _Nesting()
    for word in words:
        nesting.take(word.group())
    if len(nesting.path) < 2:
        return None
    *path, key = nesting.path[1:]
    column = len(before) - len(begun) + 1
    if nesting.is_value:
        return CursorContext(path=(*path, key), begun=begun, column=column, is_value=True)
    return CursorContext(path=tuple(path), begun=begun, column=column)


def _is_begun(word: re.Match[str], text: str) -> bool:
    sign = word.group()
    is_closed = sign[0] == '"' and len(sign) > 1 and sign[-1] == '"'
    return word.end() == len(text) and sign[0] not in "{}[],:" and not is_closed


class _Nesting:
    """Follows the words of JSON; `path` has one more key for each bracket that is open."""

    def __init__(self) -> None:
        self.path: list[Key] = [0]
        self.is_value = True
        self._open: list[str] = []

    def take(self, sign: str) -> None:
        if sign in {"{", "["}:
            self._open.append(sign)
            self.path.append(0 if sign == "[" else "")
        elif sign in {"}", "]"} and self._open:
            self._open.pop()
            self.path.pop()
        elif sign[0] == '"' and not self.is_value:
            self.path[-1] = sign[1:-1]
        self.is_value = sign == ":" or (bool(self._open) and self._open[-1] == "[")
