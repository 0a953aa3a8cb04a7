"""A support bundle: what somebody who helps needs to know, and nothing that is nobody's business.

It holds no roster, no secret and no name. Every text goes through one `Redactor`, and what will
be in it can be looked at before it is written.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.config.document import parse
from integration_tui.domain.actor import Actor, Interface
from integration_tui.domain.audit.log import Action, ActionOutcome, AuditFilter, AuditRecord
from integration_tui.domain.errors import ConfigError, UsageError
from integration_tui.domain.text import visible_lines
from integration_tui.domain.value import replace
from integration_tui.files.atomic import AtomicFile
from integration_tui.services.authorization import require_admin
from integration_tui.services.support import contents
from integration_tui.services.support.archive import BundlePart, packed
from integration_tui.services.support.redactor import (
    Redactor,
    passwords,
    references,
    sensitive_variables,
)

if TYPE_CHECKING:
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.services.diagnostics.checks import DiagnosticsService, Progress
    from integration_tui.services.health import HealthService
    from integration_tui.store.database import Database

ENTRIES: Final = 200
RUNS: Final = 30
LOG_LINES: Final = 500
_WINDOWS_S: Final = (3600, 24 * 3600, 7 * 24 * 3600)


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """What will be in the file, as it will be in it."""

    made_at: datetime
    parts: tuple[BundlePart, ...]

    @property
    def file_name(self) -> str:
        """A name with the day in it."""
        return f"integration-tui-support-{self.made_at:%Y-%m-%d}.zip"

    def resolve_path(self, path: Path) -> Path:
        """Return where it goes: to this path, or into it where it is a folder.

        Raises `UsageError` where no file can be.
        """
        try:
            whole = path.expanduser().absolute()
            is_folder = whole.is_dir()
        except (OSError, RuntimeError):  # too long, or in nobody's home
            raise _not_writable(path) from None
        if "\0" in str(path):
            raise _not_writable(path)
        return whole / self.file_name if is_folder else whole


class SupportService(msgspec.Struct, frozen=True, kw_only=True):
    """Makes support bundles."""

    database: Database
    diagnostics: DiagnosticsService
    health: HealthService
    clock: Clock

    async def gather(self, progress: Progress = lambda _what: None, *, actor: Actor) -> Bundle:
        """Read all that belongs into a bundle, redacted; nothing is written."""
        require_admin(actor)
        redactor = await self._redactor(actor)
        values = await self._values(progress)
        progress("excluded values")
        parts = await asyncio.to_thread(lambda: tuple(_parts(values, redactor)))
        return Bundle(made_at=self.clock(), parts=parts)

    async def write(self, bundle: Bundle, path: Path, *, actor: Actor) -> Path:
        """Write a bundle to a file that is not there yet, or into a folder; record it.

        Raises `UsageError` where it cannot be written; none is there that is not recorded.
        """
        require_admin(actor)
        content = packed(bundle.parts, at=bundle.made_at)
        file = await asyncio.to_thread(AtomicFile, bundle.resolve_path(path))
        try:
            await asyncio.to_thread(file.write, content)
            await self._put(file, actor)
        finally:
            file.discard()
        return file.path

    async def _put(self, file: AtomicFile, actor: Actor) -> None:
        act = AuditRecord(
            action=Action.EXPORT_SUPPORT, actor=actor, object="support", detail=file.path.name
        )
        await self._record(act)
        try:
            await asyncio.to_thread(file.commit)
        except UsageError:
            await self._record(replace(act, outcome=ActionOutcome.FAILED))
            raise

    async def _record(self, act: AuditRecord) -> None:
        async with self.database.transaction() as transaction:
            await transaction.audit.add([act], at=self.clock())

    # What is in it

    async def _values(self, progress: Progress) -> list[tuple[str, str, object]]:
        """Return name, description and content of each part, in their order."""
        found = await self.diagnostics.checks(progress)
        progress("configurations, runs, health and the log")
        return [
            ("findings.json", "doctor findings", found),
            ("facts.json", "versions, terminal, paths", self.diagnostics.facts()),
            ("settings.json", "settings and their origins", self.diagnostics.settings()),
            *await self._configurations(),
            ("store.json", "schema, size, rows by table", await self._store()),
            ("health.json", "health figures and the latest reports", await self._health()),
            ("runs.json", f"the last {RUNS} runs", await self._runs()),
            (
                "audit.json",
                f"the last {ENTRIES} audit entries, without values",
                await self._audit(),
            ),
            ("log.json", f"the last {LOG_LINES} lines of the log", await self._log()),
        ]

    async def _configurations(self) -> list[tuple[str, str, object]]:
        async with self.database.reading() as rows:
            names = sorted(integration.id for integration in await rows.integrations.all())
        found: list[tuple[str, str, object]] = []
        for name in names:
            try:
                content: object = contents.values(await self.diagnostics.effective(name))
            except ConfigError as error:
                content = {"problem": str(error)}
            found.append(
                (f"configurations/{name}.json", f"effective configuration of {name}", content)
            )
        return found

    async def _store(self) -> object:
        counts = await self.database.measure()
        return contents.store(self.database.path, counts)

    async def _health(self) -> object:
        windows = {
            f"{seconds // 3600} h": await self.health.statistics(window_s=seconds)
            for seconds in _WINDOWS_S
        }
        return {"latest": await self.health.latest(), "figures": windows}

    async def _runs(self) -> object:
        async with self.database.reading() as rows:
            runs = await rows.runs.page(limit=RUNS)
            reports = [await rows.runs.report(run.id) for run in runs]
        engine = self.diagnostics.engine
        return [
            contents.run(report, is_interrupted=engine.is_interrupted(report.run))
            for report in reports
        ]

    async def _audit(self) -> object:
        async with self.database.reading() as rows:
            entries = await rows.audit.page(AuditFilter(), limit=ENTRIES)
        return [contents.entry(entry) for entry in entries]

    async def _log(self) -> object:
        path = self.diagnostics.program.log_path
        return await asyncio.to_thread(contents.log, path, most=LOG_LINES)

    # What is not in it

    async def _redactor(self, actor: Actor) -> Redactor:
        async with self.database.reading() as rows:
            versions = await rows.configs.all_active()
            entries = await rows.audit.page(AuditFilter(), limit=ENTRIES)
        people = [
            actor,
            *(entry.act.actor for entry in entries if entry.act.actor.door != Interface.ENGINE),
        ]
        secrets = await asyncio.to_thread(lambda: frozenset(self._secrets(versions)))
        return Redactor(
            secrets=secrets,
            names=frozenset(
                name
                for person in people
                for name in (person.name, person.host, person.claims, person.sudo)
            ),
            home=str(Path.home()),
        )

    def _secrets(self, versions: Sequence[ConfigVersion]) -> Iterator[str]:
        """Yield every secret that can be had here, whatever environment it is for."""
        yield from sensitive_variables(self.diagnostics.environ)
        yield from passwords(self.diagnostics.program.store)
        for version in versions:
            for reference in references(parse(version.text, version.format).data):
                try:
                    yield self.diagnostics.secret(reference).reveal()
                except ConfigError:
                    continue


def _not_writable(path: Path) -> UsageError:
    return UsageError(f"{path} cannot be written to", advice="choose another file or folder")


def _parts(values: Sequence[tuple[str, str, object]], redactor: Redactor) -> Iterator[BundlePart]:
    for name, about, content in values:
        plain = msgspec.to_builtins(content, str_keys=True, enc_hook=str)
        text = json.dumps(redactor.value(plain), indent=1, ensure_ascii=False, sort_keys=True)
        yield BundlePart(name=name, about=about, text=f"{visible_lines(text, limit=len(text))}\n")
