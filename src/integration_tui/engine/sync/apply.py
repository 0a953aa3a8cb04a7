"""The last step of a run: its plan is carried out, batch by batch, just as it was stored."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from integration_tui.domain.actor import ENGINE, Actor
from integration_tui.domain.audit.log import Action, AuditRecord
from integration_tui.domain.errors import ConflictError
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.absent_fields import absent
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import CollectionProgress, Mode, Run, RunStatus
from integration_tui.domain.sync.volume import VolumeSnapshot, volume_dropped
from integration_tui.domain.value import replace
from integration_tui.engine.sync.absent_fields import lacking
from integration_tui.engine.sync.plan import volume_snapshot
from integration_tui.store.sync.apply import EDITS, ApplyStep

if TYPE_CHECKING:
    from integration_tui.engine.sync.run_context import RunContext
    from integration_tui.store.repositories import Transaction

EDITED_ROWS: Final = 10_000
"""Rows of a plan in one transaction where some are read into memory."""
FEWEST_ROWS: Final = 5000
FIRST_ROWS: Final = 30_000
MOST_ROWS: Final = 100_000


class BatchSize:
    """How many rows go into one transaction: those of about a second.

    The more, the less indexes cost (docs/decisions/0034). But others wait for the lock meanwhile,
    and give up after `BUSY_TIMEOUT_MS`.
    """

    def __init__(self) -> None:
        self._rows = FIRST_ROWS

    def rows(self, kinds: AbstractSet[ChangeKind]) -> int:
        """Return how many rows of a collection that has these kinds come next."""
        return EDITED_ROWS if kinds & EDITS else self._rows

    def learn(self, done: int, took: timedelta) -> None:
        """Count with the pace of a batch, where it was large enough to say something."""
        if done >= FEWEST_ROWS:
            a_second = int(done / max(took.total_seconds(), 0.01))
            self._rows = min(MOST_ROWS, max(FEWEST_ROWS, a_second))


class Applier:
    """Carries out the plan of one run. `made_by` names program and configuration."""

    def __init__(self, context: RunContext, *, made_by: str) -> None:
        self._context = context
        self._made_by = made_by
        self._size = BatchSize()

    async def run(self) -> None:
        """Do what is left of the plan. Raises `ConflictError` where it has moved on since."""
        context = self._context
        async with context.database.reading() as rows:
            listings = await rows.listings.all(context.run.id)
        for listing in listings:
            while await self._batch(listing):
                await context.check_stop_requested()
        await self._finish()

    async def _batch(self, listing: CollectionProgress) -> bool:
        context, kinds = self._context, frozenset(listing.counts)
        step = ApplyStep(
            run=context.run,
            collection=listing.collection,
            rows=self._size.rows(kinds),
            kinds=kinds,
            with_losses=not context.run.spares,
            at=context.clock(),
        )
        async with context.transaction() as transaction:
            await require_unmoved(transaction, context.run)
            began = context.clock()
            done = await transaction.changes.apply(step)
            if done is None and listing.collection is Collection.USERS:
                await transaction.mappings.shared.keep(context.run)
        self._size.learn(done or 0, context.clock() - began)
        return done is not None

    async def _finish(self) -> None:
        context = self._context
        run = replace(context.run, status=RunStatus.APPLIED, problem="", advice="")
        async with context.transaction() as transaction:
            await require_unmoved(transaction, run)
            listings = await transaction.listings.all(run.id)
            if run.mode is not Mode.UNDO:
                await self._settle(transaction, listings)
            touched = {run.integration_id, *await transaction.marks.other_owners(run)}
            await transaction.marks.bump_revision(touched, f"run {run.id} was applied")
            await transaction.audit.add([_audit_record(run, listings)], at=context.clock())
            context.run = run
            context.emit_changed(transaction)

    async def _settle(
        self, transaction: Transaction, listings: Sequence[CollectionProgress]
    ) -> None:
        run = self._context.run
        for listing in listings:
            is_whole = run.mode is Mode.FULL and listing.complete
            before = await transaction.listings.last_fields(run, listing.collection)
            missing = lacking(run, listing, before)
            returned = absent(listing.collection, before) - missing if before else frozenset[str]()
            await transaction.differences.answer(
                run, listing.collection, at=self._context.clock(), absent=missing
            )
            await transaction.quarantine.release(run, listing.collection, is_whole=is_whole)
            await transaction.marks.mark_applied(
                run, listing, made_by=self._made_by, returned=returned
            )
        seen = [volume_snapshot(run, listing) for listing in listings]
        accepted = await transaction.census.accepted(run.integration_id)
        known = {snapshot.collection: snapshot for snapshot in accepted}
        right = [
            snapshot
            for snapshot in seen
            if self._is_accepted(known.get(snapshot.collection), snapshot)
        ]
        await transaction.census.save(seen)
        await transaction.census.accept(right)

    def _is_accepted(self, before: VolumeSnapshot | None, seen: VolumeSnapshot) -> bool:
        """Return whether the next listing is compared with this one, which a person accepted."""
        return seen.is_whole and (not self._context.run.spares or not volume_dropped(before, seen))


async def require_unmoved(transaction: Transaction, run: Run) -> None:
    """Raise `ConflictError` where roster or configuration are not what the plan was made for."""
    base, cause = await transaction.marks.revision(run.integration_id)
    if base != run.base:
        raise ConflictError(
            f"the plan of run {run.id} is out of date: {cause} since it was made",
            advice="plan again",
        )
    active = await transaction.configs.active(run.integration_id)
    if active.number != run.config_version:
        raise ConflictError(
            f"the plan of run {run.id} is out of date: the configuration is version"
            f" {active.number} now, and was {run.config_version} when it was made",
            advice="plan again",
        )


def _audit_record(run: Run, listings: Sequence[CollectionProgress]) -> AuditRecord:
    counts = {
        f"{listing.collection}.{kind}": f"{count}"
        for listing in listings
        for kind, count in listing.counts.items()
        if count and kind in ChangeKind.effective()
    }
    return AuditRecord(
        action=Action.APPLIED_SYNC,
        actor=Actor(name=run.started_by, door=ENGINE.door),
        object=run.integration_id,
        detail=f"run {run.id}, plan {run.plan_hash[:12]}"
        + (", nobody deactivated" if run.spares else "")
        + ("" if counts else ", nothing changed"),
        after=counts,
    )
