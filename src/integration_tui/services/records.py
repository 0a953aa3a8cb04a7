"""The roster as people look at it, and change it by hand."""

from __future__ import annotations

from integration_tui.domain.time import Clock
from integration_tui.store.database import Database


class RecordService:
    """The roster as people look at it, and change it by hand."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
