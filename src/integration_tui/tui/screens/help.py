"""What every key does on the screen it was called from. Made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from integration_tui.tui.keymap import key_name
from integration_tui.tui.text import plain
from integration_tui.tui.widgets.dialogs import Page

if TYPE_CHECKING:
    from textual.screen import Screen

_SIGNS = (
    "● healthy   ▲ degraded   ✗ error   ◌ connecting   ○ inactive   ⊘ disabled",
    "Nothing is told by colour alone. NO_COLOR is respected.",
)


class HelpScreen(Page):
    """Generated, so that it cannot be out of date."""

    def __init__(self, screen: Screen[object]) -> None:
        title = plain(getattr(screen, "title_text", "") or "this window")
        lines = [*_lines(screen), Content(""), *map(Content, _SIGNS)]
        super().__init__(f"Keys: {title}", Content("\n").join(lines))


def _lines(screen: Screen[object]) -> Iterator[Content]:
    """Yield a line for everything that can be done, with all the keys that do it."""
    keys: dict[str, list[str]] = {}
    for active in screen.active_bindings.values():
        if active.enabled and active.binding.id:  # ours have one, Textual's own have none
            word = active.binding.description
            keys.setdefault(word, []).append(key_name(active.binding.key))
    for word, names in keys.items():
        yield Content.assemble(
            (f"{'  '.join(dict.fromkeys(names)):<22}", "bold $accent"), plain(word)
        )
