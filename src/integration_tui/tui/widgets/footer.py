"""The keys below each screen, in groups: what is about the row, the screen's own, the list's."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from textual import events
from textual.app import RenderResult
from textual.binding import ActiveBinding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from integration_tui.tui.keymap import LIST_GROUP, ROW_GROUP, key_code, key_name
from integration_tui.tui.widgets.roles import line, text
from integration_tui.tui.widgets.static_text import index_at

_APART: Final = "   "
"""Between the keys of the place and those that are everywhere."""


class FooterKey(NamedTuple):
    """A key as people know it, what it does, and the group it stands in."""

    name: str
    label: str
    group: int = 1


def is_typing(screen: Screen[object]) -> bool:
    """Return whether letters are text right now: `Input` itself would cost the first frame time."""
    return screen.focused is not None and screen.focused.check_consume_key("a", "a")


def keys_of(screen: Screen[object]) -> list[FooterKey]:
    """Return the keys that do something here: those about a row, the screen's, the list's."""
    found: dict[str, FooterKey] = {}
    has_line = is_typing(screen)
    for active in screen.active_bindings.values():  # without those that an editor takes as text
        is_elsewhere = has_line and active.binding.group == LIST_GROUP  # first, the line is left
        if active.binding.show and active.enabled and active.binding.id and not is_elsewhere:
            label = active.binding.description
            label = label[:1].lower() + label[1:]
            found.setdefault(label, FooterKey(key_name(active.binding.key), label, _group(active)))
    return sorted(found.values(), key=lambda key: key.group)


def _group(active: ActiveBinding) -> int:
    group = active.binding.group
    return 0 if group == ROW_GROUP else 2 if group == LIST_GROUP else 1


class KeyFooter(Widget):
    """The keys of a screen in groups, as many as fit whole. Each can be clicked."""

    DEFAULT_CSS = """
    KeyFooter { dock: bottom; height: 1; background: $panel; color: $foreground; padding: 0 1; }
    """

    ALWAYS: ClassVar[tuple[FooterKey, ...]] = (
        FooterKey("?", "help"),
        FooterKey(":", "commands"),
        FooterKey("q", "quit"),
    )

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._keys_changed)

    def _keys_changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def keys(self) -> list[FooterKey]:
        """Return the keys that stand there, from left to right."""
        return [key for key, _ in self._placed() if key is not None]

    def _placed(self) -> list[Placed]:
        """Return keys with what is drawn for them; what is no key stands between."""
        bindings = self.screen.active_bindings
        always = [key for key in self.ALWAYS if key_code(key.name) in bindings]
        right: list[Placed] = []
        for key in always:
            right += [(None, Content("  " if right else _APART)), (key, _drawn(key))]
        room = self.content_size.width - length(right)
        left = fitting(keys_of(self.screen), room)
        blank = Content(" " * max(room - length(left), 0))
        return [*left, (None, blank), *right]

    def render(self) -> RenderResult:
        shown = line(*(content for _, content in self._placed()))
        return shown.truncate(self.content_size.width, ellipsis=True)

    def on_click(self, event: events.Click) -> None:
        placed = self._placed()
        place = index_at((content.plain for _, content in placed), event.x - 1)
        if place is not None and (key := placed[place][0]) is not None:
            self.app.simulate_key(key_code(key.name))


def _drawn(key: FooterKey) -> Content:
    return line((key.name, "key"), f" {key.label}")


Placed = tuple[FooterKey | None, Content]
"""A key with what is drawn for it; what stands between keys is none."""


def length(placed: Sequence[Placed]) -> int:
    """Return how many cells it takes."""
    return sum(content.cell_length for _, content in placed)


def fitting(keys: Sequence[FooterKey], room: int) -> list[Placed]:
    """Return the keys that fit whole; help has them all."""
    placed: list[Placed] = []
    group = keys[0].group if keys else 0
    for key in keys:
        between = "" if not placed else "  " if key.group == group else "  │  "
        more: list[Placed] = [
            (None, text(between, "faint")),
            (key, _drawn(key)),
        ]
        if length(placed) + length(more) <= room:
            placed += more
            group = key.group
    return placed
