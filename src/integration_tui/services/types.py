"""The provider types that there are, those that could not be loaded included."""

from __future__ import annotations

from dataclasses import dataclass

from integration_tui.config.schema import json_schema
from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.provider import Capability
from integration_tui.providers.catalog import Catalog
from integration_tui.resources import folder


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderType:
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
        """Return every type, built-in ones first; importing each once."""
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
        spec = self._catalog.spec(key)
        return json_schema(spec.config_model, title=spec.title)

    def sample(self, key: str) -> str:
        """Return a commented sample document. Raises `NotFoundError` for a plug-in's type."""
        self._catalog.spec(key)
        path = folder("sample_configs") / f"{key.replace('_', '-')}.yaml"
        if not path.is_file():
            raise NotFoundError(
                f"there is no sample for {key}", advice="`config schema` says what it needs"
            )
        return path.read_text(encoding="utf-8")
