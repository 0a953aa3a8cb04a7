"""How often something is read again: the longer it takes, the more seldom."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

_LEAST_S = 0.9
_SHARE = 8
"""Reading takes at most one part in so many of the time."""


class RefreshThrottle:
    """Remembers when something was read, and how long that took. One reading at a time."""

    def __init__(self) -> None:
        self._next: float | None = None
        self._readings = 0

    @property
    def is_new(self) -> bool:
        """Whether it was not read yet, or what was read does not hold any more."""
        return self._next is None

    @property
    def is_due(self) -> bool:
        is_late = self._next is None or asyncio.get_running_loop().time() >= self._next
        return is_late and not self._readings

    def forget(self) -> None:
        """Something else is to be read, at once."""
        self._next = None

    @contextmanager
    def taking(self) -> Generator[None]:
        """Note how long it takes to read; what could not be read is due again at once."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        self._readings += 1
        self._next = None
        try:
            yield
            now = loop.time()
            self._next = max(begun + _LEAST_S, now + _SHARE * (now - begun))
        finally:
            self._readings -= 1
