"""The audit chain: entries as bytes, each hashed with the one before, so that a change shows.

An entry's hash covers its canonical bytes and the hash before it. The chain finds entries that
were changed, removed from the middle, added or swapped; that the newest ones were cut off can
only be found by comparing with a head noted elsewhere.

Canonical bytes are JSON in UTF-8 with sorted keys and without spaces, moments in UTC with
microseconds: `canonical` writes them, `parsed` reads them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import Action, ActionOutcome, AuditEntry, AuditRecord
from integration_tui.domain.redaction import MASK, is_sensitive, known_secrets
from integration_tui.domain.secret import SecretRef
from integration_tui.domain.value import replace

LONGEST = 10_000
"""A longer text is cut, and says so, before it is hashed."""


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


def recordable(act: AuditRecord) -> AuditRecord:
    """Return `act` as it can be written: texts bounded and encodable, no secret by its key.

    A lone surrogate, which nobody can type or show, becomes U+FFFD. The mask is a last guard:
    whoever makes an act has to redact it.
    """
    actor = act.actor
    return AuditRecord(
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


def canonical(seq: int, at: datetime, act: AuditRecord) -> bytes:
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


def parsed(body: bytes, hash_: str) -> AuditEntry:
    """Read an entry from its canonical bytes. Raises `ValueError` where they are none."""
    read = _decode(body)
    actor = Actor(
        name=read.actor,
        door=Interface(read.door),
        host=read.host,
        role=ActorRole(read.role),
        uid=read.uid,
        claims=read.claims,
        sudo=read.sudo,
    )
    act = AuditRecord(
        action=Action(read.action),
        actor=actor,
        object=read.object,
        outcome=ActionOutcome(read.outcome),
        detail=read.detail,
        before=read.before,
        after=read.after,
    )
    return AuditEntry(seq=read.seq, at=datetime.fromisoformat(read.at), act=act, hash=hash_)


def _kept(text: str) -> str:
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… (cut, {len(text)} characters)"
    text = known_secrets.mask(text)
    return text if text.isascii() else _encodable(text)


def _encodable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _kept_all(values: Mapping[str, str]) -> Mapping[str, str]:
    return {_kept(key): _guarded(key, _kept(value)) for key, value in values.items()}


def _guarded(path: str, value: str) -> str:
    is_harmless = not value or value == MASK or not _is_sensitive(path.rpartition(".")[2])
    return value if is_harmless or SecretRef.is_valid(value) else MASK
