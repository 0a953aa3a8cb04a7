"""Everything that is known of a run, as a text to read."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from integration_tui.domain.sync.listing_findings import duplicates_sentence
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import Run, RunReport
from integration_tui.tui.sanitize import safe
from integration_tui.tui.screens.integrations.details import moment
from integration_tui.tui.screens.sync.banner import plan_sentence, run_banner
from integration_tui.tui.screens.sync.rows import (
    MEANINGS,
    NAMES,
    RunStatusView,
    beside_records,
    run_state,
    why_not,
)
from integration_tui.tui.widgets.roles import line, text

HASH = 12
"""So many digits of a plan's hash are shown, and name it."""
_READ = 86


def whole(run_status: RunStatusView) -> Content:
    """Return everything that is known of a run."""
    report = run_status.report
    if report is None:
        return text(why_not(run_status))
    state = run_state(run_status)
    found = run_banner(run_status)
    head = (
        list(found.draw_all(_READ))
        if found
        else [line(f"{state.glyph} {state.word}", "  ", (plan_sentence(report), "strong"))]
    )
    rows = [*head, *_facts(report.run), *_listings(report)]
    return Content("\n").join(rows)


def _facts(run: Run) -> Iterator[Content]:
    yield _heading("Run")
    yield line(f"Began {moment(run.started_at)}, started by {run.started_by} ({run.trigger})")
    yield line(f"Configuration: version {run.config_version}")
    if run.scope is not None:
        yield line(f"Only {run.scope.collection} {run.scope.sourced_id}")
    if run.relinks:
        yield Content("Relinks: records keep their history under changed IDs")
    if run.spares:
        yield Content("Applied without deactivations")
    if run.ended_at:
        yield Content(f"Ended {moment(run.ended_at)}")
    if run.plan_hash:
        yield Content(f"Plan {run.plan_hash}")
    if run.scopes:
        yield line(f"Scopes: {', '.join(run.scopes)}")


def _listings(report: RunReport) -> Iterator[Content]:
    yield _heading("Collections")
    for one in report.listings:
        state = "complete" if one.complete else "incomplete"
        yield Content.assemble(
            (f"{NAMES[one.collection]:<14}", "bold"),
            f"{one.records:>9,} records{beside_records(one)}, {one.same:,} unchanged,"
            f" {one.known:,} before · ",
            state if one.is_over else f"page {one.pages:,}",
            " ",
            safe(one.reason),
        )
        if doubled := duplicates_sentence(one.duplicates, one.differing, one.doubled):
            yield Content.assemble(" " * 14, safe(doubled, limit=1_000))
    for notice in report.notices:
        yield safe(notice, limit=1_000)
    for kind in ChangeKind:
        count = sum(listing.count(kind) for listing in report.listings)
        if count:
            yield Content(f"{count:>9,} {MEANINGS[kind]}")


def _heading(text: str) -> Content:
    return Content.styled(f"\n{text}", "bold $muted")
