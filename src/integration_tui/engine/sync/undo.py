"""The first step of a run that takes another one back: nothing is pulled, its changes are read."""

from __future__ import annotations

from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.run import Listing
from integration_tui.engine.sync.ledger import Ledger


class Undoing:
    """Stages the way back of `ledger.run.undoes`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def run(self) -> None:
        """Stage every collection; those that are over already are left alone."""
        async with self._ledger.database.reading() as rows:
            done = {one.collection for one in await rows.listings.all(self._ledger.run.id)}
        for collection in ROSTER:
            if collection not in done:
                await self._stage(collection)
                await self._ledger.heed()

    async def _stage(self, collection: Collection) -> None:
        run, now = self._ledger.run, self._ledger.clock()
        if run.undoes is None:
            raise ValueError(f"run {run.id} takes no other one back")
        async with self._ledger.step() as transaction:
            after: str | None = ""
            while after is not None:
                after = await transaction.undoing.plan(
                    run, run.undoes, collection, after=after, now=now
                )
            known = await transaction.staging.known(run.integration_id, collection)
            listing = Listing(collection=collection, known=known, is_over=True, complete=True)
            await transaction.listings.save(run.id, listing, at=now)
