"""Single records, and the parts of a roster that belong to an org, a class or a person."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from integration_tui.domain.errors import IncompatibleError, RecordError, RemoteNotFoundError
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import PARTS, Collection, Owner, Record, User, belongs
from integration_tui.domain.value import replace
from integration_tui.providers.google_classroom.cursors import ListingPlace, Part
from integration_tui.providers.google_classroom.listing import (
    ClassroomSource,
    class_pages,
    ended,
    enrollment_pages,
)
from integration_tui.providers.google_classroom.people import (
    EnrollmentKey,
    KnownMembers,
    Member,
    directory_user,
    stranger,
)
from integration_tui.providers.google_classroom.responses import (
    CourseItem,
    DirectoryUserRow,
    UnreadableError,
    read_row,
)
from integration_tui.providers.google_classroom.rosters import (
    LISTS,
    Setting,
    class_members,
    enrollment,
    enrollments,
)
from integration_tui.providers.google_classroom.users import PeopleListing
from integration_tui.providers.http.models import Params


class Lookups(msgspec.Struct, frozen=True, kw_only=True):
    """Finds records by their ids, and lists parts."""

    source: ClassroomSource
    users: PeopleListing

    async def find(self, collection: Collection, sourced_id: str) -> Record | None:
        """Return one record, or `None` where there is none. Raises `ProviderError`."""
        match collection:
            case Collection.ORGS:
                units = await self.source.directory.units()
                return next((org for org in units.orgs if org.sourced_id == sourced_id), None)
            case Collection.CLASSES:
                return await self._class(sourced_id)
            case Collection.USERS:
                return await self._user(sourced_id)
            case Collection.ENROLLMENTS:
                key = EnrollmentKey.read(sourced_id)
                return None if key is None else await self._enrollment(key)
            case _:
                return None

    async def subset(self, collection: Collection, of: Owner) -> AsyncGenerator[Page[Record]]:
        """Yield the pages of a part. Raises `IncompatibleError` for a pair not in `PARTS`."""
        if collection not in PARTS.get(of.collection, frozenset()):
            raise IncompatibleError(
                f"{collection} do not name {of.collection}", advice="ask for another part"
            )
        pages = self._part(collection, of)
        async with aclosing(pages):
            async for page in pages:
                yield page

    def _part(self, collection: Collection, of: Owner) -> AsyncGenerator[Page[Record]]:
        # What a part teaches of people is not all there is.
        source = replace(
            self.source, members=KnownMembers(), recall=None, schools={}, has_schools=False
        )
        match of.collection, collection:
            case Collection.CLASSES, _:
                return self._of_class(of.sourced_id)
            case Collection.USERS, _:
                return self._of_user(of.sourced_id)
            case Collection.ORGS, Collection.CLASSES:
                return _of(of, class_pages(source, None))
            case Collection.ORGS, Collection.USERS:
                users = replace(self.users, source=replace(self.source, recall=None))
                return _of(of, users.pages(None))
            case Collection.ORGS, Collection.ENROLLMENTS:
                directory = source.directory
                return enrollment_pages(
                    source, None, lambda row: directory.school_of(row.owner_id) == of.sourced_id
                )
            case _:
                return _nothing()

    async def _of_class(self, course: str) -> AsyncGenerator[Page[Record]]:
        row = await self.source.courses.find(course)
        if row is None:
            yield Page(rows=(), complete=True)
            return
        place = ListingPlace(part=Part.ROSTERS)
        roster = await self.source.rosters.read((row, place))
        found = class_members(roster)
        page: Page[Record] = Page(
            rows=tuple(enrollments(row, found, await self._setting(row))),
            rejected=tuple(found.rejected),
            duplicates=tuple(found.duplicates),
        )
        reason = roster.skipped.reason if roster.skipped else ""
        yield ended(page, place, is_over=True, reason=reason)

    async def _of_user(self, user: str) -> AsyncGenerator[Page[Record]]:
        courses, rows = self.source.courses, list[Record]()
        for role in LISTS:
            try:
                async with aclosing(courses.pages(query={f"{role}Id": user})) as pages:
                    found = [row async for page in pages for row in page.rows]
            except RemoteNotFoundError:  # nobody of this id
                continue
            for row in filter(courses.has_roster, found):
                rows.append(enrollment(row, role, Member(user), await self._setting(row)))
        yield Page(rows=tuple(rows), complete=True)

    async def _class(self, course: str) -> Record | None:
        row = await self.source.courses.find(course)
        if row is None:
            return None
        aliases = await self.source.courses.aliases(course) if self.source.reads_aliases else ()
        school = await self.source.directory.find_school(row.owner_id)
        return self.source.courses.record(row, school, aliases)

    async def _enrollment(self, key: EnrollmentKey) -> Record | None:
        row = await self.source.courses.find(key.course)
        member = await self.source.rosters.member(key) if row is not None else None
        if row is None or member is None:
            return None
        return enrollment(row, key.role, member, await self._setting(row))

    async def _setting(self, row: CourseItem) -> Setting:
        school = await self.source.directory.find_school(row.owner_id)
        return Setting(school=school, is_active=self.source.courses.is_active(row))

    async def _user(self, user: str) -> User | None:
        directory = self.source.directory
        units = await directory.units()
        row = await directory.find(user)
        profile = None if row is not None else (await self.users.profile(user))[1]
        if row is None and profile is None:
            return None
        teaches = await self._teaches(user)
        if row is None:
            return stranger(user, profile, units, teaches=teaches)
        try:
            return directory_user(read_row(row, DirectoryUserRow), units, teaches=teaches)
        except UnreadableError as error:
            raise RecordError(
                f"the Directory sent a user that cannot be read: {error.reason}",
                advice="have it fixed in the admin console",
            ) from None

    async def _teaches(self, user: str) -> bool:
        query: Params = {"teacherId": user}
        try:
            async with aclosing(self.source.courses.pages(query=query)) as pages:
                async for page in pages:
                    if any(map(self.source.courses.has_roster, page.rows)):
                        return True
        except RemoteNotFoundError:
            return False
        return False


async def _of(of: Owner, listing: AsyncGenerator[Page[Record]]) -> AsyncGenerator[Page[Record]]:
    """Yield of a listing's pages what belongs to an owner."""
    async with aclosing(listing) as pages:
        async for page in pages:
            rows = tuple(row for row in page.rows if belongs(row, of))
            yield replace(page, rows=rows, rejected=(), duplicates=(), findings=(), digest=b"")


async def _nothing() -> AsyncGenerator[Page[Record]]:
    yield Page(rows=(), complete=True)
