"""What one integration's health over a stretch of time looks like on a command line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypedDict

import click
import msgspec

from integration_tui.cli.output import as_json, fact, note, table
from integration_tui.domain.health.failure import incident_cause
from integration_tui.domain.health.status import percentage
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.text import duration

if TYPE_CHECKING:
    from integration_tui.domain.health.incident import Incident, Incidents, IncidentSummary
    from integration_tui.domain.health.status import HealthReport, HealthStatistics, NextCheck
    from integration_tui.domain.health.timeseries import TimeSeries
    from integration_tui.domain.integration import Integration
    from integration_tui.services import Services

DAY_S: Final = 86_400
_UNITS_S: Final[Mapping[str, int]] = {"m": 60, "h": 3600, "d": DAY_S}
_MOST: Final = 400 * DAY_S
_FIGURES = ("name", "uptime", "checks", "failed", "reconnects", "p50 ms", "p95 ms", "p99 ms")
_COLUMNS = ("from", "checks", "failed", "degraded", "p50 ms", "p95 ms")
_INCIDENTS = ("from", "to", "took", "worst", "ended as", "reason")
_REASONS = ("share", "checks", "problem", "latest", "reason")


class ReportWindow(TypedDict):
    """Which stretch of time: seconds, and when it ends; `None` is now."""

    window: int | None
    until: datetime | None


def window_of(_context: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    """Return the seconds of a stretch of time such as 15m, 6h or 30d."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,6})\s*([mhd])(?:in)?", text.strip())
    seconds = int(found[1]) * _UNITS_S[found[2]] if found else 0
    if not 0 < seconds <= _MOST:
        raise click.BadParameter(f"{text}: expected a time such as 15m, 6h or 30d, 400d at most")
    return seconds


def moment_of(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> datetime | None:
    """Return a moment; it is local time where it has no zone of its own."""
    try:
        return datetime.fromisoformat(text).astimezone() if text else None
    except (ValueError, OverflowError, OSError):
        raise click.BadParameter(f"{text}: expected a moment such as 2026-11-23T09:30") from None


class HealthReportText(msgspec.Struct, frozen=True, kw_only=True):
    """All that is told of one integration over a window."""

    integration: Integration
    reason: str
    has_trouble: bool
    report: HealthReport | None
    next_check: NextCheck
    statistics: HealthStatistics
    course: TimeSeries
    incidents: Incidents
    breakdown: IncidentSummary


async def read_story(
    services: Services, name: str, window_s: int, until: datetime | None
) -> HealthReportText:
    """Read it, all as of one moment. Raises `NotFoundError`."""
    integration_id, health = IntegrationId(name), services.health
    await services.integrations.get(integration_id)
    (overview,) = await services.integrations.overview([integration_id])
    integration = overview.integration
    end = until or services.clock()
    figures = await health.statistics(window_s=window_s, until=end)
    return HealthReportText(
        integration=integration,
        reason="" if until else overview.reason,
        has_trouble=bool(integration.problem) or (until is None and overview.has_trouble),
        report=overview.report,
        next_check=health.next_check(integration),
        statistics=next(figure for figure in figures if figure.integration_id == integration_id),
        course=await health.timeseries(integration_id, window_s=window_s, until=end),
        incidents=await health.incidents(integration_id, window_s=window_s, until=end),
        breakdown=await health.breakdown(integration_id, window_s=window_s, until=end),
    )


def print_report(story: HealthReportText, problems: Sequence[str], *, json_: bool) -> None:
    """Print it: facts, problems of now, the course, incidents, and why checks failed."""
    if json_:
        as_json(story)
        return
    for label, sentence in _facts(story, problems):
        fact(label, sentence)
    if course := list(_timeseries_rows(story.course)):
        table(_COLUMNS, course)
    if story.incidents.newest:
        table(
            _INCIDENTS,
            (_incident(incident, story.course.until) for incident in story.incidents.newest),
        )
    if story.incidents.is_cut:
        note("More incidents than shown.")
    if story.breakdown.reasons:
        table(
            _REASONS,
            (
                (
                    f"{reason.share:.0%}",
                    reason.count,
                    reason.trouble,
                    reason.latest_at,
                    reason.detail,
                )
                for reason in story.breakdown.reasons
            ),
        )


def print_statistics(figures: Sequence[HealthStatistics], *, json_: bool) -> None:
    """Print the figures of all over a window."""
    if json_:
        as_json(figures)
    elif figures:
        table(_FIGURES, map(_figures, figures))


def _figures(one: HealthStatistics) -> tuple[object, ...]:
    counts = (one.checks, one.failures, one.reconnects)
    return (one.integration_id, percentage(one.uptime), *counts, one.p50_ms, one.p95_ms, one.p99_ms)


def _facts(story: HealthReportText, problems: Sequence[str]) -> Iterator[tuple[str, str]]:
    integration, figures, course = story.integration, story.statistics, story.course
    yield "status", f"{integration.id} is {integration.status.word}"
    for sentence in problems:
        yield "problem", sentence
    if story.next_check.in_s is not None:
        yield "next", _next(story.next_check)
    begin = course.until - timedelta(seconds=figures.window_s)
    yield "time", f"{_local(begin)} to {_local(course.until)}"
    yield "answered", f"{percentage(figures.uptime)} of {figures.checks} checks"
    latencies = (figures.p50_ms, figures.p95_ms, figures.p99_ms)
    p50, p95, p99 = ("-" if latency is None else f"{latency:.0f}" for latency in latencies)
    yield "latency", f"p50 {p50}, p95 {p95}, p99 {p99} ms"
    yield "reconnects", f"{figures.reconnects}"
    if course.known_since is None or course.known_since > begin:
        since = course.known_since
        yield "data", f"since {_local(since)}" if since else "no data: never checked"


def _next(following: NextCheck) -> str:
    what = "check" if following.attempt is None else f"reconnect attempt {following.attempt}"
    return f"{what} in {duration(following.in_s or 0)}"


def _timeseries_rows(course: TimeSeries) -> Iterator[tuple[object, ...]]:
    """Yield the stretches in which somebody looked; where nobody did, there is nothing to tell."""
    for place, one in enumerate(course.buckets):
        if one.checks:
            at = course.since + timedelta(seconds=place * course.width_s)
            weak = "yes" if one.is_weak else "no"
            yield (at, one.checks, one.failures, weak, one.p50_ms, one.p95_ms)


def _incident(one: Incident, now: datetime) -> tuple[object, ...]:
    took = duration(one.length(now).total_seconds())
    ended_as = one.ended_as or "ongoing"
    cause = incident_cause(one.reason, one.integration_id)
    return (one.began_at, one.ended_at, took, one.worst, ended_as, cause)


def _local(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
