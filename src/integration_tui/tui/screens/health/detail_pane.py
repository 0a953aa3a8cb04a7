"""What the health screen says in words: what is next, incidents, why checks failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content

from integration_tui.domain.health.status import percentage
from integration_tui.domain.integration import Trouble
from integration_tui.domain.text import duration
from integration_tui.tui.sanitize import safe
from integration_tui.tui.screens.health.rows import latency
from integration_tui.tui.screens.integrations.details import moment, time_of_day
from integration_tui.tui.widgets import chart, uptime_strip
from integration_tui.tui.widgets.chart import LatencyChart
from integration_tui.tui.widgets.static_text import StaticText
from integration_tui.tui.widgets.status_icon import glyph, status_cell
from integration_tui.tui.widgets.uptime_strip import UptimeStrip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from integration_tui.domain.health.incident import Incident, Incidents, IncidentSummary, Reason
    from integration_tui.domain.health.status import HealthReport, HealthStatistics, NextCheck
    from integration_tui.domain.health.timeseries import TimeSeries
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.tui.screens.health.time_range import TimeRange


_TROUBLES = {
    Trouble.CREDENTIALS: "credentials",
    Trouble.NOT_READY: "not ready",
    Trouble.CONFIGURATION: "configuration",
}
_HEAD = "bold $muted"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthHistory:
    """All that was read of one integration over a window."""

    timeseries: TimeSeries
    incidents: Incidents
    breakdown: IncidentSummary

    def incident_lines(self, room: int) -> Content:
        """Return a heading and as many incidents, newest first."""
        found = self.incidents.newest
        lines = [Content.styled(f"Incidents {_count(self.incidents)}", _HEAD)]
        lines += [
            _incident(found_one, self.timeseries.until) for found_one in found[: max(room - 1, 1)]
        ]
        if not found:
            lines.append(Content("none in this time"))
        return Content("\n").join([*lines, *self._known()])

    def reason_lines(self, room: int) -> Content:
        """Return a heading and as many reasons, most frequent first."""
        head = Content.styled(f"Failed checks {self.breakdown.failures:,}", _HEAD)
        reasons = self.breakdown.reasons[: max(room - 1, 1)]
        lines = [_reason(reason) for reason in reasons] or [Content("none in this time")]
        return Content("\n").join([head, *lines])

    def _known(self) -> Iterator[Content]:
        since = self.timeseries.known_since
        if since is None:
            yield Content("never checked")
        elif since > self.timeseries.since + timedelta(seconds=self.timeseries.width_s):
            yield Content.styled(f"nothing is known from before {moment(since)}", "$muted")


def about(look: TimeRange, overview: Overview, figures: HealthStatistics | None) -> Content:
    """Return which integration this is, over which time, with its figures."""
    name = (f"{overview.integration.id}", "bold")
    time = (look.words, "" if look.is_live else "bold reverse")
    return Content.assemble(name, " · ", time, f" · {_figures(figures)}" if figures else "")


def _figures(figures: HealthStatistics, *, in_full: bool = False) -> str:
    if figures.uptime is None:
        return "no check in this time"
    latencies = (figures.p50_ms, figures.p95_ms, figures.p99_ms)
    p50, p95, p99 = map(latency, latencies)
    answered = f"{percentage(figures.uptime)} of {figures.checks:,} answered"
    return f"{answered} · p50 {p50} p95 {p95} ms{f' p99 {p99} ms' if in_full else ''}"


def upcoming(overview: Overview, following: NextCheck, engine: str) -> Content:
    """Return when it is looked at next, counted down, and what was found last."""
    report = overview.report
    last = "not checked yet"
    if report is not None:
        took = "" if report.latency_ms is None else f" in {report.latency_ms:.0f} ms"
        last = f"last {time_of_day(report.checked_at)} {report.status}{took} "
    detail = safe(overview.reason or report.detail, limit=200) if report else Content("")
    return Content.assemble(_next(overview, following, engine), f" · {last}", detail)


def _next(overview: Overview, following: NextCheck, engine: str) -> Content:
    if following.in_s is None:
        return Content(_no_next(overview, engine))
    when = f"in {duration(following.in_s)}" if following.in_s >= 1 else "now"
    if following.attempt is None:
        return Content(f"next check {when}")
    return Content.styled(f"reconnect attempt {following.attempt} {when}", "$warning")


def _no_next(overview: Overview, engine: str) -> str:
    integration = overview.integration
    if not integration.is_wanted:
        return "not checked: it is stopped" if integration.enabled else "not checked: disabled"
    if not overview.is_checked:
        return engine
    if integration.problem and integration.problem.trouble is not Trouble.NOT_READY:
        return f"{_TROUBLES[integration.problem.trouble]}: a person has to act"
    return "being checked" if engine == "engine runs here" else f"next check not known: {engine}"


def _count(incidents: Incidents) -> str:
    return f"{len(incidents.newest):,}{' and more' if incidents.is_cut else ''}"


def _incident(one: Incident, now: datetime) -> Content:
    return Content.assemble(
        glyph(one.worst),
        f" {_when(one.began_at, now)} {duration(one.length(now).total_seconds())} ",
        Content("over " if one.is_over else "lasts ").stylize("" if one.is_over else "bold"),
        safe(one.reason or one.worst, limit=200),
    )


def _when(at: datetime, now: datetime) -> str:
    """Return the time, with its day where that is not today's."""
    at, now = at.astimezone(), now.astimezone()
    return f"{at:%H:%M:%S}" if at.date() == now.date() else f"{at:%m-%d %H:%M}"


def _reason(one: Reason) -> Content:
    trouble = f"{_TROUBLES[one.trouble]}: " if one.trouble else ""
    head = f"{one.share:4.0%} {one.count:,} times {trouble}"
    return Content.assemble(head, safe(one.detail or "no reason given", limit=200))


def everything(
    seen: HealthHistory, figures: HealthStatistics | None, reports: Sequence[HealthReport]
) -> Content:
    """Return all of it as lines to read: each incident step by step, the newest reports."""
    return Content("\n").join(
        [
            *_facts(seen.timeseries, figures),
            Content.styled(f"\nIncidents {_count(seen.incidents)}", _HEAD),
            *(
                line
                for incident in seen.incidents.newest
                for line in _steps(incident, seen.timeseries.until)
            ),
            *([] if seen.incidents.newest else [Content("none in this time")]),
            Content(""),
            seen.reason_lines(len(seen.breakdown.reasons) + 1),
            Content.styled("\nNewest checks", _HEAD),
            *map(_report, reversed(reports)),
        ]
    )


def _facts(course: TimeSeries, figures: HealthStatistics | None) -> Iterator[Content]:
    yield Content(f"from {moment(course.since)} to {moment(course.until)}, local time")
    if figures is not None:
        yield Content(f"{_figures(figures, in_full=True)} · {figures.failures:,} failed")
        yield Content(f"{figures.reconnects:,} reconnects")
    yield Content(f"known since {moment(course.known_since) or 'never'}")


def _steps(one: Incident, now: datetime) -> Iterator[Content]:
    took = duration(one.length(now).total_seconds())
    end = f"to {moment(one.ended_at)}, {one.ended_as}" if one.is_over else "and it lasts"
    yield Content.assemble(
        status_cell(one.worst).text, f" from {moment(one.began_at)} {end}, {took}"
    )
    for step in one.steps:
        yield Content.assemble(
            f"    {moment(step.at)} {step.before} → {step.after} ", safe(step.reason, limit=300)
        )


def _report(report: HealthReport) -> Content:
    took = "-" if report.latency_ms is None else f"{report.latency_ms:.0f} ms"
    way_out = f" · fix: {report.advice}" if report.advice else ""
    return Content.assemble(
        f"{moment(report.checked_at)} {report.status:<9} {took:>8}  ",
        safe(f"{report.detail}{way_out}", limit=400),
    )


class HealthPane(Vertical):
    """Each part is drawn again by itself, and only when it is another one."""

    def compose(self) -> ComposeResult:
        yield StaticText(id="about")
        yield StaticText(id="next")
        with Container(id="parts"):
            with Vertical(id="drawn"):
                yield UptimeStrip()
                yield LatencyChart()
            with Container(id="facts"):
                yield StaticText(id="incidents")
                yield StaticText(id="reasons")
        yield StaticText(id="legend")

    def on_mount(self) -> None:
        legend = f"{uptime_strip.LEGEND}   {chart.LEGEND}"
        self._text("legend").show(Content.styled(legend, "$muted"))

    @property
    def columns(self) -> int:
        """How many stretches of time can be told apart."""
        return max(self.query_one(LatencyChart).columns - 1, 1)

    def show_summary(self, said: Content) -> None:
        """Say which integration this is, and which time."""
        self._text("about").show(said)

    def show_next_check(self, said: Content) -> None:
        """Say when it is looked at next; nothing else is drawn again."""
        self._text("next").show(said)

    def show(self, seen: HealthHistory | None) -> None:
        """Show what was read; `None` where there is nothing yet."""
        course = seen.timeseries if seen else None
        self.query_one(UptimeStrip).show(course)
        self.query_one(LatencyChart).show(course)
        incidents, reasons = self._text("incidents"), self._text("reasons")
        nothing = Content("")
        incidents.show(seen.incident_lines(_room(incidents)) if seen else nothing)
        reasons.show(seen.reason_lines(_room(reasons)) if seen else nothing)

    def _text(self, name: str) -> StaticText:
        return self.query_one(f"#{name}", StaticText)


def _room(text: StaticText) -> int:
    return max(text.size.height, 2)
