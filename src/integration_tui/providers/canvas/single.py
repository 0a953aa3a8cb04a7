"""Single records by id. An id that is none of Canvas' is not asked for: it may name others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

from integration_tui.domain.errors import IncompatibleError, RemoteNotFoundError
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.canvas.config import CanvasConfig
from integration_tui.providers.canvas.frame import FrameReader
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.objects import (
    CanvasAccount,
    CanvasCourse,
    CanvasEnrollment,
    CanvasRow,
    CanvasSection,
    CanvasUser,
    MaybeId,
    RowReader,
    is_id,
    reference,
)
from integration_tui.providers.canvas.people import People, RoleNames
from integration_tui.providers.canvas.records import (
    CanvasFrame,
    class_of,
    course_of,
    enrollment_of,
    org_of,
    user_of,
)
from integration_tui.providers.canvas.urls import CanvasUrls, Query
from integration_tui.providers.canvas.walk import ENROLLMENT_STATES, REFUSALS, states

_ENROLLMENTS: Final = RowReader(CanvasEnrollment)
_EMAIL: Final = [("include[]", "email")]
_W = TypeVar("_W", bound=CanvasRow)


class Schools:
    """The orgs of courses, each asked for once."""

    def __init__(self, single: SingleRecords, frame: CanvasFrame) -> None:
        self._single = single
        self._frame = frame
        self._known: dict[str, str] = {}

    async def of(self, course: MaybeId) -> str:
        """Return the org of a course; the top account where it cannot be known."""
        course_id = reference(course)
        if course_id is None:
            return self._frame.top_id
        if course_id not in self._known:
            try:
                found = await self._single.one(f"courses/{course_id}", CanvasCourse)
            except REFUSALS:
                found = None
            account = None if found is None else reference(found.account_id)
            self._known[course_id] = self._frame.org(account)
        return self._known[course_id]


class SingleRecords:
    """Looks records up."""

    def __init__(
        self, api: CanvasApi, urls: CanvasUrls, config: CanvasConfig, frames: FrameReader
    ) -> None:
        self._api = api
        self._urls = urls
        self._frames = frames
        self._names = RoleNames(config.roles)
        self._ways: Mapping[Collection, Callable[[str, CanvasFrame], Awaitable[Record | None]]] = {
            Collection.ORGS: self._org,
            Collection.COURSES: self._course,
            Collection.CLASSES: self._class,
            Collection.USERS: self._user,
            Collection.ENROLLMENTS: self._enrollment,
        }

    async def find(self, collection: Collection, sourced_id: str) -> Record | None:
        """Return one record, or `None`, as `RosterProvider.find` says."""
        if collection is Collection.DEMOGRAPHICS:
            raise IncompatibleError(
                "Canvas has no demographics", advice="read them from the system that keeps them"
            )
        if not is_id(sourced_id):
            return None
        frame = await self._frames.get()
        if collection is Collection.ACADEMIC_SESSIONS:
            rows = frame.sessions.rows
            return next((row for row in rows if row.sourced_id == sourced_id), None)
        return await self._ways[collection](sourced_id, frame.frame)

    async def one(self, path: str, of: type[_W], query: Query = ()) -> _W | None:
        """Return an object, or `None` where there is none. Raises where it may not be seen."""
        try:
            found = await self._api.one(self._urls.single(path, query), of)
        except RemoteNotFoundError:
            return None
        return found if is_id(found.id) else None

    def schools(self, frame: CanvasFrame) -> Schools:
        """Return what tells the orgs of courses."""
        return Schools(self, frame)

    async def _org(self, sourced_id: str, frame: CanvasFrame) -> Record | None:
        found = await self.one(f"accounts/{sourced_id}", CanvasAccount)
        return None if found is None else org_of(found, frame).row

    async def _course(self, sourced_id: str, frame: CanvasFrame) -> Record | None:
        found = await self.one(f"courses/{sourced_id}", CanvasCourse)
        return None if found is None else course_of(found, frame).row

    async def _class(self, sourced_id: str, frame: CanvasFrame) -> Record | None:
        section = await self.one(f"sections/{sourced_id}", CanvasSection)
        course_id = None if section is None else reference(section.course_id)
        course = None if course_id is None else await self.one(f"courses/{course_id}", CanvasCourse)
        if section is None or course is None:
            return None
        return class_of(section, course, frame).row

    async def _user(self, sourced_id: str, frame: CanvasFrame) -> Record | None:
        found = await self.one(f"users/{sourced_id}", CanvasUser, _EMAIL)
        if found is None:
            return None
        people, schools = People(), self.schools(frame)
        url = self._urls.listing(f"users/{sourced_id}/enrollments", states(ENROLLMENT_STATES))
        async for page in self._api.pages(url):
            for read in map(_ENROLLMENTS.read, page.texts):
                if read.row is not None:
                    school = await schools.of(read.row.course_id)
                    enrollment_of(read.row, school, self._names, people)
        return user_of(found, people, frame.top_id).row

    async def _enrollment(self, sourced_id: str, frame: CanvasFrame) -> Record | None:
        root = reference(frame.top.root_account_id) or frame.top_id
        found = await self.one(f"accounts/{root}/enrollments/{sourced_id}", CanvasEnrollment)
        if found is None:
            return None
        school = await self.schools(frame).of(found.course_id)
        return enrollment_of(found, school, self._names, People()).row
