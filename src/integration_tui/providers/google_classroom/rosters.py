"""Rosters of courses: students and teachers of one together, and several courses ahead."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from hashlib import blake2b
from typing import Final
from urllib.parse import quote

import msgspec

from integration_tui.domain.errors import IncompatibleError, ProviderError
from integration_tui.domain.paging import Duplicate, Rejected, Skipped
from integration_tui.domain.roster import Collection, Enrollment, Owner, RecordStatus
from integration_tui.domain.text import visible
from integration_tui.domain.value import replace
from integration_tui.providers.google_classroom.ahead import both, in_order
from integration_tui.providers.google_classroom.courses import COURSES, Courses
from integration_tui.providers.google_classroom.cursors import ListingPlace
from integration_tui.providers.google_classroom.errors import is_refused, refusal_reason
from integration_tui.providers.google_classroom.people import (
    STUDENT,
    TEACHER,
    EnrollmentKey,
    Member,
)
from integration_tui.providers.google_classroom.responses import (
    CourseItem,
    MemberRow,
    Profile,
    UnreadableError,
    checked_id,
    loose_id,
    outline,
    read_if_any,
    read_row,
)
from integration_tui.providers.google_classroom.session import GoogleSession
from integration_tui.providers.http.models import Params

LISTS: Final = {STUDENT: "students", TEACHER: "teachers"}
_MEMBER: Final = "userId,profile(id,name(givenName,familyName),emailAddress)"
_NAME: Final = 60
Keep = Callable[[CourseItem], bool]


def everything(_course: CourseItem) -> bool:
    """Keep them all."""
    return True


class ClassRoster(msgspec.Struct, frozen=True, kw_only=True):
    """The roster of one course as it came, and the place behind it. `skipped`: it did not."""

    course: CourseItem
    place: ListingPlace
    texts: dict[str, list[bytes]] = msgspec.field(default_factory=dict[str, list[bytes]])
    skipped: Skipped | None = None

    def digest(self, *facts: object) -> bytes:
        """Return what tells this roster, and the facts that its records hold, from others."""
        digest = blake2b(
            repr((self.course.id, self.course.owner_id, facts)).encode(), digest_size=16
        )
        for role, texts in self.texts.items():
            digest.update(role.encode())
            for text in texts:
                digest.update(b"\0%b" % text)
        return digest.digest()

    @property
    def count(self) -> int:
        """How many members came."""
        return sum(len(texts) for texts in self.texts.values())


class Rosters:
    """Reads rosters. `ahead` of them are read at once."""

    def __init__(self, session: GoogleSession, courses: Courses, *, ahead: int) -> None:
        self._session = session
        self._courses = courses
        self._ahead = ahead

    async def walk(
        self, start: ListingPlace, known: set[str], keep: Keep = everything
    ) -> AsyncGenerator[ClassRoster]:
        """Yield the roster of each course that is to be kept, from a place on.

        Where a page token is not good any more, all courses but the `known` ones are read.
        """
        courses = self._from(start, known, keep)
        async with (
            aclosing(courses),
            aclosing(in_order(courses, self.read, depth=self._ahead)) as rosters,
        ):
            async for roster in rosters:
                yield roster

    async def read(self, found: ClassRoster | tuple[CourseItem, ListingPlace]) -> ClassRoster:
        """Return the roster of a course. One that is refused, or is none, is skipped."""
        if isinstance(found, ClassRoster):
            return found
        course, place = found
        try:
            students, teachers = await both(
                self._members(course.id, STUDENT), self._members(course.id, TEACHER)
            )
        except ProviderError as error:
            if not is_refused(error):
                raise
            return ClassRoster(
                course=course, place=place, skipped=skipped_class(course, refusal_reason(error))
            )
        return ClassRoster(course=course, place=place, texts={STUDENT: students, TEACHER: teachers})

    async def member(self, key: EnrollmentKey) -> Member | None:
        """Return one member of a course; `None` where it has none of that id in that role."""
        path = f"{_path(key.course, key.role)}/{quote(key.user, safe='')}"
        try:
            row = await self._session.get(path, MemberRow, {"fields": _MEMBER})
        except ProviderError as error:
            if error.status == 404:
                return None
            raise
        return member_of(row)

    async def _from(
        self, start: ListingPlace, known: set[str], keep: Keep
    ) -> AsyncGenerator[ClassRoster | tuple[CourseItem, ListingPlace]]:
        seen: set[str] = set()
        try:
            async for found in self._listed(start, seen, keep):
                yield found
        except IncompatibleError:
            if seen or not start.token:
                raise
        else:
            return
        seen |= known
        async for found in self._listed(replace(start, token="", behind=""), seen, keep):
            yield found

    async def _listed(
        self, start: ListingPlace, seen: set[str], keep: Keep
    ) -> AsyncGenerator[ClassRoster | tuple[CourseItem, ListingPlace]]:
        """Yield the courses whose roster is to be read, each once, with the place behind it."""
        token, behind, lost = start.token, start.behind, start.lost
        async with aclosing(self._courses.pages(token)) as pages:
            async for page in pages:
                place = replace(start, token=token, behind=behind, lost=lost)
                for rejected in page.rejected:
                    yield _unread(rejected, place)
                for course in _behind(page.rows, behind):
                    if course.id not in seen and self._courses.has_roster(course) and keep(course):
                        yield course, replace(place, behind=course.id)
                    seen.add(course.id)
                lost = lost or any(not rejected.sourced_id for rejected in page.rejected)
                token, behind = page.next, ""

    async def _members(self, course: str, role: str) -> list[bytes]:
        key, found = LISTS[role], list[bytes]()
        query: Params = {
            "pageSize": self._courses.page_size,
            "fields": f"nextPageToken,{key}({_MEMBER})",
        }
        async with aclosing(self._session.pages(_path(course, role), key, query)) as pages:
            async for page in pages:
                found += page.texts
        return found


class ClassMembers(msgspec.Struct):
    """The members of a course, by their roles, and those of whom nothing can be made."""

    members: dict[str, list[Member]] = msgspec.field(default_factory=dict[str, list[Member]])
    rejected: list[Rejected] = msgspec.field(default_factory=list[Rejected])
    duplicates: list[Duplicate] = msgspec.field(default_factory=list[Duplicate])

    skipped: tuple[Skipped, ...] = ()

    def take(self, course: str, role: str, texts: Sequence[bytes]) -> None:
        """Read one list of members."""
        taken: dict[str, Member] = {}
        for text in texts:
            try:
                member = member_of(read_row(text, MemberRow))
            except UnreadableError as error:
                self.rejected.append(_rejected(course, role, text, error))
                continue
            if taken.setdefault(member.user, member) is not member:
                key = EnrollmentKey(course, role, member.user)
                self.duplicates.append(Duplicate(sourced_id=f"{key}"))
        self.members[role] = [*taken.values()]


def class_members(roster: ClassRoster) -> ClassMembers:
    """Return who is on a roster."""
    found = ClassMembers()
    for role, texts in roster.texts.items():
        found.take(roster.course.id, role, texts)
    # Whoever it was may be anybody of the class.
    nameless = next((one.reason for one in found.rejected if not one.sourced_id), "")
    found.skipped = (skipped_class(roster.course, f"a member: {nameless}"),) if nameless else ()
    return found


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What every record of a class has from it."""

    school: str
    is_active: bool


def enrollments(course: CourseItem, found: ClassMembers, setting: Setting) -> Iterator[Enrollment]:
    """Yield the records of a roster."""
    for role, members in found.members.items():
        for member in members:
            yield enrollment(course, role, member, setting)


def enrollment(course: CourseItem, role: str, member: Member, setting: Setting) -> Enrollment:
    """Return the record of one member. The owner of a course is its primary teacher."""
    return Enrollment(
        sourced_id=f"{EnrollmentKey(course.id, role, member.user)}",
        status=RecordStatus.ACTIVE if setting.is_active else RecordStatus.TO_BE_DELETED,
        user=member.user,
        class_=course.id,
        school=setting.school,
        role=role,
        primary=member.user == course.owner_id if role == TEACHER else None,
    )


def member_of(row: MemberRow) -> Member:
    """Return a member. Raises `UnreadableError` for one without an id."""
    profile = read_if_any(row.profile, Profile)
    return Member(checked_id(row.user_id or (profile.id if profile else None)), profile)


def skipped_class(course: CourseItem, said: str) -> Skipped:
    """Return that a class was skipped, and what the system said of it."""
    name = visible(course.name or course.id, limit=_NAME)
    return Skipped(
        owner=Owner(collection=Collection.CLASSES, sourced_id=course.id),
        reason=f"the class {name} could not be read ({said}): its members stay as they are",
    )


def _rejected(course: str, role: str, text: bytes, error: UnreadableError) -> Rejected:
    user = loose_id(text, "userId")
    key = f"{EnrollmentKey(course, role, user)}" if user else ""
    return Rejected(sourced_id=key, reason=error.reason, raw=outline(text))


def _unread(rejected: Rejected, place: ListingPlace) -> ClassRoster:
    """Return what stands for the roster of a course that cannot be read itself."""
    course = CourseItem(id=rejected.sourced_id)
    if not course.id:
        return ClassRoster(course=course, place=replace(place, lost=True))
    return ClassRoster(course=course, place=place, skipped=skipped_class(course, rejected.reason))


def _behind(rows: Sequence[CourseItem], course: str) -> Sequence[CourseItem]:
    """Return the rows behind a course; all where it is not there any more."""
    places = [place for place, row in enumerate(rows) if row.id == course]
    return rows[places[-1] + 1 :] if places else rows


def _path(course: str, role: str) -> str:
    return f"{COURSES}/{quote(course, safe='')}/{LISTS[role]}"
