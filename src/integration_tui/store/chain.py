"""Walks the audit chain from its first entry, in pieces, and stops at the first broken one.

Everything that is shown is covered: the body by the hash, the columns that entries are found by
through being compared with the body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.audit import Body, Verification, body_of, chained
from integration_tui.domain.ids import TenantId

PIECE = 5000
"""Entries read at once: some megabytes."""

Expected = tuple[int, str]
"""Sequence number and hash of an entry, noted outside the store."""
Stored = Row[*tuple[object, ...]]

_READ = """
SELECT seq, at, action, actor, object, outcome, body, hash FROM integration_audit_logs
WHERE tenant_id = ? AND seq > ? ORDER BY seq LIMIT ?
"""


async def verify(
    connection: AsyncConnection,
    tenant: TenantId,
    progress: Callable[[int], None] | None,
    expected: Expected | None,
) -> Verification:
    """Check every entry; `progress` is told how many have been, between the pieces."""
    verdict = Verification(checked=0)
    while verdict.intact and (piece := await _piece(connection, tenant, verdict.checked)):
        verdict = await asyncio.to_thread(check, piece, verdict, expected)
        if progress:
            progress(verdict.checked)
    return _with_head(verdict, expected)


def check(
    piece: Sequence[Stored], verdict: Verification, expected: Expected | None = None
) -> Verification:
    """Return the verdict after one more piece of the chain."""
    checked, head = verdict.checked, verdict.head
    for row in piece:
        reason = _fault(row, checked + 1, head)
        if not reason and expected and expected[0] == row.seq and expected[1] != row.hash:
            reason = "the log was written anew: its hash is not the one that was noted"
        if reason:
            return Verification(checked=checked, head=head, first_broken=checked + 1, reason=reason)
        checked, head = checked + 1, row.hash
    return Verification(checked=checked, head=head)


async def _piece(connection: AsyncConnection, tenant: TenantId, after: int) -> Sequence[Stored]:
    """Read the next entries; without a transaction that would hold up checkpoints."""
    rows = await connection.exec_driver_sql(_READ, (tenant, after, PIECE))
    piece = rows.all()
    await connection.rollback()
    return piece


def _fault(row: Stored, expected_seq: int, head: str) -> str:
    """Say what is wrong with one entry; nothing where nothing is."""
    seq, at, action, actor, object_, outcome, body, hash_ = row
    if seq != expected_seq:
        return f"entry {expected_seq} is missing"
    if not isinstance(body, bytes) or chained(head, body) != hash_:
        return "the entry or its hash was changed"
    try:
        read = body_of(body)
    except msgspec.DecodeError:
        return "the entry cannot be read"
    found_by = (seq, at, action, actor, object_, outcome)
    return "" if found_by == _columns(read) else "the entry is filed under what it does not say"


def _columns(body: Body) -> tuple[int, str, str, str, str, str]:
    at = body.at.removesuffix("Z").replace("T", " ", 1)
    return body.seq, at, body.action, body.actor, body.object, body.outcome


def _with_head(verdict: Verification, expected: Expected | None) -> Verification:
    if verdict.intact and expected and expected[0] > verdict.checked:
        missing = verdict.checked + 1
        return Verification(
            checked=verdict.checked,
            head=verdict.head,
            first_broken=missing,
            reason=f"the newest entries are missing: {expected[0]} were noted",
        )
    return verdict
