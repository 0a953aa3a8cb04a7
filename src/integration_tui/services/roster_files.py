"""Rosters in files: brought from a system, and looked through."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from integration_tui.domain.audit.log import Action, AuditRecord
from integration_tui.domain.audit.log import ActionOutcome as Ending
from integration_tui.domain.errors import (
    ConsoleError,
    NotFoundError,
    RemoteNotFoundError,
    UsageError,
)
from integration_tui.domain.redaction import impersonal
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_export import LAST, ExportProgress, ExportRequest, ExportResult
from integration_tui.domain.sync.volume import VolumeSnapshot, volume_dropped
from integration_tui.domain.value import replace
from integration_tui.engine.export.job import ExportedRoster, ExportJob
from integration_tui.services.authorization import require_admin

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.engine.config_loader import ConfigLoader
    from integration_tui.engine.engine import Engine
    from integration_tui.engine.export.reader import OnProgress
    from integration_tui.providers.oneroster_csv.validation import Report
    from integration_tui.store.database import Database


def _nothing(_progress: ExportProgress) -> None:
    """Do not care how far it is."""


class RosterService:
    """Pulls, and what they saw."""

    def __init__(
        self, database: Database, engine: Engine, documents: ConfigLoader, *, clock: Clock
    ) -> None:
        self._database = database
        self._engine = engine
        self._documents = documents
        self._clock = clock

    async def pull(
        self, request: ExportRequest, *, actor: Actor, tell: OnProgress = _nothing
    ) -> ExportResult:
        """Bring a roster into a folder; what went wrong with a collection is in the outcome.

        The audit log tells of it before anything is read, and when it is over, also where it
        failed or was stopped. Raises `UsageError` for a request that cannot be carried out,
        `ConsoleError`s where the system cannot be reached, `StoreError` where it cannot be
        recorded; then nothing was read.
        """
        require_admin(actor)
        config, known = await self._read(request.integration_id)
        self._documents.require_roster(config.name, config.type)
        order = self._order(request, config, known)
        order = replace(order, remarks=self._remarks(request, config))
        await self._record(_intent(order, actor))
        try:
            exported = await self._engine.pull(config, order, tell)
        except ConsoleError as error:
            await self._record(
                _audit_record(order, actor, Ending.FAILED, impersonal(error.message))
            )
            raise
        except asyncio.CancelledError:
            await self._record(_audit_record(order, actor, Ending.FAILED, "stopped manually"))
            raise
        await self._store(order, exported, actor)
        return exported.outcome

    async def volumes(self, integration_id: IntegrationId) -> list[VolumeSnapshot]:
        """Return what the latest pull of each collection saw. Raises `NotFoundError`."""
        async with self._database.reading() as rows:
            await rows.integrations.get(integration_id)
            return await rows.census.seen(integration_id)

    async def _read(
        self, integration_id: IntegrationId
    ) -> tuple[ProviderConfig, Mapping[Collection, VolumeSnapshot]]:
        async with self._database.reading() as rows:
            version = await rows.configs.active(integration_id)
            known = await rows.census.accepted(integration_id)
        return self._documents.config_of_version(version), {
            volume_snapshot.collection: volume_snapshot for volume_snapshot in known
        }

    def _remarks(self, request: ExportRequest, config: ProviderConfig) -> tuple[str, ...]:
        """Return why everything is read, where only what changed was asked for."""
        why = "" if request.since is None else self._documents.no_changes(config.type)
        return (why,) if why else ()

    def _order(
        self,
        request: ExportRequest,
        config: ProviderConfig,
        known: Mapping[Collection, VolumeSnapshot],
    ) -> ExportJob:
        now = self._clock()
        collections = _collections(request, config)
        if self._documents.no_changes(config.type):
            request = replace(request, since=None)
        return ExportJob(
            request=request,
            collections=collections,
            since=_since(request, [known.get(collection) for collection in collections], now),
            known=known,
            started_at=now,
        )

    async def _store(self, order: ExportJob, exported: ExportedRoster, actor: Actor) -> None:
        accepted = [
            volume_snapshot
            for volume_snapshot in exported.seen
            if _is_accepted(order, volume_snapshot)
        ]
        ending = Ending.DONE if exported.outcome.complete else Ending.FAILED
        async with self._database.transaction() as transaction:
            await transaction.census.save(exported.seen)
            await transaction.census.accept(accepted)
            act = _audit_record(order, actor, ending, _format_outcome(exported.outcome), exported)
            await transaction.audit.add([act], at=self._clock())

    async def _record(self, act: AuditRecord) -> None:
        async with self._database.transaction() as transaction:
            await transaction.audit.add([act], at=self._clock())


class RosterFiles:
    """Rosters that are files already. Needs no store."""

    async def check(self, path: Path) -> Report:
        """Look through the OneRoster CSV of a folder or zip.

        Raises `NotFoundError` where nothing is there, `ProviderError` where it cannot be read
        or is no roster.
        """
        from integration_tui.providers.oneroster_csv.validation import check

        try:
            return await asyncio.to_thread(check, path)
        except RemoteNotFoundError as error:
            raise NotFoundError(error.message, advice=error.advice) from error


def _collections(request: ExportRequest, config: ProviderConfig) -> Sequence[Collection]:
    """Return what is to be pulled, in the order in which it depends on each other."""
    unread = [
        collection for collection in request.collections if collection not in config.collections
    ]
    if unread:
        raise UsageError(
            f"{config.name} does not read {unread[0]}",
            advice="set sync.demographics: true if you need and may read them"
            if unread[0] is Collection.DEMOGRAPHICS
            else f"available: {', '.join(config.collections)}",
        )
    return [
        collection
        for collection in config.collections
        if collection in (request.collections or config.collections)
    ]


def _since(
    request: ExportRequest, known: Sequence[VolumeSnapshot | None], now: datetime
) -> datetime | None:
    """Return the moment of a delta: the one that was asked for, or the last whole pull's."""
    if request.since is None:
        return None
    if isinstance(request.since, datetime):
        _require_past(request.since, now)
        return request.since
    moments = [
        volume_snapshot.as_of
        for volume_snapshot in known
        if volume_snapshot is not None and volume_snapshot.as_of is not None
    ]
    if len(moments) < len(known):
        raise _no_last(request.integration_id, known)
    return min(moments)


def _require_past(since: datetime, now: datetime) -> None:
    if since > now:
        raise UsageError(
            f"--since {since:%Y-%m-%dT%H:%M:%SZ} is in the future",
            advice="use a time before now",
        )


def _no_last(integration_id: IntegrationId, known: Sequence[VolumeSnapshot | None]) -> UsageError:
    if any(volume_snapshot is None for volume_snapshot in known):
        return UsageError(
            f"no complete pull of {integration_id} yet",
            advice=f"pull once without --since, or use a time instead of {LAST}",
        )
    return UsageError(
        f"the last pull of {integration_id} has no server time",
        advice=f"use a time instead of {LAST}",
    )


def _is_accepted(order: ExportJob, seen: VolumeSnapshot) -> bool:
    """Return whether the next pull is compared with this one."""
    if not seen.is_whole:
        return False
    return order.request.accepts_less or not volume_dropped(order.known.get(seen.collection), seen)


def _intent(order: ExportJob, actor: Actor) -> AuditRecord:
    """Return what is recorded before the first record leaves: where it will be."""
    return replace(_audit_record(order, actor, Ending.DONE, ""), action=Action.BEGIN_PULL)


def _audit_record(
    order: ExportJob,
    actor: Actor,
    ending: Ending,
    detail: str,
    exported: ExportedRoster | None = None,
) -> AuditRecord:
    request = order.request
    after = {"folder": str(request.folder), "format": request.format.value}
    if order.since is not None:
        after["since"] = order.since.isoformat()
    if exported is None:
        after["collections"] = " ".join(order.collections)
    else:
        after |= {
            collection.collection: f"{collection.records}"
            for collection in exported.outcome.collections
        }
    return AuditRecord(
        action=Action.PULL_ROSTER,
        actor=actor,
        object=request.integration_id,
        outcome=ending,
        detail=detail,
        after=after,
    )


def _format_outcome(outcome: ExportResult) -> str:
    records = sum(collection.records for collection in outcome.collections)
    kind = "changes" if outcome.since else "roster"
    told = f"{kind}: {records:,} records of {len(outcome.collections)} collections"
    missing = [collection.collection for collection in outcome.collections if collection.trouble]
    if outcome.complete:
        return f"{told}, complete"
    return f"{told}, not complete: {', '.join(missing) or 'the files'}"
