"""The Directory of a Workspace account: its org units, its users, and where each of them is.

Without the right to it, Classroom is read all the same: people as far as rosters name them.
Source: discovery document admin directory_v1.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import Final
from urllib.parse import quote

from msgspec import Raw

from integration_tui.domain.clock import Monotonic
from integration_tui.domain.errors import (
    CredentialsError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
    RetryableError,
)
from integration_tui.domain.roster import Org
from integration_tui.providers.google_classroom.config import GoogleClassroomConfig
from integration_tui.providers.google_classroom.errors import without_account
from integration_tui.providers.google_classroom.org_units import OrgUnits, org_units
from integration_tui.providers.google_classroom.responses import (
    CustomerRow,
    ListPage,
    Organization,
    OrgUnitRow,
    PlaceRow,
    T,
    UnreadableError,
    read_if_any,
    read_row,
)
from integration_tui.providers.google_classroom.session import GoogleSession
from integration_tui.providers.http.models import Params
from integration_tui.providers.paging.id_set import IdSet

_USERS: Final = "/admin/directory/v1/users"
_MOST_USERS: Final = 500
_USER: Final = (
    "id,primaryEmail,name(givenName,familyName),suspended,archived,orgUnitPath,externalIds"
)
_FRESH_S: Final = 3600.0
_PROGRESS_S: Final = 20.0
_LONG_S: Final = 50 * 60.0
"""A listing of more than an hour is answered with 503, as GAM's users have seen."""


_REFUSED: Final = (CredentialsError, IncompatibleError, RemoteNotFoundError)
"""What costs the Directory only; an outage may pass, and is nobody's answer."""


class Progress:
    """Says now and then that a page without rows is due: a page may not take minutes."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._since = monotonic()

    def is_due(self) -> bool:
        """Return whether it is; then the time begins anew."""
        if self._monotonic() - self._since < _PROGRESS_S:
            return False
        self._since = self._monotonic()
        return True


class DirectoryIndex:
    """Who is in the Directory, and at which school: a few bytes a person.

    `refusal` says why it cannot be read; then nobody is known to be in it.
    """

    def __init__(self, units: OrgUnits) -> None:
        self.refusal: ProviderError | None = None
        self._units = units
        self._ids = IdSet()
        self._schools: list[str] = [units.district.sourced_id]
        self._numbers: dict[str, int] = {units.district.sourced_id: 0}

    def __contains__(self, user: str) -> bool:
        return user in self._ids

    def add(self, rows: Sequence[PlaceRow]) -> None:
        """Take in users and where they are."""
        numbers = [self._number(self._units.school_of(row.org_unit_path)) for row in rows]
        self._ids.take([row.id for row in rows], numbers)

    def school_of(self, user: str | None) -> str:
        """Return the school of a user; the district for who is not there, or at none."""
        return self._schools[self._ids.fact(user) if user else 0]

    def _number(self, school: str) -> int:
        if school not in self._numbers:
            self._numbers[school] = len(self._schools)
            self._schools.append(school)
        return self._numbers[school]


class Directory:
    """What a connector and its listings ask of the Directory."""

    def __init__(
        self, session: GoogleSession, config: GoogleClassroomConfig, monotonic: Monotonic
    ) -> None:
        self._session = session
        self._config = config
        self._monotonic = monotonic
        self._units: OrgUnits | None = None
        self._index: DirectoryIndex | None = None
        self._known_at = 0.0
        self.refusal: ProviderError | None = None
        """Why org units cannot be read, where schools are named; or why users cannot."""

    @property
    def knows_schools(self) -> bool:
        """Whether the school of a class or person is known where the config names schools."""
        return not self._config.schools or self.refusal is None

    @property
    def is_wanted(self) -> bool:
        """Whether the config needs the Directory: what lacks it then is not as it should be."""
        named = self._config.auth.scopes
        return bool(self._config.schools or self._config.people) or any(
            "/admin.directory" in scope for scope in named
        )

    def forget(self) -> None:
        """Look anew: a listing begins."""
        self._units = self._index = self.refusal = None

    async def units(self) -> OrgUnits:
        """Return the org units. What is known for less than an hour is not asked for again."""
        if self._units is None or self._monotonic() - self._known_at > _FRESH_S:
            self.forget()
            self._known_at = self._monotonic()
            self._units = org_units(
                await self._district(),
                await self._rows() if self._config.schools else [],
                schools=self._config.schools if self.refusal is None else (),
                people=self._config.people,
            )
        return self._units

    async def load(self) -> AsyncGenerator[None]:
        """Read who is in the Directory, and yield now and then; `index` is there afterwards."""
        units = await self.units()
        if self._index is not None:
            return
        index, progress = DirectoryIndex(units), Progress(self._monotonic)
        query: Params = {**self._customer(), "fields": "nextPageToken,users(id,orgUnitPath)"}
        try:
            async with aclosing(self._session.pages(_USERS, "users", query)) as pages:
                async for page in pages:
                    index.add([*_readable(page, PlaceRow)])
                    if progress.is_due():
                        yield
        except _REFUSED as error:
            index.refusal = self.refusal = error
        self._index = index

    def school_of(self, user: str | None) -> str:
        """Return the school of a user, as far as that was read; else the district."""
        return self._config.customer if self._index is None else self._index.school_of(user)

    async def find_school(self, user: str | None) -> str:
        """Return the school of one user; asks for that user where not all were read."""
        units = await self.units()
        if self._index is not None or not user or not self._config.schools:
            return self.school_of(user)
        text = await self.find(user)
        place = read_if_any(text, PlaceRow)
        return units.school_of(place.org_unit_path if place else None)

    @property
    def has_index(self) -> bool:
        """Whether it was read who is in the Directory, or that nobody tells us."""
        return self._index is not None

    async def is_refused(self) -> bool:
        """Return whether the Directory does not let us read users; one request."""
        query: Params = {**self._customer(at_most=1), "fields": "users(id)"}
        try:
            await self._session.get(_USERS, Raw, query)
        except _REFUSED:
            return True
        return False

    @property
    def index(self) -> DirectoryIndex:
        """Who is in the Directory, once it was read."""
        if self._index is None:
            raise RetryableError("the Directory was not read yet", advice="list from the start")
        return self._index

    async def users(self, token: str) -> AsyncGenerator[ListPage | None]:
        """Yield the users from a page on; `None` where it begins anew, and all come once more.

        A token is good for three days, and a listing of more than an hour ends with 503.
        """
        fields = f"nextPageToken,users({_USER})"
        query: Params = {**self._customer(), "projection": "full", "fields": fields}
        started, has_begun = self._monotonic(), False
        try:
            async with aclosing(self._session.pages(_USERS, "users", query, token)) as pages:
                async for page in pages:
                    has_begun = True
                    yield page
        except IncompatibleError:
            if has_begun or not token:
                raise
        except RetryableError:
            if self._monotonic() - started <= _LONG_S:
                raise
        else:
            return
        yield None
        async with aclosing(self._session.pages(_USERS, "users", query)) as pages:
            async for page in pages:
                yield page

    async def find(self, user: str) -> bytes | None:
        """Return one user as it came; `None` where there is none, or the Directory is not ours."""
        query: Params = {"projection": "full", "fields": _USER}
        try:
            return bytes(await self._session.get(f"{_USERS}/{quote(user, safe='')}", Raw, query))
        except _REFUSED:
            return None

    async def check(self) -> str:
        """Make the cheapest call for users; return what is wrong with it, empty for nothing.

        An outage is raised.
        """
        query: Params = {**self._customer(at_most=1), "fields": "users(id)"}
        try:
            await self._session.get(_USERS, Raw, query, is_repeated=False)
        except _REFUSED as error:
            return without_account(error)
        return ""

    def _customer(self, at_most: int = _MOST_USERS) -> dict[str, str | int]:
        wished = min(at_most, self._config.sync.page_size or at_most)
        return {"customer": self._config.customer, "maxResults": wished}

    async def _district(self) -> Org:
        """Return the account. Its id is as the config has it: the same, whatever is delegated."""
        customer = self._config.customer
        fields = "id,customerDomain,postalAddress(organizationName)"
        try:
            row = await self._session.get(
                f"/admin/directory/v1/customers/{quote(customer, safe='')}",
                CustomerRow,
                {"fields": fields},
            )
        except _REFUSED:
            row = CustomerRow()
        address = row.postal_address or Organization()
        names = (address.organization_name, row.customer_domain, self._config.title)
        name = next((name for name in names if name and name.strip()), self._config.name)
        return Org(sourced_id=customer, name=name, type="district")

    async def _rows(self) -> Sequence[OrgUnitRow]:
        path = f"/admin/directory/v1/customer/{quote(self._config.customer, safe='')}/orgunits"
        try:
            page = await self._session.page(
                path, "organizationUnits", {"type": "allIncludingParent"}
            )
        except _REFUSED as error:
            self.refusal = error
            return ()
        return [*_readable(page, OrgUnitRow)]


def _readable(page: ListPage, of: type[T]) -> Iterator[T]:
    for text in page.texts:
        try:
            yield read_row(text, of)
        except UnreadableError:
            continue
