"""Listings of orgs, classes and enrollments: what rosters say of people is kept for the users."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from hashlib import blake2b
from typing import Final, TypeVar

import msgspec

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.paging import Cursor, Duplicate, KnownPages, Page, Skipped
from integration_tui.domain.roster import Class, Collection, Record
from integration_tui.domain.value import replace
from integration_tui.providers.google_classroom.ahead import in_order
from integration_tui.providers.google_classroom.courses import CLASS_FIELDS, Courses, ParsedCourses
from integration_tui.providers.google_classroom.cursors import ListingPlace, Part, packed, unpacked
from integration_tui.providers.google_classroom.directory import Directory, DirectoryIndex
from integration_tui.providers.google_classroom.errors import (
    is_refused,
    refusal_reason,
    without_account,
)
from integration_tui.providers.google_classroom.people import (
    EnrollmentKey,
    KnownMembers,
    Member,
)
from integration_tui.providers.google_classroom.responses import CourseItem
from integration_tui.providers.google_classroom.rosters import (
    ClassMembers,
    ClassRoster,
    Keep,
    Rosters,
    Setting,
    class_members,
    enrollments,
    everything,
    skipped_class,
)
from integration_tui.providers.paging.id_set import IdSet

T = TypeVar("T")

_LOST: Final = "a record without an id could not be read"
_ORG_FIELDS: Final = frozenset({"name", "type", "parent"})
_FIELDS: Final = frozenset({"user", "class", "school", "role", "primary", "status"})
_SCHOOL: Final = frozenset({"school"})


class ClassroomSource(msgspec.Struct, kw_only=True):
    """What all listings of a connector share. `members` is what the latest walk has learned."""

    directory: Directory
    courses: Courses
    rosters: Rosters
    ahead: int
    names_schools: bool
    reads_aliases: bool
    members: KnownMembers = msgspec.field(default_factory=KnownMembers)
    recall: KnownPages | None = None
    schools: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    """Where classes are, as the latest listing of classes has it; whole if `has_schools`."""
    has_schools: bool = False

    def known(self, collection: Collection, digest: bytes) -> Sequence[str] | None:
        """Return the ids of a page that was taken before as it is."""
        return None if self.recall is None else self.recall(collection, digest)

    async def school(self, row: CourseItem) -> str:
        """Return where a course's owner is; the district where the owner is gone."""
        if row.id in self.schools:
            return self.schools[row.id]
        return await self.directory.find_school(row.owner_id)

    @property
    def index(self) -> DirectoryIndex | None:
        """Who is in the Directory, where that was read."""
        return self.directory.index if self.directory.has_index else None

    @property
    def lacking(self) -> frozenset[str]:
        """The fields that nobody can tell now: what is held of them stays."""
        return frozenset() if self.directory.knows_schools else _SCHOOL


async def org_pages(source: ClassroomSource, after: Cursor | None) -> AsyncGenerator[Page[Record]]:
    """Yield the one page of the district and its schools; no cursor is of that listing."""
    if after is not None:
        ListingPlace.read(after)
    source.directory.forget()
    units = await source.directory.units()
    refusal = source.directory.refusal
    yield Page(
        rows=tuple(units.orgs),
        complete=refusal is None,
        reason=without_account(refusal),
        findings=units.findings,
        fields=_ORG_FIELDS,
    )


async def class_pages(
    source: ClassroomSource, after: Cursor | None
) -> AsyncGenerator[Page[Record]]:
    """Yield classes, a page of courses each."""
    place = ListingPlace.read(after, Part.COURSES) if after else ListingPlace(part=Part.COURSES)
    if source.names_schools:
        async with aclosing(source.directory.load()) as progress:
            async for _ in progress:
                yield Page(rows=(), next=place.cursor())
    await source.directory.units()
    source.schools, source.has_schools, seen = {}, False, IdSet()
    async with aclosing(source.courses.pages(place.token)) as pages:
        async for found in pages:
            lost = place.lost or any(not row.sourced_id for row in found.rejected)
            place = replace(place, token=found.next, lost=lost)
            page = await _class_page(source, found, seen)
            source.has_schools = not found.next and after is None
            yield ended(page, place, is_over=not found.next)


async def _class_page(source: ClassroomSource, found: ParsedCourses, seen: IdSet) -> Page[Record]:
    again = {*seen.take([row.id for row in found.rows])}
    rows = [row for place, row in enumerate(found.rows) if place not in again]
    aliases = await _aliases(source, rows)
    classes: list[Class] = []
    skipped: list[Skipped] = []
    for row, names in zip(rows, aliases, strict=True):
        source.schools[row.id] = school = await source.school(row)
        if isinstance(names, Skipped):
            skipped.append(names)
        else:
            classes.append(source.courses.record(row, school, names))
    page: Page[Record] = Page(
        rows=tuple(classes),
        rejected=tuple(found.rejected),
        duplicates=tuple(Duplicate(sourced_id=found.rows[place].id) for place in sorted(again)),
        skipped=tuple(skipped),
        fields=CLASS_FIELDS - source.lacking,
    )
    return recalled(source, Collection.CLASSES, page)


async def _aliases(
    source: ClassroomSource, rows: Sequence[CourseItem]
) -> Sequence[Sequence[str] | Skipped]:
    """Return how the domain calls each course, or that it is skipped.

    One without its aliases would look as if others did not call it anything any more.
    """
    if not source.reads_aliases:
        return [()] * len(rows)

    async def read(row: CourseItem) -> Sequence[str] | Skipped:
        try:
            return await source.courses.aliases(row.id)
        except ProviderError as error:
            if not is_refused(error):
                raise
            return skipped_class(row, f"its aliases: {refusal_reason(error)}")

    async with aclosing(in_order(each(rows), read, depth=source.ahead)) as found:
        return [names async for names in found]


async def enrollment_pages(
    source: ClassroomSource, after: Cursor | None, keep: Keep = everything
) -> AsyncGenerator[Page[Record]]:
    """Yield enrollments, a page a class; only of the classes that are to be kept."""
    place = ListingPlace.read(after, Part.ROSTERS) if after else ListingPlace(part=Part.ROSTERS)
    if after is None:
        source.members = KnownMembers()
        place = replace(place, schools=packed(source.schools) if source.has_schools else "")
    else:
        source.schools = {**unpacked(place.schools)}
    waiting: Page[Record] | None = None
    async with aclosing(walked(source, place, keep)) as rosters:
        async for roster in rosters:
            if roster is None:
                yield Page(rows=(), next=place.cursor())
                continue
            if waiting is not None:  # whether it is the last one is known only now
                yield replace(waiting, next=place.cursor())
            place, waiting = roster.place, await _roster_page(source, roster)
    yield ended(waiting or Page(rows=(), fields=_FIELDS), place, is_over=True)


async def walked(
    source: ClassroomSource, start: ListingPlace, keep: Keep = everything
) -> AsyncGenerator[ClassRoster | None]:
    """Yield rosters, and `None` now and then before the first one; then `members` is whole.

    Who goes on does not read the Directory again: the place tells the schools, and who is a
    stranger is seen when users are listed.
    """
    if not start.behind or (source.names_schools and not source.schools):
        async with aclosing(source.directory.load()) as progress:
            async for _ in progress:
                yield None
    members = source.members
    members.is_whole = False
    async with aclosing(source.rosters.walk(start, members.courses, keep)) as rosters:
        async for roster in rosters:
            yield roster
    members.is_whole = True


def learn(source: ClassroomSource, roster: ClassRoster) -> ClassMembers:
    """Take in who is on a roster."""
    found = class_members(roster)
    for role, members in found.members.items():
        source.members.take(role, members, source.index)
    if roster.skipped is not None and roster.course.owner_id:
        source.members.add_teacher(roster.course.owner_id)
    return found


async def _roster_page(source: ClassroomSource, roster: ClassRoster) -> Page[Record]:
    if roster.skipped is not None:
        learn(source, roster)
        return Page(rows=(), skipped=(roster.skipped,), fields=_FIELDS)
    course = roster.course
    setting = Setting(
        school=await source.school(course), is_active=source.courses.is_active(course)
    )
    digest = roster.digest(setting.school, setting.is_active) if roster.count else b""
    same = source.known(Collection.ENROLLMENTS, digest) if digest else None
    if same is not None:
        _learn_again(source, roster, same)
        return Page(rows=(), digest=digest, same=tuple(same))
    found = learn(source, roster)
    return Page(
        rows=tuple(enrollments(course, found, setting)),
        rejected=tuple(found.rejected),
        duplicates=tuple(found.duplicates),
        skipped=found.skipped,
        digest=digest,
        fields=_FIELDS - source.lacking,
    )


def _learn_again(source: ClassroomSource, roster: ClassRoster, same: Sequence[str]) -> None:
    """Take in who is on a roster that is as it was: by its ids, unless there are strangers."""
    keys = [key for text in same if (key := EnrollmentKey.read(text)) is not None]
    index = source.index
    if index is not None and any(key.user not in index for key in keys):
        learn(source, roster)
        return
    for key in keys:
        source.members.take(key.role, [Member(key.user)], index)


def ended(
    page: Page[Record], place: ListingPlace, *, is_over: bool, reason: str = ""
) -> Page[Record]:
    """Return a page with what follows it: the place behind it, or how the listing ended."""
    if not is_over:
        return replace(page, next=place.cursor())
    told = "; ".join(text for text in (reason, _LOST if place.lost else "") if text)
    return replace(page, complete=not told, reason=told)


def recalled(source: ClassroomSource, collection: Collection, page: Page[Record]) -> Page[Record]:
    """Return a page without its rows, where it was taken before as it is."""
    if not page.rows:
        return page
    digest = blake2b(msgspec.msgpack.encode(page.rows), digest_size=16).digest()
    same = source.known(collection, digest)
    if same is None:
        return replace(page, digest=digest)
    return replace(page, rows=(), same=tuple(same), digest=digest)


async def each(items: Iterable[T]) -> AsyncIterator[T]:
    for item in items:
        yield item
