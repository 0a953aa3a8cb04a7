"""What every key does here, grouped by purpose. Made from the bindings themselves."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from integration_tui.tui.keymap import LIST_GROUP, ROW_GROUP, key_name
from integration_tui.tui.widgets.dialogs import SafeInput
from integration_tui.tui.widgets.roles import fit, line, lines, text
from integration_tui.tui.widgets.static_text import StaticLines
from integration_tui.tui.widgets.window import Window

if TYPE_CHECKING:
    from textual.screen import Screen

    from integration_tui.tui.screens.context import ScreenContext

_GROUPS: Final = ("Selected row", "This screen", "List and panes", "Sort", "Go to", "Console")
_UNAVAILABLE: Final = "Not available now"
_SIGNS: Final = (
    line(
        ("● ", "ok"), "healthy   ", ("▲ ", "warn"), "degraded   ", ("✗ ", "bad"), "down   ",
        ("◌ ", "info"), "starting   ", ("○ ", "muted"), "stopped   ", ("⊘ ", "muted"), "disabled",
    ),
    text("Status never relies on color alone. NO_COLOR is respected.", "muted"),
)  # fmt: skip
_THREE_FROM, _TWO_FROM = 100, 60
_KEYS: Final = 9
"""Cells of a column of keys."""


class KeyEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Keys that mean the same, and the purpose that they are listed under."""

    group: str
    keys: str
    meaning: str
    is_available: bool = True

    def fits(self, wanted: str) -> bool:
        return wanted in f"{self.keys} {self.meaning} {self.group}".lower()


class HelpScreen(ModalScreen[None]):
    """Generated, so that it cannot be out of date. Every key of a list scrolls it."""

    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "leave", "Close", id="help.close"),
        Binding("slash", "search", "Search", id="help.search"),
        Binding("down,j", "scroll(1)", "Down", show=False, id="help.down"),
        Binding("up,k", "scroll(-1)", "Up", show=False, id="help.up"),
        Binding("pagedown,ctrl+d,space", "page(1)", "Page down", show=False, id="help.page-down"),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False, id="help.page-up"),
        Binding("home,g", "first", "First", show=False, id="help.first"),
        Binding("end,G", "last", "Last", show=False, id="help.last"),
    ]
    DEFAULT_CSS = """
    HelpScreen {
        & Window { width: 128; max-width: 96%; height: auto; max-height: 94%; padding: 0 2; }
        & Input { border: none; height: 1; padding: 0; margin: 0; background: $surface;
            display: none; }
        & Input:focus { border: none; }
        & VerticalScroll { height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
    }
    """

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self._about = getattr(screen, "title_text", "") or "this window"
        self.entries = [*_available(screen), *_unavailable(screen)]

    def compose(self) -> ComposeResult:
        with Window(title=f"Keys: {self._about}"):
            yield SafeInput(placeholder="Search: a key or a word")
            with VerticalScroll():
                yield StaticLines(id="keys")

    def on_mount(self) -> None:
        self._show("")

    def on_resize(self) -> None:
        self._show(self.query_one(Input).value)

    def _show(self, wanted: str) -> None:
        width = min(124, self.size.width * 96 // 100) - 6
        entries = [entry for entry in self.entries if entry.fits(wanted.strip().lower())]
        shown = _in_columns(entries, width) or [text(f'No key matches "{wanted.strip()}".')]
        self.query_one(StaticLines).show(lines([*shown, Content(""), *_SIGNS]))

    def action_search(self) -> None:
        """Show only the keys that a word is about."""
        search = self.query_one(SafeInput)
        search.display = True
        search.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value)

    @on(Input.Submitted)
    def _searched(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_leave(self) -> None:
        search = self.query_one(SafeInput)
        if search.display:
            search.value = ""
            search.display = False
            self.query_one(VerticalScroll).focus()
        else:
            self.dismiss()

    @property
    def _pane(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    def action_scroll(self, rows: int) -> None:
        self._pane.scroll_relative(y=rows, animate=False, immediate=True)

    def action_page(self, pages: int) -> None:
        self._pane.scroll_relative(
            y=pages * max(self._pane.size.height - 1, 1), animate=False, immediate=True
        )

    def action_first(self) -> None:
        self._pane.scroll_home(animate=False)

    def action_last(self) -> None:
        self._pane.scroll_end(animate=False)


def _available(screen: Screen[object]) -> Iterator[KeyEntry]:
    """Yield an entry for everything that can be done, with all the keys that do it."""
    keys: dict[tuple[str, str], list[str]] = {}
    for active in screen.active_bindings.values():
        if active.enabled and active.binding.id:  # ours have one, Textual's own have none
            about = (_group(active.binding), _meaning(active.binding))
            keys.setdefault(about, []).append(key_name(active.binding.key))
    for (group, meaning), names in keys.items():
        yield KeyEntry(group=group, keys=" ".join(dict.fromkeys(names)), meaning=meaning)


def _unavailable(screen: Screen[object]) -> Iterator[KeyEntry]:
    """Yield the keys of a screen that do nothing now; none to who may only look."""
    shared: ScreenContext | None = getattr(screen, "shared", None)
    if shared is None or shared.is_readonly:
        return
    active = {active.binding.id for active in screen.active_bindings.values() if active.enabled}
    for binding in screen.BINDINGS:
        if isinstance(binding, Binding) and binding.id not in active:
            keys = " ".join(map(key_name, binding.key.split(",")))
            yield KeyEntry(
                group=_UNAVAILABLE, keys=keys, meaning=_meaning(binding), is_available=False
            )


def _meaning(binding: Binding) -> str:
    return binding.tooltip or binding.description


def _group(binding: Binding) -> str:
    """Return the purpose that a key stands under."""
    name = binding.id or ""
    if binding.group == ROW_GROUP:
        return "Selected row"
    if ".sort-" in name:
        return "Sort"
    if name.startswith("go.") or name in {"app.back", "app.forward"}:
        return "Go to"
    if binding.group == LIST_GROUP or name.startswith(("list.", "pane.")):
        return "List and panes"
    return "Console" if name.startswith(("app.", "demo.")) else "This screen"


def _in_columns(entries: Sequence[KeyEntry], width: int) -> list[Content]:
    """Return groups side by side, each column about as long as the others."""
    count = 3 if width >= _THREE_FROM else 2 if width >= _TWO_FROM else 1
    room = width // count - (2 if count > 1 else 0)
    blocks = [
        _block(group, [entry for entry in entries if entry.group == group], room)
        for group in (*_GROUPS, _UNAVAILABLE)
    ]
    columns: list[list[Content]] = [[] for _ in range(count)]
    most = -(-sum(map(len, blocks)) // count)
    place = 0
    for block in filter(None, blocks):
        if place < count - 1 and columns[place] and len(columns[place]) + len(block) // 2 > most:
            place += 1
        columns[place] += block
    height = max(map(len, columns))
    return [
        line(*(part for column in columns for part in (_at(column, row, room), "  ")))
        for row in range(height)
    ]


def _block(title: str, entries: Sequence[KeyEntry], room: int) -> list[Content]:
    if not entries:
        return []
    rows = [text(title, "title")]
    for entry in entries:
        key = fit(text(entry.keys, "key" if entry.is_available else "muted"), _KEYS)
        meaning = text(entry.meaning, "" if entry.is_available else "muted")
        first, *others = meaning.wrap(max(room - _KEYS - 1, 10))
        rows.append(line(key, " ", first))
        rows += [line(" " * (_KEYS + 1), other) for other in others]
    return [*rows, Content("")]


def _at(column: Sequence[Content], row: int, room: int) -> Content:
    return fit(column[row] if row < len(column) else Content(""), room)
