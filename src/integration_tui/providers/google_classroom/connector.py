"""The connector of Google Classroom: connection, sign-in, health, listings, look-ups."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Final

import msgspec

from integration_tui.domain.errors import RetryableError
from integration_tui.domain.health.status import HealthFinding, HealthStatus
from integration_tui.domain.paging import Cursor, KnownPages, Page
from integration_tui.domain.provider import (
    Authentication,
    ConnectionStep,
    ProviderContext,
    SystemMetadata,
)
from integration_tui.domain.roster import Collection, Owner, Record
from integration_tui.domain.text import visible
from integration_tui.domain.value import replace
from integration_tui.providers.google_classroom.ahead import both
from integration_tui.providers.google_classroom.config import GoogleClassroomConfig
from integration_tui.providers.google_classroom.courses import PAGE_SIZE, Courses
from integration_tui.providers.google_classroom.cursors import ListingPlace
from integration_tui.providers.google_classroom.directory import Directory
from integration_tui.providers.google_classroom.listing import (
    ClassroomSource,
    class_pages,
    enrollment_pages,
    org_pages,
)
from integration_tui.providers.google_classroom.lookups import Lookups
from integration_tui.providers.google_classroom.rosters import Rosters
from integration_tui.providers.google_classroom.scopes import (
    classroom_scopes,
    directory_scopes,
    short,
)
from integration_tui.providers.google_classroom.session import GoogleSession
from integration_tui.providers.google_classroom.users import PeopleListing
from integration_tui.providers.http.models import Params

_CHEAPEST: Final[Params] = {"pageSize": 1, "fields": "courses(id)"}
_EVERYTHING_READ: Final = (
    "Google Classroom cannot be asked what changed: all was read, and of it only what changed;"
    " absence means nothing"
)


class _Courses(msgspec.Struct):
    """Empty lists are left out, as proto3's JSON does it: `{}` is a domain without courses."""

    courses: Sequence[msgspec.Raw] = ()


class GoogleClassroomConnector:
    """Behaves as `RosterProvider` says."""

    def __init__(self, config: GoogleClassroomConfig, context: ProviderContext) -> None:
        self._config = config
        scopes = config.auth.scopes
        self._classroom = GoogleSession(
            config, context, base_url=config.base_url, plan=classroom_scopes(scopes)
        )
        self._admin = GoogleSession(
            config, context, base_url=config.directory_url, plan=directory_scopes(scopes)
        )
        self._directory = Directory(self._admin, config, context.monotonic)
        courses = Courses(self._classroom, config, context.clock)
        ahead = config.sync.ahead
        self._source = ClassroomSource(
            directory=self._directory,
            courses=courses,
            rosters=Rosters(self._classroom, courses, ahead=ahead),
            ahead=ahead,
            names_schools=bool(config.schools),
            reads_aliases=config.aliases,
        )
        self._users = PeopleListing(
            source=self._source,
            session=self._classroom,
            clock=context.clock,
            monotonic=context.monotonic,
            page_size=config.sync.page_size or PAGE_SIZE,
        )
        self._lookups = Lookups(source=self._source, users=self._users)

    async def connect(self) -> None:
        self._classroom.open()
        self._admin.open()
        await self._ask_for_a_course()

    async def disconnect(self) -> None:
        await self._classroom.close()
        await self._admin.close()

    def steps(self) -> Sequence[ConnectionStep]:
        async def classroom() -> str:
            found = await self._ask_for_a_course()
            return "a course is visible" if found.courses else "no course is visible"

        async def directory() -> str:
            self._admin.open()
            try:
                return await self._directory.check() or "users are visible"
            except RetryableError as error:
                return f"{error}"

        return (
            *self._classroom.steps(),
            ConnectionStep(name="Classroom", run=classroom),
            ConnectionStep(name="Directory", run=directory),
        )

    async def check(self) -> HealthFinding:
        """Look at Classroom and the Directory, each for itself.

        Without the Directory, Classroom works: that is degraded only where the config needs it.
        """
        found, directory = await both(self._ask_for_a_course(), self._directory_problem())
        told = ["" if found.courses else "no course is visible", directory]
        is_weak = bool(directory) and self._directory.is_wanted
        return HealthFinding(
            status=HealthStatus.DEGRADED if is_weak else HealthStatus.HEALTHY,
            detail="; ".join(text for text in told if text),
        )

    async def metadata(self) -> SystemMetadata:
        found = await self._ask_for_a_course()
        proof = await self._classroom.authenticate()
        details = {
            "courses": "visible" if found.courses else "none visible",
            "directory": await self._directory_problem() or "users are visible",
            "authentication": proof.kind,
            "scopes": visible(" ".join(proof.scopes)),
            "not delegated": " ".join(map(short, self._classroom.left_out)),
        }
        return SystemMetadata(
            product="Google Classroom",
            version="v1",
            address=self._config.base_url,
            details={key: value for key, value in details.items() if value},
        )

    async def authenticate(self) -> Authentication:
        return await self._classroom.authenticate()

    async def reauthenticate(self) -> Authentication:
        return await self._classroom.reauthenticate()

    def recall(self, recall: KnownPages) -> None:
        self._source.recall = recall

    def replay(self, collection: Collection, sourced_ids: Sequence[str]) -> None:
        if collection is Collection.ENROLLMENTS:
            self._source.members.replay(sourced_ids)

    def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncGenerator[Page[Record]]:
        pages = self._whole(collection, after)
        return pages if since is None else _changed(pages, since)

    def subset(self, collection: Collection, *, of: Owner) -> AsyncGenerator[Page[Record]]:
        return self._lookups.subset(collection, of)

    async def find(self, collection: Collection, sourced_id: str) -> Record | None:
        if not sourced_id.strip("."):
            return None  # would be another path
        return await self._lookups.find(collection, sourced_id)

    def _whole(self, collection: Collection, after: Cursor | None) -> AsyncGenerator[Page[Record]]:
        match collection:
            case Collection.ORGS:
                return org_pages(self._source, after)
            case Collection.CLASSES:
                return class_pages(self._source, after)
            case Collection.ENROLLMENTS:
                return enrollment_pages(self._source, after)
            case Collection.USERS:
                return self._users.pages(after)
            case _:
                return _none(after)

    async def _ask_for_a_course(self) -> _Courses:
        """Make the cheapest call that needs a token."""
        return await self._classroom.get("/v1/courses", _Courses, _CHEAPEST, is_repeated=False)

    async def _directory_problem(self) -> str:
        try:
            return await self._directory.check()
        except RetryableError as error:
            return f"{error}"


async def _none(after: Cursor | None) -> AsyncGenerator[Page[Record]]:
    """Yield the whole of a collection that Classroom does not have; no cursor is of that."""
    if after is not None:
        ListingPlace.read(after)
    yield Page(rows=(), complete=True)


async def _changed(
    pages: AsyncGenerator[Page[Record]], since: datetime
) -> AsyncGenerator[Page[Record]]:
    """Yield of a whole listing what changed since a moment, as far as that is told."""
    async with aclosing(pages):
        async for page in pages:
            rows = tuple(
                row for row in page.rows if row.modified_at is None or row.modified_at >= since
            )
            is_last = page.next is None
            reason = "; ".join(text for text in (page.reason, _EVERYTHING_READ) if text)
            yield replace(
                page, rows=rows, complete=False, reason=reason if is_last else "", digest=b""
            )
