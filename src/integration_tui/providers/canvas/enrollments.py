"""Enrollments course by course: one page a class, with its students and teachers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

import msgspec

from integration_tui.domain.clock import Monotonic
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.value import replace
from integration_tui.providers.canvas.gathering import Gathered, Gathering
from integration_tui.providers.canvas.objects import CanvasEnrollment, RowReader, reference
from integration_tui.providers.canvas.people import Knowledge, Lesson, People, RoleNames
from integration_tui.providers.canvas.place import Place
from integration_tui.providers.canvas.records import CanvasFrame, enrollment_of
from integration_tui.providers.canvas.skipping import Sections
from integration_tui.providers.canvas.walk import (
    ENROLLMENT_STATES,
    CourseBatch,
    CourseWalk,
    states,
)

FIELDS: Final = frozenset({"user", "class_", "school", "role"})
BREATH_S: Final = 10.0
"""After so long something is handed over, be it nothing: a silent listing is given up."""
_ENROLLMENTS: Final = RowReader(CanvasEnrollment)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a page holds, the place behind it, and what it tells of people."""

    gathered: Gathered = field(default_factory=Gathered)
    behind: Place | None = field(kw_only=True)
    lesson: Lesson = field(default_factory=Lesson, kw_only=True)


class EnrollmentListing:
    """Lists the enrollments of an account, and learns from them what people are."""

    def __init__(
        self,
        walk: CourseWalk,
        sections: Sections,
        names: RoleNames,
        knowledge: Knowledge,
        *,
        monotonic: Monotonic,
    ) -> None:
        self._walk = walk
        self._sections = sections
        self._names = names
        self._knowledge = knowledge
        self._monotonic = monotonic
        self._handed_over = 0.0

    async def pages(
        self, place: Place | None, frame: CanvasFrame, gathering: Gathering
    ) -> AsyncGenerator[Page[Record]]:
        """Yield a page a class from a place on."""
        self._knowledge.begin(None if place is None else place.cursor())
        passed = "" if place is None else place.section
        first = place or Place(Collection.ENROLLMENTS, self._walk.courses_url(frame.top_id))
        query = states(ENROLLMENT_STATES)
        self._handed_over = self._monotonic()
        async with aclosing(self._walk.batches(first, "enrollments", query)) as batches:
            async for batch in batches:
                gathering.doubt(batch.reason)
                for found in await self._classes(batch, frame, passed):
                    page = self._page(gathering, found)
                    yield page
                    if page.next is None:
                        return
                passed = ""
        yield self._page(gathering, _Found(behind=None))

    def _page(self, gathering: Gathering, found: _Found) -> Page[Record]:
        page = gathering.page(found.gathered, found.behind, FIELDS)
        self._handed_over = self._monotonic()
        self._knowledge.reach(page.next, self._monotonic())
        return replace(page, lesson=found.lesson.written())

    async def _classes(self, batch: CourseBatch, frame: CanvasFrame, passed: str) -> list[_Found]:
        """Return what a batch holds, class by class."""
        if not batch.texts and batch.refusal is None:
            return self._breath(batch)
        if batch.refusal is not None:
            lesson = Lesson(unread=frame.org(reference(batch.course.account_id)))
            self._knowledge.learn(lesson)
            skipped = await self._sections.skipped(batch.course, batch.refusal)
            return [_Found(Gathered(skipped=[*skipped]), behind=batch.after, lesson=lesson)]
        found, people = self._by_section(batch, frame)
        lessons = [people[section].lesson() for section in found]
        for lesson in lessons:
            self._knowledge.learn(lesson)
        ids = [*found]
        behind = [
            *(msgspec.structs.replace(batch.here, section=section) for section in ids[:-1]),
            batch.after,
        ]
        begin = ids.index(passed) + 1 if passed in found else 0
        parts = zip(found.values(), behind, lessons, strict=False)
        return [_Found(rows, behind=after, lesson=lesson) for rows, after, lesson in parts][begin:]

    def _breath(self, batch: CourseBatch) -> list[_Found]:
        """Return a page of nothing where there was none for long: courses may be empty."""
        if batch.after is None or self._monotonic() - self._handed_over < BREATH_S:
            return []
        return [_Found(behind=batch.after)]

    def _by_section(
        self, batch: CourseBatch, frame: CanvasFrame
    ) -> tuple[dict[str, Gathered], Mapping[str, People]]:
        school = frame.org(reference(batch.course.account_id))
        people: defaultdict[str, People] = defaultdict(People)
        found: dict[str, Gathered] = {}
        for read in map(_ENROLLMENTS.read, batch.texts):
            row = read.row
            section = None if row is None else reference(row.course_section_id)
            gathered = found.setdefault(section or "", Gathered())
            if gathered.take(read) is not None and row is not None:
                gathered.add(enrollment_of(row, school, self._names, people[section or ""]))
        return found, people
