"""Servers on loopback that speak bytes, and a host with a secret to look for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from integration_tui.providers.http.ssrf_guard import AddressGuard
from integration_tui.providers.http.transport import HttpClient
from integration_tui.testing.clock import START
from integration_tui.testing.host import FakeHost

NOW = START
CANARY = "canary-S3CRET-value"


class Here(FakeHost):
    """Where a connector runs: `SIS_SECRET` is there, and whatever else is given."""

    def __init__(self, **secrets: str) -> None:
        super().__init__({"SIS_SECRET": CANARY, **secrets})


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(talk: Talk) -> AsyncGenerator[str]:
    """Serve bytes, for what no HTTP library would send."""
    writers: list[asyncio.StreamWriter] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.sleep(0)  # lets the transports close


async def read_request(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


@asynccontextmanager
async def client(
    *, timeout_s: float = 5.0, allow_private: bool = False
) -> AsyncGenerator[HttpClient]:
    addresses = AddressGuard(monotonic=time.monotonic, allow_private=allow_private)
    one = HttpClient(addresses, timeout_s=timeout_s)
    try:
        yield one
    finally:
        await one.close()
