"""What a person has made their own: themes, keys, and how the screens were left."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from integration_tui.domain.errors import ConfigError
from integration_tui.tui.keymap import read_keymap
from integration_tui.tui.state import State, load_state, save_state
from integration_tui.tui.themes import DEFAULT, load_theme, theme_files, theme_folders

if TYPE_CHECKING:
    from textual.app import App

    from integration_tui.tui.screens.base import ConsoleScreen


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Where it is: the folder with `themes/` and `keymap.toml`, and the file that is kept."""

    home: Path | None = None
    state: Path | None = None


class Habits:
    """What is read for the first frame is little; the rest follows when it stands."""

    def __init__(self, app: App[None], own: Own) -> None:
        self._app = app
        self._home = own.home
        self._path = own.state
        self._left = load_state(own.state)

    @property
    def mode(self) -> str:
        """The screen that was open last."""
        return self._left.mode

    def remembered(self, mode: str) -> dict[str, str]:
        """Return what a screen remembered of itself."""
        return self._left.screens.get(mode, {})

    def first_theme(self) -> None:
        """Have the right theme before anything is made of the usual one, and thrown away again."""
        for name in filter(None, (self._left.theme, DEFAULT)):
            with suppress(ConfigError):  # said later, with those of the other themes
                for path in self._files():
                    if path.stem == name:
                        self._app.register_theme(load_theme(path))
            if name in self._app.available_themes:
                _begin_with(self._app, name)
                return

    def load_themes(self) -> Iterator[str]:
        """Register all themes; yield a sentence for each that cannot be used."""
        for path in self._files():
            try:
                self._app.register_theme(load_theme(path))
            except ConfigError as error:
                yield str(error)

    def load_keys(self) -> Iterator[str]:
        """Give the keys that were chosen; yield a sentence for each that cannot be given."""
        overrides, problems = read_keymap(self._home)
        yield from problems
        if overrides:
            from integration_tui.tui.screens.rebinding import judged

            keymap, clashes = judged(overrides, type(self._app))
            yield from clashes
            self._app.set_keymap(keymap)

    def keep(self, mode: str, made: Mapping[str, ConsoleScreen]) -> str:
        """Write down how everything was left; return why that could not be done, or nothing.

        `mode` is the screen in front, `made` are all that somebody went to.
        """
        if self._path is None:
            return ""
        screens = dict(self._left.screens)
        there = {name: screen for name, screen in made.items() if screen.is_running}
        screens |= {name: dict(screen.remember()) for name, screen in there.items()}
        self._left = State(theme=self._app.theme, mode=mode, screens=screens)
        return save_state(self._path, self._left)

    def _files(self) -> list[Path]:
        return theme_files(theme_folders(self._home))


def _begin_with(app: App[None], theme: str) -> None:
    """Use a theme in an app that does not run yet: nothing has to be refreshed."""
    app.set_reactive(type(app).theme, theme)
    app.stylesheet.set_variables(app.get_css_variables())
    app.set_class(app.current_theme.dark, "-dark-mode", update=False)
    app.set_class(not app.current_theme.dark, "-light-mode", update=False)
