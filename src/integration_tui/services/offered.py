"""Which provider types the settings offer, and which of them is the default."""

from __future__ import annotations

from integration_tui.domain.errors import ConfigError, NotFoundError
from integration_tui.domain.problem import ConfigProblem
from integration_tui.providers.catalog import Catalog
from integration_tui.settings import Settings, origins

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
            f"add it to {_ENABLED}, or name one of {', '.join(settings.enabled_providers)}",
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
