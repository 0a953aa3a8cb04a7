"""Course by course through an account: the sections of each, or its enrollments.

Canvas lists neither for a whole account. Two courses are asked for at once, and handed over in
their order. A course that is refused, was deleted meanwhile, or fails while Canvas answers
otherwise, is skipped and the walk goes on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Final, TypeVar

import msgspec

from integration_tui.domain.errors import (
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
    RetryableError,
)
from integration_tui.providers.canvas.errors import FAILURE
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.objects import CanvasCourse, ReadRow, RowReader, text_of
from integration_tui.providers.canvas.place import Place
from integration_tui.providers.canvas.urls import CanvasUrls, Query

COURSE_STATES: Final = ("created", "claimed", "available", "completed")
"""Asked for by name; a deleted course is missing, and so are its classes."""
ENROLLMENT_STATES: Final = (
    "active",
    "invited",
    "creation_pending",
    "rejected",
    "completed",
    "inactive",
    "deleted",
)
REFUSALS: Final = (ForbiddenError, RemoteNotFoundError)
AT_ONCE: Final = 2
"""Each request holds 50 of a bucket of 600 until it is answered (Canvas REST API, Throttling)."""
_BATCH: Final = 1000
_PAGES_A_BATCH: Final = 20
"""So many rows or pages of a course are held before they are handed over."""
_COURSES: Final = RowReader(CanvasCourse)
_T = TypeVar("_T")


class CoursePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of courses. `url` is its own address, `next` that of the page behind it."""

    url: str
    read: Sequence[ReadRow[CanvasCourse]]
    next: str | None
    reason: str

    @property
    def courses(self) -> Sequence[CanvasCourse]:
        return [one.row for one in self.read if one.row is not None]


class CourseBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one course that begin at the place `here`; `after` is behind them.

    `refusal` is why the course has none. `reason` says why some are missing.
    """

    course: CanvasCourse
    here: Place
    after: Place | None
    texts: Sequence[bytes] = ()
    refusal: ProviderError | None = None
    reason: str = ""


class _Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a course from an address on, and where it goes on."""

    texts: Sequence[bytes] = ()
    next: str | None = None
    reason: str = ""
    refusal: ProviderError | None = None


def states(names: Iterable[str]) -> Query:
    """Return a filter by states, each by its name."""
    return [("state[]", name) for name in names]


class CourseWalk:
    """Walks through the courses of one account. `ahead` are requests before they are needed."""

    def __init__(self, api: CanvasApi, urls: CanvasUrls, *, ahead: int) -> None:
        self._api = api
        self._urls = urls
        self._at_once = min(ahead + 1, AT_ONCE)

    def courses_url(self, account_id: str, query: Query = ()) -> str:
        """Return where the courses of an account are listed."""
        return self._urls.listing(
            f"accounts/{account_id}/courses", [*states(COURSE_STATES), *query]
        )

    async def courses(self, url: str) -> AsyncGenerator[CoursePage]:
        """Yield the pages of courses from an address on."""
        here = url
        async for page in self._api.pages(url):
            read = [_COURSES.read(text) for text in page.texts]
            yield CoursePage(url=here, read=read, next=page.next, reason=page.reason)
            here = page.next or ""

    async def batches(
        self, place: Place, path: str, query: Query = ()
    ) -> AsyncGenerator[CourseBatch]:
        """Yield the rows of each course from a place on; `path` is what is asked of a course."""
        async with aclosing(self.courses(place.page)) as pages:
            async for page in pages:
                async with aclosing(self._of_page(page, place, path, query)) as batches:
                    async for batch in batches:
                        yield batch

    async def _of_page(
        self, page: CoursePage, place: Place, path: str, query: Query
    ) -> AsyncGenerator[CourseBatch]:
        courses = _from(page.courses, place.course)
        starts = [
            place.link
            if place.link and text_of(course.id) == place.course
            else self._urls.listing(f"courses/{text_of(course.id)}/{path}", query)
            for course in courses
        ]
        begins = [
            _at(place, page.url, course=text_of(course.id), link=url)
            for course, url in zip(courses, starts, strict=True)
        ]
        behind = _at(place, page.next) if page.next else None
        jobs = [partial(self._rows, url) for url in starts]
        async with aclosing(in_order(jobs, self._at_once)) as found:
            number = 0
            async for rows in found:
                here, upcoming = begins[number], begins[number + 1 : number + 2]
                after = upcoming[0] if upcoming else behind
                while True:
                    more = _at(here, here.page, course=here.course, link=rows.next or "")
                    yield CourseBatch(
                        course=courses[number],
                        here=here,
                        after=more if rows.next else after,
                        texts=rows.texts,
                        refusal=rows.refusal,
                        reason=rows.reason,
                    )
                    if rows.next is None:
                        break
                    here, rows = more, await self._rows(rows.next)
                number += 1

    async def _rows(self, url: str) -> _Rows:
        texts: list[bytes] = []
        upcoming, reason, count = None, "", 0
        try:
            async with aclosing(self._api.pages(url)) as pages:
                async for page in pages:
                    texts += page.texts
                    upcoming, reason, count = page.next, page.reason, count + 1
                    if len(texts) >= _BATCH or count >= _PAGES_A_BATCH:
                        break
        except REFUSALS as error:
            return _Rows(refusal=error)
        except (IncompatibleError, RetryableError) as error:
            # Some courses of old fail for ever; an outage fails everywhere.
            is_own = isinstance(error, IncompatibleError) or error.status == FAILURE
            if not is_own or not await self._api.answers():
                raise
            return _Rows(refusal=error)
        return _Rows(texts=texts, next=upcoming, reason=reason)


async def in_order(jobs: Sequence[Callable[[], Awaitable[_T]]], at_once: int) -> AsyncGenerator[_T]:
    """Yield what jobs return in their order, while the next ones are under way."""
    waiting = deque(jobs)
    running: deque[asyncio.Task[_T]] = deque()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(asyncio.ensure_future(_awaited(waiting.popleft())))
            yield await running[0]
            running.popleft()
    finally:
        for task in running:
            task.cancel()
        # What went wrong ahead is of no interest where somebody stops before.
        await asyncio.gather(*running, return_exceptions=True)


async def _awaited(job: Callable[[], Awaitable[_T]]) -> _T:
    return await job()


def _at(place: Place, page: str, *, course: str = "", link: str = "") -> Place:
    return msgspec.structs.replace(place, page=page, course=course, link=link, section="")


def _from(courses: Sequence[CanvasCourse], course_id: str) -> Sequence[CanvasCourse]:
    """Return the courses of a page from one on; all, where it is not on it any more."""
    ids = [text_of(course.id) for course in courses]
    return courses[ids.index(course_id) :] if course_id in ids else courses
