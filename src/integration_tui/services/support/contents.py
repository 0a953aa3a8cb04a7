"""What of the store and the log is fit for a support bundle: how things went, not about whom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integration_tui.config.nodes import is_section
from integration_tui.domain.audit.log import Action, AuditEntry
from integration_tui.domain.redaction import MASK
from integration_tui.domain.value import replace
from integration_tui.services.support.redactor import names_somebody
from integration_tui.store.database import MOST
from integration_tui.store.migrations.runner import NEWEST

if TYPE_CHECKING:
    from integration_tui.domain.diagnostics import EffectiveValue
    from integration_tui.domain.sync.run import CollectionProgress, RunReport

_ABOUT_RECORDS: Final = frozenset(
    {
        Action.EDIT_RECORD,
        Action.PIN_RECORD,
        Action.MERGE_RECORDS,
        Action.SPLIT_RECORD,
        Action.DECIDE_MATCH,
        Action.SETTLE_CONFLICT,
    }
)
"""What they are about, and why, names people."""
_LOG_BYTES: Final = 1 << 19


def store(path: Path, counts: Sequence[tuple[str, int]]) -> dict[str, object]:
    """Return what there is to say of a store without looking into it."""
    files = {file.name: file.stat().st_size for file in _files(path)}
    rows = {name: count if count <= MOST else f"more than {MOST}" for name, count in counts}
    return {"schema": NEWEST, "bytes": files, "rows": rows}


def values(found: Sequence[EffectiveValue]) -> list[EffectiveValue]:
    """Return values without those that are somebody's account."""
    return [
        replace(found_one, text=MASK) if names_somebody(found_one.path) else found_one
        for found_one in found
    ]


def run(report: RunReport, *, is_interrupted: bool) -> dict[str, object]:
    """Return how a run went. Who began it, and holds that may name somebody, are left out."""
    one = report.run
    losses = [hold.sentence for hold in one.holds if hold.is_loss]
    return {
        "id": one.id,
        "integration": one.integration_id,
        "mode": one.mode,
        "trigger": one.trigger,
        "status": "interrupted" if is_interrupted else one.status,
        "phase": one.phase,
        "started_at": one.started_at,
        "updated_at": one.updated_at,
        "ended_at": one.ended_at,
        "preview": one.preview,
        "holds": losses,
        "other_holds": len(one.holds) - len(losses),
        "problem": one.problem,
        "advice": one.advice,
        "collections": [_listing(listing) for listing in report.listings],
    }


def entry(one: AuditEntry) -> dict[str, object]:
    """Return an audit entry without values, without who did it, and not about whom."""
    act = one.act
    is_about_records = act.action in _ABOUT_RECORDS
    return {
        "seq": one.seq,
        "at": one.at,
        "action": act.action,
        "door": act.actor.door,
        "role": act.actor.role,
        "outcome": act.outcome,
        "object": "" if is_about_records else act.object,
        "detail": "" if is_about_records else act.detail,
        "hash": one.hash,
    }


def log(path: Path, *, most: int) -> list[object]:
    """Return the last lines of the log. What is no line of ours says only that it was there."""
    try:
        with path.open("rb") as file:
            start = max(path.stat().st_size - _LOG_BYTES, 0)
            file.seek(start)
            content = file.read(_LOG_BYTES).decode("utf-8", "replace")
    except OSError as error:
        return [{"problem": f"the log cannot be read: {error.strerror}"}]
    lines = content.splitlines()[1 if start else 0 :]
    return [_line(line) for line in lines[-most:]]


def _files(path: Path) -> Iterator[Path]:
    for ending in ("", "-wal", "-shm"):
        one = path.with_name(path.name + ending)
        if one.is_file():
            yield one


def _listing(one: CollectionProgress) -> dict[str, object]:
    return {
        "collection": one.collection,
        "pages": one.pages,
        "records": one.records,
        "expected": one.expected,
        "known": one.known,
        "quarantined": one.quarantined,
        "duplicates": one.duplicates,
        "skipped": one.skipped,
        "complete": one.complete,
        "reason": one.reason,
        "counts": one.counts,
        "applied": one.applied,
    }


def _line(text: str) -> object:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if is_section(found) else {"left_out": "a line from another program"}
