"""Changes of a document that lose nothing: comments, quotes, order and line ends stay.

What was spliced is read again before it is returned; an edit that would do anything else than
what was asked for is refused.

See docs/decisions/0015.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from integration_tui.config.document import parse
from integration_tui.config.formats import json as json_format
from integration_tui.config.formats import toml as toml_format
from integration_tui.config.formats import yaml as yaml_format
from integration_tui.config.formats.syntax import BY_HAND, dotted, impossible, nested
from integration_tui.config.model_schema import child_of, has_child
from integration_tui.config.nodes import Json, Key, value_at
from integration_tui.domain.config.version import DocumentFormat
from integration_tui.domain.errors import ConfigError

_Put = Callable[[str, Sequence[Key], Json], str]
_MOST: Final = 100
"""Small edits that one change may take; each reads the document anew."""


class _Format(msgspec.Struct, frozen=True, kw_only=True):
    """The three edits that everything else is made of."""

    replaced: _Put
    added: _Put
    taken: Callable[[str, Sequence[Key]], str]


_FORMATS: Final[Mapping[DocumentFormat, _Format]] = {
    DocumentFormat.YAML: _Format(
        replaced=yaml_format.replace, added=yaml_format.insert, taken=yaml_format.remove
    ),
    DocumentFormat.TOML: _Format(
        replaced=toml_format.replace, added=toml_format.insert, taken=toml_format.remove
    ),
    DocumentFormat.JSON: _Format(
        replaced=json_format.replace, added=json_format.insert, taken=json_format.remove
    ),
}


def with_value(text: str, format_: DocumentFormat, path: Sequence[Key], value: Json) -> str:
    """Return the document with `value` at `path`; sections on the way are made where needed.

    A list is changed entry by entry, one that is one longer by its next position. Raises
    `ConfigError` for a text that is no document, and where the document's own shape forbids it.
    """
    data = _data(text, format_)
    path = _indexed(data, path)
    wanted = _put(data, path, value)
    if same(wanted, data):
        return text
    at = _first_missing(data, path)
    path, value = _folded(path, value, at)
    edited = _Edit(text.removeprefix("\ufeff"), _FORMATS[format_])
    edited.assign(path, value_at(data, path), value, is_there=at >= len(path))
    return _checked(text, edited.text, format_, path, wanted)


def without(text: str, format_: DocumentFormat, path: Sequence[Key]) -> str:
    """Return the document without what is at `path`; sections and lists left empty go as well.

    The same text where there is nothing. Raises `ConfigError` as `with_value` does.
    """
    data = _data(text, format_)
    path = _indexed(data, path)
    if _first_missing(data, path) < len(path):
        return text
    wanted = _cut(data, path)
    while len(path) > 1 and value_at(wanted, path[:-1]) in ({}, []):
        path = path[:-1]
        wanted = _cut(data, path)
    taken = _FORMATS[format_].taken(text.removeprefix("\ufeff"), path)
    return _checked(text, taken, format_, path, wanted)


class _Edit:
    """A text on which one small edit after the other is made."""

    def __init__(self, text: str, format_: _Format) -> None:
        self.text = text
        self._format = format_
        self._count = 0

    def assign(self, path: Sequence[Key], old: Json, new: Json, *, is_there: bool = True) -> None:
        if not is_there:
            self._put(self._format.added, path, new)
        elif isinstance(old, dict) and isinstance(new, dict) and new:
            self._section(path, old, new)
        elif isinstance(old, list) and isinstance(new, list) and old and new:
            self._list(path, old, new)
        elif not same(old, new):
            self._put(self._format.replaced, path, new)

    def _section(
        self, path: Sequence[Key], old: Mapping[str, Json], new: Mapping[str, Json]
    ) -> None:
        for key, value in new.items():
            self.assign((*path, key), old.get(key), value, is_there=key in old)
        for key in old.keys() - new.keys():
            self._take((*path, key))

    def _list(self, path: Sequence[Key], old: Sequence[Json], new: Sequence[Json]) -> None:
        head = _alike(old, new)
        tail = _alike(old[head:][::-1], new[head:][::-1])
        middle = len(old) - head - tail
        if len(new) > len(old) and tail:  # a new one between others: all behind it move
            tail, middle = 0, len(old) - head
        self._bound((*path, head), max(middle, len(new) - head - tail))
        for at in range(head, head + min(middle, len(new) - head - tail)):
            self.assign((*path, at), old[at], new[at])
        for at in reversed(range(len(new) - tail, len(old) - tail)):
            self._take((*path, at))
        for at in range(len(old), len(new)):
            self._put(self._format.added, (*path, at), new[at])

    def _put(self, put: _Put, path: Sequence[Key], value: Json) -> None:
        self._bound(path, 1)
        self._count += 1
        self.text = put(self.text, path, value)

    def _take(self, path: Sequence[Key]) -> None:
        self._bound(path, 1)
        self._count += 1
        self.text = self._format.taken(self.text, path)

    def _bound(self, path: Sequence[Key], more: int) -> None:
        if self._count + more > _MOST:
            raise impossible(path[:-1], f"more than {_MOST} values change at once")


def _alike(one: Sequence[Json], other: Sequence[Json]) -> int:
    """Return how many values at the beginning are the same."""
    count = 0
    while count < min(len(one), len(other)) and same(one[count], other[count]):
        count += 1
    return count


def same(one: Json, other: Json) -> bool:
    """Say whether two values are equal; 1, 1.0 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def _data(text: str, format_: DocumentFormat) -> dict[str, Json]:
    return dict(parse(text, format_).data)


def _indexed(data: Json, path: Sequence[Key]) -> tuple[Key, ...]:
    """Return the path with numbers where the document has lists."""
    found: list[Key] = []
    for key in path:
        here = value_at(data, found)
        found.append(int(key) if isinstance(here, list) and str(key).isdecimal() else key)
    return tuple(found)


def _first_missing(data: Json, path: Sequence[Key]) -> int:
    value: object = data
    for at, key in enumerate(path):
        if not has_child(value, key):
            return at
        value = child_of(value, key)
    return len(path)


def _folded(path: Sequence[Key], value: Json, at: int) -> tuple[tuple[Key, ...], Json]:
    """Return the path and value of an edit that may have to begin a list."""
    for index in range(at + 1, len(path)):
        if isinstance(path[index], int):
            return tuple(path[:index]), [nested(path[index + 1 :], value)]
    return tuple(path), value


def _put(data: Json, path: Sequence[Key], value: Json) -> Json:
    """Return the data as it should be afterwards. Raises where the path leads through a value."""
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(data, list):
        return _put_item(data, path, value)
    if data is not None and not isinstance(data, dict):
        raise impossible(path, "a value stands where a section is needed")
    if data is None and isinstance(key, int):
        return _put_item([], path, value)
    return {**(data or {}), str(key): _put((data or {}).get(str(key)), rest, value)}


def _put_item(data: list[Json], path: Sequence[Key], value: Json) -> Json:
    at = path[0]
    if not isinstance(at, int) or at > len(data):
        raise impossible(path, f"the list has {len(data)} entries", advice=f"set {len(data)} next")
    old = data[at] if at < len(data) else None
    return [*data[:at], _put(old, path[1:], value), *data[at + 1 :]]


def _cut(data: Json, path: Sequence[Key]) -> Json:
    key = path[0]
    if isinstance(data, list) and isinstance(key, int):
        kept = [] if len(path) == 1 else [_cut(data[key], path[1:])]
        return [*data[:key], *kept, *data[key + 1 :]]
    if not isinstance(data, dict):
        return data
    if len(path) == 1:
        return {name: child for name, child in data.items() if name != key}
    return {**data, str(key): _cut(data[str(key)], path[1:])}


def _checked(
    before: str, after: str, format_: DocumentFormat, path: Sequence[Key], wanted: Json
) -> str:
    """Return the new text if it is what was asked for, and nothing else."""
    try:
        is_right = same(_data(after, format_), wanted)
    except ConfigError:
        is_right = False
    if is_right:
        return "\ufeff" + after if before.startswith("\ufeff") else after
    is_shared = format_ is DocumentFormat.YAML and "&" in before
    why = "an anchor (&) shares it with others" if is_shared else "of how the document is written"
    raise ConfigError(f"{dotted(path)} cannot be changed alone, because {why}", advice=BY_HAND)
