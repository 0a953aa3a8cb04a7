"""What the engine stands among: the other dependencies, the machine it runs on, and its pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from integration_tui.domain.clock import Alarm, Chance, Clock, Monotonic, Sleep
    from integration_tui.domain.secret import SecretResolver
    from integration_tui.engine.config_loader import ConfigLoader
    from integration_tui.engine.event_bus import EventBus
    from integration_tui.providers.catalog import Catalog
    from integration_tui.settings import Settings
    from integration_tui.store.database import Database


class EngineDependencies(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine needs of the rest of the program."""

    settings: Settings
    catalog: Catalog
    documents: ConfigLoader
    events: EventBus
    database: Database


def loop_alarm(in_s: float, ring: Callable[[], None]) -> Callable[[], None]:
    """Have something called by the running loop's own timer."""
    return asyncio.get_running_loop().call_later(in_s, ring).cancel


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """The machine: its clocks, its dice, and where it keeps secrets.

    `alarm` goes by the same clock as `sleep`, without a task for each.
    """

    clock: Clock
    monotonic: Monotonic
    sleep: Sleep
    chance: Chance
    secret: SecretResolver
    alarm: Alarm = loop_alarm


class EngineTimings(msgspec.Struct, frozen=True, kw_only=True):
    """How fast the engine's wheels turn; all in seconds.

    `interval_s` is the time between checks where a config says none, instead of the settings'.
    `lane_s` is how long a check may keep one of the few slots; a slower one goes on without.
    `spread_s` is the longest time over which the first checks are spread. After `settle_s` most
    of what is made at the start is there. `schedule_s` is how often it is looked whether a sync
    is due, `rescue_s` whether nobody works on one that is under way.
    """

    interval_s: float | None = None
    flush_s: float = 0.25
    follow_s: float = 1.0
    retention_s: float = 3600.0
    schedule_s: float = 5.0
    rescue_s: float = 2.0
    spread_s: float = 5.0
    settle_s: float = 10.0
    slots: int = 8
    lane_s: float = 1.0
    confirm_s: float = 5.0
    close_s: float = 2.0
    restart_base_s: float = 1.0
    restart_max_s: float = 60.0
