"""The audit log: entries chained by SHA-256, so that a change in the past shows.

An entry's hash covers its canonical bytes and the hash before it. The chain finds entries that
were changed, removed from the middle, added or swapped; that the newest ones were cut off can
only be found by comparing with a head noted elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from integration_tui.domain.actor import Actor

GENESIS = "0" * 64
"""The hash before the first entry."""


class Action(StrEnum):
    """Everything that is recorded. An act without a name here cannot be recorded, nor done."""

    REGISTER = "integration.register"
    START = "integration.start"
    STOP = "integration.stop"
    RESTART = "integration.restart"
    REMOVE = "integration.remove"
    WENT_DOWN = "integration.went_down"
    CAME_BACK = "integration.came_back"
    SAVE_CONFIG = "config.save"
    ROLL_BACK_CONFIG = "config.roll_back"
    EXPORT_AUDIT = "audit.export"


class Outcome(StrEnum):
    """How the recorded act ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is to be recorded. `before` and `after` are flat, and redacted by their writer."""

    action: Action
    actor: Actor
    object: str
    outcome: Outcome = Outcome.DONE
    detail: str = ""
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recorded act. `seq` counts from 1 without gaps; `hash` is hexadecimal."""

    seq: int
    at: datetime
    act: Act
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries; `None` and empty mean any. `since` is inclusive, `until` is not."""

    action: Action | None = None
    actor: str | None = None
    object: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The verdict on the chain: `first_broken` is the sequence number of the first bad entry."""

    checked: int
    head: str = GENESIS
    first_broken: int | None = None
    reason: str = ""

    @property
    def intact(self) -> bool:
        return self.first_broken is None
