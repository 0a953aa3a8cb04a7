"""What plans say in detail, what was kept out and why, and how good rosters are."""

from __future__ import annotations

from integration_tui.domain.time import Clock
from integration_tui.store.database import Database


class PlanService:
    """What plans say in detail, what was kept out and why, and how good rosters are."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
