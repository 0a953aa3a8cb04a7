"""Whether the keys that a person chose can be given: every name is known, no key means two things.

Imports every screen and widget, so it is called only where there is a keymap to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from pkgutil import walk_packages

import msgspec
from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import ModalScreen
from textual.widget import Widget

from integration_tui.tui import screens, widgets
from integration_tui.tui.command_palette import CommandPalette
from integration_tui.tui.keymap import MOVES, Override, typed_key
from integration_tui.tui.screens.base import ConsoleScreen


class _Usual(msgspec.Struct, frozen=True, kw_only=True):
    """What a name means, and the keys that it has without a keymap."""

    meaning: str
    keys: tuple[str, ...]


_Place = Mapping[str, _Usual]
"""What can be done at one place, by name."""


def validated(
    overrides: Sequence[Override], app: type[App[None]]
) -> tuple[dict[str, str], list[str]]:
    """Return the keys to give, by name, and a sentence for each that cannot be given.

    One that is refused keeps its usual keys, which another one may have been given.
    """
    places = [_usual(kind, app) for kind in _kinds()]
    given = {override.name: override for override in overrides}
    refused: dict[str, str] = {}
    while True:
        now = {name: one.keys for name, one in given.items() if name not in refused}
        problems = {name: _problem(given[name], places, now) for name in now}
        if not any(problems.values()):
            break
        refused |= {name: problem for name, problem in problems.items() if problem}
    keymap = {name: ",".join(one.keys) for name, one in given.items() if name not in refused}
    return keymap, [f"{given[name].where}: {refused[name]}" for name in given if name in refused]


def _problem(one: Override, places: Sequence[_Place], given: Mapping[str, Sequence[str]]) -> str:
    known = {name: usual for place in places for name, usual in place.items()}
    if one.name not in known:
        nearest = get_close_matches(one.name, known, n=1, cutoff=0.8)
        hint = f" Did you mean {nearest[0]}?" if nearest else " docs/console.md lists the names."
        return f"unknown name {one.name}.{hint}"
    keeps = ", ".join(map(typed_key, known[one.name].keys))
    for place in places:
        for taken, by in _clashes(one, place, given):
            return f'"{typed_key(taken)}" is already {by.meaning}. {one.name} keeps {keeps}.'
    return ""


def _clashes(
    one: Override, place: _Place, given: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, _Usual]]:
    """Yield each key that something else has at a place, and what that is."""
    if one.name not in place:
        return
    for name, usual in place.items():
        both = set(given.get(name, usual.keys)) & set(one.keys)
        if name == one.name or both <= set(usual.keys) & set(place[one.name].keys):
            continue  # they have always shared it; only one of them is there at a time
        yield min(both), usual


def _kinds() -> list[type[DOMNode]]:
    """Return every screen, window and widget that has keys of its own."""
    for folder in (screens, widgets):
        for module in walk_packages(folder.__path__, f"{folder.__name__}."):
            import_module(module.name)
    kinds: list[type[DOMNode]] = [*_below(Widget), CommandPalette]
    return [kind for kind in kinds if kind.__module__.startswith("integration_tui.")]


def _below(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _usual(kind: type[DOMNode], app: type[App[None]]) -> dict[str, _Usual]:
    """Return everything that can be done there."""
    bindings = list(_bindings(kind))
    if issubclass(kind, ConsoleScreen):
        bindings += MOVES
    if bindings and not issubclass(kind, ModalScreen):
        bindings += _bindings(app)
    found: dict[str, _Usual] = {}
    for binding in Binding.make_bindings(bindings):
        if binding.id:
            before = found[binding.id].keys if binding.id in found else ()
            found[binding.id] = _Usual(meaning=binding.description, keys=(*before, binding.key))
    return found


def _bindings(kind: type[DOMNode]) -> Iterator[BindingType]:
    for one in kind.__mro__:
        if one.__module__.startswith("integration_tui."):
            yield from one.__dict__.get("BINDINGS", ())
