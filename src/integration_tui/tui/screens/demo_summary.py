"""The ending of a demo: what happened, in the words of somebody who reports to a school board."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
from textual.content import Content

from integration_tui.domain.audit.log import Action, AuditEntry, AuditFilter
from integration_tui.domain.health.failure import in_words
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.domain.quantity import counted
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.plan_sentences import deactivation_sentence
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.domain.text import duration
from integration_tui.domain.time_words import short_time
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.formats import share
from integration_tui.tui.widgets.roles import line, lines

if TYPE_CHECKING:
    from integration_tui.domain.health.incident import Incident
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.domain.problem_sentence import NeedsYou
    from integration_tui.tui.services import ConsoleServices

_DAY_S: Final = 86_400
_RUNS: Final = 50
_OUTAGES: Final = 8
_HALVES: Final = (("People", Collection.USERS), ("Enrollments", Collection.ENROLLMENTS))


class DemoFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the summary is made of: all of it was read from the store."""

    now: datetime
    overviews: Sequence[Overview]
    checks: int
    failures: int
    incidents: Sequence[Incident]
    reports: Sequence[RunReport]
    approvals: Sequence[AuditEntry]
    needs: Sequence[NeedsYou]
    entries: int


class DemoSummaryDialog(TextDialog):
    """The summary as a window: read, copied, left."""

    DEFAULT_CSS = "DemoSummaryDialog Window { width: 100; }"

    def __init__(self, facts: DemoFacts) -> None:
        super().__init__("What happened", summary(facts))


async def read_facts(services: ConsoleServices) -> DemoFacts:
    """Read what happened in the last 24 hours, and what runs did."""
    overviews = await services.integrations.overview()
    figures = await services.health.statistics(window_s=_DAY_S, until=None)
    incidents: list[Incident] = []
    for overview in overviews:
        name = overview.integration.id
        found = await services.health.incidents(name, window_s=_DAY_S, until=None)
        incidents += found.newest
    runs = await services.sync.runs(limit=_RUNS)
    wanted = AuditFilter(action=Action.APPROVE_SYNC)
    return DemoFacts(
        now=services.clock(),
        overviews=overviews,
        checks=sum(figure.checks for figure in figures),
        failures=sum(figure.failures for figure in figures),
        incidents=sorted(incidents, key=lambda incident: incident.began_at),
        reports=[await services.sync.report(run.id) for run in reversed(runs)],
        approvals=(await services.audit.back(wanted)).entries,
        needs=(await services.problems.read(overviews)).needs_you,
        entries=await services.audit.newest(),
    )


def summary(facts: DemoFacts) -> Content:
    """Return the whole page; people and enrollments are never added up."""
    sections: Mapping[str, Iterable[str]] = {
        "Connected": _connected(facts),
        "What failed, and why": _failed(facts),
        "What was held": _held(facts),
        "What changed": _changed(facts),
        "Still open": _needed(facts),
        "Audit log": (
            f"The audit log holds {counted(facts.entries, 'entry', 'entries')}, "
            " hash-chained: tampering is detected.",
        ),
    }
    rows: list[Content] = []
    for title, sentences in sections.items():
        rows += [line("")] if rows else []
        rows.append(line((title, "title")))
        rows += map(line, sentences)
    return lines(rows)


def _connected(facts: DemoFacts) -> Iterator[str]:
    names = [_title(overview) for overview in facts.overviews]
    yield f"{counted(len(names), 'school system')}: {', '.join(names)}."
    if facts.checks:
        answered = share(1 - facts.failures / facts.checks, decimals=1)
        yield f"{facts.checks:,} checks in the last 24 hours, {answered} of them passed."


def _failed(facts: DemoFacts) -> Iterator[str]:
    titles = {overview.integration.id: _title(overview) for overview in facts.overviews}
    outages = [one for one in facts.incidents if one.worst is IntegrationStatus.ERROR]
    for outage in outages[-_OUTAGES:]:
        name, began = outage.integration_id, short_time(outage.began_at, facts.now)
        lasted = duration(max(outage.length(facts.now).total_seconds(), 0.0))
        for_how_long = f"was down for {lasted}" if outage.is_over else f"has been down for {lasted}"
        cause = in_words(outage.reason, name)
        why = f" Cause: {cause[:1].lower()}{cause[1:]}." if cause else ""
        yield f"{titles.get(name, name)} {for_how_long}, from {began} on.{why}"
    slow = len(facts.incidents) - len(outages)
    if slow:
        times = "Once" if slow == 1 else f"{slow:,} times"
        yield f"{times}, a system was slow or rate limited for a while. No action was needed."
    if not facts.incidents:
        yield "Nothing."


def _held(facts: DemoFacts) -> Iterator[str]:
    titles = {overview.integration.id: _title(overview) for overview in facts.overviews}
    held = [report for report in facts.reports if report.run.holds]
    for report in held:
        run = report.run
        title = titles.get(run.integration_id, run.integration_id)
        yield f"The safety check held a plan for {title}."
        yield deactivation_sentence(report.listings, has_totals=True).replace(
            "Deactivates", "The plan deactivates"
        )
        yield from _decided(report, facts)
    if not held:
        yield "Nothing."


def _decided(report: RunReport, facts: DemoFacts) -> Iterator[str]:
    run = report.run
    for entry in facts.approvals:
        if entry.act.object == run.integration_id and entry.act.detail == f"run {run.id}":
            at, reason = short_time(entry.at, facts.now), entry.act.after.get("reason", "")
            yield f"Approved by {entry.act.actor.name} at {at}. Reason: {reason}"
    if run.status is RunStatus.APPLIED and run.spares:
        yield "The plan was applied without deactivations: nobody was deactivated."
    elif run.status is RunStatus.APPLIED:
        yield f"Applied at {short_time(run.ended_at or run.started_at, facts.now)}."
    elif run.status is RunStatus.HELD:
        yield "The plan still waits for a decision."
    else:
        yield f"The run is {run.status} now."


def _changed(facts: DemoFacts) -> Iterator[str]:
    applied = [report for report in facts.reports if report.run.status is RunStatus.APPLIED]
    for label, collection in _HALVES:
        created, updated, deactivated = _sums(applied, collection)
        yield f"{label}: {created:,} created, {updated:,} updated, {deactivated:,} deactivated."
    names = {report.run.integration_id for report in applied}
    yield f"{len(names)} of {counted(len(facts.overviews), 'system')} were synced."


def _sums(applied: Iterable[RunReport], collection: Collection) -> tuple[int, int, int]:
    created = updated = deactivated = 0
    for report in applied:
        for listing in report.listings:
            if listing.collection is collection:
                created += listing.count(ChangeKind.CREATE)
                updated += listing.count(ChangeKind.UPDATE, ChangeKind.RETURN, ChangeKind.RELINK)
                if not report.run.spares:
                    deactivated += listing.count(ChangeKind.DEACTIVATE, ChangeKind.REMOVE)
    return created, updated, deactivated


def _needed(facts: DemoFacts) -> Iterator[str]:
    for one in facts.needs:
        fix = one.sentence.fix
        key = f" {fix.key} {fix.label}." if fix else ""
        yield f"{one.integration_id}: {one.sentence.what}{key}"
    if not facts.needs:
        yield "Nothing."


def _title(overview: Overview) -> str:
    return overview.integration.title or overview.integration.id
