"""`/_control`: what goes wrong, who may come in, what changes. For tests, and people with curl.

Every request must show the key that was printed at the start (`Authorization: Bearer KEY`), so
that no page in a browser on this machine can steer a sandbox.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Final, Protocol, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integration_tui.domain.errors import NotFoundError, UsageError
from integration_tui.domain.roster import Collection, Owner, Record
from integration_tui.sandbox.faults import FaultRule
from integration_tui.sandbox.generated_source import DistrictSource
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.overlay import deleted
from integration_tui.sandbox.selection import Present

T = TypeVar("T")
_Handler = Callable[[OneRosterSandbox, bytes], object]
_MOST: Final = 100_000


class Tokens(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How new tokens are; what is left out stays. `expires_in` is what is told, null is nothing.

    `scopes` are the most that is granted; null is all of them.
    """

    lifetime_s: float | msgspec.UnsetType = msgspec.UNSET
    expires_in: int | str | msgspec.UnsetType | None = msgspec.UNSET
    scopes: tuple[str, ...] | msgspec.UnsetType | None = msgspec.UNSET


class Narrowed(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The school that a client sees; null is all of them."""

    client: str
    school: str | None = None


class ChangeRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many changes are to happen now."""

    changes: int


class Deletion(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many active records leave, and of which collection."""

    count: int
    collection: Collection = Collection.USERS


class ControlledServer(Protocol):
    """The sandboxes that a control endpoint steers, and the key that it asks for."""

    @property
    def control_key(self) -> str: ...

    @property
    def sandboxes(self) -> Mapping[str, OneRosterSandbox]: ...

    def reset(self, name: str, /) -> OneRosterSandbox:
        """Begin a dialect anew, and return it."""
        ...


class Control:
    """The endpoint of one estate."""

    def __init__(self, estate: ControlledServer) -> None:
        self._estate = estate

    def routes(self) -> list[Route]:
        """Return the addresses of the control endpoint."""
        one = "/_control/{dialect}"
        return [
            Route("/_control", self._keyed(self._all), methods=["GET"]),
            Route("/_control/", self._keyed(self._all), methods=["GET"]),
            self._route(one, "GET", _state),
            self._route(f"{one}/faults", "GET", _faults),
            self._route(f"{one}/faults", "PUT", _set_faults),
            self._route(f"{one}/faults", "DELETE", _clear_faults),
            self._route(f"{one}/tokens", "PUT", _set_tokens),
            self._route(f"{one}/tokens", "DELETE", _revoke),
            self._route(f"{one}/key", "POST", _change_key),
            self._route(f"{one}/school", "PUT", _narrow),
            self._route(f"{one}/advance", "POST", _advance),
            self._route(f"{one}/delete", "POST", _delete),
            self._route(f"{one}/requests", "GET", _requests),
            self._route(f"{one}/requests", "DELETE", _forget),
            Route(f"{one}/reset", self._keyed(self._reset), methods=["POST"]),
        ]

    def _route(self, path: str, method: str, act: _Handler) -> Route:
        async def acting(request: Request) -> Response:
            return _answer(act(self._sandbox(request), await request.body()))

        return Route(path, self._keyed(acting), methods=[method])

    def _keyed(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def keyed(request: Request) -> Response:
            _, _, key = request.headers.get("authorization", "").partition(" ")
            if not hmac.compare_digest(key.encode(), self._estate.control_key.encode()):
                return _answer({"error": "show the key that was printed at the start"}, 401)
            try:
                return await answer(request)
            except UsageError as error:
                return _answer({"error": str(error)}, 400)

        return keyed

    def _sandbox(self, request: Request) -> OneRosterSandbox:
        name = request.path_params["dialect"]
        found = self._estate.sandboxes.get(name)
        if found is None:
            raise NotFoundError(
                f"{name} is not served", advice=f"take {', '.join(self._estate.sandboxes)}"
            )
        return found

    async def _all(self, _request: Request) -> Response:
        return _answer({name: _state(one, b"") for name, one in self._estate.sandboxes.items()})

    async def _reset(self, request: Request) -> Response:
        name = self._sandbox(request).dialect.name
        return _answer(_state(self._estate.reset(name), b""))


def _state(sandbox: OneRosterSandbox, _body: bytes) -> object:
    snapshot, dialect = sandbox.overlay.snapshot(), sandbox.dialect
    return {
        "as_of": snapshot.as_of,
        "counts": {collection: len(_present(sandbox, collection)) for collection in Collection},
        "tokens": {
            "minted": sandbox.issuer.minted,
            "lifetime_s": sandbox.issuer.lifetime_s,
            "expires_in": sandbox.issuer.expires_in,
            "scopes": sandbox.issuer.most,
        },
        "schools": sandbox.access.schools,
        "faults": len(sandbox.faults.script),
        "requests": len(sandbox.visits),
        "summary": dialect.summary,
    }


def _faults(sandbox: OneRosterSandbox, _body: bytes) -> object:
    rules = zip(sandbox.faults.script, sandbox.faults.struck(), strict=True)
    return [{**msgspec.structs.asdict(rule), "struck": struck} for rule, struck in rules]


def _set_faults(sandbox: OneRosterSandbox, body: bytes) -> object:
    sandbox.faults.play(*_read(body, tuple[FaultRule, ...]))
    return _faults(sandbox, b"")


def _clear_faults(sandbox: OneRosterSandbox, _body: bytes) -> object:
    sandbox.faults.play()
    return []


def _set_tokens(sandbox: OneRosterSandbox, body: bytes) -> object:
    asked, issuer = _read(body, Tokens), sandbox.issuer
    if not isinstance(asked.lifetime_s, msgspec.UnsetType):
        issuer.lifetime_s = asked.lifetime_s
    if not isinstance(asked.expires_in, msgspec.UnsetType):
        issuer.expires_in = asked.expires_in
    if not isinstance(asked.scopes, msgspec.UnsetType):
        issuer.most = asked.scopes
    return _state(sandbox, b"")


def _revoke(sandbox: OneRosterSandbox, _body: bytes) -> object:
    sandbox.issuer.revoke()
    return _state(sandbox, b"")


def _change_key(sandbox: OneRosterSandbox, _body: bytes) -> object:
    return {"key": sandbox.keys.change()}


def _narrow(sandbox: OneRosterSandbox, body: bytes) -> object:
    asked = _read(body, Narrowed)
    if asked.school is None:
        sandbox.access.schools.pop(asked.client, None)
    else:
        sandbox.access.schools[asked.client] = asked.school
    return sandbox.access.schools


def _advance(sandbox: OneRosterSandbox, body: bytes) -> object:
    asked, source = _read(body, ChangeRequest), sandbox.overlay.source
    if not isinstance(source, DistrictSource) or not 0 < asked.changes <= _MOST:
        raise UsageError(f"changes must be a number from 1 to {_MOST}, of a generated district")
    source.advance(asked.changes)
    return _state(sandbox, b"")


def _delete(sandbox: OneRosterSandbox, body: bytes) -> object:
    asked, overlay = _read(body, Deletion), sandbox.overlay
    if not 0 < asked.count <= _MOST:
        raise UsageError(f"count must be a number from 1 to {_MOST}")
    records = _records(
        sandbox, asked.collection, _present(sandbox, asked.collection)[: asked.count]
    )
    overlay.write(asked.collection, map(deleted, records))
    if asked.collection is Collection.USERS:
        _delete_dependents(sandbox, records)
    return {"deleted": [record.sourced_id for record in records]}


def _delete_dependents(sandbox: OneRosterSandbox, users: list[Record]) -> None:
    snapshot = sandbox.overlay.snapshot()
    owners = [Owner(collection=Collection.USERS, sourced_id=user.sourced_id) for user in users]
    seats = [seat for owner in owners for seat in snapshot.part(Collection.ENROLLMENTS, owner)]
    facts = (snapshot.index_of(Collection.DEMOGRAPHICS, user.sourced_id) for user in users)
    for collection, places in (
        (Collection.ENROLLMENTS, seats),
        (Collection.DEMOGRAPHICS, [place for place in facts if place is not None]),
    ):
        records = _records(sandbox, collection, places)
        sandbox.overlay.write(collection, map(deleted, records))


def _records(
    sandbox: OneRosterSandbox, collection: Collection, places: Sequence[int]
) -> list[Record]:
    snapshot = sandbox.overlay.snapshot()
    found = (snapshot.at(collection, place) for place in places)
    return [found_one for found_one in found if found_one is not None]


def _present(sandbox: OneRosterSandbox, collection: Collection) -> Present:
    snapshot = sandbox.overlay.snapshot()
    return Present(snapshot.size(collection), snapshot.missing(collection, gone=False))


def _requests(sandbox: OneRosterSandbox, _body: bytes) -> object:
    return [asdict(visit) for visit in sandbox.visits]


def _forget(sandbox: OneRosterSandbox, _body: bytes) -> object:
    sandbox.visits.clear()
    return []


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise UsageError(f"the body does not fit: {error}") from None


def _answer(value: object, status: int = 200) -> Response:
    body = msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
    return Response(body, status, media_type="application/json")
