"""What every call of the API has in common: who asks, for whom, what of it is visible."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from starlette.responses import Response

from integration_tui.domain.roster import Collection
from integration_tui.domain.value import replace
from integration_tui.sandbox.canvas import numbers, refusals
from integration_tui.sandbox.canvas.access import CanvasAccess, Viewer, allows
from integration_tui.sandbox.canvas.bucket import COST, token_of
from integration_tui.sandbox.canvas.paging import (
    BadPageError,
    PageRule,
    page_by_bookmark,
    page_by_number,
)
from integration_tui.sandbox.canvas.rendering import STRING_IDS, CanvasRenderer, Json
from integration_tui.sandbox.canvas.routing import API, CanvasRoute, Parts, id_of
from integration_tui.sandbox.canvas.rows import AccountRow, CourseRow, SectionRow, UserRow
from integration_tui.sandbox.canvas.tables import CanvasTables

if TYPE_CHECKING:
    from starlette.requests import Request

_C = Collection
_SHARD_MARK: Final = "~"


class RefusedError(Exception):
    """Ends a call with an answer that is a refusal."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


class CanvasHost(Protocol):
    """What the calls are answered from."""

    @property
    def access(self) -> CanvasAccess: ...

    @property
    def pages(self) -> PageRule: ...

    def tables(self) -> CanvasTables:
        """Return all rows as they are now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CanvasCall:
    """One call: by whom, and over which rows. `form` are the fields of its body."""

    request: Request
    viewer: Viewer
    tables: CanvasTables
    pages: PageRule
    body: bytes = b""

    @property
    def renderer(self) -> CanvasRenderer:
        """Return what renders for the one who asks."""
        texts = STRING_IDS in self.request.headers.get("accept", "")
        return CanvasRenderer(tables=self.tables, texts=texts, sis=self.viewer.sees_sis_ids)

    def values(self, name: str) -> list[str]:
        """Return the values of a parameter with several: `state[]`; also of one without brackets.

        Raises `RefusedError` for numbered ones (`state[0]`), over which Canvas stumbles.
        """
        query = self.request.query_params
        if any(key.startswith(f"{name}[") and key != f"{name}[]" for key in query):
            raise RefusedError(refusals.broken(1332))
        return [value for value in (*query.getlist(f"{name}[]"), *query.getlist(name)) if value]

    def listing(
        self, ids: Sequence[int], row: Callable[[int], Json | None], *, bookmarked: bool = False
    ) -> Response:
        """Return a page of rows by their ids, which are in order where it is bookmarked."""
        return self.wrapped(ids, row, lambda rows: rows, bookmarked=bookmarked)

    def wrapped(
        self,
        ids: Sequence[int],
        row: Callable[[int], Json | None],
        wrap: Callable[[list[Json]], object],
        *,
        bookmarked: bool = False,
    ) -> Response:
        """Return a page as `wrap` makes it of its rows."""
        try:
            paged = page_by_bookmark if bookmarked else page_by_number
            page = paged(self.request, ids, self.pages)
        except BadPageError:
            return refusals.bad_request("invalid page")
        rows = [made for number in page.ids if (made := row(number)) is not None]
        self.request.scope[COST] = len(rows)
        answer = answered(wrap(rows))
        answer.headers["link"] = page.link
        return answer

    def account(self, text: str) -> AccountRow:
        """Return the account of an address, which must be visible. Raises `RefusedError`."""
        number = self.account_number(text)
        row = None if number is None else self.tables.catalog.accounts.get(number)
        if row is None:
            raise RefusedError(refusals.not_found())
        if not self.sees(row.id):
            raise RefusedError(refusals.unauthorized())
        return row

    def account_number(self, text: str) -> int | None:
        """Return the id of an account of an address, also of one that is not visible."""
        return numbers.ROOT if text in ("self", "default") else self._number(text, _C.ORGS)

    def course(self, text: str) -> CourseRow:
        """Return the course of an address, which must be visible. Raises `RefusedError`."""
        courses = self.tables.catalog.courses
        number = self._number(text, _C.COURSES)
        row = None if number is None else courses.get(number)
        if row is None or row.state == "deleted":
            raise RefusedError(refusals.not_found())
        if not self.sees(row.account):
            raise RefusedError(refusals.unauthorized())
        return row

    def section(self, text: str) -> SectionRow:
        """Return the section of an address, which must be visible. Raises `RefusedError`."""
        catalog = self.tables.catalog
        number = self._number(text, _C.CLASSES)
        row = None if number is None else catalog.sections.get(number)
        if row is None or row.state == "deleted":
            raise RefusedError(refusals.not_found())
        if not self.sees(catalog.courses[row.course].account):
            raise RefusedError(refusals.unauthorized())
        return row

    def user(self, text: str) -> UserRow:
        """Return the user of an address, who must be visible. Raises `RefusedError`."""
        number = self.viewer.user if text == "self" else self._number(text, _C.USERS)
        row = None if number is None else self.tables.user(number)
        if row is None or row.is_deleted:
            raise RefusedError(refusals.not_found())
        if row.id != self.viewer.user and not self._may_see(row):
            raise RefusedError(refusals.unauthorized())
        return row

    def sees(self, account: int) -> bool:
        """Say whether an account is one that the viewer administers."""
        return account in self.tables.catalog.below(self.viewer.account)

    def _may_see(self, user: UserRow) -> bool:
        account = self.viewer.account
        return account == numbers.ROOT or user.id in self.tables.user_ids(account)

    def _number(self, text: str, collection: Collection) -> int | None:
        """Return the id that an address means: our own, one with a shard, or `sis_..._id:X`.

        What is all digits is always Canvas' own id.
        """
        kind, colon, value = text.partition(":")
        if colon:
            return self.tables.by_sis_id(collection, kind, value) if self._sees_sis else None
        shard, mark, local = text.partition(_SHARD_MARK)
        if not mark:
            return id_of(text)
        high, low = id_of(shard), id_of(local)
        return None if high is None or low is None else high * numbers.PER_SHARD + low

    @property
    def _sees_sis(self) -> bool:
        return self.viewer.sees_sis_ids


Handler = Callable[[CanvasCall, Parts], Response]


def answered(value: object, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(
        msgspec.json.encode(value), status, media_type="application/json; charset=utf-8"
    )


class Guard:
    """Lets handlers be called by those who may."""

    def __init__(self, host: CanvasHost) -> None:
        self._host = host

    def route(self, method: str, pattern: str, handler: Handler) -> CanvasRoute:
        """Return the route of a call below `/api/v1`."""

        async def answer(request: Request, route: CanvasRoute, parts: Parts) -> Response:
            try:
                call = self._call(request, route, await request.body())
                # The other requests go on meanwhile.
                return await asyncio.to_thread(handler, call, parts)
            except RefusedError as refused:
                return refused.answer

        return CanvasRoute(method, "/".join((*API, pattern)), answer)

    def _call(self, request: Request, route: CanvasRoute, body: bytes) -> CanvasCall:
        host, token = self._host, token_of(request.scope)
        if not token:
            raise RefusedError(refusals.unauthenticated())
        viewer = host.access.viewer_of(request, token)
        if viewer is None:
            raise RefusedError(refusals.invalid_token())
        if not allows(viewer, route.method, f"/{route.pattern}"):
            raise RefusedError(refusals.insufficient_scopes())
        call = CanvasCall(
            request=request, viewer=viewer, tables=host.tables(), pages=host.pages, body=body
        )
        wanted = request.query_params.get("as_user_id", "")
        return _posing(call, wanted) if wanted else call


def _posing(call: CanvasCall, wanted: str) -> CanvasCall:
    """Return the call as if the user of `as_user_id` made it, with what that user may."""
    try:
        user = call.user(wanted) if call.viewer.may_masquerade else None
    except RefusedError:
        user = None
    if user is None:
        raise RefusedError(refusals.invalid_masquerade())
    account = call.tables.account_of_administrator(user.id)
    viewer = msgspec.structs.replace(
        call.viewer,
        user=user.id,
        account=account or 0,
        may_masquerade=account == numbers.ROOT,
        sees_sis_ids=call.viewer.sees_sis_ids and account is not None,
    )
    return replace(call, viewer=viewer)
