"""Everything about one integration's health as a text: incidents step by step, newest checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from integration_tui.domain.health.failure import incident_cause
from integration_tui.domain.health.status import HealthReport, HealthStatistics
from integration_tui.domain.text import duration
from integration_tui.tui.widgets.formats import full_moment, latency, moment, share
from integration_tui.tui.widgets.roles import line
from integration_tui.tui.widgets.status_icon import state_word, status_text

if TYPE_CHECKING:
    from integration_tui.domain.health.incident import Incident
    from integration_tui.tui.screens.health.history import HealthHistory


def full_report(
    seen: HealthHistory, figures: HealthStatistics | None, reports: Sequence[HealthReport]
) -> Content:
    """Return all of it as lines to read."""
    rows = [
        *_facts(seen, figures),
        *_heading("Incidents"),
        *(row for incident in seen.incidents.newest for row in _steps(incident, seen)),
        *([] if seen.incidents.newest else [line(("None", "muted"))]),
        *_heading("Failed checks"),
        *_failures(seen),
        *_heading("Newest checks"),
        *(_check(report, seen) for report in reversed(reports)),
    ]
    return Content("\n").join(rows)


def _heading(title: str) -> list[Content]:
    return [Content(""), line((title, "title"))]


def _facts(seen: HealthHistory, figures: HealthStatistics | None) -> Iterator[Content]:
    course = seen.timeseries
    yield line(("From         ", "muted"), full_moment(course.since))
    yield line(("To           ", "muted"), full_moment(course.until))
    yield line(("First check  ", "muted"), full_moment(course.known_since))
    if figures is not None and figures.checks:
        yield line(
            ("Uptime       ", "muted"),
            f"{share(figures.uptime, decimals=2)} of {figures.checks:,} checks, "
            f"{figures.failures:,} failed, {figures.reconnects:,} reconnects",
        )
        yield line(
            ("Latency      ", "muted"),
            f"p50 {latency(figures.p50_ms)} · p95 {latency(figures.p95_ms)}"
            f" · p99 {latency(figures.p99_ms)}",
        )


def _steps(incident: Incident, seen: HealthHistory) -> Iterator[Content]:
    took = duration(max(incident.length(seen.until).total_seconds(), 0.0))
    end = (
        f"{took}, to {moment(incident.ended_at, seen.until)}"
        if incident.is_over
        else f"{took}, now"
    )
    cause = incident_cause(incident.reason, incident.integration_id)
    yield line(
        status_text(incident.worst),
        (f"  {full_moment(incident.began_at)}  {end}  ", "muted"),
        cause,
    )
    for step in incident.steps:
        at = moment(step.at, seen.until)
        change = f"{state_word(step.before)} → {state_word(step.after)}"
        why = incident_cause(step.reason, step.integration_id) if step.reason else ""
        yield line((f"    {at:<11}", "muted"), f"{change:<22}  ", why)


def _failures(seen: HealthHistory) -> Iterator[Content]:
    total = seen.breakdown.failures
    if not total:
        yield line(("None", "muted"))
    for words, count in seen.failures():
        noun = "check" if count == 1 else "checks"
        yield line(f"{count:,} {noun}, {count / total:.0%}: {words}")
    for reason in seen.breakdown.reasons:
        at = moment(reason.latest_at, seen.until)
        yield line((f"    {at:<11}", "muted"), reason.detail or "No reason recorded")


def _check(report: HealthReport, seen: HealthHistory) -> Content:
    fix = f" · Fix: {report.advice}" if report.advice else ""
    return line(
        (f"{moment(report.checked_at, seen.until):<11}", "muted"),
        f"{report.status.value.capitalize():<10}{latency(report.latency_ms):>8}  ",
        f"{report.detail}{fix}",
    )
