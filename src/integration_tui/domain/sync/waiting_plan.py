"""What a run that waits for a person would do, in a sentence: people counted apart from records."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from integration_tui.domain.health.failure import without_address
from integration_tui.domain.problem_sentence import ProblemKind, WaitingPlan
from integration_tui.domain.quantity import count_of
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import CollectionProgress, RunReport, RunStatus
from integration_tui.domain.time_words import short_time

_FIRST: Final = (Collection.USERS, Collection.ENROLLMENTS)
_NAMED: Final = 2


def waiting_plan(report: RunReport, now: datetime) -> WaitingPlan | None:
    """Return what waits; `None` where a run does not wait for a person."""
    run = report.run
    if run.status is RunStatus.FAILED:
        said = without_address(run.problem, run.integration_id).rstrip(".") or "no reason known"
        return _waiting(ProblemKind.SYNC_FAILED, f"Sync failed: {said}")
    if run.status is not RunStatus.HELD:
        return None
    lost = deactivated(report)
    if report.approved_until is not None:
        until = f"Plan approved until {short_time(report.approved_until, now)}"
        return _waiting(ProblemKind.APPROVED, f"{until}, not applied yet")
    if lost:
        return WaitingPlan(
            kind=ProblemKind.HELD,
            what=f"Plan held: deactivates {lost}.",
            brief=f"Plan held: {deactivated(report, is_brief=True)}",
        )
    why = run.holds[0].sentence if run.holds else "held by hand"
    return _waiting(ProblemKind.HELD, f"Plan held: {why}".rstrip("."))


def deactivated(report: RunReport, *, is_brief: bool = False) -> str:
    """Return who and what a plan deactivates: "154 of 300 people and 616 of 1,160 enrollments"."""
    listings = [listing for listing in report.listings if _lost(listing)]
    listings.sort(key=lambda listing: listing.collection not in _FIRST)
    parts = [_part(listing) for listing in listings]
    if is_brief:
        more = f" and {len(parts) - 1} more" if len(parts) > _NAMED else ""
        return f"{parts[0]}{more}" if more or len(parts) == 1 else _joined(parts)
    return _joined(parts)


def _waiting(kind: ProblemKind, said: str) -> WaitingPlan:
    return WaitingPlan(kind=kind, what=f"{said}.", brief=said)


def _joined(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def _part(listing: CollectionProgress) -> str:
    lost = _lost(listing)
    if listing.known <= lost:
        return count_of(lost, listing.collection)
    return f"{lost:,} of {count_of(listing.known, listing.collection)}"


def _lost(listing: CollectionProgress) -> int:
    return listing.count(ChangeKind.DEACTIVATE, ChangeKind.REMOVE)
