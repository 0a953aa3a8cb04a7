"""Whether the keys that a person chose can be given: every name is known, no key means two things.

Imports every screen and widget, so it is called only where there is a keymap to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pkgutil import walk_packages

from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import ModalScreen
from textual.widget import Widget

from integration_tui.tui import screens, widgets
from integration_tui.tui.keymap import MOVES, Override
from integration_tui.tui.screens.base import ConsoleScreen


def validated(
    overrides: Sequence[Override], app: type[App[None]]
) -> tuple[dict[str, str], list[str]]:
    """Return the keys to give, by name, and a sentence for each that cannot be given."""
    places = [_keys_by_name(kind, app) for kind in _kinds()]
    known = {name for place in places for name in place}
    given = {override.name: override.keys for override in overrides if override.name in known}
    keymap: dict[str, str] = {}
    problems: list[str] = []
    for override in overrides:
        problem = _problem(override, places, known, given)
        if problem:
            problems.append(f"{override.where}: {problem}")
        else:
            keymap[override.name] = ",".join(override.keys)
    return keymap, problems


def _problem(
    one: Override,
    places: Sequence[Mapping[str, Sequence[str]]],
    known: set[str],
    given: Mapping[str, Sequence[str]],
) -> str:
    if one.name not in known:
        return f"there is no key called {one.name}; the names are in docs/console.md"
    for place in places:
        for name, usual in place.items():
            keys = given.get(name, usual)
            if name != one.name and one.name in place and (both := set(keys) & set(one.keys)):
                if both <= set(usual) & set(place[one.name]):
                    continue  # they have always shared it; only one of them is there at a time
                return f"{one.name} cannot have {min(both)}: that is {name}"
    return ""


def _kinds() -> list[type[DOMNode]]:
    """Return every screen, window and widget that has keys of its own."""
    for folder in (screens, widgets):
        for module in walk_packages(folder.__path__, f"{folder.__name__}."):
            import_module(module.name)
    return [kind for kind in _below(Widget) if kind.__module__.startswith("integration_tui.")]


def _below(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _keys_by_name(kind: type[DOMNode], app: type[App[None]]) -> dict[str, list[str]]:
    """Return the keys of everything that can be done there."""
    bindings = list(_bindings(kind))
    if issubclass(kind, ConsoleScreen):
        bindings += MOVES
    if bindings and not issubclass(kind, ModalScreen):
        bindings += _bindings(app)
    return {
        binding.id: [key.strip() for key in binding.key.split(",")]
        for binding in bindings
        if isinstance(binding, Binding) and binding.id
    }


def _bindings(kind: type[DOMNode]) -> Iterator[BindingType]:
    for one in kind.__mro__:
        if one.__module__.startswith("integration_tui."):
            yield from one.__dict__.get("BINDINGS", ())
