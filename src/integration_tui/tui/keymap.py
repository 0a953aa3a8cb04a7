"""Keys that mean the same on every screen."""

from __future__ import annotations

from textual.binding import Binding, BindingType

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


def key_name(key: str) -> str:
    """Return a key as people know it."""
    names = {"question_mark": "?", "colon": ":", "slash": "/", "escape": "esc", "space": "space"}
    short = key.replace("ctrl+", "^")
    return names.get(key, short)
