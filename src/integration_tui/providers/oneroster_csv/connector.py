"""The connector of a roster of CSV files: there is no line to keep open, only a path to look at.

All reading is done in threads, a page at a time.

See docs/decisions/0009.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

from integration_tui.domain.errors import IncompatibleError, RetryableError
from integration_tui.domain.health.status import HealthFinding, HealthStatus
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.provider import ProviderContext, SystemMetadata
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.text import visible
from integration_tui.providers.oneroster_csv.config import OneRosterCsvConfig
from integration_tui.providers.oneroster_csv.findings import FindingSeverity
from integration_tui.providers.oneroster_csv.listing import pages
from integration_tui.providers.oneroster_csv.roster import Roster
from integration_tui.providers.oneroster_csv.tables import STEMS, FileKind, Version


class OneRosterCsvConnector:
    """Behaves as `ExternalSystemProvider` and `DataSyncProvider` say."""

    def __init__(self, config: OneRosterCsvConfig, context: ProviderContext) -> None:
        self._config = config
        self._timeout_s = context.timeout_s
        self._is_connected = False

    async def connect(self) -> None:
        await self._inspect()
        self._is_connected = True

    async def disconnect(self) -> None:
        self._is_connected = False

    async def check(self) -> HealthFinding:
        """Read the manifest and the names of the files, and nothing of the files."""
        self._raise_if_not_connected()
        roster = await self._inspect()
        wrong = [
            finding for finding in roster.findings.kept if finding.severity is FindingSeverity.ERROR
        ]
        if wrong:
            return HealthFinding(status=HealthStatus.DEGRADED, detail=str(wrong[0]))
        whole = [stem for stem in STEMS.values() if roster.kind(stem) is FileKind.BULK]
        return HealthFinding(detail=f"OneRoster {roster.version}, {len(whole)} whole files")

    async def metadata(self) -> SystemMetadata:
        self._raise_if_not_connected()
        roster = await self._inspect()
        kinds = {
            STEMS[collection]: roster.kind(STEMS[collection]).value
            for collection in self._config.collections
        }
        return SystemMetadata(
            product=roster.manifest.system or "OneRoster CSV",
            version=f"OneRoster {roster.version}",
            address=visible(self._config.path, limit=300),
            details=kinds,
        )

    def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncIterator[Page[Record]]:
        return pages(
            self._open, collection, page_size=self._config.page_size, after=after, since=since
        )

    def _open(self) -> Roster:
        version: Version | None = None if self._config.version == "auto" else self._config.version
        return Roster(self._config.path, version=version)

    async def _inspect(self) -> Roster:
        """Open the roster and close it again. Raises `IncompatibleError` without a manifest."""
        try:
            async with asyncio.timeout(self._timeout_s):
                roster = await asyncio.to_thread(self._open)
        except TimeoutError:
            raise RetryableError(
                f"{visible(self._config.path, limit=300)} did not answer in {self._timeout_s:g} s",
                advice="check the disk, or the network it is on",
            ) from None
        roster.close()
        if not roster.has_manifest:
            raise IncompatibleError(
                f"{visible(self._config.path, limit=300)} has no manifest.csv",
                advice="export it with the other files: it says which of them are whole",
            )
        return roster

    def _raise_if_not_connected(self) -> None:
        if not self._is_connected:
            raise RetryableError("the roster is not connected", advice="connect it first")
