"""The console in a browser: every request is asked for its pass before anything else happens."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from integration_tui.domain.errors import UsageError
from integration_tui.domain.text import visible
from integration_tui.web.auth import BrowserAccess, local_access, proxied_access
from integration_tui.web.pages import (
    ASSETS,
    HEADERS,
    console_page,
    entrance_page,
    policy,
    refusal_page,
)
from integration_tui.web.sessions import SessionLimits, Sessions

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from integration_tui.web.process import ConsoleCommand

_MOST_BODY: Final = 1024
_STOP_S: Final = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSite:
    """Where to listen, and as what browsers know us: `public_url` is a reverse proxy's."""

    host: str
    port: int
    public_url: str | None = None


@asynccontextmanager
async def served(
    site: ConsoleSite, start: ConsoleCommand, limits: SessionLimits, *, tell: Callable[[str], None]
) -> AsyncGenerator[BrowserAccess]:
    """Serve consoles until the block ends; yields how to come in. Raises `UsageError`."""
    listener = _listener(site)
    port = int(listener.getsockname()[1])
    access = proxied_access(site.public_url) if site.public_url else local_access(site.host, port)
    sessions = Sessions(start=start, limits=limits, log=tell)
    runner = web.AppRunner(
        _Doors(access, sessions).app(),
        access_log=None,
        logger=_log(),
        keepalive_timeout=limits.patience_s,
        lingering_time=limits.patience_s,
        shutdown_timeout=_STOP_S,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield access
    finally:
        await runner.cleanup()
        listener.close()


class _Doors:
    """The routes, behind one guard."""

    def __init__(self, access: BrowserAccess, sessions: Sessions) -> None:
        self._access = access
        self._sessions = sessions
        self._headers = {**HEADERS, "Content-Security-Policy": policy(access.origins)}

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=_MOST_BODY)
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/ws", self._sessions.open),
                web.post("/enter", self._enter),
                web.get("/download/{key}", self._download),
                web.get("/favicon.ico", self._favicon),
                web.static("/assets", ASSETS),
                web.static("/static", Path(str(files("textual_serve") / "static"))),
            ]
        )
        app.on_response_prepare.append(self._protect)
        app.on_shutdown.append(self._close)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._access.knows_host(request.headers.get(hdrs.HOST)):
            name = visible(request.headers.get(hdrs.HOST, "no name"), limit=80)
            return _refusal(421, "This is not the address", f"Nothing is served as {name} here.")
        if _needs_origin(request) and not self._is_own(request):
            return _refusal(403, "Not from here", "Another site's page asked for this console.")
        if not self._may_come_in(request):
            return web.Response(status=401, text=entrance_page(), content_type="text/html")
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return _refusal(error.status, error.reason, "There is nothing for you at this address.")

    def _is_own(self, request: web.Request) -> bool:
        return self._access.knows_origin(request.headers.get(hdrs.ORIGIN))

    def _may_come_in(self, request: web.Request) -> bool:
        if request.path == "/enter":
            return True
        protocols = request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "")
        has_key = request.path != "/ws" or self._access.has_key(protocols)
        return self._access.has_pass(request.cookies) and has_key

    async def _enter(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(self._sessions.limits.patience_s):
                token = (await request.read()).decode("utf-8", "replace")
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        if not self._access.is_token(token):
            return web.Response(status=401, text=entrance_page(), content_type="text/html")
        response = web.Response(text=self._access.key)
        response.set_cookie(
            self._access.cookie,
            self._access.pass_,
            httponly=True,
            samesite="Strict",
            secure=self._access.is_secure,
        )
        return response

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(text=console_page(), content_type="text/html")

    async def _favicon(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(ASSETS / "favicon.svg")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """Send a file of a console; never as a page, which would be one of ours."""
        downloads, key = self._sessions.downloads, request.match_info["key"]
        try:
            found = await downloads.get_download_metadata(key)
        except KeyError:
            raise web.HTTPNotFound from None
        response = web.StreamResponse()
        response.content_type = "application/octet-stream"
        name = "".join(
            text if text.isalnum() or text in "-_. " else "_" for text in found.file_name
        )
        response.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{_ascii(name)}"'
        await response.prepare(request)
        async for chunk in downloads.download(key):
            await response.write(chunk)
        await response.write_eof()
        return response

    async def _protect(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(self._headers)

    async def _close(self, _app: web.Application) -> None:
        await self._sessions.close()


class _Nonsense(logging.Filter):
    """Keeps requests that are none out of the log: they may hold a cookie, and never end."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def _log() -> logging.Logger:
    log = logging.getLogger(__name__)
    if not log.filters:
        log.addFilter(_Nonsense())
    return log


def _needs_origin(request: web.Request) -> bool:
    return request.method not in ("GET", "HEAD") or request.path == "/ws"


def _refusal(status: int, title: str, sentence: str) -> web.Response:
    page = refusal_page(title, sentence)
    return web.Response(status=status, text=page, content_type="text/html")


def _ascii(name: str) -> str:
    return name.encode("ascii", "replace").decode().replace("?", "_")


def _listener(site: ConsoleSite) -> socket.socket:
    host = "127.0.0.1" if site.host == "localhost" else site.host
    try:
        return socket.create_server(
            (host, site.port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise UsageError(
            f"port {site.port} on {visible(host)} cannot be used: {(error.strerror or '').lower()}",
            advice="take another with --port, or 0 for any",
        ) from error
