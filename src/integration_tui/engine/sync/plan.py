"""The second step of a run: what it would change, and whether a person has to look at that.

All of it is one transaction, so that a plan is there whole or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from integration_tui.domain.config.sync_policy import ApprovalMode, Relink, SyncPolicy
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.plan import ChangeKind, Hold
from integration_tui.domain.sync.quality import complaints
from integration_tui.domain.sync.run import CollectionProgress, Mode, Phase, Run, RunStatus
from integration_tui.domain.sync.safety import CollectionStats, safety_holds, skipped_holds
from integration_tui.domain.sync.volume import VolumeSnapshot, format_volume_drop, volume_dropped
from integration_tui.domain.value import replace
from integration_tui.engine.sync.absent_fields import absence, lacking, report
from integration_tui.engine.sync.messages import conflict_message, held_message, waiting_message
from integration_tui.store.sync.merge import MergePolicy
from integration_tui.store.sync.plan import PlanContext

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.sync.change_checks import ChangeStats
    from integration_tui.engine.sync.run_context import RunContext
    from integration_tui.store.repositories import Repositories, Transaction


class Planner:
    """Makes the plan of one run."""

    def __init__(self, context: RunContext, config: ProviderConfig) -> None:
        self._context = context
        self._policy = config.sync

    async def run(self) -> None:
        """Store the plan with its hash; the run is planned or held then."""
        context = self._context
        async with context.transaction() as transaction:
            run, now = context.run, context.clock()
            base, _ = await transaction.marks.revision(run.integration_id)
            run = context.run = replace(run, base=base)
            listings = await transaction.listings.all(run.id)
            if run.mode is not Mode.UNDO:
                await self._decide(transaction, listings, now)
            counted = [await self._counted(transaction, listing, now) for listing in listings]
            found = await self._holds(transaction, counted)
            run = context.run = replace(run, holds=tuple(found))
            context.run = replace(
                run,
                phase=Phase.APPLY,
                status=RunStatus.HELD if found else RunStatus.PLANNED,
                preview=await self._preview(transaction, run, now),
                plan_hash=await transaction.plans.digest(run),
            )
            await self._add_message(transaction, counted, now)

    async def _add_message(
        self, transaction: Transaction, listings: Sequence[CollectionProgress], now: datetime
    ) -> None:
        """Store what somebody should hear of this plan."""
        run = self._context.run
        if run.status is RunStatus.HELD:
            await transaction.messages.add(held_message(run, listings, at=now))
        elif run.applies and (run.preview or self._policy.approval is ApprovalMode.ALWAYS):
            await transaction.messages.add(waiting_message(run, at=now))
        if count := await transaction.conflicts.raised_by(run.id):
            await transaction.messages.add(conflict_message(run, count, at=now))

    async def _decide(
        self, transaction: Transaction, listings: Sequence[CollectionProgress], now: datetime
    ) -> None:
        ground, policy = self._ground(now), self._merge_policy(now)
        is_provable = _proves_absence(self._context.run, listings)
        for listing in listings:
            collection = listing.collection
            await transaction.adoption.adopt(ground.run, collection)
            is_whole = is_provable and listing.complete
            if is_whole:
                await transaction.plans.plan_deactivations(ground, collection)
            if collection is Collection.USERS:
                finds = self._policy.match.relink is Relink.SAME_PERSON
                await transaction.one_person.plan(ground.run, finds=finds, is_whole=is_whole)
            await transaction.matching.link(ground.run, collection, self._policy.match, at=now)
            if is_whole and ground.grace.removes:
                await transaction.removing.plan(ground, collection)
            if ground.run.relinks:
                await transaction.matching.relink(ground.run, collection)
            before = await transaction.listings.last_fields(ground.run, collection)
            missing = lacking(ground.run, listing, before)
            await transaction.plans.quarantine(ground.run, collection, missing)
            await transaction.differences.decide(
                ground.run, collection, replace(policy, absent=missing)
            )
            await transaction.quarantine.orphans(ground.run, collection, at=now)
        await transaction.quality.evaluate(ground.run, self._policy.quality)

    async def _counted(
        self, transaction: Transaction, listing: CollectionProgress, now: datetime
    ) -> CollectionProgress:
        counts = await transaction.plans.counts(self._context.run, listing.collection)
        transfers = await transaction.plans.transfers(self._context.run, listing.collection)
        counted = replace(listing.planned(counts), transfers=transfers)
        await transaction.listings.save(self._context.run.id, counted, at=now)
        return counted

    async def _holds(self, rows: Transaction, listings: Sequence[CollectionProgress]) -> list[Hold]:
        run = self._context.run
        judged: list[CollectionStats] = []
        for listing in listings:
            missing = await absence(rows, run, listing)
            await report(rows, run, listing, missing)
            judged.append(
                replace(await self._collection_stats(rows, listing), vanished=missing.held)
            )
        found = safety_holds(judged, self._policy.guard.thresholds)
        if run.mode is Mode.FULL:
            listed = {listing.collection: listing.listed for listing in listings}
            skipped = await rows.skipped.counts(run.id)
            found += skipped_holds(skipped, listed, self._policy.guard.thresholds)
        scores = await rows.quality.scores(run.id)
        quality = self._policy.quality
        found += [
            Hold(sentence=complaint, is_loss=False)
            for complaint in complaints(scores, least=quality.min_score, most_lost=quality.max_drop)
        ]
        return found

    async def _collection_stats(
        self, rows: Repositories, listing: CollectionProgress
    ) -> CollectionStats:
        run, collection = self._context.run, listing.collection
        lost = listing.count(*ChangeKind.losses())
        loses_orgs = lost and collection is Collection.ORGS
        return CollectionStats(
            listing=listing,
            schools=await rows.plans.schools(run, collection) if lost else (),
            rekeyed=await rows.matching.rekeyed(run, collection) if lost else 0,
            narrowed=await self._narrowed(rows, listing) if lost else "",
            orgs_with_people=await rows.plans.orgs_with_people(run) if loses_orgs else (),
            replaced=await self._replaced(rows, listing),
            changes=await self._changes(rows, listing),
            is_undo=run.mode is Mode.UNDO,
        )

    async def _changes(self, rows: Repositories, listing: CollectionProgress) -> ChangeStats | None:
        """Return what a plan does to many at once; who takes a run back wants just that."""
        if self._context.run.mode is Mode.UNDO or not listing.known:
            return None
        return await rows.plans.changes(
            self._context.run, listing.collection, self._policy.guard.thresholds
        )

    async def _replaced(self, rows: Repositories, listing: CollectionProgress) -> Sequence[str]:
        run = self._context.run
        is_of_people = listing.collection is Collection.USERS and run.mode is not Mode.UNDO
        if not is_of_people or not listing.count(ChangeKind.UPDATE):
            return ()
        return await rows.plans.replaced(run)

    async def _narrowed(self, rows: Repositories, listing: CollectionProgress) -> str:
        run = self._context.run
        if run.mode is not Mode.FULL:
            return ""
        known = {
            snapshot.collection: snapshot
            for snapshot in await rows.census.accepted(run.integration_id)
        }
        before, seen = known.get(listing.collection), volume_snapshot(run, listing)
        if (
            before is None
            or not volume_dropped(before, seen)
            or set(before.scopes) <= set(seen.scopes)
        ):
            return ""
        return format_volume_drop(before, seen)

    async def _preview(self, rows: Repositories, run: Run, now: datetime) -> str:
        """Say why a person has to see the plan before it is applied; empty where nobody has to."""
        last = await rows.runs.newest_applied(run.integration_id)
        if last is None:
            return "first plan of this integration"
        if last.config_version != run.config_version:
            return (
                f"configuration changed since run {last.id}: version {last.config_version}"
                f" then, {run.config_version} now"
            )
        return outside_sync_window(self._policy, now)

    def _ground(self, now: datetime) -> PlanContext:
        return PlanContext(
            run=self._context.run,
            now=now,
            grace=self._policy.grace,
            protected_roles=self._policy.guard.protect,
        )

    def _merge_policy(self, now: datetime) -> MergePolicy:
        return MergePolicy(
            conflicts=self._policy.conflicts,
            protected_roles=frozenset(self._policy.guard.protect),
            now=now,
        )


def volume_snapshot(run: Run, listing: CollectionProgress) -> VolumeSnapshot:
    """Return what a listing saw, to be compared with by the next one."""
    return VolumeSnapshot(
        integration_id=run.integration_id,
        collection=listing.collection,
        records=listing.records + listing.quarantined,
        complete=listing.complete,
        at=run.started_at,
        as_of=listing.as_of,
        since=listing.since,
        scopes=run.scopes,
    )


def outside_sync_window(policy: SyncPolicy, now: datetime) -> str:
    """Say why nothing is applied by itself today; empty where it is."""
    today = _today(policy, now)
    for date_range in policy.blackout:
        if date_range.start <= today <= date_range.until:
            reason = f": {date_range.reason}" if date_range.reason else ""
            days = f"from {date_range.start} to {date_range.until}"
            return f"nothing is applied automatically {days}{reason}"
    return ""


def skips_deactivations(policy: SyncPolicy, now: datetime) -> bool:
    """Return whether nobody may be deactivated today."""
    today = _today(policy, now)
    return any(date_range.start <= today <= date_range.until for date_range in policy.adds_only)


def _today(policy: SyncPolicy, now: datetime) -> date:
    """Return the day that it is where the schedule is."""
    return now.astimezone(ZoneInfo(policy.timezone)).date()


def _proves_absence(run: Run, listings: Sequence[CollectionProgress]) -> bool:
    """Return whether a missing record proves absence: all was listed, the schools are known."""
    orgs = [listing for listing in listings if listing.collection is Collection.ORGS]
    is_seen = bool(orgs) and all(org.complete for org in orgs)
    return run.mode is Mode.FULL and run.scope is None and is_seen


class UndoPlanner:
    """Stages the way back of `context.run.undoes`."""

    def __init__(self, context: RunContext) -> None:
        self._context = context

    async def run(self) -> None:
        """Stage every collection; those that are over already are left alone."""
        async with self._context.database.reading() as rows:
            done = {listing.collection for listing in await rows.listings.all(self._context.run.id)}
        for collection in ROSTER:
            if collection not in done:
                await self._stage(collection)
                await self._context.check_stop_requested()

    async def _stage(self, collection: Collection) -> None:
        run, now = self._context.run, self._context.clock()
        if run.undoes is None:
            raise ValueError(f"run {run.id} is not an undo")
        async with self._context.transaction() as transaction:
            after: str | None = ""
            while after is not None:
                after = await transaction.undoing.plan(
                    run, run.undoes, collection, after=after, now=now
                )
            known = await transaction.staging.known(run.integration_id, collection)
            listing = CollectionProgress(
                collection=collection, known=known, is_over=True, complete=True
            )
            await transaction.listings.save(run.id, listing, at=now)
