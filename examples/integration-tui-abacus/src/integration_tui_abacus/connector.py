"""The connector of Abacus: health, schools as orgs, people as users."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.paging import Cursor, Page, Rejected
from integration_tui.domain.provider import Authentication, ProviderContext, SystemMetadata
from integration_tui.domain.roster import Collection, Org, Record, Role, User
from integration_tui.providers.http import HttpSession, read_json
from integration_tui_abacus.config import AbacusConfig


class _School(msgspec.Struct):
    """A school as Abacus sends it; fields that are not named here are passed over."""

    id: str
    name: str
    changed: datetime

    def record(self) -> Record:
        return Org(sourced_id=self.id, name=self.name, type="school", modified_at=self.changed)


class _Person(msgspec.Struct):
    """A person as Abacus sends it."""

    id: str
    first: str
    last: str
    role: str
    school: str
    changed: datetime
    email: str | None = None

    def record(self) -> Record:
        return User(
            sourced_id=self.id,
            given_name=self.first,
            family_name=self.last,
            email=self.email,
            roles=(Role(role=self.role, org=self.school),),
            primary_org=self.school,
            modified_at=self.changed,
        )


class _Listing(msgspec.Struct):
    """One page. The items are read one by one, so that a bad one costs only itself."""

    total: int
    items: list[msgspec.Raw]
    next: int | None = None


class _Identified(msgspec.Struct):
    id: str = ""


class _Account(msgspec.Struct):
    product: str
    version: str


_KINDS: dict[Collection, tuple[str, type[_School] | type[_Person]]] = {
    Collection.ORGS: ("schools", _School),
    Collection.USERS: ("people", _Person),
}


@dataclass(frozen=True)
class _Position:
    """Where a listing goes on, and what is known of the pages before."""

    page: int = 1
    count: int = 0
    total: int | None = None

    @classmethod
    def read(cls, cursor: Cursor) -> "_Position":
        found = re.fullmatch(r"(\d{1,9}),(\d{1,9}),(\d{1,9})", cursor)
        if found is None:
            raise IncompatibleError("this is no cursor of Abacus", advice="start a new run")
        return cls(*map(int, found.groups()))

    def cursor(self) -> Cursor:
        return Cursor(f"{self.page},{self.count},{self.total}")


class AbacusConnector:
    """Speaks to Abacus through the session that the program lends."""

    def __init__(self, config: AbacusConfig, context: ProviderContext) -> None:
        self._url = f"{config.base_url}/api"
        self._session = HttpSession(config, context)

    async def connect(self) -> None:
        self._session.open()
        await self.check()

    async def disconnect(self) -> None:
        await self._session.close()

    async def check(self) -> HealthFinding:
        await self._account()
        return HealthFinding()

    async def metadata(self) -> SystemMetadata:
        account = await self._account()
        return SystemMetadata(product=account.product, version=account.version, address=self._url)

    async def authenticate(self) -> Authentication:
        return await self._session.authenticate()

    async def reauthenticate(self) -> Authentication:
        return await self._session.reauthenticate()

    async def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncIterator[Page[Record]]:
        if collection not in _KINDS:
            raise IncompatibleError(f"Abacus has no {collection}", advice="ask for orgs or users")
        position = _Position() if after is None else _Position.read(after)
        path, kind = _KINDS[collection]
        while True:
            response, request = await self._session.read(
                f"{self._url}/{path}", {"page": position.page}
            )
            listing = read_json(response, request, _Listing)
            count = position.count + len(listing.items)
            reason = _reason(listing, position, count, since)
            rows, rejected = _parse(listing.items, kind, since)
            position = _Position(listing.next or 0, count, listing.total)
            is_last = listing.next is None
            yield Page(
                rows=rows,
                rejected=rejected,
                total=listing.total,
                next=None if is_last else position.cursor(),
                complete=is_last and not reason,
                reason=reason if is_last else "",
            )
            if is_last:
                return

    async def _account(self) -> _Account:
        response, request = await self._session.ask(f"{self._url}/account")
        return read_json(response, request, _Account)


def _parse(
    items: list[msgspec.Raw], kind: type[_School] | type[_Person], since: datetime | None
) -> tuple[tuple[Record, ...], tuple[Rejected, ...]]:
    rows: list[Record] = []
    rejected: list[Rejected] = []
    for item in items:
        try:
            found = msgspec.json.decode(item, type=kind)
        except msgspec.ValidationError:
            # Neither the item nor the library's words: both may hold a name.
            reason = f"a field of {kind.__name__.strip('_').lower()} is missing or wrong"
            rejected.append(Rejected(sourced_id=_id_of(item), reason=reason))
            continue
        if since is None or found.changed >= since:
            rows.append(found.record())
    return tuple(rows), tuple(rejected)


def _id_of(item: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(item, type=_Identified).id
    except msgspec.ValidationError:
        return ""


def _reason(listing: _Listing, position: _Position, count: int, since: datetime | None) -> str:
    """Return what speaks against taking this listing for all there is."""
    if since is not None:
        return "only what changed was asked for"
    if position.total not in {None, listing.total}:
        return "the total changed while it was listed"
    if count != listing.total:
        return f"{count} of {listing.total} announced records were listed"
    return ""
