"""From the bus of events to a screen: what came in at once is one reload."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from integration_tui.domain.events import Event

if TYPE_CHECKING:
    from integration_tui.tui.services import ConsoleServices

Reload = Callable[[Sequence[Event]], Awaitable[None]]


async def follow(
    services: ConsoleServices, types: Sequence[type[Event]], reload: Reload, *, pause_s: float
) -> None:
    """Reload once, and again after events of these types, at most every `pause_s` seconds.

    It is subscribed before the first reload, so that nothing falls between the two.
    """
    with services.events.subscribe(*types) as changes:
        await reload(())
        while True:
            events = await changes.batch()
            await reload(events)
            await asyncio.sleep(pause_s)
