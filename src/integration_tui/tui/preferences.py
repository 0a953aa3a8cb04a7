"""What a person has made their own: themes, keys, and how the screens were left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import msgspec

from integration_tui.domain.errors import ConfigError, ConsoleError
from integration_tui.files.atomic import write
from integration_tui.tui.keymap import read_keymap
from integration_tui.tui.themes import DEFAULT, load_theme, theme_files, theme_folders

if TYPE_CHECKING:
    from textual.app import App

    from integration_tui.tui.screens.context import RememberedScreen


_MAX_BYTES = 1 << 18


class State(msgspec.Struct, kw_only=True):
    """The theme, the screen that was open, and what each screen remembers of itself."""

    theme: str = ""
    mode: str = ""
    screens: dict[str, dict[str, str]] = msgspec.field(default_factory=dict[str, dict[str, str]])


def load_state(path: Path | None) -> State:
    """Return what was kept; nothing where there is nothing, or nothing of use."""
    if path is None:
        return State()
    try:
        if path.stat().st_size > _MAX_BYTES:
            return State()
        found: object = msgspec.json.decode(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return State()
    return _state(found) if _is_mapping(found) else State()


def save_state(path: Path | None, state: State) -> str:
    """Keep it, in one step; return why that could not be done, or nothing."""
    if path is None:
        return ""
    import json

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, json.dumps(msgspec.structs.asdict(state), indent=1))
    except OSError as error:
        return f"layout not saved: {error.strerror}"
    except ConsoleError as error:
        return f"layout not saved: {error.message}"
    return ""


def _state(found: Mapping[object, object]) -> State:
    screens = found.get("screens")
    by_name: Mapping[object, object] = screens if _is_mapping(screens) else {}
    return State(
        theme=_text(found.get("theme")),
        mode=_text(found.get("mode")),
        screens={
            str(name): {str(key): _text(value) for key, value in one.items()}
            for name, one in by_name.items()
            if _is_mapping(one)
        },
    )


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false


class UserFolder(msgspec.Struct, frozen=True, kw_only=True):
    """Where it is: the folder with `themes/` and `keymap.toml`, and the file that is kept.

    `integrations` is the folder that configuration files are read from.

    With `is_ascii`, the terminal lacks the signs of Unicode, or the person does not want them.
    """

    home: Path | None = None
    state: Path | None = None
    integrations: Path | None = None
    is_ascii: bool = False


class Preferences:
    """What is read for the first frame is little; the rest follows when it stands."""

    def __init__(self, app: App[None], own: UserFolder) -> None:
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
            from integration_tui.tui.keymap_validation import validated

            keymap, clashes = validated(overrides, type(self._app))
            yield from clashes
            self._app.set_keymap(keymap)

    def keep(self, mode: str, made: Mapping[str, RememberedScreen]) -> str:
        """Write down how everything was left; return why that could not be done, or nothing.

        `mode` is the screen in front, `made` are all that somebody went to.
        """
        if self._path is None:
            return ""
        screens = dict(self._left.screens)
        there = {name: screen for name, screen in made.items() if screen.is_running}
        screens |= {
            name: {**screen.remember(), **screen.pane_sizes} for name, screen in there.items()
        }
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
