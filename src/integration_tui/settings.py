"""The program's own settings: command line over INTEGRATION_* over settings.toml over defaults.

A secret never belongs here, but the store's address may hold one: it is never repeated.

See docs/decisions/0007.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from integration_tui.domain.config.validation import UNKNOWN, ConfigProblem, wording
from integration_tui.domain.config.version import Environment
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.message import NotifyMode
from integration_tui.domain.text import visible
from integration_tui.paths import PREFIX, check_paths, store_url


def _listed(value: object) -> object:
    """Read a variable's list: JSON, or names with commas between."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return _from_json(value)
    return [name.strip() for name in value.split(",") if name.strip()]


def _from_json(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
RETIRED: Final[Mapping[str, str]] = {"feature_flags": "there are no feature flags"}
"""Settings of older files and environments that have no effect, and why. They stay valid."""


class Settings(BaseModel):
    """What an administrator decides once for the whole program. Made by `load_settings`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    enabled_providers: Names = Field(
        default=(), description="Integration types to offer. Empty: all built-in types."
    )
    default_provider: str = Field(
        default="oneroster", description="Default type of new integrations."
    )
    health_check_interval: int = Field(
        default=300_000, ge=1000, le=86_400_000, description="Time between health checks, in ms."
    )
    provider_timeout: int = Field(
        default=30_000, ge=100, le=600_000, description="Timeout of requests, in ms."
    )
    max_retries: int = Field(default=3, ge=0, le=20, description="Maximum retries of a request.")
    auto_reconnect: bool = Field(default=True, description="Reconnect automatically after errors.")
    store: str = Field(
        default="",
        repr=False,  # it may hold a password
        description="Store URL or path. Empty: a SQLite file in the data folder.",
    )
    environment: Environment = Field(
        default=Environment.PRODUCTION, description="Environment whose overrides apply."
    )
    trusted_plugins: Names = Field(
        default=(), description="Trusted plug-in distributions. Their code sees secrets."
    )
    retention_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="Days to keep health checks and run details.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Minimum log level."
    )
    log_file: Path | None = Field(default=None, description="Log file. Empty: in the data folder.")

    notify: NotifyMode = Field(
        default=NotifyMode.OFF,
        description="Terminal alerts for problems: off, bell or notification.",
    )
    window_title: bool = Field(
        default=True,
        description="Show the number of open problems in the window title.",
    )

    config_dir: Path = Field(description="Configuration folder: settings.toml and integrations/.")
    data_dir: Path = Field(description="Data folder: store and log.")
    state_dir: Path = Field(description="State folder: console layout.")
    sources: Mapping[str, str] = Field(
        repr=False, exclude=True, description="Origin of each value; see `origins`."
    )

    @property
    def integrations_dir(self) -> Path:
        """The folder with a document for each integration."""
        return self.config_dir / "integrations"

    @property
    def store_url(self) -> str:
        """The store's address. May hold a password: not to be shown."""
        return store_url(self.store, self.data_dir)

    @property
    def log_path(self) -> Path:
        """The log file."""
        return self.log_file or self.data_dir / "integration-tui.log"


SETTINGS: Final = tuple(name for name in Settings.model_fields if name != "sources")
"""The names of all settings; in the environment in capitals, behind INTEGRATION_."""


def load_settings(
    *, environ: Mapping[str, str], store: str | None = None, config_dir: Path | None = None
) -> Settings:
    """Return the settings active. `store` and `config_dir` come from the command line.

    Raises `ConfigError` with a problem for each wrong value, naming its variable or its line.
    """
    found = check_paths(environ, store=store, config_dir=config_dir)
    for name in RETIRED.keys() & found.values.keys():
        del found.values[name]
    for name in set(found.values) - set(SETTINGS):
        if found.sources.get(name, "").startswith(PREFIX):
            _require_no_misspelling(name)
            del found.values[name]
    return _checked(found.values, found.sources)


def origins(settings: Settings) -> Mapping[str, str]:
    """Return for each setting where its value comes from: a variable, a line, or "default"."""
    return {name: settings.sources.get(name, "default") for name in SETTINGS}


def without_effect(settings: Settings) -> Mapping[str, str]:
    """Return by place what is set, but has no effect any more, and why."""
    return {
        settings.sources[name]: reason
        for name, reason in RETIRED.items()
        if name in settings.sources
    }


def shown(settings: Settings) -> Mapping[str, str]:
    """Return the value of each setting, fit to be shown."""
    values = settings.model_dump(mode="json", exclude={"store", "sources"})
    values["store"] = "not shown" if "://" in settings.store else settings.store
    return {name: _short(values[name]) for name in SETTINGS}


def _short(value: object) -> str:
    if value in (None, "", [], {}):
        return "-"
    return value if isinstance(value, str) else json.dumps(value)


def _require_no_misspelling(name: str) -> None:
    """Refuse what is nearly a setting. What is far from all is somebody's secret, and fine."""
    near = get_close_matches(name, SETTINGS, n=1, cutoff=0.8)
    if near:
        raise ConfigError(
            f"{visible(PREFIX + name.upper())} is not a setting",
            advice=f"did you mean {PREFIX}{near[0].upper()}?",
        )


def _checked(values: Mapping[str, object], sources: Mapping[str, str]) -> Settings:
    try:
        return Settings.model_validate({**values, "sources": sources})
    except ValidationError as error:
        problems = [
            _problem(
                detail["loc"], _format_error(detail["type"], detail.get("ctx", {})), values, sources
            )
            for detail in error.errors(include_input=False, include_url=False)
        ]
    problems.sort(key=lambda problem: problem.line)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    raise ConfigError(f"{problems[0]}{more}", problems=problems)


def _format_error(error_type: str, context: Mapping[str, object]) -> str:
    return wording(error_type, context) or UNKNOWN


def _problem(
    loc: tuple[str | int, ...], said: str, values: Mapping[str, object], sources: Mapping[str, str]
) -> ConfigProblem:
    name = str(loc[0])
    source = sources.get(name, "")
    file, _, line = source.partition(":")
    near = get_close_matches(name, SETTINGS, n=1)
    return ConfigProblem(
        message=f"{said}{_found(name, values)}",
        path=".".join(str(part) for part in loc) if line else source,
        file=file if line else "",
        line=int(line) if line else 0,
        advice=f"did you mean {near[0]!r}?" if near and name not in SETTINGS else "",
    )


def _found(name: str, values: Mapping[str, object]) -> str:
    value = values.get(name)
    if name == "store" or name not in SETTINGS or not isinstance(value, str | int):
        return ""
    return f", found {visible(value, limit=40)!r}"
