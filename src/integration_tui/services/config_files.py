"""Knows the folder of configuration files: what was found in it, and what happened there since."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integration_tui.domain.errors import (
    ConfigError,
    ConsoleError,
    UnknownIntegrationError,
)
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import (
    Integration,
    IntegrationStatus,
    Intent,
    Problem,
    Trouble,
)
from integration_tui.domain.integration_overview import Overview
from integration_tui.domain.value import replace
from integration_tui.services.config_drafts import problems_of
from integration_tui.services.config_file_findings import ConfigFileFinding, FileState
from integration_tui.services.config_file_intake import FileIntake, FileIntakeDependencies
from integration_tui.store.sqlite_file import is_elsewhere

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.config.validation import ConfigProblem

_LARGEST = 2**20
_MOST_NEWS: Final = 100
_SUFFIXES = frozenset({".yaml", ".yml", ".toml", ".json"})


class FileService:
    """Knows the folder of configuration files, and what was found there last."""

    def __init__(self, folder: Path, dependencies: FileIntakeDependencies) -> None:
        self.folder = folder
        self.findings: tuple[ConfigFileFinding, ...] = ()
        self.remarks: tuple[str, ...] = ()
        """What is to be said once: that the store was kept for the files of another folder."""
        self.dependencies = dependencies
        self._intake = FileIntake(dependencies)
        self._news: deque[tuple[int, ConfigFileFinding]] = deque(maxlen=_MOST_NEWS)
        self._noticed = 0

    @property
    def problems(self) -> tuple[ConfigProblem, ...]:
        """What there is to fix in the files that could not be used."""
        return tuple(problem for finding in self.findings for problem in finding.problems)

    @property
    def broken(self) -> tuple[ConfigFileFinding, ...]:
        """The files that could not be used."""
        return tuple(finding for finding in self.findings if finding.state is FileState.BROKEN)

    def explained(self, error: ConsoleError) -> ConsoleError:
        """Return a better error where an integration is unknown only since its file is invalid."""
        if isinstance(error, UnknownIntegrationError):
            for finding in self.broken:
                if finding.integration_id == error.name:
                    first = f"{error.name}: configuration invalid: {finding.problems[0]}"
                    return ConfigError(first, problems=finding.problems)
        return error

    def invalid(self) -> list[Overview]:
        """Return what would be an integration if its file were valid, as integrations are shown."""
        return [_invalid(finding) for finding in self.broken if finding.is_invalid]

    async def bring_in(self, *, actor: Actor) -> tuple[ConfigFileFinding, ...]:
        """Look at every file once, bring in what changed, and return what was found."""
        await self._anchor()
        return await self._look(lambda path: self._intake.bring_in(path, actor=actor))

    async def _anchor(self) -> None:
        """Have files that are stored by whole paths stored by their names from now on."""
        async with self.dependencies.database.reading() as rows:
            whole = await rows.integrations.whole_paths()
        if not whole:
            return
        async with self.dependencies.database.transaction() as transaction:
            for integration_id in whole:
                stored = await transaction.integrations.get(integration_id)
                await transaction.integrations.save(stored)
        others = {
            str(Path(text).parent) for text in whole.values() if is_elsewhere(text, self.folder)
        }
        self.remarks = tuple(
            f"the store was kept for the files in {other}, which are left alone: from now on it"
            f" is kept for those in {self.folder}"
            for other in sorted(others)
        )

    async def examine(self) -> tuple[ConfigFileFinding, ...]:
        """Look at every file once, and store nothing: for somebody who may only look."""
        return await self._look(self._intake.examine)

    async def notice(self, *, actor: Actor) -> bool:
        """Bring in what changed; return whether there is news. Raises `StoreError`.

        A folder that cannot be read is news, too, and leaves everything as it is.
        """
        before = {finding.path: finding for finding in self.findings}
        try:
            found = await self.bring_in(actor=actor)
        except ConfigError as error:
            problems = problems_of(error, str(self.folder))
            found = (
                ConfigFileFinding(path=self.folder, state=FileState.BROKEN, problems=problems),
            )
            self.findings = (
                *(finding for finding in self.findings if finding.path != self.folder),
                *found,
            )
        news = [found_one for found_one in found if found_one.is_new(before.get(found_one.path))]
        for finding in news:
            self._noticed += 1
            self._news.append((self._noticed, finding))
        return bool(news)

    def findings_since(self, number: int) -> tuple[int, tuple[ConfigFileFinding, ...]]:
        """Return what was noticed after news of this number, and the number of the newest."""
        return self._noticed, tuple(one for at, one in self._news if at > number)

    def files(self) -> list[Path]:
        """Return the files that are looked at, by name. Raises `ConfigError`."""
        return sorted(path for path in self._listed() if _is_document(path))

    async def _look(
        self, look: Callable[[Path], Awaitable[ConfigFileFinding]]
    ) -> tuple[ConfigFileFinding, ...]:
        known = await self._known()
        paths = self.files()
        found = [_unchanged(path, known) or await look(path) for path in paths]
        self.findings = (*found, *await self._without_file(found))
        return self.findings

    async def _without_file(self, found: Sequence[ConfigFileFinding]) -> list[ConfigFileFinding]:
        """Return the integrations whose file was in the folder, and is not there any more."""
        async with self.dependencies.database.reading() as rows:
            stored = await rows.integrations.all()
        there = {finding.integration_id for finding in found} | {None}
        paths = {str(finding.path) for finding in found if finding.state is FileState.BROKEN}
        return [
            ConfigFileFinding(
                path=Path(integration.source_path),
                state=FileState.MISSING,
                integration_id=integration.id,
                version=integration.config_version,
            )
            for integration in stored
            if integration.id not in there
            and integration.source_path not in paths
            and integration.source_path
            and Path(integration.source_path).parent == self.folder
        ]

    async def _known(self) -> dict[tuple[str, str], Integration]:
        """Return which files, by path and content, are what is active: most of them."""
        async with self.dependencies.database.reading() as rows:
            active = {
                config_version.integration_id: config_version.checksum
                for config_version in await rows.configs.all_active()
            }
            stored = await rows.integrations.all()
        return {
            (integration.source_path, integration.source_checksum): integration
            for integration in stored
            if integration.source_path and active.get(integration.id) == integration.source_checksum
        }

    def _listed(self) -> list[Path]:
        try:
            return list(self.folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ConfigError(
                f"the configuration folder {self.folder} cannot be read: {error.strerror}",
                advice=f"grant read permission: chmod u+rx {self.folder},"
                " or pass another folder with --config-dir",
            ) from error


def _invalid(finding: ConfigFileFinding) -> Overview:
    problem = finding.problems[0]
    return Overview(
        integration=Integration(
            id=finding.integration_id or IntegrationId(finding.path.stem),
            provider="",
            title="",
            environment="",
            enabled=False,
            intent=Intent.RUN,
            status=IntegrationStatus.ERROR,
            config_version=0,
            revision=0,
            changed_at=datetime.fromtimestamp(0, UTC),
            problem=Problem(
                trouble=Trouble.CONFIGURATION,
                message=f"{finding.path.name} is invalid: {replace(problem, advice='')}",
                advice=problem.advice or "fix the file",
            ),
            source_path=str(finding.path),
        )
    )


def _is_document(path: Path) -> bool:
    """Leave out what editors and sync tools put beside a file, under a name with a dot first."""
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")


def _unchanged(
    path: Path, known: Mapping[tuple[str, str], Integration]
) -> ConfigFileFinding | None:
    """Recognise a file that is what it was without reading it as a document."""
    if not any(str(path) == source for source, _ in known):
        return None
    try:
        with path.open("rb") as file:
            content = hashlib.sha256(file.read(_LARGEST)).hexdigest()
    except OSError:
        return None  # read as a document, it is told what is wrong with it
    stored = known.get((str(path), content))
    if stored is None:
        return None
    return ConfigFileFinding(
        path=path,
        state=FileState.SAME,
        integration_id=stored.id,
        version=stored.config_version,
    )
