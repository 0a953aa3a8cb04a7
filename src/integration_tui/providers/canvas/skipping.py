"""Courses that the system does not let us read: which classes are left as they are, and why."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Final

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.paging import Skipped
from integration_tui.domain.roster import Collection, Owner
from integration_tui.domain.text import visible
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.objects import CanvasCourse, CanvasSection, RowReader, text_of
from integration_tui.providers.canvas.records import text
from integration_tui.providers.canvas.urls import CanvasUrls
from integration_tui.providers.canvas.walk import REFUSALS

_SECTIONS: Final = RowReader(CanvasSection)


class Sections:
    """Which sections a course has, as far as they were listed; else they are asked for."""

    def __init__(self, api: CanvasApi, urls: CanvasUrls) -> None:
        self._api = api
        self._urls = urls
        self._known: dict[str, dict[str, None]] = {}

    def learn(self, course_id: str, section_ids: Iterable[str]) -> None:
        """Take in sections of a course."""
        self._known.setdefault(course_id, {}).update(dict.fromkeys(section_ids))

    async def skipped(self, course: CanvasCourse, error: ProviderError) -> Sequence[Skipped]:
        """Return the classes of a course whose enrollments are refused.

        The course itself stands for them where its sections are refused as well.
        """
        course_id = text_of(course.id)
        if course_id not in self._known:
            try:
                self.learn(course_id, [one async for one in self._asked(course_id)])
            except REFUSALS:
                return [skipped_course(course, error)]
        reason = _reason(course, error)
        return [
            Skipped(owner=Owner(collection=Collection.CLASSES, sourced_id=one), reason=reason)
            for one in self._known[course_id]
        ]

    async def _asked(self, course_id: str) -> AsyncGenerator[str]:
        url = self._urls.listing(f"courses/{course_id}/sections")
        async for page in self._api.pages(url):
            for read in map(_SECTIONS.read, page.texts):
                if read.row is not None:
                    yield text_of(read.row.id)


def skipped_course(course: CanvasCourse, error: ProviderError) -> Skipped:
    """Return that a course was skipped, and with it all its classes."""
    owner = Owner(collection=Collection.COURSES, sourced_id=text_of(course.id))
    return Skipped(owner=owner, reason=_reason(course, error))


def _reason(course: CanvasCourse, error: ProviderError) -> str:
    name = visible(text(course.name) or text_of(course.id), limit=100)
    return f"the class {name} could not be read ({error.message}): its members stay as they are"
