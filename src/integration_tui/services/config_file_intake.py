"""Brings one configuration file and the store together.

A file that somebody changed becomes a new version; a file that is behind is written again. A
file that cannot be used is reported and left alone, and so is the integration it belongs to.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from integration_tui.config.document import read
from integration_tui.domain.errors import ConfigError, ConflictError
from integration_tui.domain.ids import IntegrationId
from integration_tui.engine.config_loader import ConfigLoader, Draft
from integration_tui.services.config import ConfigEdit, ConfigService
from integration_tui.services.config_drafts import problems_of
from integration_tui.services.config_file_findings import ConfigFileFinding, FileState

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.config.validation import ConfigProblem
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.domain.integration import Integration
    from integration_tui.services.config_write_back import ConfigFileWriter
    from integration_tui.services.integrations import IntegrationService
    from integration_tui.store.database import Database


class FileIntakeDependencies(msgspec.Struct, frozen=True):
    """What bringing files in needs of the other services."""

    database: Database
    documents: ConfigLoader
    integrations: IntegrationService
    config: ConfigService
    sources: ConfigFileWriter


class FileIntake:
    """Takes files in, one by one."""

    def __init__(self, dependencies: FileIntakeDependencies) -> None:
        self._dependencies = dependencies

    async def bring_in(self, path: Path, *, actor: Actor) -> ConfigFileFinding:
        """Store what is new in a file, or write it again where it is behind."""
        try:
            document = read(path)
            draft = Draft(text=document.text, format=document.format, file=path.name)
            return await self._compare(path, draft, actor)
        except ConfigError as error:
            return await self._broken(path, problems_of(error, path.name))
        except ConflictError as error:
            told = ConfigError(error.message, advice=error.advice)
            return await self._broken(path, problems_of(told, path.name))

    async def examine(self, path: Path) -> ConfigFileFinding:
        """Return whether a file is valid; nothing is stored."""
        try:
            document = read(path)
            draft = Draft(text=document.text, format=document.format, file=path.name)
            name = IntegrationId(self._dependencies.documents.config_of(draft).name)
        except ConfigError as error:
            return await self._broken(path, problems_of(error, path.name))
        return ConfigFileFinding(path=path, state=FileState.SAME, integration_id=name)

    async def _broken(self, path: Path, problems: tuple[ConfigProblem, ...]) -> ConfigFileFinding:
        """Return what is known of a broken file, the integration that it seems to be of too."""
        async with self._dependencies.database.reading() as rows:
            stored = await rows.integrations.all()
        names = {integration.id: integration for integration in stored}
        owner = next(
            (integration for integration in stored if integration.source_path == str(path)), None
        )
        name = owner.id if owner else await asyncio.to_thread(_name_in, path)
        owner = owner or names.get(name)
        return ConfigFileFinding(
            path=path,
            state=FileState.BROKEN,
            integration_id=name,
            problems=problems,
            version=owner.config_version if owner else 0,
        )

    async def _compare(self, path: Path, draft: Draft, actor: Actor) -> ConfigFileFinding:
        integration_id = IntegrationId(self._dependencies.documents.config_of(draft).name)
        async with self._dependencies.database.reading() as rows:
            stored = await rows.integrations.find(integration_id)
            active = await rows.configs.active(integration_id) if stored else None
        if stored is None or active is None:
            await self._dependencies.integrations.register(
                draft, actor=actor, source_path=str(path)
            )
            return ConfigFileFinding(
                path=path, state=FileState.ADDED, integration_id=integration_id, version=1
            )
        _require_one_file(stored, path)
        state = await self._settle(path, draft, actor, stored, active)
        version = active.number + (state is FileState.CHANGED)
        return ConfigFileFinding(
            path=path, state=state, integration_id=integration_id, version=version
        )

    async def _settle(
        self, path: Path, draft: Draft, actor: Actor, stored: Integration, active: ConfigVersion
    ) -> FileState:
        if draft.checksum == active.checksum:
            if (stored.source_path, stored.source_checksum) != (str(path), draft.checksum):
                await self._dependencies.sources.save_source(stored.id, str(path), draft.checksum)
            is_elsewhere = stored.source_path not in {"", str(path)}
            return FileState.RENAMED if is_elsewhere else FileState.SAME
        if draft.checksum == stored.source_checksum:
            await self._dependencies.sources.write_back(stored.id)
            return FileState.RESTORED
        if stored.source_path != str(path):
            await self._dependencies.sources.save_source(
                stored.id, str(path), stored.source_checksum
            )
        await self._dependencies.config.save(_edit(path, draft, actor, active))
        return FileState.CHANGED


def _name_in(path: Path) -> IntegrationId:
    """Return the name that an invalid document gives, or else its file's."""
    try:
        name = read(path).data.get("name")
    except ConfigError:
        name = None
    return IntegrationId(name if isinstance(name, str) and name else path.stem)


def _edit(path: Path, draft: Draft, actor: Actor, active: ConfigVersion) -> ConfigEdit:
    return ConfigEdit(
        integration_id=active.integration_id,
        draft=draft,
        expected=active.number,
        reason=f"{path.name} was changed",
        actor=actor,
        untested=True,
    )


def _require_one_file(stored: Integration, path: Path) -> None:
    other = stored.source_path
    if other and other != str(path) and Path(other).exists():
        raise ConflictError(
            f"{stored.id} is configured in two files: {Path(other).name} and {path.name}",
            advice="delete one, or change its name",
        )
