"""One console in a process of its own, which speaks to a browser through pipes."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiohttp import web
from textual_serve.app_service import AppService

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from textual_serve.download_manager import DownloadManager


_READY: Final = b"__GANGLION__\n"
_PRELUDE: Final = 10
_QUIT_S: Final = 5.0
_TERM_S: Final = 2.0
_MOST_ERRORS: Final = 16_384
_MODES: Final = 200
"""More bytes than setting the terminal's modes takes: something is painted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleCommand:
    """How a console is started: its words, behind which the number of its lifeline is put."""

    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


class ConsoleProcess(AppService):
    """Passes on what a console says to `line`. Nothing of it is left when `stop` returns."""

    def __init__(
        self,
        start: ConsoleCommand,
        line: web.WebSocketResponse,
        *,
        downloads: DownloadManager,
        patience_s: float,
    ) -> None:
        super().__init__(
            "",
            write_bytes=self._send_bytes,
            write_str=self._send_text,
            close=self._close,
            download_manager=downloads,
        )
        self.errors = b""
        self._start = start
        self._line = line
        self._patience_s = patience_s
        self._lifeline = -1
        self._is_focused = False
        self._is_painted = False

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Start it without a shell, and out of reach of the Ctrl-C that ends the server."""
        theirs, ours = os.pipe()
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *self._start.words,
                str(theirs),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**self._build_environment(width, height), **self._start.environment},
                pass_fds=(theirs,),
                start_new_session=True,
            )
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        self._lifeline, self._stdin = ours, process.stdin
        return process

    async def run(self) -> None:
        """Pass on what the console says until it ends; then the browser's line is closed."""
        process = self._process
        if process is None or process.stdout is None or process.stderr is None:
            raise RuntimeError("not started")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_errors(process.stderr))
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await self._pass_on(process.stdout)
        await self._close()

    async def stop(self) -> None:
        """Ask it to quit, then tell it to, then end it."""
        process, self._process = self._process, None
        if process is None:
            return
        await self._download_manager.cancel_app_downloads(self.app_service_id)
        with suppress(TimeoutError):
            async with asyncio.timeout(_QUIT_S):  # one that hangs takes nothing
                await self.send_meta({"type": "quit"})
        if not await _ended(process, _QUIT_S):
            process.terminate()
        if not await _ended(process, _TERM_S):
            process.kill()
        await process.wait()
        os.close(self._lifeline)
        if self._task is not None:
            await self._task

    async def send_bytes(self, data: bytes) -> bool:
        return await self._taken(super().send_bytes(data))

    async def send_meta(self, data: dict[str, str | int | bool | None]) -> bool:
        return await self._taken(super().send_meta(data))

    async def _taken(self, sending: Awaitable[bool]) -> bool:
        """Wait until it takes what it is sent; one that does not for too long is ended.

        Nobody would see otherwise that its browser is gone, and it would keep its place for ever.
        """
        process = self._process
        try:
            async with asyncio.timeout(self._patience_s):
                return await sending
        except TimeoutError:
            if process is not None and process.returncode is None:
                process.kill()
            return False

    async def focus(self) -> None:
        self._is_focused = True
        await super().focus()

    async def blur(self) -> None:
        self._is_focused = False
        await super().blur()

    async def on_data(self, payload: bytes) -> None:
        """Pass on what is painted. A console believes that nobody looks when it starts."""
        await super().on_data(payload)
        if not self._is_painted and len(payload) > _MODES:
            self._is_painted = True
            if self._is_focused:
                await super().focus()

    async def _pass_on(self, said: asyncio.StreamReader) -> None:
        for _ in range(_PRELUDE):
            line = await said.readline()
            if line == _READY or not line:
                break
        passing = {b"D": self.on_data, b"M": self.on_meta, b"P": self.on_packed}
        while True:
            kind = await said.readexactly(1)
            payload = await said.readexactly(int.from_bytes(await said.readexactly(4)))
            await passing[kind](payload)

    async def _keep_errors(self, said: asyncio.StreamReader) -> None:
        """Keep the last of what it complains about: that may say why it did not start."""
        while piece := await said.read(4096):
            self.errors = (self.errors + piece)[-_MOST_ERRORS:]

    # A browser may be gone before its console is, which is to be heard out all the same:
    # with a full pipe it could not end.

    async def _send_bytes(self, piece: bytes) -> None:
        with suppress(ConnectionError):
            await self._line.send_bytes(piece)

    async def _send_text(self, text: str) -> None:
        with suppress(ConnectionError):
            await self._line.send_str(text)

    async def _close(self) -> None:
        await self._line.close()


async def _ended(process: Process, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await process.wait()
    return process.returncode is not None


_GRACE_S: Final = 5.0


def hold(descriptor: int) -> None:
    """End this process once the other end of `descriptor` is closed."""
    threading.Thread(target=_wait, args=(descriptor,), daemon=True, name="lifeline").start()


def _wait(descriptor: int) -> None:
    try:
        os.read(descriptor, 1)
    except OSError:  # no such descriptor: nobody started us as a server does
        return
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os._exit(1)
