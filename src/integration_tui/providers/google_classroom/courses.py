"""Courses of Classroom, each a class of ours: a school has no courses there, and no terms."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Final, get_args
from urllib.parse import quote

import msgspec

from integration_tui.domain.clock import Clock
from integration_tui.domain.errors import RemoteNotFoundError
from integration_tui.domain.paging import Rejected
from integration_tui.domain.roster import Class, RecordStatus
from integration_tui.providers.google_classroom.config import CourseState, GoogleClassroomConfig
from integration_tui.providers.google_classroom.responses import (
    AliasRow,
    CourseItem,
    ListPage,
    UnreadableError,
    checked_id,
    loose_id,
    moment,
    outline,
    read_row,
)
from integration_tui.providers.google_classroom.session import GoogleSession
from integration_tui.providers.http.models import Params

COURSES: Final = "/v1/courses"
_COURSE: Final = "id,name,section,room,subject,ownerId,courseState,updateTime"
_STATES: Final[Sequence[str]] = get_args(CourseState)
_KEPT: Final = timedelta(days=366)
_DOMAIN: Final = "d:"
PAGE_SIZE: Final = 100
CLASS_FIELDS: Final = frozenset({"title", "class_code", "location", "subjects", "school", "status"})


class ParsedCourses(msgspec.Struct, frozen=True):
    """A page of courses: those that can be read, and those that cannot. `next` is its token."""

    rows: Sequence[CourseItem]
    rejected: Sequence[Rejected]
    next: str


class Courses:
    """What a connector and its listings ask of courses."""

    def __init__(self, session: GoogleSession, config: GoogleClassroomConfig, clock: Clock) -> None:
        self._session = session
        self._config = config
        self._clock = clock

    async def pages(
        self, token: str = "", query: Params | None = None
    ) -> AsyncGenerator[ParsedCourses]:
        """Yield the courses of the domain in any state, newest first."""
        asked: Params = {
            **(query or {}),
            # Every state by its name: what is left out may come to mean another thing.
            "courseStates": _STATES,
            "pageSize": self.page_size,
            "fields": f"nextPageToken,courses({_COURSE})",
        }
        async with aclosing(self._session.pages(COURSES, "courses", asked, token)) as pages:
            async for page in pages:
                yield _read(page)

    async def find(self, course: str) -> CourseItem | None:
        """Return one course; `None` where there is none."""
        try:
            return await self._session.get(
                f"{COURSES}/{quote(course, safe='')}", CourseItem, {"fields": _COURSE}
            )
        except RemoteNotFoundError:
            return None

    async def aliases(self, course: str) -> Sequence[str]:
        """Return how the domain calls a course. Raises `ProviderError`."""
        path, found = f"{COURSES}/{quote(course, safe='')}/aliases", list[str]()
        query: Params = {"pageSize": PAGE_SIZE, "fields": "nextPageToken,aliases(alias)"}
        async with aclosing(self._session.pages(path, "aliases", query)) as pages:
            async for page in pages:
                found += _aliases(page)
        return found

    @property
    def page_size(self) -> int:
        """How many rows to ask for; Google may send fewer."""
        return self._config.sync.page_size or PAGE_SIZE

    def is_active(self, row: CourseItem) -> bool:
        """Return whether a course is one that is going on, by the states of the config."""
        return row.course_state in self._config.states

    def has_roster(self, row: CourseItem) -> bool:
        """Return whether the roster is to be read: not of what ended more than a year ago."""
        if self.is_active(row):
            return True
        changed = moment(row.update_time)
        return changed is None or changed > self._clock() - _KEPT

    def record(self, row: CourseItem, school: str, aliases: Sequence[str] = ()) -> Class:
        """Return the class that a course is."""
        return Class(
            sourced_id=row.id,
            status=RecordStatus.ACTIVE if self.is_active(row) else RecordStatus.TO_BE_DELETED,
            modified_at=moment(row.update_time),
            title=row.name or row.id,
            course=None,
            school=school,
            class_code=row.section or None,
            location=row.room or None,
            subjects=(row.subject,) if row.subject else (),
            claims=tuple(dict.fromkeys(aliases)),
        )


def _read(page: ListPage) -> ParsedCourses:
    rows, rejected = list[CourseItem](), list[Rejected]()
    for text in page.texts:
        try:
            row = read_row(text, CourseItem)
            checked_id(row.id)
        except UnreadableError as error:
            rejected.append(
                Rejected(sourced_id=loose_id(text, "id"), reason=error.reason, raw=outline(text))
            )
        else:
            rows.append(row)
    return ParsedCourses(rows, rejected, page.next)


def _aliases(page: ListPage) -> Iterator[str]:
    """Yield the domain's names of a course, without the sign that they are such."""
    for text in page.texts:
        try:
            alias = read_row(text, AliasRow).alias
            if alias.startswith(_DOMAIN):
                yield checked_id(alias.removeprefix(_DOMAIN))
        except UnreadableError:
            continue
