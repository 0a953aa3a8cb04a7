"""The program's own settings: command line over INTEGRATION_* over settings.toml over defaults.

A secret never belongs here, but the store's address may hold one: it is never repeated.

See docs/decisions/0007.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args

import msgspec

from integration_tui.domain.config.validation import UNKNOWN, ConfigProblem, wording
from integration_tui.domain.config.version import Environment
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.message import NotifyMode
from integration_tui.domain.text import visible
from integration_tui.paths import PREFIX, check_paths, store_url

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError


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


_LISTS: Final = ("enabled_providers", "trusted_plugins")
RETIRED: Final[Mapping[str, str]] = {"feature_flags": "there are no feature flags"}
"""Settings of older files and environments that have no effect, and why. They stay valid."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an administrator decides once for the whole program. Made by `load_settings`."""

    enabled_providers: Annotated[
        tuple[str, ...],
        msgspec.Meta(description="Integration types to offer. Empty: all built-in types."),
    ] = ()
    default_provider: Annotated[
        str, msgspec.Meta(description="Default type of new integrations.")
    ] = "oneroster"
    health_check_interval: Annotated[
        int, msgspec.Meta(ge=1000, le=86_400_000, description="Time between health checks, in ms.")
    ] = 300_000
    provider_timeout: Annotated[
        int, msgspec.Meta(ge=100, le=600_000, description="Timeout of requests, in ms.")
    ] = 30_000
    max_retries: Annotated[
        int, msgspec.Meta(ge=0, le=20, description="Maximum retries of a request.")
    ] = 3
    auto_reconnect: Annotated[
        bool, msgspec.Meta(description="Reconnect automatically after errors.")
    ] = True
    store: Annotated[
        str, msgspec.Meta(description="Store URL or path. Empty: a SQLite file in the data folder.")
    ] = ""
    environment: Annotated[
        Environment, msgspec.Meta(description="Environment whose overrides apply.")
    ] = Environment.PRODUCTION
    trusted_plugins: Annotated[
        tuple[str, ...],
        msgspec.Meta(description="Trusted plug-in distributions. Their code sees secrets."),
    ] = ()
    retention_days: Annotated[
        int, msgspec.Meta(ge=1, le=3650, description="Days to keep health checks and run details.")
    ] = 30
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], msgspec.Meta(description="Minimum log level.")
    ] = "info"
    log_file: Annotated[
        Path | None, msgspec.Meta(description="Log file. Empty: in the data folder.")
    ] = None

    notify: Annotated[
        NotifyMode,
        msgspec.Meta(description="Terminal alerts for problems: off, bell or notification."),
    ] = NotifyMode.OFF
    window_title: Annotated[
        bool, msgspec.Meta(description="Show the number of open problems in the window title.")
    ] = True

    config_dir: Annotated[
        Path, msgspec.Meta(description="Configuration folder: settings.toml and integrations/.")
    ]
    data_dir: Annotated[Path, msgspec.Meta(description="Data folder: store and log.")]
    state_dir: Annotated[Path, msgspec.Meta(description="State folder: console layout.")]
    sources: Annotated[
        Mapping[str, str], msgspec.Meta(description="Origin of each value; see `origins`.")
    ]

    def __repr__(self) -> str:
        """Return the class alone: the store's address may hold a password."""
        return f"{type(self).__name__}(...)"

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


SETTINGS: Final = tuple(name for name in Settings.__struct_fields__ if name != "sources")
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
    values: dict[str, object] = msgspec.to_builtins(settings, enc_hook=str)
    values["store"] = "not shown" if "://" in settings.store else settings.store
    return {name: _short(values[name]) for name in SETTINGS}


def _short(value: object) -> str:
    if value in (None, "", (), []):
        return "-"
    return value if isinstance(value, str) else json.dumps(value)


def _require_no_misspelling(name: str) -> None:
    """Refuse what is nearly a setting. What is far from all is somebody's secret, and fine."""
    from difflib import get_close_matches

    near = get_close_matches(name, SETTINGS, n=1, cutoff=0.8)
    if near:
        raise ConfigError(
            f"{visible(PREFIX + name.upper())} is not a setting",
            advice=f"did you mean {PREFIX}{near[0].upper()}?",
        )


def _checked(values: Mapping[str, object], sources: Mapping[str, str]) -> Settings:
    try:
        return _converted({**values, "sources": sources})
    except msgspec.ValidationError:
        return _judged(values, sources)


def _converted(values: Mapping[str, object]) -> Settings:
    """Return settings that are plainly valid. Raises `ValidationError` where that is not sure."""
    known = _with_lists(values)
    path = known.get("log_file")
    known |= {"log_file": Path(path)} if isinstance(path, str) else {}
    return msgspec.convert(known, Settings, strict=False)


def _with_lists(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _listed(value) if name in _LISTS else value for name, value in values.items()}


def _judged(values: Mapping[str, object], sources: Mapping[str, str]) -> Settings:
    """Return settings that are spelled in another way. Raises `ConfigError`, in full words.

    pydantic knows more ways to write a number, and says what is wrong with a value: to load it
    takes longer than most commands do.
    """
    from pydantic import ValidationError

    try:
        found = _model().model_validate(_with_lists(values))
    except ValidationError as error:
        raise _refusal(error, values, sources) from None
    return Settings(**dict(found), sources=sources)


def _model() -> type[BaseModel]:
    """Return the same settings as a model of pydantic."""
    from pydantic import ConfigDict, Field, create_model

    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        kind, meta = get_args(field.type)
        default = ... if field.required else field.default
        fields[field.name] = kind, Field(default=default, ge=meta.ge, le=meta.le)
    del fields["sources"]
    config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    return create_model("Settings", __config__=config, **fields)


def _refusal(
    error: ValidationError, values: Mapping[str, object], sources: Mapping[str, str]
) -> ConfigError:
    problems = [
        _problem(
            detail["loc"], _format_error(detail["type"], detail.get("ctx", {})), values, sources
        )
        for detail in error.errors(include_input=False, include_url=False)
    ]
    problems.sort(key=lambda problem: problem.line)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return ConfigError(f"{problems[0]}{more}", problems=problems)


def _format_error(error_type: str, context: Mapping[str, object]) -> str:
    return wording(error_type, context) or UNKNOWN


def _problem(
    loc: tuple[str | int, ...], said: str, values: Mapping[str, object], sources: Mapping[str, str]
) -> ConfigProblem:
    from difflib import get_close_matches

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
