"""Brings the files in the configuration folder and the store together.

A file that somebody changed becomes a new version; a file that is behind is written again. A
file that cannot be used is reported and left alone, and so is the integration it belongs to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from integration_tui.config.document import read
from integration_tui.domain.actor import Actor
from integration_tui.domain.config import ConfigVersion
from integration_tui.domain.errors import ConfigError, ConflictError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import Integration
from integration_tui.domain.problem import ConfigProblem
from integration_tui.engine.documents import Documents, Draft
from integration_tui.services.config import ConfigService, Edit
from integration_tui.services.drafts import problems_of
from integration_tui.services.integrations import IntegrationService
from integration_tui.services.sources import Sources
from integration_tui.store.database import Database

_LARGEST = 2**20
_SUFFIXES = frozenset({".yaml", ".yml", ".toml", ".json"})


class FileState(StrEnum):
    """What became of a file."""

    ADDED = "added"
    CHANGED = "changed"
    RESTORED = "restored"
    SAME = "same"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFinding:
    """One file of the folder. `problems` says what to mend in a broken one."""

    path: Path
    state: FileState
    integration_id: IntegrationId | None = None
    problems: tuple[ConfigProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Rooms:
    """What bringing files in needs of the other services."""

    database: Database
    documents: Documents
    integrations: IntegrationService
    config: ConfigService
    sources: Sources


class FileService:
    """Knows the folder of configuration files, and what was found there last."""

    def __init__(self, folder: Path, rooms: Rooms) -> None:
        self.folder = folder
        self.findings: tuple[FileFinding, ...] = ()
        self.rooms = rooms

    @property
    def problems(self) -> tuple[ConfigProblem, ...]:
        """What there is to mend in the files that could not be used."""
        return tuple(problem for finding in self.findings for problem in finding.problems)

    async def bring_in(self, *, actor: Actor) -> tuple[FileFinding, ...]:
        """Look at every file once, bring in what changed, and return what was found."""
        known = await self._known()
        paths = sorted(path for path in self._listed() if path.suffix.lower() in _SUFFIXES)
        self.findings = tuple(
            [_unchanged(path, known) or await self._bring_in_one(path, actor) for path in paths]
        )
        return self.findings

    async def _known(self) -> dict[tuple[str, str], IntegrationId]:
        """Return which files, by path and content, are what is in force: most of them."""
        async with self.rooms.database.reading() as rows:
            active = {one.integration_id: one.checksum for one in await rows.configs.all_active()}
            stored = await rows.integrations.all()
        return {
            (one.source_path, one.source_checksum): one.id
            for one in stored
            if one.source_path and active.get(one.id) == one.source_checksum
        }

    def _listed(self) -> list[Path]:
        try:
            return list(self.folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ConfigError(
                f"the configuration folder {self.folder} cannot be read: {error.strerror}",
                advice="give yourself the right to read it, or name another with --config-dir",
            ) from error

    async def _bring_in_one(self, path: Path, actor: Actor) -> FileFinding:
        try:
            document = read(path)
            draft = Draft(text=document.text, format=document.format, file=path.name)
            return await self._compare(path, draft, actor)
        except ConfigError as error:
            problems = problems_of(error, path.name)
        except ConflictError as error:
            problems = problems_of(ConfigError(error.message, advice=error.advice), path.name)
        return FileFinding(path=path, state=FileState.BROKEN, problems=problems)

    async def _compare(self, path: Path, draft: Draft, actor: Actor) -> FileFinding:
        integration_id = IntegrationId(self.rooms.documents.config_of(draft).name)
        async with self.rooms.database.reading() as rows:
            stored = await rows.integrations.find(integration_id)
            active = await rows.configs.active(integration_id) if stored else None
        if stored is None or active is None:
            await self.rooms.integrations.register(draft, actor=actor, source_path=str(path))
            return FileFinding(path=path, state=FileState.ADDED, integration_id=integration_id)
        _require_one_file(stored, path)
        state = await self._settle(path, draft, actor, stored, active)
        return FileFinding(path=path, state=state, integration_id=integration_id)

    async def _settle(
        self, path: Path, draft: Draft, actor: Actor, stored: Integration, active: ConfigVersion
    ) -> FileState:
        if draft.checksum == active.checksum:
            if (stored.source_path, stored.source_checksum) != (str(path), draft.checksum):
                await self.rooms.sources.mark(stored.id, str(path), draft.checksum)
            return FileState.SAME
        if draft.checksum == stored.source_checksum:
            await self.rooms.sources.write_back(stored.id)
            return FileState.RESTORED
        if stored.source_path != str(path):
            await self.rooms.sources.mark(stored.id, str(path), stored.source_checksum)
        await self.rooms.config.save(_edit(path, draft, actor, active))
        return FileState.CHANGED


def _unchanged(path: Path, known: Mapping[tuple[str, str], IntegrationId]) -> FileFinding | None:
    """Recognise a file that is what it was without reading it as a document."""
    if not any(str(path) == source for source, _ in known):
        return None
    try:
        with path.open("rb") as file:
            content = hashlib.sha256(file.read(_LARGEST)).hexdigest()
    except OSError:
        return None  # read as a document, it is told what is wrong with it
    integration_id = known.get((str(path), content))
    if integration_id is None:
        return None
    return FileFinding(path=path, state=FileState.SAME, integration_id=integration_id)


def _edit(path: Path, draft: Draft, actor: Actor, active: ConfigVersion) -> Edit:
    return Edit(
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
            advice="keep one, or give the other a name of its own",
        )
