"""What stands above a run's figures: how it stands, why it waits, and what can be done now."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from integration_tui.domain.quantity import counted
from integration_tui.domain.sync.actions import RunAction
from integration_tui.domain.sync.listing_findings import duplicates_sentence
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import Run, RunReport, RunStatus
from integration_tui.domain.sync.safety import deactivations
from integration_tui.tui.sanitize import safe
from integration_tui.tui.screens.integrations.details import moment
from integration_tui.tui.screens.sync.rows import (
    MEANINGS,
    NAMES,
    RunStatusView,
    beside_records,
    status_of,
)

HASH = 12
"""So many digits of a plan's hash are shown, and name it."""
_NEVER = " was never synced: p makes a first plan"


def summary(run_status: RunStatusView) -> Content:
    """Return what has to be known of a run before anything is done with it."""
    report = run_status.report
    if report is None:
        said = f" cannot be synced: {run_status.obstacle}" if run_status.obstacle else _NEVER
        return Content.assemble((run_status.integration_id, "bold"), said)
    lines = [_head(run_status, report.run), *_why(report), *_next(run_status, report)]
    return Content("\n").join(lines)


def whole(run_status: RunStatusView) -> Content:
    """Return everything that is known of a run, as a text to read."""
    report = run_status.report
    if report is None:
        return summary(run_status)
    lines = [summary(run_status), *_facts(report.run), *_listings(report)]
    return Content("\n").join(lines)


def _head(run_status: RunStatusView, run: Run) -> Content:
    undoes = f" of run {run.undoes}" if run.undoes else ""
    wish = f" · {run.wish} wanted" if run.wish else ""
    parts: list[Content | str | tuple[str, str]] = [
        (f"{run_status.integration_id} · run {run.id}", "bold"),
        f" · {run.mode}{undoes} · ",
        status_of(run, is_interrupted=run_status.is_interrupted).text,
        wish,
    ]
    if run.plan_hash:
        parts += [" · plan ", (f"{run.plan_hash[:HASH]}", "bold")]
    return Content.assemble(*parts)


def _why(report: RunReport) -> Iterator[Content]:
    run = report.run
    is_held = run.status is RunStatus.HELD
    for hold in run.holds:
        sign = ("▲ held: ", "$error") if is_held else ("was held: ", "$muted")
        yield Content.assemble(sign, safe(hold.sentence))
    if is_held and not run.holds:
        yield Content.assemble(("▲ held", "$error"), " by hand")
    if report.transfers:
        yield Content(f"{counted(report.transfers, 'transfer')} from one school to another")
    if run.preview and run.is_waiting:
        yield Content.assemble(("◆ a preview: ", "$warning"), safe(run.preview))
    if run.problem:
        yield Content.assemble(("✗ ", "$error"), safe(run.problem))
    if run.advice:
        yield Content.assemble("fix: ", safe(run.advice))


def _next(run_status: RunStatusView, report: RunReport) -> Iterator[Content]:
    """Yield what can be done, with its key."""
    run, gone = report.run, deactivations(report.listings)
    if RunAction.RESUME in run_status.actions:
        yield Content(
            "its process has ended: r resumes it where it stands, x ends it"
            if run_status.is_interrupted
            else "r goes on where it stands, x ends it"
        )
    elif run.status is RunStatus.PLANNED:
        spared = f", A the same without {gone:,} deactivations" if gone else ""
        changed = report.in_words(*ChangeKind.effective())
        yield Content(f"a applies changes to {changed}{spared}")
    elif run.status is RunStatus.HELD:
        yield _word(report, run_status.actions)
    elif run.status is RunStatus.STALE:
        yield Content("what it was made for has moved on: p makes a new plan")


def _word(report: RunReport, actions: frozenset[RunAction]) -> Content:
    """Return what a held plan waits for: a person's word, or to be applied on it."""
    gone = deactivations(report.listings)
    may_spare = gone and RunAction.APPLY_WITHOUT_DEACTIVATIONS in actions
    spared = ", A applies it without them" if may_spare else ""
    if report.approved_until is None:
        return Content(f"Y approves {gone:,} deactivations for two hours{spared}")
    return Content.assemble(
        ("✓ approved", "$success"),
        " by ",
        safe(report.approved_by, limit=60),
        f" until {report.approved_until.astimezone():%H:%M}: a applies {report.changes:,} changes",
    )


def _facts(run: Run) -> Iterator[Content]:
    yield _heading("Run")
    yield Content.assemble(f"started {moment(run.started_at)} by ", safe(run.started_by, limit=60))
    yield Content(f"set off by {run.trigger} · configuration {run.config_version}")
    if run.scope is not None:
        yield Content.assemble(f"only {run.scope.collection} ", safe(run.scope.sourced_id))
    if run.relinks:
        yield Content("changed ids keep their records")
    if run.spares:
        yield Content("nobody is deactivated by it")
    if run.ended_at:
        yield Content(f"ended {moment(run.ended_at)}")
    if run.plan_hash:
        yield Content(f"plan {run.plan_hash}")
    if run.scopes:
        yield Content.assemble("rights ", safe(", ".join(run.scopes)))


def _listings(report: RunReport) -> Iterator[Content]:
    yield _heading("Collections")
    for one in report.listings:
        state = "complete" if one.complete else "not complete"
        yield Content.assemble(
            (f"{NAMES[one.collection]:<9}", "bold"),
            f"{one.records:>9,} records{beside_records(one)}, {one.same:,} unchanged,"
            f" {one.known:,} before · ",
            state if one.is_over else f"page {one.pages:,}",
            " ",
            safe(one.reason),
        )
        if doubled := duplicates_sentence(one.duplicates, one.differing, one.doubled):
            yield Content.assemble("          ", safe(doubled, limit=1_000))
    for kind in ChangeKind:
        count = sum(listing.count(kind) for listing in report.listings)
        if count:
            yield Content(f"{count:>9,} {kind}: {MEANINGS[kind]}")


def _heading(text: str) -> Content:
    return Content.styled(f"\n{text}", "bold $muted")
