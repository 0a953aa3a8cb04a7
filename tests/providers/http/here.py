"""Servers on loopback that answer as told, and a context whose time and secrets are ours."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.types import Receive, Scope, Send

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.secret import Secret, SecretRef
from integration_tui.providers.http.ssrf_guard import Addresses
from integration_tui.providers.http.transport import HttpClient
from integration_tui.sandbox.server import serve

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
CANARY = "canary-S3CRET-value"


class Here:
    """Where a connector runs. `passed_s` is added to its clocks; sleeping adds to it."""

    def __init__(self, **secrets: str) -> None:
        self.secrets = {"SIS_SECRET": CANARY, **secrets}
        self.resolved: list[str] = []
        self.slept: list[float] = []
        self.passed_s = 0.0

    def context(self, *, timeout_s: float = 5.0, max_retries: int = 0) -> ProviderContext:
        return ProviderContext(
            integration_id=IntegrationId("lincoln"),
            clock=lambda: datetime.fromtimestamp(NOW.timestamp() + self.passed_s, UTC),
            monotonic=self.monotonic,
            sleep=self._sleep,
            chance=lambda: 0.5,
            secret=self._secret,
            timeout_s=timeout_s,
            max_retries=max_retries,
        )

    def monotonic(self) -> float:
        return 1000.0 + self.passed_s

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed_s += seconds
        await asyncio.sleep(0)

    def _secret(self, reference: SecretRef) -> Secret:
        self.resolved.append(str(reference))
        return Secret(self.secrets[reference.name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it arrived; header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})


class Scripted:
    """Gives its replies one after the other, the last one for ever. Keeps what it saw."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies or (Reply(),))
        self.seen: list[Seen] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.seen.append(
            Seen(
                method=scope["method"],
                path=scope["raw_path"].decode(),
                query=scope["query_string"].decode(),
                headers={k.decode().lower(): v.decode() for k, v in scope["headers"]},
                body=body,
            )
        )
        reply = self._replies[0] if len(self._replies) == 1 else self._replies.pop(0)
        headers = [(k.encode(), v.encode()) for k, v in reply.headers.items()]
        headers.append((b"content-length", str(len(reply.body)).encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})


@asynccontextmanager
async def served(app: Scripted) -> AsyncGenerator[str]:
    async with serve(app) as address:
        yield address


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
    addresses = Addresses(monotonic=time.monotonic, allow_private=allow_private)
    one = HttpClient(addresses, timeout_s=timeout_s)
    try:
        yield one
    finally:
        await one.close()
