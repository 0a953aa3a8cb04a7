"""A server that failed five times in a row is left alone for a while, then tried by one request.

Failing means no answer or an error of its own; being asked for patience (429) is none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from integration_tui.domain.clock import Monotonic
from integration_tui.domain.errors import ProviderError, RetryableError, ThrottledError

FAILURES: Final = 5
_FIRST_S: Final = 5.0
_LONGEST_S: Final = 60.0
_SOON_S: Final = 0.001


class CircuitBreaker:
    """Open while a server is left alone; each fruitless try doubles that time, up to a minute."""

    def __init__(self, *, host: str, monotonic: Monotonic) -> None:
        self._host = host
        self._monotonic = monotonic
        self._failures = 0
        self._last = ""
        self._rest_s = _FIRST_S
        self._open_until: float | None = None
        self._trial: asyncio.Event | None = None

    def left_s(self) -> float:
        """Return for how long nothing is sent; 0 where one may try."""
        if self._open_until is None:
            return 0.0
        left_s = self._open_until - self._monotonic()
        return left_s if left_s > _SOON_S else 0.0

    def require_closed(self) -> None:
        """Raise `RetryableError` while the server is left alone."""
        if left_s := self.left_s():
            raise RetryableError(
                f"{self._host} failed {self._failures} times in a row: requests paused for "
                f"another {left_s:.0f} s ({self._last})",
                advice="check the server's log",
                retry_after_s=left_s,
                unprocessed=True,
            )

    @contextmanager
    def watching(self) -> Generator[None]:
        """Count how it ends, and let it through in any case: for a check of health."""
        try:
            yield
        except ThrottledError:
            raise
        except RetryableError as error:
            self._fail(error)
            raise
        except ProviderError:
            self._work()  # it answers, though it refuses
            raise
        else:
            self._work()

    @asynccontextmanager
    async def passing(self) -> AsyncGenerator[None]:
        """Let it through where the server is not left alone; the first one after that tries.

        The others wait for how that ends. Raises like `require_closed`.
        """
        while self._open_until is not None:
            self.require_closed()
            if self._trial is None:
                async with self._trying():
                    yield
                return
            await self._trial.wait()
        with self.watching():
            yield

    @asynccontextmanager
    async def _trying(self) -> AsyncGenerator[None]:
        trial = self._trial = asyncio.Event()
        try:
            with self.watching():
                yield
        finally:
            self._trial = None
            trial.set()

    def _fail(self, error: RetryableError) -> None:
        self._failures += 1
        self._last = error.message
        if self._open_until is None:
            if self._failures >= FAILURES:
                self._open_until = self._monotonic() + self._rest_s
        elif not self.left_s():
            # What was on its way when it opened, and fails only now, tells nothing new.
            self._rest_s = min(self._rest_s * 2, _LONGEST_S)
            self._open_until = self._monotonic() + self._rest_s

    def _work(self) -> None:
        self._failures, self._rest_s, self._open_until = 0, _FIRST_S, None
