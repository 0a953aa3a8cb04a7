"""The in-process event bus. Equal events that nobody has looked at yet are one event.

It belongs to the event loop's thread: publishing from another thread is not supported, and is
refused where it can be noticed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from threading import get_ident
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integration_tui.domain.events import Event


class EventSubscription:
    """The distinct events since the last look, oldest first. For one reader."""

    def __init__(self, types: tuple[type[Event], ...]) -> None:
        self._types = types
        self._pending: dict[Event, None] = {}
        self._arrived = asyncio.Event()

    def offer(self, event: Event) -> None:
        if isinstance(event, self._types):
            self._pending[event] = None
            self._arrived.set()

    async def batch(self) -> list[Event]:
        """Wait for at least one event, then take all there are; never returns an empty list."""
        while not self._pending:
            # Cleared before the wait, never after: what arrives in between is not lost.
            self._arrived.clear()
            await self._arrived.wait()
        batch, self._pending = list(self._pending), {}
        return batch


class EventBus:
    """Hands each event to everyone who is subscribed at that moment."""

    def __init__(self) -> None:
        self._subscriptions: dict[EventSubscription, None] = {}
        self._thread: int | None = None

    def publish(self, event: Event) -> None:
        """Offer `event` to all subscribers. Raises `RuntimeError` in another thread than theirs."""
        if self._thread not in {None, get_ident()}:
            raise RuntimeError("events are published from the event loop's thread only")
        for subscription in self._subscriptions:
            subscription.offer(event)

    @contextmanager
    def subscribe(self, *types: type[Event]) -> Generator[EventSubscription]:
        """Collect events of these types while the context is open."""
        self._thread = get_ident()
        subscription = EventSubscription(types)
        self._subscriptions[subscription] = None
        try:
            yield subscription
        finally:
            self._subscriptions.pop(subscription, None)
