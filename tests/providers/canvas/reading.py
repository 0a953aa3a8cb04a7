"""Everything that a connector lists, collection by collection, for tests to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from integration_tui.domain.paging import Page, RecordFinding, Rejected, Skipped
from integration_tui.domain.provider import DataSyncProvider
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.canvas import SPEC

_R = TypeVar("_R", bound=Record)


@dataclass(slots=True)
class Listed:
    """One collection as it was listed."""

    pages: list[Page[Record]] = field(default_factory=list[Page[Record]])

    @property
    def rows(self) -> list[Record]:
        return [row for page in self.pages for row in page.rows]

    @property
    def ids(self) -> list[str]:
        return [row.sourced_id for row in self.rows]

    @property
    def findings(self) -> list[RecordFinding]:
        return [finding for page in self.pages for finding in page.findings]

    @property
    def rejected(self) -> list[Rejected]:
        return [rejected for page in self.pages for rejected in page.rejected]

    @property
    def skipped(self) -> list[Skipped]:
        return [skipped for page in self.pages for skipped in page.skipped]

    @property
    def complete(self) -> bool:
        return self.pages[-1].complete

    @property
    def reason(self) -> str:
        return self.pages[-1].reason

    def by_id(self, kind: type[_R]) -> Mapping[str, _R]:
        """Return the records by id; all are of this kind."""
        rows = [row for row in self.rows if isinstance(row, kind)]
        assert len(rows) == len(self.rows)
        return {row.sourced_id: row for row in rows}

    def found(self, rule: str) -> list[str]:
        """Return the ids that have a finding of a rule."""
        return [finding.sourced_id for finding in self.findings if finding.rule == rule]


async def listed(connector: DataSyncProvider, collection: Collection) -> Listed:
    """Return a whole collection."""
    return Listed([page async for page in connector.pages(collection)])


async def sweep(connector: DataSyncProvider) -> Mapping[Collection, Listed]:
    """Return all collections, in the order in which this type is read."""
    return {collection: await listed(connector, collection) for collection in SPEC.reading_order}
