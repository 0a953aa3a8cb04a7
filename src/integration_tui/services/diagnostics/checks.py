"""Checks an installation, and names a fix for everything that is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from integration_tui.config.document import parse
from integration_tui.domain.diagnostics import CheckResult, EffectiveValue, EnvironmentFact
from integration_tui.domain.errors import ConfigError, ConsoleError
from integration_tui.domain.health.failure import in_words
from integration_tui.domain.integration_overview import START_ENGINE, Overview
from integration_tui.domain.text import visible
from integration_tui.providers.http.tls import FILE, FOLDER, require_file, require_folder
from integration_tui.services.diagnostics import environment
from integration_tui.services.diagnostics.effective_config import ValueSource, references
from integration_tui.settings import Settings, origins, shown, without_effect

if TYPE_CHECKING:
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.domain.integration import Integration
    from integration_tui.domain.secret import SecretResolver
    from integration_tui.engine.config_loader import ConfigLoader
    from integration_tui.engine.engine import Engine
    from integration_tui.providers.catalog import Catalog
    from integration_tui.services.config_files import FileService
    from integration_tui.store.database import Database

Progress = Callable[[str], None]
"""Told what is being looked at. May be called from a thread."""
OwnFiles = Callable[[], Sequence[CheckResult]]
"""Checks the themes and keys of the person; may block."""


def _nobody(_what: str) -> None:
    pass


class DiagnosticsService(msgspec.Struct, frozen=True, kw_only=True):
    """What `doctor` says, and the values active with where they come from."""

    database: Database
    engine: Engine
    documents: ConfigLoader
    files: FileService
    catalog: Catalog
    secret: SecretResolver
    program: Settings
    environ: Mapping[str, str]
    own_files: OwnFiles = tuple[CheckResult, ...]

    async def diagnose(self, progress: Progress = _nobody) -> list[CheckResult]:
        """Look at everything once: versions, settings, places, and all checks."""
        known = [fact.diagnosis for fact in self.facts()]
        found = [
            CheckResult(
                subject=f"setting {setting.path}",
                right=True,
                detail=f"{setting.text} ({setting.origin})",
            )
            for setting in self.settings()
        ]
        retired = [
            CheckResult(
                subject=f"setting {place}",
                right=True,
                detail=f"has no effect: {reason}",
                is_neutral=True,
            )
            for place, reason in without_effect(self.program).items()
        ]
        return [
            *known,
            *retired,
            *sorted(found, key=lambda check: check.subject),
            *await self.checks(progress),
        ]

    async def checks(self, progress: Progress = _nobody) -> list[CheckResult]:
        """Make all checks, and return what each found."""
        return [check async for check in self.checking(progress)]

    async def checking(self, progress: Progress = _nobody) -> AsyncIterator[CheckResult]:
        """Yield what each check finds as it is found; the long ones come last."""
        for one in (*self._folder(), *self._types(), *self._authorities(), self._running()):
            yield one
        progress("themes and keys")
        for one in await asyncio.to_thread(self.own_files):
            yield one
        progress("integrations and their secrets")
        for one in await self._or_why_not("integrations", self._integrations()):
            yield one
        progress("the store")
        yield await self._store()
        progress("the references of the roster")
        for one in await self._or_why_not("roster references", self._references()):
            yield one
        progress("the audit chain")
        for check in await self._or_why_not("audit chain", self._chain(progress)):
            yield check

    def facts(self) -> list[EnvironmentFact]:
        """Return versions, what the terminal says, and where things are."""
        return [
            *environment.versions(),
            *environment.terminal(self.environ),
            *environment.paths(
                self.program, self.database.path, writes=not self.database.read_only
            ),
        ]

    def settings(self) -> list[EffectiveValue]:
        """Return the program's settings active, in the order of the handbook."""
        values = shown(self.program)
        return [
            EffectiveValue(path=name, text=values[name], origin=origin)
            for name, origin in origins(self.program).items()
        ]

    async def effective(self, integration_id: IntegrationId) -> list[EffectiveValue]:
        """Return every value of the active configuration, and where it was written.

        Raises `NotFoundError`, and `ConfigError` where the document cannot be used.
        """
        async with self.database.reading() as rows:
            version = await rows.configs.active(integration_id)
            stored = await rows.integrations.get(integration_id)
        config = self.documents.config_of_version(version)
        provenance = ValueSource(
            document=parse(version.text, version.format),
            environment=self.documents.environment,
            written_in=_name_of(version, stored),
            secret=self.secret,
        )
        return await asyncio.to_thread(provenance.of, config)  # a keyring may take its time

    def _folder(self) -> Iterator[CheckResult]:
        for finding in self.files.findings:
            yield CheckResult(
                subject=f"file {finding.path.name}",
                right=not finding.is_bad,
                detail="; ".join(map(str, finding.problems)) or finding.sentence,
                advice=finding.advice,
            )
        if not self.files.findings:
            yield CheckResult(
                subject="configuration files",
                right=True,
                detail=f"none in {self.files.folder}",
                advice="create one: integration-tui config sample > NAME.yaml",
                is_neutral=True,
            )

    def _types(self) -> Iterator[CheckResult]:
        for entry in self.catalog.entries():
            detail = entry.error or f"{entry.title} ({entry.origin})"
            yield CheckResult(
                subject=f"provider type {entry.key}", right=not entry.error, detail=detail
            )

    def _authorities(self) -> Iterator[CheckResult]:
        """Return whether what names the authorities that TLS trusts leads to certificates."""
        for name, require in ((FILE, require_file), (FOLDER, require_folder)):
            try:
                path = require(self.environ)
            except ConsoleError as error:
                yield _wrong(name, error)
            else:
                if path is not None:
                    yield CheckResult(subject=name, right=True, detail=visible(path, limit=200))

    async def _store(self) -> CheckResult:
        try:
            detail = await self.database.examine()
        except ConsoleError as error:
            return _wrong("store", error)
        return CheckResult(subject="store", right=True, detail=detail)

    async def _references(self) -> list[CheckResult]:
        async with self.database.reading() as rows:
            found = await rows.orphans.find()
        if not found:
            return [
                CheckResult(subject="roster references", right=True, detail="all lead to records")
            ]
        return [
            CheckResult(
                subject="roster references",
                right=False,
                detail=orphans.sentence,
                advice="restore a backup: the store was changed from outside",
            )
            for orphans in found
        ]

    async def _chain(self, progress: Progress) -> list[CheckResult]:
        result = await self.database.verify_audit(
            lambda checked: progress(f"the audit chain, {checked:,} entries")
        )
        detail = f"{result.checked} entries, head {result.head[:16]}"
        if result.intact:
            return [CheckResult(subject="audit chain", right=True, detail=detail)]
        broken = CheckResult(
            subject="audit chain",
            right=False,
            detail=result.problem,
            advice="compare with a backup: the store was changed from outside",
        )
        return [broken]

    def _running(self) -> CheckResult:
        here = "this process" if self.engine.is_running else ""
        where = here or self.engine.holder or "not running"
        why = self.engine.unwatched()
        trouble = why if self.engine.holder or self.engine.was_killed else ""
        return CheckResult(
            subject="engine",
            right=not trouble,
            detail=trouble or where,
            is_neutral=not (trouble or here or self.engine.holder),
            advice="stop that process, then start the engine" if trouble else "",
        )

    async def _or_why_not(
        self, subject: str, looking: Awaitable[list[CheckResult]]
    ) -> list[CheckResult]:
        """What cannot be looked at is a finding as well, and ends nothing."""
        try:
            return await looking
        except ConsoleError as error:
            return [_wrong(subject, error)]

    async def _integrations(self) -> list[CheckResult]:
        status = [
            _integration_check(overview)
            for overview in await self.files.dependencies.integrations.overview()
        ]
        async with self.database.reading() as rows:
            versions = await rows.configs.all_active()
        secrets = await asyncio.to_thread(
            lambda: [found for version in versions for found in self._secrets(version)]
        )
        return [*status, *secrets]

    def _secrets(self, version: ConfigVersion) -> Iterator[CheckResult]:
        """Say which references of a config lead nowhere; never what the others lead to."""
        try:
            config = self.documents.config_of_version(version)
        except ConfigError as error:
            yield _wrong(f"configuration of {version.integration_id}", error)
            return
        for remark in self.documents.notes_on(version):
            yield CheckResult(
                subject=f"configuration of {version.integration_id}", right=True, detail=str(remark)
            )
        for reference in references(config):
            try:
                self.secret(reference)
            except ConfigError as error:
                yield _wrong(f"secrets of {version.integration_id}", error)


def _name_of(version: ConfigVersion, stored: Integration) -> str:
    """Return what an administrator would open: the file, where it holds this very text."""
    if stored.source_path and stored.source_checksum == version.checksum:
        return Path(stored.source_path).name
    return f"version {version.number}"


def _integration_check(overview: Overview) -> CheckResult:
    integration, problem = overview.integration, overview.integration.problem
    said = in_words(problem.message, integration.id) if problem else integration.status.word
    return CheckResult(
        subject=f"integration {integration.id}",
        right=problem is None and not overview.is_forgotten,
        detail="; ".join(filter(None, (said, overview.reason))),
        advice=problem.advice if problem else START_ENGINE if overview.is_forgotten else "",
    )


def _wrong(subject: str, error: ConsoleError) -> CheckResult:
    return CheckResult(subject=subject, right=False, detail=error.message, advice=error.advice)
