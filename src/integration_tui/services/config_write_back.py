"""Keeps an integration's file in step with the active version.

The store remembers what the file held when it was last read or written. A file that still
holds just that, while the store has moved on, is behind and is written again; this is also how
a save that was cut off between store and file is completed at the next start.

See docs/decisions/0002.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integration_tui.domain.config.version import ConfigVersion, checksum
from integration_tui.domain.errors import ConfigError, ConflictError, UsageError
from integration_tui.domain.value import replace
from integration_tui.files.atomic import read_text, rename_new, replacing, snapshot

if TYPE_CHECKING:
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.store.database import Database

_SET_ASIDE: Final = ".removed"


def file_there(source_path: str) -> Path | None:
    """Return the file of an integration, where it has one that is still there."""
    path = Path(source_path)
    return path if source_path and path.exists() else None


def free_name(path: Path) -> Path:
    """Return the name that a file is set aside under: one that no file has yet."""
    for number in count(1):
        ending = f"{_SET_ASIDE}-{number}" if number > 1 else _SET_ASIDE
        aside = path.with_name(f"{path.name}{ending}")
        if not aside.exists():
            return aside
    raise AssertionError("numbers do not end")


def rename_removed(path: Path) -> None:
    """Rename a file so that it is not read any more; one that is gone is no error.

    Raises `ConfigError`.
    """
    try:
        rename_new(path, free_name(path))
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be renamed: {(error.strerror or 'unknown reason').lower()}",
            advice=f"grant write permission to its folder (chmod u+w {path.parent}),"
            " or move the file",
        ) from error


class ConfigFileWriter:
    """The files that documents come from."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write_back(self, integration_id: IntegrationId) -> bool:
        """Write the active version to its file; return whether there is one.

        Raises `ConfigError` where it cannot be written: the version stays active, and the
        next start tries again.
        """
        async with self._database.reading() as rows:
            integration = await rows.integrations.get(integration_id)
            version = await rows.configs.active(integration_id)
        if not integration.source_path:
            return False
        known = {integration.source_checksum, version.checksum}
        try:
            await asyncio.to_thread(_write, Path(integration.source_path), version, known)
        except ConflictError as error:
            raise ConfigError(
                f"version {version.number} is active, but {error.message}",
                advice="the file becomes the next version when read; see config diff",
            ) from error
        except (ConfigError, UsageError) as error:
            raise ConfigError(
                f"version {version.number} is active, but {error.message}",
                advice="fix the problem; the next start writes the file again",
            ) from error
        await self.save_source(integration_id, integration.source_path, version.checksum)
        return True

    async def save_source(self, integration_id: IntegrationId, path: str, checksum: str) -> None:
        """Remember that the file at `path` now holds what has this checksum."""
        async with self._database.transaction() as transaction:
            stored = await transaction.integrations.get(integration_id)
            await transaction.integrations.save(
                replace(stored, source_path=path, source_checksum=checksum)
            )


def _write(path: Path, version: ConfigVersion, known: Collection[str]) -> None:
    """Write a version over a text that is known. Raises `ConflictError` where it is another."""
    seen = snapshot(path)
    if seen is not None and checksum(read_text(path)) not in known:
        raise ConflictError(f"{path} changed on disk; not overwritten")
    with replacing(path, replaces=False, seen=seen) as file:
        file.write(version.text)
