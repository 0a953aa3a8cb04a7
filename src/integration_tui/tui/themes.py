"""Themes from TOML files: one file a theme, named by its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from textual.app import App
from textual.color import Color
from textual.theme import Theme

from integration_tui.domain.errors import ConfigError
from integration_tui.paths import folder

DEFAULT = "night"
_COLOURS = frozenset(
    {"primary", "secondary", "accent", "warning", "error", "success"}
    | {"foreground", "background", "surface", "panel"}
)
_ROLES = frozenset(
    {"muted", "faint", "edge", "edge-focus", "cursor", "cursor-off", "key", "area", "ink"}
    | {"ok", "warn", "bad", "ok-ground", "warn-ground", "bad-ground"}
)
"""What is mixed from the colours; a theme that wants others names them."""
_HOW = "see docs/console.md for the keys of a theme"


def roles(colours: Mapping[str, str]) -> dict[str, str]:
    """Return the colours that no theme has to name, mixed from those that each has.

    `muted` is text of the second rank, readable on every ground; `faint` is for grids and empty
    cells, never for text; `ok`, `warn` and `bad` are states, and their grounds lie behind text.
    """
    ground, ink = Color.parse(colours["surface"]), Color.parse(colours["foreground"])
    primary = Color.parse(colours["primary"])
    states = {"ok": "success", "warn": "warning", "bad": "error"}
    mixed = {
        "muted": ground.blend(ink, 0.72),
        "faint": ground.blend(ink, 0.26),
        "edge": ground.blend(ink, 0.2),
        "edge-focus": primary,
        "cursor": ground.blend(primary, 0.2 if ink.brightness > ground.brightness else 0.16),
        "cursor-off": Color.parse(colours["panel"]),
        "key": Color.parse(colours["accent"]),
        "area": ground.blend(primary, 0.55),
        "ink": Color.parse(colours["background"]),
        **_scrollbar(ground, ink),
    }
    for role, key in states.items():
        mixed[role] = Color.parse(colours[key])
        # The terminal's own colours cannot be mixed: there a ground is the one below.
        own = ground if mixed[role].ansi is not None else ground.blend(mixed[role], 0.16)
        mixed[f"{role}-ground"] = own
    return {role: colour.css for role, colour in mixed.items()}


def _scrollbar(ground: Color, ink: Color) -> dict[str, Color]:
    """Return the colors of a scrollbar, by Textual's names: no trough, a thumb like a frame."""
    trough = ("background", "background-hover", "background-active", "corner-color")
    thumb = {"scrollbar": 0.3, "scrollbar-hover": 0.4, "scrollbar-active": 0.5}
    thumbs = {name: ground.blend(ink, share) for name, share in thumb.items()}
    return dict.fromkeys((f"scrollbar-{name}" for name in trough), ground) | thumbs


_SCROLLBAR: Final = frozenset(_scrollbar(Color(0, 0, 0), Color(255, 255, 255)))


class ThemedApp(App[None]):
    """An app whose styles may use the roles."""

    def get_css_variables(self) -> dict[str, str]:
        """Add the roles that are mixed from a theme's colours; a theme may name its own."""
        variables = super().get_css_variables()
        mixed = roles(variables)
        scrollbar = {name: mixed[name] for name in _SCROLLBAR}  # Textual's own stand out too much
        self.theme_variables = {**mixed, **variables, **scrollbar}
        return self.theme_variables


def theme_folders(home: Path | None = None) -> list[Path]:
    """Return the folder that comes with the program, and the person's own behind it."""
    return [folder("themes"), *([home / "themes"] if home else [])]


def theme_files(folders: Sequence[Path]) -> list[Path]:
    """Return the files of all themes, by name; one of a later folder replaces its namesake."""
    found = {path.stem: path for place in folders for path in place.glob("*.toml")}
    return [found[name] for name in sorted(found)]


def load_theme(path: Path) -> Theme:
    """Read one theme. Raises `ConfigError` that names file and key."""
    import tomllib

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"theme {path.name} cannot be read: {error}", advice=_HOW) from error
    colours = dict(_colours(path, document))
    if "primary" not in colours:
        raise ConfigError(f"theme {path.name} has no primary", advice=_HOW)
    return Theme(
        name=path.stem,
        dark=document.get("dark") is not False,
        primary=colours.pop("primary"),
        secondary=colours.get("secondary"),
        warning=colours.get("warning"),
        error=colours.get("error"),
        success=colours.get("success"),
        accent=colours.get("accent"),
        foreground=colours.get("foreground"),
        background=colours.get("background"),
        surface=colours.get("surface"),
        panel=colours.get("panel"),
        variables={role: colours[role] for role in _ROLES & colours.keys()},
    )


def missing_colors(theme: Theme) -> list[str]:
    """Return the colors that a theme does not name: for those a default is used."""
    return sorted(name for name in _COLOURS if getattr(theme, name) is None)


def _colours(path: Path, document: dict[str, object]) -> Iterator[tuple[str, str]]:
    from textual.color import ColorParseError

    for key, value in document.items():
        if key == "dark" and isinstance(value, bool):
            continue
        if key not in _COLOURS | _ROLES or not isinstance(value, str):
            raise ConfigError(f"theme {path.name}: {key} is no colour of a theme", advice=_HOW)
        try:
            Color.parse(value)
        except ColorParseError as error:
            raise ConfigError(f"theme {path.name}: {key} is not a colour", advice=_HOW) from error
        yield key, value
