"""The provider types that there are, those that could not be loaded included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.errors import ConfigError, NotFoundError
from integration_tui.paths import folder
from integration_tui.providers.catalog import Catalog
from integration_tui.settings import Settings, origins

if TYPE_CHECKING:
    from integration_tui.domain.provider import Capability


class ProviderType(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the catalog. `error` says why a plug-in cannot be used.

    `is_default`: a new integration is of this type where none is named.
    """

    key: str
    title: str
    origin: str
    capabilities: tuple[Capability, ...]
    enabled: bool
    is_default: bool = False
    error: str = ""


class TypeService:
    """The catalog, for people."""

    def __init__(self, catalog: Catalog, *, default: str) -> None:
        self._catalog = catalog
        self.default = default

    def all(self) -> list[ProviderType]:
        """Return every type, built-in ones first; plug-ins are imported."""
        return [
            ProviderType(
                key=entry.key,
                title=entry.title,
                origin=entry.origin,
                capabilities=tuple(sorted(entry.capabilities)),
                enabled=entry.enabled,
                is_default=entry.key == self.default,
                error=entry.error,
            )
            for entry in self._catalog.entries()
        ]

    def schema(self, key: str) -> dict[str, object]:
        """Return the JSON Schema of a type's documents. Raises `NotFoundError`."""
        from integration_tui.config.json_schema import json_schema

        spec = self._catalog.spec(key)
        return json_schema(spec.config_model, title=spec.title)

    def sample(self, key: str) -> str:
        """Return a commented sample document. Raises `NotFoundError` for a plug-in's type."""
        self._catalog.require_usable(key)
        path = folder("sample_configs") / f"{key.replace('_', '-')}.yaml"
        if not path.is_file():
            raise NotFoundError(
                f"no sample for {key}",
                advice="see integration-tui config schema",
            )
        return path.read_text(encoding="utf-8")


_DEFAULT = "default_provider"
_ENABLED = "enabled_providers"


def offered(settings: Settings) -> Catalog:
    """Return the catalog as the settings want it.

    Raises `ConfigError`, at the variable or line, for a type that there is not, and for a
    default that is not enabled.
    """
    catalog = Catalog(enabled=settings.enabled_providers, trusted=settings.trusted_plugins)
    for setting, names in {
        _ENABLED: settings.enabled_providers,
        _DEFAULT: (settings.default_provider,),
    }.items():
        for name in names:
            try:
                catalog.require_known(name)
            except NotFoundError as error:
                raise _refusal(settings, setting, error.message, error.advice) from error
    if _is_written(settings) and not catalog.is_enabled(settings.default_provider):
        raise _refusal(
            settings,
            _DEFAULT,
            f"{settings.default_provider} is not enabled",
            f"add it to {_ENABLED}, or use one of {', '.join(settings.enabled_providers)}",
        )
    return catalog


def default_type(settings: Settings) -> str:
    """Return the type of a new integration where none is named: one that is enabled."""
    enabled = settings.enabled_providers
    is_offered = not enabled or settings.default_provider in enabled
    return settings.default_provider if is_offered else enabled[0]


def _is_written(settings: Settings) -> bool:
    return origins(settings)[_DEFAULT] != "default"


def _refusal(settings: Settings, setting: str, message: str, advice: str) -> ConfigError:
    source = origins(settings)[setting]
    file, _, line = source.partition(":")
    problem = ConfigProblem(
        message=message,
        path=setting if line else source,
        file=file if line else "",
        line=int(line) if line else 0,
        advice=advice,
    )
    return ConfigError(str(problem), problems=(problem,))
