"""Runs a sandbox app on loopback, inside the loop that is running. Stops by itself.

Only uvicorn's start is used: its main loop would take over signals and polls.

See docs/decisions/0024.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from integration_tui.domain.config.types import is_loopback
from integration_tui.domain.errors import UsageError

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

_STOP_S: Final = 2.0
_STEP_S: Final = 0.005
_KEEP_ALIVE_S: Final = 75


@asynccontextmanager
async def serve(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
    """Serve `app` until the block ends; yields its address without a slash at its end.

    Port 0 takes a free one. Raises `UsageError` for a host that is not this machine, or a
    port that is taken.
    """
    if not is_loopback(host):
        raise UsageError(f"{host} is not this machine", advice="a sandbox serves 127.0.0.1 only")
    listener = _listener(host, port)
    server = _server(app)
    await server.startup(sockets=[listener])
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{listener.getsockname()[1]}"
    finally:
        await _stop(server)


def _listener(host: str, port: int) -> socket.socket:
    try:
        return _bound(host, port)
    except OSError as error:
        raise UsageError(
            f"port {port} on {host} cannot be used: {(error.strerror or '').lower()}",
            advice="take another port, or 0 for any",
        ) from error


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _server(app: ASGIApp) -> uvicorn.Server:
    import uvicorn

    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    return server


async def _stop(server: uvicorn.Server) -> None:
    for listener in server.servers:
        listener.close()
    state = server.server_state
    for task in [*state.tasks]:
        task.cancel()
    try:
        async with asyncio.timeout(_STOP_S):
            while state.connections or state.tasks:
                for connection in [*state.connections]:
                    connection.shutdown()
                await asyncio.sleep(_STEP_S)
    except TimeoutError:
        pass  # the loop will close what is left
