"""The bar above each screen, and the keys below it."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from integration_tui.domain.integration import IntegrationStatus
from integration_tui.tui.keymap import key_name
from integration_tui.tui.sanitize import plain
from integration_tui.tui.widgets.status_icon import glyph

_COUNTED = (
    (IntegrationStatus.ACTIVE, "healthy", "$success"),
    (IntegrationStatus.DEGRADED, "degraded", "$warning"),
    (IntegrationStatus.ERROR, "error", "$error"),
)


class Tab(NamedTuple):
    """A screen as the bar names it: its key, its title, and a shorter one."""

    key: str
    title: str
    short: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What the bar says. `state` is what is going on; it stands in front of `engine`.

    With `is_usual`, the engine is as it should be: where there is no room, it is left out.
    """

    title: str = "integration-tui"
    state: str = ""
    engine: str = ""
    is_bad: bool = False
    is_usual: bool = False
    statuses: Sequence[IntegrationStatus] = field(default=())


class ScreenHeader(Widget):
    """Two lines: the title and the counts, the screens and who runs the engine."""

    DEFAULT_CSS = """
    ScreenHeader { dock: top; height: 2; background: $panel; color: $foreground; }
    """

    headline: reactive[Headline] = reactive(Headline())

    def __init__(self, tabs: Sequence[Tab], current: str) -> None:
        """Take all screens, and the title of this one."""
        super().__init__()
        self._tabs = tabs
        self._current = current

    def render(self) -> RenderResult:
        first = _between(self._title(), self._counts(), self.size.width)
        second = _between(self._screens(), self._engine(), self.size.width)
        return Content("\n").join([first, second])

    def on_click(self, event: events.Click) -> None:
        """Go to the screen whose name was clicked."""
        x = 0
        for tab, text in zip(self._tabs, self._tab_texts(), strict=True):
            x += cell_len(text)
            if event.y == 1 and event.x < x:
                self.app.simulate_key(tab.key)
                return

    def _tab_texts(self) -> list[str]:
        """Return the screens as they stand there: shorter, where there is no room for more."""
        room = self.size.width - self._engine().cell_length
        current = self._current
        full = [f" {tab.key} {tab.title} " for tab in self._tabs]
        tight = [text.rstrip() for text in full]
        keys = [
            f" {tab.key} {tab.title}" if tab.title == current else f" {tab.key}"
            for tab in self._tabs
        ]
        forms = (full, tight, self._short(), keys)
        return next((form for form in forms if cell_len("".join(form)) <= room), keys)

    def _short(self) -> list[str]:
        return [f" {tab.key} {tab.short}" for tab in self._tabs]

    def _title(self) -> Content:
        return Content.styled(f" {plain(self.headline.title)}", "bold")

    def _counts(self) -> Content:
        statuses = list(self.headline.statuses)
        parts = [
            Content.styled(f"{glyph(status)} {statuses.count(status)} {word}  ", tone)
            for status, word, tone in _COUNTED
        ]
        return Content.assemble(*parts) if statuses else Content("")

    def _screens(self) -> Content:
        titles = (tab.title for tab in self._tabs)
        return Content.assemble(
            *(
                (text, "bold reverse" if title == self._current else "")
                for title, text in zip(titles, self._tab_texts(), strict=True)
            )
        )

    def _engine(self) -> Content:
        text = self.headline.state or self.headline.engine
        names = cell_len("".join(self._short()))
        if self.headline.is_usual and not self.headline.state:
            text = text if names + cell_len(text) < self.size.width else ""
        return Content.styled(f"{plain(text)} ", "$error" if self.headline.is_bad else "")


def _between(left: Content, right: Content, width: int) -> Content:
    right = right.truncate(width, ellipsis=True)
    left = left.truncate(width - right.cell_length, ellipsis=True)
    return Content.assemble(left, " " * (width - left.cell_length - right.cell_length), right)


class KeyFooter(Widget):
    """The keys that do something here, as many as fit. Each can be clicked."""

    DEFAULT_CSS = """
    KeyFooter { dock: bottom; height: 1; background: $panel; color: $foreground; }
    """

    ALWAYS: ClassVar[tuple[tuple[str, str], ...]] = (("?", "help"), (":", "go"), ("q", "quit"))

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._keys_changed)

    def _keys_changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def keys(self) -> list[tuple[str, str]]:
        """Return the keys with what they do: those of this screen, as many as fit, and ours."""
        bindings = self.screen.active_bindings  # without those that an editor takes as text
        first: dict[str, str] = {}
        for active in bindings.values():
            if active.binding.show and active.enabled and active.binding.id:
                word = active.binding.description.lower()
                first.setdefault(word, key_name(active.binding.key))
        own = [(key, word) for word, key in first.items()]
        if self.screen.is_modal:  # the way out stands there, whatever else does not fit
            out = [pair for pair in own if pair[0] == _OUT]
            return _arranged([pair for pair in own if pair[0] != _OUT], out, self.size.width)
        always = [pair for pair in self.ALWAYS if _key_code(pair[0]) in bindings]
        return _arranged(own, always, self.size.width)

    def render(self) -> RenderResult:
        parts: list[Content] = []
        for key, word in self.keys():
            parts.append(Content.styled(f" {plain(key)}", "bold $accent"))
            parts.append(Content(f" {plain(word)} " if word else " "))
        return Content.assemble(*parts).truncate(self.size.width, ellipsis=True)

    def on_click(self, event: events.Click) -> None:
        x = 0
        for key, word in self.keys():
            x += _width((key, word))
            if event.x < x:
                self.app.simulate_key("f1" if key == _MORE else _key_code(key))
                return


_MORE = "…"
"""Stands for keys that do not fit; help lists them all."""
_OUT = "esc"
_FIND = "/"
"""Every list has it: its word makes room for the keys that only this screen has."""


def _arranged(
    own: Sequence[tuple[str, str]], always: Sequence[tuple[str, str]], room: int
) -> list[tuple[str, str]]:
    here = [pair for pair in own if pair[0] != _FIND]
    fixed = [*(pair for pair in own if pair[0] == _FIND), *always]
    if sum(map(_width, [*here, *fixed])) > room:
        fixed = [(key, "" if key == _FIND else word) for key, word in fixed]
    return [*_fitting(here, room - sum(map(_width, fixed))), *fixed]


def _fitting(keys: Sequence[tuple[str, str]], room: int) -> list[tuple[str, str]]:
    if sum(map(_width, keys)) <= room:
        return list(keys)
    kept: list[tuple[str, str]] = []
    left = room - _width((_MORE, ""))
    for key in keys:
        left -= _width(key)
        if left < 0:
            break
        kept.append(key)
    return [*kept, (_MORE, "")]


def _width(key: tuple[str, str]) -> int:
    name, word = key
    return cell_len(f" {name} {word} " if word else f" {name} ")


def _key_code(name: str) -> str:
    codes = {"?": "question_mark", ":": "colon", "/": "slash", "esc": "escape"}
    return codes.get(name, name.replace("^", "ctrl+"))
