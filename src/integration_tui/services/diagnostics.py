"""Looks at everything that can be wrong with an installation, and says the way out."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import TypeGuard

from pydantic import BaseModel

from integration_tui.domain.config import ConfigVersion
from integration_tui.domain.errors import ConfigError, ConsoleError
from integration_tui.domain.integration import Integration
from integration_tui.domain.secret import SecretRef, SecretResolver
from integration_tui.engine.documents import Documents
from integration_tui.engine.engine import Engine
from integration_tui.providers.catalog import Catalog
from integration_tui.services.files import FileService, FileState
from integration_tui.store.database import Database

_LIBRARIES = ("textual", "sqlalchemy", "httpx", "pydantic", "msgspec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing looked at; `advice` is the way out where it is not right."""

    subject: str
    right: bool
    detail: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticsService:
    """What `doctor` says. `settings` tells for each its value, and where that comes from."""

    database: Database
    engine: Engine
    documents: Documents
    files: FileService
    catalog: Catalog
    secret: SecretResolver
    settings: Mapping[str, str]

    async def diagnose(self) -> list[Diagnosis]:
        """Look at everything once: versions, settings, files, store, chain, types, credentials."""
        return [
            *_versions(),
            *self._settings(),
            *self._folder(),
            *self._types(),
            await self._store(),
            await self._chain(),
            self._running(),
            *await self._integrations(),
        ]

    def _settings(self) -> Iterator[Diagnosis]:
        for name, detail in sorted(self.settings.items()):
            yield Diagnosis(subject=f"setting {name}", right=True, detail=detail)

    def _folder(self) -> Iterator[Diagnosis]:
        for finding in self.files.findings:
            yield Diagnosis(
                subject=f"file {finding.path.name}",
                right=finding.state is not FileState.BROKEN,
                detail="; ".join(map(str, finding.problems)) or finding.state,
            )
        if not self.files.findings:
            yield Diagnosis(
                subject="configuration files",
                right=True,
                detail=f"none in {self.files.folder}",
                advice="put one there: see sample_configs and `config schema`",
            )

    def _types(self) -> Iterator[Diagnosis]:
        for entry in self.catalog.entries():
            detail = entry.error or f"{entry.title} ({entry.origin})"
            yield Diagnosis(
                subject=f"provider type {entry.key}", right=not entry.error, detail=detail
            )

    async def _store(self) -> Diagnosis:
        try:
            detail = await self.database.examine()
        except ConsoleError as error:
            return _wrong("store", error)
        return Diagnosis(subject="store", right=True, detail=detail)

    async def _chain(self) -> Diagnosis:
        verdict = await self.database.verify_audit(None)
        detail = f"{verdict.checked} entries, head {verdict.head[:16]}"
        if verdict.intact:
            return Diagnosis(subject="audit chain", right=True, detail=detail)
        return Diagnosis(
            subject="audit chain",
            right=False,
            detail=f"broken at entry {verdict.first_broken}: {verdict.reason}",
            advice="compare with a backup: somebody changed the store by other means",
        )

    def _running(self) -> Diagnosis:
        where = self.engine.holder or "not running now"
        return Diagnosis(subject="engine", right=True, detail=where)

    async def _integrations(self) -> list[Diagnosis]:
        async with self.database.reading() as rows:
            integrations = await rows.integrations.all()
            versions = {one.integration_id: one for one in await rows.configs.all_active()}
        standing = [_standing(one) for one in integrations]
        return [*standing, *(found for one in versions.values() for found in self._secrets(one))]

    def _secrets(self, version: ConfigVersion) -> Iterator[Diagnosis]:
        """Say which references of a config lead nowhere; never what the others lead to."""
        subject = f"secrets of {version.integration_id}"
        try:
            config = self.documents.config_of_version(version)
        except ConfigError as error:
            yield _wrong(f"configuration of {version.integration_id}", error)
            return
        for reference in _references(config):
            try:
                self.secret(reference)
            except ConfigError as error:
                yield _wrong(subject, error)


def _standing(one: Integration) -> Diagnosis:
    return Diagnosis(
        subject=f"integration {one.id}",
        right=one.problem is None,
        detail=one.problem.message if one.problem else one.status,
        advice=one.problem.advice if one.problem else "",
    )


def _references(value: object) -> Iterator[SecretRef]:
    if isinstance(value, SecretRef):
        yield value
    elif isinstance(value, BaseModel):
        for _, field in value:
            yield from _references(field)
    elif _is_mapping(value):
        for item in value.values():
            yield from _references(item)


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _versions() -> Iterator[Diagnosis]:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    yield Diagnosis(subject="python", right=True, detail=f"{python} on {platform.system()}")
    for library in ("integration-tui", *_LIBRARIES):
        yield Diagnosis(subject=library, right=True, detail=metadata.version(library))


def _wrong(subject: str, error: ConsoleError) -> Diagnosis:
    return Diagnosis(subject=subject, right=False, detail=error.message, advice=error.advice)
