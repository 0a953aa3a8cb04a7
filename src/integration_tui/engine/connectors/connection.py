"""An integration's open line: a connector whose every call ends in time, with our errors only."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeGuard, TypeVar

from integration_tui.domain.errors import ConsoleError, ProviderError, UsageError
from integration_tui.domain.grades import GradeTable
from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.paging import Cursor, Duplicate, KnownPages, KnownRecords, Page
from integration_tui.domain.provider import (
    NOT_ATTEMPTED,
    Authentication,
    Capability,
    ConnectionStep,
    ConnectionSteps,
    Connector,
    KnownPageAware,
    KnownRecordAware,
    LearningProvider,
    NotAttempted,
    ProviderSpec,
    ReplayedProvider,
    RosterProvider,
    SystemMetadata,
    WebhookProvider,
)
from integration_tui.domain.roster import RECORD_TYPES, Collection, Owner, Record
from integration_tui.domain.value import replace
from integration_tui.engine.connectors.capabilities import capable
from integration_tui.engine.connectors.validation import is_valid_page, is_valid_result
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.engine.connectors.isolation import FaultIsolation


def distinct(page: Page[Record]) -> Page[Record]:
    """Return a page on which every id stands once; one that can be read goes before all others."""
    ids = _ids(page)
    if len({*ids}) == len(ids):
        return page
    rows, duplicates = _rows(page.rows)
    taken = {*rows}
    same = [text for text in page.same if _is_new(text, taken)]
    rejected = [
        rejected
        for rejected in page.rejected
        if not rejected.sourced_id or _is_new(rejected.sourced_id, taken)
    ]
    duplicates += [Duplicate(sourced_id=text) for text in _beyond(page.same, same)]
    duplicates += [
        Duplicate(sourced_id=text, differs=text in rows)
        for text in _beyond(
            (rejected.sourced_id for rejected in page.rejected),
            (record.sourced_id for record in rejected),
        )
    ]
    return replace(
        page,
        rows=tuple(rows.values()),
        same=tuple(same),
        rejected=tuple(rejected),
        duplicates=(*page.duplicates, *duplicates),
    )


def _rows(records: Iterable[Record]) -> tuple[dict[str, Record], list[Duplicate]]:
    rows: dict[str, Record] = {}
    duplicates: list[Duplicate] = []
    for record in records:
        kept = rows.setdefault(record.sourced_id, record)
        if kept is not record:
            duplicates.append(Duplicate(sourced_id=record.sourced_id, differs=kept != record))
            rows[record.sourced_id] = record if _is_newer(record, kept) else kept
    return rows, duplicates


def _is_new(sourced_id: str, taken: set[str]) -> bool:
    if sourced_id in taken:
        return False
    taken.add(sourced_id)
    return True


def _beyond(ids: Iterable[str], kept: Iterable[str]) -> list[str]:
    """Return the ids that are not kept, each as often as it is too much."""
    return [*(Counter(ids) - Counter(kept)).elements()]


def _ids(page: Page[Record]) -> list[str]:
    rejected = (rejected.sourced_id for rejected in page.rejected if rejected.sourced_id)
    return [*(record.sourced_id for record in page.rows), *page.same, *rejected]


def _is_newer(record: Record, kept: Record) -> bool:
    if record.modified_at is None:
        return False
    return kept.modified_at is None or record.modified_at > kept.modified_at


T = TypeVar("T")
_END: Final = object()
"""What no connector can yield."""

_CLOSE_S: Final = 2.0
_log = get(__name__)


class GuardedConnection:
    """Every call raises only `ConsoleError`s, `timeout_s` after its begin at the latest."""

    def __init__(
        self,
        connector: Connector,
        spec: ProviderSpec,
        config: ProviderConfig,
        *,
        containment: FaultIsolation,
    ) -> None:
        self.integration_id = IntegrationId(config.name)
        self.spec = spec
        self._connector = connector
        self._containment = containment
        self._grades = GradeTable(config.sync.grades)

    async def connect(self, *, timeout_s: float) -> None:
        await self._ask(self._connector.connect, type(None), "connect", timeout_s)

    async def disconnect(self, *, timeout_s: float) -> None:
        await self._ask(self._connector.disconnect, type(None), "disconnect", timeout_s)

    async def check(self, *, timeout_s: float) -> HealthFinding:
        return await self._ask(self._connector.check, HealthFinding, "check", timeout_s)

    async def metadata(self, *, timeout_s: float) -> SystemMetadata:
        return await self._ask(self._connector.metadata, SystemMetadata, "metadata", timeout_s)

    async def authenticate(self, *, timeout_s: float) -> Authentication | NotAttempted:
        """Return the proof of identity, or `NOT_ATTEMPTED` where the type has none."""
        able = capable(self._connector, self.spec, Capability.AUTHENTICATION)
        if able is NOT_ATTEMPTED:
            return able
        return await self._ask(able.authenticate, Authentication, "authenticate", timeout_s)

    def steps(self) -> Sequence[ConnectionStep]:
        """Return the way to a proven line, step by step; empty where its type has no steps.

        For a line that is not connected; `connect` follows.
        """
        if not isinstance(self._connector, ConnectionSteps):
            return ()
        with self.contained("steps"):
            return tuple(self._connector.steps())

    async def run_step(self, step: ConnectionStep, *, timeout_s: float) -> str:
        """Do one step; return what came of it."""
        return await self._ask(step.run, str, "a step", timeout_s)

    def pages(
        self,
        collection: Collection,
        *,
        after: Cursor | None = None,
        since: datetime | None = None,
        page_timeout_s: float,
    ) -> AsyncGenerator[Page[Record]]:
        """Yield pages as `DataSyncProvider.pages` does, each `page_timeout_s` late at most.

        Raises only `ConsoleError`s; `UsageError` where the type lists nothing. Close it when
        leaving early.
        """

        def begin() -> AsyncIterator[Page[Record]]:
            able = capable(self._connector, self.spec, Capability.DATA_SYNC)
            if able is NOT_ATTEMPTED:
                raise UsageError(f"{self.integration_id} provides no records")
            with self.contained("pages"):
                return able.pages(collection, after=after, since=since)

        return self._read(begin, collection, page_timeout_s)

    def part(
        self, collection: Collection, *, of: Owner, page_timeout_s: float
    ) -> AsyncGenerator[Page[Record]]:
        """Yield pages as `RosterProvider.part` does; otherwise as `pages`."""

        def begin() -> AsyncIterator[Page[Record]]:
            able = self._roster()
            with self.contained("part"):
                return able.subset(collection, of=of)

        return self._read(begin, collection, page_timeout_s)

    async def find(
        self, collection: Collection, sourced_id: str, *, timeout_s: float
    ) -> Record | None:
        """Return one record, or `None` where the system has none of that id."""
        able, kind = self._roster(), RECORD_TYPES[collection]

        async def finding() -> object:
            return await able.find(collection, sourced_id)

        found = await self._containment.call(
            finding, of=self.integration_id, what="find", timeout_s=timeout_s
        )
        if found is None or isinstance(found, kind):
            return None if found is None else self._grades.record(found)
        raise _lie(found, kind, "find")

    def recall(self, recall: KnownPages) -> None:
        """Have known pages passed over, where the connector can do that."""
        if isinstance(self._connector, KnownPageAware):
            with self.contained("recall"):
                self._connector.recall(recall)

    def recall_records(self, known: KnownRecords) -> None:
        """Have known records passed over, where the connector can do that."""
        if isinstance(self._connector, KnownRecordAware):
            with self.contained("recall_records"):
                self._connector.recall_records(known)

    @property
    def wants_replay(self) -> bool:
        """Whether the connector learns from what it lists."""
        return isinstance(self._connector, ReplayedProvider)

    def replay(self, collection: Collection, sourced_ids: Sequence[str]) -> None:
        """Have the connector hear a page again that was stored before a rest."""
        if isinstance(self._connector, ReplayedProvider):
            with self.contained("replay"):
                self._connector.replay(collection, sourced_ids)

    @property
    def is_learning(self) -> bool:
        """Whether the connector learns from a listing what its rows do not tell."""
        return isinstance(self._connector, LearningProvider)

    def relearn(
        self, collection: Collection, lessons: Sequence[str], *, after: Cursor | None
    ) -> None:
        """Have the connector hear again what it learned before a rest."""
        if isinstance(self._connector, LearningProvider):
            with self.contained("relearn"):
                self._connector.relearn(collection, lessons, after=after)

    def _roster(self) -> RosterProvider:
        able = capable(self._connector, self.spec, Capability.ROSTER)
        if able is NOT_ATTEMPTED:
            raise UsageError(f"{self.integration_id} does not support partial roster reads")
        return able

    async def _read(
        self,
        begin: Callable[[], AsyncIterator[Page[Record]]],
        collection: Collection,
        page_timeout_s: float,
    ) -> AsyncGenerator[Page[Record]]:
        """Yield the pages of a listing, which begins when the first one is asked for."""
        listing = begin()
        try:
            while (page := await self._next(listing, collection, page_timeout_s)) is not None:
                yield page
                if page.next is None:
                    return
        finally:
            await self._close(listing)

    async def subscribe(
        self, call: Callable[[WebhookProvider], Awaitable[object]], *, timeout_s: float
    ) -> object:
        """Return what the system's webhooks answer. Raises `UsageError` where it has none."""
        able = capable(self._connector, self.spec, Capability.WEBHOOK)
        if able is NOT_ATTEMPTED:
            raise UsageError(f"{self.integration_id} does not support webhooks")
        return await self._containment.call(
            lambda: call(able), of=self.integration_id, what="webhooks", timeout_s=timeout_s
        )

    def contained(self, what: str) -> AbstractContextManager[None]:
        """Let nothing out of a block but `ConsoleError`s; anything else is the connector's bug."""
        return self._containment.contained(of=self.integration_id, what=what)

    async def _next(
        self, listing: AsyncIterator[Page[Record]], collection: Collection, timeout_s: float
    ) -> Page[Record] | None:
        async def following() -> object:
            return await anext(listing, _END)

        found: object = await self._containment.call(
            following, of=self.integration_id, what="pages", timeout_s=timeout_s
        )
        if found is _END:
            return None
        if _is_page(found) and is_valid_page(found, RECORD_TYPES[collection]):
            return self._grades.page(distinct(found))
        raise _lie(found, Page, "pages")

    async def _close(self, listing: AsyncIterator[Page[Record]]) -> None:
        """Close a listing. What goes wrong with it is nobody's business any more."""
        if isinstance(listing, AsyncGenerator):
            try:
                await self._containment.call(
                    listing.aclose, of=self.integration_id, what="pages", timeout_s=_CLOSE_S
                )
            except ConsoleError as error:
                _log.warning(
                    "a listing failed to close",
                    integration=self.integration_id,
                    problem=str(error),
                )

    async def _ask(
        self, call: Callable[[], Awaitable[object]], returns: type[T], what: str, timeout_s: float
    ) -> T:
        found = await self._containment.call(
            call, of=self.integration_id, what=what, timeout_s=timeout_s
        )
        if isinstance(found, returns) and is_valid_result(found):
            return found
        raise _lie(found, returns, what)


def _is_page(found: object) -> TypeGuard[Page[Record]]:
    return is_valid_result(found) and isinstance(found, Page)


def _lie(found: object, wanted: type, what: str) -> ProviderError:
    kind = type(found).__name__
    wrong = f"a {kind} with a wrong field" if isinstance(found, wanted) else kind
    return ProviderError(
        f"its connector failed: {what} returned {wrong}",
        advice="bug in the connector; report it to its maintainers",
    )
