"""How a sweep is read: by a report where the token may ask for one, else by listing.

A sweep is all collections, each once. What was decided for the first of them holds for the
others, so that all come from one snapshot; whatever is wrong with a report costs no sweep.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from integration_tui.domain.errors import (
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
)
from integration_tui.domain.paging import Cursor, KnownPages, Page, RecordFinding
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.value import replace
from integration_tui.providers.canvas.account_people import learn_administrators
from integration_tui.providers.canvas.config import CanvasConfig
from integration_tui.providers.canvas.enrollments import BREATH_S
from integration_tui.providers.canvas.frame import KEPT_S, FrameReader, part_sentence
from integration_tui.providers.canvas.gathering import Gathering
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.listing import CanvasListing
from integration_tui.providers.canvas.objects import CanvasAccount, text_of
from integration_tui.providers.canvas.people import People, RoleNames
from integration_tui.providers.canvas.place import Place, read_place
from integration_tui.providers.canvas.records import CanvasFrame
from integration_tui.providers.canvas.report import (
    ReportClient,
    ReportFailedError,
    ReportFile,
    failure_sentence,
)
from integration_tui.providers.canvas.report_files import ReportFiles
from integration_tui.providers.canvas.report_listing import report_pages
from integration_tui.providers.canvas.report_roster import ReportRoster
from integration_tui.providers.canvas.urls import CanvasUrls

Pages = AsyncGenerator[Page[Record]]
_REFUSED: Final = (
    "the token may not ask for a report: the roster is read by listing, course after course"
)
_FAILURES: Final = (ReportFailedError, IncompatibleError, ForbiddenError, RemoteNotFoundError)


@dataclass(slots=True)
class _Sweep:
    """One reading of all collections. By listing, unless there is a `roster` or may be one."""

    begun: float
    report_id: str = ""
    top: CanvasAccount | None = None
    roster: ReportRoster | None = None
    is_listing: bool = False
    knows_administrators: bool = False
    remark: RecordFinding | None = None
    served: set[Collection] = field(default_factory=set[Collection])
    _file: ReportFile | None = None
    _files: ReportFiles | None = None

    def hold(self, file: ReportFile, files: ReportFiles) -> None:
        """Keep a report until the sweep is over."""
        self._file, self._files = file, files

    def list_instead(self, rule: str, message: str) -> None:
        """Do without a report, and say why with the first page."""
        account_id = "" if self.top is None else text_of(self.top.id)
        self.is_listing = True
        self.remark = RecordFinding(sourced_id=account_id, rule=rule, message=message)

    def close(self) -> None:
        """Delete the report. May be called twice."""
        if self._files is not None:
            self._files.close()
        if self._file is not None:
            self._file.close()


class CanvasReading:
    """Yields pages as `DataSyncProvider.pages` says, whichever way they come."""

    def __init__(
        self,
        api: CanvasApi,
        urls: CanvasUrls,
        config: CanvasConfig,
        frames: FrameReader,
        context: ProviderContext,
    ) -> None:
        self._api = api
        self._urls = urls
        self._config = config
        self._frames = frames
        self._monotonic = context.monotonic
        self._listing = CanvasListing(api, urls, config, frames, monotonic=context.monotonic)
        self._client = ReportClient(api, urls, context)
        self._recall: KnownPages | None = None
        self._sweep: _Sweep | None = None
        self._is_sample = False

    def recall(self, recall: KnownPages) -> None:
        """Pass pages over that are known."""
        self._recall = self._listing.recall = recall

    def relearn(self, collection: Collection, lessons: Sequence[str], after: Cursor | None) -> None:
        """Know what a listing told before a rest; a report is read as a whole."""
        self._listing.relearn(collection, lessons, after)

    def sample(self) -> None:
        """Serve somebody who looks at first pages only: nothing is ordered for that."""
        self._is_sample = True
        self._listing.hurry()

    def close(self) -> None:
        """Let go of the report that was read last."""
        if self._sweep is not None:
            self._sweep.close()
        self._sweep = None

    async def pages(self, collection: Collection, *, after: Cursor | None = None) -> Pages:
        place = None if after is None else read_place(after, collection, self._urls.service)
        is_listed = self._lists if place is None else not place.report
        sweep = None if is_listed else self._of(collection, place)
        if sweep is not None and sweep.roster is None and not sweep.is_listing:
            async with aclosing(self._obtain(sweep, collection)) as waiting:
                async for page in waiting:
                    yield page
        pages = (
            self._listing.pages(collection, after=after if is_listed else None)
            if sweep is None or sweep.roster is None
            else self._reported(sweep, sweep.roster, collection, place)
        )
        async with aclosing(pages):
            async for page in pages:
                yield page if sweep is None else _with_remark(page, sweep)

    @property
    def _lists(self) -> bool:
        return self._is_sample or self._config.sync.way == "listing"

    def _of(self, collection: Collection, place: Place | None) -> _Sweep:
        """Return the sweep that a listing is a part of; a new one where it is of none."""
        now, sweep = self._monotonic(), self._sweep
        is_same = sweep is not None and now - sweep.begun <= KEPT_S
        if place is not None:
            is_same = is_same and sweep is not None and sweep.report_id == place.report
        elif sweep is not None and collection in sweep.served:
            is_same = False
        if sweep is None or not is_same:
            self.close()
            sweep = self._sweep = _Sweep(now, report_id="" if place is None else place.report)
        sweep.served.add(collection)
        return sweep

    async def _obtain(self, sweep: _Sweep, collection: Collection) -> Pages:
        """Bring the report; yields empty pages on the way. Without one it is read by listing."""
        top = sweep.top = await self._frames.top()
        if not sweep.report_id:
            await self._start(sweep, text_of(top.id))
        if sweep.is_listing:
            return
        try:
            address = ""
            async with aclosing(self._client.wait(text_of(top.id), sweep.report_id)) as looks:
                async for found in looks:
                    address = found
                    here = Place(collection, "", report=sweep.report_id)
                    yield Page(rows=(), next=here.cursor())
            await self._take(sweep, top, address)
        except _FAILURES as error:
            sweep.list_instead("report-failed", failure_sentence(error))

    async def _start(self, sweep: _Sweep, account_id: str) -> None:
        """Order a report. Raises `ForbiddenError` where one is wanted that may not be had."""
        try:
            sweep.report_id = await self._client.start(account_id)
        except ReportFailedError as error:
            sweep.list_instead("report-failed", failure_sentence(error))
        except (ForbiddenError, RemoteNotFoundError) as error:
            if self._config.sync.way == "report":
                raise ForbiddenError(
                    f"{self._config.name} may not ask Canvas for a report: {error.message}",
                    advice="give the token's role the right to reports, or set sync.way: listing",
                ) from None
            sweep.list_instead("report-refused", _REFUSED)

    async def _take(self, sweep: _Sweep, top: CanvasAccount, address: str) -> None:
        file = await self._client.fetch(sweep.report_id, address)
        try:
            files = await asyncio.to_thread(ReportFiles, file.path)
        except ProviderError:
            file.close()
            raise
        sweep.hold(file, files)
        sweep.roster = ReportRoster(
            files, top, self._frames.zone(top), RoleNames(self._config.roles)
        )

    async def _reported(
        self, sweep: _Sweep, roster: ReportRoster, collection: Collection, place: Place | None
    ) -> Pages:
        place = place or Place(collection, "", report=sweep.report_id)
        gathering = Gathering(collection, recall=self._recall, doubts=place.doubts)
        frame = await asyncio.to_thread(lambda: roster.frame)
        if collection is Collection.USERS:
            people = await asyncio.to_thread(lambda: roster.people)
            if not (sweep.knows_administrators or roster.tells_administrators):
                async for page in self._learn(sweep, frame, people, place):
                    yield page
        is_partial = collection in {Collection.ORGS, Collection.USERS}
        reason = part_sentence(frame) if is_partial else ""
        async with aclosing(report_pages(roster, place, gathering, reason)) as pages:
            async for page in pages:
                yield page

    async def _learn(
        self, sweep: _Sweep, frame: CanvasFrame, people: People, place: Place
    ) -> Pages:
        """Ask who administers accounts; yields an empty page now and then on the way."""
        begun, findings = self._monotonic(), list[RecordFinding]()
        async for finding in learn_administrators(self._api, self._urls, frame, people):
            findings += [finding] if finding is not None else []
            if self._monotonic() - begun > BREATH_S:
                yield Page(rows=(), next=place.cursor(), findings=tuple(findings))
                begun, findings = self._monotonic(), []
        sweep.knows_administrators = True
        if findings:
            yield Page(rows=(), next=place.cursor(), findings=tuple(findings))


def _with_remark(page: Page[Record], sweep: _Sweep) -> Page[Record]:
    """Return a page with what is to be said of the sweep, once."""
    remark, sweep.remark = sweep.remark, None
    return page if remark is None else replace(page, findings=(*page.findings, remark))
