"""Consoles that are open in browsers: so many at once, none of them for ever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web
from textual_serve.download_manager import DownloadManager

from integration_tui.domain.text import visible
from integration_tui.web.auth import PROTOCOL
from integration_tui.web.process import ConsoleCommand, ConsoleProcess

_ENDED_S: Final = 8.0
_LARGEST: Final = 500
_MAX_MESSAGE: Final = 1 << 20
_HEARTBEAT_S: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How many consoles at once, and how long one is kept that nobody touches; 0 is for ever.

    Within `noticed_s` it shows whether whoever finds no room has just left a console. For
    `patience_s` somebody may take to say what is wanted, and keep a connection without a word;
    and so long may a console take nothing of what is typed.
    """

    sessions: int
    idle_s: float
    noticed_s: float = 1.0
    patience_s: float = 20.0

    @property
    def full(self) -> bytes:
        """What whoever comes too late is told."""
        one = "The only session is" if self.sessions == 1 else f"All {self.sessions} sessions are"
        return f"{one} in use. Close one, or start the server with more --sessions.".encode()


@dataclass(slots=True, kw_only=True)
class Sessions:
    """All of one server. `tell` narrates."""

    start: ConsoleCommand
    limits: SessionLimits
    log: Callable[[str], None]
    downloads: DownloadManager = field(default_factory=DownloadManager)
    _lines: set[web.WebSocketResponse] = field(default_factory=set[web.WebSocketResponse])
    _ending: int = 0
    _room: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._room = asyncio.Semaphore(self.limits.sessions)

    async def open(self, request: web.Request) -> web.StreamResponse:
        """Hold a line between a browser and a console of its own until one of them ends."""
        async with self._slot() as is_given:
            line = web.WebSocketResponse(
                heartbeat=_HEARTBEAT_S, max_msg_size=_MAX_MESSAGE, protocols=(PROTOCOL,)
            )
            await line.prepare(request)
            if not is_given:
                await line.close(code=WSCloseCode.TRY_AGAIN_LATER, message=self.limits.full)
                return line
            self._lines.add(line)
            try:
                await self._serve(line, _size(request.query))
            finally:
                self._lines.discard(line)
            return line

    async def close(self) -> None:
        """End all of them."""
        for line in tuple(self._lines):
            await line.close(code=WSCloseCode.GOING_AWAY, message=b"The server was stopped.")

    @asynccontextmanager
    async def _slot(self) -> AsyncGenerator[bool]:
        is_given = await self._waited()
        try:
            yield is_given
        finally:
            if is_given:
                self._room.release()

    async def _waited(self) -> bool:
        """Wait for room as long as a console is ending: whoever loads a page anew has just left."""
        for patience_s in (self.limits.noticed_s, _ENDED_S):
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    return await self._room.acquire()
            if not self._ending:
                break
        return False

    async def _serve(self, line: web.WebSocketResponse, size: tuple[int, int]) -> None:
        process = ConsoleProcess(
            self.start, line, downloads=self.downloads, patience_s=self.limits.patience_s
        )
        self.log(f"a session was opened; {len(self._lines)} of {self.limits.sessions}")
        try:
            if await self._started(process, size):
                await self._listen(line, process)
            else:
                await line.close(message=b"No console could be started. The server says why.")
        finally:
            self._ending += 1
            try:
                await process.stop()
            finally:
                self._ending -= 1
        for complaint in process.errors.decode(errors="replace").splitlines():
            self.log(f"a session said: {visible(complaint)}")
        self.log(f"a session was closed; {len(self._lines) - 1} of {self.limits.sessions}")

    async def _started(self, process: ConsoleProcess, size: tuple[int, int]) -> bool:
        try:
            await process.start(*size)
        except OSError as error:  # no memory, or no number left for a file
            self.log(f"a session could not be started: {(error.strerror or '').lower()}")
            return False
        return True

    async def _listen(self, line: web.WebSocketResponse, process: ConsoleProcess) -> None:
        """Pass on keys until the line ends, or nothing came for too long."""
        idle_s = self.limits.idle_s or None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(idle_s) as patience:
                async for message in line:
                    if message.type is not WSMsgType.TEXT:
                        continue
                    is_a_sign = await _handle_message(str(message.data), line, process)
                    if is_a_sign and idle_s:
                        patience.reschedule(loop.time() + idle_s)
        except TimeoutError:
            minutes = f"{self.limits.idle_s / 60:g}"
            await line.close(message=f"Nothing was typed for {minutes} minutes.".encode())


async def _handle_message(text: str, line: web.WebSocketResponse, process: ConsoleProcess) -> bool:
    """Do what one message of the page asks for; return whether a person was behind it."""
    match _parsed(text):
        case ["stdin", str() as typed]:
            await process.send_bytes(typed.encode("utf-8", "replace"))
            return True
        case ["resize", {"width": int() as width, "height": int() as height}]:
            await process.set_terminal_size(_bounded(width), _bounded(height))
        case ["ping", str() as stamp]:
            with suppress(ConnectionError):
                await line.send_str(json.dumps(["pong", stamp]))
        case ["blur"]:
            await process.blur()
        case ["focus"]:
            await process.focus()
        case _:
            pass
    return False


def _parsed(text: str) -> object:
    try:
        message: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return message


def _size(query: Mapping[str, str]) -> tuple[int, int]:
    width, height = query.get("width", ""), query.get("height", "")
    return _number(width, otherwise=80), _number(height, otherwise=24)


def _number(text: str, *, otherwise: int) -> int:
    return _bounded(int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else otherwise


def _bounded(cells: int) -> int:
    return max(1, min(cells, _LARGEST))
