"""Which integrations are to run: switched on, of a type that is enabled, and not stopped."""

from __future__ import annotations

from integration_tui.domain.integration import Integration, Intent
from integration_tui.engine.surroundings import Rooms
from integration_tui.store.database import Rows


async def wanted(rooms: Rooms, rows: Rows) -> list[Integration]:
    """Return those that something may be done for without being asked."""
    return [one for one in await rows.integrations.all() if is_wanted(rooms, one)]


def is_wanted(rooms: Rooms, one: Integration) -> bool:
    return one.enabled and one.intent is Intent.RUN and rooms.catalog.is_enabled(one.provider)
