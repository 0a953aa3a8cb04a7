"""Old documents, read as if they were written today. The document itself is not changed."""

from __future__ import annotations

from copy import deepcopy

from integration_tui.config.tree import Json
from integration_tui.domain.config import ProviderConfig
from integration_tui.domain.errors import ConfigError


def upgrade(data: dict[str, Json], *, model: type[ProviderConfig]) -> dict[str, object]:
    """Return `data` in the model's schema version.

    A document that does not say its version may be of any: all migrations are run on it, and
    leave alone what is in the newer form. Raises `ConfigError` where the document is newer than
    the program, or in no version's form.
    """
    upgraded: dict[str, object] = deepcopy({**data})
    written_for = data.get("schema_version", 1)
    if isinstance(written_for, bool):  # which pydantic takes for a number
        raise ConfigError("must be a whole number")
    if not isinstance(written_for, int) or written_for < 1:
        return upgraded  # the model says what is wrong with it
    if written_for > model.SCHEMA_VERSION:
        raise ConfigError(
            f"was written for schema version {written_for}, "
            f"but this program knows {model.SCHEMA_VERSION} and older",
            advice="install a newer integration-tui, or write the older form",
        )
    for version in range(written_for, model.SCHEMA_VERSION):
        upgraded = _migrated(upgraded, version, model)
    return {**upgraded, "schema_version": model.SCHEMA_VERSION}


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
