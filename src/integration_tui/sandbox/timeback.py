"""What TimeBack's platforms do beside reading: writes, and webhook subscriptions.

Written records are laid over the district. BeyondAI replaces by PUT what it knows and creates by
POST; LearnWithAI creates by PUT, too, for tokens with a scope for it. Deletions are soft.
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
from integration_tui.providers.oneroster.wire import read_record
from integration_tui.sandbox.access import Visitor
from integration_tui.sandbox.encode import LISTS, SINGLES
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.refusals import refusal
from integration_tui.sandbox.source import has_left

Json = dict[str, object]
Handler = Callable[[Request], Awaitable[Response]]

CREATE_SCOPE: Final = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster.createput"
SIGNING_SECRET: Final = "whsec_c2FuZGJveC1zaWduaW5nLXNlY3JldA=="  # noqa: S105 - of a sandbox
_WRITABLE: Final = (Collection.USERS, Collection.CLASSES, Collection.ENROLLMENTS)
_REPLACED: Final = {Collection.ENROLLMENTS: 201}


def extension(sandbox: OneRosterSandbox) -> Sequence[BaseRoute]:
    """Return the routes of a server that speaks a dialect of TimeBack's."""
    is_learnwith = sandbox.dialect.asks_scopes
    if is_learnwith:
        sandbox.issuer.scopes = (*sandbox.issuer.scopes, CREATE_SCOPE)
    writes = Writes(sandbox, puts_create=is_learnwith)
    hooks = Hooks(sandbox, issues_secrets=is_learnwith)
    base = sandbox.dialect.base_path
    routes: list[BaseRoute] = []
    for collection in _WRITABLE:
        path = f"{base}/{LISTS[collection]}"
        one = f"{path}/{{sourced_id:path}}"
        # Slashes at the end are taken off before a request comes here.
        routes.append(Route(path, writes.creating(collection), methods=["POST"]))
        routes.append(Route(one, writes.replacing(collection), methods=["PUT"]))
        routes.append(Route(one, writes.deleting(collection), methods=["DELETE"]))
    return [*routes, *hooks.routes()]


class Writes:
    """Takes records into the overlay of a sandbox."""

    def __init__(self, sandbox: OneRosterSandbox, *, puts_create: bool) -> None:
        self._sandbox = sandbox
        self._puts_create = puts_create

    def creating(self, collection: Collection) -> Handler:
        async def create(request: Request) -> Response:
            return await self._taken(request, collection, self._created)

        return create

    def replacing(self, collection: Collection) -> Handler:
        async def replace(request: Request) -> Response:
            return await self._taken(request, collection, self._replaced)

        return replace

    def deleting(self, collection: Collection) -> Handler:
        async def delete(request: Request) -> Response:
            refused = self._refused(request, collection)
            if refused is not None:
                return refused
            sourced_id = request.path_params["sourced_id"]
            if self._sandbox.overlay.delete(collection, sourced_id):
                return Response(status_code=204)
            return self._error(404, f"there is no {SINGLES[collection]} of this id")

        return delete

    async def _taken(
        self,
        request: Request,
        collection: Collection,
        take: Callable[[Request, Collection, Json], Response],
    ) -> Response:
        refused = self._refused(request, collection)
        if refused is not None:
            return refused
        try:
            envelope = msgspec.json.decode(await request.body(), type=dict[str, Json])
            return take(request, collection, envelope[SINGLES[collection]])
        except (msgspec.MsgspecError, ValueError, KeyError) as error:
            return self._error(422, f"the record cannot be taken: {error}")

    def _created(self, _request: Request, collection: Collection, fields: Json) -> Response:
        name = str(fields.get("sourcedId") or uuid5(NAMESPACE_URL, repr(sorted(fields))))
        before = self._sandbox.overlay.find(collection, name)
        if before is not None and not has_left(before):
            return self._error(422, f"there is a {SINGLES[collection]} of this sourcedId")
        self._put(collection, {**fields, "sourcedId": name})
        supplied = str(fields.get("sourcedId") or "")
        pair = {"suppliedSourcedId": supplied, "allocatedSourcedId": name}
        return JSONResponse({"sourcedIdPairs": pair}, status_code=201)

    def _replaced(self, request: Request, collection: Collection, fields: Json) -> Response:
        sourced_id = request.path_params["sourced_id"]
        before = self._sandbox.overlay.find(collection, sourced_id)
        is_there = before is not None and not has_left(before)
        if not is_there and not self._puts_create:
            return self._error(404, f"there is no {SINGLES[collection]} of this id")
        self._put(collection, {**fields, "sourcedId": sourced_id})
        status = _REPLACED.get(collection, 200) if is_there else 201
        return JSONResponse({SINGLES[collection]: fields}, status_code=status)

    def _put(self, collection: Collection, fields: Json) -> None:
        self._sandbox.overlay.put(collection, _record(collection, fields))

    def _refused(self, request: Request, collection: Collection) -> Response | None:
        found = visitor(self._sandbox, request, collection)
        if isinstance(found, Response):
            return found
        if self._puts_create and CREATE_SCOPE not in found.scopes:
            return self._error(403, "the scope of this token does not allow writing")
        return None

    def _error(self, status: int, description: str) -> Response:
        return refusal(status, description, errors=self._sandbox.dialect.errors)


class Hooks:
    """Webhook subscriptions. `kept` are those there are, by id, with what they were asked for."""

    def __init__(self, sandbox: OneRosterSandbox, *, issues_secrets: bool) -> None:
        self._sandbox = sandbox
        self._issues_secrets = issues_secrets
        self.kept: dict[str, Json] = {}
        self._made = 0

    def routes(self) -> Sequence[BaseRoute]:
        path = "/webhooks"
        if self._issues_secrets:
            path = "/webhooks/1.0/{app_id}/subscriptions"
        return [
            Route(path, self.listed, methods=["GET"]),
            Route(path, self.made, methods=["POST"]),
            Route(f"{path}/{{id}}", self.gone, methods=["DELETE"]),
            Route("/webhook-filters", self.filtered, methods=["POST"]),
        ]

    async def listed(self, request: Request) -> Response:
        refused = self._refused(request)
        return refused or JSONResponse({"webhooks": [*self.kept.values()]})

    async def made(self, request: Request) -> Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        self._made += 1
        asked: Json = await request.json()
        hook: Json = {"id": f"hook-{self._made}", **asked, "active": True}
        hook.pop("secret", None)
        self.kept[f"hook-{self._made}"] = hook
        issued: Mapping[str, object] = (
            {"signingSecret": SIGNING_SECRET} if self._issues_secrets else {}
        )
        return JSONResponse({"webhook": {**hook, **issued}}, status_code=201)

    async def filtered(self, request: Request) -> Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        asked: Json = await request.json()
        hook = self.kept.get(str(asked.get("webhookId")))
        if hook is None:
            return refusal(404, "there is no webhook of this id")
        types = msgspec.convert(hook.get("eventTypes", []), list[str])
        hook["eventTypes"] = [*types, str(asked.get("filterValue"))]
        return JSONResponse({"filter": asked}, status_code=201)

    async def gone(self, request: Request) -> Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        if self.kept.pop(request.path_params["id"], None) is None:
            return refusal(404, "there is no webhook of this id")
        return Response(status_code=204)

    def _refused(self, request: Request) -> Response | None:
        found = visitor(self._sandbox, request, Collection.ORGS)
        return found if isinstance(found, Response) else None


def visitor(
    sandbox: OneRosterSandbox, request: Request, collection: Collection
) -> Visitor | Response:
    """Return who asks, or the refusal; the request is remembered."""
    sandbox.seen.append(f"{request.method} {request.url.path}")
    return sandbox.access.visitor(request, collection, is_part=False)


def _record(collection: Collection, fields: Json) -> Record:
    """Read a record as it is sent. Raises `ValueError`."""
    if collection is Collection.CLASSES and "org" in fields:
        fields = {**fields, "school": fields["org"]}
    if collection is Collection.ENROLLMENTS and "school" not in fields:
        raise ValueError("school must be there")
    return read_record(collection, msgspec.json.encode(fields))
