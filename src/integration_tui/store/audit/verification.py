"""Walks the audit chain from its first entry, in pieces, and stops at the first broken one.

Everything that is shown is covered: the body by the hash, the columns that entries are found by
through being compared with the body. The two are done side by side: SQLite compares the columns
without Python's lock, and what it does not find equal at once is looked at again.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import msgspec

from integration_tui.domain.audit.chain import chained
from integration_tui.domain.audit.log import Verification
from integration_tui.domain.ids import TenantId
from integration_tui.domain.value import replace
from integration_tui.store.audit.triggers import missing_guard
from integration_tui.store.sqlite_file import address

PIECE = 5000
"""Entries read at once: some megabytes, and some hundredths of a second."""

Expected = tuple[int, str]
"""Sequence number and hash of an entry, noted outside the store."""
_Link = tuple[int, object, str]

_LINKS = """
SELECT seq, body, hash FROM integration_audit_logs
WHERE tenant_id = ? AND seq > ? ORDER BY seq LIMIT ?
"""

_PERHAPS_MISFILED = """
SELECT seq, at, action, actor, object, outcome, body FROM integration_audit_logs
WHERE tenant_id = ? AND seq > ? AND seq <= ? AND NOT coalesce(
    CASE WHEN json_valid(CAST(body AS TEXT)) THEN
        json_extract(CAST(body AS TEXT),
            '$.seq', '$.at', '$.action', '$.actor', '$.object', '$.outcome')
        = json_array(seq, replace(at, ' ', 'T') || 'Z', action, actor, object, outcome)
    END, 0)
ORDER BY seq
"""


class _Filed(msgspec.Struct, gc=False):
    """What a body says in the fields that have columns of their own."""

    seq: int
    at: str
    action: str
    actor: str
    object: str
    outcome: str


_filed = msgspec.json.Decoder(_Filed).decode


class _ChainWalk(msgspec.Struct, frozen=True):
    """What one walk needs: two connections, so that both can read at once."""

    tenant: TenantId
    links: sqlite3.Connection
    columns: sqlite3.Connection
    beside: Executor
    expected: Expected | None


async def verify(
    path: Path,
    tenant: TenantId,
    progress: Callable[[int], None] | None,
    expected: Expected | None,
) -> Verification:
    """Check every entry; `progress` is told how many have been, after each piece.

    The driver is used without SQLAlchemy, which would take as long as the check itself.
    """
    with closing(_open(path)) as links, closing(_open(path)) as columns, ThreadPoolExecutor(1) as x:
        walk = _ChainWalk(tenant, links, columns, x, expected)
        unguarded = await asyncio.to_thread(missing_guard, links)
        try:
            verification = await _walked(walk, progress)
        except sqlite3.OperationalError:
            if not unguarded:
                raise
            verification = Verification(checked=0, first_broken=1, reason=unguarded)
    return replace(_with_head(verification, expected), unguarded=unguarded)


async def _walked(walk: _ChainWalk, progress: Callable[[int], None] | None) -> Verification:
    verification, size = Verification(checked=0), PIECE
    while verification.intact and size == PIECE:
        verification, size = await asyncio.to_thread(_next, walk, verification)
        if progress and size:
            progress(verification.checked)
    return verification


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(address(path, writes=False), uri=True, check_same_thread=False)


def _next(walk: _ChainWalk, before: Verification) -> tuple[Verification, int]:
    """Return the verification after one more piece, and how many entries were in it.

    Each piece is read by itself, so that no long transaction holds up checkpoints.
    """
    misfiled = walk.beside.submit(_first_misfiled, walk, before.checked)
    piece = walk.links.execute(_LINKS, (walk.tenant, before.checked, PIECE)).fetchall()
    verification, seq = _follow(piece, before, walk.expected), misfiled.result()
    if seq is not None and seq <= (verification.first_broken or seq):
        reason = "the entry does not match its index"
        verification = Verification(checked=seq - 1, first_broken=seq, reason=reason)
    return verification, len(piece)


def _follow(
    piece: Sequence[_Link], verification: Verification, expected: Expected | None
) -> Verification:
    checked, head = verification.checked, verification.head
    noted_seq, noted_hash = expected or (0, "")
    for seq, body, hash_ in piece:
        reason = ""
        if seq != checked + 1:
            reason = f"entry {checked + 1} is missing"
        elif not isinstance(body, bytes) or chained(head, body) != hash_:
            reason = "the entry or its hash was changed"
        elif seq == noted_seq and hash_ != noted_hash:
            reason = "the log was rewritten: its hash differs from the noted one"
        if reason:
            return Verification(checked=checked, head=head, first_broken=checked + 1, reason=reason)
        checked, head = seq, hash_
    return Verification(checked=checked, head=head)


def _first_misfiled(walk: _ChainWalk, after: int) -> int | None:
    """Return the first entry of the piece whose columns do not say what its body says."""
    perhaps = walk.columns.execute(_PERHAPS_MISFILED, (walk.tenant, after, after + PIECE))
    return next((row[0] for row in perhaps if not _is_filed_right(*row)), None)


def _is_filed_right(seq: object, at: str, *rest: object) -> bool:
    *columns, body = rest
    try:
        said = _filed(body)  # type: ignore[arg-type]  # what is no bytes is a TypeError
    except (msgspec.DecodeError, TypeError):
        return False
    by = [said.action, said.actor, said.object, said.outcome]
    return (said.seq, said.at, by) == (seq, f"{at[:10]}T{at[11:]}Z", columns)


def _with_head(verification: Verification, expected: Expected | None) -> Verification:
    if verification.intact and expected and expected[0] > verification.checked:
        return Verification(
            checked=verification.checked,
            head=verification.head,
            first_broken=verification.checked + 1,
            reason=f"the newest entries are missing: {expected[0]} were noted",
        )
    return verification
