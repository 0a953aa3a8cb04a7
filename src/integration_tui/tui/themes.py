"""Themes from TOML files: one file a theme, named by its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from textual.theme import Theme

from integration_tui.domain.errors import ConfigError
from integration_tui.paths import folder

DEFAULT = "dusk"
_COLOURS = frozenset(
    {"primary", "secondary", "accent", "warning", "error", "success"}
    | {"foreground", "background", "surface", "panel"}
)
_HOW = "see docs/console.md for the keys of a theme"


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
    )


def _colours(path: Path, document: dict[str, object]) -> Iterator[tuple[str, str]]:
    from textual.color import Color, ColorParseError

    for key, value in document.items():
        if key == "dark" and isinstance(value, bool):
            continue
        if key not in _COLOURS or not isinstance(value, str):
            raise ConfigError(f"theme {path.name}: {key} is no colour of a theme", advice=_HOW)
        try:
            Color.parse(value)
        except ColorParseError as error:
            raise ConfigError(f"theme {path.name}: {key} is not a colour", advice=_HOW) from error
        yield key, value
