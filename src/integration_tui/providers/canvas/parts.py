"""Parts of a roster: what belongs to an account, a term, a class, a user.

Whatever comes is looked at again, so that nobody gets what belongs to another one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from integration_tui.domain.clock import Monotonic
from integration_tui.domain.errors import IncompatibleError, RemoteNotFoundError
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import PARTS, Collection, Owner, Record, belongs
from integration_tui.domain.value import replace
from integration_tui.providers.canvas.config import CanvasConfig
from integration_tui.providers.canvas.frame import FrameReader
from integration_tui.providers.canvas.gathering import Gathered, Gathering
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.listing import CanvasListing
from integration_tui.providers.canvas.objects import (
    CanvasCourse,
    CanvasEnrollment,
    CanvasSection,
    RowReader,
    is_id,
)
from integration_tui.providers.canvas.people import People, RoleNames
from integration_tui.providers.canvas.records import CanvasFrame, class_of, enrollment_of
from integration_tui.providers.canvas.single import SingleRecords
from integration_tui.providers.canvas.urls import CanvasUrls
from integration_tui.providers.canvas.walk import ENROLLMENT_STATES, states

_C: Final = Collection
_SECTIONS: Final = RowReader(CanvasSection)
_ENROLLMENTS: Final = RowReader(CanvasEnrollment)


class CanvasParts:
    """Lists parts. Each is read by a listing of its own, which a sweep does not notice."""

    def __init__(
        self,
        api: CanvasApi,
        urls: CanvasUrls,
        config: CanvasConfig,
        frames: FrameReader,
        *,
        monotonic: Monotonic,
    ) -> None:
        self._api = api
        self._urls = urls
        self._config = config
        self._frames = frames
        self._monotonic = monotonic
        self._names = RoleNames(config.roles)
        self._single = SingleRecords(api, urls, config, frames)

    async def pages(self, collection: Collection, of: Owner) -> AsyncGenerator[Page[Record]]:
        """Yield the pages of what belongs to `of`, as `RosterProvider.subset` says."""
        if collection not in PARTS.get(of.collection, frozenset()):
            raise IncompatibleError(
                f"{collection} do not belong to {of.collection}", advice="list the collection"
            )
        if not is_id(of.sourced_id):
            yield Page(rows=(), complete=True)
            return
        frame = (await self._frames.get()).frame
        async with aclosing(self._of(collection, of, frame)) as pages:
            async for page in pages:
                yield replace(page, rows=tuple(row for row in page.rows if belongs(row, of)))

    def _of(
        self, collection: Collection, of: Owner, frame: CanvasFrame
    ) -> AsyncGenerator[Page[Record]]:
        match of.collection, collection:
            case _C.COURSES, _:
                return self._classes_of_course(of.sourced_id, frame)
            case _C.CLASSES, _:
                return self._enrollments_at(f"sections/{of.sourced_id}", frame)
            case _C.USERS, _:
                return self._enrollments_at(f"users/{of.sourced_id}", frame)
            case _C.ORGS, _C.USERS:
                # Somebody's roles at other accounts are told by all enrollments only.
                return self._listing().pages(collection)
            case _C.ORGS, _:
                return self._listing().courses_part(collection, of.sourced_id)
            case _:
                by_term = [("enrollment_term_id", of.sourced_id)]
                return self._listing().courses_part(collection, frame.top_id, by_term)

    def _listing(self) -> CanvasListing:
        return CanvasListing(
            self._api, self._urls, self._config, self._frames, monotonic=self._monotonic
        )

    async def _classes_of_course(
        self, course_id: str, frame: CanvasFrame
    ) -> AsyncGenerator[Page[Record]]:
        gathering, found = Gathering(_C.CLASSES, recall=None), Gathered()
        course = await self._single.one(f"courses/{course_id}", CanvasCourse)
        if course is not None:
            async for page in self._api.pages(self._urls.listing(f"courses/{course_id}/sections")):
                gathering.doubt(page.reason)
                for read in map(_SECTIONS.read, page.texts):
                    if (section := found.take(read)) is not None:
                        found.add(class_of(section, course, frame))
        yield gathering.page(found, None, None)

    async def _enrollments_at(self, path: str, frame: CanvasFrame) -> AsyncGenerator[Page[Record]]:
        gathering, found = Gathering(_C.ENROLLMENTS, recall=None), Gathered()
        people, schools = People(), self._single.schools(frame)
        url = self._urls.listing(f"{path}/enrollments", states(ENROLLMENT_STATES))
        try:
            async for page in self._api.pages(url):
                gathering.doubt(page.reason)
                for read in map(_ENROLLMENTS.read, page.texts):
                    if (row := found.take(read)) is not None:
                        school = await schools.of(row.course_id)
                        found.add(enrollment_of(row, school, self._names, people))
        except RemoteNotFoundError:
            found = Gathered()
        yield gathering.page(found, None, None)
