"""Servers to knock at, as a browser does, and as others do."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from integration_tui.web.auth import PROTOCOL, BrowserAccess
from integration_tui.web.process import ConsoleCommand
from integration_tui.web.server import ConsoleSite, served
from integration_tui.web.sessions import SessionLimits

HERE = ConsoleSite(host="127.0.0.1", port=0)
PLENTY = SessionLimits(sessions=2, idle_s=0)
ONE = SessionLimits(sessions=1, idle_s=0, noticed_s=0.1)
STANDIN = Path(__file__).with_name("fake_console.py")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A server, and a client that has no pass yet."""

    access: BrowserAccess
    client: aiohttp.ClientSession
    told: list[str] = field(default_factory=list[str])

    @property
    def origin(self) -> str:
        return self.access.origins[0]

    async def enter(self, token: str | None = None, *, origin: str | None = None) -> int:
        async with self.client.post(
            f"{self.origin}/enter",
            data=self.access.token if token is None else token,
            headers={"Origin": origin or self.origin},
        ) as answer:
            return answer.status

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.client.get(f"{self.origin}{path}", headers=headers) as answer:
            return answer.status, await answer.text(errors="replace")

    @asynccontextmanager
    async def line(
        self, query: str = "", *, origin: str | None = None, key: str | None = None
    ) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        async with self.client.ws_connect(
            f"{self.origin}/ws{query}",
            origin=self.origin if origin is None else origin,
            protocols=(PROTOCOL, self.access.key if key is None else key),
        ) as line:
            yield line

    async def sent(self, *pieces: bytes) -> bytes:
        """Return the answer to what no client would send, once the server closes the connection."""
        port = urlsplit(self.origin).port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.writelines(pieces)
            async with asyncio.timeout(30):
                return await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def visiting(
    *more: str,
    limits: SessionLimits = PLENTY,
    site: ConsoleSite = HERE,
    words: Sequence[str] = (sys.executable, str(STANDIN)),
) -> AsyncGenerator[Visit]:
    told: list[str] = []
    start = ConsoleCommand(words=[*words, *more])
    jar = aiohttp.CookieJar(unsafe=True)  # which is how it calls a host that is an address
    async with (
        served(site, start, limits, tell=told.append) as access,
        aiohttp.ClientSession(cookie_jar=jar) as client,
    ):
        yield Visit(access=access, client=client, told=told)


async def pid_of(line: aiohttp.ClientWebSocketResponse) -> int:
    """Return the process behind a line, from the first thing it says."""
    found = re.search(rb"pid (\d+)", await line.receive_bytes(timeout=10))
    assert found is not None
    return int(found[1])


async def gone(pid: int) -> bool:
    """Wait until a process is gone."""
    for _ in range(400):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        await asyncio.sleep(0.02)
    return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
