"""The listing of users: the Directory, and behind it who is on rosters only."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final
from urllib.parse import quote

import msgspec

from integration_tui.domain.clock import Clock, Monotonic
from integration_tui.domain.errors import ProviderError
from integration_tui.domain.paging import Cursor, Duplicate, Page, RecordFinding, Rejected
from integration_tui.domain.roster import Collection, Record, User
from integration_tui.domain.value import replace
from integration_tui.providers.google_classroom.ahead import in_order
from integration_tui.providers.google_classroom.cursors import ListingPlace, Part
from integration_tui.providers.google_classroom.directory import Progress
from integration_tui.providers.google_classroom.errors import is_refused, without_account
from integration_tui.providers.google_classroom.listing import (
    ClassroomSource,
    each,
    ended,
    learn,
    recalled,
    walked,
)
from integration_tui.providers.google_classroom.org_units import OrgUnits
from integration_tui.providers.google_classroom.people import (
    ADDRESS_FIELDS,
    DIRECTORY_FIELDS,
    PROFILE_FIELDS,
    KnownMembers,
    directory_user,
    stranger,
)
from integration_tui.providers.google_classroom.responses import (
    DirectoryUserRow,
    ListPage,
    Profile,
    UnreadableError,
    loose_id,
    outline,
    read_row,
)
from integration_tui.providers.google_classroom.session import GoogleSession
from integration_tui.providers.paging.id_set import IdSet

_PROFILE: Final = "id,name(givenName,familyName),emailAddress"
_TOKEN_S: Final = 3 * 24 * 3600
_FEW: Final = 200
"""So many profiles are asked for one by one; for more, all rosters are read again."""
_SCHOOLS: Final = frozenset({"primary_org", "roles"})
NO_ADDRESSES: Final = RecordFinding(
    sourced_id="",
    rule="no-addresses",
    field="emailAddress",
    message="no addresses come: classroom.profile.emails is not delegated;"
    " people are matched by other ids",
)
_NOT_LISTED: Final = "is on a roster and not in the directory"


class PeopleListing(msgspec.Struct, frozen=True, kw_only=True):
    """Lists users. `page_size` is how many strangers are on a page."""

    source: ClassroomSource
    session: GoogleSession
    clock: Clock
    monotonic: Monotonic
    page_size: int

    async def pages(self, after: Cursor | None) -> AsyncGenerator[Page[Record]]:
        """Yield pages as `DataSyncProvider.pages` says."""
        place = self._start(after)
        async with aclosing(self._prepared(place)) as progress:
            async for _ in progress:
                yield Page(rows=(), next=place.cursor())
        if self._refusal is None and place.part is not Part.STRANGERS:
            async with aclosing(self._listed(place)) as pages:
                async for page in pages:
                    yield page
                    if page.next is None:
                        return
                    place = ListingPlace.read(page.next, Part.DIRECTORY, Part.STRANGERS)
        async with aclosing(self._strangers(place)) as pages:
            async for page in pages:
                yield page

    @property
    def _refusal(self) -> ProviderError | None:
        """Why the Directory cannot be read; `None` where it can."""
        index = self.source.index
        return None if index is None else index.refusal

    def _start(self, after: Cursor | None) -> ListingPlace:
        """Return where to begin; a token that is too old is that of another listing."""
        if after is None:
            return ListingPlace(part=Part.DIRECTORY)
        place = ListingPlace.read(after, Part.DIRECTORY, Part.STRANGERS)
        age_s = self.clock().timestamp() - place.count
        if place.part is Part.DIRECTORY and age_s > _TOKEN_S:
            return replace(place, token="", count=0)
        return place

    async def _prepared(self, place: ListingPlace) -> AsyncGenerator[None]:
        """Read what users are told by, and yield now and then; rosters only where they were not.

        Profiles that were not seen are asked for one by one, unless there are many.
        """
        source, is_new = self.source, place == ListingPlace(part=Part.DIRECTORY)
        if is_new and source.members.is_whole and not await self._needs_index():
            return  # who is a stranger is seen when the whole Directory is listed
        async with aclosing(source.directory.load()) as progress:
            async for _ in progress:
                yield
        source.members.settle(source.directory.index)
        if source.members.is_whole and source.members.nameless <= _FEW:
            return
        source.members, waiting = KnownMembers(), Progress(self.monotonic)
        async with aclosing(walked(source, ListingPlace(part=Part.ROSTERS))) as rosters:
            async for roster in rosters:
                if roster is not None:
                    learn(source, roster)
                if roster is None or waiting.is_due():
                    yield

    async def _needs_index(self) -> bool:
        """Return whether it was read already, or the Directory is refused to us."""
        directory = self.source.directory
        return directory.has_index or await directory.is_refused()

    async def _listed(self, place: ListingPlace) -> AsyncGenerator[Page[Record]]:
        """Yield who is in the Directory; nobody twice where it begins anew."""
        source, given, is_anew = self.source, IdSet(), False
        units = await source.directory.units()
        async with aclosing(source.directory.users(place.token)) as pages:
            async for found in pages:
                if found is None:
                    is_anew = True
                    continue
                page = self._user_page(found, units, given)
                if is_anew:
                    page = replace(page, duplicates=())
                lost = place.lost or any(not one.sourced_id for one in page.rejected)
                place = ListingPlace(
                    part=Part.DIRECTORY if found.next else Part.STRANGERS,
                    token=found.next,
                    count=int(self.clock().timestamp()) if found.next else 0,
                    lost=lost,
                )
                is_over = not found.next and not source.members.strangers
                yield ended(page, place, is_over=is_over)

    def _user_page(self, found: ListPage, units: OrgUnits, given: IdSet) -> Page[Record]:
        rows, rejected = list[User](), list[Rejected]()
        for text in found.texts:
            try:
                row = read_row(text, DirectoryUserRow)
                teaches = self.source.members.teaches(row.id)
                rows.append(directory_user(row, units, teaches=teaches))
            except UnreadableError as error:
                rejected.append(
                    Rejected(
                        sourced_id=loose_id(text, "id"), reason=error.reason, raw=outline(text)
                    )
                )
        self.source.members.drop(row.sourced_id for row in rows)
        again = {*given.take([row.sourced_id for row in rows])}
        page: Page[Record] = Page(
            rows=tuple(row for place, row in enumerate(rows) if place not in again),
            rejected=tuple(rejected),
            duplicates=tuple(Duplicate(sourced_id=rows[place].sourced_id) for place in again),
            fields=DIRECTORY_FIELDS - (_SCHOOLS if self.source.lacking else frozenset()),
        )
        return recalled(self.source, Collection.USERS, page)

    async def _strangers(self, place: ListingPlace) -> AsyncGenerator[Page[Record]]:
        """Yield who is on rosters only."""
        source = self.source
        names, refusal = source.members.strangers, self._refusal
        units = await source.directory.units()
        start = place.count if place.part is Part.STRANGERS else 0
        while True:
            chunk = names[start : start + self.page_size]
            rows = await self._rows(chunk, units)
            findings = [] if refusal else [*map(_not_listed, chunk)]
            lacks_addresses = bool(chunk) and source.members.lacks_addresses
            findings += [NO_ADDRESSES] if lacks_addresses and not start else []
            page: Page[Record] = Page(
                rows=tuple(rows), findings=tuple(findings), fields=self._fields(rows)
            )
            start += len(chunk)
            behind = ListingPlace(part=Part.STRANGERS, count=start, lost=place.lost)
            is_over = start >= len(names)
            yield ended(
                page,
                behind,
                is_over=is_over,
                reason=_reason(refusal, lacks_addresses=lacks_addresses),
            )
            if is_over:
                return

    async def _rows(self, users: Sequence[str], units: OrgUnits) -> list[User]:
        members = self.source.members
        unknown = [user for user in users if members.profile(user) is None]
        profiles = in_order(each(unknown), self.profile, depth=self.source.ahead)
        async with aclosing(profiles) as found:
            async for user, profile in found:
                members.learn(user, profile or Profile())
        return [
            stranger(user, members.profile(user), units, teaches=members.teaches(user))
            for user in users
        ]

    def _fields(self, rows: Sequence[User]) -> frozenset[str]:
        """Return what rosters tell of people; not where they are, if org units would say it."""
        directory = self.source.directory
        fields = PROFILE_FIELDS
        if any(row.email for row in rows):
            fields |= ADDRESS_FIELDS
        if directory.refusal is not None and directory.is_wanted:
            fields -= _SCHOOLS
        return fields

    async def profile(self, user: str) -> tuple[str, Profile | None]:
        """Return what Classroom tells of a person; 403 is how it says that it knows none."""
        try:
            profile = await self.session.get(
                f"/v1/userProfiles/{quote(user, safe='')}", Profile, {"fields": _PROFILE}
            )
        except ProviderError as error:
            if not is_refused(error):
                raise
            return user, None
        return user, profile


def _reason(refusal: ProviderError | None, *, lacks_addresses: bool) -> str:
    """Return why people were not listed completely; empty where they were."""
    if refusal is None:
        return ""
    told = without_account(refusal)
    return f"{told}; {NO_ADDRESSES.message}" if lacks_addresses else told


def _not_listed(user: str) -> RecordFinding:
    return RecordFinding(sourced_id=user, rule="not-in-directory", message=_NOT_LISTED)
