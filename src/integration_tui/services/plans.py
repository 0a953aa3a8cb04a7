"""What plans say in detail, what was kept out and why, and how good rosters are."""

from __future__ import annotations

from pathlib import Path

from integration_tui.domain.actor import Actor
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.plan import Change, ChangeKind
from integration_tui.domain.quality import Finding, FoundRecord, Graded, Quarantined, Score
from integration_tui.domain.roster import Collection
from integration_tui.domain.time import Clock
from integration_tui.store.database import Database


class PlanService:
    """What plans say in detail, what was kept out and why, and how good rosters are.

    Whatever names a run raises `NotFoundError` where there is none.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def changes(
        self,
        run_id: RunId,
        collection: Collection,
        *,
        kind: ChangeKind | None = None,
        after: str = "",
        limit: int = 100,
    ) -> list[Change]:
        """Return changes behind the external id `after`, in the order of these ids.

        `after` of a change that creates holds what the system told, without what is empty.
        """
        return []

    async def findings(self, run_id: RunId) -> list[Finding]:
        """Return what was found, in the order of collections, the worst first."""
        return []

    async def found(
        self,
        run_id: RunId,
        collection: Collection,
        rule: str,
        *,
        after: str = "",
        limit: int = 100,
    ) -> list[FoundRecord]:
        """Return the records of one finding behind the external id `after`.

        Raises `ConflictError` where they are not kept any more: only the last runs' are.
        """
        return []

    async def scores(self, run_id: RunId) -> list[Score]:
        """Return the score of each collection, in their order."""
        return []

    async def trend(self, integration_id: IntegrationId, *, limit: int = 30) -> list[Graded]:
        """Return the last runs that were judged, newest first, with their scores."""
        return []

    async def quarantined(
        self,
        integration_id: IntegrationId,
        *,
        after: tuple[str, str] = ("", ""),
        limit: int = 100,
    ) -> list[Quarantined]:
        """Return what is kept out behind `after` (collection and external id), in their order."""
        async with self._database.reading() as rows:
            return await rows.quarantine.page(integration_id, after=after, limit=limit)

    async def write_report(
        self, run_id: RunId, path: Path, *, actor: Actor, replaces: bool = False
    ) -> int:
        """Write every record of every finding as CSV, and return how many lines those are.

        A file that is there is written over only with `replaces`. Raises `UsageError` where it
        cannot be written, `ConflictError` where the records are not kept any more.
        """
        return 0
