"""What TimeBack's platforms do beside reading: writes, and webhook subscriptions.

Written records are laid over the district. BeyondAI replaces by PUT what it knows and creates by
POST, as its OpenAPI document says. LearnWithAI creates by PUT, for tokens with a scope for it; it
takes students at an address of their own, and classes with their `school` instead of an `org`.
Deletions are soft.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.oneroster.page_records import read_record
from integration_tui.sandbox.auth import Client
from integration_tui.sandbox.error_responses import refusal
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.serializer import LISTS, SINGLES
from integration_tui.sandbox.source import has_left
from integration_tui.sandbox.timeback_webhooks import (
    SIGNING_SECRET,
    BeyondAiSubscriptions,
    LearnWithAiSubscriptions,
)

__all__ = ["CREATE_SCOPE", "SIGNING_SECRET", "extension"]

Json = dict[str, object]
Handler = Callable[[Request], Awaitable[Response]]
Take = Callable[[Collection, str, Json], Response]

CREATE_SCOPE: Final = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster.createput"
_WRITABLE: Final = (Collection.USERS, Collection.CLASSES, Collection.ENROLLMENTS)
_NEEDED: Final[Mapping[Collection, Sequence[str]]] = {
    Collection.USERS: ("enabledUser", "givenName", "familyName", "roles"),
    Collection.CLASSES: ("title", "course", "terms"),
    Collection.ENROLLMENTS: ("role", "user", "class", "school"),
}
_NEEDED_OF_STUDENTS: Final = ("sourcedId", "enabledUser", "givenName", "familyName", "email")
_ROLES: Final = frozenset(
    {
        "administrator",
        "aide",
        "guardian",
        "parent",
        "proctor",
        "relative",
        "student",
        "teacher",
    }
)


def extension(sandbox: OneRosterSandbox) -> Sequence[BaseRoute]:
    """Return the routes of a server that speaks a dialect of TimeBack's."""
    # Slashes at the end are taken off before a request comes here.
    if not sandbox.dialect.asks_scopes:
        writes = OverlayWrites(sandbox)
        return [*writes.routes(), *BeyondAiSubscriptions(writes.unknown).routes()]
    sandbox.issuer.scopes = (*sandbox.issuer.scopes, CREATE_SCOPE)
    creating = CreatingWrites(sandbox)
    return [*creating.routes(), *LearnWithAiSubscriptions(creating.unknown).routes()]


class OverlayWrites:
    """Takes records into the overlay of a sandbox, as BeyondAI does."""

    school = "org"
    """What a class calls its school."""
    scope = ""
    """What a token needs for writing; empty for nothing more."""

    def __init__(self, sandbox: OneRosterSandbox) -> None:
        self.sandbox = sandbox

    def routes(self) -> Sequence[BaseRoute]:
        """Return POST of what is new, PUT and DELETE of what is there."""
        base = self.sandbox.dialect.base_path
        made = [
            Route(f"{base}/{LISTS[literal]}", self.taking(literal, self.created), methods=["POST"])
            for literal in _WRITABLE
        ]
        return [*made, *self.by_id()]

    def by_id(self) -> Sequence[BaseRoute]:
        """Return PUT and DELETE of single records."""
        base = self.sandbox.dialect.base_path
        return [
            Route(f"{base}/{LISTS[literal]}/{{sourced_id:path}}", handler, methods=[method])
            for literal in _WRITABLE
            for method, handler in (
                ("PUT", self.taking(literal, self.replaced)),
                ("DELETE", self.deleting(literal)),
            )
        ]

    def taking(self, collection: Collection, take: Take, *, key: str = "") -> Handler:
        """Return what reads a record from its envelope, and takes it by `take`."""

        async def taking(request: Request) -> Response:
            refused = self.refused(request, collection)
            if refused is not None:
                return refused
            try:
                envelope = msgspec.json.decode(await request.body(), type=dict[str, Json])
                fields = envelope[key or SINGLES[collection]]
                sourced_id = request.path_params.get("sourced_id") or fields.get("sourcedId")
                return take(collection, str(sourced_id or ""), fields)
            except (msgspec.MsgspecError, ValueError, KeyError) as error:
                return self.error(422, f"the record cannot be taken: {error}")

        return taking

    def deleting(self, collection: Collection) -> Handler:
        """Return what marks a record as to be deleted."""

        async def deleting(request: Request) -> Response:
            refused = self.refused(request, collection)
            if refused is not None:
                return refused
            if self.sandbox.overlay.delete(collection, request.path_params["sourced_id"]):
                return Response(status_code=204)
            return self.error(404, f"there is no {SINGLES[collection]} of this id")

        return deleting

    def created(self, collection: Collection, sourced_id: str, fields: Json) -> Response:
        """Take a record that is new, under its own id where it has one."""
        name = sourced_id or str(uuid5(NAMESPACE_URL, repr(sorted(fields))))
        if self.is_there(collection, name):
            return self.error(422, f"there is a {SINGLES[collection]} of this sourcedId")
        self.put(collection, name, fields)
        pair = {"suppliedSourcedId": sourced_id, "allocatedSourcedId": name}
        return JSONResponse({"sourcedIdPairs": pair}, status_code=201)

    def replaced(self, collection: Collection, sourced_id: str, fields: Json) -> Response:
        """Take a record in the place of one that is there."""
        if not self.is_there(collection, sourced_id):
            return self.error(404, f"there is no {SINGLES[collection]} of this id")
        self.put(collection, sourced_id, fields)
        if collection is Collection.ENROLLMENTS:
            return JSONResponse({}, status_code=201)
        return JSONResponse({SINGLES[collection]: {**fields, "sourcedId": sourced_id}})

    def is_there(self, collection: Collection, sourced_id: str) -> bool:
        """Say whether there is an active record of an id."""
        found = self.sandbox.overlay.find(collection, sourced_id)
        return found is not None and not has_left(found)

    def put(self, collection: Collection, sourced_id: str, fields: Json) -> None:
        """Write a record. Raises `ValueError` where the platform would refuse it."""
        _require(_NEEDED[collection], fields)
        if collection is Collection.CLASSES:
            _require((self.school,), fields)
            fields = {**fields, "school": fields[self.school]}
        self.sandbox.overlay.put(collection, _record(collection, sourced_id, fields))

    def refused(self, request: Request, collection: Collection) -> Response | None:
        """Return why who asks may not write; the request is remembered."""
        found = self._visitor(request, collection)
        if isinstance(found, Response):
            return found
        if self.scope and self.scope not in found.scopes:
            return self.error(403, "the scope of this token does not allow writing")
        return None

    def unknown(self, request: Request) -> Response | None:
        """Return the refusal of who has not proved who it is; the request is remembered."""
        found = self._visitor(request, Collection.ORGS)
        return found if isinstance(found, Response) else None

    def error(self, status: int, description: str) -> Response:
        """Return a refusal in the words of the dialect."""
        return refusal(status, description, errors=self.sandbox.dialect.errors)

    def _visitor(self, request: Request, collection: Collection) -> Client | Response:
        self.sandbox.seen.append(f"{request.method} {request.url.path}")
        return self.sandbox.access.visitor(request, collection, is_part=False)


class CreatingWrites(OverlayWrites):
    """Writes as LearnWithAI takes them: a PUT creates, nothing is posted."""

    school = "school"
    scope = CREATE_SCOPE

    def routes(self) -> Sequence[BaseRoute]:
        path = f"{self.sandbox.dialect.base_path}/students"
        handler = self.taking(Collection.USERS, self.student, key="student")
        return [Route(path, handler, methods=["PUT"]), *self.by_id()]

    def student(self, collection: Collection, sourced_id: str, fields: Json) -> Response:
        """Take a student, who is one at the primary org and nowhere else."""
        _require((*_NEEDED_OF_STUDENTS, "primaryOrg"), fields)
        if "roles" in fields:
            raise ValueError("roles are not taken here")
        role = {"roleType": "primary", "role": "student", "org": fields["primaryOrg"]}
        status = 200 if self.is_there(collection, sourced_id) else 201
        self.put(collection, sourced_id, {**fields, "roles": [role]})
        return JSONResponse({"student": fields}, status_code=status)

    def replaced(self, collection: Collection, sourced_id: str, fields: Json) -> Response:
        is_there = self.is_there(collection, sourced_id)
        self.put(collection, sourced_id, fields)
        return Response(status_code=204) if is_there else Response(status_code=201)


def _require(names: Sequence[str], fields: Json) -> None:
    for name in names:
        if fields.get(name) in (None, "", []):
            raise ValueError(f"{name} must be there")


def _record(collection: Collection, sourced_id: str, fields: Json) -> Record:
    """Read a record as it is sent. Raises `ValueError`."""
    for role in msgspec.convert(fields.get("roles") or [], list[Json]):
        if role.get("role") not in _ROLES:
            raise ValueError(f"the role {role.get('role')} is not known")
    return read_record(collection, msgspec.json.encode({**fields, "sourcedId": sourced_id}))
