"""Keys that mean the same on every screen, and those that a person gave to something else."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeGuard

import msgspec
from textual.binding import Binding, BindingType
from textual.keys import KEY_NAME_REPLACEMENTS, key_to_character

ROW_GROUP = Binding.Group("row")
"""In the footer first: what is about the row of the cursor."""
LIST_GROUP = Binding.Group("list")
"""In the footer last: how the list is narrowed and sorted, and the other panes."""

MOVES: list[BindingType] = [
    Binding("down,j", "move(1)", "Down", show=False, id="list.down"),
    Binding("up,k", "move(-1)", "Up", show=False, id="list.up"),
    Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False, id="list.page-down"),
    Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False, id="list.page-up"),
    Binding("home,g", "first", "First", show=False, id="list.first"),
    Binding("end,G", "last", "Last", show=False, id="list.last"),
    Binding("enter,l", "choose", "Open", show=False, id="list.choose"),
]
"""How to move in a list; `l` opens what the cursor is on, `h`, `q` and escape lead back."""

LINE: list[BindingType] = [Binding("enter", "submit", "Done", id="line.done")]
"""What a line to type into takes for its end."""

FILE = "keymap.toml"
_MAX_BYTES = 1 << 16
_NAMED = {
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete"),
    *("enter", "escape", "tab", "space", "backspace", *(f"f{number}" for number in range(1, 25))),
    *("colon", "slash", "question_mark", "comma"),
}
_KEY = re.compile(r"((?:(?:ctrl|alt|shift|super)\+)*)(\S+)", re.DOTALL)


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A name of a binding, the keys it is to have instead, and the line that says so."""

    name: str
    keys: tuple[str, ...]
    line: int

    @property
    def where(self) -> str:
        """The place to fix it."""
        return f"{FILE} line {self.line}"


def key_name(key: str) -> str:
    """Return a key as people know it."""
    names = {"question_mark": "?", "colon": ":", "slash": "/", "escape": "esc", "space": "space"}
    names |= {"left_square_bracket": "[", "right_square_bracket": "]", "plus": "+", "minus": "-"}
    names |= {"less_than_sign": "<", "greater_than_sign": ">", "enter": "⏎"}
    names |= {"left": "←", "right": "→", "up": "↑", "down": "↓", "pageup": "pgup"}
    names |= {"pagedown": "pgdn"}
    short = key.replace("ctrl+", "^")
    return names.get(key, short)


def typed_key(key: str) -> str:
    """Return a key as a person types it into the file."""
    character = key_to_character(key) or ""
    return character if character.isprintable() and character.strip(" ,") else key


def key_code(name: str) -> str:
    """Return the key that people know by this name."""
    codes = {"?": "question_mark", ":": "colon", "/": "slash", "esc": "escape", "⏎": "enter"}
    codes |= {"[": "left_square_bracket", "]": "right_square_bracket", "+": "plus", "-": "minus"}
    codes |= {"<": "less_than_sign", ">": "greater_than_sign", "←": "left", "→": "right"}
    codes |= {"↑": "up", "↓": "down", "pgup": "pageup", "pgdn": "pagedown"}
    return codes.get(name, name.replace("^", "ctrl+"))


def read_keymap(folder: Path | None) -> tuple[list[Override], list[str]]:
    """Return what `keymap.toml` asks for, and a sentence for each line that cannot be used."""
    path = None if folder is None else folder / FILE
    if path is None or not path.exists():
        return [], []
    try:
        if path.stat().st_size > _MAX_BYTES:
            return [], [f"{FILE} is larger than 64 KiB: not used"]
        text = path.read_text(encoding="utf-8-sig")
        document: dict[str, object] = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        return [], [f"{FILE} cannot be read: {error}"]
    return _overrides(document, _lines(text))


def _overrides(
    document: Mapping[str, object], lines: Mapping[str, int]
) -> tuple[list[Override], list[str]]:
    found: list[Override] = []
    problems: list[str] = []
    for name, value in _flat(document, ""):
        one = Override(name=name, keys=_keys(value), line=lines.get(name, 1))
        if one.keys:
            found.append(one)
        else:
            problems.append(f'{one.where}: {name} needs keys such as "x" or "ctrl+x,f5".')
    return found, problems


def _flat(document: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in document.items():
        if _is_table(value):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _is_table(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)


def _keys(value: object) -> tuple[str, ...]:
    """Return the keys that a text names; none where one of them is no key."""
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else []
    keys = [_key(part) for part in parts]
    return tuple(keys) if all(keys) else ()


def _key(text: str) -> str:
    """Return the one name that Textual has for a key; nothing where it is no key.

    A character may stand for itself ("?") or be called by its name ("question_mark").
    """
    found = _KEY.fullmatch(text)
    if found is None:
        return ""
    modifiers, key = found.groups()
    if len(key) == 1 and not key.isalnum():
        key = unicodedata.name(key, "").lower().replace("-", "_").replace(" ", "_")
    elif len(key) > 1 and key not in _NAMED and len(key_to_character(key) or "") != 1:
        return ""
    return modifiers + KEY_NAME_REPLACEMENTS.get(key, key) if key else ""


def _lines(text: str) -> dict[str, int]:
    """Return the line of each name, tables taken into account."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        words = re.sub(r"[\"'\s]", "", line.partition("=")[0].partition("#")[0])
        if words.startswith("["):
            table = words.strip("[]") + "."
        elif words:
            lines.setdefault(table + words, number)
    return lines
