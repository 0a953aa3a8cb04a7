"""Old documents, read as if they were written today. The document itself is not changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import TypeGuard

from integration_tui.config.nodes import Json
from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.errors import ConfigError


def upgrade(data: dict[str, Json], *, model: type[ProviderConfig]) -> dict[str, object]:
    """Return `data` in the model's schema version.

    A document that does not say its version may be of any: all migrations are run on it, and
    leave alone what is in the newer form. Raises `ConfigError` where the document is newer than
    the program, or in no version's form. Keys that have no effect any more are left out.
    """
    upgraded: dict[str, object] = deepcopy({**data})
    written_for = data.get("schema_version", 1)
    if isinstance(written_for, bool):  # which pydantic takes for a number
        raise ConfigError("must be a whole number")
    if not isinstance(written_for, int) or written_for < 1:
        return _without_retired(upgraded, model)  # the model says what is wrong with it
    if written_for > model.SCHEMA_VERSION:
        raise ConfigError(
            f"was written for schema version {written_for}, "
            f"but this program knows {model.SCHEMA_VERSION} and older",
            advice="install a newer integration-tui, or write the older form",
        )
    for version in range(written_for, model.SCHEMA_VERSION):
        upgraded = _migrated(upgraded, version, model)
    return {**_without_retired(upgraded, model), "schema_version": model.SCHEMA_VERSION}


def retired_keys(
    data: Mapping[str, object], model: type[ProviderConfig]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path of each key in `data` that has no effect any more, and why."""
    for dotted, reason in model.RETIRED.items():
        *sections, key = path = tuple(dotted.split("."))
        section = _section_at(data, sections)
        is_own = len(path) == 1 and key in model.model_fields
        if section is not None and key in section and not is_own:
            yield path, reason


def _without_retired(data: dict[str, object], model: type[ProviderConfig]) -> dict[str, object]:
    for (*sections, key), _ in [*retired_keys(data, model)]:
        section = _section_at(data, sections)
        if section is not None:
            del section[key]
    return data


def _section_at(data: object, path: list[str]) -> dict[str, object] | None:
    found = data
    for key in path:
        found = found.get(key) if _is_section(found) else None
    return found if _is_section(found) else None


def _is_section(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _migrated(
    data: dict[str, object], version: int, model: type[ProviderConfig]
) -> dict[str, object]:
    try:
        return model.MIGRATIONS[version](data)
    except (KeyError, TypeError, ValueError, AttributeError):
        # Their texts may hold what was entered.
        raise ConfigError(
            f"cannot be brought from schema version {version} to {version + 1}",
            advice="write the document in the present form: see config schema",
        ) from None
