"""What every key does on the screen it was called from. Made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.content import Content

from integration_tui.tui.keymap import key_name
from integration_tui.tui.sanitize import plain
from integration_tui.tui.widgets.dialogs import TextDialog

if TYPE_CHECKING:
    from textual.screen import Screen

    from integration_tui.tui.screens.context import ScreenContext

_SIGNS = (
    "● healthy   ▲ degraded   ✗ error   ◌ connecting   ○ inactive   ⊘ disabled",
    "Nothing is told by colour alone. NO_COLOR is respected.",
)


class HelpScreen(TextDialog):
    """Generated, so that it cannot be out of date."""

    def __init__(self, screen: Screen[object]) -> None:
        title = plain(getattr(screen, "title_text", "") or "this window")
        lines = [*_lines(screen), *_not_now(screen), Content(""), *map(Content, _SIGNS)]
        super().__init__(f"Keys: {title}", Content("\n").join(lines))


def _lines(screen: Screen[object]) -> Iterator[Content]:
    """Yield a line for everything that can be done, with all the keys that do it."""
    keys: dict[str, list[str]] = {}
    for active in screen.active_bindings.values():
        if active.enabled and active.binding.id:  # ours have one, Textual's own have none
            keys.setdefault(_meaning(active.binding), []).append(key_name(active.binding.key))
    for word, names in keys.items():
        yield _line(names, word, "bold $accent")


def _not_now(screen: Screen[object]) -> Iterator[Content]:
    """Yield the keys of a screen that do nothing as things stand; none to who may only look."""
    shared: ScreenContext | None = getattr(screen, "shared", None)
    if shared is None or shared.is_readonly:
        return
    active = {binding.binding.id for binding in screen.active_bindings.values() if binding.enabled}
    own = [binding_type for binding_type in screen.BINDINGS if isinstance(binding_type, Binding)]
    for number, one in enumerate(each for each in own if each.id not in active):
        if number == 0:
            yield Content.styled("\nNot as things stand", "bold $muted")
        yield _line([key_name(key) for key in one.key.split(",")], _meaning(one), "$muted")


def _meaning(binding: Binding) -> str:
    return binding.tooltip or binding.description


def _line(keys: list[str], word: str, style: str) -> Content:
    return Content.assemble((f"{'  '.join(dict.fromkeys(keys)):<22}", style), plain(word))
