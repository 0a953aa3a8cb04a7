"""A slash at the end of an address: taken for none, or redirected to the address without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import URL
from starlette.responses import RedirectResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Slashes:
    """Wraps an app that knows its addresses without a slash at their end."""

    def __init__(self, app: ASGIApp, *, redirects: bool) -> None:
        self._app = app
        self._redirects = redirects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or not path.endswith("/"):
            await self._app(scope, receive, send)
            return
        bare = path.rstrip("/")
        if self._redirects:
            target = URL(scope=scope).replace(path=bare)
            await RedirectResponse(target, status_code=307)(scope, receive, send)
        else:
            await self._app({**scope, "path": bare}, receive, send)
