"""The audit log: entries chained by SHA-256, so that a change in the past shows.

An entry's hash covers its canonical bytes and the hash before it. The chain finds entries that
were changed, removed from the middle, added or swapped; that the newest ones were cut off can
only be found by comparing with a head noted elsewhere.

Canonical bytes are JSON in UTF-8 with sorted keys and without spaces, moments in UTC with
microseconds: `canonical` writes them, `parsed` reads them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

import msgspec

from integration_tui.domain.actor import Actor, Door, Role
from integration_tui.domain.redaction import MASK, is_sensitive
from integration_tui.domain.secret import SecretRef

GENESIS = "0" * 64
"""The hash before the first entry."""

LONGEST = 10_000
"""A longer text is cut, and says so, before it is hashed."""


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
    EXPORT_FINDINGS = "quality.export"
    EXPORT_SUPPORT = "support.export"
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
    SUBSCRIBE = "webhook.subscribe"
    UNSUBSCRIBE = "webhook.unsubscribe"
    STORE_SECRET = "secret.store"  # noqa: S105 - a name


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
    before: Mapping[str, str] = field(default_factory=dict[str, str])
    after: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recorded act. `seq` counts from 1 without gaps; `hash` is hexadecimal."""

    seq: int
    at: datetime
    act: Act
    hash: str


class Key(StrEnum):
    """What entries are found by, besides their time."""

    ACTION = "action"
    ACTOR = "actor"
    OBJECT = "object"
    OUTCOME = "outcome"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries; `None` and empty mean any. `since` is inclusive, `until` is not.

    An entry has all words of `text`, anywhere, and nothing of what `without` names.
    """

    action: Action | None = None
    actor: str | None = None
    object: str | None = None
    outcome: Outcome | None = None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What one look through a part of the log found.

    The next look goes on from the number `reached`; `None` means that nothing is left. Words can
    be found only in entries numbered `words_from` and later: older ones are still to be indexed.
    """

    entries: Sequence[Entry]
    reached: int | None = None
    words_from: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The verdict on the chain: `first_broken` is the sequence number of the first bad entry.

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
            return f"the entries fit each other, but anybody could rewrite them: {self.unguarded}"
        return ""


class Body(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An entry as its canonical bytes hold it. The fields stand in the order of their names.

    Fields with a default are left out where they have nothing to say, as entries from before do.
    """

    action: str
    actor: str
    after: dict[str, str]
    at: str
    before: dict[str, str]
    claims: str = ""
    detail: str
    door: str
    host: str
    object: str
    outcome: str
    role: str
    seq: int
    sudo: str = ""
    uid: int | None = None


_SHA256 = hashlib.sha256()
_is_sensitive = lru_cache(maxsize=1024)(is_sensitive)  # the same keys come again and again
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Body).decode


def recordable(act: Act) -> Act:
    """Return `act` as it can be written: texts bounded and encodable, no secret by its key.

    A lone surrogate, which nobody can type or show, becomes U+FFFD. The mask is a last guard:
    whoever makes an act has to redact it.
    """
    actor = act.actor
    return Act(
        action=act.action,
        actor=replace(
            actor,
            name=_kept(actor.name),
            host=_kept(actor.host),
            claims=_kept(actor.claims),
            sudo=_kept(actor.sudo),
        ),
        object=_kept(act.object),
        outcome=act.outcome,
        detail=_kept(act.detail),
        before=_kept_all(act.before),
        after=_kept_all(act.after),
    )


def canonical(seq: int, at: datetime, act: Act) -> bytes:
    """Return the bytes that an entry's hash covers. `act` is `recordable`, `at` is aware."""
    actor = act.actor
    return _encode(
        Body(
            action=act.action.value,
            actor=actor.name,
            after=dict(act.after),
            at=f"{at.astimezone(UTC).replace(tzinfo=None).isoformat('T', 'microseconds')}Z",
            before=dict(act.before),
            claims=actor.claims,
            detail=act.detail,
            door=actor.door.value,
            host=actor.host,
            object=act.object,
            outcome=act.outcome.value,
            role=actor.role.value,
            seq=seq,
            sudo=actor.sudo,
            uid=actor.uid,
        )
    )


def chained(previous: str, body: bytes) -> str:
    """Return the hash, in hexadecimal, of canonical bytes that follow the hash `previous`."""
    digest = _SHA256.copy()  # a third cheaper than making one
    digest.update(previous.encode())
    digest.update(body)
    return digest.hexdigest()


def parsed(body: bytes, hash_: str) -> Entry:
    """Read an entry from its canonical bytes. Raises `ValueError` where they are none."""
    read = _decode(body)
    actor = Actor(
        name=read.actor,
        door=Door(read.door),
        host=read.host,
        role=Role(read.role),
        uid=read.uid,
        claims=read.claims,
        sudo=read.sudo,
    )
    act = Act(
        action=Action(read.action),
        actor=actor,
        object=read.object,
        outcome=Outcome(read.outcome),
        detail=read.detail,
        before=read.before,
        after=read.after,
    )
    return Entry(seq=read.seq, at=datetime.fromisoformat(read.at), act=act, hash=hash_)


def _kept(text: str) -> str:
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… (cut, {len(text)} characters)"
    return text if text.isascii() else _encodable(text)


def _encodable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _kept_all(values: Mapping[str, str]) -> Mapping[str, str]:
    return {_kept(key): _guarded(key, _kept(value)) for key, value in values.items()}


def _guarded(path: str, value: str) -> str:
    is_harmless = not value or value == MASK or not _is_sensitive(path.rpartition(".")[2])
    return value if is_harmless or _is_reference(value) else MASK


def _is_reference(value: str) -> bool:
    try:
        SecretRef.parse(value)
    except ValueError:
        return False
    return True
