"""A pull from its first note to its last: the folder, the line, the files, the result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from integration_tui.domain.errors import UsageError
from integration_tui.domain.roster_export import (
    ExportedCollection,
    ExportRequest,
    ExportResult,
    FileFormat,
)
from integration_tui.domain.sync.volume import VolumeSnapshot, format_volume_drop, volume_dropped
from integration_tui.domain.value import replace
from integration_tui.engine.export import marker_files
from integration_tui.engine.export.reader import ExportReader, ExportScope, OnProgress, connected
from integration_tui.engine.export.target_folder import DELTA, RECEIPT, TargetFolder
from integration_tui.engine.export.writers import ExportWriter, RejectedFile, names, sink, zipped
from integration_tui.engine.tasks import finish

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.paging import Rejected
    from integration_tui.domain.provider import Authentication
    from integration_tui.domain.roster import Collection, Record
    from integration_tui.engine.connectors.pool import ConnectionPool


class ExportJob(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is ready to be carried out: all that it left open is filled in.

    `known` is the last census of each collection that was taken as right. `remarks` are to be
    told with the outcome.
    """

    request: ExportRequest
    collections: Sequence[Collection]
    since: datetime | None
    known: Mapping[Collection, VolumeSnapshot]
    started_at: datetime
    remarks: tuple[str, ...] = ()


class ExportedRoster(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome, and what was seen of each collection that was tried."""

    outcome: ExportResult
    seen: tuple[VolumeSnapshot, ...]


class Export:
    """Carries out orders over lines of their own."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    async def run(
        self, config: ProviderConfig, order: ExportJob, tell: OnProgress
    ) -> ExportedRoster:
        """Return the outcome; what went wrong with a collection is in it.

        Raises `UsageError` where the folder cannot be used, `ConsoleError`s where the system
        cannot be reached; then an earlier pull in the folder is left as it was.
        """
        target = TargetFolder(order.request.folder, ours=names())
        await finish(asyncio.to_thread(target.inspect))
        factory = self._pool.factory
        page_timeout_s = factory.page_timeout_s(config)
        lent = connected(self._pool, config, timeout_s=page_timeout_s)
        async with lent as (line, proof):
            try:
                begun = marker_files.in_progress(order.request, order.started_at)
                await finish(asyncio.to_thread(target.begin, begun))
                puller = ExportReader(line, page_timeout_s=page_timeout_s, tell=tell)
                return await self._brought(puller, _Folder(target, order), proof)
            finally:
                target.leave()

    async def _brought(
        self, puller: ExportReader, folder: _Folder, proof: Authentication | None
    ) -> ExportedRoster:
        order = folder.order
        expected = {
            volume_snapshot.collection: volume_snapshot.records
            for volume_snapshot in order.known.values()
        }
        wanted = ExportScope(
            collections=order.collections,
            expected=expected if order.since is None else {},
            since=order.since,
        )
        try:
            pulled = await puller.run(wanted, folder)
        finally:
            await finish(asyncio.to_thread(folder.close))
        seen = tuple(_volume(order, exported, proof) for exported in pulled)
        judged = [*map(_volume_check(order), pulled, seen)]
        outcome = await finish(asyncio.to_thread(folder.settle, judged))
        tried = tuple(one for one, found in zip(seen, pulled, strict=True) if found.was_tried)
        return ExportedRoster(outcome=outcome, seen=tried)


class _Folder:
    """The files in the target. Blocks."""

    def __init__(self, target: TargetFolder, order: ExportJob) -> None:
        self.order = order
        self._target = target
        self._failure: UsageError | None = None
        self._rejected = RejectedFile(target.path)
        self._sink: ExportWriter = sink(
            order.request, written_at=order.started_at, is_delta=order.since is not None
        )

    def write(self, collection: Collection, rows: Sequence[Record]) -> int:
        return self._sink.write(collection, rows)

    def add_rejected(self, collection: Collection, rejected: Sequence[Rejected]) -> None:
        self._rejected.add(collection, rejected)

    def close(self) -> None:
        """Close all files. What the disk says against it is told by `settle`."""
        for part in (self._sink, self._rejected):
            try:
                part.close()
            except UsageError as error:
                self._failure = self._failure or error

    def settle(self, pulled: Sequence[ExportedCollection]) -> ExportResult:
        """Make the folder whole, or write down why it is not."""
        request = self.order.request
        outcome = ExportResult(
            integration_id=request.integration_id,
            folder=request.folder,
            format=request.format,
            started_at=self.order.started_at,
            since=self.order.since,
            collections=tuple(pulled),
            remarks=(*self.order.remarks, *self._sink.remarks),
            failure="" if self._failure is None else str(self._failure),
        )
        try:
            self._finish(outcome) if outcome.complete else self._write_marker(outcome)
        except UsageError as error:
            # The note that was there at the beginning still is.
            outcome = replace(outcome, failure=outcome.failure or str(error))
        return outcome

    def _finish(self, outcome: ExportResult) -> None:
        request = self.order.request
        self._sink.finish(self.order.collections)
        if request.is_zipped and request.format is FileFormat.CSV:
            zipped(request.folder)
        if outcome.since is not None:
            self._target.put(DELTA, marker_files.delta(request, outcome.since))
        self._target.put(RECEIPT, marker_files.receipt(outcome))
        self._target.seal()

    def _write_marker(self, outcome: ExportResult) -> None:
        self._target.put(RECEIPT, marker_files.receipt(outcome))
        self._target.mark_incomplete(marker_files.unfinished(self.order.request, outcome))


def _volume(
    order: ExportJob, pulled: ExportedCollection, proof: Authentication | None
) -> VolumeSnapshot:
    return VolumeSnapshot(
        integration_id=order.request.integration_id,
        collection=pulled.collection,
        records=pulled.records + pulled.quarantined,
        complete=pulled.complete,
        at=order.started_at,
        as_of=pulled.as_of,
        since=order.since,
        scopes=proof.scopes if proof else (),
    )


def _volume_check(
    order: ExportJob,
) -> Callable[[ExportedCollection, VolumeSnapshot], ExportedCollection]:
    def judged(pulled: ExportedCollection, seen: VolumeSnapshot) -> ExportedCollection:
        before = order.known.get(pulled.collection)
        if before is None or order.request.accepts_less or not volume_dropped(before, seen):
            return pulled
        return replace(pulled, less=format_volume_drop(before, seen))

    return judged
