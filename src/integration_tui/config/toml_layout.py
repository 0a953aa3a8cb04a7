"""Where everything in a TOML document is written: its headers and entries, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integration_tui.config.layout import Entry, Form, Layout
from integration_tui.config.toml_words import (
    BLANK,
    KEY,
    SCALAR,
    SPACE,
    TEXT,
    Walk,
    unquoted,
)
from integration_tui.config.tree import Key

Path = tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A header, or an entry with its value; `table` is the header that an entry stands under.

    `path` leads from the top of the document, through the positions of lists of tables.
    """

    path: Path
    table: Path
    start: int
    end: int
    value: Layout | None = None
    is_list: bool = False

    def is_in(self, path: Sequence[Key]) -> bool:
        """Say whether it says something of what is at a path."""
        return self.path[: len(path)] == tuple(path)


def toml_layout(text: str) -> list[Statement]:
    """Return the statements of a document that is known to be readable."""
    return _Scan(text).statements()


class _Scan(Walk):
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

    def _entry(self) -> tuple[list[str], Layout]:
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

    def _value(self) -> Layout:
        start = self._at
        if self._take("["):
            return self._brackets(start, Form.FLOW_LIST, "]")
        if self._take("{"):
            return self._brackets(start, Form.FLOW_SECTION, "}")
        if self._text.startswith(('"', "'"), start):
            start, end = self._match(TEXT).span()
        else:
            start, end = self._match(SCALAR).span()
            end = start + len(self._text[start:end].rstrip())
        return Layout(form=Form.SCALAR, start=start, end=end)

    def _brackets(self, start: int, form: Form, closing: str) -> Layout:
        entries: list[Entry] = []
        self._skip(BLANK)
        while not self._take(closing):
            entries.append(self._inner(len(entries), is_list=form is Form.FLOW_LIST))
            self._skip(BLANK)
            self._take(",")
            self._skip(BLANK)
        return Layout(form=form, start=start, end=self._at, entries=tuple(entries))

    def _inner(self, index: int, *, is_list: bool) -> Entry:
        start = self._at
        if is_list:
            return Entry(key=index, start=start, value=self._value())
        parts, value = self._entry()
        if len(parts) == 1:
            return Entry(key=parts[0], start=start, value=value)
        # Dotted keys in braces: what is below cannot be told apart by entries.
        whole = Layout(form=Form.SHARED, start=value.start, end=value.end)
        return Entry(key=parts[0], start=start, value=whole)
