"""Configurations: see, validate, save, compare, roll back.

A save is tried on a line of its own before it is stored, and undone by a further version when
the integration does not come up with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from integration_tui.config.diff import changes, diff, differences
from integration_tui.config.document import Document, parse
from integration_tui.domain.actor import ENGINE, Actor
from integration_tui.domain.audit.change_kind import change_kind
from integration_tui.domain.audit.log import Action, AuditRecord
from integration_tui.domain.errors import (
    ConfigError,
    ConflictError,
    ProviderError,
    RolledBackError,
    UsageError,
)
from integration_tui.domain.events import ConfigChanged, IntegrationChanged
from integration_tui.domain.health.status import StepResult, StepStatus
from integration_tui.domain.value import replace
from integration_tui.engine.config_loader import ConfigLoader, Draft
from integration_tui.services.authorization import require_admin

if TYPE_CHECKING:
    from integration_tui.config.nodes import Json
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.config.version import ConfigVersion, Environment
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.engine.engine import Engine
    from integration_tui.services.config_write_back import ConfigFileWriter
    from integration_tui.store.database import Database
    from integration_tui.store.repositories import Transaction


class ConfigEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A new text for an integration's document.

    `expected` is the number of the version that it was made from; `reason` is why. With
    `untested`, it is stored although nobody answers at the other end.
    """

    integration_id: IntegrationId
    draft: Draft
    expected: int
    reason: str
    actor: Actor
    action: Action = Action.SAVE_CONFIG
    untested: bool = False


class ConfigDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A value that two places do not share; empty where one says nothing, and a default holds."""

    path: str
    one: str
    other: str


class ConfigService:
    """Versions of documents, and how they change."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        documents: ConfigLoader,
        sources: ConfigFileWriter,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._engine = engine
        self._documents = documents
        self._sources = sources
        self._clock = clock

    async def active(self, integration_id: IntegrationId) -> ConfigVersion:
        """Return the active version. Raises `NotFoundError`."""
        async with self._database.reading() as rows:
            return await rows.configs.active(integration_id)

    async def version(self, integration_id: IntegrationId, number: int) -> ConfigVersion:
        """Return one version. Raises `NotFoundError`."""
        async with self._database.reading() as rows:
            return await rows.configs.get(integration_id, number)

    async def history(self, integration_id: IntegrationId) -> list[ConfigVersion]:
        """Return all versions, newest first."""
        async with self._database.reading() as rows:
            return await rows.configs.history(integration_id)

    async def diff(self, integration_id: IntegrationId, before: int, after: int) -> str:
        """Return the unified difference between two versions; empty where there is none."""
        old = await self.version(integration_id, before)
        new = await self.version(integration_id, after)
        return diff(
            old.text, new.text, before_name=f"version {before}", after_name=f"version {after}"
        )

    async def compare_environments(
        self, integration_id: IntegrationId, one: Environment, other: Environment
    ) -> list[ConfigDifference]:
        """Return what differs in an integration between two environments; secrets by reference."""
        document = await self._document(integration_id)
        return _differences(document.resolved(one), document.resolved(other))

    async def compare(self, one: IntegrationId, other: IntegrationId) -> list[ConfigDifference]:
        """Return what differs between two integrations, in the environment active."""
        documents = [await self._document(one), await self._document(other)]
        first, second = (each.resolved(self._documents.environment) for each in documents)
        return _differences(first, second)

    async def save(self, edit: ConfigEdit) -> ConfigVersion:
        """Validate, try, store as the next version, and see that the integration comes up.

        Raises `ConfigError` for problems in the document, `ProviderError` where the test
        failed, `ConflictError` where another version came first; then nothing was stored.
        Raises `RolledBackError` where the integration did not come up with the stored version;
        then the text before it is active again, as one more version.
        """
        require_admin(edit.actor)
        config = self._checked(edit)
        if config.enabled and not edit.untested:
            _require_passed(edit.integration_id, await self._engine.connection_test(config))
        version = await self._store(edit, config)
        await self._sources.write_back(edit.integration_id)
        await self._engine.reconcile()
        if config.enabled and not edit.untested:
            await self._see_it_come_up(edit, version)
        return version

    async def roll_back(
        self, integration_id: IntegrationId, number: int, *, reason: str, actor: Actor
    ) -> ConfigVersion:
        """Make the text of an earlier version the next version."""
        target = await self.version(integration_id, number)
        current = await self.active(integration_id)
        return await self.save(
            ConfigEdit(
                integration_id=integration_id,
                draft=Draft(text=target.text, format=target.format),
                expected=current.number,
                reason=reason or f"back to version {number}",
                actor=actor,
                action=Action.ROLL_BACK_CONFIG,
                untested=True,
            )
        )

    async def _document(self, integration_id: IntegrationId) -> Document:
        version = await self.active(integration_id)
        return parse(version.text, version.format)

    def _checked(self, edit: ConfigEdit) -> ProviderConfig:
        config = self._documents.config_of(edit.draft)
        if config.name != edit.integration_id:
            raise ConfigError(
                f"name is {config.name!r}, but this is the configuration of {edit.integration_id}",
                advice="keep the name, or register another integration",
            )
        return config

    async def _store(self, edit: ConfigEdit, config: ProviderConfig) -> ConfigVersion:
        async with self._database.transaction() as transaction:
            current = await transaction.configs.active(edit.integration_id)
            _require_unchanged(current, edit.expected)
            _require_something_new(current, edit.draft)
            version = self._next(current, edit)
            await transaction.configs.add(version)
            await self._point_to(transaction, version, config)
            await self._record(transaction, edit, current, version)
            transaction.emit(ConfigChanged(edit.integration_id))
        return version

    def _next(self, current: ConfigVersion, edit: ConfigEdit) -> ConfigVersion:
        return replace(
            current,
            number=current.number + 1,
            environment=self._documents.environment,
            format=edit.draft.format,
            text=edit.draft.text,
            checksum=edit.draft.checksum,
            active=True,
            created_at=self._clock(),
            created_by=edit.actor.name,
            reason=edit.reason,
        )

    async def _point_to(
        self, transaction: Transaction, version: ConfigVersion, config: ProviderConfig
    ) -> None:
        stored = await transaction.integrations.get(version.integration_id)
        await transaction.integrations.save(
            replace(
                stored,
                title=config.title,
                provider=config.type,
                environment=version.environment,
                enabled=config.enabled,
                config_version=version.number,
                revision=await transaction.integrations.next_revision(),
                changed_at=version.created_at,
            )
        )
        transaction.emit(IntegrationChanged(version.integration_id))

    async def _record(
        self, transaction: Transaction, edit: ConfigEdit, old: ConfigVersion, new: ConfigVersion
    ) -> None:
        changed = changes(parse(old.text, old.format), parse(new.text, new.format))
        act = AuditRecord(
            action=edit.action,
            actor=edit.actor,
            object=edit.integration_id,
            detail=f"version {new.number}: {edit.reason}",
            before={"sha256": old.checksum},
            after={**_kinds(changed), "sha256": new.checksum},
        )
        await transaction.audit.add([act], at=new.created_at)

    async def _see_it_come_up(self, edit: ConfigEdit, version: ConfigVersion) -> None:
        report = await self._engine.check(edit.integration_id)
        if not report.failed:
            return
        before = version.number - 1
        await self.roll_back(
            edit.integration_id,
            before,
            reason=f"version {version.number} did not start: {report.detail}",
            actor=ENGINE,
        )
        raise RolledBackError(
            f"{edit.integration_id} did not start with version {version.number}: {report.detail}",
            advice=f"the text of version {before} is active again, as version "
            f"{version.number + 1}; see config history",
        )


def _kinds(changed: Mapping[str, tuple[str, str]]) -> Mapping[str, str]:
    """Return how each value changed; what it is stands in the versions, the log has their sums."""
    return {path: change_kind(before, after).value for path, (before, after) in changed.items()}


def _differences(one: Mapping[str, Json], other: Mapping[str, Json]) -> list[ConfigDifference]:
    found = differences(one, other)
    return [
        ConfigDifference(path=path, one=first, other=second)
        for path, (first, second) in found.items()
    ]


def _require_unchanged(current: ConfigVersion, expected: int) -> None:
    if current.number != expected:
        raise ConflictError(
            f"{current.integration_id} was changed by {current.created_by}: "
            f"version {current.number} is active, the edit is based on {expected}",
            advice="review the change, then edit again",
        )


def _require_something_new(current: ConfigVersion, draft: Draft) -> None:
    if draft.checksum == current.checksum:
        raise UsageError(
            f"nothing to save: version {current.number} of {current.integration_id}, "
            "the active one, has the same text"
        )


def _require_passed(integration_id: IntegrationId, steps: list[StepResult]) -> None:
    for step in steps:
        if step.status is StepStatus.FAILED:
            raise ProviderError(
                f"{integration_id} was not saved: {step.name} failed: {step.detail}",
                advice=step.advice or "fix the problem, or save without a test",
            )
