"""Canvas' collections by listing: accounts, terms, users and courses, and course by course.

Enrollments are read before users: an enrollment says what its person is, see `people`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Final

from integration_tui.domain.clock import Monotonic
from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.paging import Cursor, KnownPages, Page
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.canvas.config import CanvasConfig
from integration_tui.providers.canvas.enrollments import EnrollmentListing
from integration_tui.providers.canvas.frame import FrameReader
from integration_tui.providers.canvas.gathering import Gathered, Gathering
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.objects import CanvasSection, RowReader, text_of
from integration_tui.providers.canvas.people import Knowledge, RoleNames
from integration_tui.providers.canvas.place import Place, read_place
from integration_tui.providers.canvas.records import CanvasFrame, class_of, course_of
from integration_tui.providers.canvas.skipping import Sections, skipped_course
from integration_tui.providers.canvas.urls import CanvasUrls, Query
from integration_tui.providers.canvas.users import UserListing
from integration_tui.providers.canvas.walk import CourseBatch, CourseWalk

Pages = AsyncGenerator[Page[Record]]
_ORG_FIELDS: Final = frozenset({"name", "type", "parent"})
_SESSION_FIELDS: Final = frozenset({"title", "type", "starts_on", "ends_on"})
_COURSE_FIELDS: Final = frozenset({"title", "course_code", "org"})
_CLASS_FIELDS: Final = frozenset({"title", "course", "school"})
_SECTIONS: Final = RowReader(CanvasSection)
_CLASSES_A_PAGE: Final = 100
_COURSES_A_PAGE: Final = 50
"""Whichever comes first: what was asked for is kept by then."""
_COURSES_IN_A_HURRY: Final = 5


class CanvasListing:
    """Lists whole collections of one Canvas. Holds what one sweep has learnt of people."""

    def __init__(
        self,
        api: CanvasApi,
        urls: CanvasUrls,
        config: CanvasConfig,
        frames: FrameReader,
        *,
        monotonic: Monotonic,
    ) -> None:
        self.recall: KnownPages | None = None
        self._courses_a_page = _COURSES_A_PAGE
        self._service = urls.service
        self._frames = frames
        self._walk = walk = CourseWalk(api, urls, ahead=config.sync.ahead)
        self._sections = Sections(api, urls)
        self._monotonic = monotonic
        self._knowledge = knowledge = Knowledge()
        names = RoleNames(config.roles)
        enrollments = EnrollmentListing(walk, self._sections, names, knowledge, monotonic=monotonic)
        self._enrollments = enrollments
        self._users = UserListing(api, urls, enrollments, knowledge, names, monotonic=monotonic)
        self._ways: Mapping[Collection, Callable[[Place | None, Gathering], Pages]] = {
            Collection.ORGS: self._list_orgs,
            Collection.ACADEMIC_SESSIONS: self._list_sessions,
            Collection.COURSES: self._list_courses,
            Collection.CLASSES: self._list_classes,
            Collection.USERS: self._list_users,
            Collection.ENROLLMENTS: self._list_enrollments,
        }

    def hurry(self) -> None:
        """Hand over what is there soon, and users without what only enrollments tell of them."""
        self._users.learns = False
        self._courses_a_page = _COURSES_IN_A_HURRY

    def relearn(self, collection: Collection, lessons: Sequence[str], after: Cursor | None) -> None:
        """Know what enrollments told of people before a rest, as `LearningProvider` says."""
        if collection is Collection.ENROLLMENTS:
            self._knowledge.relearn(lessons, after, self._monotonic())

    def pages(self, collection: Collection, *, after: Cursor | None = None) -> Pages:
        """Yield pages as `DataSyncProvider.pages` says."""
        if collection not in self._ways:
            raise IncompatibleError(
                f"Canvas has no {collection}", advice="read them from the system that keeps them"
            )
        place = None if after is None else read_place(after, collection, self._service)
        doubts = () if place is None else place.doubts
        gathering = Gathering(collection, recall=self.recall, doubts=doubts)
        return self._ways[collection](place, gathering)

    def courses_part(self, collection: Collection, account_id: str, query: Query = ()) -> Pages:
        """Yield what is listed course by course, of an account's courses only."""
        place = Place(collection, self._walk.courses_url(account_id, query))
        return self._ways[collection](place, Gathering(collection, recall=None))

    async def _list_orgs(self, _place: Place | None, gathering: Gathering) -> Pages:
        self._frames.forget()
        frame = await self._frames.get()
        gathering.doubt(frame.orgs_reason)
        yield gathering.page(frame.orgs, None, _ORG_FIELDS)

    async def _list_sessions(self, _place: Place | None, gathering: Gathering) -> Pages:
        frame = await self._frames.get()
        gathering.doubt(frame.sessions_reason)
        yield gathering.page(frame.sessions, None, _SESSION_FIELDS)

    async def _list_courses(self, place: Place | None, gathering: Gathering) -> Pages:
        frame = (await self._frames.get()).frame
        place = place or self._first_courses(Collection.COURSES, frame)
        async with aclosing(self._walk.courses(place.page)) as pages:
            async for page in pages:
                found = Gathered()
                for read in page.read:
                    if (course := found.take(read)) is not None:
                        found.add(course_of(course, frame))
                gathering.doubt(page.reason)
                behind = Place(Collection.COURSES, page.next) if page.next else None
                yield gathering.page(found, behind, _COURSE_FIELDS)

    async def _list_classes(self, place: Place | None, gathering: Gathering) -> Pages:
        frame = (await self._frames.get()).frame
        fields = _CLASS_FIELDS if frame.terms is None else _CLASS_FIELDS | {"terms"}
        place = place or self._first_courses(Collection.CLASSES, frame)
        found, count = Gathered(), 0
        async with aclosing(self._walk.batches(place, "sections")) as batches:
            async for batch in batches:
                self._take_sections(batch, frame, found)
                gathering.doubt(batch.reason)
                count += 1
                is_full = len(found.rows) >= _CLASSES_A_PAGE or count >= self._courses_a_page
                if batch.after is not None and is_full:
                    yield gathering.page(found, batch.after, fields)
                    found, count = Gathered(), 0
        yield gathering.page(found, None, fields)

    def _take_sections(self, batch: CourseBatch, frame: CanvasFrame, found: Gathered) -> None:
        if batch.refusal is not None:
            found.skipped.append(skipped_course(batch.course, batch.refusal))
            return
        sections = [found.take(_SECTIONS.read(one)) for one in batch.texts]
        rows = [
            found.add(class_of(section, batch.course, frame))
            for section in sections
            if section is not None
        ]
        ids = [row.sourced_id for row in rows if row is not None]
        self._sections.learn(text_of(batch.course.id), ids)

    async def _list_users(self, place: Place | None, gathering: Gathering) -> Pages:
        frame = (await self._frames.get()).frame
        async with aclosing(self._users.pages(place, frame, gathering)) as pages:
            async for page in pages:
                yield page

    async def _list_enrollments(self, place: Place | None, gathering: Gathering) -> Pages:
        frame = (await self._frames.get()).frame
        async with aclosing(self._enrollments.pages(place, frame, gathering)) as pages:
            async for page in pages:
                yield page

    def _first_courses(self, collection: Collection, frame: CanvasFrame) -> Place:
        return Place(collection, self._walk.courses_url(frame.top_id))
