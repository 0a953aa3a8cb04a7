"""Which value of a configuration holds, and where each of them was written down.

A secret is told by its reference, and whether that leads somewhere; never by its value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, TypeGuard

import msgspec
from pydantic import BaseModel

from integration_tui.config.document import OVERLAYS, Document
from integration_tui.config.model_schema import child_of, has_child
from integration_tui.domain.diagnostics import EffectiveValue
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.redaction import MASK, is_sensitive_path, scrub
from integration_tui.domain.secret import SecretRef, SecretResolver

if TYPE_CHECKING:
    from integration_tui.config.nodes import Json, Key
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.config.version import Environment

DEFAULT = "default"
_OLDER = "the document, upgraded from an older form"


class _Leaf(msgspec.Struct, frozen=True):
    """A value at the end of a path; `is_set`: some document says so, in whatever form."""

    path: tuple[Key, ...]
    value: object
    is_set: bool


class ValueSource(msgspec.Struct, frozen=True, kw_only=True):
    """What tells where a value comes from. `written_in` names the document."""

    document: Document
    environment: Environment
    written_in: str
    secret: SecretResolver

    def of(self, config: ProviderConfig) -> list[EffectiveValue]:
        """Return every value of a config, in the order of its model."""
        resolved = self.document.resolved(self.environment)
        return [self._effective(leaf, resolved) for leaf in _leaves((), config, is_set=True)]

    def _effective(self, leaf: _Leaf, resolved: Mapping[str, Json]) -> EffectiveValue:
        value = leaf.value
        is_secret = isinstance(value, SecretRef)
        return EffectiveValue(
            path=".".join(map(str, leaf.path)),
            text=_text(leaf.path, value),
            origin=self._origin(leaf, resolved),
            is_secret=is_secret,
            trouble=self._trouble(value) if isinstance(value, SecretRef) else "",
        )

    def _origin(self, leaf: _Leaf, resolved: Mapping[str, Json]) -> str:
        if not _is_written(leaf.path, resolved):
            # Where a document is silent about its version, that is set when it is read.
            return _OLDER if leaf.is_set and leaf.path != ("schema_version",) else DEFAULT
        line, _ = self.document.position(leaf.path, self.environment)
        place = f"{self.written_in}:{line}"
        is_overlay = self.document.written(leaf.path, self.environment)[0] == OVERLAYS
        return f"{place}, {OVERLAYS}.{self.environment}" if is_overlay else place

    def _trouble(self, reference: SecretRef) -> str:
        try:
            self.secret(reference)
        except ConfigError as error:
            return str(error)
        return ""


def references(config: ProviderConfig) -> Iterator[SecretRef]:
    """Yield the references to secrets that a config has."""
    for leaf in _leaves((), config, is_set=True):
        if isinstance(leaf.value, SecretRef):
            yield leaf.value


def _is_written(path: Sequence[Key], resolved: object) -> bool:
    found = resolved
    for key in path:
        if not has_child(found, key):
            return False
        found = child_of(found, key)
    return True


def _leaves(path: tuple[Key, ...], value: object, *, is_set: bool) -> Iterator[_Leaf]:
    if isinstance(value, BaseModel):
        for name, child in value:
            is_child_set = is_set and name in value.model_fields_set
            yield from _leaves((*path, name), child, is_set=is_child_set)
    elif _is_mapping(value) and value:
        for key, child in value.items():
            yield from _leaves((*path, _word(key)), child, is_set=is_set)
    elif _is_list(value) and any(isinstance(member, BaseModel) for member in value):
        for place, child in enumerate(value):
            yield from _leaves((*path, place), child, is_set=is_set)
    else:
        yield _Leaf(path, value, is_set)


def _text(path: Sequence[Key], value: object) -> str:
    if isinstance(value, SecretRef):
        return str(value)
    is_hidden = isinstance(value, str) and value and not isinstance(value, Enum)
    return MASK if is_hidden and is_sensitive_path(path[-1:]) else scrub(_shown(value))


def _shown(value: object) -> str:
    if value is None or value == "" or ((_is_mapping(value) or _is_list(value)) and not value):
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if _is_list(value):
        return ", ".join(map(_shown, value))
    return _word(value)


def _word(value: object) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value)


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)
