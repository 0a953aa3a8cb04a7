"""Everything about one integration, as a text to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content

from integration_tui.domain.integration import Integration, Problem, Transition, Trouble
from integration_tui.domain.integration_overview import START_ENGINE
from integration_tui.tui.sanitize import safe
from integration_tui.tui.widgets.status_icon import status_cell

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ConfigVersion
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.tui.services import ConsoleServices

_RESPONSIBLE = {
    Trouble.CREDENTIALS: "credentials: a person has to act; it is not tried again",
    Trouble.NOT_READY: "not ready: may pass by itself; it is tried again",
    Trouble.CONFIGURATION: "configuration: has to be fixed; it is not tried again",
}
_LATEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationDetails:
    """One integration with what led here."""

    overview: Overview
    transitions: Sequence[Transition]
    versions: Sequence[ConfigVersion]

    @classmethod
    async def read(cls, services: ConsoleServices, overview: Overview) -> IntegrationDetails:
        """Read what an overview does not hold."""
        integration_id = overview.integration.id
        return cls(
            overview=overview,
            transitions=await services.integrations.transitions(integration_id, limit=_LATEST),
            versions=(await services.config.history(integration_id))[:_LATEST],
        )

    def content(self) -> Content:
        """Return it all as lines."""
        return Content("\n").join(
            [
                *_facts(self.overview.integration),
                *_problem(self.overview.integration.problem),
                *_reason(self.overview),
                *_report(self.overview),
                *self._transitions(),
                *self._versions(),
            ]
        )

    def _transitions(self) -> Iterator[Content]:
        yield _heading("Changes of status")
        for transition in self.transitions:
            yield Content.assemble(
                f"{moment(transition.at)} {transition.before} → {transition.after} ",
                safe(transition.reason, limit=200),
            )

    def _versions(self) -> Iterator[Content]:
        yield _heading("Versions of its configuration")
        for version in self.versions:
            mark = "●" if version.active else "○"
            yield Content.assemble(
                f"{mark} {version.number} {moment(version.created_at)} ",
                safe(version.created_by, limit=40),
                " ",
                safe(version.reason, limit=200),
            )


def moment(at: datetime | None) -> str:
    """Return a moment in local time, to the second."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def time_of_day(at: datetime | None) -> str:
    """Return the local time of day, to the second."""
    return "" if at is None else f"{at.astimezone():%H:%M:%S}"


def _facts(integration: Integration) -> Iterator[Content]:
    yield Content.assemble((f"{integration.id}  ", "bold"), status_cell(integration.status).text)
    if integration.title:
        yield safe(integration.title)
    wanted = integration.intent.value if integration.enabled else "disabled"
    yield Content.assemble(safe(integration.provider), " · ", safe(integration.environment))
    yield Content(f"wanted {wanted} · configuration {integration.config_version}")
    if integration.attempts:
        yield Content(f"failed attempts {integration.attempts}")
    if integration.next_attempt_at:
        yield Content(f"next attempt {moment(integration.next_attempt_at)}")
    if integration.source_path:
        yield Content.assemble("file ", safe(integration.source_path))


def _problem(problem: Problem | None) -> Iterator[Content]:
    if problem is None:
        return
    yield _heading("Problem")
    yield safe(problem.message).stylize("$error")
    yield Content(_RESPONSIBLE[problem.trouble])
    if problem.advice:
        yield Content.assemble("fix: ", safe(problem.advice))


def _reason(overview: Overview) -> Iterator[Content]:
    if overview.reason:
        yield _heading(f"Why {overview.integration.status}")
        yield safe(overview.reason).stylize("$warning")
    if not overview.is_checked:
        yield Content(f"fix: {START_ENGINE}")


def _report(overview: Overview) -> Iterator[Content]:
    yield _heading("Health")
    report, figures = overview.report, overview.statistics
    if report is None:
        yield Content("not checked yet")
    else:
        latency = "" if report.latency_ms is None else f" in {report.latency_ms:.0f} ms"
        yield Content(f"{moment(report.checked_at)} {report.status}{latency}")
        if report.detail:
            yield safe(report.detail)
    if figures is not None and figures.uptime is not None:
        yield Content(f"24 h: {figures.uptime:.2%} of {figures.checks} checks answered")


def _heading(text: str) -> Content:
    return Content.styled(f"\n{text}", "bold $muted")
