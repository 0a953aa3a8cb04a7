"""The audit log: acts, entries, what they are found by, and the verification on all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from integration_tui.domain.actor import Actor

GENESIS = "0" * 64
"""The hash before the first entry."""


class Action(StrEnum):
    """Everything that is recorded. An act without a name here cannot be recorded, nor done.

    What reaches outside of the store is recorded before it begins (`_begin`) and when it is over:
    a beginning without an end was killed, and its outcome is unknown.
    """

    REGISTER = "integration.register"
    START = "integration.start"
    STOP = "integration.stop"
    RESTART = "integration.restart"
    REMOVE = "integration.remove"
    ENABLE = "integration.enable"
    DISABLE = "integration.disable"
    WENT_DOWN = "integration.went_down"
    CAME_BACK = "integration.came_back"
    SAVE_CONFIG = "config.save"
    ROLL_BACK_CONFIG = "config.roll_back"
    EXPORT_AUDIT = "audit.export"
    EXPORT_FINDINGS = "quality.export"
    EXPORT_SUPPORT = "support.export"
    EXPORT_ROSTER = "roster.export"
    BEGIN_PULL = "roster.pull_begin"
    PULL_ROSTER = "roster.pull"
    PLAN_SYNC = "sync.plan"
    APPROVE_SYNC = "sync.approve"
    HOLD_SYNC = "sync.hold"
    APPLY_SYNC = "sync.apply"
    APPLIED_SYNC = "sync.applied"
    PAUSE_SYNC = "sync.pause"
    RESUME_SYNC = "sync.resume"
    CANCEL_SYNC = "sync.cancel"
    SETTLE_CONFLICT = "sync.settle"
    EDIT_RECORD = "roster.edit"
    PIN_RECORD = "roster.pin"
    MERGE_RECORDS = "mapping.merge"
    SPLIT_RECORD = "mapping.split"
    DECIDE_MATCH = "mapping.decide"
    BEGIN_SUBSCRIBE = "webhook.subscribe_begin"
    SUBSCRIBE = "webhook.subscribe"
    BEGIN_UNSUBSCRIBE = "webhook.unsubscribe_begin"
    UNSUBSCRIBE = "webhook.unsubscribe"
    BEGIN_STORE_SECRET = "secret.store_begin"  # noqa: S105 - a name
    STORE_SECRET = "secret.store"  # noqa: S105 - a name


class ActionOutcome(StrEnum):
    """How the recorded act ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be recorded. `before` and `after` are flat, and redacted by their writer."""

    action: Action
    actor: Actor
    object: str
    outcome: ActionOutcome = ActionOutcome.DONE
    detail: str = ""
    before: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    after: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded act. `seq` counts from 1 without gaps; `hash` is hexadecimal."""

    seq: int
    at: datetime
    act: AuditRecord
    hash: str


class Key(StrEnum):
    """What entries are found by, besides their time."""

    ACTION = "action"
    ACTOR = "actor"
    OBJECT = "object"
    OUTCOME = "outcome"
    TEXT = "text"


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries; `None` and empty mean any. `since` is inclusive, `until` is not.

    An entry has all words of `text`, anywhere, and nothing of what `without` names.
    """

    action: Action | None = None
    actor: str | None = None
    object: str | None = None
    outcome: ActionOutcome | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: tuple[str, ...] = ()
    without: tuple[tuple[Key, str], ...] = ()

    @property
    def asked(self) -> Mapping[Key, str]:
        """What has to be so, key by key, texts and times left out."""
        asked = {
            Key.ACTION: self.action,
            Key.ACTOR: self.actor,
            Key.OBJECT: self.object,
            Key.OUTCOME: self.outcome,
        }
        return {key: str(value) for key, value in asked.items() if value is not None}

    def excluded(self, key: Key) -> tuple[str, ...]:
        """Return what must not be so."""
        return tuple(value for one, value in self.without if one is key)

    @property
    def needs_words(self) -> bool:
        """Whether texts are looked for, or ruled out."""
        return bool(self.text or self.excluded(Key.TEXT))


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """What one look through a part of the log found.

    The next look goes on from the number `reached`; `None` means that nothing is left. Words can
    be found only in entries numbered `words_from` and later: older ones are still to be indexed.
    """

    entries: Sequence[AuditEntry]
    reached: int | None = None
    words_from: int = 1


class AuditActivity(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries there are between moments, and who wrote most of the newest."""

    counts: Sequence[int]
    actors: Sequence[tuple[str, int]] = ()


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """The verification on the chain: `first_broken` is the sequence number of the first bad entry.

    `unguarded` names what of the log's protection against changes is gone; empty where it stands.
    """

    checked: int
    head: str = GENESIS
    first_broken: int | None = None
    reason: str = ""
    unguarded: str = ""

    @property
    def intact(self) -> bool:
        """Whether every entry fits the one before, and the log is still protected."""
        return self.first_broken is None and not self.unguarded

    @property
    def problem(self) -> str:
        """What is wrong, in one sentence; empty where the log is intact."""
        if self.first_broken is not None:
            return f"broken at entry {self.first_broken}: {self.reason}"
        if self.unguarded:
            return f"the entries fit each other, but anyone could rewrite them: {self.unguarded}"
        return ""
