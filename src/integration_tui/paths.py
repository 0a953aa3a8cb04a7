"""Where this user's files are: found before anything is judged, and without heavy imports.

The command line comes before the environment, that before `settings.toml`, that before what the
system has its users' files in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from integration_tui.domain.errors import ConfigError

PREFIX: Final = "INTEGRATION_"
FILE: Final = "settings.toml"
STATE_FILE: Final = "console.json"
_NOT_IN_FILE: Final = ("config_dir", "state_dir", "sources")
_PATHS: Final = ("data_dir", "log_file", "store")
_SQLITE: Final = "sqlite:///"
_MAX_BYTES: Final = 1 << 20


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was written down, by setting, and where: a variable, a line, an option."""

    values: dict[str, object]
    sources: dict[str, str]


def check_paths(
    environ: Mapping[str, str], *, store: str | None = None, config_dir: Path | None = None
) -> Found:
    """Read what there is. Raises `ConfigError` for a settings file that cannot be read."""
    environment = {
        name.removeprefix(PREFIX).lower(): text
        for name, text in environ.items()
        if name.startswith(PREFIX)
    }
    folder = _folder(config_dir or environment.get("config_dir"), "user_config_path")
    values, sources = _from_file(folder / FILE)
    values |= {name: _beside(folder, values[name]) for name in _PATHS if name in values}
    values |= environment
    sources |= {name: PREFIX + name.upper() for name in environment}
    if store is not None:
        values["store"], sources["store"] = store, "--store"
    if config_dir is not None:
        sources["config_dir"] = "--config-dir"
    values["config_dir"] = folder
    values["data_dir"] = _folder(values.get("data_dir"), "user_data_path")
    values["state_dir"] = _folder(environment.get("state_dir"), "user_state_path")
    return Found(values=values, sources=sources)


def _beside(folder: Path, value: object) -> object:
    """Return a path of the settings file as seen from its folder: a copy keeps to itself."""
    if not isinstance(value, str) or not value:
        return value
    scheme = _SQLITE if value.startswith(_SQLITE) else ""
    path = value.removeprefix(scheme)
    if "://" in path or path.startswith("~") or path in {"", ":memory:"}:
        return value
    return f"{scheme}{folder / path}"


def config_folder(environ: Mapping[str, str], config_dir: Path | None = None) -> Path:
    """Return the folder with settings, documents, themes and keys."""
    return _folder(config_dir or environ.get(f"{PREFIX}CONFIG_DIR"), "user_config_path")


def state_file(environ: Mapping[str, str]) -> Path:
    """Return the file that keeps how the console was left."""
    return _folder(environ.get(f"{PREFIX}STATE_DIR"), "user_state_path") / STATE_FILE


def store_url(store: object, data_dir: object) -> str:
    """Return the store's address: as named, or the file in the data folder."""
    named = str(store) if store else str(Path(str(data_dir)) / "integration-tui.db")
    return named if "://" in named else f"{_SQLITE}{Path(named).expanduser().absolute()}"


def _folder(
    named: object, kind: Literal["user_config_path", "user_data_path", "user_state_path"]
) -> Path:
    if named:
        return Path(str(named)).expanduser().absolute()
    import platformdirs

    folder: Path = getattr(platformdirs, kind)("integration-tui", appauthor=False)
    return folder


def _from_file(path: Path) -> tuple[dict[str, object], dict[str, str]]:
    text = _text(path)
    try:
        values: dict[str, object] = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place = str(error).rpartition("(")[2].removesuffix(")")
        where = f" {place}" if place.startswith("at ") else ""
        raise ConfigError(
            f"{path} is not valid TOML{where}", advice="put texts in quotes, and each key once"
        ) from None
    lines = _lines(text)
    for name in _NOT_IN_FILE:
        if name in values:
            raise ConfigError(f"{path}: {name} cannot be set in this file")
    return values, {name: f"{FILE}:{lines.get(name, 1)}" for name in values}


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{path} is larger than 1 MiB, which no settings are")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not a text file", advice="save it as UTF-8") from None
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise ConfigError(f"{path} cannot be read: {reason}") from error


def _lines(text: str) -> dict[str, int]:
    """Return the line of each key and table at the top: all that the settings have."""
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        key = line.partition("=")[0].strip().strip("[]").strip().strip("\"'").partition(".")[0]
        lines.setdefault(key, number)
    return lines


_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """Return the folder of that name: inside the wheel, or beside the source."""
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / name
