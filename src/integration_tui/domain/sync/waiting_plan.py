"""What a run that waits for a person would do, in a sentence."""

from __future__ import annotations

from datetime import datetime

from integration_tui.domain.health.failure import in_words
from integration_tui.domain.problem_sentence import ProblemKind, WaitingPlan
from integration_tui.domain.quantity import count_of
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.plan_sentences import deactivation_sentence
from integration_tui.domain.sync.plan_tally import PEOPLE_FIRST
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.domain.sync.safety import deactivations
from integration_tui.domain.time_words import short_time


def waiting_plan(report: RunReport, now: datetime) -> WaitingPlan | None:
    """Return what waits; `None` where a run does not wait for a person."""
    run = report.run
    if run.status is RunStatus.FAILED:
        phrase = in_words(run.problem, run.integration_id) or "no reason known"
        return _waiting(ProblemKind.SYNC_FAILED, f"Sync failed: {phrase[:1].lower()}{phrase[1:]}")
    if run.status is not RunStatus.HELD:
        return None
    if report.approved_until is not None:
        until = f"Plan approved until {short_time(report.approved_until, now)}"
        return _waiting(ProblemKind.APPROVED, f"{until}, not applied yet")
    short = run.holds[0].short if run.holds else "held manually"
    if not deactivations(report.listings):
        return _waiting(ProblemKind.HELD, f"Plan held: {short.rstrip('.')}")
    return WaitingPlan(
        kind=ProblemKind.HELD,
        what=f"Plan held. {deactivation_sentence(report.listings, has_totals=True)}",
        brief=f"Plan held: {_first_lost(report)}",
    )


def _first_lost(report: RunReport) -> str:
    """Return how many people are deactivated, or records of the first collection that loses any."""
    by_collection = {listing.collection: listing for listing in report.listings}
    for collection in PEOPLE_FIRST:
        listing = by_collection.get(collection)
        lost = listing.count(ChangeKind.DEACTIVATE, ChangeKind.REMOVE) if listing else 0
        if listing and lost:
            of = f"{lost:,} of " if listing.known > lost else ""
            return f"{of}{count_of(max(listing.known, lost), collection)}"
    return "no reason known"


def _waiting(kind: ProblemKind, phrase: str) -> WaitingPlan:
    return WaitingPlan(kind=kind, what=f"{phrase}.", brief=phrase)
