"""Conflicts as an administrator settles them."""

from __future__ import annotations

from integration_tui.domain.time import Clock
from integration_tui.store.database import Database


class ConflictService:
    """Conflicts as an administrator settles them."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
