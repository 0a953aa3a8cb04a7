"""From a document to a valid config: the catalog's model, the program's environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration_tui.config.document import parse
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.config.version import ConfigVersion, Environment
from integration_tui.domain.config.version import Draft as Draft
from integration_tui.domain.config.version import checksum as checksum
from integration_tui.domain.errors import ConfigError, ConsoleError, UsageError
from integration_tui.domain.provider import Capability
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.config.validation import Validated
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.providers.catalog import Catalog

_log = get(__name__)


class ConfigLoader:
    """Reads documents for one environment."""

    def __init__(self, catalog: Catalog, environment: Environment) -> None:
        self._catalog = catalog
        self.environment = environment

    def problems(self, draft: Draft) -> tuple[ConfigProblem, ...]:
        """Return everything there is to fix, in the order of the document."""
        try:
            return self._validated(draft).problems
        except ConfigError as error:
            return error.problems or (ConfigProblem(message=error.message, advice=error.advice),)

    def notes(self, draft: Draft) -> tuple[ConfigProblem, ...]:
        """Return what is valid in a document, but has no effect any more."""
        try:
            return self._validated(draft).notes
        except ConfigError:
            return ()  # `problems` names what is wrong

    def can(self, provider: str, capability: Capability) -> bool:
        """Return whether a provider type can be used, and has a capability."""
        return self._catalog.can(provider, capability)

    def no_changes(self, provider: str) -> str:
        """Return why a type always lists everything; empty where it tells what changed."""
        try:
            spec = self._catalog.spec(provider)
        except ConsoleError:
            return ""
        if spec.lists_changes:
            return ""
        return f"{spec.title} has no incremental reads: everything was read"

    def obstacle(self, provider: str) -> str:
        """Return why no roster can be read of a provider type; empty where one can.

        Also empty where the type cannot be used: whoever opens it is told why.
        """
        try:
            spec = self._catalog.spec(provider)
        except ConsoleError:
            return ""
        can_list = Capability.DATA_SYNC in spec.capabilities
        return "" if can_list else f"{spec.title} provides no rosters"

    def require_roster(self, name: str, provider: str) -> None:
        """Raise `UsageError` where an integration is of a type that lists nothing."""
        if obstacle := self.obstacle(provider):
            raise UsageError(
                f"{name} cannot be synced or pulled: {obstacle}",
                advice="see provider types for types with data_sync",
            )

    def notes_on(self, version: ConfigVersion) -> tuple[ConfigProblem, ...]:
        """Return what is valid in a stored version, but has no effect any more."""
        return self.notes(_draft_of(version))

    def config_of(self, draft: Draft) -> ProviderConfig:
        """Return the valid config. Raises `ConfigError` with all problems."""
        validated = self._validated(draft)
        if validated.config is None:
            raise _refusal(draft, validated.problems)
        return validated.config

    def config_of_version(self, version: ConfigVersion) -> ProviderConfig:
        """Return the config of a stored version, upgraded to the current schema."""
        return self.config_of(_draft_of(version))

    def _validated(self, draft: Draft) -> Validated:
        from integration_tui.config.validation import validate  # who lists documents checks none

        document = parse(draft.text, draft.format, file=draft.file)
        try:
            return validate(
                document,
                environment=self.environment,
                model_of=self._catalog.model_of,
                types=self._catalog.keys(),
                obstacle_of=self.obstacle,
            )
        except ConsoleError:
            raise
        except Exception as error:  # a plug-in's model, and its migrations, are its own code
            _log.error("a provider type's model failed", file=draft.file, exc_info=error)
            raise ConfigError(
                f"{draft.file or 'the document'} cannot be checked: the configuration model of"
                f" its type failed with {type(error).__name__}",
                advice="bug in the connector: see the log, and report it to its maintainers",
            ) from error


def _draft_of(version: ConfigVersion) -> Draft:
    name = f"{version.integration_id} version {version.number}"
    return Draft(text=version.text, format=version.format, file=name)


def _refusal(draft: Draft, problems: tuple[ConfigProblem, ...]) -> ConfigError:
    first = str(problems[0]) if problems else f"{draft.file or 'the document'} is not valid"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return ConfigError(f"{first}{more}", problems=problems)
