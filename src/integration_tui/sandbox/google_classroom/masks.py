"""Partial responses: `fields=nextPageToken,students(userId,profile/name)`.

A mask leaves out whatever it does not name, a page token as well. A name that the answer cannot
have is refused, as Google does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeGuard

from integration_tui.sandbox.google_classroom.refusals import GoogleRefusedError, invalid

Shape = Mapping[str, "Shape"]
"""The names that an object may have, and those of what stands below them."""
Tree = dict[str, "Tree"]
"""What a mask names; empty is all of it."""
_TOKENS: Final = re.compile(r"\s*([A-Za-z0-9_.*-]+|[(),/])")
_ALL: Final = "*"


def shape(names: str, **below: Shape) -> Shape:
    """Return a shape of names with a space between, and of those that have more below them."""
    return {**{name: {} for name in names.split()}, **below}


def masked(value: Mapping[str, object], fields: str, known: Shape) -> Mapping[str, object]:
    """Return what a mask leaves of an answer. Raises `GoogleRefusedError`."""
    tree = _parse(fields)
    _check(tree, known, fields)
    return _kept(value, tree)


def _parse(fields: str) -> Tree:
    words = [match[1] for match in _TOKENS.finditer(fields)]
    if "".join(words) != re.sub(r"\s", "", fields) or not words:
        raise _unreadable(fields)
    remaining = iter([*words, ")"])
    tree = _items(remaining, fields)
    if next(remaining, None) is not None:
        raise _unreadable(fields)
    return tree


def _items(words: Iterator[str], fields: str) -> Tree:
    """Read items up to a closing parenthesis."""
    root: Tree = {}
    node, is_name_next = root, True
    for word in words:
        if is_name_next:
            if word in {"(", ")", ",", "/"}:
                raise _unreadable(fields)
            node = node.setdefault(word, {})
            is_name_next = False
        elif word == "/":
            is_name_next = True
        elif word == "(":
            node.update(_items(words, fields))
        elif word == ",":
            node, is_name_next = root, True
        elif word == ")":
            return root
        else:
            raise _unreadable(fields)
    raise _unreadable(fields)


def _check(tree: Tree, known: Shape, fields: str) -> None:
    for name, below in tree.items():
        if name == _ALL:
            continue
        if name not in known:
            raise _unreadable(name)
        if known[name]:
            _check(below, known[name], fields)


def _kept(value: Mapping[str, object], tree: Tree) -> Mapping[str, object]:
    if not tree:
        return value
    kept: dict[str, object] = {}
    for name, found in value.items():
        below = tree.get(name, tree.get(_ALL))
        if below is not None:
            kept[name] = _kept_below(found, below)
    return kept


def _kept_below(value: object, tree: Tree) -> object:
    if _is_list(value):
        return [_kept_below(item, tree) for item in value]
    return _kept(value, tree) if _is_object(value) else value


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)


def _unreadable(fields: str) -> GoogleRefusedError:
    return invalid(f"Invalid field selection {fields}")
